//! The commands, and how one is found and run.

mod topic;

use super::arguments::{Arguments, OptionSpec, words};
use super::exception::Exception;
use super::session::{Session, Step, Stop};
use crate::id::Address;

/// A command of the tool (`SubCommand`).
#[derive(Clone, Copy, Debug)]
struct SubCommand {
    /// `updateTopic`, …
    name: &'static str,
    /// RocketMQ's class, which it names when something is thrown.
    class: &'static str,
    /// RocketMQ's sentence about it.
    description: &'static str,
    /// Its options but `-h` and `-n`, which all commands have.
    options: &'static [OptionSpec],
    /// What it does.
    run: fn(&mut Session<'_>, &Arguments) -> Step<()>,
}

/// What the page tells about a command.
#[derive(Clone, Copy, Debug)]
pub struct CommandInfo {
    /// `updateTopic`, …
    pub name: &'static str,
    /// RocketMQ's sentence about it.
    pub description: &'static str,
}

/// The options that every command has.
const COMMON_OPTIONS: &[OptionSpec] = &[
    OptionSpec { short: "h", long: "help", has_value: false, is_required: false, description: "Print help" },
    OptionSpec {
        short: "n",
        long: "namesrvAddr",
        has_value: true,
        is_required: false,
        description: "Name server address list, eg: '192.168.0.1:9876;192.168.0.2:9876'",
    },
];

/// All commands, one family after another.
fn all() -> impl Iterator<Item = &'static SubCommand> {
    [topic::COMMANDS].into_iter().flatten()
}

/// Every command that the lab has.
pub fn known_commands() -> Vec<CommandInfo> {
    all().map(|command| CommandInfo { name: command.name, description: command.description }).collect()
}

/// The usage text of a command, as the tool prints it; `None` when the lab has no such command.
pub fn usage_of(name: &str) -> Option<String> {
    all().find(|command| command.name == name).map(|command| usage(command))
}

fn usage(command: &SubCommand) -> String {
    let mut text = format!("usage: mqadmin {}\n", command.name);
    for option in options(command) {
        text += &format!(" -{},--{}   {}\n", option.short, option.long, option.description);
    }
    text
}

fn options(command: &SubCommand) -> Vec<OptionSpec> {
    [command.options, COMMON_OPTIONS].concat()
}

/// Runs a line. What is thrown is printed as the tool prints it.
///
/// # Errors
/// Why it does not go on; everything that the tool says about it has been printed.
pub(super) fn run(session: &mut Session<'_>, line: &str) -> Step<()> {
    let words = words(line);
    let Some(command) = words.first().and_then(|name| all().find(|command| command.name == name)) else {
        session.println(&format!("The sub command {} not exist.", words.first().map_or("", String::as_str)));
        return Ok(());
    };
    let arguments = match Arguments::parse(&words[1..], &options(command)) {
        Ok(arguments) if !arguments.has("h") => arguments,
        Ok(_) => {
            session.print(&usage(command));
            return Ok(());
        }
        Err(why) => {
            session.print(&usage(command));
            session.println(&why);
            return Ok(());
        }
    };
    let ended = set_name_servers(session, &arguments).and_then(|()| (command.run)(session, &arguments));
    if let Err(Stop::Throws(exception)) = &ended {
        let text = format!(
            "org.apache.rocketmq.tools.command.SubCommandException: {} command failed\nCaused by: {exception}",
            command.class
        );
        session.println(&text);
    }
    ended
}

fn set_name_servers(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let Some(list) = arguments.value("n") else {
        return Ok(());
    };
    let addresses: Result<Vec<Address>, String> =
        list.split(';').filter(|part| !part.is_empty()).map(str::parse).collect();
    match addresses {
        Ok(addresses) => session.set_name_servers(addresses),
        Err(why) => return Err(Exception::new("java.lang.IllegalArgumentException", why).into()),
    }
    Ok(())
}
