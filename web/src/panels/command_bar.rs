//! The command line: one line of the notation, with what was wrong with the last one beside it.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::refusal;
use crate::session::{Msg, Notice, Problem};
use crate::text::Texts;

/// What the command line is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct CommandBarProps {
    /// The words.
    pub texts: &'static Texts,
    /// What is typed.
    pub line: String,
    /// What was wrong with the last command.
    pub problem: Option<Problem>,
    /// Something to tell.
    pub notice: Option<Notice>,
    /// Commands behind the present.
    pub later: usize,
    /// Where to tell what was typed.
    pub on: Callback<Msg>,
}

/// The command line.
#[component]
pub fn CommandBar(props: &CommandBarProps) -> Html {
    let texts = props.texts;
    let on = props.on.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
            on.emit(Msg::EditLine(input.value()));
        }
    });
    let on = props.on.clone();
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        on.emit(Msg::RunLine);
    });
    html! {
        <form class="command" {onsubmit}>
            <label for="command-input" class="prompt" title={texts.command_label}>{ "›" }<span class="hidden">{ texts.command_label }</span></label>
            <input id="command-input" class="mono" data-testid="command-input" type="text" autocomplete="off" spellcheck="false"
                placeholder={texts.command_hint} value={props.line.clone()} {oninput}
                aria-invalid={props.problem.is_some().to_string()} aria-describedby="command-error" />
            <button class="b" data-testid="command-run" type="submit">{ texts.run }</button>
            <div class="notice" role="status" data-testid="notice">{ notice(props) }</div>
            <div id="command-error" class="error" role="alert" data-testid="command-error">
                if let Some(problem) = &props.problem {
                    <b>{ texts.refused }</b>{ " " }
                    if problem.line.trim() != props.line.trim() { <code>{ &problem.line }</code>{ " " } }
                    { refusal(texts, &problem.why) }
                }
            </div>
        </form>
    }
}

fn notice(props: &CommandBarProps) -> Html {
    let texts = props.texts;
    match &props.notice {
        Some(Notice::NoneCame(kind)) => html! { (texts.none_came)((texts.skip_kind)(*kind)) },
        Some(Notice::NothingDue) => html! { texts.nothing_due },
        Some(Notice::Done(line)) => html! { <>{ texts.done }{ " " }<code>{ line }</code></> },
        Some(Notice::BadRecording(why)) => html! { why },
        None if props.later > 0 => html! { (texts.later_kept)(props.later) },
        None => Html::default(),
    }
}
