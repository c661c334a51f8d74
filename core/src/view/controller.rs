//! Controller mode as plain data: what each controller knows, and what it made of each broker (V5).

use serde::Serialize;

use super::NodeView;
use crate::broker::{Broker, ControllerModeDisk, ReplicasState, Truncation};
use crate::controller::Controller;
use crate::fact::MessageAt;
use crate::id::{Address, BrokerId, BrokerName, ClusterName, CommitLogOffset};
use crate::rpc::{EpochEntry, MasterEpoch, MemberId, MemberRole, SyncStateSetEpoch, Term};
use crate::time::Instant;

/// A controller, alone or in a name server.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ControllerView {
    /// Name, state, timers of the process.
    pub node: NodeView,
    /// Whether that process is a name server.
    pub in_name_server: bool,
    /// Where the controller listens.
    pub address: Address,
    /// Its place in the group.
    pub member: Option<ControllerMemberView>,
    /// Whether it serves as the leader.
    pub is_leader: bool,
    /// What it knows of each broker name, by name.
    pub broker_sets: Vec<BrokerSetView>,
    /// All settings, key and value; none while the process does not run.
    pub settings: Vec<(&'static str, String)>,
}

/// A controller's place in its group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ControllerMemberView {
    /// Which member it is.
    pub id: MemberId,
    /// All members.
    pub peers: Vec<MemberId>,
    /// What it is.
    pub role: MemberRole,
    /// In which term.
    pub term: Term,
    /// Whom it follows.
    pub leader: Option<MemberId>,
    /// Entries of its ledger.
    pub entries: u64,
    /// How many of them are committed.
    pub committed: u64,
}

/// A broker name as a controller knows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BrokerSetView {
    /// The cluster.
    pub cluster: ClusterName,
    /// The broker name.
    pub broker_name: BrokerName,
    /// The master.
    pub master: Option<BrokerId>,
    /// The number of its reign.
    pub master_epoch: MasterEpoch,
    /// The number of the SyncStateSet.
    pub sync_state_set_epoch: SyncStateSetEpoch,
    /// Every replica, by id.
    pub replicas: Vec<ReplicaView>,
}

/// A replica as a controller knows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReplicaView {
    /// Its id.
    pub broker_id: BrokerId,
    /// Its address.
    pub address: Address,
    /// Whether it is in the SyncStateSet.
    pub in_sync: bool,
    /// When its last heartbeat came; `None` when the controller takes it for dead.
    pub last_heartbeat: Option<Instant>,
    /// When it will be taken for dead if none comes.
    pub expires: Option<Instant>,
    /// The last reign in its epoch file, by its last heartbeat.
    pub epoch: Option<MasterEpoch>,
    /// The end of its log, by its last heartbeat.
    pub max_offset: Option<CommitLogOffset>,
}

/// What a broker is made of in controller mode.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ControllerModeView {
    /// Its id at the controller.
    pub broker_controller_id: Option<BrokerId>,
    /// Whether it is master or slave already; `false` for one that still starts, or does not run.
    pub is_running: bool,
    /// The controller that it believes to lead.
    pub controller: Option<Address>,
    /// The master that it believes in.
    pub master: Option<(BrokerId, Address)>,
    /// The reign of that master.
    pub master_epoch: MasterEpoch,
    /// Who is in sync, as a master knows it.
    pub sync_state_set: Vec<BrokerId>,
    /// The number of that set.
    pub sync_state_set_epoch: SyncStateSetEpoch,
    /// Its epoch file, oldest reign first.
    pub epochs: Vec<EpochEntry>,
    /// Up to where consumers may read.
    pub confirm_offset: CommitLogOffset,
    /// What was cut off its log, newest first.
    pub truncations: Vec<TruncationView>,
}

/// What a slave cut off its log when it joined a master.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TruncationView {
    /// When.
    pub at: Instant,
    /// Where the log ended from then on.
    pub to: CommitLogOffset,
    /// What was cut off, in order.
    pub messages: Vec<MessageAt>,
}

impl ControllerView {
    pub(super) fn of(node: NodeView, in_name_server: bool, controller: &Controller) -> Self {
        let member = controller.member().map(|member| ControllerMemberView {
            id: member.id(),
            peers: member.peers().to_vec(),
            role: member.role(),
            term: member.term(),
            leader: member.leader(),
            entries: member.ledger().next_index().0,
            committed: member.committed_index().map_or(0, |index| index.0 + 1),
        });
        Self {
            node,
            in_name_server,
            address: controller.address(),
            member,
            is_leader: controller.is_leader(),
            broker_sets: broker_sets(controller),
            settings: controller.config().entries(),
        }
    }

    /// A controller whose process does not run.
    pub(super) const fn down(node: NodeView, address: Address) -> Self {
        Self {
            node,
            in_name_server: false,
            address,
            member: None,
            is_leader: false,
            broker_sets: Vec::new(),
            settings: Vec::new(),
        }
    }
}

fn broker_sets(controller: &Controller) -> Vec<BrokerSetView> {
    let live = controller.heartbeats().live();
    let sets = controller.replicas().brokers().iter().map(|(name, info)| {
        let sync = info.sync.clone().unwrap_or_default();
        let replicas = info.replicas.iter().map(|(id, (address, _))| {
            let heartbeat = live.get(&(info.cluster.clone(), name.clone(), *id));
            ReplicaView {
                broker_id: *id,
                address: *address,
                in_sync: sync.sync_state_set.contains(id),
                last_heartbeat: heartbeat.map(|info| info.last_update),
                expires: heartbeat.map(|info| info.last_update + info.heartbeat_timeout),
                epoch: heartbeat.and_then(|info| info.epoch),
                max_offset: heartbeat.map(|info| info.max_offset),
            }
        });
        BrokerSetView {
            cluster: info.cluster.clone(),
            broker_name: name.clone(),
            master: sync.master,
            master_epoch: sync.master_epoch,
            sync_state_set_epoch: sync.sync_state_set_epoch,
            replicas: replicas.collect(),
        }
    });
    sets.collect()
}

fn truncations(truncations: &[Truncation]) -> Vec<TruncationView> {
    let view = |cut: &Truncation| TruncationView { at: cut.at, to: cut.to, messages: cut.messages.clone() };
    truncations.iter().rev().map(view).collect()
}

impl ControllerModeView {
    pub(super) fn of(broker: &Broker) -> Option<Self> {
        let mode = broker.controller_mode()?;
        Some(Self {
            broker_controller_id: mode.broker_controller_id,
            is_running: mode.state == ReplicasState::Running,
            controller: mode.leader,
            master: mode.master,
            master_epoch: mode.master_epoch,
            sync_state_set: mode.sync_state_set.iter().copied().collect(),
            sync_state_set_epoch: mode.sync_state_set_epoch,
            epochs: mode.epochs.to_vec(),
            confirm_offset: mode.confirm_offset,
            truncations: truncations(broker.truncations()),
        })
    }

    /// Of a broker that does not run.
    pub(super) fn on_disk(disk: &ControllerModeDisk) -> Self {
        Self {
            broker_controller_id: disk.broker_controller_id,
            is_running: false,
            controller: None,
            master: None,
            master_epoch: MasterEpoch(0),
            sync_state_set: Vec::new(),
            sync_state_set_epoch: SyncStateSetEpoch(0),
            epochs: disk.epochs.entries().to_vec(),
            confirm_offset: disk.confirm_offset.unwrap_or_default(),
            truncations: truncations(&disk.truncations),
        }
    }
}
