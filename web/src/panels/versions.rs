//! The dialog about the two versions: the switch, and the table of what differs, with what this run has shown.

use lab_core::config::Profile;
use lab_core::id::EventId;
use lab_core::time::Instant;
use yew::prelude::*;

use crate::differences::Difference;
use crate::session::Msg;
use crate::session::versions::other;
use crate::text::Texts;

/// What the dialog needs of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionsOfRun {
    /// The version of the run.
    pub profile: Profile,
    /// Commands that a person gave in it.
    pub own_commands: usize,
    /// The differences that it has shown, each with the event that showed it first.
    pub seen: Vec<(Difference, EventId, Instant)>,
}

/// The switch; only an open lab can be switched.
pub(super) fn switch(texts: &Texts, run: &VersionsOfRun, on: &Callback<Msg>) -> Html {
    let words = texts.versions;
    let to = other(run.profile).version();
    let on = on.clone();
    let onclick = Callback::from(move |_: MouseEvent| on.emit(Msg::SwitchVersion));
    html! {
        <div class="switch">
            <p><b data-testid="version-now">{ (words.now)(run.profile.version()) }</b>{ " " }{ (words.switch_why)(to, run.own_commands) }</p>
            <p><button class="b primary" data-testid="switch-version" {onclick}>{ (words.switch_do)(to) }</button></p>
        </div>
    }
}

/// The table of what differs.
pub(super) fn table(texts: &Texts, run: Option<&VersionsOfRun>, on: &Callback<Msg>) -> Html {
    let words = texts.versions;
    let seen = run.map_or(&[][..], |run| &run.seen);
    let count = run.map(|run| (words.seen_count)(run.seen.len(), Difference::ALL.len()));
    html! {
        <>
            if let Some(count) = count { <p class="muted"><span data-testid="differences-seen">{ count }</span>{ " " }{ words.table_note }</p> }
            <table class="differences" data-testid="differences">
                <thead><tr><th>{ words.behaviour }</th><th>{ head(Profile::V4, run) }</th><th>{ head(Profile::V5, run) }</th></tr></thead>
                <tbody>{ for Difference::ALL.iter().map(|it| {
                    let seen = seen.iter().find(|(difference, ..)| difference == it);
                    row(texts, *it, seen, on)
                }) }</tbody>
            </table>
        </>
    }
}

fn head(profile: Profile, run: Option<&VersionsOfRun>) -> Html {
    let is_current = run.is_some_and(|run| run.profile == profile);
    let sign = if is_current { " ●" } else { "" };
    html! { <>{ format!("{profile} · {}", profile.version()) }<span aria-hidden="true">{ sign }</span></> }
}

fn row(
    texts: &Texts,
    difference: Difference,
    seen: Option<&(Difference, EventId, Instant)>,
    on: &Callback<Msg>,
) -> Html {
    let [what, v4, v5] = (texts.versions.difference)(difference);
    let mark = seen.map(|(_, id, at)| {
        let (on, id) = (on.clone(), *id);
        let onclick = Callback::from(move |_: MouseEvent| {
            on.emit(Msg::CloseDialog);
            on.emit(Msg::SelectEvent(id));
        });
        html! { <button class="link" {onclick}>{ (texts.versions.seen_at)(&at.to_string()) }</button> }
    });
    html! {
        <tr class={seen.map(|_| "seen")} data-testid={seen.map(|_| "difference-seen")}>
            <th scope="row">{ what }{ mark.unwrap_or_default() }</th><td>{ v4 }</td><td>{ v5 }</td>
        </tr>
    }
}
