//! Producers and consumers: what they believe, what they hold, what they are about to do.

use lab_core::id::TopicName;
use lab_core::view::{ConsumerView, ProcessQueueView, ProducerView, RouteView};
use yew::prelude::*;

use super::InspectorProps;
use super::parts::{listing, row, row_of, section, settings, state_section, table};
use super::pop;
use crate::text::span;

/// A producer.
pub(super) fn producer(props: &InspectorProps, producer: &ProducerView) -> Html {
    let texts = props.texts;
    let now = props.shown.view.at;
    let jobs = producer.jobs.iter().map(|job| {
        let count = job.count.map_or_else(|| "∞".to_owned(), |count| count.to_string());
        let waiting = job.waiting_for.as_ref().map(|(broker, attempt, since)| {
            (texts.waits_for)(broker.as_str(), *attempt, &span(now.since(*since)))
        });
        html! {
            <tr><td>{ job.topic.to_string() }<br /><small><code>{ &job.command }</code></small></td><td>{ span(job.every) }</td><td class="num">{ format!("{}/{count}", job.begun) }</td><td>{ waiting }</td></tr>
        }
    });
    let faults = producer.faults.iter().map(|fault| {
        html! {
            <tr><td>{ fault.broker_name.to_string() }</td><td>{ span(fault.latency) }</td><td>{ span(fault.until.since(now)) }</td></tr>
        }
    });
    let failure = producer
        .last_failure
        .as_ref()
        .map_or_else(|| texts.none.to_owned(), |(at, why)| format!("{at} {}", (texts.trouble)(why)));
    html! {
        <>
            { table(vec![
                row("clientId", producer.client_id.to_string()),
                row(texts.group_name, producer.group.to_string()),
                row(texts.its_name_server, address(producer.name_server, texts.none)),
                row(texts.sent_ok, producer.succeeded.to_string()),
                row(texts.sent_failed, producer.failed.to_string()),
                row(texts.last_failure, failure),
            ]) }
            { section(texts.jobs, true, listing(&[texts.topic, texts.every, texts.begun, texts.waiting], jobs.collect(), texts.none)) }
            if !producer.transactions.is_empty() { { transactions(props, producer) } }
            { routes(props, &producer.routes) }
            { state_section(props, texts.faults, "fault-list", !producer.faults.is_empty(), listing(&[texts.broker, texts.latency, texts.avoided_for], faults.collect(), texts.none)) }
            { settings(texts.settings, &producer.settings) }
        </>
    }
}

fn transactions(props: &InspectorProps, producer: &ProducerView) -> Html {
    let texts = props.texts.states;
    let rows = producer.transactions.iter().map(|it| {
        html! {
            <tr><td>{ props.message_link(Some(&it.unique_key), None) }</td><td class="num">{ (texts.transaction)(it.state) }</td>
                <td class="num">{ it.asked }</td><td>{ (texts.transaction)(it.next_answer) }</td></tr>
        }
    });
    let head = [props.texts.message, texts.local_transaction, texts.asked, texts.next_answer];
    let title = (texts.transactions)(producer.transactions.len());
    state_section(props, &title, "transactions", true, listing(&head, rows.collect(), props.texts.none))
}

/// How a consumer consumes, and what it has in hand.
fn consuming(props: &InspectorProps, consumer: &ConsumerView) -> Vec<Html> {
    let texts = props.texts.states;
    let reset = consumer.resets.first().map_or("", TopicName::as_str);
    let pulling = if consumer.suspended { (texts.suspended)(reset) } else { texts.pulls.to_owned() };
    let retries = consumer.settings.iter().find(|(key, _)| *key == "maxReconsumeTimes");
    vec![
        row(texts.listener, if consumer.orderly { texts.orderly } else { texts.concurrently }),
        row(texts.fails, consumer.fail.to_string()),
        row(texts.retry_level, consumer.retry_level.to_string()),
        row(texts.max_reconsume, retries.map_or_else(String::new, |(key, value)| format!("{key}={value}"))),
        row(texts.retries_in_hand, consumer.retries_in_hand.to_string()),
        row_of(texts.pulling, html! { <span class={consumer.suspended.then_some("bad")}>{ pulling }</span> }),
    ]
}

/// In order: whether the consumer believes to hold the lock of the queue.
fn lock(props: &InspectorProps, orderly: bool, queue: &ProcessQueueView) -> Html {
    let texts = props.texts.states;
    let age = |at| span(props.shown.view.at.since(at));
    match queue.locked {
        _ if queue.dropped => html! { <span class="bad">{ texts.dropped }</span> },
        Some(at) => html! { { (texts.locked)(&age(at)) } },
        None if orderly => html! { <span class="bad">{ texts.not_locked }</span> },
        None => Html::default(),
    }
}

/// A consumer.
pub(super) fn consumer(props: &InspectorProps, consumer: &ConsumerView) -> Html {
    let texts = props.texts;
    let now = props.shown.view.at;
    let topics: Vec<_> = consumer.topics.iter().map(|topic| topic.as_str()).collect();
    let queues = consumer.queues.iter().map(|queue| {
        let commit = queue.commit_offset.map_or_else(|| "–".to_owned(), |offset| offset.to_string());
        let pulled = queue.last_pull.map_or_else(|| "–".to_owned(), |at| (texts.ago)(&span(now.since(at))));
        html! {
            <>
                <tr><th colspan="4" scope="rowgroup" class="of-queue">{ &queue.queue }
                    <small>{ queue.trouble.as_deref().map(|it| html! { <span class="bad">{ (texts.trouble)(it) }</span> }) }{ " " }{ lock(props, consumer.orderly, queue) }</small></th></tr>
                <tr><td class="num">{ queue.pull_offset.to_string() }</td><td class="num">{ commit }</td>
                    <td class="num">{ format!("{}/{}", queue.in_work, queue.cached) }</td>
                    <td>{ pulled }<br /><small>{ (texts.ago)(&span(now.since(queue.last_consume))) }</small></td></tr>
            </>
        }
    });
    let local = consumer.local_offsets.iter().map(|(queue, offset)| {
        html! { <tr><td>{ queue.to_string() }</td><td class="num">{ offset.to_string() }</td></tr> }
    });
    let rebalanced = consumer
        .last_rebalance
        .map_or_else(|| texts.never.to_owned(), |at| (texts.ago)(&span(now.since(at))));
    html! {
        <>
            { table(vec![
                row("clientId", consumer.client_id.to_string()),
                row(texts.group_name, consumer.group.to_string()),
                row(texts.topic, topics.join(", ")),
                row(texts.tag_filter, consumer.tags.to_string()),
                row(texts.model_name, format!("{} · {}", consumer.model, (texts.model)(consumer.model))),
                row(texts.from, consumer.from.to_string()),
                row(texts.strategy, consumer.strategy.to_string()),
                row(texts.work, span(consumer.work)),
                row(texts.its_name_server, address(consumer.name_server, texts.none)),
                row(texts.consumed, consumer.consumed.to_string()),
                row(texts.last_rebalance, rebalanced),
            ]) }
            { table(consuming(props, consumer)) }
            { state_section(props, texts.process_queues, "process-queue", true, listing(
                &[texts.pulled_to, texts.commits, texts.in_work_cached, &format!("{} · {}", texts.last_pull, texts.states.last_consume)], queues.collect(), texts.no_queue)) }
            { pop::consumer(props, consumer) }
            { routes(props, &consumer.routes) }
            if !consumer.local_offsets.is_empty() {
                { section(texts.local_offsets, true, listing(&[texts.queue, texts.offset], local.collect(), texts.none)) }
            }
            { settings(texts.settings, &consumer.settings) }
        </>
    }
}

fn address(address: Option<lab_core::id::Address>, none: &str) -> String {
    address.map_or_else(|| none.to_owned(), |address| address.to_string())
}

/// What the client believes of each topic.
fn routes(props: &InspectorProps, routes: &[RouteView]) -> Html {
    let texts = props.texts;
    let now = props.shown.view.at;
    let one = |route: &RouteView| {
        let stale = props.shown.stale(route);
        let brokers = route.brokers.iter().map(|(name, id, address)| {
            let dead = stale.iter().any(|it| *it == name.as_str() || *it == format!("{name}:{id}"));
            html! { <tr><td class={dead.then_some("bad")}>{ format!("{name}:{id}") }</td><td>{ address.to_string() }</td></tr> }
        });
        html! {
            <div key={route.topic.to_string()}>
                <p class="sub"><b>{ route.topic.to_string() }</b>{ " " }{ (texts.route_age)(&span(now.since(route.checked_at))) }</p>
                if !stale.is_empty() { <p class="bad">{ (texts.stale)(&stale.join(", ")) }</p> }
                { listing(&[texts.broker, texts.address], brokers.collect(), texts.none) }
                { table(vec![
                    row(texts.changed, (texts.ago)(&span(now.since(route.changed_at)))),
                    row(texts.writable, queues(&route.writable)),
                    row(texts.readable, queues(&route.readable)),
                ]) }
            </div>
        }
    };
    state_section(
        props,
        texts.cached_route,
        "publish-list",
        true,
        if routes.is_empty() {
            html! { <p class="muted">{ texts.no_route }</p> }
        } else {
            html! { <>{ for routes.iter().map(one) }</> }
        },
    )
}

fn queues(queues: &[lab_core::id::MessageQueue]) -> String {
    let names: Vec<_> =
        queues.iter().map(|queue| format!("{}/q{}", queue.broker_name, queue.queue_id)).collect();
    if names.is_empty() { "–".to_owned() } else { names.join(" ") }
}
