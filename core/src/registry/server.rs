//! The registry: its list, and who waits for word.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::RegistryCounts;
use crate::command::{MemberChange, NodeOrder};
use crate::fact::{Fact, RegistryFact};
use crate::id::{ConnectionId, NodeId};
use crate::outbox::{Input, Outbox};
use crate::rng::Rng;
use crate::rpc::{Frame, Members, RegistryFrame};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// A held question gets a random share of its wait on top, of up to one part in so many (Consul).
const STAGGER: u64 = 16;

/// What a registry has on its disk: the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryDisk(Members);

impl Default for RegistryDisk {
    /// Nobody is there yet.
    fn default() -> Self {
        Self(Members { version: 1, changed_at: Instant::ZERO, members: Arc::default() })
    }
}

impl RegistryDisk {
    /// The list.
    pub const fn members(&self) -> &Members {
        &self.0
    }

    /// Takes a change in; false when there is nothing to change.
    pub fn change(&mut self, now: Instant, member: &NodeId, change: MemberChange) -> bool {
        let members = Arc::make_mut(&mut self.0.members);
        let changed = match change {
            MemberChange::Add => members.insert(member.clone()),
            MemberChange::Remove => members.remove(member),
        };
        if changed {
            self.0.version += 1;
            self.0.changed_at = now;
        }
        changed
    }
}

/// A running registry.
#[derive(Clone, Debug)]
pub struct Registry {
    disk: RegistryDisk,
    rng: Rng,
    /// Clients that have said something and whose connection is open.
    peers: BTreeMap<ConnectionId, NodeId>,
    /// Connections with a watch that has not fired.
    watches: BTreeSet<ConnectionId>,
    /// Questions that wait, and until when.
    held: BTreeMap<ConnectionId, Instant>,
    counts: RegistryCounts,
}

impl Registry {
    /// A registry on this disk.
    pub const fn new(disk: RegistryDisk, rng: Rng) -> Self {
        Self {
            disk,
            rng,
            peers: BTreeMap::new(),
            watches: BTreeSet::new(),
            held: BTreeMap::new(),
            counts: RegistryCounts { connections: 0, requests: 0, pushes: 0, lists: 0 },
        }
    }

    /// The list.
    pub const fn members(&self) -> &Members {
        self.disk.members()
    }

    /// What it has counted.
    pub const fn counts(&self) -> RegistryCounts {
        self.counts
    }

    /// Connected clients, watches that have not fired, questions that are held.
    pub fn waiting(&self) -> (usize, usize, usize) {
        (self.peers.len(), self.watches.len(), self.held.len())
    }

    /// The process ends.
    pub fn into_disk(self) -> RegistryDisk {
        self.disk
    }

    /// Reacts to one input.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Outbox) {
        match input {
            Input::Frame { connection, peer, frame: Frame::Registry(frame) } => {
                if self.peers.insert(connection, peer.node).is_none() {
                    self.counts.connections += 1;
                }
                self.counts.requests += 1;
                self.on_request(now, connection, &frame, out);
            }
            Input::Closed(connection) => {
                self.peers.remove(&connection);
                self.watches.remove(&connection);
                self.held.remove(&connection);
            }
            Input::Timer(Timer::RegistryHold, _) => self.answer_held(|until| until <= now, out),
            Input::Order(order) => match *order {
                NodeOrder::Member(member, change) => self.on_change(now, &member, change, out),
                NodeOrder::Shutdown => out.exit(),
                _ => {}
            },
            _ => {}
        }
    }

    fn on_request(&mut self, now: Instant, from: ConnectionId, frame: &RegistryFrame, out: &mut Outbox) {
        match frame {
            RegistryFrame::GetMembers => self.send_list(from, out),
            RegistryFrame::OpenSession => out.send(from, Frame::Registry(RegistryFrame::SessionOpened)),
            // Reading sets the next watch: nothing can change between the two.
            RegistryFrame::GetChildren => {
                self.watches.insert(from);
                self.send_list(from, out);
            }
            RegistryFrame::SetWatches { version } => {
                if self.members().version > *version {
                    self.push(from, out);
                } else {
                    self.watches.insert(from);
                }
                out.send(from, Frame::Registry(RegistryFrame::WatchesSet));
            }
            RegistryFrame::Ping => out.send(from, Frame::Registry(RegistryFrame::Pong)),
            RegistryFrame::BlockingQuery { index, .. } if *index < self.members().version => {
                self.send_list(from, out);
            }
            RegistryFrame::BlockingQuery { wait, .. } => {
                let stagger = self.rng.between(0, wait.as_millis() / STAGGER);
                self.held.insert(from, now + *wait + Duration::from_millis(stagger));
                self.arm(out);
            }
            RegistryFrame::SessionOpened
            | RegistryFrame::WatchesSet
            | RegistryFrame::NodeChildrenChanged
            | RegistryFrame::Pong
            | RegistryFrame::Members(_) => {}
        }
    }

    fn on_change(&mut self, now: Instant, member: &NodeId, change: MemberChange, out: &mut Outbox) {
        if !self.disk.change(now, member, change) {
            return;
        }
        let version = self.members().version;
        out.note(Fact::Registry(RegistryFact::MembersChanged { member: member.clone(), change, version }));
        for connection in std::mem::take(&mut self.watches) {
            self.push(connection, out);
        }
        self.answer_held(|_| true, out);
    }

    fn answer_held(&mut self, is_due: impl Fn(Instant) -> bool, out: &mut Outbox) {
        let due: Vec<_> = self.held.iter().filter(|(_, until)| is_due(**until)).map(|(id, _)| *id).collect();
        for connection in due {
            self.held.remove(&connection);
            self.send_list(connection, out);
        }
        self.arm(out);
    }

    fn arm(&self, out: &mut Outbox) {
        match self.held.values().min() {
            Some(earliest) => out.set_timer(Timer::RegistryHold, *earliest),
            None => out.cancel_timer(Timer::RegistryHold),
        }
    }

    fn push(&mut self, to: ConnectionId, out: &mut Outbox) {
        self.counts.pushes += 1;
        out.send(to, Frame::Registry(RegistryFrame::NodeChildrenChanged));
    }

    fn send_list(&mut self, to: ConnectionId, out: &mut Outbox) {
        self.counts.lists += 1;
        out.send(to, Frame::Registry(RegistryFrame::Members(self.members().clone())));
    }
}
