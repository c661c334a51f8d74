//! Where a consumer reads next: from the group's offset, checked against leader epochs, or by the reset policy.
//!
//! **In Kafka**: `SubscriptionState`, `OffsetFetcher`, `OffsetFetcherUtils`, `OffsetsForLeaderEpochClient`
//! (KIP-320). A position that carries an epoch is compared with what the leader knows of that epoch before anything is
//! read; one without an epoch is not.

use std::collections::BTreeMap;
use std::fmt;

use super::metadata::LeaderAndEpoch;
use super::{About, Consumer};
use crate::command::OffsetReset;
use crate::fact::KafkaFact;
use crate::kafka::net::{REQUEST_TIMEOUT, RETRY_BACKOFF};
use crate::kafka::note;
use crate::outbox::Outbox;
use crate::rpc::kafka::{CommittedOffset, KafkaRequest, OfPartition, OffsetSpec, TopicPartition};
use crate::time::Instant;

/// `SubscriptionState.FetchPosition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchPosition {
    /// The next record to read.
    pub offset: u64,
    /// The leader epoch of the record before it, when known.
    pub offset_epoch: Option<u32>,
    /// The leader when the position was set.
    pub current_leader: LeaderAndEpoch,
}

impl FetchPosition {
    /// As Kafka prints it.
    pub(super) fn text(&self, broker: &str) -> String {
        let epoch = |epoch: Option<u32>| match epoch {
            Some(epoch) => format!("Optional[{epoch}]"),
            None => "Optional.empty".to_owned(),
        };
        let leader = if self.current_leader.has_leader {
            format!("Optional[{broker} (id: 1 rack: null)]")
        } else {
            "Optional.empty".to_owned()
        };
        let current =
            self.current_leader.epoch.map_or_else(|| "absent".to_owned(), |epoch| epoch.to_string());
        format!(
            "FetchPosition{{offset={}, offsetEpoch={}, currentLeader=LeaderAndEpoch{{leader={leader}, epoch={current}}}}}",
            self.offset,
            epoch(self.offset_epoch)
        )
    }
}

/// What has to happen before a partition can be read (`SubscriptionState.FetchStates`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub enum FetchState {
    /// The group's offset is asked for.
    #[default]
    Initializing,
    /// It is read.
    Fetching,
    /// The reset policy decides.
    AwaitReset,
    /// The leader epoch of the position is compared with the leader's log.
    AwaitValidation,
}

impl fmt::Display for FetchState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Initializing => "INITIALIZING",
            Self::Fetching => "FETCHING",
            Self::AwaitReset => "AWAIT_RESET",
            Self::AwaitValidation => "AWAIT_VALIDATION",
        })
    }
}

/// A partition of a consumer (`TopicPartitionState`).
#[derive(Clone, Debug, Default)]
pub struct PartitionState {
    /// What has to happen next.
    pub state: FetchState,
    /// The position, not yet checked in `AwaitValidation`.
    pub position: Option<FetchPosition>,
    next_retry: Option<Instant>,
    said_stalled: bool,
    noted: Option<u64>,
}

impl PartitionState {
    /// The position, when it is known to be good.
    pub fn valid_position(&self) -> Option<FetchPosition> {
        self.position.filter(|_| self.state == FetchState::Fetching)
    }

    /// When a question may be asked again.
    pub(super) const fn next_try(&self) -> Option<Instant> {
        match self.state {
            FetchState::AwaitReset | FetchState::AwaitValidation => self.next_retry,
            FetchState::Initializing | FetchState::Fetching => None,
        }
    }

    fn may_try(&self, now: Instant) -> bool {
        self.next_retry.is_none_or(|at| at <= now)
    }

    /// `validatePosition`: with both epochs known the position has to be checked.
    fn seek_unvalidated(&mut self, position: FetchPosition) {
        let checks = position.offset_epoch.is_some() && position.current_leader.epoch.is_some();
        self.state = if checks { FetchState::AwaitValidation } else { FetchState::Fetching };
        self.position = Some(position);
        self.next_retry = None;
        self.noted = None;
    }

    /// A position that is known to be good.
    pub(super) fn seek_validated(&mut self, position: FetchPosition) {
        self.state = FetchState::Fetching;
        self.position = Some(position);
        self.next_retry = None;
    }

    /// The reset policy has to decide.
    pub(super) fn request_reset(&mut self) {
        self.state = FetchState::AwaitReset;
        self.position = None;
        self.next_retry = None;
        self.noted = None;
    }
}

impl Consumer {
    /// After new metadata every position is compared with the leader (`validatePositionsOnMetadataChange`).
    pub(super) fn note_new_metadata(&mut self, out: &mut Outbox) {
        if self.metadata_seen == self.metadata.version {
            return;
        }
        self.metadata_seen = self.metadata.version;
        for (partition, state) in &mut self.partitions {
            let leader = self.metadata.current_leader(partition);
            let Some(position) = state.position else { continue };
            if position.current_leader == leader || !leader.has_leader {
                continue;
            }
            let noted = state.noted;
            state.seek_unvalidated(FetchPosition { current_leader: leader, ..position });
            state.noted = noted;
            state.said_stalled = false;
        }
        self.note_positions(out);
    }

    /// Tells of positions that are new to the application.
    pub(super) fn note_positions(&mut self, out: &mut Outbox) {
        for (partition, state) in &mut self.partitions {
            let Some(position) = state.valid_position() else { continue };
            if state.noted != Some(position.offset) {
                state.noted = Some(position.offset);
                let (partition, epoch) = (partition.clone(), position.offset_epoch);
                note(out, KafkaFact::Position { partition, offset: position.offset, epoch });
            }
        }
    }

    /// `updateFetchPositions`: validation, then group offsets, then resets.
    pub(super) fn update_positions(&mut self, now: Instant, out: &mut Outbox) {
        if !self.net.is_connected() {
            return;
        }
        self.validate(now, out);
        let in_state = |wanted: FetchState, now: Instant| {
            let fits = move |(_, state): &(&TopicPartition, &super::PartitionState)| {
                state.state == wanted && state.may_try(now)
            };
            move |partitions: &BTreeMap<TopicPartition, super::PartitionState>| -> Vec<TopicPartition> {
                partitions.iter().filter(fits).map(|(partition, _)| partition.clone()).collect()
            }
        };
        let missing = in_state(FetchState::Initializing, now)(&self.partitions);
        let asking = self.net.is_asking(|about| matches!(about, About::Committed));
        if !missing.is_empty() && !asking && self.membership.is_stable() {
            let request =
                KafkaRequest::OffsetFetch { group: self.spec.group.clone(), partitions: Some(missing) };
            self.net.ask(now, request, About::Committed, out);
        }
        let resets = in_state(FetchState::AwaitReset, now)(&self.partitions);
        if !resets.is_empty() && !self.net.is_asking(|about| matches!(about, About::Reset)) {
            let spec = match self.spec.reset {
                OffsetReset::Earliest => OffsetSpec::Earliest,
                OffsetReset::Latest | OffsetReset::None => OffsetSpec::Latest,
            };
            let partitions = resets.into_iter().map(|partition| (partition, spec)).collect();
            let request = KafkaRequest::ListOffsets { isolation: self.spec.isolation, partitions };
            self.net.ask(now, request, About::Reset, out);
        }
    }

    /// `OffsetFetcher.validatePositionsAsync`. Without a usable leader there is nobody to ask.
    fn validate(&mut self, now: Instant, out: &mut Outbox) {
        let mut asked = BTreeMap::new();
        let mut lacks_leader = false;
        for (partition, state) in &mut self.partitions {
            if state.state != FetchState::AwaitValidation || !state.may_try(now) {
                continue;
            }
            let Some(position) = state.position else { continue };
            if !position.current_leader.has_leader {
                lacks_leader = true;
                let seen = position.current_leader.epoch;
                let known = self.metadata.epoch_of(partition);
                if let (Some(seen), Some(metadata), false) = (seen, known, state.said_stalled) {
                    state.said_stalled = true;
                    note(out, KafkaFact::Stalled { partition: partition.clone(), seen, metadata });
                }
                continue;
            }
            state.next_retry = Some(now + REQUEST_TIMEOUT);
            asked.insert(partition.clone(), position);
        }
        if lacks_leader {
            self.metadata.request_update();
        }
        if asked.is_empty() {
            return;
        }
        let question = |(partition, position): (&TopicPartition, &FetchPosition)| {
            let epoch = position.offset_epoch.unwrap_or_default();
            (partition.clone(), position.current_leader.epoch, epoch)
        };
        let request = KafkaRequest::OffsetForLeaderEpoch(asked.iter().map(question).collect());
        self.net.ask(now, request, About::Validation(asked), out);
    }

    pub(super) fn validation_failed<'a>(
        &mut self,
        now: Instant,
        partitions: impl Iterator<Item = &'a TopicPartition>,
    ) {
        for partition in partitions {
            if let Some(state) = self.partitions.get_mut(partition) {
                state.next_retry = Some(now + RETRY_BACKOFF);
            }
        }
    }

    pub(super) fn reset_failed(&mut self, now: Instant) {
        for state in self.partitions.values_mut().filter(|state| state.state == FetchState::AwaitReset) {
            state.next_retry = Some(now + RETRY_BACKOFF);
        }
    }

    /// `onSuccessfulResponseForValidatingPositions`.
    pub(super) fn on_epoch_ends(
        &mut self,
        now: Instant,
        positions: &BTreeMap<TopicPartition, FetchPosition>,
        ends: Vec<OfPartition<Option<(u32, u64)>>>,
        out: &mut Outbox,
    ) {
        let mut divergent = Vec::new();
        let mut truncated = false;
        for (partition, end) in ends {
            let Ok(end) = end else {
                self.validation_failed(now, std::iter::once(&partition));
                self.metadata.request_update();
                continue;
            };
            let Some(asked) = positions.get(&partition).copied() else { continue };
            let Some(state) = self.partitions.get(&partition) else { continue };
            if state.state != FetchState::AwaitValidation || state.position != Some(asked) {
                continue;
            }
            if let Some(found) = self.complete_validation(&partition, asked, end, out) {
                truncated = true;
                divergent.extend(found.map(|(epoch, offset)| {
                    format!(
                        "{partition}=OffsetAndMetadata{{offset={offset}, leaderEpoch={epoch}, metadata=''}}"
                    )
                }));
            }
        }
        if truncated {
            self.cached_exception = Some(if divergent.is_empty() {
                "LogTruncationException: Truncated partitions detected with divergent offsets {}".to_owned()
            } else {
                let list = divergent.join(", ");
                format!(
                    "LogTruncationException: Truncated partitions detected with divergent offsets {{{list}}}"
                )
            });
        }
        self.note_positions(out);
    }

    /// `maybeCompleteValidation`. Returns the point of divergence when no policy says what to do about it.
    fn complete_validation(
        &mut self,
        partition: &TopicPartition,
        asked: FetchPosition,
        end: Option<(u32, u64)>,
        out: &mut Outbox,
    ) -> Option<Option<(u32, u64)>> {
        let broker = self.broker();
        let at = format!("Truncation detected for partition {partition} at offset {}", asked.text(&broker));
        match end {
            Some((_, offset)) if offset >= asked.offset => {
                self.partitions.get_mut(partition)?.seek_validated(asked);
                None
            }
            None if self.has_reset_policy() => {
                self.info(format!("{at}, resetting offset"), out);
                self.partitions.get_mut(partition)?.request_reset();
                None
            }
            None => {
                self.log(true, format!("{at}, but no reset policy is set"), out);
                Some(None)
            }
            Some((epoch, offset)) if self.has_reset_policy() => {
                let position =
                    FetchPosition { offset, offset_epoch: Some(epoch), current_leader: asked.current_leader };
                let to = position.text(&broker);
                self.info(format!("{at}, resetting offset to the first offset known to diverge {to}"), out);
                let state = self.partitions.get_mut(partition)?;
                state.seek_validated(position);
                state.noted = None;
                None
            }
            Some((epoch, offset)) => {
                let found = format!("OffsetAndMetadata{{offset={offset}, leaderEpoch={epoch}, metadata=''}}");
                let text =
                    format!("{at} (the end offset from the broker is {found}), but no reset policy is set");
                self.log(true, text, out);
                Some(Some((epoch, offset)))
            }
        }
    }

    /// `initWithCommittedOffsetsIfNeeded`: positions from the group's offsets; without one the policy decides.
    pub(super) fn on_committed_offsets(
        &mut self,
        offsets: &[(TopicPartition, CommittedOffset)],
        out: &mut Outbox,
    ) {
        let missing: Vec<_> = self
            .partitions
            .iter()
            .filter(|(_, state)| state.state == FetchState::Initializing)
            .map(|(partition, _)| partition.clone())
            .collect();
        for partition in missing {
            let found = offsets.iter().find(|(other, _)| *other == partition);
            let Some((_, committed)) = found else {
                self.info(format!("Found no committed offset for partition {partition}"), out);
                if self.has_reset_policy() {
                    if let Some(state) = self.partitions.get_mut(&partition) {
                        state.request_reset();
                    }
                } else {
                    self.cached_exception = Some(format!(
                        "NoOffsetForPartitionException: Undefined offset with no reset policy for partitions: [{partition}]"
                    ));
                }
                continue;
            };
            if let Some(epoch) = committed.leader_epoch {
                self.metadata.saw_epoch(&partition, epoch);
            }
            let current_leader = self.metadata.current_leader(&partition);
            let position = FetchPosition {
                offset: committed.offset,
                offset_epoch: committed.leader_epoch,
                current_leader,
            };
            if let Some(state) = self.partitions.get_mut(&partition) {
                state.seek_unvalidated(position);
            }
        }
        self.note_positions(out);
    }

    /// `resetPositionIfNeeded`.
    pub(super) fn on_listed(
        &mut self,
        now: Instant,
        offsets: Vec<OfPartition<(u64, Option<u32>)>>,
        out: &mut Outbox,
    ) {
        for (partition, result) in offsets {
            let waits =
                self.partitions.get(&partition).is_some_and(|state| state.state == FetchState::AwaitReset);
            if !waits {
                continue;
            }
            let Ok((offset, epoch)) = result else {
                self.reset_failed(now);
                self.metadata.request_update();
                continue;
            };
            let current_leader = self.metadata.current_leader(&partition);
            let position = FetchPosition { offset, offset_epoch: None, current_leader };
            if let Some(epoch) = epoch {
                self.metadata.saw_epoch(&partition, epoch);
            }
            let to = position.text(&self.broker());
            self.info(format!("Resetting offset for partition {partition} to position {to}."), out);
            if let Some(state) = self.partitions.get_mut(&partition) {
                state.seek_unvalidated(position);
            }
        }
        self.note_positions(out);
    }
}
