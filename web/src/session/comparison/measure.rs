//! The rows of the tables, and the numbers of the ways.

use std::collections::BTreeSet;

use lab_core::fact::{Fact, TraceEvent};
use lab_core::gather::Gather as _;
use lab_core::id::{BrokerName, EventId, GroupName};
use lab_core::lab::Lab;
use lab_core::score::{GroupScore, Score, Stretches};
use lab_core::time::{Duration, Instant};

use super::ahead::Outcome;
use crate::labs::LabId;

/// A row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Longest time without an acknowledged send.
    Writes,
    /// Longest time without a delivery.
    Reads,
    /// Acknowledged sends.
    Acknowledged,
    /// Failed sends.
    Failed,
    /// Acknowledged and lost.
    Lost,
    /// Stored without an acknowledgement.
    Unacknowledged,
    /// Consumed more than once.
    Twice,
    /// Not yet consumed.
    Pending,
    /// Offset, end and lag when the log had just been restored.
    Restored,
    /// The same while the end of the log was still below the offset.
    Below,
    /// The same when the end had passed it.
    Passed,
    /// Offsets that the group has read since.
    Read,
    /// Offsets that it has not.
    NeverRead,
    /// What became of it, in a word.
    Outcome,
}

impl Measure {
    /// The rows of a lab, from top to bottom.
    pub const fn rows(lab: LabId) -> &'static [Self] {
        match lab {
            LabId::Riddle => {
                &[Self::Outcome, Self::Restored, Self::Below, Self::Passed, Self::Read, Self::NeverRead]
            }
            _ => &[
                Self::Writes,
                Self::Reads,
                Self::Acknowledged,
                Self::Failed,
                Self::Lost,
                Self::Unacknowledged,
                Self::Twice,
                Self::Pending,
            ],
        }
    }

    /// The word by which tests and styles know it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Writes => "writes",
            Self::Reads => "reads",
            Self::Acknowledged => "acknowledged",
            Self::Failed => "failed",
            Self::Lost => "lost",
            Self::Unacknowledged => "unacknowledged",
            Self::Twice => "twice",
            Self::Pending => "pending",
            Self::Restored => "restored",
            Self::Below => "below",
            Self::Passed => "passed",
            Self::Read => "read",
            Self::NeverRead => "never-read",
            Self::Outcome => "outcome",
        }
    }

    /// Whether less is better.
    pub const fn is_cost(self) -> bool {
        !matches!(self, Self::Acknowledged | Self::Read | Self::Outcome)
    }
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The number.
    pub value: Value,
    /// What has to be known with it.
    pub notes: Vec<Note>,
    /// What it was counted from.
    pub events: Vec<EventId>,
}

/// The number of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A time.
    Span(Duration),
    /// A number of messages.
    Count(usize),
    /// What the tool says of a queue: where the group stands, where the log ends, the difference.
    Progress {
        /// CURRENT-OFFSET, `#Consumer Offset`.
        offset: u64,
        /// LOG-END-OFFSET, `#Broker Offset`.
        end: u64,
        /// LAG, `#Diff`.
        lag: i64,
    },
    /// Offsets, each range with its first and last.
    Ranges(Vec<(u64, u64)>),
    /// How it ended.
    Outcome(Outcome),
    /// The tool did not say.
    Missing,
}

/// Something that has to be known with a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// All stretches together, when there is more than one.
    Total(Duration),
    /// So many of them with another status than `SEND_OK`.
    NotSendOk(usize),
    /// So many of them some group has never read.
    NeverRead(usize),
    /// The longest time of one of several groups.
    Group(GroupName, Duration),
    /// How long nothing was stored under a broker name.
    Silence(BrokerName, Duration),
    /// The stretch was not over at the end of the run.
    NotOver,
}

/// What a tool printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// When, as a row.
    pub moment: Measure,
    /// When.
    pub at: Instant,
    /// The command.
    pub line: String,
    /// What it printed.
    pub text: String,
}

/// The cells of a way, in the order of [`Measure::rows`].
pub(super) fn of_way(lab: &Lab, from: Instant) -> Vec<Cell> {
    let score = Score::of(lab.trace(), lab.world(), from);
    Measure::rows(LabId::Ways).iter().map(|measure| cell(&score, lab, *measure)).collect()
}

fn cell(score: &Score, lab: &Lab, measure: Measure) -> Cell {
    let all = |list: &dyn Fn(&GroupScore) -> &Vec<EventId>| -> Vec<EventId> {
        let ids: BTreeSet<EventId> = score.groups.iter().flat_map(list).copied().gather();
        ids.into_iter().collect()
    };
    match measure {
        Measure::Writes => writes(score, lab),
        Measure::Reads => reads(score),
        Measure::Acknowledged => {
            let doubtful = score.doubtful.len();
            counted(score.acknowledged.clone(), (doubtful > 0).then_some(Note::NotSendOk(doubtful)))
        }
        Measure::Failed => counted(score.failed.clone(), None),
        Measure::Lost => {
            let events = score.lost.iter().map(|lost| lost.acknowledged).collect();
            let never = score.never_read().count();
            counted(events, (!score.lost.is_empty()).then_some(Note::NeverRead(never)))
        }
        Measure::Unacknowledged => counted(score.unacknowledged.clone(), None),
        Measure::Twice => counted(all(&|group| &group.twice), None),
        _ => counted(all(&|group| &group.pending), None),
    }
}

fn counted(events: Vec<EventId>, note: Option<Note>) -> Cell {
    Cell { value: Value::Count(events.len()), notes: note.into_iter().collect(), events }
}

/// The stretches without writes: of each the first send that went wrong in it, and what ended it.
fn writes(score: &Score, lab: &Lab) -> Cell {
    let went_wrong = |event: &&TraceEvent| {
        matches!(
            event.fact,
            Fact::SendFailed { .. } | Fact::SendRetried { .. } | Fact::SendSucceeded { attempts: 2.., .. }
        )
    };
    let mut events = Vec::new();
    for stretch in &score.writes.all {
        let inside = lab.trace().iter().filter(|event| event.at >= stretch.from && event.at <= stretch.to);
        events.extend(inside.clone().find(went_wrong).map(|event| event.id));
        events.extend(stretch.ended_by);
    }
    events.dedup();
    let mut notes = notes(&score.writes);
    if score.silences.len() > 1 {
        notes.extend(score.silences.iter().map(|(name, it)| Note::Silence(name.clone(), it.length())));
    }
    Cell { value: Value::Span(score.writes.longest()), notes, events }
}

/// The worst group, with what ended its stretch; of several groups each is told.
fn reads(score: &Score) -> Cell {
    let worst = score.groups.iter().max_by_key(|group| group.reads.longest());
    let stretch = worst.and_then(|group| group.reads.worst());
    let events = stretch.and_then(|stretch| stretch.ended_by).into_iter().collect();
    let each = score.groups.iter().filter(|_| score.groups.len() > 1);
    let mut notes: Vec<Note> =
        each.map(|group| Note::Group(group.group.clone(), group.reads.longest())).collect();
    if stretch.is_some_and(|stretch| stretch.ended_by.is_none()) {
        notes.push(Note::NotOver);
    }
    Cell { value: Value::Span(score.longest_without_reads()), notes, events }
}

fn notes(stretches: &Stretches) -> Vec<Note> {
    let mut notes = Vec::new();
    let longest = stretches.longest();
    // A tenth of a second is what the table shows.
    if stretches.total.saturating_sub(longest) >= Duration::from_millis(100) {
        notes.push(Note::Total(stretches.total));
    }
    if stretches.worst().is_some_and(|worst| worst.ended_by.is_none()) {
        notes.push(Note::NotOver);
    }
    notes
}
