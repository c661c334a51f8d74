//! Reading a queue: what a pull gets.
//!
//! **In RocketMQ**: `DefaultMessageStore.getMessage`, `isTheBatchFull`, `estimateInMemByCommitOffset` (behaviour §3.7).
//!
//! **Invariants**: one read stays in one file of the consume queue; it returns at least one message when it found
//! one; it looks at no more entries than 800 or the number of messages asked for.

use std::sync::Arc;

use super::consume_queue::ENTRY_BYTES;
use super::{ConsumeQueue, MessageStore};
use crate::filter::BrokerFilter;
use crate::id::{QueueId, QueueOffset, TopicName};
use crate::message::StoredMessage;

/// What a pull found in the store (`GetMessageStatus`, behaviour §3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetMessageStatus {
    /// At least one message.
    Found,
    /// Messages, but none passes the filter.
    NoMatchedMessage,
    /// The queue is empty, or was never written: reading makes it.
    NoMessageInQueue,
    /// The offset lies before the first message.
    OffsetTooSmall,
    /// The offset is the end: nothing yet.
    OffsetOverflowOne,
    /// The offset lies behind the end.
    OffsetOverflowBadly,
    /// The file of the queue that had the offset is gone.
    OffsetFoundNull,
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

/// How much a pull may take, and from whom.
#[derive(Clone, Copy, Debug)]
pub struct PullLimits {
    /// Messages.
    pub max_messages: u32,
    /// A record further than this from the end of the log, in bytes, does not count as in memory.
    pub memory: u64,
    /// Bytes of records (`maxTotalMsgSize`), used within 100 bytes to 128 MiB.
    pub max_bytes: u64,
    /// Whether an offset outside the queue is put right. A slave with `offsetCheckInSlave=false`, the default, answers
    /// the offset that it was asked for: it never moves a consumer.
    pub corrects_offset: bool,
}

impl PullLimits {
    /// The limits of an ordinary pull at a master.
    pub const fn new(max_messages: u32, memory: u64) -> Self {
        Self { max_messages, memory, max_bytes: MAX_PULL_MSG_SIZE, corrects_offset: true }
    }

    /// Whether a record of this size has no room beside what was found.
    fn is_full(&self, messages: usize, bytes: u64, size: u64, distance: u64) -> bool {
        if messages == 0 {
            return false;
        }
        let (most_bytes, most_messages) = if distance <= self.memory { IN_MEMORY } else { ON_DISK };
        let most_bytes = most_bytes.min(self.max_bytes.clamp(LEAST_PULL_MSG_SIZE, MAX_PULL_MSG_SIZE));
        messages >= most_messages.min(self.max_messages as usize) || bytes + size > most_bytes
    }
}

/// Batch limits of a pull: bytes and messages, in memory and from disk (`maxTransferBytesOnMessageInMemory` …).
const IN_MEMORY: (u64, usize) = (256 << 10, 32);
const ON_DISK: (u64, usize) = (64 << 10, 8);
/// Most bytes of a pull (`MAX_PULL_MSG_SIZE`).
const MAX_PULL_MSG_SIZE: u64 = 128 << 20;
/// A smaller limit counts as this one.
const LEAST_PULL_MSG_SIZE: u64 = 100;
/// Bytes of queue entries that a pull looks at without finding anything, at least (`maxFilterMessageSize`).
const MAX_FILTER_MESSAGE_SIZE: u64 = 16_000;

impl MessageStore {
    /// What a pull from `offset` gets, with a filter or without one. The filter looks at the queue entry first, and at
    /// the message itself if that is not enough.
    pub fn get_messages(
        &self,
        topic: &TopicName,
        queue_id: QueueId,
        offset: QueueOffset,
        limits: PullLimits,
        filter: Option<&BrokerFilter>,
    ) -> GetMessageResult {
        let queue = self.queue(topic, queue_id);
        let (min, max) = queue.map_or_else(Default::default, |queue| (queue.min(), queue.max()));
        let status = GetMessageStatus::NoMessageInQueue;
        let mut result =
            GetMessageResult { status, next: QueueOffset(0), min, max, messages: Vec::new(), behind: 0 };
        let (status, better) = match queue {
            None => (GetMessageStatus::NoMessageInQueue, QueueOffset(0)),
            Some(_) if max == QueueOffset(0) => (GetMessageStatus::NoMessageInQueue, QueueOffset(0)),
            Some(_) if offset < min => (GetMessageStatus::OffsetTooSmall, min),
            Some(_) if offset == max => (GetMessageStatus::OffsetOverflowOne, offset),
            Some(_) if offset > max => (GetMessageStatus::OffsetOverflowBadly, max),
            Some(queue) if queue.get(offset).is_none() => {
                (GetMessageStatus::OffsetFoundNull, queue.next_file(offset))
            }
            Some(queue) => {
                result.next = offset;
                self.read_file(queue, limits, filter, &mut result);
                return result;
            }
        };
        result.status = status;
        result.next = if limits.corrects_offset { better } else { offset };
        result
    }

    /// Reads on from `result.next` to the end of the queue's file, of the queue, or of what may be taken.
    fn read_file(
        &self,
        queue: &ConsumeQueue,
        limits: PullLimits,
        filter: Option<&BrokerFilter>,
        result: &mut GetMessageResult,
    ) {
        let most_scanned =
            MAX_FILTER_MESSAGE_SIZE.max(u64::from(limits.max_messages) * ENTRY_BYTES).div_ceil(ENTRY_BYTES);
        let end = queue.next_file(result.next).min(result.max);
        let end = end.min(QueueOffset(result.next.0.saturating_add(most_scanned)));
        let (mut bytes, mut gone_before) = (0, None);
        result.status = GetMessageStatus::NoMatchedMessage;
        while result.next < end
            && let Some(entry) = queue.get(result.next)
        {
            let (at, size) = (entry.commit_log_offset, u64::from(entry.size));
            let distance = self.log.max().0.saturating_sub(at.0);
            if limits.is_full(result.messages.len(), bytes, size, distance) {
                break;
            }
            result.next = result.next.next();
            result.behind = distance;
            // The rest of a deleted file of the log is not even tried.
            let is_wanted = filter.is_none_or(|filter| filter.is_matched_by_consume_queue(entry.tag_hash));
            if gone_before.is_some_and(|begin| at < begin) || !is_wanted {
                continue;
            }
            if let Some(message) = self.log.message_at(at) {
                gone_before = None;
                if filter.is_none_or(|filter| filter.is_matched_by_commit_log(&message.message)) {
                    bytes += size;
                    result.messages.push(message);
                }
            } else {
                gone_before = Some(self.log.next_file(at));
                if result.messages.is_empty() {
                    result.status = GetMessageStatus::MessageWasRemoving;
                }
            }
        }
        if !result.messages.is_empty() {
            result.status = GetMessageStatus::Found;
        }
    }
}
