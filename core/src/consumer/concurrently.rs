//! Consuming side by side: a batch that fails goes back to the broker, and the offset moves on.
//!
//! **In RocketMQ**: `ConsumeMessageConcurrentlyService`, `ProcessQueue.cleanExpiredMsg` (behaviour §5.8). A result for
//! a queue that was given up meanwhile is ignored, so its next owner consumes the messages again.

use std::collections::VecDeque;
use std::sync::Arc;

use super::listener::{Batch, Task, message_at};
use super::retry::Origin;
use super::{Consumer, HoldId};
use crate::consume_result::{ACK_ALL, ConsumeConcurrentlyStatus, failed, finish};
use crate::fact::Fact;
use crate::id::MessageQueue;
use crate::message::StoredMessage;
use crate::outbox::Outbox;
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// Pause before messages that could not be handed back are consumed here again.
const RETRY_HERE: Duration = Duration::from_secs(5);
/// Messages of one queue that one look for overdue ones hands back at most.
const CLEAN_MOST: u32 = 16;
/// The delay level that overdue messages are handed back with.
pub(super) const CLEAN_LEVEL: i32 = 3;

/// What is consumed again after a pause.
#[derive(Clone, Debug)]
pub(super) enum Later {
    /// Messages that could not be handed back.
    Batch(Batch),
    /// A queue in order.
    Run(MessageQueue, HoldId),
    /// A queue in order, once its lock is there.
    TryLock(MessageQueue, HoldId),
}

impl Later {
    /// Messages that are consumed again then; a queue in order keeps its own.
    pub(super) const fn messages(&self) -> usize {
        match self {
            Self::Batch(batch) => batch.messages.len(),
            Self::Run(..) | Self::TryLock(..) => 0,
        }
    }
}

/// A look for overdue messages, one queue after the other.
#[derive(Clone, Debug)]
pub(super) struct Cleaning {
    queues: VecDeque<(MessageQueue, HoldId)>,
    /// Messages of the first queue that may still be handed back.
    left: u32,
}

impl Consumer {
    /// Hands over what a pull brought, in batches.
    pub(super) fn submit(&mut self, queue: &MessageQueue, hold: HoldId, messages: &[Arc<StoredMessage>]) {
        let size = self.client.config.consume_message_batch_max_size.max(1) as usize;
        for batch in messages.chunks(size) {
            let batch = Batch { queue: queue.clone(), hold, messages: batch.to_vec(), popped: None };
            self.listener.submit(Task::Batch(batch));
        }
    }

    /// The listener has answered for a batch (`processConsumeResult`).
    pub(super) fn process_batch(&mut self, now: Instant, batch: Batch, fails: bool, out: &mut Outbox) {
        let Some(assigned) = self.queues.get(&batch.queue).filter(|assigned| assigned.is(batch.hold)) else {
            return;
        };
        let status = if fails {
            ConsumeConcurrentlyStatus::ReconsumeLater
        } else {
            ConsumeConcurrentlyStatus::ConsumeSuccess
        };
        let failed = failed(&batch.messages, status, ACK_ALL);
        if self.is_broadcasting() {
            for message in failed {
                let message = Box::new(message_at(&batch.queue, message));
                out.note(Fact::FailureDropped { message });
            }
            return self.finish_batch(now, &batch, Vec::new(), out);
        }
        // V5 leaves out what was overdue and has been handed back meanwhile.
        let is_wanted = |message: &&Arc<StoredMessage>| {
            !self.client.profile.is_v5() || assigned.process_queue.contains(message.queue_offset)
        };
        let todo: VecDeque<_> = failed.iter().filter(is_wanted).cloned().collect();
        if todo.is_empty() {
            return self.finish_batch(now, &batch, Vec::new(), out);
        }
        self.hand_back(now, Origin::Batch(batch), todo, out);
    }

    /// Takes a batch out of its queue but for what could not be handed back, which is consumed here again.
    pub(super) fn finish_batch(
        &mut self,
        now: Instant,
        batch: &Batch,
        kept: Vec<Arc<StoredMessage>>,
        out: &mut Outbox,
    ) {
        let is_hold = |assigned: &&mut super::Assigned| assigned.is_hold(batch.hold);
        if let Some(assigned) = self.queues.get_mut(&batch.queue).filter(is_hold) {
            let offset = finish(now, &mut assigned.process_queue, &batch.messages, &kept);
            assigned.process_queue.put(&kept, None);
            if let Some(offset) = offset.filter(|_| !assigned.dropped) {
                self.offsets.update(&batch.queue, offset, true);
            }
        }
        if kept.is_empty() {
            return;
        }
        for message in &kept {
            let message = Box::new(message_at(&batch.queue, message));
            out.note(Fact::RetriedHere { message, pause: RETRY_HERE });
        }
        self.consume_later(now + RETRY_HERE, Later::Batch(Batch { messages: kept, ..batch.clone() }), out);
    }

    pub(super) fn consume_later(&mut self, at: Instant, later: Later, out: &mut Outbox) {
        self.later.push((at, later));
        self.arm_later(out);
    }

    fn arm_later(&self, out: &mut Outbox) {
        if let Some(at) = self.later.iter().map(|(at, _)| *at).min() {
            out.set_timer(Timer::ConsumeLater, at);
        }
    }

    /// Some pauses are over.
    pub(super) fn later_due(&mut self, now: Instant, out: &mut Outbox) {
        let later = std::mem::take(&mut self.later);
        let (due, later): (Vec<_>, Vec<_>) = later.into_iter().partition(|(at, _)| *at <= now);
        self.later = later;
        for (_, later) in due {
            match later {
                Later::Batch(Batch { queue, hold, messages, .. }) => self.submit(&queue, hold, &messages),
                Later::Run(queue, hold) => self.listener.submit(Task::Run(queue, hold)),
                Later::TryLock(queue, hold) => self.lock_one(now, queue, hold, out),
            }
        }
        self.arm_later(out);
        self.feed(now, out);
    }

    pub(super) fn consume_timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.client.config.consume_timeout) * 60)
    }

    pub(super) fn arm_clean(&self, since: Instant, out: &mut Outbox) {
        // A period of 0 is refused by the scheduler of RocketMQ; here the look then never comes.
        if !self.spec.orderly && self.client.config.consume_timeout > 0 {
            out.set_timer(Timer::CleanExpireMsg, since + self.consume_timeout());
        }
    }

    /// The periodic look for messages that the listener takes too long for (`cleanExpireMsg`).
    pub(super) fn clean_expired(&mut self, now: Instant, due: Instant, out: &mut Outbox) {
        self.arm_clean(due, out);
        if self.cleaning.is_none() {
            let queues = self.queues.iter().map(|(queue, assigned)| (queue.clone(), assigned.hold()));
            self.cleaning = Some(Cleaning { queues: queues.collect(), left: CLEAN_MOST });
            self.clean_next(now, out);
        }
    }

    /// Hands the next overdue message back; only the head of a queue is looked at.
    pub(super) fn clean_next(&mut self, now: Instant, out: &mut Outbox) {
        let timeout = self.consume_timeout();
        while let Some(cleaning) = &mut self.cleaning {
            let Some((queue, hold)) = cleaning.queues.front().cloned() else {
                self.cleaning = None;
                return;
            };
            let assigned = self.queues.get(&queue).filter(|assigned| assigned.is_hold(hold));
            let is_overdue = |assigned: &super::Assigned, message: &StoredMessage| {
                let started = assigned.process_queue.consume_started(message.queue_offset);
                started.is_some_and(|started| now.since(started) > timeout)
            };
            let head = assigned.and_then(|assigned| {
                let head = assigned.process_queue.first().cloned();
                head.filter(|message| is_overdue(assigned, message))
            });
            match head.filter(|_| cleaning.left > 0) {
                Some(message) => {
                    cleaning.left -= 1;
                    out.note(Fact::ConsumeTimedOut { message: Box::new(message_at(&queue, &message)) });
                    return self.hand_back(
                        now,
                        Origin::Overdue(queue, hold, message.clone()),
                        [message].into(),
                        out,
                    );
                }
                None => {
                    cleaning.queues.pop_front();
                    cleaning.left = CLEAN_MOST;
                }
            }
        }
    }

    /// An overdue message was handed back: it leaves its queue when it is still the head.
    pub(super) fn take_overdue(
        &mut self,
        now: Instant,
        queue: &MessageQueue,
        hold: HoldId,
        message: &Arc<StoredMessage>,
    ) {
        if let Some(assigned) = self.queues.get_mut(queue).filter(|assigned| assigned.is_hold(hold))
            && assigned.process_queue.first().is_some_and(|head| head.queue_offset == message.queue_offset)
        {
            assigned.process_queue.remove(now, &[message.queue_offset]);
        }
    }
}
