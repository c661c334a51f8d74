//! What all cards share: name, state, menu.

use lab_core::view::{NodeStatus, NodeView};
use yew::prelude::*;

use super::{StageProps, menu};
use crate::session::{Msg, Selection};
use crate::text::{Texts, span};

/// On cards narrower than this how long a state has lasted is left to its title.
const TIGHT: f64 = 226.0;

/// The CSS class of a state: border style and colour.
pub(super) const fn status_class(status: NodeStatus) -> &'static str {
    match status {
        NodeStatus::Starting => "st-starting",
        NodeStatus::Up => "st-up",
        NodeStatus::Frozen => "st-frozen",
        NodeStatus::Stopping => "st-stopping",
        NodeStatus::Stopped => "st-stopped",
        NodeStatus::Killed => "st-killed",
        NodeStatus::PoweredOff => "st-off",
    }
}

/// The state of a node as a word, with its duration where somebody waits for its end.
pub(super) fn status(props: &StageProps, node: &NodeView) -> Html {
    let texts = props.texts;
    let word = (texts.status)(node.status);
    let since = span(props.shown.view.at.since(node.since));
    let plain = matches!(node.status, NodeStatus::Up | NodeStatus::Starting | NodeStatus::Stopping);
    html! {
        <span class={classes!("status", status_class(node.status))} title={format!("{word} {since}")}>
            <span data-testid={format!("status-{}", node.id)}>{ word }</span>
            if !plain { <span class="since">{ format!(" {since}") }</span> }
        </span>
    }
}

/// Name, remark and state in one line, with the button of the menu.
pub(super) fn head(props: &StageProps, node: &NodeView, remark: Html) -> Html {
    let tight = props.shown.layout.places.get(&node.id).is_some_and(|place| place.rect.w < TIGHT);
    html! {
        <div class={classes!("head", tight.then_some("tight"))}>
            <button class="name" aria-pressed={props.selects(&node.id).to_string()}
                aria-label={label(props.texts, node)} title={node.id.to_string()}>
                { node.id.to_string() }
            </button>
            { remark }
            <span class="grow"></span>
            { status(props, node) }
            { more(props, node) }
        </div>
    }
}

/// The button that opens the node's menu.
pub(super) fn more(props: &StageProps, node: &NodeView) -> Html {
    let open = props.menu.as_ref().is_some_and(|(id, _)| *id == node.id);
    html! {
        <button class="more" id={menu::button_id(&node.id)} data-testid={format!("menu-{}", node.id)} aria-haspopup="true"
            aria-expanded={open.to_string()} aria-label={(props.texts.menu_of)(node.id.as_str())}
            onclick={props.send(Msg::ToggleMenu(node.id.clone()))}>{ "⋯" }</button>
    }
}

/// A callback that selects the node.
pub(super) fn select(props: &StageProps, node: &NodeView) -> Callback<MouseEvent> {
    props.send(Msg::Select(Selection::Node(node.id.clone())))
}

fn label(texts: &Texts, node: &NodeView) -> String {
    format!("{}, {}", node.id, (texts.status)(node.status))
}
