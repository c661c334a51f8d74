//! What happened, in the past tense, and the trace that it is written to.
//!
//! Every [`TraceEvent`] knows its cause: the event that was being handled when it was noted. A chain of causes
//! ends at an order of the person at the lab, so "why?" is a walk and never a guess. `Display` prints an event as
//! one line of the golden tests.

mod acting;
mod controller;
mod dledger;
mod kafka;
mod pop;
mod print;
mod registry;

use std::sync::Arc;

use arcstr::ArcStr;

pub use acting::ActingFact;
pub use pop::PopFact;
pub use registry::RegistryFact;

pub use controller::{ControllerFact, InactiveReason};
use serde::{Serialize, Serializer};

pub use dledger::DLedgerFact;
pub use kafka::KafkaFact;

use crate::command::Command;
use crate::id::{
    Address, BrokerId, BrokerName, ClientId, CommitLogOffset, EventId, GroupName, MessageQueue, NodeId,
    Opaque, QueueId, QueueOffset, TopicName,
};
use crate::rpc::{RequestCode, ResponseCode, TopicConfig, TransactionState};
use crate::time::{Duration, Instant};
use crate::timer::Timer;
use crate::validators::BadMessage;

/// One line of the trace.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct TraceEvent {
    /// Its number, counted from 0.
    pub id: EventId,
    /// When it happened.
    pub at: Instant,
    /// Whose it is; `None` for the lab itself.
    pub node: Option<NodeId>,
    /// The event that led to it; `None` only for orders.
    pub cause: Option<EventId>,
    /// What happened.
    pub fact: Fact,
}

/// What a frame on the wire is, told for people.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Sent {
    /// Who it is for.
    pub to: NodeId,
    /// The request's number at the client.
    pub opaque: Opaque,
    /// The request's code, of an answer too.
    pub request: RequestCode,
    /// How it ended, when this is an answer.
    pub response: Option<ResponseCode>,
    /// The topic and queue, when it is about one.
    pub queue: Option<(TopicName, Option<QueueId>)>,
    /// Tag of the message, of the first one when there are several.
    pub tag: Option<ArcStr>,
    /// Messages in it.
    pub messages: u32,
    /// When it will arrive; [`Instant::NEVER`] while something holds it up.
    pub arrives: Instant,
}

/// Why a name server dropped a broker (behaviour §1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum RemovalReason {
    /// The broker took itself off.
    Unregistered,
    /// Its connection closed: the process ended.
    ChannelClosed,
    /// Nothing came over its connection for 120 s.
    ChannelIdle,
    /// The scan found its last registration too old.
    Expired,
}

/// Why a broker forgot a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum LeaveReason {
    /// The client left in good order.
    Unregistered,
    /// Its connection closed.
    ChannelClosed,
    /// No heartbeat for 120 s.
    Expired,
}

/// Why a held pull was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum WakeReason {
    /// A message that matches its filter arrived.
    Arrival,
    /// The 5 s check found messages.
    Check,
    /// It had been held long enough.
    Timeout,
    /// The slave that held it learned that its master is back.
    MasterOnline,
}

/// Where the position of a newly assigned queue came from (behaviour §5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum StartReason {
    /// The group had an offset there; or the broker answered 0 for a young queue, which a client cannot tell apart.
    StoredOffset,
    /// No offset, and `CONSUME_FROM_LAST_OFFSET`.
    LastOffset,
    /// No offset, and `CONSUME_FROM_FIRST_OFFSET`, or the retry topic.
    FirstOffset,
    /// No offset, and `CONSUME_FROM_TIMESTAMP`.
    Timestamp,
    /// The file of a broadcasting member had an offset.
    LocalOffset,
}

/// Why a consumer gave a queue up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum DropReason {
    /// The division gave it to somebody else, or the queue is gone from the route.
    Rebalanced,
    /// Its offset was illegal and has been corrected.
    OffsetIllegal,
    /// It was not pulled for 120 s.
    PullExpired,
    /// An operator sent the group elsewhere.
    Reset,
}

/// What a listener answered (`ConsumeConcurrentlyStatus`, `ConsumeOrderlyStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ListenerResult {
    /// The message is consumed.
    Success,
    /// It failed and is to come again later.
    ReconsumeLater,
    /// It failed and holds up its queue until it is consumed.
    SuspendCurrentQueueAMoment,
}

/// How a stored message was acknowledged (`SendStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SendStatus {
    /// Stored as safely as the broker is configured for.
    SendOk,
    /// Stored, but the flush took too long.
    FlushDiskTimeout,
    /// Stored, but no slave confirmed in time.
    FlushSlaveTimeout,
    /// Stored, but there is no slave near enough.
    SlaveNotAvailable,
}

/// What the application gets when a send fails, in the words of the Java client (behaviour §2.6).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum SendError {
    /// The budget was used up (`RemotingTooMuchRequestException`).
    CallTimeout,
    /// Every attempt failed (`MQClientException`).
    StillFailed {
        /// Attempts made.
        times: u32,
        /// Time they took.
        cost: Duration,
        /// The topic.
        topic: TopicName,
        /// The broker name of each attempt.
        brokers_sent: Vec<BrokerName>,
        /// 10001 refused connection, 10002 time-out, 10003 broker unknown, or the broker's own code; none when the
        /// connection closed under the last attempt.
        code: Option<u16>,
    },
    /// No queue to write to is known (`MQClientException`, 10005).
    NoRoute(TopicName),
    /// A broker refused in a way that is not tried again (`MQBrokerException`).
    Broker(ResponseCode, ArcStr),
    /// The message itself is not allowed (`MQClientException`).
    MessageIllegal(BadMessage),
    /// An asynchronous send got no answer, however often it was tried (`RemotingException`).
    Remoting(ArcStr),
}

impl SendError {
    /// The response code that the exception carries; `None` for a time-out.
    pub const fn code(&self) -> Option<u16> {
        match self {
            Self::CallTimeout | Self::Remoting(_) => None,
            Self::StillFailed { code, .. } => *code,
            Self::NoRoute(_) => Some(10005),
            Self::Broker(code, _) => Some(code.number()),
            Self::MessageIllegal(why) => why.code(),
        }
    }
}

/// One message at its place: what facts about messages point at.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct MessageAt {
    /// The queue.
    pub queue: MessageQueue,
    /// The position in it.
    pub offset: QueueOffset,
    /// The producer's id of the message.
    pub unique_key: ArcStr,
    /// The key that the application gave it.
    pub key: Option<ArcStr>,
}

/// Something that happened. Each variant says who causes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Fact {
    /// The person at the lab gave this order.
    Ordered(#[serde(serialize_with = "as_text")] Arc<Command>),
    /// A process began to run, for the first time or again.
    Started,
    /// A process was ended at once.
    Killed,
    /// A host lost its power; so many bytes of the commit log had not been flushed.
    PoweredOff {
        /// Bytes lost.
        lost: u64,
    },
    /// A process was halted.
    Frozen,
    /// A halted process went on; so many inputs had waited.
    Thawed {
        /// Inputs handled now.
        waiting: usize,
    },
    /// A process began to end gracefully.
    Stopping,
    /// A process had ended gracefully.
    Stopped,
    /// A node was taken away.
    Removed,
    /// A broker's messages were set back; the group offsets stayed.
    RolledBack {
        /// Records that are gone.
        records: usize,
    },
    /// An alarm clock rang, and something came of it.
    TimerFired(Timer),
    /// A request left.
    RequestSent(Box<Sent>),
    /// An answer left.
    ResponseSent(Box<Sent>),
    /// A slave told its master how far its log reaches.
    HaReported {
        /// The master.
        to: NodeId,
        /// The end of the slave's log.
        offset: CommitLogOffset,
        /// When it will arrive.
        arrives: Instant,
    },
    /// A master sent a slave a piece of its log, or an empty frame as a sign of life.
    HaTransferred {
        /// The slave.
        to: NodeId,
        /// Where the piece begins.
        from: CommitLogOffset,
        /// Its length.
        bytes: u64,
        /// When it will arrive.
        arrives: Instant,
    },
    /// A connection stands.
    Connected {
        /// The server.
        to: NodeId,
    },
    /// A server's host refused a connection.
    ConnectionRefused {
        /// The address.
        address: Address,
    },
    /// A connection attempt was given up.
    ConnectTimedOut {
        /// The address.
        address: Address,
    },
    /// The other end of a connection was found closed.
    ConnectionLost {
        /// The other end.
        peer: NodeId,
    },
    /// A request got no answer in time.
    RequestTimedOut {
        /// Whom it was for.
        address: Address,
        /// What it was.
        request: RequestCode,
    },
    /// A name server took a broker into its tables.
    BrokerRegistered {
        /// The broker.
        broker_name: BrokerName,
        /// Its id.
        broker_id: BrokerId,
        /// Its address.
        address: Address,
    },
    /// A name server dropped a broker.
    BrokerRemoved {
        /// The broker.
        broker_name: BrokerName,
        /// Its id.
        broker_id: BrokerId,
        /// Its address.
        address: Address,
        /// Why.
        reason: RemovalReason,
    },
    /// A broker has a new or changed topic.
    TopicUpdated {
        /// The topic.
        topic: TopicName,
        /// What it is now.
        config: TopicConfig,
    },
    /// A broker took a topic away.
    TopicDeleted {
        /// The topic.
        topic: TopicName,
    },
    /// A broker appended a message.
    MessageStored {
        /// Where, and which.
        message: Box<MessageAt>,
        /// Where its record begins.
        commit_log_offset: CommitLogOffset,
        /// Length of the record.
        size: u32,
        /// Its tag.
        tag: Option<ArcStr>,
        /// Who sent it.
        from: NodeId,
    },
    /// A broker put a message where it waits for its time.
    MessageDelayed {
        /// Which, where it waits.
        message: Box<MessageAt>,
        /// Where it will go.
        topic: TopicName,
        /// When it is due.
        until: Instant,
    },
    /// The time of a delay level is over; the broker stores the message once more.
    DelayedMessageDue {
        /// Which, where it waited.
        message: Box<MessageAt>,
        /// The level.
        level: u32,
    },
    /// The time of a timer message is over; the broker stores it once more.
    TimerMessageDue {
        /// Which, where it waited.
        message: Box<MessageAt>,
    },
    /// A broker wrote to disk how far delayed messages are delivered.
    DelayOffsetsPersisted,
    /// A broker was told how a transaction ended.
    TransactionEnded {
        /// The half message.
        message: Box<MessageAt>,
        /// The producer group.
        group: GroupName,
        /// How it ended.
        state: TransactionState,
        /// Whether the broker had asked.
        from_check: bool,
    },
    /// A broker does not accept the end of a transaction.
    TransactionRefused {
        /// The producer's id of the message.
        unique_key: ArcStr,
        /// The answer.
        code: ResponseCode,
    },
    /// A broker does not know the end of a transaction: it put the half message back and asked.
    TransactionChecked {
        /// The half message, where it lies now.
        message: Box<MessageAt>,
        /// The producer group.
        group: GroupName,
        /// How often it has asked.
        times: u32,
        /// Who was asked; `None` when nobody of the group is there.
        client_id: Option<ClientId>,
    },
    /// A broker gave a half message up: it asked too often, or the message is too old.
    TransactionDiscarded {
        /// The half message.
        message: Box<MessageAt>,
    },
    /// A broker refused a send.
    SendRefused {
        /// The topic.
        topic: TopicName,
        /// The answer.
        code: ResponseCode,
    },
    /// A broker's log reaches the disk up to here.
    Flushed {
        /// The end of what is safe.
        to: CommitLogOffset,
    },
    /// A broker deleted files from the front of its commit log.
    FilesDeleted {
        /// How many.
        files: u32,
        /// Where the log begins now.
        log_begin: CommitLogOffset,
    },
    /// A broker's disk is so full that it refuses messages.
    DiskFull {
        /// Use of the disk in percent.
        percent: u64,
    },
    /// A broker whose disk was full takes messages again.
    DiskFreed {
        /// Use of the disk in percent.
        percent: u64,
    },
    /// A broker holds a pull until something arrives.
    PullHeld {
        /// Who pulls.
        consumer: NodeId,
        /// The topic.
        topic: TopicName,
        /// The queue.
        queue_id: QueueId,
    },
    /// A broker looked at a held pull again and answered it.
    PullWoken {
        /// Who pulls.
        consumer: NodeId,
        /// The topic.
        topic: TopicName,
        /// The queue.
        queue_id: QueueId,
        /// Why now.
        reason: WakeReason,
    },
    /// A group's offset at a broker changed.
    OffsetCommitted {
        /// The group.
        group: GroupName,
        /// The topic.
        topic: TopicName,
        /// The queue.
        queue_id: QueueId,
        /// The offset before.
        before: Option<QueueOffset>,
        /// The next offset to consume.
        offset: QueueOffset,
    },
    /// A broker wrote its group offsets to disk.
    OffsetsPersisted,
    /// A broker learned of a member of a group.
    ClientRegistered {
        /// The member.
        client_id: ClientId,
        /// The group.
        group: GroupName,
    },
    /// A broker forgot a member of a group.
    ClientUnregistered {
        /// The member.
        client_id: ClientId,
        /// The group.
        group: GroupName,
        /// Why.
        reason: LeaveReason,
    },
    /// A slave appended a piece of its master's log.
    Replicated {
        /// Where its log reaches now.
        to: CommitLogOffset,
        /// Records in the piece.
        records: usize,
    },
    /// A slave copied its master's topics, groups and offsets.
    MetadataCopied {
        /// Which of them.
        what: RequestCode,
    },
    /// A client learned another route of a topic.
    RouteChanged {
        /// The topic.
        topic: TopicName,
        /// Broker names with a master, and how many queues to write to each has.
        writable: Vec<(BrokerName, u32)>,
        /// Broker names, and how many queues to read from each has.
        readable: Vec<(BrokerName, u32)>,
    },
    /// A producer was told that its message is stored.
    SendSucceeded {
        /// Where, and which.
        message: Box<MessageAt>,
        /// How safely.
        status: SendStatus,
        /// Where its record begins.
        commit_log_offset: CommitLogOffset,
        /// The broker that stored it.
        store_host: Address,
        /// Attempts it took.
        attempts: u32,
        /// Time it took.
        took: Duration,
    },
    /// A producer sent a message and will hear no more of it.
    OneWaySent {
        /// Where to.
        queue: MessageQueue,
        /// The producer's id of the message.
        unique_key: ArcStr,
        /// The key that the application gave it.
        key: Option<ArcStr>,
    },
    /// A producer's local transaction ended, and the broker is told.
    LocalTransactionEnded {
        /// The producer's id of the message.
        unique_key: ArcStr,
        /// The key that the application gave it.
        key: Option<ArcStr>,
        /// How it ended.
        state: TransactionState,
    },
    /// A producer was asked how a local transaction ended, and answers.
    LocalTransactionChecked {
        /// The producer's id of the message.
        unique_key: ArcStr,
        /// The key that the application gave it.
        key: Option<ArcStr>,
        /// Which question about this message it is, counted from 1.
        times: u32,
        /// The answer.
        answer: TransactionState,
    },
    /// An attempt failed and the send goes on.
    SendRetried {
        /// The broker of the failed attempt.
        broker_name: BrokerName,
        /// What went wrong.
        why: ArcStr,
    },
    /// A send failed for good.
    SendFailed {
        /// The producer's id of the message.
        unique_key: ArcStr,
        /// The key that the application gave it.
        key: Option<ArcStr>,
        /// What the application got.
        error: Box<SendError>,
        /// Time it took.
        took: Duration,
    },
    /// A consumer's share of a topic changed.
    Rebalanced {
        /// The topic.
        topic: TopicName,
        /// The queues that it holds now.
        queues: Vec<MessageQueue>,
    },
    /// A consumer took a queue.
    QueueAssigned {
        /// The queue.
        queue: MessageQueue,
        /// Where it starts.
        offset: QueueOffset,
        /// Why there.
        reason: StartReason,
    },
    /// A consumer gave a queue up.
    QueueDropped {
        /// The queue.
        queue: MessageQueue,
        /// Why.
        reason: DropReason,
    },
    /// A consumer could not pull and will try again.
    PullFailed {
        /// The queue.
        queue: MessageQueue,
        /// What went wrong.
        why: ArcStr,
    },
    /// A broker called a consumer's offset illegal, and the consumer took the broker's (behaviour §5.10).
    OffsetCorrected {
        /// The queue.
        queue: MessageQueue,
        /// Where the consumer wanted to go on.
        from: QueueOffset,
        /// Where it goes on.
        to: QueueOffset,
    },
    /// A consumer's listener was called with a message.
    MessageDelivered {
        /// Which.
        message: Box<MessageAt>,
        /// How often it was handed back before.
        reconsume_times: u32,
    },
    /// A run of `mqadmin` has ended.
    MqadminAnswered {
        /// The words behind `mqadmin`.
        line: ArcStr,
        /// What it printed.
        output: ArcStr,
    },
    /// A consumer's listener finished with a message.
    MessageConsumed {
        /// Which.
        message: Box<MessageAt>,
        /// What it answered.
        result: ListenerResult,
    },
    /// A broker took a message back that a consumer failed with, and put it into the retry topic.
    MessageSentBack {
        /// Where it failed.
        message: Box<MessageAt>,
        /// The group that gets it again.
        group: GroupName,
        /// Level of the delay until then.
        delay_level: u32,
        /// How often it has failed now.
        reconsume_times: u32,
    },
    /// A broker put a message among the dead letters of a group.
    DeadLettered {
        /// Where it lies now.
        message: Box<MessageAt>,
        /// The group.
        group: GroupName,
        /// How often it has failed.
        reconsume_times: u32,
    },
    /// A broker did not take a message back; its consumer sends it to the retry topic by itself.
    SendBackFailed {
        /// Which.
        message: Box<MessageAt>,
        /// What went wrong.
        why: ArcStr,
    },
    /// A message could not be handed back in any way; its consumer keeps it and tries it again.
    RetriedHere {
        /// Which.
        message: Box<MessageAt>,
        /// After this pause.
        pause: Duration,
    },
    /// A broadcasting consumer failed with a message, which is lost to it.
    FailureDropped {
        /// Which.
        message: Box<MessageAt>,
    },
    /// A listener takes too long for a message, which is handed back meanwhile (`consumeTimeout`).
    ConsumeTimedOut {
        /// Which.
        message: Box<MessageAt>,
    },
    /// An orderly listener failed, and its queue pauses.
    QueueSuspended {
        /// The queue.
        queue: MessageQueue,
        /// For so long.
        pause: Duration,
    },
    /// A broker locked a queue for an orderly consumer.
    QueueLocked {
        /// The group.
        group: GroupName,
        /// The queue.
        queue: MessageQueue,
        /// Whose it is now.
        client_id: ClientId,
    },
    /// An orderly consumer gave the lock of a queue back.
    QueueUnlocked {
        /// The group.
        group: GroupName,
        /// The queue.
        queue: MessageQueue,
        /// Whose it was.
        client_id: ClientId,
    },
    /// A broker refused a lock, because another member holds it.
    LockRefused {
        /// The group.
        group: GroupName,
        /// The queue.
        queue: MessageQueue,
        /// Who wanted it.
        client_id: ClientId,
        /// Who has it.
        holder: ClientId,
    },
    /// An orderly consumer learned that the lock of a queue is not its own any more.
    LockLost {
        /// The queue.
        queue: MessageQueue,
    },
    /// The offset of a group was reset for a queue (behaviour §5.13).
    OffsetReset {
        /// The group.
        group: GroupName,
        /// The queue.
        queue: MessageQueue,
        /// Where it goes on.
        offset: QueueOffset,
    },
    /// A consumer stopped pulling for a while.
    ConsumerSuspended,
    /// A consumer pulls again.
    ConsumerResumed,
    /// A broker created or changed a group.
    GroupUpdated {
        /// The group.
        group: GroupName,
    },
    /// A broker deleted a group.
    GroupDeleted {
        /// The group.
        group: GroupName,
    },
    /// A client could not send a trace message, which is lost (`send trace data failed` in its log).
    TraceLost {
        /// The trace topic.
        topic: TopicName,
        /// Why.
        why: ArcStr,
    },
    /// Something about a DLedger group.
    DLedger(DLedgerFact),
    /// Something about messages that are popped (V5).
    Pop(PopFact),
    /// Something of the mode in which a slave acts for its master.
    Acting(ActingFact),
    /// Something between a registry and its clients.
    Registry(RegistryFact),
    /// Something happened in the lab's Kafka.
    Kafka(Box<KafkaFact>),
    /// Something of controller mode.
    Controller(ControllerFact),
}

fn as_text<S: Serializer>(command: &Arc<Command>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(command)
}

/// Writes [`Fact::kind`] and [`Fact::KINDS`] from one list, so that neither can miss a fact.
macro_rules! kinds {
    (match self { $($fact:pat => $kind:literal,)+ $(@ $part:ident($inner:ident),)* }) => {
        /// The word by which people look for it: `message-stored`, `broker-removed`, …
        pub const fn kind(&self) -> &'static str {
            match self {
                $($fact => $kind,)+
                $(Self::$part(fact) => fact.kind(),)*
            }
        }

        /// Every word that [`kind`](Self::kind) can answer, in the order of the facts.
        pub const KINDS: &'static [&'static str] = {
            const OWN: &[&str] = &[$($kind),+];
            const ALL: [&str; OWN.len() $(+ $inner::KINDS.len())*] = {
                let mut all = [""; OWN.len() $(+ $inner::KINDS.len())*];
                let (mut next, mut part) = (0, 0);
                let parts: &[&[&str]] = &[OWN $(, $inner::KINDS)*];
                while part < parts.len() {
                    let mut place = 0;
                    while place < parts[part].len() {
                        all[next] = parts[part][place];
                        next += 1;
                        place += 1;
                    }
                    part += 1;
                }
                all
            };
            &ALL
        };
    };
}

impl Fact {
    kinds! {
        match self {
            Self::Ordered(_) => "ordered",
            Self::Started => "started",
            Self::Killed => "killed",
            Self::PoweredOff { .. } => "powered-off",
            Self::Frozen => "frozen",
            Self::Thawed { .. } => "thawed",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Removed => "removed",
            Self::RolledBack { .. } => "rolled-back",
            Self::TimerFired(_) => "timer-fired",
            Self::RequestSent(_) => "request-sent",
            Self::ResponseSent(_) => "response-sent",
            Self::HaReported { .. } => "ha-reported",
            Self::HaTransferred { .. } => "ha-transferred",
            Self::Connected { .. } => "connected",
            Self::ConnectionRefused { .. } => "connection-refused",
            Self::ConnectTimedOut { .. } => "connect-timed-out",
            Self::ConnectionLost { .. } => "connection-lost",
            Self::RequestTimedOut { .. } => "request-timed-out",
            Self::BrokerRegistered { .. } => "broker-registered",
            Self::BrokerRemoved { .. } => "broker-removed",
            Self::TopicUpdated { .. } => "topic-updated",
            Self::TopicDeleted { .. } => "topic-deleted",
            Self::MessageStored { .. } => "message-stored",
            Self::MessageDelayed { .. } => "message-delayed",
            Self::DelayedMessageDue { .. } => "delayed-message-due",
            Self::TimerMessageDue { .. } => "timer-message-due",
            Self::DelayOffsetsPersisted => "delay-offsets-persisted",
            Self::TransactionEnded { .. } => "transaction-ended",
            Self::TransactionRefused { .. } => "transaction-refused",
            Self::TransactionChecked { .. } => "transaction-checked",
            Self::TransactionDiscarded { .. } => "transaction-discarded",
            Self::OneWaySent { .. } => "one-way-sent",
            Self::LocalTransactionEnded { .. } => "local-transaction-ended",
            Self::LocalTransactionChecked { .. } => "local-transaction-checked",
            Self::SendRefused { .. } => "send-refused",
            Self::Flushed { .. } => "flushed",
            Self::FilesDeleted { .. } => "files-deleted",
            Self::DiskFull { .. } => "disk-full",
            Self::DiskFreed { .. } => "disk-freed",
            Self::PullHeld { .. } => "pull-held",
            Self::PullWoken { .. } => "pull-woken",
            Self::OffsetCommitted { .. } => "offset-committed",
            Self::OffsetsPersisted => "offsets-persisted",
            Self::ClientRegistered { .. } => "client-registered",
            Self::ClientUnregistered { .. } => "client-unregistered",
            Self::Replicated { .. } => "replicated",
            Self::MetadataCopied { .. } => "metadata-copied",
            Self::RouteChanged { .. } => "route-changed",
            Self::SendSucceeded { .. } => "send-succeeded",
            Self::SendRetried { .. } => "send-retried",
            Self::SendFailed { .. } => "send-failed",
            Self::Rebalanced { .. } => "rebalanced",
            Self::QueueAssigned { .. } => "queue-assigned",
            Self::QueueDropped { .. } => "queue-dropped",
            Self::PullFailed { .. } => "pull-failed",
            Self::OffsetCorrected { .. } => "offset-corrected",
            Self::MessageDelivered { .. } => "message-delivered",
            Self::MqadminAnswered { .. } => "mqadmin-answered",
            Self::MessageConsumed { .. } => "message-consumed",
            Self::MessageSentBack { .. } => "message-sent-back",
            Self::DeadLettered { .. } => "dead-lettered",
            Self::SendBackFailed { .. } => "send-back-failed",
            Self::RetriedHere { .. } => "retried-here",
            Self::FailureDropped { .. } => "failure-dropped",
            Self::ConsumeTimedOut { .. } => "consume-timed-out",
            Self::QueueSuspended { .. } => "queue-suspended",
            Self::QueueLocked { .. } => "queue-locked",
            Self::QueueUnlocked { .. } => "queue-unlocked",
            Self::LockRefused { .. } => "lock-refused",
            Self::LockLost { .. } => "lock-lost",
            Self::OffsetReset { .. } => "offset-reset",
            Self::ConsumerSuspended => "consumer-suspended",
            Self::ConsumerResumed => "consumer-resumed",
            Self::GroupUpdated { .. } => "group-updated",
            Self::GroupDeleted { .. } => "group-deleted",
            Self::Acting(ActingFact::MinBrokerIdChanged { .. }) => "min-id-changed",
            Self::Acting(ActingFact::ActingBegan) => "acting-began",
            Self::Acting(ActingFact::ActingEnded) => "acting-ended",
            Self::Acting(ActingFact::Isolated) => "isolated",
            Self::Acting(ActingFact::TakenBack { .. }) => "taken-back",
            Self::Acting(ActingFact::PreOnlineFailed { .. }) => "pre-online-failed",
            Self::Acting(ActingFact::Online) => "online",
            Self::Acting(ActingFact::Escaped { .. }) => "escaped",
            Self::Acting(ActingFact::EscapeFailed { .. }) => "escape-failed",
            Self::Acting(ActingFact::EscapeSkipped { .. }) => "escape-skipped",
            Self::Acting(ActingFact::MinBrokerIdNotified { .. }) => "min-id-notified",
            Self::TraceLost { .. } => "trace-lost",
            Self::DLedger(DLedgerFact::RoleChanged { .. }) => "dledger-role",
            Self::DLedger(DLedgerFact::VoteRoundOver { .. }) => "dledger-vote-round",
            Self::DLedger(DLedgerFact::Voted { .. }) => "dledger-voted",
            Self::DLedger(DLedgerFact::Committed { .. }) => "dledger-committed",
            Self::DLedger(DLedgerFact::Truncated { .. }) => "dledger-truncated",
            Self::DLedger(DLedgerFact::NotConfirmed { .. }) => "dledger-not-confirmed",
            Self::DLedger(DLedgerFact::AppendRefused { .. }) => "dledger-append-refused",
            Self::DLedger(DLedgerFact::BrokerRoleChanged { .. }) => "broker-role",
            Self::Pop(PopFact::ConsumeModeSet { .. }) => "consume-mode-set",
            Self::Pop(PopFact::Popped { .. }) => "popped",
            Self::Pop(PopFact::Held { .. }) => "pop-held",
            Self::Pop(PopFact::Woken { .. }) => "pop-woken",
            Self::Pop(PopFact::OffsetCorrected { .. }) => "pop-offset-corrected",
            Self::Pop(PopFact::Acked { .. }) => "pop-acked",
            Self::Pop(PopFact::InvisibleTimeChanged { .. }) => "invisible-time-changed",
            Self::Pop(PopFact::Revived { .. }) => "revived",
            Self::Pop(PopFact::QueueAssigned { .. }) => "pop-queue-assigned",
            Self::Pop(PopFact::ResultIgnored { .. }) => "pop-result-ignored",
            Self::Pop(PopFact::Expired { .. }) => "pop-expired",
            Self::Pop(PopFact::GivenUp { .. }) => "pop-given-up",
            Self::Registry(RegistryFact::Sent { .. }) => "registry-frame-sent",
            Self::Registry(RegistryFact::MembersChanged { .. }) => "members-changed",
            Self::Registry(RegistryFact::MembersLearned { .. }) => "members-learned",
            Self::Registry(RegistryFact::TimedOut { .. }) => "registry-timed-out",
            Self::Controller(ControllerFact::BrokerIdApplied { .. }) => "broker-id-applied",
            Self::Controller(ControllerFact::BrokerActive { .. }) => "broker-active",
            Self::Controller(ControllerFact::BrokerInactive { .. }) => "broker-inactive",
            Self::Controller(ControllerFact::MasterElected { .. }) => "master-elected",
            Self::Controller(ControllerFact::NoMasterElected { .. }) => "no-master-elected",
            Self::Controller(ControllerFact::SyncStateSetChanged { .. }) => "sync-state-set-changed",
            Self::Controller(ControllerFact::ControllerRoleChanged { .. }) => "controller-role-changed",
            Self::Controller(ControllerFact::RoleChanged { .. }) => "role-changed",
            Self::Controller(ControllerFact::HandshakeSent { .. }) => "handshake-sent",
            Self::Controller(ControllerFact::EpochsSent { .. }) => "epochs-sent",
            Self::Controller(ControllerFact::LogTruncated { .. }) => "log-truncated",
            Self::Controller(ControllerFact::NoConsistentPoint { .. }) => "no-consistent-point",
            Self::Controller(ControllerFact::MetadataCleaned { .. }) => "broker-metadata-cleaned",
            @ Kafka(KafkaFact),
        }
    }

    /// The message that it is about, at its place.
    pub const fn message(&self) -> Option<&MessageAt> {
        match self {
            Self::MessageStored { message, .. }
            | Self::MessageDelayed { message, .. }
            | Self::DelayedMessageDue { message, .. }
            | Self::TimerMessageDue { message }
            | Self::TransactionEnded { message, .. }
            | Self::TransactionChecked { message, .. }
            | Self::TransactionDiscarded { message }
            | Self::SendSucceeded { message, .. }
            | Self::MessageDelivered { message, .. }
            | Self::MessageConsumed { message, .. }
            | Self::MessageSentBack { message, .. }
            | Self::DeadLettered { message, .. }
            | Self::SendBackFailed { message, .. }
            | Self::RetriedHere { message, .. }
            | Self::FailureDropped { message }
            | Self::ConsumeTimedOut { message } => Some(message),
            Self::Pop(fact) => fact.message(),
            Self::Acting(fact) => fact.message(),
            _ => None,
        }
    }

    /// The queue that it is about, when it names its broker too.
    pub fn queue(&self) -> Option<&MessageQueue> {
        match self {
            Self::QueueSuspended { queue, .. }
            | Self::QueueLocked { queue, .. }
            | Self::QueueUnlocked { queue, .. }
            | Self::LockRefused { queue, .. }
            | Self::LockLost { queue }
            | Self::OffsetReset { queue, .. }
            | Self::OneWaySent { queue, .. }
            | Self::QueueAssigned { queue, .. }
            | Self::QueueDropped { queue, .. }
            | Self::PullFailed { queue, .. }
            | Self::OffsetCorrected { queue, .. } => Some(queue),
            Self::Pop(fact) => fact.queue(),
            _ => self.message().map(|message| &message.queue),
        }
    }

    /// The topic that it is about, when there is one.
    pub fn topic(&self) -> Option<&TopicName> {
        match self {
            Self::RequestSent(sent) | Self::ResponseSent(sent) => sent.queue.as_ref().map(|(topic, _)| topic),
            Self::TopicUpdated { topic, .. }
            | Self::SendRefused { topic, .. }
            | Self::MessageDelayed { topic, .. }
            | Self::PullHeld { topic, .. }
            | Self::PullWoken { topic, .. }
            | Self::OffsetCommitted { topic, .. }
            | Self::RouteChanged { topic, .. }
            | Self::TraceLost { topic, .. }
            | Self::Rebalanced { topic, .. } => Some(topic),
            Self::Pop(fact) => fact.topic(),
            Self::Kafka(fact) => fact.topic(),
            _ => self.queue().map(|queue| &queue.topic),
        }
    }

    /// The producer's id of the one message that it is about.
    pub fn unique_key(&self) -> Option<&ArcStr> {
        match self {
            Self::SendFailed { unique_key, .. }
            | Self::TransactionRefused { unique_key, .. }
            | Self::OneWaySent { unique_key, .. }
            | Self::LocalTransactionEnded { unique_key, .. }
            | Self::LocalTransactionChecked { unique_key, .. } => Some(unique_key),
            _ => self.message().map(|message| &message.unique_key),
        }
    }

    /// When the frame that it tells of arrives, and where; `None` for everything that is no frame.
    pub fn flight(&self) -> Option<(&NodeId, Instant)> {
        match self {
            Self::RequestSent(sent) | Self::ResponseSent(sent) => Some((&sent.to, sent.arrives)),
            Self::HaReported { to, arrives, .. }
            | Self::HaTransferred { to, arrives, .. }
            | Self::Registry(RegistryFact::Sent { to, arrives, .. }) => Some((to, *arrives)),
            Self::Kafka(fact) => match &**fact {
                KafkaFact::Sent { to, arrives, .. } => Some((to, *arrives)),
                _ => None,
            },
            Self::Controller(fact) => fact.flight(),
            _ => None,
        }
    }
}
