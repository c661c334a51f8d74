//! The index by key.

use lab_core::id::CommitLogOffset;
use lab_core::message::java_hash;
use lab_core::store::{IndexEntry, IndexFile, IndexSize, build_key, key_hash, slot_position};
use serde_json::{Value, json};

use super::{
    default_index_size, dispatch, list, message, number, offsets, small, store, text, time, unknown_group,
};
use crate::vectors::{Outcome, compare};

/// Body of the messages of `query_by_key`, in bytes.
const QUERY_BODY: u64 = 20;

/// `index_hash`.
pub(super) fn check_hash(case: &Value) -> Outcome {
    let size = default_index_size();
    let found = match text(&case["group"]) {
        "key" => {
            let key = build_key(text(&case["topic"]), text(&case["msgKey"]));
            json!({
                "hashCode": java_hash(&key),
                "hash": key_hash(&key),
                "slot": key_hash(&key) % size.hash_slots,
                "slotPosition": slot_position(&key, size),
                "key": key,
            })
        }
        "raw" => json!({ "hashCode": java_hash(text(&case["key"])), "hash": key_hash(text(&case["key"])) }),
        _ => return unknown_group(),
    };
    compare(&case["expect"], &found)
}

/// `index_file`: a script on one file.
pub(super) fn check_file(case: &Value) -> Outcome {
    let size = IndexSize { hash_slots: small(&case["hashSlotNum"]), entries: small(&case["indexNum"]) };
    let end = time(&case["endTimestampOfPrevious"]);
    let end_offset = CommitLogOffset(number(&case["endPhyOffsetOfPrevious"]));
    let mut file = IndexFile::new(size, Some((end, end_offset)));
    let found: Vec<Value> = list(&case["steps"]).iter().map(|step| run(&mut file, step)).collect();
    compare(&case["expect"], &Value::Array(found))
}

fn run(file: &mut IndexFile, step: &Value) -> Value {
    match text(&step[0]) {
        "put" => {
            let (key, offset) = (text(&step[1]), CommitLogOffset(number(&step[2])));
            json!(file.put_key(key_hash(key), offset, time(&step[3])))
        }
        "query" => {
            let mut found = Vec::new();
            let most = usize::try_from(number(&step[2])).expect("a small number");
            file.select(&mut found, text(&step[1]), most, (time(&step[3]), time(&step[4])));
            offsets(found.into_iter().map(|offset| offset.0))
        }
        "header" => {
            let header = file.header();
            json!({
                "beginTimestamp": header.begin,
                "endTimestamp": header.end,
                "beginPhyOffset": header.begin_offset,
                "endPhyOffset": header.end_offset,
                "hashSlotCount": file.hash_slot_count(),
                "indexCount": file.index_count(),
            })
        }
        "full" => json!(file.is_write_full()),
        "matched" => json!(file.is_time_matched(time(&step[1]), time(&step[2]))),
        "entry" => file.entry(small(&step[1])).map_or(json!([0, 0, 0, 0]), entry),
        "slot" => json!(file.slot(text(&step[1]))),
        other => json!(format!("unknown step {other}")),
    }
}

fn entry(entry: IndexEntry) -> Value {
    json!([entry.key_hash, entry.commit_log_offset, entry.seconds, entry.previous])
}

/// `query_by_key`: a store full of messages, and one question.
pub(super) fn check_query(case: &Value) -> Outcome {
    let mut store = store(1 << 30, 300_000);
    let mut places = Vec::new();
    for put in list(&case["puts"]) {
        let properties = [("KEYS", &put["keys"]), ("UNIQ_KEY", &put["uniqKey"])];
        let mut message = message(text(&put["topic"]), 0, QUERY_BODY, &properties);
        message.sys_flag = small(&put["sysFlag"]);
        message.stored_at = time(&json!(number(&case["t0"]) + number(&put["atMs"])));
        places.push(store.append(message).commit_log_offset);
    }
    dispatch(&mut store);
    let topic = text(&case["topic"]).into();
    let most = usize::try_from(number(&case["maxNum"])).expect("a small number");
    let found =
        store.query_message(&topic, text(&case["key"]), most, time(&case["begin"]), time(&case["end"]));
    let positions = found
        .messages
        .iter()
        .filter_map(|message| places.iter().position(|place| *place == message.commit_log_offset));
    let found = json!({
        "found": positions.collect::<Vec<_>>(),
        "indexLastUpdateTimestamp": found.mark.last_update,
        "indexLastUpdatePhyoffset": found.mark.last_offset,
    });
    compare(&case["expect"], &found)
}
