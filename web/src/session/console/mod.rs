//! The console: a line to type, what was typed before, what could be typed next, and the transcript of the run.
//!
//! A line for `mqadmin` takes virtual time. While the run stands still, the page lets it go on until the answer is
//! there and no further, a minute at most.

pub mod completion;
pub mod history;
pub mod names;
pub mod reading;
pub mod transcript;

use arcstr::ArcStr;

use lab_core::command::CommandError;
use lab_core::fact::{Fact, TraceEvent};
use lab_core::id::{EventId, NodeId};
use lab_core::time::{Duration, Instant};

use self::completion::{Suggestions, suggest};
use self::history::History;
use self::names::Names;
use self::reading::Typed;
use self::transcript::{Body, Entry, EntryKey};
use super::msg::{Notice, Panel, Problem};
use super::{EVENTS_PER_FRAME, Session};

/// After this long the page waits no more for an answer while the run stands still.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What the console remembers beside the run.
#[derive(Clone, Debug, Default)]
pub struct Console {
    /// The lines that were sent.
    pub history: History,
    /// The open list of suggestions.
    pub popup: Option<Popup>,
    /// The list was closed and nothing typed since, so Tab leaves the field.
    dismissed: bool,
    /// Counts the lines that were put into the field from elsewhere; each calls the focus there.
    pub called: u32,
    /// The output that was copied last.
    pub copied: Option<EventId>,
}

/// The open list of suggestions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Popup {
    /// What is suggested.
    pub suggestions: Suggestions,
    /// The place of the one that Enter takes.
    pub active: usize,
}

/// A direction in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards its beginning: older lines, suggestions further up.
    Back,
    /// Towards its end.
    Forth,
}

/// A run of `mqadmin` for which a paused run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    tool: NodeId,
    until: Instant,
}

impl Session {
    /// Carries out what was typed.
    pub(super) fn run_line(&mut self) {
        let line = self.line.trim().to_owned();
        self.console.popup = None;
        if self.run.is_none() || line.is_empty() {
            return;
        }
        self.console.history.add(&line);
        match reading::read(&line) {
            Ok(Typed::Order(command)) => {
                if super::kafka::is_tool(&command) {
                    self.show_panel(Panel::Console);
                }
                self.order(command);
            }
            Ok(Typed::Run(span)) => self.run_for(span, line),
            Ok(Typed::Help(topic)) => {
                let profile = self.run.as_ref().map_or(self.profile, |run| run.lab.setup().profile);
                self.show_panel(Panel::Console);
                self.line.clear();
                self.problem = None;
                self.add_aside(line, Body::Help(topic, profile));
            }
            Err(error) => self.refuse(line, error),
        }
    }

    /// Lets time pass, as fast as it can be played.
    fn run_for(&mut self, span: Duration, line: String) {
        self.line.clear();
        self.problem = None;
        self.playing = false;
        self.waiting = None;
        self.passing = Some(self.now() + span);
        self.notice = Some(Notice::Done(line));
    }

    /// Lets time pass up to the end of a `run`, some steps a frame.
    pub(super) fn go_on_passing(&mut self) {
        let Some(target) = self.passing else { return };
        self.pass_time(target, EVENTS_PER_FRAME);
        if self.now() >= target {
            self.passing = None;
        }
        self.after_run();
    }

    /// Takes note that a command was not carried out.
    pub(super) fn refuse(&mut self, line: String, why: CommandError) {
        self.add_aside(line.clone(), Body::Refused(why.clone()));
        self.notice = None;
        self.problem = Some(Problem { line, why });
    }

    fn add_aside(&mut self, line: String, body: Body) {
        if let Some(run) = &mut self.run {
            let (trace, now) = (run.lab.trace(), run.lab.now());
            run.transcript.add_aside(trace, now, line, body);
        }
    }

    pub(super) fn edit_line(&mut self, line: String) {
        self.line = line;
        self.problem = None;
        self.console.dismissed = false;
        self.console.history.leave();
        if self.console.popup.is_some() {
            self.open_suggestions();
        }
    }

    /// Puts a line into the field, to be changed and sent.
    pub(super) fn use_line(&mut self, line: String) {
        self.edit_line(line);
        self.console.popup = None;
        self.console.called += 1;
    }

    pub(super) fn recall(&mut self, direction: Direction) {
        let line = match direction {
            Direction::Back => self.console.history.older(&self.line),
            Direction::Forth => self.console.history.newer(),
        };
        if let Some(line) = line {
            self.line = line;
            self.problem = None;
            self.console.popup = None;
        }
    }

    /// What could be typed next.
    fn suggestions(&self) -> Suggestions {
        let Some(run) = &self.run else { return Suggestions::default() };
        suggest(&self.line, &Names::of(&run.shown.view))
    }

    /// Whether Tab completes the line. It leaves an empty one, one that nothing could follow, and one whose
    /// suggestions were closed, so that nobody is kept in the field.
    pub fn can_complete(&self) -> bool {
        !self.line.trim().is_empty() && !self.console.dismissed && !self.suggestions().items.is_empty()
    }

    /// Completes the line as far as there is no choice, and opens the list where there is one.
    pub(super) fn complete(&mut self) {
        let suggestions = self.suggestions();
        let typed = &self.line[suggestions.from..];
        let wanted = typed.to_lowercase();
        match suggestions.items.as_slice() {
            [only] if only.text.to_lowercase().starts_with(&wanted) => {
                self.line = suggestions.take(&self.line, 0);
                self.console.popup = None;
            }
            _ => {
                self.line = suggestions.take_common(&self.line);
                self.open_suggestions();
            }
        }
        self.problem = None;
    }

    fn open_suggestions(&mut self) {
        let suggestions = self.suggestions();
        self.console.popup = (!suggestions.items.is_empty()).then_some(Popup { suggestions, active: 0 });
    }

    pub(super) fn move_suggestion(&mut self, direction: Direction) {
        if let Some(popup) = &mut self.console.popup {
            let count = popup.suggestions.items.len();
            popup.active = match direction {
                Direction::Back => (popup.active + count - 1) % count,
                Direction::Forth => (popup.active + 1) % count,
            };
        }
    }

    pub(super) fn pick_suggestion(&mut self, place: usize) {
        if let Some(popup) = self.console.popup.take() {
            self.line = popup.suggestions.take(&self.line, place);
            self.problem = None;
        }
    }

    pub(super) fn close_suggestions(&mut self) {
        self.console.popup = None;
        self.console.dismissed = true;
    }

    /// Shows one of the panels below the timeline.
    pub(super) fn show_panel(&mut self, panel: Panel) {
        self.panel = panel;
        self.panels_folded = false;
    }

    /// What the console shows: how many older entries are left out, and the others.
    pub fn transcript(&self) -> (usize, Vec<Entry>) {
        let Some(run) = &self.run else { return Default::default() };
        let lab = &run.lab;
        run.transcript.entries(lab.trace(), lab.now(), lab.recording(), lab.later_commands())
    }

    /// What `mqadmin` printed for an order.
    pub fn output_of(&self, ordered: EventId) -> Option<ArcStr> {
        let (_, entries) = self.transcript();
        let entry = entries.into_iter().find(|entry| entry.key == EntryKey::Command(ordered))?;
        if let Body::Output(output) = entry.body { Some(output) } else { None }
    }

    /// After an order was carried out: a line for `mqadmin` is waited for while the run stands still.
    pub(super) fn wait_for_answer(&mut self) {
        let Some(run) = &self.run else { return };
        let order = run.lab.trace().iter().rev().find(|event| matches!(event.fact, Fact::Ordered(_)));
        let Some(order) = order.filter(|_| !self.playing) else { return };
        if let Fact::Ordered(command) = &order.fact
            && super::kafka::is_tool(command)
            && let Some(tool) = run.lab.world().newest_node().cloned()
        {
            self.waiting = Some(Waiting { tool, until: order.at + LONGEST_WAIT });
        }
    }

    /// Lets a run that stands still go on until `mqadmin` has answered, some steps a frame.
    pub(super) fn go_on_waiting(&mut self) {
        let (Some(waiting), Some(run)) = (self.waiting.clone(), &mut self.run) else { return };
        for _step in 0..EVENTS_PER_FRAME {
            let before = run.lab.trace().len();
            let is_over = run.lab.run_at_most(waiting.until, 1);
            let is_ours = |event: &TraceEvent| event.node.as_ref() == Some(&waiting.tool);
            let mut fresh = run.lab.trace()[before..].iter();
            let is_answered =
                fresh.any(|event| super::kafka::output_of(&event.fact).is_some() && is_ours(event));
            if is_over && !is_answered {
                self.notice = Some(Notice::StillWaiting(LONGEST_WAIT));
            }
            if is_over || is_answered {
                self.waiting = None;
                break;
            }
        }
        self.follow();
        self.after_run();
    }
}

#[cfg(test)]
mod tests;
