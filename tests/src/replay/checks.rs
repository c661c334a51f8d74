//! Whether brokers asked about the same transactions as in the recording, and were answered the same.
//!
//! A recorded question and a replayed one are the same when key, number and answer are, and the moments fit. The order
//! within one round of questions is chance.

use std::collections::BTreeSet;

use lab_core::fact::{Fact, TraceEvent};
use lab_core::id::NodeId;
use lab_core::time::{Duration, Instant};

use super::script::{Event, Script};
use super::verdict::{Verdict, ahead, fits};

/// A question about a transaction: its key, which one it is, and the answer.
type Check = (Option<String>, u32, String);

/// Notes one fact a recorded question, and one for all that were not recorded.
pub(super) fn judge(
    script: &Script,
    trace: &[TraceEvent],
    producers: &BTreeSet<&NodeId>,
    causes: &[Instant],
    verdict: &mut Verdict,
) {
    let is_ours = |event: &&TraceEvent| event.node.as_ref().is_some_and(|node| producers.contains(node));
    let mut replayed: Vec<(Instant, Check)> =
        trace.iter().filter(is_ours).filter_map(replayed_check).collect();
    let reports = script.steps.iter().enumerate();
    for (step, event) in
        reports.clone().flat_map(|(i, step)| step.events.iter().flatten().map(move |e| (i, e)))
    {
        let Event::Checked { at, key, time, answer } = event else { continue };
        let cause = causes.iter().rev().find(|cause| *cause <= at).copied().unwrap_or(Instant::ZERO);
        let check = (key.clone(), *time, answer.clone());
        let place = replayed.iter().position(|(moment, other)| *other == check && fits(*moment, *at, cause));
        let problem = place.is_none().then(|| {
            let same = replayed.iter().filter(|(_, other)| other.0 == check.0);
            let seen: Vec<_> =
                same.map(|(moment, (_, time, answer))| format!("{time} {answer} at {moment}")).collect();
            format!("check {time} of {} {answer} at {at}; replayed {seen:?}", key.as_deref().unwrap_or("-"))
        });
        verdict.note(step, *at, problem);
        place.map(|place| replayed.remove(place));
    }
    let Some((last, end)) = reports.filter(|(_, s)| s.events.is_some()).map(|(i, s)| (i, s.end)).next_back()
    else {
        return;
    };
    // What the busy recorded machine may not have reached before its last report is no evidence.
    replayed.retain(|(moment, _)| *moment + ahead(Duration::ZERO) <= end);
    if let Some((moment, (key, time, answer))) = replayed.first() {
        let key = key.as_deref().unwrap_or("-");
        verdict.note(last, end, Some(format!("not recorded: check {time} of {key} {answer} at {moment}")));
    }
}

fn replayed_check(event: &TraceEvent) -> Option<(Instant, Check)> {
    match &event.fact {
        Fact::LocalTransactionChecked { key, times, answer, .. } => {
            Some((event.at, (key.as_deref().map(str::to_owned), *times, answer.to_string())))
        }
        _ => None,
    }
}
