//! Which brokers live, as far as a controller knows (`DefaultBrokerHeartbeatManager`).
//!
//! Every controller keeps this table for itself, from the heartbeats that brokers send to all of them; only the leader
//! acts on it.

use std::collections::BTreeMap;

use crate::id::{BrokerId, BrokerName, ClusterName, CommitLogOffset, ConnectionId};
use crate::rpc::{ControllerHeartbeat, MasterEpoch};
use crate::time::{Duration, Instant};

/// Which broker (`BrokerIdentityInfo`).
pub type BrokerIdentity = (ClusterName, BrokerName, BrokerId);

/// What a controller knows of a broker from its heartbeats (`BrokerLiveInfo`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerLiveInfo {
    /// When the last one came.
    pub last_update: Instant,
    /// How long it may be silent.
    pub heartbeat_timeout: Duration,
    /// The connection of the first one.
    connection: ConnectionId,
    /// The last reign in its epoch file.
    pub epoch: Option<MasterEpoch>,
    /// The end of its log.
    pub max_offset: CommitLogOffset,
    /// Up to where its log is confirmed.
    pub confirm_offset: CommitLogOffset,
    /// Who is preferred among equals: the smaller number.
    pub election_priority: i32,
}

/// Who lives, for elections.
pub trait Liveness {
    /// Whether the broker's heartbeats come.
    fn is_alive(&self, broker: &BrokerIdentity) -> bool;

    /// By which a living broker is compared with others: epoch, end of its log, priority.
    fn standing(&self, broker: &BrokerIdentity) -> Option<(Option<MasterEpoch>, CommitLogOffset, i32)>;
}

/// The table of living brokers.
#[derive(Clone, Debug, Default)]
pub struct BrokerHeartbeatManager {
    live: BTreeMap<BrokerIdentity, BrokerLiveInfo>,
}

impl BrokerHeartbeatManager {
    /// Every broker in the table.
    pub const fn live(&self) -> &BTreeMap<BrokerIdentity, BrokerLiveInfo> {
        &self.live
    }

    /// A heartbeat came; says whether the broker was not in the table.
    pub(super) fn on_heartbeat(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        heartbeat: &ControllerHeartbeat,
    ) -> bool {
        let key = (heartbeat.cluster.clone(), heartbeat.broker_name.clone(), heartbeat.broker_id);
        let Some(known) = self.live.get_mut(&key) else {
            let info = BrokerLiveInfo {
                last_update: now,
                heartbeat_timeout: heartbeat.timeout,
                connection,
                epoch: heartbeat.epoch,
                max_offset: heartbeat.max_offset,
                confirm_offset: heartbeat.confirm_offset,
                election_priority: heartbeat.election_priority,
            };
            self.live.insert(key, info);
            return true;
        };
        known.last_update = now;
        known.heartbeat_timeout = heartbeat.timeout;
        known.election_priority = heartbeat.election_priority;
        // A log that became shorter is not believed: RocketMQ keeps the larger end of the same reign.
        if (heartbeat.epoch, heartbeat.max_offset) > (known.epoch, known.max_offset) {
            known.epoch = heartbeat.epoch;
            known.max_offset = heartbeat.max_offset;
            known.confirm_offset = heartbeat.confirm_offset;
        }
        false
    }

    /// A connection has ended: the broker whose it was is dead.
    pub(super) fn on_channel_close(&mut self, connection: ConnectionId) -> Option<BrokerIdentity> {
        let (key, _) = self.live.iter().find(|(_, info)| info.connection == connection)?;
        let key = key.clone();
        self.live.remove(&key);
        Some(key)
    }

    /// Takes out who was silent too long, with the connections that are to be closed.
    pub(super) fn scan_not_active(&mut self, now: Instant) -> Vec<(BrokerIdentity, ConnectionId)> {
        let is_silent = |info: &BrokerLiveInfo| now.since(info.last_update) > info.heartbeat_timeout;
        let silent = self.live.iter().filter(|(_, info)| is_silent(info));
        let silent: Vec<_> = silent.map(|(key, info)| (key.clone(), info.connection)).collect();
        for (key, _) in &silent {
            self.live.remove(key);
        }
        silent
    }

    /// The table as elections see it at this moment.
    pub const fn at(&self, now: Instant) -> LivenessAt<'_> {
        LivenessAt { table: self, now }
    }
}

/// The table at one moment.
#[derive(Clone, Copy, Debug)]
pub struct LivenessAt<'a> {
    table: &'a BrokerHeartbeatManager,
    now: Instant,
}

impl Liveness for LivenessAt<'_> {
    fn is_alive(&self, broker: &BrokerIdentity) -> bool {
        let info = self.table.live.get(broker);
        info.is_some_and(|info| info.last_update + info.heartbeat_timeout >= self.now)
    }

    fn standing(&self, broker: &BrokerIdentity) -> Option<(Option<MasterEpoch>, CommitLogOffset, i32)> {
        let info = self.table.live.get(broker)?;
        Some((info.epoch, info.max_offset, info.election_priority))
    }
}
