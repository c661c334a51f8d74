//! Building the page into `dist/`, and measuring what a visitor downloads.
//!
//! Trunk compiles and bundles; after that [`wasm_opt`] makes the WASM file a little smaller.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use brotli::enc::BrotliEncoderParams;

use crate::{shell, tools, wasm_opt};

/// How to compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quickly, for a look.
    Debug,
    /// Small and fast, for everybody else.
    Release,
}

/// `cargo xtask build`: a release build, and the table of sizes.
pub(crate) fn build_and_measure() -> Result<()> {
    tools::ensure_all()?;
    let dist = build(Profile::Release)?;
    println!("\n{}", table(&measure(&dist)?));
    Ok(())
}

/// Builds the page with tools that are already there, and says where it is.
pub(crate) fn build(profile: Profile) -> Result<PathBuf> {
    check_lessons()?;
    let mut trunk = shell::command("trunk");
    trunk.arg("build");
    if profile == Profile::Release {
        trunk.arg("--release");
    }
    // Trunk asks the registry for a newer version of itself otherwise.
    trunk.env("TRUNK_SKIP_VERSION_CHECK", "true");
    // Trunk takes only `true` and `false` for a value of NO_COLOR, the rest of the world takes anything.
    if std::env::var_os("NO_COLOR").is_some() {
        trunk.env_remove("NO_COLOR").args(["--color", "never"]);
    }
    shell::run(&mut trunk)?;
    let dist = shell::root().join("dist");
    if profile == Profile::Release {
        let files = files(&dist)?;
        wasm_opt::optimise(files.iter().map(PathBuf::as_path).filter(|file| wasm_opt::is_wasm(file)))?;
    }
    Ok(dist)
}

/// Reads and plays every lesson: one that does not keep its promises is not built into a page.
fn check_lessons() -> Result<()> {
    let folder = shell::root().join("web").join("lessons");
    let mut lessons = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            lessons.push(path);
        }
    }
    lessons.sort();
    println!("Checking {} lessons.", lessons.len());
    let mut check = shell::cargo();
    check
        .args(["run", "--quiet", "--package", "lab-core", "--example", "lesson", "--", "--quiet"])
        .args(lessons);
    shell::run(&mut check)
}

/// Every file under a folder, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

/// How large a file is, as it lies there and as it travels.
#[derive(Debug)]
struct Size {
    name: String,
    raw: u64,
    brotli: u64,
}

fn measure(dist: &Path) -> Result<Vec<Size>> {
    let size = |path: &PathBuf| {
        let bytes = fs::read(path)?;
        let name = path.strip_prefix(dist).unwrap_or(path).to_string_lossy().into_owned();
        Ok(Size { name, raw: bytes.len() as u64, brotli: compressed(&bytes)? })
    };
    files(dist)?.iter().map(size).collect()
}

/// The length after Brotli at its best, which is what a web server would keep ready for a file like these.
fn compressed(bytes: &[u8]) -> Result<u64> {
    let parameters = BrotliEncoderParams { quality: 11, lgwin: 22, ..BrotliEncoderParams::default() };
    let mut output = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut output, &parameters)?;
    Ok(output.len() as u64)
}

fn table(sizes: &[Size]) -> String {
    let total = Size {
        name: "total".to_owned(),
        raw: sizes.iter().map(|size| size.raw).sum(),
        brotli: sizes.iter().map(|size| size.brotli).sum(),
    };
    let width = sizes.iter().map(|size| size.name.chars().count()).max().unwrap_or_default().max(5);
    let heading = format!("{:width$}  {:>12}  {:>12}", "file", "bytes", "brotli");
    let row = |size: &Size| {
        format!("{:width$}  {:>12}  {:>12}", size.name, grouped(size.raw), grouped(size.brotli))
    };
    let rule = "-".repeat(heading.chars().count());
    let rows = sizes.iter().map(row);
    let lines = [heading, rule.clone()].into_iter().chain(rows).chain([rule, row(&total)]);
    lines.collect::<Vec<_>>().join("\n")
}

/// A number with a space between thousands: `1 234 567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1 000"), (1_234_567, "1 234 567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn the_table_lines_up_and_adds_up() {
        let sizes = [
            Size { name: "index.html".to_owned(), raw: 1_200, brotli: 500 },
            Size { name: "lab.wasm".to_owned(), raw: 1_000_000, brotli: 250_000 },
        ];
        let expected = "\
file               bytes        brotli
--------------------------------------
index.html         1 200           500
lab.wasm       1 000 000       250 000
--------------------------------------
total          1 001 200       250 500";
        assert_eq!(table(&sizes), expected);
    }

    #[test]
    fn repetition_compresses() {
        let length = compressed(&[b'a'; 10_000]).unwrap();
        assert!(length < 100, "{length}");
    }
}
