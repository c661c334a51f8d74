//! Set-up and chores of RocketMQ Lab, so that a fresh machine needs cargo and rustup and nothing remembered.
//!
//! `cargo xtask serve` shows the page, `cargo xtask build` makes the folder to publish, `cargo xtask test` runs every
//! test there is, `cargo xtask chaos` plays random runs for as long as one likes. Each installs what it lacks, after saying what that is and how long it takes.
//!
//! - [`cli`] reads the command line.
//! - [`shell`] starts other programs, always the same way.
//! - [`tools`] installs the WASM target, Trunk and wasm-bindgen; [`browser`] finds or installs Chromium.
//! - [`page`] builds the page, [`wasm_opt`] makes it smaller, [`serve`] shows it, [`check`] tests everything, [`chaos`]
//!   plays random runs, [`bench`](mod@bench) and [`bench_page`] measure.
//!
//! **Left out on purpose**: rebuilding while one works on the page (`trunk serve` does that), and anything that
//! publishes.

mod bench;
mod bench_page;
mod browser;
mod chaos;
mod check;
mod cli;
mod page;
mod serve;
mod shell;
mod tools;
mod wasm_opt;

use std::process::ExitCode;

use cli::Task;

fn main() -> ExitCode {
    let task = match cli::parse(std::env::args_os().skip(1)) {
        Ok(task) => task,
        Err(mistake) => {
            eprintln!("error: {mistake}");
            return ExitCode::from(2);
        }
    };
    let outcome = match task {
        Task::Help => {
            print!("{}", cli::HELP);
            Ok(())
        }
        Task::Serve(options) => serve::serve(&options),
        Task::Build => page::build_and_measure(),
        Task::Test => check::test(),
        Task::Chaos(options) => chaos::chaos(&options),
        Task::Bench => bench::bench(),
        Task::BenchPage => bench_page::bench_page(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
