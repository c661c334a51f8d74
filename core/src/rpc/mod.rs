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

mod acting;
mod admin;
mod code;
mod controller;
mod dledger;
pub mod kafka;
mod name_server;
pub mod perm;
mod pop;
mod registry;
mod request;
mod response;
mod selector;
mod tables;
mod topic_text;
mod transaction;

pub use acting::{ActingAnswer, ActingRequest};
pub use admin::{
    ConsumeResult, ConsumeStats, ConsumerConnection, ConsumerRunningInfo, DirectConsumption,
    GroupConsumeStats, HaConnectionRuntimeInfo, HaRuntimeInfo, OffsetReset, OffsetWrapper, ProcessQueueInfo,
    QueryMessage, RateOverTime, StatsSnapshot, SubscriptionGroupConfig, TopicOffset, TopicStats,
};
pub use code::{RequestCode, ResponseCode};
pub use controller::{
    AutoSwitchFrame, ControllerAnswer, ControllerEvent, ControllerEvents, ControllerHeartbeat,
    ControllerRequest, EpochEntry, MasterEpoch, RegisterCheckCode, ReplicaIdentity, ReplicaInfo,
    SyncStateSet, SyncStateSetEpoch,
};
pub use dledger::{
    DLedgerBody, DLedgerCode, DLedgerMessage, DLedgerRequest, DLedgerResponse, EntryId, Index, LedgerEntry,
    MemberId, MemberRole, ParseResult, Push, Term, VoteResult,
};
pub use name_server::{KvTable, NAMESPACE_ORDER_TOPIC_CONFIG, NameServerAnswer, NameServerRequest};
pub use pop::{ConsumeMode, ModeTable, PopAnswer, PopCk, PopMessage, PopRequest, PopSource, Popped};
pub use registry::{Members, RegistryFrame, members_text};
pub use request::{PullRequest, Request};
pub use response::{Response, ResponseBody};
pub use selector::{ExpressionType, MessageSelector, SUB_ALL, SelectorError, java_trim};
pub use tables::{
    BrokerData, ConsumerData, DataVersion, GroupTable, Heartbeat, MessageQueueOnBroker, QueueData,
    Registration, Subscription, TopicConfig, TopicRoute, TopicTable,
};
pub use topic_text::{TopicConfigText, TopicFilterType, TopicMessageType};
pub use transaction::{EndTransaction, TransactionCheck, TransactionState};

use crate::id::{BrokerName, CommitLogOffset, MessageQueue, Opaque, QueueId, TopicName};
use crate::message::Record;

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
    /// Between a registry and its client.
    Registry(RegistryFrame),
    /// A request or an answer of Kafka.
    Kafka(kafka::KafkaFrame),
    /// Between master and slave in controller mode.
    AutoSwitch(Box<AutoSwitchFrame>),
}

/// A producer's and a consumer's view of a queue list entry: which queue on which broker name.
pub fn message_queue(topic: &TopicName, broker_name: &BrokerName, queue_id: u32) -> MessageQueue {
    MessageQueue { topic: topic.clone(), broker_name: broker_name.clone(), queue_id: QueueId(queue_id) }
}
