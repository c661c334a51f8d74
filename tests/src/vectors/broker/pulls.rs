//! Pulls: what one finds, and how long one is held.

use std::collections::BTreeMap;
use std::sync::Arc;

use arcstr::ArcStr;

use lab_core::broker::BrokerDisk;
use lab_core::config::{ConsumeFromWhere, MessageModel};
use lab_core::id::{Address, CommitLogOffset, GroupName, QueueId, QueueOffset, TopicName};
use lab_core::message::{Message, Record, StoredMessage, properties_length};
use lab_core::rpc::{
    ConsumerData, Heartbeat, MessageSelector, PullRequest, Request, Response, ResponseBody, Subscription,
    SubscriptionGroupConfig,
};
use lab_core::time::{Duration, Instant};
use lab_core::timer::Timer;
use serde_json::{Map, Value, json};

use super::bench::{Bench, list, number, send_message, small, text};
use crate::vectors::{Outcome, compare};

const GROUP: &str = "cg";
const TOPIC: &str = "TopicTest";
/// Bits of a pull's `sysFlag`.
const COMMIT_OFFSET: u32 = 1;
const SUSPEND: u32 = 2;
const SUBSCRIPTION: u32 = 4;

fn subscription(expression: &str, version: Instant) -> Subscription {
    let selector = MessageSelector::by_tag(expression).expect("the cases hold tag expressions");
    selector.subscription(version)
}

/// One pull.
pub(super) fn pull_request(case: &Value) -> Outcome {
    if case["offset"].as_i64().is_some_and(|offset| offset < 0) {
        return Outcome::NotApplicable("no client of the lab asks for an offset below 0");
    }
    if case["expressionType"].as_str().is_some_and(|kind| kind != "TAG") {
        return Outcome::NotApplicable("the broker filters by tags only");
    }
    let condition = case["case"].as_str().unwrap_or_default();
    let mut bench = bench_of(case, condition);
    if case["registeredSubscription"].is_object() {
        register(&mut bench, &case["registeredSubscription"], condition);
    }
    let response = bench.ask(pull_of(case));
    let mut found = match &response {
        Some(response) => answer_of(response),
        None => Map::from_iter([("held".to_owned(), json!(true))]),
    };
    if !case["expect"]["committedAfter"].is_null() {
        let committed = bench.broker.offsets().get(&GROUP.into(), &TOPIC.into(), QueueId(0));
        found.insert("committedAfter".to_owned(), committed.map_or(json!(-1), |offset| json!(offset.0)));
    }
    compare(&case["expect"], &Value::Object(found))
}

fn bench_of(case: &Value, condition: &str) -> Bench {
    let mut settings = Vec::new();
    match condition {
        "broker-no-read" => settings.push(("brokerPermission", "2".to_owned())),
        "no-group" => settings.push(("autoCreateSubscriptionGroup", "false".to_owned())),
        _ => {}
    }
    let (min, max) = match &case["maxOffset"] {
        Value::Null => (0, 10),
        max => (number(&case["minOffset"]), number(max)),
    };
    let mut bench = Bench::on(&settings, 0, |disk| {
        disk.store.append_replica(records(min, max));
        if matches!(condition, "group-disabled" | "broadcast-disabled") {
            let group = SubscriptionGroupConfig {
                consume_enable: condition != "group-disabled",
                consume_broadcast_enable: condition != "broadcast-disabled",
                ..SubscriptionGroupConfig::default()
            };
            add_group(disk, group);
        }
    });
    bench.create_topic(TOPIC, 4, 4, 6);
    bench.create_topic("NoRead", 4, 4, 2);
    bench
}

fn add_group(disk: &mut BrokerDisk, config: SubscriptionGroupConfig) {
    Arc::make_mut(&mut disk.groups).insert(GROUP.into(), config);
}

/// The messages from `min` on, as a log has them whose beginning is gone: tag A at even offsets, B at odd ones.
fn records(min: u64, max: u64) -> Vec<Record> {
    let mut at = CommitLogOffset(0);
    let mut records = Vec::new();
    for offset in min..max {
        let mut message = Message::new(TOPIC.into(), *b"m");
        message.set_property("TAGS", if offset % 2 == 0 { "TagA" } else { "TagB" });
        let stored = StoredMessage {
            properties_length: properties_length(&message.properties, lab_core::config::Profile::V5),
            message,
            queue_id: QueueId(0),
            queue_offset: QueueOffset(offset),
            commit_log_offset: at,
            sys_flag: 0,
            born_at: Instant::ZERO,
            born_host: Address::local(50_001),
            stored_at: Instant::ZERO,
            store_host: Address::local(10911),
            reconsume_times: 0,
            prepared_transaction_offset: CommitLogOffset(0),
        };
        at = stored.end();
        records.push(Record::Message(Arc::new(stored)));
    }
    records
}

fn register(bench: &mut Bench, registered: &Value, condition: &str) {
    let version = Instant::from_millis(number(&registered["subVersion"]));
    let expression: ArcStr = text(&registered["subString"]).into();
    let subscriptions: BTreeMap<TopicName, _> =
        [(text(&registered["topic"]).into(), subscription(&expression, version))].into();
    let model =
        if condition == "broadcast-disabled" { MessageModel::Broadcasting } else { MessageModel::Clustering };
    let consumers =
        vec![ConsumerData { group: GROUP.into(), model, from: ConsumeFromWhere::LastOffset, subscriptions }];
    bench.ask(Request::HeartBeat(Heartbeat { client_id: "client".into(), consumers, producers: Vec::new() }));
}

fn pull_of(case: &Value) -> Request {
    let sys_flag = small(&case["sysFlag"]);
    let has = |bit| sys_flag & bit != 0;
    let own = || subscription(&text(&case["subscription"]), Instant::ZERO);
    Request::PullMessage(PullRequest {
        group: GroupName::from(GROUP),
        topic: case["topic"].as_str().unwrap_or(TOPIC).into(),
        queue_id: QueueId(case["queueId"].as_u64().map_or(0, |id| id as u32)),
        offset: QueueOffset(number(&case["offset"])),
        max_messages: case["maxMsgNums"].as_u64().map_or(32, |most| most as u32),
        commit_offset: has(COMMIT_OFFSET).then(|| QueueOffset(number(&case["commitOffset"]))),
        suspend_timeout: Duration::from_secs(if has(SUSPEND) { 15 } else { 0 }),
        subscription_version: Instant::from_millis(case["subVersion"].as_u64().unwrap_or(0)),
        subscription: has(SUBSCRIPTION).then(own),
    })
}

fn answer_of(response: &Response) -> Map<String, Value> {
    let mut answer = json!({
        "code": response.code.number(), "nextBeginOffset": null, "minOffset": null, "maxOffset": null,
        "suggestWhichBrokerId": null, "offsets": [],
    });
    if let ResponseBody::Pulled { next, min, max, suggested_broker, messages } = &response.body {
        let offsets: Vec<_> = messages.iter().map(|message| message.queue_offset.0).collect();
        answer = json!({
            "code": response.code.number(), "nextBeginOffset": next.0, "minOffset": min.0, "maxOffset": max.0,
            "suggestWhichBrokerId": suggested_broker.0, "offsets": offsets,
        });
    }
    answer.as_object().cloned().unwrap_or_default()
}

/// Pulls that wait, messages that arrive, and the check every 5 seconds.
pub(super) fn long_polling(case: &Value) -> Outcome {
    let mut bench = Bench::new(&[("longPollingEnable", case["longPollingEnable"].to_string())], 0);
    bench.create_topic(TOPIC, 4, 4, 6);
    for _ in 0..number(&case["messagesBefore"]) {
        put(&mut bench, &text(&case["tagsBefore"]));
    }
    let mut pulls: BTreeMap<u64, u32> = BTreeMap::new();
    let mut found = Vec::new();
    for step in list(&case["steps"]) {
        match text(&step["op"]).as_str() {
            "pull" => {
                let pull = PullRequest {
                    group: GROUP.into(),
                    topic: TOPIC.into(),
                    queue_id: QueueId(0),
                    offset: QueueOffset(number(&step["offset"])),
                    max_messages: 32,
                    commit_offset: None,
                    suspend_timeout: Duration::from_millis(number(&step["suspendMs"])),
                    subscription_version: Instant::ZERO,
                    subscription: Some(subscription(&text(&step["subscription"]), Instant::ZERO)),
                };
                pulls.insert(number(&step["id"]), bench.send(Request::PullMessage(pull)));
            }
            "put" => put(&mut bench, &text(&step["tag"])),
            "check" => bench.ring(Timer::CheckHoldRequest),
            _ => bench.advance(step),
        }
        let answers: Vec<_> = pulls
            .iter()
            .filter_map(|(id, number)| Some((*id, bench.take_answer(*number)?)))
            .map(|(id, response)| {
                let answer = answer_of(&response);
                json!({
                    "id": id, "code": answer["code"], "nextBeginOffset": answer["nextBeginOffset"],
                    "offsets": answer["offsets"],
                })
            })
            .collect();
        found.push(json!(answers));
    }
    compare(&case["expect"], &Value::Array(found))
}

fn put(bench: &mut Bench, tag: &str) {
    let mut message = Message::new(TOPIC.into(), *b"m");
    message.set_property("TAGS", tag);
    let request = send_message(message, 0, bench.now);
    bench.ask(request).expect("a send is answered at once");
}
