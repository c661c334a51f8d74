//! Starting other programs, always the same way: in the workspace folder, with cargo's own bin folder first on the
//! `PATH`.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    // Cargo sets the variable for what it runs; the value compiled in serves a binary started without cargo.
    let package =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package.parent().map_or_else(|| package.clone(), Path::to_path_buf)
}

/// A folder under the target folder for what xtask itself leaves behind.
pub(crate) fn scratch() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root().join(target).join("xtask")
}

/// The `PATH` that other programs get. `cargo install` puts its programs into a folder that need not be on the `PATH`.
fn search_path() -> OsString {
    let old = env::var_os("PATH").unwrap_or_default();
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let install_root = env::var_os("CARGO_INSTALL_ROOT").map(PathBuf::from);
    let bin = install_root
        .or(cargo_home)
        .or_else(|| Some(env::home_dir()?.join(".cargo")))
        .map(|folder| root().join(folder).join("bin"));
    let folders = bin.into_iter().chain(env::split_paths(&old));
    // A folder whose name cannot stand in a PATH (it holds the separator) is not worth failing for.
    env::join_paths(folders).unwrap_or(old)
}

/// Where `program` is, if it is anywhere on the `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    which::which_in(program, Some(search_path()), root()).ok()
}

/// A program ready to be started.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).env("PATH", search_path());
    command
}

/// The cargo that started xtask, so that one toolchain does everything.
pub(crate) fn cargo() -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_stem().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Runs the command to its end, with its output where ours goes; anything but success is an error that names it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Like [`run`], and shows each line of standard output to `watch` on its way.
pub(crate) fn run_watched(command: &mut Command, mut watch: impl FnMut(&str)) -> Result<()> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    let output = child.stdout.take().context("the output was piped a moment ago")?;
    let mut terminal = io::stdout();
    for bytes in BufReader::new(output).split(b'\n') {
        let text = String::from_utf8_lossy(&bytes?).into_owned();
        writeln!(terminal, "{text}")?;
        watch(&text);
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// What the command prints, if it can be started and succeeds. For questions, where any failure means "no".
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A duration for people: `8 s`, `3 min 05 s`.
pub(crate) fn readable(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {:02} s", seconds / 60, seconds % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_folder_with_the_lock_file() {
        assert!(root().join("Cargo.lock").is_file());
    }

    #[test]
    fn a_failing_command_is_named_in_the_error() {
        let error = run(cargo().args(["no-such-task"]).stderr(Stdio::null())).unwrap_err();
        assert!(error.to_string().contains("`cargo no-such-task` failed"), "{error}");
        let error = run(&mut command("no-such-program-anywhere")).unwrap_err();
        assert_eq!(error.to_string(), "cannot start `no-such-program-anywhere`");
    }

    #[test]
    fn durations_read_naturally() {
        assert_eq!(readable(Duration::from_millis(8_900)), "8 s");
        assert_eq!(readable(Duration::from_secs(185)), "3 min 05 s");
    }
}
