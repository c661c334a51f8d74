//! POP: members of a group take messages from shared queues and acknowledge them one by one.
//!
//! A pop takes what a group has not been given yet, writes a check point of it and moves the group's offset on, at once
//! and whatever becomes of the messages. An acknowledgement is written too. Both are timer messages: they come into the
//! revive topic when the invisible time is nearly over. There a service puts them together and copies what nobody has
//! acknowledged into the group's retry topic of POP, from which pops take it like anything else.
//!
//! So a member may die, and no queue is its own: nothing waits for a division. The price is two more records in the log
//! for every message.
//!
//! One concern a file: `modes` (which groups pop, and which queues a member is given), `pop_message` (a pop),
//! `long_polling` (pops that wait), `buffer` (from the check point to the group's offset), `check_point` (both as text),
//! `ack` (acknowledgements), `revive` (the service).
//!
//! **In RocketMQ**: `PopMessageProcessor`, `PopBufferMergeService`, `PopLongPollingService`, `AckMessageProcessor`,
//! `ChangeInvisibleTimeProcessor`, `PopReviveService`, `QueryAssignmentProcessor` (behaviour §3.12). V5 only.
//!
//! **Left out on purpose**: orderly pops and batches of acknowledgements, which the classic client does not use; the store
//! of its own that 5.3.2 has as an option (`popConsumerKVServiceEnable`); `enablePopMessageThreshold`; a slave copies the
//! modes together with the groups, where RocketMQ has a request of its own.
//!
//! **Invariants**: a popped message has a check point in the log before it leaves the broker; what is in no check point
//! lies at the group's offset or behind it; so every message is acknowledged or seen again.

mod ack;
mod buffer;
mod check_point;
mod long_polling;
mod modes;
mod pop_message;
mod revive;

pub(super) use revive::{Fetch, Fetched};

use std::collections::{BTreeMap, BTreeSet};

use super::{Asked, Broker};
use crate::id::{ConnectionId, GroupName, MessageQueue, NodeId, QueueId, QueueOffset, TopicName};
use crate::outbox::Outbox;
use crate::rng::Rng;
use crate::rpc::{ModeTable, PopRequest, message_queue};
use crate::time::Instant;
use crate::timer::Timer;
use check_point::{CheckPoint, MergeKey};
use modes::Query;

/// Queues of the revive topic (`reviveQueueNum`).
const REVIVE_QUEUE_NUM: u32 = 8;

/// Everything about POP at one broker.
#[derive(Clone, Debug)]
pub(super) struct Pop {
    rng: Rng,
    pub(super) modes: ModeTable,
    /// Readable queues of topics by which the broker divides (`topicSubscribeInfoTable`).
    routes: BTreeMap<TopicName, Vec<MessageQueue>>,
    /// Who asked for a share while the route was not there.
    waiting_queries: Vec<(Asked, Query)>,
    polling: long_polling::Polling,
    /// Counts pops; the revive queues take turns by it (`ckMessageNumber`).
    pops: u32,
    buffer: buffer::Buffer,
    /// Topics that a group has popped from, beside what its heartbeats say (`consumerCompensationTable`).
    compensated: BTreeMap<GroupName, BTreeSet<TopicName>>,
    revive: Vec<revive::ReviveService>,
    /// Up to where each service had worked off its queue when it stopped; the process does not forget that.
    stopped_at: Vec<Option<QueueOffset>>,
    /// Counts what went to another master.
    escapes: u64,
    /// Check points that are on their way to another master.
    escaping: BTreeMap<u64, MergeKey>,
    /// Check points that are not through with, for people to look at; a broker has them in its log only.
    outstanding: BTreeMap<MergeKey, Outstanding>,
}

/// A check point, with what is known of it.
#[derive(Clone, Debug)]
struct Outstanding {
    check_point: CheckPoint,
    revive_queue_id: QueueId,
    /// Which of its messages are acknowledged.
    acked: u64,
    consumer: Option<NodeId>,
}

/// A check point for people: messages popped together from one queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckPointState<'a> {
    /// Where they lie.
    pub queue: MessageQueue,
    /// The group that popped them.
    pub group: &'a GroupName,
    /// Where the pop began.
    pub start: QueueOffset,
    /// How many they are.
    pub messages: usize,
    /// How many of them nobody has acknowledged.
    pub unacknowledged: usize,
    /// When they were popped.
    pub pop_time: Instant,
    /// What is not acknowledged by then is revived.
    pub revive_time: Instant,
    /// The queue of the revive topic.
    pub revive_queue_id: QueueId,
    /// Who got them, as far as this process knows.
    pub consumer: Option<&'a NodeId>,
}

impl Pop {
    pub(super) fn new(rng: &Rng, modes: ModeTable) -> Self {
        Self {
            rng: rng.branch("pop"),
            modes,
            routes: BTreeMap::new(),
            waiting_queries: Vec::new(),
            polling: long_polling::Polling::default(),
            pops: 0,
            buffer: buffer::Buffer::default(),
            compensated: BTreeMap::new(),
            revive: Vec::new(),
            stopped_at: Vec::new(),
            escapes: 0,
            escaping: BTreeMap::new(),
            outstanding: BTreeMap::new(),
        }
    }

    /// A client is gone, with the pops that it waited for.
    pub(super) fn forget(&mut self, connection: ConnectionId) {
        self.polling.forget(connection);
        self.waiting_queries.retain(|(asked, _)| asked.connection != connection);
    }

    /// Whether the group has popped from the topic.
    pub(super) fn knows(&self, group: &GroupName, topic: &TopicName) -> bool {
        self.compensated.get(group).is_some_and(|topics| topics.contains(topic))
    }
}

/// Before the cluster's name in the name of the topic that keeps check points (`PopAckConstants.REVIVE_TOPIC`).
const REVIVE_TOPIC_PREFIX: &str = "rmq_sys_REVIVE_LOG_";

impl Broker {
    /// The topic that keeps check points and acknowledgements (`PopAckConstants.buildClusterReviveTopic`).
    fn revive_topic(&self) -> TopicName {
        format!("{REVIVE_TOPIC_PREFIX}{}", self.config.broker_cluster_name).into()
    }

    fn is_revive_topic(&self, topic: &TopicName) -> bool {
        topic.as_str().strip_prefix(REVIVE_TOPIC_PREFIX) == Some(self.config.broker_cluster_name.as_str())
    }

    pub(super) fn on_pop_request(
        &mut self,
        now: Instant,
        asked: Asked,
        request: PopRequest,
        out: &mut Outbox,
    ) {
        let response = match request {
            // An operator.
            PopRequest::SetMessageRequestMode { group, topic, mode } => {
                self.set_message_request_mode(group, topic, mode, out)
            }
            // A consumer with `clientRebalance=false`, at each of its rounds, for each of its topics.
            PopRequest::QueryAssignment { group, topic, client_id, strategy, model } => {
                let query = Query { group, topic, client_id, strategy, model };
                return self.query_assignment(now, asked, query, out);
            }
            // A consumer that pops. A pop without a find is held.
            PopRequest::PopMessage(pop) => return self.pop_message(now, asked, pop, out),
            // A consumer whose listener has succeeded.
            PopRequest::AckMessage { group, ck, topic } => {
                self.ack_message(now, &asked, group, &ck, &topic, out)
            }
            // A consumer whose listener has failed.
            PopRequest::ChangeInvisibleTime { group, ck, topic, invisible_time } => {
                self.change_invisible_time(now, &asked, group, &ck, &topic, invisible_time, out)
            }
        };
        asked.answer(response, out);
    }

    pub(super) fn on_pop_timer(&mut self, now: Instant, timer: Timer, out: &mut Outbox) {
        match timer {
            Timer::PopLongPolling => self.poll_expired(now, out),
            Timer::PopBufferMerge => self.merge_buffer(now, out),
            Timer::PopRevive(queue) => self.revive_timer(now, queue, out),
            Timer::PopRoutes => self.poll_pop_routes(now, out),
            _ => {}
        }
    }

    /// How groups take messages, where that was set.
    pub fn message_request_modes(&self) -> &ModeTable {
        &self.pop.modes
    }

    /// Check points that are not through with, by group, topic and queue.
    pub fn check_points(&self) -> impl Iterator<Item = CheckPointState<'_>> {
        self.pop.outstanding.values().map(|known| {
            let point = &known.check_point;
            let messages = point.diffs.len();
            CheckPointState {
                queue: message_queue(&point.topic, &point.broker_name, point.queue_id.0),
                group: &point.group,
                start: point.start,
                messages,
                unacknowledged: messages - known.acked.count_ones() as usize,
                pop_time: point.pop_time,
                revive_time: point.revive_time(),
                revive_queue_id: known.revive_queue_id,
                consumer: known.consumer.as_ref(),
            }
        })
    }

    /// How far each queue of the revive topic is worked off, and its end; only queues that were ever used.
    pub fn revive_offsets(&self) -> Vec<(QueueId, Option<QueueOffset>, QueueOffset)> {
        let topic = self.revive_topic();
        let queues = self.pop.revive.iter().enumerate().filter_map(|(number, service)| {
            let queue_id = QueueId(u32::try_from(number).unwrap_or(u32::MAX));
            let end = self.store.max_offset(&topic, queue_id);
            (end > QueueOffset(0)).then(|| (queue_id, service.revive_offset(), end))
        });
        queues.collect()
    }

    /// Pops that wait: who, topic, queue, until when.
    pub fn held_pops(&self) -> impl Iterator<Item = (&NodeId, &TopicName, QueueId, Instant)> {
        self.pop.polling.waiting()
    }
}
