//! What stands below the tables: what the tool printed, and how each row is counted.

use yew::prelude::*;

use super::{ComparisonProps, Part, parts};
use crate::labs::variants::System;
use crate::session::comparison::{BoardColumn, Measure, Output};

/// What the tool printed at the moments of each column, as it prints it.
pub(super) fn outputs(props: &ComparisonProps) -> Html {
    let words = props.words();
    let output = |output: &Output| {
        html! {
            <figure>
                <figcaption><b>{ (words.measure)(output.moment).name }</b>{ " · " }<span class="num">{ output.at.to_string() }</span></figcaption>
                <pre tabindex="0" role="region" aria-label={output.line.clone()}><b>{ "$ " }{ &output.line }</b>{ "\n" }{ &output.text }</pre>
            </figure>
        }
    };
    let column = |column: &BoardColumn| {
        html! {
            <details data-testid={format!("outputs-{}", column.variant.word())}>
                <summary>{ (words.variant)(column.variant).short }</summary>
                { for column.outputs.iter().map(output) }
            </details>
        }
    };
    let part = |part: &Part<'_>| {
        let printed = part.columns.iter().map(|(_, column)| *column).filter(|it| !it.outputs.is_empty());
        html! {
            <div class="compare-printed" key={part.system.map_or("all", System::word)}>
                if let Some(system) = part.system { <h3>{ system.name() }</h3> }
                { for printed.map(column) }
            </div>
        }
    };
    html! {
        <section class="compare-outputs" aria-labelledby="outputs-title">
            <h2 class="part" id="outputs-title">{ words.tool_outputs }</h2>
            { for parts(&props.board).iter().map(part) }
        </section>
    }
}

/// How each row is counted.
pub(super) fn how(props: &ComparisonProps) -> Html {
    let words = props.words();
    let row = |measure: &Measure| {
        let text = (words.measure)(*measure);
        html! { <div><dt>{ text.name }</dt><dd>{ text.how }</dd></div> }
    };
    html! {
        <section class="compare-how" aria-labelledby="how-title">
            <h2 class="part" id="how-title">{ words.how_counted }</h2>
            <dl>{ for props.board.rows.iter().map(row) }</dl>
        </section>
    }
}
