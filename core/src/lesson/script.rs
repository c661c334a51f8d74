//! Commands with pauses, as solutions are written.
//!
//! A line is a command of [the notation](crate::command), or `run 30s`, which lets that much time pass; `#` begins a
//! comment. Unlike a [`Recording`](crate::recording::Recording) a script begins whenever it is played.

use std::str::FromStr;

use crate::command::Command;
use crate::time::Duration;

/// One line of a script.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// A command.
    Do(Command),
    /// Nothing, for so long.
    Run(Duration),
}

/// Commands and pauses in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// The lines.
    pub lines: Vec<Line>,
}

impl Script {
    /// Its commands as people type them.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.lines.iter().filter_map(|line| match line {
            Line::Do(command) => Some(command),
            Line::Run(_) => None,
        })
    }
}

/// A line that is none: its number, counted from 0, and what is wrong.
pub(super) type BadLine = (usize, String);

impl FromStr for Script {
    type Err = BadLine;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut lines = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let read = match line.strip_prefix("run ") {
                Some(span) => span.trim().parse().map(Line::Run).map_err(|why| format!("run: {why}")),
                None => {
                    line.parse().map(Line::Do).map_err(|why: crate::command::CommandError| why.to_string())
                }
            };
            lines.push(read.map_err(|why| (number, why))?);
        }
        Ok(Self { lines })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_holds_commands_and_pauses() {
        let script: Script = "kill broker-a\n\n# wait\nrun 30s\n".parse().unwrap();
        assert_eq!(script.lines.len(), 2);
        assert_eq!(script.lines[1], Line::Run(Duration::from_secs(30)));
        assert_eq!(script.commands().count(), 1);
    }

    #[test]
    fn a_mistake_names_its_line() {
        let (line, what) = "kill broker-a\nrun soon".parse::<Script>().unwrap_err();
        assert_eq!(line, 1);
        assert!(what.contains("`soon` is not a time"));
    }
}
