//! Whether the checks, facts and commands that rules name exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lab_core::config::Profile;
use lab_core::fact::Fact;
use lab_core::fidelity::{Check, Rule};
use lab_core::mqadmin::known_commands;

/// All that a rule can name.
#[derive(Debug)]
pub struct Known {
    vectors: BTreeSet<String>,
    recordings: BTreeSet<String>,
    scenarios: BTreeSet<String>,
    properties: BTreeSet<String>,
    commands: BTreeSet<&'static str>,
}

impl Known {
    /// What there is under the folder of this package.
    pub fn under(root: &Path) -> Self {
        let commands = [Profile::V4, Profile::V5].into_iter().flat_map(known_commands);
        Self {
            vectors: entries(&root.join("vectors")).iter().filter_map(|file| json_name(file)).collect(),
            recordings: files_in_folders(&root.join("recordings"))
                .filter_map(|file| json_name(&file))
                .collect(),
            scenarios: files_in_folders(&root.join("scenarios")).collect(),
            properties: properties(&root.join("src/chaos")),
            commands: commands.map(|command| command.name).collect(),
        }
    }

    /// A line for each thing that the rule names and that does not exist.
    pub fn missing(&self, rule: &Rule) -> Vec<String> {
        let checks = rule.checks.iter().filter_map(|check| self.missing_check(*check));
        let facts = rule.facts.iter().filter(|kind| !Fact::KINDS.contains(kind));
        let commands = rule.mqadmin.iter().filter(|name| !self.commands.contains(*name));
        let names = checks
            .chain(facts.map(|kind| format!("fact {kind}")))
            .chain(commands.map(|name| format!("mqadmin {name}")));
        names.map(|name| format!("{}: no {name}", rule.id)).collect()
    }

    fn missing_check(&self, check: Check) -> Option<String> {
        let (what, name, known) = match check {
            Check::Vector(name) => ("vector", name, &self.vectors),
            Check::Recording(name) => ("recording", name, &self.recordings),
            Check::Scenario(name) => ("scenario", name, &self.scenarios),
            Check::Property(name) => ("property", name, &self.properties),
            Check::Derived(_) => return None,
        };
        (!known.contains(name)).then(|| format!("{what} {name}"))
    }
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    entries.map(|entry| name(entry.expect("a readable folder"))).collect()
}

/// The files one folder further down, as `FOLDER/FILE`.
fn files_in_folders(root: &Path) -> impl Iterator<Item = String> {
    let folders = entries(root).into_iter().filter(|name| root.join(name).is_dir());
    folders.flat_map(|folder| {
        let files = entries(&root.join(&folder));
        files.into_iter().map(move |file| format!("{folder}/{file}"))
    })
}

/// The name of a JSON file, without folder and ending.
fn json_name(file: &str) -> Option<String> {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".json").map(str::to_owned)
}

/// The functions of the checkers, and what is sighted in random runs, in small letters with underlines.
fn properties(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in entries(folder).into_iter().map(|entry| folder.join(entry)) {
        if path.is_dir() {
            names.extend(properties(&path));
            continue;
        }
        let text = fs::read_to_string(path).expect("a source");
        for line in text.lines().map(str::trim_start) {
            let line = line.trim_start_matches("pub ").trim_start_matches("pub(super) ");
            let function = line.strip_prefix("fn ").and_then(|rest| rest.split_once('('));
            let sighting =
                line.split_once(" = \"").filter(|(name, _)| name.chars().all(char::is_alphanumeric));
            names.extend(function.map(|(name, _)| name.to_owned()));
            names.extend(sighting.map(|(name, _)| snake_case(name)));
        }
    }
    names
}

/// `SharedQueue` as `shared_queue`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
