//! Replication in controller mode: a handshake over reigns, then pieces of the log, each of one reign.
//!
//! A slave says who it is; the master answers with its epoch file; the slave cuts its log off where the two part and
//! reports where it ends. That report is due 5 s after the handshake, and only then the master sends, and counts the
//! slave as in sync when it has caught up. A master forgets a slave whose connection ends, or is silent for 20 s.
//!
//! **In RocketMQ**: `AutoSwitchHAService`, `AutoSwitchHAConnection`, `AutoSwitchHAClient`.
//!
//! Three of RocketMQ's habits are kept. The piece that ends a reign carries the number of the next one, so a replica that
//! copies an old log from its beginning learns only the later reigns. Whenever there is nothing left to send the slave
//! counts as caught up, whether it has answered or not; so a slave that hangs leaves the set not after
//! `haMaxTimeSlaveNotCatchup` but when its connection is given up. And a slave that is told of another address keeps the
//! connection that it has.

use super::super::Broker;
use super::super::ha::SlaveState;
use super::{ALL_ACK, Truncation};
use crate::controller::EpochFileCache;
use crate::fact::{ControllerFact, Fact, MessageAt};
use crate::gather::Gather as _;
use crate::id::{Address, BrokerId, CommitLogOffset, ConnectionId};
use crate::message::Record;
use crate::outbox::{Outbox, Peer};
use crate::rpc::{AutoSwitchFrame, EpochEntry, Frame, MasterEpoch, ReplicaInfo, SyncStateSet};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// A slave without a connection tries again after this long.
const RECONNECT: Duration = Duration::from_secs(5);
/// A slave that was refused by the epochs waits this much longer.
const REFUSED: Duration = Duration::from_secs(2);
/// How often a slave with a connection looks whether something is due.
const LOOK: Duration = Duration::from_secs(1);

/// A slave's side (`AutoSwitchHAClient`).
#[derive(Clone, Debug, Default)]
pub(super) struct ClientState {
    /// Whether the handshake is over.
    is_transferring: bool,
    /// The reign of the last piece.
    received_epoch: Option<MasterEpoch>,
    reported: CommitLogOffset,
    /// No new connection before this moment.
    pause_until: Instant,
}

/// What a master knows of a slave beside its position (`AutoSwitchHAConnection`).
#[derive(Clone, Debug)]
pub(in crate::broker) struct SlaveLink {
    /// The slave's id at the controller.
    pub(in crate::broker) slave_id: BrokerId,
    is_async_learner: bool,
    is_sync_from_last_file: bool,
    /// Its first report.
    request_offset: Option<CommitLogOffset>,
    /// The reign whose records go next, and where it ends; none before the first piece.
    transfer: Option<(MasterEpoch, Option<CommitLogOffset>)>,
    /// The end of the log when the last piece went.
    last_master_max_offset: Option<CommitLogOffset>,
    last_transfer: Instant,
}

// Who is in sync, and what that means.
impl Broker {
    /// Up to where the log is confirmed: what consumers may see (`CommitLog.getConfirmOffset`).
    pub(in crate::broker) fn confirm_offset(&self) -> CommitLogOffset {
        let max = self.store.log().max();
        if let Some(dledger) = &self.dledger {
            return dledger.committed_position();
        }
        let Some(mode) = &self.controller else { return max };
        if self.is_slave() || mode.is_fenced {
            return mode.disk.confirm_offset.unwrap_or_default();
        }
        if mode.sync_state_set.len() == 1 || !self.config.all_ack_in_sync_state_set {
            return max;
        }
        mode.disk.confirm_offset.unwrap_or_else(|| self.compute_confirm_offset())
    }

    /// The least that everybody in sync has (`AutoSwitchHAService.computeConfirmOffset`).
    pub(super) fn compute_confirm_offset(&self) -> CommitLogOffset {
        let max = self.store.log().max();
        let Some(mode) = &self.controller else { return max };
        let set = mode.union();
        let link_of = |slave: &SlaveState| slave.link.as_ref().map(|link| link.slave_id);
        let is_connected = |id: &BrokerId| {
            mode.disk.broker_controller_id == Some(*id)
                || self.slaves.values().any(|slave| link_of(slave) == Some(*id))
        };
        if !set.iter().all(is_connected) {
            // Somebody who counts is not there: nothing more is confirmed.
            return mode.disk.confirm_offset.unwrap_or(max);
        }
        let counts = |slave: &&SlaveState| {
            link_of(slave).is_some_and(|id| set.contains(&id)) && slave.acknowledged.0 > 0
        };
        self.slaves.values().filter(counts).map(|slave| slave.acknowledged).fold(max, CommitLogOffset::min)
    }

    /// For how many slaves a send waits: [`ALL_ACK`] for everybody in sync.
    pub(in crate::broker) fn acks_needed(&self) -> usize {
        if self.config.all_ack_in_sync_state_set {
            let is_alone = self.controller.as_ref().is_none_or(|mode| mode.union().len() <= 1);
            return if is_alone { 0 } else { ALL_ACK };
        }
        (self.config.in_sync_replicas as usize).saturating_sub(1)
    }

    /// Whether everybody in sync has the log up to here.
    pub(in crate::broker) fn is_acked_by_all(&self, end: CommitLogOffset) -> bool {
        let Some(mode) = &self.controller else { return true };
        let set = mode.union();
        let has_it = |slave: &&SlaveState| {
            slave.acknowledged >= end && slave.link.as_ref().is_some_and(|link| set.contains(&link.slave_id))
        };
        // The master counts too.
        set.len() <= 1 || self.slaves.values().filter(has_it).count() + 1 >= set.len()
    }

    /// Whether this slave is in sync.
    pub(in crate::broker) fn is_in_sync(&self, slave: &SlaveState) -> bool {
        let set = self.controller.as_ref().map(|mode| &mode.sync_state_set);
        set.is_some_and(|set| slave.link.as_ref().is_some_and(|link| set.contains(&link.slave_id)))
    }

    /// The controller has confirmed another set, or elected this broker.
    pub(super) fn change_sync_state_set(&mut self, now: Instant, info: &ReplicaInfo, out: &mut Outbox) {
        let Some(mode) = &mut self.controller else { return };
        if info.sync_state_set_epoch <= mode.sync_state_set_epoch {
            return;
        }
        mode.sync_state_set_epoch = info.sync_state_set_epoch;
        mode.sync_state_set.clone_from(&info.sync_state_set);
        mode.remote_sync_state_set = None;
        self.update_confirm_offset(now, out);
        self.settle_puts(now, out);
    }

    fn update_confirm_offset(&mut self, now: Instant, out: &mut Outbox) {
        let confirmed = self.compute_confirm_offset();
        if let Some(mode) = &mut self.controller {
            mode.disk.confirm_offset = Some(confirmed);
        }
        if self.store.dispatched() < self.confirm_offset() {
            self.arm_reput(now, out);
        }
    }

    /// Every 5 s, and when this broker becomes the master: has somebody fallen out of sync?
    pub(in crate::broker) fn check_sync_state_set_periodically(
        &mut self,
        now: Instant,
        due: Instant,
        out: &mut Outbox,
    ) {
        out.set_timer(Timer::CheckSyncStateSet, due + self.config.check_sync_state_set_period);
        self.check_sync_state_set(now, out);
    }

    pub(super) fn check_sync_state_set(&mut self, now: Instant, out: &mut Outbox) {
        let end = self.store.log().max();
        let Some(mode) = &mut self.controller else { return };
        for slave in self.slaves.values() {
            if let Some(link) =
                slave.link.as_ref().filter(|link| link.transfer.is_some() && slave.next >= end)
            {
                mode.caught_up.insert(link.slave_id, now);
            }
        }
        let own = mode.disk.broker_controller_id;
        let limit = self.config.ha_max_time_slave_not_catchup;
        let keeps_up = |id: &BrokerId| {
            Some(*id) == own || mode.caught_up.get(id).is_some_and(|last| now.since(*last) <= limit)
        };
        let new: SyncStateSet = mode.sync_state_set.iter().copied().filter(keeps_up).chain(own).gather();
        if new != mode.sync_state_set {
            mode.remote_sync_state_set = Some(new.clone());
            self.report_sync_state_set(now, new, out);
        }
    }

    /// A slave has caught up: it may count as in sync (`maybeExpandInSyncStateSet`).
    fn maybe_expand(
        &mut self,
        now: Instant,
        slave_id: BrokerId,
        slave_end: CommitLogOffset,
        out: &mut Outbox,
    ) {
        let confirmed = self.confirm_offset();
        let Some(mode) = &mut self.controller else { return };
        let Some(reign) = mode.disk.epochs.last() else { return };
        let is_behind = slave_end < confirmed || slave_end < reign.start;
        if self.config.broker_role == crate::config::BrokerRole::Slave
            || mode.sync_state_set.contains(&slave_id)
            || is_behind
        {
            return;
        }
        let mut new = mode.sync_state_set.clone();
        new.insert(slave_id);
        mode.remote_sync_state_set = Some(new.clone());
        self.report_sync_state_set(now, new, out);
    }

    /// The connection of a slave is gone: it is not in sync any more (`removeConnection`).
    pub(in crate::broker) fn slave_is_gone(
        &mut self,
        now: Instant,
        link: Option<SlaveLink>,
        out: &mut Outbox,
    ) {
        let is_master = !self.is_slave();
        let (Some(mode), Some(link)) = (&mut self.controller, link) else { return };
        if !is_master || !mode.sync_state_set.contains(&link.slave_id) {
            return;
        }
        let mut new = mode.sync_state_set.clone();
        new.remove(&link.slave_id);
        mode.remote_sync_state_set = Some(new.clone());
        self.report_sync_state_set(now, new, out);
    }
}

// The slave's side.
impl Broker {
    /// The name server told where the master's log is copied from.
    pub(in crate::broker) fn auto_switch_master(
        &mut self,
        now: Instant,
        master: (Address, Address),
        out: &mut Outbox,
    ) {
        if self.replica.set_master(master) && !self.replica.has_connection() {
            self.auto_switch_client(now, out);
        }
    }

    /// Connects, reports at least every 5 s, gives up a silent master.
    pub(in crate::broker) fn auto_switch_client(&mut self, now: Instant, out: &mut Outbox) {
        if !self.is_slave() {
            return;
        }
        if self.replica.is_silent(now, self.config.ha_housekeeping_interval) {
            self.replica.disconnect(out);
        }
        let Some(mode) = &mut self.controller else { return };
        if !self.replica.has_connection() {
            mode.client.is_transferring = false;
            if now >= mode.client.pause_until {
                self.replica.connect(now, out);
            }
        } else if mode.client.is_transferring
            && self.replica.is_report_due(now, self.config.ha_send_heartbeat_interval)
        {
            let reported = mode.client.reported;
            self.replica.send(now, AutoSwitchFrame::Report(reported), out);
        }
        let pause = if self.replica.has_connection() { LOOK } else { RECONNECT };
        out.set_timer(Timer::HaClient, now + pause);
    }

    /// The connection to the master stands.
    pub(in crate::broker) fn auto_switch_connected(&mut self, now: Instant, out: &mut Outbox) {
        let Some(mode) = &mut self.controller else { return };
        mode.client.is_transferring = false;
        mode.client.received_epoch = None;
        let handshake = AutoSwitchFrame::SlaveHandshake {
            broker_id: mode.disk.broker_controller_id.unwrap_or(BrokerId::NONE),
            sync_from_last_file: self.config.sync_from_last_file,
            async_learner: self.config.async_learner,
        };
        self.replica.send(now, handshake, out);
    }

    pub(in crate::broker) fn on_auto_switch_frame(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        peer: &Peer,
        frame: AutoSwitchFrame,
        out: &mut Outbox,
    ) {
        if self.is_stopping || self.controller.is_none() {
            return;
        }
        match frame {
            AutoSwitchFrame::SlaveHandshake { broker_id, sync_from_last_file, async_learner } => {
                let link = SlaveLink {
                    slave_id: broker_id,
                    is_async_learner: async_learner,
                    is_sync_from_last_file: sync_from_last_file,
                    request_offset: None,
                    transfer: None,
                    last_master_max_offset: None,
                    last_transfer: Instant::ZERO,
                };
                self.on_slave_handshake(now, connection, peer, link, out);
            }
            AutoSwitchFrame::Report(offset) => self.on_auto_switch_report(now, connection, offset, out),
            _ if !self.replica.is(connection) => {}
            AutoSwitchFrame::MasterHandshake { max_offset, epochs } => {
                self.replica.heard(now);
                self.on_master_handshake(now, max_offset, epochs, out);
            }
            AutoSwitchFrame::Transfer { from, epoch, epoch_start, confirm_offset, records } => {
                self.replica.heard(now);
                let reign = (epoch, epoch_start);
                self.on_auto_switch_transfer(now, from, reign, confirm_offset, records, out);
            }
        }
    }

    /// Finds where the logs part, and cuts off what the master does not have.
    fn on_master_handshake(
        &mut self,
        now: Instant,
        master_end: CommitLogOffset,
        master_epochs: Vec<EpochEntry>,
        out: &mut Outbox,
    ) {
        let own_end = self.store.log().max();
        let Some(mode) = &mut self.controller else { return };
        let own = &mode.disk.epochs;
        if own.entries().is_empty() {
            mode.client.is_transferring = true;
            mode.client.reported = CommitLogOffset(0);
        } else {
            let theirs = EpochFileCache::new(master_epochs);
            let Some(point) = own.find_consistent_point(own_end, &theirs, master_end) else {
                let epochs = own.entries().to_vec();
                out.note(Fact::Controller(ControllerFact::NoConsistentPoint { epochs }));
                mode.client.pause_until = now + REFUSED + RECONNECT;
                return self.replica.disconnect(out);
            };
            self.truncate_log(now, point, out);
            let Some(mode) = &mut self.controller else { return };
            mode.disk.epochs.truncate_suffix_by_offset(point);
            mode.client.is_transferring = true;
            mode.client.reported = point;
        }
        out.set_timer(Timer::HaClient, now + LOOK);
        self.report_if_longer(now, out);
    }

    fn truncate_log(&mut self, now: Instant, to: CommitLogOffset, out: &mut Outbox) {
        let cut = self.store.truncate_to(to);
        let confirm = |confirmed: CommitLogOffset| confirmed.min(to);
        if let Some(mode) = &mut self.controller {
            mode.disk.confirm_offset = mode.disk.confirm_offset.map(confirm);
        }
        if cut.is_empty() {
            return;
        }
        let messages: Vec<MessageAt> = cut.iter().map(|message| self.message_at(message)).collect();
        if let Some(mode) = &mut self.controller {
            mode.note_truncation(Truncation { at: now, to, messages: messages.clone() });
        }
        out.note(Fact::Controller(ControllerFact::LogTruncated { to, messages }));
    }

    fn report_if_longer(&mut self, now: Instant, out: &mut Outbox) {
        let end = self.store.log().max();
        let Some(mode) = &mut self.controller else { return };
        if end > mode.client.reported {
            mode.client.reported = end;
            self.replica.send(now, AutoSwitchFrame::Report(end), out);
        }
    }

    fn on_auto_switch_transfer(
        &mut self,
        now: Instant,
        from: CommitLogOffset,
        (epoch, epoch_start): (MasterEpoch, CommitLogOffset),
        confirmed: CommitLogOffset,
        records: Vec<Record>,
        out: &mut Outbox,
    ) {
        let end = self.store.log().max();
        let Some(mode) = &mut self.controller else { return };
        let fits = end == CommitLogOffset(0) || end == from;
        if !mode.client.is_transferring || !fits {
            mode.client.pause_until = now + RECONNECT;
            return self.replica.disconnect(out);
        }
        if mode.client.received_epoch != Some(epoch) {
            mode.client.received_epoch = Some(epoch);
            mode.disk.epochs.append(epoch, epoch_start);
        }
        let count = records.len();
        if count > 0 {
            self.store.append_replica(records);
            let to = self.store.log().max();
            out.note(Fact::Replicated { to, records: count });
            self.arm_flush(now, out);
        }
        let end = self.store.log().max();
        if let Some(mode) = &mut self.controller {
            mode.disk.confirm_offset = Some(confirmed.min(end));
        }
        self.report_if_longer(now, out);
        if self.store.dispatched() < self.confirm_offset() {
            self.arm_reput(now, out);
        }
    }
}

// The master's side.
impl Broker {
    fn on_slave_handshake(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        peer: &Peer,
        link: SlaveLink,
        out: &mut Outbox,
    ) {
        let Some(mode) = &self.controller else { return };
        let epochs = mode.disk.epochs.entries().to_vec();
        let max_offset = self.store.log().max();
        self.slaves.insert(connection, SlaveState::handshaking(now, peer, link));
        let frame = AutoSwitchFrame::MasterHandshake { max_offset, epochs };
        out.send(connection, Frame::AutoSwitch(Box::new(frame)));
        self.arm_auto_switch_transfer(now, out);
    }

    fn on_auto_switch_report(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        offset: CommitLogOffset,
        out: &mut Outbox,
    ) {
        let end = self.store.log().max();
        let Some(slave) = self.slaves.get_mut(&connection) else { return };
        slave.heard(now, offset);
        let Some(link) = &mut slave.link else { return };
        link.request_offset.get_or_insert(offset);
        let slave_id = link.slave_id;
        let has_caught_up = !link.is_async_learner && Some(offset) >= link.last_master_max_offset;
        let caught_up = if end == offset { now } else { link.last_transfer };
        if has_caught_up {
            if let Some(mode) = &mut self.controller {
                let last = mode.caught_up.entry(slave_id).or_default();
                *last = caught_up.max(*last);
            }
            self.maybe_expand(now, slave_id, offset, out);
        }
        if self.controller.as_ref().is_some_and(|mode| mode.sync_state_set.contains(&slave_id)) {
            self.update_confirm_offset(now, out);
        }
        self.settle_puts(now, out);
        self.auto_switch_transfer(now, out);
    }

    /// Sends each slave what it lacks, or a sign of life; gives silent ones up.
    pub(in crate::broker) fn auto_switch_transfer(&mut self, now: Instant, out: &mut Outbox) {
        let silent: Vec<_> = self
            .slaves
            .iter()
            .filter(|(_, slave)| slave.is_silent(now, self.config.ha_housekeeping_interval))
            .map(|(connection, _)| *connection)
            .collect();
        for connection in silent {
            out.close(connection);
            let link = self.slaves.remove(&connection).and_then(|slave| slave.link);
            self.slave_is_gone(now, link, out);
        }
        let confirm_offset = self.confirm_offset();
        let mut caught_up = Vec::new();
        let Some(mode) = &mut self.controller else { return };
        for (connection, slave) in &mut self.slaves {
            let batch = self.config.ha_transfer_batch_size;
            let frames = slave.pieces(now, self.store.log(), &mode.disk.epochs, batch);
            let heartbeat = slave.is_heartbeat_due(now, self.config.ha_send_heartbeat_interval);
            let frames = match frames {
                frames if frames.is_empty() && heartbeat => slave.sign_of_life(&mode.disk.epochs),
                frames => frames,
            };
            for Piece { from, epoch, epoch_start, records } in frames {
                slave.sent(now);
                let frame = AutoSwitchFrame::Transfer { from, epoch, epoch_start, confirm_offset, records };
                out.send(*connection, Frame::AutoSwitch(Box::new(frame)));
            }
            if let Some(link) = &slave.link
                && link.transfer.is_some()
            {
                caught_up.push(link.slave_id);
            }
        }
        for id in caught_up {
            mode.caught_up.insert(id, now);
        }
        self.arm_auto_switch_transfer(now, out);
    }

    /// The next look at the slaves when nothing is appended: for a sign of life, or to give a silent one up.
    fn arm_auto_switch_transfer(&self, now: Instant, out: &mut Outbox) {
        let (interval, patience) =
            (self.config.ha_send_heartbeat_interval, self.config.ha_housekeeping_interval);
        let due = self.slaves.values().map(|slave| slave.next_look(interval, patience));
        if let Some(due) = due.min() {
            out.set_timer(Timer::HaTransfer, due.max(now + Duration::from_millis(1)));
        }
    }
}

/// What one frame carries.
struct Piece {
    from: CommitLogOffset,
    epoch: MasterEpoch,
    epoch_start: CommitLogOffset,
    records: Vec<Record>,
}

impl SlaveState {
    /// Everything that the slave lacks, in pieces of one reign each.
    fn pieces(
        &mut self,
        now: Instant,
        log: &crate::store::CommitLog,
        epochs: &EpochFileCache,
        batch: u64,
    ) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if !self.begin_transfer(log, epochs) {
            return pieces;
        }
        while self.next < log.max() {
            let Some(link) = &mut self.link else { break };
            let Some((mut epoch, mut epoch_end)) = link.transfer else { break };
            let mut records = log.piece(self.next, batch);
            let Some(mut end) = records.last().map(Record::end) else { break };
            if let Some(limit) = epoch_end.filter(|limit| end > *limit) {
                let Some(next) = epochs.next(epoch) else { break };
                records.retain(|record| record.end() <= limit);
                end = records.last().map_or(self.next, Record::end);
                // The piece that ends a reign is sent under the number of the next one.
                (epoch, epoch_end) = (next.epoch, transfer_end(next, epochs));
            }
            link.transfer = Some((epoch, epoch_end));
            link.last_master_max_offset = Some(log.max());
            link.last_transfer = now;
            let epoch_start = epochs.get(epoch).map_or(self.next, |entry| entry.start);
            pieces.push(Piece { from: self.next, epoch, epoch_start, records });
            self.next = end;
        }
        pieces
    }

    /// Whether it is known where to begin: after the slave's first report, and once there is something to send.
    fn begin_transfer(&mut self, log: &crate::store::CommitLog, epochs: &EpochFileCache) -> bool {
        let Some(link) = &mut self.link else { return false };
        if link.transfer.is_some() {
            return true;
        }
        let Some(request) = link.request_offset else { return false };
        let next = match request {
            CommitLogOffset(0) if log.is_empty() => return false,
            CommitLogOffset(0) if link.is_sync_from_last_file => {
                let (max, file) = (log.max().0, log.file_size());
                CommitLogOffset(max - max % file).max(log.min())
            }
            CommitLogOffset(0) => log.min(),
            offset => offset,
        };
        let Some(entry) = epochs.find_by_offset(next) else { return false };
        link.transfer = Some((entry.epoch, transfer_end(entry, epochs)));
        self.next = next;
        true
    }

    fn sign_of_life(&self, epochs: &EpochFileCache) -> Vec<Piece> {
        let Some(link) = self.link.as_ref().filter(|link| link.request_offset.is_some()) else {
            return Vec::new();
        };
        let of_transfer = link.transfer.and_then(|(epoch, _)| epochs.get(epoch));
        let entry = of_transfer.or_else(|| epochs.first());
        let piece = |entry: EpochEntry| Piece {
            from: self.next,
            epoch: entry.epoch,
            epoch_start: entry.start,
            records: Vec::new(),
        };
        entry.map(piece).into_iter().collect()
    }
}

/// Where the pieces of a reign end: nowhere while it is the last one.
fn transfer_end(entry: EpochEntry, epochs: &EpochFileCache) -> Option<CommitLogOffset> {
    if epochs.last_epoch() == Some(entry.epoch) { None } else { entry.end }
}
