//! The fidelity list: every rule of RocketMQ that the lab follows, how that is checked, and what is simplified.
//!
//! The list is one text, `rules.txt`. `FIDELITY.md` is written from it, the page shows an entry beside the facts, states
//! and commands that it explains, and a test holds every check that it names against the tests that there are. So what
//! people are told about the lab has one source, and whoever changes a rule changes its entry.
//!
//! The text consists of blocks with a blank line between them; lines that begin with `#` are comments. A block is a
//! theme (`theme`, `title.en`, `title.zh`) or a rule of the theme above it. Each line is `key: value`:
//!
//! | key | what it says |
//! |---|---|
//! | `id` | the theme and a name, `producer.send-budget`; unique, and kept when the sentence changes |
//! | `rule.en`, `rule.zh` | what the lab does |
//! | `class` | RocketMQ's classes; missing where a rule is about the lab itself |
//! | `behaviour` | where the project's notes on RocketMQ's behaviour tell of it, the same signs as in the sources; there with `class` |
//! | `v4.en`, `v4.zh`, `v5.en`, `v5.zh` | what differs in 4.9.8 and in 5.3.3; only where something does |
//! | `checked` | tests: `vector NAME`, `recording NAME`, `scenario THEME/NAME`, `property NAME` |
//! | `derived.en`, `derived.zh` | in place of a test, or beside one: what the rule is taken from |
//! | `simplified.en`, `simplified.zh` | what the lab does in a simpler way, or leaves out |
//! | `facts` | kinds of facts beside which the entry is shown |
//! | `state` | parts of the inspector beside which it is shown, of [`STATES`] |
//! | `mqadmin` | commands beside whose output it is shown |
//!
//! Lists are separated by commas. Both languages of a text are there or neither.
//!
//! **In RocketMQ**: nothing; this is about the lab.
//!
//! **Left out on purpose**: rules that nobody at the lab can see, such as the layout of headers.
//!
//! **Invariants**: ids are unique; a rule stands under its theme; every rule names at least one check or says what it is
//! taken from. The parser refuses a text in which one of these does not hold.

mod parse;

use std::sync::OnceLock;

/// The text of the list.
const TEXT: &str = include_str!("rules.txt");

/// Words for parts of the inspector that rules can name.
pub const STATES: &[&str] = &[
    "routes",
    "kv-config",
    "topics",
    "offsets",
    "groups",
    "locks",
    "delay",
    "transactions",
    "held-pulls",
    "disk",
    "replication",
    "process-queue",
    "publish-list",
    "fault-list",
    "pop",
    "dledger",
    "registry",
];

/// A text in both languages of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub en: &'static str,
    /// Chinese.
    pub zh: &'static str,
}

/// A group of rules, a chapter of `FIDELITY.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// The first part of the ids of its rules.
    pub word: &'static str,
    /// Its heading.
    pub title: Text,
}

/// How it is known that the lab follows a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Answers of RocketMQ's own classes, `tests/vectors/NAME.json`.
    Vector(&'static str),
    /// A run of a real cluster that the lab repeats, `tests/recordings/VERSION/NAME.json`.
    Recording(&'static str),
    /// A golden run of the lab, `tests/scenarios/THEME/NAME`.
    Scenario(&'static str),
    /// Something that is looked for in random runs, by its name in `tests/src/chaos`.
    Property(&'static str),
    /// No test of its own: what the rule is taken from.
    Derived(Text),
}

/// One rule that the lab follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, `producer.send-budget`.
    pub id: &'static str,
    /// What the lab does.
    pub statement: Text,
    /// RocketMQ's classes in which the rule stands; none when it is about the lab itself.
    pub classes: Vec<&'static str>,
    /// Where the project's notes on RocketMQ's behaviour tell of it, as `§2.6`; `None` when it is about the lab itself.
    pub behaviour: Option<&'static str>,
    /// What 4.9.8 does; `None` where the versions do not differ.
    pub four: Option<Text>,
    /// What 5.3.3 does; `None` where the versions do not differ.
    pub five: Option<Text>,
    /// How it is checked; never empty.
    pub checks: Vec<Check>,
    /// What is simplified or left out; `None` when nothing is.
    pub simplified: Option<Text>,
    /// Kinds of facts, as [`Fact::kind`](crate::fact::Fact::kind) names them, beside which the page shows it.
    pub facts: Vec<&'static str>,
    /// Parts of the inspector, of [`STATES`], beside which the page shows it.
    pub states: Vec<&'static str>,
    /// Commands of `mqadmin` beside whose output the page shows it.
    pub mqadmin: Vec<&'static str>,
}

impl Rule {
    /// The word of the theme that it stands under.
    pub fn theme(&self) -> &'static str {
        self.id.split_once('.').map_or(self.id, |(theme, _)| theme)
    }
}

/// All themes and all rules, in the order of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct List {
    themes: Vec<Theme>,
    rules: Vec<Rule>,
}

fn list() -> &'static List {
    static LIST: OnceLock<List> = OnceLock::new();
    LIST.get_or_init(|| match parse::parse(TEXT) {
        Ok(list) => list,
        // The text is compiled in, and a unit test parses it.
        Err(why) => panic!("rules.txt, {why}"),
    })
}

/// The chapters of the list, in order.
pub fn themes() -> &'static [Theme] {
    &list().themes
}

/// Every rule, those of one theme together.
pub fn rules() -> &'static [Rule] {
    &list().rules
}

/// The rule of that id.
pub fn by_id(id: &str) -> Option<&'static Rule> {
    rules().iter().find(|rule| rule.id == id)
}

/// The rules to show beside facts of a kind.
pub fn for_fact(kind: &str) -> impl Iterator<Item = &'static Rule> {
    rules().iter().filter(move |rule| rule.facts.contains(&kind))
}

/// The rules to show beside a part of the inspector, of [`STATES`].
pub fn for_state(word: &str) -> impl Iterator<Item = &'static Rule> {
    rules().iter().filter(move |rule| rule.states.contains(&word))
}

/// The rules to show beside the output of a command of `mqadmin`.
pub fn for_mqadmin(command: &str) -> impl Iterator<Item = &'static Rule> {
    rules().iter().filter(move |rule| rule.mqadmin.contains(&command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_well_formed() {
        let list = parse::parse(TEXT).unwrap_or_else(|why| panic!("rules.txt, {why}"));
        for theme in &list.themes {
            assert!(list.rules.iter().any(|rule| rule.theme() == theme.word), "{} has no rule", theme.word);
        }
    }

    #[test]
    fn a_rule_is_found_by_what_it_explains() {
        let budget = by_id("producer.send-budget").expect("the best-known rule");
        assert_eq!(budget.theme(), "producer");
        assert!(for_fact("send-failed").any(|rule| rule == budget));
        assert!(for_mqadmin("wipeWritePerm").next().is_some());
        assert!(by_id("producer.no-such-rule").is_none());
    }

    #[test]
    fn every_part_of_the_inspector_has_a_rule() {
        for state in STATES {
            assert!(for_state(state).next().is_some(), "{state}");
        }
    }
}
