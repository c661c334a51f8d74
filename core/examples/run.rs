//! Runs a scenario file and prints what happened.
//!
//! ```text
//! cargo run -p lab-core --example run -- SCENARIO [--until 60s] [--view] [--all] [--recording] [--set KEY=VALUE …]
//!     [--mqadmin LINE …] [--console]
//! ```
//!
//! SCENARIO is a file in the notation of `lab_core::recording`, or `-` for standard input. Without options the trace
//! is printed without the frames on the wire; `--all` prints them too, `--view` the cluster at the end as JSON,
//! `--recording` the run in its canonical form. `--mqadmin "clusterList -m"` runs RocketMQ's command line tool at the
//! end and prints only what it prints; `--console` reads such lines from standard input, and between them commands of
//! the lab (`run 30s`, `kill broker-a`). `--set` changes the first line: `--set profile=V4 --set seed=7`.

use std::io::Read;
use std::process::ExitCode;

use lab_core::fact::{Fact, RegistryFact};
use lab_core::lab::Lab;
use lab_core::mqadmin::known_commands;
use lab_core::recording::{Recording, Setup};
use lab_core::time::{Duration, Instant};

struct Options {
    file: String,
    until: Option<Instant>,
    view: bool,
    all: bool,
    recording: bool,
    console: bool,
    mqadmin: Vec<String>,
    setup: Vec<String>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let options = read_options()?;
    let text = if options.file == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|why| format!("standard input: {why}"))?;
        text
    } else {
        std::fs::read_to_string(&options.file).map_err(|why| format!("{}: {why}", options.file))?
    };
    let mut recording: Recording = text.parse().map_err(|why| format!("{}: {why}", options.file))?;
    if !options.setup.is_empty() {
        let line = format!("{} {}", recording.setup, options.setup.join(" "));
        recording.setup = line.parse::<Setup>()?;
    }
    let until = options.until.unwrap_or(recording.end);
    let mut lab = Lab::try_new(recording).map_err(|why| format!("{}: {why}", options.file))?;
    lab.run_until(until);
    if options.console || !options.mqadmin.is_empty() {
        options.mqadmin.iter().try_for_each(|line| mqadmin(&mut lab, line))?;
        return if options.console { console(&mut lab) } else { Ok(()) };
    }
    if options.recording {
        print!("{}", lab.recording());
        return Ok(());
    }
    if options.view {
        let view = serde_json::to_string_pretty(&lab.view(10)).map_err(|why| why.to_string())?;
        println!("{view}");
        return Ok(());
    }
    for event in lab.trace() {
        let is_frame = matches!(
            event.fact,
            Fact::RequestSent(_)
                | Fact::ResponseSent(_)
                | Fact::HaReported { .. }
                | Fact::HaTransferred { .. }
                | Fact::Registry(RegistryFact::Sent { .. })
        );
        if options.all || !is_frame && !matches!(event.fact, Fact::TimerFired(_)) {
            println!("{event}");
        }
    }
    println!("digest {:016x} at {}", lab.digest(), lab.now());
    Ok(())
}

/// Runs one line of the tool and prints what it prints.
fn mqadmin(lab: &mut Lab, line: &str) -> Result<(), String> {
    match lab.mqadmin(line).map_err(|why| why.to_string())? {
        Some(output) => print!("{output}"),
        None => println!("mqadmin is still at work after a minute"),
    }
    Ok(())
}

/// Reads lines: `run TIME`, a line of the tool with or without `mqadmin` before it, or a command of the lab.
fn console(lab: &mut Lab) -> Result<(), String> {
    let tools: Vec<_> = known_commands(lab.world().profile()).iter().map(|command| command.name).collect();
    for line in std::io::stdin().lines() {
        let line = line.map_err(|why| format!("standard input: {why}"))?;
        let words: Vec<_> = line.split_whitespace().collect();
        let done = match words.as_slice() {
            [] => Ok(()),
            ["run", span] => span
                .parse::<Duration>()
                .map(|span| lab.run_until(lab.now() + span))
                .map_err(|why| why.to_string()),
            ["mqadmin", ..] => mqadmin(lab, line.trim_start().trim_start_matches("mqadmin").trim()),
            [name, ..] if tools.contains(name) => mqadmin(lab, &line),
            _ => line.parse().and_then(|command| lab.issue(command)).map_err(|why| why.to_string()),
        };
        if let Err(why) = done {
            println!("{why}");
        }
    }
    Ok(())
}

fn read_options() -> Result<Options, String> {
    let mut options = Options {
        file: String::new(),
        until: None,
        view: false,
        all: false,
        recording: false,
        console: false,
        mqadmin: Vec::new(),
        setup: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = |what: &str| words.next().ok_or_else(|| format!("{word} needs {what}"));
        match word.as_str() {
            "--until" => {
                let until = value("a time, for example 60s")?;
                options.until = Some(until.parse().map_err(|why| format!("--until: {why}"))?);
            }
            "--set" => options.setup.push(value("key=value, for example profile=V4")?),
            "--mqadmin" => options.mqadmin.push(value("a line, for example \"clusterList\"")?),
            "--console" => options.console = true,
            "--view" => options.view = true,
            "--all" => options.all = true,
            "--recording" => options.recording = true,
            file if options.file.is_empty() && !file.starts_with("--") => file.clone_into(&mut options.file),
            other => {
                return Err(format!(
                    "`{other}` is not accepted; known: SCENARIO --until TIME --view --all --recording --mqadmin LINE \
                     --console --set KEY=VALUE"
                ));
            }
        }
    }
    if options.file.is_empty() {
        return Err("name a scenario file, or - for standard input".to_owned());
    }
    Ok(options)
}
