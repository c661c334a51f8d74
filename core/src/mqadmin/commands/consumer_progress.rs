//! How far groups are.
//!
//! **In RocketMQ**: `ConsumerProgressSubCommand`, `GroupConsumeInfo`.

use super::SubCommand;
use crate::config::Profile;
use std::collections::BTreeMap;

use crate::id::{ClientId, GroupName, MessageQueue, TopicName};
use crate::mqadmin::arguments::{Arguments, option};
use crate::mqadmin::format::{date, fixed, front, version_desc};
use crate::mqadmin::session::{Session, Step, caught};
use crate::rpc::{ConsumeStats, OffsetWrapper, RateOverTime};

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[SubCommand {
    name: "consumerProgress",
    failure: "ConsumerProgressSubCommand command failed",
    options: &[
        option("g", "groupName", "consumer group name"),
        option("t", "topicName", "topic name").only(Profile::V5),
        option("s", "showClientIP", "Show Client IP per Queue"),
        option("c", "cluster", "Cluster name or lmq parent topic, lmq is used to find the route.")
            .only(Profile::V5),
    ],
    run: consumer_progress,
}];

pub(super) fn consumer_progress(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    match arguments.value("g") {
        Some(group) => {
            let topic = arguments.value("t").map(TopicName::from);
            one_group(session, &group.into(), topic.as_ref(), arguments.is_true("s"))
        }
        None => all_groups(session),
    }
}

fn one_group(
    session: &mut Session<'_>,
    group: &GroupName,
    topic: Option<&TopicName>,
    shows_client_ip: bool,
) -> Step<()> {
    let is_v5 = session.profile().is_v5();
    let stats = session.examine_consume_stats(group, topic)?;
    let client_ips = if shows_client_ip { Some(client_ips(session, group)?) } else { None };
    session.println(&head(is_v5, shows_client_ip));
    let (mut lag, mut in_flight) = (0, 0);
    for (queue, offsets) in &stats.offsets {
        let client_ip = client_ips.as_ref().map(|known| known.get(queue).map_or("N/A", String::as_str));
        let row = row(session, queue, offsets, client_ip);
        session.println(&row);
        lag += offsets.lag();
        in_flight += offsets.in_flight();
    }
    let (numerator, denominator) = total(&stats.rates);
    session.println(&format!("\nConsume TPS: {}", fixed(numerator, denominator, 2)));
    if is_v5 {
        session.println(&format!("Consume Diff Total: {lag}\nConsume Inflight Total: {in_flight}"));
    } else {
        session.println(&format!("Diff Total: {lag}"));
    }
    Ok(())
}

fn head(is_v5: bool, shows_client_ip: bool) -> String {
    let client_ip = if shows_client_ip { format!("{:<20} ", "#Client IP") } else { String::new() };
    let rest = if is_v5 {
        format!("{:<20} {:<20}#LastTime", "#Diff", "#Inflight")
    } else {
        format!("{:<20}  #LastTime", "#Diff")
    };
    format!(
        "{:<64}  {:<32}  {:<4}  {:<20}  {:<20}  {client_ip}{rest}",
        "#Topic", "#Broker Name", "#QID", "#Broker Offset", "#Consumer Offset"
    )
}

fn row(
    session: &Session<'_>,
    queue: &MessageQueue,
    offsets: &OffsetWrapper,
    client_ip: Option<&str>,
) -> String {
    let (topic, broker_name) = (front(queue.topic.as_str(), 64), front(queue.broker_name.as_str(), 32));
    let client_ip = client_ip.map(|client_ip| format!("{client_ip:<20} ")).unwrap_or_default();
    let last_time = offsets.last_timestamp.map_or_else(|| "N/A".to_owned(), |at| date(session.epoch(), at));
    let (lag, in_flight) = (offsets.lag(), offsets.in_flight());
    let rest = if session.profile().is_v5() {
        format!("{lag:<20} {in_flight:<20} {last_time}")
    } else {
        format!("{lag:<20}  {last_time}")
    };
    format!(
        "{topic:<64}  {broker_name:<32}  {:<4}  {:<20}  {:<20}  {client_ip}{rest}",
        queue.queue_id, offsets.broker_offset, offsets.consumer_offset
    )
}

/// Which host consumes each queue; as much as could be found out (`getMessageQueueAllocationResult`).
fn client_ips(session: &mut Session<'_>, group: &GroupName) -> Step<BTreeMap<MessageQueue, String>> {
    let mut known = BTreeMap::new();
    let Ok(connection) = caught(session.examine_consumer_connection(group))? else {
        return Ok(known);
    };
    for (client_id, _) in connection.connections {
        match caught(session.examine_running_info(group, &client_id))? {
            Ok(Some(info)) => known.extend(info.queues.into_keys().map(|queue| (queue, host_of(&client_id)))),
            Ok(None) | Err(_) => break,
        }
    }
    Ok(known)
}

fn host_of(client_id: &ClientId) -> String {
    client_id.as_str().split('@').next().unwrap_or_default().to_owned()
}

fn all_groups(session: &mut Session<'_>) -> Step<()> {
    session.println(&format!(
        "{:<64}  {:<6}  {:<24} {:<5}  {:<14}  {:<7}  #Diff Total",
        "#Group", "#Count", "#Version", "#Type", "#Model", "#TPS"
    ));
    for topic in session.fetch_all_topic_list()? {
        let Some(group) = topic.retry_group() else {
            continue;
        };
        let stats = caught(session.examine_consume_stats(&group, None))?.unwrap_or_default();
        let model = caught(session.examine_consumer_connection(&group))?.ok();
        let count = model.as_ref().map_or(0, |connection| connection.connections.len());
        let version = if count > 0 { version_desc(session.profile()) } else { "OFFLINE" };
        let kind = if count > 0 { "PUSH" } else { "" };
        let model = model.map(|connection| connection.model.to_string()).unwrap_or_default();
        session.println(&format!(
            "{:<64}  {count:<6}  {version:<24} {kind:<5}  {model:<14}  {:<7}  {}",
            front(group.as_str(), 64),
            whole_rate(&stats),
            stats.offsets.values().map(OffsetWrapper::lag).sum::<i64>()
        ));
    }
    Ok(())
}

/// The rate without its fraction, as the tool's cast to an integer leaves it.
fn whole_rate(stats: &ConsumeStats) -> i64 {
    let (numerator, denominator) = total(&stats.rates);
    numerator / i64::try_from(denominator.max(1)).unwrap_or(i64::MAX)
}

/// The sum of rates in messages a second, as a fraction.
fn total(rates: &[RateOverTime]) -> (i64, u64) {
    let add = |(numerator, denominator): (u128, u128), rate: &RateOverTime| {
        let time = u128::from(rate.time.as_millis());
        if time == 0 {
            return (numerator, denominator);
        }
        let sum = (numerator * time + u128::from(rate.count) * 1000 * denominator, denominator * time);
        let divisor = greatest_common_divisor(sum.0, sum.1);
        (sum.0 / divisor, sum.1 / divisor)
    };
    let (numerator, denominator) = rates.iter().fold((0, 1), add);
    (i64::try_from(numerator).unwrap_or(i64::MAX), u64::try_from(denominator).unwrap_or(u64::MAX))
}

const fn greatest_common_divisor(one: u128, other: u128) -> u128 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;

    #[test]
    fn rates_over_different_times_add_up() {
        let rate = |count, secs| RateOverTime { count, time: Duration::from_secs(secs) };
        assert_eq!(total(&[]), (0, 1));
        assert_eq!(total(&[rate(5, 10), rate(3, 0), rate(1, 30)]), (8, 15));
    }
}
