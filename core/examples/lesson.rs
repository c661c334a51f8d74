//! Reads and plays lessons: what is wrong with each, or how its solution went.
//!
//! ```text
//! cargo run -p lab-core --example lesson -- web/lessons/0.1-ahead [--quiet] [--say zh|en] [--ask EXPRESSION]
//! ```
//!
//! Without a mistake it prints when each goal is reached and what each prediction came to, for every version. `--say` prints the
//! texts with the values of the solution's run at its end, `--ask` the value of an expression there; `--quiet` prints only
//! what is wrong.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use lab_core::lesson::{Lesson, Source, check, retell};

fn main() -> ExitCode {
    let mut folders: Vec<PathBuf> = Vec::new();
    let (mut say, mut asked, mut quiet) = (None, Vec::new(), false);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--say" => say = words.next(),
            "--quiet" => quiet = true,
            "--ask" => asked.extend(words.next()),
            _ => folders.push(word.into()),
        }
    }
    if folders.is_empty() {
        eprintln!("lesson FOLDER … [--say zh|en] [--ask EXPRESSION]");
        return ExitCode::FAILURE;
    }
    let mut is_good = true;
    for folder in &folders {
        is_good &= look_at(folder, say.as_deref(), &asked, quiet);
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn look_at(folder: &Path, say: Option<&str>, asked: &[String], quiet: bool) -> bool {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    let (manifest, zh, en) = (read("lesson.toml"), read("zh.md"), read("en.md"));
    let lesson = match Lesson::read(Source { manifest: &manifest, zh: &zh, en: &en }) {
        Ok(lesson) => Arc::new(lesson),
        Err(problems) => {
            problems.iter().for_each(|problem| println!("{}/{problem}", folder.display()));
            return false;
        }
    };
    let problems = check(&lesson);
    problems.iter().for_each(|problem| println!("{}/{problem}", folder.display()));
    for profile in lesson.profiles.iter().filter(|_| !quiet) {
        println!("== {} in {profile}", lesson.id);
        print!("{}", retell(&lesson, *profile, say, asked));
    }
    problems.is_empty()
}
