//! The command that makes a group pop a topic, or pull it again.
//!
//! **In RocketMQ**: `SetConsumeModeSubCommand`. V5 only.

use super::{SubCommand, print_usage};
use crate::config::MessageRequestMode;
use crate::id::{GroupName, TopicName};
use crate::mqadmin::arguments::{Arguments, option};
use crate::mqadmin::exception::Exception;
use crate::mqadmin::session::{Session, Step, caught};
use crate::rpc::{ConsumeMode, PopRequest, Request};
use crate::time::Duration;

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[SubCommand {
    name: "setConsumeMode",
    failure: "SetConsumeModeSubCommand command failed",
    options: &[
        option("b", "brokerAddr", "create subscription group to which broker"),
        option("c", "clusterName", "create subscription group to which cluster"),
        option("t", "topicName", "topic name").required(),
        option("g", "groupName", "consumer group name").required(),
        option("m", "mode", "consume mode. PULL/POP").required(),
        option("q", "popShareQueueNum", "num of queue which share in pop mode"),
    ],
    run: set_consume_mode,
}];

fn set_consume_mode(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let topic: TopicName = arguments.required("t").into();
    let group: GroupName = arguments.required("g").into();
    let mode = read_mode(arguments.required("m"))?;
    let pop_share_queue_num = arguments.number("q")?.unwrap_or(0);
    let request = Request::Pop(PopRequest::SetMessageRequestMode {
        group: group.clone(),
        topic: topic.clone(),
        mode: ConsumeMode { mode, pop_share_queue_num },
    });
    if let Some(text) = arguments.value("b") {
        let address = Session::read_address(text)?;
        session.invoke_checked(address, request)?;
        session.println(&format!("set consume mode to {text} success."));
    } else if let Some(cluster) = arguments.value("c") {
        for address in session.fetch_master_addr_by_cluster_name(cluster)? {
            match caught(session.invoke_checked(address, request.clone()))? {
                Ok(_) => session.println(&format!("set consume mode to {address} success.")),
                Err(exception) => {
                    session.print_stack_trace(&exception);
                    session.rest(Duration::from_secs(1))?;
                }
            }
        }
    } else {
        print_usage(session, "setConsumeMode");
        return Ok(());
    }
    session.print(&format!(
        "topic[{topic}] group[{group}] consume mode[{mode}] popShareQueueNum[{pop_share_queue_num}]"
    ));
    Ok(())
}

/// `MessageRequestMode.valueOf`.
fn read_mode(text: &str) -> Step<MessageRequestMode> {
    text.parse().map_err(|_| {
        let class = "org.apache.rocketmq.common.message.MessageRequestMode";
        Exception::new("java.lang.IllegalArgumentException", format!("No enum constant {class}.{text}"))
            .into()
    })
}
