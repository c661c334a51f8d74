//! What a producer refuses to send, and how it tries again.

use lab_core::command::{Command, TopicPlace};
use lab_core::config::Profile;
use lab_core::fact::SendStatus;
use lab_core::queue_choice::{Choice, ThreadLocalIndex};
use lab_core::remoting::Failure;
use lab_core::rpc::{ResponseCode, TopicConfig};
use lab_core::send_loop::{AttemptError, SendEnd, SendLoop, Verdict, verdict};
use lab_core::validators::check_message as refuses;
use serde_json::{Value, json};

use super::{at, count, flag, index, list, ms, place, queues_of_topic, text};
use crate::vectors::{Outcome, compare};

/// The producer's own checks; of a topic's permission, what the lab's command accepts.
pub(super) fn check_message(case: &Value) -> Outcome {
    if text(&case["group"]) == "topic-config-perm" {
        return check_perm(case);
    }
    if case.get("message").is_some_and(Value::is_null) {
        return Outcome::NotApplicable("there is no message that is null");
    }
    let topic = case["topic"].as_str().unwrap_or_default();
    let most = usize::try_from(count(&case["maxMessageSize"])).expect("a size");
    let length = case["bodyLength"].as_u64().map(|length| usize::try_from(length).expect("a size"));
    let outcome = refuses(topic, length.unwrap_or_default(), most);
    if length.is_none() && outcome.as_ref().is_err_and(|why| why.code().is_some()) {
        return Outcome::NotApplicable("a message of the lab always has a body, be it an empty one");
    }
    let found = match outcome {
        Ok(()) => json!({ "ok": true }),
        Err(why) => json!({
            "ok": false,
            "responseCode": why.code().map_or(-1, i64::from),
            "message": why.to_string(),
        }),
    };
    compare(&case["expect"], &found)
}

/// The words of this refusal are the lab's own, for people at a command line.
fn check_perm(case: &Value) -> Outcome {
    let command = |perm| Command::CreateTopic {
        topic: "T".into(),
        config: TopicConfig { read_queue_nums: 8, write_queue_nums: 8, perm, order: false },
        place: TopicPlace::Cluster("DefaultCluster".into()),
    };
    let perm = case["perm"].as_u64().and_then(|perm| u8::try_from(perm).ok());
    let is_ok = perm.is_some_and(|perm| command(perm).check_alone().is_ok());
    compare(&case["expect"]["ok"], &is_ok.into())
}

/// Answers of brokers that the lab has.
const CODES: [ResponseCode; 16] = [
    ResponseCode::SystemError,
    ResponseCode::SystemBusy,
    ResponseCode::RequestCodeNotSupported,
    ResponseCode::MessageIllegal,
    ResponseCode::ServiceNotAvailable,
    ResponseCode::NoPermission,
    ResponseCode::TopicNotExist,
    ResponseCode::PullNotFound,
    ResponseCode::PullRetryImmediately,
    ResponseCode::PullOffsetMoved,
    ResponseCode::QueryNotFound,
    ResponseCode::SubscriptionNotExist,
    ResponseCode::SubscriptionNotLatest,
    ResponseCode::SubscriptionGroupNotExist,
    ResponseCode::InvalidParameter,
    ResponseCode::FlushDiskTimeout,
];

/// What an attempt meets.
enum Meets {
    Code(ResponseCode),
    Unanswered(Failure),
}

fn meets(attempt: &Value) -> Option<Meets> {
    let word = attempt["throws"].as_str().or(attempt["result"].as_str())?;
    Some(match word {
        "SEND_OK" => Meets::Code(ResponseCode::Success),
        "FLUSH_DISK_TIMEOUT" => Meets::Code(ResponseCode::FlushDiskTimeout),
        "FLUSH_SLAVE_TIMEOUT" => Meets::Code(ResponseCode::FlushSlaveTimeout),
        "SLAVE_NOT_AVAILABLE" => Meets::Code(ResponseCode::SlaveNotAvailable),
        "connect" => Meets::Unanswered(Failure::Connect),
        "timeout" => Meets::Unanswered(Failure::Timeout),
        // A client that is too busy to send; to the loop it is a request without an answer, like a connection that
        // closes.
        "too-much-request" => Meets::Unanswered(Failure::Closed),
        broker => {
            let number: u16 = broker.strip_prefix("broker ")?.parse().ok()?;
            Meets::Code(CODES.into_iter().find(|code| code.number() == number)?)
        }
    })
}

/// A synchronous send through the producer's loop and its choice of queues.
pub(super) fn send_retry(case: &Value) -> Outcome {
    if flag(&case["sendLatencyFaultEnable"]) {
        return Outcome::NotApplicable("a retry with fault avoidance begins at a random place");
    }
    let queues = queues_of_topic(&case["queues"]);
    let mut index = ThreadLocalIndex::new(index(&case["startIndex"]));
    let retries = u32::try_from(count(&case["retryTimesWhenSendFailed"])).expect("a number of retries");
    let mut attempts = list(&case["attempts"]).iter();
    let mut now = at(0);
    let mut send = SendLoop::new(now, ms(&case["timeoutMs"]), 1 + retries);
    let mut tried = Vec::new();
    let end = loop {
        if !send.may_try() {
            break send.give_up();
        }
        let last = send.brokers_sent().last().cloned();
        let choice = Choice { queues: &queues, last_broker: last.as_ref() };
        let Some(queue) = choice.plain(&mut index) else { break send.give_up() };
        let timeout = match send.begin(now, &queue.broker_name) {
            Ok(timeout) => timeout,
            Err(end) => break end,
        };
        tried.push(json!([place(&queues, queue), timeout.as_millis()]));
        let attempt =
            attempts.next().unwrap_or_else(|| panic!("an attempt more than RocketMQ made: {tried:?}"));
        now += ms(&attempt["takesMs"]);
        let Some(meets) = meets(attempt) else {
            return Outcome::NotApplicable("the broker answers with a code that the lab does not have");
        };
        let code = match meets {
            Meets::Unanswered(failure) => {
                send.failed(AttemptError::Failed(failure));
                continue;
            }
            Meets::Code(code) => code,
        };
        match verdict(Profile::V5, code) {
            Verdict::Stored(status)
                if status != SendStatus::SendOk && flag(&case["retryAnotherBrokerWhenNotStoreOK"]) =>
            {
                send.stored_unsafely(status, status);
            }
            Verdict::Stored(status) => break SendEnd::Result(status),
            Verdict::Retry => send.failed(AttemptError::Refused(code, "".into())),
            Verdict::Throw => break send.throw(code, "".into()),
        }
    };
    compare(&case["expect"], &json!({ "tried": tried, "result": result(end) }))
}

fn result(end: SendEnd<SendStatus>) -> Value {
    let error = |name: &str, code: Option<u16>| match code {
        Some(code) => json!({ "error": name, "responseCode": code }),
        None => json!({ "error": name }),
    };
    match end {
        SendEnd::Result(status) => json!({ "status": status }),
        SendEnd::CallTimeout => error("RemotingTooMuchRequestException", None),
        SendEnd::Thrown(code, _) => error("MQBrokerException", Some(code.number())),
        SendEnd::StillFailed(code) => error("MQClientException", code),
    }
}
