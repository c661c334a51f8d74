//! What one can ask about Kafka: logs, groups, consumers, what they read.

use crate::fact::{Fact, KafkaFact, TraceEvent};
use crate::id::NodeId;
use crate::view::{
    KafkaBrokerView, KafkaCommitView, KafkaConsumerView, KafkaGroupView, KafkaLogView, KafkaPositionView,
    View,
};

use super::rows::Row;

/// A thing of Kafka's. What its fields are stands in [`schema`](super::schema).
#[derive(Clone, Copy, Debug)]
pub(crate) enum KafkaRow<'a> {
    Log(&'a KafkaBrokerView, &'a KafkaLogView),
    Group(&'a KafkaBrokerView, &'a KafkaGroupView, &'a KafkaCommitView),
    Consumer(&'a KafkaConsumerView, Option<&'a KafkaPositionView>),
    Read(&'a TraceEvent, &'a View),
}

/// The words of [`FetchState`](crate::kafka::FetchState).
pub(super) const FETCH_STATES: &[&str] = &["INITIALIZING", "FETCHING", "AWAIT_RESET", "AWAIT_VALIDATION"];
/// The words of [`OffsetReset`](crate::command::OffsetReset).
pub(super) const RESETS: &[&str] = &["latest", "earliest", "none"];
/// The words of a group's state at its coordinator.
pub(super) const GROUP_STATES: &[&str] = &["Empty", "PreparingRebalance", "CompletingRebalance", "Stable"];

/// The partition logs of all brokers.
pub(super) fn logs(view: &View) -> impl Iterator<Item = Row<'_>> {
    let brokers = view.kafka.brokers.iter();
    brokers.flat_map(|broker| broker.logs.iter().map(move |log| Row::Kafka(KafkaRow::Log(broker, log))))
}

/// What the groups have committed.
pub(super) fn groups(view: &View) -> impl Iterator<Item = Row<'_>> {
    view.kafka.brokers.iter().flat_map(|broker| {
        broker.groups.iter().flat_map(move |group| {
            group.offsets.iter().map(move |commit| Row::Kafka(KafkaRow::Group(broker, group, commit)))
        })
    })
}

/// Consumers with their partitions; one without a partition is there once.
pub(super) fn consumers(view: &View) -> impl Iterator<Item = Row<'_>> {
    view.kafka.consumers.iter().flat_map(|consumer| {
        let lone = consumer.positions.is_empty().then_some(None);
        let all = lone.into_iter().chain(consumer.positions.iter().map(Some));
        all.map(move |position| Row::Kafka(KafkaRow::Consumer(consumer, position)))
    })
}

/// What polls returned.
pub(super) fn reads<'a>(view: &'a View, trace: &'a [TraceEvent]) -> impl Iterator<Item = Row<'a>> {
    let is_read = |event: &&TraceEvent| matches!(&event.fact, Fact::Kafka(fact) if matches!(**fact, KafkaFact::Consumed { .. }));
    trace.iter().filter(is_read).map(move |event| Row::Kafka(KafkaRow::Read(event, view)))
}

/// A read's number of records, first and last offset, first and last key.
pub(super) fn range(event: &TraceEvent) -> Option<(u32, u64, u64, &str, &str)> {
    let Fact::Kafka(fact) = &event.fact else { return None };
    match &**fact {
        KafkaFact::Consumed { count, first, last, first_key, last_key, .. } => {
            Some((*count, *first, *last, first_key, last_key))
        }
        _ => None,
    }
}

/// The partition that a read is of.
pub(super) fn partition(event: &TraceEvent) -> Option<u32> {
    let Fact::Kafka(fact) = &event.fact else { return None };
    match &**fact {
        KafkaFact::Consumed { partition, .. } => Some(partition.partition),
        _ => None,
    }
}

/// The group of a fact: the one that it names, else that of the consumer whose fact it is.
pub(super) fn group<'a>(fact: &'a KafkaFact, node: Option<&NodeId>, view: &'a View) -> Option<&'a str> {
    match fact {
        KafkaFact::GroupChanged { group, .. }
        | KafkaFact::MemberExpired { group, .. }
        | KafkaFact::OffsetCommitted { group, .. } => Some(group.as_str()),
        _ => {
            let consumer = view.kafka.consumers.iter().find(|consumer| Some(&consumer.node.id) == node)?;
            Some(consumer.group.as_str())
        }
    }
}
