//! The grammar of a recording's steps, read into what the replay has to do.

use lab_core::id::Address;
use lab_core::time::Duration;

use super::script::Step;

/// What one step did.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// A name server was started, or started again, with these settings of its own or of the controller within it.
    StartNameServer(String, Vec<(String, String)>),
    /// A broker was started, or started again.
    StartBroker(Broker),
    /// A server was ended at once.
    Kill(String),
    /// A broker or name server was ended gracefully.
    Stop(String),
    /// A server was halted.
    Freeze(String),
    /// A halted server went on.
    Thaw(String),
    /// `mqadmin` was run.
    Mqadmin {
        /// The command.
        command: String,
        /// Its options.
        rest: String,
        /// The one name server that it was told of; `None` for all.
        asked: Option<Address>,
    },
    /// A producer was started.
    Producer(Client),
    /// A consumer was started.
    Consumer(Client),
    /// Messages were sent.
    Send(Send),
    /// Which queues does a consumer hold?
    Assignment(String),
    /// Which queues of a topic could this producer choose from if it asked now?
    Queues {
        /// The producer.
        of: String,
        /// The topic.
        topic: String,
    },
    /// A client was ended gracefully.
    StopClient(String),
    /// A client process was ended at once.
    KillProcess(String),
    /// The log of the stopped broker was taken away, its group offsets were not.
    RollBack,
    /// All name servers had dropped this broker name.
    Dropped(String),
    /// Nothing happened to the cluster.
    PassTime,
}

/// A broker of the recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Broker {
    /// What other steps call it.
    pub key: String,
    /// Its brokerName.
    pub name: String,
    /// Its brokerId; none in controller mode.
    pub id: Option<u64>,
    /// Settings for the lab.
    pub settings: Vec<(String, String)>,
}

/// A producer or consumer of the recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// Its name, unique within its process.
    pub name: String,
    /// Its group.
    pub group: String,
    /// The one name server that it knows; `None` for all that were started.
    pub name_server: Option<Address>,
    /// The part of its clientId behind the `@`.
    pub instance: String,
    /// Everything else, as options of the lab's command.
    pub options: Vec<(String, String)>,
}

/// Messages sent one after another.
#[derive(Clone, Debug, PartialEq)]
pub struct Send {
    /// The producer.
    pub by: String,
    /// Where to.
    pub topic: String,
    /// Pause after each answer.
    pub every: Duration,
    /// How many.
    pub count: u32,
    /// Key, numbered when there are several messages.
    pub key: Option<String>,
    /// Tag of each message.
    pub tag: Option<String>,
    /// A fixed queue, `broker:id`.
    pub queue: Option<String>,
    /// Further options of the lab's command, each with a blank before it.
    pub more: String,
}

/// Commands of `mqadmin` that change something.
const ACTING: &[&str] = &[
    "addWritePerm",
    "checkMsgSendRT",
    "cleanBrokerMetadata",
    "cleanExpiredCQ",
    "cleanUnusedTopic",
    "cloneGroupOffset",
    "deleteExpiredCommitLog",
    "deleteKvConfig",
    "deleteSubGroup",
    "deleteTopic",
    "electMaster",
    "resetOffsetByTime",
    "sendMessage",
    "sendMsgStatus",
    "setConsumeMode",
    "skipAccumulatedMessage",
    "updateBrokerConfig",
    "updateControllerConfig",
    "updateKvConfig",
    "updateNamesrvConfig",
    "updateOrderConf",
    "updateSubGroup",
    "updateTopic",
    "updateTopicPerm",
    "wipeWritePerm",
];

impl Order {
    /// Whether it is a run of `mqadmin` that changes something.
    pub fn acts_by_tool(&self) -> bool {
        matches!(self, Self::Mqadmin { command, .. } if ACTING.contains(&command.as_str()))
    }

    /// Reads a step.
    ///
    /// # Errors
    /// What the replay cannot interpret.
    pub fn read(step: &Step) -> Result<Self, String> {
        let words: Vec<&str> = step.order.split_whitespace().collect();
        let text = |word: &&str| (*word).to_owned();
        Ok(match words.as_slice() {
            ["start", "name", "server", key] => Self::StartNameServer(text(key), read_name_server(step)?),
            ["start", "broker", key] => Self::StartBroker(read_broker(key, step)?),
            ["kill", "-9", "client", "process", process] => Self::KillProcess(text(process)),
            ["kill", "was", ..] | ["wait", ..] => Self::PassTime,
            ["kill", key] => Self::Kill(text(key)),
            ["stop", option] if option.starts_with("name=") => {
                Self::StopClient(option["name=".len()..].to_owned())
            }
            ["stop", key] => Self::Stop(text(key)),
            ["freeze", key] => Self::Freeze(text(key)),
            ["thaw", key] => Self::Thaw(text(key)),
            ["mqadmin", command, rest @ .., "(asked", address] => Self::Mqadmin {
                command: text(command),
                rest: rest.join(" "),
                asked: Some(address.trim_end_matches(')').parse()?),
            },
            ["mqadmin", command, rest @ ..] => {
                Self::Mqadmin { command: text(command), rest: rest.join(" "), asked: None }
            }
            ["producer", rest @ ..] => Self::Producer(read_client(Options::read(rest)?, PRODUCER_OPTIONS)?),
            ["tx", rest @ ..] => Self::Producer(read_client(Options::read(rest)?, &[])?),
            ["sendtx", rest @ ..] => Self::Send(read_send_in_transaction(Options::read(rest)?)?),
            ["consumer", rest @ ..] => Self::Consumer(read_client(Options::read(rest)?, CONSUMER_OPTIONS)?),
            ["send", rest @ ..] => Self::Send(read_send(Options::read(rest)?)?),
            ["assignment", rest @ ..] => {
                let mut options = Options::read(rest)?;
                let of = options.required("of")?;
                options.finish()?;
                Self::Assignment(of)
            }
            ["queues", rest @ ..] => {
                let mut options = Options::read(rest)?;
                let (of, topic) = (options.required("of")?, options.required("topic")?);
                options.finish()?;
                Self::Queues { of, topic }
            }
            ["the", "log", "is", "rolled", "back,", ..] => Self::RollBack,
            ["the", "leader", "is", _] => Self::PassTime,
            ["name", "server", "dropped", name, "from", "the", "route"] => Self::Dropped(text(name)),
            _ => return Err(format!("`{}`", step.order)),
        })
    }
}

/// The `key=value` words of a step.
struct Options(Vec<(String, String)>);

impl Options {
    fn read(words: &[&str]) -> Result<Self, String> {
        let pair = |word: &&str| {
            let (key, value) = word.split_once('=').ok_or_else(|| format!("the word `{word}`"))?;
            Ok((key.to_owned(), value.to_owned()))
        };
        words.iter().map(pair).collect::<Result<_, String>>().map(Self)
    }

    fn take(&mut self, key: &str) -> Option<String> {
        let place = self.0.iter().position(|(other, _)| other == key)?;
        Some(self.0.remove(place).1)
    }

    fn required(&mut self, key: &str) -> Result<String, String> {
        self.take(key).ok_or_else(|| format!("`{key}=` is missing"))
    }

    fn number<T: std::str::FromStr>(&mut self, key: &str) -> Result<Option<T>, String> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        value.parse().map(Some).map_err(|_| format!("`{key}={value}`"))
    }

    fn finish(self) -> Result<(), String> {
        self.0.into_iter().next().map_or(Ok(()), |(key, value)| Err(format!("`{key}={value}`")))
    }
}

/// Names of an option in the recording and in the lab, and what becomes of its value.
type OptionNames = &'static [(&'static str, &'static str, fn(&str) -> String)];

const PRODUCER_OPTIONS: OptionNames = &[
    ("timeout", "sendMsgTimeout", str::to_owned),
    ("retry", "retryTimesWhenSendFailed", str::to_owned),
    ("latency", "sendLatencyFaultEnable", str::to_owned),
    ("queues", "defaultTopicQueueNums", str::to_owned),
    ("trace", "enableMsgTrace", str::to_owned),
];

const CONSUMER_OPTIONS: OptionNames = &[
    ("topic", "topic", str::to_owned),
    ("tags", "tags", str::to_owned),
    ("mode", "model", str::to_owned),
    ("from", "from", str::to_owned),
    ("alloc", "strategy", strategy),
    ("work", "work", |ms| format!("{ms}ms")),
    ("fail", "fail", str::to_owned),
    ("maxReconsume", "maxReconsumeTimes", str::to_owned),
    ("orderly", "orderly", str::to_owned),
    ("clientRebalance", "clientRebalance", str::to_owned),
    ("trace", "enableMsgTrace", str::to_owned),
];

fn strategy(word: &str) -> String {
    match word {
        "CIRCLE" => "AVG_BY_CIRCLE",
        "HASH" => "CONSISTENT_HASH",
        other => other,
    }
    .to_owned()
}

fn read_client(mut options: Options, known: OptionNames) -> Result<Client, String> {
    let name = options.required("name")?;
    let group = options.required("group")?;
    let name_server = match options.required("ns")?.as_str() {
        "NS" => None,
        address => Some(address.parse()?),
    };
    let instance = options.take("id").unwrap_or_else(|| name.clone());
    let mut read = Vec::new();
    for (recorded, ours, translate) in known {
        read.extend(options.take(recorded).map(|value| ((*ours).to_owned(), translate(&value))));
    }
    // The recorder's listener does nothing unless told to work.
    if known.iter().any(|(recorded, ..)| *recorded == "work") && !read.iter().any(|(key, _)| key == "work") {
        read.push(("work".to_owned(), "0ms".to_owned()));
    }
    options.finish()?;
    Ok(Client { name, group, name_server, instance, options: read })
}

fn read_send(mut options: Options) -> Result<Send, String> {
    let send = Send {
        by: options.required("by")?,
        topic: options.required("topic")?,
        every: Duration::from_millis(options.number("every")?.unwrap_or(0)),
        count: options.number("count")?.unwrap_or(1),
        key: options.take("key"),
        tag: options.take("tag"),
        queue: options.take("queue"),
        more: more(&mut options, &[("delay", "delay")]),
    };
    options.finish()?;
    Ok(send)
}

/// The body of every half message of the recorder is `x`.
fn read_send_in_transaction(mut options: Options) -> Result<Send, String> {
    let send = Send {
        by: options.required("by")?,
        topic: options.required("topic")?,
        every: Duration::ZERO,
        count: 1,
        key: options.take("key"),
        tag: None,
        queue: None,
        more: format!(
            " body=x{}",
            more(&mut options, &[("local", "transaction"), ("checks", "checks"), ("then", "then")])
        ),
    };
    options.finish()?;
    Ok(send)
}

/// Options by their names in the recording and in the lab.
fn more(options: &mut Options, names: &[(&str, &str)]) -> String {
    let taken = names
        .iter()
        .filter_map(|(recorded, ours)| options.take(recorded).map(|value| format!(" {ours}={value}")));
    taken.collect()
}

/// What every recorded broker has beyond RocketMQ's defaults, so far as the lab has it too.
const BROKER_BASE: (&str, &str) = ("mappedFileSizeCommitLog", "67108864");

/// The settings of a name server that the lab has, its controller's included.
fn read_name_server(step: &Step) -> Result<Vec<(String, String)>, String> {
    let read = |(key, value): (&String, &serde_json::Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let known = [lab_core::config::NameServerConfig::KEYS, lab_core::config::ControllerConfig::KEYS];
        if known.iter().any(|keys| keys.contains(&key.as_str())) {
            Ok((key.clone(), value))
        } else {
            Err(format!("the setting `{key}={value}`"))
        }
    };
    step.config.iter().map(read).collect()
}

fn read_broker(key: &str, step: &Step) -> Result<Broker, String> {
    let is_in_controller_mode = step.config.get("enableControllerMode").is_some_and(|value| value == "true");
    let (name, id) = key.rsplit_once('-').ok_or_else(|| format!("the broker key `{key}`"))?;
    let mut broker = Broker {
        key: key.to_owned(),
        name: name.to_owned(),
        id: match is_in_controller_mode {
            true => None,
            false => Some(id.parse().or_else(|_| replica(id, step))?),
        },
        settings: vec![(BROKER_BASE.0.to_owned(), BROKER_BASE.1.to_owned())],
    };
    for (key, value) in &step.config {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match key.as_str() {
            "brokerName" => broker.name = value,
            // A replica of a DLedger group takes role and id from elections.
            "brokerId" | "brokerRole" if step.config.contains_key("dLegerSelfId") => {}
            // The controller gives it.
            "brokerId" if is_in_controller_mode => {}
            "brokerId" => broker.id = Some(value.parse().map_err(|_| format!("`brokerId={value}`"))?),
            known if lab_core::config::BrokerConfig::KEYS.contains(&known) => {
                broker.settings.push((key.clone(), value));
            }
            _ => return Err(format!("the setting `{key}={value}`")),
        }
    }
    Ok(broker)
}

/// The replica of a DLedger group has the name of its member where others have their id.
fn replica(name: &str, step: &Step) -> Result<u64, String> {
    let member = step.config.get("dLegerSelfId").and_then(|member| member.as_str());
    if member == Some(name) { Ok(0) } else { Err(format!("the replica `{name}`")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(order: &str) -> Result<Order, String> {
        let step = serde_json::json!({"t": 1.5, "do": order});
        Order::read(&serde_json::from_value(step).expect("a step"))
    }

    #[test]
    fn a_consumer_becomes_the_labs_consumer() {
        let order = read("consumer name=c group=g ns=127.0.0.1:9886 topic=T,U alloc=HASH work=300 id=same");
        let option = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            order,
            Ok(Order::Consumer(Client {
                name: "c".to_owned(),
                group: "g".to_owned(),
                name_server: Some(Address::local(9886)),
                instance: "same".to_owned(),
                options: vec![
                    option("topic", "T,U"),
                    option("strategy", "CONSISTENT_HASH"),
                    option("work", "300ms")
                ],
            }))
        );
    }

    #[test]
    fn what_the_lab_does_not_have_is_said() {
        let cases = [
            ("send by=p topic=T colour=red", "`colour=red`"),
            ("start broker broker-a-n0", "the replica `n0`"),
        ];
        for (order, why) in cases {
            assert_eq!(read(order), Err(why.to_owned()), "{order}");
        }
    }

    #[test]
    fn a_transaction_becomes_a_send_of_the_lab() {
        let order = read("sendtx by=t topic=T key=k local=UNKNOW checks=2 then=ROLLBACK_MESSAGE");
        let Ok(Order::Send(send)) = order else { panic!("a send, not {order:?}") };
        assert_eq!(send.more, " body=x transaction=UNKNOW checks=2 then=ROLLBACK_MESSAGE");
    }

    #[test]
    fn words_that_look_alike_are_told_apart() {
        assert_eq!(read("stop name=c"), Ok(Order::StopClient("c".to_owned())));
        assert_eq!(read("stop broker-a-0"), Ok(Order::Stop("broker-a-0".to_owned())));
        assert_eq!(read("kill broker-a-0"), Ok(Order::Kill("broker-a-0".to_owned())));
        assert_eq!(read("kill -9 client process w"), Ok(Order::KillProcess("w".to_owned())));
        assert_eq!(read("kill was"), Ok(Order::PassTime));
        let mqadmin = |command: &str, rest: &str, asked| {
            Ok(Order::Mqadmin { command: command.to_owned(), rest: rest.to_owned(), asked })
        };
        assert_eq!(read("mqadmin updateTopic -t x"), mqadmin("updateTopic", "-t x", None));
        assert_eq!(
            read("mqadmin topicRoute -t T (asked 127.0.0.1:9886)"),
            mqadmin("topicRoute", "-t T", Some(Address::local(9886)))
        );
    }
}
