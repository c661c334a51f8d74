//! What to look for in a ready lab: all points side by side where there is room, else one at a time.

use yew::prelude::*;

use crate::labs::LabId;
use crate::session::Msg;
use crate::text::Texts;

/// What the strip is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct LookProps {
    /// The words.
    pub texts: &'static Texts,
    /// The lab.
    pub id: LabId,
    /// The point that is shown where only one fits.
    pub place: usize,
    /// Where to tell what was clicked.
    pub on: Callback<Msg>,
}

/// The strip. The style sheet decides how many points are seen.
#[component]
pub fn Look(props: &LookProps) -> Html {
    let texts = props.texts;
    let lab = (texts.lab)(props.id);
    if lab.look.is_empty() {
        return Html::default();
    }
    let count = lab.look.len();
    let place = props.place.min(count - 1);
    let turn = |testid: &'static str, label: &'static str, sign: &'static str, to: usize| {
        let on = props.on.clone();
        let onclick = Callback::from(move |_: MouseEvent| on.emit(Msg::LookAt(to)));
        html! { <button class="b" data-testid={testid} aria-label={label} title={label} {onclick}>{ sign }</button> }
    };
    html! {
        <details class="look" open=true data-testid="look">
            <summary>{ texts.what_to_look_for }<b>{ lab.title }</b></summary>
            <div class="turn">
                { turn("look-back", texts.look_back, "‹", (place + count - 1) % count) }
                <span class="num">{ format!("{}/{count}", place + 1) }</span>
                { turn("look-on", texts.look_on, "›", (place + 1) % count) }
            </div>
            <ol aria-live="polite">
                { for lab.look.iter().enumerate().map(|(index, line)| html! {
                    <li class={(index == place).then_some("current")}>{ *line }</li> }) }
            </ol>
        </details>
    }
}
