//! The order of queues, rounds of the rebalance, where a new queue begins.

use std::collections::BTreeMap;

use lab_core::allocate::{RoomsByName, text_of};
use lab_core::config::{AllocateStrategy, ConsumeFromWhere, MessageModel};
use lab_core::fact::StartReason;
use lab_core::id::{ClientId, MessageQueue, QueueOffset};
use lab_core::message::java_hash;
use lab_core::process_queue::ProcessQueue;
use lab_core::pull_from_where::{PullFrom, StoreOffset, pull_from_where as begin_at};
use lab_core::rebalance::{Division, Member, changes, division, is_balanced};
use lab_core::time::Instant;
use serde_json::{Value, json};

use super::{TOPIC, at, flag, int, list, pairs, queue, queues_of_topic, text};
use crate::vectors::{Outcome, compare};

/// How a queue prints and hashes; how queues and members are sorted.
pub(super) fn message_queue(case: &Value) -> Outcome {
    let found = match text(&case["group"]) {
        "toString" => {
            let queue = queue(&case["mq"]);
            json!({ "toString": text_of(&queue), "hashCode": hash_code(&queue) })
        }
        "sort" => {
            let mut queues: Vec<_> = list(&case["input"]).iter().map(queue).enumerate().collect();
            queues.sort_by(|(_, one), (_, other)| one.cmp(other));
            queues.into_iter().map(|(place, _)| place).collect()
        }
        _ => {
            let mut members: Vec<ClientId> = list(&case["input"]).iter().map(|id| text(id).into()).collect();
            members.sort();
            members.iter().map(ClientId::as_str).collect()
        }
    };
    compare(&case["expect"], &found)
}

/// `MessageQueue.hashCode` over the lab's hash of texts. The lab itself has no hash tables of queues.
fn hash_code(queue: &MessageQueue) -> i32 {
    let parts =
        [java_hash(queue.broker_name.as_str()), queue.queue_id.0 as i32, java_hash(queue.topic.as_str())];
    parts.iter().fold(1i32, |hash, part| hash.wrapping_mul(31).wrapping_add(*part))
}

/// Time between two rounds: longer than a queue may go without a pull.
const ROUND_MS: i64 = 121_000;

/// Rounds of one topic, as its consumer goes through them.
pub(super) fn rebalance(case: &Value) -> Outcome {
    let me: ClientId = text(&case["me"]).into();
    let strategy: AllocateStrategy = text(&case["strategy"]).parse().unwrap_or_else(|why| panic!("{why}"));
    let model: MessageModel = text(&case["messageModel"]).parse().unwrap_or_else(|why| panic!("{why}"));
    let member = Member { me: &me, model, strategy: &strategy, rooms: &RoomsByName };
    let needs_lock = flag(&case["orderly"]) && model == MessageModel::Clustering;
    let mut held: BTreeMap<MessageQueue, ProcessQueue> = BTreeMap::new();
    let mut found = Vec::new();
    for (number, round) in list(&case["rounds"]).iter().enumerate() {
        let now = at(ROUND_MS * number as i64);
        let idle = queues_of_topic(&round["pullIdle"]);
        for (_, process_queue) in held.iter_mut().filter(|(queue, _)| !idle.contains(queue)) {
            process_queue.pulled(now);
        }
        let refused = if needs_lock { queues_of_topic(&round["lockFails"]) } else { Vec::new() };
        found.push(play_round(&member, &mut held, now, round, &refused));
    }
    compare(&case["expect"], &found.into())
}

fn play_round(
    member: &Member<'_, RoomsByName>,
    held: &mut BTreeMap<MessageQueue, ProcessQueue>,
    now: Instant,
    round: &Value,
    refused: &[MessageQueue],
) -> Value {
    let queues = round["queues"].as_array().map(|_| queues_of_topic(&round["queues"]));
    let members: Option<Vec<ClientId>> =
        round["clients"].as_array().map(|ids| ids.iter().map(|id| text(id).into()).collect());
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    let (balanced, announced) = match division(member, &TOPIC.into(), queues.as_deref(), members.as_deref()) {
        Division::Keep => (true, false),
        Division::TopicUnknown => (true, true),
        Division::Failed(_) => (false, false),
        Division::Share(share) => {
            let stalled: Vec<_> = held
                .iter()
                .map(|(queue, process_queue)| (queue.clone(), process_queue.is_pull_expired(now)))
                .collect();
            let changes = changes(&share, &stalled);
            for (queue, _) in changes.give_up {
                held.remove(&queue);
                removed.push(queue);
            }
            for queue in changes.take.into_iter().filter(|queue| !refused.contains(queue)) {
                held.insert(queue.clone(), ProcessQueue::new(now));
                added.push(queue);
            }
            (is_balanced(&share, held.keys()), false)
        }
    };
    added.sort();
    removed.sort();
    json!({
        "mine": pairs(held.keys()),
        "added": pairs(&added),
        "removed": pairs(&removed),
        "balanced": balanced,
        "changed": announced || !added.is_empty() || !removed.is_empty(),
    })
}

/// Where a queue without an owner before begins.
pub(super) fn pull_from_where(case: &Value) -> Outcome {
    // The original's switch treats the deprecated words alike with this one.
    let deprecated = [
        "CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST",
        "CONSUME_FROM_MIN_OFFSET",
        "CONSUME_FROM_MAX_OFFSET",
    ];
    let word = text(&case["consumeFromWhere"]);
    let from = if deprecated.contains(&word) { Ok(ConsumeFromWhere::LastOffset) } else { word.parse() };
    let from = from.unwrap_or_else(|why| panic!("{why}"));
    let store = match int(&case["storeOffset"]) {
        -1 => StoreOffset::NotFound,
        -2 => StoreOffset::Failed,
        offset => StoreOffset::Found(
            QueueOffset(u64::try_from(offset).expect("an offset")),
            StartReason::StoredOffset,
        ),
    };
    let found = match begin_at(from, &text(&case["topic"]).into(), store) {
        PullFrom::At(offset, _) => offset.0.into(),
        PullFrom::MaxOffset => case["maxOffset"].clone(),
        PullFrom::OffsetAtTime => case["offsetAtTime"].clone(),
        PullFrom::Nowhere => Value::Null,
    };
    // A broker of the lab has no negative offset to answer; RocketMQ's client refuses one.
    let is_refused = found.as_i64().is_none_or(|offset| offset < 0);
    match &case["expect"] {
        Value::Object(error) => compare(&error.contains_key("error").into(), &is_refused.into()),
        expected => compare(expected, &found),
    }
}
