//! Kafka beside RocketMQ: one broker that is a KRaft cluster of its own, producers, consumers, an administrator.
//!
//! It is here for one question (behaviour §5.11): a group's offset is far above the log end, because everything but
//! the group offsets was set back. Will the group consume again once the log end reaches the offset? The answer hangs
//! on leader epochs, on `auto.offset.reset`, and on who watches; so these parts follow Kafka exactly: the partition
//! log with its leader epochs, the coordinator's offsets with theirs, transactions with their markers, the consumer's
//! positions with their validation, and the columns of `kafka-consumer-groups`.
//!
//! The processes stand in the same world as RocketMQ's and obey the same general orders: they step, rewind, freeze,
//! die and are cut off like all others.
//!
//! | part | classes of Kafka |
//! |---|---|
//! | `log`, `epochs` | `UnifiedLog`, `LocalLog`, `LeaderEpochFileCache`, `ProducerStateManager` |
//! | `broker` | `KafkaApis`, `ReplicaManager`, `Partition`, `DelayedFetch`, `ReplicationControlManager` |
//! | `broker::groups` | `GroupCoordinator`, `GroupMetadata`, `GroupMetadataManager` |
//! | `broker::transactions` | `TransactionCoordinator` |
//! | `net` | `NetworkClient` |
//! | `consumer` | `ClassicKafkaConsumer`, `ConsumerCoordinator`, `OffsetFetcher`, `OffsetFetcherUtils`, `FetchCollector`, `SubscriptionState`, `Metadata` |
//! | `producer` | `KafkaProducer`, `Sender`, `TransactionManager` |
//! | `admin` | `ConsumerGroupCommand`, `KafkaAdminClient` |
//!
//! **In Kafka**: version 3.9.1, with the settings of its own `server.properties` (`group.initial.rebalance.delay.ms=0`)
//! and of a client that sets nothing but what its command says.
//!
//! **Left out on purpose**: several brokers, so replication, ISR and the controller's quorum; segments, index files,
//! time-based retention and compaction; the new consumer protocol; static members, cooperative rebalancing; fetch
//! sessions; the page cache (what was appended survives a power failure); time that an application spends on records.
//! A client has one connection to its broker where Kafka has a second one for the coordinator.
//!
//! **Invariants**: offsets of a log are dense and grow; epochs in the cache grow together with their start offsets;
//! the last stable offset never passes the log end; a consumer never has a position in a partition that it is not
//! assigned.

mod admin;
mod broker;
mod consumer;
mod epochs;
mod log;
mod net;
mod producer;
#[cfg(test)]
mod tests;

use crate::command::KafkaSpec;
use crate::id::{Address, NodeId};
use crate::outbox::{Input, Outbox};
use crate::rng::Rng;
use crate::time::Instant;

pub use admin::Admin;
pub use broker::{Broker, BrokerDisk, Group};
pub use consumer::{Consumer, FetchState};
pub use epochs::EpochCache;
pub use log::PartitionLog;
pub use producer::Producer;

/// What a process is told when it is started.
#[derive(Clone, Debug)]
pub struct KafkaStart {
    /// Its name.
    pub node: NodeId,
    /// Its address.
    pub address: Address,
    /// The bootstrap broker's address.
    pub bootstrap: Option<Address>,
    /// Its share of chance.
    pub rng: Rng,
}

/// A process of Kafka.
#[derive(Clone, Debug)]
pub enum KafkaNode {
    /// Stores records.
    Broker(Broker),
    /// Sends records.
    Producer(Producer),
    /// Consumes records.
    Consumer(Consumer),
    /// Carries out one order of an administrator.
    Admin(Admin),
}

impl KafkaNode {
    /// A process that has not begun to run, on the disk of the one before it.
    pub fn new(start: KafkaStart, spec: &KafkaSpec, disk: Option<BrokerDisk>) -> Self {
        match spec {
            KafkaSpec::Broker(_) => Self::Broker(Broker::new(start, disk.unwrap_or_default())),
            KafkaSpec::Producer { transactional_id, transaction_timeout, .. } => {
                Self::Producer(Producer::new(start, transactional_id.clone(), *transaction_timeout))
            }
            KafkaSpec::Consumer(spec) => Self::Consumer(Consumer::new(start, spec.clone())),
            KafkaSpec::Admin(admin) => Self::Admin(Admin::new(start, admin.clone())),
        }
    }

    /// Reacts to one input.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Outbox) {
        match self {
            Self::Broker(broker) => broker.handle(now, input, out),
            Self::Producer(producer) => producer.handle(now, input, out),
            Self::Consumer(consumer) => consumer.handle(now, input, out),
            Self::Admin(admin) => admin.handle(now, input, out),
        }
    }

    /// The process ends; a broker's disk stays.
    pub fn into_disk(self) -> Option<BrokerDisk> {
        match self {
            Self::Broker(broker) => Some(broker.into_disk()),
            Self::Producer(_) | Self::Consumer(_) | Self::Admin(_) => None,
        }
    }
}

/// Notes a fact of Kafka.
fn note(out: &mut Outbox, fact: crate::fact::KafkaFact) {
    out.note(crate::fact::Fact::Kafka(Box::new(fact)));
}

/// An identifier in the form of a UUID.
fn uuid(rng: &mut Rng) -> String {
    let mut part = |digits: usize| -> String {
        (0..digits).map(|_| char::from_digit(rng.below(16), 16).expect("a number below the radix")).collect()
    };
    format!("{}-{}-{}-{}-{}", part(8), part(4), part(4), part(4), part(12))
}
