//! Which rules of the fidelity list stand beside what the page shows.

use lab_core::fidelity::{Rule, for_fact, for_mqadmin, for_state};

/// What the rules are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RulesOf {
    /// A kind of events.
    Fact(&'static str),
    /// A part of the inspector, of [`lab_core::fidelity::STATES`].
    State(&'static str),
    /// A command of `mqadmin`.
    Mqadmin(String),
}

impl RulesOf {
    /// What is shown beside the output of a line of the console; `None` when it is no line for `mqadmin`.
    pub fn line(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("mqadmin") => words.next().map(|command| Self::Mqadmin(command.to_owned())),
            _ => None,
        }
    }

    /// The kind, part or command.
    pub fn word(&self) -> &str {
        match self {
            Self::Fact(word) | Self::State(word) => word,
            Self::Mqadmin(word) => word,
        }
    }

    /// The ids of the rules, in the order of the list.
    pub fn rules(&self) -> Vec<&'static str> {
        let id = |rule: &'static Rule| rule.id;
        match self {
            Self::Fact(kind) => for_fact(kind).map(id).collect(),
            Self::State(word) => for_state(word).map(id).collect(),
            Self::Mqadmin(command) => for_mqadmin(command).map(id).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_tool_names_its_command() {
        let of = RulesOf::line("mqadmin topicRoute -t Orders").expect("a line for the tool");
        assert_eq!(of.word(), "topicRoute");
        assert!(!of.rules().is_empty());
        assert_eq!(RulesOf::line("kill broker-a"), None);
        assert!(RulesOf::Mqadmin("noSuchCommand".to_owned()).rules().is_empty());
    }
}
