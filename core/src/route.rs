//! What clients make of a route: the queues a producer may choose, the queues a group divides, whether it changed.
//!
//! **In RocketMQ**: `MQClientInstance.topicRouteData2TopicPublishInfo`, `…2TopicSubscribeInfo`,
//! `TopicRouteData.topicRouteDataChanged`, `BrokerData.selectBrokerAddr` (behaviour §2.3).
//! **Left out on purpose**: static topics.

use crate::gather::Arrange as _;
use crate::id::{Address, BrokerId, BrokerName, MessageQueue, TopicName};
use crate::rng::Rng;
use crate::rpc::{BrokerData, TopicRoute, message_queue, perm};

/// An order configuration that is not of the form `broker-a:4;broker-b:4`. RocketMQ's client throws then and keeps
/// the route that it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedOrderConf;

/// The queues a producer chooses from, in the order of its round. An order configuration lists them, whatever their
/// permission and wherever their masters are; without one they are those that are writable and whose broker has a
/// master, by broker name, then queue id.
///
/// # Errors
/// The order configuration cannot be read.
pub fn writable_queues(
    topic: &TopicName,
    route: &TopicRoute,
) -> Result<Vec<MessageQueue>, MalformedOrderConf> {
    if let Some(conf) = route.order_topic_conf.as_deref().filter(|conf| !conf.is_empty()) {
        return ordered_queues(topic, conf);
    }
    let has_master = |name| {
        route
            .broker_datas
            .iter()
            .any(|broker| &broker.broker_name == name && broker.broker_addrs.contains_key(&BrokerId::MASTER))
    };
    let mut queue_datas: Vec<_> =
        route.queue_datas.iter().filter(|data| data.perm & perm::WRITE != 0).collect();
    queue_datas.arrange_by(|one, other| one.broker_name.cmp(&other.broker_name));
    Ok(queue_datas
        .into_iter()
        .filter(|data| has_master(&data.broker_name))
        .flat_map(|data| (0..data.write_queue_nums).map(|id| message_queue(topic, &data.broker_name, id)))
        .collect())
}

/// `broker-a:4;broker-b:4`. As `String.split` cuts it, nothing is read behind the last entry that is not empty, and
/// only the first two parts of an entry count.
fn ordered_queues(topic: &TopicName, conf: &str) -> Result<Vec<MessageQueue>, MalformedOrderConf> {
    let mut queues = Vec::new();
    let entries = conf.trim_end_matches(';');
    if entries.is_empty() {
        return Ok(queues);
    }
    for entry in entries.split(';') {
        let mut parts = entry.split(':');
        let (broker, count) = (parts.next().unwrap_or_default(), parts.next().ok_or(MalformedOrderConf)?);
        let count: i32 = count.parse().map_err(|_| MalformedOrderConf)?;
        let ids = 0..u32::try_from(count).unwrap_or(0);
        queues.extend(ids.map(|id| message_queue(topic, &broker.into(), id)));
    }
    Ok(queues)
}

/// The writable queues that a broker has of the topic, masters or not; `None` when it has none to write to
/// (`TopicPublishInfo.getQueueIdByBroker` of V4).
pub fn write_queue_nums(route: &TopicRoute, broker: &BrokerName) -> Option<u32> {
    let is_writable = |perm: u8| perm & perm::WRITE != 0;
    let data = route.queue_datas.iter().find(|data| data.broker_name == *broker && is_writable(data.perm));
    data.map(|data| data.write_queue_nums)
}

/// Whether an answer of a name server differs from the one before, whatever the order of its lists.
pub fn has_changed(old: Option<&TopicRoute>, new: &TopicRoute) -> bool {
    old.is_none_or(|old| sorted(old) != sorted(new))
}

fn sorted(route: &TopicRoute) -> TopicRoute {
    let mut route = route.clone();
    route.queue_datas.arrange_by(|one, other| one.broker_name.cmp(&other.broker_name));
    route.broker_datas.arrange_by(|one, other| one.broker_name.cmp(&other.broker_name));
    route
}

/// Where to ask a broker name something that every replica knows: its master if it has one, else any slave.
pub fn select_broker_addr(broker: &BrokerData, rng: &mut Rng) -> Option<Address> {
    let addresses = &broker.broker_addrs;
    let any = |rng: &mut Rng| {
        let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
        // A single slave draws no number.
        let place = if count > 1 { rng.below(count) as usize } else { 0 };
        addresses.values().nth(place)
    };
    addresses.get(&BrokerId::MASTER).or_else(|| any(rng)).copied()
}

/// The queues a group divides: readable; a master is not needed.
pub fn readable_queues(topic: &TopicName, route: &TopicRoute) -> Vec<MessageQueue> {
    let mut queues: Vec<_> = route
        .queue_datas
        .iter()
        .filter(|data| data.perm & perm::READ != 0)
        .flat_map(|data| (0..data.read_queue_nums).map(|id| message_queue(topic, &data.broker_name, id)))
        .collect();
    queues.arrange();
    queues
}

/// The template's route as the route of a topic that does not exist yet: as many queues as the producer asks for,
/// at most as many as the template has (behaviour §2.4).
pub fn from_template(template: &TopicRoute, default_topic_queue_nums: u32) -> TopicRoute {
    let mut route = template.clone();
    for data in &mut route.queue_datas {
        let queues = default_topic_queue_nums.min(data.read_queue_nums);
        (data.read_queue_nums, data.write_queue_nums) = (queues, queues);
    }
    route
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_configuration_is_read_as_java_splits_it() {
        let read = |conf: &str| {
            let queues = ordered_queues(&"T".into(), conf)?;
            Ok(queues
                .iter()
                .map(|queue| format!("{}{}", queue.broker_name, queue.queue_id))
                .collect::<Vec<_>>())
        };
        assert_eq!(read("b:1;a:2;;"), Ok(vec!["b0".to_owned(), "a0".to_owned(), "a1".to_owned()]));
        assert_eq!(read("a:-1"), Ok(Vec::new()));
        assert_eq!(read(";;"), Ok(Vec::new()));
        for malformed in ["a", "a:x", "a:1;;b:1", ":"] {
            assert_eq!(read(malformed), Err(MalformedOrderConf), "{malformed}");
        }
    }
}
