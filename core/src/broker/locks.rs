//! Which orderly consumer has which queue to itself.
//!
//! A lock belongs to a client id and lives 60 s from its last renewal. Nothing else ends it: a connection that closes
//! releases nothing, so after a crash the queues stay silent until their locks expire. Locks are kept in memory only.
//!
//! **In RocketMQ**: `RebalanceLockManager`, `AdminBrokerProcessor.lockBatchMQ` (behaviour §3.12, §5.9).
//!
//! **Left out on purpose**: asking the other replicas (`lockInStrictMode`, off by default).

use std::collections::{BTreeMap, BTreeSet};

use super::Broker;
use crate::fact::Fact;
use crate::id::{ClientId, GroupName};
use crate::outbox::Outbox;
use crate::rpc::{MessageQueueOnBroker, RequestCode, Response, ResponseBody, message_queue};
use crate::time::{Duration, Instant};

/// The lock of one queue (`LockEntry`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockEntry {
    /// Whose it is.
    pub client_id: ClientId,
    /// When it was last renewed.
    pub last_update: Instant,
}

/// The locks of one broker.
#[derive(Clone, Debug)]
pub struct RebalanceLockManager {
    max_live_time: Duration,
    locks: BTreeMap<GroupName, BTreeMap<MessageQueueOnBroker, LockEntry>>,
}

impl RebalanceLockManager {
    /// No locks; one that is not renewed for longer than `max_live_time` is free.
    pub const fn new(max_live_time: Duration) -> Self {
        Self { max_live_time, locks: BTreeMap::new() }
    }

    fn is_expired(&self, now: Instant, lock: &LockEntry) -> bool {
        now.since(lock.last_update) > self.max_live_time
    }

    /// Locks a queue, or renews its lock. Returns who held it validly before; it is locked now unless that is
    /// somebody else.
    pub fn try_lock(
        &mut self,
        now: Instant,
        group: &GroupName,
        queue: &MessageQueueOnBroker,
        client_id: &ClientId,
    ) -> Option<ClientId> {
        let old = self.locks.get(group).and_then(|locks| locks.get(queue));
        let holder = old.filter(|lock| !self.is_expired(now, lock)).map(|lock| lock.client_id.clone());
        if holder.as_ref().is_none_or(|holder| holder == client_id) {
            let lock = LockEntry { client_id: client_id.clone(), last_update: now };
            self.locks.entry(group.clone()).or_default().insert(queue.clone(), lock);
        }
        holder
    }

    /// Gives a queue back; false when it was not this client's.
    pub fn unlock(&mut self, group: &GroupName, queue: &MessageQueueOnBroker, client_id: &ClientId) -> bool {
        let Some(locks) = self.locks.get_mut(group) else {
            return false;
        };
        let is_own = locks.get(queue).is_some_and(|lock| lock.client_id == *client_id);
        is_own && locks.remove(queue).is_some()
    }

    /// Whether no member of the group holds a valid lock.
    pub fn is_lock_all_expired(&self, now: Instant, group: &GroupName) -> bool {
        self.locks.get(group).is_none_or(|locks| locks.values().all(|lock| self.is_expired(now, lock)))
    }

    /// For how long a lock lives that is not renewed.
    pub const fn max_live_time(&self) -> Duration {
        self.max_live_time
    }

    /// All locks, expired ones too.
    pub fn iter(&self) -> impl Iterator<Item = (&GroupName, &MessageQueueOnBroker, &LockEntry)> {
        self.locks
            .iter()
            .flat_map(|(group, locks)| locks.iter().map(move |(queue, lock)| (group, queue, lock)))
    }
}

impl Broker {
    /// An orderly consumer wants queues; it gets those that nobody else holds.
    pub(super) fn on_lock(
        &mut self,
        now: Instant,
        group: &GroupName,
        client_id: &ClientId,
        queues: BTreeSet<MessageQueueOnBroker>,
        out: &mut Outbox,
    ) -> Response {
        let mut locked = BTreeSet::new();
        for queue in queues {
            let at = message_queue(&queue.0, &self.broker_name, queue.1.0);
            let (group, client_id) = (group.clone(), client_id.clone());
            match self.locks.try_lock(now, &group, &queue, &client_id) {
                Some(holder) if holder != client_id => {
                    out.note(Fact::LockRefused { group, queue: at, client_id, holder });
                    continue;
                }
                Some(_) => {}
                None => out.note(Fact::QueueLocked { group, queue: at, client_id }),
            }
            locked.insert(queue);
        }
        Response::with(RequestCode::LockBatchMq, ResponseBody::LockedQueues(locked))
    }

    /// An orderly consumer gives queues back.
    pub(super) fn on_unlock(
        &mut self,
        group: &GroupName,
        client_id: &ClientId,
        queues: BTreeSet<MessageQueueOnBroker>,
        out: &mut Outbox,
    ) {
        for queue in queues {
            if self.locks.unlock(group, &queue, client_id) {
                let queue = message_queue(&queue.0, &self.broker_name, queue.1.0);
                out.note(Fact::QueueUnlocked { group: group.clone(), queue, client_id: client_id.clone() });
            }
        }
    }

    /// The locks of orderly consumers.
    pub const fn locks(&self) -> &RebalanceLockManager {
        &self.locks
    }
}
