//! How far a consumer is: kept by the broker for a clustering group, in a file of its own for a broadcasting member.
//!
//! **In RocketMQ**: `RemoteBrokerOffsetStore`, `LocalFileOffsetStore`.

use std::collections::BTreeMap;

use super::Consumer;
use crate::gather::Gather as _;
use crate::id::{BrokerId, MessageQueue, QueueOffset};
use crate::outbox::Outbox;
use crate::rpc::Request;
use crate::time::Instant;

/// `~/.rocketmq_offsets/{clientId}/{group}/offsets.json`: what a broadcasting member finds again when it returns
/// under the same client id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsumerDisk {
    /// The next offset to consume of each queue.
    pub offsets: BTreeMap<MessageQueue, QueueOffset>,
}

impl Consumer {
    /// Commits every queue that it holds, whether it moved or not.
    pub(super) fn persist_all(&mut self, now: Instant, out: &mut Outbox) {
        if self.is_broadcasting() {
            self.disk.offsets = self.offsets.iter().map(|(queue, offset)| (queue.clone(), offset)).gather();
            return;
        }
        let queues = &self.queues;
        self.offsets.retain(|queue| queues.contains_key(queue));
        let held: Vec<_> = self.offsets.iter().map(|(queue, _)| queue.clone()).collect();
        for queue in held {
            self.persist(now, &queue, out);
        }
    }

    /// Commits one queue.
    pub(super) fn persist(&mut self, now: Instant, queue: &MessageQueue, out: &mut Outbox) {
        let Some(offset) = self.offsets.read(queue) else {
            return;
        };
        if self.is_broadcasting() {
            return;
        }
        let Some((_, address)) = self.client.subscribe_address(&queue.broker_name, BrokerId::MASTER) else {
            return;
        };
        let request = Request::UpdateConsumerOffset {
            group: self.spec.client.group.clone(),
            topic: queue.topic.clone(),
            queue_id: queue.queue_id,
            offset,
        };
        self.client.remoting.invoke_one_way(now, address, request, out);
    }
}
