//! Controller mode: what a broker is in it, with its epoch file and what was cut off its log; and a controller's table.

use lab_core::view::{BrokerSetView, BrokerView, ControllerModeView, ControllerView};
use yew::prelude::*;

use super::InspectorProps;
use super::parts::{keyed_section, listing, row, section, settings, table};

fn or_none<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}

/// The section of a broker; nothing in another mode.
pub(super) fn broker_section(props: &InspectorProps, broker: &BrokerView) -> Html {
    let Some(mode) = &broker.controller_mode else { return html! {} };
    let body = html! {
        <>
            { state(props, mode) }
            { epochs(props, mode) }
        </>
    };
    section(props.texts.states.controller.mode, true, body)
}

fn state(props: &InspectorProps, mode: &ControllerModeView) -> Html {
    let texts = &props.texts.states.controller;
    let set: Vec<_> = mode.sync_state_set.iter().map(ToString::to_string).collect();
    let id = mode.broker_controller_id.map(|id| id.to_string());
    let master = mode.master.map(|(id, address)| format!("{id} {address}"));
    table(vec![
        row(texts.broker_controller_id, id.unwrap_or_else(|| props.texts.replicas.no_id.to_owned())),
        row(texts.leader, or_none(mode.controller)),
        row(texts.master, or_none(master)),
        row("masterEpoch", mode.master_epoch.to_string()),
        row("SyncStateSet", format!("{{{}}} epoch {}", set.join(", "), mode.sync_state_set_epoch)),
        row("confirmOffset", mode.confirm_offset.to_string()),
    ])
}

fn epochs(props: &InspectorProps, mode: &ControllerModeView) -> Html {
    let rows = mode.epochs.iter().map(|entry| {
        html! {
            <tr><td class="num">{ entry.epoch.to_string() }</td><td class="num">{ entry.start.to_string() }</td>
                <td class="num">{ or_none(entry.end) }</td></tr>
        }
    });
    listing(&["epoch", "startOffset", "endOffset"], rows.collect(), props.texts.none)
}

/// All controllers in a line each, and what the leading one knows of the broker names; nothing without controllers.
pub(super) fn overview(props: &InspectorProps) -> Html {
    let (texts, controllers) = (&props.texts.states.controller, &props.shown.view.controllers);
    if controllers.is_empty() {
        return Html::default();
    }
    let line = |controller: &ControllerView| {
        let role = controller.member.as_ref().map_or_else(
            || texts.down.to_owned(),
            |member| (props.texts.replicas.member)(member.role, member.term),
        );
        html! { <tr key={controller.address.to_string()}><td>{ props.node_link(&controller.node.id) }</td><td>{ role }</td></tr> }
    };
    let sets = controllers.iter().filter(|it| it.is_leader).flat_map(|it| &it.broker_sets);
    let sets: Vec<_> = sets.map(|set| sync_state_set(props, set)).collect();
    let body = html! {
        <>
            <table class="listing whole"><tbody>{ for controllers.iter().map(line) }</tbody></table>
            if !sets.is_empty() {
                { listing(&["brokerName", texts.master, "SyncStateSet", "masterEpoch"], sets, props.texts.none) }
            }
        </>
    };
    section(texts.controllers, true, body)
}

fn sync_state_set(props: &InspectorProps, set: &BrokerSetView) -> Html {
    let in_sync = set.replicas.iter().filter(|replica| replica.in_sync);
    let in_sync: Vec<_> = in_sync.map(|replica| replica.broker_id.to_string()).collect();
    let short = in_sync.len() < set.replicas.len();
    let master = set.master.map_or_else(
        || html! { <span class="bad">{ props.texts.none }</span> },
        |id| html! { id.to_string() },
    );
    html! {
        <tr key={set.broker_name.to_string()}><td>{ set.broker_name.to_string() }</td><td>{ master }</td>
            <td class={short.then_some("bad")}>{ format!("{{{}}} / {}", in_sync.join(", "), set.replicas.len()) }</td>
            <td class="num">{ set.master_epoch.to_string() }</td></tr>
    }
}

/// The section of a controller: its place in the group and what it knows of each broker name.
pub(super) fn section_of(props: &InspectorProps, controller: &ControllerView) -> Html {
    let texts = &props.texts.states.controller;
    let title = format!("{} {}", texts.controller, controller.address);
    let role = match &controller.member {
        Some(member) => {
            format!("{} · {}", member.id, (props.texts.replicas.member)(member.role, member.term))
        }
        None => texts.down.to_owned(),
    };
    let leader = controller.member.as_ref().and_then(|member| member.leader);
    let body = html! {
        <>
            { table(vec![row(texts.role, role), row(texts.leader, or_none(leader))]) }
            { for controller.broker_sets.iter().map(|set| broker_set(props, set)) }
        </>
    };
    html! {
        <>
            { keyed_section(&title, &title, true, body) }
            if !controller.in_name_server && !controller.settings.is_empty() {
                { settings(props.texts.settings, &controller.settings) }
            }
        </>
    }
}

fn broker_set(props: &InspectorProps, set: &BrokerSetView) -> Html {
    let texts = &props.texts.states.controller;
    let rows = set.replicas.iter().map(|replica| {
        html! {
            <tr key={replica.broker_id.to_string()}><td class="num">{ replica.broker_id.to_string() }</td>
                <td class="whole">{ replica.address.to_string() }</td><td>{ if replica.in_sync { "✓" } else { "–" } }</td>
                <td class="num">{ or_none(replica.last_heartbeat) }</td>
                <td class="num">{ or_none(replica.max_offset) }</td></tr>
        }
    });
    let head = ["id", set.broker_name.as_str(), texts.in_sync, texts.last_heartbeat, texts.log_end];
    html! {
        <>
            { table(vec![
                row(texts.master, or_none(set.master)),
                row("masterEpoch", set.master_epoch.to_string()),
                row("syncStateSetEpoch", set.sync_state_set_epoch.to_string()),
            ]) }
            { listing(&head, rows.collect(), props.texts.none) }
        </>
    }
}
