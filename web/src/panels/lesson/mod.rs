//! The lesson beside the stage: one step at a time, asked before it is told.

mod act;
mod explain;
mod predict;
mod prose;
pub mod workshop;

use std::rc::Rc;

use arcstr::ArcStr;

use lab_core::lesson::{Lesson, Player, Prose, Sureness, Task};
use yew::prelude::*;

use crate::panels::front::prose as prose_of;
use crate::session::lesson::told::Told;
use crate::session::{LessonMsg, Msg};
use crate::text::{Lang, Texts};

/// What the panel is drawn from.
#[derive(Clone, Properties)]
pub struct LessonProps {
    /// Counts the moments that were drawn; equal numbers, equal panels.
    pub version: u64,
    /// The words of the page.
    pub texts: &'static Texts,
    /// The language of the lesson.
    pub lang: Lang,
    /// Where the learner is.
    pub player: Rc<Player>,
    /// Values and quotes of the step.
    pub told: Rc<Told>,
    /// The answer that is chosen.
    pub choice: Option<ArcStr>,
    /// How sure the learner is of it.
    pub sure: Option<Sureness>,
    /// The line of the solution that is played, of how many.
    pub playing: Option<(usize, usize)>,
    /// Whether the learner went back behind something that was reached.
    pub went_back: bool,
    /// Whether it was opened from disk.
    pub is_own: bool,
    /// The ids of the lessons that there are.
    pub known: Rc<[ArcStr]>,
    /// The lesson to go on with after this one.
    pub next: Option<ArcStr>,
    /// Where to tell what was clicked.
    pub on: Callback<Msg>,
}

impl PartialEq for LessonProps {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version && std::ptr::eq(self.texts, other.texts)
    }
}

impl LessonProps {
    fn lesson(&self) -> &Lesson {
        self.player.lesson()
    }

    fn prose(&self) -> &Prose {
        prose_of(self.lesson(), self.lang)
    }

    /// A text of the step that is looked at: `answer: a`, or the step's own with an empty name.
    fn part(&self, part: &str) -> &[lab_core::lesson::Block] {
        let step = &self.player.step().id;
        let path = if part.is_empty() { step.to_string() } else { format!("{step}/{part}") };
        self.prose().text(&path)
    }

    fn send(&self, msg: LessonMsg) -> Callback<MouseEvent> {
        let on = self.on.clone();
        Callback::from(move |_| on.emit(Msg::Lesson(msg.clone())))
    }
}

/// The panel.
#[component]
pub fn LessonPanel(props: &LessonProps) -> Html {
    let texts = props.texts.lesson;
    let lesson = props.lesson();
    let (place, _) = props.player.place();
    let (pages, heading) = (use_node_ref(), use_node_ref());
    {
        // A new step is read from its beginning, also by a screen reader.
        let (pages, heading) = (pages.clone(), heading.clone());
        let was_first = use_mut_ref(|| true);
        use_effect_with((lesson.id.clone(), place), move |_| {
            let is_first = std::mem::replace(&mut *was_first.borrow_mut(), false);
            if !is_first && let Some(element) = heading.cast::<web_sys::HtmlElement>() {
                // Fails only for an element that is not in the document.
                let _ = element.focus();
                if let Some(pages) = pages.cast::<web_sys::HtmlElement>() {
                    pages.set_scroll_top(element.offset_top() - pages.offset_top());
                }
            }
        });
    }
    let name = if lesson.is_incident() { (texts.incident)(&lesson.id) } else { (texts.lesson)(&lesson.id) };
    let step = props.player.step();
    let (kind, body) = match &step.task {
        Task::Predict { answers, .. } => (texts.predict, predict::body(props, step, answers)),
        Task::Do { goals, hints, solution, .. } => {
            let kind = if lesson.is_incident() { texts.mend } else { texts.act };
            (kind, act::body(props, step, goals, *hints, solution))
        }
        Task::Explain { rows } => (texts.explain, explain::body(props, rows)),
    };
    let count = lesson.steps.len();
    html! {
        <section class="lesson" aria-label={name.clone()} data-testid="lesson" data-step={step.id.to_string()}>
            <div class="pages" ref={pages} tabindex="-1">
            <header>
                <p class="where">
                    <button type="button" class="link" data-testid="to-map" onclick={go_home(props)}>{ texts.to_map }</button>
                    <span>{ name }</span><span class="muted">{ (texts.minutes)(lesson.minutes) }</span>
                    if props.is_own { <span class="own">{ texts.own_lesson }</span> }
                </p>
                <h1>{ &*props.prose().title }</h1>
                <div class="lead">{ prose::text(props, props.prose().lead()) }</div>
                { dots(props) }
            </header>
            <h2 ref={heading} tabindex="-1" key={step.id.to_string()}><span class="kind">{ kind }</span>{ " " }<span class="muted">{ (texts.step_of)(place + 1, count) }</span></h2>
            <div class="body" key={format!("body-{}", step.id)}>{ body }</div>
            </div>
            { foot(props) }
        </section>
    }
}

fn go_home(props: &LessonProps) -> Callback<MouseEvent> {
    let on = props.on.clone();
    Callback::from(move |_| on.emit(Msg::GoHome))
}

/// The steps as a row of signs: done, here, to come.
fn dots(props: &LessonProps) -> Html {
    let (place, furthest) = props.player.place();
    let texts = props.texts.lesson;
    html! {
        <ol class="dots" aria-label={texts.steps}>
            { for props.lesson().steps.iter().enumerate().map(|(index, step)| {
                let kind = match step.task {
                    Task::Predict { .. } => texts.predict,
                    Task::Do { .. } => texts.act,
                    Task::Explain { .. } => texts.explain,
                };
                let class = if index == place { "here" } else if index <= furthest { "done" } else { "to-come" };
                html! { <li {class} aria-current={(index == place).then_some("step")} title={kind}><span class="hidden">{ kind }</span></li> }
            }) }
        </ol>
    }
}

fn foot(props: &LessonProps) -> Html {
    let texts = props.texts.lesson;
    let player = &props.player;
    let (place, _) = player.place();
    let is_prediction = matches!(player.step().task, Task::Predict { .. });
    let waits = is_prediction && player.prediction(player.step()).is_none();
    html! {
        <footer>
            if place > 0 {
                <button class="b" data-testid="lesson-back" onclick={props.send(LessonMsg::Back)}>{ texts.back }</button>
            }
            <span class="grow"></span>
            if player.is_last() {
                <button class="b" data-testid="lesson-again" onclick={props.send(LessonMsg::StartOver)}>{ texts.start_over }</button>
                if let Some(next) = props.next.clone() {
                    <button class="b primary" data-testid="lesson-next" onclick={open(props, next.clone())}>{ (texts.next_lesson)(&next) }</button>
                } else {
                    <button class="b primary" data-testid="lesson-map" onclick={go_home(props)}>{ texts.to_map }</button>
                }
            } else if waits {
                <button class="b primary" data-testid="give" disabled={props.choice.is_none() || props.sure.is_none()}
                    title={texts.give_hint} onclick={props.send(LessonMsg::Give)}>{ texts.give }</button>
            } else {
                <button class="b primary" data-testid="lesson-on" disabled={!player.is_finished()}
                    title={(!player.is_finished()).then_some(texts.on_when)} onclick={props.send(LessonMsg::GoOn)}>{ texts.on }</button>
            }
        </footer>
    }
}

fn open(props: &LessonProps, id: ArcStr) -> Callback<MouseEvent> {
    let on = props.on.clone();
    Callback::from(move |_| on.emit(Msg::OpenLesson(id.clone())))
}
