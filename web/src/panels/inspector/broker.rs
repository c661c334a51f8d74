//! A broker: topics, commit log, queues, offsets, held pulls, replicas, clients, settings.

use lab_core::view::{ActingState, BrokerView, MessageView, TopicKind, TopicView};
use yew::prelude::*;

use super::InspectorProps;
use super::parts::{keyed_section, listing, row, row_of, section, settings, state_section, table};
use super::{broker_keeps, controller, cuts, dledger, pop};
use crate::palette::letter;
use crate::session::Selection;
use crate::session::following::{Following, following};
use crate::text::{bytes, span};

/// Everything about a broker.
pub(super) fn panel(props: &InspectorProps, broker: &BrokerView) -> Html {
    let texts = props.texts;
    let of_kind = |kind| broker.topics.iter().filter(|topic| topic.kind() == kind).collect::<Vec<_>>();
    let (retry, dead) = (of_kind(TopicKind::Retry), of_kind(TopicKind::DeadLetter));
    let messages = |topics: &[&TopicView]| topics.iter().map(|topic| topic.messages()).sum();
    html! {
        <>
            { cuts::section(props, broker) }
            { identity(props, broker) }
            { dledger::section(props, broker) }
            { controller::broker_section(props, broker) }
            { section(texts.commit_log, true, log(props, broker)) }
            { state_section(props, texts.states.disk, "disk", broker.disk.is_full, disk(props, broker)) }
            { state_section(props, texts.topics, "topics", true, topics(props, &of_kind(TopicKind::Ordinary))) }
            if !retry.is_empty() {
                { keyed_section("retry-topics", &(texts.states.retry_topics)(retry.len(), messages(&retry)), false, topics(props, &retry)) }
            }
            if !dead.is_empty() {
                { keyed_section("dead-letter-topics", &(texts.states.dead_letter_topics)(dead.len(), messages(&dead)), false, topics(props, &dead)) }
            }
            { broker_keeps::delayed(props, broker) }
            { broker_keeps::half_messages(props, broker) }
            { broker_keeps::locks(props, broker) }
            { state_section(props, texts.group_offsets, "offsets", true, offsets(props, broker)) }
            { broker_keeps::groups(props, broker) }
            { pop::broker(props, broker) }
            { state_section(props, texts.held_pulls, "held-pulls", false, held(props, broker)) }
            if broker.dledger.is_none() {
                { state_section(props, texts.slaves, "replication", !broker.slaves.is_empty(), slaves(props, broker)) }
            }
            { section(texts.clients, false, clients(props, broker)) }
            { section(texts.system_topics, false, topics(props, &of_kind(TopicKind::System))) }
            { settings(texts.settings, &broker.settings) }
        </>
    }
}

fn identity(props: &InspectorProps, broker: &BrokerView) -> Html {
    let texts = props.texts;
    let now = props.shown.view.at;
    let mut rows = vec![
        row("brokerName", broker.broker_name.to_string()),
        row("brokerId", texts.replicas.id(broker.broker_id)),
        row("brokerClusterName", broker.cluster.to_string()),
        row("brokerRole", broker.role.to_string()),
        row("flushDiskType", broker.flush.to_string()),
        row("brokerPermission", broker.permission.to_string()),
    ];
    match (following(&props.shown.view, broker), broker.master) {
        (Some(Following::Behind(leader, entries)), _) => {
            let text = (texts.replicas.following)(&Following::Behind(leader.clone(), entries));
            let value = html! { <>{ props.node_link(&leader) }{ " · " }{ text }</> };
            rows.push(row_of(texts.states.leader, value));
        }
        (Some(following), _) => rows.push(row(texts.states.leader, (texts.replicas.following)(&following))),
        (None, Some((address, connected))) => {
            let state = if connected { texts.connected } else { texts.not_connected };
            rows.push(row(texts.master, format!("{address} {state}")));
        }
        (None, None) => {}
    }
    rows.extend(broker.acting.iter().flat_map(|acting| acting_rows(props, acting)));
    for (address, at) in &broker.registered {
        let text = at.map_or_else(|| texts.never.to_owned(), |at| (texts.ago)(&span(now.since(at))));
        let server = props.shown.view.name_servers.iter().find(|server| server.node.address == *address);
        let name = server.map_or_else(|| address.to_string(), |server| server.node.id.to_string());
        rows.push(row(&(texts.registered_at)(&name), text));
    }
    table(rows)
}

/// How it stands where a slave may act for its master.
fn acting_rows(props: &InspectorProps, acting: &ActingState) -> Vec<Html> {
    let (texts, now) = (props.texts.acting, props.shown.view.at);
    let alive = acting.alive.map_or_else(|| texts.unknown.to_owned(), |alive| alive.to_string());
    let state = if acting.is_isolated { texts.isolated } else { texts.online };
    let mut rows = vec![
        row(texts.min_broker_id, props.texts.replicas.id(acting.min_broker_id)),
        row(texts.alive, alive),
        row(texts.state, state.to_owned()),
    ];
    if let Some(since) = acting.acting_since {
        rows.push(row(texts.acting_since, span(now.since(since))));
    }
    if acting.escapes > 0 {
        rows.push(row(texts.escapes, acting.escapes.to_string()));
    }
    if let Some(copies) = acting.in_sync {
        let text = (texts.in_sync_of)(copies.present, copies.needed);
        let is_short = copies.present < copies.needed;
        rows.push(row_of(texts.in_sync, html! { <span class={is_short.then_some("bad")}>{ text }</span> }));
    }
    rows
}

fn log(props: &InspectorProps, broker: &BrokerView) -> Html {
    let texts = props.texts;
    let log = &broker.log;
    let behind = log.max.0.saturating_sub(log.flushed.0);
    table(vec![
        row("minOffset", log.min.to_string()),
        row("maxOffset", log.max.to_string()),
        row(texts.flushed_to, format!("{} (−{})", log.flushed, bytes(behind))),
        row(texts.dispatched_to, log.dispatched.to_string()),
        row(texts.records, log.records.to_string()),
    ])
}

fn disk(props: &InspectorProps, broker: &BrokerView) -> Html {
    let (texts, disk) = (props.texts.states, &broker.disk);
    let used = format!("{}% · {} / {}", disk.used_percent, bytes(disk.used), bytes(disk.capacity));
    let state = if disk.is_full { texts.disk_full } else { texts.disk_writable };
    table(vec![
        row(texts.disk_used, used),
        row_of(props.texts.state, html! { <span class={disk.is_full.then_some("bad")}>{ state }</span> }),
    ])
}

fn topics(props: &InspectorProps, topics: &[&TopicView]) -> Html {
    let texts = props.texts;
    if topics.is_empty() {
        return html! { <p class="muted">{ texts.none }</p> };
    }
    let one = |topic: &&TopicView| {
        let perm = lab_core::rpc::perm::text(topic.config.perm);
        let queues = (texts.queue_counts)(topic.config.read_queue_nums, topic.config.write_queue_nums);
        let rows = topic.queues.iter().map(|queue| {
            html! {
                <tr><td>{ format!("q{}", queue.queue_id) }</td><td class="num">{ queue.min.to_string() }</td>
                    <td class="num">{ queue.max.to_string() }</td>
                    <td><span class="squares">{ for queue.messages.iter().map(|message| square(props, message)) }</span></td></tr>
            }
        });
        html! {
            <div key={topic.topic.to_string()}>
                <p class="sub"><b>{ topic.topic.to_string() }</b>{ format!(" {queues} · {perm}") }</p>
                { listing(&[texts.queue, "min", "max", texts.newest], rows.collect(), texts.none) }
            </div>
        }
    };
    html! { <>{ for topics.iter().map(one) }</> }
}

fn square(props: &InspectorProps, message: &MessageView) -> Html {
    let colour = props.shown.tags.colour(message.tag.as_ref());
    let key = message.key.as_deref().or(message.tag.as_deref()).unwrap_or("-");
    let name = format!("{} {key} @{}", props.texts.message, message.offset);
    let onclick = message.unique_key.clone().map(|key| props.select(Selection::Message(key)));
    html! {
        <button class="msg sample" aria-label={name.clone()} title={name} {onclick}
            style={format!("--c:{};--ink:{}", colour.fill, colour.ink)}>{ letter(message.tag.as_ref()).unwrap_or('·') }</button>
    }
}

fn offsets(props: &InspectorProps, broker: &BrokerView) -> Html {
    let texts = props.texts;
    let rows = broker.offsets.iter().map(|offset| {
        html! {
            <tr><td>{ offset.group.to_string() }</td><td>{ format!("{}/q{}", offset.topic, offset.queue_id) }</td>
                <td class="num">{ offset.offset.to_string() }</td><td class={classes!("num", (offset.lag < 0).then_some("bad"))}>{ offset.lag }</td></tr>
        }
    });
    listing(&[texts.group_name, texts.queue, texts.offset, "Diff"], rows.collect(), texts.none)
}

fn held(props: &InspectorProps, broker: &BrokerView) -> Html {
    let texts = props.texts;
    let now = props.shown.view.at;
    let rows = broker.held_pulls.iter().map(|held| {
        html! {
            <tr><td>{ props.node_link(&held.consumer) }</td><td>{ format!("{}/q{}@{}", held.topic, held.queue_id, held.offset) }</td>
                <td>{ span(now.since(held.since)) }</td><td>{ span(held.until.since(now)) }</td></tr>
        }
    });
    listing(&[texts.consumer, texts.queue, texts.since, texts.until_in], rows.collect(), texts.none)
}

fn slaves(props: &InspectorProps, broker: &BrokerView) -> Html {
    let texts = props.texts;
    let rows = broker.slaves.iter().map(|slave| {
        html! {
            <tr><td>{ props.node_link(&slave.node) }</td><td class="num">{ slave.acknowledged.to_string() }</td><td>{ (texts.behind)(&bytes(slave.behind)) }</td></tr>
        }
    });
    listing(&[texts.slave, texts.acknowledged, texts.lacks], rows.collect(), texts.none)
}

fn clients(props: &InspectorProps, broker: &BrokerView) -> Html {
    let texts = props.texts;
    let now = props.shown.view.at;
    let rows = broker.clients.iter().map(|client| {
        let kind = if client.consumes { texts.consumer } else { texts.producer };
        html! {
            <tr><td>{ &client.client_id }<br /><small>{ kind }</small></td><td>{ client.group.to_string() }</td>
                <td>{ (texts.ago)(&span(now.since(client.last_heartbeat))) }</td></tr>
        }
    });
    listing(&["clientId", texts.group_name, texts.heartbeat], rows.collect(), texts.none)
}
