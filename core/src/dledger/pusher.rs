//! The leader's work: bringing every follower's ledger into line, and counting who has what
//! (`DLedgerEntryPusher.EntryDispatcher`, `QuorumAckChecker`).

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Alarm, Call, Effects, Member, MemberEffect};
use crate::gather::Arrange as _;
use crate::rpc::{
    DLedgerCode, DLedgerRequest, DLedgerResponse, EntryId, Index, MemberId, MemberRole, Push, Term,
};
use crate::time::{Duration, Instant};

/// Entries pushed to one follower without an answer (`maxPendingSize`).
const MAX_PENDING_SIZE: usize = 1000;
/// A follower is told the committed index when it has heard none for more than this.
const COMMIT_PERIOD: Duration = Duration::from_millis(1001);
/// The work on a follower pauses this long after an error.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(500);

/// How the leader works on a follower's ledger (`PushEntryRequest.Type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PushState {
    /// It looks for the last entry that both have.
    #[default]
    Compare,
    /// It has what the follower has too much cut off.
    Truncate,
    /// It pushes entry by entry.
    Append,
}

impl std::fmt::Display for PushState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Compare => "COMPARE",
            Self::Truncate => "TRUNCATE",
            Self::Append => "APPEND",
        })
    }
}

/// The work on one follower.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Dispatcher {
    /// The reign that it works for.
    pub(super) term: Option<Term>,
    pub(super) state: PushState,
    /// Which entry is compared next; none for the last one.
    pub(super) compare_index: Option<Index>,
    pub(super) write_index: Index,
    /// Entries pushed and not confirmed, with the time of the push.
    pub(super) pending: BTreeMap<Index, Instant>,
    /// The call whose answer everything else waits for.
    pub(super) awaiting: Option<u64>,
    /// It pauses after an error.
    pub(super) pauses: bool,
}

/// An append that waits for a majority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pending {
    deadline: Instant,
    timed_out: bool,
}

/// The leader's side of pushing. Most of it belongs to one term.
#[derive(Clone, Debug, Default)]
pub(super) struct Pusher {
    pub(super) dispatchers: BTreeMap<MemberId, Dispatcher>,
    /// Up to where each member has the ledger, in this term.
    pub(super) water_marks: BTreeMap<MemberId, Option<Index>>,
    /// The term of the water marks.
    pub(super) term: Option<Term>,
    pending: BTreeMap<EntryId, Pending>,
}

impl Pusher {
    /// Appends that wait for a majority, and whether they have waited too long already.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (EntryId, bool)> {
        self.pending.iter().map(|(entry, pending)| (*entry, pending.timed_out))
    }
}

impl<P: Clone + PartialEq> Member<P> {
    /// A reign begins, or goes on after an interruption within its term.
    pub(super) fn begin_to_push(&mut self, now: Instant, out: &mut Effects<P>) {
        let term = self.disk.term;
        if self.pusher.term != Some(term) {
            self.pusher.water_marks.clear();
            self.pusher.term = Some(term);
        }
        let end = self.disk.ledger.end_index();
        self.raise_water_mark(self.id, end);
        self.drop_appends_of_other_terms(term, out);
        self.dispatch_all(now, out);
        self.check_quorum(now, out);
    }

    /// The reign is over. Appends that wait are not answered before this member leads again, as in DLedger.
    pub(super) fn stop_pushing(&mut self) {
        self.cancel(Alarm::WaitAck);
        for peer in self.others() {
            self.cancel(Alarm::PushCommit(peer));
            self.cancel(Alarm::RetryPush(peer));
        }
    }

    fn drop_appends_of_other_terms(&mut self, term: Term, out: &mut Effects<P>) {
        let all = std::mem::take(&mut self.pusher.pending);
        for (entry, pending) in all {
            if entry.term == term {
                self.pusher.pending.insert(entry, pending);
            } else if !pending.timed_out {
                out.push(MemberEffect::Acknowledged { entry, code: DLedgerCode::TermChanged });
            }
        }
    }

    pub(super) fn is_pending_full(&self) -> bool {
        self.pusher.pending.len() > self.config.max_pending_requests_num
    }

    /// `DLedgerEntryPusher.waitAck`.
    pub(super) fn wait_ack(&mut self, now: Instant, entry: EntryId) {
        self.raise_water_mark(self.id, Some(entry.index));
        let deadline = now + self.config.max_wait_ack_time;
        self.pusher.pending.insert(entry, Pending { deadline, timed_out: false });
        self.arm_wait_ack();
    }

    fn arm_wait_ack(&mut self) {
        match self.pusher.pending.values().find(|pending| !pending.timed_out) {
            Some(pending) => self.set_alarm(Alarm::WaitAck, pending.deadline),
            None => self.cancel(Alarm::WaitAck),
        }
    }

    /// `checkResponseFuturesTimeout`: who appended is told that nothing is certain; the entry stays.
    pub(super) fn check_response_futures_timeout(&mut self, now: Instant, out: &mut Effects<P>) {
        for (entry, pending) in &mut self.pusher.pending {
            if !pending.timed_out && pending.deadline <= now {
                pending.timed_out = true;
                let code = DLedgerCode::WaitQuorumAckTimeout;
                out.push(MemberEffect::Acknowledged { entry: *entry, code });
            }
        }
        self.arm_wait_ack();
    }

    pub(super) fn water_mark(&self, peer: MemberId) -> Option<Index> {
        self.pusher.water_marks.get(&peer).copied().flatten()
    }

    fn raise_water_mark(&mut self, peer: MemberId, index: Option<Index>) {
        let mark = self.pusher.water_marks.entry(peer).or_default();
        *mark = (*mark).max(index);
    }

    /// `QuorumAckChecker`: what a majority has is committed, and whoever appended it is told so.
    pub(super) fn check_quorum(&mut self, now: Instant, out: &mut Effects<P>) {
        if self.role != MemberRole::Leader {
            return;
        }
        let mut marks: Vec<_> = self.peers.iter().map(|peer| self.water_mark(*peer)).collect();
        marks.arrange_by(|a, b| b.cmp(a));
        let quorum_index = marks.get(marks.len() / 2).copied().flatten();
        self.update_committed_index(now, self.disk.term, quorum_index, out);
        while let Some((entry, pending)) = self.pusher.pending.first_key_value() {
            if Some(entry.index) > quorum_index {
                break;
            }
            if !pending.timed_out {
                out.push(MemberEffect::Acknowledged { entry: *entry, code: DLedgerCode::Success });
            }
            self.pusher.pending.pop_first();
        }
        self.arm_wait_ack();
    }
}

// The work on one follower.
impl<P: Clone + PartialEq> Member<P> {
    pub(super) fn dispatch_all(&mut self, now: Instant, out: &mut Effects<P>) {
        for peer in self.others() {
            let dispatcher = self.dispatcher(peer);
            if dispatcher.awaiting.is_none() && !dispatcher.pauses {
                self.dispatch(now, peer, out);
            }
        }
    }

    fn dispatcher(&mut self, peer: MemberId) -> &mut Dispatcher {
        self.pusher.dispatchers.entry(peer).or_default()
    }

    /// One round of an `EntryDispatcher`.
    pub(super) fn dispatch(&mut self, now: Instant, peer: MemberId, out: &mut Effects<P>) {
        self.dispatcher(peer).pauses = false;
        self.cancel(Alarm::Dispatch(peer));
        if self.role != MemberRole::Leader {
            return;
        }
        let term = self.disk.term;
        if self.dispatcher(peer).term != Some(term) {
            self.dispatcher(peer).term = Some(term);
            self.compare_again(peer);
        }
        match self.dispatcher(peer).state {
            PushState::Append => self.append_entries(now, peer, out),
            PushState::Compare | PushState::Truncate => self.compare(now, peer, out),
        }
    }

    /// `changeState(-1, COMPARE)`.
    fn compare_again(&mut self, peer: MemberId) {
        let dispatcher = self.dispatcher(peer);
        if dispatcher.state == PushState::Append {
            dispatcher.compare_index = None;
            dispatcher.pending.clear();
        }
        dispatcher.state = PushState::Compare;
        self.cancel(Alarm::PushCommit(peer));
        self.cancel(Alarm::RetryPush(peer));
    }

    /// `changeState(index, APPEND)`: both have the ledger up to this entry.
    fn append_after(&mut self, now: Instant, peer: MemberId, index: Index, out: &mut Effects<P>) {
        let dispatcher = self.dispatcher(peer);
        dispatcher.compare_index = None;
        dispatcher.state = PushState::Append;
        dispatcher.write_index = index.next();
        self.raise_water_mark(peer, Some(index));
        self.check_quorum(now, out);
        self.set_alarm(Alarm::PushCommit(peer), now + COMMIT_PERIOD);
        self.dispatch(now, peer, out);
    }

    fn pause_after_error(&mut self, now: Instant, peer: MemberId) {
        self.compare_again(peer);
        self.dispatcher(peer).pauses = true;
        self.set_alarm(Alarm::Dispatch(peer), now + PAUSE_AFTER_ERROR);
    }

    fn push_request(&self, push: Push<P>) -> DLedgerRequest<P> {
        DLedgerRequest::Push { term: self.disk.term, committed: self.committed, push }
    }

    /// `doAppend`: everything that was not pushed yet.
    fn append_entries(&mut self, now: Instant, peer: MemberId, out: &mut Effects<P>) {
        loop {
            let mark = self.water_mark(peer);
            let dispatcher = self.dispatcher(peer);
            if dispatcher.pending.len() >= MAX_PENDING_SIZE {
                dispatcher.pending.retain(|index, _| Some(*index) >= mark);
            }
            if dispatcher.pending.len() >= MAX_PENDING_SIZE {
                break;
            }
            let index = dispatcher.write_index;
            if Some(index) > self.disk.ledger.end_index() || !self.push_entry(now, peer, index, out) {
                break;
            }
            self.dispatcher(peer).write_index = index.next();
        }
        self.arm_retry(peer);
    }

    /// `doAppendInner`. An entry whose file was deleted cannot be pushed any more: ledgers are compared again.
    fn push_entry(&mut self, now: Instant, peer: MemberId, index: Index, out: &mut Effects<P>) -> bool {
        let Some(entry) = self.disk.ledger.get(index).cloned() else {
            self.compare_again(peer);
            self.set_alarm(Alarm::Dispatch(peer), now + Duration::from_millis(1));
            return false;
        };
        let request = self.push_request(Push::Append(entry));
        self.ask(peer, Call::Append(index), request, out);
        self.dispatcher(peer).pending.insert(index, now);
        self.set_alarm(Alarm::PushCommit(peer), now + COMMIT_PERIOD);
        true
    }

    pub(super) fn on_append_response(
        &mut self,
        now: Instant,
        peer: MemberId,
        index: Index,
        response: Option<DLedgerResponse>,
        out: &mut Effects<P>,
    ) {
        let Some(DLedgerResponse::Push { term, code, .. }) = response else { return };
        let is_current = self.role == MemberRole::Leader && self.pusher.term == Some(term);
        match code {
            DLedgerCode::Success if is_current => {
                self.dispatcher(peer).pending.remove(&index);
                self.raise_water_mark(peer, Some(index));
                self.check_quorum(now, out);
                self.dispatch_if_free(now, peer, out);
            }
            DLedgerCode::InconsistentState if is_current => {
                self.compare_again(peer);
                self.dispatch_if_free(now, peer, out);
            }
            _ => {}
        }
    }

    fn dispatch_if_free(&mut self, now: Instant, peer: MemberId, out: &mut Effects<P>) {
        let dispatcher = self.dispatcher(peer);
        if dispatcher.awaiting.is_none() && !dispatcher.pauses {
            self.dispatch(now, peer, out);
        }
    }

    /// The next entry that this follower has to confirm is pushed again when its push is old
    /// (`doCheckAppendResponse`).
    fn arm_retry(&mut self, peer: MemberId) {
        let wanted = self.water_mark(peer).map_or(Index(0), Index::next);
        let pause = self.config.max_push_time_out + Duration::from_millis(1);
        match self.dispatcher(peer).pending.get(&wanted).copied() {
            Some(sent) => self.set_alarm(Alarm::RetryPush(peer), sent + pause),
            None => self.cancel(Alarm::RetryPush(peer)),
        }
    }

    pub(super) fn retry_push(&mut self, now: Instant, peer: MemberId, out: &mut Effects<P>) {
        let wanted = self.water_mark(peer).map_or(Index(0), Index::next);
        let dispatcher = self.dispatcher(peer);
        if dispatcher.state == PushState::Append && dispatcher.pending.contains_key(&wanted) {
            self.push_entry(now, peer, wanted, out);
            self.arm_retry(peer);
        }
    }

    /// `doCommit`: a follower that is sent nothing still has to learn what is committed.
    pub(super) fn push_commit(&mut self, now: Instant, peer: MemberId, out: &mut Effects<P>) {
        let dispatcher = self.dispatcher(peer);
        let all_written = dispatcher.state == PushState::Append;
        if !all_written || Some(dispatcher.write_index) <= self.disk.ledger.end_index() {
            return;
        }
        let request = self.push_request(Push::Commit);
        self.ask(peer, Call::Commit, request, out);
        self.set_alarm(Alarm::PushCommit(peer), now + COMMIT_PERIOD);
    }
}

// Bringing ledgers into line.
impl<P: Clone + PartialEq> Member<P> {
    /// `doCompare`: asks whether the follower has this entry. An empty ledger has nothing to compare.
    fn compare(&mut self, now: Instant, peer: MemberId, out: &mut Effects<P>) {
        let Some(end) = self.disk.ledger.end_index() else { return };
        let wanted = self.dispatcher(peer).compare_index.unwrap_or(end);
        let index = if self.disk.ledger.get(wanted).is_some() { wanted } else { end };
        let Some(entry) = self.disk.ledger.get(index).map(|entry| entry.id) else {
            return self.pause_after_error(now, peer);
        };
        self.dispatcher(peer).compare_index = Some(index);
        let request = self.push_request(Push::Compare(entry));
        let call = self.ask(peer, Call::Compare, request, out);
        self.dispatcher(peer).awaiting = Some(call);
    }

    pub(super) fn on_compare_response(
        &mut self,
        now: Instant,
        peer: MemberId,
        call: u64,
        response: Option<DLedgerResponse>,
        out: &mut Effects<P>,
    ) {
        let Some(dispatcher) = self.pusher.dispatchers.get_mut(&peer).filter(|d| d.awaiting == Some(call))
        else {
            return;
        };
        dispatcher.awaiting = None;
        let (Some(index), Some(DLedgerResponse::Push { term, code, begin, end, .. })) =
            (dispatcher.compare_index, response)
        else {
            return self.pause_after_error(now, peer);
        };
        if self.role != MemberRole::Leader || self.disk.term != term {
            return self.dispatch(now, peer, out);
        }
        match code {
            DLedgerCode::Success if end == Some(index) => self.append_after(now, peer, index, out),
            DLedgerCode::Success => self.truncate(now, peer, index, out),
            DLedgerCode::InconsistentState => self.compare_before(now, peer, index, (begin, end), out),
            _ => self.pause_after_error(now, peer),
        }
    }

    /// The follower does not have that entry: which one is next.
    fn compare_before(
        &mut self,
        now: Instant,
        peer: MemberId,
        index: Index,
        (begin, end): (Option<Index>, Option<Index>),
        out: &mut Effects<P>,
    ) {
        let (own_begin, own_end) = (self.disk.ledger.begin(), self.disk.ledger.end_index());
        let Some(first) = own_begin else { return self.pause_after_error(now, peer) };
        let apart = end < own_begin || begin > own_end || Some(index) < begin;
        let earlier = if Some(index) > end { end } else { index.previous() };
        match earlier.filter(|earlier| !apart && *earlier >= first) {
            Some(earlier) => {
                self.dispatcher(peer).compare_index = Some(earlier);
                self.compare(now, peer, out);
            }
            None => self.truncate(now, peer, first, out),
        }
    }

    /// `doTruncate`.
    fn truncate(&mut self, now: Instant, peer: MemberId, index: Index, out: &mut Effects<P>) {
        let dispatcher = self.dispatcher(peer);
        dispatcher.state = PushState::Truncate;
        dispatcher.compare_index = None;
        let Some(entry) = self.disk.ledger.get(index).cloned() else {
            return self.pause_after_error(now, peer);
        };
        let request = self.push_request(Push::Truncate(entry));
        let call = self.ask(peer, Call::Truncate(index), request, out);
        self.dispatcher(peer).awaiting = Some(call);
    }

    pub(super) fn on_truncate_response(
        &mut self,
        now: Instant,
        peer: MemberId,
        call: u64,
        index: Index,
        response: Option<DLedgerResponse>,
        out: &mut Effects<P>,
    ) {
        let Some(dispatcher) = self.pusher.dispatchers.get_mut(&peer).filter(|d| d.awaiting == Some(call))
        else {
            return;
        };
        dispatcher.awaiting = None;
        let Some(DLedgerResponse::Push { term, code: DLedgerCode::Success, .. }) = response else {
            return self.pause_after_error(now, peer);
        };
        if self.role == MemberRole::Leader && self.disk.term == term {
            self.append_after(now, peer, index, out);
        } else {
            self.compare_again(peer);
        }
    }
}

// What can be seen.
impl<P: Clone> Member<P> {
    /// How the work on each follower goes, and up to where it is known to have the ledger. Empty unless it leads.
    pub fn progress(&self) -> Vec<(MemberId, PushState, Option<Index>)> {
        if self.role != MemberRole::Leader {
            return Vec::new();
        }
        let dispatchers = self.pusher.dispatchers.iter();
        let mark = |peer| self.pusher.water_marks.get(peer).copied().flatten();
        dispatchers.map(|(peer, dispatcher)| (*peer, dispatcher.state, mark(peer))).collect()
    }
}
