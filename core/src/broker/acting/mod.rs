//! Slave acting master (V5): the slave with the smallest id stands in for a master that is gone.
//!
//! It stays a slave and takes no messages. What it does is what only one replica of a broker name may do: deliver
//! delayed messages and timer messages that are due, ask about half messages, and (because name servers show it as
//! id 0) answer for offsets and order locks. Whatever has to be stored for that goes to the master of another broker
//! name (`escape`). A broker learns each second from a name server who shares its name, and the name servers hear of
//! it each second, so that a frozen master is missed after 10 s rather than 120 s. A master that returns copies back
//! what its slaves have done meanwhile before anybody sees it (`pre_online`). A master with too few copies refuses
//! sends (`in_sync`).
//!
//! **In RocketMQ**: `BrokerController.updateMinBroker`, `onMinBrokerChange`, `changeSpecialServiceStatus`,
//! `syncBrokerMemberGroup`, `sendHeartbeat` (behaviour §4.5). `PopReviveService` belongs to the special services too:
//! whoever revives pops asks [`runs_special_services`](Broker::runs_special_services).
//!
//! **Left out on purpose**: brokers that share a process (`BrokerContainer`), where a slave may store at a master next
//! to it.
//!
//! **Invariants**: a slave acts only while it knows of no smaller id; an isolated broker registers nowhere.

mod escape;
mod fetch;
mod half_messages;
mod in_sync;
mod members;
mod pre_online;

pub(super) use escape::{Escape, EscapeOrigin};
pub use in_sync::InSyncReplicas;

use serde::Serialize;

use super::{Broker, Purpose};
use crate::fact::{ActingFact, Fact, WakeReason};
use crate::id::{Address, BrokerId, TopicName};
use crate::outbox::Outbox;
use crate::remoting::Failure;
use crate::rpc::{ActingAnswer, ActingRequest, Request, Response, ResponseBody};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// Wait before the first heartbeat and the first question for the members.
const FIRST_RUN: Duration = Duration::from_secs(1);
/// How long a broker waits for an answer to such a question.
const ASK_TIMEOUT: Duration = Duration::from_secs(3);

/// Why a broker of this mode asked something.
#[derive(Clone, Debug)]
pub(super) enum ActingPurpose {
    /// Who shares the broker name.
    MemberGroup,
    /// Where the master that has come is replicated from.
    MasterHaInfo,
    /// How far the master's timer wheel has turned.
    TimerCheckPoint,
    /// A step of the pre-online.
    PreOnline,
    /// The poll of a route that was escaped by.
    PollRoute(TopicName),
    /// The route of a message that is to escape.
    EscapeRoute(EscapeOrigin),
    /// An escape.
    EscapeSend(EscapeOrigin),
    /// The route to a message of another broker name.
    FetchRoute(Box<super::pop::Fetch>),
    /// A message of another broker name.
    Fetch(Box<super::pop::Fetch>),
}

/// What a broker knows of those who share its name, and what it does for them.
#[derive(Clone, Debug, Default)]
pub(super) struct ActingMaster {
    /// The smallest id of the name and its address, as far as a slave has learned (`minBrokerIdInGroup`).
    min_broker: (BrokerId, Option<Address>),
    /// Living replicas, its own included; `None` before the first answer.
    alive: Option<u32>,
    /// Since when the special services run.
    services_since: Option<Instant>,
    is_isolated: bool,
    /// Which name server is asked.
    name_server: usize,
    /// Whether the last question for the members is still open.
    asks_members: bool,
    /// Whom a slave copies topics, groups and offsets from (`SlaveSynchronize.masterAddr`).
    sync_master: Option<Address>,
    pre_online: pre_online::PreOnline,
    pub(super) escape: escape::EscapeBridge,
}

/// What people may want to know of a broker in this mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActingState {
    /// The smallest id of the broker name, as the broker believes.
    pub min_broker_id: BrokerId,
    /// Living replicas, its own included, as far as it has heard.
    pub alive: Option<u32>,
    /// Since when a slave acts.
    pub acting_since: Option<Instant>,
    /// Whether nobody is to see it yet.
    pub is_isolated: bool,
    /// Messages that are on their way to another master, or wait for one.
    pub escapes: usize,
    /// Copies of the log, of a master that waits for them.
    pub in_sync: Option<InSyncReplicas>,
}

// Start and stop.
impl Broker {
    /// Whether the broker may act or be acted for.
    pub(super) const fn is_in_acting_mode(&self) -> bool {
        self.profile.is_v5() && self.config.enable_slave_acting_master
    }

    /// Whether what only one replica of a name may do is done here: by a master, and by a slave that acts for it.
    pub(super) const fn runs_special_services(&self) -> bool {
        self.acting.services_since.is_some()
    }

    pub(super) const fn is_isolated(&self) -> bool {
        self.acting.is_isolated
    }

    /// Its part of the mode; `None` for a broker that is not in it.
    pub fn acting_state(&self) -> Option<ActingState> {
        self.is_in_acting_mode().then(|| ActingState {
            min_broker_id: self.acting.min_broker.0,
            alive: self.acting.alive,
            acting_since: self.acting.services_since.filter(|_| self.is_slave()),
            is_isolated: self.acting.is_isolated,
            escapes: self.acting.escape.len(),
            in_sync: self.in_sync_replicas(),
        })
    }

    /// Before anything else of a start: more than one replica make a broker hide until it has caught up.
    pub(super) fn isolate_at_start(&mut self, out: &mut Outbox) {
        if self.is_in_acting_mode() && self.config.total_replicas > 1 {
            self.acting.is_isolated = true;
            out.note(Fact::Acting(ActingFact::Isolated));
        }
    }

    pub(super) fn start_acting_mode(&mut self, now: Instant, out: &mut Outbox) {
        if !self.is_in_acting_mode() {
            return;
        }
        let name_servers = u32::try_from(self.name_servers.len()).unwrap_or(1);
        if name_servers > 1 {
            self.acting.name_server = self.rng.below(name_servers) as usize;
        }
        out.set_timer(Timer::BrokerHeartbeat, now + FIRST_RUN);
        out.set_timer(Timer::SyncBrokerMemberGroup, now + FIRST_RUN);
        if self.config.skip_pre_online {
            if self.is_isolated() {
                self.come_online(now, self.broker_id.is_master(), out);
            }
        } else if self.is_isolated() {
            out.set_timer(Timer::PreOnline, now);
        }
    }

    /// Begins or ends what only one replica may do (`changeSpecialServiceStatus`).
    pub(super) fn change_special_services(&mut self, now: Instant, runs: bool, out: &mut Outbox) {
        if runs == self.runs_special_services() {
            return;
        }
        if self.is_slave() && self.config.enable_slave_acting_master {
            let fact = if runs { ActingFact::ActingBegan } else { ActingFact::ActingEnded };
            out.note(Fact::Acting(fact));
        }
        self.acting.services_since = runs.then_some(now);
        if runs {
            self.start_schedule(now, out);
            self.start_transaction_check(now, out);
            if self.profile.is_v5() {
                self.start_timer_wheel(now, out);
                self.start_revive(now, out);
            }
        } else {
            self.stop_schedule(out);
            self.stop_transaction_check(out);
            self.stop_timer_wheel(out);
            self.stop_revive(out);
        }
    }

    /// The broker is to be seen from now on (`startService`).
    fn come_online(&mut self, now: Instant, is_smallest: bool, out: &mut Outbox) {
        self.change_special_services(now, is_smallest, out);
        self.acting.is_isolated = false;
        out.note(Fact::Acting(ActingFact::Online));
        self.register_all(now, None, out);
    }
}

// What comes back.
impl Broker {
    pub(super) fn on_acting_outcome(
        &mut self,
        now: Instant,
        purpose: ActingPurpose,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        if self.is_stopping {
            return;
        }
        match purpose {
            ActingPurpose::MemberGroup => {
                self.acting.asks_members = false;
                match result {
                    Ok(response) => self.on_members(now, &response, out),
                    Err(_) => self.choose_next_name_server(),
                }
            }
            ActingPurpose::MasterHaInfo => self.on_master_ha_info(now, result.ok(), out),
            ActingPurpose::TimerCheckPoint => self.on_timer_check_point(result.ok()),
            ActingPurpose::PreOnline => self.on_pre_online_outcome(now, result, out),
            ActingPurpose::PollRoute(topic) => self.on_escape_route_polled(topic, result.ok()),
            ActingPurpose::EscapeRoute(origin) => {
                if result.is_err() {
                    self.choose_next_name_server();
                }
                self.on_escape_route(now, origin, result.ok(), out);
            }
            ActingPurpose::EscapeSend(origin) => self.on_escape_sent(now, origin, result, out),
            ActingPurpose::FetchRoute(wanted) => {
                if result.is_err() {
                    self.choose_next_name_server();
                }
                self.on_fetch_route(now, *wanted, result.ok(), out);
            }
            ActingPurpose::Fetch(wanted) => self.on_fetch_answered(now, &wanted, result, out),
        }
    }

    /// What others of the name, or a name server, ask or tell.
    pub(super) fn on_acting_request(
        &mut self,
        now: Instant,
        request: ActingRequest,
        out: &mut Outbox,
    ) -> Response {
        let code = request.code();
        match request {
            // A name server.
            ActingRequest::NotifyMinBrokerIdChange {
                min_broker_id,
                min_broker_address,
                offline_address,
                ha_address,
            } => {
                let min_broker = (min_broker_id, min_broker_address);
                self.update_min_broker(now, min_broker, offline_address, ha_address, out);
                Response::ok(code)
            }
            // A master that returns.
            ActingRequest::ExchangeBrokerHaInfo { master: Some((master, ha)) } => {
                if self.is_slave() {
                    self.follow(now, master, ha, out);
                }
                Response::with(code, ResponseBody::Acting(ActingAnswer::BrokerHaInfo(None)))
            }
            // A slave that heard of a new master.
            ActingRequest::ExchangeBrokerHaInfo { master: None } => {
                let own = (self.address, self.ha_address);
                let answer = ActingAnswer::BrokerHaInfo(self.broker_id.is_master().then_some(own));
                Response::with(code, ResponseBody::Acting(answer))
            }
            // A slave, each 3 s, and a master that returns.
            ActingRequest::GetTimerCheckPoint => {
                let checkpoint = self.timer_checkpoint();
                let answer = ActingAnswer::TimerCheckPoint {
                    queue_offset: checkpoint.queue_offset,
                    read_time: checkpoint.read_time,
                };
                Response::with(code, ResponseBody::Acting(answer))
            }
        }
    }

    /// Only slaves care who the smallest is.
    fn update_min_broker(
        &mut self,
        now: Instant,
        min_broker: (BrokerId, Address),
        offline: Option<Address>,
        ha_address: Option<Address>,
        out: &mut Outbox,
    ) {
        let before = self.acting.min_broker.0;
        if !self.is_in_acting_mode() || self.broker_id.is_master() || before == min_broker.0 {
            return;
        }
        out.note(Fact::Acting(ActingFact::MinBrokerIdChanged { before, now: min_broker.0 }));
        self.acting.min_broker = (min_broker.0, Some(min_broker.1));
        self.change_special_services(now, self.broker_id == min_broker.0, out);
        if let Some(offline) = offline
            && self.acting.sync_master == Some(offline)
        {
            self.on_master_offline(now, offline, out);
        }
        if min_broker.0.is_master() {
            self.on_master_online(now, min_broker.1, ha_address, out);
            self.wake_all_pulls(now, WakeReason::MasterOnline, out);
        }
    }

    fn on_master_offline(&mut self, now: Instant, master: Address, out: &mut Outbox) {
        let outcomes = self.remoting.close(master, out);
        self.on_outcomes(now, outcomes, out);
        self.acting.sync_master = None;
        self.replica.forget_master();
    }

    fn on_master_online(&mut self, now: Instant, master: Address, ha: Option<Address>, out: &mut Outbox) {
        if let Some(ha) = ha {
            return self.follow(now, master, ha, out);
        }
        let request = Request::Acting(ActingRequest::ExchangeBrokerHaInfo { master: None });
        let purpose = Purpose::Acting(ActingPurpose::MasterHaInfo);
        self.remoting.invoke(now, master, request, ASK_TIMEOUT, purpose, out);
    }

    fn on_master_ha_info(&mut self, now: Instant, response: Option<Response>, out: &mut Outbox) {
        if let Some(response) = response
            && let ResponseBody::Acting(ActingAnswer::BrokerHaInfo(Some((master, ha)))) = response.body
        {
            self.follow(now, master, ha, out);
        }
    }

    /// Replicates from this master, and connects to it at once.
    fn follow(&mut self, now: Instant, master: Address, ha: Address, out: &mut Outbox) {
        self.learn_master(now, master, ha, out);
        if !self.replica.has_connection() {
            self.ha_client(now, out);
        }
    }

    /// A name server has answered a slave's registration (`handleRegisterBrokerResult`).
    pub(super) const fn note_sync_master(&mut self, master: Option<Address>) {
        self.acting.sync_master = master;
    }

    /// Whom a slave copies from.
    pub(super) fn sync_master(&self) -> Option<Address> {
        if self.is_in_acting_mode() { self.acting.sync_master } else { self.replica.master_address() }
    }

    /// A slave that does not act keeps its timer wheel as far as the master's, each 3 s (`syncTimerCheckPoint`).
    pub(super) fn sync_timer_check_point(&mut self, now: Instant, out: &mut Outbox) {
        let is_wanted =
            self.is_in_acting_mode() && self.config.timer_wheel_enable && !self.runs_special_services();
        if is_wanted && let Some(master) = self.acting.sync_master {
            let request = Request::Acting(ActingRequest::GetTimerCheckPoint);
            let purpose = Purpose::Acting(ActingPurpose::TimerCheckPoint);
            self.remoting.invoke(now, master, request, ASK_TIMEOUT, purpose, out);
        }
    }

    fn on_timer_check_point(&mut self, response: Option<Response>) {
        if let Some(response) = response
            && !self.runs_special_services()
        {
            self.take_timer_check_point(&response.body);
        }
    }

    fn take_timer_check_point(&mut self, body: &ResponseBody) {
        if let ResponseBody::Acting(ActingAnswer::TimerCheckPoint { queue_offset, read_time }) = *body {
            self.timer_wheel.checkpoint = super::TimerCheckpoint { queue_offset, read_time };
        }
    }
}
