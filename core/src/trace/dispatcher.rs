//! When the contexts of a client leave it, and in which messages.
//!
//! A thread of the client looks at what was appended: V5 every 5 ms, V4 at the end of each window of 100 ms. V5 sends a
//! batch when enough contexts wait or more than 5 s have passed since the last batch, so the first context after a
//! quiet time leaves at once; a batch becomes one message for each topic traced. V4 sends everything in one message
//! when the oldest context has waited for 500 ms, or as soon as there is too much of it.
//!
//! **In RocketMQ**: `AsyncTraceDispatcher`. Its threads that put the messages together take no time here.
//!
//! **Left out on purpose**: that a sleep of 5 ms takes a little longer on a real machine.
//!
//! **Invariant**: the thread looks at whole periods after the start of the client only.

use std::collections::VecDeque;

use arcstr::ArcStr;

use super::{CONTENT_SPLITTER, TraceContext};
use crate::config::Profile;
use crate::hash_order::in_name_order;
use crate::id::TopicName;
use crate::time::{Duration, Instant};

/// Sleep between two looks (V5).
const SLEEP: Duration = Duration::from_millis(5);
/// After this long V5 sends whatever waits (`flushTraceInterval`).
const FLUSH_TRACE_INTERVAL: Duration = Duration::from_secs(5);
/// Contexts that may wait (V5, `traceContextQueue`); more are lost. V4 moves each on at once.
const QUEUE_CAPACITY: usize = 2048;
/// Most contexts in a batch, whatever `traceMsgBatchNum` says (V5).
const BATCH_MOST: u32 = 20;
/// Length of a window of V4 (`pollingTimeMil`).
const POLLING_TIME: Duration = Duration::from_millis(100);
/// How long the oldest context waits in V4 (`waitTimeThresholdMil`).
const WAIT_TIME_THRESHOLD: Duration = Duration::from_millis(500);
/// Largest body of a trace message in bytes (`maxMsgSize`).
pub const MAX_MSG_SIZE: usize = 128_000;
/// V4 sends when so much of that is full.
const SEGMENT_FULL: usize = MAX_MSG_SIZE - 10_000;

/// What is to be sent as one trace message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceData {
    /// The contexts as text.
    pub body: String,
    /// The keys of all of them, in the order of a Java hash set.
    pub keys: Vec<ArcStr>,
}

/// The contexts of one client that have not left it.
#[derive(Clone, Debug)]
pub struct TraceDispatcher {
    started: Instant,
    gathering: Gathering,
}

#[derive(Clone, Debug)]
enum Gathering {
    V4(Segment),
    V5(Queue),
}

/// What V4 has gathered (`TraceDataSegment`).
#[derive(Clone, Debug, Default)]
struct Segment {
    contexts: Vec<TraceContext>,
    first_added: Option<Instant>,
    size: usize,
}

/// What waits in V5 (`traceContextQueue`).
#[derive(Clone, Debug)]
struct Queue {
    trace_topic: TopicName,
    contexts: VecDeque<TraceContext>,
    batch_num: usize,
    last_flush: Instant,
}

impl TraceDispatcher {
    /// The dispatcher of a client that starts now. `batch_num` (`traceMsgBatchNum`) counts in V5 only, and so does the
    /// name of the trace topic, by which the messages of a batch are ordered.
    pub fn new(profile: Profile, batch_num: u32, trace_topic: TopicName, now: Instant) -> Self {
        let gathering = match profile {
            Profile::V4 => Gathering::V4(Segment::default()),
            Profile::V5 => Gathering::V5(Queue {
                trace_topic,
                contexts: VecDeque::new(),
                batch_num: batch_num.min(BATCH_MOST) as usize,
                last_flush: now,
            }),
        };
        Self { started: now, gathering }
    }

    /// Takes a context; returns what is full already. With too many waiting it is lost, and nobody is told.
    pub fn append(&mut self, now: Instant, context: TraceContext) -> Option<TraceData> {
        match &mut self.gathering {
            Gathering::V4(segment) => segment.add(now, context),
            Gathering::V5(queue) => {
                if queue.contexts.len() < QUEUE_CAPACITY {
                    queue.contexts.push_back(context);
                }
                None
            }
        }
    }

    /// When something is to be sent, unless more comes; `None` while nothing waits.
    pub fn next_look(&self, now: Instant) -> Option<Instant> {
        match &self.gathering {
            Gathering::V4(segment) => {
                // At the end of the window in which it gets that old, or of the next one.
                let nearly_due =
                    segment.first_added? + WAIT_TIME_THRESHOLD.saturating_sub(Duration::from_millis(1));
                Some(self.look_after(nearly_due, POLLING_TIME))
            }
            Gathering::V5(queue) => {
                // With batches of 0 nothing ever leaves, as in RocketMQ.
                if queue.contexts.is_empty() || queue.batch_num == 0 {
                    return None;
                }
                let is_full = queue.contexts.len() >= queue.batch_num;
                let due = if is_full { now } else { now.max(queue.last_flush + FLUSH_TRACE_INTERVAL) };
                Some(self.look_after(due, SLEEP))
            }
        }
    }

    /// The first look after this moment.
    fn look_after(&self, moment: Instant, period: Duration) -> Instant {
        let looks = moment.since(self.started).as_millis() / period.as_millis() + 1;
        self.started + Duration::from_millis(looks * period.as_millis())
    }

    /// The thread looks: what is to be sent now.
    pub fn look(&mut self, now: Instant) -> Vec<TraceData> {
        match &mut self.gathering {
            Gathering::V4(segment) => {
                let waits = |added: Instant| now.since(added) >= WAIT_TIME_THRESHOLD;
                if segment.first_added.is_some_and(waits) {
                    segment.take().into_iter().collect()
                } else {
                    Vec::new()
                }
            }
            Gathering::V5(queue) => queue.look(now),
        }
    }

    /// Everything, at a graceful stop (`AsyncTraceDispatcher.flush`).
    pub fn flush(&mut self) -> Vec<TraceData> {
        match &mut self.gathering {
            Gathering::V4(segment) => segment.take().into_iter().collect(),
            Gathering::V5(queue) => {
                let mut data = Vec::new();
                while queue.batch_num > 0 && !queue.contexts.is_empty() {
                    data.extend(queue.take_batch());
                }
                data
            }
        }
    }
}

impl Segment {
    fn add(&mut self, now: Instant, context: TraceContext) -> Option<TraceData> {
        self.first_added.get_or_insert(now);
        self.size += java_length(&context.to_string());
        self.contexts.push(context);
        if self.size >= SEGMENT_FULL { self.take() } else { None }
    }

    fn take(&mut self) -> Option<TraceData> {
        let Self { contexts, .. } = std::mem::take(self);
        let mut message = Message::default();
        contexts.iter().for_each(|context| message.add(context));
        message.take()
    }
}

impl Queue {
    fn look(&mut self, now: Instant) -> Vec<TraceData> {
        let mut data = Vec::new();
        // After a batch the thread looks again without a sleep.
        while self.batch_num > 0
            && !self.contexts.is_empty()
            && (self.contexts.len() >= self.batch_num || now.since(self.last_flush) > FLUSH_TRACE_INTERVAL)
        {
            data.extend(self.take_batch());
            self.last_flush = now;
        }
        data
    }

    /// A message for each topic traced, in the order of a Java hash table (`sendTraceData`).
    fn take_batch(&mut self) -> Vec<TraceData> {
        let batch = self.contexts.drain(..self.batch_num.min(self.contexts.len()));
        let mut by_topic: Vec<(TopicName, Vec<TraceContext>)> = Vec::new();
        for context in batch.filter(|context| context.region().is_some()) {
            let Some(topic) = context.topic().cloned() else { continue };
            match by_topic.iter_mut().find(|(known, _)| *known == topic) {
                Some((_, contexts)) => contexts.push(context),
                None => by_topic.push((topic, vec![context])),
            }
        }
        let by_topic =
            in_name_order(by_topic, |(topic, _)| format!("{topic}{CONTENT_SPLITTER}{}", self.trace_topic));
        by_topic.iter().flat_map(|(_, contexts)| messages_of(contexts)).collect()
    }
}

/// One message, or several when the contexts are long (`flushData`).
fn messages_of(contexts: &[TraceContext]) -> Vec<TraceData> {
    let (mut data, mut message) = (Vec::new(), Message::default());
    for context in contexts {
        message.add(context);
        if java_length(&message.body) >= MAX_MSG_SIZE {
            data.extend(message.take());
        }
    }
    data.extend(message.take());
    data
}

/// `String.length`.
fn java_length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// A message that is being put together.
#[derive(Default)]
struct Message {
    body: String,
    keys: Vec<ArcStr>,
}

impl Message {
    fn add(&mut self, context: &TraceContext) {
        self.body.push_str(&context.to_string());
        for key in context.trans_keys() {
            if !self.keys.iter().any(|known| **known == *key) {
                self.keys.push(key.into());
            }
        }
    }

    fn take(&mut self) -> Option<TraceData> {
        let Self { body, keys } = std::mem::take(self);
        (!body.is_empty()).then(|| TraceData { body, keys: in_name_order(keys, |key| key.to_string()) })
    }
}
