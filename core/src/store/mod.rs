//! A broker's messages: the commit log that holds them, and the consume queues that index it.
//!
//! Every message of every topic is one record of the one commit log. A queue holds no message: it is a list of
//! 20-byte entries, each with a record's place, its length and the hash of its tag. Entries are built from the
//! log a moment after the append ("reput"); only then a consumer can see the message.
//!
//! **In RocketMQ**: `DefaultMessageStore`, `CommitLog`, `ConsumeQueue`, `ReputMessageService`.
//!
//! **Left out on purpose**: the index file, retention, file boundaries of consume queues, transient store pool.
//!
//! **Invariants**: offsets only grow, except by [`MessageStore::roll_back`] and by what a power failure takes;
//! an entry points at the record of a stored message; the log is flushed from its beginning without gaps.

mod commit_log;
mod consume_queue;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use commit_log::CommitLog;
pub use consume_queue::{ConsumeQueue, QueueEntry};

use crate::id::{CommitLogOffset, QueueId, QueueOffset, TopicName};
use crate::message::{Record, StoredMessage, tag_hash};
use crate::time::Instant;

/// What a pull found in the store (`GetMessageStatus`, behaviour §3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetMessageStatus {
    /// At least one message.
    Found,
    /// Messages, but none passes the filter.
    NoMatchedMessage,
    /// The queue was never written.
    NoMatchedLogicQueue,
    /// The queue is empty.
    NoMessageInQueue,
    /// The offset lies before the first message.
    OffsetTooSmall,
    /// The offset is the end: nothing yet.
    OffsetOverflowOne,
    /// The offset lies behind the end.
    OffsetOverflowBadly,
    /// The records that the entries point at are gone from the log.
    MessageWasRemoving,
    /// A reset sends the group elsewhere. The broker says so, never the store.
    OffsetReset,
}

/// What a pull gets from the store.
#[derive(Clone, Debug)]
pub struct GetMessageResult {
    /// How it ended.
    pub status: GetMessageStatus,
    /// Where to go on.
    pub next: QueueOffset,
    /// The queue's first offset.
    pub min: QueueOffset,
    /// The queue's end.
    pub max: QueueOffset,
    /// The messages found.
    pub messages: Vec<Arc<StoredMessage>>,
    /// Bytes between the last record looked at and the end of the log.
    pub behind: u64,
}

/// How much a pull may take.
#[derive(Clone, Copy, Debug)]
pub struct PullLimits {
    /// Messages.
    pub max_messages: u32,
    /// A record further than this from the end of the log does not count as in memory.
    pub memory: u64,
}

/// Batch limits of a pull: bytes and messages, in memory and from disk (`maxTransferBytesOnMessageInMemory` …).
const IN_MEMORY: (u64, usize) = (256 << 10, 32);
const ON_DISK: (u64, usize) = (64 << 10, 8);
/// Bytes of queue entries that a pull looks at without finding anything, at least.
const MAX_FILTER_BYTES: u64 = 16_000;

/// The messages of one broker. A clone shares the bulk with its original.
#[derive(Clone, Debug)]
pub struct MessageStore {
    log: CommitLog,
    queues: BTreeMap<(TopicName, QueueId), ConsumeQueue>,
    /// The next queue offset to give out: ahead of the queue's end by what is not dispatched yet.
    next_offsets: BTreeMap<(TopicName, QueueId), QueueOffset>,
    dispatched: CommitLogOffset,
}

impl MessageStore {
    /// An empty store with log files of this size.
    pub fn new(file_size: u64) -> Self {
        Self {
            log: CommitLog::new(file_size),
            queues: BTreeMap::new(),
            next_offsets: BTreeMap::new(),
            dispatched: CommitLogOffset(0),
        }
    }

    /// The commit log.
    pub const fn log(&self) -> &CommitLog {
        &self.log
    }

    /// The commit log, to flush it.
    pub const fn log_mut(&mut self) -> &mut CommitLog {
        &mut self.log
    }

    /// Up to where queue entries are built.
    pub const fn dispatched(&self) -> CommitLogOffset {
        self.dispatched
    }

    /// The queue, if it was ever written.
    pub fn queue(&self, topic: &TopicName, queue_id: QueueId) -> Option<&ConsumeQueue> {
        self.queues.get(&(topic.clone(), queue_id))
    }

    /// All queues that were ever written.
    pub fn queues(&self) -> impl Iterator<Item = (&(TopicName, QueueId), &ConsumeQueue)> {
        self.queues.iter()
    }

    /// First offset of a queue; 0 for one that was never written.
    pub fn min_offset(&self, topic: &TopicName, queue_id: QueueId) -> QueueOffset {
        self.queue(topic, queue_id).map_or(QueueOffset(0), ConsumeQueue::min)
    }

    /// End of a queue; 0 for one that was never written.
    pub fn max_offset(&self, topic: &TopicName, queue_id: QueueId) -> QueueOffset {
        self.queue(topic, queue_id).map_or(QueueOffset(0), ConsumeQueue::max)
    }

    /// Appends a message: gives it its queue offset and its place, and returns it as stored.
    pub fn append(&mut self, mut message: StoredMessage) -> Arc<StoredMessage> {
        let key = (message.message.topic.clone(), message.queue_id);
        let next = self.next_offsets.entry(key).or_default();
        message.queue_offset = *next;
        *next = next.next();
        self.log.append(message)
    }

    /// Appends a piece of a master's log; it must begin where this log ends, unless this log is empty.
    pub fn append_replica(&mut self, records: Vec<Record>) {
        if self.log.is_empty()
            && let Some(first) = records.first()
        {
            self.dispatched = first.begin();
        }
        for record in records {
            if let Record::Message(message) = &record {
                let key = (message.message.topic.clone(), message.queue_id);
                self.next_offsets.insert(key, message.queue_offset.next());
            }
            self.log.append_record(record);
        }
    }

    /// Builds queue entries up to the end of the log (`ReputMessageService.doReput`) and returns the messages that
    /// became visible.
    pub fn dispatch(&mut self, up_to: CommitLogOffset) -> Vec<Arc<StoredMessage>> {
        let mut visible = Vec::new();
        for record in self.log.records_from(self.dispatched) {
            if record.end() > up_to {
                break;
            }
            if let Record::Message(message) = record {
                visible.push(message.clone());
            }
            self.dispatched = record.end();
        }
        for message in &visible {
            let key = (message.message.topic.clone(), message.queue_id);
            let queue = self.queues.entry(key).or_insert_with(|| ConsumeQueue::new(message.queue_offset));
            // A replica that was ahead of its master may be sent other messages for offsets that it has; RocketMQ
            // leaves such entries alone ("build consume queue repeatedly").
            if queue.max() == message.queue_offset {
                queue.push(QueueEntry::of(message));
            }
        }
        visible
    }

    /// The message at a place of a queue.
    pub fn message_at(
        &self,
        topic: &TopicName,
        queue: QueueId,
        offset: QueueOffset,
    ) -> Option<Arc<StoredMessage>> {
        let entry = self.queue(topic, queue)?.get(offset)?;
        self.log.message_at(entry.commit_log_offset)
    }

    /// Whether the first message of a queue is near enough to the end of the log (behaviour §5.6); `None` when
    /// the queue has no message.
    pub fn first_is_in_memory(&self, topic: &TopicName, queue_id: QueueId, memory: u64) -> Option<bool> {
        let queue = self.queue(topic, queue_id)?;
        let entry = queue.get(queue.min())?;
        Some(self.log.max().0 - entry.commit_log_offset.0 <= memory)
    }

    /// What a pull from `offset` gets (`DefaultMessageStore.getMessage`). `matches` tests the tag hash of an entry.
    pub fn get_messages(
        &self,
        topic: &TopicName,
        queue_id: QueueId,
        offset: QueueOffset,
        limits: PullLimits,
        matches: impl Fn(i64) -> bool,
    ) -> GetMessageResult {
        let mut result = GetMessageResult {
            status: GetMessageStatus::NoMatchedLogicQueue,
            next: QueueOffset(0),
            min: QueueOffset(0),
            max: QueueOffset(0),
            messages: Vec::new(),
            behind: 0,
        };
        let Some(queue) = self.queue(topic, queue_id) else {
            return result;
        };
        (result.min, result.max) = (queue.min(), queue.max());
        (result.status, result.next) = if result.max.0 == 0 {
            (GetMessageStatus::NoMessageInQueue, QueueOffset(0))
        } else if offset < result.min {
            (GetMessageStatus::OffsetTooSmall, result.min)
        } else if offset == result.max {
            (GetMessageStatus::OffsetOverflowOne, offset)
        } else if offset > result.max {
            (GetMessageStatus::OffsetOverflowBadly, result.max)
        } else {
            return self.scan(queue, offset, limits, matches, result);
        };
        result
    }

    fn scan(
        &self,
        queue: &ConsumeQueue,
        offset: QueueOffset,
        limits: PullLimits,
        matches: impl Fn(i64) -> bool,
        mut result: GetMessageResult,
    ) -> GetMessageResult {
        let most_scanned = MAX_FILTER_BYTES.max(u64::from(limits.max_messages) * 20) / 20;
        let (mut bytes, mut removed) = (0, false);
        result.next = offset;
        while result.next < result.max && result.next.0 - offset.0 < most_scanned {
            let entry = queue.get(result.next).expect("an offset between min and max has an entry");
            let distance = self.log.max().0 - entry.commit_log_offset.0;
            let (most_bytes, most_messages) = if distance <= limits.memory { IN_MEMORY } else { ON_DISK };
            let most_messages = most_messages.min(limits.max_messages as usize);
            if !result.messages.is_empty()
                && (result.messages.len() >= most_messages || bytes + u64::from(entry.size) > most_bytes)
            {
                break;
            }
            result.next = result.next.next();
            result.behind = distance;
            if !matches(entry.tag_hash) {
                continue;
            }
            match self.log.message_at(entry.commit_log_offset) {
                Some(message) => {
                    bytes += u64::from(entry.size);
                    result.messages.push(message);
                }
                None => removed = true,
            }
        }
        result.status = if !result.messages.is_empty() {
            GetMessageStatus::Found
        } else if removed {
            GetMessageStatus::MessageWasRemoving
        } else {
            GetMessageStatus::NoMatchedMessage
        };
        result
    }

    /// The offset of a message by its store time (`getOffsetInQueueByTime`): the first stored at `at` or later, or
    /// the end when all are older.
    pub fn offset_by_time(&self, topic: &TopicName, queue_id: QueueId, at: Instant) -> QueueOffset {
        let Some(queue) = self.queue(topic, queue_id) else {
            return QueueOffset(0);
        };
        let (mut low, mut high) = (queue.min().0, queue.max().0);
        while low < high {
            let middle = u64::midpoint(low, high);
            let older = self
                .message_at(topic, queue_id, QueueOffset(middle))
                .is_some_and(|message| message.stored_at < at);
            if older { low = middle + 1 } else { high = middle }
        }
        QueueOffset(low)
    }

    /// What a power failure leaves: everything behind the flushed position is gone. Returns the bytes lost.
    pub fn lose_unflushed(&mut self) -> u64 {
        let lost = self.log.max().0 - self.log.flushed().0;
        let flushed = self.log.flushed();
        self.log.truncate(|record| record.end() <= flushed);
        self.forget_behind_log();
        lost
    }

    /// Takes away every record from the first one stored at `to` or later. Returns how many.
    pub fn roll_back(&mut self, to: Instant) -> usize {
        let before = self.log.len();
        self.log.truncate(|record| matches!(record, Record::Message(message) if message.stored_at < to));
        self.forget_behind_log();
        before - self.log.len()
    }

    /// Makes queues and counters fit the log again, as recovery does at a start.
    fn forget_behind_log(&mut self) {
        let end = self.log.max();
        if self.log.is_empty() {
            self.queues.clear();
        }
        for queue in self.queues.values_mut() {
            queue.truncate(end);
        }
        self.queues.retain(|_, queue| queue.max().0 > 0);
        self.dispatched = self.dispatched.min(end);
        self.recover();
    }

    /// Builds what the log has and the queues have not, and restores the counters: the work of a start.
    pub fn recover(&mut self) {
        self.dispatch(self.log.max());
        self.next_offsets = self.queues.iter().map(|(key, queue)| (key.clone(), queue.max())).collect();
    }
}

impl QueueEntry {
    fn of(message: &StoredMessage) -> Self {
        Self {
            commit_log_offset: message.commit_log_offset,
            size: u32::try_from(message.record_length()).unwrap_or(u32::MAX),
            tag_hash: tag_hash(message.message.tag().map(|tag| &**tag)),
        }
    }
}

#[cfg(test)]
mod tests;
