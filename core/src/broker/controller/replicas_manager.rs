//! What passes between a broker and the controllers: the start, heartbeats, polls, reports of the SyncStateSet.
//!
//! **In RocketMQ**: `ReplicasManager`, `BrokerOuterAPI`.

use super::super::{Asked, Broker, Purpose};
use super::ReplicasState;
use crate::id::Address;
use crate::outbox::Outbox;
use crate::rpc::{
    ControllerAnswer, ControllerHeartbeat, ControllerRequest, ReplicaInfo, Request, Response, ResponseBody,
    ResponseCode, SyncStateSet,
};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// The first look for a controller finds none, because connections are being made in the background; the next one
/// comes a second later.
const NEXT_LOOK: Duration = Duration::from_secs(1);
/// Looks before the start pauses.
const LOOKS: u32 = 3;
/// Attempts to register before the start pauses.
const REGISTER_ATTEMPTS: u32 = 5;
/// Longest sleep between two attempts to register, in milliseconds.
const REGISTER_SLEEP: u32 = 1000;
/// Pause before a start that failed goes on (`RETRY_INTERVAL_SECOND`).
const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// First run of what is done periodically.
const FIRST_RUN: Duration = Duration::from_secs(3);
/// How long an answer of a controller is waited for.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Why a broker asked a controller.
#[derive(Clone, Debug)]
pub(in crate::broker) enum ControllerCall {
    /// Which controller leads? Asked the one of this place in the list.
    Metadata {
        place: usize,
    },
    NextBrokerId,
    ApplyBrokerId,
    Register,
    /// The controller had forgotten the broker name.
    RegisterAgain,
    Elect,
    ReplicaInfo,
    AlterSyncStateSet,
}

impl Broker {
    pub(in crate::broker) fn start_replicas_manager(&mut self, now: Instant, out: &mut Outbox) {
        out.set_timer(Timer::StartReplicasManager, now + NEXT_LOOK);
        out.set_timer(Timer::HeartbeatController, now + self.config.broker_heartbeat_interval);
    }

    /// The start goes on from where it stands (`startBasicService`).
    pub(in crate::broker) fn go_on_starting(&mut self, now: Instant, out: &mut Outbox) {
        let Some(mode) = &self.controller else { return };
        match mode.state {
            ReplicasState::Initial => self.ask_for_leader(now, 0, out),
            ReplicasState::FirstTimeSyncControllerMetadataDone => self.register_step(now, out),
            ReplicasState::RegisterToControllerDone => {
                self.heartbeat_controllers(now, out);
                if mode_has_master(self) {
                    self.run_replicas_manager(now, out);
                } else {
                    self.elect(now, out);
                }
            }
            ReplicasState::Running => {}
        }
    }

    /// A step of the start failed.
    fn starting_failed(&mut self, now: Instant, out: &mut Outbox) {
        let sleep = self.rng.below(REGISTER_SLEEP);
        let Some(mode) = &mut self.controller else { return };
        mode.attempts += 1;
        let (limit, pause) = match mode.state {
            ReplicasState::Initial => (LOOKS, NEXT_LOOK),
            ReplicasState::FirstTimeSyncControllerMetadataDone => {
                (REGISTER_ATTEMPTS, Duration::from_millis(u64::from(sleep)))
            }
            ReplicasState::RegisterToControllerDone => (1, RETRY_INTERVAL),
            ReplicasState::Running => return,
        };
        let pause = if mode.attempts < limit { pause } else { RETRY_INTERVAL };
        if mode.attempts >= limit {
            mode.attempts = 0;
        }
        out.set_timer(Timer::StartReplicasManager, now + pause);
    }

    fn reached(&mut self, state: ReplicasState) {
        if let Some(mode) = &mut self.controller {
            mode.state = state;
            mode.attempts = 0;
        }
    }

    /// It is master or slave now: unfenced.
    fn run_replicas_manager(&mut self, now: Instant, out: &mut Outbox) {
        self.reached(ReplicasState::Running);
        if let Some(mode) = &mut self.controller {
            mode.is_fenced = false;
        }
        out.set_timer(Timer::SyncBrokerMetadata, now + FIRST_RUN);
        self.register_all(now, None, out);
        self.arm_reput(now, out);
    }

    fn ask_for_leader(&mut self, now: Instant, place: usize, out: &mut Outbox) {
        let Some(mode) = &self.controller else { return };
        match mode.controllers.get(place).copied() {
            Some(controller) => {
                let call = ControllerCall::Metadata { place };
                self.ask_controller(now, controller, ControllerRequest::GetMetadataInfo, call, out);
            }
            None if mode.state == ReplicasState::Initial => self.starting_failed(now, out),
            None => {}
        }
    }

    /// Every 10 s: which controller leads?
    pub(in crate::broker) fn sync_controller_metadata(
        &mut self,
        now: Instant,
        due: Instant,
        out: &mut Outbox,
    ) {
        out.set_timer(Timer::SyncControllerMetadata, due + self.config.sync_controller_metadata_period);
        self.ask_for_leader(now, 0, out);
    }

    /// Gets an id, or says that it is there again.
    fn register_step(&mut self, now: Instant, out: &mut Outbox) {
        let (cluster, broker_name) = (self.config.broker_cluster_name.clone(), self.broker_name.clone());
        let Some(mode) = &self.controller else { return };
        let (request, call) = match (mode.disk.broker_controller_id, mode.disk.temp_metadata) {
            (Some(broker_id), _) => {
                let address = self.address;
                let request = ControllerRequest::RegisterBroker { cluster, broker_name, broker_id, address };
                (request, ControllerCall::Register)
            }
            (None, Some((broker_id, check_code))) => {
                let request =
                    ControllerRequest::ApplyBrokerId { cluster, broker_name, broker_id, check_code };
                (request, ControllerCall::ApplyBrokerId)
            }
            (None, None) => {
                (ControllerRequest::GetNextBrokerId { cluster, broker_name }, ControllerCall::NextBrokerId)
            }
        };
        self.ask_leader(now, request, call, out);
    }

    fn elect(&mut self, now: Instant, out: &mut Outbox) {
        let (cluster, broker_name) = (self.config.broker_cluster_name.clone(), self.broker_name.clone());
        if let Some(broker_id) = self.controller.as_ref().and_then(|mode| mode.disk.broker_controller_id) {
            let designate_elect = false;
            let request = ControllerRequest::ElectMaster { cluster, broker_name, broker_id, designate_elect };
            self.ask_leader(now, request, ControllerCall::Elect, out);
        }
    }

    fn ask_leader(
        &mut self,
        now: Instant,
        request: ControllerRequest,
        call: ControllerCall,
        out: &mut Outbox,
    ) {
        if let Some(leader) = self.controller.as_ref().and_then(|mode| mode.leader) {
            self.ask_controller(now, leader, request, call, out);
        }
    }

    fn ask_controller(
        &mut self,
        now: Instant,
        to: Address,
        request: ControllerRequest,
        call: ControllerCall,
        out: &mut Outbox,
    ) {
        let (request, purpose) = (Request::Controller(Box::new(request)), Purpose::Controller(call));
        self.remoting.invoke(now, to, request, TIMEOUT, purpose, out);
    }

    /// Each second, to every controller; nobody answers.
    pub(in crate::broker) fn heartbeat(&mut self, now: Instant, due: Instant, out: &mut Outbox) {
        out.set_timer(Timer::HeartbeatController, due + self.config.broker_heartbeat_interval);
        if self.controller.as_ref().is_some_and(|mode| !mode.is_fenced) {
            self.heartbeat_controllers(now, out);
        }
    }

    fn heartbeat_controllers(&mut self, now: Instant, out: &mut Outbox) {
        let Some(mode) = &self.controller else { return };
        let Some(broker_id) = mode.disk.broker_controller_id else { return };
        let heartbeat = ControllerHeartbeat {
            cluster: self.config.broker_cluster_name.clone(),
            broker_name: self.broker_name.clone(),
            broker_id,
            address: self.address,
            epoch: mode.disk.epochs.last_epoch(),
            max_offset: self.store.log().max(),
            confirm_offset: self.confirm_offset(),
            timeout: self.config.controller_heart_beat_timeout,
            election_priority: self.config.broker_election_priority,
        };
        for controller in mode.controllers.clone() {
            let request = ControllerRequest::Heartbeat(heartbeat.clone());
            self.remoting.invoke_one_way(now, controller, Request::Controller(Box::new(request)), out);
        }
    }

    /// Every 5 s: who is the master?
    pub(in crate::broker) fn sync_broker_metadata(&mut self, now: Instant, due: Instant, out: &mut Outbox) {
        out.set_timer(Timer::SyncBrokerMetadata, due + self.config.sync_broker_metadata_period);
        let request = ControllerRequest::GetReplicaInfo { broker_name: self.broker_name.clone() };
        self.ask_leader(now, request, ControllerCall::ReplicaInfo, out);
    }

    /// Tells the controller who is in sync.
    pub(super) fn report_sync_state_set(&mut self, now: Instant, new: SyncStateSet, out: &mut Outbox) {
        let Some(mode) = &self.controller else { return };
        let Some(master_broker_id) = mode.disk.broker_controller_id else { return };
        let request = ControllerRequest::AlterSyncStateSet {
            broker_name: self.broker_name.clone(),
            master_broker_id,
            master_epoch: mode.master_epoch,
            new_sync_state_set: new,
            sync_state_set_epoch: mode.sync_state_set_epoch,
        };
        self.ask_leader(now, request, ControllerCall::AlterSyncStateSet, out);
    }

    /// A controller tells of an election, or an operator asks for the epoch file.
    pub(in crate::broker) fn on_controller_request(
        &mut self,
        now: Instant,
        asked: &Asked,
        request: ControllerRequest,
        out: &mut Outbox,
    ) {
        let code = request.code();
        let response = match request {
            ControllerRequest::NotifyBrokerRoleChanged(info) => {
                self.take_role(now, &info, out);
                Response::ok(code)
            }
            ControllerRequest::GetBrokerEpochCache => {
                let answer = ControllerAnswer::EpochCache {
                    cluster: self.config.broker_cluster_name.clone(),
                    broker_name: self.broker_name.clone(),
                    broker_id: self.broker_id,
                    epochs: self
                        .controller
                        .as_ref()
                        .map_or_else(Vec::new, |mode| mode.disk.epochs.entries().to_vec()),
                    max_offset: self.store.log().max(),
                };
                Response::with(code, ResponseBody::Controller(Box::new(answer)))
            }
            _ => {
                let remark = format!(" request type {} not supported", code.number());
                Response::refused(code, ResponseCode::RequestCodeNotSupported, remark)
            }
        };
        asked.answer(response, out);
    }

    /// A controller has answered, or will not.
    pub(in crate::broker) fn on_controller_answer(
        &mut self,
        now: Instant,
        call: ControllerCall,
        response: Option<Response>,
        out: &mut Outbox,
    ) {
        if self.is_stopping {
            return;
        }
        let (code, answer) = match response {
            Some(response) => match response.body {
                ResponseBody::Controller(answer) => (Some(response.code), Some(*answer)),
                _ => (Some(response.code), None),
            },
            None => (None, None),
        };
        let succeeded = code == Some(ResponseCode::Success);
        match (call, answer) {
            (ControllerCall::Metadata { place }, answer) => self.on_metadata(now, place, answer, out),
            (ControllerCall::NextBrokerId, Some(ControllerAnswer::NextBrokerId(id))) if succeeded => {
                let check_code = (self.address, now);
                if let Some(mode) = &mut self.controller {
                    mode.disk.temp_metadata = Some((id, check_code));
                }
                self.register_step(now, out);
            }
            (ControllerCall::ApplyBrokerId, _) if succeeded => {
                if let Some(mode) = &mut self.controller {
                    mode.disk.broker_controller_id = mode.disk.temp_metadata.take().map(|(id, _)| id);
                }
                self.register_step(now, out);
            }
            (ControllerCall::ApplyBrokerId, _) if code.is_some() => {
                // Somebody else has the id: another one next time.
                if let Some(mode) = &mut self.controller {
                    mode.disk.temp_metadata = None;
                }
                self.starting_failed(now, out);
            }
            (ControllerCall::Register, Some(ControllerAnswer::Replica(info, _))) if succeeded => {
                self.take_role(now, &info, out);
                self.reached(ReplicasState::RegisterToControllerDone);
                self.go_on_starting(now, out);
            }
            (ControllerCall::RegisterAgain, Some(ControllerAnswer::Replica(info, _))) if succeeded => {
                self.take_role(now, &info, out);
            }
            (ControllerCall::Elect, Some(ControllerAnswer::Replica(info, _)))
                if succeeded || code == Some(ResponseCode::ControllerMasterStillExist) =>
            {
                self.on_elected(now, &info, out);
            }
            (ControllerCall::ReplicaInfo, Some(ControllerAnswer::Replica(info, _))) if succeeded => {
                self.on_replica_info(now, &info, out);
            }
            (ControllerCall::ReplicaInfo, _)
                if code == Some(ResponseCode::ControllerBrokerMetadataNotExist) =>
            {
                self.register_again(now, out);
            }
            (ControllerCall::AlterSyncStateSet, Some(ControllerAnswer::Replica(info, _))) if succeeded => {
                self.change_sync_state_set(now, &info, out);
            }
            (
                ControllerCall::NextBrokerId
                | ControllerCall::ApplyBrokerId
                | ControllerCall::Register
                | ControllerCall::Elect,
                _,
            ) => self.starting_failed(now, out),
            // Asked again in time.
            (
                ControllerCall::ReplicaInfo
                | ControllerCall::RegisterAgain
                | ControllerCall::AlterSyncStateSet,
                _,
            ) => {}
        }
    }

    fn on_metadata(
        &mut self,
        now: Instant,
        place: usize,
        answer: Option<ControllerAnswer>,
        out: &mut Outbox,
    ) {
        let Some(ControllerAnswer::Metadata { leader: Some((_, leader)), .. }) = answer else {
            return self.ask_for_leader(now, place + 1, out);
        };
        let Some(mode) = &mut self.controller else { return };
        mode.leader = Some(leader);
        if mode.state == ReplicasState::Initial {
            out.set_timer(Timer::SyncControllerMetadata, now + FIRST_RUN);
            self.reached(ReplicasState::FirstTimeSyncControllerMetadataDone);
            self.go_on_starting(now, out);
        }
    }

    /// An election that this broker had asked for.
    fn on_elected(&mut self, now: Instant, info: &ReplicaInfo, out: &mut Outbox) {
        let is_starting = self.controller.as_ref().is_some_and(|mode| mode.state != ReplicasState::Running);
        if info.master.is_none() {
            return self.starting_failed(now, out);
        }
        self.take_role(now, info, out);
        if is_starting {
            self.run_replicas_manager(now, out);
        }
    }

    fn on_replica_info(&mut self, now: Instant, info: &ReplicaInfo, out: &mut Outbox) {
        let Some(mode) = &self.controller else { return };
        if info.master_epoch > mode.master_epoch {
            if info.master.is_some() {
                self.take_role(now, info, out);
            } else {
                self.elect(now, out);
            }
        } else if info.master_epoch == mode.master_epoch && !self.is_slave() {
            self.change_sync_state_set(now, info, out);
        }
    }

    fn register_again(&mut self, now: Instant, out: &mut Outbox) {
        let (cluster, broker_name, address) =
            (self.config.broker_cluster_name.clone(), self.broker_name.clone(), self.address);
        if let Some(broker_id) = self.controller.as_ref().and_then(|mode| mode.disk.broker_controller_id) {
            let request = ControllerRequest::RegisterBroker { cluster, broker_name, broker_id, address };
            self.ask_leader(now, request, ControllerCall::RegisterAgain, out);
        }
    }
}

fn mode_has_master(broker: &Broker) -> bool {
    broker.controller.as_ref().is_some_and(|mode| mode.master.is_some())
}
