//! A consumer: a push consumer with its listener.
//!
//! It divides the queues of its topics with the other members of its group (or takes all of them when it
//! broadcasts), pulls from each queue it holds, hands the messages to its listener and commits how far it is. "Push"
//! is pull: the broker holds a pull until there is something.
//!
//! One concern a file: `rebalance` (which queues), `start_offset` (where a new one begins), `assigned` (a queue that is
//! held), `pull` (getting messages), `listener` (the threads), `concurrently` and `orderly` (the two ways of
//! consuming), `retry` (handing back), `lock` and `hand_over` (orderly queues), `offsets` (how far it is), `requests`
//! and `reset` (what brokers want), `pop` (shared queues), `trace` (what is written down of the listener).
//!
//! **In RocketMQ**: `DefaultMQPushConsumerImpl`, `RebalanceService`, `RebalanceImpl`, `RebalancePushImpl`,
//! `ConsumeMessageConcurrentlyService`, `ConsumeMessageOrderlyService`, `RemoteBrokerOffsetStore`,
//! `LocalFileOffsetStore` (behaviour §5).
//!
//! **Left out on purpose**: per-topic thresholds; a pool of threads that grows and shrinks.
//!
//! **Invariants**: what a queue's results change is only the queue as it was held when the message was pulled (a
//! queue given up and taken again is another one); side by side, offsets that are committed after a finished message
//! only grow; in order, a queue has one batch at a time in the hands of the listener.

mod assigned;
mod concurrently;
mod hand_over;
mod listener;
mod lock;
mod offsets;
mod orderly;
mod pop;
mod pull;
mod rebalance;
mod requests;
mod reset;
mod retry;
mod start_offset;
mod trace;

use std::collections::BTreeMap;

use arcstr::ArcStr;

pub use assigned::Assigned;
pub use offsets::ConsumerDisk;
pub use pop::PopAssigned;

use crate::client_instance::{CachedRoute, ClientEvent, ClientInstance, ClientStart, TraceClient, config_of};
use crate::command::{ConsumerSpec, NodeOrder};
use crate::config::{ClientConfig, MessageModel, Profile};
use crate::fact::{Fact, StartReason};
use crate::id::{Address, ClientId, GroupName, MessageQueue, QueueOffset, TopicName};
use crate::offset_store::OffsetStore;
use crate::outbox::{Input, Outbox};
use crate::remoting::Failure;
use crate::rng::Rng;
use crate::rpc::{ConsumerData, Frame, Heartbeat, MessageSelector, Request, Response, Subscription};
use crate::time::{Duration, Epoch, Instant};
use crate::timer::Timer;
use crate::unique_id::UniqueIdMaker;

/// Wait before the offsets are committed for the first time.
const FIRST_PERSIST: Duration = Duration::from_secs(10);

/// The number of a holding of a queue; a queue given up and taken again gets another one.
type HoldId = u64;

/// Why a consumer asked something.
#[derive(Clone, Debug)]
enum Purpose {
    ConsumerIds,
    /// Where the group stands with a new queue, and what for.
    StoredOffset(MessageQueue, start_offset::Asker),
    /// Where a new queue without an offset starts, by which rule, and what for.
    StartOffset(MessageQueue, StartReason, start_offset::Asker),
    Pull(MessageQueue, HoldId),
    SendBack(retry::HandBackId),
    InnerSend(retry::HandBackId),
    /// A new queue is to be taken.
    LockForRound(MessageQueue),
    LockOne(MessageQueue, HoldId),
    LockAll(Vec<MessageQueue>),
    Unlock,
    Unregister,
    // POP: the own share, a pop, an acknowledgement.
    Assignment,
    Pop(MessageQueue, HoldId),
    Ack,
}

/// The state of one consumer process.
#[derive(Clone, Debug)]
pub struct Consumer {
    client: ClientInstance<Purpose>,
    spec: ConsumerSpec,
    epoch: Epoch,
    name_servers: Vec<Address>,
    address: Address,
    started_at: Instant,
    rng: Rng,
    subscriptions: BTreeMap<TopicName, Subscription>,
    /// Topics whose first route is still awaited before the consumer shows itself.
    awaited: Vec<TopicName>,
    /// Whether `start` is through.
    has_started: bool,
    rebalance: rebalance::RebalanceService,
    queues: BTreeMap<MessageQueue, Assigned>,
    pop_queues: pop::PopQueues,
    next_hold: HoldId,
    /// Where each queue will be committed.
    offsets: OffsetStore,
    disk: ConsumerDisk,
    listener: listener::Listener,
    later: Vec<(Instant, concurrently::Later)>,
    hand_backs: BTreeMap<retry::HandBackId, retry::HandBack>,
    next_hand_back: retry::HandBackId,
    cleaning: Option<concurrently::Cleaning>,
    /// Queues given up that are to be unlocked at these moments (V4).
    unlock_delays: Vec<(Instant, MessageQueue)>,
    /// Nothing is pulled and nothing divided.
    suspended: bool,
    resets: reset::Resets,
    direct: Vec<requests::Direct>,
}

impl Consumer {
    /// A process that has not begun to run, with what its predecessor under the same client id left.
    pub fn new(start: ClientStart, spec: &ConsumerSpec, disk: ConsumerDisk) -> Self {
        let ClientStart { profile, epoch, address, client_id, name_servers, mut rng } = start;
        let config = config_of(profile, &spec.client);
        Self {
            client: ClientInstance::new(client_id, profile, config, name_servers.clone(), &mut rng),
            spec: spec.clone(),
            epoch,
            name_servers,
            address,
            started_at: Instant::ZERO,
            rng,
            subscriptions: BTreeMap::new(),
            awaited: Vec::new(),
            has_started: false,
            rebalance: rebalance::RebalanceService::default(),
            queues: BTreeMap::new(),
            pop_queues: pop::PopQueues::new(),
            next_hold: 0,
            offsets: OffsetStore::default(),
            disk,
            listener: listener::Listener::default(),
            later: Vec::new(),
            hand_backs: BTreeMap::new(),
            next_hand_back: 0,
            cleaning: None,
            unlock_delays: Vec::new(),
            suspended: false,
            resets: reset::Resets::new(),
            direct: Vec::new(),
        }
    }

    /// Reacts to one input.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Outbox) {
        match input {
            Input::Started => self.start(now, out),
            Input::Frame { connection, frame: Frame::Request { opaque, request, .. }, .. } => {
                self.on_request(now, connection, opaque, *request, out);
            }
            Input::Timer(timer, due) if !is_of_library(timer) => self.on_timer(now, timer, due, out),
            Input::Order(order) => self.on_order(now, *order, out),
            other => {
                for event in self.client.handle(now, other, out) {
                    self.on_event(now, event, out);
                }
            }
        }
    }

    /// The routes first, then the heartbeat, then the first division (`DefaultMQPushConsumerImpl.start`).
    fn start(&mut self, now: Instant, out: &mut Outbox) {
        self.started_at = now;
        self.rebalance.begin(now);
        for topic in &self.spec.topics {
            self.subscriptions.insert(topic.clone(), self.spec.selector.subscription(now));
        }
        if self.spec.model == MessageModel::Clustering {
            let retry = TopicName::retry_of(&self.spec.client.group);
            self.subscriptions.insert(retry, MessageSelector::all().subscription(now));
        }
        self.client.start(now, out);
        self.start_traces(now);
        out.set_timer(Timer::PersistOffset, now + FIRST_PERSIST);
        self.arm_clean(now, out);
        if self.needs_locks() {
            out.set_timer(Timer::LockMq, now + lock::FIRST_LOCK);
        }
        self.awaited = self.subscriptions.keys().cloned().collect();
        for topic in self.awaited.clone() {
            self.client.want_route(now, &topic, false, out);
        }
    }

    /// The brokers know of the consumer now: `start` ends with a call for the first division.
    fn first_wake(&mut self, now: Instant, out: &mut Outbox) {
        if !std::mem::replace(&mut self.has_started, true) {
            self.wake_rebalance(now, out);
        }
    }

    fn start_traces(&mut self, now: Instant) {
        if self.client.config.enable_msg_trace {
            let process_id = u16::try_from(self.rng.between(1000, 60_000)).unwrap_or(1000);
            let ids = UniqueIdMaker::new(self.address.ip, process_id, self.rng.below(u32::MAX));
            let client = (&self.spec.client.group, TraceClient::Consume);
            self.client.start_traces(now, self.epoch, client, ids, &mut self.rng);
        }
    }

    fn is_broadcasting(&self) -> bool {
        self.spec.model == MessageModel::Broadcasting
    }

    fn heartbeat(&self) -> Heartbeat {
        let data = ConsumerData {
            group: self.spec.client.group.clone(),
            model: self.spec.model,
            from: self.spec.from,
            subscriptions: self.subscriptions.clone(),
        };
        let producers = self.client.trace_group().cloned().into_iter().collect();
        Heartbeat { client_id: self.client.client_id.clone(), consumers: vec![data], producers }
    }

    fn send_heartbeat(&mut self, now: Instant, out: &mut Outbox) {
        let heartbeat = self.heartbeat();
        self.client.heartbeat(now, &heartbeat, out);
    }

    fn on_timer(&mut self, now: Instant, timer: Timer, due: Instant, out: &mut Outbox) {
        match timer {
            Timer::PollNameServer => {
                let topics: Vec<_> = self.subscriptions.keys().cloned().collect();
                self.client.poll(now, due, &topics, out);
            }
            Timer::HeartbeatBroker => {
                let heartbeat = self.heartbeat();
                self.client.periodic_heartbeat(now, due, &heartbeat, out);
            }
            Timer::PersistOffset => {
                self.persist_all(now, out);
                let period = self.client.config.persist_consumer_offset_interval;
                out.set_timer(Timer::PersistOffset, due + period);
            }
            Timer::Rebalance => self.rebalance_timer(now, out),
            Timer::PullLater => self.pull_due(now, out),
            Timer::PopLater => self.pop_due(now, out),
            Timer::ConsumeDone => self.consume_done(now, out),
            Timer::CorrectOffset => self.correct_due(now, out),
            Timer::ConsumeLater => self.later_due(now, out),
            Timer::CleanExpireMsg => self.clean_expired(now, due, out),
            Timer::LockMq => self.lock_all(now, due, out),
            Timer::UnlockDelay => self.unlock_due(now, out),
            Timer::ConsumeLock => self.release_next(now, out),
            Timer::ResetOffset => self.end_reset(now, out),
            Timer::ConsumeDirectly => self.direct_done(now, out),
            _ => {}
        }
    }

    fn on_event(&mut self, now: Instant, event: ClientEvent<Purpose>, out: &mut Outbox) {
        match event {
            ClientEvent::Route(wish, _) => {
                let was_starting = !self.awaited.is_empty();
                self.awaited.retain(|topic| *topic != wish.topic);
                if was_starting && self.awaited.is_empty() {
                    self.send_heartbeat(now, out);
                    if !self.client.awaits_heartbeats() {
                        self.first_wake(now, out);
                    }
                }
                self.rebalance_got_route(now, &wish.topic, out);
                self.sends_got_route(now, &wish.topic, out);
            }
            ClientEvent::HeartbeatsDone => self.first_wake(now, out),
            ClientEvent::Own(purpose, result) => self.on_answer(now, purpose, result, out),
        }
    }

    fn on_answer(
        &mut self,
        now: Instant,
        purpose: Purpose,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        match purpose {
            Purpose::ConsumerIds => self.on_consumer_ids(now, result, out),
            Purpose::StoredOffset(queue, asker) => {
                self.on_stored_offset(now, queue, asker, &result, out);
            }
            Purpose::StartOffset(queue, reason, asker) => {
                self.on_start_offset(now, queue, reason, asker, result, out);
            }
            Purpose::Pull(queue, hold) => self.on_pull_result(now, queue, hold, result, out),
            Purpose::SendBack(id) => self.on_sent_back(now, id, result, out),
            Purpose::InnerSend(id) => self.on_inner_sent(now, id, result, out),
            Purpose::LockForRound(queue) => self.on_round_lock(now, &queue, result, out),
            Purpose::LockOne(queue, hold) => self.on_lock_one(now, queue, hold, result, out),
            Purpose::LockAll(queues) => self.on_lock_all(now, queues, result, out),
            Purpose::Assignment => self.on_assignment(now, result, out),
            Purpose::Pop(queue, hold) => self.on_pop_result(now, queue, hold, result, out),
            Purpose::Unlock | Purpose::Unregister | Purpose::Ack => {}
        }
    }

    fn on_order(&mut self, now: Instant, order: NodeOrder, out: &mut Outbox) {
        match order {
            NodeOrder::Set(settings) => {
                for (key, value) in &settings {
                    self.spec.set(key, value).expect("settings are checked with the command");
                }
                self.client.config = config_of(self.client.profile, &self.spec.client);
            }
            NodeOrder::Shutdown => {
                out.note(Fact::Stopping);
                if self.needs_locks() {
                    self.unlock_all(now, out);
                }
                self.persist_all(now, out);
                self.client.flush_traces(now, out);
                for (_, address) in self.client.broker_addresses() {
                    let request = Request::UnregisterClient {
                        client_id: self.client.client_id.clone(),
                        producer_group: None,
                        consumer_group: Some(self.spec.client.group.clone()),
                    };
                    let timeout = self.client.config.mq_client_api_timeout;
                    let purpose = crate::client_instance::Purpose::Own(Purpose::Unregister);
                    self.client.remoting.invoke(now, address, request, timeout, purpose, out);
                }
                out.exit();
            }
            _ => {}
        }
    }

    /// What is left when the process ends: the file of a broadcasting member.
    pub fn into_disk(self) -> ConsumerDisk {
        self.disk
    }

    /// Its `ip@instance`.
    pub fn client_id(&self) -> &ClientId {
        &self.client.client_id
    }

    /// What it is made from, with the changes since.
    pub const fn spec(&self) -> &ConsumerSpec {
        &self.spec
    }

    /// Its group.
    pub const fn group(&self) -> &GroupName {
        &self.spec.client.group
    }

    /// Its settings.
    pub const fn config(&self) -> &ClientConfig {
        &self.client.config
    }

    /// Its version.
    pub const fn profile(&self) -> Profile {
        self.client.profile
    }

    /// The name server that it talks to.
    pub const fn name_server(&self) -> Option<Address> {
        self.client.name_server()
    }

    /// Its cached routes.
    pub fn routes(&self) -> impl Iterator<Item = (&TopicName, &CachedRoute)> {
        self.client.routes()
    }

    /// The queues that it holds.
    pub const fn queues(&self) -> &BTreeMap<MessageQueue, Assigned> {
        &self.queues
    }

    /// Where it would be pulling the queue from.
    pub fn pull_address(&self, queue: &MessageQueue) -> Option<Address> {
        let assigned = self.queues.get(queue)?;
        self.client.subscribe_address(&queue.broker_name, assigned.broker_id()).map(|(_, address)| address)
    }

    /// Where it would commit a queue now.
    pub fn commit_offset(&self, queue: &MessageQueue) -> Option<QueueOffset> {
        self.offsets.read(queue)
    }

    /// The file of a broadcasting member.
    pub const fn disk(&self) -> &ConsumerDisk {
        &self.disk
    }

    /// Whether it has stopped pulling for a while, because its offsets are being reset.
    pub const fn is_suspended(&self) -> bool {
        self.suspended
    }

    /// Messages that failed and are being handed back to a broker, or wait to be consumed here once more.
    pub fn retries_in_hand(&self) -> usize {
        let waiting = self.later.iter().map(|(_, later)| later.messages());
        self.hand_backs.values().map(retry::HandBack::messages).chain(waiting).sum()
    }

    /// Topics whose offsets are being reset; the first is under way (V4).
    pub fn resets(&self) -> impl Iterator<Item = &TopicName> {
        self.resets.iter().map(|(topic, _)| topic)
    }

    /// Messages that the listener has consumed, failures not counted.
    pub const fn consumed(&self) -> u64 {
        self.listener.consumed()
    }

    /// Messages of a queue that the listener is working on.
    pub fn in_work(&self, queue: &MessageQueue) -> u32 {
        self.listener.in_work(queue)
    }

    /// When it last finished dividing the queues.
    pub const fn last_rebalance(&self) -> Option<Instant> {
        self.rebalance.last_round()
    }

    /// The expression by which it filters, of tags or SQL92.
    pub const fn tags(&self) -> &ArcStr {
        self.spec.selector.expression()
    }
}

/// Clocks of the library under the consumer.
const fn is_of_library(timer: Timer) -> bool {
    matches!(timer, Timer::RequestTimeout | Timer::FlushTrace)
}
