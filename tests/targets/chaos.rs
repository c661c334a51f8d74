//! Random runs, as many as one likes: `cargo xtask chaos --runs N --seed S` starts this with N and S.
//!
//! Ends with an error when a run fails; prints one failure of each property, shortened.

use std::io::Write as _;
use std::process::ExitCode;

use lab_tests::chaos::campaign::{self, Campaign};
use lab_tests::chaos::sightings;

fn main() -> ExitCode {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let [runs, seed] = numbers[..] else {
        eprintln!("give the number of runs and the first seed");
        return ExitCode::from(2);
    };
    // A run that panics is a failure that is told below; its words in between would tear the progress apart.
    std::panic::set_hook(Box::new(|_| {}));
    let campaign = campaign::play(seed..seed.saturating_add(runs), |campaign| tell_progress(campaign, runs));
    eprintln!();
    report(campaign)
}

/// Writes the line of progress anew after every hundredth part of the runs.
fn tell_progress(campaign: &Campaign, runs: u64) {
    if campaign.runs.is_multiple_of(runs.div_ceil(100)) || campaign.runs == runs {
        eprint!("\r{} of {runs} runs, {} failed", campaign.runs, campaign.failed);
        // Without a terminal the line comes late, which harms nothing.
        let _unseen = std::io::stderr().flush();
    }
}

fn report(campaign: Campaign) -> ExitCode {
    for surprise in sightings::missing(&campaign.seen) {
        println!("not seen: {surprise}");
    }
    if campaign.failures.is_empty() {
        println!("every property held in {} runs", campaign.runs);
        return ExitCode::SUCCESS;
    }
    for (kind, (count, failure)) in campaign.failures {
        println!("\n=== violated in {count} runs: {kind} ===\n{}", failure.shortened());
    }
    ExitCode::FAILURE
}
