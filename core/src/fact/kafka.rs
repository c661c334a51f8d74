//! What happened in the lab's Kafka.

use std::fmt;

use arcstr::ArcStr;

use serde::Serialize;

use crate::id::{GroupName, NodeId, TopicName};
use crate::rpc::kafka::{CommittedOffset, Marker, TopicPartition};
use crate::time::Instant;

/// Facts of Kafka's processes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum KafkaFact {
    /// A frame went onto the wire.
    Sent {
        /// To whom.
        to: NodeId,
        /// Which API.
        api: &'static str,
        /// Whether it is an answer.
        response: bool,
        /// The request's number at the client.
        correlation_id: u32,
        /// Records in it.
        records: usize,
        /// When it arrives.
        arrives: Instant,
    },
    /// Broker: a topic was made.
    TopicCreated {
        /// Which.
        topic: TopicName,
        /// Its partitions.
        partitions: u32,
        /// Whether a client's question for it was the reason (`auto.create.topics.enable`).
        auto: bool,
    },
    /// Broker: a topic was deleted, and all group offsets in it.
    TopicDeleted(TopicName),
    /// Broker: it leads a partition from now on.
    LeaderElected {
        /// Which.
        partition: TopicPartition,
        /// The leader epoch.
        epoch: u32,
        /// Where the epoch starts.
        start_offset: u64,
    },
    /// Broker: records were appended.
    Appended {
        /// Where.
        partition: TopicPartition,
        /// First offset.
        first: u64,
        /// Last offset.
        last: u64,
        /// In this leader epoch.
        epoch: u32,
        /// Whether they belong to a transaction.
        transactional: bool,
    },
    /// Broker: the marker of a transaction was appended.
    MarkerAppended {
        /// Where.
        partition: TopicPartition,
        /// Its offset.
        offset: u64,
        /// Which one.
        marker: Marker,
    },
    /// Broker: records before an offset were deleted.
    RecordsDeleted {
        /// Where.
        partition: TopicPartition,
        /// The log start from now on.
        log_start: u64,
    },
    /// Coordinator: a group is in another state.
    GroupChanged {
        /// Which.
        group: GroupName,
        /// `Empty`, `PreparingRebalance`, `CompletingRebalance`, `Stable`, `Dead`.
        state: &'static str,
        /// Its generation.
        generation: u32,
        /// Its members.
        members: usize,
    },
    /// Coordinator: a member was silent for the session time-out.
    MemberExpired {
        /// The group.
        group: GroupName,
        /// The member.
        member_id: ArcStr,
    },
    /// Coordinator: an offset was changed.
    OffsetCommitted {
        /// The group.
        group: GroupName,
        /// Where.
        partition: TopicPartition,
        /// The offset.
        offset: CommittedOffset,
    },
    /// Consumer: it has these partitions from now on.
    Assigned(Vec<TopicPartition>),
    /// Consumer: it gave these partitions up.
    Revoked(Vec<TopicPartition>),
    /// Consumer: a poll returned records of a partition.
    Consumed {
        /// Where.
        partition: TopicPartition,
        /// How many.
        count: u32,
        /// First offset.
        first: u64,
        /// Last offset.
        last: u64,
        /// First key.
        first_key: ArcStr,
        /// Last key.
        last_key: ArcStr,
    },
    /// Consumer: its position changed.
    Position {
        /// Where.
        partition: TopicPartition,
        /// The next record to read.
        offset: u64,
        /// The leader epoch of the record before it, when known.
        epoch: Option<u32>,
    },
    /// Consumer: a poll threw an exception.
    PollFailed(ArcStr),
    /// Consumer: it has no leader that is as new as its commit, and waits without a word.
    Stalled {
        /// Where.
        partition: TopicPartition,
        /// The newest leader epoch that it has seen, in the commit.
        seen: u32,
        /// The leader epoch in the broker's metadata.
        metadata: u32,
    },
    /// Client: a line in its log, at INFO or above.
    Logged {
        /// Whether it is a warning.
        warn: bool,
        /// The line.
        text: ArcStr,
    },
    /// Producer: all records of an order were sent.
    SendSucceeded {
        /// Where.
        partition: TopicPartition,
        /// The key that the order named.
        key: ArcStr,
        /// How many.
        count: u32,
        /// First offset.
        first: u64,
        /// Last offset.
        last: u64,
    },
    /// Producer: a transaction was sent.
    TransactionSent {
        /// Where.
        partition: TopicPartition,
        /// Key of its first record.
        key: ArcStr,
        /// How many.
        records: u32,
        /// First offset.
        first: u64,
        /// Last offset.
        last: u64,
        /// How it ended; `None` while it is open.
        end: Option<Marker>,
    },
    /// Producer: a send failed for good.
    SendFailed {
        /// The topic.
        topic: TopicName,
        /// The client's exception.
        error: ArcStr,
    },
    /// Producer: a transaction that was left open has ended.
    TransactionEnded(Marker),
    /// Broker: its data directory was copied.
    DirectoryCopied,
    /// Broker: everything but the log of the group offsets was set back to the copy.
    DirectoryRestored,
    /// An administrator's tool has printed this.
    Answered {
        /// The order.
        line: ArcStr,
        /// What it printed.
        output: ArcStr,
    },
}

/// Writes [`KafkaFact::kind`] and [`KafkaFact::KINDS`] from one list.
macro_rules! kinds {
    ($($fact:pat => $kind:literal,)+) => {
        /// A word for it that no other fact has.
        pub const fn kind(&self) -> &'static str {
            match self {
                $($fact => $kind,)+
            }
        }

        /// Every word that [`kind`](Self::kind) can answer.
        pub const KINDS: &'static [&'static str] = &[$($kind),+];
    };
}

impl KafkaFact {
    kinds! {
        Self::Sent { response: false, .. } => "kafka-request-sent",
        Self::Sent { response: true, .. } => "kafka-response-sent",
        Self::TopicCreated { .. } => "kafka-topic-created",
        Self::TopicDeleted(_) => "kafka-topic-deleted",
        Self::LeaderElected { .. } => "kafka-leader-elected",
        Self::Appended { .. } => "kafka-appended",
        Self::MarkerAppended { .. } => "kafka-marker-appended",
        Self::RecordsDeleted { .. } => "kafka-records-deleted",
        Self::GroupChanged { .. } => "kafka-group-changed",
        Self::MemberExpired { .. } => "kafka-member-expired",
        Self::OffsetCommitted { .. } => "kafka-offset-committed",
        Self::Assigned(_) => "kafka-assigned",
        Self::Revoked(_) => "kafka-revoked",
        Self::Consumed { .. } => "kafka-consumed",
        Self::Position { .. } => "kafka-position",
        Self::PollFailed(_) => "kafka-poll-failed",
        Self::Stalled { .. } => "kafka-stalled",
        Self::Logged { .. } => "kafka-logged",
        Self::SendSucceeded { .. } => "kafka-send-succeeded",
        Self::TransactionSent { .. } => "kafka-transaction-sent",
        Self::SendFailed { .. } => "kafka-send-failed",
        Self::TransactionEnded(_) => "kafka-transaction-ended",
        Self::DirectoryCopied => "kafka-directory-copied",
        Self::DirectoryRestored => "kafka-directory-restored",
        Self::Answered { .. } => "kafka-answered",
    }

    /// The topic that it is about.
    pub const fn topic(&self) -> Option<&TopicName> {
        match self {
            Self::TopicCreated { topic, .. } | Self::TopicDeleted(topic) | Self::SendFailed { topic, .. } => {
                Some(topic)
            }
            Self::LeaderElected { partition, .. }
            | Self::Appended { partition, .. }
            | Self::MarkerAppended { partition, .. }
            | Self::RecordsDeleted { partition, .. }
            | Self::OffsetCommitted { partition, .. }
            | Self::Consumed { partition, .. }
            | Self::Position { partition, .. }
            | Self::Stalled { partition, .. }
            | Self::SendSucceeded { partition, .. }
            | Self::TransactionSent { partition, .. } => Some(&partition.topic),
            _ => None,
        }
    }
}

/// `epoch 2`, or `no epoch`.
struct Epoch(Option<u32>);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(epoch) => write!(f, "epoch {epoch}"),
            None => f.write_str("no epoch"),
        }
    }
}

fn list(partitions: &[TopicPartition]) -> String {
    partitions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for KafkaFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent { to, api, correlation_id, records, .. } => {
                write!(f, "→ {to} {api} #{correlation_id}")?;
                if *records > 0 { write!(f, " {records} records") } else { Ok(()) }
            }
            Self::TopicCreated { topic, partitions, auto } => {
                write!(f, "{topic} {partitions} partitions{}", if *auto { " by a question" } else { "" })
            }
            Self::TopicDeleted(topic) => write!(f, "{topic}"),
            Self::LeaderElected { partition, epoch, start_offset } => {
                write!(f, "{partition} epoch {epoch} from {start_offset}")
            }
            Self::Appended { partition, first, last, epoch, transactional } => {
                let part = if *transactional { " in a transaction" } else { "" };
                write!(f, "{partition}@{first}..{last} epoch {epoch}{part}")
            }
            Self::MarkerAppended { partition, offset, marker } => {
                write!(f, "{partition}@{offset} {}", marker.word())
            }
            Self::RecordsDeleted { partition, log_start } => write!(f, "{partition} starts at {log_start}"),
            Self::GroupChanged { group, state, generation, members } => {
                write!(f, "{group} {state} generation {generation} members {members}")
            }
            Self::MemberExpired { group, member_id } => write!(f, "{group} {member_id}"),
            Self::OffsetCommitted { group, partition, offset } => {
                write!(f, "{group} {partition}@{} {}", offset.offset, Epoch(offset.leader_epoch))
            }
            Self::Assigned(partitions) | Self::Revoked(partitions) => write!(f, "[{}]", list(partitions)),
            Self::Consumed { partition, count, first, last, first_key, last_key } => {
                write!(f, "{partition}@{first}..{last} {count} records {first_key}..{last_key}")
            }
            Self::Position { partition, offset, epoch } => {
                write!(f, "{partition}@{offset} {}", Epoch(*epoch))
            }
            Self::PollFailed(error) => f.write_str(error),
            Self::Stalled { partition, seen, metadata } => {
                write!(f, "{partition} epoch {metadata} is older than {seen}")
            }
            Self::Logged { warn, text } => write!(f, "{} {text}", if *warn { "WARN" } else { "INFO" }),
            Self::SendSucceeded { partition, key, count, first, last } => {
                write!(f, "{partition}@{first}..{last} {count} records {key}")
            }
            Self::TransactionSent { partition, key, records, first, last, end } => {
                let end = end.map_or("open", Marker::word);
                write!(f, "{partition}@{first}..{last} {records} records {key} {end}")
            }
            Self::SendFailed { topic, error } => write!(f, "{topic} {error}"),
            Self::TransactionEnded(marker) => f.write_str(marker.word()),
            Self::DirectoryCopied | Self::DirectoryRestored => Ok(()),
            Self::Answered { line, output } => {
                write!(f, "{line}")?;
                output.lines().try_for_each(|line| write!(f, "\n    | {line}"))
            }
        }
    }
}

impl Marker {
    /// `commit` or `abort`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Abort => "abort",
        }
    }
}
