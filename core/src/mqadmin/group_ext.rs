//! What several commands ask about groups: how far they are, who is in them, what a member is doing.
//!
//! **In RocketMQ**: `DefaultMQAdminExtImpl`.
//!
//! **Left out on purpose**: static topics, hence the question for a topic's mapping (`GET_TOPIC_CONFIG`) with which V5
//! ends a look at a group's offsets.

use std::collections::BTreeSet;

use super::exception::Exception;
use super::session::{Session, Step, Stop, TIMEOUT, caught};
use crate::config::{MessageModel, Profile};
use crate::gather::Gather as _;
use crate::hash_order::in_name_order;
use crate::id::{Address, ClientId, GroupName, TopicName};
use crate::rpc::{
    ConsumeStats, ConsumerConnection, ConsumerRunningInfo, Request, ResponseBody, ResponseCode, TopicRoute,
    TopicStats,
};
use crate::time::Duration;

/// Response code 206, which the tool also uses by itself.
pub(super) const CONSUMER_NOT_ONLINE: u16 = ResponseCode::ConsumerNotOnline.number();
/// Response code 213, used by the tool itself only.
pub(super) const BROADCAST_CONSUMPTION: u16 = 213;

/// How long the tool waits where many messages may have to be looked at.
pub(super) const LONG_TIMEOUT: Duration = Duration::from_millis(TIMEOUT.as_millis() * 3);

impl Session<'_> {
    /// One address for each broker name of a route.
    pub(super) fn select_broker_addrs(&mut self, route: &TopicRoute) -> Vec<Address> {
        route.broker_datas.iter().filter_map(|data| self.select_broker_addr(data)).collect()
    }

    /// How far a group is (`examineConsumeStats`).
    pub(super) fn examine_consume_stats(
        &mut self,
        group: &GroupName,
        topic: Option<&TopicName>,
    ) -> Step<ConsumeStats> {
        let route = self.route_of_group(group, topic)?;
        let mut result = ConsumeStats::default();
        for address in self.select_broker_addrs(&route) {
            let stats = self.consume_stats_of(address, group, topic, LONG_TIMEOUT)?;
            result.offsets.extend(stats.offsets);
            result.rates.extend(stats.rates);
        }
        if self.profile().is_v5() {
            // A topic without a route makes the tool fail, whatever the brokers said.
            let topics: BTreeSet<TopicName> = result.offsets.keys().map(|queue| queue.topic.clone()).gather();
            for topic in in_name_order(topics.into_iter().collect(), ToString::to_string) {
                self.examine_topic_route_info(&topic)?;
            }
        }
        if result.offsets.is_empty() {
            self.explain_empty_stats(group)?;
        }
        Ok(result)
    }

    /// The route by which a group's brokers are found: that of its retry topic; V5 also tries those of the topic.
    fn route_of_group(&mut self, group: &GroupName, topic: Option<&TopicName>) -> Step<TopicRoute> {
        let retry = TopicName::retry_of(group);
        let Some(topic) = topic.filter(|_| self.profile().is_v5()) else {
            return self.examine_topic_route_info(&retry);
        };
        let pop_retry: TopicName = format!("{retry}_{topic}").into();
        for candidate in [retry, topic.clone()] {
            if let Ok(route) = caught(self.examine_topic_route_info(&candidate))? {
                return Ok(route);
            }
        }
        self.examine_topic_route_info(&pop_retry)
    }

    /// Fails if a group without any offset is not one that consumes here and now (V5), or always (V4).
    fn explain_empty_stats(&mut self, group: &GroupName) -> Step<()> {
        let why = |reason: &str| {
            format!(
                "Not found the consumer group consume stats, because return offset table is empty, {reason}"
            )
        };
        if !self.profile().is_v5() {
            let text = why("maybe the consumer not consume any message");
            return Err(Exception::client(Profile::V4, CONSUMER_NOT_ONLINE, &text).into());
        }
        match caught(self.examine_consumer_connection(group))? {
            Err(_) => {
                let text = why("maybe the consumer not online");
                Err(Exception::client(Profile::V5, CONSUMER_NOT_ONLINE, &text).into())
            }
            Ok(connection) if connection.model == MessageModel::Broadcasting => {
                let text = why("the consumer is under the broadcast mode");
                Err(Exception::client(Profile::V5, BROADCAST_CONSUMPTION, &text).into())
            }
            Ok(_) => Ok(()),
        }
    }

    /// How far a group is on one broker.
    pub(super) fn consume_stats_of(
        &mut self,
        address: Address,
        group: &GroupName,
        topic: Option<&TopicName>,
        timeout: Duration,
    ) -> Step<ConsumeStats> {
        let request = Request::GetConsumeStats { group: group.clone(), topic: topic.cloned() };
        match self.invoke_broker_within(address, request, timeout)?.body {
            ResponseBody::ConsumeStats(stats) => Ok(stats),
            _ => Ok(ConsumeStats::default()),
        }
    }

    /// Who is in a consumer group, as one of the brokers of its retry topic says.
    pub(super) fn examine_consumer_connection(&mut self, group: &GroupName) -> Step<ConsumerConnection> {
        match self.any_broker_of(&TopicName::retry_of(group))? {
            Some(address) => self.consumer_connection_of(address, group),
            None => Err(self.nobody_online()),
        }
    }

    /// Who is in a consumer group, as this broker says.
    pub(super) fn consumer_connection_of(
        &mut self,
        address: Address,
        group: &GroupName,
    ) -> Step<ConsumerConnection> {
        let request = Request::GetConsumerConnectionList { group: group.clone() };
        match self.invoke_broker(address, request)?.body {
            ResponseBody::ConsumerConnection(connection) if !connection.connections.is_empty() => {
                Ok(connection)
            }
            _ => Err(self.nobody_online()),
        }
    }

    fn nobody_online(&self) -> Stop {
        let text = "Not found the consumer group connection";
        Exception::client(self.profile(), CONSUMER_NOT_ONLINE, text).into()
    }

    /// Who is in a producer group, as one of the brokers of a topic says.
    pub(super) fn examine_producer_connection(
        &mut self,
        group: GroupName,
        topic: &TopicName,
    ) -> Step<Vec<(ClientId, Address)>> {
        if let Some(address) = self.any_broker_of(topic)? {
            let request = Request::GetProducerConnectionList { group };
            if let ResponseBody::ProducerConnection(clients) = self.invoke_broker(address, request)?.body
                && !clients.is_empty()
            {
                return Ok(clients);
            }
        }
        Err(Exception::client_side(self.profile(), "Not found the producer group connection").into())
    }

    /// A broker name of the topic by chance, and of it the master if there is one.
    fn any_broker_of(&mut self, topic: &TopicName) -> Step<Option<Address>> {
        let route = self.examine_topic_route_info(topic)?;
        let chosen = self.below(route.broker_datas.len());
        Ok(route.broker_datas.get(chosen).and_then(|data| self.select_broker_addr(data)))
    }

    /// What a consumer is doing, as the first broker of the retry topic hears from it.
    pub(super) fn examine_running_info(
        &mut self,
        group: &GroupName,
        client_id: &ClientId,
    ) -> Step<Option<ConsumerRunningInfo>> {
        let route = self.examine_topic_route_info(&TopicName::retry_of(group))?;
        let Some(address) = self.select_broker_addrs(&route).first().copied() else {
            return Ok(None);
        };
        let request = Request::GetConsumerRunningInfo { group: group.clone(), client_id: client_id.clone() };
        let timeout = if self.profile().is_v5() { TIMEOUT } else { LONG_TIMEOUT };
        match self.invoke_checked_within(address, request, timeout)?.body {
            ResponseBody::RunningInfo(info) => Ok(Some(*info)),
            _ => Ok(None),
        }
    }

    /// The offsets of a topic on one broker.
    pub(super) fn topic_stats_of(&mut self, address: Address, topic: TopicName) -> Step<TopicStats> {
        match self.invoke_broker(address, Request::GetTopicStatsInfo { topic })?.body {
            ResponseBody::TopicStats(stats, _) => Ok(stats),
            _ => Ok(TopicStats::default()),
        }
    }
}
