//! The date of a recording's beginning.
//!
//! A reset by time names a date, so the lab's virtual zero has to lie where the recording began. Tables print when a
//! message was stored; when it was sent is known.

use lab_core::time::{Duration, Epoch, Instant};

use super::script::{Event, Script};

/// The lab's usual date, for recordings in which no date matters.
fn usual() -> u64 {
    Epoch::default().unix_millis()
}

/// Whether a date matters in the recording.
pub(super) fn matters(script: &Script) -> bool {
    script.steps.iter().any(|step| step.order.starts_with("mqadmin resetOffsetByTime")) || pops(script)
}

/// Whether a group pops: its check points and acknowledgements are timer messages, which come into the revive topic at
/// whole seconds of the wall clock.
pub(super) fn pops(script: &Script) -> bool {
    script.steps.iter().any(|step| step.order.starts_with("mqadmin setConsumeMode"))
}

/// Milliseconds from 1970 to the recording's beginning. Its tables give whole seconds; `within` is the time within
/// the second.
pub(super) fn epoch(script: &Script, within: Option<Duration>) -> u64 {
    let Some(within) = within else {
        return usual();
    };
    let outputs = script.steps.iter().filter_map(|step| step.output.as_ref());
    let mut stored = outputs.flat_map(|text| text.lines()).filter_map(|row| last_time(script, row));
    stored.next().map_or_else(usual, |(seconds, sent)| seconds * 1000 + within.as_millis() - sent.as_millis())
}

/// A row of `consumerProgress`: the store time in its last column, in seconds since 1970, and when that message was
/// sent: the one before the group's offset.
fn last_time(script: &Script, row: &str) -> Option<(u64, Instant)> {
    let columns: Vec<&str> = row.split_whitespace().collect();
    let [topic, broker, queue, _, offset, .., date, time] = columns.as_slice() else {
        return None;
    };
    let (queue, offset): (u32, u64) = (queue.parse().ok()?, offset.parse().ok()?);
    let place = offset.checked_sub(1)?;
    let steps = script.steps.iter().filter(|step| step.order.contains(&format!("topic={topic}")));
    let sent = steps.flat_map(|step| step.events.iter().flatten()).find_map(|event| match event {
        Event::Sent { send, broker: on, queue: of, queue_offset, .. }
            if on == broker && *of == queue && *queue_offset == place =>
        {
            Some(send.at)
        }
        _ => None,
    })?;
    Some((seconds_since_1970(date, time)?, sent))
}

/// `yyyy-MM-dd` and `HH:mm:ss` as seconds since 1970.
fn seconds_since_1970(date: &str, time: &str) -> Option<u64> {
    let numbers =
        |text: &str, mark| text.split(mark).map(|part| part.parse().ok()).collect::<Option<Vec<u64>>>();
    let (date, time) = (numbers(date, '-')?, numbers(time, ':')?);
    let ([year, month, day], [hour, minute, second]) = (date.as_slice(), time.as_slice()) else {
        return None;
    };
    let leap_days = |year: u64| year / 4 - year / 100 + year / 400;
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let months: u64 = lengths.iter().take(*month as usize - 1).sum();
    let days = (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969)
        + months
        + u64::from(is_leap && *month > 2)
        + day
        - 1;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::seconds_since_1970;

    #[test]
    fn dates_count_from_1970() {
        assert_eq!(seconds_since_1970("2026-01-01", "00:00:00"), Some(1_767_225_600));
        assert_eq!(seconds_since_1970("2024-03-01", "00:00:01"), Some(1_709_251_201));
        assert_eq!(seconds_since_1970("N/A", "x"), None);
    }
}
