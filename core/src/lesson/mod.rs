//! Lessons and incidents: files that ask, let people act, and explain with what happened in their own run.
//!
//! A lesson is a folder of three files: `lesson.toml` says what there is and what happens, `zh.md` and `en.md` say it in
//! words. [`Lesson::read`] checks them against each other; every mistake names file, line and what is accepted.
//! [`check`] plays the solution and holds the lesson to its promises. A [`Player`] follows one
//! learner through the steps. The handbook for teachers is `web/lessons/README.md`.
//!
//! A step is one of three kinds, told at [`Task`]: *predict* asks before anything is shown, *do* lets people act until
//! goals hold, *explain* compares what was predicted with what happened. Conditions and numbers are written in one small
//! [`language`], which can only read.
//!
//! **Left out on purpose**: anything that a file could run or draw. A lesson that somebody sends can waste a minute of its
//! reader's time and nothing else.
//!
//! **Invariants**: a [`Lesson`] that could be read has both languages with the same structure; what a player has reached
//! stays reached.

mod check;
pub mod language;
mod manifest;
mod pack;
mod player;
mod problem;
mod prose;
mod retell;
mod script;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use arcstr::ArcStr;

use crate::command::Latency;
use crate::config::Profile;
use crate::fidelity::Rule;
use crate::recording::{Recording, Setup};
use crate::time::Duration;

use language::Expression;

pub use check::{check, opened};
pub use pack::{pack, unpack};
pub use player::{Begin, GRID, Outcome, Player, Prediction, Progress, Sureness, run_watched, values_at};
pub use problem::Problem;
pub use prose::{Block, Inline, Link, Prose};
pub use retell::retell;
pub use script::{Line, Script};

/// The names of a lesson's files, in the order in which they are packed.
pub const FILES: [&str; 3] = ["lesson.toml", "zh.md", "en.md"];

/// The texts of a lesson's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source<'a> {
    /// `lesson.toml`.
    pub manifest: &'a str,
    /// `zh.md`.
    pub zh: &'a str,
    /// `en.md`.
    pub en: &'a str,
}

/// A lesson or an incident.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// `3.4`, or `I1` for an incident.
    pub id: ArcStr,
    /// The chapter of the curriculum, 0 to 10.
    pub chapter: u32,
    /// How long it takes, about.
    pub minutes: u32,
    /// The versions that it holds for; it opens with the first.
    pub profiles: Vec<Profile>,
    /// Where the run's chance comes from.
    pub seed: u64,
    /// The latency of all links; the lab's default when it says nothing.
    pub latency: Option<Latency>,
    /// The opening, in the notation of recordings without their first line.
    pub commands: ArcStr,
    /// The statements of the study notes that it checks, rows of §8 of the behaviour file.
    pub notes: Vec<u32>,
    /// The rules that it rests on.
    pub fidelity: Vec<&'static Rule>,
    /// What matters on a real cluster.
    pub transfer: Vec<Transfer>,
    /// A second run beside the first.
    pub beside: Option<Beside>,
    /// What the learner goes through.
    pub steps: Vec<Step>,
    /// The words.
    pub zh: Prose,
    /// The words.
    pub en: Prose,
}

/// A run of the same commands in another version, or from another opening.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// The version, when it differs.
    pub profile: Option<Profile>,
    /// The opening, when it differs.
    pub commands: Option<ArcStr>,
}

/// How something is done, or looked at, on a real cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// A command line of `mqadmin`.
    Mqadmin(ArcStr),
    /// A setting of a broker, `key=value`.
    Broker(ArcStr),
    /// A setting of a name server, `key=value`.
    NameServer(ArcStr),
    /// A setting of a client, `key=value`.
    Client(ArcStr),
    /// A call in the client's code.
    Code(ArcStr),
}

/// A step of a lesson.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its name, under which its texts stand.
    pub id: ArcStr,
    /// The line of `lesson.toml` on which it begins.
    pub line: usize,
    /// What it wants.
    pub task: Task,
}

/// What a step wants of the learner.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// A guess, before anything can be touched; it cannot be taken back.
    Predict {
        /// What can be guessed. Each holds in a run exactly when its condition does; that is looked at when the next
        /// explanation opens.
        answers: Vec<Answer>,
        /// The place of the one that holds when the solution is played.
        right: usize,
    },
    /// Deeds, until every goal was reached once.
    Do {
        /// What is to be reached, in whatever way and order.
        goals: Vec<Goal>,
        /// Hints in words; behind the last stand the commands of the solution.
        hints: u32,
        /// Commands that reach the goals.
        solution: Script,
        /// Other commands that reach them too, played by the tests.
        ways: Vec<Script>,
    },
    /// The explanation, with what was predicted and what happened.
    Explain {
        /// What two runs beside each other are compared by.
        rows: Vec<Row>,
    },
}

/// One answer that can be given.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Its name.
    pub id: ArcStr,
    /// When it is what happened.
    pub when: Expression,
}

/// Something to reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// Its name.
    pub id: ArcStr,
    /// When it is reached.
    pub when: Expression,
    /// How long that must go on without a break; at once when it says nothing.
    pub lasts: Option<Duration>,
}

/// A line of a table that compares two runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name.
    pub id: ArcStr,
    /// What is compared.
    pub value: Expression,
}

impl Lesson {
    /// Reads the three files of a lesson.
    ///
    /// # Errors
    /// Every mistake that can be found without playing it, in the order of files and lines.
    pub fn read(source: Source<'_>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let zh = Prose::read("zh.md", source.zh, &mut problems);
        let en = Prose::read("en.md", source.en, &mut problems);
        let lesson = manifest::read(source.manifest, &mut problems).map(|checked| Self {
            id: checked.id,
            chapter: checked.chapter,
            minutes: checked.minutes,
            profiles: checked.profiles,
            seed: checked.seed,
            latency: checked.latency,
            commands: checked.commands,
            notes: checked.notes,
            fidelity: checked.fidelity,
            transfer: checked.transfer,
            beside: checked.beside,
            steps: checked.steps,
            zh,
            en,
        });
        if let Some(lesson) = &lesson {
            lesson.check_texts(&mut problems);
        }
        problems.sort();
        match lesson {
            Some(lesson) if problems.is_empty() => Ok(lesson),
            _ => Err(problems),
        }
    }

    /// Whether it is an incident: broken at the start, and silent until it is mended.
    pub fn is_incident(&self) -> bool {
        self.id.starts_with('I')
    }

    /// The run that it opens with, in a version.
    ///
    /// # Panics
    /// Never for a lesson that was read: its commands were checked.
    pub fn recording(&self, profile: Profile) -> Recording {
        self.recording_of(&self.commands, profile)
    }

    /// The run beside, when there is one.
    ///
    /// # Panics
    /// As [`recording`](Self::recording).
    pub fn recording_beside(&self, profile: Profile) -> Option<Recording> {
        let beside = self.beside.as_ref()?;
        let commands = beside.commands.as_ref().unwrap_or(&self.commands);
        Some(self.recording_of(commands, beside.profile.unwrap_or(profile)))
    }

    fn recording_of(&self, commands: &str, profile: Profile) -> Recording {
        let recording: Recording = commands.parse().expect("the commands of a lesson were checked");
        let latency = self.latency.unwrap_or_default();
        let setup = Setup { profile, seed: self.seed, latency, ..Setup::default() };
        Recording { setup, ..recording }
    }

    /// The paths of all texts that both languages need.
    fn wanted_texts(&self) -> BTreeSet<String> {
        let mut wanted: BTreeSet<String> = ["", "remember", "transfer"].map(str::to_owned).into();
        if !self.notes.is_empty() {
            wanted.insert("notes".to_owned());
        }
        if self.beside.is_some() {
            wanted.extend(["beside", "beside/side: here", "beside/side: there"].map(str::to_owned));
        }
        for step in &self.steps {
            let id = &step.id;
            wanted.insert(id.to_string());
            match &step.task {
                Task::Predict { answers, .. } => wanted.extend(answers.iter().flat_map(|answer| {
                    ["answer", "reply"].map(|part| format!("{id}/{part}: {}", answer.id))
                })),
                Task::Do { goals, hints, .. } => {
                    wanted.extend(goals.iter().map(|goal| format!("{id}/goal: {}", goal.id)));
                    wanted.extend((1..=*hints).map(|number| format!("{id}/hint: {number}")));
                }
                Task::Explain { rows } => {
                    wanted.extend(rows.iter().map(|row| format!("{id}/row: {}", row.id)));
                }
            }
        }
        wanted
    }

    /// Both languages have every text that the manifest speaks of, no other, and the same values and quotes in each.
    fn check_texts(&self, problems: &mut Vec<Problem>) {
        let wanted = self.wanted_texts();
        for (file, prose) in [("zh.md", &self.zh), ("en.md", &self.en)] {
            let there: BTreeSet<&str> = prose.paths().map(|(path, _)| path).collect();
            let mut fail = |line, what| problems.push(Problem { file: file.into(), line, what });
            for path in wanted.iter().filter(|path| !there.contains(path.as_str())) {
                let above = path.split('/').next().unwrap_or_default();
                fail(prose.line(above), format!("{} is missing", heading(path)));
            }
            for (path, line) in prose.paths() {
                if !wanted.contains(path) {
                    let step = path.split('/').next().unwrap_or_default();
                    let known: Vec<String> =
                        wanted.iter().filter(|it| it.starts_with(step)).map(|it| heading(it)).collect();
                    let known = if known.is_empty() { self.headings() } else { known.join(", ") };
                    fail(line, format!("lesson.toml knows no {}; expected: {known}", heading(path)));
                } else if prose.text(path).is_empty() {
                    fail(line, format!("{} is empty", heading(path)));
                }
            }
        }
        for path in &wanted {
            let [zh, en] = [&self.zh, &self.en].map(|prose| quotes(prose.text(path)));
            if zh != en {
                let only = |a: &[String], b: &[String]| a.iter().find(|it| !b.contains(it)).cloned();
                let odd =
                    only(&zh, &en).or_else(|| only(&en, &zh)).unwrap_or_else(|| "one of them".to_owned());
                let what = format!(
                    "{} does not hold the same values and quotes as en.md: `{odd}` differs in number",
                    heading(path)
                );
                problems.push(Problem { file: "zh.md".into(), line: self.zh.line(path), what });
            }
        }
    }

    fn headings(&self) -> String {
        let wanted = self.wanted_texts();
        let steps = wanted.iter().filter(|path| !path.is_empty() && !path.contains('/'));
        steps.map(|path| heading(path)).collect::<Vec<_>>().join(", ")
    }
}

/// The heading of a text, as it is written.
fn heading(path: &str) -> String {
    match path.split_once('/') {
        None if path.is_empty() => "the question below the title".to_owned(),
        None => format!("`## {path}`"),
        Some((step, part)) => format!("`### {part}` below `## {step}`"),
    }
}

/// What a text takes from the run, in a fixed order.
fn quotes(blocks: &[Block]) -> Vec<String> {
    let (mut expressions, mut lines) = (Vec::new(), Vec::new());
    Prose::expressions(blocks, &mut expressions);
    Prose::mqadmin_lines(blocks, &mut lines);
    let mut found: Vec<String> = expressions.iter().map(|it| it.text().to_owned()).collect();
    found.extend(lines.iter().map(|line| format!("mqadmin {line}")));
    found.sort();
    found
}
