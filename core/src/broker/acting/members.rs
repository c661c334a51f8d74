//! Who shares the broker name: what each broker tells the name servers every second, and what it asks one of them.
//!
//! By default both use requests that name servers of V4 know too: a question for the data version as the sign of life,
//! and the route of a topic that every broker of the name registers as the list of the members.
//!
//! **In RocketMQ**: `BrokerController.sendHeartbeat`, `syncBrokerMemberGroup`, `BrokerOuterAPI`.

use std::collections::BTreeMap;

use super::{ASK_TIMEOUT, ActingPurpose};
use crate::broker::{Broker, Purpose};
use crate::id::{Address, BrokerId};
use crate::outbox::Outbox;
use crate::rpc::{NameServerAnswer, NameServerRequest, Request, Response, ResponseBody};
use crate::time::Instant;
use crate::timer::Timer;

/// A topic that every broker of the name registers, by whose route old name servers tell the members.
const SYNC_BROKER_MEMBER_GROUP_PREFIX: &str = "rmq_sys_SYNC_BROKER_MEMBER_";

impl Broker {
    pub(in crate::broker) fn send_heartbeat(&mut self, now: Instant, due: Instant, out: &mut Outbox) {
        out.set_timer(Timer::BrokerHeartbeat, due + self.config.broker_heartbeat_interval);
        if self.is_isolated() || !self.is_in_acting_mode() {
            return;
        }
        let (cluster, address) = (self.config.broker_cluster_name.clone(), self.address);
        let request = if self.config.compatible_with_old_name_srv {
            NameServerRequest::QueryDataVersion { cluster, address, data_version: self.data_version }
        } else {
            NameServerRequest::BrokerHeartbeat { cluster, address }
        };
        for name_server in self.name_servers.clone() {
            let request = Request::NameServer(request.clone());
            self.remoting.invoke_one_way(now, name_server, request, out);
        }
    }

    pub(in crate::broker) fn sync_broker_member_group(
        &mut self,
        now: Instant,
        due: Instant,
        out: &mut Outbox,
    ) {
        out.set_timer(Timer::SyncBrokerMemberGroup, due + self.config.sync_broker_member_group_period);
        if !self.acting.asks_members {
            self.acting.asks_members = true;
            self.ask_members(now, ActingPurpose::MemberGroup, out);
        }
    }

    /// Asks a name server who shares the broker name.
    pub(super) fn ask_members(&mut self, now: Instant, purpose: ActingPurpose, out: &mut Outbox) {
        let request = if self.config.compatible_with_old_name_srv {
            let topic = format!("{SYNC_BROKER_MEMBER_GROUP_PREFIX}{}", self.broker_name).into();
            Request::GetRouteInfoByTopic { topic }
        } else {
            let broker_name = self.broker_name.clone();
            Request::NameServer(NameServerRequest::GetBrokerMemberGroup { broker_name })
        };
        self.ask_name_server(now, request, purpose, out);
    }

    /// Asks the name server that was chosen; a failure makes the next one be chosen.
    pub(super) fn ask_name_server(
        &mut self,
        now: Instant,
        request: Request,
        purpose: ActingPurpose,
        out: &mut Outbox,
    ) {
        let count = self.name_servers.len().max(1);
        if let Some(name_server) = self.name_servers.get(self.acting.name_server % count).copied() {
            let purpose = Purpose::Acting(purpose);
            self.remoting.invoke(now, name_server, request, ASK_TIMEOUT, purpose, out);
        }
    }

    /// The members in an answer; nobody in a refusal.
    pub(super) fn members_in(&self, response: &Response) -> BTreeMap<BrokerId, Address> {
        match &response.body {
            ResponseBody::NameServer(NameServerAnswer::MemberGroup(members)) => members.clone(),
            ResponseBody::Route(route) => {
                let cluster = &self.config.broker_cluster_name;
                let mut datas = route.broker_datas.iter();
                let own = datas.find(|data| data.broker_name == self.broker_name && data.cluster == *cluster);
                own.map(|data| data.broker_addrs.clone()).unwrap_or_default()
            }
            _ => BTreeMap::new(),
        }
    }

    pub(super) const fn choose_next_name_server(&mut self) {
        self.acting.name_server = self.acting.name_server.wrapping_add(1);
    }

    pub(super) fn on_members(&mut self, now: Instant, response: &Response, out: &mut Outbox) {
        let members = self.members_in(response);
        let Some((&min_broker_id, &min_address)) = members.first_key_value() else {
            return;
        };
        let others = members.keys().filter(|id| **id != self.broker_id).count();
        self.acting.alive = u32::try_from(others + 1).ok();
        if !self.is_isolated() {
            let known = self.acting.min_broker;
            let offline = known.1.filter(|_| min_broker_id > known.0);
            self.update_min_broker(now, (min_broker_id, min_address), offline, None, out);
        }
    }
}
