//! A producer, plain (idempotent, as by default) or transactional.
//!
//! **In Kafka**: `KafkaProducer`, `Sender`, `TransactionManager`; `acks=all`, `enable.idempotence=true`,
//! `delivery.timeout.ms` (120 s), `retry.backoff.ms`. Its application waits for each answer before the next record;
//! the records of one transaction go in one request.

use std::collections::{BTreeSet, VecDeque};

use arcstr::ArcStr;

use super::net::{Event, Net, RETRY_BACKOFF};
use super::{KafkaStart, note};
use crate::command::{KafkaOrder, KafkaSend, NodeOrder};
use crate::fact::KafkaFact;
use crate::id::TopicName;
use crate::outbox::{Input, Outbox};
use crate::rpc::kafka::{KafkaError, KafkaRequest, KafkaResponse, Marker, TopicPartition};
use crate::time::{Duration, Instant};
use crate::timer::{KafkaTimer, Timer};

/// `delivery.timeout.ms`.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(120);

/// `transaction.timeout.ms`, unless the producer is told another one.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(60);

/// What an answer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Id,
    Metadata,
    Partition,
    Produce,
    End,
}

/// What has to be done in turn.
#[derive(Clone, Debug)]
enum Job {
    Send(KafkaSend),
    End(Marker),
}

/// How far the first job is.
#[derive(Clone, Debug, Default)]
struct Progress {
    /// When its present record was given to the client.
    since: Option<Instant>,
    /// Records or transactions that are done.
    done: u32,
    /// Offset of the first record of the job.
    first: Option<u64>,
    /// Whether the coordinator knows of the partition.
    is_added: bool,
    /// Offset of the first record of the transaction.
    sent: Option<u64>,
}

/// A producer.
#[derive(Clone, Debug)]
pub struct Producer {
    transactional_id: Option<ArcStr>,
    transaction_timeout: Duration,
    net: Net<About>,
    producer_id: Option<u64>,
    known: BTreeSet<TopicName>,
    sequence: u64,
    jobs: VecDeque<Job>,
    progress: Progress,
    pauses: bool,
    /// Where records of a transaction went that was left open.
    open: Option<TopicName>,
    sent: u64,
}

impl Producer {
    pub(super) fn new(
        start: KafkaStart,
        transactional_id: Option<ArcStr>,
        transaction_timeout: Option<Duration>,
    ) -> Self {
        Self {
            transactional_id,
            transaction_timeout: transaction_timeout.unwrap_or(TRANSACTION_TIMEOUT),
            net: Net::new(start.bootstrap),
            producer_id: None,
            known: BTreeSet::new(),
            sequence: 0,
            jobs: VecDeque::new(),
            progress: Progress::default(),
            pauses: false,
            open: None,
            sent: 0,
        }
    }

    /// Records that were acknowledged.
    pub const fn sent(&self) -> u64 {
        self.sent
    }

    /// Orders that are not done.
    pub fn jobs(&self) -> usize {
        self.jobs.len()
    }

    /// Whether a transaction was left open.
    pub const fn has_open_transaction(&self) -> bool {
        self.open.is_some()
    }

    /// `transactional.id`.
    pub const fn transactional_id(&self) -> Option<&ArcStr> {
        self.transactional_id.as_ref()
    }

    pub(super) fn handle(&mut self, now: Instant, input: Input, out: &mut Outbox) {
        match self.net.take(now, input, out) {
            Ok(Some(Event::Answer(about, _, response))) => self.on_answer(now, about, response, out),
            Ok(Some(Event::Connected | Event::Disconnected { .. }) | None) => {}
            Err(Input::Started) => self.net.connect(now, out),
            Err(Input::Order(order)) => match *order {
                NodeOrder::Kafka(KafkaOrder::Send(send)) => self.jobs.push_back(Job::Send(send)),
                NodeOrder::Kafka(KafkaOrder::End(marker)) => self.jobs.push_back(Job::End(marker)),
                NodeOrder::Shutdown => return out.exit(),
                _ => {}
            },
            Err(Input::Timer(Timer::Kafka(KafkaTimer::Retry), _)) => self.pauses = false,
            Err(_) => {}
        }
        self.go_on(now, out);
    }

    fn pause(&mut self, now: Instant, out: &mut Outbox) {
        self.pauses = true;
        out.set_timer(Timer::Kafka(KafkaTimer::Retry), now + RETRY_BACKOFF);
    }

    fn fail(&mut self, error: &str, out: &mut Outbox) {
        let topic = match self.jobs.pop_front() {
            Some(Job::Send(send)) => Some(send.partition.topic),
            Some(Job::End(_)) => self.open.take(),
            None => None,
        };
        if let Some(topic) = topic {
            note(out, KafkaFact::SendFailed { topic, error: error.into() });
        }
        self.progress = Progress::default();
    }

    /// Asks the next question of the first job.
    fn go_on(&mut self, now: Instant, out: &mut Outbox) {
        let Some(job) = self.jobs.front().cloned() else { return };
        let since = *self.progress.since.get_or_insert(now);
        if since + DELIVERY_TIMEOUT <= now {
            let error = "TimeoutException: Expiring 1 record(s): 120000 ms has passed since batch creation";
            self.fail(error, out);
            return self.go_on(now, out);
        }
        if !self.net.is_connected() || self.pauses || self.net.is_asking(|_| true) {
            return;
        }
        let Some(producer_id) = self.producer_id else {
            let transactional_id = self.transactional_id.clone();
            let transaction_timeout = self.transaction_timeout;
            let request = KafkaRequest::InitProducerId { transactional_id, transaction_timeout };
            self.net.ask(now, request, About::Id, out);
            return;
        };
        match job {
            Job::Send(send) => self.send(now, producer_id, &send, out),
            Job::End(marker) if self.open.is_some() => self.end(now, producer_id, marker, out),
            Job::End(_) => {
                self.jobs.pop_front();
                self.progress = Progress::default();
                self.go_on(now, out);
            }
        }
    }

    fn send(&mut self, now: Instant, producer_id: u64, send: &KafkaSend, out: &mut Outbox) {
        let partition = send.partition.clone();
        if !self.known.contains(&partition.topic) {
            let topics = Some(vec![partition.topic]);
            let request = KafkaRequest::Metadata { topics, allow_auto_topic_creation: true };
            self.net.ask(now, request, About::Metadata, out);
            return;
        }
        let per = match &self.transactional_id {
            None => 1,
            Some(id) if !self.progress.is_added => {
                let transactional_id = id.clone();
                let request = KafkaRequest::AddPartitionsToTxn { transactional_id, producer_id, partition };
                self.net.ask(now, request, About::Partition, out);
                return;
            }
            Some(_) if self.progress.sent.is_some() => {
                return self.end(now, producer_id, send.end.unwrap_or(Marker::Commit), out);
            }
            Some(_) => send.per,
        };
        let from = self.progress.done * per;
        let keys = (from..from + per).map(|number| format!("{}-{number}", send.key).into()).collect();
        let request = KafkaRequest::Produce {
            partition,
            producer_id,
            transactional: self.transactional_id.is_some(),
            sequence: self.sequence,
            keys,
        };
        self.net.ask(now, request, About::Produce, out);
    }

    fn end(&mut self, now: Instant, producer_id: u64, marker: Marker, out: &mut Outbox) {
        let Some(transactional_id) = self.transactional_id.clone() else { return };
        let request = KafkaRequest::EndTxn { transactional_id, producer_id, marker };
        self.net.ask(now, request, About::End, out);
    }

    fn on_answer(&mut self, now: Instant, about: About, response: KafkaResponse, out: &mut Outbox) {
        match (about, response) {
            (About::Id, KafkaResponse::ProducerId(id)) => self.producer_id = Some(id),
            (About::Metadata, KafkaResponse::Metadata(topics)) => {
                for (topic, result) in topics {
                    if result.is_ok() {
                        self.known.insert(topic);
                    } else {
                        self.pause(now, out);
                    }
                }
            }
            (About::Partition, KafkaResponse::Done(Ok(()))) => self.progress.is_added = true,
            (About::Produce, KafkaResponse::Produced(Ok(offset))) => self.on_produced(offset, out),
            (About::End, KafkaResponse::Done(Ok(()))) => self.on_ended(out),
            (
                About::Partition | About::Produce,
                KafkaResponse::Done(Err(error)) | KafkaResponse::Produced(Err(error)),
            ) => self.on_error(now, about, error, out),
            (About::End, KafkaResponse::Done(Err(_))) => {
                self.fail(FENCED, out);
                self.open = None;
                self.jobs.clear();
            }
            _ => {}
        }
    }

    fn on_error(&mut self, now: Instant, about: About, error: KafkaError, out: &mut Outbox) {
        if error == KafkaError::UnknownTopicOrPartition {
            if let Some(Job::Send(send)) = self.jobs.front() {
                self.known.remove(&send.partition.topic);
            }
            return self.pause(now, out);
        }
        self.fail(if about == About::Produce { OLD_EPOCH } else { FENCED }, out);
    }

    fn on_produced(&mut self, offset: u64, out: &mut Outbox) {
        let Some(Job::Send(send)) = self.jobs.front().cloned() else { return };
        self.sequence += 1;
        self.progress.first.get_or_insert(offset);
        self.progress.since = None;
        if self.transactional_id.is_some() {
            self.sent += u64::from(send.per);
            self.progress.sent = Some(offset);
            if send.end.is_none() && self.is_last(&send) {
                self.open = Some(send.partition.topic.clone());
                self.note_transaction(&send, offset, None, out);
                self.next_job();
            }
            return;
        }
        self.sent += 1;
        self.progress.done += 1;
        if self.progress.done == send.count {
            let first = self.progress.first.unwrap_or(offset);
            let (partition, key, count) = (send.partition, send.key, send.count);
            note(out, KafkaFact::SendSucceeded { partition, key, count, first, last: offset });
            self.next_job();
        }
    }

    /// Whether the transaction at hand is the last of its order; only that one is left open.
    const fn is_last(&self, send: &KafkaSend) -> bool {
        self.progress.done + 1 == send.count
    }

    fn on_ended(&mut self, out: &mut Outbox) {
        match self.jobs.front().cloned() {
            Some(Job::End(marker)) => {
                self.open = None;
                note(out, KafkaFact::TransactionEnded(marker));
                self.next_job();
            }
            Some(Job::Send(send)) => {
                let offset = self.progress.sent.unwrap_or_default();
                let end = send.end.unwrap_or(Marker::Commit);
                self.note_transaction(&send, offset, Some(end), out);
                self.progress.done += 1;
                self.progress.sent = None;
                self.progress.is_added = false;
                if self.progress.done == send.count {
                    self.next_job();
                }
            }
            None => {}
        }
    }

    fn note_transaction(&self, send: &KafkaSend, first: u64, end: Option<Marker>, out: &mut Outbox) {
        let number = self.progress.done * send.per;
        note(
            out,
            KafkaFact::TransactionSent {
                partition: send.partition.clone(),
                key: format!("{}-{number}", send.key).into(),
                records: send.per,
                first,
                last: first + u64::from(send.per) - 1,
                end,
            },
        );
    }

    fn next_job(&mut self) {
        self.jobs.pop_front();
        self.progress = Progress::default();
    }

    /// Where records of the present job go.
    pub fn target(&self) -> Option<&TopicPartition> {
        self.jobs.iter().find_map(|job| match job {
            Job::Send(send) => Some(&send.partition),
            Job::End(_) => None,
        })
    }
}

/// What the client throws when the coordinator says that its transaction is no more.
const FENCED: &str = "ProducerFencedException: There is a newer producer with the same transactionalId which fences \
    the current one.";
/// What it throws when the leader of the partition says so.
const OLD_EPOCH: &str = "InvalidProducerEpochException: Producer attempted to produce with an old epoch.";
