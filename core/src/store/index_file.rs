//! One index file: from the hash of a key to the records of the messages that have it.
//!
//! A file has a header, so many hash slots, and room for so many entries. A slot holds the number of the newest
//! entry whose hash falls on it, each entry the number of the one before: a query walks from the newest to the
//! oldest. Different keys may share a hash, so who asks must look at the messages once more.
//!
//! **In RocketMQ**: `IndexFile`, `IndexHeader` (behaviour §3.2).
//!
//! **Left out on purpose**: the slots. What a slot holds follows from the entries, and is looked for among them when
//! somebody asks, which happens far less often than a message is filed. A file of RocketMQ's default size takes
//! 420 000 040 bytes on disk; here only what was put takes memory.
//!
//! **Invariants**: entries count from 1, so the count in the header is one more than there are entries; an entry is
//! never changed.

use std::collections::BTreeSet;

use imbl::Vector;

use crate::gather::Gather as _;
use crate::id::CommitLogOffset;
use crate::message::{java_hash, java_hash_of};
use crate::time::{Duration, Instant};

/// Bytes of the header (`INDEX_HEADER_SIZE`).
const HEADER_BYTES: u64 = 40;
/// Bytes of a hash slot.
const SLOT_BYTES: u64 = 4;
/// Bytes of an entry.
const ENTRY_BYTES: u64 = 20;

/// How large index files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexSize {
    /// Hash slots (`maxHashSlotNum`).
    pub hash_slots: u32,
    /// Entries, the unused number 0 included (`maxIndexNum`).
    pub entries: u32,
}

/// One entry: 20 bytes on a real disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    /// Hash of topic and key.
    pub key_hash: u32,
    /// Where the record begins.
    pub commit_log_offset: CommitLogOffset,
    /// Whole seconds from the file's first entry to the message's store time; 0 for an earlier one.
    pub seconds: u32,
    /// Number of the entry before in the same slot; 0 for none.
    pub previous: u32,
}

/// The header of a file (`IndexHeader`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexHeader {
    /// Store time of the first entry, of the last one of the file before until there is one.
    pub begin: Instant,
    /// Store time of the last entry.
    pub end: Instant,
    /// Record of the first entry.
    pub begin_offset: CommitLogOffset,
    /// Record of the last entry.
    pub end_offset: CommitLogOffset,
}

/// What is kept of an entry; the number of the one before in its slot follows.
#[derive(Clone, Copy, Debug)]
struct Filed {
    key_hash: u32,
    seconds: u32,
    commit_log_offset: CommitLogOffset,
}

/// An index file.
#[derive(Clone, Debug)]
pub struct IndexFile {
    size: IndexSize,
    header: IndexHeader,
    entries: Vector<Filed>,
}

impl IndexFile {
    /// An empty file behind one that ended with this time and record.
    pub fn new(size: IndexSize, previous_end: Option<(Instant, CommitLogOffset)>) -> Self {
        let (end, end_offset) = previous_end.unwrap_or_default();
        let header = IndexHeader { begin: end, end, begin_offset: end_offset, end_offset };
        Self { size, header, entries: Vector::new() }
    }

    /// The header.
    pub const fn header(&self) -> &IndexHeader {
        &self.header
    }

    /// The number that the next entry gets: one more than there are.
    pub fn index_count(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// Whether nothing goes in any more.
    pub fn is_write_full(&self) -> bool {
        self.index_count() >= self.size.entries
    }

    /// Bytes of the file that hold something, as if every entry had a slot of its own.
    pub fn used_bytes(&self) -> u64 {
        HEADER_BYTES + self.entries.len() as u64 * (SLOT_BYTES + ENTRY_BYTES)
    }

    /// Slots in use (`hashSlotCount` of the header).
    pub fn hash_slot_count(&self) -> usize {
        self.entries.iter().map(|entry| self.slot_of(entry.key_hash)).gather::<BTreeSet<_>>().len()
    }

    /// The entry of this number, counted from 1.
    pub fn entry(&self, number: u32) -> Option<IndexEntry> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        let Filed { key_hash, seconds, commit_log_offset } = *self.entries.get(index)?;
        let previous = self.newest_in(self.slot_of(key_hash), index);
        Some(IndexEntry { key_hash, commit_log_offset, seconds, previous })
    }

    /// What the slot of a key holds: the number of its newest entry, 0 for none.
    pub fn slot(&self, key: &str) -> u32 {
        self.newest_in(self.slot_of(key_hash(key)), self.entries.len())
    }

    /// The number of the newest of the first `count` entries in a slot, 0 for none.
    fn newest_in(&self, slot: u32, count: usize) -> u32 {
        let mut entries = self.entries.focus().narrow(..count).into_iter();
        let newest = entries.rposition(|entry| self.slot_of(entry.key_hash) == slot);
        newest.and_then(|index| u32::try_from(index + 1).ok()).unwrap_or(0)
    }

    /// Adds an entry for a hash as of [`key_hash`]; false when the file is full.
    pub fn put_key(&mut self, key_hash: u32, offset: CommitLogOffset, stored_at: Instant) -> bool {
        if self.is_write_full() {
            return false;
        }
        let is_first = self.entries.is_empty();
        let seconds = u32::try_from(stored_at.since(self.header.begin).as_millis() / 1000);
        let seconds = seconds.unwrap_or(u32::MAX).min(i32::MAX.cast_unsigned());
        let is_first_ever = is_first && self.header.begin == Instant::ZERO;
        self.entries.push_back(Filed {
            key_hash,
            seconds: if is_first_ever { 0 } else { seconds },
            commit_log_offset: offset,
        });
        if is_first {
            (self.header.begin, self.header.begin_offset) = (stored_at, offset);
        }
        (self.header.end, self.header.end_offset) = (stored_at, offset);
        true
    }

    /// Whether the file may have messages of this span of time, ends included (`isTimeMatched`).
    pub fn is_time_matched(&self, begin: Instant, end: Instant) -> bool {
        let (first, last) = (self.header.begin, self.header.end);
        let is_inside = |time: Instant| time >= first && time <= last;
        begin < first && end > last || is_inside(begin) || is_inside(end)
    }

    /// Adds to `offsets` the records of a key within a span of time, newest first, until there are `most`.
    pub fn select(
        &self,
        offsets: &mut Vec<CommitLogOffset>,
        key: &str,
        most: usize,
        (begin, end): (Instant, Instant),
    ) {
        let hash = key_hash(key);
        let slot = self.slot_of(hash);
        for entry in self.entries.iter().rev().filter(|entry| self.slot_of(entry.key_hash) == slot) {
            let time = self.header.begin + Duration::from_secs(u64::from(entry.seconds));
            if offsets.len() >= most {
                break;
            }
            if entry.key_hash == hash && time >= begin && time <= end {
                offsets.push(entry.commit_log_offset);
            }
            if time < begin {
                break;
            }
        }
    }

    fn slot_of(&self, hash: u32) -> u32 {
        hash % self.size.hash_slots.max(1)
    }
}

/// The hash by which a key is filed: Java's, without its sign (`indexKeyHashMethod`).
pub fn key_hash(key: &str) -> u32 {
    without_sign(java_hash(key))
}

/// The hash of what [`build_key`] makes, without making it.
pub(super) fn hash_of_key(topic: &str, key: &str) -> u32 {
    without_sign(java_hash_of([topic, "#", key]))
}

fn without_sign(hash: i32) -> u32 {
    hash.checked_abs().unwrap_or(0).cast_unsigned()
}

/// What a message's key is filed under (`IndexService.buildKey`).
pub fn build_key(topic: &str, key: &str) -> String {
    format!("{topic}#{key}")
}

/// Where the slot of a key stands in a file with so many slots, in bytes.
pub fn slot_position(key: &str, size: IndexSize) -> u64 {
    HEADER_BYTES + u64::from(key_hash(key) % size.hash_slots.max(1)) * SLOT_BYTES
}
