//! Delay levels: messages that wait in `SCHEDULE_TOPIC_XXXX` are stored once more, as themselves, when they are due.
//!
//! Each level has a queue and a task of its own. As all messages of a level wait equally long, only the first of a
//! queue has to be looked at. RocketMQ's task looks every 100 ms; here the clock is set for the look that finds
//! something, and not at all while the queue is empty. What the looks between would do, nobody can see.
//!
//! How far each level is, is written to disk every 10 s. A broker that is killed delivers what it delivered since
//! then a second time.
//!
//! **In RocketMQ**: `ScheduleMessageService` and its `DeliverDelayedMessageTimerTask`, `delayOffset.json` (behaviour
//! §3.9).
//!
//! **Left out on purpose**: asynchronous delivery (`enableScheduleAsyncDeliver=false` by default); the pause of 10 s
//! after an exception, for there are none.
//!
//! **Invariants**: a message is not delivered before its time; a level delivers in the order of its queue.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Broker;
use super::acting::{Escape, EscapeOrigin};
use super::hold_back::{SCHEDULE_TOPIC, real_place};
use super::send::Put;
use crate::fact::Fact;
use crate::gather::Arrange as _;
use crate::id::{QueueOffset, TopicName};
use crate::message::{DelayLevels, StoredMessage, property};
use crate::outbox::Outbox;
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// Wait before the first look (`FIRST_DELAY_TIME`).
const FIRST_DELAY_TIME: Duration = Duration::from_secs(1);
/// Period of the looks (`DELAY_FOR_A_WHILE`), in milliseconds.
const DELAY_FOR_A_WHILE: u64 = 100;
/// Wait before `delayOffset.json` is written for the first time.
const FIRST_PERSIST: Duration = Duration::from_secs(10);
/// A half message that asks for a delay waits for nothing: it is forgotten.
const HALF_TOPIC: &str = super::transaction::HALF_TOPIC;

/// By level, the next offset of its queue that is to be delivered.
pub type DelayOffsets = BTreeMap<u32, QueueOffset>;

/// How far the delivery is: in memory and on disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Schedule {
    pub(super) offsets: DelayOffsets,
    pub(super) persisted: DelayOffsets,
    /// When the delivery began: with the process, or when a slave began to act.
    started_at: Instant,
}

impl Schedule {
    /// What a start finds on the disk.
    pub(super) fn load(offsets: DelayOffsets) -> Self {
        Self { persisted: offsets.clone(), offsets, started_at: Instant::ZERO }
    }

    /// A copy from another replica, in memory and on disk.
    pub(super) fn take_over(&mut self, offsets: DelayOffsets) {
        self.persisted.clone_from(&offsets);
        self.offsets = offsets;
    }
}

impl Broker {
    /// A master begins to deliver.
    pub(super) fn start_schedule(&mut self, now: Instant, out: &mut Outbox) {
        self.schedule.started_at = now;
        self.correct_delay_offsets();
        for level in self.levels() {
            self.arm_level(now, level, out);
        }
    }

    /// A slave acts no longer.
    pub(super) fn stop_schedule(&mut self, out: &mut Outbox) {
        for level in self.levels() {
            out.cancel_timer(Timer::DeliverDelayedMessage(level));
            self.acting.escape.settle(EscapeOrigin::Level(level));
        }
        self.persist_delay_offsets(out);
    }

    fn levels(&self) -> Vec<u32> {
        self.config.message_delay_level.iter().map(|(level, _)| level).collect()
    }

    /// Offsets outside their queues are set to the nearer end (`correctDelayOffset`).
    fn correct_delay_offsets(&mut self) {
        let topic: TopicName = SCHEDULE_TOPIC.into();
        for (level, offset) in &mut self.schedule.offsets {
            if let Some(queue_id) = DelayLevels::queue_of(*level) {
                let (min, max) =
                    (self.store.min_offset(&topic, queue_id), self.store.max_offset(&topic, queue_id));
                *offset = (*offset).min(max).max(min);
            }
        }
    }

    /// Messages became visible: those that wait are given an alarm clock.
    pub(super) fn schedule_visible(
        &mut self,
        now: Instant,
        visible: &[Arc<StoredMessage>],
        out: &mut Outbox,
    ) {
        let mut levels: Vec<u32> = visible
            .iter()
            .filter(|message| message.message.topic.as_str() == SCHEDULE_TOPIC)
            .map(|message| DelayLevels::level_of(message.queue_id))
            .collect();
        levels.arrange();
        levels.dedup();
        for level in levels {
            self.arm_level(now, level, out);
        }
    }

    /// The message of a level that is next.
    fn next_of(&self, level: u32) -> Option<Arc<StoredMessage>> {
        let queue_id = DelayLevels::queue_of(level)?;
        let topic = SCHEDULE_TOPIC.into();
        let min = self.store.min_offset(&topic, queue_id);
        let offset = self.schedule.offsets.get(&level).copied().unwrap_or(min).max(min);
        self.store.message_at(&topic, queue_id, offset)
    }

    /// Sets the clock for the look at which the next message of a level is due.
    fn arm_level(&mut self, now: Instant, level: u32, out: &mut Outbox) {
        let (Some(next), Some(delay)) = (self.next_of(level), self.config.message_delay_level.delay(level))
        else {
            return;
        };
        if self.profile.is_v5() {
            // V5 notes how far it is at each look, V4 only with each delivery.
            self.schedule.offsets.insert(level, next.queue_offset);
            self.arm_persist(now, out);
        }
        let look = self.look_at_or_after(now);
        let due = self.due(level, next.stored_at);
        let longest = look + Duration::from_millis(u64::try_from(delay).unwrap_or(0));
        // Later than a message stored now would be: the table or the clock was changed, and it counts as due.
        let at = if due > longest { look } else { self.look_at_or_after(due.max(now)) };
        out.set_timer(Timer::DeliverDelayedMessage(level), at);
    }

    /// The first look at this moment or later; the looks of all levels lie 100 ms apart from a second after the start.
    fn look_at_or_after(&self, at: Instant) -> Instant {
        let first = self.schedule.started_at + FIRST_DELAY_TIME;
        let rounds = at.since(first).as_millis().div_ceil(DELAY_FOR_A_WHILE);
        first + Duration::from_millis(rounds * DELAY_FOR_A_WHILE)
    }

    /// Delivers what is due of a level.
    pub(super) fn deliver_delayed(&mut self, now: Instant, level: u32, out: &mut Outbox) {
        let Some(delay) = self.config.message_delay_level.delay(level) else {
            return;
        };
        let longest = now + Duration::from_millis(u64::try_from(delay).unwrap_or(0));
        let mut delivered = false;
        while let Some(waiting) = self.next_of(level) {
            let due = self.due(level, waiting.stored_at);
            if now < due && due <= longest {
                break;
            }
            if self.is_slave() {
                return self.escape_delayed(now, level, waiting, out);
            }
            if self.is_disk_full() || self.dledger_refusal().is_some() {
                let again = self.look_at_or_after(now + Duration::from_millis(DELAY_FOR_A_WHILE));
                return out.set_timer(Timer::DeliverDelayedMessage(level), again);
            }
            if let Some((topic, queue_id)) = real_place(&waiting.message)
                && topic.as_str() != HALF_TOPIC
            {
                let mut message = waiting.message.clone();
                message.topic = topic;
                out.note(Fact::DelayedMessageDue { message: Box::new(self.message_at(&waiting)), level });
                // DELAY stays among the stored properties, so this must not be held back once more.
                let put = Put::copy_of(&waiting, message, queue_id, self.node.clone());
                self.append(now, put, out);
                delivered = true;
            }
            self.schedule.offsets.insert(level, waiting.queue_offset.next());
            self.arm_persist(now, out);
        }
        if delivered {
            self.after_append(now, out);
        }
        self.arm_level(now, level, out);
    }

    /// A slave that acts stores what is due elsewhere, one after another; so long as it cannot, the level waits.
    fn escape_delayed(&mut self, now: Instant, level: u32, waiting: Arc<StoredMessage>, out: &mut Outbox) {
        let origin = EscapeOrigin::Level(level);
        if self.acting.escape.is_under_way(origin) {
            return;
        }
        let place = real_place(&waiting.message).filter(|(topic, _)| topic.as_str() != HALF_TOPIC);
        let Some((topic, _)) = place else {
            return self.level_escaped(now, level, &waiting, true, out);
        };
        if !self.acting.escape.has_failed(origin, &waiting) {
            out.note(Fact::DelayedMessageDue { message: Box::new(self.message_at(&waiting)), level });
        }
        let mut message = waiting.message.clone();
        message.topic = topic;
        for wish in [property::DELAY, property::TIMER_DELIVER_MS, property::TIMER_DELAY_SEC] {
            message.remove_property(wish);
        }
        let escape = Escape::new(waiting.clone(), message, waiting.sys_flag);
        if !self.escape(now, origin, escape, out) {
            self.level_escaped(now, level, &waiting, false, out);
        }
    }

    /// What came of it: the next message of the level, or this one once more at the next look.
    pub(super) fn level_escaped(
        &mut self,
        now: Instant,
        level: u32,
        waiting: &StoredMessage,
        is_stored: bool,
        out: &mut Outbox,
    ) {
        if is_stored {
            self.schedule.offsets.insert(level, waiting.queue_offset.next());
            self.arm_persist(now, out);
        }
        if !self.runs_special_services() {
            return;
        }
        if is_stored {
            self.deliver_delayed(now, level, out);
        } else {
            let again = self.look_at_or_after(now + Duration::from_millis(DELAY_FOR_A_WHILE));
            out.set_timer(Timer::DeliverDelayedMessage(level), again);
        }
    }

    /// Sets the clock for the next writing, if there is something to write.
    fn arm_persist(&self, now: Instant, out: &mut Outbox) {
        if self.schedule.persisted != self.schedule.offsets {
            let first = self.schedule.started_at + FIRST_PERSIST;
            let period = self.config.flush_delay_offset_interval.as_millis().max(1);
            let rounds = now.since(first).as_millis().div_ceil(period);
            out.set_timer(Timer::PersistDelayOffset, first + Duration::from_millis(rounds * period));
        }
    }

    /// Writes `delayOffset.json`.
    pub(super) fn persist_delay_offsets(&mut self, out: &mut Outbox) {
        if self.schedule.persisted != self.schedule.offsets {
            self.schedule.persisted = self.schedule.offsets.clone();
            out.note(Fact::DelayOffsetsPersisted);
        }
    }

    /// By level, the next offset of its queue that is to be delivered.
    pub const fn delay_offsets(&self) -> &DelayOffsets {
        &self.schedule.offsets
    }
}
