//! A name server's tables.

use lab_core::view::NameServerView;
use yew::prelude::*;

use super::InspectorProps;
use super::parts::{listing, section, settings, state_section};
use crate::text::span;

/// Broker table, topic table, last removals.
pub(super) fn panel(props: &InspectorProps, server: &NameServerView) -> Html {
    let texts = props.texts;
    let now = props.shown.view.at;
    let brokers = server.brokers.iter().map(|broker| {
        let alive = if broker.alive { texts.alive } else { texts.dead };
        html! {
            <tr>
                <td>{ format!("{}:{}", broker.broker_name, props.texts.replicas.id(broker.broker_id)) }<br /><small>{ broker.address.to_string() }</small></td>
                <td>{ (texts.ago)(&span(now.since(broker.last_update))) }</td>
                <td>{ span(broker.expires.since(now)) }</td>
                <td class={(!broker.alive).then_some("bad")}>{ alive }</td>
            </tr>
        }
    });
    let (own, system): (Vec<_>, Vec<_>) =
        server.topics.iter().partition(|topic| !props.shown.system_topics.contains(&topic.topic));
    let topic_row = |topic: &&lab_core::view::RegisteredTopic| {
        let queues: Vec<_> = topic
            .queues
            .iter()
            .map(|(broker, config)| {
                let perm = lab_core::rpc::perm::text(config.perm);
                format!("{broker} {}/{} {perm}", config.read_queue_nums, config.write_queue_nums)
            })
            .collect();
        html! { <tr><td>{ topic.topic.to_string() }</td><td>{ queues.join(", ") }</td></tr> }
    };
    let removed = server.removed.iter().map(|removed| {
        html! {
            <tr><td>{ removed.at.to_string() }</td><td>{ format!("{}:{}", removed.broker_name, props.texts.replicas.id(removed.broker_id)) }</td>
                <td>{ (texts.removal)(removed.reason) }</td></tr>
        }
    });
    html! {
        <>
            { state_section(props, "brokerLiveTable", "routes", true, listing(&[texts.broker, texts.last_update, texts.expires_in, texts.truth], brokers.collect(), texts.none)) }
            { section("topicQueueTable", true, listing(&[texts.topic, texts.read_write], own.iter().map(topic_row).collect(), texts.none)) }
            { section(texts.removed, false, listing(&[texts.when, texts.broker, texts.why], removed.collect(), texts.none)) }
            { section(texts.system_topics, false, listing(&[texts.topic, texts.read_write], system.iter().map(topic_row).collect(), texts.none)) }
            { settings(texts.settings, &server.settings) }
        </>
    }
}
