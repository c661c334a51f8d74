//! Groups: who is in them, who has which partition, how far they are.
//!
//! **In Kafka**: `GroupCoordinator`, `GroupMetadata`, `GroupMetadataManager` (classic protocol; the default of 3.9).
//! Groups and offsets are records of `__consumer_offsets`, so they survive what happens to other logs.

use std::collections::{BTreeMap, BTreeSet};

use arcstr::ArcStr;

use super::{Broker, ReplyTo};
use crate::fact::KafkaFact;
use crate::id::{ConnectionId, GroupName, TopicName};
use crate::kafka::{note, uuid};
use crate::outbox::Outbox;
use crate::rpc::kafka::{
    CommittedOffset, GroupDescription, KafkaError, KafkaRequest, KafkaResponse, MemberDescription,
    TopicPartition,
};
use crate::time::{Duration, Instant};
use crate::timer::{KafkaTimer, Timer};

/// What a group is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub enum GroupState {
    /// No members; only offsets.
    #[default]
    Empty,
    /// Members have to join anew.
    PreparingRebalance,
    /// Members wait for what the leader says.
    CompletingRebalance,
    /// Everybody has its partitions.
    Stable,
}

impl GroupState {
    /// Kafka's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
        }
    }
}

/// A member.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its client id.
    pub client_id: ArcStr,
    /// Where it comes from.
    pub host: ArcStr,
    /// What it has.
    pub assignment: Vec<TopicPartition>,
    topics: Vec<TopicName>,
    session_timeout: Duration,
    rebalance_timeout: Duration,
    deadline: Instant,
}

/// A group.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// What it is doing.
    pub state: GroupState,
    /// Rises with every rebalance.
    pub generation: u32,
    /// The members by their ids.
    pub members: BTreeMap<ArcStr, Member>,
    /// How far it is.
    pub offsets: BTreeMap<TopicPartition, CommittedOffset>,
    leader: Option<ArcStr>,
    /// Until when a rebalance waits for members.
    rebalance_until: Option<Instant>,
}

/// Members that wait for an answer, and ids that were given out. Of no importance to a new process.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    joins: BTreeMap<(GroupName, ArcStr), ReplyTo>,
    syncs: BTreeMap<(GroupName, ArcStr), ReplyTo>,
    pending: BTreeMap<(GroupName, ArcStr), Instant>,
}

impl Waiting {
    /// The connection is gone; so is who waits at it.
    pub(super) fn forget(&mut self, connection: ConnectionId) {
        self.syncs.retain(|_, to| to.connection != connection);
        // A member that waits to join stays until its session ends; the answer goes nowhere.
    }
}

/// A member's first words.
struct Join {
    group: GroupName,
    member_id: ArcStr,
    client_id: ArcStr,
    topics: Vec<TopicName>,
    session_timeout: Duration,
    rebalance_timeout: Duration,
}

impl Broker {
    pub(super) fn serve_group(
        &mut self,
        now: Instant,
        to: ReplyTo,
        host: &str,
        request: KafkaRequest,
        out: &mut Outbox,
    ) {
        use KafkaRequest as Ask;
        let response = match request {
            Ask::JoinGroup { group, member_id, client_id, topics, session_timeout, rebalance_timeout } => {
                let join = Join { group, member_id, client_id, topics, session_timeout, rebalance_timeout };
                return self.join(now, to, host, join, out);
            }
            Ask::SyncGroup { group, generation, member_id, assignments } => {
                return self.sync(now, to, (group, generation, member_id), assignments, out);
            }
            Ask::Heartbeat { group, generation, member_id } => {
                KafkaResponse::Done(self.heartbeat(now, &group, generation, &member_id))
            }
            Ask::LeaveGroup { group, member_id } => {
                KafkaResponse::Done(self.leave(now, &group, &member_id, out))
            }
            Ask::OffsetCommit { group, member, offsets } => {
                KafkaResponse::OffsetsCommitted(self.commit(now, &group, member, offsets, out))
            }
            Ask::OffsetFetch { group, partitions } => {
                let offsets = self.disk.groups.get(&group).map(|group| &group.offsets);
                let wanted = |partition: &TopicPartition| {
                    partitions.as_ref().is_none_or(|wanted| wanted.contains(partition))
                };
                let found = offsets.into_iter().flatten().filter(|(partition, _)| wanted(partition));
                KafkaResponse::Offsets(
                    found.map(|(partition, offset)| (partition.clone(), *offset)).collect(),
                )
            }
            Ask::DescribeGroups(group) => KafkaResponse::Group(self.describe(&group)),
            Ask::ListGroups => {
                let state = |group: &Group| ArcStr::from(group.state.name());
                let groups = self.disk.groups.iter();
                KafkaResponse::Groups(groups.map(|(name, group)| (name.clone(), state(group))).collect())
            }
            _ => return,
        };
        to.answer(response, out);
    }

    fn describe(&self, group: &GroupName) -> Result<GroupDescription, KafkaError> {
        let group = self.disk.groups.get(group).ok_or(KafkaError::GroupIdNotFound)?;
        let members = group.members.iter().map(|(id, member)| MemberDescription {
            member_id: id.clone(),
            client_id: member.client_id.clone(),
            host: member.host.clone(),
            partitions: member.assignment.clone(),
        });
        let protocol = if group.state == GroupState::Stable { "range" } else { "" };
        Ok((group.state.name().into(), protocol.into(), members.collect()))
    }

    /// A new process reads the groups back; their members have a whole session time-out to show up.
    pub(super) fn load_groups(&mut self, now: Instant, out: &mut Outbox) {
        for group in self.disk.groups.values_mut() {
            group.rebalance_until = None;
            group.members.retain(|_, member| !member.assignment.is_empty());
            group.state = if group.members.is_empty() { GroupState::Empty } else { GroupState::Stable };
            for member in group.members.values_mut() {
                member.deadline = now + member.session_timeout;
            }
        }
        self.watch_sessions(out);
    }

    fn note_group(&self, name: &GroupName, out: &mut Outbox) {
        if let Some(group) = self.disk.groups.get(name) {
            note(
                out,
                KafkaFact::GroupChanged {
                    group: name.clone(),
                    state: group.state.name(),
                    generation: group.generation,
                    members: group.members.len(),
                },
            );
        }
    }

    /// `handleJoinGroup`.
    fn join(&mut self, now: Instant, to: ReplyTo, host: &str, join: Join, out: &mut Outbox) {
        let refuse = |error, member_id: &ArcStr, out: &mut Outbox| {
            let (member_id, leader) = (member_id.clone(), "".into());
            let members = Vec::new();
            let error = Some(error);
            to.answer(KafkaResponse::Joined { error, generation: 0, member_id, leader, members }, out);
        };
        if join.member_id.is_empty() {
            let member_id: ArcStr = format!("{}-{}", join.client_id, uuid(&mut self.rng)).into();
            self.waiting.pending.insert((join.group.clone(), member_id.clone()), now + join.session_timeout);
            refuse(KafkaError::MemberIdRequired, &member_id, out);
            return self.watch_sessions(out);
        }
        let key = (join.group.clone(), join.member_id.clone());
        let was_pending = self.waiting.pending.remove(&key).is_some();
        let group = self.disk.groups.entry(join.group.clone()).or_default();
        let is_member = group.members.contains_key(&join.member_id);
        if !was_pending && !is_member {
            refuse(KafkaError::UnknownMemberId, &join.member_id, out);
            return;
        }
        let old = group.members.get(&join.member_id);
        let is_unchanged = old.is_some_and(|member| member.topics == join.topics);
        let is_leader = group.leader.as_ref() == Some(&join.member_id);
        if group.state == GroupState::Stable && is_unchanged && !is_leader {
            let leader = group.leader.clone().unwrap_or_default();
            let (generation, member_id, members) = (group.generation, join.member_id, Vec::new());
            to.answer(KafkaResponse::Joined { error: None, generation, member_id, leader, members }, out);
            return;
        }
        let assignment = old.map(|member| member.assignment.clone()).unwrap_or_default();
        let member = Member {
            client_id: join.client_id,
            host: host.into(),
            assignment,
            topics: join.topics,
            session_timeout: join.session_timeout,
            rebalance_timeout: join.rebalance_timeout,
            deadline: now + join.session_timeout,
        };
        group.members.insert(join.member_id.clone(), member);
        self.waiting.joins.insert(key, to);
        self.prepare_rebalance(now, &join.group, out);
        self.complete_join(now, &join.group, out);
        self.watch_sessions(out);
    }

    fn prepare_rebalance(&mut self, now: Instant, name: &GroupName, out: &mut Outbox) {
        let Some(group) = self.disk.groups.get_mut(name) else { return };
        if group.state == GroupState::PreparingRebalance {
            return;
        }
        if group.state == GroupState::CompletingRebalance {
            let keys: Vec<_> =
                self.waiting.syncs.keys().filter(|(group, _)| group == name).cloned().collect();
            for key in keys {
                if let Some(to) = self.waiting.syncs.remove(&key) {
                    to.answer(KafkaResponse::Synced(Err(KafkaError::RebalanceInProgress)), out);
                }
            }
        }
        group.state = GroupState::PreparingRebalance;
        let longest = group.members.values().map(|member| member.rebalance_timeout).max();
        group.rebalance_until = longest.map(|timeout| now + timeout);
        self.note_group(name, out);
    }

    /// Ends the joining as soon as all members are there (`onCompleteJoin`).
    fn complete_join(&mut self, now: Instant, name: &GroupName, out: &mut Outbox) {
        let Some(group) = self.disk.groups.get_mut(name) else { return };
        if group.state != GroupState::PreparingRebalance {
            return;
        }
        let key = |member: &ArcStr| (name.clone(), member.clone());
        let all_there = group.members.keys().all(|member| self.waiting.joins.contains_key(&key(member)));
        let some_pending = self.waiting.pending.keys().any(|(group, _)| group == name);
        if !all_there || some_pending {
            return;
        }
        group.generation += 1;
        group.rebalance_until = None;
        if group.members.is_empty() {
            group.state = GroupState::Empty;
            group.leader = None;
            return self.note_group(name, out);
        }
        group.state = GroupState::CompletingRebalance;
        if !group.leader.as_ref().is_some_and(|leader| group.members.contains_key(leader)) {
            group.leader = group.members.keys().next().cloned();
        }
        let leader = group.leader.clone().unwrap_or_default();
        let all: Vec<_> =
            group.members.iter().map(|(id, member)| (id.clone(), member.topics.clone())).collect();
        let generation = group.generation;
        for (id, member) in &mut group.members {
            member.deadline = now + member.session_timeout;
            member.assignment.clear();
            let Some(to) = self.waiting.joins.remove(&(name.clone(), id.clone())) else { continue };
            let members = if *id == leader { all.clone() } else { Vec::new() };
            let (member_id, leader) = (id.clone(), leader.clone());
            to.answer(KafkaResponse::Joined { error: None, generation, member_id, leader, members }, out);
        }
        self.note_group(name, out);
    }

    /// `handleSyncGroup`.
    fn sync(
        &mut self,
        now: Instant,
        to: ReplyTo,
        (name, generation, member_id): (GroupName, u32, ArcStr),
        assignments: Vec<(ArcStr, Vec<TopicPartition>)>,
        out: &mut Outbox,
    ) {
        if let Err(error) = self.check_member(&name, generation, &member_id) {
            to.answer(KafkaResponse::Synced(Err(error)), out);
            return;
        }
        let Some(group) = self.disk.groups.get_mut(&name) else { return };
        match group.state {
            GroupState::Empty | GroupState::PreparingRebalance => {
                to.answer(KafkaResponse::Synced(Err(KafkaError::RebalanceInProgress)), out);
            }
            GroupState::Stable => {
                let assignment = group.members.get(&member_id).map(|member| member.assignment.clone());
                to.answer(KafkaResponse::Synced(Ok(assignment.unwrap_or_default())), out);
            }
            GroupState::CompletingRebalance => {
                self.waiting.syncs.insert((name.clone(), member_id.clone()), to);
                if group.leader.as_ref() != Some(&member_id) {
                    return;
                }
                for (member, partitions) in assignments {
                    if let Some(member) = group.members.get_mut(&member) {
                        member.assignment = partitions;
                    }
                }
                group.state = GroupState::Stable;
                for (id, member) in &mut group.members {
                    member.deadline = now + member.session_timeout;
                    if let Some(to) = self.waiting.syncs.remove(&(name.clone(), id.clone())) {
                        to.answer(KafkaResponse::Synced(Ok(member.assignment.clone())), out);
                    }
                }
                self.note_group(&name, out);
                self.watch_sessions(out);
            }
        }
    }

    fn check_member(&self, name: &GroupName, generation: u32, member: &ArcStr) -> Result<(), KafkaError> {
        let group = self.disk.groups.get(name).ok_or(KafkaError::UnknownMemberId)?;
        if !group.members.contains_key(member) {
            return Err(KafkaError::UnknownMemberId);
        }
        if group.generation != generation { Err(KafkaError::IllegalGeneration) } else { Ok(()) }
    }

    fn heartbeat(
        &mut self,
        now: Instant,
        name: &GroupName,
        generation: u32,
        member_id: &ArcStr,
    ) -> Result<(), KafkaError> {
        self.check_member(name, generation, member_id)?;
        let group = self.disk.groups.get_mut(name).ok_or(KafkaError::UnknownMemberId)?;
        if let Some(member) = group.members.get_mut(member_id) {
            member.deadline = now + member.session_timeout;
        }
        match group.state {
            GroupState::PreparingRebalance => Err(KafkaError::RebalanceInProgress),
            _ => Ok(()),
        }
    }

    fn leave(
        &mut self,
        now: Instant,
        name: &GroupName,
        member_id: &ArcStr,
        out: &mut Outbox,
    ) -> Result<(), KafkaError> {
        self.waiting.pending.remove(&(name.clone(), member_id.clone()));
        let group = self.disk.groups.get_mut(name).ok_or(KafkaError::UnknownMemberId)?;
        group.members.remove(member_id).ok_or(KafkaError::UnknownMemberId)?;
        self.waiting.joins.remove(&(name.clone(), member_id.clone()));
        self.prepare_rebalance(now, name, out);
        self.complete_join(now, name, out);
        Ok(())
    }

    /// `handleCommitOffsets`; an administrator may write only while the group has no members.
    fn commit(
        &mut self,
        now: Instant,
        name: &GroupName,
        member: Option<(u32, ArcStr)>,
        offsets: Vec<(TopicPartition, CommittedOffset)>,
        out: &mut Outbox,
    ) -> Vec<(TopicPartition, Result<(), KafkaError>)> {
        let allowed = match &member {
            Some((generation, id)) => self.heartbeat(now, name, *generation, id).or_else(|error| {
                // Offsets may be committed while members join anew.
                if error == KafkaError::RebalanceInProgress { Ok(()) } else { Err(error) }
            }),
            None => match self.disk.groups.get(name) {
                Some(group) if group.state != GroupState::Empty => Err(KafkaError::UnknownMemberId),
                _ => Ok(()),
            },
        };
        let mut results = Vec::new();
        for (partition, offset) in offsets {
            let result = allowed.and_then(|()| {
                self.disk.leader_epoch(&partition).map(|_| ()).ok_or(KafkaError::UnknownTopicOrPartition)
            });
            if result.is_ok() {
                let group = self.disk.groups.entry(name.clone()).or_default();
                let old = group.offsets.insert(partition.clone(), offset);
                if old != Some(offset) {
                    let (group, partition) = (name.clone(), partition.clone());
                    note(out, KafkaFact::OffsetCommitted { group, partition, offset });
                }
            }
            results.push((partition, result));
        }
        results
    }

    /// A topic was deleted (`handleDeletedPartitions`): its offsets go, and groups that have nothing left.
    pub(super) fn forget_offsets_of(&mut self, topic: &TopicName, out: &mut Outbox) {
        let mut dead = Vec::new();
        for (name, group) in &mut self.disk.groups {
            let before = group.offsets.len();
            group.offsets.retain(|partition, _| partition.topic != *topic);
            let lost = group.offsets.len() < before;
            if lost && group.offsets.is_empty() && group.state == GroupState::Empty {
                dead.push((name.clone(), group.generation));
            }
        }
        for (group, generation) in dead {
            self.disk.groups.remove(&group);
            note(out, KafkaFact::GroupChanged { group, state: "Dead", generation, members: 0 });
        }
    }

    /// Members whose session is over go, and so do those that a rebalance has waited for too long.
    pub(super) fn expire_members(&mut self, now: Instant, out: &mut Outbox) {
        self.waiting.pending.retain(|_, until| *until > now);
        let mut changed = BTreeSet::new();
        let joins = &self.waiting.joins;
        for (name, group) in &mut self.disk.groups {
            let is_late = group.rebalance_until.is_some_and(|until| until <= now);
            let mut silent = Vec::new();
            group.members.retain(|id, member| {
                let joins = joins.contains_key(&(name.clone(), id.clone()));
                let stays = joins || (member.deadline > now && !is_late);
                if !stays {
                    silent.push(id.clone());
                }
                stays
            });
            for member_id in silent {
                changed.insert(name.clone());
                note(out, KafkaFact::MemberExpired { group: name.clone(), member_id });
            }
        }
        for name in changed {
            self.prepare_rebalance(now, &name, out);
        }
        let names: Vec<_> = self.disk.groups.keys().cloned().collect();
        for name in names {
            self.complete_join(now, &name, out);
        }
        self.watch_sessions(out);
    }

    fn watch_sessions(&self, out: &mut Outbox) {
        let groups = self.disk.groups.iter();
        let members = groups.clone().flat_map(|(name, group)| {
            let waits = |id: &ArcStr| self.waiting.joins.contains_key(&(name.clone(), id.clone()));
            group.members.iter().filter(move |(id, _)| !waits(id)).map(|(_, member)| member.deadline)
        });
        let rebalances = groups.clone().filter_map(|(_, group)| group.rebalance_until);
        let next = members.chain(rebalances).chain(self.waiting.pending.values().copied()).min();
        if let Some(next) = next {
            out.set_timer(Timer::Kafka(KafkaTimer::Sessions), next);
        }
    }
}
