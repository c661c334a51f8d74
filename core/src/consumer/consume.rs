//! The listener: so many messages are worked on at a time, each for as long as the application needs.
//!
//! **In RocketMQ**: `ConsumeMessageConcurrentlyService`. A result for a queue that was given up meanwhile is
//! ignored, so its next owner consumes the message again.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Consumer, HoldId};
use crate::fact::{Fact, MessageAt};
use crate::id::MessageQueue;
use crate::message::StoredMessage;
use crate::outbox::Outbox;
use crate::time::Instant;
use crate::timer::Timer;

#[derive(Clone, Debug)]
struct Task {
    queue: MessageQueue,
    hold: HoldId,
    message: Arc<StoredMessage>,
}

/// The thread pool and what waits for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Listener {
    waiting: VecDeque<Task>,
    working: Vec<(Instant, Task)>,
    consumed: u64,
}

impl Listener {
    pub(super) const fn consumed(&self) -> u64 {
        self.consumed
    }

    pub(super) fn in_work(&self, queue: &MessageQueue) -> u32 {
        let count = self.working.iter().filter(|(_, task)| task.queue == *queue).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

impl Consumer {
    /// Hands over what a pull brought.
    pub(super) fn submit(
        &mut self,
        now: Instant,
        queue: &MessageQueue,
        hold: HoldId,
        messages: Vec<Arc<StoredMessage>>,
        out: &mut Outbox,
    ) {
        let tasks = messages.into_iter().map(|message| Task { queue: queue.clone(), hold, message });
        self.listener.waiting.extend(tasks);
        self.feed(now, out);
    }

    /// Gives free threads work, and sets the clock to the next end of some work.
    fn feed(&mut self, now: Instant, out: &mut Outbox) {
        while self.listener.working.len() < self.client.config.consume_thread_max as usize {
            let Some(task) = self.listener.waiting.pop_front() else {
                break;
            };
            if !self.holds(&task) {
                continue;
            }
            out.note(Fact::MessageDelivered {
                message: Box::new(message_at(&task)),
                reconsume_times: task.message.reconsume_times,
            });
            self.listener.working.push((now + self.spec.work, task));
        }
        if let Some(next) = self.listener.working.iter().map(|(until, _)| *until).min() {
            out.set_timer(Timer::ConsumeDone, next);
        }
    }

    fn holds(&self, task: &Task) -> bool {
        self.queues.get(&task.queue).is_some_and(|assigned| assigned.is(task.hold))
    }

    /// Some work has ended.
    pub(super) fn consume_done(&mut self, now: Instant, out: &mut Outbox) {
        let working = std::mem::take(&mut self.listener.working);
        let (done, working): (Vec<_>, Vec<_>) = working.into_iter().partition(|(until, _)| *until <= now);
        self.listener.working = working;
        for (_, task) in done {
            self.listener.consumed += 1;
            out.note(Fact::MessageConsumed { message: Box::new(message_at(&task)) });
            if !self.holds(&task) {
                continue;
            }
            let assigned = self.queues.get_mut(&task.queue).expect("the queue is held");
            let finished = [task.message.queue_offset];
            if let Some(offset) = assigned.process_queue_mut().remove(now, &finished) {
                self.offsets.update(&task.queue, offset, true);
            }
        }
        self.feed(now, out);
    }
}

fn message_at(task: &Task) -> MessageAt {
    let message = &task.message.message;
    MessageAt {
        queue: task.queue.clone(),
        offset: task.message.queue_offset,
        unique_key: message.unique_key().cloned().unwrap_or_else(|| "".into()),
        key: message.keys().cloned(),
    }
}
