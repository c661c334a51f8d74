//! What a consumer has pulled of one queue and not finished.
//!
//! Messages wait here ordered by offset. The offset to commit is the smallest unfinished one, whatever else is
//! done already: so a crash repeats everything from there (at least once, never exactly once).
//!
//! Two ways of consuming use it. *Concurrently*, messages stay until each is finished
//! ([`remove`](ProcessQueue::remove)). *Orderly*, some are taken from the front at a time
//! ([`take`](ProcessQueue::take)), and either all of them are finished ([`commit`](ProcessQueue::commit)) or they
//! come back ([`rollback`](ProcessQueue::rollback)).
//!
//! **In RocketMQ**: `ProcessQueue` (behaviour §5.7, §5.9, §11.2); in `flow_control` the checks at the begin of
//! `DefaultMQPushConsumerImpl.pullMessage`. **Left out on purpose**: locks between threads, counted attempts to
//! unlock.
//!
//! **Invariants**: the bytes are those of the bodies of all messages here; an offset to commit is never higher than
//! the one behind the last message put.

mod flow_control;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use flow_control::{BeforePull, Cached, Delay, PullState};

use crate::id::QueueOffset;
use crate::message::StoredMessage;
use crate::time::{Duration, Instant};

/// A queue that was not pulled for longer is rebuilt (`PULL_MAX_IDLE_TIME`).
const PULL_MAX_IDLE: Duration = Duration::from_secs(120);
/// Most messages that one round of cleaning sends back.
const CLEAN_EXPIRED_MAX: usize = 16;
/// Delay level with which expired messages are sent back.
pub const EXPIRED_DELAY_LEVEL: u32 = 3;

#[derive(Clone, Debug)]
struct Entry {
    message: Arc<StoredMessage>,
    /// When a listener began with it (property `CONSUME_START_TIME`).
    consume_started: Option<Instant>,
}

/// Messages of one queue in the hands of one consumer.
#[derive(Clone, Debug)]
pub struct ProcessQueue {
    messages: BTreeMap<QueueOffset, Entry>,
    /// Orderly: what was taken and is neither finished nor back.
    taken: BTreeMap<QueueOffset, Entry>,
    bytes: u64,
    /// Offset of the last message that was new when it was put.
    last_put: QueueOffset,
    /// Orderly: somebody is consuming the queue, so a put need not submit it.
    is_consuming: bool,
    accumulated: u64,
    is_locked: bool,
    last_lock: Instant,
    last_pull: Instant,
    last_consume: Instant,
}

impl ProcessQueue {
    /// Nothing pulled yet; locked, pulled and consumed just now as far as expiry goes.
    pub const fn new(now: Instant) -> Self {
        Self {
            messages: BTreeMap::new(),
            taken: BTreeMap::new(),
            bytes: 0,
            last_put: QueueOffset(0),
            is_consuming: false,
            accumulated: 0,
            is_locked: false,
            last_lock: now,
            last_pull: now,
            last_consume: now,
        }
    }

    /// Takes what a pull brought; `max_offset` is the end of the queue as the broker told it. Returns whether an
    /// orderly consumer has to begin with the queue (`dispatchToConsume`).
    pub fn put(&mut self, messages: &[Arc<StoredMessage>], max_offset: Option<QueueOffset>) -> bool {
        for message in messages {
            self.bytes += body_length(message);
            if !self.insert(message.queue_offset, Entry { message: message.clone(), consume_started: None }) {
                self.last_put = message.queue_offset;
            }
        }
        if let (Some(last), Some(max_offset)) = (messages.last(), max_offset) {
            let behind = max_offset.0.saturating_sub(last.queue_offset.0);
            self.accumulated = if behind > 0 { behind } else { self.accumulated };
        }
        let dispatches = !self.messages.is_empty() && !self.is_consuming;
        self.is_consuming |= dispatches;
        dispatches
    }

    /// Puts an entry whose bytes are counted already; whether it replaced another one.
    fn insert(&mut self, offset: QueueOffset, entry: Entry) -> bool {
        let replaced = self.messages.insert(offset, entry);
        self.bytes -= replaced.as_ref().map_or(0, |old| body_length(&old.message));
        replaced.is_some()
    }

    /// Messages are finished. Returns the offset to commit: the smallest unfinished one, or the one behind
    /// everything put; `None` when there was nothing here before.
    pub fn remove(&mut self, now: Instant, offsets: &[QueueOffset]) -> Option<QueueOffset> {
        self.last_consume = now;
        if self.messages.is_empty() {
            return None;
        }
        for offset in offsets {
            if let Some(entry) = self.messages.remove(offset) {
                self.bytes -= body_length(&entry.message);
            }
        }
        Some(self.messages.keys().next().copied().unwrap_or_else(|| self.last_put.next()))
    }

    /// Orderly: takes up to `batch_size` messages from the front. When there is none, the next put submits the queue
    /// again.
    pub fn take(&mut self, now: Instant, batch_size: usize) -> Vec<Arc<StoredMessage>> {
        self.last_consume = now;
        let mut batch = Vec::new();
        while batch.len() < batch_size
            && let Some((offset, entry)) = self.messages.pop_first()
        {
            batch.push(entry.message.clone());
            self.taken.insert(offset, entry);
        }
        self.is_consuming &= !batch.is_empty();
        batch
    }

    /// Orderly: what was taken is finished. Returns the offset to commit; `None` when nothing was taken.
    pub fn commit(&mut self) -> Option<QueueOffset> {
        let taken = std::mem::take(&mut self.taken);
        self.bytes -= taken.values().map(|entry| body_length(&entry.message)).sum::<u64>();
        taken.keys().next_back().map(|offset| offset.next())
    }

    /// Orderly: what was taken comes back.
    pub fn rollback(&mut self) {
        for (offset, entry) in std::mem::take(&mut self.taken) {
            self.insert(offset, entry);
        }
    }

    /// Orderly: some of what was taken is to be consumed again, as the messages are now
    /// (`makeMessageToConsumeAgain`).
    pub fn make_message_to_consume_again(&mut self, messages: &[Arc<StoredMessage>]) {
        for message in messages {
            if let Some(entry) = self.taken.remove(&message.queue_offset) {
                self.insert(message.queue_offset, Entry { message: message.clone(), ..entry });
            }
        }
    }

    /// Forgets every message.
    pub fn clear(&mut self) {
        self.messages.clear();
        self.taken.clear();
        self.bytes = 0;
        self.last_put = QueueOffset(0);
    }

    /// A listener begins with a message.
    pub fn begin_consume(&mut self, now: Instant, offset: QueueOffset) {
        if let Some(entry) = self.messages.get_mut(&offset) {
            entry.consume_started = Some(now);
        }
    }

    /// The messages that a round of cleaning sends back, in order (`cleanExpiredMsg`): from the front, 16 at most,
    /// as long as their listener has taken longer than `consumeTimeout`. Whoever sends one back removes it.
    pub fn expired(&self, now: Instant, consume_timeout: Duration) -> Vec<Arc<StoredMessage>> {
        let is_expired =
            |entry: &&Entry| entry.consume_started.is_some_and(|since| now.since(since) > consume_timeout);
        let front = self.messages.values().take(CLEAN_EXPIRED_MAX).take_while(is_expired);
        front.map(|entry| entry.message.clone()).collect()
    }

    /// When a listener began with a message that is not finished.
    pub fn consume_started(&self, offset: QueueOffset) -> Option<Instant> {
        self.messages.get(&offset)?.consume_started
    }

    /// The first message that waits or is worked on.
    pub fn first(&self) -> Option<&Arc<StoredMessage>> {
        self.messages.values().next().map(|entry| &entry.message)
    }

    /// The last message that waits or is worked on.
    pub fn last(&self) -> Option<&Arc<StoredMessage>> {
        self.messages.values().next_back().map(|entry| &entry.message)
    }

    /// Messages not finished.
    pub fn len(&self) -> usize {
        self.messages.len() + self.taken.len()
    }

    /// Whether everything is finished.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether something waits to be consumed (`hasTempMessage`).
    pub fn has_waiting(&self) -> bool {
        !self.messages.is_empty()
    }

    /// Offsets that wait to be consumed, or that listeners work on concurrently, ascending.
    pub fn waiting(&self) -> impl Iterator<Item = QueueOffset> {
        self.messages.keys().copied()
    }

    /// Offsets that were taken orderly, ascending.
    pub fn taken(&self) -> impl Iterator<Item = QueueOffset> {
        self.taken.keys().copied()
    }

    /// Whether the message still waits (`containsMessage`).
    pub fn contains(&self, offset: QueueOffset) -> bool {
        self.messages.contains_key(&offset)
    }

    /// What the checks before a pull count.
    pub fn cached(&self) -> Cached {
        let span = match (self.messages.keys().next(), self.messages.keys().next_back()) {
            (Some(first), Some(last)) => last.0 - first.0,
            _ => 0,
        };
        Cached { count: self.len() as u64, bytes: self.bytes, span }
    }

    /// How many messages the broker had behind those of the last pull that left some there (`msgAccCnt`).
    pub const fn accumulated(&self) -> u64 {
        self.accumulated
    }

    /// The broker has granted or renewed the lock.
    pub const fn lock(&mut self, now: Instant) {
        self.is_locked = true;
        self.last_lock = now;
    }

    /// The broker has refused to renew the lock.
    pub const fn unlock(&mut self) {
        self.is_locked = false;
    }

    /// Whether the broker granted the lock the last time it was asked.
    pub const fn is_locked(&self) -> bool {
        self.is_locked
    }

    /// When the lock was last granted or renewed.
    pub const fn last_lock(&self) -> Instant {
        self.last_lock
    }

    /// Whether the lock was not renewed for longer than it may be trusted (`REBALANCE_LOCK_MAX_LIVE_TIME`).
    pub fn is_lock_expired(&self, now: Instant, max_live_time: Duration) -> bool {
        now.since(self.last_lock) > max_live_time
    }

    /// The queue is pulled, or was about to be.
    pub const fn pulled(&mut self, now: Instant) {
        self.last_pull = now;
    }

    /// When it was last pulled, or made.
    pub const fn last_pull(&self) -> Instant {
        self.last_pull
    }

    /// Whether the queue was not pulled for 120 s, so that it is to be rebuilt.
    pub fn is_pull_expired(&self, now: Instant) -> bool {
        now.since(self.last_pull) > PULL_MAX_IDLE
    }

    /// When messages were last taken or finished (`lastConsumeTimestamp`).
    pub const fn last_consume(&self) -> Instant {
        self.last_consume
    }
}

fn body_length(message: &StoredMessage) -> u64 {
    message.message.body.len() as u64
}

#[cfg(test)]
mod tests;
