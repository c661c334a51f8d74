//! What Apache RocketMQ's own classes answered, held against the lab.
//!
//! Reads every file of `vectors/`, or of the folder that `LAB_VECTORS` names (same schemas, other cases). Run it with
//! `--nocapture` to see a line `NAME: passed/total` for each; cases that do not apply to a simulation are counted
//! beside it, with their reasons at the end. A file that the lab does not know fails.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lab_tests::vectors::{Check, Outcome, files};
use serde_json::Value;

/// Failed cases of a file that are shown.
const SHOWN: usize = 5;

#[test]
fn the_lab_answers_what_rocketmq_answered() {
    let given = std::env::var_os("LAB_VECTORS").map(PathBuf::from);
    let folder = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors"));
    let known: BTreeMap<&str, Check> = files().into_iter().collect();
    let mut failures = Vec::new();
    let mut reasons: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let paths = json_files(&folder);
    assert!(!paths.is_empty(), "{} holds no vectors", folder.display());
    for path in paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Some(check) = known.get(name.as_str()) else {
            println!("{name}: unknown");
            failures.push(format!("{name}: the lab does not know this file"));
            continue;
        };
        let cases = cases(&path);
        let (mut passed, mut total, mut left_out) = (0, 0, 0);
        let mut failed = Vec::new();
        for case in &cases {
            match check(case) {
                Outcome::NotApplicable(reason) => {
                    left_out += 1;
                    *reasons.entry((name.clone(), reason)).or_default() += 1;
                    continue;
                }
                Outcome::Passed => passed += 1,
                Outcome::Failed(why) => failed.push(format!("  {}: {why}", id(case))),
            }
            total += 1;
        }
        let beside = if left_out > 0 { format!(" ({left_out} not applicable)") } else { String::new() };
        println!("{name}: {passed}/{total}{beside}");
        if !failed.is_empty() {
            let more = failed.len().saturating_sub(SHOWN);
            failed.truncate(SHOWN);
            failures.push(format!("{name}: {passed}/{total}\n{}\n  and {more} more", failed.join("\n")));
        }
    }
    if !reasons.is_empty() {
        println!("\nnot applicable:");
        for ((name, reason), count) in reasons {
            println!("  {name}: {count}: {reason}");
        }
    }
    assert!(failures.is_empty(), "the lab answers otherwise:\n{}", failures.join("\n"));
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort();
    paths
}

fn cases(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let file: Value = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    file["cases"].as_array().cloned().unwrap_or_else(|| panic!("{} has no cases", path.display()))
}

fn id(case: &Value) -> &str {
    case["id"].as_str().unwrap_or("a case without id")
}
