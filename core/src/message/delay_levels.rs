//! How long each delay level holds a message back.
//!
//! **In RocketMQ**: `ScheduleMessageService.parseDelayLevel`, `computeDeliverTimestamp`, and the mapping between a
//! level and its queue of `SCHEDULE_TOPIC_XXXX` (behaviour §3.9).
//!
//! **Invariants**: levels count from 1 without a gap, so queue ids count from 0.

use std::fmt;
use std::str::FromStr;

use arcstr::ArcStr;

use serde::{Serialize, Serializer};

use crate::id::QueueId;

/// What a level without a delay of its own waits, in milliseconds.
const DELAY_OF_UNKNOWN_LEVEL: i64 = 1000;

/// The levels of a broker (`messageDelayLevel`). Reads and prints as RocketMQ's text: `1s 5s 10s`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelayLevels {
    text: ArcStr,
    delays: Vec<i64>,
    max_level: u32,
}

/// A text that RocketMQ stops reading, upon which its broker does not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadDelayLevels {
    /// The part that is no delay.
    pub part: ArcStr,
    /// What was read before.
    pub before: DelayLevels,
}

impl fmt::Display for BadDelayLevels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no delay; write numbers with s, m, h or d, separated by single blanks", self.part)
    }
}

impl std::error::Error for BadDelayLevels {}

impl DelayLevels {
    /// The highest level; a message that asks for more is given this one.
    pub const fn max_level(&self) -> u32 {
        self.max_level
    }

    /// The delay of a level in milliseconds.
    pub fn delay(&self, level: u32) -> Option<i64> {
        let index = usize::try_from(level.checked_sub(1)?).ok()?;
        self.delays.get(index).copied()
    }

    /// Level and delay in milliseconds, lowest level first.
    pub fn iter(&self) -> impl Iterator<Item = (u32, i64)> {
        (1..).zip(self.delays.iter().copied())
    }

    /// When a message of this level, stored at this time, is due; both in milliseconds since 1970.
    pub fn deliver_timestamp(&self, level: u32, store_timestamp: i64) -> i64 {
        store_timestamp.wrapping_add(self.delay(level).unwrap_or(DELAY_OF_UNKNOWN_LEVEL))
    }

    /// The queue of `SCHEDULE_TOPIC_XXXX` in which messages of a level wait; `None` for level 0, which is no delay.
    pub const fn queue_of(level: u32) -> Option<QueueId> {
        match level.checked_sub(1) {
            Some(id) => Some(QueueId(id)),
            None => None,
        }
    }

    /// The level whose messages wait in a queue of `SCHEDULE_TOPIC_XXXX`.
    pub const fn level_of(queue: QueueId) -> u32 {
        queue.0.saturating_add(1)
    }
}

impl Default for DelayLevels {
    /// RocketMQ's 18 levels from one second to two hours, the same in both versions.
    fn default() -> Self {
        const TEXT: &str = "1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h";
        TEXT.parse().unwrap_or_else(|bad: BadDelayLevels| bad.before)
    }
}

impl FromStr for DelayLevels {
    type Err = BadDelayLevels;

    /// Reads as far as the text is right, as RocketMQ does; blanks at the end do not matter.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut levels = Self { text: text.into(), delays: Vec::new(), max_level: 0 };
        let without_end = text.trim_end_matches(' ');
        if without_end.is_empty() && !text.is_empty() {
            return Ok(levels);
        }
        for (level, part) in (1..).zip(without_end.split(' ')) {
            if !part.is_empty() {
                levels.max_level = level;
            }
            match read_delay(part) {
                Some(delay) => levels.delays.push(delay),
                None => return Err(BadDelayLevels { part: part.into(), before: levels }),
            }
        }
        Ok(levels)
    }
}

fn read_delay(part: &str) -> Option<i64> {
    let mut chars = part.chars();
    let unit: i64 = match chars.next_back()? {
        's' => 1000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return None,
    };
    chars.as_str().parse::<i64>().ok().map(|number| number.wrapping_mul(unit))
}

impl fmt::Display for DelayLevels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Serialize for DelayLevels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_has_eighteen_levels() {
        let levels = DelayLevels::default();
        assert_eq!(
            (levels.max_level(), levels.delay(1), levels.delay(18)),
            (18, Some(1000), Some(7_200_000))
        );
        assert_eq!(levels.deliver_timestamp(3, 5), 10_005);
        assert_eq!(DelayLevels::queue_of(0), None);
    }

    #[test]
    fn a_bad_part_stops_the_reading() {
        let bad = "1s 5s x 2h".parse::<DelayLevels>().expect_err("x is no delay");
        assert_eq!(bad.before.iter().collect::<Vec<_>>(), [(1, 1000), (2, 5000)]);
        assert_eq!((&*bad.part, bad.before.max_level()), ("x", 3));
    }
}
