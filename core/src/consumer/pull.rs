//! Getting messages: one pull after another for each queue that is held.
//!
//! **In RocketMQ**: `DefaultMQPushConsumerImpl.pullMessage`, `PullAPIWrapper`, `PullMessageService`
//! (behaviour §5.7). What an illegal offset leads to, §5.10.

use std::sync::Arc;

use arcstr::ArcStr;

use super::start_offset::Asker;
use super::{Assigned, Consumer, HoldId, Purpose};
use crate::client_instance;
use crate::fact::{DropReason, Fact};
use crate::filter::tag_matches;
use crate::id::{MessageQueue, QueueOffset};
use crate::message::StoredMessage;
use crate::outbox::Outbox;
use crate::process_queue::{BeforePull, Delay, PullState};
use crate::remoting::Failure;
use crate::rpc::{PullRequest, Request, Response, ResponseBody, ResponseCode};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// Least time between a pull that got nowhere and its repetition, so that links without latency end a millisecond.
const SHORTEST_ROUND: Duration = Duration::from_millis(1);
/// V4 corrects an illegal offset after this pause.
const V4_CORRECTION_DELAY: Duration = Duration::from_secs(10);

impl Consumer {
    /// Pulls the queues whose time has come, and sets the clock for the others.
    pub(super) fn pull_due(&mut self, now: Instant, out: &mut Outbox) {
        let is_due = |assigned: &Assigned| assigned.pull_at.is_some_and(|at| at <= now);
        let due: Vec<_> = self
            .queues
            .iter()
            .filter(|(_, assigned)| is_due(assigned))
            .map(|(queue, _)| queue.clone())
            .collect();
        for queue in due {
            self.pull(now, &queue, out);
        }
        self.arm_pull(out);
    }

    pub(super) fn arm_pull(&self, out: &mut Outbox) {
        if let Some(at) = self.queues.values().filter_map(|assigned| assigned.pull_at).min() {
            out.set_timer(Timer::PullLater, at);
        }
    }

    pub(super) fn pull_later(&mut self, queue: &MessageQueue, at: Instant, out: &mut Outbox) {
        if let Some(assigned) = self.queues.get_mut(queue) {
            assigned.pull_at = Some(at);
        }
        self.arm_pull(out);
    }

    pub(super) fn pull(&mut self, now: Instant, queue: &MessageQueue, out: &mut Outbox) {
        let (is_broadcasting, needs_lock) = (self.is_broadcasting(), self.needs_locks());
        let Some(assigned) = self.queues.get_mut(queue) else {
            return;
        };
        if !assigned.dropped {
            assigned.process_queue.pulled(now);
        }
        let state = PullState {
            is_dropped: assigned.dropped,
            is_paused: self.suspended,
            lock: self.spec.orderly.then(|| !needs_lock || assigned.is_locked()),
            cached: assigned.process_queue.cached(),
        };
        match state.check(&self.client.config) {
            BeforePull::Pull => {}
            BeforePull::Later(delay) => return self.pull_later(queue, now + delay.duration(), out),
            BeforePull::Dropped => return,
        }
        // A fixed list of queues may name a topic that the consumer does not subscribe to.
        let Some(subscription) = self.subscriptions.get(&queue.topic) else {
            return self.pull_later(queue, now + Delay::Exception.duration(), out);
        };
        let subscription_version = subscription.version;
        if needs_lock && !assigned.previously_locked {
            assigned.pull_at = None;
            let asker = Asker::FirstPull(assigned.hold());
            return self.find_start(now, queue.clone(), asker, out);
        }
        let found = self.client.subscribe_address(&queue.broker_name, assigned.broker_id);
        let Some((broker_id, address)) = found else {
            return self.pull_failed(now, queue, "broker not known".into(), out);
        };
        let commits = !is_broadcasting && broker_id.is_master();
        let commit_offset = self.offsets.read(queue).filter(|offset| commits && *offset > QueueOffset(0));
        assigned.pull_at = None;
        let request = Request::PullMessage(PullRequest {
            group: self.spec.client.group.clone(),
            topic: queue.topic.clone(),
            queue_id: queue.queue_id,
            offset: assigned.next_offset,
            max_messages: self.client.config.pull_batch_size,
            commit_offset,
            suspend_timeout: self.client.config.broker_suspend_max_time,
            subscription_version,
            subscription: None,
        });
        let purpose = client_instance::Purpose::Own(Purpose::Pull(queue.clone(), assigned.hold()));
        let timeout = self.client.config.consumer_timeout_when_suspend;
        self.client.remoting.invoke_async(now, address, request, timeout, purpose, out);
    }

    fn pull_failed(&mut self, now: Instant, queue: &MessageQueue, why: ArcStr, out: &mut Outbox) {
        out.note(Fact::PullFailed { queue: queue.clone(), why: why.clone() });
        if let Some(assigned) = self.queues.get_mut(queue) {
            assigned.trouble = Some(why);
        }
        self.pull_later(queue, now + Delay::Exception.duration(), out);
    }

    pub(super) fn on_pull_result(
        &mut self,
        now: Instant,
        queue: MessageQueue,
        hold: HoldId,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        let Some(assigned) = self.queues.get_mut(&queue).filter(|assigned| assigned.is(hold)) else {
            return;
        };
        let response = match result {
            Ok(response) => response,
            Err(failure) => return self.pull_failed(now, &queue, failure.words().into(), out),
        };
        let ResponseBody::Pulled { next, min, max, suggested_broker, messages } = response.body else {
            let why = if response.remark.is_empty() { response.code.name().into() } else { response.remark };
            return self.pull_failed(now, &queue, why, out);
        };
        assigned.broker_id = suggested_broker;
        assigned.trouble = None;
        match response.code {
            ResponseCode::Success => {
                assigned.bounds = (min, max);
                self.on_found(now, &queue, hold, (next, max), messages, out);
            }
            ResponseCode::PullNotFound | ResponseCode::PullRetryImmediately => {
                let moved = assigned.next_offset != next;
                assigned.next_offset = next;
                if assigned.process_queue.is_empty() {
                    self.offsets.update(&queue, next, true);
                }
                if moved || response.code == ResponseCode::PullNotFound {
                    self.pull(now, &queue, out);
                } else {
                    // A slave that lacks the offset answers "again" for ever; each round takes some time.
                    self.pull_later(&queue, now + SHORTEST_ROUND, out);
                }
            }
            ResponseCode::PullOffsetMoved => self.on_offset_illegal(now, &queue, next, out),
            code => self.pull_failed(now, &queue, code.name().into(), out),
        }
    }

    fn on_found(
        &mut self,
        now: Instant,
        queue: &MessageQueue,
        hold: HoldId,
        (next, max): (QueueOffset, QueueOffset),
        mut messages: Vec<Arc<StoredMessage>>,
        out: &mut Outbox,
    ) {
        if let Some(subscription) = self.subscriptions.get(&queue.topic) {
            messages.retain(|message| tag_matches(subscription, message.message.tag()));
        }
        let Some(assigned) = self.queues.get_mut(queue) else {
            return;
        };
        assigned.next_offset = next;
        let pull_interval = self.client.config.pull_interval;
        if messages.is_empty() {
            return self.pull(now, queue, out);
        }
        let dispatches = assigned.process_queue.put(&messages, Some(max));
        self.listener.counts.entry(queue.topic.clone()).or_default().0 += messages.len() as u64;
        if !self.spec.orderly {
            self.submit(queue, hold, &messages);
        } else if dispatches {
            self.submit_run(queue, hold);
        }
        self.feed(now, out);
        if pull_interval > Duration::ZERO {
            self.pull_later(queue, now + pull_interval, out);
        } else {
            self.pull(now, queue, out);
        }
    }

    /// The broker says that the queue has no such offset and which one it has. V4 waits 10 s before it takes that
    /// and then for the next division; V5 does both at once.
    fn on_offset_illegal(&mut self, now: Instant, queue: &MessageQueue, to: QueueOffset, out: &mut Outbox) {
        let is_v5 = self.client.profile.is_v5();
        let Some(assigned) = self.queues.get_mut(queue) else {
            return;
        };
        if is_v5 {
            self.correct(now, queue, to, out);
            return self.wake_rebalance(now, out);
        }
        assigned.correction = Some((now + V4_CORRECTION_DELAY, to));
        (assigned.dropped, assigned.pull_at) = (true, None);
        self.arm_correction(out);
    }

    fn arm_correction(&self, out: &mut Outbox) {
        let corrections = self.queues.values().filter_map(|assigned| assigned.correction);
        if let Some(at) = corrections.map(|(at, _)| at).min() {
            out.set_timer(Timer::CorrectOffset, at);
        }
    }

    pub(super) fn correct_due(&mut self, now: Instant, out: &mut Outbox) {
        let due = |assigned: &Assigned| assigned.correction.filter(|(at, _)| *at <= now);
        let due: Vec<_> = self
            .queues
            .iter()
            .filter_map(|(queue, assigned)| due(assigned).map(|(_, to)| (queue.clone(), to)))
            .collect();
        for (queue, to) in due {
            self.correct(now, &queue, to, out);
        }
        self.arm_correction(out);
    }

    /// Takes the broker's offset, commits it and gives the queue up; the next division brings it back.
    fn correct(&mut self, now: Instant, queue: &MessageQueue, to: QueueOffset, out: &mut Outbox) {
        let Some(assigned) = self.queues.get(queue) else {
            return;
        };
        let from = assigned.next_offset;
        out.note(Fact::OffsetCorrected { queue: queue.clone(), from, to });
        if self.client.profile.is_v5() {
            self.offsets.update_and_freeze(queue, to);
        } else {
            self.offsets.update(queue, to, false);
        }
        self.give_up(now, queue, DropReason::OffsetIllegal, out);
    }

    /// Commits a queue and takes it out of the table at once, also when its listener is at work
    /// (`removeProcessQueue`).
    pub(super) fn give_up(
        &mut self,
        now: Instant,
        queue: &MessageQueue,
        reason: DropReason,
        out: &mut Outbox,
    ) {
        if self.needs_locks() {
            self.drop_queue(queue, reason, out);
            self.release(now, queue, out);
            self.queues.remove(queue);
            return;
        }
        let was_dropped = self.queues.get(queue).is_some_and(|a| a.dropped && a.correction.is_none());
        self.persist(now, queue, out);
        if self.is_broadcasting()
            && let Some(offset) = self.offsets.read(queue)
        {
            self.disk.offsets.insert(queue.clone(), offset);
        }
        self.offsets.remove(queue);
        self.queues.remove(queue);
        if !was_dropped {
            out.note(Fact::QueueDropped { queue: queue.clone(), reason });
        }
    }
}
