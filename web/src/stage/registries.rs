//! Cards of registries and of their clients; many clients of one name as cells, coloured by the registry they talk to.

use lab_core::view::{NodeStatus, RegistryClientView, RegistryView};
use yew::prelude::*;

use super::StageProps;
use super::card::{head, select, status_class};
use super::menu::popover;
use crate::geometry::{RegistryGroup, registry_groups};
use crate::palette::group_class;
use crate::text::span;

/// Everything about registries.
pub(super) fn registries(props: &StageProps) -> Html {
    let view = &props.shown.view;
    html! {
        <>
            { for view.registries.iter().map(|it| registry(props, it)) }
            { for props.shown.layout.registry_groups.iter().map(|it| label(props, it)) }
            { for view.registry_clients.iter().map(|it| if is_folded(props, it) { cell(props, it) } else { client(props, it) }) }
        </>
    }
}

fn is_folded(props: &StageProps, client: &RegistryClientView) -> bool {
    props.shown.layout.registry_groups.iter().any(|group| group.folded && group.name == client.group)
}

/// The place of a registry among the registries, which decides the colour of its clients.
fn place_of(props: &StageProps, client: &RegistryClientView) -> Option<usize> {
    let registry = client.registry.as_ref()?;
    props.shown.view.registries.iter().position(|it| it.node.id == *registry)
}

fn registry(props: &StageProps, registry: &RegistryView) -> Html {
    let node = &registry.node;
    let Some(place) = props.shown.layout.places.get(&node.id) else { return Html::default() };
    let texts = props.texts.registries;
    let members = members_text(props, registry.members.iter());
    let index = props.shown.view.registries.iter().position(|it| it.node.id == node.id).unwrap_or_default();
    let costs = (texts.costs)(registry.counts.requests, registry.counts.pushes);
    html! {
        <div key={node.id.to_string()} class={classes!("card", "ns", "registry", status_class(node.status), props.selects(&node.id).then_some("selected"))}
            style={place.rect.style()} data-testid={format!("node-{}", node.id)} onclick={select(props, node)}>
            { head(props, node, Html::default()) }
            <div class="line" title={members.clone()}>{ (texts.models)(registry.model) }{ " · " }<b>{ members }</b></div>
            <div class="line" title={costs.clone()}>
                <i class={classes!("cell-flag", group_class(index))}></i>
                <span data-testid={format!("clients-{}", node.id)}>{ (texts.count)(registry.clients) }</span>{ format!(" · {costs}") }
            </div>
            { popover(props, node) }
        </div>
    }
}

fn members_text<'a>(props: &StageProps, members: impl Iterator<Item = &'a lab_core::id::NodeId>) -> String {
    let names: Vec<_> = members.map(ToString::to_string).collect();
    if names.is_empty() { props.texts.registries.no_members.to_owned() } else { names.join(" ") }
}

/// The name of a group, and how many of its members talk to which registry.
fn label(props: &StageProps, group: &RegistryGroup) -> Html {
    let view = &props.shown.view;
    let members = registry_groups(view).into_iter().find(|(name, _)| **name == group.name);
    let members = members.map(|(_, members)| members).unwrap_or_default();
    let load = view.registries.iter().enumerate().filter_map(|(place, registry)| {
        let count = members.iter().filter(|it| it.registry.as_ref() == Some(&registry.node.id)).count();
        (count > 0).then(|| html! {
            <span key={place}><i class={classes!("cell-flag", group_class(place))}></i>{ format!("{} {count}", registry.node.id) }</span>
        })
    });
    html! {
        <div class="group" style={group.rect.style()} data-testid={format!("group-{}", group.name)}>
            { props.texts.registries.clients }{ " " }<b>{ group.name.to_string() }</b>
            if group.folded { { format!(" {} ", group.count) }{ for load } }
        </div>
    }
}

/// What a client knows: as short as its card needs it, in full, and whether that is out of date.
#[derive(Default)]
struct Knowledge {
    short: String,
    long: String,
    is_behind: bool,
}

fn knowledge(props: &StageProps, client: &RegistryClientView) -> Knowledge {
    let texts = props.texts.registries;
    let (short, long) = match (&client.members, client.behind, client.delay) {
        (None, ..) => (texts.nothing_known.to_owned(), texts.nothing_known.to_owned()),
        (_, Some(behind), _) => ((texts.behind)(&span(behind)), (texts.behind_long)(&span(behind))),
        (_, None, Some(delay)) => ((texts.learned_after)(&span(delay)), (texts.learned_long)(&span(delay))),
        (Some(_), None, None) => return Knowledge::default(),
    };
    Knowledge { short, long, is_behind: client.members.is_some() && client.behind.is_some() }
}

fn client(props: &StageProps, client: &RegistryClientView) -> Html {
    let node = &client.node;
    let Some(place) = props.shown.layout.places.get(&node.id) else { return Html::default() };
    let texts = props.texts.registries;
    let members = client.members.as_ref().map(|it| members_text(props, it.iter())).unwrap_or_default();
    let Knowledge { short, long, is_behind } = knowledge(props, client);
    let costs = (texts.costs)(client.counts.requests, client.counts.pushes);
    html! {
        <div key={node.id.to_string()} class={classes!("card", "consumer", status_class(node.status), props.selects(&node.id).then_some("selected"))}
            style={place.rect.style()} data-testid={format!("node-{}", node.id)} onclick={select(props, node)}>
            { head(props, node, Html::default()) }
            <div class={classes!("line", is_behind.then_some("trouble"))} title={format!("{members} {long}")}><b>{ members }</b>{ " " }{ short }</div>
            <div class="line" title={costs.clone()}>{ costs }</div>
            { popover(props, node) }
        </div>
    }
}

/// One of many: its colour says where it is connected, its border whether its list is right.
fn cell(props: &StageProps, client: &RegistryClientView) -> Html {
    let node = &client.node;
    let Some(place) = props.shown.layout.places.get(&node.id) else { return Html::default() };
    let Knowledge { long, is_behind, .. } = knowledge(props, client);
    let registry = client.registry.as_ref().map_or(props.texts.registries.not_connected, |it| it.as_str());
    let state = (props.texts.status)(node.status);
    let words = format!("{}, {state}, {registry} {long}", node.id);
    let colour = place_of(props, client).map(group_class);
    let runs = matches!(node.status, NodeStatus::Up | NodeStatus::Starting);
    let classes = classes!(
        "registry-cell",
        colour,
        is_behind.then_some("behind"),
        (!runs).then_some(status_class(node.status)),
        props.selects(&node.id).then_some("selected")
    );
    html! {
        <button key={node.id.to_string()} class={classes} style={place.rect.style()} tabindex="-1" title={words.clone()} aria-label={words}
            data-testid={format!("node-{}", node.id)} onclick={select(props, node)}></button>
    }
}
