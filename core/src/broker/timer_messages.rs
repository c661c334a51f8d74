//! Timer messages of V5: each with a time of its own, up to three days ahead, delivered to the second.
//!
//! A timer message is stored in `rmq_sys_wheel_timer`. A first service reads that topic and puts each message into a
//! slot of the wheel, one slot a second. A second one takes slots out when they are over and stores their messages
//! once more, as themselves. It looks every 100 ms; here the clock is set for the look that finds something.
//!
//! **In RocketMQ**: `TimerMessageStore`, `TimerWheel`, `TimerCheckpoint` (behaviour §3.9).
//!
//! **Left out on purpose**: the file of the wheel (slots are found again from the topic and the checkpoint), second
//! rounds for what lies more than two days ahead, deleting a timer message, and that the checkpoint is written once a
//! second only: a killed broker of the lab delivers nothing twice.
//!
//! **Invariants**: a timer message is not delivered before its time; slots are emptied in order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::Broker;
use super::acting::{Escape, EscapeOrigin};
use super::hold_back::{TIMER_TOPIC, real_place};
use super::send::Put;
use crate::fact::{ActingFact, Fact};
use crate::id::{QueueId, QueueOffset, TopicName};
use crate::message::{StoredMessage, property};
use crate::outbox::Outbox;
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// How often the service looks within one slot.
const LOOKS_PER_SLOT: u64 = 10;

/// How far the wheel has turned (`TimerCheckpoint`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimerCheckpoint {
    /// Up to here the topic was read.
    pub queue_offset: QueueOffset,
    /// Slots before this one were emptied; in milliseconds since 1970.
    pub read_time: i64,
}

/// A message in a slot.
#[derive(Clone, Copy, Debug)]
struct TimerRequest {
    offset: QueueOffset,
    /// When it was put there, in milliseconds since 1970.
    enqueue_time: i64,
}

/// The slots with messages, each named by its beginning in milliseconds since 1970.
#[derive(Clone, Debug, Default)]
pub(super) struct TimerWheel {
    pub(super) checkpoint: TimerCheckpoint,
    slots: BTreeMap<i64, Vec<TimerRequest>>,
    /// What an acting slave has taken out of slots and has to store elsewhere, in order.
    escapes: VecDeque<TimerEscape>,
}

/// A message that is due on an acting slave.
#[derive(Clone, Debug)]
struct TimerEscape {
    message: Arc<StoredMessage>,
    enqueue_time: i64,
    /// Its slot; none for what was late before it came into the wheel.
    slot: Option<i64>,
    failures: u32,
}

/// After so many failures a timer message is given up (`timerEnableRetryUntilSuccess=false`).
const MAX_FAILURES: u32 = 3;

impl TimerWheel {
    pub(super) fn load(checkpoint: TimerCheckpoint) -> Self {
        Self { checkpoint, slots: BTreeMap::new(), escapes: VecDeque::new() }
    }
}

impl Broker {
    /// A master finds its slots again, and reads on.
    pub(super) fn start_timer_wheel(&mut self, now: Instant, out: &mut Outbox) {
        let topic: TopicName = TIMER_TOPIC.into();
        let (min, max) =
            (self.store.min_offset(&topic, QueueId(0)), self.store.max_offset(&topic, QueueId(0)));
        let TimerCheckpoint { queue_offset, read_time } = self.timer_wheel.checkpoint;
        let read_to = queue_offset.min(max);
        for offset in min.0..read_to.0 {
            if let Some(message) = self.store.message_at(&topic, QueueId(0), QueueOffset(offset))
                && let Some(slot) = slot_of(&message)
                && slot >= read_time
            {
                let enqueue_time = self.slot_at(message.stored_at);
                let request = TimerRequest { offset: message.queue_offset, enqueue_time };
                self.timer_wheel.slots.entry(slot).or_default().push(request);
            }
        }
        self.timer_wheel.checkpoint.queue_offset = read_to.max(min);
        self.enqueue_timers(now, out);
        self.arm_wheel(now, out);
    }

    /// Messages became visible: timer messages are put into the wheel.
    pub(super) fn timers_visible(&mut self, now: Instant, visible: &[Arc<StoredMessage>], out: &mut Outbox) {
        if visible.iter().any(|message| message.message.topic.as_str() == TIMER_TOPIC) {
            self.enqueue_timers(now, out);
            self.arm_wheel(now, out);
        }
    }

    /// How far the wheel has turned.
    pub const fn timer_checkpoint(&self) -> TimerCheckpoint {
        self.timer_wheel.checkpoint
    }

    /// Reads the topic on (`TimerEnqueueGetService`). What is late already is delivered at once.
    fn enqueue_timers(&mut self, now: Instant, out: &mut Outbox) {
        let topic: TopicName = TIMER_TOPIC.into();
        let mut late = false;
        while let Some(message) =
            self.store.message_at(&topic, QueueId(0), self.timer_wheel.checkpoint.queue_offset)
        {
            self.timer_wheel.checkpoint.queue_offset = message.queue_offset.next();
            let Some(slot) = slot_of(&message) else {
                continue;
            };
            let write_time = self.slot_at(now);
            if slot < write_time {
                let enqueue_time = self.epoch.wall_clock(now).cast_signed();
                self.deliver_timer(now, (message, enqueue_time, None), out);
                late = true;
            } else {
                let request = TimerRequest { offset: message.queue_offset, enqueue_time: write_time };
                self.timer_wheel.slots.entry(slot).or_default().push(request);
            }
        }
        if late && self.is_slave() {
            self.escape_timers(now, out);
        } else if late {
            self.after_append(now, out);
        }
    }

    /// The slot that a moment lies in.
    fn slot_at(&self, at: Instant) -> i64 {
        let wall_clock = self.epoch.wall_clock(at).cast_signed();
        wall_clock - wall_clock.rem_euclid(self.slot_width())
    }

    fn slot_width(&self) -> i64 {
        i64::try_from(self.config.timer_precision.as_millis()).unwrap_or(i64::MAX).max(1)
    }

    /// Sets the clock for the look at which the first slot is over.
    fn arm_wheel(&self, now: Instant, out: &mut Outbox) {
        let Some((slot, _)) = self.timer_wheel.slots.first_key_value() else {
            return;
        };
        let over = self.instant_of(slot.saturating_add(self.slot_width())).max(now);
        let period = (self.config.timer_precision.as_millis() / LOOKS_PER_SLOT).max(1);
        let looks = over.since(self.started_at).as_millis().div_ceil(period);
        out.set_timer(Timer::TimerDequeue, self.started_at + Duration::from_millis(looks * period));
    }

    /// Whether a slot is over that the service has not looked at (`getDequeueBehind`).
    pub(super) fn is_timer_behind(&self, now: Instant) -> bool {
        let period = (self.config.timer_precision.as_millis() / LOOKS_PER_SLOT).max(1);
        let looks = now.since(self.started_at).as_millis() / period;
        let last_look = self.started_at + Duration::from_millis(looks * period);
        self.slot_at(last_look) < self.slot_at(now)
    }

    /// Empties the slots that are over (`TimerDequeueGetService`).
    pub(super) fn timer_dequeue(&mut self, now: Instant, out: &mut Outbox) {
        if !self.timer_wheel.escapes.is_empty() {
            return self.escape_timers(now, out);
        }
        let topic: TopicName = TIMER_TOPIC.into();
        let write_time = self.slot_at(now);
        while let Some(entry) = self.timer_wheel.slots.first_entry()
            && *entry.key() < write_time
        {
            let (slot, requests) = entry.remove_entry();
            for TimerRequest { offset, enqueue_time } in requests {
                if let Some(message) = self.store.message_at(&topic, QueueId(0), offset) {
                    self.deliver_timer(now, (message, enqueue_time, Some(slot)), out);
                }
            }
            if !self.is_slave() {
                self.timer_wheel.checkpoint.read_time = slot.saturating_add(self.slot_width());
            }
        }
        if self.is_slave() {
            return self.escape_timers(now, out);
        }
        self.after_append(now, out);
        self.arm_wheel(now, out);
    }

    /// A slave acts no longer: the wheel is built anew when it does again.
    pub(super) fn stop_timer_wheel(&mut self, out: &mut Outbox) {
        out.cancel_timer(Timer::TimerDequeue);
        self.timer_wheel.slots.clear();
        self.timer_wheel.escapes.clear();
        self.acting.escape.settle(EscapeOrigin::Timer);
    }

    /// Stores elsewhere what an acting slave has taken out of its slots, one after another.
    fn escape_timers(&mut self, now: Instant, out: &mut Outbox) {
        if self.acting.escape.is_under_way(EscapeOrigin::Timer) {
            return;
        }
        let Some(next) = self.timer_wheel.escapes.front().cloned() else {
            return self.arm_wheel(now, out);
        };
        let Some((topic, _)) = real_place(&next.message.message) else {
            return self.timer_escaped(now, true, out);
        };
        let mut message = next.message.message.clone();
        message.set_property(property::TIMER_ENQUEUE_MS, &next.enqueue_time.to_string());
        message.set_property(property::TIMER_DEQUEUE_MS, &self.epoch.wall_clock(now).to_string());
        message.remove_property(property::REAL_TOPIC);
        message.remove_property(property::REAL_QUEUE_ID);
        message.topic = topic;
        let sys_flag = next.message.sys_flag;
        let escape = Escape::new(next.message, message, sys_flag);
        if !self.escape(now, EscapeOrigin::Timer, escape, out) {
            self.timer_escaped(now, false, out);
        }
    }

    /// What came of it: the next message, this one once more after half a slot, or none of it for good.
    pub(super) fn timer_escaped(&mut self, now: Instant, is_stored: bool, out: &mut Outbox) {
        let Some(mut first) = self.timer_wheel.escapes.pop_front() else {
            return;
        };
        first.failures += u32::from(!is_stored);
        if !is_stored && first.failures < MAX_FAILURES {
            self.timer_wheel.escapes.push_front(first);
            let pause = Duration::from_millis(self.config.timer_precision.as_millis() / 2);
            return out.set_timer(Timer::TimerDequeue, now + pause);
        }
        if !is_stored {
            let message = Box::new(self.message_at(&first.message));
            out.note(Fact::Acting(ActingFact::EscapeSkipped { message }));
        }
        self.acting.escape.settle(EscapeOrigin::Timer);
        let next_slot = self.timer_wheel.escapes.front().and_then(|next| next.slot);
        if let Some(slot) = first.slot
            && next_slot != first.slot
        {
            self.timer_wheel.checkpoint.read_time = slot.saturating_add(self.slot_width());
        }
        self.escape_timers(now, out);
    }

    fn deliver_timer(
        &mut self,
        now: Instant,
        (waiting, enqueue_time, slot): (Arc<StoredMessage>, i64, Option<i64>),
        out: &mut Outbox,
    ) {
        let Some((topic, queue_id)) = real_place(&waiting.message) else {
            return;
        };
        if self.is_slave() {
            out.note(Fact::TimerMessageDue { message: Box::new(self.message_at(&waiting)) });
            let escape = TimerEscape { message: waiting, enqueue_time, slot, failures: 0 };
            return self.timer_wheel.escapes.push_back(escape);
        }
        let mut message = waiting.message.clone();
        message.set_property(property::TIMER_ENQUEUE_MS, &enqueue_time.to_string());
        message.set_property(property::TIMER_DEQUEUE_MS, &self.epoch.wall_clock(now).to_string());
        message.topic = topic;
        out.note(Fact::TimerMessageDue { message: Box::new(self.message_at(&waiting)) });
        let put = Put::copy_of(&waiting, message, queue_id, self.node.clone());
        self.append(now, put, out);
    }
}

/// The slot that a timer message was given when it was stored.
fn slot_of(message: &StoredMessage) -> Option<i64> {
    message.message.property(property::TIMER_OUT_MS)?.parse().ok()
}
