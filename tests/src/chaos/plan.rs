//! From a seed to a cluster, its work and its faults.

use lab_core::command::Command;
use lab_core::lab::Lab;
use lab_core::recording::Recording;
use lab_core::rng::Rng;
use lab_core::time::Instant;
use lab_core::view::{NodeStatus, NodeView};

/// When the application begins to send.
const WORK_BEGINS: u64 = 5_000;
/// When the faults begin and end.
const FAULTS: (u64, u64) = (20_000, 140_000);

/// A fault with its moment.
#[derive(Clone, Debug)]
pub struct Fault {
    /// When.
    pub at: Instant,
    /// What.
    pub command: Command,
}

/// A random run.
#[derive(Clone, Debug)]
pub struct Plan {
    lines: Vec<String>,
    /// In the order of their moments.
    pub faults: Vec<Fault>,
    /// Whether the brokers flush before they answer.
    pub sync_flush: bool,
    /// Whether a host may lose its power.
    pub power_failures: bool,
}

impl Plan {
    /// The run of this seed.
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::fork(seed, "plan");
        let profile = *pick(&mut rng, &["V4", "V5"]);
        let latency = *pick(&mut rng, &["0..0", "1..3", "5..40"]);
        let loss = *pick(&mut rng, &["0%", "0%", "2%"]);
        let sync_flush = rng.below(2) == 0;
        let power_failures = rng.below(2) == 0;
        let brokers: Vec<_> = ["broker-a", "broker-b"].into_iter().take(1 + rng.below(2) as usize).collect();
        let has_slave = rng.below(3) == 0;
        let consumers: Vec<_> = (0..1 + rng.below(3)).map(|i| format!("c{i}")).collect();
        let strategy = *pick(&mut rng, &["AVG", "AVG_BY_CIRCLE", "CONSISTENT_HASH"]);
        let work = *pick(&mut rng, &["0s", "20ms", "2s"]);
        let flush = if sync_flush { "SYNC_FLUSH" } else { "ASYNC_FLUSH" };

        let mut lines = vec![format!("lab profile={profile} seed={seed} latency={latency} loss={loss}")];
        lines.push("name-server nsrv-0".to_owned());
        if rng.below(2) == 0 {
            lines.push("name-server nsrv-1".to_owned());
        }
        for broker in &brokers {
            lines.push(format!("broker {broker} flushDiskType={flush}"));
        }
        let mut victims: Vec<String> = brokers.iter().map(ToString::to_string).collect();
        if has_slave {
            lines.push(format!("broker broker-a-1 name=broker-a id=1 flushDiskType={flush}"));
            victims.push("broker-a-1".to_owned());
        }
        lines.push(format!("topic T queues={}", 1 + rng.below(4)));
        lines.push("producer p group=pg".to_owned());
        for consumer in &consumers {
            lines.push(format!(
                "consumer {consumer} group=g topic=T from=CONSUME_FROM_FIRST_OFFSET strategy={strategy} work={work}"
            ));
        }
        lines.push(format!("run {WORK_BEGINS}ms"));
        lines.push(format!("send p T count=150 every={}ms tag=A,B key=k", 200 + rng.below(800)));
        victims.extend(consumers);
        let faults = faults(&mut rng, &victims, power_failures);
        Self { lines, faults, sync_flush, power_failures }
    }

    /// The cluster and its work, without the faults.
    pub fn recording(&self) -> Recording {
        self.lines.join("\n").parse().expect("the plan writes valid lines")
    }

    /// Everything planned, as a text that can be played: also what will be refused when its time comes.
    pub fn scenario(&self) -> String {
        let faults = self.faults.iter().map(|fault| format!("@{} {}", fault.at, fault.command));
        self.lines.iter().cloned().chain(faults).collect::<Vec<_>>().join("\n")
    }
}

fn pick<'a, T>(rng: &mut Rng, choices: &'a [T]) -> &'a T {
    &choices[rng.below(u32::try_from(choices.len()).unwrap_or(1)) as usize]
}

fn faults(rng: &mut Rng, victims: &[String], power_failures: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    for _ in 0..2 + rng.below(5) {
        let victim = pick(rng, victims).clone();
        let other = pick(rng, victims).clone();
        let begin = rng.between(FAULTS.0, FAULTS.1);
        let end = begin + *pick(rng, &[500, 5_000, 20_000, 130_000]);
        let death = if power_failures { "power-off" } else { "kill" };
        let pair = match rng.below(6) {
            0 => [format!("kill {victim}"), format!("restart {victim}")],
            1 => [format!("{death} {victim}"), format!("restart {victim}")],
            2 => [format!("stop {victim}"), format!("restart {victim}")],
            3 => [format!("freeze {victim}"), format!("thaw {victim}")],
            4 => [format!("cut {victim} nsrv-0"), format!("heal {victim} nsrv-0")],
            _ if other == victim => [format!("cut {victim} p"), format!("heal {victim} p")],
            _ => [format!("hold {victim} {other}"), format!("release {victim} {other}")],
        };
        for (at, line) in [begin, end].into_iter().zip(pair) {
            let command = line.parse().expect("the plan writes valid commands");
            faults.push(Fault { at: Instant::from_millis(at), command });
        }
    }
    faults.sort_by_key(|fault| fault.at);
    faults
}

/// What makes a cluster whole again.
pub fn healing(lab: &Lab) -> Vec<Command> {
    let view = lab.view(0);
    let servers = view.name_servers.iter().map(|n| &n.node).chain(view.brokers.iter().map(|b| &b.node));
    let clients = view.producers.iter().map(|p| &p.node).chain(view.consumers.iter().map(|c| &c.node));
    let mend = |node: &NodeView| {
        let verb = match node.status {
            NodeStatus::Frozen => "thaw",
            NodeStatus::Stopped | NodeStatus::Killed | NodeStatus::PoweredOff => "restart",
            NodeStatus::Starting | NodeStatus::Up | NodeStatus::Stopping => return None,
        };
        format!("{verb} {}", node.id).parse().ok()
    };
    let barriers = view.barriers.iter().filter_map(|barrier| {
        let verb = if barrier.barrier == "cut" { "heal" } else { "release" };
        format!("{verb} {} {}", barrier.from, barrier.to).parse().ok()
    });
    servers.chain(clients).filter_map(mend).chain(barriers).collect()
}
