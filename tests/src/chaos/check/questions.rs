//! Properties of the tool, and of the lab itself: what only asks changes nothing, and a recording is all it takes.

use std::collections::{BTreeMap, BTreeSet};

use lab_core::command::Command;
use lab_core::fact::{Fact, TraceEvent};
use lab_core::id::EventId;
use lab_core::lab::Lab;
use lab_core::recording::Recording;
use lab_core::rng::Ratio;
use lab_core::time::Instant;

use super::super::disorder::is_question;
use super::{Verdict, verdict};

/// Every run of the tool came to an end, with an answer or with an error that it printed.
pub(super) fn the_tool_answers(lab: &Lab) -> Verdict {
    let mut open: BTreeMap<&str, Vec<&TraceEvent>> = BTreeMap::new();
    for event in lab.trace() {
        match &event.fact {
            Fact::Ordered(command) => {
                if let Command::Mqadmin(line) = &**command {
                    open.entry(line).or_default().push(event);
                }
            }
            Fact::MqadminAnswered { line, .. } => {
                open.entry(line).or_default().pop();
            }
            _ => {}
        }
    }
    verdict("the tool answers", open.values().flatten().next())
}

/// A line for the tool that reaches no server. It takes the place of a question, so that the runs of the tool behind
/// it keep their numbers.
const ASKS_NOBODY: &str = "help topicRoute";

/// Without the questions the run is the same, but for what the questions themselves left in the trace. Only where the
/// network leaves nothing to chance: a frame more on a link moves the latencies of those behind it.
///
/// # Errors
/// The first line that differs.
pub fn questions_change_nothing(lab: &Lab) -> Verdict {
    let setup = lab.setup();
    if setup.loss != Ratio::ZERO || setup.latency.high() > setup.latency.low() {
        return Ok(());
    }
    let mut quiet = lab.recording().clone();
    for (_, command) in quiet.commands.iter_mut().filter(|(_, command)| asks(command)) {
        *command = Command::Mqadmin(ASKS_NOBODY.into());
    }
    let quiet = replay(quiet, lab.now());
    let (expected, happened) = (beside_questions(&quiet), beside_questions(lab));
    let pairs = expected.iter().zip(happened.iter().map(Some).chain(std::iter::repeat(None)));
    let mut different = pairs.filter(|(expected, happened)| Some(*expected) != *happened);
    let why =
        different.next().map(|(expected, happened)| format!("{expected}\nwith questions: {happened:?}"));
    let more = (happened.len() > expected.len()).then(|| "more happened with questions".to_owned());
    verdict("questions change nothing", why.or(more))
}

fn asks(command: &Command) -> bool {
    matches!(command, Command::Mqadmin(line) if is_question(line))
}

/// The trace without what questions caused, as text: numbers of events differ.
fn beside_questions(lab: &Lab) -> Vec<String> {
    let mut of_questions: BTreeSet<EventId> = BTreeSet::new();
    let mut rest = Vec::new();
    for event in lab.trace() {
        let is_order = matches!(&event.fact, Fact::Ordered(command) if asks(command));
        // The inputs that a halted server found waiting are more when somebody asked it meanwhile.
        let counts_inputs = matches!(event.fact, Fact::Thawed { .. });
        if is_order || event.cause.is_some_and(|cause| of_questions.contains(&cause)) {
            of_questions.insert(event.id);
        } else if !counts_inputs {
            rest.push(event.to_string());
        }
    }
    rest
}

fn replay(recording: Recording, end: Instant) -> Lab {
    let mut lab = Lab::new(recording);
    lab.run_until(end);
    lab
}

/// The recording alone gives the same run, and so does going back and forth.
///
/// # Errors
/// What differs.
pub fn a_replay_repeats_the_run(lab: &Lab) -> Verdict {
    const KIND: &str = "a replay repeats the run";
    let (end, digest) = (lab.now(), lab.digest());
    let text = lab.recording().to_string();
    let Ok(recording) = text.parse() else {
        return verdict(KIND, Some("the recording does not read as it prints"));
    };
    let mut again = replay(recording, end);
    verdict(KIND, (again.digest() != digest).then_some("the replay of the recording differs"))?;
    let middle = Instant::from_millis(end.as_millis() / 2);
    again.go_to(middle);
    let half_way = again.view(3);
    let fresh = replay(lab.recording().clone(), middle);
    let is_same = fresh.view(3) == half_way && fresh.digest() == again.digest();
    verdict(KIND, (!is_same).then(|| format!("going back to {middle} differs from a fresh run to it")))?;
    again.go_to(end);
    verdict(KIND, (again.digest() != digest).then_some("going back and forth again differs"))
}
