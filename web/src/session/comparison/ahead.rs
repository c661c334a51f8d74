//! The account of a case of the riddle: what the tool said when, what was read after the restore, how it ended.

use std::collections::BTreeSet;

use lab_core::fact::{Fact, KafkaFact, ListenerResult, TraceEvent};
use lab_core::gather::Gather as _;
use lab_core::id::EventId;
use lab_core::lab::Lab;
use lab_core::time::Instant;

use super::measure::{Cell, Measure, Output, Value};
use crate::labs::LabId;

/// The topic of the riddle.
const TOPIC: &str = "Orders";
/// The offset that the group had committed.
const COMMITTED: u64 = 100;
/// The moments at which the tool is asked, in their order.
const MOMENTS: [Measure; 3] = [Measure::Restored, Measure::Below, Measure::Passed];

/// How a group fared whose offset was ahead of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was sent back, and went on from this offset.
    SentBack(u64),
    /// It went on where it had stopped, once the log had come so far.
    WentOn(u64),
    /// It has read nothing any more.
    StandsStill,
}

/// The cells of a case in the order of its rows, and what the tool printed.
pub(super) fn of_case(lab: &Lab, restored: Instant) -> (Vec<Cell>, Vec<Output>) {
    let outputs = outputs(lab.trace());
    let reads = reads(lab.trace(), restored);
    let end = outputs.iter().rev().find_map(|(_, output)| progress(&output.text)).map_or(0, |(_, end)| end);
    let read: BTreeSet<u64> = reads.iter().map(|(offset, _)| *offset).gather();
    let never: BTreeSet<u64> = (0..end).filter(|offset| !read.contains(offset)).gather();
    let cell = |measure: &Measure| match measure {
        Measure::Read => Cell {
            value: Value::Ranges(ranges(&read)),
            notes: Vec::new(),
            events: reads.iter().map(|(_, id)| *id).collect::<BTreeSet<_>>().into_iter().collect(),
        },
        Measure::NeverRead => {
            Cell { value: Value::Ranges(ranges(&never)), notes: Vec::new(), events: Vec::new() }
        }
        Measure::Outcome => outcome(lab.trace(), restored, &reads),
        moment => asked(&outputs, *moment),
    };
    let cells = Measure::rows(LabId::Riddle).iter().map(cell).collect();
    (cells, outputs.into_iter().map(|(_, output)| output).collect())
}

/// What the tool printed, in order, each with its event.
fn outputs(trace: &[TraceEvent]) -> Vec<(EventId, Output)> {
    let answered = trace.iter().filter_map(|event| match &event.fact {
        Fact::MqadminAnswered { line, output } => {
            Some((event, format!("mqadmin {line}"), output.to_string()))
        }
        Fact::Kafka(fact) => match &**fact {
            KafkaFact::Answered { line, output } if line.starts_with("kafka-consumer-groups") => {
                Some((event, line.to_string(), output.to_string()))
            }
            _ => None,
        },
        _ => None,
    });
    let named = MOMENTS.into_iter().zip(answered);
    named
        .map(|(moment, (event, line, text))| (event.id, Output { moment, at: event.at, line, text }))
        .collect()
}

/// The offsets that were consumed after the restore, in order of time.
fn reads(trace: &[TraceEvent], restored: Instant) -> Vec<(u64, EventId)> {
    let offsets = |event: &TraceEvent| match &event.fact {
        Fact::MessageConsumed { message, result: ListenerResult::Success }
            if message.queue.topic.as_str() == TOPIC =>
        {
            Some(message.offset.0..=message.offset.0)
        }
        Fact::Kafka(fact) => match &**fact {
            KafkaFact::Consumed { first, last, .. } => Some(*first..=*last),
            _ => None,
        },
        _ => None,
    };
    let later = trace.iter().filter(|event| event.at >= restored);
    later.flat_map(|event| offsets(event).into_iter().flatten().map(|offset| (offset, event.id))).collect()
}

fn outcome(trace: &[TraceEvent], restored: Instant, reads: &[(u64, EventId)]) -> Cell {
    let corrected = trace.iter().find_map(|event| match &event.fact {
        Fact::OffsetCorrected { to, queue, .. } if event.at >= restored && queue.topic.as_str() == TOPIC => {
            Some((to.0, event.id))
        }
        _ => None,
    });
    let (outcome, event) = match (corrected, reads.first()) {
        (Some((to, id)), _) => (Outcome::SentBack(to), Some(id)),
        // Kafka's clients look for a position themselves.
        (None, Some((first, id))) if *first < COMMITTED => (Outcome::SentBack(*first), Some(*id)),
        (None, Some((first, id))) => (Outcome::WentOn(*first), Some(*id)),
        (None, None) => (Outcome::StandsStill, None),
    };
    Cell { value: Value::Outcome(outcome), notes: Vec::new(), events: event.into_iter().collect() }
}

fn asked(outputs: &[(EventId, Output)], moment: Measure) -> Cell {
    let found = outputs.iter().find(|(_, output)| output.moment == moment);
    let value =
        found.and_then(|(_, output)| progress(&output.text)).map_or(Value::Missing, |(offset, end)| {
            Value::Progress { offset, end, lag: end.cast_signed().saturating_sub(offset.cast_signed()) }
        });
    Cell { value, notes: Vec::new(), events: found.map(|(id, _)| *id).into_iter().collect() }
}

/// The group's offset and the end of the log in the table that `consumerProgress` or `kafka-consumer-groups` prints.
fn progress(text: &str) -> Option<(u64, u64)> {
    let is_kafka = text.contains("CURRENT-OFFSET");
    let topic = usize::from(is_kafka);
    let row = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = row.into_iter().find(|words| words.get(topic) == Some(&TOPIC))?;
    let mut numbers = row.into_iter().skip(3).map(str::parse::<u64>);
    let (first, second) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some(if is_kafka { (first, second) } else { (second, first) })
}

/// Numbers as ranges without gaps.
fn ranges(numbers: &BTreeSet<u64>) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tools_are_read_alike() {
        let rocketmq = "#Topic #Broker Name #QID #Broker Offset #Consumer Offset #Diff\n\
                        %RETRY%order-cg broker-a 0 0 0 0\nOrders broker-a 0 10 100 -90";
        let kafka = "\nGROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG\norder-cg Orders 0 100 10 -90";
        assert_eq!(progress(rocketmq), Some((100, 10)));
        assert_eq!(progress(kafka), Some((100, 10)));
        assert_eq!(progress("nothing of the kind"), None);
    }

    #[test]
    fn numbers_join_into_ranges() {
        assert_eq!(ranges(&BTreeSet::from([0, 1, 2, 7, 9, 10])), [(0, 2), (7, 7), (9, 10)]);
    }
}
