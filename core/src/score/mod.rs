//! What a run cost its applications, counted from its trace: how long nothing could be written, how long nothing
//! was read, and what became of every message.
//!
//! One function, [`Score::of`], reads a run from a moment on, usually that of a fault. Every number is the length of a
//! list of events, so that whoever doubts it can look at each of them. It is written against the trace, the stores and
//! the [`View`] alone and knows no way of replication, so that all ways are counted alike.
//!
//! # How it is counted
//!
//! - **Without writes.** A stretch begins when a send begins that does not go through at its first attempt: it fails,
//!   it is tried again, or it has been under way for a second at the end. It ends with the next message that any producer is
//!   told is stored, whoever sent it. When none follows, it ends with the last send that was tried, because nobody
//!   can say whether a write that nobody tried would have failed. Sends that go through slowly, but at their first
//!   attempt, are writes and no stretch. Stretches that overlap are one.
//! - **Silence of a broker name.** The longest time in which no producer was told that a broker of this name had stored
//!   something, whether anybody tried this name or not, up to the last send of the run: producers keep away from a name
//!   that lost its master, and just that is what this number shows beside the one above.
//! - **Without reads.** For each group: a stretch begins when a message is acknowledged that the group has not got, or
//!   with the delivery before while such messages wait; it ends with the next message that any listener of the group
//!   is called with. Messages that are lost for good do not wait. Every message waits a little, so the total adds only
//!   stretches of a second and more.
//! - **Acknowledged**: sends that a producer was told are stored, in whichever words (`SEND_OK`, `FLUSH_SLAVE_TIMEOUT`
//!   and the like). **Failed**: sends whose producer got an exception.
//! - **Acknowledged and lost**: at the end the queue of every running master of its broker name has another message or
//!   none at its place. While no master of the name runs, a copy on any of its disks is only out of reach: such a
//!   message is not lost but not yet consumed. Counted over the whole run and not from the fault on, because what
//!   a fault takes was acknowledged just before it.
//! - **Stored without an acknowledgement**: the send failed, and yet consumers get the message.
//! - **Seen twice**: listeners of one group finished a message more than once; of a broadcasting group one and the same
//!   member. **Not yet consumed**: acknowledged, not lost, and no listener of the group has finished it.
//!
//! **Left out on purpose**: transactional messages, whose half messages are acknowledged before they count; topics of
//! RocketMQ's own; what a group with an SQL expression wants (its tags are followed); where a group began: what it
//! left behind because it began at the end of a queue counts as not yet consumed.
//!
//! **Invariants**: the same run and moment give the same score; nothing is changed; every event named is in the trace.

mod fate;
mod stretches;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use arcstr::ArcStr;

use crate::fact::{Fact, SendStatus, TraceEvent};
use crate::id::{BrokerName, EventId, GroupName, NodeId, TopicName};
use crate::names::is_system_topic;
use crate::time::{Duration, Instant};
use crate::view::View;
use crate::world::World;

pub use stretches::{Stretch, Stretches};

/// What a run cost from a moment on; the counting is told at the [module](self).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// From here.
    pub from: Instant,
    /// To here: where the run stands.
    pub to: Instant,
    /// When no send went through.
    pub writes: Stretches,
    /// The longest silence of each broker name, by name.
    pub silences: Vec<(BrokerName, Stretch)>,
    /// The acknowledgements (`send-succeeded`).
    pub acknowledged: Vec<EventId>,
    /// Those of them with another status than `SEND_OK`.
    pub doubtful: Vec<EventId>,
    /// The sends that failed (`send-failed`).
    pub failed: Vec<EventId>,
    /// Messages that were acknowledged and are lost.
    pub lost: Vec<Lost>,
    /// The failed sends whose message is stored all the same.
    pub unacknowledged: Vec<EventId>,
    /// What each group got, by group.
    pub groups: Vec<GroupScore>,
}

/// A message that was acknowledged and that no consumer will get any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Its acknowledgement.
    pub acknowledged: EventId,
    /// The producer's id of it.
    pub unique_key: ArcStr,
    /// Brokers on whose disk it still lies, though nobody is served from there.
    pub still_on: Vec<NodeId>,
    /// Whether every group that wanted it had consumed it before.
    pub was_consumed: bool,
}

/// What a consumer group got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupScore {
    /// The group.
    pub group: GroupName,
    /// When nothing reached a listener although something waited.
    pub reads: Stretches,
    /// The first delivery after the moment.
    pub first_read: Option<EventId>,
    /// The second consumption of each message that was consumed more than once, when it came after the moment.
    pub twice: Vec<EventId>,
    /// Acknowledgements of messages that are not consumed yet.
    pub pending: Vec<EventId>,
}

/// A send that ended, as its producer saw it.
#[derive(Clone, Debug)]
struct Send<'a> {
    event: &'a TraceEvent,
    begun: Instant,
    key: &'a ArcStr,
    /// Where it was stored; `None` when it failed.
    stored: Option<Stored<'a>>,
}

/// What a producer was told of a message that is stored.
#[derive(Clone, Copy, Debug)]
struct Stored<'a> {
    topic: &'a TopicName,
    broker_name: &'a BrokerName,
    status: SendStatus,
    attempts: u32,
}

impl Score {
    /// Counts a run from a moment on.
    pub fn of(trace: &[TraceEvent], world: &World, from: Instant) -> Self {
        let view = View::of(world, 0);
        let sends = sends(trace);
        let fates = fate::Fates::of(world, &view);
        let acks: Vec<&Send<'_>> = sends.iter().filter(|send| send.stored.is_some()).collect();
        let later = |send: &&Send<'_>| send.event.at >= from;
        let ids = |wanted: &dyn Fn(&Send<'_>) -> bool| -> Vec<EventId> {
            sends.iter().filter(later).filter(|send| wanted(send)).map(|send| send.event.id).collect()
        };
        let is_doubtful = |send: &Send<'_>| send.stored.is_some_and(|it| it.status != SendStatus::SendOk);
        let lost_keys: BTreeSet<&ArcStr> =
            acks.iter().map(|send| send.key).filter(|key| !fates.is_kept(key)).collect();
        let readers = Readers::of(trace, &view);
        let groups = readers.scores(trace, &acks, &lost_keys, (from, world.now()));
        let lost = lost(&acks, &fates, &readers, &lost_keys);
        Self {
            from,
            to: world.now(),
            writes: stretches::writes(&sends, &view, from),
            silences: stretches::silences(&sends, &view, from),
            acknowledged: ids(&|send| send.stored.is_some()),
            doubtful: ids(&is_doubtful),
            failed: ids(&|send| send.stored.is_none()),
            unacknowledged: ids(&|send| send.stored.is_none() && fates.is_kept(send.key)),
            lost,
            groups,
        }
    }

    /// Those of the lost messages that a group wanted and never got.
    pub fn never_read(&self) -> impl Iterator<Item = &Lost> {
        self.lost.iter().filter(|lost| !lost.was_consumed)
    }

    /// The longest time in which a group got nothing although something waited; zero without groups.
    pub fn longest_without_reads(&self) -> Duration {
        self.groups.iter().map(|group| group.reads.longest()).max().unwrap_or(Duration::ZERO)
    }
}

/// All sends that ended, but those of RocketMQ's own topics and of transactions.
fn sends(trace: &[TraceEvent]) -> Vec<Send<'_>> {
    let half: BTreeSet<&ArcStr> = trace
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::LocalTransactionEnded { unique_key, .. } => Some(unique_key),
            _ => None,
        })
        .collect();
    trace.iter().filter_map(send).filter(|send| !half.contains(send.key)).collect()
}

/// The send that ended with an event.
fn send(event: &TraceEvent) -> Option<Send<'_>> {
    let begun = |took: &Duration| Instant::from_millis(event.at.as_millis().saturating_sub(took.as_millis()));
    match &event.fact {
        Fact::SendSucceeded { message, status, attempts, took, .. } => {
            let (topic, broker_name) = (&message.queue.topic, &message.queue.broker_name);
            let stored = Stored { topic, broker_name, status: *status, attempts: *attempts };
            let send = Send { event, begun: begun(took), key: &message.unique_key, stored: Some(stored) };
            (!is_system_topic(topic.as_str())).then_some(send)
        }
        Fact::SendFailed { unique_key, took, .. } => {
            Some(Send { event, begun: begun(took), key: unique_key, stored: None })
        }
        _ => None,
    }
}

/// The groups and what each wants.
struct Readers<'a> {
    groups: BTreeMap<GroupName, Reader<'a>>,
    group_of: BTreeMap<NodeId, GroupName>,
}

/// How often a message was finished, and the second time.
#[derive(Default)]
struct Finished<'a> {
    times: u32,
    second: Option<&'a TraceEvent>,
}

/// One group.
struct Reader<'a> {
    topics: BTreeSet<TopicName>,
    /// `None` for every tag.
    tags: Option<BTreeSet<String>>,
    /// Whether each member gets every message.
    is_broadcasting: bool,
    /// The messages that were finished, in broadcasting by each member.
    finished: BTreeMap<(Option<&'a NodeId>, &'a ArcStr), Finished<'a>>,
    /// Tags of messages, as brokers stored them.
    tag_of: BTreeMap<&'a ArcStr, &'a str>,
}

impl<'a> Readers<'a> {
    fn of(trace: &'a [TraceEvent], view: &View) -> Self {
        let mut readers = Self { groups: BTreeMap::new(), group_of: BTreeMap::new() };
        for consumer in &view.consumers {
            readers.group_of.insert(consumer.node.id.clone(), consumer.group.clone());
            let reader = readers.groups.entry(consumer.group.clone()).or_insert_with(|| Reader {
                topics: BTreeSet::new(),
                tags: tags(&consumer.tags),
                is_broadcasting: consumer.model == crate::config::MessageModel::Broadcasting,
                finished: BTreeMap::new(),
                tag_of: BTreeMap::new(),
            });
            reader.topics.extend(consumer.topics.iter().cloned());
        }
        for event in trace {
            readers.take_in(event);
        }
        readers
    }

    fn take_in(&mut self, event: &'a TraceEvent) {
        use crate::fact::ListenerResult;
        match &event.fact {
            Fact::MessageStored { message, tag: Some(tag), .. } => {
                for reader in self.groups.values_mut() {
                    reader.tag_of.insert(&message.unique_key, tag);
                }
            }
            Fact::MessageConsumed { message, result: ListenerResult::Success } => {
                let Some(node) = &event.node else { return };
                let Some(reader) = self.group_of.get(node).and_then(|group| self.groups.get_mut(group))
                else {
                    return;
                };
                let member = reader.is_broadcasting.then_some(node);
                let finished = reader.finished.entry((member, &message.unique_key)).or_default();
                finished.times += 1;
                if finished.times == 2 {
                    finished.second = Some(event);
                }
            }
            _ => {}
        }
    }

    fn scores(
        &self,
        trace: &[TraceEvent],
        acks: &[&Send<'_>],
        lost: &BTreeSet<&ArcStr>,
        span: (Instant, Instant),
    ) -> Vec<GroupScore> {
        let score = |(group, reader): (&GroupName, &Reader<'_>)| {
            let wants = |send: &Send<'_>| reader.wants(send) && !lost.contains(send.key);
            let is_member = |node: &NodeId| self.group_of.get(node) == Some(group);
            let (reads, first_read) = stretches::reads(trace, acks, &wants, &is_member, span);
            let pending = acks.iter().filter(|send| wants(send) && !reader.has_finished(send.key));
            let twice = reader.finished.values().filter_map(|finished| finished.second);
            let mut twice: Vec<EventId> =
                twice.filter(|event| event.at >= span.0).map(|event| event.id).collect();
            twice.sort_unstable();
            GroupScore {
                group: group.clone(),
                reads,
                first_read,
                twice,
                pending: pending.map(|send| send.event.id).collect(),
            }
        };
        self.groups.iter().map(score).collect()
    }

    /// Whether all groups that want a message have finished it.
    fn have_finished(&self, send: &Send<'_>) -> bool {
        self.groups.values().all(|reader| !reader.wants(send) || reader.has_finished(send.key))
    }
}

impl Reader<'_> {
    fn wants(&self, send: &Send<'_>) -> bool {
        let tag = self.tag_of.get(send.key).copied().unwrap_or_default();
        send.stored.is_some_and(|stored| self.topics.contains(stored.topic))
            && self.tags.as_ref().is_none_or(|tags| tags.contains(tag))
    }

    fn has_finished(&self, key: &ArcStr) -> bool {
        if self.is_broadcasting {
            return self.finished.keys().any(|(_, known)| *known == key);
        }
        self.finished.contains_key(&(None, key))
    }
}

/// The tags of an expression; `None` for `*` and for anything that is no list of tags.
fn tags(expression: &str) -> Option<BTreeSet<String>> {
    let tags: BTreeSet<String> = expression.split("||").map(|tag| tag.trim().to_owned()).collect();
    let is_list = tags.iter().all(|tag| !tag.is_empty() && tag != "*" && !tag.contains(char::is_whitespace));
    is_list.then_some(tags)
}

fn lost(
    acks: &[&Send<'_>],
    fates: &fate::Fates<'_>,
    readers: &Readers<'_>,
    keys: &BTreeSet<&ArcStr>,
) -> Vec<Lost> {
    let of = |send: &&&Send<'_>| keys.contains(send.key);
    let lost = |send: &&Send<'_>| Lost {
        acknowledged: send.event.id,
        unique_key: ArcStr::clone(send.key),
        still_on: fates.disks_with(send.key),
        was_consumed: readers.have_finished(send),
    };
    acks.iter().filter(of).map(lost).collect()
}
