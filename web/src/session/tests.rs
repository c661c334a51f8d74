//! Native tests of the session: the messages that a browser would send, and what the page shows then.

use lab_core::command::Command;
use lab_core::config::Profile;
use lab_core::id::NodeId;
use lab_core::time::{Duration, Instant};
use lab_core::view::NodeStatus;

use super::actions::{Deed, Verb};
use super::events::{Filter, Kinds};
use super::forms::FormGroup;
use super::forms::{FieldName, FormKind};
use super::msg::{Dialog, Msg, Notice, Selection, SkipKind, Theme};
use super::scan::MarkKind;
use super::{Session, Shown};
use crate::labs::LabId;
use crate::text::Lang;

fn session() -> Session {
    Session::new(Lang::En, Theme::System)
}

/// A lab that is paused at its opening.
fn opened(id: LabId) -> Session {
    let mut session = session();
    session.update(Msg::OpenLab(id));
    if session.playing {
        session.update(Msg::PlayPause);
    }
    session
}

/// Plays so much virtual time at real speed.
fn play(session: &mut Session, ms: u32) {
    session.update(Msg::PlayPause);
    for _ in 0..ms / 100 {
        session.update(Msg::Frame(100));
    }
    session.update(Msg::PlayPause);
}

fn order(session: &mut Session, line: &str) {
    session.update(Msg::EditLine(line.to_owned()));
    session.update(Msg::RunLine);
    assert_eq!(session.problem, None, "{line}");
}

fn shown(session: &Session) -> std::rc::Rc<Shown> {
    session.shown().expect("a lab is open")
}

fn status(session: &Session, node: &str) -> Option<NodeStatus> {
    shown(session).status(&node.into())
}

#[test]
fn every_lab_opens_in_both_versions_with_its_whole_cluster() {
    for id in LabId::ALL {
        for profile in [Profile::V4, Profile::V5] {
            let mut session = session();
            session.update(Msg::ChooseProfile(profile));
            session.update(Msg::OpenLab(id));
            let shown = shown(&session);
            assert_eq!(shown.view.profile, profile);
            assert_eq!(shown.later, 0, "{id:?}");
            assert_eq!(shown.view.consumers.is_empty(), id == LabId::Sandbox);
        }
    }
}

#[test]
fn ready_labs_produce_and_consume_through_all_queues() {
    let mut session = opened(LabId::Flow);
    play(&mut session, 30_000);
    let view = &shown(&session).view;
    assert!(view.producers[0].succeeded > 20 && view.producers[0].failed == 0);
    assert!(view.consumers.iter().all(|consumer| consumer.consumed > 5));
}

#[test]
fn playing_moves_time_by_the_speed_and_pausing_stops_it() {
    let mut session = opened(LabId::Flow);
    let start = session.now();
    session.update(Msg::SetSpeed(5));
    play(&mut session, 1_000);
    assert_eq!(session.now(), start + Duration::from_secs(10));
    session.update(Msg::Frame(100));
    assert_eq!(session.now(), start + Duration::from_secs(10));
}

#[test]
fn panels_are_drawn_at_most_ten_times_a_second() {
    let mut session = opened(LabId::Flow);
    session.update(Msg::PlayPause);
    let drawn = (0..100).filter(|_| session.update(Msg::Frame(10))).count();
    assert!((8..=10).contains(&drawn), "{drawn}");
}

#[test]
fn steps_go_forth_and_back() {
    let mut session = opened(LabId::Flow);
    let events = |session: &Session| session.run.as_ref().map_or(0, |run| run.lab.trace().len());
    let before = events(&session);
    session.update(Msg::Step);
    let after = events(&session);
    assert!(after > before);
    session.update(Msg::StepBack);
    assert!(events(&session) < after);
}

#[test]
fn a_killed_broker_is_shown_as_killed_and_marked() {
    let mut session = opened(LabId::Failover);
    order(&mut session, "kill broker-a");
    assert_eq!(status(&session, "broker-a"), Some(NodeStatus::Killed));
    assert_eq!(session.notice, Some(Notice::Done("kill broker-a".to_owned())));
    assert!(session.line.is_empty());
    play(&mut session, 500);
    let kinds: Vec<_> = shown(&session).marks.iter().map(|mark| mark.kind).collect();
    assert!(kinds.contains(&MarkKind::Fault) && kinds.contains(&MarkKind::Removal), "{kinds:?}");
    assert!(session.announced.contains("broker-a"), "{}", session.announced);
}

#[test]
fn a_wrong_command_keeps_the_line_and_says_why() {
    let mut session = opened(LabId::Flow);
    for line in ["kill nobody", "explode", "thaw broker-a"] {
        session.update(Msg::EditLine(line.to_owned()));
        session.update(Msg::RunLine);
        assert_eq!(session.line, line);
        assert!(
            session.problem.as_ref().is_some_and(|problem| !problem.why.to_string().is_empty()),
            "{line}"
        );
    }
    session.update(Msg::EditLine("thaw".to_owned()));
    assert_eq!(session.problem, None);
}

#[test]
fn a_command_in_the_past_asks_before_later_ones_are_lost() {
    let mut session = opened(LabId::Flow);
    let start = session.now().as_millis();
    play(&mut session, 1_000);
    order(&mut session, "freeze broker-a");
    play(&mut session, 1_000);
    session.update(Msg::Scrub(start));
    assert_eq!(shown(&session).later, 1);
    let kill = Command::Kill("broker-b".into());
    session.update(Msg::Do(kill.clone()));
    assert_eq!(session.dialog, Some(Dialog::Discard { command: kill.clone(), later: 1 }));
    session.update(Msg::CloseDialog);
    assert_eq!((shown(&session).later, status(&session, "broker-b")), (1, Some(NodeStatus::Up)));
    session.update(Msg::Do(kill));
    session.update(Msg::Confirm);
    assert_eq!((shown(&session).later, status(&session, "broker-b")), (0, Some(NodeStatus::Killed)));
    play(&mut session, 3_000);
    assert_eq!(status(&session, "broker-a"), Some(NodeStatus::Up), "the freeze is gone");
    let faults = shown(&session).marks.iter().filter(|mark| mark.kind == MarkKind::Fault).count();
    assert_eq!(faults, 1);
}

#[test]
fn the_past_is_the_same_again() {
    let mut session = opened(LabId::Flow);
    play(&mut session, 5_000);
    let (end, before) = (session.now(), shown(&session).view.clone());
    session.update(Msg::ToStart);
    assert_eq!(session.now(), Instant::ZERO);
    session.update(Msg::Scrub(end.as_millis()));
    assert_eq!(shown(&session).view, before);
}

#[test]
fn skipping_stops_at_the_kind_and_selects_it() {
    let mut session = opened(LabId::Flow);
    session.update(Msg::SetSkip(SkipKind::MessageConsumed));
    session.update(Msg::Skip);
    assert!(matches!(session.selection, Some(Selection::Message(_))));
    assert!(session.chain.len() > 1, "it has causes");
    assert!(
        session.message_detail().is_some_and(|detail| !detail.fields.is_empty() && !detail.way.is_empty())
    );
    session.update(Msg::SetSkip(SkipKind::BrokerRemoved));
    session.update(Msg::Skip);
    assert_eq!(session.notice, Some(Notice::NoneCame(SkipKind::BrokerRemoved)));
}

#[test]
fn a_menu_offers_only_what_the_core_would_accept() {
    let mut session = opened(LabId::Failover);
    let verbs = |session: &Session, node: &str| -> Vec<Verb> {
        session.actions(&node.into()).iter().map(|action| action.verb).collect()
    };
    let up = verbs(&session, "broker-a");
    assert!(up.contains(&Verb::Kill) && up.contains(&Verb::Freeze) && !up.contains(&Verb::Restart), "{up:?}");
    order(&mut session, "freeze broker-a");
    let frozen = verbs(&session, "broker-a");
    assert!(frozen.contains(&Verb::Thaw) && !frozen.contains(&Verb::Freeze), "{frozen:?}");
    order(&mut session, "kill broker-a");
    let killed = verbs(&session, "broker-a");
    assert!(killed.contains(&Verb::Restart) && killed.contains(&Verb::RollBack), "{killed:?}");
    assert!(!killed.contains(&Verb::Kill) && !killed.contains(&Verb::Set), "{killed:?}");
    for node in ["nsrv-0", "broker-b", "order-producer", "consumer-1"] {
        for action in session.actions(&node.into()) {
            if let Deed::Order(command) = action.deed {
                assert!(session.accepts(&command), "{command}");
            }
        }
    }
}

#[test]
fn a_name_server_shows_what_was_set_also_when_it_has_ended() {
    let mut session = opened(LabId::Failover);
    let interval = |session: &Session| {
        let server = shown(session).view.name_servers[0].clone();
        server
            .settings
            .into_iter()
            .find(|(key, _)| *key == "scanNotActiveBrokerInterval")
            .map(|(_, value)| value)
    };
    assert!(session.actions(&"nsrv-0".into()).iter().any(|action| action.verb == Verb::Set));
    let form = super::forms::Form::new(FormKind::Set("nsrv-0".into()), &shown(&session).view);
    assert!(form.fields.iter().any(|field| field.name == FieldName::SettingKey));
    order(&mut session, "set nsrv-0 scanNotActiveBrokerInterval=1000");
    play(&mut session, 200);
    assert_eq!(interval(&session).as_deref(), Some("1000"));
    order(&mut session, "kill nsrv-0");
    play(&mut session, 200);
    assert_eq!(interval(&session).as_deref(), Some("1000"));
}

#[test]
fn cut_links_can_be_healed_from_either_end() {
    let mut session = opened(LabId::Flow);
    order(&mut session, "cut order-producer broker-a");
    for node in ["order-producer", "broker-a"] {
        let actions = session.actions(&NodeId::from(node));
        let heal = actions.iter().find(|action| action.verb == Verb::Heal).expect("there is a barrier");
        assert!(heal.peer.is_some());
    }
    order(&mut session, "heal broker-a order-producer");
    assert!(shown(&session).view.barriers.is_empty());
}

#[test]
fn a_form_adds_a_node_and_keeps_what_was_typed_when_refused() {
    let mut session = opened(LabId::Flow);
    session.update(Msg::OpenForm(FormKind::AddConsumer));
    session.update(Msg::EditField(0, "consumer-1".to_owned()));
    session.update(Msg::SubmitForm);
    let Some(Dialog::Form { form, problem }) = &session.dialog else { panic!("the form stays open") };
    assert!(problem.is_some());
    assert_eq!(form.fields[0].value, "consumer-1");
    session.update(Msg::EditField(0, "consumer-9".to_owned()));
    session.update(Msg::SubmitForm);
    assert_eq!(session.dialog, None);
    assert!(shown(&session).has_node(&"consumer-9".into()));
}

#[test]
fn the_settings_form_changes_what_was_changed_and_nothing_else() {
    let mut session = opened(LabId::Flow);
    session.update(Msg::OpenForm(FormKind::Set("consumer-1".into())));
    let Some(Dialog::Form { form, .. }) = &session.dialog else { panic!("a form is open") };
    assert_eq!(form.line(), "set consumer-1");
    let work = form.fields.iter().position(|field| field.name == FieldName::Work).expect("consumers work");
    session.update(Msg::EditField(work, "2s".to_owned()));
    session.update(Msg::SubmitForm);
    let view = &shown(&session).view;
    assert_eq!(view.consumers[0].work, Duration::from_secs(2));
}

#[test]
fn a_sandbox_can_be_built_by_hand() {
    let mut session = opened(LabId::Sandbox);
    for line in [
        "name-server nsrv-0",
        "broker broker-a",
        "topic Orders queues=2",
        "producer p1 group=shop",
        "consumer c1 group=billing topic=Orders from=CONSUME_FROM_FIRST_OFFSET",
    ] {
        order(&mut session, line);
        play(&mut session, 1_000);
    }
    play(&mut session, 3_000);
    order(&mut session, "send p1 Orders count=3 tag=A key=k");
    play(&mut session, 10_000);
    let view = &shown(&session).view;
    assert_eq!((view.producers[0].succeeded, view.consumers[0].consumed), (3, 3));
}

#[test]
fn the_event_list_follows_its_filter() {
    let mut session = opened(LabId::Flow);
    play(&mut session, 3_000);
    let all = session.run.as_ref().map_or(0, |run| run.events.len());
    session.update(Msg::Filter(Filter {
        node: Some("broker-a".into()),
        kinds: Kinds::All,
        text: String::new(),
    }));
    let (_, rows) = session.event_rows();
    assert!(!rows.is_empty());
    assert!(rows.iter().all(|event| event.node.as_ref().is_some_and(|node| node.as_str() == "broker-a")));
    assert!(all > 0);
}

#[test]
fn with_reduced_motion_nothing_flies() {
    let mut session = opened(LabId::Flow);
    session.update(Msg::PlayPause);
    for _ in 0..20 {
        session.update(Msg::Frame(50));
    }
    assert!(!session.flying.is_empty());
    session.update(Msg::ReducedMotion(true));
    for _ in 0..20 {
        session.update(Msg::Frame(50));
    }
    assert!(session.flying.is_empty());
}

#[test]
fn the_recording_of_a_crash_report_can_be_read_again() {
    let mut session = opened(LabId::Failover);
    order(&mut session, "kill broker-a");
    let text = session.recording_text().expect("a lab is open");
    let recording: lab_core::recording::Recording = text.parse().expect("a recording");
    assert_eq!(
        recording.commands.last().map(|(_, command)| command.to_string()),
        Some("kill broker-a".to_owned())
    );
}

#[test]
fn the_front_page_comes_back_clean() {
    let mut session = opened(LabId::Flow);
    session.update(Msg::Select(Selection::Node("broker-a".into())));
    session.update(Msg::GoHome);
    assert!(session.shown().is_none() && session.selection.is_none() && !session.needs_frames());
    assert!(!session.update(Msg::Frame(16)));
}

#[test]
fn leaving_a_run_with_own_commands_asks_first() {
    let mut session = opened(LabId::Flow);
    session.update(Msg::OpenLab(LabId::Broadcast));
    assert_eq!(session.dialog, None, "nothing of one's own would be lost");
    order(&mut session, "kill broker-a");
    session.update(Msg::GoHome);
    assert_eq!(session.dialog, Some(Dialog::Leave(None)));
    session.update(Msg::CloseDialog);
    assert!(session.shown().is_some());
    session.update(Msg::OpenLab(LabId::Flow));
    session.update(Msg::Confirm);
    assert_eq!(shown(&session).id, LabId::Flow);
    assert_eq!(session.dialog, None);
}

#[test]
fn a_cached_route_shows_what_does_not_run_any_more() {
    let mut session = opened(LabId::Failover);
    play(&mut session, 1_000);
    for node in ["broker-a", "broker-b"] {
        order(&mut session, &format!("kill {node}"));
    }
    play(&mut session, 1_000);
    let shown = shown(&session);
    let stale = shown.stale(&shown.view.producers[0].routes[0]);
    assert!(stale.contains(&"broker-b".to_owned()), "no process of that name is left: {stale:?}");
    assert!(stale.contains(&"broker-a:0".to_owned()), "its slave lives: {stale:?}");
}

#[test]
fn every_verb_of_the_notation_is_in_a_menu_or_a_form() {
    let mut session = opened(LabId::Failover);
    let view = |session: &Session| shown(session).view.clone();
    let mut offered: Vec<String> =
        FormGroup::ALL.iter().flat_map(|group| group.kinds()).map(|kind| kind.verb().to_owned()).collect();
    for state in ["", "freeze", "kill"] {
        let nodes = ["nsrv-0", "broker-a", "order-producer", "consumer-1"];
        for node in nodes {
            if !state.is_empty() {
                order(&mut session, &format!("{state} {node}"));
            }
            let actions = session.actions(&node.into());
            offered.extend(actions.iter().map(|action| action.verb.word().to_owned()));
            if state == "freeze" {
                order(&mut session, &format!("thaw {node}"));
            }
        }
    }
    for line in ["kafka-broker k", "kafka-producer p transactional-id=x", "kafka-topic T"] {
        order(&mut session, line);
    }
    play(&mut session, 5_000);
    order(&mut session, "kafka-send p T end=open");
    play(&mut session, 5_000);
    offered.extend(session.actions(&"p".into()).iter().map(|action| action.verb.word().to_owned()));
    for line in ["kill k", "kafka-copy k"] {
        order(&mut session, line);
        offered.extend(session.actions(&"k".into()).iter().map(|action| action.verb.word().to_owned()));
    }
    for line in ["cut broker-a broker-b", "hold broker-a broker-b"] {
        order(&mut session, line);
        let actions = super::actions::candidates(&view(&session), &"broker-a".into());
        offered.extend(actions.iter().map(|action| action.verb.word().to_owned()));
    }
    // What an administrator of Kafka does with its tools is typed, as there.
    let typed = [
        "kafka-delete-topic",
        "kafka-delete-records",
        "kafka-alter-offset",
        "kafka-offsets",
        "kafka-ends",
        "kafka-consumer-groups",
    ];
    offered.extend(typed.map(str::to_owned));
    let missing: Vec<_> =
        lab_core::command::VERBS.iter().filter(|verb| !offered.iter().any(|offer| offer == *verb)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn an_operators_form_gives_a_line_for_the_tool() {
    let mut session = opened(LabId::Flow);
    session.update(Msg::OpenForm(FormKind::UpdateSubGroup("broker-a".into())));
    let place = |session: &Session, name| match &session.dialog {
        Some(Dialog::Form { form, .. }) => form.fields.iter().position(|field| field.name == name),
        _ => None,
    };
    let retries = place(&session, FieldName::RetryMaxTimes).expect("the form asks for it");
    session.update(Msg::EditField(retries, "3".to_owned()));
    let real = session.form_on_real_cluster();
    assert!(real.len() == 1 && real[0].contains(" -n ") && real[0].ends_with("-g order-cg -r 3"), "{real:?}");
    session.update(Msg::SubmitForm);
    assert_eq!(session.dialog, None);
    play(&mut session, 3_000);
    let retries = |session: &Session, broker: usize| {
        let groups = shown(session).view.brokers[broker].groups.clone();
        groups
            .iter()
            .find(|(group, _)| group.as_str() == "order-cg")
            .map(|(_, config)| config.retry_max_times)
    };
    assert_eq!(retries(&session, 0), Some(3));
    assert_ne!(retries(&session, 1), Some(3), "the other broker was not told");
}

#[test]
fn rules_open_and_close() {
    let mut session = opened(LabId::Flow);
    let of = super::rules::RulesOf::State("locks");
    session.update(Msg::ShowRules(of.clone()));
    assert_eq!(session.dialog, Some(Dialog::Rules(of)));
    session.update(Msg::CloseDialog);
    assert_eq!(session.dialog, None);
}
