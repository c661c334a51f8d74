//! The command line: one line of the notation or for `mqadmin`, what could follow, and what was wrong with the last.
//!
//! It is a combobox: the focus stays in the field while the arrow keys move through the list of suggestions.

use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::prelude::*;

use super::refusal;
use crate::session::console::{Direction, Popup};
use crate::session::{Msg, Notice, Problem};
use crate::text::{Texts, span};

/// What the command line is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct CommandBarProps {
    /// The words.
    pub texts: &'static Texts,
    /// What is typed.
    pub line: String,
    /// The open list of suggestions.
    pub popup: Option<Popup>,
    /// Counts the lines that were put into the field from elsewhere.
    pub called: u32,
    /// Whether Tab completes what is typed.
    pub can_complete: bool,
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
    let field = use_node_ref();
    {
        let field = field.clone();
        use_effect_with(props.called, move |called| {
            if *called > 0
                && let Some(input) = field.cast::<HtmlElement>()
            {
                // A field that cannot take the focus holds the line all the same.
                let _ = input.focus();
            }
        });
    }
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
    let (on, popup, can_complete) = (props.on.clone(), props.popup.clone(), props.can_complete);
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if event.is_composing() || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        if let Some(msg) = message_of_key(&event.key(), event.shift_key(), popup.as_ref(), can_complete) {
            event.prevent_default();
            on.emit(msg);
        }
    });
    let (on, is_open) = (props.on.clone(), props.popup.is_some());
    let onblur = Callback::from(move |_: FocusEvent| {
        if is_open {
            on.emit(Msg::CloseSuggestions);
        }
    });
    let on = props.on.clone();
    let help = Callback::from(move |_: MouseEvent| on.emit(Msg::ShowConsoleHelp));
    let active = props.popup.as_ref().map(|popup| format!("suggestion-{}", popup.active));
    html! {
        <form class="command" {onsubmit}>
            <label for="command-input" class="prompt" title={texts.command_label}>{ "›" }<span class="hidden">{ texts.command_label }</span></label>
            <div class="field">
                <input ref={field} id="command-input" class="mono" data-testid="command-input" type="text" autocomplete="off" autocapitalize="off" spellcheck="false"
                    placeholder={texts.command_hint} value={props.line.clone()} {oninput} {onkeydown} {onblur}
                    role="combobox" aria-autocomplete="list" aria-expanded={props.popup.is_some().to_string()} aria-controls="suggestions"
                    aria-activedescendant={active} aria-invalid={props.problem.is_some().to_string()} aria-describedby="command-error" />
                if let Some(popup) = &props.popup { <Suggestions {texts} popup={popup.clone()} on={props.on.clone()} /> }
            </div>
            <button class="b" data-testid="command-run" type="submit">{ texts.run }</button>
            <button class="b icon" data-testid="console-help-open" type="button" aria-label={texts.console.help} title={texts.console.help} onclick={help}>{ "?" }</button>
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

/// What a key means in the field; `None` for what the field itself does with it.
fn message_of_key(key: &str, shift: bool, popup: Option<&Popup>, can_complete: bool) -> Option<Msg> {
    match (key, popup) {
        ("ArrowUp", Some(_)) => Some(Msg::MoveSuggestion(Direction::Back)),
        ("ArrowDown", Some(_)) => Some(Msg::MoveSuggestion(Direction::Forth)),
        ("Enter", Some(popup)) => Some(Msg::PickSuggestion(popup.active)),
        ("Tab", Some(popup)) if !shift => Some(Msg::PickSuggestion(popup.active)),
        ("Tab", None) if !shift && can_complete => Some(Msg::Complete),
        ("Escape", _) if popup.is_some() || can_complete => Some(Msg::CloseSuggestions),
        ("ArrowUp", None) => Some(Msg::Recall(Direction::Back)),
        ("ArrowDown", None) => Some(Msg::Recall(Direction::Forth)),
        _ => None,
    }
}

/// What the list of suggestions is drawn from.
#[derive(Clone, PartialEq, Properties)]
struct SuggestionsProps {
    texts: &'static Texts,
    popup: Popup,
    on: Callback<Msg>,
}

/// The list, above the field. The active suggestion is kept in sight.
#[component]
fn Suggestions(props: &SuggestionsProps) -> Html {
    let list = use_node_ref();
    {
        let list = list.clone();
        use_effect_with(props.popup.active, move |active| {
            let child = list.cast::<Element>().and_then(|it| it.children().item(*active as u32));
            if let (Some(list), Some(child)) = (list.cast::<Element>(), child) {
                keep_in_sight(&list, &child);
            }
        });
    }
    let texts = props.texts.console;
    let item = |(place, item): (usize, &crate::session::console::completion::Suggestion)| {
        let on = props.on.clone();
        // A press, because a click would come after the field has lost the focus.
        let onmousedown = Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            on.emit(Msg::PickSuggestion(place));
        });
        let (note, is_english) = texts.note(&item.note);
        let lang = is_english.then_some("en");
        html! {
            <li key={item.text.clone()} id={format!("suggestion-{place}")} role="option" data-testid={format!("suggestion-{place}")}
                aria-selected={(place == props.popup.active).to_string()} {onmousedown}>
                <code>{ &item.text }</code><span {lang}>{ note }</span></li>
        }
    };
    html! {
        <ul id="suggestions" class="suggestions" role="listbox" aria-label={texts.suggestions} data-testid="suggestions" ref={list}>
            { for props.popup.suggestions.items.iter().enumerate().map(item) }
        </ul>
    }
}

/// Scrolls a list so far that one of its children can be seen whole.
fn keep_in_sight(list: &Element, child: &Element) {
    let (frame, item) = (list.get_bounding_client_rect(), child.get_bounding_client_rect());
    let over = item.bottom() - frame.bottom();
    let under = frame.top() - item.top();
    if over > 0.0 {
        list.set_scroll_top(list.scroll_top() + over.ceil() as i32);
    } else if under > 0.0 {
        list.set_scroll_top(list.scroll_top() - under.ceil() as i32);
    }
}

fn notice(props: &CommandBarProps) -> Html {
    let texts = props.texts;
    match &props.notice {
        Some(Notice::NoneCame(kind)) => html! { (texts.none_came)((texts.skip_kind)(*kind)) },
        Some(Notice::NothingDue) => html! { texts.nothing_due },
        Some(Notice::Done(line)) => html! { <>{ texts.done }{ " " }<code>{ line }</code></> },
        Some(Notice::BadRecording(why)) => html! { why },
        Some(Notice::PredictFirst) => html! { texts.lesson.predict_first },
        Some(Notice::EvidenceGone) => html! { texts.lesson.evidence_gone },
        Some(Notice::OneVersion(profile)) => html! { (texts.lesson.one_version)(profile.version()) },
        Some(Notice::StillWaiting(time)) => html! { (texts.console.still_waiting)(&span(*time)) },
        Some(Notice::Switched { to, passed_over }) => {
            html! { (texts.versions.switched)(to.version(), *passed_over) }
        }
        Some(Notice::SwitchedToOpening(to)) => html! { (texts.versions.switched_to_opening)(to.version()) },
        None if props.later > 0 => html! { (texts.later_kept)(props.later) },
        None => Html::default(),
    }
}
