//! The words of a line, and what a command makes of them.
//!
//! The two versions read the words differently: 4.9.8 with `PosixParser`, which knows options by their exact names
//! and splits `-tOrders` into letters; 5.3.3 with `DefaultParser`, which also takes the beginning of a long name and
//! `-t=Orders`. Both keep the first value when an option is given twice.
//!
//! **In RocketMQ**: `ServerUtil.parseCmdLine`; commons-cli 1.2 and 1.5.0.
//!
//! **Left out on purpose**: options with several values and Java properties (`-Dkey=value`), which no command has.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::exception::Exception;
use crate::config::Profile;

/// An option of a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct OptionSpec {
    /// One letter or two, without the dash; nothing for an option that has a long name only.
    pub(super) short: &'static str,
    /// The long name, without the dashes.
    pub(super) long: &'static str,
    /// Whether a value follows.
    pub(super) has_value: bool,
    /// Whether the command refuses to work without it.
    pub(super) is_required: bool,
    /// Whether it belongs to the command's group of options, of which exactly one has to be given (`OptionGroup`).
    pub(super) is_alternative: bool,
    /// The one version that has it, unless both do.
    pub(super) only: Option<Profile>,
    /// RocketMQ's sentence about it.
    pub(super) description: &'static str,
}

/// An option with a value that may be left out.
pub(super) const fn option(short: &'static str, long: &'static str, description: &'static str) -> OptionSpec {
    OptionSpec {
        short,
        long,
        has_value: true,
        is_required: false,
        is_alternative: false,
        only: None,
        description,
    }
}

/// An option without a value.
pub(super) const fn switch(short: &'static str, long: &'static str, description: &'static str) -> OptionSpec {
    OptionSpec { has_value: false, ..option(short, long, description) }
}

impl OptionSpec {
    /// By which commons-cli sorts and names it (`Option.getKey`).
    pub(super) const fn key(&self) -> &'static str {
        if self.short.is_empty() { self.long } else { self.short }
    }

    /// The same, but the command refuses to work without it.
    pub(super) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// The same as one of the options of which exactly one has to be given.
    pub(super) const fn alternative(self) -> Self {
        Self { is_alternative: true, ..self }
    }

    /// The same, but only one version has it.
    pub(super) const fn only(self, profile: Profile) -> Self {
        Self { only: Some(profile), ..self }
    }
}

/// What was given, by [`OptionSpec::key`].
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

    /// The value of an option that the command cannot be run without.
    pub(super) fn required(&self, short: &str) -> &str {
        self.value(short).unwrap_or_default()
    }

    /// Whether the value of an option is `true` in letters of any size (`Boolean.parseBoolean`).
    pub(super) fn is_true(&self, short: &str) -> bool {
        self.value(short).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The value of an option as a number (`Integer.parseInt`, `Long.parseLong`).
    ///
    /// # Errors
    /// What Java throws for a text that is none.
    pub(super) fn number<N: FromStr>(&self, short: &str) -> Result<Option<N>, Exception> {
        let read = |text: &str| text.parse().map_err(|_| Exception::number_format(text));
        self.value(short).map(read).transpose()
    }

    /// Reads the words behind the name of a command.
    ///
    /// # Errors
    /// What is wrong, in the words of commons-cli.
    pub(super) fn parse(profile: Profile, words: &[String], known: &[OptionSpec]) -> Result<Self, String> {
        let parser = Parser { profile, known, given: BTreeMap::new(), alternative: None };
        parser.parse(words)
    }
}

struct Parser<'a> {
    profile: Profile,
    known: &'a [OptionSpec],
    given: BTreeMap<&'static str, String>,
    /// Which of the options that exclude each other was given.
    alternative: Option<&'static str>,
}

/// A word taken apart: the option that it names, and the value that it carries itself.
struct Named {
    option: OptionSpec,
    value: Option<String>,
}

impl Parser<'_> {
    fn parse(mut self, words: &[String]) -> Result<Arguments, String> {
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            if word == "--" {
                break;
            }
            if !word.starts_with('-') || word == "-" {
                continue;
            }
            for Named { option, value } in self.named(word)? {
                let value = match value {
                    Some(value) => value,
                    None if !option.has_value => String::new(),
                    None => words
                        .next_if(|next| self.is_value(next))
                        .map(|next| unquoted(next).to_owned())
                        .ok_or_else(|| format!("Missing argument for option: {}", option.key()))?,
                };
                self.take(option, value)?;
            }
        }
        self.check_required()?;
        Ok(Arguments(self.given))
    }

    /// The options that a word names: one, or several letters in one word.
    fn named(&self, word: &str) -> Result<Vec<Named>, String> {
        let name = word.trim_start_matches('-');
        let is_long = word.starts_with("--");
        let (key, value) = match name.split_once('=') {
            Some((key, value)) if is_long || self.profile.is_v5() => (key, Some(value.to_owned())),
            _ => (name, None),
        };
        if let Some(option) = self.find(word, key, is_long)? {
            if value.is_some() && !option.has_value {
                return Err(format!("Unrecognized option: {word}"));
            }
            return Ok(vec![Named { option, value }]);
        }
        if is_long || value.is_some() {
            return Err(format!("Unrecognized option: {word}"));
        }
        self.letters(word, name)
    }

    /// The option of that name: its short name behind one dash, its long name behind one or two.
    fn find(&self, word: &str, key: &str, is_long: bool) -> Result<Option<OptionSpec>, String> {
        let by_short = self.known.iter().find(|spec| spec.short == key);
        let by_long = self.known.iter().find(|spec| spec.long == key);
        // PosixParser looks a name up without its dashes, DefaultParser wants one dash for a short one.
        let exact = if is_long && self.profile.is_v5() { by_long } else { by_short.or(by_long) };
        if exact.is_some() || !self.profile.is_v5() || (key.len() == 1 && !is_long) || key.is_empty() {
            return Ok(exact.copied());
        }
        let begun: Vec<&OptionSpec> = self.known.iter().filter(|spec| spec.long.starts_with(key)).collect();
        match begun[..] {
            [] => Ok(None),
            [option] => Ok(Some(*option)),
            _ => {
                let names: Vec<String> = begun.iter().map(|spec| format!("'{}'", spec.long)).collect();
                let token = word.split('=').next().unwrap_or_default();
                Err(format!("Ambiguous option: '{token}'  (could be: {})", names.join(", ")))
            }
        }
    }

    /// `-abc`: switches, and at last an option that takes the rest as its value.
    fn letters(&self, word: &str, name: &str) -> Result<Vec<Named>, String> {
        let mut named = Vec::new();
        for (place, letter) in name.char_indices() {
            let letter = letter.to_string();
            let rest = &name[place + letter.len()..];
            let Some(option) = self.known.iter().find(|spec| spec.short == letter) else {
                return Err(format!("Unrecognized option: {word}"));
            };
            if option.has_value && !rest.is_empty() {
                named.push(Named { option: *option, value: Some(rest.to_owned()) });
                break;
            }
            named.push(Named { option: *option, value: None });
        }
        Ok(named)
    }

    /// Whether a word can be the value of the option before it, rather than the next option.
    fn is_value(&self, word: &str) -> bool {
        let name = word.trim_start_matches('-');
        let is_number = self.profile.is_v5() && name.parse::<i64>().is_ok();
        !word.starts_with('-') || name.is_empty() || is_number || self.named(word).is_err()
    }

    fn take(&mut self, option: OptionSpec, value: String) -> Result<(), String> {
        if option.is_alternative {
            match self.alternative.replace(option.short) {
                Some(other) if other != option.short => {
                    return Err(format!(
                        "The option '{}' was specified but an option from this group has already been selected: \
                         '{other}'",
                        option.short
                    ));
                }
                _ => {}
            }
        }
        self.given.entry(option.key()).or_insert(value);
        Ok(())
    }

    fn check_required(&self) -> Result<(), String> {
        let mut missing: Vec<String> = Vec::new();
        let mut group: Vec<String> = Vec::new();
        for spec in self.known {
            if spec.is_alternative && self.alternative.is_none() {
                group.push(format!("-{} {}", spec.short, spec.description));
            } else if spec.is_required && !self.given.contains_key(spec.short) {
                missing.push(spec.short.to_owned());
            }
        }
        if !group.is_empty() {
            // Every command that has a group declares it before its other required options.
            missing.insert(0, format!("[{}]", group.join(", ")));
        }
        match missing.len() {
            0 => Ok(()),
            1 => Err(format!("Missing required option: {}", missing.concat())),
            _ => Err(format!("Missing required options: {}", missing.join(", "))),
        }
    }
}

/// A value without the quotes around it (`Util.stripLeadingAndTrailingQuotes`); a shell has usually taken them already.
fn unquoted(value: &str) -> &str {
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.filter(|inner| !inner.contains('"')).unwrap_or(value)
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

    const KNOWN: &[OptionSpec] = &[
        option("b", "brokerAddr", "which broker").alternative(),
        option("c", "clusterName", "which cluster").alternative(),
        option("t", "topic", "topic name").required(),
        switch("m", "moreStats", "more"),
        option("r", "readQueueNums", "read"),
        option("k", "brokerKey", "key"),
    ];

    fn parse(profile: Profile, line: &str) -> Result<String, String> {
        let arguments = Arguments::parse(profile, &words(line), KNOWN)?;
        let given = arguments.0.iter().map(|(short, value)| format!("{short}={value}"));
        Ok(given.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_line_splits_as_in_a_shell() {
        let split = words(r#"topicRoute  -n 'a:1;b:2' -t "T 1" \"x"#);
        assert_eq!(split, ["topicRoute", "-n", "a:1;b:2", "-t", "T 1", "\"x"]);
    }

    #[test]
    fn both_versions_read_short_and_long_names() {
        for profile in [Profile::V4, Profile::V5] {
            let check = |line, given: &str| assert_eq!(parse(profile, line).as_deref(), Ok(given), "{line}");
            check("-c C -t T", "c=C t=T");
            check("--clusterName=C --topic T -m", "c=C m= t=T");
            check("-clusterName C -mtT", "c=C m= t=T");
            check("-c C -t T -t U more words", "c=C t=T");
            check("-c C -t T -- -x", "c=C t=T");
            check("-c C -t T -r -1", "c=C r=-1 t=T");
        }
    }

    #[test]
    fn only_five_completes_long_names_and_knows_the_equals_sign_behind_a_letter() {
        assert_eq!(parse(Profile::V5, "--cluster C -t=T").as_deref(), Ok("c=C t=T"));
        assert_eq!(parse(Profile::V4, "-c C -t=T").as_deref(), Ok("c=C t==T"));
        assert_eq!(parse(Profile::V4, "--cluster C -t T").unwrap_err(), "Unrecognized option: --cluster");
    }

    #[test]
    fn what_is_wrong_is_said_in_the_words_of_commons_cli() {
        let check = |line, why: &str| assert_eq!(parse(Profile::V5, line).unwrap_err(), why, "{line}");
        check("-b B", "Missing required option: t");
        check("", "Missing required options: [-b which broker, -c which cluster], t");
        check("-t T -x", "Unrecognized option: -x");
        check("-t -c C", "Missing argument for option: t");
        check("-t T --broker B", "Ambiguous option: '--broker'  (could be: 'brokerAddr', 'brokerKey')");
        check(
            "-b B -c C -t T",
            "The option 'c' was specified but an option from this group has already been selected: 'b'",
        );
    }
}
