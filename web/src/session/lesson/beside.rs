//! The second run of a lesson that compares two: the same orders on the same clock.

use std::rc::Rc;

use lab_core::command::Command;
use lab_core::lab::Lab;
use lab_core::lesson::opened;
use lab_core::recording::Recording;
use lab_core::time::Instant;

use crate::geometry::flying::Flying;
use crate::geometry::size;
use crate::session::Shown;
use crate::session::scan::Scan;

/// The run beside, with what is drawn of it.
pub struct BesideRun {
    pub(crate) lab: Lab,
    scan: Scan,
    pub(crate) shown: Rc<Shown>,
    pub(crate) flying: Flying,
    /// Orders that it could not carry out, though the first run could.
    pub(crate) refused: Option<String>,
}

impl BesideRun {
    /// The run, brought to the moment of the first one with the orders that were given there.
    pub(super) fn new(recording: Recording, first: &Lab) -> Self {
        let mut lab = opened(recording);
        let own = first.recording().commands.iter().skip_while(|(at, _)| *at < lab.now());
        let own: Vec<(Instant, Command)> = own.cloned().collect();
        for (at, command) in own {
            lab.run_until(at);
            // What this run refuses it refused then too.
            let _ = lab.issue(command);
        }
        lab.run_until(first.now());
        Self { lab, scan: Scan::default(), shown: Rc::default(), flying: Flying::default(), refused: None }
    }

    /// Carries out what was ordered in the first run, at its moment.
    pub(in crate::session) fn order(&mut self, command: &Command, now: Instant) {
        self.lab.go_to(now);
        self.scan.cut(self.lab.trace().len());
        self.refused = self.lab.issue(command.clone()).err().map(|error| error.to_string());
    }

    /// Goes to the moment of the first run.
    pub(super) fn follow(&mut self, now: Instant) {
        if self.lab.now() != now {
            self.lab.go_to(now);
        }
    }

    /// Reads the view anew.
    pub(crate) fn refresh(&mut self, version: u64, stage: (f64, f64), calm: bool) {
        let fresh = self.scan.take_in(self.lab.trace());
        self.scan.forget_announcements();
        if !calm {
            for event in &self.lab.trace()[fresh..] {
                self.flying.add(event, &self.shown.layout, &self.scan.tags);
            }
        }
        let view = self.lab.view(size::WINDOW);
        let shown = Shown::of(version, view, &self.lab, &self.scan, crate::labs::LabId::Lesson, stage);
        if shown.layout != self.shown.layout {
            self.flying.relayout(&shown.layout);
        }
        self.flying.reconcile(&shown.view);
        self.shown = Rc::new(shown);
    }
}
