//! What the members of a group are doing.
//!
//! **In RocketMQ**: `ConsumerStatusSubCommand`, `ConsumerRunningInfo`, `ProcessQueueInfo`.
//!
//! **Left out on purpose**: the files that it writes (only their paths are printed), stacks of threads (`-s`), the
//! fields of the consumer object among the properties, rates of the last minute (printed as those of an idle
//! consumer), queues that are popped.

use super::SubCommand;
use std::collections::BTreeSet;

use crate::gather::{Arrange as _, Gather as _};
use crate::hash_order::in_buckets;
use crate::id::{ClientId, GroupName, MessageQueue};
use crate::message::java_hash;
use crate::mqadmin::arguments::{Arguments, option, switch};
use crate::mqadmin::format::{compact_date, version_desc};
use crate::mqadmin::pull_consumer::describe_queue;
use crate::mqadmin::session::{Session, Step, caught};
use crate::rpc::{ConsumerRunningInfo, ProcessQueueInfo};
use crate::time::{Duration, Instant};

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[SubCommand {
    name: "consumerStatus",
    failure: "ConsumerStatusSubCommand command failed",
    options: &[
        option("g", "consumerGroup", "consumer group name").required(),
        option("i", "clientId", "The consumer's client id"),
        option("b", "brokerAddr", "broker address"),
        switch("s", "jstack", "Run jstack command in the consumer progress"),
    ],
    run: consumer_status,
}];

/// How long a consumer must have run before its subscription is held against the others'.
const WHILE: Duration = Duration::from_secs(120);
/// How long a queue with messages may rest before it counts as blocked.
const BLOCKED: Duration = Duration::from_secs(60);

pub(super) fn consumer_status(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let group: GroupName = arguments.required("g").into();
    let connection = match arguments.value("b") {
        Some(address) => {
            let address = Session::read_address(address)?;
            session.consumer_connection_of(address, &group)?
        }
        None => session.examine_consumer_connection(&group)?,
    };
    if let Some(client_id) = arguments.value("i") {
        if let Some(info) = session.examine_running_info(&group, &client_id.into())? {
            let text = describe(session, &info);
            session.print(&text);
        }
        return Ok(());
    }
    let members = connection.connections.into_iter().map(|(client_id, _)| client_id).collect();
    all_members(session, &group, members)
}

fn all_members(session: &mut Session<'_>, group: &GroupName, members: Vec<ClientId>) -> Step<()> {
    let folder = session.epoch().wall_clock(session.now());
    let version = version_desc(session.profile());
    session.println(&format!(
        "{:<10} {:<40} {:<20} #ConsumerRunningInfoFile",
        "#Index", "#ClientId", "#Version"
    ));
    let mut infos: Vec<(ClientId, ConsumerRunningInfo)> = Vec::new();
    for client_id in members {
        match caught(session.examine_running_info(group, &client_id))? {
            Ok(Some(info)) => {
                let index = infos.len() + 1;
                session.println(&format!("{index:<10} {client_id:<40} {version:<20} {folder}/{client_id}"));
                infos.push((client_id, info));
            }
            Ok(None) => {}
            Err(exception) => session.print_stack_trace(&exception),
        }
    }
    infos.arrange_by(|(one, _), (other, _)| one.cmp(other));
    if !infos.is_empty() {
        analyze(session, &infos);
    }
    Ok(())
}

/// Says whether the members fit together, and which queues stand still.
fn analyze(session: &mut Session<'_>, infos: &[(ClientId, ConsumerRunningInfo)]) {
    if !have_same_subscription(session, infos) {
        session.print("\n\nWARN: Different subscription in the same group of consumer!!!");
        return;
    }
    session.print("\n\nSame subscription in the same group of consumer");
    session.print("\n\nRebalance OK\n");
    let now = session.now();
    for (client_id, info) in infos {
        for (queue, state) in &info.queues {
            if let Some(trouble) = trouble(now, info, state) {
                session.println(&format!("{client_id} {} {trouble}", describe_queue(queue)));
            }
        }
    }
}

/// `analyzeSubscription`: members that have just started are not looked at. Only topics and expressions count. V4
/// also minds a member without subscriptions.
fn have_same_subscription(session: &Session<'_>, infos: &[(ClientId, ConsumerRunningInfo)]) -> bool {
    let has_run_for_a_while =
        infos.first().is_some_and(|(_, first)| session.now().since(first.started_at) > WHILE);
    let wishes = |info: &ConsumerRunningInfo| -> BTreeSet<String> {
        let subscriptions = info.subscriptions.iter();
        subscriptions.map(|(topic, wanted)| format!("{topic}@{}", wanted.expression)).gather()
    };
    let mut all = infos.iter().map(|(_, info)| wishes(info));
    let Some(first) = all.next().filter(|_| has_run_for_a_while) else {
        return true;
    };
    all.all(|other| other == first) && (session.profile().is_v5() || !first.is_empty())
}

/// `analyzeProcessQueue`.
fn trouble(now: Instant, info: &ConsumerRunningInfo, state: &ProcessQueueInfo) -> Option<String> {
    if info.orderly {
        if !state.locked {
            let since = now.since(state.last_lock.unwrap_or(info.started_at)).as_millis();
            return Some(format!("can't lock for a while, {since}ms"));
        }
        let times = state.try_unlock_times;
        return (state.dropped && times > 0).then(|| format!("unlock {times} times, still failed"));
    }
    let rest = now.since(state.last_consume.unwrap_or(info.started_at));
    let is_blocked = rest > BLOCKED && state.cached_count > 0;
    is_blocked.then(|| format!("can't consume for a while, maybe blocked, {}ms", rest.as_millis()))
}

/// `ConsumerRunningInfo.formatString`.
fn describe(session: &Session<'_>, info: &ConsumerRunningInfo) -> String {
    let mut text = "#Consumer Properties#\n".to_owned();
    for (name, value) in properties(session, info) {
        text += &format!("{name:<40}: {value}\n");
    }
    text += "\n\n#Consumer Subscription#\n";
    for ((topic, wanted), number) in info.subscriptions.iter().zip(1..) {
        text += &format!(
            "{number:03} Topic: {topic:<40} ClassFilter: {:<8} SubExpression: {}\n",
            "false", wanted.expression
        );
    }
    text += "\n\n#Consumer Offset#\n";
    text += &head(64, "#Consumer Offset");
    for (queue, state) in &info.queues {
        let offset = state.commit_offset.map_or_else(|| "-1".to_owned(), |offset| offset.to_string());
        text += &row(32, queue, &format!("{offset:<20}"));
    }
    text += "\n\n#Consumer MQ Detail#\n";
    text += &head(64, "#ProcessQueueInfo");
    for (queue, state) in &info.queues {
        text += &row(64, queue, &describe_state(session, info, state));
    }
    if session.profile().is_v5() {
        text += "\n\n#Consumer Pop Detail#\n";
        text += &head(32, "#ProcessQueueInfo");
    }
    text += &rates(info);
    if session.profile().is_v5() {
        text += "\n\n#User Consume Info#\n";
    }
    text
}

/// The properties that every consumer reports, in the order in which Java's table of some seventy has them.
fn properties(session: &Session<'_>, info: &ConsumerRunningInfo) -> Vec<(&'static str, String)> {
    let name_servers: String = info.name_servers.iter().map(|address| format!("{address};")).collect();
    let all = vec![
        ("PROP_CONSUMEORDERLY", info.orderly.to_string()),
        ("PROP_THREADPOOL_CORE_SIZE", info.thread_count.to_string()),
        ("PROP_CONSUMER_START_TIMESTAMP", session.epoch().wall_clock(info.started_at).to_string()),
        ("PROP_NAMESERVER_ADDR", name_servers),
        ("PROP_CONSUME_TYPE", "CONSUME_PASSIVELY".to_owned()),
        ("PROP_CLIENT_VERSION", version_desc(info.profile).to_owned()),
        ("messageModel", info.model.to_string()),
        ("consumeFromWhere", info.from.to_string()),
    ];
    in_buckets(all, 128, |(name, _)| java_hash(name))
}

fn head(width: usize, last: &str) -> String {
    format!("{:<width$}  {:<32}  {:<4}  {last:<20}\n", "#Topic", "#Broker Name", "#QID")
}

fn row(width: usize, queue: &MessageQueue, last: &str) -> String {
    let MessageQueue { topic, broker_name, queue_id } = queue;
    format!("{topic:<width$}  {broker_name:<32}  {queue_id:<4}  {last}\n")
}

/// `ProcessQueueInfo.toString`. What an orderly listener has taken begins at the committed offset.
fn describe_state(session: &Session<'_>, info: &ConsumerRunningInfo, state: &ProcessQueueInfo) -> String {
    let date = |at: Option<Instant>| compact_date(session.epoch(), at.unwrap_or(info.started_at));
    let commit = state.commit_offset.map_or(-1, |offset| i64::try_from(offset.0).unwrap_or(i64::MAX));
    let taken = i64::from(state.taken_count);
    let (first_taken, last_taken) = if taken > 0 { (commit, commit + taken - 1) } else { (0, 0) };
    format!(
        "ProcessQueueInfo [commitOffset={commit}, cachedMsgMinOffset={}, cachedMsgMaxOffset={}, cachedMsgCount={}, \
         cachedMsgSizeInMiB={}, transactionMsgMinOffset={first_taken}, transactionMsgMaxOffset={last_taken}, \
         transactionMsgCount={taken}, locked={}, tryUnlockTimes={}, lastLockTimestamp={}, droped={}, \
         lastPullTimestamp={}, lastConsumeTimestamp={}]",
        state.cached_min,
        state.cached_max,
        state.cached_count,
        state.cached_bytes / (1024 * 1024),
        state.locked,
        state.try_unlock_times,
        date(state.last_lock),
        state.dropped,
        date(Some(state.last_pull)),
        date(state.last_consume),
    )
}

fn rates(info: &ConsumerRunningInfo) -> String {
    let mut text = format!(
        "\n\n#Consumer RT&TPS#\n{:<64}  {:>14} {:>14} {:>14} {:>14} {:>18} {:>25}\n",
        "#Topic",
        "#Pull RT",
        "#Pull TPS",
        "#Consume RT",
        "#ConsumeOK TPS",
        "#ConsumeFailed TPS",
        "#ConsumeFailedMsgsInHour"
    );
    for topic in info.subscriptions.keys() {
        let failed = info.consumed.get(topic).map_or(0, |(_, _, failed)| *failed);
        let idle = "0.00";
        text +=
            &format!("{topic:<32}  {idle:>14} {idle:>14} {idle:>14} {idle:>14} {idle:>18} {failed:>25}\n");
    }
    text
}
