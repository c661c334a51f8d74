//! `haStatus`: how replication goes, as masters and slaves see it (V5).
//!
//! **In RocketMQ**: `HAStatusSubCommand`.
//!
//! **Left out on purpose**: the second round of `-i`; speeds, which are those of an idle connection here; the master's
//! flushed offset, which a slave of a classic pair never learns.

use super::SubCommand;
use crate::id::{Address, CommitLogOffset};
use crate::mqadmin::arguments::{Arguments, option};
use crate::mqadmin::exception::Exception;
use crate::mqadmin::session::{Session, Step};
use crate::rpc::{HaConnectionRuntimeInfo, HaRuntimeInfo, Request, ResponseBody};

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[SubCommand {
    name: "haStatus",
    failure: "HAStatusSubCommand command failed",
    options: &[
        option("c", "clusterName", "which cluster"),
        option("b", "brokerAddr", "which broker to fetch"),
        option("i", "interval", "the interval(second) of get info"),
    ],
    run: ha_status,
}];

fn ha_status(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    if let Some(interval) = arguments.value("i").filter(|interval| !interval.is_empty()) {
        interval.parse::<i32>().map_err(|_| Exception::number_format(interval))?;
    }
    if let Some(address) = arguments.value("b") {
        let broker = Session::read_address(address)?;
        return print_status(session, broker);
    }
    let Some(cluster) = arguments.value("c") else {
        super::print_usage(session, "haStatus");
        return Ok(());
    };
    for broker in session.fetch_master_addr_by_cluster_name(cluster)? {
        print_status(session, broker)?;
    }
    Ok(())
}

fn print_status(session: &mut Session<'_>, broker: Address) -> Step<()> {
    let response = session.invoke(broker, Request::GetBrokerHaStatus)?;
    let ResponseBody::HaStatus(info) = response.body else {
        let code = response.code.number();
        return Err(Exception::broker_unnamed(session.profile(), code, &response.remark).into());
    };
    match info {
        HaRuntimeInfo::Master { max, slaves } => print_master(session, broker, max, &slaves),
        HaRuntimeInfo::Slave { master, max, last_read, last_write } => {
            let epoch = session.epoch();
            let master = master.map_or_else(|| "null".to_owned(), |master| master.to_string());
            session.println(&format!("\n#MasterAddr\t{master}"));
            session.println(&format!("#CommitLogMaxOffset\t{max}"));
            session.println("#TransferSpeed(KB/s)\t0.00");
            session.println(&format!("#LastReadTime\t{}", epoch.date_time(last_read)));
            session.println(&format!("#LastWriteTime\t{}", epoch.date_time(last_write)));
            session.println("#MasterFlushOffset\t0");
        }
    }
    Ok(())
}

fn print_master(
    session: &mut Session<'_>,
    broker: Address,
    max: CommitLogOffset,
    slaves: &[HaConnectionRuntimeInfo],
) {
    let in_sync = slaves.iter().filter(|slave| slave.is_in_sync).count();
    session.println(&format!("\n#MasterAddr\t{broker}"));
    session.println(&format!("#MasterCommitLogMaxOffset\t{max}"));
    session.println(&format!("#SlaveNum\t{}", slaves.len()));
    session.println(&format!("#InSyncSlaveNum\t{in_sync}"));
    session.println(&row([
        "#SlaveAddr",
        "#SlaveAckOffset",
        "#Diff",
        "#TransferSpeed(KB/s)",
        "#Status",
        "#TransferFromWhere",
    ]));
    for slave in slaves {
        session.println(&row([
            &slave.address.to_string(),
            &slave.acknowledged.to_string(),
            &(max.0.cast_signed() - slave.acknowledged.0.cast_signed()).to_string(),
            "0.00",
            if slave.is_in_sync { "OK" } else { "Fall Behind" },
            &slave.transfer_from_where.to_string(),
        ]));
    }
}

fn row([address, acknowledged, diff, speed, status, from]: [&str; 6]) -> String {
    format!("{address:<32}  {acknowledged:<16} {diff:>16} {speed:>16} {status:>16} {from:>16}")
}
