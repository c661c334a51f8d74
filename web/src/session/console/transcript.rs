//! What the console shows: every command that was given, with what `mqadmin` printed.
//!
//! Commands and outputs are places in the trace, so the transcript of a moment is what the trace holds up to that
//! moment, however one got there. Each event is looked at once; after going back, what lies behind the present is
//! left out until time passes it again. Beside them stand asides, which are no part of the run: refusals and help.

use arcstr::ArcStr;

use lab_core::command::{Command, CommandError};
use lab_core::config::Profile;
use lab_core::fact::{Fact, TraceEvent};
use lab_core::gather::Arrange as _;
use lab_core::id::{EventId, NodeId};
use lab_core::recording::Recording;
use lab_core::time::{Duration, Instant};

use super::reading::Topic;
use crate::session::kafka;

/// Entries that are drawn; beyond that the oldest are only counted.
const DRAWN: usize = 200;
/// Asides that are kept; beyond that the oldest go.
const ASIDES: usize = 200;

/// One command with what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Tells it from all others.
    pub key: EntryKey,
    /// When it was given.
    pub at: Instant,
    /// The command, as it is written.
    pub line: String,
    /// What came of it.
    pub body: Body,
}

/// What tells entries apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKey {
    /// A command of the trace.
    Command(EventId),
    /// An aside, by its number.
    Aside(u64),
    /// A command behind the present, by its place in the recording.
    Later(usize),
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// It was carried out; what follows is seen in the cluster.
    Done,
    /// `mqadmin` printed this.
    Output(ArcStr),
    /// `mqadmin` has been at work for so long.
    Waiting(Duration),
    /// It was not carried out.
    Refused(CommandError),
    /// It asked for an explanation.
    Help(Topic, Profile),
    /// It lies behind the present.
    Later,
}

/// An entry that is no part of the run.
#[derive(Clone, Debug)]
struct Aside {
    number: u64,
    /// Events that had been noted when it came.
    after: usize,
    at: Instant,
    line: String,
    body: Body,
}

/// A command's place in the trace, and that of its output.
#[derive(Clone, Debug)]
struct Place {
    ordered: usize,
    /// The node that acted first on it: for `mqadmin` its run.
    tool: Option<NodeId>,
    answered: Option<usize>,
}

/// The memory.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    seen: usize,
    places: Vec<Place>,
    asides: Vec<Aside>,
    numbered: u64,
}

impl Transcript {
    /// Looks at the events that are new.
    pub fn take_in(&mut self, trace: &[TraceEvent]) {
        for (place, event) in trace.iter().enumerate().skip(self.seen) {
            match &event.fact {
                Fact::Ordered(_) => self.places.push(Place { ordered: place, tool: None, answered: None }),
                fact if kafka::output_of(fact).is_some() => self.answer(event.node.as_ref(), place),
                // What an order does first is to start the tool.
                _ => {
                    if let Some(last) = self.places.last_mut().filter(|last| last.tool.is_none())
                        && event.cause.is_some()
                        && event.cause == trace.get(last.ordered).map(|order| order.id)
                    {
                        last.tool.clone_from(&event.node);
                    }
                }
            }
        }
        self.seen = self.seen.max(trace.len());
    }

    /// Forgets what lies behind the present, because the run becomes another one there.
    pub fn cut(&mut self, length: usize) {
        self.seen = self.seen.min(length);
        self.places.retain(|place| place.ordered < length);
        for place in &mut self.places {
            place.answered = place.answered.filter(|answered| *answered < length);
        }
        self.asides.retain(|aside| aside.after <= length);
    }

    /// Takes in what is no part of the run.
    pub fn add_aside(&mut self, trace: &[TraceEvent], at: Instant, line: String, body: Body) {
        if self.asides.len() >= ASIDES {
            self.asides.remove(0);
        }
        self.numbered += 1;
        self.asides.push(Aside { number: self.numbered, after: trace.len(), at, line, body });
    }

    /// How many entries are too old to be drawn, and the others up to the present, oldest first, followed by the
    /// commands behind it.
    pub fn entries(
        &self,
        trace: &[TraceEvent],
        now: Instant,
        recording: &Recording,
        later: usize,
    ) -> (usize, Vec<Entry>) {
        let commands = self.places.iter().filter(|place| place.ordered < trace.len());
        let commands = commands.filter_map(|place| Some((place.ordered, command_entry(place, trace, now)?)));
        let asides = self.asides.iter().filter(|aside| aside.after <= trace.len()).map(|aside| {
            let key = EntryKey::Aside(aside.number);
            let (line, body) = (aside.line.clone(), aside.body.clone());
            (aside.after, Entry { key, at: aside.at, line, body })
        });
        // An aside comes before the event that was noted next.
        let mut all: Vec<(usize, bool, Entry)> =
            commands.map(|(place, entry)| (place, true, entry)).collect();
        all.extend(asides.map(|(place, entry)| (place, false, entry)));
        all.arrange_by_key(|(place, is_command, entry)| (*place, *is_command, entry.key));
        let old = all.len().saturating_sub(DRAWN);
        let mut entries: Vec<Entry> = all.into_iter().skip(old).map(|(_, _, entry)| entry).collect();
        let begin = recording.commands.len() - later.min(recording.commands.len());
        entries.extend(recording.commands.iter().enumerate().skip(begin).take(DRAWN).map(
            |(place, (at, command))| Entry {
                key: EntryKey::Later(place),
                at: *at,
                line: command.to_string(),
                body: Body::Later,
            },
        ));
        (old, entries)
    }

    fn answer(&mut self, tool: Option<&NodeId>, answered: usize) {
        if let Some(place) = self.places.iter_mut().rev().find(|place| place.tool.as_ref() == tool) {
            place.answered = Some(answered);
        }
    }
}

fn command_entry(place: &Place, trace: &[TraceEvent], now: Instant) -> Option<Entry> {
    let event = trace.get(place.ordered)?;
    let Fact::Ordered(command) = &event.fact else { return None };
    let answer = place
        .answered
        .and_then(|answered| trace.get(answered))
        .and_then(|event| kafka::output_of(&event.fact));
    let body = match (command.as_ref(), answer) {
        // Kafka's administrator says nothing when all went well.
        (Command::KafkaAdmin(_), Some(output)) if output.is_empty() => Body::Done,
        (_, Some(output)) => Body::Output(ArcStr::clone(output)),
        (command, None) if kafka::is_tool(command) => Body::Waiting(now.since(event.at)),
        _ => Body::Done,
    };
    let key = EntryKey::Command(event.id);
    Some(Entry { key, at: event.at, line: command.to_string(), body })
}
