//! "Show me": the solution of a step, played command by command from the step's beginning.

use lab_core::command::Command;
use lab_core::lesson::{Line, Script, Task};
use lab_core::time::Instant;

use crate::playback::EVENTS_PER_FRAME;
use crate::session::Session;
use crate::session::msg::Panel;

/// Real milliseconds between two commands, so that one can read each.
const PAUSE_MS: u32 = 900;
/// Real milliseconds that a stretch of waiting is played in, however long it is; a short one runs at real speed.
const STRETCH_MS: u64 = 2_500;

/// A solution under way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Playing {
    script: Script,
    place: usize,
    /// While time passes: until when, and virtual milliseconds for each real one.
    stretch: Option<(Instant, u64)>,
    /// Real milliseconds until the next line.
    pause_ms: u32,
}

impl Playing {
    /// The line that was carried out last, and how many there are.
    pub(crate) fn progress(&self) -> (usize, usize) {
        (self.place, self.script.lines.len())
    }
}

impl Session {
    /// Begins to play the solution of the step that is looked at.
    pub(super) fn play_solution(&mut self) {
        let Some(lesson) = self.lesson() else { return };
        let Task::Do { solution, .. } = &lesson.player.step().task else { return };
        let script = solution.clone();
        self.update_lesson(crate::session::msg::LessonMsg::ResetStep);
        self.with_lesson(|lesson| {
            lesson.player.note_shown();
            lesson.playing = Some(Playing { script, place: 0, stretch: None, pause_ms: 0 });
        });
        self.show_panel(Panel::Console);
        self.remember_lesson();
    }

    /// Plays on for so many real milliseconds.
    pub(in crate::session) fn play_on(&mut self, elapsed_ms: u32) {
        let Some(mut playing) = self.lesson_mut().and_then(|lesson| lesson.playing.take()) else { return };
        if let Some((target, speed)) = playing.stretch {
            let now = self.now();
            let next = now + lab_core::time::Duration::from_millis(u64::from(elapsed_ms) * speed);
            self.pass_time(next.min(target), EVENTS_PER_FRAME);
            self.after_run();
            if self.now() >= target {
                playing.stretch = None;
                playing.pause_ms = PAUSE_MS / 2;
            }
        } else if playing.pause_ms > elapsed_ms {
            playing.pause_ms -= elapsed_ms;
        } else {
            match playing.script.lines.get(playing.place).cloned() {
                None => return,
                Some(Line::Do(command)) => self.play_command(command),
                Some(Line::Run(span)) => {
                    let speed = (span.as_millis() / STRETCH_MS).max(1);
                    playing.stretch = Some((self.now() + span, speed));
                }
            }
            playing.place += 1;
            playing.pause_ms = PAUSE_MS;
        }
        if let Some(lesson) = self.lesson_mut() {
            lesson.playing = Some(playing);
        }
    }

    fn play_command(&mut self, command: Command) {
        self.issue(command);
        // What follows in the script says how long to wait.
        self.waiting = None;
    }
}
