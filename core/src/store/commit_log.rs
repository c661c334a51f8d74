//! The commit log: every message of a broker, one record behind the other.

use std::sync::Arc;

use imbl::Vector;

use crate::id::CommitLogOffset;
use crate::message::{Record, StoredMessage};

/// Bytes that must stay free behind a record for the blank that may close the file (`END_FILE_MIN_BLANK_LENGTH`).
const END_FILE_MIN_BLANK_LENGTH: u64 = 8;

/// The log of one broker. Records are kept decoded and shared; their bytes are made on demand by
/// [`record_bytes`](crate::view::record_bytes), their lengths and places are exact.
#[derive(Clone, Debug)]
pub struct CommitLog {
    file_size: u64,
    begin: CommitLogOffset,
    records: Vector<Record>,
    flushed: CommitLogOffset,
}

impl CommitLog {
    /// An empty log with files of this many bytes.
    pub fn new(file_size: u64) -> Self {
        Self { file_size, begin: CommitLogOffset(0), records: Vector::new(), flushed: CommitLogOffset(0) }
    }

    /// Where the log begins.
    pub const fn min(&self) -> CommitLogOffset {
        self.begin
    }

    /// Where the next record goes.
    pub fn max(&self) -> CommitLogOffset {
        self.records.last().map_or(self.begin, Record::end)
    }

    /// Up to where a power failure takes nothing.
    pub const fn flushed(&self) -> CommitLogOffset {
        self.flushed
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Number of records, blanks included.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Size of one file in bytes.
    pub const fn file_size(&self) -> u64 {
        self.file_size
    }

    /// Appends a message at the end; when the file has no room for it, closes the file with a blank first.
    pub fn append(&mut self, mut message: StoredMessage) -> Arc<StoredMessage> {
        let length = message.record_length();
        let at = self.max();
        let left = self.file_size - at.0 % self.file_size;
        if length + END_FILE_MIN_BLANK_LENGTH > left && left < self.file_size {
            self.records.push_back(Record::Blank { at, size: left });
        }
        message.commit_log_offset = self.max();
        let message = Arc::new(message);
        self.records.push_back(Record::Message(message.clone()));
        message
    }

    /// Appends a record with the place that its master gave it. An empty log begins there.
    pub fn append_record(&mut self, record: Record) {
        if self.records.is_empty() {
            self.begin = record.begin();
            self.flushed = self.begin;
        }
        assert_eq!(record.begin(), self.max(), "a replica has no gap");
        self.records.push_back(record);
    }

    /// Everything up to here is on the disk now.
    pub fn flush(&mut self, to: CommitLogOffset) {
        assert!(to <= self.max(), "only what was written can be flushed");
        self.flushed = self.flushed.max(to);
    }

    /// The message whose record begins at `offset`.
    pub fn message_at(&self, offset: CommitLogOffset) -> Option<Arc<StoredMessage>> {
        match self.records.get(self.index_of(offset)?) {
            Some(Record::Message(message)) => Some(message.clone()),
            _ => None,
        }
    }

    /// The records from the one that begins at `offset`; none when no record begins there.
    pub fn records_from(&self, offset: CommitLogOffset) -> impl Iterator<Item = &Record> {
        let index = self.index_of(offset).unwrap_or(self.records.len());
        self.records.focus().narrow(index..).into_iter()
    }

    /// Records from `offset` for one replication frame: whole ones, `most` bytes together but at least one.
    pub fn piece(&self, offset: CommitLogOffset, most: u64) -> Vec<Record> {
        let mut piece: Vec<Record> = Vec::new();
        for record in self.records_from(offset) {
            if !piece.is_empty() && record.end().0 - offset.0 > most {
                break;
            }
            piece.push(record.clone());
        }
        piece
    }

    /// Keeps the records from the beginning for which `keep` holds and drops the rest.
    pub fn truncate(&mut self, keep: impl Fn(&Record) -> bool) {
        let kept = self.records.iter().take_while(|record| keep(record)).count();
        self.records.truncate(kept);
        if self.records.is_empty() {
            self.begin = CommitLogOffset(0);
        }
        self.flushed = self.flushed.min(self.max());
    }

    /// All messages, oldest first.
    pub fn messages(&self) -> impl Iterator<Item = &Arc<StoredMessage>> {
        self.records.iter().filter_map(|record| match record {
            Record::Message(message) => Some(message),
            Record::Blank { .. } => None,
        })
    }

    fn index_of(&self, offset: CommitLogOffset) -> Option<usize> {
        self.records.binary_search_by_key(&offset, Record::begin).ok()
    }
}
