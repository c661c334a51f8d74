//! Which queue a producer sends to.
//!
//! A thread goes round the list of writable queues; its place in the list is a counter that every look at a queue
//! moves on, also at one that is skipped (behaviour §2.5). A send with a sharding key asks the key instead, so that
//! equal keys meet in one queue as long as the list stays the same.
//!
//! **In RocketMQ**: `TopicPublishInfo.selectOneMessageQueue`, `MQFaultStrategy.selectOneMessageQueue`,
//! `ThreadLocalIndex`, `SelectMessageQueueByHash`.
//!
//! **Left out on purpose**: the selectors by chance and by machine room, which nothing in the lab asks for.

use crate::command::ShardingKey;
use crate::config::Profile;
use crate::fault_strategy::FaultStrategy;
use crate::id::{BrokerName, MessageQueue};
use crate::route::write_queue_nums;
use crate::rpc::{TopicRoute, message_queue};
use crate::time::Instant;

/// A counter of one thread: 32 bits that wrap around (`ThreadLocalIndex`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadLocalIndex(i32);

impl ThreadLocalIndex {
    /// A counter that stands at `value`; the first look at a queue is at one more.
    pub const fn new(value: i32) -> Self {
        Self(value)
    }

    /// Moves on and returns the new value without its sign bit, 0 to 2³¹−1 (`incrementAndGet`).
    pub const fn increment_and_get(&mut self) -> i32 {
        self.0 = self.0.wrapping_add(1);
        self.0 & i32::MAX
    }

    /// Where it stands.
    pub const fn value(self) -> i32 {
        self.0
    }

    /// Moves on and returns a place in a list of this length, 0 for an empty one.
    fn next_place(&mut self, length: usize) -> usize {
        place(self.increment_and_get(), length)
    }
}

/// The place of a number in a list: its distance from 0, modulo the length.
fn place(number: i32, length: usize) -> usize {
    (number.unsigned_abs() as usize).checked_rem(length).unwrap_or(0)
}

/// What a choice looks at.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// The writable queues, in the order of the round.
    pub queues: &'a [MessageQueue],
    /// The broker of the attempt before, within one send.
    pub last_broker: Option<&'a BrokerName>,
}

impl<'a> Choice<'a> {
    /// The next queue that passes, at most one round on.
    fn find(
        &self,
        index: &mut ThreadLocalIndex,
        passes: impl Fn(&MessageQueue) -> bool,
    ) -> Option<&'a MessageQueue> {
        let queues = self.queues;
        (0..queues.len()).map(|_| &queues[index.next_place(queues.len())]).find(|queue| passes(queue))
    }

    fn next(&self, index: &mut ThreadLocalIndex) -> Option<&'a MessageQueue> {
        self.find(index, |_| true)
    }

    fn is_other_broker(&self, queue: &MessageQueue) -> bool {
        self.last_broker.is_none_or(|last| *last != queue.broker_name)
    }

    /// Without fault avoidance: the next queue that is not on the last broker; when all are, the next one.
    pub fn plain(&self, index: &mut ThreadLocalIndex) -> Option<&'a MessageQueue> {
        self.find(index, |queue| self.is_other_broker(queue)).or_else(|| self.next(index))
    }

    /// With fault avoidance since 5.1.4: in three rounds the next queue whose broker is available and not the last;
    /// reachable and not the last; any.
    pub fn avoiding_faults_v5(
        &self,
        now: Instant,
        faults: &FaultStrategy,
        index: &mut ThreadLocalIndex,
    ) -> Option<&'a MessageQueue> {
        let is_available = |queue: &MessageQueue| faults.is_available(now, &queue.broker_name);
        let is_reachable = |queue: &MessageQueue| faults.is_reachable(&queue.broker_name);
        self.find(index, |queue| is_available(queue) && self.is_other_broker(queue))
            .or_else(|| self.find(index, |queue| is_reachable(queue) && self.is_other_broker(queue)))
            .or_else(|| self.next(index))
    }

    /// With fault avoidance in V4: the next queue whose broker is available, be it the last one; else some queue of
    /// a broker of the better half, which may also be one that the list does not have; else the next one.
    ///
    /// The first search moves the counter on by one only, however many queues it looks at. `worst` is the counter
    /// that goes round the better half.
    pub fn avoiding_faults_v4(
        &self,
        now: Instant,
        route: &TopicRoute,
        faults: &mut FaultStrategy,
        index: &mut ThreadLocalIndex,
        worst: &mut ThreadLocalIndex,
    ) -> Option<MessageQueue> {
        let length = self.queues.len();
        let start = index.increment_and_get();
        // The one number without an absolute value counts as 0.
        let number = |step: usize| start.wrapping_add(step as i32).checked_abs().unwrap_or(0);
        let places = (0..length).map(|step| place(number(step), length));
        let mut looked_at = places.map(|place| &self.queues[place]);
        if let Some(queue) = looked_at.find(|queue| faults.is_available(now, &queue.broker_name)) {
            return Some(queue.clone());
        }
        let better = faults.better_half(now);
        let is_only_one = faults.items().count() < 2;
        let place = if is_only_one { 0 } else { worst.next_place(better.len()) };
        let next = self.next(index)?;
        let Some(broker) = better.get(place) else {
            return Some(next.clone());
        };
        match write_queue_nums(route, broker) {
            Some(queues) if queues > 0 => {
                let id = index.increment_and_get().unsigned_abs() % queues;
                Some(message_queue(&next.topic, broker, id))
            }
            _ => {
                faults.remove(broker);
                Some(next.clone())
            }
        }
    }
}

/// Whether a retry starts its round anew at a random place (`resetIndex`): in V5 with fault avoidance.
pub const fn resets_index(profile: Profile, avoids_faults: bool, attempts: u32) -> bool {
    profile.is_v5() && avoids_faults && attempts > 0
}

/// The queue of a sharding key: |hash modulo length| (`SelectMessageQueueByHash`). `None` for an empty list.
pub fn by_hash<'a>(queues: &'a [MessageQueue], key: &ShardingKey) -> Option<&'a MessageQueue> {
    queues.get(place(key.hash_code(), queues.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ClientConfig;
    use crate::fault_strategy::Attempt;
    use crate::rpc::{QueueData, perm};
    use crate::time::Duration;

    fn queues(brokers: &[&str], per_broker: u32) -> Vec<MessageQueue> {
        let of = |broker: &&str| -> Vec<_> {
            (0..per_broker).map(|id| message_queue(&"T".into(), &(*broker).into(), id)).collect()
        };
        brokers.iter().flat_map(of).collect()
    }

    fn route(brokers: &[&str], write_queue_nums: u32) -> TopicRoute {
        let data = |broker: &&str| QueueData {
            broker_name: (*broker).into(),
            read_queue_nums: write_queue_nums,
            write_queue_nums,
            perm: perm::READ | perm::WRITE,
        };
        TopicRoute { queue_datas: brokers.iter().map(data).collect(), ..TopicRoute::default() }
    }

    #[test]
    fn a_place_follows_from_the_number_without_its_sign_bit() {
        let mut index = ThreadLocalIndex::new(i32::MAX);
        assert_eq!(index.increment_and_get(), 0);
        assert_eq!(index.value(), i32::MIN);
        let mut index = ThreadLocalIndex::new(-1);
        assert_eq!([index.next_place(3), index.next_place(3), index.next_place(0)], [0, 1, 0]);
    }

    #[test]
    fn a_retry_leaves_the_last_broker_and_uses_up_what_it_skips() {
        let queues = queues(&["a", "b"], 2);
        let mut index = ThreadLocalIndex::new(-1);
        let last = "a".into();
        let choice = Choice { queues: &queues, last_broker: Some(&last) };
        assert_eq!(choice.plain(&mut index), Some(&queues[2]));
        assert_eq!(index.value(), 2);
        let last = "c".into();
        let choice = Choice { queues: &queues[..2], last_broker: Some(&last) };
        assert_eq!(choice.plain(&mut index), Some(&queues[1]));
    }

    #[test]
    fn v4_without_an_available_broker_takes_the_better_one() {
        let queues = queues(&["a", "b"], 2);
        let config = ClientConfig { send_latency_fault_enable: true, ..ClientConfig::of(Profile::V4) };
        let mut faults = FaultStrategy::new(Profile::V4);
        let now = Instant::ZERO;
        faults.note(now, &config, &"a".into(), Duration::from_secs(3), Attempt::Broken);
        faults.note(now, &config, &"b".into(), Duration::from_secs(2), Attempt::Broken);
        let choice = Choice { queues: &queues, last_broker: None };
        let (mut index, mut worst) = (ThreadLocalIndex::new(-1), ThreadLocalIndex::new(-1));
        let both = route(&["a", "b"], 2);
        let chosen = choice.avoiding_faults_v4(now, &both, &mut faults, &mut index, &mut worst);
        assert_eq!(chosen, Some(queues[2].clone()));
        assert_eq!((index.value(), worst.value()), (2, 0));
        let chosen = choice.avoiding_faults_v4(now, &route(&["a"], 2), &mut faults, &mut index, &mut worst);
        assert_eq!(chosen, Some(queues[0].clone()));
        assert!(faults.is_available(now, &"b".into()), "a broker that the topic left is forgotten");
    }

    #[test]
    fn equal_keys_meet_in_one_queue() {
        let queues = queues(&["a"], 4);
        let of = |text: &str| by_hash(&queues, &text.parse().expect("any text is a key"));
        assert_eq!(of("order-7"), of("order-7"));
        assert_eq!(of("-5"), Some(&queues[1]));
        assert_eq!(by_hash(&[], &"x".parse().expect("any text is a key")), None);
    }
}
