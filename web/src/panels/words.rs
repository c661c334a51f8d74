//! How long words may break.

use yew::prelude::*;

/// A text in which `key=value` may break before its `=`, so that a narrow column does not break it within a word.
pub(super) fn breakable(text: &str) -> Html {
    let mut parts = text.split('=');
    let first = parts.next().unwrap_or_default().to_owned();
    html! { <>{ first }{ for parts.map(|part| html! { <><wbr />{ format!("={part}") }</> }) }</> }
}
