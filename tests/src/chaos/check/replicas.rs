//! Properties of broker names that survive their master: DLedger groups, replicas under controllers, acting slaves.

use std::collections::{BTreeMap, BTreeSet};

use arcstr::ArcStr;

use lab_core::config::BrokerRole;
use lab_core::fact::{ActingFact, ControllerFact, DLedgerFact, Fact, SendStatus, TraceEvent};
use lab_core::id::{BrokerName, NodeId};
use lab_core::lab::Lab;
use lab_core::names::is_system_topic;
use lab_core::rpc::{MasterEpoch, MemberRole};
use lab_core::view::BrokerView;

use super::super::sightings::{Sightings, Surprise};
use super::{Circumstances, Verdict, acknowledged, verdict};

/// How a broker name survives its master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Its replicas elect a leader (`enableDLegerCommitLog`).
    DLedger,
    /// Controllers choose the master (`enableControllerMode`).
    Controller,
    /// A slave acts for it (`enableSlaveActingMaster`).
    Acting,
}

/// A broker name that survives its master, and what happened to it.
#[derive(Clone, Copy, Debug)]
pub struct Replicas {
    /// How.
    pub mode: Mode,
    /// Whether a send waits for every replica in the SyncStateSet (`allAckInSyncStateSet`).
    pub all_ack: bool,
    /// Whether a replica outside of the SyncStateSet was made the master.
    pub unclean: bool,
    /// Whether a reign was not noted by its master ([`has_reign_without_a_record`]).
    pub reign_without_a_record: bool,
    /// Whether messages that could be read were cut off, so that offsets may lie behind the end of their queue.
    pub lost_messages: bool,
}

impl Replicas {
    /// Whether what its producers were told is safe outlives every fault but a loss of disks.
    pub const fn keep_what_they_acknowledge(&self) -> bool {
        match self.mode {
            Mode::DLedger | Mode::Acting => true,
            // `EpochFileCache.appendEntry` does not note a reign that begins where the last one began: nothing was
            // stored in that one. A replica that does have messages of the last reign then finds the same epochs as
            // its new master has, cuts nothing off, and counts as in sync with another log: what is acknowledged from
            // then on it does not have, and it may be elected. The real thing loses messages so; only such runs are
            // left out (scenario `controller/reign_without_a_record_hides_that_logs_differ`).
            Mode::Controller => self.all_ack && !self.unclean && !self.reign_without_a_record,
        }
    }
}

/// The broker names of a run that survive their master.
pub(super) fn of(lab: &Lab) -> BTreeMap<BrokerName, Replicas> {
    let view = lab.view(0);
    let mut names = BTreeMap::new();
    for broker in &view.brokers {
        let Some(mode) = mode_of(broker) else { continue };
        names.entry(broker.broker_name.clone()).or_insert_with(|| {
            let all_ack = is_set(broker, "allAckInSyncStateSet");
            let is_controlled = mode == Mode::Controller;
            Replicas {
                mode,
                all_ack,
                unclean: is_controlled && was_unclean(lab, &broker.broker_name),
                reign_without_a_record: is_controlled
                    && all_ack
                    && has_reign_without_a_record(lab, &broker.broker_name),
                lost_messages: false,
            }
        });
    }
    for replicas in names.values_mut() {
        replicas.lost_messages = !replicas.keep_what_they_acknowledge();
    }
    names
}

fn mode_of(broker: &BrokerView) -> Option<Mode> {
    const MODES: [(&str, Mode); 3] = [
        ("enableDLegerCommitLog", Mode::DLedger),
        ("enableControllerMode", Mode::Controller),
        ("enableSlaveActingMaster", Mode::Acting),
    ];
    MODES.into_iter().find(|(key, _)| is_set(broker, key)).map(|(_, mode)| mode)
}

fn is_set(broker: &BrokerView, key: &str) -> bool {
    broker.settings.iter().any(|(other, value)| *other == key && value == "true")
}

fn was_unclean(lab: &Lab, name: &BrokerName) -> bool {
    lab.trace().iter().any(|event| {
        matches!(&event.fact, Fact::Controller(ControllerFact::MasterElected { broker_name, unclean: true, .. })
            if broker_name == name)
    })
}

/// Whether a master of the name went into a reign that its epoch file does not name. The files are looked at in a
/// replay, at the moments at which a replica became the master: later the entry may be cut off with the log.
fn has_reign_without_a_record(lab: &Lab, name: &BrokerName) -> bool {
    let mut replay = Lab::new(lab.recording().clone());
    while let Some(id) = replay.run_until_fact(lab.now(), |event| reign_of(event).is_some()) {
        let Some(event) = replay.trace().iter().find(|event| event.id == id) else { return false };
        let (node, reign) = (event.node.clone(), reign_of(event));
        let view = replay.view(0);
        let broker =
            view.brokers.iter().find(|b| b.broker_name == *name && Some(&b.node.id) == node.as_ref());
        let mode = broker.and_then(|broker| broker.controller_mode.as_ref());
        if mode.is_some_and(|mode| mode.epochs.iter().all(|entry| Some(entry.epoch) != reign)) {
            return true;
        }
    }
    false
}

/// The reign that begins with this event.
const fn reign_of(event: &TraceEvent) -> Option<MasterEpoch> {
    match &event.fact {
        Fact::Controller(ControllerFact::RoleChanged { role, master_epoch, .. })
            if !matches!(role, BrokerRole::Slave) =>
        {
            Some(*master_epoch)
        }
        _ => None,
    }
}

/// The broker name of each broker.
fn names(lab: &Lab) -> BTreeMap<NodeId, BrokerName> {
    lab.view(0).brokers.iter().map(|broker| (broker.node.id.clone(), broker.broker_name.clone())).collect()
}

/// A term of a DLedger group has one leader, and so has one of a group of controllers. A disk that was rolled back has
/// forgotten whom it voted for.
pub(super) fn one_leader_a_term(lab: &Lab) -> Verdict {
    if lab.trace().iter().any(|event| matches!(event.fact, Fact::RolledBack { .. })) {
        return Ok(());
    }
    let names = names(lab);
    let mut leaders: BTreeMap<_, &NodeId> = BTreeMap::new();
    for event in lab.trace() {
        let Some(node) = &event.node else { continue };
        let term = match &event.fact {
            Fact::DLedger(DLedgerFact::RoleChanged { term, role: MemberRole::Leader, .. })
            | Fact::Controller(ControllerFact::ControllerRoleChanged {
                term,
                role: MemberRole::Leader,
                ..
            }) => *term,
            _ => continue,
        };
        let first = *leaders.entry((names.get(node), term)).or_insert(node);
        verdict("one leader a term", (first != node).then(|| format!("{event}, {first} led it too")))?;
    }
    Ok(())
}

/// Of two masters with one epoch, at most one stores what is acknowledged.
pub(super) fn one_master_an_epoch_acknowledges(lab: &Lab) -> Verdict {
    let (names, acknowledged) = (names(lab), acknowledged(lab));
    let mut reigns: BTreeMap<&NodeId, MasterEpoch> = BTreeMap::new();
    let mut masters: BTreeMap<_, &NodeId> = BTreeMap::new();
    for event in lab.trace() {
        let Some(node) = &event.node else { continue };
        match &event.fact {
            Fact::Controller(ControllerFact::RoleChanged { .. }) => {
                reigns.remove(node);
                reigns.extend(reign_of(event).map(|reign| (node, reign)));
            }
            Fact::Started => {
                reigns.remove(node);
            }
            Fact::MessageStored { message, .. } if acknowledged.contains_key(&message.unique_key) => {
                let Some(reign) = reigns.get(node) else { continue };
                let first = *masters.entry((names.get(node), *reign)).or_insert(node);
                let why = (first != node).then(|| format!("{event}, {first} too in epoch {reign}"));
                verdict("one master an epoch acknowledges", why)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A DLedger group has a leader in the end, and every message that it acknowledged lies in the leader's queue where its
/// producer was told.
pub(super) fn everything_acknowledged_is_at_its_place(lab: &Lab, circumstances: &Circumstances) -> Verdict {
    let is_dledger = |name: &BrokerName| {
        circumstances.replicas.get(name).is_some_and(|replicas| replicas.mode == Mode::DLedger)
    };
    let view = lab.view(0);
    let mut stores = BTreeMap::new();
    for broker in view.brokers.iter().filter(|broker| is_dledger(&broker.broker_name)) {
        let leads = broker.dledger.as_ref().is_some_and(|member| member.role == Some(MemberRole::Leader));
        let store = lab.world().slots().get(&broker.node.id).and_then(|slot| slot.store());
        let known = stores.entry(&broker.broker_name).or_insert(None);
        if leads {
            *known = store;
        }
    }
    let leaderless = stores.iter().find(|(_, store)| store.is_none());
    verdict("a healed DLedger group has a leader", leaderless.map(|(name, _)| name))?;
    let waited = waited(lab);
    let displaced = lab.trace().iter().find(|event| {
        let Fact::SendSucceeded { message, status: SendStatus::SendOk, .. } = &event.fact else {
            return false;
        };
        let queue = &message.queue;
        let Some(Some(store)) = stores.get(&queue.broker_name) else { return false };
        if circumstances.may_lose(&queue.broker_name)
            || circumstances.deleted_topics.contains(&queue.topic)
            || waited.contains(&message.unique_key)
        {
            return false;
        }
        let found = store.message_at(&queue.topic, queue.queue_id, message.offset);
        found.is_none_or(|found| found.message.unique_key() != Some(&message.unique_key))
    });
    verdict("what DLedger acknowledged is at its place", displaced)
}

/// Messages that lay in a topic of the broker's own first: their producers were told a place there.
fn waited(lab: &Lab) -> BTreeSet<&ArcStr> {
    let keys = lab.trace().iter().filter_map(|event| match &event.fact {
        Fact::MessageStored { message, .. } if is_system_topic(message.queue.topic.as_str()) => {
            Some(&message.unique_key)
        }
        _ => None,
    });
    keys.collect()
}

/// An acting slave stores nothing that a producer sends: to producers it has no permission to write.
pub(super) fn an_acting_slave_takes_nothing(lab: &Lab) -> Verdict {
    let view = lab.view(0);
    let producers: BTreeSet<_> = view.producers.iter().map(|producer| &producer.node.id).collect();
    let is_slave =
        |broker: &&BrokerView| mode_of(broker) == Some(Mode::Acting) && !broker.broker_id.is_master();
    let slaves: BTreeSet<_> = view.brokers.iter().filter(is_slave).map(|broker| &broker.node.id).collect();
    let taken = lab.trace().iter().find(|event| {
        matches!(&event.fact, Fact::MessageStored { from, .. } if producers.contains(from))
            && event.node.as_ref().is_some_and(|node| slaves.contains(node))
    });
    verdict("an acting slave takes nothing", taken)
}

/// The surprises of such clusters.
pub(in super::super) fn surprises(lab: &Lab, seen: &mut Sightings) {
    let replicated = of(lab);
    let names = names(lab);
    let acknowledged: BTreeMap<ArcStr, _> = acknowledged(lab);
    let mut masters: BTreeMap<&BrokerName, &NodeId> = BTreeMap::new();
    for event in lab.trace() {
        let name = event.node.as_ref().and_then(|node| Some((names.get(node)?, node)));
        let surprise = match &event.fact {
            Fact::DLedger(DLedgerFact::Truncated { messages, .. })
            | Fact::Controller(ControllerFact::LogTruncated { messages, .. })
                if !messages.is_empty() =>
            {
                Surprise::TailTruncated
            }
            Fact::Acting(ActingFact::Escaped { .. }) => Surprise::Escaped,
            Fact::MessageStored { message, .. } if acknowledged.contains_key(&message.unique_key) => {
                let Some((name, node)) = name.filter(|(name, _)| replicated.contains_key(*name)) else {
                    continue;
                };
                match masters.insert(name, node) {
                    Some(before) if before != node => Surprise::WritesCameBack,
                    _ => continue,
                }
            }
            Fact::Controller(ControllerFact::MasterElected { master_epoch, .. }) if master_epoch.0 > 1 => {
                Surprise::MasterElected
            }
            Fact::DLedger(DLedgerFact::BrokerRoleChanged { role, .. })
                if *role != BrokerRole::Slave && event.at.as_millis() > FIRST_ELECTION =>
            {
                Surprise::LeaderElected
            }
            _ => continue,
        };
        seen.insert(surprise);
    }
}

/// By this moment, in milliseconds, the first leader of every group is elected.
const FIRST_ELECTION: u64 = 30_000;
