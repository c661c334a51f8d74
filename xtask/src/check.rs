//! `cargo xtask test`: every test there is, in three phases, from the quickest to the most complete.
//!
//! 1. Native tests of all packages.
//! 2. WASM tests in headless Chromium: the page's components, and the core's digests on the other target.
//! 3. The release build of the page, opened and operated through WebDriver.
//!
//! What is missing is installed meanwhile: compiling the tools takes as long as the native tests.
//!
//! **Invariants**: the first failure ends the run with an error; a phase in which no test ran, or in which one was
//! ignored, has failed.

use std::ops::AddAssign;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::browser::{self, Browser};
use crate::page::{self, Profile};
use crate::shell;
use crate::tools::{self, Installing, Tool, WASM_TARGET};

/// Runs all three phases.
pub(crate) fn test() -> Result<()> {
    let started = Instant::now();
    // First what can fail at once, so that nobody waits for it.
    let browser = browser::ensure()?;
    tools::ensure_wasm_target()?;
    let (wasm_bindgen, trunk) = (Tool::wasm_bindgen()?, Tool::trunk());
    let installing = Installing::start(vec![wasm_bindgen.clone(), trunk.clone()])?;

    let mut total = phase("1/3", "native tests", || run_tests(shell::cargo().args(["test", "--workspace"])))?;

    total += phase("2/3", "WASM tests in headless Chromium", || {
        installing.wait_for(&wasm_bindgen)?;
        let mut tally = Tally::default();
        for (package, test) in [("lab-web", "browser"), ("lab-tests", "wasm")] {
            tally += run_tests(in_browser(&browser, package, test).env("WASM_BINDGEN_USE_BROWSER", "1"))?;
        }
        Ok(tally)
    })?;

    total += phase("3/3", "the built page through WebDriver", || {
        installing.wait_for(&trunk)?;
        let dist = page::build(Profile::Release)?;
        run_tests(
            shell::cargo()
                .args(["test", "--package", "lab-tests", "--features", "page", "--test", "page"])
                .env("LAB_DIST", dist)
                .env("CHROME", &browser.chrome)
                .env("CHROMEDRIVER", &browser.driver),
        )
    })?;

    println!("\nTests passed: {}, time: {}.", total.passed, shell::readable(started.elapsed()));
    Ok(())
}

/// The command for a test file that runs as WASM in a browser.
fn in_browser(browser: &Browser, package: &str, test: &str) -> Command {
    let mut command = shell::cargo();
    command.args(["test", "--target", WASM_TARGET, "--package", package, "--test", test]);
    // The runner would prefer other drivers that it finds named, or leave out what is not for the browser.
    for variable in [
        "CHROMEDRIVER_REMOTE",
        "GECKODRIVER",
        "GECKODRIVER_REMOTE",
        "MSEDGEDRIVER",
        "MSEDGEDRIVER_REMOTE",
        "SAFARIDRIVER",
        "SAFARIDRIVER_REMOTE",
        "NO_HEADLESS",
        "WASM_BINDGEN_TEST_ONLY_NODE",
        "WASM_BINDGEN_TEST_ONLY_WEB",
    ] {
        command.env_remove(variable);
    }
    // Its limits of 5 s for the driver to start and 20 s for all tests are too short for a busy machine.
    command
        .env("CHROME", &browser.chrome)
        .env("CHROMEDRIVER", &browser.driver)
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "600");
    command
}

/// Runs a phase between a heading and a line that says how it went.
fn phase(number: &str, name: &str, work: impl FnOnce() -> Result<Tally>) -> Result<Tally> {
    println!("\n=== {number}: {name} ===");
    let started = Instant::now();
    let tally = work().with_context(|| {
        format!("phase {number}, {name}, failed after {}", shell::readable(started.elapsed()))
    })?;
    println!(
        "=== {number}: tests passed: {}, time: {} ===",
        tally.passed,
        shell::readable(started.elapsed())
    );
    Ok(tally)
}

/// Runs one test command, which must run at least one test and leave none out.
fn run_tests(command: &mut Command) -> Result<Tally> {
    let mut tally = Tally::default();
    shell::run_watched(command, |line| {
        if let Some(result) = Tally::parse(line) {
            tally += result;
        }
    })?;
    if tally.passed == 0 {
        bail!("`{}` ran no test", shell::line(command));
    }
    if tally.left_out > 0 {
        bail!("`{}` left out {} tests; every test must run", shell::line(command), tally.left_out);
    }
    Ok(tally)
}

/// How many tests ran.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
struct Tally {
    passed: u32,
    /// Ignored, or not chosen by a filter.
    left_out: u32,
}

impl Tally {
    /// Reads the line in which a test program sums up; both Rust's and that of wasm-bindgen write it this way:
    /// `test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s`.
    fn parse(line: &str) -> Option<Self> {
        let (_, counts) = line.split_once("test result: ")?.1.split_once(". ")?;
        let count = |what: &str| {
            let number = counts.split("; ").find_map(|part| part.strip_suffix(what))?;
            number.trim().parse::<u32>().ok()
        };
        Some(Self { passed: count("passed")?, left_out: count("ignored")? + count("filtered out")? })
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.left_out += other.left_out;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summaries_of_both_test_programs_are_read() {
        let native =
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.52s";
        assert_eq!(Tally::parse(native), Some(Tally { passed: 12, left_out: 4 }));
        let browser = "test result: ok. 2 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.01s";
        assert_eq!(Tally::parse(browser), Some(Tally { passed: 2, left_out: 0 }));
        for line in ["", "no tests to run!", "test result: ok", "running 3 tests"] {
            assert_eq!(Tally::parse(line), None, "{line:?}");
        }
    }
}
