//! From a line of the notation to a command.

use std::fmt;
use std::str::FromStr;

use arcstr::ArcStr;

use super::{
    Barrier, BrokerSpec, ClientSpec, Command, CommandError, CommunicationMode, ConsumerSpec, ControllerSpec,
    DEFAULT_CLUSTER, DEFAULT_QUEUES, DEFAULT_WORK, Delivery, Failures, LocalTransaction, MemberOrder,
    NameServerSpec, NodeSpec, Properties, RegistryClientSpec, RegistrySpec, SendJob, Settings, TopicPlace,
};
use crate::id::{BrokerId, NodeId, QueueId, TopicName};
use crate::rpc::{MessageSelector, SUB_ALL, TopicConfig, TransactionState};
use crate::time::Instant;

/// Every verb of the notation.
pub const VERBS: &[&str] = &[
    "name-server",
    "controller",
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
    "registry",
    "registry-client",
    "member",
    // Kafka (see `kafka`).
    "kafka-broker",
    "kafka-producer",
    "kafka-consumer",
    "kafka-send",
    "kafka-end",
    "kafka-topic",
    "kafka-delete-topic",
    "kafka-delete-records",
    "kafka-alter-offset",
    "kafka-offsets",
    "kafka-ends",
    "kafka-copy",
    "kafka-restore",
    "kafka-consumer-groups",
];

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

/// What stands behind the verb of a command.
pub(super) struct Arguments {
    verb: String,
    positional: std::vec::IntoIter<String>,
    options: Vec<(String, String)>,
    asked: Vec<&'static str>,
}

impl Arguments {
    pub(super) fn read(line: &str) -> Result<Self, CommandError> {
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

    pub(super) fn error(&self, why: impl fmt::Display) -> CommandError {
        CommandError::Syntax(format!("{}: {why}", self.verb))
    }

    pub(super) fn next(&mut self, what: &str) -> Result<String, CommandError> {
        self.positional.next().ok_or_else(|| self.error(format_args!("{what} is missing")))
    }

    pub(super) fn node(&mut self) -> Result<NodeId, CommandError> {
        self.next("the name of a node").map(NodeId::from)
    }

    pub(super) fn topic(&mut self) -> Result<TopicName, CommandError> {
        self.next("the name of a topic").map(TopicName::from)
    }

    pub(super) fn flag(&mut self, word: &str) -> bool {
        let rest: Vec<_> = self.positional.by_ref().collect();
        let found = rest.iter().any(|other| other == word);
        self.positional = rest.into_iter().filter(|other| other != word).collect::<Vec<_>>().into_iter();
        found
    }

    /// Like [`flag`](Self::flag), for a word behind so many others, which stay.
    pub(super) fn flag_after(&mut self, skip: usize, word: &str) -> bool {
        let mut rest: Vec<_> = self.positional.by_ref().collect();
        let place = rest.iter().skip(skip).position(|other| other == word);
        if let Some(place) = place {
            rest.remove(skip + place);
        }
        self.positional = rest.into_iter();
        place.is_some()
    }

    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        self.asked.push(key);
        let place = self.options.iter().position(|(other, _)| other == key)?;
        Some(self.options.remove(place).1)
    }

    pub(super) fn option<T: FromStr>(&mut self, key: &'static str) -> Result<Option<T>, CommandError>
    where
        T::Err: fmt::Display,
    {
        let Some(text) = self.text(key) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|why| self.error(format_args!("{key}={text}: {why}")))
    }

    pub(super) fn required<T: FromStr>(&mut self, key: &'static str) -> Result<T, CommandError>
    where
        T::Err: fmt::Display,
    {
        self.option(key)?.ok_or_else(|| self.error(format_args!("{key}=… is missing")))
    }

    pub(super) fn list<T: From<String>>(&mut self, key: &'static str) -> Option<Vec<T>> {
        let text = self.text(key)?;
        Some(text.split(',').filter(|part| !part.is_empty()).map(|part| part.to_owned().into()).collect())
    }

    /// All options that were not asked for, as settings with RocketMQ's keys.
    pub(super) fn settings(&mut self) -> Settings {
        std::mem::take(&mut self.options)
    }

    /// Refuses whatever was not asked for.
    pub(super) fn finish(mut self) -> Result<(), CommandError> {
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
        if let Some(line) = mqadmin_line(line) {
            let command = Self::Mqadmin(line.into());
            command.check_alone()?;
            return Ok(command);
        }
        if let Some(command) = super::kafka::tool_line(line) {
            command.check_alone()?;
            return Ok(command);
        }
        let mut args = Arguments::read(line)?;
        let command = match args.verb.as_str() {
            "name-server" => {
                let node = args.node()?;
                let port = args.option("port")?;
                Self::Add(node, NodeSpec::NameServer(NameServerSpec { port, settings: args.settings() }))
            }
            "controller" => {
                let node = args.node()?;
                let port = args.option("port")?;
                Self::Add(node, NodeSpec::Controller(ControllerSpec { port, settings: args.settings() }))
            }
            "broker" => read_broker(&mut args)?,
            "producer" => {
                let node = args.node()?;
                let client = read_client(&mut args, &node)?;
                Self::Add(node, NodeSpec::Producer(client))
            }
            "consumer" => read_consumer(&mut args)?,
            "topic" => read_topic(&mut args)?,
            "send" => Self::Send(args.node()?, Box::new(read_job(&mut args, false)?)),
            "produce" => Self::Produce(args.node()?, Box::new(read_job(&mut args, true)?)),
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
            "registry" => {
                let node = args.node()?;
                let model = args.option("model")?.unwrap_or_default();
                Self::Add(node, NodeSpec::Registry(RegistrySpec { port: args.option("port")?, model }))
            }
            "registry-client" => read_registry_client(&mut args)?,
            "member" => read_member(&mut args)?,
            verb => {
                let verb = verb.to_owned();
                super::kafka::read(&verb, &mut args)?.ok_or_else(|| {
                    CommandError::Syntax(format!("`{verb}` is not a command; accepted: {}", VERBS.join(", ")))
                })?
            }
        };
        args.finish()?;
        command.check_alone()?;
        Ok(command)
    }
}

/// What stands behind the word `mqadmin`; the tool splits it into words by itself.
fn mqadmin_line(line: &str) -> Option<&str> {
    let line = line.trim();
    let rest = line.strip_prefix("mqadmin")?;
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then(|| rest.trim())
}

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
    let orderly = args.flag("orderly") || args.option("orderly")?.unwrap_or(false);
    let topics = args.list("topic").ok_or_else(|| args.error("topic=… is missing"))?;
    let selector = read_selector(args)?;
    let model = args.option("model")?.unwrap_or_default();
    let from = args.option("from")?.unwrap_or_default();
    let strategy = args.option("strategy")?.unwrap_or_default();
    let work = args.option("work")?.unwrap_or(DEFAULT_WORK);
    let fail = args.option("fail")?.unwrap_or(Failures::NONE);
    let retry_level = args.option("retry-level")?.unwrap_or(0);
    if !args.options.iter().any(|(key, _)| key == "group") {
        return Err(args.error("group=… is missing"));
    }
    let client = read_client(args, &node)?;
    let spec =
        ConsumerSpec { client, topics, selector, model, from, strategy, work, fail, retry_level, orderly };
    Ok(Command::Add(node, NodeSpec::Consumer(Box::new(spec))))
}

fn read_selector(args: &mut Arguments) -> Result<MessageSelector, CommandError> {
    let (key, value) = match (args.text("tags"), args.text("sql")) {
        (Some(_), Some(_)) => return Err(args.error("give either tags=… or sql=…")),
        (None, Some(condition)) => ("sql", condition),
        (tags, None) => ("tags", tags.unwrap_or_else(|| SUB_ALL.to_owned())),
    };
    super::read_selector(key, &value).map_err(|why| args.error(format_args!("{key}={value}: {why}")))
}

fn read_properties(args: &mut Arguments) -> Result<Properties, CommandError> {
    let pairs = args.list::<String>("property").unwrap_or_default();
    let read = |pair: &String| match pair.split_once(':') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.into(), value.into())),
        _ => Err(args.error(format_args!("property={pair}: write name:value, several joined by a comma"))),
    };
    pairs.iter().map(read).collect()
}

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

/// One of `delay=`, `deliver-after=`, `deliver-at=`.
fn read_delivery(args: &mut Arguments) -> Result<Delivery, CommandError> {
    let level = args.option("delay")?;
    let after = args.option("deliver-after")?;
    let at = args.option("deliver-at")?;
    match (level, after, at) {
        (None, None, None) => Ok(Delivery::AtOnce),
        (Some(level), None, None) => Ok(Delivery::Level(level)),
        (None, Some(after), None) => Ok(Delivery::After(after)),
        (None, None, Some(at)) => Ok(Delivery::At(at)),
        _ => Err(args.error("give one of delay=…, deliver-after=…, deliver-at=…")),
    }
}

fn read_mode(args: &mut Arguments) -> Result<CommunicationMode, CommandError> {
    match (args.flag("async"), args.flag("one-way")) {
        (false, false) => Ok(CommunicationMode::Sync),
        (true, false) => Ok(CommunicationMode::Async),
        (false, true) => Ok(CommunicationMode::OneWay),
        (true, true) => Err(args.error("give either async or one-way")),
    }
}

fn read_transaction(args: &mut Arguments) -> Result<Option<LocalTransaction>, CommandError> {
    let state = args.option("transaction")?;
    let (checks, then, immunity) = (args.option("checks")?, args.option("then")?, args.option("immunity")?);
    match state {
        Some(state) => Ok(Some(LocalTransaction {
            state,
            checks: checks.unwrap_or(1),
            then: then.unwrap_or(TransactionState::Commit),
            immunity,
        })),
        None if checks.is_none() && then.is_none() && immunity.is_none() => Ok(None),
        None => Err(args.error("checks=…, then=… and immunity=… go with transaction=…")),
    }
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
    let hash = args.option("hash")?;
    if queue.is_some() && hash.is_some() {
        return Err(args.error("give either queue=… or hash=…"));
    }
    Ok(SendJob {
        topic,
        count,
        every,
        tags: args.list::<String>("tag").unwrap_or_default().into_iter().map(ArcStr::from).collect(),
        key: args.text("key").map(ArcStr::from),
        properties: read_properties(args)?,
        body: args.text("body").unwrap_or_else(|| "m".to_owned()).into(),
        queue,
        hash,
        delivery: read_delivery(args)?,
        mode: read_mode(args)?,
        transaction: read_transaction(args)?,
    })
}

fn read_part(args: &mut Arguments, barrier: Barrier) -> Result<Command, CommandError> {
    let one_way = args.flag("one-way");
    Ok(Command::Part { barrier, from: args.node()?, to: args.node()?, one_way })
}

fn read_registry_client(args: &mut Arguments) -> Result<Command, CommandError> {
    let node = args.node()?;
    let spec = RegistryClientSpec {
        count: args.option("count")?.unwrap_or(1),
        registries: args.option("registry")?,
        model: args.option("model")?,
        choose: args.option("choose")?,
        poll: args.option("poll")?,
        wait: args.option("wait")?,
        session: args.option("session")?,
    };
    Ok(Command::Add(node, NodeSpec::RegistryClient(Box::new(spec))))
}

fn read_member(args: &mut Arguments) -> Result<Command, CommandError> {
    let member = args.next("the name of a member").map(NodeId::from)?;
    let change = args.next("`add` or `remove`")?.parse().map_err(|why: String| args.error(why))?;
    Ok(Command::Member(MemberOrder { member, change, registries: args.list("registry") }))
}
