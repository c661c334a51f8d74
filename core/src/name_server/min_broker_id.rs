//! The smallest id of a broker name: who is told when it changes (behaviour §1.3 step 8, §4.5).
//!
//! Brokers also ask by themselves each second; the notice makes them know at once.
//!
//! **In RocketMQ**: `RouteInfoManager.notifyMinBrokerIdChanged`, `chooseBrokerAddrsToNotify`.

use std::collections::BTreeMap;

use super::NameServer;
use crate::fact::{ActingFact, Fact};
use crate::id::{Address, BrokerId, BrokerName};
use crate::outbox::Outbox;
use crate::rpc::{ActingRequest, Request};
use crate::time::Instant;

impl NameServer {
    /// Whether slaves of the broker name may act for its master.
    pub(super) fn allows_acting(&self, broker_name: &BrokerName) -> bool {
        self.brokers.get(broker_name).is_some_and(|broker| broker.enable_acting_master)
    }

    /// Whether nobody of the broker name has a smaller id.
    pub(super) fn is_smallest(&self, broker_name: &BrokerName, broker_id: BrokerId) -> bool {
        let smallest = self.members(broker_name).and_then(|members| members.keys().next().copied());
        smallest == Some(broker_id)
    }

    fn members(&self, broker_name: &BrokerName) -> Option<&BTreeMap<BrokerId, Address>> {
        self.brokers.get(broker_name).map(|broker| &broker.broker_addrs)
    }

    /// Somebody with a smaller id than all before has registered: the others are told, whether or not they may act.
    pub(super) fn notify_newcomer(
        &mut self,
        now: Instant,
        broker_name: &BrokerName,
        ha_address: Address,
        out: &mut Outbox,
    ) {
        let others = self.members(broker_name).map_or(0, BTreeMap::len).saturating_sub(1);
        if others > 0 {
            self.notify(now, broker_name, None, Some(ha_address), out);
        }
    }

    /// The smallest has gone: those that are left are told, where they may act.
    pub(super) fn notify_loss(
        &mut self,
        now: Instant,
        broker_name: &BrokerName,
        offline: Address,
        out: &mut Outbox,
    ) {
        if self.allows_acting(broker_name) {
            self.notify(now, broker_name, Some(offline), None, out);
        }
    }

    fn notify(
        &mut self,
        now: Instant,
        broker_name: &BrokerName,
        offline_address: Option<Address>,
        ha_address: Option<Address>,
        out: &mut Outbox,
    ) {
        if !self.profile.is_v5() || !self.config.notify_min_broker_id_changed {
            return;
        }
        let Some(members) = self.members(broker_name) else { return };
        let Some((&min_broker_id, &min_broker_address)) = members.first_key_value() else { return };
        // Whoever has just come knows it.
        let skipped = usize::from(offline_address.is_none());
        let told: Vec<_> = members.values().skip(skipped).copied().collect();
        let request = ActingRequest::NotifyMinBrokerIdChange {
            min_broker_id,
            min_broker_address,
            offline_address,
            ha_address,
        };
        let broker_name = broker_name.clone();
        out.note(Fact::Acting(ActingFact::MinBrokerIdNotified {
            broker_name,
            min_broker_id,
            told: told.clone(),
        }));
        for address in told {
            self.remoting.invoke_one_way(now, address, Request::Acting(request), out);
        }
    }
}
