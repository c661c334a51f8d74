//! Stretches of time in which nothing went through.

use std::collections::{BTreeMap, BTreeSet};

use arcstr::ArcStr;

use super::Send;
use crate::fact::{Fact, TraceEvent};
use crate::gather::{Arrange as _, Gather as _};
use crate::id::{BrokerName, EventId, NodeId};
use crate::time::{Duration, Instant};
use crate::view::View;

/// Shorter waits are the ordinary way of a message or of an answer.
const IN_PASSING: Duration = Duration::from_millis(1_000);

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stretch {
    /// Its first moment.
    pub from: Instant,
    /// Its last moment.
    pub to: Instant,
    /// What ended it; `None` when the run, or the sends, ended first.
    pub ended_by: Option<EventId>,
}

impl Stretch {
    /// How long it was.
    pub const fn length(&self) -> Duration {
        self.to.since(self.from)
    }
}

/// Stretches in order, none touching another, and what they add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretches {
    /// The stretches.
    pub all: Vec<Stretch>,
    /// Together, as far as they count.
    pub total: Duration,
}

impl Stretches {
    fn adding(all: Vec<Stretch>, shortest: Duration) -> Self {
        let counted = all.iter().map(Stretch::length).filter(|length| *length >= shortest);
        let total = counted.map(Duration::as_millis).sum();
        Self { total: Duration::from_millis(total), all }
    }

    /// The longest stretch, the first of several.
    pub fn worst(&self) -> Option<&Stretch> {
        self.all.iter().rev().max_by_key(|stretch| stretch.length())
    }

    /// Its length; zero without any.
    pub fn longest(&self) -> Duration {
        self.worst().map_or(Duration::ZERO, Stretch::length)
    }
}

/// When sends were tried and none went through.
pub(super) fn writes(sends: &[Send<'_>], view: &View, from: Instant) -> Stretches {
    let acks: Vec<&TraceEvent> =
        sends.iter().filter(|send| send.stored.is_some()).map(|send| send.event).collect();
    let under_way = view.producers.iter().flat_map(|producer| &producer.jobs);
    let under_way = under_way.filter_map(|job| job.waiting_for.as_ref());
    let under_way = under_way.map(|(_, _, since)| (*since, view.at));
    let under_way = under_way.filter(|(since, now)| now.since(*since) >= IN_PASSING);
    let is_smooth = |send: &&Send<'_>| send.stored.is_some_and(|stored| stored.attempts == 1);
    let ended = sends.iter().filter(|send| !is_smooth(send)).map(|send| (send.begun, send.event.at));
    let mut tried: Vec<(Instant, Instant)> = ended.chain(under_way).filter(|(_, to)| *to >= from).collect();
    tried.arrange();
    let last_try = tried.iter().map(|(_, to)| *to).max();
    let mut all: Vec<Stretch> = Vec::new();
    for (begun, _) in tried {
        let begun = begun.max(from);
        // A send that is answered in the very moment in which another begins does not end the waiting of that one.
        let ack = acks.get(acks.partition_point(|event| event.at <= begun));
        let to = ack.map(|event| event.at).or(last_try).unwrap_or(begun).max(begun);
        if all.last().is_none_or(|last| begun > last.to) {
            all.push(Stretch { from: begun, to, ended_by: ack.map(|event| event.id) });
        }
    }
    Stretches::adding(all, Duration::ZERO)
}

/// The longest silence of each broker name that has a broker, as long as anybody sent anything to anyone.
pub(super) fn silences(sends: &[Send<'_>], view: &View, from: Instant) -> Vec<(BrokerName, Stretch)> {
    let until = sends.iter().map(|send| send.event.at).max().unwrap_or(from);
    let names: BTreeSet<&BrokerName> = view.brokers.iter().map(|broker| &broker.broker_name).gather();
    let silence = |name: &BrokerName| {
        let is_of = |send: &&Send<'_>| {
            send.event.at >= from && send.stored.is_some_and(|stored| stored.broker_name == name)
        };
        let mut last = from;
        let mut all = Vec::new();
        for send in sends.iter().filter(is_of) {
            all.push(Stretch { from: last, to: send.event.at, ended_by: Some(send.event.id) });
            last = send.event.at;
        }
        all.push(Stretch { from: last, to: until.max(last), ended_by: None });
        Stretches::adding(all, Duration::ZERO).worst().copied()
    };
    names.into_iter().filter_map(|name| Some((name.clone(), silence(name)?))).collect()
}

/// When no listener of a group was called although something waited, and the first call after the moment.
pub(super) fn reads(
    trace: &[TraceEvent],
    acks: &[&Send<'_>],
    wants: &dyn Fn(&Send<'_>) -> bool,
    is_member: &dyn Fn(&NodeId) -> bool,
    (from, to): (Instant, Instant),
) -> (Stretches, Option<EventId>) {
    let wanted: BTreeMap<EventId, &ArcStr> =
        acks.iter().filter(|send| wants(send)).map(|send| (send.event.id, send.key)).gather();
    let mut got: BTreeSet<&ArcStr> = BTreeSet::new();
    let mut waiting: BTreeSet<&ArcStr> = BTreeSet::new();
    let mut since = None;
    let mut all = Vec::new();
    let mut first_read = None;
    for event in trace {
        if let Some(key) = wanted.get(&event.id).filter(|key| !got.contains(*key)) {
            waiting.insert(key);
            since = since.or(Some(event.at));
        }
        if let Fact::MessageDelivered { message, .. } = &event.fact
            && event.node.as_ref().is_some_and(is_member)
        {
            got.insert(&message.unique_key);
            waiting.remove(&message.unique_key);
            if event.at >= from {
                first_read = first_read.or(Some(event.id));
                let begun = since.map(|begun| begun.max(from));
                all.extend(begun.map(|from| Stretch { from, to: event.at, ended_by: Some(event.id) }));
            }
            since = (!waiting.is_empty()).then_some(event.at);
        }
    }
    if let Some(begun) = since {
        all.push(Stretch { from: begun.max(from), to: to.max(from), ended_by: None });
    }
    all.retain(|stretch| stretch.length() > Duration::ZERO);
    (Stretches::adding(all, IN_PASSING), first_read)
}
