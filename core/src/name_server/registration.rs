//! Registration: a broker says that it is there, and what topics it has (behaviour §1.3).
//!
//! A topic is taken over when the broker's data version differs from the one before, or when the broker is new. V5 also
//! takes a topic that it does not have from that broker. A version that stays the same keeps whatever an operator did
//! to the permissions here.
//!
//! **In RocketMQ**: `RouteInfoManager.registerBroker`.

use std::collections::BTreeMap;

use super::{BrokerAddrInfo, BrokerLiveInfo, NameServer};
use crate::fact::Fact;
use crate::id::{Address, BrokerId, BrokerName, ClusterName, ConnectionId, TopicName};
use crate::outbox::Outbox;
use crate::rpc::{
    BrokerData, DataVersion, Registration, RequestCode, Response, ResponseCode, TopicConfig, perm,
};
use crate::time::Instant;

const CODE: RequestCode = RequestCode::RegisterBroker;

impl NameServer {
    pub(super) fn register(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        registration: Registration,
        out: &mut Outbox,
    ) -> Response {
        let Registration { cluster, broker_name, broker_id, address, .. } = &registration;
        self.clusters.entry(cluster.clone()).or_default().insert(broker_name.clone());
        let broker = self.brokers.entry(broker_name.clone()).or_insert_with(|| BrokerData {
            cluster: cluster.clone(),
            broker_name: broker_name.clone(),
            broker_addrs: BTreeMap::new(),
            enable_acting_master: false,
        });
        let smallest_before = broker.broker_addrs.keys().next().copied();
        // A slave that has become the master leaves its old id.
        broker.broker_addrs.retain(|id, other| other != address || id == broker_id);
        let old_address = broker.broker_addrs.get(broker_id).copied();
        if self.profile.is_v5() {
            self.note_acting_master(&registration);
            if let Some(answer) = self.refusal(&registration, old_address) {
                return answer;
            }
        }
        let is_smaller = smallest_before.is_some_and(|smallest| *broker_id < smallest);
        let first = old_address.is_none();
        if let Some(broker) = self.brokers.get_mut(broker_name) {
            broker.broker_addrs.insert(*broker_id, *address);
        }
        self.take_topics(&registration, first);
        let key = self.live_key(cluster, *address);
        let key = key.unwrap_or_else(|| BrokerAddrInfo { cluster: cluster.clone(), address: *address });
        let heartbeat_timeout =
            registration.heartbeat_timeout.unwrap_or(self.config.broker_channel_expired_time);
        let live = BrokerLiveInfo {
            broker: (broker_name.clone(), *broker_id),
            last_update: now,
            heartbeat_timeout,
            data_version: registration.data_version,
            ha_address: registration.ha_address,
            connection,
        };
        self.live.insert(key, live);
        if first {
            out.note(Fact::BrokerRegistered {
                broker_name: broker_name.clone(),
                broker_id: *broker_id,
                address: *address,
            });
        }
        if is_smaller {
            self.notify_newcomer(now, broker_name, registration.ha_address, out);
        }
        Response::with(CODE, self.registered(self.master_for(&registration)))
    }

    fn note_acting_master(&mut self, registration: &Registration) {
        if let Some(broker) = self.brokers.get_mut(&registration.broker_name) {
            broker.enable_acting_master = registration.enable_acting_master == Some(true);
        }
    }

    /// What V5 does not take: another address for an id whose holder has a newer state, and a single topic of a broker
    /// that it does not know as a whole. The first is answered with success.
    fn refusal(&mut self, registration: &Registration, old_address: Option<Address>) -> Option<Response> {
        let Registration { cluster, address, data_version, .. } = registration;
        match old_address {
            Some(old) if old != *address => {
                let holder = self.live_key(cluster, old).and_then(|key| self.live.get(&key));
                if holder.is_some_and(|live| live.data_version.state_version > data_version.state_version) {
                    self.live.remove(&BrokerAddrInfo { cluster: cluster.clone(), address: *address });
                    return Some(Response::with(CODE, self.registered(None)));
                }
                None
            }
            None if registration.topics.len() == 1 => {
                Some(Response::refused(CODE, ResponseCode::SystemError, "register broker failed"))
            }
            _ => None,
        }
    }

    /// Topics come from masters, and in V5 from the slave with the smallest id while no master is there.
    fn take_topics(&mut self, registration: &Registration, first: bool) {
        let Registration { cluster, broker_name, broker_id, address, data_version, .. } = registration;
        let is_prime_slave = self.is_prime_slave(registration);
        if !broker_id.is_master() && !is_prime_slave {
            return;
        }
        if self.profile.is_v5() && self.config.delete_topic_with_broker_registration {
            self.delete_missing_topics(registration);
        }
        let everything = first || self.known_version(cluster, *address) != Some(*data_version);
        let is_read_only = is_prime_slave && self.allows_acting(broker_name);
        for (topic, config) in registration.topics.iter() {
            if everything || self.profile.is_v5() && !self.has_queues(topic, broker_name) {
                let perm = if is_read_only { config.perm & !perm::WRITE } else { config.perm };
                let config = TopicConfig { perm, ..config.clone() };
                self.topics.entry(topic.clone()).or_default().insert(broker_name.clone(), config);
            }
        }
    }

    fn is_prime_slave(&self, registration: &Registration) -> bool {
        let smallest = self
            .brokers
            .get(&registration.broker_name)
            .and_then(|broker| broker.broker_addrs.keys().next().copied());
        self.profile.is_v5()
            && registration.enable_acting_master.is_some()
            && !registration.broker_id.is_master()
            && smallest == Some(registration.broker_id)
    }

    fn has_queues(&self, topic: &TopicName, broker_name: &BrokerName) -> bool {
        self.topics.get(topic).is_some_and(|queues| queues.contains_key(broker_name))
    }

    fn delete_missing_topics(&mut self, registration: &Registration) {
        for (topic, queues) in &mut self.topics {
            if !registration.topics.contains_key(topic) {
                queues.remove(&registration.broker_name);
            }
        }
        self.topics.retain(|_, queues| !queues.is_empty());
    }

    /// The version that a broker had at its last registration.
    pub(super) fn known_version(&self, cluster: &ClusterName, address: Address) -> Option<DataVersion> {
        let key = self.live_key(cluster, address)?;
        self.live.get(&key).map(|live| live.data_version)
    }

    /// For a slave: where its master is, and where it replicates from.
    fn master_for(&self, registration: &Registration) -> Option<(Address, Address)> {
        if registration.broker_id.is_master() {
            return None;
        }
        let broker = self.brokers.get(&registration.broker_name)?;
        let master = *broker.broker_addrs.get(&BrokerId::MASTER)?;
        let key = self.live_key(&registration.cluster, master)?;
        self.live.get(&key).map(|live| (master, live.ha_address))
    }
}
