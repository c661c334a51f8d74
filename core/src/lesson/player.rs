//! One learner on the way through a lesson.
//!
//! The player knows the step, what was predicted, which goals were reached and which hints were opened. It looks at the run
//! and never touches it. What it has to remember from one day to the next is a [`Progress`], which names steps, answers and
//! goals by their ids, so that a lesson can change a little without taking anything from anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::language::{Expression, Moment, Value};
use super::{Goal, Lesson, Step, Task};
use crate::lab::Lab;
use crate::time::{Duration, Instant};

/// How often goals are looked at while time passes: at every whole half second of virtual time, and after every order. A
/// state that comes and goes between two looks is missed; an event never is.
pub const GRID: Duration = Duration::from_millis(500);

/// How sure somebody is of a prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sureness {
    /// It is a guess.
    Guess,
    /// Rather sure.
    Likely,
    /// Quite sure.
    Certain,
}

/// What somebody predicted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prediction {
    /// The id of the answer.
    pub answer: String,
    /// How sure.
    pub sure: Sureness,
    /// The answer that held in the run when it was explained; `None` before that.
    #[serde(default)]
    pub happened: Option<Outcome>,
}

/// What came of a prediction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// This answer holds in the learner's run.
    Answer(String),
    /// The learner's run went a way that none of the answers speaks of.
    None,
}

/// A moment of the run at which a step began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// When.
    pub at: Instant,
    /// Commands given before.
    pub commands: usize,
}

/// What is remembered of a learner in a lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// The id of the furthest step; empty before the first.
    pub step: String,
    /// By step.
    pub predictions: BTreeMap<String, Prediction>,
    /// When each goal was reached first, by `STEP/GOAL`.
    pub goals: BTreeMap<String, Instant>,
    /// Hints opened, by step; one more than there are hints when the commands were shown too.
    pub hints: BTreeMap<String, u32>,
    /// Steps whose solution was played to the learner.
    pub shown: BTreeSet<String>,
    /// Where each step began.
    pub begins: BTreeMap<String, Begin>,
    /// Whether the last step was reached.
    pub done: bool,
}

/// A learner in a lesson.
#[derive(Clone, Debug)]
pub struct Player {
    lesson: Arc<Lesson>,
    progress: Progress,
    /// The furthest step.
    furthest: usize,
    /// The step that is looked at.
    place: usize,
    /// Since when the condition of a goal holds without a break, by its place in the furthest step.
    since: BTreeMap<usize, Instant>,
}

impl Player {
    /// At the first step.
    pub fn new(lesson: Arc<Lesson>, lab: &Lab) -> Self {
        let mut player =
            Self { lesson, progress: Progress::default(), furthest: 0, place: 0, since: BTreeMap::new() };
        player.enter(0, lab, None);
        player
    }

    /// Where somebody left. What the lesson does not have any more is forgotten.
    pub fn resume(lesson: Arc<Lesson>, mut progress: Progress, lab: &Lab) -> Self {
        let furthest = lesson.steps.iter().position(|step| *step.id == *progress.step);
        let Some(furthest) = furthest else { return Self::new(lesson, lab) };
        let has_step = |id: &str| lesson.steps.iter().any(|step| &*step.id == id);
        progress.predictions.retain(|id, prediction| {
            let step = lesson.steps.iter().find(|step| *step.id == **id);
            step.is_some_and(|step| match &step.task {
                Task::Predict { answers, .. } => answers.iter().any(|it| *it.id == *prediction.answer),
                _ => false,
            })
        });
        progress.hints.retain(|id, _| has_step(id));
        progress.begins.retain(|id, _| has_step(id));
        Self { lesson, progress, furthest, place: furthest, since: BTreeMap::new() }
    }

    /// The lesson.
    pub const fn lesson(&self) -> &Arc<Lesson> {
        &self.lesson
    }

    /// What is to be remembered.
    pub const fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The step that is looked at.
    pub fn step(&self) -> &Step {
        &self.lesson.steps[self.place]
    }

    /// Its place, and that of the furthest step.
    pub const fn place(&self) -> (usize, usize) {
        (self.place, self.furthest)
    }

    /// When the step that is looked at began.
    pub fn begin(&self) -> Begin {
        let begin = self.progress.begins.get(&*self.step().id);
        begin.copied().unwrap_or(Begin { at: Instant::ZERO, commands: 0 })
    }

    /// What was predicted in a step.
    pub fn prediction(&self, step: &Step) -> Option<&Prediction> {
        self.progress.predictions.get(&*step.id)
    }

    /// Whether the learner may act: not while a prediction is asked for.
    pub fn may_act(&self) -> bool {
        let step = &self.lesson.steps[self.furthest];
        !matches!(step.task, Task::Predict { .. }) || self.prediction(step).is_some()
    }

    /// When a goal of a step was reached.
    pub fn reached(&self, step: &Step, goal: &Goal) -> Option<Instant> {
        self.progress.goals.get(&goal_key(step, goal)).copied()
    }

    /// Since when a goal of the furthest step holds, when it has to hold for a while yet.
    pub fn holds_since(&self, place: usize) -> Option<Instant> {
        self.since.get(&place).copied()
    }

    /// Whether the step that is looked at is finished, so that the next can be opened.
    pub fn is_finished(&self) -> bool {
        let step = self.step();
        match &step.task {
            Task::Predict { .. } => self.prediction(step).is_some(),
            Task::Do { goals, .. } => goals.iter().all(|goal| self.reached(step, goal).is_some()),
            Task::Explain { .. } => true,
        }
    }

    /// Whether the step that is looked at is the last one.
    pub fn is_last(&self) -> bool {
        self.place + 1 == self.lesson.steps.len()
    }

    /// Notes a prediction; false, and nothing is noted, when there is one already or no such answer.
    pub fn predict(&mut self, answer: &str, sure: Sureness) -> bool {
        let step = &self.lesson.steps[self.place];
        let Task::Predict { answers, .. } = &step.task else { return false };
        if self.prediction(step).is_some() || !answers.iter().any(|it| &*it.id == answer) {
            return false;
        }
        let prediction = Prediction { answer: answer.to_owned(), sure, happened: None };
        self.progress.predictions.insert(step.id.to_string(), prediction);
        true
    }

    /// Opens the next hint of the step that is looked at; behind the last one stand the commands.
    pub fn open_hint(&mut self) {
        let step = &self.lesson.steps[self.place];
        let Task::Do { hints, .. } = step.task else { return };
        let opened = self.progress.hints.entry(step.id.to_string()).or_default();
        *opened = (*opened + 1).min(hints + 1);
    }

    /// Hints opened in the step that is looked at.
    pub fn hints(&self) -> u32 {
        self.progress.hints.get(&*self.step().id).copied().unwrap_or(0)
    }

    /// Notes that the solution of the step that is looked at is played to the learner.
    pub fn note_shown(&mut self) {
        let id = self.step().id.to_string();
        self.progress.shown.insert(id);
    }

    /// Looks at the step before; nothing is lost.
    pub fn back(&mut self) {
        self.place = self.place.saturating_sub(1);
    }

    /// Goes on to the next step, when this one is finished; false when it is not, or is the last.
    pub fn go_on(&mut self, lab: &Lab, beside: Option<&Lab>) -> bool {
        if !self.is_finished() || self.is_last() {
            return false;
        }
        self.place += 1;
        if self.place > self.furthest {
            self.enter(self.place, lab, beside);
        }
        true
    }

    fn enter(&mut self, place: usize, lab: &Lab, beside: Option<&Lab>) {
        self.furthest = place;
        self.place = place;
        self.since.clear();
        let step = &self.lesson.steps[place];
        self.progress.step = step.id.to_string();
        let commands = lab.recording().commands.len() - lab.later_commands();
        self.progress.begins.insert(step.id.to_string(), Begin { at: lab.now(), commands });
        if matches!(step.task, Task::Explain { .. }) {
            self.settle_predictions(lab, beside);
        }
        self.progress.done |= place + 1 == self.lesson.steps.len();
    }

    /// Looks which answers hold now.
    fn settle_predictions(&mut self, lab: &Lab, beside: Option<&Lab>) {
        let lesson = self.lesson.clone();
        for step in &lesson.steps {
            let Task::Predict { answers, .. } = &step.task else { continue };
            let begin = self.progress.begins.get(&*step.id).map_or(Instant::ZERO, |begin| begin.at);
            let Some(prediction) = self.progress.predictions.get_mut(&*step.id) else { continue };
            if prediction.happened.is_none() {
                let mut held = answers.iter().filter(|answer| holds(&answer.when, lab, beside, begin));
                prediction.happened =
                    Some(held.next().map_or(Outcome::None, |answer| Outcome::Answer(answer.id.to_string())));
            }
        }
    }

    /// Looks at the goals of the furthest step; answers the places of those that are newly reached.
    pub fn watch(&mut self, lab: &Lab, beside: Option<&Lab>) -> Vec<usize> {
        let lesson = self.lesson.clone();
        let step = &lesson.steps[self.furthest];
        let Task::Do { goals, .. } = &step.task else { return Vec::new() };
        let begin = self.progress.begins.get(&*step.id).map_or(Instant::ZERO, |begin| begin.at);
        let open: Vec<_> =
            goals.iter().enumerate().filter(|(_, goal)| self.reached(step, goal).is_none()).collect();
        if open.is_empty() {
            return Vec::new();
        }
        let now = lab.now();
        let truths = values_at(open.iter().map(|(_, goal)| &goal.when), lab, beside, begin);
        let mut fresh = Vec::new();
        for ((place, goal), truth) in open.into_iter().zip(truths) {
            if !truth.is_true() {
                self.since.remove(&place);
                continue;
            }
            let since = self.since.entry(place).or_insert(now);
            // After going back the stretch begins anew.
            *since = (*since).min(now);
            if now.since(*since) >= goal.lasts.unwrap_or_default() {
                self.progress.goals.insert(goal_key(step, goal), now);
                fresh.push(place);
            }
        }
        fresh
    }

    /// Whether goals are open, so that the run has to be looked at while time passes.
    pub fn is_watching(&self) -> bool {
        let step = &self.lesson.steps[self.furthest];
        match &step.task {
            Task::Do { goals, .. } => goals.iter().any(|goal| self.reached(step, goal).is_none()),
            Task::Predict { .. } | Task::Explain { .. } => false,
        }
    }
}

fn goal_key(step: &Step, goal: &Goal) -> String {
    format!("{}/{}", step.id, goal.id)
}

/// The values of expressions in a run, with the run beside.
pub fn values_at<'e>(
    expressions: impl Iterator<Item = &'e Expression>,
    lab: &Lab,
    beside: Option<&Lab>,
    start: Instant,
) -> Vec<Value<'static>> {
    let view = lab.view(0);
    let other_view = beside.map(|lab| lab.view(0));
    let other = beside.zip(other_view.as_ref()).map(|(lab, view)| Moment::new(view, lab.trace(), start));
    let moment = Moment::new(&view, lab.trace(), start);
    let moment = match &other {
        Some(other) => moment.with_beside(other),
        None => moment,
    };
    expressions.map(|expression| expression.value(&moment)).collect()
}

pub(super) fn holds(condition: &Expression, lab: &Lab, beside: Option<&Lab>, start: Instant) -> bool {
    values_at(std::iter::once(condition), lab, beside, start)[0].is_true()
}

/// Lets time pass up to `target`, for both runs alike, and looks at the goals on the way. Stops after about
/// `max_steps` steps of the first run; true when `target` was reached.
pub fn run_watched(
    player: &mut Player,
    lab: &mut Lab,
    mut beside: Option<&mut Lab>,
    target: Instant,
    max_steps: usize,
) -> bool {
    let limit = lab.steps().saturating_add(max_steps as u64);
    while lab.now() < target {
        let grid = GRID.as_millis();
        let next = Instant::from_millis((lab.now().as_millis() / grid + 1) * grid).min(target);
        let left = usize::try_from(limit.saturating_sub(lab.steps())).unwrap_or(usize::MAX);
        let was_reached = lab.run_at_most(next, left);
        if let Some(beside) = beside.as_deref_mut() {
            beside.run_until(lab.now());
        }
        if !was_reached {
            return false;
        }
        if player.is_watching() {
            player.watch(lab, beside.as_deref());
        }
    }
    true
}
