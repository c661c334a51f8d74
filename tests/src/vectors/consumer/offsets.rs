//! Where a group stands: what it is told, what it commits, and what a reset makes of that.

use std::sync::Arc;

use lab_core::broker::BrokerDisk;
use lab_core::id::{Address, CommitLogOffset, GroupName, QueueId, QueueOffset, TopicName};
use lab_core::message::{Message, Record, StoredMessage};
use lab_core::rpc::{
    OffsetReset, PullRequest, Request, Response, ResponseBody, ResponseCode, SubscriptionGroupConfig,
};
use lab_core::time::{Duration, Instant};
use serde_json::{Value, json};

use super::super::{Outcome, compare};
use super::stage::{Stage, list, small, subscription, text};

const TOPIC: &str = "TopicTest";

/// Scripts of the three kinds of the file.
pub(super) fn query_offset(case: &Value) -> Outcome {
    match text(&case["group"]) {
        "query" | "query-empty-queue" => query(case),
        "update" => update(case),
        "manager" => manager(case),
        other => Outcome::Failed(format!("unknown group {other}")),
    }
}

/// Puts messages with these offsets into queue 0. A queue that begins later than at 0 holds one at least, for the lab
/// keeps no queue whose messages are all gone.
fn fill(disk: &mut BrokerDisk, min: u64, max: u64) {
    let mut place = CommitLogOffset(0);
    for offset in min..max.max(min + u64::from(min > 0)) {
        let stored = Arc::new(StoredMessage {
            message: Message::new(TOPIC.into(), *b"body"),
            queue_id: QueueId(0),
            queue_offset: QueueOffset(offset),
            commit_log_offset: place,
            sys_flag: 0,
            born_at: Instant::ZERO,
            born_host: Address::local(50_001),
            stored_at: Instant::ZERO,
            store_host: Address::local(10911),
            reconsume_times: 0,
            prepared_transaction_offset: CommitLogOffset(0),
            properties_length: 0,
        });
        place = stored.end();
        disk.store.append_replica(vec![Record::Message(stored)]);
    }
}

fn stage(min: u64, max: u64) -> (Stage, GroupName) {
    let mut stage = Stage::new(|disk| fill(disk, min, max));
    let group: GroupName = "g".into();
    stage.create_topic(TOPIC, 4);
    stage.set_group(&group, SubscriptionGroupConfig::default());
    (stage, group)
}

fn ask(stage: &mut Stage, group: &GroupName, topic: &str, queue_id: u32) -> Option<Response> {
    let (topic, queue_id) = (TopicName::from(topic), QueueId(queue_id));
    stage.ask(Request::QueryConsumerOffset { group: group.clone(), topic, queue_id })
}

fn commit(stage: &mut Stage, group: &GroupName, topic: &str, queue_id: u32, offset: u64) -> Value {
    let response = stage.ask(Request::UpdateConsumerOffset {
        group: group.clone(),
        topic: topic.into(),
        queue_id: QueueId(queue_id),
        offset: QueueOffset(offset),
    });
    response.map_or(Value::Null, |response| json!(response.code.number()))
}

fn offset_of(response: Option<&Response>) -> Value {
    match response.map(|response| &response.body) {
        Some(ResponseBody::Offset(offset)) => json!(offset.0),
        _ => Value::Null,
    }
}

fn query(case: &Value) -> Outcome {
    let (min, max) = (u64::from(small(&case["minOffset"])), u64::from(small(&case["maxOffset"])));
    let committed = case["committed"].as_u64();
    if case["setZeroIfNotFound"] == false && committed.is_none() && min == 0 && max > 0 {
        return Outcome::NotApplicable("no client of the lab forbids the answer 0 for a young queue");
    }
    let (mut stage, group) = stage(min, max);
    let queue_id = small(&case["queueId"]);
    if let Some(offset) = committed {
        commit(&mut stage, &group, TOPIC, queue_id, offset);
    }
    let response = ask(&mut stage, &group, TOPIC, queue_id);
    let code = response.as_ref().map(|response| response.code.number());
    compare(&case["expect"], &json!({ "code": code, "offset": offset_of(response.as_ref()) }))
}

fn update(case: &Value) -> Outcome {
    if list(&case["commits"]).iter().any(|offset| offset.as_u64().is_none()) {
        return Outcome::NotApplicable("offsets of the lab are never negative");
    }
    let (mut stage, known) = stage(0, 0);
    let group = if case["groupExists"] == false { "unknown".into() } else { known };
    let topic = text(&case["topic"]);
    let offsets = list(&case["commits"]).iter().map(|offset| offset.as_u64().unwrap_or_default());
    let codes: Vec<_> = offsets.map(|offset| commit(&mut stage, &group, topic, 0, offset)).collect();
    let stored = stage.broker.offsets().get(&group, &topic.into(), QueueId(0));
    let stored = stored.map_or(json!(-1), |offset| json!(offset.0));
    compare(&case["expect"], &json!({ "codes": codes, "stored": stored }))
}

fn manager(case: &Value) -> Outcome {
    let (mut stage, group) = stage(0, 10);
    let mut found = Vec::new();
    for step in list(&case["steps"]) {
        let offset = step[1].as_u64().unwrap_or_default();
        found.push(match text(&step[0]) {
            "commit" => {
                commit(&mut stage, &group, TOPIC, 0, offset);
                Value::Null
            }
            "commit-request" => commit(&mut stage, &group, TOPIC, 0, offset),
            "query" => offset_of(ask(&mut stage, &group, TOPIC, 0).as_ref()),
            "reset" => {
                stage.ask(Request::InvokeBrokerToResetOffset(OffsetReset {
                    group: group.clone(),
                    topic: TOPIC.into(),
                    timestamp: None,
                    is_force: true,
                    queue_id: Some(0),
                    offset: Some(QueueOffset(offset)),
                }));
                Value::Null
            }
            "erase" => erase(&mut stage, &group),
            other => return Outcome::Failed(format!("unknown step {other}")),
        });
    }
    compare(&case["expect"], &json!(found))
}

/// A pull, which a reset sends to another offset once.
fn erase(stage: &mut Stage, group: &GroupName) -> Value {
    let response = stage.ask(Request::PullMessage(PullRequest {
        group: group.clone(),
        topic: TOPIC.into(),
        queue_id: QueueId(0),
        offset: QueueOffset(0),
        max_messages: 32,
        commit_offset: None,
        suspend_timeout: Duration::ZERO,
        subscription_version: Instant::ZERO,
        subscription: Some(subscription("*", Instant::ZERO)),
    }));
    match response {
        Some(Response {
            code: ResponseCode::PullOffsetMoved,
            body: ResponseBody::Pulled { next, .. },
            ..
        }) => json!(next.0),
        _ => Value::Null,
    }
}
