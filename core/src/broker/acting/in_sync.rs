//! How many copies of the log a synchronous master needs before it takes a message (behaviour §4.2).
//!
//! **In RocketMQ**: `CommitLog.asyncPutMessage`, `calcNeedAckNums`, `DefaultHAService.inSyncReplicasNums`.

use serde::Serialize;

use crate::broker::Broker;
use crate::config::BrokerRole;
use crate::id::CommitLogOffset;

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
        let least = self.config.enable_auto_in_sync_replicas.then_some(self.config.min_in_sync_replicas);
        let needed = calc_need_ack_nums(self.config.in_sync_replicas, least, present);
        Some(InSyncReplicas { needed, present })
    }

    const fn is_near(&self, end: CommitLogOffset, acknowledged: CommitLogOffset) -> bool {
        end.0.saturating_sub(acknowledged.0) < self.config.ha_max_gap_not_in_sync
    }

    /// Whether a message that waits for copies would find too few: of those in sync under a controller
    /// (`minInSyncReplicas`), of those that are near in the mode of the acting master. Then nothing is stored.
    pub(in crate::broker) fn lacks_in_sync_replicas(&self) -> bool {
        if let Some(mode) = &self.controller {
            return (mode.in_sync_replicas() as u64) < u64::from(self.config.min_in_sync_replicas);
        }
        self.in_sync_replicas().is_some_and(|InSyncReplicas { needed, present }| needed > present)
    }
}

/// So many copies a message needs: those wanted, or, where the number may be lowered, those that are there, but never
/// fewer than `least`.
fn calc_need_ack_nums(wanted: u32, least: Option<u32>, present: u32) -> u32 {
    least.map_or(wanted, |least| wanted.min(present).max(least))
}

#[cfg(test)]
mod tests {
    use super::calc_need_ack_nums;

    #[test]
    fn the_number_is_lowered_to_what_is_there_and_no_further_than_allowed() {
        assert_eq!(calc_need_ack_nums(3, None, 1), 3, "it stays as wanted unless it may be lowered");
        assert_eq!(calc_need_ack_nums(3, Some(1), 2), 2);
        assert_eq!(calc_need_ack_nums(3, Some(2), 1), 2, "so the send is refused");
        assert_eq!(calc_need_ack_nums(2, Some(1), 5), 2, "more copies than wanted change nothing");
    }
}
