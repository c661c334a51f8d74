//! A message: its ids, where it is stored, its way through the cluster, its bytes.

use lab_core::fact::TraceEvent;
use lab_core::id::NodeId;
use lab_core::message::StoredMessage;
use lab_core::view::RecordField;
use yew::prelude::*;

use super::parts::{listing, row, row_of, section, table};
use super::{InspectorProps, title};
use crate::session::{MessageDetail, Msg};

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
            { section(texts.copies, true, copies(props, &detail.copies)) }
            { section(texts.its_way, true, way(props, &detail.way)) }
            { section(texts.its_bytes, true, bytes(props, &detail.fields)) }
        </>
    }
}

fn identity(props: &InspectorProps, detail: &MessageDetail, message: &StoredMessage) -> Html {
    let texts = props.texts;
    let text =
        |value: Option<&std::sync::Arc<str>>| value.map_or_else(|| "–".to_owned(), ToString::to_string);
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

fn copies(props: &InspectorProps, copies: &[(NodeId, std::sync::Arc<StoredMessage>)]) -> Html {
    let texts = props.texts;
    let rows = copies.iter().map(|(node, message)| {
        html! {
            <tr><td>{ props.node_link(node) }</td><td>{ format!("q{} @{}", message.queue_id, message.queue_offset) }</td>
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
            <tr key={id.0.to_string()}><td>{ event.at.to_string() }</td>
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
