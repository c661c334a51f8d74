//! What POP adds to the protocol: who takes messages how, pops, acknowledgements, check points.
//!
//! **In RocketMQ**: `PopMessageRequestHeader`, `AckMessageRequestHeader`, `ChangeInvisibleTimeRequestHeader`,
//! `QueryAssignmentRequestBody`, `SetMessageRequestModeRequestBody`, `ExtraInfoUtil`, `PopCheckPoint`, `AckMsg`
//! (behaviour §3.12). V5 only.
//!
//! **Left out on purpose**: orderly pops, batches of acknowledgements, notification requests: the classic client uses
//! none of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arcstr::ArcStr;

use serde::Serialize;

use super::{RequestCode, Subscription};
use crate::config::{MessageModel, MessageRequestMode};
use crate::id::{BrokerName, ClientId, GroupName, MessageQueue, QueueId, QueueOffset, TopicName};
use crate::message::StoredMessage;
use crate::names;
use crate::time::{Duration, Instant};

/// How a group takes the messages of a topic (`SetMessageRequestModeRequestBody`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct ConsumeMode {
    /// By pulls or by pops.
    pub mode: MessageRequestMode,
    /// With POP: how many members' shares a member takes beside its own; 0 and below, and from the members less one
    /// on: every member takes from all queues.
    pub pop_share_queue_num: i32,
}

/// All modes that were set on a broker (`messageRequestMode.json`).
pub type ModeTable = Arc<BTreeMap<(TopicName, GroupName), ConsumeMode>>;

/// Which topic a popped message really comes from: the topic itself or a retry topic of the group
/// (`ExtraInfoUtil.getRetry`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum PopSource {
    /// The topic that was asked for.
    Normal,
    /// `%RETRY%group_topic`.
    RetryV1,
    /// `%RETRY%group+topic` (`enableRetryTopicV2`).
    RetryV2,
}

impl PopSource {
    /// The real topic of what a group got under the name of `topic` (`ExtraInfoUtil.getRealTopic`).
    pub fn real_topic(self, topic: &TopicName, group: &GroupName) -> TopicName {
        match self {
            Self::Normal => topic.clone(),
            Self::RetryV1 => names::pop_retry_topic_v1(topic.as_str(), group.as_str()).into(),
            Self::RetryV2 => names::pop_retry_topic_v2(topic.as_str(), group.as_str()).into(),
        }
    }
}

/// By what a popped message is acknowledged (`POP_CK`, eight words of `ExtraInfoUtil.buildExtraInfo`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct PopCk {
    /// Where the pop began in the queue; with the time of the pop it names the check point.
    pub start_offset: QueueOffset,
    /// When it was popped.
    pub pop_time: Instant,
    /// For how long nobody else gets it.
    pub invisible_time: Duration,
    /// The queue of the revive topic that keeps the check point.
    pub revive_queue_id: QueueId,
    /// Which topic it comes from.
    pub source: PopSource,
    /// The broker.
    pub broker_name: BrokerName,
    /// The queue.
    pub queue_id: QueueId,
    /// Its place in the queue.
    pub queue_offset: QueueOffset,
}

/// What a consumer asks for in a pop.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PopMessage {
    /// The group.
    pub group: GroupName,
    /// The topic.
    pub topic: TopicName,
    /// The queue; [`QueueId::ALL`] for any of the topic's on this broker.
    pub queue_id: QueueId,
    /// At most so many messages.
    pub max_messages: u32,
    /// For how long nobody else is to get them.
    pub invisible_time: Duration,
    /// How long the broker may hold the request.
    pub poll_time: Duration,
    /// When it was made.
    pub born_at: Instant,
    /// Whether a queue without an offset begins at its first message (`ConsumeInitMode.MIN`), not at its last.
    pub from_min: bool,
    /// What the consumer wants.
    pub subscription: Subscription,
}

/// A request of POP.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PopRequest {
    /// A consumer that does not divide by itself asks for its share.
    QueryAssignment {
        /// The group.
        group: GroupName,
        /// The topic.
        topic: TopicName,
        /// Who asks.
        client_id: ClientId,
        /// The name of its strategy.
        strategy: ArcStr,
        /// How the group consumes.
        model: MessageModel,
    },
    /// An operator says how a group takes the messages of a topic.
    SetMessageRequestMode {
        /// The group.
        group: GroupName,
        /// The topic.
        topic: TopicName,
        /// How.
        mode: ConsumeMode,
    },
    /// A consumer wants messages, to be acknowledged one by one.
    PopMessage(PopMessage),
    /// A consumer is through with a message.
    AckMessage {
        /// The group.
        group: GroupName,
        /// The message.
        ck: PopCk,
        /// The topic that its queue belongs to.
        topic: TopicName,
    },
    /// A consumer wants a message to come back after another time than its invisible time.
    ChangeInvisibleTime {
        /// The group.
        group: GroupName,
        /// The message.
        ck: PopCk,
        /// The topic that its queue belongs to.
        topic: TopicName,
        /// In how long it comes back.
        invisible_time: Duration,
    },
}

impl PopRequest {
    /// The request's code.
    pub const fn code(&self) -> RequestCode {
        match self {
            Self::QueryAssignment { .. } => RequestCode::QueryAssignment,
            Self::SetMessageRequestMode { .. } => RequestCode::SetMessageRequestMode,
            Self::PopMessage(_) => RequestCode::PopMessage,
            Self::AckMessage { .. } => RequestCode::AckMessage,
            Self::ChangeInvisibleTime { .. } => RequestCode::ChangeMessageInvisibleTime,
        }
    }

    /// The topic it is about.
    pub const fn topic(&self) -> &TopicName {
        match self {
            Self::QueryAssignment { topic, .. }
            | Self::SetMessageRequestMode { topic, .. }
            | Self::AckMessage { topic, .. }
            | Self::ChangeInvisibleTime { topic, .. } => topic,
            Self::PopMessage(pop) => &pop.topic,
        }
    }

    /// The queue it is about, when there is one.
    pub const fn queue_id(&self) -> Option<QueueId> {
        match self {
            Self::PopMessage(pop) => Some(pop.queue_id),
            Self::AckMessage { ck, .. } | Self::ChangeInvisibleTime { ck, .. } => Some(ck.queue_id),
            Self::QueryAssignment { .. } | Self::SetMessageRequestMode { .. } => None,
        }
    }
}

/// What a pop found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Popped {
    /// The messages; those of a retry topic under the name of the topic that was asked for.
    pub messages: Vec<Arc<StoredMessage>>,
    /// By what each is acknowledged.
    pub cks: Vec<PopCk>,
    /// Messages that the queues looked at still have.
    pub rest: u64,
}

/// What an answer to a request of POP carries.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PopAnswer {
    /// The queues of a member; `None` when the broker cannot say, and the present division is to stay.
    Assignment(Option<Vec<(MessageQueue, MessageRequestMode)>>),
    /// Messages.
    Popped(Box<Popped>),
    /// A message comes back at another time.
    InvisibleTimeChanged {
        /// It counts from here.
        pop_time: Instant,
        /// For so long.
        invisible_time: Duration,
    },
}
