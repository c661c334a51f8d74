//! A message: its ids, where it is stored, its way through the cluster, its bytes.

use std::sync::Arc;

use arcstr::ArcStr;

use lab_core::fact::TraceEvent;
use lab_core::id::NodeId;
use lab_core::message::{StoredMessage, property};
use lab_core::names::DLQ_PREFIX;
use lab_core::view::RecordField;
use yew::prelude::*;

use super::broker_keeps;
use super::parts::{listing, row, row_of, section, table};
use super::{InspectorProps, title};
use crate::session::{MessageDetail, Msg};
use crate::text::span;

/// Everything about a message.
pub(super) fn panel(props: &InspectorProps, detail: &MessageDetail) -> Html {
    let texts = props.texts;
    let first = detail.copies.first().map(|(_, message)| message);
    let name = first.and_then(|it| it.message.keys()).map_or("–", |key| &**key);
    html! {
        <>
            { title(props, texts.message, name, true) }
            { match first {
                Some(message) => identity(props, detail, message),
                None => html! { <p class="muted">{ texts.not_stored }</p> },
            } }
            { standing(props, detail) }
            { section(texts.copies, true, copies(props, &detail.copies)) }
            { section(texts.its_way, true, way(props, &detail.way)) }
            { section(texts.its_bytes, true, bytes(props, &detail.fields)) }
        </>
    }
}

fn identity(props: &InspectorProps, detail: &MessageDetail, message: &StoredMessage) -> Html {
    let texts = props.texts;
    let text = |value: Option<&ArcStr>| value.map_or_else(|| "–".to_owned(), ToString::to_string);
    table(vec![
        row(texts.topic, message.message.topic.to_string()),
        row(texts.tag, text(message.message.tag())),
        row(texts.key, text(message.message.keys())),
        row("msgId", detail.unique_key.to_string()),
        row("offsetMsgId", message.offset_message_id()),
        row_of(texts.queue, html! { format!("q{} @{}", message.queue_id, message.queue_offset) }),
        row(texts.commit_log, format!("@{} · {} B", message.commit_log_offset, message.record_length())),
        row(texts.born, format!("{} · {}", message.born_at, message.born_host)),
        row(texts.stored_at, format!("{} · {}", message.stored_at, message.store_host)),
        row(texts.reconsumed, message.reconsume_times.to_string()),
        row(texts.body, String::from_utf8_lossy(&message.message.body).into_owned()),
    ])
}

/// Where it waits and for how long, and what its newest copy says of earlier ones.
fn standing(props: &InspectorProps, detail: &MessageDetail) -> Html {
    let (texts, view) = (props.texts.states, &props.shown.view);
    let own = |key: &Option<ArcStr>| key.as_ref() == Some(&detail.unique_key);
    let mut rows = Vec::new();
    for broker in view.brokers.iter().filter(|broker| broker.broker_id.is_master()) {
        let name = broker.node.id.as_str();
        let levels = broker.delay_levels.iter().flat_map(|level| {
            let place = format!("SCHEDULE_TOPIC_XXXX · {}", (texts.level)(level.level, &span(level.delay)));
            level.messages.iter().map(move |it| (place.clone(), it))
        });
        let timers = broker.timer_messages.1.iter().map(|it| ("rmq_sys_wheel_timer".to_owned(), it));
        for (place, waiting) in levels.chain(timers).filter(|(_, it)| own(&it.unique_key)) {
            rows.push(row(props.texts.waiting, (texts.waits_at)(&place, name)));
            rows.extend(
                waiting.real_place.as_ref().map(|(topic, _)| row(texts.real_topic, topic.to_string())),
            );
            rows.push(row(texts.due_at, waiting.due.to_string()));
            rows.push(row(texts.time_left, broker_keeps::left(props, waiting.due)));
        }
        for half in broker.half_messages.1.iter().filter(|half| own(&half.unique_key)) {
            rows.push(row(texts.half_state, broker_keeps::half_state(props, half)));
            rows.push(row(texts.checked_times, half.checked.to_string()));
            rows.extend(
                half.producer_group.as_ref().map(|it| row(props.texts.producer_group, it.to_string())),
            );
        }
    }
    let newest = detail.copies.iter().map(|(_, message)| message).max_by_key(|message| message.stored_at);
    rows.extend(newest.into_iter().flat_map(|message| origin(props, message)));
    if rows.is_empty() {
        return Html::default();
    }
    section(texts.how_it_stands, true, html! { <div data-testid="message-state">{ table(rows) }</div> })
}

/// Of a copy for another try, or a dead letter: what it is a copy of.
fn origin(props: &InspectorProps, message: &StoredMessage) -> Vec<Html> {
    let texts = props.texts.states;
    let is_dead = message.message.topic.as_str().starts_with(DLQ_PREFIX);
    let Some(topic) = message.message.property(property::RETRY_TOPIC) else { return Vec::new() };
    let kind = if is_dead { texts.dead_letter } else { texts.retry_copy };
    let id = message.message.property(property::ORIGIN_MESSAGE_ID);
    let mut rows = vec![
        row(props.texts.state, format!("{} · {kind}", message.message.topic)),
        row(texts.origin_topic, topic.to_string()),
        row(props.texts.reconsumed, message.reconsume_times.to_string()),
    ];
    rows.extend(id.map(|id| row(texts.origin_id, id.to_string())));
    rows
}

fn copies(props: &InspectorProps, copies: &[(NodeId, Arc<StoredMessage>)]) -> Html {
    let texts = props.texts;
    let rows = copies.iter().map(|(node, message)| {
        html! {
            <tr><td>{ props.node_link(node) }</td><td>{ message.message.topic.to_string() }<br /><small>{ format!("q{} @{}", message.queue_id, message.queue_offset) }</small></td>
                <td class="num">{ message.commit_log_offset.to_string() }</td></tr>
        }
    });
    listing(&[texts.broker, texts.queue, texts.commit_log], rows.collect(), texts.none)
}

fn way(props: &InspectorProps, way: &[TraceEvent]) -> Html {
    let texts = props.texts;
    let rows = way.iter().map(|event| {
        let id = event.id;
        let on = props.on.clone();
        let onclick = Callback::from(move |_: MouseEvent| on.emit(Msg::SelectEvent(id)));
        let node = event.node.as_ref().map_or(texts.the_lab, |node| node.as_str()).to_owned();
        html! {
            <tr key={id.to_string()}><td>{ event.at.to_string() }</td>
                <td><button class="link" title={(texts.details)(&event.fact)} {onclick}>{ (texts.fact)(&event.fact) }</button><br /><small>{ node }</small></td></tr>
        }
    });
    listing(&[texts.when, texts.what], rows.collect(), texts.none)
}

fn bytes(props: &InspectorProps, fields: &[RecordField]) -> Html {
    let texts = props.texts;
    let rows = fields.iter().map(|field| {
        html! {
            <tr><td class="num">{ field.at }</td><td class="hex">{ hex(&field.bytes) }</td><td>{ field.name }<br /><small>{ &field.value }</small></td></tr>
        }
    });
    listing(&[texts.at_byte, texts.hex, texts.field_of_record], rows.collect(), texts.none)
}

/// Bytes as hex digits, at most 32 of them.
fn hex(bytes: &[u8]) -> String {
    let shown: Vec<_> = bytes.iter().take(32).map(|byte| format!("{byte:02X}")).collect();
    let rest = if bytes.len() > 32 { " …" } else { "" };
    format!("{}{rest}", shown.join(" "))
}
