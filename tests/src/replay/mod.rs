//! Recordings of real clusters, replayed in the lab.
//!
//! A recording is a scripted run of real software: steps in a small grammar, each with what came of it. A replay
//! reads every step ([`order`]), works out when it began ([`plan`]), gives the lab the same commands at the same
//! moments (`player`) and compares everything that is not chance: results of sends, assignments, lists of queues,
//! offsets, what was consumed.
//!
//! Chance cannot be computed, so a replay reads it off the recording before it compares. The first queue of a
//! producer's round is pinned. The moments at which the timers of a process began to run are searched for, within
//! what the recording leaves open, and after them the seed, which says how long every frame is under way: [`replay`]
//! takes the starts and the seed with which most facts agree. Where replicas elect a leader, seeds come first: votes are
//! drawn from them.

mod bound;
mod checks;
mod consumption;
mod mask;
mod offsets;
pub mod order;
pub mod plan;
mod player;
mod questions;
mod results;
pub mod script;
mod sends;
mod tool;
pub mod verdict;
mod wall_clock;

use lab_core::config::Profile;
use lab_core::time::Instant;

use plan::Plan;
use player::play;
use script::Script;
use verdict::Verdict;

/// The profile that behaves like a version; `None` for what is no RocketMQ version.
pub fn profile_of(version: &str) -> Option<Profile> {
    match version.split('.').next() {
        Some("4") => Some(Profile::V4),
        Some("5") => Some(Profile::V5),
        _ => None,
    }
}

/// Replays a recording, with the starts inside the recorded intervals that agree best. The search does not look for a
/// replay in which the steps `unexplained` agree: it is over once all others do.
pub fn replay(script: &Script, profile: Profile, unexplained: &[usize]) -> Verdict {
    let mut plan = Plan::of(script, profile);
    plan.unexplained = unexplained.to_vec();
    let usual: Vec<_> = plan.owners.iter().map(|owner| owner.usual).collect();
    let verdict = play(script, &plan, profile, (&usual, 1), usize::MAX).unwrap_or_default();
    let mut search = Search { script, profile, plan: &plan, starts: usual, seed: 1, best: verdict };
    if script.has_elections() {
        search.vary_seed(ELECTION_SEEDS);
    }
    // One owner at a time as long as that helps.
    loop {
        let before = search.open();
        for owner in 0..plan.owners.len() {
            search.vary(owner, None);
        }
        if search.open() == before {
            break;
        }
    }
    // Two at a time, unless the disagreements have other reasons.
    if plan.orders.iter().all(Result::is_ok) && !script.has_elections() {
        for first in 0..plan.owners.len() {
            for second in first + 1..plan.owners.len() {
                search.vary(first, Some(second));
            }
        }
    }
    // What happened within the same milliseconds may have come in another order.
    search.vary_seed(SEEDS);
    search.best
}

/// The last seed that is tried.
const SEEDS: u64 = 24;
/// The last one where replicas elect: who wins, and in which half second of the four that an election may take, is chance.
const ELECTION_SEEDS: u64 = 400;

/// The search for the starts that agree best.
struct Search<'a> {
    script: &'a Script,
    profile: Profile,
    plan: &'a Plan,
    starts: Vec<Instant>,
    seed: u64,
    best: Verdict,
}

impl Search<'_> {
    /// Tries other seeds up to this one, until everything agrees.
    fn vary_seed(&mut self, last: u64) {
        for seed in 1..=last {
            if self.open() > 0
                && let Some(better) = self.better(seed)
            {
                (self.best, self.seed) = (better, seed);
            }
        }
    }

    /// Disagreements of the best replay that are to be explained.
    fn open(&self) -> usize {
        self.best.disagreements_besides(&self.plan.unexplained)
    }

    /// A replay with the present starts, if it disagrees in fewer facts than the best one.
    fn better(&self, seed: u64) -> Option<Verdict> {
        let bound = self.open();
        let verdict = play(self.script, self.plan, self.profile, (&self.starts, seed), bound)?;
        (verdict.disagreements_besides(&self.plan.unexplained) < bound).then_some(verdict)
    }

    /// Tries all starts of an owner, with all of another one.
    fn vary(&mut self, owner: usize, other: Option<usize>) {
        for start in self.plan.owners[owner].candidates() {
            // What began after the first disagreement cannot be its reason.
            let first = self.best.first_disagreement(&self.plan.unexplained);
            if first.is_none_or(|first| start > first.at) {
                return;
            }
            let before = std::mem::replace(&mut self.starts[owner], start);
            let found = self.open();
            match other {
                Some(other) => self.vary(other, None),
                None => {
                    if let Some(better) = self.better(self.seed) {
                        self.best = better;
                    }
                }
            }
            if self.open() == found {
                self.starts[owner] = before;
            }
        }
    }
}
