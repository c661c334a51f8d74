//! How a broker disappears: it says so, its connection ends, or a scan finds it silent (behaviour §1.4).
//!
//! V5 has a queue in between, from which one thread takes all that waits and removes it in one go; here that happens at
//! the end of the step in which it was put in. V4 removes one by one.
//!
//! **In RocketMQ**: `BatchUnregistrationService`, `RouteInfoManager.unRegisterBroker`, `onChannelDestroy`,
//! `scanNotActiveBroker`.

use std::collections::{BTreeMap, BTreeSet};

use super::{BrokerAddrInfo, NameServer};
use crate::fact::{Fact, RemovalReason};
use crate::id::{Address, BrokerId, BrokerName, ClusterName, ConnectionId};
use crate::outbox::Outbox;
use crate::rpc::{BrokerData, perm};
use crate::time::Instant;

/// A removal, kept for people to look at.
#[derive(Clone, Debug)]
pub struct Removal {
    /// Which broker.
    pub broker: (BrokerName, BrokerId),
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: RemovalReason,
}

/// Removals that are kept.
const REMOVALS_KEPT: usize = 8;

/// A broker that is to be removed (`UnRegisterBrokerRequestHeader`).
#[derive(Clone, Debug)]
pub(super) struct Unregistration {
    pub(super) cluster: ClusterName,
    pub(super) broker_name: BrokerName,
    pub(super) broker_id: BrokerId,
    pub(super) address: Address,
    pub(super) reason: RemovalReason,
}

impl NameServer {
    /// Drops brokers whose last registration is too old, and closes their connections.
    pub(super) fn scan_not_active_brokers(&mut self, now: Instant, out: &mut Outbox) {
        let silent: Vec<_> = self
            .live
            .iter()
            .filter(|(_, live)| live.last_update + live.heartbeat_timeout < now)
            .map(|(info, live)| (info.clone(), live.connection))
            .collect();
        for (info, connection) in silent {
            if self.channels.remove(connection).is_some() {
                out.close(connection);
            }
            self.remove_live(now, &info, RemovalReason::Expired, out);
        }
    }

    /// A connection has ended; when it was a broker's, the broker goes with it.
    pub(super) fn on_channel_destroy(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        reason: RemovalReason,
        out: &mut Outbox,
    ) {
        let found = self.live.iter().find(|(_, live)| live.connection == connection);
        if let Some(info) = found.map(|(info, _)| info.clone()) {
            self.remove_live(now, &info, reason, out);
        }
    }

    /// V5 removes only what the address table still names: a broker whose place another one has taken stays in
    /// `brokerLiveTable` for good.
    fn remove_live(&mut self, now: Instant, info: &BrokerAddrInfo, reason: RemovalReason, out: &mut Outbox) {
        let in_table = self
            .brokers
            .values()
            .filter(|broker| !self.profile.is_v5() || broker.cluster == info.cluster)
            .find_map(|broker| {
                let id = broker.broker_addrs.iter().find(|(_, address)| **address == info.address)?.0;
                Some((broker.broker_name.clone(), *id))
            });
        let registered = || self.live.get(info).map(|live| live.broker.clone());
        let broker = if self.profile.is_v5() { in_table } else { in_table.or_else(registered) };
        if let Some((broker_name, broker_id)) = broker {
            let BrokerAddrInfo { cluster, address } = info.clone();
            self.submit(now, Unregistration { cluster, broker_name, broker_id, address, reason }, out);
        }
    }

    /// Puts a removal into the queue of V5; false when there is no room. V4 carries it out.
    pub(super) fn submit(&mut self, now: Instant, request: Unregistration, out: &mut Outbox) -> bool {
        let capacity = self.config.unregister_broker_queue_capacity as usize;
        if self.profile.is_v5() && self.unregistrations.len() >= capacity {
            return false;
        }
        self.unregistrations.push(request);
        if !self.profile.is_v5() {
            self.remove_batch(now, out);
        }
        true
    }

    /// Removes all that waits: addresses first, then the topics of broker names that have none left.
    pub(super) fn remove_batch(&mut self, now: Instant, out: &mut Outbox) {
        let requests = std::mem::take(&mut self.unregistrations);
        let (mut removed, mut reduced) = (BTreeSet::new(), BTreeSet::new());
        let mut offline = BTreeMap::new();
        for request in requests {
            if self.is_smallest(&request.broker_name, request.broker_id) {
                offline.insert(request.broker_name.clone(), request.address);
            }
            let is_gone = self.remove_address(now, &request, out);
            if is_gone { &mut removed } else { &mut reduced }.insert(request.broker_name);
        }
        if removed.is_empty() && reduced.is_empty() {
            return;
        }
        for queues in self.topics.values_mut() {
            queues.retain(|broker_name, _| !removed.contains(broker_name));
        }
        self.topics.retain(|_, queues| !queues.is_empty());
        for broker_name in reduced {
            self.wipe_without_master(&broker_name);
        }
        for (broker_name, address) in offline {
            self.notify_loss(now, &broker_name, address, out);
        }
    }

    /// Takes one address away; true when it was the last of its broker name.
    fn remove_address(&mut self, now: Instant, request: &Unregistration, out: &mut Outbox) -> bool {
        let Unregistration { cluster, broker_name, broker_id, address, reason } = request;
        let live = self.live_key(cluster, *address).and_then(|key| self.live.remove(&key));
        let by_id = !self.profile.is_v5() && *reason == RemovalReason::Unregistered;
        let (mut was_known, mut is_gone) = (live.is_some(), false);
        if let Some(broker) = self.brokers.get_mut(broker_name) {
            let before = broker.broker_addrs.len();
            broker.broker_addrs.retain(|id, other| if by_id { id != broker_id } else { other != address });
            was_known |= broker.broker_addrs.len() < before;
            is_gone = broker.broker_addrs.is_empty();
        }
        if is_gone {
            self.remove_name(cluster, broker_name);
        }
        if was_known {
            let (broker_name, broker_id, address, reason) =
                (broker_name.clone(), *broker_id, *address, *reason);
            self.removals.push(Removal { broker: (broker_name.clone(), broker_id), at: now, reason });
            if self.removals.len() > REMOVALS_KEPT {
                self.removals.remove(0);
            }
            out.note(Fact::BrokerRemoved { broker_name, broker_id, address, reason });
        }
        is_gone
    }

    /// Forgets a broker name, in the cluster that the request named only.
    fn remove_name(&mut self, cluster: &ClusterName, broker_name: &BrokerName) {
        self.brokers.remove(broker_name);
        if let Some(names) = self.clusters.get_mut(cluster) {
            names.remove(broker_name);
            if names.is_empty() {
                self.clusters.remove(cluster);
            }
        }
    }

    /// Where slaves may act for a master that is gone, nothing can be written until one does.
    fn wipe_without_master(&mut self, broker_name: &BrokerName) {
        let has_master = |broker: &BrokerData| broker.broker_addrs.contains_key(&BrokerId::MASTER);
        if !self.allows_acting(broker_name) || self.brokers.get(broker_name).is_some_and(has_master) {
            return;
        }
        for config in self.topics.values_mut().filter_map(|queues| queues.get_mut(broker_name)) {
            config.perm &= !perm::WRITE;
        }
    }
}
