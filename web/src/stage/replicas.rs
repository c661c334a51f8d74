//! The line of a broker that says in words what it is where DLedger or a controller decides it, and what it cut off.

use lab_core::id::BrokerId;
use lab_core::view::{BrokerView, ControllerModeView, View};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use yew::prelude::*;

use super::{StageProps, menu};
use crate::session::cuts::CUT_SECTION;
use crate::session::{Msg, Selection};
use crate::text::Texts;

/// The line; nothing for a broker of neither kind.
pub(super) fn mark(props: &StageProps, broker: &BrokerView) -> Html {
    let Some(text) = words(&props.shown.view, broker, props.texts) else { return Html::default() };
    let node = &broker.node.id;
    html! {
        <div class="replica">
            <span class="role acting" title={text.clone()} data-testid={format!("replica-{node}")}>{ text }</span>
            { cut_mark(props, broker) }
        </div>
    }
}

/// A button that leads to what the broker cut off its log; nothing where it never did.
fn cut_mark(props: &StageProps, broker: &BrokerView) -> Html {
    let node = &broker.node.id;
    let count: usize = props.shown.cuts_of(node).map(|cut| cut.messages.len()).sum();
    if count == 0 {
        return Html::default();
    }
    let texts = props.texts.replicas;
    let name = (texts.cut_mark_of)(node.as_str(), count);
    let (on, selection) = (props.on.clone(), Selection::Node(node.clone()));
    let onclick = Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        on.emit(Msg::Inspect(selection.clone()));
        lead_to_section();
    });
    html! {
        <button class="link cut-mark" data-testid={format!("cut-{node}")} aria-label={name.clone()} title={name}
            {onclick}>{ (texts.cut_mark)(count) }</button>
    }
}

/// Moves the focus to what the inspector tells of the cut, once it is drawn.
fn lead_to_section() {
    let Some(window) = web_sys::window() else { return };
    let document = window.document();
    let lead = Closure::once_into_js(move || {
        let section = format!("#{CUT_SECTION} > summary");
        menu::focus(document.and_then(|document| document.query_selector(&section).ok().flatten()));
    });
    // Where no frame can be asked for the section is open all the same.
    let _ = window.request_animation_frame(lead.unchecked_ref());
}

/// What it is.
fn words(view: &View, broker: &BrokerView, texts: &Texts) -> Option<String> {
    let replicas = texts.replicas;
    if let Some(member) = &broker.dledger {
        let role = member.role.map(|role| (replicas.member)(role, member.term));
        return Some(role.unwrap_or_else(|| (replicas.term)(member.term)));
    }
    let mode = broker.controller_mode.as_ref()?;
    let mut parts = Vec::new();
    if mode.is_running {
        let is_master = broker.broker_id.is_master();
        parts.push(if is_master { "master" } else { "slave" }.to_owned());
        parts.push((replicas.epoch)(mode.master_epoch));
    } else if broker.node.status.is_running() {
        parts.push(replicas.no_role.to_owned());
    }
    match in_sync_state_set(view, broker, mode) {
        Some(true) => parts.push(replicas.in_set.to_owned()),
        Some(false) => parts.push(replicas.not_in_set.to_owned()),
        None if mode.broker_controller_id.is_none() => parts.push(replicas.no_id.to_owned()),
        None => {}
    }
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// Whether the controller that leads counts it as in sync; without one, whether its master does.
fn in_sync_state_set(view: &View, broker: &BrokerView, mode: &ControllerModeView) -> Option<bool> {
    let id: BrokerId = mode.broker_controller_id?;
    let sets = view.controllers.iter().filter(|it| it.is_leader).flat_map(|it| &it.broker_sets);
    let known = sets.filter(|set| set.broker_name == broker.broker_name).flat_map(|set| &set.replicas);
    if let Some(replica) = known.into_iter().find(|replica| replica.broker_id == id) {
        return Some(replica.in_sync);
    }
    let masters = view.brokers.iter().filter(|it| it.broker_name == broker.broker_name);
    let mut masters =
        masters.filter(|it| it.broker_id.is_master()).filter_map(|it| it.controller_mode.as_ref());
    masters.next().map(|master| master.sync_state_set.contains(&id))
}

#[cfg(test)]
mod tests {
    use lab_core::lab::Lab;
    use lab_core::time::Instant;

    use super::*;
    use crate::text::Lang;

    fn marks(lab: &Lab, lang: Lang) -> Vec<String> {
        let view = lab.view(0);
        view.brokers.iter().filter_map(|broker| words(&view, broker, lang.texts())).collect()
    }

    #[test]
    fn replicas_of_a_controller_say_what_they_are() {
        let recording = "lab profile=V5 seed=1
            name-server n
            controller c0
            broker a enableControllerMode=true
            broker b name=a enableControllerMode=true";
        let mut lab = Lab::new(recording.parse().expect("a recording"));
        assert!(marks(&lab, Lang::En).iter().all(|mark| mark == "no role yet · no id yet"));
        lab.run_until(Instant::from_millis(60_000));
        let mut all = marks(&lab, Lang::En);
        all.sort();
        let expected = ["master · epoch 1 · in the SyncStateSet", "slave · epoch 1 · in the SyncStateSet"];
        assert_eq!(all, expected);
        assert!(marks(&lab, Lang::Zh).iter().all(|mark| mark.ends_with("在 SyncStateSet 中")));
    }
}
