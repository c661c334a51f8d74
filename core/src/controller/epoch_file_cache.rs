//! The epoch file of a broker: in which reign which part of its log was written.
//!
//! **In RocketMQ**: `EpochFileCache` (`epochFileCheckpoint` in the store's folder; behaviour §4.7).
//!
//! **Invariants**: epochs and starts rise from entry to entry; an entry ends where the next one begins.

use crate::id::CommitLogOffset;
use crate::rpc::{EpochEntry, MasterEpoch};

/// The reigns that a broker's log was written in, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EpochFileCache {
    entries: Vec<EpochEntry>,
}

impl EpochFileCache {
    /// A cache of these entries, as another broker told them.
    pub fn new(entries: Vec<EpochEntry>) -> Self {
        Self { entries }
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> &[EpochEntry] {
        &self.entries
    }

    /// The first entry.
    pub fn first(&self) -> Option<EpochEntry> {
        self.entries.first().copied()
    }

    /// The entry of the present reign.
    pub fn last(&self) -> Option<EpochEntry> {
        self.entries.last().copied()
    }

    /// Its number; `None` is RocketMQ's -1.
    pub fn last_epoch(&self) -> Option<MasterEpoch> {
        self.last().map(|entry| entry.epoch)
    }

    /// The entry of a reign.
    pub fn get(&self, epoch: MasterEpoch) -> Option<EpochEntry> {
        self.entries.iter().find(|entry| entry.epoch == epoch).copied()
    }

    /// The entry behind that of a reign.
    pub fn next(&self, epoch: MasterEpoch) -> Option<EpochEntry> {
        self.entries.iter().find(|entry| entry.epoch > epoch).copied()
    }

    /// In which reign the byte at this place was written, or would be.
    pub fn find_by_offset(&self, offset: CommitLogOffset) -> Option<EpochEntry> {
        let holds = |entry: &&EpochEntry| entry.start <= offset && entry.end.is_none_or(|end| end > offset);
        self.entries.iter().find(holds).copied()
    }

    /// A reign begins at the end of the log. A reign that begins where the last one did, because nothing was written in
    /// that, is *not* noted: the file keeps the older number. Says whether it was noted.
    pub fn append(&mut self, epoch: MasterEpoch, start: CommitLogOffset) -> bool {
        if let Some(last) = self.entries.last_mut() {
            if last.epoch >= epoch || last.start >= start {
                return false;
            }
            last.end = Some(start);
        }
        self.entries.push(EpochEntry { epoch, start, end: None });
        true
    }

    /// Drops this reign and all later ones.
    pub fn truncate_suffix_by_epoch(&mut self, epoch: MasterEpoch) {
        self.truncate_suffix(|entry| entry.epoch < epoch);
    }

    /// Drops the reigns that began here or later.
    pub fn truncate_suffix_by_offset(&mut self, offset: CommitLogOffset) {
        self.truncate_suffix(|entry| entry.start < offset);
    }

    fn truncate_suffix(&mut self, keep: impl Fn(&EpochEntry) -> bool) {
        self.entries.retain(keep);
        if let Some(last) = self.entries.last_mut() {
            last.end = None;
        }
    }

    /// Up to where this log and another one are the same: the last reign that both began at the same place, and in it
    /// the end of whoever wrote less. `None` when there is no such reign. Both ends of the logs have to be told, because
    /// the file knows no end of the last reign.
    pub fn find_consistent_point(
        &self,
        own_end: CommitLogOffset,
        other: &Self,
        other_end: CommitLogOffset,
    ) -> Option<CommitLogOffset> {
        let end_of = |entry: EpochEntry, log_end: CommitLogOffset| entry.end.unwrap_or(log_end);
        self.entries.iter().rev().find_map(|own| {
            let same = other.get(own.epoch).filter(|theirs| theirs.start == own.start)?;
            Some(end_of(*own, own_end).min(end_of(same, other_end)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(entries: &[(u32, u64)]) -> EpochFileCache {
        let mut cache = EpochFileCache::default();
        for (epoch, start) in entries {
            assert!(cache.append(MasterEpoch(*epoch), CommitLogOffset(*start)));
        }
        cache
    }

    #[test]
    fn the_logs_part_in_the_last_common_reign() {
        let point = |own: &[(u32, u64)], own_end, other: &[(u32, u64)], other_end| {
            let (own, other) = (cache(own), cache(other));
            let point =
                own.find_consistent_point(CommitLogOffset(own_end), &other, CommitLogOffset(other_end));
            point.map(|offset| offset.0)
        };
        // The old master wrote on; the new one began its reign earlier.
        assert_eq!(point(&[(1, 0)], 500, &[(1, 0), (2, 300)], 900), Some(300));
        // The slave simply lacks the rest.
        assert_eq!(point(&[(1, 0)], 100, &[(1, 0), (2, 300)], 900), Some(100));
        // Reign 2 began at another place: back to reign 1.
        assert_eq!(point(&[(1, 0), (2, 250)], 400, &[(1, 0), (3, 300)], 900), Some(250));
        assert_eq!(point(&[(2, 250)], 400, &[(1, 0), (3, 300)], 900), None);
    }

    #[test]
    fn a_reign_without_a_record_leaves_no_trace() {
        let mut cache = cache(&[(1, 0)]);
        assert!(!cache.append(MasterEpoch(2), CommitLogOffset(0)));
        assert_eq!(cache.last_epoch(), Some(MasterEpoch(1)));
        assert!(cache.append(MasterEpoch(3), CommitLogOffset(220)));
        assert_eq!(cache.find_by_offset(CommitLogOffset(219)).map(|entry| entry.epoch), Some(MasterEpoch(1)));
        cache.truncate_suffix_by_offset(CommitLogOffset(220));
        assert_eq!(
            cache.last(),
            Some(EpochEntry { epoch: MasterEpoch(1), start: CommitLogOffset(0), end: None })
        );
    }
}
