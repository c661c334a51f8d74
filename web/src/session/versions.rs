//! The same run under the other version.

use lab_core::config::Profile;
use lab_core::fact::Fact;
use lab_core::id::EventId;
use lab_core::lab::Lab;
use lab_core::time::{Duration, Instant};

use super::msg::Notice;
use super::{Run, Session};
use crate::differences::Difference;

/// Most steps that are made at once to come to the same moment; a longer run stops earlier and can be played on.
const MOST_STEPS: usize = 300_000;

/// The other version.
pub const fn other(profile: Profile) -> Profile {
    match profile {
        Profile::V4 => Profile::V5,
        Profile::V5 => Profile::V4,
    }
}

impl Session {
    /// Begins the run anew under the other version: the same set-up, seed and commands, up to the same moment.
    /// Without a run, the next lab will have the other version.
    pub(super) fn switch_version(&mut self) {
        self.dialog = None;
        let Some(run) = &self.run else {
            self.profile = other(self.profile);
            return;
        };
        if let Some(lesson) = self.lesson() {
            let (lesson, is_own) = (lesson.player.lesson().clone(), lesson.is_own);
            let to = other(run.lab.setup().profile);
            if lesson.profiles.contains(&to) {
                self.profile = to;
                self.start_lesson(lesson, is_own);
                self.notice = Some(Notice::SwitchedToOpening(to));
            } else {
                self.notice = Some(Notice::OneVersion(run.lab.setup().profile));
            }
            return;
        }
        let (id, given) = (run.id, run.given);
        let (now, later) = (run.lab.now(), run.lab.later_commands());
        let mut recording = run.lab.recording().clone();
        recording.setup.profile = other(recording.setup.profile);
        self.profile = recording.setup.profile;
        let Ok(mut lab) = Lab::try_new(recording) else {
            self.open(id);
            self.notice = Some(Notice::SwitchedToOpening(self.profile));
            return;
        };
        lab.run_at_most(now, MOST_STEPS);
        // What was ordered at this very moment comes before everything else of it.
        while lab.later_commands() > later && lab.next_due() == Some(now) {
            lab.run_at_most(now + Duration::from_millis(1), 1);
        }
        let done = lab.recording().commands.len() - lab.later_commands();
        let ordered = lab.trace().iter().filter(|event| matches!(event.fact, Fact::Ordered(_))).count();
        self.close();
        self.run = Some(Run::new(id, given, lab));
        self.after_jump();
        self.notice = Some(Notice::Switched { to: self.profile, passed_over: done.saturating_sub(ordered) });
    }

    /// The differences that the run has shown up to the present, each with the event that showed it first.
    pub fn seen_differences(&self) -> Vec<(Difference, EventId, Instant)> {
        let Some(run) = &self.run else { return Vec::new() };
        let noted = run.lab.trace().len();
        let seen = run.scan.differences.iter().map(|(difference, (id, at))| (*difference, *id, *at));
        seen.filter(|(_, id, _)| id.index() < noted).collect()
    }

    /// Commands of the run that did not come with the lab.
    pub fn own_commands(&self) -> usize {
        self.run.as_ref().map_or(0, |run| run.lab.recording().commands.len().saturating_sub(run.given))
    }
}
