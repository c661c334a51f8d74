//! What an administrator orders: one process each, that asks, prints and ends.
//!
//! **In Kafka**: `KafkaAdminClient` behind everything; `ConsumerGroupCommand` for the tool (`consumer_groups`).
//!
//! **Left out on purpose**: the time in which a JVM starts; the tool's texts about a broker that does not answer.

mod consumer_groups;

use arcstr::ArcStr;

use super::net::{Event, Net};
use super::{KafkaStart, note};
use crate::command::{KafkaAction, KafkaAdmin};
use crate::fact::KafkaFact;
use crate::id::TopicName;
use crate::outbox::{Input, Outbox};
use crate::rpc::kafka::{
    CommittedOffset, IsolationLevel, KafkaError, KafkaRequest, KafkaResponse, OffsetSpec, TopicMetadata,
    TopicPartition,
};
use crate::time::{Duration, Instant};
use crate::timer::{KafkaTimer, Timer};

/// `default.api.timeout.ms` of an administrator.
const API_TIMEOUT: Duration = Duration::from_secs(60);

/// A question to which there is no answer yet.
pub(super) struct Asks(KafkaRequest);

/// The answers so far, taken in order. A run begins anew with every answer and stops at the first one missing.
pub(super) struct Session<'a> {
    answers: std::slice::Iter<'a, KafkaResponse>,
}

impl Session<'_> {
    pub(super) fn ask(&mut self, request: KafkaRequest) -> Result<KafkaResponse, Asks> {
        self.answers.next().cloned().ok_or(Asks(request))
    }

    /// A topic's partitions, `None` when there is no such topic.
    pub(super) fn topic(&mut self, topic: &TopicName) -> Result<Option<TopicMetadata>, Asks> {
        let topics = Some(vec![topic.clone()]);
        let request = KafkaRequest::Metadata { topics, allow_auto_topic_creation: false };
        Ok(match self.ask(request)? {
            KafkaResponse::Metadata(topics) => topics.into_iter().find_map(|(_, result)| result.ok()),
            _ => None,
        })
    }

    /// Starts or ends of partitions, with their epochs.
    pub(super) fn list(
        &mut self,
        partitions: &[TopicPartition],
        spec: OffsetSpec,
        isolation: IsolationLevel,
    ) -> Result<Vec<(TopicPartition, Option<u64>)>, Asks> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let partitions = partitions.iter().map(|partition| (partition.clone(), spec)).collect();
        Ok(match self.ask(KafkaRequest::ListOffsets { isolation, partitions })? {
            KafkaResponse::ListedOffsets(listed) => listed
                .into_iter()
                .map(|(partition, result)| (partition, result.ok().map(|(offset, _)| offset)))
                .collect(),
            _ => Vec::new(),
        })
    }
}

/// One run.
#[derive(Clone, Debug)]
pub struct Admin {
    order: KafkaAdmin,
    net: Net<()>,
    broker: ArcStr,
    until: Instant,
    answers: Vec<KafkaResponse>,
}

impl Admin {
    pub(super) fn new(start: KafkaStart, order: KafkaAdmin) -> Self {
        let broker = start.bootstrap.map(|address| address.to_string()).unwrap_or_default().into();
        let (net, until) = (Net::new(start.bootstrap), Instant::ZERO);
        Self { order, net, broker, until, answers: Vec::new() }
    }

    pub(super) fn handle(&mut self, now: Instant, input: Input, out: &mut Outbox) {
        match self.net.take(now, input, out) {
            Ok(Some(Event::Answer((), _, response))) => self.answers.push(response),
            Ok(Some(Event::Connected)) => {}
            Ok(_) => {
                // The same question again, when the broker is back.
                return;
            }
            Err(Input::Started) => {
                self.until = now + API_TIMEOUT;
                self.net.connect(now, out);
                out.set_timer(Timer::Kafka(KafkaTimer::Poll), self.until);
                return;
            }
            Err(Input::Timer(Timer::Kafka(KafkaTimer::Poll), _)) => {
                let error = "TimeoutException: Timed out waiting for a node assignment.";
                return self
                    .print(format!("ExecutionException: org.apache.kafka.common.errors.{error}"), out);
            }
            Err(_) => return,
        }
        let mut session = Session { answers: self.answers.iter() };
        match run(&mut session, &self.order.action, &self.broker) {
            Ok(output) => self.print(output, out),
            Err(Asks(request)) => {
                self.net.ask(now, request, (), out);
            }
        }
    }

    fn print(&mut self, output: String, out: &mut Outbox) {
        let line = self.order.to_string().into();
        note(out, KafkaFact::Answered { line, output: output.into() });
        self.net.close(out);
        out.exit();
    }
}

fn run(session: &mut Session<'_>, action: &KafkaAction, broker: &str) -> Result<String, Asks> {
    match action {
        KafkaAction::CreateTopic(topic, partitions) => {
            let (topic, partitions) = (topic.clone(), *partitions);
            let request = KafkaRequest::CreateTopics { topic: topic.clone(), partitions };
            done(session.ask(request)?, Some(&topic))
        }
        KafkaAction::DeleteTopic(topic) => {
            done(session.ask(KafkaRequest::DeleteTopics(topic.clone()))?, Some(topic))
        }
        KafkaAction::DeleteRecords(partition, before) => {
            done(session.ask(KafkaRequest::DeleteRecords(partition.clone(), *before))?, None)
        }
        KafkaAction::AlterOffset { group, partition, offset, epoch } => {
            let committed = CommittedOffset { offset: *offset, leader_epoch: *epoch };
            let offsets = vec![(partition.clone(), committed)];
            let request = KafkaRequest::OffsetCommit { group: group.clone(), member: None, offsets };
            let KafkaResponse::OffsetsCommitted(results) = session.ask(request)? else {
                return Ok(String::new());
            };
            let failed = results.into_iter().find_map(|(_, result)| result.err());
            // `AlterConsumerGroupOffsetsResult.all` says it in words of its own.
            let why =
                format!("Failed altering consumer group offsets for the following partitions: [{partition}]");
            Ok(failed.map(|error| thrown(class(error), &why)).unwrap_or_default())
        }
        KafkaAction::Offsets(group) => {
            let request = KafkaRequest::OffsetFetch { group: group.clone(), partitions: None };
            let KafkaResponse::Offsets(offsets) = session.ask(request)? else { return Ok(String::new()) };
            let line = |(partition, offset): (TopicPartition, CommittedOffset)| {
                let epoch = offset.leader_epoch.map_or_else(|| "null".to_owned(), |epoch| epoch.to_string());
                format!("{partition} offset={} leaderEpoch={epoch}", offset.offset)
            };
            Ok(offsets.into_iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        KafkaAction::Ends(topic) => ends(session, topic),
        KafkaAction::ConsumerGroups(line) => consumer_groups::run(session, line, broker),
    }
}

fn ends(session: &mut Session<'_>, topic: &TopicName) -> Result<String, Asks> {
    let Some(metadata) = session.topic(topic)? else {
        return Ok(exception(KafkaError::UnknownTopicOrPartition, None));
    };
    let count = u32::try_from(metadata.leader_epochs.len()).unwrap_or(u32::MAX);
    let partitions: Vec<_> =
        (0..count).map(|partition| TopicPartition { topic: topic.clone(), partition }).collect();
    let all = IsolationLevel::ReadUncommitted;
    let starts = session.list(&partitions, OffsetSpec::Earliest, all)?;
    let ends = session.list(&partitions, OffsetSpec::Latest, all)?;
    let stable = session.list(&partitions, OffsetSpec::Latest, IsolationLevel::ReadCommitted)?;
    let number = |list: &[(TopicPartition, Option<u64>)], place: usize| {
        list.get(place).and_then(|(_, offset)| *offset).unwrap_or_default()
    };
    let lines =
        partitions.iter().zip(&metadata.leader_epochs).enumerate().map(|(place, (partition, epoch))| {
            let (start, end, stable) = (number(&starts, place), number(&ends, place), number(&stable, place));
            format!("{partition} start={start} end={end} lastStable={stable} leaderEpoch={epoch}")
        });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// Nothing, or the client's exception.
fn done(response: KafkaResponse, topic: Option<&TopicName>) -> Result<String, Asks> {
    Ok(match response {
        KafkaResponse::Done(Err(error)) => exception(error, topic),
        _ => String::new(),
    })
}

/// An error as the administrator's client throws it.
pub(super) fn exception(error: KafkaError, topic: Option<&TopicName>) -> String {
    match (error, topic) {
        (KafkaError::TopicAlreadyExists, Some(topic)) => {
            thrown(class(error), &format!("Topic '{topic}' already exists."))
        }
        _ if class(error) == UNKNOWN => thrown(UNKNOWN, error.name()),
        _ => thrown(class(error), error.message()),
    }
}

const UNKNOWN: &str = "UnknownServerException";

/// The class of an error's exception.
const fn class(error: KafkaError) -> &'static str {
    match error {
        KafkaError::TopicAlreadyExists => "TopicExistsException",
        KafkaError::UnknownTopicOrPartition => "UnknownTopicOrPartitionException",
        KafkaError::OffsetOutOfRange => "OffsetOutOfRangeException",
        KafkaError::UnknownMemberId => "UnknownMemberIdException",
        _ => UNKNOWN,
    }
}

fn thrown(class: &str, message: &str) -> String {
    format!("ExecutionException: org.apache.kafka.common.errors.{class}: {message}")
}
