//! Every lesson, played on the page's own state by a learner who types.

use std::sync::Arc;

use lab_core::lesson::{Lesson, Line, Outcome, Sureness, Task};
use lab_core::time::Instant;

use crate::lessons::Library;
use crate::progress::LessonState;
use crate::session::{LessonMsg, Msg, Notice, Session, Theme};
use crate::text::Lang;

fn session() -> Session {
    Session::new(Lang::En, Theme::System)
}

fn say(session: &mut Session, msg: LessonMsg) {
    session.update(Msg::Lesson(msg));
}

fn typed(session: &mut Session, line: &str) {
    session.update(Msg::EditLine(line.to_owned()));
    session.update(Msg::RunLine);
    assert_eq!(session.problem, None, "{line}");
    while session.needs_frames() && session.passing.is_some() {
        session.update(Msg::Frame(100));
    }
}

fn place(session: &Session) -> usize {
    session.lesson().expect("a lesson is open").player.place().0
}

/// Goes through a lesson, with the answer of that place to the first question and the right ones to all others.
fn play(session: &mut Session, lesson: &Arc<Lesson>, answer: usize) {
    session.update(Msg::OpenLesson(lesson.id.clone()));
    let mut is_first = true;
    for (number, step) in lesson.steps.iter().enumerate() {
        assert_eq!(place(session), number, "{}", lesson.id);
        match &step.task {
            Task::Predict { answers, right } => {
                let given = if std::mem::take(&mut is_first) { answer } else { *right };
                say(session, LessonMsg::Choose(answers[given].id.clone()));
                say(session, LessonMsg::Sure(Sureness::Likely));
                say(session, LessonMsg::Give);
            }
            Task::Do { solution, .. } => {
                for line in &solution.lines {
                    match line {
                        Line::Do(command) => typed(session, &command.to_string()),
                        Line::Run(span) => typed(session, &format!("run {span}")),
                    }
                }
                let player = &session.lesson().expect("a lesson").player;
                assert!(player.is_finished(), "{}: {} is not reached", lesson.id, step.id);
                say(session, LessonMsg::GoOn);
            }
            Task::Explain { .. } => {
                let told = session.what_is_told().expect("something is told");
                assert!(told.values.values().all(|value| value != "–"), "{}: {told:?}", lesson.id);
                assert!(told.facts.values().all(|chain| !chain.is_empty()), "{}", lesson.id);
                say(session, LessonMsg::GoOn);
            }
        }
    }
}

#[test]
fn every_lesson_is_played_with_every_belief() {
    let library = Library::load();
    for lesson in library.lessons() {
        let answers = match &lesson.steps[0].task {
            Task::Predict { answers, .. } => answers.len(),
            _ => 1,
        };
        for answer in 0..answers {
            let mut session = session();
            play(&mut session, lesson, answer);
            let progress = session.lesson().expect("a lesson").player.progress().clone();
            assert!(progress.done);
            for step in &lesson.steps {
                let Task::Predict { answers, right } = &step.task else { continue };
                let happened = progress.predictions[&*step.id].happened.clone();
                assert_eq!(happened, Some(Outcome::Answer(answers[*right].id.to_string())), "{}", lesson.id);
            }
            assert_eq!(session.record.state(&lesson.id), LessonState::Done);
        }
    }
}

#[test]
fn nothing_can_be_touched_before_the_answer_and_the_answer_stays() {
    let mut session = session();
    session.update(Msg::OpenLesson("0.1".into()));
    let now = session.now();
    session.update(Msg::PlayPause);
    session.update(Msg::Frame(1000));
    session.update(Msg::EditLine("restart worker".to_owned()));
    session.update(Msg::RunLine);
    assert_eq!(session.now(), now);
    assert_eq!(session.notice, Some(Notice::PredictFirst));
    say(&mut session, LessonMsg::Choose("all".into()));
    say(&mut session, LessonMsg::Give);
    assert_eq!(place(&session), 0, "how sure one is belongs to the answer");
    say(&mut session, LessonMsg::Sure(Sureness::Certain));
    say(&mut session, LessonMsg::Give);
    assert_eq!(place(&session), 1);
    say(&mut session, LessonMsg::Back);
    say(&mut session, LessonMsg::Choose("end".into()));
    say(&mut session, LessonMsg::Sure(Sureness::Guess));
    say(&mut session, LessonMsg::Give);
    let player = &session.lesson().expect("a lesson").player;
    assert_eq!(player.progress().predictions["look"].answer, "all");
}

/// Lesson 0.1 after its answer.
fn acting() -> Session {
    let mut session = session();
    session.update(Msg::OpenLesson("0.1".into()));
    say(&mut session, LessonMsg::Choose("all".into()));
    say(&mut session, LessonMsg::Sure(Sureness::Guess));
    say(&mut session, LessonMsg::Give);
    session
}

fn reached(session: &Session) -> usize {
    session.lesson().expect("a lesson").player.progress().goals.len()
}

#[test]
fn going_back_takes_nothing_away_and_a_reset_begins_the_step_anew() {
    let mut session = acting();
    let begin = session.now();
    typed(&mut session, "mqadmin consumerProgress -g order-cg");
    typed(&mut session, "run 2s");
    assert_eq!(reached(&session), 1);
    session.update(Msg::Scrub(begin.as_millis()));
    assert_eq!(reached(&session), 1);
    assert!(session.lesson().expect("a lesson").went_back);
    say(&mut session, LessonMsg::ResetStep);
    assert_eq!(session.now(), begin);
    assert_eq!(reached(&session), 1);
    assert_eq!(session.own_commands(), 0);
}

#[test]
fn the_solution_is_played_to_the_end() {
    let mut session = acting();
    say(&mut session, LessonMsg::PlaySolution);
    for _ in 0..400 {
        session.update(Msg::Frame(50));
    }
    assert!(session.lesson().expect("a lesson").player.is_finished());
    assert!(!session.needs_frames() || session.lesson().expect("a lesson").playing.is_none());
}

#[test]
fn a_lesson_goes_on_where_it_was_left() {
    let mut session = acting();
    typed(&mut session, "mqadmin consumerProgress -g order-cg");
    typed(&mut session, "run 2s");
    say(&mut session, LessonMsg::OpenHint);
    let now = session.now();
    session.update(Msg::GoHome);
    assert!(session.run.is_none());
    assert_eq!(session.record.state("0.1"), LessonState::Begun);
    session.update(Msg::OpenLesson("0.1".into()));
    assert_eq!((place(&session), reached(&session), session.now()), (1, 1, now));
    assert_eq!(session.lesson().expect("a lesson").player.hints(), 1);
    typed(&mut session, "restart worker");
    typed(&mut session, "run 40s");
    assert_eq!(reached(&session), 2);
}

#[test]
fn evidence_leads_to_its_moment_as_long_as_it_is_there() {
    let lesson = Library::load().by_id("0.1").cloned().expect("the first lesson");
    let mut session = session();
    play(&mut session, &lesson, 0);
    let told = session.what_is_told().expect("something is told");
    let event = told.facts.values().next().expect("a fact")[0].clone();
    say(&mut session, LessonMsg::Evidence(event.id));
    assert!(session.now() > event.at && session.now().since(event.at).as_millis() <= 1);
    assert_eq!(session.chain_of, Some(event.id));
    session.update(Msg::Scrub(event.at.as_millis() - 5_000));
    session.update(Msg::EditLine("kill broker-a".to_owned()));
    session.update(Msg::RunLine);
    session.update(Msg::Confirm);
    say(&mut session, LessonMsg::Evidence(event.id));
    assert_eq!(session.notice, Some(Notice::EvidenceGone));
}

#[test]
fn two_runs_get_the_same_orders_on_one_clock() {
    let library = Library::load();
    let lesson =
        library.lessons().iter().find(|lesson| lesson.beside.is_some()).expect("a lesson that compares");
    let mut session = session();
    play(&mut session, lesson, 0);
    let beside = session.lesson().and_then(|lesson| lesson.beside.as_ref()).expect("the run beside");
    assert_eq!(beside.lab.now(), session.now());
    assert_ne!(beside.lab.digest(), session.run.as_ref().expect("a run").lab.digest());
    assert!(!session.what_is_told().expect("something is told").rows.is_empty());
    session.update(Msg::ToStart);
    let beside = session.lesson().and_then(|lesson| lesson.beside.as_ref()).expect("the run beside");
    assert_eq!(beside.lab.now(), Instant::ZERO);
}
