//! Handing the leadership to a member that should have it (`DLedgerServer.checkPreferredLeader`,
//! `handleLeadershipTransfer`, `DLedgerLeaderElector.TakeLeadershipTask`).

use std::collections::BTreeMap;

use super::{Alarm, Call, Effects, Member};
use crate::rpc::{DLedgerCode, DLedgerRequest, DLedgerResponse, Index, MemberId, MemberRole, Term};
use crate::time::{Duration, Instant};

/// How often a leader looks.
const CHECK_PERIOD: Duration = Duration::from_secs(1);

/// A request to take over, until it can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct TakeLeadership {
    pub(super) from: MemberId,
    pub(super) call: u64,
    pub(super) term: Term,
    /// Up to where the member first catches up; none once it stands for election.
    pub(super) catch_up_with: Option<Index>,
}

/// What a hand-over needs on both sides.
#[derive(Clone, Debug, Default)]
pub(super) struct Transfer {
    /// Leader: whom it hands over to.
    pub(super) transferee: Option<MemberId>,
    /// Leader: who answered the last heartbeat.
    pub(super) live: BTreeMap<MemberId, bool>,
    /// The term that this member was asked to lead.
    pub(super) term_to_take: Option<Term>,
    pub(super) request: Option<TakeLeadership>,
}

// The leader.
impl<P: Clone + PartialEq> Member<P> {
    pub(super) fn arm_preferred_leader(&mut self, now: Instant) {
        if !self.config.preferred_leader_ids.is_empty() {
            self.set_alarm(Alarm::CheckPreferredLeader, now + CHECK_PERIOD);
        }
    }

    /// Each second: the preferred member that answers and lacks least is asked to take over. While it has not answered,
    /// nothing else is tried.
    pub(super) fn check_preferred_leader(&mut self, now: Instant, out: &mut Effects<P>) {
        self.arm_preferred_leader(now);
        let preferred = &self.config.preferred_leader_ids;
        if self.role != MemberRole::Leader
            || self.transfer.transferee.is_some()
            || preferred.contains(&self.id)
        {
            return;
        }
        let is_live = |peer: &&MemberId| self.transfer.live.get(peer).copied().unwrap_or_default();
        let next = self.disk.ledger.next_index().0;
        let lag = |peer: MemberId| next - self.water_mark(peer).map_or(0, |mark| mark.0 + 1);
        let closest = preferred.iter().filter(is_live).copied().min_by_key(|peer| lag(*peer));
        let Some(transferee) =
            closest.filter(|peer| lag(*peer) < self.config.max_leadership_transfer_wait_index)
        else {
            return;
        };
        self.transfer.transferee = Some(transferee);
        let request = DLedgerRequest::LeadershipTransfer {
            term: self.disk.term,
            take_leadership_index: self.disk.ledger.end_index(),
        };
        self.ask(transferee, Call::Transfer, request, out);
    }

    /// The member leads, will not, or says nothing. Only in the last two cases this one goes on.
    pub(super) fn on_transfer_response(&mut self, now: Instant, response: Option<DLedgerResponse>) {
        let succeeded =
            matches!(response, Some(DLedgerResponse::LeadershipTransfer { code: DLedgerCode::Success }));
        if !succeeded || self.role == MemberRole::Leader {
            self.transfer.transferee = None;
        }
        self.arm_preferred_leader(now);
    }
}

// The member that is to lead.
impl<P: Clone + PartialEq> Member<P> {
    pub(super) fn handle_take_leadership(
        &mut self,
        now: Instant,
        from: MemberId,
        call: u64,
        term: Term,
        index: Option<Index>,
        out: &mut Effects<P>,
    ) {
        if self.leader != Some(from) {
            let code = DLedgerCode::InconsistentLeader;
            return self.answer(from, call, DLedgerResponse::LeadershipTransfer { code }, out);
        }
        self.transfer.request = Some(TakeLeadership { from, call, term, catch_up_with: index });
        self.set_alarm(Alarm::CatchUp, now + self.config.leadership_transfer_wait_timeout);
        self.catch_up(out);
    }

    /// Stands for election once it has what the leader had (`handleTakeLeadership`).
    pub(super) fn catch_up(&mut self, out: &mut Effects<P>) {
        let end = self.disk.ledger.end_index();
        let Some(request) = self.transfer.request.as_mut() else { return };
        if request.catch_up_with.is_none() && self.transfer.term_to_take.is_some()
            || request.catch_up_with > end
        {
            return;
        }
        request.catch_up_with = None;
        let term = request.term;
        self.cancel(Alarm::CatchUp);
        if self.disk.term != term {
            return self.answer_take_leadership(DLedgerCode::InconsistentTerm, out);
        }
        let target = Term(term.0 + 1);
        self.transfer.term_to_take = Some(target);
        self.become_candidate(target, out);
        self.elector.need_increase_term = true;
    }

    pub(super) fn give_up_taking_leadership(&mut self, out: &mut Effects<P>) {
        self.answer_take_leadership(DLedgerCode::TakeLeadershipFailed, out);
    }

    fn answer_take_leadership(&mut self, code: DLedgerCode, out: &mut Effects<P>) {
        if let Some(request) = self.transfer.request.take() {
            self.answer(request.from, request.call, DLedgerResponse::LeadershipTransfer { code }, out);
        }
    }

    /// `TakeLeadershipTask.check`: with every change of role it may have become clear how the hand-over ended.
    pub(super) fn settle_taking_leadership(&mut self, term: Term, out: &mut Effects<P>) {
        let Some(target) = self.transfer.term_to_take else { return };
        let code = match self.role {
            _ if term > target => DLedgerCode::ExpiredTerm,
            MemberRole::Leader if term == target => DLedgerCode::Success,
            MemberRole::Candidate if term == target => return,
            _ => DLedgerCode::TakeLeadershipFailed,
        };
        self.transfer.term_to_take = None;
        self.answer_take_leadership(code, out);
    }

    /// Whether this member votes soon, and for nobody else with the same ledger.
    pub(super) fn is_taking_leadership(&self) -> bool {
        self.transfer.term_to_take == Some(self.disk.term)
            && self.config.preferred_leader_ids.contains(&self.id)
    }
}
