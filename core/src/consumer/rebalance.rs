//! Dividing the queues: who else is there, which queues are there, which of them are mine.
//!
//! A round goes through the topics one after the other: it asks *one* broker who is in the group, computes its own
//! share, gives up what is not in it and takes what is new, after asking where to start (in order also for its lock).
//! Every member does this by itself, so for a moment two may hold the same queue, or nobody. What a round decides
//! stands in [`rebalance`](crate::rebalance).
//!
//! **In RocketMQ**: `RebalanceService`, `RebalanceImpl.rebalanceByTopic`, `RebalancePushImpl` (behaviour §5.2, §5.3,
//! §5.6).

use std::collections::VecDeque;
use std::sync::Arc;

use super::start_offset::Asker;
use super::{Assigned, Consumer, Purpose};
use crate::allocate::RoomsByName;
use crate::client_instance;
use crate::fact::{DropReason, Fact, StartReason};
use crate::hash_order::{in_buckets, queue_hash};
use crate::id::{Address, ClientId, MessageQueue, QueueOffset, TopicName};
use crate::outbox::Outbox;
use crate::rebalance::{Division, Member, changes, division, is_balanced};
use crate::remoting::Failure;
use crate::route::select_broker_addr;
use crate::rpc::{Request, Response, ResponseBody};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// Buckets of the client's table of queues (`processQueueTable`), as long as it holds no more than 96; a division goes
/// through it from bucket to bucket.
const QUEUE_TABLE_BUCKETS: usize = 128;

/// When rounds happen.
#[derive(Clone, Debug, Default)]
pub(super) struct RebalanceService {
    pub(super) round: Option<Round>,
    /// Somebody wanted a round while one was under way.
    notified: bool,
    /// End of the last round, at first the start of the process.
    last_at: Instant,
    last_round: Option<Instant>,
}

impl RebalanceService {
    pub(super) const fn begin(&mut self, now: Instant) {
        self.last_at = now;
    }

    pub(super) const fn last_round(&self) -> Option<Instant> {
        self.last_round
    }
}

/// A round under way.
#[derive(Clone, Debug)]
pub(super) struct Round {
    topics: VecDeque<TopicName>,
    pub(super) balanced: bool,
    /// With a broker that divides: queues that are popped came or went.
    pub(super) pop_changed: bool,
    pub(super) step: Step,
}

/// What the round does with the topic at the head of its list.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Nothing yet.
    Begin,
    /// It knew no broker for the topic and asks for the route. The queues were read before.
    WaitRoute(Option<Arc<Vec<MessageQueue>>>),
    /// It asks who is in the group.
    WaitMembers(Option<Arc<Vec<MessageQueue>>>),
    /// It asks a broker for its share.
    WaitAssignment,
    /// In order: it takes queues out of the table that were given up: the share, those still in the table, until when
    /// it waits for the listener of the first, whether anything changed.
    Releasing {
        share: Vec<MessageQueue>,
        todo: VecDeque<(MessageQueue, DropReason)>,
        until: Option<Instant>,
        changed: bool,
    },
    /// It locks new queues and asks where they start: the share, those still to be taken, whether anything changed.
    Taking { share: Vec<MessageQueue>, todo: VecDeque<MessageQueue>, changed: bool },
}

impl Consumer {
    /// A round is wanted now; since 5.2.0 not sooner than 1 s after the one before.
    pub(super) fn wake_rebalance(&mut self, now: Instant, out: &mut Outbox) {
        if !self.awaited.is_empty() {
            return;
        }
        if self.rebalance.round.is_some() {
            self.rebalance.notified = true;
            return;
        }
        let earliest = self.rebalance.last_at + self.client.config.rebalance_min_interval;
        if now < earliest {
            out.set_timer(Timer::Rebalance, earliest);
        } else {
            self.begin_round(now, out);
        }
    }

    pub(super) fn rebalance_timer(&mut self, now: Instant, out: &mut Outbox) {
        if self.rebalance.round.is_none() {
            self.begin_round(now, out);
        }
    }

    /// A round is wanted now, whatever the service waits for (`doRebalance`).
    pub(super) fn divide_now(&mut self, now: Instant, out: &mut Outbox) {
        if self.rebalance.round.is_some() {
            self.rebalance.notified = true;
        } else {
            self.begin_round(now, out);
        }
    }

    /// A suspended consumer divides nothing, and is not balanced.
    fn begin_round(&mut self, now: Instant, out: &mut Outbox) {
        if self.suspended {
            self.rebalance.round = Some(Round {
                topics: VecDeque::new(),
                balanced: false,
                pop_changed: false,
                step: Step::Begin,
            });
            return self.end_round(now, out);
        }
        let topics = self.subscriptions.keys().cloned().collect();
        self.rebalance.round = Some(Round { topics, balanced: true, pop_changed: false, step: Step::Begin });
        self.next_topic(now, out);
    }

    fn next_topic(&mut self, now: Instant, out: &mut Outbox) {
        let Some(round) = &mut self.rebalance.round else {
            return;
        };
        let Some(topic) = round.topics.front().cloned() else {
            return self.end_round(now, out);
        };
        let queues = self.client.route(&topic).map(|cached| cached.readable.clone());
        if self.is_broadcasting() {
            return self.divide(now, queues, None, out);
        }
        match self.broker_of(&topic) {
            Some(address) => self.ask_members(now, address, queues, out),
            None => {
                self.set_step(Step::WaitRoute(queues));
                self.client.want_route(now, &topic, false, out);
            }
        }
    }

    pub(super) fn set_step(&mut self, step: Step) {
        if let Some(round) = &mut self.rebalance.round {
            round.step = step;
        }
    }

    pub(super) fn topic_done(&mut self, now: Instant, out: &mut Outbox) {
        if let Some(round) = &mut self.rebalance.round {
            round.topics.pop_front();
            round.step = Step::Begin;
            round.pop_changed = false;
        }
        self.next_topic(now, out);
    }

    /// The next round comes after 20 s, in V5 after 1 s when this one came out unbalanced.
    fn end_round(&mut self, now: Instant, out: &mut Outbox) {
        let Some(round) = self.rebalance.round.take() else {
            return;
        };
        self.drop_unsubscribed(now, out);
        self.rebalance.last_at = now;
        self.rebalance.last_round = Some(now);
        let config = &self.client.config;
        let is_lazy = round.balanced || config.rebalance_min_interval == Duration::ZERO;
        let wait = if is_lazy { config.rebalance_wait_interval } else { config.rebalance_min_interval };
        out.set_timer(Timer::Rebalance, now + wait);
        if std::mem::take(&mut self.rebalance.notified) {
            self.wake_rebalance(now, out);
        }
    }

    /// A broker of the topic's route: a random broker name, its master if it has one (`findBrokerAddrByTopic`).
    fn broker_of(&mut self, topic: &TopicName) -> Option<Address> {
        let route = self.client.route(topic)?.route.clone();
        let count = u32::try_from(route.broker_datas.len()).unwrap_or(u32::MAX);
        if count == 0 {
            return None;
        }
        let broker = &route.broker_datas[self.rng.below(count) as usize];
        select_broker_addr(broker, &mut self.rng)
    }

    fn ask_members(
        &mut self,
        now: Instant,
        address: Address,
        queues: Option<Arc<Vec<MessageQueue>>>,
        out: &mut Outbox,
    ) {
        if self.asks_broker() {
            return self.ask_assignment(now, address, out);
        }
        self.set_step(Step::WaitMembers(queues));
        let request = Request::GetConsumerListByGroup { group: self.spec.client.group.clone() };
        let timeout = self.client.config.mq_client_api_timeout;
        let purpose = client_instance::Purpose::Own(Purpose::ConsumerIds);
        self.client.remoting.invoke(now, address, request, timeout, purpose, out);
    }

    /// A route request has ended; the round may have waited for it.
    pub(super) fn rebalance_got_route(&mut self, now: Instant, topic: &TopicName, out: &mut Outbox) {
        let Some(round) = &self.rebalance.round else {
            return;
        };
        let Step::WaitRoute(queues) = &round.step else {
            return;
        };
        if round.topics.front() != Some(topic) {
            return;
        }
        let queues = queues.clone();
        match self.broker_of(topic) {
            Some(address) => self.ask_members(now, address, queues, out),
            None if self.asks_broker() => self.assignment_unknown(now, out),
            None => self.divide(now, queues, None, out),
        }
    }

    /// A broker has said who is in the group.
    pub(super) fn on_consumer_ids(
        &mut self,
        now: Instant,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        let Some(Round { step: Step::WaitMembers(queues), .. }) = &self.rebalance.round else {
            return;
        };
        let queues = queues.clone();
        let members = match result {
            Ok(Response { body: ResponseBody::ConsumerIds(members), .. }) => Some(members),
            _ => None,
        };
        self.divide(now, queues, members, out);
    }

    /// Divides the topic at the head of the round's list.
    fn divide(
        &mut self,
        now: Instant,
        queues: Option<Arc<Vec<MessageQueue>>>,
        members: Option<Vec<ClientId>>,
        out: &mut Outbox,
    ) {
        let Some(topic) = self.topic_of_round() else {
            return;
        };
        let member = Member {
            me: &self.client.client_id,
            model: self.spec.model,
            strategy: &self.spec.strategy,
            rooms: &RoomsByName,
        };
        let queues = queues.as_ref().map(|queues| queues.as_slice());
        match division(&member, &topic, queues, members.as_deref()) {
            Division::Share(share) => return self.take_share(now, share, out),
            Division::Keep => {}
            Division::TopicUnknown => self.message_queue_changed(now, &topic, out),
            Division::Failed(_) => {
                if let Some(round) = &mut self.rebalance.round {
                    round.balanced = false;
                }
            }
        }
        self.topic_done(now, out);
    }

    pub(super) fn topic_of_round(&self) -> Option<TopicName> {
        self.rebalance.round.as_ref().and_then(|round| round.topics.front().cloned())
    }

    /// Tells the brokers at once (`messageQueueChanged`).
    fn message_queue_changed(&mut self, now: Instant, topic: &TopicName, out: &mut Outbox) {
        if let Some(subscription) = self.subscriptions.get_mut(topic) {
            subscription.version = now;
        }
        self.send_heartbeat(now, out);
    }

    /// Gives up what is not in the share, and begins to take what is new (`updateProcessQueueTableInRebalance`).
    pub(super) fn take_share(&mut self, now: Instant, share: Vec<MessageQueue>, out: &mut Outbox) {
        let Some(topic) = self.topic_of_round() else {
            return;
        };
        let has_stalled =
            |held: &Assigned| held.process_queue().is_pull_expired(now) && !held.is_being_corrected();
        let held: Vec<_> = self
            .queues
            .iter()
            .filter(|(queue, _)| queue.topic == topic)
            .map(|(queue, held)| (queue.clone(), has_stalled(held)))
            .collect();
        let give_up = changes(&share, &held).give_up;
        let give_up = in_buckets(give_up, QUEUE_TABLE_BUCKETS, |(queue, _)| queue_hash(queue));
        let (mut changed, mut releasing) = (false, VecDeque::new());
        for (queue, reason) in give_up {
            if self.needs_locks() {
                // V5 drops all of them at once, V4 each when it is its turn to leave the table.
                if self.client.profile.is_v5() {
                    self.drop_queue(&queue, reason, out);
                }
                releasing.push_back((queue, reason));
            } else {
                self.give_up(now, &queue, reason, out);
                changed = true;
            }
        }
        self.set_step(Step::Releasing { share, todo: releasing, until: None, changed });
        self.release_next(now, out);
    }

    /// Every orderly queue that was given up has left the table, or stays in it for now: new ones are taken.
    pub(super) fn all_released(&mut self, now: Instant, out: &mut Outbox) {
        let Some(Round { step, .. }) = &mut self.rebalance.round else {
            return;
        };
        let Step::Releasing { share, changed, .. } = std::mem::replace(step, Step::Begin) else {
            return;
        };
        let todo = share.iter().filter(|queue| !self.queues.contains_key(queue)).cloned().collect();
        self.set_step(Step::Taking { share, todo, changed });
        self.take_next(now, out);
    }

    /// Takes the next new queue, in order after locking it; when there is none left, the topic is done.
    fn take_next(&mut self, now: Instant, out: &mut Outbox) {
        let Some(Round { step: Step::Taking { todo, .. }, .. }) = &self.rebalance.round else {
            return;
        };
        let Some(queue) = todo.front().cloned() else {
            return self.share_taken(now, out);
        };
        if !self.needs_locks() {
            return self.begin_to_take(now, queue, out);
        }
        if !self.ask_lock(now, &queue, Purpose::LockForRound(queue.clone()), out) {
            self.skip(now, out);
        }
    }

    /// A broker has locked a new queue, or has not: then another round comes in 20 s, in V5 in 1 s.
    pub(super) fn on_round_lock(
        &mut self,
        now: Instant,
        queue: &MessageQueue,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        let is_locked = self.note_lock(now, queue, result);
        let Some(Round { step: Step::Taking { todo, .. }, .. }) = &self.rebalance.round else {
            return;
        };
        if todo.front() != Some(queue) {
            return;
        }
        if is_locked {
            self.begin_to_take(now, queue.clone(), out);
        } else {
            self.skip(now, out);
        }
    }

    fn begin_to_take(&mut self, now: Instant, queue: MessageQueue, out: &mut Outbox) {
        // What an earlier holding left in memory must not count (`removeDirtyOffset`).
        self.offsets.remove(&queue);
        self.find_start(now, queue, Asker::Round, out);
    }

    /// The queue is left alone in this round. Another comes in 20 s, in V5 in 1 s.
    pub(super) fn skip(&mut self, now: Instant, out: &mut Outbox) {
        if let Some(Round { step: Step::Taking { todo, .. }, .. }) = &mut self.rebalance.round {
            todo.pop_front();
        }
        self.take_next(now, out);
    }

    pub(super) fn take(
        &mut self,
        now: Instant,
        queue: MessageQueue,
        offset: QueueOffset,
        reason: StartReason,
        out: &mut Outbox,
    ) {
        let Some(Round { step: Step::Taking { todo, changed, .. }, .. }) = &mut self.rebalance.round else {
            return;
        };
        if todo.front() != Some(&queue) {
            return;
        }
        todo.pop_front();
        *changed = true;
        out.note(Fact::QueueAssigned { queue: queue.clone(), offset, reason });
        let hold = self.next_hold;
        self.next_hold += 1;
        let pull_at = now + self.client.config.first_pull_delay;
        self.queues.insert(queue, Assigned::new(hold, now, offset, pull_at));
        self.take_next(now, out);
    }

    /// All new queues of the topic are taken: the brokers are told, the pulling begins.
    fn share_taken(&mut self, now: Instant, out: &mut Outbox) {
        let Some(Round { step: Step::Taking { share, changed, .. }, topics, pop_changed, .. }) =
            &self.rebalance.round
        else {
            return;
        };
        let (share, changed, topic) = (share.clone(), *changed || *pop_changed, topics.front().cloned());
        let Some(topic) = topic else { return };
        let is_working =
            |queue: &&MessageQueue| self.queues.get(*queue).is_some_and(|assigned| !assigned.is_dropped());
        let held = self.queues.keys().filter(|queue| queue.topic == topic && is_working(queue));
        let is_balanced = is_balanced(&share, held);
        if let Some(round) = &mut self.rebalance.round {
            round.balanced &= is_balanced;
        }
        if changed {
            let queues = self.queues.keys().filter(|queue| queue.topic == topic && is_working(queue));
            let popped = self.pop_queues.keys().filter(|queue| queue.topic == topic);
            let queues = queues.chain(popped).cloned().collect();
            out.note(Fact::Rebalanced { topic: topic.clone(), queues });
            self.message_queue_changed(now, &topic, out);
        }
        self.pull_due(now, out);
        self.topic_done(now, out);
    }
}
