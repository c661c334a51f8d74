//! What differs between the two versions, and which of it a run has shown.
//!
//! A difference counts as seen when the run has noted a fact that only comes about through the mechanism that
//! differs. Where no single fact tells that, it is listed and never marked. The words stand in
//! [`text`](crate::text).

use lab_core::fact::{Fact, RemovalReason, SendStatus};
use lab_core::rpc::{RequestCode, ResponseCode};

macro_rules! differences {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// A behaviour that one can see and that is not the same in 4.9.8 and 5.3.3.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Difference { $($(#[$doc])* $name,)+ }

        impl Difference {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
        }
    };
}

differences! {
    /// How often name servers look for silent brokers.
    NameServerScan,
    /// How long an unbalanced group waits for its next division.
    RebalanceInterval,
    /// How long a queue rests after an illegal offset.
    IllegalOffsetPause,
    /// When a newly assigned queue is first pulled.
    FirstPull,
    /// What a synchronous master without a slave answers.
    MasterWithoutSlave,
    /// What a slave answers to a pull that it was not set up for.
    PullFromSlave,
    /// What a slave answers to a send.
    SendToSlave,
    /// How `brokerPermission` and the topic's permission combine.
    BrokerPermission,
    /// What a broker answers for a queue that it does not have.
    IllegalQueueId,
    /// What a producer does when a broker is busy.
    BusyBroker,
    /// How often unfinished transactions are asked about.
    TransactionCheck,
    /// When a slave copies topics, groups and offsets.
    SlaveMetadata,
    /// What becomes of group offsets when a topic is deleted.
    DeletedTopicOffsets,
    /// Who resets offsets.
    ResetOffset,
    /// When a message that was handed back by sending goes to the dead letters.
    RetryLimit,
    /// For how long a slow broker is avoided.
    FaultTable,
    /// How long a registration may take.
    RegisterTimeout,
    /// Whether a slave takes changes of topics.
    TopicsOfSlave,
    /// What `updateTopic` does when nothing changes.
    UnchangedTopic,
    /// What becomes of a wiped topic in a broker's first minute.
    EarlyWipe,
    /// How soon a started consumer consumes.
    FirstConsumption,
    /// What a second member that starts at once repeats.
    SecondMember,
    /// When the queue of a killed orderly consumer is free.
    OrderlyKilled,
    /// How long handing over an orderly queue takes.
    OrderlyHandOver,
    /// The rows of `topicStatus`.
    TopicStatusRows,
    /// What `consumerProgress` says of a broadcasting group.
    BroadcastProgress,
    /// When `consumerProgress` lists the retry topic.
    RetryRow,
    /// How many topics a fresh broker has.
    FreshBrokerTopics,
    /// What `queryMsgById` needs.
    QueryMessageById,
    /// Whether name servers know the topic of transaction marks.
    TransactionOpTopic,
}

impl Difference {
    /// The differences that a fact shows.
    pub fn shown_by(fact: &Fact) -> Vec<Self> {
        match fact {
            Fact::BrokerRemoved { reason: RemovalReason::Expired, .. } => vec![Self::NameServerScan],
            Fact::OffsetCorrected { .. } => vec![Self::IllegalOffsetPause],
            Fact::QueueAssigned { .. } => vec![Self::FirstPull],
            Fact::SendSucceeded { status: SendStatus::SlaveNotAvailable, .. } => {
                vec![Self::MasterWithoutSlave]
            }
            Fact::ResponseSent(sent)
                if sent.request == RequestCode::PullMessage
                    && sent.response == Some(ResponseCode::SystemBusy) =>
            {
                vec![Self::PullFromSlave]
            }
            Fact::SendRefused { code: ResponseCode::SystemBusy, .. } => vec![Self::BusyBroker],
            Fact::MetadataCopied { .. } => vec![Self::SlaveMetadata],
            Fact::TopicDeleted { .. } => vec![Self::DeletedTopicOffsets],
            Fact::RequestTimedOut { request: RequestCode::RegisterBroker, .. } => vec![Self::RegisterTimeout],
            Fact::MessageDelivered { .. } => vec![Self::FirstConsumption],
            Fact::BrokerRegistered { .. } => vec![Self::FreshBrokerTopics],
            Fact::MqadminAnswered { line, output } => Self::shown_by_mqadmin(line, output),
            _ => Vec::new(),
        }
    }

    fn shown_by_mqadmin(line: &str, output: &str) -> Vec<Self> {
        let is_help = output.starts_with("usage:");
        match line.split_whitespace().next() {
            _ if is_help => Vec::new(),
            Some("topicStatus") => vec![Self::TopicStatusRows],
            Some("resetOffsetByTime") => vec![Self::ResetOffset],
            Some("queryMsgById") => vec![Self::QueryMessageById],
            Some("consumerProgress") if output.contains("CODE: 206") || output.contains("CODE: 213") => {
                vec![Self::BroadcastProgress]
            }
            Some("consumerProgress") if output.contains("%RETRY%") => vec![Self::RetryRow],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_and_outputs_show_differences() {
        let answered =
            |line: &str, output: &str| Fact::MqadminAnswered { line: line.into(), output: output.into() };
        let shown = |line, output| Difference::shown_by(&answered(line, output));
        assert_eq!(
            Difference::shown_by(&Fact::TopicDeleted { topic: "T".into() }),
            [Difference::DeletedTopicOffsets]
        );
        assert_eq!(shown("topicStatus -t T", "#Broker Name"), [Difference::TopicStatusRows]);
        assert_eq!(shown("topicStatus -h", "usage: mqadmin topicStatus"), []);
        assert_eq!(shown("consumerProgress -g g", "CODE: 206  DESC"), [Difference::BroadcastProgress]);
        assert_eq!(shown("consumerProgress -g g", "%RETRY%g  broker-a"), [Difference::RetryRow]);
        assert_eq!(shown("consumerProgress -g g", "T  broker-a"), []);
        assert_eq!(Difference::shown_by(&Fact::Killed), []);
    }
}
