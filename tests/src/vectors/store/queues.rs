//! Appending to the log, reading queues, searching them by time.

use std::collections::BTreeMap;

use lab_core::config::Profile;
use lab_core::filter::BrokerFilter;
use lab_core::id::{QueueId, QueueOffset};
use lab_core::message::{StoredMessage, check_record};
use lab_core::rpc::MessageSelector;
use lab_core::store::{
    BoundaryType, ConsumeQueue, Expiry, GetMessageResult, GetMessageStatus, MessageStore, PullLimits,
    file_name,
};
use lab_core::time::{Duration, Instant};
use serde_json::{Value, json};

use super::{MEMORY, dispatch, list, message, number, offsets, small, store, text, time};
use crate::vectors::{Outcome, compare};

/// Entries of a consume queue file in `get_message`, but for the group that says otherwise.
const DEFAULT_ENTRIES: u64 = 300_000;
/// Bytes of a queue entry.
const ENTRY_BYTES: u64 = 20;

/// `commitlog_append`.
pub(super) fn append(case: &Value) -> Outcome {
    let mut store = store(
        number(&case["commitLogFileSize"]),
        number(&case["consumeQueueFileSize"]).div_ceil(ENTRY_BYTES),
    );
    let max_message_size = number(&case["maxMessageSize"]);
    let puts: Vec<Value> =
        list(&case["puts"]).iter().map(|put| append_one(&mut store, put, max_message_size)).collect();
    dispatch(&mut store);
    let (mut queues, mut hex) = (BTreeMap::new(), BTreeMap::new());
    let mut queue_files = Vec::new();
    for ((topic, queue_id), queue) in store.queues() {
        let name = format!("{topic}-{queue_id}");
        hex.insert(name.clone(), first_entries(queue));
        queues.insert(
            name,
            json!({
                "minOffset": queue.min(),
                "maxOffset": queue.max(),
                "entries": entries(queue),
            }),
        );
        for begin in queue.files() {
            let path = format!("consumequeue/{topic}/{queue_id}/{}", file_name(begin));
            queue_files.push(json!([path, case["consumeQueueFileSize"]]));
        }
    }
    for put in list(&case["puts"]) {
        // A queue that got nothing but messages of open transactions was never made.
        let name = format!("{}-{}", text(&put["topic"]), put["queueId"]);
        queues.entry(name).or_insert(Value::Null);
    }
    let log_files: Vec<_> = store
        .log()
        .files()
        .map(|begin| json!([format!("commitlog/{}", file_name(begin.0)), store.log().file_size()]))
        .collect();
    let found = json!({
        "puts": puts,
        "maxPhyOffset": store.log().max(),
        "minPhyOffset": store.log().min(),
        "queues": queues,
        "commitLogFiles": log_files,
        "consumeQueueFiles": queue_files,
        "consumeQueueHex": hex,
    });
    compare(&case["expect"], &found)
}

fn append_one(store: &mut MessageStore, put: &Value, max_message_size: u64) -> Value {
    let properties = [("KEYS", &put["keys"]), ("TAGS", &put["tags"]), ("UNIQ_KEY", &put["uniqKey"])];
    let body = number(&put["bodyLength"]);
    let mut message = message(text(&put["topic"]), small(&put["queueId"]), body, &properties);
    message.sys_flag = small(&put["sysFlag"]);
    let (record, properties) = (message.record_length(), u64::from(message.properties_length));
    match check_record(body, properties, record, max_message_size) {
        Err(refusal) => json!({ "status": refusal.to_string() }),
        Ok(()) => {
            let stored = store.append(message);
            json!({
                "status": "PUT_OK",
                "wroteOffset": stored.commit_log_offset,
                "wroteBytes": stored.record_length(),
                "queueOffset": stored.queue_offset,
                "msgId": stored.offset_message_id(),
            })
        }
    }
}

fn entries(queue: &ConsumeQueue) -> Value {
    let offsets = (queue.min().0..queue.max().0).map(QueueOffset);
    let entries = offsets.filter_map(|offset| {
        let entry = queue.get(offset)?;
        Some(json!([offset, entry.commit_log_offset, entry.size, entry.tag_hash]))
    });
    entries.collect()
}

/// The first two entries of a queue's first file; a file is full of zeros before anything is written.
fn first_entries(queue: &ConsumeQueue) -> String {
    let entries = (0..2).map(|offset| queue.get(QueueOffset(offset)).map_or([0; 20], |entry| entry.bytes()));
    entries.flatten().map(|byte| format!("{byte:02X}")).collect()
}

/// `get_message`.
pub(super) fn get_message(case: &Value) -> Outcome {
    let Some(offset) = case["offset"].as_u64() else {
        return Outcome::NotApplicable("a client of the lab never asks for a negative offset");
    };
    let entries = if case["group"] == "files-of-10-entries" { 10 } else { DEFAULT_ENTRIES };
    let max = if case["queueExists"] == true { number(&case["maxOffset"]) } else { 0 };
    let tags = list(&case["tags"]);
    let messages = (0..max).map(|number_of_message| {
        let tag = &case["tagAt"][number_of_message.to_string()];
        let usual = &tags[usize::try_from(number_of_message).expect("a small number") % tags.len()];
        let tag = if tag.is_null() { usual } else { tag };
        message("TopicTest", 0, number(&case["bodyLength"]), &[("TAGS", tag)])
    });
    let store = store_from(messages.collect(), number(&case["minOffset"]), entries);
    let wanted = case["subscription"].as_str().map(|expression| {
        let selector = MessageSelector::by_tag(expression).expect("the cases hold tag expressions");
        BrokerFilter::new(&selector.subscription(Instant::ZERO), Profile::V5).expect("tags make a filter")
    });
    let defaults = PullLimits::new(small(&case["maxMsgNums"]), MEMORY);
    let limits = PullLimits {
        max_bytes: case["maxTotalMsgSize"].as_u64().unwrap_or(defaults.max_bytes),
        corrects_offset: case["role"] != "SLAVE" || case["offsetCheckInSlave"] == true,
        ..defaults
    };
    let (topic, filter) = ("TopicTest".into(), wanted.as_ref());
    let found = store.get_messages(&topic, QueueId(0), QueueOffset(offset), limits, filter);
    compare(&case["expect"], &result(&found))
}

fn result(found: &GetMessageResult) -> Value {
    json!({
        "status": status(found.status),
        "nextBeginOffset": found.next,
        "minOffset": found.min,
        "maxOffset": found.max,
        "messageCount": found.messages.len(),
        "bufferTotalSize": found.messages.iter().map(|message| message.record_length()).sum::<u64>(),
        "offsets": offsets(found.messages.iter().map(|message| message.queue_offset.0)),
    })
}

/// RocketMQ's word for a status.
pub(super) const fn status(status: GetMessageStatus) -> &'static str {
    match status {
        GetMessageStatus::Found => "FOUND",
        GetMessageStatus::NoMatchedMessage => "NO_MATCHED_MESSAGE",
        GetMessageStatus::NoMessageInQueue => "NO_MESSAGE_IN_QUEUE",
        GetMessageStatus::OffsetTooSmall => "OFFSET_TOO_SMALL",
        GetMessageStatus::OffsetOverflowOne => "OFFSET_OVERFLOW_ONE",
        GetMessageStatus::OffsetOverflowBadly => "OFFSET_OVERFLOW_BADLY",
        GetMessageStatus::OffsetFoundNull => "OFFSET_FOUND_NULL",
        GetMessageStatus::MessageWasRemoving => "MESSAGE_WAS_REMOVING",
        GetMessageStatus::OffsetReset => "OFFSET_RESET",
    }
}

/// A queue whose first messages have expired. Every record has a file of the log to itself; a last one of another topic
/// keeps its file, whatever expires.
fn store_from(messages: Vec<StoredMessage>, expired: u64, queue_file_entries: u64) -> MessageStore {
    let last = message("Other", 0, 0, &[]);
    let longest = messages.iter().chain([&last]).map(StoredMessage::record_length).max().unwrap_or(0);
    let mut store = store(longest + 8, queue_file_entries);
    for message in messages.into_iter().chain([last]) {
        store.append(message);
    }
    dispatch(&mut store);
    if expired > 0 {
        let expiry = Expiry { now: Instant::ZERO, reserved: Duration::ZERO, immediately: true };
        store.delete_expired_files(expiry, u32::try_from(expired).expect("a small number"));
        store.follow_log();
    }
    store
}

/// `offset_by_time`.
pub(super) fn offset_by_time(case: &Value) -> Outcome {
    let messages = list(&case["storeTimes"]).iter().map(|stored_at| {
        let mut message = message("TopicTest", 0, 50, &[]);
        message.stored_at = time(stored_at);
        message
    });
    let store = store_from(messages.collect(), number(&case["minOffset"]), number(&case["entriesPerFile"]));
    let (topic, queue, at) = ("TopicTest".into(), QueueId(0), time(&case["time"]));
    let found = json!({
        "default": store.offset_by_time(&topic, queue, at),
        "lower": store.boundary_by_time(&topic, queue, at, BoundaryType::Lower),
        "upper": store.boundary_by_time(&topic, queue, at, BoundaryType::Upper),
    });
    compare(&case["expect"], &found)
}
