//! Facts as text: the one line of a golden test, and the exceptions in the words of the Java client.

use std::fmt;

use super::{Fact, ListenerResult, MessageAt, SendError, SendStatus, Sent, TraceEvent};
use crate::id::{BrokerName, ClientId, NodeId};
use crate::rpc::perm;
use crate::timer::words_of;

impl fmt::Display for SendStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::SendOk => "SEND_OK",
            Self::FlushDiskTimeout => "FLUSH_DISK_TIMEOUT",
            Self::FlushSlaveTimeout => "FLUSH_SLAVE_TIMEOUT",
            Self::SlaveNotAvailable => "SLAVE_NOT_AVAILABLE",
        })
    }
}

impl fmt::Display for ListenerResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Success => "SUCCESS",
            Self::ReconsumeLater => "RECONSUME_LATER",
            Self::SuspendCurrentQueueAMoment => "SUSPEND_CURRENT_QUEUE_A_MOMENT",
        })
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CallTimeout => f.write_str("RemotingTooMuchRequestException: sendDefaultImpl call timeout"),
            Self::StillFailed { times, cost, topic, brokers_sent, .. } => {
                let brokers: Vec<_> = brokers_sent.iter().map(BrokerName::as_str).collect();
                write!(
                    f,
                    "MQClientException: Send [{times}] times, still failed, cost [{}]ms, Topic: {topic}, \
                     BrokersSent: [{}]",
                    cost.as_millis(),
                    brokers.join(", ")
                )
            }
            Self::NoRoute(topic) => write!(f, "MQClientException: No route info of this topic: {topic}"),
            Self::Broker(code, remark) => {
                write!(f, "MQBrokerException: CODE: {} DESC: {remark}", code.number())
            }
            Self::Remoting(why) => write!(f, "RemotingException: {why}"),
            Self::MessageIllegal(why) => write!(f, "MQClientException: {why}"),
        }
    }
}

impl fmt::Display for MessageAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.queue, self.offset)?;
        self.key.as_ref().map_or(Ok(()), |key| write!(f, " {key}"))
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ordered(command) => write!(f, "{command}"),
            Self::Registry(fact) => write!(f, "{fact}"),
            Self::Controller(fact) => write!(f, "{fact}"),
            Self::Started
            | Self::Killed
            | Self::Frozen
            | Self::Stopping
            | Self::Stopped
            | Self::Removed
            | Self::ConsumerSuspended
            | Self::ConsumerResumed
            | Self::OffsetsPersisted
            | Self::DelayOffsetsPersisted => Ok(()),
            Self::PoweredOff { lost } => write!(f, "{lost} B not flushed"),
            Self::Thawed { waiting } => write!(f, "{waiting} inputs had waited"),
            Self::RolledBack { records } => write!(f, "{records} records gone"),
            Self::TimerFired(timer) => write!(f, "{timer}"),
            Self::RequestSent(sent) | Self::ResponseSent(sent) => write!(f, "{sent}"),
            Self::HaReported { to, offset, .. } => write!(f, "→ {to} log@{offset}"),
            Self::HaTransferred { to, from, bytes, .. } => write!(f, "→ {to} log@{from} {bytes} B"),
            Self::Connected { to } => write!(f, "→ {to}"),
            Self::ConnectionRefused { address } | Self::ConnectTimedOut { address } => {
                write!(f, "→ {address}")
            }
            Self::ConnectionLost { peer } => write!(f, "{peer}"),
            Self::RequestTimedOut { address, request } => write!(f, "→ {address} {request}"),
            Self::BrokerRegistered { broker_name, broker_id, address } => {
                write!(f, "{broker_name}:{broker_id} {address}")
            }
            Self::BrokerRemoved { broker_name, broker_id, address, reason } => {
                write!(f, "{broker_name}:{broker_id} {address} {}", words_of(reason))
            }
            Self::TopicUpdated { topic, config } => write!(
                f,
                "{topic} read {} write {} {}",
                config.read_queue_nums,
                config.write_queue_nums,
                perm::text(config.perm)
            ),
            Self::TopicDeleted { topic } => write!(f, "{topic}"),
            Self::TraceLost { topic, why } => write!(f, "{topic} {why}"),
            Self::MessageStored { message, commit_log_offset, size, from, .. } => {
                write!(f, "{message} log@{commit_log_offset} {size} B ← {from}")
            }
            Self::MessageDelayed { message, topic, until } => {
                write!(f, "{message} for {topic} until {until}")
            }
            Self::DelayedMessageDue { message, level } => write!(f, "{message} level {level}"),
            Self::TimerMessageDue { message } | Self::TransactionDiscarded { message } => {
                write!(f, "{message}")
            }
            Self::TransactionEnded { message, group, state, from_check } => {
                let why = if *from_check { " after a check" } else { "" };
                write!(f, "{message} {state} ← {group}{why}")
            }
            Self::TransactionRefused { unique_key, code } => write!(f, "{unique_key} {code}"),
            Self::TransactionChecked { message, group, times, client_id } => {
                write!(f, "{message} check {times} of {group} → ")?;
                f.write_str(client_id.as_ref().map_or("nobody", ClientId::as_str))
            }
            Self::OneWaySent { queue, key, .. } => write!(f, "{queue} {}", key.as_deref().unwrap_or("-")),
            Self::LocalTransactionEnded { key, state, .. } => {
                write!(f, "{} {state}", key.as_deref().unwrap_or("-"))
            }
            Self::LocalTransactionChecked { key, times, answer, .. } => {
                write!(f, "{} check {times} {answer}", key.as_deref().unwrap_or("-"))
            }
            Self::SendRefused { topic, code } => write!(f, "{topic} {code}"),
            Self::Flushed { to } => write!(f, "log@{to}"),
            Self::FilesDeleted { files, log_begin } => write!(f, "{files} files, log from @{log_begin}"),
            Self::DiskFull { percent } | Self::DiskFreed { percent } => write!(f, "{percent} % used"),
            Self::PullHeld { consumer, topic, queue_id } => write!(f, "{topic}/q{queue_id} ← {consumer}"),
            Self::PullWoken { consumer, topic, queue_id, reason } => {
                write!(f, "{topic}/q{queue_id} ← {consumer} {}", words_of(reason))
            }
            Self::OffsetCommitted { group, topic, queue_id, before, offset } => {
                write!(f, "{group} {topic}/q{queue_id} ")?;
                match before {
                    Some(before) => write!(f, "{before}→{offset}"),
                    None => write!(f, "–→{offset}"),
                }
            }
            Self::ClientRegistered { client_id, group } => write!(f, "{client_id} {group}"),
            Self::ClientUnregistered { client_id, group, reason } => {
                write!(f, "{client_id} {group} {}", words_of(reason))
            }
            Self::Replicated { to, records } => write!(f, "log@{to} {records} records"),
            Self::MetadataCopied { what } => write!(f, "{what}"),
            Self::DLedger(fact) => write!(f, "{fact}"),
            Self::RouteChanged { topic, writable, readable } => {
                write!(f, "{topic} write [{}] read [{}]", queue_counts(writable), queue_counts(readable))
            }
            Self::SendSucceeded { message, status, attempts, took, .. } => {
                write!(f, "{message} {status} in {took}")?;
                if *attempts > 1 { write!(f, ", attempt {attempts}") } else { Ok(()) }
            }
            Self::SendRetried { broker_name, why } => write!(f, "{broker_name}: {why}"),
            Self::SendFailed { key, error, took, .. } => {
                write!(f, "{} {error} after {took}", key.as_deref().unwrap_or("-"))
            }
            Self::Rebalanced { topic, queues } => {
                let queues: Vec<_> =
                    queues.iter().map(|q| format!("{}/q{}", q.broker_name, q.queue_id)).collect();
                write!(f, "{topic} [{}]", queues.join(" "))
            }
            Self::QueueAssigned { queue, offset, reason } => {
                write!(f, "{queue} from {offset} {}", words_of(reason))
            }
            Self::QueueDropped { queue, reason } => write!(f, "{queue} {}", words_of(reason)),
            Self::PullFailed { queue, why } => write!(f, "{queue} {why}"),
            Self::OffsetCorrected { queue, from, to } => write!(f, "{queue} {from}→{to}"),
            Self::Kafka(fact) => write!(f, "{fact}"),
            Self::MqadminAnswered { line, output } => {
                f.write_str(line)?;
                output.lines().try_for_each(|line| write!(f, "\n            | {line}"))
            }
            Self::MessageDelivered { message, reconsume_times: 0 }
            | Self::MessageConsumed { message, result: ListenerResult::Success }
            | Self::FailureDropped { message }
            | Self::ConsumeTimedOut { message } => write!(f, "{message}"),
            Self::MessageConsumed { message, result } => write!(f, "{message} {result}"),
            Self::MessageDelivered { message, reconsume_times } => {
                write!(f, "{message} reconsume {reconsume_times}")
            }
            Self::MessageSentBack { message, group, delay_level, reconsume_times } => {
                write!(f, "{message} {group} level {delay_level} reconsume {reconsume_times}")
            }
            Self::DeadLettered { message, group, reconsume_times } => {
                write!(f, "{message} {group} reconsume {reconsume_times}")
            }
            Self::SendBackFailed { message, why } => write!(f, "{message} {why}"),
            Self::RetriedHere { message, pause } => write!(f, "{message} in {pause}"),
            Self::QueueSuspended { queue, pause } => write!(f, "{queue} for {pause}"),
            Self::QueueLocked { group, queue, client_id }
            | Self::QueueUnlocked { group, queue, client_id } => write!(f, "{queue} {group} {client_id}"),
            Self::LockRefused { group, queue, client_id, holder } => {
                write!(f, "{queue} {group} {client_id}, held by {holder}")
            }
            Self::LockLost { queue } => write!(f, "{queue}"),
            Self::OffsetReset { group, queue, offset } => write!(f, "{group} {queue} to {offset}"),
            Self::GroupUpdated { group } | Self::GroupDeleted { group } => write!(f, "{group}"),
            Self::Pop(fact) => write!(f, "{fact}"),
            Self::Acting(fact) => write!(f, "{fact}"),
        }
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "→ {} {}", self.to, self.request)?;
        match &self.queue {
            Some((topic, Some(queue))) => write!(f, " {topic}/q{queue}")?,
            Some((topic, None)) => write!(f, " {topic}")?,
            None => {}
        }
        if let Some(code) = self.response {
            write!(f, " {code}")?;
        }
        if self.response.is_some() && self.messages > 0 {
            write!(f, " {} msgs", self.messages)
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for TraceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node = self.node.as_ref().map_or("lab", NodeId::as_str);
        let line = format!("{:>10}  {node:<12} {:<19} {}", self.at, self.fact.kind(), self.fact);
        f.write_str(line.trim_end())
    }
}

fn queue_counts(list: &[(BrokerName, u32)]) -> String {
    list.iter().map(|(broker, queues)| format!("{broker}:{queues}")).collect::<Vec<_>>().join(" ")
}
