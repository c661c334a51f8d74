//! What comes back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arcstr::ArcStr;

use super::{
    ActingAnswer, ConsumeStats, ConsumerConnection, ConsumerRunningInfo, ControllerAnswer, DLedgerResponse,
    DataVersion, DirectConsumption, GroupConsumeStats, GroupTable, HaRuntimeInfo, KvTable,
    MessageQueueOnBroker, ModeTable, NameServerAnswer, PopAnswer, RateOverTime, RequestCode, ResponseCode,
    StatsSnapshot, TopicRoute, TopicStats, TopicTable,
};
use crate::id::{
    Address, BrokerId, ClientId, CommitLogOffset, GroupName, MessageQueue, QueueId, QueueOffset,
};
use crate::message::StoredMessage;
use crate::time::Instant;

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Response {
    /// The request that it answers.
    pub request: RequestCode,
    /// How it ended.
    pub code: ResponseCode,
    /// RocketMQ's sentence for people; empty on success.
    pub remark: ArcStr,
    /// What was asked for.
    pub body: ResponseBody,
}

/// What an answer carries.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ResponseBody {
    /// Nothing but the code.
    Empty,
    /// What a registration brings a broker (`RegisterBrokerResult`).
    Registered {
        /// For a slave: the master's address, when the name server knows one.
        master_address: Option<Address>,
        /// For a slave: the master's replication address.
        ha_address: Option<Address>,
        /// The order configuration, when the name server has one.
        order_topics: Option<Arc<KvTable>>,
    },
    /// Where a topic is.
    Route(Arc<TopicRoute>),
    /// Where a message was stored.
    Sent {
        /// The queue.
        queue_id: QueueId,
        /// The position in it.
        queue_offset: QueueOffset,
        /// The position of the record; with the broker's address it makes the `offsetMsgId`.
        commit_log_offset: CommitLogOffset,
    },
    /// What a pull found.
    Pulled {
        /// Where to ask next.
        next: QueueOffset,
        /// The first offset of the queue.
        min: QueueOffset,
        /// The offset after the last one.
        max: QueueOffset,
        /// Which replica to ask next (`suggestWhichBrokerId`).
        suggested_broker: BrokerId,
        /// In order of their offsets.
        messages: Vec<Arc<StoredMessage>>,
    },
    /// A position in a queue.
    Offset(QueueOffset),
    /// The members of a group.
    ConsumerIds(Vec<ClientId>),
    /// All topics of a broker.
    Topics(TopicTable, DataVersion),
    /// All group offsets of a broker.
    Offsets(Arc<BTreeMap<(GroupName, MessageQueueOnBroker), QueueOffset>>),
    /// All groups of a broker.
    Groups(GroupTable),
    /// How far delayed messages are delivered: by level, the next offset of its queue.
    DelayOffsets(BTreeMap<u32, QueueOffset>),
    /// The queues that are locked for the one who asked.
    LockedQueues(BTreeSet<MessageQueueOnBroker>),
    /// Names and values: figures and settings.
    Properties(Vec<(ArcStr, ArcStr)>),
    /// The offsets of a topic's queues on one broker, and how fast messages come in (V5).
    TopicStats(TopicStats, RateOverTime),
    /// How far a group is.
    ConsumeStats(ConsumeStats),
    /// How far every group is.
    BrokerConsumeStats(GroupConsumeStats),
    /// Who is in a consumer group.
    ConsumerConnection(ConsumerConnection),
    /// Who is in a producer group.
    ProducerConnection(Vec<(ClientId, Address)>),
    /// What a consumer is doing.
    RunningInfo(Box<ConsumerRunningInfo>),
    /// How a consumer got on with one message.
    DirectConsumption(DirectConsumption),
    /// One message.
    Message(Arc<StoredMessage>),
    /// What a query found, newest first, and up to where the index was built: record and moment.
    Messages {
        /// The messages.
        messages: Vec<Arc<StoredMessage>>,
        /// Store time of the last indexed message.
        index_last_update: Instant,
        /// Position of the last indexed message.
        index_last_offset: CommitLogOffset,
    },
    /// Names of groups.
    GroupNames(Vec<GroupName>),
    /// Where each queue stands after a reset.
    ResetOffsets(BTreeMap<MessageQueue, QueueOffset>),
    /// A moment; none when there is no message.
    Moment(Option<Instant>),
    /// Last minute, last hour, last day: how often something happened.
    Stats([StatsSnapshot; 3]),
    /// How replication goes.
    HaStatus(HaRuntimeInfo),
    /// What a name server knows.
    NameServer(NameServerAnswer),
    /// What a replica of a DLedger commit log answers another one.
    DLedger(DLedgerResponse),
    /// What belongs to POP (V5).
    Pop(PopAnswer),
    /// All groups of a broker, and how they take messages where that was set (V5). RocketMQ has a request of its own
    /// for the second part, GET_ALL_MESSAGE_REQUEST_MODE.
    GroupsWithModes(GroupTable, ModeTable),
    /// What brokers of one name tell each other (V5).
    Acting(ActingAnswer),
    /// What a controller knows, or a broker in controller mode.
    Controller(Box<ControllerAnswer>),
}

impl ResponseBody {
    /// The messages in it, of a pull or a pop.
    pub fn messages(&self) -> &[Arc<StoredMessage>] {
        match self {
            Self::Pulled { messages, .. } => messages,
            Self::Pop(PopAnswer::Popped(popped)) => &popped.messages,
            _ => &[],
        }
    }
}

impl Response {
    /// Success without content.
    pub fn ok(request: RequestCode) -> Self {
        Self::with(request, ResponseBody::Empty)
    }

    /// Success with content.
    pub fn with(request: RequestCode, body: ResponseBody) -> Self {
        Self { request, code: ResponseCode::Success, remark: "".into(), body }
    }

    /// A refusal with its sentence.
    pub fn refused(request: RequestCode, code: ResponseCode, remark: impl Into<ArcStr>) -> Self {
        Self { request, code, remark: remark.into(), body: ResponseBody::Empty }
    }
}
