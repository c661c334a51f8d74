//! Properties of messages: none is lost, none is missed, none comes early.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arcstr::ArcStr;

use lab_core::command::ConsumerSpec;
use lab_core::config::MessageModel;
use lab_core::fact::{ActingFact, ControllerFact, DLedgerFact, Fact, SendStatus};
use lab_core::id::{NodeId, TopicName};
use lab_core::lab::Lab;
use lab_core::message::StoredMessage;
use lab_core::names::is_system_topic;
use lab_core::time::{Duration, Instant};
use lab_core::world::Slot;

use super::{Circumstances, Verdict, verdict};

/// How long a message that is due may be on its way: its timer, and what else a cluster has to do.
const ON_ITS_WAY: Duration = Duration::from_secs(60);

/// What lies in the masters' logs.
pub(in super::super) fn stored(lab: &Lab) -> Vec<Arc<StoredMessage>> {
    let view = lab.view(0);
    let masters = view.brokers.iter().filter(|broker| broker.broker_id.is_master());
    let slots = masters.filter_map(|broker| lab.world().slots().get(&broker.node.id));
    slots.filter_map(Slot::store).flat_map(|store| store.log().messages()).cloned().collect()
}

/// The producer's ids of these messages.
pub(in super::super) fn keys(messages: &[Arc<StoredMessage>]) -> BTreeSet<ArcStr> {
    messages.iter().filter_map(|message| message.message.unique_key().cloned()).collect()
}

/// What producers were told is safe, with its topic.
pub(in super::super) fn acknowledged(lab: &Lab) -> BTreeMap<ArcStr, TopicName> {
    let ok = lab.trace().iter().filter_map(|event| match &event.fact {
        Fact::SendSucceeded { message, status: SendStatus::SendOk, .. } => {
            Some((message.unique_key.clone(), message.queue.topic.clone()))
        }
        _ => None,
    });
    ok.collect()
}

/// A message that a producer was told is safe lies in a log, whatever else happened.
pub(super) fn no_acknowledged_message_is_lost(lab: &Lab, circumstances: &Circumstances) -> Verdict {
    let stored = keys(&stored(lab));
    let lost = lab.trace().iter().find(|event| {
        matches!(&event.fact, Fact::SendSucceeded { message, status: SendStatus::SendOk, .. }
            if !stored.contains(&message.unique_key) && !circumstances.may_lose(&message.queue.broker_name))
    });
    verdict("nothing acknowledged is lost", lost)
}

/// Whether a consumer of this kind wants the message.
fn wants(spec: &ConsumerSpec, message: &StoredMessage) -> bool {
    let tag = message.message.tag().map_or("", |tag| &**tag);
    let expression = spec.selector.expression();
    let has_tag = **expression == *"*" || expression.split("||").any(|wanted| wanted.trim() == tag);
    spec.topics.contains(&message.message.topic) && has_tag
}

/// At least once: every message in a master's log was handed to each group that wants it, and to each member where
/// the group broadcasts.
pub(super) fn everything_is_consumed(lab: &Lab, circumstances: &Circumstances) -> Verdict {
    let mut delivered: BTreeMap<&NodeId, BTreeSet<&str>> = BTreeMap::new();
    for event in lab.trace() {
        if let (Fact::MessageDelivered { message, .. }, Some(node)) = (&event.fact, &event.node) {
            delivered.entry(node).or_default().insert(&*message.unique_key);
        }
    }
    let stored = stored(lab);
    for (node, spec) in &circumstances.consumers {
        let group = &spec.client.group;
        let receives = |other: &NodeId, other_spec: &ConsumerSpec| match spec.model {
            MessageModel::Clustering => other_spec.client.group == *group,
            MessageModel::Broadcasting => other == node,
        };
        let receivers = circumstances.consumers.iter().filter(|(other, spec)| receives(other, spec));
        let received: BTreeSet<_> =
            receivers.filter_map(|(node, _)| delivered.get(node)).flatten().copied().collect();
        let wanted = stored
            .iter()
            .filter(|message| wants(spec, message) && !circumstances.excuses(group, &message.message.topic));
        let mut keys = wanted.filter_map(|message| message.message.unique_key());
        let missed = keys.find(|key| !received.contains(&***key));
        verdict(
            "everything is delivered",
            missed.map(|key| format!("{key} never reached {node} of {group}")),
        )?;
    }
    Ok(())
}

/// What waits for its time, for the end of its transaction, or serves the broker alone is never handed to a listener.
/// A consumer hands a message back by its place in the log; when the log was cut, another message may lie there.
pub(super) fn system_topics_are_hidden(lab: &Lab, circumstances: &Circumstances) -> Verdict {
    if circumstances.log_was_cut {
        return Ok(());
    }
    let shown = lab.trace().iter().find(|event| {
        matches!(&event.fact, Fact::MessageDelivered { message, .. }
            if is_system_topic(message.queue.topic.as_str()))
    });
    verdict("system topics are hidden", shown)
}

/// A message that waits leaves its queue when its time has come and not before; one that a producer sent with a delay
/// reaches no listener before that. In the end nothing that is due for long still waits.
pub(super) fn nothing_is_delivered_early(lab: &Lab) -> Verdict {
    // With its id: after another replica took over, another message may wait at the same place.
    let mut due = BTreeMap::new();
    let mut first: BTreeMap<&str, Instant> = BTreeMap::new();
    let mut stored = BTreeSet::new();
    for event in lab.trace() {
        let early = match &event.fact {
            Fact::MessageStored { message, .. } => {
                stored.insert((&*message.unique_key, is_system_topic(message.queue.topic.as_str())));
                None
            }
            Fact::MessageDelayed { message, until, .. } => {
                due.insert((&message.queue, message.offset, &message.unique_key), *until);
                if !stored.contains(&(&*message.unique_key, false)) {
                    let first = first.entry(&message.unique_key).or_insert(*until);
                    *first = (*first).min(*until);
                }
                None
            }
            Fact::DelayedMessageDue { message, .. } | Fact::TimerMessageDue { message } => due
                .get(&(&message.queue, message.offset, &message.unique_key))
                .filter(|until| event.at < **until),
            Fact::MessageDelivered { message, .. } => {
                first.get(&*message.unique_key).filter(|until| event.at < **until)
            }
            _ => None,
        };
        verdict("nothing is delivered early", early.map(|until| format!("{event}, due at {until}")))?;
    }
    Ok(())
}

/// What was delayed by its producer has left its waiting place some time after it was due.
pub(super) fn nothing_waits_for_ever(lab: &Lab, circumstances: &Circumstances) -> Verdict {
    if circumstances.log_was_cut || circumstances.files_went {
        return Ok(());
    }
    let long_due = |until: Instant| until + ON_ITS_WAY < lab.now();
    let mut waiting = BTreeMap::new();
    for event in lab.trace() {
        match &event.fact {
            Fact::MessageDelayed { message, until, .. } if long_due(*until) => {
                waiting.insert((&message.queue, message.offset), event);
            }
            Fact::DelayedMessageDue { message, .. }
            | Fact::TimerMessageDue { message }
            | Fact::Acting(ActingFact::Escaped { message, .. } | ActingFact::EscapeSkipped { message }) => {
                waiting.remove(&(&message.queue, message.offset));
            }
            Fact::DLedger(DLedgerFact::Truncated { messages, .. })
            | Fact::Controller(ControllerFact::LogTruncated { messages, .. }) => {
                for message in messages {
                    waiting.remove(&(&message.queue, message.offset));
                }
            }
            _ => {}
        }
    }
    verdict("nothing waits for ever", waiting.values().next())
}
