//! Who is in a group, and who has which queue to itself.

use std::collections::BTreeSet;

use lab_core::broker::RebalanceLockManager;
use lab_core::config::{ConsumeFromWhere, MessageModel};
use lab_core::fact::Fact;
use lab_core::id::{ClientId, ConnectionId, GroupName, QueueId, TopicName};
use lab_core::outbox::Input;
use lab_core::rpc::{ConsumerData, Heartbeat, Request, SubscriptionGroupConfig};
use lab_core::time::{Duration, Instant};
use lab_core::timer::Timer;
use serde_json::{Value, json};

use super::super::{Outcome, compare};
use super::stage::{Stage, list, small, subscription, text};

/// A script of locks on the queues of one group.
pub(super) fn queue_lock(case: &Value) -> Outcome {
    let mut locks = RebalanceLockManager::new(Duration::from_secs(60));
    let mut now = Instant::from_millis(1);
    let group: GroupName = "g".into();
    let queue = |id: &Value| (TopicName::from("T"), QueueId(small(id)));
    let mut found = Vec::new();
    for step in list(&case["steps"]) {
        let client: ClientId = text(&step["client"]).into();
        let mut lock = |id: &Value| {
            let holder = locks.try_lock(now, &group, &queue(id), &client);
            holder.is_none_or(|holder| holder == client)
        };
        found.push(match text(&step["op"]) {
            "lock" => {
                let locked: BTreeSet<_> = list(&step["queues"])
                    .iter()
                    .filter(|id| lock(id))
                    .collect::<Vec<_>>()
                    .into_iter()
                    .map(small)
                    .collect();
                json!(locked)
            }
            "lockOne" => json!(lock(&step["queue"])),
            "unlock" => {
                for id in list(&step["queues"]) {
                    locks.unlock(&group, &queue(id), &client);
                }
                Value::Null
            }
            "advance" => {
                now += Duration::from_millis(u64::from(small(&step["ms"])));
                Value::Null
            }
            "allExpired" => json!(locks.is_lock_all_expired(now, &group)),
            other => return Outcome::Failed(format!("unknown step {other}")),
        });
    }
    compare(&case["expect"], &json!(found))
}

/// The connection of a client of a case: one each.
fn connection(client: &str) -> ConnectionId {
    ConnectionId(client.bytes().map(u64::from).sum())
}

/// A script of members that come and go. The lab tells of members that came and left and of notices to at least one
/// connection; the original's other events have no outside.
pub(super) fn consumer_group(case: &Value) -> Outcome {
    let mut stage = Stage::new(|_| {});
    let group: GroupName = "g".into();
    let mut version = 0;
    for (step, expected) in list(&case["steps"]).iter().zip(list(&case["expect"])) {
        stage.facts.clear();
        stage.told.clear();
        let client = text(&step["client"]);
        match text(&step["op"]) {
            "register" => {
                let config = SubscriptionGroupConfig {
                    notify_consumer_ids_changed_enable: step["notify"] == true,
                    ..SubscriptionGroupConfig::default()
                };
                stage.set_group(&group, config);
                version += 1;
                let request = Request::HeartBeat(heartbeat(step, &group, client, version));
                stage.ask_as(connection(client), request);
            }
            "unregister" => {
                stage.set_group(&group, SubscriptionGroupConfig::default());
                let request = Request::UnregisterClient {
                    client_id: client.into(),
                    producer_group: None,
                    consumer_group: Some(group.clone()),
                };
                stage.ask_as(connection(client), request);
            }
            "close" => stage.tell(Input::Closed(connection(client))),
            "advance" => stage.advance(step),
            "scan" => stage.tell(Input::Timer(Timer::ScanClientChannels, stage.now)),
            other => return Outcome::Failed(format!("unknown step {other}")),
        }
        let is_visible = |event: &&Value| match text(&event[0]) {
            "CLIENT_REGISTER" | "CLIENT_UNREGISTER" => true,
            "CHANGE" => event[1] != 0,
            _ => false,
        };
        let events: Vec<_> = list(&expected["events"]).iter().filter(is_visible).collect();
        let expected = json!([events, expected["clients"], expected["subscriptions"]]);
        let found = seen(&stage, &group);
        if found != expected {
            return Outcome::Failed(format!("at {step}\nexpected {expected}\n   found {found}"));
        }
    }
    Outcome::Passed
}

fn heartbeat(step: &Value, group: &GroupName, client: &str, version: u64) -> Heartbeat {
    let version = Instant::from_millis(version);
    let subscriptions = list(&step["subs"]).iter();
    let subscriptions =
        subscriptions.map(|pair| (text(&pair[0]).into(), subscription(text(&pair[1]), version))).collect();
    let model: Result<MessageModel, _> = text(&step["model"]).parse();
    let data = ConsumerData {
        group: group.clone(),
        model: model.unwrap_or_default(),
        from: ConsumeFromWhere::default(),
        subscriptions,
    };
    Heartbeat { client_id: client.into(), consumers: vec![data], producers: Vec::new() }
}

/// Events of the last step, members and subscriptions, as the vectors write them.
fn seen(stage: &Stage, group: &GroupName) -> Value {
    let mut events: Vec<Value> = Vec::new();
    for fact in &stage.facts {
        match fact {
            Fact::ClientRegistered { client_id, .. } => {
                events.push(json!(["CLIENT_REGISTER", client_id.as_str()]));
            }
            Fact::ClientUnregistered { client_id, .. } => {
                events.push(json!(["CLIENT_UNREGISTER", client_id.as_str()]));
            }
            _ => {}
        }
    }
    let is_notice = |request: &Request| matches!(request, Request::NotifyConsumerIdsChanged { .. });
    let notices = stage.told.iter().filter(|(_, request)| is_notice(request)).count();
    if notices > 0 {
        events.push(json!(["CHANGE", notices]));
    }
    let Some(info) = stage.broker.consumers().get(group) else {
        return json!([events, null, null]);
    };
    let clients: BTreeSet<_> = info.members.values().map(|member| member.client_id.as_str()).collect();
    let subscriptions: serde_json::Map<_, _> = info
        .subscriptions
        .iter()
        .map(|(topic, subscription)| (topic.to_string(), json!(&*subscription.expression)))
        .collect();
    json!([events, clients, subscriptions])
}
