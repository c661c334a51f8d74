//! A lab with variants: every variant is run to its end, a slice a frame, and what it cost fills a column.
//!
//! The table and the stage are two looks at the same runs: a column that is opened is a copy of the run that was
//! counted, gone back to the moment of the fault, and everything can be done to it that can be done to any lab.

mod ahead;
mod board;
mod measure;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use lab_core::config::Profile;
use lab_core::id::{EventId, NodeId};
use lab_core::lab::Lab;
use lab_core::recording::Recording;
use lab_core::time::Duration;

use super::{Run, Selection, Session};
use crate::labs::variants::{Order, Plan, VICTIM, Variant, master_of};
use crate::labs::{Fault, LabId};
use crate::playback::{EVENTS_PER_FRAME, Playback};

pub use ahead::Outcome;
pub use board::{Board, BoardColumn, ColumnState, Picked};
pub use measure::{Cell, Measure, Note, Output, Value};

/// What was asked for in the table of a lab with variants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompareMsg {
    /// Another fault is to hit the masters.
    Fault(Fault),
    /// The variants are to behave like this version.
    Version(Profile),
    /// A column is to be opened on the stage, at an event or at the moment of the fault.
    Open(usize, Option<EventId>),
    /// The events behind a number are to be listed.
    Pick(usize, Measure),
    /// The list of events is to be closed.
    Unpick,
    /// Back from the stage to the table.
    Back,
    /// The page became too narrow for a table beside its labels, or wide enough again.
    Narrow(bool),
}

/// A lab with variants that is open.
pub(crate) struct Comparison {
    lab: LabId,
    profile: Profile,
    fault: Fault,
    columns: Vec<Column>,
    picked: Option<(usize, Measure)>,
    /// The column on the stage.
    pub(crate) opened: Option<usize>,
    version: u64,
    board: Rc<Board>,
}

/// A variant with its run.
struct Column {
    variant: Variant,
    plan: Plan,
    state: State,
    /// The process that the fault hit.
    victim: Option<NodeId>,
}

/// How far a variant has come.
enum State {
    Waiting,
    /// Runs; so many orders were given.
    Running(Box<Lab>, usize),
    Done(Box<Lab>, Vec<Cell>, Vec<Output>),
    Failed(String),
}

impl Comparison {
    /// Nothing is counted yet.
    fn new(lab: LabId, profile: Profile, fault: Fault) -> Self {
        let column = |variant: Variant| Column {
            variant,
            plan: variant.plan(profile, fault),
            state: State::Waiting,
            victim: None,
        };
        let columns = Variant::all(lab, profile).into_iter().map(column).collect();
        let mut comparison = Self {
            lab,
            profile,
            fault,
            columns,
            picked: None,
            opened: None,
            version: 0,
            board: Rc::new(Board::empty(lab)),
        };
        comparison.redraw();
        comparison
    }

    /// Whether a variant has not come to its end.
    pub(crate) fn is_counting(&self) -> bool {
        self.columns.iter().any(Column::is_counting)
    }

    /// Goes on with the first variant that has not come to its end.
    fn advance(&mut self, steps: usize) {
        if let Some(column) = self.columns.iter_mut().find(|column| column.is_counting()) {
            column.advance(steps);
            self.redraw();
        }
    }

    fn redraw(&mut self) {
        self.version += 1;
        self.board = Rc::new(Board::of(self));
    }

    /// The variant of the column on the stage.
    pub(crate) fn variant_on_stage(&self) -> Option<Variant> {
        Some(self.columns.get(self.opened?)?.variant)
    }
}

impl Column {
    const fn is_counting(&self) -> bool {
        matches!(self.state, State::Waiting | State::Running(..))
    }

    fn lab(&self) -> Option<&Lab> {
        match &self.state {
            State::Running(lab, _) | State::Done(lab, ..) => Some(lab),
            State::Waiting | State::Failed(_) => None,
        }
    }

    fn advance(&mut self, steps: usize) {
        let state = std::mem::replace(&mut self.state, State::Waiting);
        self.state = match state {
            State::Waiting => self.begin(),
            State::Running(lab, given) => self.go_on(lab, given, steps),
            done => done,
        };
    }

    fn begin(&self) -> State {
        let recording = self.plan.recording.parse::<Recording>();
        match recording.and_then(Lab::try_new) {
            Ok(lab) => State::Running(Box::new(lab), 0),
            Err(why) => State::Failed(why.to_string()),
        }
    }

    fn go_on(&mut self, mut lab: Box<Lab>, given: usize, steps: usize) -> State {
        let order = self.plan.orders.get(given).copied();
        let until = order.map_or(self.plan.end, |(at, _)| at);
        if !lab.run_at_most(until, steps) {
            return State::Running(lab, given);
        }
        let Some((_, order)) = order else { return self.count(lab) };
        match self.give(&mut lab, order) {
            Ok(()) => State::Running(lab, given + 1),
            Err(why) => State::Failed(why),
        }
    }

    fn give(&mut self, lab: &mut Lab, order: Order) -> Result<(), String> {
        let no_master = || format!("no master of {VICTIM} runs at {}", lab.now());
        let command = match order {
            Order::Break(fault) => {
                let victim = master_of(&lab.view(0), VICTIM).ok_or_else(no_master)?;
                self.victim = Some(victim.clone());
                fault.breaks(victim)
            }
            Order::Mend(fault) => fault.mends(self.victim.clone().ok_or_else(no_master)?),
            Order::Line(line) => {
                line.parse().map_err(|why: lab_core::command::CommandError| why.to_string())?
            }
        };
        lab.issue(command).map_err(|why| why.to_string())
    }

    fn count(&self, lab: Box<Lab>) -> State {
        let (cells, outputs) = match self.variant {
            Variant::Way(_) => (measure::of_way(&lab, self.plan.from), Vec::new()),
            Variant::Case(_) => ahead::of_case(&lab, self.plan.from),
        };
        State::Done(lab, cells, outputs)
    }
}

impl Session {
    /// The table, while no run is on the stage.
    pub fn board(&self) -> Option<Rc<Board>> {
        let comparison = self.comparison.as_ref().filter(|_| self.run.is_none())?;
        Some(Rc::clone(&comparison.board))
    }

    /// The variant that is on the stage.
    pub fn variant_on_stage(&self) -> Option<Variant> {
        let is_open = self.run.as_ref().is_some_and(|run| run.id.is_comparison());
        self.comparison.as_ref().filter(|_| is_open)?.variant_on_stage()
    }

    /// Opens the table of a lab with variants; what was counted for it before is kept.
    pub(super) fn open_comparison(&mut self, lab: LabId) {
        self.map.is_sheet_open = false;
        match &mut self.comparison {
            Some(open) if open.lab == lab => open.opened = None,
            _ => self.comparison = Some(Comparison::new(lab, self.profile, Fault::default())),
        }
    }

    /// Does what was asked for in the table.
    pub(super) fn compare(&mut self, msg: CompareMsg) {
        if msg == CompareMsg::Back {
            let lab = self.comparison.as_ref().map(|it| it.lab);
            return self.leave(lab);
        }
        let narrow = self.narrow;
        let Some(open) = &mut self.comparison else {
            if let CompareMsg::Narrow(narrow) = msg {
                self.narrow = narrow;
            }
            return;
        };
        match msg {
            CompareMsg::Fault(fault) => *open = Comparison::new(open.lab, open.profile, fault),
            CompareMsg::Version(profile) => {
                *open = Comparison::new(open.lab, profile, open.fault);
                self.profile = profile;
            }
            CompareMsg::Pick(column, measure) => {
                let again = open.picked == Some((column, measure));
                open.picked = (!again).then_some((column, measure));
                open.redraw();
            }
            CompareMsg::Unpick => {
                open.picked = None;
                open.redraw();
            }
            CompareMsg::Open(column, event) => self.open_column(column, event),
            CompareMsg::Narrow(to) if to != narrow => self.narrow = to,
            CompareMsg::Narrow(_) | CompareMsg::Back => {}
        }
    }

    /// Puts a column on the stage, at an event or at the moment from which on it is counted.
    fn open_column(&mut self, column: usize, event: Option<EventId>) {
        let Some(open) = &mut self.comparison else { return };
        let Some(found) = open.columns.get(column) else { return };
        let Some(lab) = found.lab().filter(|_| !found.is_counting()) else { return };
        let (id, from, victim, mut lab) = (open.lab, found.plan.from, found.victim.clone(), lab.clone());
        let moment = event.and_then(|id| lab.event(id)).map(|event| event.at + Duration::from_millis(1));
        lab.go_to(moment.unwrap_or(from));
        open.opened = Some(column);
        self.close();
        self.run = Some(Run::new(id, lab.recording().commands.len(), lab));
        self.playing = false;
        self.playback = Playback::default();
        self.selection = victim.map(Selection::Node);
        self.after_jump();
        if let Some(event) = event {
            self.select_event(event);
        }
    }

    /// A frame's share of the counting; true when the table has to be drawn anew.
    pub(super) fn count_on(&mut self) -> bool {
        let texts = self.texts();
        let Some(open) = self.comparison.as_mut().filter(|open| open.is_counting()) else { return false };
        open.advance(EVENTS_PER_FRAME);
        if !open.is_counting() {
            self.announced = texts.comparison.counted.to_owned();
        }
        true
    }
}
