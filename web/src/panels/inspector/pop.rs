//! POP at a broker and at a consumer: check points with the time until they are revived, held pops, popped queues.

use lab_core::id::QueueId;
use lab_core::time::Duration;
use lab_core::view::{BrokerView, CheckPointView, ConsumerView};
use yew::prelude::*;

use super::InspectorProps;
use super::parts::{listing, state_section};
use crate::text::span;

/// Most check points that are listed one by one.
const LISTED: usize = 20;

fn queue_name(props: &InspectorProps, topic: &str, queue_id: QueueId) -> String {
    if queue_id == QueueId::ALL {
        format!("{topic} · {}", props.texts.pop.any_queue)
    } else {
        format!("{topic}/q{queue_id}")
    }
}

/// What a broker keeps for POP; nothing where POP was never used.
pub(super) fn broker(props: &InspectorProps, broker: &BrokerView) -> Html {
    let (texts, pop) = (props.texts.pop, &broker.pop);
    if !pop.is_used() {
        return Html::default();
    }
    let modes = pop.modes.iter().map(|(topic, group, mode)| {
        html! {
            <tr data-testid="consume-mode"><td>{ topic.to_string() }</td><td>{ group.to_string() }</td>
                <td>{ mode.mode.to_string() }</td><td class="num">{ mode.pop_share_queue_num }</td></tr>
        }
    });
    let held = pop.held.iter().map(|held| {
        let left = held.until.since(props.shown.view.at);
        html! {
            <tr><td>{ props.node_link(&held.consumer) }</td>
                <td>{ queue_name(props, held.topic.as_str(), held.queue_id) }</td><td>{ span(left) }</td></tr>
        }
    });
    let revive = pop.revive.iter().map(|queue| {
        let offset = queue.offset.map_or_else(|| "–".to_owned(), |offset| offset.to_string());
        html! {
            <tr><td>{ format!("q{}", queue.queue_id) }</td><td class="num">{ offset }</td>
                <td class="num">{ queue.max.to_string() }</td></tr>
        }
    });
    let none = props.texts.none;
    let mode_head = [props.texts.topic, props.texts.group_name, texts.mode, texts.share];
    let held_head = [props.texts.consumer, props.texts.queue, texts.held_until];
    let revive_head = [texts.revive_queue, texts.revive_offset, texts.queue_end];
    let body = html! {
        <>
            <p class="sub"><b>{ texts.modes }</b></p>
            { listing(&mode_head, modes.collect(), none) }
            <p class="sub"><b>{ texts.check_points }</b></p>
            <p class="muted">{ texts.check_points_hint }</p>
            { check_points(props, &pop.check_points) }
            <p class="sub"><b>{ texts.held }</b></p>
            { listing(&held_head, held.collect(), none) }
            <p class="sub"><b>{ texts.revive }</b></p>
            { listing(&revive_head, revive.collect(), none) }
        </>
    };
    let title = (texts.title)(pop.check_points.len(), pop.unacknowledged());
    state_section(props, &title, "pop", true, body)
}

fn check_points(props: &InspectorProps, points: &[CheckPointView]) -> Html {
    let texts = props.texts.pop;
    let rows = points.iter().take(LISTED).map(|point| {
        let member = match &point.consumer {
            Some(consumer) => props.node_link(consumer),
            None => html! { { texts.unknown_member } },
        };
        let at = point.revive_time.to_string();
        let (left, spoken) = match point.revive_time.since(props.shown.view.at) {
            Duration::ZERO => (texts.reviving.to_owned(), format!("{}, {at}", texts.reviving)),
            left => (span(left), (texts.revived_spoken)(&span(left), &at)),
        };
        let place = format!("{}/q{}@{}", point.queue.topic, point.queue.queue_id, point.start);
        html! {
            <tr data-testid="check-point"><td>{ place }<br /><small>{ point.group.to_string() }</small></td>
                <td class="num">{ format!("{}/{}", point.unacknowledged, point.messages) }</td><td>{ member }</td>
                <td aria-label={spoken.clone()} title={spoken}>{ left }<br /><small>{ at }</small></td></tr>
        }
    });
    let head = [texts.place, texts.unacknowledged, texts.popped_by, texts.revived_in];
    let more = points.len().saturating_sub(LISTED) as u64;
    html! {
        <>
            { listing(&head, rows.collect(), props.texts.none) }
            if more > 0 { <p class="muted">{ (props.texts.states.not_listed)(more) }</p> }
        </>
    }
}

/// The queues that a consumer pops from; nothing for one that pulls.
pub(super) fn consumer(props: &InspectorProps, consumer: &ConsumerView) -> Html {
    if consumer.pop_queues.is_empty() {
        return Html::default();
    }
    let texts = props.texts.pop;
    let rows = consumer.pop_queues.iter().map(|queue| {
        let name = queue_name(props, queue.queue.topic.as_str(), queue.queue.queue_id);
        let trouble = queue.trouble.as_deref().map(|why| (props.texts.trouble)(why).to_owned());
        let age = span(props.shown.view.at.since(queue.last_pop));
        html! {
            <tr data-testid="pop-queue"><td>{ name }<br /><small>{ queue.queue.broker_name.to_string() }</small></td>
                <td class="num">{ format!("{}/{}", queue.in_work, queue.in_hand) }</td>
                <td>{ (props.texts.ago)(&age) }<br />{ trouble.map(|why| html! { <span class="bad">{ why }</span> }) }</td></tr>
        }
    });
    let head = [props.texts.queue, texts.in_hand, texts.last_pop];
    let title = (texts.pop_queues)(consumer.pop_queues.len());
    state_section(props, &title, "pop", true, listing(&head, rows.collect(), props.texts.none))
}
