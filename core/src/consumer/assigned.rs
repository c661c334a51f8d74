//! A queue that a consumer holds, with everything that hangs on the holding.
//!
//! **In RocketMQ**: `ProcessQueue` with its `PullRequest`.

use arcstr::ArcStr;

use super::HoldId;
use crate::id::{BrokerId, QueueOffset};
use crate::process_queue::ProcessQueue;
use crate::time::{Duration, Instant};

/// A queue that the consumer holds.
#[derive(Clone, Debug)]
pub struct Assigned {
    hold: HoldId,
    pub(super) process_queue: ProcessQueue,
    pub(super) next_offset: QueueOffset,
    /// When to pull next; `None` while a pull is under way.
    pub(super) pull_at: Option<Instant>,
    pub(super) broker_id: BrokerId,
    pub(super) trouble: Option<ArcStr>,
    /// Given up: nothing is pulled or consumed any more, results are ignored; it only has not left the table yet.
    pub(super) dropped: bool,
    /// V4: the offset was illegal; when it will be corrected, and to what.
    pub(super) correction: Option<(Instant, QueueOffset)>,
    /// In order: whether the first pull has asked once more where to begin (`previouslyLocked`).
    pub(super) previously_locked: bool,
    pub(super) try_unlock_times: u32,
    /// First offset and end of the queue at the last pull that found something.
    pub(super) bounds: (QueueOffset, QueueOffset),
}

impl Assigned {
    pub(super) const fn new(hold: HoldId, now: Instant, next_offset: QueueOffset, pull_at: Instant) -> Self {
        let mut process_queue = ProcessQueue::new(now);
        // In order, a queue is taken only after its lock was granted.
        process_queue.lock(now);
        Self {
            hold,
            process_queue,
            next_offset,
            pull_at: Some(pull_at),
            broker_id: BrokerId::MASTER,
            trouble: None,
            dropped: false,
            correction: None,
            previously_locked: false,
            try_unlock_times: 0,
            bounds: (QueueOffset(0), QueueOffset(0)),
        }
    }

    /// Whether this is that holding of the queue, given up or not.
    pub(super) const fn is_hold(&self, hold: HoldId) -> bool {
        self.hold == hold
    }

    /// Whether this is that holding of the queue and its results still count.
    pub(super) const fn is(&self, hold: HoldId) -> bool {
        self.is_hold(hold) && !self.dropped
    }

    pub(super) const fn hold(&self) -> HoldId {
        self.hold
    }

    /// Whether the lock is there and was renewed lately enough to be trusted.
    pub(super) fn has_lock(&self, now: Instant, max_live_time: Duration) -> bool {
        self.process_queue.is_locked() && !self.process_queue.is_lock_expired(now, max_live_time)
    }

    /// Messages pulled and not finished.
    pub const fn process_queue(&self) -> &ProcessQueue {
        &self.process_queue
    }

    /// From where it pulls next.
    pub const fn next_offset(&self) -> QueueOffset {
        self.next_offset
    }

    /// When it was last pulled, or taken.
    pub const fn last_pull(&self) -> Instant {
        self.process_queue.last_pull()
    }

    /// The replica that it was told to pull from.
    pub const fn broker_id(&self) -> BrokerId {
        self.broker_id
    }

    /// What went wrong with the last pull.
    pub const fn trouble(&self) -> Option<&ArcStr> {
        self.trouble.as_ref()
    }

    /// Whether it waits for its offset to be corrected.
    pub const fn is_being_corrected(&self) -> bool {
        self.correction.is_some()
    }

    /// Whether it has been given up and only waits to leave the table: for a correction, or for its listener.
    pub const fn is_dropped(&self) -> bool {
        self.dropped
    }

    /// In order: whether the consumer believes to hold the queue's lock.
    pub const fn is_locked(&self) -> bool {
        self.process_queue.is_locked()
    }

    /// In order: when the lock was last renewed.
    pub const fn last_lock(&self) -> Instant {
        self.process_queue.last_lock()
    }
}
