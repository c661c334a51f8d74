//! The dialog that explains the console: what `mqadmin` is, which keys help, which commands there are.

use lab_core::command::VERBS;
use lab_core::config::Profile;
use lab_core::gather::Arrange as _;
use lab_core::mqadmin;
use yew::prelude::*;

use crate::session::Msg;
use crate::text::{Texts, verbs};

/// The body of the dialog. A click on a command puts it into the command line.
pub(super) fn body(texts: &Texts, profile: Profile, on: &Callback<Msg>) -> Html {
    let words = texts.console;
    let take = |line: String| {
        let on = on.clone();
        Callback::from(move |_: MouseEvent| {
            on.emit(Msg::CloseDialog);
            on.emit(Msg::UseLine(line.clone()));
        })
    };
    let mut tool = mqadmin::known_commands(profile);
    tool.arrange_by_key(|command| command.name);
    html! {
        <>
            { for words.about.iter().map(|text| html! { <p>{ *text }</p> }) }
            <table class="keys"><tbody>
                { for words.keys.iter().map(|(key, what)| html! { <tr><th><kbd>{ *key }</kbd></th><td>{ *what }</td></tr> }) }
            </tbody></table>
            <h3>{ words.mqadmin_commands }</h3>
            <dl class="commands" data-testid="mqadmin-commands">
                { for tool.into_iter().map(|command| html! {
                    <div><dt><button class="link mono" lang="en" onclick={take(format!("{} ", command.name))}>{ command.name }</button></dt>
                        <dd lang="en">{ command.description }</dd></div> }) }
            </dl>
            <h3>{ words.own_commands }</h3>
            <dl class="commands">
                { for VERBS.iter().map(|verb| html! {
                    <div><dt><button class="link mono" lang="en" title={verbs::usage(verb)} onclick={take(format!("{verb} "))}>{ *verb }</button></dt>
                        <dd>{ words.verb(verb) }</dd></div> }) }
            </dl>
        </>
    }
}
