//! Random runs and what must hold in them.
//!
//! A seed decides everything: the cluster, what is sent, which faults strike when ([`plan`]). A run has two phases:
//! faults, then everything is healed and the cluster gets time to settle. Checkers ([`check`]) look at it all along
//! and at the end. They know nothing of how the run came about. A failure prints the run as a scenario that can be
//! played again.
//!
//! *Always* properties hold in every run, *sometimes* properties in at least one of many: they show that the runs
//! really reach the situations that the others speak of.

pub mod check;
pub mod plan;

use lab_core::lab::Lab;
use lab_core::time::Duration;

use check::{Sightings, Violation};
use plan::Plan;

/// How often the checkers look at a run, in virtual time.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Longer than any graceful stop takes.
const STOPPING: Duration = Duration::from_secs(20);
/// How long a healed cluster gets: a route poll, a rebalance, offset corrections, and the redelivery of a backlog.
const SETTLE: Duration = Duration::from_secs(240);

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// The run, at its end.
    pub lab: Lab,
    /// Which of the surprising things happened in it.
    pub sightings: Sightings,
}

/// A run in which something was violated.
#[derive(Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What does not hold.
    pub violation: Violation,
    /// The run, as a scenario.
    pub scenario: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "seed {}: {}\nthe run, ready to be played again:\n", self.seed, self.violation)?;
        f.write_str(&self.scenario)
    }
}

/// Plays the run of a seed and checks it. An assertion of the core that fails in it is a failure like any other.
///
/// # Errors
/// What does not hold, with the run.
pub fn play(seed: u64) -> Result<Outcome, Box<Failure>> {
    let plan = Plan::of(seed);
    std::panic::catch_unwind(|| play_plan(seed, &plan)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.unwrap_or_else(|| "the core panicked".to_owned());
        Err(Box::new(Failure { seed, violation: Violation::new(words), scenario: plan.scenario() }))
    })
}

fn play_plan(seed: u64, plan: &Plan) -> Result<Outcome, Box<Failure>> {
    let mut lab = Lab::new(plan.recording());
    let mut sightings = Sightings::default();
    let fail =
        |lab: &Lab, violation| Box::new(Failure { seed, violation, scenario: lab.recording().to_string() });
    for fault in &plan.faults {
        lab.run_until(fault.at);
        // A fault may make no sense any more (its victim is dead already); then nothing happens.
        let _skipped = lab.issue(fault.command.clone()).is_err();
        check::look(&lab, &mut sightings).map_err(|violation| fail(&lab, violation))?;
    }
    for command in plan::healing(&lab) {
        let _needless = lab.issue(command).is_err();
    }
    // Whatever was about to stop has stopped by then.
    lab.run_until(lab.now() + STOPPING);
    for command in plan::healing(&lab) {
        let _needless = lab.issue(command).is_err();
    }
    let end = lab.now() + SETTLE;
    while lab.now() < end {
        lab.run_until((lab.now() + LOOK_EVERY).min(end));
        check::look(&lab, &mut sightings).map_err(|violation| fail(&lab, violation))?;
    }
    check::at_the_end(&lab, plan).map_err(|violation| fail(&lab, violation))?;
    check::sightings(&lab, &mut sightings);
    Ok(Outcome { lab, sightings })
}
