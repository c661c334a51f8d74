//! The cluster as plain data: what the page, the example program and the properties read.
//!
//! One function, [`View::of`], reads the world and changes nothing. Beside what is true it has what each process
//! *believes*: a client's cached route with its age, a name server's table with brokers that may be dead. All
//! lists are in a fixed order, so that equal worlds give equal views; everything serialises to JSON.

mod build;
mod controller;
mod dledger;
mod held_back;
mod kafka;
mod pop;
mod record;
mod registry;

use arcstr::ArcStr;

use serde::Serialize;

pub use crate::broker::{ActingState, InSyncReplicas};
use crate::command::Failures;
use crate::config::{AllocateStrategy, BrokerRole, ConsumeFromWhere, FlushDiskType, MessageModel, Profile};
use crate::fact::RemovalReason;
use crate::id::{
    Address, BrokerId, BrokerName, ClientId, ClusterName, CommitLogOffset, GroupName, MessageQueue, NodeId,
    QueueId, QueueOffset, TopicName,
};
use crate::names::{DLQ_PREFIX, RETRY_PREFIX};
use crate::rpc::{SubscriptionGroupConfig, TopicConfig, TransactionState};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

pub(crate) use build::stored;
pub use controller::{
    BrokerSetView, ControllerMemberView, ControllerModeView, ControllerView, ReplicaView, TruncationView,
};
pub use dledger::{DLedgerView, FollowerView, TruncatedView};
pub use held_back::{DelayLevelView, HalfMessageView, LockView, WaitingView};
pub use kafka::{
    KafkaBrokerView, KafkaCommitView, KafkaConsumerView, KafkaGroupView, KafkaLogView, KafkaMemberView,
    KafkaPositionView, KafkaProducerView, KafkaRecordView, KafkaView,
};
pub use pop::{CheckPointView, HeldPopView, PopQueueView, PopView, ReviveView};
pub use record::{record_bytes, record_fields};
pub use registry::{RegistryClientView, RegistryView};

pub use crate::message::RecordField;

/// Everything about a cluster at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    /// The moment.
    pub at: Instant,
    /// The version that the cluster behaves like.
    pub profile: Profile,
    /// In order of their addition.
    pub name_servers: Vec<NameServerView>,
    /// In order of their addition; those in name servers too.
    pub controllers: Vec<ControllerView>,
    /// By broker name, then id.
    pub brokers: Vec<BrokerView>,
    /// By group, then name.
    pub producers: Vec<ProducerView>,
    /// By group, then name.
    pub consumers: Vec<ConsumerView>,
    /// In order of their addition.
    pub registries: Vec<RegistryView>,
    /// In order of their addition.
    pub registry_clients: Vec<RegistryClientView>,
    /// Kafka's nodes; empty in a cluster without any.
    #[serde(skip_serializing_if = "KafkaView::is_empty")]
    pub kafka: KafkaView,
    /// Links with a barrier.
    pub barriers: Vec<BarrierView>,
    /// Frames on the wire.
    pub flights: Vec<Flight>,
}

/// What state a process is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum NodeStatus {
    /// Runs, but has not yet reached what it needs: a broker before its first registration, a client before its
    /// first route.
    Starting,
    /// Runs.
    Up,
    /// Halted; its connections stay.
    Frozen,
    /// Ends gracefully.
    Stopping,
    /// Ended gracefully.
    Stopped,
    /// Ended at once.
    Killed,
    /// Its host has no power.
    PoweredOff,
}

impl NodeStatus {
    /// Whether there is a process.
    pub const fn is_running(self) -> bool {
        matches!(self, Self::Starting | Self::Up | Self::Frozen | Self::Stopping)
    }
}

/// What every node has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeView {
    /// Its name.
    pub id: NodeId,
    /// Its state.
    pub status: NodeStatus,
    /// Since when.
    pub since: Instant,
    /// Its address.
    pub address: Address,
    /// When each of its alarm clocks rings next.
    pub timers: Vec<(Timer, Instant)>,
    /// The nodes it has a connection with.
    pub connections: Vec<NodeId>,
    /// The command that made it, with the changes since.
    pub command: String,
}

/// A name server and its tables.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NameServerView {
    /// Name, state, timers.
    pub node: NodeView,
    /// `brokerLiveTable` with `brokerAddrTable`: by broker name, then id.
    pub brokers: Vec<RegisteredBroker>,
    /// `topicQueueTable`, by topic; system topics included.
    pub topics: Vec<RegisteredTopic>,
    /// The last removals, newest first.
    pub removed: Vec<RemovedBroker>,
    /// All settings, key and value.
    pub settings: Vec<(&'static str, String)>,
}

/// What a name server believes about a broker.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegisteredBroker {
    /// The cluster.
    pub cluster: ClusterName,
    /// The broker name.
    pub broker_name: BrokerName,
    /// The id.
    pub broker_id: BrokerId,
    /// Where it is said to be.
    pub address: Address,
    /// When it last gave a sign of life.
    pub last_update: Instant,
    /// When it will be dropped if it gives none.
    pub expires: Instant,
    /// The process at that address, when it really runs and is not frozen.
    pub alive: bool,
}

/// A topic in a name server's table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegisteredTopic {
    /// The topic.
    pub topic: TopicName,
    /// Broker name and what it has of the topic.
    pub queues: Vec<(BrokerName, TopicConfig)>,
}

/// A broker that a name server dropped.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RemovedBroker {
    /// The broker name.
    pub broker_name: BrokerName,
    /// The id.
    pub broker_id: BrokerId,
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: RemovalReason,
}

/// A broker, running or not: what it has in memory, or on disk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BrokerView {
    /// Name, state, timers.
    pub node: NodeView,
    /// The cluster.
    pub cluster: ClusterName,
    /// The name shared with its replicas.
    pub broker_name: BrokerName,
    /// 0 for the master.
    pub broker_id: BrokerId,
    /// Master or slave.
    pub role: BrokerRole,
    /// When it answers a send.
    pub flush: FlushDiskType,
    /// `brokerPermission`.
    pub permission: u8,
    /// By name; system topics included.
    pub topics: Vec<TopicView>,
    /// The commit log.
    pub log: LogView,
    /// By group, topic, queue.
    pub offsets: Vec<OffsetView>,
    /// Members of groups that are connected, by group, then id.
    pub clients: Vec<ClientView>,
    /// Settings of consumer groups, by group; those that broker and tools make for themselves included.
    pub groups: Vec<(GroupName, SubscriptionGroupConfig)>,
    /// Queues of orderly consumers, by group, topic, queue.
    pub locks: Vec<LockView>,
    /// Delay levels that were used, shortest first.
    pub delay_levels: Vec<DelayLevelView>,
    /// Timer messages that wait (V5): how many, and the first of them.
    pub timer_messages: (u64, Vec<WaitingView>),
    /// Half messages that are not through with: how many, and the first of them.
    pub half_messages: (u64, Vec<HalfMessageView>),
    /// Use of the disk.
    pub disk: DiskView,
    /// Pulls that wait for a message.
    pub held_pulls: Vec<HeldPullView>,
    /// What POP has in hand (V5).
    pub pop: PopView,
    /// The slaves that copy from it.
    pub slaves: Vec<SlaveView>,
    /// For a slave: where it believes its master to be, and whether it is connected to it.
    pub master: Option<(Address, bool)>,
    /// When each name server last confirmed its registration.
    pub registered: Vec<(Address, Option<Instant>)>,
    /// All settings, key and value.
    pub settings: Vec<(&'static str, String)>,
    /// Its member of a DLedger group, when it is in one.
    pub dledger: Option<DLedgerView>,
    /// How it stands where a slave may act for its master; `None` while that is switched off or it does not run.
    pub acting: Option<ActingState>,
    /// Controller mode (V5); none in another mode.
    pub controller_mode: Option<ControllerModeView>,
}

/// The disk of a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DiskView {
    /// Bytes in files of the store.
    pub used: u64,
    /// Bytes that there is room for (`disk_capacity` of the lab).
    pub capacity: u64,
    /// Use in whole percent, rounded up.
    pub used_percent: u64,
    /// Whether messages are refused because it is full.
    pub is_full: bool,
}

/// What a topic is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum TopicKind {
    /// People made it, or it was created automatically for them.
    Ordinary,
    /// Messages of a group that wait for another try (`%RETRY%`).
    Retry,
    /// Messages of a group that failed too often (`%DLQ%`).
    DeadLetter,
    /// Anything else that RocketMQ made for itself.
    System,
}

/// A topic of one broker.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TopicView {
    /// The topic.
    pub topic: TopicName,
    /// Whether RocketMQ made it for itself, retry topics included.
    pub system: bool,
    /// Queues and permission.
    pub config: TopicConfig,
    /// Queues 0 to the larger of read and write count less one.
    pub queues: Vec<QueueView>,
}

impl TopicView {
    /// What it is for.
    pub fn kind(&self) -> TopicKind {
        let name = self.topic.as_str();
        match self.system {
            false => TopicKind::Ordinary,
            true if name.starts_with(RETRY_PREFIX) => TopicKind::Retry,
            true if name.starts_with(DLQ_PREFIX) => TopicKind::DeadLetter,
            true => TopicKind::System,
        }
    }

    /// Messages that are still in its queues.
    pub fn messages(&self) -> u64 {
        self.queues.iter().map(|queue| queue.max.0.saturating_sub(queue.min.0)).sum()
    }
}

/// A queue of one broker.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueueView {
    /// The queue.
    pub queue_id: QueueId,
    /// The first offset that is still there.
    pub min: QueueOffset,
    /// The offset of the next message.
    pub max: QueueOffset,
    /// The newest messages, oldest first; as many as were asked for.
    pub messages: Vec<MessageView>,
}

/// A message in a queue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MessageView {
    /// The position in the queue.
    pub offset: QueueOffset,
    /// Where its record begins.
    pub commit_log_offset: CommitLogOffset,
    /// The tag.
    pub tag: Option<ArcStr>,
    /// The key.
    pub key: Option<ArcStr>,
    /// The producer's id of the message.
    pub unique_key: Option<ArcStr>,
    /// Length of the record in bytes.
    pub size: u32,
    /// When it was stored.
    pub stored_at: Instant,
}

/// A broker's commit log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogView {
    /// Where it begins.
    pub min: CommitLogOffset,
    /// Where it ends.
    pub max: CommitLogOffset,
    /// Up to where it would survive a power failure.
    pub flushed: CommitLogOffset,
    /// Up to where queue entries are built.
    pub dispatched: CommitLogOffset,
    /// Messages in it.
    pub records: u64,
}

/// A group's position in a queue, as a broker has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OffsetView {
    /// The group.
    pub group: GroupName,
    /// The topic.
    pub topic: TopicName,
    /// The queue.
    pub queue_id: QueueId,
    /// The next offset to consume.
    pub offset: QueueOffset,
    /// End of the queue less that offset: what `mqadmin` calls Diff. Negative when the group is ahead of the log.
    pub lag: i64,
}

/// A client that a broker knows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClientView {
    /// Who.
    pub client_id: ClientId,
    /// As a member of this group.
    pub group: GroupName,
    /// Whether it consumes; else it produces.
    pub consumes: bool,
    /// When its last heartbeat came.
    pub last_heartbeat: Instant,
}

/// A pull that waits at a broker.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeldPullView {
    /// Who pulls.
    pub consumer: NodeId,
    /// The topic.
    pub topic: TopicName,
    /// The queue.
    pub queue_id: QueueId,
    /// From here.
    pub offset: QueueOffset,
    /// Since when.
    pub since: Instant,
    /// Until when at least.
    pub until: Instant,
}

/// A slave as its master sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SlaveView {
    /// The slave.
    pub node: NodeId,
    /// Where it said its log ends.
    pub acknowledged: CommitLogOffset,
    /// Bytes that it lacks.
    pub behind: u64,
}

/// A topic's route as a client has it cached.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteView {
    /// The topic.
    pub topic: TopicName,
    /// When a name server last answered for it.
    pub checked_at: Instant,
    /// When the answer last differed.
    pub changed_at: Instant,
    /// The replicas it knows: broker name, id, address.
    pub brokers: Vec<(BrokerName, BrokerId, Address)>,
    /// The queues that a producer would choose from, in the order of its round.
    pub writable: Vec<MessageQueue>,
    /// The queues that consumers divide.
    pub readable: Vec<MessageQueue>,
    /// Broker names in the route of which no process is alive any more.
    pub stale: Vec<BrokerName>,
}

/// A producer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProducerView {
    /// Name, state, timers.
    pub node: NodeView,
    /// `ip@instance`.
    pub client_id: ClientId,
    /// The group.
    pub group: GroupName,
    /// The name server that it talks to.
    pub name_server: Option<Address>,
    /// By topic.
    pub routes: Vec<RouteView>,
    /// What it is told to send.
    pub jobs: Vec<JobView>,
    /// Local transactions in the database of its application, newest first; not all of a long run.
    pub transactions: Vec<TransactionView>,
    /// Sends that the application was told are stored.
    pub succeeded: u64,
    /// Sends that failed.
    pub failed: u64,
    /// Time-outs and the like of the last send that failed, with the moment.
    pub last_failure: Option<(Instant, String)>,
    /// With latency fault avoidance: broker name, last latency, avoided until.
    pub faults: Vec<FaultView>,
    /// All settings, key and value.
    pub settings: Vec<(&'static str, String)>,
}

/// One broker in a producer's fault list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaultView {
    /// The broker.
    pub broker_name: BrokerName,
    /// Its last latency.
    pub latency: Duration,
    /// It is avoided until then.
    pub until: Instant,
}

/// A local transaction, as the application of a producer group has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TransactionView {
    /// The producer's id of the half message.
    pub unique_key: ArcStr,
    /// How it ended at first (`executeLocalTransaction`).
    pub state: TransactionState,
    /// How often brokers asked about it.
    pub asked: u32,
    /// What the next question is answered with (`checkLocalTransaction`).
    pub next_answer: TransactionState,
}

/// A job of a producer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobView {
    /// The topic.
    pub topic: TopicName,
    /// Pause between two sends.
    pub every: Duration,
    /// Messages sent or being sent.
    pub begun: u64,
    /// How many in all; `None` for without end.
    pub count: Option<u32>,
    /// The command that gave it, with every option of its messages.
    pub command: String,
    /// The send that is under way: broker it waits for, attempt, since when.
    pub waiting_for: Option<(BrokerName, u32, Instant)>,
}

/// A consumer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConsumerView {
    /// Name, state, timers.
    pub node: NodeView,
    /// `ip@instance`.
    pub client_id: ClientId,
    /// The group.
    pub group: GroupName,
    /// The topics it subscribes to, without its retry topic.
    pub topics: Vec<TopicName>,
    /// Its tag expression.
    pub tags: ArcStr,
    /// How the group divides the queues.
    pub model: MessageModel,
    /// Where queues without an offset start.
    pub from: ConsumeFromWhere,
    /// How queues are divided among the members.
    pub strategy: AllocateStrategy,
    /// Time of its listener for one message.
    pub work: Duration,
    /// How often its listener fails with a message.
    pub fail: Failures,
    /// The delay level that its listener asks for after a failure: 0 for the broker's choice, -1 for a dead letter.
    pub retry_level: i32,
    /// Whether its listener is given each queue in order (`MessageListenerOrderly`).
    pub orderly: bool,
    /// Whether it has stopped pulling for a while, because offsets are being reset.
    pub suspended: bool,
    /// Topics whose offsets are being reset; the first is under way.
    pub resets: Vec<TopicName>,
    /// Messages that failed and are being handed back to a broker, or wait to be consumed here once more.
    pub retries_in_hand: usize,
    /// The name server that it talks to.
    pub name_server: Option<Address>,
    /// By topic.
    pub routes: Vec<RouteView>,
    /// The queues it holds, in order; those of its retry topic included.
    pub queues: Vec<ProcessQueueView>,
    /// The queues it pops from (V5).
    pub pop_queues: Vec<PopQueueView>,
    /// Offsets in its own file (broadcasting).
    pub local_offsets: Vec<(MessageQueue, QueueOffset)>,
    /// Messages its listener has finished.
    pub consumed: u64,
    /// When it last divided the queues.
    pub last_rebalance: Option<Instant>,
    /// All settings, key and value.
    pub settings: Vec<(&'static str, String)>,
}

/// A queue that a consumer holds (`ProcessQueue`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProcessQueueView {
    /// The queue.
    pub queue: MessageQueue,
    /// From where it pulls next.
    pub pull_offset: QueueOffset,
    /// What it would commit now: the smallest unfinished offset.
    pub commit_offset: Option<QueueOffset>,
    /// Messages pulled and not finished.
    pub cached: u32,
    /// Of these, in a listener right now.
    pub in_work: u32,
    /// When it last asked for messages.
    pub last_pull: Option<Instant>,
    /// When its listener last finished a message of it, or when the queue was taken.
    pub last_consume: Instant,
    /// In order: when the lock that it believes to hold was last renewed; `None` without a lock, and for consumers
    /// that are not orderly.
    pub locked: Option<Instant>,
    /// Given up: nothing is pulled any more, and what its listener still works on will not count.
    pub dropped: bool,
    /// The replica it asks.
    pub broker: Option<Address>,
    /// The last thing that went wrong with a pull, until one succeeds.
    pub trouble: Option<ArcStr>,
}

/// Why nothing passes between two nodes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BarrierView {
    /// From here.
    pub from: NodeId,
    /// To there; the other direction stands for itself.
    pub to: NodeId,
    /// `cut` or `hold`.
    pub barrier: String,
    /// Frames that wait.
    pub waiting: usize,
}

/// A frame on the wire.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Flight {
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// RocketMQ's name of the request, or `HA`.
    pub request: &'static str,
    /// Whether it is an answer.
    pub response: bool,
    /// Whether it carries messages, as opposed to keeping the cluster together.
    pub data: bool,
    /// Tag of its (first) message.
    pub tag: Option<ArcStr>,
    /// Messages in it.
    pub messages: u32,
    /// When it left.
    pub sent: Instant,
    /// When it arrives; [`Instant::NEVER`] while something holds it up.
    pub arrives: Instant,
}
