//! What a slave that acts does instead of storing: it sends what it revives to another master of the cluster.
//!
//! One message after another, within 3 s each; the service waits meanwhile. Whatever comes of it, the check point is
//! through with. RocketMQ would write a check point again for what was not stored, and takes even a success for a failure,
//! since it comes without a place in a log; but the check point goes to the slave's own store, which refuses. So what no
//! other master takes is not seen again by the group, unless the master that returns revives it.
//!
//! What it hands out itself leaves check points and acknowledgements, which go the same way.
//!
//! **In RocketMQ**: `PopReviveService.reviveRetry`, `rePutCK`, `EscapeBridge.putMessageToSpecificQueue`.
//!
//! **Left out on purpose**: the rest of a check point whose service is stopped in the middle of it; that a pop is answered
//! only when its check point has been taken.
//!
//! **Invariants**: of each queue of the revive topic one message is under way at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{CheckPoint, MergeKey, State, revive_group};
use crate::broker::Broker;
use crate::broker::acting::{Escape, EscapeOrigin};
use crate::id::{CommitLogOffset, QueueId, QueueOffset};
use crate::message::{Message, StoredMessage};
use crate::outbox::Outbox;
use crate::time::Instant;
use crate::timer::Timer;

/// The check points of a round.
#[derive(Clone, Debug)]
pub(super) struct Round {
    /// The last one that is through with.
    done: Option<QueueOffset>,
    /// Those that come, with the acknowledged bits.
    points: VecDeque<(QueueOffset, CheckPoint, u64)>,
    /// The one that is at work, and what is still to go of it.
    at_work: Option<(QueueOffset, CheckPoint, VecDeque<QueueOffset>)>,
    /// The message that is under way.
    under_way: Option<u64>,
}

impl Round {
    pub(super) fn new(done: Option<QueueOffset>, points: Vec<(QueueOffset, CheckPoint, u64)>) -> Self {
        Self { done, points: points.into(), at_work: None, under_way: None }
    }
}

impl Broker {
    /// Goes on until something is under way, or the round is over.
    pub(super) fn revive_elsewhere(&mut self, now: Instant, queue: u32, out: &mut Outbox) {
        while let Some(mut round) = self.round_of(queue).cloned() {
            if let Some((offset, point, places)) = &mut round.at_work {
                if let Some(place) = places.pop_front() {
                    let point = point.clone();
                    if self.revive_one_elsewhere(now, queue, (&point, place), round, out) {
                        return;
                    }
                    continue;
                }
                self.pop.outstanding.remove(&point.key());
                round.done = Some(*offset);
                round.at_work = None;
                self.commit_revived(queue, round.done, out);
            } else if let Some((offset, point, bits)) = round.points.pop_front() {
                let places = self.unacknowledged(&point, bits).into();
                round.at_work = Some((offset, point, places));
            } else {
                return self.end_elsewhere(now, queue, round.done, out);
            }
            self.keep_round(queue, round);
        }
    }

    fn round_of(&self, queue: u32) -> Option<&Round> {
        match &self.pop.revive.get(queue as usize)?.state {
            State::Elsewhere(round) => Some(round),
            _ => None,
        }
    }

    fn keep_round(&mut self, queue: u32, round: Round) {
        if let Some(service) = self.pop.revive.get_mut(queue as usize) {
            service.state = State::Elsewhere(round);
        }
    }

    /// True when the round has to wait for what comes of it, or went on already.
    fn revive_one_elsewhere(
        &mut self,
        now: Instant,
        queue: u32,
        (point, place): (&CheckPoint, QueueOffset),
        mut round: Round,
        out: &mut Outbox,
    ) -> bool {
        if point.broker_name != self.broker_name {
            self.keep_round(queue, round);
            self.revive_message(now, queue, point, place, out);
            return false;
        }
        let Some(stored) = self.store.message_at(&point.topic, point.queue_id, place) else {
            // Expired: it is gone for good.
            self.keep_round(queue, round);
            return false;
        };
        let number = self.next_escape();
        round.under_way = Some(number);
        self.keep_round(queue, round);
        self.escape_retry(now, number, point, stored, out)
    }

    pub(super) const fn next_escape(&mut self) -> u64 {
        self.pop.escapes += 1;
        self.pop.escapes
    }

    /// Sends a revived message away; false when it is clear at once that nobody takes it.
    pub(super) fn escape_retry(
        &mut self,
        now: Instant,
        number: u64,
        point: &CheckPoint,
        stored: Arc<StoredMessage>,
        out: &mut Outbox,
    ) -> bool {
        let origin = EscapeOrigin::Revive(number);
        let message = self.retry_message(now, point, &stored, out);
        let sys_flag = stored.sys_flag;
        let escape = Escape::new(stored, message, sys_flag).once_more();
        let is_under_way = self.escape(now, origin, escape, out);
        if !is_under_way {
            self.acting.escape.settle(origin);
        }
        is_under_way
    }

    /// Something came of a message that was sent away.
    pub(in crate::broker) fn revived_escaped(&mut self, now: Instant, number: u64, out: &mut Outbox) {
        self.acting.escape.settle(EscapeOrigin::Revive(number));
        let queues = 0..u32::try_from(self.pop.revive.len()).unwrap_or(0);
        let waits = |queue: &u32| self.round_of(*queue).is_some_and(|round| round.under_way == Some(number));
        if let Some(queue) = queues.into_iter().find(waits) {
            self.revive_elsewhere(now, queue, out);
        }
    }

    /// A check point or an acknowledgement of what a slave that acts has handed out goes to another master; false when it
    /// is clear at once that nobody takes it.
    pub(in crate::broker::pop) fn put_elsewhere(
        &mut self,
        now: Instant,
        message: Message,
        queue_id: QueueId,
        check_point: Option<MergeKey>,
        out: &mut Outbox,
    ) -> bool {
        let number = self.next_escape();
        let waiting = StoredMessage {
            message: message.clone(),
            queue_id,
            queue_offset: QueueOffset(0),
            commit_log_offset: CommitLogOffset(0),
            sys_flag: 0,
            born_at: now,
            born_host: self.address,
            stored_at: now,
            store_host: self.address,
            reconsume_times: 0,
            prepared_transaction_offset: CommitLogOffset(0),
            properties_length: 0,
        };
        self.pop.escaping.extend(check_point.map(|key| (number, key)));
        self.escape(now, EscapeOrigin::Pop(number), Escape::new(Arc::new(waiting), message, 0), out)
    }

    /// Something came of a check point or an acknowledgement.
    pub(in crate::broker) fn pop_escaped(
        &mut self,
        now: Instant,
        number: u64,
        is_stored: bool,
        out: &mut Outbox,
    ) {
        if let Some(key) = self.pop.escaping.remove(&number).filter(|_| !is_stored) {
            self.check_point_did_not_escape(now, &key, out);
        }
    }

    fn commit_revived(&mut self, queue: u32, done: Option<QueueOffset>, out: &mut Outbox) {
        if let Some(done) = done {
            let topic = self.revive_topic();
            self.commit_offset(revive_group(), topic, QueueId(queue), done, out);
        }
    }

    fn end_elsewhere(&mut self, now: Instant, queue: u32, done: Option<QueueOffset>, out: &mut Outbox) {
        let Some(service) = self.pop.revive.get_mut(queue as usize) else {
            return;
        };
        (service.offset, service.slow, service.state) = (done, 1, State::Waiting);
        service.at = now + self.config.revive_interval;
        out.cancel_timer(Timer::PopRevive(queue));
        self.arm_revive(queue, out);
    }
}
