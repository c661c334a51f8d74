//! Cards of Kafka's nodes: the broker with a row for each partition and the group offsets in it, producers, consumers.

use lab_core::view::{
    KafkaBrokerView, KafkaCommitView, KafkaConsumerView, KafkaGroupView, KafkaLogView, KafkaPositionView,
    KafkaProducerView, KafkaRecordView, NodeView,
};
use yew::prelude::*;

use super::StageProps;
use super::card::{head, select, status_class};
use super::menu::popover;
use crate::geometry::{POSITIONS, kafka_lanes_height, kafka_topics, size};
use crate::palette::{group_class, letter};
use crate::text::signed;

/// Width of a record with the gap behind it.
const PITCH: f64 = 17.0;
/// Room beside the records of a lane: its number, its epoch, its end, the lag.
const BESIDE: f64 = 215.0;

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
            <div class="line">{ props.texts.sent_ok }{ " " }<b class="num" data-testid={format!("sent-ok-{}", producer.node.id)}>{ producer.sent }</b></div>
            if let Some(id) = &producer.transactional_id { <div class="line mono">{ format!("transactional.id {id}") }</div> }
            if producer.open_transaction { <div class="line trouble">{ texts.open_transaction }</div> }
        </>
    };
    card(props, &producer.node, "producer", body)
}

fn consumer(props: &StageProps, consumer: &KafkaConsumerView) -> Html {
    let texts = props.texts.kafka;
    let line = |position: &KafkaPositionView| {
        let offset = position.offset.map_or_else(|| "–".to_owned(), |offset| offset.to_string());
        let state = (texts.state)(position);
        let class = classes!("line", position.stalled.is_some().then_some("trouble"));
        let place = format!("{}@{offset}", position.partition);
        html! { <div {class} title={format!("{place} {state}")}><span class="mono">{ place }</span>{ " " }{ state }</div> }
    };
    let more = consumer.positions.len().saturating_sub(POSITIONS);
    let group = format!("{} · auto.offset.reset={}", consumer.group, consumer.reset);
    let body = html! {
        <>
            <div class="line" title={group.clone()}>{ group }</div>
            if consumer.positions.is_empty() { <div class="line">{ texts.no_partition }</div> }
            { for consumer.positions.iter().take(POSITIONS).map(line) }
            if more > 0 { <div class="line">{ (props.texts.and_more)(more) }</div> }
            if let Some(error) = &consumer.last_exception { <div class="line trouble" title={error.to_string()}>{ error.to_string() }</div> }
        </>
    };
    card(props, &consumer.node, "consumer", body)
}

fn broker(props: &StageProps, broker: &KafkaBrokerView) -> Html {
    let width = props.shown.layout.places.get(&broker.node.id).map_or(0.0, |place| place.rect.w);
    let topics = kafka_topics(broker);
    let height = format!("height:{:.0}px", kafka_lanes_height(broker));
    let body = html! {
        <div class="lanes" style={height}>
            if topics.is_empty() { <div class="topic"><span>{ props.texts.no_topic }</span></div> }
            { for topics.into_iter().enumerate().map(|(place, (topic, logs))| html! {
                <>
                    <div class="topic"><b>{ topic.to_string() }</b><span>{ (props.texts.kafka.partitions)(logs.len()) }</span>
                        if place == 0 { { groups(broker) } }</div>
                    { for logs.into_iter().map(|log| lane(props, broker, log, width)) }
                </>
            }) }
        </div>
    };
    card(props, &broker.node, "broker", body)
}

/// Which mark is whose.
fn groups(broker: &KafkaBrokerView) -> Html {
    let with_offsets = broker.groups.iter().enumerate().filter(|(_, group)| !group.offsets.is_empty());
    let group = |(place, group): (usize, &KafkaGroupView)| {
        html! { <span><i class={classes!("cell-flag", group_class(place))}></i>{ group.group.to_string() }</span> }
    };
    html! { <span class="owners">{ for with_offsets.map(group) }</span> }
}

/// A group's commit in a partition, with the place of the group, which decides its colour.
type Commit<'a> = (usize, &'a KafkaGroupView, &'a KafkaCommitView);

/// A partition: its newest records, where each group has committed, its end, the lag of the first group; each further
/// group in a line below.
fn lane(props: &StageProps, broker: &KafkaBrokerView, log: &KafkaLogView, width: f64) -> Html {
    let texts = props.texts.kafka;
    let across = (((width - BESIDE) / PITCH).floor().max(3.0) as usize).min(size::WINDOW);
    let first = log.end.saturating_sub(across as u64).max(log.start);
    let of = |(place, group)| commits_in(place, group, log);
    let commits: Vec<Commit<'_>> = broker.groups.iter().enumerate().flat_map(of).collect();
    let done = commits.iter().map(|(_, _, commit)| commit.offset).min();
    let records = log.records.iter().filter(|record| record.offset >= first);
    let track = format!("width:{:.0}px", across as f64 * PITCH + 4.0);
    let epoch = format!("epoch {}", log.leader_epoch);
    let mut title = format!(
        "{} {}..{} · {} {} · {} {}",
        log.partition, log.start, log.end, texts.stable, log.last_stable, texts.epoch, log.leader_epoch
    );
    commits.iter().for_each(|commit| {
        title.push('\n');
        title.push_str(&who(commit));
    });
    let state = if log.has_leader { epoch } else { texts.no_leader.to_owned() };
    html! {
        <>
            <div class="lane" {title} data-testid={format!("partition-{}-{}", broker.node.id, log.partition)}>
                <span class="qid">{ log.partition.partition }</span>
                <span class="min">{ if first > log.start { "…" } else { "" } }</span>
                <div class="track" style={track}>
                    { for records.map(|record| square(props, record, first, done)) }
                    { for commits.iter().map(|commit| flag(commit, first, across)) }
                </div>
                <span class="nums">
                    <small class={(!log.has_leader).then_some("bad")}>{ state }</small>
                    <b>{ log.end }</b>
                    { commits.first().map_or_else(|| html! { <span>{ "–" }</span> }, |(_, _, commit)| lag(props, commit)) }
                </span>
            </div>
            { for commits.iter().skip(1).map(|(place, group, commit)| html! {
                <div class="lane-more"><i class={classes!("cell-flag", group_class(*place))}></i>
                    <span>{ group.group.to_string() }</span><b>{ commit.offset }</b>{ lag(props, commit) }</div>
            }) }
        </>
    }
}

fn commits_in<'a>(
    place: usize,
    group: &'a KafkaGroupView,
    log: &'a KafkaLogView,
) -> impl Iterator<Item = Commit<'a>> {
    let here = group.offsets.iter().filter(|commit| commit.partition == log.partition);
    here.map(move |commit| (place, group, commit))
}

/// Log end less offset; a group that is beyond the log stands out.
fn lag(props: &StageProps, commit: &KafkaCommitView) -> Html {
    let class = (commit.lag < 0).then_some("beyond");
    html! { <span {class}>{ (props.texts.lag)(commit.lag) }</span> }
}

/// What a mark says.
fn who((_, group, commit): &Commit<'_>) -> String {
    let epoch = commit.leader_epoch.map_or_else(|| "–".to_owned(), |epoch| epoch.to_string());
    format!("{} ▼ {} · epoch {epoch} · LAG {}", group.group, commit.offset, signed(commit.lag))
}

fn flag(commit: &Commit<'_>, first: u64, across: usize) -> Html {
    let slot = commit.2.offset.saturating_sub(first).min(across as u64);
    let left = slot as f64 * PITCH + (commit.0 % 3) as f64 - 1.0;
    let classes = classes!("flag", "committed", group_class(commit.0));
    html! { <i class={classes} style={format!("left:{left:.0}px")} title={who(commit)}></i> }
}

/// A record with the first letter of its key; a marker of a transaction as a diamond.
fn square(props: &StageProps, record: &KafkaRecordView, first: u64, done: Option<u64>) -> Html {
    let left = (record.offset - first) as f64 * PITCH + 2.0;
    let title = match (&record.key, record.marker) {
        (_, Some(marker)) => format!("{} {}", record.offset, marker.word()),
        (Some(key), None) => format!("{} {key} · epoch {}", record.offset, record.leader_epoch),
        (None, None) => record.offset.to_string(),
    };
    let colour = props.shown.tags.colour(None);
    let style = format!("left:{left:.0}px;--c:{};--ink:{}", colour.fill, colour.ink);
    let kind = match (record.marker, record.transactional) {
        (Some(_), _) => Some("marker"),
        (None, true) => Some("transactional"),
        (None, false) => None,
    };
    let consumed = done.is_some_and(|offset| record.offset < offset).then_some("done");
    let sign = match record.marker {
        Some(_) => '◆',
        None => letter(record.key.as_ref()).unwrap_or('·'),
    };
    html! { <i class={classes!("msg", kind, consumed)} {style} {title}>{ sign }</i> }
}
