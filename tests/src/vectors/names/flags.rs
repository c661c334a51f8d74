//! Permissions, system flags, versions, retry policies.

use lab_core::retry_policy::RetryPolicy;
use lab_core::rpc::{DataVersion, perm as permission};
use lab_core::sys_flag::{message, pull};
use lab_core::time::{Duration, Instant};
use serde_json::{Value, json};

use crate::vectors::{Outcome, compare};

pub(super) fn perm(case: &Value) -> Outcome {
    if let Some(text) = case["text"].as_str() {
        return match text.parse() {
            Ok(perm) => compare(&case["expect"], &json!(permission::is_valid(perm))),
            Err(_) => compare(&case["expect"]["error"], &json!("NumberFormatException")),
        };
    }
    let Some(value) = case["perm"].as_i64() else {
        return Outcome::Failed("a permission is missing".to_owned());
    };
    let bits = value as u8;
    let found = json!({
        "string": permission::text(bits),
        "readable": permission::is_readable(bits),
        "writeable": permission::is_writeable(bits),
        "inherited": permission::is_inherited(bits),
        "valid": permission::is_valid(value as i32),
        "priority": permission::is_priority(bits),
        "accessible": permission::is_accessible(bits),
    });
    compare(&case["expect"], &found)
}

pub(super) fn sys_flag(case: &Value) -> Outcome {
    let is_set = |key: &str| case[key].as_bool().unwrap_or_default();
    let found = match case["group"].as_str() {
        Some("message") => {
            let flag = case["flag"].as_i64().unwrap_or_default() as i32;
            json!({
                "transactionValue": message::transaction_value(flag),
                "clearCompressed": message::clear_compressed(flag),
                "resetToCommit": message::reset_transaction_value(flag, message::TRANSACTION_COMMIT),
                "resetToRollback": message::reset_transaction_value(flag, message::TRANSACTION_ROLLBACK),
                "resetToPrepared": message::reset_transaction_value(flag, message::TRANSACTION_PREPARED),
                "resetToNone": message::reset_transaction_value(flag, message::TRANSACTION_NOT),
            })
        }
        Some("pull") => {
            let flags = pull::PullFlags {
                commit_offset: is_set("commitOffset"),
                suspend: is_set("suspend"),
                subscription: is_set("subscription"),
                class_filter: is_set("classFilter"),
                lite_pull: is_set("litePull"),
            };
            let flag = flags.bits();
            json!({
                "flag": flag,
                "clearCommit": pull::clear_commit_offset(flag),
                "clearSuspend": pull::clear_suspend(flag),
                "hasCommit": pull::has_commit_offset(flag),
                "hasSuspend": pull::has_suspend(flag),
            })
        }
        group => return Outcome::Failed(format!("unknown group {group:?}")),
    };
    compare(&case["expect"], &found)
}

fn version(value: &Value) -> DataVersion {
    let part = |index: usize| value[index].as_u64().unwrap_or_default();
    DataVersion { state_version: part(0), timestamp: Instant::from_millis(part(1)), counter: part(2) }
}

pub(super) fn data_version(case: &Value) -> Outcome {
    let versions = [&case["a"], &case["b"], &case["before"]];
    if versions.iter().any(|version| (0..3).any(|part| version[part].as_i64().is_some_and(|part| part < 0))) {
        return Outcome::NotApplicable("no part of a version is ever negative: all grow from 0");
    }
    if case["group"] == "next" {
        let state_version = case["stateVersion"].as_u64().unwrap_or_default();
        let before = DataVersion { state_version, ..version(&case["before"]) };
        let next = before.next(Instant::from_millis(case["nowMs"].as_u64().unwrap_or_default()));
        let found = json!([next.state_version, next.timestamp.as_millis(), next.counter]);
        return compare(&case["expect"], &found);
    }
    let (a, b) = (version(&case["a"]), version(&case["b"]));
    compare(&case["expect"], &json!({ "compare": a.cmp(&b) as i32, "equals": a == b }))
}

pub(super) fn retry_policy(case: &Value) -> Outcome {
    let duration = |key: &str| Duration::from_millis(case[key].as_u64().unwrap_or_default());
    let times = case["reconsumeTimes"].as_i64().unwrap_or_default() as i32;
    let default = RetryPolicy::default();
    let named = |kind: &str| json!({ "type": kind, "delay": default.next_delay(times).as_millis() });
    let policy = match case["group"].as_str() {
        Some("customized") => match case["next"].as_array() {
            None => default,
            Some(table) => {
                let delays = table.iter().filter_map(Value::as_u64).map(Duration::from_millis);
                RetryPolicy::Customized(delays.collect())
            }
        },
        Some("exponential") => RetryPolicy::Exponential {
            initial: duration("initial"),
            max: duration("max"),
            multiplier: case["multiplier"].as_u64().unwrap_or_default(),
        },
        Some("group-default") => return compare(&case["expect"], &named("CUSTOMIZED")),
        Some("group-exponential-unset") => return compare(&case["expect"], &named("EXPONENTIAL")),
        group => return Outcome::Failed(format!("unknown group {group:?}")),
    };
    compare(&case["expect"], &json!(policy.next_delay(times).as_millis()))
}
