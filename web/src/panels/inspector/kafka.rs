//! Kafka's nodes in the inspector; the groups in the columns of `kafka-consumer-groups`.

use lab_core::id::NodeId;
use lab_core::view::{
    KafkaBrokerView, KafkaCommitView, KafkaConsumerView, KafkaGroupView, KafkaLogView, KafkaProducerView,
};
use yew::prelude::*;

use super::InspectorProps;
use super::parts::{listing, row, section, table, wide_listing};
use crate::text::signed;

/// How many nodes of each kind there are; no rows where Kafka is not on the stage.
pub(super) fn counts(props: &InspectorProps) -> Vec<Html> {
    let (kafka, texts) = (&props.shown.view.kafka, props.texts.kafka);
    let counts = [
        (texts.brokers, kafka.brokers.len()),
        (texts.producers, kafka.producers.len()),
        (texts.consumers, kafka.consumers.len()),
    ];
    if counts.iter().all(|(_, count)| *count == 0) {
        return Vec::new();
    }
    counts.into_iter().map(|(name, count)| row(name, count.to_string())).collect()
}

/// What a node is called, when it is one of Kafka's.
pub(super) fn kind(props: &InspectorProps, node: &NodeId) -> Option<&'static str> {
    let (kafka, texts) = (&props.shown.view.kafka, props.texts.kafka);
    if kafka.brokers.iter().any(|it| it.node.id == *node) {
        return Some(texts.broker);
    }
    if kafka.producers.iter().any(|it| it.node.id == *node) {
        return Some(texts.producer);
    }
    kafka.consumers.iter().any(|it| it.node.id == *node).then_some(texts.consumer)
}

/// The state of a node, when it is one of Kafka's.
pub(super) fn panel(props: &InspectorProps, node: &NodeId) -> Html {
    let kafka = &props.shown.view.kafka;
    let broker = kafka.brokers.iter().find(|it| it.node.id == *node).map(|it| broker(props, it));
    let producer = || kafka.producers.iter().find(|it| it.node.id == *node).map(|it| producer(props, it));
    let consumer = || kafka.consumers.iter().find(|it| it.node.id == *node).map(|it| consumer(props, it));
    broker.or_else(producer).or_else(consumer).unwrap_or_default()
}

fn broker(props: &InspectorProps, broker: &KafkaBrokerView) -> Html {
    let texts = props.texts.kafka;
    html! {
        <>
            { section(texts.logs, true, html! { <>{ for broker.logs.iter().map(|log| log_table(props, log)) }</> }) }
            { section(texts.groups, true, html! { <>{ for broker.groups.iter().map(|group| group_table(props, group)) }</> }) }
            if broker.has_copy { <p class="muted">{ texts.has_copy }</p> }
        </>
    }
}

fn log_table(props: &InspectorProps, log: &KafkaLogView) -> Html {
    let texts = props.texts.kafka;
    let epochs: Vec<_> = log.epochs.iter().map(|(epoch, start)| format!("{epoch}→{start}")).collect();
    html! {
        <>
            <p class="sub"><b>{ log.partition.to_string() }</b>
                if !log.has_leader { { " · " }<span class="bad">{ texts.no_leader }</span> }</p>
            { table(vec![
                row(texts.start, log.start.to_string()),
                row(texts.end, log.end.to_string()),
                row(texts.stable, log.last_stable.to_string()),
                row(texts.epoch, log.leader_epoch.to_string()),
                row(texts.epochs, epochs.join(" ")),
            ]) }
        </>
    }
}

/// The tool's columns, with the epoch of the commit beside them.
fn group_table(props: &InspectorProps, group: &KafkaGroupView) -> Html {
    let texts = props.texts.kafka;
    let head = ["TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID", texts.epoch];
    let rows = group.offsets.iter().map(|commit| commit_row(group, commit)).collect();
    let state = format!("{} · {}", group.state, (texts.members)(group.members.len()));
    html! {
        <>
            <p class="sub"><b>{ group.group.to_string() }</b>{ format!(" · {state}") }</p>
            { wide_listing(format!("{} · {state}", group.group), &head, rows, texts.none) }
        </>
    }
}

fn commit_row(group: &KafkaGroupView, commit: &KafkaCommitView) -> Html {
    let member = group.members.iter().find(|member| member.assignment.contains(&commit.partition));
    let member = member.map_or_else(|| "-".to_owned(), |member| member.member_id.to_string());
    let epoch = commit.leader_epoch.map_or_else(|| "-".to_owned(), |epoch| epoch.to_string());
    let cells = [
        commit.partition.topic.to_string(),
        commit.partition.partition.to_string(),
        commit.offset.to_string(),
        commit.end.to_string(),
        signed(commit.lag),
        member,
        epoch,
    ];
    // The tool's columns: the fifth is the lag.
    let class = |place: usize| (place == 4 && commit.lag < 0).then_some("bad");
    html! { <tr>{ for cells.into_iter().enumerate().map(|(place, cell)| html! { <td class={class(place)}>{ cell }</td> }) }</tr> }
}

fn producer(props: &InspectorProps, producer: &KafkaProducerView) -> Html {
    let texts = props.texts.kafka;
    let mut rows = vec![row(texts.sent, producer.sent.to_string())];
    if let Some(id) = &producer.transactional_id {
        rows.push(row("transactional.id", id.to_string()));
    }
    html! {
        <>
            { table(rows) }
            if producer.open_transaction { <p class="trouble">{ texts.open_transaction }</p> }
        </>
    }
}

fn consumer(props: &InspectorProps, consumer: &KafkaConsumerView) -> Html {
    let texts = props.texts.kafka;
    let head = ["TOPIC-PARTITION", texts.position, texts.epoch, props.texts.state];
    let rows = consumer.positions.iter().map(|position| {
        let text = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        html! {
            <tr>
                <td>{ position.partition.to_string() }</td>
                <td>{ text(position.offset) }</td>
                <td>{ text(position.epoch.map(u64::from)) }</td>
                <td>{ (texts.state)(position) }</td>
            </tr>
        }
    });
    html! {
        <>
            { table(vec![
                row("group.id", consumer.group.to_string()),
                row("auto.offset.reset", consumer.reset.to_string()),
                row("isolation.level", consumer.isolation.to_string()),
                row("enable.auto.commit", (!consumer.manual).to_string()),
                row("member.id", consumer.member_id.to_string()),
                row("generation.id", consumer.generation.to_string()),
                row(texts.exceptions, consumer.exceptions.to_string()),
            ]) }
            { section(texts.positions, true, listing(&head, rows.collect(), texts.none)) }
            if let Some(error) = &consumer.last_exception { { section(texts.last_exception, true, html! { <p class="mono">{ error.to_string() }</p> }) } }
        </>
    }
}
