//! Small parts of the inspector: sections that fold, tables of two columns, lists with a head.

use yew::prelude::*;

use super::InspectorProps;
use crate::panels::rules;
use crate::session::rules::RulesOf;

/// A foldable section.
pub(super) fn section(title: &str, open: bool, body: Html) -> Html {
    keyed_section(title, title, open, body)
}

/// A foldable section whose title changes with time: its key tells that it is still the same, so it stays unfolded.
pub(super) fn keyed_section(key: &str, title: &str, open: bool, body: Html) -> Html {
    html! {
        <details class="section" key={key.to_owned()} {open}>
            <summary>{ title }</summary>
            { body }
        </details>
    }
}

/// A section with a button for the rules that stand beside this part of the inspector, of
/// [`lab_core::fidelity::STATES`].
pub(super) fn state_section(
    props: &InspectorProps,
    title: &str,
    word: &'static str,
    open: bool,
    body: Html,
) -> Html {
    html! {
        <details class="section" key={word} {open} data-testid={format!("state-{word}")}>
            <summary>{ title }</summary>
            { rules::button(props.texts, RulesOf::State(word), &props.on) }
            { body }
        </details>
    }
}

/// A row of two cells.
pub(super) fn row(name: &str, value: impl Into<AttrValue>) -> Html {
    html! { <tr><th scope="row">{ name }</th><td>{ value.into() }</td></tr> }
}

/// A row of two cells, the second of which is more than text.
pub(super) fn row_of(name: &str, value: Html) -> Html {
    html! { <tr><th scope="row">{ name }</th><td>{ value }</td></tr> }
}

/// A table of such rows.
pub(super) fn table(rows: Vec<Html>) -> Html {
    html! { <table class="pairs"><tbody>{ rows }</tbody></table> }
}

/// A table with a head.
pub(super) fn listing(head: &[&str], rows: Vec<Html>, none: &str) -> Html {
    if rows.is_empty() {
        return html! { <p class="muted">{ none }</p> };
    }
    html! {
        <div class="wide"><table class="listing">
            <thead><tr>{ for head.iter().map(|name| html! { <th scope="col">{ *name }</th> }) }</tr></thead>
            <tbody>{ rows }</tbody>
        </table></div>
    }
}

/// A table with a head whose cells never break: it scrolls on its own, also by keys, and has a name.
pub(super) fn wide_listing(label: String, head: &[&str], rows: Vec<Html>, none: &str) -> Html {
    if rows.is_empty() {
        return html! { <p class="muted">{ none }</p> };
    }
    html! {
        <div class="scroll" role="region" tabindex="0" aria-label={label}><table class="listing whole">
            <thead><tr>{ for head.iter().map(|name| html! { <th scope="col">{ *name }</th> }) }</tr></thead>
            <tbody>{ rows }</tbody>
        </table></div>
    }
}

/// The settings of a node.
pub(super) fn settings(title: &str, settings: &[(&'static str, String)]) -> Html {
    let rows = settings.iter().map(|(key, value)| row(key, value.clone()));
    section(title, false, html! { <table class="pairs settings"><tbody>{ for rows }</tbody></table> })
}
