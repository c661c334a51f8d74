//! What a typed line means.
//!
//! The console takes the lab's notation, lines for `mqadmin`, and, as in a shell next to the tool, the bare name of a
//! command of `mqadmin`. How people start the tool (`sh bin/mqadmin …`) is no part of the line.

use lab_core::command::{Command, CommandError, VERBS};
use lab_core::config::Profile;
use lab_core::mqadmin;
use lab_core::time::Duration;

/// The longest stretch that one line lets pass.
const LONGEST_RUN: Duration = Duration::from_secs(86_400);

/// What a typed line asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Typed {
    /// To carry a command out.
    Order(Command),
    /// To explain something.
    Help(Topic),
    /// To let so much virtual time pass, as fast as it can be played.
    Run(Duration),
}

/// What can be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Everything that there is, in one line each.
    Everything,
    /// A command of `mqadmin`.
    Mqadmin(String),
    /// A verb of the lab's notation.
    Verb(&'static str),
}

impl Topic {
    /// What a word names; everything for a word that names nothing.
    fn of(word: &str) -> Self {
        if let Some(verb) = VERBS.iter().find(|verb| **verb == word) {
            return Self::Verb(verb);
        }
        if is_mqadmin_command(word) { Self::Mqadmin(word.to_owned()) } else { Self::Everything }
    }
}

/// Reads a line.
///
/// # Errors
/// What is wrong with it.
pub fn read(line: &str) -> Result<Typed, CommandError> {
    let line = without_shell(line.trim());
    let (first, rest) = split_first(line);
    match first {
        "help" | "?" => Ok(Typed::Help(Topic::of(split_first(rest).0))),
        "run" => match rest.parse::<Duration>() {
            Ok(span) if span <= LONGEST_RUN => Ok(Typed::Run(span)),
            Ok(_) => Err(CommandError::Syntax(format!("run: at most {LONGEST_RUN} at once"))),
            Err(why) => Err(CommandError::Syntax(format!("run: {why}"))),
        },
        "mqadmin" if rest.is_empty() => Ok(Typed::Help(Topic::Everything)),
        "mqadmin" => match split_first(rest) {
            ("help", about) => Ok(Typed::Help(Topic::of(split_first(about).0))),
            _ => line.parse().map(Typed::Order),
        },
        verb if VERBS.contains(&verb) && matches!(rest, "-h" | "--help") => Ok(Typed::Help(Topic::of(verb))),
        name if is_mqadmin_command(name) => format!("mqadmin {line}").parse().map(Typed::Order),
        _ => line.parse().map(Typed::Order),
    }
}

/// Whether the lab's `mqadmin` of either version has a command of this name.
pub fn is_mqadmin_command(name: &str) -> bool {
    let knows = |profile| mqadmin::known_commands(profile).iter().any(|command| command.name == name);
    knows(Profile::V5) || knows(Profile::V4)
}

/// The line without what stands before the word `mqadmin` at a shell: `sh /opt/rocketmq/bin/mqadmin` is `mqadmin`.
fn without_shell(line: &str) -> &str {
    let (first, rest) = split_first(line);
    let tail = if matches!(first, "$" | "sh" | "bash") { rest } else { line };
    let (program, _) = split_first(tail);
    match program.rsplit_once('/') {
        Some((folder, "mqadmin")) => &tail[folder.len() + 1..],
        _ if tail.len() < line.len() && program != "mqadmin" => line,
        _ => tail,
    }
}

/// The first word and the rest behind the blanks.
fn split_first(line: &str) -> (&str, &str) {
    let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    (first, rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(line: &str) -> String {
        match read(line) {
            Ok(Typed::Order(command)) => command.to_string(),
            other => panic!("{line} is {other:?}"),
        }
    }

    #[test]
    fn the_tool_is_started_in_every_way_in_which_people_start_it() {
        for line in [
            "topicRoute -t Orders",
            "mqadmin topicRoute -t Orders",
            "  mqadmin   topicRoute -t Orders ",
            "sh mqadmin topicRoute -t Orders",
            "sh bin/mqadmin topicRoute -t Orders",
            "$ ./mqadmin topicRoute -t Orders",
            "/opt/rocketmq/bin/mqadmin topicRoute -t Orders",
        ] {
            assert_eq!(ordered(line), "mqadmin topicRoute -t Orders", "{line}");
        }
    }

    #[test]
    fn the_notation_stays_what_it_is() {
        assert_eq!(ordered(" kill broker-a "), "kill broker-a");
        assert!(read("sh").is_err() && read("").is_err() && read("explode").is_err());
    }

    #[test]
    fn help_finds_verbs_and_commands() {
        let cases = [
            ("help", Topic::Everything),
            ("?", Topic::Everything),
            ("mqadmin", Topic::Everything),
            ("help nonsense", Topic::Everything),
            ("help kill", Topic::Verb("kill")),
            ("kill -h", Topic::Verb("kill")),
            ("help topicRoute", Topic::Mqadmin("topicRoute".to_owned())),
            ("mqadmin help topicRoute", Topic::Mqadmin("topicRoute".to_owned())),
        ];
        for (line, topic) in cases {
            assert_eq!(read(line), Ok(Typed::Help(topic)), "{line}");
        }
        assert_eq!(ordered("topicRoute -h"), "mqadmin topicRoute -h", "the tool answers for itself");
    }
}
