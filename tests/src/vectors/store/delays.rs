//! Delay levels.

use lab_core::id::QueueId;
use lab_core::message::DelayLevels;
use serde_json::{Map, Value, json};

use super::{small, text, unknown_group};
use crate::vectors::{Outcome, compare};

/// `delay_levels`.
pub(super) fn check(case: &Value) -> Outcome {
    let found = match text(&case["group"]) {
        "parse" => parsed(text(&case["text"])),
        "deliver" => {
            let levels = text(&case["text"]).parse::<DelayLevels>().expect("the default text");
            let stored_at = case["storeTimestamp"].as_i64().unwrap_or_default();
            json!(levels.deliver_timestamp(small(&case["level"]), stored_at))
        }
        "queue" => json!(DelayLevels::queue_of(small(&case["level"]))),
        "queue-back" => json!(DelayLevels::level_of(QueueId(small(&case["queueId"])))),
        _ => return unknown_group(),
    };
    compare(&case["expect"], &found)
}

fn parsed(text: &str) -> Value {
    let (ok, levels) = match text.parse::<DelayLevels>() {
        Ok(levels) => (true, levels),
        Err(bad) => (false, bad.before),
    };
    let table: Map<_, _> = levels.iter().map(|(level, delay)| (level.to_string(), json!(delay))).collect();
    json!({ "ok": ok, "maxDelayLevel": levels.max_level(), "table": table })
}
