//! Where each leader epoch of a partition begins.
//!
//! **In Kafka**: `LeaderEpochFileCache`, kept in the file `leader-epoch-checkpoint`.

/// Epochs with their start offsets, both ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EpochCache {
    entries: Vec<(u32, u64)>,
}

impl EpochCache {
    /// The entries: epoch, first offset.
    pub fn entries(&self) -> &[(u32, u64)] {
        &self.entries
    }

    /// The newest epoch that has an entry.
    pub fn latest(&self) -> Option<u32> {
        self.entries.last().map(|(epoch, _)| *epoch)
    }

    /// An epoch begins. Entries that contradict it go (`truncateAndAppend`).
    pub fn assign(&mut self, epoch: u32, start_offset: u64) {
        if self.latest() == Some(epoch) {
            return;
        }
        self.entries.retain(|(other, start)| *other < epoch && *start < start_offset);
        self.entries.push((epoch, start_offset));
        assert!(self.entries.is_sorted(), "epochs and start offsets grow together");
    }

    /// The end offset of an epoch, with the epoch that it is of (`endOffsetFor`): for the newest epoch the log end;
    /// for an older one the start of the next; `None` for an epoch that is newer than all.
    pub fn end_offset_for(&self, epoch: u32, log_end: u64) -> Option<(u32, u64)> {
        if self.latest() == Some(epoch) {
            return Some((epoch, log_end));
        }
        let (_, next_start) = *self.entries.iter().find(|(other, _)| *other > epoch)?;
        let floor = self.entries.iter().rev().find(|(other, _)| *other <= epoch);
        Some((floor.map_or(epoch, |(floor, _)| *floor), next_start))
    }

    /// The log was cut at its end (`truncateFromEnd`).
    pub fn truncate_from_end(&mut self, end: u64) {
        self.entries.retain(|(_, start)| *start < end);
    }

    /// The log was cut at its start: the entry that covers it begins there now (`truncateFromStart`).
    pub fn truncate_from_start(&mut self, start: u64) {
        let covering = self.entries.iter().rposition(|(_, first)| *first <= start);
        if let Some(place) = covering {
            self.entries.drain(..place);
            self.entries[0].1 = start;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(entries: &[(u32, u64)]) -> EpochCache {
        let mut cache = EpochCache::default();
        for (epoch, start) in entries {
            cache.assign(*epoch, *start);
        }
        cache
    }

    #[test]
    fn ends_of_epochs() {
        let cache = cache(&[(0, 0), (2, 10), (4, 50)]);
        let ends = [0, 1, 2, 3, 4, 5].map(|epoch| cache.end_offset_for(epoch, 100));
        assert_eq!(ends, [Some((0, 10)), Some((0, 10)), Some((2, 50)), Some((2, 50)), Some((4, 100)), None]);
    }

    #[test]
    fn a_log_made_anew_knows_no_older_epoch() {
        assert_eq!(cache(&[(2, 0)]).end_offset_for(0, 10), Some((0, 0)));
    }

    #[test]
    fn an_epoch_without_records_gives_way_to_the_next() {
        assert_eq!(cache(&[(0, 0), (2, 10), (4, 10)]).entries(), [(0, 0), (4, 10)]);
    }

    #[test]
    fn cut_at_both_ends() {
        let mut cache = cache(&[(0, 0), (2, 10), (4, 50)]);
        cache.truncate_from_start(20);
        assert_eq!(cache.entries(), [(2, 20), (4, 50)]);
        cache.truncate_from_end(50);
        assert_eq!(cache.entries(), [(2, 20)]);
    }
}
