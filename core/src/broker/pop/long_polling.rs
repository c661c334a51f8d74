//! Pops that wait for a message.
//!
//! A message that arrives wakes the pop that expires first, one for pops of any queue and one for pops of just this
//! queue. A message in the retry topic wakes nobody unless the topic has its newer name: the broker cannot tell from the
//! older one which topic it belongs to. Such messages wait until some pop of the group is over, up to 15 s.
//!
//! **In RocketMQ**: `PopLongPollingService`, `PopRequest`.
//!
//! **Left out on purpose**: the limits of the numbers of waiting pops (`popPollingSize`, `popPollingMapSize`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::broker::{Asked, Broker};
use crate::fact::{Fact, PopFact, WakeReason};
use crate::filter::BrokerFilter;
use crate::id::{ConnectionId, GroupName, NodeId, QueueId, TopicName};
use crate::message::{StoredMessage, tag_hash};
use crate::names::normal_topic_of_pop_retry;
use crate::outbox::Outbox;
use crate::rpc::PopMessage;
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// A pop is over a moment before the time that it named.
const EARLY: Duration = Duration::from_millis(50);
/// Period of the look for pops that are over.
const LOOK: u64 = 20;
/// Every so many messages of a queue, one wakes a pop whatever its filter says (`popLongPollingForceNotifyInterval`).
const FORCE_NOTIFY_INTERVAL: u64 = 800;

/// Topic, group and queue that a pop waits for.
type PollingKey = (TopicName, GroupName, QueueId);

/// A pop that waits.
#[derive(Clone, Debug)]
struct PollingRequest {
    asked: Asked,
    pop: PopMessage,
    filter: BrokerFilter,
}

/// All pops that wait, of each key by the moment at which they expire, then by age.
#[derive(Clone, Debug, Default)]
pub(super) struct Polling {
    map: BTreeMap<PollingKey, BTreeMap<(Instant, u64), PollingRequest>>,
    /// Groups that have ever waited for a topic (`topicCidMap`).
    groups: BTreeMap<TopicName, BTreeSet<GroupName>>,
    next: u64,
}

impl Polling {
    pub(super) fn forget(&mut self, connection: ConnectionId) {
        for waiting in self.map.values_mut() {
            waiting.retain(|_, request| request.asked.connection != connection);
        }
        self.map.retain(|_, waiting| !waiting.is_empty());
    }

    pub(super) fn clear(&mut self) {
        self.map.clear();
    }

    pub(super) fn waiting(&self) -> impl Iterator<Item = (&NodeId, &TopicName, QueueId, Instant)> {
        let all = self.map.iter().flat_map(|(key, waiting)| waiting.iter().map(move |entry| (key, entry)));
        all.map(|((topic, _, queue), ((until, _), request))| {
            (&request.asked.peer.node, topic, *queue, *until)
        })
    }

    fn first_expiry(&self) -> Option<Instant> {
        self.map.values().filter_map(|waiting| waiting.keys().next()).map(|(at, _)| *at).min()
    }
}

impl Broker {
    /// Holds a pop that found nothing; it is given back when its time is over already.
    pub(super) fn hold_pop(
        &mut self,
        now: Instant,
        asked: Asked,
        pop: PopMessage,
        filter: BrokerFilter,
        out: &mut Outbox,
    ) -> Result<(), Asked> {
        self.pop.polling.groups.entry(pop.topic.clone()).or_default().insert(pop.group.clone());
        let expired = pop.born_at + pop.poll_time;
        if pop.poll_time == Duration::ZERO || is_over(now, expired) {
            return Err(asked);
        }
        out.note(Fact::Pop(PopFact::Held {
            consumer: asked.peer.node.clone(),
            topic: pop.topic.clone(),
            queue_id: pop.queue_id,
        }));
        let key = (pop.topic.clone(), pop.group.clone(), pop.queue_id);
        let op = self.pop.polling.next;
        self.pop.polling.next += 1;
        let waiting = self.pop.polling.map.entry(key).or_default();
        waiting.insert((expired, op), PollingRequest { asked, pop, filter });
        self.arm_polling(out);
        Ok(())
    }

    /// The service looks every 20 ms; here the clock is set for the look that finds something.
    fn arm_polling(&self, out: &mut Outbox) {
        if let Some(expiry) = self.pop.polling.first_expiry() {
            let over = expiry.since(self.started_at).saturating_sub(EARLY).as_millis() + 1;
            let look = over.div_ceil(LOOK) * LOOK;
            out.set_timer(Timer::PopLongPolling, self.started_at + Duration::from_millis(look));
        }
    }

    /// Pops whose time is over are looked at once more, and then answered.
    pub(super) fn poll_expired(&mut self, now: Instant, out: &mut Outbox) {
        let mut over = Vec::new();
        for waiting in self.pop.polling.map.values_mut() {
            while let Some(entry) = waiting.first_entry()
                && is_over(now, entry.key().0)
            {
                over.push(entry.remove());
            }
        }
        self.pop.polling.map.retain(|_, waiting| !waiting.is_empty());
        for request in over {
            self.wake_pop(now, request, WakeReason::Timeout, out);
        }
        self.arm_polling(out);
    }

    /// Messages became visible (`notifyMessageArrivingWithRetryTopic`).
    pub(in crate::broker) fn pops_visible(
        &mut self,
        now: Instant,
        visible: &[Arc<StoredMessage>],
        out: &mut Outbox,
    ) {
        if self.pop.polling.map.is_empty() {
            return;
        }
        for message in visible {
            let topic: TopicName = normal_topic_of_pop_retry(message.message.topic.as_str()).into();
            let Some(groups) = self.pop.polling.groups.get(&topic).cloned() else {
                continue;
            };
            for group in groups {
                for queue in [QueueId::ALL, message.queue_id] {
                    self.notify_pop(now, (topic.clone(), group.clone(), queue), Some(message), out);
                }
            }
        }
    }

    /// Wakes the pop of a key that expires first; not when it does not want the message.
    pub(super) fn notify_pop(
        &mut self,
        now: Instant,
        key: PollingKey,
        arrived: Option<&StoredMessage>,
        out: &mut Outbox,
    ) {
        let Some(waiting) = self.pop.polling.map.get_mut(&key) else {
            return;
        };
        let Some(first) = waiting.first_entry() else {
            return;
        };
        let is_wanted = arrived.is_none_or(|message| {
            let hash = tag_hash(message.message.tag().map(|tag| &**tag));
            let filter = &first.get().filter;
            message.queue_offset.0 % FORCE_NOTIFY_INTERVAL == 0
                || filter.is_matched_by_consume_queue(hash)
                    && filter.is_matched_by_commit_log(&message.message)
        });
        if !is_wanted {
            return;
        }
        let request = first.remove();
        if waiting.is_empty() {
            self.pop.polling.map.remove(&key);
        }
        self.wake_pop(now, request, WakeReason::Arrival, out);
    }

    fn wake_pop(&mut self, now: Instant, request: PollingRequest, reason: WakeReason, out: &mut Outbox) {
        let PollingRequest { asked, pop, .. } = request;
        out.note(Fact::Pop(PopFact::Woken {
            consumer: asked.peer.node.clone(),
            topic: pop.topic.clone(),
            queue_id: pop.queue_id,
            reason,
        }));
        self.pop_message(now, asked, pop, out);
    }
}

/// `PopRequest.isTimeout`.
fn is_over(now: Instant, expired: Instant) -> bool {
    now + EARLY > expired
}
