//! Delayed messages: what they are turned into, and when they come out.

use std::collections::BTreeMap;

use lab_core::id::QueueOffset;
use lab_core::message::Message;
use lab_core::rpc::{Request, ResponseCode};
use lab_core::time::Duration;
use lab_core::timer::Timer;
use serde_json::{Value, json};

use super::bench::{Bench, list, number, own_properties, send_message, small, text};
use crate::vectors::{Outcome, compare};

/// What happens to one message before it is stored.
pub(super) fn delay_transform(case: &Value) -> Outcome {
    let settings = [("timerWheelEnable", case["timerWheelEnable"].to_string())];
    let mut bench = Bench::new(&settings, number(&case["nowMs"]));
    let topic = text(&case["topic"]);
    bench.create_topic(&topic, 8, 8, 6);
    let mut message = Message::new(topic.as_str().into(), *b"m");
    for (name, value) in case["properties"].as_object().into_iter().flatten() {
        message.set_property(name, value.as_str().unwrap_or_default());
    }
    let mut request = send_message(message, small(&case["queueId"]), bench.now);
    if let Request::SendMessage { sys_flag, .. } = &mut request {
        *sys_flag = small(&case["sysFlag"]);
    }
    let response = bench.ask(request).expect("a send is answered at once");
    let expect = &case["expect"];
    let status = match response.code {
        ResponseCode::Success => Value::Null,
        ResponseCode::MessageIllegal => json!("WHEEL_TIMER_MSG_ILLEGAL"),
        ResponseCode::SystemError => json!("WHEEL_TIMER_NOT_ENABLE"),
        other => json!(other.to_string()),
    };
    let Some(stored) = bench.broker.store().log().messages().next() else {
        return compare(&json!({"status": expect["status"]}), &json!({"status": status}));
    };
    let written = match expect["propertiesString"].as_str() {
        Some(text) => properties_of(text),
        None => serde_json::from_value(case["properties"].clone()).unwrap_or_default(),
    };
    let wanted = json!({
        "status": expect["status"], "topic": expect["topic"], "queueId": expect["queueId"],
        "properties": written,
    });
    let found = json!({
        "status": status, "topic": stored.message.topic.as_str(), "queueId": stored.queue_id.0,
        "properties": own_properties(&stored.message),
    });
    compare(&wanted, &found)
}

/// A property block, read.
fn properties_of(block: &str) -> BTreeMap<String, String> {
    let pairs = block.split('\u{2}').filter_map(|pair| pair.split_once('\u{1}'));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Delayed messages over time.
pub(super) fn schedule_delivery(case: &Value) -> Outcome {
    let settings = [("messageDelayLevel", text(&case["messageDelayLevel"]))];
    let mut bench = Bench::new(&settings, number(&case["t0"]));
    // The service has begun to look.
    bench.now += Duration::from_secs(1);
    bench.create_topic("TopicTest", 8, 8, 6);
    let mut seen: BTreeMap<(String, u32), usize> = BTreeMap::new();
    let mut delivered_first: Option<(u64, BTreeMap<String, String>)> = None;
    let mut steps = Vec::new();
    for step in list(&case["steps"]) {
        match text(&step["op"]).as_str() {
            "put" => put(&mut bench, step),
            _ => bench.advance(step),
        }
        let mut delivered = Vec::new();
        for level in 1..=18 {
            bench.ring_if_set(Timer::DeliverDelayedMessage(level));
            bench.ring_if_set(Timer::Reput);
            delivered.extend(news(&bench, case, &mut seen, &mut delivered_first));
        }
        steps.push(json!({"delivered": delivered}));
    }
    let mut found = json!({
        "steps": steps,
        "finalDelayOffsets": offsets(bench.broker.delay_offsets()),
    });
    if !case["expect"]["propertiesOfLowestDelivered"].is_null() || delivered_first.is_some() {
        found["propertiesOfLowestDelivered"] = json!(delivered_first.map(|(_, properties)| properties));
    }
    compare(&case["expect"], &found)
}

fn put(bench: &mut Bench, step: &Value) {
    let mut message = Message::new(text(&step["topic"]).as_str().into(), *b"m");
    message.set_property("KEYS", &format!("n{}", step["n"]));
    message.set_property("DELAY", &step["level"].to_string());
    let request = send_message(message, small(&step["queueId"]), bench.now);
    let response = bench.ask(request).expect("a send is answered at once");
    assert_eq!(response.code, ResponseCode::Success, "{step}");
}

/// The messages that became visible in the queues that the case uses.
fn news(
    bench: &Bench,
    case: &Value,
    seen: &mut BTreeMap<(String, u32), usize>,
    first: &mut Option<(u64, BTreeMap<String, String>)>,
) -> Vec<Value> {
    let mut places: Vec<(String, u32)> = list(&case["steps"])
        .iter()
        .filter(|step| step["topic"].is_string())
        .map(|step| (text(&step["topic"]), small(&step["queueId"])))
        .collect();
    places.sort();
    places.dedup();
    let mut found = Vec::new();
    for place in places {
        let messages = bench.messages(&place.0, place.1);
        let from = seen.insert(place.clone(), messages.len()).unwrap_or(0);
        for message in &messages[from..] {
            let key = message.message.keys().map_or("", |key| key);
            let n: u64 = key.trim_start_matches('n').parse().expect("the key of a case");
            if first.as_ref().is_none_or(|(lowest, _)| n < *lowest) {
                *first = Some((n, own_properties(&message.message)));
            }
            found.push((message.commit_log_offset, json!([n, place.0, place.1])));
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, entry)| entry).collect()
}

fn offsets(table: &BTreeMap<u32, QueueOffset>) -> BTreeMap<String, u64> {
    table.iter().map(|(level, offset)| (level.to_string(), offset.0)).collect()
}
