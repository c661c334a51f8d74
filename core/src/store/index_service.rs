//! Looking messages up by key: all index files of a broker.
//!
//! Every dispatched message is filed under its unique key and under each word of its KEYS. A query goes through the
//! files from the newest to the oldest, as far as the span of time reaches.
//!
//! **In RocketMQ**: `IndexService`, `DefaultMessageStore.queryMessage` (behaviour §3.12).
//!
//! **Left out on purpose**: flushing. RocketMQ rebuilds from the log what a crash took of the index, so a broker that
//! runs always has all of it.
//!
//! **Invariants**: messages are filed in the order of the log.

use std::sync::Arc;

use imbl::Vector;

use super::MessageStore;
use super::index_file::{IndexFile, IndexSize, build_key, hash_of_key};
use crate::gather::Arrange as _;
use crate::id::{CommitLogOffset, TopicName};
use crate::message::{KEY_SEPARATOR, StoredMessage};
use crate::time::Instant;

/// Most messages that one query returns (`maxMsgsNumBatch`).
const MAX_MSGS_NUM_BATCH: usize = 64;
/// How often a query that found only deleted records looks further back.
const QUERY_ROUNDS: usize = 3;

/// The index of one broker. A clone shares the bulk with its original.
#[derive(Clone, Debug)]
pub struct IndexService {
    size: IndexSize,
    files: Vector<IndexFile>,
}

/// How far the index reached at a query: who finds nothing can tell whether it was too early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexMark {
    /// Store time of the newest entry.
    pub last_update: Instant,
    /// Its record.
    pub last_offset: CommitLogOffset,
}

/// What a query by key found.
#[derive(Clone, Debug, Default)]
pub struct QueryMessageResult {
    /// The messages in the order of the log; one that has the key twice comes twice.
    pub messages: Vec<Arc<StoredMessage>>,
    /// How far the index reached; zero when it had no entry of the key.
    pub mark: IndexMark,
}

impl IndexService {
    /// An index without files.
    pub fn new(size: IndexSize) -> Self {
        Self { size, files: Vector::new() }
    }

    /// The files, oldest first.
    pub fn files(&self) -> impl Iterator<Item = &IndexFile> {
        self.files.iter()
    }

    /// Bytes of its files that hold something.
    pub fn used_bytes(&self) -> u64 {
        self.files.iter().map(IndexFile::used_bytes).sum()
    }

    /// Files a message under its keys, unless it is filed already.
    pub fn build(&mut self, message: &StoredMessage) {
        let (offset, stored_at) = (message.commit_log_offset, message.stored_at);
        let mut file = self.last_file();
        if offset < file.header().end_offset || !message.is_indexed() {
            return;
        }
        let topic = message.message.topic.as_str();
        let words = message.message.keys().map_or("", |keys| keys).split(KEY_SEPARATOR);
        let unique = message.message.unique_key().map(|key| &**key);
        for key in unique.into_iter().chain(words.filter(|word| !word.is_empty())) {
            let key_hash = hash_of_key(topic, key);
            if !file.put_key(key_hash, offset, stored_at) {
                // The full file makes room for a new one; a file without room for a single entry takes none.
                file = self.last_file();
                file.put_key(key_hash, offset, stored_at);
            }
        }
    }

    /// The file that is written to; a new one when there is none, or the last one is full.
    fn last_file(&mut self) -> &mut IndexFile {
        let last = self.files.last();
        if last.is_none_or(IndexFile::is_write_full) {
            let previous_end = last.map(IndexFile::header).map(|header| (header.end, header.end_offset));
            self.files.push_back(IndexFile::new(self.size, previous_end));
        }
        self.files.back_mut().expect("there is a file now")
    }

    /// The records of a key within a span of time, newest first, and how far the index reaches.
    pub fn query_offset(
        &self,
        topic: &TopicName,
        key: &str,
        most: usize,
        span: (Instant, Instant),
    ) -> (Vec<CommitLogOffset>, IndexMark) {
        let most = most.min(MAX_MSGS_NUM_BATCH);
        let key = build_key(topic.as_str(), key);
        let mut offsets = Vec::new();
        for file in self.files.iter().rev() {
            if file.is_time_matched(span.0, span.1) {
                file.select(&mut offsets, &key, most, span);
            }
            if file.header().begin < span.0 || offsets.len() >= most {
                break;
            }
        }
        let mark = self.files.last().map_or_else(IndexMark::default, |file| IndexMark {
            last_update: file.header().end,
            last_offset: file.header().end_offset,
        });
        (offsets, mark)
    }

    /// Deletes the files all of whose records are gone from a log that begins here, but never the last one.
    pub fn delete_expired(&mut self, log_begin: CommitLogOffset) {
        while self.files.len() > 1
            && self.files.front().is_some_and(|file| file.header().end_offset < log_begin)
        {
            self.files.pop_front();
        }
    }
}

impl MessageStore {
    /// The messages of a topic that have a key (or this unique key) and were stored within a span of time, ends
    /// included, by whole seconds (`DefaultMessageStore.queryMessage`). Keys with equal hashes are mixed up; who asks
    /// has to look at the keys.
    pub fn query_message(
        &self,
        topic: &TopicName,
        key: &str,
        most: usize,
        begin: Instant,
        end: Instant,
    ) -> QueryMessageResult {
        let mut result = QueryMessageResult::default();
        let mut last_query_time = end;
        for _ in 0..QUERY_ROUNDS {
            let (mut offsets, mark) = self.index.query_offset(topic, key, most, (begin, last_query_time));
            if offsets.is_empty() {
                break;
            }
            offsets.arrange();
            result.mark = mark;
            if let Some(oldest) = offsets.first().and_then(|offset| self.log.message_at(*offset)) {
                last_query_time = oldest.stored_at;
            }
            result.messages = offsets.iter().filter_map(|offset| self.log.message_at(*offset)).collect();
            if !result.messages.is_empty() || last_query_time < begin {
                break;
            }
        }
        result
    }
}
