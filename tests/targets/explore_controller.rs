//! Controller mode under every order of events; see [`lab_tests::explore::controller`].
//!
//! Run it with `--nocapture` to see the bounds and how many states there are within them.

use lab_tests::explore::controller::{Acks, Group};
use lab_tests::explore::explore;

/// States that are looked at, nearest first.
const LIMIT: usize = 300_000;

const CLEAN: Group =
    Group { replicas: 2, messages: 2, crashes: 2, acks: Acks::AllInSync, unclean: false, repaired: true };

/// No violation within the bound.
fn holds(group: Group) {
    let report = explore(&group, LIMIT);
    println!("{group}: {report}");
    assert_eq!(report.violation, None, "{group}");
}

/// A loss within the bound; the shortest way to it is printed.
fn loses(group: Group) {
    let report = explore(&group, LIMIT);
    println!("{group}: {report}\n{}", report.violation.as_deref().unwrap_or("no violation"));
    assert!(
        report.violation.is_some_and(|why| why.contains("was acknowledged")),
        "{group}: nothing was lost"
    );
}

#[test]
fn nothing_is_lost_that_everybody_in_sync_has_confirmed() {
    holds(CLEAN);
    holds(Group { messages: 3, ..CLEAN });
    holds(Group { replicas: 3, messages: 1, crashes: 1, ..CLEAN });
    holds(Group { replicas: 3, ..CLEAN });
}

/// RocketMQ notes no reign that begins where the last one began (`EpochFileCache.appendEntry`). So the old master's
/// tail looks like a part of the new master's log, nothing is cut off, and the replica counts as in sync with other
/// messages than the master's.
#[test]
fn a_reign_that_is_not_noted_hides_that_logs_differ() {
    loses(Group { repaired: false, ..CLEAN });
}

#[test]
fn two_copies_of_two_replicas_survive_one_failure() {
    holds(Group { acks: Acks::Copies(2), crashes: 1, ..CLEAN });
}

/// The loss rule: what the master alone has acknowledged goes with it.
#[test]
fn the_master_alone_acknowledges_what_may_be_lost() {
    loses(Group { acks: Acks::Master, messages: 1, crashes: 1, ..CLEAN });
}

#[test]
fn an_unclean_election_loses_what_everybody_in_sync_had() {
    loses(Group { messages: 1, unclean: true, ..CLEAN });
}

/// Of three replicas two may have the message, and the controller, whose heartbeats are a second old, elects the third.
#[test]
fn two_copies_of_three_replicas_may_be_lost_to_an_old_heartbeat() {
    loses(Group { replicas: 3, messages: 1, crashes: 1, acks: Acks::Copies(2), ..CLEAN });
}
