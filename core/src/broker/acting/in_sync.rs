//! How many copies of the log a synchronous master needs before it takes a message (behaviour §4.2).
//!
//! **In RocketMQ**: `CommitLog.asyncPutMessage`, `calcNeedAckNums`, `DefaultHAService.inSyncReplicasNums`.

use serde::Serialize;

use crate::broker::Broker;
use crate::config::BrokerRole;
use crate::id::CommitLogOffset;
use crate::rpc::{Response, ResponseCode};

/// Copies of the log, the master's own included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct InSyncReplicas {
    /// So many a message needs, as things stand.
    pub needed: u32,
    /// So many there are: living members of the name, and of these only those near the master's end of the log.
    pub present: u32,
}

impl Broker {
    /// What a message would need now; `None` for a broker that waits for no slave.
    pub(in crate::broker) fn in_sync_replicas(&self) -> Option<InSyncReplicas> {
        if !self.is_in_acting_mode() || self.config.broker_role != BrokerRole::SyncMaster {
            return None;
        }
        let end = self.store.log().max();
        let near = self.slaves().filter(|slave| self.is_near(end, slave.acknowledged)).count();
        let alive = self.acting.alive.unwrap_or(self.config.total_replicas);
        let present = u32::try_from(near + 1).unwrap_or(u32::MAX).min(alive);
        let wanted = self.config.in_sync_replicas;
        let needed = if self.config.enable_auto_in_sync_replicas {
            wanted.min(present).max(self.config.min_in_sync_replicas)
        } else {
            wanted
        };
        Some(InSyncReplicas { needed, present })
    }

    const fn is_near(&self, end: CommitLogOffset, acknowledged: CommitLogOffset) -> bool {
        end.0.saturating_sub(acknowledged.0) < self.config.ha_max_gap_not_in_sync
    }

    /// Refuses a message that would find too few copies; nothing is stored then.
    pub(in crate::broker) fn check_in_sync_replicas(&self, waits: bool) -> Result<(), Response> {
        match self.in_sync_replicas() {
            Some(InSyncReplicas { needed, present }) if waits && needed > present => {
                let remark = "in-sync replicas not enough";
                Err(Response::refused(Self::send_code(), ResponseCode::SystemError, remark))
            }
            _ => Ok(()),
        }
    }
}
