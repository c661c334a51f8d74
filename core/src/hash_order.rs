//! The order in which Java walks through a hash table. RocketMQ prints, divides and hands over in it.
//!
//! **In RocketMQ**: `java.util.HashMap` and `ConcurrentHashMap`, which spread a hash in the same way.

use crate::gather::Arrange as _;
use crate::id::MessageQueue;
use crate::message::java_hash;

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
pub fn in_hash_order<T>(entries: Vec<T>, hash: impl Fn(&T) -> i32) -> Vec<T> {
    in_buckets(entries, 16, hash)
}

/// [`in_hash_order`] of a table that was made for so many entries, a power of two.
pub fn in_buckets<T>(mut entries: Vec<T>, made_for: usize, hash: impl Fn(&T) -> i32) -> Vec<T> {
    let buckets = capacity(entries.len(), made_for);
    entries.arrange_by_key(|entry| {
        let hash = hash(entry).cast_unsigned();
        (hash ^ (hash >> 16)) as usize & (buckets - 1)
    });
    entries
}

/// [`in_hash_order`] for things with a name.
pub fn in_name_order<T>(entries: Vec<T>, name: impl Fn(&T) -> String) -> Vec<T> {
    in_hash_order(entries, |entry| java_hash(&name(entry)))
}

/// [`in_name_order`] of a table that was made for four entries (`new HashMap<>(4)`).
pub fn in_small_name_order<T>(entries: Vec<T>, name: impl Fn(&T) -> String) -> Vec<T> {
    in_buckets(entries, 4, |entry| java_hash(&name(entry)))
}

/// [`in_hash_order`] for a table whose keys are queues (`MessageQueue.hashCode`).
pub fn in_queue_order<T>(entries: Vec<(MessageQueue, T)>) -> Vec<(MessageQueue, T)> {
    in_hash_order(entries, |(queue, _)| queue_hash(queue))
}

/// `MessageQueue.hashCode`.
pub fn queue_hash(queue: &MessageQueue) -> i32 {
    let MessageQueue { topic, broker_name, queue_id } = queue;
    let parts = [java_hash(broker_name.as_str()), queue_id.0.cast_signed(), java_hash(topic.as_str())];
    parts.into_iter().fold(1i32, |hash, part| hash.wrapping_mul(31).wrapping_add(part))
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
    fn small_tables_grow_like_large_ones() {
        // Recorded: `getNamesrvConfig` of two name servers.
        let servers =
            in_small_name_order(vec!["127.0.0.1:9886", "127.0.0.1:9876"], |name| (*name).to_owned());
        assert_eq!(servers, ["127.0.0.1:9876", "127.0.0.1:9886"]);
    }
}
