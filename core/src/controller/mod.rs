//! A controller: it says which replica of a broker name is the master.
//!
//! Brokers in controller mode register here, get an id for good, and send heartbeats each second. The controller knows
//! of each broker name who is the master and who is in sync with it. When the master dies it elects another one, first
//! of all from those in sync, and tells the living brokers. Controllers form a group: whatever changes their common
//! state is an entry in the ledger of a DLedger group, only its leader serves, and the others send brokers on.
//!
//! A controller is a process of its own, or lives in a name server (`enableControllerInNamesrv`), beside it and with an
//! address of its own. So it stands among the pure parts: it is told what came in and says what to do, and both kinds of
//! process carry that out.
//!
//! One concern a file: `replicas_info` (the common state and elections), `heartbeat` (who lives), `proposals` (requests
//! one after another, each agreed on by the group), `member` (its place in the group), `epoch_file_cache` (what a broker
//! remembers of reigns).
//!
//! **In RocketMQ**: `ControllerManager`, `DLedgerController`, `ControllerRequestProcessor`, `ReplicasInfoManager`,
//! `DefaultElectPolicy`, `DefaultBrokerHeartbeatManager` (behaviour §4.7, §11.6).
//!
//! **Left out on purpose**: JRaft (`controllerType`), snapshots of the common state (it is built anew from the ledger at a
//! start), metrics, reads that go through the ledger (`isProcessReadEvent`), idle connections of the server.
//!
//! **Invariants**: the common state changes only by entries that the group has committed, in their order; one request is
//! worked on at a time; a controller that does not lead elects nobody.

mod epoch_file_cache;
mod heartbeat;
mod member;
mod proposals;
mod replicas_info;

use std::collections::{BTreeMap, VecDeque};

pub use epoch_file_cache::EpochFileCache;
pub use heartbeat::{BrokerHeartbeatManager, BrokerIdentity, BrokerLiveInfo, Liveness, LivenessAt};
pub use replicas_info::{BrokerReplicaInfo, ControllerResult, ReplicasInfoManager, SyncStateInfo};

use crate::command::{NodeOrder, Settings};
use crate::config::{ControllerConfig, Profile};
use crate::dledger::{Member, MemberDisk};
use crate::fact::{ControllerFact, Fact, InactiveReason};
use crate::id::{Address, BrokerName, ConnectionId, Opaque};
use crate::outbox::{Input, Outbox};
use crate::remoting::{Outcome, Remoting};
use crate::rng::Rng;
use crate::rpc::{
    ControllerAnswer, ControllerEvents, ControllerHeartbeat, ControllerRequest, EntryId, Frame, Index,
    MemberId, Request, RequestCode, Response, ResponseBody, ResponseCode,
};
use crate::time::{Duration, Instant};
use crate::timer::Timer;
use proposals::{Asked, Task};

/// Wait before the first scan for brokers whose heartbeats have stopped.
const FIRST_SCAN: Duration = Duration::from_secs(2);
/// How long a connection attempt to a broker or a controller may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// What no operator changes (`ControllerRequestProcessor.initConfigBlackList`, with the default of `configBlackList`).
const CONFIG_BLACK_LIST: [&str; 3] = ["configBlackList", "configStorePath", "rocketmqHome"];

/// What a controller keeps on its disk: its ledger, its term and its vote.
#[derive(Clone, Debug, Default)]
pub struct ControllerDisk {
    member: MemberDisk<ControllerEvents>,
}

/// The state of one controller.
#[derive(Clone, Debug)]
pub struct Controller {
    address: Address,
    config: ControllerConfig,
    rng: Rng,
    /// The moment of the input that is being handled.
    now: Instant,
    remoting: Remoting<member::Purpose>,
    heartbeats: BrokerHeartbeatManager,
    replicas: ReplicasInfoManager,
    /// The place in the ledger up to which the common state was changed.
    applied: Option<Index>,
    disk: Option<ControllerDisk>,
    /// Its member of the group; none before it runs.
    member: Option<Box<Member<ControllerEvents>>>,
    /// Requests of other members that it has not answered: the connection to answer on.
    member_calls: BTreeMap<(MemberId, u64), (ConnectionId, Opaque)>,
    /// Whether it serves as the leader: it leads, and the group has agreed on its first entry.
    is_leader_state: bool,
    first_proposal: Option<EntryId>,
    waiting: VecDeque<Task>,
    in_flight: Option<(EntryId, Task, Box<ControllerResult>)>,
}

/// The settings of a controller made from this, with itself as the only member unless others are named.
pub fn config_of(profile: Profile, settings: &Settings, address: Address) -> ControllerConfig {
    let mut config = ControllerConfig::from_settings(profile, settings);
    if config.controller_dleger_peers.0.is_empty() {
        config.controller_dleger_peers.0.push((config.controller_dleger_self_id.0, address));
    }
    config
}

/// Where a controller with these settings listens, when its place in the group says so.
pub fn address_in_group(profile: Profile, settings: &Settings) -> Option<Address> {
    let config = ControllerConfig::from_settings(profile, settings);
    let own = config.controller_dleger_self_id.0;
    let peers = config.controller_dleger_peers.0;
    peers.into_iter().find(|(id, _)| *id == own).map(|(_, address)| address)
}

/// What is wrong with settings that go together.
///
/// # Errors
/// A sentence for people.
pub fn check_settings(settings: &Settings) -> Result<(), String> {
    let mut config = ControllerConfig::of(Profile::V5);
    for (key, value) in settings.iter().filter(|(key, _)| ControllerConfig::KEYS.contains(&key.as_str())) {
        config.set(key, value)?;
    }
    let (own, peers) = (config.controller_dleger_self_id, config.controller_dleger_peers);
    if !peers.0.is_empty() && !peers.0.iter().any(|(id, _)| *id == own.0) {
        return Err(format!("controllerDLegerSelfId={own} is not among controllerDLegerPeers={peers}"));
    }
    Ok(())
}

impl Controller {
    /// A process on an old disk, or on a new one.
    pub fn new(config: ControllerConfig, address: Address, rng: Rng, disk: Option<ControllerDisk>) -> Self {
        Self {
            address,
            config,
            rng,
            now: Instant::ZERO,
            remoting: Remoting::new(CONNECT_TIMEOUT),
            heartbeats: BrokerHeartbeatManager::default(),
            replicas: ReplicasInfoManager::default(),
            applied: None,
            disk: Some(disk.unwrap_or_default()),
            member: None,
            member_calls: BTreeMap::new(),
            is_leader_state: false,
            first_proposal: None,
            waiting: VecDeque::new(),
            in_flight: None,
        }
    }

    /// What it leaves behind when it ends.
    pub fn into_disk(self) -> ControllerDisk {
        let member = self.member.map(|member| member.into_disk());
        member.map_or_else(|| self.disk.unwrap_or_default(), |member| ControllerDisk { member })
    }

    /// Reacts to one input. In a name server it sees those of the name server too, and passes them over.
    pub fn handle(&mut self, now: Instant, input: &Input, out: &mut Outbox) {
        self.now = now;
        match input {
            Input::Started => self.start(now, out),
            Input::Connected(connection) => self.remoting.on_connected(*connection, out),
            Input::Refused(connection) => {
                let outcomes = self.remoting.on_refused(*connection, out);
                self.on_outcomes(now, outcomes, out);
            }
            Input::Closed(connection) if self.remoting.knows(*connection) => {
                let outcomes = self.remoting.on_closed(*connection);
                self.on_outcomes(now, outcomes, out);
            }
            Input::Closed(connection) => self.on_channel_close(*connection, out),
            Input::Frame { connection, frame: Frame::Response { opaque, response }, .. }
                if self.remoting.knows(*connection) =>
            {
                let outcome = self.remoting.on_response(*opaque, (**response).clone());
                self.on_outcomes(now, outcome.into_iter().collect(), out);
            }
            Input::Frame { connection, frame: Frame::Request { opaque, one_way, request }, .. } => {
                if let Request::Controller(request) = &**request {
                    let asked = Asked { connection: *connection, opaque: *opaque, one_way: *one_way };
                    self.on_request(now, asked, (**request).clone(), out);
                }
            }
            Input::Timer(timer, due) => self.on_timer(now, *timer, *due, out),
            Input::Order(order) => {
                if let NodeOrder::Set(settings) = &**order {
                    self.update_config(settings);
                }
            }
            Input::Frame { .. } => {}
        }
        self.go_on(now, out);
        self.arm_member(out);
    }

    fn start(&mut self, now: Instant, out: &mut Outbox) {
        out.set_timer(Timer::ScanInactiveBroker, now + FIRST_SCAN);
        self.start_member(now, out);
    }

    fn on_timer(&mut self, now: Instant, timer: Timer, due: Instant, out: &mut Outbox) {
        match timer {
            Timer::RequestTimeout => {
                let outcomes = self.remoting.on_timeout(now, out);
                self.on_outcomes(now, outcomes, out);
            }
            Timer::ControllerMember => self.wake_member(now, out),
            Timer::ScanInactiveBroker => {
                self.scan_not_active(now, out);
                out.set_timer(Timer::ScanInactiveBroker, due + self.config.scan_not_active_broker_interval);
            }
            Timer::ScanInactiveMaster if self.is_leader_state => {
                for broker_name in self.replicas.scan_need_reelect(&self.heartbeats.at(now)) {
                    self.trigger_elect_master(broker_name);
                }
                out.set_timer(Timer::ScanInactiveMaster, due + self.config.scan_inactive_master_interval);
            }
            _ => {}
        }
    }

    fn update_config(&mut self, settings: &[(String, String)]) {
        for (key, value) in settings.iter().filter(|(key, _)| ControllerConfig::KEYS.contains(&key.as_str()))
        {
            self.config.set(key, value).expect("settings are checked with the command that gives them");
        }
    }

    fn on_outcomes(&mut self, now: Instant, outcomes: Vec<Outcome<member::Purpose>>, out: &mut Outbox) {
        for (purpose, result) in outcomes {
            self.on_member_outcome(now, purpose, result.ok(), out);
        }
    }

    fn on_request(&mut self, now: Instant, asked: Asked, request: ControllerRequest, out: &mut Outbox) {
        let code = request.code();
        let response = match request {
            // A broker, each second.
            ControllerRequest::Heartbeat(heartbeat) => self.on_heartbeat(now, asked, &heartbeat, out),
            // Whoever looks for the leader.
            ControllerRequest::GetMetadataInfo => self.metadata(),
            // An operator.
            ControllerRequest::GetConfig => {
                let answer = ControllerAnswer::Config(self.config.entries());
                Response::with(code, ResponseBody::Controller(Box::new(answer)))
            }
            ControllerRequest::UpdateConfig { settings } => {
                if settings.iter().any(|(key, _)| CONFIG_BLACK_LIST.contains(&key.as_str())) {
                    let remark = "Can not update config in black list.";
                    return asked.answer(Response::refused(code, ResponseCode::NoPermission, remark), out);
                }
                for (key, value) in &settings {
                    // Keys that a controller does not have, and values that it cannot read, are passed over.
                    let _ignored = self.config.set(key, value);
                }
                Response::ok(code)
            }
            // Another controller.
            ControllerRequest::DLedger { from, call, request } => {
                return self.on_member_request(now, asked, (from, call), request, out);
            }
            // These are for brokers.
            ControllerRequest::NotifyBrokerRoleChanged(_) | ControllerRequest::GetBrokerEpochCache => {
                let remark = format!(" request type {} not supported", code.number());
                Response::refused(code, ResponseCode::RequestCodeNotSupported, remark)
            }
            // Everything else is for the leader.
            _ if !self.is_leader_state => {
                let remark = "The controller is not in leader state";
                Response::refused(code, ResponseCode::ControllerNotLeader, remark)
            }
            request => {
                self.waiting.push_back(Task::Request(asked, request));
                return;
            }
        };
        asked.answer(response, out);
    }

    fn on_heartbeat(
        &mut self,
        now: Instant,
        asked: Asked,
        heartbeat: &ControllerHeartbeat,
        out: &mut Outbox,
    ) -> Response {
        if self.heartbeats.on_heartbeat(now, asked.connection, heartbeat) {
            out.note(Fact::Controller(ControllerFact::BrokerActive {
                broker_name: heartbeat.broker_name.clone(),
                broker_id: heartbeat.broker_id,
            }));
        }
        Response::ok(RequestCode::BrokerHeartbeat)
    }

    /// Drops brokers whose heartbeats have stopped, and closes their connections.
    fn scan_not_active(&mut self, now: Instant, out: &mut Outbox) {
        for (broker, connection) in self.heartbeats.scan_not_active(now) {
            out.close(connection);
            self.on_inactive(broker, InactiveReason::Expired, out);
        }
    }

    fn on_channel_close(&mut self, connection: ConnectionId, out: &mut Outbox) {
        if let Some(broker) = self.heartbeats.on_channel_close(connection) {
            self.on_inactive(broker, InactiveReason::ChannelClosed, out);
        }
    }

    /// A broker is dead. When it is the master, another one is needed (`ControllerManager.onBrokerInactive`).
    fn on_inactive(
        &mut self,
        (_, broker_name, broker_id): BrokerIdentity,
        reason: InactiveReason,
        out: &mut Outbox,
    ) {
        let fact = ControllerFact::BrokerInactive { broker_name: broker_name.clone(), broker_id, reason };
        out.note(Fact::Controller(fact));
        if self.is_leader_state && self.replicas.master_of(&broker_name) == Some(broker_id) {
            self.trigger_elect_master(broker_name);
        }
    }

    fn trigger_elect_master(&mut self, broker_name: BrokerName) {
        let tries = self.config.elect_master_max_retry_count;
        if tries > 0 {
            self.waiting.push_back(Task::Elect { broker_name, tries });
        }
    }
}

// What can be seen.
impl Controller {
    /// Where it listens.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Its settings.
    pub const fn config(&self) -> &ControllerConfig {
        &self.config
    }

    /// The common state, as far as it knows it.
    pub const fn replicas(&self) -> &ReplicasInfoManager {
        &self.replicas
    }

    /// Who lives, as far as it knows.
    pub const fn heartbeats(&self) -> &BrokerHeartbeatManager {
        &self.heartbeats
    }

    /// Its member of the group.
    pub fn member(&self) -> Option<&Member<ControllerEvents>> {
        self.member.as_deref()
    }

    /// Whether it serves as the leader.
    pub const fn is_leader(&self) -> bool {
        self.is_leader_state
    }
}
