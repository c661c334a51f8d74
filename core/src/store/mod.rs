//! A broker's messages: the commit log that holds them, and the consume queues and index files that point into it.
//!
//! Every message of every topic is one record of the one commit log. A queue holds no message: it is a list of
//! 20-byte entries, each with a record's place, its length and the hash of its tag. Entries are built from the
//! log a moment after the append ("reput"); only then a consumer can see the message, and a query by key find it.
//!
//! One concern a file: `commit_log`, `consume_queue`, `index_file`, `index_service` (queries by key), `get_message`
//! (pulls), `search` (by time), `clean` (what goes when log files expire).
//!
//! **In RocketMQ**: `DefaultMessageStore`, `CommitLog`, `ConsumeQueue`, `IndexService`, `ReputMessageService`
//! (behaviour §3.2 to §3.4).
//!
//! **Left out on purpose**: extended queue entries, the transient store pool, warm-up and memory locks, the wait
//! between two deleted files of a consume queue.
//!
//! **Invariants**: offsets only grow, except by [`MessageStore::roll_back`] and by what a power failure takes;
//! an entry points at the record of a stored message, or at one that has expired; the log is flushed from its
//! beginning without gaps.

mod clean;
mod commit_log;
mod consume_queue;
mod get_message;
mod index_file;
mod index_service;
mod search;

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::SmallVec;

pub use commit_log::{CommitLog, Expiry};
pub use consume_queue::{ConsumeQueue, QueueEntry};
pub use get_message::{GetMessageResult, GetMessageStatus, PullLimits};
pub use index_file::{IndexEntry, IndexFile, IndexHeader, IndexSize, build_key, key_hash, slot_position};
pub use index_service::{IndexMark, IndexService, QueryMessageResult};
pub use search::BoundaryType;

use crate::config::{BrokerConfig, Profile};
use crate::gather::Gather as _;
use crate::id::{CommitLogOffset, QueueId, QueueOffset, TopicName};
use crate::message::{DelayLevels, Record, StoredMessage, tag_hash};
use crate::time::{Epoch, Instant};

/// Where delayed messages wait (`TopicValidator.RMQ_SYS_SCHEDULE_TOPIC`).
pub const SCHEDULE_TOPIC: &str = "SCHEDULE_TOPIC_XXXX";

/// Bytes of a DLedger entry before its body (`DLedgerEntry.BODY_OFFSET`).
const DLEDGER_BODY_OFFSET: u64 = 48;

/// The name of a file of the commit log or of a consume queue: where it begins, in bytes (`UtilAll.offset2FileName`).
pub fn file_name(begin: u64) -> String {
    format!("{begin:020}")
}

/// What a store has to know of its broker (`MessageStoreConfig`). It stays with the disk: RocketMQ cannot read files
/// of another size either.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// The version.
    pub profile: Profile,
    /// The date of virtual zero, for times that stand in files.
    pub epoch: Epoch,
    /// Size of a commit log file in bytes (`mappedFileSizeCommitLog`).
    pub commit_log_file_size: u64,
    /// Entries of a consume queue file (`mappedFileSizeConsumeQueue` / 20).
    pub queue_file_entries: u64,
    /// Size of index files.
    pub index_size: IndexSize,
    /// What the levels of delayed messages mean (`messageDelayLevel`).
    pub delay_levels: DelayLevels,
    /// Bytes before each message: the header of its DLedger entry, or none.
    pub entry_header: u64,
}

impl StoreConfig {
    /// What a broker's settings say. Sizes too small to hold anything count as the smallest that do.
    pub fn of(profile: Profile, epoch: Epoch, config: &BrokerConfig) -> Self {
        let queue_file_size = config.mapped_file_size_consume_queue;
        Self {
            profile,
            epoch,
            commit_log_file_size: config.mapped_file_size_commit_log.max(1),
            queue_file_entries: queue_file_size.div_ceil(consume_queue::ENTRY_BYTES).max(1),
            index_size: IndexSize {
                hash_slots: config.max_hash_slot_num.max(1),
                entries: config.max_index_num.max(2),
            },
            delay_levels: config.message_delay_level.clone(),
            entry_header: if config.enable_dleger_commit_log { DLEDGER_BODY_OFFSET } else { 0 },
        }
    }
}

/// The messages of one broker. A clone shares the bulk with its original.
#[derive(Clone, Debug)]
pub struct MessageStore {
    config: Arc<StoreConfig>,
    log: CommitLog,
    queues: BTreeMap<(TopicName, QueueId), ConsumeQueue>,
    /// The next queue offset to give out: ahead of the queue's end by what is not dispatched yet.
    next_offsets: BTreeMap<(TopicName, QueueId), QueueOffset>,
    dispatched: CommitLogOffset,
    index: IndexService,
}

impl MessageStore {
    /// An empty store.
    pub fn new(config: StoreConfig) -> Self {
        Self {
            log: CommitLog::with_entry_header(config.commit_log_file_size, config.entry_header),
            queues: BTreeMap::new(),
            next_offsets: BTreeMap::new(),
            dispatched: CommitLogOffset(0),
            index: IndexService::new(config.index_size),
            config: Arc::new(config),
        }
    }

    /// What the store was made for.
    pub fn config(&self) -> &StoreConfig {
        &self.config
    }

    /// The commit log.
    pub const fn log(&self) -> &CommitLog {
        &self.log
    }

    /// The commit log, to flush it.
    pub const fn log_mut(&mut self) -> &mut CommitLog {
        &mut self.log
    }

    /// The index by key.
    pub const fn index(&self) -> &IndexService {
        &self.index
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

    /// Appends a message: gives it its queue offset and its place, and returns it as stored. What does not count in a
    /// queue has the offset 0.
    pub fn append(&mut self, mut message: StoredMessage) -> Arc<StoredMessage> {
        message.queue_offset = QueueOffset(0);
        if message.is_queued() {
            let key = (message.message.topic.clone(), message.queue_id);
            let next = self.next_offsets.entry(key).or_default();
            message.queue_offset = *next;
            *next = next.next();
        }
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
            if let Record::Message(message) = &record
                && message.is_queued()
            {
                let key = (message.message.topic.clone(), message.queue_id);
                self.next_offsets.insert(key, message.queue_offset.next());
            }
            self.log.append_record(record);
        }
    }

    /// Appends an entry that a DLedger leader pushed. Queue offsets are counted anew when this replica leads.
    pub fn append_entry(&mut self, record: Record) {
        if self.log.is_empty() {
            self.dispatched = self.log.place(&record);
        }
        self.log.append_entry(record);
    }

    /// Cuts off what lies behind this position, queues and index with it, as a DLedger follower does on its leader's
    /// word.
    pub fn cut_behind(&mut self, end: CommitLogOffset) {
        self.log.cut_behind(end);
        self.fit_queues_to_log();
        self.recover_topic_queue_table();
    }

    /// Builds what the log has up to here and the queues have not: the work of a start of a DLedger replica, which does
    /// not know yet whether the rest is committed.
    pub fn recover_committed(&mut self, up_to: CommitLogOffset) {
        self.dispatch(up_to);
        self.correct_min_offsets();
        self.recover_topic_queue_table();
    }

    /// Queue offsets go on from the ends of the queues (`recoverTopicQueueTable`).
    pub fn recover_topic_queue_table(&mut self) {
        self.next_offsets = self.queues.iter().map(|(key, queue)| (key.clone(), queue.max())).gather();
    }

    /// Builds queue entries and index up to here in the log (`ReputMessageService.doReput`) and returns the messages
    /// that became visible.
    pub fn dispatch(&mut self, up_to: CommitLogOffset) -> SmallVec<[Arc<StoredMessage>; 4]> {
        let mut read = SmallVec::<[Arc<StoredMessage>; 4]>::new();
        for record in self.log.records_from(self.dispatched) {
            if record.end() > up_to {
                break;
            }
            if let Record::Message(message) = record {
                read.push(message.clone());
            }
            self.dispatched = record.end();
        }
        for message in &read {
            if message.is_queued() {
                self.put_queue_entry(message);
            }
            self.index.build(message);
        }
        read.retain(|message| message.is_queued());
        read
    }

    fn put_queue_entry(&mut self, message: &StoredMessage) {
        let entry = self.queue_entry(message);
        let entries = self.config.queue_file_entries;
        let key = (message.message.topic.clone(), message.queue_id);
        let queue =
            self.queues.entry(key).or_insert_with(|| ConsumeQueue::new(message.queue_offset, entries));
        // A replica that was ahead of its master may be sent other messages for offsets that it has; RocketMQ
        // leaves such entries alone ("build consume queue repeatedly").
        if queue.max() == message.queue_offset {
            queue.push(entry);
        }
    }

    fn queue_entry(&self, message: &StoredMessage) -> QueueEntry {
        QueueEntry {
            commit_log_offset: message.commit_log_offset,
            size: u32::try_from(message.record_length()).unwrap_or(u32::MAX),
            tag_hash: self
                .deliver_timestamp(message)
                .unwrap_or_else(|| tag_hash(message.message.tag().map(|tag| &**tag))),
        }
    }

    /// When a delayed message is due, in milliseconds since 1970: its queue entry has this in place of the tag.
    fn deliver_timestamp(&self, message: &StoredMessage) -> Option<i64> {
        if message.message.topic.as_str() != SCHEDULE_TOPIC {
            return None;
        }
        let levels = &self.config.delay_levels;
        let level = u32::try_from(message.message.delay_time_level()).ok()?.min(levels.max_level());
        let stored_at = i64::try_from(self.config.epoch.wall_clock(message.stored_at)).ok()?;
        (level > 0).then(|| levels.deliver_timestamp(level, stored_at))
    }

    /// Bytes of the log that have no queue entries yet.
    pub fn dispatch_behind(&self) -> u64 {
        self.log.max().0 - self.dispatched.0
    }

    /// The topic is gone: its queues and counters go too, its records stay until their file is deleted.
    pub fn delete_topic(&mut self, topic: &TopicName) {
        self.queues.retain(|(other, _), _| other != topic);
        self.next_offsets.retain(|(other, _), _| other != topic);
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

    /// Cuts off everything behind a place that is the end of a record, and returns the messages that are gone, in order
    /// (`DefaultMessageStore.truncateFiles`). Entries of queues behind it go too; none are built.
    pub fn truncate_to(&mut self, to: CommitLogOffset) -> Vec<Arc<StoredMessage>> {
        let is_gone = |message: &&Arc<StoredMessage>| message.commit_log_offset >= to;
        let gone: Vec<_> = self.log.messages().filter(is_gone).cloned().collect();
        if to >= self.log.max() {
            return gone;
        }
        self.log.truncate(|record| record.end() <= to);
        let end = self.log.max();
        for queue in self.queues.values_mut() {
            queue.truncate(end);
        }
        self.queues.retain(|_, queue| queue.max().0 > 0);
        self.dispatched = self.dispatched.min(end);
        self.rebuild_index();
        self.recount();
        gone
    }

    /// [`recover`](Self::recover) of a broker in controller mode: nothing behind the confirmed place becomes visible.
    pub fn recover_to(&mut self, confirmed: CommitLogOffset) {
        self.dispatch(confirmed);
        for queue in self.queues.values_mut() {
            queue.correct_min_offset(self.log.min(), self.config.profile);
        }
        self.recount();
    }

    /// The counters of queues, from their entries and from the records that have none yet.
    fn recount(&mut self) {
        self.next_offsets = self.queues.iter().map(|(key, queue)| (key.clone(), queue.max())).gather();
        for record in self.log.records_from(self.dispatched) {
            if let Record::Message(message) = record
                && message.is_queued()
            {
                let key = (message.message.topic.clone(), message.queue_id);
                self.next_offsets.insert(key, message.queue_offset.next());
            }
        }
    }

    /// Makes queues and counters fit the log again, as recovery does at a start.
    fn forget_behind_log(&mut self) {
        self.fit_queues_to_log();
        if self.config.entry_header > 0 {
            // What is committed is known only after the start.
            return self.recover_topic_queue_table();
        }
        self.recover();
    }

    fn fit_queues_to_log(&mut self) {
        let end = self.log.max();
        if self.log.is_empty() {
            self.queues.clear();
        }
        for queue in self.queues.values_mut() {
            queue.truncate(end);
        }
        self.queues.retain(|_, queue| queue.max().0 > 0);
        self.dispatched = self.dispatched.min(end);
        self.rebuild_index();
    }

    /// RocketMQ throws away what a crash left of the index and builds it anew from the log.
    fn rebuild_index(&mut self) {
        self.index = IndexService::new(self.config.index_size);
        let dispatched = self.dispatched;
        for message in self.log.messages().take_while(|message| message.commit_log_offset < dispatched) {
            self.index.build(message);
        }
    }

    /// Builds what the log has and the queues have not, and restores the counters: the work of a start.
    pub fn recover(&mut self) {
        self.recover_committed(self.log.max());
    }

    fn correct_min_offsets(&mut self) {
        for queue in self.queues.values_mut() {
            queue.correct_min_offset(self.log.min(), self.config.profile);
        }
    }
}

#[cfg(test)]
mod tests;
