//! What a learner does in a lesson: answer, act, read on.

use std::path::Path;
use std::sync::Arc;

use lab_core::lesson::{Lesson, Line, Script, Source, Step, Task};

use super::Page;

/// Every lesson that comes with the page, read from its files.
pub fn lessons() -> Vec<Arc<Lesson>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/lessons");
    let entries = std::fs::read_dir(&folder).expect("the folder of the lessons");
    let mut folders: Vec<_> =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
        .iter()
        .map(|folder| {
            let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a file of the lesson");
            let (manifest, zh, en) = (read("lesson.toml"), read("zh.md"), read("en.md"));
            Lesson::read(Source { manifest: &manifest, zh: &zh, en: &en }).map(Arc::new)
        })
        .map(|lesson| lesson.unwrap_or_else(|problems| panic!("{problems:?}")))
        .collect()
}

impl Page {
    /// Opens a lesson from the map at its first step.
    pub fn open_lesson(&self, lesson: &Lesson) {
        self.click(&format!("lesson-{}", lesson.id));
        self.until("the lesson is open", || self.shows("lesson"));
        if self.step() != *lesson.steps[0].id {
            self.restart_lesson(lesson);
        }
    }

    fn restart_lesson(&self, lesson: &Lesson) {
        self.until("the lesson is at its first step", || {
            if self.shows("lesson-again") {
                self.click("lesson-again");
            } else if self.shows("lesson-back") {
                self.click("lesson-back");
            }
            self.step() == *lesson.steps[0].id
        });
    }

    /// The id of the step that is shown.
    pub fn step(&self) -> String {
        self.attribute("lesson", "data-step")
    }

    /// Gives an answer for good.
    pub fn answer(&self, answer: &str) {
        self.click(&format!("answer-{answer}"));
        self.click("sure-likely");
        self.click("give");
    }

    /// Types a script, line by line.
    pub fn type_script(&self, script: &Script) {
        for line in &script.lines {
            match line {
                Line::Do(command) => self.order(&command.to_string()),
                Line::Run(span) => {
                    let end = self.clock() + span.as_millis();
                    self.order(&format!("run {span}"));
                    self.until(&format!("{span} pass"), || self.clock() >= end);
                }
            }
        }
    }

    /// Lets the page play the solution, without its pauses.
    pub fn watch_solution(&self) {
        self.click("solution");
        // Even a single line is looked at for a moment, so there is time to press this once.
        self.click("solution-hurry");
        self.until("the solution is over", || self.is_finished());
    }

    /// Whether one can go on to the next step.
    pub fn is_finished(&self) -> bool {
        self.count("[data-testid=lesson-on]:not(:disabled)") == 1
    }

    /// Goes on to the next step.
    pub fn go_on(&self, next: &Step) {
        self.until("the step is finished", || self.is_finished());
        self.click("lesson-on");
        self.until("the next step is shown", || self.step() == *next.id);
    }

    /// Goes through a whole lesson. `first` is the place of the answer to the first question; all others are answered
    /// rightly. `act` reaches the goals of a step. Every explanation has to compare what was said since the one before
    /// with what happened. Answers the reply to the first answer.
    pub fn learn(&self, lesson: &Lesson, first: usize, act: impl Fn(&Self, &Script)) -> Option<String> {
        let (mut is_first, mut asked, mut reply) = (true, Vec::new(), None);
        for (place, step) in lesson.steps.iter().enumerate() {
            match &step.task {
                Task::Predict { answers, right } => {
                    let given = if std::mem::take(&mut is_first) { first } else { *right };
                    asked.push((step, given == *right));
                    self.answer(&answers[given].id);
                    let next = &lesson.steps[place + 1];
                    self.until("the next step is shown", || self.step() == *next.id);
                    continue;
                }
                Task::Do { solution, .. } => act(self, solution),
                Task::Explain { .. } => {
                    for (step, is_right) in asked.drain(..) {
                        let compared = self.attribute(&format!("compare-{}", step.id), "data-right");
                        assert_eq!(compared, is_right.to_string(), "{}: {}", lesson.id, step.id);
                        reply.get_or_insert_with(|| self.text("reply"));
                    }
                }
            }
            if let Some(next) = lesson.steps.get(place + 1) {
                self.go_on(next);
            }
        }
        assert!(!self.text("remember").trim().is_empty(), "{}", lesson.id);
        reply
    }
}
