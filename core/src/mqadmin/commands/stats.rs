//! `statsAll`: how much goes into topics and out to groups.
//!
//! **In RocketMQ**: `StatsAllSubCommand`.

use super::SubCommand;
use crate::id::{Address, TopicName};
use crate::mqadmin::admin_ext::master;
use crate::mqadmin::arguments::{Arguments, option, switch};
use crate::mqadmin::format::{fixed, front};
use crate::mqadmin::session::{Session, Step, caught};
use crate::rpc::{OffsetWrapper, RateOverTime, Request, ResponseBody, StatsSnapshot};

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[SubCommand {
    name: "statsAll",
    failure: "StatsAllSubCommand command failed",
    options: &[
        switch("a", "activeTopic", "print active topic only"),
        option("t", "topic", "print select topic only"),
    ],
    run: stats_all,
}];

/// Fractions of a message per second in which rates are added up.
const MILLIONTHS: u64 = 1_000_000;

/// How fast, and how many in a day, over several brokers.
#[derive(Clone, Copy, Debug, Default)]
struct Traffic {
    millionths_per_second: u64,
    day: u64,
}

impl Traffic {
    fn add(&mut self, [minute, hour, day]: [StatsSnapshot; 3]) {
        let RateOverTime { count, time } = minute.rate;
        let per_second =
            (u128::from(count) * 1000 * u128::from(MILLIONTHS)).checked_div(time.as_millis().into());
        self.millionths_per_second +=
            per_second.and_then(|rate| u64::try_from(rate).ok()).unwrap_or_default();
        // What has not lasted a day, or an hour, is taken for a shorter time.
        let sums = [day.sum, hour.sum, minute.sum];
        self.day += sums.into_iter().find(|sum| *sum != 0).unwrap_or_default();
    }

    fn rate(self) -> String {
        fixed(self.millionths_per_second.cast_signed(), MILLIONTHS, 2)
    }
}

fn stats_all(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let topics = session.fetch_all_topic_list()?;
    session.println(&row([
        "#Topic",
        "#Consumer Group",
        "#Accumulation",
        "#InTPS",
        "#OutTPS",
        "#InMsg24Hour",
        "#OutMsg24Hour",
    ]));
    let wanted = arguments.value("t").filter(|topic| !topic.is_empty());
    for topic in topics {
        if topic.is_of_group() || wanted.is_some_and(|wanted| wanted != topic.as_str()) {
            continue;
        }
        // A topic of which something cannot be found out is passed over.
        caught(print_topic(session, &topic, arguments.has("a")))?.unwrap_or_default();
    }
    Ok(())
}

fn print_topic(session: &mut Session<'_>, topic: &TopicName, only_active: bool) -> Step<()> {
    let route = session.examine_topic_route_info(topic)?;
    let groups = session.query_topic_consume_by_who(topic)?;
    let masters: Vec<Address> = route.broker_datas.iter().filter_map(master).collect();
    let ins = traffic(session, &masters, "TOPIC_PUT_NUMS", topic.as_str())?;
    let name = front(topic.as_str(), 64);
    if groups.is_empty() && (!only_active || ins.day > 0) {
        session.println(&row([&name, "", "0", &ins.rate(), "", &ins.day.to_string(), "NO_CONSUMER"]));
    }
    for group in groups {
        let outs = traffic(session, &masters, "GROUP_GET_NUMS", &format!("{topic}@{group}"))?;
        let stats = caught(session.examine_consume_stats(&group, Some(topic)))?;
        let lag: i64 = stats.map_or(0, |stats| stats.offsets.values().map(OffsetWrapper::lag).sum());
        if only_active && ins.day == 0 && outs.day == 0 {
            continue;
        }
        session.println(&row([
            &name,
            &front(group.as_str(), 64),
            &lag.max(0).to_string(),
            &ins.rate(),
            &outs.rate(),
            &ins.day.to_string(),
            &outs.day.to_string(),
        ]));
    }
    Ok(())
}

/// What these brokers together counted; one that does not answer counts nothing.
fn traffic(session: &mut Session<'_>, brokers: &[Address], name: &str, key: &str) -> Step<Traffic> {
    let mut total = Traffic::default();
    for broker in brokers {
        let request = Request::ViewBrokerStatsData { name: name.into(), key: key.into() };
        if let Ok(response) = caught(session.invoke_checked(*broker, request))?
            && let ResponseBody::Stats(snapshots) = response.body
        {
            total.add(snapshots);
        }
    }
    Ok(total)
}

fn row([topic, group, lag, in_rate, out_rate, ins, outs]: [&str; 7]) -> String {
    format!("{topic:<64}  {group:<64} {lag:>12} {in_rate:>11} {out_rate:>11} {ins:>14} {outs:>14}")
}
