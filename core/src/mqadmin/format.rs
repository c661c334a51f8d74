//! How Java prints: dates, and the order in which it walks through a hash table.

use crate::message::java_hash;
use crate::time::{Epoch, Instant};

/// `yyyy-MM-dd HH:mm:ss` (`UtilAll.formatDate` with `YYYY_MM_DD_HH_MM_SS`).
pub(super) fn date(epoch: Epoch, at: Instant) -> String {
    epoch.date_time(at).chars().take("yyyy-MM-dd HH:mm:ss".len()).collect()
}

/// Buckets of the table in which Java's `HashMap` keeps so many entries.
fn capacity(entries: usize) -> usize {
    let mut capacity = 16;
    while entries * 4 > capacity * 3 {
        capacity *= 2;
    }
    capacity
}

/// Puts entries into the order in which a `java.util.HashMap` hands them out: by bucket, in a bucket as they came.
/// `hash` is their `hashCode`. Entries of one bucket stay in their order, for no lab fills a bucket so far that Java
/// would make a tree of it.
pub(super) fn in_hash_order<T>(mut entries: Vec<T>, hash: impl Fn(&T) -> i32) -> Vec<T> {
    let buckets = capacity(entries.len());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_as_java_hands_them_out() {
        let brokers = in_name_order(vec!["broker-a", "broker-b"], |name| (*name).to_owned());
        assert_eq!(brokers, ["broker-b", "broker-a"]);
    }

    #[test]
    fn dates_read_as_javas() {
        let epoch = Epoch::from_unix_millis(1_767_225_600_000);
        assert_eq!(date(epoch, Instant::from_millis(61_007)), "2026-01-01 00:01:01");
    }
}
