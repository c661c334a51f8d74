//! `cargo xtask bench-page`: how smooth the built page is and how soon it is there, in headless Chromium.
//!
//! It is measured beside a page that draws 5 000 arcs by hand and beside the smallest page that Yew can make, which is
//! built here with the same wasm-bindgen. The program that measures is an example of `lab-tests`.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};

use crate::page::{self, Profile};
use crate::tools::WASM_TARGET;
use crate::{bench, browser, shell, tools};

/// Where the table of the page stands in `BENCHMARKS.md`.
const SECTION: &str = "page";

/// Builds both pages, measures, prints the table and puts it into `BENCHMARKS.md`.
pub(crate) fn bench_page() -> Result<()> {
    let browser = browser::ensure()?;
    tools::ensure_all()?;
    let dist = page::build(Profile::Release)?;
    let counter = build_counter()?;
    let mut measure = shell::cargo();
    measure
        .args(["run", "--release", "--package", "lab-tests", "--features", "page", "--example", "page-bench"])
        .env("LAB_DIST", dist)
        .env("LAB_COUNTER", counter)
        .env("CHROME", &browser.chrome)
        .env("CHROMEDRIVER", &browser.driver)
        .stderr(Stdio::inherit());
    let output = measure.output().with_context(|| format!("cannot start `{}`", shell::line(&measure)))?;
    ensure!(output.status.success(), "`{}` failed", shell::line(&measure));
    let table = String::from_utf8_lossy(&output.stdout);
    println!("\n{table}");
    bench::write_section(SECTION, &table)
}

/// Builds the page with a counter, which is an example of `lab-web`.
fn build_counter() -> Result<PathBuf> {
    shell::run(shell::cargo().args([
        "build",
        "--release",
        "--package",
        "lab-web",
        "--example",
        "counter",
        "--target",
        WASM_TARGET,
    ]))?;
    let built =
        shell::scratch().with_file_name(WASM_TARGET).join("release").join("examples").join("counter.wasm");
    let folder = shell::scratch().join("counter");
    let mut bind = shell::command("wasm-bindgen");
    bind.args(["--target", "web", "--no-typescript", "--out-dir"]).arg(&folder).arg(built);
    shell::run(&mut bind)?;
    let page = shell::root().join("tests").join("benches").join("page").join("counter.html");
    fs::copy(&page, folder.join("index.html")).with_context(|| format!("cannot copy {}", page.display()))?;
    Ok(folder)
}
