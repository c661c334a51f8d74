//! Half messages, their ends, and rounds of questions about them.

use std::sync::Arc;

use lab_core::command::NodeOrder;
use lab_core::fact::Fact;
use lab_core::id::{GroupName, QueueId, TopicName};
use lab_core::message::{Message, StoredMessage, property};
use lab_core::outbox::Input;
use lab_core::rpc::{EndTransaction, Request, TransactionState};
use lab_core::sys_flag::message::TRANSACTION_PREPARED;
use lab_core::timer::Timer;
use serde_json::{Value, json};

use super::bench::{Bench, list, number, send_message, small, text};
use crate::vectors::{Outcome, compare};

const TOPIC: &str = "TopicTest";
const HALF: &str = "RMQ_SYS_TRANS_HALF_TOPIC";
const OP: &str = "RMQ_SYS_TRANS_OP_HALF_TOPIC";
const QUEUES: u32 = 8;
/// A round pauses when it waits for op records; the original slept while its clock stood still.
const MOST_PAUSES: usize = 100;

/// One script against one broker.
pub(super) fn transaction(case: &Value) -> Outcome {
    let mut bench = Bench::new(&[], number(&case["t0"]));
    bench.create_topic(TOPIC, QUEUES, QUEUES, 6);
    let mut found = Vec::new();
    for step in list(&case["steps"]) {
        let result = match text(&step["op"]).as_str() {
            "half" => half(&mut bench, step),
            "end" => end(&mut bench, step),
            "flushOp" => {
                bench.ring(Timer::TransactionalOpBatch);
                Value::Null
            }
            "check" => check(&mut bench, step),
            _ => {
                bench.advance(step);
                Value::Null
            }
        };
        bench.ring_if_set(Timer::Reput);
        found.push(json!({"result": result, "state": state(&bench)}));
    }
    compare(&case["expect"], &Value::Array(found))
}

fn half(bench: &mut Bench, step: &Value) -> Value {
    let mut message = Message::new(text(&step["topic"]).as_str().into(), *b"m");
    message.set_property(property::UNIQ_KEY, &text(&step["u"]));
    message.set_property(property::TRANSACTION_PREPARED, "true");
    message.set_property(property::PRODUCER_GROUP, &text(&step["group"]));
    if !step["immunitySec"].is_null() {
        let seconds = step["immunitySec"].to_string();
        message.set_property(property::CHECK_IMMUNITY_TIME_IN_SECONDS, &seconds);
    }
    let mut request = send_message(message, small(&step["queueId"]), bench.now);
    if let Request::SendMessage { sys_flag, .. } = &mut request {
        *sys_flag = TRANSACTION_PREPARED;
    }
    let response = bench.ask(request).expect("a send is answered at once");
    json!(response.code.number())
}

/// The newest copy of a half message.
fn newest(bench: &Bench, key: &str) -> Arc<StoredMessage> {
    let halves = bench.messages(HALF, 0).into_iter().rev();
    let mut same = halves.filter(|half| half.message.unique_key().is_some_and(|other| **other == *key));
    same.next().expect("a case ends what it began")
}

fn end(bench: &mut Bench, step: &Value) -> Value {
    let key = text(&step["u"]);
    let half = newest(bench, &key);
    let state = match text(&step["action"]).as_str() {
        "commit" => TransactionState::Commit,
        "rollback" => TransactionState::Rollback,
        _ => TransactionState::Unknown,
    };
    let end = EndTransaction {
        producer_group: text(&step["group"]).into(),
        queue_offset: half.queue_offset,
        commit_log_offset: half.commit_log_offset,
        state,
        from_check: step["fromCheck"] == true,
        unique_key: key.into(),
    };
    let response = bench.ask(Request::EndTransaction(end));
    response.map_or(Value::Null, |response| json!(response.code.number()))
}

fn check(bench: &mut Bench, step: &Value) -> Value {
    let settings = [("transactionTimeOut", &step["timeoutMs"]), ("transactionCheckMax", &step["max"])];
    let settings = settings.map(|(key, value)| (key.to_owned(), value.to_string())).to_vec();
    bench.tell(Input::Order(Box::new(NodeOrder::Set(settings))));
    bench.take_facts();
    bench.ring(Timer::CheckTransactions);
    let interval = bench.broker.config().transaction_check_interval;
    let mut pauses = 0;
    while bench.set_for(Timer::CheckTransactions).is_some_and(|at| at < bench.now + interval) {
        pauses += 1;
        assert!(pauses < MOST_PAUSES, "the round does not end");
        bench.ring(Timer::CheckTransactions);
    }
    let (mut checked, mut dropped) = (Vec::new(), Vec::new());
    for fact in bench.take_facts() {
        match fact {
            Fact::TransactionChecked { message, times, .. } => {
                checked.push(json!([&*message.unique_key, times.to_string()]));
            }
            Fact::TransactionDiscarded { message } => dropped.push(json!(&*message.unique_key)),
            _ => {}
        }
    }
    json!({"checked": checked, "dropped": dropped})
}

fn state(bench: &Bench) -> Value {
    let max = |topic: &str| bench.broker.store().max_offset(&topic.into(), QueueId(0)).0;
    let consumed = |topic: &str| {
        let group = GroupName::from("CID_RMQ_SYS_TRANS");
        let offset = bench.broker.offsets().get(&group, &TopicName::from(topic), QueueId(0));
        offset.map_or(json!(-1), |offset| json!(offset.0))
    };
    let visible: Vec<_> = (0..QUEUES)
        .flat_map(|queue| bench.messages(TOPIC, queue).into_iter().map(move |message| (queue, message)))
        .map(|(queue, message)| json!([message.message.unique_key().map(|key| &**key), queue]))
        .collect();
    json!({
        "halfMax": max(HALF), "halfConsumed": consumed(HALF), "opMax": max(OP), "opConsumed": consumed(OP),
        "visible": visible,
    })
}
