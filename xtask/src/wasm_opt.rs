//! Making a WASM file smaller: without the names of its functions, then with Binaryen's `wasm-opt`.
//!
//! The names are 100 KB of what travels, and `strip` in a profile of cargo leaves them there. `wasm-opt` is taken from the `PATH` or from `node_modules`; where there is neither, npm, if there is one, fetches a pinned
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

/// The number of a section that nothing but tools reads: names, producers, target features.
const CUSTOM: u8 = 0;

/// Makes each of these files smaller; what `wasm-opt` does to their sizes is printed.
pub(crate) fn optimise<'a>(files: impl Iterator<Item = &'a Path> + Clone) -> Result<()> {
    for file in files.clone() {
        if let Some(kept) = without_custom_sections(&fs::read(file)?) {
            fs::write(file, kept)?;
        }
    }
    let Some(program) = find().or_else(fetch) else {
        println!(
            "There is no wasm-opt here and no npm to fetch it with, so the page is larger than it could be."
        );
        return Ok(());
    };
    for file in files {
        if let Err(error) = shrink(&program, file) {
            println!("warning: {error:#}; the page is served without that optimisation");
        }
    }
    Ok(())
}

/// The file without its custom sections; nothing when it is not a WASM file from end to end.
fn without_custom_sections(bytes: &[u8]) -> Option<Vec<u8>> {
    let (head, mut rest) = bytes.split_at_checked(8)?;
    if !head.starts_with(b"\0asm") {
        return None;
    }
    let mut kept = head.to_vec();
    while let Some(number) = rest.first() {
        let (length, digits) = leb128(rest.get(1..)?)?;
        let (section, after) = rest.split_at_checked(1 + digits + length)?;
        if *number != CUSTOM {
            kept.extend_from_slice(section);
        }
        rest = after;
    }
    Some(kept)
}

/// A number of up to 32 bits as WASM writes it, and how many bytes it takes.
fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_sections_go_and_the_others_stay() {
        let head = b"\0asm\x01\0\0\0";
        let long = [&[1, 0x81, 0x01][..], &[7; 129]].concat();
        let file = [&head[..], &[0, 3, 1, b'n', 9], &long, &[0, 1, 0], &[10, 1, 0]].concat();
        assert_eq!(without_custom_sections(&file), Some([&head[..], &long, &[10, 1, 0]].concat()));
    }

    #[test]
    fn what_is_no_wasm_file_is_left_alone() {
        assert_eq!(without_custom_sections(b"<!doctype html>"), None);
        assert_eq!(without_custom_sections(b"\0asm\x01\0\0\0\x01\x7f"), None, "cut off");
        assert_eq!(without_custom_sections(b""), None);
    }
}
