//! `kafka-consumer-groups`, in its own words and columns.
//!
//! **In Kafka**: `ConsumerGroupCommand`, `ConsumerGroupCommandOptions` (3.9). What the tool writes to its error
//! output stands behind its output here.
//!
//! **Left out on purpose**: deleting groups and offsets, `--by-duration`, `--to-datetime`, `--from-file`, regular
//! expressions, `--validate-regex`, `--verbose`; usage texts.

use std::collections::BTreeSet;

use super::{Asks, KafkaRequest, KafkaResponse, Session, exception};
use crate::hash_order::in_name_order;
use crate::id::{GroupName, TopicName};
use crate::rpc::kafka::{
    CommittedOffset, IsolationLevel, KafkaError, MemberDescription, OffsetSpec, TopicPartition,
};

/// Where a reset goes.
enum Target {
    Offset(u64),
    Shift(i64),
    Earliest,
    Latest,
    Current,
}

/// What stands in a line.
#[derive(Default)]
struct Options {
    flags: Vec<String>,
    groups: Vec<GroupName>,
    topics: Vec<String>,
    target: Option<Target>,
}

impl Options {
    fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|other| other == flag)
    }

    fn read(line: &str) -> Result<Self, String> {
        let mut options = Self::default();
        let mut words = line.split_whitespace();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("Option {word} requires an argument"));
            let number = |text: &str| {
                text.parse::<i64>().map_err(|_| format!("Cannot parse argument '{text}' of option {word}"))
            };
            match word {
                "--bootstrap-server" | "--command-config" | "--timeout" => {
                    value()?;
                }
                "--group" => options.groups.push(value()?.into()),
                "--topic" => options.topics.push(value()?.to_owned()),
                "--to-offset" => {
                    let offset = number(value()?)?;
                    options.target = Some(Target::Offset(u64::try_from(offset).unwrap_or(0)));
                }
                "--shift-by" => options.target = Some(Target::Shift(number(value()?)?)),
                "--to-earliest" => options.target = Some(Target::Earliest),
                "--to-latest" => options.target = Some(Target::Latest),
                "--to-current" => options.target = Some(Target::Current),
                "--describe" | "--list" | "--reset-offsets" | "--all-groups" | "--all-topics"
                | "--members" | "--offsets" | "--state" | "--execute" | "--dry-run" => {
                    options.flags.push(word.trim_start_matches('-').to_owned());
                }
                _ => return Err(format!("{word} is not a recognized option")),
            }
        }
        Ok(options)
    }
}

/// Runs a line. Returns what it prints.
pub(super) fn run(session: &mut Session<'_>, line: &str, broker: &str) -> Result<String, Asks> {
    let options = match Options::read(line) {
        Ok(options) => options,
        Err(why) => return Ok(why),
    };
    match (options.has("list"), options.has("describe"), options.has("reset-offsets")) {
        (true, false, false) => list(session, &options),
        (false, true, false) => describe(session, &options, broker),
        (false, false, true) => reset(session, &options),
        _ => Ok("Command must include exactly one action: --list, --describe, --delete, --reset-offsets, \
                 --delete-offsets"
            .to_owned()),
    }
}

fn all_groups(session: &mut Session<'_>) -> Result<Vec<(GroupName, String)>, Asks> {
    Ok(match session.ask(KafkaRequest::ListGroups)? {
        // The administrator's client collects them in a `HashMap`.
        KafkaResponse::Groups(groups) => in_name_order(groups, |(group, _)| group.to_string())
            .into_iter()
            .map(|(group, state)| (group, state.to_string()))
            .collect(),
        _ => Vec::new(),
    })
}

fn list(session: &mut Session<'_>, options: &Options) -> Result<String, Asks> {
    let groups = all_groups(session)?;
    if !options.has("state") {
        return Ok(groups.iter().map(|(group, _)| group.to_string()).collect::<Vec<_>>().join("\n"));
    }
    // The table is wider than its widest name (`printGroupInfo`).
    let width = width(15, groups.iter().map(|(group, _)| group.as_str())) + 10;
    let mut lines = vec![format!("{:width$} {:20}", "GROUP", "STATE")];
    lines.extend(groups.iter().map(|(group, state)| format!("{:width$} {state:20}", group.as_str())));
    Ok(lines.join("\n"))
}

/// A group as the tool sees it.
struct Described {
    state: String,
    protocol: String,
    members: Vec<MemberDescription>,
}

fn describe_group(session: &mut Session<'_>, group: &GroupName) -> Result<Option<Described>, Asks> {
    Ok(match session.ask(KafkaRequest::DescribeGroups(group.clone()))? {
        KafkaResponse::Group(Ok((state, protocol, members))) => {
            Some(Described { state: state.to_string(), protocol: protocol.to_string(), members })
        }
        _ => None,
    })
}

/// The sentence that the tool says about a group's state (`shouldPrintMemberState`).
fn about_state(group: &GroupName, state: &str) -> Option<String> {
    match state {
        "Empty" => Some(format!("\nConsumer group '{group}' has no active members.")),
        "PreparingRebalance" | "CompletingRebalance" => {
            Some(format!("\nWarning: Consumer group '{group}' is rebalancing."))
        }
        _ => None,
    }
}

fn describe(session: &mut Session<'_>, options: &Options, broker: &str) -> Result<String, Asks> {
    let groups = if options.has("all-groups") {
        all_groups(session)?.into_iter().map(|(group, _)| group).collect()
    } else {
        options.groups.clone()
    };
    // Tables go to the output, sentences about states to the error output.
    let (mut tables, mut sentences) = (Vec::new(), Vec::new());
    for group in groups.into_iter().collect::<BTreeSet<_>>() {
        let Some(described) = describe_group(session, &group)? else {
            tables.push(format!("Error: Consumer group '{group}' does not exist."));
            continue;
        };
        let (table, has_rows) = if options.has("members") {
            (members_table(&group, &described), true)
        } else if options.has("state") {
            (state_table(&group, &described, broker), true)
        } else {
            let rows = offset_rows(session, &group, &described)?;
            let has_rows = !rows.is_empty();
            (offsets_table(&group, &rows), has_rows)
        };
        if has_rows {
            tables.push(table);
        }
        sentences.extend(about_state(&group, &described.state));
    }
    let tables = (!tables.is_empty()).then(|| tables.join("\n\n"));
    Ok(tables.into_iter().chain(sentences).collect::<Vec<_>>().join("\n"))
}

/// `printState`.
fn state_table(group: &GroupName, described: &Described, broker: &str) -> String {
    let coordinator = format!("{broker}  (1)");
    let width = coordinator.len().max(25);
    let row = |columns: [&str; 5]| {
        let [group, coordinator, strategy, state, members] = columns;
        format!("{group:width$} {coordinator:25} {strategy:20} {state:15} {members}")
    };
    let members = described.members.len().to_string();
    let head = row(["GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE", "#MEMBERS"]);
    let line = row([group.as_str(), &coordinator, &described.protocol, &described.state, &members]);
    format!("{head}\n{line}")
}

fn width<'a>(least: usize, words: impl Iterator<Item = &'a str>) -> usize {
    words.map(str::len).max().unwrap_or(0).max(least)
}

/// `printMembers`.
fn members_table(group: &GroupName, described: &Described) -> String {
    let members = &described.members;
    let group_width = width(15, std::iter::once(group.as_str()));
    let id_width = width(15, members.iter().map(|member| &*member.member_id));
    let host_width = width(15, members.iter().map(|member| &*member.host));
    let client_width = width(15, members.iter().map(|member| &*member.client_id));
    let row = |columns: [&str; 5]| {
        let [group, id, host, client, partitions] = columns;
        format!(
            "{group:group_width$} {id:id_width$} {host:host_width$} {client:client_width$} {partitions:15} "
        )
    };
    let mut lines = vec![row(["GROUP", "CONSUMER-ID", "HOST", "CLIENT-ID", "#PARTITIONS"])];
    lines.extend(members.iter().map(|member| {
        let count = member.partitions.len().to_string();
        row([group.as_str(), &member.member_id, &member.host, &member.client_id, &count])
    }));
    lines.join("\n")
}

/// One line of the table of offsets.
struct OffsetRow {
    partition: Option<TopicPartition>,
    current: Option<u64>,
    end: Option<u64>,
    member: Option<MemberDescription>,
}

/// `collectGroupOffsets`: what members have, then what has offsets but no member.
fn offset_rows(
    session: &mut Session<'_>,
    group: &GroupName,
    described: &Described,
) -> Result<Vec<OffsetRow>, Asks> {
    let request = KafkaRequest::OffsetFetch { group: group.clone(), partitions: None };
    let offsets = match session.ask(request)? {
        KafkaResponse::Offsets(offsets) => offsets,
        _ => Vec::new(),
    };
    let mut wanted: Vec<(Option<TopicPartition>, Option<MemberDescription>)> = Vec::new();
    for member in &described.members {
        if member.partitions.is_empty() {
            wanted.push((None, Some(member.clone())));
        }
        wanted.extend(
            member.partitions.iter().map(|partition| (Some(partition.clone()), Some(member.clone()))),
        );
    }
    for (partition, _) in &offsets {
        if !wanted.iter().any(|(other, _)| other.as_ref() == Some(partition)) {
            wanted.push((Some(partition.clone()), None));
        }
    }
    let partitions: Vec<_> = wanted.iter().filter_map(|(partition, _)| partition.clone()).collect();
    let ends = session.list(&partitions, OffsetSpec::Latest, IsolationLevel::ReadUncommitted)?;
    let rows = wanted.into_iter().map(|(partition, member)| {
        let of = |partition: &TopicPartition| offsets.iter().find(|(other, _)| other == partition);
        let end = |partition: &TopicPartition| ends.iter().find(|(other, _)| other == partition);
        OffsetRow {
            current: partition.as_ref().and_then(of).map(|(_, offset)| offset.offset),
            end: partition.as_ref().and_then(end).and_then(|(_, end)| *end),
            partition,
            member,
        }
    });
    Ok(rows.collect())
}

/// `printOffsets`.
fn offsets_table(group: &GroupName, rows: &[OffsetRow]) -> String {
    let text = |number: Option<i128>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let columns: Vec<[String; 9]> = rows
        .iter()
        .map(|row| {
            let (current, end) = (row.current.map(i128::from), row.end.map(i128::from));
            let lag = end.zip(current).map(|(end, current)| end - current);
            let of = |pick: fn(&MemberDescription) -> &str| {
                row.member.as_ref().map_or_else(|| "-".to_owned(), |member| pick(member).to_owned())
            };
            let partition = row.partition.as_ref();
            [
                group.to_string(),
                partition.map_or_else(|| "-".to_owned(), |partition| partition.topic.to_string()),
                text(partition.map(|partition| i128::from(partition.partition))),
                text(current),
                text(end),
                text(lag),
                of(|member| &member.member_id),
                of(|member| &member.host),
                of(|member| &member.client_id),
            ]
        })
        .collect();
    let widest = |place: usize| width(15, columns.iter().map(|row| row[place].as_str()));
    let (groups, topics, ids, hosts) = (widest(0), widest(1), widest(6), widest(7));
    let line = |row: [&str; 9]| {
        let [group, topic, partition, current, end, lag, id, host, client] = row;
        format!(
            "{group:groups$} {topic:topics$} {partition:10} {current:15} {end:15} {lag:15} {id:ids$} {host:hosts$} {client}"
        )
    };
    let head = line([
        "GROUP",
        "TOPIC",
        "PARTITION",
        "CURRENT-OFFSET",
        "LOG-END-OFFSET",
        "LAG",
        "CONSUMER-ID",
        "HOST",
        "CLIENT-ID",
    ]);
    let mut lines = vec![head];
    lines.extend(columns.iter().map(|row| line(std::array::from_fn(|place| row[place].as_str()))));
    lines.join("\n")
}

/// What a run wrote to its two outputs.
#[derive(Default)]
struct Printed {
    out: String,
    err: Vec<String>,
}

impl Printed {
    /// An exception that ends the run: its message, and the chain of its causes (stack lines left out).
    fn fail(&mut self, error: KafkaError) {
        let why = format!("java.util.concurrent.{}", exception(error, None));
        let root = why.split_once(": ").map_or("", |(_, root)| root);
        self.out = format!("Error: Executing consumer group command failed due to {why}");
        self.err.push(format!("java.lang.RuntimeException: {why}\nCaused by: {why}\nCaused by: {root}"));
    }

    fn text(self) -> String {
        std::iter::once(self.out).filter(|out| !out.is_empty()).chain(self.err).collect::<Vec<_>>().join("\n")
    }
}

/// What the tool says when it is told neither `--execute` nor `--dry-run` (`ConsumerGroupCommandOptions.checkArgs`).
const NOT_EXECUTED: &str = "WARN: No action will be performed as the --execute option is missing.In a future major release, \
    the default behavior of this command will be to prompt the user before executing the reset rather than doing a dry \
    run. You should add the --dry-run option explicitly if you are scripting this command and want to keep the current \
    default behavior without prompting.";

/// `resetOffsets`. The offset is brought into the log; the tool cannot put a group beyond its ends.
fn reset(session: &mut Session<'_>, options: &Options) -> Result<String, Asks> {
    let mut printed = Printed::default();
    if !options.has("execute") && !options.has("dry-run") {
        printed.err.push(NOT_EXECUTED.to_owned());
    }
    match &options.target {
        Some(target) => reset_to(session, options, target, &mut printed)?,
        None => printed.err.push(
            "Option '[reset-offsets]' requires one of --to-offset, --shift-by, --to-earliest, --to-latest, --to-current"
                .to_owned(),
        ),
    }
    Ok(printed.text())
}

fn reset_to(
    session: &mut Session<'_>,
    options: &Options,
    target: &Target,
    printed: &mut Printed,
) -> Result<(), Asks> {
    let mut output = String::new();
    let mut rows = String::new();
    for group in &options.groups {
        let described = describe_group(session, group)?;
        if let Some(described) = described.filter(|described| described.state != "Empty") {
            output += &format!(
                "\nError: Assignments can only be reset if the group '{group}' is inactive, but the current state is \
                 {}.\n",
                described.state
            );
            continue;
        }
        let request = KafkaRequest::OffsetFetch { group: group.clone(), partitions: None };
        let committed = match session.ask(request)? {
            KafkaResponse::Offsets(offsets) => offsets,
            _ => Vec::new(),
        };
        let partitions = match scope(session, options, &committed)? {
            Ok(partitions) => partitions,
            Err(error) => {
                printed.fail(error);
                return Ok(());
            }
        };
        let offsets = match new_offsets(session, target, &partitions, &committed)? {
            Ok(offsets) => offsets,
            Err(why) => {
                printed.err.push(why);
                return Ok(());
            }
        };
        for (partition, offset) in &offsets {
            rows += &format!(
                "{:30} {:30} {:<10} {:<15}",
                group.as_str(),
                partition.topic.as_str(),
                partition.partition,
                offset.offset
            );
        }
        if options.has("execute") && !offsets.is_empty() {
            let request = KafkaRequest::OffsetCommit { group: group.clone(), member: None, offsets };
            if let KafkaResponse::OffsetsCommitted(results) = session.ask(request)?
                && let Some(error) = results.into_iter().find_map(|(_, result)| result.err())
            {
                printed.fail(error);
                return Ok(());
            }
        }
    }
    // The tool forgets the line breaks between its rows.
    let head = format!("{:30} {:30} {:10} {:15}", "GROUP", "TOPIC", "PARTITION", "NEW-OFFSET");
    printed.out = format!("{output}{head}{rows}");
    Ok(())
}

/// `prepareOffsetsToReset`; the error is the tool's refusal.
fn new_offsets(
    session: &mut Session<'_>,
    target: &Target,
    partitions: &[TopicPartition],
    committed: &[(TopicPartition, CommittedOffset)],
) -> Result<Result<Vec<(TopicPartition, CommittedOffset)>, String>, Asks> {
    let all = IsolationLevel::ReadUncommitted;
    let starts = session.list(partitions, OffsetSpec::Earliest, all)?;
    let ends = session.list(partitions, OffsetSpec::Latest, all)?;
    let mut offsets = Vec::new();
    for ((partition, start), (_, end)) in starts.into_iter().zip(ends) {
        let (start, end) = (start.unwrap_or(0), end.unwrap_or(0));
        let current =
            committed.iter().find(|(other, _)| *other == partition).map(|(_, offset)| offset.offset);
        let offset = match (target, current) {
            (Target::Offset(offset), _) => (*offset).clamp(start, end),
            (Target::Earliest, _) => start,
            (Target::Latest, _) => end,
            (Target::Shift(by), Some(current)) => current.saturating_add_signed(*by).clamp(start, end),
            (Target::Shift(_), None) => {
                return Ok(Err(format!(
                    "Cannot shift offset for partition {partition} since there is no current committed offset"
                )));
            }
            (Target::Current, current) => current.unwrap_or(end),
        };
        offsets.push((partition, CommittedOffset { offset, leader_epoch: None }));
    }
    Ok(Ok(offsets))
}

/// The partitions that a reset is for: those that `--topic` names, or those with offsets.
fn scope(
    session: &mut Session<'_>,
    options: &Options,
    committed: &[(TopicPartition, CommittedOffset)],
) -> Result<Result<Vec<TopicPartition>, KafkaError>, Asks> {
    if options.has("all-topics") {
        return Ok(Ok(committed.iter().map(|(partition, _)| partition.clone()).collect()));
    }
    let mut partitions = Vec::new();
    for text in &options.topics {
        let (topic, numbers) = text.split_once(':').unwrap_or((text, ""));
        let topic = TopicName::from(topic.to_owned());
        let Some(metadata) = session.topic(&topic)? else {
            return Ok(Err(KafkaError::UnknownTopicOrPartition));
        };
        let count = u32::try_from(metadata.leader_epochs.len()).unwrap_or(u32::MAX);
        let named: Vec<u32> = numbers.split(',').filter_map(|number| number.parse().ok()).collect();
        let wanted = (0..count).filter(|number| named.is_empty() || named.contains(number));
        partitions.extend(wanted.map(|partition| TopicPartition { topic: topic.clone(), partition }));
    }
    Ok(Ok(partitions))
}
