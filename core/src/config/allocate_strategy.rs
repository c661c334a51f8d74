//! The strategies by which the members of a group divide the queues, and how a person writes one.

use std::fmt;
use std::str::FromStr;

use arcstr::ArcStr;

use serde::{Serialize, Serializer};

use crate::id::{MessageQueue, QueueId};

/// Virtual nodes of a member on the hash ring when nobody says otherwise.
pub const DEFAULT_VIRTUAL_NODES: u32 = 10;
/// Most virtual nodes of a member that a person may ask for; a limit of the lab, not of RocketMQ.
pub const VIRTUAL_NODES_MAX: u32 = 1000;

const BY_CIRCLE: &str = "AVG_BY_CIRCLE";
const BY_AVERAGE: &str = "AVG";
const BY_HASH: &str = "CONSISTENT_HASH";
const BY_ROOM: &str = "MACHINE_ROOM";
const BY_NEAR_ROOM: &str = "MACHINE_ROOM_NEARBY-";
const BY_CONFIG: &str = "CONFIG";

/// How the members of a group divide the queues (`AllocateMessageQueueStrategy`).
///
/// | text | strategy |
/// |---|---|
/// | `AVG` | contiguous blocks |
/// | `AVG_BY_CIRCLE` | dealt out one by one |
/// | `CONSISTENT_HASH`, `CONSISTENT_HASH:20` | a hash ring with 10, or that many, virtual nodes a member |
/// | `MACHINE_ROOM:room1+room2` | the queues of brokers in these rooms |
/// | `MACHINE_ROOM_NEARBY-AVG` | own room first, with the strategy behind the dash in it |
/// | `CONFIG:T/broker-a/0+T/broker-a/1` | a fixed list of topic/broker/queue |
///
/// The names are RocketMQ's (`AllocateMessageQueueStrategy.getName`); what stands behind the colon is set in code
/// there. The rules stand in [`allocate`](crate::allocate).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum AllocateStrategy {
    /// Contiguous blocks, the first members one larger.
    #[default]
    Averagely,
    /// Dealt out one by one.
    AveragelyByCircle,
    /// By a hash ring.
    ConsistentHash {
        /// Places of each member on the ring, 0 to [`VIRTUAL_NODES_MAX`]; with none nobody gets anything.
        virtual_nodes: u32,
    },
    /// Contiguous blocks of the queues whose broker stands in one of the rooms; the other queues go to nobody.
    MachineRoom {
        /// `consumeridcs`.
        rooms: Vec<ArcStr>,
    },
    /// The queues of a room to the members in it; those of a room without members to all.
    MachineRoomNearby {
        /// How they divide what they share.
        inner: Box<AllocateStrategy>,
    },
    /// The same fixed list for every topic of the member, whoever else is in the group.
    Config {
        /// `messageQueueList`.
        queues: Vec<MessageQueue>,
    },
}

impl fmt::Display for AllocateStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Averagely => f.pad(BY_AVERAGE),
            Self::AveragelyByCircle => f.pad(BY_CIRCLE),
            Self::ConsistentHash { virtual_nodes: DEFAULT_VIRTUAL_NODES } => f.pad(BY_HASH),
            Self::ConsistentHash { virtual_nodes } => write!(f, "{BY_HASH}:{virtual_nodes}"),
            Self::MachineRoom { rooms } => write!(f, "{BY_ROOM}:{}", rooms.join("+")),
            Self::MachineRoomNearby { inner } => write!(f, "{BY_NEAR_ROOM}{inner}"),
            Self::Config { queues } => {
                let entry = |queue: &MessageQueue| {
                    format!("{}/{}/{}", queue.topic, queue.broker_name, queue.queue_id)
                };
                write!(f, "{BY_CONFIG}:{}", queues.iter().map(entry).collect::<Vec<_>>().join("+"))
            }
        }
    }
}

impl FromStr for AllocateStrategy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(inner) = text.strip_prefix(BY_NEAR_ROOM) {
            return if inner.starts_with(BY_NEAR_ROOM) {
                Err(format!("`{text}`: a room has no rooms inside it; name another strategy behind the dash"))
            } else {
                Ok(Self::MachineRoomNearby { inner: Box::new(inner.parse()?) })
            };
        }
        match text.split_once(':') {
            None if text == BY_AVERAGE => Ok(Self::Averagely),
            None if text == BY_CIRCLE => Ok(Self::AveragelyByCircle),
            None if text == BY_HASH => Ok(Self::ConsistentHash { virtual_nodes: DEFAULT_VIRTUAL_NODES }),
            Some((BY_HASH, nodes)) => read_virtual_nodes(nodes),
            Some((BY_ROOM, rooms)) => {
                Ok(Self::MachineRoom { rooms: parts(rooms).map(ArcStr::from).collect() })
            }
            Some((BY_CONFIG, queues)) => {
                Ok(Self::Config { queues: parts(queues).map(read_queue).collect::<Result<_, _>>()? })
            }
            _ => Err(format!(
                "`{text}` is no allocation strategy; accepted: {BY_AVERAGE}, {BY_CIRCLE}, {BY_HASH}[:NODES], \
                 {BY_ROOM}:ROOM+ROOM, {BY_NEAR_ROOM}{BY_AVERAGE}, {BY_CONFIG}:TOPIC/BROKER/QUEUE+…"
            )),
        }
    }
}

fn parts(list: &str) -> impl Iterator<Item = &str> {
    list.split('+').filter(|part| !part.is_empty())
}

fn read_virtual_nodes(text: &str) -> Result<AllocateStrategy, String> {
    let number = text.parse().ok().filter(|nodes| *nodes <= VIRTUAL_NODES_MAX);
    number
        .map(|virtual_nodes| AllocateStrategy::ConsistentHash { virtual_nodes })
        .ok_or_else(|| format!("`{text}` is no number of virtual nodes; accepted: 0 to {VIRTUAL_NODES_MAX}"))
}

fn read_queue(text: &str) -> Result<MessageQueue, String> {
    let mut words = text.split('/');
    let queue = match (words.next(), words.next(), words.next(), words.next()) {
        (Some(topic), Some(broker), Some(id), None) if !topic.is_empty() && !broker.is_empty() => {
            id.parse().ok().map(|id| MessageQueue {
                topic: topic.into(),
                broker_name: broker.into(),
                queue_id: QueueId(id),
            })
        }
        _ => None,
    };
    queue.ok_or_else(|| format!("`{text}` is no queue; write topic/broker/queue, for example T/broker-a/0"))
}

impl Serialize for AllocateStrategy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategy_reads_as_it_prints() {
        for text in [
            "AVG",
            "AVG_BY_CIRCLE",
            "CONSISTENT_HASH",
            "CONSISTENT_HASH:20",
            "CONSISTENT_HASH:0",
            "MACHINE_ROOM:room1+room2",
            "MACHINE_ROOM:",
            "MACHINE_ROOM_NEARBY-AVG",
            "MACHINE_ROOM_NEARBY-CONSISTENT_HASH:3",
            "CONFIG:T/broker-a/0+T/room1@broker-b/12",
            "CONFIG:",
        ] {
            let strategy: AllocateStrategy = text.parse().expect(text);
            assert_eq!(strategy.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_strategy_is_refused_with_a_hint() {
        for text in [
            "",
            "avg",
            "AVG:2",
            "CONSISTENT_HASH:-1",
            "CONSISTENT_HASH:1001",
            "CONFIG",
            "CONFIG:T/broker-a",
            "CONFIG:T//1",
            "MACHINE_ROOM_NEARBY-",
            "MACHINE_ROOM_NEARBY-MACHINE_ROOM_NEARBY-AVG",
        ] {
            let error = text.parse::<AllocateStrategy>().expect_err(text);
            assert!(error.starts_with('`'), "{error}");
        }
    }
}
