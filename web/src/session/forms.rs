//! Small forms for commands that need more than a node's name.
//!
//! A form is a list of fields; what they make together is one line of the lab's notation, shown while it is filled
//! in and sent through the same reader as a typed line. A field that holds its default is left out of the line.

mod kafka;

use lab_core::config::{AllocateStrategy, ConsumeFromWhere, MessageModel};
use lab_core::gather::Arrange as _;
use lab_core::id::{BrokerId, NodeId};
use lab_core::view::{BrokerView, View};

use super::on_real_cluster::word as tool_word;
use crate::geometry::own_controllers;

/// How clients of a registry learn of changes.
const REGISTRY_MODELS: [&str; 3] = ["pull", "watch", "long-polling"];
/// How they choose one of several; as their model does when it is left out.
const SERVER_CHOICES: [&str; 3] = ["", "rocketmq", "zookeeper"];

/// What a form is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormKind {
    /// Adds a name server.
    AddNameServer,
    /// Adds a controller (V5).
    AddController,
    /// Adds a master.
    AddBroker,
    /// Adds a slave of a broker name.
    AddSlave,
    /// Adds a producer.
    AddProducer,
    /// Adds a consumer.
    AddConsumer,
    /// Creates or changes a topic.
    AddTopic,
    /// Sends some messages.
    Send(NodeId),
    /// Sends at a rate.
    Produce(NodeId),
    /// Cuts a link.
    Cut(NodeId),
    /// Holds what passes a link.
    Hold(NodeId),
    /// Changes settings.
    Set(NodeId),
    /// Sets a broker's messages back.
    RollBack(NodeId),
    /// Fixes where a producer's next round begins.
    Pin(NodeId),
    /// Changes latency and loss of a link.
    Link(NodeId),
    /// Sets a group's offsets to a time, with `mqadmin`.
    ResetOffset(NodeId),
    /// Sets a group's offsets to the end, with `mqadmin`.
    SkipAccumulated(NodeId),
    /// Changes the settings of a group, with `mqadmin`.
    UpdateSubGroup(NodeId),
    /// Takes a group from a broker, with `mqadmin`.
    DeleteSubGroup(NodeId),
    /// Takes a topic from a cluster, with `mqadmin`.
    DeleteTopic(NodeId),
    /// Changes a setting of a broker, with `mqadmin`.
    UpdateBrokerConfig(NodeId),
    /// Adds a registry.
    AddRegistry,
    /// Adds clients of registries.
    AddRegistryClient,
    /// Changes the list that registries keep.
    Member,
    /// Adds a Kafka broker.
    AddKafkaBroker,
    /// Adds a Kafka producer.
    AddKafkaProducer,
    /// Adds a Kafka consumer.
    AddKafkaConsumer,
    /// Creates a topic of Kafka.
    AddKafkaTopic,
    /// Has a Kafka producer send.
    KafkaSend(NodeId),
    /// Deletes a topic of Kafka.
    KafkaDeleteTopic(NodeId),
    /// Deletes the records of a Kafka partition before an offset.
    KafkaDeleteRecords(NodeId),
    /// Sets a group offset in Kafka.
    KafkaAlterOffset(NodeId),
    /// Prints the offsets of a Kafka group with their leader epochs.
    KafkaOffsets(NodeId),
    /// Prints the ends of a Kafka topic's partitions.
    KafkaEnds(NodeId),
    /// Runs Kafka's command line tool for groups.
    KafkaConsumerGroups(NodeId),
}

/// What stands together in the dialog that adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormGroup {
    /// RocketMQ's own nodes.
    RocketMq,
    /// Registries.
    Registries,
    /// Kafka's nodes.
    Kafka,
}

impl FormGroup {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::RocketMq, Self::Registries, Self::Kafka];

    /// What can be added of it, in the order of the tabs.
    pub const fn kinds(self) -> &'static [FormKind] {
        match self {
            Self::RocketMq => &[
                FormKind::AddNameServer,
                FormKind::AddController,
                FormKind::AddBroker,
                FormKind::AddSlave,
                FormKind::AddProducer,
                FormKind::AddConsumer,
                FormKind::AddTopic,
            ],
            Self::Registries => &[FormKind::AddRegistry, FormKind::AddRegistryClient, FormKind::Member],
            Self::Kafka => &[
                FormKind::AddKafkaBroker,
                FormKind::AddKafkaTopic,
                FormKind::AddKafkaProducer,
                FormKind::AddKafkaConsumer,
            ],
        }
    }

    /// The word by which tests know it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::RocketMq => "rocketmq",
            Self::Registries => "registries",
            Self::Kafka => "kafka",
        }
    }
}

impl FormKind {
    /// The group in which it stands in the dialog that adds; `None` for what acts on a node.
    pub fn group(&self) -> Option<FormGroup> {
        FormGroup::ALL.into_iter().find(|group| group.kinds().contains(self))
    }

    /// The verb of its command.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::AddNameServer => "name-server",
            Self::AddController => "controller",
            Self::AddBroker | Self::AddSlave => "broker",
            Self::AddProducer => "producer",
            Self::AddConsumer => "consumer",
            Self::AddTopic => "topic",
            Self::Send(_) => "send",
            Self::Produce(_) => "produce",
            Self::Cut(_) => "cut",
            Self::Hold(_) => "hold",
            Self::Set(_) => "set",
            Self::RollBack(_) => "roll-back",
            Self::Pin(_) => "pin",
            Self::Link(_) => "link",
            Self::ResetOffset(_) => "mqadmin resetOffsetByTime",
            Self::SkipAccumulated(_) => "mqadmin skipAccumulatedMessage",
            Self::UpdateSubGroup(_) => "mqadmin updateSubGroup",
            Self::DeleteSubGroup(_) => "mqadmin deleteSubGroup",
            Self::DeleteTopic(_) => "mqadmin deleteTopic",
            Self::UpdateBrokerConfig(_) => "mqadmin updateBrokerConfig",
            Self::AddRegistry => "registry",
            Self::AddRegistryClient => "registry-client",
            Self::Member => "member",
            Self::AddKafkaBroker => "kafka-broker",
            Self::AddKafkaProducer => "kafka-producer",
            Self::AddKafkaConsumer => "kafka-consumer",
            Self::AddKafkaTopic => "kafka-topic",
            Self::KafkaSend(_) => "kafka-send",
            Self::KafkaDeleteTopic(_) => "kafka-delete-topic",
            Self::KafkaDeleteRecords(_) => "kafka-delete-records",
            Self::KafkaAlterOffset(_) => "kafka-alter-offset",
            Self::KafkaOffsets(_) => "kafka-offsets",
            Self::KafkaEnds(_) => "kafka-ends",
            Self::KafkaConsumerGroups(_) => "kafka-consumer-groups",
        }
    }

    /// The word by which tests know it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::AddSlave => "slave",
            _ => match self.verb().strip_prefix("mqadmin ") {
                Some(command) => command,
                None => self.verb(),
            },
        }
    }
}

/// What a field asks for; its label stands in [`text`](crate::text).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the option of that name in the notation")]
pub enum FieldName {
    Node,
    BrokerName,
    BrokerId,
    Port,
    Role,
    Flush,
    SlaveRead,
    Group,
    NameServers,
    Instance,
    Topic,
    Topics,
    Tags,
    TagFilter,
    Model,
    From,
    Strategy,
    Work,
    Settings,
    Queues,
    ReadQueues,
    WriteQueues,
    Permission,
    Cluster,
    OnBroker,
    Key,
    Body,
    Count,
    Every,
    Queue,
    Peer,
    OneWay,
    To,
    SettingKey,
    SettingValue,
    Sql,
    Orderly,
    Fail,
    RetryLevel,
    Property,
    Hash,
    DelayLevel,
    DeliverAfter,
    DeliverAt,
    SendMode,
    Transaction,
    Checks,
    Then,
    Immunity,
    Start,
    Latency,
    Loss,
    Timestamp,
    ConsumeEnable,
    ConsumeBroadcastEnable,
    RetryQueueNums,
    RetryMaxTimes,
    RemoveOffset,
    Registries,
    ServerChoice,
    Member,
    Change,
    TransactionalId,
    KafkaBroker,
    OffsetReset,
    Isolation,
    Manual,
    Errors,
    Partitions,
    Partition,
    Per,
    End,
    Before,
    Offset,
    Epoch,
    ToolLine,
}

/// How a field is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// By typing.
    Text,
    /// By choosing.
    Choice(Vec<String>),
}

/// Where a field stands in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Word,
    Option(&'static str),
    Flag(&'static str),
    /// A word that is left out while it holds its default.
    Choice,
    /// An option of `mqadmin`.
    Tool(&'static str),
    Raw,
    Key,
    Value,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it asks for.
    pub name: FieldName,
    /// How it is filled in.
    pub input: Input,
    /// What it holds.
    pub value: String,
    /// Whether it is only shown when more options are asked for.
    pub is_more: bool,
    slot: Slot,
    default: String,
}

/// A form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// What it is for.
    pub kind: FormKind,
    /// Its fields, in order.
    pub fields: Vec<Field>,
}

impl Form {
    /// A form with what fits the cluster as it is.
    pub fn new(kind: FormKind, view: &View) -> Self {
        let mut form = Self { kind: kind.clone(), fields: Vec::new() };
        match &kind {
            FormKind::AddNameServer => {
                form.word(FieldName::Node, fresh(view, "nsrv-", Numbering::FromZero));
                form.option(FieldName::Port, "port", "");
            }
            FormKind::AddController => {
                form.word(FieldName::Node, fresh(view, "controller-", Numbering::FromZero));
                form.option(FieldName::Port, "port", "");
            }
            FormKind::AddBroker => form.broker(view),
            FormKind::AddSlave => form.slave(view),
            FormKind::AddProducer => {
                form.word(FieldName::Node, fresh(view, "producer-", Numbering::FromOne));
                form.option(FieldName::Group, "group", "order-pg");
                form.client(view);
            }
            FormKind::AddConsumer => form.consumer(view),
            FormKind::AddTopic => form.topic(view),
            FormKind::Send(node) => {
                form.job(node, view);
                form.option(FieldName::Count, "count", "1");
                form.option(FieldName::Every, "every", "");
                form.option(FieldName::DelayLevel, "delay", "");
                form.choice(FieldName::Transaction, "transaction", &TRANSACTIONS, "");
                form.manner();
                form.transaction();
            }
            FormKind::Produce(node) => {
                form.job(node, view);
                form.given(FieldName::Every, "every", "800ms");
                form.option(FieldName::DelayLevel, "delay", "");
                form.manner();
            }
            FormKind::Cut(node) | FormKind::Hold(node) => {
                form.word(FieldName::Node, node.to_string());
                form.choice_word(FieldName::Peer, others(view, node));
                form.flag(FieldName::OneWay, "one-way");
            }
            FormKind::Set(node) => form.settings(node, view),
            FormKind::RollBack(node) => {
                form.word(FieldName::Node, node.to_string());
                form.option(FieldName::To, "to", "0");
            }
            FormKind::Pin(node) => {
                form.word(FieldName::Node, node.to_string());
                form.word(FieldName::Topic, first_topic(view));
                form.given(FieldName::Start, "start", "0");
            }
            FormKind::Link(node) => {
                form.word(FieldName::Node, node.to_string());
                form.choice_word(FieldName::Peer, others(view, node));
                form.given(FieldName::Latency, "latency", "20..60");
                form.option(FieldName::Loss, "loss", "");
            }
            FormKind::ResetOffset(node) | FormKind::SkipAccumulated(node) => form.offsets(node, view),
            FormKind::UpdateSubGroup(node) => form.update_group(node, view),
            FormKind::DeleteSubGroup(node) => {
                form.tool(FieldName::OnBroker, "-b", &address_of(node, view));
                form.tool(FieldName::Group, "-g", &first_group(view));
                form.tool_choice(FieldName::RemoveOffset, "-r", &BOOLEANS, "");
            }
            FormKind::DeleteTopic(node) => {
                let cluster = broker_of(node, view).map_or("DefaultCluster", |it| it.cluster.as_str());
                form.tool(FieldName::Cluster, "-c", cluster);
                form.tool(FieldName::Topic, "-t", &first_topic(view));
            }
            FormKind::UpdateBrokerConfig(node) => {
                let settings = broker_of(node, view).into_iter().flat_map(|it| &it.settings);
                let keys: Vec<&str> = settings.map(|(key, _)| *key).collect();
                form.tool(FieldName::OnBroker, "-b", &address_of(node, view));
                form.tool_choice(FieldName::SettingKey, "-k", &keys, keys.first().copied().unwrap_or(""));
                form.tool(FieldName::SettingValue, "-v", "");
            }
            FormKind::AddRegistry => {
                form.word(FieldName::Node, fresh(view, "registry-", Numbering::FromOne));
                form.choice(FieldName::Model, "model", &REGISTRY_MODELS, REGISTRY_MODELS[0]);
                form.option(FieldName::Port, "port", "");
            }
            FormKind::AddRegistryClient => {
                form.word(FieldName::Node, fresh(view, "client-", Numbering::FromOne));
                form.option(FieldName::Count, "count", "1");
                form.option(FieldName::Registries, "registry", "");
                form.choice(FieldName::ServerChoice, "choose", &SERVER_CHOICES, "");
            }
            FormKind::Member => {
                form.word(FieldName::Member, "broker-a".to_owned());
                form.choice_word(FieldName::Change, ["add", "remove"].map(str::to_owned).to_vec());
                form.option(FieldName::Registries, "registry", "");
            }
            FormKind::AddKafkaBroker
            | FormKind::AddKafkaProducer
            | FormKind::AddKafkaConsumer
            | FormKind::AddKafkaTopic
            | FormKind::KafkaSend(_)
            | FormKind::KafkaDeleteTopic(_)
            | FormKind::KafkaDeleteRecords(_)
            | FormKind::KafkaAlterOffset(_)
            | FormKind::KafkaOffsets(_)
            | FormKind::KafkaEnds(_)
            | FormKind::KafkaConsumerGroups(_) => form.kafka(view),
        }
        form
    }

    /// The command line that the fields make.
    pub fn line(&self) -> String {
        let mut line = self.kind.verb().to_owned();
        let mut key = "";
        for field in &self.fields {
            let value = field.value.trim();
            match field.slot {
                Slot::Word => push(&mut line, &quoted(value)),
                Slot::Option(option) if !value.is_empty() && value != field.default => {
                    push(&mut line, &format!("{option}={}", quoted(value)));
                }
                Slot::Option(_) => {}
                Slot::Flag(flag) if value == YES => push(&mut line, flag),
                Slot::Flag(_) => {}
                Slot::Choice if value != field.default => push(&mut line, value),
                Slot::Choice => {}
                Slot::Tool(option) if !value.is_empty() => {
                    push(&mut line, &format!("{option} {}", tool_word(value)));
                }
                Slot::Tool(_) => {}
                Slot::Raw => push(&mut line, value),
                Slot::Key => key = value,
                Slot::Value if !key.is_empty() && !value.is_empty() => {
                    push(&mut line, &format!("{key}={}", quoted(value)));
                }
                Slot::Value => {}
            }
        }
        line
    }

    fn broker(&mut self, view: &View) {
        self.word(FieldName::Node, fresh(view, "broker-", Numbering::Letters));
        self.option(FieldName::BrokerName, "name", "");
        self.option(FieldName::Port, "port", "");
        self.choice(FieldName::Role, "brokerRole", &["ASYNC_MASTER", "SYNC_MASTER"], "ASYNC_MASTER");
        self.choice(FieldName::Flush, "flushDiskType", &["ASYNC_FLUSH", "SYNC_FLUSH"], "ASYNC_FLUSH");
        self.raw();
    }

    fn slave(&mut self, view: &View) {
        let mut names: Vec<String> =
            view.brokers.iter().map(|broker| broker.broker_name.to_string()).collect();
        names.dedup();
        let name = names.first().cloned().unwrap_or_default();
        let taken = view.brokers.iter().filter(|broker| broker.broker_name.as_str() == name);
        let taken = taken.map(|broker| broker.broker_id).filter(|id| *id != BrokerId::NONE);
        let id = taken.max().map_or(1, |id| id.0 + 1);
        self.word(FieldName::Node, fresh(view, &format!("{name}-"), Numbering::FromOne));
        self.put(FieldName::BrokerName, Slot::Option("name"), Input::Choice(names), "", &name);
        self.given(FieldName::BrokerId, "id", &id.to_string());
        self.option(FieldName::Port, "port", "");
        self.choice(FieldName::SlaveRead, "slaveReadEnable", &["false", "true"], "false");
        self.raw();
    }

    fn consumer(&mut self, view: &View) {
        let group = view.consumers.first().map_or("order-cg", |consumer| consumer.group.as_str());
        let topic = first_topic(view);
        self.word(FieldName::Node, fresh(view, "consumer-", Numbering::FromOne));
        self.given(FieldName::Group, "group", group);
        self.given(FieldName::Topics, "topic", &topic);
        self.option(FieldName::TagFilter, "tags", "*");
        self.flag(FieldName::Orderly, "orderly");
        self.option(FieldName::Fail, "fail", "0");
        self.choice(FieldName::Model, "model", &MODELS, "CLUSTERING");
        self.choice(FieldName::From, "from", &FROM, FROM[0]);
        self.choice(FieldName::Strategy, "strategy", &STRATEGIES, "AVG");
        self.given(FieldName::Work, "work", "200ms");
        let more = self.fields.len();
        self.option(FieldName::RetryLevel, "retry-level", "0");
        self.option(FieldName::RetryMaxTimes, "maxReconsumeTimes", "-1");
        self.option(FieldName::Sql, "sql", "");
        self.client(view);
        self.more_from(more);
    }

    fn topic(&mut self, view: &View) {
        let brokers = view.brokers.iter().filter(|broker| broker.broker_id.is_master());
        let brokers = std::iter::once(String::new()).chain(brokers.map(|broker| broker.node.id.to_string()));
        let name = if topics(view).is_empty() { "Orders" } else { "Refunds" };
        self.word(FieldName::Topic, name.to_owned());
        self.given(FieldName::Queues, "queues", "4");
        self.option(FieldName::ReadQueues, "read", "");
        self.option(FieldName::WriteQueues, "write", "");
        self.option(FieldName::Permission, "perm", "6");
        self.option(FieldName::Cluster, "cluster", "");
        self.put(FieldName::OnBroker, Slot::Option("broker"), Input::Choice(brokers.collect()), "", "");
    }

    fn job(&mut self, node: &NodeId, view: &View) {
        self.word(FieldName::Node, node.to_string());
        self.word(FieldName::Topic, first_topic(view));
        self.option_with(FieldName::Tags, "tag", "", "A");
        self.option_with(FieldName::Key, "key", "", "order");
        self.option(FieldName::Body, "body", "m");
    }

    /// How a message is sent, beside what it holds.
    fn manner(&mut self) {
        let more = self.fields.len();
        self.option(FieldName::Queue, "queue", "");
        self.option(FieldName::Hash, "hash", "");
        self.option(FieldName::Property, "property", "");
        self.option(FieldName::DeliverAfter, "deliver-after", "");
        self.option(FieldName::DeliverAt, "deliver-at", "");
        let modes = ["sync", "async", "one-way"].map(str::to_owned).to_vec();
        self.put(FieldName::SendMode, Slot::Choice, Input::Choice(modes), "sync", "sync");
        self.more_from(more);
    }

    /// How the local transaction of a half message goes on.
    fn transaction(&mut self) {
        let more = self.fields.len();
        self.option(FieldName::Checks, "checks", "");
        self.choice(FieldName::Then, "then", &TRANSACTIONS, "");
        self.option(FieldName::Immunity, "immunity", "");
        self.more_from(more);
    }

    /// Group and topic of a consumer, and where its offsets are to be set.
    fn offsets(&mut self, node: &NodeId, view: &View) {
        let consumer = view.consumers.iter().find(|it| it.node.id == *node);
        let topic =
            consumer.and_then(|it| it.topics.first()).map_or_else(|| first_topic(view), ToString::to_string);
        let group = consumer.map_or_else(|| first_group(view), |it| it.group.to_string());
        self.tool(FieldName::Group, "-g", &group);
        self.tool(FieldName::Topic, "-t", &topic);
        if matches!(self.kind, FormKind::ResetOffset(_)) {
            self.tool(FieldName::Timestamp, "-s", "now");
        }
    }

    /// The settings of a group; what is left empty takes the default of the tool.
    fn update_group(&mut self, node: &NodeId, view: &View) {
        self.tool(FieldName::OnBroker, "-b", &address_of(node, view));
        self.tool(FieldName::Group, "-g", &first_group(view));
        self.tool_choice(FieldName::ConsumeEnable, "-s", &BOOLEANS, "");
        self.tool_choice(FieldName::ConsumeBroadcastEnable, "-d", &BOOLEANS, "");
        self.tool(FieldName::RetryQueueNums, "-q", "");
        self.tool(FieldName::RetryMaxTimes, "-r", "");
    }

    fn client(&mut self, _view: &View) {
        self.option(FieldName::NameServers, "name-servers", "");
        self.option(FieldName::Instance, "id", "");
        self.raw();
    }

    fn settings(&mut self, node: &NodeId, view: &View) {
        self.word(FieldName::Node, node.to_string());
        let mut keys = vec![String::new()];
        if let Some(consumer) = view.consumers.iter().find(|consumer| consumer.node.id == *node) {
            self.choice(FieldName::Model, "model", &MODELS, &consumer.model.to_string());
            self.option(FieldName::Work, "work", &consumer.work.to_string());
            self.option(FieldName::Fail, "fail", &consumer.fail.to_string());
            self.option(FieldName::RetryLevel, "retry-level", &consumer.retry_level.to_string());
            let orderly = consumer.orderly.to_string();
            self.choice(FieldName::Orderly, "orderly", &BOOLEANS[1..], &orderly);
            self.option(FieldName::TagFilter, "tags", &consumer.tags);
            self.choice(FieldName::From, "from", &FROM, &consumer.from.to_string());
            let strategy = consumer.strategy.to_string();
            let others = STRATEGIES.into_iter().filter(|other| *other != strategy);
            let choices: Vec<_> = others.chain([strategy.as_str()]).collect();
            self.choice(FieldName::Strategy, "strategy", &choices, &strategy);
            keys.extend(consumer.settings.iter().map(|(key, _)| (*key).to_owned()));
        }
        let producer = view.producers.iter().find(|producer| producer.node.id == *node);
        keys.extend(producer.iter().flat_map(|it| &it.settings).map(|(key, _)| (*key).to_owned()));
        let broker = view.brokers.iter().find(|broker| broker.node.id == *node);
        keys.extend(broker.iter().flat_map(|it| &it.settings).map(|(key, _)| (*key).to_owned()));
        let server = view.name_servers.iter().find(|server| server.node.id == *node);
        keys.extend(server.iter().flat_map(|it| &it.settings).map(|(key, _)| (*key).to_owned()));
        let controller = own_controllers(view).find(|controller| controller.node.id == *node);
        let settings = controller.iter().flat_map(|it| &it.settings).map(|(key, _)| *key);
        // Who belongs to a group of controllers is agreed on at its start.
        let changeable = settings.filter(|key| !key.starts_with("controllerDLeger"));
        keys.extend(changeable.map(str::to_owned));
        self.put(FieldName::SettingKey, Slot::Key, Input::Choice(keys), "", "");
        self.put(FieldName::SettingValue, Slot::Value, Input::Text, "", "");
    }

    fn word(&mut self, name: FieldName, value: String) {
        self.put(name, Slot::Word, Input::Text, "", &value);
    }

    fn choice_word(&mut self, name: FieldName, choices: Vec<String>) {
        let first = choices.first().cloned().unwrap_or_default();
        self.put(name, Slot::Word, Input::Choice(choices), "", &first);
    }

    /// An option that is left out while it holds its default.
    fn option(&mut self, name: FieldName, option: &'static str, default: &str) {
        self.put(name, Slot::Option(option), Input::Text, default, default);
    }

    fn option_with(&mut self, name: FieldName, option: &'static str, default: &str, value: &str) {
        self.put(name, Slot::Option(option), Input::Text, default, value);
    }

    /// An option that is always written.
    fn given(&mut self, name: FieldName, option: &'static str, value: &str) {
        self.put(name, Slot::Option(option), Input::Text, "", value);
    }

    fn choice(&mut self, name: FieldName, option: &'static str, choices: &[&str], default: &str) {
        let choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
        self.put(name, Slot::Option(option), Input::Choice(choices), default, default);
    }

    fn flag(&mut self, name: FieldName, flag: &'static str) {
        self.put(name, Slot::Flag(flag), Input::Choice(vec![NO.into(), YES.into()]), NO, NO);
    }

    /// An option of `mqadmin`, left out while it is empty.
    fn tool(&mut self, name: FieldName, option: &'static str, value: &str) {
        self.put(name, Slot::Tool(option), Input::Text, "", value);
    }

    fn tool_choice(&mut self, name: FieldName, option: &'static str, choices: &[&str], value: &str) {
        let choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
        self.put(name, Slot::Tool(option), Input::Choice(choices), "", value);
    }

    /// The fields from this place on are only shown when more options are asked for.
    fn more_from(&mut self, place: usize) {
        self.fields.iter_mut().skip(place).for_each(|field| field.is_more = true);
    }

    fn raw(&mut self) {
        self.put(FieldName::Settings, Slot::Raw, Input::Text, "", "");
    }

    fn put(&mut self, name: FieldName, slot: Slot, input: Input, default: &str, value: &str) {
        let (default, value) = (default.to_owned(), value.to_owned());
        self.fields.push(Field { name, input, value, is_more: false, slot, default });
    }
}

/// The value of a flag that is set.
pub const YES: &str = "yes";
/// The value of a flag that is not set.
pub const NO: &str = "no";

const BOOLEANS: [&str; 3] = ["", "true", "false"];
const TRANSACTIONS: [&str; 4] = ["", "COMMIT_MESSAGE", "ROLLBACK_MESSAGE", "UNKNOW"];
const MODELS: [&str; 2] = ["CLUSTERING", "BROADCASTING"];
const FROM: [&str; 3] = ["CONSUME_FROM_LAST_OFFSET", "CONSUME_FROM_FIRST_OFFSET", "CONSUME_FROM_TIMESTAMP"];
const STRATEGIES: [&str; 4] = ["AVG", "AVG_BY_CIRCLE", "CONSISTENT_HASH", "MACHINE_ROOM_NEARBY-AVG"];

/// Only for the compiler: another model, start or strategy in the core has to come to the lists above.
const _: fn(MessageModel, ConsumeFromWhere, AllocateStrategy) = |model, from, strategy| {
    match model {
        MessageModel::Clustering | MessageModel::Broadcasting => {}
    }
    match from {
        ConsumeFromWhere::LastOffset | ConsumeFromWhere::FirstOffset | ConsumeFromWhere::Timestamp => {}
    }
    match strategy {
        AllocateStrategy::Averagely
        | AllocateStrategy::AveragelyByCircle
        | AllocateStrategy::ConsistentHash { .. }
        | AllocateStrategy::MachineRoomNearby { .. } => {}
        // These need a list beside their name, so they are for the command line.
        AllocateStrategy::MachineRoom { .. } | AllocateStrategy::Config { .. } => {}
    }
};

enum Numbering {
    FromZero,
    FromOne,
    Letters,
}

/// The first name of that kind that is free.
fn fresh(view: &View, prefix: &str, numbering: Numbering) -> String {
    let taken = node_ids(view);
    let name = |place: u8| match numbering {
        Numbering::FromZero => format!("{prefix}{place}"),
        Numbering::FromOne => format!("{prefix}{}", place + 1),
        Numbering::Letters => format!("{prefix}{}", char::from(b'a' + place % 26)),
    };
    (0..200).map(name).find(|name| !taken.iter().any(|id| id.as_str() == name)).unwrap_or_default()
}

/// Every node of the cluster.
pub fn node_ids(view: &View) -> Vec<&NodeId> {
    let servers = view.name_servers.iter().map(|it| &it.node.id);
    let brokers = view.brokers.iter().map(|it| &it.node.id);
    let producers = view.producers.iter().map(|it| &it.node.id);
    let consumers = view.consumers.iter().map(|it| &it.node.id);
    let registries = view.registries.iter().map(|it| &it.node.id);
    let registry_clients = view.registry_clients.iter().map(|it| &it.node.id);
    // A controller within a name server is no node of its own.
    let controllers = view.controllers.iter().filter(|it| !it.in_name_server).map(|it| &it.node.id);
    let kafka = &view.kafka;
    let kafka_brokers = kafka.brokers.iter().map(|it| &it.node.id);
    let kafka_producers = kafka.producers.iter().map(|it| &it.node.id);
    let kafka_consumers = kafka.consumers.iter().map(|it| &it.node.id);
    let kafka = kafka_brokers.chain(kafka_producers).chain(kafka_consumers);
    servers
        .chain(brokers)
        .chain(producers)
        .chain(consumers)
        .chain(registries)
        .chain(registry_clients)
        .chain(controllers)
        .chain(kafka)
        .collect()
}

fn others(view: &View, node: &NodeId) -> Vec<String> {
    node_ids(view).into_iter().filter(|other| *other != node).map(ToString::to_string).collect()
}

/// The topics that people made.
pub fn topics(view: &View) -> Vec<String> {
    let all = view.brokers.iter().flat_map(|broker| &broker.topics).filter(|topic| !topic.system);
    let mut names: Vec<String> = all.map(|topic| topic.topic.to_string()).collect();
    names.arrange();
    names.dedup();
    names
}

fn first_group(view: &View) -> String {
    view.consumers.first().map_or_else(|| "order-cg".to_owned(), |consumer| consumer.group.to_string())
}

fn broker_of<'a>(node: &NodeId, view: &'a View) -> Option<&'a BrokerView> {
    view.brokers.iter().find(|broker| broker.node.id == *node)
}

fn address_of(node: &NodeId, view: &View) -> String {
    broker_of(node, view).map(|broker| broker.node.address.to_string()).unwrap_or_default()
}

fn first_topic(view: &View) -> String {
    topics(view).into_iter().next().unwrap_or_else(|| "Orders".to_owned())
}

fn push(line: &mut String, word: &str) {
    if !word.is_empty() {
        line.push(' ');
        line.push_str(word);
    }
}

/// A value with quotes where the notation needs them.
fn quoted(value: &str) -> String {
    if !value.contains(|c: char| c.is_whitespace() || c == '"') {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use lab_core::command::Command;

    use super::*;
    use crate::session::shown::empty_view;

    fn set(form: &mut Form, name: FieldName, value: &str) {
        let field = form.fields.iter_mut().find(|field| field.name == name).expect("the form has the field");
        value.clone_into(&mut field.value);
    }

    #[test]
    fn every_form_makes_a_command_from_the_start() {
        let node = NodeId::from("n");
        let kinds = [
            FormKind::AddNameServer,
            FormKind::AddController,
            FormKind::AddBroker,
            FormKind::AddProducer,
            FormKind::AddConsumer,
            FormKind::AddTopic,
            FormKind::Send(node.clone()),
            FormKind::Produce(node.clone()),
            FormKind::RollBack(node.clone()),
            FormKind::Pin(node.clone()),
            FormKind::ResetOffset(node.clone()),
            FormKind::SkipAccumulated(node.clone()),
            FormKind::UpdateSubGroup(node.clone()),
            FormKind::DeleteSubGroup(node.clone()),
            FormKind::DeleteTopic(node.clone()),
            FormKind::UpdateBrokerConfig(node),
        ];
        let of_kafka = [
            FormKind::KafkaDeleteTopic,
            FormKind::KafkaDeleteRecords,
            FormKind::KafkaAlterOffset,
            FormKind::KafkaOffsets,
            FormKind::KafkaEnds,
            FormKind::KafkaConsumerGroups,
        ];
        let of_kafka = of_kafka.map(|kind| kind(NodeId::from("k")));
        let kinds = kinds.into_iter().chain(FormGroup::Kafka.kinds().iter().cloned()).chain(of_kafka);
        for kind in kinds {
            let line = Form::new(kind, &empty_view()).line();
            assert!(line.parse::<Command>().is_ok(), "{line}");
        }
    }

    #[test]
    fn defaults_are_left_out_and_blanks_are_quoted() {
        let mut form = Form::new(FormKind::Send("p1".into()), &empty_view());
        set(&mut form, FieldName::Body, "say \"hi\"");
        assert_eq!(form.line(), "send p1 Orders tag=A key=order body=\"say \\\"hi\\\"\"");
        assert!(form.line().parse::<Command>().is_ok());
    }

    #[test]
    fn every_way_of_sending_can_be_asked_for() {
        let mut form = Form::new(FormKind::Send("p1".into()), &empty_view());
        let values = [
            (FieldName::Property, "a:5"),
            (FieldName::Transaction, "UNKNOW"),
            (FieldName::Checks, "2"),
            (FieldName::Then, "ROLLBACK_MESSAGE"),
        ];
        values.iter().for_each(|(name, value)| set(&mut form, *name, value));
        let line = form.line();
        assert!(line.ends_with("transaction=UNKNOW property=a:5 checks=2 then=ROLLBACK_MESSAGE"), "{line}");
        assert!(line.parse::<Command>().is_ok());
        let mut form = Form::new(FormKind::Produce("p1".into()), &empty_view());
        set(&mut form, FieldName::DelayLevel, "3");
        set(&mut form, FieldName::SendMode, "async");
        assert_eq!(form.line(), "produce p1 Orders tag=A key=order every=800ms delay=3 async");
        assert!(form.line().parse::<Command>().is_ok());
    }

    #[test]
    fn a_line_for_the_tool_is_quoted_as_a_shell_takes_it() {
        let mut form = Form::new(FormKind::ResetOffset("c1".into()), &empty_view());
        set(&mut form, FieldName::Group, "it's");
        set(&mut form, FieldName::Timestamp, "2026-01-01#00:00:00:000");
        let line = form.line();
        assert_eq!(line, r"mqadmin resetOffsetByTime -g 'it'\''s' -t Orders -s '2026-01-01#00:00:00:000'");
        assert!(line.parse::<Command>().is_ok());
    }

    #[test]
    fn a_consumer_may_be_orderly_and_fail() {
        let mut form = Form::new(FormKind::AddConsumer, &empty_view());
        set(&mut form, FieldName::Orderly, YES);
        set(&mut form, FieldName::Fail, "2");
        set(&mut form, FieldName::RetryMaxTimes, "3");
        let line = form.line();
        assert!(line.contains(" orderly fail=2") && line.ends_with("maxReconsumeTimes=3"), "{line}");
        assert!(line.parse::<Command>().is_ok());
    }

    #[test]
    fn a_setting_is_key_and_value() {
        let mut form = Form::new(FormKind::Set("broker-a".into()), &empty_view());
        set(&mut form, FieldName::SettingKey, "slaveReadEnable");
        assert_eq!(form.line(), "set broker-a");
        set(&mut form, FieldName::SettingValue, "true");
        assert_eq!(form.line(), "set broker-a slaveReadEnable=true");
    }
}
