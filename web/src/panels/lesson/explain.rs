//! What was predicted against what happened, why, and what to take along.

use lab_core::lesson::{Outcome, Prediction, Row, Step, Task, Transfer};
use yew::prelude::*;

use super::{LessonProps, prose};
use crate::panels::rules;

pub(super) fn body(props: &LessonProps, rows: &[Row]) -> Html {
    let texts = props.texts.lesson;
    let is_last = props.player.is_last();
    let (place, _) = props.player.place();
    // Every prediction since the explanation before this one.
    let before = &props.lesson().steps[..place];
    let begin = before.iter().rposition(|it| matches!(it.task, Task::Explain { .. })).map_or(0, |it| it + 1);
    html! {
        <>
            { for before[begin..].iter().filter_map(|step| Some(compare(props, step, props.player.prediction(step)?))) }
            if !rows.is_empty() { { table(props, rows) } }
            { prose::text(props, props.part("")) }
            if is_last {
                if !props.lesson().notes.is_empty() {
                    <section class="notes"><h3>{ texts.notes }</h3>{ prose::text(props, props.prose().text("notes")) }</section>
                }
                <section class="transfer"><h3>{ texts.transfer }</h3>
                    { prose::text(props, props.prose().text("transfer")) }
                    <ul>{ for props.lesson().transfer.iter().map(|it| transfer(props, it)) }</ul>
                </section>
                <section class="remember" data-testid="remember"><h3>{ texts.remember }</h3>{ prose::text(props, props.prose().text("remember")) }</section>
                { fidelity(props) }
            }
        </>
    }
}

/// One prediction: what was said, what happened, and a word to it.
fn compare(props: &LessonProps, step: &Step, prediction: &Prediction) -> Html {
    let texts = props.texts.lesson;
    let answer = |id: &str| prose::line(props, props.prose().text(&format!("{}/answer: {id}", step.id)));
    let (is_right, happened) = match &prediction.happened {
        Some(Outcome::Answer(id)) => (*id == prediction.answer, answer(id)),
        Some(Outcome::None) | None => (false, html! { texts.none_happened }),
    };
    let (sign, word) = if is_right { ("✓", texts.right) } else { ("≠", texts.other) };
    html! {
        <section class={classes!("compare", is_right.then_some("right"))} data-testid={format!("compare-{}", step.id)} data-right={is_right.to_string()}>
            <dl>
                <dt>{ texts.you_said }</dt><dd>{ answer(&prediction.answer) }{ " " }<small class="muted">{ format!("({})", (texts.sure)(prediction.sure)) }</small></dd>
                <dt>{ texts.happened }</dt><dd>{ happened }</dd>
            </dl>
            <p class="verdict"><span aria-hidden="true">{ sign }{ " " }</span>{ word }</p>
            <div class="reply" data-testid="reply">{ prose::text(props, props.prose().text(&format!("{}/reply: {}", step.id, prediction.answer))) }</div>
        </section>
    }
}

fn table(props: &LessonProps, rows: &[Row]) -> Html {
    let texts = props.texts.lesson;
    let side = |part: &str| prose::line(props, props.prose().text(&format!("beside/side: {part}")));
    html! {
        <table class="compared" data-testid="compared">
            <caption>{ texts.compared }</caption>
            <thead><tr><td></td><th scope="col">{ side("here") }</th><th scope="col">{ side("there") }</th></tr></thead>
            <tbody>{ for rows.iter().zip(&props.told.rows).map(|(row, [here, there])| html! {
                <tr><th scope="row">{ prose::line(props, props.part(&format!("row: {}", row.id))) }</th>
                    <td class="mono">{ here }</td><td class="mono">{ there }</td></tr>
            }) }</tbody>
        </table>
    }
}

fn transfer(props: &LessonProps, transfer: &Transfer) -> Html {
    let texts = props.texts.lesson;
    let (place, line) = match transfer {
        Transfer::Mqadmin(line) => ("", format!("sh mqadmin {line}")),
        Transfer::Broker(line) => (texts.where_broker, line.to_string()),
        Transfer::NameServer(line) => (texts.where_name_server, line.to_string()),
        Transfer::Client(line) => (texts.where_client, line.to_string()),
        Transfer::Code(line) => (texts.where_code, line.to_string()),
    };
    html! { <li>if !place.is_empty() { <span class="muted">{ place }{ ": " }</span> }<code>{ line }</code></li> }
}

/// The rules that the lesson rests on, each with how it is checked.
fn fidelity(props: &LessonProps) -> Html {
    html! {
        <details class="fidelity">
            <summary>{ props.texts.lesson.fidelity }{ format!(" ({})", props.lesson().fidelity.len()) }</summary>
            { rules::list(props.texts, &props.lesson().fidelity) }
        </details>
    }
}
