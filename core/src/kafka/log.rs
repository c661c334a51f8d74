//! The log of one partition.
//!
//! **In Kafka**: `UnifiedLog`, `LocalLog`; `ProducerStateManager` for open and aborted transactions.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use arcstr::ArcStr;

use super::epochs::EpochCache;
use crate::rpc::kafka::{IsolationLevel, KafkaError, KafkaRecord, Marker};
use crate::time::Instant;

/// Records with dense offsets, the epochs in which they were appended, and the transactions among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionLog {
    start: u64,
    records: VecDeque<Arc<KafkaRecord>>,
    epochs: EpochCache,
    /// Open transactions: producer and first offset.
    open: BTreeMap<u64, u64>,
    /// Aborted transactions: producer, first offset, offset of the marker.
    aborted: Vec<(u64, u64, u64)>,
    /// The last batch of each producer: number of its first record, and its offset.
    sequences: BTreeMap<u64, (u64, u64)>,
}

/// What a read gives: records, and the aborted transactions among them.
pub(super) type Read = (Vec<Arc<KafkaRecord>>, Vec<(u64, u64)>);

impl PartitionLog {
    /// `logStartOffset`.
    pub const fn start(&self) -> u64 {
        self.start
    }

    /// `logEndOffset`: the offset of the next record.
    pub fn end(&self) -> u64 {
        self.start + self.records.len() as u64
    }

    /// `lastStableOffset`: the first offset of the oldest open transaction, or the end.
    pub fn last_stable(&self) -> u64 {
        self.open.values().copied().min().unwrap_or_else(|| self.end())
    }

    /// Epochs with their start offsets.
    pub const fn epochs(&self) -> &EpochCache {
        &self.epochs
    }

    /// The records that are there.
    pub fn records(&self) -> impl DoubleEndedIterator<Item = &Arc<KafkaRecord>> {
        self.records.iter()
    }

    /// A leader begins; its epoch starts at the end (`assignEpochStartOffset`).
    pub fn begin_epoch(&mut self, epoch: u32) {
        self.epochs.assign(epoch, self.end());
    }

    /// Appends records of one producer. Returns the offset of the first; for a batch that is there already, its offset.
    pub fn append(
        &mut self,
        now: Instant,
        epoch: u32,
        (producer_id, sequence): (u64, u64),
        transactional: bool,
        keys: &[ArcStr],
    ) -> u64 {
        if let Some((last, offset)) = self.sequences.get(&producer_id).copied()
            && last == sequence
        {
            return offset;
        }
        let first = self.end();
        self.sequences.insert(producer_id, (sequence, first));
        if transactional {
            self.open.entry(producer_id).or_insert(first);
        }
        for key in keys {
            self.push(KafkaRecord {
                offset: self.end(),
                key: Some(key.clone()),
                leader_epoch: epoch,
                producer_id: transactional.then_some(producer_id),
                marker: None,
                at: now,
            });
        }
        first
    }

    /// Appends the marker that ends a transaction. Returns its offset.
    pub fn append_marker(&mut self, now: Instant, epoch: u32, producer_id: u64, marker: Marker) -> u64 {
        let offset = self.end();
        let (key, producer) = (None, Some(producer_id));
        self.push(KafkaRecord {
            offset,
            key,
            leader_epoch: epoch,
            producer_id: producer,
            marker: Some(marker),
            at: now,
        });
        if let Some(first) = self.open.remove(&producer_id)
            && marker == Marker::Abort
        {
            self.aborted.push((producer_id, first, offset));
        }
        offset
    }

    fn push(&mut self, record: KafkaRecord) {
        assert_eq!(record.offset, self.end(), "offsets are dense");
        self.epochs.assign(record.leader_epoch, record.offset);
        self.records.push_back(Arc::new(record));
        assert!(self.last_stable() <= self.end(), "the last stable offset is in the log");
    }

    /// Reads from an offset on (`LocalLog.read`). At the end, and between last stable offset and end for readers of
    /// committed records, there is nothing yet.
    ///
    /// # Errors
    /// `OFFSET_OUT_OF_RANGE` below the start and beyond the end.
    pub fn read(&self, offset: u64, isolation: IsolationLevel) -> Result<Read, KafkaError> {
        if offset < self.start || offset > self.end() {
            return Err(KafkaError::OffsetOutOfRange);
        }
        let limit = self.readable_end(isolation);
        if offset >= limit {
            return Ok((Vec::new(), Vec::new()));
        }
        let place = |offset: u64| usize::try_from(offset - self.start).expect("a log fits into memory");
        let records = self.records.range(place(offset)..place(limit)).cloned().collect();
        let aborted = match isolation {
            IsolationLevel::ReadUncommitted => Vec::new(),
            IsolationLevel::ReadCommitted => {
                let touches = |(_, first, last): &&(u64, u64, u64)| *last >= offset && *first < limit;
                self.aborted.iter().filter(touches).map(|(id, first, _)| (*id, *first)).collect()
            }
        };
        Ok((records, aborted))
    }

    /// Up to where somebody may read, and what "latest" means for them.
    pub fn readable_end(&self, isolation: IsolationLevel) -> u64 {
        match isolation {
            IsolationLevel::ReadUncommitted => self.end(),
            IsolationLevel::ReadCommitted => self.last_stable(),
        }
    }

    /// Deletes the records before an offset (`maybeIncrementLogStartOffset`).
    ///
    /// # Errors
    /// `OFFSET_OUT_OF_RANGE` beyond the end.
    pub fn delete_records(&mut self, before: u64) -> Result<(), KafkaError> {
        if before > self.end() {
            return Err(KafkaError::OffsetOutOfRange);
        }
        while self.start < before {
            self.records.pop_front();
            self.start += 1;
        }
        self.epochs.truncate_from_start(self.start);
        self.aborted.retain(|(_, _, last)| *last >= before);
        Ok(())
    }

    /// Cuts what was appended at a moment or later. Returns how many records are gone.
    pub fn truncate_from(&mut self, moment: Instant) -> usize {
        let before = self.records.len();
        while self.records.back().is_some_and(|record| record.at >= moment) {
            self.records.pop_back();
        }
        let end = self.end();
        self.epochs.truncate_from_end(end);
        self.rebuild_producers();
        before - self.records.len()
    }

    /// Producers' state out of the records that are left (`rebuildProducerState`).
    fn rebuild_producers(&mut self) {
        self.open.clear();
        self.aborted.clear();
        self.sequences.clear();
        for record in &self.records {
            let Some(id) = record.producer_id else { continue };
            match record.marker {
                None => {
                    self.open.entry(id).or_insert(record.offset);
                }
                Some(marker) => {
                    if let Some(first) = self.open.remove(&id)
                        && marker == Marker::Abort
                    {
                        self.aborted.push((id, first, record.offset));
                    }
                }
            }
        }
    }
}
