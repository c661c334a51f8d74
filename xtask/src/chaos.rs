//! `cargo xtask chaos`: random runs of simulated clusters, far more than the ordinary test has time for.
//!
//! The program that plays them is an example of `lab-tests`; it is built with full optimisation, because most of the
//! time goes into the runs, and with its assertions, because a broken one is a find.

use anyhow::Result;

use crate::cli::ChaosOptions;
use crate::shell;

/// The profile in `Cargo.toml`.
const PROFILE: &str = "chaos";

/// Plays the runs; a failing one is an error.
pub(crate) fn chaos(options: &ChaosOptions) -> Result<()> {
    let (runs, seed) = (options.runs.to_string(), options.seed.to_string());
    shell::run(shell::cargo().args([
        "run",
        "--quiet",
        "--profile",
        PROFILE,
        "--package",
        "lab-tests",
        "--example",
        "chaos",
        "--",
        &runs,
        &seed,
    ]))
}
