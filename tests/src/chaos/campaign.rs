//! Many runs, on all cores.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::num::NonZero;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::run::{self, Failure};
use super::sightings::Sightings;

/// What many runs came to.
#[derive(Debug, Default)]
pub struct Campaign {
    /// Runs that were played.
    pub runs: u64,
    /// What at least one of them showed.
    pub seen: Sightings,
    /// How many failed.
    pub failed: u64,
    /// For each property that was violated, how often it was, and the failure of the smallest seed, not shortened.
    pub failures: BTreeMap<&'static str, (u64, Box<Failure>)>,
}

/// Plays the runs of these seeds. `progress` hears of the campaign after each of them.
///
/// # Panics
/// Not unless a checker does, whose mistake that is.
pub fn play(seeds: Range<u64>, progress: impl Fn(&Campaign) + Sync) -> Campaign {
    let next = AtomicU64::new(seeds.start);
    let campaign = Mutex::new(Campaign::default());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            let outcome = run::play(seed).map(|outcome| outcome.sightings);
            let mut campaign = campaign.lock().expect("no other run panicked");
            campaign.take(outcome);
            progress(&campaign);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    campaign.into_inner().expect("no run panicked")
}

impl Campaign {
    fn take(&mut self, outcome: Result<Sightings, Box<Failure>>) {
        self.runs += 1;
        match outcome {
            Ok(seen) => self.seen.extend(seen),
            Err(failure) => {
                self.failed += 1;
                match self.failures.entry(failure.violation.kind) {
                    Entry::Vacant(entry) => {
                        entry.insert((1, failure));
                    }
                    Entry::Occupied(mut entry) => {
                        let (count, first) = entry.get_mut();
                        *count += 1;
                        if failure.seed < first.seed {
                            *first = failure;
                        }
                    }
                }
            }
        }
    }
}
