//! Everything a person can order, and the one notation for it.
//!
//! A [`Command`] is one line of text: a verb, what it is about, and `key=value` options in any order. The same text
//! stands in scenario files, golden tests and recordings, and the page builds the same values from its buttons.
//! `Display` prints what `FromStr` reads.
//!
//! | command | what it does |
//! |---|---|
//! | `name-server N [port=9876] [KEY=VALUE …]` | starts a name server; KEY is a setting of [`NameServerConfig`] |
//! | `broker N [name=N] [id=0] [port=10911] [KEY=VALUE …]` | starts a broker; id 0 is the master of its broker name, others are slaves; KEY is a setting of [`BrokerConfig`] |
//! | `broker N enableControllerMode=true [controllerAddr=IP:PORT;…] [name=N] [port=10911] [KEY=VALUE …]` | the same under a controller (V5), which gives it its id and its role; without controllerAddr it is told of all controllers that there are |
//! | `controller N [port=9878] [KEY=VALUE …]` | starts a controller as a process of its own (V5); KEY is a setting of [`ControllerConfig`]. A name server with `enableControllerInNamesrv=true` has one within, at its port + 2 unless `controllerDLegerPeers` says otherwise |
//! | `topic T [queues=8] [read=8] [write=8] [perm=6] [cluster=C] [broker=N]` | creates or changes a topic: on every running master of the cluster (default `DefaultCluster`), or on one broker |
//! | `producer N [group=N] [name-servers=a,b] [id=N] [KEY=VALUE …]` | starts a producer; KEY is a setting of [`ClientConfig`] |
//! | `consumer N group=G topic=T,U [tags=EXPR] [sql=EXPR] [model=CLUSTERING] [from=CONSUME_FROM_LAST_OFFSET] [strategy=AVG] [work=10ms] [fail=0] [retry-level=0] [orderly] [name-servers=a,b] [id=N] [KEY=VALUE …]` | starts a consumer; `tags` is `*` or `A \|\| B`, `sql` a condition on properties in its place; `work` is the time of its listener for one message, `fail` how often it fails with each message (or `always`), `retry-level` the delay level it then asks for (0: the broker decides, -1: dead letter at once); strategies are written as told at [`AllocateStrategy`] |
//! | `send N T [count=1] [every=0s] [tag=A,B] [key=K] [property=a:5,b:x] [body=m] [queue=broker-a:0] [hash=KEY] [delay=LEVEL] [deliver-after=30s] [deliver-at=TIME] [async] [one-way] [transaction=STATE …]` | messages one after another, each `every` after the answer to the one before; tags take turns; keys are `K` for one message, `K-0`, `K-1`, … for several; `hash` is a sharding key, by which all of them go to one queue; `delay` is a delay level, `deliver-after` and `deliver-at` make timer messages (V5); `async` and `one-way` go on without waiting for the answer |
//! | `send … transaction=STATE [checks=1] [then=COMMIT_MESSAGE] [immunity=30s]` | half messages; STATE is how the local transaction ends at first: `COMMIT_MESSAGE`, `ROLLBACK_MESSAGE` or `UNKNOW`; to the broker's questions the answer is `UNKNOW` before number `checks`, from then on `then`; `immunity` keeps the broker from asking sooner |
//! | `produce N T every=500ms [tag=A,B] [key=K]` | sends for ever, in a thread of its own |
//! | `quiet N` | ends what `produce` began |
//! | `pin N T start=I` | the producer's next round over the queues of T begins at place I of its list instead of at a random one |
//! | `set N KEY=VALUE …` | changes settings of a running process, also `work`, `fail` and `retry-level`; a consumer's `model`, `from`, `strategy`, `tags`, `sql`, `topic`, `orderly` are fixed while it runs, so it is restarted gracefully; `brokerId` of a broker that has ended makes it another replica of its name at the next `restart`: 0 promotes a slave by hand |
//! | `kill N` | ends the process at once: its connections close and peers notice; every page it wrote survives |
//! | `power-off N` | the host goes dark: nobody is told, and what was not flushed is lost |
//! | `stop N` | ends the process gracefully |
//! | `freeze N` / `thaw N` | the process stands still, its connections stay; what waited is handled after the thaw |
//! | `restart N` | starts an ended process on what is on its disk |
//! | `remove N` | takes an ended process away for good |
//! | `roll-back N [to=TIME]` | sets the log, queues and index of an ended broker back to what was stored before TIME (default 0: wipes them); `config/` with the group offsets stays |
//! | `cut A B [one-way]` / `heal A B` | nothing passes between A and B (or from A to B); TCP sends it again after the healing |
//! | `mqadmin LINE` | runs RocketMQ's command line tool with these words, as an operator types them; `-n` may be left out |
//! | `hold A B [one-way]` / `release A B` | what A and B send each other waits, in order, for the release |
//! | `link A B [latency=1..3] [loss=5%]` | another latency range in ms, or a share of packets lost (TCP repeats them), for both directions |
//! | `registry N [model=pull] [port=2181]` | starts a registry, which keeps a list of members; MODEL is how its clients learn of changes: `pull`, `watch`, `long-polling` |
//! | `registry-client N [count=1] [registry=R,S] [choose=rocketmq] [poll=30s] [wait=300s] [session=30s]` | starts a client of registries, or `count` of them called `N-1`, `N-2`, …; `R+S` is one host name with two addresses; `choose` is `rocketmq` or `zookeeper` (default with `watch`); `poll` is for `pull`, `wait` for `long-polling`, `session` for `watch` |
//! | `member N add [registry=R,S]` / `member N remove [registry=R,S]` | a member comes to the lists of all registries, or of these, or goes |
//!
//! Kafka's nodes and what is done with them: module `kafka` of this folder ([`KafkaSpec`], [`KafkaCommand`], [`KafkaAdmin`]).
//!
//! Times are written `500ms`, `30s`, `2m` or `1:30.500`. A value with blanks stands in double quotes.

mod kafka;
mod print;
mod read;
mod registry;
mod send_job;
mod sharding_key;

use std::fmt;
use std::str::FromStr;

use arcstr::ArcStr;

pub use kafka::{
    KafkaAction, KafkaAdmin, KafkaCommand, KafkaConsumerSpec, KafkaOrder, KafkaSend, KafkaSpec, OffsetReset,
};
pub use read::VERBS;
pub use registry::{
    MemberChange, MemberOrder, REGISTRY_CLIENTS_MAX, RegistryClientSpec, RegistryModel, RegistrySpec,
    ServerChoice, ServerList,
};
pub use send_job::{CommunicationMode, Delivery, LocalTransaction, Properties, SendJob, TransactionRecord};
pub use sharding_key::ShardingKey;

use crate::config::{
    AllocateStrategy, BrokerConfig, ClientConfig, ConsumeFromWhere, ControllerConfig, MessageModel,
    NameServerConfig, words,
};
use crate::id::{BrokerId, BrokerName, ClusterName, GroupName, NodeId, TopicName};
use crate::names::{GROUP_MAX_LENGTH, TOPIC_MAX_LENGTH, validate};
use crate::rng::Ratio;
use crate::rpc::{ExpressionType, MessageSelector, TopicConfig};
use crate::time::{Duration, Instant};

/// `key=value` pairs as a person wrote them.
pub type Settings = Vec<(String, String)>;

/// What a name server is made from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NameServerSpec {
    /// Its port; by default 9876, 9886, … in the order in which name servers are added.
    pub port: Option<u16>,
    /// Settings that differ from the profile's defaults.
    pub settings: Settings,
}

/// What a controller is made from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ControllerSpec {
    /// Its port; by default what `controllerDLegerPeers` says, or 9878, 9888, … in the order of addition.
    pub port: Option<u16>,
    /// Settings that differ from the defaults.
    pub settings: Settings,
}

/// What a broker is made from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BrokerSpec {
    /// The name that it shares with its replicas.
    pub broker_name: BrokerName,
    /// 0 for the master.
    pub broker_id: BrokerId,
    /// Its port; by default 10911, 10931, … in the order in which brokers are added.
    pub port: Option<u16>,
    /// Settings that differ from the profile's defaults.
    pub settings: Settings,
}

/// What producers and consumers have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientSpec {
    /// The group.
    pub group: GroupName,
    /// The name servers it is told of; by default all that exist when it is added.
    pub name_servers: Option<Vec<NodeId>>,
    /// The part of the clientId behind the `@`; by default the node's name.
    pub instance: Option<String>,
    /// Settings that differ from the profile's defaults.
    pub settings: Settings,
}

/// What a consumer is made from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConsumerSpec {
    /// Group, name servers, settings.
    pub client: ClientSpec,
    /// The topics it subscribes to.
    pub topics: Vec<TopicName>,
    /// What it wants of each of them: `tags=…` or `sql=…`.
    pub selector: MessageSelector,
    /// How the group divides the queues.
    pub model: MessageModel,
    /// Where a queue without an offset starts.
    pub from: ConsumeFromWhere,
    /// How queues are divided among the members.
    pub strategy: AllocateStrategy,
    /// How long its listener works on one message.
    pub work: Duration,
    /// How often its listener fails with a message.
    pub fail: Failures,
    /// The delay level that it asks for after a failure (`delayLevelWhenNextConsume`): 0 for the broker's choice,
    /// -1 for a dead letter at once.
    pub retry_level: i32,
    /// Whether each queue is consumed in order.
    pub orderly: bool,
}

/// How often a listener fails with a message before it succeeds, counted by the message's `reconsumeTimes`. Prints
/// as a number, or as `always`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(into = "String")]
pub struct Failures(Option<u32>);

impl Failures {
    /// It succeeds at once.
    pub const NONE: Self = Self(Some(0));

    /// Whether it fails with a message that it has failed with so often.
    pub fn fails(self, reconsume_times: u32) -> bool {
        self.0.is_none_or(|times| reconsume_times < times)
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(times) => write!(f, "{times}"),
            None => f.write_str("always"),
        }
    }
}

impl From<Failures> for String {
    fn from(failures: Failures) -> Self {
        failures.to_string()
    }
}

impl FromStr for Failures {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "always" {
            return Ok(Self(None));
        }
        let times = text.parse().map_err(|_| format!("`{text}` is neither a number nor `always`"))?;
        Ok(Self(Some(times)))
    }
}

/// What a node is made from; kept so that it can be restarted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NodeSpec {
    /// A name server.
    NameServer(NameServerSpec),
    /// A broker.
    Broker(BrokerSpec),
    /// A producer.
    Producer(ClientSpec),
    /// A consumer.
    Consumer(Box<ConsumerSpec>),
    /// One run of `mqadmin`: the words behind it. Only [`Command::Mqadmin`] starts such a node.
    Mqadmin(ArcStr),
    /// A registry.
    Registry(RegistrySpec),
    /// A client of registries, or several.
    RegistryClient(Box<RegistryClientSpec>),
    /// A process of Kafka.
    Kafka(Box<KafkaSpec>),
    /// A controller. It stands last because digests of runs count the kinds in this order.
    Controller(ControllerSpec),
}

/// Where a topic is created or changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TopicPlace {
    /// On every running master of a cluster (`updateTopic -c`).
    Cluster(ClusterName),
    /// On one broker (`updateTopic -b`).
    Broker(NodeId),
}

/// The ways in which two nodes can be parted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Barrier {
    /// Packets are lost and sent again by TCP until the link is healed.
    Cut,
    /// Packets wait for the release.
    Hold,
}

/// What a person orders of the lab.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Adds a node and starts it.
    Add(NodeId, NodeSpec),
    /// Creates or changes a topic.
    CreateTopic {
        /// The topic.
        topic: TopicName,
        /// Queues and permission.
        config: TopicConfig,
        /// Where.
        place: TopicPlace,
    },
    /// Has a producer send.
    Send(NodeId, Box<SendJob>),
    /// Has a producer send without end.
    Produce(NodeId, Box<SendJob>),
    /// Ends all endless sending of a producer.
    Quiet(NodeId),
    /// Takes chance out of the start of a producer's next round.
    Pin {
        /// The producer.
        node: NodeId,
        /// The topic.
        topic: TopicName,
        /// Place in the producer's list of queues, from 0.
        start: u32,
    },
    /// Changes settings.
    Set(NodeId, Settings),
    /// Ends a process at once.
    Kill(NodeId),
    /// Takes the power from a host.
    PowerOff(NodeId),
    /// Ends a process gracefully.
    Stop(NodeId),
    /// Halts a process.
    Freeze(NodeId),
    /// Lets a halted process go on.
    Thaw(NodeId),
    /// Starts an ended process again.
    Restart(NodeId),
    /// Takes an ended process away.
    Remove(NodeId),
    /// Sets an ended broker's messages back.
    RollBack {
        /// The broker.
        node: NodeId,
        /// What was stored at this moment or later is gone.
        to: Instant,
    },
    /// Puts a barrier between two nodes.
    Part {
        /// Which kind.
        barrier: Barrier,
        /// One end.
        from: NodeId,
        /// The other end.
        to: NodeId,
        /// Whether only packets from `from` to `to` are affected.
        one_way: bool,
    },
    /// Takes the barriers of a kind between two nodes away, in both directions.
    Join {
        /// Which kind.
        barrier: Barrier,
        /// One end.
        from: NodeId,
        /// The other end.
        to: NodeId,
    },
    /// Changes the link between two nodes, in both directions.
    Link {
        /// One end.
        from: NodeId,
        /// The other end.
        to: NodeId,
        /// Shortest and longest time on the way, in milliseconds.
        latency: Option<Latency>,
        /// Share of packets that TCP has to repeat.
        loss: Option<Ratio>,
    },
    /// Runs RocketMQ's command line tool: the words behind `mqadmin`.
    Mqadmin(ArcStr),
    /// Changes the list of members that registries keep.
    Member(MemberOrder),
    // Kafka (see `kafka`).
    /// Orders something of a node of Kafka.
    Kafka(KafkaCommand),
    /// Runs an administrator's tool of Kafka.
    KafkaAdmin(KafkaAdmin),
}

/// A range of one-way latencies in milliseconds, both ends included. Prints as `1..3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Latency {
    low: u32,
    high: u32,
}

impl Latency {
    /// The range, or `None` when it is upside down.
    pub const fn new(low: u32, high: u32) -> Option<Self> {
        if low > high { None } else { Some(Self { low, high }) }
    }

    /// Shortest time in milliseconds.
    pub const fn low(self) -> u32 {
        self.low
    }

    /// Longest time in milliseconds.
    pub const fn high(self) -> u32 {
        self.high
    }
}

impl Default for Latency {
    /// 1 to 3 ms: hosts of one data centre, with the software on both ends.
    fn default() -> Self {
        Self { low: 1, high: 3 }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.low, self.high)
    }
}

impl FromStr for Latency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (low, high) = text.split_once("..").unwrap_or((text, text));
        let number = |part: &str| part.parse::<u32>().ok().filter(|ms| *ms <= 600_000);
        number(low).zip(number(high)).and_then(|(low, high)| Self::new(low, high)).ok_or_else(|| {
            format!("`{text}` is no latency; write milliseconds from 0 to 600000, for example 1..3")
        })
    }
}

/// A command as it reaches the process that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeOrder {
    /// Producer: send these, after what was ordered before.
    Send(SendJob),
    /// Producer: send these in a thread of their own.
    Produce(SendJob),
    /// Producer: end the endless jobs.
    Quiet,
    /// Producer: begin the next round of a topic at this place.
    Pin(TopicName, u32),
    /// Broker: create or change a topic.
    CreateTopic(TopicName, TopicConfig),
    /// Broker, producer, consumer: take these settings, already checked.
    Set(Settings),
    /// Any: end gracefully.
    Shutdown,
    /// Registry: take a member in, or strike it off.
    Member(NodeId, MemberChange),
    /// A process of Kafka.
    Kafka(KafkaOrder),
}

/// A command that cannot be carried out. `Display` says what is wrong and what is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// The text is no command.
    Syntax(String),
    /// No node has this name; the names there are.
    UnknownNode(NodeId, Vec<NodeId>),
    /// The name is taken.
    DuplicateNode(NodeId),
    /// The node is of another kind than the command is for.
    WrongKind {
        /// The node.
        node: NodeId,
        /// What the command is for.
        wanted: &'static str,
    },
    /// The node is in a state in which the command makes no sense.
    WrongState {
        /// The node.
        node: NodeId,
        /// Its state.
        state: &'static str,
        /// What would be accepted.
        wanted: &'static str,
    },
    /// A value is out of range, or two values contradict each other.
    Invalid(String),
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(why) | Self::Invalid(why) => f.write_str(why),
            Self::UnknownNode(node, known) if known.is_empty() => {
                write!(f, "there is no node `{node}`: the cluster is empty")
            }
            Self::UnknownNode(node, known) => {
                let names: Vec<_> = known.iter().map(NodeId::as_str).collect();
                write!(f, "there is no node `{node}`; nodes: {}", names.join(", "))
            }
            Self::DuplicateNode(node) => {
                write!(f, "there is a node `{node}` already; remove it or choose another name")
            }
            Self::WrongKind { node, wanted } => write!(f, "`{node}` is not {wanted}"),
            Self::WrongState { node, state, wanted } => {
                write!(f, "`{node}` is {state}; this needs a node that is {wanted}")
            }
        }
    }
}

impl std::error::Error for CommandError {}

words!(Barrier, "barrier", Cut = "cut", Hold = "hold");

/// Work time of a listener when none is given.
const DEFAULT_WORK: Duration = Duration::from_millis(10);
/// Delay levels that a listener can ask for.
const RETRY_LEVELS: std::ops::RangeInclusive<i32> = -1..=18;
/// Queues of a topic when none are given (`mqadmin updateTopic`).
const DEFAULT_QUEUES: u32 = 8;
/// The cluster of a topic when none is given.
const DEFAULT_CLUSTER: &str = "DefaultCluster";
/// Longest name of a node.
const NODE_MAX_LENGTH: usize = 64;
/// Most messages of one `send`.
const COUNT_MAX: u32 = 1_000_000;
/// Most queues of a topic.
pub const QUEUES_MAX: u32 = 1024;
/// Longest text of a message body in bytes; enough to exceed `maxMessageSize` would need 4 MiB of typing.
const BODY_MAX: usize = 1 << 20;

/// Longest line for `mqadmin` in bytes.
const LINE_MAX: usize = 4096;

fn invalid<T>(why: impl Into<String>) -> Result<T, CommandError> {
    Err(CommandError::Invalid(why.into()))
}

fn check(what: &str, name: &str, max_length: usize) -> Result<(), CommandError> {
    validate(name, max_length).map_err(|why| CommandError::Invalid(format!("{what} `{name}`: {why}")))
}

fn check_settings(
    settings: &Settings,
    mut set: impl FnMut(&str, &str) -> Result<(), String>,
) -> Result<(), CommandError> {
    settings.iter().try_for_each(|(key, value)| set(key, value)).map_err(CommandError::Invalid)
}

impl Command {
    /// Checks what can be checked without knowing the cluster: names, ranges, settings.
    ///
    /// # Errors
    /// The first thing that is wrong, with what is accepted.
    pub fn check_alone(&self) -> Result<(), CommandError> {
        match self {
            Self::Add(node, spec) => {
                check("node name", node.as_str(), NODE_MAX_LENGTH)?;
                spec.check()
            }
            Self::CreateTopic { topic, config, .. } => {
                check("topic name", topic.as_str(), TOPIC_MAX_LENGTH)?;
                let queues = [config.read_queue_nums, config.write_queue_nums];
                if queues.iter().any(|count| !(1..=QUEUES_MAX).contains(count)) {
                    return invalid(format!("a topic has 1 to {QUEUES_MAX} queues to read and to write"));
                }
                if config.perm > 7 {
                    return invalid(format!("perm={} is no permission; accepted: 0 to 7", config.perm));
                }
                Ok(())
            }
            Self::Member(order) => check("member", order.member.as_str(), NODE_MAX_LENGTH),
            Self::Send(_, job) | Self::Produce(_, job) => job.check(),
            Self::Pin { topic, .. } => check("topic name", topic.as_str(), TOPIC_MAX_LENGTH),
            Self::Set(_, settings) if settings.is_empty() => invalid("set: give at least one key=value"),
            Self::Part { from, to, .. } | Self::Join { from, to, .. } | Self::Link { from, to, .. }
                if from == to =>
            {
                invalid(format!("`{from}` has no link to itself; name two nodes"))
            }
            Self::Link { latency: None, loss: None, .. } => invalid("link: give latency=… or loss=…"),
            Self::Mqadmin(line) if line.len() > LINE_MAX => {
                invalid(format!("a line for mqadmin may have {LINE_MAX} bytes at most"))
            }
            Self::Kafka(command) => command.check(),
            Self::KafkaAdmin(admin) => KafkaSpec::Admin(admin.clone()).check(),
            _ => Ok(()),
        }
    }

    /// The node that it is about, when there is exactly one.
    pub const fn node(&self) -> Option<&NodeId> {
        match self {
            Self::Add(node, _)
            | Self::Send(node, _)
            | Self::Produce(node, _)
            | Self::Quiet(node)
            | Self::Pin { node, .. }
            | Self::Set(node, _)
            | Self::Kill(node)
            | Self::PowerOff(node)
            | Self::Stop(node)
            | Self::Freeze(node)
            | Self::Thaw(node)
            | Self::Restart(node)
            | Self::Remove(node)
            | Self::RollBack { node, .. } => Some(node),
            Self::CreateTopic { .. }
            | Self::Part { .. }
            | Self::Join { .. }
            | Self::Link { .. }
            | Self::Member(_)
            | Self::KafkaAdmin(_)
            | Self::Mqadmin(_) => None,
            Self::Kafka(command) => Some(command.node()),
        }
    }

    /// Whether it breaks something: what the timeline marks as a fault.
    pub const fn is_fault(&self) -> bool {
        matches!(
            self,
            Self::Kill(_)
                | Self::PowerOff(_)
                | Self::Stop(_)
                | Self::Freeze(_)
                | Self::RollBack { .. }
                | Self::Part { .. }
        )
    }
}

impl NodeSpec {
    fn check(&self) -> Result<(), CommandError> {
        use crate::config::Profile;
        match self {
            Self::Mqadmin(_) | Self::Registry(_) => Ok(()),
            Self::RegistryClient(client) => client.check(),
            Self::Kafka(spec) => spec.check(),
            Self::NameServer(name_server) => {
                let mut config = NameServerConfig::of(Profile::V5);
                let mut controller = ControllerConfig::of(Profile::V5);
                check_settings(&name_server.settings, |key, value| {
                    config.set_beside_controller(&mut controller, key, value)
                })
            }
            Self::Controller(spec) => {
                let mut config = ControllerConfig::of(Profile::V5);
                check_settings(&spec.settings, |key, value| config.set(key, value))
            }
            Self::Broker(broker) => {
                // RocketMQ does not check broker names; `room@name` is what its room strategies expect.
                check("broker name", &broker.broker_name.as_str().replace('@', "-"), TOPIC_MAX_LENGTH)?;
                let mut config = BrokerConfig::of(Profile::V5);
                check_settings(&broker.settings, |key, value| config.set(key, value))?;
                if config.enable_dleger_commit_log {
                    if config.d_leger_peers.address(config.d_leger_self_id).is_none() {
                        return invalid("dLegerSelfId is not among dLegerPeers");
                    }
                    return Ok(());
                }
                if config.enable_controller_mode {
                    return broker.check_controller_mode();
                }
                if broker.broker_id.is_master() && config.broker_role == crate::config::BrokerRole::Slave {
                    return invalid("a broker with id=0 is a master; give a SLAVE another id");
                }
                Ok(())
            }
            Self::Producer(client) => client.check(),
            Self::Consumer(consumer) => consumer.check(),
        }
    }
}

impl BrokerSpec {
    /// Whether a controller gives it its id and its role.
    pub fn is_in_controller_mode(&self) -> bool {
        self.settings.iter().any(|(key, value)| key == "enableControllerMode" && value == "true")
    }

    fn check_controller_mode(&self) -> Result<(), CommandError> {
        if self.broker_id.is_master() {
            return Ok(());
        }
        invalid("a broker in controller mode gets its id from the controller; leave id=… out")
    }
}

impl ClientSpec {
    fn check(&self) -> Result<(), CommandError> {
        use crate::config::Profile;
        check("group name", self.group.as_str(), GROUP_MAX_LENGTH)?;
        if self.name_servers.as_ref().is_some_and(Vec::is_empty) {
            return invalid("name-servers=…: name at least one");
        }
        let mut config = ClientConfig::of(Profile::V5);
        check_settings(&self.settings, |key, value| config.set(key, value))
    }
}

impl ConsumerSpec {
    fn check(&self) -> Result<(), CommandError> {
        self.client.check()?;
        if self.topics.is_empty() {
            return invalid("topic=…: name at least one");
        }
        if self.selector.expression().trim().is_empty() {
            return invalid("tags=…: write * or tags joined by ||");
        }
        if !RETRY_LEVELS.contains(&self.retry_level) {
            let (first, last) = (RETRY_LEVELS.start(), RETRY_LEVELS.end());
            return invalid(format!("retry-level={}: write {first} to {last}", self.retry_level));
        }
        self.topics.iter().try_for_each(|topic| check("topic name", topic.as_str(), TOPIC_MAX_LENGTH))
    }

    /// Takes one setting: of the listener, of the subscription, or of the client.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let wrong = |why: String| format!("{key}: {why}");
        match key {
            "fail" => self.fail = value.parse().map_err(wrong)?,
            "retry-level" => {
                self.retry_level =
                    value.parse().map_err(|_| format!("{key}: `{value}` is no delay level"))?;
            }
            "orderly" => {
                self.orderly = value.parse().map_err(|_| format!("{key}: `{value}` is not true or false"))?;
            }
            "work" => self.work = value.parse().map_err(|why| format!("{key}: {why}"))?,
            "model" => self.model = value.parse().map_err(wrong)?,
            "from" => self.from = value.parse().map_err(wrong)?,
            "strategy" => self.strategy = value.parse().map_err(wrong)?,
            "tags" | "sql" => self.selector = read_selector(key, value).map_err(wrong)?,
            "topic" => {
                self.topics = value.split(',').filter(|part| !part.is_empty()).map(Into::into).collect();
            }
            _ => {
                ClientConfig::of(crate::config::Profile::V5).set(key, value)?;
                put_setting(&mut self.client.settings, key, value);
            }
        }
        self.check().map_err(|error| error.to_string())
    }

    /// Whether a change of this setting needs a new process, because RocketMQ reads it only at the start.
    pub fn needs_restart(key: &str) -> bool {
        matches!(key, "model" | "from" | "strategy" | "tags" | "sql" | "topic" | "orderly")
    }
}

/// Reads `tags=…` or `sql=…` of a consumer.
fn read_selector(key: &str, value: &str) -> Result<MessageSelector, String> {
    let expression_type = if key == "sql" { ExpressionType::Sql92 } else { ExpressionType::Tag };
    MessageSelector::build(value, expression_type).map_err(|error| error.to_string())
}

/// Replaces or adds one setting.
pub fn put_setting(settings: &mut Settings, key: &str, value: &str) {
    match settings.iter_mut().find(|(other, _)| other == key) {
        Some((_, old)) => value.clone_into(old),
        None => settings.push((key.to_owned(), value.to_owned())),
    }
}

#[cfg(test)]
mod tests;
