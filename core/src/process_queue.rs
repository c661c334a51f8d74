//! What a consumer has pulled of one queue and not finished.
//!
//! Messages wait here ordered by offset. The offset to commit is the smallest unfinished one, whatever else is
//! done already: so a crash repeats everything from there (at least once, never exactly once).
//!
//! **In RocketMQ**: `ProcessQueue` (behaviour §5.7, §11.2). **Left out on purpose**: orderly consumption.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::ClientConfig;
use crate::id::QueueOffset;
use crate::message::StoredMessage;

/// Messages of one queue in the hands of one consumer.
#[derive(Clone, Debug, Default)]
pub struct ProcessQueue {
    messages: BTreeMap<QueueOffset, Arc<StoredMessage>>,
    bytes: u64,
    max_seen: Option<QueueOffset>,
}

impl ProcessQueue {
    /// Nothing pulled yet.
    pub const fn empty() -> Self {
        Self { messages: BTreeMap::new(), bytes: 0, max_seen: None }
    }

    /// Takes what a pull brought.
    pub fn put(&mut self, messages: &[Arc<StoredMessage>]) {
        for message in messages {
            self.max_seen = self.max_seen.max(Some(message.queue_offset));
            let length = message.message.body.len() as u64;
            if self.messages.insert(message.queue_offset, message.clone()).is_none() {
                self.bytes += length;
            }
        }
    }

    /// A message is finished. Returns the offset to commit: the smallest unfinished one, or the one behind
    /// everything seen; `None` when nothing was ever here.
    pub fn remove(&mut self, offset: QueueOffset) -> Option<QueueOffset> {
        if let Some(message) = self.messages.remove(&offset) {
            self.bytes -= message.message.body.len() as u64;
        }
        self.commit_offset()
    }

    /// See [`remove`](Self::remove).
    pub fn commit_offset(&self) -> Option<QueueOffset> {
        let first = self.messages.keys().next().copied();
        first.or_else(|| self.max_seen.map(QueueOffset::next))
    }

    /// Messages not finished.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether everything is finished.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Whether enough is here already, so that no more is pulled for now (`pullThresholdForQueue` …).
    pub fn is_full(&self, config: &ClientConfig) -> bool {
        let span = match (self.messages.keys().next(), self.messages.keys().next_back()) {
            (Some(first), Some(last)) => last.0 - first.0,
            _ => 0,
        };
        self.messages.len() > config.pull_threshold_for_queue as usize
            || self.bytes > u64::from(config.pull_threshold_size_for_queue) << 20
            || span > config.consume_concurrently_max_span
    }
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
            queue.put(&[Arc::new(StoredMessage {
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
            })]);
        }
        queue
    }

    #[test]
    fn the_smallest_unfinished_offset_is_committed() {
        let mut queue = queue_of(0..10);
        let last = [0, 1, 2, 4, 5].map(|offset| queue.remove(QueueOffset(offset)));
        assert_eq!(last.last(), Some(&Some(QueueOffset(3))));
        let rest = [3, 6, 7, 8, 9].map(|offset| queue.remove(QueueOffset(offset)));
        assert_eq!(rest.last(), Some(&Some(QueueOffset(10))));
        assert_eq!(ProcessQueue::default().commit_offset(), None);
    }

    #[test]
    fn too_wide_a_span_stops_the_pulling() {
        let config = ClientConfig::of(Profile::V5);
        assert!(!queue_of([0, 2000]).is_full(&config));
        assert!(queue_of([0, 2001]).is_full(&config));
        assert!(queue_of(0..1001).is_full(&config));
    }
}
