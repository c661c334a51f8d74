//! The intervals and limits of a member, under DLedger's names.

use crate::rpc::MemberId;
use crate::time::Duration;

/// `DLedgerConfig` with the defaults of dledger 0.3.1.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DLedgerConfig {
    /// A leader tells the others that it is there whenever more than this has passed (`heartBeatTimeIntervalMs`).
    pub heart_beat_time_interval: Duration,
    /// After more than this many intervals without a heartbeat a follower becomes a candidate, and so does a leader
    /// without the answers of a majority (`maxHeartBeatLeak`).
    pub max_heart_beat_leak: u64,
    /// A candidate waits at least this long before its next round (`minVoteIntervalMs`).
    pub min_vote_interval: Duration,
    /// And less than this (`maxVoteIntervalMs`).
    pub max_vote_interval: Duration,
    /// An append that is not confirmed by a majority after this long has failed (`maxWaitAckTimeMs`).
    pub max_wait_ack_time: Duration,
    /// More appends than these are not kept waiting (`maxPendingRequestsNum`).
    pub max_pending_requests_num: usize,
    /// A push without an answer is repeated after more than this (`maxPushTimeOutMs`).
    pub max_push_time_out: Duration,
    /// Which members should lead (`preferredLeaderIds`, RocketMQ's `preferredLeaderId`).
    pub preferred_leader_ids: Vec<MemberId>,
    /// A member that lacks as many entries or more is not handed the leadership (`maxLeadershipTransferWaitIndex`).
    pub max_leadership_transfer_wait_index: u64,
    /// A member that takes over votes at least this soon (`minTakeLeadershipVoteIntervalMs`).
    pub min_take_leadership_vote_interval: Duration,
    /// And sooner than this (`maxTakeLeadershipVoteIntervalMs`).
    pub max_take_leadership_vote_interval: Duration,
    /// A member that is to take over catches up for at most this long (`leadershipTransferWaitTimeout`).
    pub leadership_transfer_wait_timeout: Duration,
    /// How often the committed index is written to the disk (`checkPointInterval`).
    pub check_point_interval: Duration,
}

impl Default for DLedgerConfig {
    fn default() -> Self {
        Self {
            heart_beat_time_interval: Duration::from_secs(2),
            max_heart_beat_leak: 3,
            min_vote_interval: Duration::from_millis(300),
            max_vote_interval: Duration::from_secs(1),
            max_wait_ack_time: Duration::from_millis(2500),
            max_pending_requests_num: 10_000,
            max_push_time_out: Duration::from_secs(1),
            preferred_leader_ids: Vec::new(),
            max_leadership_transfer_wait_index: 1000,
            min_take_leadership_vote_interval: Duration::from_millis(30),
            max_take_leadership_vote_interval: Duration::from_millis(100),
            leadership_transfer_wait_timeout: Duration::from_secs(1),
            check_point_interval: Duration::from_secs(3),
        }
    }
}

impl DLedgerConfig {
    /// After more than this without a sign of the other side, a member gives it up.
    pub fn leak(&self) -> Duration {
        self.heart_beat_time_interval * self.max_heart_beat_leak
    }
}
