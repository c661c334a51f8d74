//! One run of the workload in a process of its own, as one line of `key=value`: time, events, digest and peak memory.
//!
//! `mqflow ENGINE MESSAGES`, where ENGINE is `minimal`, `untraced` or `traced`. It is built for the machine and, as
//! `wasm32-wasip1`, for Node, so that both can be compared; `cargo xtask bench` does that. The digest is that of the
//! lab's trace (`traced`), so equal digests mean equal runs.

mod engines;
mod minimal;
mod workload;

use std::process::ExitCode;
use std::time::Instant;

use workload::Workload;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let engine = arguments.next().unwrap_or_default();
    let Some(messages) = arguments.next().and_then(|messages| messages.parse().ok()) else {
        eprintln!("usage: mqflow minimal|untraced|traced MESSAGES");
        return ExitCode::FAILURE;
    };
    let workload = Workload::of(messages);
    let recording = engines::recording(&workload);
    let start = Instant::now();
    let (events, digest) = match engine.as_str() {
        "minimal" => (minimal::run(&workload).events, 0),
        "untraced" => {
            let world = engines::untraced(&recording);
            print(&engine, messages, start.elapsed(), (world.events(), 0));
            return ExitCode::SUCCESS;
        }
        "traced" => {
            let lab = engines::traced(recording);
            let took = start.elapsed();
            let counts = (lab.trace().len() as u64, lab.digest());
            print(&engine, messages, took, counts);
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("there is no engine {engine:?}; there are minimal, untraced and traced");
            return ExitCode::FAILURE;
        }
    };
    print(&engine, messages, start.elapsed(), (events, digest));
    ExitCode::SUCCESS
}

fn print(engine: &str, messages: u32, took: std::time::Duration, (events, digest): (u64, u64)) {
    let micros = took.as_micros();
    let peak = peak_kib().map_or_else(String::new, |peak| format!(" peak_kib={peak}"));
    println!(
        "engine={engine} messages={messages} micros={micros} events={events} digest={digest:016x}{peak}"
    );
}

/// The most memory that the process had at any time, where the system tells.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
