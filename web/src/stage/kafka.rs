//! Cards of Kafka's nodes: the broker with a row for each partition and the group offsets in it, producers, consumers.

use lab_core::view::{
    KafkaBrokerView, KafkaConsumerView, KafkaLogView, KafkaProducerView, KafkaRecordView, NodeView,
};
use yew::prelude::*;

use super::StageProps;
use super::card::{head, select, status_class};
use super::menu::popover;

/// Width of a record with the gap behind it.
const PITCH: f64 = 17.0;
/// Room beside the records of a row.
const BESIDE: f64 = 150.0;

/// All cards.
pub(super) fn cards(props: &StageProps) -> Html {
    let kafka = &props.shown.view.kafka;
    html! {
        <>
            { for kafka.producers.iter().map(|it| producer(props, it)) }
            { for kafka.brokers.iter().map(|it| broker(props, it)) }
            { for kafka.consumers.iter().map(|it| consumer(props, it)) }
        </>
    }
}

fn card(props: &StageProps, node: &NodeView, kind: &'static str, body: Html) -> Html {
    let Some(place) = props.shown.layout.places.get(&node.id) else { return Html::default() };
    let remark = html! { <span class="muted">{ "Kafka" }</span> };
    html! {
        <div key={node.id.to_string()} class={classes!("card", kind, "kafka", status_class(node.status), props.selects(&node.id).then_some("selected"))}
            style={place.rect.style()} data-testid={format!("node-{}", node.id)} onclick={select(props, node)}>
            { head(props, node, remark) }
            { body }
            { popover(props, node) }
        </div>
    }
}

fn producer(props: &StageProps, producer: &KafkaProducerView) -> Html {
    let texts = props.texts.kafka;
    let target = producer
        .target
        .as_ref()
        .map_or_else(|| props.texts.idle.to_owned(), |partition| format!("→ {partition}"));
    let body = html! {
        <>
            <div class="line">{ target }</div>
            <div class="line">{ texts.sent }{ " " }<b class="num" data-testid={format!("sent-ok-{}", producer.node.id)}>{ producer.sent }</b></div>
            if let Some(id) = &producer.transactional_id { <div class="line mono">{ format!("transactional.id {id}") }</div> }
            if producer.open_transaction { <div class="line trouble">{ texts.open_transaction }</div> }
        </>
    };
    card(props, &producer.node, "producer", body)
}

fn consumer(props: &StageProps, consumer: &KafkaConsumerView) -> Html {
    let texts = props.texts.kafka;
    let line = |position: &lab_core::view::KafkaPositionView| {
        let offset = position.offset.map_or_else(|| "–".to_owned(), |offset| offset.to_string());
        let state = (texts.state)(position);
        let class = classes!("line", position.stalled.is_some().then_some("trouble"));
        html! { <div {class} title={state.clone()}><span class="mono">{ format!("{}@{offset}", position.partition) }</span>{ " " }{ state }</div> }
    };
    let body = html! {
        <>
            <div class="line">{ format!("{} · auto.offset.reset={}", consumer.group, consumer.reset) }</div>
            { for consumer.positions.iter().map(line) }
            if let Some(error) = &consumer.last_exception { <div class="line trouble" title={error.to_string()}>{ error.to_string() }</div> }
        </>
    };
    card(props, &consumer.node, "consumer", body)
}

fn broker(props: &StageProps, broker: &KafkaBrokerView) -> Html {
    let width = props.shown.layout.places.get(&broker.node.id).map_or(0.0, |place| place.rect.w);
    let body = html! { <>{ for broker.logs.iter().map(|log| row(props, broker, log, width)) }</> };
    card(props, &broker.node, "broker", body)
}

/// A partition: its newest records, its ends, and the group offsets in it.
fn row(props: &StageProps, broker: &KafkaBrokerView, log: &KafkaLogView, width: f64) -> Html {
    let texts = props.texts.kafka;
    let across = ((width - BESIDE) / PITCH).floor().max(3.0) as usize;
    let skipped = log.records.len().saturating_sub(across);
    let commits = broker.groups.iter().flat_map(|group| {
        let of = |commit: &&lab_core::view::KafkaCommitView| commit.partition == log.partition;
        group.offsets.iter().filter(of).map(move |commit| (group, commit))
    });
    let title = format!("{} {} · {} {}", texts.stable, log.last_stable, texts.start, log.start);
    html! {
        <>
            <div class="line mono" {title}>{ format!("{} {}..{} · {} {}", log.partition, log.start, log.end, texts.epoch, log.leader_epoch) }</div>
            <div class="track">{ for log.records.iter().skip(skipped).map(record) }</div>
            { for commits.map(|(group, commit)| {
                let epoch = commit.leader_epoch.map_or_else(|| texts.none.to_owned(), |epoch| epoch.to_string());
                html! { <div class="line mono">{ format!("{} {} · epoch {epoch} · LAG {}", group.group, commit.offset, commit.lag) }</div> }
            }) }
        </>
    }
}

fn record(record: &KafkaRecordView) -> Html {
    let title = match (&record.key, record.marker) {
        (_, Some(marker)) => format!("{} {}", record.offset, marker.word()),
        (Some(key), None) => format!("{} {key} · epoch {}", record.offset, record.leader_epoch),
        (None, None) => record.offset.to_string(),
    };
    let sign = if record.marker.is_some() {
        "◆"
    } else if record.transactional {
        "▣"
    } else {
        "■"
    };
    html! { <span class="mono" {title}>{ sign }</span> }
}
