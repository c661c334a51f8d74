//! Being a member of a group: joining, heartbeats, committing, leaving.
//!
//! **In Kafka**: `AbstractCoordinator`, `ConsumerCoordinator`, `Heartbeat`, `RangeAssignor`;
//! `heartbeat.interval.ms` (3 s), `session.timeout.ms` (45 s), `max.poll.interval.ms` (5 min),
//! `auto.commit.interval.ms`. Kafka's default is 5 s; the lab's client commits each second, as the recordings' does.

use std::collections::BTreeMap;

use arcstr::ArcStr;

use super::{About, CommitReason, Consumer, PartitionState};
use crate::fact::KafkaFact;
use crate::gather::Gather as _;
use crate::id::TopicName;
use crate::kafka::net::RETRY_BACKOFF;
use crate::kafka::note;
use crate::outbox::Outbox;
use crate::rpc::kafka::{CommittedOffset, KafkaError, KafkaRequest, TopicPartition};
use crate::time::{Duration, Instant};

/// `heartbeat.interval.ms`.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(3);
/// `session.timeout.ms`.
const SESSION_TIMEOUT: Duration = Duration::from_secs(45);
/// `max.poll.interval.ms`.
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(300);
/// `auto.commit.interval.ms`.
const AUTO_COMMIT_INTERVAL: Duration = Duration::from_secs(1);

/// How far the joining has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    /// It has to join.
    #[default]
    Rejoin,
    /// What it has is being committed before it is given up.
    Committing,
    /// The commit has to be tried again at this moment.
    CommitAgain(Instant),
    /// It waits for the answer to its joining, or for its assignment.
    Joining,
    /// It has its partitions.
    Stable,
}

/// The members of a group, each with its topics.
type Members = Vec<(ArcStr, Vec<TopicName>)>;

/// The membership of a consumer.
#[derive(Clone, Debug, Default)]
pub(super) struct Membership {
    pub(super) member_id: ArcStr,
    pub(super) generation: u32,
    has_coordinator: bool,
    step: Step,
    /// Partitions of each topic when the leader divided them.
    snapshot: Option<BTreeMap<TopicName, usize>>,
    /// Whom the leader will divide partitions among, once its metadata is fresh.
    members: Option<Members>,
    last_heartbeat: Instant,
    next_auto_commit: Instant,
}

impl Membership {
    pub(super) const fn is_stable(&self) -> bool {
        matches!(self.step, Step::Stable)
    }

    /// Whether the partitions are about to be given up (`markPendingRevocation`): nothing is read of them any more.
    pub(super) const fn is_revoking(&self) -> bool {
        matches!(self.step, Step::Committing | Step::CommitAgain(_))
    }

    pub(super) fn rejoin(&mut self) {
        self.members = None;
        self.step = Step::Rejoin;
    }

    pub(super) fn commit_failed(&mut self, now: Instant) {
        self.step = Step::CommitAgain(now + RETRY_BACKOFF);
    }

    pub(super) const fn coordinator_found(&mut self, now: Instant) {
        self.has_coordinator = true;
        self.last_heartbeat = now;
    }

    pub(super) fn next_heartbeat(&self) -> Instant {
        let beats = self.has_coordinator && self.is_stable();
        if beats { self.last_heartbeat + HEARTBEAT_INTERVAL } else { Instant::NEVER }
    }

    /// When the application's thread has something to do for the group.
    pub(super) const fn next_step(&self, manual: bool) -> Instant {
        match self.step {
            Step::CommitAgain(at) => at,
            Step::Stable if !manual => self.next_auto_commit,
            _ => Instant::NEVER,
        }
    }
}

impl Consumer {
    pub(super) fn lose_coordinator(&mut self, reason: &str, out: &mut Outbox) {
        if std::mem::take(&mut self.membership.has_coordinator) {
            let broker = self.broker();
            let text = format!(
                "Group coordinator {broker} (id: 2147483646 rack: null) is unavailable or invalid due to cause: {reason}"
            );
            self.info(text, out);
        }
    }

    /// `ConsumerCoordinator.poll`: whether the consumer is a member with a coordinator.
    pub(super) fn poll_coordinator(&mut self, now: Instant, out: &mut Outbox) -> bool {
        if !self.net.is_connected() {
            return false;
        }
        if !self.membership.has_coordinator {
            if !self.net.is_asking(|about| matches!(about, About::Coordinator)) {
                self.net.ask(now, KafkaRequest::FindCoordinator, About::Coordinator, out);
            }
            return false;
        }
        self.rejoin_if_topics_changed(out);
        match self.membership.step {
            Step::Rejoin => self.prepare_join(now, out),
            Step::CommitAgain(at) if at <= now => {
                self.membership.step = Step::Committing;
                if !self.commit(now, CommitReason::Revocation, out) {
                    self.join(now, out);
                }
            }
            Step::Stable if !self.spec.manual && self.membership.next_auto_commit <= now => {
                self.membership.next_auto_commit = now + AUTO_COMMIT_INTERVAL;
                self.commit(now, CommitReason::Interval, out);
            }
            Step::Committing | Step::CommitAgain(_) | Step::Joining | Step::Stable => {}
        }
        self.membership.is_stable()
    }

    /// The leader compares the topics with those that it divided (`rejoinNeededOrPending`).
    fn rejoin_if_topics_changed(&mut self, out: &mut Outbox) {
        let Some(old) = self.membership.snapshot.clone().filter(|_| self.membership.is_stable()) else {
            return;
        };
        let new = self.topics_now();
        if old == new {
            return;
        }
        let racks = |topics: &BTreeMap<TopicName, usize>| {
            let topic = |(topic, count): (&TopicName, &usize)| {
                format!("{topic}=[{}]", vec!["NO_RACKS"; *count].join(", "))
            };
            topics.iter().map(topic).collect::<Vec<_>>().join(", ")
        };
        let text = format!(
            "Request joining group due to: cached metadata has changed from (version: {{{}}}) at the beginning of the \
             rebalance to (version: {{{}}})",
            racks(&old),
            racks(&new)
        );
        self.info(text, out);
        self.membership.step = Step::Rejoin;
    }

    fn topics_now(&self) -> BTreeMap<TopicName, usize> {
        self.spec.topics.iter().map(|topic| (topic.clone(), self.metadata.partitions(topic))).gather()
    }

    /// `onJoinPrepare`: what it has is committed and given up first.
    fn prepare_join(&mut self, now: Instant, out: &mut Outbox) {
        if !self.partitions.is_empty() && !self.spec.manual && self.membership.generation > 0 {
            self.membership.step = Step::Committing;
            if self.commit(now, CommitReason::Revocation, out) {
                return;
            }
        }
        self.join(now, out);
    }

    fn join(&mut self, now: Instant, out: &mut Outbox) {
        // Who comes back gives everything up, be it nothing (`onJoinPrepare`, protocol EAGER).
        let comes_back = self.membership.generation > 0 && self.membership.step != Step::Joining;
        self.revoke(comes_back, out);
        self.info("(Re-)joining group".to_owned(), out);
        self.membership.step = Step::Joining;
        let request = KafkaRequest::JoinGroup {
            group: self.spec.group.clone(),
            member_id: self.membership.member_id.clone(),
            client_id: self.client_id.clone(),
            topics: self.spec.topics.clone(),
            session_timeout: SESSION_TIMEOUT,
            rebalance_timeout: MAX_POLL_INTERVAL,
        };
        self.net.ask(now, request, About::Join, out);
    }

    /// Gives all partitions up. The application hears of it when there are any, or `always`.
    fn revoke(&mut self, always: bool, out: &mut Outbox) {
        let partitions: Vec<_> = std::mem::take(&mut self.partitions).into_keys().collect();
        self.fetched.clear();
        if always || !partitions.is_empty() {
            let names: Vec<_> = partitions.iter().map(ToString::to_string).collect();
            self.info(format!("Revoke previously assigned partitions {}", names.join(", ")), out);
            note(out, KafkaFact::Revoked(partitions));
        }
    }

    pub(super) fn on_joined(
        &mut self,
        now: Instant,
        error: Option<KafkaError>,
        (generation, member_id, leader): (u32, ArcStr, ArcStr),
        members: &[(ArcStr, Vec<TopicName>)],
        out: &mut Outbox,
    ) {
        match error {
            None => {}
            Some(KafkaError::MemberIdRequired) => {
                let text = format!(
                    "Request joining group due to: need to re-join with the given member-id: {member_id}"
                );
                self.info(text, out);
                self.membership.member_id = member_id;
                return self.join(now, out);
            }
            Some(error) => {
                let text = format!(
                    "Resetting generation and member id due to: encountered {} from JOIN_GROUP response",
                    error.name()
                );
                self.info(text, out);
                self.membership.member_id = "".into();
                self.membership.generation = 0;
                return self.membership.rejoin();
            }
        }
        self.membership.generation = generation;
        self.membership.member_id = member_id.clone();
        let of = format!("Generation{{generationId={generation}, memberId='{member_id}', protocol='range'}}");
        self.info(format!("Successfully joined group with generation {of}"), out);
        let is_leader = leader == member_id;
        // `updateGroupSubscription`: a leader that wants other metadata waits for it.
        if is_leader && self.metadata.is_update_due(now) {
            self.membership.members = Some(members.to_vec());
        } else {
            self.divide(now, is_leader, members, out);
        }
    }

    /// The metadata was renewed, for which a leader may have waited.
    pub(super) fn on_fresh_metadata(&mut self, now: Instant, out: &mut Outbox) {
        if let Some(members) = self.membership.members.take() {
            self.divide(now, true, &members, out);
        }
    }

    /// The leader divides the partitions, all ask for their share (`onLeaderElected`, `onJoinFollower`).
    fn divide(
        &mut self,
        now: Instant,
        is_leader: bool,
        members: &[(ArcStr, Vec<TopicName>)],
        out: &mut Outbox,
    ) {
        let (generation, member_id) = (self.membership.generation, self.membership.member_id.clone());
        self.membership.snapshot = is_leader.then(|| self.topics_now());
        let assignments = if is_leader { self.assign(members) } else { Vec::new() };
        if is_leader {
            let each = |(member, partitions): &(ArcStr, Vec<TopicPartition>)| {
                let names: Vec<_> = partitions.iter().map(ToString::to_string).collect();
                format!("{member}=Assignment(partitions=[{}])", names.join(", "))
            };
            let all: Vec<_> = assignments.iter().map(each).collect();
            let all = all.join(", ");
            self.info(format!("Finished assignment for group at generation {generation}: {{{all}}}"), out);
        }
        let group = self.spec.group.clone();
        let request = KafkaRequest::SyncGroup { group, generation, member_id, assignments };
        self.net.ask(now, request, About::Sync, out);
    }

    /// `RangeAssignor`: of each topic, the members in order of their ids get a run of partitions, the first ones more.
    fn assign(&self, members: &[(ArcStr, Vec<TopicName>)]) -> Vec<(ArcStr, Vec<TopicPartition>)> {
        let mut result: BTreeMap<ArcStr, Vec<TopicPartition>> =
            members.iter().map(|(member, _)| (member.clone(), Vec::new())).gather();
        for (topic, count) in self.topics_now() {
            let of: Vec<_> = members.iter().filter(|(_, topics)| topics.contains(&topic)).collect();
            if of.is_empty() {
                continue;
            }
            let (each, more) = (count / of.len(), count % of.len());
            let mut next = 0;
            for (place, (member, _)) in of.into_iter().enumerate() {
                let take = each + usize::from(place < more);
                for partition in next..next + take {
                    let partition = u32::try_from(partition).unwrap_or(u32::MAX);
                    let partition = TopicPartition { topic: topic.clone(), partition };
                    result.entry(member.clone()).or_default().push(partition);
                }
                next += take;
            }
        }
        result.into_iter().collect()
    }

    pub(super) fn on_synced(
        &mut self,
        now: Instant,
        result: Result<Vec<TopicPartition>, KafkaError>,
        out: &mut Outbox,
    ) {
        let partitions = match result {
            Ok(partitions) => partitions,
            Err(error) => {
                let text = format!("Rebalance failed: SyncGroup failed: {}", error.message());
                self.info(text, out);
                if matches!(error, KafkaError::UnknownMemberId | KafkaError::IllegalGeneration) {
                    self.membership.member_id = "".into();
                }
                return self.membership.rejoin();
            }
        };
        let (generation, member_id) = (self.membership.generation, self.membership.member_id.clone());
        let of = format!("Generation{{generationId={generation}, memberId='{member_id}', protocol='range'}}");
        self.info(format!("Successfully synced group in generation {of}"), out);
        let names = partitions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        self.info(format!("Notifying assignor about the new Assignment(partitions=[{names}])"), out);
        self.info(format!("Adding newly assigned partitions: {names}"), out);
        self.membership.step = Step::Stable;
        self.membership.last_heartbeat = now;
        self.membership.next_auto_commit = now + AUTO_COMMIT_INTERVAL;
        self.partitions =
            partitions.iter().map(|partition| (partition.clone(), PartitionState::default())).gather();
        note(out, KafkaFact::Assigned(partitions));
    }

    /// The heartbeat's thread.
    pub(super) fn heartbeat(&mut self, now: Instant, out: &mut Outbox) {
        if self.membership.next_heartbeat() > now || self.closing {
            return;
        }
        self.membership.last_heartbeat = now;
        if self.net.is_asking(|about| matches!(about, About::Heartbeat)) {
            return;
        }
        let (group, generation) = (self.spec.group.clone(), self.membership.generation);
        let member_id = self.membership.member_id.clone();
        let request = KafkaRequest::Heartbeat { group, generation, member_id };
        self.net.ask(now, request, About::Heartbeat, out);
    }

    pub(super) fn on_heartbeat(&mut self, result: Result<(), KafkaError>, out: &mut Outbox) {
        let Err(error) = result else { return };
        if !self.membership.is_stable() {
            return;
        }
        match error {
            KafkaError::RebalanceInProgress => {
                self.info("Request joining group due to: group is already rebalancing".to_owned(), out);
            }
            error => self.forget_member_id(error, "HEARTBEAT", out),
        }
        self.membership.rejoin();
    }

    fn forget_member_id(&mut self, error: KafkaError, api: &str, out: &mut Outbox) {
        let name = error.name();
        self.info(
            format!("Resetting generation and member id due to: encountered {name} from {api} response"),
            out,
        );
        self.membership.member_id = "".into();
        self.membership.generation = 0;
    }

    /// Commits the positions (`SubscriptionState.allConsumed`): those that are valid. False when there are none.
    pub(super) fn commit(&mut self, now: Instant, reason: CommitReason, out: &mut Outbox) -> bool {
        let valid = |(partition, state): (&TopicPartition, &PartitionState)| {
            let position = state.valid_position()?;
            let offset = CommittedOffset { offset: position.offset, leader_epoch: position.offset_epoch };
            Some((partition.clone(), offset))
        };
        let offsets: Vec<_> = self.partitions.iter().filter_map(valid).collect();
        if offsets.is_empty() || self.membership.generation == 0 {
            return false;
        }
        let member = Some((self.membership.generation, self.membership.member_id.clone()));
        let request = KafkaRequest::OffsetCommit { group: self.spec.group.clone(), member, offsets };
        self.net.ask(now, request, About::Commit(reason), out)
    }

    pub(super) fn on_committed(
        &mut self,
        now: Instant,
        reason: CommitReason,
        results: &[(TopicPartition, Result<(), KafkaError>)],
        out: &mut Outbox,
    ) {
        let mut again = false;
        for (partition, result) in results {
            let Err(error) = result else { continue };
            let offset = self.partitions.get(partition).and_then(PartitionState::valid_position);
            let offset = offset.map_or(0, |position| position.offset);
            self.log(
                true,
                format!(
                    "Offset commit failed on partition {partition} at offset {offset}: {}",
                    error.message()
                ),
                out,
            );
            match error {
                KafkaError::UnknownTopicOrPartition => again = true,
                KafkaError::UnknownMemberId | KafkaError::IllegalGeneration if !self.closing => {
                    self.forget_member_id(*error, "OFFSET_COMMIT", out);
                    self.membership.rejoin();
                    return;
                }
                _ => {}
            }
        }
        match reason {
            CommitReason::Revocation if again => self.membership.commit_failed(now),
            CommitReason::Revocation if self.membership.step == Step::Committing => self.join(now, out),
            CommitReason::Close => self.leave(now, out),
            CommitReason::Interval | CommitReason::Batch | CommitReason::Revocation => {}
        }
    }

    /// `close`: commit, give up, leave.
    pub(super) fn begin_close(&mut self, now: Instant, out: &mut Outbox) {
        self.closing = true;
        self.sleeps_until = None;
        if !self.net.is_connected() || !self.membership.has_coordinator {
            self.revoke(false, out);
            return out.exit();
        }
        if self.spec.manual || !self.commit(now, CommitReason::Close, out) {
            self.leave(now, out);
        }
    }

    fn leave(&mut self, now: Instant, out: &mut Outbox) {
        self.revoke(false, out);
        let (broker, member_id) = (self.broker(), self.membership.member_id.clone());
        let text = format!(
            "Member {member_id} sending LeaveGroup request to coordinator {broker} (id: 2147483646 rack: null) due to \
             the consumer is being closed"
        );
        self.info(text, out);
        let reason = "consumer pro-actively leaving the group";
        self.info(format!("Resetting generation and member id due to: {reason}"), out);
        self.info(format!("Request joining group due to: {reason}"), out);
        let request = KafkaRequest::LeaveGroup { group: self.spec.group.clone(), member_id };
        if !self.net.ask(now, request, About::Leave, out) {
            out.exit();
        }
    }
}
