//! What happens where a slave may act for its master (behaviour §4.5).

use std::fmt;

use arcstr::ArcStr;

use serde::Serialize;

use super::MessageAt;
use crate::id::{Address, BrokerId, BrokerName, TopicName};

/// Something that happened in the acting-master mode. Each variant says who causes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum ActingFact {
    /// A slave learned that the smallest id of its broker name is another one.
    MinBrokerIdChanged {
        /// The smallest before.
        before: BrokerId,
        /// The smallest now.
        now: BrokerId,
    },
    /// A slave found itself to be the smallest and began to act for the master.
    ActingBegan,
    /// A slave is not the smallest any more and acts no longer.
    ActingEnded,
    /// A broker began to run, and is to be seen by nobody before its pre-online is through.
    Isolated,
    /// A returning master has what a replica of its name knew, and asks the next.
    TakenBack {
        /// Which replica.
        broker_id: BrokerId,
    },
    /// A broker could not come online, and tries again in a second.
    PreOnlineFailed {
        /// Why.
        why: ArcStr,
    },
    /// An isolated broker came online.
    Online,
    /// An acting slave stored what was due at the master of another broker name.
    Escaped {
        /// The message as it waited here.
        message: Box<MessageAt>,
        /// The topic that it went to.
        topic: TopicName,
        /// Where it is now.
        broker_name: BrokerName,
    },
    /// An acting slave could not store what was due anywhere. What waits for a delay level is tried again for good.
    EscapeFailed {
        /// The message as it waits here.
        message: Box<MessageAt>,
        /// Why.
        why: ArcStr,
    },
    /// An acting slave gave up on a message that it could not store anywhere, and went on behind it.
    EscapeSkipped {
        /// The message as it lies here.
        message: Box<MessageAt>,
    },
    /// A name server told the brokers of a name that their smallest id is another one.
    MinBrokerIdNotified {
        /// The broker name.
        broker_name: BrokerName,
        /// The smallest id now.
        min_broker_id: BrokerId,
        /// Who was told.
        told: Vec<Address>,
    },
}

impl ActingFact {
    /// The one message that it is about.
    pub const fn message(&self) -> Option<&MessageAt> {
        match self {
            Self::Escaped { message, .. }
            | Self::EscapeFailed { message, .. }
            | Self::EscapeSkipped { message } => Some(message),
            _ => None,
        }
    }
}

impl fmt::Display for ActingFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MinBrokerIdChanged { before, now } => write!(f, "{before}→{now}"),
            Self::ActingBegan | Self::ActingEnded | Self::Isolated | Self::Online => Ok(()),
            Self::TakenBack { broker_id } => write!(f, "from {broker_id}"),
            Self::PreOnlineFailed { why } => f.write_str(why),
            Self::Escaped { message, topic, broker_name } => write!(f, "{message} → {topic}/{broker_name}"),
            Self::EscapeFailed { message, why } => write!(f, "{message} {why}"),
            Self::EscapeSkipped { message } => write!(f, "{message}"),
            Self::MinBrokerIdNotified { broker_name, min_broker_id, told } => {
                let told: Vec<_> = told.iter().map(Address::to_string).collect();
                write!(f, "{broker_name} {min_broker_id} → {}", told.join(" "))
            }
        }
    }
}
