//! A broker: it stores messages and hands them out.
//!
//! The master of a broker name (id 0) takes sends; slaves copy its commit log and, in the way of their version,
//! answer pulls. A send is checked, appended to the commit log and acknowledged, after a flush or a slave's copy
//! if the broker is configured to wait for that. A moment later the message gets its entry in the consume queue;
//! only then can it be pulled. A pull that finds nothing is held until something arrives.
//!
//! One protocol a file: `send`, `send_back`, `pull`, `offsets`, `reset`, `clients`, `client_calls`, `groups`, `locks`,
//! `topics`, `registration`, `schedule`, `timer_messages`, `transaction`, `pop`, `ha` (replication), `slave_sync` (the
//! rest of what a slave copies), `acting` (a slave that stands in for its master), `dledger` (replication by DLedger
//! instead), `controller` (roles and replication under a controller), `retention` (what is deleted when), `disk` (what survives), `admin` (operators).
//!
//! **In RocketMQ**: `BrokerController` and its processors (behaviour §3, §4).
//!
//! **Left out on purpose**: thread pools and their queues (a request is handled when it arrives, so
//! `BrokerFastFailure` never strikes); the seconds that a JVM takes to start.
//!
//! **Invariants**: only a master appends what a producer sends; a send is acknowledged once; the flushed position
//! never passes the end of the log; what is on disk changes only where RocketMQ writes.

mod acting;
mod admin;
mod client_calls;
mod clients;
mod controller;
mod disk;
mod dledger;
mod groups;
mod ha;
mod held_pulls;
mod hold_back;
mod locks;
mod offsets;
mod pop;
mod pull;
mod puts;
mod registration;
mod requests;
mod reset;
mod retention;
mod runtime_info;
mod schedule;
mod send;
mod send_back;
mod slave_sync;
mod stats;
mod timer_messages;
mod topics;
mod transaction;
mod transaction_check;

use std::collections::{BTreeMap, BTreeSet};

pub use acting::{ActingState, InSyncReplicas};
pub use clients::{ConsumerGroupInfo, Member};
pub use controller::{ControllerModeDisk, ControllerModeState, ReplicasState, Truncation};
pub use disk::BrokerDisk;
pub use dledger::{DLedger, TruncatedTail};
pub use ha::SlaveState;
use held_pulls::HeldPulls;
pub(crate) use hold_back::{SCHEDULE_TOPIC, TIMER_TOPIC, real_place};
pub use locks::{LockEntry, RebalanceLockManager};
pub use offsets::OffsetTable;
pub use pop::CheckPointState;
pub use pull::HeldPull;
pub(crate) use retention::disk_used_percent;
pub use schedule::DelayOffsets;
pub use timer_messages::TimerCheckpoint;
pub use topics::is_system_topic;
pub(crate) use transaction::{HALF_TOPIC, OP_TOPIC, TRANSACTION_GROUP, op_offsets};

use crate::command::{BrokerSpec, NodeOrder, Settings};
use crate::config::{BrokerConfig, BrokerRole, Profile};
use crate::fact::{Fact, LeaveReason};
use crate::id::{Address, BrokerId, BrokerName, ConnectionId, GroupName, NodeId, Opaque, TopicName};
use crate::outbox::{Input, Outbox, Peer};
use crate::remoting::{Outcome, Remoting, ServerCalls, ServerChannels};
use crate::rng::Rng;
use crate::rpc::{DataVersion, Frame, GroupTable, MemberId, Response, TopicTable};
use crate::store::MessageStore;
use crate::time::{Duration, Epoch, Instant};
use crate::timer::Timer;

/// How long a graceful stop takes (recorded: V4 2–3 s, V5 12–17 s).
const fn shutdown_time(profile: Profile) -> Duration {
    Duration::from_millis(if profile.is_v5() { 14_000 } else { 2_500 })
}

/// Wait before the broker first looks whether its list of name servers was changed.
const FIRST_NAME_SERVER_LOOK: Duration = Duration::from_secs(10);
/// Period of that look (`updateNameServerAddrPeriod`).
const NAME_SERVER_LOOK_PERIOD: Duration = Duration::from_secs(120);
const MILLIS_PER_DAY: u64 = 86_400_000;

/// Why a broker asked something.
#[derive(Clone, Debug)]
enum Purpose {
    Register(Address),
    Unregister,
    CopyFromMaster,
    /// To another replica of a DLedger group: to whom, and the number of the request there.
    DLedger(MemberId, u64),
    /// POP: where a topic is.
    PopRoute(TopicName),
    Acting(acting::ActingPurpose),
    Controller(controller::ControllerCall),
}

/// The state of one broker process.
#[derive(Clone, Debug)]
pub struct Broker {
    node: NodeId,
    profile: Profile,
    epoch: Epoch,
    rng: Rng,
    config: Box<BrokerConfig>,
    broker_name: BrokerName,
    broker_id: BrokerId,
    address: Address,
    ha_address: Address,
    name_servers: Vec<Address>,
    /// `namesrvAddr`: the name servers that the next look will take over.
    configured_name_servers: Vec<Address>,
    started_at: Instant,
    is_stopping: bool,

    store: MessageStore,
    topics: TopicTable,
    data_version: DataVersion,
    groups: GroupTable,
    offsets: OffsetTable,
    persisted_offsets: OffsetTable,
    /// What was last handed out, for `Inflight` (V5).
    pull_offsets: OffsetTable,
    stats: stats::BrokerStats,
    /// Where queues of a group are to be sent to at its next pull; gone with the process.
    reset_offsets: OffsetTable,
    locks: RebalanceLockManager,

    remoting: Remoting<Purpose>,
    channels: ServerChannels,
    calls: ServerCalls<client_calls::ClientCall>,
    /// Members that are still to be told that their group changed.
    notices: BTreeMap<GroupName, Vec<ConnectionId>>,
    registered: BTreeMap<Address, Instant>,
    consumers: BTreeMap<GroupName, ConsumerGroupInfo>,
    /// Topics that any consumer has subscribed to since the process started (`topicGroupTable`, behaviour §7.1).
    subscribed_topics: BTreeSet<TopicName>,
    producers: BTreeMap<GroupName, BTreeMap<ConnectionId, Member>>,
    held_pulls: HeldPulls,
    retention: retention::Retention,
    puts: puts::Puts,
    schedule: schedule::Schedule,
    timer_wheel: timer_messages::TimerWheel,
    transactions: transaction::Transactions,
    slaves: BTreeMap<ConnectionId, SlaveState>,
    replica: ha::ReplicaState,
    /// Replication by DLedger, which takes the place of the two before.
    dledger: Option<Box<DLedger>>,
    pop: pop::Pop,
    acting: acting::ActingMaster,
    /// Controller mode (V5); none in another mode.
    controller: Option<Box<controller::ControllerMode>>,
}

/// What a broker is told when it is started.
#[derive(Clone, Debug)]
pub struct BrokerStart {
    /// What the person calls the process.
    pub node: NodeId,
    /// The version.
    pub profile: Profile,
    /// The date of virtual zero.
    pub epoch: Epoch,
    /// Its share of chance.
    pub rng: Rng,
    /// Its address.
    pub address: Address,
    /// Where slaves reach it.
    pub ha_address: Address,
    /// The name servers it registers at.
    pub name_servers: Vec<Address>,
    /// The controllers, for a broker in controller mode that is not told of others.
    pub controllers: Vec<Address>,
}

/// The settings of a broker made from this.
pub fn config_of(profile: Profile, spec: &BrokerSpec) -> BrokerConfig {
    let mut config = BrokerConfig::of(profile);
    for (key, value) in &spec.settings {
        config.set(key, value).expect("settings are checked with the command that gives them");
    }
    if !spec.broker_id.is_master() || config.enable_dleger_commit_log || config.enable_controller_mode {
        config.broker_role = BrokerRole::Slave;
    }
    config
}

/// The id that a broker has at its start. With DLedger it follows from the member, whatever was ordered.
pub fn first_broker_id(config: &BrokerConfig, spec: &BrokerSpec) -> BrokerId {
    if config.enable_dleger_commit_log { dledger::slave_id(config.d_leger_self_id) } else { spec.broker_id }
}

impl Broker {
    /// A process on an old disk, or on a new one.
    pub fn new(start: BrokerStart, spec: &BrokerSpec, disk: Option<BrokerDisk>) -> Self {
        let mut config = config_of(start.profile, spec);
        if config.enable_controller_mode && config.controller_addr.0.is_empty() {
            config.controller_addr.0.clone_from(&start.controllers);
        }
        let disk =
            disk.unwrap_or_else(|| BrokerDisk::new(start.profile, start.epoch, &config, &spec.broker_name));
        let mut store = disk.store;
        let dledger = config.enable_dleger_commit_log.then(|| {
            let rng = Rng::fork(u64::from(start.rng.clone().below(u32::MAX)), "dledger");
            Box::new(DLedger::new(&config, disk.ledger, rng))
        });
        let controller = config.enable_controller_mode.then(|| {
            let controllers = config.controller_addr.0.clone();
            Box::new(controller::ControllerMode::new(controllers, disk.controller_mode))
        });
        match (&dledger, &controller) {
            (Some(dledger), _) => store.recover_committed(dledger.committed_position()),
            (_, Some(mode)) => store.recover_to(mode.disk.confirm_offset.unwrap_or_default()),
            (None, None) => store.recover(),
        }
        Self {
            node: start.node,
            profile: start.profile,
            epoch: start.epoch,
            pop: pop::Pop::new(&start.rng, disk.modes),
            rng: start.rng,
            locks: RebalanceLockManager::new(config.rebalance_lock_max_live_time),
            remoting: Remoting::new(Duration::from_secs(3)),
            channels: ServerChannels::new(config.server_channel_max_idle_time),
            broker_name: spec.broker_name.clone(),
            broker_id: if controller.is_some() { BrokerId::NONE } else { first_broker_id(&config, spec) },
            config: Box::new(config),
            address: start.address,
            ha_address: start.ha_address,
            configured_name_servers: start.name_servers.clone(),
            name_servers: start.name_servers,
            started_at: Instant::ZERO,
            is_stopping: false,
            store,
            topics: disk.topics,
            data_version: disk.data_version,
            groups: disk.groups,
            offsets: disk.offsets.clone(),
            persisted_offsets: disk.offsets,
            pull_offsets: OffsetTable::default(),
            stats: stats::BrokerStats::new(Instant::ZERO),
            reset_offsets: OffsetTable::default(),
            calls: ServerCalls::new(),
            notices: BTreeMap::new(),
            registered: BTreeMap::new(),
            consumers: BTreeMap::new(),
            subscribed_topics: BTreeSet::new(),
            producers: BTreeMap::new(),
            held_pulls: HeldPulls::default(),
            retention: retention::Retention::default(),
            puts: puts::Puts::default(),
            schedule: schedule::Schedule::load(disk.delay_offsets),
            timer_wheel: timer_messages::TimerWheel::load(disk.timer_checkpoint),
            transactions: transaction::Transactions::default(),
            slaves: BTreeMap::new(),
            replica: ha::ReplicaState::default(),
            dledger,
            acting: acting::ActingMaster::default(),
            controller,
        }
    }

    /// Reacts to one input.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Outbox) {
        match input {
            Input::Started => self.start(now, out),
            Input::Frame { connection, peer, frame } => self.on_frame(now, connection, &peer, frame, out),
            Input::Connected(connection) if self.replica.is(connection) => {
                self.ha_connected(now, out);
                self.look_for_connection(now, out);
            }
            Input::Connected(connection) => self.remoting.on_connected(connection, out),
            Input::Refused(connection) | Input::Closed(connection) if self.replica.is(connection) => {
                self.ha_disconnected();
            }
            Input::Refused(connection) => {
                let outcomes = self.remoting.on_refused(connection, out);
                self.on_outcomes(now, outcomes, out);
            }
            Input::Closed(connection) => self.on_closed(now, connection, out),
            Input::Timer(timer, due) => self.on_timer(now, timer, due, out),
            Input::Order(order) => self.on_order(now, *order, out),
        }
    }

    fn start(&mut self, now: Instant, out: &mut Outbox) {
        self.started_at = now;
        self.stats = stats::BrokerStats::new(now);
        out.set_timer(Timer::UpdateNameServerAddr, now + FIRST_NAME_SERVER_LOOK);
        out.set_timer(Timer::BrokerStatsRecord, self.next_midnight(now));
        self.isolate_at_start(out);
        if self.controller.is_some() {
            self.start_replicas_manager(now, out);
        } else if !self.is_isolated() {
            self.register_all(now, None, out);
        }
        out.set_timer(Timer::RegisterBroker, now + registration::FIRST_PERIODIC);
        out.set_timer(Timer::PersistConsumerOffset, now + offsets::FIRST_PERSIST);
        out.set_timer(Timer::ScanClientChannels, now + clients::SCAN_PERIOD);
        self.arm_first_cleaning(now, out);
        if self.dledger.is_some() {
            return self.arm_dledger(now, out);
        }
        if self.controller.is_some() {
            return;
        }
        if self.is_slave() {
            out.set_timer(Timer::SlaveSynchronize, now + slave_sync::first_run(self.profile));
            out.set_timer(Timer::HaClient, now + ha::RECONNECT);
        } else if !self.is_isolated() {
            self.change_special_services(now, true, out);
        }
        self.start_acting_mode(now, out);
    }

    fn next_midnight(&self, now: Instant) -> Instant {
        let wall_clock = self.epoch.wall_clock(now);
        now + Duration::from_millis(MILLIS_PER_DAY - wall_clock % MILLIS_PER_DAY)
    }

    /// Whether an election says who is the master: one of DLedger, or one of a controller.
    pub const fn is_elected(&self) -> bool {
        self.dledger.is_some() || self.controller.is_some()
    }

    fn is_slave(&self) -> bool {
        self.config.broker_role == BrokerRole::Slave
    }

    fn on_frame(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        peer: &Peer,
        frame: Frame,
        out: &mut Outbox,
    ) {
        match frame {
            Frame::Response { opaque, response } if !self.remoting.knows(connection) => {
                self.on_client_answer(connection, opaque, *response, out);
            }
            Frame::Response { opaque, response } => {
                let outcome = self.remoting.on_response(opaque, *response);
                self.on_outcomes(now, outcome.into_iter().collect(), out);
            }
            Frame::Registry(_) => {}
            Frame::HaReport(offset) => self.on_slave_report(now, connection, peer, offset, out),
            Frame::HaTransfer { from, records } => self.on_transfer(now, connection, from, records, out),
            // Nobody speaks Kafka to a broker of RocketMQ.
            Frame::Kafka(_) => {}
            Frame::AutoSwitch(frame) => self.on_auto_switch_frame(now, connection, peer, *frame, out),
            Frame::Request { .. } if self.is_stopping => {}
            Frame::Request { opaque, one_way, request } => {
                self.channels.touch(now, connection, &peer.node, out);
                let asked = Asked { connection, opaque, one_way, peer: peer.clone() };
                self.on_request(now, asked, *request, out);
            }
        }
    }

    fn on_outcomes(&mut self, now: Instant, outcomes: Vec<Outcome<Purpose>>, out: &mut Outbox) {
        for (purpose, result) in outcomes {
            match (purpose, result) {
                (Purpose::Register(name_server), Ok(response)) => {
                    self.on_registered(now, name_server, response, out);
                }
                (Purpose::CopyFromMaster, Ok(response)) => self.on_copied(response, out),
                (Purpose::DLedger(member, call), result) => {
                    self.on_dledger_response(now, (member, call), result, out);
                }
                (Purpose::PopRoute(topic), result) => self.on_pop_route(now, &topic, result, out),
                (Purpose::Acting(purpose), result) => self.on_acting_outcome(now, purpose, result, out),
                (Purpose::Controller(call), result) => self.on_controller_answer(now, call, result.ok(), out),
                // A name server that does not answer is told again in 30 s, a master is asked again next time.
                (Purpose::Register(_) | Purpose::CopyFromMaster, Err(_)) | (Purpose::Unregister, _) => {}
            }
        }
    }

    fn on_closed(&mut self, now: Instant, connection: ConnectionId, out: &mut Outbox) {
        if self.remoting.knows(connection) {
            let outcomes = self.remoting.on_closed(connection);
            return self.on_outcomes(now, outcomes, out);
        }
        self.channels.remove(connection);
        self.forget_dledger_connection(connection);
        let slave = self.slaves.remove(&connection);
        self.slave_is_gone(now, slave.and_then(|slave| slave.link), out);
        self.forget_connection(now, connection, LeaveReason::ChannelClosed, out);
    }

    /// Forgets everything that hangs on a connection of a client.
    fn forget_connection(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        reason: LeaveReason,
        out: &mut Outbox,
    ) {
        self.held_pulls.forget(connection);
        self.pop.forget(connection);
        self.puts.forget(connection);
        for group in self.producers.keys().cloned().collect::<Vec<_>>() {
            self.forget_producer(&group, connection);
        }
        for group in self.consumers.keys().cloned().collect::<Vec<_>>() {
            self.forget_consumer(now, &group, connection, reason, out);
        }
    }

    fn on_timer(&mut self, now: Instant, timer: Timer, due: Instant, out: &mut Outbox) {
        match timer {
            Timer::RegisterBroker => {
                if !self.is_isolated() {
                    self.register_all(now, None, out);
                }
                let period = self.config.register_name_server_period;
                let period = period.clamp(registration::SHORTEST_PERIOD, registration::LONGEST_PERIOD);
                out.set_timer(Timer::RegisterBroker, due + period);
            }
            Timer::PersistConsumerOffset => {
                self.persist_offsets(out);
                out.set_timer(Timer::PersistConsumerOffset, due + self.config.flush_consumer_offset_interval);
            }
            Timer::ScanClientChannels => {
                self.scan_clients(now, out);
                out.set_timer(Timer::ScanClientChannels, due + clients::SCAN_PERIOD);
            }
            Timer::IdleChannels => {
                for connection in self.channels.close_idle(now, out) {
                    self.forget_connection(now, connection, LeaveReason::ChannelClosed, out);
                }
            }
            Timer::RequestTimeout => {
                let outcomes = self.remoting.on_timeout(now, out);
                self.on_outcomes(now, outcomes, out);
            }
            Timer::UpdateNameServerAddr => {
                self.name_servers.clone_from(&self.configured_name_servers);
                out.set_timer(Timer::UpdateNameServerAddr, due + NAME_SERVER_LOOK_PERIOD);
            }
            Timer::BrokerStatsRecord => {
                self.stats.midnight();
                out.set_timer(Timer::BrokerStatsRecord, self.next_midnight(now));
            }
            Timer::DeliverDelayedMessage(level) => self.deliver_delayed(now, level, out),
            Timer::PersistDelayOffset => self.persist_delay_offsets(out),
            Timer::TimerDequeue => self.timer_dequeue(now, out),
            Timer::CheckTransactions => self.check_transactions(now, out),
            Timer::TransactionalOpBatch => self.op_batch(now, out),
            Timer::CallTimeout => self.calls_timed_out(now, out),
            Timer::NotifyConsumerChange => self.send_notices(out),
            Timer::Reput => self.reput(now, out),
            Timer::FlushRealTime => self.flush_real_time(now, out),
            Timer::GroupCommit => self.group_commit_done(now, out),
            Timer::PutTimeout => self.settle_puts(now, out),
            Timer::CleanFiles => self.clean_files(now, due, out),
            Timer::CheckDisk => self.check_disk(due, out),
            Timer::CheckHoldRequest => self.check_held_pulls(now, out),
            Timer::SlaveSynchronize => self.slave_synchronize(now, due, out),
            Timer::HaClient => self.ha_client(now, out),
            Timer::HaTransfer => self.ha_transfer(now, out),
            Timer::DLedger => self.wake_dledger(now, out),
            Timer::DLedgerRoleChange => self.look_at_role_change(now, out),
            Timer::PopLongPolling | Timer::PopBufferMerge | Timer::PopRevive(_) | Timer::PopRoutes => {
                self.on_pop_timer(now, timer, out);
            }
            Timer::BrokerHeartbeat => self.send_heartbeat(now, due, out),
            Timer::SyncBrokerMemberGroup => self.sync_broker_member_group(now, due, out),
            Timer::PreOnline => self.pre_online(now, out),
            Timer::PollNameServer => self.poll_escape_routes(now, due, out),
            Timer::StartReplicasManager => self.go_on_starting(now, out),
            Timer::HeartbeatController => self.heartbeat(now, due, out),
            Timer::SyncControllerMetadata => self.sync_controller_metadata(now, due, out),
            Timer::SyncBrokerMetadata => self.sync_broker_metadata(now, due, out),
            Timer::CheckSyncStateSet => self.check_sync_state_set_periodically(now, due, out),
            Timer::Shutdown => {
                if !self.profile.is_v5() {
                    self.unregister_all(now, out);
                }
                out.exit();
            }
            _ => {}
        }
    }

    fn on_order(&mut self, now: Instant, order: NodeOrder, out: &mut Outbox) {
        match order {
            NodeOrder::CreateTopic(topic, config) => self.update_topic(now, topic, config, out),
            NodeOrder::Set(settings) => self.update_config(now, &settings, out),
            NodeOrder::Shutdown => self.shut_down(now, out),
            _ => {}
        }
    }

    fn update_config(&mut self, now: Instant, settings: &Settings, out: &mut Outbox) {
        let permission = self.config.broker_permission;
        for (key, value) in settings {
            self.config.set(key, value).expect("settings are checked with the command that gives them");
        }
        if !self.broker_id.is_master() {
            self.config.broker_role = BrokerRole::Slave;
        } else if self.dledger.is_some() {
        } else if self.controller.is_some() {
            self.config.broker_role = BrokerRole::SyncMaster;
        }
        if self.config.broker_permission != permission {
            self.data_version = self.data_version.next(now);
            self.register_all(now, None, out);
        }
    }

    /// Ends in good order: nothing is served any more, everything is written, the name servers are told (V5 first
    /// of all, V4 last).
    fn shut_down(&mut self, now: Instant, out: &mut Outbox) {
        out.note(Fact::Stopping);
        self.is_stopping = true;
        if self.profile.is_v5() {
            self.unregister_all(now, out);
        }
        for connection in self.channels.take_all() {
            out.close(connection);
        }
        for connection in std::mem::take(&mut self.slaves).into_keys() {
            out.close(connection);
        }
        self.held_pulls = HeldPulls::default();
        self.puts = puts::Puts::default();
        self.stop_popping(now, out);
        self.consumers.clear();
        self.producers.clear();
        let end = self.store.log().max();
        self.store.log_mut().flush(end);
        self.store.dispatch(self.confirm_offset());
        self.persist_offsets(out);
        self.persist_delay_offsets(out);
        let services = [
            Timer::RegisterBroker,
            Timer::SlaveSynchronize,
            Timer::HaClient,
            Timer::HaTransfer,
            Timer::PersistDelayOffset,
            Timer::TimerDequeue,
            Timer::CheckTransactions,
            Timer::TransactionalOpBatch,
            Timer::DLedger,
            Timer::DLedgerRoleChange,
            Timer::BrokerHeartbeat,
            Timer::SyncBrokerMemberGroup,
            Timer::PreOnline,
            Timer::PollNameServer,
            Timer::StartReplicasManager,
            Timer::HeartbeatController,
            Timer::SyncControllerMetadata,
            Timer::SyncBrokerMetadata,
            Timer::CheckSyncStateSet,
        ];
        let levels = self.config.message_delay_level.iter();
        let levels = levels.map(|(level, _)| Timer::DeliverDelayedMessage(level));
        for timer in services.into_iter().chain(levels) {
            out.cancel_timer(timer);
        }
        out.set_timer(Timer::Shutdown, now + shutdown_time(self.profile));
    }

    /// Its `brokerId` at the moment.
    pub const fn broker_id(&self) -> BrokerId {
        self.broker_id
    }

    /// Its settings.
    pub const fn config(&self) -> &BrokerConfig {
        &self.config
    }

    /// Its topics.
    pub const fn topics(&self) -> &TopicTable {
        &self.topics
    }

    /// Its messages.
    pub const fn store(&self) -> &MessageStore {
        &self.store
    }

    /// The groups' positions, as in its memory.
    pub const fn offsets(&self) -> &OffsetTable {
        &self.offsets
    }

    /// Consumer groups with their members.
    pub const fn consumers(&self) -> &BTreeMap<GroupName, ConsumerGroupInfo> {
        &self.consumers
    }

    /// Producer groups with their members.
    pub const fn producers(&self) -> &BTreeMap<GroupName, BTreeMap<ConnectionId, Member>> {
        &self.producers
    }

    /// Pulls that wait, in the order in which they came.
    pub fn held_pulls(&self) -> impl Iterator<Item = &HeldPull> {
        self.held_pulls.iter()
    }

    /// Slaves that copy from it.
    pub fn slaves(&self) -> impl Iterator<Item = &SlaveState> {
        self.slaves.values()
    }

    /// Where a slave believes its master to be, and whether it is connected to it.
    pub fn master(&self) -> Option<(Address, bool)> {
        self.replica.master()
    }

    /// Name servers, and when each last confirmed a registration.
    pub fn registered(&self) -> Vec<(Address, Option<Instant>)> {
        self.name_servers.iter().map(|address| (*address, self.registered.get(address).copied())).collect()
    }
}

/// A request that has to be answered.
#[derive(Clone, Debug)]
struct Asked {
    connection: ConnectionId,
    opaque: Opaque,
    one_way: bool,
    peer: Peer,
}

impl Asked {
    fn answer(&self, response: Response, out: &mut Outbox) {
        if !self.one_way {
            let frame = Frame::Response { opaque: self.opaque, response: Box::new(response) };
            out.send(self.connection, frame);
        }
    }
}
