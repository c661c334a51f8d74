//! What can be done to a node just now.
//!
//! [`candidates`] lists everything that is for nodes of its kind; the session keeps what the core would accept, so
//! that a menu never offers what would be refused.

use lab_core::command::{Barrier, Command, KafkaCommand};
use lab_core::id::NodeId;
use lab_core::rpc::kafka::Marker;
use lab_core::time::Instant;
use lab_core::view::View;

use super::forms::{Form, FormKind, node_ids};

/// A thing to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// Which.
    pub verb: Verb,
    /// The other end, for links.
    pub peer: Option<NodeId>,
    /// How.
    pub deed: Deed,
}

/// How a thing is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// At once, by this command.
    Order(Command),
    /// After a form was filled in.
    Ask(FormKind),
}

/// What can be done to nodes; the labels stand in [`text`](crate::text).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the command of that name")]
pub enum Verb {
    Send,
    KafkaSend,
    KafkaEnd,
    KafkaCopy,
    KafkaRestore,
    KafkaDeleteTopic,
    KafkaDeleteRecords,
    KafkaAlterOffset,
    KafkaOffsets,
    KafkaEnds,
    KafkaConsumerGroups,
    Produce,
    Quiet,
    Set,
    Stop,
    Kill,
    PowerOff,
    Freeze,
    Thaw,
    Restart,
    RollBack,
    Remove,
    Pin,
    ResetOffset,
    SkipAccumulated,
    UpdateSubGroup,
    DeleteSubGroup,
    DeleteTopic,
    UpdateBrokerConfig,
    Link,
    Cut,
    Heal,
    Hold,
    Release,
}

impl Verb {
    /// The verb of the command, or the command of `mqadmin`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::KafkaSend => "kafka-send",
            Self::KafkaEnd => "kafka-end",
            Self::KafkaCopy => "kafka-copy",
            Self::KafkaRestore => "kafka-restore",
            Self::KafkaDeleteTopic => "kafka-delete-topic",
            Self::KafkaDeleteRecords => "kafka-delete-records",
            Self::KafkaAlterOffset => "kafka-alter-offset",
            Self::KafkaOffsets => "kafka-offsets",
            Self::KafkaEnds => "kafka-ends",
            Self::KafkaConsumerGroups => "kafka-consumer-groups",
            Self::Produce => "produce",
            Self::Quiet => "quiet",
            Self::Set => "set",
            Self::Stop => "stop",
            Self::Kill => "kill",
            Self::PowerOff => "power-off",
            Self::Freeze => "freeze",
            Self::Thaw => "thaw",
            Self::Restart => "restart",
            Self::RollBack => "roll-back",
            Self::Remove => "remove",
            Self::Pin => "pin",
            Self::ResetOffset => "resetOffsetByTime",
            Self::SkipAccumulated => "skipAccumulatedMessage",
            Self::UpdateSubGroup => "updateSubGroup",
            Self::DeleteSubGroup => "deleteSubGroup",
            Self::DeleteTopic => "deleteTopic",
            Self::UpdateBrokerConfig => "updateBrokerConfig",
            Self::Link => "link",
            Self::Cut => "cut",
            Self::Heal => "heal",
            Self::Hold => "hold",
            Self::Release => "release",
        }
    }

    /// Whether it breaks something.
    pub const fn is_fault(self) -> bool {
        matches!(
            self,
            Self::Stop | Self::Kill | Self::PowerOff | Self::Freeze | Self::RollBack | Self::Cut | Self::Hold
        )
    }
}

impl Action {
    /// The command that shows whether the core would accept it: the form's as it opens.
    pub fn sample(&self, view: &View) -> Option<Command> {
        match &self.deed {
            Deed::Order(command) => Some(command.clone()),
            Deed::Ask(FormKind::Set(_)) => None,
            Deed::Ask(kind) => Form::new(kind.clone(), view).line().parse().ok(),
        }
    }

    /// The line of the notation that it issues, or its beginning when a form comes first.
    pub fn line(&self) -> String {
        match &self.deed {
            Deed::Order(command) => command.to_string(),
            Deed::Ask(kind) => format!("{} …", kind.verb()),
        }
    }
}

/// Everything that is for a node of that kind, whatever its state.
pub fn candidates(view: &View, node: &NodeId) -> Vec<Action> {
    let mut actions = Vec::new();
    let mut put = |verb, peer, deed| actions.push(Action { verb, peer, deed });
    let producer = view.producers.iter().find(|producer| producer.node.id == *node);
    let is_broker = view.brokers.iter().any(|broker| broker.node.id == *node);
    let is_kafka_broker = view.kafka.brokers.iter().any(|broker| broker.node.id == *node);
    let is_kafka = is_kafka_broker
        || view.kafka.producers.iter().any(|producer| producer.node.id == *node)
        || view.kafka.consumers.iter().any(|consumer| consumer.node.id == *node);
    let own = || node.clone();
    if let Some(producer) = producer {
        put(Verb::Send, None, Deed::Ask(FormKind::Send(own())));
        put(Verb::Produce, None, Deed::Ask(FormKind::Produce(own())));
        if producer.jobs.iter().any(|job| job.count.is_none()) {
            put(Verb::Quiet, None, Deed::Order(Command::Quiet(own())));
        }
    }
    if let Some(producer) = view.kafka.producers.iter().find(|producer| producer.node.id == *node) {
        put(Verb::KafkaSend, None, Deed::Ask(FormKind::KafkaSend(own())));
        if producer.open_transaction {
            let end = Command::Kafka(KafkaCommand::End(own(), Marker::Commit));
            put(Verb::KafkaEnd, None, Deed::Order(end));
        }
    }
    if producer.is_some() {
        put(Verb::Pin, None, Deed::Ask(FormKind::Pin(own())));
    }
    if view.consumers.iter().any(|consumer| consumer.node.id == *node) {
        put(Verb::ResetOffset, None, Deed::Ask(FormKind::ResetOffset(own())));
        put(Verb::SkipAccumulated, None, Deed::Ask(FormKind::SkipAccumulated(own())));
    }
    if is_broker {
        put(Verb::UpdateSubGroup, None, Deed::Ask(FormKind::UpdateSubGroup(own())));
        put(Verb::DeleteSubGroup, None, Deed::Ask(FormKind::DeleteSubGroup(own())));
        put(Verb::DeleteTopic, None, Deed::Ask(FormKind::DeleteTopic(own())));
        put(Verb::UpdateBrokerConfig, None, Deed::Ask(FormKind::UpdateBrokerConfig(own())));
    }
    if is_kafka_broker {
        put(Verb::KafkaConsumerGroups, None, Deed::Ask(FormKind::KafkaConsumerGroups(own())));
        put(Verb::KafkaOffsets, None, Deed::Ask(FormKind::KafkaOffsets(own())));
        put(Verb::KafkaEnds, None, Deed::Ask(FormKind::KafkaEnds(own())));
        put(Verb::KafkaAlterOffset, None, Deed::Ask(FormKind::KafkaAlterOffset(own())));
        put(Verb::KafkaDeleteRecords, None, Deed::Ask(FormKind::KafkaDeleteRecords(own())));
        put(Verb::KafkaDeleteTopic, None, Deed::Ask(FormKind::KafkaDeleteTopic(own())));
    }
    put(Verb::Stop, None, Deed::Order(Command::Stop(own())));
    put(Verb::Kill, None, Deed::Order(Command::Kill(own())));
    put(Verb::PowerOff, None, Deed::Order(Command::PowerOff(own())));
    put(Verb::Freeze, None, Deed::Order(Command::Freeze(own())));
    put(Verb::Thaw, None, Deed::Order(Command::Thaw(own())));
    put(Verb::Restart, None, Deed::Order(Command::Restart(own())));
    if is_broker || is_kafka_broker {
        let sample = Command::RollBack { node: own(), to: Instant::ZERO };
        debug_assert!(sample.check_alone().is_ok());
        put(Verb::RollBack, None, Deed::Ask(FormKind::RollBack(own())));
    }
    if is_kafka_broker {
        put(Verb::KafkaCopy, None, Deed::Order(Command::Kafka(KafkaCommand::Copy(own()))));
        put(Verb::KafkaRestore, None, Deed::Order(Command::Kafka(KafkaCommand::Restore(own()))));
    }
    put(Verb::Remove, None, Deed::Order(Command::Remove(own())));
    let is_registry = view.registries.iter().any(|it| it.node.id == *node);
    let is_registry_client = view.registry_clients.iter().any(|it| it.node.id == *node);
    if !is_registry && !is_registry_client && !is_kafka {
        put(Verb::Set, None, Deed::Ask(FormKind::Set(own())));
    }
    if node_ids(view).len() > 1 {
        put(Verb::Cut, None, Deed::Ask(FormKind::Cut(own())));
        put(Verb::Hold, None, Deed::Ask(FormKind::Hold(own())));
        put(Verb::Link, None, Deed::Ask(FormKind::Link(own())));
    }
    for (barrier, peer) in barriers_of(view, node) {
        let verb = if barrier == Barrier::Cut { Verb::Heal } else { Verb::Release };
        let command = Command::Join { barrier, from: own(), to: peer.clone() };
        put(verb, Some(peer), Deed::Order(command));
    }
    actions
}

fn barriers_of(view: &View, node: &NodeId) -> Vec<(Barrier, NodeId)> {
    let mut found = Vec::new();
    for entry in &view.barriers {
        let peer = if entry.from == *node {
            &entry.to
        } else if entry.to == *node {
            &entry.from
        } else {
            continue;
        };
        let Ok(barrier) = entry.barrier.parse::<Barrier>() else { continue };
        if !found.contains(&(barrier, peer.clone())) {
            found.push((barrier, peer.clone()));
        }
    }
    found
}
