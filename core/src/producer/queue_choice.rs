//! Which queue a message goes to: the next one of a round over the producer's list.
//!
//! Each thread of the application has a round of its own for each topic, begun at a random place; asynchronous sends
//! share one. A retry avoids the broker that just failed, and latency fault tolerance those that were slow.
//!
//! **In RocketMQ**: `TopicPublishInfo.selectOneMessageQueue`, `MQFaultStrategy` (behaviour §2.5).
//!
//! **Left out on purpose**: selectors; the several threads of the executor of asynchronous sends.

use super::{Producer, ThreadId};
use crate::id::{BrokerName, MessageQueue, TopicName};
use crate::time::Instant;

impl Producer {
    /// The next queue of a round; on a retry not on the broker that just failed, if there is another.
    pub(super) fn select_queue(
        &mut self,
        now: Instant,
        round: ThreadId,
        topic: &TopicName,
        last: Option<&BrokerName>,
    ) -> Option<MessageQueue> {
        let queues = self.client.route(topic)?.writable.clone();
        if queues.is_empty() {
            return None;
        }
        let key = (topic.clone(), round);
        if !self.rounds.contains_key(&key) {
            let start = match self.pinned.remove(topic) {
                Some(start) => u64::from(start),
                None => u64::from(self.rng.below(u32::MAX)),
            };
            self.rounds.insert(key.clone(), start);
        }
        let round = self.rounds.get_mut(&key)?;
        let next = |round: &mut u64| {
            let queue = &queues[usize::try_from(*round % queues.len() as u64).unwrap_or(0)];
            *round += 1;
            queue.clone()
        };
        let find = |round: &mut u64, wanted: &dyn Fn(&MessageQueue) -> bool| {
            (0..queues.len()).map(|_| next(round)).find(|queue| wanted(queue))
        };
        let is_other = |queue: &MessageQueue| last.is_none_or(|last| *last != queue.broker_name);
        let faults = &self.faults;
        if self.client.config.send_latency_fault_enable {
            let is_available = |queue: &MessageQueue| faults.is_available(now, &queue.broker_name);
            let is_reachable = |queue: &MessageQueue| faults.is_reachable(&queue.broker_name);
            let found = if self.client.profile.is_v5() {
                find(round, &|queue| is_available(queue) && is_other(queue))
                    .or_else(|| find(round, &|queue| is_reachable(queue) && is_other(queue)))
            } else {
                let better = faults.better_half(now);
                find(round, &is_available)
                    .or_else(|| find(round, &|queue| better.first() == Some(&queue.broker_name)))
            };
            return found.or_else(|| find(round, &|_| true));
        }
        find(round, &is_other).or_else(|| find(round, &|_| true))
    }
}
