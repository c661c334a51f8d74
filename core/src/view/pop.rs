//! What POP has in hand: check points and held pops of brokers, popped queues of consumers.
//!
//! **In RocketMQ**: `PopCheckPoint`, `PopLongPollingService`, `PopReviveService`, `PopProcessQueue`.
//!
//! **Invariants**: a check point is listed from the pop until its messages are acknowledged and it is worked off, or
//! until they are revived; a broker that does not run lists the modes alone, which are on its disk.

use arcstr::ArcStr;

use serde::Serialize;

use crate::broker::Broker;
use crate::consumer::Consumer;
use crate::gather::Arrange as _;
use crate::id::{GroupName, MessageQueue, NodeId, QueueId, QueueOffset, TopicName};
use crate::rpc::{ConsumeMode, ModeTable};
use crate::time::Instant;

/// Everything about POP at one broker.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PopView {
    /// How groups take messages, where that was set: topic, group, mode.
    pub modes: Vec<(TopicName, GroupName, ConsumeMode)>,
    /// Check points that are not through with, the one that is due first before the others.
    pub check_points: Vec<CheckPointView>,
    /// Pops that wait for a message.
    pub held: Vec<HeldPopView>,
    /// Queues of the revive topic that were ever used.
    pub revive: Vec<ReviveView>,
}

impl PopView {
    /// Whether POP is or was in use here.
    pub fn is_used(&self) -> bool {
        !(self.modes.is_empty()
            && self.check_points.is_empty()
            && self.held.is_empty()
            && self.revive.iter().all(|queue| queue.max.0 == 0))
    }

    /// Messages in check points that nobody has acknowledged.
    pub fn unacknowledged(&self) -> usize {
        self.check_points.iter().map(|point| point.unacknowledged).sum()
    }
}

/// Messages that were popped together from one queue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckPointView {
    /// Where they lie.
    pub queue: MessageQueue,
    /// The group that popped them.
    pub group: GroupName,
    /// Where the pop began.
    pub start: QueueOffset,
    /// How many they are.
    pub messages: usize,
    /// How many of them nobody has acknowledged.
    pub unacknowledged: usize,
    /// When they were popped.
    pub pop_time: Instant,
    /// What is not acknowledged by then is revived, some seconds later.
    pub revive_time: Instant,
    /// The queue of the revive topic that keeps the check point.
    pub revive_queue_id: QueueId,
    /// Who popped them; a broker that was started since does not know.
    pub consumer: Option<NodeId>,
}

/// A pop that waits at a broker.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeldPopView {
    /// Who pops.
    pub consumer: NodeId,
    /// The topic.
    pub topic: TopicName,
    /// The queue; [`QueueId::ALL`] for any.
    pub queue_id: QueueId,
    /// Until when.
    pub until: Instant,
}

/// A queue of the revive topic.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReviveView {
    /// The queue.
    pub queue_id: QueueId,
    /// The last check point that is worked off.
    pub offset: Option<QueueOffset>,
    /// The end of the queue.
    pub max: QueueOffset,
}

/// A queue that a consumer pops from (`PopProcessQueue`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PopQueueView {
    /// The queue; [`QueueId::ALL`] for all of the broker's.
    pub queue: MessageQueue,
    /// Messages popped and not through with.
    pub in_hand: u32,
    /// Of these, in a listener right now.
    pub in_work: u32,
    /// When it was last popped, or taken.
    pub last_pop: Instant,
    /// The last thing that went wrong with a pop, until one succeeds.
    pub trouble: Option<ArcStr>,
}

pub(super) fn of_broker(modes: &ModeTable, running: Option<&Broker>) -> PopView {
    let modes = modes.iter().map(|((topic, group), mode)| (topic.clone(), group.clone(), *mode)).collect();
    let Some(broker) = running else {
        return PopView { modes, ..PopView::default() };
    };
    let mut check_points: Vec<_> = broker
        .check_points()
        .map(|point| CheckPointView {
            queue: point.queue,
            group: point.group.clone(),
            start: point.start,
            messages: point.messages,
            unacknowledged: point.unacknowledged,
            pop_time: point.pop_time,
            revive_time: point.revive_time,
            revive_queue_id: point.revive_queue_id,
            consumer: point.consumer.cloned(),
        })
        .collect();
    check_points.arrange_by_key(|point| point.revive_time);
    let held = broker.held_pops().map(|(consumer, topic, queue_id, until)| HeldPopView {
        consumer: consumer.clone(),
        topic: topic.clone(),
        queue_id,
        until,
    });
    let revive = broker.revive_offsets().into_iter();
    let revive = revive.map(|(queue_id, offset, max)| ReviveView { queue_id, offset, max });
    PopView { modes, check_points, held: held.collect(), revive: revive.collect() }
}

pub(super) fn of_consumer(consumer: &Consumer) -> Vec<PopQueueView> {
    let queues = consumer.pop_queues().iter().map(|(queue, assigned)| PopQueueView {
        queue: queue.clone(),
        in_hand: assigned.in_hand(),
        in_work: consumer.in_work(queue),
        last_pop: assigned.last_pop(),
        trouble: assigned.trouble().cloned(),
    });
    queues.collect()
}
