//! Properties of transactional messages.

use std::collections::BTreeSet;

use lab_core::fact::Fact;
use lab_core::lab::Lab;
use lab_core::names::is_system_topic;
use lab_core::rpc::TransactionState;

use super::{Verdict, verdict};

/// A message of a transaction is delivered only when its producer said COMMIT, at once or when it was asked.
pub(super) fn only_committed_messages_are_delivered(lab: &Lab) -> Verdict {
    let (mut opened, mut committed) = (BTreeSet::new(), BTreeSet::new());
    for event in lab.trace() {
        match &event.fact {
            Fact::MessageStored { message, .. }
                if message.queue.topic.as_str() == "RMQ_SYS_TRANS_HALF_TOPIC" =>
            {
                opened.insert(&message.unique_key);
            }
            Fact::LocalTransactionEnded { unique_key, state: TransactionState::Commit, .. }
            | Fact::LocalTransactionChecked { unique_key, answer: TransactionState::Commit, .. } => {
                committed.insert(unique_key);
            }
            Fact::MessageDelivered { message, .. } => {
                let is_open =
                    opened.contains(&message.unique_key) && !committed.contains(&message.unique_key);
                verdict("only committed messages are delivered", is_open.then_some(event))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A broker that takes a COMMIT stores the message where consumers find it.
pub(super) fn committed_messages_are_stored(lab: &Lab) -> Verdict {
    let visible: BTreeSet<_> = lab
        .trace()
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::MessageStored { message, .. } if !is_system_topic(message.queue.topic.as_str()) => {
                Some(&message.unique_key)
            }
            _ => None,
        })
        .collect();
    let missing = lab.trace().iter().find(|event| {
        matches!(&event.fact, Fact::TransactionEnded { message, state: TransactionState::Commit, .. }
            if !visible.contains(&message.unique_key))
    });
    verdict("committed messages are stored", missing)
}
