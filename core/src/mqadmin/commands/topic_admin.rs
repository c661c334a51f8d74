//! Commands that make, change and delete topics.
//!
//! **In RocketMQ**: `tools.command.topic`.
//!
//! **Left out on purpose**: the attributes of V5 and the unit flags are read and printed, but no broker of the lab
//! keeps them.

use super::SubCommand;
use super::topic::TOPIC;
use crate::command::QUEUES_MAX;
use crate::config::Profile;
use crate::hash_order::in_name_order;
use crate::id::{Address, TopicName};
use crate::mqadmin::admin_ext::master;
use crate::mqadmin::arguments::{Arguments, option};
use crate::mqadmin::exception::Exception;
use crate::mqadmin::session::{Session, Step};
use crate::rpc::{NAMESPACE_ORDER_TOPIC_CONFIG, NameServerRequest, Request, TopicConfig, perm};

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[
    SubCommand {
        name: "updateTopic",
        failure: "UpdateTopicSubCommand command failed",
        options: &[
            option("b", "brokerAddr", "create topic to which broker").alternative(),
            option("c", "clusterName", "create topic to which cluster").alternative(),
            option("a", "attributes", "attribute(+a=b,+c=d,-e)").only(Profile::V5),
            TOPIC,
            option("r", "readQueueNums", "set read queue nums"),
            option("w", "writeQueueNums", "set write queue nums"),
            option("p", "perm", "set topic's permission(2|4|6), intro[2:W 4:R; 6:RW]"),
            option("o", "order", "set topic's order(true|false)"),
            option("u", "unit", "is unit topic (true|false)"),
            option("s", "hasUnitSub", "has unit sub (true|false)"),
        ],
        run: update_topic,
    },
    SubCommand {
        name: "updateTopicPerm",
        failure: "UpdateTopicPermSubCommand command failed",
        options: &[
            option("b", "brokerAddr", "create topic to which broker"),
            option("c", "clusterName", "create topic to which cluster"),
            TOPIC,
            option("p", "perm", "set topic's permission(2|4|6), intro[2:W; 4:R; 6:RW]").required(),
        ],
        run: update_topic_perm,
    },
    SubCommand {
        name: "deleteTopic",
        failure: "DeleteTopicSubCommand command failed",
        options: &[TOPIC, option("c", "clusterName", "delete topic from which cluster").required()],
        run: delete_topic,
    },
    SubCommand {
        name: "updateOrderConf",
        failure: "UpdateOrderConfCommand command failed",
        options: &[
            TOPIC,
            option("v", "orderConf", "set order conf [eg. brokerName1:num;brokerName2:num]"),
            option("m", "method", "option type [eg. put|get|delete").required(),
        ],
        run: update_order_conf,
    },
];

/// A topic as the tool has it while it makes it.
struct NewTopic {
    name: TopicName,
    config: TopicConfig,
    sys_flag: u8,
    /// Pairs in the order of a hash table.
    attributes: Vec<(String, String)>,
}

impl NewTopic {
    /// `TopicConfig.toString`.
    fn text(&self, profile: Profile) -> String {
        let TopicConfig { read_queue_nums, write_queue_nums, perm, order } = self.config;
        let mut text = format!(
            "TopicConfig [topicName={}, readQueueNums={read_queue_nums}, writeQueueNums={write_queue_nums}, perm={}, \
             topicFilterType=SINGLE_TAG, topicSysFlag={}, order={order}",
            self.name,
            perm::text(perm),
            self.sys_flag
        );
        if profile.is_v5() {
            let pairs: Vec<_> = self.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
            text += &format!(", attributes={{{}}}", pairs.join(", "));
        }
        text + "]"
    }
}

/// The number behind an option, as `Integer.parseInt` reads it.
fn number(arguments: &Arguments, short: &str) -> Step<Option<i32>> {
    let Some(text) = arguments.value(short) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| Exception::number_format(text).into())
}

/// Queues and permission as the lab can have them; `None`, and a sentence, when it cannot.
fn within_the_lab(session: &mut Session<'_>, read: i32, write: i32, perm: i32) -> Option<TopicConfig> {
    let queues = |count: i32| u32::try_from(count).ok().filter(|count| *count <= QUEUES_MAX);
    let (Some(read_queue_nums), Some(write_queue_nums), Ok(perm)) =
        (queues(read), queues(write), u8::try_from(perm))
    else {
        session.println(&format!(
            "The lab has topics with 0 to {QUEUES_MAX} queues and permissions from 0 to 255."
        ));
        return None;
    };
    Some(TopicConfig { read_queue_nums, write_queue_nums, perm, order: false })
}

fn update_topic(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let profile = session.profile();
    let attributes = arguments.value("a").map_or_else(|| Ok(Vec::new()), attributes)?;
    let (read, write) = (number(arguments, "r")?.unwrap_or(8), number(arguments, "w")?.unwrap_or(8));
    let perm = number(arguments, "p")?.unwrap_or_else(|| i32::from(perm::READ | perm::WRITE));
    let Some(config) = within_the_lab(session, read, write, perm) else {
        return Ok(());
    };
    let topic = NewTopic {
        name: arguments.required("t").into(),
        config: TopicConfig { order: arguments.is_true("o"), ..config },
        sys_flag: u8::from(arguments.is_true("u")) + 2 * u8::from(arguments.is_true("s")),
        attributes,
    };
    match (arguments.value("b"), arguments.value("c")) {
        (Some(address), _) => make_on_broker(session, address, &topic)?,
        (None, cluster) => make_on_cluster(session, cluster.unwrap_or_default(), &topic)?,
    }
    session.print(&topic.text(profile));
    end_line(session);
    Ok(())
}

/// Ends a line of `updateTopic`, which V4 leaves open.
fn end_line(session: &mut Session<'_>) {
    if session.profile().is_v5() {
        session.print("\n");
    }
}

fn make_on_broker(session: &mut Session<'_>, address: &str, topic: &NewTopic) -> Step<()> {
    let broker = Session::read_address(address)?;
    session.create_and_update_topic_config(broker, &topic.name, &topic.config)?;
    if topic.config.order {
        let name = session.fetch_broker_name_by_addr(broker)?;
        let conf = format!("{name}:{}", topic.config.write_queue_nums);
        session.put_order_conf_of_broker(topic.name.as_str(), &name, &conf)?;
        session.print(&format!("set broker orderConf. isOrder=true, orderConf=[{conf}]"));
        end_line(session);
    }
    session.println(&format!("create topic to {address} success."));
    Ok(())
}

fn make_on_cluster(session: &mut Session<'_>, cluster: &str, topic: &NewTopic) -> Step<()> {
    for broker in session.fetch_master_addr_by_cluster_name(cluster)? {
        session.create_and_update_topic_config(broker, &topic.name, &topic.config)?;
        session.println(&format!("create topic to {broker} success."));
    }
    if topic.config.order {
        let names = session.fetch_broker_name_by_cluster_name(cluster)?;
        let parts: Vec<_> =
            names.iter().map(|name| format!("{name}:{}", topic.config.write_queue_nums)).collect();
        let conf = parts.join(";");
        session.put_kv_config(NAMESPACE_ORDER_TOPIC_CONFIG, topic.name.as_str(), &conf)?;
        session.print(&format!("set cluster orderConf. isOrder=true, orderConf=[{conf}]"));
        end_line(session);
    }
    Ok(())
}

/// `+key=value,-key` as `AttributeParser` reads it.
fn attributes(text: &str) -> Step<Vec<(String, String)>> {
    let mut found: Vec<(String, String)> = Vec::new();
    let wrong = |message: String| Exception::new("java.lang.RuntimeException", message);
    for part in text.split(',') {
        let (key, value) = match part.split_once('=') {
            Some((key, _)) if !key.contains('+') => {
                return Err(wrong(format!("add/alter attribute format is wrong: {key}")).into());
            }
            None if !part.contains('-') => {
                return Err(wrong(format!("delete attribute format is wrong: {part}")).into());
            }
            Some((key, value)) => (key, value),
            None => (part, ""),
        };
        if found.iter().any(|(other, _)| other == key) {
            return Err(wrong(format!("key duplication: {key}")).into());
        }
        found.push((key.to_owned(), value.to_owned()));
    }
    Ok(in_name_order(found, |(key, _)| key.clone()))
}

/// The queue counts of the first broker go to all of a cluster with the new permission.
fn update_topic_perm(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let topic: TopicName = arguments.required("t").into();
    let route = session.examine_topic_route_info(&topic)?;
    let perm = number(arguments, "p")?.unwrap_or_default();
    let Some(first) = route.queue_datas.first() else {
        return Ok(());
    };
    let queues = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    let (read, write) = (queues(first.read_queue_nums), queues(first.write_queue_nums));
    let Some(config) = within_the_lab(session, read, write, perm) else {
        return Ok(());
    };
    if let Some(address) = arguments.value("b") {
        let found = route.broker_datas.iter().find(|data| is_master(data, address));
        let Some(name) = found.map(|data| &data.broker_name) else {
            session.println("updateTopicPerm error broker not exit or broker is not master!.");
            return Ok(());
        };
        let old = route.queue_datas.iter().find(|data| data.broker_name == *name).map_or(0, |data| data.perm);
        if old == config.perm {
            session.println("new perm equals to the old one!");
            return Ok(());
        }
        session.create_and_update_topic_config(Session::read_address(address)?, &topic, &config)?;
        session.println(&perm_changed(old, config.perm, address));
        let topic = NewTopic { name: topic, config, sys_flag: 0, attributes: Vec::new() };
        session.println(&format!("{}.", topic.text(session.profile())));
        return Ok(());
    }
    let Some(cluster) = arguments.value("c") else {
        super::print_usage(session, "updateTopicPerm");
        return Ok(());
    };
    for broker in session.fetch_master_addr_by_cluster_name(cluster)? {
        session.create_and_update_topic_config(broker, &topic, &config)?;
        session.println(&perm_changed(first.perm, config.perm, &broker.to_string()));
    }
    Ok(())
}

fn is_master(data: &crate::rpc::BrokerData, address: &str) -> bool {
    master(data).is_some_and(|master| master.to_string() == address)
}

fn perm_changed(from: u8, to: u8, address: &str) -> String {
    format!("update topic perm from {from} to {to} in {address} success.")
}

fn delete_topic(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    delete_topic_of_cluster(session, &arguments.required("t").into(), arguments.required("c"))
}

/// `DeleteTopicSubCommand.deleteTopic`, with what it prints.
pub(super) fn delete_topic_of_cluster(
    session: &mut Session<'_>,
    topic: &TopicName,
    cluster: &str,
) -> Step<()> {
    for broker in session.fetch_master_addr_by_cluster_name(cluster)? {
        session.invoke_checked(broker, Request::DeleteTopicInBroker { topic: topic.clone() })?;
    }
    session.println(&format!("delete topic [{topic}] from cluster [{cluster}] success."));
    let name_servers = in_name_order(session.name_servers().to_vec(), Address::to_string);
    for name_server in name_servers {
        let request = NameServerRequest::DeleteTopicInNameServer {
            topic: topic.clone(),
            cluster: Some(cluster.into()),
        };
        session.invoke_this_name_server(name_server, request)?;
    }
    session.println(&format!("delete topic [{topic}] from NameServer success."));
    Ok(())
}

fn update_order_conf(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let topic = arguments.required("t");
    match arguments.required("m") {
        "get" => {
            let conf = session.get_kv_config(NAMESPACE_ORDER_TOPIC_CONFIG, topic)?;
            session.print(&format!("get orderConf success. topic=[{topic}], orderConf=[{conf}] "));
        }
        "put" => {
            let Some(conf) = arguments.value("v").filter(|conf| !conf.is_empty()) else {
                return Err(Exception::plain("please set orderConf with option -v.").into());
            };
            session.put_kv_config(NAMESPACE_ORDER_TOPIC_CONFIG, topic, conf)?;
            session.print(&format!("update orderConf success. topic=[{topic}], orderConf=[{conf}]"));
        }
        "delete" => {
            session.delete_kv_config(NAMESPACE_ORDER_TOPIC_CONFIG, topic)?;
            session.print(&format!("delete orderConf success. topic=[{topic}]"));
        }
        _ => super::print_usage(session, "updateOrderConf"),
    }
    Ok(())
}
