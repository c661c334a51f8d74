//! What requests and answers carry: topics, routes, subscriptions, registrations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arcstr::ArcStr;

use serde::Serialize;

use super::{ExpressionType, SubscriptionGroupConfig};
use crate::config::{ConsumeFromWhere, MessageModel};
use crate::id::{Address, BrokerId, BrokerName, ClientId, ClusterName, GroupName, QueueId, TopicName};
use crate::time::{Duration, Instant};

/// A topic as one broker has it (`TopicConfig`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct TopicConfig {
    /// Queues that consumers are given: ids 0 to one less.
    pub read_queue_nums: u32,
    /// Queues that producers choose from: ids 0 to one less.
    pub write_queue_nums: u32,
    /// Bits of [`perm`](super::perm).
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
    /// Bits of [`perm`](super::perm).
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
    /// Whether the last registration allowed slaves to act for the master. V4 has no such part.
    pub enable_acting_master: bool,
}

/// What a name server answers about a topic (`TopicRouteData`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct TopicRoute {
    /// By broker name, ascending.
    pub queue_datas: Vec<QueueData>,
    /// By broker name, ascending.
    pub broker_datas: Vec<BrokerData>,
    /// `broker-a:4;broker-b:4`: the queues that producers of an order topic have to use, when they are fixed.
    pub order_topic_conf: Option<ArcStr>,
}

/// What a consumer tells the brokers about one of its subscriptions (`SubscriptionData`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Subscription {
    /// The expression: `*`, `A || B`, `a > 5`.
    pub expression: ArcStr,
    /// The language of the expression.
    pub expression_type: ExpressionType,
    /// The tags of the expression; empty for `*` and for an expression of another language.
    pub tags: BTreeSet<ArcStr>,
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

/// All groups of a broker with their settings.
pub type GroupTable = Arc<BTreeMap<GroupName, SubscriptionGroupConfig>>;

/// A queue as a broker names it to itself: without the broker.
pub type MessageQueueOnBroker = (TopicName, QueueId);
