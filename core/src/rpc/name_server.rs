//! What operators and brokers ask a name server besides routes and registration (behaviour §1.5, §1.6).

use std::collections::{BTreeMap, BTreeSet};

use arcstr::ArcStr;

use super::{BrokerData, DataVersion, QueueData, RequestCode};
use crate::id::{Address, BrokerId, BrokerName, ClusterName, TopicName};

/// The namespace of the order configuration: topic to `broker-a:4;broker-b:4`.
pub const NAMESPACE_ORDER_TOPIC_CONFIG: &str = "ORDER_TOPIC_CONFIG";

/// One namespace of a name server's configuration: key to value (`KVTable`).
pub type KvTable = BTreeMap<ArcStr, ArcStr>;

/// A request to a name server, named after its request code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NameServerRequest {
    /// An operator sets a value, for example of the order configuration.
    PutKvConfig {
        /// Which namespace.
        namespace: ArcStr,
        /// Which key.
        key: ArcStr,
        /// The value.
        value: ArcStr,
    },
    /// Somebody asks for a value.
    GetKvConfig {
        /// Which namespace.
        namespace: ArcStr,
        /// Which key.
        key: ArcStr,
    },
    /// An operator takes a value away.
    DeleteKvConfig {
        /// Which namespace.
        namespace: ArcStr,
        /// Which key.
        key: ArcStr,
    },
    /// Somebody asks for all values of a namespace.
    GetKvListByNamespace {
        /// Which namespace.
        namespace: ArcStr,
    },
    /// An operator's tool looks for the brokers of a cluster.
    GetBrokerClusterInfo,
    /// An operator has producers that ask this name server avoid a broker.
    WipeWritePermOfBroker {
        /// Which broker name.
        broker_name: BrokerName,
    },
    /// An operator takes that back.
    AddWritePermOfBroker {
        /// Which broker name.
        broker_name: BrokerName,
    },
    /// An operator's tool lists the topics.
    GetAllTopicListFromNameServer,
    /// An operator deletes a topic, after he has deleted it on the brokers.
    DeleteTopicInNameServer {
        /// Which topic.
        topic: TopicName,
        /// Only on brokers of this cluster.
        cluster: Option<ClusterName>,
    },
    /// An operator announces queues of a topic on behalf of brokers (V5).
    RegisterTopicInNameServer {
        /// Which topic.
        topic: TopicName,
        /// Its queues by broker name; all have to be known.
        queue_datas: Vec<QueueData>,
    },
    /// An operator's tool lists the topics of a cluster.
    GetTopicsByCluster {
        /// Which cluster.
        cluster: ClusterName,
    },
    /// An operator's tool asks which topics carry the names of clusters and brokers.
    GetSystemTopicListFromNameServer,
    /// A broker asks whether it has to register again.
    QueryDataVersion {
        /// Its cluster.
        cluster: ClusterName,
        /// Its address.
        address: Address,
        /// What it has.
        data_version: DataVersion,
    },
    /// A broker that may act as a master says more often that it lives (V5).
    BrokerHeartbeat {
        /// Its cluster.
        cluster: ClusterName,
        /// Its address.
        address: Address,
    },
    /// A broker asks who shares its name (V5).
    GetBrokerMemberGroup {
        /// Which broker name.
        broker_name: BrokerName,
    },
    /// An operator reads the settings.
    GetNameServerConfig,
    /// An operator changes settings while the process runs.
    UpdateNameServerConfig {
        /// Keys and values; unknown keys are passed over.
        settings: Vec<(String, String)>,
    },
}

impl NameServerRequest {
    /// The request's code.
    pub const fn code(&self) -> RequestCode {
        match self {
            Self::PutKvConfig { .. } => RequestCode::PutKvConfig,
            Self::GetKvConfig { .. } => RequestCode::GetKvConfig,
            Self::DeleteKvConfig { .. } => RequestCode::DeleteKvConfig,
            Self::GetKvListByNamespace { .. } => RequestCode::GetKvListByNamespace,
            Self::GetBrokerClusterInfo => RequestCode::GetBrokerClusterInfo,
            Self::WipeWritePermOfBroker { .. } => RequestCode::WipeWritePermOfBroker,
            Self::AddWritePermOfBroker { .. } => RequestCode::AddWritePermOfBroker,
            Self::GetAllTopicListFromNameServer => RequestCode::GetAllTopicListFromNameServer,
            Self::DeleteTopicInNameServer { .. } => RequestCode::DeleteTopicInNameServer,
            Self::RegisterTopicInNameServer { .. } => RequestCode::RegisterTopicInNameServer,
            Self::GetTopicsByCluster { .. } => RequestCode::GetTopicsByCluster,
            Self::GetSystemTopicListFromNameServer => RequestCode::GetSystemTopicListFromNameServer,
            Self::QueryDataVersion { .. } => RequestCode::QueryDataVersion,
            Self::BrokerHeartbeat { .. } => RequestCode::BrokerHeartbeat,
            Self::GetBrokerMemberGroup { .. } => RequestCode::GetBrokerMemberGroup,
            Self::GetNameServerConfig => RequestCode::GetNameServerConfig,
            Self::UpdateNameServerConfig { .. } => RequestCode::UpdateNameServerConfig,
        }
    }

    /// The topic it is about, when there is exactly one.
    pub const fn topic(&self) -> Option<&TopicName> {
        match self {
            Self::DeleteTopicInNameServer { topic, .. } | Self::RegisterTopicInNameServer { topic, .. } => {
                Some(topic)
            }
            _ => None,
        }
    }
}

/// What a name server answers to a [`NameServerRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NameServerAnswer {
    /// A value.
    KvValue(ArcStr),
    /// All values of a namespace.
    KvTable(KvTable),
    /// Who is there.
    ClusterInfo {
        /// The broker names of each cluster (`clusterAddrTable`).
        clusters: BTreeMap<ClusterName, BTreeSet<BrokerName>>,
        /// The living replicas of each broker name (`brokerAddrTable`).
        brokers: BTreeMap<BrokerName, BrokerData>,
    },
    /// Topics whose permission was changed.
    TopicCount(u32),
    /// Topics.
    TopicList {
        /// Their names.
        topics: BTreeSet<TopicName>,
        /// A broker that can be asked for more, with the list of system topics only.
        broker_address: Option<Address>,
    },
    /// Whether a broker has to register again.
    DataVersion {
        /// Whether the name server has another version than the broker, or none.
        changed: bool,
        /// Its version.
        known: Option<DataVersion>,
    },
    /// Those who share a broker name.
    MemberGroup(BTreeMap<BrokerId, Address>),
    /// Keys and values of the settings.
    Config(Vec<(&'static str, String)>),
}
