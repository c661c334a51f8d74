//! The commit log: every message of a broker, one record behind the other, in files of one size.

use std::cmp::Ordering;
use std::sync::Arc;

use imbl::Vector;

use crate::id::CommitLogOffset;
use crate::message::{Record, StoredMessage};
use crate::time::{Duration, Instant};

/// Bytes that must stay free behind a record for the blank that may close the file (`END_FILE_MIN_BLANK_LENGTH`).
const END_FILE_MIN_BLANK_LENGTH: u64 = 8;

/// Which files of the log may go (`MappedFileQueue.deleteExpiredFileByTime`).
#[derive(Clone, Copy, Debug)]
pub struct Expiry {
    /// The present.
    pub now: Instant,
    /// A file goes when its last record is at least this old.
    pub reserved: Duration,
    /// Files go whatever their age.
    pub immediately: bool,
}

/// The log of one broker. Records are kept decoded and shared; their bytes are made on demand by
/// [`encode_record`](crate::message::encode_record), their lengths and places are exact.
#[derive(Clone, Debug)]
pub struct CommitLog {
    file_size: u64,
    /// Bytes before each message: the header of its DLedger entry, or none.
    entry_header: u64,
    begin: CommitLogOffset,
    records: Vector<Record>,
    flushed: CommitLogOffset,
}

impl CommitLog {
    /// An empty log with files of this many bytes.
    pub fn new(file_size: u64) -> Self {
        Self::with_entry_header(file_size, 0)
    }

    /// An empty log whose messages each lie behind a header of this many bytes, as in the entries of DLedger.
    pub fn with_entry_header(file_size: u64, entry_header: u64) -> Self {
        let (begin, flushed) = (CommitLogOffset(0), CommitLogOffset(0));
        Self { file_size, entry_header, begin, records: Vector::new(), flushed }
    }

    /// Where the entry of a record begins: before its header, when it has one.
    pub fn place(&self, record: &Record) -> CommitLogOffset {
        match record {
            Record::Message(_) => CommitLogOffset(record.begin().0.saturating_sub(self.entry_header)),
            Record::Blank { .. } => record.begin(),
        }
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

    /// Bytes written into the files that are there.
    pub fn used_bytes(&self) -> u64 {
        self.max().0 - self.begin.0
    }

    /// Where each file begins, oldest first; its name is that offset in 20 digits.
    pub fn files(&self) -> impl Iterator<Item = CommitLogOffset> {
        let (begin, end, size) = (self.begin, self.max(), self.file_size);
        let next_begin = move |at: &CommitLogOffset| Some(CommitLogOffset(file_end(*at, size)));
        std::iter::successors(Some(begin), next_begin).take_while(move |at| *at < end)
    }

    /// Where the file behind the one with this position begins (`CommitLog.rollNextFile`).
    pub const fn next_file(&self, offset: CommitLogOffset) -> CommitLogOffset {
        CommitLogOffset(file_end(offset, self.file_size))
    }

    /// Appends a message at the end; when the file has no room for it, closes the file with a blank first.
    pub fn append(&mut self, mut message: StoredMessage) -> Arc<StoredMessage> {
        let length = self.entry_header + message.record_length();
        let at = self.max();
        let left = self.file_size - at.0 % self.file_size;
        if length + END_FILE_MIN_BLANK_LENGTH > left && left < self.file_size {
            self.records.push_back(Record::Blank { at, size: left });
        }
        message.commit_log_offset = CommitLogOffset(self.max().0 + self.entry_header);
        let message = Arc::new(message);
        self.records.push_back(Record::Message(message.clone()));
        message
    }

    /// Appends a record with the place that its master gave it. An empty log begins there.
    pub fn append_record(&mut self, record: Record) {
        let place = self.place(&record);
        if self.records.is_empty() {
            self.begin = place;
            self.flushed = self.begin;
        }
        assert_eq!(place, self.max(), "a replica has no gap");
        self.records.push_back(record);
    }

    /// Appends an entry that a DLedger leader pushed. The blank that closes a file is no entry; it is made here too.
    pub fn append_entry(&mut self, record: Record) {
        let (at, place) = (self.max(), self.place(&record));
        if !self.records.is_empty() && place > at {
            self.records.push_back(Record::Blank { at, size: place.0 - at.0 });
        }
        self.append_record(record);
    }

    /// Everything up to here is on the disk now.
    pub fn flush(&mut self, to: CommitLogOffset) {
        assert!(to <= self.max(), "only what was written can be flushed");
        self.flushed = self.flushed.max(to);
    }

    /// The message whose record begins at `offset`.
    pub fn message_at(&self, offset: CommitLogOffset) -> Option<Arc<StoredMessage>> {
        match self.records.get(self.index_of(offset, Record::begin)?) {
            Some(Record::Message(message)) => Some(message.clone()),
            _ => None,
        }
    }

    /// The records from the one whose entry begins at `offset`; none when there is none.
    pub fn records_from(&self, offset: CommitLogOffset) -> impl Iterator<Item = &Record> {
        let index = self.index_of(offset, |record| self.place(record)).unwrap_or(self.records.len());
        (index..).map_while(|index| self.records.get(index))
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

    /// Cuts off the entries behind this position, and the blank before them: what comes instead may fit the file.
    pub fn cut_behind(&mut self, end: CommitLogOffset) {
        self.truncate(|record| record.end() <= end);
        if matches!(self.records.last(), Some(Record::Blank { .. })) {
            self.records.pop_back();
            self.flushed = self.flushed.min(self.max());
        }
    }

    /// Deletes the first file if it may go. The last file stays, whatever its age: the broker writes to it.
    pub fn delete_first_file(&mut self, expiry: Expiry) -> bool {
        let end = self.next_file(self.begin);
        let (Ok(kept_from) | Err(kept_from)) =
            self.records.binary_search_by_key(&end, |record| self.place(record));
        let Some(begin) = self.records.get(kept_from).map(|record| self.place(record)) else {
            return false;
        };
        let last_modified = self.last_store_time(kept_from);
        if !expiry.immediately && expiry.now < last_modified + expiry.reserved {
            return false;
        }
        self.records = self.records.skip(kept_from);
        self.begin = begin;
        self.flushed = self.flushed.max(self.begin);
        true
    }

    /// When the last message before the record of this index was stored: what stands for the time at which a file
    /// was last modified.
    fn last_store_time(&self, before: usize) -> Instant {
        let messages = self.records.focus().narrow(..before).into_iter().rev();
        let times = messages.filter_map(|record| match record {
            Record::Message(message) => Some(message.stored_at),
            Record::Blank { .. } => None,
        });
        times.take(1).last().unwrap_or(Instant::ZERO)
    }

    /// All messages, oldest first.
    pub fn messages(&self) -> impl Iterator<Item = &Arc<StoredMessage>> {
        self.records.iter().filter_map(|record| match record {
            Record::Message(message) => Some(message),
            Record::Blank { .. } => None,
        })
    }

    /// The index of the record that has this place. Looks first where it would be if all were of one length, and from
    /// there in steps that double.
    fn index_of(&self, wanted: CommitLogOffset, place: impl Fn(&Record) -> CommitLogOffset) -> Option<usize> {
        let compare = |index: usize| place(&self.records[index]).cmp(&wanted);
        let count = self.records.len();
        let before = wanted.0.saturating_sub(self.begin.0);
        let guess = before.saturating_mul(count as u64).checked_div(self.used_bytes())?;
        let guess = usize::try_from(guess).unwrap_or(usize::MAX).min(count - 1);
        let (mut low, mut high, mut step, mut probe) = (0, count, 1, guess);
        while low < high {
            match compare(probe) {
                Ordering::Equal => return Some(probe),
                Ordering::Less => {
                    low = probe + 1;
                    probe = low.midpoint(high).min(probe + step);
                }
                Ordering::Greater => {
                    high = probe;
                    probe = low.midpoint(high).max(probe.saturating_sub(step));
                }
            }
            step *= 2;
        }
        None
    }
}

const fn file_end(offset: CommitLogOffset, file_size: u64) -> u64 {
    offset.0 + file_size - offset.0 % file_size
}
