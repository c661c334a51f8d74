//! A lesson on the page: where the learner is, what was told, the run beside, the solution that is being played.
//!
//! The [`Player`] of the core knows the rules. Here they meet the page: while a prediction is asked for nothing can be done to
//! the cluster; every order goes to both runs; goals are looked at as time passes; what is told at a step is fixed when
//! the step opens, so that numbers do not change under the reader's eyes.

mod beside;
mod solution;
#[cfg(test)]
mod tests;
pub mod told;
mod workshop;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use arcstr::ArcStr;

use lab_core::config::Profile;
use lab_core::id::EventId;
use lab_core::lab::Lab;
use lab_core::lesson::{Lesson, Player, Sureness, Task, opened, run_watched};
use lab_core::recording::Recording;
use lab_core::time::{Duration, Instant};

use self::solution::Playing;
use self::told::Told;
use super::msg::{LessonMsg, Msg, Notice, Panel};
use super::{Run, Session};
use crate::labs::LabId;
use crate::playback::Playback;
use crate::progress::Entry;

pub use beside::BesideRun;
pub use workshop::Workshop;
pub(super) use workshop::is_lesson;

/// Most steps that are repeated to come back to where a learner left; no lesson is that long.
const MOST_STEPS: usize = 2_000_000;

/// A lesson with everything that the page knows about it.
pub(crate) struct LessonRun {
    pub(crate) player: Player,
    pub(crate) beside: Option<BesideRun>,
    /// The answer that is chosen, until it is given for good.
    pub(crate) choice: Option<ArcStr>,
    pub(crate) sure: Option<Sureness>,
    /// What is told at each step that was opened, by its place.
    told: BTreeMap<usize, Rc<Told>>,
    pub(crate) playing: Option<Playing>,
    /// Whether the learner went back behind a moment at which a goal was reached.
    pub(crate) went_back: bool,
    /// Whether it comes from somebody's disk, and not with the page.
    pub(crate) is_own: bool,
}

impl Session {
    /// Opens a lesson that comes with the page: where the learner left it, or at its beginning when it was done or never
    /// begun, or when its run cannot be repeated any more.
    pub(super) fn open_lesson(&mut self, id: &str) {
        let Some(lesson) = self.library.by_id(id).cloned() else { return };
        // What is open now is remembered first: it may be the same lesson.
        self.remember_lesson();
        let left = self.record.entry(id).filter(|entry| !entry.progress.done).cloned();
        match left.as_ref().and_then(|entry| Some((entry, left_at(entry)?))) {
            Some((entry, lab)) if lesson.profiles.contains(&entry.profile) => {
                let player = Player::resume(lesson, entry.progress.clone(), &lab);
                self.show_lesson(player, lab, false);
            }
            _ => self.start_lesson(lesson, false),
        }
    }

    /// Opens a lesson at its beginning.
    pub(super) fn start_lesson(&mut self, lesson: Arc<Lesson>, is_own: bool) {
        let profile = self.lesson_profile(&lesson);
        let lab = opened(lesson.recording(profile));
        let player = Player::new(lesson, &lab);
        self.show_lesson(player, lab, is_own);
    }

    /// The version that was chosen, when the lesson holds for it; else its own first.
    pub(super) fn lesson_profile(&self, lesson: &Lesson) -> Profile {
        let first = lesson.profiles.first().copied().unwrap_or_default();
        if lesson.profiles.contains(&self.profile) { self.profile } else { first }
    }

    /// Puts a lesson on the page, its run where it is.
    pub(super) fn show_lesson(&mut self, player: Player, lab: Lab, is_own: bool) {
        self.close();
        let lesson = player.lesson().clone();
        let profile = lab.setup().profile;
        let beside = lesson.recording_beside(profile).map(|recording| BesideRun::new(recording, &lab));
        let has_beside = beside.is_some();
        let given = lesson.recording(profile).commands.len();
        let mut run = Run::new(LabId::Lesson, given, lab);
        run.lesson = Some(Box::new(LessonRun {
            player,
            beside,
            choice: None,
            sure: None,
            told: BTreeMap::new(),
            playing: None,
            went_back: false,
            is_own,
        }));
        self.run = Some(run);
        self.playing = false;
        self.playback = Playback::default();
        self.inspector_folded = true;
        self.panel = Panel::Console;
        // Two stages need the room.
        self.panels_folded = has_beside;
        self.after_jump();
    }

    /// The lesson that is open.
    pub(crate) fn lesson(&self) -> Option<&LessonRun> {
        self.run.as_ref()?.lesson.as_deref()
    }

    fn lesson_mut(&mut self) -> Option<&mut LessonRun> {
        self.run.as_mut()?.lesson.as_deref_mut()
    }

    /// Whether a prediction is asked for, so that the cluster cannot be touched yet.
    pub(crate) fn is_locked(&self) -> bool {
        self.lesson().is_some_and(|lesson| !lesson.player.may_act())
    }

    /// Whether a message would touch the cluster or let time pass.
    pub(super) const fn touches(msg: &Msg) -> bool {
        matches!(
            msg,
            Msg::PlayPause
                | Msg::Step
                | Msg::StepBack
                | Msg::ToStart
                | Msg::Scrub(_)
                | Msg::Skip
                | Msg::Do(_)
                | Msg::RunLine
                | Msg::OpenForm(_)
                | Msg::SubmitForm
                | Msg::Confirm
        )
    }

    /// Does what is asked for in the lesson.
    pub(super) fn update_lesson(&mut self, msg: LessonMsg) {
        match msg {
            LessonMsg::Choose(answer) => self.with_lesson(|lesson| lesson.choose(answer)),
            LessonMsg::Sure(sure) => self.with_lesson(|lesson| lesson.sure = Some(sure)),
            LessonMsg::Give => {
                self.give_prediction();
                self.remember_lesson();
            }
            LessonMsg::GoOn => {
                self.go_on();
                self.remember_lesson();
            }
            LessonMsg::Back => self.with_lesson(|lesson| lesson.player.back()),
            LessonMsg::OpenHint => {
                self.with_lesson(|lesson| lesson.player.open_hint());
                self.remember_lesson();
            }
            LessonMsg::PlaySolution => self.play_solution(),
            LessonMsg::HurrySolution => self.with_lesson(|lesson| {
                if let Some(playing) = &mut lesson.playing {
                    playing.at_once = true;
                }
            }),
            LessonMsg::StopSolution => self.with_lesson(|lesson| lesson.playing = None),
            LessonMsg::ResetStep => self.reset_step(),
            LessonMsg::StartOver => {
                let again = self.lesson().map(|lesson| (lesson.player.lesson().clone(), lesson.is_own));
                if let Some((lesson, is_own)) = again {
                    self.start_lesson(lesson, is_own);
                }
            }
            LessonMsg::Evidence(id) => self.show_evidence(id),
            LessonMsg::OpenAnyway => self.open_anyway(),
            // The page itself deals with files; nothing of the session changes.
            LessonMsg::ChooseFiles | LessonMsg::SavePacked => {}
        }
    }

    /// The run beside, in a lesson that compares two.
    pub(super) fn beside_mut(&mut self) -> Option<&mut BesideRun> {
        self.lesson_mut()?.beside.as_mut()
    }

    /// Notes in the learner's record where the lesson stands.
    pub(super) fn remember_lesson(&mut self) {
        let Some(run) = &self.run else { return };
        let Some(lesson) = run.lesson.as_ref().filter(|lesson| !lesson.is_own) else { return };
        let progress = lesson.player.progress().clone();
        if progress.predictions.is_empty() && progress.goals.is_empty() && progress.hints.is_empty() {
            return;
        }
        let entry = Entry {
            progress,
            profile: run.lab.setup().profile,
            recording: run.lab.recording().to_string(),
            now_ms: run.lab.now().as_millis(),
        };
        self.record.set(&lesson.player.lesson().id, entry);
        self.record_changed = true;
    }

    fn with_lesson(&mut self, change: impl FnOnce(&mut LessonRun)) {
        if let Some(lesson) = self.lesson_mut() {
            change(lesson);
        }
    }

    fn give_prediction(&mut self) {
        let Some(lesson) = self.lesson_mut() else { return };
        let (Some(answer), Some(sure)) = (lesson.choice.clone(), lesson.sure) else { return };
        if lesson.player.predict(&answer, sure) {
            (lesson.choice, lesson.sure) = (None, None);
            self.go_on();
        }
    }

    fn go_on(&mut self) {
        let Some(run) = &mut self.run else { return };
        let Some(lesson) = &mut run.lesson else { return };
        lesson.playing = None;
        let beside = lesson.beside.as_ref().map(|beside| &beside.lab);
        if lesson.player.go_on(&run.lab, beside) {
            self.playing = false;
            lesson.went_back = false;
        }
    }

    /// Makes sure that it is fixed what the step that is looked at tells.
    pub(super) fn tell(&mut self) {
        let Some(run) = &mut self.run else { return };
        let Some(lesson) = &mut run.lesson else { return };
        let (place, _) = lesson.player.place();
        if !lesson.told.contains_key(&place) {
            let beside = lesson.beside.as_ref().map(|beside| &beside.lab);
            let told = Rc::new(Told::at(&lesson.player, &run.lab, beside));
            lesson.told.insert(place, told);
        }
    }

    /// What is told at the step that is looked at, as it was when the step opened.
    pub(crate) fn what_is_told(&self) -> Option<Rc<Told>> {
        let lesson = self.lesson()?;
        lesson.told.get(&lesson.player.place().0).cloned()
    }

    /// Lets the run of the page go on to `target`, with the run beside and an eye on the goals.
    pub(super) fn pass_time(&mut self, target: Instant, max_steps: usize) {
        let Some(run) = &mut self.run else { return };
        let Some(lesson) = &mut run.lesson else {
            run.lab.run_at_most(target, max_steps);
            return;
        };
        let beside = lesson.beside.as_mut().map(|beside| &mut beside.lab);
        let before = lesson.player.progress().goals.len();
        run_watched(&mut lesson.player, &mut run.lab, beside, target, max_steps);
        if lesson.player.progress().goals.len() > before {
            self.announce_goals(before);
        }
    }

    /// The run of the page has moved by itself: the run beside follows, and the goals are looked at.
    pub(super) fn follow(&mut self) {
        let Some(run) = &mut self.run else { return };
        let now = run.lab.now();
        let Some(lesson) = &mut run.lesson else { return };
        if let Some(beside) = &mut lesson.beside {
            beside.follow(now);
        }
        let before = lesson.player.progress().goals.len();
        lesson.player.watch(&run.lab, lesson.beside.as_ref().map(|beside| &beside.lab));
        let goals = &lesson.player.progress().goals;
        lesson.went_back |= goals.values().any(|reached| *reached > now);
        if goals.len() > before {
            self.announce_goals(before);
        }
    }

    fn announce_goals(&mut self, before: usize) {
        let texts = self.texts();
        let Some(lesson) = self.lesson() else { return };
        let step = lesson.player.step();
        let Task::Do { goals, .. } = &step.task else { return };
        let total = goals.len();
        let reached = goals.iter().filter(|goal| lesson.player.reached(step, goal).is_some()).count();
        debug_assert!(lesson.player.progress().goals.len() > before, "a goal was reached");
        self.announced = (texts.lesson.goals_reached)(reached, total);
        self.since_announcement = 0;
        self.remember_lesson();
    }

    /// The run as it was when the step that is looked at began. What was reached stays reached.
    fn reset_step(&mut self) {
        let Some(run) = &mut self.run else { return };
        let Some(lesson) = &mut run.lesson else { return };
        lesson.playing = None;
        let begin = lesson.player.begin();
        let mut recording = run.lab.recording().clone();
        recording.commands.truncate(begin.commands);
        recording.end = begin.at;
        let mut lab = Lab::new(recording);
        lab.run_until(begin.at);
        let recording = lesson.player.lesson().recording_beside(lab.setup().profile);
        lesson.beside = recording.map(|recording| BesideRun::new(recording, &lab));
        let (given, lesson) = (run.given, run.lesson.take());
        let mut fresh = Run::new(LabId::Lesson, given, lab);
        fresh.lesson = lesson;
        self.run = Some(fresh);
        self.playing = false;
        self.waiting = None;
        self.passing = None;
        self.problem = None;
        self.notice = None;
        self.chain = Rc::from([]);
        self.chain_of = None;
        self.after_jump();
    }

    fn show_evidence(&mut self, id: EventId) {
        let told = self.what_is_told();
        let Some(run) = &self.run else { return };
        let Some(event) = run.lab.event(id).cloned() else {
            self.notice = Some(Notice::EvidenceGone);
            return;
        };
        // The run may have become another one since it was told.
        if told.is_some_and(|told| told.facts.values().flatten().any(|it| it.id == id && *it != event)) {
            self.notice = Some(Notice::EvidenceGone);
            return;
        }
        self.jump(|lab| lab.go_to(event.at + Duration::from_millis(1)));
        self.show_panel(Panel::Events);
        self.select_event(id);
    }
}

impl LessonRun {
    /// Whether something of it changes from frame to frame.
    pub(super) fn is_moving(&self, now: Instant) -> bool {
        self.playing.is_some() || self.beside.as_ref().is_some_and(|beside| beside.flying.is_moving(now))
    }

    fn choose(&mut self, answer: ArcStr) {
        if self.player.prediction(self.player.step()).is_none() {
            self.choice = Some(answer);
        }
    }
}

/// The run as the learner left it; nothing when it was not kept or cannot be read.
fn left_at(entry: &Entry) -> Option<Lab> {
    let recording: Recording = entry.recording.parse().ok().filter(|_| !entry.recording.is_empty())?;
    let mut lab = Lab::try_new(recording).ok()?;
    lab.run_at_most(Instant::from_millis(entry.now_ms), MOST_STEPS).then_some(lab)
}
