//! Random runs: what must always hold, and what must happen in some of them.
//!
//! `LAB_SEED` plays one seed only, `LAB_RUNS` another number of runs.

use lab_tests::chaos::{check::Sightings, play};

/// Runs of the ordinary test.
const RUNS: u64 = 200;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn random_runs_keep_every_promise_and_show_every_surprise() {
    if let Some(seed) = number("LAB_SEED") {
        let outcome = play(seed).unwrap_or_else(|failure| panic!("{failure}"));
        println!("seed {seed}: {:?}", outcome.sightings);
        return;
    }
    let mut seen = Sightings::default();
    let mut failures = Vec::new();
    for seed in 1..=number("LAB_RUNS").unwrap_or(RUNS) {
        match play(seed) {
            Ok(outcome) => seen = seen.and(outcome.sightings),
            Err(failure) => failures.push(failure),
        }
    }
    if let Some(first) = failures.first() {
        panic!("{} runs failed; the first:\n{first}", failures.len());
    }
    assert_eq!(seen.missing(), Vec::<&str>::new(), "never seen in any run: the properties may be vacuous");
}
