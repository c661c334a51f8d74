//! What happened in a run that RocketMQ's promises depend on.

use std::collections::{BTreeMap, BTreeSet};

use lab_core::command::{Command, ConsumerSpec, NodeSpec};
use lab_core::config::{FlushDiskType, Profile};
use lab_core::fact::Fact;
use lab_core::id::{BrokerName, GroupName, NodeId, TopicName};
use lab_core::lab::Lab;

use super::replicas::{self, Replicas};

/// What happened in a run that RocketMQ's promises depend on.
#[derive(Debug)]
pub struct Circumstances {
    /// The version that the run behaves like.
    pub profile: Profile,
    /// What each consumer is made from.
    pub consumers: BTreeMap<NodeId, ConsumerSpec>,
    /// Whether a log lost its end, acknowledged or not: then offsets may lie behind its end, and messages between are
    /// skipped (behaviour §5.10).
    pub log_was_cut: bool,
    /// Whether a log lost records that a producer may have been told are safe.
    pub log_was_lost: bool,
    /// Whether a full disk took files that nobody may have read. A broker that was killed in the middle of a round
    /// could not tell, but its log begins later.
    pub files_went: bool,
    /// Topics that were deleted at some time.
    pub deleted_topics: BTreeSet<TopicName>,
    /// Groups that somebody sent elsewhere.
    pub moved_groups: BTreeSet<GroupName>,
    /// Whether a broker ended and began anew, with its locks forgotten.
    pub broker_restarted: bool,
    /// Nodes that were halted for a while.
    pub frozen: BTreeSet<NodeId>,
    /// Broker names that survive their master, and how.
    pub replicas: BTreeMap<BrokerName, Replicas>,
    /// Whether nothing was disturbed, neither by a fault nor by an administrator.
    pub is_calm: bool,
}

impl Circumstances {
    /// Reads them off a run.
    pub fn of(lab: &Lab) -> Self {
        let view = lab.view(0);
        let brokers: BTreeSet<_> = view.brokers.iter().map(|broker| broker.node.id.clone()).collect();
        let replicas = replicas::of(lab);
        // What a replica counts for is in memory and not yet on its disk, whatever flushDiskType says: DLedger and a
        // slave flush by a timer (DLedgerMmapFileStore.FlushDataService, CommitLog.FlushRealTimeService).
        let unsafe_brokers: BTreeSet<_> = view
            .brokers
            .iter()
            .filter(|broker| {
                broker.flush == FlushDiskType::AsyncFlush || replicas.contains_key(&broker.broker_name)
            })
            .map(|broker| broker.node.id.clone())
            .collect();
        let mut this = Self {
            profile: lab.setup().profile,
            consumers: BTreeMap::new(),
            log_was_cut: false,
            log_was_lost: false,
            files_went: view
                .brokers
                .iter()
                .any(|broker| broker.broker_id.is_master() && broker.log.min.0 > 0),
            deleted_topics: BTreeSet::new(),
            moved_groups: BTreeSet::new(),
            // Another master knows nothing of the locks either.
            broker_restarted: !replicas.is_empty(),
            frozen: BTreeSet::new(),
            is_calm: lab.setup().loss == lab_core::rng::Ratio::ZERO && replicas.is_empty(),
            replicas,
        };
        this.log_was_cut = this.replicas.values().any(|replicas| replicas.lost_messages);
        for event in lab.trace() {
            match (&event.fact, &event.node) {
                (Fact::Ordered(command), _) => this.take_order(command),
                (Fact::PoweredOff { lost }, Some(node)) => {
                    this.log_was_cut |= *lost > 0;
                    this.log_was_lost |= *lost > 0 && unsafe_brokers.contains(node);
                }
                (Fact::RolledBack { .. }, _) => (this.log_was_cut, this.log_was_lost) = (true, true),
                (Fact::FilesDeleted { .. }, _) => this.files_went = true,
                (Fact::TopicDeleted { topic }, _) => {
                    this.deleted_topics.insert(topic.clone());
                }
                (Fact::OffsetReset { group, .. }, _) => {
                    this.moved_groups.insert(group.clone());
                }
                (Fact::Started, Some(node)) if event.at.as_millis() > 0 && brokers.contains(node) => {
                    this.broker_restarted = true;
                }
                (Fact::Frozen, Some(node)) => {
                    this.frozen.insert(node.clone());
                }
                _ => {}
            }
        }
        this
    }

    fn take_order(&mut self, command: &Command) {
        match command {
            Command::Add(node, NodeSpec::Consumer(spec)) => {
                self.consumers.insert(node.clone(), (**spec).clone());
            }
            Command::Mqadmin(line) => {
                self.is_calm = false;
                let words: Vec<_> = line.split_whitespace().collect();
                let moves = matches!(words.first(), Some(&("resetOffsetByTime" | "skipAccumulatedMessage")));
                let group = words.windows(2).find(|pair| pair[0] == "-g").map(|pair| pair[1]);
                self.moved_groups.extend(group.filter(|_| moves).map(GroupName::from));
            }
            command => self.is_calm &= !command.is_fault(),
        }
    }

    /// Whether a message that a producer was told is safe may be gone from this broker name.
    pub(super) fn may_lose(&self, name: &BrokerName) -> bool {
        self.log_was_lost
            || self.files_went
            || self.replicas.get(name).is_some_and(|replicas| !replicas.keep_what_they_acknowledge())
    }

    /// Whether a message that lay in this topic may be gone, or may have been skipped by the group.
    pub(super) fn excuses(&self, group: &GroupName, topic: &TopicName) -> bool {
        self.log_was_lost
            || self.log_was_cut
            || self.files_went
            || self.deleted_topics.contains(topic)
            || self.moved_groups.contains(group)
    }

    /// What the consumer of this name is made from.
    pub(super) fn spec_of(&self, node: Option<&NodeId>) -> Option<&ConsumerSpec> {
        self.consumers.get(node?)
    }
}

#[cfg(test)]
mod tests {
    use lab_core::time::Instant;

    use super::*;

    /// A broker whose disk is full at its first look, after a minute, and which is ended while it deletes, one file
    /// each 100 ms.
    const KILLED_WHILE_DELETING: &str = "\
lab profile=V5 seed=1
name-server nsrv-0
broker broker-a mappedFileSizeCommitLog=4000 diskCapacity=44000
topic T queues=1
producer p group=pg
@5s send p T count=200 every=200ms
@1:00.250 kill broker-a
@1:10.000 restart broker-a
run 5s
";

    #[test]
    fn files_went_with_a_broker_that_was_killed_before_it_could_tell() {
        let mut lab = Lab::new(KILLED_WHILE_DELETING.parse().expect("a recording"));
        lab.run_until(Instant::from_millis(60_000));
        assert!(!Circumstances::of(&lab).files_went, "no file went yet");
        lab.run_until(Instant::from_millis(69_000));
        assert!(lab.trace().iter().all(|event| !matches!(event.fact, Fact::FilesDeleted { .. })));
        assert!(Circumstances::of(&lab).files_went, "{:?}", lab.view(0).brokers[0].log);
        lab.run_until(Instant::from_millis(75_000));
        assert!(Circumstances::of(&lab).files_went, "they are still gone after the restart");
    }
}
