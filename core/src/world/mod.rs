//! The whole cluster at one moment, and the only way anything in it changes.
//!
//! [`World::step`] takes the earliest event, sets the clock, calls one handler and carries out its effects. Commands
//! of a person are applied between events by [`World::apply`]. Nothing else changes a world, so set-up and commands
//! with their times *are* the run.
//!
//! **Invariants**: time never goes back; a handler sees only its own process; every trace event but an order has a
//! cause with a smaller number.

mod alarms;
mod carry_out;
mod commands;
mod kafka;
mod registries;
mod slots;

use std::collections::{BTreeMap, VecDeque};

use arcstr::ArcStr;

pub use alarms::Alarms;
pub(crate) use commands::is_tool;
pub(crate) use slots::Place;
pub use slots::Slots;

use crate::agenda::Agenda;
use crate::command::{Command, NodeOrder, NodeSpec, TransactionRecord};
use crate::config::Profile;
use crate::fact::{Fact, TraceEvent};
use crate::id::{Address, ConnectionId, EventId, GroupName, NodeId};
use crate::network::{Network, Transit};
use crate::node::{Disk, Node};
use crate::outbox::{Effect, Input};
use crate::recording::{Recording, Setup};
use crate::store::MessageStore;
use crate::time::{Duration, Epoch, Instant};
use crate::timer::Timer;

/// What state a process is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    /// It runs.
    Up,
    /// It is halted.
    Frozen,
    /// It runs and is about to end.
    Stopping,
    /// It ended in good order.
    Stopped,
    /// It was ended.
    Killed,
    /// Its host has no power.
    PoweredOff,
}

impl ProcessState {
    const fn words(self) -> &'static str {
        match self {
            Self::Up => "running",
            Self::Frozen => "frozen",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Killed => "killed",
            Self::PoweredOff => "without power",
        }
    }

    const fn is_running(self) -> bool {
        matches!(self, Self::Up | Self::Frozen | Self::Stopping)
    }
}

/// A place for a process.
#[derive(Clone, Debug)]
pub struct Slot {
    /// What it is made from, with the changes since.
    pub spec: NodeSpec,
    /// Its address.
    pub address: Address,
    /// The name servers, or registries, it is told of.
    pub name_servers: Vec<Address>,
    /// The controllers it is told of.
    pub controllers: Vec<Address>,
    /// Its state.
    pub state: ProcessState,
    /// Since when.
    pub since: Instant,
    /// The process, while there is one.
    pub node: Option<Node>,
    /// The disk, while there is no process.
    pub disk: Disk,
    /// Its alarm clocks: when each rings.
    pub timers: Alarms,
    /// Which process of this place it is, so that nothing meant for an earlier one reaches it.
    incarnation: u64,
    /// What came while it was halted.
    waiting: VecDeque<Due>,
    /// It is to be started again as soon as it has ended.
    restarts: bool,
}

impl Slot {
    /// The messages of a broker, whether it runs or not; `None` for other nodes and before a broker's first start.
    pub const fn store(&self) -> Option<&MessageStore> {
        match (&self.node, &self.disk) {
            (Some(Node::Broker(broker)), _) => Some(broker.store()),
            (None, Disk::Broker(disk)) => Some(&disk.store),
            _ => None,
        }
    }
}

/// A set alarm clock.
#[derive(Clone, Copy, Debug)]
pub struct Alarm {
    /// When it rings.
    pub at: Instant,
    seq: u64,
    cause: Option<EventId>,
}

/// Something on the agenda.
#[derive(Clone, Debug)]
pub(crate) enum Due {
    /// A packet arrives.
    Arrival(Transit),
    /// An alarm clock rings, if it is still set so.
    Alarm(Place, Timer),
    /// A process gets an input that did not come over the network.
    Input { place: Place, incarnation: u64, input: Input, cause: Option<EventId> },
}

/// A cluster.
#[derive(Clone, Debug)]
pub struct World {
    setup: Setup,
    now: Instant,
    agenda: Agenda<Due>,
    network: Network,
    slots: Slots,
    /// Who listens where.
    listeners: BTreeMap<Address, NodeId>,
    /// Name servers, brokers, clients, runs of tools, registries, Kafka brokers and controllers ever added: the next
    /// default ports.
    added: [u16; 7],
    next_connection: ConnectionId,
    next_event: EventId,
    /// What the application of each producer group knows of its local transactions, by the id of the message.
    databases: BTreeMap<GroupName, BTreeMap<ArcStr, TransactionRecord>>,
    /// What was noted since the lab last looked.
    fresh: Vec<TraceEvent>,
    /// What the last handler's effects lay in, for the next one.
    spare: Vec<Effect>,
    /// Whether what happens is only counted.
    is_untraced: bool,
}

impl World {
    /// A world without nodes.
    pub fn new(setup: Setup) -> Self {
        Self {
            network: Network::new(setup.seed, setup.latency, setup.loss),
            setup,
            now: Instant::ZERO,
            agenda: Agenda::new(),
            slots: Slots::default(),
            listeners: BTreeMap::new(),
            added: [0; 7],
            next_connection: ConnectionId(0),
            next_event: EventId::FIRST,
            databases: BTreeMap::new(),
            fresh: Vec::new(),
            spare: Vec::new(),
            is_untraced: false,
        }
    }

    /// The cluster at the end of a recording, for those who want nothing but the outcome: what happens on the way is
    /// counted and not kept. Otherwise the same as a [`Lab`](crate::lab::Lab) that ran to that moment.
    pub fn at_end_of(recording: &Recording) -> Self {
        let mut world = Self { is_untraced: true, ..Self::new(recording.setup.clone()) };
        for (at, command) in &recording.commands {
            world.run_until(*at);
            // As in a lab: a command that makes no sense when its time comes is passed over.
            let _refused = world.apply(command).is_err();
        }
        world.run_until(recording.end);
        world
    }

    fn run_until(&mut self, moment: Instant) {
        while self.next_due().is_some_and(|due| due < moment) {
            self.step();
        }
        self.wait_until(moment);
    }

    /// What the run began with.
    pub const fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The version that all processes have.
    pub const fn profile(&self) -> Profile {
        self.setup.profile
    }

    /// The date of virtual zero.
    pub const fn epoch(&self) -> Epoch {
        self.setup.epoch
    }

    /// The present moment.
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Events noted since the start, kept or not.
    pub const fn events(&self) -> u64 {
        self.next_event.number()
    }

    /// The places of all nodes.
    pub const fn slots(&self) -> &Slots {
        &self.slots
    }

    /// All nodes in the order of their addition.
    pub fn nodes(&self) -> impl Iterator<Item = (&NodeId, &Slot)> {
        self.slots.in_order()
    }

    /// The node that was added last; after an order for `mqadmin`, its run.
    pub fn newest_node(&self) -> Option<&NodeId> {
        self.slots.newest()
    }

    /// Who listens at an address.
    pub fn listener(&self, address: Address) -> Option<&NodeId> {
        self.listeners.get(&address)
    }

    /// Links and connections.
    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// Packets on their way, with the moments of their arrival, in no order.
    pub fn in_transit(&self) -> impl Iterator<Item = (Instant, &Transit)> {
        self.agenda.iter().filter_map(|(at, due)| match due {
            Due::Arrival(transit) => Some((at, transit)),
            _ => None,
        })
    }

    /// When the next event is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.agenda.next_due()
    }

    /// What `mqadmin` would print if it were run now. The world itself stays as it is; `None` when the tool is still at
    /// work after `limit`.
    pub fn mqadmin(&self, line: &str, limit: Duration) -> Option<String> {
        let mut world = self.clone();
        world.fresh.clear();
        world.apply(&Command::Mqadmin(line.into())).ok()?;
        let until = self.now + limit;
        while world.next_due().is_some_and(|due| due <= until) {
            world.step();
            for event in world.take_fresh() {
                if let Fact::MqadminAnswered { output, .. } = event.fact {
                    return Some(output.to_string());
                }
            }
        }
        None
    }

    /// Lets time pass without anything happening.
    pub(crate) fn wait_until(&mut self, moment: Instant) {
        assert!(self.next_due().is_none_or(|due| due >= moment), "nothing due is skipped");
        self.now = self.now.max(moment);
    }

    /// What was noted since the last call.
    pub(crate) fn take_fresh(&mut self) -> impl Iterator<Item = TraceEvent> {
        self.fresh.drain(..)
    }

    /// Handles the next event; false when there is none.
    pub fn step(&mut self) -> bool {
        let Some((at, seq, due)) = self.agenda.pop() else {
            return false;
        };
        assert!(at >= self.now, "time never goes back");
        self.now = at;
        self.dispatch(seq, due);
        true
    }

    fn dispatch(&mut self, seq: u64, due: Due) {
        match due {
            Due::Arrival(transit) => self.arrive(transit),
            Due::Alarm(place, timer) => {
                let Some(slot) = self.slots.at_mut(place) else {
                    return;
                };
                if slot.state == ProcessState::Frozen {
                    if slot.timers.is_set_as(timer, seq) {
                        slot.waiting.push_back(Due::Alarm(place, timer));
                    }
                    return;
                }
                let Some(alarm) = slot.timers.take_ringing(timer, seq) else { return };
                self.handle(place, Input::Timer(timer, alarm.at), alarm.cause);
            }
            Due::Input { place, incarnation, input, cause } => {
                let Some(slot) = self.slots.at_mut(place) else {
                    return;
                };
                if slot.incarnation != incarnation || !slot.state.is_running() {
                    return;
                }
                if slot.state == ProcessState::Frozen {
                    slot.waiting.push_back(Due::Input { place, incarnation, input, cause });
                    return;
                }
                self.handle(place, input, cause);
            }
        }
    }

    /// Puts an order or the like to a process on the agenda.
    fn tell(&mut self, node: &NodeId, input: Input, cause: Option<EventId>) {
        let Some(place) = self.slots.place(node) else { return };
        if let Some(slot) = self.slots.at(place) {
            let incarnation = slot.incarnation;
            self.agenda.push(self.now, Due::Input { place, incarnation, input, cause });
        }
    }

    fn order(&mut self, node: &NodeId, order: NodeOrder, cause: Option<EventId>) {
        self.tell(node, Input::Order(Box::new(order)), cause);
    }

    fn note(&mut self, node: Option<&NodeId>, cause: Option<EventId>, fact: Fact) -> EventId {
        let id = self.count(cause);
        if !self.is_untraced {
            self.fresh.push(TraceEvent { id, at: self.now, node: node.cloned(), cause, fact });
        }
        id
    }

    fn note_at(&mut self, place: Place, cause: Option<EventId>, fact: Fact) -> EventId {
        let id = self.count(cause);
        if !self.is_untraced {
            let node = Some(self.slots.name(place).clone());
            self.fresh.push(TraceEvent { id, at: self.now, node, cause, fact });
        }
        id
    }

    /// The number of the next event.
    fn count(&mut self, cause: Option<EventId>) -> EventId {
        let id = self.next_event;
        assert!(cause.is_none_or(|cause| cause < id), "a cause comes before its effect");
        self.next_event = id.next();
        id
    }
}
