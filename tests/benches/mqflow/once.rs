//! One run of the workload in a process of its own, as one line of `key=value`: time, events, digest and peak memory.
//!
//! `mqflow ENGINE MESSAGES`, where ENGINE is `minimal`, `untraced`, `traced`, `again`: the traced run for a second time
//! in the same process, when what runs WASM has compiled it, or `jump`: the traced run, after which the time of going to
//! one of its moments is measured. It is built for the machine and, as `wasm32-wasip1`, for Node,
//! so that both can be compared; `cargo xtask bench` does that. The digest is that of the lab's trace, 0 for engines
//! without one, so equal digests mean equal runs.

mod engines;
mod minimal;
mod workload;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use lab_core::recording::Recording;
use workload::Workload;

/// Jumps of which the mean is told.
const JUMPS: u32 = 100;

/// What one run says.
struct Outcome {
    took: Duration,
    events: u64,
    digest: u64,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let engine = arguments.next().unwrap_or_default();
    let Some(messages) = arguments.next().and_then(|messages| messages.parse().ok()) else {
        eprintln!("usage: mqflow minimal|untraced|traced|again|jump MESSAGES");
        return ExitCode::FAILURE;
    };
    let workload = Workload::of(messages);
    let recording = engines::recording(&workload);
    let outcome = match engine.as_str() {
        "minimal" => minimal(&workload),
        "untraced" => untraced(&recording),
        "traced" => traced(recording),
        "again" => {
            traced(recording.clone());
            traced(recording)
        }
        "jump" => jump(recording),
        _ => {
            eprintln!("there is no engine {engine:?}; there are minimal, untraced, traced, again and jump");
            return ExitCode::FAILURE;
        }
    };
    let Outcome { took, events, digest } = outcome;
    let micros = took.as_micros();
    let peak = peak_kib().map_or_else(String::new, |peak| format!(" peak_kib={peak}"));
    println!(
        "engine={engine} messages={messages} micros={micros} events={events} digest={digest:016x}{peak}"
    );
    ExitCode::SUCCESS
}

fn minimal(workload: &Workload) -> Outcome {
    let start = Instant::now();
    let events = minimal::run(workload).events;
    Outcome { took: start.elapsed(), events, digest: 0 }
}

fn untraced(recording: &Recording) -> Outcome {
    let start = Instant::now();
    let world = black_box(engines::untraced(recording));
    Outcome { took: start.elapsed(), events: world.events(), digest: 0 }
}

fn traced(recording: Recording) -> Outcome {
    let start = Instant::now();
    let lab = engines::traced(recording);
    let took = start.elapsed();
    Outcome { took, events: lab.trace().len() as u64, digest: lab.digest() }
}

fn jump(recording: Recording) -> Outcome {
    let mut lab = engines::traced(recording);
    let (events, digest) = (lab.trace().len() as u64, lab.digest());
    let moments = engines::moments(lab.now());
    let start = Instant::now();
    for moment in moments.take(JUMPS as usize) {
        lab.go_to(moment);
    }
    Outcome { took: start.elapsed() / JUMPS, events, digest }
}

/// The most memory that the process had at any time, where the system tells.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
