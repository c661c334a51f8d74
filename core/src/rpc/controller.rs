//! What brokers, operators and controllers say to each other in controller mode (V5).
//!
//! A controller keeps, for each broker name, which replicas there are, which of them is the master, and which are in
//! sync with it (the SyncStateSet). Brokers register there, send heartbeats, and are told who is the master. The log
//! itself goes from master to slave over a connection of its own, in [`AutoSwitchFrame`]s.
//!
//! **In RocketMQ**: `protocol.header.controller`, `SyncStateSet`, `ElectMasterResponseBody`, `BrokerReplicasInfo`,
//! `EpochEntryCache`, `AutoSwitchHAConnection` (behaviour §4.7).
//!
//! **Left out on purpose**: invoke times, the broker address of an election before 5.1.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use arcstr::ArcStr;

use serde::Serialize;

use super::{DLedgerRequest, DLedgerResponse, MemberId, RequestCode};
use crate::id::{Address, BrokerId, BrokerName, ClusterName, CommitLogOffset};
use crate::message::Record;
use crate::time::{Duration, Instant};

/// The number of a reign of a master, from 1 (`masterEpoch`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct MasterEpoch(pub u32);

/// The number of a state of the SyncStateSet, from 1 (`syncStateSetEpoch`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SyncStateSetEpoch(pub u32);

impl fmt::Display for MasterEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for SyncStateSetEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The replicas that an election may choose from, by their ids at the controller.
pub type SyncStateSet = BTreeSet<BrokerId>;

/// A reign and what was written in it (`EpochEntry`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EpochEntry {
    /// The reign.
    pub epoch: MasterEpoch,
    /// Where the first record of the reign begins.
    pub start: CommitLogOffset,
    /// Where the next reign begins; `None` for the last one (`Long.MAX_VALUE`).
    pub end: Option<CommitLogOffset>,
}

/// By which a controller knows again who asked for an id (`registerCheckCode`): address and time of the request.
pub type RegisterCheckCode = (Address, Instant);

/// What a broker tells every controller each second (`BrokerHeartbeatRequestHeader`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ControllerHeartbeat {
    /// The cluster.
    pub cluster: ClusterName,
    /// The name shared with its replicas.
    pub broker_name: BrokerName,
    /// Its id at the controller.
    pub broker_id: BrokerId,
    /// Its address.
    pub address: Address,
    /// The last epoch of its epoch file; `None` is RocketMQ's -1.
    pub epoch: Option<MasterEpoch>,
    /// The end of its log.
    pub max_offset: CommitLogOffset,
    /// Up to where its log is confirmed.
    pub confirm_offset: CommitLogOffset,
    /// After how long without a heartbeat it counts as inactive (`controllerHeartBeatTimeoutMills`).
    pub timeout: Duration,
    /// Who is preferred among equals: the smaller number (`brokerElectionPriority`).
    pub election_priority: i32,
}

/// A request of controller mode, named after its request code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ControllerRequest {
    /// A master reports another SyncStateSet.
    AlterSyncStateSet {
        /// Of which broker name.
        broker_name: BrokerName,
        /// The master's id at the controller.
        master_broker_id: BrokerId,
        /// Its reign.
        master_epoch: MasterEpoch,
        /// The set that it wants.
        new_sync_state_set: SyncStateSet,
        /// The number of the set that it knows.
        sync_state_set_epoch: SyncStateSetEpoch,
    },
    /// A broker, or an operator, wants a master elected.
    ElectMaster {
        /// The cluster.
        cluster: ClusterName,
        /// Of which broker name.
        broker_name: BrokerName,
        /// Who asks, or who is to be elected.
        broker_id: BrokerId,
        /// Whether nobody else will do (an operator's order).
        designate_elect: bool,
    },
    /// A broker that has an id says that it is there, and where.
    RegisterBroker {
        /// The cluster.
        cluster: ClusterName,
        /// The name shared with its replicas.
        broker_name: BrokerName,
        /// Its id at the controller.
        broker_id: BrokerId,
        /// Its address.
        address: Address,
    },
    /// A broker asks who is the master.
    GetReplicaInfo {
        /// Of which broker name.
        broker_name: BrokerName,
    },
    /// Somebody looks for the controller that leads.
    GetMetadataInfo,
    /// An operator asks who is in sync.
    GetSyncStateData {
        /// Of which broker names.
        broker_names: Vec<BrokerName>,
    },
    /// A broker without an id asks which one would be next.
    GetNextBrokerId {
        /// The cluster.
        cluster: ClusterName,
        /// The name shared with its replicas.
        broker_name: BrokerName,
    },
    /// A broker wants that id.
    ApplyBrokerId {
        /// The cluster.
        cluster: ClusterName,
        /// The name shared with its replicas.
        broker_name: BrokerName,
        /// The id.
        broker_id: BrokerId,
        /// Who asks.
        check_code: RegisterCheckCode,
    },
    /// A broker's sign of life.
    Heartbeat(ControllerHeartbeat),
    /// An operator has a broker name, or some of its replicas, forgotten.
    CleanBrokerData {
        /// The cluster.
        cluster: Option<ClusterName>,
        /// Which broker name.
        broker_name: BrokerName,
        /// Which replicas, as the operator wrote it: `1;2`; `None` for all.
        ids: Option<ArcStr>,
        /// Whether replicas that live are forgotten too.
        clean_living_broker: bool,
    },
    /// An operator reads a controller's settings.
    GetConfig,
    /// An operator changes a controller's settings.
    UpdateConfig {
        /// Keys and values.
        settings: Vec<(String, String)>,
    },
    /// One controller talks to another.
    DLedger {
        /// Who.
        from: MemberId,
        /// The number of the request at its sender.
        call: u64,
        /// What it says.
        request: DLedgerRequest<ControllerEvents>,
    },
    /// A controller tells a broker that its group has another master; nobody answers.
    NotifyBrokerRoleChanged(ReplicaInfo),
    /// An operator asks a broker for its epoch file.
    GetBrokerEpochCache,
}

impl ControllerRequest {
    /// The request's code.
    pub const fn code(&self) -> RequestCode {
        match self {
            Self::AlterSyncStateSet { .. } => RequestCode::ControllerAlterSyncStateSet,
            Self::ElectMaster { .. } => RequestCode::ControllerElectMaster,
            Self::RegisterBroker { .. } => RequestCode::ControllerRegisterBroker,
            Self::GetReplicaInfo { .. } => RequestCode::ControllerGetReplicaInfo,
            Self::GetMetadataInfo => RequestCode::ControllerGetMetadataInfo,
            Self::GetSyncStateData { .. } => RequestCode::ControllerGetSyncStateData,
            Self::GetNextBrokerId { .. } => RequestCode::ControllerGetNextBrokerId,
            Self::ApplyBrokerId { .. } => RequestCode::ControllerApplyBrokerId,
            Self::Heartbeat(_) => RequestCode::BrokerHeartbeat,
            Self::CleanBrokerData { .. } => RequestCode::CleanBrokerData,
            Self::GetConfig => RequestCode::GetControllerConfig,
            Self::UpdateConfig { .. } => RequestCode::UpdateControllerConfig,
            Self::DLedger { request, .. } => match request {
                DLedgerRequest::Vote { .. } => RequestCode::DLedgerVote,
                DLedgerRequest::HeartBeat { .. } => RequestCode::DLedgerHeartBeat,
                DLedgerRequest::Push { .. } => RequestCode::DLedgerPush,
                DLedgerRequest::LeadershipTransfer { .. } => RequestCode::DLedgerLeadershipTransfer,
            },
            Self::NotifyBrokerRoleChanged(_) => RequestCode::NotifyBrokerRoleChanged,
            Self::GetBrokerEpochCache => RequestCode::GetBrokerEpochCache,
        }
    }
}

/// Who is the master of a broker name and who is in sync with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReplicaInfo {
    /// The master's id at the controller and its address; none while there is no master.
    pub master: Option<(BrokerId, Address)>,
    /// The number of its reign.
    pub master_epoch: MasterEpoch,
    /// Who is in sync.
    pub sync_state_set: SyncStateSet,
    /// The number of the set.
    pub sync_state_set_epoch: SyncStateSetEpoch,
}

/// A replica as an operator is told of it (`ReplicaIdentity`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReplicaIdentity {
    /// Its id at the controller.
    pub broker_id: BrokerId,
    /// Its address.
    pub address: Address,
    /// Whether its heartbeats come.
    pub alive: bool,
}

/// What a controller or a broker answers in controller mode.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ControllerAnswer {
    /// To a registration, an election, a question for the master, another SyncStateSet.
    Replica(ReplicaInfo, BTreeMap<BrokerId, Address>),
    /// The id that would be next.
    NextBrokerId(BrokerId),
    /// Who leads the controllers.
    Metadata {
        /// The name of their group.
        group: ArcStr,
        /// The leader's id and address, when one is known.
        leader: Option<(MemberId, Address)>,
        /// All members.
        peers: Vec<(MemberId, Address)>,
    },
    /// Who is in sync, by broker name: the state, and every replica.
    SyncStateData(Vec<(BrokerName, ReplicaInfo, Vec<ReplicaIdentity>)>),
    /// A broker's epoch file.
    EpochCache {
        /// Its cluster.
        cluster: ClusterName,
        /// Its name.
        broker_name: BrokerName,
        /// Its id at the name servers: 0 for the master.
        broker_id: BrokerId,
        /// Its reigns, oldest first.
        epochs: Vec<EpochEntry>,
        /// The end of its log.
        max_offset: CommitLogOffset,
    },
    /// Keys and values of a controller's settings.
    Config(Vec<(&'static str, String)>),
    /// To another controller.
    DLedger(DLedgerResponse),
}

/// A change of the controllers' common state (`EventMessage`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ControllerEvent {
    /// A replica got an id.
    ApplyBrokerId {
        /// The cluster.
        cluster: ClusterName,
        /// The broker name.
        broker_name: BrokerName,
        /// The id.
        broker_id: BrokerId,
        /// Where it is.
        address: Address,
        /// Who asked.
        check_code: RegisterCheckCode,
    },
    /// A replica has moved.
    UpdateBrokerAddress {
        /// The broker name.
        broker_name: BrokerName,
        /// Its id.
        broker_id: BrokerId,
        /// Where it is.
        address: Address,
    },
    /// There is another SyncStateSet.
    AlterSyncStateSet {
        /// The broker name.
        broker_name: BrokerName,
        /// Who is in sync.
        new_sync_state_set: SyncStateSet,
    },
    /// There is another master, or none any more.
    ElectMaster {
        /// The broker name.
        broker_name: BrokerName,
        /// Who.
        new_master: Option<BrokerId>,
    },
    /// Replicas were forgotten.
    CleanBrokerData {
        /// The broker name.
        broker_name: BrokerName,
        /// Which; `None` for all.
        ids: Option<SyncStateSet>,
    },
}

/// What one entry of the controllers' ledger carries: nothing, or what one request changed.
pub type ControllerEvents = Vec<ControllerEvent>;

/// What master and slave say to each other in controller mode.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AutoSwitchFrame {
    /// A slave that has connected says who it is.
    SlaveHandshake {
        /// Its id at the controller.
        broker_id: BrokerId,
        /// Whether it wants only the last file of the log when it is empty (`syncFromLastFile`).
        sync_from_last_file: bool,
        /// Whether it never joins the SyncStateSet (`asyncLearner`).
        async_learner: bool,
    },
    /// The master's reigns, by which the slave finds out where their logs part. Header of 20 bytes, 12 an entry.
    MasterHandshake {
        /// The end of the master's log.
        max_offset: CommitLogOffset,
        /// Its reigns, oldest first.
        epochs: Vec<EpochEntry>,
    },
    /// A slave says where its log ends. 12 bytes.
    Report(CommitLogOffset),
    /// A piece of the master's log, all of one reign, or a sign of life. Header of 36 bytes.
    Transfer {
        /// Where it begins.
        from: CommitLogOffset,
        /// The reign in which it was written.
        epoch: MasterEpoch,
        /// Where that began.
        epoch_start: CommitLogOffset,
        /// Up to where the master's log is confirmed.
        confirm_offset: CommitLogOffset,
        /// The records, whole.
        records: Vec<Record>,
    },
}
