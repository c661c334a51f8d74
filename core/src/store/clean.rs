//! What goes when it is old: files of the log, then of the queues and the index.
//!
//! Whether messages were consumed does not matter. The log decides; queues and index follow it.
//!
//! **In RocketMQ**: `MappedFileQueue.deleteExpiredFileByTime`, `CleanConsumeQueueService`,
//! `DefaultMessageStore.cleanExpiredConsumerQueue`, `cleanUnusedTopic` (behaviour §3.4).
//!
//! **Invariants**: the last file of anything stays.

use super::{ConsumeQueue, Expiry, MessageStore};
use crate::id::TopicName;

impl MessageStore {
    /// Deletes files from the front of the log while they may go, at most so many but at least one
    /// (`deleteFileBatchMax`). Returns how many. Queues and index follow by [`Self::follow_log`].
    pub fn delete_expired_files(&mut self, expiry: Expiry, most: u32) -> u32 {
        let mut deleted = 0;
        while deleted < most.max(1) && self.log.delete_first_file(expiry) {
            deleted += 1;
        }
        self.dispatched = self.dispatched.max(self.log.min());
        deleted
    }

    /// Deletes the files of queues and index whose records are all gone, and moves the queues' first offsets
    /// (`CleanConsumeQueueService`).
    pub fn follow_log(&mut self) {
        let log_begin = self.log.min();
        for queue in self.queues.values_mut() {
            queue.delete_expired(log_begin, self.config.profile);
        }
        self.index.delete_expired(log_begin);
    }

    /// Bytes that the files take on the disk.
    pub fn used_bytes(&self) -> u64 {
        let queues: u64 = self.queues.values().map(ConsumeQueue::used_bytes).sum();
        self.log.used_bytes() + queues + self.index.used_bytes()
    }

    /// Deletes the queues of which no record is left (`cleanExpiredConsumerQueue`, order CLEAN_EXPIRED_CONSUMEQUEUE),
    /// but for topics that `keeps` holds. Offsets of such a queue start at 0 again. Returns how many went.
    pub fn clean_expired_queues(&mut self, keeps: impl Fn(&TopicName) -> bool) -> usize {
        let log_begin = self.log.min();
        let is_expired =
            |queue: &ConsumeQueue| queue.last().is_some_and(|last| last.commit_log_offset < log_begin);
        self.remove_queues(|topic, queue| !keeps(topic) && is_expired(queue))
    }

    /// Deletes the queues of topics that `keeps` does not hold (`cleanUnusedTopic`, order CLEAN_UNUSED_TOPIC).
    /// Returns how many went.
    pub fn clean_unused_topics(&mut self, keeps: impl Fn(&TopicName) -> bool) -> usize {
        self.remove_queues(|topic, _| !keeps(topic))
    }

    fn remove_queues(&mut self, goes: impl Fn(&TopicName, &ConsumeQueue) -> bool) -> usize {
        let before = self.queues.len();
        let next_offsets = &mut self.next_offsets;
        self.queues.retain(|key, queue| {
            let stays = !goes(&key.0, queue);
            if !stays {
                next_offsets.remove(key);
            }
            stays
        });
        before - self.queues.len()
    }
}
