//! `lesson.toml` as it is written, with the places of everything that can be wrong.

use std::ops::Range;

use arcstr::ArcStr;

use serde::Deserialize;
use toml::Spanned;

use super::language::Expression;
use super::problem::{Problem, line_of};
use super::script::Script;
use super::{Answer, Beside, Goal, Row, Step, Task, Transfer};
use crate::command::{CommandError, Latency};
use crate::config::{BrokerConfig, ClientConfig, NameServerConfig, Profile};
use crate::fidelity;
use crate::lab::Lab;
use crate::recording::{Recording, Setup};
use crate::time::Duration;

/// The name of the file.
pub(super) const FILE: &str = "lesson.toml";

/// The file, as serde reads it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    id: Spanned<String>,
    chapter: u32,
    minutes: Spanned<u32>,
    profiles: Spanned<Vec<Spanned<String>>>,
    #[serde(default = "default_seed")]
    seed: u64,
    latency: Option<Spanned<String>>,
    commands: Spanned<String>,
    #[serde(default)]
    notes: Vec<u32>,
    fidelity: Vec<Spanned<String>>,
    #[serde(default)]
    transfer: Vec<Spanned<RawTransfer>>,
    beside: Option<Spanned<RawBeside>>,
    steps: Vec<Spanned<RawStep>>,
}

const fn default_seed() -> u64 {
    42
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTransfer {
    mqadmin: Option<String>,
    broker: Option<String>,
    client: Option<String>,
    name_server: Option<String>,
    code: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBeside {
    profile: Option<Spanned<String>>,
    commands: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    id: Spanned<String>,
    kind: Spanned<String>,
    #[serde(default)]
    answers: Vec<RawAnswer>,
    right: Option<Spanned<String>>,
    #[serde(default)]
    goals: Vec<RawGoal>,
    hints: Option<u32>,
    solution: Option<Spanned<String>>,
    #[serde(default)]
    ways: Vec<Spanned<String>>,
    #[serde(default)]
    rows: Vec<RawRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAnswer {
    id: Spanned<String>,
    when: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGoal {
    id: Spanned<String>,
    when: Spanned<String>,
    #[serde(rename = "for")]
    lasts: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRow {
    id: Spanned<String>,
    value: Spanned<String>,
}

/// What a manifest says, once it is checked.
pub(super) struct Checked {
    pub(super) id: ArcStr,
    pub(super) chapter: u32,
    pub(super) minutes: u32,
    pub(super) profiles: Vec<Profile>,
    pub(super) seed: u64,
    pub(super) latency: Option<Latency>,
    pub(super) commands: ArcStr,
    pub(super) notes: Vec<u32>,
    pub(super) fidelity: Vec<&'static fidelity::Rule>,
    pub(super) transfer: Vec<Transfer>,
    pub(super) beside: Option<Beside>,
    pub(super) steps: Vec<Step>,
}

/// Reads the file. What is wrong goes to `problems`; `None` when too little is left.
pub(super) fn read(text: &str, problems: &mut Vec<Problem>) -> Option<Checked> {
    let mut reader = Reader { text, problems };
    match toml::from_str::<Manifest>(text) {
        Ok(manifest) => Some(reader.manifest(manifest)),
        Err(error) => {
            reader.fail(error.span().unwrap_or(0..0), error.message().trim().replace('\n', "; "));
            None
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn fail(&mut self, span: Range<usize>, what: impl Into<String>) {
        let line = line_of(self.text, span.start);
        self.problems.push(Problem { file: FILE.into(), line, what: what.into() });
    }

    fn manifest(&mut self, manifest: Manifest) -> Checked {
        let is_incident = manifest.id.as_ref().starts_with('I');
        self.check_id(&manifest.id);
        if !(1..=20).contains(manifest.minutes.as_ref()) {
            self.fail(manifest.minutes.span(), "`minutes` is 1 to 20");
        }
        let profiles = self.profiles(&manifest.profiles);
        let latency = manifest.latency.and_then(|text| self.parse(&text));
        let first = profiles.first().copied().unwrap_or_default();
        self.check_commands(&manifest.commands, first);
        let transfer = manifest.transfer.iter().filter_map(|it| self.transfer(it)).collect();
        let beside = manifest.beside.map(|it| self.beside(it, first));
        let has_beside = beside.is_some();
        let mut steps = Vec::new();
        for raw in manifest.steps {
            let span = raw.span();
            if let Some(step) = self.step(raw.into_inner(), &span, has_beside) {
                if steps.iter().any(|it: &Step| it.id == step.id) {
                    self.fail(span, format!("the step `{}` is there twice", step.id));
                }
                steps.push(step);
            }
        }
        self.check_order(&steps, is_incident);
        Checked {
            id: manifest.id.as_ref().as_str().into(),
            chapter: manifest.chapter,
            minutes: manifest.minutes.into_inner(),
            profiles,
            seed: manifest.seed,
            latency,
            commands: manifest.commands.as_ref().as_str().into(),
            notes: manifest.notes,
            fidelity: manifest.fidelity.iter().filter_map(|id| self.rule(id)).collect(),
            transfer,
            beside,
            steps,
        }
    }

    fn check_id(&mut self, id: &Spanned<String>) {
        let text = id.as_ref();
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let is_lesson =
            text.split_once('.').is_some_and(|(chapter, number)| digits(chapter) && digits(number));
        if !is_lesson && !text.strip_prefix('I').is_some_and(digits) {
            self.fail(
                id.span(),
                format!("`{text}` is no id; a lesson has one like \"3.4\", an incident one like \"I1\""),
            );
        }
    }

    fn profiles(&mut self, list: &Spanned<Vec<Spanned<String>>>) -> Vec<Profile> {
        let found: Vec<Profile> = list.as_ref().iter().filter_map(|text| self.parse(text)).collect();
        if list.as_ref().is_empty() {
            self.fail(
                list.span(),
                "at least one of \"V4\", \"V5\" is needed; the lesson opens with the first",
            );
        }
        found
    }

    fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(&mut self, text: &Spanned<String>) -> Option<T> {
        text.as_ref().parse().map_err(|why: T::Err| self.fail(text.span(), why.to_string())).ok()
    }

    fn word(&mut self, id: &Spanned<String>) -> ArcStr {
        let text = id.as_ref();
        let is_word = !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !is_word {
            self.fail(id.span(), format!("`{text}` is no name; lower-case letters, digits and hyphens are"));
        }
        text.as_str().into()
    }

    /// The line on which line number `number` of a text of several lines stands.
    fn line_inside(&self, text: &Spanned<String>, number: usize) -> usize {
        let raw = &self.text[text.span()];
        let opening = usize::from(raw.starts_with("'''\n") || raw.starts_with("\"\"\"\n"));
        line_of(self.text, text.span().start) + opening + number
    }

    fn check_commands(&mut self, commands: &Spanned<String>, profile: Profile) {
        let recording = match commands.as_ref().parse::<Recording>() {
            Ok(recording) => recording,
            Err(error) => {
                let text = error.to_string();
                let (number, what) = text
                    .strip_prefix("line ")
                    .and_then(|rest| rest.split_once(": "))
                    .and_then(|(number, what)| Some((number.parse::<usize>().ok()?, what)))
                    .unwrap_or((1, &text));
                let line = self.line_inside(commands, number - 1);
                self.problems.push(Problem { file: FILE.into(), line, what: what.to_owned() });
                return;
            }
        };
        if commands.as_ref().lines().any(|line| line.trim_start().starts_with("lab ")) {
            self.fail(commands.span(), "profile, seed and latency stand beside the commands, not in them");
        }
        let setup = Setup { profile, ..Setup::default() };
        if let Err((number, error)) = carry_out(setup, &recording) {
            let is_command = |line: &&str| {
                let line = line.trim();
                !(line.is_empty() || line.starts_with('#') || line.starts_with("run "))
            };
            let lines = commands.as_ref().lines().enumerate().filter(|(_, line)| is_command(line));
            let line = self.line_inside(commands, lines.map(|(line, _)| line).nth(number).unwrap_or(0));
            self.problems.push(Problem { file: FILE.into(), line, what: error.to_string() });
        }
    }

    fn rule(&mut self, id: &Spanned<String>) -> Option<&'static fidelity::Rule> {
        let rule = fidelity::by_id(id.as_ref());
        if rule.is_none() {
            self.fail(id.span(), format!("there is no rule `{}`; FIDELITY.md lists them", id.as_ref()));
        }
        rule
    }

    fn transfer(&mut self, raw: &Spanned<RawTransfer>) -> Option<Transfer> {
        let it = raw.as_ref();
        let said = [&it.mqadmin, &it.broker, &it.client, &it.name_server, &it.code];
        if said.iter().filter(|said| said.is_some()).count() != 1 {
            self.fail(raw.span(), "one of `mqadmin`, `broker`, `name_server`, `client`, `code` is needed");
            return None;
        }
        let key = |text: &str| text.split('=').next().unwrap_or_default().trim().to_owned();
        let mut known = |text: &str, keys: &[&str]| {
            if !keys.contains(&key(text).as_str()) {
                self.fail(
                    raw.span(),
                    format!("`{}` is no setting there; known: {}", key(text), keys.join(", ")),
                );
            }
        };
        if let Some(text) = &it.broker {
            known(text, BrokerConfig::KEYS);
        }
        if let Some(text) = &it.client {
            known(text, ClientConfig::KEYS);
        }
        if let Some(text) = &it.name_server {
            known(text, NameServerConfig::KEYS);
        }
        let shared = |text: &Option<String>| text.as_deref().map(ArcStr::from);
        None.or_else(|| shared(&it.mqadmin).map(Transfer::Mqadmin))
            .or_else(|| shared(&it.broker).map(Transfer::Broker))
            .or_else(|| shared(&it.name_server).map(Transfer::NameServer))
            .or_else(|| shared(&it.client).map(Transfer::Client))
            .or_else(|| shared(&it.code).map(Transfer::Code))
    }

    fn beside(&mut self, raw: Spanned<RawBeside>, profile: Profile) -> Beside {
        let span = raw.span();
        let raw = raw.into_inner();
        if raw.profile.is_none() && raw.commands.is_none() {
            self.fail(span, "`beside` needs a `profile` or `commands` that differ from the lesson's");
        }
        let other = raw.profile.as_ref().and_then(|text| self.parse(text));
        if let Some(commands) = &raw.commands {
            self.check_commands(commands, other.unwrap_or(profile));
        }
        Beside { profile: other, commands: raw.commands.map(|text| text.as_ref().as_str().into()) }
    }

    fn step(&mut self, raw: RawStep, span: &Range<usize>, has_beside: bool) -> Option<Step> {
        let id = self.word(&raw.id);
        self.check_parts(&raw, span);
        let task = match raw.kind.as_ref().as_str() {
            "predict" => self.predict(&raw, span)?,
            "do" => self.act(&raw, span),
            "explain" => {
                if !raw.rows.is_empty() && !has_beside {
                    self.fail(span.clone(), "`rows` compare two runs; this lesson has no `[beside]`");
                }
                let rows = raw.rows.iter().filter_map(|row| {
                    Some(Row { id: self.word(&row.id), value: self.expression(&row.value, false)? })
                });
                Task::Explain { rows: rows.collect() }
            }
            other => {
                self.fail(
                    raw.kind.span(),
                    format!("`{other}` is no kind of step; predict, do and explain are"),
                );
                return None;
            }
        };
        if !has_beside && asks_beside(&task) {
            self.fail(span.clone(), "`beside(…)` is asked, but this lesson has no `[beside]`");
        }
        Some(Step { id, line: line_of(self.text, span.start), task })
    }

    /// What belongs to another kind of step is a mistake, not something to pass over.
    fn check_parts(&mut self, raw: &RawStep, span: &Range<usize>) {
        let kind = raw.kind.as_ref().as_str();
        let wrong = [
            ("answers", !raw.answers.is_empty(), "predict"),
            ("right", raw.right.is_some(), "predict"),
            ("goals", !raw.goals.is_empty(), "do"),
            ("hints", raw.hints.is_some(), "do"),
            ("solution", raw.solution.is_some(), "do"),
            ("ways", !raw.ways.is_empty(), "do"),
            ("rows", !raw.rows.is_empty(), "explain"),
        ];
        for (part, is_there, of) in wrong {
            if is_there && kind != of {
                self.fail(span.clone(), format!("`{part}` belongs to a step of kind \"{of}\""));
            }
        }
    }

    fn predict(&mut self, raw: &RawStep, span: &Range<usize>) -> Option<Task> {
        if !(2..=4).contains(&raw.answers.len()) {
            self.fail(span.clone(), "a prediction has 2 to 4 answers");
        }
        let answers: Vec<Answer> = raw
            .answers
            .iter()
            .filter_map(|answer| {
                Some(Answer { id: self.word(&answer.id), when: self.expression(&answer.when, true)? })
            })
            .collect();
        let Some(right) = &raw.right else {
            self.fail(span.clone(), "`right` is missing: the id of the right answer");
            return None;
        };
        let Some(place) = answers.iter().position(|answer| *answer.id == **right.as_ref()) else {
            let known: Vec<&str> = answers.iter().map(|answer| &*answer.id).collect();
            self.fail(
                right.span(),
                format!("`{}` is no answer; there are: {}", right.as_ref(), known.join(", ")),
            );
            return None;
        };
        Some(Task::Predict { answers, right: place })
    }

    fn act(&mut self, raw: &RawStep, span: &Range<usize>) -> Task {
        if raw.goals.is_empty() {
            self.fail(span.clone(), "a step of kind \"do\" has at least one goal");
        }
        let goals = raw.goals.iter().filter_map(|goal| {
            let lasts = goal.lasts.as_ref().and_then(|text| self.parse::<Duration>(text));
            Some(Goal { id: self.word(&goal.id), when: self.expression(&goal.when, true)?, lasts })
        });
        let goals = goals.collect();
        let hints = raw.hints.unwrap_or(0);
        if !(1..=5).contains(&hints) {
            self.fail(span.clone(), "`hints` is the number of hints before the commands themselves, 1 to 5");
        }
        let solution = match &raw.solution {
            Some(text) => self.script(text),
            None => {
                self.fail(span.clone(), "`solution` is missing: the commands that reach the goals");
                Script::default()
            }
        };
        let ways = raw.ways.iter().map(|text| self.script(text)).collect();
        Task::Do { goals, hints, solution, ways }
    }

    fn script(&mut self, text: &Spanned<String>) -> Script {
        text.as_ref().parse().unwrap_or_else(|(number, what)| {
            let line = self.line_inside(text, number);
            self.problems.push(Problem { file: FILE.into(), line, what });
            Script::default()
        })
    }

    fn expression(&mut self, text: &Spanned<String>, condition: bool) -> Option<Expression> {
        let read = if condition { Expression::condition(text.as_ref()) } else { text.as_ref().parse() };
        match read {
            Ok(expression) => Some(expression),
            Err(error) => {
                let number = text.as_ref().bytes().take(error.at).filter(|b| *b == b'\n').count();
                let line = self.line_inside(text, number);
                let rest: String =
                    text.as_ref().get(error.at..).unwrap_or_default().chars().take(24).collect();
                let what = format!("at `{}`: {}", rest.trim(), error.what);
                self.problems.push(Problem { file: FILE.into(), line, what });
                None
            }
        }
    }

    fn check_order(&mut self, steps: &[Step], is_incident: bool) {
        let first_is_right = match steps.first().map(|step| &step.task) {
            Some(Task::Predict { .. }) => !is_incident,
            Some(Task::Do { goals, .. }) => is_incident && goals.iter().all(|goal| goal.lasts.is_some()),
            _ => false,
        };
        if !first_is_right {
            let what = if is_incident {
                "an incident begins with a step of kind \"do\" each of whose goals says how long it must hold: `for = \"60s\"`"
            } else {
                "a lesson begins with a step of kind \"predict\""
            };
            self.fail(0..0, what);
        }
        if !matches!(steps.last().map(|step| &step.task), Some(Task::Explain { .. })) {
            self.fail(0..0, "the last step is of kind \"explain\"");
        }
        if !steps.iter().any(|step| matches!(step.task, Task::Do { .. })) {
            self.fail(0..0, "at least one step is of kind \"do\"");
        }
    }
}

/// Carries the commands out one by one; the number of the first that is refused, counted from 0.
fn carry_out(setup: Setup, recording: &Recording) -> Result<(), (usize, CommandError)> {
    let mut lab = Lab::new(Recording::new(setup));
    for (number, (at, command)) in recording.commands.iter().enumerate() {
        lab.run_until(*at);
        lab.issue(command.clone()).map_err(|error| (number, error))?;
    }
    Ok(())
}

fn asks_beside(task: &Task) -> bool {
    match task {
        Task::Predict { answers, .. } => answers.iter().any(|it| it.when.asks_beside()),
        Task::Do { goals, .. } => goals.iter().any(|it| it.when.asks_beside()),
        Task::Explain { rows } => rows.iter().any(|it| it.value.asks_beside()),
    }
}
