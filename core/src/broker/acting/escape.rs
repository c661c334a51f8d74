//! Where an acting slave stores what only a master may: at the master of another broker name of the cluster.
//!
//! The bridge keeps routes as a producer does. A message goes to some writable queue of its topic, whatever queue it
//! was meant for. Without `enableRemoteEscape`, and where no other master has the topic, nothing can be stored: a
//! message of a delay level then waits, a timer message is given up after three attempts, and a half message is passed
//! over after eleven.
//!
//! What POP revives goes to the one queue that a hash of its topic and the broker's address chooses, so that everything
//! of a topic meets at one broker; `waiting` is the message as it was popped.
//!
//! **In RocketMQ**: `EscapeBridge`, `TopicRouteInfoManager` (behaviour §4.5).
//!
//! **Left out on purpose**: one counter of queues for each thread and topic (there is one); escaping by several threads
//! of the timer wheel at once.
//!
//! **Invariants**: of each origin one message is under way at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ActingPurpose;
use crate::broker::{Broker, Purpose};
use crate::client_instance::AUTO_CREATE_TOPIC;
use crate::fact::{ActingFact, Fact, MessageAt};
use crate::id::{Address, BrokerId, BrokerName, MessageQueue, TopicName};
use crate::message::{Message, StoredMessage, java_hash, property};
use crate::outbox::Outbox;
use crate::queue_choice::{Choice, ThreadLocalIndex};
use crate::remoting::Failure;
use crate::route::writable_queues;
use crate::rpc::{Request, Response, ResponseBody, ResponseCode, TopicRoute};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// How long the other broker may take (`SEND_TIMEOUT`).
const SEND_TIMEOUT: Duration = Duration::from_secs(3);
/// Wait before the first poll of routes.
const FIRST_POLL: Duration = Duration::from_secs(1);
const NO_ROUTE: &str = "no route to its topic";
const NO_OTHER_MASTER: &str = "no other master has its topic";
const NO_MASTER: &str = "no master of the other broker name";
/// Queues that a topic created by an escape asks for.
const DEFAULT_TOPIC_QUEUE_NUMS: u32 = 8;

/// Which service wants something stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::broker) enum EscapeOrigin {
    /// The delivery of a delay level.
    Level(u32),
    /// The timer wheel.
    Timer,
    /// The check of half messages.
    Half,
    /// The revival of POP, with a number of its own for each message.
    Revive(u64),
    /// POP: a check point or an acknowledgement of what the slave handed out, which lies nowhere here. With a number too.
    Pop(u64),
}

/// A message that is to be stored elsewhere.
#[derive(Clone, Debug)]
pub(in crate::broker) struct Escape {
    /// As it is to be sent.
    message: Message,
    sys_flag: u32,
    reconsume_times: u32,
    /// As it lies here.
    waiting: Arc<StoredMessage>,
    /// Where it was sent to.
    sent_to: Option<BrokerName>,
}

impl Escape {
    /// A copy of a stored message under its real topic; nobody is to wait for copies of it.
    pub(in crate::broker) fn new(waiting: Arc<StoredMessage>, mut message: Message, sys_flag: u32) -> Self {
        message.set_property(property::WAIT, "false");
        Self { message, sys_flag, reconsume_times: waiting.reconsume_times, waiting, sent_to: None }
    }

    /// A message that has failed once more.
    pub(in crate::broker) fn once_more(mut self) -> Self {
        self.reconsume_times += 1;
        self
    }
}

/// What the bridge knows and has under way.
#[derive(Clone, Debug, Default)]
pub(in crate::broker) struct EscapeBridge {
    /// Routes of topics that were escaped by (`topicRouteTable`).
    pub(super) routes: BTreeMap<TopicName, TopicRoute>,
    index: Option<ThreadLocalIndex>,
    under_way: BTreeMap<EscapeOrigin, Escape>,
    /// What each origin failed with last, so that it is told once.
    failed: BTreeMap<EscapeOrigin, Arc<StoredMessage>>,
    polls: bool,
}

impl EscapeBridge {
    pub(super) fn len(&self) -> usize {
        let waits = self.failed.keys().filter(|origin| !self.under_way.contains_key(origin)).count();
        self.under_way.len() + waits
    }

    pub(in crate::broker) fn is_under_way(&self, origin: EscapeOrigin) -> bool {
        self.under_way.contains_key(&origin)
    }

    /// Whether this very message has failed before.
    pub(in crate::broker) fn has_failed(&self, origin: EscapeOrigin, waiting: &StoredMessage) -> bool {
        let place = |message: &StoredMessage| message.commit_log_offset;
        self.failed.get(&origin).is_some_and(|failed| place(failed) == place(waiting))
    }

    /// Nothing of this origin waits any more.
    pub(in crate::broker) fn settle(&mut self, origin: EscapeOrigin) {
        self.failed.remove(&origin);
    }
}

impl Broker {
    /// Stores a message elsewhere. What came of it reaches the origin later, in a call of its own; false when it is
    /// clear at once that nothing will.
    pub(in crate::broker) fn escape(
        &mut self,
        now: Instant,
        origin: EscapeOrigin,
        escape: Escape,
        out: &mut Outbox,
    ) -> bool {
        if !self.config.enable_remote_escape {
            self.note_escape_failure(origin, &escape, "enableRemoteEscape is off", out);
            return false;
        }
        let topic = escape.message.topic.clone();
        let has_queues = self.writable_for_escape(&topic).is_some_and(|queues| !queues.is_empty());
        self.acting.escape.under_way.insert(origin, escape);
        if has_queues {
            self.send_escape(now, origin, out);
        } else {
            let request = Request::GetRouteInfoByTopic { topic };
            self.ask_name_server(now, request, ActingPurpose::EscapeRoute(origin), out);
        }
        true
    }

    fn writable_for_escape(&self, topic: &TopicName) -> Option<Vec<MessageQueue>> {
        writable_queues(topic, self.acting.escape.routes.get(topic)?).ok()
    }

    pub(super) fn on_escape_route(
        &mut self,
        now: Instant,
        origin: EscapeOrigin,
        response: Option<Response>,
        out: &mut Outbox,
    ) {
        let Some(topic) =
            self.acting.escape.under_way.get(&origin).map(|escape| escape.message.topic.clone())
        else {
            return;
        };
        if self.keep_escape_route(topic, response) {
            self.arm_route_poll(now, out);
        }
        self.send_escape(now, origin, out);
    }

    pub(super) fn keep_escape_route(&mut self, topic: TopicName, response: Option<Response>) -> bool {
        match response.map(|response| response.body) {
            Some(ResponseBody::Route(route)) => {
                self.acting.escape.routes.insert(topic, (*route).clone());
                true
            }
            _ => false,
        }
    }

    /// The queue that is next, and the master of its broker name; another broker name than the own one.
    fn choose_for_escape(&mut self, topic: &TopicName) -> Result<(MessageQueue, Address), &'static str> {
        let queues = self.writable_for_escape(topic).ok_or(NO_ROUTE)?;
        let mut index = match self.acting.escape.index {
            Some(index) => index,
            None => ThreadLocalIndex::new(self.rng.below(i32::MAX.unsigned_abs()).cast_signed()),
        };
        let choice = Choice { queues: &queues, last_broker: Some(&self.broker_name) };
        let chosen = choice.plain(&mut index).cloned();
        self.acting.escape.index = Some(index);
        let queue = chosen.filter(|queue| queue.broker_name != self.broker_name).ok_or(NO_OTHER_MASTER)?;
        let master = self.master_for_escape(topic, &queue.broker_name);
        Ok((queue, master.ok_or(NO_MASTER)?))
    }

    /// The queue of a hash (`asyncRemotePutMessageToSpecificQueue`).
    fn hash_for_escape(&self, topic: &TopicName) -> Result<(MessageQueue, Address), &'static str> {
        let queues = self.writable_for_escape(topic).ok_or(NO_ROUTE)?;
        let length = i32::try_from(queues.len()).ok().filter(|length| *length > 0).ok_or(NO_OTHER_MASTER)?;
        let hash = java_hash(&format!("{topic}/{}", self.address));
        let queue = queues[hash.rem_euclid(length).unsigned_abs() as usize].clone();
        let master = self.master_for_escape(topic, &queue.broker_name);
        Ok((queue, master.ok_or(NO_MASTER)?))
    }

    fn master_for_escape(&self, topic: &TopicName, name: &BrokerName) -> Option<Address> {
        let datas = &self.acting.escape.routes.get(topic)?.broker_datas;
        let data = datas.iter().find(|data| data.broker_name == *name)?;
        data.broker_addrs.get(&BrokerId::MASTER).copied()
    }

    fn send_escape(&mut self, now: Instant, origin: EscapeOrigin, out: &mut Outbox) {
        let Some(mut escape) = self.acting.escape.under_way.remove(&origin) else {
            return;
        };
        let chosen = match origin {
            EscapeOrigin::Revive(_) | EscapeOrigin::Pop(_) => self.hash_for_escape(&escape.message.topic),
            _ => self.choose_for_escape(&escape.message.topic),
        };
        match chosen {
            Ok((queue, master)) => {
                let waiting = &escape.waiting;
                let own_group = format!("InnerProducerGroup_{}_{}", self.broker_name, self.broker_id);
                let group = escape.message.property(property::PRODUCER_GROUP).map(|group| group.to_string());
                let request = Request::SendMessage {
                    group: group.unwrap_or(own_group).into(),
                    message: escape.message.clone(),
                    queue_id: queue.queue_id,
                    born_at: waiting.born_at,
                    default_topic: AUTO_CREATE_TOPIC.into(),
                    default_topic_queue_nums: DEFAULT_TOPIC_QUEUE_NUMS,
                    sys_flag: escape.sys_flag,
                    reconsume_times: escape.reconsume_times,
                    max_reconsume_times: None,
                };
                escape.sent_to = Some(queue.broker_name);
                self.acting.escape.under_way.insert(origin, escape);
                let purpose = Purpose::Acting(ActingPurpose::EscapeSend(origin));
                self.remoting.invoke_async(now, master, request, SEND_TIMEOUT, purpose, out);
            }
            Err(why) => {
                self.note_escape_failure(origin, &escape, why, out);
                self.escape_ended(now, origin, &escape.waiting, false, out);
            }
        }
    }

    pub(super) fn on_escape_sent(
        &mut self,
        now: Instant,
        origin: EscapeOrigin,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        let Some(escape) = self.acting.escape.under_way.remove(&origin) else {
            return;
        };
        let is_stored = match &result {
            Ok(response) if response.code == ResponseCode::Success => {
                self.acting.escape.settle(origin);
                self.note_escape(origin, &escape, out);
                true
            }
            Ok(response) => {
                self.note_escape_failure(origin, &escape, response.code.name(), out);
                false
            }
            Err(failure) => {
                self.note_escape_failure(origin, &escape, failure.words(), out);
                false
            }
        };
        self.escape_ended(now, origin, &escape.waiting, is_stored, out);
    }

    fn note_escape(&self, origin: EscapeOrigin, escape: &Escape, out: &mut Outbox) {
        if !matches!(origin, EscapeOrigin::Pop(_)) {
            out.note(Fact::Acting(ActingFact::Escaped {
                message: Box::new(self.message_at(&escape.waiting)),
                topic: escape.message.topic.clone(),
                broker_name: escape.sent_to.clone().unwrap_or_else(|| self.broker_name.clone()),
            }));
        }
    }

    /// Tells of a failure, once for each message.
    fn note_escape_failure(&mut self, origin: EscapeOrigin, escape: &Escape, why: &str, out: &mut Outbox) {
        if !matches!(origin, EscapeOrigin::Pop(_)) && !self.acting.escape.has_failed(origin, &escape.waiting)
        {
            let message: Box<MessageAt> = Box::new(self.message_at(&escape.waiting));
            out.note(Fact::Acting(ActingFact::EscapeFailed { message, why: why.into() }));
            self.acting.escape.failed.insert(origin, escape.waiting.clone());
        }
    }

    fn escape_ended(
        &mut self,
        now: Instant,
        origin: EscapeOrigin,
        waiting: &StoredMessage,
        is_stored: bool,
        out: &mut Outbox,
    ) {
        match origin {
            EscapeOrigin::Level(level) => self.level_escaped(now, level, waiting, is_stored, out),
            EscapeOrigin::Timer => self.timer_escaped(now, is_stored, out),
            EscapeOrigin::Half => self.half_escaped(now, is_stored, out),
            EscapeOrigin::Revive(number) => self.revived_escaped(now, number, out),
            EscapeOrigin::Pop(number) => self.pop_escaped(now, number, is_stored, out),
        }
    }

    /// The first poll comes a second after the start, the next ones each 30 s.
    pub(super) fn arm_route_poll(&mut self, now: Instant, out: &mut Outbox) {
        if self.acting.escape.polls {
            return;
        }
        self.acting.escape.polls = true;
        let first = self.started_at + FIRST_POLL;
        let period = self.config.load_balance_poll_name_server_interval.as_millis().max(1);
        let rounds = now.since(first).as_millis() / period + 1;
        out.set_timer(Timer::PollNameServer, first + Duration::from_millis(rounds * period));
    }

    /// Asks for every route that was escaped by.
    pub(in crate::broker) fn poll_escape_routes(&mut self, now: Instant, due: Instant, out: &mut Outbox) {
        out.set_timer(Timer::PollNameServer, due + self.config.load_balance_poll_name_server_interval);
        let topics: Vec<_> = self.acting.escape.routes.keys().cloned().collect();
        for topic in topics {
            let request = Request::GetRouteInfoByTopic { topic: topic.clone() };
            self.ask_name_server(now, request, ActingPurpose::PollRoute(topic), out);
        }
    }

    pub(super) fn on_escape_route_polled(&mut self, topic: TopicName, response: Option<Response>) {
        self.keep_escape_route(topic, response);
    }
}
