//! Newtypes for every name, id and offset, so that two kinds of number or name cannot be mixed up.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::str::FromStr;

use arcstr::ArcStr;
use serde::{Deserialize, Serialize};

use crate::names::{self, DLQ_PREFIX, RETRY_PREFIX};

/// A shared, cheaply cloned text newtype that compares, hashes and prints by its content.
macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(ArcStr);

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                // Within a process most names that meet are clones of each other.
                if ArcStr::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The name as text that is shared with it.
            pub const fn as_shared(&self) -> &ArcStr {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<ArcStr> for $name {
            fn from(text: ArcStr) -> Self {
                Self(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )*};
}

/// A plain number newtype.
macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}

names! {
    /// What the lab calls a process: one name server, broker, producer or consumer. Unique among the nodes that are there.
    NodeId;
    /// A topic, also `%RETRY%group`.
    TopicName;
    /// A producer or consumer group. The two are separate namespaces.
    GroupName;
    /// The name that a master shares with its slaves (`brokerName`).
    BrokerName;
    /// `brokerClusterName`; one cluster registers at the name servers under it.
    ClusterName;
    /// `ip@instanceName`, by which a broker tells the members of a group apart.
    ClientId;
}

impl TopicName {
    /// The retry topic of a consumer group, `%RETRY%group` (`MixAll.getRetryTopic`).
    pub fn retry_of(group: &GroupName) -> Self {
        names::retry_topic(group.as_str()).into()
    }

    /// The topic of a group's dead letters, `%DLQ%group` (`MixAll.getDLQTopic`).
    pub fn dead_letters_of(group: &GroupName) -> Self {
        names::dlq_topic(group.as_str()).into()
    }

    /// Whether this is some group's retry topic.
    pub fn is_retry(&self) -> bool {
        self.as_str().starts_with(RETRY_PREFIX)
    }

    /// Whether the topic came with a group: its retry topic or that of its dead letters.
    pub fn is_of_group(&self) -> bool {
        self.is_retry() || self.as_str().starts_with(DLQ_PREFIX)
    }

    /// The group whose retry topic this is (`KeyBuilder.parseGroup`).
    pub fn retry_group(&self) -> Option<GroupName> {
        self.as_str().strip_prefix(RETRY_PREFIX).map(GroupName::from)
    }
}

numbers! {
    /// 0 is the master of its broker name, everything above a slave (`brokerId`).
    BrokerId(u64);
    /// A position in a queue: the number of messages stored in it before.
    QueueOffset(u64);
    /// A position in a broker's commit log, in bytes.
    CommitLogOffset(u64);
    /// The number of a request on the client side; its answer carries the same one (`opaque`).
    Opaque(u32);
    /// One TCP connection of the run.
    ConnectionId(u64);
}

/// An entry of the trace, counted from 0. One with its absence takes four bytes, because a trace is mostly these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u64", try_from = "u64")]
pub struct EventId(NonZeroU32);

impl EventId {
    /// The first entry.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// The entry of this number; `None` for more than a trace can have, which is 2³² − 1 entries.
    pub fn nth(number: u64) -> Option<Self> {
        u32::try_from(number).ok()?.checked_add(1).and_then(NonZeroU32::new).map(Self)
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        self.0.get() as u64 - 1
    }

    /// Its number as the place in a list.
    pub const fn index(self) -> usize {
        self.0.get() as usize - 1
    }

    /// The entry behind it.
    ///
    /// # Panics
    /// When no trace can have it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add(1).expect("fewer events in a run than there are numbers"))
    }
}

/// Digests of traces go by the number, whatever it is kept in.
impl Hash for EventId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number().hash(state);
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.number(), f)
    }
}

impl From<EventId> for u64 {
    fn from(id: EventId) -> Self {
        id.number()
    }
}

impl TryFrom<u64> for EventId {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        Self::nth(number).ok_or("no trace has so many events")
    }
}

/// A queue of a topic on one broker, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(transparent)]
pub struct QueueId(pub u32);

impl QueueId {
    /// Any queue of the topic on its broker: what POP calls queue −1.
    pub const ALL: Self = Self(u32::MAX);

    /// The number as Java has it: −1 for [`ALL`](Self::ALL).
    const fn signed(self) -> i64 {
        if self.0 == Self::ALL.0 { -1 } else { self.0 as i64 }
    }
}

impl fmt::Display for QueueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.signed(), f)
    }
}

impl Serialize for QueueId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.signed())
    }
}

impl BrokerId {
    /// `MixAll.MASTER_ID`.
    pub const MASTER: Self = Self(0);

    /// RocketMQ's -1: a broker in controller mode before it is master or slave. No name server ever hears of it.
    pub const NONE: Self = Self(u64::MAX);

    /// Whether this id makes its broker the master.
    pub const fn is_master(self) -> bool {
        self.0 == 0
    }
}

impl QueueOffset {
    /// The position after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Where a process listens (servers) or opens its connections from (clients): IPv4 address and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Address of the host; `127.0.0.1` unless a command says otherwise.
    pub ip: Ipv4Addr,
    /// TCP port.
    pub port: u16,
}

impl Address {
    /// A port of the local host, where every node of a lab stands unless told otherwise.
    pub const fn local(port: u16) -> Self {
        Self { ip: Ipv4Addr::LOCALHOST, port }
    }
}

impl From<Address> for SocketAddr {
    fn from(address: Address) -> Self {
        Self::new(IpAddr::V4(address.ip), address.port)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.ip, self.port)
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not an address; write ip:port, for example 127.0.0.1:10911");
        let (ip, port) = text.split_once(':').ok_or_else(wrong)?;
        Ok(Self { ip: ip.parse().map_err(|_| wrong())?, port: port.parse().map_err(|_| wrong())? })
    }
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One queue of a topic: the unit that a consumer owns and a producer chooses. Orders as RocketMQ sorts queues
/// before it shares them out: by topic, broker name, queue id (`MessageQueue.compareTo`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct MessageQueue {
    /// The topic.
    pub topic: TopicName,
    /// The broker name; which of its replicas is asked is a matter of the route.
    pub broker_name: BrokerName,
    /// The queue on that broker.
    pub queue_id: QueueId,
}

impl fmt::Display for MessageQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/q{}", self.topic, self.broker_name, self.queue_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_as_they_print() {
        assert_eq!("127.0.0.1:10911".parse(), Ok(Address::local(10911)));
        assert_eq!(Address::local(10911).to_string(), "127.0.0.1:10911");
        assert!("localhost".parse::<Address>().is_err());
        assert!("1.2.3.4:99999".parse::<Address>().is_err());
    }

    #[test]
    fn queues_order_by_topic_broker_and_number() {
        let queue = |broker: &str, id| MessageQueue {
            topic: "T".into(),
            broker_name: broker.into(),
            queue_id: QueueId(id),
        };
        let mut queues = [queue("b", 0), queue("a", 10), queue("a", 2)];
        queues.sort();
        assert_eq!(queues, [queue("a", 2), queue("a", 10), queue("b", 0)]);
    }
}
