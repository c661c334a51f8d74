//! What a producer that traces writes down: each attempt of a send that was answered with a result, and each end of a
//! transaction.
//!
//! Of a send that was thrown and of a one-way send nothing is written. An asynchronous send that is tried again keeps
//! the context of its first attempt.
//!
//! **In RocketMQ**: `SendMessageTraceHookImpl`, `EndTransactionTraceHookImpl`.
//!
//! **Left out on purpose**: a broker that answers `TRACE_ON=false` (`traceOn=false`), whose messages are not traced.

use super::Producer;
use super::sending::ActiveSend;
use crate::command::CommunicationMode;
use crate::fact::SendStatus;
use crate::id::Address;
use crate::message::{Message, offset_message_id, property};
use crate::outbox::Outbox;
use crate::rpc::{EndTransaction, ResponseBody, TransactionState};
use crate::time::Instant;
use crate::trace::{DEFAULT_REGION, EndTransactionTrace, PubTrace, TraceContext};

/// What is known of an attempt before it (`sendMessageBefore`).
#[derive(Clone, Copy, Debug)]
pub(super) struct BeforeSend {
    made_at: Instant,
    store_host: Address,
}

impl Producer {
    /// An attempt begins.
    pub(super) fn trace_before(&mut self, now: Instant, send: &mut ActiveSend, store_host: Address) {
        let is_again = send.manner.mode == CommunicationMode::Async && send.traced.is_some();
        if is_again || !self.client.traces_topic(&send.message.topic) {
            return;
        }
        // Each context has an id of its own (`requestId`), which is not written down here.
        self.client.next_trace_id(now);
        send.traced = Some(BeforeSend { made_at: now, store_host });
    }

    /// An attempt was answered with a result.
    pub(super) fn trace_after(
        &mut self,
        now: Instant,
        send: &ActiveSend,
        status: SendStatus,
        body: &ResponseBody,
        out: &mut Outbox,
    ) {
        let (Some(BeforeSend { made_at, store_host }), ResponseBody::Sent { commit_log_offset, .. }) =
            (send.traced, body)
        else {
            return;
        };
        let message = &send.message;
        let context = PubTrace {
            time: self.epoch.wall_clock(made_at),
            region: DEFAULT_REGION.into(),
            group: self.group.as_str().into(),
            topic: message.topic.clone(),
            msg_id: send.unique_key.clone(),
            tags: message.tag().cloned(),
            keys: message.keys().cloned(),
            store_host: store_host.to_string(),
            body_length: message.body.len(),
            cost: now.since(made_at).as_millis(),
            msg_type: message_type(message),
            offset_msg_id: offset_message_id(store_host, *commit_log_offset),
            is_success: status == SendStatus::SendOk,
        };
        self.client.append_trace(now, TraceContext::Pub(context), out);
    }

    /// A broker is told how a transaction ended.
    pub(super) fn trace_end_transaction(
        &mut self,
        now: Instant,
        message: &Message,
        broker: Address,
        end: &EndTransaction,
        out: &mut Outbox,
    ) {
        let topic = message
            .property(property::REAL_TOPIC)
            .map_or_else(|| message.topic.clone(), |topic| (&**topic).into());
        if !self.client.traces_topic(&topic) {
            return;
        }
        self.client.next_trace_id(now);
        let context = EndTransactionTrace {
            time: self.epoch.wall_clock(now),
            region: DEFAULT_REGION.into(),
            group: self.group.as_str().into(),
            topic,
            msg_id: end.unique_key.clone(),
            tags: message.tag().cloned(),
            keys: message.keys().cloned(),
            store_host: broker.to_string(),
            state: state_name(end.state),
            from_check: end.from_check,
        };
        self.client.append_trace(now, TraceContext::EndTransaction(context), out);
    }
}

/// The ordinal of `MessageType` that the client sees: a delay level outdoes a half message, a time of delivery counts
/// for nothing.
fn message_type(message: &Message) -> u8 {
    if message.property(property::DELAY).is_some() || message.property("__STARTDELIVERTIME").is_some() {
        3
    } else {
        u8::from(
            message.property(property::TRANSACTION_PREPARED).is_some_and(|prepared| &**prepared == "true"),
        )
    }
}

/// `LocalTransactionState.name`, with its spelling.
const fn state_name(state: TransactionState) -> &'static str {
    match state {
        TransactionState::Commit => "COMMIT_MESSAGE",
        TransactionState::Rollback => "ROLLBACK_MESSAGE",
        TransactionState::Unknown => "UNKNOW",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_a_message_is_that_of_its_properties() {
        let of = |properties: &[(&str, &str)]| {
            let mut message = Message::new("T".into(), b"m".to_vec());
            properties.iter().for_each(|(name, value)| message.set_property(name, value));
            message_type(&message)
        };
        let half = (property::TRANSACTION_PREPARED, "true");
        assert_eq!([of(&[]), of(&[half]), of(&[(property::TRANSACTION_PREPARED, "false")])], [0, 1, 0]);
        assert_eq!([of(&[(property::DELAY, "3")]), of(&[half, (property::DELAY, "3")])], [3, 3]);
        assert_eq!(of(&[(property::TIMER_DELAY_MS, "3000")]), 0, "a time of delivery counts for nothing");
    }
}
