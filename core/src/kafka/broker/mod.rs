//! The broker: topics, partition logs, fetches that wait; with the coordinators of groups and transactions.
//!
//! **In Kafka**: `KafkaApis`, `ReplicaManager`, `Partition`, `DelayedFetch`; `ReplicationControlManager` for leader
//! epochs: a graceful stop takes the leader away and a start elects it, one epoch each; after a kill the leader in the
//! metadata log is still the one that registers again, and the epoch stays.

mod disk;
mod fetches;
mod groups;
mod transactions;

use std::collections::BTreeMap;

use arcstr::ArcStr;

use crate::command::NodeOrder;
use crate::fact::KafkaFact;
use crate::id::{ConnectionId, TopicName};
use crate::outbox::{Input, Outbox};
use crate::rng::Rng;
use crate::rpc::Frame;
use crate::rpc::kafka::{
    KafkaBody, KafkaError, KafkaFrame, KafkaRequest, KafkaResponse, OffsetSpec, TopicMetadata, TopicPartition,
};
use crate::time::{Duration, Instant};
use crate::timer::{KafkaTimer, Timer};

use super::{KafkaStart, note};
pub use disk::BrokerDisk;
use fetches::HeldFetch;
pub use groups::Group;
use groups::Waiting;

/// `num.partitions`: of a topic that a client's question makes.
const NUM_PARTITIONS: u32 = 1;
/// From the controller's decision about a topic until the broker carries it out: the metadata log is written and read.
const METADATA_LAG: Duration = Duration::from_millis(10);

/// Where an answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ReplyTo {
    connection: ConnectionId,
    correlation_id: u32,
    api: &'static str,
}

impl ReplyTo {
    fn answer(self, response: KafkaResponse, out: &mut Outbox) {
        let body = KafkaBody::Response(Box::new(response));
        let frame = KafkaFrame { correlation_id: self.correlation_id, api: self.api, body };
        out.send(self.connection, Frame::Kafka(frame));
    }
}

/// A broker.
#[derive(Clone, Debug)]
pub struct Broker {
    disk: BrokerDisk,
    rng: Rng,
    held: Vec<HeldFetch>,
    waiting: Waiting,
    /// Topics that the controller has made by itself and the broker does not serve yet.
    new_topics: BTreeMap<TopicName, Instant>,
    /// Topics that the controller has deleted and the broker still serves.
    deleted_topics: BTreeMap<TopicName, Instant>,
}

impl Broker {
    pub(super) fn new(start: KafkaStart, disk: BrokerDisk) -> Self {
        Self {
            disk,
            rng: start.rng,
            held: Vec::new(),
            waiting: Waiting::default(),
            new_topics: BTreeMap::new(),
            deleted_topics: BTreeMap::new(),
        }
    }

    /// What it keeps.
    pub const fn disk(&self) -> &BrokerDisk {
        &self.disk
    }

    /// Fetches that wait for records.
    pub fn held_fetches(&self) -> usize {
        self.held.len()
    }

    pub(super) fn into_disk(mut self) -> BrokerDisk {
        for topic in self.deleted_topics.into_keys() {
            self.disk.remove_topic(&topic);
        }
        for topic in self.new_topics.into_keys() {
            self.disk.add_topic(topic, NUM_PARTITIONS);
        }
        self.disk
    }

    pub(super) fn handle(&mut self, now: Instant, input: Input, out: &mut Outbox) {
        match input {
            Input::Started => self.start(now, out),
            Input::Frame { connection, peer, frame: Frame::Kafka(frame) } => {
                let KafkaBody::Request(request) = frame.body else { return };
                let to = ReplyTo { connection, correlation_id: frame.correlation_id, api: frame.api };
                let host = format!("/{}", peer.address.ip);
                self.serve(now, to, &host, *request, out);
            }
            Input::Closed(connection) => {
                self.held.retain(|fetch| fetch.to.connection != connection);
                self.waiting.forget(connection);
            }
            Input::Timer(Timer::Kafka(KafkaTimer::DelayedFetch), _) => self.wake_fetches(now, out),
            Input::Timer(Timer::Kafka(KafkaTimer::NewTopics), _) => self.follow_controller(now, out),
            Input::Timer(Timer::Kafka(KafkaTimer::Sessions), _) => self.expire_members(now, out),
            Input::Timer(Timer::Kafka(KafkaTimer::Transactions), _) => self.abort_old_transactions(now, out),
            Input::Order(order) if matches!(*order, NodeOrder::Shutdown) => {
                self.disk.take_leaders_away();
                out.exit();
            }
            Input::Connected(_)
            | Input::Refused(_)
            | Input::Frame { .. }
            | Input::Timer(..)
            | Input::Order(_) => {}
        }
    }

    fn start(&mut self, now: Instant, out: &mut Outbox) {
        for (partition, epoch, start_offset) in self.disk.elect_leaders() {
            note(out, KafkaFact::LeaderElected { partition, epoch, start_offset });
        }
        self.load_groups(now, out);
        self.watch_transactions(now, out);
    }

    /// `KafkaApis.handle`.
    fn serve(&mut self, now: Instant, to: ReplyTo, host: &str, request: KafkaRequest, out: &mut Outbox) {
        use KafkaRequest as Ask;
        let response = match request {
            Ask::Metadata { topics, allow_auto_topic_creation } => {
                self.metadata(now, topics, allow_auto_topic_creation, out)
            }
            Ask::FindCoordinator => KafkaResponse::Done(Ok(())),
            Ask::ListOffsets { isolation, partitions } => {
                let listed = partitions.into_iter().map(|(partition, spec)| {
                    let found = self.disk.log(&partition).map(|log| match spec {
                        OffsetSpec::Earliest => {
                            let epochs = log.epochs().entries();
                            (log.start(), epochs.first().map(|(epoch, _)| *epoch))
                        }
                        OffsetSpec::Latest => (log.readable_end(isolation), log.epochs().latest()),
                    });
                    (partition, found.ok_or(KafkaError::UnknownTopicOrPartition))
                });
                KafkaResponse::ListedOffsets(listed.collect())
            }
            Ask::OffsetForLeaderEpoch(partitions) => {
                let ends = partitions.into_iter().map(|(partition, current, epoch)| {
                    let end = self.check_epoch(&partition, current).map(|()| {
                        self.disk
                            .log(&partition)
                            .and_then(|log| log.epochs().end_offset_for(epoch, log.end()))
                    });
                    (partition, end)
                });
                KafkaResponse::EpochEnds(ends.collect())
            }
            Ask::Fetch { max_wait, isolation, partitions } => {
                let fetch = HeldFetch { to, until: now + max_wait, isolation, partitions };
                return self.fetch(now, fetch, out);
            }
            Ask::Produce { partition, producer_id, transactional, sequence, keys } => {
                let result = self.produce(now, partition, (producer_id, sequence), transactional, &keys, out);
                to.answer(KafkaResponse::Produced(result), out);
                return self.wake_fetches(now, out);
            }
            Ask::CreateTopics { topic, partitions } => {
                KafkaResponse::Done(self.create_topic(now, topic, partitions, out))
            }
            Ask::DeleteTopics(topic) => KafkaResponse::Done(self.delete_topic(now, topic, out)),
            Ask::DeleteRecords(partition, before) => {
                KafkaResponse::Done(self.delete_records(&partition, before, out))
            }
            Ask::InitProducerId { transactional_id, transaction_timeout } => {
                let transactional = transactional_id.map(|id| (id, transaction_timeout));
                KafkaResponse::ProducerId(self.init_producer_id(now, transactional, out))
            }
            Ask::AddPartitionsToTxn { transactional_id, producer_id, partition } => KafkaResponse::Done(
                self.add_partition_to_transaction(now, &transactional_id, producer_id, partition, out),
            ),
            Ask::EndTxn { transactional_id, producer_id, marker } => {
                let result = self.end_transaction(now, &transactional_id, producer_id, marker, out);
                to.answer(KafkaResponse::Done(result), out);
                return self.wake_fetches(now, out);
            }
            request => return self.serve_group(now, to, host, request, out),
        };
        to.answer(response, out);
    }

    fn metadata(
        &mut self,
        now: Instant,
        topics: Option<Vec<TopicName>>,
        allow_auto_topic_creation: bool,
        out: &mut Outbox,
    ) -> KafkaResponse {
        let topics = topics.unwrap_or_else(|| self.disk.topics.keys().cloned().collect());
        let mut answers = Vec::new();
        for topic in topics {
            let answer = match self.disk.topics.get(&topic) {
                Some(image) => Ok(TopicMetadata {
                    topic_id: image.topic_id,
                    leader_epochs: image.partitions.iter().map(|partition| partition.leader_epoch).collect(),
                }),
                None => {
                    if allow_auto_topic_creation && !self.new_topics.contains_key(&topic) {
                        // The answer still says that there is none; a later one will not.
                        self.new_topics.insert(topic.clone(), now + METADATA_LAG);
                        self.watch_controller(out);
                    }
                    Err(KafkaError::UnknownTopicOrPartition)
                }
            };
            answers.push((topic, answer));
        }
        KafkaResponse::Metadata(answers)
    }

    /// An administrator waits until the topic is served.
    fn create_topic(
        &mut self,
        now: Instant,
        topic: TopicName,
        partitions: u32,
        out: &mut Outbox,
    ) -> Result<(), KafkaError> {
        // What the controller has deleted may be made again, after that.
        if self.deleted_topics.remove(&topic).is_some() {
            self.remove_topic(now, &topic, out);
        }
        if self.disk.topics.contains_key(&topic) || self.new_topics.contains_key(&topic) {
            return Err(KafkaError::TopicAlreadyExists);
        }
        self.disk.add_topic(topic.clone(), partitions);
        note(out, KafkaFact::TopicCreated { topic, partitions, auto: false });
        Ok(())
    }

    /// The broker reads what the controller has written.
    fn follow_controller(&mut self, now: Instant, out: &mut Outbox) {
        let due = |topics: &BTreeMap<TopicName, Instant>| -> Vec<_> {
            topics.iter().filter(|(_, at)| **at <= now).map(|(topic, _)| topic.clone()).collect()
        };
        for topic in due(&self.deleted_topics) {
            self.deleted_topics.remove(&topic);
            self.remove_topic(now, &topic, out);
        }
        for topic in due(&self.new_topics) {
            self.new_topics.remove(&topic);
            self.disk.add_topic(topic.clone(), NUM_PARTITIONS);
            note(out, KafkaFact::TopicCreated { topic, partitions: NUM_PARTITIONS, auto: true });
        }
        self.watch_controller(out);
    }

    fn watch_controller(&self, out: &mut Outbox) {
        if let Some(next) = self.new_topics.values().chain(self.deleted_topics.values()).min() {
            out.set_timer(Timer::Kafka(KafkaTimer::NewTopics), *next);
        }
    }

    /// The controller answers when the deletion is in its log (`ReplicationControlManager.deleteTopics`); the broker
    /// stops the partitions when it has read it.
    fn delete_topic(&mut self, now: Instant, topic: TopicName, out: &mut Outbox) -> Result<(), KafkaError> {
        if !self.disk.topics.contains_key(&topic) || self.deleted_topics.contains_key(&topic) {
            return Err(KafkaError::UnknownTopicOrPartition);
        }
        self.deleted_topics.insert(topic, now + METADATA_LAG);
        self.watch_controller(out);
        Ok(())
    }

    /// `ReplicaManager.stopPartitions`: fetches that wait are answered at once.
    fn remove_topic(&mut self, now: Instant, topic: &TopicName, out: &mut Outbox) {
        self.disk.remove_topic(topic);
        note(out, KafkaFact::TopicDeleted(topic.clone()));
        self.forget_offsets_of(topic, out);
        self.wake_fetches(now, out);
    }

    fn delete_records(
        &mut self,
        partition: &TopicPartition,
        before: i64,
        out: &mut Outbox,
    ) -> Result<(), KafkaError> {
        let log = self.disk.logs.get_mut(partition).ok_or(KafkaError::UnknownTopicOrPartition)?;
        // -1 is the high watermark (`DeleteRecordsRequest.HIGH_WATERMARK`).
        let before = if before == -1 { Ok(log.end()) } else { u64::try_from(before) };
        log.delete_records(before.map_err(|_| KafkaError::OffsetOutOfRange)?)?;
        note(out, KafkaFact::RecordsDeleted { partition: partition.clone(), log_start: log.start() });
        Ok(())
    }

    /// `ReplicaManager.appendRecords`.
    fn produce(
        &mut self,
        now: Instant,
        partition: TopicPartition,
        producer: (u64, u64),
        transactional: bool,
        keys: &[ArcStr],
        out: &mut Outbox,
    ) -> Result<u64, KafkaError> {
        let epoch = self.disk.leader_epoch(&partition).ok_or(KafkaError::UnknownTopicOrPartition)?;
        if transactional && !self.disk.is_in_transaction(producer.0, &partition) {
            return Err(KafkaError::InvalidTxnState);
        }
        let log = self.disk.logs.entry(partition.clone()).or_default();
        let end = log.end();
        let first = log.append(now, epoch, producer, transactional, keys);
        if first == end {
            let last = log.end().saturating_sub(1);
            note(out, KafkaFact::Appended { partition, first, last, epoch, transactional });
        }
        Ok(first)
    }

    /// Whether a client's leader epoch is the partition's (`Partition.checkCurrentLeaderEpoch`).
    fn check_epoch(&self, partition: &TopicPartition, current: Option<u32>) -> Result<(), KafkaError> {
        let epoch = self.disk.leader_epoch(partition).ok_or(KafkaError::UnknownTopicOrPartition)?;
        match current {
            Some(current) if current < epoch => Err(KafkaError::FencedLeaderEpoch),
            Some(current) if current > epoch => Err(KafkaError::UnknownLeaderEpoch),
            _ => Ok(()),
        }
    }
}
