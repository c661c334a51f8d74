//! Controller mode: a controller says whether this broker is master or slave, and can change its mind at any time.
//!
//! A broker begins fenced: a slave without a master, unknown to the name servers. It finds the controller that leads, gets
//! an id there, registers, and either hears who is the master or asks to become it. From then on it sends heartbeats to
//! all controllers, asks every 5 s who is the master, and is told of elections. A new master begins a reign in its epoch
//! file; a slave compares epoch files with its master and cuts off what the master does not have.
//!
//! `replicas_manager` has what passes between broker and controller, `roles` the change of roles, `auto_switch_ha` the
//! replication.
//!
//! **In RocketMQ**: `ReplicasManager`, `AutoSwitchHAService`, `AutoSwitchHAConnection`, `AutoSwitchHAClient` (behaviour
//! §4.7).
//!
//! **Left out on purpose**: controllers behind a domain name; the scan that takes controllers out of the list which cannot be
//! connected to; pieces of the log that end within a record, and so their truncation.
//!
//! **Invariants**: an id is asked for once and kept on disk; the epoch of the master only rises; what is cut off lies
//! behind the last place at which both logs are known to be the same.

mod auto_switch_ha;
mod replicas_manager;
mod roles;

use std::collections::BTreeMap;

pub(super) use auto_switch_ha::SlaveLink;
pub(super) use replicas_manager::ControllerCall;

use super::Broker;
use crate::controller::EpochFileCache;
use crate::fact::MessageAt;
use crate::gather::Gather as _;
use crate::id::{Address, BrokerId, CommitLogOffset};
use crate::rpc::{EpochEntry, MasterEpoch, RegisterCheckCode, SyncStateSet, SyncStateSetEpoch};
use crate::time::Instant;

/// Marks a send that waits for every replica in sync (`MixAll.ALL_ACK_IN_SYNC_STATE_SET`).
pub(super) const ALL_ACK: usize = usize::MAX;

/// What a slave cut off its log when it joined a master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truncation {
    /// When.
    pub at: Instant,
    /// Where the log ended from then on.
    pub to: CommitLogOffset,
    /// What was cut off, in order.
    pub messages: Vec<MessageAt>,
}

/// How far a broker is with its start (`ReplicasManager.State`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReplicasState {
    /// It knows no controller that leads.
    #[default]
    Initial,
    /// It knows one and has to register there.
    FirstTimeSyncControllerMetadataDone,
    /// It is registered and needs a master.
    RegisterToControllerDone,
    /// It is master or slave.
    Running,
}

/// What a broker in controller mode keeps on its disk beside its messages.
#[derive(Clone, Debug, Default)]
pub struct ControllerModeDisk {
    /// `brokerIdentity`: its id at the controller.
    pub broker_controller_id: Option<BrokerId>,
    /// `brokerIdentity-temp`: the id that it has asked for.
    temp_metadata: Option<(BrokerId, RegisterCheckCode)>,
    /// `epochFileCheckpoint`.
    pub epochs: EpochFileCache,
    /// Up to where the log is confirmed, from `checkpoint`; `None` is RocketMQ's -1.
    pub confirm_offset: Option<CommitLogOffset>,
    /// What was cut off, for people to look at.
    pub truncations: Vec<Truncation>,
}

/// The state of a broker in controller mode.
#[derive(Clone, Debug)]
pub(super) struct ControllerMode {
    pub(super) disk: ControllerModeDisk,
    state: ReplicasState,
    /// A fenced broker takes no messages and is not known to the name servers.
    is_fenced: bool,
    controllers: Vec<Address>,
    /// The controller that leads.
    leader: Option<Address>,
    /// Failed attempts of the present step of the start.
    attempts: u32,
    master: Option<(BrokerId, Address)>,
    master_epoch: MasterEpoch,
    sync_state_set: SyncStateSet,
    sync_state_set_epoch: SyncStateSetEpoch,
    /// The set that was reported and not confirmed yet.
    remote_sync_state_set: Option<SyncStateSet>,
    /// When each slave was last seen caught up.
    caught_up: BTreeMap<BrokerId, Instant>,
    client: auto_switch_ha::ClientState,
}

/// Truncations that are kept.
const TRUNCATIONS_KEPT: usize = 8;

impl ControllerMode {
    pub(super) fn new(controllers: Vec<Address>, disk: ControllerModeDisk) -> Self {
        Self {
            disk,
            state: ReplicasState::Initial,
            is_fenced: true,
            controllers,
            leader: None,
            attempts: 0,
            master: None,
            master_epoch: MasterEpoch(0),
            sync_state_set: SyncStateSet::new(),
            sync_state_set_epoch: SyncStateSetEpoch(0),
            remote_sync_state_set: None,
            caught_up: BTreeMap::new(),
            client: auto_switch_ha::ClientState::default(),
        }
    }

    pub(super) const fn master(&self) -> Option<(BrokerId, Address)> {
        self.master
    }

    /// Who has to confirm: the set that counts at the controller, with what was reported beside it.
    fn union(&self) -> SyncStateSet {
        self.sync_state_set.iter().chain(self.remote_sync_state_set.iter().flatten()).copied().gather()
    }

    /// Replicas in sync, the master included (`inSyncReplicasNums`).
    pub(in crate::broker) fn in_sync_replicas(&self) -> usize {
        let remote = self.remote_sync_state_set.as_ref().map_or(0, SyncStateSet::len);
        self.sync_state_set.len().max(remote)
    }

    fn note_truncation(&mut self, truncation: Truncation) {
        self.disk.truncations.push(truncation);
        if self.disk.truncations.len() > TRUNCATIONS_KEPT {
            self.disk.truncations.remove(0);
        }
    }
}

/// What people can see of a broker in controller mode.
#[derive(Clone, Debug)]
pub struct ControllerModeState<'a> {
    /// How far it is with its start.
    pub state: ReplicasState,
    /// Its id at the controller.
    pub broker_controller_id: Option<BrokerId>,
    /// The controller that it believes to lead.
    pub leader: Option<Address>,
    /// The master that it believes in.
    pub master: Option<(BrokerId, Address)>,
    /// The reign of that master.
    pub master_epoch: MasterEpoch,
    /// Who is in sync, as a master knows it.
    pub sync_state_set: &'a SyncStateSet,
    /// The number of that set.
    pub sync_state_set_epoch: SyncStateSetEpoch,
    /// Its reigns.
    pub epochs: &'a [EpochEntry],
    /// Up to where consumers may read.
    pub confirm_offset: CommitLogOffset,
}

impl Broker {
    /// What people can see of controller mode; `None` in another mode.
    pub fn controller_mode(&self) -> Option<ControllerModeState<'_>> {
        let mode = self.controller.as_deref()?;
        Some(ControllerModeState {
            state: mode.state,
            broker_controller_id: mode.disk.broker_controller_id,
            leader: mode.leader,
            master: mode.master,
            master_epoch: mode.master_epoch,
            sync_state_set: &mode.sync_state_set,
            sync_state_set_epoch: mode.sync_state_set_epoch,
            epochs: mode.disk.epochs.entries(),
            confirm_offset: self.confirm_offset(),
        })
    }

    /// What was cut off its log, oldest first.
    pub fn truncations(&self) -> &[Truncation] {
        self.controller.as_ref().map_or(&[], |mode| &mode.disk.truncations)
    }
}
