//! Does a lesson keep its promises? It is played, and everything that it says is looked at.

use std::sync::Arc;

use super::language::Value;
use super::player::{Outcome, Player, Sureness, holds, run_watched, values_at};
use super::problem::Problem;
use super::prose::{Block, Prose};
use super::script::{Line, Script};
use super::{Lesson, Step, Task, Transfer, manifest};
use crate::config::Profile;
use crate::fact::Fact;
use crate::id::EventId;
use crate::lab::Lab;
use crate::time::{Duration, Instant};

/// Plays a lesson in every version that it names: no goal holds at the start, the solution and every other way reach all of
/// them, exactly the right answer holds in the run, every value and quote of the texts is there.
///
/// Answers what is wrong; nothing for a good lesson.
pub fn check(lesson: &Arc<Lesson>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for profile in &lesson.profiles {
        let mut play = Play::new(lesson, *profile);
        play.whole(&Way::Solution);
        problems.append(&mut play.problems);
        for (place, step) in lesson.steps.iter().enumerate() {
            let Task::Do { ways, .. } = &step.task else { continue };
            for way in 0..ways.len() {
                let mut play = Play::new(lesson, *profile);
                play.whole(&Way::Other { step: place, way });
                problems.append(&mut play.problems);
            }
        }
    }
    problems
}

/// Which commands are played.
pub(super) enum Way {
    /// The solutions, with a look at everything.
    Solution,
    /// The solutions up to a step, there another way.
    Other { step: usize, way: usize },
}

/// A lesson that is being played.
pub(super) struct Play {
    lesson: Arc<Lesson>,
    profile: Profile,
    pub(super) lab: Lab,
    pub(super) beside: Option<Lab>,
    pub(super) player: Player,
    problems: Vec<Problem>,
}

impl Play {
    pub(super) fn new(lesson: &Arc<Lesson>, profile: Profile) -> Self {
        let lab = opened(lesson.recording(profile));
        let beside = lesson.recording_beside(profile).map(|recording| {
            let mut beside = opened(recording);
            // Both run on one clock.
            beside.run_until(lab.now());
            beside
        });
        let player = Player::new(lesson.clone(), &lab);
        Self { lesson: lesson.clone(), profile, lab, beside, player, problems: Vec::new() }
    }

    fn fail(&mut self, step: &Step, what: impl AsRef<str>) {
        let what = format!("step `{}` in {}: {}", step.id, self.profile, what.as_ref());
        self.problems.push(Problem { file: manifest::FILE.into(), line: step.line, what });
    }

    pub(super) fn whole(&mut self, way: &Way) {
        let lesson = self.lesson.clone();
        for (place, step) in lesson.steps.iter().enumerate() {
            let is_told = matches!(way, Way::Solution);
            match &step.task {
                Task::Predict { answers, right } => {
                    self.player.predict(&answers[*right].id, Sureness::Certain);
                }
                Task::Do { goals, solution, ways, .. } => {
                    let (script, is_last) = match way {
                        Way::Other { step, way } if *step == place => (&ways[*way], true),
                        _ => (solution, false),
                    };
                    if is_told {
                        self.check_unreached(step);
                    }
                    self.play(step, script);
                    let open = goals.iter().filter(|goal| self.player.reached(step, goal).is_none());
                    let open: Vec<&str> = open.map(|goal| &*goal.id).collect();
                    if !open.is_empty() {
                        let what = match way {
                            Way::Other { way, .. } if is_last => format!("way {}", way + 1),
                            _ => "the solution".to_owned(),
                        };
                        let open = open.join(", ");
                        let now = self.lab.now();
                        self.fail(step, format!("{what} does not reach the goal {open}; it ends at {now}"));
                        return;
                    }
                    if is_last {
                        return;
                    }
                }
                Task::Explain { .. } if is_told => {
                    self.check_predictions(place);
                }
                Task::Explain { .. } => {}
            }
            if is_told {
                self.check_texts(step);
            }
            self.player.go_on(&self.lab, self.beside.as_ref());
        }
        if matches!(way, Way::Solution) {
            self.check_transfer();
        }
    }

    /// The lines for `mqadmin` are such that the tool takes them.
    fn check_transfer(&mut self) {
        let lesson = self.lesson.clone();
        let Some(last) = lesson.steps.last() else { return };
        for transfer in &lesson.transfer {
            let Transfer::Mqadmin(line) = transfer else { continue };
            let output = self.lab.clone().mqadmin(line).ok().flatten().unwrap_or_default();
            let is_refused = output.contains("usage: mqadmin") || output.contains("not exist.");
            if is_refused {
                let first = output.lines().next().unwrap_or_default().to_owned();
                self.fail(last, format!("transfer: the tool does not take `mqadmin {line}`: {first}"));
            }
        }
    }

    fn check_unreached(&mut self, step: &Step) {
        let Task::Do { goals, .. } = &step.task else { return };
        let begin = self.lab.now();
        for goal in goals {
            if holds(&goal.when, &self.lab, self.beside.as_ref(), begin) {
                self.fail(step, format!("the goal {} holds before anything is done", goal.id));
            }
        }
    }

    fn play(&mut self, step: &Step, script: &Script) {
        for line in &script.lines {
            match line {
                Line::Do(command) => {
                    if let Err(error) = self.lab.issue(command.clone()) {
                        self.fail(step, format!("`{command}` cannot be carried out: {error}"));
                    }
                    if let Some(beside) = &mut self.beside {
                        beside.run_until(self.lab.now());
                        let refused = beside.issue(command.clone()).err();
                        if let Some(error) = refused {
                            self.fail(
                                step,
                                format!("`{command}` cannot be carried out in the run beside: {error}"),
                            );
                        }
                    }
                    self.player.watch(&self.lab, self.beside.as_ref());
                }
                Line::Run(span) => {
                    let target = self.lab.now() + *span;
                    let beside = self.beside.as_mut();
                    run_watched(&mut self.player, &mut self.lab, beside, target, usize::MAX);
                }
            }
        }
    }

    /// The player is in an explanation: of every prediction so far, exactly the right answer holds.
    fn check_predictions(&mut self, place: usize) {
        let lesson = self.lesson.clone();
        for step in &lesson.steps[..place] {
            let Task::Predict { answers, right } = &step.task else { continue };
            let begin = self.player.progress().begins.get(&*step.id).map_or(Instant::ZERO, |it| it.at);
            let right_id = answers[*right].id.to_string();
            if self.player.prediction(step).and_then(|it| it.happened.clone()) == Some(Outcome::None) {
                self.fail(step, "no answer holds in the run of the solution");
                continue;
            }
            for answer in answers {
                let is_right = *answer.id == *right_id;
                let settled = self.player.prediction(step).and_then(|it| it.happened.clone());
                let now = holds(&answer.when, &self.lab, self.beside.as_ref(), begin);
                // Later explanations look at a later moment; what counts there is what was settled.
                let is_settled_here = lesson.steps[..place]
                    .iter()
                    .rev()
                    .take_while(|it| it.id != step.id)
                    .all(|it| !matches!(it.task, Task::Explain { .. }));
                if is_settled_here && now != is_right {
                    let verb = if now { "holds too" } else { "does not hold" };
                    self.fail(step, format!("the answer {} {verb} in the run of the solution", answer.id));
                } else if !is_settled_here && is_right && settled != Some(Outcome::Answer(right_id.clone())) {
                    self.fail(step, "another answer held when it was explained");
                }
            }
        }
    }

    fn check_texts(&mut self, step: &Step) {
        let lesson = self.lesson.clone();
        let prefix = format!("{}/", step.id);
        let is_last = lesson.steps.last().is_some_and(|last| last.id == step.id);
        let is_explained = matches!(step.task, Task::Explain { .. });
        for (file, prose) in [("zh.md", &lesson.zh), ("en.md", &lesson.en)] {
            for (path, line) in prose.paths() {
                let is_reply = path.contains("/reply: ");
                let here =
                    if is_reply { is_explained } else { path == &*step.id || path.starts_with(&prefix) };
                let at_the_end = is_last && ["remember", "transfer", "notes", "beside"].contains(&path);
                if here || at_the_end {
                    self.check_text(file, line, prose.text(path));
                }
            }
        }
    }

    fn check_text(&mut self, file: &str, line: usize, blocks: &[Block]) {
        let begin = self.player.begin().at;
        let mut expressions = Vec::new();
        Prose::expressions(blocks, &mut expressions);
        let found = values_at(expressions.iter().copied(), &self.lab, self.beside.as_ref(), begin);
        let profile = self.profile;
        let mut fail = |what: String| {
            self.problems.push(Problem { file: file.into(), line, what: format!("in {profile}: {what}") });
        };
        for (expression, value) in expressions.iter().zip(found) {
            if value == Value::Nothing {
                fail(format!("`{}` is nothing in this run", expression.text()));
            }
        }
        let mut lines = Vec::new();
        Prose::mqadmin_lines(blocks, &mut lines);
        for line in lines {
            match self.lab.clone().mqadmin(line) {
                Ok(Some(output)) if !output.trim().is_empty() => {}
                Ok(_) => fail(format!("`mqadmin {line}` prints nothing")),
                Err(error) => fail(format!("`mqadmin {line}`: {error}")),
            }
        }
        let mut facts = Vec::new();
        Prose::facts(blocks, &mut facts);
        for expression in facts {
            let value = &values_at(std::iter::once(expression), &self.lab, self.beside.as_ref(), begin)[0];
            let event = match value {
                Value::Number(id) => {
                    let id = u64::try_from(*id).ok().and_then(EventId::nth);
                    id.and_then(|id| self.lab.event(id))
                }
                _ => None,
            };
            if event.is_none_or(|event| matches!(event.fact, Fact::TimerFired(_))) {
                fail(format!("`{}` is no event of this run", expression.text()));
            }
        }
    }
}

/// A run at the moment at which a lesson opens: its opening commands are carried out.
pub fn opened(recording: crate::recording::Recording) -> Lab {
    let end = recording.end;
    let mut lab = Lab::new(recording);
    lab.run_until(end + Duration::from_millis(1));
    lab
}
