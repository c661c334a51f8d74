//! A member without its times and its chance, for tests that try every order of events and must know a state again.

use std::hash::{Hash, Hasher};

use super::Member;
use crate::rpc::{MemberId, ParseResult};

impl<P: Clone + PartialEq + Hash> Member<P> {
    /// Hashes everything that decides what the member does next, but for when its alarms ring and what it draws. Numbers
    /// of calls grow for ever: `rank` gives those of each member an order instead.
    pub fn fingerprint(&self, hasher: &mut impl Hasher, rank: &impl Fn(MemberId, u64) -> usize) {
        let own = |call: &u64| rank(self.id, *call);
        let ranks = |calls: &[u64]| calls.iter().map(own).collect::<Vec<_>>();
        (self.id, self.role, self.leader, self.known_max_term, self.committed).hash(hasher);
        (self.disk.term, self.disk.vote_for, self.disk.committed, self.disk.ledger.begin()).hash(hasher);
        self.disk.ledger.entries().for_each(|entry| entry.hash(hasher));
        self.elector.last_parse_result.hash(hasher);
        (self.elector.need_increase_term, self.elector.quorum_leaked).hash(hasher);
        if let Some(round) = &self.elector.votes {
            (round.term, ranks(&round.open), round.known_max_term, round.already_has_leader).hash(hasher);
            (round.valid, round.accepted, round.not_ready, round.bigger_ledger).hash(hasher);
        }
        if let Some(round) = &self.elector.heart_beats {
            (round.term, ranks(&round.open), round.max_term, round.inconsistent_leader).hash(hasher);
            (round.succeeded, round.not_ready).hash(hasher);
        }
        for (peer, dispatcher) in &self.pusher.dispatchers {
            (peer, dispatcher.term, dispatcher.state, dispatcher.compare_index).hash(hasher);
            (dispatcher.write_index, dispatcher.pauses, dispatcher.awaiting.as_ref().map(own)).hash(hasher);
            dispatcher.pending.keys().for_each(|index| index.hash(hasher));
        }
        (&self.pusher.water_marks, self.pusher.term).hash(hasher);
        self.pusher.waiting().for_each(|waiting| waiting.hash(hasher));
        for (index, push) in &self.handler.write_requests {
            (index, push.from, rank(push.from, push.call), push.term, push.committed, &push.entry)
                .hash(hasher);
        }
        (&self.calls.values().collect::<Vec<_>>(), &self.alarms.keys().collect::<Vec<_>>()).hash(hasher);
        (self.transfer.transferee, self.transfer.term_to_take, self.transfer.request.is_some()).hash(hasher);
    }
}

impl<P> Member<P> {
    /// Whether the next round of votes would be one of a later term.
    pub fn raises_term_next(&self) -> bool {
        self.elector.need_increase_term || self.elector.last_parse_result == ParseResult::WaitToVoteNext
    }

    /// Its own requests that are not answered, and whom they went to.
    pub fn open_calls(&self) -> impl Iterator<Item = (u64, MemberId)> {
        self.calls.iter().map(|(call, (to, _))| (*call, *to))
    }

    /// Requests of others that it keeps without an answer: whose, and their numbers there.
    pub fn unanswered(&self) -> impl Iterator<Item = (MemberId, u64)> {
        let pushes = self.handler.write_requests.values().map(|push| (push.from, push.call));
        pushes.chain(self.transfer.request.map(|request| (request.from, request.call)))
    }
}
