//! A follower's work: keeping what the leader pushes, in order (`DLedgerEntryPusher.EntryHandler`).

use std::collections::BTreeMap;

use super::{Alarm, Effects, Member, MemberEffect};
use crate::rpc::{DLedgerCode, DLedgerResponse, Index, LedgerEntry, MemberId, MemberRole, Push, Term};
use crate::time::{Duration, Instant};

/// A push that waits for earlier ones is looked at after this long.
const FAST_FORWARD_PERIOD: Duration = Duration::from_secs(1);

/// An entry that was pushed and not written yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Waiting<P> {
    pub(super) from: MemberId,
    pub(super) call: u64,
    pub(super) term: Term,
    pub(super) committed: Option<Index>,
    pub(super) entry: LedgerEntry<P>,
}

/// Pushed entries by place (`writeRequestMap`).
#[derive(Clone, Debug)]
pub(super) struct EntryHandler<P> {
    pub(super) write_requests: BTreeMap<Index, Waiting<P>>,
}

impl<P> Default for EntryHandler<P> {
    fn default() -> Self {
        Self { write_requests: BTreeMap::new() }
    }
}

impl<P: Clone + PartialEq> Member<P> {
    pub(super) fn handle_push(
        &mut self,
        now: Instant,
        from: MemberId,
        call: u64,
        (term, committed): (Term, Option<Index>),
        push: Push<P>,
        out: &mut Effects<P>,
    ) {
        let index = push.entry().map(|id| id.index);
        let tells_committed = matches!(push, Push::Truncate(_) | Push::Commit);
        if matches!(push, Push::Compare(_) | Push::Truncate(_)) {
            self.handler.write_requests.clear();
        }
        let code = match push {
            Push::Append(entry) => {
                return self.take_append(now, Waiting { from, call, term, committed, entry }, out);
            }
            _ if self.role != MemberRole::Follower => DLedgerCode::NotFollower,
            Push::Compare(id) if self.disk.ledger.has(id) => DLedgerCode::Success,
            Push::Compare(_) => DLedgerCode::InconsistentState,
            Push::Commit => DLedgerCode::Success,
            Push::Truncate(entry) => self.truncate_behind(from, term, entry, out),
        };
        self.answer_push(from, call, term, code, index, out);
        if tells_committed && code == DLedgerCode::Success {
            self.update_committed_index(now, term, committed, out);
        }
        self.write_pushed(now, out);
    }

    fn take_append(&mut self, now: Instant, push: Waiting<P>, out: &mut Effects<P>) {
        let index = push.entry.id.index;
        if self.handler.write_requests.contains_key(&index) {
            let code = DLedgerCode::RepeatedPush;
            return self.answer_push(push.from, push.call, push.term, code, Some(index), out);
        }
        self.handler.write_requests.insert(index, push);
        self.write_pushed(now, out);
    }

    /// Writes what comes next, as long as it is there.
    fn write_pushed(&mut self, now: Instant, out: &mut Effects<P>) {
        while self.role == MemberRole::Follower {
            let next = self.disk.ledger.next_index();
            let Some(push) = self.handler.write_requests.remove(&next) else { break };
            let id = push.entry.id;
            let fits = self.follows(push.from, push.term);
            if fits {
                self.disk.ledger.push(push.entry.clone());
                out.push(MemberEffect::Appended(push.entry));
            }
            let code = if fits { DLedgerCode::Success } else { DLedgerCode::InconsistentState };
            self.answer_push(push.from, push.call, push.term, code, Some(id.index), out);
            if fits {
                self.update_committed_index(now, push.term, push.committed, out);
                self.catch_up(out);
            }
        }
        if self.handler.write_requests.is_empty() {
            self.cancel(Alarm::CheckAbnormalFuture);
        } else if !self.alarms.contains_key(&Alarm::CheckAbnormalFuture) {
            self.set_alarm(Alarm::CheckAbnormalFuture, now + FAST_FORWARD_PERIOD);
        }
    }

    /// Whether this member is the leader that it follows, in its term.
    fn follows(&self, leader: MemberId, term: Term) -> bool {
        self.role == MemberRole::Follower && self.disk.term == term && self.leader == Some(leader)
    }

    /// `DLedgerMmapFileStore.truncate`: cuts behind the entry, and at it when something else stood there.
    fn truncate_behind(
        &mut self,
        from: MemberId,
        term: Term,
        entry: LedgerEntry<P>,
        out: &mut Effects<P>,
    ) -> DLedgerCode {
        if !self.follows(from, term) {
            return DLedgerCode::InconsistentState;
        }
        let has_it = self.disk.ledger.has(entry.id);
        let from = if has_it { entry.id.index.next() } else { entry.id.index };
        let apart = self.disk.ledger.begin().is_some_and(|begin| from < begin)
            || self.disk.ledger.next_index() < from;
        let first = if apart { self.disk.ledger.begin().unwrap_or(from) } else { from };
        let cut = self.disk.ledger.cut_from(first);
        self.committed = self.committed.min(self.disk.ledger.end_index());
        self.disk.committed = self.disk.committed.min(self.committed);
        if !cut.is_empty() {
            out.push(MemberEffect::Truncated(cut));
        }
        if !has_it {
            self.disk.ledger.push(entry.clone());
            out.push(MemberEffect::Appended(entry));
        }
        DLedgerCode::Success
    }

    fn answer_push(
        &self,
        to: MemberId,
        call: u64,
        term: Term,
        code: DLedgerCode,
        index: Option<Index>,
        out: &mut Effects<P>,
    ) {
        let (begin, end) = (self.disk.ledger.begin(), self.disk.ledger.end_index());
        self.answer(to, call, DLedgerResponse::Push { term, code, index, begin, end }, out);
    }

    /// A member that begins to follow writes what was pushed before.
    pub(super) fn take_waiting_pushes(&mut self, now: Instant, out: &mut Effects<P>) {
        self.write_pushed(now, out);
    }

    /// `checkAbnormalFuture`: pushes of entries that are there already are confirmed or refused; the first of those that
    /// wait for an entry in between is refused, so that the leader compares again.
    pub(super) fn check_abnormal_future(&mut self, now: Instant, out: &mut Effects<P>) {
        if self.role != MemberRole::Follower {
            return;
        }
        let end = self.disk.ledger.end_index();
        let behind: Vec<Index> =
            self.handler.write_requests.keys().copied().filter(|index| Some(*index) <= end).collect();
        for index in behind {
            let Some(push) = self.handler.write_requests.remove(&index) else { continue };
            let code = if self.disk.ledger.has(push.entry.id) {
                DLedgerCode::Success
            } else {
                DLedgerCode::InconsistentState
            };
            self.answer_push(push.from, push.call, push.term, code, Some(index), out);
        }
        if let Some((index, push)) = self.handler.write_requests.iter().next() {
            let (from, call, term, index) = (push.from, push.call, push.term, *index);
            self.answer_push(from, call, term, DLedgerCode::InconsistentState, Some(index), out);
        }
        self.write_pushed(now, out);
    }
}
