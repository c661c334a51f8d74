//! Clusters of some runs in which a broker name survives its master: a DLedger group, replicas under controllers, or a
//! slave that acts for its master (V5).
//!
//! Chance comes from a stream of its own, so the runs of all other seeds are what they would be without this module.

use lab_core::rng::Rng;

use super::plan::{Lines, once_in, pick};

/// When the topics are made and everything else begins, later than in other runs: by then the first leader is elected
/// and the slaves are in sync, in milliseconds.
const BEGIN: u64 = 20_000;
/// When the faults of this module strike.
const FAULTS: (u64, u64) = (35_000, 150_000);
/// The replicas. The first has the name that the broker has in other runs, which faults and orders may speak of.
const REPLICAS: [&str; 3] = ["broker-a", "broker-a-1", "broker-a-2"];
/// The members of a group of controllers.
const PEERS: &str = "n0-127.0.0.1:9878;n1-127.0.0.1:9888;n2-127.0.0.1:9898";

/// Makes the brokers named `broker-a` such a set of replicas in some runs.
pub(super) fn replicate(seed: u64, is_v5: bool, lines: &mut Lines) {
    let mut rng = Rng::fork(seed, "replicas");
    if !once_in(&mut rng, 3) {
        return;
    }
    let Some(settings) = take_brokers(lines) else { return };
    for (at, line) in lines.iter_mut() {
        if !line.starts_with("name-server ") && !line.starts_with("broker ") {
            *at += BEGIN;
        }
    }
    let mode = if is_v5 { rng.below(4) } else { 0 };
    let victims = match mode {
        0 => dledger(&settings, lines),
        1 | 2 => controlled(&mut rng, &settings, lines),
        _ => acting(&mut rng, &settings, lines),
    };
    lines.extend(faults(&mut rng, &victims));
}

/// Takes the brokers of the name away; their settings but for the role, which replicas are given by others.
fn take_brokers(lines: &mut Lines) -> Option<String> {
    let line = lines.iter().find_map(|(_, line)| line.strip_prefix("broker broker-a "))?;
    let words = line.split(' ').filter(|word| !word.starts_with("brokerRole="));
    let settings = words.collect::<Vec<_>>().join(" ");
    lines
        .retain(|(_, line)| !line.starts_with("broker broker-a ") && !line.starts_with("broker broker-a-1 "));
    Some(settings)
}

/// Three replicas that elect a leader among themselves.
fn dledger(settings: &str, lines: &mut Lines) -> Vec<&'static str> {
    lines.extend((0..).zip(REPLICAS).map(|(n, node)| {
        let group = format!("enableDLegerCommitLog=true dLegerSelfId=n{n}");
        (0, format!("broker {node} name=broker-a {settings} {group}"))
    }));
    REPLICAS.to_vec()
}

/// Three replicas under one controller or three.
fn controlled(rng: &mut Rng, settings: &str, lines: &mut Lines) -> Vec<&'static str> {
    let unclean = *pick(rng, &["", "", "", " enableElectUncleanMaster=true"]);
    let controllers = *pick(rng, &[&["c-0"][..], &["c-0", "c-1", "c-2"]]);
    for (n, controller) in controllers.iter().enumerate() {
        let group = match controllers.len() {
            1 => String::new(),
            _ => format!(" controllerDLegerPeers={PEERS} controllerDLegerSelfId=n{n}"),
        };
        lines.push((0, format!("controller {controller}{group}{unclean}")));
    }
    let acks = *pick(rng, &["", " allAckInSyncStateSet=true", " allAckInSyncStateSet=true"]);
    for node in REPLICAS {
        let line = format!("broker {node} name=broker-a {settings} enableControllerMode=true{acks}");
        lines.push((0, line));
    }
    REPLICAS.into_iter().chain(controllers.iter().copied()).collect()
}

/// A master and a slave that acts for it.
fn acting(rng: &mut Rng, settings: &str, lines: &mut Lines) -> Vec<&'static str> {
    for (_, line) in lines.iter_mut().filter(|(_, line)| line.starts_with("name-server ")) {
        line.push_str(" supportActingMaster=true");
    }
    let escape = *pick(rng, &["", " enableRemoteEscape=true", " enableRemoteEscape=true"]);
    for (id, node) in REPLICAS.iter().take(2).enumerate() {
        let line =
            format!("broker {node} name=broker-a id={id} {settings} enableSlaveActingMaster=true{escape}");
        lines.push((0, line));
    }
    REPLICAS[..2].to_vec()
}

/// Faults of replicas and controllers, and of the links between them.
fn faults(rng: &mut Rng, victims: &[&'static str]) -> Lines {
    let mut faults = Lines::new();
    for _ in 0..rng.below(6) {
        let victim = *pick(rng, victims);
        let other = *pick(rng, victims);
        let begin = rng.between(FAULTS.0, FAULTS.1);
        let end = begin + *pick(rng, &[3_000, 12_000, 40_000]);
        let pair = match rng.below(4) {
            0 | 1 => [format!("kill {victim}"), format!("restart {victim}")],
            2 => [format!("freeze {victim}"), format!("thaw {victim}")],
            _ if other == victim => [format!("stop {victim}"), format!("restart {victim}")],
            _ => [format!("cut {victim} {other}"), format!("heal {victim} {other}")],
        };
        faults.extend([begin, end].into_iter().zip(pair));
    }
    faults
}
