//! Carries a recording out in the lab, step for step, and compares what comes of it.

use std::collections::BTreeMap;

use lab_core::command::Command;
use lab_core::config::Profile;
use lab_core::fact::{Fact, TraceEvent};
use lab_core::id::{Address, NodeId};
use lab_core::lab::Lab;
use lab_core::time::{Duration, Instant};
use lab_core::view::NodeStatus;

use super::bound::{self, Certain};
use super::checks;
use super::consumption::{self, Comparison, Freeze, Lives};
use super::offsets;
use super::order::{self, Order};
use super::plan::{Part, Plan};
use super::questions::Watch;
use super::results::{Expected, compare, is_result, recorded_text, sent};
use super::script::{Script, Step};
use super::sends::Round;
use super::tool::Tools;
use super::verdict::{SHORTEST, Verdict, ahead};
use super::wall_clock;

/// A state may be reached this long after it was asked for.
pub(super) const AFTER: Duration = Duration::from_secs(3);
/// A name server was asked at most this long after it had dropped a broker.
const SEEN_DROPPED: Duration = Duration::from_secs(7);
/// Longest time that a broker may take beyond its recorded end to stop.
const STOPPING: Duration = Duration::from_secs(30);

/// A recording on its way through the lab.
pub(super) struct Player<'a> {
    pub(super) script: &'a Script,
    pub(super) plan: &'a Plan,
    pub(super) lab: Lab,
    pub(super) verdict: Verdict,
    pub(super) name_servers: Vec<(NodeId, Address)>,
    pub(super) brokers: BTreeMap<String, (NodeId, order::Broker, Address)>,
    /// Process and name of each client, and its node.
    pub(super) clients: BTreeMap<(String, String), NodeId>,
    /// What each client node was made from.
    pub(super) made: BTreeMap<NodeId, String>,
    pub(super) lives: Lives,
    pub(super) causes: Vec<Instant>,
    pub(super) watches: Vec<Watch>,
    pub(super) expected: BTreeMap<NodeId, Vec<Expected>>,
    pub(super) rounds: BTreeMap<(NodeId, String), Round>,
    pub(super) faults: BTreeMap<String, (NodeId, Instant)>,
    pub(super) freeze: Option<Freeze>,
    pub(super) tools: Tools,
    pub(super) certain: Certain,
    /// Whether check points and acknowledgements of a group that pops have raced with sends.
    pub(super) pops_raced: bool,
}

/// Replays a recording with these starts of the plan's owners and this seed. Gives up, with `None`, as soon as it is
/// certain that at least `bound` facts disagree.
pub(super) fn play(
    script: &Script,
    plan: &Plan,
    profile: Profile,
    (starts, seed): (&[Instant], u64),
    bound: usize,
) -> Option<Verdict> {
    let epoch = wall_clock::epoch(script, plan.sub_second(starts));
    // A machine at work takes longer from one request to the next.
    let latency = if seed % 2 == 1 { "0..1" } else { "4..12" };
    let setup = format!("lab profile={profile} seed={seed} latency={latency} epoch={epoch}\n");
    let recording = setup.parse().expect("the set-up line is well-formed");
    let mut player = Player {
        script,
        plan,
        lab: Lab::new(recording),
        verdict: Verdict::default(),
        name_servers: Vec::new(),
        brokers: BTreeMap::new(),
        clients: BTreeMap::new(),
        made: BTreeMap::new(),
        lives: Lives::new(),
        causes: Vec::new(),
        watches: Vec::new(),
        expected: BTreeMap::new(),
        rounds: BTreeMap::new(),
        faults: BTreeMap::new(),
        freeze: None,
        tools: Tools::default(),
        certain: Certain::default(),
        pops_raced: false,
    };
    for (index, order) in plan.orders.iter().enumerate() {
        if let Err(what) = order {
            let why = format!("the replay cannot interpret {what}");
            player.verdict.note(index, script.steps[index].end, Some(why));
        }
    }
    let agenda = plan.agenda(starts);
    let last_probes = bound::last_probes(plan, &agenda);
    let mut first_leader = bound::first_leader(script, plan);
    for (place, act) in agenda.into_iter().enumerate() {
        player.advance(act.at);
        if let Some((_, leader)) = first_leader.take_if(|(step, _)| *step == act.step)
            && bound < usize::MAX
            && !player.is_led_by(leader)
        {
            return None;
        }
        if let Ok(order) = &plan.orders[act.step] {
            match act.part {
                Part::Watch if matches!(order, Order::Mqadmin { .. }) => player.ask_by_tool(act.step),
                Part::Watch if matches!(order, Order::Stop(_)) => player.carry_out(act.step, order),
                Part::Watch => {
                    player.watches.push(Watch { step: act.step, answered: false, last: String::new() })
                }
                Part::Whole => player.carry_out(act.step, order),
                Part::Message(n) => player.send(act.step, order, n),
            }
        }
        if last_probes.get(&act.step) == Some(&place) {
            player.asked_for_the_last_time(act.step);
        }
        if player.certain_disagreements() >= bound {
            return None;
        }
    }
    Some(player.finish())
}

impl<'a> Player<'a> {
    pub(super) fn step(&self, index: usize) -> &'a Step {
        &self.script.steps[index]
    }

    /// The node of a client in the process that a step was given to.
    pub(super) fn client(&self, step: usize, name: &str) -> Option<&NodeId> {
        self.clients.get(&(self.step(step).process().to_owned(), name.to_owned()))
    }

    /// Gives an order to the lab.
    pub(super) fn issue(&mut self, step: usize, text: &str) -> bool {
        let result = text.parse::<Command>().and_then(|command| self.lab.issue(command));
        if let Err(error) = &result {
            let why = format!("the lab refuses `{text}`: {error}");
            self.verdict.note(step, self.step(step).end, Some(why));
        }
        result.is_ok()
    }

    pub(super) fn status(&self, node: &NodeId) -> Option<NodeStatus> {
        let view = self.lab.view(0);
        let nodes = view
            .name_servers
            .iter()
            .map(|server| &server.node)
            .chain(view.brokers.iter().map(|broker| &broker.node))
            .chain(view.producers.iter().map(|producer| &producer.node))
            .chain(view.consumers.iter().map(|consumer| &consumer.node));
        nodes.into_iter().find(|other| other.id == *node).map(|node| node.status)
    }

    pub(super) fn is_running(&self, node: &NodeId) -> bool {
        self.status(node).is_some_and(NodeStatus::is_running)
    }

    fn is_stopping(&self, key: &str) -> bool {
        self.status(&key.into()) == Some(NodeStatus::Stopping)
    }

    fn carry_out(&mut self, step: usize, order: &Order) {
        if !matches!(order, Order::Assignment(_) | Order::Queues { .. } | Order::Dropped(_) | Order::PassTime)
        {
            self.causes.push(self.lab.now());
        }
        match order {
            Order::StartNameServer(key, settings) => self.start_name_server(step, key, settings),
            Order::StartBroker(broker) => self.start_broker(step, broker),
            Order::Stop(key) if self.status(&key.as_str().into()) == Some(NodeStatus::Stopped) => {}
            Order::Kill(key) | Order::Stop(key) | Order::Freeze(key) => {
                let verb = match order {
                    Order::Kill(_) => "kill",
                    // The second time: its stop is over.
                    Order::Stop(_) if self.is_stopping(key) => "kill",
                    Order::Stop(_) => "stop",
                    _ => "freeze",
                };
                let now = self.lab.now();
                if let Some((node, broker, _)) = self.brokers.get(key) {
                    self.faults.insert(broker.name.clone(), (node.clone(), now));
                    // Where no other broker takes the messages, chance has no say in where they go.
                    let has_others = self.brokers.values().any(|(_, other, _)| other.name != broker.name);
                    if verb == "freeze" && self.freeze.is_none() && has_others && broker.id == Some(0) {
                        let broker_name = broker.name.clone();
                        self.freeze = Some(Freeze { node: node.clone(), broker_name, at: now, thawed: None });
                    }
                }
                self.issue(step, &format!("{verb} {key}"));
            }
            Order::Thaw(key) => {
                let now = self.lab.now();
                if let Some(freeze) = self.freeze.as_mut().filter(|freeze| freeze.node.as_str() == key) {
                    freeze.thawed = Some(now);
                }
                self.issue(step, &format!("thaw {key}"));
            }
            Order::Mqadmin { .. } => self.act_by_tool(step),
            Order::Producer(client) => self.start_client(step, "producer", client),
            Order::Consumer(client) => self.start_client(step, "consumer", client),
            Order::Assignment(_) | Order::Queues { .. } => self.decide(step),
            Order::StopClient(name) => match self.client(step, name).cloned() {
                Some(node) => {
                    self.issue(step, &format!("stop {node}"));
                }
                None => self.missing(step, name),
            },
            Order::KillProcess(process) => {
                let nodes: Vec<_> = self
                    .clients
                    .iter()
                    .filter(|((other, _), _)| other == process)
                    .map(|(_, node)| node.clone())
                    .collect();
                for node in nodes.into_iter().filter(|node| self.is_running(node)).collect::<Vec<_>>() {
                    self.issue(step, &format!("kill {node}"));
                }
            }
            Order::RollBack => self.roll_back(step),
            Order::Dropped(name) => self.judge_dropped(step, name),
            Order::Send(_) | Order::PassTime => {}
        }
    }

    pub(super) fn missing(&mut self, step: usize, name: &str) {
        let why = format!("the replay has no client `{name}`");
        self.verdict.note(step, self.step(step).end, Some(why));
    }

    fn start_name_server(&mut self, step: usize, key: &str, settings: &[(String, String)]) {
        if self.name_servers.iter().any(|(node, _)| node.as_str() == key) {
            self.issue(step, &format!("restart {key}"));
            return;
        }
        let address = self.step(step).address.unwrap_or(Address::local(9876));
        let mut text = format!("name-server {key} port={}", address.port);
        for (setting, value) in settings {
            text += &format!(" {setting}={value}");
        }
        if self.issue(step, &text) {
            self.name_servers.push((key.into(), address));
        }
    }

    fn start_broker(&mut self, step: usize, broker: &order::Broker) {
        let key = &broker.key;
        if let Some((_, before, _)) = self.brokers.get(key) {
            if before != broker {
                let why = "the replay cannot interpret a restart with other settings".to_owned();
                self.verdict.note(step, self.step(step).end, Some(why));
            }
            self.issue(step, &format!("restart {key}"));
            return;
        }
        let address = self.step(step).address.unwrap_or(Address::local(10911));
        let id = broker.id.map_or_else(String::new, |id| format!(" id={id}"));
        let mut text = format!("broker {key} name={}{id} port={}", broker.name, address.port);
        for (setting, value) in &broker.settings {
            text += &format!(" {setting}={value}");
        }
        if self.issue(step, &text) {
            self.brokers.insert(key.clone(), (key.as_str().into(), broker.clone(), address));
        }
    }

    fn start_client(&mut self, step: usize, verb: &str, client: &order::Client) {
        let process = self.step(step).process().to_owned();
        let servers: Vec<_> = self
            .name_servers
            .iter()
            .filter(|(_, address)| client.name_server.is_none_or(|wanted| wanted == *address))
            .map(|(node, _)| node.to_string())
            .collect();
        let mut made =
            format!("group={} name-servers={} id={}", client.group, servers.join(","), client.instance);
        for (key, value) in &client.options {
            made += &format!(" {key}={value}");
        }
        // The same client again finds its own files; another process may have one of the same name.
        let old = self.made.iter().find(|(node, other)| **other == made && !self.is_running(node));
        let (node, text) = match old {
            Some((node, _)) => (node.clone(), format!("restart {node}")),
            None => {
                let node = match self.made.contains_key(&NodeId::from(client.name.as_str())) {
                    false => client.name.clone(),
                    true => format!("{}-{process}-{}", client.name, self.made.len()),
                };
                let text = format!("{verb} {node} {made}");
                (NodeId::from(node), text)
            }
        };
        if self.issue(step, &text) {
            if verb == "consumer" {
                let life = (self.lab.now(), process.clone(), client.name.clone());
                self.lives.entry(node.clone()).or_default().push(life);
            }
            self.made.insert(node.clone(), made);
            self.clients.insert((process, client.name.clone()), node);
        }
    }

    fn roll_back(&mut self, step: usize) {
        let Some((node, ..)) = self
            .brokers
            .values()
            .find(|(node, ..)| matches!(self.status(node), Some(NodeStatus::Stopping | NodeStatus::Stopped)))
        else {
            let why = "the replay has no stopped broker".to_owned();
            self.verdict.note(step, self.step(step).end, Some(why));
            return;
        };
        let node = node.clone();
        if self.is_running(&node) {
            let limit = self.lab.now() + STOPPING;
            self.lab.run_until_fact(limit, |event| {
                event.node.as_ref() == Some(&node) && matches!(event.fact, Fact::Stopped)
            });
        }
        if let Some(text) = &self.step(step).offsets {
            let view = self.lab.view(0);
            let broker = view.brokers.iter().find(|broker| broker.node.id == node);
            let replayed = offsets::of(broker.map_or(&[], |broker| &broker.offsets));
            let problem = match offsets::read(text) {
                Err(why) => Some(format!("consumerOffset.json cannot be read: {why}")),
                Ok(recorded) if recorded == replayed => None,
                Ok(recorded) => Some(format!("offsets recorded {recorded:?}\nreplayed {replayed:?}")),
            };
            self.verdict.note(step, self.step(step).end, problem);
        }
        self.issue(step, &format!("roll-back {node}"));
    }

    /// Compares when the name servers dropped a broker; the recording's step ends after that.
    fn judge_dropped(&mut self, step: usize, name: &str) {
        let Some(seconds) = self.step(step).seconds else {
            return;
        };
        let Some((node, fault)) = self.faults.get(name).cloned() else {
            let why = format!("the replay has had no fault of {name}");
            self.verdict.note(step, self.step(step).end, Some(why));
            return;
        };
        let address = self.brokers.get(node.as_str()).map(|(.., address)| *address);
        let removed = |event: &&TraceEvent| {
            event.at >= fault
                && matches!(&event.fact, Fact::BrokerRemoved { address: other, .. } if Some(*other) == address)
        };
        let replayed = self.lab.trace().iter().filter(removed).map(|event| event.at.since(fault)).max();
        let agrees = replayed.is_some_and(|span| {
            span + ahead(seconds) + SEEN_DROPPED >= seconds && span <= seconds + SHORTEST
        });
        let problem = format!(
            "dropped {seconds} after the fault, read up to {SEEN_DROPPED} late; replayed {}",
            replayed.map_or_else(|| "not by then".to_owned(), |span| format!("{span} after it"))
        );
        self.verdict.note(step, self.step(step).end, (!agrees).then_some(problem));
    }

    /// Waits for what is under way, then compares all sends and all consumption.
    fn finish(mut self) -> Verdict {
        let end = self.script.steps.last().map_or(Instant::ZERO, |step| step.end);
        self.advance(end + AFTER);
        self.judge_tools();
        let trace = self.lab.trace();
        for (node, expected) in &self.expected {
            let mut results = trace.iter().filter(|event| is_result(event, node));
            for Expected { step, event, closeness } in expected {
                let problem = match results.next() {
                    Some(result) => compare(event, result, *closeness, self.freeze.as_ref()),
                    None => Some(format!("recorded {}\nreplayed nothing", recorded_text(event))),
                };
                let send = sent(event);
                let key = send.key.as_deref().unwrap_or("-");
                let problem = problem.map(|why| format!("message {} with key {key}:\n{why}", send.n));
                self.verdict.note(*step, send.at, problem);
            }
        }
        self.causes.sort();
        let comparison = Comparison {
            script: self.script,
            trace,
            lives: &self.lives,
            causes: &self.causes,
            freeze: self.freeze.as_ref(),
            racing: consumption::racing(self.script),
        };
        comparison.judge(&mut self.verdict);
        let clients = self.clients.values().collect();
        checks::judge(self.script, trace, &clients, &self.causes, &mut self.verdict);
        self.verdict.replay = self.lab.recording().to_string();
        self.verdict
    }
}
