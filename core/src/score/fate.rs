//! Where messages ended: on a log that counts, on a disk that nobody reads, or nowhere.

use std::collections::{BTreeMap, BTreeSet};

use arcstr::ArcStr;

use crate::config::BrokerRole;
use crate::gather::Gather as _;
use crate::id::NodeId;
use crate::store::MessageStore;
use crate::view::{BrokerView, NodeStatus, View};
use crate::world::World;

/// The messages of all disks at one moment, by the producer's id.
pub(super) struct Fates<'a> {
    kept: BTreeSet<&'a ArcStr>,
    on: BTreeMap<&'a ArcStr, Vec<&'a NodeId>>,
}

impl<'a> Fates<'a> {
    pub(super) fn of(world: &'a World, view: &View) -> Self {
        let counting = counting(view);
        let mut fates = Self { kept: BTreeSet::new(), on: BTreeMap::new() };
        for (id, slot) in world.nodes() {
            if let Some(store) = slot.store() {
                fates.take_in(id, store, counting.contains(id));
            }
        }
        fates
    }

    fn take_in(&mut self, id: &'a NodeId, store: &'a MessageStore, counts: bool) {
        for stored in store.log().messages() {
            let Some(key) = stored.message.unique_key() else { continue };
            let brokers = self.on.entry(key).or_default();
            if brokers.last() != Some(&id) {
                brokers.push(id);
            }
            // A record whose place in the queue belongs to another one is not found by anybody who pulls.
            let entry = store.queue(&stored.message.topic, stored.queue_id);
            let entry = entry.and_then(|queue| queue.get(stored.queue_offset));
            if counts && entry.is_some_and(|entry| entry.commit_log_offset == stored.commit_log_offset) {
                self.kept.insert(key);
            }
        }
    }

    /// Whether a log that counts has the message in a queue.
    pub(super) fn is_kept(&self, key: &ArcStr) -> bool {
        self.kept.contains(key)
    }

    /// The brokers on whose disk the message lies.
    pub(super) fn disks_with(&self, key: &ArcStr) -> Vec<NodeId> {
        self.on.get(key).into_iter().flatten().map(|id| (*id).clone()).collect()
    }
}

/// The brokers whose logs count: of each name the masters that run; while none does, all of them, because what is on a
/// disk then is only out of reach.
fn counting(view: &View) -> BTreeSet<NodeId> {
    let runs = |broker: &BrokerView| matches!(broker.node.status, NodeStatus::Up | NodeStatus::Starting);
    let is_running_master = |broker: &BrokerView| runs(broker) && broker.role != BrokerRole::Slave;
    let has_master = |broker: &BrokerView| {
        view.brokers.iter().any(|it| it.broker_name == broker.broker_name && is_running_master(it))
    };
    let counts = |broker: &&BrokerView| is_running_master(broker) || !has_master(broker);
    view.brokers.iter().filter(counts).map(|broker| broker.node.id.clone()).gather()
}
