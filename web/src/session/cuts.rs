//! Messages that a broker cut off the end of its log, because whom it follows does not have them.

use lab_core::fact::{ControllerFact, DLedgerFact, Fact, MessageAt, TraceEvent};
use lab_core::id::{CommitLogOffset, EventId, NodeId};
use lab_core::time::Instant;

/// The id of the section of the inspector that lists them.
pub const CUT_SECTION: &str = "cut-off";

/// One such cut, as the trace tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The event.
    pub id: EventId,
    /// When.
    pub at: Instant,
    /// Which broker.
    pub node: NodeId,
    /// Where its log ended from then on.
    pub to: CommitLogOffset,
    /// The messages, in order.
    pub messages: Vec<CutMessage>,
}

/// One message that was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutMessage {
    /// Which, and where it had been.
    pub message: MessageAt,
    /// Whether its producer had been told that it was stored at that place.
    pub acknowledged: bool,
}

impl Cut {
    /// The cut that an event tells of, if it does and a message was lost by it; `before` is the trace up to it.
    pub fn of(event: &TraceEvent, before: &[TraceEvent]) -> Option<Self> {
        let (to, messages) = match &event.fact {
            Fact::DLedger(DLedgerFact::Truncated { to, messages })
            | Fact::Controller(ControllerFact::LogTruncated { to, messages }) => (*to, messages),
            _ => return None,
        };
        if messages.is_empty() {
            return None;
        }
        let acknowledged =
            |message: &MessageAt| before.iter().rev().any(|event| told_of(&event.fact, message));
        let messages = messages
            .iter()
            .map(|message| CutMessage { message: message.clone(), acknowledged: acknowledged(message) })
            .collect();
        Some(Self { id: event.id, at: event.at, node: event.node.clone()?, to, messages })
    }
}

/// Whether a producer was told that this message is stored at this place.
fn told_of(fact: &Fact, message: &MessageAt) -> bool {
    matches!(fact, Fact::SendSucceeded { message: told, .. } if **told == *message)
}

#[cfg(test)]
mod tests {
    use arcstr::ArcStr;
    use lab_core::fact::SendStatus;
    use lab_core::id::{Address, MessageQueue, QueueOffset};

    use super::*;

    fn message(offset: u64) -> MessageAt {
        MessageAt {
            queue: MessageQueue {
                topic: "Orders".into(),
                broker_name: "broker-a".into(),
                queue_id: lab_core::id::QueueId(0),
            },
            offset: QueueOffset(offset),
            unique_key: ArcStr::from(format!("id-{offset}")),
            key: None,
        }
    }

    fn event(id: u64, fact: Fact) -> TraceEvent {
        TraceEvent {
            id: EventId::nth(id).expect("few events"),
            at: Instant::from_millis(id),
            node: Some("a".into()),
            cause: None,
            fact,
        }
    }

    #[test]
    fn a_message_was_acknowledged_when_its_producer_was_told_of_that_place() {
        let told = Fact::SendSucceeded {
            message: Box::new(message(4)),
            status: SendStatus::SendOk,
            commit_log_offset: CommitLogOffset(100),
            store_host: Address::local(1),
            attempts: 1,
            took: lab_core::time::Duration::from_millis(3),
        };
        let before = [event(0, told), event(1, Fact::Started)];
        let messages = vec![message(4), message(5)];
        let truncated = Fact::DLedger(DLedgerFact::Truncated { to: CommitLogOffset(100), messages });
        let cut = Cut::of(&event(2, truncated), &before).expect("messages were cut off");
        let acknowledged: Vec<_> = cut.messages.iter().map(|it| it.acknowledged).collect();
        assert_eq!((cut.node.as_str(), acknowledged), ("a", vec![true, false]));
        let nothing =
            Fact::DLedger(DLedgerFact::Truncated { to: CommitLogOffset(100), messages: Vec::new() });
        assert_eq!(Cut::of(&event(2, nothing), &before), None);
        assert_eq!(Cut::of(&before[1], &before[..1]), None);
    }
}
