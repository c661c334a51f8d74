//! The things of the language and their fields: the one list that parser, evaluation and handbook read.

use super::kafka::{self, KafkaRow};
use super::rows::{self, Row};
use super::value::{Type, Value};
use crate::fact::Fact;
use crate::rpc::perm;
use crate::view::TopicKind;

/// A field of a thing.
#[derive(Debug)]
pub struct FieldInfo {
    /// As it is written.
    pub name: &'static str,
    /// Its type.
    pub kind: Type,
    /// All texts that it can be; empty when there is no end to them.
    pub words: &'static [&'static str],
    /// What it is.
    pub about: &'static str,
    pub(super) get: for<'a> fn(&Row<'a>) -> Value<'a>,
}

/// A kind of thing that one can ask about.
#[derive(Debug)]
pub struct ThingInfo {
    /// As it is written.
    pub name: &'static str,
    /// What it is, and in which order there are several.
    pub about: &'static str,
    /// What can be asked of it.
    pub fields: &'static [FieldInfo],
}

impl ThingInfo {
    pub(super) fn field(&self, name: &str) -> Option<&'static FieldInfo> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// The thing of this name.
pub(super) fn thing(name: &str) -> Option<&'static ThingInfo> {
    THINGS.iter().find(|thing| thing.name == name)
}

/// Writes the list: for each thing its name, what it is, the row that it is read from, and its fields with type, words,
/// meaning and where the value comes from.
macro_rules! things {
    ($($thing:literal, $about:literal, $row:pat => {
        $($name:literal: $kind:ident $([$words:expr])?, $field_about:literal => $value:expr;)+
    })+) => {
        /// Everything that one can ask about.
        pub const THINGS: &[ThingInfo] = &[$(
            ThingInfo { name: $thing, about: $about, fields: &[$(
                FieldInfo {
                    name: $name,
                    kind: Type::$kind,
                    words: words!($($words)?),
                    about: $field_about,
                    get: {
                        fn get<'a>(row: &Row<'a>) -> Value<'a> {
                            #[allow(unused_variables, clippy::allow_attributes, reason = "each field reads its part of the row")]
                            match *row {
                                $row => $value,
                                _ => Value::Nothing,
                            }
                        }
                        get
                    },
                },
            )+] },
        )+];
    };
}

macro_rules! words {
    () => {
        &[]
    };
    ($words:expr) => {
        $words
    };
}

/// The words of [`TopicKind`].
const TOPIC_KINDS: &[&str] = &["ordinary", "retry", "dead-letter", "system"];
/// The words of [`BrokerRole`](crate::config::BrokerRole).
const ROLES: &[&str] = &["ASYNC_MASTER", "SYNC_MASTER", "SLAVE"];
/// The words of [`FlushDiskType`](crate::config::FlushDiskType).
const FLUSH: &[&str] = &["SYNC_FLUSH", "ASYNC_FLUSH"];
/// The words of [`MessageModel`](crate::config::MessageModel).
const MODELS: &[&str] = &["CLUSTERING", "BROADCASTING"];
/// The kinds of nodes.
const NODES: &[&str] = &["name-server", "broker", "producer", "consumer", "registry", "registry-client"];
/// The words of [`RegistryModel`](crate::command::RegistryModel).
const REGISTRY_MODELS: &[&str] = &["pull", "watch", "long-polling"];
/// The words of [`ServerChoice`](crate::command::ServerChoice).
const CHOICES: &[&str] = &["rocketmq", "zookeeper"];

const fn kind_of(kind: TopicKind) -> &'static str {
    match kind {
        TopicKind::Ordinary => "ordinary",
        TopicKind::Retry => "retry",
        TopicKind::DeadLetter => "dead-letter",
        TopicKind::System => "system",
    }
}

fn maybe_text<'a>(text: Option<&'a str>) -> Value<'a> {
    Value::or_nothing(text.map(Value::text))
}

fn maybe_number<'a>(number: Option<u64>) -> Value<'a> {
    Value::or_nothing(number.map(Value::number))
}

things! {
    "node", "a process: name servers, brokers, producers, consumers, registries, their clients, in this order", Row::Node(node, kind) => {
        "name": Text, "its name in the lab" => Value::text(node.id.as_str());
        "kind": Text [NODES], "what it is" => Value::text(kind);
        "status": Text [rows::STATUS], "its state" => Value::text(rows::status(node.status));
        "since": Moment, "since when it is in this state" => Value::Moment(node.since);
        "address": Text, "ip and port" => Value::text(node.address.to_string());
        "connections": Number, "nodes it has a connection with" => Value::number(node.connections.len());
    }
    "registration", "a broker in the tables of a name server, which may be dead by now; by name server, broker name, id",
        Row::Registration(server, broker) => {
        "name-server": Text, "whose table" => Value::text(server.node.id.as_str());
        "broker-name": Text, "the name shared with its replicas" => Value::text(broker.broker_name.as_str());
        "broker-id": Number, "0 for the master" => Value::number(broker.broker_id.0);
        "address": Text, "where it is said to be" => Value::text(broker.address.to_string());
        "last-update": Moment, "when it last gave a sign of life" => Value::Moment(broker.last_update);
        "alive": Truth, "whether a process really answers there" => Value::Truth(broker.alive);
    }
    "registered-topic", "a topic of one broker name in the table of a name server; by name server, topic",
        Row::RegisteredTopic(server, topic, broker_name, config) => {
        "name-server": Text, "whose table" => Value::text(server.node.id.as_str());
        "topic": Text, "the topic" => Value::text(topic.topic.as_str());
        "broker-name": Text, "the broker name" => Value::text(broker_name.as_str());
        "read": Number, "queues to read from" => Value::number(config.read_queue_nums);
        "write": Number, "queues to write to" => Value::number(config.write_queue_nums);
        "perm": Number, "2 write, 4 read, 6 both" => Value::number(config.perm);
    }
    "broker", "a broker, running or not; by broker name, id", Row::Broker(broker) => {
        "name": Text, "its name in the lab" => Value::text(broker.node.id.as_str());
        "broker-name": Text, "the name shared with its replicas" => Value::text(broker.broker_name.as_str());
        "broker-id": Number, "0 for the master" => Value::number(broker.broker_id.0);
        "role": Text [ROLES], "master or slave" => Value::text(broker.role.to_string());
        "flush": Text [FLUSH], "when it answers a send" => Value::text(broker.flush.to_string());
        "status": Text [rows::STATUS], "its state" => Value::text(rows::status(broker.node.status));
        "permission": Number, "brokerPermission" => Value::number(broker.permission);
        "log-min": Number, "where its commit log begins, in bytes" => Value::number(broker.log.min.0);
        "log-max": Number, "where its commit log ends, in bytes" => Value::number(broker.log.max.0);
        "flushed": Number, "up to where the log survives a power failure" => Value::number(broker.log.flushed.0);
        "records": Number, "messages in its commit log" => Value::number(broker.log.records);
        "held-pulls": Number, "pulls that wait for a message" => Value::number(broker.held_pulls.len());
        "slaves": Number, "slaves that copy from it" => Value::number(broker.slaves.len());
    }
    "topic", "a topic at a broker, system topics included; by broker, topic", Row::Topic(broker, topic) => {
        "broker": Text, "the broker's name in the lab" => Value::text(broker.node.id.as_str());
        "broker-name": Text, "its broker name" => Value::text(broker.broker_name.as_str());
        "name": Text, "the topic" => Value::text(topic.topic.as_str());
        "kind": Text [TOPIC_KINDS], "what it is for" => Value::text(kind_of(topic.kind()));
        "read": Number, "queues to read from" => Value::number(topic.config.read_queue_nums);
        "write": Number, "queues to write to" => Value::number(topic.config.write_queue_nums);
        "perm": Number, "2 write, 4 read, 6 both, 0 none" => Value::number(topic.config.perm);
        "perm-text": Text, "the same as mqadmin prints it: RW-, -W-, R--" => Value::text(perm::text(topic.config.perm));
        "messages": Number, "messages in its queues" => Value::number(topic.messages());
    }
    "queue", "a queue at a broker; by broker, topic, number", Row::Queue(broker, topic, queue) => {
        "broker": Text, "the broker's name in the lab" => Value::text(broker.node.id.as_str());
        "broker-name": Text, "its broker name" => Value::text(broker.broker_name.as_str());
        "broker-id": Number, "0 for the master" => Value::number(broker.broker_id.0);
        "topic": Text, "the topic" => Value::text(topic.topic.as_str());
        "number": Number, "the queue's number" => Value::number(queue.queue_id.0);
        "min": Number, "the first offset that is still there" => Value::number(queue.min.0);
        "max": Number, "the offset of the next message" => Value::number(queue.max.0);
        "depth": Number, "messages in it" => Value::number(queue.max.0.saturating_sub(queue.min.0));
        "readable": Truth, "whether consumers are given it" => Value::Truth(queue.queue_id.0 < topic.config.read_queue_nums);
        "writable": Truth, "whether producers are given it" => Value::Truth(queue.queue_id.0 < topic.config.write_queue_nums);
    }
    "offset", "the position of a group in a queue, as a broker has it; by broker, group, topic, queue",
        Row::Offset(broker, offset) => {
        "broker": Text, "the broker's name in the lab" => Value::text(broker.node.id.as_str());
        "broker-name": Text, "its broker name" => Value::text(broker.broker_name.as_str());
        "group": Text, "the group" => Value::text(offset.group.as_str());
        "topic": Text, "the topic" => Value::text(offset.topic.as_str());
        "queue": Number, "the queue's number" => Value::number(offset.queue_id.0);
        "offset": Number, "the next offset to consume" => Value::number(offset.offset.0);
        "lag": Number, "end of the queue less that offset: mqadmin's Diff" => Value::Number(offset.lag);
    }
    "client", "a member of a group that a broker knows; by broker, group, id", Row::Client(broker, client) => {
        "broker": Text, "the broker's name in the lab" => Value::text(broker.node.id.as_str());
        "client-id": Text, "who" => Value::text(client.client_id.as_str());
        "group": Text, "the group" => Value::text(client.group.as_str());
        "consumes": Truth, "whether it consumes; else it produces" => Value::Truth(client.consumes);
        "last-heartbeat": Moment, "when its last heartbeat came" => Value::Moment(client.last_heartbeat);
    }
    "producer", "a producer; by group, name", Row::Producer(producer) => {
        "name": Text, "its name in the lab" => Value::text(producer.node.id.as_str());
        "group": Text, "its group" => Value::text(producer.group.as_str());
        "client-id": Text, "ip@instance" => Value::text(producer.client_id.as_str());
        "status": Text [rows::STATUS], "its state" => Value::text(rows::status(producer.node.status));
        "succeeded": Number, "sends that it was told are stored" => Value::number(producer.succeeded);
        "failed": Number, "sends that failed" => Value::number(producer.failed);
        "routes": Number, "topics whose route it knows" => Value::number(producer.routes.len());
    }
    "consumer", "a consumer; by group, name", Row::Consumer(consumer) => {
        "name": Text, "its name in the lab" => Value::text(consumer.node.id.as_str());
        "group": Text, "its group" => Value::text(consumer.group.as_str());
        "client-id": Text, "ip@instance" => Value::text(consumer.client_id.as_str());
        "status": Text [rows::STATUS], "its state" => Value::text(rows::status(consumer.node.status));
        "model": Text [MODELS], "how the group divides the queues" => Value::text(consumer.model.to_string());
        "strategy": Text, "AVG, AVG_BY_CIRCLE, …" => Value::text(consumer.strategy.to_string());
        "filter": Text, "its expression of tags" => Value::text(&*consumer.tags);
        "subscribes": Number, "topics it subscribes to" => Value::number(consumer.topics.len());
        "consumed": Number, "messages its listener has finished" => Value::number(consumer.consumed);
        "queues": Number, "queues it holds, without its retry topic" => Value::number(
            consumer.queues.iter().filter(|it| !it.queue.topic.is_retry() && !it.dropped).count()
        );
    }
    "assignment", "a queue that a consumer holds; by consumer, queue", Row::Assignment(consumer, held) => {
        "consumer": Text, "who holds it" => Value::text(consumer.node.id.as_str());
        "group": Text, "the group" => Value::text(consumer.group.as_str());
        "topic": Text, "the topic" => Value::text(held.queue.topic.as_str());
        "broker-name": Text, "the queue's broker name" => Value::text(held.queue.broker_name.as_str());
        "queue": Number, "the queue's number" => Value::number(held.queue.queue_id.0);
        "pull-offset": Number, "from where it pulls next" => Value::number(held.pull_offset.0);
        "commit-offset": Number, "what it would commit now" => maybe_number(held.commit_offset.map(|it| it.0));
        "cached": Number, "messages pulled and not finished" => Value::number(held.cached);
        "in-work": Number, "of these, in a listener right now" => Value::number(held.in_work);
        "dropped": Truth, "given up, only the listener still works" => Value::Truth(held.dropped);
    }
    "local-offset", "the position in a queue in a broadcasting consumer's own file; by consumer, queue",
        Row::LocalOffset(consumer, queue, offset) => {
        "consumer": Text, "whose file" => Value::text(consumer.node.id.as_str());
        "group": Text, "its group" => Value::text(consumer.group.as_str());
        "topic": Text, "the topic" => Value::text(queue.topic.as_str());
        "broker-name": Text, "the queue's broker name" => Value::text(queue.broker_name.as_str());
        "queue": Number, "the queue's number" => Value::number(queue.queue_id.0);
        "offset": Number, "the next offset to consume" => Value::number(offset);
    }
    "route", "a route that a client has cached; producers first, by client, topic", Row::Route(client, route) => {
        "client": Text, "the client's name in the lab" => Value::text(client.id.as_str());
        "topic": Text, "the topic" => Value::text(route.topic.as_str());
        "brokers": Number, "replicas in it" => Value::number(route.brokers.len());
        "writable": Number, "queues that a producer chooses from" => Value::number(route.writable.len());
        "readable": Number, "queues that consumers divide" => Value::number(route.readable.len());
        "stale": Number, "broker names in it that are dead" => Value::number(route.stale.len());
        "checked-at": Moment, "when a name server last answered for it" => Value::Moment(route.checked_at);
        "changed-at": Moment, "when the answer last differed" => Value::Moment(route.changed_at);
    }
    "registry", "a registry, which keeps a list of members; in the order of their addition", Row::Registry(registry) => {
        "name": Text, "its name in the lab" => Value::text(registry.node.id.as_str());
        "status": Text [rows::STATUS], "its state" => Value::text(rows::status(registry.node.status));
        "model": Text [REGISTRY_MODELS], "how its clients learn of changes" => Value::text(registry.model.to_string());
        "members": Text, "its list, with blanks between" => Value::text(rows::members(&registry.members));
        "version": Number, "the number of the last change, from 1" => Value::number(registry.version);
        "changed-at": Moment, "when that was" => Value::Moment(registry.changed_at);
        "clients": Number, "clients that are connected" => Value::number(registry.clients);
        "watches": Number, "watches that have not fired" => Value::number(registry.watches);
        "held": Number, "questions that it holds" => Value::number(registry.held);
        "requests": Number, "questions since its process began, pings included" => Value::number(registry.counts.requests);
        "pushes": Number, "word of changes that nobody had asked for" => Value::number(registry.counts.pushes);
        "lists": Number, "lists that it sent" => Value::number(registry.counts.lists);
        "connected": Number, "connections that clients have made" => Value::number(registry.counts.connections);
    }
    "registry-client", "a client of registries; in the order of their addition", Row::RegistryClient(client) => {
        "name": Text, "its name in the lab" => Value::text(client.node.id.as_str());
        "group": Text, "its name without its number" => Value::text(client.group.as_str());
        "status": Text [rows::STATUS], "its state" => Value::text(rows::status(client.node.status));
        "model": Text [REGISTRY_MODELS], "how it learns of changes" => Value::text(client.model.to_string());
        "choose": Text [CHOICES], "how it picks a server" => Value::text(client.choose.to_string());
        "registry": Text, "the one that it is connected to" => maybe_text(client.registry.as_ref().map(|it| it.as_str()));
        "members": Text, "the list that it knows" => Value::or_nothing(client.members.as_ref().map(|it| Value::text(rows::members(it))));
        "learned-at": Moment, "when that list became another" => Value::or_nothing(client.learned_at.map(Value::Moment));
        "delay": Span, "from that change to its knowing; nothing for its first list" => Value::or_nothing(client.delay.map(Value::span));
        "behind": Span, "how long its list has been out of date; nothing when it is not" => Value::or_nothing(client.behind.map(Value::span));
        "skipped": Number, "changes that it never saw" => Value::number(client.skipped);
        "requests": Number, "questions since its process began, pings included" => Value::number(client.counts.requests);
        "pushes": Number, "word of changes that it had not asked for" => Value::number(client.counts.pushes);
        "lists": Number, "lists that it was sent" => Value::number(client.counts.lists);
        "connected": Number, "connections that it has made" => Value::number(client.counts.connections);
    }
    "setting", "a setting of a broker or client; by node", Row::Setting(node, key, value) => {
        "node": Text, "the node's name" => Value::text(node.id.as_str());
        "key": Text, "RocketMQ's key" => Value::text(key);
        "value": Text, "its value" => Value::text(value);
    }
    "kafka-log", "a partition's log at a Kafka broker; by broker, topic, partition", Row::Kafka(KafkaRow::Log(broker, log)) => {
        "broker": Text, "the broker's name in the lab" => Value::text(broker.node.id.as_str());
        "topic": Text, "the topic" => Value::text(log.partition.topic.as_str());
        "partition": Number, "the partition's number" => Value::number(log.partition.partition);
        "start": Number, "the first offset that is still there (logStartOffset)" => Value::number(log.start);
        "end": Number, "the offset of the next record (LOG-END-OFFSET)" => Value::number(log.end);
        "last-stable": Number, "up to where read_committed reads (lastStableOffset)" => Value::number(log.last_stable);
        "epoch": Number, "the leader epoch" => Value::number(log.leader_epoch);
        "leader": Truth, "whether the broker leads it" => Value::Truth(log.has_leader);
    }
    "kafka-group", "a Kafka group in a partition for which it has committed an offset; by broker, group, partition",
        Row::Kafka(KafkaRow::Group(broker, group, commit)) => {
        "broker": Text, "the broker's name in the lab" => Value::text(broker.node.id.as_str());
        "group": Text, "the group" => Value::text(group.group.as_str());
        "state": Text [kafka::GROUP_STATES], "its state at the coordinator" => Value::text(group.state);
        "generation": Number, "rises with every rebalance" => Value::number(group.generation);
        "members": Number, "its members" => Value::number(group.members.len());
        "topic": Text, "the topic" => Value::text(commit.partition.topic.as_str());
        "partition": Number, "the partition's number" => Value::number(commit.partition.partition);
        "committed": Number, "the committed offset (CURRENT-OFFSET)" => Value::number(commit.offset);
        "epoch": Number, "the leader epoch in the commit; nothing when it has none" => maybe_number(commit.leader_epoch.map(u64::from));
        "end": Number, "where the log ends (LOG-END-OFFSET)" => Value::number(commit.end);
        "lag": Number, "that end less the offset (LAG)" => Value::Number(commit.lag);
    }
    "kafka-consumer", "a Kafka consumer in a partition that it holds, once without one when it holds none; in the order of their addition",
        Row::Kafka(KafkaRow::Consumer(consumer, held)) => {
        "name": Text, "its name in the lab" => Value::text(consumer.node.id.as_str());
        "group": Text, "its group" => Value::text(consumer.group.as_str());
        "status": Text [rows::STATUS], "its state" => Value::text(rows::status(consumer.node.status));
        "reset": Text [kafka::RESETS], "auto.offset.reset" => Value::text(consumer.reset.to_string());
        "exceptions": Number, "exceptions that its polls threw" => Value::number(consumer.exceptions);
        "last-exception": Text, "the last of them" => maybe_text(consumer.last_exception.as_deref());
        "topic": Text, "the topic" => maybe_text(held.map(|it| it.partition.topic.as_str()));
        "partition": Number, "the partition's number" => maybe_number(held.map(|it| u64::from(it.partition.partition)));
        "state": Text [kafka::FETCH_STATES], "what has to happen next" => Value::or_nothing(held.map(|it| Value::text(it.state.to_string())));
        "position": Number, "the next record to read" => maybe_number(held.and_then(|it| it.offset));
        "epoch": Number, "the leader epoch of the record before that" => maybe_number(held.and_then(|it| it.epoch).map(u64::from));
        "stalled": Truth, "whether it has seen a newer leader epoch than the broker's, and waits without a word"
            => Value::Truth(held.is_some_and(|it| it.stalled.is_some()));
    }
    "kafka-read", "records of a partition that a poll returned; in the order in which it did", Row::Kafka(KafkaRow::Read(event, view)) => {
        "id": Number, "the number of the event in the run" => Value::number(event.id.number());
        "at": Moment, "when" => Value::Moment(event.at);
        "consumer": Text, "whose poll" => maybe_text(event.node.as_ref().map(|node| node.as_str()));
        "group": Text, "its group" => maybe_text(rows::group(event, view));
        "topic": Text, "the topic" => maybe_text(event.fact.topic().map(|topic| topic.as_str()));
        "partition": Number, "the partition's number" => maybe_number(kafka::partition(event).map(u64::from));
        "count": Number, "how many records; markers are none" => maybe_number(kafka::range(event).map(|it| u64::from(it.0)));
        "first": Number, "offset of the first" => maybe_number(kafka::range(event).map(|it| it.1));
        "last": Number, "offset of the last" => maybe_number(kafka::range(event).map(|it| it.2));
        "first-key": Text, "key of the first" => maybe_text(kafka::range(event).map(|it| it.3));
        "last-key": Text, "key of the last" => maybe_text(kafka::range(event).map(|it| it.4));
    }
    "message", "a message that was stored, with its way through the run; in the order of their first storing",
        Row::Message(life) => {
        "key": Text, "the application's key" => maybe_text(life.first.key.as_deref());
        "unique-key": Text, "the producer's id (msgId)" => Value::text(&*life.first.unique_key);
        "tag": Text, "its tag" => maybe_text(life.tag);
        "topic": Text, "the topic" => Value::text(life.first.queue.topic.as_str());
        "broker-name": Text, "where it was stored first" => Value::text(life.first.queue.broker_name.as_str());
        "queue": Number, "in this queue" => Value::number(life.first.queue.queue_id.0);
        "offset": Number, "at this offset" => Value::number(life.first.offset.0);
        "at": Moment, "when it was stored first" => Value::Moment(life.at);
        "stored": Number, "how often it was stored in its topic, copies of slaves not counted" => Value::Number(life.stored);
        "delivered": Number, "how often a listener was called with it" => Value::Number(life.delivered);
        "consumed": Number, "how often a listener finished it well" => Value::Number(life.consumed);
        "members": Number, "how many consumers had it" => Value::number(life.members.len());
    }
    "event", "something that happened, up to now; in the order in which it did", Row::Event(event, view) => {
        "id": Number, "its number in the run" => Value::number(event.id.number());
        "kind": Text [Fact::KINDS], "what, as the panel of events names it" => Value::text(event.fact.kind());
        "at": Moment, "when" => Value::Moment(event.at);
        "node": Text, "whose it is" => maybe_text(event.node.as_ref().map(|node| node.as_str()));
        "text": Text, "the whole line behind the kind" => Value::text(event.fact.to_string());
        "topic": Text, "the topic" => maybe_text(event.fact.topic().map(|topic| topic.as_str()));
        "broker-name": Text, "the broker name" => maybe_text(rows::broker_name(&event.fact).map(|name| name.as_str()));
        "queue": Number, "the queue's number" => maybe_number(rows::queue_id(&event.fact).map(u64::from));
        "offset": Number, "the offset, after a change" => maybe_number(rows::offset(&event.fact));
        "offset-before": Number, "the offset before a change" => maybe_number(rows::offset_before(&event.fact));
        "key": Text, "the message's key" => maybe_text(rows::key(&event.fact));
        "unique-key": Text, "the message's id of the producer" => maybe_text(event.fact.unique_key().map(|key| &**key));
        "tag": Text, "the message's tag, of stores and frames" => maybe_text(rows::tag(&event.fact));
        "group": Text, "the group: the fact's, else the client's" => maybe_text(rows::group(event, view));
        "to": Text, "the other node" => maybe_text(rows::to(&event.fact));
        "request": Text, "RocketMQ's name of the request, of frames" => maybe_text(rows::request(&event.fact));
        "result": Text, "how it went: status, code, reason, exception, output" => Value::or_nothing(rows::result(&event.fact).map(Value::text));
        "took": Span, "how long it took, of sends; how late a list of members is learned" => Value::or_nothing(rows::took(&event.fact).map(Value::span));
    }
}
