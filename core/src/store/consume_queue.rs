//! A consume queue: for each message of one queue, where its record stands.

use imbl::Vector;

use crate::id::{CommitLogOffset, QueueOffset};

/// One entry: 20 bytes on a real disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueEntry {
    /// Where the record begins.
    pub commit_log_offset: CommitLogOffset,
    /// Length of the record.
    pub size: u32,
    /// Java's hash of the tag; 0 without one.
    pub tag_hash: i64,
}

/// The entries of one queue. Its files are made with the first message, not with the topic.
#[derive(Clone, Debug)]
pub struct ConsumeQueue {
    min: QueueOffset,
    entries: Vector<QueueEntry>,
}

impl ConsumeQueue {
    /// A queue whose first message will have this offset: 0, but on a replica that began in the middle.
    pub fn new(min: QueueOffset) -> Self {
        Self { min, entries: Vector::new() }
    }

    /// Offset of the first message.
    pub const fn min(&self) -> QueueOffset {
        self.min
    }

    /// Offset behind the last message.
    pub fn max(&self) -> QueueOffset {
        QueueOffset(self.min.0 + self.entries.len() as u64)
    }

    /// The entry at an offset between min and max.
    pub fn get(&self, offset: QueueOffset) -> Option<QueueEntry> {
        let index = usize::try_from(offset.0.checked_sub(self.min.0)?).ok()?;
        self.entries.get(index).copied()
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
            self.min = QueueOffset(0);
        }
    }
}
