//! A broker sends the group elsewhere: the consumer stops, gives the queues up, waits 10 s for what is under way, commits
//! the new offsets and goes on.
//!
//! **In RocketMQ**: `MQClientInstance.resetOffset` (behaviour §5.13). Brokers of 5.x ask for it only with
//! `useServerSideResetOffset=false`.

use std::collections::{BTreeMap, VecDeque};

use super::Consumer;
use crate::fact::{DropReason, Fact};
use crate::id::{MessageQueue, QueueOffset, TopicName};
use crate::outbox::Outbox;
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// The sleep between giving the queues up and setting their offsets.
const SLEEP: Duration = Duration::from_secs(10);

/// What one reset wants: the topic, and where its queues go on.
pub(super) type Reset = (TopicName, BTreeMap<MessageQueue, QueueOffset>);

/// Resets, one after another; the first is under way.
pub(super) type Resets = VecDeque<Reset>;

impl Consumer {
    pub(super) fn reset_offset(&mut self, now: Instant, reset: Reset, out: &mut Outbox) {
        self.resets.push_back(reset);
        if self.resets.len() == 1 {
            self.begin_reset(now, out);
        }
    }

    fn begin_reset(&mut self, now: Instant, out: &mut Outbox) {
        let Some((topic, offsets)) = self.resets.front() else {
            return;
        };
        self.suspended = true;
        out.note(Fact::ConsumerSuspended);
        let is_meant = |queue: &&MessageQueue| queue.topic == *topic && offsets.contains_key(*queue);
        for queue in self.queues.keys().filter(is_meant).cloned().collect::<Vec<_>>() {
            self.drop_queue(&queue, DropReason::Reset, out);
            if let Some(assigned) = self.queues.get_mut(&queue) {
                assigned.process_queue.clear();
            }
        }
        out.set_timer(Timer::ResetOffset, now + SLEEP);
    }

    /// The sleep is over.
    pub(super) fn end_reset(&mut self, now: Instant, out: &mut Outbox) {
        let Some((topic, offsets)) = self.resets.pop_front() else {
            return;
        };
        for (queue, offset) in offsets {
            if queue.topic != topic || !self.queues.contains_key(&queue) {
                continue;
            }
            self.offsets.update(&queue, offset, false);
            out.note(Fact::OffsetReset { group: self.group().clone(), queue: queue.clone(), offset });
            self.give_up(now, &queue, DropReason::Reset, out);
        }
        self.suspended = false;
        out.note(Fact::ConsumerResumed);
        self.divide_now(now, out);
        self.begin_reset(now, out);
    }
}
