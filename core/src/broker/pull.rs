//! A pull: checks, a look into the queue, and the long wait when there is nothing yet.
//!
//! RocketMQ's "push" is this: the consumer asks, and a broker that has nothing keeps the request until a message
//! arrives that passes the filter. Time-outs of held pulls are seen only by a check every 5 s, so a hold of 15 s ends
//! after 15 to 20 s.
//!
//! **In RocketMQ**: `PullMessageProcessor`, `DefaultPullMessageResultHandler`, `PullRequestHoldService`,
//! `NotifyMessageArrivingListener` (behaviour §3.7).
//!
//! **Left out on purpose**: the question CHECK_CLIENT_CONFIG by which a starting consumer learns early that its SQL92
//! filter is refused.

use std::sync::Arc;

use super::send::Put;
use super::stats::Counted;
use super::{Asked, Broker};
use crate::config::MessageModel;
use crate::fact::{Fact, WakeReason};
use crate::filter::BrokerFilter;
use crate::id::{BrokerId, ConnectionId, GroupName, NodeId, QueueId, QueueOffset, TopicName};
use crate::message::{Message, StoredMessage, property, tag_hash};
use crate::outbox::Outbox;
use crate::rpc::{
    PullRequest, RequestCode, Response, ResponseBody, ResponseCode, Subscription, SubscriptionGroupConfig,
    perm,
};
use crate::store::{GetMessageResult, GetMessageStatus, PullLimits};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

const CODE: RequestCode = RequestCode::PullMessage;
/// Period of the look at held pulls.
const CHECK_PERIOD: Duration = Duration::from_secs(5);

/// A pull that waits for a message.
#[derive(Clone, Debug)]
pub struct HeldPull {
    asked: Asked,
    request: PullRequest,
    /// What it takes, as when it came.
    filter: BrokerFilter,
    /// Since when.
    pub since: Instant,
    /// Until when it waits at least.
    pub until: Instant,
}

impl HeldPull {
    pub(super) const fn connection(&self) -> ConnectionId {
        self.asked.connection
    }

    /// Who waits.
    pub const fn consumer(&self) -> &NodeId {
        &self.asked.peer.node
    }

    /// The topic.
    pub const fn topic(&self) -> &TopicName {
        &self.request.topic
    }

    /// The queue.
    pub const fn queue_id(&self) -> QueueId {
        self.request.queue_id
    }

    /// The offset that it waits for.
    pub const fn offset(&self) -> QueueOffset {
        self.request.offset
    }

    fn waits_at(&self, message: &StoredMessage) -> bool {
        self.request.topic == message.message.topic && self.request.queue_id == message.queue_id
    }

    /// Why it is woken when these messages become visible; `None` when it is not.
    fn reason_to_wake(&self, now: Instant, visible: &[Arc<StoredMessage>]) -> Option<WakeReason> {
        let mut arrived = visible.iter().filter(|message| self.waits_at(message)).peekable();
        if arrived.peek().is_some() && now >= self.until {
            return Some(WakeReason::Timeout);
        }
        arrived.any(|message| self.wants(message)).then_some(WakeReason::Arrival)
    }

    /// Whether a message that arrived in its queue is one that it waits for.
    fn wants(&self, message: &StoredMessage) -> bool {
        let hash = tag_hash(message.message.tag().map(|tag| &**tag));
        message.queue_offset >= self.request.offset
            && self.filter.is_matched_by_consume_queue(hash)
            && self.filter.is_matched_by_commit_log(&message.message)
    }
}

impl Broker {
    pub(super) fn on_pull(&mut self, now: Instant, asked: Asked, request: PullRequest, out: &mut Outbox) {
        let filter = match self.check_pull(&request) {
            Err(refusal) => return asked.answer(refusal, out),
            Ok(filter) => filter,
        };
        if let Some(offset) = request.commit_offset
            && (self.profile.is_v5() || !self.is_slave())
        {
            let (group, topic) = (request.group.clone(), request.topic.clone());
            self.commit_offset(group, topic, request.queue_id, offset, out);
        }
        let response = self.look_and_tell(now, &asked, &request, &filter, out);
        let may_wait = request.suspend_timeout > Duration::ZERO;
        if response.code == ResponseCode::PullNotFound && may_wait {
            return self.hold(now, asked, request, filter, out);
        }
        asked.answer(response, out);
    }

    /// The checks of behaviour §3.7, in their order.
    fn check_pull(&mut self, request: &PullRequest) -> Result<BrokerFilter, Response> {
        let refuse = |code, remark: String| Err(Response::refused(CODE, code, remark));
        let PullRequest { group, topic, queue_id, .. } = request;
        if self.profile.is_v5() && self.is_slave() && !self.config.slave_read_enable {
            return refuse(
                ResponseCode::SystemBusy,
                "[REJECTREQUEST]system busy, start flow control for a while".to_owned(),
            );
        }
        if self.config.broker_permission & perm::READ == 0 {
            let remark = format!("the broker[{}] pulling message is forbidden", self.address.ip);
            return refuse(ResponseCode::NoPermission, remark);
        }
        let Some(settings) = self.find_group(group) else {
            let remark = format!("subscription group [{group}] does not exist");
            return refuse(ResponseCode::SubscriptionGroupNotExist, remark);
        };
        if !settings.consume_enable {
            let remark = format!("subscription group no permission, {group}");
            return refuse(ResponseCode::NoPermission, remark);
        }
        let settings = self.group_settings(group);
        if !settings.consume_enable {
            let remark = format!("subscription group no permission, {group}");
            return refuse(ResponseCode::NoPermission, remark);
        }
        let Some(config) = self.topics.get(topic) else {
            return refuse(
                ResponseCode::TopicNotExist,
                format!("topic[{topic}] not exist, apply first please!"),
            );
        };
        if config.perm & perm::READ == 0 {
            return refuse(
                ResponseCode::NoPermission,
                format!("the topic[{topic}] pulling message is forbidden"),
            );
        }
        if queue_id.0 >= config.read_queue_nums {
            let code = self.code_by_version(ResponseCode::SystemError, ResponseCode::InvalidParameter);
            return refuse(code, format!("queueId[{queue_id}] is illegal, topic:[{topic}]"));
        }
        if let Some(subscription) = &request.subscription {
            return self.filter_of(subscription);
        }
        let Some(info) = self.consumers.get(group) else {
            let remark = "the consumer's group info not exist".to_owned();
            return refuse(ResponseCode::SubscriptionNotExist, remark);
        };
        if !settings.consume_broadcast_enable && info.model == MessageModel::Broadcasting {
            let remark = format!("the consumer group[{group}] can not consume by broadcast way");
            return refuse(ResponseCode::NoPermission, remark);
        }
        match info.subscriptions.get(topic) {
            None => {
                refuse(ResponseCode::SubscriptionNotExist, "the consumer's subscription not exist".to_owned())
            }
            Some(known) if known.version < request.subscription_version => refuse(
                ResponseCode::SubscriptionNotLatest,
                "the consumer's subscription not latest".to_owned(),
            ),
            Some(known) => self.filter_of(known),
        }
    }

    /// The filter of a subscription, which an expression that does not make sense has none of.
    fn filter_of(&self, subscription: &Subscription) -> Result<BrokerFilter, Response> {
        let kind = &subscription.expression_type;
        let filter = BrokerFilter::new(subscription, self.profile).map_err(|_| {
            let remark = "The broker's consumer filter data is not exist!Your expression may be wrong!";
            Response::refused(CODE, ResponseCode::FilterDataNotExist, remark)
        })?;
        if !kind.is_tag_type() && !self.config.enable_property_filter {
            let remark = format!("The broker does not support consumer to filter message by {kind}");
            return Err(Response::refused(CODE, ResponseCode::SystemError, remark));
        }
        Ok(filter)
    }

    /// Looks into the queue. A master of V4 also stores an event whenever it calls an offset illegal
    /// (`generateOffsetMovedEvent`); V5 writes a line of its log instead.
    fn look_and_tell(
        &mut self,
        now: Instant,
        asked: &Asked,
        request: &PullRequest,
        filter: &BrokerFilter,
        out: &mut Outbox,
    ) -> Response {
        let response = match self.take_reset_offset(&request.group, &request.topic, request.queue_id) {
            Some(offset) => self.reset_response(request, offset),
            None => self.look(request, filter),
        };
        self.count_pull(now, request, &response);
        if let ResponseBody::Pulled { next, .. } = response.body
            && response.code == ResponseCode::PullOffsetMoved
            && !self.profile.is_v5()
        {
            let body = format!(
                "{{\"consumerGroup\":\"{}\",\"messageQueue\":{{\"brokerName\":\"{}\",\"queueId\":{},\"topic\":\"{}\"}},\
                 \"offsetNew\":{next},\"offsetRequest\":{}}}",
                request.group, self.broker_name, request.queue_id, request.topic, request.offset
            );
            let mut event = Message::new("OFFSET_MOVED_EVENT".into(), body.into_bytes());
            event.set_property(property::TAGS, request.group.as_str());
            event.set_property(property::DELAY, "0");
            event.set_property(property::KEYS, request.group.as_str());
            let put = Put::new(event, QueueId(0), (now, self.address), asked.peer.node.clone());
            self.put_message(now, put, out);
            self.after_append(now, out);
        }
        response
    }

    /// Counts what a pull found, and keeps where the next one will begin (`commitPullOffset` of V5).
    fn count_pull(&mut self, now: Instant, request: &PullRequest, response: &Response) {
        let ResponseBody::Pulled { next, messages, .. } = &response.body else {
            return;
        };
        let (group, topic) = (request.group.clone(), request.topic.clone());
        self.pull_offsets.set(group, topic, request.queue_id, *next);
        self.stats.got(now, messages.len());
        if !messages.is_empty() {
            self.stats.count(now, Counted::got(&request.topic, &request.group), messages.len());
        }
    }

    /// Sends a pull to where a reset wants it (`OFFSET_RESET`).
    fn reset_response(&self, request: &PullRequest, next: QueueOffset) -> Response {
        let found = GetMessageResult {
            status: GetMessageStatus::OffsetReset,
            next,
            min: self.store.min_offset(&request.topic, request.queue_id),
            max: self.store.max_offset(&request.topic, request.queue_id),
            messages: Vec::new(),
            behind: 0,
        };
        self.pull_response(request, ResponseCode::PullOffsetMoved, found)
    }

    /// Looks into the queue and turns what it finds into an answer (the table of behaviour §3.7).
    fn look(&self, request: &PullRequest, filter: &BrokerFilter) -> Response {
        let corrects_offset = !self.is_slave() || self.config.offset_check_in_slave;
        let limits = PullLimits { corrects_offset, ..PullLimits::new(request.max_messages, self.memory()) };
        let (topic, queue_id) = (&request.topic, request.queue_id);
        let found = self.store.get_messages(topic, queue_id, request.offset, limits, Some(filter));
        let code = match found.status {
            GetMessageStatus::Found => ResponseCode::Success,
            GetMessageStatus::NoMatchedMessage | GetMessageStatus::MessageWasRemoving => {
                ResponseCode::PullRetryImmediately
            }
            GetMessageStatus::OffsetOverflowOne | GetMessageStatus::OffsetFoundNull => {
                ResponseCode::PullNotFound
            }
            GetMessageStatus::NoMessageInQueue if request.offset == QueueOffset(0) => {
                ResponseCode::PullNotFound
            }
            GetMessageStatus::NoMessageInQueue
            | GetMessageStatus::OffsetReset
            | GetMessageStatus::OffsetTooSmall
            | GetMessageStatus::OffsetOverflowBadly => ResponseCode::PullOffsetMoved,
        };
        self.pull_response(request, code, found)
    }

    fn pull_response(&self, request: &PullRequest, code: ResponseCode, found: GetMessageResult) -> Response {
        let settings = self.group_settings(&request.group);
        let (mut code, next) = (code, found.next);
        let mut suggested_broker = match self.config.slave_read_enable {
            true if found.behind > self.memory() => settings.which_broker_when_consume_slowly,
            true => settings.broker_id,
            false => BrokerId::MASTER,
        };
        let moves_offsets = !self.is_slave() || self.config.offset_check_in_slave;
        if !moves_offsets && code == ResponseCode::PullOffsetMoved {
            // A slave never moves a consumer's offset: the store gave back the one asked for.
            code = ResponseCode::PullRetryImmediately;
            suggested_broker = settings.broker_id;
        }
        let (min, max, messages) = (found.min, found.max, found.messages);
        let body = ResponseBody::Pulled { next, min, max, suggested_broker, messages };
        Response { request: CODE, code, remark: "".into(), body }
    }

    fn hold(
        &mut self,
        now: Instant,
        asked: Asked,
        request: PullRequest,
        filter: BrokerFilter,
        out: &mut Outbox,
    ) {
        let timeout = if self.config.long_polling_enable {
            request.suspend_timeout
        } else {
            self.config.short_polling_time
        };
        out.note(Fact::PullHeld {
            consumer: asked.peer.node.clone(),
            topic: request.topic.clone(),
            queue_id: request.queue_id,
        });
        if self.held_pulls.is_empty() {
            self.arm_check(now, out);
        }
        self.held_pulls.hold(HeldPull { asked, request, filter, since: now, until: now + timeout });
    }

    /// The check runs every 5 s from the broker's start (every second with short polling).
    fn arm_check(&self, now: Instant, out: &mut Outbox) {
        let period =
            if self.config.long_polling_enable { CHECK_PERIOD } else { self.config.short_polling_time };
        let period = period.as_millis().max(1);
        let rounds = now.since(self.started_at).as_millis() / period + 1;
        out.set_timer(Timer::CheckHoldRequest, self.started_at + Duration::from_millis(rounds * period));
    }

    pub(super) fn check_held_pulls(&mut self, now: Instant, out: &mut Outbox) {
        let store = &self.store;
        let woken = self.held_pulls.take_all_with_reason(|held| {
            let end = store.max_offset(&held.request.topic, held.request.queue_id);
            let is_late = (now >= held.until).then_some(WakeReason::Timeout);
            if end > held.request.offset { Some(WakeReason::Check) } else { is_late }
        });
        for (held, reason) in woken {
            self.wake(now, held, reason, out);
        }
        if !self.held_pulls.is_empty() {
            self.arm_check(now, out);
        }
    }

    fn group_settings(&self, group: &GroupName) -> SubscriptionGroupConfig {
        self.groups.get(group).cloned().unwrap_or_default()
    }

    /// Wakes the pulls that wait for one of these messages, and those of the same queues whose time is over
    /// (`notifyMessageArriving`). Nobody is woken so without long polling.
    pub(super) fn wake_pulls(&mut self, now: Instant, visible: &[Arc<StoredMessage>], out: &mut Outbox) {
        if !self.config.long_polling_enable {
            return;
        }
        let queues = visible.iter().map(|message| (message.message.topic.clone(), message.queue_id));
        let woken = self.held_pulls.take_with_reason(queues, |held| held.reason_to_wake(now, visible));
        for (held, reason) in woken {
            self.wake(now, held, reason, out);
        }
    }

    /// Wakes every pull that is held.
    pub(super) fn wake_all_pulls(&mut self, now: Instant, reason: WakeReason, out: &mut Outbox) {
        for (held, reason) in self.held_pulls.take_all_with_reason(|_| Some(reason)) {
            self.wake(now, held, reason, out);
        }
    }

    /// Looks at a held pull once more and answers it, whatever is found.
    fn wake(&mut self, now: Instant, held: HeldPull, reason: WakeReason, out: &mut Outbox) {
        let HeldPull { asked, request, .. } = held;
        out.note(Fact::PullWoken {
            consumer: asked.peer.node.clone(),
            topic: request.topic.clone(),
            queue_id: request.queue_id,
            reason,
        });
        let response = match self.check_pull(&request) {
            Err(refusal) => refusal,
            Ok(filter) => self.look_and_tell(now, &asked, &request, &filter, out),
        };
        asked.answer(response, out);
    }
}
