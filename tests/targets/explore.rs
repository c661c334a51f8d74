//! Small groups under every order of events; see [`lab_tests::explore`].
//!
//! Run it with `--nocapture` to see the bounds and how many states there are within them.

use lab_tests::explore::dledger::Group;
use lab_tests::explore::{explore, runs};

/// More states than any bound below has.
const LIMIT: usize = 3_000_000;

fn holds(group: Group) {
    let report = explore(&group, LIMIT);
    println!("{group}: {report}");
    assert_eq!(report.violation, None, "{group}");
    assert!(report.complete, "{group}: {report}");
}

const NOTHING: Group = Group { members: 3, last_term: 0, appends: 0, crashes: 0, losses: 0, time_outs: 0 };

#[test]
fn two_members_elect_append_crash_and_come_back() {
    holds(Group { members: 2, last_term: 1, appends: 2, crashes: 1, losses: 1, time_outs: 1 });
}

#[test]
fn three_members_elect_in_every_order() {
    holds(Group { last_term: 1, ..NOTHING });
}

#[test]
fn three_members_keep_an_entry_in_every_order() {
    holds(Group { appends: 1, time_outs: 1, ..NOTHING });
}

#[test]
fn a_term_has_one_leader_and_nothing_acknowledged_is_lost_in_random_runs() {
    let (mut reigns, mut cut_off) = (0, 0);
    for seed in 1..=20 {
        let profile = if seed % 2 == 0 { "V4" } else { "V5" };
        let seen = runs::play(profile, seed).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        assert!(seen.acknowledged > 0, "seed {seed}: {seen:?}");
        reigns += seen.reigns;
        cut_off += seen.cut_off;
    }
    println!("{reigns} reigns, {cut_off} messages cut off");
    assert!(reigns > 40 && cut_off > 0, "too little happened: {reigns} reigns, {cut_off} cut off");
}
