//! What is said about transactions (behaviour §3.11).

use std::sync::Arc;

use arcstr::ArcStr;

use serde::Serialize;

use crate::config::words;
use crate::id::{CommitLogOffset, GroupName, QueueOffset};
use crate::message::StoredMessage;

/// How a local transaction ended (`LocalTransactionState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum TransactionState {
    /// The message is to be delivered.
    #[default]
    Commit,
    /// The message is to be forgotten.
    Rollback,
    /// Not known yet: the broker will ask again.
    Unknown,
}

words!(
    TransactionState,
    "state of a local transaction",
    Commit = "COMMIT_MESSAGE",
    Rollback = "ROLLBACK_MESSAGE",
    Unknown = "UNKNOW",
);

/// A producer tells how its local transaction ended (`EndTransactionRequestHeader`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EndTransaction {
    /// The producer's group; the broker compares it with the half message's.
    pub producer_group: GroupName,
    /// The half message's offset in its queue.
    pub queue_offset: QueueOffset,
    /// Where the record of the half message begins.
    pub commit_log_offset: CommitLogOffset,
    /// How it ended.
    pub state: TransactionState,
    /// Whether it answers a check of the broker.
    pub from_check: bool,
    /// The producer's id of the message.
    pub unique_key: ArcStr,
}

/// A broker asks how a local transaction ended (`CheckTransactionStateRequestHeader`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TransactionCheck {
    /// The producer group that sent the half message.
    pub group: GroupName,
    /// The half message, as it lies in the half topic.
    pub message: Arc<StoredMessage>,
}
