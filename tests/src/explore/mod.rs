//! Every state that a small system can come into: each order of events, up to a stated bound.
//!
//! A [`Model`] says where it begins, what can happen in a state, what comes of it, and what must hold. [`explore`] walks
//! breadth first through all of it, so that the first violation found has the shortest way to it. A state is known again
//! by a hash of 128 bits of what [`Model::fingerprint`] feeds it; among the millions of states of a run, two with the
//! same one are not to be expected.

pub mod controller;
pub mod dledger;
pub mod runs;

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A system to be explored.
pub trait Model {
    /// Everything about it at one moment.
    type State: Clone;
    /// Something that can happen.
    type Action: Clone + fmt::Display;

    /// Where it begins.
    fn initial(&self) -> Self::State;

    /// What can happen next. The bound belongs here: what it rules out is not offered.
    fn actions(&self, state: &Self::State) -> Vec<Self::Action>;

    /// What comes of it.
    fn apply(&self, state: &Self::State, action: &Self::Action) -> Self::State;

    /// What must hold in every state.
    ///
    /// # Errors
    /// What does not hold.
    fn check(&self, state: &Self::State) -> Result<(), String>;

    /// Feeds what makes two states different.
    fn fingerprint(&self, state: &Self::State, hasher: &mut DefaultHasher);
}

/// What an exploration found.
#[derive(Debug)]
pub struct Report {
    /// Different states.
    pub states: usize,
    /// Events tried.
    pub transitions: usize,
    /// Events on the longest of the shortest ways.
    pub depth: usize,
    /// Whether every state within the bound was seen; else the limit of states was reached.
    pub complete: bool,
    /// What does not hold, and how one gets there.
    pub violation: Option<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extent = if self.complete { "all" } else { "NOT all" };
        let Self { states, transitions, depth, .. } = self;
        write!(f, "{extent} states: {states}, transitions: {transitions}, depth: {depth}")
    }
}

/// Walks through every state, at most so many.
pub fn explore<M: Model>(model: &M, limit: usize) -> Report {
    let initial = model.initial();
    let mut seen = HashSet::from([digest(model, &initial)]);
    // How each state was first reached: from which one, and by what.
    let mut ways: Vec<Option<(usize, M::Action)>> = vec![None];
    let mut level = vec![(0, initial)];
    let mut report = Report { states: 1, transitions: 0, depth: 0, complete: true, violation: None };
    while !level.is_empty() {
        let mut next = Vec::new();
        for (number, state) in level {
            for action in model.actions(&state) {
                report.transitions += 1;
                let after = model.apply(&state, &action);
                if !seen.insert(digest(model, &after)) {
                    continue;
                }
                ways.push(Some((number, action)));
                report.states += 1;
                let reached = ways.len() - 1;
                if let Err(why) = model.check(&after) {
                    report.violation = Some(format!("{why}\n{}", way(&ways, reached)));
                    return report;
                }
                if report.states >= limit {
                    report.complete = false;
                    return report;
                }
                next.push((reached, after));
            }
        }
        report.depth += usize::from(!next.is_empty());
        level = next;
    }
    report
}

fn digest<M: Model>(model: &M, state: &M::State) -> u128 {
    let half = |salt: u64| {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        model.fingerprint(state, &mut hasher);
        u128::from(hasher.finish())
    };
    half(1) << 64 | half(2)
}

/// The events that lead to a state, one a line.
fn way<A: fmt::Display>(ways: &[Option<(usize, A)>], mut at: usize) -> String {
    let mut lines = Vec::new();
    while let Some((from, action)) = &ways[at] {
        lines.push(action.to_string());
        at = *from;
    }
    lines.reverse();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two counters that may each be raised to a limit.
    struct Counters {
        limit: u8,
        forbidden: (u8, u8),
    }

    impl Model for Counters {
        type State = (u8, u8);
        type Action = &'static str;

        fn initial(&self) -> (u8, u8) {
            (0, 0)
        }

        fn actions(&self, state: &(u8, u8)) -> Vec<&'static str> {
            let left = (state.0 < self.limit).then_some("left");
            left.into_iter().chain((state.1 < self.limit).then_some("right")).collect()
        }

        fn apply(&self, state: &(u8, u8), action: &&'static str) -> (u8, u8) {
            if *action == "left" { (state.0 + 1, state.1) } else { (state.0, state.1 + 1) }
        }

        fn check(&self, state: &(u8, u8)) -> Result<(), String> {
            if *state == self.forbidden { Err("reached".to_owned()) } else { Ok(()) }
        }

        fn fingerprint(&self, state: &(u8, u8), hasher: &mut DefaultHasher) {
            state.hash(hasher);
        }
    }

    #[test]
    fn every_state_is_seen_once() {
        let report = explore(&Counters { limit: 3, forbidden: (9, 9) }, 100);
        assert_eq!((report.states, report.transitions, report.depth), (16, 24, 6));
        assert!(report.complete && report.violation.is_none());
    }

    #[test]
    fn the_shortest_way_to_a_violation_is_told() {
        let report = explore(&Counters { limit: 3, forbidden: (1, 1) }, 100);
        assert_eq!(report.violation.as_deref(), Some("reached\nleft\nright"));
    }

    #[test]
    fn the_limit_is_told() {
        assert!(!explore(&Counters { limit: 9, forbidden: (99, 0) }, 10).complete);
    }
}
