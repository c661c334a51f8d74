//! Cards of producers and consumers: what they do, and what they believe.

use std::collections::BTreeMap;

use lab_core::config::MessageModel;
use lab_core::gather::Arrange as _;
use lab_core::id::NodeId;
use lab_core::time::{Duration, Instant};
use lab_core::view::{ConsumerView, ProducerView, RouteView};
use yew::prelude::*;

use super::StageProps;
use super::card::{head, select, status_class};
use super::menu::popover;
use crate::palette::group_class;
use crate::text::span;

/// A failure older than this is not shown on the card any more.
const RECENT: Duration = Duration::from_secs(60);

/// The names of the groups, above their members.
pub(super) fn labels(props: &StageProps) -> Html {
    let shown = &props.shown;
    let label = |label: &crate::geometry::GroupLabel| {
        let consumer = shown.view.consumers.iter().find(|it| label.consumers && it.group == label.group);
        let style = label.rect.style();
        match consumer {
            Some(consumer) => html! {
                <div class="group" {style} title={format!("{} · {} · {}", (props.texts.model)(consumer.model), consumer.model, consumer.strategy)}>
                    <i class={classes!("flag", group_class(shown.group_place(&label.group)))}></i>
                    <b>{ label.group.to_string() }</b><span>{ format!("{} · {}", consumer.model, consumer.strategy) }</span>
                </div>
            },
            None => html! {
                <div class="group" {style}>{ props.texts.producer_group }{ " " }<b>{ label.group.to_string() }</b></div>
            },
        }
    };
    html! { <>{ for shown.layout.labels.iter().map(label) }</> }
}

/// A producer's card.
pub(super) fn producer(props: &StageProps, producer: &ProducerView) -> Html {
    let node = &producer.node;
    let Some(place) = props.shown.layout.places.get(&node.id) else { return Html::default() };
    let texts = props.texts;
    let now = props.shown.view.at;
    let jobs: Vec<_> = producer
        .jobs
        .iter()
        .map(|job| match job.count {
            None => format!("→ {} {} {}", job.topic, texts.every, span(job.every)),
            Some(count) => format!("→ {} {}/{count}", job.topic, job.begun),
        })
        .collect();
    let job = if jobs.is_empty() { texts.idle.to_owned() } else { jobs.join(" · ") };
    html! {
        <div key={node.id.to_string()} class={classes!("card", "producer", status_class(node.status), props.selects(&node.id).then_some("selected"))}
            style={place.rect.style()} data-testid={format!("node-{}", node.id)} onclick={select(props, node)}>
            { head(props, node, Html::default()) }
            <div class="line" title={job.clone()}>{ job }</div>
            <div class="line">
                { texts.sent_ok }{ " " }<b class="num" data-testid={format!("sent-ok-{}", node.id)}>{ producer.succeeded }</b>
                { " · " }{ texts.sent_failed }{ " " }
                <b class={classes!("num", (producer.failed > 0).then_some("bad"))}
                    data-testid={format!("sent-failed-{}", node.id)}>{ producer.failed }</b>
            </div>
            { route_line(props, &node.id, &producer.routes, producer_trouble(props, producer, now)) }
            { popover(props, node) }
        </div>
    }
}

fn producer_trouble(props: &StageProps, producer: &ProducerView, now: Instant) -> Option<String> {
    let waiting = producer.jobs.iter().find_map(|job| job.waiting_for.as_ref());
    if let Some((broker, attempt, since)) = waiting
        && now.since(*since) > Duration::from_millis(300)
    {
        return Some((props.texts.waits_for)(broker.as_str(), *attempt, &span(now.since(*since))));
    }
    let (at, why) = producer.last_failure.as_ref().filter(|(at, _)| now.since(*at) < RECENT)?;
    Some(format!("{} {}", (props.texts.ago)(&span(now.since(*at))), (props.texts.trouble)(why)))
}

/// A consumer's card.
pub(super) fn consumer(props: &StageProps, consumer: &ConsumerView) -> Html {
    let node = &consumer.node;
    let Some(place) = props.shown.layout.places.get(&node.id) else { return Html::default() };
    let texts = props.texts;
    let queues = queues_text(consumer);
    let queues = if queues.is_empty() { texts.no_queue.to_owned() } else { queues };
    let cached: u32 = consumer.queues.iter().map(|queue| queue.cached).sum();
    let in_work: u32 = consumer.queues.iter().map(|queue| queue.in_work).sum();
    let trouble = consumer.queues.iter().find_map(|queue| queue.trouble.as_deref());
    let trouble = trouble.map(|why| (texts.trouble)(why).to_owned());
    let well = trouble.is_none() && consumer.routes.iter().all(|route| props.shown.stale(route).is_empty());
    html! {
        <div key={node.id.to_string()} class={classes!("card", "consumer", status_class(node.status), props.selects(&node.id).then_some("selected"))}
            style={place.rect.style()} data-testid={format!("node-{}", node.id)} onclick={select(props, node)}>
            { head(props, node, Html::default()) }
            <div class="line mono" title={queues.clone()}>{ queues }</div>
            <div class="line">
                { texts.consumed }{ " " }<b class="num" data-testid={format!("consumed-{}", node.id)}>{ consumer.consumed }</b>
                if cached > 0 { { format!(" · {}", (texts.in_flight)(cached, in_work)) } }
            </div>
            { route_line(props, &node.id, &consumer.routes, trouble) }
            if well && consumer.model == MessageModel::Broadcasting { <div class="line">{ texts.local_offsets }</div> }
            { popover(props, node) }
        </div>
    }
}

/// The queues by topic and broker: `broker-a q0 q1 · broker-b q3`.
fn queues_text(consumer: &ConsumerView) -> String {
    let mut by_broker: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    let several = consumer.topics.len() > 1;
    for queue in consumer.queues.iter().map(|it| &it.queue).filter(|queue| !queue.topic.is_retry()) {
        let topic = if several { queue.topic.as_str() } else { "" };
        by_broker
            .entry((topic, queue.broker_name.as_str()))
            .or_default()
            .push(format!("q{}", queue.queue_id));
    }
    let part = |((topic, broker), queues): ((&str, &str), Vec<String>)| {
        format!("{topic}{}{broker} {}", if topic.is_empty() { "" } else { "/" }, queues.join(" "))
    };
    by_broker.into_iter().map(part).collect::<Vec<_>>().join(" · ")
}

/// The age of the route, which gives way to what the route lists wrongly and to what is troublesome just now.
fn route_line(props: &StageProps, node: &NodeId, routes: &[RouteView], trouble: Option<String>) -> Html {
    let texts = props.texts;
    let route = routes.iter().filter(|route| !route.topic.is_retry()).min_by_key(|route| route.checked_at);
    let mut stale: Vec<String> = routes.iter().flat_map(|route| props.shown.stale(route)).collect();
    stale.arrange();
    stale.dedup();
    let testid = format!("route-{node}");
    let age = route.map(|route| (texts.route_age)(&span(props.shown.view.at.since(route.checked_at))));
    let age = age.unwrap_or_else(|| texts.no_route.to_owned());
    let stale = (!stale.is_empty()).then(|| (texts.stale)(&stale.join(", ")));
    let bad: Vec<_> = stale.into_iter().chain(trouble).collect();
    if bad.is_empty() {
        return html! { <div class="line" data-testid={testid}>{ age }</div> };
    }
    let text = bad.join(" · ");
    let title = format!("{text} · {age}");
    html! { <div class="line trouble more-lines" data-testid={testid} {title}>{ text }</div> }
}
