//! Messages that are not to be delivered at once: what happens to them before they are stored.
//!
//! A delayed message is stored under another topic, where no consumer looks, with its own topic and queue among its
//! properties. A service of the broker stores it once more, as itself, when its time has come.
//!
//! **In RocketMQ**: `HookUtils.handleScheduleMessage` (V5), `CommitLog.asyncPutMessage` (V4); `MessageExtEncoder` for
//! the limits (behaviour §3.3, §3.9).
//!
//! **Left out on purpose**: flow control of slots of the timer wheel, deleting a timer message.

use super::Broker;
use super::send::Put;
use crate::id::QueueId;
use crate::message::{DelayLevels, Message, properties_length, property};
use crate::rpc::ResponseCode;
use crate::sys_flag::message::{TRANSACTION_COMMIT, TRANSACTION_NOT, transaction_value};
use crate::time::Instant;

/// Where messages of delay levels wait, one queue a level (`RMQ_SYS_SCHEDULE_TOPIC`).
pub(crate) const SCHEDULE_TOPIC: &str = "SCHEDULE_TOPIC_XXXX";
/// Where timer messages wait (`TimerMessageStore.TIMER_TOPIC`).
pub(crate) const TIMER_TOPIC: &str = "rmq_sys_wheel_timer";
/// Longest property block in bytes: its length is written as a Java `short`.
const PROPERTIES_MAX: u32 = 32_767;
/// What a record may have beyond the longest body, in bytes.
const RECORD_ALLOWANCE: u64 = 64 << 10;

/// Why a message is not stored (`PutMessageStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PutRefusal {
    /// Body or record too long.
    MessageIllegal,
    /// Properties too long.
    PropertiesSizeExceeded,
    /// No number, or too far in the future.
    TimerMessageIllegal,
    /// The broker takes no timer messages.
    TimerNotEnabled,
}

impl PutRefusal {
    pub(super) const fn code(self) -> ResponseCode {
        match self {
            Self::MessageIllegal | Self::PropertiesSizeExceeded | Self::TimerMessageIllegal => {
                ResponseCode::MessageIllegal
            }
            Self::TimerNotEnabled => ResponseCode::SystemError,
        }
    }
}

/// Whether a message went to another topic than its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// It stays what it is.
    No,
    /// It waits for this moment.
    Until(Instant),
}

impl Broker {
    /// Sends a message that asks for a delay to the topic where it waits.
    pub(super) fn hold_back(&self, now: Instant, put: &mut Put) -> Result<Held, PutRefusal> {
        let transaction = transaction_value(put.sys_flag);
        if transaction != TRANSACTION_NOT && transaction != TRANSACTION_COMMIT {
            return Ok(Held::No);
        }
        if self.profile.is_v5() && is_timer_message(&mut put.message) {
            let held = self.hold_back_for_timer(now, put)?;
            if held != Held::No {
                return Ok(held);
            }
        }
        let levels = &self.config.message_delay_level;
        let level = put.message.delay_level().min(levels.max_level());
        let Some(queue_id) = DelayLevels::queue_of(level) else {
            return Ok(Held::No);
        };
        if level != put.message.delay_level() {
            put.message.set_property(property::DELAY, &level.to_string());
        }
        divert(put, SCHEDULE_TOPIC, queue_id);
        Ok(Held::Until(self.due(level, now)))
    }

    /// When a message of this level, stored at this moment, is due.
    pub(super) fn due(&self, level: u32, stored_at: Instant) -> Instant {
        let stored_at = self.epoch.wall_clock(stored_at).cast_signed();
        self.instant_of(self.config.message_delay_level.deliver_timestamp(level, stored_at))
    }

    /// The moment of a wall-clock reading in milliseconds since 1970; the beginning of the run for what lies before.
    pub(super) fn instant_of(&self, unix_ms: i64) -> Instant {
        let unix_ms = u64::try_from(unix_ms).unwrap_or(0);
        Instant::from_millis(unix_ms.saturating_sub(self.epoch.unix_millis()))
    }

    fn hold_back_for_timer(&self, now: Instant, put: &mut Put) -> Result<Held, PutRefusal> {
        if !self.config.timer_wheel_enable {
            return Err(PutRefusal::TimerNotEnabled);
        }
        let wall_clock = self.epoch.wall_clock(now).cast_signed();
        let deliver = deliver_ms(&put.message, wall_clock).ok_or(PutRefusal::TimerMessageIllegal)?;
        if deliver <= wall_clock {
            let deletes = put.message.property(property::TIMER_DELETE_UNIQUE_KEY).is_some();
            return if deletes { Err(PutRefusal::TimerMessageIllegal) } else { Ok(Held::No) };
        }
        let longest = self.config.timer_max_delay_sec.saturating_mul(1000);
        if u64::try_from(deliver - wall_clock).is_ok_and(|delay| delay > longest) {
            return Err(PutRefusal::TimerMessageIllegal);
        }
        let precision = i64::try_from(self.config.timer_precision.as_millis()).unwrap_or(i64::MAX).max(1);
        // The slot whose end is the first multiple of the precision that is not before the wanted moment.
        let slot = (deliver - 1).div_euclid(precision) * precision;
        put.message.set_property(property::TIMER_OUT_MS, &slot.to_string());
        divert(put, TIMER_TOPIC, QueueId(0));
        Ok(Held::Until(self.instant_of(slot.saturating_add(precision))))
    }

    /// The limits of a record.
    pub(super) fn check_size(&self, message: &Message) -> Result<(), PutRefusal> {
        let properties = properties_length(&message.properties, self.profile);
        if properties > PROPERTIES_MAX {
            return Err(PutRefusal::PropertiesSizeExceeded);
        }
        let longest = u64::from(self.config.max_message_size);
        let body = message.body.len() as u64;
        let record = 91 + body + message.topic.as_str().len() as u64 + u64::from(properties);
        if body > longest || record > longest.saturating_add(RECORD_ALLOWANCE) {
            return Err(PutRefusal::MessageIllegal);
        }
        Ok(())
    }
}

/// Whether it asks for a time of its own; a delay level prevails, and the other wish is forgotten.
fn is_timer_message(message: &mut Message) -> bool {
    const WISHES: [&str; 3] =
        [property::TIMER_DELIVER_MS, property::TIMER_DELAY_SEC, property::TIMER_DELAY_MS];
    if message.topic.as_str() == TIMER_TOPIC {
        return false;
    }
    if message.delay_level() > 0 {
        WISHES.iter().for_each(|wish| message.remove_property(wish));
        return false;
    }
    message.property(property::TIMER_OUT_MS).is_none()
        && WISHES.iter().any(|wish| message.property(wish).is_some())
}

/// The wanted moment in milliseconds since 1970; `None` for what is no number.
fn deliver_ms(message: &Message, wall_clock: i64) -> Option<i64> {
    let number = |name| message.property(name).map(|value| value.parse::<i64>().ok());
    if let Some(seconds) = number(property::TIMER_DELAY_SEC) {
        return seconds?.checked_mul(1000)?.checked_add(wall_clock);
    }
    if let Some(delay) = number(property::TIMER_DELAY_MS) {
        return delay?.checked_add(wall_clock);
    }
    number(property::TIMER_DELIVER_MS)?
}

/// Keeps topic and queue among the properties and puts others in their place.
pub(super) fn divert(put: &mut Put, topic: &str, queue_id: QueueId) {
    let real_topic = std::mem::replace(&mut put.message.topic, topic.into());
    put.message.set_property(property::REAL_TOPIC, real_topic.as_str());
    put.message.set_property(property::REAL_QUEUE_ID, &put.queue_id.to_string());
    put.queue_id = queue_id;
}

/// Topic and queue that were kept; `None` for a message that nobody diverted.
pub(crate) fn real_place(message: &Message) -> Option<(crate::id::TopicName, QueueId)> {
    let topic = message.property(property::REAL_TOPIC)?;
    let queue_id = message.property(property::REAL_QUEUE_ID)?.parse().ok()?;
    Some((topic.to_string().into(), QueueId(queue_id)))
}
