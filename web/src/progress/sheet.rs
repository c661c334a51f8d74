//! The teacher's sheet: the records of several learners beside each other, by what they predicted.

use std::collections::BTreeMap;
use std::sync::Arc;

use lab_core::gather::Arrange as _;
use lab_core::lesson::{Lesson, Outcome, Prediction, Sureness, Task};

use super::{Damage, Record};
use crate::files::{Text, Unreadable};
use crate::lessons::Library;

/// Why a file is not in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It gave no text.
    File(Unreadable),
    /// Its text is no record.
    Record(Damage),
}

/// A learner's file.
#[derive(Clone, Debug, PartialEq)]
pub struct Pupil {
    /// The name of the file.
    pub file: String,
    /// What it holds.
    pub record: Record,
}

impl Pupil {
    /// The name that the learner has entered, else that of the file.
    pub fn name(&self) -> &str {
        match self.record.name().trim() {
            "" => &self.file,
            name => name,
        }
    }
}

/// The files that were handed over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// Those that could be read.
    pub pupils: Vec<Pupil>,
    /// Those that could not, with the reason.
    pub unread: Vec<(String, Unread)>,
    /// Whether what was most often wrong stands first, rather than the order of the lessons.
    pub by_wrong: bool,
}

/// One prediction of one lesson.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The lesson's id.
    pub lesson: String,
    /// The step's id.
    pub step: String,
    /// Which of the lesson's predictions it is, from 1; 0 when the lesson has only one.
    pub number: usize,
}

/// What a learner made of a question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// No prediction yet.
    NotGiven,
    /// Predicted, and the explanation not opened yet.
    Open(&'a Prediction),
    /// What was predicted happened.
    Right(Sureness),
    /// Something else happened; this was predicted.
    Wrong(&'a str, Sureness),
    /// The learner's run went a way that no answer speaks of.
    Elsewhere(&'a str, Sureness),
}

/// What all learners together made of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary<'a> {
    /// The question.
    pub question: Question,
    /// How many predicted something that happened.
    pub right: usize,
    /// How many predicted something that did not.
    pub wrong: usize,
    /// How many have not predicted.
    pub not_given: usize,
    /// The wrong answer that most gave, and how many did; of two alike the one that comes first by id.
    pub misconception: Option<(&'a str, usize)>,
}

impl Sheet {
    /// Takes in files. A file of a name that is there already takes its place.
    pub fn add(&mut self, files: Vec<Text>) {
        for (file, text) in files {
            self.pupils.retain(|pupil| pupil.file != file);
            self.unread.retain(|(name, _)| *name != file);
            let record = text.map_err(Unread::File).and_then(|it| Record::read(&it).map_err(Unread::Record));
            match record {
                Ok(record) => self.pupils.push(Pupil { file, record }),
                Err(why) => self.unread.push((file, why)),
            }
        }
        self.pupils.arrange_by(|a, b| a.name().cmp(b.name()));
    }

    /// The questions of all lessons that anybody has opened, in the order of the sheet. Lessons that the page does not know,
    /// a teacher's own, come last.
    pub fn summaries(&self, library: &Library) -> Vec<Summary<'_>> {
        let mut summaries: Vec<_> =
            self.questions(library).into_iter().map(|question| self.summary(question)).collect();
        if self.by_wrong {
            // Stable, so that what is alike stays in the order of the lessons.
            summaries.arrange_by_key(|it| std::cmp::Reverse(it.wrong));
        }
        summaries
    }

    /// What a learner made of a question.
    pub fn cell<'a>(pupil: &'a Pupil, question: &Question) -> Cell<'a> {
        let entry = pupil.record.entry(&question.lesson);
        let Some(given) = entry.and_then(|entry| entry.progress.predictions.get(&question.step)) else {
            return Cell::NotGiven;
        };
        match &given.happened {
            None => Cell::Open(given),
            Some(Outcome::Answer(answer)) if *answer == given.answer => Cell::Right(given.sure),
            Some(Outcome::Answer(_)) => Cell::Wrong(&given.answer, given.sure),
            Some(Outcome::None) => Cell::Elsewhere(&given.answer, given.sure),
        }
    }

    fn questions(&self, library: &Library) -> Vec<Question> {
        let is_opened = |id: &str| self.pupils.iter().any(|pupil| pupil.record.entry(id).is_some());
        let known = library.lessons().iter().filter(|lesson| is_opened(&lesson.id));
        let mut questions: Vec<Question> = known.flat_map(questions_of).collect();
        let mut own: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, entry) in self.pupils.iter().flat_map(|pupil| pupil.record.entries()) {
            if library.by_id(id).is_none() {
                own.entry(id).or_default().extend(entry.progress.predictions.keys().map(String::as_str));
            }
        }
        for (lesson, mut steps) in own {
            steps.arrange();
            steps.dedup();
            questions.extend(numbered(lesson, &steps));
        }
        questions
    }

    fn summary(&self, question: Question) -> Summary<'_> {
        let (mut right, mut not_given) = (0, 0);
        let mut wrong: BTreeMap<&str, usize> = BTreeMap::new();
        for pupil in &self.pupils {
            match Self::cell(pupil, &question) {
                Cell::Right(_) => right += 1,
                Cell::Wrong(answer, _) => *wrong.entry(answer).or_default() += 1,
                Cell::NotGiven => not_given += 1,
                Cell::Open(_) | Cell::Elsewhere(..) => {}
            }
        }
        let misconception =
            wrong.iter().rev().max_by_key(|(_, count)| **count).map(|(answer, count)| (*answer, *count));
        Summary { question, right, wrong: wrong.values().sum(), not_given, misconception }
    }
}

fn questions_of(lesson: &Arc<Lesson>) -> Vec<Question> {
    let asks = lesson.steps.iter().filter(|step| matches!(step.task, Task::Predict { .. }));
    numbered(&lesson.id, &asks.map(|step| &*step.id).collect::<Vec<_>>())
}

fn numbered(lesson: &str, steps: &[&str]) -> Vec<Question> {
    let several = steps.len() > 1;
    let question = |(place, step): (usize, &&str)| Question {
        lesson: lesson.to_owned(),
        step: (*step).to_owned(),
        number: if several { place + 1 } else { 0 },
    };
    steps.iter().enumerate().map(question).collect()
}
