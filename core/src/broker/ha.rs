//! Classic replication: a slave connects to its master and is sent the commit log.
//!
//! The slave says how far its log reaches; the master sends what follows, in pieces, and an empty frame every 5 s
//! when there is nothing. A slave that was empty gets only the master's *last* log file. Either side gives a silent
//! connection up after 20 s. Queues are built by the slave itself from the log.
//!
//! **In RocketMQ**: `DefaultHAService`, `DefaultHAConnection`, `DefaultHAClient` (behaviour §4.1).
//!
//! **Left out on purpose**: pieces that end within a record (a real piece is a run of bytes, ours of whole records, at
//! least one); throttling; the damage to a slave whose log is longer than its master's (after a manual promotion, or
//! a power failure of a master that had not flushed): once its master's log has grown past that place, RocketMQ sends it
//! bytes from the middle of a record, the lab sends nothing.

use super::Broker;
use super::controller::SlaveLink;
use crate::config::BrokerRole;
use crate::fact::Fact;
use crate::id::{Address, BrokerId, CommitLogOffset, ConnectionId, NodeId};
use crate::message::Record;
use crate::outbox::{Outbox, Peer};
use crate::rpc::{AutoSwitchFrame, Frame, HaConnectionRuntimeInfo, HaRuntimeInfo};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// A slave without a connection tries again after this long.
pub(super) const RECONNECT: Duration = Duration::from_secs(5);
/// A master without anything to send looks again after this long; a synchronous one is woken by the send.
const TRANSFER_PERIOD: Duration = Duration::from_millis(100);

/// A slave, as its master sees it.
#[derive(Clone, Debug)]
pub struct SlaveState {
    /// Which node it is.
    pub node: NodeId,
    /// Where it connected from.
    pub address: Address,
    /// Where it said its log ends.
    pub acknowledged: CommitLogOffset,
    /// What goes next.
    pub(super) next: CommitLogOffset,
    last_sent: Instant,
    last_heard: Instant,
    /// What controller mode adds.
    pub(super) link: Option<SlaveLink>,
}

// Controller mode.
impl SlaveState {
    /// A slave that has said who it is.
    pub(super) fn handshaking(now: Instant, peer: &Peer, link: SlaveLink) -> Self {
        Self {
            node: peer.node.clone(),
            address: peer.address,
            acknowledged: CommitLogOffset(0),
            next: CommitLogOffset(0),
            last_sent: now,
            last_heard: now,
            link: Some(link),
        }
    }

    /// Its id at the controller.
    pub fn slave_id(&self) -> Option<BrokerId> {
        self.link.as_ref().map(|link| link.slave_id)
    }

    pub(super) fn heard(&mut self, now: Instant, offset: CommitLogOffset) {
        self.last_heard = now;
        self.acknowledged = offset;
    }

    pub(super) fn sent(&mut self, now: Instant) {
        self.last_sent = now;
    }

    pub(super) fn is_silent(&self, now: Instant, patience: Duration) -> bool {
        now.since(self.last_heard) > patience
    }

    pub(super) fn is_heartbeat_due(&self, now: Instant, interval: Duration) -> bool {
        now.since(self.last_sent) >= interval
    }

    /// When it is to be looked at again.
    pub(super) fn next_look(&self, interval: Duration, patience: Duration) -> Instant {
        let given_up = self.last_heard + patience + Duration::from_millis(1);
        given_up.min(self.last_sent + interval)
    }
}

/// A slave's side of the replication.
#[derive(Clone, Debug, Default)]
pub(super) struct ReplicaState {
    /// The master's address and replication address.
    master: Option<(Address, Address)>,
    connection: Option<ConnectionId>,
    is_connected: bool,
    last_reported: Instant,
    last_heard: Instant,
    /// When topics, offsets and groups were last asked for (V5).
    pub(super) last_copy: Option<Instant>,
}

impl ReplicaState {
    pub(super) fn is(&self, connection: ConnectionId) -> bool {
        self.connection == Some(connection)
    }

    pub(super) fn master(&self) -> Option<(Address, bool)> {
        self.master.map(|(address, _)| (address, self.is_connected))
    }

    /// Where the rest is copied from, for a replica whose log is kept by DLedger.
    pub(super) const fn copy_from(&mut self, master: Option<(Address, Address)>) {
        self.master = master;
    }

    /// Whether the log is being copied over a connection that stands.
    pub(super) const fn is_transferring(&self) -> bool {
        self.is_connected
    }

    /// Whether there is a connection, or one is being made.
    pub(super) const fn has_connection(&self) -> bool {
        self.connection.is_some()
    }

    /// The master is gone; a connection that still stands ends by itself.
    pub(super) const fn forget_master(&mut self) {
        self.master = None;
    }

    pub(super) fn master_address(&self) -> Option<Address> {
        self.master.map(|(address, _)| address)
    }
}

// Controller mode.
impl ReplicaState {
    /// Takes the master's addresses; says whether they are new.
    pub(super) fn set_master(&mut self, master: (Address, Address)) -> bool {
        self.master.replace(master) != Some(master)
    }

    pub(super) fn is_silent(&self, now: Instant, patience: Duration) -> bool {
        self.connection.is_some() && now.since(self.last_heard) > patience
    }

    pub(super) fn is_report_due(&self, now: Instant, interval: Duration) -> bool {
        // Java asks for more than the interval, but its rounds of 1 s take a little longer than that.
        self.is_connected && now.since(self.last_reported) >= interval
    }

    pub(super) fn heard(&mut self, now: Instant) {
        self.last_heard = now;
    }

    pub(super) fn connect(&mut self, now: Instant, out: &mut Outbox) {
        if let Some((_, ha)) = self.master {
            self.connection = Some(out.connect(ha));
            self.last_heard = now;
        }
    }

    pub(super) fn disconnect(&mut self, out: &mut Outbox) {
        if let Some(connection) = self.connection.take() {
            out.close(connection);
        }
        self.is_connected = false;
    }

    /// The master is another one, or none: its address has to be learned again.
    pub(super) fn leave_master(&mut self, out: &mut Outbox) {
        self.disconnect(out);
        self.master = None;
    }

    pub(super) fn send(&mut self, now: Instant, frame: AutoSwitchFrame, out: &mut Outbox) {
        self.last_reported = now;
        if let Some(connection) = self.connection {
            out.send(connection, Frame::AutoSwitch(Box::new(frame)));
        }
    }
}

// Both sides.
impl Broker {
    /// How replication goes, for operators (V5).
    pub(super) fn ha_runtime_info(&self) -> HaRuntimeInfo {
        let max = self.store.log().max();
        if self.is_slave() {
            return HaRuntimeInfo::Slave {
                master: self.replica.master.map(|(_, ha)| ha),
                max,
                last_read: self.replica.last_heard,
                last_write: self.replica.last_reported,
            };
        }
        let slaves = self.slaves.values().map(|slave| HaConnectionRuntimeInfo {
            address: slave.address,
            acknowledged: slave.acknowledged,
            is_in_sync: match self.controller {
                Some(_) => self.is_in_sync(slave),
                None => max.0.saturating_sub(slave.acknowledged.0) < self.config.ha_max_gap_not_in_sync,
            },
            transfer_from_where: slave.next,
        });
        HaRuntimeInfo::Master { max, slaves: slaves.collect() }
    }
}

// The slave's side.
impl Broker {
    /// The name server told where the master is.
    pub(super) fn learn_master(&mut self, now: Instant, master: Address, ha: Address, out: &mut Outbox) {
        if self.controller.is_some() {
            return self.auto_switch_master(now, (master, ha), out);
        }
        let known = self.replica.master.replace((master, ha));
        if known != self.replica.master {
            if let Some(connection) = self.replica.connection.take() {
                out.close(connection);
                self.replica.is_connected = false;
            }
            self.ha_client(now, out);
        }
    }

    /// Connects, reports at least every 5 s, gives up a silent master.
    pub(super) fn ha_client(&mut self, now: Instant, out: &mut Outbox) {
        if self.controller.is_some() {
            return self.auto_switch_client(now, out);
        }
        let silent = now.since(self.replica.last_heard) > self.config.ha_housekeeping_interval;
        match (self.replica.connection, self.replica.master) {
            (None, Some((_, ha))) => {
                self.replica.connection = Some(out.connect(ha));
                self.replica.last_heard = now;
            }
            (Some(connection), _) if silent => {
                out.close(connection);
                self.ha_disconnected();
            }
            (Some(connection), _) if self.replica.is_connected && self.is_report_due(now) => {
                self.report(now, connection, out);
            }
            _ => {}
        }
        out.set_timer(Timer::HaClient, now + RECONNECT);
    }

    pub(super) fn ha_connected(&mut self, now: Instant, out: &mut Outbox) {
        self.replica.is_connected = true;
        self.replica.last_heard = now;
        if self.controller.is_some() {
            return self.auto_switch_connected(now, out);
        }
        if let Some(connection) = self.replica.connection {
            self.report(now, connection, out);
        }
    }

    pub(super) fn ha_disconnected(&mut self) {
        self.replica.connection = None;
        self.replica.is_connected = false;
    }

    fn is_report_due(&self, now: Instant) -> bool {
        now.since(self.replica.last_reported) >= self.config.ha_send_heartbeat_interval
    }

    fn report(&mut self, now: Instant, connection: ConnectionId, out: &mut Outbox) {
        self.replica.last_reported = now;
        out.send(connection, Frame::HaReport(self.store.log().max()));
    }

    /// A piece of the log, or a sign of life. A piece that does not fit ends the connection.
    pub(super) fn on_transfer(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        from: CommitLogOffset,
        records: Vec<Record>,
        out: &mut Outbox,
    ) {
        if !self.replica.is(connection) {
            return;
        }
        self.replica.last_heard = now;
        if records.is_empty() {
            return;
        }
        let log = self.store.log();
        if !log.is_empty() && from != log.max() {
            out.close(connection);
            return self.ha_disconnected();
        }
        let count = records.len();
        self.store.append_replica(records);
        out.note(Fact::Replicated { to: self.store.log().max(), records: count });
        self.report(now, connection, out);
        self.arm_reput(now, out);
        self.arm_flush(now, out);
    }
}

// The master's side.
impl Broker {
    /// A slave says where its log ends: for the first time to begin, later to confirm.
    pub(super) fn on_slave_report(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        peer: &Peer,
        offset: CommitLogOffset,
        out: &mut Outbox,
    ) {
        if self.is_stopping {
            return;
        }
        match self.slaves.get_mut(&connection) {
            Some(slave) => {
                slave.last_heard = now;
                slave.acknowledged = slave.acknowledged.max(offset);
            }
            None => {
                let (begin, end, file) =
                    (self.store.log().min(), self.store.log().max(), self.store.log().file_size());
                let last_file = CommitLogOffset(end.0 - end.0 % file).max(begin);
                let next = if offset == CommitLogOffset(0) { last_file } else { offset };
                let node = peer.node.clone();
                self.slaves.insert(
                    connection,
                    SlaveState {
                        node,
                        address: peer.address,
                        acknowledged: offset,
                        next,
                        last_sent: now,
                        last_heard: now,
                        link: None,
                    },
                );
                self.ha_transfer(now, out);
                self.look_for_connection(now, out);
            }
        }
        self.settle_puts(now, out);
    }

    /// Something was appended: a synchronous master sends it at once, another one at its next look.
    pub(super) fn replicate_soon(&mut self, now: Instant, out: &mut Outbox) {
        if self.slaves.is_empty() {
            return;
        }
        let is_waited_for = self.controller.is_none() || self.acks_needed() > 0;
        if self.config.broker_role == BrokerRole::SyncMaster && is_waited_for {
            return self.ha_transfer(now, out);
        }
        let period = TRANSFER_PERIOD.as_millis();
        let rounds = now.since(self.started_at).as_millis() / period + 1;
        out.set_timer(Timer::HaTransfer, self.started_at + Duration::from_millis(rounds * period));
    }

    /// Sends each slave what it lacks, or a sign of life; gives silent ones up.
    pub(super) fn ha_transfer(&mut self, now: Instant, out: &mut Outbox) {
        if self.controller.is_some() {
            return self.auto_switch_transfer(now, out);
        }
        let log = self.store.log();
        let silent: Vec<_> = self
            .slaves
            .iter()
            .filter(|(_, slave)| now.since(slave.last_heard) > self.config.ha_housekeeping_interval)
            .map(|(connection, _)| *connection)
            .collect();
        for (connection, slave) in &mut self.slaves {
            let heartbeat = now.since(slave.last_sent) >= self.config.ha_send_heartbeat_interval;
            let mut sent_something = false;
            while slave.next < log.max() {
                let records = log.piece(slave.next, self.config.ha_transfer_batch_size);
                let Some(end) = records.last().map(Record::end) else {
                    break;
                };
                out.send(*connection, Frame::HaTransfer { from: slave.next, records });
                slave.next = end;
                sent_something = true;
            }
            if heartbeat && !sent_something {
                out.send(*connection, Frame::HaTransfer { from: slave.next, records: Vec::new() });
                sent_something = true;
            }
            if sent_something {
                slave.last_sent = now;
            }
        }
        for connection in silent {
            self.slaves.remove(&connection);
            out.close(connection);
        }
        let next = self.slaves.values().map(|slave| slave.last_sent).min();
        if let Some(last_sent) = next {
            out.set_timer(Timer::HaTransfer, last_sent + self.config.ha_send_heartbeat_interval);
        }
    }
}
