//! The riddle: the log was set back to ten messages, the group's offset still says 100. Will the group consume again
//! once the end of the log has come to where it stopped (behaviour §5.11)?
//!
//! A hundred messages are consumed. The log is set back to what it was after the first ten; the offsets lie in another
//! file and stay. Five messages come, a minute later ninety more. The administrator asks the tool each time.

use lab_core::config::Profile;
use lab_core::recording::Recording;
use lab_core::time::Instant;

use super::variants::Plan;

/// The offset that the group had committed.
pub const COMMITTED: u64 = 100;

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
}

impl Case {
    /// All of them, in the order of the columns.
    pub const ALL: [Self; 5] =
        [Self::Online, Self::StartsEarly, Self::StartsLate, Self::Empty, Self::FromSlave];

    /// The word by which tests and styles know it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::StartsEarly => "starts-early",
            Self::StartsLate => "starts-late",
            Self::Empty => "empty",
            Self::FromSlave => "from-slave",
        }
    }

    /// The cluster, and what happens after a hundred messages are consumed.
    const fn script(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Online => {
                (ALONE, &[RESTORE, ASK, "run 35s\n", FIVE, "run 60s\n", ASK, NINETY, "run 60s\n", ASK])
            }
            Self::StartsEarly => {
                (ALONE, &[STOP, RESTORE, ASK, START, FIVE, "run 60s\n", ASK, NINETY, "run 60s\n", ASK])
            }
            Self::StartsLate => {
                let story = &[
                    STOP,
                    RESTORE,
                    ASK,
                    "run 35s\n",
                    FIVE,
                    "run 60s\n",
                    ASK,
                    NINETY,
                    "run 20s\n",
                    START,
                    ASK,
                ];
                (ALONE, story)
            }
            Self::Empty => {
                (ALONE, &[STOP, WIPE, ASK, START, FIVE, "run 60s\n", ASK, HUNDRED, "run 60s\n", ASK])
            }
            Self::FromSlave => {
                let story = &[
                    STOP,
                    RESTORE_PAIR,
                    ASK,
                    "run 75s\n",
                    FIVE,
                    "run 10s\nkill broker-a\nrun 1s\n",
                    START,
                    ASK,
                    "restart broker-a\nrun 60s\n",
                    NINETY,
                    "run 60s\n",
                    ASK,
                ];
                (PAIR, story)
            }
        }
    }

    /// How it goes.
    pub(super) fn plan(self, profile: Profile) -> Plan {
        let (cluster, story) = self.script();
        let story = story.concat();
        let recording = format!("lab profile={profile} seed=42 latency=20..60\n{cluster}{BEFORE}{story}");
        // The texts are constants that a test reads; a line that cannot be read would show as an empty column.
        let read: Recording = recording.parse().unwrap_or_default();
        let is_restore = |command: &lab_core::command::Command| {
            matches!(command, lab_core::command::Command::RollBack { .. })
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
