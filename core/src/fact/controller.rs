//! What happens in controller mode (V5; behaviour §4.7).

use std::fmt;

use serde::Serialize;

use super::MessageAt;
use crate::config::BrokerRole;
use crate::id::{Address, BrokerId, BrokerName, CommitLogOffset, NodeId};
use crate::rpc::{EpochEntry, MasterEpoch, MemberId, MemberRole, SyncStateSet, SyncStateSetEpoch, Term};
use crate::time::Instant;
use crate::timer::words_of;

/// Why a controller takes a broker for dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum InactiveReason {
    /// Its connection closed: the process ended.
    ChannelClosed,
    /// No heartbeat for as long as the broker itself had named (10 s).
    Expired,
}

/// Something of controller mode that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum ControllerFact {
    /// A controller gave a replica an id, for good.
    BrokerIdApplied {
        /// The broker name.
        broker_name: BrokerName,
        /// The id.
        broker_id: BrokerId,
        /// The replica.
        address: Address,
    },
    /// A controller heard the first heartbeat of a replica, or the first one after its silence.
    BrokerActive {
        /// The broker name.
        broker_name: BrokerName,
        /// The replica.
        broker_id: BrokerId,
    },
    /// A controller takes a replica for dead.
    BrokerInactive {
        /// The broker name.
        broker_name: BrokerName,
        /// The replica.
        broker_id: BrokerId,
        /// Why.
        reason: InactiveReason,
    },
    /// A controller that leads made a replica the master.
    MasterElected {
        /// The broker name.
        broker_name: BrokerName,
        /// The replica.
        master: BrokerId,
        /// Where it is.
        address: Address,
        /// The number of its reign.
        master_epoch: MasterEpoch,
        /// Whether it was not in sync, so that acknowledged messages may be lost.
        unclean: bool,
    },
    /// A controller that leads found nobody who may be the master.
    NoMasterElected {
        /// The broker name.
        broker_name: BrokerName,
        /// Who would have to come back.
        sync_state_set: SyncStateSet,
        /// The number of the reign without a master.
        master_epoch: MasterEpoch,
    },
    /// A controller that leads took another SyncStateSet over, from an election or from the master.
    SyncStateSetChanged {
        /// The broker name.
        broker_name: BrokerName,
        /// Who is in sync.
        sync_state_set: SyncStateSet,
        /// The number of the set.
        epoch: SyncStateSetEpoch,
    },
    /// A controller became leader, follower or candidate among the controllers.
    ControllerRoleChanged {
        /// What it is.
        role: MemberRole,
        /// The term.
        term: Term,
        /// Whom it follows.
        leader: Option<MemberId>,
    },
    /// A broker became master or slave while it runs.
    RoleChanged {
        /// What it is.
        role: BrokerRole,
        /// Its id at the name servers from now on: 0 for the master.
        broker_id: BrokerId,
        /// The reign.
        master_epoch: MasterEpoch,
        /// The master.
        master: Address,
    },
    /// A slave connected to its master and said who it is.
    HandshakeSent {
        /// The master.
        to: NodeId,
        /// Its id at the controller.
        broker_id: BrokerId,
        /// When it will arrive.
        arrives: Instant,
    },
    /// A master told a slave its reigns.
    EpochsSent {
        /// The slave.
        to: NodeId,
        /// The reigns.
        epochs: Vec<EpochEntry>,
        /// The end of the master's log.
        max_offset: CommitLogOffset,
        /// When it will arrive.
        arrives: Instant,
    },
    /// A slave cut off what its master does not have: these messages are lost to it.
    LogTruncated {
        /// Where its log ends now.
        to: CommitLogOffset,
        /// What was cut off, in order.
        messages: Vec<MessageAt>,
    },
    /// A slave found no reign in common with its master and cannot join it.
    NoConsistentPoint {
        /// Its own reigns.
        epochs: Vec<EpochEntry>,
    },
    /// An operator had replicas forgotten.
    MetadataCleaned {
        /// The broker name.
        broker_name: BrokerName,
    },
}

impl ControllerFact {
    /// When the frame that it tells of arrives, and where.
    pub(super) const fn flight(&self) -> Option<(&NodeId, Instant)> {
        match self {
            Self::HandshakeSent { to, arrives, .. } | Self::EpochsSent { to, arrives, .. } => {
                Some((to, *arrives))
            }
            _ => None,
        }
    }

    /// Sets the moment of arrival of a frame.
    pub(crate) const fn set_arrival(&mut self, arrival: Instant) {
        if let Self::HandshakeSent { arrives, .. } | Self::EpochsSent { arrives, .. } = self {
            *arrives = arrival;
        }
    }
}

/// A set of ids as `{1, 2}`.
struct Ids<'a>(&'a SyncStateSet);

impl fmt::Display for Ids<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        write!(f, "{{{}}}", ids.join(", "))
    }
}

/// Reigns as `1@0..1760 2@1760..`.
struct Epochs<'a>(&'a [EpochEntry]);

impl fmt::Display for Epochs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no epoch");
        }
        let parts = self.0.iter().map(|entry| {
            let end = entry.end.map_or_else(String::new, |end| end.to_string());
            format!("epoch {} log@{}..{end}", entry.epoch, entry.start)
        });
        f.write_str(&parts.collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Display for ControllerFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrokerIdApplied { broker_name, broker_id, address } => {
                write!(f, "{broker_name} {broker_id} {address}")
            }
            Self::BrokerActive { broker_name, broker_id } => write!(f, "{broker_name} {broker_id}"),
            Self::BrokerInactive { broker_name, broker_id, reason } => {
                write!(f, "{broker_name} {broker_id} {}", words_of(reason))
            }
            Self::MasterElected { broker_name, master, address, master_epoch, unclean } => {
                let how = if *unclean { ", not in sync" } else { "" };
                write!(f, "{broker_name} {master} {address} masterEpoch {master_epoch}{how}")
            }
            Self::NoMasterElected { broker_name, sync_state_set, master_epoch } => {
                write!(f, "{broker_name} masterEpoch {master_epoch}, SyncStateSet {}", Ids(sync_state_set))
            }
            Self::SyncStateSetChanged { broker_name, sync_state_set, epoch } => {
                write!(f, "{broker_name} SyncStateSet {} epoch {epoch}", Ids(sync_state_set))
            }
            Self::ControllerRoleChanged { role, term, leader } => {
                write!(f, "{role} term {term}")?;
                leader.map_or(Ok(()), |leader| write!(f, " leader {leader}"))
            }
            Self::RoleChanged { role, broker_id, master_epoch, master } => {
                write!(f, "{role} brokerId {broker_id} masterEpoch {master_epoch} master {master}")
            }
            Self::HandshakeSent { to, broker_id, .. } => write!(f, "→ {to} brokerId {broker_id}"),
            Self::EpochsSent { to, epochs, max_offset, .. } => {
                write!(f, "→ {to} {}, log ends @{max_offset}", Epochs(epochs))
            }
            Self::LogTruncated { to, messages } => {
                let messages: Vec<_> = messages.iter().map(ToString::to_string).collect();
                write!(f, "log@{to} lost: {}", messages.join(", "))
            }
            Self::NoConsistentPoint { epochs } => write!(f, "{}", Epochs(epochs)),
            Self::MetadataCleaned { broker_name } => write!(f, "{broker_name}"),
        }
    }
}
