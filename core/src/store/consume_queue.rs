//! A consume queue: for each message of one queue, where its record stands, in files of so many entries.

use imbl::Vector;

use crate::config::Profile;
use crate::id::{CommitLogOffset, QueueOffset};

/// Bytes of an entry on disk (`CQ_STORE_UNIT_SIZE`).
pub(super) const ENTRY_BYTES: u64 = 20;

/// One entry: 20 bytes on a real disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueEntry {
    /// Where the record begins.
    pub commit_log_offset: CommitLogOffset,
    /// Length of the record.
    pub size: u32,
    /// Java's hash of the tag, 0 without one; in `SCHEDULE_TOPIC_XXXX` the time at which the message is due, in
    /// milliseconds since 1970.
    pub tag_hash: i64,
}

impl QueueEntry {
    /// The entry as it stands in the file.
    pub fn bytes(&self) -> [u8; ENTRY_BYTES as usize] {
        let mut bytes = [0; ENTRY_BYTES as usize];
        bytes[..8].copy_from_slice(&self.commit_log_offset.0.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.size.to_be_bytes());
        bytes[12..].copy_from_slice(&self.tag_hash.to_be_bytes());
        bytes
    }
}

/// The entries of one queue. Its files are made with the first message, not with the topic.
///
/// Entries whose records are gone stay until their whole file goes, as on a real disk; `min` says from where on the
/// queue can be read.
#[derive(Clone, Debug)]
pub struct ConsumeQueue {
    /// Entries in one file.
    entries_per_file: u64,
    /// Offset of the first entry that is there.
    first: QueueOffset,
    min: QueueOffset,
    entries: Vector<QueueEntry>,
}

impl ConsumeQueue {
    /// A queue whose first message will have this offset: 0, but on a replica that began in the middle.
    pub fn new(min: QueueOffset, entries_per_file: u64) -> Self {
        Self { entries_per_file, first: min, min, entries: Vector::new() }
    }

    /// The first offset that can be read.
    pub const fn min(&self) -> QueueOffset {
        self.min
    }

    /// Offset behind the last message.
    pub fn max(&self) -> QueueOffset {
        QueueOffset(self.first.0 + self.entries.len() as u64)
    }

    /// The entry at an offset; `None` where no file has one.
    pub fn get(&self, offset: QueueOffset) -> Option<QueueEntry> {
        let index = usize::try_from(offset.0.checked_sub(self.first.0)?).ok()?;
        self.entries.get(index).copied()
    }

    /// The entry of the newest message.
    pub fn last(&self) -> Option<QueueEntry> {
        self.entries.last().copied()
    }

    /// Bytes written into its files.
    pub fn used_bytes(&self) -> u64 {
        self.entries.len() as u64 * ENTRY_BYTES
    }

    /// Where each file begins, in bytes and oldest first; its name is that number in 20 digits.
    pub fn files(&self) -> impl Iterator<Item = u64> {
        let (size, first, end) = (self.entries_per_file, self.first.0, self.max().0);
        let numbers = first / size..end.div_ceil(size);
        numbers.map(move |number| number * size * ENTRY_BYTES)
    }

    /// Where the file behind the one with this offset begins (`ConsumeQueue.rollNextFile`).
    pub const fn next_file(&self, offset: QueueOffset) -> QueueOffset {
        QueueOffset(offset.0 + self.entries_per_file - offset.0 % self.entries_per_file)
    }

    /// The entries of the first file whose last entry was stored at `at` or later as `stored_at` tells, or of the last
    /// file: first and last offset, from `min` on where that is later.
    pub(super) fn file_by_time(&self, is_reached: impl Fn(QueueOffset) -> bool) -> Option<FileRange> {
        let mut begin = self.first;
        while begin < self.max() {
            let end = self.next_file(begin).min(self.max());
            let last = QueueOffset(end.0 - 1);
            if end == self.max() || is_reached(last) {
                return Some(FileRange { begin: self.file_begin(begin), low: self.min.max(begin), last });
            }
            begin = end;
        }
        None
    }

    /// The last file whose first entry satisfies `is_reached`.
    pub(super) fn file_by_start(&self, is_reached: impl Fn(QueueOffset) -> bool) -> Option<FileRange> {
        let mut found = None;
        let mut begin = self.first;
        while begin < self.max() {
            let end = self.next_file(begin).min(self.max());
            if is_reached(begin) {
                let last = QueueOffset(end.0 - 1);
                found = Some(FileRange { begin: self.file_begin(begin), low: self.min.max(begin), last });
            }
            begin = end;
        }
        found
    }

    const fn file_begin(&self, offset: QueueOffset) -> QueueOffset {
        QueueOffset(offset.0 - offset.0 % self.entries_per_file)
    }

    /// Adds the entry of the next message.
    pub fn push(&mut self, entry: QueueEntry) {
        self.entries.push_back(entry);
    }

    /// Drops the entries of records that do not end before `log_end`.
    pub fn truncate(&mut self, log_end: CommitLogOffset) {
        let kept = self
            .entries
            .iter()
            .take_while(|entry| entry.commit_log_offset.0 + u64::from(entry.size) <= log_end.0)
            .count();
        self.entries.truncate(kept);
        if self.entries.is_empty() {
            (self.first, self.min) = (QueueOffset(0), QueueOffset(0));
        }
        self.min = self.min.min(self.max());
    }

    /// Lets the queue follow a log that begins at `log_begin` now: deletes the files all of whose records are gone,
    /// but never the last one, and moves `min` to the first entry that is left.
    pub fn delete_expired(&mut self, log_begin: CommitLogOffset, profile: Profile) {
        loop {
            let next = self.next_file(self.first);
            let last_of_file = self.get(QueueOffset(next.0 - 1));
            let is_expired = last_of_file.is_some_and(|entry| entry.commit_log_offset < log_begin);
            if next >= self.max() || !is_expired {
                break;
            }
            let gone = usize::try_from(next.0 - self.first.0).unwrap_or(usize::MAX);
            self.entries = self.entries.skip(gone);
            self.first = next;
        }
        self.correct_min_offset(log_begin, profile);
    }

    /// Moves `min` to the first entry whose record is still there. When there is none, V5 takes the end of the queue;
    /// V4 leaves what it had (`ConsumeQueue.correctMinOffset` of either version).
    pub fn correct_min_offset(&mut self, log_begin: CommitLogOffset, profile: Profile) {
        let gone = match self.entries.binary_search_by_key(&log_begin, |entry| entry.commit_log_offset) {
            Ok(index) | Err(index) => index as u64,
        };
        let min = QueueOffset(self.first.0 + gone);
        if profile.is_v5() {
            self.min = self.min.max(min);
        } else if min < self.max().min(self.next_file(self.first)) {
            self.min = min;
        }
    }
}

/// The entries of one file of a consume queue that can be searched.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileRange {
    /// The offset at which the file begins.
    pub(super) begin: QueueOffset,
    /// The first entry to look at.
    pub(super) low: QueueOffset,
    /// The last entry.
    pub(super) last: QueueOffset,
}
