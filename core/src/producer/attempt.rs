//! How one attempt of a send can end, and what an answer means (behaviour §2.6).
//!
//! **In RocketMQ**: the exceptions that `DefaultMQProducerImpl.sendDefaultImpl` catches, `retryResponseCodes`,
//! `MQClientAPIImpl.processSendResponse`.

use std::sync::Arc;

use super::Producer;
use crate::fact::SendStatus;
use crate::remoting::Failure;
use crate::rpc::ResponseCode;

/// Why an attempt failed.
#[derive(Clone, Debug)]
pub(super) enum AttemptError {
    Failed(Failure),
    BrokerUnknown,
    Refused(ResponseCode, Arc<str>),
    NotStoreOk(SendStatus),
}

impl AttemptError {
    pub(super) const fn code(&self) -> Option<u16> {
        match self {
            Self::Failed(Failure::Connect) => Some(10001),
            Self::Failed(Failure::Timeout) => Some(10002),
            Self::BrokerUnknown => Some(10003),
            Self::Refused(code, _) => Some(code.number()),
            Self::Failed(Failure::Closed) | Self::NotStoreOk(_) => None,
        }
    }

    pub(super) fn words(&self) -> Arc<str> {
        match self {
            Self::Failed(failure) => failure.words().into(),
            Self::BrokerUnknown => "broker not known".into(),
            Self::Refused(code, _) => code.name().into(),
            Self::NotStoreOk(status) => status.to_string().into(),
        }
    }
}

/// What a broker's answer to a send means.
pub(super) enum Verdict {
    /// The message is stored.
    Stored(SendStatus),
    /// Try another queue.
    Retry,
    /// Tell the application.
    Throw,
}

impl Producer {
    /// Which answers are results, which are tried again, which are thrown (behaviour §2.6).
    pub(super) const fn verdict(&self, code: ResponseCode) -> Verdict {
        match code {
            ResponseCode::Success => Verdict::Stored(SendStatus::SendOk),
            ResponseCode::FlushDiskTimeout => Verdict::Stored(SendStatus::FlushDiskTimeout),
            ResponseCode::FlushSlaveTimeout => Verdict::Stored(SendStatus::FlushSlaveTimeout),
            ResponseCode::SlaveNotAvailable => Verdict::Stored(SendStatus::SlaveNotAvailable),
            ResponseCode::TopicNotExist
            | ResponseCode::ServiceNotAvailable
            | ResponseCode::SystemError
            | ResponseCode::NoPermission => Verdict::Retry,
            ResponseCode::SystemBusy if self.client.profile.is_v5() => Verdict::Retry,
            _ => Verdict::Throw,
        }
    }
}
