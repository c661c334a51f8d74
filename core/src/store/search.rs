//! Finding an offset by time.
//!
//! A binary search over the entries of one file of the consume queue, by the store time of the record that each
//! points at. The versions choose differently where no message has exactly the time asked for: V5 takes the first
//! later one, V4 the nearest.
//!
//! **In RocketMQ**: `DefaultMessageStore.getOffsetInQueueByTime`, `ConsumeQueue.getOffsetInQueueByTime` (V4) and
//! `binarySearchInQueueByTime` (V5), `BoundaryType` (behaviour §3.12).

use super::consume_queue::FileRange;
use super::{ConsumeQueue, MessageStore};
use crate::id::{QueueId, QueueOffset, TopicName};
use crate::time::Instant;

/// Which of the messages around a time is meant (`BoundaryType`, V5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundaryType {
    /// The first one stored then or later; the end of the queue when all are older.
    Lower,
    /// The last one stored then or earlier.
    Upper,
}

impl MessageStore {
    /// The offset of a message by its store time, as a consumer that starts at a time asks for it.
    pub fn offset_by_time(&self, topic: &TopicName, queue_id: QueueId, at: Instant) -> QueueOffset {
        if self.config.profile.is_v5() {
            return self.boundary_by_time(topic, queue_id, at, BoundaryType::Lower);
        }
        self.queue(topic, queue_id).map_or(QueueOffset(0), |queue| self.nearest_by_time(queue, at))
    }

    /// The offset of the message at one side of a time: the rule of V5.
    pub fn boundary_by_time(
        &self,
        topic: &TopicName,
        queue_id: QueueId,
        at: Instant,
        boundary: BoundaryType,
    ) -> QueueOffset {
        let Some(queue) = self.queue(topic, queue_id) else {
            return QueueOffset(0);
        };
        let found = match boundary {
            BoundaryType::Lower => self.lower_boundary(queue, at),
            BoundaryType::Upper => self.upper_boundary(queue, at),
        };
        found.unwrap_or(QueueOffset(0)).clamp(queue.min(), queue.max())
    }

    fn lower_boundary(&self, queue: &ConsumeQueue, at: Instant) -> Option<QueueOffset> {
        let is_reached = |offset| self.stored_at(queue, offset).is_some_and(|time| time >= at);
        let file = queue.file_by_time(is_reached)?;
        if !is_reached(file.last) {
            return Some(file.last.next());
        }
        Some(first_where(file, is_reached))
    }

    fn upper_boundary(&self, queue: &ConsumeQueue, at: Instant) -> Option<QueueOffset> {
        let is_later = |offset| self.stored_at(queue, offset).is_some_and(|time| time > at);
        let file = queue.file_by_start(|offset| !is_later(offset))?;
        if !is_later(file.last) {
            return Some(file.last);
        }
        first_where(file, is_later).0.checked_sub(1).map(QueueOffset)
    }

    /// V4: an exact hit, whichever the search meets first; else the nearer neighbour, the earlier one at equal
    /// distance.
    fn nearest_by_time(&self, queue: &ConsumeQueue, at: Instant) -> QueueOffset {
        let is_reached = |offset| self.stored_at(queue, offset).is_some_and(|time| time >= at);
        let Some(file) = queue.file_by_time(is_reached) else {
            return QueueOffset(0);
        };
        let (mut low, mut high) = (file.low.0, file.last.0 + 1);
        let (mut left, mut right) = (None, None);
        while low < high {
            let middle = u64::midpoint(low, high - 1);
            match self.stored_at(queue, QueueOffset(middle)) {
                Some(time) if time == at => return QueueOffset(middle),
                Some(time) if time > at => {
                    right = Some((time, middle));
                    high = middle;
                }
                known => {
                    left = known.map(|time| (time, middle)).or(left);
                    low = middle + 1;
                }
            }
        }
        QueueOffset(match (left, right) {
            (Some((earlier, left)), Some((later, right))) => {
                if at.since(earlier) > later.since(at) {
                    right
                } else {
                    left
                }
            }
            (Some((_, only)), None) | (None, Some((_, only))) => only,
            (None, None) => file.begin.0.saturating_sub(1),
        })
    }

    /// When the message of an entry was stored; `None` when its record is gone.
    fn stored_at(&self, queue: &ConsumeQueue, offset: QueueOffset) -> Option<Instant> {
        Some(self.log.message_at(queue.get(offset)?.commit_log_offset)?.stored_at)
    }
}

/// The first entry of a file that satisfies a condition which the last one satisfies, and all behind the first.
fn first_where(file: FileRange, condition: impl Fn(QueueOffset) -> bool) -> QueueOffset {
    let (mut low, mut high) = (file.low.0, file.last.0);
    while low < high {
        let middle = u64::midpoint(low, high);
        if condition(QueueOffset(middle)) { high = middle } else { low = middle + 1 }
    }
    QueueOffset(low)
}
