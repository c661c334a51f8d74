//! Goals, hints, and the solution for those who want to see it.

use lab_core::lesson::language::Value;
use lab_core::lesson::{Goal, Line, Script, Step};
use yew::prelude::*;

use super::{LessonProps, prose};
use crate::session::{LessonMsg, Msg};

pub(super) fn body(props: &LessonProps, step: &Step, goals: &[Goal], hints: u32, solution: &Script) -> Html {
    let texts = props.texts.lesson;
    html! {
        <>
            { prose::text(props, props.part("")) }
            <h3>{ texts.goals }</h3>
            <ul class="goals">{ for goals.iter().enumerate().map(|(place, it)| goal(props, step, place, it)) }</ul>
            if props.went_back { <p class="muted">{ texts.went_back }</p> }
            { ladder(props, hints, solution) }
            <p class="row">
                if let Some((line, all)) = props.playing {
                    <span class="playing" data-testid="solution-playing">{ (texts.playing)(line, all) }</span>
                    <button class="b" data-testid="solution-stop" onclick={props.send(LessonMsg::StopSolution)}>{ texts.stop_solution }</button>
                } else {
                    <button class="b" data-testid="solution" title={texts.play_solution_note} onclick={props.send(LessonMsg::PlaySolution)}>{ texts.play_solution }</button>
                    <button class="b" data-testid="step-reset" onclick={props.send(LessonMsg::ResetStep)}>{ texts.reset }</button>
                }
            </p>
        </>
    }
}

fn goal(props: &LessonProps, step: &Step, place: usize, goal: &Goal) -> Html {
    let texts = props.texts.lesson;
    let reached = props.player.reached(step, goal);
    let is_furthest = {
        let (here, furthest) = props.player.place();
        here == furthest
    };
    let since = props.player.holds_since(place).filter(|_| is_furthest && reached.is_none());
    let note = match (reached, since, goal.lasts) {
        (Some(at), ..) => (texts.goal_reached)(&at.to_string()),
        (None, Some(since), Some(lasts)) => {
            let need = Value::Span(i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX)).to_string();
            (texts.goal_holds)(&since.to_string(), &need)
        }
        _ => texts.goal_open.to_owned(),
    };
    let sign = if reached.is_some() { "✓" } else { "○" };
    html! {
        <li class={reached.is_some().then_some("reached")} data-testid={format!("goal-{}", goal.id)} data-reached={reached.is_some().to_string()}>
            <span class="sign" aria-hidden="true">{ sign }</span>
            <span>{ prose::line(props, props.part(&format!("goal: {}", goal.id))) }{ " " }<small class="muted">{ note }</small></span>
        </li>
    }
}

/// The hints that were opened, and the next one.
fn ladder(props: &LessonProps, hints: u32, solution: &Script) -> Html {
    let texts = props.texts.lesson;
    let opened = props.player.hints();
    let next =
        if opened < hints { (texts.open_hint)(opened + 1, hints) } else { texts.open_commands.to_owned() };
    html! {
        <>
            <h3>{ texts.hints }{ " " }<small class="muted">{ texts.hints_free }</small></h3>
            <ol class="hints" aria-live="polite">
                { for (1..=opened.min(hints)).map(|number| html! {
                    <li data-testid={format!("hint-{number}")}>{ prose::line(props, props.part(&format!("hint: {number}"))) }</li> }) }
                if opened > hints { <li data-testid="hint-commands">{ texts.commands }{ commands(props, solution) }</li> }
            </ol>
            if opened <= hints {
                <p><button class="b" data-testid="hint-open" onclick={props.send(LessonMsg::OpenHint)}>{ next }</button></p>
            }
        </>
    }
}

/// The lines of a script; a command can be put into the command line.
pub(super) fn commands(props: &LessonProps, script: &Script) -> Html {
    let texts = props.texts.lesson;
    html! {
        <ul class="script">{ for script.lines.iter().map(|line| match line {
            Line::Do(command) => {
                let line = command.to_string();
                let (on, typed) = (props.on.clone(), line.clone());
                let onclick = Callback::from(move |_: MouseEvent| on.emit(Msg::UseLine(typed.clone())));
                html! { <li><button type="button" class="mono" title={texts.use_line} {onclick}>{ line }</button></li> }
            }
            Line::Run(span) => {
                let span = Value::Span(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)).to_string();
                html! { <li class="muted">{ (texts.wait)(&span) }</li> }
            }
        }) }</ul>
    }
}
