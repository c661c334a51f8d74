//! Registration at the name servers (behaviour §1.3, §0.3).
//!
//! **In RocketMQ**: `BrokerController.registerBrokerAll`, `BrokerOuterAPI`.
//! **Left out on purpose**: `forceRegister=false` with its question for the data version. Every name server's order
//! configuration counts, where RocketMQ looks at the first answer of a round only.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Broker, Purpose};
use crate::config::BrokerRole;
use crate::gather::Gather as _;
use crate::id::{Address, BrokerId, TopicName};
use crate::outbox::Outbox;
use crate::rpc::{Registration, Request, Response, ResponseBody, TopicConfig, TopicTable, perm};
use crate::time::{Duration, Instant};

/// Wait before the first periodic registration; the very first comes at the start.
pub(super) const FIRST_PERIODIC: Duration = Duration::from_secs(10);
/// The period is never shorter.
pub(super) const SHORTEST_PERIOD: Duration = Duration::from_secs(10);
/// The period is never longer.
pub(super) const LONGEST_PERIOD: Duration = Duration::from_secs(60);

impl Broker {
    /// Registers at every name server: everything, or only the topic that changed.
    pub(super) fn register_all(&mut self, now: Instant, changed: Option<&TopicName>, out: &mut Outbox) {
        // A broker in controller mode is announced only once it is master or slave.
        if self.is_stopping || !self.may_register() || self.broker_id == BrokerId::NONE {
            return;
        }
        let registration = Registration {
            cluster: self.config.broker_cluster_name.clone(),
            broker_name: self.broker_name.clone(),
            broker_id: self.broker_id,
            address: self.address,
            ha_address: self.ha_address,
            topics: self.announced_topics(changed),
            data_version: self.data_version,
            heartbeat_timeout: self.is_in_acting_mode().then_some(self.config.broker_not_active_timeout),
            enable_acting_master: self.profile.is_v5().then_some(self.is_in_acting_mode()),
        };
        for name_server in self.name_servers.clone() {
            let request = Request::RegisterBroker(registration.clone());
            let timeout = self.config.register_broker_timeout;
            let purpose = Purpose::Register(name_server);
            self.remoting.invoke(now, name_server, request, timeout, purpose, out);
        }
    }

    /// The topics with the permissions that `brokerPermission` leaves (behaviour §3.8).
    fn announced_topics(&self, changed: Option<&TopicName>) -> TopicTable {
        let permission = self.config.broker_permission;
        if changed.is_none() && permission == perm::READ | perm::WRITE {
            return self.topics.clone();
        }
        let announce = |config: &TopicConfig| {
            let perm = match permission {
                6 => config.perm,
                _ if self.profile.is_v5() => config.perm & permission,
                _ => permission,
            };
            TopicConfig { perm, ..config.clone() }
        };
        let is_wanted = |topic: &TopicName| changed.is_none_or(|changed| changed == topic);
        let topics: BTreeMap<_, _> = self
            .topics
            .iter()
            .filter(|(topic, _)| is_wanted(topic))
            .map(|(topic, config)| (topic.clone(), announce(config)))
            .gather();
        Arc::new(topics)
    }

    pub(super) fn unregister_all(&mut self, now: Instant, out: &mut Outbox) {
        for name_server in self.name_servers.clone() {
            let request = Request::UnregisterBroker {
                cluster: self.config.broker_cluster_name.clone(),
                broker_name: self.broker_name.clone(),
                broker_id: self.broker_id,
                address: self.address,
            };
            let timeout = self.config.register_broker_timeout;
            self.remoting.invoke(now, name_server, request, timeout, Purpose::Unregister, out);
        }
    }

    /// A name server has answered the registration; a slave learns where its master is.
    pub(super) fn on_registered(
        &mut self,
        now: Instant,
        name_server: Address,
        response: Response,
        out: &mut Outbox,
    ) {
        let ResponseBody::Registered { master_address, ha_address, order_topics } = response.body else {
            // The name server refused it.
            return;
        };
        self.registered.insert(name_server, now);
        if let Some(order_topics) = order_topics {
            self.update_order_topics(now, &order_topics);
        }
        self.note_sync_master(master_address);
        if self.dledger().is_some() {
            // The log comes from the leader by itself; only the rest is copied from the master.
            if self.config.broker_role == BrokerRole::Slave {
                self.replica.copy_from(master_address.zip(ha_address));
            }
        } else if self.config.broker_role == BrokerRole::Slave
            && let (Some(master), Some(ha)) = (master_address, ha_address)
        {
            self.learn_master(now, master, ha, out);
        }
    }
}
