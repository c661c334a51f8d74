//! The events: a filterable list of the trace, and the chain of causes of the selected one.
//!
//! Only a window of the list is in the document: rows have one height, and a spacer stands for the others.

use std::rc::Rc;

use lab_core::fact::TraceEvent;
use lab_core::id::{EventId, NodeId};
use web_sys::{Element, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::rules;
use crate::session::Msg;
use crate::session::events::{Filter, Group, Kinds, is_alarm};
use crate::session::rules::RulesOf;
use crate::text::Texts;

/// Height of a row; the style sheet has the same.
const ROW: i32 = 24;

/// What the list is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct EventsProps {
    /// The words.
    pub texts: &'static Texts,
    /// Events listed.
    pub total: usize,
    /// Place of the first of the rows.
    pub first: usize,
    /// The rows in sight.
    pub rows: Rc<[TraceEvent]>,
    /// Whether the newest stays in sight.
    pub follow: bool,
    /// The selected event.
    pub selected: Option<EventId>,
    /// Its chain of causes: itself first.
    pub chain: Rc<[TraceEvent]>,
    /// Where to tell what was clicked.
    pub on: Callback<Msg>,
}

/// The list.
#[component]
pub fn Events(props: &EventsProps) -> Html {
    let list = use_node_ref();
    {
        let list = list.clone();
        use_effect_with((props.total, props.follow), move |(_, follow)| {
            if *follow && let Some(element) = list.cast::<Element>() {
                element.set_scroll_top(element.scroll_height());
            }
        });
    }
    let on = props.on.clone();
    let onscroll = Callback::from(move |event: Event| {
        if let Some(element) = event.target_dyn_into::<Element>() {
            let (top, height) = (element.scroll_top(), element.client_height());
            let at_end = top + height + ROW >= element.scroll_height();
            let (first, rows) = ((top / ROW).max(0) as usize, (height / ROW + 1).max(1) as usize);
            on.emit(Msg::ScrollEvents { first, rows, at_end });
        }
    });
    let texts = props.texts;
    let spacer = format!("height:{}px", props.total as i64 * i64::from(ROW));
    let place = format!("top:{}px", props.first as i64 * i64::from(ROW));
    html! {
        <div class={classes!("pair", (!props.chain.is_empty()).then_some("open"))}>
                <div class="list" ref={list} {onscroll} tabindex="0" role="list" aria-label={texts.events}>
                    <div class="spacer" style={spacer}>
                        <div class="rows" style={place}>{ for props.rows.iter().map(|event| row(props, event)) }</div>
                    </div>
                    if props.total == 0 { <p class="nothing">{ texts.no_events }</p> }
                </div>
                if !props.chain.is_empty() {
                    <div class="chain" data-testid="chain">
                        <h3>{ texts.causes }{ for props.chain.first().map(|event| {
                            rules::button(texts, RulesOf::Fact(event.fact.kind()), &props.on)
                        }) }</h3>
                        <ol>{ for props.chain.iter().map(|event| link(props, event)) }</ol>
                    </div>
                }
        </div>
    }
}

/// What the filters are drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct FiltersProps {
    /// The words.
    pub texts: &'static Texts,
    /// What is listed.
    pub filter: Filter,
    /// The nodes to filter by.
    pub nodes: Vec<NodeId>,
    /// Events listed.
    pub total: usize,
    /// Where to tell what was chosen.
    pub on: Callback<Msg>,
}

/// The filters of the list, which stand beside its tab.
#[component]
pub fn Filters(props: &FiltersProps) -> Html {
    let texts = props.texts;
    let change = |edit: fn(&mut Filter, String)| {
        let (on, filter) = (props.on.clone(), props.filter.clone());
        move |value: String| {
            let mut filter = filter.clone();
            edit(&mut filter, value);
            on.emit(Msg::Filter(filter));
        }
    };
    let select = |send: Box<dyn Fn(String)>| {
        Callback::from(move |event: Event| {
            if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
                send(select.value());
            }
        })
    };
    let on_node = select(Box::new(change(|filter, value| {
        filter.node = (!value.is_empty()).then(|| value.into());
    })));
    let on_kind = select(Box::new(change(|filter, value| filter.kinds = kinds_of(&value))));
    let send = change(|filter, value| filter.text = value);
    let on_text = Callback::from(move |event: InputEvent| {
        if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
            send(input.value());
        }
    });
    html! {
        <>
            <select data-testid="event-node" aria-label={texts.filter_node} onchange={on_node}>
                <option value="" selected={props.filter.node.is_none()}>{ texts.all_nodes }</option>
                { for props.nodes.iter().map(|node| html! {
                    <option value={node.to_string()} selected={props.filter.node.as_ref() == Some(node)}>{ node.to_string() }</option> }) }
            </select>
            <select data-testid="event-kind" aria-label={texts.filter_kind} onchange={on_kind}>
                <option value="notable" selected={props.filter.kinds == Kinds::Notable}>{ texts.notable }</option>
                <option value="all" selected={props.filter.kinds == Kinds::All}>{ texts.all_kinds }</option>
                { for Group::ALL.into_iter().map(|group| html! {
                    <option value={group.word()} selected={props.filter.kinds == Kinds::Only(group)}>{ (texts.group)(group) }</option> }) }
            </select>
            <input type="search" data-testid="event-text" placeholder={texts.filter_text} aria-label={texts.filter_text}
                value={props.filter.text.clone()} oninput={on_text} />
            <span class="muted num" data-testid="event-count">{ (texts.event_count)(props.total) }</span>
        </>
    }
}

fn kinds_of(word: &str) -> Kinds {
    match word {
        "all" => Kinds::All,
        _ => Group::ALL.into_iter().find(|group| group.word() == word).map_or(Kinds::Notable, Kinds::Only),
    }
}

fn row(props: &EventsProps, event: &TraceEvent) -> Html {
    let id = event.id;
    let on = props.on.clone();
    let onclick = Callback::from(move |_: MouseEvent| on.emit(Msg::SelectEvent(id)));
    let selected = (props.selected == Some(id)).then_some("selected");
    html! {
        <div key={id.to_string()} role="listitem">
            <button class={classes!("event", class_of(event), selected)} data-testid="event-row" data-kind={event.fact.kind()} {onclick}>
                { cells(props.texts, event) }
            </button>
        </div>
    }
}

fn link(props: &EventsProps, event: &TraceEvent) -> Html {
    let id = event.id;
    let on = props.on.clone();
    let onclick = Callback::from(move |_: MouseEvent| on.emit(Msg::SelectEvent(id)));
    html! { <li><button class={classes!("event", class_of(event))} {onclick}>{ cells(props.texts, event) }</button></li> }
}

fn class_of(event: &TraceEvent) -> &'static str {
    if is_alarm(&event.fact) { "alarm" } else { Group::of(&event.fact).word() }
}

/// Time, node, kind, details.
pub fn cells(texts: &Texts, event: &TraceEvent) -> Html {
    let node = event.node.as_ref().map_or(texts.the_lab, |node| node.as_str()).to_owned();
    let details = (texts.details)(&event.fact);
    html! {
        <>
            <span class="time">{ event.at.to_string() }</span>
            <span class="who">{ node }</span>
            <span class="kind">{ (texts.fact)(&event.fact) }</span>
            <span class="what" title={details.clone()}>{ details }</span>
        </>
    }
}
