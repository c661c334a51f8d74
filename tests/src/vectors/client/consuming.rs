//! What a consumer holds of a queue, what it commits, and when it pulls.

use std::sync::Arc;

use lab_core::config::{ClientConfig, Profile};
use lab_core::id::{Address, CommitLogOffset, MessageQueue, QueueId, QueueOffset};
use lab_core::message::{Message, StoredMessage};
use lab_core::offset_store::OffsetStore;
use lab_core::process_queue::{BeforePull, Cached, EXPIRED_DELAY_LEVEL, ProcessQueue, PullState};
use lab_core::rpc::message_queue;
use lab_core::time::{Duration, Instant};
use serde_json::{Value, json};

use super::{at, count, flag, int, list, text};
use crate::vectors::{Outcome, compare};

fn the_queue() -> MessageQueue {
    message_queue(&"T".into(), &"broker-a".into(), 0)
}

/// How long an orderly consumer trusts a lock (`rocketmq.client.rebalance.lockMaxLiveTime`).
const LOCK_MAX_LIVE_TIME: Duration = Duration::from_secs(30);

fn message(offset: QueueOffset, body: Arc<[u8]>) -> Arc<StoredMessage> {
    Arc::new(StoredMessage {
        message: Message::new("T".into(), body),
        queue_id: QueueId(0),
        queue_offset: offset,
        commit_log_offset: CommitLogOffset(0),
        sys_flag: 0,
        born_at: Instant::ZERO,
        born_host: Address::local(1),
        stored_at: Instant::ZERO,
        store_host: Address::local(2),
        reconsume_times: 0,
        prepared_transaction_offset: CommitLogOffset(0),
        properties_length: 0,
    })
}

fn offsets(value: &Value) -> Vec<QueueOffset> {
    list(value).iter().map(|offset| QueueOffset(count(offset))).collect()
}

fn numbers(offsets: impl IntoIterator<Item = QueueOffset>) -> Value {
    offsets.into_iter().map(|offset| offset.0).collect()
}

/// The offset, or -1 for none.
fn or_minus_one(offset: Option<QueueOffset>) -> Value {
    offset.map_or(json!(-1), |offset| offset.0.into())
}

/// The cache of one queue.
pub(super) fn process_queue(case: &Value) -> Outcome {
    match text(&case["group"]) {
        "expired" => {
            let (queue, now) = (ProcessQueue::new(at(0)), at(int(&case["elapsedMs"])));
            let found = json!({
                "lockExpired": queue.is_lock_expired(now, LOCK_MAX_LIVE_TIME),
                "pullExpired": queue.is_pull_expired(now),
            });
            compare(&case["expect"], &found)
        }
        "clean-expired" => clean_expired(case),
        _ => play_script(case),
    }
}

fn clean_expired(case: &Value) -> Outcome {
    let mut queue = ProcessQueue::new(at(0));
    let starts = list(&case["consumeStartAt"]);
    let messages: Vec<_> =
        (0..starts.len() as u64).map(|offset| message(QueueOffset(offset), [b'm'].into())).collect();
    queue.put(&messages, None);
    for (offset, start) in starts.iter().enumerate().filter(|(_, start)| !start.is_null()) {
        queue.begin_consume(at(int(start)), QueueOffset(offset as u64));
    }
    let now = at(int(&case["elapsedMs"]));
    let timeout = Duration::from_secs(60 * count(&case["consumeTimeoutMinutes"]));
    let mut sent_back = Vec::new();
    for message in queue.expired(now, timeout) {
        sent_back.push(json!([message.queue_offset.0, EXPIRED_DELAY_LEVEL]));
        queue.remove(now, &[message.queue_offset]);
    }
    compare(&case["expect"], &json!({ "sentBack": sent_back, "left": numbers(queue.waiting()) }))
}

fn play_script(case: &Value) -> Outcome {
    let mut queue = ProcessQueue::new(at(0));
    let mut store = OffsetStore::default();
    let mut found = Vec::new();
    let mut batch = Vec::new();
    for step in list(&case["steps"]) {
        let result = play_step(&mut queue, &mut store, &mut batch, step);
        let cached = queue.cached();
        found.push(json!({
            "result": result,
            "committed": or_minus_one(store.read(&the_queue())),
            "queue": {
                "cached": numbers(queue.waiting()),
                "consuming": numbers(queue.taken()),
                "msgCount": cached.count,
                "msgSize": cached.bytes,
                "maxSpan": cached.span,
                "hasTempMessage": queue.has_waiting(),
                "accumulated": queue.accumulated(),
            },
        }));
    }
    compare(&case["expect"], &found.into())
}

fn play_step(
    queue: &mut ProcessQueue,
    store: &mut OffsetStore,
    batch: &mut Vec<Arc<StoredMessage>>,
    step: &Value,
) -> Value {
    match text(&step["op"]) {
        "put" => {
            let length = usize::try_from(int(&step["bodySize"])).unwrap_or(0);
            let body: Arc<[u8]> = vec![0; length].into();
            let messages: Vec<_> =
                offsets(&step["offsets"]).into_iter().map(|offset| message(offset, body.clone())).collect();
            queue.put(&messages, step["maxOffset"].as_u64().map(QueueOffset)).into()
        }
        "remove" => {
            let offset = queue.remove(at(0), &offsets(&step["offsets"]));
            if let Some(offset) = offset {
                store.update(&the_queue(), offset, true);
            }
            or_minus_one(offset)
        }
        "take" => {
            let size = usize::try_from(count(&step["batchSize"])).expect("a size");
            *batch = queue.take(at(0), size);
            numbers(batch.iter().map(|message| message.queue_offset))
        }
        "commit" => match queue.commit() {
            Some(offset) => {
                store.update(&the_queue(), offset, false);
                offset.0.into()
            }
            None => json!({ "error": "NoSuchElementException" }),
        },
        "rollback" => {
            queue.rollback();
            Value::Null
        }
        "again" => {
            let again = offsets(&step["offsets"]);
            batch.retain(|message| again.contains(&message.queue_offset));
            queue.make_message_to_consume_again(batch);
            Value::Null
        }
        "clear" => {
            queue.clear();
            Value::Null
        }
        other => panic!("`{other}` is no step"),
    }
}

/// The offset in a consumer's memory.
pub(super) fn offset_store(case: &Value) -> Outcome {
    let mut store = OffsetStore::default();
    let queue = the_queue();
    let mut found = Vec::new();
    for step in list(&case["steps"]) {
        let offset = step["offset"].as_u64().map(QueueOffset);
        let is_increase = step["increaseOnly"].as_bool().unwrap_or(false);
        match (text(&step["op"]), offset) {
            ("remove", _) => store.remove(&queue),
            ("freeze", Some(offset)) => store.update_and_freeze(&queue, offset),
            ("update", Some(offset)) => store.update(&queue, offset, is_increase),
            // Lower than anything noted, so it changes nothing.
            ("update", None) if is_increase && store.read(&queue).is_some() => {}
            _ => return Outcome::NotApplicable("an offset of the lab is never negative"),
        }
        found.push(or_minus_one(store.read(&queue)));
    }
    compare(&case["expect"], &found.into())
}

/// Whether a queue is pulled.
pub(super) fn flow_control(case: &Value) -> Outcome {
    let threshold = |key: &str, default: u64| case[key].as_u64().unwrap_or(default);
    let mut config = ClientConfig::of(Profile::V5);
    let number = |value| u32::try_from(value).expect("a threshold");
    config.pull_threshold_for_queue = number(threshold("pullThresholdForQueue", 1000));
    config.pull_threshold_size_for_queue = number(threshold("pullThresholdSizeForQueueMiB", 100));
    config.consume_concurrently_max_span = threshold("consumeConcurrentlyMaxSpan", 2000);
    let state = PullState {
        is_dropped: flag(&case["droppedQueue"]),
        is_paused: flag(&case["paused"]),
        lock: flag(&case["orderly"]).then(|| flag(&case["locked"])),
        cached: Cached {
            count: count(&case["count"]),
            bytes: count(&case["bytes"]),
            span: count(&case["span"]),
        },
    };
    let found = match state.check(&config) {
        BeforePull::Pull => json!({ "action": "pull" }),
        BeforePull::Later(delay) => {
            json!({ "action": "later", "delayMs": delay.duration().as_millis() })
        }
        BeforePull::Dropped => json!({ "action": "dropped" }),
    };
    compare(&case["expect"], &found)
}
