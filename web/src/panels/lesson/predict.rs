//! The question before anything is shown.

use lab_core::lesson::{Answer, Step, Sureness};
use yew::prelude::*;

use super::{LessonProps, prose};
use crate::session::{LessonMsg, Msg};

/// From least to most.
const SURENESS: [Sureness; 3] = [Sureness::Guess, Sureness::Likely, Sureness::Certain];

pub(super) fn body(props: &LessonProps, step: &Step, answers: &[Answer]) -> Html {
    let texts = props.texts.lesson;
    let given = props.player.prediction(step);
    let chosen = given.map(|it| it.answer.as_str()).or(props.choice.as_deref());
    let sure = given.map(|it| it.sure).or(props.sure);
    let is_open = given.is_none();
    html! {
        <>
            { prose::text(props, props.part("")) }
            <fieldset class="answers" disabled={!is_open}>
                <legend>{ if is_open { texts.question } else { texts.given } }</legend>
                { for answers.iter().map(|answer| {
                    let on = props.on.clone();
                    let id = answer.id.clone();
                    let onchange = Callback::from(move |_: Event| on.emit(Msg::Lesson(LessonMsg::Choose(id.clone()))));
                    let checked = chosen == Some(&answer.id);
                    html! {
                        <label class={checked.then_some("chosen")}>
                            <input type="radio" name={format!("answer-{}", step.id)} data-testid={format!("answer-{}", answer.id)} {checked} {onchange} />
                            <span>{ prose::line(props, props.part(&format!("answer: {}", answer.id))) }</span>
                        </label>
                    }
                }) }
            </fieldset>
            <fieldset class="sureness" disabled={!is_open}>
                <legend>{ texts.how_sure }</legend>
                { for SURENESS.into_iter().map(|it| {
                    let on = props.on.clone();
                    let onchange = Callback::from(move |_: Event| on.emit(Msg::Lesson(LessonMsg::Sure(it))));
                    html! {
                        <label><input type="radio" name={format!("sure-{}", step.id)} data-testid={format!("sure-{it:?}").to_lowercase()} checked={sure == Some(it)} {onchange} />
                            <span>{ (texts.sure)(it) }</span></label>
                    }
                }) }
            </fieldset>
            if is_open {
                <p class="give">
                    <button class="b primary" data-testid="give" disabled={chosen.is_none() || sure.is_none()} onclick={props.send(LessonMsg::Give)}>{ texts.give }</button>
                    <span class="muted">{ texts.give_hint }</span>
                </p>
                <p class="muted locked-note"><span aria-hidden="true">{ "⏸ " }</span>{ texts.locked }</p>
            }
        </>
    }
}
