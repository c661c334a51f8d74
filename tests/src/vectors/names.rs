//! Vectors of names, ids, flags, settings and constants.

mod facts;
mod flags;
mod ids;
mod topics;
mod values;

use lab_core::names::{self, ClientMessage, NameError, NameKind};
use serde_json::{Value, json};

use super::{File, Outcome, compare};

/// The files of this module.
pub const FILES: &[File] = &[
    ("topic_names", topic_names),
    ("topic_config", topics::topic_config),
    ("broker_topics", topics::broker_topics),
    ("perm", flags::perm),
    ("sys_flag", flags::sys_flag),
    ("data_version", flags::data_version),
    ("retry_policy", flags::retry_policy),
    ("message_id_uniq", ids::message_id_uniq),
    ("defaults", values::defaults),
    ("constants", values::constants),
    ("junit_facts", facts::junit_facts),
];

/// Longest group name of the development version that the vectors come from; 5.3.3 has 255.
const GROUP_MAX_LENGTH: usize = 120;
/// Longest retry or dead-letter topic that a broker of that version takes; 5.3.3 has 127, and so have its clients.
const RETRY_OR_DLQ_MAX_LENGTH: usize = 255;

/// Longest name that a client takes.
fn client_max_length(kind: NameKind) -> usize {
    if kind == NameKind::Group { GROUP_MAX_LENGTH } else { names::TOPIC_MAX_LENGTH }
}

/// Longest name that a broker takes.
fn max_length(kind: NameKind, name: &str) -> usize {
    let is_derived = name.starts_with(names::RETRY_PREFIX) || name.starts_with(names::DLQ_PREFIX);
    match kind {
        NameKind::Group => GROUP_MAX_LENGTH,
        NameKind::Topic if is_derived => RETRY_OR_DLQ_MAX_LENGTH,
        NameKind::Topic => names::TOPIC_MAX_LENGTH,
    }
}

/// A name as the vectors give it: a text, null, or a prefix and a repeated piece.
fn name_of(value: &Value) -> String {
    match value {
        Value::Object(parts) => {
            let prefix = parts.get("prefix").and_then(Value::as_str).unwrap_or_default();
            let repeated = match parts.get("repeat") {
                Some(repeat) => {
                    let count = repeat[1].as_u64().unwrap_or_default() as usize;
                    repeat[0].as_str().unwrap_or_default().repeat(count)
                }
                None => {
                    let total = parts.get("totalLength").and_then(Value::as_u64).unwrap_or_default() as usize;
                    "t".repeat(total.saturating_sub(prefix.len()))
                }
            };
            format!("{prefix}{repeated}")
        }
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

fn topic_names(case: &Value) -> Outcome {
    let expected = &case["expect"];
    let text = |key: &str| case[key].as_str().unwrap_or_default();
    let name = name_of(&case["name"]);
    let found = match text("group") {
        "topic" | "topic-length" => return validated(expected, NameKind::Topic, &name),
        "group" | "group-length" => return validated(expected, NameKind::Group, &name),
        "client-topic" | "client-topic-length" => return checked(expected, NameKind::Topic, &name),
        "client-group" | "client-group-length" => return checked(expected, NameKind::Group, &name),
        "system" => return system(expected, &name),
        "char" => {
            let character = case["code"].as_u64().and_then(|code| char::from_u32(code as u32));
            json!({ "illegal": character.is_none_or(|c| names::is_illegal(&c.to_string())) })
        }
        "char-empty" => json!({ "illegal": names::is_illegal("") }),
        "group-kind" => json!({
            "retryTopic": names::retry_topic(&name),
            "dlqTopic": names::dlq_topic(&name),
            "sysConsumerGroup": names::is_system_group(&name),
            "predefined": names::is_predefined_group(&name),
            "sysGroupPullMessage": names::is_system_group_for_pull(&name),
            "sysAndEnableCreateTrue": names::is_system_group(&name),
            "sysAndEnableCreateFalse": false,
        }),
        "reply-topic" => json!(names::reply_topic(text("cluster"))),
        "lmq" => json!(names::is_lmq(&name)),
        "topic-allows-lmq" => json!(names::topic_allows_lmq(&name)),
        "pop-retry" => json!({
            "v1": names::pop_retry_topic_v1(text("topic"), text("consumerGroup")),
            "v2": names::pop_retry_topic_v2(text("topic"), text("consumerGroup")),
        }),
        "parse-group" => json!({
            "group": names::group_of_retry_topic(text("retryTopic")),
            "normalTopic": names::normal_topic_of_pop_retry(text("retryTopic")),
        }),
        "vip-channel" => return vip_channel(case),
        "namespace" => namespace(&case["namespace"], &case["resource"]),
        group => return Outcome::Failed(format!("unknown group {group}")),
    };
    compare(expected, &found)
}

/// What a sentence of the original complains about. 5.3.3 words its broker's sentences otherwise.
fn complaint(sentence: &str) -> &'static str {
    let known = ["is blank", "contains illegal characters", "longer than"];
    known.into_iter().find(|part| sentence.contains(part)).unwrap_or("nothing")
}

fn complaint_of(error: NameError) -> &'static str {
    match error {
        NameError::Blank => "is blank",
        NameError::IllegalCharacter(_) => "contains illegal characters",
        NameError::TooLong(_) => "longer than",
    }
}

fn validated(expected: &Value, kind: NameKind, name: &str) -> Outcome {
    let result = names::validate(name, max_length(kind, name));
    let wanted = json!([expected["valid"], complaint(expected["remark"].as_str().unwrap_or_default())]);
    compare(&wanted, &json!([result.is_ok(), result.err().map_or("nothing", complaint_of)]))
}

fn checked(expected: &Value, kind: NameKind, name: &str) -> Outcome {
    let Err(error) = names::check(name, client_max_length(kind)) else {
        return compare(expected, &json!({ "ok": true }));
    };
    let message = expected["message"].as_str().unwrap_or_default();
    if matches!((kind, error), (NameKind::Group, NameError::TooLong(_))) {
        // The development version puts the name into this sentence, 5.3.3 does not.
        return compare(&json!([false, complaint(message)]), &json!([expected["ok"], complaint_of(error)]));
    }
    let found = ClientMessage { kind, name, error }.to_string();
    compare(&json!([expected["ok"], message.replace("${name}", name)]), &json!([false, found]))
}

/// The lab says whether a topic is refused; the sentences of the exceptions are not its own.
fn system(expected: &Value, name: &str) -> Outcome {
    let wanted = json!([
        expected["system"],
        expected["notAllowedSend"],
        expected["clientIsSystemTopic"]["ok"],
        expected["clientNotAllowedSend"]["ok"],
    ]);
    let (system, not_allowed) = (names::is_system_topic(name), names::is_not_allowed_send_topic(name));
    compare(&wanted, &json!([system, not_allowed, !system, !not_allowed]))
}

fn vip_channel(case: &Value) -> Outcome {
    let address = case["addr"].as_str().unwrap_or_default();
    if case["useVip"] == false {
        return compare(&case["expect"], &json!(address));
    }
    match names::vip_address(address) {
        Some(found) => compare(&case["expect"], &json!(found)),
        None => compare(&json!(true), &json!(case["expect"]["error"].is_string())),
    }
}

fn namespace(namespace: &Value, resource: &Value) -> Value {
    let namespace = namespace.as_str().unwrap_or_default();
    let resource = resource.as_str();
    json!({
        "wrapped": resource.map(|resource| names::wrap_namespace(namespace, resource)),
        "unwrapped": resource.map(names::without_namespace),
        "unwrappedFromNs": resource.map(|resource| names::without_this_namespace(namespace, resource)),
    })
}
