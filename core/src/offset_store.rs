//! How far a consumer is with each queue, in its memory: what the next commit will say.
//!
//! **In RocketMQ**: the table in `RemoteBrokerOffsetStore` and `LocalFileOffsetStore`, `ControllableOffset`.
//! **Left out on purpose**: V4 has no frozen offsets; nothing there asks for one.

use std::collections::BTreeMap;

use crate::id::{MessageQueue, QueueOffset};

#[derive(Clone, Copy, Debug)]
struct ControllableOffset {
    offset: QueueOffset,
    is_frozen: bool,
}

/// Offsets by queue.
#[derive(Clone, Debug, Default)]
pub struct OffsetStore {
    offsets: BTreeMap<MessageQueue, ControllableOffset>,
}

impl OffsetStore {
    /// Notes an offset; not a lower one when `increase_only`, and none at all where the offset is frozen.
    pub fn update(&mut self, queue: &MessageQueue, offset: QueueOffset, increase_only: bool) {
        match self.offsets.get_mut(queue) {
            None => {
                self.offsets.insert(queue.clone(), ControllableOffset { offset, is_frozen: false });
            }
            Some(old) if old.is_frozen => {}
            Some(old) => old.offset = if increase_only { old.offset.max(offset) } else { offset },
        }
    }

    /// Notes an offset for good: what finishes later does not change it, until the queue is removed
    /// (`updateAndFreezeOffset`, when a broker has called an offset illegal).
    pub fn update_and_freeze(&mut self, queue: &MessageQueue, offset: QueueOffset) {
        self.offsets.insert(queue.clone(), ControllableOffset { offset, is_frozen: true });
    }

    /// The offset of a queue; `None` before anything was noted.
    pub fn read(&self, queue: &MessageQueue) -> Option<QueueOffset> {
        self.offsets.get(queue).map(|entry| entry.offset)
    }

    /// Forgets a queue.
    pub fn remove(&mut self, queue: &MessageQueue) {
        self.offsets.remove(queue);
    }

    /// Forgets the queues that do not pass.
    pub fn retain(&mut self, passes: impl Fn(&MessageQueue) -> bool) {
        self.offsets.retain(|queue, _| passes(queue));
    }

    /// Everything noted, by queue.
    pub fn iter(&self) -> impl Iterator<Item = (&MessageQueue, QueueOffset)> {
        self.offsets.iter().map(|(queue, entry)| (queue, entry.offset))
    }
}
