//! Fetching records and handing them to the application.
//!
//! **In Kafka**: `AbstractFetch`, `FetchCollector`, `CompletedFetch`; `max.poll.records` (500),
//! `fetch.max.wait.ms` (500 ms).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{About, CommitReason, Consumer, FetchPosition, FetchState};
use crate::fact::KafkaFact;
use crate::gather::Arrange as _;
use crate::kafka::note;
use crate::outbox::Outbox;
use crate::rpc::kafka::{
    FetchPartition, Fetched, IsolationLevel, KafkaError, KafkaRecord, KafkaRequest, Marker, TopicPartition,
};
use crate::time::{Duration, Instant};

/// `fetch.max.wait.ms`.
const MAX_WAIT: Duration = Duration::from_millis(500);
/// `max.poll.records`.
const MAX_POLL_RECORDS: usize = 500;

/// What the application gets of an answer, and where the next fetch begins.
struct Batch {
    records: Vec<Arc<KafkaRecord>>,
    next: FetchPosition,
}

impl Consumer {
    /// Asks for records of all partitions that can be read.
    pub(super) fn send_fetches(&mut self, now: Instant, out: &mut Outbox) {
        let is_asking = self.net.is_asking(|about| matches!(about, About::Fetch));
        if !self.fetched.is_empty() || is_asking || self.membership.is_revoking() {
            return;
        }
        let mut partitions = Vec::new();
        let mut lacks_leader = false;
        for (partition, state) in &self.partitions {
            let Some(position) = state.valid_position() else { continue };
            if !position.current_leader.has_leader {
                lacks_leader = true;
                continue;
            }
            partitions.push(FetchPartition {
                partition: partition.clone(),
                offset: position.offset,
                current_leader_epoch: position.current_leader.epoch,
            });
        }
        if lacks_leader {
            self.metadata.request_update();
        }
        if !partitions.is_empty() {
            let request =
                KafkaRequest::Fetch { max_wait: MAX_WAIT, isolation: self.spec.isolation, partitions };
            self.net.ask(now, request, About::Fetch, out);
        }
    }

    /// Hands over what has come, in polls of so many records at most.
    ///
    /// # Errors
    /// The exception that the poll throws.
    pub(super) fn collect(&mut self, now: Instant, out: &mut Outbox) -> Result<(), String> {
        for part in std::mem::take(&mut self.fetched) {
            if self.membership.is_revoking() && part.error.is_none() {
                continue;
            }
            let Some(position) =
                self.partitions.get(&part.partition).and_then(super::PartitionState::valid_position)
            else {
                continue;
            };
            if position.offset != part.offset {
                continue;
            }
            match part.error {
                Some(error) => self.on_fetch_error(&part.partition, position, error, out)?,
                None => self.deliver(now, &part, position, out),
            }
        }
        Ok(())
    }

    /// `FetchCollector.handleInitializeErrors`.
    fn on_fetch_error(
        &mut self,
        partition: &TopicPartition,
        position: FetchPosition,
        error: KafkaError,
        out: &mut Outbox,
    ) -> Result<(), String> {
        match error {
            KafkaError::OffsetOutOfRange => {
                let at = position.text(&self.broker());
                let what = format!("Fetch position {at} is out of range for partition {partition}");
                if !self.has_reset_policy() {
                    self.info(
                        format!(
                            "{what}, raising error to the application since no reset policy is configured"
                        ),
                        out,
                    );
                    return Err(format!("OffsetOutOfRangeException: {what}"));
                }
                self.info(format!("{what}, resetting offset"), out);
                if let Some(state) = self.partitions.get_mut(partition) {
                    state.request_reset();
                }
            }
            KafkaError::UnknownTopicOrPartition => {
                let text =
                    format!("Received unknown topic or partition error in fetch for partition {partition}");
                self.log(true, text, out);
                self.metadata.request_update();
            }
            // Told at debug level only.
            _ => self.metadata.request_update(),
        }
        Ok(())
    }

    fn deliver(&mut self, now: Instant, part: &Fetched, position: FetchPosition, out: &mut Outbox) {
        let batch = self.open(part, position);
        let mut polls = batch.records.chunks(MAX_POLL_RECORDS).peekable();
        while let Some(records) = polls.next() {
            self.note_consumed(&part.partition, records, out);
            let Some(last) = records.last() else { continue };
            let is_last = polls.peek().is_none();
            let after =
                FetchPosition { offset: last.offset + 1, offset_epoch: Some(last.leader_epoch), ..position };
            self.move_to(&part.partition, if is_last { batch.next } else { after }, out);
            if self.spec.manual {
                self.commit(now, CommitReason::Batch, out);
            }
        }
        if batch.records.is_empty() && batch.next != position {
            self.move_to(&part.partition, batch.next, out);
        }
    }

    fn move_to(&mut self, partition: &TopicPartition, position: FetchPosition, out: &mut Outbox) {
        if let Some(state) = self.partitions.get_mut(partition) {
            assert_eq!(state.state, FetchState::Fetching, "only what is read moves on");
            state.seek_validated(position);
        }
        self.note_positions(out);
    }

    /// Takes markers and aborted records out (`CompletedFetch`).
    fn open(&self, part: &Fetched, position: FetchPosition) -> Batch {
        let mut aborting = BTreeSet::new();
        let mut aborted = part.aborted.clone();
        aborted.arrange_by_key(|(_, first)| *first);
        let mut records = Vec::new();
        let mut next = position;
        for record in &part.records {
            next.offset = record.offset + 1;
            next.offset_epoch = Some(record.leader_epoch);
            if self.spec.isolation == IsolationLevel::ReadCommitted {
                while let Some((id, _)) =
                    aborted.first().copied().filter(|(_, first)| *first <= record.offset)
                {
                    aborting.insert(id);
                    aborted.remove(0);
                }
                if let (Some(id), Some(Marker::Abort)) = (record.producer_id, record.marker) {
                    aborting.remove(&id);
                }
            }
            let is_aborted = record.producer_id.is_some_and(|id| aborting.contains(&id));
            if record.marker.is_none() && !is_aborted {
                records.push(record.clone());
            }
        }
        Batch { records, next }
    }

    fn note_consumed(&self, partition: &TopicPartition, records: &[Arc<KafkaRecord>], out: &mut Outbox) {
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return };
        let key = |record: &KafkaRecord| record.key.clone().unwrap_or_default();
        note(
            out,
            KafkaFact::Consumed {
                partition: partition.clone(),
                count: u32::try_from(records.len()).unwrap_or(u32::MAX),
                first: first.offset,
                last: last.offset,
                first_key: key(first),
                last_key: key(last),
            },
        );
    }
}
