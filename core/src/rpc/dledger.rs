//! What the members of a DLedger group say to each other: votes, heartbeats, pushes, a hand-over of the leadership.
//!
//! The group is a broker name with its replicas, or the controllers. Both put something of their own into an entry,
//! so everything that carries entries has their type as a parameter.
//!
//! **In RocketMQ**: `VoteRequest`, `HeartBeatRequest`, `PushEntryRequest`, `LeadershipTransferRequest` and their
//! responses, `DLedgerEntry`, `DLedgerResponseCode` (dledger 0.3.1.2; behaviour §4.6).
//!
//! **Left out on purpose**: append, get and pull as requests (RocketMQ calls the member in its own process); metadata
//! for DLedger's own client; batches of entries (`enableBatchPush` is off by default).

use std::fmt;

use serde::Serialize;

use super::RequestCode;
pub use crate::config::MemberId;

/// The number of a reign, from 0; there is at most one leader in each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Term(pub u64);

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The place of an entry in the ledger, from 0. DLedger writes -1 where there is none; here that is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Index(pub u64);

impl Index {
    /// The place behind this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The place before this one, none before the first.
    pub const fn previous(self) -> Option<Self> {
        match self.0.checked_sub(1) {
            Some(index) => Some(Self(index)),
            None => None,
        }
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// By which two entries are the same one: what was written at this place in this term. Orders as votes compare ledgers,
/// by term and then by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EntryId {
    /// The term in which the entry was appended.
    pub term: Term,
    /// Its place.
    pub index: Index,
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.index, self.term)
    }
}

/// One entry of the ledger (`DLedgerEntry`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LedgerEntry<P> {
    /// Term and place.
    pub id: EntryId,
    /// What the group keeps: a record of the commit log, or a command of the controller.
    pub payload: P,
}

/// What a member is at the moment (`MemberState.Role`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MemberRole {
    /// Knows no leader of its term and asks for votes.
    Candidate,
    /// Takes appends and pushes them to the others.
    Leader,
    /// Hears the leader's heartbeats and keeps what is pushed.
    Follower,
}

impl fmt::Display for MemberRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Candidate => "CANDIDATE",
            Self::Leader => "LEADER",
            Self::Follower => "FOLLOWER",
        })
    }
}

/// What a member answers to a request for its vote (`VoteResponse.RESULT`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VoteResult {
    /// It votes for the candidate.
    Accept,
    /// The candidate's last entry is of an older term than its own.
    RejectExpiredLedgerTerm,
    /// The candidate's ledger is shorter than its own.
    RejectSmallLedgerEndIndex,
    /// It is in a later term already.
    RejectExpiredVoteTerm,
    /// It voted for another member in this term.
    RejectAlreadyVoted,
    /// It voted for another member in this term, and follows a leader.
    RejectAlreadyHasLeader,
    /// It was in an earlier term and becomes a candidate of the new one first; the next request may find it ready.
    RejectTermNotReady,
    /// The term is older than that of its last entry.
    RejectTermSmallThanLedger,
    /// It is about to take the leadership over itself.
    RejectTakingLeadership,
}

impl fmt::Display for VoteResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Accept => "ACCEPT",
            Self::RejectExpiredLedgerTerm => "REJECT_EXPIRED_LEDGER_TERM",
            Self::RejectSmallLedgerEndIndex => "REJECT_SMALL_LEDGER_END_INDEX",
            Self::RejectExpiredVoteTerm => "REJECT_EXPIRED_VOTE_TERM",
            Self::RejectAlreadyVoted => "REJECT_ALREADY_VOTED",
            Self::RejectAlreadyHasLeader => "REJECT_ALREADY_HAS_LEADER",
            Self::RejectTermNotReady => "REJECT_TERM_NOT_READY",
            Self::RejectTermSmallThanLedger => "REJECT_TERM_SMALL_THAN_LEDGER",
            Self::RejectTakingLeadership => "REJECT_TAKING_LEADERSHIP",
        })
    }
}

/// What a candidate makes of a round of votes (`VoteResponse.ParseResult`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ParseResult {
    /// It asks again later, in the same term.
    #[default]
    WaitToRevote,
    /// It asks again at once: others were not in this term yet.
    RevoteImmediately,
    /// It leads.
    Passed,
    /// It asks again later, in the next term.
    WaitToVoteNext,
}

impl fmt::Display for ParseResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::WaitToRevote => "WAIT_TO_REVOTE",
            Self::RevoteImmediately => "REVOTE_IMMEDIATELY",
            Self::Passed => "PASSED",
            Self::WaitToVoteNext => "WAIT_TO_VOTE_NEXT",
        })
    }
}

/// How a request of DLedger ended (`DLedgerResponseCode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DLedgerCode {
    /// 200.
    Success,
    /// 403: the sender is in an earlier term.
    ExpiredTerm,
    /// 416: the member was in an earlier term and is a candidate of the new one now.
    TermNotReady,
    /// 409: another leader is known in this term.
    InconsistentLeader,
    /// 407: the terms differ.
    InconsistentTerm,
    /// 406: what was pushed does not fit the ledger, or its sender is not the leader that the member follows.
    InconsistentState,
    /// 404: an append reached a member that does not lead.
    NotLeader,
    /// 405: a push reached a member that does not follow.
    NotFollower,
    /// 413: the same place was pushed before and waits.
    RepeatedPush,
    /// 502: an append was not confirmed by a majority in time (`maxWaitAckTimeMs`).
    WaitQuorumAckTimeout,
    /// 503: too many appends wait (`maxPendingRequestsNum`).
    LeaderPendingFull,
    /// 501: an append waited while the leadership changed.
    TermChanged,
    /// 506: the leadership is being handed over.
    LeaderTransferring,
    /// 418: a hand-over ended without the member in the lead.
    TakeLeadershipFailed,
}

impl fmt::Display for DLedgerCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Success => "SUCCESS",
            Self::ExpiredTerm => "EXPIRED_TERM",
            Self::TermNotReady => "TERM_NOT_READY",
            Self::InconsistentLeader => "INCONSISTENT_LEADER",
            Self::InconsistentTerm => "INCONSISTENT_TERM",
            Self::InconsistentState => "INCONSISTENT_STATE",
            Self::NotLeader => "NOT_LEADER",
            Self::NotFollower => "NOT_FOLLOWER",
            Self::RepeatedPush => "REPEATED_PUSH",
            Self::WaitQuorumAckTimeout => "WAIT_QUORUM_ACK_TIMEOUT",
            Self::LeaderPendingFull => "LEADER_PENDING_FULL",
            Self::TermChanged => "TERM_CHANGED",
            Self::LeaderTransferring => "LEADER_TRANSFERRING",
            Self::TakeLeadershipFailed => "TAKE_LEADERSHIP_FAILED",
        })
    }
}

/// What a push wants (`PushEntryRequest.Type`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Push<P> {
    /// Keep this entry at the end of the ledger.
    Append(LedgerEntry<P>),
    /// Say whether this entry stands at its place.
    Compare(EntryId),
    /// Cut the ledger behind this entry; write it there if something else stood at its place.
    Truncate(LedgerEntry<P>),
    /// Nothing but the committed index.
    Commit,
}

impl<P> Push<P> {
    /// The entry that it is about.
    pub const fn entry(&self) -> Option<EntryId> {
        match self {
            Self::Append(entry) | Self::Truncate(entry) => Some(entry.id),
            Self::Compare(id) => Some(*id),
            Self::Commit => None,
        }
    }
}

/// A request from one member to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DLedgerRequest<P> {
    /// A candidate asks for the vote of this term.
    Vote {
        /// The term.
        term: Term,
        /// The candidate's last entry.
        ledger_end: Option<EntryId>,
    },
    /// The leader is there.
    HeartBeat {
        /// Its term.
        term: Term,
    },
    /// The leader works on the follower's ledger.
    Push {
        /// Its term.
        term: Term,
        /// Up to where entries are committed.
        committed: Option<Index>,
        /// What is to be done.
        push: Push<P>,
    },
    /// The leader asks the member to take over.
    LeadershipTransfer {
        /// The leader's term.
        term: Term,
        /// The leader's last entry: the member first catches up with it.
        take_leadership_index: Option<Index>,
    },
}

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DLedgerResponse {
    /// To a request for a vote.
    Vote {
        /// The member's term; when the candidate's is smaller than that of its last entry, that one.
        term: Term,
        /// Whether it votes for the candidate, and why not.
        result: VoteResult,
    },
    /// To a heartbeat.
    HeartBeat {
        /// The member's term.
        term: Term,
        /// Success, or what is wrong with the leader.
        code: DLedgerCode,
    },
    /// To a push.
    Push {
        /// The term of the push.
        term: Term,
        /// How it ended.
        code: DLedgerCode,
        /// The place that was pushed.
        index: Option<Index>,
        /// The first entry that the follower has.
        begin: Option<Index>,
        /// The last one.
        end: Option<Index>,
    },
    /// To a hand-over, given once the member leads, or will not.
    LeadershipTransfer {
        /// How it ended.
        code: DLedgerCode,
    },
}

/// What travels between two members.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DLedgerMessage<P> {
    /// The sender.
    pub from: MemberId,
    /// The receiver.
    pub to: MemberId,
    /// The number of the request at the member that asked; the answer carries the same.
    pub call: u64,
    /// What is said.
    pub body: DLedgerBody<P>,
}

/// A question or its answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DLedgerBody<P> {
    /// A question.
    Request(DLedgerRequest<P>),
    /// An answer.
    Response(DLedgerResponse),
}

impl<P> DLedgerMessage<P> {
    /// The code that it travels under, of an answer too.
    pub const fn code(&self) -> RequestCode {
        match self.body {
            DLedgerBody::Request(DLedgerRequest::Vote { .. })
            | DLedgerBody::Response(DLedgerResponse::Vote { .. }) => RequestCode::DLedgerVote,
            DLedgerBody::Request(DLedgerRequest::HeartBeat { .. })
            | DLedgerBody::Response(DLedgerResponse::HeartBeat { .. }) => RequestCode::DLedgerHeartBeat,
            DLedgerBody::Request(DLedgerRequest::Push { .. })
            | DLedgerBody::Response(DLedgerResponse::Push { .. }) => RequestCode::DLedgerPush,
            DLedgerBody::Request(DLedgerRequest::LeadershipTransfer { .. })
            | DLedgerBody::Response(DLedgerResponse::LeadershipTransfer { .. }) => {
                RequestCode::DLedgerLeadershipTransfer
            }
        }
    }
}
