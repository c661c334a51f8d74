//! The dialog about a lesson that was opened from disk.

use yew::prelude::*;

use crate::session::lesson::Workshop;
use crate::session::{LessonMsg, Msg};
use crate::text::Texts;

/// What is wrong, or that nothing is; saving and opening again.
pub fn body(texts: &'static Texts, workshop: &Workshop, on: &Callback<Msg>) -> Html {
    let words = texts.lesson;
    let good = workshop.problems.is_empty();
    let summary =
        if good { words.workshop_good.to_owned() } else { (words.workshop_bad)(workshop.problems.len()) };
    let send = |msg: Msg| {
        let on = on.clone();
        Callback::from(move |_: MouseEvent| on.emit(msg.clone()))
    };
    html! {
        <div data-testid="workshop" data-good={good.to_string()}>
            <p>{ summary }</p>
            if !good {
                <ul class="problems">{ for workshop.problems.iter().map(|it| html! {
                    <li><b>{ (words.problem_at)(&it.file, it.line) }</b>{ " " }<span lang="en">{ &it.what }</span></li> }) }</ul>
            }
            <p class="row">
                if !good && workshop.lesson.is_some() {
                    <button class="b" data-testid="workshop-anyway" onclick={send(Msg::Lesson(LessonMsg::OpenAnyway))}>{ words.workshop_open_anyway }</button>
                }
                if !workshop.packed.is_empty() {
                    <button class="b" data-testid="workshop-save" onclick={send(Msg::Lesson(LessonMsg::SavePacked))}>{ words.workshop_save }</button>
                }
                <button class="b" data-testid="workshop-again" onclick={send(Msg::Lesson(LessonMsg::ChooseFiles))}>{ words.workshop_again }</button>
            </p>
            <p class="muted">{ words.workshop_note }</p>
        </div>
    }
}
