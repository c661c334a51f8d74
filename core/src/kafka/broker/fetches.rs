//! Fetches, and those that wait for records (`fetch.max.wait.ms`, `fetch.min.bytes=1`).

use std::sync::Arc;

use super::{Broker, ReplyTo};
use crate::outbox::Outbox;
use crate::rpc::kafka::{FetchPartition, Fetched, IsolationLevel, KafkaRecord, KafkaResponse};
use crate::time::Instant;
use crate::timer::{KafkaTimer, Timer};

/// A fetch that waits (`DelayedFetch`).
#[derive(Clone, Debug)]
pub(super) struct HeldFetch {
    pub(super) to: ReplyTo,
    pub(super) until: Instant,
    pub(super) isolation: IsolationLevel,
    pub(super) partitions: Vec<FetchPartition>,
}

impl Broker {
    /// Answers at once when there is something, an error too; otherwise the fetch waits.
    pub(super) fn fetch(&mut self, now: Instant, fetch: HeldFetch, out: &mut Outbox) {
        self.held.push(fetch);
        self.wake_fetches(now, out);
    }

    /// Answers the fetches for which something is there by now, and those that have waited long enough.
    pub(super) fn wake_fetches(&mut self, now: Instant, out: &mut Outbox) {
        let mut still = Vec::new();
        for fetch in std::mem::take(&mut self.held) {
            let parts = self.read(&fetch);
            let has_something = parts.iter().any(|part| part.error.is_some() || !part.records.is_empty());
            if has_something || fetch.until <= now {
                fetch.to.answer(KafkaResponse::Fetched(parts), out);
            } else {
                still.push(fetch);
            }
        }
        self.held = still;
        let timer = Timer::Kafka(KafkaTimer::DelayedFetch);
        match self.held.iter().map(|fetch| fetch.until).min() {
            Some(until) => out.set_timer(timer, until),
            None => out.cancel_timer(timer),
        }
    }

    fn read(&self, fetch: &HeldFetch) -> Vec<Fetched> {
        let read = |part: &FetchPartition| -> Fetched {
            let result = self.check_epoch(&part.partition, part.current_leader_epoch).and_then(|()| {
                self.disk.log(&part.partition).map_or_else(
                    || Err(crate::rpc::kafka::KafkaError::UnknownTopicOrPartition),
                    |log| log.read(part.offset, fetch.isolation),
                )
            });
            let none: Vec<Arc<KafkaRecord>> = Vec::new();
            let (error, (records, aborted)) = match result {
                Ok(read) => (None, read),
                Err(error) => (Some(error), (none, Vec::new())),
            };
            Fetched { partition: part.partition.clone(), offset: part.offset, error, records, aborted }
        };
        fetch.partitions.iter().map(read).collect()
    }
}
