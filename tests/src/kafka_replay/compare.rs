//! What producers sent and what consumers met, compared over a whole run.

use std::fmt;

use lab_core::fact::{Fact, KafkaFact, TraceEvent};
use lab_core::rpc::kafka::{Marker, TopicPartition};
use lab_core::time::Instant;

use super::TOLERANCE_MS;
use super::script::{Event, Script};
use crate::replay::verdict::Verdict;

/// Exceptions of one kind that follow each other more closely are one run of them.
const SAME_RUN_MS: u64 = 1000;

/// A part of what consumers met.
#[derive(Clone, Debug)]
struct Part {
    step: usize,
    at: Instant,
    last_at: Instant,
    what: What,
    /// Offsets with the moments at which they were reached.
    reached: Vec<(u64, Instant)>,
}

impl Part {
    const fn is_of_rebalance(&self) -> bool {
        matches!(self.what, What::Assigned(_) | What::Revoked(_))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Assigned(String),
    Revoked(String),
    Consumed { first: u64, last: u64, count: u32, first_key: String, last_key: String },
    Failed { error: String, count: u32 },
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assigned(partitions) => write!(f, "assigned {partitions}"),
            Self::Revoked(partitions) => write!(f, "revoked {partitions}"),
            Self::Consumed { first, last, count, first_key, last_key } => {
                write!(f, "consumed {first}..{last}, {count} records, {first_key}..{last_key}")
            }
            Self::Failed { error, count } => write!(f, "{count} times {error}"),
        }
    }
}

/// Joins what belongs together: polls in a row, exceptions in a row.
fn push(parts: &mut Vec<Part>, step: usize, at: Instant, what: What) {
    if let Some(part) = parts.last_mut() {
        let gap = at.as_millis().saturating_sub(part.last_at.as_millis());
        match (&mut part.what, &what) {
            (
                What::Consumed { last, count, last_key, .. },
                What::Consumed { first: next, last: end, count: more, last_key: key, .. },
            ) if *next > *last => {
                (*last, *count, *last_key) = (*end, *count + more, key.clone());
                part.last_at = at;
                part.reached.push((*end, at));
                return;
            }
            (What::Failed { error, count }, What::Failed { error: other, count: more })
                if error == other && gap < SAME_RUN_MS =>
            {
                *count += more;
                part.last_at = at;
                return;
            }
            _ => {}
        }
    }
    let reached = if let What::Consumed { last, .. } = &what { vec![(*last, at)] } else { Vec::new() };
    parts.push(Part { step, at, last_at: at, what, reached });
}

fn recorded_parts(script: &Script) -> Vec<Part> {
    let mut all = Vec::new();
    for (step, event) in script
        .steps
        .iter()
        .enumerate()
        .flat_map(|(place, step)| step.events.iter().map(move |event| (place, event)))
    {
        let (at, what) = match event.clone() {
            Event::Assigned { partitions, at } => (at, What::Assigned(partitions)),
            Event::Revoked { partitions, at } => (at, What::Revoked(partitions)),
            Event::Consumed { count, first_offset: first, last_offset: last, first_key, last_key, at } => {
                (at, What::Consumed { first, last, count, first_key, last_key })
            }
            Event::PollFailed { error, at } => (at, What::Failed { error, count: 1 }),
            _ => continue,
        };
        all.push((at, step, what));
    }
    all.sort_by_key(|(at, step, _)| (*at, *step));
    let mut parts = Vec::new();
    for (at, step, what) in all {
        push(&mut parts, step, at, what);
    }
    parts
}

fn list(partitions: &[TopicPartition]) -> String {
    let names: Vec<_> = partitions.iter().map(ToString::to_string).collect();
    format!("[{}]", names.join(", "))
}

fn facts(trace: &[TraceEvent]) -> impl Iterator<Item = (Instant, &KafkaFact)> {
    trace.iter().filter_map(|event| match &event.fact {
        Fact::Kafka(fact) => Some((event.at, &**fact)),
        _ => None,
    })
}

fn replayed_parts(trace: &[TraceEvent], until: Instant) -> Vec<Part> {
    let mut parts = Vec::new();
    for (at, fact) in facts(trace).filter(|(at, _)| *at <= until) {
        let what = match fact {
            KafkaFact::Assigned(partitions) => What::Assigned(list(partitions)),
            KafkaFact::Revoked(partitions) => What::Revoked(list(partitions)),
            KafkaFact::Consumed { count, first, last, first_key, last_key, .. } => What::Consumed {
                first: *first,
                last: *last,
                count: *count,
                first_key: first_key.to_string(),
                last_key: last_key.to_string(),
            },
            KafkaFact::PollFailed(error) => What::Failed { error: error.to_string(), count: 1 },
            _ => continue,
        };
        push(&mut parts, 0, at, what);
    }
    parts
}

fn close(one: Instant, other: Instant) -> bool {
    one.as_millis().abs_diff(other.as_millis()) <= TOLERANCE_MS
}

/// How a part of the replay differs from the recorded one.
fn differ(recorded: &Part, replayed: &Part) -> Option<String> {
    let same = match (&recorded.what, &replayed.what) {
        // Polls of an application that ignores exceptions are not counted.
        (What::Failed { error, count }, What::Failed { error: other, count: found }) => {
            error == other && (*count > 3 || count == found)
        }
        (one, other) => one == other,
    };
    if !same {
        return Some(format!("recorded: {}\nthe lab: {}", recorded.what, replayed.what));
    }
    let in_time = close(recorded.at, replayed.at)
        && close(recorded.last_at, replayed.last_at)
        && recorded.reached.iter().all(|(offset, at)| {
            replayed
                .reached
                .iter()
                .find(|(other, _)| other >= offset)
                .is_some_and(|(_, other)| close(*at, *other))
        });
    (!in_time).then(|| {
        format!(
            "{}: recorded {} to {}, the lab {} to {}",
            recorded.what, recorded.at, recorded.last_at, replayed.at, replayed.last_at
        )
    })
}

/// Compares everything that is told by events.
pub(super) fn all(script: &Script, trace: &[TraceEvent], verdict: &mut Verdict) {
    let end = script.steps.last().map_or(Instant::ZERO, |step| step.end);
    let recorded = recorded_parts(script);
    let mut replayed = replayed_parts(trace, end);
    for part in &recorded {
        // Which of several members hears first of a rebalance is chance.
        let is_same = |found: &Part| part.is_of_rebalance() && differ(part, found).is_none();
        let here =
            replayed.iter().take_while(|found| close(part.at, found.at)).position(is_same).unwrap_or(0);
        let problem = match replayed.get(here) {
            Some(found) => differ(part, found),
            None => Some(format!("recorded: {}\nthe lab: nothing", part.what)),
        };
        if here < replayed.len() {
            replayed.remove(here);
        }
        verdict.note(part.step, part.at, problem);
    }
    if let Some(extra) = replayed.first()
        && extra.at.as_millis() + TOLERANCE_MS < end.as_millis()
    {
        let step = script.steps.len().saturating_sub(1);
        verdict.note(step, extra.at, Some(format!("recorded: nothing\nthe lab: {}", extra.what)));
    }
    positions(script, trace, verdict);
    sends(script, trace, verdict);
}

/// Every recorded position was one of the lab's at about that moment.
fn positions(script: &Script, trace: &[TraceEvent], verdict: &mut Verdict) {
    for (place, step) in script.steps.iter().enumerate() {
        for event in &step.events {
            let Event::Position { offset, at } = event else { continue };
            let found = facts(trace).filter(|(other, _)| close(*at, *other)).any(|(_, fact)| match fact {
                KafkaFact::Position { offset: other, .. } => other == offset,
                // Between two polls of the lab there may have been one of the recorder's.
                KafkaFact::Consumed { first, last, .. } => (*first..=*last + 1).contains(offset),
                _ => false,
            });
            let problem = (!found).then(|| format!("the lab has no position {offset} at about {at}"));
            verdict.note(place, *at, problem);
        }
    }
}

/// The recorder numbers transactions, the lab names the first record of each.
fn first_key(key: &str, records: u32) -> String {
    match key.rsplit_once('-').map(|(key, number)| (key, number.parse::<u32>())) {
        Some((key, Ok(number))) => format!("{key}-{}", number * records),
        _ => key.to_owned(),
    }
}

/// Whether a step's error is a producer's.
fn is_producers(order: &str) -> bool {
    ["send ", "txsend ", "txend"].iter().any(|verb| order.starts_with(verb))
}

fn sends(script: &Script, trace: &[TraceEvent], verdict: &mut Verdict) {
    let mut replayed = facts(trace).filter_map(|(_, fact)| match fact {
        KafkaFact::SendSucceeded { key, count, first, last, .. } => {
            Some(format!("sent {key} {count} {first}..{last}"))
        }
        KafkaFact::TransactionSent { key, records, first, last, end, .. } => {
            let end = end.map_or("open", Marker::word);
            Some(format!("sent {key} {records} {first}..{last} {end}"))
        }
        KafkaFact::SendFailed { error, .. } => Some(format!("failed {error}")),
        _ => None,
    });
    for (place, step) in script.steps.iter().enumerate() {
        for event in &step.events {
            let recorded = match event {
                Event::Sent { key, count, first_offset, last_offset, .. } => {
                    format!("sent {key} {count} {first_offset}..{last_offset}")
                }
                Event::SentInTransaction { key, records, first_offset, last_offset, end } => {
                    let key = first_key(key, *records);
                    format!("sent {key} {records} {first_offset}..{last_offset} {end}")
                }
                Event::Error { error } if is_producers(&step.order) => format!("failed {error}"),
                _ => continue,
            };
            let found = replayed.next().unwrap_or_else(|| "nothing".to_owned());
            let problem = (found != recorded).then(|| format!("recorded: {recorded}\nthe lab: {found}"));
            verdict.note(place, step.end, problem);
        }
    }
}
