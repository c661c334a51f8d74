//! What Kafka's processes say to each other: one variant per API that the lab's Kafka needs.
//!
//! **In Kafka** (3.9): `ApiKeys` with the `*RequestData` and `*ResponseData` classes, `Errors`, `TopicPartition`,
//! `OffsetAndMetadata`, `ControlRecordType`.
//!
//! **Left out on purpose**: the bytes; batches (records carry the fields of theirs); fetch sessions; versions of APIs.

use std::fmt;
use std::sync::Arc;

use arcstr::ArcStr;

use serde::{Serialize, Serializer};

use crate::id::{GroupName, TopicName};
use crate::time::{Duration, Instant};

/// A partition of a topic. Prints as `T-0` (`TopicPartition`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic.
    pub topic: TopicName,
    /// Its number in the topic, from 0.
    pub partition: u32,
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

impl Serialize for TopicPartition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A group's progress in a partition as the coordinator keeps it (`OffsetAndMetadata`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct CommittedOffset {
    /// The next record to read.
    pub offset: u64,
    /// The leader epoch of the last record read, when the client knew one.
    pub leader_epoch: Option<u32>,
}

/// How a transaction ended (`ControlRecordType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Marker {
    /// Its records may be read.
    Commit,
    /// Readers of committed records skip its records.
    Abort,
}

/// A record in a partition log, with what its batch says about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct KafkaRecord {
    /// Its place in the partition.
    pub offset: u64,
    /// The key; `None` for markers.
    pub key: Option<ArcStr>,
    /// The leader epoch in which it was appended (`partitionLeaderEpoch`).
    pub leader_epoch: u32,
    /// The transactional producer whose it is.
    pub producer_id: Option<u64>,
    /// Set for the marker that ends a transaction.
    pub marker: Option<Marker>,
    /// When it was appended.
    pub at: Instant,
}

/// Which records a reader sees (`isolation.level`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub enum IsolationLevel {
    /// All.
    #[default]
    ReadUncommitted,
    /// Those before the last stable offset, without those of aborted transactions.
    ReadCommitted,
}

/// An answer's error (`Errors`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum KafkaError {
    /// No partition of this name is here.
    UnknownTopicOrPartition,
    /// The fetch offset lies outside of the log.
    OffsetOutOfRange,
    /// The client's leader epoch is older than the partition's.
    FencedLeaderEpoch,
    /// The client's leader epoch is newer than the partition's.
    UnknownLeaderEpoch,
    /// The member has to join again, with the id that comes with this.
    MemberIdRequired,
    /// The group does not have this member.
    UnknownMemberId,
    /// The group has had a rebalance since.
    IllegalGeneration,
    /// The group is being divided anew.
    RebalanceInProgress,
    /// A topic of this name is there.
    TopicAlreadyExists,
    /// The transactional producer is in another state, or another producer has taken its id over.
    InvalidTxnState,
    /// Nobody has this group.
    GroupIdNotFound,
}

impl KafkaError {
    /// The name in the protocol.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownTopicOrPartition => "UNKNOWN_TOPIC_OR_PARTITION",
            Self::OffsetOutOfRange => "OFFSET_OUT_OF_RANGE",
            Self::FencedLeaderEpoch => "FENCED_LEADER_EPOCH",
            Self::UnknownLeaderEpoch => "UNKNOWN_LEADER_EPOCH",
            Self::MemberIdRequired => "MEMBER_ID_REQUIRED",
            Self::UnknownMemberId => "UNKNOWN_MEMBER_ID",
            Self::IllegalGeneration => "ILLEGAL_GENERATION",
            Self::RebalanceInProgress => "REBALANCE_IN_PROGRESS",
            Self::TopicAlreadyExists => "TOPIC_ALREADY_EXISTS",
            Self::InvalidTxnState => "INVALID_TXN_STATE",
            Self::GroupIdNotFound => "GROUP_ID_NOT_FOUND",
        }
    }

    /// What the client's exception says, where it is shown.
    pub const fn message(self) -> &'static str {
        match self {
            Self::UnknownTopicOrPartition => "This server does not host this topic-partition.",
            Self::OffsetOutOfRange => {
                "The requested offset is not within the range of offsets maintained by the server."
            }
            Self::UnknownMemberId => "The coordinator is not aware of this member.",
            Self::IllegalGeneration => "Specified group generation id is not valid.",
            Self::RebalanceInProgress => "The group is rebalancing, so a rejoin is needed.",
            _ => self.name(),
        }
    }
}

/// Which offset is asked for (`ListOffsetsRequest`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OffsetSpec {
    /// The log start.
    Earliest,
    /// The log end, or the last stable offset for readers of committed records.
    Latest,
}

/// What a fetch asks of one partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FetchPartition {
    /// Which.
    pub partition: TopicPartition,
    /// The first record wanted.
    pub offset: u64,
    /// The leader epoch that the client knows of.
    pub current_leader_epoch: Option<u32>,
}

/// What a fetch got of one partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fetched {
    /// Which.
    pub partition: TopicPartition,
    /// The offset that was asked for.
    pub offset: u64,
    /// Set when it failed.
    pub error: Option<KafkaError>,
    /// The records, with markers.
    pub records: Vec<Arc<KafkaRecord>>,
    /// Aborted transactions among them: producer and first offset; for readers of committed records only.
    pub aborted: Vec<(u64, u64)>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KafkaRequest {
    /// Topics and leaders. Topics that do not exist are made when that is allowed.
    Metadata {
        /// Which topics; `None` for all.
        topics: Option<Vec<TopicName>>,
        /// `allow.auto.create.topics`.
        allow_auto_topic_creation: bool,
    },
    /// Which broker coordinates a group or a transactional producer.
    FindCoordinator,
    /// A member wants to be in the next generation.
    JoinGroup {
        /// The group.
        group: GroupName,
        /// Its id, empty at first.
        member_id: ArcStr,
        /// Its client id.
        client_id: ArcStr,
        /// What it subscribes to.
        topics: Vec<TopicName>,
        /// `session.timeout.ms`.
        session_timeout: Duration,
        /// `max.poll.interval.ms`.
        rebalance_timeout: Duration,
    },
    /// A member wants its assignment; the leader brings all of them.
    SyncGroup {
        /// The group.
        group: GroupName,
        /// The generation.
        generation: u32,
        /// The member.
        member_id: ArcStr,
        /// From the leader: member and partitions.
        assignments: Vec<(ArcStr, Vec<TopicPartition>)>,
    },
    /// A member is there.
    Heartbeat {
        /// The group.
        group: GroupName,
        /// The generation.
        generation: u32,
        /// The member.
        member_id: ArcStr,
    },
    /// A member goes.
    LeaveGroup {
        /// The group.
        group: GroupName,
        /// The member.
        member_id: ArcStr,
    },
    /// Offsets to keep.
    OffsetCommit {
        /// The group.
        group: GroupName,
        /// Generation and member; `None` from an administrator.
        member: Option<(u32, ArcStr)>,
        /// The offsets.
        offsets: Vec<(TopicPartition, CommittedOffset)>,
    },
    /// The offsets that are kept.
    OffsetFetch {
        /// The group.
        group: GroupName,
        /// Of these partitions; `None` for all.
        partitions: Option<Vec<TopicPartition>>,
    },
    /// Log start or end.
    ListOffsets {
        /// For whom.
        isolation: IsolationLevel,
        /// Which.
        partitions: Vec<(TopicPartition, OffsetSpec)>,
    },
    /// Where an epoch ended (KIP-320): partition, the client's current epoch, the epoch in question.
    OffsetForLeaderEpoch(Vec<(TopicPartition, Option<u32>, u32)>),
    /// Records.
    Fetch {
        /// `fetch.max.wait.ms`.
        max_wait: Duration,
        /// For whom.
        isolation: IsolationLevel,
        /// Of which partitions.
        partitions: Vec<FetchPartition>,
    },
    /// Records to append.
    Produce {
        /// Where.
        partition: TopicPartition,
        /// The producer.
        producer_id: u64,
        /// Whether it is within a transaction.
        transactional: bool,
        /// The number of the first record at this producer and partition.
        sequence: u64,
        /// The keys.
        keys: Vec<ArcStr>,
    },
    /// A producer wants an id; a transactional one also ends what an earlier one left open.
    InitProducerId {
        /// `transactional.id`.
        transactional_id: Option<ArcStr>,
        /// `transaction.timeout.ms`.
        transaction_timeout: Duration,
    },
    /// Partitions become part of the transaction.
    AddPartitionsToTxn {
        /// `transactional.id`.
        transactional_id: ArcStr,
        /// The producer.
        producer_id: u64,
        /// The partition.
        partition: TopicPartition,
    },
    /// The transaction ends.
    EndTxn {
        /// `transactional.id`.
        transactional_id: ArcStr,
        /// The producer.
        producer_id: u64,
        /// How.
        marker: Marker,
    },
    /// An administrator's new topic.
    CreateTopics {
        /// Its name.
        topic: TopicName,
        /// Its partitions.
        partitions: u32,
    },
    /// An administrator deletes a topic.
    DeleteTopics(TopicName),
    /// An administrator deletes records before an offset.
    DeleteRecords(TopicPartition, i64),
    /// State and members of a group.
    DescribeGroups(GroupName),
    /// All groups.
    ListGroups,
}

impl KafkaRequest {
    /// The name of the API (`ApiKeys`).
    pub const fn api(&self) -> &'static str {
        match self {
            Self::Metadata { .. } => "METADATA",
            Self::FindCoordinator => "FIND_COORDINATOR",
            Self::JoinGroup { .. } => "JOIN_GROUP",
            Self::SyncGroup { .. } => "SYNC_GROUP",
            Self::Heartbeat { .. } => "HEARTBEAT",
            Self::LeaveGroup { .. } => "LEAVE_GROUP",
            Self::OffsetCommit { .. } => "OFFSET_COMMIT",
            Self::OffsetFetch { .. } => "OFFSET_FETCH",
            Self::ListOffsets { .. } => "LIST_OFFSETS",
            Self::OffsetForLeaderEpoch(_) => "OFFSET_FOR_LEADER_EPOCH",
            Self::Fetch { .. } => "FETCH",
            Self::Produce { .. } => "PRODUCE",
            Self::InitProducerId { .. } => "INIT_PRODUCER_ID",
            Self::AddPartitionsToTxn { .. } => "ADD_PARTITIONS_TO_TXN",
            Self::EndTxn { .. } => "END_TXN",
            Self::CreateTopics { .. } => "CREATE_TOPICS",
            Self::DeleteTopics(_) => "DELETE_TOPICS",
            Self::DeleteRecords(..) => "DELETE_RECORDS",
            Self::DescribeGroups(_) => "DESCRIBE_GROUPS",
            Self::ListGroups => "LIST_GROUPS",
        }
    }
}

/// What a metadata answer says of a topic that is there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TopicMetadata {
    /// Changes when a topic is deleted and made again.
    pub topic_id: u64,
    /// The leader epoch of each partition.
    pub leader_epochs: Vec<u32>,
}

/// A member of a group as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MemberDescription {
    /// Its id.
    pub member_id: ArcStr,
    /// Its client id.
    pub client_id: ArcStr,
    /// Where it comes from, `/127.0.0.1`.
    pub host: ArcStr,
    /// What it has.
    pub partitions: Vec<TopicPartition>,
}

/// What an answer says of a partition, or why it does not.
pub type OfPartition<T> = (TopicPartition, Result<T, KafkaError>);

/// State, protocol and members of a group.
pub type GroupDescription = (ArcStr, ArcStr, Vec<MemberDescription>);

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KafkaResponse {
    /// To `Metadata`: each topic, or why not.
    Metadata(Vec<(TopicName, Result<TopicMetadata, KafkaError>)>),
    /// Done, or why not: `FindCoordinator`, `Heartbeat`, `LeaveGroup`, `AddPartitionsToTxn`, `EndTxn`, `CreateTopics`,
    /// `DeleteTopics`, `DeleteRecords`.
    Done(Result<(), KafkaError>),
    /// To `JoinGroup`.
    Joined {
        /// Set when it failed.
        error: Option<KafkaError>,
        /// The generation.
        generation: u32,
        /// The member's id, a new one for who had none.
        member_id: ArcStr,
        /// Who divides the partitions.
        leader: ArcStr,
        /// For the leader: all members with their subscriptions.
        members: Vec<(ArcStr, Vec<TopicName>)>,
    },
    /// To `SyncGroup`.
    Synced(Result<Vec<TopicPartition>, KafkaError>),
    /// To `OffsetCommit`.
    OffsetsCommitted(Vec<(TopicPartition, Result<(), KafkaError>)>),
    /// To `OffsetFetch`: those that there are.
    Offsets(Vec<(TopicPartition, CommittedOffset)>),
    /// To `ListOffsets`: offset and leader epoch.
    ListedOffsets(Vec<OfPartition<(u64, Option<u32>)>>),
    /// To `OffsetForLeaderEpoch`: epoch and end offset, `None` when it is not known.
    EpochEnds(Vec<OfPartition<Option<(u32, u64)>>>),
    /// To `Fetch`.
    Fetched(Vec<Fetched>),
    /// To `Produce`: the offset of the first record.
    Produced(Result<u64, KafkaError>),
    /// To `InitProducerId`.
    ProducerId(u64),
    /// To `DescribeGroups`: state, protocol, members.
    Group(Result<GroupDescription, KafkaError>),
    /// To `ListGroups`.
    Groups(Vec<(GroupName, ArcStr)>),
}

/// What travels on a connection of Kafka.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KafkaFrame {
    /// The request's number at the client, in its answer too.
    pub correlation_id: u32,
    /// The name of the API.
    pub api: &'static str,
    /// Request or answer.
    pub body: KafkaBody,
}

/// A request or an answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KafkaBody {
    /// Client to broker.
    Request(Box<KafkaRequest>),
    /// Broker to client.
    Response(Box<KafkaResponse>),
}

impl KafkaFrame {
    /// Records in it.
    pub fn records(&self) -> usize {
        match &self.body {
            KafkaBody::Request(request) => match &**request {
                KafkaRequest::Produce { keys, .. } => keys.len(),
                _ => 0,
            },
            KafkaBody::Response(response) => match &**response {
                KafkaResponse::Fetched(parts) => parts.iter().map(|part| part.records.len()).sum(),
                _ => 0,
            },
        }
    }

    /// Whether it is an answer.
    pub const fn is_response(&self) -> bool {
        matches!(self.body, KafkaBody::Response(_))
    }
}
