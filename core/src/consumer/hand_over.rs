//! Giving orderly queues up: out of the table and unlocked, one after the other, each only when its listener has left it.
//!
//! **In RocketMQ**: `RebalanceImpl.updateProcessQueueTableInRebalance`, `RebalancePushImpl.removeUnnecessaryMessageQueue`
//! with the consume lock of a `ProcessQueue` (behaviour §5.9).

use super::Consumer;
use super::rebalance::{Round, Step};
use crate::id::MessageQueue;
use crate::outbox::Outbox;
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// How long a division waits for the listener of a queue that is to be given up: V4, V5.
const CONSUME_LOCK_WAIT: [Duration; 2] = [Duration::from_secs(1), Duration::from_millis(500)];

impl Consumer {
    /// Takes the next orderly queue that was given up out of the table. While its listener is at work the division
    /// waits a moment; then the queue stays in the table until a later one.
    pub(super) fn release_next(&mut self, now: Instant, out: &mut Outbox) {
        let wait = CONSUME_LOCK_WAIT[usize::from(self.client.profile.is_v5())];
        loop {
            let Some(Round { step: Step::Releasing { todo, until, .. }, .. }) = &self.rebalance.round else {
                return;
            };
            let (Some((queue, reason)), until) = (todo.front().cloned(), *until) else {
                return self.all_released(now, out);
            };
            self.drop_queue(&queue, reason, out);
            let is_released = self.release(now, &queue, out);
            if !is_released && until.is_none_or(|until| now < until) {
                let until = until.unwrap_or(now + wait);
                out.set_timer(Timer::ConsumeLock, until);
                return self.wait_for_listener(until);
            }
            if let Some(assigned) = self.queues.get_mut(&queue) {
                assigned.try_unlock_times += 1;
            }
            if let Some(Round { step: Step::Releasing { todo, until, changed, .. }, .. }) =
                &mut self.rebalance.round
            {
                todo.pop_front();
                *until = None;
                *changed |= is_released;
            }
        }
    }

    fn wait_for_listener(&mut self, wait_until: Instant) {
        if let Some(Round { step: Step::Releasing { until, .. }, .. }) = &mut self.rebalance.round {
            *until = Some(wait_until);
        }
    }

    /// A listener has left a queue; a division may have waited for it.
    pub(super) fn consume_lock_is_free(&mut self, now: Instant, queue: &MessageQueue, out: &mut Outbox) {
        if let Some(Round { step: Step::Releasing { todo, .. }, .. }) = &self.rebalance.round
            && todo.front().is_some_and(|(front, _)| front == queue)
        {
            self.release_next(now, out);
        }
    }
}
