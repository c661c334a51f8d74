//! A name server: it is told by brokers where they are and what topics they have, and tells clients who ask.
//!
//! Name servers never talk to each other; each knows only what brokers told it, and only in memory. A broker is
//! dropped when its connection closes (a killed process: at once), when nothing came over that connection for
//! 120 s (a frozen one), or when a scan finds its last registration too old.
//!
//! **In RocketMQ**: `RouteInfoManager`, `BrokerHousekeepingService`, `DefaultRequestProcessor` (behaviour §1).
//!
//! **Left out on purpose**: KV configuration and order configuration, write permission commands, acting masters,
//! zones, filter servers, static topics, the queue in front of 5.x's batch removal (it holds nothing up here).
//!
//! **Invariants**: a broker name is in the address table exactly while one of its addresses is; a topic has no
//! queues on a broker name that is not in the address table.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{NameServerConfig, Profile};
use crate::fact::{Fact, RemovalReason};
use crate::id::{Address, BrokerId, BrokerName, ClusterName, ConnectionId, TopicName};
use crate::outbox::{Input, Outbox};
use crate::remoting::ServerChannels;
use crate::rpc::{
    BrokerData, DataVersion, Frame, QueueData, Registration, Request, Response, ResponseBody, ResponseCode,
    TopicConfig, TopicRoute,
};
use crate::time::Instant;
use crate::timer::Timer;

/// An entry of `brokerLiveTable`.
#[derive(Clone, Debug)]
pub struct BrokerLiveInfo {
    /// Which broker registered from there.
    pub broker: (BrokerName, BrokerId),
    /// When it last did.
    pub last_update: Instant,
    data_version: DataVersion,
    ha_address: Address,
    connection: ConnectionId,
}

/// A removal, kept for people to look at.
#[derive(Clone, Debug)]
pub struct Removal {
    /// Which broker.
    pub broker: (BrokerName, BrokerId),
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: RemovalReason,
}

/// Removals that are kept.
const REMOVALS_KEPT: usize = 8;

/// The state of one name server.
#[derive(Clone, Debug)]
pub struct NameServer {
    profile: Profile,
    config: NameServerConfig,
    channels: ServerChannels,
    /// `topicQueueTable`.
    topics: BTreeMap<TopicName, BTreeMap<BrokerName, TopicConfig>>,
    /// `brokerAddrTable`, with the cluster of `clusterAddrTable`.
    brokers: BTreeMap<BrokerName, BrokerData>,
    /// `brokerLiveTable`.
    live: BTreeMap<Address, BrokerLiveInfo>,
    removals: Vec<Removal>,
}

impl NameServer {
    /// A name server that knows nothing yet.
    pub fn new(profile: Profile) -> Self {
        let config = NameServerConfig::of(profile);
        Self {
            profile,
            channels: ServerChannels::new(config.server_channel_max_idle_time),
            config,
            topics: BTreeMap::new(),
            brokers: BTreeMap::new(),
            live: BTreeMap::new(),
            removals: Vec::new(),
        }
    }

    /// Its settings.
    pub const fn config(&self) -> &NameServerConfig {
        &self.config
    }

    /// `topicQueueTable`.
    pub const fn topics(&self) -> &BTreeMap<TopicName, BTreeMap<BrokerName, TopicConfig>> {
        &self.topics
    }

    /// `brokerAddrTable`.
    pub const fn brokers(&self) -> &BTreeMap<BrokerName, BrokerData> {
        &self.brokers
    }

    /// `brokerLiveTable`.
    pub const fn live(&self) -> &BTreeMap<Address, BrokerLiveInfo> {
        &self.live
    }

    /// The last removals, oldest first.
    pub fn removals(&self) -> &[Removal] {
        &self.removals
    }

    /// Reacts to one input.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Outbox) {
        match input {
            Input::Started => out.set_timer(Timer::ScanNotActiveBroker, now + self.config.first_scan),
            Input::Frame { connection, peer, frame: Frame::Request { opaque, one_way, request } } => {
                self.channels.touch(now, connection, &peer.node, out);
                let response = self.answer(now, connection, *request, out);
                if !one_way {
                    out.send(connection, Frame::Response { opaque, response: Box::new(response) });
                }
            }
            Input::Closed(connection) => {
                self.channels.remove(connection);
                self.remove_by_connection(now, connection, RemovalReason::ChannelClosed, out);
            }
            Input::Timer(Timer::IdleChannels, _) => {
                for connection in self.channels.close_idle(now, out) {
                    self.remove_by_connection(now, connection, RemovalReason::ChannelIdle, out);
                }
            }
            Input::Timer(Timer::ScanNotActiveBroker, due) => {
                self.scan_not_active_brokers(now, out);
                out.set_timer(Timer::ScanNotActiveBroker, due + self.config.scan_not_active_broker_interval);
            }
            Input::Order(crate::command::NodeOrder::Shutdown) => out.exit(),
            _ => {}
        }
    }

    fn answer(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        request: Request,
        out: &mut Outbox,
    ) -> Response {
        let code = request.code();
        match request {
            // A broker, at its start and every 30 s. A slave learns where its master is.
            Request::RegisterBroker(registration) => {
                let body = self.register(now, connection, registration, out);
                Response::with(code, body)
            }
            // A broker that stops in good order.
            Request::UnregisterBroker { address, .. } => {
                self.remove(now, address, RemovalReason::Unregistered, out);
                Response::ok(code)
            }
            // A client that polls, or that sends to a topic for the first time.
            Request::GetRouteInfoByTopic { topic } => match self.route(&topic) {
                Some(route) => Response::with(code, ResponseBody::Route(Arc::new(route))),
                None => Response::refused(
                    code,
                    ResponseCode::TopicNotExist,
                    format!("No topic route info in name server for the topic: {topic}"),
                ),
            },
            _ => Response::refused(code, ResponseCode::RequestCodeNotSupported, "request type not supported"),
        }
    }

    /// The registration algorithm of behaviour §1.3.
    fn register(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        registration: Registration,
        out: &mut Outbox,
    ) -> ResponseBody {
        let Registration { cluster, broker_name, broker_id, address, .. } = &registration;
        let known = self.brokers.get(broker_name).is_some_and(|b| b.broker_addrs.contains_key(broker_id));
        if self.profile.is_v5() && registration.incremental && !known {
            // 5.x refuses a registration of one topic by a broker that it does not know as a whole.
            return ResponseBody::Registered { master_address: None, ha_address: None };
        }
        let broker = self.brokers.entry(broker_name.clone()).or_insert_with(|| BrokerData {
            cluster: cluster.clone(),
            broker_name: broker_name.clone(),
            broker_addrs: BTreeMap::new(),
        });
        broker.broker_addrs.retain(|id, other| other != address || id == broker_id);
        let old_address = broker.broker_addrs.insert(*broker_id, *address);
        let first = old_address.is_none();
        let changed =
            self.live.get(address).is_none_or(|live| live.data_version != registration.data_version);
        if broker_id.is_master() {
            self.update_topics(&registration, first || changed);
        }
        self.live.insert(
            *address,
            BrokerLiveInfo {
                broker: (broker_name.clone(), *broker_id),
                last_update: now,
                data_version: registration.data_version,
                ha_address: registration.ha_address,
                connection,
            },
        );
        if first {
            out.note(Fact::BrokerRegistered {
                broker_name: broker_name.clone(),
                broker_id: *broker_id,
                address: *address,
            });
        }
        let master = self.brokers.get(broker_name).and_then(|b| b.broker_addrs.get(&BrokerId::MASTER));
        let master = master.filter(|_| !broker_id.is_master()).copied();
        ResponseBody::Registered {
            master_address: master,
            ha_address: master.and_then(|address| self.live.get(&address)).map(|live| live.ha_address),
        }
    }

    fn update_topics(&mut self, registration: &Registration, everything: bool) {
        for (topic, config) in registration.topics.iter() {
            let queues = self.topics.entry(topic.clone()).or_default();
            let missing = self.profile.is_v5() && !queues.contains_key(&registration.broker_name);
            if everything || missing {
                queues.insert(registration.broker_name.clone(), config.clone());
            }
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
        let broker_datas: Vec<_> = queues.keys().filter_map(|name| self.brokers.get(name)).cloned().collect();
        let is_found = !queue_datas.is_empty() && !broker_datas.is_empty();
        is_found.then_some(TopicRoute { queue_datas, broker_datas })
    }

    fn scan_not_active_brokers(&mut self, now: Instant, out: &mut Outbox) {
        let timeout = self.config.broker_channel_expired_time;
        let silent: Vec<_> = self
            .live
            .iter()
            .filter(|(_, live)| live.last_update + timeout < now)
            .map(|(address, live)| (*address, live.connection))
            .collect();
        for (address, connection) in silent {
            if self.channels.remove(connection).is_some() {
                out.close(connection);
            }
            self.remove(now, address, RemovalReason::Expired, out);
        }
    }

    fn remove_by_connection(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        reason: RemovalReason,
        out: &mut Outbox,
    ) {
        let found = self.live.iter().find(|(_, live)| live.connection == connection);
        if let Some(address) = found.map(|(address, _)| *address) {
            self.remove(now, address, reason, out);
        }
    }

    /// Takes one address away, and with the last address of a broker name its queues (behaviour §1.4).
    fn remove(&mut self, now: Instant, address: Address, reason: RemovalReason, out: &mut Outbox) {
        let Some(BrokerLiveInfo { broker: (broker_name, broker_id), .. }) = self.live.remove(&address) else {
            return;
        };
        if let Some(broker) = self.brokers.get_mut(&broker_name) {
            broker.broker_addrs.retain(|_, other| *other != address);
            if broker.broker_addrs.is_empty() {
                self.brokers.remove(&broker_name);
                for queues in self.topics.values_mut() {
                    queues.remove(&broker_name);
                }
                self.topics.retain(|_, queues| !queues.is_empty());
            }
        }
        out.note(Fact::BrokerRemoved { broker_name: broker_name.clone(), broker_id, address, reason });
        self.removals.push(Removal { broker: (broker_name, broker_id), at: now, reason });
        if self.removals.len() > REMOVALS_KEPT {
            self.removals.remove(0);
        }
    }

    /// The cluster of a broker name.
    pub fn cluster_of(&self, broker_name: &BrokerName) -> Option<&ClusterName> {
        self.brokers.get(broker_name).map(|broker| &broker.cluster)
    }
}
