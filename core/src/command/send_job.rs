//! What a producer's application is told to send, and how.

use arcstr::ArcStr;

use super::{BODY_MAX, COUNT_MAX, CommandError, ShardingKey, check, invalid};
use crate::config::words;
use crate::id::{BrokerName, QueueId, TopicName};
use crate::names::TOPIC_MAX_LENGTH;
use crate::rpc::TransactionState;
use crate::time::{Duration, Instant};

/// Name and value of properties that an application gives its messages.
pub type Properties = Vec<(ArcStr, ArcStr)>;

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
    pub tags: Vec<ArcStr>,
    /// Key, numbered when there are several messages.
    pub key: Option<ArcStr>,
    /// Body, numbered from 0.
    pub body: ArcStr,
    /// Properties of every one of them, for SQL92 filters.
    pub properties: Properties,
    /// A fixed queue in place of the producer's choice; such a send is not retried elsewhere.
    pub queue: Option<(BrokerName, QueueId)>,
    /// A sharding key that chooses the queue; such a send is not retried elsewhere either.
    pub hash: Option<ShardingKey>,
    /// When consumers are to see it.
    pub delivery: Delivery,
    /// Whether the application waits for the answer.
    pub mode: CommunicationMode,
    /// The local transaction that the message belongs to.
    pub transaction: Option<LocalTransaction>,
}

/// When a message is to be delivered (behaviour §3.9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// As soon as it is stored.
    #[default]
    AtOnce,
    /// After the time of a delay level (`setDelayTimeLevel`); a level above the highest counts as the highest.
    Level(u32),
    /// After a time of its own (`setDelayTimeMs`). V4 has no such messages and delivers at once.
    After(Duration),
    /// At a moment (`setDeliverTimeMs`). V4 has no such messages and delivers at once.
    At(Instant),
}

/// How an application sends (`CommunicationMode`, behaviour §2.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CommunicationMode {
    /// It waits for the answer; failed attempts are repeated with other queues.
    #[default]
    Sync,
    /// It goes on at once and is called back; only attempts without an answer are repeated.
    Async,
    /// It goes on at once and hears nothing.
    OneWay,
}

words!(CommunicationMode, "way of sending", Sync = "sync", Async = "async", OneWay = "one-way");

/// The local transaction of a message: what its listener answers, and when (`TransactionListener`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LocalTransaction {
    /// How it ends at first (`executeLocalTransaction`).
    pub state: TransactionState,
    /// From which question of the broker on its end is known, counted from 1; before it is UNKNOW.
    pub checks: u32,
    /// What is answered then (`checkLocalTransaction`).
    pub then: TransactionState,
    /// For how long after its birth the broker is not to ask; none for the broker's own `transactionTimeOut`.
    pub immunity: Option<Duration>,
}

/// A row of the database that an application keeps its local transactions in. All producers of a group are one
/// application and share it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TransactionRecord {
    /// The producer's id of the half message.
    pub unique_key: ArcStr,
    /// How the transaction ends, and when that is known.
    pub transaction: LocalTransaction,
    /// How often brokers asked about it.
    pub asked: u32,
}

impl LocalTransaction {
    /// The answer to the question of this number, counted from 1.
    pub const fn answer(&self, check: u32) -> TransactionState {
        if check < self.checks { TransactionState::Unknown } else { self.then }
    }
}

impl SendJob {
    /// Checks what can be checked without knowing the cluster.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        check("topic name", self.topic.as_str(), TOPIC_MAX_LENGTH)?;
        if self.count.is_some_and(|count| !(1..=COUNT_MAX).contains(&count)) {
            return invalid(format!("count must lie between 1 and {COUNT_MAX}"));
        }
        if self.count.is_none() && self.every == Duration::ZERO {
            return invalid("every must be longer than 0");
        }
        if self.body.len() > BODY_MAX {
            return invalid(format!("a body may have {BODY_MAX} bytes at most"));
        }
        let has_control = |text: &ArcStr| text.contains(char::is_control);
        if self.properties.iter().any(|(name, value)| has_control(name) || has_control(value)) {
            return invalid("a property has no control characters in its name or value");
        }
        let Some(transaction) = &self.transaction else {
            return Ok(());
        };
        if transaction.checks == 0 {
            return invalid("checks counts the broker's questions from 1");
        }
        if self.mode != CommunicationMode::Sync || self.queue.is_some() {
            return invalid(
                "a message of a transaction is sent synchronously to a queue of the producer's choice",
            );
        }
        Ok(())
    }
}
