//! Consumer groups with their settings, as one broker knows them.
//!
//! A group need not be declared: unless that is switched off, its first use makes it with the default settings.
//!
//! **In RocketMQ**: `SubscriptionGroupManager`, `AdminBrokerProcessor` (behaviour §3.8).
//!
//! **Left out on purpose**: forbidding single topics to a group; attributes and retry policies, which POP uses.

use std::sync::Arc;

use super::Broker;
use crate::fact::Fact;
use crate::id::GroupName;
use crate::outbox::Outbox;
use crate::rpc::{GroupTable, RequestCode, Response, ResponseCode, SubscriptionGroupConfig};

impl Broker {
    /// The settings of a group, which its first use makes if that is allowed (`findSubscriptionGroupConfig`).
    pub(super) fn find_group(&mut self, group: &GroupName) -> Option<SubscriptionGroupConfig> {
        if !self.groups.contains_key(group) && self.config.auto_create_subscription_group {
            Arc::make_mut(&mut self.groups).insert(group.clone(), SubscriptionGroupConfig::default());
        }
        self.groups.get(group).cloned()
    }

    /// An operator creates or changes a group. A slave of V4 refuses.
    pub(super) fn update_group(
        &mut self,
        group: GroupName,
        config: SubscriptionGroupConfig,
        out: &mut Outbox,
    ) -> Response {
        let code = RequestCode::UpdateAndCreateSubscriptionGroup;
        if let Some(refusal) = self.refuse_on_slave(code) {
            return refusal;
        }
        Arc::make_mut(&mut self.groups).insert(group.clone(), config);
        out.note(Fact::GroupUpdated { group });
        Response::ok(code)
    }

    /// An operator deletes a group, with its offsets if wanted. A slave of V4 refuses.
    pub(super) fn delete_group(
        &mut self,
        group: GroupName,
        clean_offset: bool,
        out: &mut Outbox,
    ) -> Response {
        let code = RequestCode::DeleteSubscriptionGroup;
        if let Some(refusal) = self.refuse_on_slave(code) {
            return refusal;
        }
        if clean_offset {
            self.offsets.remove_group(&group);
            self.pull_offsets.remove_group(&group);
            self.reset_offsets.remove_group(&group);
        }
        if Arc::make_mut(&mut self.groups).remove(&group).is_some() {
            out.note(Fact::GroupDeleted { group });
        }
        Response::ok(code)
    }

    /// The answer of a V4 slave to what would make it differ from its master (`validateSlave`).
    fn refuse_on_slave(&self, code: RequestCode) -> Option<Response> {
        let remark = "Can't modify topic or subscription group from slave broker, please execute it from master broker.";
        let is_refused = self.is_slave() && !self.profile.is_v5();
        is_refused.then(|| Response::refused(code, ResponseCode::SystemError, remark))
    }

    /// Its consumer groups with their settings.
    pub const fn groups(&self) -> &GroupTable {
        &self.groups
    }
}
