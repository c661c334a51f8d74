//! What a broker keeps: metadata log, partition logs, the log of the group offsets, transactions.

use std::collections::BTreeMap;

use arcstr::ArcStr;

use super::groups::Group;
use super::transactions::Transaction;
use crate::id::{GroupName, TopicName};
use crate::kafka::log::PartitionLog;
use crate::rpc::kafka::TopicPartition;
use crate::time::Instant;

/// What the metadata log says of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionImage {
    /// Whether the broker is its leader; nobody is after a graceful stop.
    pub has_leader: bool,
    /// Rises by one whenever the leader changes, to nobody too.
    pub leader_epoch: u32,
}

/// What the metadata log says of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicImage {
    /// Another one when a topic of the same name is made again.
    pub topic_id: u64,
    /// Its partitions.
    pub partitions: Vec<PartitionImage>,
}

/// A data directory.
#[derive(Clone, Debug, Default)]
pub struct BrokerDisk {
    /// Topics (`__cluster_metadata`).
    pub topics: BTreeMap<TopicName, TopicImage>,
    /// Records of every partition.
    pub logs: BTreeMap<TopicPartition, PartitionLog>,
    /// Groups with their offsets (`__consumer_offsets`).
    pub groups: BTreeMap<GroupName, Group>,
    /// Transactional producers (`__transaction_state`).
    pub(super) transactions: BTreeMap<ArcStr, Transaction>,
    next_topic_id: u64,
    pub(super) next_producer_id: u64,
    /// A copy that somebody made.
    copy: Option<Box<BrokerDisk>>,
}

impl BrokerDisk {
    /// A partition's log.
    pub fn log(&self, partition: &TopicPartition) -> Option<&PartitionLog> {
        self.logs.get(partition)
    }

    /// A partition's leader epoch.
    pub fn leader_epoch(&self, partition: &TopicPartition) -> Option<u32> {
        let image = self.topics.get(&partition.topic)?;
        Some(image.partitions.get(usize::try_from(partition.partition).ok()?)?.leader_epoch)
    }

    /// Whether there is a copy to restore.
    pub const fn has_copy(&self) -> bool {
        self.copy.is_some()
    }

    /// A topic goes with its logs.
    pub(in crate::kafka) fn remove_topic(&mut self, topic: &TopicName) {
        self.topics.remove(topic);
        self.logs.retain(|partition, _| partition.topic != *topic);
    }

    /// A new topic: every partition has a leader at epoch 0.
    pub(in crate::kafka) fn add_topic(&mut self, topic: TopicName, partitions: u32) {
        let topic_id = self.next_topic_id;
        self.next_topic_id += 1;
        for partition in 0..partitions {
            let mut log = PartitionLog::default();
            log.begin_epoch(0);
            self.logs.insert(TopicPartition { topic: topic.clone(), partition }, log);
        }
        let image = PartitionImage { has_leader: true, leader_epoch: 0 };
        let partitions = (0..partitions).map(|_| image).collect();
        self.topics.insert(topic, TopicImage { topic_id, partitions });
    }

    /// A graceful stop: every partition loses its leader (`handleBrokerInControlledShutdown`).
    pub(in crate::kafka) fn take_leaders_away(&mut self) {
        for image in self.topics.values_mut().flat_map(|topic| &mut topic.partitions) {
            if image.has_leader {
                *image = PartitionImage { has_leader: false, leader_epoch: image.leader_epoch + 1 };
            }
        }
    }

    /// A start: partitions without a leader get one (`handleBrokerUnfenced`), and every leader's epoch begins in its
    /// log (`Partition.makeLeader`). Returns what is led from now on: partition, epoch, where the epoch begins.
    pub(in crate::kafka) fn elect_leaders(&mut self) -> Vec<(TopicPartition, u32, u64)> {
        let mut elected = Vec::new();
        for (topic, image) in &mut self.topics {
            for (partition, image) in (0..).zip(&mut image.partitions) {
                if !image.has_leader {
                    *image = PartitionImage { has_leader: true, leader_epoch: image.leader_epoch + 1 };
                }
                let partition = TopicPartition { topic: topic.clone(), partition };
                let log = self.logs.entry(partition.clone()).or_default();
                log.begin_epoch(image.leader_epoch);
                elected.push((partition, image.leader_epoch, log.end()));
            }
        }
        elected
    }

    /// Deletes the partition directories, or cuts the logs at a moment. Returns how many records are gone.
    pub fn roll_back(&mut self, to: Instant) -> usize {
        if to == Instant::ZERO {
            let records = self.logs.values().map(|log| log.records().count()).sum();
            self.logs.clear();
            return records;
        }
        self.logs.values_mut().map(|log| log.truncate_from(to)).sum()
    }

    /// Copies the directory as it is; a copy made before is replaced.
    pub fn keep_copy(&mut self) {
        self.copy = None;
        self.copy = Some(Box::new(self.clone()));
    }

    /// Sets everything back to the copy, but for the log of the group offsets. False when there is none.
    pub fn restore_copy(&mut self) -> bool {
        let Some(copy) = self.copy.take() else { return false };
        let groups = std::mem::take(&mut self.groups);
        *self = Self { groups, ..(*copy).clone() };
        self.copy = Some(copy);
        true
    }
}
