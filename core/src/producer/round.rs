//! The rounds of a producer's threads over the queues of a topic.
//!
//! Each thread of the application has a round of its own for each topic, begun at a random place; asynchronous sends
//! share one. What comes next in a round, [`queue_choice`](crate::queue_choice) decides.
//!
//! **In RocketMQ**: `TopicPublishInfo`, `ThreadLocalIndex`.
//!
//! **Left out on purpose**: the several threads of the executor of asynchronous sends.

use super::{Producer, ThreadId};
use crate::id::{BrokerName, MessageQueue, TopicName};
use crate::queue_choice::{Choice, ThreadLocalIndex, resets_index};
use crate::time::Instant;

impl Producer {
    /// The next queue of a round; on a retry not on the broker that just failed, if there is another.
    pub(super) fn select_queue(
        &mut self,
        now: Instant,
        thread: ThreadId,
        topic: &TopicName,
        brokers_sent: &[BrokerName],
    ) -> Option<MessageQueue> {
        let cached = self.client.route(topic)?;
        let (queues, route) = (cached.writable.clone(), cached.route.clone());
        if queues.is_empty() {
            return None;
        }
        let (profile, avoids_faults) = (self.client.profile, self.client.config.send_latency_fault_enable);
        let attempts = u32::try_from(brokers_sent.len()).unwrap_or(u32::MAX);
        if resets_index(profile, avoids_faults, attempts) {
            let start = self.rng.below(i32::MAX.unsigned_abs()).cast_signed();
            self.rounds.insert((topic.clone(), thread), ThreadLocalIndex::new(start));
        }
        let mut index = self.index_of(topic, thread);
        let choice = Choice { queues: &queues, last_broker: brokers_sent.last() };
        let chosen = if !avoids_faults {
            choice.plain(&mut index).cloned()
        } else if profile.is_v5() {
            choice.avoiding_faults_v5(now, &self.faults, &mut index).cloned()
        } else {
            let mut worst = self.worst.get(&thread).copied().unwrap_or_else(|| self.random_index());
            let chosen = choice.avoiding_faults_v4(now, &route, &mut self.faults, &mut index, &mut worst);
            self.worst.insert(thread, worst);
            chosen
        };
        self.rounds.insert((topic.clone(), thread), index);
        chosen
    }

    /// Where the thread stands in the list of the topic: where a person has pinned it, or anywhere at first.
    fn index_of(&mut self, topic: &TopicName, thread: ThreadId) -> ThreadLocalIndex {
        if let Some(index) = self.rounds.get(&(topic.clone(), thread)) {
            return *index;
        }
        match self.pinned.remove(topic) {
            Some(start) => ThreadLocalIndex::new(start.cast_signed().wrapping_sub(1)),
            None => self.random_index(),
        }
    }

    /// Any value that is not negative, whatever the version; V5 also has negative ones, which look at the same
    /// queues.
    fn random_index(&mut self) -> ThreadLocalIndex {
        ThreadLocalIndex::new(self.rng.below(u32::MAX).cast_signed().wrapping_sub(1))
    }
}
