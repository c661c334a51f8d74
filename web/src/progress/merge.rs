//! Two records of the same learner, from two machines, become one.

use lab_core::lesson::Progress;

use super::{Entry, Record};

impl Record {
    /// Takes in another record; nothing that was reached in either is lost. Where both have predicted, this record's
    /// prediction stays: it is a first one, and the other may have been given after the answer was known.
    pub fn merge(&mut self, other: Self) {
        for (id, theirs) in other.entries {
            let merged = match self.entries.remove(&id) {
                Some(own) => merge_entries(own, theirs),
                None => theirs,
            };
            self.entries.insert(id, merged);
        }
        if self.name.is_empty() {
            self.name = other.name;
        }
        for (name, value) in other.extra {
            self.extra.entry(name).or_insert(value);
        }
    }
}

/// The run, and where it stands, come from whoever is further; the rest from both.
fn merge_entries(own: Entry, theirs: Entry) -> Entry {
    let own_is_ahead = distance(&own.progress) >= distance(&theirs.progress);
    let (first, second) = (own.progress.clone(), theirs.progress.clone());
    let mut merged = if own_is_ahead { own } else { theirs };
    let progress = &mut merged.progress;
    progress.done = first.done || second.done;
    progress.predictions = second.predictions;
    for (step, mut prediction) in first.predictions {
        if prediction.happened.is_none()
            && let Some(settled) = progress.predictions.remove(&step)
        {
            // What happened is told by the run and not by what was predicted of it.
            prediction.happened = settled.happened;
        }
        progress.predictions.insert(step, prediction);
    }
    progress.goals.extend(second.goals);
    progress.goals.extend(first.goals);
    progress.hints = second.hints;
    for (step, opened) in first.hints {
        let hints = progress.hints.entry(step).or_default();
        *hints = (*hints).max(opened);
    }
    progress.shown.extend(first.shown);
    progress.shown.extend(second.shown);
    for (step, begin) in first.begins.into_iter().chain(second.begins) {
        progress.begins.entry(step).or_insert(begin);
    }
    merged
}

/// How far somebody is, as far as that shows without the lesson's file.
fn distance(progress: &Progress) -> (bool, usize, usize) {
    (progress.done, progress.begins.len(), progress.predictions.len() + progress.goals.len())
}
