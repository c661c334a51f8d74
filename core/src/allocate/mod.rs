//! How the members of a group divide the queues of a topic.
//!
//! Every member computes the division by itself from the same two sorted lists; nobody coordinates them. Behaviour
//! §5.4. **In RocketMQ**: `AllocateMessageQueueAveragely`, `…AveragelyByCircle`, `…ConsistentHash`, `…ByMachineRoom`,
//! `…ByConfig`, `AllocateMachineRoomNearby`, `AbstractAllocateMessageQueueStrategy.check`.
//!
//! **Left out on purpose**: a hash function of one's own for the ring.
//!
//! **Invariant**: over the members of a list the shares are a partition of the queues, except that `MACHINE_ROOM`
//! gives nobody the queues of other rooms, a ring without virtual nodes gives nobody anything, and `CONFIG` asks
//! nobody who else is there.

mod hash_ring;
mod machine_room;

use std::fmt;

pub use hash_ring::{HashRing, ring_hash};
pub use machine_room::{MachineRoomResolver, RoomsByName};

use crate::config::AllocateStrategy;
use crate::id::{ClientId, MessageQueue};

/// Why a strategy throws: the round is abandoned and the present division stays. `Display` gives RocketMQ's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllocateError {
    /// The member that asks has no id.
    NoClientId,
    /// There are no queues: the topic has a route, but nothing in it is readable.
    NoQueues,
    /// The broker knows no member of the group.
    NoMembers,
    /// The broker of this queue stands in no room.
    QueueWithoutRoom(MessageQueue),
    /// This member stands in no room.
    MemberWithoutRoom(ClientId),
}

impl fmt::Display for AllocateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoClientId => f.write_str("currentCID is empty"),
            Self::NoQueues => f.write_str("mqAll is null or mqAll empty"),
            Self::NoMembers => f.write_str("cidAll is null or cidAll empty"),
            Self::QueueWithoutRoom(queue) => write!(f, "Machine room is null for mq {}", text_of(queue)),
            Self::MemberWithoutRoom(member) => write!(f, "Machine room is null for consumer id {member}"),
        }
    }
}

impl std::error::Error for AllocateError {}

/// The queues of member `me`, in the order of `queues`. A member that is not in the list gets nothing.
///
/// The lists are taken as they are; whoever divides sorts them first
/// ([`rebalance::division`](crate::rebalance::division)).
///
/// # Errors
/// The strategy throws; see [`AllocateError`].
pub fn allocate(
    strategy: &AllocateStrategy,
    rooms: &impl MachineRoomResolver,
    me: &ClientId,
    queues: &[MessageQueue],
    members: &[ClientId],
) -> Result<Vec<MessageQueue>, AllocateError> {
    if let AllocateStrategy::Config { queues } = strategy {
        return Ok(queues.clone());
    }
    check(me, queues, members)?;
    let Some(index) = members.iter().position(|member| member == me) else {
        return Ok(Vec::new());
    };
    Ok(match strategy {
        AllocateStrategy::Averagely => averagely(index, members.len(), queues),
        AllocateStrategy::AveragelyByCircle => {
            queues.iter().skip(index).step_by(members.len()).cloned().collect()
        }
        AllocateStrategy::ConsistentHash { virtual_nodes } => by_hash(*virtual_nodes, me, queues, members),
        AllocateStrategy::MachineRoom { rooms } => {
            machine_room::by_machine_room(rooms, index, members.len(), queues)
        }
        AllocateStrategy::MachineRoomNearby { inner } => {
            machine_room::nearby(inner, rooms, me, queues, members)?
        }
        AllocateStrategy::Config { queues } => queues.clone(),
    })
}

/// What every strategy but `CONFIG` looks at first (`AbstractAllocateMessageQueueStrategy.check`).
fn check(me: &ClientId, queues: &[MessageQueue], members: &[ClientId]) -> Result<(), AllocateError> {
    if me.as_str().is_empty() {
        Err(AllocateError::NoClientId)
    } else if queues.is_empty() {
        Err(AllocateError::NoQueues)
    } else if members.is_empty() {
        Err(AllocateError::NoMembers)
    } else {
        Ok(())
    }
}

fn averagely(index: usize, members: usize, queues: &[MessageQueue]) -> Vec<MessageQueue> {
    let rest = queues.len() % members;
    let gets_one_more = rest > 0 && index < rest;
    let size = if queues.len() <= members { 1 } else { queues.len() / members + usize::from(gets_one_more) };
    let start = if gets_one_more { index * size } else { index * size + rest };
    queues.iter().skip(start).take(size).cloned().collect()
}

fn by_hash(
    virtual_nodes: u32,
    me: &ClientId,
    queues: &[MessageQueue],
    members: &[ClientId],
) -> Vec<MessageQueue> {
    let mut ring = HashRing::default();
    for member in members {
        ring.add(member.as_str(), virtual_nodes);
    }
    let is_mine = |queue: &&MessageQueue| ring.route(&text_of(queue)) == Some(me.as_str());
    queues.iter().filter(is_mine).cloned().collect()
}

/// A queue as RocketMQ prints it (`MessageQueue.toString`); also its key on the hash ring.
pub fn text_of(queue: &MessageQueue) -> String {
    let MessageQueue { topic, broker_name, queue_id } = queue;
    format!("MessageQueue [topic={topic}, brokerName={broker_name}, queueId={queue_id}]")
}

#[cfg(test)]
mod tests;
