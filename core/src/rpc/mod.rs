//! What processes say to each other: RocketMQ's remoting commands, one variant per request code that is modelled.
//!
//! The four kinds of node never import each other; they meet here. A [`Frame`] is what travels on a connection:
//! a [`Request`] with its [`Opaque`] number, a [`Response`] that carries the same number, or a frame of the
//! replication protocol, which is no remoting command.
//!
//! **In RocketMQ**: `RemotingCommand`, `RequestCode`, `ResponseCode`, `TopicRouteData`, `HeartbeatData`;
//! `DefaultHAService` for replication. Codes and their numbers: behaviour §3.6.
//!
//! **Left out on purpose**: the bytes of headers and JSON bodies (only records have a byte form here), and every
//! request whose feature the lab does not have yet.

mod admin;
mod code;
mod name_server;
mod selector;
mod topic_text;
mod transaction;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use admin::{
    ConsumeResult, ConsumeStats, ConsumerConnection, ConsumerRunningInfo, DirectConsumption,
    GroupConsumeStats, HaConnectionRuntimeInfo, HaRuntimeInfo, OffsetReset, OffsetWrapper, ProcessQueueInfo,
    QueryMessage, RateOverTime, StatsSnapshot, SubscriptionGroupConfig, TopicOffset, TopicStats,
};
pub use code::{RequestCode, ResponseCode};
pub use name_server::{KvTable, NAMESPACE_ORDER_TOPIC_CONFIG, NameServerAnswer, NameServerRequest};
pub use selector::{ExpressionType, MessageSelector, SUB_ALL, SelectorError, java_trim};
pub use topic_text::{TopicConfigText, TopicFilterType, TopicMessageType};
pub use transaction::{EndTransaction, TransactionCheck, TransactionState};

use serde::Serialize;

use crate::config::{ConsumeFromWhere, MessageModel};
use crate::id::{
    Address, BrokerId, BrokerName, ClientId, ClusterName, CommitLogOffset, GroupName, MessageQueue, Opaque,
    QueueId, QueueOffset, TopicName,
};
use crate::message::{Message, Record, StoredMessage};
use crate::time::{Duration, Instant};

/// Bits of a permission (`PermName`).
pub mod perm {
    /// Others may be made from this topic (templates only).
    pub const INHERIT: u8 = 1;
    /// Producers may choose the queues.
    pub const WRITE: u8 = 2;
    /// Consumers may be assigned the queues.
    pub const READ: u8 = 4;

    /// The topic has priorities (in the development version only; no valid permission has it).
    pub const PRIORITY: u8 = 8;

    /// Whether consumers may be assigned the queues.
    pub const fn is_readable(perm: u8) -> bool {
        perm & READ != 0
    }

    /// Whether producers may choose the queues.
    pub const fn is_writeable(perm: u8) -> bool {
        perm & WRITE != 0
    }

    /// Whether other topics may be made from this one.
    pub const fn is_inherited(perm: u8) -> bool {
        perm & INHERIT != 0
    }

    /// Whether the topic has priorities.
    pub const fn is_priority(perm: u8) -> bool {
        perm & PRIORITY != 0
    }

    /// Whether anything can be done with the topic.
    pub const fn is_accessible(perm: u8) -> bool {
        is_readable(perm) || is_writeable(perm)
    }

    /// Whether operators may set the permission: 0 to 7 (`PermName.isValid`).
    pub const fn is_valid(perm: i32) -> bool {
        perm >= 0 && perm < PRIORITY as i32
    }

    /// The permission as RocketMQ prints it: `RW-`, `R--`, `-W-`, …
    pub fn text(perm: u8) -> String {
        let letter = |bit, letter| if perm & bit != 0 { letter } else { '-' };
        [letter(READ, 'R'), letter(WRITE, 'W'), letter(INHERIT, 'X')].into_iter().collect()
    }
}

/// A topic as one broker has it (`TopicConfig`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct TopicConfig {
    /// Queues that consumers are given: ids 0 to one less.
    pub read_queue_nums: u32,
    /// Queues that producers choose from: ids 0 to one less.
    pub write_queue_nums: u32,
    /// Bits of [`perm`].
    pub perm: u8,
    /// Whether the topic is an order topic.
    pub order: bool,
}

/// All topics of a broker, shared because every registration carries them.
pub type TopicTable = Arc<BTreeMap<TopicName, TopicConfig>>;

/// By which name servers and slaves see that a broker's topics changed (`DataVersion`). Equal only when all parts
/// are.
///
/// Orders as `DataVersion.compare` does: by the state first, by the time last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct DataVersion {
    /// Which state of a broker group it belongs to; moved by a controller, 0 without one. V4 has no such part.
    pub state_version: u64,
    /// How often it changed.
    pub counter: u64,
    /// When it last changed.
    pub timestamp: Instant,
}

impl DataVersion {
    /// The version after a change at `now`.
    pub const fn next(self, now: Instant) -> Self {
        Self { timestamp: now, counter: self.counter + 1, ..self }
    }
}

/// The queues that one broker name has of a topic (`QueueData`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct QueueData {
    /// Which broker name.
    pub broker_name: BrokerName,
    /// Queues to read from.
    pub read_queue_nums: u32,
    /// Queues to write to.
    pub write_queue_nums: u32,
    /// Bits of [`perm`].
    pub perm: u8,
}

/// The living replicas of one broker name (`BrokerData`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct BrokerData {
    /// The cluster.
    pub cluster: ClusterName,
    /// The shared name.
    pub broker_name: BrokerName,
    /// Address by id; 0 is the master.
    pub broker_addrs: BTreeMap<BrokerId, Address>,
}

/// What a name server answers about a topic (`TopicRouteData`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct TopicRoute {
    /// By broker name, ascending.
    pub queue_datas: Vec<QueueData>,
    /// By broker name, ascending.
    pub broker_datas: Vec<BrokerData>,
    /// `broker-a:4;broker-b:4`: the queues that producers of an order topic have to use, when they are fixed.
    pub order_topic_conf: Option<Arc<str>>,
}

/// What a consumer tells the brokers about one of its subscriptions (`SubscriptionData`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Subscription {
    /// The expression: `*`, `A || B`, `a > 5`.
    pub expression: Arc<str>,
    /// The language of the expression.
    pub expression_type: ExpressionType,
    /// The tags of the expression; empty for `*` and for an expression of another language.
    pub tags: BTreeSet<Arc<str>>,
    /// When the client last built it; the broker keeps the newest (`subVersion`).
    pub version: Instant,
}

/// One consumer group in a heartbeat (`ConsumerData`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct ConsumerData {
    /// The group.
    pub group: GroupName,
    /// How its members divide the queues.
    pub model: MessageModel,
    /// Where queues without an offset start.
    pub from: ConsumeFromWhere,
    /// What it subscribes to, its retry topic included.
    pub subscriptions: BTreeMap<TopicName, Subscription>,
}

/// A client's sign of life to a broker (`HeartbeatData`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Heartbeat {
    /// Who it is.
    pub client_id: ClientId,
    /// Groups it consumes for.
    pub consumers: Vec<ConsumerData>,
    /// Groups it produces for.
    pub producers: Vec<GroupName>,
}

/// A registration of a broker at a name server (`RegisterBrokerRequestHeader` and its body).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Registration {
    /// The cluster.
    pub cluster: ClusterName,
    /// The name shared with its replicas.
    pub broker_name: BrokerName,
    /// 0 for the master.
    pub broker_id: BrokerId,
    /// Where clients reach it.
    pub address: Address,
    /// Where slaves reach it.
    pub ha_address: Address,
    /// Its topics with the permissions to announce; a single one when only that has changed.
    pub topics: TopicTable,
    /// The version of the whole table.
    pub data_version: DataVersion,
    /// After how long without a registration the name server drops it; `None` for the name server's own limit (V4 has
    /// no such part).
    pub heartbeat_timeout: Option<Duration>,
    /// Whether a slave may act for a master that is gone (`enableSlaveActingMaster`); `None` is what V4 says.
    pub enable_acting_master: Option<bool>,
}

/// A request, named after its request code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// A broker announces itself and its topics to a name server.
    RegisterBroker(Registration),
    /// A broker that stops takes itself off a name server.
    UnregisterBroker {
        /// The cluster.
        cluster: ClusterName,
        /// The broker.
        broker_name: BrokerName,
        /// Its id.
        broker_id: BrokerId,
        /// Its address.
        address: Address,
    },
    /// A client asks a name server where a topic is.
    GetRouteInfoByTopic {
        /// The topic.
        topic: TopicName,
    },
    /// An operator creates or changes a topic on one broker.
    UpdateAndCreateTopic {
        /// The topic.
        topic: TopicName,
        /// What it is to be.
        config: TopicConfig,
    },
    /// A producer sends one message.
    SendMessage {
        /// The producer's group.
        group: GroupName,
        /// The message.
        message: Message,
        /// The queue that the producer chose.
        queue_id: QueueId,
        /// When the producer made the message.
        born_at: Instant,
        /// Queues asked for if the topic has to be created.
        default_topic_queue_nums: u32,
        /// Bits as in `MessageSysFlag`: 4 marks a half message.
        sys_flag: u32,
        /// How often a consumer has failed with it; only for a consumer's own sends to `%RETRY%group`.
        reconsume_times: u32,
        /// From which on it is a dead letter, when the sender overrides its group's setting.
        max_reconsume_times: Option<u32>,
    },
    /// A consumer asks for messages of a queue.
    PullMessage(PullRequest),
    /// A consumer asks where its group stands.
    QueryConsumerOffset {
        /// The group.
        group: GroupName,
        /// The topic.
        topic: TopicName,
        /// The queue.
        queue_id: QueueId,
    },
    /// A consumer says where its group stands; nobody answers.
    UpdateConsumerOffset {
        /// The group.
        group: GroupName,
        /// The topic.
        topic: TopicName,
        /// The queue.
        queue_id: QueueId,
        /// The next offset to consume.
        offset: QueueOffset,
    },
    /// The end of a queue.
    GetMaxOffset {
        /// The topic.
        topic: TopicName,
        /// The queue.
        queue_id: QueueId,
    },
    /// The first message at or near a time.
    SearchOffsetByTimestamp {
        /// The topic.
        topic: TopicName,
        /// The queue.
        queue_id: QueueId,
        /// The time.
        at: Instant,
    },
    /// A client's sign of life.
    HeartBeat(Heartbeat),
    /// A client leaves a group.
    UnregisterClient {
        /// Who leaves.
        client_id: ClientId,
        /// As a producer of this group.
        producer_group: Option<GroupName>,
        /// As a consumer of this group.
        consumer_group: Option<GroupName>,
    },
    /// A consumer asks who else is in its group.
    GetConsumerListByGroup {
        /// The group.
        group: GroupName,
    },
    /// A broker tells a consumer that its group changed; nobody answers.
    NotifyConsumerIdsChanged {
        /// The group.
        group: GroupName,
    },
    /// A slave copies its master's topics.
    GetAllTopicConfig,
    /// A slave copies its master's group offsets.
    GetAllConsumerOffset,
    /// A slave copies its master's groups.
    GetAllSubscriptionGroupConfig,
    /// A slave copies how far its master's delayed messages are delivered.
    GetAllDelayOffset,
    /// A consumer hands a message back, to get it once more later.
    ConsumerSendMsgBack {
        /// The group.
        group: GroupName,
        /// Where the record of the message begins.
        commit_log_offset: CommitLogOffset,
        /// Level of the delay; 0: the broker decides, below 0: dead letter at once.
        delay_level: i32,
        /// The `offsetMsgId` of the message.
        origin_message_id: Arc<str>,
        /// From which on it is a dead letter, when the consumer overrides its group's setting.
        max_reconsume_times: Option<u32>,
    },
    /// A producer tells how its local transaction ended; nobody answers.
    EndTransaction(EndTransaction),
    /// A broker asks a producer of the group how a local transaction ended; the answer is an `EndTransaction`.
    CheckTransactionState(TransactionCheck),
    /// An orderly consumer wants these queues for itself.
    LockBatchMq {
        /// The group.
        group: GroupName,
        /// Who wants them.
        client_id: ClientId,
        /// Which.
        queues: BTreeSet<MessageQueueOnBroker>,
    },
    /// An orderly consumer gives queues back.
    UnlockBatchMq {
        /// The group.
        group: GroupName,
        /// Whose they were.
        client_id: ClientId,
        /// Which.
        queues: BTreeSet<MessageQueueOnBroker>,
    },
    /// An operator takes a topic off one broker.
    DeleteTopicInBroker {
        /// The topic.
        topic: TopicName,
    },
    /// An operator asks for a broker's figures.
    GetBrokerRuntimeInfo,
    /// An operator asks for a broker's settings.
    GetBrokerConfig,
    /// An operator changes settings of a broker.
    UpdateBrokerConfig {
        /// Key and value of each.
        settings: Vec<(Arc<str>, Arc<str>)>,
    },
    /// An operator asks for the offsets of a topic's queues.
    GetTopicStatsInfo {
        /// The topic.
        topic: TopicName,
    },
    /// An operator asks how far a group is.
    GetConsumeStats {
        /// The group.
        group: GroupName,
        /// Only this topic.
        topic: Option<TopicName>,
    },
    /// An operator asks how far every group is.
    GetBrokerConsumeStats {
        /// Only groups that consume in order.
        is_order: bool,
    },
    /// An operator asks who is in a consumer group.
    GetConsumerConnectionList {
        /// The group.
        group: GroupName,
    },
    /// An operator asks who is in a producer group.
    GetProducerConnectionList {
        /// The group.
        group: GroupName,
    },
    /// An operator asks a broker, and the broker a consumer, what it is doing.
    GetConsumerRunningInfo {
        /// The group.
        group: GroupName,
        /// Which member.
        client_id: ClientId,
    },
    /// An operator asks a broker, and the broker a consumer, to consume one message at once.
    ConsumeMessageDirectly {
        /// The group.
        group: GroupName,
        /// Which member.
        client_id: ClientId,
        /// The `offsetMsgId` of the message.
        message_id: Arc<str>,
        /// The message, once the broker has found it.
        message: Option<Arc<StoredMessage>>,
        /// The broker that stores it.
        broker_name: BrokerName,
    },
    /// An operator creates or changes a group on one broker.
    UpdateAndCreateSubscriptionGroup {
        /// The group.
        group: GroupName,
        /// What it is to be.
        config: SubscriptionGroupConfig,
    },
    /// An operator takes a group off one broker.
    DeleteSubscriptionGroup {
        /// The group.
        group: GroupName,
        /// Whether its offsets go with it.
        clean_offset: bool,
    },
    /// Somebody looks messages up by key.
    QueryMessage(QueryMessage),
    /// Somebody looks a message up by its place in the commit log.
    ViewMessageById {
        /// Where its record begins.
        offset: CommitLogOffset,
    },
    /// An operator asks which groups consume a topic.
    QueryTopicConsumeByWho {
        /// The topic.
        topic: TopicName,
    },
    /// An operator sets a group back or forth.
    InvokeBrokerToResetOffset(OffsetReset),
    /// A broker tells a consumer to go on elsewhere; nobody answers.
    ResetConsumerClientOffset {
        /// The group.
        group: GroupName,
        /// The topic.
        topic: TopicName,
        /// Where to go on.
        offsets: BTreeMap<MessageQueue, QueueOffset>,
    },
    /// The beginning of a queue.
    GetMinOffset {
        /// The topic.
        topic: TopicName,
        /// The queue.
        queue_id: QueueId,
    },
    /// When the oldest message of a queue was stored.
    GetEarliestMsgStoretime {
        /// The topic.
        topic: TopicName,
        /// The queue.
        queue_id: QueueId,
    },
    /// An operator has consume queues cleaned whose messages are gone.
    CleanExpiredConsumeQueue,
    /// An operator has queues cleaned whose topic is gone.
    CleanUnusedTopic,
    /// An operator has old commit log files deleted now.
    DeleteExpiredCommitLog,
    /// An operator asks for a figure that a broker counts.
    ViewBrokerStatsData {
        /// The kind of figure: `TOPIC_PUT_NUMS`, `GROUP_GET_NUMS`, …
        name: Arc<str>,
        /// Of what: a topic, `topic@group`, a cluster.
        key: Arc<str>,
    },
    /// An operator asks how a master's slaves keep up (V5).
    GetBrokerHaStatus,
    /// An operator gives a group the offsets of another.
    CloneGroupOffset {
        /// Whose offsets.
        source: GroupName,
        /// Who gets them.
        destination: GroupName,
        /// Of this topic.
        topic: TopicName,
    },
    /// Somebody asks a name server for something else.
    NameServer(NameServerRequest),
}

/// What a consumer asks for in a pull (`PullMessageRequestHeader`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PullRequest {
    /// The group.
    pub group: GroupName,
    /// The topic.
    pub topic: TopicName,
    /// The queue.
    pub queue_id: QueueId,
    /// From here.
    pub offset: QueueOffset,
    /// At most so many messages.
    pub max_messages: u32,
    /// The group's offset, committed along the way.
    pub commit_offset: Option<QueueOffset>,
    /// How long the broker may hold the request when there is nothing.
    pub suspend_timeout: Duration,
    /// Version of the consumer's subscription.
    pub subscription_version: Instant,
    /// The subscription, when the request brings its own (sysFlag 4): the group need not be known to the broker then.
    pub subscription: Option<Subscription>,
}

impl Request {
    /// The request's code.
    pub const fn code(&self) -> RequestCode {
        match self {
            Self::RegisterBroker(_) => RequestCode::RegisterBroker,
            Self::UnregisterBroker { .. } => RequestCode::UnregisterBroker,
            Self::GetRouteInfoByTopic { .. } => RequestCode::GetRouteInfoByTopic,
            Self::UpdateAndCreateTopic { .. } => RequestCode::UpdateAndCreateTopic,
            Self::SendMessage { .. } => RequestCode::SendMessage,
            Self::PullMessage(_) => RequestCode::PullMessage,
            Self::QueryConsumerOffset { .. } => RequestCode::QueryConsumerOffset,
            Self::UpdateConsumerOffset { .. } => RequestCode::UpdateConsumerOffset,
            Self::GetMaxOffset { .. } => RequestCode::GetMaxOffset,
            Self::SearchOffsetByTimestamp { .. } => RequestCode::SearchOffsetByTimestamp,
            Self::HeartBeat(_) => RequestCode::HeartBeat,
            Self::UnregisterClient { .. } => RequestCode::UnregisterClient,
            Self::GetConsumerListByGroup { .. } => RequestCode::GetConsumerListByGroup,
            Self::NotifyConsumerIdsChanged { .. } => RequestCode::NotifyConsumerIdsChanged,
            Self::GetAllTopicConfig => RequestCode::GetAllTopicConfig,
            Self::GetAllConsumerOffset => RequestCode::GetAllConsumerOffset,
            Self::GetAllSubscriptionGroupConfig => RequestCode::GetAllSubscriptionGroupConfig,
            Self::GetAllDelayOffset => RequestCode::GetAllDelayOffset,
            Self::ConsumerSendMsgBack { .. } => RequestCode::ConsumerSendMsgBack,
            Self::EndTransaction(_) => RequestCode::EndTransaction,
            Self::CheckTransactionState(_) => RequestCode::CheckTransactionState,
            Self::LockBatchMq { .. } => RequestCode::LockBatchMq,
            Self::UnlockBatchMq { .. } => RequestCode::UnlockBatchMq,
            Self::DeleteTopicInBroker { .. } => RequestCode::DeleteTopicInBroker,
            Self::GetBrokerRuntimeInfo => RequestCode::GetBrokerRuntimeInfo,
            Self::GetBrokerConfig => RequestCode::GetBrokerConfig,
            Self::UpdateBrokerConfig { .. } => RequestCode::UpdateBrokerConfig,
            Self::GetTopicStatsInfo { .. } => RequestCode::GetTopicStatsInfo,
            Self::GetConsumeStats { .. } => RequestCode::GetConsumeStats,
            Self::GetBrokerConsumeStats { .. } => RequestCode::GetBrokerConsumeStats,
            Self::GetConsumerConnectionList { .. } => RequestCode::GetConsumerConnectionList,
            Self::GetProducerConnectionList { .. } => RequestCode::GetProducerConnectionList,
            Self::GetConsumerRunningInfo { .. } => RequestCode::GetConsumerRunningInfo,
            Self::ConsumeMessageDirectly { .. } => RequestCode::ConsumeMessageDirectly,
            Self::UpdateAndCreateSubscriptionGroup { .. } => RequestCode::UpdateAndCreateSubscriptionGroup,
            Self::DeleteSubscriptionGroup { .. } => RequestCode::DeleteSubscriptionGroup,
            Self::QueryMessage(_) => RequestCode::QueryMessage,
            Self::ViewMessageById { .. } => RequestCode::ViewMessageById,
            Self::QueryTopicConsumeByWho { .. } => RequestCode::QueryTopicConsumeByWho,
            Self::InvokeBrokerToResetOffset(_) => RequestCode::InvokeBrokerToResetOffset,
            Self::ResetConsumerClientOffset { .. } => RequestCode::ResetConsumerClientOffset,
            Self::GetMinOffset { .. } => RequestCode::GetMinOffset,
            Self::GetEarliestMsgStoretime { .. } => RequestCode::GetEarliestMsgStoretime,
            Self::CleanExpiredConsumeQueue => RequestCode::CleanExpiredConsumeQueue,
            Self::CleanUnusedTopic => RequestCode::CleanUnusedTopic,
            Self::DeleteExpiredCommitLog => RequestCode::DeleteExpiredCommitLog,
            Self::ViewBrokerStatsData { .. } => RequestCode::ViewBrokerStatsData,
            Self::GetBrokerHaStatus => RequestCode::GetBrokerHaStatus,
            Self::CloneGroupOffset { .. } => RequestCode::CloneGroupOffset,
            Self::NameServer(request) => request.code(),
        }
    }

    /// The topic it is about, when there is exactly one.
    pub fn topic(&self) -> Option<&TopicName> {
        match self {
            Self::GetRouteInfoByTopic { topic }
            | Self::UpdateAndCreateTopic { topic, .. }
            | Self::QueryConsumerOffset { topic, .. }
            | Self::UpdateConsumerOffset { topic, .. }
            | Self::GetMaxOffset { topic, .. }
            | Self::GetMinOffset { topic, .. }
            | Self::GetEarliestMsgStoretime { topic, .. }
            | Self::DeleteTopicInBroker { topic }
            | Self::GetTopicStatsInfo { topic }
            | Self::QueryTopicConsumeByWho { topic }
            | Self::ResetConsumerClientOffset { topic, .. }
            | Self::CloneGroupOffset { topic, .. }
            | Self::SearchOffsetByTimestamp { topic, .. } => Some(topic),
            Self::QueryMessage(query) => Some(&query.topic),
            Self::InvokeBrokerToResetOffset(reset) => Some(&reset.topic),
            Self::SendMessage { message, .. } => Some(&message.topic),
            Self::PullMessage(pull) => Some(&pull.topic),
            Self::NameServer(request) => request.topic(),
            _ => None,
        }
    }

    /// The queue it is about, when there is exactly one.
    pub const fn queue_id(&self) -> Option<QueueId> {
        match self {
            Self::QueryConsumerOffset { queue_id, .. }
            | Self::UpdateConsumerOffset { queue_id, .. }
            | Self::GetMaxOffset { queue_id, .. }
            | Self::GetMinOffset { queue_id, .. }
            | Self::GetEarliestMsgStoretime { queue_id, .. }
            | Self::SearchOffsetByTimestamp { queue_id, .. }
            | Self::SendMessage { queue_id, .. } => Some(*queue_id),
            Self::PullMessage(pull) => Some(pull.queue_id),
            _ => None,
        }
    }
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Response {
    /// The request that it answers.
    pub request: RequestCode,
    /// How it ended.
    pub code: ResponseCode,
    /// RocketMQ's sentence for people; empty on success.
    pub remark: Arc<str>,
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
    Properties(Vec<(Arc<str>, Arc<str>)>),
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
}

/// All groups of a broker with their settings.
pub type GroupTable = Arc<BTreeMap<GroupName, SubscriptionGroupConfig>>;

/// A queue as a broker names it to itself: without the broker.
pub type MessageQueueOnBroker = (TopicName, QueueId);

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
    pub fn refused(request: RequestCode, code: ResponseCode, remark: impl Into<Arc<str>>) -> Self {
        Self { request, code, remark: remark.into(), body: ResponseBody::Empty }
    }
}

/// What travels on a connection in one piece.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Frame {
    /// A request.
    Request {
        /// Its number at the sender.
        opaque: Opaque,
        /// Whether nobody will answer.
        one_way: bool,
        /// What is asked.
        request: Box<Request>,
    },
    /// The answer to the request of that number.
    Response {
        /// The request's number.
        opaque: Opaque,
        /// The answer.
        response: Box<Response>,
    },
    /// Slave to master: how far its commit log reaches.
    HaReport(CommitLogOffset),
    /// Master to slave: a piece of the commit log; empty as a sign of life.
    HaTransfer {
        /// Where the piece begins.
        from: CommitLogOffset,
        /// The records of the piece, whole.
        records: Vec<Record>,
    },
}

/// A producer's and a consumer's view of a queue list entry: which queue on which broker name.
pub fn message_queue(topic: &TopicName, broker_name: &BrokerName, queue_id: u32) -> MessageQueue {
    MessageQueue { topic: topic.clone(), broker_name: broker_name.clone(), queue_id: QueueId(queue_id) }
}
