//! Whether each client process consumed what it consumed in the recording.
//!
//! A recorded event and a delivery of the replay are the same when consumer, queue, position, key and retry count
//! are, and the moments fit. What is left over on either side is a disagreement of the report that it belongs to:
//! each report of a process is one fact, an empty one too. The order between messages is chance.
//!
//! Messages that POP has revived were copied by eight threads, one for each queue of the revive topic, and which of them
//! comes first on a busy machine is chance. So which message has which of their places in the retry queue is not
//! compared, but that they have the same places is, as one more fact.
//!
//! Nor is it compared of delayed messages and of transactions that the recording shows within the same second in one
//! queue: the broker's levels, or the answers to its checks, race for the places.
//!
//! From a freeze on, which messages went where is chance. What is compared then: every message whose send
//! succeeded is consumed, and after a thaw every other one too, from the broker that had been frozen, first within
//! the periods that RocketMQ needs to notice.

use std::collections::{BTreeMap, BTreeSet};

use lab_core::fact::{Fact, MessageAt, TraceEvent};
use lab_core::id::NodeId;
use lab_core::time::{Duration, Instant};

use super::script::{Event, Script};
use super::verdict::{BEHIND, SHORTEST, Verdict, ahead, fits};

/// A thawed broker is consumed from after at most one period of the route poll and one of the rebalance. Where in
/// its period the rebalance stands is chance: each time that it asked the frozen broker it was late.
const BACK: Duration = Duration::from_secs(50);

/// Who a node was, from a moment on: client process and name.
pub(super) type Lives = BTreeMap<NodeId, Vec<(Instant, String, String)>>;

/// A broker that was frozen.
#[derive(Clone, Debug)]
pub(super) struct Freeze {
    /// The broker.
    pub(super) node: NodeId,
    /// Its broker name.
    pub(super) broker_name: String,
    /// When.
    pub(super) at: Instant,
    /// When it went on.
    pub(super) thawed: Option<Instant>,
}

/// What makes two deliveries the same, but for the moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Delivery {
    by: String,
    topic: String,
    broker: String,
    queue: u32,
    offset: u64,
    key: Option<String>,
    reconsume_times: u32,
}

impl std::fmt::Display for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { by, topic, broker, queue, offset, key, reconsume_times } = self;
        let key = key.as_deref().unwrap_or("-");
        write!(f, "{by} {key} {topic}/{broker}/{queue}@{offset} reconsume {reconsume_times}")
    }
}

/// One report of a process: its step and when it was made.
#[derive(Clone, Copy, Debug)]
struct Report {
    step: usize,
    at: Instant,
}

/// Compares the consumption of all processes.
pub(super) struct Comparison<'a> {
    /// The recording.
    pub(super) script: &'a Script,
    /// What the replay noted.
    pub(super) trace: &'a [TraceEvent],
    /// Which node was which consumer.
    pub(super) lives: &'a Lives,
    /// Moments from which delays count, ascending.
    pub(super) causes: &'a [Instant],
    /// The freeze, when there was one.
    pub(super) freeze: Option<&'a Freeze>,
    /// Keys of messages that the broker moved to their queue at the same time.
    pub(super) racing: BTreeSet<String>,
}

/// Keys of delayed messages and of transactions that came within a second of another one in the same queue.
pub(super) fn racing(script: &Script) -> BTreeSet<String> {
    let is_moved = |order: &str| order.starts_with("sendtx ") || order.contains(" delay=");
    let steps = script.steps.iter().filter(|step| is_moved(&step.order));
    let moved: BTreeSet<_> =
        steps.flat_map(|step| step.sends().filter_map(|send| send.key.clone())).collect();
    let events = script.steps.iter().flat_map(|step| step.events.iter().flatten());
    let deliveries: Vec<_> = events
        .filter_map(recorded_delivery)
        .filter(|(_, delivery)| delivery.key.as_ref().is_some_and(|key| moved.contains(key)))
        .collect();
    let races = |(at, one): &(Instant, Delivery)| {
        deliveries.iter().any(|(other_at, other)| {
            at.as_millis().abs_diff(other_at.as_millis()) < SHORTEST.as_millis()
                && (&one.by, &one.topic, &one.broker, one.queue)
                    == (&other.by, &other.topic, &other.broker, other.queue)
                && one.key != other.key
        })
    };
    deliveries.iter().filter(|found| races(found)).filter_map(|(_, delivery)| delivery.key.clone()).collect()
}

impl Comparison<'_> {
    /// Notes one fact a report, and those of the freeze.
    pub(super) fn judge(&self, verdict: &mut Verdict) {
        let mut processes: BTreeMap<&str, Instant> = BTreeMap::new();
        for (from, process, _) in self.lives.values().flatten() {
            let first = processes.entry(process).or_insert(*from);
            *first = (*first).min(*from);
        }
        for (process, since) in processes {
            self.judge_process(process, since, verdict);
        }
        if let Some(freeze) = self.freeze {
            self.judge_freeze(freeze, verdict);
        }
    }

    /// Up to where events are compared one by one.
    fn exact_until(&self) -> Instant {
        self.freeze.map_or(Instant::NEVER, |freeze| freeze.at)
    }

    fn judge_process(&self, process: &str, since: Instant, verdict: &mut Verdict) {
        let reports: Vec<Report> = self
            .script
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.events.is_some() && step.process() == process && step.end >= since)
            .map(|(index, step)| Report { step: index, at: step.end })
            .filter(|report| report.at <= self.exact_until())
            .collect();
        let Some(last) = reports.last().copied() else {
            return;
        };
        let mut problems: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        let mut replayed = self.deliveries(process);
        for report in &reports {
            let events = self.script.steps[report.step].events.iter().flatten();
            for (at, mut delivery) in events.filter_map(recorded_delivery) {
                delivery.offset = self.comparable(&delivery);
                let cause =
                    self.causes.iter().rev().find(|cause| **cause <= at).copied().unwrap_or(Instant::ZERO);
                let moments = replayed.entry(delivery.clone()).or_default();
                match moments.iter().position(|moment| fits(*moment, at, cause)) {
                    Some(place) => {
                        moments.remove(place);
                    }
                    None => {
                        let seen: Vec<_> = moments.iter().map(ToString::to_string).collect();
                        let seen = if seen.is_empty() { "never".to_owned() } else { seen.join(" and ") };
                        problems
                            .entry(report.step)
                            .or_default()
                            .push(format!("recorded at {at}, replayed {seen}: {delivery}"));
                    }
                }
            }
        }
        if self.pops() || !self.racing.is_empty() {
            verdict.note(last.step, last.at, self.judge_places(process, &reports));
        }
        for (delivery, moments) in replayed {
            for moment in moments {
                // What the busy recorded machine may not have reached before its last report is no evidence.
                let report = reports.iter().find(|report| report.at >= moment);
                if let Some(report) = report.filter(|_| moment + ahead(Duration::ZERO) <= last.at) {
                    let text = format!("not recorded, replayed at {moment}: {delivery}");
                    problems.entry(report.step).or_default().push(text);
                }
            }
        }
        for report in reports {
            let problem = problems.remove(&report.step).map(|lines| {
                let events = if lines.len() == 1 { "event" } else { "events" };
                format!("consumption of process {process}, {} {events}:\n{}", lines.len(), lines.join("\n"))
            });
            verdict.note(report.step, report.at, problem);
        }
    }

    fn pops(&self) -> bool {
        super::wall_clock::pops(self.script)
    }

    /// The place of a delivery in its queue, or 0 where that is chance.
    fn comparable(&self, delivery: &Delivery) -> u64 {
        if self.has_raced(delivery.key.as_deref(), delivery.reconsume_times) { 0 } else { delivery.offset }
    }

    fn has_raced(&self, key: Option<&str>, reconsume_times: u32) -> bool {
        self.pops() && reconsume_times > 0 || key.is_some_and(|key| self.racing.contains(key))
    }

    /// Whether messages that had raced had the same places in the replay as in the recording.
    fn judge_places(&self, process: &str, reports: &[Report]) -> Option<String> {
        let events = reports.iter().flat_map(|report| self.script.steps[report.step].events.iter().flatten());
        let recorded: BTreeSet<_> = events
            .filter_map(recorded_delivery)
            .filter(|(_, delivery)| self.has_raced(delivery.key.as_deref(), delivery.reconsume_times))
            .map(|(_, delivery)| (delivery.broker, delivery.queue, delivery.offset))
            .collect();
        let is_ours = |event: &&TraceEvent| self.life(event).is_some_and(|(ours, _)| ours == process);
        let replayed: BTreeSet<_> = self
            .trace
            .iter()
            .filter(is_ours)
            .filter_map(delivered)
            .filter(|(message, reconsume_times)| self.has_raced(message.key.as_deref(), *reconsume_times))
            .map(|(message, _)| {
                let queue = &message.queue;
                (queue.broker_name.to_string(), queue.queue_id.0, message.offset.0)
            })
            .collect();
        let problem = format!("places of messages that raced: recorded {recorded:?}, replayed {replayed:?}");
        (recorded != replayed).then_some(problem)
    }

    /// What the consumers of a process were given up to the freeze.
    fn deliveries(&self, process: &str) -> BTreeMap<Delivery, Vec<Instant>> {
        let mut deliveries: BTreeMap<Delivery, Vec<Instant>> = BTreeMap::new();
        for event in self.trace.iter().filter(|event| event.at < self.exact_until()) {
            if let (Some((ours, by)), Some((message, reconsume_times))) = (self.life(event), delivered(event))
                && ours == process
            {
                let mut delivery = Delivery {
                    by: by.to_owned(),
                    topic: message.queue.topic.to_string(),
                    broker: message.queue.broker_name.to_string(),
                    queue: message.queue.queue_id.0,
                    offset: message.offset.0,
                    key: message.key.as_deref().map(str::to_owned),
                    reconsume_times,
                };
                delivery.offset = self.comparable(&delivery);
                deliveries.entry(delivery).or_default().push(event.at);
            }
        }
        deliveries
    }

    /// The client process and the name that an event's node had then.
    fn life(&self, event: &TraceEvent) -> Option<(&str, &str)> {
        let lives = self.lives.get(event.node.as_ref()?)?;
        let (_, process, name) = lives.iter().rev().find(|(from, ..)| *from <= event.at)?;
        Some((process, name))
    }

    fn judge_freeze(&self, freeze: &Freeze, verdict: &mut Verdict) {
        let Some((step, end)) = self.script.steps.iter().map(|step| step.end).enumerate().next_back() else {
            return;
        };
        let after = || self.trace.iter().filter(|event| event.at >= freeze.at);
        let (mut succeeded, mut failed) = (BTreeSet::new(), BTreeSet::new());
        let (mut consumed, mut kept) = (BTreeSet::new(), BTreeSet::new());
        for event in after() {
            match &event.fact {
                Fact::SendSucceeded { message, .. } => succeeded.extend(message.key.clone()),
                Fact::SendFailed { key, .. } => failed.extend(key.clone()),
                Fact::MessageStored { message, .. } if event.node.as_ref() == Some(&freeze.node) => {
                    kept.extend(message.key.clone());
                }
                Fact::MessageDelivered { message, .. } => consumed.extend(message.key.clone()),
                _ => {}
            }
        }
        let lost: Vec<_> = succeeded.difference(&consumed).map(|key| &**key).collect();
        let problem = format!("sent but never consumed: {}", lost.join(" "));
        verdict.note(step, end, (!lost.is_empty()).then_some(problem));
        let Some(thawed) = freeze.thawed else { return };

        let lost: Vec<_> =
            failed.iter().filter(|key| !kept.contains(*key) || !consumed.contains(*key)).collect();
        let lost: Vec<_> = lost.into_iter().map(|key| &**key).collect();
        let problem = format!("not on {} and consumed after the thaw: {}", freeze.node, lost.join(" "));
        verdict.note(step, end, (!lost.is_empty()).then_some(problem));

        let recorded = self
            .script
            .steps
            .iter()
            .flat_map(|step| step.events.iter().flatten())
            .filter_map(recorded_delivery)
            .filter(|(at, delivery)| *at > thawed && delivery.broker == freeze.broker_name)
            .map(|(at, _)| at)
            .min();
        let replayed = after().filter(|event| event.at > thawed).find(|event| {
            delivered(event)
                .is_some_and(|(message, _)| message.queue.broker_name.as_str() == freeze.broker_name)
        });
        let replayed = replayed.map(|event| event.at);
        if let Some(recorded) = recorded {
            let agrees = replayed.is_some_and(|replayed| replayed <= (thawed + BACK).max(recorded) + BEHIND);
            let moment = replayed.map_or_else(|| "never".to_owned(), |at| format!("at {at}"));
            let problem = format!(
                "first consumption from {} after the thaw at {thawed}: recorded at {recorded}, replayed {moment}",
                freeze.broker_name
            );
            verdict.note(step, recorded, (!agrees).then_some(problem));
        }
    }
}

fn recorded_delivery(event: &Event) -> Option<(Instant, Delivery)> {
    let Event::Consumed { at, by, topic, key, broker, queue, queue_offset, reconsume_times } = event else {
        return None;
    };
    let delivery = Delivery {
        by: by.clone(),
        topic: topic.clone(),
        broker: broker.clone(),
        queue: *queue,
        offset: *queue_offset,
        key: key.clone(),
        reconsume_times: *reconsume_times,
    };
    Some((*at, delivery))
}

fn delivered(event: &TraceEvent) -> Option<(&MessageAt, u32)> {
    match &event.fact {
        Fact::MessageDelivered { message, reconsume_times } => Some((message, *reconsume_times)),
        _ => None,
    }
}
