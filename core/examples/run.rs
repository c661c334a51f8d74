//! Runs a scenario file and prints what happened.
//!
//! ```text
//! cargo run -p lab-core --example run -- SCENARIO [--until 60s] [--view] [--all] [--recording] [--set KEY=VALUE …]
//! ```
//!
//! SCENARIO is a file in the notation of `lab_core::recording`, or `-` for standard input. Without options the trace
//! is printed without the frames on the wire; `--all` prints them too, `--view` the cluster at the end as JSON,
//! `--recording` the run in its canonical form. `--set` changes the first line: `--set profile=V4 --set seed=7`.

use std::io::Read;
use std::process::ExitCode;

use lab_core::fact::Fact;
use lab_core::lab::Lab;
use lab_core::recording::{Recording, Setup};
use lab_core::time::Instant;

struct Options {
    file: String,
    until: Option<Instant>,
    view: bool,
    all: bool,
    recording: bool,
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
        );
        if options.all || !is_frame && !matches!(event.fact, Fact::TimerFired(_)) {
            println!("{event}");
        }
    }
    println!("digest {:016x} at {}", lab.digest(), lab.now());
    Ok(())
}

fn read_options() -> Result<Options, String> {
    let mut options = Options {
        file: String::new(),
        until: None,
        view: false,
        all: false,
        recording: false,
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
            "--view" => options.view = true,
            "--all" => options.all = true,
            "--recording" => options.recording = true,
            file if options.file.is_empty() && !file.starts_with("--") => file.clone_into(&mut options.file),
            other => {
                return Err(format!(
                    "`{other}` is not accepted; known: SCENARIO --until TIME --view --all --recording --set KEY=VALUE"
                ));
            }
        }
    }
    if options.file.is_empty() {
        return Err("name a scenario file, or - for standard input".to_owned());
    }
    Ok(options)
}
