//! A producer: an application that sends, and the client library under it.
//!
//! The application is one or more threads. A thread sends synchronously, one message after another: it picks a
//! queue from its list, sends, waits, and tries again elsewhere while attempts and time are left. The list is the
//! cached route, so a producer goes on choosing a broker that is gone until its next poll.
//!
//! `jobs` is the application, `sending` and `round` the send loop of the library, `transactions` what follows a half
//! message, `trace` what is written down of them, `detector` asks unreachable brokers whether they are back.
//!
//! **In RocketMQ**: `DefaultMQProducer`, `DefaultMQProducerImpl`, `TopicPublishInfo`, `MQFaultStrategy`
//! (behaviour §2).
//!
//! **Left out on purpose**: batches; selectors but that by hash; hooks but those of the message trace; compression of
//! large bodies (the length of what zlib makes of them cannot be had without zlib, and exact lengths are worth more
//! here).
//!
//! **Invariants**: a thread has one send under way at most; every message that was begun ends in exactly one
//! success or failure, unless the process ends first.

mod detector;
mod jobs;
mod round;
mod sending;
mod trace;
mod transactions;

use std::collections::BTreeMap;

use arcstr::ArcStr;

pub use jobs::SendThread;
pub use sending::ActiveSend;

use crate::client_instance::{ClientEvent, ClientInstance, ClientStart, TraceClient, config_of};
use crate::command::{ClientSpec, NodeOrder, TransactionRecord};
use crate::config::ClientConfig;
use crate::fact::Fact;
use crate::fault_strategy::FaultStrategy;
use crate::id::{Address, BrokerName, ClientId, GroupName, TopicName};
use crate::outbox::{Input, Outbox};
use crate::queue_choice::ThreadLocalIndex;
use crate::rng::Rng;
use crate::rpc::{Frame, Heartbeat, Request};
use crate::time::{Epoch, Instant};
use crate::timer::Timer;
use crate::unique_id::UniqueIdMaker;

/// The number of an application's thread.
pub type ThreadId = u32;

/// Why a producer asked something.
#[derive(Clone, Debug)]
enum Purpose {
    /// For the send with this number of this thread.
    Send(ThreadId, u64),
    /// The detector wants to know whether this broker is back.
    Detect(BrokerName),
    Unregister,
}

/// The state of one producer process.
#[derive(Clone, Debug)]
pub struct Producer {
    client: ClientInstance<Purpose>,
    group: GroupName,
    epoch: Epoch,
    started_at: Instant,
    rng: Rng,
    ids: UniqueIdMaker,
    faults: FaultStrategy,
    /// Boxed, because the map would have room for eleven of them at once.
    threads: BTreeMap<ThreadId, Box<SendThread>>,
    next_thread: ThreadId,
    next_send: u64,
    /// The place of each thread's next choice in the list of a topic (`ThreadLocalIndex`).
    rounds: BTreeMap<(TopicName, ThreadId), ThreadLocalIndex>,
    /// The place of each thread among the brokers that V4 falls back to (`whichItemWorst`).
    worst: BTreeMap<ThreadId, ThreadLocalIndex>,
    /// Starts that a person fixed.
    pinned: BTreeMap<TopicName, u32>,
    succeeded: u64,
    failed: u64,
    last_failure: Option<(Instant, String)>,
    /// What the application's database says of its local transactions, by the id of the message.
    transactions: BTreeMap<ArcStr, TransactionRecord>,
}

impl Producer {
    /// A process that has not begun to run.
    pub fn new(start: ClientStart, spec: &ClientSpec) -> Self {
        let ClientStart { profile, epoch, address, client_id, name_servers, mut rng } = start;
        let config = config_of(profile, spec);
        let process_id = u16::try_from(rng.between(1000, 60_000)).unwrap_or(1000);
        let ids = UniqueIdMaker::new(address.ip, process_id, rng.below(u32::MAX));
        Self {
            client: ClientInstance::new(client_id, profile, config, name_servers, &mut rng),
            group: spec.group.clone(),
            epoch,
            started_at: Instant::ZERO,
            rng,
            ids,
            faults: FaultStrategy::new(profile),
            threads: [(jobs::MAIN, Box::default())].into(),
            next_thread: jobs::MAIN + 1,
            next_send: 0,
            rounds: BTreeMap::new(),
            worst: BTreeMap::new(),
            pinned: BTreeMap::new(),
            succeeded: 0,
            failed: 0,
            last_failure: None,
            transactions: BTreeMap::new(),
        }
    }

    /// Reacts to one input.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Outbox) {
        match input {
            Input::Started => {
                self.started_at = now;
                self.client.start(now, out);
                self.start_traces(now);
                self.arm_detector(now, out);
            }
            Input::Timer(Timer::PollNameServer, due) => {
                let topics: Vec<_> = self.client.routes().map(|(topic, _)| topic.clone()).collect();
                self.client.poll(now, due, &topics, out);
            }
            Input::Timer(Timer::HeartbeatBroker, due) => {
                let heartbeat = self.heartbeat();
                self.client.periodic_heartbeat(now, due, &heartbeat, out);
            }
            Input::Timer(Timer::NextSend, _) => self.go_on(now, out),
            Input::Timer(Timer::DetectBrokers, due) => self.detect(now, due, out),
            Input::Frame { peer, frame: Frame::Request { request, .. }, .. } => {
                if let Request::CheckTransactionState(check) = *request {
                    self.on_transaction_check(now, peer.address, &check, out);
                }
            }
            Input::Order(order) => self.on_order(now, *order, out),
            other => {
                for event in self.client.handle(now, other, out) {
                    self.on_event(now, event, out);
                }
            }
        }
    }

    fn start_traces(&mut self, now: Instant) {
        if self.client.config.enable_msg_trace {
            let client = (&self.group, TraceClient::Produce);
            self.client.start_traces(now, self.epoch, client, self.ids.clone(), &mut self.rng);
        }
    }

    /// The next id of the process. When it traces, contexts and trace messages take some too.
    fn next_id(&mut self, now: Instant) -> ArcStr {
        let of_traces = self.client.next_trace_id(now);
        of_traces.unwrap_or_else(|| self.ids.next(self.epoch, now))
    }

    fn heartbeat(&self) -> Heartbeat {
        let groups = std::iter::once(&self.group).chain(self.client.trace_group());
        Heartbeat {
            client_id: self.client.client_id.clone(),
            consumers: Vec::new(),
            producers: groups.cloned().collect(),
        }
    }

    fn on_event(&mut self, now: Instant, event: ClientEvent<Purpose>, out: &mut Outbox) {
        match event {
            ClientEvent::Route(wish, answer) => self.on_route(now, &wish, answer, out),
            ClientEvent::Own(Purpose::Send(thread, send), result) => {
                self.on_answer(now, thread, send, result, out);
            }
            ClientEvent::Own(Purpose::Detect(broker), result) => self.on_detected(&broker, &result),
            ClientEvent::Own(Purpose::Unregister, _) | ClientEvent::HeartbeatsDone => {}
        }
    }

    fn on_order(&mut self, now: Instant, order: NodeOrder, out: &mut Outbox) {
        match order {
            NodeOrder::Send(job) => self.add_job(now, jobs::MAIN, job, out),
            NodeOrder::Produce(job) => {
                let thread = self.next_thread;
                self.next_thread += 1;
                self.threads.insert(thread, Box::default());
                self.add_job(now, thread, job, out);
            }
            NodeOrder::Quiet => self.end_streams(),
            NodeOrder::Kafka(_) => {}
            NodeOrder::Pin(topic, start) => {
                self.rounds.retain(|(other, _), _| *other != topic);
                self.pinned.insert(topic, start);
            }
            NodeOrder::Set(settings) => {
                for (key, value) in &settings {
                    self.client.config.set(key, value).expect("settings are checked with the command");
                }
                self.arm_detector(now, out);
            }
            NodeOrder::Shutdown => {
                out.note(Fact::Stopping);
                self.client.flush_traces(now, out);
                for (_, address) in self.client.broker_addresses() {
                    let request = Request::UnregisterClient {
                        client_id: self.client.client_id.clone(),
                        producer_group: Some(self.group.clone()),
                        consumer_group: None,
                    };
                    let timeout = self.client.config.mq_client_api_timeout;
                    let purpose = crate::client_instance::Purpose::Own(Purpose::Unregister);
                    self.client.remoting.invoke(now, address, request, timeout, purpose, out);
                }
                out.exit();
            }
            NodeOrder::CreateTopic(..) | NodeOrder::Member(..) => {}
        }
    }

    /// The client library in it.
    pub fn client_id(&self) -> &ClientId {
        &self.client.client_id
    }

    /// Its settings.
    pub const fn config(&self) -> &ClientConfig {
        &self.client.config
    }

    /// The name server that it talks to.
    pub const fn name_server(&self) -> Option<Address> {
        self.client.name_server()
    }

    /// Its cached routes.
    pub fn routes(&self) -> impl Iterator<Item = (&TopicName, &crate::client_instance::CachedRoute)> {
        self.client.routes()
    }

    /// Its group.
    pub const fn group(&self) -> &GroupName {
        &self.group
    }

    /// Its application's threads.
    pub fn threads(&self) -> impl Iterator<Item = &SendThread> {
        self.threads.values().map(|thread| &**thread)
    }

    /// Sends that succeeded and sends that failed.
    pub const fn counts(&self) -> (u64, u64) {
        (self.succeeded, self.failed)
    }

    /// The last failure, as the application saw it.
    pub const fn last_failure(&self) -> Option<&(Instant, String)> {
        self.last_failure.as_ref()
    }

    /// What the database of its application says of local transactions, by the id of the message.
    pub fn transactions(&self) -> impl DoubleEndedIterator<Item = &TransactionRecord> {
        self.transactions.values()
    }

    /// What it thinks of the brokers.
    pub const fn faults(&self) -> &FaultStrategy {
        &self.faults
    }
}
