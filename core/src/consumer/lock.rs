//! The locks of an orderly consumer: getting, renewing and giving back.
//!
//! Locks are asked for when a queue is taken, renewed for all queues every 20 s, and given back when a queue is given
//! up. A queue whose listener is at work cannot be given back: the division waits for it a moment and otherwise tries
//! again in the next one. V4 gives a queue with unfinished messages back only 20 s later.
//!
//! **In RocketMQ**: `RebalanceImpl.lock`, `lockAll`, `unlock`, `unlockAll`;
//! `RebalancePushImpl.removeUnnecessaryMessageQueue` (behaviour §5.9).
//!
//! **Left out on purpose**: renewals at several brokers go out together rather than one after the other.

use std::collections::BTreeMap;

use super::concurrently::Later;
use super::{Consumer, HoldId, Purpose};
use crate::client_instance;
use crate::fact::{DropReason, Fact};
use crate::gather::Gather as _;
use crate::id::{Address, BrokerId, MessageQueue};
use crate::outbox::Outbox;
use crate::remoting::Failure;
use crate::rpc::{Request, Response, ResponseBody};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// How long a broker may take to lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);
/// Wait before the locks are renewed for the first time.
pub(super) const FIRST_LOCK: Duration = Duration::from_secs(1);
/// A queue whose lock was got, or was not, is consumed again after this long.
const LOCKED: Duration = Duration::from_millis(10);
const NOT_LOCKED: Duration = Duration::from_secs(3);

/// The queues that a broker's answer to a lock request names.
fn locked_queues(
    result: Result<Response, Failure>,
) -> Option<Vec<(crate::id::TopicName, crate::id::QueueId)>> {
    match result {
        Ok(Response { body: ResponseBody::LockedQueues(queues), .. }) => Some(queues.into_iter().collect()),
        _ => None,
    }
}

impl Consumer {
    /// Whether queues need locks: in order, and not when everybody takes everything.
    pub(super) fn needs_locks(&self) -> bool {
        self.spec.orderly && !self.is_broadcasting()
    }

    fn lock_request(&self, queues: &[MessageQueue]) -> Request {
        Request::LockBatchMq {
            group: self.spec.client.group.clone(),
            client_id: self.client.client_id.clone(),
            queues: queues.iter().map(|queue| (queue.topic.clone(), queue.queue_id)).gather(),
        }
    }

    /// Asks for the lock of a queue; false when its broker has no master.
    pub(super) fn ask_lock(
        &mut self,
        now: Instant,
        queue: &MessageQueue,
        purpose: Purpose,
        out: &mut Outbox,
    ) -> bool {
        let Some(address) = self.client.broker_address(&queue.broker_name, BrokerId::MASTER) else {
            return false;
        };
        let request = self.lock_request(std::slice::from_ref(queue));
        let purpose = client_instance::Purpose::Own(purpose);
        self.client.remoting.invoke(now, address, request, LOCK_TIMEOUT, purpose, out);
        true
    }

    /// Notes the answer for one queue; true when it is locked.
    pub(super) fn note_lock(
        &mut self,
        now: Instant,
        queue: &MessageQueue,
        result: Result<Response, Failure>,
    ) -> bool {
        let locked = locked_queues(result).unwrap_or_default();
        let is_locked = locked.contains(&(queue.topic.clone(), queue.queue_id));
        if let Some(assigned) = self.queues.get_mut(queue).filter(|_| is_locked) {
            assigned.process_queue.lock(now);
        }
        is_locked
    }

    /// A run that has no lock tries to get one (`tryLockLaterAndReconsume`).
    pub(super) fn lock_one(&mut self, now: Instant, queue: MessageQueue, hold: HoldId, out: &mut Outbox) {
        if !self.queues.get(&queue).is_some_and(|assigned| assigned.is(hold)) {
            return;
        }
        if !self.ask_lock(now, &queue, Purpose::LockOne(queue.clone(), hold), out) {
            self.consume_later(now + NOT_LOCKED, Later::Run(queue, hold), out);
        }
    }

    pub(super) fn on_lock_one(
        &mut self,
        now: Instant,
        queue: MessageQueue,
        hold: HoldId,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        let pause = if self.note_lock(now, &queue, result) { LOCKED } else { NOT_LOCKED };
        self.consume_later(now + pause, Later::Run(queue, hold), out);
    }

    /// The queues in the table by the master that they are locked at. V4 also counts those given up.
    fn queues_by_master(&self) -> BTreeMap<Address, Vec<MessageQueue>> {
        let counts_dropped = !self.client.profile.is_v5();
        let mut by_master: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (queue, assigned) in &self.queues {
            let master = self.client.broker_address(&queue.broker_name, BrokerId::MASTER);
            if let Some(master) = master.filter(|_| counts_dropped || !assigned.dropped) {
                by_master.entry(master).or_default().push(queue.clone());
            }
        }
        by_master
    }

    /// Renews all locks.
    pub(super) fn lock_all(&mut self, now: Instant, due: Instant, out: &mut Outbox) {
        out.set_timer(Timer::LockMq, due + self.client.config.rebalance_lock_interval);
        for (master, queues) in self.queues_by_master() {
            let request = self.lock_request(&queues);
            let purpose = client_instance::Purpose::Own(Purpose::LockAll(queues));
            self.client.remoting.invoke(now, master, request, LOCK_TIMEOUT, purpose, out);
        }
    }

    /// A broker has renewed the locks of these queues, but for those that it does not name. No answer changes nothing.
    pub(super) fn on_lock_all(
        &mut self,
        now: Instant,
        queues: Vec<MessageQueue>,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        let Some(locked) = locked_queues(result) else {
            return;
        };
        for queue in queues {
            let Some(assigned) = self.queues.get_mut(&queue) else {
                continue;
            };
            if locked.contains(&(queue.topic.clone(), queue.queue_id)) {
                assigned.process_queue.lock(now);
            } else if assigned.is_locked() {
                assigned.process_queue.unlock();
                out.note(Fact::LockLost { queue });
            }
        }
    }

    fn unlock(&mut self, now: Instant, queue: &MessageQueue, out: &mut Outbox) {
        if let Some(master) = self.client.broker_address(&queue.broker_name, BrokerId::MASTER) {
            let request = self.unlock_request([queue]);
            self.client.remoting.invoke_one_way(now, master, request, out);
        }
    }

    fn unlock_request<'a>(&self, queues: impl IntoIterator<Item = &'a MessageQueue>) -> Request {
        Request::UnlockBatchMq {
            group: self.spec.client.group.clone(),
            client_id: self.client.client_id.clone(),
            queues: queues.into_iter().map(|queue| (queue.topic.clone(), queue.queue_id)).gather(),
        }
    }

    /// A consumer that stops gives all locks back at once, whatever its listener does.
    pub(super) fn unlock_all(&mut self, now: Instant, out: &mut Outbox) {
        for (master, queues) in self.queues_by_master() {
            let request = self.unlock_request(&queues);
            let purpose = client_instance::Purpose::Own(Purpose::Unlock);
            self.client.remoting.invoke(now, master, request, LOCK_TIMEOUT, purpose, out);
        }
    }

    /// Some queues have stayed locked for long enough after they were given up (V4).
    pub(super) fn unlock_due(&mut self, now: Instant, out: &mut Outbox) {
        let delayed = std::mem::take(&mut self.unlock_delays);
        let (due, delayed): (Vec<_>, Vec<_>) = delayed.into_iter().partition(|(at, _)| *at <= now);
        self.unlock_delays = delayed;
        for (_, queue) in due {
            self.unlock(now, &queue, out);
        }
        self.arm_unlock(out);
    }

    fn arm_unlock(&self, out: &mut Outbox) {
        if let Some(at) = self.unlock_delays.iter().map(|(at, _)| *at).min() {
            out.set_timer(Timer::UnlockDelay, at);
        }
    }

    /// Marks a queue as given up: nothing of it is pulled or consumed any more.
    pub(super) fn drop_queue(&mut self, queue: &MessageQueue, reason: DropReason, out: &mut Outbox) {
        if let Some(assigned) = self.queues.get_mut(queue)
            && !std::mem::replace(&mut assigned.dropped, true)
        {
            assigned.pull_at = None;
            out.note(Fact::QueueDropped { queue: queue.clone(), reason });
        }
    }

    /// Commits an orderly queue that was given up, unlocks it and takes it out of the table; false when the listener
    /// is at work on it, which V5 overrides 20 s after the lock was last renewed.
    pub(super) fn release(&mut self, now: Instant, queue: &MessageQueue, out: &mut Outbox) -> bool {
        let delay = self.client.config.unlock_delay_time;
        let is_v5 = self.client.profile.is_v5();
        let Some(assigned) = self.queues.get(queue) else {
            return true;
        };
        let is_forced = is_v5 && now > assigned.last_lock() + delay;
        let has_waiting = assigned.process_queue.has_waiting();
        self.persist(now, queue, out);
        if !is_v5 {
            self.offsets.remove(queue);
        }
        if self.listener.is_in_call(queue) && !is_forced {
            return false;
        }
        self.offsets.remove(queue);
        self.queues.remove(queue);
        if has_waiting && !is_v5 {
            self.unlock_delays.push((now + delay, queue.clone()));
            self.arm_unlock(out);
        } else {
            self.unlock(now, queue, out);
        }
        true
    }
}
