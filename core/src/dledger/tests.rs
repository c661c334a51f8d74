//! Groups of members that talk to each other over links of 1 ms, and members alone.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::rpc::Push;

type Text = &'static str;

/// How long a request waits for its answer.
const TIME_OUT: Duration = Duration::from_secs(3);

/// Members, the links between them, and a clock.
struct Group {
    now: Instant,
    running: BTreeMap<MemberId, Member<Text>>,
    disks: BTreeMap<MemberId, MemberDisk<Text>>,
    config: DLedgerConfig,
    in_flight: Vec<(Instant, DLedgerMessage<Text>)>,
    open: Vec<(Instant, DLedgerMessage<Text>)>,
    cut: BTreeSet<MemberId>,
    seed: u64,
    told: Vec<(Instant, MemberId, MemberEffect<Text>)>,
}

const N: [MemberId; 3] = [MemberId(0), MemberId(1), MemberId(2)];

impl Group {
    fn of_three(seed: u64, config: DLedgerConfig) -> Self {
        let mut group = Self {
            now: Instant::ZERO,
            running: BTreeMap::new(),
            disks: BTreeMap::new(),
            config,
            in_flight: Vec::new(),
            open: Vec::new(),
            cut: BTreeSet::new(),
            seed,
            told: Vec::new(),
        };
        for id in N {
            group.start(id);
        }
        group
    }

    fn start(&mut self, id: MemberId) {
        let rng = Rng::fork(self.seed, &format!("{id} {}", self.now));
        let disk = self.disks.remove(&id).unwrap_or_default();
        self.running.insert(id, Member::new(self.config.clone(), id, &N, disk, rng, self.now));
    }

    fn kill(&mut self, id: MemberId) {
        let member = self.running.remove(&id).expect("it runs");
        self.disks.insert(id, member.into_disk());
        self.open.retain(|(_, message)| message.from != id);
    }

    fn carry_out(&mut self, id: MemberId, effects: Vec<MemberEffect<Text>>) {
        for effect in effects {
            if let MemberEffect::Send(message) = &effect {
                if matches!(message.body, DLedgerBody::Request(_)) {
                    self.open.push((self.now + TIME_OUT, message.clone()));
                }
                self.in_flight.push((self.now + Duration::from_millis(1), message.clone()));
            }
            self.told.push((self.now, id, effect));
        }
    }

    fn input(&mut self, id: MemberId, input: MemberInput<Text>) {
        let Some(member) = self.running.get_mut(&id) else { return };
        let effects = member.handle(self.now, input);
        self.carry_out(id, effects);
    }

    fn append(&mut self, id: MemberId, payload: Text) -> Result<EntryId, DLedgerCode> {
        let mut effects = Vec::new();
        let result = self.running.get_mut(&id).expect("it runs").append(self.now, payload, &mut effects);
        self.carry_out(id, effects);
        result
    }

    fn run(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while self.now < end {
            self.now += Duration::from_millis(1);
            self.deliver();
            self.time_out();
            for id in N {
                if self.running.get(&id).and_then(Member::next_wake_up).is_some_and(|at| at <= self.now) {
                    self.input(id, MemberInput::WakeUp);
                }
            }
            self.check();
        }
    }

    fn deliver(&mut self) {
        let all = std::mem::take(&mut self.in_flight);
        let (due, later): (Vec<_>, Vec<_>) = all.into_iter().partition(|(at, _)| *at <= self.now);
        self.in_flight = later;
        for (_, message) in due {
            if self.cut.contains(&message.from) || self.cut.contains(&message.to) {
                continue;
            }
            if matches!(message.body, DLedgerBody::Response(_)) {
                let (call, to) = (message.call, message.to);
                self.open.retain(|(_, open)| open.from != to || open.call != call);
            }
            self.input(message.to, MemberInput::Message(message));
        }
    }

    fn time_out(&mut self) {
        let all = std::mem::take(&mut self.open);
        let (due, later): (Vec<_>, Vec<_>) = all.into_iter().partition(|(at, _)| *at <= self.now);
        self.open = later;
        for (_, message) in due {
            self.input(message.from, MemberInput::Failed { to: message.to, call: message.call });
        }
    }

    fn leader(&self) -> Option<MemberId> {
        let leaders = self.running.values().filter(|member| member.role() == MemberRole::Leader);
        leaders.max_by_key(|member| member.term()).map(Member::id)
    }

    /// What holds at every moment.
    fn check(&self) {
        let leaders = self.running.values().filter(|member| member.role() == MemberRole::Leader);
        let terms: Vec<_> = leaders.map(Member::term).collect();
        let distinct: BTreeSet<_> = terms.iter().collect();
        assert_eq!(terms.len(), distinct.len(), "two leaders in one term at {}", self.now);
    }

    fn texts(&self, id: MemberId) -> Vec<Text> {
        self.running[&id].ledger().entries().map(|entry| entry.payload).collect()
    }

    fn acknowledged(&self, entry: EntryId) -> Option<DLedgerCode> {
        self.told.iter().find_map(|(_, _, effect)| match effect {
            MemberEffect::Acknowledged { entry: of, code } if *of == entry => Some(*code),
            _ => None,
        })
    }
}

fn elected(seed: u64) -> (Group, MemberId) {
    let mut group = Group::of_three(seed, DLedgerConfig::default());
    group.run(10);
    let leader = group.leader().expect("three members elect a leader");
    (group, leader)
}

#[test]
fn three_members_elect_one_leader_and_the_others_follow_it() {
    for seed in 0..20 {
        let (group, leader) = elected(seed);
        for member in group.running.values() {
            assert_eq!(member.leader(), Some(leader), "seed {seed}");
            assert_eq!(member.term(), group.running[&leader].term());
        }
    }
}

#[test]
fn what_a_majority_has_is_acknowledged_and_every_member_learns_of_it() {
    let (mut group, leader) = elected(1);
    let entry = group.append(leader, "a").expect("the leader takes it");
    group.run(2);
    assert_eq!(group.acknowledged(entry), Some(DLedgerCode::Success));
    for id in N {
        assert_eq!(group.texts(id), ["a"]);
        assert_eq!(group.running[&id].committed_index(), Some(Index(0)));
    }
}

#[test]
fn a_follower_refuses_appends() {
    let (mut group, leader) = elected(2);
    let follower = N.into_iter().find(|id| *id != leader).expect("three members");
    assert_eq!(group.append(follower, "a"), Err(DLedgerCode::NotLeader));
}

#[test]
fn a_killed_leader_is_replaced_within_six_to_nine_seconds_and_follows_when_it_is_back() {
    for seed in 0..20 {
        let (mut group, leader) = elected(seed);
        group.append(leader, "a").expect("the leader takes it");
        group.run(3);
        let killed = group.now;
        group.kill(leader);
        while group.leader().is_none() {
            group.run(1);
            assert!(group.now < killed + Duration::from_secs(12), "nobody took over, seed {seed}");
        }
        let waited = group.now.since(killed);
        assert!(waited >= Duration::from_secs(4), "too soon with seed {seed}: {waited}");
        let next = group.leader().expect("a leader");
        group.append(next, "b").expect("the new leader takes it");
        group.start(leader);
        group.run(15);
        assert_eq!(group.leader(), Some(next), "the old leader does not win its place back");
        assert_eq!(group.texts(leader), ["a", "b"]);
    }
}

#[test]
fn a_leader_cut_from_the_others_steps_down_and_loses_what_nobody_confirmed() {
    for seed in 0..20 {
        let (mut group, leader) = elected(seed);
        let kept = group.append(leader, "kept").expect("taken");
        group.run(2);
        group.cut.insert(leader);
        let lost = group.append(leader, "lost").expect("it does not know yet");
        group.run(4);
        assert_eq!(group.acknowledged(lost), Some(DLedgerCode::WaitQuorumAckTimeout));
        group.run(12);
        let next = group.leader().expect("the majority has a leader");
        assert_ne!(next, leader);
        assert_eq!(group.running[&leader].role(), MemberRole::Candidate);
        group.append(next, "later").expect("taken");
        group.run(1);
        group.cut.clear();
        group.run(20);
        assert_eq!(group.acknowledged(kept), Some(DLedgerCode::Success));
        for id in N {
            assert_eq!(group.texts(id), ["kept", "later"], "seed {seed}");
        }
        let cut = group.told.iter().any(|(_, id, effect)| {
            *id == leader
                && matches!(effect, MemberEffect::Truncated(entries) if entries[0].payload == "lost")
        });
        assert!(cut, "the tail was cut off the old leader");
    }
}

#[test]
fn without_a_majority_nobody_leads() {
    let (mut group, leader) = elected(3);
    for id in N.into_iter().filter(|id| *id != leader) {
        group.kill(id);
    }
    group.run(12);
    assert_eq!(group.leader(), None);
    assert_eq!(group.append(leader, "a"), Err(DLedgerCode::NotLeader));
}

#[test]
fn the_preferred_member_gets_the_leadership_once_it_is_there() {
    let config = DLedgerConfig { preferred_leader_ids: vec![MemberId(2)], ..DLedgerConfig::default() };
    for seed in 0..20 {
        let mut group = Group::of_three(seed, config.clone());
        group.run(20);
        assert_eq!(group.leader(), Some(MemberId(2)), "seed {seed}");
        assert!(group.append(MemberId(2), "a").is_ok());
    }
}

#[test]
fn a_member_that_missed_entries_is_brought_into_line() {
    let (mut group, leader) = elected(4);
    let away = N.into_iter().find(|id| *id != leader).expect("three members");
    group.kill(away);
    for payload in ["a", "b", "c"] {
        group.append(leader, payload).expect("taken");
        group.run(1);
    }
    group.start(away);
    group.run(20);
    let leader = group.leader().expect("a leader");
    assert_eq!(group.texts(away), ["a", "b", "c"]);
    assert_eq!(group.running[&away].committed_index(), group.running[&leader].committed_index());
}

/// What a member in term 3 with an entry of term 2 answers.
fn vote(member: &mut Member<Text>, from: u32, term: u64, end: Option<(u64, u64)>) -> VoteResult {
    let ledger_end = end.map(|(term, index)| EntryId { term: Term(term), index: Index(index) });
    let body = DLedgerBody::Request(DLedgerRequest::Vote { term: Term(term), ledger_end });
    let message = DLedgerMessage { from: MemberId(from), to: member.id(), call: 7, body };
    let effects = member.handle(Instant::ZERO, MemberInput::Message(message));
    effects
        .into_iter()
        .find_map(|effect| match effect {
            MemberEffect::Send(DLedgerMessage {
                call: 7,
                body: DLedgerBody::Response(DLedgerResponse::Vote { result, .. }),
                ..
            }) => Some(result),
            _ => None,
        })
        .expect("every request for a vote is answered")
}

fn voter() -> Member<Text> {
    let mut disk = MemberDisk { term: Term(3), ..MemberDisk::default() };
    disk.ledger.append(Term(1), "a");
    disk.ledger.append(Term(2), "b");
    Member::new(DLedgerConfig::default(), N[0], &N, disk, Rng::fork(1, "voter"), Instant::ZERO)
}

#[test]
fn a_vote_depends_on_ledger_term_and_earlier_votes_in_this_order() {
    assert_eq!(vote(&mut voter(), 1, 9, Some((1, 5))), VoteResult::RejectExpiredLedgerTerm);
    assert_eq!(vote(&mut voter(), 1, 9, Some((2, 0))), VoteResult::RejectSmallLedgerEndIndex);
    assert_eq!(vote(&mut voter(), 1, 9, None), VoteResult::RejectExpiredLedgerTerm);
    assert_eq!(vote(&mut voter(), 1, 2, Some((2, 1))), VoteResult::RejectExpiredVoteTerm);
    let mut member = voter();
    assert_eq!(vote(&mut member, 1, 3, Some((2, 1))), VoteResult::Accept);
    assert_eq!(vote(&mut member, 1, 3, Some((2, 1))), VoteResult::Accept, "again for the same one");
    assert_eq!(vote(&mut member, 2, 3, Some((2, 1))), VoteResult::RejectAlreadyVoted);
    assert_eq!(vote(&mut member, 2, 5, Some((2, 1))), VoteResult::RejectTermNotReady);
    assert_eq!(member.term(), Term(3), "the term is entered with the next look");
    member.handle(Instant::from_millis(10), MemberInput::WakeUp);
    assert_eq!(member.term(), Term(5));
    assert_eq!(vote(&mut member, 2, 5, Some((2, 1))), VoteResult::Accept);
}

#[test]
fn who_follows_a_leader_says_so_to_other_candidates() {
    let mut member = voter();
    assert_eq!(vote(&mut member, 1, 3, Some((2, 1))), VoteResult::Accept);
    let body = DLedgerBody::Request(DLedgerRequest::HeartBeat { term: Term(3) });
    member
        .handle(Instant::ZERO, MemberInput::Message(DLedgerMessage { from: N[1], to: N[0], call: 8, body }));
    assert_eq!(member.role(), MemberRole::Follower);
    assert_eq!(vote(&mut member, 2, 3, Some((2, 1))), VoteResult::RejectAlreadyHasLeader);
}

#[test]
fn term_vote_and_entries_survive_the_process_and_the_role_does_not() {
    let (mut group, leader) = elected(5);
    group.append(leader, "a").expect("taken");
    group.run(5);
    let (term, vote_for) = (group.running[&leader].term(), group.running[&leader].vote_for());
    group.kill(leader);
    group.start(leader);
    let member = &group.running[&leader];
    assert_eq!((member.term(), member.vote_for(), member.role()), (term, vote_for, MemberRole::Candidate));
    assert_eq!(member.committed_index(), Some(Index(0)), "written to the disk within 3 s");
}

#[test]
fn a_push_from_nobody_one_follows_is_refused() {
    let mut member = voter();
    let entry = LedgerEntry { id: EntryId { term: Term(3), index: Index(2) }, payload: "c" };
    let push = |push| {
        let request = DLedgerRequest::Push { term: Term(3), committed: None, push };
        MemberInput::Message(DLedgerMessage {
            from: N[1],
            to: N[0],
            call: 9,
            body: DLedgerBody::Request(request),
        })
    };
    let effects = member.handle(Instant::ZERO, push(Push::Commit));
    assert!(effects.iter().any(|effect| matches!(
        effect,
        MemberEffect::Send(DLedgerMessage {
            body: DLedgerBody::Response(DLedgerResponse::Push { code: DLedgerCode::NotFollower, .. }),
            ..
        })
    )));
    let effects = member.handle(Instant::ZERO, push(Push::Append(entry)));
    assert!(effects.is_empty(), "an entry waits until the member follows somebody: {effects:?}");
    assert_eq!(member.ledger().end_index(), Some(Index(1)));
}

/// Raft's figure 8, which this version of DLedger does not rule out (0.3.1.2 counts watermarks of entries of any term):
/// what a later leader only pushes on counts as committed and can still be replaced. Nobody was told that it is safe.
#[test]
fn an_entry_of_an_earlier_term_can_be_committed_and_replaced_but_was_never_acknowledged() {
    let (mut group, first) = elected(6);
    group.cut.insert(first);
    let early = group.append(first, "early").expect("it does not know yet");
    group.run(1);
    group.kill(first);
    group.cut.clear();
    group.run(14);
    let second = group.leader().expect("the other two elect one");
    group.cut.insert(second);
    group.append(second, "late").expect("it does not know yet");
    group.run(1);
    group.kill(second);
    group.cut.clear();
    group.start(first);
    group.run(20);
    assert_eq!(group.leader(), Some(first), "its ledger is longer than that of the third");
    assert_eq!(group.running[&first].committed_index(), Some(Index(0)), "a majority has the early entry");
    group.kill(first);
    group.start(second);
    group.run(20);
    assert_eq!(group.leader(), Some(second), "its last entry is of a later term");
    let third = N.into_iter().find(|id| *id != first && *id != second).expect("three members");
    assert_eq!(group.texts(third), ["late"]);
    assert_ne!(group.acknowledged(early), Some(DLedgerCode::Success));
}
