//! Every lesson keeps its promises, and the handbook knows every thing and field of the language.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lab_core::lesson::language::{THINGS, Type};
use lab_core::lesson::{Lesson, Source, check};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/lessons")
}

fn lesson_folders() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).expect("the folder of the lessons");
    let mut folders: Vec<_> =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn text(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

#[test]
fn every_lesson_is_solved_and_says_what_is_true() {
    let mut told = String::new();
    for folder in lesson_folders() {
        let [manifest, zh, en] = ["lesson.toml", "zh.md", "en.md"].map(|name| text(&folder, name));
        let problems = match Lesson::read(Source { manifest: &manifest, zh: &zh, en: &en }) {
            Ok(lesson) => check(&Arc::new(lesson)),
            Err(problems) => problems,
        };
        for problem in problems {
            writeln!(told, "{}/{problem}", folder.display()).expect("a text takes everything");
        }
    }
    assert!(told.is_empty(), "\n{told}");
}

#[test]
fn the_handbook_lists_every_thing_and_field() {
    let mut table = String::from("\n");
    for thing in THINGS {
        let line = writeln!(
            table,
            "**`{}`**: {}\n\n| field | type | meaning |\n|---|---|---|",
            thing.name, thing.about
        );
        line.expect("a text takes everything");
        for field in thing.fields {
            let kind = match field.kind {
                Type::Number => "number",
                Type::Moment => "moment",
                Type::Span => "span",
                Type::Text => "text",
                Type::Truth => "truth",
            };
            let words = if field.words.is_empty() || field.words.len() > 12 {
                String::new()
            } else {
                format!(": `{}`", field.words.join("`, `"))
            };
            writeln!(table, "| `{}` | {kind} | {}{words} |", field.name, field.about)
                .expect("a text takes everything");
        }
        table.push('\n');
    }
    let path = folder().join("README.md");
    let readme = std::fs::read_to_string(&path).expect("the handbook");
    let (before, rest) = readme.split_once("<!-- things -->").expect("the beginning of the list");
    let (_, after) = rest.split_once("<!-- /things -->").expect("the end of the list");
    let wanted = format!("{before}<!-- things -->{table}<!-- /things -->{after}");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, wanted).expect("the handbook can be written");
    } else {
        assert_eq!(readme, wanted, "write it anew with UPDATE_GOLDEN=1");
    }
}

#[test]
fn the_example_of_the_handbook_can_be_used_as_it_stands() {
    let readme = std::fs::read_to_string(folder().join("README.md")).expect("the handbook");
    let example =
        readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let problems =
        Lesson::read(Source { manifest: example, zh: "", en: "" }).expect_err("the texts are missing");
    let in_manifest: Vec<_> = problems.iter().filter(|problem| &*problem.file == "lesson.toml").collect();
    assert!(in_manifest.is_empty(), "{in_manifest:?}");
    assert!(problems.iter().any(|problem| problem.what.contains("`## bet` is missing")), "{problems:?}");
}
