use super::*;
use crate::lab::Lab;

/// A pair of brokers with one producer and one consumer, `then` done to it, scored from 10 s on.
fn scored(profile: &str, brokers: &str, then: &str) -> (Lab, Score) {
    let text = format!(
        "lab profile={profile} seed=7\nname-server n\n{brokers}topic T queues=2\nrun 3s\nproducer p group=pg\n\
         consumer c group=g topic=T from=CONSUME_FROM_FIRST_OFFSET\nrun 2s\nproduce p T every=100ms key=k\nrun 5s\n{then}"
    );
    let recording: crate::recording::Recording = text.parse().expect("a recording");
    let end = recording.end;
    let mut lab = Lab::new(recording);
    lab.run_until(end);
    let score = Score::of(lab.trace(), lab.world(), Instant::from_millis(10_000));
    (lab, score)
}

const ALONE: &str = "broker a\n";
const PAIR: &str = "broker a\nbroker a1 name=a id=1 brokerRole=SLAVE\n";

fn at(ms: u64) -> Instant {
    Instant::from_millis(ms)
}

#[test]
fn a_quiet_run_costs_nothing() {
    let (_, score) = scored("V5", ALONE, "run 10s\nquiet p\nrun 5s\n");
    assert_eq!(score.writes, Stretches::default());
    assert!(score.acknowledged.len() > 90, "{}", score.acknowledged.len());
    assert!(score.failed.is_empty() && score.lost.is_empty() && score.unacknowledged.is_empty());
    let group = &score.groups[0];
    assert!(group.twice.is_empty() && group.pending.is_empty());
    assert_eq!(group.reads.total, Duration::ZERO, "no message waits for a second");
    assert!(group.first_read.is_some() && score.longest_without_reads() < Duration::from_millis(100));
}

#[test]
fn a_lone_broker_that_is_killed_takes_no_writes_until_its_producers_see_it_again() {
    let (lab, score) = scored("V5", ALONE, "kill a\nrun 20s\nrestart a\nrun 40s\nquiet p\nrun 10s\n");
    let [stretch] = score.writes.all[..] else { panic!("{:?}", score.writes) };
    assert!(stretch.from < at(10_200), "{stretch:?}");
    let ended_by = lab.event(stretch.ended_by.expect("an acknowledgement")).expect("in the trace");
    assert_eq!((ended_by.fact.kind(), ended_by.at), ("send-succeeded", stretch.to));
    assert!(stretch.to > at(30_000) && stretch.to < at(61_000), "{stretch:?}");
    assert_eq!(score.writes.total, stretch.length());
    assert_eq!(score.silences[0].1.to, stretch.to);
    assert!(!score.failed.is_empty() && score.lost.is_empty(), "a kill keeps every page");
    assert!(score.groups[0].pending.is_empty());
}

#[test]
fn a_power_failure_takes_what_was_acknowledged_just_before_it() {
    let (lab, score) = scored("V5", ALONE, "power-off a\nrun 20s\nrestart a\nrun 40s\nquiet p\nrun 10s\n");
    assert!(!score.lost.is_empty());
    for lost in &score.lost {
        let event = lab.event(lost.acknowledged).expect("in the trace");
        assert!(event.at <= at(10_000) && event.fact.unique_key() == Some(&lost.unique_key), "{event}");
        assert!(lost.still_on.is_empty() && lost.was_consumed, "{lost:?}");
    }
    assert_eq!(score.never_read().count(), 0, "the consumer was faster than the failure");
}

#[test]
fn what_only_a_slave_has_is_lost_for_those_who_read_the_master() {
    let cut = "power-off a\nkill a1\nrun 1s\nremove a1\nrestart a\nrun 40s\n";
    let kept = "power-off a\nrun 1s\nrestart a\nrun 40s\n";
    let (_, without) = scored("V4", PAIR, cut);
    let (_, with) = scored("V4", PAIR, kept);
    assert!(without.lost.iter().all(|lost| lost.still_on.is_empty()));
    assert_eq!(with.lost.len(), without.lost.len());
    // The newest was acknowledged before the slave had it: nobody waits for a slave of an ASYNC_MASTER.
    let (newest, older) = with.lost.split_last().expect("some are lost");
    assert!(older.iter().all(|lost| lost.still_on == [NodeId::from("a1")]));
    assert!(newest.still_on.is_empty());
}

#[test]
fn while_the_master_is_away_reads_go_on_from_a_slave_of_v4_and_not_of_v5() {
    let stop = "run 60s\nstop c\nrun 2s\nquiet p\nrun 1s\nkill a\nrun 1s\nrestart c\nrun 20s\n";
    let (_, v4) = scored("V4", PAIR, stop);
    let (_, v5) = scored("V5", PAIR, stop);
    let seconds = |score: &Score| score.longest_without_reads().as_millis() / 1_000;
    assert!((3..6).contains(&seconds(&v4)));
    assert!(seconds(&v5) >= 22);
    assert!(v4.groups[0].pending.is_empty() && v4.lost.is_empty());
    assert!(!v5.groups[0].pending.is_empty() && v5.lost.is_empty(), "out of reach is not lost");
}

#[test]
fn an_answer_that_is_lost_leaves_a_message_without_acknowledgement_and_one_that_is_seen_twice() {
    let freeze = "freeze a\nrun 10s\nthaw a\nrun 20s\nquiet p\nrun 5s\n";
    let (lab, score) = scored("V5", ALONE, freeze);
    assert!(!score.unacknowledged.is_empty(), "the frozen broker stores what waited when it goes on");
    assert!(score.unacknowledged.iter().all(|id| score.failed.contains(id)));
    let event = lab.event(score.unacknowledged[0]).expect("in the trace");
    assert_eq!(event.fact.kind(), "send-failed");
    assert!(score.writes.longest() >= Duration::from_secs(9), "{:?}", score.writes);
}

#[test]
fn consuming_again_counts_once_a_message_and_only_after_the_moment() {
    // Offsets reach the broker each 5 s; a consumer that dies takes up to 5 s of them with it.
    let (lab, score) = scored("V5", ALONE, "run 4s\nkill c\nrestart c\nrun 20s\nquiet p\nrun 5s\n");
    let group = &score.groups[0];
    assert!(!group.twice.is_empty());
    let keys: BTreeSet<_> = group.twice.iter().filter_map(|id| lab.event(*id)?.fact.unique_key()).collect();
    assert_eq!(keys.len(), group.twice.len(), "each message once");
    assert!(group.twice.iter().all(|id| lab.event(*id).is_some_and(|event| event.at >= score.from)));
}

#[test]
fn expressions_that_are_no_list_of_tags_want_everything() {
    assert_eq!(tags("*"), None);
    assert_eq!(tags("a > 5"), None);
    assert_eq!(tags("A || B").expect("two tags").len(), 2);
}
