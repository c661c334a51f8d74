//! How a send ended, in the recording and in the replay.

use lab_core::fact::{Fact, SendError, TraceEvent};
use lab_core::id::NodeId;
use lab_core::message::offset_message_id;
use lab_core::time::Duration;

use super::consumption::Freeze;
use super::script::{Event, Send};
use super::verdict::{SHORTEST, fits};

/// How closely a send is compared.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Closeness {
    /// Everything.
    Exact,
    /// Everything but the place in the log: somebody else may have written in between.
    Position,
    /// Positions are a matter of chance.
    Place,
    /// So is whether it succeeds.
    Kind,
}

/// A send of the recording, waiting for its result in the replay.
pub(super) struct Expected {
    /// The step.
    pub(super) step: usize,
    /// What was recorded.
    pub(super) event: Event,
    /// How it is compared.
    pub(super) closeness: Closeness,
}

pub(super) fn is_result(event: &TraceEvent, node: &NodeId) -> bool {
    event.node.as_ref() == Some(node)
        && matches!(event.fact, Fact::SendSucceeded { .. } | Fact::SendFailed { .. })
}

pub(super) fn sent(event: &Event) -> &Send {
    match event {
        Event::Sent { send, .. } | Event::SentHalf { send, .. } | Event::SendFailed { send, .. } => send,
        _ => unreachable!("only sends are asked for their send"),
    }
}

/// What differs between a recorded send and a replayed one.
pub(super) fn compare(
    event: &Event,
    result: &TraceEvent,
    closeness: Closeness,
    freeze: Option<&Freeze>,
) -> Option<String> {
    let send = sent(event);
    let took = match &result.fact {
        Fact::SendSucceeded { took, .. } | Fact::SendFailed { took, .. } => *took,
        _ => Duration::ZERO,
    };
    let in_time = took.max(send.took) < SHORTEST
        || fits(send.begin() + took, send.at, send.begin()) && took <= send.took + SHORTEST;
    let detail = match closeness {
        Closeness::Exact => detail(event),
        Closeness::Position => Detail::Offset,
        Closeness::Place | Closeness::Kind => Detail::Queue,
    };
    let agrees = match closeness {
        Closeness::Kind => freeze.is_some_and(|freeze| is_possible(result, freeze)),
        _ => in_time && text(event, detail) == replayed_text(result, detail),
    };
    (!agrees).then(|| {
        format!(
            "recorded {} in {}\nreplayed {} in {took} at {}",
            text(event, detail),
            send.took,
            replayed_text(result, detail),
            result.at
        )
    })
}

/// Whether a send can end so while a broker is frozen: stored elsewhere within its budget, or out of time.
fn is_possible(result: &TraceEvent, freeze: &Freeze) -> bool {
    match &result.fact {
        Fact::SendSucceeded { message, .. } => {
            let frozen = freeze.thawed.is_none_or(|thawed| result.at < thawed);
            !frozen || message.queue.broker_name.as_str() != freeze.broker_name
        }
        Fact::SendFailed { error, took, .. } => {
            matches!(**error, SendError::CallTimeout) && *took >= Duration::from_secs(3)
        }
        _ => false,
    }
}

pub(super) fn recorded_text(event: &Event) -> String {
    text(event, Detail::Id)
}

fn text(event: &Event, detail: Detail) -> String {
    match event {
        Event::Sent { status, broker, queue, queue_offset, offset_msg_id: Some(id), .. }
            if detail == Detail::Id =>
        {
            format!("{status} {broker}/{queue}@{queue_offset} {id}")
        }
        Event::Sent { status, broker, queue, queue_offset, .. }
        | Event::SentHalf { status, broker, queue, queue_offset, .. }
            if detail != Detail::Queue =>
        {
            format!("{status} {broker}/{queue}@{queue_offset}")
        }
        Event::Sent { status, broker, queue, .. } | Event::SentHalf { status, broker, queue, .. } => {
            format!("{status} {broker}/{queue}")
        }
        Event::SendFailed { error, code, .. } => failure_text(error, *code),
        _ => String::new(),
    }
}

/// What a recorded result says about the place of its message.
#[derive(Clone, Copy, PartialEq)]
enum Detail {
    /// Only the queue.
    Queue,
    /// The position in it too: what is known of a half message, and of one behind trace messages.
    Offset,
    /// And the place in the log.
    Id,
}

fn detail(event: &Event) -> Detail {
    match event {
        Event::SentHalf { .. } | Event::Sent { offset_msg_id: None, .. } => Detail::Offset,
        _ => Detail::Id,
    }
}

fn replayed_text(result: &TraceEvent, detail: Detail) -> String {
    match &result.fact {
        Fact::SendSucceeded { message, status, commit_log_offset, store_host, .. } => {
            let (broker, queue) = (&message.queue.broker_name, message.queue.queue_id);
            match detail {
                Detail::Queue => format!("{status} {broker}/{queue}"),
                Detail::Offset => format!("{status} {broker}/{queue}@{}", message.offset),
                Detail::Id => {
                    let id = offset_message_id(*store_host, *commit_log_offset);
                    format!("{status} {broker}/{queue}@{} {id}", message.offset)
                }
            }
        }
        Fact::SendFailed { error, .. } => {
            let text = error.to_string();
            failure_text(text.lines().next().unwrap_or_default(), error.code())
        }
        _ => String::new(),
    }
}

/// An exception without the time that it names.
fn failure_text(error: &str, code: Option<u16>) -> String {
    let error = match error.split_once("cost [") {
        Some((start, rest)) => {
            format!("{start}cost [{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        None => error.to_owned(),
    };
    format!("{error} code {}", code.map_or_else(|| "none".to_owned(), |code| code.to_string()))
}
