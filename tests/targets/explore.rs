//! Small groups under every order of events; see [`lab_tests::explore`].
//!
//! Run it with `--nocapture` to see the bounds and how many states there are within them.

use lab_tests::explore::dledger::Group;
use lab_tests::explore::{explore, runs};

/// Every state within the bound.
fn holds(group: Group) {
    let report = explore(&group, usize::MAX);
    println!("{group}: {report}");
    assert_eq!(report.violation, None, "{group}");
}

/// The first states within the bound, nearest first.
fn holds_nearby(group: Group, states: usize) {
    let report = explore(&group, states);
    println!("{group}: {report}");
    assert_eq!(report.violation, None, "{group}");
}

const NOTHING: Group =
    Group { members: 3, last_term: 0, appends: 0, crashes: 0, losses: 0, time_outs: 0, elected: false };

#[test]
fn two_members_elect_append_crash_and_come_back() {
    holds(Group { members: 2, last_term: 1, appends: 1, crashes: 1, ..NOTHING });
    let nearby =
        Group { members: 2, last_term: 2, appends: 2, crashes: 1, losses: 1, time_outs: 1, ..NOTHING };
    holds_nearby(nearby, 100_000);
}

#[test]
fn three_members_elect() {
    holds_nearby(NOTHING, 100_000);
}

#[test]
fn three_members_replace_a_leader_and_cut_off_what_it_had_alone() {
    let group = Group { last_term: 1, appends: 2, crashes: 1, time_outs: 1, elected: true, ..NOTHING };
    holds_nearby(group, 150_000);
}

/// `LAB_EXPLORE` explores another bound to its end: members, last term, appends, crashes, losses, time-outs, joined by
/// commas.
#[test]
fn a_bound_of_ones_own() {
    let Ok(text) = std::env::var("LAB_EXPLORE") else { return };
    let numbers: Vec<u8> = text.split(',').filter_map(|number| number.parse().ok()).collect();
    let [members, last_term, appends, crashes, losses, time_outs] = numbers[..] else {
        panic!("six numbers, not {text}");
    };
    let (members, last_term) = (u32::from(members), u64::from(last_term));
    holds(Group { members, last_term, appends, crashes, losses, time_outs, elected: false });
}

#[test]
fn a_term_has_one_leader_and_nothing_acknowledged_is_lost_in_random_runs() {
    let (mut reigns, mut cut_off) = (0, 0);
    for seed in 1..=20 {
        let profile = if seed % 2 == 0 { "V4" } else { "V5" };
        let seen = runs::play(profile, seed).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        reigns += seen.reigns;
        cut_off += seen.cut_off;
    }
    println!("{reigns} reigns, {cut_off} messages cut off");
    assert!(reigns > 20 && cut_off > 0, "too little happened: {reigns} reigns, {cut_off} cut off");
}
