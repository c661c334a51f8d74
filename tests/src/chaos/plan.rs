//! From a seed to a recording: the cluster and its work. What disturbs them stands in `disorder`.

use lab_core::recording::Recording;
use lab_core::rng::Rng;
use lab_core::time::Instant;

use super::{disorder, popping, replicated};

/// When the application begins to send, in milliseconds.
const WORK_BEGINS: u64 = 5_000;

/// Lines of the notation with their moments in milliseconds.
pub(super) type Lines = Vec<(u64, String)>;

/// What a plan decided at first, and what the rest of it depends on.
#[derive(Debug)]
pub(super) struct Cast {
    /// Whether this is the 5.x profile.
    pub(super) is_v5: bool,
    /// Nodes that faults may strike: brokers and consumers.
    pub(super) victims: Vec<String>,
    /// Brokers by their node.
    pub(super) brokers: Vec<String>,
    /// Groups that consume, with their topic.
    pub(super) groups: Vec<(&'static str, &'static str)>,
    /// Readable queues of the topic T at first.
    pub(super) queues: u32,
    /// Whether a host may lose its power.
    pub(super) power_failures: bool,
}

/// The run of this seed.
///
/// # Panics
/// When the plan writes a line that the notation does not have, which is a mistake here.
pub fn of(seed: u64) -> Recording {
    let mut rng = Rng::fork(seed, "plan");
    let (mut lines, mut cast) = servers(&mut rng);
    let profile = if cast.is_v5 { "V5" } else { "V4" };
    let latency = *pick(&mut rng, &["0..0", "1..3", "5..40"]);
    let loss = *pick(&mut rng, &["0%", "0%", "2%"]);
    lines.extend(main_group(&mut rng, &mut cast));
    lines.extend(other_groups(&mut rng, &mut cast));
    lines.extend(sends(&mut rng, &cast));
    lines.extend(disorder::faults(&mut rng, &cast));
    lines.extend(disorder::orders(&mut rng, &cast));
    lines.extend(disorder::questions(&mut rng, &cast));
    lines.extend(popping::lines(seed, cast.is_v5));
    replicated::replicate(seed, cast.is_v5, &mut lines);
    // A stream of its own, so that the plans are otherwise what they would be without traces.
    if once_in(&mut Rng::fork(seed, "traces"), 4) {
        trace(&mut lines);
    }
    lines.sort_by_key(|(at, _)| *at);
    let mut text = format!("lab profile={profile} seed={seed} latency={latency} loss={loss}\n");
    for (at, line) in lines {
        text += &format!("@{} {line}\n", Instant::from_millis(at));
    }
    text.parse().unwrap_or_else(|why| panic!("seed {seed}: {why}\n{text}"))
}

/// Has every client trace.
fn trace(lines: &mut Lines) {
    for (_, line) in lines.iter_mut() {
        if line.starts_with("producer ") || line.starts_with("consumer ") {
            line.push_str(" enableMsgTrace=true");
        }
    }
}

/// One of some things.
pub(super) fn pick<'a, T>(rng: &mut Rng, choices: &'a [T]) -> &'a T {
    &choices[rng.below(u32::try_from(choices.len()).unwrap_or(1)) as usize]
}

/// Happens once in so many times.
pub(super) fn once_in(rng: &mut Rng, times: u32) -> bool {
    rng.below(times) == 0
}

fn servers(rng: &mut Rng) -> (Lines, Cast) {
    let mut lines = vec!["name-server nsrv-0".to_owned()];
    if once_in(rng, 2) {
        lines.push("name-server nsrv-1".to_owned());
    }
    let settings = broker_settings(rng);
    let brokers: Vec<_> = ["broker-a", "broker-b"].into_iter().take(1 + rng.below(2) as usize).collect();
    let role = if once_in(rng, 4) { " brokerRole=SYNC_MASTER" } else { "" };
    lines.extend(brokers.iter().map(|broker| format!("broker {broker}{settings}{role}")));
    let brokers: Vec<String> = brokers.into_iter().map(str::to_owned).collect();
    let mut victims = brokers.clone();
    if once_in(rng, 3) {
        lines.push(format!("broker broker-a-1 name=broker-a id=1{settings}"));
        victims.push("broker-a-1".to_owned());
    }
    let queues = 1 + rng.below(4);
    lines.push(format!("topic T queues={queues}"));
    let cast = Cast {
        is_v5: once_in(rng, 2),
        victims,
        brokers,
        groups: Vec::new(),
        queues,
        power_failures: once_in(rng, 2),
    };
    (lines.into_iter().map(|line| (0, line)).collect(), cast)
}

fn broker_settings(rng: &mut Rng) -> String {
    let mut settings = String::new();
    settings += *pick(rng, &[" flushDiskType=SYNC_FLUSH", " flushDiskType=ASYNC_FLUSH"]);
    settings += *pick(rng, &["", " messageDelayLevel=\"1s 2s 3s 5s 8s\"", " messageDelayLevel=\"1s 1s 2s\""]);
    settings += *pick(rng, &["", " transactionCheckInterval=10000"]);
    settings += *pick(rng, &["", "", " transactionCheckMax=2"]);
    settings += *pick(rng, &["", "", " slaveReadEnable=true"]);
    settings += *pick(rng, &["", "", "", " autoCreateTopicEnable=false"]);
    settings += *pick(rng, &["", "", " useServerSideResetOffset=false"]);
    // Small files; a small disk on top makes the oldest go before their time.
    settings += *pick(
        rng,
        &["", "", "", " mappedFileSizeCommitLog=4000", " mappedFileSizeCommitLog=4000 diskCapacity=60000"],
    );
    settings
}

/// The group that every plan has.
fn main_group(rng: &mut Rng, cast: &mut Cast) -> Lines {
    let strategy = *pick(rng, &["AVG", "AVG_BY_CIRCLE", "CONSISTENT_HASH"]);
    let orderly = once_in(rng, 3);
    let (kind, work, fail) = if orderly {
        let fail = ["", "", " fail=1", " fail=always maxReconsumeTimes=1"];
        (" orderly", *pick(rng, &["0s", "20ms", "300ms"]), *pick(rng, &fail))
    } else {
        let fail = [
            "",
            "",
            "",
            " fail=1",
            " fail=2",
            " fail=always maxReconsumeTimes=1",
            " fail=always maxReconsumeTimes=2",
            " fail=always retry-level=-1",
            " fail=1 consumeMessageBatchMaxSize=4",
        ];
        ("", *pick(rng, &["0s", "20ms", "2s"]), *pick(rng, &fail))
    };
    let consumers: Vec<_> = (0..1 + rng.below(3)).map(|i| format!("c{i}")).collect();
    let line = |consumer| {
        let from = "from=CONSUME_FROM_FIRST_OFFSET";
        format!("consumer {consumer} group=g topic=T {from} strategy={strategy} work={work}{kind}{fail}")
    };
    // One of them may come late, so that queues change hands.
    let late = if once_in(rng, 2) { rng.between(WORK_BEGINS, 60_000) } else { 0 };
    let lines =
        consumers.iter().enumerate().map(|(i, consumer)| (if i == 1 { late } else { 0 }, line(consumer)));
    let lines = lines.collect();
    if late == 0 {
        cast.victims.extend(consumers);
    } else {
        cast.victims.push("c0".to_owned());
    }
    cast.groups.push(("g", "T"));
    lines
}

/// Groups that some plans have: one with a filter, one that broadcasts, one on a topic that may be deleted.
fn other_groups(rng: &mut Rng, cast: &mut Cast) -> Lines {
    let from = "from=CONSUME_FROM_FIRST_OFFSET";
    let mut lines = Lines::new();
    if once_in(rng, 3) {
        lines.push((0, format!("consumer f0 group=f topic=T {from} tags=A")));
        cast.groups.push(("f", "T"));
    }
    if once_in(rng, 4) {
        let fail = *pick(rng, &["", " fail=1"]);
        lines.extend(
            (0..2).map(|i| (0, format!("consumer b{i} group=b topic=T {from} model=BROADCASTING{fail}"))),
        );
        cast.victims.push("b0".to_owned());
    }
    if once_in(rng, 3) {
        lines.push((0, "topic U queues=2".to_owned()));
        lines.push((0, format!("consumer u0 group=gu topic=U {from} fail=1")));
        cast.groups.push(("gu", "U"));
    }
    lines
}

/// What is sent: each kind by a producer of its own, so that none waits for another.
fn sends(rng: &mut Rng, cast: &Cast) -> Lines {
    let mut lines = vec![(0, "producer p group=pg".to_owned())];
    let mode = *pick(rng, &["", "", " async", " one-way", " hash=order"]);
    let (count, every) = (40 + rng.below(60), 200 + rng.below(800));
    lines.push((WORK_BEGINS, format!("send p T count={count} every={every}ms tag=A,B key=k{mode}")));
    if once_in(rng, 2) {
        lines.push((0, "producer d group=dg".to_owned()));
        let time = pick(rng, &["delay=1", "delay=2", "delay=4", "deliver-after=3s", "deliver-after=20s"]);
        lines.push((WORK_BEGINS, format!("send d T count=10 every=3s tag=A key=d {time}")));
    }
    if once_in(rng, 2) {
        let end = pick(
            rng,
            &[
                "COMMIT_MESSAGE",
                "ROLLBACK_MESSAGE",
                "UNKNOW",
                "UNKNOW checks=2",
                "UNKNOW checks=2 then=ROLLBACK_MESSAGE",
                "UNKNOW checks=9",
            ],
        );
        lines.push((0, "producer t group=tg".to_owned()));
        lines.push((WORK_BEGINS, format!("send t T count=8 every=4s tag=B key=t transaction={end}")));
    }
    if cast.groups.iter().any(|(_, topic)| *topic == "U") {
        lines.push((0, "producer u group=ug".to_owned()));
        lines.push((WORK_BEGINS, "send u U count=30 every=2s key=u".to_owned()));
    }
    lines
}
