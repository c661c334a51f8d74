//! What operators ask, and what brokers and clients answer them (behaviour §7).
//!
//! **In RocketMQ**: the bodies of `remoting.protocol.body` and `remoting.protocol.admin`.

use std::collections::BTreeMap;

use arcstr::ArcStr;

use serde::Serialize;

use super::Subscription;
use crate::config::{ConsumeFromWhere, MessageModel, Profile, words};
use crate::id::{
    Address, BrokerId, ClientId, CommitLogOffset, GroupName, MessageQueue, QueueOffset, TopicName,
};
use crate::time::{Duration, Instant};

/// A group as one broker has it (`SubscriptionGroupConfig`, behaviour §3.8).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct SubscriptionGroupConfig {
    /// Whether its members may pull.
    pub consume_enable: bool,
    /// Whether it may start at the beginning of a queue. Kept for the tools; no broker looks at it.
    pub consume_from_min_enable: bool,
    /// Whether it may broadcast.
    pub consume_broadcast_enable: bool,
    /// Whether its clients consume in order (V5; looked at by POP only).
    pub consume_message_orderly: bool,
    /// Queues of its retry topic on each broker; 0: messages that are handed back are dropped.
    pub retry_queue_nums: u32,
    /// Deliveries after the first before a message becomes a dead letter.
    pub retry_max_times: i32,
    /// The replica to pull from.
    pub broker_id: BrokerId,
    /// The replica to pull from while the group is far behind.
    pub which_broker_when_consume_slowly: BrokerId,
    /// Whether its members are told when the group changes.
    pub notify_consumer_ids_changed_enable: bool,
    /// Minutes that a member may take for a message (V5; informative).
    pub consume_timeout_minute: u32,
}

impl Default for SubscriptionGroupConfig {
    fn default() -> Self {
        Self {
            consume_enable: true,
            consume_from_min_enable: true,
            consume_broadcast_enable: true,
            consume_message_orderly: false,
            retry_queue_nums: 1,
            retry_max_times: 16,
            broker_id: BrokerId::MASTER,
            which_broker_when_consume_slowly: BrokerId(1),
            notify_consumer_ids_changed_enable: true,
            consume_timeout_minute: 15,
        }
    }
}

/// One queue of a topic (`TopicOffset`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TopicOffset {
    /// The first offset.
    pub min: QueueOffset,
    /// The offset after the last one.
    pub max: QueueOffset,
    /// When the last message was stored; none without a message.
    pub last_update: Option<Instant>,
}

/// The queues that one broker has of a topic (`TopicStatsTable`).
pub type TopicStats = BTreeMap<MessageQueue, TopicOffset>;

/// How far a group is with one queue (`OffsetWrapper`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OffsetWrapper {
    /// The end of the queue.
    pub broker_offset: QueueOffset,
    /// The group's committed offset, 0 without one.
    pub consumer_offset: QueueOffset,
    /// What was last handed out (V5).
    pub pull_offset: QueueOffset,
    /// Store time of the message before the committed offset; none when there is no such message.
    pub last_timestamp: Option<Instant>,
}

impl OffsetWrapper {
    /// `Diff`: messages that the group has not finished; negative when its offset lies behind the end.
    pub const fn lag(&self) -> i64 {
        self.broker_offset.0.cast_signed() - self.consumer_offset.0.cast_signed()
    }

    /// `Inflight`: messages handed out and not committed (V5).
    pub const fn in_flight(&self) -> u64 {
        self.pull_offset.0.saturating_sub(self.consumer_offset.0)
    }
}

/// How far a group is (`ConsumeStats`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ConsumeStats {
    /// By queue.
    pub offsets: BTreeMap<MessageQueue, OffsetWrapper>,
    /// Messages handed out to the group, topic by topic, for `Consume TPS`.
    pub rates: Vec<RateOverTime>,
}

/// So many in that time: a rate without fractions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RateOverTime {
    /// How many.
    pub count: u64,
    /// In which time; 0 when the rate is not known yet.
    pub time: Duration,
}

impl RateOverTime {
    /// The rate as RocketMQ works it out for people: a double. Only for printing.
    #[expect(clippy::float_arithmetic, reason = "one IEEE division, the same on every machine")]
    pub fn per_second(self) -> f64 {
        if self.time == Duration::ZERO {
            return 0.0;
        }
        self.count as f64 * 1000.0 / self.time.as_millis() as f64
    }
}

/// A figure that a broker counts, over a minute, an hour or a day (`StatsSnapshot`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StatsSnapshot {
    /// How many.
    pub sum: u64,
    /// The rate over the samples at hand.
    pub rate: RateOverTime,
}

/// How far every group of a broker is: by group, its statistics one topic after another (`ConsumeStatsList`).
pub type GroupConsumeStats = Vec<(GroupName, Vec<ConsumeStats>)>;

/// Who is in a consumer group (`ConsumerConnection`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConsumerConnection {
    /// Client id and address of each connection.
    pub connections: Vec<(ClientId, Address)>,
    /// As the last heartbeat said.
    pub subscriptions: BTreeMap<TopicName, Subscription>,
    /// As the last heartbeat said.
    pub model: MessageModel,
    /// As the last heartbeat said.
    pub from: ConsumeFromWhere,
}

/// One queue in the hands of a consumer (`ProcessQueueInfo`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProcessQueueInfo {
    /// Where the group stands, as the consumer knows it.
    pub commit_offset: Option<QueueOffset>,
    /// First cached offset.
    pub cached_min: QueueOffset,
    /// Last cached offset.
    pub cached_max: QueueOffset,
    /// Cached messages.
    pub cached_count: u32,
    /// Bytes of them.
    pub cached_bytes: u64,
    /// Messages taken by an orderly listener and not committed.
    pub taken_count: u32,
    /// Whether the consumer holds the queue's lock.
    pub locked: bool,
    /// How often it tried to unlock the queue.
    pub try_unlock_times: u32,
    /// When it last got the lock.
    pub last_lock: Option<Instant>,
    /// Whether the queue has been given up.
    pub dropped: bool,
    /// When it was last pulled.
    pub last_pull: Instant,
    /// When a message of it was last worked on.
    pub last_consume: Option<Instant>,
}

/// What a consumer is doing (`ConsumerRunningInfo`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConsumerRunningInfo {
    /// The version of its library.
    pub profile: Profile,
    /// When its process started.
    pub started_at: Instant,
    /// Whether it consumes in order.
    pub orderly: bool,
    /// Its threads.
    pub thread_count: u32,
    /// The name servers it was told of.
    pub name_servers: Vec<Address>,
    /// How it divides queues.
    pub model: MessageModel,
    /// Where queues without an offset start.
    pub from: ConsumeFromWhere,
    /// What it subscribes to.
    pub subscriptions: BTreeMap<TopicName, Subscription>,
    /// The queues that it holds.
    pub queues: BTreeMap<MessageQueue, ProcessQueueInfo>,
    /// By topic: messages pulled, consumed, failed.
    pub consumed: BTreeMap<TopicName, (u64, u64, u64)>,
}

/// How a listener ended with one message that an operator had it consume (`CMResult`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum ConsumeResult {
    /// It succeeded.
    Success,
    /// It wants the message again.
    Later,
}

words!(ConsumeResult, "result of a listener", Success = "CR_SUCCESS", Later = "CR_LATER");

/// What came of consuming one message at once (`ConsumeMessageDirectlyResult`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DirectConsumption {
    /// Whether the consumer consumes in order.
    pub orderly: bool,
    /// How the listener ended.
    pub result: ConsumeResult,
    /// How long it took.
    pub took: Duration,
}

/// One slave in the eyes of its master (`HAConnectionRuntimeInfo`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HaConnectionRuntimeInfo {
    /// From where it connected.
    pub address: Address,
    /// How far it said its log reaches.
    pub acknowledged: CommitLogOffset,
    /// Whether it is near enough to the end of the master's log to count.
    pub is_in_sync: bool,
    /// What it is sent next.
    pub transfer_from_where: CommitLogOffset,
}

/// How replication goes, as a broker sees it (`HARuntimeInfo`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HaRuntimeInfo {
    /// What a master says.
    Master {
        /// The end of its log.
        max: CommitLogOffset,
        /// The slaves that are connected.
        slaves: Vec<HaConnectionRuntimeInfo>,
    },
    /// What a slave says.
    Slave {
        /// Where it copies from, once it knows it.
        master: Option<Address>,
        /// The end of its own log.
        max: CommitLogOffset,
        /// When something last came from the master.
        last_read: Instant,
        /// When it last said how far it is.
        last_write: Instant,
    },
}

/// A look for messages by key (`QueryMessageRequestHeader`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QueryMessage {
    /// The topic.
    pub topic: TopicName,
    /// A key, or the producer's id of a message.
    pub key: ArcStr,
    /// At most so many.
    pub max: u32,
    /// Stored at this moment or later.
    pub begin: Instant,
    /// Stored at this moment or earlier.
    pub end: Instant,
    /// Whether `key` is the producer's id of a message.
    pub is_unique_key: bool,
}

/// A group is to go on elsewhere (`ResetOffsetRequestHeader`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OffsetReset {
    /// The group.
    pub group: GroupName,
    /// The topic.
    pub topic: TopicName,
    /// At the first message of this moment or later; `None`: at the end.
    pub timestamp: Option<Instant>,
    /// Whether it may also go forward (before 5.2.0; later it always may).
    pub is_force: bool,
    /// Only this queue (V5).
    pub queue_id: Option<u32>,
    /// This offset in place of a moment (V5).
    pub offset: Option<QueueOffset>,
}
