//! How Java prints: dates, fractions, and the order in which it walks through a hash table.

use crate::config::Profile;
use crate::id::MessageQueue;
use crate::message::java_hash;
use crate::time::{Epoch, Instant};

/// `yyyy-MM-dd HH:mm:ss` (`UtilAll.formatDate` with `YYYY_MM_DD_HH_MM_SS`).
pub(super) fn date(epoch: Epoch, at: Instant) -> String {
    epoch.date_time(at).chars().take("yyyy-MM-dd HH:mm:ss".len()).collect()
}

/// A fraction with so many digits behind the point, rounded half up (`%.2f`).
pub(super) fn fixed(numerator: i64, denominator: u64, digits: usize) -> String {
    let scale = 10_u128.pow(u32::try_from(digits).unwrap_or_default());
    let denominator = u128::from(denominator.max(1));
    let scaled = (u128::from(numerator.unsigned_abs()) * scale * 2 + denominator) / (denominator * 2);
    let sign = if numerator < 0 { "-" } else { "" };
    if digits == 0 {
        return format!("{sign}{scaled}");
    }
    format!("{sign}{}.{:0digits$}", scaled / scale, scaled % scale)
}

/// A decimal number as text, rounded half up to so many digits behind the point; 0 when it is none.
pub(super) fn rounded(decimal: &str, digits: usize) -> String {
    let (whole, fraction) = decimal.trim().split_once('.').unwrap_or((decimal.trim(), ""));
    // More digits than these change nothing that is printed.
    let fraction: String = fraction.chars().take(9).collect();
    let denominator = 10_u64.pow(u32::try_from(fraction.len()).unwrap_or_default());
    let numerator = format!("{whole}{fraction}").parse().unwrap_or_default();
    fixed(numerator, denominator, digits)
}

/// At most so many letters of a text, from its beginning (`UtilAll.frontStringAtLeast`).
pub(super) fn front(text: &str, letters: usize) -> String {
    text.chars().take(letters).collect()
}

/// `yyyyMMddHHmmssSSS` (`UtilAll.timeMillisToHumanString`).
pub(super) fn compact_date(epoch: Epoch, at: Instant) -> String {
    epoch.date_time(at).chars().filter(char::is_ascii_digit).collect()
}

/// A version as the tool prints it (`MQVersion.getVersionDesc`). All processes of a run have the same.
pub(super) const fn version_desc(profile: Profile) -> &'static str {
    match profile {
        Profile::V4 => "V4_9_8",
        Profile::V5 => "V5_3_3",
    }
}

/// Buckets of the table in which Java's `HashMap` keeps so many entries, when it was made for so many.
fn capacity(entries: usize, made_for: usize) -> usize {
    let mut capacity = made_for;
    while entries * 4 > capacity * 3 {
        capacity *= 2;
    }
    capacity
}

/// Puts entries into the order in which a `java.util.HashMap` hands them out: by bucket, in a bucket as they came.
/// `hash` is their `hashCode`. Entries of one bucket stay in their order, for no lab fills a bucket so far that Java
/// would make a tree of it.
pub(super) fn in_hash_order<T>(entries: Vec<T>, hash: impl Fn(&T) -> i32) -> Vec<T> {
    in_buckets(entries, 16, hash)
}

/// [`in_hash_order`] of a table that was made for so many entries, a power of two.
pub(super) fn in_buckets<T>(mut entries: Vec<T>, made_for: usize, hash: impl Fn(&T) -> i32) -> Vec<T> {
    let buckets = capacity(entries.len(), made_for);
    entries.sort_by_key(|entry| {
        let hash = hash(entry).cast_unsigned();
        (hash ^ (hash >> 16)) as usize & (buckets - 1)
    });
    entries
}

/// [`in_hash_order`] for things with a name.
pub(super) fn in_name_order<T>(entries: Vec<T>, name: impl Fn(&T) -> String) -> Vec<T> {
    in_hash_order(entries, |entry| java_hash(&name(entry)))
}

/// [`in_name_order`] of a table that was made for four entries (`new HashMap<>(4)`).
pub(super) fn in_small_name_order<T>(entries: Vec<T>, name: impl Fn(&T) -> String) -> Vec<T> {
    in_buckets(entries, 4, |entry| java_hash(&name(entry)))
}

/// [`in_hash_order`] for a table whose keys are queues (`MessageQueue.hashCode`).
pub(super) fn in_queue_order<T>(entries: Vec<(MessageQueue, T)>) -> Vec<(MessageQueue, T)> {
    in_hash_order(entries, |(queue, _)| {
        let MessageQueue { topic, broker_name, queue_id } = queue;
        let parts = [java_hash(broker_name.as_str()), queue_id.0.cast_signed(), java_hash(topic.as_str())];
        parts.into_iter().fold(1i32, |hash, part| hash.wrapping_mul(31).wrapping_add(part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_as_java_hands_them_out() {
        let brokers = in_name_order(vec!["broker-a", "broker-b"], |name| (*name).to_owned());
        assert_eq!(brokers, ["broker-b", "broker-a"]);
    }

    #[test]
    fn queues_come_as_java_hands_them_out() {
        // Recorded: `resetOffsetByTime` of a topic with two queues.
        let queue = |queue_id| MessageQueue {
            topic: "T".into(),
            broker_name: "broker-a".into(),
            queue_id: crate::id::QueueId(queue_id),
        };
        let queues = in_queue_order(vec![(queue(0), 2), (queue(1), 3)]);
        assert_eq!(queues, [(queue(1), 3), (queue(0), 2)]);
    }

    #[test]
    fn dates_read_as_javas() {
        let epoch = Epoch::from_unix_millis(1_767_225_600_000);
        assert_eq!(date(epoch, Instant::from_millis(61_007)), "2026-01-01 00:01:01");
    }

    #[test]
    fn fractions_are_rounded_half_up() {
        assert_eq!(fixed(1, 3, 2), "0.33");
        assert_eq!(fixed(5, 1000, 2), "0.01");
        assert_eq!(fixed(-5, 2, 0), "-3");
        assert_eq!(fixed(0, 0, 1), "0.0");
        assert_eq!(rounded("0.14995", 4), "0.1500");
        assert_eq!(rounded("12", 2), "12.00");
        assert_eq!(rounded("", 2), "0.00");
    }

    #[test]
    fn small_tables_grow_like_large_ones() {
        // Recorded: `getNamesrvConfig` of two name servers.
        let servers =
            in_small_name_order(vec!["127.0.0.1:9886", "127.0.0.1:9876"], |name| (*name).to_owned());
        assert_eq!(servers, ["127.0.0.1:9876", "127.0.0.1:9886"]);
    }
}
