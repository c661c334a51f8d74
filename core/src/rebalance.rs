//! What a round of the rebalance does with one topic.
//!
//! A member looks at the queues and at the members of its group, computes its own share, gives up what is not in it
//! and takes what is new. When it lacks one of the two lists it leaves everything as it is (behaviour §5.3).
//!
//! **In RocketMQ**: `RebalanceImpl.rebalanceByTopic`, `updateProcessQueueTableInRebalance`, `getWorkingMessageQueue`.

use std::collections::BTreeSet;

use crate::allocate::{AllocateError, MachineRoomResolver, allocate};
use crate::config::{AllocateStrategy, MessageModel};
use crate::fact::DropReason;
use crate::gather::{Arrange as _, Gather as _};
use crate::id::{ClientId, MessageQueue, TopicName};

/// Who divides, and how.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a, R> {
    /// Its id.
    pub me: &'a ClientId,
    /// Whether there is anything to divide.
    pub model: MessageModel,
    /// How.
    pub strategy: &'a AllocateStrategy,
    /// Where brokers and members stand.
    pub rooms: &'a R,
}

/// What a member makes of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Division {
    /// These queues are its own.
    Share(Vec<MessageQueue>),
    /// It knows too little; the present division stays.
    Keep,
    /// The topic has no route. The present division stays, and the brokers are told of it as if it had changed.
    TopicUnknown,
    /// The strategy throws; the present division stays, and the round came out unbalanced.
    Failed(AllocateError),
}

/// Divides a topic. `queues` are the readable ones, `members` those that a broker named; `None` where nobody could
/// say. Both are sorted before the strategy sees them, so that every member computes the same.
pub fn division(
    member: &Member<'_, impl MachineRoomResolver>,
    topic: &TopicName,
    queues: Option<&[MessageQueue]>,
    members: Option<&[ClientId]>,
) -> Division {
    let is_clustering = member.model == MessageModel::Clustering;
    match (queues, members) {
        (None, _) if is_clustering && topic.is_retry() => Division::Keep,
        (None, _) => Division::TopicUnknown,
        (Some(queues), _) if !is_clustering => Division::Share(queues.to_vec()),
        (Some(_), None) => Division::Keep,
        (Some(queues), Some(members)) => {
            let (mut queues, mut members) = (queues.to_vec(), members.to_vec());
            queues.arrange();
            members.arrange();
            let share = allocate(member.strategy, member.rooms, member.me, &queues, &members);
            share.map_or_else(Division::Failed, Division::Share)
        }
    }
}

/// What has to happen so that a member holds its share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Queues to give up, and why.
    pub give_up: Vec<(MessageQueue, DropReason)>,
    /// Queues to take; among them those that are given up because nobody pulled them.
    pub take: Vec<MessageQueue>,
}

/// Compares a share with what the member holds of the topic. `held` says of each queue whether its pulling has
/// stalled for 120 s ([`is_pull_expired`](crate::process_queue::ProcessQueue::is_pull_expired)).
pub fn changes(share: &[MessageQueue], held: &[(MessageQueue, bool)]) -> Changes {
    let reason = |queue: &MessageQueue, has_stalled: bool| match (share.contains(queue), has_stalled) {
        (false, _) => Some(DropReason::Rebalanced),
        (true, true) => Some(DropReason::PullExpired),
        (true, false) => None,
    };
    let give_up: Vec<_> = held
        .iter()
        .filter_map(|(queue, has_stalled)| Some((queue.clone(), reason(queue, *has_stalled)?)))
        .collect();
    let stays = |queue: &MessageQueue| {
        held.iter().any(|(other, _)| other == queue) && give_up.iter().all(|(other, _)| other != queue)
    };
    let take = share.iter().filter(|queue| !stays(queue)).cloned().collect();
    Changes { give_up, take }
}

/// Whether a member holds exactly its share of the topic; if not, V5 has another round after a second.
pub fn is_balanced<'a>(share: &[MessageQueue], held: impl IntoIterator<Item = &'a MessageQueue>) -> bool {
    share.iter().gather::<BTreeSet<_>>() == held.into_iter().gather()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocate::RoomsByName;
    use crate::rpc::message_queue;

    fn queue(id: u32) -> MessageQueue {
        message_queue(&"T".into(), &"broker-a".into(), id)
    }

    fn of(
        me: &str,
        model: MessageModel,
        topic: &str,
        queues: Option<&[MessageQueue]>,
        members: Option<&[ClientId]>,
    ) -> Division {
        let (me, strategy) = (me.into(), AllocateStrategy::Averagely);
        let member = Member { me: &me, model, strategy: &strategy, rooms: &RoomsByName };
        division(&member, &topic.into(), queues, members)
    }

    #[test]
    fn the_order_of_the_lists_does_not_matter() {
        let sorted: Vec<_> = (0..5).map(queue).collect();
        let reversed: Vec<_> = sorted.iter().rev().cloned().collect();
        let members: [ClientId; 3] = ["c1", "c2", "c3"].map(Into::into);
        let turned: [ClientId; 3] = ["c3", "c1", "c2"].map(Into::into);
        for me in ["c1", "c2", "c3"] {
            let one = of(me, MessageModel::Clustering, "T", Some(&sorted), Some(&members));
            let other = of(me, MessageModel::Clustering, "T", Some(&reversed), Some(&turned));
            assert_eq!(one, other);
        }
    }

    #[test]
    fn what_is_not_known_changes_nothing() {
        let (queues, members) = ([queue(0)], ["c1".into()]);
        use MessageModel::{Broadcasting, Clustering};
        assert_eq!(of("c1", Clustering, "T", None, Some(&members)), Division::TopicUnknown);
        assert_eq!(of("c1", Clustering, "%RETRY%g", None, Some(&members)), Division::Keep);
        assert_eq!(of("c1", Clustering, "T", Some(&queues), None), Division::Keep);
        assert_eq!(of("c1", Broadcasting, "T", Some(&queues), None), Division::Share(queues.to_vec()));
        let nothing = of("c1", Clustering, "T", Some(&[]), Some(&members));
        assert_eq!(nothing, Division::Failed(AllocateError::NoQueues));
    }

    #[test]
    fn a_stalled_queue_is_given_up_and_taken_again() {
        let held = [(queue(0), true), (queue(1), false), (queue(2), false)];
        let changes = changes(&[queue(0), queue(1), queue(3)], &held);
        let given_up = vec![(queue(0), DropReason::PullExpired), (queue(2), DropReason::Rebalanced)];
        assert_eq!(changes, Changes { give_up: given_up, take: vec![queue(0), queue(3)] });
        assert!(is_balanced(&[queue(1), queue(0)], [&queue(0), &queue(1)]));
    }
}
