//! When a try of the search can be given up.
//!
//! A try is taken only when it disagrees in fewer facts than the best one so far. Some disagreements are certain long
//! before its end: a question of the tool whose last moment has passed without the recorded answer, or the result of a
//! send. As soon as there are as many of them as the best try has in all, the rest cannot make it better. So the
//! search finds exactly what it would find if every try were played to its end.
//!
//! Who leads a DLedger group at first is chance that the recording tells (`the leader is n0`), as it tells the first queue
//! of a round; a try with another leader is given up at the first question, before the tool is asked anything.

use std::collections::BTreeMap;

use lab_core::id::NodeId;
use lab_core::rpc::MemberRole;

use super::order::Order;
use super::plan::{Act, Part, Plan};
use super::player::Player;
use super::results::{Closeness, Expected, compare, is_result};
use super::script::Script;

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

/// Who was seen to lead at first, and the step at whose moment that is decided: the first in which the tool is run.
pub(super) fn first_leader<'a>(script: &'a Script, plan: &Plan) -> Option<(usize, &'a str)> {
    let leader = script.steps.iter().find_map(|step| step.order.strip_prefix("the leader is "))?;
    let is_tool = |order: &Result<Order, String>| matches!(order, Ok(Order::Mqadmin { .. }));
    Some((plan.orders.iter().position(is_tool)?, leader))
}

impl Player<'_> {
    /// Whether this member leads its group.
    pub(super) fn is_led_by(&self, member: &str) -> bool {
        let view = self.lab.view(0);
        let mut members = view.brokers.iter().filter_map(|broker| broker.dledger.as_ref());
        members.any(|found| found.role == Some(MemberRole::Leader) && found.id.to_string() == member)
    }

    /// Takes note that a question of the tool will not be put again.
    pub(super) fn asked_for_the_last_time(&mut self, step: usize) {
        let is_open = !self.plan.unexplained.contains(&step) && !self.tools.is_answered(step);
        self.certain.questions += usize::from(is_open);
    }

    /// How many disagreements are certain by now.
    pub(super) fn certain_disagreements(&mut self) -> usize {
        let trace = self.lab.trace();
        for event in &trace[self.certain.seen..] {
            let Some(node) = event.node.as_ref().filter(|node| is_result(event, node)) else { continue };
            let Some(expected) = self.expected.get(node) else { continue };
            let place = self.certain.results.entry(node.clone()).or_default();
            // How a send ended beside a frozen broker is judged by when that was thawed, which is yet to be seen.
            if let Some(Expected { step, event: recorded, closeness }) = expected.get(*place)
                && *closeness != Closeness::Kind
                && !self.plan.unexplained.contains(step)
            {
                let problem = compare(recorded, event, *closeness, self.freeze.as_ref());
                self.certain.sends += usize::from(problem.is_some());
            }
            *place += 1;
        }
        self.certain.seen = trace.len();
        self.verdict.disagreements_besides(&self.plan.unexplained)
            + self.certain.sends
            + self.certain.questions
    }
}
