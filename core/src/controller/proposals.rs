//! Requests that need the leader: one after another, each answered once the group has agreed on what it changes.
//!
//! **In RocketMQ**: `DLedgerController.EventScheduler` and `ControllerEventHandler`, `ControllerManager.triggerElectMaster`
//! and `notifyBrokerRoleChanged`.
//!
//! RocketMQ looks only whether the ledger answered, not what: an entry that the group did not confirm in time is answered
//! like one that it did.

use std::collections::BTreeMap;

use super::{Controller, ControllerResult};
use crate::fact::{ControllerFact, Fact};
use crate::id::{Address, BrokerId, BrokerName, ConnectionId, Opaque};
use crate::outbox::Outbox;
use crate::rpc::{
    ControllerAnswer, ControllerEvent, ControllerRequest, Frame, ReplicaInfo, Request, RequestCode, Response,
    ResponseBody, ResponseCode,
};
use crate::time::Instant;

/// Where an answer goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) connection: ConnectionId,
    pub(super) opaque: Opaque,
    pub(super) one_way: bool,
}

impl Asked {
    pub(super) fn answer(self, response: Response, out: &mut Outbox) {
        if !self.one_way {
            let frame = Frame::Response { opaque: self.opaque, response: Box::new(response) };
            out.send(self.connection, frame);
        }
    }
}

/// Something that waits for its turn.
#[derive(Clone, Debug)]
pub(super) enum Task {
    /// Somebody asks.
    Request(Asked, ControllerRequest),
    /// The controller itself wants a master elected, this often at most.
    Elect {
        /// Of which broker name.
        broker_name: BrokerName,
        /// Tries that are left, this one included.
        tries: u32,
    },
}

impl Task {
    fn code(&self) -> RequestCode {
        match self {
            Self::Request(_, request) => request.code(),
            Self::Elect { .. } => RequestCode::ControllerElectMaster,
        }
    }
}

impl Controller {
    /// Works on what waits, as long as nothing has to be agreed on.
    pub(super) fn go_on(&mut self, now: Instant, out: &mut Outbox) {
        while self.is_leader_state && self.in_flight.is_none() {
            let Some(task) = self.waiting.pop_front() else { return };
            let result = self.work_out(now, &task);
            if result.events.is_empty() {
                self.finish(&task, &result, out);
            } else {
                self.propose(now, task, result, out);
            }
        }
    }

    fn work_out(&self, now: Instant, task: &Task) -> ControllerResult {
        let (replicas, liveness) = (&self.replicas, self.heartbeats.at(now));
        let unclean = self.config.enable_elect_unclean_master;
        let request = match task {
            Task::Elect { broker_name, .. } => {
                return replicas.elect_master(broker_name, None, false, unclean, &liveness);
            }
            Task::Request(_, request) => request,
        };
        match request {
            ControllerRequest::AlterSyncStateSet {
                broker_name,
                master_broker_id,
                master_epoch,
                new_sync_state_set,
                sync_state_set_epoch,
            } => {
                let master = (*master_broker_id, *master_epoch);
                let set = (new_sync_state_set, *sync_state_set_epoch);
                replicas.alter_sync_state_set(broker_name, master, set, &liveness)
            }
            ControllerRequest::ElectMaster { broker_name, broker_id, designate_elect, .. } => {
                replicas.elect_master(broker_name, Some(*broker_id), *designate_elect, unclean, &liveness)
            }
            ControllerRequest::RegisterBroker { broker_name, broker_id, address, .. } => {
                replicas.register_broker(broker_name, *broker_id, *address, &liveness)
            }
            ControllerRequest::GetReplicaInfo { broker_name } => replicas.get_replica_info(broker_name),
            ControllerRequest::GetSyncStateData { broker_names } => {
                replicas.get_sync_state_data(broker_names, &liveness)
            }
            ControllerRequest::GetNextBrokerId { broker_name, .. } => {
                replicas.get_next_broker_id(broker_name)
            }
            ControllerRequest::ApplyBrokerId { cluster, broker_name, broker_id, check_code } => {
                replicas.apply_broker_id(cluster, broker_name, *broker_id, *check_code)
            }
            ControllerRequest::CleanBrokerData { cluster, broker_name, ids, clean_living_broker } => replicas
                .clean_broker_data(
                    cluster.as_ref(),
                    broker_name,
                    ids.as_deref(),
                    *clean_living_broker,
                    &liveness,
                ),
            ControllerRequest::Heartbeat(_)
            | ControllerRequest::GetMetadataInfo
            | ControllerRequest::GetConfig
            | ControllerRequest::UpdateConfig { .. }
            | ControllerRequest::DLedger { .. }
            | ControllerRequest::NotifyBrokerRoleChanged(_)
            | ControllerRequest::GetBrokerEpochCache => {
                unreachable!("answered when it arrives, without waiting for a turn")
            }
        }
    }

    /// The group has agreed, or there was nothing to agree on: the answer goes out.
    pub(super) fn finish(&mut self, task: &Task, result: &ControllerResult, out: &mut Outbox) {
        for event in &result.events {
            self.note_event(event, result.unclean, out);
        }
        let elected = match (&result.answer, result.code) {
            (Some(ControllerAnswer::Replica(info, members)), ResponseCode::Success)
                if task.code() == RequestCode::ControllerElectMaster =>
            {
                Some((info.clone(), members.clone()))
            }
            _ => None,
        };
        match task {
            Task::Request(asked, request) => {
                let body = result.answer.clone().map(|answer| ResponseBody::Controller(Box::new(answer)));
                asked.answer(
                    Response {
                        request: request.code(),
                        code: result.code,
                        remark: result.remark.as_str().into(),
                        body: body.unwrap_or(ResponseBody::Empty),
                    },
                    out,
                );
            }
            Task::Elect { broker_name, tries } if elected.is_none() && *tries > 1 => {
                let (broker_name, tries) = (broker_name.clone(), tries - 1);
                self.waiting.push_back(Task::Elect { broker_name, tries });
            }
            Task::Elect { .. } => {}
        }
        if let Some((info, members)) = elected
            && self.config.notify_broker_role_changed
        {
            let broker_name = match task {
                Task::Elect { broker_name, .. }
                | Task::Request(_, ControllerRequest::ElectMaster { broker_name, .. }) => broker_name.clone(),
                Task::Request(..) => return,
            };
            self.notify_role_changed(&broker_name, &info, &members, out);
        }
    }

    /// Tells the living replicas who is the master (`NotifyService`).
    fn notify_role_changed(
        &mut self,
        broker_name: &BrokerName,
        info: &ReplicaInfo,
        members: &BTreeMap<BrokerId, Address>,
        out: &mut Outbox,
    ) {
        let now = self.now;
        for (id, address) in members {
            let lives = self.heartbeats.live().iter().any(|((_, name, other), live)| {
                name == broker_name && other == id && live.last_update + live.heartbeat_timeout >= now
            });
            if lives {
                let request = ControllerRequest::NotifyBrokerRoleChanged(info.clone());
                self.remoting.invoke_one_way(now, *address, Request::Controller(Box::new(request)), out);
            }
        }
    }

    fn note_event(&self, event: &ControllerEvent, unclean: bool, out: &mut Outbox) {
        let note = |out: &mut Outbox, fact| out.note(Fact::Controller(fact));
        let sync_of = |name: &BrokerName| {
            let info = self.replicas.brokers().get(name)?;
            info.sync.as_ref().map(|sync| (info, sync))
        };
        match event {
            ControllerEvent::ApplyBrokerId { broker_name, broker_id, address, .. } => {
                let (broker_name, broker_id, address) = (broker_name.clone(), *broker_id, *address);
                note(out, ControllerFact::BrokerIdApplied { broker_name, broker_id, address });
            }
            ControllerEvent::AlterSyncStateSet { broker_name, .. } => {
                if let Some((_, sync)) = sync_of(broker_name) {
                    let broker_name = broker_name.clone();
                    let (sync_state_set, epoch) = (sync.sync_state_set.clone(), sync.sync_state_set_epoch);
                    note(out, ControllerFact::SyncStateSetChanged { broker_name, sync_state_set, epoch });
                }
            }
            ControllerEvent::ElectMaster { broker_name, new_master } => {
                let Some((info, sync)) = sync_of(broker_name) else { return };
                let (broker_name, master_epoch) = (broker_name.clone(), sync.master_epoch);
                let elected = new_master.and_then(|id| info.replicas.get(&id).map(|(at, _)| (id, *at)));
                match elected {
                    Some((master, address)) => note(
                        out,
                        ControllerFact::MasterElected { broker_name, master, address, master_epoch, unclean },
                    ),
                    None => {
                        let sync_state_set = sync.sync_state_set.clone();
                        note(
                            out,
                            ControllerFact::NoMasterElected { broker_name, sync_state_set, master_epoch },
                        );
                    }
                }
            }
            ControllerEvent::CleanBrokerData { broker_name, .. } => {
                note(out, ControllerFact::MetadataCleaned { broker_name: broker_name.clone() });
            }
            ControllerEvent::UpdateBrokerAddress { .. } => {}
        }
    }
}
