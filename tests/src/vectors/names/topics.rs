//! Topics as text, kinds of messages, the topics of a fresh broker.

use lab_core::broker::BrokerDisk;
use lab_core::config::{BrokerConfig, Profile};
use lab_core::rpc::{TopicConfigText, TopicFilterType, TopicMessageType};
use lab_core::time::Epoch;
use serde_json::{Value, json};

use crate::vectors::{Outcome, compare};

pub(super) fn topic_config(case: &Value) -> Outcome {
    match case["group"].as_str() {
        Some("encode") => encode(case),
        Some("decode") => decode(case),
        Some("message-type-attr") => {
            match case["attribute"].as_str().unwrap_or_default().parse::<TopicMessageType>() {
                Ok(kind) => compare(&case["expect"], &json!(kind.to_string())),
                Err(_) => compare(&case["expect"]["error"], &json!("IllegalArgumentException")),
            }
        }
        Some("message-type-from-properties") => {
            let properties = &case["properties"];
            let kind = TopicMessageType::of_message(|name| properties[name].as_str());
            compare(&case["expect"], &json!(kind.to_string()))
        }
        group => Outcome::Failed(format!("unknown group {group:?}")),
    }
}

fn encode(case: &Value) -> Outcome {
    let config = &case["config"];
    let number = |key: &str| config[key].as_i64().unwrap_or_default() as i32;
    let Ok(topic_filter_type) = config["topicFilterType"].as_str().unwrap_or_default().parse() else {
        return Outcome::Failed("the filter type is unknown".to_owned());
    };
    let attributes = config["attributes"].as_object().into_iter().flatten();
    let text = TopicConfigText {
        topic_name: config["topicName"].as_str().unwrap_or("null").to_owned(),
        read_queue_nums: number("readQueueNums"),
        write_queue_nums: number("writeQueueNums"),
        perm: number("perm"),
        topic_filter_type,
        attributes: attributes
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect(),
    };
    compare(&case["expect"], &json!(text.encode()))
}

/// A line is read into a fresh topic of 16 queues, which stays as it is when the line is too short.
fn decode(case: &Value) -> Outcome {
    let fields = |name: Option<&str>, read: i32, write: i32, perm: i32, filter: TopicFilterType| {
        json!({
            "topicName": name,
            "readQueueNums": read,
            "writeQueueNums": write,
            "perm": perm,
            "topicFilterType": filter.to_string(),
            "topicSysFlag": 0,
            "order": false,
            "attributes": {},
        })
    };
    let found = match TopicConfigText::decode(case["text"].as_str().unwrap_or_default()) {
        Err(_) => return compare(&json!(true), &json!(case["expect"]["error"].is_string())),
        Ok(None) => json!({ "ok": false, "config": fields(None, 16, 16, 6, TopicFilterType::SingleTag) }),
        Ok(Some(text)) => {
            let mut config = fields(
                Some(&text.topic_name),
                text.read_queue_nums,
                text.write_queue_nums,
                text.perm,
                text.topic_filter_type,
            );
            config["attributes"] = json!(text.attributes);
            json!({ "ok": true, "config": config })
        }
    };
    compare(&case["expect"], &found)
}

pub(super) fn broker_topics(case: &Value) -> Outcome {
    let mut config = BrokerConfig::of(Profile::V5);
    for (key, value) in case.as_object().into_iter().flatten() {
        if BrokerConfig::KEYS.contains(&key.as_str())
            && let Err(why) = config.set(key, &value.to_string())
        {
            return Outcome::Failed(why);
        }
    }
    let topics = BrokerDisk::new(Profile::V5, Epoch::default(), &config, &"broker-a".into()).topics;
    if case["group"] == "initial-names" {
        return compare(&case["expect"], &json!(topics.keys().collect::<Vec<_>>()));
    }
    let name = case["topic"].as_str().unwrap_or_default();
    let found = topics.get(&name.into()).map(|topic| {
        json!({
            "topic": name,
            "readQueueNums": topic.read_queue_nums,
            "writeQueueNums": topic.write_queue_nums,
            "perm": topic.perm,
            "topicSysFlag": 0,
            "order": topic.order,
        })
    });
    compare(&case["expect"], &json!(found))
}
