//! A run under control: orders, going back, and what stays as it was.

use lab_core::command::Command;
use lab_core::fact::Fact;
use lab_core::lab::Lab;
use lab_core::time::Instant;

const FLOW: &str = "
    lab seed=7
    name-server nsrv-0
    broker broker-a
    topic T queues=2
    producer p group=pg
    consumer c group=g topic=T
    run 2s
    produce p T every=100ms tag=A,B key=k
    run 3s
    freeze c
";

fn lab() -> Lab {
    Lab::new(FLOW.parse().expect("a recording"))
}

fn at(ms: u64) -> Instant {
    Instant::from_millis(ms)
}

fn command(line: &str) -> Command {
    line.parse().expect("a command")
}

#[test]
fn going_back_is_the_same_as_never_having_gone_on() {
    let mut lab = lab();
    lab.run_until(at(4_321));
    let (digest, view) = (lab.digest(), lab.view(5));
    lab.run_until(at(60_000));
    lab.go_to(at(4_321));
    assert_eq!((lab.digest(), lab.view(5)), (digest, view));
    assert_eq!(lab.end(), at(60_000), "what came later is still known");
    assert!(!lab.later_trace().is_empty());
}

#[test]
fn going_on_over_what_was_played_before_is_the_same_as_playing_it() {
    let end = at(400_000);
    let mut lab = lab();
    lab.run_until(end);
    let whole = lab.digest();
    for (from, to) in [(0, 399_000), (50_000, 250_001), (250_001, 250_001), (1, 399_999)] {
        lab.go_to(at(from));
        lab.go_to(at(to));
        let mut played = Lab::new(FLOW.parse().expect("a recording"));
        played.run_until(at(to));
        assert_eq!((lab.digest(), lab.view(5)), (played.digest(), played.view(5)), "from {from} to {to}");
    }
    lab.go_to(end);
    assert_eq!(lab.digest(), whole);
}

#[test]
fn a_step_back_undoes_a_step() {
    let mut lab = lab();
    lab.run_until(at(3_000));
    assert!(lab.step(at(60_000)));
    let (digest, now) = (lab.digest(), lab.now());
    assert!(lab.step(at(60_000)) && lab.step_back());
    assert_eq!(lab.digest(), digest);
    assert!(lab.now() >= now);
}

#[test]
fn stepping_back_ends_at_the_first_moment() {
    let mut lab = lab();
    lab.run_until(at(100));
    let mut steps = 0;
    while lab.step_back() {
        steps += 1;
        assert!(steps < 1000, "it goes back for ever");
    }
    assert_eq!(lab.now(), Instant::ZERO);
    assert!(lab.trace().iter().all(|event| event.at == Instant::ZERO));
}

#[test]
fn a_command_in_the_past_discards_the_later_ones() {
    let mut lab = lab();
    lab.run_until(at(10_000));
    lab.go_to(at(3_000));
    assert_eq!(lab.later_commands(), 1);
    lab.issue(command("quiet p")).expect("it can be carried out");
    assert_eq!((lab.later_commands(), lab.end()), (0, at(3_000)));
    lab.run_until(at(10_000));
    assert!(!lab.trace().iter().any(|event| event.fact == Fact::Frozen));
}

#[test]
fn a_refused_command_changes_nothing() {
    let mut lab = lab();
    lab.run_until(at(10_000));
    lab.go_to(at(3_000));
    lab.step(at(60_000));
    let before = (lab.digest(), lab.now(), lab.recording().clone(), lab.end(), lab.view(5));
    for line in ["kill nobody", "thaw c", "broker broker-a", "heal p c", "set c pullBatchSize=many"] {
        assert!(lab.issue(command(line)).is_err(), "{line}");
    }
    let after = (lab.digest(), lab.now(), lab.recording().clone(), lab.end(), lab.view(5));
    assert_eq!(before, after);
}

#[test]
fn a_run_with_commands_between_steps_replays_to_the_same_digest() {
    let mut lab = lab();
    for line in ["kill broker-a", "restart broker-a", "send p T key=x", "stop c"] {
        for _ in 0..7 {
            lab.step(at(600_000));
        }
        // The freeze of the recording lies ahead until it is discarded by the first command.
        lab.issue(command(line)).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    lab.run_until(at(90_000));
    let text = lab.recording().to_string();
    let mut again = Lab::new(text.parse().expect("a recording reads as it prints"));
    again.run_until(at(90_000));
    assert_eq!(again.digest(), lab.digest());
}

#[test]
fn every_fact_leads_back_to_an_order() {
    let mut lab = lab();
    lab.run_until(at(10_000));
    let consumed = lab.trace().iter().rfind(|event| event.fact.kind() == "message-consumed");
    let causes = lab.causes(consumed.expect("something is consumed").id);
    assert!(matches!(causes.last().map(|event| &event.fact), Some(Fact::Ordered(_))));
    assert!(causes.len() > 3, "there is a way from the order to the consumption");
}

#[test]
fn the_last_send_of_a_job_is_shown_while_it_waits() {
    let mut lab = lab();
    lab.run_until(at(4_000));
    for line in ["quiet p", "freeze broker-a", "send p T key=last"] {
        lab.issue(command(line)).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    lab.run_until(at(5_000));
    let jobs = &lab.view(0).producers[0].jobs;
    let waiting = jobs.iter().find_map(|job| job.waiting_for.clone());
    assert_eq!(
        waiting.map(|(broker, attempt, _)| (broker.to_string(), attempt)),
        Some(("broker-a".to_owned(), 1))
    );
    lab.run_until(at(9_000));
    assert!(lab.view(0).producers[0].jobs.is_empty(), "a job goes when its last send is over");
}
