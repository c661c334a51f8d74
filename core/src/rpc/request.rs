//! What a process asks another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arcstr::ArcStr;

use super::{
    ActingRequest, ControllerRequest, DLedgerMessage, EndTransaction, Heartbeat, MessageQueueOnBroker,
    NameServerRequest, OffsetReset, PopRequest, QueryMessage, Registration, RequestCode, Subscription,
    SubscriptionGroupConfig, TopicConfig, TransactionCheck,
};
use crate::id::{
    Address, BrokerId, BrokerName, ClientId, ClusterName, CommitLogOffset, GroupName, MessageQueue, QueueId,
    QueueOffset, TopicName,
};
use crate::message::{Message, Record, StoredMessage};
use crate::time::{Duration, Instant};

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
        /// The topic after which it is created if it has to be: TBW102, unless the producer names another
        /// (`createTopicKey`).
        default_topic: TopicName,
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
        origin_message_id: ArcStr,
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
        settings: Vec<(ArcStr, ArcStr)>,
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
        message_id: ArcStr,
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
        name: ArcStr,
        /// Of what: a topic, `topic@group`, a cluster.
        key: ArcStr,
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
    /// A replica of a DLedger commit log asks another one.
    DLedger(Box<DLedgerMessage<Record>>),
    /// Somebody asks for something that belongs to POP (V5).
    Pop(PopRequest),
    /// Brokers of one name and their name server keep a slave ready to act (V5).
    Acting(ActingRequest),
    /// Controller mode: to a controller, or from one.
    Controller(Box<ControllerRequest>),
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
            Self::DLedger(message) => message.code(),
            Self::Pop(request) => request.code(),
            Self::Acting(request) => request.code(),
            Self::Controller(request) => request.code(),
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
            Self::Pop(request) => Some(request.topic()),
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
            Self::Pop(request) => request.queue_id(),
            _ => None,
        }
    }
}
