//! What must hold, and what must happen at least once in many runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use lab_core::config::MessageModel;
use lab_core::fact::{Fact, SendStatus};
use lab_core::id::{MessageQueue, NodeId, QueueOffset};
use lab_core::lab::Lab;
use lab_core::store::MessageStore;
use lab_core::view::{NodeStatus, View};
use lab_core::world::Slot;

use super::plan::Plan;

/// Something that does not hold.
#[derive(Debug)]
pub struct Violation(String);

impl Violation {
    /// A violation that somebody else found.
    pub const fn new(why: String) -> Self {
        Self(why)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn violated<T>(why: impl Into<String>) -> Result<T, Violation> {
    Err(Violation(why.into()))
}

/// Surprising things that RocketMQ's rules allow; each should be seen in some run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sightings {
    /// A message was handed to the group twice.
    pub delivered_twice: bool,
    /// Two members held one queue at the same moment.
    pub shared_queue: bool,
    /// A broker's offset of a group went back.
    pub offset_went_back: bool,
    /// A message that a producer was told is stored was lost.
    pub acknowledged_lost: bool,
    /// A send failed although its message was stored.
    pub failed_but_stored: bool,
    /// A send was retried on another broker.
    pub retried: bool,
    /// A name server dropped a broker that said nothing for 120 s.
    pub silent_broker_dropped: bool,
}

impl Sightings {
    /// What was seen in either.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            delivered_twice: self.delivered_twice || other.delivered_twice,
            shared_queue: self.shared_queue || other.shared_queue,
            offset_went_back: self.offset_went_back || other.offset_went_back,
            acknowledged_lost: self.acknowledged_lost || other.acknowledged_lost,
            failed_but_stored: self.failed_but_stored || other.failed_but_stored,
            retried: self.retried || other.retried,
            silent_broker_dropped: self.silent_broker_dropped || other.silent_broker_dropped,
        }
    }

    /// The names of what was not seen.
    pub fn missing(self) -> Vec<&'static str> {
        [
            ("a message delivered twice", self.delivered_twice),
            ("two members with one queue", self.shared_queue),
            ("an offset that went back", self.offset_went_back),
            ("an acknowledged message lost under ASYNC_FLUSH", self.acknowledged_lost),
            ("a failed send that was stored", self.failed_but_stored),
            ("a send retried elsewhere", self.retried),
            ("a silent broker dropped", self.silent_broker_dropped),
        ]
        .into_iter()
        .filter(|(_, seen)| !seen)
        .map(|(name, _)| name)
        .collect()
    }
}

/// Checks what holds at every moment.
///
/// # Errors
/// What does not.
pub fn look(lab: &Lab, sightings: &mut Sightings) -> Result<(), Violation> {
    for (node, slot) in lab.world().slots() {
        if let Some(store) = slot.store() {
            queues_point_at_messages(node, store)?;
        }
    }
    sightings.shared_queue |= owners(&lab.view(0)).values().any(|owners| owners.len() > 1);
    Ok(())
}

/// A consume queue entry points at the record of the message that has its place.
fn queues_point_at_messages(node: &NodeId, store: &MessageStore) -> Result<(), Violation> {
    for ((topic, queue_id), queue) in store.queues() {
        for offset in (queue.min().0..queue.max().0).map(QueueOffset) {
            let message = store.message_at(topic, *queue_id, offset);
            let fits = message.is_some_and(|message| {
                message.message.topic == *topic
                    && message.queue_id == *queue_id
                    && message.queue_offset == offset
            });
            if !fits {
                return violated(format!("{node}: {topic}/q{queue_id}@{offset} points at no such message"));
            }
        }
    }
    if store.log().flushed() > store.log().max() || store.dispatched() > store.log().max() {
        return violated(format!("{node}: flushed or dispatched lies behind the end of the log"));
    }
    Ok(())
}

/// The living members that hold each queue.
fn owners(view: &View) -> BTreeMap<MessageQueue, Vec<NodeId>> {
    let mut owners: BTreeMap<MessageQueue, Vec<NodeId>> = BTreeMap::new();
    let members = view
        .consumers
        .iter()
        .filter(|consumer| consumer.model == MessageModel::Clustering && consumer.node.status.is_running());
    for consumer in members {
        for held in consumer.queues.iter().filter(|held| !held.queue.topic.is_retry()) {
            owners.entry(held.queue.clone()).or_default().push(consumer.node.id.clone());
        }
    }
    owners
}

/// Checks what holds once a healed cluster has settled.
///
/// # Errors
/// What does not.
pub fn at_the_end(lab: &Lab, plan: &Plan) -> Result<(), Violation> {
    every_event_has_a_cause(lab)?;
    everything_runs(lab)?;
    division_is_a_partition(lab)?;
    if plan.sync_flush || !plan.power_failures {
        no_acknowledged_message_is_lost(lab)?;
        // Where a log lost its tail, offsets lie behind its end and messages are skipped: the riddle of the notes.
        everything_is_consumed(lab)?;
    }
    a_replay_repeats_the_run(lab)
}

/// A chain of causes ends at an order, and only there.
fn every_event_has_a_cause(lab: &Lab) -> Result<(), Violation> {
    let is_sound = |event: &lab_core::fact::TraceEvent| match (&event.fact, event.cause) {
        (Fact::Ordered(_), None) => true,
        (_, Some(cause)) => cause < event.id,
        _ => false,
    };
    match lab.trace().iter().find(|event| !is_sound(event)) {
        Some(event) => violated(format!("no cause that comes before it: {event}")),
        None => Ok(()),
    }
}

fn everything_runs(lab: &Lab) -> Result<(), Violation> {
    let view = lab.view(0);
    let nodes = view.brokers.iter().map(|b| &b.node).chain(view.consumers.iter().map(|c| &c.node));
    match nodes.into_iter().find(|node| node.status != NodeStatus::Up) {
        Some(node) => violated(format!("{} is {:?} at the end", node.id, node.status)),
        None => Ok(()),
    }
}

/// Every readable queue of the topic has exactly one owner in the group.
fn division_is_a_partition(lab: &Lab) -> Result<(), Violation> {
    let view = lab.view(0);
    let owners = owners(&view);
    let topic = "T".into();
    for broker in view.brokers.iter().filter(|broker| broker.broker_id.is_master()) {
        for held in broker.topics.iter().filter(|held| held.topic == topic) {
            for queue in held.queues.iter().filter(|queue| queue.queue_id.0 < held.config.read_queue_nums) {
                let queue = MessageQueue {
                    topic: held.topic.clone(),
                    broker_name: broker.broker_name.clone(),
                    queue_id: queue.queue_id,
                };
                match owners.get(&queue).map_or(0, Vec::len) {
                    1 => {}
                    count => return violated(format!("{queue} has {count} owners at the end: {owners:?}")),
                }
            }
        }
    }
    Ok(())
}

/// The producer's ids of the messages in the masters' logs.
fn stored(lab: &Lab) -> BTreeSet<String> {
    let view = lab.view(0);
    let masters = view.brokers.iter().filter(|broker| broker.broker_id.is_master());
    let slots = masters.filter_map(|broker| lab.world().slots().get(&broker.node.id));
    let messages = slots.filter_map(Slot::store).flat_map(|store| store.log().messages());
    messages.filter_map(|message| message.message.unique_key()).map(ToString::to_string).collect()
}

/// What producers were told is safe.
fn acknowledged(lab: &Lab) -> BTreeSet<String> {
    let ok = lab.trace().iter().filter_map(|event| match &event.fact {
        Fact::SendSucceeded { message, status: SendStatus::SendOk, .. } => {
            Some(message.unique_key.to_string())
        }
        _ => None,
    });
    ok.collect()
}

fn no_acknowledged_message_is_lost(lab: &Lab) -> Result<(), Violation> {
    let stored = stored(lab);
    match acknowledged(lab).difference(&stored).next() {
        Some(lost) => violated(format!("{lost} was acknowledged and is lost")),
        None => Ok(()),
    }
}

/// At least once: every message in a master's log was handed to the group.
fn everything_is_consumed(lab: &Lab) -> Result<(), Violation> {
    let consumed: BTreeSet<_> = lab
        .trace()
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::MessageConsumed { message, .. } => Some(message.unique_key.to_string()),
            _ => None,
        })
        .collect();
    match stored(lab).difference(&consumed).next() {
        Some(missed) => violated(format!("{missed} is stored and was never consumed")),
        None => Ok(()),
    }
}

/// The recording alone gives the same run, and so does going back and forth.
fn a_replay_repeats_the_run(lab: &Lab) -> Result<(), Violation> {
    let (end, digest) = (lab.now(), lab.digest());
    let mut again = Lab::new(lab.recording().to_string().parse().expect("a recording reads as it prints"));
    again.run_until(end);
    if again.digest() != digest {
        return violated("a replay of the recording differs");
    }
    let middle = lab_core::time::Instant::from_millis(end.as_millis() / 2);
    again.go_to(middle);
    let half_way = again.view(3);
    let mut fresh = Lab::new(lab.recording().clone());
    fresh.run_until(middle);
    if fresh.view(3) != half_way || fresh.digest() != again.digest() {
        return violated(format!("going back to {middle} differs from a fresh run to it"));
    }
    again.go_to(end);
    if again.digest() != digest {
        return violated("going back and forth again differs");
    }
    Ok(())
}

/// Looks for the surprising things in a finished run.
pub fn sightings(lab: &Lab, seen: &mut Sightings) {
    let mut delivered = BTreeSet::new();
    let mut failed = BTreeSet::new();
    for event in lab.trace() {
        match &event.fact {
            Fact::MessageDelivered { message, .. } => {
                seen.delivered_twice |= !delivered.insert((message.queue.clone(), message.offset));
            }
            Fact::OffsetCommitted { before: Some(before), offset, .. } => {
                seen.offset_went_back |= offset < before;
            }
            Fact::SendFailed { unique_key, .. } => {
                failed.insert(unique_key.to_string());
            }
            Fact::SendRetried { .. } => seen.retried = true,
            Fact::BrokerRemoved { reason, .. } => {
                seen.silent_broker_dropped |= *reason == lab_core::fact::RemovalReason::ChannelIdle;
            }
            _ => {}
        }
    }
    let stored = stored(lab);
    seen.acknowledged_lost |= acknowledged(lab).difference(&stored).next().is_some();
    seen.failed_but_stored |= failed.intersection(&stored).next().is_some();
}
