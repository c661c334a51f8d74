//! Kafka in the list of events and in the console.

use arcstr::ArcStr;

use lab_core::command::Command;
use lab_core::fact::{Fact, KafkaFact};

use super::events::Group;

/// The group of a fact.
pub const fn kind_of(fact: &KafkaFact) -> Group {
    match fact {
        KafkaFact::Sent { .. } => Group::Frames,
        KafkaFact::TopicCreated { .. }
        | KafkaFact::TopicDeleted(_)
        | KafkaFact::LeaderElected { .. }
        | KafkaFact::GroupChanged { .. }
        | KafkaFact::MemberExpired { .. } => Group::Routes,
        KafkaFact::Appended { .. }
        | KafkaFact::MarkerAppended { .. }
        | KafkaFact::SendSucceeded { .. }
        | KafkaFact::TransactionSent { .. }
        | KafkaFact::SendFailed { .. }
        | KafkaFact::TransactionEnded(_) => Group::Messages,
        KafkaFact::OffsetCommitted { .. }
        | KafkaFact::Assigned(_)
        | KafkaFact::Revoked(_)
        | KafkaFact::Consumed { .. }
        | KafkaFact::Position { .. }
        | KafkaFact::PollFailed(_)
        | KafkaFact::Stalled { .. } => Group::Consuming,
        KafkaFact::RecordsDeleted { .. } | KafkaFact::Logged { .. } => Group::Housekeeping,
        KafkaFact::DirectoryCopied | KafkaFact::DirectoryRestored | KafkaFact::Answered { .. } => Group::Life,
    }
}

/// Whether a fact tells of something that went wrong or was broken.
pub const fn is_alarm(fact: &KafkaFact) -> bool {
    matches!(
        fact,
        KafkaFact::PollFailed(_)
            | KafkaFact::Stalled { .. }
            | KafkaFact::SendFailed { .. }
            | KafkaFact::MemberExpired { .. }
            | KafkaFact::DirectoryRestored
    )
}

/// Whether a command starts a tool that prints something.
pub const fn is_tool(command: &Command) -> bool {
    matches!(command, Command::Mqadmin(_) | Command::KafkaAdmin(_))
}

/// What a tool has printed.
pub fn output_of(fact: &Fact) -> Option<&ArcStr> {
    match fact {
        Fact::MqadminAnswered { output, .. } => Some(output),
        Fact::Kafka(fact) => match &**fact {
            KafkaFact::Answered { output, .. } => Some(output),
            _ => None,
        },
        _ => None,
    }
}
