//! What is chance in an output of `mqadmin`, command by command and column by column: the one place for it.
//!
//! Everything else of an output is fact and compared letter by letter.

use regex_lite::Regex;

/// A command (empty: all of them), what is chance in its output, and what is put in its place.
const MASKS: &[(&str, &str, &str)] = &[
    // Stack lines under an exception, and the one that stands within a message track.
    ("", r"(?m)^\s+at .*\n?", ""),
    ("", r"(?m)^\s+\.\.\. \d+ more\n?", ""),
    ("", r", org\.apache\.[\w.]+\(\w+\.java:\d+\)", ""),
    // Dates and times, ports of clients, the release that stands for its profile.
    ("", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(,\d{3})?", "DATE"),
    ("", r"127\.0\.0\.1:[3-6]\d{4}", "127.0.0.1:PORT"),
    ("", r"V4_9_7", "V4_9_8"),
    // What was left of a request's time when it was sent.
    ("", r"timeout, \d+\(ms\)", "timeout, MS"),
    // A refusal to parse and the usage text go to two streams, which the recorder joined one after the other.
    ("", r"(?s)^(usage: mqadmin .*\n)(Missing required option: [^\n]*)$", "$2\n$1"),
    // Load, timer progress, page cache wait, age and disk ratio.
    ("clusterList", r"(?m)^(\S+ +\S+ +\d+ +\S+ +V\S+) .*?( +(true|false))?$", "$1$2"),
    ("topicStatus", r"Topic Put TPS: .*", "Topic Put TPS"),
    ("consumerProgress", r"Consume TPS: .*", "Consume TPS"),
    // The column #TPS of the list of all groups.
    ("consumerProgress", r"(?m)^(\S+ +\d+ +\S+ +\S+ +\S+ +)\d+( +-?\d+)$", "$1 TPS$2"),
    // When the row of an empty retry topic first shows.
    ("consumerProgress", r"(?m)^%RETRY%\S+ +\S+ +\d+ +0 +0 +0 .*\n?", ""),
    // Ids that a producer gives, and where the tool writes a body.
    ("queryMsgById", r"UNIQ_KEY=[0-9A-F]{32}", "UNIQ_KEY"),
    ("queryMsgByUniqueKey", r"UNIQ_KEY=[0-9A-F]{32}", "UNIQ_KEY"),
    ("queryMsgByOffset", r"UNIQ_KEY=[0-9A-F]{32}", "UNIQ_KEY"),
    ("queryMsgByKey", r"(?m)^[0-9A-F]{32}", "UNIQ_KEY"),
    ("queryMsgById", r"Message Body Path: .*", "Message Body Path"),
    ("queryMsgByUniqueKey", r"Message Body Path: .*", "Message Body Path"),
    ("queryMsgByOffset", r"Message Body Path: .*", "Message Body Path"),
    // How long a send or a listener took.
    ("queryMsgTraceById", r"(?m)\d+ms +", "COST "),
    // Paths of the recording's machine, and a setting that came with 4.9.8.
    ("getNamesrvConfig", r"(?m)^configBlackList +=.*\n?", ""),
    ("getNamesrvConfig", r"(?m)^(rocketmqHome|kvConfigPath|configStorePath)( +=).*$", "$1$2"),
];

/// The output without what is chance in it.
pub(super) fn masked(command: &str, output: &str) -> String {
    let mut text = output.to_owned();
    for (of, pattern, mark) in MASKS.iter().filter(|(of, ..)| of.is_empty() || *of == command) {
        let pattern = Regex::new(pattern).unwrap_or_else(|why| panic!("the mask of `{of}`: {why}"));
        text = pattern.replace_all(&text, *mark).into_owned();
    }
    // Exceptions that a command prints and goes on after go to the error output, which the recorder put behind the other.
    let is_error = |line: &&str| line.starts_with("org.apache.rocketmq.") || line.starts_with("Caused by: ");
    let (errors, lines): (Vec<_>, Vec<_>) = text.lines().partition(is_error);
    text = [lines, errors].concat().join("\n");
    if ["consumerConnection", "producerConnection"].contains(&command) {
        text = with_rows_in_order(&text);
    }
    // The recorder kept no empty lines at the ends of an output; several commands begin with one.
    text.trim_end().trim_start_matches('\n').to_owned()
}

/// A table of clients in the order of their ids. They come in the order of hashes of connections, which are chance.
fn with_rows_in_order(text: &str) -> String {
    let (mut clients, others): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.contains(":PORT "));
    clients.sort_unstable();
    let head = others.len().min(1);
    [&others[..head], &clients, &others[head..]].concat().join("\n")
}

/// The progress of a group without the numbers of messages. From a freeze on, which broker a message went to is chance:
/// its send may have failed in the very millisecond in which the producer gave up, or in the next one.
pub(super) fn uncounted(progress: &str) -> String {
    let row = Regex::new(r"(?m)^(\S+ +\S+ +\d+ +)\d+ +\d+ +(\d+)").expect("a pattern");
    row.replace_all(progress, "$1 COUNT $2").into_owned()
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn what_is_chance_goes_and_the_rest_stays() {
        let row = "DefaultCluster  broker-a  0  127.0.0.1:10911  V5_3_3  0.00(0,0ms)  0-0(0.0w, 0.0)  0  0.1  true\n";
        assert_eq!(masked("clusterList", row), "DefaultCluster  broker-a  0  127.0.0.1:10911  V5_3_3  true");
        let error = "X: command failed\n\tat a.b(C.java:1)\nCaused by: Y: Z\n\t... 2 more\n";
        assert_eq!(masked("topicRoute", error), "X: command failed\nCaused by: Y: Z");
        let progress =
            "%RETRY%g  broker-a  0  0  0  0  0  N/A\nT  broker-a  0  3  3  0  0  2026-11-22 23:47:11";
        assert_eq!(masked("consumerProgress", progress), "T  broker-a  0  3  3  0  0  DATE");
    }
}
