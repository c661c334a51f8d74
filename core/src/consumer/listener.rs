//! The application's listener and the threads that call it: so many batches are worked on at a time, each for as
//! long as its messages need.
//!
//! **In RocketMQ**: `MessageListenerConcurrently`, `MessageListenerOrderly`; the thread pools of
//! `ConsumeMessageConcurrentlyService` and `ConsumeMessageOrderlyService`.
//!
//! **Left out on purpose**: a thread that waits for another to leave the same queue takes no place in the pool.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use smallvec::SmallVec;

use super::pop::{PoppedBatch, place};
use super::trace::BeforeConsume;
use super::{Consumer, HoldId};
use crate::fact::{Fact, ListenerResult, MessageAt};
use crate::id::{MessageQueue, TopicName};
use crate::message::{StoredMessage, property};
use crate::outbox::Outbox;
use crate::time::Instant;
use crate::timer::Timer;

/// Messages of one queue that the listener is given in one call.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub(super) queue: MessageQueue,
    pub(super) hold: HoldId,
    pub(super) messages: Vec<Arc<StoredMessage>>,
    /// For popped messages: by what they are acknowledged.
    pub(super) popped: Option<PoppedBatch>,
}

impl Batch {
    /// A message of it as the listener sees it.
    pub(super) fn message_at(&self, stored: &StoredMessage) -> MessageAt {
        if self.popped.is_some() { place(&self.queue, stored) } else { message_at(&self.queue, stored) }
    }
}

/// What a thread may do next.
#[derive(Clone, Debug)]
pub(super) enum Task {
    /// Call the listener with a batch.
    Batch(Batch),
    /// Work through a queue in order.
    Run(MessageQueue, HoldId),
}

/// A call of the listener.
#[derive(Clone, Debug)]
struct Call {
    until: Instant,
    batch: Batch,
    /// In order: when the thread began with the queue.
    run_began: Option<Instant>,
    /// What was written down before it.
    traced: Option<BeforeConsume>,
}

/// Messages of a topic: pulled, consumed, failed.
pub(super) type Counts = BTreeMap<TopicName, (u64, u64, u64)>;

/// The thread pool and what waits for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Listener {
    waiting: VecDeque<Task>,
    working: Vec<Call>,
    consumed: u64,
    pub(super) counts: Counts,
}

impl Listener {
    pub(super) const fn consumed(&self) -> u64 {
        self.consumed
    }

    pub(super) fn in_work(&self, queue: &MessageQueue) -> u32 {
        let calls = self.working.iter().filter(|call| call.batch.queue == *queue);
        u32::try_from(calls.map(|call| call.batch.messages.len()).sum::<usize>()).unwrap_or(u32::MAX)
    }

    /// Whether an orderly listener is being called with messages of the queue: its consume lock is taken.
    pub(super) fn is_in_call(&self, queue: &MessageQueue) -> bool {
        self.working.iter().any(|call| call.batch.queue == *queue)
    }

    pub(super) fn submit(&mut self, task: Task) {
        self.waiting.push_back(task);
    }

    /// The next task that can begin: a run of a queue waits for an earlier one of the same queue.
    fn next(&mut self) -> Option<Task> {
        let place = self.waiting.iter().position(|task| match task {
            Task::Batch(_) => true,
            Task::Run(queue, _) => !self.is_in_call(queue),
        })?;
        self.waiting.remove(place)
    }

    fn count(&mut self, batch: &Batch, success: bool) {
        let number = batch.messages.len() as u64;
        let counts = self.counts.entry(batch.queue.topic.clone()).or_default();
        if success {
            self.consumed += number;
            counts.1 += number;
        } else {
            counts.2 += number;
        }
    }
}

impl Consumer {
    /// Gives free threads work, and sets the clock to the next end of some work.
    pub(super) fn feed(&mut self, now: Instant, out: &mut Outbox) {
        while self.listener.working.len() + self.threads_handing_back()
            < self.client.config.consume_thread_max as usize
        {
            match self.listener.next() {
                Some(Task::Batch(batch)) if batch.popped.is_some() => self.begin_popped(now, batch, out),
                Some(Task::Batch(batch)) if self.holds(&batch) => self.begin_call(now, batch, None, out),
                Some(Task::Batch(_)) => {}
                Some(Task::Run(queue, hold)) => self.begin_run(now, queue, hold, out),
                None => break,
            }
        }
        if let Some(next) = self.listener.working.iter().map(|call| call.until).min() {
            out.set_timer(Timer::ConsumeDone, next);
        }
    }

    pub(super) fn holds(&self, batch: &Batch) -> bool {
        self.queues.get(&batch.queue).is_some_and(|assigned| assigned.is(batch.hold))
    }

    /// Calls the listener with a batch.
    pub(super) fn begin_call(
        &mut self,
        now: Instant,
        batch: Batch,
        run_began: Option<Instant>,
        out: &mut Outbox,
    ) {
        for message in &batch.messages {
            out.note_with(|| Fact::MessageDelivered {
                message: Box::new(batch.message_at(message)),
                reconsume_times: message.reconsume_times,
            });
        }
        if let Some(assigned) = self.queues.get_mut(&batch.queue)
            && run_began.is_none()
        {
            for message in &batch.messages {
                assigned.process_queue.begin_consume(now, message.queue_offset);
            }
        }
        let traced = self.trace_before(now, &batch, out);
        let work = self.spec.work.as_millis() * batch.messages.len() as u64;
        let until = now + crate::time::Duration::from_millis(work);
        self.listener.working.push(Call { until, batch, run_began, traced });
    }

    /// Some work has ended.
    pub(super) fn consume_done(&mut self, now: Instant, out: &mut Outbox) {
        let is_done = |call: &Call| call.until <= now;
        let done: SmallVec<[Call; 1]> = self.listener.working.extract_if(.., |call| is_done(call)).collect();
        for Call { batch, run_began, traced, .. } in done {
            let fails = batch.messages.iter().any(|message| self.spec.fail.fails(message.reconsume_times));
            let result = match (fails, run_began) {
                (false, _) => ListenerResult::Success,
                (true, None) => ListenerResult::ReconsumeLater,
                (true, Some(_)) => ListenerResult::SuspendCurrentQueueAMoment,
            };
            self.listener.count(&batch, !fails);
            for message in &batch.messages {
                let fact = || Fact::MessageConsumed { message: Box::new(batch.message_at(message)), result };
                out.note_with(fact);
            }
            if let Some(traced) = traced {
                self.trace_after(now, traced, !fails, out);
            }
            match run_began {
                None if batch.popped.is_some() => self.process_popped(now, batch, fails, out),
                None => self.process_batch(now, batch, fails, out),
                Some(began) => {
                    self.consume_lock_is_free(now, &batch.queue, out);
                    self.process_run(now, batch, began, fails, out);
                }
            }
        }
        self.feed(now, out);
    }
}

/// A message as the listener sees it: with its first topic, also when it comes from the retry topic, but at its place
/// there (`resetRetryAndNamespace`).
pub(super) fn message_at(queue: &MessageQueue, stored: &StoredMessage) -> MessageAt {
    let message = &stored.message;
    let mut queue = queue.clone();
    if let Some(topic) = message.property(property::RETRY_TOPIC).filter(|_| queue.topic.is_retry()) {
        queue.topic = (&**topic).into();
    }
    MessageAt {
        queue,
        offset: stored.queue_offset,
        unique_key: message.unique_key().cloned().unwrap_or_else(|| "".into()),
        key: message.keys().cloned(),
    }
}
