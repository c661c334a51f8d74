//! Making a WASM file smaller with Binaryen's `wasm-opt`.
//!
//! It is taken from the `PATH` or from `node_modules`; where there is neither, npm, if there is one, fetches a pinned
//! version into the target folder. Trunk's own call of it stays off, because Trunk fails, or downloads from a place that
//! many networks do not let through, where it finds none.
//!
//! **Left out on purpose**: `-Oz`. On this page it takes more than four minutes of a processor, and what it saves is
//! what brotli finds by itself: it travels in as many bytes as before. The passes below take seconds.
//!
//! **Invariant**: a missing, old or failing `wasm-opt` costs bytes and never the build.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Result;

use crate::page::grouped;
use crate::shell;

/// The version of Binaryen that npm fetches.
const VERSION: &str = "132.0.0";

/// What is done, in this order: of functions that became the same one is kept, then what nobody uses goes, then the
/// locals used most get the short numbers.
const PASSES: [&str; 3] = ["--duplicate-function-elimination", "--vacuum", "--reorder-locals"];

/// What rustc takes for granted, wasm-opt must be told, as wasm-bindgen drops the section that says so.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Runs it over each of these files; what it does to their sizes is printed.
pub(crate) fn optimise<'a>(files: impl Iterator<Item = &'a Path>) {
    let Some(program) = find().or_else(fetch) else {
        println!(
            "There is no wasm-opt here and no npm to fetch it with, so the page is larger than it could be."
        );
        return;
    };
    for file in files {
        if let Err(error) = shrink(&program, file) {
            println!("warning: {error:#}; the page is served without that optimisation");
        }
    }
}

fn shrink(program: &Path, file: &Path) -> Result<()> {
    let smaller = file.with_extension("wasm-opt");
    let mut command = shell::command(program);
    command.args(PASSES).args(FEATURES).arg("-o").arg(&smaller).arg(file);
    let outcome = shell::run(&mut command).and_then(|()| {
        let (before, after) = (fs::metadata(file)?.len(), fs::metadata(&smaller)?.len());
        fs::rename(&smaller, file)?;
        println!("wasm-opt: {} → {} bytes", grouped(before), grouped(after));
        Ok(())
    });
    if outcome.is_err() {
        // It may have written half a file, or none.
        let _ = fs::remove_file(&smaller);
    }
    outcome
}

/// A wasm-opt that is there.
fn find() -> Option<PathBuf> {
    let local = |folder: PathBuf| shell::find(&programs_of(&folder).join("wasm-opt").to_string_lossy());
    shell::find("wasm-opt").or_else(|| local(shell::root())).or_else(|| local(folder()))
}

/// Has npm fetch Binaryen.
fn fetch() -> Option<PathBuf> {
    let npm = shell::find("npm")?;
    println!(
        "Fetching binaryen {VERSION} (wasm-opt) with npm; this is done once and takes less than a minute."
    );
    // Without a package.json of its own npm may look for one further up.
    fs::create_dir_all(folder()).ok()?;
    fs::write(folder().join("package.json"), "{ \"private\": true }\n").ok()?;
    let mut command = shell::command(npm);
    command.arg("install").arg("--prefix").arg(folder());
    command.args(["--no-audit", "--no-fund", "--loglevel", "error", &format!("binaryen@{VERSION}")]);
    match shell::run(command.stdin(Stdio::null())) {
        Ok(()) => find(),
        Err(error) => {
            println!("warning: {error:#}");
            None
        }
    }
}

/// Where npm puts it.
fn folder() -> PathBuf {
    shell::scratch().join("binaryen")
}

/// Where npm puts the programs of the packages in a folder.
fn programs_of(folder: &Path) -> PathBuf {
    folder.join("node_modules").join(".bin")
}

/// Whether a file is one for wasm-opt.
pub(crate) fn is_wasm(file: &Path) -> bool {
    file.extension() == Some(OsStr::new("wasm"))
}
