//! The command line: which task, with which options.
//!
//! **Invariant**: a command line that is not understood starts nothing, and is answered with what is accepted.

use std::ffi::OsString;

use lexopt::Parser;
use lexopt::prelude::{Long, Short, Value, ValueExt as _};

/// What `cargo xtask help` prints.
pub(crate) const HELP: &str = "\
Set-up and chores of RocketMQ Lab. Each task installs what it lacks, and says so first.

  cargo xtask serve [--port N] [--no-open] [--debug]
      Builds the page and serves it on this machine only.
      --port N    the port to serve on (8080); if it is in use, the next free one
      --no-open   do not open a browser
      --debug     build quickly instead of small and fast

  cargo xtask build
      Builds the page for publishing into dist/ and prints the size of each file.

  cargo xtask test
      Runs every test: native, WASM in headless Chromium, and the built page through WebDriver.

  cargo xtask chaos [--runs N] [--seed S]
      Plays random runs on all cores, checks them, and prints failing ones shortened.
      --runs N    how many (10000)
      --seed S    the seed of the first; the others follow (1)

  cargo xtask bench
      Measures the simulation beside a minimal engine, in WASM, and as it grows; puts ratios into BENCHMARKS.md.

  cargo xtask bench-page
      Measures the built page in headless Chromium beside a hand-written one; puts ratios into BENCHMARKS.md.
";

/// Served on unless `--port` says otherwise; also Trunk's default, so that the address is the same either way.
const DEFAULT_PORT: u16 = 8080;
/// Played unless `--runs` says otherwise: a few minutes.
const DEFAULT_RUNS: u64 = 10_000;

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Print [`HELP`].
    Help,
    /// Build the page and serve it.
    Serve(ServeOptions),
    /// Build the page for publishing, and print sizes.
    Build,
    /// Run every test.
    Test,
    /// Play random runs.
    Chaos(ChaosOptions),
    /// Measure the simulation.
    Bench,
    /// Measure the page.
    BenchPage,
}

/// How to serve.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServeOptions {
    /// The port to try first.
    pub(crate) port: u16,
    /// Whether a browser may be opened; it is only where there is a desktop.
    pub(crate) open: bool,
    /// Whether to build quickly instead of small and fast.
    pub(crate) debug: bool,
}

/// Which random runs to play.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ChaosOptions {
    /// How many, at least one.
    pub(crate) runs: u64,
    /// The seed of the first.
    pub(crate) seed: u64,
}

/// Reads the arguments that follow `cargo xtask`; an error is a sentence for the person who typed them.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Task, String> {
    let mut parser = Parser::from_args(arguments);
    let task = match parser.next().map_err(|error| error.to_string())? {
        None | Some(Long("help") | Short('h')) => return Ok(Task::Help),
        Some(Value(name)) => name.to_string_lossy().into_owned(),
        Some(other) => {
            return Err(format!("expected a task before {}; {TASKS}", spelled(&other)));
        }
    };
    match task.as_str() {
        "help" => Ok(Task::Help),
        "serve" => parse_serve(&mut parser),
        "build" => parse_nothing(&mut parser, "build", Task::Build),
        "test" => parse_nothing(&mut parser, "test", Task::Test),
        "chaos" => parse_chaos(&mut parser),
        "bench" => parse_nothing(&mut parser, "bench", Task::Bench),
        "bench-page" => parse_nothing(&mut parser, "bench-page", Task::BenchPage),
        unknown => Err(format!("there is no task {unknown:?}; {TASKS}")),
    }
}

const TASKS: &str = "the tasks are serve, build, test, chaos, bench, bench-page and help";

fn parse_serve(parser: &mut Parser) -> Result<Task, String> {
    let mut options = ServeOptions { port: DEFAULT_PORT, open: true, debug: false };
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Long("port") | Short('p') => options.port = parse_port(parser)?,
            Long("no-open") => options.open = false,
            Long("debug") => options.debug = true,
            Long("help") | Short('h') => return Ok(Task::Help),
            other => {
                let other = spelled(&other);
                return Err(format!(
                    "serve does not know {other}; it accepts --port N, --no-open and --debug"
                ));
            }
        }
    }
    Ok(Task::Serve(options))
}

fn parse_port(parser: &mut Parser) -> Result<u16, String> {
    const RANGE: &str = "a number from 1 to 65535";
    let value = parser.value().map_err(|_| format!("--port needs {RANGE}"))?;
    match value.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("--port needs {RANGE}, not {value:?}")),
    }
}

fn parse_chaos(parser: &mut Parser) -> Result<Task, String> {
    let mut options = ChaosOptions { runs: DEFAULT_RUNS, seed: 1 };
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Long("runs") => options.runs = parse_number(parser, "--runs", 1)?,
            Long("seed") => options.seed = parse_number(parser, "--seed", 0)?,
            Long("help") | Short('h') => return Ok(Task::Help),
            other => {
                let other = spelled(&other);
                return Err(format!("chaos does not know {other}; it accepts --runs N and --seed S"));
            }
        }
    }
    Ok(Task::Chaos(options))
}

fn parse_number(parser: &mut Parser, option: &str, least: u64) -> Result<u64, String> {
    let needs = format!("{option} needs a whole number, {least} or more");
    let value = parser.value().map_err(|_| needs.clone())?;
    match value.parse::<u64>() {
        Ok(number) if number >= least => Ok(number),
        _ => Err(format!("{needs}, not {value:?}")),
    }
}

fn parse_nothing(parser: &mut Parser, name: &str, task: Task) -> Result<Task, String> {
    match parser.next().map_err(|error| error.to_string())? {
        None => Ok(task),
        Some(Long("help") | Short('h')) => Ok(Task::Help),
        Some(other) => Err(format!("{name} does not know {}; it takes no arguments", spelled(&other))),
    }
}

/// The argument as it was typed.
fn spelled(argument: &lexopt::Arg) -> String {
    match argument {
        Long(name) => format!("--{name}"),
        Short(letter) => format!("-{letter}"),
        Value(value) => format!("{value:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn serve_has_defaults_and_takes_each_option() {
        let default = ServeOptions { port: 8080, open: true, debug: false };
        assert_eq!(parsed("serve"), Ok(Task::Serve(default)));
        let all = ServeOptions { port: 9000, open: false, debug: true };
        assert_eq!(parsed("serve --port 9000 --no-open --debug"), Ok(Task::Serve(all)));
        let joined = ServeOptions { port: 9001, open: true, debug: false };
        assert_eq!(parsed("serve --port=9001"), Ok(Task::Serve(joined)));
    }

    #[test]
    fn chaos_has_defaults_and_takes_each_option() {
        assert_eq!(parsed("chaos"), Ok(Task::Chaos(ChaosOptions { runs: 10_000, seed: 1 })));
        let given = ChaosOptions { runs: 50, seed: 0 };
        assert_eq!(parsed("chaos --runs 50 --seed=0"), Ok(Task::Chaos(given)));
    }

    #[test]
    fn no_task_and_every_spelling_of_help_ask_for_help() {
        for line in ["", "help", "--help", "-h", "serve --help", "build -h", "test --help", "chaos -h"] {
            assert_eq!(parsed(line), Ok(Task::Help), "{line:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named_together_with_what_is_accepted() {
        let cases = [
            (
                "sreve",
                "there is no task \"sreve\"; the tasks are serve, build, test, chaos, bench, bench-page and help",
            ),
            (
                "--fast serve",
                "expected a task before --fast; the tasks are serve, build, test, chaos, bench, bench-page and help",
            ),
            ("serve --prot 1", "serve does not know --prot; it accepts --port N, --no-open and --debug"),
            ("serve --port", "--port needs a number from 1 to 65535"),
            ("serve --port 0", "--port needs a number from 1 to 65535, not \"0\""),
            ("serve --port 65536", "--port needs a number from 1 to 65535, not \"65536\""),
            ("build --release", "build does not know --release; it takes no arguments"),
            ("chaos --runs", "--runs needs a whole number, 1 or more"),
            ("chaos --runs 0", "--runs needs a whole number, 1 or more, not \"0\""),
            ("chaos --seed -1", "--seed needs a whole number, 0 or more, not \"-1\""),
            ("chaos --seed x", "--seed needs a whole number, 0 or more, not \"x\""),
            ("chaos 7", "chaos does not know \"7\"; it accepts --runs N and --seed S"),
            ("test page", "test does not know \"page\"; it takes no arguments"),
        ];
        for (line, sentence) in cases {
            assert_eq!(parsed(line), Err(sentence.to_owned()), "{line:?}");
        }
    }
}
