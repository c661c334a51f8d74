//! What a producer makes of a route, and which queue it chooses.

use lab_core::command::ShardingKey;
use lab_core::config::{ClientConfig, Profile};
use lab_core::fault_strategy::FaultStrategy;
use lab_core::id::{Address, BrokerId, BrokerName, MessageQueue};
use lab_core::queue_choice::{Choice, ThreadLocalIndex, by_hash};
use lab_core::rng::Rng;
use lab_core::route::{has_changed, readable_queues, select_broker_addr, writable_queues};
use lab_core::rpc::{BrokerData, QueueData, TopicRoute, message_queue};
use lab_core::time::Duration;
use serde_json::{Value, json};

use super::{at, count, flag, index, int, list, ms, pairs, place, queues_of_topic, text};
use crate::vectors::{Outcome, compare};

/// What clients make of a route, whether it changed, whom to ask.
pub(super) fn route(case: &Value) -> Outcome {
    let found = match text(&case["group"]) {
        "changed" => {
            let old = case["old"].as_object().map(|_| read_route(&case["old"]));
            has_changed(old.as_ref(), &read_route(&case["new"])).into()
        }
        "select-addr" => {
            let broker = read_broker("broker-a", &case["addrs"]);
            select_broker_addr(&broker, &mut Rng::fork(0, "vectors"))
                .map(|address| address.to_string())
                .into()
        }
        _ => lists_of(case),
    };
    compare(&case["expect"], &found)
}

fn lists_of(case: &Value) -> Value {
    let (topic, route) = (text(&case["topic"]).into(), read_route(case));
    let publish = match writable_queues(&topic, &route) {
        Ok(queues) => json!({
            "orderTopic": route.order_topic_conf.is_some_and(|conf| !conf.is_empty()),
            "ok": !queues.is_empty(),
            "queues": pairs(&queues),
        }),
        // The lab has one refusal for what are several exceptions of Java's library.
        Err(_) => case["expect"]["publish"]
            .get("error")
            .map_or(json!("refused"), |_| case["expect"]["publish"].clone()),
    };
    let subscribe = readable_queues(&topic, &read_route(case));
    json!({ "publish": publish, "subscribe": pairs(&subscribe) })
}

fn read_route(value: &Value) -> TopicRoute {
    // A negative number of queues, which the lab cannot have, gives as many queues as 0.
    let number = |value: &Value| u32::try_from(int(value)).unwrap_or(0);
    let queue_data = |data: &Value| QueueData {
        broker_name: text(&data[0]).into(),
        read_queue_nums: number(&data[1]),
        write_queue_nums: number(&data[2]),
        perm: u8::try_from(count(&data[3])).expect("a permission"),
    };
    TopicRoute {
        queue_datas: list(&value["queueDatas"]).iter().map(queue_data).collect(),
        broker_datas: list(&value["brokerDatas"])
            .iter()
            .map(|data| read_broker(text(&data["name"]), &data["addrs"]))
            .collect(),
        order_topic_conf: value["orderTopicConf"].as_str().map(Into::into),
    }
}

fn read_broker(name: &str, addresses: &Value) -> BrokerData {
    let entry = |(id, address): (&String, &Value)| {
        let address: Address = text(address).parse().expect("an address");
        (BrokerId(id.parse().expect("a broker id")), address)
    };
    BrokerData {
        cluster: "DefaultCluster".into(),
        broker_name: name.into(),
        broker_addrs: addresses.as_object().into_iter().flatten().map(entry).collect(),
        enable_acting_master: false,
    }
}

/// The plain round.
pub(super) fn select_queue(case: &Value) -> Outcome {
    let mut index = ThreadLocalIndex::new(index(&case["startIndex"]));
    if text(&case["group"]) == "index" {
        let returned: Vec<_> = (0..count(&case["increments"])).map(|_| index.increment_and_get()).collect();
        return compare(&case["expect"], &json!({ "returned": returned, "indexAfter": index.value() }));
    }
    let queues = queues_of_topic(&case["queues"]);
    let picks: Vec<_> = list(&case["calls"])
        .iter()
        .map(|last| {
            let last: Option<BrokerName> = last.as_str().map(Into::into);
            let choice = Choice { queues: &queues, last_broker: last.as_ref() };
            choice.plain(&mut index).map(|queue| place(&queues, queue))
        })
        .collect();
    compare(&case["expect"], &json!({ "picks": picks, "indexAfter": index.value() }))
}

fn avoiding_faults() -> ClientConfig {
    ClientConfig { send_latency_fault_enable: true, ..ClientConfig::of(Profile::V5) }
}

/// The round with fault avoidance, the detector in it.
pub(super) fn select_queue_fault(case: &Value) -> Outcome {
    let config = avoiding_faults();
    let mut faults = FaultStrategy::new(Profile::V5);
    let broker: BrokerName = "broker-a".into();
    match text(&case["group"]) {
        "edge" => {
            faults.update_fault_item(at(0), &config, &broker, ms(&case["latencyMs"]), false, true);
            let available = faults.is_available(at(int(&case["elapsedMs"])), &broker);
            compare(&case["expect"], &json!({ "available": available }))
        }
        "overlap" => {
            faults.update_fault_item(at(0), &config, &broker, ms(&case["firstLatencyMs"]), false, true);
            let later = at(int(&case["gapMs"]));
            faults.update_fault_item(later, &config, &broker, ms(&case["secondLatencyMs"]), false, true);
            let until = faults.item(&broker).map(|item| item.until.since(at(0)).as_millis());
            compare(&case["expect"], &json!({ "isolatedUntilMsFromStart": until }))
        }
        _ => play_script(case, &config, faults),
    }
}

fn play_script(case: &Value, config: &ClientConfig, mut faults: FaultStrategy) -> Outcome {
    let queues = queues_of_topic(&case["queues"]);
    let mut index = ThreadLocalIndex::new(index(&case["startIndex"]));
    let mut now = at(0);
    let mut picks = Vec::new();
    for step in list(&case["steps"]) {
        match text(&step["op"]) {
            "advance" => now += ms(&step["ms"]),
            "remove" => faults.remove(&text(&step["broker"]).into()),
            "update" => faults.update_fault_item(
                now,
                config,
                &text(&step["broker"]).into(),
                ms(&step["latencyMs"]),
                flag(&step["isolation"]),
                flag(&step["reachable"]),
            ),
            "detect" => {
                let answers: Vec<_> = list(&step["ok"]).iter().map(text).collect();
                for broker in faults.due_for_detection(now, config.detect_interval) {
                    if answers.contains(&broker.as_str()) {
                        faults.detected(&broker);
                    }
                }
            }
            _ => {
                let last: Option<BrokerName> = step["lastBroker"].as_str().map(Into::into);
                let choice = Choice { queues: &queues, last_broker: last.as_ref() };
                let chosen = choice.avoiding_faults_v5(now, &faults, &mut index);
                picks.push(chosen.map(|queue| place(&queues, queue)));
            }
        }
    }
    compare(&case["expect"], &json!({ "picks": picks, "indexAfter": index.value() }))
}

/// For how long a broker is avoided.
pub(super) fn fault_duration(case: &Value) -> Outcome {
    let mut faults = FaultStrategy::new(Profile::V5);
    if text(&case["group"]) == "table" {
        return Outcome::NotApplicable("the table itself is private; its entries are asked for one by one");
    }
    // A simulated clock does not go back: the shortest latency is 0.
    let latency = Duration::from_millis(u64::try_from(int(&case["latencyMs"])).unwrap_or(0));
    if text(&case["group"]) == "latency" {
        let duration = faults.not_available_duration(latency, false);
        return compare(&case["expect"], &duration.as_millis().into());
    }
    let config = ClientConfig {
        send_latency_fault_enable: flag(&case["sendLatencyFaultEnable"]),
        ..avoiding_faults()
    };
    let broker = BrokerName::from("broker-a");
    let (isolation, reachable) = (flag(&case["isolation"]), flag(&case["reachable"]));
    faults.update_fault_item(at(0), &config, &broker, latency, isolation, reachable);
    let found = faults.item(&broker).map(|item| {
        json!({
            "isolatedForMs": item.until.since(at(0)).as_millis(),
            "currentLatency": item.latency.as_millis(),
            "available": faults.is_available(at(0), &broker),
            "reachable": faults.is_reachable(&broker),
        })
    });
    compare(&case["expect"], &found.into())
}

/// The queue of a sharding key.
pub(super) fn queue_selector(case: &Value) -> Outcome {
    let length = u32::try_from(count(&case["queues"])).expect("a number of queues");
    let queues: Vec<MessageQueue> =
        (0..length).map(|id| message_queue(&"T".into(), &"broker-a".into(), id)).collect();
    let key = match text(&case["keyType"]) {
        "int" => ShardingKey::Integer(index(&case["key"])),
        "long" => ShardingKey::Long(int(&case["key"])),
        _ => ShardingKey::Text(text(&case["key"]).into()),
    };
    compare(&case["expect"], &by_hash(&queues, &key).map(|queue| place(&queues, queue)).into())
}
