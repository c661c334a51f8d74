use lab_core::lesson::{Outcome, Prediction, Sureness};
use lab_core::time::Instant;

use super::sheet::{Cell, Sheet, Unread};
use super::*;
use crate::files::Unreadable;

fn prediction(answer: &str, happened: Option<&str>) -> Prediction {
    let happened = happened.map(|it| Outcome::Answer(it.to_owned()));
    Prediction { answer: answer.to_owned(), sure: Sureness::Certain, happened }
}

fn entry(step: &str, given: Option<Prediction>, done: bool) -> Entry {
    let mut progress = Progress { step: step.to_owned(), done, ..Progress::default() };
    progress.predictions.extend(given.map(|it| ("look".to_owned(), it)));
    progress.goals.insert("act/diff".to_owned(), Instant::from_millis(80_000));
    progress.hints.insert("act".to_owned(), 2);
    Entry { progress, profile: Profile::V4, recording: "lab profile=V4 seed=7\n".to_owned(), now_ms: 90_500 }
}

fn record() -> Record {
    let mut record = Record::default();
    record.set_name("王小明");
    record.set("0.1", entry("why", Some(prediction("all", Some("end"))), true));
    record.set("3.4", entry("act", None, false));
    record
}

fn field_of(text: &str) -> String {
    match Record::read(text) {
        Err(Damage::Field { path }) => path,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let record = record();
    assert_eq!(Record::read(&record.to_text()), Ok(record));
    assert_eq!(Record::read(&Record::default().to_text()), Ok(Record::default()));
}

#[test]
fn what_is_no_record_is_said_to_be_so() {
    assert_eq!(Record::read("{}"), Err(Damage::NotARecord));
    assert_eq!(Record::read("[1]"), Err(Damage::NotARecord));
    assert_eq!(Record::read("id = 3"), Err(Damage::NotJson { line: 1, column: 1 }));
    let newer = r#"{"format": "rocketmq-lab-progress", "version": 2, "lessons": 5}"#;
    assert_eq!(Record::read(newer), Err(Damage::Newer { version: 2 }));
    let deep = "[".repeat(100_000);
    assert!(matches!(Record::read(&deep), Err(Damage::NotJson { .. })), "the stack holds");
    let large = " ".repeat(LARGEST + 1);
    assert_eq!(Record::read(&large), Err(Damage::TooLarge { bytes: LARGEST + 1 }));
}

#[test]
fn a_wrong_field_is_named() {
    let with = |rest: &str| format!(r#"{{"format": "rocketmq-lab-progress", {rest}}}"#);
    assert_eq!(field_of(&with(r#""version": "1""#)), "version");
    assert_eq!(field_of(&with(r#""version": 1, "name": 5"#)), "name");
    assert_eq!(field_of(&with(r#""version": 1, "lessons": []"#)), "lessons");
    let of_lesson = |fields: &str| {
        field_of(&with(&format!(r#""version": 1, "lessons": {{"3.4": {{"profile": "V5", {fields}}}}}"#)))
    };
    assert_eq!(of_lesson(r#""progress": 1"#), "lessons.3.4");
    assert_eq!(of_lesson(r#""progress": {}, "now_ms": 18446744073709551615"#), "lessons.3.4.now_ms");
    assert_eq!(of_lesson(r#""progress": {"hints": {"act": 4294967295}}"#), "lessons.3.4.progress.hints");
    let late = r#""progress": {"goals": {"act/diff": 18446744073709551615}}"#;
    assert_eq!(of_lesson(late), "lessons.3.4.progress.goals");
    assert_eq!(of_lesson(r#""progress": {}, "profile": "V6""#), "lessons.3.4.profile");
}

#[test]
fn fields_of_a_later_page_are_kept() {
    let text = r#"{"format": "rocketmq-lab-progress", "version": 1, "theme": {"a": [1]}, "lessons":
        {"0.1": {"progress": {"step": "look", "stars": 3}, "profile": "V5", "mood": "good"}}}"#;
    let record = Record::read(text).expect("unknown fields do no harm");
    assert_eq!(record.state("0.1"), LessonState::Begun);
    let written = Record::read(&record.to_text()).expect("it was written by us");
    assert_eq!(written, record);
    assert!(record.to_text().contains(r#""theme""#));
}

#[test]
fn a_name_is_one_short_line() {
    let mut record = Record::default();
    record.set_name(&format!("a\nb\u{0}{}", "字".repeat(500)));
    assert_eq!(record.name().chars().count(), LONGEST_NAME);
    assert!(record.name().starts_with("ab字"));
}

#[test]
fn done_stays_done_and_a_recording_that_is_too_long_is_left_out() {
    let mut record = record();
    let mut again = entry("look", None, false);
    again.recording = "x".repeat(LONGEST_RECORDING + 1);
    record.set("0.1", again);
    assert_eq!(record.state("0.1"), LessonState::Done);
    let entry = record.entry("0.1").expect("it was set");
    assert_eq!((entry.recording.as_str(), entry.now_ms), ("", 0));
}

#[test]
fn next_is_what_was_begun_then_what_is_new() {
    let library = Library::load();
    let first = library.lessons().first().expect("the page has lessons");
    let mut record = Record::default();
    let next = |record: &Record| record.next(&library).map(|lesson| lesson.id.to_string());
    assert_eq!(next(&record).as_deref(), Some(&*first.id));
    let last = library.lessons().last().expect("the page has lessons");
    record.set(&last.id, entry("look", None, false));
    assert_eq!(next(&record).as_deref(), Some(&*last.id));
    for lesson in library.lessons() {
        record.set(&lesson.id, entry("why", None, true));
    }
    assert_eq!(next(&record), None);
}

#[test]
fn merging_loses_nothing_and_keeps_first_predictions() {
    let mut own = Record::default();
    own.set("0.1", entry("look", Some(prediction("all", None)), false));
    let mut theirs = Record::default();
    theirs.set_name("Li");
    let mut ahead = entry("why", Some(prediction("end", Some("end"))), true);
    ahead.progress.goals.insert("act/answer".to_owned(), Instant::from_millis(9));
    ahead.progress.hints.insert("act".to_owned(), 1);
    ahead.recording = "lab profile=V4 seed=8\n".to_owned();
    theirs.set("0.1", ahead);
    theirs.set("3.4", entry("act", None, false));
    own.merge(theirs.clone());
    assert_eq!(
        (own.name(), own.state("0.1"), own.state("3.4")),
        ("Li", LessonState::Done, LessonState::Begun)
    );
    let merged = own.entry("0.1").expect("both have it");
    assert_eq!(merged.progress.step, "why");
    assert_eq!(merged.recording, "lab profile=V4 seed=8\n", "the run of whoever is further");
    assert_eq!(
        merged.progress.predictions["look"],
        prediction("all", Some("end")),
        "wrong, as first predicted"
    );
    assert_eq!(merged.progress.goals.len(), 2);
    assert_eq!(merged.progress.hints["act"], 2);
    let once = own.clone();
    own.merge(theirs);
    assert_eq!(own, once, "a file can be read twice");
}

/// A generator of chance that is the same everywhere (xorshift).
fn chance(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 16) as usize
}

#[test]
fn no_mutation_of_a_record_panics_and_what_is_read_is_written_alike() {
    let text = record().to_text();
    let pieces =
        ["{", "}", "[", "\"", "null", "-1", "1e999", "18446744073709551615", "\\u0000", "位", ",", ":"];
    let mut seed = 0x5eed_u64;
    let mut read = 0;
    for _ in 0..4_000 {
        let mut mutated: Vec<char> = text.chars().collect();
        for _ in 0..=chance(&mut seed) % 4 {
            let at = chance(&mut seed) % mutated.len();
            match chance(&mut seed) % 4 {
                0 => drop(mutated.remove(at)),
                1 => mutated.truncate(at.max(1)),
                2 => {
                    let piece = pieces[chance(&mut seed) % pieces.len()];
                    mutated.splice(at..at, piece.chars());
                }
                _ => {
                    let until = (at + chance(&mut seed) % 12).min(mutated.len());
                    let copy: Vec<char> = mutated[at..until].to_vec();
                    mutated.splice(at..at, copy);
                }
            }
        }
        let mutated: String = mutated.into_iter().collect();
        if let Ok(record) = Record::read(&mutated) {
            assert_eq!(Record::read(&record.to_text()).as_ref(), Ok(&record), "from {mutated}");
            let mut merged = record.clone();
            merged.merge(record.clone());
            assert_eq!(merged, record, "from {mutated}");
            read += 1;
        }
    }
    assert!(read > 100, "some mutations are harmless: {read}");
}

#[test]
fn the_sheet_counts_what_was_wrong_and_what_misleads_most() {
    let mut sheet = Sheet::default();
    let file = |name: &str, given: Option<Prediction>| {
        let mut record = Record::default();
        record.set_name(name);
        record.set("0.1", entry("look", given, false));
        (format!("{name}.json"), Ok(record.to_text()))
    };
    let empty = ("empty.json".to_owned(), Ok(Record::default().to_text()));
    let broken = ("broken.json".to_owned(), Ok("{".to_owned()));
    let large = ("film.mp4".to_owned(), Err(Unreadable::NotText));
    sheet.add(vec![
        file("d", Some(prediction("all", Some("end")))),
        file("a", Some(prediction("waits", Some("end")))),
        file("c", Some(prediction("all", Some("end")))),
        file("b", Some(prediction("end", Some("end")))),
        file("e", Some(prediction("end", None))),
        empty,
        broken,
        large,
    ]);
    let names: Vec<_> = sheet.pupils.iter().map(|it| it.name()).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e", "empty.json"]);
    assert_eq!(sheet.unread.len(), 2);
    assert_eq!(sheet.unread[1], ("film.mp4".to_owned(), Unread::File(Unreadable::NotText)));
    let library = Library::load();
    let summaries = sheet.summaries(&library);
    let [summary] = &summaries[..] else { panic!("one lesson was opened: {summaries:?}") };
    assert_eq!((summary.right, summary.wrong, summary.not_given), (1, 3, 1));
    assert_eq!(summary.misconception, Some(("all", 2)));
    assert_eq!(Sheet::cell(&sheet.pupils[0], &summary.question), Cell::Wrong("waits", Sureness::Certain));
    assert_eq!(Sheet::cell(&sheet.pupils[1], &summary.question), Cell::Right(Sureness::Certain));
    assert_eq!(Sheet::cell(&sheet.pupils[5], &summary.question), Cell::NotGiven);
    // The same file again takes the place of the first.
    sheet.add(vec![file("a", Some(prediction("all", Some("end"))))]);
    assert_eq!(sheet.pupils.len(), 6);
    assert_eq!(sheet.summaries(&library)[0].misconception, Some(("all", 3)));
}

#[test]
fn what_was_most_often_wrong_comes_first_when_asked() {
    let mut record = Record::default();
    record.set("0.1", entry("why", Some(prediction("end", Some("end"))), true));
    record.set("x-own", entry("why", Some(prediction("no", Some("yes"))), true));
    let mut sheet = Sheet::default();
    sheet.add(vec![("one.json".to_owned(), Ok(record.to_text()))]);
    let library = Library::load();
    let order = |sheet: &Sheet| {
        sheet.summaries(&library).into_iter().map(|it| it.question.lesson).collect::<Vec<_>>()
    };
    assert_eq!(order(&sheet), ["0.1", "x-own"], "a teacher's own lessons last");
    sheet.by_wrong = true;
    assert_eq!(order(&sheet), ["x-own", "0.1"]);
}
