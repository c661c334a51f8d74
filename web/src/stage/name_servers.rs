//! A name server's card: what it knows, and which dead brokers it still believes in.

use lab_core::view::{NameServerView, RegisteredBroker};
use yew::prelude::*;

use super::StageProps;
use super::card::{head, select, status_class};
use super::menu::popover;
use crate::geometry::{is_one_line, size};
use crate::text::span;

/// The card.
pub(super) fn card(props: &StageProps, server: &NameServerView) -> Html {
    let node = &server.node;
    let Some(place) = props.shown.layout.places.get(&node.id) else { return Html::default() };
    let texts = props.texts;
    let topics =
        server.topics.iter().filter(|topic| !props.shown.system_topics.contains(&topic.topic)).count();
    let summary = if server.brokers.is_empty() {
        texts.no_broker_known.to_owned()
    } else {
        (texts.brokers_and_topics)(server.brokers.len(), topics)
    };
    let wide = is_one_line(&props.shown.view, place.rect.w);
    let line = if wide {
        html! { <span class="line" title={summary.clone()}>{ &summary }</span> }
    } else {
        html! { <div class="line" title={summary.clone()}>{ &summary }</div> }
    };
    let dead = server.brokers.iter().filter(|broker| !broker.alive).take(size::BELIEFS);
    html! {
        <div key={node.id.to_string()} class={classes!("card", "ns", status_class(node.status), props.selects(&node.id).then_some("selected"))}
            style={place.rect.style()} data-testid={format!("node-{}", node.id)} onclick={select(props, node)}>
            if wide { { head(props, node, line) } } else { { head(props, node, Html::default()) }{ line } }
            { for dead.map(|broker| belief(props, broker, place.rect.w < size::BELIEF_WIDE)) }
            { popover(props, node) }
        </div>
    }
}

fn belief(props: &StageProps, broker: &RegisteredBroker, narrow: bool) -> Html {
    let name = if broker.broker_id.is_master() {
        broker.broker_name.to_string()
    } else {
        format!("{}:{}", broker.broker_name, broker.broker_id)
    };
    let left = span(broker.expires.since(props.shown.view.at));
    let text = (props.texts.believes)(&name, &left);
    let class = classes!("line", "trouble", narrow.then_some("more-lines"));
    html! { <div {class} title={text.clone()}>{ text }</div> }
}
