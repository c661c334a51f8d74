//! The header: where one is, the ready labs, language and theme.

use yew::prelude::*;

use crate::labs::LabId;
use crate::session::{Msg, Theme};
use crate::text::{Lang, Texts};

/// What the header is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct HeaderProps {
    /// The words.
    pub texts: &'static Texts,
    /// The language.
    pub lang: Lang,
    /// The theme.
    pub theme: Theme,
    /// Whether large type and strong contrast were chosen.
    pub projector: bool,
    /// The open lab.
    pub open: Option<LabId>,
    /// The version of the open lab.
    pub version: Option<&'static str>,
    /// Where to tell what was clicked.
    pub on: Callback<Msg>,
}

/// The header.
#[component]
pub fn Header(props: &HeaderProps) -> Html {
    let texts = props.texts;
    let send = |msg: Msg| {
        let on = props.on.clone();
        Callback::from(move |_: MouseEvent| on.emit(msg.clone()))
    };
    let other = props.lang.other();
    let next = match props.theme {
        Theme::System => Theme::Light,
        Theme::Light => Theme::Dark,
        Theme::Dark => Theme::System,
    };
    let sign = match props.theme {
        Theme::System => "◐",
        Theme::Light => "☀",
        Theme::Dark => "☾",
    };
    let projector = texts.map.projector;
    let lab = |id: LabId| {
        let current = (props.open == Some(id)).then_some("page");
        html! {
            <button class="tab" aria-current={current} data-testid={format!("open-{}", id.word())}
                onclick={send(Msg::OpenLab(id))}>{ (texts.lab)(id).short }</button>
        }
    };
    html! {
        <header class="top">
            <button class="brand" data-testid="home" onclick={send(Msg::GoHome)} aria-label={texts.home}>
                <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
                    <rect x="1" y="1" width="20" height="20" rx="6" />
                    <circle cx="6.5" cy="11" r="2.4" /><circle cx="11" cy="11" r="2.4" /><circle cx="15.5" cy="11" r="2.4" />
                </svg>
                <b>{ "RocketMQ Lab" }</b>
            </button>
            if props.open.is_some() {
                <nav class="tabs" aria-label={texts.labs}>
                    <button class="tab" data-testid="open-lessons"
                        aria-current={(props.open == Some(LabId::Lesson)).then_some("page")} onclick={send(Msg::GoHome)}>{ texts.map.lessons }</button>
                    { for LabId::COMPARISONS.into_iter().chain(LabId::ALL).map(lab) }
                </nav>
            }
            <span class="grow"></span>
            if let Some(version) = props.version {
                <button class="b version" data-testid="versions" onclick={send(Msg::ShowVersions)}
                    aria-label={(texts.versions.button)(version)} title={(texts.versions.button)(version)}>
                    <span class="long">{ "RocketMQ " }</span>{ version }<span aria-hidden="true">{ " ⇄" }</span></button>
            }
            <button class="b" data-testid="help" onclick={send(Msg::ShowHelp)} aria-label={texts.keys} title={texts.keys}>{ "?" }</button>
            <button class="b" data-testid="lang" lang={other.code()} onclick={send(Msg::SetLang(other))} aria-label={texts.other_language_label}>
                { texts.other_language }</button>
            <button class="b projector" data-testid="projector" aria-pressed={props.projector.to_string()}
                onclick={send(Msg::SetProjector(!props.projector))} aria-label={projector} title={projector}>
                <span aria-hidden="true">{ "A+" }</span></button>
            <button class="b" data-testid="theme" data-theme={props.theme.word()} onclick={send(Msg::SetTheme(next))}
                aria-label={(texts.theme)(props.theme)} title={(texts.theme)(props.theme)}>
                <span aria-hidden="true">{ sign }</span></button>
        </header>
    }
}
