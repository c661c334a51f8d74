//! `cargo xtask bench`: what the simulation costs, as a table of ratios in `BENCHMARKS.md`.
//!
//! Times differ from machine to machine and from hour to hour, ratios of things that ran in turn much less. Criterion
//! measures the engines, the growth and the jumps; a program that runs the workload once tells its peak memory, and is
//! built a second time as WASM for Node. Nothing here fails because something was slow.
//!
//! **Left out on purpose**: the page's frames and start-up, which `cargo xtask bench-page` measures in Chromium.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::{shell, tools};

/// The WASM target that has a clock and a standard output.
const WASI: &str = "wasm32-wasip1";
/// Messages of the runs whose memory and WASM time are measured.
const MESSAGES: &str = "64000";
/// Messages of a run of 10⁶ events.
const LONG_RUN: &str = "128000";
/// How often the native program and its WASM twin run, in turn.
const ROUNDS: usize = 5;

/// Where the table of the core stands in `BENCHMARKS.md`.
const SECTION: &str = "core";

/// Measures, prints the table and puts it into `BENCHMARKS.md`.
pub(crate) fn bench() -> Result<()> {
    shell::run(shell::cargo().args(["bench", "--package", "lab-tests", "--bench", "mqflow"]))?;
    let program = build(None)?;
    let wasm = if shell::find("node").is_some() {
        tools::ensure_target(WASI)?;
        Some(build(Some(WASI))?)
    } else {
        println!("There is no Node here, so the core is not measured as WASM.");
        None
    };
    let medians = medians(&criterion_folder())?;
    let mut table = engines(&medians)?;
    table += &memory(&program)?;
    if let Some(wasm) = &wasm {
        table += &beside_wasm(&program, wasm)?;
    }
    table += &jumps(&medians, wasm.as_deref())?;
    table += &growth(&medians)?;
    println!("\n{table}");
    write_section(SECTION, &table)
}

fn criterion_folder() -> PathBuf {
    shell::scratch().with_file_name("criterion")
}

/// Builds the program that runs the workload once.
fn build(target: Option<&str>) -> Result<PathBuf> {
    let mut cargo = shell::cargo();
    cargo.args(["build", "--release", "--package", "lab-tests", "--example", "mqflow"]);
    let mut folder = shell::scratch().with_file_name("");
    if let Some(target) = target {
        cargo.args(["--target", target]);
        folder.push(target);
    }
    shell::run(&mut cargo)?;
    let name = if target.is_some() { "mqflow.wasm" } else { "mqflow" };
    Ok(folder.join("release").join("examples").join(name))
}

/// A measured benchmark: its median in nanoseconds, and how many elements one run handles.
#[derive(Clone, Copy, Debug)]
struct Median {
    nanos: f64,
    elements: Option<f64>,
}

impl Median {
    /// Nanoseconds for one element.
    fn each(self) -> Result<f64> {
        Ok(self.nanos / self.elements.context("the benchmark says how much it handles")?)
    }
}

/// What Criterion left: the median of every benchmark by its name, `group/function` or `group/function/number`.
fn medians(folder: &Path) -> Result<BTreeMap<String, Median>> {
    let mut medians = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            }
        }
        if folder.ends_with("new") {
            let benchmark = json(&folder.join("benchmark.json"))?;
            let estimates = json(&folder.join("estimates.json"))?;
            let name = benchmark["full_id"].as_str().context("a benchmark has a name")?;
            let nanos = estimates["median"]["point_estimate"].as_f64().context("a benchmark has a median")?;
            let elements = benchmark["throughput"]["Elements"].as_f64();
            medians.insert(name.to_owned(), Median { nanos, elements });
        }
    }
    Ok(medians)
}

fn json(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}

fn median(medians: &BTreeMap<String, Median>, name: &str) -> Result<Median> {
    medians.get(name).copied().with_context(|| format!("there is no benchmark `{name}`"))
}

fn engines(medians: &BTreeMap<String, Median>) -> Result<String> {
    let minimal = median(medians, "engine/minimal")?.each()?;
    let mut text = format!(
        "### A message of the workload\n\n| engine | time a message | beside the minimal one |\n|---|--:|--:|\n\
         | minimal | {} | 1 |\n",
        time(minimal)
    );
    for (name, words) in [("untraced", "lab, no trace kept"), ("traced", "lab, every event and cause kept")] {
        let each = median(medians, &format!("engine/{name}"))?.each()?;
        writeln!(text, "| {words} | {} | {:.1} × |", time(each), each / minimal)?;
    }
    Ok(text + "\n")
}

fn jumps(medians: &BTreeMap<String, Median>, wasm: Option<&Path>) -> Result<String> {
    let anywhere = median(medians, "jump/anywhere")?.nanos;
    let whole = median(medians, "jump/from the start")?.nanos;
    let mut text = format!(
        "### Going to a moment of a run of 10⁶ events\n\n| way | time | share |\n|---|--:|--:|\n\
         | from the nearest keyframe | {} | {:.1} % |\n| playing from the start to the end | {} | 100 % |\n",
        time(anywhere),
        anywhere / whole * 100.0,
        time(whole)
    );
    if let Some(wasm) = wasm {
        let nanos = number(&run_once(&mut in_node(wasm, "jump", LONG_RUN))?, "micros")? * 1000.0;
        writeln!(text, "| from the nearest keyframe, as WASM in Node | {} | |", time(nanos))?;
    }
    Ok(text + "\n")
}

fn growth(medians: &BTreeMap<String, Median>) -> Result<String> {
    let mut text = "### The cost of an event as things grow\n\n| what | number | time an event | beside the smallest |\n\
                    |---|--:|--:|--:|\n"
        .to_owned();
    for (what, numbers) in [
        ("messages", &[1_024, 10_240, 102_400, 1_024_000][..]),
        ("brokers", &[2, 8, 32]),
        ("queues", &[4, 64, 1_024]),
    ] {
        let mut smallest = None;
        for number in numbers {
            let each = median(medians, &format!("growth/{what}/{number}"))?.each()?;
            let first = *smallest.get_or_insert(each);
            writeln!(text, "| {what} | {number} | {} | {:.2} × |", time(each), each / first)?;
        }
    }
    Ok(text + "\n")
}

/// What one run of the program says: `key=value` pairs.
fn run_once(command: &mut Command) -> Result<BTreeMap<String, String>> {
    let output = command.output().with_context(|| format!("cannot start `{}`", shell::line(command)))?;
    if !output.status.success() {
        bail!("`{}` failed: {}", shell::line(command), String::from_utf8_lossy(&output.stderr).trim());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let pairs = text.split_whitespace().filter_map(|pair| pair.split_once('='));
    Ok(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
}

fn number(values: &BTreeMap<String, String>, key: &str) -> Result<f64> {
    values.get(key).with_context(|| format!("the program says `{key}`"))?.parse().context("it is a number")
}

fn memory(program: &Path) -> Result<String> {
    let mut text = "### Peak memory of a run of 64 000 messages\n\n| engine | peak | beside the minimal one |\n|---|--:|--:|\n"
        .to_owned();
    let mut minimal = None;
    for engine in ["minimal", "untraced", "traced"] {
        let values = run_once(shell::command(program).args([engine, MESSAGES]))?;
        let Ok(peak) = number(&values, "peak_kib") else {
            return Ok(String::new());
        };
        let first = *minimal.get_or_insert(peak);
        writeln!(text, "| {engine} | {:.0} MiB | {:.1} × |", peak / 1024.0, peak / first)?;
    }
    Ok(text + "\n")
}

/// The program in Node.
fn in_node(wasm: &Path, engine: &str, messages: &str) -> Command {
    let mut node = shell::command("node");
    let runner = shell::root().join("xtask").join("wasi.mjs");
    node.arg("--no-warnings").arg(runner).arg(wasm).args([engine, messages]);
    node
}

/// The traced run natively and as WASM in Node, in turn; their digests must be equal. The first run of a process has
/// Node compile the WASM while it runs, so the second is told too.
fn beside_wasm(program: &Path, wasm: &Path) -> Result<String> {
    const ROWS: [(&str, &str); 2] =
        [("traced", "WASM in Node, compiled while it runs"), ("again", "WASM in Node, compiled before")];
    let mut digests = Vec::new();
    let mut table =
        "### The same run as WASM\n\n| where | time | beside native | digest |\n|---|--:|--:|---|\n"
            .to_owned();
    for (engine, words) in ROWS {
        let (mut native, mut as_wasm) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let values = run_once(shell::command(program).args([engine, MESSAGES]))?;
            native.push(number(&values, "micros")?);
            digests.push(values["digest"].clone());
            let values = run_once(&mut in_node(wasm, engine, MESSAGES))?;
            as_wasm.push(number(&values, "micros")?);
            digests.push(values["digest"].clone());
        }
        digests.dedup();
        ensure!(digests.len() == 1, "the native run and the run in WASM are the same: {digests:?}");
        let (native, as_wasm) = (middle(native), middle(as_wasm));
        if engine == ROWS[0].0 {
            table += &format!("| native | {} | 1 | `{}` |\n", time(native * 1000.0), digests[0]);
        }
        table +=
            &format!("| {words} | {} | {:.2} × | the same |\n", time(as_wasm * 1000.0), as_wasm / native);
    }
    Ok(table + "\n")
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A time in nanoseconds for people.
fn time(nanos: f64) -> String {
    match nanos {
        n if n < 1e3 => format!("{n:.0} ns"),
        n if n < 1e6 => format!("{:.1} µs", n / 1e3),
        n if n < 1e9 => format!("{:.0} ms", n / 1e6),
        n => format!("{:.1} s", n / 1e9),
    }
}

/// Puts a table between the marks of its section in `BENCHMARKS.md`.
pub(crate) fn write_section(section: &str, table: &str) -> Result<()> {
    let path = shell::root().join("BENCHMARKS.md");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = with_section(&text, section, table)
        .with_context(|| format!("{} has no marks for `{section}`", path.display()))?;
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn with_section(text: &str, section: &str, table: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {section} -->\n"), format!("<!-- end of {section} -->"));
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{}\n\n{end}{after}", table.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_the_rest_stays() {
        let text = "a\n<!-- core -->\nold\n<!-- end of core -->\nz\n";
        let expected = "a\n<!-- core -->\n\nnew\n\n<!-- end of core -->\nz\n";
        assert_eq!(with_section(text, "core", "new\n").as_deref(), Some(expected));
        assert_eq!(with_section(expected, "core", "new").as_deref(), Some(expected));
        assert_eq!(with_section("nothing", "core", "new"), None);
    }

    #[test]
    fn times_are_told_in_their_own_unit() {
        let times = [12.0, 1_500.0, 2_000_000.0, 3.2e9].map(time);
        assert_eq!(times, ["12 ns", "1.5 µs", "2 ms", "3.2 s"]);
    }
}
