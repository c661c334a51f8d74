//! The pulls that a broker holds, in the order in which they came and by queue.
//!
//! **In RocketMQ**: `PullRequestHoldService.pullRequestTable`, `ManyPullRequest`.
//!
//! **Invariant**: a queue is listed as long as one of its pulls is held, with the numbers of all of them.

use std::collections::BTreeMap;

use super::pull::HeldPull;
use crate::gather::Arrange as _;
use crate::id::{ConnectionId, QueueId, TopicName};

/// All pulls held by one broker.
#[derive(Clone, Debug, Default)]
pub(super) struct HeldPulls {
    /// By the number in which they came.
    pulls: BTreeMap<u64, HeldPull>,
    by_queue: BTreeMap<(TopicName, QueueId), Vec<u64>>,
    next: u64,
}

impl HeldPulls {
    pub(super) fn is_empty(&self) -> bool {
        self.pulls.is_empty()
    }

    /// All of them in the order in which they came.
    pub(super) fn iter(&self) -> impl Iterator<Item = &HeldPull> {
        self.pulls.values()
    }

    pub(super) fn hold(&mut self, pull: HeldPull) {
        let queue = (pull.topic().clone(), pull.queue_id());
        self.by_queue.entry(queue).or_default().push(self.next);
        self.pulls.insert(self.next, pull);
        self.next += 1;
    }

    /// Lets those of these queues go for which there is a reason, in the order in which they came.
    pub(super) fn take_with_reason<R>(
        &mut self,
        queues: impl Iterator<Item = (TopicName, QueueId)>,
        reason: impl Fn(&HeldPull) -> Option<R>,
    ) -> Vec<(HeldPull, R)> {
        let numbers = queues.filter_map(|queue| self.by_queue.get(&queue)).flatten();
        let reason = |number: &u64| Some((*number, reason(self.pulls.get(number)?)?));
        let mut reasons: Vec<_> = numbers.filter_map(reason).collect();
        reasons.arrange_by_key(|(number, _)| *number);
        // A queue may be named more than once.
        reasons.into_iter().filter_map(|(number, reason)| Some((self.take(number)?, reason))).collect()
    }

    /// As [`take_with_reason`](Self::take_with_reason), of all queues.
    pub(super) fn take_all_with_reason<R>(
        &mut self,
        reason: impl Fn(&HeldPull) -> Option<R>,
    ) -> Vec<(HeldPull, R)> {
        let reasons: Vec<_> =
            self.pulls.iter().filter_map(|(number, pull)| Some((*number, reason(pull)?))).collect();
        reasons.into_iter().filter_map(|(number, reason)| Some((self.take(number)?, reason))).collect()
    }

    /// Forgets those of a connection that is gone.
    pub(super) fn forget(&mut self, connection: ConnectionId) {
        self.take_all_with_reason(|pull| (pull.connection() == connection).then_some(()));
    }

    fn take(&mut self, number: u64) -> Option<HeldPull> {
        let pull = self.pulls.remove(&number)?;
        let queue = (pull.topic().clone(), pull.queue_id());
        if let Some(numbers) = self.by_queue.get_mut(&queue) {
            numbers.retain(|other| *other != number);
            if numbers.is_empty() {
                self.by_queue.remove(&queue);
            }
        }
        Some(pull)
    }
}
