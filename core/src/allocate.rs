//! How the members of a group divide the queues of a topic.
//!
//! Every member computes the division by itself from the same two sorted lists; nobody coordinates them. Behaviour
//! §5.4. **In RocketMQ**: `AllocateMessageQueueAveragely`, `…AveragelyByCircle`, `…ConsistentHash`,
//! `ConsistentHashRouter`. **Left out on purpose**: the room and configuration strategies.
//!
//! **Invariant**: over the members of a list the shares are a partition of the queues.

use std::collections::BTreeMap;

use md5::{Digest, Md5};

use crate::config::AllocateStrategy;
use crate::id::{ClientId, MessageQueue};

/// Virtual nodes of a member on the hash ring.
const VIRTUAL_NODES: usize = 10;

/// The queues of member `me`. `None` when the strategy throws, because a list is empty: the round is abandoned and
/// the present division stays. A member that is not in the list gets nothing.
pub fn allocate(
    strategy: AllocateStrategy,
    me: &ClientId,
    queues: &[MessageQueue],
    members: &[ClientId],
) -> Option<Vec<MessageQueue>> {
    if queues.is_empty() || members.is_empty() {
        return None;
    }
    let Some(index) = members.iter().position(|member| member == me) else {
        return Some(Vec::new());
    };
    Some(match strategy {
        AllocateStrategy::Averagely => averagely(index, members.len(), queues),
        AllocateStrategy::AveragelyByCircle => {
            queues.iter().skip(index).step_by(members.len()).cloned().collect()
        }
        AllocateStrategy::ConsistentHash => by_hash(me, members, queues),
    })
}

fn averagely(index: usize, members: usize, queues: &[MessageQueue]) -> Vec<MessageQueue> {
    let rest = queues.len() % members;
    let gets_one_more = rest > 0 && index < rest;
    let size = if queues.len() <= members { 1 } else { queues.len() / members + usize::from(gets_one_more) };
    let start = if gets_one_more { index * size } else { index * size + rest };
    queues.iter().skip(start).take(size).cloned().collect()
}

fn by_hash(me: &ClientId, members: &[ClientId], queues: &[MessageQueue]) -> Vec<MessageQueue> {
    let mut ring = BTreeMap::new();
    for member in members {
        for replica in 0..VIRTUAL_NODES {
            ring.insert(ring_hash(&format!("{member}-{replica}")), member);
        }
    }
    let owner = |queue: &MessageQueue| {
        let key = ring_hash(&format!(
            "MessageQueue [topic={}, brokerName={}, queueId={}]",
            queue.topic, queue.broker_name, queue.queue_id
        ));
        ring.range(key..).chain(ring.iter()).next().map(|(_, member)| *member)
    };
    queues.iter().filter(|queue| owner(queue) == Some(me)).cloned().collect()
}

/// First four bytes of the MD5 as a big-endian number (`MD5Hash`).
fn ring_hash(key: &str) -> u32 {
    let digest = Md5::digest(key.as_bytes());
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::message_queue;

    fn queues(count: u32) -> Vec<MessageQueue> {
        let per_broker = count.div_ceil(2);
        (0..count)
            .map(|i| {
                let broker = if i < per_broker { "broker-a" } else { "broker-b" };
                message_queue(&"TopicTest".into(), &broker.into(), i % per_broker)
            })
            .collect()
    }

    fn members(count: usize) -> Vec<ClientId> {
        (1..=count).map(|i| format!("10.0.0.{i}@c{i}").into()).collect()
    }

    /// Indexes of each member's queues, written as in the behaviour file: `012 · 345 · 67`.
    fn division(strategy: AllocateStrategy, queue_count: u32, member_count: usize) -> String {
        let (queues, members) = (queues(queue_count), members(member_count));
        let share = |me| {
            let share = allocate(strategy, me, &queues, &members).expect("neither list is empty");
            share
                .iter()
                .map(|queue| queues.iter().position(|other| other == queue).expect("a queue of the list"))
                .map(|index| index.to_string())
                .collect::<String>()
        };
        members.iter().map(share).collect::<Vec<_>>().join(" · ")
    }

    #[test]
    fn divisions_equal_rocketmqs() {
        use AllocateStrategy::{Averagely, AveragelyByCircle, ConsistentHash};
        assert_eq!(division(Averagely, 8, 3), "012 · 345 · 67");
        assert_eq!(division(Averagely, 4, 6), "0 · 1 · 2 · 3 ·  · ");
        assert_eq!(division(Averagely, 10, 4), "012 · 345 · 67 · 89");
        assert_eq!(division(AveragelyByCircle, 8, 3), "036 · 147 · 25");
        assert_eq!(division(AveragelyByCircle, 10, 4), "048 · 159 · 26 · 37");
        assert_eq!(division(ConsistentHash, 8, 3), "0 · 24 · 13567");
        assert_eq!(ring_hash("10.0.0.1@c1-0"), 4_156_134_030);
    }

    #[test]
    fn every_division_of_small_numbers_is_a_partition() {
        for strategy in [
            AllocateStrategy::Averagely,
            AllocateStrategy::AveragelyByCircle,
            AllocateStrategy::ConsistentHash,
        ] {
            for queue_count in 0..=8 {
                for member_count in 1..=8 {
                    let (queues, members) = (queues(queue_count), members(member_count));
                    let shares: Vec<_> =
                        members.iter().map(|me| allocate(strategy, me, &queues, &members)).collect();
                    if queue_count == 0 {
                        assert!(shares.iter().all(Option::is_none));
                        continue;
                    }
                    let mut all: Vec<_> = shares.into_iter().flatten().flatten().collect();
                    all.sort();
                    assert_eq!(all, queues, "{strategy} {queue_count}/{member_count}");
                }
            }
        }
    }

    #[test]
    fn a_stranger_gets_nothing() {
        let share = allocate(AllocateStrategy::Averagely, &"x".into(), &queues(4), &members(2));
        assert_eq!(share, Some(Vec::new()));
    }
}
