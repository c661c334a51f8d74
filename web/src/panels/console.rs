//! The transcript: every command of the run with its moment, and what `mqadmin` printed, in its own columns.

use lab_core::id::EventId;
use web_sys::Element;
use yew::prelude::*;

use super::{refusal, rules};
use crate::session::Msg;
use crate::session::console::transcript::{Body, Entry, EntryKey};
use crate::session::rules::RulesOf;
use crate::text::{Texts, span};

/// What the transcript is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct ConsoleProps {
    /// The words.
    pub texts: &'static Texts,
    /// Older entries that are left out.
    pub older: usize,
    /// The entries, oldest first.
    pub entries: Vec<Entry>,
    /// The order whose output was copied last.
    pub copied: Option<EventId>,
    /// Where to tell what was clicked.
    pub on: Callback<Msg>,
}

/// The transcript. It stays at its end unless it was scrolled away from there.
#[component]
pub fn Console(props: &ConsoleProps) -> Html {
    let texts = props.texts;
    let log = use_node_ref();
    let is_at_end = use_mut_ref(|| true);
    {
        let (log, is_at_end) = (log.clone(), is_at_end.clone());
        use_effect_with(props.entries.clone(), move |_| {
            if *is_at_end.borrow()
                && let Some(element) = log.cast::<Element>()
            {
                element.set_scroll_top(element.scroll_height());
            }
        });
    }
    let onscroll = Callback::from(move |event: Event| {
        if let Some(element) = event.target_dyn_into::<Element>() {
            let left = element.scroll_height() - element.scroll_top() - element.client_height();
            *is_at_end.borrow_mut() = left < 24;
        }
    });
    html! {
        <div class="transcript" ref={log} {onscroll} tabindex="0" role="log" aria-label={texts.console.log} data-testid="console">
            if props.older > 0 { <p class="nothing">{ (texts.console.older)(props.older) }</p> }
            if props.entries.is_empty() { <p class="nothing">{ texts.console.empty }</p> }
            { for props.entries.iter().map(|it| entry(props, it)) }
        </div>
    }
}

fn entry(props: &ConsoleProps, entry: &Entry) -> Html {
    let texts = props.texts;
    let on = props.on.clone();
    let line = entry.line.clone();
    let onclick = Callback::from(move |_: MouseEvent| on.emit(Msg::UseLine(line.clone())));
    let is_later = matches!(entry.body, Body::Later);
    html! {
        <article key={key(entry.key)} class={classes!("entry", is_later.then_some("later"))} data-testid="console-entry">
            <div class="said">
                <span class="time">{ entry.at.to_string() }</span>
                <button class="said-line mono" data-testid="console-line" title={texts.console.use_line} {onclick}>
                    <span class="prompt" aria-hidden="true">{ "› " }</span><code>{ &entry.line }</code></button>
                if is_later { <span class="muted">{ texts.console.later }</span> }
                { rules_button(props, entry) }
                { copy_button(props, entry) }
            </div>
            { body(texts, entry) }
        </article>
    }
}

fn key(key: EntryKey) -> String {
    match key {
        EntryKey::Command(id) => format!("command-{id}"),
        EntryKey::Aside(number) => format!("aside-{number}"),
        EntryKey::Later(place) => format!("later-{place}"),
    }
}

fn copy_button(props: &ConsoleProps, entry: &Entry) -> Html {
    let (EntryKey::Command(id), Body::Output(_)) = (entry.key, &entry.body) else { return Html::default() };
    let texts = props.texts.console;
    let on = props.on.clone();
    let onclick = Callback::from(move |_: MouseEvent| on.emit(Msg::Copy(id)));
    let label = if props.copied == Some(id) { texts.copied } else { texts.copy };
    html! { <button class="b small" data-testid="console-copy" {onclick}>{ label }</button> }
}

fn rules_button(props: &ConsoleProps, entry: &Entry) -> Html {
    match (RulesOf::line(&entry.line), &entry.body) {
        (Some(of), Body::Output(_)) => rules::button(props.texts, of, &props.on),
        _ => Html::default(),
    }
}

fn body(texts: &Texts, entry: &Entry) -> Html {
    match &entry.body {
        Body::Done | Body::Later => Html::default(),
        Body::Output(output) => {
            html! { <pre class="output" tabindex="0" lang="en" data-testid="console-output">{ output.trim_end_matches('\n') }</pre> }
        }
        Body::Waiting(since) => {
            html! { <p class="muted waiting" data-testid="console-waiting">{ (texts.console.waiting)(&span(*since)) }</p> }
        }
        Body::Refused(why) => {
            html! { <p class="error" data-testid="console-refused"><b>{ texts.refused }</b>{ " " }{ refusal(texts, why) }</p> }
        }
        Body::Help(topic, profile) => {
            html! { <pre class="output explained" tabindex="0" data-testid="console-help">{ texts.console.explain(topic, *profile) }</pre> }
        }
    }
}
