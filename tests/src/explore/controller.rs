//! Controller mode in small: one controller, two or three replicas, a few messages, every order of what can happen.
//!
//! The controller is the lab's own [`ReplicasInfoManager`], a replica's reigns are the lab's own [`EpochFileCache`]; the
//! replicas around them are as small as they can be. A message is one byte of the log. Elections are told to every
//! replica by a message of its own, which may come at any time, also after later ones; heartbeats reach the controller
//! at any time, so that it may know too little of a log; a slave copies one message at a time. What a master asks the
//! controller is answered at once.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::Hash;

use lab_core::controller::{BrokerIdentity, ControllerResult, EpochFileCache, Liveness, ReplicasInfoManager};
use lab_core::id::{Address, BrokerId, BrokerName, CommitLogOffset};
use lab_core::rpc::{ControllerAnswer, MasterEpoch, ReplicaInfo, SyncStateSet, SyncStateSetEpoch};
use lab_core::time::Instant;

use super::Model;

/// When a master acknowledges a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// At once: RocketMQ's default.
    Master,
    /// When so many replicas have it, the master included (`inSyncReplicas`).
    Copies(usize),
    /// When everybody in the SyncStateSet has it (`allAckInSyncStateSet`).
    AllInSync,
}

/// The bound of an exploration.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Replicas, all in sync at the beginning; the first one is the master.
    pub replicas: u64,
    /// Messages that producers send at most.
    pub messages: u8,
    /// Processes that end at most; each may be started again.
    pub crashes: u8,
    /// When a message is acknowledged.
    pub acks: Acks,
    /// Whether a replica that is not in sync may be elected.
    pub unclean: bool,
    /// Whether a reign that begins where the last one began takes its place in the epoch file. RocketMQ does not note
    /// such a reign at all, so two logs that differ from there on look the same.
    pub repaired: bool,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { replicas, messages, crashes, acks, unclean, repaired } = self;
        write!(
            f,
            "{replicas} replicas, {messages} messages, {crashes} crashes, acknowledged by {acks:?}, unclean elections: \
             {unclean}, epoch files repaired: {repaired}"
        )
    }
}

/// One replica.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Replica {
    runs: bool,
    log: Vec<u8>,
    epochs: EpochFileCache,
    /// The master that it believes in, and the reign.
    master: Option<BrokerId>,
    master_epoch: MasterEpoch,
    /// What a master knows of its SyncStateSet.
    set: SyncStateSet,
    set_epoch: SyncStateSetEpoch,
    /// Whether its log is joined to the master's.
    joined: bool,
    inbox: BTreeSet<(MasterEpoch, BrokerId, SyncStateSetEpoch)>,
}

/// Everything at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    manager: ReplicasInfoManager,
    /// Who lives for the controller, and how far each log reached by its last heartbeat.
    live: BTreeMap<BrokerId, (Option<MasterEpoch>, CommitLogOffset)>,
    replicas: BTreeMap<BrokerId, Replica>,
    repaired: bool,
    sent: u8,
    acknowledged: BTreeSet<u8>,
    crashes: u8,
}

impl Liveness for State {
    fn is_alive(&self, broker: &BrokerIdentity) -> bool {
        self.live.contains_key(&broker.2)
    }

    fn standing(&self, broker: &BrokerIdentity) -> Option<(Option<MasterEpoch>, CommitLogOffset, i32)> {
        self.live.get(&broker.2).map(|(epoch, end)| (*epoch, *end, i32::MAX))
    }
}

/// Something that can happen.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// A producer sends to a replica that believes to be the master.
    Send(BrokerId),
    /// A heartbeat reaches the controller.
    Heartbeat(BrokerId),
    /// The process ends, and the controller notices.
    Crash(BrokerId),
    /// It starts again and registers.
    Restart(BrokerId),
    /// It hears of the election of this reign.
    Told(BrokerId, MasterEpoch),
    /// A slave joins its master: their logs are made the same up to where they part.
    Join(BrokerId),
    /// A slave copies one message.
    Copy(BrokerId),
    /// The master has a slave that caught up counted as in sync.
    Expand(BrokerId),
    /// The master has a slave that is gone not counted any more.
    Shrink(BrokerId),
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

fn name() -> BrokerName {
    "broker-a".into()
}

fn end(log: &[u8]) -> CommitLogOffset {
    CommitLogOffset(log.len() as u64)
}

/// Notes a reign as RocketMQ does, or in the place of one that began at the same place.
fn begin_reign(epochs: &mut EpochFileCache, epoch: MasterEpoch, start: CommitLogOffset, repaired: bool) {
    let begins_there = epochs.last().is_some_and(|last| last.epoch < epoch && last.start == start);
    if repaired && begins_there {
        epochs.truncate_suffix_by_offset(start);
    }
    epochs.append(epoch, start);
}

impl State {
    fn is_master(&self, id: BrokerId) -> bool {
        self.replicas[&id].runs && self.replicas[&id].master == Some(id)
    }

    /// The master that a slave copies from, when that is one.
    fn source(&self, slave: BrokerId) -> Option<BrokerId> {
        let master = self.replicas[&slave].master?;
        let runs = self.replicas[&slave].runs && master != slave && self.is_master(master);
        runs.then_some(master)
    }

    fn replica(&mut self, id: BrokerId) -> &mut Replica {
        self.replicas.get_mut(&id).expect("a replica of the group")
    }

    fn take(&mut self, result: &ControllerResult) -> Option<ReplicaInfo> {
        for event in &result.events {
            self.manager.apply(event);
        }
        match &result.answer {
            Some(ControllerAnswer::Replica(info, _)) => Some(info.clone()),
            _ => None,
        }
    }

    /// An election, for somebody or for nobody; its outcome is sent to all that live.
    fn elect(&mut self, asked_for: Option<BrokerId>, unclean: bool) -> Option<ReplicaInfo> {
        let result = self.manager.elect_master(&name(), asked_for, false, unclean, self);
        let is_new = !result.events.is_empty();
        let info = self.take(&result)?;
        if let (true, Some((master, _))) = (is_new, info.master) {
            for id in self.live.keys().copied().collect::<Vec<_>>() {
                let news = (info.master_epoch, master, info.sync_state_set_epoch);
                self.replica(id).inbox.insert(news);
            }
        }
        Some(info)
    }

    /// A replica hears who is the master; old news change nothing.
    fn take_role(
        &mut self,
        id: BrokerId,
        master: BrokerId,
        epoch: MasterEpoch,
        set_epoch: SyncStateSetEpoch,
    ) {
        let repaired = self.repaired;
        let replica = self.replica(id);
        if epoch <= replica.master_epoch {
            return;
        }
        replica.master_epoch = epoch;
        replica.master = Some(master);
        replica.joined = false;
        if master == id {
            if set_epoch > replica.set_epoch {
                replica.set = SyncStateSet::from([id]);
                replica.set_epoch = set_epoch;
            }
            if replica.epochs.last_epoch() >= Some(epoch) {
                replica.epochs.truncate_suffix_by_epoch(epoch);
            }
            let start = end(&replica.log);
            begin_reign(&mut replica.epochs, epoch, start, repaired);
            // Its connections are closed.
            for other in self.replicas.values_mut().filter(|other| other.master == Some(id)) {
                other.joined = false;
            }
        }
    }

    fn join(&mut self, slave: BrokerId, master: BrokerId) {
        let (theirs, their_end) = (self.replicas[&master].epochs.clone(), end(&self.replicas[&master].log));
        let replica = self.replica(slave);
        if !replica.epochs.entries().is_empty() {
            let own_end = end(&replica.log);
            let Some(point) = replica.epochs.find_consistent_point(own_end, &theirs, their_end) else {
                return;
            };
            replica.log.truncate(point.0 as usize);
            replica.epochs.truncate_suffix_by_offset(point);
        }
        replica.joined = true;
        self.learn_epoch(slave, master);
    }

    /// The piece that comes next carries its reign.
    fn learn_epoch(&mut self, slave: BrokerId, master: BrokerId) {
        let at = end(&self.replicas[&slave].log);
        if let Some(entry) = self.replicas[&master].epochs.find_by_offset(at) {
            let repaired = self.repaired;
            begin_reign(&mut self.replica(slave).epochs, entry.epoch, entry.start, repaired);
        }
    }

    /// Who has confirmed a message to a master: itself and the slaves joined to it that have it.
    fn holders(&self, master: BrokerId, message: u8) -> BTreeSet<BrokerId> {
        let has = |id: &BrokerId| {
            let replica = &self.replicas[id];
            let is_joined = replica.runs && replica.joined && replica.master == Some(master);
            replica.log.contains(&message) && (*id == master || is_joined)
        };
        self.replicas.keys().copied().filter(has).collect()
    }

    fn acknowledge(&mut self, acks: Acks) {
        for id in self.replicas.keys().copied().collect::<Vec<_>>() {
            if !self.is_master(id) {
                continue;
            }
            for message in self.replicas[&id].log.clone() {
                let holders = self.holders(id, message);
                let is_safe = match acks {
                    Acks::Master => true,
                    Acks::Copies(count) => holders.len() >= count,
                    Acks::AllInSync => self.replicas[&id].set.is_subset(&holders),
                };
                if is_safe {
                    self.acknowledged.insert(message);
                }
            }
        }
    }

    fn alter(&mut self, master: BrokerId, new: SyncStateSet) {
        let replica = &self.replicas[&master];
        let (reign, set_epoch) = ((master, replica.master_epoch), replica.set_epoch);
        let result = self.manager.alter_sync_state_set(&name(), reign, (&new, set_epoch), self);
        if let Some(info) = self.take(&result) {
            let replica = self.replica(master);
            replica.set = info.sync_state_set;
            replica.set_epoch = info.sync_state_set_epoch;
        }
    }
}

impl Model for Group {
    type State = State;
    type Action = Action;

    fn initial(&self) -> State {
        let ids: Vec<_> = (1..=self.replicas).map(BrokerId).collect();
        let mut state = State {
            manager: ReplicasInfoManager::default(),
            live: ids.iter().map(|id| (*id, (Some(MasterEpoch(1)), CommitLogOffset(0)))).collect(),
            replicas: ids.iter().map(|id| (*id, Replica { runs: true, ..Replica::default() })).collect(),
            repaired: self.repaired,
            sent: 0,
            acknowledged: BTreeSet::new(),
            crashes: 0,
        };
        for id in &ids {
            let code = (Address::local(id.0 as u16), Instant::ZERO);
            let result = state.manager.apply_broker_id(&"c".into(), &name(), *id, code);
            state.take(&result);
        }
        let master = BrokerId(1);
        state.elect(Some(master), false);
        for id in &ids {
            state.replica(*id).inbox.clear();
            state.take_role(*id, master, MasterEpoch(1), SyncStateSetEpoch(1));
        }
        for id in ids.iter().filter(|id| **id != master) {
            state.join(*id, master);
            let mut set = state.replicas[&master].set.clone();
            set.insert(*id);
            state.alter(master, set);
        }
        state
    }

    fn actions(&self, state: &State) -> Vec<Action> {
        let mut actions = Vec::new();
        for (id, replica) in &state.replicas {
            let id = *id;
            if !replica.runs {
                actions.push(Action::Restart(id));
                continue;
            }
            if state.crashes < self.crashes {
                actions.push(Action::Crash(id));
            }
            if state.is_master(id) && state.sent < self.messages {
                actions.push(Action::Send(id));
            }
            if state.live.get(&id) != Some(&(replica.epochs.last_epoch(), end(&replica.log))) {
                actions.push(Action::Heartbeat(id));
            }
            actions.extend(replica.inbox.iter().map(|(epoch, ..)| Action::Told(id, *epoch)));
            if let Some(master) = state.source(id) {
                let source = &state.replicas[&master];
                match replica.joined {
                    false => actions.push(Action::Join(id)),
                    true if replica.log.len() < source.log.len() => actions.push(Action::Copy(id)),
                    true => {}
                }
                if replica.joined && replica.log.len() >= source.log.len() && !source.set.contains(&id) {
                    actions.push(Action::Expand(id));
                }
            }
            if state.is_master(id) {
                let is_gone = |other: &&BrokerId| {
                    let slave = &state.replicas[*other];
                    **other != id && !(slave.runs && slave.joined && slave.master == Some(id))
                };
                actions.extend(replica.set.iter().filter(is_gone).map(|other| Action::Shrink(*other)));
            }
        }
        actions
    }

    fn apply(&self, state: &State, action: &Action) -> State {
        let mut after = state.clone();
        match *action {
            Action::Send(id) => {
                after.sent += 1;
                let message = after.sent;
                after.replica(id).log.push(message);
            }
            Action::Heartbeat(id) => {
                let replica = &state.replicas[&id];
                after.live.insert(id, (replica.epochs.last_epoch(), end(&replica.log)));
            }
            Action::Crash(id) => {
                after.crashes += 1;
                let replica = after.replica(id);
                (replica.runs, replica.joined, replica.master) = (false, false, None);
                (replica.master_epoch, replica.set_epoch) = (MasterEpoch(0), SyncStateSetEpoch(0));
                replica.set.clear();
                replica.inbox.clear();
                for other in after.replicas.values_mut().filter(|other| other.master == Some(id)) {
                    other.joined = false;
                }
                after.live.remove(&id);
                if after.manager.master_of(&name()) == Some(id) {
                    after.elect(None, self.unclean);
                }
            }
            Action::Restart(id) => self.restart(&mut after, id),
            Action::Told(id, epoch) => {
                let inbox = &mut after.replica(id).inbox;
                let news = inbox.iter().find(|(other, ..)| *other == epoch).copied();
                if let Some((epoch, master, set_epoch)) = news {
                    inbox.remove(&(epoch, master, set_epoch));
                    after.take_role(id, master, epoch, set_epoch);
                }
            }
            Action::Join(id) => {
                let master = state.source(id).expect("a slave with a master joins");
                after.join(id, master);
            }
            Action::Copy(id) => {
                let master = state.source(id).expect("a slave with a master copies");
                after.learn_epoch(id, master);
                let next = state.replicas[&master].log[state.replicas[&id].log.len()];
                after.replica(id).log.push(next);
            }
            Action::Expand(id) => {
                let master = state.source(id).expect("a slave with a master counts");
                let mut set = state.replicas[&master].set.clone();
                set.insert(id);
                after.alter(master, set);
            }
            Action::Shrink(id) => {
                let masters = state.replicas.keys().copied().filter(|other| state.is_master(*other));
                for master in masters {
                    let mut set = state.replicas[&master].set.clone();
                    if master != id && set.remove(&id) {
                        after.alter(master, set);
                    }
                }
            }
        }
        after.acknowledge(self.acks);
        after
    }

    fn check(&self, state: &State) -> Result<(), String> {
        let mut reigns = BTreeSet::new();
        for id in state.replicas.keys().filter(|id| state.is_master(**id)) {
            if !reigns.insert(state.replicas[id].master_epoch) {
                return Err(format!("two masters in reign {}", state.replicas[id].master_epoch));
            }
        }
        let Some(master) = state.manager.master_of(&name()) else { return Ok(()) };
        let log = &state.replicas[&master].log;
        let lost = state.acknowledged.iter().find(|message| !log.contains(message));
        lost.map_or(Ok(()), |message| {
            Err(format!("message {message} was acknowledged, and master {master} does not have it"))
        })
    }

    fn fingerprint(&self, state: &State, hasher: &mut DefaultHasher) {
        state.hash(hasher);
    }
}

impl Group {
    /// The process is there again: it registers, hears of a living master, or asks to become it.
    fn restart(&self, state: &mut State, id: BrokerId) {
        let replica = state.replica(id);
        replica.runs = true;
        let first = (replica.epochs.last_epoch(), end(&replica.log));
        let result = state.manager.register_broker(&name(), id, Address::local(id.0 as u16), &*state);
        let mut info = state.take(&result);
        state.live.insert(id, first);
        if info.as_ref().is_some_and(|info| info.master.is_none()) {
            info = state.elect(Some(id), self.unclean);
        }
        if let Some(info) = info
            && let Some((master, _)) = info.master
        {
            state.take_role(id, master, info.master_epoch, info.sync_state_set_epoch);
        }
    }
}
