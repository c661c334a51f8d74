//! The clients of a broker: who is in which group, and what the group subscribes to.
//!
//! The broker keeps *one* subscription map per group, not per member: the last heartbeat wins (behaviour §5.5).
//! When the membership changes, all members are told and divide the queues again; which one gets what they work out
//! by themselves.
//!
//! **In RocketMQ**: `ConsumerManager`, `ConsumerGroupInfo`, `ProducerManager`, `ClientHousekeepingService`,
//! `DefaultConsumerIdsChangeListener`. **Left out on purpose**: notices collected for 15 s
//! (`realTimeNotifyConsumerChange=false`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Asked, Broker};
use crate::config::{ConsumeFromWhere, MessageModel};
use crate::fact::{Fact, LeaveReason};
use crate::id::{Address, ClientId, ConnectionId, GroupName, Opaque, TopicName};
use crate::outbox::Outbox;
use crate::rpc::{
    ConsumerData, Frame, Heartbeat, Request, RequestCode, Response, ResponseBody, ResponseCode, Subscription,
    SubscriptionGroupConfig,
};
use crate::time::{Duration, Instant};

/// Period of the look for clients without a heartbeat, and the wait before the first.
pub(super) const SCAN_PERIOD: Duration = Duration::from_secs(10);

/// One connection of a group (`ClientChannelInfo`).
#[derive(Clone, Debug)]
pub struct Member {
    /// Who it says it is; two processes may say the same.
    pub client_id: ClientId,
    /// Where it connected from.
    pub address: Address,
    /// When its last heartbeat came.
    pub last_heartbeat: Instant,
}

/// A consumer group with at least one member (`ConsumerGroupInfo`).
#[derive(Clone, Debug)]
pub struct ConsumerGroupInfo {
    /// As the last heartbeat said.
    pub model: MessageModel,
    /// As the last heartbeat said.
    pub from: ConsumeFromWhere,
    /// As the last heartbeat said, each topic with its newest version.
    pub subscriptions: BTreeMap<TopicName, Subscription>,
    /// By connection.
    pub members: BTreeMap<ConnectionId, Member>,
}

impl ConsumerGroupInfo {
    /// Takes over what a heartbeat says; true when a topic came or went (`updateSubscription`).
    fn update_subscriptions(&mut self, said: &BTreeMap<TopicName, Subscription>) -> bool {
        let mut changed = false;
        for (topic, subscription) in said {
            match self.subscriptions.get_mut(topic) {
                Some(old) if subscription.version > old.version => *old = subscription.clone(),
                Some(_) => {}
                None => {
                    self.subscriptions.insert(topic.clone(), subscription.clone());
                    changed = true;
                }
            }
        }
        let before = self.subscriptions.len();
        self.subscriptions.retain(|topic, _| said.contains_key(topic));
        changed || self.subscriptions.len() != before
    }
}

impl Broker {
    pub(super) fn on_heartbeat(
        &mut self,
        now: Instant,
        asked: &Asked,
        heartbeat: Heartbeat,
        out: &mut Outbox,
    ) {
        let Heartbeat { client_id, consumers, producers } = heartbeat;
        for data in consumers {
            if !self.knows_group(&data.group) {
                continue;
            }
            self.subscribed_topics.extend(data.subscriptions.keys().cloned());
            self.ensure_retry_topic(now, &data.group, out);
            self.register_consumer(now, asked, &client_id, data, out);
        }
        for group in producers {
            let address = asked.peer.address;
            let member = Member { client_id: client_id.clone(), address, last_heartbeat: now };
            self.producers.entry(group).or_default().insert(asked.connection, member);
        }
    }

    /// Whether the group has a configuration, which its first appearance makes if that is allowed.
    pub(super) fn knows_group(&mut self, group: &GroupName) -> bool {
        if !self.groups.contains_key(group) && self.config.auto_create_subscription_group {
            Arc::make_mut(&mut self.groups).insert(group.clone(), SubscriptionGroupConfig::default());
        }
        self.groups.contains_key(group)
    }

    fn register_consumer(
        &mut self,
        now: Instant,
        asked: &Asked,
        client_id: &ClientId,
        data: ConsumerData,
        out: &mut Outbox,
    ) {
        let group = self.consumers.entry(data.group.clone()).or_insert_with(|| ConsumerGroupInfo {
            model: data.model,
            from: data.from,
            subscriptions: BTreeMap::new(),
            members: BTreeMap::new(),
        });
        (group.model, group.from) = (data.model, data.from);
        let address = asked.peer.address;
        let member = Member { client_id: client_id.clone(), address, last_heartbeat: now };
        let is_new = group.members.insert(asked.connection, member).is_none();
        let changed = group.update_subscriptions(&data.subscriptions);
        if is_new {
            out.note(Fact::ClientRegistered { client_id: client_id.clone(), group: data.group.clone() });
        }
        if is_new || changed {
            self.notify_consumer_ids_changed(&data.group, out);
        }
    }

    /// Tells all members that the group changed; V5 leaves broadcasting groups alone, which divide nothing.
    fn notify_consumer_ids_changed(&self, group: &GroupName, out: &mut Outbox) {
        let Some(info) = self.consumers.get(group) else {
            return;
        };
        if self.profile.is_v5() && info.model == MessageModel::Broadcasting {
            return;
        }
        for connection in info.members.keys() {
            let request = Request::NotifyConsumerIdsChanged { group: group.clone() };
            let frame = Frame::Request { opaque: Opaque(0), one_way: true, request: Box::new(request) };
            out.send(*connection, frame);
        }
    }

    pub(super) fn forget_consumer(
        &mut self,
        group: &GroupName,
        connection: ConnectionId,
        reason: LeaveReason,
        out: &mut Outbox,
    ) {
        let Some(info) = self.consumers.get_mut(group) else {
            return;
        };
        let Some(member) = info.members.remove(&connection) else {
            return;
        };
        out.note(Fact::ClientUnregistered { client_id: member.client_id, group: group.clone(), reason });
        self.notify_consumer_ids_changed(group, out);
        if self.consumers.get(group).is_some_and(|info| info.members.is_empty()) {
            self.consumers.remove(group);
        }
    }

    pub(super) fn forget_producer(&mut self, group: &GroupName, connection: ConnectionId) {
        if let Some(members) = self.producers.get_mut(group) {
            members.remove(&connection);
            if members.is_empty() {
                self.producers.remove(group);
            }
        }
    }

    pub(super) fn consumer_list(&self, group: &GroupName) -> Response {
        let code = RequestCode::GetConsumerListByGroup;
        match self.consumers.get(group) {
            Some(info) => {
                let ids = info.members.values().map(|member| member.client_id.clone()).collect();
                Response::with(code, ResponseBody::ConsumerIds(ids))
            }
            None => Response::refused(
                code,
                ResponseCode::SystemError,
                format!("no consumer for this group, {group}"),
            ),
        }
    }

    /// Forgets clients whose heartbeat is overdue and closes their connections.
    pub(super) fn scan_clients(&mut self, now: Instant, out: &mut Outbox) {
        let timeout = self.config.channel_expired_timeout;
        let members = self.consumers.values().flat_map(|info| &info.members);
        let members = members.chain(self.producers.values().flatten());
        let overdue: Vec<_> = members
            .filter(|(_, member)| now.since(member.last_heartbeat) > timeout)
            .map(|(connection, _)| *connection)
            .collect();
        for connection in overdue {
            if self.channels.remove(connection).is_some() {
                out.close(connection);
            }
            self.forget_connection(connection, LeaveReason::Expired, out);
        }
    }
}
