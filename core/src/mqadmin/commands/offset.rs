//! Commands that move groups: to a moment, to the end, to where another group is.
//!
//! A broker of V4 has the group's clients do it, and refuses when there are none; then the tool writes the offsets
//! itself, as the command of old did. A broker of V5 does it alone (behaviour §5.13).
//!
//! **In RocketMQ**: `ResetOffsetByTimeCommand`, `ResetOffsetByTimeOldCommand`, `SkipAccumulationSubCommand`,
//! `CloneGroupOffsetCommand`.
//!
//! **Left out on purpose**: the question for a client in C++ (`-c` of V4), which does not change what is printed.

use super::SubCommand;
use crate::config::Profile;
use crate::hash_order::in_queue_order;
use crate::id::{Address, BrokerName, GroupName, MessageQueue, QueueId, QueueOffset, TopicName};
use crate::mqadmin::arguments::{Arguments, option, switch};
use crate::mqadmin::exception::Exception;
use crate::mqadmin::format::front;
use crate::mqadmin::group_ext::CONSUMER_NOT_ONLINE;
use crate::mqadmin::session::{Session, Step, TIMEOUT, caught};
use crate::mqadmin::timestamp;
use crate::rpc::{OffsetReset, Request, ResponseBody};
use crate::time::{Duration, Instant};

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[
    SubCommand {
        name: "resetOffsetByTime",
        failure: "ResetOffsetByTimeCommand command failed",
        options: &[
            option("g", "group", "set the consumer group").required(),
            option("t", "topic", "set the topic").required(),
            option("s", "timestamp", "set the timestamp[now|currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]")
                .required(),
            option("f", "force", "set the force rollback by timestamp switch[true|false]").only(Profile::V4),
            option("f", "force", "set the force rollback by timestamp switch[true|false]. Deprecated.")
                .only(Profile::V5),
            switch("c", "cplus", "reset c++ client offset").only(Profile::V4),
            option("b", "broker", "broker addr").only(Profile::V5),
            option("q", "queue", "queue id").only(Profile::V5),
            option("o", "offset", "Expect queue offset, not support old version broker").only(Profile::V5),
            option("c", "cluster", "Cluster name or lmq parent topic, lmq is used to find the route.")
                .only(Profile::V5),
        ],
        run: reset_offset_by_time,
    },
    SubCommand {
        name: "skipAccumulatedMessage",
        failure: "SkipAccumulationSubCommand command failed",
        options: &[
            option("g", "group", "set the consumer group").required(),
            option("t", "topic", "set the topic").required(),
            option("f", "force", "set the force rollback by timestamp switch[true|false]"),
            option("c", "cluster", "Cluster name or lmq parent topic, lmq is used to find the route.")
                .only(Profile::V5),
        ],
        run: skip_accumulated_message,
    },
    SubCommand {
        name: "cloneGroupOffset",
        failure: "CloneGroupOffsetCommand command failed",
        options: &[
            option("s", "srcGroup", "set source consumer group").required(),
            option("d", "destGroup", "set destination consumer group").required(),
            option("t", "topic", "set the topic").required(),
            option("o", "offline", "the group or the topic is offline"),
        ],
        run: clone_group_offset,
    },
];

/// A queue after a reset.
type ResetQueue = (MessageQueue, QueueOffset);

/// What is to be done.
struct Reset {
    group: GroupName,
    topic: TopicName,
    /// Milliseconds since 1970; -1 for the end of each queue.
    millis: i64,
    is_force: bool,
}

impl Reset {
    fn from(arguments: &Arguments, millis: i64) -> Self {
        Self {
            group: arguments.required("g").into(),
            topic: arguments.required("t").into(),
            millis,
            is_force: !arguments.has("f") || arguments.is_true("f"),
        }
    }

    fn timestamp(&self, session: &Session<'_>) -> Option<Instant> {
        (self.millis != -1).then(|| timestamp::instant(session.epoch(), self.millis))
    }
}

pub(super) fn reset_offset_by_time(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let text = arguments.required("s");
    let millis = match text {
        "now" if session.profile().is_v5() => {
            i64::try_from(session.epoch().wall_clock(session.now())).unwrap_or(i64::MAX)
        }
        "now" => -1,
        _ => timestamp::read(text)?,
    };
    let reset = Reset::from(arguments, millis);
    if session.profile().is_v5() {
        let queue_id = arguments.number::<i32>("q")?.and_then(|id| u32::try_from(id).ok());
        let offset = arguments.number("o")?;
        if let (Some(broker), Some(queue_id)) = (arguments.value("b"), queue_id) {
            return reset_one_queue(session, &reset, text, (broker, queue_id), offset);
        }
    }
    let offsets = match caught(reset_offset_by_timestamp(session, &reset))? {
        Ok(offsets) => offsets,
        Err(exception) if is_offline(&exception) => {
            return reset_offset_by_time_old(session, &reset, text);
        }
        Err(exception) => return Err(exception.into()),
    };
    let words = if session.profile().is_v5() {
        "start reset consumer offset by specified, "
    } else {
        "rollback consumer offset by specified "
    };
    let Reset { group, topic, millis, is_force } = &reset;
    session.println(&format!(
        "{words}group[{group}], topic[{topic}], force[{is_force}], timestamp(string)[{text}], \
         timestamp(long)[{millis}]"
    ));
    print_offsets(session, offsets);
    Ok(())
}

/// Only the client library's own exception counts: the broker's refusal, code 206.
fn is_offline(exception: &Exception) -> bool {
    exception.is_client() && exception.code() == Some(CONSUMER_NOT_ONLINE)
}

/// `resetOffsetByTimestamp`: has the brokers of the topic do it.
fn reset_offset_by_timestamp(session: &mut Session<'_>, reset: &Reset) -> Step<Vec<ResetQueue>> {
    let route = session.examine_topic_route_info(&reset.topic)?;
    let mut all = Vec::new();
    for address in session.select_broker_addrs(&route) {
        let request = Request::InvokeBrokerToResetOffset(OffsetReset {
            group: reset.group.clone(),
            topic: reset.topic.clone(),
            timestamp: reset.timestamp(session),
            is_force: reset.is_force,
            queue_id: None,
            offset: None,
        });
        if let ResponseBody::ResetOffsets(offsets) = session.invoke_checked(address, request)?.body {
            all.extend(in_queue_order(offsets.into_iter().collect()));
        }
    }
    Ok(in_queue_order(all))
}

fn print_offsets(session: &mut Session<'_>, offsets: Vec<ResetQueue>) {
    session.println(&format!("{:<40}  {:<40}  {:<40}", "#brokerName", "#queueId", "#offset"));
    for (queue, offset) in offsets {
        let broker_name = front(queue.broker_name.as_str(), 32);
        session.println(&format!("{broker_name:<40}  {:<40}  {offset:<40}", queue.queue_id));
    }
}

/// One queue of one broker (V5).
fn reset_one_queue(
    session: &mut Session<'_>,
    reset: &Reset,
    text: &str,
    (broker, queue_id): (&str, u32),
    offset: Option<i64>,
) -> Step<()> {
    let Reset { group, topic, millis, .. } = reset;
    session.println(&format!(
        "start reset consumer offset by specified, group[{group}], topic[{topic}], queueId[{queue_id}], \
         broker[{broker}], timestamp(string)[{text}], timestamp(long)[{millis}]"
    ));
    let address = Session::read_address(broker)?;
    let queue = MessageQueue { topic: topic.clone(), broker_name: "".into(), queue_id: QueueId(queue_id) };
    let target = match offset {
        Some(offset) => offset,
        None => {
            let at = timestamp::instant(session.epoch(), *millis);
            let found = search_offset(session, address, &queue, at, Duration::from_secs(3))?;
            i64::try_from(found.0).unwrap_or(i64::MAX)
        }
    };
    session.println(&format!("reset consumer offset to {target}"));
    match u64::try_from(target) {
        Ok(target) if target > 0 => {
            reset_offset_by_queue_id(session, reset, address, &queue, QueueOffset(target))
        }
        _ => Ok(()),
    }
}

/// `resetOffsetByQueueId`: the tool writes the offset and has the broker mark the reset.
fn reset_offset_by_queue_id(
    session: &mut Session<'_>,
    reset: &Reset,
    address: Address,
    queue: &MessageQueue,
    offset: QueueOffset,
) -> Step<()> {
    update_offset(session, address, &reset.group, queue, offset)?;
    let request = Request::InvokeBrokerToResetOffset(OffsetReset {
        group: reset.group.clone(),
        topic: reset.topic.clone(),
        timestamp: Some(Instant::ZERO),
        is_force: false,
        queue_id: Some(queue.queue_id.0),
        offset: Some(offset),
    });
    session.invoke_checked(address, request).map(|_| ())
}

/// What the old command did with one queue (`RollbackStats`).
struct RollbackStats {
    broker_name: BrokerName,
    queue_id: QueueId,
    broker_offset: QueueOffset,
    consumer_offset: QueueOffset,
    timestamp_offset: QueueOffset,
    rollback_offset: QueueOffset,
}

fn reset_offset_by_time_old(session: &mut Session<'_>, reset: &Reset, text: &str) -> Step<()> {
    let stats = reset_offset_by_timestamp_old(session, reset)?;
    let is_v5 = session.profile().is_v5();
    let verb = if is_v5 { "reset" } else { "rollback" };
    let Reset { group, topic, millis, is_force } = reset;
    session.println(&format!(
        "{verb} consumer offset by specified consumerGroup[{group}], topic[{topic}], force[{is_force}], \
         timestamp(string)[{text}], timestamp(long)[{millis}]"
    ));
    print_rollback_stats(session, stats, if is_v5 { "#resetOffset" } else { "#rollbackOffset" });
    Ok(())
}

fn print_rollback_stats(session: &mut Session<'_>, stats: Vec<RollbackStats>, last_head: &str) {
    session.println(&format!(
        "{:<20}  {:<20}  {:<20}  {:<20}  {:<20}  {last_head:<20}",
        "#brokerName", "#queueId", "#brokerOffset", "#consumerOffset", "#timestampOffset"
    ));
    for queue in stats {
        session.println(&format!(
            "{:<20}  {:<20}  {:<20}  {:<20}  {:<20}  {:<20}",
            front(queue.broker_name.as_str(), 32),
            queue.queue_id,
            queue.broker_offset,
            queue.consumer_offset,
            queue.timestamp_offset,
            queue.rollback_offset
        ));
    }
}

/// `resetOffsetByTimestampOld`: the tool looks the offsets up and writes them, broker by broker.
fn reset_offset_by_timestamp_old(session: &mut Session<'_>, reset: &Reset) -> Step<Vec<RollbackStats>> {
    let route = session.examine_topic_route_info(&reset.topic)?;
    let mut all = Vec::new();
    for data in &route.broker_datas {
        let Some(address) = session.select_broker_addr(data) else {
            continue;
        };
        let stats = session.consume_stats_of(address, &reset.group, None, TIMEOUT)?;
        let own = stats.offsets.into_iter().filter(|(queue, _)| queue.topic == reset.topic);
        let mut queues: Vec<(MessageQueue, (QueueOffset, QueueOffset))> =
            own.map(|(queue, offsets)| (queue, (offsets.broker_offset, offsets.consumer_offset))).collect();
        queues = in_queue_order(queues);
        if queues.is_empty() {
            let read_queues = route.queue_datas.iter().find(|queues| queues.broker_name == data.broker_name);
            let count = read_queues.map_or(0, |queues| queues.read_queue_nums);
            queues = queues_of_new_group(session, reset, address, &data.broker_name, count)?;
        }
        for (queue, offsets) in queues {
            all.push(roll_back(session, reset, address, &queue, offsets)?);
        }
    }
    Ok(all)
}

/// The queues of a group that never consumed the topic: it stands at the beginning of each.
fn queues_of_new_group(
    session: &mut Session<'_>,
    reset: &Reset,
    address: Address,
    broker_name: &BrokerName,
    count: u32,
) -> Step<Vec<(MessageQueue, (QueueOffset, QueueOffset))>> {
    let stats = session.topic_stats_of(address, reset.topic.clone())?;
    let queues = (0..count).map(|id| {
        let queue = MessageQueue {
            topic: reset.topic.clone(),
            broker_name: broker_name.clone(),
            queue_id: QueueId(id),
        };
        // A queue that the broker does not list makes the tool fail.
        let offsets =
            stats.get(&queue).ok_or_else(|| Exception::new("java.lang.NullPointerException", ""))?;
        Ok((queue, (offsets.max, offsets.min)))
    });
    queues.collect()
}

/// `resetOffsetConsumeOffset`.
fn roll_back(
    session: &mut Session<'_>,
    reset: &Reset,
    address: Address,
    queue: &MessageQueue,
    (broker_offset, consumer_offset): (QueueOffset, QueueOffset),
) -> Step<RollbackStats> {
    let target = match reset.timestamp(session) {
        Some(at) => search_offset(session, address, queue, at, TIMEOUT)?,
        None => {
            let request = Request::GetMaxOffset { topic: queue.topic.clone(), queue_id: queue.queue_id };
            offset_of(session.invoke_broker(address, request)?.body)
        }
    };
    let moves = reset.is_force || target <= consumer_offset;
    if moves {
        update_offset(session, address, &reset.group, queue, target)?;
    }
    Ok(RollbackStats {
        broker_name: queue.broker_name.clone(),
        queue_id: queue.queue_id,
        broker_offset,
        consumer_offset,
        timestamp_offset: target,
        rollback_offset: if moves { target } else { consumer_offset },
    })
}

fn search_offset(
    session: &mut Session<'_>,
    address: Address,
    queue: &MessageQueue,
    at: Instant,
    timeout: Duration,
) -> Step<QueueOffset> {
    let request =
        Request::SearchOffsetByTimestamp { topic: queue.topic.clone(), queue_id: queue.queue_id, at };
    Ok(offset_of(session.invoke_broker_within(address, request, timeout)?.body))
}

fn offset_of(body: ResponseBody) -> QueueOffset {
    match body {
        ResponseBody::Offset(offset) => offset,
        _ => QueueOffset(0),
    }
}

/// `updateConsumerOffset`, with an answer.
fn update_offset(
    session: &mut Session<'_>,
    address: Address,
    group: &GroupName,
    queue: &MessageQueue,
    offset: QueueOffset,
) -> Step<()> {
    let request = Request::UpdateConsumerOffset {
        group: group.clone(),
        topic: queue.topic.clone(),
        queue_id: queue.queue_id,
        offset,
    };
    session.invoke_broker(address, request).map(|_| ())
}

pub(super) fn skip_accumulated_message(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let reset = Reset::from(arguments, -1);
    match caught(reset_offset_by_timestamp(session, &reset))? {
        Ok(offsets) => print_offsets(session, offsets),
        Err(exception) if is_offline(&exception) => {
            let stats = reset_offset_by_timestamp_old(session, &reset)?;
            print_rollback_stats(session, stats, "#rollbackOffset");
        }
        Err(exception) => return Err(exception.into()),
    }
    Ok(())
}

/// Without an address the real tool asks a name server, which knows nothing of offsets.
fn update_offset_nowhere(
    session: &mut Session<'_>,
    group: &GroupName,
    queue: &MessageQueue,
) -> Step<Exception> {
    let (group, topic) = (group.clone(), queue.topic.clone());
    let request =
        Request::UpdateConsumerOffset { group, topic, queue_id: queue.queue_id, offset: QueueOffset(0) };
    let response = session.ask_name_server(&request)?;
    Ok(Exception::broker(session.profile(), response.code.number(), &response.remark, None))
}

/// Copies the offsets that a group has of all its topics, whatever topic is named.
pub(super) fn clone_group_offset(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let (source, destination) = (arguments.required("s").into(), arguments.required("d").into());
    let topic: TopicName = arguments.required("t").into();
    let stats = session.examine_consume_stats(&source, None)?;
    if !stats.offsets.is_empty() {
        let route = session.examine_topic_route_info(&topic)?;
        for (queue, offsets) in in_queue_order(stats.offsets.into_iter().collect()) {
            let data = route.broker_datas.iter().find(|data| data.broker_name == queue.broker_name);
            match data.and_then(|data| session.select_broker_addr(data)) {
                Some(address) => {
                    update_offset(session, address, &destination, &queue, offsets.consumer_offset)?;
                }
                None => return Err(update_offset_nowhere(session, &destination, &queue)?.into()),
            }
        }
    }
    session.print(&format!(
        "clone group offset success. srcGroup[{source}], destGroup=[{destination}], topic[{topic}]"
    ));
    Ok(())
}
