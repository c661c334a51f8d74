//! Recordings of a real Kafka, replayed in the lab.
//!
//! As in [`replay`](crate::replay), the lab gets the recorded steps at the recorded moments, and everything that is
//! not chance is compared: what was assigned, revoked and consumed, positions, exceptions, offsets with their leader
//! epochs, the ends of logs, what the tool prints, the consumers' log lines.
//!
//! Chance is: how many records one poll returns while a producer sends, whether a poll came between a reset and the
//! first records, the ids of members, topics and clusters, the lines about lost connections and the order of lines,
//! and how often an application polls that ignores exceptions. The moment at which a producer began is looked for
//! inside the interval that the recording leaves open.

mod compare;
mod log_lines;
mod order;
mod player;
pub mod script;

use lab_core::time::Instant;

use crate::replay::verdict::Verdict;
use script::Script;

/// How far apart two moments may be.
pub(crate) const TOLERANCE_MS: u64 = 3000;

/// Whether a version is one of Kafka, `kafka-3.9.1`.
pub fn is_kafka(version: &str) -> bool {
    version.starts_with("kafka-")
}

/// Replays a recording, with the beginnings of its sends that agree best.
pub fn replay(script: &Script) -> Verdict {
    let usual: Vec<Option<Instant>> = vec![None; script.steps.len()];
    let mut best = player::play(script, &usual, 1);
    for seed in 1..=SEEDS {
        for step in script.sends() {
            let Some(first) = best.first_disagreement(&[]).map(|finding| finding.at) else { return best };
            let (from, to) = script.interval(step);
            if from.as_millis() > first.as_millis() + TOLERANCE_MS {
                break;
            }
            for ms in (from.as_millis()..=to.as_millis()).step_by(STRIDE_MS) {
                let mut starts = usual.clone();
                starts[step] = Some(Instant::from_millis(ms));
                let verdict = player::play(script, &starts, seed);
                if verdict.disagreements() < best.disagreements() {
                    best = verdict;
                }
                if best.disagreements() == 0 {
                    return best;
                }
            }
        }
    }
    best
}

/// The last seed that is tried.
const SEEDS: u64 = 3;
/// Distance between two beginnings that are tried.
const STRIDE_MS: usize = 4;
