//! Commands about who is connected.
//!
//! **In RocketMQ**: `ConsumerConnectionSubCommand`, `ProducerConnectionSubCommand`.

use super::SubCommand;
use crate::hash_order::in_name_order;
use crate::mqadmin::arguments::{Arguments, option};
use crate::mqadmin::format::version_desc;
use crate::mqadmin::session::{Session, Step};

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[
    SubCommand {
        name: "consumerConnection",
        failure: "ConsumerConnectionSubCommand command failed",
        options: &[
            option("g", "consumerGroup", "consumer group name").required(),
            option("b", "brokerAddr", "broker address"),
        ],
        run: consumer_connection,
    },
    SubCommand {
        name: "producerConnection",
        failure: "ProducerConnectionSubCommand command failed",
        options: &[
            option("g", "producerGroup", "producer group name").required(),
            option("t", "topic", "topic name").required(),
        ],
        run: producer_connection,
    },
];

pub(super) fn consumer_connection(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let group = arguments.required("g").into();
    let connection = match arguments.value("b") {
        Some(address) => {
            let address = Session::read_address(address)?;
            session.consumer_connection_of(address, &group)?
        }
        None => session.examine_consumer_connection(&group)?,
    };
    let version = version_desc(session.profile());
    session.println(&format!("{:<36} {:<22} {:<10} #Version", "#ClientId", "#ClientAddr", "#Language"));
    for (client_id, address) in connection.connections {
        session.println(&format!("{client_id:<36} {:<22} {:<10} {version}", address.to_string(), "JAVA"));
    }
    session.println("\nBelow is subscription:");
    session.println(&format!("{:<20} #SubExpression", "#Topic"));
    let subscriptions = connection.subscriptions.into_iter().collect();
    for (topic, subscription) in in_name_order(subscriptions, |(topic, _)| topic.to_string()) {
        session.println(&format!("{topic:<20} {}", subscription.expression));
    }
    session.println("\nConsumeType: CONSUME_PASSIVELY");
    session.println(&format!("MessageModel: {}", connection.model));
    session.println(&format!("ConsumeFromWhere: {}", connection.from));
    Ok(())
}

pub(super) fn producer_connection(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let group = arguments.required("g").into();
    let clients = session.examine_producer_connection(group, &arguments.required("t").into())?;
    let version = version_desc(session.profile());
    for ((client_id, address), number) in clients.into_iter().zip(1..) {
        let address = address.to_string();
        session.println(&format!("{number:04}  {client_id:<32} {address:<22} {:<8} {version}", "JAVA"));
    }
    Ok(())
}
