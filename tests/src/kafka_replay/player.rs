//! Carries a recording out in the lab, step for step.

use lab_core::command::{Command, KafkaAdmin};
use lab_core::fact::{Fact, KafkaFact, TraceEvent};
use lab_core::id::NodeId;
use lab_core::lab::Lab;
use lab_core::time::{Duration, Instant};
use lab_core::view::NodeStatus;

use super::compare;
use super::log_lines;
use super::order::Order;
use super::script::{Event, Script};
use crate::replay::verdict::Verdict;

/// A process serves this long before the recorder has seen it start.
const STARTS_BEFORE: Duration = Duration::from_millis(2500);
/// A step that is a single request takes about this long.
const REQUEST: Duration = Duration::from_millis(20);
/// A state may be reached this long before and after it was asked for.
const BEFORE: Duration = Duration::from_secs(1);
const AFTER: Duration = Duration::from_secs(3);
/// The recorder's transactional producers take their id from the key, and this `transaction.timeout.ms`.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(300);
const SAMPLE: Duration = Duration::from_millis(250);

/// A recording on its way through the lab.
struct Player<'a> {
    script: &'a Script,
    lab: Lab,
    verdict: Verdict,
    has_broker: bool,
    consumers: u32,
    producers: u32,
    open: Option<String>,
    /// Consumers in the background: when each ends.
    stops: Vec<(Instant, String)>,
}

/// Replays a recording with these beginnings, where they are given.
pub(super) fn play(script: &Script, starts: &[Option<Instant>], seed: u64) -> Verdict {
    let setup = format!("lab seed={seed} latency=0..1\n");
    let mut player = Player {
        script,
        lab: Lab::new(setup.parse().expect("the set-up line is well-formed")),
        verdict: Verdict::default(),
        has_broker: false,
        consumers: 0,
        producers: 0,
        open: None,
        stops: Vec::new(),
    };
    for (step, start) in starts.iter().enumerate() {
        match script.steps[step].order.parse() {
            Ok(order) => player.carry_out(step, &order, *start),
            Err(what) => {
                let why = format!("the replay cannot interpret {what}");
                player.verdict.note(step, script.steps[step].end, Some(why));
            }
        }
    }
    player.finish()
}

fn before(moment: Instant, time: Duration) -> Instant {
    Instant::from_millis(moment.as_millis().saturating_sub(time.as_millis()))
}

impl Player<'_> {
    fn note(&mut self, step: usize, problem: Option<String>) {
        self.verdict.note(step, self.script.steps[step].end, problem);
    }

    /// Lets time pass, ending the consumers whose time is over on the way.
    fn advance(&mut self, to: Instant) {
        self.stops.sort();
        while let Some((at, node)) = self.stops.first().cloned().filter(|(at, _)| *at <= to) {
            self.lab.run_until(at);
            self.stops.remove(0);
            if self.is_up(&node) {
                self.order(&format!("stop {node}"));
            }
        }
        self.lab.run_until(to);
    }

    fn is_up(&self, node: &str) -> bool {
        let view = self.lab.view(0);
        let of = |id: &NodeId| id.as_str() == node;
        view.kafka.consumers.iter().any(|consumer| {
            of(&consumer.node.id) && matches!(consumer.node.status, NodeStatus::Up | NodeStatus::Starting)
        })
    }

    fn order(&mut self, text: &str) -> Option<String> {
        let result = text.parse::<Command>().and_then(|command| self.lab.issue(command));
        result.err().map(|error| format!("the lab refuses `{text}`: {error}"))
    }

    fn issue(&mut self, step: usize, text: &str) {
        let refusal = self.order(text);
        if refusal.is_some() {
            self.note(step, refusal);
        }
    }

    /// Gives an order to an administrator's tool and waits for its answer.
    fn administer(&mut self, step: usize, text: &str) -> String {
        let before = self.lab.trace().len();
        self.issue(step, text);
        let limit = self.lab.now() + Duration::from_secs(5);
        while self.lab.now() < limit {
            let found = self.lab.trace()[before.min(self.lab.trace().len())..].iter().find_map(answer);
            if let Some(output) = found {
                return output;
            }
            let next = self.lab.now() + Duration::from_millis(1);
            self.advance(next);
        }
        "no answer".to_owned()
    }

    fn carry_out(&mut self, step: usize, order: &Order, start: Option<Instant>) {
        let (earliest, end) = self.script.interval(step);
        let earliest = earliest.max(self.lab.now());
        match order {
            Order::StartBroker => {
                self.advance(before(end, STARTS_BEFORE).max(earliest));
                let verb = if self.has_broker { "restart kafka" } else { "kafka-broker kafka" };
                self.has_broker = true;
                self.issue(step, verb);
            }
            Order::Broker(verb) => {
                self.advance(before(end, Duration::from_millis(300)).max(earliest));
                self.issue(step, &format!("{verb} kafka"));
            }
            Order::Copy => self.issue(step, "kafka-copy kafka"),
            Order::Restore => self.issue(step, "kafka-restore kafka"),
            Order::RollBack => self.issue(step, "roll-back kafka"),
            Order::Send { topic, count, key } => {
                self.send(step, start, (topic, *count, key));
            }
            Order::TxSend { topic, key, options } => {
                self.advance(before(end, Duration::from_millis(200)).max(earliest));
                self.producers += 1;
                let node = format!("tx-{}", self.producers);
                self.issue(
                    step,
                    &format!(
                        "kafka-producer {node} transactional-id=tx-{key} transaction-timeout={TRANSACTION_TIMEOUT}"
                    ),
                );
                self.issue(step, &format!("kafka-send {node} {topic}{options}"));
                if options.contains("end=open") {
                    self.open = Some(node);
                }
            }
            Order::TxEnd { abort } => {
                self.advance(before(end, REQUEST).max(earliest));
                if let Some(node) = self.open.take() {
                    let abort = if *abort { " abort" } else { "" };
                    self.issue(step, &format!("kafka-end {node}{abort}"));
                }
            }
            Order::Consume { group, topic, seconds, errors, options, background } => {
                let begin = earliest;
                self.advance(begin);
                self.consumers += 1;
                let number = self.consumers;
                let node = format!("consumer-{number}");
                self.issue(
                    step,
                    &format!(
                        "kafka-consumer {node} group={group} topic={topic}{options} errors={errors} \
                         id=consumer-{group}-{number}"
                    ),
                );
                self.stops.push((begin + Duration::from_secs(*seconds), node));
                if *background {
                    return;
                }
            }
            Order::Create(topic) => self.act(step, &format!("kafka-topic {topic}")),
            Order::Delete(topic) => self.act(step, &format!("kafka-delete-topic {topic}")),
            Order::DeleteRecords(topic, before) => {
                self.act(step, &format!("kafka-delete-records {topic} before={before}"));
            }
            Order::Alter { group, topic, options } => {
                self.act(step, &format!("kafka-alter-offset {group} {topic}{options}"));
            }
            Order::Offsets(group) => self.question(step, &format!("kafka-offsets {group}"), expected_offsets),
            Order::Ends(topic) => self.question(step, &format!("kafka-ends {topic}"), expected_ends),
            Order::Tool(line) if line.contains("--execute") => {
                self.advance(before(end, Duration::from_millis(500)).max(earliest));
                let output = self.administer(step, &format!("kafka-consumer-groups {line}"));
                let recorded = self.script.steps[step].output.clone().unwrap_or_default();
                self.note(step, log_lines::differ(&recorded, &output));
            }
            Order::Tool(line) => {
                self.question(step, &format!("kafka-consumer-groups {line}"), expected_output);
            }
            Order::ClientLog | Order::Wait => {}
        }
        self.advance(end.max(self.lab.now()));
    }

    fn send(&mut self, step: usize, start: Option<Instant>, (topic, count, key): (&str, u32, &str)) {
        let sent = self.script.steps[step].events.iter().find_map(|event| match event {
            Event::Sent { at, .. } => Some(*at),
            _ => None,
        });
        let usual =
            before(sent.unwrap_or(self.script.steps[step].end), Duration::from_millis(u64::from(count)));
        let usual = usual.max(self.script.earliest(step));
        self.advance(start.unwrap_or(usual).max(self.lab.now()));
        let known = self.lab.view(0).kafka.producers;
        if !known.iter().any(|producer| producer.node.id.as_str() == "producer") {
            self.issue(step, "kafka-producer producer");
        }
        self.issue(step, &format!("kafka-send producer {topic} count={count} key={key}"));
    }

    /// An order that answers with nothing, or with an exception.
    fn act(&mut self, step: usize, text: &str) {
        let end = self.script.steps[step].end;
        let earliest = self.script.earliest(step).max(self.lab.now());
        self.advance(before(end, REQUEST).max(earliest));
        let output = self.administer(step, text);
        let recorded = self.script.steps[step].events.iter().find_map(|event| match event {
            Event::Error { error } => Some(error.clone()),
            _ => None,
        });
        let recorded = recorded.unwrap_or_default();
        let problem = (recorded != output).then(|| format!("recorded `{recorded}`, the lab says `{output}`"));
        self.note(step, problem);
    }

    /// A state is asked for; it agrees when the lab is in it at some moment around the question.
    fn question(&mut self, step: usize, text: &str, expected: fn(&Script, usize) -> String) {
        let recorded = expected(self.script, step);
        let admin = match text.parse() {
            Ok(Command::KafkaAdmin(admin)) => admin,
            _ => return self.note(step, Some(format!("`{text}` is no question"))),
        };
        let end = self.script.steps[step].end;
        self.advance(before(end, BEFORE).max(self.lab.now()));
        let mut last = String::new();
        while self.lab.now() <= end {
            last = self.lab.world().ask_kafka(&admin).unwrap_or_default();
            if log_lines::differ(&recorded, &last).is_none() {
                return self.note(step, None);
            }
            let next = (self.lab.now() + SAMPLE).min(end);
            if next == self.lab.now() {
                break;
            }
            self.advance(next);
        }
        let problem = match self.later(&admin, &recorded, end + AFTER) {
            true => None,
            false => log_lines::differ(&recorded, &last),
        };
        self.note(step, problem);
    }

    /// Whether the lab would come to give an answer, left to itself.
    fn later(&self, admin: &KafkaAdmin, recorded: &str, until: Instant) -> bool {
        let mut world = self.lab.world().clone();
        let mut next = self.lab.now();
        while next <= until {
            while world.next_due().is_some_and(|due| due <= next) {
                world.step();
            }
            let answer = world.ask_kafka(admin).unwrap_or_default();
            if log_lines::differ(recorded, &answer).is_none() {
                return true;
            }
            next += SAMPLE;
        }
        false
    }

    fn finish(mut self) -> Verdict {
        let end = self.script.steps.last().map_or(Instant::ZERO, |step| step.end) + AFTER;
        self.advance(end.max(self.lab.now()));
        let script = self.script;
        compare::all(script, self.lab.trace(), &mut self.verdict);
        log_lines::compare(script, self.lab.trace(), &mut self.verdict);
        self.verdict.replay = self.lab.recording().to_string();
        self.verdict
    }
}

fn answer(event: &TraceEvent) -> Option<String> {
    match &event.fact {
        Fact::Kafka(fact) => match &**fact {
            KafkaFact::Answered { output, .. } => Some(output.to_string()),
            _ => None,
        },
        _ => None,
    }
}

fn expected_output(script: &Script, step: usize) -> String {
    script.steps[step].output.clone().unwrap_or_default()
}

fn expected_offsets(script: &Script, step: usize) -> String {
    let line = |event: &Event| match event {
        Event::Committed { partition, offset, leader_epoch } => {
            let epoch = leader_epoch.map_or_else(|| "null".to_owned(), |epoch| epoch.to_string());
            Some(format!("{partition} offset={offset} leaderEpoch={epoch}"))
        }
        _ => None,
    };
    script.steps[step].events.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

fn expected_ends(script: &Script, step: usize) -> String {
    let line = |event: &Event| match event {
        Event::Ends { start, end, last_stable, leader_epoch } => {
            let stable = last_stable.map_or_else(|| "*".to_owned(), |stable| stable.to_string());
            Some(format!("T-0 start={start} end={end} lastStable={stable} leaderEpoch={leader_epoch}"))
        }
        _ => None,
    };
    let topic = match script.steps[step].order.parse() {
        Ok(Order::Ends(topic)) => topic,
        _ => String::new(),
    };
    let lines = script.steps[step].events.iter().filter_map(line);
    lines.map(|line| line.replacen('T', &topic, 1)).collect::<Vec<_>>().join("\n")
}
