//! What could be typed next.
//!
//! The last word of the line is completed: first to the name of a command, then to its options, as its usage text
//! lists them, then to names that exist in the cluster. What is wanted behind an option follows from its long name.

use lab_core::command::VERBS;
use lab_core::config::Profile;
use lab_core::gather::Arrange as _;
use lab_core::mqadmin;

use super::names::{NameKind, Names};
use super::reading::is_mqadmin_command;
use crate::text::verbs;

/// Something that could stand in the place of the last word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The word.
    pub text: String,
    /// What it is.
    pub note: Note,
}

/// What a suggestion is; put into words by [`text`](crate::text).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The word `mqadmin`.
    Tool,
    /// The word `help`.
    Help,
    /// A command of `mqadmin`, with RocketMQ's sentence about it.
    Mqadmin(&'static str),
    /// A verb of the lab's notation.
    Verb(&'static str),
    /// An option, with RocketMQ's sentence about it.
    Option(String),
    /// An option of the lab's notation.
    Key,
    /// A name that exists.
    Name(NameKind),
}

/// Everything that could stand in the place of the last word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestions {
    /// Where that word begins, in bytes.
    pub from: usize,
    /// The suggestions, at least one when the list is shown.
    pub items: Vec<Suggestion>,
}

impl Suggestions {
    /// The line with a suggestion taken.
    pub fn take(&self, line: &str, place: usize) -> String {
        let Some(item) = self.items.get(place) else { return line.to_owned() };
        let end = if item.text.ends_with('=') { "" } else { " " };
        format!("{}{}{end}", &line[..self.from], item.text)
    }

    /// The line with everything typed that all suggestions begin with.
    pub fn take_common(&self, line: &str) -> String {
        let typed = &line[self.from..];
        let mut common = self.items.first().map_or("", |item| item.text.as_str());
        for item in &self.items {
            let same = common.char_indices().zip(item.text.chars()).find(|((_, a), b)| a != b);
            let end = same.map_or(common.len().min(item.text.len()), |((at, _), _)| at);
            common = &common[..end];
        }
        let longer = common.len() > typed.len() && common.to_lowercase().starts_with(&typed.to_lowercase());
        format!("{}{}", &line[..self.from], if longer { common } else { typed })
    }
}

/// What could stand in the place of the last word of a line.
pub fn suggest(line: &str, names: &Names) -> Suggestions {
    let from = line
        .rfind(char::is_whitespace)
        .map_or(0, |at| at + line[at..].chars().next().map_or(1, char::len_utf8));
    let mut before: Vec<&str> = line[..from].split_whitespace().collect();
    let is_tool = before.first() == Some(&"mqadmin");
    if is_tool {
        before.remove(0);
    }
    let (mut from, mut typed) = (from, &line[from..]);
    let mut all = match before.first() {
        None => commands(!is_tool, names.profile()),
        Some(&"help") => commands(true, names.profile()),
        Some(name) if is_mqadmin_command(name) => after_mqadmin(name, &before[1..], typed, names),
        Some(verb) if !is_tool && VERBS.contains(verb) => {
            if let Some((key, value)) = typed.split_once('=') {
                from += key.len() + 1;
                typed = value;
                values(kind_of_key(key), names)
            } else {
                after_verb(verb, &before[1..], names)
            }
        }
        Some(_) => Vec::new(),
    };
    let wanted = typed.to_lowercase();
    let begins = |item: &Suggestion| item.text.to_lowercase().starts_with(&wanted);
    if all.iter().any(begins) {
        all.retain(begins);
    } else {
        all.retain(|item| item.text.to_lowercase().contains(&wanted));
    }
    all.retain(|item| item.text != typed);
    Suggestions { from, items: all }
}

fn commands(with_verbs: bool, profile: Profile) -> Vec<Suggestion> {
    let known = mqadmin::known_commands(profile);
    let tool =
        known.iter().map(|it| Suggestion { text: it.name.to_owned(), note: Note::Mqadmin(it.description) });
    let mut all: Vec<Suggestion> = tool.collect();
    all.arrange_by(|a, b| a.text.cmp(&b.text));
    if with_verbs {
        let words = [("mqadmin", Note::Tool), ("help", Note::Help)];
        all.extend(words.map(|(text, note)| Suggestion { text: text.to_owned(), note }));
        all.extend(VERBS.iter().map(|verb| Suggestion { text: (*verb).to_owned(), note: Note::Verb(verb) }));
    }
    all
}

/// An option of a command of `mqadmin`, read from its usage text.
struct UsageOption {
    short: String,
    long: String,
    about: String,
}

/// The options in a usage text: lines that begin with a dash, with the lines that go on below them.
fn options_of(profile: Profile, name: &str) -> Vec<UsageOption> {
    let mut options: Vec<UsageOption> = Vec::new();
    for line in mqadmin::usage_of(profile, name).unwrap_or_default().lines() {
        let text = line.trim();
        if !text.starts_with('-') {
            if let Some(last) = options.last_mut().filter(|_| line.starts_with(' ')) {
                last.about = format!("{} {text}", last.about).trim().to_owned();
            }
            continue;
        }
        let (flags, about) = text.split_once("  ").unwrap_or((text, ""));
        let flags = flags.split_whitespace().next().unwrap_or_default();
        let (short, long) = flags.split_once(',').unwrap_or((flags, ""));
        let (short, long) = (short.to_owned(), long.trim_start_matches('-').to_owned());
        options.push(UsageOption { short, long, about: about.trim().to_owned() });
    }
    options
}

fn after_mqadmin(name: &str, given: &[&str], typed: &str, names: &Names) -> Vec<Suggestion> {
    let options = options_of(names.profile(), name);
    let is = |option: &UsageOption, word: &str| {
        word == option.short || word.strip_prefix("--").is_some_and(|long| long == option.long)
    };
    if !typed.starts_with('-')
        && let Some(option) = given.last().and_then(|word| options.iter().find(|option| is(option, word)))
        && let Some(kind) = kind_of_option(name, &option.long)
    {
        return values(Some(kind), names);
    }
    let fresh = options.into_iter().filter(|option| !given.iter().any(|word| is(option, word)));
    fresh
        .map(|option| {
            let text = if typed.starts_with("--") { format!("--{}", option.long) } else { option.short };
            Suggestion { text, note: Note::Option(option.about) }
        })
        .collect()
}

fn after_verb(verb: &str, given: &[&str], names: &Names) -> Vec<Suggestion> {
    let positional = given.iter().filter(|word| !word.contains('=')).count();
    let kind = match (verb, positional) {
        ("topic", 0) => Some(NameKind::Topic),
        // The name of something that is yet to be made.
        ("name-server" | "broker" | "producer" | "consumer", 0) => None,
        ("send" | "produce" | "pin", 1) => Some(NameKind::Topic),
        ("cut" | "heal" | "hold" | "release" | "link", 1) => Some(NameKind::Node),
        (_, 0) => Some(NameKind::Node),
        _ => None,
    };
    let mut all = values(kind, names);
    if positional > 0 || all.is_empty() {
        let keys = verbs::keys_of(verb).filter(|key| !given.iter().any(|word| word.starts_with(key)));
        all.extend(keys.map(|key| Suggestion { text: key.to_owned(), note: Note::Key }));
        if verb == "set" {
            let settings = names.iter(NameKind::Setting).map(|name| format!("{name}="));
            all.extend(settings.map(|text| Suggestion { text, note: Note::Name(NameKind::Setting) }));
        }
    }
    all
}

fn values(kind: Option<NameKind>, names: &Names) -> Vec<Suggestion> {
    let Some(kind) = kind else { return Vec::new() };
    names.iter(kind).map(|name| Suggestion { text: name.to_owned(), note: Note::Name(kind) }).collect()
}

/// What stands behind an option of `mqadmin`, by its long name: `consumerGroup`, `brokerAddr`, `namesrvAddr`, …
fn kind_of_option(command: &str, long: &str) -> Option<NameKind> {
    // Elsewhere a key is that of a message.
    if (command, long) == ("updateBrokerConfig", "key") {
        return Some(NameKind::Setting);
    }
    let long = long.to_lowercase();
    let kinds = [
        ("namesrv", NameKind::NameServerAddress),
        ("brokername", NameKind::BrokerName),
        ("broker", NameKind::BrokerAddress),
        ("cluster", NameKind::Cluster),
        ("topic", NameKind::Topic),
        ("group", NameKind::Group),
    ];
    kinds.into_iter().find(|(part, _)| long.contains(part)).map(|(_, kind)| kind)
}

/// What stands behind an option of the lab's notation.
fn kind_of_key(key: &str) -> Option<NameKind> {
    match key {
        "topic" => Some(NameKind::Topic),
        "group" => Some(NameKind::Group),
        "name" => Some(NameKind::BrokerName),
        "cluster" => Some(NameKind::Cluster),
        "broker" | "name-servers" => Some(NameKind::Node),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use lab_core::config::Profile;
    use lab_core::lab::Lab;
    use lab_core::time::Instant;

    use super::*;
    use crate::labs::LabId;

    fn texts(line: &str) -> Vec<String> {
        suggest(line, &names()).items.into_iter().map(|item| item.text).collect()
    }

    fn names() -> Names {
        let recording = LabId::Failover.recording(Profile::V5).parse().expect("a ready lab is a recording");
        let mut lab = Lab::new(recording);
        lab.run_until(Instant::from_millis(3_000));
        Names::of(&lab.view(1))
    }

    #[test]
    fn the_first_word_is_a_command() {
        assert_eq!(texts("topicR"), ["topicRoute"]);
        assert_eq!(texts("mqadmin topicr"), ["topicRoute"], "whatever the case");
        assert_eq!(texts("fre"), ["freeze"]);
        assert_eq!(texts("mq"), ["mqadmin"]);
        assert!(texts("mqadmin fre").is_empty(), "the tool has no such command");
        assert!(texts("Route").contains(&"topicRoute".to_owned()), "the middle of a name will do");
    }

    #[test]
    fn options_come_from_the_usage_text_and_values_from_the_cluster() {
        let options = texts("topicRoute ");
        assert!(["-h", "-n", "-t"].iter().all(|it| options.iter().any(|other| other == it)), "{options:?}");
        assert!(!texts("topicRoute -t Orders ").contains(&"-t".to_owned()), "once is enough");
        assert!(texts("topicRoute --to").contains(&"--topic".to_owned()));
        assert!(texts("topicRoute -t Or").contains(&"Orders".to_owned()));
        let servers = texts("topicRoute -n ");
        assert!(servers.iter().any(|it| it.starts_with('\'') && it.contains(';')), "{servers:?}");
    }

    #[test]
    fn the_notation_is_completed_too() {
        assert_eq!(texts("kill broker-a-"), ["broker-a-1"]);
        assert!(texts("send order-producer O").contains(&"Orders".to_owned()));
        assert!(texts("send order-producer Orders c").contains(&"count=".to_owned()));
        assert!(texts("consumer c9 group=order").contains(&"order-cg".to_owned()));
        assert!(texts("set broker-a slaveRead").contains(&"slaveReadEnable=".to_owned()));
    }

    #[test]
    fn taking_a_suggestion_keeps_the_rest_of_the_line() {
        let names = names();
        let line = "kill broker-a-";
        assert_eq!(suggest(line, &names).take(line, 0), "kill broker-a-1 ");
        let line = "consumer c9 group=order-c";
        assert_eq!(suggest(line, &names).take(line, 0), "consumer c9 group=order-cg ");
        let line = "kill bro";
        assert_eq!(suggest(line, &names).take_common(line), "kill broker-");
        let line = "消费 群";
        assert!(suggest(line, &names).items.is_empty(), "any text may be typed");
    }

    #[test]
    fn lines_of_a_usage_text_that_go_on_are_joined() {
        for option in options_of(Profile::V5, "topicRoute") {
            assert!(option.short.starts_with('-') && !option.about.contains("  "), "{}", option.about);
        }
    }
}
