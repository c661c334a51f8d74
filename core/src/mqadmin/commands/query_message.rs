//! Commands that look messages up.
//!
//! **In RocketMQ**: `QueryMsgByIdSubCommand`, `QueryMsgByKeySubCommand`, `QueryMsgByUniqueKeySubCommand`,
//! `QueryMsgByOffsetSubCommand`.
//!
//! **Left out on purpose**: the file with the body; only its path is printed.

use super::SubCommand;
use crate::config::Profile;
use crate::gather::Arrange as _;
use crate::id::{ClientId, GroupName, MessageQueue, QueueId, TopicName};
use crate::mqadmin::arguments::{Arguments, option, switch};
use crate::mqadmin::exception::Exception;
use crate::mqadmin::group_ext::LONG_TIMEOUT;
use crate::mqadmin::message_ext::MessageExt;
use crate::mqadmin::message_query::MAX_OF_UNIQUE_KEY;
use crate::mqadmin::producer::Producer;
use crate::mqadmin::pull_consumer::{PullConsumer, PullStatus};
use crate::mqadmin::session::{Session, Step, TIMEOUT, caught};
use crate::mqadmin::timestamp;
use crate::rpc::{DirectConsumption, MessageSelector, QueryMessage, Request, ResponseBody};
use crate::time::Instant;

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[
    SubCommand {
        name: "queryMsgById",
        failure: "QueryMsgByIdSubCommand command failed",
        options: &[
            option("t", "topic", "topic name").required().only(Profile::V5),
            option("i", "msgId", "Message Id").required(),
            option("g", "consumerGroup", "consumer group name"),
            option("d", "clientId", "The consumer's client id"),
            option("s", "sendMessage", "resend message"),
            option("u", "unitName", "unit name"),
            option("f", "bodyFormat", "print message body by the specified format").only(Profile::V5),
            option("c", "cluster", "Cluster name or lmq parent topic, lmq is used to find the route.")
                .only(Profile::V5),
        ],
        run: query_msg_by_id,
    },
    SubCommand {
        name: "queryMsgByKey",
        failure: "QueryMsgByKeySubCommand command failed",
        options: &[
            option("t", "topic", "topic name").required().only(Profile::V4),
            option("t", "topic", "Topic name").required().only(Profile::V5),
            option("k", "msgKey", "Message Key").required(),
            option("b", "beginTimestamp", "Begin timestamp(ms). default:0, eg:1676730526212")
                .only(Profile::V5),
            option("e", "endTimestamp", "End timestamp(ms). default:Long.MAX_VALUE, eg:1676730526212")
                .only(Profile::V5),
            option("m", "maxNum", "The maximum number of messages returned by the query, default:64")
                .only(Profile::V5),
            option("c", "cluster", "Cluster name or lmq parent topic, lmq is used to find the route.")
                .only(Profile::V5),
        ],
        run: query_msg_by_key,
    },
    SubCommand {
        name: "queryMsgByUniqueKey",
        failure: "QueryMsgByUniqueKeySubCommand command failed",
        options: &[
            option("i", "msgId", "Message Id").required(),
            option("g", "consumerGroup", "consumer group name"),
            option("d", "clientId", "The consumer's client id"),
            option("t", "topic", "The topic of msg").required(),
            switch("a", "showAll", "Print all message, the limit is 32"),
            option("c", "cluster", "Cluster name or lmq parent topic, lmq is used to find the route.")
                .only(Profile::V5),
        ],
        run: query_msg_by_unique_key,
    },
    SubCommand {
        name: "queryMsgByOffset",
        failure: "QueryMsgByOffsetSubCommand command failed",
        options: &[
            option("t", "topic", "topic name").required(),
            option("b", "brokerName", "Broker Name").required(),
            option("i", "queueId", "Queue Id").required(),
            option("o", "offset", "Queue Offset").required(),
            option("f", "bodyFormat", "print message body by the specified format").only(Profile::V5),
        ],
        run: query_msg_by_offset,
    },
];

const BODY_DIRECTORY: &str = "/tmp/rocketmq/msgbodys";
/// Messages that a look by key finds when the operator does not say how many.
const USUAL_MAX: u32 = 64;

fn field(session: &mut Session<'_>, name: &str, value: impl std::fmt::Display) {
    session.println(&format!("{name:<20} {value}"));
}

/// The lines that all commands here print about a message.
fn print_fields(session: &mut Session<'_>, message: &MessageExt, body_path: &str) {
    let (profile, epoch) = (session.profile(), session.epoch());
    let stored = &message.stored;
    field(session, "Topic:", &stored.message.topic);
    field(session, "Tags:", format!("[{}]", message.tag()));
    field(session, "Keys:", format!("[{}]", message.keys()));
    field(session, "Queue ID:", stored.queue_id);
    field(session, "Queue Offset:", stored.queue_offset);
    field(session, "CommitLog Offset:", stored.commit_log_offset);
    field(session, "Reconsume Times:", stored.reconsume_times);
    field(session, "Born Timestamp:", epoch.date_time(stored.born_at));
    field(session, "Store Timestamp:", epoch.date_time(stored.stored_at));
    field(session, "Born Host:", stored.born_host);
    field(session, "Store Host:", stored.store_host);
    field(session, "System Flag:", stored.sys_flag);
    field(session, "Properties:", message.properties(profile));
    field(session, "Message Body Path:", body_path);
}

/// What became of the message in each group. `end` stands behind each of them.
fn print_tracks(session: &mut Session<'_>, message: &MessageExt, end: &str) -> Step<()> {
    match caught(session.message_track_detail(message))? {
        Ok(tracks) if tracks.is_empty() => session.print("\n\nWARN: No Consumer"),
        Ok(tracks) => {
            session.print("\n\n");
            for track in tracks {
                session.print(&format!("{track}{end}"));
            }
        }
        Err(exception) => session.print_stack_trace(&exception),
    }
    Ok(())
}

/// `QueryMsgByIdSubCommand.printMsg`. `charset` is for the body (V5).
fn print_message(session: &mut Session<'_>, message: &MessageExt, charset: Option<&str>) -> Step<()> {
    field(session, "OffsetID:", message.stored.offset_message_id());
    let path = format!("{BODY_DIRECTORY}/{}", message.message_id());
    print_fields(session, message, &path);
    if let Some(body) = charset.and_then(|charset| message.body_text(charset)) {
        field(session, "Message Body:", body);
    }
    // V4 ends no line behind a track.
    let end = if session.profile().is_v5() { "\n" } else { "" };
    print_tracks(session, message, end)
}

/// The character set that `-f` names (V5).
fn charset<'a>(arguments: &'a Arguments, message: &MessageExt) -> Result<Option<&'a str>, Exception> {
    let Some(charset) = arguments.value("f") else {
        return Ok(None);
    };
    match message.body_text(charset) {
        Some(_) => Ok(Some(charset)),
        None => Err(Exception::new("java.nio.charset.UnsupportedCharsetException", charset)),
    }
}

pub(super) fn query_msg_by_id(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let ids = arguments.required("i").split(',').map(str::trim).filter(|id| !id.is_empty());
    let wanted = Wanted {
        topic: arguments.required("t").into(),
        cluster: arguments.value("c").filter(|_| session.profile().is_v5()).map(str::to_owned),
    };
    let consumer = arguments.value("g").zip(arguments.value("d"));
    let mut producer = None;
    for id in ids {
        if let Some((group, client_id)) = consumer {
            push_message(session, &wanted, id, &group.into(), &client_id.into())?;
        } else if arguments.has("s") {
            if arguments.is_true("s") {
                let producer = producer.get_or_insert_with(|| Producer::new(session, "ReSendMsgById".into()));
                resend_message(session, &wanted, id, producer)?;
            }
        } else {
            let message = wanted.find(session, id)?;
            let charset = charset(arguments, &message)?;
            print_message(session, &message, charset)?;
        }
    }
    Ok(())
}

/// Where messages are looked for by id.
struct Wanted {
    topic: TopicName,
    cluster: Option<String>,
}

impl Wanted {
    /// V4 takes the broker's id only and asks no name server; V5 takes either.
    fn find(&self, session: &mut Session<'_>, id: &str) -> Step<MessageExt> {
        if session.profile().is_v5() {
            session.find_message(self.cluster.as_deref(), &self.topic, id)
        } else {
            session.view_message(id)
        }
    }
}

/// Has a consumer consume the message now (`pushMsg`). V5 asks first whether it is one that can.
fn push_message(
    session: &mut Session<'_>,
    wanted: &Wanted,
    id: &str,
    group: &GroupName,
    client_id: &ClientId,
) -> Step<()> {
    let pushed = caught(push_known(session, wanted, id, group, client_id))?;
    match pushed {
        Ok(Some(result)) => session.print(&result),
        Ok(None) => session
            .println(&format!("this {client_id} client is not push consumer ,not support direct push ")),
        Err(exception) => session.print_stack_trace(&exception),
    }
    Ok(())
}

fn push_known(
    session: &mut Session<'_>,
    wanted: &Wanted,
    id: &str,
    group: &GroupName,
    client_id: &ClientId,
) -> Step<Option<String>> {
    if session.profile().is_v5() && session.examine_running_info(group, client_id)?.is_none() {
        return Ok(None);
    }
    let message = wanted.find(session, id)?;
    consume_directly(session, &message, id, group, client_id).map(Some)
}

/// `consumeMessageDirectly`, and its result as Java prints it.
fn consume_directly(
    session: &mut Session<'_>,
    message: &MessageExt,
    id: &str,
    group: &GroupName,
    client_id: &ClientId,
) -> Step<String> {
    let has_unique_key = message.stored.message.unique_key().is_some();
    let request = Request::ConsumeMessageDirectly {
        group: group.clone(),
        client_id: client_id.clone(),
        message_id: if has_unique_key { message.stored.offset_message_id().into() } else { id.into() },
        message: None,
        broker_name: "".into(),
    };
    let timeout = if session.profile().is_v5() { TIMEOUT } else { LONG_TIMEOUT };
    let response = session.invoke_checked_within(message.stored.store_host, request, timeout)?;
    let ResponseBody::DirectConsumption(DirectConsumption { orderly, result, took }) = response.body else {
        return Err(Exception::client(session.profile(), response.code.number(), &response.remark).into());
    };
    Ok(format!(
        "ConsumeMessageDirectlyResult [order={orderly}, autoCommit=true, consumeResult={result}, remark=null, \
         spentTimeMills={}]",
        took.as_millis()
    ))
}

/// Sends the message once more (`sendMsg`).
fn resend_message(session: &mut Session<'_>, wanted: &Wanted, id: &str, producer: &mut Producer) -> Step<()> {
    let found = match caught(wanted.find(session, id))? {
        Ok(found) => found,
        Err(exception) => {
            session.print_stack_trace(&exception);
            return Ok(());
        }
    };
    session.print(&format!("prepare resend msg. originalMsgId={id}"));
    let mut message = found.stored.message.clone();
    match caught(producer.send(session, &mut message))? {
        Ok(result) => {
            let text = result.describe(session.profile());
            session.print(&text);
        }
        Err(exception) => session.print_stack_trace(&exception),
    }
    Ok(())
}

pub(super) fn query_msg_by_key(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let moment = |millis: i64, session: &Session<'_>| timestamp::instant(session.epoch(), millis);
    let begin = arguments.number("b")?.map_or(Instant::ZERO, |millis| moment(millis, session));
    let end = arguments.number("e")?.map_or(Instant::NEVER, |millis| moment(millis, session));
    let query = QueryMessage {
        topic: arguments.required("t").into(),
        key: arguments.required("k").into(),
        max: arguments.number("m")?.unwrap_or(USUAL_MAX),
        begin,
        end,
        is_unique_key: false,
    };
    let found = session.query_message(arguments.value("c"), &query)?;
    session.println(&format!("{:<50} {:>4} {:>40}", "#Message ID", "#QID", "#Offset"));
    for message in found {
        let (id, stored) = (message.message_id(), &message.stored);
        session.println(&format!("{id:<50} {:>4} {:>40}", stored.queue_id, stored.queue_offset));
    }
    Ok(())
}

pub(super) fn query_msg_by_unique_key(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let (id, topic) = (arguments.required("i"), TopicName::from(arguments.required("t")));
    if let Some((group, client_id)) = arguments.value("g").zip(arguments.value("d")) {
        return push_by_unique_key(session, &topic, id, &group.into(), &client_id.into());
    }
    let query = QueryMessage {
        topic,
        key: id.into(),
        max: MAX_OF_UNIQUE_KEY,
        begin: Instant::ZERO,
        end: Instant::NEVER,
        is_unique_key: true,
    };
    let mut found = session.query_message(arguments.value("c"), &query)?;
    found.arrange_by_key(|message| message.stored.stored_at);
    let shown = if arguments.has("a") { found.len() } else { 1 };
    for (message, number) in found.iter().take(shown).zip(0..) {
        let suffix = if number == 0 { String::new() } else { format!("_{number}") };
        let path = format!("{BODY_DIRECTORY}/{}{suffix}", message.message_id());
        print_fields(session, message, &path);
        print_tracks(session, message, "")?;
    }
    Ok(())
}

fn push_by_unique_key(
    session: &mut Session<'_>,
    topic: &TopicName,
    id: &str,
    group: &GroupName,
    client_id: &ClientId,
) -> Step<()> {
    if session.profile().is_v5() {
        let info = caught(session.examine_running_info(group, client_id))?;
        if info.is_err() {
            session.println(&format!("get consumer runtime info for {client_id} client failed "));
        }
        if !matches!(info, Ok(Some(_))) {
            session.println(&format!(
                "get consumer info failed or this {client_id} client is not push consumer, not support direct push "
            ));
            return Ok(());
        }
    }
    let message = session.find_message(None, topic, id)?;
    let result = consume_directly(session, &message, id, group, client_id)?;
    session.print(&result);
    Ok(())
}

pub(super) fn query_msg_by_offset(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let queue = MessageQueue {
        topic: arguments.required("t").into(),
        broker_name: arguments.required("b").into(),
        queue_id: QueueId(arguments.number("i")?.unwrap_or_default()),
    };
    let offset = arguments.number("o")?.unwrap_or_default();
    let mut consumer = PullConsumer::new(&queue.topic);
    let pulled = consumer.pull(session, &queue, &MessageSelector::all(), offset, 1)?;
    match pulled.messages.first() {
        Some(message) if pulled.status == PullStatus::Found => {
            let charset = charset(arguments, message)?;
            print_message(session, message, charset)
        }
        _ => Ok(()),
    }
}
