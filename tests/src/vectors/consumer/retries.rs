//! Messages that consumers hand back, and those that they send to the retry topic.

use lab_core::id::{CommitLogOffset, GroupName, QueueId};
use lab_core::rpc::{Request, Response, ResponseBody, SubscriptionGroupConfig};
use serde_json::{Value, json};

use super::super::{Outcome, compare};
use super::stage::{Stage, message, record, small, text};

fn group_of(case: &Value) -> (GroupName, SubscriptionGroupConfig) {
    let retries = case["groupRetryMaxTimes"].as_i64().and_then(|times| i32::try_from(times).ok());
    let queues = &case["groupRetryQueueNums"];
    let config = SubscriptionGroupConfig {
        retry_max_times: retries.unwrap_or(16),
        retry_queue_nums: if queues.is_null() { 1 } else { small(queues) },
        ..SubscriptionGroupConfig::default()
    };
    (text(&case["consumerGroup"]).into(), config)
}

fn limit(value: &Value) -> Option<u32> {
    (!value.is_null()).then(|| small(value))
}

fn send(topic: &str, case: &Value, max: Option<u32>) -> Request {
    Request::SendMessage {
        group: "pg".into(),
        message: message(topic, &case["properties"]),
        queue_id: QueueId(0),
        born_at: lab_core::time::Instant::from_millis(1000),
        default_topic: "TBW102".into(),
        default_topic_queue_nums: 4,
        sys_flag: 0,
        reconsume_times: small(&case["reconsumeTimes"]),
        max_reconsume_times: max,
    }
}

fn code(response: Option<&Response>) -> Value {
    response.map_or(Value::Null, |response| json!(response.code.number()))
}

/// A consumer hands one message back.
pub(super) fn send_back(case: &Value) -> Outcome {
    let mut stage = Stage::new(|_| {});
    let (group, config) = group_of(case);
    stage.set_group(&group, config);
    let back = |offset, case: &Value| Request::ConsumerSendMsgBack {
        group: group.clone(),
        commit_log_offset: offset,
        delay_level: case["delayLevel"].as_i64().and_then(|level| i32::try_from(level).ok()).unwrap_or(0),
        origin_message_id: "".into(),
        max_reconsume_times: limit(&case["maxReconsumeTimes"]),
    };
    if case["group"] == "bad-offset" {
        let offset = CommitLogOffset(case["offset"].as_u64().unwrap_or_default());
        let response = stage.ask(back(offset, case));
        return compare(&case["expect"], &json!({ "code": code(response.as_ref()) }));
    }
    let topic = text(&case["topic"]);
    let is_retry = topic.starts_with("%RETRY%");
    stage.create_topic(topic, 1);
    // A message that came from the retry topic once is put there as if no limit had held it back.
    let sent = stage.ask(send(topic, case, is_retry.then_some(u32::MAX)));
    let Some(ResponseBody::Sent { commit_log_offset, .. }) = sent.map(|sent| sent.body) else {
        return Outcome::Failed("the message could not be stored first".to_owned());
    };
    let Some(original) = stage.take_stored() else {
        return Outcome::Failed("the message was not stored first".to_owned());
    };
    let response = stage.ask(back(commit_log_offset, case));
    let stored = stage.take_stored().map_or(Value::Null, |stored| record(&stored));
    let found = json!({
        "code": code(response.as_ref()),
        "stored": stored,
        "retryTopic": stage.topic(&format!("%RETRY%{group}")),
        "dlqTopic": stage.topic(&format!("%DLQ%{group}")),
    });
    let expected = case["expect"].to_string().replace("${originalMsgId}", &original.offset_message_id());
    match serde_json::from_str(&expected) {
        Ok(expected) => compare(&expected, &found),
        Err(why) => Outcome::Failed(why.to_string()),
    }
}

/// A client sends a message straight to the retry topic.
pub(super) fn send_retry_topic(case: &Value) -> Outcome {
    let mut stage = Stage::new(|_| {});
    let (group, config) = group_of(case);
    stage.set_group(&group, config);
    let topic = format!("%RETRY%{group}");
    stage.create_topic(&topic, 1);
    if case["queueLocked"] == true {
        stage.ask(Request::LockBatchMq {
            group,
            client_id: "c1".into(),
            queues: [("TopicTest".into(), QueueId(0))].into(),
        });
    }
    let response = stage.ask(send(&topic, case, limit(&case["maxReconsumeTimes"])));
    let stored = stage.take_stored().map_or(Value::Null, |stored| record(&stored));
    compare(&case["expect"], &json!({ "code": code(response.as_ref()), "stored": stored }))
}
