//! Vectors of the clients: choosing queues, dividing them, sending, consuming.

mod allocating;
mod consuming;
mod dividing;
mod routing;
mod sending;

use lab_core::id::MessageQueue;
use lab_core::rpc::message_queue;
use lab_core::time::{Duration, Instant};
use serde_json::{Value, json};

use super::File;

/// The files of this module.
pub const FILES: &[File] = &[
    ("allocate_averagely", allocating::allocate),
    ("allocate_circle", allocating::allocate),
    ("allocate_consistent_hash", allocating::allocate),
    ("allocate_machine_room", allocating::allocate),
    ("allocate_machine_room_nearby", allocating::allocate),
    ("allocate_config", allocating::fixed_list),
    ("consistent_hash_ring", allocating::hash_ring),
    ("message_queue", dividing::message_queue),
    ("rebalance", dividing::rebalance),
    ("pull_from_where", dividing::pull_from_where),
    ("client_route", routing::route),
    ("select_queue", routing::select_queue),
    ("select_queue_fault", routing::select_queue_fault),
    ("fault_duration", routing::fault_duration),
    ("queue_selector", routing::queue_selector),
    ("check_message", sending::check_message),
    ("send_retry", sending::send_retry),
    ("process_queue", consuming::process_queue),
    ("offset_store", consuming::offset_store),
    ("flow_control", consuming::flow_control),
];

fn int(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is not a whole number"))
}

/// A number that the original's data never has negative where the lab cannot have it so either.
fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is not a whole number, 0 or more"))
}

fn index(value: &Value) -> i32 {
    i32::try_from(int(value)).unwrap_or_else(|_| panic!("{value} does not fit 32 bits"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text"))
}

fn flag(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| panic!("{value} is not true or false"))
}

/// The entries of a list; Java's null has none.
fn list(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        value => value.as_array().unwrap_or_else(|| panic!("{value} is not a list")),
    }
}

fn ms(value: &Value) -> Duration {
    Duration::from_millis(count(value))
}

/// Virtual time of a script; it begins late enough for what happened before its begin.
fn at(elapsed_ms: i64) -> Instant {
    Instant::from_millis(u64::try_from(1_000_000_i64 + elapsed_ms).expect("the script begins at 1000 s"))
}

/// `[topic, broker, id]`.
fn queue(value: &Value) -> MessageQueue {
    queue_of(text(&value[0]), &value[1], &value[2])
}

/// `[broker, id]` of a topic.
fn queue_of(topic: &str, broker: &Value, id: &Value) -> MessageQueue {
    let id = u32::try_from(count(id)).expect("a queue id");
    message_queue(&topic.into(), &text(broker).into(), id)
}

/// The topic of cases that name none.
const TOPIC: &str = "TopicTest";

fn queues_of_topic(value: &Value) -> Vec<MessageQueue> {
    list(value).iter().map(|pair| queue_of(TOPIC, &pair[0], &pair[1])).collect()
}

/// `[broker, id]`.
fn pair(queue: &MessageQueue) -> Value {
    json!([queue.broker_name.as_str(), queue.queue_id.0])
}

fn pairs<'a>(queues: impl IntoIterator<Item = &'a MessageQueue>) -> Value {
    queues.into_iter().map(pair).collect()
}

/// The place of a queue in a list.
fn place(queues: &[MessageQueue], queue: &MessageQueue) -> usize {
    queues.iter().position(|other| other == queue).expect("a queue of the list")
}
