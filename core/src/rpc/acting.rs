//! What brokers of one name and their name server tell each other so that a slave can act for its master
//! (behaviour §4.5).
//!
//! **In RocketMQ**: `NotifyMinBrokerIdChangeRequestHeader`, `ExchangeHAInfoRequestHeader`, `TimerCheckpoint`.

use super::RequestCode;
use crate::id::{Address, BrokerId, QueueOffset};

/// A request of the acting-master mode, named after its request code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActingRequest {
    /// A name server tells a broker that the smallest id of its name is another one; nobody answers.
    NotifyMinBrokerIdChange {
        /// The smallest id now.
        min_broker_id: BrokerId,
        /// Its address.
        min_broker_address: Address,
        /// Who went, when somebody did.
        offline_address: Option<Address>,
        /// Where the one who came is replicated from.
        ha_address: Option<Address>,
    },
    /// A master that returns says where it and its log are; or, without that, somebody asks a master.
    ExchangeBrokerHaInfo {
        /// The master's address and replication address.
        master: Option<(Address, Address)>,
    },
    /// A broker asks another how far its timer wheel has turned.
    GetTimerCheckPoint,
}

impl ActingRequest {
    /// The request's code.
    pub const fn code(&self) -> RequestCode {
        match self {
            Self::NotifyMinBrokerIdChange { .. } => RequestCode::NotifyMinBrokerIdChange,
            Self::ExchangeBrokerHaInfo { .. } => RequestCode::ExchangeBrokerHaInfo,
            Self::GetTimerCheckPoint => RequestCode::GetTimerCheckPoint,
        }
    }
}

/// What is answered to an [`ActingRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActingAnswer {
    /// The master's address and replication address; nothing from who is no master, or was only told.
    BrokerHaInfo(Option<(Address, Address)>),
    /// How far the timer wheel has turned.
    TimerCheckPoint {
        /// Up to here the topic of timer messages was read.
        queue_offset: QueueOffset,
        /// Slots before this one were emptied; in milliseconds since 1970.
        read_time: i64,
    },
}
