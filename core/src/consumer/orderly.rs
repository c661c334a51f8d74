//! Consuming in order: one batch of a queue at a time, under the queue's lock, and a failure holds up the queue.
//!
//! A thread works through a queue until nothing is left, its lock is in doubt or its time is over. A batch that
//! fails is taken again after a pause; only a message that has failed `maxReconsumeTimes` times (no limit by default)
//! makes way, by way of the retry topic to the dead letters.
//!
//! **In RocketMQ**: `ConsumeMessageOrderlyService` (behaviour §5.9).

use std::collections::VecDeque;
use std::sync::Arc;

use super::concurrently::Later;
use super::listener::{Batch, Task};
use super::retry::Origin;
use super::{Consumer, HoldId};
use crate::consume_result::{
    ConsumeOrderlyStatus, max_reconsume_times, process_orderly, reconsumed, suspend_time,
};
use crate::fact::Fact;
use crate::id::MessageQueue;
use crate::message::StoredMessage;
use crate::outbox::Outbox;
use crate::time::{Duration, Instant};

/// A run that finds no lock at its beginning tries to get one after this long, a run that loses it sooner.
const TRY_LOCK_AT_BEGINNING: Duration = Duration::from_millis(100);
const TRY_LOCK: Duration = Duration::from_millis(10);
/// A thread that has been with a queue for too long comes back after this long.
const NEXT_TURN: Duration = Duration::from_millis(10);

impl Consumer {
    /// Hands over what a pull brought: the messages wait in the queue for the run that takes them.
    pub(super) fn submit_run(&mut self, queue: &MessageQueue, hold: HoldId) {
        self.listener.submit(Task::Run(queue.clone(), hold));
    }

    /// A thread begins with a queue.
    pub(super) fn begin_run(&mut self, now: Instant, queue: MessageQueue, hold: HoldId, out: &mut Outbox) {
        if self.has_lock(now, &queue, hold) {
            self.go_on_with(now, queue, hold, now, out);
        } else if self.queues.get(&queue).is_some_and(|assigned| assigned.is(hold)) {
            self.consume_later(now + TRY_LOCK_AT_BEGINNING, Later::TryLock(queue, hold), out);
        }
    }

    fn has_lock(&self, now: Instant, queue: &MessageQueue, hold: HoldId) -> bool {
        let max_live_time = self.client.config.rebalance_lock_max_live_time;
        let assigned = self.queues.get(queue).filter(|assigned| assigned.is(hold));
        assigned.is_some_and(|assigned| self.is_broadcasting() || assigned.has_lock(now, max_live_time))
    }

    /// The thread takes the next batch of the queue that it began with at that moment, or leaves the queue.
    fn go_on_with(
        &mut self,
        now: Instant,
        queue: MessageQueue,
        hold: HoldId,
        began: Instant,
        out: &mut Outbox,
    ) {
        let has_lock = self.has_lock(now, &queue, hold);
        let config = &self.client.config;
        let Some(assigned) = self.queues.get_mut(&queue).filter(|assigned| assigned.is(hold)) else {
            return;
        };
        if !has_lock {
            return self.consume_later(now + TRY_LOCK, Later::TryLock(queue, hold), out);
        }
        if now.since(began) > config.max_time_consume_continuously {
            return self.consume_later(now + NEXT_TURN, Later::Run(queue, hold), out);
        }
        let most = config.consume_message_batch_max_size.max(1) as usize;
        let messages = assigned.process_queue.take(now, most);
        if !messages.is_empty() {
            let batch = Batch { queue, hold, messages, popped: None };
            self.begin_call(now, batch, Some(began), out);
        }
    }

    /// The listener has answered for a batch (`processConsumeResult`). Messages that have failed too often go to the
    /// retry topic first.
    pub(super) fn process_run(
        &mut self,
        now: Instant,
        batch: Batch,
        began: Instant,
        fails: bool,
        out: &mut Outbox,
    ) {
        if !fails {
            return self.apply(now, &batch, began, ConsumeOrderlyStatus::Success, None, out);
        }
        let max = max_reconsume_times(self.client.config.max_reconsume_times, true);
        let is_exhausted = |message: &&Arc<StoredMessage>| message.reconsume_times >= max;
        let exhausted: VecDeque<_> = batch.messages.iter().filter(is_exhausted).cloned().collect();
        if exhausted.is_empty() {
            self.run_handed_back(now, &batch, began, &[], out);
        } else {
            self.hand_back(now, Origin::Run(batch, began), exhausted, out);
        }
    }

    /// What had failed too often is in the retry topic, but for those that could not be sent. Any other message of the
    /// batch, and any that could not be sent, makes the whole batch come again.
    pub(super) fn run_handed_back(
        &mut self,
        now: Instant,
        batch: &Batch,
        began: Instant,
        kept: &[Arc<StoredMessage>],
        out: &mut Outbox,
    ) {
        let max = max_reconsume_times(self.client.config.max_reconsume_times, true);
        let comes_again = |message: &Arc<StoredMessage>| {
            message.reconsume_times < max
                || kept.iter().any(|other| other.queue_offset == message.queue_offset)
        };
        let suspends = batch.messages.iter().any(comes_again);
        let again = batch.messages.iter();
        let again: Vec<_> = again
            .map(|message| if comes_again(message) { reconsumed(message) } else { message.clone() })
            .collect();
        let status = ConsumeOrderlyStatus::SuspendCurrentQueueAMoment;
        self.apply(now, batch, began, status, suspends.then_some(&again), out);
    }

    fn apply(
        &mut self,
        now: Instant,
        batch: &Batch,
        began: Instant,
        status: ConsumeOrderlyStatus,
        again: Option<&Vec<Arc<StoredMessage>>>,
        out: &mut Outbox,
    ) {
        let (queue, hold) = (batch.queue.clone(), batch.hold);
        let Some(assigned) = self.queues.get_mut(&queue).filter(|assigned| assigned.is_hold(hold)) else {
            return;
        };
        let outcome = process_orderly(&mut assigned.process_queue, status, true, again.map(Vec::as_slice));
        let dropped = assigned.dropped;
        if let Some(offset) = outcome.commit.filter(|_| !dropped) {
            self.offsets.update(&queue, offset, false);
        }
        if outcome.goes_on {
            self.go_on_with(now, queue, hold, began, out);
        } else {
            let pause = suspend_time(self.client.config.suspend_current_queue_time);
            out.note(Fact::QueueSuspended { queue: queue.clone(), pause });
            self.consume_later(now + pause, Later::Run(queue, hold), out);
        }
    }
}
