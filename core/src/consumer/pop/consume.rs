//! Consuming what was popped: success is acknowledged, failure comes back after a while, and what takes too long is
//! forgotten here, because the broker hands it out again.
//!
//! **In RocketMQ**: `ConsumeMessagePopConcurrentlyService`.

use std::sync::Arc;

use super::Consumer;
use crate::consumer::listener::{Batch, Task};
use crate::fact::{Fact, MessageAt, PopFact};
use crate::id::MessageQueue;
use crate::message::StoredMessage;
use crate::outbox::Outbox;
use crate::rpc::{PopCk, PopRequest};
use crate::time::{Duration, Instant};

/// After how many seconds a message comes back that has failed so often (`popDelayLevel`).
const POP_DELAY_LEVEL: [u64; 16] =
    [10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 1200, 1800, 3600, 7200];

/// What makes a batch a popped one: by what its messages are acknowledged.
#[derive(Clone, Debug)]
pub(in crate::consumer) struct PoppedBatch {
    cks: Vec<PopCk>,
}

impl PoppedBatch {
    /// Whether the invisible time of its first message is over (`isPopTimeout`).
    fn is_over(&self, now: Instant) -> bool {
        self.cks.first().is_none_or(|ck| now.since(ck.pop_time) >= ck.invisible_time)
    }
}

/// A popped message as the listener sees it: with the topic that was asked for, at its place in the queue that it lies
/// in.
pub(in crate::consumer) fn place(queue: &MessageQueue, stored: &StoredMessage) -> MessageAt {
    let mut queue = queue.clone();
    queue.queue_id = stored.queue_id;
    MessageAt {
        queue,
        offset: stored.queue_offset,
        unique_key: stored.message.unique_key().cloned().unwrap_or_else(|| "".into()),
        key: stored.message.keys().cloned(),
    }
}

impl Consumer {
    /// Hands over what a pop has brought, in batches.
    pub(super) fn submit_popped(&mut self, queue: &MessageQueue, messages: Vec<(Arc<StoredMessage>, PopCk)>) {
        let Some(assigned) = self.pop_queues.get_mut(queue) else {
            return;
        };
        assigned.in_hand += u32::try_from(messages.len()).unwrap_or(u32::MAX);
        let hold = assigned.hold;
        self.listener.counts.entry(queue.topic.clone()).or_default().0 += messages.len() as u64;
        let size = self.client.config.consume_message_batch_max_size.max(1) as usize;
        for chunk in messages.chunks(size) {
            let (messages, cks) = chunk.iter().cloned().unzip();
            let popped = Some(PoppedBatch { cks });
            self.listener.submit(Task::Batch(Batch { queue: queue.clone(), hold, messages, popped }));
        }
    }

    fn pop_holds(&self, batch: &Batch) -> bool {
        self.pop_queues.get(&batch.queue).is_some_and(|assigned| assigned.hold == batch.hold)
    }

    /// A thread begins with a batch, unless the queue was given up or the time is over.
    pub(in crate::consumer) fn begin_popped(&mut self, now: Instant, batch: Batch, out: &mut Outbox) {
        if !self.pop_holds(&batch) {
            return;
        }
        if batch.popped.as_ref().is_some_and(|popped| popped.is_over(now)) {
            for stored in &batch.messages {
                let message = Box::new(place(&batch.queue, stored));
                out.note(Fact::Pop(PopFact::Expired { message }));
            }
            return self.out_of_hand(&batch);
        }
        self.begin_call(now, batch, None, out);
    }

    fn out_of_hand(&mut self, batch: &Batch) {
        if let Some(assigned) = self.pop_queues.get_mut(&batch.queue).filter(|known| known.hold == batch.hold)
        {
            let count = u32::try_from(batch.messages.len()).unwrap_or(u32::MAX);
            assigned.in_hand = assigned.in_hand.saturating_sub(count);
        }
    }

    /// The listener has answered for a batch (`processConsumeResult`).
    pub(in crate::consumer) fn process_popped(
        &mut self,
        now: Instant,
        batch: Batch,
        fails: bool,
        out: &mut Outbox,
    ) {
        let Some(popped) = &batch.popped else {
            return;
        };
        let is_late = popped.is_over(now) || !self.pop_holds(&batch);
        let cks = popped.cks.clone();
        self.out_of_hand(&batch);
        for (stored, ck) in batch.messages.iter().zip(cks) {
            if is_late {
                let message = Box::new(place(&batch.queue, stored));
                out.note(Fact::Pop(PopFact::ResultIgnored { message }));
            } else if !fails {
                self.ack(now, stored, ck, out);
            } else if !self.fail_popped(now, stored, ck, out) {
                // An exception ends the thread's work on the batch.
                return;
            }
        }
    }

    /// A message has failed: it comes back after a time that grows with its failures, or is given up when it is old
    /// enough. False when the listener has asked for a level that does not exist, which throws in RocketMQ.
    fn fail_popped(&mut self, now: Instant, stored: &StoredMessage, ck: PopCk, out: &mut Outbox) -> bool {
        let is_last = i64::from(stored.reconsume_times) >= self.most_reconsume_times();
        let level = if is_last {
            let age = now.since(stored.born_at).as_millis();
            let longest = POP_DELAY_LEVEL[POP_DELAY_LEVEL.len() - 1];
            if age > longest * 1000 * 2 {
                self.ack(now, stored, ck, out);
                return true;
            }
            match POP_DELAY_LEVEL.iter().rposition(|seconds| age >= seconds * 1000) {
                Some(level) => i64::try_from(level).unwrap_or(0) + 1,
                None => -1,
            }
        } else {
            i64::from(self.spec.retry_level)
        };
        let level = if level == 0 { i64::from(stored.reconsume_times) } else { level };
        let Ok(level) = usize::try_from(level) else {
            return false;
        };
        let seconds = POP_DELAY_LEVEL[level.min(POP_DELAY_LEVEL.len() - 1)];
        let group = self.spec.client.group.clone();
        let topic = ck.source.real_topic(&stored.message.topic, &group);
        let invisible_time = Duration::from_secs(seconds);
        self.tell(now, PopRequest::ChangeInvisibleTime { group, ck, topic, invisible_time }, out);
        true
    }
}
