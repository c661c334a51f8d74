//! Sends, and the chance in them: where a producer's round over its queues begins.

use lab_core::command::Command;
use lab_core::fact::{Fact, TraceEvent};
use lab_core::id::NodeId;
use lab_core::lab::Lab;
use lab_core::time::{Duration, Instant};
use lab_core::view::View;

use super::order::{self, Order};
use super::player::Player;
use super::questions::writable;
use super::results::{Closeness, Expected, is_result, sent};
use super::script::Event;
use super::verdict::SHORTEST;
use super::wall_clock;

/// Longest time of one send with all its attempts.
const SENDING: Duration = Duration::from_secs(30);
/// A send that takes longer shows a machine that was held up.
const HELD_UP: Duration = Duration::from_millis(50);
/// The template topic of topics that a send creates.
const TEMPLATE: &str = "TBW102";

/// When a producer last began a send to a topic.
pub(super) struct Round {
    /// Length of the trace then.
    index: usize,
    /// Whether it had a list of queues before.
    known: bool,
    /// How many results of the producer come before the one of this send.
    earlier: usize,
}

impl Player<'_> {
    /// Sends one message of a step, or all of them at once where chance decides how long each takes.
    pub(super) fn send(&mut self, index: usize, order: &Order, n: u32) {
        let Order::Send(send) = order else { return };
        let step = self.step(index);
        let events: Vec<&Event> = step
            .events
            .iter()
            .flatten()
            .filter(|event| {
                matches!(event, Event::Sent { .. } | Event::SentHalf { .. } | Event::SendFailed { .. })
            })
            .collect();
        let Some(node) = self.client(index, &send.by).cloned() else {
            if n == 0 {
                self.missing(index, &send.by);
            }
            return;
        };
        let smooth = step.sends().all(|send| send.took < SHORTEST)
            && !events.iter().any(|event| matches!(event, Event::SendFailed { .. }));
        // In a burst of sends, and while the machine is held up, it is milliseconds that decide how many messages a group
        // that pops gets at once. So the place in the log of everything from then on is chance.
        let is_late = n > 0 && sent(events[n as usize - 1]).took >= HELD_UP;
        if wall_clock::pops(self.script) && n > 0 && (send.every == Duration::ZERO || is_late) {
            self.pops_raced = true;
        }
        let closeness = match (&self.freeze, smooth) {
            (None, _) if self.pops_raced => Closeness::Position,
            (None, _) => Closeness::Exact,
            (Some(_), true) => Closeness::Place,
            (Some(_), false) => Closeness::Kind,
        };
        if closeness == Closeness::Kind {
            if n == 0 && self.issue(index, &job_text(&node, send)) {
                self.began(&node, &send.topic);
                for event in events {
                    self.expect(&node, index, event, closeness);
                }
            }
            return;
        }
        let texts: Vec<_> = (n..)
            .zip(&events[n as usize..])
            .map(|(n, event)| (sent(event).begin(), message_text(&node, send, n)))
            .collect();
        if send.queue.is_none() && self.is_new_round(&node, &send.topic) {
            self.pin(index, &node, &send.topic, &events[n as usize..], &texts);
        }
        self.began(&node, &send.topic);
        if self.issue(index, &texts[0].1) {
            self.expect(&node, index, events[n as usize], closeness);
        }
    }

    fn expect(&mut self, node: &NodeId, step: usize, event: &Event, closeness: Closeness) {
        self.expected.entry(node.clone()).or_default().push(Expected {
            step,
            event: event.clone(),
            closeness,
        });
    }

    fn began(&mut self, node: &NodeId, topic: &str) {
        let known = self.list(node, topic, &self.lab.view(0)).is_some();
        let round = Round { index: self.lab.trace().len(), known, earlier: self.earlier_sends(node) };
        self.rounds.insert((node.clone(), topic.to_owned()), round);
    }

    /// How many sends a producer was told to do. Their results come in the order of the sends, and the producer may
    /// still be at work on some.
    fn earlier_sends(&self, node: &NodeId) -> usize {
        self.expected.get(node).map_or(0, Vec::len)
    }

    /// The producer's list of queues, as it has it cached.
    fn list(&self, node: &NodeId, topic: &str, view: &View) -> Option<Vec<(String, u32)>> {
        let producer = view.producers.iter().find(|producer| producer.node.id == *node)?;
        let route = producer.routes.iter().find(|route| route.topic.as_str() == topic)?;
        let list: Vec<_> =
            route.writable.iter().map(|queue| (queue.broker_name.to_string(), queue.queue_id.0)).collect();
        (!list.is_empty()).then_some(list)
    }

    /// Whether the producer's next send begins at a place that chance gives: it has sent nothing to the topic
    /// yet, or its list of queues has changed since.
    fn is_new_round(&self, node: &NodeId, topic: &str) -> bool {
        let Some(round) = self.rounds.get(&(node.clone(), topic.to_owned())) else {
            return true;
        };
        if self.list(node, topic, &self.lab.view(0)).is_none() {
            return true;
        }
        let trace = self.lab.trace();
        let since = if round.known {
            &trace[round.index..]
        } else {
            let mut results = (0..trace.len()).filter(|place| is_result(&trace[*place], node));
            results.nth(round.earlier).map_or(&[][..], |place| &trace[place..])
        };
        since.iter().any(|event| {
            event.node.as_ref() == Some(node)
                && matches!(&event.fact, Fact::RouteChanged { topic: other, .. } if other.as_str() == topic)
        })
    }

    /// Chooses the start of a round so that the first queue that the recording shows comes out: the place of
    /// that queue, or one place earlier for each attempt that fails before.
    fn pin(
        &mut self,
        step: usize,
        node: &NodeId,
        topic: &str,
        events: &[&Event],
        texts: &[(Instant, String)],
    ) {
        let stored = events.iter().enumerate().find_map(|(k, event)| match event {
            Event::Sent { broker, queue, .. } | Event::SentHalf { broker, queue, .. } => {
                Some((k, (broker.clone(), *queue)))
            }
            _ => None,
        });
        let Some((successes_at, first)) = stored else {
            return;
        };
        let view = self.lab.view(0);
        let Some(list) = self.list(node, topic, &view).or_else(|| self.expected_list(node, topic, &view))
        else {
            return;
        };
        let Some(place) = list.iter().position(|queue| *queue == first) else {
            return;
        };
        let starts = (0..list.len()).map(|back| (place + list.len() - back) % list.len());
        let starts: Vec<_> = starts.map(|start| format!("pin {node} {topic} start={start}")).collect();
        let fitting = starts.iter().find(|pin| {
            let mut trial = self.lab.clone();
            let (mut sends, mut last) = (self.earlier_sends(node), None);
            for (at, text) in std::iter::once(&(trial.now(), (*pin).clone())).chain(&texts[..=successes_at]) {
                if *at > trial.now() {
                    trial.run_until(*at);
                }
                let Ok(()) = text.parse().and_then(|command: Command| trial.issue(command)) else {
                    return false;
                };
                if text.starts_with("send") {
                    last = nth_result(&mut trial, node, sends);
                    sends += 1;
                }
            }
            last.is_some_and(|event| match &event.fact {
                Fact::SendSucceeded { message, .. } => {
                    (message.queue.broker_name.as_str(), message.queue.queue_id.0)
                        == (first.0.as_str(), first.1)
                }
                _ => false,
            })
        });
        self.issue(step, fitting.unwrap_or(&starts[0]));
    }

    /// The list that the producer will get when it asks.
    fn expected_list(&self, node: &NodeId, topic: &str, view: &View) -> Option<Vec<(String, u32)>> {
        let mut lists = writable(view, topic);
        if lists.is_empty() {
            let producer = view.producers.iter().find(|producer| producer.node.id == *node)?;
            let queues = producer.settings.iter().find(|(key, _)| *key == "defaultTopicQueueNums")?;
            let limit = queues.1.parse().unwrap_or(u32::MAX);
            lists = writable(view, TEMPLATE);
            lists.iter_mut().for_each(|list| list.retain(|(_, queue)| *queue < limit));
        }
        lists.into_iter().next()
    }
}

/// Runs until a producer has the result of its send with this number, counted from 0.
fn nth_result(lab: &mut Lab, node: &NodeId, number: usize) -> Option<TraceEvent> {
    let limit = lab.now() + SENDING;
    loop {
        let mut results = lab.trace().iter().filter(|event| is_result(event, node));
        if let Some(result) = results.nth(number) {
            return Some(result.clone());
        }
        lab.run_until_fact(limit, |event| is_result(event, node))?;
    }
}

/// One message of a step: number n, with the body that the recorder gave it.
fn message_text(node: &NodeId, send: &order::Send, n: u32) -> String {
    let key = send.key.as_ref().map(|key| if send.count == 1 { key.clone() } else { format!("{key}-{n}") });
    let mut text = format!("send {node} {}", send.topic);
    if !send.more.contains(" body=") {
        text += &format!(" body=m{n}");
    }
    text += &send.more;
    append(&mut text, "key", key.as_ref());
    append(&mut text, "tag", send.tag.as_ref());
    append(&mut text, "queue", send.queue.as_ref());
    text
}

/// All messages of a step.
fn job_text(node: &NodeId, send: &order::Send) -> String {
    let mut text =
        format!("send {node} {} count={} every={}{}", send.topic, send.count, send.every, send.more);
    append(&mut text, "key", send.key.as_ref());
    append(&mut text, "tag", send.tag.as_ref());
    append(&mut text, "queue", send.queue.as_ref());
    text
}

fn append(text: &mut String, key: &str, value: Option<&String>) {
    if let Some(value) = value {
        *text += &format!(" {key}={value}");
    }
}
