//! What a consumer has pulled of one queue and not finished.
//!
//! Messages wait here ordered by offset. The offset to commit is the smallest unfinished one, whatever else is
//! done already: so a crash repeats everything from there (at least once, never exactly once). An orderly consumer
//! takes messages out in batches, one batch at a time, and commits, takes again or gives back what it took.
//!
//! **In RocketMQ**: `ProcessQueue` (behaviour §5.7, §5.9, §11.2).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::ClientConfig;
use crate::id::QueueOffset;
use crate::message::StoredMessage;

/// Messages of one queue in the hands of one consumer.
#[derive(Clone, Debug, Default)]
pub struct ProcessQueue {
    messages: BTreeMap<QueueOffset, Arc<StoredMessage>>,
    /// What an orderly listener was given and has not committed (`consumingMsgOrderlyTreeMap`).
    taken: BTreeMap<QueueOffset, Arc<StoredMessage>>,
    bytes: u64,
    max_seen: Option<QueueOffset>,
    /// Whether an orderly run works through the queue, or is about to (`consuming`).
    consuming: bool,
}

impl ProcessQueue {
    /// Nothing pulled yet.
    pub const fn empty() -> Self {
        Self { messages: BTreeMap::new(), taken: BTreeMap::new(), bytes: 0, max_seen: None, consuming: false }
    }

    /// Takes what a pull brought. Returns whether an orderly run has to be started for it (`dispatchToConsume`).
    pub fn put(&mut self, messages: &[Arc<StoredMessage>]) -> bool {
        for message in messages {
            self.max_seen = self.max_seen.max(Some(message.queue_offset));
            if self.messages.insert(message.queue_offset, message.clone()).is_none() {
                self.bytes += length_of(message);
            }
        }
        !self.messages.is_empty() && !std::mem::replace(&mut self.consuming, !self.messages.is_empty())
    }

    /// Messages are finished. Returns the offset to commit: the smallest unfinished one, or the one behind
    /// everything seen; `None` when there was nothing left to finish (`removeMessage`).
    pub fn remove(&mut self, messages: &[Arc<StoredMessage>]) -> Option<QueueOffset> {
        if self.messages.is_empty() {
            return None;
        }
        for message in messages {
            if let Some(message) = self.messages.remove(&message.queue_offset) {
                self.bytes -= length_of(&message);
            }
        }
        let first = self.messages.keys().next().copied();
        first.or_else(|| self.max_seen.map(QueueOffset::next))
    }

    /// Whether a message waits or is worked on; not what an orderly listener has taken.
    pub fn contains(&self, offset: QueueOffset) -> bool {
        self.messages.contains_key(&offset)
    }

    /// The first message that is not finished.
    pub fn first(&self) -> Option<&Arc<StoredMessage>> {
        self.messages.values().next()
    }

    /// The last message that is not finished.
    pub fn last(&self) -> Option<&Arc<StoredMessage>> {
        self.messages.values().next_back()
    }

    /// The next messages for an orderly listener, at most so many; without any, the run is over (`takeMessages`).
    pub fn take(&mut self, most: usize) -> Vec<Arc<StoredMessage>> {
        let mut batch = Vec::new();
        while batch.len() < most
            && let Some((offset, message)) = self.messages.pop_first()
        {
            self.taken.insert(offset, message.clone());
            batch.push(message);
        }
        if batch.is_empty() {
            self.consuming = false;
        }
        batch
    }

    /// What was taken is finished. Returns the offset to commit: the one behind the last message taken.
    pub fn commit(&mut self) -> Option<QueueOffset> {
        let taken = std::mem::take(&mut self.taken);
        self.bytes -= taken.values().map(length_of).sum::<u64>();
        taken.keys().next_back().copied().map(QueueOffset::next)
    }

    /// Everything that was taken is to be taken again.
    pub fn rollback(&mut self) {
        self.messages.append(&mut self.taken);
    }

    /// These messages of a batch are to be taken again, as they are now (`makeMessageToConsumeAgain`).
    pub fn consume_again(&mut self, batch: &[Arc<StoredMessage>]) {
        for message in batch {
            self.taken.remove(&message.queue_offset);
            self.messages.insert(message.queue_offset, message.clone());
        }
    }

    /// Forgets everything (`clear`).
    pub fn clear(&mut self) {
        *self = Self { consuming: self.consuming, ..Self::empty() };
    }

    /// Messages not finished.
    pub fn len(&self) -> usize {
        self.messages.len() + self.taken.len()
    }

    /// Whether everything is finished.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether messages wait that no orderly listener has taken (`hasTempMessage`).
    pub fn has_waiting(&self) -> bool {
        !self.messages.is_empty()
    }

    /// Messages that an orderly listener has taken and not committed.
    pub fn taken(&self) -> impl Iterator<Item = QueueOffset> {
        self.taken.keys().copied()
    }

    /// Bytes of the bodies of all messages not finished.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether enough is here already, so that no more is pulled for now (`pullThresholdForQueue` …). The distance
    /// of the offsets counts for concurrent consumption only.
    pub fn is_full(&self, config: &ClientConfig, orderly: bool) -> bool {
        let span = match (self.messages.keys().next(), self.messages.keys().next_back()) {
            (Some(first), Some(last)) => last.0 - first.0,
            _ => 0,
        };
        self.len() > config.pull_threshold_for_queue as usize
            || self.bytes >> 20 > u64::from(config.pull_threshold_size_for_queue)
            || (!orderly && span > config.consume_concurrently_max_span)
    }
}

fn length_of(message: &Arc<StoredMessage>) -> u64 {
    message.message.body.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Profile;
    use crate::id::{Address, CommitLogOffset, QueueId};
    use crate::message::Message;
    use crate::time::Instant;

    fn queue_of(offsets: impl IntoIterator<Item = u64>) -> ProcessQueue {
        let mut queue = ProcessQueue::default();
        for offset in offsets {
            queue.put(&[message(offset)]);
        }
        queue
    }

    fn message(offset: u64) -> Arc<StoredMessage> {
        Arc::new(StoredMessage {
            message: Message::new("T".into(), *b"m"),
            queue_id: QueueId(0),
            queue_offset: QueueOffset(offset),
            commit_log_offset: CommitLogOffset(0),
            sys_flag: 0,
            born_at: Instant::ZERO,
            born_host: Address::local(1),
            stored_at: Instant::ZERO,
            store_host: Address::local(2),
            reconsume_times: 0,
            prepared_transaction_offset: CommitLogOffset(0),
            properties_length: 0,
        })
    }

    #[test]
    fn the_smallest_unfinished_offset_is_committed() {
        let mut queue = queue_of(0..10);
        let remove = |queue: &mut ProcessQueue, offset| queue.remove(&[message(offset)]);
        let last = [0, 1, 2, 4, 5].map(|offset| remove(&mut queue, offset));
        assert_eq!(last.last(), Some(&Some(QueueOffset(3))));
        let rest = [3, 6, 7, 8, 9].map(|offset| remove(&mut queue, offset));
        assert_eq!(rest.last(), Some(&Some(QueueOffset(10))));
        assert_eq!(remove(&mut queue, 9), None, "nothing was left to finish");
    }

    #[test]
    fn too_wide_a_span_stops_the_pulling() {
        let config = ClientConfig::of(Profile::V5);
        assert!(!queue_of([0, 2000]).is_full(&config, false));
        assert!(queue_of([0, 2001]).is_full(&config, false));
        assert!(queue_of(0..1001).is_full(&config, false));
        assert!(!queue_of([0, 2001]).is_full(&config, true), "an orderly consumer never leaves gaps");
    }

    #[test]
    fn a_batch_is_committed_or_taken_again() {
        let mut queue = ProcessQueue::default();
        assert!(queue.put(&[message(0), message(1), message(2)]), "nobody works through the queue yet");
        assert!(!queue.put(&[message(3)]), "somebody does");
        let batch = queue.take(2);
        queue.consume_again(&batch);
        assert_eq!(queue.take(3).len(), 3);
        queue.rollback();
        assert_eq!(queue.take(3).len(), 3);
        assert_eq!(queue.commit(), Some(QueueOffset(3)));
        assert_eq!((queue.take(9).len(), queue.commit()), (1, Some(QueueOffset(4))));
        assert!(queue.take(1).is_empty() && queue.put(&[message(4)]), "the run was over");
    }
}
