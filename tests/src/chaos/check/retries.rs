//! Properties of messages that listeners fail with.

use std::collections::{BTreeMap, BTreeSet};

use arcstr::ArcStr;

use lab_core::command::ConsumerSpec;
use lab_core::config::MessageModel;
use lab_core::fact::{Fact, ListenerResult, MessageAt};
use lab_core::id::{GroupName, TopicName};
use lab_core::lab::Lab;
use lab_core::message::property;
use lab_core::time::Duration;

use super::{Circumstances, Verdict, messages, verdict};

/// Attempts of a concurrent group that sets none (`DefaultMQPushConsumer.maxReconsumeTimes` below 0).
const USUAL_MAX: u32 = 16;

/// So long after a failure the message is with its consumer still: an orderly queue rests a second, and what no broker
/// takes back within the time-out of 5 s is handed in again 5 s later (`submitConsumeRequestLater`). Then the next
/// failure is noted, or a copy of the message is kept.
const WITH_ITS_CONSUMER: Duration = Duration::from_secs(12);

/// A message that a listener failed with comes again until it succeeds, or lies where it is kept: in the retry topic,
/// in the queue of its delay, among the dead letters. A message that had succeeded and was delivered once more may
/// fail then: another member may have committed beyond it.
pub(super) fn failures_go_on_or_are_dead(lab: &Lab, circumstances: &Circumstances) -> Verdict {
    let (mut failed, mut succeeded) = (BTreeMap::new(), BTreeSet::new());
    for event in lab.trace() {
        let Fact::MessageConsumed { message, result } = &event.fact else {
            continue;
        };
        let Some(spec) = circumstances.spec_of(event.node.as_ref()) else {
            continue;
        };
        if spec.model == MessageModel::Broadcasting
            || circumstances.excuses(&spec.client.group, &message.queue.topic)
        {
            continue;
        }
        let place = (&spec.client.group, &*message.unique_key);
        if *result == ListenerResult::Success {
            succeeded.insert(place);
        } else {
            failed.insert(place, event);
        }
    }
    failed.retain(|_, event| event.at + WITH_ITS_CONSUMER < lab.now());
    let kept = kept(lab);
    let mut open = failed.iter().filter(|(place, _)| !succeeded.contains(*place));
    let lost = open.find(|((group, key), _)| !kept.contains(&((*group).clone(), ArcStr::from(*key))));
    verdict("failures go on or are dead", lost.map(|(_, event)| event))
}

/// Group and key of every copy that is kept for a group after a failure.
fn kept(lab: &Lab) -> BTreeSet<(GroupName, ArcStr)> {
    let group_of = |topic: &TopicName| {
        let dead = topic.as_str().strip_prefix("%DLQ%").map(GroupName::from);
        topic.retry_group().or(dead)
    };
    let copies = messages::stored(lab).into_iter().filter_map(|message| {
        let real = message.message.property(property::REAL_TOPIC).map(|topic| TopicName::from(&**topic));
        let group = group_of(&message.message.topic).or_else(|| group_of(&real?))?;
        Some((group, message.message.unique_key()?.clone()))
    });
    copies.collect()
}

/// A dead letter failed as often as its group allows: once, and again so many times as `maxReconsumeTimes` says. A
/// send to the retry topic is dead at the limit with V4, above it with V5. While no broker takes the message back its
/// consumer goes on trying, so then it may have failed more often.
///
/// A consumer hands a message back by its place in the log. When a broker was set back, another message may lie there
/// by now (a slave that was not set back may even have handed out the first one since), and fails in its stead. Messages
/// that came back so, without an attempt of their own before it, are left out.
pub(super) fn dead_letters_used_up_their_attempts(lab: &Lab, circumstances: &Circumstances) -> Verdict {
    let mut attempts: BTreeMap<(&GroupName, &str), BTreeSet<u32>> = BTreeMap::new();
    let mut kept_back = BTreeSet::new();
    let mut mistaken = BTreeSet::new();
    for event in lab.trace() {
        match &event.fact {
            Fact::MessageDelivered { message, reconsume_times } => {
                if let Some(spec) = circumstances.spec_of(event.node.as_ref()) {
                    let place = (&spec.client.group, &*message.unique_key);
                    attempts.entry(place).or_default().insert(*reconsume_times);
                }
            }
            Fact::MessageSentBack { message, group, reconsume_times, .. }
                if circumstances.log_was_cut && !has_failed(&attempts, group, message, *reconsume_times) =>
            {
                mistaken.insert((group, &*message.unique_key));
            }
            Fact::SendBackFailed { message, .. } | Fact::RetriedHere { message, .. } => {
                kept_back.insert(&message.unique_key);
            }
            Fact::DeadLettered { message, group, reconsume_times } => {
                let Some((max, spec)) = limit(circumstances, group) else {
                    continue;
                };
                let least = if circumstances.profile.is_v5() { max + 1 } else { max };
                let made = attempts.get(&(group, &*message.unique_key));
                let is_mistaken = mistaken.contains(&(group, &*message.unique_key))
                    || circumstances.log_was_cut && !has_failed(&attempts, group, message, *reconsume_times);
                if is_mistaken {
                    continue;
                }
                let all_made = (0..least).all(|n| made.is_some_and(|made| made.contains(&n)));
                let may_try_on = spec.orderly || kept_back.contains(&message.unique_key);
                let most = if may_try_on { u32::MAX } else { max + 1 };
                let fits = spec.retry_level < 0 || (all_made && (least..=most).contains(reconsume_times));
                let why = || format!("{event}, but max is {max} and attempts were {made:?}");
                verdict("dead letters used up their attempts", (!fits).then(why))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether the message was delivered so often that it can have failed for this time.
fn has_failed(
    attempts: &BTreeMap<(&GroupName, &str), BTreeSet<u32>>,
    group: &GroupName,
    message: &MessageAt,
    times: u32,
) -> bool {
    let made = attempts.get(&(group, &*message.unique_key));
    made.is_some_and(|made| times.checked_sub(1).is_some_and(|last| made.contains(&last)))
}

/// The limit of a group, and what its consumers are made from.
fn limit<'a>(circumstances: &'a Circumstances, group: &GroupName) -> Option<(u32, &'a ConsumerSpec)> {
    let spec = circumstances.consumers.values().find(|spec| spec.client.group == *group)?;
    let setting = spec.client.settings.iter().find(|(key, _)| key == "maxReconsumeTimes");
    let max = setting.and_then(|(_, value)| value.parse().ok());
    Some((max.unwrap_or(USUAL_MAX), spec))
}
