//! The consumer with the classic protocol: a loop that polls, and a thread that sends heartbeats.
//!
//! **In Kafka**: `ClassicKafkaConsumer` (`poll`, `updateAssignmentMetadataIfNeeded`), `ConsumerCoordinator`,
//! `OffsetFetcher`, `FetchCollector`. Its application works on records in no time, ignores or counts exceptions, and
//! waits half a second after each.

mod fetching;
mod membership;
mod metadata;
mod positions;

use std::collections::BTreeMap;

use arcstr::ArcStr;

use crate::command::{KafkaConsumerSpec, NodeOrder, OffsetReset};
use crate::fact::KafkaFact;
use crate::outbox::{Input, Outbox};
use crate::rpc::kafka::{Fetched, KafkaRequest, KafkaResponse, TopicPartition};
use crate::time::{Duration, Instant};
use crate::timer::{KafkaTimer, Timer};

use super::net::{Event, Net};
use super::{KafkaStart, note};
use membership::Membership;
use metadata::{Change, Metadata};
use positions::FetchPosition;
pub use positions::FetchState;
pub(super) use positions::PartitionState;

/// How long the application waits after an exception.
const PAUSE_AFTER_EXCEPTION: Duration = Duration::from_millis(500);

/// What an answer is about.
#[derive(Clone, Debug)]
enum About {
    Metadata,
    Coordinator,
    Join,
    Sync,
    Heartbeat,
    Leave,
    Commit(CommitReason),
    Committed,
    Validation(BTreeMap<TopicPartition, FetchPosition>),
    Reset,
    Fetch,
}

/// Why offsets are committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CommitReason {
    /// The interval is over.
    Interval,
    /// The application wants it after a batch.
    Batch,
    /// The partitions are about to be given up for a rebalance.
    Revocation,
    /// The consumer closes.
    Close,
}

/// A consumer.
#[derive(Clone, Debug)]
pub struct Consumer {
    spec: KafkaConsumerSpec,
    client_id: ArcStr,
    net: Net<About>,
    metadata: Metadata,
    metadata_seen: u64,
    has_cluster_id: bool,
    membership: Membership,
    partitions: BTreeMap<TopicPartition, PartitionState>,
    fetched: Vec<Fetched>,
    /// An exception that the next poll throws.
    cached_exception: Option<String>,
    exceptions: u32,
    last_exception: Option<ArcStr>,
    sleeps_until: Option<Instant>,
    closing: bool,
}

impl Consumer {
    pub(super) fn new(start: KafkaStart, spec: KafkaConsumerSpec) -> Self {
        let client_id = spec.client_id.clone().unwrap_or_else(|| start.node.to_string()).into();
        Self {
            spec,
            client_id,
            net: Net::new(start.bootstrap),
            metadata: Metadata::default(),
            metadata_seen: 0,
            has_cluster_id: false,
            membership: Membership::default(),
            partitions: BTreeMap::new(),
            fetched: Vec::new(),
            cached_exception: None,
            exceptions: 0,
            last_exception: None,
            sleeps_until: None,
            closing: false,
        }
    }

    /// What it was made from.
    pub const fn spec(&self) -> &KafkaConsumerSpec {
        &self.spec
    }

    /// Its id in the group, empty before it has one.
    pub fn member_id(&self) -> &ArcStr {
        &self.membership.member_id
    }

    /// The generation that it is in.
    pub const fn generation(&self) -> u32 {
        self.membership.generation
    }

    /// Whether it has joined.
    pub const fn is_stable(&self) -> bool {
        self.membership.is_stable()
    }

    /// Its partitions with positions and states.
    pub const fn partitions(&self) -> &BTreeMap<TopicPartition, PartitionState> {
        &self.partitions
    }

    /// Exceptions that polls threw.
    pub const fn exceptions(&self) -> u32 {
        self.exceptions
    }

    /// The last of them.
    pub const fn last_exception(&self) -> Option<&ArcStr> {
        self.last_exception.as_ref()
    }

    /// The newest leader epoch seen and that of the broker's metadata, when the first is the newer one.
    pub fn stalled_by(&self, partition: &TopicPartition) -> Option<(u32, u32)> {
        let seen = self.metadata.current_leader(partition);
        let known = self.metadata.epoch_of(partition)?;
        seen.epoch.filter(|seen| *seen > known).map(|seen| (seen, known))
    }

    fn log(&self, warn: bool, text: String, out: &mut Outbox) {
        let (client_id, group) = (&self.client_id, &self.spec.group);
        let text = format!("[Consumer clientId={client_id}, groupId={group}] {text}").into();
        note(out, KafkaFact::Logged { warn, text });
    }

    fn info(&self, text: String, out: &mut Outbox) {
        self.log(false, text, out);
    }

    /// `127.0.0.1:9092`.
    fn broker(&self) -> String {
        self.net.address().map(|address| address.to_string()).unwrap_or_default()
    }

    pub(super) fn handle(&mut self, now: Instant, input: Input, out: &mut Outbox) {
        match self.net.take(now, input, out) {
            Ok(event) => {
                if let Some(event) = event {
                    self.on_event(now, event, out);
                }
            }
            Err(Input::Started) => {
                let topics: Vec<_> = self.spec.topics.iter().map(ToString::to_string).collect();
                self.info(format!("Subscribed to topic(s): {}", topics.join(", ")), out);
                self.metadata.request_update();
                self.net.connect(now, out);
            }
            Err(Input::Order(order)) if matches!(*order, NodeOrder::Shutdown) => {
                return self.begin_close(now, out);
            }
            Err(_) => {}
        }
        self.go_on(now, out);
    }

    fn on_event(&mut self, now: Instant, event: Event<About>, out: &mut Outbox) {
        match event {
            Event::Connected => {}
            Event::Disconnected { under_way, was_connecting } => {
                self.info("Node 1 disconnected.".to_owned(), out);
                if was_connecting {
                    let broker = self.broker();
                    let text = format!(
                        "Connection to node 1 (/{broker}) could not be established. Node may not be available."
                    );
                    self.log(true, text, out);
                }
                self.on_disconnected(now, &under_way, out);
            }
            Event::Answer(about, correlation_id, response) => {
                self.on_answer(now, about, correlation_id, response, out);
            }
        }
    }

    fn on_disconnected(&mut self, now: Instant, under_way: &[About], out: &mut Outbox) {
        self.metadata.failed(now);
        if self.closing {
            return out.exit();
        }
        let reason = "coordinator unavailable. isDisconnected: true. Rediscovery will be attempted.";
        self.lose_coordinator(reason, out);
        for about in under_way {
            match about {
                About::Join | About::Sync => self.membership.rejoin(),
                About::Validation(positions) => self.validation_failed(now, positions.keys()),
                About::Reset => self.reset_failed(now),
                About::Commit(CommitReason::Revocation) => self.membership.commit_failed(now),
                _ => {}
            }
        }
    }

    fn on_answer(
        &mut self,
        now: Instant,
        about: About,
        correlation_id: u32,
        response: KafkaResponse,
        out: &mut Outbox,
    ) {
        match (about, response) {
            (About::Metadata, KafkaResponse::Metadata(answer)) => {
                self.on_metadata(now, answer, correlation_id, out);
            }
            (About::Coordinator, KafkaResponse::Done(_)) => {
                let broker = self.broker();
                self.info(format!("Discovered group coordinator {broker} (id: 2147483646 rack: null)"), out);
                self.membership.coordinator_found(now);
            }
            (About::Join, KafkaResponse::Joined { error, generation, member_id, leader, members }) => {
                self.on_joined(now, error, (generation, member_id, leader), &members, out);
            }
            (About::Sync, KafkaResponse::Synced(result)) => self.on_synced(now, result, out),
            (About::Heartbeat, KafkaResponse::Done(result)) => self.on_heartbeat(result, out),
            (About::Leave, _) => out.exit(),
            (About::Commit(reason), KafkaResponse::OffsetsCommitted(results)) => {
                self.on_committed(now, reason, &results, out);
            }
            (About::Committed, KafkaResponse::Offsets(offsets)) => self.on_committed_offsets(&offsets, out),
            (About::Validation(positions), KafkaResponse::EpochEnds(ends)) => {
                self.on_epoch_ends(now, &positions, ends, out);
            }
            (About::Reset, KafkaResponse::ListedOffsets(offsets)) => self.on_listed(now, offsets, out),
            (About::Fetch, KafkaResponse::Fetched(parts)) => self.fetched.extend(parts),
            _ => {}
        }
    }

    fn on_metadata(
        &mut self,
        now: Instant,
        answer: Vec<(
            crate::id::TopicName,
            Result<crate::rpc::kafka::TopicMetadata, crate::rpc::kafka::KafkaError>,
        )>,
        correlation_id: u32,
        out: &mut Outbox,
    ) {
        for change in self.metadata.update(now, answer) {
            match change {
                Change::Recreated(partition, epoch) => self.info(
                    format!(
                        "Resetting the last seen epoch of partition {partition} to {epoch} since the associated \
                         topicId changed from null to {partition}"
                    ),
                    out,
                ),
                Change::Missing(topic) => {
                    let text = format!(
                        "The metadata response from the cluster reported a recoverable issue with correlation id \
                         {correlation_id} : {{{topic}=UNKNOWN_TOPIC_OR_PARTITION}}"
                    );
                    self.log(true, text, out);
                }
            }
        }
        if !self.has_cluster_id {
            self.has_cluster_id = true;
            self.info("Cluster ID: MkU3OEVBNTcwNTJENDM2Qg".to_owned(), out);
        }
        self.on_fresh_metadata(now, out);
    }

    /// Both threads do what they can; the clock is set for what comes next.
    fn go_on(&mut self, now: Instant, out: &mut Outbox) {
        self.heartbeat(now, out);
        if self.sleeps_until.is_some_and(|until| until <= now) {
            self.sleeps_until = None;
            if self.spec.errors.is_some_and(|errors| self.exceptions >= errors) && !self.closing {
                return self.begin_close(now, out);
            }
        }
        if self.sleeps_until.is_none() && !self.closing {
            self.poll(now, out);
        }
        self.ask_metadata(now, out);
        self.set_clock(now, out);
    }

    fn ask_metadata(&mut self, now: Instant, out: &mut Outbox) {
        let is_due = self.metadata.next_request() <= now;
        if is_due && self.net.is_connected() && !self.net.is_asking(|about| matches!(about, About::Metadata))
        {
            let topics = Some(self.spec.topics.clone());
            let request = KafkaRequest::Metadata { topics, allow_auto_topic_creation: true };
            self.net.ask(now, request, About::Metadata, out);
        }
    }

    /// One poll of the application's, as often as something comes of it.
    ///
    /// `updateAssignmentMetadataIfNeeded`: positions are looked at only when the coordinator is known and the consumer
    /// is a member. While it prepares to join again, new metadata does not have a position checked.
    fn poll(&mut self, now: Instant, out: &mut Outbox) {
        let is_member = self.poll_coordinator(now, out);
        if is_member {
            self.note_new_metadata(out);
            if let Some(error) = self.cached_exception.take() {
                return self.throw(now, error, out);
            }
            self.update_positions(now, out);
        }
        if let Err(error) = self.collect(now, out) {
            return self.throw(now, error, out);
        }
        if is_member {
            // A record out of range has the policy decide at once.
            self.update_positions(now, out);
        }
        self.send_fetches(now, out);
    }

    fn throw(&mut self, now: Instant, error: String, out: &mut Outbox) {
        self.exceptions += 1;
        let error: ArcStr = error.into();
        self.last_exception = Some(error.clone());
        note(out, KafkaFact::PollFailed(error));
        self.sleeps_until = Some(now + PAUSE_AFTER_EXCEPTION);
    }

    fn set_clock(&self, now: Instant, out: &mut Outbox) {
        let mut next = vec![self.membership.next_heartbeat()];
        match self.sleeps_until {
            Some(until) => next.push(until),
            None => {
                next.push(self.membership.next_step(self.spec.manual));
                next.extend(self.partitions.values().filter_map(PartitionState::next_try));
            }
        }
        if self.net.is_connected() && !self.net.is_asking(|about| matches!(about, About::Metadata)) {
            next.push(self.metadata.next_request());
        }
        // What is due already waits for an answer or a connection, not for the clock.
        let next = next.into_iter().filter(|at| *at > now).min();
        if let Some(next) = next.filter(|next| *next != Instant::NEVER) {
            out.set_timer(Timer::Kafka(KafkaTimer::Poll), next);
        }
    }

    /// Whether there is a rule for positions that no record is at.
    fn has_reset_policy(&self) -> bool {
        self.spec.reset != OffsetReset::None
    }
}
