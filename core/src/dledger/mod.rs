//! One member of a DLedger group: who leads, and what stands in the ledger.
//!
//! DLedger is a Raft. Members elect a leader for a term; the leader numbers what it is given, pushes it to the others
//! and calls it committed once a majority has it. A member is a state machine in memory: it is told the time, what
//! arrived, which request failed and which alarm rang, and says what to send, what became of its ledger and its role,
//! and when it wants to be woken. It knows neither the network nor what an entry means, so that the commit log of a
//! broker and the state of a controller are kept by the same code, and a test can drive three of them through every
//! order of events.
//!
//! An election goes so. A candidate asks everybody, itself included, for the vote of its term, and waits at most 2 to
//! 3 s. Who has a longer ledger refuses; who was in an earlier term becomes a candidate of the new term, answers
//! `REJECT_TERM_NOT_READY` and is ready a moment later, so that the candidate asks again at once; who voted for another
//! refuses. A round without a majority is repeated after 0.3 to 1 s, in the next term when votes were split, in the same
//! one otherwise, and 6 s later when a leader was already known. The leader sends heartbeats every 2 s; the first one of
//! a term makes a candidate its follower. Three intervals without one, or without the answers of a majority, end it.
//!
//! A new leader compares its last entry with each follower, goes back to the first one that agrees, has the rest cut
//! off, and then pushes entry by entry.
//!
//! **In RocketMQ**: dledger 0.3.1.2: `DLedgerLeaderElector` (`elector`), `MemberState`, `DLedgerEntryPusher` with its
//! `EntryDispatcher` and `QuorumAckChecker` (`pusher`) and its `EntryHandler` (`entry_handler`),
//! `DLedgerServer.handleAppend`, `checkPreferredLeader` (`transfer`), `DLedgerMmapFileStore` (`ledger`); behaviour
//! §4.6, §11.5.
//!
//! **Left out on purpose**: the polling of its threads (each millisecond, the elector each 10 ms: here the elector's 10 ms
//! are kept and the others act at once); quotas for a follower far behind; a committed index that points behind the end
//! after committed entries were cut off (here it goes back with them).
//!
//! **Invariants**: at most one leader in a term; an entry that was confirmed to whoever appended it is in the ledger of
//! every later leader. An entry of an *earlier* term, pushed on by a later leader, counts as committed as soon as a
//! majority has it, and can still be replaced: what Raft forbids in its figure 8, this version of DLedger allows. The
//! commit log shows it to consumers; whoever sent it was never told that it is safe.

mod config;
mod elector;
mod entry_handler;
mod fingerprint;
mod ledger;
mod pusher;
#[cfg(test)]
mod tests;
mod transfer;

use std::collections::BTreeMap;

pub use config::DLedgerConfig;
use elector::Elector;
use entry_handler::EntryHandler;
pub use ledger::Ledger;
pub use pusher::PushState;
use pusher::Pusher;
use transfer::Transfer;

use crate::rng::Rng;
use crate::rpc::{
    DLedgerBody, DLedgerCode, DLedgerMessage, DLedgerRequest, DLedgerResponse, EntryId, Index, LedgerEntry,
    MemberId, MemberRole, ParseResult, Term, VoteResult,
};
use crate::time::{Duration, Instant};

/// The elector looks at its state this often (`StateMaintainer`).
const MAINTAIN_PERIOD: Duration = Duration::from_millis(10);

/// Something that a member reacts to.
#[derive(Clone, Debug)]
pub enum MemberInput<P> {
    /// A request or an answer arrived.
    Message(DLedgerMessage<P>),
    /// A request of its own was not answered in 3 s, or could not be sent.
    Failed {
        /// Whom it went to.
        to: MemberId,
        /// Its number.
        call: u64,
    },
    /// The moment that it asked for has come.
    WakeUp,
}

/// Something that a member wants done, or that happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberEffect<P> {
    /// Send this. The answer of a request, or its failure after 3 s, is to come back.
    Send(DLedgerMessage<P>),
    /// It is something else now; also noted when a candidate learns of a later term.
    RoleChanged {
        /// The term of the change. A candidate enters it a moment later.
        term: Term,
        /// What it is.
        role: MemberRole,
        /// Whom it follows; itself when it leads.
        leader: Option<MemberId>,
    },
    /// It asked for votes, and the round is over.
    VoteRoundOver {
        /// The term.
        term: Term,
        /// How many voted for it, itself included.
        accepted: usize,
        /// What follows.
        result: ParseResult,
    },
    /// It answered a request for its vote.
    Voted {
        /// The term that was asked about.
        term: Term,
        /// Who asked; possibly itself.
        candidate: MemberId,
        /// The answer.
        result: VoteResult,
    },
    /// A follower wrote an entry that the leader pushed.
    Appended(LedgerEntry<P>),
    /// A follower cut entries off that the leader does not have: these, in order.
    Truncated(Vec<LedgerEntry<P>>),
    /// Entries up to this one are committed now.
    Committed(Index),
    /// An append of its own came to an end.
    Acknowledged {
        /// The entry.
        entry: EntryId,
        /// Success, or why a majority did not confirm it. It stays in the ledger all the same.
        code: DLedgerCode,
    },
}

/// What wakes a member up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alarm {
    /// A candidate asks for votes, a leader sends heartbeats (`StateMaintainer`).
    Maintain,
    /// A vote round has waited long enough.
    VoteRound,
    /// A round of heartbeats has waited long enough.
    HeartBeatRound,
    /// A follower has missed its leader for three intervals.
    LeaderLeak,
    /// A leader has missed the answers of a majority for three intervals.
    QuorumLeak,
    /// The work on this follower's ledger goes on after an error.
    Dispatch(MemberId),
    /// This follower has heard no committed index for a second.
    PushCommit(MemberId),
    /// The push that this follower should answer next is old.
    RetryPush(MemberId),
    /// An append has waited too long for a majority.
    WaitAck,
    /// A follower looks at pushes that wait for earlier ones.
    CheckAbnormalFuture,
    /// A leader looks whether a preferred one is there.
    CheckPreferredLeader,
    /// A member that is to take over has not caught up in time.
    CatchUp,
    /// The committed index is written to the disk.
    PersistCheckPoint,
}

/// What a member keeps on its disk: the term and the vote at once, the committed index every 3 s.
#[derive(Clone, Debug)]
pub struct MemberDisk<P> {
    /// The term (`currterm`).
    pub term: Term,
    /// Whom it voted for in this term.
    pub vote_for: Option<MemberId>,
    /// The entries.
    pub ledger: Ledger<P>,
    /// The committed index as last written (`checkpoint`).
    pub committed: Option<Index>,
}

impl<P: Clone> Default for MemberDisk<P> {
    fn default() -> Self {
        Self { term: Term(0), vote_for: None, ledger: Ledger::default(), committed: None }
    }
}

impl<P: Clone> MemberDisk<P> {
    /// Drops entries from this place on, as a power failure does to those that were not flushed.
    pub fn lose_from(&mut self, index: Index) {
        self.ledger.cut_from(index);
        self.committed = self.committed.min(self.ledger.end_index());
    }
}

/// What became of a call of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Call {
    Vote,
    HeartBeat,
    /// An entry pushed for this place.
    Append(Index),
    Commit,
    Compare,
    Truncate(Index),
    Transfer,
}

/// One member of a group.
#[derive(Clone, Debug)]
pub struct Member<P> {
    config: DLedgerConfig,
    id: MemberId,
    /// Everybody, itself included, in order.
    peers: Vec<MemberId>,
    rng: Rng,
    /// When within its 10 ms the elector looks.
    phase: u64,
    disk: MemberDisk<P>,
    committed: Option<Index>,
    role: MemberRole,
    leader: Option<MemberId>,
    known_max_term: Term,
    elector: Elector,
    pusher: Pusher,
    handler: EntryHandler<P>,
    transfer: Transfer,
    /// Requests whose answers it waits for: whom they went to, and what for.
    calls: BTreeMap<u64, (MemberId, Call)>,
    next_call: u64,
    alarms: BTreeMap<Alarm, Instant>,
}

/// What a handler pushes into.
type Effects<P> = Vec<MemberEffect<P>>;

impl<P: Clone + PartialEq> Member<P> {
    /// A member that begins to run at `now` with what is on its disk. `peers` are all members of the group.
    pub fn new(
        config: DLedgerConfig,
        id: MemberId,
        peers: &[MemberId],
        disk: MemberDisk<P>,
        mut rng: Rng,
        now: Instant,
    ) -> Self {
        let mut peers = peers.to_vec();
        peers.push(id);
        peers.sort_unstable();
        peers.dedup();
        let phase = u64::from(rng.below(u32::try_from(MAINTAIN_PERIOD.as_millis()).unwrap_or(1)));
        let mut member = Self {
            committed: disk.committed.min(disk.ledger.end_index()),
            config,
            id,
            peers,
            rng,
            phase,
            disk,
            role: MemberRole::Candidate,
            leader: None,
            known_max_term: Term(0),
            elector: Elector::default(),
            pusher: Pusher::default(),
            handler: EntryHandler::default(),
            transfer: Transfer::default(),
            calls: BTreeMap::new(),
            next_call: 0,
            alarms: BTreeMap::new(),
        };
        member.arm_preferred_leader(now);
        member.arm_maintain(now);
        member
    }

    /// Takes one input and says what comes of it, in order.
    pub fn handle(&mut self, now: Instant, input: MemberInput<P>) -> Vec<MemberEffect<P>> {
        let mut out = Vec::new();
        match input {
            MemberInput::Message(message) if message.to != self.id || !self.peers.contains(&message.from) => {
            }
            MemberInput::Message(DLedgerMessage { from, call, body, .. }) => match body {
                DLedgerBody::Request(request) => self.on_request(now, from, call, request, &mut out),
                DLedgerBody::Response(response) => {
                    self.on_response(now, from, call, Some(response), &mut out)
                }
            },
            MemberInput::Failed { to, call } => self.on_response(now, to, call, None, &mut out),
            MemberInput::WakeUp => {
                while let Some(alarm) = self.due(now) {
                    self.ring(now, alarm, &mut out);
                }
            }
        }
        self.arm_maintain(now);
        out
    }

    /// Lets one alarm ring, due or not. For tests that try every order of events.
    pub fn fire(&mut self, now: Instant, alarm: Alarm) -> Vec<MemberEffect<P>> {
        let mut out = Vec::new();
        if self.alarms.contains_key(&alarm) {
            self.ring(now, alarm, &mut out);
            self.arm_maintain(now);
        }
        out
    }

    /// Puts something at the end of the ledger and pushes it to the others; [`MemberEffect::Acknowledged`] says later
    /// how that ended. Refused when the member does not lead, hands the leadership over, or keeps too many waiting
    /// (`DLedgerServer.handleAppend`).
    pub fn append(
        &mut self,
        now: Instant,
        payload: P,
        out: &mut Vec<MemberEffect<P>>,
    ) -> Result<EntryId, DLedgerCode> {
        self.may_append()?;
        let entry = self.disk.ledger.append(self.disk.term, payload);
        self.wait_ack(now, entry);
        self.dispatch_all(now, out);
        self.check_quorum(now, out);
        Ok(entry)
    }

    /// Whether an append would be taken now.
    pub fn may_append(&self) -> Result<(), DLedgerCode> {
        if self.role != MemberRole::Leader {
            return Err(DLedgerCode::NotLeader);
        }
        if self.transfer.transferee.is_some() {
            return Err(DLedgerCode::LeaderTransferring);
        }
        if self.is_pending_full() { Err(DLedgerCode::LeaderPendingFull) } else { Ok(()) }
    }

    /// When the member wants to be woken next.
    pub fn next_wake_up(&self) -> Option<Instant> {
        self.alarms.values().min().copied()
    }

    /// The alarms that are set.
    pub fn alarms(&self) -> impl Iterator<Item = Alarm> {
        self.alarms.keys().copied()
    }

    /// What is left when the process ends.
    pub fn into_disk(self) -> MemberDisk<P> {
        self.disk
    }

    /// Forgets entries before this place: the file with them was deleted.
    pub fn forget_before(&mut self, index: Index) {
        self.disk.ledger.forget_before(index);
    }

    fn on_request(
        &mut self,
        now: Instant,
        from: MemberId,
        call: u64,
        request: DLedgerRequest<P>,
        out: &mut Effects<P>,
    ) {
        match request {
            DLedgerRequest::Vote { term, ledger_end } => {
                let response = self.handle_vote(from, term, ledger_end, out);
                self.answer(from, call, response, out);
            }
            DLedgerRequest::HeartBeat { term } => {
                let response = self.handle_heart_beat(now, from, term, out);
                self.answer(from, call, response, out);
            }
            DLedgerRequest::Push { term, committed, push } => {
                self.handle_push(now, from, call, (term, committed), push, out);
            }
            DLedgerRequest::LeadershipTransfer { term, take_leadership_index } => {
                self.handle_take_leadership(now, from, call, term, take_leadership_index, out);
            }
        }
    }

    /// An answer, or none at all. One to a request that is settled already changes nothing.
    fn on_response(
        &mut self,
        now: Instant,
        from: MemberId,
        call: u64,
        response: Option<DLedgerResponse>,
        out: &mut Effects<P>,
    ) {
        let Some((peer, purpose)) = self.calls.get(&call).copied() else { return };
        if peer != from {
            return;
        }
        self.calls.remove(&call);
        match purpose {
            Call::Vote => self.on_vote_response(now, call, response, out),
            Call::HeartBeat => self.on_heart_beat_response(now, from, call, response, out),
            Call::Append(index) => self.on_append_response(now, from, index, response, out),
            Call::Commit => {}
            Call::Compare => self.on_compare_response(now, from, call, response, out),
            Call::Truncate(index) => self.on_truncate_response(now, from, call, index, response, out),
            Call::Transfer => self.on_transfer_response(now, response),
        }
    }

    fn ring(&mut self, now: Instant, alarm: Alarm, out: &mut Effects<P>) {
        self.alarms.remove(&alarm);
        match alarm {
            Alarm::Maintain => self.maintain_state(now, out),
            Alarm::VoteRound => self.parse_votes(now, out),
            Alarm::HeartBeatRound => self.parse_heart_beats(now, out),
            Alarm::LeaderLeak if self.role == MemberRole::Follower => {
                self.become_candidate(self.disk.term, out)
            }
            Alarm::LeaderLeak => {}
            Alarm::QuorumLeak => self.elector.quorum_leaked = true,
            Alarm::Dispatch(peer) => self.dispatch(now, peer, out),
            Alarm::PushCommit(peer) => self.push_commit(now, peer, out),
            Alarm::RetryPush(peer) => self.retry_push(now, peer, out),
            Alarm::WaitAck => self.check_response_futures_timeout(now, out),
            Alarm::CheckAbnormalFuture => self.check_abnormal_future(now, out),
            Alarm::CheckPreferredLeader => self.check_preferred_leader(now, out),
            Alarm::CatchUp => self.give_up_taking_leadership(out),
            Alarm::PersistCheckPoint => self.disk.committed = self.committed,
        }
    }

    /// The earliest alarm that is due.
    fn due(&self, now: Instant) -> Option<Alarm> {
        let due = self.alarms.iter().filter(|(_, at)| **at <= now);
        due.min_by_key(|(alarm, at)| (**at, **alarm)).map(|(alarm, _)| *alarm)
    }

    fn set_alarm(&mut self, alarm: Alarm, at: Instant) {
        self.alarms.insert(alarm, at);
    }

    fn cancel(&mut self, alarm: Alarm) {
        self.alarms.remove(&alarm);
    }

    fn is_quorum(&self, count: usize) -> bool {
        count > self.peers.len() / 2
    }

    fn others(&self) -> Vec<MemberId> {
        self.peers.iter().copied().filter(|peer| *peer != self.id).collect()
    }

    /// Sends a request and remembers what it was for; returns its number.
    fn ask(&mut self, to: MemberId, purpose: Call, request: DLedgerRequest<P>, out: &mut Effects<P>) -> u64 {
        let call = self.next_call;
        self.next_call += 1;
        self.calls.insert(call, (to, purpose));
        let body = DLedgerBody::Request(request);
        out.push(MemberEffect::Send(DLedgerMessage { from: self.id, to, call, body }));
        call
    }

    fn answer(&self, to: MemberId, call: u64, response: DLedgerResponse, out: &mut Effects<P>) {
        let body = DLedgerBody::Response(response);
        out.push(MemberEffect::Send(DLedgerMessage { from: self.id, to, call, body }));
    }

    /// `DLedgerStore.updateCommittedIndex`: never back, never behind the end, not for the sake of an earlier term.
    fn update_committed_index(
        &mut self,
        now: Instant,
        term: Term,
        index: Option<Index>,
        out: &mut Effects<P>,
    ) {
        let new = index.min(self.disk.ledger.end_index());
        let Some(index) = new.filter(|_| term >= self.disk.term && new > self.committed) else { return };
        self.committed = new;
        if !self.alarms.contains_key(&Alarm::PersistCheckPoint) {
            self.set_alarm(Alarm::PersistCheckPoint, now + self.config.check_point_interval);
        }
        out.push(MemberEffect::Committed(index));
    }
}

// What can be seen.
impl<P: Clone> Member<P> {
    /// Which member this is.
    pub const fn id(&self) -> MemberId {
        self.id
    }

    /// Everybody in the group, itself included.
    pub fn peers(&self) -> &[MemberId] {
        &self.peers
    }

    /// What it is at the moment.
    pub const fn role(&self) -> MemberRole {
        self.role
    }

    /// Its term.
    pub const fn term(&self) -> Term {
        self.disk.term
    }

    /// Whom it voted for in this term.
    pub const fn vote_for(&self) -> Option<MemberId> {
        self.disk.vote_for
    }

    /// Whom it follows; itself when it leads.
    pub const fn leader(&self) -> Option<MemberId> {
        self.leader
    }

    /// Its entries.
    pub const fn ledger(&self) -> &Ledger<P> {
        &self.disk.ledger
    }

    /// Up to where entries are committed, as far as it knows.
    pub const fn committed_index(&self) -> Option<Index> {
        self.committed
    }

    /// Whether everything that it has is committed.
    pub fn is_all_committed(&self) -> bool {
        self.committed == self.disk.ledger.end_index()
    }

    /// Whom it is handing the leadership to.
    pub const fn transferee(&self) -> Option<MemberId> {
        self.transfer.transferee
    }
}
