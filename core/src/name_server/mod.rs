//! A name server: it is told by brokers where they are and what topics they have, and tells clients who ask.
//!
//! Name servers never talk to each other; each knows only what brokers told it, and only in memory. A broker is
//! dropped when its connection closes (a killed process: at once), when nothing came over that connection for
//! 120 s (a frozen one), or when a scan finds its last registration too old. What operators put into the KV
//! configuration is the only thing on its disk.
//!
//! **In RocketMQ**: `RouteInfoManager`, `BatchUnregistrationService`, `BrokerHousekeepingService`, `KVConfigManager`,
//! `DefaultRequestProcessor`, `ClientRequestProcessor` (behaviour §1).
//!
//! **Left out on purpose**: zones, filter servers, static topics, lists of unit topics, checksums of registrations.
//!
//! **Invariants**: a topic has at least one broker name with queues; a broker name with an address is in the table of
//! its cluster; what waits for removal is removed before the handler returns.

mod admin;
mod config_table;
mod kv_config;
mod min_broker_id;
mod registration;
mod removal;
mod route;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use kv_config::KvConfig;
pub use removal::Removal;

use crate::command::{NodeOrder, Settings};
use crate::config::{ControllerConfig, NameServerConfig, Profile};
use crate::controller::{Controller, ControllerDisk};
use crate::fact::RemovalReason;
use crate::id::{Address, BrokerId, BrokerName, ClusterName, ConnectionId, TopicName};
use crate::outbox::{Input, Outbox};
use crate::remoting::{Remoting, ServerChannels};
use crate::rpc::{
    BrokerData, DataVersion, Frame, KvTable, Request, Response, ResponseBody, ResponseCode, TopicConfig,
};
use crate::time::{Duration, Instant};
use crate::timer::Timer;
use removal::Unregistration;

/// The key of `brokerLiveTable`. V4 tells brokers apart by their address alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BrokerAddrInfo {
    /// The cluster that the broker named.
    pub cluster: ClusterName,
    /// Where clients reach it.
    pub address: Address,
}

/// An entry of `brokerLiveTable`.
#[derive(Clone, Debug)]
pub struct BrokerLiveInfo {
    /// Which broker registered from there.
    pub broker: (BrokerName, BrokerId),
    /// When it last did.
    pub last_update: Instant,
    /// How long it may be silent.
    pub heartbeat_timeout: Duration,
    data_version: DataVersion,
    ha_address: Address,
    connection: ConnectionId,
}

/// The state of one name server.
#[derive(Clone, Debug)]
pub struct NameServer {
    profile: Profile,
    address: Address,
    config: NameServerConfig,
    started_at: Instant,
    channels: ServerChannels,
    /// `topicQueueTable`.
    topics: BTreeMap<TopicName, BTreeMap<BrokerName, TopicConfig>>,
    /// `brokerAddrTable`.
    brokers: BTreeMap<BrokerName, BrokerData>,
    /// `clusterAddrTable`. V5 leaves a broker name here whose registration it refused.
    clusters: BTreeMap<ClusterName, BTreeSet<BrokerName>>,
    /// `brokerLiveTable`.
    live: BTreeMap<BrokerAddrInfo, BrokerLiveInfo>,
    /// What waits for removal.
    unregistrations: Vec<Unregistration>,
    /// Requests of its own, to brokers.
    remoting: Remoting<()>,
    kv_config: KvConfig,
    removals: Vec<Removal>,
    /// The controller in the same process (`enableControllerInNamesrv`).
    controller: Option<Box<Controller>>,
}

/// What a name server leaves behind when it ends.
#[derive(Clone, Debug, Default)]
pub struct NameServerDisk {
    /// The KV configuration.
    pub kv_config: KvConfig,
    /// What the controller within it keeps.
    pub controller: Option<Box<ControllerDisk>>,
}

impl NameServer {
    /// A name server that knows nothing yet but what is on its disk. Settings that it does not have were refused when
    /// the command was checked.
    pub fn new(profile: Profile, address: Address, settings: &Settings, kv_config: KvConfig) -> Self {
        let config = config_of(profile, settings);
        Self {
            profile,
            address,
            started_at: Instant::ZERO,
            channels: ServerChannels::new(config.server_channel_max_idle_time),
            config,
            topics: BTreeMap::new(),
            brokers: BTreeMap::new(),
            clusters: BTreeMap::new(),
            live: BTreeMap::new(),
            unregistrations: Vec::new(),
            remoting: Remoting::new(Duration::from_secs(3)),
            kv_config,
            removals: Vec::new(),
            controller: None,
        }
    }

    /// The same with a controller in its process.
    #[must_use]
    pub fn with_controller(self, controller: Controller) -> Self {
        Self { controller: Some(Box::new(controller)), ..self }
    }

    /// What it leaves behind when it ends.
    pub fn into_disk(self) -> NameServerDisk {
        let controller = self.controller.map(|controller| Box::new(controller.into_disk()));
        NameServerDisk { kv_config: self.kv_config, controller }
    }

    /// The controller in the same process.
    pub fn controller(&self) -> Option<&Controller> {
        self.controller.as_deref()
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

    /// `clusterAddrTable`.
    pub const fn clusters(&self) -> &BTreeMap<ClusterName, BTreeSet<BrokerName>> {
        &self.clusters
    }

    /// `brokerLiveTable`.
    pub const fn live(&self) -> &BTreeMap<BrokerAddrInfo, BrokerLiveInfo> {
        &self.live
    }

    /// The last removals, oldest first.
    pub fn removals(&self) -> &[Removal] {
        &self.removals
    }

    /// Reacts to one input.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Outbox) {
        if let Some(controller) = &mut self.controller {
            controller.handle(now, &input, out);
            if is_for_controller(&input) {
                return;
            }
        }
        match input {
            Input::Started => {
                self.started_at = now;
                out.set_timer(Timer::ScanNotActiveBroker, now + self.config.first_scan);
            }
            Input::Frame { connection, peer, frame: Frame::Request { opaque, one_way, request } } => {
                self.channels.touch(now, connection, &peer.node, out);
                let response = self.answer(now, connection, *request, out);
                if !one_way {
                    out.send(connection, Frame::Response { opaque, response: Box::new(response) });
                }
            }
            Input::Connected(connection) => self.remoting.on_connected(connection, out),
            Input::Refused(connection) => drop(self.remoting.on_refused(connection, out)),
            Input::Closed(connection) if self.remoting.knows(connection) => {
                drop(self.remoting.on_closed(connection));
            }
            Input::Timer(Timer::RequestTimeout, _) => drop(self.remoting.on_timeout(now, out)),
            Input::Closed(connection) => {
                self.channels.remove(connection);
                self.on_channel_destroy(now, connection, RemovalReason::ChannelClosed, out);
            }
            Input::Timer(Timer::IdleChannels, _) => {
                for connection in self.channels.close_idle(now, out) {
                    self.on_channel_destroy(now, connection, RemovalReason::ChannelIdle, out);
                }
            }
            Input::Timer(Timer::ScanNotActiveBroker, due) => {
                self.scan_not_active_brokers(now, out);
                out.set_timer(Timer::ScanNotActiveBroker, due + self.config.scan_not_active_broker_interval);
            }
            Input::Order(order) => match *order {
                NodeOrder::Set(settings) => self.update_config(&settings),
                NodeOrder::Shutdown => out.exit(),
                _ => {}
            },
            _ => {}
        }
        self.remove_batch(now, out);
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
            Request::RegisterBroker(registration) => self.register(now, connection, registration, out),
            // A broker that stops in good order.
            Request::UnregisterBroker { cluster, broker_name, broker_id, address } => {
                let reason = RemovalReason::Unregistered;
                let request = Unregistration { cluster, broker_name, broker_id, address, reason };
                if self.submit(now, request, out) {
                    Response::ok(code)
                } else {
                    Response::refused(code, ResponseCode::SystemError, "")
                }
            }
            // A client that polls, or that sends to a topic for the first time.
            Request::GetRouteInfoByTopic { topic } => self.answer_route(now, &topic),
            Request::NameServer(request) => self.answer_other(now, request),
            _ => self.not_supported(code),
        }
    }

    /// The key under which a broker is in `brokerLiveTable`.
    fn live_key(&self, cluster: &ClusterName, address: Address) -> Option<BrokerAddrInfo> {
        let is_meant = |info: &&BrokerAddrInfo| {
            info.address == address && (!self.profile.is_v5() || info.cluster == *cluster)
        };
        self.live.keys().find(is_meant).cloned()
    }

    /// What the order configuration says, for a broker that registers.
    fn order_topics(&self) -> Option<Arc<KvTable>> {
        let is_told = !self.profile.is_v5() || self.config.return_order_topic_config_to_broker;
        is_told.then(|| self.kv_config.order_topics()).flatten()
    }

    fn registered(&self, master: Option<(Address, Address)>) -> ResponseBody {
        let (master_address, ha_address) = master.unzip();
        ResponseBody::Registered { master_address, ha_address, order_topics: self.order_topics() }
    }
}

/// Whether only the controller in the process has to do with it. The two listen at different ports; here what is asked
/// tells whom it is for.
fn is_for_controller(input: &Input) -> bool {
    matches!(
        input,
        Input::Frame { frame: Frame::Request { request, .. }, .. } if matches!(**request, Request::Controller(_))
    )
}

/// The settings of a name server: those of the version, with what a person has set.
pub fn config_of(profile: Profile, settings: &Settings) -> NameServerConfig {
    let mut config = NameServerConfig::of(profile);
    let mut controller = ControllerConfig::of(profile);
    for (key, value) in settings {
        config
            .set_beside_controller(&mut controller, key, value)
            .expect("the settings were checked with the command");
    }
    config
}

#[cfg(test)]
mod tests;
