//! What follows from the answer of a listener.

use std::sync::Arc;

use lab_core::config::{ClientConfig, Profile};
use lab_core::consume_result::{
    ConsumeConcurrentlyStatus, ConsumeOrderlyStatus, RetrySend, failed, finish, max_reconsume_times,
    process_orderly, reconsumed, suspend_time,
};
use lab_core::id::{Address, CommitLogOffset, QueueId, QueueOffset};
use lab_core::message::{Message, StoredMessage};
use lab_core::process_queue::ProcessQueue;
use lab_core::time::{Duration, Instant};
use serde_json::{Value, json};

use super::super::{Outcome, compare};
use super::stage::{list, small, text};

const PROFILE: Profile = Profile::V5;

fn stored(offset: u64, reconsume_times: u32) -> Arc<StoredMessage> {
    Arc::new(StoredMessage {
        message: Message::new("TopicTest".into(), *b"body"),
        queue_id: QueueId(0),
        queue_offset: QueueOffset(offset),
        commit_log_offset: CommitLogOffset(0),
        sys_flag: 0,
        born_at: Instant::ZERO,
        born_host: Address::local(50_001),
        stored_at: Instant::ZERO,
        store_host: Address::local(10911),
        reconsume_times,
        prepared_transaction_offset: CommitLogOffset(0),
        properties_length: 0,
    })
}

fn messages(offsets: &Value) -> Vec<Arc<StoredMessage>> {
    list(offsets).iter().map(|offset| stored(offset.as_u64().unwrap_or_default(), 0)).collect()
}

fn offsets(messages: &[Arc<StoredMessage>]) -> Vec<QueueOffset> {
    messages.iter().map(|message| message.queue_offset).collect()
}

fn holds(offsets: &Value, message: &StoredMessage) -> bool {
    list(offsets).iter().any(|offset| offset.as_u64() == Some(message.queue_offset.0))
}

fn signed(value: &Value) -> i32 {
    value.as_i64().and_then(|number| i32::try_from(number).ok()).unwrap_or_default()
}

fn committed(offset: Option<QueueOffset>, case: &Value) -> Value {
    let counts = case["dropped"] != true;
    offset.filter(|_| counts).map_or(json!(-1), |offset| json!(offset.0))
}

/// One batch of messages that are worked on side by side, or how what was pulled becomes batches.
pub(super) fn concurrently(case: &Value) -> Outcome {
    if case["group"] == "batching" {
        let size = small(&case["consumeMessageBatchMaxSize"]).max(1) as usize;
        let offsets: Vec<_> = (0..small(&case["pulled"])).collect();
        let found: Vec<_> = offsets.chunks(size).collect();
        return compare(&case["expect"], &json!(found));
    }
    let mut queue = ProcessQueue::new(Instant::ZERO);
    queue.put(&messages(&case["cached"]), None);
    queue.remove(Instant::ZERO, &offsets(&messages(&case["gone"])));
    let batch = messages(&case["batch"]);
    let status = match text(&case["status"]) {
        "CONSUME_SUCCESS" => ConsumeConcurrentlyStatus::ConsumeSuccess,
        _ => ConsumeConcurrentlyStatus::ReconsumeLater,
    };
    let is_broadcasting = case["messageModel"] == "BROADCASTING";
    let (mut sent_back, mut kept) = (Vec::new(), Vec::new());
    for message in failed(&batch, status, signed(&case["ackIndex"])) {
        if is_broadcasting || !queue.contains(message.queue_offset) {
            continue;
        }
        sent_back.push(json!([message.queue_offset.0, case["delayLevelWhenNextConsume"]]));
        if holds(&case["sendBackFails"], message) {
            kept.push(reconsumed(message));
        }
    }
    let commit = finish(Instant::ZERO, &mut queue, &batch, &kept);
    queue.put(&kept, None);
    let later: Vec<_> = kept.iter().map(|message| message.queue_offset.0).collect();
    let times = |message: &Arc<StoredMessage>| {
        let again = kept.iter().find(|other| other.queue_offset == message.queue_offset);
        again.unwrap_or(message).reconsume_times
    };
    let found = json!({
        "sentBack": sent_back,
        "retryLaterDelayMs": if later.is_empty() { Value::Null } else { json!(5000) },
        "retryLater": later,
        "reconsumeTimes": batch.iter().map(times).collect::<Vec<_>>(),
        "committed": committed(commit, case),
        "left": left(&queue, 0, 64),
    });
    compare(&case["expect"], &found)
}

/// The offsets of a range that wait in a queue.
fn left(queue: &ProcessQueue, from: u64, to: u64) -> Vec<u64> {
    (from..to).filter(|offset| queue.contains(QueueOffset(*offset))).collect()
}

/// One batch of an orderly listener.
pub(super) fn orderly(case: &Value) -> Outcome {
    let mut queue = ProcessQueue::new(Instant::ZERO);
    let times = small(&case["reconsumeTimes"]);
    let cached: Vec<_> = (0..u64::from(small(&case["cached"]))).map(|offset| stored(offset, times)).collect();
    queue.put(&cached, None);
    let batch = queue.take(Instant::ZERO, small(&case["batchSize"]) as usize);
    let status = match text(&case["status"]) {
        "SUCCESS" => ConsumeOrderlyStatus::Success,
        "COMMIT" => ConsumeOrderlyStatus::Commit,
        "ROLLBACK" => ConsumeOrderlyStatus::Rollback,
        _ => ConsumeOrderlyStatus::SuspendCurrentQueueAMoment,
    };
    let setting = signed(&case["maxReconsumeTimes"]);
    let max = max_reconsume_times(setting, true);
    let suspends = status == ConsumeOrderlyStatus::SuspendCurrentQueueAMoment;
    let (mut sent, mut again, mut comes_again) = (Vec::new(), Vec::new(), false);
    for message in &batch {
        let is_exhausted = suspends && message.reconsume_times >= max;
        if is_exhausted {
            let RetrySend { delay_level, reconsume_times, max_reconsume_times } =
                RetrySend::of(message, setting, true, PROFILE);
            sent.push(json!([
                message.queue_offset.0,
                "%RETRY%g",
                delay_level.to_string(),
                reconsume_times.to_string(),
                max_reconsume_times.to_string()
            ]));
        }
        let fails_again = suspends && (!is_exhausted || case["sendFails"] == true);
        comes_again |= fails_again;
        again.push(if fails_again { reconsumed(message) } else { message.clone() });
    }
    let outcome =
        process_orderly(&mut queue, status, case["autoCommit"] == true, comes_again.then_some(&again));
    let wanted = case["suspendMs"].as_u64().map(Duration::from_millis);
    let wanted = wanted.unwrap_or(ClientConfig::of(PROFILE).suspend_current_queue_time);
    let pause = (!outcome.goes_on).then(|| suspend_time(wanted).as_millis());
    let found = json!({
        "continueConsume": outcome.goes_on,
        "committed": committed(outcome.commit, case),
        "cached": left(&queue, 0, 64),
        "consuming": queue.taken().map(|offset| offset.0).collect::<Vec<_>>(),
        "resubmitDelayMs": pause,
        "reconsumeTimes": again.iter().map(|message| message.reconsume_times).collect::<Vec<_>>(),
        "sentToRetryTopic": sent,
    });
    compare(&case["expect"], &found)
}
