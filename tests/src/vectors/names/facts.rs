//! What RocketMQ's own unit tests assert. Facts about a subject that has a file of vectors of its own are held there.

use lab_core::names::{self, ClientMessage, NameKind};
use lab_core::retry_policy::RetryPolicy;
use lab_core::rpc::{MessageSelector, TopicConfigText, perm};
use lab_core::time::Instant;
use serde_json::{Value, json};

use super::{client_max_length, max_length, name_of};
use crate::vectors::{Outcome, compare};

pub(super) fn junit_facts(case: &Value) -> Outcome {
    let (input, expected) = (&case["input"], &case["expect"]);
    match case["group"].as_str() {
        Some("retry-policy") => retry_policy(input, expected),
        Some("subscription") => subscription(input, expected),
        Some("names") => name(input, expected),
        Some("misc") => misc(input, expected),
        Some("topic-config") => topic_config(input, expected),
        Some("message-id") => Outcome::NotApplicable("held by the vectors of message ids"),
        Some("allocate") => Outcome::NotApplicable("held by the vectors of the allocation strategies"),
        Some("index" | "store" | "properties") => Outcome::NotApplicable("held by the vectors of the store"),
        Some("process-queue" | "offset-store") => {
            Outcome::NotApplicable("held by the vectors of process queues and offset stores")
        }
        Some("select-queue") => Outcome::NotApplicable("held by the vectors of the choice of a queue"),
        Some("namesrv") => Outcome::NotApplicable("held by the scripts of namesrv_route"),
        Some("queue-lock") => Outcome::NotApplicable("held by the scripts of queue_lock"),
        group => Outcome::Failed(format!("unknown group {group:?}")),
    }
}

fn retry_policy(input: &Value, expected: &Value) -> Outcome {
    let times = input["reconsumeTimes"].as_i64().unwrap_or_default() as i32;
    let policy =
        if input["policy"] == "exponential" { RetryPolicy::EXPONENTIAL } else { RetryPolicy::default() };
    compare(expected, &json!(policy.next_delay(times).as_millis()))
}

/// Compares only what the fact speaks of.
fn compare_named(expected: &Value, found: &Value) -> Outcome {
    let (Some(expected), Some(found)) = (expected.as_object(), found.as_object()) else {
        return compare(expected, found);
    };
    for (key, wanted) in expected {
        if found.get(key) != Some(wanted) {
            return Outcome::Failed(format!("{key}: expected {wanted}, found {:?}", found.get(key)));
        }
    }
    Outcome::Passed
}

fn subscription(input: &Value, expected: &Value) -> Outcome {
    let expression = input["subString"].as_str().unwrap_or_default();
    let kind = input["type"].as_str().unwrap_or("TAG");
    match MessageSelector::build(expression, kind.into()) {
        Err(_) => compare(&json!(true), &json!(expected.get("error").is_some())),
        Ok(selector) => {
            let read = selector.subscription(Instant::ZERO);
            let found = json!({
                "topic": input["topic"],
                "subString": &*read.expression,
                "tagsSet": read.tags.iter().map(|tag| &**tag).collect::<Vec<_>>(),
                "expressionType": read.expression_type.as_str(),
            });
            compare_named(expected, &found)
        }
    }
}

fn name(input: &Value, expected: &Value) -> Outcome {
    if let Some(value) = input["perm"].as_i64() {
        return compare_named(expected, &json!({ "ok": perm::is_valid(value as i32) }));
    }
    if let (Some(topic), Some(group)) = (input["topic"].as_str(), input["group"].as_str()) {
        return pop_retry(topic, group, input, expected);
    }
    if let Some(topic) = input["topic"].as_str() {
        let found = json!({
            "system": names::is_system_topic(topic),
            "notAllowedSend": names::is_not_allowed_send_topic(topic),
        });
        return compare_named(expected, &found);
    }
    if let Some(topic) = input["retryTopic"].as_str() {
        let group = names::group_of_retry_topic(topic);
        let found = json!({ "group": group, "topic": names::normal_topic_of_pop_retry(topic) });
        return if expected.is_string() {
            compare(expected, &json!(group))
        } else {
            compare_named(expected, &found)
        };
    }
    let name = if input.get("totalLength").is_some() { name_of(input) } else { name_of(&input["name"]) };
    match input["kind"].as_str() {
        Some("topic") => validated(NameKind::Topic, &name, expected),
        Some("group") => validated(NameKind::Group, &name, expected),
        Some("client-topic") => checked(NameKind::Topic, &name, expected),
        Some("client-group") => checked(NameKind::Group, &name, expected),
        kind => Outcome::Failed(format!("unknown kind {kind:?}")),
    }
}

fn pop_retry(topic: &str, group: &str, input: &Value, expected: &Value) -> Outcome {
    let version = input["version"].as_u64();
    let build = if version == Some(2) { names::pop_retry_topic_v2 } else { names::pop_retry_topic_v1 };
    compare(expected, &json!(build(topic, group)))
}

fn validated(kind: NameKind, name: &str, expected: &Value) -> Outcome {
    let is_valid = names::validate(name, max_length(kind, name)).is_ok();
    compare(&expected["valid"], &json!(is_valid))
}

fn checked(kind: NameKind, name: &str, expected: &Value) -> Outcome {
    let Err(error) = names::check(name, client_max_length(kind)) else {
        return compare(&expected["ok"], &json!(true));
    };
    let message = ClientMessage { kind, name, error }.to_string();
    let start = expected["messageStartsWith"].as_str().unwrap_or_default();
    let whole = expected["message"].as_str();
    let says_so = message.starts_with(start) && whole.is_none_or(|whole| whole == message);
    compare(&json!([expected["ok"], true]), &json!([false, says_so]))
}

fn misc(input: &Value, expected: &Value) -> Outcome {
    match input.get("text") {
        Some(text) => compare(expected, &json!(names::is_blank(text.as_str().unwrap_or_default()))),
        None => Outcome::NotApplicable("a helper of Java that the lab has no use for"),
    }
}

fn topic_config(input: &Value, expected: &Value) -> Outcome {
    match TopicConfigText::decode(input["text"].as_str().unwrap_or_default()) {
        Ok(Some(config)) => {
            let found = json!({
                "topic": config.topic_name,
                "read": config.read_queue_nums,
                "write": config.write_queue_nums,
                "perm": config.perm,
                "filter": config.topic_filter_type.to_string(),
                "attributes": config.attributes,
            });
            compare_named(expected, &found)
        }
        other => Outcome::Failed(format!("read as {other:?}")),
    }
}
