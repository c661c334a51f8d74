//! Properties of brokers and of the division of queues.

use std::collections::BTreeMap;

use lab_core::config::MessageModel;
use lab_core::fact::{Fact, TraceEvent};
use lab_core::id::{GroupName, MessageQueue, NodeId, QueueOffset};
use lab_core::lab::Lab;
use lab_core::rpc::MemberRole;
use lab_core::store::MessageStore;
use lab_core::view::{BrokerView, NodeStatus, View};

use super::{Circumstances, Verdict, verdict};

/// A consume queue entry points at the record of the message that has its place.
pub(super) fn queues_point_at_messages(lab: &Lab) -> Verdict {
    let stores = lab.world().slots().iter().filter_map(|(node, slot)| Some((node, slot.store()?)));
    verdict("a store is sound", stores.into_iter().find_map(|(node, store)| unsound(node, store)))
}

fn unsound(node: &NodeId, store: &MessageStore) -> Option<String> {
    for ((topic, queue_id), queue) in store.queues() {
        for offset in (queue.min().0..queue.max().0).map(QueueOffset) {
            // A deleted file takes the records before it takes the entries that point at them.
            let Some(message) = store.message_at(topic, *queue_id, offset) else {
                continue;
            };
            let fits = message.message.topic == *topic
                && message.queue_id == *queue_id
                && message.queue_offset == offset;
            if !fits {
                return Some(format!("{node}: {topic}/q{queue_id}@{offset} points at another message"));
            }
        }
    }
    let ends = store.log().flushed() <= store.log().max() && store.dispatched() <= store.log().max();
    (!ends).then(|| format!("{node}: flushed or dispatched lies behind the end of the log"))
}

/// The living members of clustering groups that hold each queue.
pub(in super::super) fn owners(view: &View) -> BTreeMap<(GroupName, MessageQueue), Vec<NodeId>> {
    let mut owners: BTreeMap<_, Vec<NodeId>> = BTreeMap::new();
    let members = view
        .consumers
        .iter()
        .filter(|consumer| consumer.model == MessageModel::Clustering && consumer.node.status.is_running());
    for consumer in members {
        for held in consumer.queues.iter().filter(|held| !held.queue.topic.is_retry()) {
            let place = (consumer.group.clone(), held.queue.clone());
            owners.entry(place).or_default().push(consumer.node.id.clone());
        }
    }
    owners
}

/// A chain of causes ends at an order, and only there.
pub(super) fn every_event_has_a_cause(lab: &Lab) -> Verdict {
    let is_sound = |event: &&TraceEvent| match (&event.fact, event.cause) {
        (Fact::Ordered(_), None) => true,
        (_, Some(cause)) => cause < event.id,
        _ => false,
    };
    verdict("every event has a cause before it", lab.trace().iter().find(|event| !is_sound(event)))
}

/// Everything was made whole again.
///
/// A member of a DLedger group that went into a later term than its leader, with a shorter log, stays outside: a vote for
/// it is refused for its log before anybody looks at its term (`DLedgerLeaderElector.handleVote`), and a leader with the
/// answers of a majority does not mind the later term in another one (`sendHeartbeats`); scenario
/// `dledger/candidate_of_a_later_term_is_shut_out`.
pub(super) fn everything_runs(lab: &Lab) -> Verdict {
    let view = lab.view(0);
    let brokers = view.brokers.iter().filter(|broker| !is_shut_out(&view, broker));
    let nodes = brokers.map(|b| &b.node).chain(view.consumers.iter().map(|c| &c.node));
    let nodes = nodes.chain(view.controllers.iter().map(|c| &c.node));
    let down = nodes.into_iter().find(|node| node.status != NodeStatus::Up);
    verdict("everything runs in the end", down.map(|node| format!("{} is {:?}", node.id, node.status)))
}

fn is_shut_out(view: &View, broker: &BrokerView) -> bool {
    let Some(own) = broker.dledger.as_ref().filter(|own| own.role == Some(MemberRole::Candidate)) else {
        return false;
    };
    let group = view.brokers.iter().filter(|other| other.broker_name == broker.broker_name);
    let mut members = group.filter_map(|other| other.dledger.as_ref());
    members.any(|member| {
        member.role == Some(MemberRole::Leader) && member.term < own.term && member.end > own.end
    })
}

/// Every readable queue of a group's topics has exactly one owner in the group; a group that may pop shares its queues.
pub(super) fn division_is_a_partition(lab: &Lab, circumstances: &Circumstances) -> Verdict {
    let view = lab.view(0);
    let owners = owners(&view);
    let mut broken = None;
    for consumer in view.consumers.iter().filter(|consumer| consumer.model == MessageModel::Clustering) {
        if consumer.settings.contains(&("clientRebalance", "false".to_owned())) {
            continue;
        }
        let topics = consumer
            .topics
            .iter()
            .filter(|topic| !topic.is_retry() && !circumstances.deleted_topics.contains(*topic));
        for queue in topics.flat_map(|topic| readable(&view, topic)) {
            let count = owners.get(&(consumer.group.clone(), queue.clone())).map_or(0, Vec::len);
            if count != 1 {
                broken = Some(format!("{queue} has {count} owners in {}: {owners:?}", consumer.group));
            }
        }
    }
    verdict("the division is a partition", broken)
}

/// The queues of a topic that consumers may read, by the masters' own tables.
fn readable(view: &View, topic: &lab_core::id::TopicName) -> Vec<MessageQueue> {
    let masters = view.brokers.iter().filter(|broker| broker.broker_id.is_master());
    masters
        .flat_map(|broker| broker.topics.iter().map(move |held| (broker, held)))
        .filter(|(_, held)| held.topic == *topic)
        .flat_map(|(broker, held)| {
            (0..held.config.read_queue_nums).map(|id| MessageQueue {
                topic: held.topic.clone(),
                broker_name: broker.broker_name.clone(),
                queue_id: lab_core::id::QueueId(id),
            })
        })
        .collect()
}

/// No group commits an offset beyond the end of its queue, unless the log lost its end. Looks at masters that were
/// masters all the time.
pub(super) fn commits_stay_within_their_queue(lab: &Lab, circumstances: &Circumstances) -> Verdict {
    if circumstances.log_was_cut {
        return Ok(());
    }
    let view = lab.view(0);
    // A replica that becomes the master has got most of its messages by copying.
    let is_master = |node: &NodeId| {
        view.brokers.iter().any(|broker| {
            broker.node.id == *node
                && broker.broker_id.is_master()
                && !circumstances.replicas.contains_key(&broker.broker_name)
        })
    };
    let mut ends: BTreeMap<_, QueueOffset> = BTreeMap::new();
    for event in lab.trace() {
        let Some(node) = event.node.as_ref().filter(|node| is_master(node)) else {
            continue;
        };
        match &event.fact {
            Fact::MessageStored { message, .. } => {
                let place = (node, &message.queue.topic, message.queue.queue_id);
                ends.insert(place, message.offset.next());
            }
            Fact::OffsetCommitted { topic, queue_id, offset, .. } => {
                let end = ends.get(&(node, topic, *queue_id)).copied().unwrap_or_default();
                if *offset > end && !circumstances.deleted_topics.contains(topic) {
                    return verdict(
                        "commits stay within their queue",
                        Some(format!("{event}, its end is {end}")),
                    );
                }
            }
            _ => {}
        }
    }
    Ok(())
}
