//! A consumer that pops: it asks a broker for its share, pops from it, and acknowledges what its listener is through with.
//!
//! With `clientRebalance=false` a round asks a broker for the queues of each topic, and the answer says whether they are
//! pulled or popped. A queue that is popped has no position here: the broker knows what the group was given. Every
//! message is acknowledged by itself, or sent for another time when the listener has failed. What comes too late for its
//! invisible time is neither: the broker hands the message out again.
//!
//! There are no dead letters: a message that has failed for the last time is acknowledged when it comes once more, and so
//! is gone.
//!
//! **In RocketMQ**: `RebalanceImpl.getRebalanceResultFromBroker`, `DefaultMQPushConsumerImpl.popMessage`,
//! `ConsumeMessagePopConcurrentlyService`, `PopProcessQueue` (behaviour §3.12). V5 only.
//!
//! **Left out on purpose**: the orderly way (`ConsumeMessagePopOrderlyService`), which RocketMQ has not finished either.
//!
//! **Invariants**: a message is acknowledged only while its invisible time lasts and its queue is held; no more pops are
//! sent while more than `popThresholdForQueue` messages of a queue are in hand.

mod assignment;
mod consume;

use std::collections::BTreeMap;

use arcstr::ArcStr;

use super::{Consumer, HoldId, Purpose};
use crate::client_instance;
use crate::config::ConsumeFromWhere;
use crate::fact::{Fact, PopFact};
use crate::filter::tag_matches;
use crate::id::{BrokerId, MessageQueue};
use crate::message::StoredMessage;
use crate::outbox::Outbox;
use crate::remoting::Failure;
use crate::rpc::{
    PopAnswer, PopCk, PopMessage, PopRequest, Popped, Request, Response, ResponseBody, ResponseCode,
};
use crate::time::{Duration, Instant};
use crate::timer::Timer;
pub(super) use consume::{PoppedBatch, place};

/// Pause after a pop that failed, or found the broker full.
const EXCEPTION: Duration = Duration::from_secs(3);
/// Pause of a consumer that is suspended.
const SUSPENDED: Duration = Duration::from_secs(1);
/// Pause while too many messages are in hand.
const FLOW_CONTROL: Duration = Duration::from_millis(50);
/// How long a pop may take beyond the time that the broker may hold it.
const BEYOND_POLL: Duration = Duration::from_secs(10);
/// Invisible times that are taken as they are, in milliseconds; any other counts as 60 s.
const INVISIBLE: std::ops::RangeInclusive<u64> = 5_000..=300_000;
const USUAL_INVISIBLE: Duration = Duration::from_secs(60);
/// A queue that was not popped for longer is taken anew (`PULL_MAX_IDLE_TIME`).
const IDLE: Duration = Duration::from_secs(120);

/// A queue that is popped (`PopProcessQueue`).
#[derive(Clone, Debug)]
pub struct PopAssigned {
    hold: HoldId,
    /// When to pop next; `None` while a pop is under way.
    pop_at: Option<Instant>,
    last_pop: Instant,
    /// Messages that are not through with (`waitAckCounter`).
    in_hand: u32,
    trouble: Option<ArcStr>,
}

impl PopAssigned {
    /// Messages popped and not through with.
    pub const fn in_hand(&self) -> u32 {
        self.in_hand
    }

    /// When it was last popped, or taken.
    pub const fn last_pop(&self) -> Instant {
        self.last_pop
    }

    /// What went wrong with the last pop.
    pub const fn trouble(&self) -> Option<&ArcStr> {
        self.trouble.as_ref()
    }
}

/// The queues that a consumer pops from.
pub(super) type PopQueues = BTreeMap<MessageQueue, PopAssigned>;

impl Consumer {
    /// The queues that it pops from.
    pub const fn pop_queues(&self) -> &BTreeMap<MessageQueue, PopAssigned> {
        &self.pop_queues
    }

    /// Pops from the queues whose time has come, and sets the clock for the others.
    pub(super) fn pop_due(&mut self, now: Instant, out: &mut Outbox) {
        let is_due = |assigned: &PopAssigned| assigned.pop_at.is_some_and(|at| at <= now);
        let due = self.pop_queues.iter().filter(|(_, assigned)| is_due(assigned));
        for queue in due.map(|(queue, _)| queue.clone()).collect::<Vec<_>>() {
            self.pop(now, &queue, out);
        }
        self.arm_pop(out);
    }

    fn arm_pop(&self, out: &mut Outbox) {
        if let Some(at) = self.pop_queues.values().filter_map(|assigned| assigned.pop_at).min() {
            out.set_timer(Timer::PopLater, at);
        }
    }

    fn pop_later(&mut self, queue: &MessageQueue, at: Instant, out: &mut Outbox) {
        if let Some(assigned) = self.pop_queues.get_mut(queue) {
            assigned.pop_at = Some(at);
        }
        self.arm_pop(out);
    }

    /// Sends one pop, or waits (`popMessage`).
    fn pop(&mut self, now: Instant, queue: &MessageQueue, out: &mut Outbox) {
        let Some(assigned) = self.pop_queues.get_mut(queue) else {
            return;
        };
        assigned.last_pop = now;
        if self.suspended {
            return self.pop_later(queue, now + SUSPENDED, out);
        }
        if assigned.in_hand > self.client.config.pop_threshold_for_queue {
            return self.pop_later(queue, now + FLOW_CONTROL, out);
        }
        let Some(subscription) = self.subscriptions.get(&queue.topic).cloned() else {
            return self.pop_later(queue, now + EXCEPTION, out);
        };
        let hold = assigned.hold;
        let Some((_, address)) = self
            .client
            .subscribe_address(&queue.broker_name, BrokerId::MASTER)
            .filter(|(id, _)| id.is_master())
        else {
            return self.pop_failed(now, queue, "broker not known".into(), out);
        };
        assigned.pop_at = None;
        let config = &self.client.config;
        let invisible_time = if INVISIBLE.contains(&config.pop_invisible_time.as_millis()) {
            config.pop_invisible_time
        } else {
            USUAL_INVISIBLE
        };
        let poll_time = config.broker_suspend_max_time;
        let pop = PopMessage {
            group: self.spec.client.group.clone(),
            topic: queue.topic.clone(),
            queue_id: queue.queue_id,
            max_messages: config.pop_batch_nums,
            invisible_time,
            poll_time,
            born_at: now,
            from_min: self.spec.from == ConsumeFromWhere::FirstOffset,
            subscription,
        };
        let purpose = client_instance::Purpose::Own(Purpose::Pop(queue.clone(), hold));
        let request = Request::Pop(PopRequest::PopMessage(pop));
        self.client.remoting.invoke_async(now, address, request, poll_time + BEYOND_POLL, purpose, out);
    }

    fn pop_failed(&mut self, now: Instant, queue: &MessageQueue, why: ArcStr, out: &mut Outbox) {
        out.note(Fact::PullFailed { queue: queue.clone(), why: why.clone() });
        if let Some(assigned) = self.pop_queues.get_mut(queue) {
            assigned.trouble = Some(why);
        }
        self.pop_later(queue, now + EXCEPTION, out);
    }

    /// A pop has come back. What a queue given up has still brought is left alone and comes again.
    pub(super) fn on_pop_result(
        &mut self,
        now: Instant,
        queue: MessageQueue,
        hold: HoldId,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        let Some(assigned) = self.pop_queues.get_mut(&queue).filter(|assigned| assigned.hold == hold) else {
            return;
        };
        let response = match result {
            Ok(response) => response,
            Err(failure) => return self.pop_failed(now, &queue, failure.words().into(), out),
        };
        match (response.code, response.body) {
            (ResponseCode::Success, ResponseBody::Pop(PopAnswer::Popped(popped))) => {
                assigned.trouble = None;
                self.on_popped(now, &queue, *popped, out);
            }
            (ResponseCode::PollingTimeout | ResponseCode::PullNotFound, _) => {
                assigned.trouble = None;
                self.pop(now, &queue, out);
            }
            (code, _) => {
                let why =
                    if response.remark.is_empty() { code.name().into() } else { response.remark.clone() };
                self.pop_failed(now, &queue, why, out);
            }
        }
    }

    /// Hands over what a pop has brought (`processPopResult`). What the consumer does not want is acknowledged at once.
    fn on_popped(&mut self, now: Instant, queue: &MessageQueue, popped: Popped, out: &mut Outbox) {
        let subscription = self.subscriptions.get(&queue.topic).cloned();
        let most = self.most_reconsume_times();
        let mut wanted = Vec::new();
        for (stored, ck) in popped.messages.into_iter().zip(popped.cks) {
            let tag = stored.message.tag();
            let matches = subscription.as_ref().is_none_or(|known| tag_matches(known, tag));
            let is_given_up = matches && i64::from(stored.reconsume_times) > most;
            if is_given_up {
                let message = Box::new(place(queue, &stored));
                let reconsume_times = stored.reconsume_times;
                out.note(Fact::Pop(PopFact::GivenUp { message, reconsume_times }));
            }
            if matches && !is_given_up {
                wanted.push((stored, ck));
            } else {
                self.ack(now, &stored, ck, out);
            }
        }
        if wanted.is_empty() {
            return self.pop(now, queue, out);
        }
        self.submit_popped(queue, wanted);
        self.feed(now, out);
        let pull_interval = self.client.config.pull_interval;
        if pull_interval > Duration::ZERO {
            self.pop_later(queue, now + pull_interval, out);
        } else {
            self.pop(now, queue, out);
        }
    }

    /// How often a message may come back (`getMaxReconsumeTimes`).
    fn most_reconsume_times(&self) -> i64 {
        let times = self.client.config.max_reconsume_times;
        i64::from(if times == -1 { 16 } else { times })
    }

    /// Tells the broker that a message is through with; nobody waits for the answer (`ackAsync`).
    fn ack(&mut self, now: Instant, stored: &StoredMessage, ck: PopCk, out: &mut Outbox) {
        let group = self.spec.client.group.clone();
        let topic = ck.source.real_topic(&stored.message.topic, &group);
        self.tell(now, PopRequest::AckMessage { group, ck, topic }, out);
    }

    fn tell(&mut self, now: Instant, request: PopRequest, out: &mut Outbox) {
        let (PopRequest::AckMessage { ck, .. } | PopRequest::ChangeInvisibleTime { ck, .. }) = &request
        else {
            return;
        };
        let address = self.client.subscribe_address(&ck.broker_name, BrokerId::MASTER);
        if let Some((_, address)) = address.filter(|(id, _)| id.is_master()) {
            let timeout = self.client.config.mq_client_api_timeout;
            let purpose = client_instance::Purpose::Own(Purpose::Ack);
            self.client.remoting.invoke_async(now, address, Request::Pop(request), timeout, purpose, out);
        }
    }
}
