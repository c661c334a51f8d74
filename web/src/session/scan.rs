//! What the page remembers of the trace: tags, marks of the timeline, differences between the versions that showed,
//! things to announce.
//!
//! Each event is looked at once. Events are numbered from 0 and the same run notes the same events, so after going
//! back nothing has to be read again; a command in the past cuts the memory off where the run becomes another one.

use std::collections::{BTreeMap, VecDeque};

use lab_core::fact::{Fact, TraceEvent};
use lab_core::id::EventId;
use lab_core::time::Instant;

use super::cuts::Cut;
use crate::differences::Difference;
use crate::palette::Tags;
use crate::text::Texts;

/// Marks that are kept; beyond that the oldest go.
const MARKS: usize = 4_000;
/// Announcements that wait; beyond that only their number is told.
const WAITING: usize = 3;

/// What a mark of the timeline stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// A person broke something.
    Fault,
    /// A name server dropped a broker.
    Removal,
    /// A send failed for good.
    Failure,
    /// A consumer's share changed.
    Rebalance,
}

/// A mark of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The event.
    pub id: EventId,
    /// When.
    pub at: Instant,
    /// What it stands for.
    pub kind: MarkKind,
    /// The event, to be told in the language of the page.
    pub event: TraceEvent,
}

/// The memory.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    seen: usize,
    /// Tags in the order of their appearance.
    pub tags: Tags,
    /// Marks in the order of time.
    pub marks: VecDeque<Mark>,
    /// The first event that showed a difference between the versions.
    pub differences: BTreeMap<Difference, (EventId, Instant)>,
    /// What was cut off logs.
    pub cuts: Vec<Cut>,
    waiting: VecDeque<TraceEvent>,
    unheard: usize,
}

impl Scan {
    /// Looks at the events that are new; the place of the first of them.
    pub fn take_in(&mut self, trace: &[TraceEvent]) -> usize {
        let first = self.seen.min(trace.len());
        for (place, event) in trace.iter().enumerate().skip(first) {
            self.look_at(event);
            self.cuts.extend(Cut::of(event, &trace[..place]));
        }
        self.seen = self.seen.max(trace.len());
        first
    }

    /// Forgets what lies behind the present, because the run becomes another one there.
    pub fn cut(&mut self, length: usize) {
        self.seen = self.seen.min(length);
        self.marks.retain(|mark| mark.id.index() < length);
        self.differences.retain(|_, (id, _)| id.index() < length);
        self.cuts.retain(|cut| cut.id.index() < length);
    }

    /// Whether something waits to be announced.
    pub fn has_announcements(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Forgets what waits to be announced.
    pub fn forget_announcements(&mut self) {
        self.waiting.clear();
        self.unheard = 0;
    }

    /// What to announce now.
    pub fn announcement(&mut self, texts: &Texts) -> Option<String> {
        if self.waiting.is_empty() {
            return None;
        }
        let lines = self.waiting.drain(..).map(|event| sentence(&event, texts));
        let mut text = lines.collect::<Vec<_>>().join("; ");
        if self.unheard > 0 {
            text.push_str("; ");
            text.push_str(&(texts.and_more)(self.unheard));
        }
        self.unheard = 0;
        Some(text)
    }

    fn look_at(&mut self, event: &TraceEvent) {
        if let Fact::MessageStored { tag: Some(tag), .. } = &event.fact {
            self.tags.add(tag);
        }
        if let Fact::RequestSent(sent) = &event.fact
            && let Some(tag) = &sent.tag
        {
            self.tags.add(tag);
        }
        for difference in Difference::shown_by(&event.fact) {
            self.differences.entry(difference).or_insert((event.id, event.at));
        }
        let Some(kind) = mark_kind(&event.fact) else { return };
        if self.marks.len() >= MARKS {
            self.marks.pop_front();
        }
        self.marks.push_back(Mark { id: event.id, at: event.at, kind, event: event.clone() });
        if self.waiting.len() < WAITING {
            self.waiting.push_back(event.clone());
        } else {
            self.unheard += 1;
        }
    }
}

/// One event as a sentence.
pub fn sentence(event: &TraceEvent, texts: &Texts) -> String {
    let node = event.node.as_ref().map_or(texts.the_lab, |node| node.as_str());
    let line = format!("{node}: {} {}", (texts.fact)(&event.fact), (texts.details)(&event.fact));
    line.trim_end().to_owned()
}

fn mark_kind(fact: &Fact) -> Option<MarkKind> {
    match fact {
        Fact::Ordered(command) if command.is_fault() => Some(MarkKind::Fault),
        Fact::BrokerRemoved { .. } => Some(MarkKind::Removal),
        Fact::SendFailed { .. } => Some(MarkKind::Failure),
        Fact::Rebalanced { .. } => Some(MarkKind::Rebalance),
        _ => None,
    }
}
