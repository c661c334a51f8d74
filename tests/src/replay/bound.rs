//! When a try of the search can be given up.
//!
//! A try is taken only when it disagrees in fewer facts than the best one so far. Some disagreements are certain long
//! before its end: a question of the tool whose last moment has passed without the recorded answer, or the result of a
//! send. As soon as there are as many of them as the best try has in all, the rest cannot make it better. So the
//! search finds exactly what it would find if every try were played to its end.

use std::collections::BTreeMap;

use lab_core::id::NodeId;

use super::order::Order;
use super::plan::{Act, Part, Plan};
use super::player::Player;
use super::results::{Closeness, Expected, compare, is_result};

/// The disagreements of a try that no later moment can take back.
#[derive(Default)]
pub(super) struct Certain {
    /// Up to where the trace was looked through.
    seen: usize,
    /// Results of sends that were compared, by producer.
    results: BTreeMap<NodeId, usize>,
    /// Those among them that disagree.
    sends: usize,
    /// Questions of the tool that will not be put again and were not answered as recorded.
    questions: usize,
}

/// The place on the agenda at which each question of the tool is put for the last time, by step.
pub(super) fn last_probes(plan: &Plan, agenda: &[Act]) -> BTreeMap<usize, usize> {
    let is_probe =
        |act: &Act| act.part == Part::Watch && matches!(&plan.orders[act.step], Ok(Order::Mqadmin { .. }));
    let probes = agenda.iter().enumerate().filter(|(_, act)| is_probe(act));
    probes.map(|(place, act)| (act.step, place)).collect()
}

impl Player<'_> {
    /// Takes note that a question of the tool will not be put again.
    pub(super) fn asked_for_the_last_time(&mut self, step: usize) {
        self.certain.questions += usize::from(!self.tools.is_answered(step));
    }

    /// How many disagreements are certain by now.
    pub(super) fn certain_disagreements(&mut self) -> usize {
        let trace = self.lab.trace();
        for event in &trace[self.certain.seen..] {
            let Some(node) = event.node.as_ref().filter(|node| is_result(event, node)) else { continue };
            let Some(expected) = self.expected.get(node) else { continue };
            let place = self.certain.results.entry(node.clone()).or_default();
            // How a send ended beside a frozen broker is judged by when that was thawed, which is yet to be seen.
            if let Some(Expected { event: recorded, closeness, .. }) = expected.get(*place)
                && *closeness != Closeness::Kind
            {
                let problem = compare(recorded, event, *closeness, self.freeze.as_ref());
                self.certain.sends += usize::from(problem.is_some());
            }
            *place += 1;
        }
        self.certain.seen = trace.len();
        self.verdict.disagreements() + self.certain.sends + self.certain.questions
    }
}
