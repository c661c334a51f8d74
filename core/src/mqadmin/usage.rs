//! The usage text of a command.
//!
//! **In RocketMQ**: `ServerUtil.printCommandLineHelp` over `HelpFormatter` of commons-cli, 110 letters wide.

use super::arguments::OptionSpec;
use crate::gather::Arrange as _;

/// Letters in a line.
const WIDTH: usize = 110;
/// How far the lines of the first part are indented, all but the first.
const USAGE_INDENT: usize = "usage: ".len();
/// Blanks between the names of an option and its description.
const GAP: &str = "   ";

/// The text for a command with these options, given in the order in which they were declared.
pub(super) fn usage(command: &str, options: &[OptionSpec]) -> String {
    let mut options = options.to_vec();
    options.arrange_by_key(|option| option.key().to_ascii_lowercase());
    let mut text = wrapped(&usage_line(command, &options), USAGE_INDENT);
    let names: Vec<String> = options.iter().map(names).collect();
    let widest = names.iter().map(String::len).max().unwrap_or_default();
    for (name, option) in names.iter().zip(&options) {
        let line = format!("{name:widest$}{GAP}{}", option.description);
        text += &wrapped(&line, widest + GAP.len());
    }
    text
}

fn names(option: &OptionSpec) -> String {
    let value = if option.has_value { " <arg>" } else { "" };
    if option.short.is_empty() {
        return format!("    --{}{value}", option.long);
    }
    format!(" -{},--{}{value}", option.short, option.long)
}

fn usage_line(command: &str, options: &[OptionSpec]) -> String {
    let form = |option: &OptionSpec| {
        let value = if option.has_value { " <arg>" } else { "" };
        let dash = if option.short.is_empty() { "--" } else { "-" };
        format!("{dash}{}{value}", option.key())
    };
    let group: Vec<String> = options.iter().filter(|option| option.is_alternative).map(form).collect();
    let mut is_group_written = false;
    let parts = options.iter().map(|option| {
        if !option.is_alternative {
            return if option.is_required { form(option) } else { format!("[{}]", form(option)) };
        }
        // The group stands where its first option would; the others leave a blank behind.
        if std::mem::replace(&mut is_group_written, true) { String::new() } else { group.join(" | ") }
    });
    format!("usage: mqadmin {command} {}", parts.collect::<Vec<_>>().join(" "))
}

/// Breaks a line at blanks; every line but the first is indented.
fn wrapped(line: &str, indent: usize) -> String {
    let mut text = String::new();
    let mut rest = line.to_owned();
    while let Some(place) = break_place(&rest) {
        text += rest[..place].trim_end();
        text.push('\n');
        rest = format!("{:indent$}{}", "", rest[place..].trim());
    }
    text += rest.trim_end();
    text.push('\n');
    text
}

/// Where a line that is too long is broken: at the last blank that fits, or, without one behind the indentation,
/// where it is full.
fn break_place(line: &str) -> Option<usize> {
    if line.len() <= WIDTH {
        return None;
    }
    let is_in_words = |place: &usize| !line[..*place].trim().is_empty();
    let blank =
        line.char_indices().take_while(|(place, _)| *place <= WIDTH).filter(|(_, letter)| *letter == ' ');
    let full = line.char_indices().map(|(place, _)| place).take_while(|place| *place <= WIDTH).last();
    blank.map(|(place, _)| place).filter(is_in_words).last().or(full)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqadmin::arguments::{option, switch};

    #[test]
    fn the_text_is_as_recorded() {
        // Recorded: `mqadmin updateTopic -t x` of 4.9.7, shortened to five options.
        let options = [
            switch("h", "help", "Print help"),
            option("n", "namesrvAddr", "Name server address list, eg: '192.168.0.1:9876;192.168.0.2:9876'"),
            option("b", "brokerAddr", "create topic to which broker").alternative(),
            option("c", "clusterName", "create topic to which cluster").alternative(),
            option("t", "topic", "topic name").required(),
        ];
        let expected = "\
usage: mqadmin updateTopic -b <arg> | -c <arg>  [-h] [-n <arg>] -t <arg>
 -b,--brokerAddr <arg>    create topic to which broker
 -c,--clusterName <arg>   create topic to which cluster
 -h,--help                Print help
 -n,--namesrvAddr <arg>   Name server address list, eg: '192.168.0.1:9876;192.168.0.2:9876'
 -t,--topic <arg>         topic name
";
        assert_eq!(usage("updateTopic", &options), expected);
    }

    #[test]
    fn an_option_may_have_a_long_name_only() {
        let options =
            [option("b", "brokerAddr", "which"), option("", "attributes", "attribute(+a=b,+c=d,-e)")];
        let expected = "\
usage: mqadmin updateSubGroup [--attributes <arg>] [-b <arg>]
    --attributes <arg>   attribute(+a=b,+c=d,-e)
 -b,--brokerAddr <arg>   which
";
        assert_eq!(usage("updateSubGroup", &options), expected);
    }

    #[test]
    fn long_lines_break_at_a_blank_and_words_without_one_where_the_line_is_full() {
        let words = "word ".repeat(30);
        let text = wrapped(&words, 4);
        let lengths: Vec<usize> = text.lines().map(str::len).collect();
        assert_eq!(lengths, [109, 43]);
        let text = wrapped(&"x".repeat(150), 4);
        assert_eq!(text.lines().map(str::len).collect::<Vec<_>>(), [110, 44]);
    }
}
