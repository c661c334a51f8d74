//! Transactional producers.
//!
//! **In Kafka**: `TransactionCoordinator`, `TransactionStateManager`; the producer's `transaction.timeout.ms`,
//! `transaction.abort.timed.out.transaction.cleanup.interval.ms` (10 s).
//!
//! **Left out on purpose**: producer epochs. A producer that takes an id over gets a producer id of its own, which
//! fences the one before as a new epoch does; offsets within transactions.

use arcstr::ArcStr;

use super::Broker;
use crate::fact::KafkaFact;
use crate::kafka::note;
use crate::outbox::Outbox;
use crate::rpc::kafka::{KafkaError, Marker, TopicPartition};
use crate::time::{Duration, Instant};
use crate::timer::{KafkaTimer, Timer};

/// How often the coordinator looks for transactions that took too long.
const CLEANUP_INTERVAL: Duration = Duration::from_secs(10);

/// The state of a `transactional.id`.
#[derive(Clone, Debug)]
pub(in crate::kafka) struct Transaction {
    producer_id: u64,
    partitions: Vec<TopicPartition>,
    started: Instant,
    timeout: Duration,
}

impl super::BrokerDisk {
    /// Whether a producer has told the coordinator of this partition.
    pub(super) fn is_in_transaction(&self, producer_id: u64, partition: &TopicPartition) -> bool {
        let fits = |transaction: &Transaction| {
            transaction.producer_id == producer_id && transaction.partitions.contains(partition)
        };
        self.transactions.values().any(fits)
    }
}

impl Broker {
    /// Gives out a producer id; what a producer with the same `transactional.id` left open is aborted.
    pub(super) fn init_producer_id(
        &mut self,
        now: Instant,
        transactional: Option<(ArcStr, Duration)>,
        out: &mut Outbox,
    ) -> u64 {
        let producer_id = self.disk.next_producer_id;
        self.disk.next_producer_id += 1;
        if let Some((id, timeout)) = transactional {
            self.write_markers(now, &id, Marker::Abort, out);
            let transaction = Transaction { producer_id, partitions: Vec::new(), started: now, timeout };
            self.disk.transactions.insert(id, transaction);
            self.wake_fetches(now, out);
        }
        producer_id
    }

    pub(super) fn add_partition_to_transaction(
        &mut self,
        now: Instant,
        id: &ArcStr,
        producer_id: u64,
        partition: TopicPartition,
        out: &mut Outbox,
    ) -> Result<(), KafkaError> {
        if self.disk.leader_epoch(&partition).is_none() {
            return Err(KafkaError::UnknownTopicOrPartition);
        }
        let transaction = self.transaction(id, producer_id)?;
        if transaction.partitions.is_empty() {
            transaction.started = now;
        }
        if !transaction.partitions.contains(&partition) {
            transaction.partitions.push(partition);
        }
        self.watch_transactions(now, out);
        Ok(())
    }

    pub(super) fn end_transaction(
        &mut self,
        now: Instant,
        id: &ArcStr,
        producer_id: u64,
        marker: Marker,
        out: &mut Outbox,
    ) -> Result<(), KafkaError> {
        if self.transaction(id, producer_id)?.partitions.is_empty() {
            return Err(KafkaError::InvalidTxnState);
        }
        self.write_markers(now, id, marker, out);
        Ok(())
    }

    fn transaction(&mut self, id: &ArcStr, producer_id: u64) -> Result<&mut Transaction, KafkaError> {
        let known = self.disk.transactions.get_mut(id);
        known.filter(|transaction| transaction.producer_id == producer_id).ok_or(KafkaError::InvalidTxnState)
    }

    fn write_markers(&mut self, now: Instant, id: &ArcStr, marker: Marker, out: &mut Outbox) {
        let Some(transaction) = self.disk.transactions.get_mut(id) else { return };
        let producer_id = transaction.producer_id;
        for partition in std::mem::take(&mut transaction.partitions) {
            let Some(epoch) = self.disk.leader_epoch(&partition) else { continue };
            let log = self.disk.logs.entry(partition.clone()).or_default();
            let offset = log.append_marker(now, epoch, producer_id, marker);
            note(out, KafkaFact::MarkerAppended { partition, offset, marker });
        }
    }

    /// The clock runs only while a transaction is open.
    pub(super) fn watch_transactions(&self, now: Instant, out: &mut Outbox) {
        if self.disk.transactions.values().any(|transaction| !transaction.partitions.is_empty()) {
            out.set_timer(Timer::Kafka(KafkaTimer::Transactions), now + CLEANUP_INTERVAL);
        }
    }

    pub(super) fn abort_old_transactions(&mut self, now: Instant, out: &mut Outbox) {
        let is_old = |transaction: &Transaction| {
            !transaction.partitions.is_empty() && transaction.started + transaction.timeout <= now
        };
        let found = self.disk.transactions.iter().filter(|(_, transaction)| is_old(transaction));
        let old: Vec<_> = found.map(|(id, _)| id.clone()).collect();
        for id in old {
            self.write_markers(now, &id, Marker::Abort, out);
            // The producer is fenced, as a new epoch would do.
            self.disk.transactions.remove(&id);
        }
        self.wake_fetches(now, out);
        self.watch_transactions(now, out);
    }
}
