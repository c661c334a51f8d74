//! What the front page has to tell: a record that was set aside, a file that was taken in or not.

use yew::prelude::*;

use super::FrontProps;
use crate::progress::sheet::Unread;
use crate::session::{MapMsg, MapNotice, Msg};
use crate::text::Texts;

/// All notices; the place is always there, so that screen readers hear what comes into it.
pub(super) fn notices(props: &FrontProps) -> Html {
    html! { <div class="map-notices" aria-live="polite">{ aside(props) }{ notice(props) }</div> }
}

fn aside(props: &FrontProps) -> Html {
    let words = props.texts.map;
    let Some(damage) = &props.aside else { return Html::default() };
    html! {
        <div class="map-notice warn" data-testid="set-aside">
            <p>{ (words.set_aside)(&(words.damage)(damage)) }</p>
            <div class="row">
                <button class="b" data-testid="save-aside" onclick={props.send(Msg::Map(MapMsg::SaveAside))}>{ words.save_aside }</button>
                <button class="b" data-testid="forget-aside" onclick={props.send(Msg::Map(MapMsg::ForgetAside))}>{ words.forget_aside }</button>
            </div>
        </div>
    }
}

fn notice(props: &FrontProps) -> Html {
    let words = props.texts.map;
    let Some(notice) = &props.notice else { return Html::default() };
    let (class, text) = match notice {
        MapNotice::TakenIn(file) => ("good", (words.taken_in)(file)),
        MapNotice::Unread(file, why) => ("warn", format!("{file}: {}", sentence(props.texts, why))),
        MapNotice::TooMuch => ("warn", words.too_much.to_owned()),
        MapNotice::NotKept => ("warn", words.not_kept.to_owned()),
    };
    let close = props.send(Msg::Map(MapMsg::CloseNotice));
    html! {
        <div class={classes!("map-notice", class)} data-testid="map-notice">
            <p>{ text }</p>
            <div class="row">
                if *notice == MapNotice::NotKept {
                    <button class="b" onclick={props.send(Msg::Map(MapMsg::Save))}>{ words.save }</button>
                }
                <button class="b" data-testid="close-notice" onclick={close} aria-label={words.close_notice}>{ props.texts.close }</button>
            </div>
        </div>
    }
}

/// Why a file could not be read.
pub(in crate::panels) fn sentence(texts: &Texts, why: &Unread) -> String {
    match why {
        Unread::File(why) => (texts.map.unreadable)(why),
        Unread::Record(damage) => (texts.map.damage)(damage),
    }
}
