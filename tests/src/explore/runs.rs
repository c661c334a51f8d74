//! DLedger groups of the lab under random faults: whole brokers with clients, their real timers and the network between.

use std::collections::BTreeMap;

use lab_core::command::Command;
use lab_core::fact::{DLedgerFact, Fact};
use lab_core::id::NodeId;
use lab_core::lab::Lab;
use lab_core::rng::Rng;
use lab_core::rpc::{MemberRole, Term};
use lab_core::time::Duration;
use lab_core::view::NodeStatus;

/// What a run saw, so that many of them can be shown to be no empty talk.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sightings {
    /// Terms with a leader.
    pub reigns: usize,
    /// Sends that succeeded.
    pub acknowledged: usize,
    /// Messages cut off a log.
    pub cut_off: usize,
}

const REPLICAS: [&str; 3] = ["n0", "n1", "n2"];
const FAULTS: u32 = 8;

/// One run.
///
/// # Errors
/// What does not hold, with the recording of the run.
pub fn play(profile: &str, seed: u64) -> Result<Sightings, String> {
    let mut lab =
        Lab::new(format!("lab profile={profile} seed={seed}").parse().map_err(|why| format!("{why}"))?);
    let result = run(&mut lab, &mut Rng::fork(seed, "faults")).and_then(|()| check(&lab));
    result.map_err(|why| format!("{why}\n{}", lab.recording()))
}

fn order(lab: &mut Lab, text: &str) -> Result<(), String> {
    let command: Command = text.parse().map_err(|why| format!("{text}: {why}"))?;
    lab.issue(command).map_err(|why| format!("{text}: {why}"))
}

fn wait(lab: &mut Lab, seconds: u64) {
    lab.run_until(lab.now() + Duration::from_secs(seconds));
}

fn run(lab: &mut Lab, rng: &mut Rng) -> Result<(), String> {
    order(lab, "name-server nsrv-0")?;
    for id in REPLICAS {
        order(lab, &format!("broker {id} name=broker-a enableDLegerCommitLog=true dLegerSelfId={id}"))?;
    }
    wait(lab, 15);
    order(lab, "topic Orders queues=1")?;
    wait(lab, 15);
    order(lab, "producer p1")?;
    order(lab, "produce p1 Orders every=300ms key=k")?;
    for _ in 0..FAULTS {
        disturb(lab, rng)?;
        wait(lab, rng.between(1, 14));
    }
    repair(lab)?;
    wait(lab, 150);
    order(lab, "quiet p1")?;
    wait(lab, 15);
    Ok(())
}

/// Breaks something, or mends it when it is broken.
fn disturb(lab: &mut Lab, rng: &mut Rng) -> Result<(), String> {
    let pick = |rng: &mut Rng| REPLICAS[rng.below(3) as usize];
    let id = pick(rng);
    match (status(lab, id), rng.below(4)) {
        (Some(NodeStatus::Frozen), _) => order(lab, &format!("thaw {id}")),
        (Some(status), _) if !status.is_running() => order(lab, &format!("restart {id}")),
        (_, 0) => order(lab, &format!("kill {id}")),
        (_, 1) => order(lab, &format!("freeze {id}")),
        _ => {
            let other = REPLICAS[(rng.below(2) as usize + 1 + id[1..].parse::<usize>().unwrap_or(0)) % 3];
            let is_cut = lab.world().network().is_parted(
                lab_core::command::Barrier::Cut,
                &NodeId::from(id),
                &NodeId::from(other),
            );
            order(lab, &format!("{} {id} {other}", if is_cut { "heal" } else { "cut" }))
        }
    }
}

fn repair(lab: &mut Lab) -> Result<(), String> {
    for id in REPLICAS {
        match status(lab, id) {
            Some(NodeStatus::Frozen) => order(lab, &format!("thaw {id}"))?,
            Some(status) if !status.is_running() => order(lab, &format!("restart {id}"))?,
            _ => {}
        }
    }
    for (one, other) in [("n0", "n1"), ("n0", "n2"), ("n1", "n2")] {
        let cut = lab_core::command::Barrier::Cut;
        if lab.world().network().is_parted(cut, &NodeId::from(one), &NodeId::from(other)) {
            order(lab, &format!("heal {one} {other}"))?;
        }
    }
    Ok(())
}

fn status(lab: &Lab, id: &str) -> Option<NodeStatus> {
    let view = lab.view(0);
    view.brokers.iter().find(|broker| broker.node.id.as_str() == id).map(|broker| broker.node.status)
}

/// One leader a term; nothing acknowledged is lost; in the end all replicas have the same log.
fn check(lab: &Lab) -> Result<Sightings, String> {
    let mut sightings = Sightings::default();
    let mut leaders: BTreeMap<Term, &NodeId> = BTreeMap::new();
    for event in lab.trace() {
        match (&event.fact, &event.node) {
            (Fact::DLedger(DLedgerFact::RoleChanged { term, role: MemberRole::Leader, .. }), Some(node)) => {
                let first = *leaders.entry(*term).or_insert(node);
                if first != node {
                    return Err(format!("{first} and {node} both led term {term}"));
                }
            }
            (Fact::DLedger(DLedgerFact::Truncated { messages, .. }), _) => {
                sightings.cut_off += messages.len()
            }
            _ => {}
        }
    }
    sightings.reigns = leaders.len();
    let view = lab.view(0);
    let is_leader = |id: &NodeId| {
        view.brokers.iter().any(|broker| {
            broker.node.id == *id
                && broker.dledger.as_ref().is_some_and(|m| m.role == Some(MemberRole::Leader))
        })
    };
    let brokers: Vec<_> = lab.world().nodes().filter(|(_, slot)| slot.store().is_some()).collect();
    let mut leading = brokers.iter().filter(|(id, _)| is_leader(id));
    let Some((_, slot)) = leading.next() else { return Err("nobody leads in the end".to_owned()) };
    let Some(store) = slot.store() else { return Err("the leader has no store".to_owned()) };
    for event in lab.trace() {
        let Fact::SendSucceeded { message, .. } = &event.fact else { continue };
        sightings.acknowledged += 1;
        let queue = &message.queue;
        let stored = store.message_at(&queue.topic, queue.queue_id, message.offset);
        if stored.as_ref().and_then(|stored| stored.message.keys()) != message.key.as_ref() {
            return Err(format!("acknowledged at {} and not there in the end: {message}", event.at));
        }
    }
    if sightings.acknowledged == 0 {
        return Err("no send succeeded".to_owned());
    }
    let ends: Vec<_> =
        brokers.iter().filter_map(|(_, slot)| slot.store()).map(|store| store.log().max()).collect();
    if ends.iter().any(|end| *end != store.log().max()) {
        return Err(format!("logs end at {ends:?}"));
    }
    Ok(sightings)
}
