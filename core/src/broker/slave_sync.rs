//! What a slave copies besides the log: topics, group offsets, how far delayed messages are delivered, and groups.
//!
//! V4 copies every 10 s. V5 looks every 3 s but copies only when the last copy is more than 60 s old, counted from
//! the start of the process: in its first minute a slave knows no topic, and refuses to serve it (behaviour §4.3).
//!
//! **In RocketMQ**: `SlaveSynchronize`; `DLedgerRoleChangeHandler.handleSlaveSynchronize`.

use super::{Broker, Purpose};
use crate::config::Profile;
use crate::fact::Fact;
use crate::outbox::Outbox;
use crate::rpc::{Request, Response, ResponseBody};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// V5 copies when the last copy is older.
const V5_INTERVAL: Duration = Duration::from_secs(60);
/// The same of V5 where masters are elected, by DLedger or a controller.
const ELECTED_INTERVAL: Duration = Duration::from_secs(10);

/// Wait before the first look.
pub(super) const fn first_run(profile: Profile) -> Duration {
    Duration::from_secs(if profile.is_v5() { 10 } else { 3 })
}

const fn period(profile: Profile) -> Duration {
    Duration::from_secs(if profile.is_v5() { 3 } else { 10 })
}

impl Broker {
    pub(super) fn slave_synchronize(&mut self, now: Instant, due: Instant, out: &mut Outbox) {
        out.set_timer(Timer::SlaveSynchronize, due + period(self.profile));
        self.copy_tables(now, out);
        self.sync_timer_check_point(now, out);
    }

    fn copy_tables(&mut self, now: Instant, out: &mut Outbox) {
        if self.profile.is_v5() {
            let last = self.replica.last_copy.unwrap_or(self.started_at);
            let interval = if self.is_elected() { ELECTED_INTERVAL } else { V5_INTERVAL };
            if now.since(last) <= interval {
                return;
            }
            self.replica.last_copy = Some(now);
        }
        let told = self.controller.as_ref().and_then(|mode| mode.master()).map(|(_, address)| address);
        let Some(master) = told.or_else(|| self.sync_master()) else {
            return;
        };
        for request in [
            Request::GetAllTopicConfig,
            Request::GetAllConsumerOffset,
            Request::GetAllDelayOffset,
            Request::GetAllSubscriptionGroupConfig,
        ] {
            let timeout = Duration::from_secs(3);
            self.remoting.invoke(now, master, request, timeout, Purpose::CopyFromMaster, out);
        }
    }

    pub(super) fn on_copied(&mut self, response: Response, out: &mut Outbox) {
        match response.body {
            ResponseBody::Topics(topics, version) if version != self.data_version => {
                self.topics = topics;
                self.data_version = version;
            }
            ResponseBody::Offsets(offsets) => {
                let before = self.offsets.clone();
                self.offsets.put_all(&offsets);
                if self.offsets == before {
                    return;
                }
                self.persisted_offsets = self.offsets.clone();
            }
            ResponseBody::DelayOffsets(offsets) if offsets != self.schedule.offsets => {
                self.schedule.take_over(offsets);
            }
            ResponseBody::Groups(groups) if groups != self.groups => self.groups = groups,
            ResponseBody::GroupsWithModes(groups, modes)
                if groups != self.groups || modes != *self.message_request_modes() =>
            {
                self.groups = groups;
                self.pop.modes = modes;
            }
            _ => return,
        }
        out.note(Fact::MetadataCopied { what: response.request });
    }
}
