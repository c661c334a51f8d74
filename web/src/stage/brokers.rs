//! A card for each broker name: its master with the lanes of its queues, its slaves as strips.

use lab_core::time::Instant;
use lab_core::view::{BrokerView, NodeStatus, TopicView};
use yew::prelude::*;

use super::StageProps;
use super::card::{head, more, select, status, status_class};
use super::lane::lane;
use super::menu::popover;
use crate::geometry::{BrokerGroup, Rect, broker_groups, size};
use crate::text::{bytes, span};

/// All broker cards.
pub(super) fn cards(props: &StageProps) -> Html {
    let groups = broker_groups(&props.shown.view);
    let rects = props.shown.layout.cards.iter().map(|(_, rect)| *rect);
    let card = |(group, rect): (BrokerGroup<'_>, Rect)| {
        let state = group.master.map_or("st-stopped", |master| status_class(master.node.status));
        let selected =
            group.master.is_some_and(|master| props.selects(&master.node.id)).then_some("selected");
        html! {
            <div key={group.name.to_string()} class={classes!("card", "broker", state, selected)} style={rect.style()}
                role="group" aria-label={(props.texts.replicas_of)(group.name.as_str())}
                data-testid={group.master.map(|master| format!("node-{}", master.node.id))}
                onclick={group.master.map(|master| select(props, &master.node))}>
                if let Some(master) = group.master { { self::master(props, master, rect.w) } }
                { for group.slaves.iter().map(|slave| self::slave(props, slave, group.master)) }
            </div>
        }
    };
    html! { <>{ for groups.into_iter().zip(rects).map(card) }</> }
}

fn master(props: &StageProps, broker: &BrokerView, width: f64) -> Html {
    let texts = props.texts;
    let topics: Vec<&TopicView> = broker.topics.iter().filter(|topic| !topic.system).collect();
    let rect = props.shown.layout.places.get(&broker.node.id).map(|place| place.rect).unwrap_or_default();
    let height = format!("height:{:.0}px", rect.h - size::head(width));
    let wide = width >= size::BROKER_WIDE;
    html! {
        <>
            { head(props, &broker.node, html! { <span class="role">{ broker.role.to_string().replace('_', " ") }</span> }) }
            if !wide { { registration(props, broker) } }
            <div class="lanes" style={height}>
                if topics.is_empty() {
                    <div class="topic"><span>{ texts.no_topic }</span>if wide { { registration(props, broker) } }</div>
                }
                { for topics.into_iter().enumerate().map(|(place, topic)| lanes(props, broker, topic, width, wide && place == 0)) }
            </div>
            { popover(props, &broker.node) }
        </>
    }
}

fn lanes(props: &StageProps, broker: &BrokerView, topic: &TopicView, width: f64, first: bool) -> Html {
    let perm = lab_core::rpc::perm::text(topic.config.perm);
    let queues = (props.texts.queue_counts)(topic.config.read_queue_nums, topic.config.write_queue_nums);
    html! {
        <>
            <div class="topic"><b>{ topic.topic.to_string() }</b><span>{ format!("{queues} · {perm}") }</span>
                if first { { registration(props, broker) } }</div>
            { for topic.queues.iter().map(|queue| lane(props, broker, topic, queue, width)) }
        </>
    }
}

/// Who knows of it, and how far its log is.
fn registration(props: &StageProps, broker: &BrokerView) -> Html {
    let texts = props.texts;
    let now = props.shown.view.at;
    let log = &broker.log;
    let size = bytes(log.max.0 - log.min.0.min(log.max.0));
    let unsafe_bytes = log.max.0.saturating_sub(log.flushed.0);
    let flushed = if unsafe_bytes == 0 {
        String::new()
    } else {
        format!(" · {}", (texts.not_flushed)(&bytes(unsafe_bytes)))
    };
    let log = format!("{} {size}{flushed}", texts.log);
    if let Some(expires) = believed_until(props, broker) {
        let text = (texts.forgotten_in)(&span(expires.since(now)));
        return html! { <div class="line trouble" title={text.clone()}>{ text }{ " · " }{ log }</div> };
    }
    let last = broker.registered.iter().filter_map(|(_, at)| *at).max();
    let registered = match last {
        Some(at) if broker.node.status == NodeStatus::Up => (texts.registered)(&span(now.since(at))),
        _ => texts.not_registered.to_owned(),
    };
    let text = format!("{registered} · {log}");
    html! { <div class="line" title={text.clone()}>{ text }</div> }
}

/// For a broker that does not run: until when some name server believes that it does.
fn believed_until(props: &StageProps, broker: &BrokerView) -> Option<Instant> {
    if matches!(broker.node.status, NodeStatus::Up | NodeStatus::Starting) {
        return None;
    }
    let servers = &props.shown.view.name_servers;
    let entries = servers.iter().flat_map(|server| &server.brokers);
    let own = entries.filter(|entry| entry.address == broker.node.address && !entry.alive);
    own.map(|entry| entry.expires).max()
}

fn slave(props: &StageProps, broker: &BrokerView, master: Option<&BrokerView>) -> Html {
    let node = &broker.node;
    let texts = props.texts;
    let Some(place) = props.shown.layout.places.get(&node.id) else { return Html::default() };
    let rect = Rect { x: place.rect.x - place.card.x, y: place.rect.y - place.card.y, ..place.rect };
    let seen = master.and_then(|master| master.slaves.iter().find(|slave| slave.node == node.id));
    let connected = broker.master.is_some_and(|(_, connected)| connected);
    let text = match seen {
        Some(slave) if connected => (texts.behind)(&bytes(slave.behind)),
        _ => texts.not_replicating.to_owned(),
    };
    html! {
        <div key={node.id.to_string()} class={classes!("slave", status_class(node.status), props.selects(&node.id).then_some("selected"))}
            style={rect.style()} data-testid={format!("node-{}", node.id)} onclick={select(props, node)}>
            <button class="name" aria-pressed={props.selects(&node.id).to_string()} title={node.id.to_string()}>{ node.id.to_string() }</button>
            <span class="role">{ format!("SLAVE {}", broker.broker_id) }</span>
            <span class="line grow" title={text.clone()}>{ format!("{text} · {}", bytes(broker.log.max.0)) }</span>
            { status(props, node) }
            { more(props, node) }
            { popover(props, node) }
        </div>
    }
}
