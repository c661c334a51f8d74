//! Commands that look at topics.
//!
//! **In RocketMQ**: `tools.command.topic`.
//!
//! **Left out on purpose**: the settings that 5.3.3's `topicStatus` asks for besides, for static topics only.

use std::collections::BTreeMap;

use super::SubCommand;
use crate::allocate::{RoomsByName, allocate};
use crate::config::{AllocateStrategy, Profile};
use crate::gather::{Arrange as _, Gather as _};
use crate::hash_order::{in_name_order, in_queue_order};
use crate::id::{ClientId, MessageQueue, TopicName};
use crate::mqadmin::admin_ext::ClusterInfo;
use crate::mqadmin::arguments::{Arguments, OptionSpec, option, switch};
use crate::mqadmin::exception::Exception;
use crate::mqadmin::format::front;
use crate::mqadmin::session::{Session, Step, caught};
use crate::rpc::{Request, ResponseBody, TopicRoute, TopicStats, message_queue, perm};

/// The option that nearly every command of this family has.
pub(super) const TOPIC: OptionSpec = option("t", "topic", "topic name").required();

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[
    SubCommand {
        name: "topicRoute",
        failure: "TopicRouteSubCommand command failed",
        options: &[TOPIC, switch("l", "list", "Use list format to print data")],
        run: topic_route,
    },
    SubCommand {
        name: "topicStatus",
        failure: "TopicStatusSubCommand command failed",
        options: &[
            TOPIC,
            option("c", "cluster", "cluster name or lmq parent topic, lmq is used to find the route.")
                .only(Profile::V5),
        ],
        run: topic_status,
    },
    SubCommand {
        name: "topicList",
        failure: "TopicListSubCommand command failed",
        options: &[switch("c", "clusterModel", "clusterModel")],
        run: topic_list,
    },
    SubCommand {
        name: "topicClusterList",
        failure: "TopicClusterSubCommand command failed",
        options: &[TOPIC],
        run: topic_cluster_list,
    },
    SubCommand {
        name: "allocateMQ",
        failure: "AllocateMQSubCommand command failed",
        options: &[TOPIC, option("i", "ipList", "ipList").required()],
        run: allocate_mq,
    },
];

fn topic_route(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let route = session.examine_topic_route_info(&arguments.required("t").into())?;
    let text = if arguments.has("l") { route_list(&route) } else { route_json(&route, session.profile()) };
    session.print(&text);
    Ok(())
}

/// The route as fastjson writes it for people: keys in alphabetical order, but maps with numbers for keys on one line.
fn route_json(route: &TopicRoute, profile: Profile) -> String {
    let brokers = route.broker_datas.iter().map(|data| {
        let addresses: Vec<_> =
            data.broker_addrs.iter().map(|(id, address)| format!("{id}:\"{address}\"")).collect();
        let mut fields = vec![
            format!("\"brokerAddrs\":{{{}\n\t\t\t}}", addresses.join(",")),
            format!("\"brokerName\":\"{}\"", data.broker_name),
            format!("\"cluster\":\"{}\"", data.cluster),
        ];
        if profile.is_v5() {
            fields.push(format!("\"enableActingMaster\":{}", data.enable_acting_master));
        }
        fields
    });
    let queues = route.queue_datas.iter().map(|data| {
        vec![
            format!("\"brokerName\":\"{}\"", data.broker_name),
            format!("\"perm\":{}", data.perm),
            format!("\"readQueueNums\":{}", data.read_queue_nums),
            "\"topicSysFlag\":0".to_owned(),
            format!("\"writeQueueNums\":{}", data.write_queue_nums),
        ]
    });
    let order = route.order_topic_conf.as_ref().map(|conf| format!("\"orderTopicConf\":\"{conf}\""));
    let mut members =
        vec![json_list("brokerDatas", brokers.collect()), "\"filterServerTable\":{}".to_owned()];
    members.extend(order);
    members.push(json_list("queueDatas", queues.collect()));
    format!("{{\n\t{}\n}}\n", members.join(",\n\t"))
}

fn json_list(name: &str, objects: Vec<Vec<String>>) -> String {
    let objects: Vec<_> =
        objects.iter().map(|fields| format!("\t\t{{\n\t\t\t{}\n\t\t}}", fields.join(",\n\t\t\t"))).collect();
    format!("\"{name}\":[\n{}\n\t]", objects.join(",\n"))
}

fn route_list(route: &TopicRoute) -> String {
    fn row(cells: [&str; 6]) -> String {
        let [cluster, broker, addresses, read, write, perm] = cells;
        format!("{cluster:<45} {broker:<32} {addresses:<50} {read:<10} {write:<11} {perm:<5}\n")
    }
    let mut text = row(["#ClusterName", "#BrokerName", "#BrokerAddrs", "#ReadQueue", "#WriteQueue", "#Perm"]);
    let by_name: BTreeMap<_, _> = route.queue_datas.iter().map(|data| (&data.broker_name, data)).gather();
    let mut brokers: Vec<_> = route.broker_datas.iter().collect();
    brokers.arrange_by_key(|data| &data.broker_name);
    let (mut read, mut write) = (0, 0);
    for data in brokers {
        let Some(queues) = by_name.get(&data.broker_name) else {
            continue;
        };
        let addresses: Vec<_> =
            data.broker_addrs.iter().map(|(id, address)| format!("{id}={address}")).collect();
        read += queues.read_queue_nums;
        write += queues.write_queue_nums;
        text += &row([
            data.cluster.as_str(),
            data.broker_name.as_str(),
            &format!("{{{}}}", addresses.join(", ")),
            &queues.read_queue_nums.to_string(),
            &queues.write_queue_nums.to_string(),
            &queues.perm.to_string(),
        ]);
    }
    text += &format!("{}\n", "-".repeat(158));
    let count = by_name.len().to_string();
    text + &row(["Total:", &count, "", &read.to_string(), &write.to_string(), ""])
}

fn topic_status(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let topic: TopicName = arguments.required("t").into();
    // With a cluster, the brokers are found by the topic that bears its name.
    let found_by = arguments.value("c").map_or_else(|| topic.clone(), TopicName::from);
    let route = session.examine_topic_route_info(&found_by)?;
    let mut stats = TopicStats::new();
    for data in &route.broker_datas {
        if let Some(broker) = session.select_broker_addr(data) {
            let request = Request::GetTopicStatsInfo { topic: topic.clone() };
            if let ResponseBody::TopicStats(part, _) = session.invoke_broker(broker, request)?.body {
                stats.extend(part);
            }
        }
    }
    if stats.is_empty() && !arguments.has("c") {
        return Err(Exception::client_side(session.profile(), "Not found the topic stats info").into());
    }
    session.println(&status_row(["#Broker Name", "#QID", "#Min Offset", "#Max Offset", "#Last Updated"]));
    for (queue, offset) in stats {
        let updated = offset.last_update.map(|at| session.epoch().date_time(at)).unwrap_or_default();
        session.println(&status_row([
            &front(queue.broker_name.as_str(), 32),
            &queue.queue_id.to_string(),
            &offset.min.to_string(),
            &offset.max.to_string(),
            &updated,
        ]));
    }
    if session.profile().is_v5() {
        // Never filled in by the tool.
        session.println("\nTopic Put TPS: 0.0");
    }
    Ok(())
}

fn status_row([broker, queue, min, max, updated]: [&str; 5]) -> String {
    format!("{broker:<32}  {queue:<4}  {min:<20}  {max:<20}    {updated}")
}

fn topic_list(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    if !arguments.has("c") {
        for topic in session.fetch_all_topic_list()? {
            session.println(topic.as_str());
        }
        return Ok(());
    }
    let info = session.examine_broker_cluster_info()?;
    session.println(&format!("{:<20}  {:<48}  {:<48}", "#Cluster Name", "#Topic", "#Consumer Group"));
    for topic in session.fetch_all_topic_list()? {
        if topic.is_of_group() {
            continue;
        }
        let cluster = caught(cluster_of(session, &topic, &info))?;
        let mut groups = Vec::new();
        if cluster.is_ok() {
            groups = caught(session.query_topic_consume_by_who(&topic))?.unwrap_or_default();
        }
        let cluster = front(&cluster.unwrap_or_default(), 20);
        let mut groups: Vec<_> = groups.iter().map(ToString::to_string).collect();
        if groups.is_empty() {
            groups.push(String::new());
        }
        for group in groups {
            let (topic, group) = (front(topic.as_str(), 64), front(&group, 64));
            session.println(&format!("{cluster:<20}  {topic:<64}  {group:<64}"));
        }
    }
    Ok(())
}

/// The cluster of the first broker of a topic.
fn cluster_of(session: &mut Session<'_>, topic: &TopicName, info: &ClusterInfo) -> Step<String> {
    let route = session.examine_topic_route_info(topic)?;
    let first = route.broker_datas.first();
    let cluster = first.and_then(|data| info.clusters_of(&data.broker_name).next());
    Ok(cluster.map_or_else(|| "null".to_owned(), ToString::to_string))
}

fn topic_cluster_list(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let info = session.examine_broker_cluster_info()?;
    let route = session.examine_topic_route_info(&arguments.required("t").into())?;
    if let Some(first) = route.broker_datas.first() {
        for cluster in info.clusters_of(&first.broker_name) {
            session.println(cluster.as_str());
        }
    }
    Ok(())
}

/// How the average strategy would divide the queues. The tool does not sort them first, so real consumers divide
/// them in another way.
fn allocate_mq(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let topic: TopicName = arguments.required("t").into();
    let members: Vec<ClientId> = arguments.required("i").split(',').map(ClientId::from).collect();
    let route = session.examine_topic_route_info(&topic)?;
    let readable = route.queue_datas.iter().filter(|data| data.perm & perm::READ != 0);
    let queues = readable.flat_map(|data| {
        (0..data.read_queue_nums).map(|id| (message_queue(&topic, &data.broker_name, id), ()))
    });
    let queues: Vec<_> = in_queue_order(queues.collect()).into_iter().map(|(queue, ())| queue).collect();
    let mut shares: Vec<(&ClientId, Vec<MessageQueue>)> = Vec::new();
    for member in &members {
        if shares.iter().any(|(other, _)| *other == member) {
            continue;
        }
        let strategy = AllocateStrategy::Averagely;
        let Ok(share) = allocate(&strategy, &RoomsByName, member, &queues, &members) else {
            let class = "java.lang.IllegalArgumentException";
            return Err(Exception::new(class, "mqAll is null or mqAll empty").into());
        };
        shares.push((member, share));
    }
    let mut text = Vec::new();
    for (member, share) in in_name_order(shares, |(member, _)| member.to_string()) {
        let queues: Vec<_> = share.iter().map(queue_json).collect();
        text.push(format!("\"{member}\":[{}]", queues.join(",")));
    }
    session.println(&format!("{{\"result\":{{{}}}}}", text.join(",")));
    Ok(())
}

fn queue_json(queue: &MessageQueue) -> String {
    format!(
        "{{\"brokerName\":\"{}\",\"queueId\":{},\"topic\":\"{}\"}}",
        queue.broker_name, queue.queue_id, queue.topic
    )
}
