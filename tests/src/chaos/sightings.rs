//! *Sometimes* properties: surprising things that RocketMQ's rules allow, each of which some run must show. They prove
//! that the random runs reach the situations that the other properties speak of.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use lab_core::fact::{Fact, PopFact, RemovalReason};
use lab_core::id::{ClientId, GroupName, MessageQueue};
use lab_core::lab::Lab;
use lab_core::rpc::TransactionState;

use super::check::{acknowledged, keys, owners, stored, surprises};

/// Something surprising, with the words that tell of it.
macro_rules! surprises {
    ($($(#[$doc:meta])* $name:ident = $words:literal,)+) => {
        /// Something surprising that RocketMQ's rules allow.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Surprise {
            $($(#[$doc])* $name,)+
        }

        impl Surprise {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
        }

        impl fmt::Display for Surprise {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$name => $words),+ })
            }
        }
    };
}

surprises! {
    /// A message was handed to a listener twice.
    DeliveredTwice = "a message delivered twice",
    /// Two members held one queue at the same moment.
    SharedQueue = "two members with one queue",
    /// A broker's offset of a group went back.
    OffsetWentBack = "an offset that went back",
    /// A message that a producer was told is stored was lost.
    AcknowledgedLost = "an acknowledged message lost under ASYNC_FLUSH",
    /// A send failed although its message was stored.
    FailedButStored = "a failed send that was stored",
    /// A send was retried on another broker.
    Retried = "a send retried elsewhere",
    /// A name server dropped a broker that said nothing for 120 s.
    SilentBrokerDropped = "a silent broker dropped",
    /// A message failed so often that it was given up.
    DeadLetter = "a dead letter",
    /// A message that failed came again and succeeded.
    SentBack = "a failed message sent back",
    /// No broker took a failed message back, so the consumer kept it.
    RetriedHere = "a failed message retried by its consumer",
    /// A broadcasting member dropped what it failed with.
    FailureDropped = "a failure dropped by a broadcasting member",
    /// An orderly listener failed and held its queue up.
    QueueSuspended = "an orderly queue held up",
    /// The lock of a queue went to another member.
    LockMoved = "a lock moved to another member",
    /// A member was refused a lock that another held.
    LockRefused = "a lock refused",
    /// The time of a delay level was over.
    DelayedDelivered = "a message of a delay level delivered",
    /// A message with a time of its own was delivered.
    TimerDelivered = "a message with a time of its own delivered",
    /// A broker asked how a transaction ended.
    CheckAsked = "a broker that asked about a transaction",
    /// A transaction was rolled back.
    RolledBack = "a transaction rolled back",
    /// A half message was given up.
    TransactionDiscarded = "a half message given up",
    /// A group was sent elsewhere.
    OffsetReset = "a group sent elsewhere",
    /// Members stopped for a reset.
    ConsumerSuspended = "members stopped for a reset",
    /// A topic was deleted.
    TopicDeleted = "a topic deleted",
    /// A group's settings were deleted.
    GroupDeleted = "a group deleted",
    /// A full disk took files.
    FilesDeleted = "files that a full disk took",
    /// An illegal offset was corrected.
    OffsetCorrected = "an offset corrected",
    /// A popped message was not acknowledged in time.
    Revived = "a popped message revived",
    /// A listener finished with a popped message too late.
    PopResultIgnored = "a result too late for its invisible time",
    /// Replicas of a DLedger group elected another leader.
    LeaderElected = "a DLedger leader elected after the first",
    /// A controller made another replica the master.
    MasterElected = "a master elected by a controller after the first",
    /// What the new master does not have was cut off an old one's log.
    TailTruncated = "a truncated tail",
    /// An acting slave stored at another broker what was due.
    Escaped = "a message that escaped from an acting slave",
    /// A producer's sends succeeded again, at another replica.
    WritesCameBack = "writes that came back with another master",
    /// The tool was asked something.
    ToolAnswered = "an answer of the tool",
}

/// What was seen.
pub type Sightings = BTreeSet<Surprise>;

/// The surprises that none of the runs showed.
pub fn missing(seen: &Sightings) -> Vec<String> {
    Surprise::ALL.iter().filter(|surprise| !seen.contains(surprise)).map(ToString::to_string).collect()
}

/// Looks for what only shows while it lasts.
pub fn glance(lab: &Lab, seen: &mut Sightings) {
    if owners(&lab.view(0)).values().any(|owners| owners.len() > 1) {
        seen.insert(Surprise::SharedQueue);
    }
}

/// Looks for surprises in a finished run.
pub fn look_back(lab: &Lab, seen: &mut Sightings) {
    let mut delivered = BTreeSet::new();
    let mut failed = BTreeSet::new();
    let mut locks: BTreeMap<(&GroupName, &MessageQueue), &ClientId> = BTreeMap::new();
    for event in lab.trace() {
        let is_seen = match &event.fact {
            Fact::MessageDelivered { message, .. } => {
                !delivered.insert((&event.node, &message.queue, message.offset))
            }
            Fact::SendFailed { unique_key, .. } => {
                failed.insert(unique_key.clone());
                false
            }
            Fact::QueueLocked { group, queue, client_id } => {
                locks.insert((group, queue), client_id).is_some_and(|before| before != client_id)
            }
            _ => true,
        };
        seen.extend(surprise_of(&event.fact).filter(|_| is_seen));
    }
    surprises(lab, seen);
    let stored = keys(&stored(lab));
    if acknowledged(lab).keys().any(|key| !stored.contains(key)) {
        seen.insert(Surprise::AcknowledgedLost);
    }
    if !failed.is_disjoint(&stored) {
        seen.insert(Surprise::FailedButStored);
    }
}

/// What a fact shows, given that it is one of the surprising ones of its kind.
fn surprise_of(fact: &Fact) -> Option<Surprise> {
    Some(match fact {
        Fact::MessageDelivered { .. } => Surprise::DeliveredTwice,
        Fact::OffsetCommitted { before: Some(before), offset, .. } if offset < before => {
            Surprise::OffsetWentBack
        }
        Fact::SendRetried { .. } => Surprise::Retried,
        Fact::BrokerRemoved { reason: RemovalReason::ChannelIdle, .. } => Surprise::SilentBrokerDropped,
        Fact::DeadLettered { .. } => Surprise::DeadLetter,
        Fact::MessageSentBack { .. } => Surprise::SentBack,
        Fact::RetriedHere { .. } => Surprise::RetriedHere,
        Fact::FailureDropped { .. } => Surprise::FailureDropped,
        Fact::QueueSuspended { .. } => Surprise::QueueSuspended,
        Fact::QueueLocked { .. } => Surprise::LockMoved,
        Fact::LockRefused { .. } => Surprise::LockRefused,
        Fact::DelayedMessageDue { .. } => Surprise::DelayedDelivered,
        Fact::TimerMessageDue { .. } => Surprise::TimerDelivered,
        Fact::TransactionChecked { client_id: Some(_), .. } => Surprise::CheckAsked,
        Fact::TransactionEnded { state: TransactionState::Rollback, .. } => Surprise::RolledBack,
        Fact::TransactionDiscarded { .. } => Surprise::TransactionDiscarded,
        Fact::OffsetReset { .. } => Surprise::OffsetReset,
        Fact::ConsumerSuspended => Surprise::ConsumerSuspended,
        Fact::TopicDeleted { .. } => Surprise::TopicDeleted,
        Fact::GroupDeleted { .. } => Surprise::GroupDeleted,
        Fact::FilesDeleted { .. } => Surprise::FilesDeleted,
        Fact::OffsetCorrected { .. } => Surprise::OffsetCorrected,
        Fact::Pop(PopFact::Revived { .. }) => Surprise::Revived,
        Fact::Pop(PopFact::ResultIgnored { .. }) => Surprise::PopResultIgnored,
        Fact::MqadminAnswered { .. } => Surprise::ToolAnswered,
        _ => return None,
    })
}
