//! Records, their properties and their checksums.

use std::net::{IpAddr, SocketAddr};

use lab_core::id::CommitLogOffset;
use lab_core::message::{
    Message, MessageVersion, Property, RecordContent, body_crc, check_record, decode_properties,
    decode_record, delete_property, encode_properties, encode_record, offset_message_id, property,
    record_length,
};
use serde_json::{Map, Value, json};

use super::{PROFILE, list, number, small, text, unknown_group};
use crate::vectors::{Outcome, compare};

/// The system flag of a message whose body was packed by its producer.
const COMPRESSED_FLAG: u32 = 1;

/// `record_length`: a negative length counts as none.
pub(super) fn length(case: &Value) -> Outcome {
    let (body, topic) = (number(&case["bodyLength"]), number(&case["topicLength"]));
    let (version, sys_flag) = (version(case), small(&case["sysFlag"]));
    let total = record_length(version, sys_flag, body, topic, number(&case["propertiesLength"]));
    // RocketMQ's other sum leaves out the properties together with their length of two bytes.
    let without_properties = record_length(version, sys_flag, body, topic, 0) - 2;
    compare(&case["expect"], &json!({ "total": total, "withoutProperties": without_properties }))
}

/// `record_bytes`.
pub(super) fn bytes(case: &Value) -> Outcome {
    match text(&case["group"]) {
        "encode" => encode(case),
        "limit" => limit(case),
        _ => unknown_group(),
    }
}

fn encode(case: &Value) -> Outcome {
    let record = RecordContent {
        version: version(case),
        queue_id: small(&case["queueId"]),
        flag: i32::try_from(case["flag"].as_i64().unwrap_or_default()).unwrap_or_default(),
        queue_offset: number(&case["queueOffset"]),
        commit_log_offset: 0,
        sys_flag: small(&case["sysFlag"]),
        born_timestamp: number(&case["bornTimestamp"]),
        born_host: host(&case["bornHost"]),
        store_timestamp: number(&case["storeTimestamp"]),
        store_host: host(&case["storeHost"]),
        reconsume_times: small(&case["reconsumeTimes"]),
        prepared_transaction_offset: number(&case["preparedTransactionOffset"]),
        body: text(&case["body"]).as_bytes().into(),
        topic: text(&case["topic"]).into(),
        properties: text(&case["properties"]).into(),
    };
    let mut expect = case["expect"].clone();
    let mut found = match encode_record(&record, u64::from(u32::MAX)) {
        Err(refusal) => json!({ "status": refusal.to_string() }),
        Ok(bytes) => json!({
            "status": "PUT_OK",
            "length": bytes.len(),
            "hex": hex(&bytes),
            "decoded": decode_record(&bytes).map(|record| decoded(&record, bytes.len())),
        }),
    };
    if record.sys_flag & COMPRESSED_FLAG != 0 {
        // The original unpacks the body when it decodes, or gives up when it is no archive; the lab packs nothing.
        expect["decoded"].take();
        found["decoded"].take();
    }
    compare(&expect, &found)
}

fn decoded(record: &RecordContent, size: usize) -> Value {
    json!({
        "topic": &*record.topic,
        "queueId": record.queue_id,
        "body": String::from_utf8_lossy(&record.body),
        "bodyCRC": body_crc(&record.body),
        "flag": record.flag,
        "sysFlag": record.sys_flag,
        "queueOffset": record.queue_offset,
        "commitLogOffset": record.commit_log_offset,
        "bornTimestamp": record.born_timestamp,
        "storeTimestamp": record.store_timestamp,
        "reconsumeTimes": record.reconsume_times,
        "preparedTransactionOffset": record.prepared_transaction_offset,
        "storeSize": size,
        "msgId": offset_message_id(record.store_host, CommitLogOffset(record.commit_log_offset)),
        "properties": map(&decode_properties(&record.properties)),
    })
}

fn limit(case: &Value) -> Outcome {
    let (body, properties) = (number(&case["bodyLength"]), number(&case["propertiesLength"]));
    let topic = "TopicTest".len() as u64;
    let record = record_length(MessageVersion::V1, 0, body, topic, properties);
    let status = match check_record(body, properties, record, number(&case["maxMessageSize"])) {
        Ok(()) => "PUT_OK".to_owned(),
        Err(refusal) => refusal.to_string(),
    };
    compare(&case["expect"], &json!({ "status": status }))
}

fn version(case: &Value) -> MessageVersion {
    if number(&case["version"]) == 2 { MessageVersion::V2 } else { MessageVersion::V1 }
}

/// A host as `ip port`.
fn host(value: &Value) -> SocketAddr {
    let (ip, port) = text(value).split_once(' ').expect("ip and port");
    SocketAddr::new(ip.parse::<IpAddr>().expect("an address"), port.parse().expect("a port"))
}

/// `crc32`.
pub(super) fn crc32(case: &Value) -> Outcome {
    let found = match (case["body"].as_str(), case["bytesHex"].as_str()) {
        (Some(body), _) => body_crc(body.as_bytes()),
        (None, Some(hex)) => body_crc(&unhex(hex)),
        (None, None) => body_crc(&[]),
    };
    compare(&case["expect"], &json!(found))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("digits"));
    digits.map(|pair| u8::from_str_radix(pair, 16).expect("a byte")).collect()
}

/// `properties_string`.
pub(super) fn properties(case: &Value) -> Outcome {
    let found = match text(&case["group"]) {
        "encode" => json!(encode_properties(&pairs(case), PROFILE)),
        "roundtrip" => map(&decode_properties(&encode_properties(&pairs(case), PROFILE))),
        "decode" => map(&decode_properties(text(&case["string"]))),
        "delete" => case["string"]
            .as_str()
            .map_or(Value::Null, |block| json!(delete_property(block, text(&case["name"])))),
        "user-property" => return user_property(case),
        "constructor" => constructed(case),
        "delay-property" => {
            let mut message = empty_message();
            message.set_delay_time_level(
                case["level"].as_i64().and_then(|n| i32::try_from(n).ok()).unwrap_or(0),
            );
            let stored = message.property(property::DELAY).map(|level| level.to_string());
            json!({ "DELAY": stored, "getDelayTimeLevel": message.delay_time_level() })
        }
        "keys" => {
            let mut message = empty_message();
            message.set_keys(&list(&case["keys"]).iter().map(text).collect::<Vec<_>>());
            json!(message.keys().map(|keys| keys.to_string()))
        }
        _ => return unknown_group(),
    };
    compare(&case["expect"], &found)
}

/// A refusal must have the words of the original when there are any; its class is Java's affair.
fn user_property(case: &Value) -> Outcome {
    let mut message = empty_message();
    let found = match message.put_user_property(text(&case["name"]), text(&case["value"])) {
        Ok(()) => map(&message.properties),
        Err(why) => json!({ "error": case["expect"]["error"], "message": why.to_string() }),
    };
    compare(&case["expect"], &found)
}

/// `new Message(topic, tags, keys, flag, body, waitStoreMsgOK)`.
fn constructed(case: &Value) -> Value {
    let mut message = empty_message();
    if let Some(tags) = case["tags"].as_str() {
        message.set_property(property::TAGS, tags);
    }
    if let Some(keys) = case["keys"].as_str() {
        message.set_keys(&[keys]);
    }
    message.set_property(property::WAIT, &case["waitStoreMsgOK"].to_string());
    map(&message.properties)
}

fn empty_message() -> Message {
    Message::new("TopicTest".into(), *b"")
}

/// The pairs of a case; a property of the lab is never null.
fn pairs(case: &Value) -> Vec<Property> {
    let pairs = list(&case["pairs"]).iter().filter(|pair| !pair[1].is_null());
    pairs.map(|pair| (text(&pair[0]).into(), text(&pair[1]).into())).collect()
}

fn map(properties: &[Property]) -> Value {
    let entries = properties.iter().map(|(name, value)| (name.to_string(), json!(&**value)));
    Value::Object(entries.collect::<Map<_, _>>())
}
