//! Giving commands: from menus and forms; the command line is in [`console`](super::console).

use lab_core::command::Command;
use lab_core::id::NodeId;

use super::actions::{Action, candidates};
use super::forms::{Form, FormKind};
use super::msg::{Dialog, Notice};
use super::on_real_cluster::mqadmin_lines;
use super::{Run, Session};

impl Session {
    /// Gives a command, after asking when it would discard later ones.
    pub(super) fn order(&mut self, command: Command) {
        self.menu = None;
        let Some(run) = &self.run else { return };
        if let Err(error) = run.lab.check(&command) {
            self.refuse(command.to_string(), error);
            return;
        }
        match run.lab.later_commands() {
            0 => self.issue(command),
            later => self.dialog = Some(Dialog::Discard { command, later }),
        }
    }

    pub(super) fn confirm(&mut self) {
        match self.dialog.clone() {
            Some(Dialog::Discard { command, .. }) => {
                self.dialog = None;
                self.issue(command);
            }
            Some(Dialog::Leave(to)) => self.leave(to),
            _ => {}
        }
    }

    pub(super) fn open_form(&mut self, kind: &FormKind) {
        self.menu = None;
        if let Some(run) = &self.run {
            let form = Form::new(kind.clone(), &run.shown.view);
            self.dialog = Some(Dialog::Form { form, problem: None });
        }
    }

    pub(super) fn edit_field(&mut self, place: usize, value: String) {
        if let Some(Dialog::Form { form, problem }) = &mut self.dialog
            && let Some(field) = form.fields.get_mut(place)
        {
            field.value = value;
            *problem = None;
        }
    }

    pub(super) fn submit_form(&mut self) {
        let Some(Dialog::Form { form, .. }) = &self.dialog else { return };
        let checked = form.line().parse::<Command>().and_then(|command| {
            let Some(run) = &self.run else { return Ok(command) };
            run.lab.check(&command).map(|()| command)
        });
        match checked {
            Ok(command) => {
                self.dialog = None;
                self.order(command);
            }
            Err(error) => {
                if let Some(Dialog::Form { problem, .. }) = &mut self.dialog {
                    *problem = Some(error);
                }
            }
        }
    }

    /// The lines for `mqadmin` that would do to a real cluster what the open form does to the lab's.
    pub fn form_on_real_cluster(&self) -> Vec<String> {
        let (Some(Dialog::Form { form, .. }), Some(run)) = (&self.dialog, &self.run) else {
            return Vec::new();
        };
        form.line().parse().map(|command| mqadmin_lines(&command, &run.shown.view)).unwrap_or_default()
    }

    /// What can be done to a node just now.
    pub fn actions(&self, node: &NodeId) -> Vec<Action> {
        let Some(run) = &self.run else { return Vec::new() };
        let view = &run.shown.view;
        let running = run.shown.status(node).is_some_and(lab_core::view::NodeStatus::is_running);
        candidates(view, node)
            .into_iter()
            .filter(|action| action.sample(view).map_or(running, |command| self.accepts(&command)))
            .collect()
    }

    pub(super) fn issue(&mut self, command: Command) {
        let Some(run) = &mut self.run else { return };
        let text = command.to_string();
        cut_memory(run);
        match run.lab.issue(command.clone()) {
            Ok(()) => {
                let now = run.lab.now();
                if let Some(beside) = self.beside_mut() {
                    beside.order(&command, now);
                }
                self.problem = None;
                self.notice = Some(Notice::Done(text));
                self.line.clear();
                self.follow();
                self.after_run();
                self.wait_for_answer();
            }
            Err(error) => self.refuse(text, error),
        }
    }
}

/// The run becomes another one here: forgets what was remembered of its future.
fn cut_memory(run: &mut Run) {
    let length = run.lab.trace().len();
    run.scan.cut(length);
    run.events.cut(length);
    run.transcript.cut(length);
}
