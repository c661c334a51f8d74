//! What a learner has reached: one record for all lessons, written as JSON, read with suspicion.
//!
//! The record is kept by the browser and goes from one machine to another as a file. Both may hold anything: [`Record::read`]
//! answers every text with a record or with a [`Damage`] for which the page has a sentence, and never trusts a number
//! that a [`Player`](lab_core::lesson::Player) would count on from.
//!
//! **Invariants**: what was reached stays reached, in [`Record::merge`] too; what [`Record::to_text`] writes,
//! [`Record::read`] reads to the same record; fields of a later page that keeps version 1 survive.

mod merge;
pub mod sheet;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use lab_core::config::Profile;
use lab_core::lesson::{Lesson, Progress};
use lab_core::time::Instant;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::lessons::Library;

/// What the first field of a record says.
pub const FORMAT: &str = "rocketmq-lab-progress";
/// The version of the record that this page writes, and the newest that it reads.
pub const VERSION: u64 = 1;
/// The largest record that is read, in bytes; browsers keep about five million characters for a page.
pub const LARGEST: usize = 4 << 20;
/// The longest recording that is kept, in bytes; all lessons together stay below [`LARGEST`].
pub const LONGEST_RECORDING: usize = 48 << 10;
/// The longest name of a learner, in characters.
pub const LONGEST_NAME: usize = 60;

/// No lesson lasts longer than this virtual time; larger moments would overflow when they are counted on from.
const LATEST_MS: u64 = 100 * 365 * 24 * 3_600_000;
/// No step has more hints.
const MOST_HINTS: u32 = 1_000;

/// How far a learner is in one lesson, and the run in which that happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Steps, predictions, goals, hints.
    pub progress: Progress,
    /// The version of the run.
    pub profile: Profile,
    /// The run, in the notation of recordings; empty when it was too long to be kept, then the lesson opens anew.
    pub recording: String,
    /// The virtual moment at which the learner left, in milliseconds.
    pub now_ms: u64,
}

/// What is known of a lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LessonState {
    /// Never opened.
    New,
    /// Opened, and not at its last step yet.
    Begun,
    /// The last step was reached once.
    Done,
}

/// What a learner has reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    name: String,
    entries: BTreeMap<String, Entry>,
    /// Fields that only a later page understands.
    extra: Map<String, Value>,
}

/// Why a text is no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It is larger than [`LARGEST`].
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
    },
    /// It is not JSON, or nested deeper than any record.
    NotJson {
        /// The line at which reading ended, from 1.
        line: usize,
        /// The place on that line, from 1.
        column: usize,
    },
    /// It is JSON, but not a record of this lab.
    NotARecord,
    /// It was written by a later page.
    Newer {
        /// Its version.
        version: u64,
    },
    /// A field does not hold what belongs there.
    Field {
        /// The path of the field: `lessons.3.4.progress`.
        path: String,
    },
}

/// An entry as it is written.
#[derive(Serialize, Deserialize)]
struct StoredEntry {
    progress: Progress,
    profile: String,
    #[serde(default)]
    recording: String,
    #[serde(default)]
    now_ms: u64,
}

/// A record as it is written.
#[derive(Serialize)]
struct Stored<'a> {
    format: &'static str,
    version: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    lessons: BTreeMap<&'a str, StoredEntry>,
    #[serde(flatten)]
    extra: &'a Map<String, Value>,
}

impl Record {
    /// Reads a record.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn read(text: &str) -> Result<Self, Damage> {
        if text.len() > LARGEST {
            return Err(Damage::TooLarge { bytes: text.len() });
        }
        // The reader of JSON gives up at a depth of 128, long before the stack is used up.
        let value: Value = serde_json::from_str(text)
            .map_err(|error| Damage::NotJson { line: error.line(), column: error.column() })?;
        let Value::Object(mut fields) = value else { return Err(Damage::NotARecord) };
        if fields.remove("format").as_ref().and_then(Value::as_str) != Some(FORMAT) {
            return Err(Damage::NotARecord);
        }
        match fields.remove("version").as_ref().and_then(Value::as_u64) {
            Some(version) if version > VERSION => return Err(Damage::Newer { version }),
            Some(VERSION) => {}
            _ => return Err(field("version")),
        }
        let mut record = Self::default();
        match fields.remove("name") {
            None => {}
            Some(Value::String(name)) => record.set_name(&name),
            Some(_) => return Err(field("name")),
        }
        match fields.remove("lessons") {
            None => {}
            Some(Value::Object(lessons)) => {
                for (id, value) in lessons {
                    let entry = entry_of(&id, value)?;
                    record.entries.insert(id, entry);
                }
            }
            Some(_) => return Err(field("lessons")),
        }
        record.extra = fields;
        Ok(record)
    }

    /// The record as a text that [`read`](Self::read) understands.
    ///
    /// # Panics
    /// Never: every key is a text.
    pub fn to_text(&self) -> String {
        let lessons = self.entries.iter().map(|(id, entry)| (id.as_str(), StoredEntry::from(entry)));
        let stored = Stored {
            format: FORMAT,
            version: VERSION,
            name: &self.name,
            lessons: lessons.collect(),
            extra: &self.extra,
        };
        serde_json::to_string_pretty(&stored).expect("every key of a record is a text")
    }

    /// The name that the learner has entered for the teacher; empty without one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Notes the learner's name, without what no name holds: control characters, and more than [`LONGEST_NAME`] characters.
    pub fn set_name(&mut self, name: &str) {
        self.name = name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    }

    /// What is known of a lesson.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// All lessons that were opened, by their ids.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(id, entry)| (id.as_str(), entry))
    }

    /// Whether no lesson was ever opened.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Notes how far the learner is in a lesson; that it was done once stays noted. A recording longer than
    /// [`LONGEST_RECORDING`] is not kept.
    pub fn set(&mut self, id: &str, mut entry: Entry) {
        if entry.recording.len() > LONGEST_RECORDING {
            entry.recording.clear();
            entry.now_ms = 0;
        }
        entry.progress.done |= self.state(id) == LessonState::Done;
        self.entries.insert(id.to_owned(), entry);
    }

    /// How far the learner is.
    pub fn state(&self, id: &str) -> LessonState {
        match self.entries.get(id) {
            None => LessonState::New,
            Some(entry) if entry.progress.done => LessonState::Done,
            Some(_) => LessonState::Begun,
        }
    }

    /// The lesson to do next: the first that was begun, else the first new one; `None` when all are done.
    pub fn next<'a>(&self, library: &'a Library) -> Option<&'a Arc<Lesson>> {
        let first = |state| library.lessons().iter().find(move |lesson| self.state(&lesson.id) == state);
        first(LessonState::Begun).or_else(|| first(LessonState::New))
    }
}

fn field(path: &str) -> Damage {
    // Names in a foreign file can be as long as they like; a sentence cannot.
    Damage::Field { path: path.chars().take(80).collect() }
}

fn entry_of(id: &str, value: Value) -> Result<Entry, Damage> {
    let damage = |part: &str| field(&format!("lessons.{id}{part}"));
    let stored: StoredEntry = serde_json::from_value(value).map_err(|_| damage(""))?;
    let progress = stored.progress;
    let is_sound = |at: &Instant| at.as_millis() <= LATEST_MS;
    if !progress.goals.values().all(is_sound) {
        return Err(damage(".progress.goals"));
    }
    if !progress.begins.values().all(|begin| is_sound(&begin.at)) {
        return Err(damage(".progress.begins"));
    }
    if progress.hints.values().any(|hints| *hints > MOST_HINTS) {
        return Err(damage(".progress.hints"));
    }
    if stored.now_ms > LATEST_MS {
        return Err(damage(".now_ms"));
    }
    let profile = stored.profile.parse().map_err(|_| damage(".profile"))?;
    Ok(Entry { progress, profile, recording: stored.recording, now_ms: stored.now_ms })
}

impl From<&Entry> for StoredEntry {
    fn from(entry: &Entry) -> Self {
        Self {
            progress: entry.progress.clone(),
            profile: entry.profile.to_string(),
            recording: entry.recording.clone(),
            now_ms: entry.now_ms,
        }
    }
}
