//! Commands about topics.

use super::SubCommand;
use crate::mqadmin::arguments::{Arguments, OptionSpec};
use crate::mqadmin::session::{Session, Step};
use crate::rpc::{Request, ResponseBody};

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[SubCommand {
    name: "topicRoute",
    class: "TopicRouteSubCommand",
    description: "Examine topic route info",
    options: &[OptionSpec {
        short: "t",
        long: "topic",
        has_value: true,
        is_required: true,
        description: "topic name",
    }],
    run: topic_route,
}];

fn topic_route(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let topic = arguments.value("t").unwrap_or_default().into();
    let response = session.invoke_name_server(Request::GetRouteInfoByTopic { topic })?;
    if let ResponseBody::Route(route) = response.body {
        for data in &route.queue_datas {
            session.println(&format!("{} {}", data.broker_name, data.write_queue_nums));
        }
    }
    Ok(())
}
