//! Who leads: votes, heartbeats, and when each side gives the other up (`DLedgerLeaderElector`).

use super::{Alarm, Call, Effects, MAINTAIN_PERIOD, Member, MemberEffect};
use crate::rpc::{
    DLedgerCode, DLedgerRequest, DLedgerResponse, EntryId, MemberId, MemberRole, ParseResult, Term,
    VoteResult,
};
use crate::time::{Duration, Instant};

/// A vote round waits this long, and up to `maxVoteIntervalMs` longer.
const VOTE_WAIT: Duration = Duration::from_secs(2);

/// A round of votes under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct VoteRound {
    pub(super) term: Term,
    /// Calls of this round that are open.
    pub(super) open: Vec<u64>,
    pub(super) known_max_term: Term,
    pub(super) valid: usize,
    pub(super) accepted: usize,
    pub(super) not_ready: usize,
    pub(super) bigger_ledger: usize,
    pub(super) already_has_leader: bool,
}

/// A round of heartbeats under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct HeartBeatRound {
    pub(super) term: Term,
    pub(super) open: Vec<u64>,
    pub(super) succeeded: usize,
    pub(super) not_ready: usize,
    pub(super) max_term: Option<Term>,
    pub(super) inconsistent_leader: bool,
}

/// The elector's own state.
#[derive(Clone, Debug)]
pub(super) struct Elector {
    pub(super) last_parse_result: ParseResult,
    pub(super) need_increase_term: bool,
    /// Before this a candidate does not ask; long ago at the start.
    pub(super) next_time_to_request_vote: Instant,
    /// When heartbeats were last sent; none when they are to go at once.
    pub(super) last_send_heart_beat: Option<Instant>,
    /// A majority has not answered for three intervals, or never did. A new leader begins with what the last reign
    /// left, so that its very first round must succeed.
    pub(super) quorum_leaked: bool,
    pub(super) votes: Option<VoteRound>,
    pub(super) heart_beats: Option<HeartBeatRound>,
}

impl Default for Elector {
    fn default() -> Self {
        Self {
            last_parse_result: ParseResult::WaitToRevote,
            need_increase_term: false,
            next_time_to_request_vote: Instant::ZERO,
            last_send_heart_beat: None,
            quorum_leaked: true,
            votes: None,
            heart_beats: None,
        }
    }
}

// The state maintainer: one thread, which is busy while a round is under way.
impl<P: Clone + PartialEq> Member<P> {
    /// Sets the next look of the state maintainer by what the member is now.
    pub(super) fn arm_maintain(&mut self, now: Instant) {
        let is_busy = self.elector.votes.is_some() || self.elector.heart_beats.is_some();
        let due = match self.role {
            _ if is_busy => None,
            MemberRole::Candidate if self.elector.need_increase_term => Some(now),
            MemberRole::Candidate => Some(self.elector.next_time_to_request_vote),
            MemberRole::Leader => {
                let pause = self.config.heart_beat_time_interval + Duration::from_millis(1);
                Some(self.elector.last_send_heart_beat.map_or(now, |last| last + pause))
            }
            MemberRole::Follower => None,
        };
        match due {
            Some(due) => {
                let at = self.tick_at(due.max(now + Duration::from_millis(1)));
                self.set_alarm(Alarm::Maintain, at);
            }
            None => self.cancel(Alarm::Maintain),
        }
    }

    /// The first look of the maintainer that is not before `due`.
    fn tick_at(&self, due: Instant) -> Instant {
        let period = MAINTAIN_PERIOD.as_millis();
        let behind = (due.as_millis() + period - self.phase % period) % period;
        due + Duration::from_millis((period - behind) % period)
    }

    pub(super) fn maintain_state(&mut self, now: Instant, out: &mut Effects<P>) {
        match self.role {
            MemberRole::Leader => self.send_heart_beats(now, out),
            MemberRole::Candidate => self.request_votes(now, out),
            MemberRole::Follower => {}
        }
    }
}

// A candidate.
impl<P: Clone + PartialEq> Member<P> {
    /// `maintainAsCandidate`.
    fn request_votes(&mut self, now: Instant, out: &mut Effects<P>) {
        if self.elector.last_parse_result == ParseResult::WaitToVoteNext || self.elector.need_increase_term {
            self.next_term();
            self.elector.last_parse_result = ParseResult::WaitToRevote;
        }
        if self.elector.need_increase_term {
            self.elector.next_time_to_request_vote = self.next_time_to_request_vote(now);
            self.elector.need_increase_term = false;
            return;
        }
        let (term, ledger_end) = (self.disk.term, self.disk.ledger.end());
        let mut open = Vec::new();
        let mut own = None;
        for peer in self.peers.clone() {
            if peer == self.id {
                own = Some(self.handle_vote(peer, term, ledger_end, out));
            } else {
                open.push(self.ask(peer, Call::Vote, DLedgerRequest::Vote { term, ledger_end }, out));
            }
        }
        self.elector.votes = Some(VoteRound {
            term,
            open,
            known_max_term: term,
            valid: 0,
            accepted: 0,
            not_ready: 0,
            bigger_ledger: 0,
            already_has_leader: false,
        });
        let spread = u32::try_from(self.config.max_vote_interval.as_millis()).unwrap_or(u32::MAX);
        let wait = VOTE_WAIT + Duration::from_millis(u64::from(self.rng.below(spread)));
        self.set_alarm(Alarm::VoteRound, now + wait);
        self.count_vote(now, own, out);
    }

    /// `MemberState.nextTerm`: the highest term heard of, or the next one.
    fn next_term(&mut self) {
        let own = self.disk.term;
        self.disk.term = if self.known_max_term > own { self.known_max_term } else { Term(own.0 + 1) };
        self.disk.vote_for = None;
    }

    fn next_time_to_request_vote(&mut self, now: Instant) -> Instant {
        let (least, most) = if self.is_taking_leadership() {
            (self.config.min_take_leadership_vote_interval, self.config.max_take_leadership_vote_interval)
        } else {
            (self.config.min_vote_interval, self.config.max_vote_interval)
        };
        let spread = u32::try_from(most.saturating_sub(least).as_millis()).unwrap_or(u32::MAX);
        now + least + Duration::from_millis(u64::from(self.rng.below(spread)))
    }

    /// An answer to a request for a vote, or that there is none. Answers to earlier rounds are not counted.
    pub(super) fn on_vote_response(
        &mut self,
        now: Instant,
        call: u64,
        response: Option<DLedgerResponse>,
        out: &mut Effects<P>,
    ) {
        let Some(round) = self.elector.votes.as_mut() else { return };
        let Some(place) = round.open.iter().position(|open| *open == call) else { return };
        round.open.remove(place);
        self.count_vote(now, response, out);
    }

    fn count_vote(&mut self, now: Instant, response: Option<DLedgerResponse>, out: &mut Effects<P>) {
        let Some(round) = self.elector.votes.as_mut() else { return };
        if let Some(DLedgerResponse::Vote { term, result }) = response {
            round.valid += 1;
            match result {
                VoteResult::Accept => round.accepted += 1,
                VoteResult::RejectAlreadyHasLeader => round.already_has_leader = true,
                VoteResult::RejectTermSmallThanLedger | VoteResult::RejectExpiredVoteTerm => {
                    round.known_max_term = round.known_max_term.max(term);
                }
                VoteResult::RejectExpiredLedgerTerm | VoteResult::RejectSmallLedgerEndIndex => {
                    round.bigger_ledger += 1;
                }
                VoteResult::RejectTermNotReady => round.not_ready += 1,
                VoteResult::RejectAlreadyVoted | VoteResult::RejectTakingLeadership => {}
            }
        }
        let (done, ready) = (round.open.is_empty(), round.accepted + round.not_ready);
        if round.already_has_leader || done || self.is_quorum(ready) {
            self.parse_votes(now, out);
        }
    }

    /// The round is over: what comes of it.
    pub(super) fn parse_votes(&mut self, now: Instant, out: &mut Effects<P>) {
        let Some(round) = self.elector.votes.take() else { return };
        self.cancel(Alarm::VoteRound);
        for call in &round.open {
            self.calls.remove(call);
        }
        let next = self.next_time_to_request_vote(now);
        let (result, wait) = if round.known_max_term > round.term {
            (ParseResult::WaitToVoteNext, Some(Duration::ZERO))
        } else if round.already_has_leader {
            (ParseResult::WaitToRevote, Some(self.config.leak()))
        } else if !self.is_quorum(round.valid) {
            (ParseResult::WaitToRevote, Some(Duration::ZERO))
        } else if !self.is_quorum(round.valid - round.bigger_ledger) {
            (ParseResult::WaitToRevote, Some(self.config.max_vote_interval))
        } else if self.is_quorum(round.accepted) {
            (ParseResult::Passed, None)
        } else if self.is_quorum(round.accepted + round.not_ready) {
            (ParseResult::RevoteImmediately, None)
        } else {
            (ParseResult::WaitToVoteNext, Some(Duration::ZERO))
        };
        if let Some(wait) = wait {
            self.elector.next_time_to_request_vote = next + wait;
        }
        self.elector.last_parse_result = result;
        out.push(MemberEffect::VoteRoundOver { term: round.term, accepted: round.accepted, result });
        if round.known_max_term > round.term {
            self.become_candidate(round.known_max_term, out);
        }
        if result == ParseResult::Passed {
            self.become_leader(now, round.term, out);
        }
    }
}

// A leader.
impl<P: Clone + PartialEq> Member<P> {
    fn send_heart_beats(&mut self, now: Instant, out: &mut Effects<P>) {
        let term = self.disk.term;
        self.elector.last_send_heart_beat = Some(now);
        let mut open = Vec::new();
        for peer in self.others() {
            open.push(self.ask(peer, Call::HeartBeat, DLedgerRequest::HeartBeat { term }, out));
        }
        let alone = open.is_empty();
        self.elector.heart_beats = Some(HeartBeatRound {
            term,
            open,
            succeeded: 1,
            not_ready: 0,
            max_term: None,
            inconsistent_leader: false,
        });
        if alone {
            return self.parse_heart_beats(now, out);
        }
        self.set_alarm(Alarm::HeartBeatRound, now + self.config.heart_beat_time_interval);
    }

    /// An answer to a heartbeat, or that there is none; also one to an earlier round says who is alive.
    pub(super) fn on_heart_beat_response(
        &mut self,
        now: Instant,
        from: MemberId,
        call: u64,
        response: Option<DLedgerResponse>,
        out: &mut Effects<P>,
    ) {
        self.transfer.live.insert(from, response.is_some());
        let Some(round) = self.elector.heart_beats.as_mut() else { return };
        let Some(place) = round.open.iter().position(|open| *open == call) else { return };
        round.open.remove(place);
        if let Some(DLedgerResponse::HeartBeat { term, code }) = response {
            match code {
                DLedgerCode::Success => round.succeeded += 1,
                DLedgerCode::ExpiredTerm => round.max_term = Some(term),
                DLedgerCode::InconsistentLeader => round.inconsistent_leader = true,
                DLedgerCode::TermNotReady => round.not_ready += 1,
                _ => {}
            }
        }
        let (done, ready) = (round.open.is_empty(), round.succeeded + round.not_ready);
        if done || self.is_quorum(ready) {
            self.parse_heart_beats(now, out);
        }
    }

    /// The round of heartbeats is over.
    pub(super) fn parse_heart_beats(&mut self, now: Instant, out: &mut Effects<P>) {
        let Some(round) = self.elector.heart_beats.take() else { return };
        self.cancel(Alarm::HeartBeatRound);
        if self.is_quorum(round.succeeded) {
            self.elector.quorum_leaked = false;
            self.set_alarm(Alarm::QuorumLeak, now + self.config.leak() + Duration::from_millis(1));
        } else if self.is_quorum(round.succeeded + round.not_ready) {
            self.elector.last_send_heart_beat = None;
        } else if round.max_term.is_some_and(|term| term > round.term) {
            self.become_candidate(round.max_term.unwrap_or(round.term), out);
        } else if round.inconsistent_leader || self.elector.quorum_leaked {
            self.become_candidate(round.term, out);
        }
    }
}

// Anybody.
impl<P: Clone + PartialEq> Member<P> {
    /// Whether this member votes for that one. The ledger is looked at before the term, so that a member that lacks
    /// entries cannot push the others into new terms.
    pub(super) fn handle_vote(
        &mut self,
        candidate: MemberId,
        term: Term,
        ledger_end: Option<EntryId>,
        out: &mut Effects<P>,
    ) -> DLedgerResponse {
        let own_end = self.disk.ledger.end();
        let result = match () {
            () if ledger_end.map(|id| id.term) < own_end.map(|id| id.term) => {
                VoteResult::RejectExpiredLedgerTerm
            }
            () if ledger_end < own_end => VoteResult::RejectSmallLedgerEndIndex,
            () if term < self.disk.term => VoteResult::RejectExpiredVoteTerm,
            () if term > self.disk.term => {
                self.become_candidate(term, out);
                self.elector.need_increase_term = true;
                VoteResult::RejectTermNotReady
            }
            () if self.disk.vote_for.is_some_and(|voted| voted != candidate) => {
                if self.leader.is_some() {
                    VoteResult::RejectAlreadyHasLeader
                } else {
                    VoteResult::RejectAlreadyVoted
                }
            }
            () if own_end.is_some_and(|end| term < end.term) => VoteResult::RejectTermSmallThanLedger,
            () if candidate != self.id && self.is_taking_leadership() && own_end == ledger_end => {
                VoteResult::RejectTakingLeadership
            }
            () => VoteResult::Accept,
        };
        if result == VoteResult::Accept {
            self.disk.vote_for = Some(candidate);
        }
        out.push(MemberEffect::Voted { term, candidate, result });
        let told = match result {
            VoteResult::RejectTermSmallThanLedger => own_end.map_or(self.disk.term, |end| end.term),
            _ => self.disk.term,
        };
        DLedgerResponse::Vote { term: told, result }
    }

    /// `handleHeartBeat`: a later term makes a candidate first, and a follower only with the next heartbeat.
    pub(super) fn handle_heart_beat(
        &mut self,
        now: Instant,
        leader: MemberId,
        term: Term,
        out: &mut Effects<P>,
    ) -> DLedgerResponse {
        let own = self.disk.term;
        let code = match self.leader {
            _ if term < own => DLedgerCode::ExpiredTerm,
            _ if term > own => {
                self.become_candidate(term, out);
                self.elector.need_increase_term = true;
                DLedgerCode::TermNotReady
            }
            None => {
                self.become_follower(now, leader, out);
                DLedgerCode::Success
            }
            Some(known) if known == leader => {
                self.hear_leader(now);
                DLedgerCode::Success
            }
            Some(_) => DLedgerCode::InconsistentLeader,
        };
        DLedgerResponse::HeartBeat { term: self.disk.term, code }
    }

    fn hear_leader(&mut self, now: Instant) {
        self.set_alarm(Alarm::LeaderLeak, now + self.config.leak() + Duration::from_millis(1));
    }

    fn become_leader(&mut self, now: Instant, term: Term, out: &mut Effects<P>) {
        if self.disk.term != term {
            return;
        }
        self.role = MemberRole::Leader;
        self.leader = Some(self.id);
        self.transfer.live.clear();
        self.elector.last_send_heart_beat = None;
        self.cancel(Alarm::LeaderLeak);
        self.note_role(term, out);
        self.begin_to_push(now, out);
    }

    /// The term is entered with the next look of the maintainer.
    pub(super) fn become_candidate(&mut self, term: Term, out: &mut Effects<P>) {
        if term < self.disk.term {
            return;
        }
        self.known_max_term = self.known_max_term.max(term);
        self.role = MemberRole::Candidate;
        self.leader = None;
        self.transfer.transferee = None;
        self.cancel(Alarm::LeaderLeak);
        self.stop_pushing();
        self.cancel(Alarm::CheckAbnormalFuture);
        self.note_role(term, out);
    }

    fn become_follower(&mut self, now: Instant, leader: MemberId, out: &mut Effects<P>) {
        self.elector.last_parse_result = ParseResult::WaitToRevote;
        self.role = MemberRole::Follower;
        self.leader = Some(leader);
        self.transfer.transferee = None;
        self.hear_leader(now);
        self.note_role(self.disk.term, out);
        self.take_waiting_pushes(now, out);
    }

    fn note_role(&mut self, term: Term, out: &mut Effects<P>) {
        self.settle_taking_leadership(term, out);
        out.push(MemberEffect::RoleChanged { term, role: self.role, leader: self.leader });
    }
}
