//! Everything around the stage: header, front page, timeline, command line, console, events, inspector, dialogs.

pub mod command_bar;
pub mod comparison;
pub mod console;
mod console_help;
pub mod dialog;
pub mod events;
pub mod front;
pub mod header;
pub mod inspector;
pub mod lesson;
pub mod look;
mod rules;
pub mod sheet;
pub mod tabs;
pub mod timeline;
pub mod versions;
mod words;

use lab_core::command::CommandError;
use yew::prelude::*;

use crate::text::Texts;

/// Why a command was not carried out; a sentence that there is only in English is marked so for screen readers.
fn refusal(texts: &Texts, error: &CommandError) -> Html {
    let sentence = (texts.refusal)(error);
    let lang = (sentence == error.to_string()).then_some("en");
    html! { <span {lang}>{ sentence }</span> }
}
