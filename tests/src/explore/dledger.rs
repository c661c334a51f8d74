//! A small DLedger group: elections, pushes, truncation, under every order of deliveries, time-outs, losses, crashes and
//! restarts that a bound allows.
//!
//! Links keep the order of what is sent over them, as TCP does. Time is left out: an alarm that is set may ring at any
//! moment, so every timing is covered, also those that no clock would give. What a bound counts is what would otherwise
//! go on for ever: terms, appends, crashes, losses, and alarms that ring although nothing was lost.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::hash::Hash;

use lab_core::config::MemberId;
use lab_core::dledger::{Alarm, DLedgerConfig, Member, MemberDisk, MemberEffect, MemberInput};
use lab_core::rng::Rng;
use lab_core::rpc::{DLedgerBody, DLedgerCode, DLedgerMessage, EntryId, Index, MemberRole, Term};
use lab_core::time::Instant;

use super::Model;

/// What is explored.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Members of the group.
    pub members: u32,
    /// No candidate asks for votes in a later term.
    pub last_term: u64,
    /// Entries that are appended.
    pub appends: u8,
    /// Crashes, each with a restart.
    pub crashes: u8,
    /// Messages lost.
    pub losses: u8,
    /// Time-outs that ring.
    pub time_outs: u8,
    /// Whether the first member leads already and the others follow it.
    pub elected: bool,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { members, last_term, appends, crashes, losses, time_outs, elected } = self;
        let begin = if *elected { "a leader" } else { "no leader" };
        write!(
            f,
            "{members} members, terms 0 to {last_term}, {appends} appends, {crashes} crashes, {losses} losses, \
             {time_outs} time-outs, from {begin}"
        )
    }
}

type Message = DLedgerMessage<u8>;
/// From whom, to whom, and whether it carries answers.
type Link = (MemberId, MemberId, bool);

/// A group at one moment.
#[derive(Clone)]
pub struct State {
    running: BTreeMap<MemberId, Member<u8>>,
    disks: BTreeMap<MemberId, MemberDisk<u8>>,
    links: BTreeMap<Link, VecDeque<Message>>,
    bound: Group,
    /// Who led in which term.
    leaders: BTreeMap<Term, MemberId>,
    /// Entries that whoever appended them was told are safe.
    acknowledged: Vec<EntryId>,
    /// The entry that was first called committed at each place.
    committed: BTreeMap<Index, EntryId>,
    broken: Option<String>,
}

/// Something that happens to a group.
#[derive(Clone, Debug)]
pub enum Action {
    /// The first message of a link arrives.
    Deliver(Link),
    /// It is lost; whoever asked learns that there is no answer.
    Lose(Link),
    /// An alarm rings.
    Ring(MemberId, Alarm),
    /// The leader is given an entry.
    Append(MemberId),
    /// A process is killed.
    Crash(MemberId),
    /// It is started again with what is on its disk.
    Restart(MemberId),
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deliver((from, to, is_answer)) => {
                write!(f, "{from} → {to} {}", if *is_answer { "answer" } else { "request" })
            }
            Self::Lose((from, to, _)) => write!(f, "{from} → {to} lost"),
            Self::Ring(member, alarm) => write!(f, "{member} {alarm:?}"),
            Self::Append(member) => write!(f, "{member} append"),
            Self::Crash(member) => write!(f, "{member} crash"),
            Self::Restart(member) => write!(f, "{member} restart"),
        }
    }
}

/// Alarms that ring in good order; all others are time-outs, which the bound counts.
fn is_ordinary(alarm: Alarm) -> bool {
    matches!(alarm, Alarm::Maintain | Alarm::Dispatch(_))
}

/// Alarms without effect on the group: the disk is as old as can be, and whoever appended waits.
fn is_left_out(alarm: Alarm) -> bool {
    matches!(alarm, Alarm::PersistCheckPoint | Alarm::WaitAck | Alarm::CheckPreferredLeader | Alarm::CatchUp)
}

impl Model for Group {
    type State = State;
    type Action = Action;

    fn initial(&self) -> State {
        let mut state = State {
            running: BTreeMap::new(),
            disks: BTreeMap::new(),
            links: BTreeMap::new(),
            bound: *self,
            leaders: BTreeMap::new(),
            acknowledged: Vec::new(),
            committed: BTreeMap::new(),
            broken: None,
        };
        (0..self.members).for_each(|n| state.start(MemberId(n)));
        if self.elected {
            state.elect(MemberId(0));
        }
        state
    }

    fn actions(&self, state: &State) -> Vec<Action> {
        let mut actions = Vec::new();
        for link in state.links.keys() {
            actions.push(Action::Deliver(*link));
            if state.bound.losses > 0 {
                actions.push(Action::Lose(*link));
            }
        }
        for (id, member) in &state.running {
            let rings = member.alarms().filter(|alarm| state.may_ring(member, *alarm));
            actions.extend(rings.map(|alarm| Action::Ring(*id, alarm)));
            if member.role() == MemberRole::Leader && state.bound.appends > 0 {
                actions.push(Action::Append(*id));
            }
            if state.bound.crashes > 0 {
                actions.push(Action::Crash(*id));
            }
        }
        actions.extend(state.disks.keys().map(|id| Action::Restart(*id)));
        actions
    }

    fn apply(&self, state: &State, action: &Action) -> State {
        let mut state = state.clone();
        match action {
            Action::Deliver(link) => state.deliver(*link),
            Action::Lose(link) => {
                state.bound.losses -= 1;
                if let Some(message) = state.take(*link) {
                    state.fail(&message);
                }
            }
            Action::Ring(id, alarm) => {
                state.bound.time_outs -= u8::from(!is_ordinary(*alarm));
                state.act(*id, |member| member.fire(Instant::ZERO, *alarm));
            }
            Action::Append(id) => {
                state.bound.appends -= 1;
                let payload = state.bound.appends;
                state.act(*id, |member| {
                    let mut effects = Vec::new();
                    // A leader that hands over refuses, which is a state of its own here.
                    let _ = member.append(Instant::ZERO, payload, &mut effects);
                    effects
                });
            }
            Action::Crash(id) => {
                state.bound.crashes -= 1;
                if let Some(member) = state.running.remove(id) {
                    state.disks.insert(*id, member.into_disk());
                }
            }
            Action::Restart(id) => state.start(*id),
        }
        state.settle();
        state.look();
        state
    }

    fn check(&self, state: &State) -> Result<(), String> {
        if let Some(why) = &state.broken {
            return Err(why.clone());
        }
        for member in state.running.values().filter(|member| member.role() == MemberRole::Leader) {
            let lost = state
                .acknowledged
                .iter()
                .find(|entry| entry.term < member.term() && !member.ledger().has(**entry));
            if let Some(entry) = lost {
                return Err(format!("{} leads without the acknowledged entry {entry}", member.id()));
            }
        }
        state.agree()
    }

    fn fingerprint(&self, state: &State, hasher: &mut DefaultHasher) {
        let rank = |of: MemberId, call: u64| {
            let member = state.running.get(&of);
            member
                .and_then(|member| member.open_calls().position(|(open, _)| open == call))
                .unwrap_or(usize::MAX)
        };
        for member in state.running.values() {
            member.fingerprint(hasher, &rank);
        }
        for (id, disk) in &state.disks {
            (id, disk.term, disk.vote_for, disk.committed).hash(hasher);
            disk.ledger.entries().for_each(|entry| entry.hash(hasher));
        }
        for (link, messages) in &state.links {
            for message in messages {
                let caller = if link.2 { message.to } else { message.from };
                (link, rank(caller, message.call), &message.body).hash(hasher);
            }
        }
        let Group { appends, crashes, losses, time_outs, .. } = state.bound;
        (appends, crashes, losses, time_outs).hash(hasher);
        (&state.leaders, &state.acknowledged, &state.committed).hash(hasher);
    }
}

impl State {
    fn start(&mut self, id: MemberId) {
        let peers: Vec<_> = (0..self.bound.members).map(MemberId).collect();
        let disk = self.disks.remove(&id).unwrap_or_default();
        let rng = Rng::fork(1, "explore");
        let member = Member::new(DLedgerConfig::default(), id, &peers, disk, rng, Instant::ZERO);
        self.running.insert(id, member);
    }

    /// The quickest election, in which this member wins, and its first heartbeat.
    fn elect(&mut self, id: MemberId) {
        for _ in 0..2 {
            self.act(id, |member| member.fire(Instant::ZERO, Alarm::Maintain));
            while let Some(link) = self.links.keys().next().copied() {
                self.deliver(link);
            }
        }
        self.look();
    }

    fn may_ring(&self, member: &Member<u8>, alarm: Alarm) -> bool {
        let own = |link: &&Link| link.0 == member.id() && !link.2;
        match alarm {
            _ if is_left_out(alarm) => false,
            // The next round of heartbeats waits until the last one has arrived.
            Alarm::Maintain if member.role() == MemberRole::Leader => {
                !self.links.keys().any(|link| own(&link))
            }
            Alarm::Maintain => member.term().0 < self.bound.last_term || !member.raises_term_next(),
            _ => is_ordinary(alarm) || self.bound.time_outs > 0,
        }
    }

    fn act(&mut self, id: MemberId, act: impl FnOnce(&mut Member<u8>) -> Vec<MemberEffect<u8>>) {
        let Some(member) = self.running.get_mut(&id) else { return };
        for effect in act(member) {
            match effect {
                MemberEffect::Send(message) => {
                    let is_answer = matches!(message.body, DLedgerBody::Response(_));
                    let link = (message.from, message.to, is_answer);
                    self.links.entry(link).or_default().push_back(message);
                }
                MemberEffect::Acknowledged { entry, code: DLedgerCode::Success } => {
                    self.acknowledged.push(entry)
                }
                _ => {}
            }
        }
    }

    fn take(&mut self, link: Link) -> Option<Message> {
        let messages = self.links.get_mut(&link)?;
        let message = messages.pop_front();
        if messages.is_empty() {
            self.links.remove(&link);
        }
        message
    }

    fn deliver(&mut self, link: Link) {
        let Some(message) = self.take(link) else { return };
        if self.running.contains_key(&message.to) {
            self.act(message.to, |member| member.handle(Instant::ZERO, MemberInput::Message(message)));
        } else {
            self.fail(&message);
        }
    }

    /// There will be no answer.
    fn fail(&mut self, message: &Message) {
        let is_answer = matches!(message.body, DLedgerBody::Response(_));
        let (asker, asked) = if is_answer { (message.to, message.from) } else { (message.from, message.to) };
        let call = message.call;
        self.act(asker, |member| member.handle(Instant::ZERO, MemberInput::Failed { to: asked, call }));
    }

    /// Requests that nobody will answer any more have waited their 3 s.
    fn settle(&mut self) {
        let mut lost = Vec::new();
        for (id, member) in &self.running {
            for (call, to) in member.open_calls() {
                let on_its_way = |link: Link| {
                    self.links.get(&link).is_some_and(|all| all.iter().any(|message| message.call == call))
                };
                let is_kept = self
                    .running
                    .get(&to)
                    .is_some_and(|other| other.unanswered().any(|kept| kept == (*id, call)));
                if !on_its_way((*id, to, false)) && !on_its_way((to, *id, true)) && !is_kept {
                    lost.push((*id, to, call));
                }
            }
        }
        let any = !lost.is_empty();
        for (id, to, call) in lost {
            self.act(id, |member| member.handle(Instant::ZERO, MemberInput::Failed { to, call }));
        }
        if any {
            self.settle();
        }
    }

    /// Writes down who leads and what is committed.
    fn look(&mut self) {
        for member in self.running.values() {
            if member.role() == MemberRole::Leader {
                let first = *self.leaders.entry(member.term()).or_insert(member.id());
                if first != member.id() {
                    let why = format!("{first} and {} both lead term {}", member.id(), member.term());
                    self.broken.get_or_insert(why);
                }
            }
            let committed = member.committed_index();
            for entry in member.ledger().entries().filter(|entry| Some(entry.id.index) <= committed) {
                let first = *self.committed.entry(entry.id.index).or_insert(entry.id);
                if first != entry.id {
                    let why = format!("{first} was committed, and {} at its place later", entry.id);
                    self.broken.get_or_insert(why);
                }
            }
        }
    }

    /// Ledgers are the same as far as both call them committed.
    fn agree(&self) -> Result<(), String> {
        for one in self.running.values() {
            for other in self.running.values().filter(|other| other.id() > one.id()) {
                let both = one.committed_index().min(other.committed_index());
                for entry in one.ledger().entries().filter(|entry| Some(entry.id.index) <= both) {
                    if !other.ledger().has(entry.id) {
                        return Err(format!(
                            "{} and {} differ at committed {}",
                            one.id(),
                            other.id(),
                            entry.id
                        ));
                    }
                }
            }
        }
        Ok(())
    }
}
