//! What happens with messages that are popped.

use std::fmt;

use serde::Serialize;

use super::{MessageAt, WakeReason};
use crate::id::{GroupName, MessageQueue, NodeId, QueueId, QueueOffset, TopicName};
use crate::rpc::ConsumeMode;
use crate::time::Instant;
use crate::timer::words_of;

/// A fact of POP (behaviour §3.12).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum PopFact {
    /// A broker was told how a group takes the messages of a topic.
    ConsumeModeSet {
        /// The group.
        group: GroupName,
        /// The topic.
        topic: TopicName,
        /// How.
        mode: ConsumeMode,
    },
    /// A broker gave messages to a consumer and wrote a check point of them.
    Popped {
        /// Who got them.
        consumer: NodeId,
        /// Its group.
        group: GroupName,
        /// Where they lie.
        queue: MessageQueue,
        /// Where the pop began.
        start: QueueOffset,
        /// How many.
        messages: u32,
        /// The queue of the revive topic that keeps the check point.
        revive_queue_id: QueueId,
        /// What is not acknowledged by then is revived.
        revive_at: Instant,
    },
    /// A broker holds a pop until something arrives.
    Held {
        /// Who pops.
        consumer: NodeId,
        /// The topic.
        topic: TopicName,
        /// The queue.
        queue_id: QueueId,
    },
    /// A broker looked at a held pop again.
    Woken {
        /// Who pops.
        consumer: NodeId,
        /// The topic.
        topic: TopicName,
        /// The queue.
        queue_id: QueueId,
        /// Why now.
        reason: WakeReason,
    },
    /// A broker found a group outside of a queue, and put it where the queue is, within the pop.
    OffsetCorrected {
        /// The group.
        group: GroupName,
        /// The queue.
        queue: MessageQueue,
        /// Where the group stood.
        from: QueueOffset,
        /// Where it goes on.
        to: QueueOffset,
    },
    /// A broker was told that a message is through with.
    Acked {
        /// By whom.
        consumer: NodeId,
        /// Its group.
        group: GroupName,
        /// Where the message lies.
        queue: MessageQueue,
        /// At which place.
        offset: QueueOffset,
    },
    /// A broker was told to revive a message at another time: it has a new check point.
    InvisibleTimeChanged {
        /// By whom.
        consumer: NodeId,
        /// Its group.
        group: GroupName,
        /// Where the message lies.
        queue: MessageQueue,
        /// At which place.
        offset: QueueOffset,
        /// When it is revived.
        revive_at: Instant,
    },
    /// A broker copied a message that was not acknowledged in time into the retry topic.
    Revived {
        /// The copy.
        message: Box<MessageAt>,
        /// The group that gets it again.
        group: GroupName,
        /// Where the message was popped from.
        from: MessageQueue,
        /// At which place.
        offset: QueueOffset,
        /// How often it comes back now.
        reconsume_times: u32,
    },
    /// A consumer was told to pop from a queue.
    QueueAssigned {
        /// The queue; [`QueueId::ALL`] for all of the broker's.
        queue: MessageQueue,
    },
    /// A listener has finished with a message too late, or its consumer has lost the queue: the broker is told nothing.
    ResultIgnored {
        /// Which.
        message: Box<MessageAt>,
    },
    /// A message waited for a thread of its consumer until its invisible time was over: the listener is not called.
    Expired {
        /// Which.
        message: Box<MessageAt>,
    },
    /// A message came back more often than its consumer allows: it is acknowledged without the listener.
    GivenUp {
        /// Which.
        message: Box<MessageAt>,
        /// How often it came back.
        reconsume_times: u32,
    },
}

impl PopFact {
    /// The place in the queue that it is about.
    pub fn offset(&self) -> Option<QueueOffset> {
        match self {
            Self::Popped { start: offset, .. }
            | Self::OffsetCorrected { to: offset, .. }
            | Self::Acked { offset, .. }
            | Self::InvisibleTimeChanged { offset, .. } => Some(*offset),
            _ => self.message().map(|message| message.offset),
        }
    }

    /// The group that it names.
    pub const fn group(&self) -> Option<&GroupName> {
        match self {
            Self::ConsumeModeSet { group, .. }
            | Self::Popped { group, .. }
            | Self::OffsetCorrected { group, .. }
            | Self::Acked { group, .. }
            | Self::InvisibleTimeChanged { group, .. }
            | Self::Revived { group, .. } => Some(group),
            _ => None,
        }
    }

    /// The consumer that a broker had to do with.
    pub const fn consumer(&self) -> Option<&NodeId> {
        match self {
            Self::Popped { consumer, .. }
            | Self::Held { consumer, .. }
            | Self::Woken { consumer, .. }
            | Self::Acked { consumer, .. }
            | Self::InvisibleTimeChanged { consumer, .. } => Some(consumer),
            _ => None,
        }
    }

    pub(super) const fn message(&self) -> Option<&MessageAt> {
        match self {
            Self::Revived { message, .. }
            | Self::ResultIgnored { message }
            | Self::Expired { message }
            | Self::GivenUp { message, .. } => Some(message),
            _ => None,
        }
    }

    pub(super) fn queue(&self) -> Option<&MessageQueue> {
        match self {
            Self::Popped { queue, .. }
            | Self::OffsetCorrected { queue, .. }
            | Self::Acked { queue, .. }
            | Self::InvisibleTimeChanged { queue, .. }
            | Self::QueueAssigned { queue } => Some(queue),
            _ => self.message().map(|message| &message.queue),
        }
    }

    pub(super) fn topic(&self) -> Option<&TopicName> {
        match self {
            Self::ConsumeModeSet { topic, .. } | Self::Held { topic, .. } | Self::Woken { topic, .. } => {
                Some(topic)
            }
            _ => self.queue().map(|queue| &queue.topic),
        }
    }
}

impl fmt::Display for PopFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConsumeModeSet { group, topic, mode } => {
                write!(f, "{group} {topic} {} share {}", mode.mode, mode.pop_share_queue_num)
            }
            Self::Popped { consumer, group, queue, start, messages, revive_queue_id, revive_at } => write!(
                f,
                "{group} {queue}@{start} {messages} msgs → {consumer}, revive/q{revive_queue_id} at {revive_at}"
            ),
            Self::Held { consumer, topic, queue_id } => write!(f, "{topic}/q{queue_id} ← {consumer}"),
            Self::Woken { consumer, topic, queue_id, reason } => {
                write!(f, "{topic}/q{queue_id} ← {consumer} {}", words_of(reason))
            }
            Self::OffsetCorrected { group, queue, from, to } => write!(f, "{group} {queue} {from}→{to}"),
            Self::Acked { consumer, group, queue, offset } => {
                write!(f, "{group} {queue}@{offset} ← {consumer}")
            }
            Self::InvisibleTimeChanged { consumer, group, queue, offset, revive_at } => {
                write!(f, "{group} {queue}@{offset} ← {consumer} revive at {revive_at}")
            }
            Self::Revived { message, group, from, offset, reconsume_times } => {
                write!(f, "{message} {group} from {from}@{offset} reconsume {reconsume_times}")
            }
            Self::QueueAssigned { queue } => write!(f, "{queue}"),
            Self::ResultIgnored { message } | Self::Expired { message } => write!(f, "{message}"),
            Self::GivenUp { message, reconsume_times } => write!(f, "{message} reconsume {reconsume_times}"),
        }
    }
}
