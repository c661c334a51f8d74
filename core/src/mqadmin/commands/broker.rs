//! Commands that look at brokers and change their settings.
//!
//! **In RocketMQ**: `tools.command.broker`.
//!
//! **Left out on purpose**: settings that the lab does not have.

use arcstr::ArcStr;

use super::SubCommand;
use crate::config::Profile;
use crate::hash_order::{in_buckets, in_name_order, in_small_name_order};
use crate::id::Address;
use crate::message::java_hash;
use crate::mqadmin::admin_ext::master;
use crate::mqadmin::arguments::{Arguments, option};
use crate::mqadmin::exception::Exception;
use crate::mqadmin::format::{date, front};
use crate::mqadmin::session::{Session, Step, caught};
use crate::rpc::{ConsumeStats, Request, ResponseBody, ResponseCode};
use crate::time::Duration;

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[
    SubCommand {
        name: "brokerStatus",
        failure: "BrokerStatusSubCommand command failed",
        options: &[
            option("b", "brokerAddr", "Broker address").only(Profile::V4),
            option("c", "clusterName", "which cluster").only(Profile::V4),
            option("b", "brokerAddr", "Broker address").alternative().only(Profile::V5),
            option("c", "clusterName", "which cluster").alternative().only(Profile::V5),
        ],
        run: broker_status,
    },
    SubCommand {
        name: "brokerConsumeStats",
        failure: "BrokerConsumeStatsSubCommad command failed",
        options: &[
            option("b", "brokerAddr", "Broker address").required(),
            option("t", "timeoutMillis", "request timeout Millis"),
            option("l", "level", "threshold of print diff"),
            option("o", "order", "order topic"),
        ],
        run: broker_consume_stats,
    },
    SubCommand {
        name: "getBrokerConfig",
        failure: "GetBrokerConfigCommand command failed",
        options: &[
            option("b", "brokerAddr", "get which broker"),
            option("c", "clusterName", "get which cluster"),
        ],
        run: get_broker_config,
    },
    SubCommand {
        name: "updateBrokerConfig",
        failure: "UpdateBrokerConfigSubCommand command failed",
        options: &[
            option("b", "brokerAddr", "update which broker"),
            option("c", "clusterName", "update which cluster"),
            option("a", "updateAllBroker", "update all brokers include slave").only(Profile::V5),
            option("k", "key", "config key").required(),
            option("v", "value", "config value").required(),
        ],
        run: update_broker_config,
    },
];

fn broker_status(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    if let Some(address) = arguments.value("b") {
        return print_figures(session, Session::read_address(address)?, false);
    }
    let Some(cluster) = arguments.value("c") else {
        return Ok(());
    };
    for broker in session.fetch_master_and_slave_addr_by_cluster_name(cluster)? {
        if let Err(exception) = caught(print_figures(session, broker, true))? {
            session.print_stack_trace(&exception);
        }
    }
    Ok(())
}

fn print_figures(session: &mut Session<'_>, broker: Address, is_named: bool) -> Step<()> {
    for (name, value) in session.fetch_broker_runtime_stats(broker)? {
        let row = format!("{name:<32}: {value}");
        let row = if is_named { format!("{:<24} {row}", broker.to_string()) } else { row };
        session.println(&row);
    }
    Ok(())
}

/// A number behind an option, as `Long.parseLong` reads it.
fn number(arguments: &Arguments, short: &str, default: i64) -> Step<i64> {
    let text = arguments.value(short);
    text.map_or(Ok(default), |text| text.parse().map_err(|_| Exception::number_format(text).into()))
}

fn broker_consume_stats(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let broker = Session::read_address(arguments.required("b"))?;
    let timeout = Duration::from_millis(number(arguments, "t", 50_000)?.unsigned_abs());
    let least = number(arguments, "l", 0)?;
    let request = Request::GetBrokerConsumeStats { is_order: arguments.is_true("o") };
    let response = session.ask(broker, request, timeout)?;
    let response =
        response.map_err(|failure| Exception::remoting(session.profile(), failure, broker, timeout))?;
    let ResponseBody::BrokerConsumeStats(groups) = response.body else {
        let code = response.code.number();
        return Err(Exception::client(session.profile(), code, &response.remark).into());
    };
    session.println(&consume_row([
        "#Topic",
        "#Group",
        "#Broker Name",
        "#QID",
        "#Broker Offset",
        "#Consumer Offset",
        "#Diff",
        "#LastTime",
    ]));
    let total: i64 = groups.iter().flat_map(|(_, stats)| stats).map(total_diff).sum();
    // A broker makes the table of its groups for 1024 of them, which Java rounds up.
    for (group, stats) in in_buckets(groups, 2048, |(group, _)| java_hash(group.as_str())) {
        for stats in in_name_order(stats, topic_of) {
            print_consume_rows(session, group.as_str(), &stats, least);
        }
    }
    session.println(&format!("\nDiff Total: {total}"));
    Ok(())
}

/// `ConsumeStats.computeTotalDiff`.
fn total_diff(stats: &ConsumeStats) -> i64 {
    stats.offsets.values().map(crate::rpc::OffsetWrapper::lag).sum()
}

/// The topic that these offsets are about: a broker answers topic by topic.
fn topic_of(stats: &ConsumeStats) -> String {
    stats.offsets.keys().next().map(|queue| queue.topic.to_string()).unwrap_or_default()
}

fn print_consume_rows(session: &mut Session<'_>, group: &str, stats: &ConsumeStats, least: i64) {
    for (queue, offset) in &stats.offsets {
        // A queue of which nothing was consumed has no time, and no row.
        let Some(last) = offset.last_timestamp.filter(|_| offset.lag() >= least) else {
            continue;
        };
        let row = consume_row([
            &front(queue.topic.as_str(), 64),
            group,
            &front(queue.broker_name.as_str(), 32),
            &queue.queue_id.to_string(),
            &offset.broker_offset.to_string(),
            &offset.consumer_offset.to_string(),
            &offset.lag().to_string(),
            &date(session.epoch(), last),
        ]);
        session.println(&row);
    }
}

fn consume_row([topic, group, broker, queue, end, offset, diff, time]: [&str; 8]) -> String {
    format!("{topic:<64}  {group:<64}  {broker:<32}  {queue:<4}  {end:<20}  {offset:<20}  {diff:<20}  {time}")
}

fn get_broker_config(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    if let Some(address) = arguments.value("b") {
        session.println(&format!("============{address}============"));
        return print_config(session, Session::read_address(address)?);
    }
    let Some(cluster) = arguments.value("c") else {
        return Ok(());
    };
    for (master, slaves) in masters_and_slaves(session, cluster)? {
        // What stands for a master that is not there.
        let absent = if session.profile().is_v5() { "NO_MASTER" } else { "null" };
        let name = master.map_or_else(|| absent.to_owned(), |master| master.to_string());
        session.println(&format!("============Master: {name}============"));
        match master {
            Some(master) => print_config(session, master)?,
            None if session.profile().is_v5() => {}
            // V4 then asks a name server for the settings of a broker.
            None => return refused_by_name_server(session),
        }
        for slave in slaves {
            session.println(&format!("============My Master: {name}=====Slave: {slave}============"));
            print_config(session, slave)?;
        }
    }
    Ok(())
}

fn refused_by_name_server(session: &mut Session<'_>) -> Step<()> {
    let response = session.ask_name_server(&Request::GetBrokerConfig)?;
    let code = response.code.number();
    Err(Exception::broker_unnamed(session.profile(), code, &response.remark).into())
}

/// The slaves by their master (`fetchMasterAndSlaveDistinguish`). Slaves of several names without a master come
/// together.
fn masters_and_slaves(
    session: &mut Session<'_>,
    cluster: &str,
) -> Step<Vec<(Option<Address>, Vec<Address>)>> {
    let info = session.examine_broker_cluster_info()?;
    let Some(brokers) = info.brokers_of(cluster) else {
        session.print_wrong_cluster();
        return Ok(Vec::new());
    };
    let mut found: Vec<(Option<Address>, Vec<Address>)> = Vec::new();
    for data in brokers {
        let key = master(data);
        let slaves = data.broker_addrs.iter().filter(|(id, _)| !id.is_master()).map(|(_, address)| *address);
        match found.iter_mut().find(|(other, _)| *other == key) {
            Some((_, known)) => known.extend(slaves),
            None => found.push((key, slaves.collect())),
        }
    }
    let name = |(master, _): &(Option<Address>, _)| match master {
        Some(address) => address.to_string(),
        None if session.profile().is_v5() => "NO_MASTER".to_owned(),
        // The hash of Java's null is that of an empty text.
        None => String::new(),
    };
    Ok(in_small_name_order(found, name))
}

fn print_config(session: &mut Session<'_>, broker: Address) -> Step<()> {
    if let ResponseBody::Properties(settings) = session.invoke_broker(broker, Request::GetBrokerConfig)?.body
    {
        for (key, value) in in_name_order(settings, |(key, _)| key.to_string()) {
            session.println(&format!("{key:<50}=  {value}"));
        }
    }
    session.print("\n");
    Ok(())
}

fn update_broker_config(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let setting = (ArcStr::from(arguments.required("k")), ArcStr::from(arguments.required("v")));
    if let Some(address) = arguments.value("b") {
        return set_on_broker(session, address, setting);
    }
    let Some(cluster) = arguments.value("c") else {
        super::print_usage(session, "updateBrokerConfig");
        return Ok(());
    };
    let brokers = if arguments.has("a") {
        session.fetch_master_and_slave_addr_by_cluster_name(cluster)?
    } else {
        session.fetch_master_addr_by_cluster_name(cluster)?
    };
    for broker in brokers {
        if let Err(exception) = caught(set_on_broker(session, &broker.to_string(), setting.clone()))? {
            session.print_stack_trace(&exception);
        }
    }
    Ok(())
}

fn set_on_broker(session: &mut Session<'_>, address: &str, setting: (ArcStr, ArcStr)) -> Step<()> {
    let (key, value) = &setting;
    let is_valid = value.parse::<u8>().is_ok_and(|perm| perm < 8);
    if session.profile().is_v5() && &**key == "brokerPermission" && !is_valid {
        let remark = format!("brokerPermission value: {value} is invalid.");
        let code = ResponseCode::NoPermission.number();
        return Err(Exception::client(session.profile(), code, &remark).into());
    }
    let broker = Session::read_address(address)?;
    session.invoke_broker(broker, Request::UpdateBrokerConfig { settings: vec![setting] })?;
    session.println(&format!("update broker config success, {address}"));
    Ok(())
}
