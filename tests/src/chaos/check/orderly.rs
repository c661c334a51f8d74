//! Properties of orderly groups.

use std::collections::BTreeMap;

use lab_core::config::MessageModel;
use lab_core::fact::Fact;
use lab_core::id::{GroupName, MessageQueue, NodeId};
use lab_core::lab::Lab;

use super::{Circumstances, Verdict, verdict};

/// No two members work on one queue at the same moment. A broker that began anew has forgotten its locks, and a
/// halted member works on when its lock is long somebody else's; there RocketMQ does not promise it.
pub(super) fn one_member_at_a_time(lab: &Lab, circumstances: &Circumstances) -> Verdict {
    if circumstances.broker_restarted {
        return Ok(());
    }
    let mut at_work: BTreeMap<(&GroupName, &MessageQueue), BTreeMap<&NodeId, u32>> = BTreeMap::new();
    for event in lab.trace() {
        let Some(node) = event.node.as_ref() else {
            continue;
        };
        let Some(spec) = circumstances.consumers.get(node).filter(|spec| spec.orderly) else {
            continue;
        };
        match &event.fact {
            Fact::MessageDelivered { message, .. } => {
                let members = at_work.entry((&spec.client.group, &message.queue)).or_default();
                *members.entry(node).or_default() += 1;
                let halted = members.keys().any(|member| circumstances.frozen.contains(*member));
                let both = (members.len() > 1 && !halted).then(|| format!("{event}, at work: {members:?}"));
                verdict("one member at a time", both)?;
            }
            Fact::MessageConsumed { message, .. } => {
                let members = at_work.entry((&spec.client.group, &message.queue)).or_default();
                if let Some(count) = members.get_mut(node) {
                    *count -= 1;
                    members.retain(|_, count| *count > 0);
                }
            }
            Fact::Killed | Fact::PoweredOff { .. } | Fact::Stopped | Fact::Started => {
                at_work.values_mut().for_each(|members| {
                    members.remove(node);
                });
            }
            _ => {}
        }
    }
    Ok(())
}

/// As long as a member has a queue, it takes the messages in their order; where nothing was disturbed, so does the
/// whole group.
pub(super) fn order_is_kept(lab: &Lab, circumstances: &Circumstances) -> Verdict {
    let mut last = BTreeMap::new();
    for event in lab.trace() {
        let Some(node) = event.node.as_ref() else {
            continue;
        };
        let is_orderly = |node: &NodeId| {
            let spec = circumstances.consumers.get(node);
            spec.is_some_and(|spec| spec.orderly && spec.model == MessageModel::Clustering)
        };
        if !is_orderly(node) {
            continue;
        }
        let member = |node| if circumstances.is_calm { None } else { Some(node) };
        match &event.fact {
            Fact::QueueAssigned { queue, .. } if !circumstances.is_calm => {
                last.remove(&(Some(node), queue));
            }
            Fact::MessageDelivered { message, .. } => {
                let before = last.insert((member(node), &message.queue), message.offset);
                let is_back = before.filter(|before| *before > message.offset);
                let why = is_back.map(|before| format!("{event}, after @{before}"));
                verdict("order is kept", why)?;
            }
            _ => {}
        }
    }
    Ok(())
}
