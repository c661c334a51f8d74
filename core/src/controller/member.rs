//! The controller's place in its group: what the members say to each other, and what follows from it.
//!
//! **In RocketMQ**: `DLedgerController` with its `RoleChangeHandler`, `DLedgerControllerStateMachine`.

use super::proposals::{Asked, Task};
use super::{Controller, ControllerResult};
use crate::dledger::{DLedgerConfig, Member, MemberEffect, MemberInput};
use crate::fact::{ControllerFact, Fact};
use crate::id::Address;
use crate::outbox::Outbox;
use crate::rpc::{
    ControllerAnswer, ControllerEvents, ControllerRequest, DLedgerBody, DLedgerMessage, DLedgerRequest,
    EntryId, Index, MemberId, MemberRole, Request, RequestCode, Response, ResponseBody, ResponseCode, Term,
};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// A request between members fails after this long.
const MEMBER_TIMEOUT: Duration = Duration::from_secs(3);

/// Why the controller asked another one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Purpose {
    to: MemberId,
    call: u64,
}

impl Controller {
    pub(super) fn start_member(&mut self, now: Instant, out: &mut Outbox) {
        let Some(disk) = self.disk.take() else { return };
        let id = MemberId(self.config.controller_dleger_self_id.0);
        let peers: Vec<_> =
            self.config.controller_dleger_peers.0.iter().map(|(id, _)| MemberId(*id)).collect();
        let rng = self.rng.clone();
        let member = Member::new(DLedgerConfig::default(), id, &peers, disk.member, rng, now);
        self.member = Some(Box::new(member));
        self.apply_committed();
        self.wake_member(now, out);
    }

    pub(super) fn wake_member(&mut self, now: Instant, out: &mut Outbox) {
        self.tell_member(now, MemberInput::WakeUp, out);
    }

    /// Sets the clock for what the member wants to do next.
    pub(super) fn arm_member(&self, out: &mut Outbox) {
        if let Some(at) = self.member.as_ref().and_then(|member| member.next_wake_up()) {
            out.set_timer(Timer::ControllerMember, at);
        }
    }

    fn tell_member(&mut self, now: Instant, input: MemberInput<ControllerEvents>, out: &mut Outbox) {
        if let Some(member) = &mut self.member {
            let effects = member.handle(now, input);
            self.carry_out(now, effects, out);
        }
    }

    /// Another controller asks.
    pub(super) fn on_member_request(
        &mut self,
        now: Instant,
        asked: Asked,
        (from, call): (MemberId, u64),
        request: DLedgerRequest<ControllerEvents>,
        out: &mut Outbox,
    ) {
        let Some(to) = self.member.as_ref().map(|member| member.id()) else { return };
        self.member_calls.insert((from, call), (asked.connection, asked.opaque));
        let message = DLedgerMessage { from, to, call, body: DLedgerBody::Request(request) };
        self.tell_member(now, MemberInput::Message(message), out);
    }

    /// Another controller has answered, or will not.
    pub(super) fn on_member_outcome(
        &mut self,
        now: Instant,
        Purpose { to, call }: Purpose,
        response: Option<Response>,
        out: &mut Outbox,
    ) {
        let answer = response.and_then(|response| match response.body {
            ResponseBody::Controller(answer) => match *answer {
                ControllerAnswer::DLedger(response) => Some(response),
                _ => None,
            },
            _ => None,
        });
        let own = self.member.as_ref().map(|member| member.id());
        let input = match (answer, own) {
            (Some(response), Some(own)) => {
                let body = DLedgerBody::Response(response);
                MemberInput::Message(DLedgerMessage { from: to, to: own, call, body })
            }
            _ => MemberInput::Failed { to, call },
        };
        self.tell_member(now, input, out);
    }

    pub(super) fn carry_out(
        &mut self,
        now: Instant,
        effects: Vec<MemberEffect<ControllerEvents>>,
        out: &mut Outbox,
    ) {
        for effect in effects {
            match effect {
                MemberEffect::Send(message) => self.send(now, message, out),
                MemberEffect::RoleChanged { term, role, leader } => {
                    self.on_role_changed(now, term, role, leader, out);
                }
                MemberEffect::Committed(_) => self.apply_committed(),
                MemberEffect::Acknowledged { entry, .. } => self.on_acknowledged(now, entry, out),
                MemberEffect::VoteRoundOver { .. }
                | MemberEffect::Voted { .. }
                | MemberEffect::Appended(_)
                | MemberEffect::Truncated(_) => {}
            }
        }
    }

    fn send(&mut self, now: Instant, message: DLedgerMessage<ControllerEvents>, out: &mut Outbox) {
        let DLedgerMessage { from, to, call, body } = message;
        match body {
            DLedgerBody::Request(request) => {
                let Some(address) = self.address_of(to) else { return };
                let request = ControllerRequest::DLedger { from, call, request };
                let request = Request::Controller(Box::new(request));
                let purpose = Purpose { to, call };
                self.remoting.invoke_async(now, address, request, MEMBER_TIMEOUT, purpose, out);
            }
            DLedgerBody::Response(response) => {
                if let Some((connection, opaque)) = self.member_calls.remove(&(to, call)) {
                    let asked = Asked { connection, opaque, one_way: false };
                    let code = match response {
                        crate::rpc::DLedgerResponse::Vote { .. } => RequestCode::DLedgerVote,
                        crate::rpc::DLedgerResponse::HeartBeat { .. } => RequestCode::DLedgerHeartBeat,
                        crate::rpc::DLedgerResponse::Push { .. } => RequestCode::DLedgerPush,
                        crate::rpc::DLedgerResponse::LeadershipTransfer { .. } => {
                            RequestCode::DLedgerLeadershipTransfer
                        }
                    };
                    let body = ResponseBody::Controller(Box::new(ControllerAnswer::DLedger(response)));
                    asked.answer(Response::with(code, body), out);
                }
            }
        }
    }

    fn address_of(&self, member: MemberId) -> Option<Address> {
        let peers = &self.config.controller_dleger_peers.0;
        peers.iter().find(|(id, _)| *id == member.0).map(|(_, address)| *address)
    }

    /// A new leader first proposes nothing: once the group has agreed on that, the leader knows everything that was
    /// agreed on before, and serves.
    fn on_role_changed(
        &mut self,
        now: Instant,
        term: Term,
        role: MemberRole,
        leader: Option<MemberId>,
        out: &mut Outbox,
    ) {
        out.note(Fact::Controller(ControllerFact::ControllerRoleChanged { role, term, leader }));
        self.is_leader_state = false;
        self.first_proposal = None;
        // Whoever waits for an answer gives up after a while.
        self.waiting.clear();
        self.in_flight = None;
        out.cancel_timer(Timer::ScanInactiveMaster);
        if role == MemberRole::Leader
            && let Some(member) = &mut self.member
        {
            let mut effects = Vec::new();
            if let Ok(entry) = member.append(now, Vec::new(), &mut effects) {
                self.first_proposal = Some(entry);
            }
            self.carry_out(now, effects, out);
        }
    }

    /// Hands what a request changes to the group.
    pub(super) fn propose(&mut self, now: Instant, task: Task, result: ControllerResult, out: &mut Outbox) {
        let Some(member) = &mut self.member else { return };
        let mut effects = Vec::new();
        match member.append(now, result.events.clone(), &mut effects) {
            Ok(entry) => self.in_flight = Some((entry, task, Box::new(result))),
            Err(_) => {
                if let Task::Request(asked, request) = task {
                    // `processRequest` answers an exception so; here the future was cancelled.
                    let remark = "java.util.concurrent.CancellationException";
                    asked.answer(Response::refused(request.code(), ResponseCode::SystemError, remark), out);
                }
            }
        }
        self.carry_out(now, effects, out);
    }

    fn on_acknowledged(&mut self, now: Instant, entry: EntryId, out: &mut Outbox) {
        self.apply_committed();
        if self.first_proposal == Some(entry) {
            self.first_proposal = None;
            self.is_leader_state = true;
            out.set_timer(Timer::ScanInactiveMaster, now + self.config.scan_inactive_master_interval);
        }
        if let Some((_, task, result)) = self.in_flight.take_if(|(waiting, ..)| *waiting == entry) {
            self.finish(&task, &result, out);
        }
    }

    /// Brings the common state up to what is committed.
    fn apply_committed(&mut self) {
        let Some(member) = &self.member else { return };
        let Some(committed) = member.committed_index() else { return };
        let mut next = self.applied.map_or(Index(0), Index::next);
        while next <= committed {
            for event in member.ledger().get(next).iter().flat_map(|entry| &entry.payload) {
                self.replicas.apply(event);
            }
            self.applied = Some(next);
            next = next.next();
        }
    }

    /// Who leads, as this controller knows it.
    pub(super) fn metadata(&self) -> Response {
        let leader = self.member.as_ref().and_then(|member| member.leader());
        let peers = self.config.controller_dleger_peers.0.iter();
        let answer = ControllerAnswer::Metadata {
            group: self.config.controller_dleger_group.0.as_str().into(),
            leader: leader.and_then(|id| self.address_of(id).map(|address| (id, address))),
            peers: peers.map(|(id, address)| (MemberId(*id), *address)).collect(),
        };
        let body = ResponseBody::Controller(Box::new(answer));
        Response::with(RequestCode::ControllerGetMetadataInfo, body)
    }
}
