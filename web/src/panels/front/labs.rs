//! The ready labs, with the version that the next one behaves like.

use lab_core::config::Profile;
use yew::prelude::*;

use super::FrontProps;
use crate::labs::LabId;
use crate::session::Msg;

/// The choice of the version and a card for each lab.
pub(super) fn labs(props: &FrontProps) -> Html {
    let texts = props.texts;
    let differences = props.send(Msg::ShowVersions);
    html! {
        <>
            <fieldset class="versions">
                <legend>{ texts.version_legend }</legend>
                { version(props, Profile::V5, "profile-v5", texts.version_v5) }
                { version(props, Profile::V4, "profile-v4", texts.version_v4) }
                <button type="button" class="link" data-testid="versions" onclick={differences}>{ texts.versions.title }</button>
            </fieldset>
            <div class="labs">{ for LabId::COMPARISONS.into_iter().chain(LabId::ALL).map(|id| card(props, id)) }</div>
        </>
    }
}

fn version(props: &FrontProps, profile: Profile, testid: &'static str, note: &'static str) -> Html {
    let on = props.on.clone();
    let onchange = Callback::from(move |_: Event| on.emit(Msg::ChooseProfile(profile)));
    html! {
        <label>
            <input type="radio" name="profile" data-testid={testid} checked={props.profile == profile} {onchange} />
            <span><b>{ profile.version() }</b>{ " " }{ note }</span>
        </label>
    }
}

fn card(props: &FrontProps, id: LabId) -> Html {
    let text = (props.texts.lab)(id);
    let on = props.on.clone();
    let onclick = Callback::from(move |_: MouseEvent| on.emit(Msg::OpenLab(id)));
    html! {
        <button key={id.word()} class={classes!("lab", id.word())} data-testid={format!("lab-{}", id.word())} {onclick}>
            { sketch(id) }
            <b class="title">{ text.title }</b>
            <span class="about">{ text.about }</span>
            <span class="go">{ props.texts.open_lab }<span aria-hidden="true">{ " →" }</span></span>
        </button>
    }
}

/// A small picture of the lab's cluster.
fn sketch(id: LabId) -> Html {
    let lane = |x: i32, y: i32, dead: bool| {
        html! {
            <g class={dead.then_some("dead")}>
                <rect class="bk" x={x.to_string()} y={y.to_string()} width="64" height="22" rx="5" />
                { for [(6, "t0"), (18, "t1"), (30, "t2"), (42, "t0")].into_iter().map(|(dx, class)| html! {
                    <rect class={class} x={(x + dx).to_string()} y={(y + 7).to_string()} width="8" height="8" rx="2" />
                }) }
            </g>
        }
    };
    let node = |x: i32, y: i32, class: &'static str| {
        html! { <rect class={class} x={x.to_string()} y={y.to_string()} width="28" height="16" rx="4" /> }
    };
    let body = match id {
        LabId::Flow => html! { <>
            <path d="M38 46C55 46 50 32 68 32M38 46C55 46 50 60 68 60M132 32C150 32 146 34 162 34M132 60C150 60 146 58 162 58" />
            { node(10, 38, "pr") }{ lane(68, 21, false) }{ lane(68, 49, false) }{ node(162, 26, "co") }{ node(162, 50, "co") }
            { node(64, -8, "ns") }{ node(108, -8, "ns") }
        </> },
        LabId::Broadcast => html! { <>
            <path d="M38 46H68M132 42C150 42 146 16 162 16M132 44C150 44 146 36 162 36M132 48C150 48 146 58 162 58M132 50C150 50 146 78 162 78" />
            { node(10, 38, "pr") }{ lane(68, 35, false) }{ node(162, 8, "co") }{ node(162, 28, "co") }
            { node(162, 50, "co2") }{ node(162, 70, "co2") }{ node(86, -2, "ns") }
        </> },
        LabId::Failover => html! { <>
            <path d="M38 46C55 46 50 32 68 32M38 46C55 46 50 66 68 66M132 32C150 32 146 46 162 46M132 66C150 66 146 48 162 48" />
            { node(10, 38, "pr") }{ lane(68, 21, true) }{ lane(68, 55, false) }{ node(162, 38, "co") }
            <path class="cross" d="M94 24L106 40M106 24L94 40" />{ node(64, -8, "ns") }{ node(108, -8, "ns") }
        </> },
        LabId::Ways => html! { <>
            { lane(-2, 12, true) }{ lane(68, 12, false) }{ lane(138, 12, true) }
            <path class="cross" d="M24 15L36 31M36 15L24 31M164 15L176 31M176 15L164 31" />
            { for [(-2, 60), (68, 12), (138, 36)].into_iter().map(|(x, width)| html! {
                <rect class="t1" x={x.to_string()} y="48" width={width.to_string()} height="8" rx="2" /> }) }
            { for [(-2, 24), (68, 8), (138, 52)].into_iter().map(|(x, width)| html! {
                <rect class="t0" x={x.to_string()} y="64" width={width.to_string()} height="8" rx="2" /> }) }
        </> },
        LabId::Riddle => html! { <>
            <rect class="bk" x="14" y="30" width="84" height="26" rx="5" />
            { for [22, 34, 46].into_iter().map(|x| html! { <rect class="t0" x={x.to_string()} y="39" width="8" height="8" rx="2" /> }) }
            <path d="M98 43H176" stroke-dasharray="4 4" /><path class="cross" d="M176 30V56M168 30L176 38L184 30" />
            { node(150, 68, "co") }
        </> },
        LabId::Sandbox | LabId::Lesson => html! { <>
            <rect class="slot" x="10" y="38" width="28" height="16" rx="4" /><rect class="slot" x="68" y="35" width="64" height="22" rx="5" />
            <rect class="slot" x="162" y="38" width="28" height="16" rx="4" /><rect class="slot" x="86" y="4" width="28" height="16" rx="4" />
        </> },
    };
    html! { <svg class="sketch" viewBox="0 -14 200 110" aria-hidden="true">{ body }</svg> }
}
