//! Routes: which brokers have a topic, and how many queues (behaviour §1.2).
//!
//! **In RocketMQ**: `ClientRequestProcessor`, `RouteInfoManager.pickupTopicRouteData`.

use std::sync::Arc;

use super::NameServer;
use crate::id::{BrokerId, TopicName};
use crate::rpc::{
    BrokerData, NAMESPACE_ORDER_TOPIC_CONFIG, QueueData, RequestCode, Response, ResponseBody, ResponseCode,
    TopicRoute, perm,
};
use crate::time::{Duration, Instant};

const CODE: RequestCode = RequestCode::GetRouteInfoByTopic;
/// Topics by which brokers of one name find each other; their routes always show who is there.
const SYNC_BROKER_MEMBER_GROUP_PREFIX: &str = "rmq_sys_SYNC_BROKER_MEMBER_";

impl NameServer {
    pub(super) fn answer_route(&self, now: Instant, topic: &TopicName) -> Response {
        let wait = Duration::from_millis(self.config.wait_seconds_for_service.saturating_mul(1000));
        if self.profile.is_v5() && self.config.need_wait_for_service && now.since(self.started_at) < wait {
            return Response::refused(CODE, ResponseCode::SystemError, "name server not ready");
        }
        match self.route(topic) {
            Some(route) => Response::with(CODE, ResponseBody::Route(Arc::new(route))),
            None => Response::refused(
                CODE,
                ResponseCode::TopicNotExist,
                format!("No topic route info in name server for the topic: {topic}"),
            ),
        }
    }

    fn route(&self, topic: &TopicName) -> Option<TopicRoute> {
        let queues = self.topics.get(topic)?;
        let queue_datas: Vec<_> = queues
            .iter()
            .map(|(broker_name, config)| QueueData {
                broker_name: broker_name.clone(),
                read_queue_nums: config.read_queue_nums,
                write_queue_nums: config.write_queue_nums,
                perm: config.perm,
            })
            .collect();
        let mut broker_datas: Vec<_> =
            queues.keys().filter_map(|name| self.brokers.get(name)).cloned().collect();
        if self.profile.is_v5()
            && self.config.support_acting_master
            && !topic.as_str().starts_with(SYNC_BROKER_MEMBER_GROUP_PREFIX)
        {
            for broker in &mut broker_datas {
                Self::name_acting_master(broker, &queue_datas);
            }
        }
        let order_topic_conf = if self.config.order_message_enable {
            self.kv_config.get(NAMESPACE_ORDER_TOPIC_CONFIG, topic.as_str()).cloned()
        } else {
            None
        };
        let is_found = !queue_datas.is_empty() && !broker_datas.is_empty();
        is_found.then_some(TopicRoute { queue_datas, broker_datas, order_topic_conf })
    }

    /// Where no master is there, the slave with the smallest id is shown in its place, for reading only.
    fn name_acting_master(broker: &mut BrokerData, queue_datas: &[QueueData]) {
        let addresses = &mut broker.broker_addrs;
        if addresses.contains_key(&BrokerId::MASTER) || !broker.enable_acting_master {
            return;
        }
        let queues = queue_datas.iter().find(|queues| queues.broker_name == broker.broker_name);
        if queues.is_some_and(|queues| queues.perm & perm::WRITE == 0)
            && let Some((_, acting)) = addresses.pop_first()
        {
            addresses.insert(BrokerId::MASTER, acting);
        }
    }
}
