//! The console as a browser uses it: lines, keys, time that passes, going back.

use lab_core::command::Command;
use lab_core::config::Profile;
use lab_core::time::Duration;

use super::transcript::{Body, Entry};
use super::*;
use crate::labs::LabId;
use crate::session::forms::FormKind;
use crate::session::msg::{Dialog, Msg, Theme};
use crate::text::Lang;

/// A lab that stands still three seconds after its beginning.
fn opened(id: LabId) -> Session {
    let mut session = Session::new(Lang::En, Theme::System);
    session.update(Msg::OpenLab(id));
    session.playing = false;
    session.update(Msg::Scrub(3_000));
    session
}

fn send(session: &mut Session, line: &str) {
    session.update(Msg::EditLine(line.to_owned()));
    session.update(Msg::RunLine);
}

/// Frames until nothing is waited for; the number of them.
fn wait(session: &mut Session) -> usize {
    let frames = (0..10_000).take_while(|_| {
        let waits = session.waiting.is_some();
        session.update(Msg::Frame(16));
        waits
    });
    frames.count()
}

fn last(session: &Session) -> Entry {
    session.transcript().1.into_iter().rfind(|entry| entry.body != Body::Later).expect("there are entries")
}

#[test]
fn a_lab_that_stands_still_goes_on_to_the_answer_and_no_further() {
    let mut session = opened(LabId::Flow);
    let start = session.now();
    send(&mut session, "topicRoute -t Orders");
    assert_eq!(session.panel, Panel::Console, "the output is in sight");
    assert!(matches!(last(&session).body, Body::Waiting(_)));
    assert!(session.needs_frames());
    wait(&mut session);
    let Body::Output(output) = last(&session).body else { panic!("{:?}", last(&session)) };
    assert!(output.contains("broker-a"), "{output}");
    assert_eq!(last(&session).line, "mqadmin topicRoute -t Orders");
    assert!(!session.playing && session.now() > start && session.now() < start + Duration::from_secs(2));
    let end = session.now();
    session.update(Msg::Frame(1_000));
    assert_eq!(session.now(), end, "the lab stands still again");
}

#[test]
fn an_answer_that_does_not_come_is_not_waited_for_longer_than_a_minute() {
    let mut session = opened(LabId::Flow);
    send(&mut session, "freeze nsrv-0");
    send(&mut session, "freeze nsrv-1");
    let start = session.now();
    send(&mut session, "topicRoute -t Orders -n 127.0.0.1:9876");
    wait(&mut session);
    assert_eq!(session.waiting, None);
    assert!(session.now() <= start + LONGEST_WAIT + Duration::from_millis(1));
    match last(&session).body {
        Body::Output(output) => assert!(!output.is_empty(), "the tool gave up by itself"),
        Body::Waiting(since) => assert_eq!(since, LONGEST_WAIT),
        other => panic!("{other:?}"),
    }
}

#[test]
fn going_on_by_hand_ends_the_waiting() {
    let mut session = opened(LabId::Flow);
    send(&mut session, "topicRoute -t Orders");
    session.update(Msg::Step);
    assert_eq!(session.waiting, None);
    assert!(matches!(last(&session).body, Body::Waiting(_)), "and it is said so");
}

#[test]
fn the_transcript_is_a_function_of_the_moment() {
    let mut session = opened(LabId::Flow);
    let start = session.now().as_millis();
    send(&mut session, "topicRoute -t Orders");
    wait(&mut session);
    session.update(Msg::Do(Command::Kill("broker-a".into())));
    let after = session.transcript();
    assert_eq!(last(&session).line, "kill broker-a", "a button is a command too");
    session.update(Msg::Scrub(start));
    let (_, entries) = session.transcript();
    let later: Vec<_> = entries.iter().filter(|it| it.body == Body::Later).map(|it| &it.line).collect();
    assert_eq!(later, ["mqadmin topicRoute -t Orders", "kill broker-a"]);
    assert!(!entries.iter().any(|it| matches!(it.body, Body::Output(_))));
    let end = session.shown().expect("a lab is open").end.as_millis();
    session.update(Msg::Scrub(end + 1));
    assert_eq!(session.transcript(), after);
}

#[test]
fn another_command_in_the_past_makes_another_transcript() {
    let mut session = opened(LabId::Flow);
    let start = session.now().as_millis();
    send(&mut session, "topicRoute -t Orders");
    wait(&mut session);
    session.update(Msg::Scrub(start));
    send(&mut session, "freeze broker-b");
    session.update(Msg::Confirm);
    assert_eq!(last(&session).line, "freeze broker-b");
    assert!(!session.transcript().1.iter().any(|it| it.line.starts_with("mqadmin")));
}

#[test]
fn refusals_and_help_stand_in_the_transcript() {
    let mut session = opened(LabId::Flow);
    send(&mut session, "kill nobody");
    assert!(matches!(last(&session).body, Body::Refused(_)));
    assert_eq!(session.line, "kill nobody", "what was typed stays");
    send(&mut session, "help kill");
    assert_eq!(last(&session).body, Body::Help(reading::Topic::Verb("kill"), Profile::V5));
    assert!(session.line.is_empty() && session.problem.is_none());
    assert!(!session.texts().console.explain(&reading::Topic::Everything, Profile::V5).is_empty());
}

#[test]
fn tab_completes_lists_and_lets_go() {
    let mut session = opened(LabId::Flow);
    assert!(!session.can_complete(), "an empty field is left with Tab");
    session.update(Msg::EditLine("topicRou".to_owned()));
    session.update(Msg::Complete);
    assert_eq!((session.line.as_str(), &session.console.popup), ("topicRoute ", &None));
    session.update(Msg::EditLine("kill con".to_owned()));
    session.update(Msg::Complete);
    assert_eq!(session.line, "kill consumer-", "as far as there is no choice");
    session.update(Msg::MoveSuggestion(Direction::Forth));
    assert_eq!(session.console.popup.as_ref().map(|popup| popup.active), Some(1));
    session.update(Msg::MoveSuggestion(Direction::Forth));
    assert_eq!(session.console.popup.as_ref().map(|popup| popup.active), Some(0), "round and round");
    session.update(Msg::EditLine("kill consumer-2".to_owned()));
    assert_eq!(session.console.popup, None, "nothing is left to choose");
    session.update(Msg::EditLine("kill consumer-".to_owned()));
    session.update(Msg::Complete);
    session.update(Msg::PickSuggestion(1));
    assert_eq!(session.line, "kill consumer-2 ");
    session.update(Msg::EditLine("kill consumer-".to_owned()));
    session.update(Msg::CloseSuggestions);
    assert!(!session.can_complete(), "after Esc, Tab leaves the field");
    session.update(Msg::EditLine("kill consumer".to_owned()));
    assert!(session.can_complete());
}

#[test]
fn lines_come_back() {
    let mut session = opened(LabId::Flow);
    send(&mut session, "help");
    send(&mut session, "kill nobody");
    session.update(Msg::EditLine("fre".to_owned()));
    for (direction, line) in [
        (Direction::Back, "kill nobody"),
        (Direction::Back, "help"),
        (Direction::Back, "help"),
        (Direction::Forth, "kill nobody"),
        (Direction::Forth, "fre"),
    ] {
        session.update(Msg::Recall(direction));
        assert_eq!(session.line, line);
    }
}

#[test]
fn a_form_tells_what_a_real_cluster_takes() {
    let mut session = opened(LabId::Flow);
    session.update(Msg::OpenForm(FormKind::AddTopic));
    let lines = session.form_on_real_cluster();
    assert!(lines.len() == 1 && lines[0].contains("updateTopic"), "{lines:?}");
    session.update(Msg::OpenForm(FormKind::AddConsumer));
    assert!(session.form_on_real_cluster().is_empty());
}

#[test]
fn the_same_run_under_the_other_version() {
    let mut session = opened(LabId::Failover);
    session.update(Msg::SetLang(Lang::Zh));
    send(&mut session, "kill broker-a");
    session.update(Msg::Scrub(8_000));
    send(&mut session, "freeze broker-b");
    let (now, own) = (session.now(), session.own_commands());
    assert!(!session.seen_differences().is_empty());
    session.update(Msg::ShowVersions);
    assert_eq!(session.dialog, Some(Dialog::Versions));
    session.update(Msg::SwitchVersion);
    let shown = session.shown().expect("a lab is open");
    assert_eq!((shown.view.profile, session.now(), session.own_commands()), (Profile::V4, now, own));
    assert_eq!((session.lang, &session.dialog), (Lang::Zh, &None));
    assert_eq!(session.notice, Some(Notice::Switched { to: Profile::V4, passed_over: 0 }));
    let ordered =
        |line: &str| session.transcript().1.iter().any(|it| it.line == line && it.body == Body::Done);
    assert!(ordered("kill broker-a") && ordered("freeze broker-b"), "up to what was ordered last");
    session.update(Msg::SwitchVersion);
    assert_eq!(session.shown().map(|shown| shown.view.profile), Some(Profile::V5));
}

#[test]
fn differences_are_seen_up_to_the_present() {
    let mut session = opened(LabId::Flow);
    session.update(Msg::Scrub(12_000));
    assert!(session.seen_differences().len() >= 3, "{:?}", session.seen_differences());
    session.update(Msg::ToStart);
    assert_eq!(session.seen_differences(), []);
}
