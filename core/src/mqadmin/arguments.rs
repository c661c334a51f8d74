//! The words of a line, and what a command makes of them.
//!
//! **In RocketMQ**: `ServerUtil.parseCmdLine` over commons-cli.

use std::collections::BTreeMap;

/// An option of a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct OptionSpec {
    /// One letter or two, without the dash.
    pub(super) short: &'static str,
    /// The long name, without the dashes.
    pub(super) long: &'static str,
    /// Whether a value follows.
    pub(super) has_value: bool,
    /// Whether the command refuses to work without it.
    pub(super) is_required: bool,
    /// RocketMQ's sentence about it.
    pub(super) description: &'static str,
}

/// What was given, by short name.
#[derive(Clone, Debug, Default)]
pub(super) struct Arguments(BTreeMap<&'static str, String>);

impl Arguments {
    /// The value of an option, trimmed.
    pub(super) fn value(&self, short: &str) -> Option<&str> {
        self.0.get(short).map(|value| value.trim())
    }

    /// Whether an option was given.
    pub(super) fn has(&self, short: &str) -> bool {
        self.0.contains_key(short)
    }

    /// Reads the words behind the name of a command.
    ///
    /// # Errors
    /// What is wrong, in the words of commons-cli.
    pub(super) fn parse(words: &[String], known: &[OptionSpec]) -> Result<Self, String> {
        let mut given = BTreeMap::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let name = word.trim_start_matches('-');
            let is_option = word.starts_with('-') && !name.is_empty();
            let Some(spec) = known.iter().find(|spec| is_option && (spec.short == name || spec.long == name))
            else {
                if is_option {
                    return Err(format!("Unrecognized option: {word}"));
                }
                continue;
            };
            let value = if spec.has_value {
                words.next().cloned().ok_or_else(|| format!("Missing argument for option: {}", spec.short))?
            } else {
                String::new()
            };
            given.insert(spec.short, value);
        }
        match known.iter().find(|spec| spec.is_required && !given.contains_key(spec.short)) {
            Some(spec) => Err(format!("Missing required option: {}", spec.short)),
            None => Ok(Self(given)),
        }
    }
}

/// Splits a line into words as a shell does: at blanks, but not within quotes.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, _) if letter.is_whitespace() => words.extend(word.take()),
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(letters.next()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_splits_as_in_a_shell() {
        let split = words(r#"topicRoute  -n 'a:1;b:2' -t "T 1" \"x"#);
        assert_eq!(split, ["topicRoute", "-n", "a:1;b:2", "-t", "T 1", "\"x"]);
    }
}
