//! What a broker keeps for a while: delayed messages, half messages, locks; and the settings of groups.

use lab_core::time::{Duration, Instant};
use lab_core::view::{BrokerView, DelayLevelView, HalfMessageView, WaitingView};
use yew::prelude::*;

use super::InspectorProps;
use super::parts::{listing, state_section};
use crate::text::span;

/// How many are not listed one by one.
fn others(props: &InspectorProps, count: u64, listed: usize) -> Html {
    match count.saturating_sub(listed as u64) {
        0 => Html::default(),
        more => html! { <p class="muted">{ (props.texts.states.not_listed)(more) }</p> },
    }
}

/// The time until a moment, or that it has come.
pub(super) fn left(props: &InspectorProps, due: Instant) -> String {
    match due.since(props.shown.view.at) {
        Duration::ZERO => props.texts.states.due_now.to_owned(),
        left => span(left),
    }
}

/// Messages of delay levels, and the timer messages of V5.
pub(super) fn delayed(props: &InspectorProps, broker: &BrokerView) -> Html {
    let texts = props.texts.states;
    let (timers, timer_messages) = &broker.timer_messages;
    let count = timers + broker.delay_levels.iter().map(|level| level.waiting).sum::<u64>();
    let body = html! {
        <>
            if broker.delay_levels.is_empty() && *timers == 0 { <p class="muted">{ props.texts.none }</p> }
            { for broker.delay_levels.iter().map(|level| delay_level(props, level)) }
            if *timers > 0 {
                <p class="sub"><b>{ "rmq_sys_wheel_timer" }</b>{ " " }{ (texts.timer)(*timers) }</p>
                { waiting(props, timer_messages) }
                { others(props, *timers, timer_messages.len()) }
            }
        </>
    };
    state_section(props, &(texts.delayed)(count), "delay", count > 0, body)
}

fn delay_level(props: &InspectorProps, level: &DelayLevelView) -> Html {
    let texts = props.texts.states;
    let heading = (texts.level)(level.level, &span(level.delay));
    html! {
        <div key={level.level}>
            <p class="sub"><b>{ heading }</b>{ " " }{ (texts.delay_offset)(level.offset.0, level.max.0, level.waiting) }</p>
            if !level.messages.is_empty() { { waiting(props, &level.messages) } }
            { others(props, level.waiting, level.messages.len()) }
        </div>
    }
}

fn waiting(props: &InspectorProps, messages: &[WaitingView]) -> Html {
    let rows = messages.iter().map(|message| {
        let place = message.real_place.as_ref().map(|(topic, queue)| format!("{topic}/q{queue}"));
        html! {
            <tr data-testid="delayed-message"><td>{ props.message_link(message.unique_key.as_ref(), message.key.as_ref()) }</td>
                <td>{ place }</td><td>{ left(props, message.due) }<br /><small>{ message.due.to_string() }</small></td></tr>
        }
    });
    let texts = props.texts.states;
    listing(&[props.texts.message, texts.real_topic, texts.time_left], rows.collect(), props.texts.none)
}

/// Half messages that are not through with.
pub(super) fn half_messages(props: &InspectorProps, broker: &BrokerView) -> Html {
    let texts = props.texts.states;
    let now = props.shown.view.at;
    let (count, messages) = &broker.half_messages;
    let rows = messages.iter().map(|half| {
        let group = half.producer_group.as_ref().map(ToString::to_string);
        html! {
            <tr data-testid="half-message"><td>{ props.message_link(half.unique_key.as_ref(), half.key.as_ref()) }
                    <br /><small>{ half.real_topic.as_ref().map(ToString::to_string) }</small></td>
                <td>{ group }</td><td class="num">{ half.checked }</td><td>{ span(now.since(half.born_at)) }</td>
                <td>{ half_state(props, half) }</td></tr>
        }
    });
    let head =
        [props.texts.message, props.texts.group_name, texts.checked_times, texts.age, texts.half_state];
    let body = html! {
        <>
            { listing(&head, rows.collect(), props.texts.none) }
            { others(props, *count, messages.len()) }
        </>
    };
    state_section(props, &(texts.half)(*count), "transactions", *count > 0, body)
}

/// Whether a half message has ended, and if not, whether it may be asked about already.
pub(super) fn half_state(props: &InspectorProps, half: &HalfMessageView) -> String {
    let texts = props.texts.states;
    match half.immune_until.since(props.shown.view.at) {
        _ if half.ended => texts.half_ended.to_owned(),
        Duration::ZERO => texts.half_open.to_owned(),
        left => (texts.half_immune)(&span(left)),
    }
}

/// The locks of orderly consumers. A link leads to the node that the client is, when it is one of the cluster's.
pub(super) fn locks(props: &InspectorProps, broker: &BrokerView) -> Html {
    let texts = props.texts.states;
    let view = &props.shown.view;
    let rows = broker.locks.iter().map(|lock| {
        let owner = view.consumers.iter().find(|it| it.client_id == lock.client_id && it.group == lock.group);
        html! {
            <tr data-testid="lock"><td>{ format!("{}/q{}", lock.topic, lock.queue_id) }<br /><small>{ lock.group.to_string() }</small></td>
                <td>{ owner.map(|owner| props.node_link(&owner.node.id)) }<br /><small>{ lock.client_id.to_string() }</small></td>
                <td>{ (props.texts.ago)(&span(view.at.since(lock.last_update))) }</td><td>{ left(props, lock.expires) }</td></tr>
        }
    });
    let head = [props.texts.queue, texts.owner, texts.renewed, texts.expires];
    let title = (texts.locks)(broker.locks.len());
    let body = listing(&head, rows.collect(), props.texts.none);
    state_section(props, &title, "locks", !broker.locks.is_empty(), body)
}

/// The settings of consumer groups; what is switched off stands out.
pub(super) fn groups(props: &InspectorProps, broker: &BrokerView) -> Html {
    let rows = broker.groups.iter().map(|(group, config)| {
        let disabled = (!config.consume_enable).then_some("bad");
        html! {
            <tr data-testid="subscription-group"><td>{ group.to_string() }</td><td class={disabled}>{ config.consume_enable.to_string() }</td>
                <td class="num">{ config.retry_max_times }</td><td class="num">{ config.retry_queue_nums }</td>
                <td>{ config.consume_broadcast_enable.to_string() }</td><td class="num">{ config.broker_id.to_string() }</td>
                <td class="num">{ config.which_broker_when_consume_slowly.to_string() }</td>
                <td>{ config.notify_consumer_ids_changed_enable.to_string() }</td></tr>
        }
    });
    let head = [
        props.texts.group_name,
        "consumeEnable",
        "retryMaxTimes",
        "retryQueueNums",
        "consumeBroadcastEnable",
        "brokerId",
        "whichBrokerWhenConsumeSlowly",
        "notifyConsumerIdsChangedEnable",
    ];
    let title = (props.texts.states.groups)(broker.groups.len());
    state_section(props, &title, "groups", false, listing(&head, rows.collect(), props.texts.none))
}
