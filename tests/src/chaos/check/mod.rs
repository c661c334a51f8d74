//! What must hold: at every moment ([`look`]) and once a healed cluster has settled ([`at_the_end`]).
//!
//! The checkers read the run and nothing else, so they judge a shortened run as they judge the whole. What RocketMQ
//! does not promise after a fault (an unflushed tail that is lost, files that a full disk took) is read off the run too
//! and stands in [`Circumstances`].

mod circumstances;
mod cluster;
mod messages;
mod orderly;
mod questions;
mod replicas;
mod retries;
mod transactions;

use std::fmt;

use lab_core::lab::Lab;

pub use circumstances::Circumstances;
pub(super) use cluster::owners;
pub(super) use messages::{acknowledged, keys, stored};
pub use questions::{a_replay_repeats_the_run, questions_change_nothing};
pub(super) use replicas::surprises;

/// Something that does not hold.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The name of the property; what a shortened run must still violate.
    pub kind: &'static str,
    /// What is wrong, with the nodes and messages of the run.
    pub why: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.why)
    }
}

/// Whether a property holds.
pub type Verdict = Result<(), Violation>;

/// The verdict about a property of which something was found that breaks it, if anything was.
fn verdict(kind: &'static str, broken: Option<impl fmt::Display>) -> Verdict {
    broken.map_or(Ok(()), |why| Err(Violation { kind, why: why.to_string() }))
}

/// Checks what holds at every moment.
///
/// # Errors
/// What does not.
pub fn look(lab: &Lab) -> Verdict {
    cluster::queues_point_at_messages(lab)
}

/// Checks what holds once a healed cluster has settled.
///
/// # Errors
/// What does not.
pub fn at_the_end(lab: &Lab) -> Verdict {
    let circumstances = Circumstances::of(lab);
    cluster::every_event_has_a_cause(lab)?;
    cluster::everything_runs(lab)?;
    cluster::division_is_a_partition(lab, &circumstances)?;
    cluster::commits_stay_within_their_queue(lab, &circumstances)?;
    replicas::one_leader_a_term(lab)?;
    replicas::one_master_an_epoch_acknowledges(lab)?;
    replicas::everything_acknowledged_is_at_its_place(lab, &circumstances)?;
    replicas::an_acting_slave_takes_nothing(lab)?;
    messages::no_acknowledged_message_is_lost(lab, &circumstances)?;
    messages::everything_is_consumed(lab, &circumstances)?;
    messages::system_topics_are_hidden(lab, &circumstances)?;
    messages::nothing_is_delivered_early(lab)?;
    messages::nothing_waits_for_ever(lab, &circumstances)?;
    retries::failures_go_on_or_are_dead(lab, &circumstances)?;
    retries::dead_letters_used_up_their_attempts(lab, &circumstances)?;
    transactions::only_committed_messages_are_delivered(lab)?;
    transactions::committed_messages_are_stored(lab)?;
    orderly::one_member_at_a_time(lab, &circumstances)?;
    orderly::order_is_kept(lab, &circumstances)?;
    questions::the_tool_answers(lab)
}
