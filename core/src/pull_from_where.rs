//! Where a consumer begins with a queue that it has just been given.
//!
//! The group's offset decides; only a queue without one is a matter of `ConsumeFromWhere` (behaviour §5.6).
//!
//! **In RocketMQ**: `RebalancePushImpl.computePullFromWhereWithException`, `RemoteBrokerOffsetStore.readOffset`.

use crate::config::{ConsumeFromWhere, Profile};
use crate::fact::StartReason;
use crate::id::{QueueOffset, TopicName};
use crate::remoting::Failure;
use crate::rpc::{Response, ResponseBody, ResponseCode};

/// What the offset store says about a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreOffset {
    /// The group, or the broadcasting member, has been here.
    Found(QueueOffset, StartReason),
    /// It has not (−1).
    NotFound,
    /// Nobody could say (−2).
    Failed,
}

impl StoreOffset {
    /// The broker's answer to the question for the group's offset. V4 takes any refusal for "not found".
    pub fn of_answer(profile: Profile, answer: &Result<Response, Failure>) -> Self {
        match answer {
            Ok(Response { body: ResponseBody::Offset(offset), .. }) => {
                Self::Found(*offset, StartReason::StoredOffset)
            }
            Ok(Response { code: ResponseCode::QueryNotFound, .. }) => Self::NotFound,
            Ok(_) if !profile.is_v5() => Self::NotFound,
            _ => Self::Failed,
        }
    }
}

/// Where the pulling begins, or what is to be asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullFrom {
    /// Here.
    At(QueueOffset, StartReason),
    /// At the end of the queue, which the broker has to be asked for.
    MaxOffset,
    /// At the first message stored `consumeTimestamp` or later, which the broker has to be asked for.
    OffsetAtTime,
    /// Nowhere in this round; the next one tries again.
    Nowhere,
}

/// Decides where the pulling of a queue of `topic` begins.
pub fn pull_from_where(from: ConsumeFromWhere, topic: &TopicName, store: StoreOffset) -> PullFrom {
    match (store, from) {
        (StoreOffset::Found(offset, reason), _) => PullFrom::At(offset, reason),
        (StoreOffset::Failed, _) => PullFrom::Nowhere,
        (StoreOffset::NotFound, ConsumeFromWhere::FirstOffset) => {
            PullFrom::At(QueueOffset(0), StartReason::FirstOffset)
        }
        (StoreOffset::NotFound, ConsumeFromWhere::LastOffset) if topic.is_retry() => {
            PullFrom::At(QueueOffset(0), StartReason::FirstOffset)
        }
        (StoreOffset::NotFound, ConsumeFromWhere::LastOffset) => PullFrom::MaxOffset,
        (StoreOffset::NotFound, ConsumeFromWhere::Timestamp) if topic.is_retry() => PullFrom::MaxOffset,
        (StoreOffset::NotFound, ConsumeFromWhere::Timestamp) => PullFrom::OffsetAtTime,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::RequestCode;

    #[test]
    fn v4_takes_any_refusal_for_not_found() {
        let refusal = Ok(Response {
            request: RequestCode::QueryConsumerOffset,
            code: ResponseCode::SystemError,
            remark: "".into(),
            body: ResponseBody::Empty,
        });
        assert_eq!(StoreOffset::of_answer(Profile::V4, &refusal), StoreOffset::NotFound);
        assert_eq!(StoreOffset::of_answer(Profile::V5, &refusal), StoreOffset::Failed);
        let silence = Err(Failure::Timeout);
        assert_eq!(StoreOffset::of_answer(Profile::V4, &silence), StoreOffset::Failed);
    }
}
