//! `mqadmin` in a recording: commands that act, and commands that ask.
//!
//! A command that acts is given to the lab at the moment at which the real tool sent its request. One that only asks
//! is put to copies of the lab, from a little before that moment until a little after it: the state that the real
//! tool saw may have been reached that much earlier or later (as with every other question).

use std::collections::BTreeMap;

use lab_core::fact::Fact;
use lab_core::id::EventId;
use lab_core::message::StoredMessage;
use lab_core::time::{Duration, Instant};

use super::mask::{masked, uncounted};
use super::order::Order;
use super::player::Player;
use super::script::Event;

/// Longest time that a run of the tool may take in the lab.
const LONGEST: Duration = Duration::from_secs(30);

/// What became of the runs of the tool so far.
#[derive(Default)]
pub(super) struct Tools {
    /// Commands that acted: the step, and the event of the order.
    acted: Vec<(usize, EventId)>,
    /// Commands that ask: the latest answers of the lab that differ from the recorded one.
    asked: BTreeMap<usize, String>,
    /// Questions that the lab has answered as recorded.
    answered: Vec<usize>,
}

impl Tools {
    /// Whether the lab has given the recorded answer to the question of a step.
    pub(super) fn is_answered(&self, step: usize) -> bool {
        self.answered.contains(&step)
    }
}

impl Player<'_> {
    fn line(&self, step: usize) -> Option<(&str, String)> {
        let Ok(Order::Mqadmin { command, rest, asked }) = &self.plan.orders[step] else {
            return None;
        };
        let mut line = format!("{command} {}", self.translated(step, rest));
        if let Some(name_server) = asked {
            line += &format!(" -n {name_server}");
        }
        Some((command, line))
    }

    /// A message id behind `-i` of `queryMsgByUniqueKey` or `queryMsgTraceById` is the recording's; the lab's own has
    /// the same place in the commit log or in its queue.
    fn translated(&self, step: usize, rest: &str) -> String {
        let Some(id) = rest.split_whitespace().skip_while(|word| *word != "-i").nth(1) else {
            return rest.to_owned();
        };
        let queue_offset = self.sent_as(step, id);
        let shown = |text: &&String| text.contains(&format!("UNIQ_KEY={id}"));
        let mut outputs = self.script.steps[..step].iter().filter_map(|step| step.output.as_ref());
        let offset_id = outputs.find(shown).and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("OffsetID:"))?;
            line.split_whitespace().nth(1).map(str::to_owned)
        });
        let stores = self.lab.world().nodes().filter_map(|(_, slot)| slot.store());
        let mut messages = stores.flat_map(|store| store.log().messages());
        let is_it = |message: &StoredMessage| match (&offset_id, &queue_offset) {
            (Some(offset_id), _) => message.offset_message_id() == *offset_id,
            (None, Some((topic, queue, offset))) => {
                message.message.topic.as_str() == topic
                    && message.queue_id.0 == *queue
                    && message.queue_offset.0 == *offset
            }
            (None, None) => false,
        };
        let found = messages.find(|message| is_it(message));
        match found.and_then(|message| message.message.unique_key()) {
            Some(ours) => rest.replace(id, ours),
            None => rest.to_owned(),
        }
    }

    /// Topic, queue and position of the message that was sent with this id before the step.
    fn sent_as(&self, step: usize, id: &str) -> Option<(String, u32, u64)> {
        let mut steps = self.script.steps[..step].iter().zip(&self.plan.orders);
        steps.find_map(|(step, order)| {
            let Ok(Order::Send(send)) = order else { return None };
            step.events.iter().flatten().find_map(|event| match event {
                Event::Sent { queue, queue_offset, msg_id: Some(msg_id), .. } if msg_id == id => {
                    Some((send.topic.clone(), *queue, *queue_offset))
                }
                _ => None,
            })
        })
    }

    fn masked(&self, command: &str, output: &str) -> String {
        let text = masked(command, output);
        if self.freeze.is_some() && command == "consumerProgress" { uncounted(&text) } else { text }
    }

    /// Has the tool act.
    pub(super) fn act_by_tool(&mut self, step: usize) {
        let Some((_, line)) = self.line(step) else {
            return;
        };
        if self.issue(step, &format!("mqadmin {line}"))
            && let Some(ordered) = self.lab.trace().last()
        {
            let ordered = ordered.id;
            self.tools.acted.push((step, ordered));
        }
    }

    /// Asks a copy of the lab, unless the recorded answer was given already.
    pub(super) fn ask_by_tool(&mut self, step: usize) {
        if self.tools.is_answered(step) {
            return;
        }
        let Some((command, line)) = self.line(step) else {
            return;
        };
        let recorded = self.masked(command, self.step(step).output.as_deref().unwrap_or_default());
        let answer = self.lab.world().mqadmin(&line, LONGEST).unwrap_or_default();
        let answer = self.masked(command, &answer);
        if answer == recorded {
            self.tools.answered.push(step);
        } else {
            self.tools.asked.insert(step, answer);
        }
    }

    /// Compares what every run of the tool printed.
    pub(super) fn judge_tools(&mut self) {
        let tools = std::mem::take(&mut self.tools);
        for step in &tools.answered {
            self.verdict.note(*step, self.step(*step).end, None);
        }
        for (step, answer) in tools.asked.iter().filter(|(step, _)| !tools.answered.contains(step)) {
            self.judge_output(*step, answer);
        }
        for (step, ordered) in tools.acted {
            let output = self.lab.trace().iter().find_map(|event| match &event.fact {
                Fact::MqadminAnswered { output, .. }
                    if self.lab.causes(event.id).iter().any(|cause| cause.id == ordered) =>
                {
                    Some(output.clone())
                }
                _ => None,
            });
            let command = self.line(step).map_or_else(String::new, |(command, _)| command.to_owned());
            self.judge_output(step, &self.masked(&command, output.as_deref().unwrap_or_default()));
        }
    }

    fn judge_output(&mut self, step: usize, answer: &str) {
        let Some((command, _)) = self.line(step) else {
            return;
        };
        let recorded = self.masked(command, self.step(step).output.as_deref().unwrap_or_default());
        let problem = (recorded != answer).then(|| {
            let mut lines = recorded.lines().zip(answer.lines()).filter(|(one, other)| one != other);
            match lines.next() {
                Some((one, other)) => format!("recorded {one}\nreplayed {other}"),
                None => format!("recorded {recorded}\nreplayed {answer}"),
            }
        });
        self.verdict.note(step, self.step(step).end, problem);
    }
}

/// The moments at which a question is put: half a second apart, from `first` to `last`.
pub(super) fn moments(first: Instant, last: Instant) -> impl Iterator<Item = Instant> {
    let span = last.since(first).as_millis();
    (0..=span / 500).map(move |place| first + Duration::from_millis(place * 500))
}
