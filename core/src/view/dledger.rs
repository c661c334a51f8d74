//! A broker's member of its DLedger group, as data.

use serde::Serialize;

use crate::broker::{Broker, BrokerDisk, TruncatedTail};
use crate::config::{BrokerConfig, MemberId};
use crate::dledger::{Ledger, PushState};
use crate::fact::MessageAt;
use crate::id::CommitLogOffset;
use crate::message::Record;
use crate::rpc::{EntryId, Index, MemberRole, Term};
use crate::time::Instant;

/// A member of a DLedger group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DLedgerView {
    /// Which one it is.
    pub id: MemberId,
    /// Everybody in the group, itself included.
    pub peers: Vec<MemberId>,
    /// What it is; none while the process does not run.
    pub role: Option<MemberRole>,
    /// Its term.
    pub term: Term,
    /// Whom it voted for in this term.
    pub vote_for: Option<MemberId>,
    /// Whom it follows; itself when it leads.
    pub leader: Option<MemberId>,
    /// Its last entry.
    pub end: Option<EntryId>,
    /// Up to where entries are committed, as far as it knows.
    pub committed: Option<Index>,
    /// Where that is in its commit log.
    pub committed_to: CommitLogOffset,
    /// A leader's work on its followers.
    pub progress: Vec<FollowerView>,
    /// Whom it is handing the leadership to.
    pub transferee: Option<MemberId>,
    /// What was last cut off its log, since the process began.
    pub truncated: Option<TruncatedView>,
}

/// A follower, as its leader sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FollowerView {
    /// Which member.
    pub id: MemberId,
    /// What the leader does about its ledger.
    pub state: PushState,
    /// Up to where it is known to have the ledger.
    pub water_mark: Option<Index>,
}

/// Entries that were cut off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TruncatedView {
    /// When.
    pub at: Instant,
    /// Where the log ended then.
    pub to: CommitLogOffset,
    /// The messages in them, oldest first.
    pub messages: Vec<MessageAt>,
}

/// What is to be seen of a broker's member; none without DLedger.
pub(super) fn member(
    config: &BrokerConfig,
    running: Option<&Broker>,
    disk: Option<&BrokerDisk>,
) -> Option<DLedgerView> {
    if let Some(dledger) = running.and_then(Broker::dledger) {
        let member = dledger.member();
        let follower = |(id, state, water_mark)| FollowerView { id, state, water_mark };
        let truncated = dledger.truncated().map(|TruncatedTail { at, to, messages }| TruncatedView {
            at: *at,
            to: *to,
            messages: messages.clone(),
        });
        return Some(DLedgerView {
            id: member.id(),
            peers: member.peers().to_vec(),
            role: Some(member.role()),
            term: member.term(),
            vote_for: member.vote_for(),
            leader: member.leader(),
            end: member.ledger().end(),
            committed: member.committed_index(),
            committed_to: position(member.ledger(), member.committed_index()),
            progress: member.progress().into_iter().map(follower).collect(),
            transferee: member.transferee(),
            truncated,
        });
    }
    if !config.enable_dleger_commit_log {
        return None;
    }
    let kept = disk.map(|disk| disk.ledger.clone()).unwrap_or_default();
    Some(DLedgerView {
        id: config.d_leger_self_id,
        peers: config.d_leger_peers.ids().collect(),
        role: None,
        term: kept.term,
        vote_for: kept.vote_for,
        leader: None,
        end: kept.ledger.end(),
        committed: kept.committed,
        committed_to: position(&kept.ledger, kept.committed),
        progress: Vec::new(),
        transferee: None,
        truncated: None,
    })
}

fn position(ledger: &Ledger<Record>, index: Option<Index>) -> CommitLogOffset {
    let entry = index.and_then(|index| ledger.get(index));
    entry.map_or(CommitLogOffset(0), |entry| entry.payload.end())
}
