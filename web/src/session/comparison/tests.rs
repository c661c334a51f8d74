use lab_core::time::Instant;

use super::*;
use crate::session::{Msg, Theme};
use crate::text::Lang;

/// A page with the table open, run until everything is counted.
fn counted(lab: LabId, profile: Profile) -> Session {
    let mut session = Session::new(Lang::En, Theme::default());
    session.update(Msg::ChooseProfile(profile));
    session.update(Msg::OpenLab(lab));
    finish(&mut session);
    session
}

fn finish(session: &mut Session) {
    let mut frames = 0;
    while session.needs_frames() {
        session.update(Msg::Frame(16));
        frames += 1;
        assert!(frames < 10_000, "the table never ends");
    }
}

fn board(session: &Session) -> Rc<Board> {
    session.board().expect("the table is seen")
}

fn cell(board: &Board, column: &str, measure: Measure) -> Cell {
    let column = board.columns.iter().find(|it| it.variant.word() == column).expect("the column");
    assert_eq!(column.state, ColumnState::Done);
    column.cell(board.rows, measure).expect("the row").clone()
}

fn seconds(cell: &Cell) -> u64 {
    match cell.value {
        Value::Span(span) => span.as_millis() / 1_000,
        _ => panic!("{cell:?} is no time"),
    }
}

fn count(cell: &Cell) -> usize {
    match cell.value {
        Value::Count(count) => count,
        _ => panic!("{cell:?} is no number"),
    }
}

#[test]
fn counting_takes_many_frames_and_says_how_far_it_is() {
    let mut session = Session::new(Lang::En, Theme::default());
    session.update(Msg::OpenLab(LabId::Ways));
    assert!(board(&session).columns.iter().all(|column| column.state == ColumnState::Waiting));
    let mut percents = Vec::new();
    for _ in 0..12 {
        assert!(session.update(Msg::Frame(16)), "the table is drawn anew");
        if let ColumnState::Counting(percent) = board(&session).columns[0].state {
            percents.push(percent);
        }
    }
    assert!(percents.len() > 3 && percents.is_sorted() && percents.last() > Some(&30), "{percents:?}");
    finish(&mut session);
    assert!(!board(&session).is_counting());
    assert_eq!(session.announced, session.texts().comparison.counted);
}

#[test]
fn classic_brokers_take_no_writes_for_a_minute_and_v5_reads_only_where_the_slave_may_serve() {
    let session = counted(LabId::Ways, Profile::V5);
    let board = board(&session);
    for column in ["async", "async-slave-reads", "sync", "sync-slave-reads"] {
        assert!((59..62).contains(&seconds(&cell(&board, column, Measure::Writes))), "{column}");
        assert_eq!(count(&cell(&board, column, Measure::Lost)), 0, "a kill keeps every page");
    }
    assert!(seconds(&cell(&board, "async", Measure::Reads)) >= 60, "the newcomers wait for the master");
    assert!(seconds(&cell(&board, "async-slave-reads", Measure::Reads)) < 4, "they are served by the slave");
    let victims: Vec<_> = board.columns.iter().filter_map(|column| column.victim.clone()).collect();
    assert_eq!(victims.len(), board.columns.len(), "each has lost a master");
    assert_eq!(victims[0].as_str(), "broker-a");
}

#[test]
fn another_fault_and_another_version_are_counted_anew() {
    let mut session = counted(LabId::Ways, Profile::V5);
    session.update(Msg::Compare(CompareMsg::Fault(Fault::PowerOff)));
    assert!(board(&session).is_counting());
    finish(&mut session);
    let lost = cell(&board(&session), "async", Measure::Lost);
    assert!(count(&lost) > 0 && count(&lost) == lost.events.len());
    session.update(Msg::Compare(CompareMsg::Version(Profile::V4)));
    finish(&mut session);
    assert_eq!((board(&session).profile, board(&session).fault), (Profile::V4, Fault::PowerOff));
}

#[test]
fn a_number_lists_its_events_and_each_opens_the_run_at_its_moment() {
    let mut session = counted(LabId::Ways, Profile::V5);
    session.update(Msg::Compare(CompareMsg::Pick(0, Measure::Failed)));
    let picked = board(&session).picked.clone().expect("a list");
    assert!(picked.total >= picked.events.len() && !picked.events.is_empty());
    assert!(picked.events.iter().all(|event| event.fact.kind() == "send-failed"));
    let event = picked.events[0].clone();
    session.update(Msg::Compare(CompareMsg::Open(0, Some(event.id))));
    assert!(session.board().is_none(), "the stage is seen");
    assert_eq!(session.chain_of, Some(event.id));
    assert_eq!(session.now(), event.at + Duration::from_millis(1));
    session.update(Msg::Compare(CompareMsg::Back));
    assert!(board(&session).picked.is_some() && !board(&session).is_counting(), "nothing is counted twice");
    session.update(Msg::Compare(CompareMsg::Pick(0, Measure::Failed)));
    assert!(board(&session).picked.is_none(), "the same number closes its list");
}

#[test]
fn a_column_opens_just_before_its_fault_and_can_be_steered() {
    let mut session = counted(LabId::Ways, Profile::V5);
    session.update(Msg::Compare(CompareMsg::Open(1, None)));
    let shown = session.shown().expect("a stage");
    assert_eq!(shown.id, LabId::Ways);
    assert_eq!(session.now(), Instant::from_millis(110_000));
    assert_eq!(session.selection, Some(Selection::Node("broker-a".into())));
    session.update(Msg::Step);
    let run = session.run.as_ref().expect("a run");
    assert_eq!(run.lab.trace().last().map(|event| event.fact.kind()), Some("killed"));
    session.update(Msg::GoHome);
    assert!(session.run.is_none() && session.board().is_none(), "the front page");
}

#[test]
fn the_riddle_is_answered_as_on_real_clusters() {
    for profile in [Profile::V4, Profile::V5] {
        let session = counted(LabId::Riddle, profile);
        let board = board(&session);
        let value = |column: &str, measure| cell(&board, column, measure).value;
        let progress = |offset, end, lag| Value::Progress { offset, end, lag };
        for column in ["online", "starts-early", "starts-late", "from-slave"] {
            assert_eq!(value(column, Measure::Restored), progress(100, 10, -90), "{column} {profile}");
            assert_eq!(value(column, Measure::Passed), progress(105, 105, 0), "{column} {profile}");
        }
        for column in ["online", "starts-early"] {
            assert_eq!(value(column, Measure::Outcome), Value::Outcome(Outcome::SentBack(10)));
            assert_eq!(value(column, Measure::Read), Value::Ranges(vec![(10, 104)]));
            assert_eq!(value(column, Measure::NeverRead), Value::Ranges(vec![(0, 9)]));
        }
        assert_eq!(value("starts-late", Measure::Below), progress(100, 15, -85));
        assert_eq!(value("starts-late", Measure::Outcome), Value::Outcome(Outcome::WentOn(100)));
        assert_eq!(value("starts-late", Measure::NeverRead), Value::Ranges(vec![(0, 99)]));
        assert_eq!(value("empty", Measure::Outcome), Value::Outcome(Outcome::SentBack(0)));
        assert_eq!(value("empty", Measure::NeverRead), Value::Ranges(Vec::new()));
        assert_eq!(value("from-slave", Measure::Below), progress(100, 15, -85), "a slave corrects nothing");
        assert!(board.columns.iter().all(|column| column.outputs.len() == 3));
        assert!(board.columns[0].outputs[0].text.contains("#Consumer Offset"));
    }
}

#[test]
fn kafka_never_waits_but_with_none_and_stalls_behind_a_newer_epoch() {
    let session = counted(LabId::Riddle, Profile::V5);
    let board = board(&session);
    let value = |column: &str, measure| cell(&board, column, measure).value;
    for (column, outcome, read) in [
        ("kafka-latest", Outcome::SentBack(10), vec![(10, 104)]),
        ("kafka-earliest", Outcome::SentBack(0), vec![(0, 104)]),
        ("kafka-none", Outcome::WentOn(100), vec![(100, 104)]),
        ("kafka-older", Outcome::SentBack(10), vec![(10, 104)]),
        ("kafka-older-none", Outcome::StandsStill, Vec::new()),
        ("kafka-newer", Outcome::StandsStill, Vec::new()),
        ("kafka-caught-up", Outcome::WentOn(100), vec![(100, 104)]),
        ("kafka-transactional", Outcome::StandsStill, Vec::new()),
    ] {
        assert_eq!(value(column, Measure::Outcome), Value::Outcome(outcome), "{column}");
        assert_eq!(value(column, Measure::Read), Value::Ranges(read), "{column}");
        assert_eq!(
            value(column, Measure::Restored),
            Value::Progress { offset: 100, end: 10, lag: -90 },
            "{column}"
        );
    }
    // One record a transaction makes the end rise by two.
    assert_eq!(
        value("kafka-transactional", Measure::Below),
        Value::Progress { offset: 100, end: 20, lag: -80 }
    );
}

#[test]
fn every_row_and_column_has_a_name_in_both_languages() {
    for lang in [Lang::En, Lang::Zh] {
        let words = lang.texts().comparison;
        for lab in LabId::COMPARISONS {
            for variant in Variant::all(lab, Profile::V5) {
                assert!(!(words.variant)(variant).about.is_empty());
            }
            for measure in Measure::rows(lab) {
                assert!(!(words.measure)(*measure).how.is_empty());
            }
        }
    }
}
