//! What can be done to a node, with the command line of each.

use std::rc::Rc;

use lab_core::id::NodeId;
use lab_core::view::NodeView;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::StageProps;
use crate::session::Msg;
use crate::session::actions::{Action, Deed};
use crate::text::Texts;

/// Height that an entry of a menu takes at most when none is broken into two lines.
const ROW: f64 = 32.0;

/// What a menu is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct PopoverProps {
    node: NodeId,
    actions: Rc<[Action]>,
    /// Opens above the card, because there is little room below.
    up: bool,
    texts: &'static Texts,
    on: Callback<Msg>,
}

/// The menu of a card: takes the focus when it opens, gives it back to its button on Esc.
#[component]
pub(super) fn Popover(props: &PopoverProps) -> Html {
    let element = use_node_ref();
    {
        let element = element.clone();
        use_effect_with((), move |()| {
            let first = element.cast::<Element>().and_then(|it| it.query_selector("button").ok().flatten());
            focus(first);
        });
    }
    let (on, button) = (props.on.clone(), button_id(&props.node));
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            on.emit(Msg::CloseMenu);
            let document = web_sys::window().and_then(|window| window.document());
            focus(document.and_then(|document| document.get_element_by_id(&button)));
        }
    });
    let onclick = Callback::from(|event: MouseEvent| event.stop_propagation());
    html! {
        <div ref={element} class={classes!("popover", props.up.then_some("up"))} role="group" aria-label={(props.texts.menu_of)(props.node.as_str())} {onkeydown} {onclick}>
            { action_buttons(props.texts, props.node.as_str(), &props.actions, &props.on, true) }
        </div>
    }
}

/// Moves the focus to an element.
pub(super) fn focus(element: Option<Element>) {
    if let Some(element) = element.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        // An element that cannot take the focus leaves it where it is.
        let _ = element.focus();
    }
}

/// The id of the button that opens a node's menu.
pub(super) fn button_id(node: &NodeId) -> String {
    format!("menu-of-{node}")
}

/// The menu, when it is this node's that is open.
pub(super) fn popover(props: &StageProps, node: &NodeView) -> Html {
    match &props.menu {
        Some((id, actions)) if *id == node.id => {
            let layout = &props.shown.layout;
            // Below, the stage scrolls; above, what does not fit could not be reached.
            let needed = actions.len() as f64 * ROW;
            let up =
                layout.places.get(id).is_some_and(|place| place.rect.y > needed.max(layout.height / 2.0));
            html! {
                <Popover node={id.clone()} actions={Rc::clone(actions)} {up} texts={props.texts} on={props.on.clone()} />
            }
        }
        _ => Html::default(),
    }
}

/// One button for each action; `known` gives them the names by which tests find them.
pub fn action_buttons(
    texts: &'static Texts,
    node: &str,
    actions: &[Action],
    on: &Callback<Msg>,
    known: bool,
) -> Html {
    let button = |action: &Action| {
        let msg = match &action.deed {
            Deed::Order(command) => Msg::Do(command.clone()),
            Deed::Ask(kind) => Msg::OpenForm(kind.clone()),
        };
        let on = on.clone();
        let onclick = Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            on.emit(msg.clone());
        });
        let testid = known.then(|| format!("do-{}-{node}", action.verb.word()));
        let danger = action.verb.is_fault().then_some("fault");
        html! {
            <button class={classes!("action", danger)} data-testid={testid} {onclick}>
                <span>{ (texts.verb)(action.verb) }{ action.peer.as_ref().map(|peer| format!(" ↔ {peer}")) }</span>
                <code>{ action.line() }</code>
            </button>
        }
    };
    html! { <>{ for actions.iter().map(button) }</> }
}
