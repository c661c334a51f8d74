//! The inspector: the full state of whatever is selected, and what can be done to it.

mod broker;
mod broker_keeps;
mod client;
mod controller;
mod cuts;
mod dledger;
mod kafka;
mod message;
mod name_server;
mod parts;
mod pop;
mod registry;

use std::rc::Rc;

use arcstr::ArcStr;

use lab_core::id::NodeId;
use lab_core::view::NodeView;
use yew::prelude::*;

use crate::geometry::own_controllers;
use crate::session::actions::Action;
use crate::session::{MessageDetail, Msg, Region, Selection, Shown};
use crate::stage::action_buttons;
use crate::text::{Texts, span};

use self::parts::{row, section, table};

/// What the inspector is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct InspectorProps {
    /// The moment.
    pub shown: Rc<Shown>,
    /// The words.
    pub texts: &'static Texts,
    /// What is selected.
    pub selection: Option<Selection>,
    /// What can be done to the selected node.
    pub actions: Rc<[Action]>,
    /// Whether the same actions stand in an open menu.
    pub menu_open: bool,
    /// The selected message.
    pub message: Option<Rc<MessageDetail>>,
    /// Whether only the head is drawn.
    pub folded: bool,
    /// Where to tell what was clicked.
    pub on: Callback<Msg>,
}

impl InspectorProps {
    fn select(&self, selection: Selection) -> Callback<MouseEvent> {
        let on = self.on.clone();
        Callback::from(move |_: MouseEvent| on.emit(Msg::Select(selection.clone())))
    }

    /// A button that selects a message, by what people know it by.
    fn message_link(&self, unique_key: Option<&ArcStr>, key: Option<&ArcStr>) -> Html {
        let Some(unique_key) = unique_key else { return html! { "–" } };
        let name = key.unwrap_or(unique_key).to_string();
        html! { <button class="link" onclick={self.select(Selection::Message(ArcStr::clone(unique_key)))}>{ name }</button> }
    }

    /// A button that selects a node.
    fn node_link(&self, node: &NodeId) -> Html {
        if !self.shown.has_node(node) {
            return html! { node };
        }
        html! { <button class="link" onclick={self.select(Selection::Node(node.clone()))}>{ node.to_string() }</button> }
    }
}

/// The inspector.
#[component]
pub fn Inspector(props: &InspectorProps) -> Html {
    let texts = props.texts;
    let on = props.on.clone();
    let fold = Callback::from(move |_: MouseEvent| on.emit(Msg::Fold(Region::Inspector)));
    html! {
        <aside class="inspector" aria-label={texts.inspector} data-testid="inspector">
            <button class="b fold-side" data-testid="fold-inspector" aria-expanded={(!props.folded).to_string()} onclick={fold}
                aria-label={texts.fold_inspector} title={texts.fold_inspector}>{ if props.folded { "«" } else { "»" } }</button>
            if !props.folded { { match &props.selection {
                None => overview(props),
                Some(Selection::Node(node)) => match props.shown.nodes().find(|it| it.id == *node) {
                    Some(view) => node_panel(props, view),
                    None => html! { <p class="muted">{ (texts.gone)(node.as_str()) }</p> },
                },
                Some(Selection::Message(_)) => props.message.as_ref().map(|it| message::panel(props, it)).unwrap_or_default(),
            } } }
        </aside>
    }
}

/// What stands there while nothing is selected.
fn overview(props: &InspectorProps) -> Html {
    let texts = props.texts;
    let view = &props.shown.view;
    let mut rows = counts(props);
    rows.push(row(texts.date, props.shown.epoch.date_time(view.at)));
    html! {
        <>
            { title(props, texts.inspector, texts.nothing_selected, false) }
            <p class="muted">{ texts.select_hint }</p>
            { section(texts.cluster, true, table(rows)) }
            { controller::overview(props) }
            { section(texts.nodes, true, html! {
                <ul class="links">{ for props.shown.nodes().map(|node| html! {
                    <li key={node.id.to_string()}>{ props.node_link(&node.id) }{ " " }<span class="muted">{ (texts.status)(node.status) }</span></li> }) }</ul>
            }) }
        </>
    }
}

/// How many nodes of each kind there are; a stage with Kafka only says nothing of RocketMQ.
fn counts(props: &InspectorProps) -> Vec<Html> {
    let (texts, view) = (props.texts, &props.shown.view);
    let counts = [
        (texts.name_servers, view.name_servers.len()),
        (texts.brokers, view.brokers.len()),
        (texts.producers, view.producers.len()),
        (texts.consumers, view.consumers.len()),
    ];
    let kafka = kafka::counts(props);
    if !kafka.is_empty() && counts.iter().all(|(_, count)| *count == 0) {
        return kafka;
    }
    let version = row("RocketMQ", view.profile.version());
    let rows = counts.into_iter().map(|(name, count)| row(name, count.to_string()));
    std::iter::once(version).chain(rows).chain(kafka).collect()
}

fn title(props: &InspectorProps, kind: &str, name: &str, closes: bool) -> Html {
    let on = props.on.clone();
    let onclick = Callback::from(move |_: MouseEvent| on.emit(Msg::Unselect));
    html! {
        <div class="title">
            <div class="muted">{ kind }</div>
            <h2>{ name }</h2>
            if closes { <button class="b close" data-testid="unselect" {onclick} aria-label={props.texts.close} title={props.texts.close}>{ "×" }</button> }
        </div>
    }
}

fn node_panel(props: &InspectorProps, node: &NodeView) -> Html {
    let texts = props.texts;
    let view = &props.shown.view;
    let server = view.name_servers.iter().find(|it| it.node.id == node.id);
    let broker = view.brokers.iter().find(|it| it.node.id == node.id);
    let producer = view.producers.iter().find(|it| it.node.id == node.id);
    let consumer = view.consumers.iter().find(|it| it.node.id == node.id);
    let controllers = view.controllers.iter().filter(|it| it.node.id == node.id);
    let is_controller = own_controllers(view).any(|it| it.node.id == node.id);
    let registry = view.registries.iter().find(|it| it.node.id == node.id);
    let registry_client = view.registry_clients.iter().find(|it| it.node.id == node.id);
    let kafka_kind = kafka::kind(props, &node.id);
    let kind = match (server, broker, producer) {
        _ if kafka_kind.is_some() => kafka_kind.unwrap_or_default(),
        _ if is_controller => texts.states.controller.controller,
        _ if registry.is_some() => texts.registries.registry,
        _ if registry_client.is_some() => texts.registries.client,
        (Some(_), ..) => texts.name_server,
        (_, Some(broker), _) if broker.broker_id.is_master() => texts.broker,
        (_, Some(_), _) => texts.slave,
        (_, _, Some(_)) => texts.producer,
        _ => texts.consumer,
    };
    html! {
        <>
            { title(props, kind, node.id.as_str(), true) }
            { table(vec![
                row(texts.state, format!("{} {}", (texts.status)(node.status), span(view.at.since(node.since)))),
                row(texts.address, node.address.to_string()),
            ]) }
            <div class="actions" role="group" aria-label={(texts.menu_of)(node.id.as_str())}>
                { action_buttons(texts, node.id.as_str(), &props.actions, &props.on, !props.menu_open) }
            </div>
            { kafka::panel(props, &node.id) }
            { for controllers.map(|it| controller::section_of(props, it)) }
            if let Some(server) = server { { name_server::panel(props, server) } }
            if let Some(broker) = broker { { broker::panel(props, broker) } }
            if let Some(producer) = producer { { client::producer(props, producer) } }
            if let Some(consumer) = consumer { { client::consumer(props, consumer) } }
            if let Some(registry) = registry { { registry::registry(props, registry) } }
            if let Some(client) = registry_client { { registry::client(props, client) } }
            { timers(props, node) }
            { section(texts.connections, false, html! {
                <ul class="links">{ for node.connections.iter().map(|peer| html! { <li>{ props.node_link(peer) }</li> }) }</ul>
            }) }
            { section(texts.made_by, false, html! { <p><code>{ &node.command }</code></p> }) }
        </>
    }
}

fn timers(props: &InspectorProps, node: &NodeView) -> Html {
    let now = props.shown.view.at;
    let rows = node
        .timers
        .iter()
        .map(|(timer, at)| row(&timer.to_string(), (props.texts.rings_in)(&span(at.since(now)))));
    section(props.texts.timers, false, table(rows.collect()))
}
