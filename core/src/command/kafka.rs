//! The part of the notation that is about Kafka: nodes, work, and what an administrator does.
//!
//! | command | what it does |
//! |---|---|
//! | `kafka-broker N [port=9092]` | starts a Kafka broker, a KRaft cluster of its own |
//! | `kafka-producer N [transactional-id=X] [transaction-timeout=60s] [broker=N]` | starts a producer; with an id its records go in transactions, which are aborted when they take longer than that |
//! | `kafka-consumer N group=G topic=T,U [reset=latest] [manual] [isolation=read_uncommitted] [errors=E] [id=N] [broker=N]` | starts a consumer with the classic protocol; `reset` is `latest`, `earliest` or `none`; `manual` commits after each batch instead of each second; its application ends after E exceptions of `poll`, or goes on polling half a second after each when E is left out; `id` is its client id |
//! | `kafka-send N T [count=1] [key=K] [partition=0]` | records one after another, each after the answer to the one before; keys `K-0`, `K-1`, … |
//! | `kafka-send N T [count=1] [key=K] [partition=0] [per=1] [end=commit]` | from a transactional producer: `count` transactions of `per` records; `end` is `commit`, `abort` or `open`, which leaves the last one unfinished |
//! | `kafka-end N [abort]` | ends the transaction that was left open |
//! | `kafka-topic T [partitions=1] [broker=N]` | creates a topic |
//! | `kafka-delete-topic T [broker=N]` | deletes a topic |
//! | `kafka-delete-records T before=O [partition=0] [broker=N]` | deletes the records before an offset; -1 is the log end |
//! | `kafka-alter-offset G T offset=O [epoch=E] [partition=0] [broker=N]` | sets a group offset (`alterConsumerGroupOffsets`), without a leader epoch unless given |
//! | `kafka-offsets G [broker=N]` | what the coordinator holds, with the leader epoch of each commit |
//! | `kafka-ends T [broker=N]` | log start, log end, last stable offset, leader epoch |
//! | `kafka-consumer-groups LINE` | runs Kafka's command line tool with these words; `--bootstrap-server` may be left out |
//! | `kafka-copy N` | copies the data directory of an ended broker |
//! | `kafka-restore N` | sets an ended broker back to that copy, all but the log of the group offsets |
//!
//! `kill`, `stop`, `freeze`, `restart`, `cut` and the other general commands work on Kafka's nodes too; `roll-back`
//! deletes the partition directories, or cuts the logs at a moment, and keeps the group offsets.

use std::fmt;
use std::str::FromStr;

use arcstr::ArcStr;

use super::read::Arguments;
use super::{COUNT_MAX, Command, CommandError, NodeSpec, check, invalid};
use crate::id::{GroupName, NodeId, TopicName};
use crate::names::{GROUP_MAX_LENGTH, TOPIC_MAX_LENGTH};
use crate::rpc::kafka::{IsolationLevel, Marker, TopicPartition};
use crate::time::Duration;

/// What a consumer does when there is no record at its position (`auto.offset.reset`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub enum OffsetReset {
    /// It goes to the end.
    #[default]
    Latest,
    /// It goes to the start.
    Earliest,
    /// It throws an exception.
    None,
}

impl fmt::Display for OffsetReset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Latest => "latest",
            Self::Earliest => "earliest",
            Self::None => "none",
        })
    }
}

impl FromStr for OffsetReset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Latest, Self::Earliest, Self::None]
            .into_iter()
            .find(|reset| reset.to_string() == text)
            .ok_or_else(|| format!("`{text}` is none of latest, earliest, none"))
    }
}

impl fmt::Display for IsolationLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadUncommitted => "read_uncommitted",
            Self::ReadCommitted => "read_committed",
        })
    }
}

impl FromStr for IsolationLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "read_uncommitted" => Ok(Self::ReadUncommitted),
            "read_committed" => Ok(Self::ReadCommitted),
            _ => Err(format!("`{text}` is neither read_uncommitted nor read_committed")),
        }
    }
}

/// What a Kafka consumer is made from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KafkaConsumerSpec {
    /// `group.id`.
    pub group: GroupName,
    /// The topics.
    pub topics: Vec<TopicName>,
    /// `auto.offset.reset`.
    pub reset: OffsetReset,
    /// Whether it commits after each batch, with `enable.auto.commit=false`.
    pub manual: bool,
    /// `isolation.level`.
    pub isolation: IsolationLevel,
    /// After how many exceptions of `poll` the application ends; `None`: it ignores them.
    pub errors: Option<u32>,
    /// `client.id`; by default the name of the node.
    pub client_id: Option<String>,
    /// The bootstrap broker; by default the first there is.
    pub broker: Option<NodeId>,
}

/// What a process of Kafka is made from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KafkaSpec {
    /// A broker, with its port.
    Broker(Option<u16>),
    /// A producer.
    Producer {
        /// `transactional.id`.
        transactional_id: Option<ArcStr>,
        /// `transaction.timeout.ms`, when it is not the default.
        transaction_timeout: Option<Duration>,
        /// The bootstrap broker; by default the first there is.
        broker: Option<NodeId>,
    },
    /// A consumer.
    Consumer(KafkaConsumerSpec),
    /// One run of an administrator's tool.
    Admin(KafkaAdmin),
}

impl KafkaSpec {
    /// The bootstrap broker that was named.
    pub const fn broker(&self) -> Option<&NodeId> {
        match self {
            Self::Broker(_) => None,
            Self::Producer { broker, .. } => broker.as_ref(),
            Self::Consumer(spec) => spec.broker.as_ref(),
            Self::Admin(admin) => admin.broker.as_ref(),
        }
    }

    pub(super) fn check(&self) -> Result<(), CommandError> {
        match self {
            Self::Broker(_) | Self::Producer { .. } => Ok(()),
            Self::Consumer(spec) => {
                check("group name", spec.group.as_str(), GROUP_MAX_LENGTH)?;
                if spec.topics.is_empty() {
                    return invalid("topic=…: name at least one");
                }
                spec.topics.iter().try_for_each(|topic| check("topic name", topic.as_str(), TOPIC_MAX_LENGTH))
            }
            Self::Admin(admin) => admin.check(),
        }
    }
}

/// What an administrator asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KafkaAdmin {
    /// What.
    pub action: KafkaAction,
    /// Of which broker; by default the first there is.
    pub broker: Option<NodeId>,
}

/// An action of an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KafkaAction {
    /// A new topic with so many partitions.
    CreateTopic(TopicName, u32),
    /// A topic goes.
    DeleteTopic(TopicName),
    /// Records before an offset go.
    DeleteRecords(TopicPartition, i64),
    /// A group offset is set.
    AlterOffset {
        /// The group.
        group: GroupName,
        /// Where.
        partition: TopicPartition,
        /// To this offset.
        offset: u64,
        /// With this leader epoch.
        epoch: Option<u32>,
    },
    /// The group offsets.
    Offsets(GroupName),
    /// Ends of a topic's partitions.
    Ends(TopicName),
    /// `kafka-consumer-groups` with these words.
    ConsumerGroups(ArcStr),
}

/// Most partitions of a topic in the lab.
const PARTITIONS_MAX: u32 = 64;
/// Longest line for the tool in bytes.
const LINE_MAX: usize = 4096;

impl KafkaAdmin {
    fn check(&self) -> Result<(), CommandError> {
        match &self.action {
            KafkaAction::CreateTopic(topic, partitions) => {
                check("topic name", topic.as_str(), TOPIC_MAX_LENGTH)?;
                if !(1..=PARTITIONS_MAX).contains(partitions) {
                    return invalid(format!("a topic has 1 to {PARTITIONS_MAX} partitions here"));
                }
                Ok(())
            }
            KafkaAction::AlterOffset { group, .. } => check("group name", group.as_str(), GROUP_MAX_LENGTH),
            KafkaAction::ConsumerGroups(line) if line.is_empty() => invalid(
                "kafka-consumer-groups: give --describe, --list or --reset-offsets with their options",
            ),
            KafkaAction::ConsumerGroups(line) if line.len() > LINE_MAX => {
                invalid(format!("a line for the tool may have {LINE_MAX} bytes at most"))
            }
            _ => Ok(()),
        }
    }
}

/// What is ordered of a node of Kafka.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KafkaCommand {
    /// Has a producer send.
    Send(NodeId, KafkaSend),
    /// Ends the transaction that a producer left open.
    End(NodeId, Marker),
    /// Copies a data directory.
    Copy(NodeId),
    /// Sets a data directory back to its copy.
    Restore(NodeId),
}

impl KafkaCommand {
    /// The node that it is about.
    pub const fn node(&self) -> &NodeId {
        match self {
            Self::Send(node, _) | Self::End(node, _) | Self::Copy(node) | Self::Restore(node) => node,
        }
    }

    pub(super) fn check(&self) -> Result<(), CommandError> {
        let Self::Send(_, send) = self else { return Ok(()) };
        check("topic name", send.partition.topic.as_str(), TOPIC_MAX_LENGTH)?;
        let records = u64::from(send.count) * u64::from(send.per);
        if records == 0 || records > u64::from(COUNT_MAX) {
            return invalid(format!("count and per: 1 to {COUNT_MAX} records in all"));
        }
        Ok(())
    }
}

/// Records to send.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KafkaSend {
    /// Where.
    pub partition: TopicPartition,
    /// How many records, or how many transactions.
    pub count: u32,
    /// What keys begin with.
    pub key: ArcStr,
    /// Records of a transaction.
    pub per: u32,
    /// How transactions end; `None`: the last one is left open.
    pub end: Option<Marker>,
}

/// What reaches a process of Kafka.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KafkaOrder {
    /// Producer: send.
    Send(KafkaSend),
    /// Producer: end the open transaction.
    End(Marker),
}

/// The words behind the name of Kafka's tool.
pub(super) fn tool_line(line: &str) -> Option<Command> {
    let rest = line.trim().strip_prefix("kafka-consumer-groups")?;
    let rest = rest.strip_prefix(".sh").unwrap_or(rest);
    (rest.is_empty() || rest.starts_with(char::is_whitespace))
        .then(|| admin(KafkaAction::ConsumerGroups(rest.trim().into()), None))
}

fn admin(action: KafkaAction, broker: Option<NodeId>) -> Command {
    Command::KafkaAdmin(KafkaAdmin { action, broker })
}

/// Reads a command of this part; `None` when the verb is none of it.
pub(super) fn read(verb: &str, args: &mut Arguments) -> Result<Option<Command>, CommandError> {
    let add = |node, spec| Command::Add(node, NodeSpec::Kafka(Box::new(spec)));
    let command = match verb {
        "kafka-broker" => add(args.node()?, KafkaSpec::Broker(args.option("port")?)),
        "kafka-producer" => {
            let node = args.node()?;
            let transactional_id = args.text("transactional-id").map(ArcStr::from);
            let transaction_timeout = args.option("transaction-timeout")?;
            add(node, KafkaSpec::Producer { transactional_id, transaction_timeout, broker: broker(args) })
        }
        "kafka-consumer" => {
            let node = args.node()?;
            add(node, KafkaSpec::Consumer(read_consumer(args)?))
        }
        "kafka-send" => Command::Kafka(KafkaCommand::Send(args.node()?, read_send(args)?)),
        "kafka-end" => {
            let abort = args.flag_after(1, "abort");
            let marker = if abort { Marker::Abort } else { Marker::Commit };
            Command::Kafka(KafkaCommand::End(args.node()?, marker))
        }
        "kafka-copy" => Command::Kafka(KafkaCommand::Copy(args.node()?)),
        "kafka-restore" => Command::Kafka(KafkaCommand::Restore(args.node()?)),
        _ => return read_action(verb, args),
    };
    Ok(Some(command))
}

fn read_action(verb: &str, args: &mut Arguments) -> Result<Option<Command>, CommandError> {
    let action = match verb {
        "kafka-topic" => KafkaAction::CreateTopic(args.topic()?, args.option("partitions")?.unwrap_or(1)),
        "kafka-delete-topic" => KafkaAction::DeleteTopic(args.topic()?),
        "kafka-delete-records" => {
            let partition = partition(args)?;
            KafkaAction::DeleteRecords(partition, args.required("before")?)
        }
        "kafka-alter-offset" => {
            let group = args.next("the name of a group")?.into();
            let partition = partition(args)?;
            let offset = args.required("offset")?;
            KafkaAction::AlterOffset { group, partition, offset, epoch: args.option("epoch")? }
        }
        "kafka-offsets" => KafkaAction::Offsets(args.next("the name of a group")?.into()),
        "kafka-ends" => KafkaAction::Ends(args.topic()?),
        _ => return Ok(None),
    };
    let broker = broker(args);
    Ok(Some(admin(action, broker)))
}

fn broker(args: &mut Arguments) -> Option<NodeId> {
    args.text("broker").map(NodeId::from)
}

fn partition(args: &mut Arguments) -> Result<TopicPartition, CommandError> {
    Ok(TopicPartition { topic: args.topic()?, partition: args.option("partition")?.unwrap_or(0) })
}

fn read_consumer(args: &mut Arguments) -> Result<KafkaConsumerSpec, CommandError> {
    Ok(KafkaConsumerSpec {
        manual: args.flag("manual") || args.option("manual")?.unwrap_or(false),
        group: args.required::<String>("group")?.into(),
        topics: args.list("topic").ok_or_else(|| args.error("topic=… is missing"))?,
        reset: args.option("reset")?.unwrap_or_default(),
        isolation: args.option("isolation")?.unwrap_or_default(),
        errors: args.option("errors")?,
        client_id: args.text("id"),
        broker: broker(args),
    })
}

fn read_send(args: &mut Arguments) -> Result<KafkaSend, CommandError> {
    let partition = partition(args)?;
    let end = match args.text("end").as_deref() {
        None | Some("commit") => Some(Marker::Commit),
        Some("abort") => Some(Marker::Abort),
        Some("open") => None,
        Some(other) => return Err(args.error(format_args!("end={other}: write commit, abort or open"))),
    };
    Ok(KafkaSend {
        partition,
        count: args.option("count")?.unwrap_or(1),
        key: args.text("key").unwrap_or_else(|| "k".to_owned()).into(),
        per: args.option("per")?.unwrap_or(1),
        end,
    })
}

/// Writes one option with quotes where it needs them, unless it has its default.
fn put<T: PartialEq + fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    default: Option<T>,
    key: &str,
    value: Option<T>,
) -> fmt::Result {
    match value {
        Some(value) if default.as_ref() != Some(&value) => {
            write!(f, " {key}={}", super::print::quoted(&value.to_string()))
        }
        _ => Ok(()),
    }
}

/// Prints a node of Kafka as the command that makes it.
pub(super) fn print_spec(f: &mut fmt::Formatter<'_>, node: &NodeId, spec: &KafkaSpec) -> fmt::Result {
    match spec {
        KafkaSpec::Broker(port) => {
            write!(f, "kafka-broker {node}")?;
            put(f, None, "port", port.as_ref())
        }
        KafkaSpec::Producer { transactional_id, transaction_timeout, broker } => {
            write!(f, "kafka-producer {node}")?;
            put(f, None, "transactional-id", transactional_id.as_ref())?;
            put(f, None, "transaction-timeout", transaction_timeout.as_ref())?;
            put(f, None, "broker", broker.as_ref())
        }
        KafkaSpec::Consumer(spec) => {
            let topics: Vec<_> = spec.topics.iter().map(TopicName::as_str).collect();
            write!(f, "kafka-consumer {node}")?;
            put(f, None, "group", Some(&spec.group))?;
            put(f, None, "topic", Some(topics.join(",")))?;
            put(f, Some(OffsetReset::default()), "reset", Some(spec.reset))?;
            if spec.manual {
                f.write_str(" manual")?;
            }
            put(f, Some(IsolationLevel::default()), "isolation", Some(spec.isolation))?;
            put(f, None, "errors", spec.errors)?;
            put(f, None, "id", spec.client_id.as_ref())?;
            put(f, None, "broker", spec.broker.as_ref())
        }
        KafkaSpec::Admin(admin) => write!(f, "{admin}"),
    }
}

impl fmt::Display for KafkaAdmin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.action {
            KafkaAction::CreateTopic(topic, partitions) => {
                write!(f, "kafka-topic {topic}")?;
                put(f, Some(1), "partitions", Some(*partitions))?;
            }
            KafkaAction::DeleteTopic(topic) => write!(f, "kafka-delete-topic {topic}")?,
            KafkaAction::DeleteRecords(partition, before) => {
                write!(f, "kafka-delete-records {} before={before}", partition.topic)?;
                put(f, Some(0), "partition", Some(partition.partition))?;
            }
            KafkaAction::AlterOffset { group, partition, offset, epoch } => {
                write!(f, "kafka-alter-offset {group} {} offset={offset}", partition.topic)?;
                put(f, None, "epoch", *epoch)?;
                put(f, Some(0), "partition", Some(partition.partition))?;
            }
            KafkaAction::Offsets(group) => write!(f, "kafka-offsets {group}")?,
            KafkaAction::Ends(topic) => write!(f, "kafka-ends {topic}")?,
            KafkaAction::ConsumerGroups(line) => write!(f, "kafka-consumer-groups {line}")?,
        }
        put(f, None, "broker", self.broker.as_ref())
    }
}

impl fmt::Display for KafkaCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(node, send) => {
                write!(f, "kafka-send {node} {}", send.partition.topic)?;
                put(f, Some(1), "count", Some(send.count))?;
                put(f, Some("k"), "key", Some(&*send.key))?;
                put(f, Some(0), "partition", Some(send.partition.partition))?;
                put(f, Some(1), "per", Some(send.per))?;
                put(f, Some("commit"), "end", Some(send.end.map_or("open", Marker::word)))
            }
            Self::End(node, Marker::Commit) => write!(f, "kafka-end {node}"),
            Self::End(node, Marker::Abort) => write!(f, "kafka-end {node} abort"),
            Self::Copy(node) => write!(f, "kafka-copy {node}"),
            Self::Restore(node) => write!(f, "kafka-restore {node}"),
        }
    }
}
