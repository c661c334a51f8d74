//! Random runs: what must always hold, and what must happen in some of them.
//!
//! `LAB_SEED` plays one seed only, `LAB_RUNS` another number of runs; `cargo xtask chaos` plays as many as one likes.

use lab_tests::chaos::{campaign, run, sightings};

/// Runs of the ordinary test.
const RUNS: u64 = 1_000;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn random_runs_keep_every_promise_and_show_every_surprise() {
    if let Some(seed) = number("LAB_SEED") {
        let outcome = run::play(seed).unwrap_or_else(|failure| {
            // A shortened run may break the same property in another way; the whole run says what was found.
            println!("{failure}");
            panic!("{}", failure.shortened())
        });
        println!("seed {seed}: {:?}", outcome.sightings);
        return;
    }
    let runs = number("LAB_RUNS").unwrap_or(RUNS);
    let campaign = campaign::play(1..1 + runs, |_| {});
    if let Some((_, (_, first))) = campaign.failures.into_iter().next() {
        panic!("{} runs failed; one of them, shortened:\n{}", campaign.failed, first.shortened());
    }
    let missing = sightings::missing(&campaign.seen);
    assert_eq!(missing, Vec::<String>::new(), "never seen in any run: the properties may be vacuous");
}
