//! Texts: what a tool prints, and the consumers' log lines.

use std::collections::BTreeSet;

use lab_core::fact::{Fact, KafkaFact, TraceEvent};
use lab_core::time::Instant;
use regex_lite::Regex;

use super::TOLERANCE_MS;
use super::order::Order;
use super::script::Script;
use crate::replay::verdict::Verdict;

/// What is chance in a text: ids, numbers of requests and versions of metadata, the lines of a stack. The lab has no usage
/// text, which the tool prints under a refusal.
fn mask(text: &str) -> String {
    let masks = [
        (r"(?m)^\s+(at .*|\.\.\. \d+ more)\n?", ""),
        (r"(?s)\nOption +Description *\n.*", ""),
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
        (r"Cluster ID: \S+", "Cluster ID: ID"),
        (r"correlation id \d+", "correlation id N"),
        (r"\(version\d*:", "(version:"),
        (r"topicId changed from \S+ to \S+", "topicId changed"),
        (r"\s+\(×\d+\)", ""),
        (r"SLF4J: [^\n]*", ""),
        (r"lastStable=\*", "lastStable=?"),
    ];
    masks.iter().fold(text.to_owned(), |text, (pattern, with)| {
        Regex::new(pattern).expect("a good pattern").replace_all(&text, *with).into_owned()
    })
}

/// How two outputs of a tool differ, apart from blank lines, blanks at the end of lines, and chance.
pub(super) fn differ(recorded: &str, replayed: &str) -> Option<String> {
    let unknown = recorded.contains("lastStable=*");
    let lines = |text: &str| -> Vec<String> {
        let text = mask(text);
        let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
        lines
            .map(|line| {
                let parts = line.split(' ').map(|part| {
                    if unknown && part.starts_with("lastStable=") { "lastStable=?" } else { part }
                });
                parts.collect::<Vec<_>>().join(" ")
            })
            .collect()
    };
    let (recorded, replayed) = (lines(recorded), lines(replayed));
    (recorded != replayed)
        .then(|| format!("recorded:\n{}\nthe lab:\n{}", recorded.join("\n"), replayed.join("\n")))
}

/// Lines about connections: how many there are depends on how fast a broker starts, and on whether a commit, one each
/// second, meets it while it stops.
fn is_noise(line: &str) -> bool {
    const NOISE: [&str; 12] = [
        // Only the lines of consumers are compared.
        "[Producer clientId=",
        "is loading the group.",
        "This is not the correct coordinator.",
        "disconnect",
        "could not be established",
        "Group coordinator",
        "Discovered group coordinator",
        "Error sending fetch request",
        "Cancelled in-flight",
        "Attempt to heartbeat failed",
        "The coordinator is loading",
        "\tat ",
    ];
    line.trim().is_empty() || NOISE.iter().any(|noise| line.contains(noise))
}

fn lines_of(text: &str) -> BTreeSet<String> {
    mask(text).lines().map(str::trim_end).filter(|line| !is_noise(line)).map(str::to_owned).collect()
}

/// Compares the log lines of every `client log`.
pub(super) fn compare(script: &Script, trace: &[TraceEvent], verdict: &mut Verdict) {
    let mut since = Instant::ZERO;
    for (place, step) in script.steps.iter().enumerate() {
        if step.order.parse() != Ok(Order::ClientLog) {
            continue;
        }
        let recorded = lines_of(step.output.as_deref().unwrap_or_default());
        let near = logged(
            trace,
            since.as_millis().saturating_sub(TOLERANCE_MS),
            step.end.as_millis() + TOLERANCE_MS,
        );
        let within = logged(
            trace,
            since.as_millis() + TOLERANCE_MS,
            step.end.as_millis().saturating_sub(TOLERANCE_MS),
        );
        let missing: Vec<_> = recorded.difference(&near).cloned().collect();
        let extra: Vec<_> = within.difference(&recorded).cloned().collect();
        let problem = (!missing.is_empty() || !extra.is_empty()).then(|| {
            format!("the lab's log lacks:\n{}\nand has beside it:\n{}", missing.join("\n"), extra.join("\n"))
        });
        verdict.note(place, step.end, problem);
        since = step.end;
    }
}

fn logged(trace: &[TraceEvent], from_ms: u64, to_ms: u64) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for event in trace.iter().filter(|event| (from_ms..=to_ms).contains(&event.at.as_millis())) {
        let Fact::Kafka(fact) = &event.fact else { continue };
        if let KafkaFact::Logged { warn, text } = &**fact {
            let level = if *warn { "WARN" } else { "INFO" };
            lines.extend(lines_of(&format!("{level} {text}")));
        }
    }
    lines
}
