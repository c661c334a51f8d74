//! A registry's list and costs; what a client of registries knows.

use std::collections::BTreeSet;

use lab_core::id::NodeId;
use lab_core::view::{RegistryClientView, RegistryView};
use yew::prelude::*;

use super::InspectorProps;
use super::parts::{row, row_of, state_section, table};
use crate::text::span;

/// List, clients, what they have cost.
pub(super) fn registry(props: &InspectorProps, registry: &RegistryView) -> Html {
    let texts = props.texts.registries;
    let since = span(props.shown.view.at.since(registry.changed_at));
    state_section(
        props,
        texts.members,
        "registry",
        true,
        table(vec![
            row(texts.model, (texts.models)(registry.model)),
            row(texts.members, names(props, &registry.members)),
            row(texts.version, registry.version.to_string()),
            row(texts.changed, (props.texts.ago)(&since)),
            row(texts.connected, registry.clients.to_string()),
            row(texts.made, registry.counts.connections.to_string()),
            row(texts.watches, registry.watches.to_string()),
            row(texts.held, registry.held.to_string()),
            row(texts.requests, registry.counts.requests.to_string()),
            row(texts.pushes, registry.counts.pushes.to_string()),
            row(texts.lists, registry.counts.lists.to_string()),
        ]),
    )
}

/// What it knows, since when, what that has cost.
pub(super) fn client(props: &InspectorProps, client: &RegistryClientView) -> Html {
    let texts = props.texts.registries;
    let now = props.shown.view.at;
    let members =
        client.members.as_ref().map_or_else(|| texts.nothing_known.to_owned(), |it| names(props, it));
    let registry = match &client.registry {
        Some(registry) => props.node_link(registry),
        None => html! { texts.not_connected },
    };
    let mut rows = vec![
        row(texts.model, (texts.models)(client.model)),
        row(texts.choose, (texts.choices)(client.choose)),
        row_of(texts.connected_to, registry),
        row(texts.members, members),
        row(texts.version, client.version.to_string()),
    ];
    if let Some(at) = client.learned_at {
        rows.push(row(texts.learned, (props.texts.ago)(&span(now.since(at)))));
    }
    if let Some(delay) = client.delay {
        rows.push(row(texts.delay, span(delay)));
    }
    if let Some(behind) = client.behind {
        rows.push(row(props.texts.truth, (texts.behind)(&span(behind))));
    }
    rows.extend([
        row(texts.skipped, client.skipped.to_string()),
        row(texts.made, client.counts.connections.to_string()),
        row(texts.requests, client.counts.requests.to_string()),
        row(texts.pushes, client.counts.pushes.to_string()),
        row(texts.lists, client.counts.lists.to_string()),
    ]);
    state_section(props, texts.members, "registry", true, table(rows))
}

fn names(props: &InspectorProps, members: &BTreeSet<NodeId>) -> String {
    if members.is_empty() {
        return props.texts.registries.no_members.to_owned();
    }
    members.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
