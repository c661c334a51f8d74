//! Topics that a send creates.

use lab_core::id::TopicName;
use lab_core::message::Message;
use lab_core::rpc::{Request, ResponseBody};
use serde_json::{Value, json};

use super::bench::{Bench, list, send_message, small, text};
use crate::vectors::{Outcome, compare};

/// One send to a topic that the broker may not know.
pub(super) fn auto_create_topic(case: &Value) -> Outcome {
    let settings = [
        ("autoCreateTopicEnable", case["autoCreateTopicEnable"].to_string()),
        ("defaultTopicQueueNums", case["brokerDefaultTopicQueueNums"].to_string()),
    ];
    let mut bench = Bench::new(&settings, 0);
    let topic = text(&case["topic"]);
    if let [read, write, perm] = list(&case["existing"]) {
        let perm = u8::try_from(small(perm)).unwrap_or_default();
        bench.create_topic(&topic, small(read), small(write), perm);
    }
    let mut request =
        send_message(Message::new(topic.as_str().into(), *b"m"), small(&case["queueId"]), bench.now);
    if let Request::SendMessage { default_topic, default_topic_queue_nums, .. } = &mut request {
        *default_topic = text(&case["defaultTopic"]).into();
        // The broker counts a negative number as none.
        let asked = case["defaultTopicQueueNums"].as_i64().unwrap_or_default();
        *default_topic_queue_nums = u32::try_from(asked).unwrap_or(0);
    }
    let response = bench.ask(request).expect("a send is answered at once");
    let stored = match response.body {
        ResponseBody::Sent { queue_id, queue_offset, .. } => {
            json!({"queueId": queue_id.0, "queueOffset": queue_offset.0})
        }
        _ => Value::Null,
    };
    let config = bench.broker.topics().get(&TopicName::from(topic.as_str())).map(|config| {
        json!({
            "topic": case["topic"], "readQueueNums": config.read_queue_nums,
            "writeQueueNums": config.write_queue_nums, "perm": config.perm, "topicSysFlag": 0,
            "order": config.order,
        })
    });
    let found = json!({"code": response.code.number(), "topicConfig": config, "stored": stored});
    compare(&case["expect"], &found)
}
