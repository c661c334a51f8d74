//! Master, slave, and back: what changes when a controller has decided.
//!
//! **In RocketMQ**: `ReplicasManager.changeToMaster`, `changeToSlave`, `BrokerController.changeSpecialServiceStatus`,
//! `AutoSwitchHAService.changeToMaster`, `changeToSlave`.

use super::super::Broker;
use crate::config::BrokerRole;
use crate::fact::{ControllerFact, Fact};
use crate::id::{Address, BrokerId};
use crate::outbox::Outbox;
use crate::rpc::{DataVersion, MasterEpoch, ReplicaInfo};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// First look of a new master at its SyncStateSet, and of a new slave at what else there is to copy.
const FIRST_RUN: Duration = Duration::from_secs(3);

impl Broker {
    /// A controller has said who is the master. An old message changes nothing.
    pub(in crate::broker) fn take_role(&mut self, now: Instant, info: &ReplicaInfo, out: &mut Outbox) {
        let Some(mode) = &self.controller else { return };
        let (Some((id, address)), true) = (info.master, info.master_epoch > mode.master_epoch) else {
            return;
        };
        if mode.disk.broker_controller_id == Some(id) {
            self.change_to_master(now, info, out);
        } else {
            self.change_to_slave(now, id, address, info.master_epoch, out);
        }
    }

    fn change_to_master(&mut self, now: Instant, info: &ReplicaInfo, out: &mut Outbox) {
        let own_address = self.address;
        let Some(mode) = &mut self.controller else { return };
        mode.master_epoch = info.master_epoch;
        let own = mode.disk.broker_controller_id;
        let was_master = mode.master.map(|(id, _)| id) == own && self.broker_id.is_master();
        mode.master = own.map(|id| (id, own_address));
        self.change_sync_state_set(now, info, out);
        if !was_master {
            self.stop_replicating(out);
        }
        self.begin_reign(info.master_epoch);
        if !was_master {
            // Everything is visible before the first message of the reign is taken.
            let end = self.store.log().max();
            let visible = self.store.dispatch(end);
            self.store.recover();
            self.broker_id = BrokerId::MASTER;
            self.config.broker_role = BrokerRole::SyncMaster;
            out.cancel_timer(Timer::SlaveSynchronize);
            self.wake_pulls(now, &visible, out);
            self.change_special_services(now, true, out);
            out.set_timer(Timer::TransactionalOpBatch, now + self.config.transaction_op_batch_interval);
            out.set_timer(Timer::CheckSyncStateSet, now + FIRST_RUN);
            self.note_role(info.master_epoch, own_address, out);
        }
        self.next_state(now, info.master_epoch);
        self.check_sync_state_set(now, out);
        self.register_all(now, None, out);
    }

    fn change_to_slave(
        &mut self,
        now: Instant,
        master: BrokerId,
        address: Address,
        epoch: MasterEpoch,
        out: &mut Outbox,
    ) {
        let Some(mode) = &mut self.controller else { return };
        mode.master_epoch = epoch;
        let is_same = mode.master.map(|(id, _)| id) == Some(master);
        let own = mode.disk.broker_controller_id.unwrap_or(BrokerId::NONE);
        mode.master = Some((master, address));
        if !is_same {
            out.cancel_timer(Timer::CheckSyncStateSet);
            self.config.broker_role = BrokerRole::Slave;
            self.broker_id = own;
            self.change_special_services(now, false, out);
            out.cancel_timer(Timer::TransactionalOpBatch);
            self.stop_replicating(out);
            out.set_timer(Timer::SlaveSynchronize, now + FIRST_RUN);
            self.note_role(epoch, address, out);
        }
        self.next_state(now, epoch);
        // The name server's answer tells where the master's log is copied from.
        self.register_all(now, None, out);
    }

    fn note_role(&self, master_epoch: MasterEpoch, master: Address, out: &mut Outbox) {
        let (role, broker_id) = (self.config.broker_role, self.broker_id);
        out.note(Fact::Controller(ControllerFact::RoleChanged { role, broker_id, master_epoch, master }));
    }

    /// Name servers believe the later reign (`DataVersion.nextVersion`).
    fn next_state(&mut self, now: Instant, epoch: MasterEpoch) {
        let next = self.data_version.next(now);
        self.data_version = DataVersion { state_version: u64::from(epoch.0), ..next };
    }

    /// A reign begins at the end of the log.
    fn begin_reign(&mut self, epoch: MasterEpoch) {
        let (end, confirmed) = (self.store.log().max(), self.compute_confirm_offset());
        let Some(mode) = &mut self.controller else { return };
        mode.disk.confirm_offset = Some(confirmed);
        if mode.disk.epochs.last_epoch() >= Some(epoch) {
            mode.disk.epochs.truncate_suffix_by_epoch(epoch);
        }
        mode.disk.epochs.append(epoch, end);
    }

    /// Ends every connection of the replication, in whatever role.
    fn stop_replicating(&mut self, out: &mut Outbox) {
        for connection in std::mem::take(&mut self.slaves).into_keys() {
            out.close(connection);
        }
        self.replica.leave_master(out);
        if let Some(mode) = &mut self.controller {
            mode.client = super::auto_switch_ha::ClientState::default();
        }
    }
}
