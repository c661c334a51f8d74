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
    let class = match notice {
        MapNotice::TakenIn(_) | MapNotice::InSheet(_) => "good",
        MapNotice::Unread(..) | MapNotice::TooMuch | MapNotice::NotKept => "warn",
    };
    let close = props.send(Msg::Map(MapMsg::CloseNotice));
    html! {
        <div class={classes!("map-notice", class)} data-testid="map-notice">
            <p>{ told(props.texts, notice) }</p>
            <div class="row">
                if *notice == MapNotice::NotKept {
                    <button class="b" onclick={props.send(Msg::Map(MapMsg::Save))}>{ words.save }</button>
                }
                <button class="b" data-testid="close-notice" onclick={close} aria-label={words.close_notice}>{ props.texts.close }</button>
            </div>
        </div>
    }
}

/// What a notice says.
pub(in crate::panels) fn told(texts: &Texts, notice: &MapNotice) -> String {
    match notice {
        MapNotice::TakenIn(file) => (texts.map.taken_in)(file),
        MapNotice::InSheet(files) => (texts.map.in_sheet)(*files),
        MapNotice::Unread(file, why) => format!("{file}: {}", sentence(texts, why)),
        MapNotice::TooMuch => texts.map.too_much.to_owned(),
        MapNotice::NotKept => texts.map.not_kept.to_owned(),
    }
}

/// Why a file could not be read.
pub(in crate::panels) fn sentence(texts: &Texts, why: &Unread) -> String {
    match why {
        Unread::File(why) => (texts.map.unreadable)(why),
        Unread::Record(damage) => (texts.map.damage)(damage),
    }
}
