//! What clients make of a route: the queues a producer may choose, and the queues a group divides.
//!
//! **In RocketMQ**: `MQClientInstance.topicRouteData2TopicPublishInfo`, `…2TopicSubscribeInfo` (behaviour §2.3).
//! **Left out on purpose**: order configurations and static topics.

use crate::id::{BrokerId, MessageQueue, TopicName};
use crate::rpc::{TopicRoute, message_queue, perm};

/// The queues a producer chooses from: writable, and their broker has a master. By broker name, then queue id.
pub fn writable_queues(topic: &TopicName, route: &TopicRoute) -> Vec<MessageQueue> {
    let has_master = |name| {
        route
            .broker_datas
            .iter()
            .any(|broker| &broker.broker_name == name && broker.broker_addrs.contains_key(&BrokerId::MASTER))
    };
    let mut queue_datas: Vec<_> =
        route.queue_datas.iter().filter(|data| data.perm & perm::WRITE != 0).collect();
    queue_datas.sort_by(|one, other| one.broker_name.cmp(&other.broker_name));
    queue_datas
        .into_iter()
        .filter(|data| has_master(&data.broker_name))
        .flat_map(|data| (0..data.write_queue_nums).map(|id| message_queue(topic, &data.broker_name, id)))
        .collect()
}

/// The queues a group divides: readable; a master is not needed.
pub fn readable_queues(topic: &TopicName, route: &TopicRoute) -> Vec<MessageQueue> {
    let mut queues: Vec<_> = route
        .queue_datas
        .iter()
        .filter(|data| data.perm & perm::READ != 0)
        .flat_map(|data| (0..data.read_queue_nums).map(|id| message_queue(topic, &data.broker_name, id)))
        .collect();
    queues.sort();
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
