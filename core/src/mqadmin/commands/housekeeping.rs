//! Commands that have brokers tidy up at once.
//!
//! **In RocketMQ**: `CleanExpiredCQSubCommand`, `CleanUnusedTopicCommand`, `DeleteExpiredCommitLogSubCommand`.

use super::SubCommand;
use crate::mqadmin::arguments::{Arguments, OptionSpec, option};
use crate::mqadmin::session::{Session, Step};
use crate::rpc::Request;

const BROKER: OptionSpec = option("b", "brokerAddr", "Broker address");
const CLUSTER: OptionSpec = option("c", "cluster", "clustername");

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[
    SubCommand {
        name: "cleanExpiredCQ",
        failure: "CleanExpiredCQSubCommand command failed",
        options: &[BROKER, CLUSTER],
        run: |session, arguments| tidy_up(session, arguments, &Request::CleanExpiredConsumeQueue),
    },
    SubCommand {
        name: "cleanUnusedTopic",
        failure: "CleanUnusedTopicCommand command failed",
        options: &[BROKER, option("c", "cluster", "cluster name")],
        run: |session, arguments| tidy_up(session, arguments, &Request::CleanUnusedTopic),
    },
    SubCommand {
        name: "deleteExpiredCommitLog",
        failure: "DeleteExpiredCommitLogSubCommand command execute failed.",
        options: &[option("n", "namesrvAddr", "Name server address"), BROKER, CLUSTER],
        run: |session, arguments| tidy_up(session, arguments, &Request::DeleteExpiredCommitLog),
    },
];

/// Asks one broker, all of a cluster, slaves too, or without either all of every cluster. A refusal ends it.
fn tidy_up(session: &mut Session<'_>, arguments: &Arguments, request: &Request) -> Step<()> {
    let brokers = match arguments.value("b") {
        Some(address) => vec![Session::read_address(address)?],
        None => {
            let info = session.examine_broker_cluster_info()?;
            match arguments.value("c").filter(|cluster| !cluster.is_empty()) {
                Some(cluster) => info.addresses_of(cluster),
                None => info.clusters.iter().flat_map(|(name, _)| info.addresses_of(name.as_str())).collect(),
            }
        }
    };
    for broker in &brokers {
        session.invoke_checked(*broker, request.clone())?;
    }
    session.print(if brokers.is_empty() { "false" } else { "success" });
    Ok(())
}
