//! What a client knows of topics and leaders.
//!
//! **In Kafka**: `Metadata`, `ConsumerMetadata`; `metadata.max.age.ms` (5 min), `retry.backoff.ms`.
//!
//! A client never goes back to an older leader epoch. The newest that it has seen may come from a group offset
//! (`updateLastSeenEpochIfNewer`); when the broker's is older, the client has no usable leader, asks again and again,
//! and says so at debug level only. That is the silent stall of behaviour §5.11.

use std::collections::BTreeMap;

use crate::id::TopicName;
use crate::kafka::net::backoff;
use crate::rpc::kafka::{KafkaError, TopicMetadata, TopicPartition};
use crate::time::{Duration, Instant};

/// `metadata.max.age.ms`.
const MAX_AGE: Duration = Duration::from_secs(300);

/// The leader of a partition and its epoch, as far as both are known (`LeaderAndEpoch`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LeaderAndEpoch {
    /// Whether there is a leader that may be asked.
    pub has_leader: bool,
    /// The newest epoch that was seen.
    pub epoch: Option<u32>,
}

/// The metadata of a client.
#[derive(Clone, Debug, Default)]
pub(super) struct Metadata {
    topics: BTreeMap<TopicName, TopicMetadata>,
    last_seen: BTreeMap<TopicPartition, u32>,
    /// Rises with every answer.
    pub(super) version: u64,
    needs_update: bool,
    last_refresh: Option<Instant>,
    /// Answers in a row that brought nothing new, or failures.
    equivalent: u32,
}

/// What an answer changed that is worth a line in the log.
pub(super) enum Change {
    /// The topic was made anew: the newest epoch seen is forgotten.
    Recreated(TopicPartition, u32),
    /// There is no such topic.
    Missing(TopicName),
}

impl Metadata {
    pub(super) const fn request_update(&mut self) {
        self.needs_update = true;
    }

    /// Whether a question is to be asked, now or after the pause behind the last one.
    pub(super) fn is_update_due(&self, now: Instant) -> bool {
        self.needs_update || self.next_request() <= now
    }

    /// When the next question is due.
    pub(super) fn next_request(&self) -> Instant {
        let Some(last) = self.last_refresh else { return Instant::ZERO };
        if self.needs_update {
            last + backoff(100, self.equivalent.saturating_sub(1))
        } else {
            last + MAX_AGE
        }
    }

    /// A question that could not be answered.
    pub(super) fn failed(&mut self, now: Instant) {
        self.last_refresh = Some(now);
        self.needs_update = true;
    }

    pub(super) fn partitions(&self, topic: &TopicName) -> usize {
        self.topics.get(topic).map_or(0, |topic| topic.leader_epochs.len())
    }

    /// The leader epoch that the last answers give, whether it is usable or not.
    pub(super) fn epoch_of(&self, partition: &TopicPartition) -> Option<u32> {
        let topic = self.topics.get(&partition.topic)?;
        topic.leader_epochs.get(usize::try_from(partition.partition).ok()?).copied()
    }

    /// `Metadata.currentLeader`: usable only when its epoch is the newest seen (`partitionMetadataIfCurrent`).
    pub(super) fn current_leader(&self, partition: &TopicPartition) -> LeaderAndEpoch {
        let seen = self.last_seen.get(partition).copied();
        let known = self.epoch_of(partition);
        LeaderAndEpoch { has_leader: known.is_some() && known == seen, epoch: seen }
    }

    /// A group offset or a list of offsets names an epoch (`updateLastSeenEpochIfNewer`).
    pub(super) fn saw_epoch(&mut self, partition: &TopicPartition, epoch: u32) {
        let seen = self.last_seen.entry(partition.clone()).or_insert(epoch);
        if epoch > *seen {
            *seen = epoch;
            self.needs_update = true;
        }
    }

    /// An answer (`Metadata.update`). Returns what is worth telling.
    pub(super) fn update(
        &mut self,
        now: Instant,
        answer: Vec<(TopicName, Result<TopicMetadata, KafkaError>)>,
    ) -> Vec<Change> {
        self.version += 1;
        self.last_refresh = Some(now);
        self.needs_update = false;
        self.equivalent += 1;
        let mut changes = Vec::new();
        for (topic, result) in answer {
            match result {
                Ok(new) => self.update_topic(topic, new, &mut changes),
                Err(_) => {
                    self.needs_update = true;
                    self.topics.remove(&topic);
                    changes.push(Change::Missing(topic));
                }
            }
        }
        changes
    }

    fn update_topic(&mut self, topic: TopicName, new: TopicMetadata, changes: &mut Vec<Change>) {
        let old_id = self.topics.get(&topic).map(|old| old.topic_id);
        for (partition, epoch) in (0..).zip(&new.leader_epochs) {
            let partition = TopicPartition { topic: topic.clone(), partition };
            match self.last_seen.get(&partition) {
                None => self.equivalent = 0,
                Some(_) if old_id != Some(new.topic_id) => {
                    self.equivalent = 0;
                    changes.push(Change::Recreated(partition.clone(), *epoch));
                }
                Some(seen) if epoch > seen => self.equivalent = 0,
                Some(seen) if epoch == seen => continue,
                // Older than what was seen: not updating.
                Some(_) => continue,
            }
            self.last_seen.insert(partition, *epoch);
        }
        self.topics.insert(topic, new);
    }
}
