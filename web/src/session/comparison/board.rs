//! The table as it is drawn: plain data, compared by its number.

use lab_core::config::Profile;
use lab_core::fact::TraceEvent;
use lab_core::id::NodeId;

use super::measure::{Cell, Measure, Output};
use super::{Column, Comparison, State};
use crate::labs::variants::Variant;
use crate::labs::{Fault, LabId};

/// Most events that are listed behind a number.
const LISTED: usize = 40;

/// The table. Two are equal when they have the same number.
#[derive(Clone, Debug)]
pub struct Board {
    /// The lab.
    pub lab: LabId,
    /// The version.
    pub profile: Profile,
    /// The fault.
    pub fault: Fault,
    /// The rows.
    pub rows: &'static [Measure],
    /// The columns.
    pub columns: Vec<BoardColumn>,
    /// The number whose events are listed.
    pub picked: Option<Picked>,
    version: u64,
}

impl PartialEq for Board {
    fn eq(&self, other: &Self) -> bool {
        (self.version, self.lab, self.profile, self.fault)
            == (other.version, other.lab, other.profile, other.fault)
    }
}

/// A column.
#[derive(Clone, Debug)]
pub struct BoardColumn {
    /// What it is about.
    pub variant: Variant,
    /// How far it has come.
    pub state: ColumnState,
    /// A cell for each row once it is counted; nothing before.
    pub cells: Vec<Cell>,
    /// The process that the fault hit.
    pub victim: Option<NodeId>,
    /// What the tool printed.
    pub outputs: Vec<Output>,
}

/// How far a column has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnState {
    /// Its turn has not come.
    Waiting,
    /// Runs; so many hundredths of its time have passed.
    Counting(u64),
    /// Counted.
    Done,
    /// It could not be run, and why.
    Failed(String),
}

/// The events behind a number.
#[derive(Clone, Debug)]
pub struct Picked {
    /// The column, by its place.
    pub column: usize,
    /// The row.
    pub measure: Measure,
    /// How many there are.
    pub total: usize,
    /// The first of them.
    pub events: Vec<TraceEvent>,
}

impl Board {
    /// A table before it is known what stands in it.
    pub(super) fn empty(lab: LabId) -> Self {
        Self {
            lab,
            profile: Profile::default(),
            fault: Fault::default(),
            rows: Measure::rows(lab),
            columns: Vec::new(),
            picked: None,
            version: 0,
        }
    }

    /// The table as it is now.
    pub(super) fn of(comparison: &Comparison) -> Self {
        Self {
            profile: comparison.profile,
            fault: comparison.fault,
            columns: comparison.columns.iter().map(BoardColumn::of).collect(),
            picked: comparison.picked.and_then(|(column, measure)| picked(comparison, column, measure)),
            version: comparison.version,
            ..Self::empty(comparison.lab)
        }
    }

    /// Whether a column has not come to its end.
    pub fn is_counting(&self) -> bool {
        self.columns.iter().any(|it| matches!(it.state, ColumnState::Waiting | ColumnState::Counting(_)))
    }
}

impl BoardColumn {
    fn of(column: &Column) -> Self {
        let (cells, outputs) = match &column.state {
            State::Done(_, cells, outputs) => (cells.clone(), outputs.clone()),
            _ => (Vec::new(), Vec::new()),
        };
        let end = column.plan.end.as_millis().max(1);
        let state = match &column.state {
            State::Waiting => ColumnState::Waiting,
            State::Running(lab, _) => ColumnState::Counting(lab.now().as_millis() * 100 / end),
            State::Done(..) => ColumnState::Done,
            State::Failed(why) => ColumnState::Failed(why.clone()),
        };
        Self { variant: column.variant, state, cells, victim: column.victim.clone(), outputs }
    }

    /// The cell of a row.
    pub fn cell(&self, rows: &[Measure], measure: Measure) -> Option<&Cell> {
        self.cells.get(rows.iter().position(|row| *row == measure)?)
    }
}

fn picked(comparison: &Comparison, column: usize, measure: Measure) -> Option<Picked> {
    let found = comparison.columns.get(column)?;
    let State::Done(lab, cells, _) = &found.state else { return None };
    let place = Measure::rows(comparison.lab).iter().position(|row| *row == measure)?;
    let ids = &cells.get(place)?.events;
    let events = ids.iter().take(LISTED).filter_map(|id| lab.event(*id)).cloned().collect();
    Some(Picked { column, measure, total: ids.len(), events })
}
