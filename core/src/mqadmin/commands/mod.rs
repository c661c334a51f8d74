//! The commands, and how one is found and run.
//!
//! **In RocketMQ**: `MQAdminStartup.main0`.

mod broker;
mod cluster;
mod connection;
mod consume_mode;
mod consumer_progress;
mod consumer_status;
mod controller;
mod ha;
mod housekeeping;
mod message_trace;
mod name_server;
mod offset;
mod print_message;
mod query_message;
mod send_message;
mod stats;
mod subscription_group;
mod topic;
mod topic_admin;

use super::arguments::{Arguments, OptionSpec, option, switch, words};
use super::catalogue;
use super::session::{Session, Step, Stop};
use super::usage::usage;
use crate::config::Profile;
use crate::id::Address;

/// A command of the tool that the lab has (`SubCommand`).
#[derive(Clone, Copy, Debug)]
struct SubCommand {
    /// `updateTopic`, …
    name: &'static str,
    /// What it says when something is thrown: mostly the name of RocketMQ's class and `command failed`.
    failure: &'static str,
    /// Its options but `-h` and `-n`, in the order in which RocketMQ declares them.
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
    switch("h", "help", "Print help"),
    option("n", "namesrvAddr", "Name server address list, eg: '192.168.0.1:9876;192.168.0.2:9876'"),
];

/// All commands, one family after another.
fn all() -> impl Iterator<Item = &'static SubCommand> {
    [
        topic::COMMANDS,
        topic_admin::COMMANDS,
        cluster::COMMANDS,
        broker::COMMANDS,
        ha::COMMANDS,
        controller::COMMANDS,
        stats::COMMANDS,
        housekeeping::COMMANDS,
        name_server::COMMANDS,
        connection::COMMANDS,
        consume_mode::COMMANDS,
        consumer_progress::COMMANDS,
        consumer_status::COMMANDS,
        subscription_group::COMMANDS,
        offset::COMMANDS,
        query_message::COMMANDS,
        message_trace::COMMANDS,
        print_message::COMMANDS,
        send_message::COMMANDS,
    ]
    .into_iter()
    .flatten()
}

fn find(name: &str) -> Option<&'static SubCommand> {
    all().find(|command| command.name == name)
}

/// Every command that the lab has in that version, in the order in which the tool lists them.
pub fn known_commands(profile: Profile) -> Vec<CommandInfo> {
    let known = catalogue::list(profile).filter(|listed| find(listed.name).is_some());
    known
        .filter_map(|listed| {
            Some(CommandInfo { name: listed.name, description: listed.description(profile)? })
        })
        .collect()
}

/// The usage text of a command, as the tool prints it; `None` when the lab has no such command.
pub fn usage_of(profile: Profile, name: &str) -> Option<String> {
    find(name).map(|command| usage(command.name, &options(profile, command)))
}

/// The options of a command; its own come instead of common ones of the same name.
fn options(profile: Profile, command: &SubCommand) -> Vec<OptionSpec> {
    let is_own = |common: &OptionSpec| command.options.iter().any(|own| own.short == common.short);
    let common = COMMON_OPTIONS.iter().filter(|common| !is_own(common));
    common
        .chain(command.options)
        .filter(|option| option.only.is_none_or(|only| only == profile))
        .copied()
        .collect()
}

/// Prints the usage text of the command that runs.
fn print_usage(session: &mut Session<'_>, name: &str) {
    if let Some(text) = usage_of(session.profile(), name) {
        session.print(&text);
    }
}

/// Runs a line. What is thrown is printed as the tool prints it.
///
/// # Errors
/// Why it does not go on; everything that the tool says about it has been printed.
pub(super) fn run(session: &mut Session<'_>, line: &str) -> Step<()> {
    let words = words(line);
    let name = match &words[..] {
        [] => {
            print_list(session);
            return Ok(());
        }
        [help, name] if help == "help" => name,
        [name, ..] => name,
    };
    let Some(listed) = catalogue::find(session.profile(), name) else {
        session.println(&format!("The sub command {name} not exist."));
        return Ok(());
    };
    let Some(command) = find(listed.name) else {
        session.println(&format!("The lab does not simulate the command {}.", listed.name));
        return Ok(());
    };
    if words[0] == "help" {
        print_usage(session, command.name);
        return Ok(());
    }
    run_command(session, command, &words[1..])
}

fn run_command(session: &mut Session<'_>, command: &SubCommand, words: &[String]) -> Step<()> {
    let profile = session.profile();
    let arguments = match Arguments::parse(profile, words, &options(profile, command)) {
        Ok(arguments) if !arguments.has("h") => arguments,
        Ok(_) => {
            print_usage(session, command.name);
            return Ok(());
        }
        Err(why) => {
            if profile.is_v5() {
                session.println(&why);
            }
            print_usage(session, command.name);
            return Ok(());
        }
    };
    let ended = set_name_servers(session, &arguments).and_then(|()| (command.run)(session, &arguments));
    if let Err(Stop::Throws(exception)) = &ended {
        let class = "org.apache.rocketmq.tools.command.SubCommandException";
        session.println(&format!("{class}: {}\nCaused by: {}", command.failure, exception.stack_trace()));
    }
    ended
}

/// What the tool prints when it is called without words.
fn print_list(session: &mut Session<'_>) {
    let profile = session.profile();
    session.println("The most commonly used mqadmin commands are:");
    let width = if profile.is_v5() { 35 } else { 20 };
    for listed in catalogue::list(profile) {
        let description = listed.description(profile).unwrap_or_default();
        session.println(&format!("   {:width$} {description}", listed.name));
    }
    session.println("\nSee 'mqadmin help <command>' for more information on a specific command.");
}

fn set_name_servers(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let Some(list) = arguments.value("n") else {
        return Ok(());
    };
    let parts = list.split(';').filter(|part| !part.is_empty());
    let addresses: Step<Vec<Address>> = parts.map(Session::read_address).collect();
    session.set_name_servers(addresses?);
    Ok(())
}
