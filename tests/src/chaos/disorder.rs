//! What disturbs a run: faults, orders of an administrator, and questions that must change nothing.

use lab_core::rng::Rng;

use super::plan::{Cast, Lines, once_in, pick};

/// When faults begin, in milliseconds.
const FAULTS: (u64, u64) = (20_000, 140_000);
/// When an administrator is at work.
const ADMINISTRATION: (u64, u64) = (10_000, 120_000);
/// The first moment of the lab in the words of the tool, in milliseconds.
const EPOCH: u64 = 1_767_225_600_000;

/// Pairs of a fault and its end.
pub(super) fn faults(rng: &mut Rng, cast: &Cast) -> Lines {
    let mut faults = Lines::new();
    // Some runs have none: there the order in a queue is held to the strictest rule.
    if once_in(rng, 6) {
        return faults;
    }
    for _ in 0..1 + rng.below(5) {
        let victim = pick(rng, &cast.victims).clone();
        let other = pick(rng, &cast.victims).clone();
        let begin = rng.between(FAULTS.0, FAULTS.1);
        let end = begin + *pick(rng, &[500, 5_000, 20_000, 130_000]);
        let death = if cast.power_failures { "power-off" } else { "kill" };
        let pair = match rng.below(6) {
            0 => [format!("kill {victim}"), format!("restart {victim}")],
            1 => [format!("{death} {victim}"), format!("restart {victim}")],
            2 => [format!("stop {victim}"), format!("restart {victim}")],
            3 => [format!("freeze {victim}"), format!("thaw {victim}")],
            4 => [format!("cut {victim} nsrv-0"), format!("heal {victim} nsrv-0")],
            _ if other == victim => [format!("cut {victim} p"), format!("heal {victim} p")],
            _ => [format!("hold {victim} {other}"), format!("release {victim} {other}")],
        };
        faults.extend([begin, end].into_iter().zip(pair));
    }
    if cast.power_failures && once_in(rng, 4) {
        let broker = pick(rng, &cast.brokers);
        let begin = rng.between(FAULTS.0, FAULTS.1);
        faults.push((begin, format!("kill {broker}")));
        faults.push((begin + 1_000, format!("roll-back {broker} to={}ms", begin / 2)));
        faults.push((begin + 2_000, format!("restart {broker}")));
    }
    faults
}

/// What an administrator changes.
pub(super) fn orders(rng: &mut Rng, cast: &Cast) -> Lines {
    let mut orders = Lines::new();
    for _ in 0..rng.below(4) {
        let at = rng.between(ADMINISTRATION.0, ADMINISTRATION.1);
        let later = at + rng.between(1_000, 20_000);
        let (group, topic) = *pick(rng, &cast.groups);
        match rng.below(9) {
            0 => orders.push((at, reset(rng, group, topic, at))),
            1 => orders.push((
                at,
                format!("mqadmin updateSubGroup -c DefaultCluster -g {group} -r {}", rng.below(3)),
            )),
            2 => orders.extend([(at, "false"), (later, "true")].map(|(at, enabled)| {
                (at, format!("mqadmin updateSubGroup -c DefaultCluster -g {group} -s {enabled}"))
            })),
            3 => {
                // Always the same number: fewer than before would leave messages where nobody reads.
                let read = cast.queues + 2;
                let write = 1 + rng.below(read);
                orders.push((at, format!("mqadmin updateTopic -c DefaultCluster -t T -r {read} -w {write}")));
            }
            4 => orders.push((at, "mqadmin deleteTopic -c DefaultCluster -t U".to_owned())),
            5 => orders.extend([(at, 4), (later, 6)].map(|(at, perm)| {
                (at, format!("mqadmin updateBrokerConfig -c DefaultCluster -k brokerPermission -v {perm}"))
            })),
            6 => {
                let broker = pick(rng, &cast.brokers);
                orders.push((at, format!("mqadmin wipeWritePerm -b {broker}")));
                orders.push((later, format!("mqadmin addWritePerm -b {broker}")));
            }
            7 => orders.push((at, format!("mqadmin deleteSubGroup -c DefaultCluster -g {group}"))),
            _ => orders.push((at, "mqadmin sendMessage -t T -p hello -k s -c A".to_owned())),
        }
    }
    orders
}

fn reset(rng: &mut Rng, group: &str, topic: &str, at: u64) -> String {
    let moment = match rng.below(4) {
        0 => "now".to_owned(),
        1 => (EPOCH + at / 2).to_string(),
        2 => EPOCH.to_string(),
        _ => return format!("mqadmin skipAccumulatedMessage -g {group} -t {topic}"),
    };
    format!("mqadmin resetOffsetByTime -g {group} -t {topic} -s {moment}")
}

/// What an administrator asks.
pub(super) fn questions(rng: &mut Rng, cast: &Cast) -> Lines {
    let count = rng.below(8);
    let mut ask = || {
        let (group, topic) = *pick(rng, &cast.groups);
        let question = match rng.below(26) {
            0 => "topicList".to_owned(),
            1 => "topicList -c".to_owned(),
            2 => format!("topicRoute -t {topic}"),
            3 => format!("topicStatus -t {topic}"),
            4 => format!("topicClusterList -t {topic}"),
            5 => "clusterList".to_owned(),
            6 => "clusterList -m".to_owned(),
            7 => "brokerStatus -b 127.0.0.1:10911".to_owned(),
            8 => "getBrokerConfig -c DefaultCluster".to_owned(),
            9 => "haStatus -c DefaultCluster".to_owned(),
            10 => "consumerProgress".to_owned(),
            11 => format!("consumerProgress -g {group}"),
            12 => format!("consumerConnection -g {group}"),
            13 => "producerConnection -g pg -t T".to_owned(),
            14 => format!("consumerStatus -g {group}"),
            15 => "queryMsgByKey -t T -k k-3".to_owned(),
            16 => "queryMsgByOffset -t T -b broker-a -i 0 -o 1".to_owned(),
            17 => "statsAll".to_owned(),
            18 => "brokerConsumeStats -b 127.0.0.1:10911".to_owned(),
            19 => "allocateMQ -t T -i 10.0.0.1,10.0.0.2".to_owned(),
            20 => "getNamesrvConfig -n 127.0.0.1:9876".to_owned(),
            21 => "topicStatus -t Nowhere".to_owned(),
            22 => "consumerProgress -g nobody".to_owned(),
            23 => "topicRoute".to_owned(),
            24 => "help topicRoute".to_owned(),
            _ => "queryMsgById -t T -i 7F00000100002A9F0000000000000000".to_owned(),
        };
        (rng.between(ADMINISTRATION.0, ADMINISTRATION.1), format!("mqadmin {question}"))
    };
    (0..count).map(|_| ask()).collect()
}

/// Whether a line of `mqadmin` only asks; the others may change what they please.
pub(super) fn is_question(line: &str) -> bool {
    const CHANGES: [&str; 9] = [
        "resetOffsetByTime",
        "skipAccumulatedMessage",
        "updateSubGroup",
        "deleteSubGroup",
        "updateTopic",
        "deleteTopic",
        "updateBrokerConfig",
        "WritePerm",
        "sendMessage",
    ];
    !CHANGES.iter().any(|change| line.contains(change))
}
