//! When a send is tried again, how long an attempt may take, and how the send ends.
//!
//! All attempts share one budget (`sendMsgTimeout`, 3 s). A *refused* connection costs a moment, so another broker is
//! tried at once; a *hung* broker eats the whole budget, so nothing is left to try with (behaviour §2.6).
//!
//! **In RocketMQ**: `DefaultMQProducerImpl.sendDefaultImpl`, `DefaultMQProducer.retryResponseCodes`; for a send with
//! a given queue or a sharding key `sendKernelImpl` and `sendSelectImpl`, which know one attempt only.
//!
//! **Left out on purpose**: `sendMsgMaxTimeoutPerRequest` (−1 by default, so without effect).
//!
//! **Invariant**: once a message was stored, even unsafely, its send does not fail any more.

use arcstr::ArcStr;
use smallvec::SmallVec;

use crate::config::Profile;
use crate::fact::SendStatus;
use crate::fault_strategy::Attempt;
use crate::id::BrokerName;
use crate::remoting::Failure;
use crate::rpc::ResponseCode;
use crate::time::{Duration, Instant};

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptError {
    /// The request got no answer (`RemotingException`).
    Failed(Failure),
    /// The client knows no master of that broker name (`MQClientException`).
    BrokerUnknown,
    /// The broker said no (`MQBrokerException`); its code and remark.
    Refused(ResponseCode, ArcStr),
    /// The message was stored, but not as safely as the broker is told to.
    NotStoreOk(SendStatus),
}

impl AttemptError {
    /// The code that the application sees when this was the last error (`ClientErrorCode`, or the broker's own).
    pub const fn code(&self) -> Option<u16> {
        match self {
            Self::Failed(Failure::Connect) => Some(10001),
            Self::Failed(Failure::Timeout) => Some(10002),
            Self::BrokerUnknown => Some(10003),
            Self::Refused(code, _) => Some(code.number()),
            Self::Failed(Failure::Closed) | Self::NotStoreOk(_) => None,
        }
    }

    /// A few words for a fact.
    pub fn words(&self) -> ArcStr {
        match self {
            Self::Failed(failure) => failure.words().into(),
            Self::BrokerUnknown => "broker not known".into(),
            Self::Refused(code, _) => code.name().into(),
            Self::NotStoreOk(status) => status.to_string().into(),
        }
    }

    /// What the fault list makes of it.
    pub const fn attempt(&self) -> Attempt {
        match self {
            Self::Failed(_) => Attempt::Broken,
            Self::BrokerUnknown => Attempt::Unknown,
            Self::Refused(..) => Attempt::Refused,
            Self::NotStoreOk(_) => Attempt::Stored,
        }
    }
}

/// What a broker's answer to a send means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The message is stored, and this is how safely.
    Stored(SendStatus),
    /// Another queue may take it.
    Retry,
    /// No other queue would take it either: the application is told.
    Throw,
}

/// Which answers are results, which are tried again, which are thrown. V4 throws `SYSTEM_BUSY`.
pub const fn verdict(profile: Profile, code: ResponseCode) -> Verdict {
    match code {
        ResponseCode::Success => Verdict::Stored(SendStatus::SendOk),
        ResponseCode::FlushDiskTimeout => Verdict::Stored(SendStatus::FlushDiskTimeout),
        ResponseCode::FlushSlaveTimeout => Verdict::Stored(SendStatus::FlushSlaveTimeout),
        ResponseCode::SlaveNotAvailable => Verdict::Stored(SendStatus::SlaveNotAvailable),
        ResponseCode::TopicNotExist
        | ResponseCode::ServiceNotAvailable
        | ResponseCode::SystemError
        | ResponseCode::NoPermission => Verdict::Retry,
        ResponseCode::SystemBusy if profile.is_v5() => Verdict::Retry,
        _ => Verdict::Throw,
    }
}

/// How a send ends. `R` is what the producer keeps of an answer that stored the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendEnd<R> {
    /// With a result.
    Result(R),
    /// The budget was used up before the next attempt (`RemotingTooMuchRequestException`).
    CallTimeout,
    /// With the broker's own error.
    Thrown(ResponseCode, ArcStr),
    /// All attempts failed; the code of the last error.
    StillFailed(Option<u16>),
}

/// The attempts of one send so far.
#[derive(Clone, Debug)]
pub struct SendLoop<R> {
    started: Instant,
    budget: Duration,
    most: u32,
    brokers_sent: SmallVec<[BrokerName; 2]>,
    error: Option<AttemptError>,
    /// A result that was stored but not safely, kept in case the retries fail.
    unsafe_result: Option<R>,
}

impl<R> SendLoop<R> {
    /// No attempt yet. `most` attempts may be made until `budget` is over; a send that must not go elsewhere has
    /// one.
    pub fn new(now: Instant, budget: Duration, most: u32) -> Self {
        Self { started: now, budget, most, brokers_sent: SmallVec::new(), error: None, unsafe_result: None }
    }

    /// When the send began.
    pub const fn started(&self) -> Instant {
        self.started
    }

    /// Attempts begun.
    pub fn attempts(&self) -> u32 {
        u32::try_from(self.brokers_sent.len()).unwrap_or(u32::MAX)
    }

    /// The brokers of the attempts, in order.
    pub fn brokers_sent(&self) -> &[BrokerName] {
        &self.brokers_sent
    }

    /// What went wrong with the last attempt.
    pub const fn error(&self) -> Option<&AttemptError> {
        self.error.as_ref()
    }

    /// Whether another attempt may be made, as far as their number goes.
    pub fn may_try(&self) -> bool {
        self.attempts() < self.most
    }

    /// Begins an attempt at a queue of this broker; returns how long it may take. The queue is chosen, and its turn
    /// used up, before the time is looked at. With exactly the budget gone one more attempt goes out, without time.
    ///
    /// # Errors
    /// The budget is used up, and this is the end.
    pub fn begin(&mut self, now: Instant, broker: &BrokerName) -> Result<Duration, SendEnd<R>> {
        let cost = now.since(self.started);
        if cost > self.budget {
            return Err(self.unsafe_result.take().map_or(SendEnd::CallTimeout, SendEnd::Result));
        }
        self.brokers_sent.push(broker.clone());
        Ok(self.budget.saturating_sub(cost))
    }

    /// The attempt failed; the next one is due while there is one left.
    pub fn failed(&mut self, error: AttemptError) {
        self.error = Some(error);
    }

    /// The message was stored unsafely, and another broker is to have it too
    /// (`retryAnotherBrokerWhenNotStoreOK`).
    pub fn stored_unsafely(&mut self, status: SendStatus, result: R) {
        self.unsafe_result = Some(result);
        self.error = Some(AttemptError::NotStoreOk(status));
    }

    /// The end by an error that no other queue would mend.
    pub fn throw(&mut self, code: ResponseCode, remark: ArcStr) -> SendEnd<R> {
        self.unsafe_result.take().map_or(SendEnd::Thrown(code, remark), SendEnd::Result)
    }

    /// The end when no attempt is left, or no queue.
    pub fn give_up(&mut self) -> SendEnd<R> {
        let code = self.error.as_ref().and_then(AttemptError::code);
        self.unsafe_result.take().map_or(SendEnd::StillFailed(code), SendEnd::Result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_v5_tries_again_when_a_broker_is_busy() {
        assert_eq!(verdict(Profile::V4, ResponseCode::SystemBusy), Verdict::Throw);
        assert_eq!(verdict(Profile::V5, ResponseCode::SystemBusy), Verdict::Retry);
    }

    #[test]
    fn a_message_stored_unsafely_is_a_result_however_the_retries_end() {
        let stored = || {
            let mut send = SendLoop::new(Instant::ZERO, Duration::from_secs(3), 3);
            send.begin(Instant::ZERO, &"a".into()).expect("there is time");
            send.stored_unsafely(SendStatus::FlushSlaveTimeout, "stored");
            send
        };
        assert_eq!(stored().begin(Instant::from_millis(3001), &"b".into()), Err(SendEnd::Result("stored")));
        let end = stored().throw(ResponseCode::MessageIllegal, "".into());
        assert_eq!(end, SendEnd::Result("stored"));
        let mut send = stored();
        send.begin(Instant::from_millis(3000), &"b".into()).expect("the last moment counts");
        send.failed(AttemptError::BrokerUnknown);
        assert!(send.may_try());
        assert_eq!(send.give_up(), SendEnd::Result("stored"));
    }
}
