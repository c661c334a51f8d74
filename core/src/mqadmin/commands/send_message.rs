//! Commands that send.
//!
//! **In RocketMQ**: `SendMessageCommand`, `CheckMsgSendRTCommand`, `SendMsgStatusCommand`.

use super::SubCommand;
use crate::config::Profile;
use crate::id::{MessageQueue, QueueId, TopicName};
use crate::message::{Message, property};
use crate::mqadmin::arguments::{Arguments, option};
use crate::mqadmin::format::fixed;
use crate::mqadmin::producer::{Producer, SendResult};
use crate::mqadmin::session::{Session, Step, caught};

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[
    SubCommand {
        name: "sendMessage",
        failure: "SendMessageCommand command failed",
        options: &[
            option("t", "topic", "Topic name").required(),
            option("p", "body", "UTF-8 string format of the message body").required(),
            option("k", "key", "Message keys"),
            option("c", "tags", "Message tags"),
            option("b", "broker", "Send message to target broker"),
            option("i", "qid", "Send message to target queue"),
            option("m", "msgTraceEnable", "Message Trace Enable, Default: false"),
        ],
        run: send_message,
    },
    SubCommand {
        name: "checkMsgSendRT",
        failure: "CheckMsgSendRTCommand command failed",
        options: &[
            option("t", "topic", "topic name").required(),
            option("a", "amount", "message amount | default 100"),
            option("s", "size", "message size | default 128 Byte"),
        ],
        run: check_msg_send_rt,
    },
    SubCommand {
        name: "sendMsgStatus",
        failure: "SendMsgStatusCommand command failed",
        options: &[
            option("b", "brokerName", "Broker Name").required().only(Profile::V4),
            option("b", "brokerName", "Broker Name e.g. clusterName_brokerName as DefaultCluster_broker-a")
                .required()
                .only(Profile::V5),
            option("s", "messageSize", "Message Size, Default: 128"),
            option("c", "count", "send message count, Default: 50"),
        ],
        run: send_msg_status,
    },
];

/// The group of a producer that is named after the moment.
fn group_of_now(session: &Session<'_>) -> String {
    session.epoch().wall_clock(session.now()).to_string()
}

/// A message as most of RocketMQ's constructors make it: it says that it wants to be stored safely.
fn message(topic: TopicName, body: Vec<u8>) -> Message {
    let mut message = Message::new(topic, body);
    message.set_property(property::WAIT, "true");
    message
}

pub(super) fn send_message(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    if arguments.has("i") && !arguments.has("b") {
        session.print("Broker name must be set if the queue is chosen!");
        return Ok(());
    }
    match caught(send_one(session, arguments))? {
        Ok(result) => {
            session
                .println(&format!("{:<32}  {:<4}  {:<20}    #MsgId", "#Broker Name", "#QID", "#Send Result"));
            let SendResult { status, message_id, queue, .. } = result;
            let MessageQueue { broker_name, queue_id, .. } = queue;
            session.println(&format!("{broker_name:<32}  {queue_id:<4}  {status:<20}    {message_id}"));
        }
        // It throws something else than the other commands do.
        Err(exception) => session.println(&format!(
            "java.lang.RuntimeException: SendMessageCommand command failed\nCaused by: {}",
            exception.stack_trace()
        )),
    }
    Ok(())
}

fn send_one(session: &mut Session<'_>, arguments: &Arguments) -> Step<SendResult> {
    let topic: TopicName = arguments.required("t").into();
    let queue_id = arguments.number::<i32>("i")?.and_then(|id| u32::try_from(id).ok());
    let mut message = message(topic.clone(), arguments.required("p").as_bytes().to_vec());
    for (option, name) in [("k", property::KEYS), ("c", property::TAGS)] {
        if let Some(value) = arguments.value(option).filter(|value| !value.is_empty()) {
            message.set_property(name, value);
        }
    }
    let group = group_of_now(session);
    let mut producer = Producer::new(session, group.into());
    match arguments.value("b").zip(queue_id) {
        Some((broker_name, queue_id)) => {
            let queue = MessageQueue { topic, broker_name: broker_name.into(), queue_id: QueueId(queue_id) };
            producer.send_to(session, &mut message, queue)
        }
        None => producer.send(session, &mut message),
    }
}

pub(super) fn check_msg_send_rt(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let group = group_of_now(session);
    let mut producer = Producer::new(session, group.into());
    let amount: u32 = arguments.number("a")?.unwrap_or(100);
    let size: usize = arguments.number("s")?.unwrap_or(128);
    let mut message = message(arguments.required("t").into(), vec![b'a'; size.min(MAX_SIZE)]);
    session.println(&format!("{:<32}  {:<4}  {:<20}    #RT", "#Broker Name", "#QID", "#Send Result"));
    // What a send that finds no queue prints: the queue of the send before.
    let (mut broker_name, mut queue_id) = (String::new(), QueueId(0));
    let mut total = 0;
    for number in 0..amount {
        let start = session.now();
        let sent = caught(send_in_turn(session, &mut producer, &mut message, number, |queue| {
            (broker_name, queue_id) = (queue.broker_name.to_string(), queue.queue_id);
        }))?;
        let took = session.now().since(start).as_millis();
        // The first one also pays for the connection.
        total += if number == 0 { 0 } else { took };
        session.println(&format!("{broker_name:<32}  {queue_id:<4}  {:<20}    {took}", sent.is_ok()));
    }
    let average = match amount {
        1 => "NaN".to_owned(),
        0 => fixed(0, 1, 2),
        _ => fixed(i64::try_from(total).unwrap_or(i64::MAX), u64::from(amount) - 1, 2),
    };
    session.println(&format!("Avg RT: {average}"));
    Ok(())
}

/// More bytes than any client sends.
const MAX_SIZE: usize = 8 * 1024 * 1024;

/// Sends to the queue whose turn it is; `chosen` learns which one that is.
fn send_in_turn(
    session: &mut Session<'_>,
    producer: &mut Producer,
    message: &mut Message,
    number: u32,
    chosen: impl FnOnce(&MessageQueue),
) -> Step<SendResult> {
    let queues = producer.queues_to_select(session, message)?;
    let queue = queues[number as usize % queues.len()].clone();
    chosen(&queue);
    producer.send_to(session, message, queue)
}

/// Sends messages to the topic that has a broker's name.
pub(super) fn send_msg_status(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let topic: TopicName = arguments.required("b").into();
    let size: usize = arguments.number("s")?.unwrap_or(128);
    let count: u32 = arguments.number("c")?.unwrap_or(50);
    let mut producer = Producer::new(session, "PID_SMSC".into());
    let words = |size: usize| "hello jodie".repeat(size.min(MAX_SIZE).div_ceil(11)).into_bytes();
    producer.send(session, &mut Message::new(topic.clone(), words(16)))?;
    for _ in 0..count {
        let start = session.now();
        let result = producer.send(session, &mut Message::new(topic.clone(), words(size)))?;
        let took = session.now().since(start).as_millis();
        session.println(&format!("rt={took}ms, SendResult={}", result.describe(session.profile())));
    }
    Ok(())
}
