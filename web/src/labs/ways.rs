//! Five ways to survive: the clusters that lose a master, and what happens to it.
//!
//! Every cluster is up for 90 s before its clients come: a slave of V5 copies the topic table for the first time after
//! a minute, and one that never did could not serve reads however it is configured (behaviour §4.3). The fault comes
//! 20 s after the clients, the process returns 60 s later; sending ends 40 s after that and reading has 30 s more.
//!
//! A second group comes a second after the fault and reads from the beginning. The first one has read everything by then
//! and wants nothing but what is new, so only the second shows who serves reads while the master is away.

use lab_core::command::Command;
use lab_core::config::Profile;
use lab_core::id::NodeId;
use lab_core::time::Instant;

use super::variants::{Order, Plan};

/// The fault.
const FAULT_MS: u64 = 110_000;
/// The second group.
const NEWCOMER_MS: u64 = FAULT_MS + 1_000;
/// The return.
const RETURN_MS: u64 = 170_000;
/// The last send.
const QUIET_MS: u64 = 210_000;
/// The end.
const END_MS: u64 = 240_000;

/// A way to arrange brokers so that the loss of one costs less (behaviour §4.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// ASYNC_MASTER with a slave.
    Async,
    /// The same, and the slave serves reads.
    AsyncSlaveReads,
    /// The master waits for its slave.
    Sync,
    /// The same, and the slave serves reads.
    SyncSlaveReads,
    /// Three DLedger brokers that elect their leader by Raft.
    DLedger,
    /// Three brokers and one controller that appoints the master.
    Controller,
    /// The same with three controllers.
    ControllerGroup,
    /// A slave that acts as master for what does not write, beside a second broker name.
    Acting,
}

impl Way {
    /// Those that the lab can run, in the order of the columns.
    const READY: &[Self] = &[
        Self::Async,
        Self::AsyncSlaveReads,
        Self::Sync,
        Self::SyncSlaveReads,
        Self::DLedger,
        Self::Controller,
        Self::ControllerGroup,
        Self::Acting,
    ];

    /// The ways of a version: controller and acting master came with 5.0.
    pub fn of(profile: Profile) -> impl Iterator<Item = Self> {
        let is_new = |way: &Self| matches!(way, Self::Controller | Self::ControllerGroup | Self::Acting);
        Self::READY.iter().copied().filter(move |way| profile == Profile::V5 || !is_new(way))
    }

    /// The word by which tests and styles know it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Async => "async",
            Self::AsyncSlaveReads => "async-slave-reads",
            Self::Sync => "sync",
            Self::SyncSlaveReads => "sync-slave-reads",
            Self::DLedger => "dledger",
            Self::Controller => "controller",
            Self::ControllerGroup => "controller-group",
            Self::Acting => "acting",
        }
    }

    /// The brokers, with what has to be there before them.
    fn cluster(self, profile: Profile) -> String {
        // In V5 SYNC_MASTER alone waits for nobody: inSyncReplicas counts the master too (behaviour §4.2).
        let sync = match profile {
            Profile::V4 => "brokerRole=SYNC_MASTER",
            Profile::V5 => "brokerRole=SYNC_MASTER inSyncReplicas=2",
        };
        let pair = |master: &str, both: &str| {
            format!(
                "name-server nsrv-0\nbroker broker-a {master}{both}\nbroker broker-a-1 name=broker-a id=1{both}\n"
            )
        };
        let reads = " slaveReadEnable=true";
        match self {
            Self::Async => pair("brokerRole=ASYNC_MASTER", ""),
            Self::AsyncSlaveReads => pair("brokerRole=ASYNC_MASTER", reads),
            Self::Sync => pair(sync, ""),
            Self::SyncSlaveReads => pair(sync, reads),
            Self::DLedger => DLEDGER.to_owned(),
            Self::Controller => format!("name-server nsrv-0\ncontroller c0\n{CONTROLLED}"),
            Self::ControllerGroup => {
                format!("name-server nsrv-0\ncontroller c0\ncontroller c1\ncontroller c2\n{CONTROLLED}")
            }
            Self::Acting => ACTING.to_owned(),
        }
    }

    /// How it goes with a fault.
    pub(super) fn plan(self, profile: Profile, fault: Fault) -> Plan {
        let first = format!("lab profile={profile} seed=42 latency=20..60\n");
        let at = Instant::from_millis;
        Plan {
            recording: first + &self.cluster(profile) + CLIENTS,
            orders: vec![
                (at(FAULT_MS), Order::Break(fault)),
                (at(NEWCOMER_MS), Order::Line(NEWCOMER)),
                (at(RETURN_MS), Order::Mend(fault)),
                (at(QUIET_MS), Order::Line("quiet order-producer")),
            ],
            from: at(FAULT_MS),
            end: at(END_MS),
        }
    }
}

/// Where masters are elected there is one to create the topic on after 20 s at the latest.
const CLIENTS: &str = "\
run 20s
topic Orders queues=4
run 70s
producer order-producer group=order-pg
consumer order-consumer group=order-cg topic=Orders from=CONSUME_FROM_FIRST_OFFSET work=20ms
produce order-producer Orders every=200ms key=order
";

const NEWCOMER: &str =
    "consumer audit-consumer group=audit-cg topic=Orders from=CONSUME_FROM_FIRST_OFFSET work=1ms";

const DLEDGER: &str = "\
name-server nsrv-0
broker n0 name=broker-a enableDLegerCommitLog=true dLegerGroup=broker-a dLegerSelfId=n0
broker n1 name=broker-a enableDLegerCommitLog=true dLegerGroup=broker-a dLegerSelfId=n1
broker n2 name=broker-a enableDLegerCommitLog=true dLegerGroup=broker-a dLegerSelfId=n2
";

const CONTROLLED: &str = "\
broker broker-a-0 name=broker-a enableControllerMode=true
broker broker-a-1 name=broker-a enableControllerMode=true
broker broker-a-2 name=broker-a enableControllerMode=true
";

const ACTING: &str = "\
name-server nsrv-0 supportActingMaster=true
broker broker-a enableSlaveActingMaster=true slaveReadEnable=true
broker broker-a-1 name=broker-a id=1 enableSlaveActingMaster=true slaveReadEnable=true
broker broker-b enableSlaveActingMaster=true slaveReadEnable=true
broker broker-b-1 name=broker-b id=1 enableSlaveActingMaster=true slaveReadEnable=true
";

/// What happens to the master.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Its process ends: its connections close, its pages survive.
    #[default]
    Kill,
    /// Its process stands still: its connections stay.
    Freeze,
    /// Its host loses its power: nobody is told, and what was not flushed is gone.
    PowerOff,
}

impl Fault {
    /// All of them, in the order of the choice.
    pub const ALL: [Self; 3] = [Self::Kill, Self::Freeze, Self::PowerOff];

    /// The word by which tests and styles know it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Freeze => "freeze",
            Self::PowerOff => "power-off",
        }
    }

    /// The order that causes it.
    pub const fn breaks(self, node: NodeId) -> Command {
        match self {
            Self::Kill => Command::Kill(node),
            Self::Freeze => Command::Freeze(node),
            Self::PowerOff => Command::PowerOff(node),
        }
    }

    /// The order that ends it.
    pub const fn mends(self, node: NodeId) -> Command {
        match self {
            Self::Kill | Self::PowerOff => Command::Restart(node),
            Self::Freeze => Command::Thaw(node),
        }
    }
}
