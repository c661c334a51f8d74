//! What happened in a DLedger group of brokers.

use std::fmt;

use serde::Serialize;

use super::MessageAt;
use crate::config::BrokerRole;
use crate::id::{BrokerId, CommitLogOffset};
use crate::rpc::{DLedgerCode, EntryId, Index, MemberId, MemberRole, ParseResult, Term, VoteResult};

/// What a replica of a DLedger group did, or what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum DLedgerFact {
    /// It is a candidate, a leader or a follower now.
    RoleChanged {
        /// The term; a candidate enters it a moment later.
        term: Term,
        /// What it is.
        role: MemberRole,
        /// Whom it follows; itself when it leads.
        leader: Option<MemberId>,
    },
    /// A candidate's round of votes was over.
    VoteRoundOver {
        /// The term.
        term: Term,
        /// Votes for it, its own included.
        accepted: usize,
        /// What follows.
        result: ParseResult,
    },
    /// It answered a request for its vote.
    Voted {
        /// The term.
        term: Term,
        /// Who asked.
        candidate: MemberId,
        /// The answer.
        result: VoteResult,
    },
    /// It learned up to where entries are committed.
    Committed {
        /// The last entry.
        index: Index,
        /// Its end in the commit log.
        to: CommitLogOffset,
    },
    /// Entries that the leader does not have were cut off.
    Truncated {
        /// Where the log ends now.
        to: CommitLogOffset,
        /// The messages in them, oldest first.
        messages: Vec<MessageAt>,
    },
    /// A message of its own was not confirmed by a majority; it stays in the log for the time being.
    NotConfirmed {
        /// The entry.
        entry: EntryId,
        /// Why.
        code: DLedgerCode,
    },
    /// It did not take a message that the broker itself wanted to store.
    AppendRefused {
        /// Why.
        code: DLedgerCode,
    },
    /// The broker is a master or a slave now, and registers so.
    BrokerRoleChanged {
        /// What it is.
        role: BrokerRole,
        /// Its `brokerId` from now on.
        broker_id: BrokerId,
    },
}

impl fmt::Display for DLedgerFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoleChanged { term, role, leader: Some(leader) } if *role == MemberRole::Follower => {
                write!(f, "{role} of {leader} term {term}")
            }
            Self::RoleChanged { term, role, .. } => write!(f, "{role} term {term}"),
            Self::VoteRoundOver { term, accepted, result } => {
                write!(f, "term {term} {accepted} votes {result}")
            }
            Self::Voted { term, candidate, result } => write!(f, "{candidate} term {term} {result}"),
            Self::Committed { index, to } => write!(f, "entry {index} log@{to}"),
            Self::Truncated { to, messages } => {
                let messages: Vec<_> = messages.iter().map(ToString::to_string).collect();
                write!(f, "log@{to} [{}]", messages.join(", "))
            }
            Self::NotConfirmed { entry, code } => write!(f, "entry {entry} {code}"),
            Self::AppendRefused { code } => write!(f, "{code}"),
            Self::BrokerRoleChanged { role, broker_id } => write!(f, "{role} brokerId={broker_id}"),
        }
    }
}
