//! The riddle: the log was set back to ten messages, the group's offset still says 100. Will the group consume again
//! once the end of the log has come to where it stopped (behaviour §5.11)?
//!
//! A hundred messages are consumed. The log is set back to what it was after the first ten; the offsets lie in another
//! file and stay. Five messages come, a minute later ninety more. The administrator asks the tool each time.

use lab_core::command::Command;
use lab_core::config::Profile;
use lab_core::recording::Recording;
use lab_core::time::Instant;

use super::variants::{Plan, System};

/// A case of the riddle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Case {
    /// The consumer is there all the time.
    Online,
    /// The consumer comes while the end of the log is still below the offset.
    StartsEarly,
    /// The consumer comes when the end has passed the offset.
    StartsLate,
    /// The log is empty, not only short.
    Empty,
    /// The consumer has only the slave to read from.
    FromSlave,
    /// Kafka, a commit without leader epoch, `auto.offset.reset=latest`.
    KafkaLatest,
    /// The same with `earliest`.
    KafkaEarliest,
    /// The same with `none`, and an application that goes on polling.
    KafkaNone,
    /// Kafka, a commit of an older leader epoch than the restored cluster has, `latest`.
    KafkaOlder,
    /// The same with `none`.
    KafkaOlderNone,
    /// Kafka, a commit of a newer leader epoch than the restored cluster has.
    KafkaNewer,
    /// The same, and in the end one more start of the broker brings its epoch up to that of the commit.
    KafkaCaughtUp,
    /// A newer epoch, and what comes afterwards comes in transactions.
    KafkaTransactional,
}

impl Case {
    /// Those that the lab can run, in the order of the columns.
    pub const READY: &[Self] = &[
        Self::Online,
        Self::StartsEarly,
        Self::StartsLate,
        Self::Empty,
        Self::FromSlave,
        Self::KafkaLatest,
        Self::KafkaEarliest,
        Self::KafkaNone,
        Self::KafkaOlder,
        Self::KafkaOlderNone,
        Self::KafkaNewer,
        Self::KafkaCaughtUp,
        Self::KafkaTransactional,
    ];

    /// What it is a cluster of.
    pub const fn system(self) -> System {
        match self {
            Self::Online | Self::StartsEarly | Self::StartsLate | Self::Empty | Self::FromSlave => {
                System::RocketMq
            }
            Self::KafkaLatest
            | Self::KafkaEarliest
            | Self::KafkaNone
            | Self::KafkaOlder
            | Self::KafkaOlderNone
            | Self::KafkaNewer
            | Self::KafkaCaughtUp
            | Self::KafkaTransactional => System::Kafka,
        }
    }

    /// The word by which tests and styles know it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::StartsEarly => "starts-early",
            Self::StartsLate => "starts-late",
            Self::Empty => "empty",
            Self::FromSlave => "from-slave",
            Self::KafkaLatest => "kafka-latest",
            Self::KafkaEarliest => "kafka-earliest",
            Self::KafkaNone => "kafka-none",
            Self::KafkaOlder => "kafka-older",
            Self::KafkaOlderNone => "kafka-older-none",
            Self::KafkaNewer => "kafka-newer",
            Self::KafkaCaughtUp => "kafka-caught-up",
            Self::KafkaTransactional => "kafka-transactional",
        }
    }

    /// Everything that happens, in the lab's notation.
    fn script(self) -> String {
        match self {
            Self::Online => {
                [ALONE, BEFORE, RESTORE, ASK, "run 35s\n", FIVE, MINUTE, ASK, NINETY, MINUTE, ASK].concat()
            }
            Self::StartsEarly => {
                [ALONE, BEFORE, STOP, RESTORE, ASK, START, FIVE, MINUTE, ASK, NINETY, MINUTE, ASK].concat()
            }
            Self::StartsLate => {
                let late = [FIVE, MINUTE, ASK, NINETY, "run 20s\n", START, ASK].concat();
                [ALONE, BEFORE, STOP, RESTORE, ASK, "run 35s\n", &late].concat()
            }
            Self::Empty => {
                [ALONE, BEFORE, STOP, WIPE, ASK, START, FIVE, MINUTE, ASK, HUNDRED, MINUTE, ASK].concat()
            }
            Self::FromSlave => {
                let dead = ["run 10s\nkill broker-a\nrun 1s\n", START, ASK].concat();
                let back = ["restart broker-a\n", MINUTE, NINETY, MINUTE, ASK].concat();
                [PAIR, BEFORE, STOP, RESTORE_PAIR, ASK, "run 75s\n", FIVE, &dead, &back].concat()
            }
            Self::KafkaLatest => kafka("latest", Epoch::Without, "", ""),
            Self::KafkaEarliest => kafka("earliest", Epoch::Without, "", ""),
            Self::KafkaNone => kafka("none", Epoch::Without, "", ""),
            Self::KafkaOlder => kafka("latest", Epoch::Older, "", ""),
            Self::KafkaOlderNone => kafka("none", Epoch::Older, "", ""),
            Self::KafkaNewer => kafka("latest", Epoch::Newer, "", ""),
            Self::KafkaCaughtUp => kafka("latest", Epoch::Newer, "", KAFKA_AGAIN),
            Self::KafkaTransactional => kafka("latest", Epoch::Newer, " transactional-id=shop-tx", ""),
        }
    }

    /// How it goes.
    pub(super) fn plan(self, profile: Profile) -> Plan {
        let recording = format!("lab profile={profile} seed=42 latency=20..60\n{}", self.script());
        // The texts are constants that a test reads; a line that cannot be read would show as an empty column.
        let read: Recording = recording.parse().unwrap_or_default();
        let is_restore = |command: &Command| {
            let text = command.to_string();
            text.starts_with("roll-back ") || text.starts_with("kafka-restore ")
        };
        let restore = read.commands.iter().find(|(_, command)| is_restore(command));
        let from = restore.map_or(Instant::ZERO, |(at, _)| *at);
        Plan { recording, orders: Vec::new(), from, end: read.end }
    }
}

const ALONE: &str = "name-server nsrv-0\nbroker broker-a\n";

const PAIR: &str = "\
name-server nsrv-0
broker broker-a slaveReadEnable=true
broker broker-a-1 name=broker-a id=1 slaveReadEnable=true
";

const BEFORE: &str = "\
topic Orders queues=1
run 2s
producer shop group=shop-pg
consumer worker group=order-cg topic=Orders from=CONSUME_FROM_FIRST_OFFSET work=0s
run 2s
send shop Orders count=10 key=old
run 10s
send shop Orders count=90 key=lost
run 20s
";

/// The leader epoch in the group's commit, against that of the restored cluster. Each start of the broker is a new
/// epoch.
#[derive(Clone, Copy)]
enum Epoch {
    /// None, as tools and old clients commit.
    Without,
    /// An older one.
    Older,
    /// A newer one.
    Newer,
}

/// A case of Kafka: the copy is made after ten records, and everything but the group offsets is set back to it.
/// `late` happens when the end of the log has passed the offset, before the tool is asked for the last time.
fn kafka(reset: &str, epoch: Epoch, producer: &str, late: &str) -> String {
    let (before, after) = match epoch {
        Epoch::Without => ("", "kafka-alter-offset order-cg Orders offset=100\nrun 1s\n"),
        Epoch::Older => ("", KAFKA_AGAIN),
        Epoch::Newer => (KAFKA_AGAIN, ""),
    };
    let send = |count: u32, key: &str| format!("kafka-send later Orders count={count} key={key}\n");
    let (five, ninety) = (send(5, "new"), send(90, "more"));
    format!(
        "kafka-broker kafka-0\nrun 2s\nkafka-topic Orders\nkafka-producer shop\nrun 2s\n\
         kafka-send shop Orders count=10 key=old\nrun 5s\nstop kafka-0\nrun 5s\nkafka-copy kafka-0\nrestart kafka-0\n\
         run 10s\n{before}kafka-consumer worker group=order-cg topic=Orders reset=earliest\nrun 5s\n\
         kafka-send shop Orders count=90 key=lost\nrun 20s\nstop worker\nrun 1s\nremove worker\nstop kafka-0\nrun 40s\n\
         kafka-restore kafka-0\nrestart kafka-0\nrun 5s\n{after}kafka-producer later{producer}\nrun 2s\n{KAFKA_ASK}\
         kafka-consumer worker-2 group=order-cg topic=Orders reset={reset}\nrun 60s\n{five}run 60s\n{KAFKA_ASK}\
         {ninety}run 60s\n{late}{KAFKA_ASK}"
    )
}

const KAFKA_AGAIN: &str = "stop kafka-0\nrun 5s\nrestart kafka-0\nrun 10s\n";
const KAFKA_ASK: &str = "kafka-consumer-groups --describe --group order-cg\nrun 5s\n";
const MINUTE: &str = "run 60s\n";
const STOP: &str = "stop worker\nrun 1s\n";
const START: &str = "restart worker\nrun 60s\n";
const RESTORE: &str = "\
stop broker-a
run 40s
roll-back broker-a to=10s
restart broker-a
run 2s
";
const WIPE: &str = "\
stop broker-a
run 40s
roll-back broker-a
restart broker-a
run 2s
";
const RESTORE_PAIR: &str = "\
stop broker-a
stop broker-a-1
run 40s
roll-back broker-a to=10s
roll-back broker-a-1 to=10s
restart broker-a
restart broker-a-1
run 2s
";
const ASK: &str = "mqadmin consumerProgress -g order-cg\nrun 5s\n";
const FIVE: &str = "send shop Orders count=5 key=new\n";
const NINETY: &str = "send shop Orders count=90 key=more\n";
const HUNDRED: &str = "send shop Orders count=100 key=more\n";
