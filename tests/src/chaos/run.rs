//! One run: it is played, made whole, judged, and when it fails, shortened.

use std::panic::{self, AssertUnwindSafe};

use lab_core::command::Command;
use lab_core::fact::Fact;
use lab_core::lab::Lab;
use lab_core::recording::Recording;
use lab_core::time::{Duration, Instant};
use lab_core::view::{NodeStatus, NodeView};

use super::check::{self, Verdict, Violation};
use super::plan;
use super::shorten::shorten;
use super::sightings::{self, Sightings};

/// How often the checkers look at a run, in virtual time.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// The last moment of disorder at least: every planned fault has ended by then.
const DISORDER_ENDS: Instant = Instant::from_millis(150_000);
/// Longer than any graceful stop takes.
const STOPPING: Duration = Duration::from_secs(20);
/// How long a healed cluster gets: a route poll, a rebalance, offset corrections, and the redelivery of a backlog.
const SETTLE: Duration = Duration::from_secs(240);
/// One run in so many is also played again, back and forth, and without its questions.
const REPEATED: u64 = 5;
/// Runs that shortening may cost.
const TRIES: usize = 400;

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
    /// What was played until then.
    pub recording: Recording,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "seed {}: {}\nthe run, ready to be played again:\n", self.seed, self.violation)?;
        self.recording.fmt(f)
    }
}

impl Failure {
    /// The same failure in a shorter run, which breaks the same property.
    #[must_use]
    pub fn shortened(self) -> Self {
        let (seed, kind) = (self.seed, self.violation.kind);
        let is_same = |outcome: &Result<Outcome, Box<Self>>| {
            outcome.as_ref().err().is_some_and(|failure| failure.violation.kind == kind)
        };
        // Each try may panic again; once is enough to read.
        let hook = panic::take_hook();
        panic::set_hook(Box::new(|_| {}));
        let short = shorten(&plan::of(seed), TRIES, |candidate| is_same(&play_recording(seed, candidate)));
        let outcome = play_recording(seed, &short);
        panic::set_hook(hook);
        outcome.err().map_or(self, |failure| *failure)
    }
}

/// Plays the run of a seed and checks it.
///
/// # Errors
/// What does not hold, with the run.
pub fn play(seed: u64) -> Result<Outcome, Box<Failure>> {
    play_recording(seed, &plan::of(seed))
}

/// Plays a recording, makes its cluster whole, lets it settle and checks it. An assertion of the core that fails is a
/// failure like any other.
fn play_recording(seed: u64, recording: &Recording) -> Result<Outcome, Box<Failure>> {
    let mut played = recording.clone();
    let judged = panic::catch_unwind(AssertUnwindSafe(|| {
        let mut lab = Lab::try_new(recording.clone())
            .map_err(|why| Violation { kind: "the cluster can be set up", why: why.to_string() })?;
        let mut sightings = Sightings::new();
        let verdict = judge(seed, &mut lab, &mut sightings);
        played = lab.recording().clone();
        played.end = lab.now();
        verdict.map(|()| Outcome { lab, sightings })
    }));
    let judged = judged.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        Err(Violation { kind: "the core never panics", why: words.unwrap_or_default() })
    });
    judged.map_err(|violation| Box::new(Failure { seed, violation, recording: played }))
}

fn judge(seed: u64, lab: &mut Lab, sightings: &mut Sightings) -> Verdict {
    let last = lab.recording().commands.last().map_or(Instant::ZERO, |(at, _)| *at);
    look_until(lab, last.max(DISORDER_ENDS) + Duration::from_millis(1), sightings)?;
    // Whatever was about to stop has stopped after the first time.
    for _ in 0..2 {
        for command in healing(lab) {
            let _needless = lab.issue(command).is_err();
        }
        look_until(lab, lab.now() + STOPPING, sightings)?;
    }
    look_until(lab, lab.now() + SETTLE, sightings)?;
    check::at_the_end(lab)?;
    if seed.is_multiple_of(REPEATED) {
        check::a_replay_repeats_the_run(lab)?;
        check::questions_change_nothing(lab)?;
    }
    sightings::look_back(lab, sightings);
    Ok(())
}

fn look_until(lab: &mut Lab, end: Instant, sightings: &mut Sightings) -> Verdict {
    while lab.now() < end {
        lab.run_until((lab.now() + LOOK_EVERY).min(end));
        check::look(lab)?;
        sightings::glance(lab, sightings);
    }
    Ok(())
}

/// What makes a cluster whole again: processes, links, and what an administrator switched off.
fn healing(lab: &Lab) -> Vec<Command> {
    let view = lab.view(0);
    let servers = view.name_servers.iter().map(|n| &n.node).chain(view.brokers.iter().map(|b| &b.node));
    let clients = view.producers.iter().map(|p| &p.node).chain(view.consumers.iter().map(|c| &c.node));
    let mend = |node: &NodeView| {
        let verb = match node.status {
            NodeStatus::Frozen => "thaw",
            NodeStatus::Stopped | NodeStatus::Killed | NodeStatus::PoweredOff => "restart",
            NodeStatus::Starting | NodeStatus::Up | NodeStatus::Stopping => return None,
        };
        Some(format!("{verb} {}", node.id))
    };
    let controllers = view.controllers.iter().filter(|c| !c.in_name_server).map(|c| &c.node);
    let barriers = view.barriers.iter().map(|barrier| {
        let verb = if barrier.barrier == "cut" { "heal" } else { "release" };
        format!("{verb} {} {}", barrier.from, barrier.to)
    });
    let closed = view.brokers.iter().filter(|broker| broker.permission != 6);
    let opened = closed.map(|broker| format!("set {} brokerPermission=6", broker.node.id));
    let lines = servers
        .chain(controllers)
        .chain(clients)
        .filter_map(mend)
        .chain(barriers)
        .chain(opened)
        .chain(enabling(lab));
    lines.filter_map(|line| line.parse().ok()).collect()
}

/// Lets groups consume again whose settings forbade it at some time.
fn enabling(lab: &Lab) -> Vec<String> {
    let mut lines: Vec<_> = lab
        .trace()
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::Ordered(command) => Some(command.to_string()),
            _ => None,
        })
        .filter(|line| line.contains("updateSubGroup") && line.ends_with("-s false"))
        .map(|line| line.replace("-s false", "-s true"))
        .collect();
    lines.sort();
    lines.dedup();
    lines
}
