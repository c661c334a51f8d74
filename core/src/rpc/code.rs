//! The codes of requests and responses, with RocketMQ's numbers and names (behaviour §3.6).

use std::fmt;

use serde::Serialize;

/// What a request is called and which number it has on the wire (`RequestCode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "each is RocketMQ's request of that name, explained at `Request`")]
pub enum RequestCode {
    SendMessage,
    PullMessage,
    QueryConsumerOffset,
    UpdateConsumerOffset,
    UpdateAndCreateTopic,
    GetAllTopicConfig,
    SearchOffsetByTimestamp,
    GetMaxOffset,
    HeartBeat,
    UnregisterClient,
    GetConsumerListByGroup,
    NotifyConsumerIdsChanged,
    GetAllConsumerOffset,
    RegisterBroker,
    UnregisterBroker,
    GetRouteInfoByTopic,
    GetAllSubscriptionGroupConfig,
    QueryMessage,
    UpdateBrokerConfig,
    GetBrokerConfig,
    GetBrokerRuntimeInfo,
    GetMinOffset,
    GetEarliestMsgStoretime,
    ViewMessageById,
    ConsumerSendMsgBack,
    EndTransaction,
    CheckTransactionState,
    LockBatchMq,
    UnlockBatchMq,
    GetAllDelayOffset,
    UpdateAndCreateSubscriptionGroup,
    GetTopicStatsInfo,
    GetConsumerConnectionList,
    GetProducerConnectionList,
    DeleteSubscriptionGroup,
    GetConsumeStats,
    DeleteTopicInBroker,
    ResetConsumerClientOffset,
    InvokeBrokerToResetOffset,
    QueryTopicConsumeByWho,
    CleanExpiredConsumeQueue,
    GetConsumerRunningInfo,
    ConsumeMessageDirectly,
    CloneGroupOffset,
    ViewBrokerStatsData,
    CleanUnusedTopic,
    GetBrokerConsumeStats,
    DeleteExpiredCommitLog,
    GetBrokerHaStatus,
    PutKvConfig,
    GetKvConfig,
    DeleteKvConfig,
    GetBrokerClusterInfo,
    WipeWritePermOfBroker,
    GetAllTopicListFromNameServer,
    DeleteTopicInNameServer,
    RegisterTopicInNameServer,
    GetKvListByNamespace,
    GetTopicsByCluster,
    GetSystemTopicListFromNameServer,
    UpdateNameServerConfig,
    GetNameServerConfig,
    QueryDataVersion,
    AddWritePermOfBroker,
    GetBrokerMemberGroup,
    BrokerHeartbeat,
    // DLedger (`DLedgerRequestCode`).
    DLedgerVote,
    DLedgerHeartBeat,
    DLedgerPush,
    DLedgerLeadershipTransfer,
    // POP.
    QueryAssignment,
    SetMessageRequestMode,
    PopMessage,
    AckMessage,
    ChangeMessageInvisibleTime,
    // Slave acting master.
    NotifyMinBrokerIdChange,
    ExchangeBrokerHaInfo,
    GetTimerCheckPoint,
    // Controller mode.
    ControllerAlterSyncStateSet,
    ControllerElectMaster,
    ControllerRegisterBroker,
    ControllerGetReplicaInfo,
    ControllerGetMetadataInfo,
    ControllerGetSyncStateData,
    GetBrokerEpochCache,
    NotifyBrokerRoleChanged,
    UpdateControllerConfig,
    GetControllerConfig,
    CleanBrokerData,
    ControllerGetNextBrokerId,
    ControllerApplyBrokerId,
}

impl RequestCode {
    /// The number on the wire.
    pub const fn number(self) -> u32 {
        self.entry().0
    }

    /// RocketMQ's name of the code.
    pub const fn name(self) -> &'static str {
        self.entry().1
    }

    const fn entry(self) -> (u32, &'static str) {
        match self {
            Self::SendMessage => (310, "SEND_MESSAGE_V2"),
            Self::PullMessage => (11, "PULL_MESSAGE"),
            Self::QueryConsumerOffset => (14, "QUERY_CONSUMER_OFFSET"),
            Self::UpdateConsumerOffset => (15, "UPDATE_CONSUMER_OFFSET"),
            Self::UpdateAndCreateTopic => (17, "UPDATE_AND_CREATE_TOPIC"),
            Self::GetAllTopicConfig => (21, "GET_ALL_TOPIC_CONFIG"),
            Self::SearchOffsetByTimestamp => (29, "SEARCH_OFFSET_BY_TIMESTAMP"),
            Self::GetMaxOffset => (30, "GET_MAX_OFFSET"),
            Self::HeartBeat => (34, "HEART_BEAT"),
            Self::UnregisterClient => (35, "UNREGISTER_CLIENT"),
            Self::GetConsumerListByGroup => (38, "GET_CONSUMER_LIST_BY_GROUP"),
            Self::NotifyConsumerIdsChanged => (40, "NOTIFY_CONSUMER_IDS_CHANGED"),
            Self::GetAllConsumerOffset => (43, "GET_ALL_CONSUMER_OFFSET"),
            Self::RegisterBroker => (103, "REGISTER_BROKER"),
            Self::UnregisterBroker => (104, "UNREGISTER_BROKER"),
            Self::GetRouteInfoByTopic => (105, "GET_ROUTEINFO_BY_TOPIC"),
            Self::GetAllSubscriptionGroupConfig => (201, "GET_ALL_SUBSCRIPTIONGROUP_CONFIG"),
            Self::QueryMessage => (12, "QUERY_MESSAGE"),
            Self::UpdateBrokerConfig => (25, "UPDATE_BROKER_CONFIG"),
            Self::GetBrokerConfig => (26, "GET_BROKER_CONFIG"),
            Self::GetBrokerRuntimeInfo => (28, "GET_BROKER_RUNTIME_INFO"),
            Self::GetMinOffset => (31, "GET_MIN_OFFSET"),
            Self::GetEarliestMsgStoretime => (32, "GET_EARLIEST_MSG_STORETIME"),
            Self::ViewMessageById => (33, "VIEW_MESSAGE_BY_ID"),
            Self::ConsumerSendMsgBack => (36, "CONSUMER_SEND_MSG_BACK"),
            Self::EndTransaction => (37, "END_TRANSACTION"),
            Self::CheckTransactionState => (39, "CHECK_TRANSACTION_STATE"),
            Self::LockBatchMq => (41, "LOCK_BATCH_MQ"),
            Self::UnlockBatchMq => (42, "UNLOCK_BATCH_MQ"),
            Self::GetAllDelayOffset => (45, "GET_ALL_DELAY_OFFSET"),
            Self::UpdateAndCreateSubscriptionGroup => (200, "UPDATE_AND_CREATE_SUBSCRIPTIONGROUP"),
            Self::GetTopicStatsInfo => (202, "GET_TOPIC_STATS_INFO"),
            Self::GetConsumerConnectionList => (203, "GET_CONSUMER_CONNECTION_LIST"),
            Self::GetProducerConnectionList => (204, "GET_PRODUCER_CONNECTION_LIST"),
            Self::DeleteSubscriptionGroup => (207, "DELETE_SUBSCRIPTIONGROUP"),
            Self::GetConsumeStats => (208, "GET_CONSUME_STATS"),
            Self::DeleteTopicInBroker => (215, "DELETE_TOPIC_IN_BROKER"),
            Self::ResetConsumerClientOffset => (220, "RESET_CONSUMER_CLIENT_OFFSET"),
            Self::InvokeBrokerToResetOffset => (222, "INVOKE_BROKER_TO_RESET_OFFSET"),
            Self::QueryTopicConsumeByWho => (300, "QUERY_TOPIC_CONSUME_BY_WHO"),
            Self::CleanExpiredConsumeQueue => (306, "CLEAN_EXPIRED_CONSUMEQUEUE"),
            Self::GetConsumerRunningInfo => (307, "GET_CONSUMER_RUNNING_INFO"),
            Self::ConsumeMessageDirectly => (309, "CONSUME_MESSAGE_DIRECTLY"),
            Self::CloneGroupOffset => (314, "CLONE_GROUP_OFFSET"),
            Self::ViewBrokerStatsData => (315, "VIEW_BROKER_STATS_DATA"),
            Self::CleanUnusedTopic => (316, "CLEAN_UNUSED_TOPIC"),
            Self::GetBrokerConsumeStats => (317, "GET_BROKER_CONSUME_STATS"),
            Self::DeleteExpiredCommitLog => (329, "DELETE_EXPIRED_COMMITLOG"),
            Self::GetBrokerHaStatus => (907, "GET_BROKER_HA_STATUS"),
            Self::PutKvConfig => (100, "PUT_KV_CONFIG"),
            Self::GetKvConfig => (101, "GET_KV_CONFIG"),
            Self::DeleteKvConfig => (102, "DELETE_KV_CONFIG"),
            Self::GetBrokerClusterInfo => (106, "GET_BROKER_CLUSTER_INFO"),
            Self::WipeWritePermOfBroker => (205, "WIPE_WRITE_PERM_OF_BROKER"),
            Self::GetAllTopicListFromNameServer => (206, "GET_ALL_TOPIC_LIST_FROM_NAMESERVER"),
            Self::DeleteTopicInNameServer => (216, "DELETE_TOPIC_IN_NAMESRV"),
            Self::RegisterTopicInNameServer => (217, "REGISTER_TOPIC_IN_NAMESRV"),
            Self::GetKvListByNamespace => (219, "GET_KVLIST_BY_NAMESPACE"),
            Self::GetTopicsByCluster => (224, "GET_TOPICS_BY_CLUSTER"),
            Self::GetSystemTopicListFromNameServer => (304, "GET_SYSTEM_TOPIC_LIST_FROM_NS"),
            Self::UpdateNameServerConfig => (318, "UPDATE_NAMESRV_CONFIG"),
            Self::GetNameServerConfig => (319, "GET_NAMESRV_CONFIG"),
            Self::QueryDataVersion => (322, "QUERY_DATA_VERSION"),
            Self::AddWritePermOfBroker => (327, "ADD_WRITE_PERM_OF_BROKER"),
            Self::GetBrokerMemberGroup => (901, "GET_BROKER_MEMBER_GROUP"),
            Self::BrokerHeartbeat => (904, "BROKER_HEARTBEAT"),
            Self::DLedgerVote => (51001, "VOTE"),
            Self::DLedgerHeartBeat => (51002, "HEART_BEAT"),
            Self::DLedgerPush => (51004, "PUSH"),
            Self::DLedgerLeadershipTransfer => (51005, "LEADERSHIP_TRANSFER"),
            Self::QueryAssignment => (400, "QUERY_ASSIGNMENT"),
            Self::SetMessageRequestMode => (401, "SET_MESSAGE_REQUEST_MODE"),
            Self::PopMessage => (200_050, "POP_MESSAGE"),
            Self::AckMessage => (200_051, "ACK_MESSAGE"),
            Self::ChangeMessageInvisibleTime => (200_053, "CHANGE_MESSAGE_INVISIBLETIME"),
            Self::NotifyMinBrokerIdChange => (905, "NOTIFY_MIN_BROKER_ID_CHANGE"),
            Self::ExchangeBrokerHaInfo => (906, "EXCHANGE_BROKER_HA_INFO"),
            Self::GetTimerCheckPoint => (60, "GET_TIMER_CHECK_POINT"),
            Self::ControllerAlterSyncStateSet => (1001, "CONTROLLER_ALTER_SYNC_STATE_SET"),
            Self::ControllerElectMaster => (1002, "CONTROLLER_ELECT_MASTER"),
            Self::ControllerRegisterBroker => (1003, "CONTROLLER_REGISTER_BROKER"),
            Self::ControllerGetReplicaInfo => (1004, "CONTROLLER_GET_REPLICA_INFO"),
            Self::ControllerGetMetadataInfo => (1005, "CONTROLLER_GET_METADATA_INFO"),
            Self::ControllerGetSyncStateData => (1006, "CONTROLLER_GET_SYNC_STATE_DATA"),
            Self::GetBrokerEpochCache => (1007, "GET_BROKER_EPOCH_CACHE"),
            Self::NotifyBrokerRoleChanged => (1008, "NOTIFY_BROKER_ROLE_CHANGED"),
            Self::UpdateControllerConfig => (1009, "UPDATE_CONTROLLER_CONFIG"),
            Self::GetControllerConfig => (1010, "GET_CONTROLLER_CONFIG"),
            Self::CleanBrokerData => (1011, "CLEAN_BROKER_DATA"),
            Self::ControllerGetNextBrokerId => (1012, "CONTROLLER_GET_NEXT_BROKER_ID"),
            Self::ControllerApplyBrokerId => (1013, "CONTROLLER_APPLY_BROKER_ID"),
        }
    }

    /// Whether the request moves messages, as opposed to keeping the cluster together.
    pub const fn is_data(self) -> bool {
        matches!(self, Self::SendMessage | Self::PullMessage | Self::PopMessage)
    }
}

impl fmt::Display for RequestCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How a request ended at the server (`ResponseCode`, behaviour §3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "RocketMQ's names; the rule that gives each code stands where it is given")]
pub enum ResponseCode {
    Success,
    SystemError,
    SystemBusy,
    RequestCodeNotSupported,
    FlushDiskTimeout,
    SlaveNotAvailable,
    FlushSlaveTimeout,
    MessageIllegal,
    ServiceNotAvailable,
    NoPermission,
    TopicNotExist,
    PullNotFound,
    PullRetryImmediately,
    PullOffsetMoved,
    QueryNotFound,
    SubscriptionNotExist,
    SubscriptionNotLatest,
    SubscriptionGroupNotExist,
    FilterDataNotExist,
    InvalidParameter,
    SubscriptionParseFailed,
    ConsumerNotOnline,
    ConsumeMsgTimeout,
    IllegalOperation,
    // POP.
    NoMessage,
    PollingFull,
    PollingTimeout,
    // Controller mode.
    ControllerFencedMasterEpoch,
    ControllerFencedSyncStateSetEpoch,
    ControllerInvalidMaster,
    ControllerInvalidReplicas,
    ControllerMasterNotAvailable,
    ControllerInvalidRequest,
    ControllerBrokerNotAlive,
    ControllerNotLeader,
    ControllerBrokerMetadataNotExist,
    ControllerInvalidCleanBrokerMetadata,
    ControllerBrokerNeedToBeRegistered,
    ControllerMasterStillExist,
    ControllerElectMasterFailed,
    ControllerAlterSyncStateSetFailed,
    ControllerBrokerIdInvalid,
}

impl ResponseCode {
    /// The number on the wire.
    pub const fn number(self) -> u16 {
        self.entry().0
    }

    /// RocketMQ's name of the code.
    pub const fn name(self) -> &'static str {
        self.entry().1
    }

    const fn entry(self) -> (u16, &'static str) {
        match self {
            Self::Success => (0, "SUCCESS"),
            Self::SystemError => (1, "SYSTEM_ERROR"),
            Self::SystemBusy => (2, "SYSTEM_BUSY"),
            Self::RequestCodeNotSupported => (3, "REQUEST_CODE_NOT_SUPPORTED"),
            Self::FlushDiskTimeout => (10, "FLUSH_DISK_TIMEOUT"),
            Self::SlaveNotAvailable => (11, "SLAVE_NOT_AVAILABLE"),
            Self::FlushSlaveTimeout => (12, "FLUSH_SLAVE_TIMEOUT"),
            Self::MessageIllegal => (13, "MESSAGE_ILLEGAL"),
            Self::ServiceNotAvailable => (14, "SERVICE_NOT_AVAILABLE"),
            Self::NoPermission => (16, "NO_PERMISSION"),
            Self::TopicNotExist => (17, "TOPIC_NOT_EXIST"),
            Self::PullNotFound => (19, "PULL_NOT_FOUND"),
            Self::PullRetryImmediately => (20, "PULL_RETRY_IMMEDIATELY"),
            Self::PullOffsetMoved => (21, "PULL_OFFSET_MOVED"),
            Self::QueryNotFound => (22, "QUERY_NOT_FOUND"),
            Self::SubscriptionNotExist => (24, "SUBSCRIPTION_NOT_EXIST"),
            Self::SubscriptionNotLatest => (25, "SUBSCRIPTION_NOT_LATEST"),
            Self::SubscriptionGroupNotExist => (26, "SUBSCRIPTION_GROUP_NOT_EXIST"),
            Self::FilterDataNotExist => (27, "FILTER_DATA_NOT_EXIST"),
            Self::InvalidParameter => (29, "INVALID_PARAMETER"),
            Self::SubscriptionParseFailed => (23, "SUBSCRIPTION_PARSE_FAILED"),
            Self::ConsumerNotOnline => (206, "CONSUMER_NOT_ONLINE"),
            Self::ConsumeMsgTimeout => (207, "CONSUME_MSG_TIMEOUT"),
            Self::IllegalOperation => (604, "ILLEGAL_OPERATION"),
            Self::NoMessage => (208, "NO_MESSAGE"),
            Self::PollingFull => (209, "POLLING_FULL"),
            Self::PollingTimeout => (210, "POLLING_TIMEOUT"),
            Self::ControllerFencedMasterEpoch => (2000, "CONTROLLER_FENCED_MASTER_EPOCH"),
            Self::ControllerFencedSyncStateSetEpoch => (2001, "CONTROLLER_FENCED_SYNC_STATE_SET_EPOCH"),
            Self::ControllerInvalidMaster => (2002, "CONTROLLER_INVALID_MASTER"),
            Self::ControllerInvalidReplicas => (2003, "CONTROLLER_INVALID_REPLICAS"),
            Self::ControllerMasterNotAvailable => (2004, "CONTROLLER_MASTER_NOT_AVAILABLE"),
            Self::ControllerInvalidRequest => (2005, "CONTROLLER_INVALID_REQUEST"),
            Self::ControllerBrokerNotAlive => (2006, "CONTROLLER_BROKER_NOT_ALIVE"),
            Self::ControllerNotLeader => (2007, "CONTROLLER_NOT_LEADER"),
            Self::ControllerBrokerMetadataNotExist => (2008, "CONTROLLER_BROKER_METADATA_NOT_EXIST"),
            Self::ControllerInvalidCleanBrokerMetadata => (2009, "CONTROLLER_INVALID_CLEAN_BROKER_METADATA"),
            Self::ControllerBrokerNeedToBeRegistered => (2010, "CONTROLLER_BROKER_NEED_TO_BE_REGISTERED"),
            Self::ControllerMasterStillExist => (2011, "CONTROLLER_MASTER_STILL_EXIST"),
            Self::ControllerElectMasterFailed => (2012, "CONTROLLER_ELECT_MASTER_FAILED"),
            Self::ControllerAlterSyncStateSetFailed => (2013, "CONTROLLER_ALTER_SYNC_STATE_SET_FAILED"),
            Self::ControllerBrokerIdInvalid => (2014, "CONTROLLER_BROKER_ID_INVALID"),
        }
    }
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl RequestCode {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::SendMessage,
        Self::PullMessage,
        Self::QueryConsumerOffset,
        Self::UpdateConsumerOffset,
        Self::UpdateAndCreateTopic,
        Self::GetAllTopicConfig,
        Self::SearchOffsetByTimestamp,
        Self::GetMaxOffset,
        Self::HeartBeat,
        Self::UnregisterClient,
        Self::GetConsumerListByGroup,
        Self::NotifyConsumerIdsChanged,
        Self::GetAllConsumerOffset,
        Self::RegisterBroker,
        Self::UnregisterBroker,
        Self::GetRouteInfoByTopic,
        Self::GetAllSubscriptionGroupConfig,
        Self::PutKvConfig,
        Self::GetKvConfig,
        Self::DeleteKvConfig,
        Self::GetBrokerClusterInfo,
        Self::WipeWritePermOfBroker,
        Self::GetAllTopicListFromNameServer,
        Self::DeleteTopicInNameServer,
        Self::RegisterTopicInNameServer,
        Self::GetKvListByNamespace,
        Self::GetTopicsByCluster,
        Self::GetSystemTopicListFromNameServer,
        Self::UpdateNameServerConfig,
        Self::GetNameServerConfig,
        Self::QueryDataVersion,
        Self::AddWritePermOfBroker,
        Self::GetBrokerMemberGroup,
        Self::BrokerHeartbeat,
        Self::QueryAssignment,
        Self::SetMessageRequestMode,
        Self::PopMessage,
        Self::AckMessage,
        Self::ChangeMessageInvisibleTime,
        Self::NotifyMinBrokerIdChange,
        Self::ExchangeBrokerHaInfo,
        Self::GetTimerCheckPoint,
        Self::ControllerAlterSyncStateSet,
        Self::ControllerElectMaster,
        Self::ControllerRegisterBroker,
        Self::ControllerGetReplicaInfo,
        Self::ControllerGetMetadataInfo,
        Self::ControllerGetSyncStateData,
        Self::GetBrokerEpochCache,
        Self::NotifyBrokerRoleChanged,
        Self::UpdateControllerConfig,
        Self::GetControllerConfig,
        Self::CleanBrokerData,
        Self::ControllerGetNextBrokerId,
        Self::ControllerApplyBrokerId,
        Self::DLedgerVote,
        Self::DLedgerHeartBeat,
        Self::DLedgerPush,
        Self::DLedgerLeadershipTransfer,
    ];
}

impl ResponseCode {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Success,
        Self::SystemError,
        Self::SystemBusy,
        Self::RequestCodeNotSupported,
        Self::FlushDiskTimeout,
        Self::SlaveNotAvailable,
        Self::FlushSlaveTimeout,
        Self::MessageIllegal,
        Self::ServiceNotAvailable,
        Self::NoPermission,
        Self::TopicNotExist,
        Self::PullNotFound,
        Self::PullRetryImmediately,
        Self::PullOffsetMoved,
        Self::QueryNotFound,
        Self::SubscriptionNotExist,
        Self::SubscriptionNotLatest,
        Self::SubscriptionGroupNotExist,
        Self::FilterDataNotExist,
        Self::InvalidParameter,
    ];
}
