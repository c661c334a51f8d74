//! What is deleted, and when.

use lab_core::id::{QueueId, QueueOffset};
use lab_core::store::{Expiry, PullLimits};
use lab_core::time::{Duration, Epoch, HoursOfDay, Instant};
use serde_json::{Value, json};

use super::queues::status;
use super::{MEMORY, dispatch, list, message, number, offsets, small, store, text, unknown_group};
use crate::vectors::{Outcome, compare};

const HOUR: Duration = Duration::from_secs(3600);
/// Later than any age in the vectors.
const NOW: Instant = Instant::from_millis(1_000_000 * 3_600_000);

/// `retention`.
pub(super) fn check(case: &Value) -> Outcome {
    match text(&case["group"]) {
        "delete" => delete(case),
        "time" => is_time(case),
        _ => unknown_group(),
    }
}

fn delete(case: &Value) -> Outcome {
    let mut store = store(number(&case["commitLogFileSize"]), number(&case["consumeQueueEntriesPerFile"]));
    let (size, topic) = (number(&case["commitLogFileSize"]), "TopicTest");
    let body = number(&case["recordBytes"]) - message(topic, 0, 0, &[]).record_length();
    for _ in 0..number(&case["messages"]) {
        // The age of a file is that of its last record; where this record will stand is known from the log's end.
        let mut message = message(topic, 0, body, &[]);
        let end = store.log().max().0;
        let has_room = end % size + message.record_length() + 8 <= size;
        let file = if has_room { end / size } else { end / size + 1 };
        let age = number(&case["ageHours"][usize::try_from(file).expect("a small number")]);
        message.stored_at = NOW - times(HOUR, age);
        store.append(message);
    }
    dispatch(&mut store);
    let expiry = Expiry {
        now: NOW,
        reserved: times(HOUR, number(&case["reservedHours"])),
        immediately: case["cleanImmediately"] == true,
    };
    let deleted = store.delete_expired_files(expiry, small(&case["batchMax"]));
    store.follow_log();
    let limits = PullLimits::new(32, MEMORY);
    let at_zero = store.get_messages(&topic.into(), QueueId(0), QueueOffset(0), limits, |_| true);
    let found = json!({
        "deleted": deleted,
        "filesLeft": offsets(store.log().files().map(|begin| begin.0)),
        "minPhyOffset": store.log().min(),
        "queueMinOffset": at_zero.min,
        "queueMaxOffset": at_zero.max,
        "getAtZero": { "status": status(at_zero.status), "nextBeginOffset": at_zero.next },
    });
    let files = offsets(list(&case["files"]).iter().map(number));
    debug_assert!(deleted > 0 || files == found["filesLeft"], "the log has other files than the case");
    compare(&case["expect"], &found)
}

fn times(span: Duration, count: u64) -> Duration {
    Duration::from_millis(span.as_millis() * count)
}

fn is_time(case: &Value) -> Outcome {
    let zone_hours = match text(&case["timezone"]) {
        "UTC" => 0,
        "Asia/Shanghai" => 8,
        _ => return Outcome::NotApplicable("the lab's time zone is UTC"),
    };
    let Ok(when) = text(&case["deleteWhen"]).parse::<HoursOfDay>() else {
        // The original throws when it comes to look at the hours; the lab refuses the setting.
        return if case["expect"]["error"].is_null() {
            Outcome::Failed("the lab refuses this deleteWhen".to_owned())
        } else {
            Outcome::Passed
        };
    };
    let local = Instant::from_millis(number(&case["nowMs"])) + times(HOUR, zone_hours);
    compare(&case["expect"], &json!(when.includes(Epoch::from_unix_millis(0).hour_of_day(local))))
}
