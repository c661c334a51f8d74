//! The WASM target, Trunk and wasm-bindgen: what a build of the page needs beside cargo.
//!
//! Trunk would download wasm-bindgen by itself, but from a place that many networks do not let through; a wasm-bindgen
//! of the right version on the `PATH` stops it from trying. So both come from the registry that cargo itself uses.
//!
//! **Invariants**: what is present in the right version is left alone; the version of wasm-bindgen is read from
//! `Cargo.lock` and written nowhere else.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};

use crate::shell;

/// What the page is compiled for.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The version of Trunk that `Trunk.toml` and `index.html` are written for.
const TRUNK_VERSION: &str = "0.21.14";

/// A set of programs that `cargo install` provides.
#[derive(Debug, Clone)]
pub(crate) struct Tool {
    /// The package on the registry.
    package: &'static str,
    /// The programs of it that are used here.
    programs: &'static [&'static str],
    /// The one version that will do.
    version: String,
    /// Whether to take its dependencies exactly as published.
    locked: bool,
    /// How long installing takes on two cores, for telling people beforehand.
    minutes: u32,
}

impl Tool {
    /// Builds the page from `index.html`.
    pub(crate) fn trunk() -> Self {
        Self {
            package: "trunk",
            programs: &["trunk"],
            version: TRUNK_VERSION.to_owned(),
            // Newer dependencies than it was published with have broken its build before.
            locked: true,
            minutes: 7,
        }
    }

    /// Joins WASM and JavaScript, and runs WASM tests in a browser. It refuses files made for any other version.
    pub(crate) fn wasm_bindgen() -> Result<Self> {
        let lock = shell::root().join("Cargo.lock");
        let text = fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
        let version = locked_version(&text, "wasm-bindgen")
            .context("Cargo.lock names no wasm-bindgen, so its version is unknown")?;
        Ok(Self {
            package: "wasm-bindgen-cli",
            programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
            version: version.to_owned(),
            locked: false,
            minutes: 4,
        })
    }

    /// Whether every program is there and says the right version.
    fn is_installed(&self) -> bool {
        self.programs.iter().all(|program| version_of(program).as_deref() == Some(self.version.as_str()))
    }

    /// The command that installs it.
    fn install_command(&self) -> Command {
        let mut command = shell::cargo();
        command.args(["install", self.package, "--version", &self.version]);
        if self.locked {
            command.arg("--locked");
        }
        command
            // We only come here when what is there will not do, be it an older version or half of a set.
            .arg("--force")
            // Cargo's default is the folder for temporary files: often in memory, too small, and empty after a failure.
            .env("CARGO_TARGET_DIR", build_folder())
            // These programs move files; optimising them across crates takes longer than it will ever save here.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .stdin(Stdio::null());
        command
    }

    /// A sentence that says what is about to be done and how long it takes.
    fn announcement(&self) -> String {
        let found = self.programs.iter().find_map(|program| version_of(program));
        let reason = match found {
            Some(version) if version != self.version => format!(", in place of {version}"),
            _ => String::new(),
        };
        format!(
            "Installing {} {}{reason}; this is done once and takes about {} minutes on two cores.",
            self.package, self.version, self.minutes
        )
    }
}

/// What a program answers to `--version`, without its name.
fn version_of(program: &str) -> Option<String> {
    let path = shell::find(program)?;
    let answer = shell::answer(shell::command(path).arg("--version"))?;
    answer.split_whitespace().nth(1).map(str::to_owned)
}

/// The version of `package` in the text of a `Cargo.lock`.
fn locked_version<'lock>(lock: &'lock str, package: &str) -> Option<&'lock str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

/// Adds the page's target to the toolchain in use, unless it is there.
pub(crate) fn ensure_wasm_target() -> Result<()> {
    ensure_target(WASM_TARGET)
}

/// Adds a target to the toolchain in use, unless it is there.
pub(crate) fn ensure_target(target: &str) -> Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let question = ["--print", "target-libdir", "--target", target];
    let folder = shell::answer(shell::command(rustc).args(question));
    if folder.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    if shell::find("rustup").is_none() {
        bail!("the Rust target {target} is missing, and there is no rustup to add it with");
    }
    println!("Adding the Rust target {target}; this is done once and takes less than a minute.");
    shell::run(shell::command("rustup").args(["target", "add", target]))
}

/// Everything that a build of the page needs, installed now and in view if missing.
pub(crate) fn ensure_all() -> Result<()> {
    ensure_wasm_target()?;
    for tool in [Tool::wasm_bindgen()?, Tool::trunk()] {
        if !tool.is_installed() {
            println!("{}", tool.announcement());
            shell::run(&mut tool.install_command())?;
            remove_build_folder();
        }
    }
    Ok(())
}

/// Where the tools are compiled.
fn build_folder() -> PathBuf {
    shell::scratch().join("tools")
}

/// Frees most of a gigabyte once a tool is installed. A folder that cannot be removed does no harm.
fn remove_build_folder() {
    let _ = fs::remove_dir_all(build_folder());
}

/// Tools being installed one after the other while something else goes on, with their output in log files.
///
/// Dropping it ends what is still running, so that a failed test run does not leave compilers behind.
pub(crate) struct Installing {
    pending: Vec<Pending>,
    stop: Arc<AtomicBool>,
    worker: Option<JoinHandle<()>>,
}

struct Pending {
    package: &'static str,
    outcome: Receiver<Result<()>>,
}

impl Installing {
    /// Starts installing those of the tools that are missing, in this order.
    pub(crate) fn start(tools: Vec<Tool>) -> Result<Self> {
        fs::create_dir_all(shell::scratch())?;
        let stop = Arc::new(AtomicBool::new(false));
        let mut pending = Vec::new();
        let mut work = Vec::new();
        for tool in tools.into_iter().filter(|tool| !tool.is_installed()) {
            println!(
                "{} It happens in the background, logged in {}.",
                tool.announcement(),
                log_of(&tool).display()
            );
            let (sender, outcome) = mpsc::channel();
            pending.push(Pending { package: tool.package, outcome });
            work.push((tool, sender));
        }
        let stop_signal = Arc::clone(&stop);
        let worker = thread::spawn(move || {
            let mut complete = true;
            for (tool, sender) in work {
                if stop_signal.load(Ordering::Relaxed) {
                    return;
                }
                let outcome = install_logged(&tool, &stop_signal);
                complete &= outcome.is_ok();
                // Nobody listens any more when the tests have failed meanwhile.
                let _ = sender.send(outcome);
            }
            if complete {
                remove_build_folder();
            }
        });
        Ok(Self { pending, stop, worker: Some(worker) })
    }

    /// Returns when `tool` is installed; an error holds the end of the log.
    pub(crate) fn wait_for(&self, tool: &Tool) -> Result<()> {
        let Some(pending) = self.pending.iter().find(|pending| pending.package == tool.package) else {
            return Ok(());
        };
        println!("Waiting until {} is installed.", tool.package);
        pending.outcome.recv().unwrap_or_else(|_| Err(anyhow!("installing {} was cut short", tool.package)))
    }
}

impl Drop for Installing {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(worker) = self.worker.take() {
            // A worker that panicked has reported that already.
            let _ = worker.join();
        }
    }
}

fn log_of(tool: &Tool) -> PathBuf {
    shell::scratch().join(format!("install-{}.log", tool.package))
}

fn install_logged(tool: &Tool, stop: &AtomicBool) -> Result<()> {
    const POLL: Duration = Duration::from_millis(100);
    let path = log_of(tool);
    let log = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut command = tool.install_command();
    let started = Instant::now();
    let mut child = command.stdout(log.try_clone()?).stderr(log).spawn().context("cannot start cargo")?;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if stop.load(Ordering::Relaxed) {
            child.kill()?;
            child.wait()?;
            bail!("installing {} was stopped", tool.package);
        }
        thread::sleep(POLL);
    };
    if !status.success() {
        bail!("`{}` failed ({status}); its last words:\n{}", shell::line(&command), tail(&path)?);
    }
    println!("Installed {} in {}.", tool.package, shell::readable(started.elapsed()));
    Ok(())
}

/// The last few thousand characters of a file.
fn tail(path: &Path) -> Result<String> {
    const LENGTH: u64 = 4_000;
    let mut file = File::open(path)?;
    let start = file.metadata()?.len().saturating_sub(LENGTH);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_package_and_of_no_namesake() {
        let lock = "\
[[package]]
name = \"wasm-bindgen-futures\"
version = \"0.4.50\"

[[package]]
name = \"wasm-bindgen\"
version = \"0.2.130\"
source = \"registry\"
";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "wasm"), None);
    }

    #[test]
    fn a_tool_that_is_not_there_is_announced_with_version_and_time() {
        let tool = Tool { programs: &["no-such-program-anywhere"], ..Tool::trunk() };
        assert!(!tool.is_installed());
        assert_eq!(
            tool.announcement(),
            "Installing trunk 0.21.14; this is done once and takes about 7 minutes on two cores."
        );
        assert_eq!(
            shell::line(&tool.install_command()),
            "cargo install trunk --version 0.21.14 --locked --force"
        );
    }

    #[test]
    fn the_tail_of_a_log_is_its_end() {
        let path = std::env::temp_dir().join(format!("xtask-tail-{}", std::process::id()));
        fs::write(&path, format!("{}end", "x".repeat(5_000))).unwrap();
        let tail = tail(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(tail.len(), 4_000);
        assert!(tail.ends_with("xend"));
    }
}
