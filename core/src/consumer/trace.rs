//! What a consumer that traces writes down: each call of its listener, before it and after it.
//!
//! A message that an operator has consumed at once is not traced.
//!
//! **In RocketMQ**: `ConsumeMessageTraceHookImpl`; the outcome of a call is told by
//! `ConsumeMessageConcurrentlyService` and `ConsumeMessageOrderlyService`.

use std::sync::Arc;

use super::Consumer;
use super::listener::Batch;
use crate::message::{StoredMessage, property};
use crate::outbox::Outbox;
use crate::time::Instant;
use crate::trace::{SubAfter, SubBean, SubTrace, TraceContext};

/// What is known of a call before it (`consumeMessageBefore`).
#[derive(Clone, Debug)]
pub(super) struct BeforeConsume {
    made_at: Instant,
    messages: u64,
    context: SubTrace,
}

impl Consumer {
    /// The listener is about to be called.
    pub(super) fn trace_before(
        &mut self,
        now: Instant,
        batch: &Batch,
        out: &mut Outbox,
    ) -> Option<BeforeConsume> {
        let request_id = self.client.next_trace_id(now)?;
        let is_on = |message: &&Arc<StoredMessage>| {
            message.message.property(property::TRACE_ON).is_none_or(|on| &**on != "false")
        };
        let traced: Vec<_> = batch.messages.iter().filter(is_on).collect();
        let region = traced.last()?.message.property(property::MSG_REGION).cloned();
        let context = SubTrace {
            time: self.epoch.wall_clock(now),
            region,
            group: self.group().as_str().into(),
            request_id,
            beans: traced.into_iter().map(|message| bean(batch, message)).collect(),
            after: None,
        };
        self.client.append_trace(now, TraceContext::Sub(context.clone()), out);
        Some(BeforeConsume { made_at: now, messages: batch.messages.len() as u64, context })
    }

    /// The listener has come back.
    pub(super) fn trace_after(
        &mut self,
        now: Instant,
        before: BeforeConsume,
        is_success: bool,
        out: &mut Outbox,
    ) {
        // The second context has an id too, which gives way to that of the first.
        self.client.next_trace_id(now);
        let BeforeConsume { made_at, messages, context } = before;
        let took = now.since(made_at);
        let is_late = took >= self.consume_timeout();
        let after = SubAfter {
            cost: took.as_millis() / messages.max(1),
            is_success,
            context_code: return_type(is_success, is_late),
        };
        let context = SubTrace { time: self.epoch.wall_clock(now), after: Some(after), ..context };
        self.client.append_trace(now, TraceContext::Sub(context), out);
    }
}

fn bean(batch: &Batch, stored: &StoredMessage) -> SubBean {
    let id = stored.message.unique_key().cloned();
    SubBean {
        topic: batch.message_at(stored).queue.topic,
        msg_id: id.unwrap_or_else(|| stored.offset_message_id().into()),
        retry_times: stored.reconsume_times,
        keys: stored.message.keys().cloned(),
    }
}

/// The ordinal of `ConsumeReturnType`: `SUCCESS`, `TIME_OUT` whatever the listener says, `FAILED`.
const fn return_type(is_success: bool, is_late: bool) -> u8 {
    match (is_success, is_late) {
        (_, true) => 1,
        (true, false) => 0,
        (false, false) => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::return_type;

    #[test]
    fn a_call_that_took_too_long_is_a_time_out_whatever_its_result() {
        assert_eq!([return_type(true, false), return_type(false, false)], [0, 4]);
        assert_eq!([return_type(true, true), return_type(false, true)], [1, 1]);
    }
}
