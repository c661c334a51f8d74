//! A lesson told with the run of its solution: what its author wants to see while writing.

use std::fmt::Write;
use std::sync::Arc;

use super::check::{Play, Way};
use super::language::Expression;
use super::player::{Outcome, values_at};
use super::prose::{Block, Inline};
use super::{Lesson, Task};
use crate::config::Profile;
use crate::id::EventId;

/// Plays the solution in a version and tells when each goal is reached, what each prediction comes to, with `say` (`zh`,
/// `en`) the texts with their values, and the values of `asked` at the end.
pub fn retell(lesson: &Arc<Lesson>, profile: Profile, say: Option<&str>, asked: &[String]) -> String {
    let mut play = Play::new(lesson, profile);
    play.whole(&Way::Solution);
    let mut text = String::new();
    // Writing to a String never fails.
    let _ = writeln!(text, "opens at {}, ends at {}", play.opens_at(), play.lab.now());
    for step in &lesson.steps {
        match &step.task {
            Task::Predict { .. } => {
                let happened = play.player.prediction(step).and_then(|it| it.happened.as_ref());
                let happened = match happened {
                    Some(Outcome::Answer(id)) => id.as_str(),
                    Some(Outcome::None) => "none of the answers",
                    None => "not explained",
                };
                let _ = writeln!(text, "{}: {happened} holds", step.id);
            }
            Task::Do { goals, .. } => {
                for goal in goals {
                    let at = play.player.reached(step, goal).map_or("never".to_owned(), |at| at.to_string());
                    let _ = writeln!(text, "{}: {} at {at}", step.id, goal.id);
                }
            }
            Task::Explain { rows } => {
                let found = values_at(
                    rows.iter().map(|row| &row.value),
                    &play.lab,
                    play.beside.as_ref(),
                    play.player.begin().at,
                );
                let others = play.beside.as_ref().map(|beside| {
                    values_at(rows.iter().map(|row| &row.value), beside, None, play.player.begin().at)
                });
                for (place, row) in rows.iter().enumerate() {
                    let other = others.as_ref().map_or(String::new(), |it| it[place].to_string());
                    let _ = writeln!(text, "{}: {} = {} | {other}", step.id, row.id, found[place]);
                }
            }
        }
    }
    if let Some(lang) = say {
        let prose = if lang == "zh" { &lesson.zh } else { &lesson.en };
        for (path, _) in prose.paths() {
            let _ = writeln!(text, "\n--- {path}");
            play.say(prose.text(path), &mut text);
        }
    }
    for question in asked {
        let answer = match question.parse::<Expression>() {
            Ok(expression) => play.values(&[&expression])[0].to_string(),
            Err(error) => error.to_string(),
        };
        let _ = writeln!(text, "{question}\n    {answer}");
    }
    text
}

impl Play {
    fn values(&self, expressions: &[&Expression]) -> Vec<super::language::Value<'static>> {
        let begin = self.player.begin().at;
        values_at(expressions.iter().copied(), &self.lab, self.beside.as_ref(), begin)
    }

    fn say(&self, blocks: &[Block], text: &mut String) {
        for block in blocks {
            match block {
                Block::Paragraph(inlines) => {
                    self.say_inlines(inlines, text);
                    text.push('\n');
                }
                Block::List { items, .. } => {
                    for item in items {
                        text.push_str("- ");
                        self.say(item, text);
                    }
                }
                Block::Quote(inner) => {
                    text.push_str("> ");
                    self.say(inner, text);
                }
                Block::Code(code) => {
                    let _ = writeln!(text, "{code}");
                }
                Block::Fact(expression) => {
                    let number = self.values(&[expression])[0].to_string();
                    let id = number.parse().ok().and_then(EventId::nth);
                    for event in id.map(|id| self.lab.causes(id)).unwrap_or_default() {
                        let _ = writeln!(text, "    {event}");
                    }
                }
                Block::Mqadmin(line) => {
                    let output = self.lab.clone().mqadmin(line).ok().flatten().unwrap_or_default();
                    let _ = writeln!(text, "$ mqadmin {line}\n{output}");
                }
            }
        }
    }

    fn say_inlines(&self, inlines: &[Inline], text: &mut String) {
        for inline in inlines {
            match inline {
                Inline::Text(words) => text.push_str(words),
                Inline::Code(inner)
                | Inline::Strong(inner)
                | Inline::Emphasis(inner)
                | Inline::Link { text: inner, .. } => {
                    self.say_inlines(inner, text);
                }
                Inline::Value(expression) => {
                    let _ = write!(text, "[{}]", self.values(&[expression])[0]);
                }
            }
        }
    }

    pub(super) fn opens_at(&self) -> crate::time::Instant {
        let first = self.player.lesson().steps.first();
        let begin = first.and_then(|step| self.player.progress().begins.get(&*step.id));
        begin.map(|begin| begin.at).unwrap_or_default()
    }
}
