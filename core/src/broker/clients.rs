//! The clients of a broker: who is in which group, and what the group subscribes to.
//!
//! The broker keeps *one* subscription map per group, not per member: the last heartbeat wins (behaviour §5.5).
//! When the membership changes, all members are told and divide the queues again; which one gets what they work out
//! by themselves.
//!
//! **In RocketMQ**: `ConsumerManager`, `ConsumerGroupInfo`, `ProducerManager`, `ClientHousekeepingService`,
//! `DefaultConsumerIdsChangeListener`. **Left out on purpose**: the wait of notices collected for 15 s takes no heed of
//! members that leave meanwhile: they are told as well, which nobody hears.

use std::collections::BTreeMap;

use super::{Asked, Broker};
use crate::config::{ConsumeFromWhere, MessageModel};
use crate::fact::{Fact, LeaveReason};
use crate::id::{Address, ClientId, ConnectionId, GroupName, TopicName};
use crate::outbox::Outbox;
use crate::rpc::{
    ConsumerData, Heartbeat, Request, RequestCode, Response, ResponseBody, ResponseCode, Subscription,
};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// Period of the look for clients without a heartbeat, and the wait before the first.
pub(super) const SCAN_PERIOD: Duration = Duration::from_secs(10);
/// Notices that are collected go out this long after the start for the first time, and then once in this period.
const FIRST_NOTICES: Duration = Duration::from_secs(30);
const NOTICE_PERIOD: Duration = Duration::from_secs(15);

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
            let Some(settings) = self.find_group(&data.group) else {
                continue;
            };
            self.subscribed_topics.extend(data.subscriptions.keys().cloned());
            let retry = TopicName::retry_of(&data.group);
            self.ensure_topic(now, &retry, settings.retry_queue_nums, out);
            self.register_consumer(now, asked, &client_id, data, out);
        }
        for group in producers {
            let address = asked.peer.address;
            let member = Member { client_id: client_id.clone(), address, last_heartbeat: now };
            self.producers.entry(group).or_default().insert(asked.connection, member);
        }
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
        let wants_notices = self.groups.get(&data.group).is_none_or(|s| s.notify_consumer_ids_changed_enable);
        if (is_new || changed) && wants_notices {
            self.notify_consumer_ids_changed(now, &data.group, out);
        }
    }

    /// Tells all members that the group changed; V5 leaves broadcasting groups alone, which divide nothing.
    fn notify_consumer_ids_changed(&mut self, now: Instant, group: &GroupName, out: &mut Outbox) {
        let Some(info) = self.consumers.get(group) else {
            return;
        };
        let leaves_alone = self.profile.is_v5() && info.model == MessageModel::Broadcasting;
        if leaves_alone || !self.config.notify_consumer_ids_changed_enable {
            return;
        }
        let members = info.members.keys().copied().collect();
        self.notices.insert(group.clone(), members);
        if self.config.real_time_notify_consumer_change {
            return self.send_notices(out);
        }
        let since = now.since(self.started_at).saturating_sub(FIRST_NOTICES).as_millis();
        let rounds = since.div_ceil(NOTICE_PERIOD.as_millis());
        let wait = FIRST_NOTICES + Duration::from_millis(rounds * NOTICE_PERIOD.as_millis());
        out.set_timer(Timer::NotifyConsumerChange, self.started_at + wait);
    }

    /// Sends the notices that wait.
    pub(super) fn send_notices(&mut self, out: &mut Outbox) {
        for (group, members) in std::mem::take(&mut self.notices) {
            for connection in members {
                let request = Request::NotifyConsumerIdsChanged { group: group.clone() };
                self.calls.invoke_one_way(connection, request, out);
            }
        }
    }

    /// A client is no member any more. Who leaves in good order or by a closed connection is made known to the
    /// others; who is found silent is not, and they notice at their next division.
    pub(super) fn forget_consumer(
        &mut self,
        now: Instant,
        group: &GroupName,
        connection: ConnectionId,
        reason: LeaveReason,
        out: &mut Outbox,
    ) {
        let Some(info) = self.consumers.get_mut(group) else {
            return;
        };
        let removed = info.members.remove(&connection);
        let tells = match reason {
            LeaveReason::Unregistered => {
                self.groups.get(group).is_none_or(|settings| settings.notify_consumer_ids_changed_enable)
            }
            LeaveReason::ChannelClosed => removed.is_some(),
            LeaveReason::Expired => false,
        };
        if let Some(Member { client_id, .. }) = removed {
            out.note(Fact::ClientUnregistered { client_id, group: group.clone(), reason });
        }
        if tells {
            self.notify_consumer_ids_changed(now, group, out);
        }
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
            self.forget_connection(now, connection, LeaveReason::Expired, out);
        }
    }
}
