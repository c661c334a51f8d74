//! Carries a scenario's commands out and prints what they leave.

use std::str::FromStr;

use lab_core::command::Command;
use lab_core::fact::TraceEvent;
use lab_core::lab::Lab;
use lab_core::time::Duration;

/// Facts that show how the software does what it does, printed only when asked for.
const PLUMBING: &[&str] = &[
    "connect-timed-out",
    "connected",
    "connection-lost",
    "connection-refused",
    "dledger-committed",
    "ha-reported",
    "ha-transferred",
    "request-sent",
    "response-sent",
    "timer-fired",
];

/// A scenario on its way.
#[derive(Default)]
pub(super) struct Runner {
    lab: Option<Lab>,
    /// Length of the trace that was looked through.
    seen: usize,
    /// Kinds to print; `None` for all that are no plumbing.
    kinds: Option<Vec<String>>,
    hidden: Vec<String>,
    /// Nodes to print; empty for all.
    nodes: Vec<String>,
    is_silent: bool,
    printed: String,
}

impl Runner {
    /// Carries one line out.
    pub(super) fn carry_out(&mut self, line: &str) -> Result<(), String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (verb, rest) = words.split_first().ok_or("the line is blank")?;
        let list = |key| option(rest, key).map(|text| text.split(',').map(str::to_owned).collect::<Vec<_>>());
        match *verb {
            "lab" => self.lab = Some(Lab::new(read(line)?)),
            "cluster" => self.build(rest)?,
            "show" => {
                (self.is_silent, self.hidden) = (false, Vec::new());
                (self.kinds, self.nodes) = (list("kinds"), list("node").unwrap_or_default());
            }
            "hide" => match list("kinds") {
                Some(kinds) => self.hidden.extend(kinds),
                None => self.is_silent = true,
            },
            "run" => {
                let span: Duration = read(rest.first().ok_or("how long?")?)?;
                let lab = self.lab()?;
                lab.run_until(lab.now() + span);
            }
            "run-until" => {
                let (kind, limit) =
                    (*rest.first().ok_or("until what?")?, option(rest, "limit").unwrap_or("60s"));
                let (lab, limit) = (self.lab()?, read::<Duration>(limit)?);
                let until = lab.now() + limit;
                let found = lab.run_until_fact(until, |event| event.fact.kind() == kind);
                found.ok_or_else(|| format!("nothing of that kind within {limit}"))?;
            }
            "!" => match self.issue(&rest.join(" ")) {
                Ok(()) => return Err("the lab does not refuse it".to_owned()),
                Err(why) => self.printed += &format!("! {why}\n"),
            },
            // The tool is waited for, as in a shell.
            "mqadmin" => {
                let line = line.trim_start().trim_start_matches("mqadmin").trim();
                let answered = self.lab()?.mqadmin(line).map_err(|why| why.to_string())?;
                answered.ok_or("mqadmin is still at work after a minute")?;
            }
            _ => self.issue(line)?,
        }
        self.print();
        Ok(())
    }

    /// What was printed since this was last asked.
    pub(super) fn take_printed(&mut self) -> String {
        std::mem::take(&mut self.printed)
    }

    fn lab(&mut self) -> Result<&mut Lab, String> {
        self.lab.as_mut().ok_or_else(|| "begin with `lab` or `cluster`".to_owned())
    }

    fn issue(&mut self, line: &str) -> Result<(), String> {
        let command: Command = read(line)?;
        self.lab()?.issue(command).map_err(|why| why.to_string())
    }

    fn build(&mut self, options: &[&str]) -> Result<(), String> {
        let count = |key, usual| option(options, key).map_or(Ok(usual), read::<u8>);
        let (servers, brokers, slaves) =
            (count("name-servers", 1)?, count("brokers", 1)?, count("slaves", 0)?);
        let ours = ["name-servers=", "brokers=", "slaves="];
        let setup = options.iter().filter(|word| !ours.iter().any(|key| word.starts_with(key)));
        self.carry_out(&setup.fold("lab".to_owned(), |line, word| line + " " + *word))?;
        for i in 0..servers {
            self.issue(&format!("name-server nsrv-{i}"))?;
        }
        for letter in ('a'..='z').take(brokers.into()) {
            self.issue(&format!("broker broker-{letter}"))?;
            for id in 1..=slaves {
                self.issue(&format!("broker broker-{letter}-{id} name=broker-{letter} id={id}"))?;
            }
        }
        Ok(())
    }

    /// Prints what was noted since the last time, so far as it is to be shown.
    fn print(&mut self) {
        let trace = self.lab.as_ref().map_or(&[][..], Lab::trace);
        let news = trace.get(self.seen..).unwrap_or_default().iter().filter(|event| self.is_shown(event));
        let lines: String = news.map(|event| format!("{event}\n")).collect();
        self.seen = trace.len();
        self.printed += &lines;
    }

    fn is_shown(&self, event: &TraceEvent) -> bool {
        let kind = event.fact.kind();
        let node = event.node.as_ref().map_or("lab", |node| node.as_str());
        let is_wanted = match &self.kinds {
            Some(kinds) => kinds.iter().any(|other| other == kind),
            None => !PLUMBING.contains(&kind),
        };
        let is_hidden = self.is_silent || self.hidden.iter().any(|other| other == kind);
        is_wanted && !is_hidden && (self.nodes.is_empty() || self.nodes.iter().any(|other| other == node))
    }
}

/// The value of `key=value` among some words.
fn option<'a>(words: &[&'a str], key: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
}

fn read<T: FromStr>(text: &str) -> Result<T, String>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|why: T::Err| why.to_string())
}
