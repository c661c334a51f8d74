//! One queue as a lane: its newest messages, where each group has committed, up to where each consumer has pulled.

use lab_core::config::MessageModel;
use lab_core::id::QueueOffset;
use lab_core::view::{BrokerView, MessageView, QueueView, TopicView};
use yew::prelude::*;

use super::StageProps;
use crate::geometry::size;
use crate::palette::{group_class, letter};
use crate::session::{Msg, Selection};

/// Width of a message with the gap behind it.
const PITCH: f64 = 17.0;

/// A position in the lane that somebody holds.
struct Marker {
    offset: QueueOffset,
    class: &'static str,
    committed: bool,
    who: String,
}

/// The lane.
pub(super) fn lane(
    props: &StageProps,
    broker: &BrokerView,
    topic: &TopicView,
    queue: &QueueView,
    width: f64,
) -> Html {
    let across = (((width - 24.0 - 112.0) / PITCH).floor().max(3.0) as usize).min(size::WINDOW);
    let first = queue.max.0.saturating_sub(across as u64).max(queue.min.0);
    let markers = markers(props, broker, topic, queue);
    let done = markers.iter().filter(|it| it.committed).map(|it| it.offset.0).min();
    let lag = done.map(|offset| queue.max.0 as i64 - offset as i64);
    let title = title(props, queue, &markers);
    let track = format!("width:{:.0}px", across as f64 * PITCH + 4.0);
    let messages = queue.messages.iter().filter(|message| message.offset.0 >= first);
    html! {
        <div class="lane" title={title}>
            <span class="qid">{ format!("q{}", queue.queue_id) }</span>
            <span class="min">{ if first > queue.min.0 { "…" } else { "" } }</span>
            <div class="track" style={track}>
                { for messages.map(|message| square(props, message, first, done)) }
                { for markers.iter().enumerate().map(|(place, marker)| flag(marker, place, first, across)) }
            </div>
            <span class="nums"><b>{ queue.max.to_string() }</b>{ match lag {
                Some(lag) => html! { <span class={(lag < 0).then_some("beyond")}>{ (props.texts.lag)(lag) }</span> },
                None => html! { <span>{ "–" }</span> },
            } }</span>
        </div>
    }
}

fn square(props: &StageProps, message: &MessageView, first: u64, done: Option<u64>) -> Html {
    let colour = props.shown.tags.colour(message.tag.as_ref());
    let left = (message.offset.0 - first) as f64 * PITCH + 2.0;
    let consumed = done.is_some_and(|offset| message.offset.0 < offset).then_some("done");
    let selection = message.unique_key.clone().map(Selection::Message);
    let selected = (selection.is_some() && selection == props.selection).then_some("selected");
    let name =
        format!("{} {}", message.key.as_deref().or(message.tag.as_deref()).unwrap_or("-"), message.offset);
    html! {
        <button key={message.offset.0.to_string()} class={classes!("msg", consumed, selected)} tabindex="-1" aria-label={name.clone()} title={name}
            style={format!("left:{left:.0}px;--c:{};--ink:{}", colour.fill, colour.ink)}
            onclick={selection.map(|selection| props.send(Msg::Select(selection)))}>
            { letter(message.tag.as_ref()).unwrap_or('·') }
        </button>
    }
}

fn flag(marker: &Marker, place: usize, first: u64, across: usize) -> Html {
    let slot = marker.offset.0.saturating_sub(first).min(across as u64);
    let left = slot as f64 * PITCH + (place % 3) as f64 - 1.0;
    let kind = if marker.committed { "committed" } else { "pulled" };
    html! { <i class={classes!("flag", kind, marker.class)} style={format!("left:{left:.0}px")} title={marker.who.clone()}></i> }
}

fn markers(props: &StageProps, broker: &BrokerView, topic: &TopicView, queue: &QueueView) -> Vec<Marker> {
    let shown = &props.shown;
    let mut markers = Vec::new();
    let here = broker.offsets.iter().filter(|it| it.topic == topic.topic && it.queue_id == queue.queue_id);
    for offset in here {
        let class = group_class(shown.group_place(&offset.group));
        let who = format!("{} ▼ {}", offset.group, offset.offset);
        markers.push(Marker { offset: offset.offset, class, committed: true, who });
    }
    for consumer in &shown.view.consumers {
        let class = group_class(shown.group_place(&consumer.group));
        let own = consumer.queues.iter().find(|it| {
            it.queue.topic == topic.topic
                && it.queue.broker_name == broker.broker_name
                && it.queue.queue_id == queue.queue_id
        });
        let Some(own) = own.filter(|_| consumer.node.status.is_running()) else { continue };
        if consumer.model == MessageModel::Broadcasting
            && let Some(offset) = own.commit_offset
        {
            let who = format!("{} ▼ {offset}", consumer.node.id);
            markers.push(Marker { offset, class, committed: true, who });
        }
        let who = format!("{} △ {}", consumer.node.id, own.pull_offset);
        markers.push(Marker { offset: own.pull_offset, class, committed: false, who });
    }
    markers
}

fn title(props: &StageProps, queue: &QueueView, markers: &[Marker]) -> String {
    let mut text = (props.texts.queue_range)(queue.min.0, queue.max.0);
    for marker in markers {
        text.push('\n');
        text.push_str(&marker.who);
    }
    text
}
