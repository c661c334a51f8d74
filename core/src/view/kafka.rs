//! Kafka's nodes as plain data.

use arcstr::ArcStr;

use serde::Serialize;

use super::NodeView;
use super::build::node_view;
use crate::command::{KafkaSpec, OffsetReset};
use crate::id::{GroupName, NodeId, TopicName};
use crate::kafka::{BrokerDisk, Consumer, FetchState, Group, KafkaNode, PartitionLog};
use crate::node::{Disk, Node};
use crate::rpc::kafka::{IsolationLevel, Marker, TopicPartition};
use crate::world::{Slot, World};

/// All nodes of Kafka.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct KafkaView {
    /// In order of their addition.
    pub brokers: Vec<KafkaBrokerView>,
    /// In order of their addition.
    pub producers: Vec<KafkaProducerView>,
    /// In order of their addition.
    pub consumers: Vec<KafkaConsumerView>,
}

/// A Kafka broker.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KafkaBrokerView {
    /// Name, state, timers.
    pub node: NodeView,
    /// By topic and partition.
    pub logs: Vec<KafkaLogView>,
    /// By name.
    pub groups: Vec<KafkaGroupView>,
    /// Fetches that wait for records.
    pub held_fetches: usize,
    /// Whether there is a copy of its data directory.
    pub has_copy: bool,
}

/// A partition's log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KafkaLogView {
    /// Which.
    pub partition: TopicPartition,
    /// Whether the broker leads it.
    pub has_leader: bool,
    /// Its leader epoch.
    pub leader_epoch: u32,
    /// `logStartOffset`.
    pub start: u64,
    /// `logEndOffset`.
    pub end: u64,
    /// `lastStableOffset`.
    pub last_stable: u64,
    /// Epochs with their start offsets.
    pub epochs: Vec<(u32, u64)>,
    /// The newest records, oldest first.
    pub records: Vec<KafkaRecordView>,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KafkaRecordView {
    /// Its place.
    pub offset: u64,
    /// Its key; `None` for markers.
    pub key: Option<ArcStr>,
    /// Its leader epoch.
    pub leader_epoch: u32,
    /// Whether it belongs to a transaction.
    pub transactional: bool,
    /// Set for markers.
    pub marker: Option<Marker>,
}

/// A group at its coordinator.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KafkaGroupView {
    /// Its name.
    pub group: GroupName,
    /// Kafka's word for its state.
    pub state: &'static str,
    /// Its generation.
    pub generation: u32,
    /// By id.
    pub members: Vec<KafkaMemberView>,
    /// By partition.
    pub offsets: Vec<KafkaCommitView>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KafkaMemberView {
    /// Its id.
    pub member_id: ArcStr,
    /// Its client id.
    pub client_id: ArcStr,
    /// Where it comes from.
    pub host: ArcStr,
    /// What it has.
    pub assignment: Vec<TopicPartition>,
}

/// A group's offset beside the log that it is for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KafkaCommitView {
    /// Where.
    pub partition: TopicPartition,
    /// The committed offset.
    pub offset: u64,
    /// The leader epoch in the commit.
    pub leader_epoch: Option<u32>,
    /// The log end.
    pub end: u64,
    /// Log end less offset; negative when the group is ahead.
    pub lag: i64,
}

/// A Kafka producer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KafkaProducerView {
    /// Name, state, timers.
    pub node: NodeView,
    /// `transactional.id`.
    pub transactional_id: Option<ArcStr>,
    /// Where its next record goes.
    pub target: Option<TopicPartition>,
    /// Orders that are not done.
    pub jobs: usize,
    /// Records that were acknowledged.
    pub sent: u64,
    /// Whether it left a transaction open.
    pub open_transaction: bool,
}

/// A Kafka consumer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KafkaConsumerView {
    /// Name, state, timers.
    pub node: NodeView,
    /// Its group.
    pub group: GroupName,
    /// What it subscribes to.
    pub topics: Vec<TopicName>,
    /// `auto.offset.reset`.
    pub reset: OffsetReset,
    /// `isolation.level`.
    pub isolation: IsolationLevel,
    /// Whether it commits by hand.
    pub manual: bool,
    /// Its id in the group.
    pub member_id: ArcStr,
    /// The generation that it is in.
    pub generation: u32,
    /// By partition.
    pub positions: Vec<KafkaPositionView>,
    /// Exceptions that its polls threw.
    pub exceptions: u32,
    /// The last of them.
    pub last_exception: Option<ArcStr>,
}

/// A partition of a consumer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KafkaPositionView {
    /// Which.
    pub partition: TopicPartition,
    /// What has to happen next.
    pub state: FetchState,
    /// The next record to read.
    pub offset: Option<u64>,
    /// The leader epoch of the record before it.
    pub epoch: Option<u32>,
    /// The newest leader epoch seen and the older one of the broker: it waits without a word.
    pub stalled: Option<(u32, u32)>,
}

impl KafkaView {
    /// Whether there is no node of Kafka.
    pub const fn is_empty(&self) -> bool {
        self.brokers.is_empty() && self.producers.is_empty() && self.consumers.is_empty()
    }

    /// Adds what is seen of a node.
    pub(super) fn add(&mut self, world: &World, id: &NodeId, slot: &Slot, spec: &KafkaSpec, records: usize) {
        let process = match &slot.node {
            Some(Node::Kafka(node)) => Some(&**node),
            _ => None,
        };
        match spec {
            KafkaSpec::Broker(_) => {
                let (disk, held) = match (process, &slot.disk) {
                    (Some(KafkaNode::Broker(broker)), _) => (Some(broker.disk()), broker.held_fetches()),
                    (None, Disk::Kafka(disk)) => (Some(&**disk), 0),
                    _ => (None, 0),
                };
                let node = node_view(world, id, slot, true);
                self.brokers.push(broker(node, disk, held, records));
            }
            KafkaSpec::Producer { transactional_id, .. } => {
                let producer = match process {
                    Some(KafkaNode::Producer(producer)) => Some(producer),
                    _ => None,
                };
                self.producers.push(KafkaProducerView {
                    node: node_view(world, id, slot, true),
                    transactional_id: transactional_id.clone(),
                    target: producer.and_then(|producer| producer.target().cloned()),
                    jobs: producer.map_or(0, crate::kafka::Producer::jobs),
                    sent: producer.map_or(0, crate::kafka::Producer::sent),
                    open_transaction: producer.is_some_and(crate::kafka::Producer::has_open_transaction),
                });
            }
            KafkaSpec::Consumer(spec) => {
                let consumer = match process {
                    Some(KafkaNode::Consumer(consumer)) => Some(consumer),
                    _ => None,
                };
                let is_ready = consumer.is_none_or(Consumer::is_stable);
                self.consumers.push(KafkaConsumerView {
                    node: node_view(world, id, slot, is_ready),
                    group: spec.group.clone(),
                    topics: spec.topics.clone(),
                    reset: spec.reset,
                    isolation: spec.isolation,
                    manual: spec.manual,
                    member_id: consumer.map(|consumer| consumer.member_id().clone()).unwrap_or_default(),
                    generation: consumer.map_or(0, Consumer::generation),
                    positions: consumer.map(positions).unwrap_or_default(),
                    exceptions: consumer.map_or(0, Consumer::exceptions),
                    last_exception: consumer.and_then(|consumer| consumer.last_exception().cloned()),
                });
            }
            // A run of a tool is seen by what it prints.
            KafkaSpec::Admin(_) => {}
        }
    }
}

fn broker(node: NodeView, disk: Option<&BrokerDisk>, held_fetches: usize, records: usize) -> KafkaBrokerView {
    let Some(disk) = disk else {
        let (logs, groups) = (Vec::new(), Vec::new());
        return KafkaBrokerView { node, logs, groups, held_fetches, has_copy: false };
    };
    let empty = PartitionLog::default();
    let mut logs = Vec::new();
    for (topic, image) in &disk.topics {
        for (partition, image) in (0..).zip(&image.partitions) {
            let partition = TopicPartition { topic: topic.clone(), partition };
            let log = disk.log(&partition).unwrap_or(&empty);
            let mut newest: Vec<_> = log.records().rev().take(records).collect();
            newest.reverse();
            logs.push(KafkaLogView {
                has_leader: image.has_leader,
                leader_epoch: image.leader_epoch,
                start: log.start(),
                end: log.end(),
                last_stable: log.last_stable(),
                epochs: log.epochs().entries().to_vec(),
                records: newest
                    .into_iter()
                    .map(|record| KafkaRecordView {
                        offset: record.offset,
                        key: record.key.clone(),
                        leader_epoch: record.leader_epoch,
                        transactional: record.producer_id.is_some(),
                        marker: record.marker,
                    })
                    .collect(),
                partition,
            });
        }
    }
    let groups = disk.groups.iter().map(|(name, group)| group_view(name, group, disk)).collect();
    KafkaBrokerView { node, logs, groups, held_fetches, has_copy: disk.has_copy() }
}

fn group_view(name: &GroupName, group: &Group, disk: &BrokerDisk) -> KafkaGroupView {
    let commit = |(partition, committed): (&TopicPartition, &crate::rpc::kafka::CommittedOffset)| {
        let end = disk.log(partition).map_or(0, PartitionLog::end);
        KafkaCommitView {
            partition: partition.clone(),
            offset: committed.offset,
            leader_epoch: committed.leader_epoch,
            end,
            lag: end.cast_signed().saturating_sub(committed.offset.cast_signed()),
        }
    };
    KafkaGroupView {
        group: name.clone(),
        state: group.state.name(),
        generation: group.generation,
        members: group
            .members
            .iter()
            .map(|(id, member)| KafkaMemberView {
                member_id: id.clone(),
                client_id: member.client_id.clone(),
                host: member.host.clone(),
                assignment: member.assignment.clone(),
            })
            .collect(),
        offsets: group.offsets.iter().map(commit).collect(),
    }
}

fn positions(consumer: &Consumer) -> Vec<KafkaPositionView> {
    let each = consumer.partitions().iter().map(|(partition, state)| KafkaPositionView {
        partition: partition.clone(),
        state: state.state,
        offset: state.position.map(|position| position.offset),
        epoch: state.position.and_then(|position| position.offset_epoch),
        stalled: consumer.stalled_by(partition),
    });
    each.collect()
}
