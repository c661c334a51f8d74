//! From a command to its line of the notation.

use std::fmt;

use super::{
    Barrier, ClientSpec, Command, CommunicationMode, DEFAULT_CLUSTER, DEFAULT_QUEUES, DEFAULT_WORK, Delivery,
    Failures, LocalTransaction, NodeSpec, RegistryClientSpec, RegistryModel, SendJob, Settings, TopicPlace,
};
use crate::config::{AllocateStrategy, ConsumeFromWhere, MessageModel};
use crate::id::{BrokerId, NodeId};
use crate::rpc::TransactionState;
use crate::rpc::{ExpressionType, MessageSelector};
use crate::time::{Duration, Instant};

/// A value with quotes where it needs them.
pub(super) fn quoted(value: &str) -> String {
    if !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || c == '"') {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
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

    fn registry_client(&mut self, spec: &RegistryClientSpec) -> fmt::Result {
        self.put_unless(1, "count", &spec.count)?;
        self.put_some("registry", spec.registries.as_ref())?;
        self.put_some("model", spec.model.as_ref())?;
        self.put_some("choose", spec.choose.as_ref())?;
        self.put_some("poll", spec.poll.as_ref())?;
        self.put_some("wait", spec.wait.as_ref())?;
        self.put_some("session", spec.session.as_ref())
    }

    fn job(&mut self, job: &SendJob) -> fmt::Result {
        self.put_some("count", job.count.filter(|count| *count != 1).as_ref())?;
        self.put_unless(Duration::ZERO, "every", &job.every)?;
        if !job.tags.is_empty() {
            self.put("tag", join(&job.tags))?;
        }
        self.put_some("key", job.key.as_ref())?;
        if !job.properties.is_empty() {
            let pairs: Vec<_> =
                job.properties.iter().map(|(name, value)| format!("{name}:{value}")).collect();
            self.put("property", join(&pairs))?;
        }
        self.put_unless("m", "body", &&*job.body)?;
        self.put_some("queue", job.queue.as_ref().map(|(broker, id)| format!("{broker}:{id}")).as_ref())?;
        self.put_some("hash", job.hash.as_ref())?;
        match job.delivery {
            Delivery::AtOnce => {}
            Delivery::Level(level) => self.put("delay", level)?,
            Delivery::After(after) => self.put("deliver-after", after)?,
            Delivery::At(at) => self.put("deliver-at", at)?,
        }
        if job.mode != CommunicationMode::Sync {
            write!(self.0, " {}", job.mode)?;
        }
        job.transaction.as_ref().map_or(Ok(()), |transaction| self.transaction(transaction))
    }

    fn transaction(&mut self, transaction: &LocalTransaction) -> fmt::Result {
        self.put("transaction", transaction.state)?;
        self.put_unless(1, "checks", &transaction.checks)?;
        self.put_unless(TransactionState::Commit, "then", &transaction.then)?;
        self.put_some("immunity", transaction.immunity.as_ref())
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
                let mut options = Options(f);
                options.put_some("port", spec.port.as_ref())?;
                options.settings(&spec.settings)
            }
            Self::Add(node, NodeSpec::Controller(spec)) => {
                write!(f, "controller {node}")?;
                let mut options = Options(f);
                options.put_some("port", spec.port.as_ref())?;
                options.settings(&spec.settings)
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
                let is_sql = *spec.selector.expression_type() == ExpressionType::Sql92;
                let key = if is_sql { "sql" } else { "tags" };
                options.put_unless(MessageSelector::all().expression(), key, &spec.selector.expression())?;
                options.put_unless(MessageModel::default(), "model", &spec.model)?;
                options.put_unless(ConsumeFromWhere::default(), "from", &spec.from)?;
                options.put_unless(AllocateStrategy::default(), "strategy", &spec.strategy)?;
                options.put_unless(DEFAULT_WORK, "work", &spec.work)?;
                options.put_unless(Failures::NONE, "fail", &spec.fail)?;
                options.put_unless(0, "retry-level", &spec.retry_level)?;
                options.put_unless(false, "orderly", &spec.orderly)?;
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
            Self::Add(node, NodeSpec::Registry(spec)) => {
                write!(f, "registry {node}")?;
                let mut options = Options(f);
                options.put_unless(RegistryModel::default(), "model", &spec.model)?;
                options.put_some("port", spec.port.as_ref())
            }
            Self::Add(node, NodeSpec::RegistryClient(spec)) => {
                write!(f, "registry-client {node}")?;
                Options(f).registry_client(spec)
            }
            Self::Member(order) => {
                write!(f, "member {} {}", order.member, order.change)?;
                Options(f).put_some("registry", order.registries.as_ref().map(|list| join(list)).as_ref())
            }
            Self::Mqadmin(line) => write!(f, "mqadmin {line}"),
            Self::Add(_, NodeSpec::Mqadmin(line)) => write!(f, "mqadmin {line}"),
            Self::Add(node, NodeSpec::Kafka(spec)) => super::kafka::print_spec(f, node, spec),
            Self::Kafka(command) => command.fmt(f),
            Self::KafkaAdmin(admin) => admin.fmt(f),
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
