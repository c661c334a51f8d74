//! Questions of a recording: which queues does this consumer hold, which would this producer be given?
//!
//! A question is watched from a little before it was asked. It is decided when it was asked: by what the replay
//! showed so far, and by a copy of the lab that goes on for a little while without further orders.

use lab_core::rpc::perm;
use lab_core::time::Instant;
use lab_core::view::View;

use super::order::Order;
use super::player::{AFTER, Player};
use super::script::Event;

/// A question of the recording that the replay may answer early.
pub(super) struct Watch {
    /// The step that asks.
    pub(super) step: usize,
    /// Whether the recorded answer was seen.
    pub(super) answered: bool,
    /// The latest answer.
    pub(super) last: String,
}

impl Player<'_> {
    /// Lets time pass, with an eye on what is being asked for.
    pub(super) fn advance(&mut self, to: Instant) {
        if !self.watches.is_empty() {
            self.look();
            while self.lab.step(to) {
                self.look();
            }
        }
        if to > self.lab.now() {
            self.lab.run_until(to);
        }
    }

    fn look(&mut self) {
        let view = self.lab.view(0);
        let mut watches = std::mem::take(&mut self.watches);
        for watch in &mut watches {
            self.look_for(watch, &view);
        }
        self.watches = watches;
    }

    fn look_for(&self, watch: &mut Watch, view: &View) {
        if watch.answered {
            return;
        }
        let Some(event) = self
            .step(watch.step)
            .events
            .iter()
            .flatten()
            .find(|event| matches!(event, Event::Assignment { .. } | Event::Queues { .. }))
        else {
            return;
        };
        for answer in self.answers(watch.step, view) {
            let wanted = match event {
                Event::Assignment { client_id, queues, .. } => format!("{client_id}: {queues}"),
                Event::Queues { queues, .. } => queues.clone(),
                _ => return,
            };
            watch.answered |= answer == wanted;
            watch.last = answer;
        }
    }

    /// What the lab says to the question of a step; several name servers may differ.
    fn answers(&self, step: usize, view: &View) -> Vec<String> {
        match &self.plan.orders[step] {
            Ok(Order::Assignment(of)) => {
                let Some(node) = self.client(step, of) else {
                    return Vec::new();
                };
                view.consumers
                    .iter()
                    .filter(|consumer| consumer.node.id == *node)
                    .map(|consumer| {
                        let mut queues: Vec<_> = consumer
                            .queues
                            .iter()
                            .map(|held| &held.queue)
                            .filter(|queue| !queue.topic.is_retry())
                            .map(|queue| format!("{}/{}/{}", queue.topic, queue.broker_name, queue.queue_id))
                            .collect();
                        queues.sort();
                        format!("{}: {}", consumer.client_id, queues.join(" "))
                    })
                    .collect()
            }
            Ok(Order::Queues { topic, .. }) => writable(view, topic)
                .into_iter()
                .map(|queues| {
                    queues
                        .iter()
                        .map(|(broker, queue)| format!("{broker}/{queue}"))
                        .collect::<Vec<_>>()
                        .join(" ")
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Decides a question: the answer was there lately, or comes soon if nothing else is done.
    pub(super) fn decide(&mut self, step: usize) {
        let Some(place) = self.watches.iter().position(|watch| watch.step == step) else {
            return;
        };
        let mut watch = self.watches.remove(place);
        self.look_for(&mut watch, &self.lab.view(0));
        let present = watch.last.clone();
        let mut ahead = self.lab.clone();
        let until = ahead.now() + AFTER;
        while !watch.answered && ahead.step(until) {
            self.look_for(&mut watch, &ahead.view(0));
        }
        let problem = (!watch.answered).then(|| {
            let recorded = self.step(step).events.iter().flatten().find_map(|event| match event {
                Event::Assignment { client_id, queues, .. } => Some(format!("{client_id}: {queues}")),
                Event::Queues { queues, .. } => Some(queues.clone()),
                _ => None,
            });
            let later = if watch.last == present { String::new() } else { format!(", soon {}", watch.last) };
            format!("recorded {}\nreplayed {present}{later}", recorded.as_deref().unwrap_or("nothing"))
        });
        self.verdict.note(step, self.step(step).end, problem);
    }
}

/// The lists that the running name servers give a producer for a topic, each once.
pub(super) fn writable(view: &View, topic: &str) -> Vec<Vec<(String, u32)>> {
    let mut lists: Vec<Vec<(String, u32)>> = Vec::new();
    for server in view.name_servers.iter().filter(|server| server.node.status.is_running()) {
        let topic = server.topics.iter().find(|known| known.topic.as_str() == topic);
        let mut brokers: Vec<_> = topic
            .iter()
            .flat_map(|known| &known.queues)
            .filter(|(name, config)| {
                let master = server
                    .brokers
                    .iter()
                    .any(|broker| broker.broker_name == *name && broker.broker_id.is_master());
                master && config.perm & perm::WRITE != 0
            })
            .collect();
        brokers.sort_by_key(|(name, _)| name);
        let list: Vec<_> = brokers
            .into_iter()
            .flat_map(|(name, config)| (0..config.write_queue_nums).map(|queue| (name.to_string(), queue)))
            .collect();
        if !list.is_empty() && !lists.contains(&list) {
            lists.push(list);
        }
    }
    lists
}
