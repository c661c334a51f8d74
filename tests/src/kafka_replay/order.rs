//! The grammar of the steps.

use std::str::FromStr;

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The broker starts, for the first time or again.
    StartBroker,
    /// What the lab does to its broker under the same word: `stop`, `kill`, `freeze`, `thaw`.
    Broker(&'static str),
    /// A new topic.
    Create(String),
    /// A topic goes.
    Delete(String),
    /// A plain producer sends.
    Send {
        /// To.
        topic: String,
        /// How many.
        count: u32,
        /// Key.
        key: String,
    },
    /// A transactional producer sends: topic, key, and the lab's options.
    TxSend {
        /// To.
        topic: String,
        /// What keys begin with.
        key: String,
        /// `count=`, `per=`, `key=`, `end=` as they are.
        options: String,
    },
    /// The open transaction ends, `abort` or not.
    TxEnd {
        /// Whether it is aborted.
        abort: bool,
    },
    /// A consumer polls for so many seconds, in front or in the background.
    Consume {
        /// Its group.
        group: String,
        /// What it subscribes to.
        topic: String,
        /// For how long.
        seconds: u64,
        /// After so many exceptions it ends.
        errors: u32,
        /// `reset=`, `isolation=`, `manual`, as the lab writes them.
        options: String,
        /// Whether other steps go on meanwhile.
        background: bool,
    },
    /// The group offsets.
    Offsets(String),
    /// A group offset is set.
    Alter {
        /// The group.
        group: String,
        /// The topic.
        topic: String,
        /// `offset=` and `epoch=`.
        options: String,
    },
    /// The ends of a log.
    Ends(String),
    /// Records go.
    DeleteRecords(String, i64),
    /// The consumers' log lines.
    ClientLog,
    /// The data directory is copied.
    Copy,
    /// The copy is restored, without the group offsets.
    Restore,
    /// The partition directory is deleted.
    RollBack,
    /// The tool.
    Tool(String),
    /// Nothing is done.
    Wait,
}

/// The words `key=value` of a step.
struct Options<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Options<'a> {
    fn read(words: &[&'a str]) -> Result<Self, String> {
        let pair = |word: &&'a str| word.split_once('=').ok_or_else(|| format!("`{word}`"));
        words.iter().map(pair).collect::<Result<_, _>>().map(Self)
    }

    fn take(&mut self, key: &str) -> Option<&'a str> {
        let place = self.0.iter().position(|(other, _)| *other == key)?;
        Some(self.0.remove(place).1)
    }

    fn need(&mut self, key: &str) -> Result<&'a str, String> {
        self.take(key).ok_or_else(|| format!("{key}=… is missing"))
    }

    fn number<T: FromStr>(&mut self, key: &str, default: T) -> Result<T, String> {
        match self.take(key) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| format!("{key}={text}")),
        }
    }

    fn some(&mut self, keys: &[&str]) -> String {
        let part = |key: &&str| self.take(key).map(|value| format!(" {key}={value}"));
        keys.iter().filter_map(part).collect()
    }

    fn finish(self, order: Order) -> Result<Order, String> {
        match self.0.first() {
            None => Ok(order),
            Some((key, value)) => Err(format!("`{key}={value}`")),
        }
    }
}

impl FromStr for Order {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "start broker" => return Ok(Self::StartBroker),
            "stop broker" => return Ok(Self::Broker("stop")),
            "kill broker" => return Ok(Self::Broker("kill")),
            "freeze broker" => return Ok(Self::Broker("freeze")),
            "thaw broker" => return Ok(Self::Broker("thaw")),
            "client log" => return Ok(Self::ClientLog),
            "the data directory is copied" => return Ok(Self::Copy),
            "the copy is restored, the log of the group offsets is kept" => return Ok(Self::Restore),
            "the partition is rolled back to empty; the group offsets are kept" => return Ok(Self::RollBack),
            _ => {}
        }
        if let Some(line) = text.strip_prefix("kafka-consumer-groups ") {
            return Ok(Self::Tool(line.to_owned()));
        }
        let words: Vec<_> = text.split_whitespace().collect();
        if let ["wait", _, "s"] = words[..] {
            return Ok(Self::Wait);
        }
        let Some((verb, rest)) = words.split_first() else { return Err("nothing".to_owned()) };
        let mut options = Options::read(rest)?;
        let order = match *verb {
            "create" => Self::Create(options.need("topic")?.to_owned()),
            "delete" => Self::Delete(options.need("topic")?.to_owned()),
            "send" => Self::Send {
                topic: options.need("topic")?.to_owned(),
                count: options.number("count", 1)?,
                key: options.need("key")?.to_owned(),
            },
            "txsend" => {
                let topic = options.need("topic")?.to_owned();
                let key = options.need("key")?.to_owned();
                let options = format!("{} key={key}", options.some(&["count", "per", "end"]));
                return Ok(Self::TxSend { topic, key, options });
            }
            "txend" => Self::TxEnd { abort: options.take("end") == Some("abort") },
            "consume" | "lag" => Self::Consume {
                group: options.need("group")?.to_owned(),
                topic: options.need("topic")?.to_owned(),
                seconds: options.number("seconds", 0)?,
                errors: options.number("errors", 3)?,
                options: options.some(&["reset", "isolation", "manual"]),
                background: *verb == "lag",
            },
            "offsets" => Self::Offsets(options.need("group")?.to_owned()),
            "alter" => Self::Alter {
                group: options.need("group")?.to_owned(),
                topic: options.need("topic")?.to_owned(),
                options: options.some(&["offset", "epoch"]),
            },
            "ends" => Self::Ends(options.need("topic")?.to_owned()),
            "deleteRecords" => {
                Self::DeleteRecords(options.need("topic")?.to_owned(), options.number("before", 0)?)
            }
            _ => return Err(format!("`{text}`")),
        };
        options.finish(order)
    }
}
