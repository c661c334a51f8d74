//! What every client has, producer or consumer: a name server to ask, cached routes, and heartbeats.
//!
//! A client talks to one name server at a time and stays with it until the connection breaks. Routes are polled;
//! a name server never pushes them, and an answer "no such topic" leaves the old route in the cache. So a client's
//! idea of the cluster is up to 30 s old, or much older when its name server is silent.
//!
//! `trace` is the producer of trace messages that a client has when it traces.
//!
//! **In RocketMQ**: `MQClientInstance`, `NettyRemotingClient.getAndCreateNameserverChannel` (behaviour §2.1, §2.2).
//!
//! **Left out on purpose**: several producers or consumers in one instance; the availability scan of 5.x's name
//! server list; address servers. Heartbeats to several brokers go out together rather than one after the other.
//!
//! **Invariants**: one route request is under way at a time (`lockNamesrv`); a route only ever changes by the
//! answer of a name server.

mod trace;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub use trace::TraceClient;

use arcstr::{ArcStr, literal};
use smallvec::SmallVec;

use crate::command::ClientSpec;
use crate::config::{ClientConfig, Profile};
use crate::fact::Fact;
use crate::id::{Address, BrokerId, BrokerName, ClientId, ConnectionId, MessageQueue, TopicName};
use crate::outbox::{Input, Outbox};
use crate::remoting::{Failure, Outcome, Remoting};
use crate::rng::Rng;
use crate::route::{from_template, has_changed, readable_queues, writable_queues};
use crate::rpc::{Frame, Heartbeat, Request, Response, ResponseBody, ResponseCode, TopicRoute};
use crate::time::{Duration, Epoch, Instant};
use crate::timer::Timer;

/// The topic whose route stands in for that of a topic not created yet (`AUTO_CREATE_TOPIC_KEY_TOPIC`).
pub const AUTO_CREATE_TOPIC: ArcStr = literal!("TBW102");

/// Wait before the first route poll.
const FIRST_POLL: Duration = Duration::from_millis(10);
/// Wait before the first periodic heartbeat.
const FIRST_HEARTBEAT: Duration = Duration::from_secs(1);

/// What a client is told when it is started.
#[derive(Clone, Debug)]
pub struct ClientStart {
    /// The version.
    pub profile: Profile,
    /// The date of virtual zero.
    pub epoch: Epoch,
    /// Its address.
    pub address: Address,
    /// Its `ip@instance`.
    pub client_id: ClientId,
    /// The name servers it knows.
    pub name_servers: Vec<Address>,
    /// Its share of chance.
    pub rng: Rng,
}

/// The settings of a client made from this.
pub fn config_of(profile: Profile, spec: &ClientSpec) -> ClientConfig {
    let mut config = ClientConfig::of(profile);
    for (key, value) in &spec.settings {
        config.set(key, value).expect("settings are checked with the command that gives them");
    }
    config
}

/// Why a client asked something: for itself, or for the producer or consumer in it.
#[derive(Clone, Debug)]
pub enum Purpose<P> {
    /// It wants a route.
    Route(RouteWish),
    /// It says that it is there.
    Heartbeat,
    /// It sends the trace message with this number.
    Trace(u64),
    /// The producer's or consumer's own reason.
    Own(P),
}

/// A route that is to be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteWish {
    /// The topic.
    pub topic: TopicName,
    /// Whether the template's route is to stand in for it.
    pub template: bool,
    tried: usize,
}

/// A cached route.
#[derive(Clone, Debug)]
pub struct CachedRoute {
    /// The name server's answer.
    pub route: Arc<TopicRoute>,
    /// When a name server last gave an answer.
    pub checked_at: Instant,
    /// When it last differed from the one before.
    pub changed_at: Instant,
    /// The queues to write to, in the order of a round.
    pub writable: Arc<Vec<MessageQueue>>,
    /// The queues to read from, sorted.
    pub readable: Arc<Vec<MessageQueue>>,
}

/// How a route request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteAnswer {
    /// There is a route; `true` when it differs from the one before.
    Found(bool),
    /// The name server knows no such topic.
    NotExist,
    /// No name server answered.
    Unreachable,
}

/// Something that the producer or consumer in the client has to know.
#[derive(Clone, Debug)]
pub enum ClientEvent<P> {
    /// A route request ended.
    Route(RouteWish, RouteAnswer),
    /// Every broker has answered the heartbeats, or did not in time.
    HeartbeatsDone,
    /// A request of its own ended.
    Own(P, Result<Response, Failure>),
}

/// The client part of a producer or consumer.
#[derive(Clone, Debug)]
pub struct ClientInstance<P> {
    /// `ip@instance`.
    pub client_id: ClientId,
    /// Its version.
    pub profile: Profile,
    /// Its settings.
    pub config: ClientConfig,
    /// Its requests.
    pub remoting: Remoting<Purpose<P>>,
    name_servers: Vec<Address>,
    name_server_index: usize,
    name_server: Option<Address>,
    routes: BTreeMap<TopicName, CachedRoute>,
    broker_addrs: BTreeMap<BrokerName, BTreeMap<BrokerId, Address>>,
    wishes: VecDeque<RouteWish>,
    asking: bool,
    /// Heartbeats that are not answered yet.
    heartbeats: usize,
    /// What it writes down, when it traces.
    traces: Option<Box<trace::Traces>>,
}

impl<P> ClientInstance<P> {
    /// A client that knows these name servers and nothing else. Chance decides which it asks first.
    pub fn new(
        client_id: ClientId,
        profile: Profile,
        config: ClientConfig,
        mut name_servers: Vec<Address>,
        rng: &mut Rng,
    ) -> Self {
        // A Fisher–Yates shuffle, as `Collections.shuffle`.
        for i in (1..name_servers.len()).rev() {
            name_servers.swap(i, rng.below(u32::try_from(i + 1).unwrap_or(u32::MAX)) as usize);
        }
        Self {
            client_id,
            profile,
            remoting: Remoting::new(config.connect_timeout),
            config,
            name_servers,
            name_server_index: rng.below(999) as usize,
            name_server: None,
            routes: BTreeMap::new(),
            broker_addrs: BTreeMap::new(),
            wishes: VecDeque::new(),
            asking: false,
            heartbeats: 0,
            traces: None,
        }
    }

    /// Sets the clocks of a client that begins to run.
    pub fn start(&self, now: Instant, out: &mut Outbox) {
        out.set_timer(Timer::PollNameServer, now + FIRST_POLL);
        out.set_timer(Timer::HeartbeatBroker, now + FIRST_HEARTBEAT);
    }

    /// The name server that it talks to.
    pub const fn name_server(&self) -> Option<Address> {
        self.name_server
    }

    /// The cached route of a topic.
    pub fn route(&self, topic: &TopicName) -> Option<&CachedRoute> {
        self.routes.get(topic)
    }

    /// All cached routes.
    pub fn routes(&self) -> impl Iterator<Item = (&TopicName, &CachedRoute)> {
        self.routes.iter()
    }

    /// The address of a replica.
    pub fn broker_address(&self, name: &BrokerName, id: BrokerId) -> Option<Address> {
        self.broker_addrs.get(name)?.get(&id).copied()
    }

    /// The replica to pull from (`findBrokerAddressInSubscribe`): the wanted one; for a slave that is missing the
    /// next id; else any.
    pub fn subscribe_address(&self, name: &BrokerName, wanted: BrokerId) -> Option<(BrokerId, Address)> {
        let replicas = self.broker_addrs.get(name)?;
        let next = BrokerId(wanted.0 + 1);
        let found = replicas.get_key_value(&wanted);
        let found = found.or_else(|| if wanted.is_master() { None } else { replicas.get_key_value(&next) });
        found.or_else(|| replicas.iter().next()).map(|(id, address)| (*id, *address))
    }

    /// Whether heartbeats are under way.
    pub const fn awaits_heartbeats(&self) -> bool {
        self.heartbeats > 0
    }

    /// Every broker address that it knows.
    pub fn broker_addresses(&self) -> Vec<(BrokerId, Address)> {
        self.broker_addrs.values().flatten().map(|(id, address)| (*id, *address)).collect()
    }

    /// Asks for a route, unless the same wish is waiting already.
    pub fn want_route(&mut self, now: Instant, topic: &TopicName, template: bool, out: &mut Outbox) {
        let is_same = |wish: &RouteWish| &wish.topic == topic && wish.template == template;
        if !self.wishes.iter().any(is_same) {
            self.wishes.push_back(RouteWish { topic: topic.clone(), template, tried: 0 });
        }
        self.ask_next(now, out);
    }

    /// The periodic poll of these topics, due at this moment (fixed rate).
    ///
    /// A trace topic with a route is polled too.
    pub fn poll(&mut self, now: Instant, due: Instant, topics: &[TopicName], out: &mut Outbox) {
        for topic in topics {
            self.want_route(now, topic, false, out);
        }
        if let Some(topic) = self.trace_topic().filter(|topic| self.routes.contains_key(*topic)).cloned() {
            self.want_route(now, &topic, false, out);
        }
        out.set_timer(Timer::PollNameServer, due + self.config.poll_name_server_interval);
    }

    fn ask_next(&mut self, now: Instant, out: &mut Outbox) {
        if self.asking {
            return;
        }
        let Some(wish) = self.wishes.front().cloned() else {
            return;
        };
        self.asking = true;
        let to = self.choose_name_server();
        let topic = if wish.template { AUTO_CREATE_TOPIC.into() } else { wish.topic.clone() };
        let request = Request::GetRouteInfoByTopic { topic };
        let timeout = self.config.mq_client_api_timeout;
        self.remoting.invoke(now, to, request, timeout, Purpose::Route(wish), out);
    }

    fn choose_name_server(&mut self) -> Address {
        *self.name_server.get_or_insert_with(|| {
            self.name_server_index += 1;
            self.name_servers[self.name_server_index % self.name_servers.len()]
        })
    }

    /// Drops addresses that no route mentions any more (`cleanOfflineBroker`).
    fn clean_offline_brokers(&mut self) {
        let routes: Vec<_> = self.routes.values().map(|cached| cached.route.clone()).collect();
        let is_known = |address: &Address| {
            let mut brokers = routes.iter().flat_map(|route| &route.broker_datas);
            brokers.any(|broker| broker.broker_addrs.values().any(|other| other == address))
        };
        for replicas in self.broker_addrs.values_mut() {
            replicas.retain(|_, address| is_known(address));
        }
        self.broker_addrs.retain(|_, replicas| !replicas.is_empty());
    }

    /// The periodic heartbeat; see [`heartbeat`](Self::heartbeat).
    pub fn periodic_heartbeat(
        &mut self,
        now: Instant,
        due: Instant,
        heartbeat: &Heartbeat,
        out: &mut Outbox,
    ) {
        self.clean_offline_brokers();
        self.heartbeat(now, heartbeat, out);
        out.set_timer(Timer::HeartbeatBroker, due + self.config.heartbeat_broker_interval);
    }

    /// Tells the brokers that the client is there: consumers all of them, mere producers the masters.
    pub fn heartbeat(&mut self, now: Instant, heartbeat: &Heartbeat, out: &mut Outbox) {
        for (id, address) in self.broker_addresses() {
            if heartbeat.consumers.is_empty() && !id.is_master() {
                continue;
            }
            self.heartbeats += 1;
            let request = Request::HeartBeat(heartbeat.clone());
            let timeout = self.config.mq_client_api_timeout;
            self.remoting.invoke(now, address, request, timeout, Purpose::Heartbeat, out);
        }
    }

    /// Handles what concerns connections and answers; returns what its owner has to know, in order.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Outbox) -> SmallVec<[ClientEvent<P>; 1]> {
        let outcomes: SmallVec<[Outcome<Purpose<P>>; 1]> = match input {
            Input::Connected(connection) => {
                self.remoting.on_connected(connection, out);
                SmallVec::new()
            }
            Input::Refused(connection) => self.remoting.on_refused(connection, out).into(),
            Input::Closed(connection) => self.on_closed(connection).into(),
            Input::Timer(Timer::RequestTimeout, _) => self.remoting.on_timeout(now, out).into(),
            Input::Timer(Timer::FlushTrace, _) => {
                self.traces_due(now, out);
                SmallVec::new()
            }
            Input::Frame { frame: Frame::Response { opaque, response }, .. } => {
                self.remoting.on_response(opaque, *response).into_iter().collect()
            }
            _ => SmallVec::new(),
        };
        let mut events = SmallVec::new();
        for (purpose, result) in outcomes {
            match purpose {
                Purpose::Own(own) => events.push(ClientEvent::Own(own, result)),
                Purpose::Heartbeat => {
                    self.heartbeats = self.heartbeats.saturating_sub(1);
                    if self.heartbeats == 0 {
                        events.push(ClientEvent::HeartbeatsDone);
                    }
                }
                Purpose::Trace(send) => self.on_trace_answer(now, send, result, out),
                Purpose::Route(wish) => {
                    let event = self.on_route(now, wish, result, out);
                    if let Some(ClientEvent::Route(wish, _)) = &event {
                        self.traces_got_route(now, &wish.topic, wish.template, out);
                    }
                    events.extend(event);
                }
            }
        }
        events
    }

    fn on_closed(&mut self, connection: ConnectionId) -> Vec<Outcome<Purpose<P>>> {
        let outcomes = self.remoting.on_closed(connection);
        if self.name_server.is_some_and(|address| !self.remoting.is_connected(address)) {
            self.name_server = None;
        }
        outcomes
    }

    fn on_route(
        &mut self,
        now: Instant,
        mut wish: RouteWish,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) -> Option<ClientEvent<P>> {
        self.asking = false;
        let answer = match result {
            Ok(Response { body: ResponseBody::Route(route), .. }) => {
                RouteAnswer::Found(self.take_route(now, &wish, &route, out))
            }
            Ok(Response { code: ResponseCode::TopicNotExist, .. }) => RouteAnswer::NotExist,
            Ok(_) => RouteAnswer::Unreachable,
            Err(failure) => {
                self.name_server = None;
                wish.tried += 1;
                // V4 tries every name server within one call; V5 hands the failure to the caller.
                let tries_on = failure == Failure::Connect && !self.profile.is_v5();
                if tries_on && wish.tried < self.name_servers.len() {
                    if let Some(front) = self.wishes.front_mut() {
                        *front = wish;
                    }
                    self.ask_next(now, out);
                    return None;
                }
                RouteAnswer::Unreachable
            }
        };
        self.wishes.pop_front();
        self.ask_next(now, out);
        Some(ClientEvent::Route(wish, answer))
    }

    /// Puts an answer into the cache; true when it differs from what was there (`topicRouteDataIsChange`).
    fn take_route(&mut self, now: Instant, wish: &RouteWish, answer: &TopicRoute, out: &mut Outbox) -> bool {
        let route = if wish.template {
            from_template(answer, self.config.default_topic_queue_nums)
        } else {
            answer.clone()
        };
        if let Some(cached) = self.routes.get_mut(&wish.topic) {
            cached.checked_at = now;
            if !has_changed(Some(&cached.route), &route) {
                return false;
            }
        }
        for broker in &route.broker_datas {
            self.broker_addrs.insert(broker.broker_name.clone(), broker.broker_addrs.clone());
        }
        // The addresses are taken before the client throws; the route that it had stays.
        let Ok(writable) = writable_queues(&wish.topic, &route) else {
            return false;
        };
        let cached = CachedRoute {
            checked_at: now,
            changed_at: now,
            writable: Arc::new(writable),
            readable: Arc::new(readable_queues(&wish.topic, &route)),
            route: Arc::new(route),
        };
        out.note(Fact::RouteChanged {
            topic: wish.topic.clone(),
            writable: count_by_broker(&cached.writable),
            readable: count_by_broker(&cached.readable),
        });
        self.routes.insert(wish.topic.clone(), cached);
        true
    }
}

fn count_by_broker(queues: &[MessageQueue]) -> Vec<(BrokerName, u32)> {
    let mut counts: BTreeMap<BrokerName, u32> = BTreeMap::new();
    for queue in queues {
        *counts.entry(queue.broker_name.clone()).or_default() += 1;
    }
    counts.into_iter().collect()
}
