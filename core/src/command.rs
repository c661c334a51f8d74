//! Everything a person can order, and the one notation for it.
//!
//! A [`Command`] is one line of text: a verb, what it is about, and `key=value` options in any order. The same text
//! stands in scenario files, golden tests and recordings, and the page builds the same values from its buttons.
//! `Display` prints what `FromStr` reads.
//!
//! | command | what it does |
//! |---|---|
//! | `name-server N [port=9876]` | starts a name server |
//! | `broker N [name=N] [id=0] [port=10911] [KEY=VALUE …]` | starts a broker; id 0 is the master of its broker name, others are slaves; KEY is a setting of [`BrokerConfig`] |
//! | `topic T [queues=8] [read=8] [write=8] [perm=6] [cluster=C] [broker=N]` | creates or changes a topic: on every running master of the cluster (default `DefaultCluster`), or on one broker |
//! | `producer N [group=N] [name-servers=a,b] [id=N] [KEY=VALUE …]` | starts a producer; KEY is a setting of [`ClientConfig`] |
//! | `consumer N group=G topic=T,U [tags=EXPR] [model=CLUSTERING] [from=CONSUME_FROM_LAST_OFFSET] [strategy=AVG] [work=10ms] [name-servers=a,b] [id=N] [KEY=VALUE …]` | starts a consumer; `work` is the time of its listener for one message |
//! | `send N T [count=1] [every=0s] [tag=A,B] [key=K] [body=m] [queue=broker-a:0]` | messages one after another, each `every` after the answer to the one before; tags take turns; keys are `K` for one message, `K-0`, `K-1`, … for several |
//! | `produce N T every=500ms [tag=A,B] [key=K]` | sends for ever, in a thread of its own |
//! | `quiet N` | ends what `produce` began |
//! | `pin N T start=I` | the producer's next round over the queues of T begins at place I of its list instead of at a random one |
//! | `set N KEY=VALUE …` | changes settings of a running broker, producer or consumer, also `work`; a consumer's `model`, `from`, `strategy`, `tags`, `topic` are fixed while it runs, so it is restarted gracefully |
//! | `kill N` | ends the process at once: its connections close and peers notice; every page it wrote survives |
//! | `power-off N` | the host goes dark: nobody is told, and what was not flushed is lost |
//! | `stop N` | ends the process gracefully |
//! | `freeze N` / `thaw N` | the process stands still, its connections stay; what waited is handled after the thaw |
//! | `restart N` | starts an ended process on what is on its disk |
//! | `remove N` | takes an ended process away for good |
//! | `roll-back N [to=TIME]` | sets the log, queues and index of an ended broker back to what was stored before TIME (default 0: wipes them); `config/` with the group offsets stays |
//! | `cut A B [one-way]` / `heal A B` | nothing passes between A and B (or from A to B); TCP sends it again after the healing |
//! | `hold A B [one-way]` / `release A B` | what A and B send each other waits, in order, for the release |
//! | `link A B [latency=1..3] [loss=5%]` | another latency range in ms, or a share of packets lost (TCP repeats them), for both directions |
//!
//! Times are written `500ms`, `30s`, `2m` or `1:30.500`. A value with blanks stands in double quotes.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::config::{AllocateStrategy, BrokerConfig, ClientConfig, ConsumeFromWhere, MessageModel, words};
use crate::id::{BrokerId, BrokerName, ClusterName, GroupName, NodeId, QueueId, TopicName};
use crate::message::{GROUP_MAX_LENGTH, TOPIC_MAX_LENGTH, check_name};
use crate::rng::Ratio;
use crate::rpc::TopicConfig;
use crate::time::{Duration, Instant};

/// `key=value` pairs as a person wrote them.
pub type Settings = Vec<(String, String)>;

/// What a name server is made from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NameServerSpec {
    /// Its port; by default 9876, 9886, … in the order in which name servers are added.
    pub port: Option<u16>,
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
    /// Its tag expression for each of them: `*` or `A || B`.
    pub tags: Arc<str>,
    /// How the group divides the queues.
    pub model: MessageModel,
    /// Where a queue without an offset starts.
    pub from: ConsumeFromWhere,
    /// How queues are divided among the members.
    pub strategy: AllocateStrategy,
    /// How long its listener works on one message.
    pub work: Duration,
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
    Consumer(ConsumerSpec),
}

/// A number of messages to send one after another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SendJob {
    /// Where to.
    pub topic: TopicName,
    /// How many; `None` for without end.
    pub count: Option<u32>,
    /// Pause after each answer.
    pub every: Duration,
    /// Tags that take turns; none for messages without a tag.
    pub tags: Vec<Arc<str>>,
    /// Key, numbered when there are several messages.
    pub key: Option<Arc<str>>,
    /// Body, numbered from 0.
    pub body: Arc<str>,
    /// A fixed queue in place of the producer's choice; such a send is not retried elsewhere.
    pub queue: Option<(BrokerName, QueueId)>,
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
    Send(NodeId, SendJob),
    /// Has a producer send without end.
    Produce(NodeId, SendJob),
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

/// The words of one line: blanks part them, double quotes hold them together, `\` saves a quote.
fn split_words(line: &str) -> Result<Vec<String>, CommandError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let (mut quoted, mut chars) = (false, line.chars());
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' if quoted => word.get_or_insert_default().extend(chars.next()),
            c if c.is_whitespace() && !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    if quoted {
        return Err(CommandError::Syntax("a quotation mark is not closed".to_owned()));
    }
    words.extend(word);
    Ok(words)
}

/// A value with quotes where it needs them.
fn quoted(value: &str) -> String {
    if !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || c == '"') {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What stands behind the verb of a command.
struct Arguments {
    verb: String,
    positional: std::vec::IntoIter<String>,
    options: Vec<(String, String)>,
    asked: Vec<&'static str>,
}

impl Arguments {
    fn read(line: &str) -> Result<Self, CommandError> {
        let mut words = split_words(line)?.into_iter();
        let verb = words.next().ok_or_else(|| CommandError::Syntax("the command is empty".to_owned()))?;
        let (mut positional, mut options) = (Vec::new(), Vec::new());
        for word in words {
            match word.split_once('=') {
                Some((key, value)) => options.push((key.to_owned(), value.to_owned())),
                None => positional.push(word),
            }
        }
        Ok(Self { verb, positional: positional.into_iter(), options, asked: Vec::new() })
    }

    fn error(&self, why: impl fmt::Display) -> CommandError {
        CommandError::Syntax(format!("{}: {why}", self.verb))
    }

    fn next(&mut self, what: &str) -> Result<String, CommandError> {
        self.positional.next().ok_or_else(|| self.error(format_args!("{what} is missing")))
    }

    fn node(&mut self) -> Result<NodeId, CommandError> {
        self.next("the name of a node").map(NodeId::from)
    }

    fn topic(&mut self) -> Result<TopicName, CommandError> {
        self.next("the name of a topic").map(TopicName::from)
    }

    fn flag(&mut self, word: &str) -> bool {
        let rest: Vec<_> = self.positional.by_ref().collect();
        let found = rest.iter().any(|other| other == word);
        self.positional = rest.into_iter().filter(|other| other != word).collect::<Vec<_>>().into_iter();
        found
    }

    fn text(&mut self, key: &'static str) -> Option<String> {
        self.asked.push(key);
        let place = self.options.iter().position(|(other, _)| other == key)?;
        Some(self.options.remove(place).1)
    }

    fn option<T: FromStr>(&mut self, key: &'static str) -> Result<Option<T>, CommandError>
    where
        T::Err: fmt::Display,
    {
        let Some(text) = self.text(key) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|why| self.error(format_args!("{key}={text}: {why}")))
    }

    fn required<T: FromStr>(&mut self, key: &'static str) -> Result<T, CommandError>
    where
        T::Err: fmt::Display,
    {
        self.option(key)?.ok_or_else(|| self.error(format_args!("{key}=… is missing")))
    }

    fn list<T: From<String>>(&mut self, key: &'static str) -> Option<Vec<T>> {
        let text = self.text(key)?;
        Some(text.split(',').filter(|part| !part.is_empty()).map(|part| part.to_owned().into()).collect())
    }

    /// All options that were not asked for, as settings with RocketMQ's keys.
    fn settings(&mut self) -> Settings {
        std::mem::take(&mut self.options)
    }

    /// Refuses whatever was not asked for.
    fn finish(mut self) -> Result<(), CommandError> {
        if let Some(word) = self.positional.next() {
            return Err(self.error(format_args!("`{word}` is one word too many")));
        }
        match self.options.first() {
            None => Ok(()),
            Some((key, _)) if self.asked.is_empty() => {
                Err(self.error(format_args!("`{key}=…` is not accepted; the command has no options")))
            }
            Some((key, _)) => {
                let known = self.asked.join("=…, ");
                Err(self.error(format_args!("`{key}=…` is not accepted; known: {known}=…")))
            }
        }
    }
}

impl FromStr for Command {
    type Err = CommandError;

    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let mut args = Arguments::read(line)?;
        let command = match args.verb.as_str() {
            "name-server" => {
                let node = args.node()?;
                Self::Add(node, NodeSpec::NameServer(NameServerSpec { port: args.option("port")? }))
            }
            "broker" => read_broker(&mut args)?,
            "producer" => {
                let node = args.node()?;
                let client = read_client(&mut args, &node)?;
                Self::Add(node, NodeSpec::Producer(client))
            }
            "consumer" => read_consumer(&mut args)?,
            "topic" => read_topic(&mut args)?,
            "send" => Self::Send(args.node()?, read_job(&mut args, false)?),
            "produce" => Self::Produce(args.node()?, read_job(&mut args, true)?),
            "quiet" => Self::Quiet(args.node()?),
            "pin" => Self::Pin { node: args.node()?, topic: args.topic()?, start: args.required("start")? },
            "set" => Self::Set(args.node()?, args.settings()),
            "kill" => Self::Kill(args.node()?),
            "power-off" => Self::PowerOff(args.node()?),
            "stop" => Self::Stop(args.node()?),
            "freeze" => Self::Freeze(args.node()?),
            "thaw" => Self::Thaw(args.node()?),
            "restart" => Self::Restart(args.node()?),
            "remove" => Self::Remove(args.node()?),
            "roll-back" => {
                Self::RollBack { node: args.node()?, to: args.option("to")?.unwrap_or(Instant::ZERO) }
            }
            "cut" => read_part(&mut args, Barrier::Cut)?,
            "hold" => read_part(&mut args, Barrier::Hold)?,
            "heal" => Self::Join { barrier: Barrier::Cut, from: args.node()?, to: args.node()? },
            "release" => Self::Join { barrier: Barrier::Hold, from: args.node()?, to: args.node()? },
            "link" => Self::Link {
                from: args.node()?,
                to: args.node()?,
                latency: args.option("latency")?,
                loss: args.option("loss")?,
            },
            verb => {
                return Err(CommandError::Syntax(format!(
                    "`{verb}` is not a command; accepted: {}",
                    VERBS.join(", ")
                )));
            }
        };
        args.finish()?;
        command.check_alone()?;
        Ok(command)
    }
}

/// Every verb of the notation.
pub const VERBS: &[&str] = &[
    "name-server",
    "broker",
    "topic",
    "producer",
    "consumer",
    "send",
    "produce",
    "quiet",
    "pin",
    "set",
    "kill",
    "power-off",
    "stop",
    "freeze",
    "thaw",
    "restart",
    "remove",
    "roll-back",
    "cut",
    "heal",
    "hold",
    "release",
    "link",
];

fn read_broker(args: &mut Arguments) -> Result<Command, CommandError> {
    let node = args.node()?;
    let broker_name = args.text("name").unwrap_or_else(|| node.to_string()).into();
    let broker_id = BrokerId(args.option("id")?.unwrap_or(0));
    let port = args.option("port")?;
    let settings = args.settings();
    Ok(Command::Add(node, NodeSpec::Broker(BrokerSpec { broker_name, broker_id, port, settings })))
}

fn read_client(args: &mut Arguments, node: &NodeId) -> Result<ClientSpec, CommandError> {
    Ok(ClientSpec {
        group: args.text("group").unwrap_or_else(|| node.to_string()).into(),
        name_servers: args.list("name-servers"),
        instance: args.text("id"),
        settings: args.settings(),
    })
}

fn read_consumer(args: &mut Arguments) -> Result<Command, CommandError> {
    let node = args.node()?;
    let topics = args.list("topic").ok_or_else(|| args.error("topic=… is missing"))?;
    let tags = args.text("tags").unwrap_or_else(|| "*".to_owned()).into();
    let model = args.option("model")?.unwrap_or_default();
    let from = args.option("from")?.unwrap_or_default();
    let strategy = args.option("strategy")?.unwrap_or_default();
    let work = args.option("work")?.unwrap_or(DEFAULT_WORK);
    if !args.options.iter().any(|(key, _)| key == "group") {
        return Err(args.error("group=… is missing"));
    }
    let client = read_client(args, &node)?;
    let spec = ConsumerSpec { client, topics, tags, model, from, strategy, work };
    Ok(Command::Add(node, NodeSpec::Consumer(spec)))
}

/// Work time of a listener when none is given.
const DEFAULT_WORK: Duration = Duration::from_millis(10);
/// Queues of a topic when none are given (`mqadmin updateTopic`).
const DEFAULT_QUEUES: u32 = 8;
/// The cluster of a topic when none is given.
const DEFAULT_CLUSTER: &str = "DefaultCluster";

fn read_topic(args: &mut Arguments) -> Result<Command, CommandError> {
    let topic = args.topic()?;
    let queues = args.option("queues")?.unwrap_or(DEFAULT_QUEUES);
    let read_queue_nums = args.option("read")?.unwrap_or(queues);
    let write_queue_nums = args.option("write")?.unwrap_or(queues);
    let perm = args.option("perm")?.unwrap_or(6);
    let broker = args.text("broker");
    let cluster = args.text("cluster");
    let place = match (broker, cluster) {
        (Some(_), Some(_)) => return Err(args.error("give either broker=… or cluster=…")),
        (Some(broker), None) => TopicPlace::Broker(broker.into()),
        (None, cluster) => TopicPlace::Cluster(cluster.unwrap_or_else(|| DEFAULT_CLUSTER.to_owned()).into()),
    };
    let config = TopicConfig { read_queue_nums, write_queue_nums, perm, order: false };
    Ok(Command::CreateTopic { topic, config, place })
}

fn read_job(args: &mut Arguments, endless: bool) -> Result<SendJob, CommandError> {
    let topic = args.topic()?;
    let count = if endless { None } else { Some(args.option("count")?.unwrap_or(1)) };
    let every = if endless { args.required("every")? } else { args.option("every")?.unwrap_or_default() };
    let queue = match args.text("queue") {
        None => None,
        Some(text) => {
            let wrong =
                || args.error(format_args!("queue={text}: write broker name:queue id, e.g. broker-a:0"));
            let (broker, id) = text.rsplit_once(':').ok_or_else(wrong)?;
            Some((broker.into(), QueueId(id.parse().map_err(|_| wrong())?)))
        }
    };
    Ok(SendJob {
        topic,
        count,
        every,
        tags: args.list::<String>("tag").unwrap_or_default().into_iter().map(Arc::from).collect(),
        key: args.text("key").map(Arc::from),
        body: args.text("body").unwrap_or_else(|| "m".to_owned()).into(),
        queue,
    })
}

fn read_part(args: &mut Arguments, barrier: Barrier) -> Result<Command, CommandError> {
    let one_way = args.flag("one-way");
    Ok(Command::Part { barrier, from: args.node()?, to: args.node()?, one_way })
}

/// Longest name of a node.
const NODE_MAX_LENGTH: usize = 64;
/// Most messages of one `send`.
const COUNT_MAX: u32 = 1_000_000;
/// Most queues of a topic.
const QUEUES_MAX: u32 = 1024;
/// Longest text of a message body in bytes; enough to exceed `maxMessageSize` would need 4 MiB of typing.
const BODY_MAX: usize = 1 << 20;

fn invalid<T>(why: impl Into<String>) -> Result<T, CommandError> {
    Err(CommandError::Invalid(why.into()))
}

fn check(what: &str, name: &str, max_length: usize) -> Result<(), CommandError> {
    check_name(name, max_length).map_err(|why| CommandError::Invalid(format!("{what} `{name}`: {why}")))
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
            Self::Send(_, job) | Self::Produce(_, job) => {
                check("topic name", job.topic.as_str(), TOPIC_MAX_LENGTH)?;
                if job.count.is_some_and(|count| !(1..=COUNT_MAX).contains(&count)) {
                    return invalid(format!("count must lie between 1 and {COUNT_MAX}"));
                }
                if job.count.is_none() && job.every == Duration::ZERO {
                    return invalid("every must be longer than 0");
                }
                if job.body.len() > BODY_MAX {
                    return invalid(format!("a body may have {BODY_MAX} bytes at most"));
                }
                Ok(())
            }
            Self::Pin { topic, .. } => check("topic name", topic.as_str(), TOPIC_MAX_LENGTH),
            Self::Set(_, settings) if settings.is_empty() => invalid("set: give at least one key=value"),
            Self::Part { from, to, .. } | Self::Join { from, to, .. } | Self::Link { from, to, .. }
                if from == to =>
            {
                invalid(format!("`{from}` has no link to itself; name two nodes"))
            }
            Self::Link { latency: None, loss: None, .. } => invalid("link: give latency=… or loss=…"),
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
            Self::CreateTopic { .. } | Self::Part { .. } | Self::Join { .. } | Self::Link { .. } => None,
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
            Self::NameServer(_) => Ok(()),
            Self::Broker(broker) => {
                check("broker name", broker.broker_name.as_str(), TOPIC_MAX_LENGTH)?;
                let mut config = BrokerConfig::of(Profile::V5);
                check_settings(&broker.settings, |key, value| config.set(key, value))?;
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
        if self.tags.trim().is_empty() {
            return invalid("tags=…: write * or tags joined by ||");
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
            "work" => self.work = value.parse().map_err(|why| format!("{key}: {why}"))?,
            "model" => self.model = value.parse().map_err(wrong)?,
            "from" => self.from = value.parse().map_err(wrong)?,
            "strategy" => self.strategy = value.parse().map_err(wrong)?,
            "tags" => self.tags = value.into(),
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
        matches!(key, "model" | "from" | "strategy" | "tags" | "topic")
    }
}

/// Replaces or adds one setting.
pub fn put_setting(settings: &mut Settings, key: &str, value: &str) {
    match settings.iter_mut().find(|(other, _)| other == key) {
        Some((_, old)) => value.clone_into(old),
        None => settings.push((key.to_owned(), value.to_owned())),
    }
}

/// Writes the options of a command, leaving out what equals the default.
struct Options<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Options<'_, '_> {
    fn put(&mut self, key: &str, value: impl fmt::Display) -> fmt::Result {
        write!(self.0, " {key}={}", quoted(&value.to_string()))
    }

    fn put_unless<T: PartialEq + fmt::Display>(&mut self, default: T, key: &str, value: &T) -> fmt::Result {
        if *value == default { Ok(()) } else { self.put(key, value) }
    }

    fn put_some<T: fmt::Display>(&mut self, key: &str, value: Option<&T>) -> fmt::Result {
        value.map_or(Ok(()), |value| self.put(key, value))
    }

    fn settings(&mut self, settings: &Settings) -> fmt::Result {
        settings.iter().try_for_each(|(key, value)| self.put(key, value))
    }

    fn client(&mut self, node: &NodeId, client: &ClientSpec) -> fmt::Result {
        self.put_unless(node.as_str(), "group", &client.group.as_str())?;
        self.put_some("name-servers", client.name_servers.as_ref().map(|list| join(list)).as_ref())?;
        self.put_some("id", client.instance.as_ref())?;
        self.settings(&client.settings)
    }

    fn job(&mut self, job: &SendJob) -> fmt::Result {
        self.put_some("count", job.count.filter(|count| *count != 1).as_ref())?;
        self.put_unless(Duration::ZERO, "every", &job.every)?;
        if !job.tags.is_empty() {
            self.put("tag", join(&job.tags))?;
        }
        self.put_some("key", job.key.as_ref())?;
        self.put_unless("m", "body", &&*job.body)?;
        self.put_some("queue", job.queue.as_ref().map(|(broker, id)| format!("{broker}:{id}")).as_ref())
    }
}

fn join<T: fmt::Display>(list: &[T]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(node, NodeSpec::NameServer(spec)) => {
                write!(f, "name-server {node}")?;
                Options(f).put_some("port", spec.port.as_ref())
            }
            Self::Add(node, NodeSpec::Broker(spec)) => {
                write!(f, "broker {node}")?;
                let mut options = Options(f);
                options.put_unless(node.as_str(), "name", &spec.broker_name.as_str())?;
                options.put_unless(BrokerId::MASTER, "id", &spec.broker_id)?;
                options.put_some("port", spec.port.as_ref())?;
                options.settings(&spec.settings)
            }
            Self::Add(node, NodeSpec::Producer(client)) => {
                write!(f, "producer {node}")?;
                Options(f).client(node, client)
            }
            Self::Add(node, NodeSpec::Consumer(spec)) => {
                write!(f, "consumer {node}")?;
                let mut options = Options(f);
                if spec.client.group.as_str() == node.as_str() {
                    options.put("group", node)?;
                }
                options.put("topic", join(&spec.topics))?;
                options.put_unless("*", "tags", &&*spec.tags)?;
                options.put_unless(MessageModel::default(), "model", &spec.model)?;
                options.put_unless(ConsumeFromWhere::default(), "from", &spec.from)?;
                options.put_unless(AllocateStrategy::default(), "strategy", &spec.strategy)?;
                options.put_unless(DEFAULT_WORK, "work", &spec.work)?;
                options.client(node, &spec.client)
            }
            Self::CreateTopic { topic, config, place } => {
                write!(f, "topic {topic}")?;
                let mut options = Options(f);
                if config.read_queue_nums == config.write_queue_nums {
                    options.put_unless(DEFAULT_QUEUES, "queues", &config.read_queue_nums)?;
                } else {
                    options.put("read", config.read_queue_nums)?;
                    options.put("write", config.write_queue_nums)?;
                }
                options.put_unless(6, "perm", &config.perm)?;
                match place {
                    TopicPlace::Cluster(name) => {
                        options.put_unless(DEFAULT_CLUSTER, "cluster", &name.as_str())
                    }
                    TopicPlace::Broker(node) => options.put("broker", node),
                }
            }
            Self::Send(node, job) => {
                write!(f, "send {node} {}", job.topic)?;
                Options(f).job(job)
            }
            Self::Produce(node, job) => {
                write!(f, "produce {node} {}", job.topic)?;
                Options(f).job(job)
            }
            Self::Quiet(node) => write!(f, "quiet {node}"),
            Self::Pin { node, topic, start } => write!(f, "pin {node} {topic} start={start}"),
            Self::Set(node, settings) => {
                write!(f, "set {node}")?;
                Options(f).settings(settings)
            }
            Self::Kill(node) => write!(f, "kill {node}"),
            Self::PowerOff(node) => write!(f, "power-off {node}"),
            Self::Stop(node) => write!(f, "stop {node}"),
            Self::Freeze(node) => write!(f, "freeze {node}"),
            Self::Thaw(node) => write!(f, "thaw {node}"),
            Self::Restart(node) => write!(f, "restart {node}"),
            Self::Remove(node) => write!(f, "remove {node}"),
            Self::RollBack { node, to } => {
                write!(f, "roll-back {node}")?;
                Options(f).put_unless(Instant::ZERO, "to", to)
            }
            Self::Part { barrier, from, to, one_way } => {
                write!(f, "{barrier} {from} {to}{}", if *one_way { " one-way" } else { "" })
            }
            Self::Join { barrier: Barrier::Cut, from, to } => write!(f, "heal {from} {to}"),
            Self::Join { barrier: Barrier::Hold, from, to } => write!(f, "release {from} {to}"),
            Self::Link { from, to, latency, loss } => {
                write!(f, "link {from} {to}")?;
                let mut options = Options(f);
                options.put_some("latency", latency.as_ref())?;
                options.put_some("loss", loss.as_ref())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_reads_as_it_prints() {
        let lines = [
            "name-server nsrv-0",
            "name-server nsrv-1 port=9999",
            "broker broker-a",
            "broker broker-a-1 name=broker-a id=1 port=10931 slaveReadEnable=true",
            "topic Orders queues=4",
            "topic Orders read=4 write=8 perm=4 broker=broker-a",
            "topic Orders cluster=Other",
            "producer p1 group=shop name-servers=nsrv-0,nsrv-1 sendMsgTimeout=5000",
            "consumer c1 topic=Orders,Refunds tags=\"A || B\" model=BROADCASTING work=2s group=billing",
            "consumer c1 group=c1 topic=Orders",
            "send p1 Orders count=4 every=1s tag=A,B key=k body=\"two words\" queue=broker-a:1",
            "send p1 Orders body=\"say \\\"hi\\\"\"",
            "produce p1 Orders every=500ms tag=A",
            "quiet p1",
            "pin p1 Orders start=2",
            "set c1 work=5s",
            "kill broker-a",
            "power-off broker-a",
            "stop broker-a",
            "freeze broker-a",
            "thaw broker-a",
            "restart broker-a",
            "remove broker-a",
            "roll-back broker-a to=1:30.000",
            "roll-back broker-a",
            "cut a b one-way",
            "heal a b",
            "hold a b",
            "release a b",
            "link a b latency=5..9 loss=5%",
        ];
        for line in lines {
            let command: Command = line.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(command.to_string(), line);
        }
    }

    #[test]
    fn every_verb_is_known_to_the_reader() {
        for verb in VERBS {
            let error = verb.parse::<Command>().expect_err("a verb alone is no command");
            assert!(!error.to_string().contains("is not a command"), "{verb}: {error}");
        }
    }

    #[test]
    fn mistakes_get_a_sentence_that_helps() {
        let cases = [
            ("", "the command is empty"),
            ("explode broker-a", "`explode` is not a command; accepted: name-server, broker,"),
            ("kill", "kill: the name of a node is missing"),
            ("kill a b", "kill: `b` is one word too many"),
            ("pin p1 T start=-1", "pin: start=-1: invalid digit"),
            ("send p1 T count=0", "count must lie between 1 and 1000000"),
            ("send p1 T colour=red", "send: `colour=…` is not accepted; known: count=…, every=…"),
            ("produce p1 T every=0s", "every must be longer than 0"),
            ("topic a.b", "topic name `a.b`: `.` is not allowed in a name"),
            ("topic T queues=0", "a topic has 1 to 1024 queues"),
            ("topic T perm=9", "perm=9 is no permission; accepted: 0 to 7"),
            ("consumer c topic=T", "consumer: group=… is missing"),
            ("broker b brokerRole=LEADER", "brokerRole: `LEADER` is no brokerRole; accepted:"),
            ("broker b id=0 brokerRole=SLAVE", "a broker with id=0 is a master"),
            ("send p T body=\"x", "a quotation mark is not closed"),
            ("link a b latency=9..3", "link: latency=9..3: `9..3` is no latency"),
            ("cut a a", "`a` has no link to itself"),
        ];
        for (line, start) in cases {
            let error = line.parse::<Command>().expect_err(line).to_string();
            assert!(error.starts_with(start), "{line}: {error}");
        }
    }
}
