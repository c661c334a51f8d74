//! What follows from a listener's answer: which messages go back, which are finished, what is committed.
//!
//! **In RocketMQ**: `ConsumeMessageConcurrentlyService.processConsumeResult`,
//! `ConsumeMessageOrderlyService.processConsumeResult` (behaviour §5.8, §5.9). **Left out on purpose**: the lab's own
//! listeners commit by themselves (`autoCommit`) and acknowledge a batch as a whole; the rules for the rest stand here.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::config::Profile;
use crate::id::QueueOffset;
use crate::message::StoredMessage;
use crate::process_queue::ProcessQueue;
use crate::time::{Duration, Instant};

/// What a listener that works on messages side by side can answer (`ConsumeConcurrentlyStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsumeConcurrentlyStatus {
    /// The messages up to `ackIndex` succeeded.
    ConsumeSuccess,
    /// None did.
    ReconsumeLater,
}

/// What an orderly listener can answer (`ConsumeOrderlyStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsumeOrderlyStatus {
    /// The batch succeeded; without `autoCommit` it stays taken until a later `Commit`.
    Success,
    /// Everything taken is finished.
    Commit,
    /// Everything taken is to be taken again after a pause.
    Rollback,
    /// The batch failed; it is to be taken again after a pause.
    SuspendCurrentQueueAMoment,
}

/// Place of the last message of a batch that succeeded, when the listener does not say (`ackIndex`).
pub const ACK_ALL: i32 = i32::MAX;
/// Bounds of the pause before a queue is consumed again.
const SUSPEND: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(30));

/// The messages of a batch that did not succeed: those behind `ack_index`, which is the place of the last one that
/// did, from 0; -1 for none.
pub fn failed(
    batch: &[Arc<StoredMessage>],
    status: ConsumeConcurrentlyStatus,
    ack_index: i32,
) -> &[Arc<StoredMessage>] {
    let succeeded = match status {
        ConsumeConcurrentlyStatus::ReconsumeLater => 0,
        ConsumeConcurrentlyStatus::ConsumeSuccess => {
            usize::try_from(i64::from(ack_index) + 1).unwrap_or_default().min(batch.len())
        }
    };
    &batch[succeeded..]
}

/// Finishes a batch but for the messages that could not be sent back, which stay for another try here. Returns the
/// offset to commit, when there is one.
pub fn finish(
    now: Instant,
    queue: &mut ProcessQueue,
    batch: &[Arc<StoredMessage>],
    kept: &[Arc<StoredMessage>],
) -> Option<QueueOffset> {
    let is_kept =
        |message: &Arc<StoredMessage>| kept.iter().any(|other| other.queue_offset == message.queue_offset);
    let finished = batch.iter().filter(|message| !is_kept(message));
    queue.remove(now, &finished.map(|message| message.queue_offset).collect::<SmallVec<[_; 8]>>())
}

/// A message that is to be consumed once more here: it has failed one time more.
pub fn reconsumed(message: &StoredMessage) -> Arc<StoredMessage> {
    Arc::new(StoredMessage { reconsume_times: message.reconsume_times + 1, ..message.clone() })
}

/// What is to be done after a batch of an orderly listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderlyOutcome {
    /// The offset to commit, also when it is smaller than the one before.
    pub commit: Option<QueueOffset>,
    /// Whether the run goes on with the next batch at once; else the queue pauses.
    pub goes_on: bool,
}

/// Applies the answer of an orderly listener to its queue. `again` is the batch as it is to be taken again after a
/// failure; `None` when every message of it has failed too often and was handed to the retry topic instead.
pub fn process_orderly(
    queue: &mut ProcessQueue,
    status: ConsumeOrderlyStatus,
    auto_commit: bool,
    again: Option<&[Arc<StoredMessage>]>,
) -> OrderlyOutcome {
    use ConsumeOrderlyStatus::{Commit, Rollback, Success, SuspendCurrentQueueAMoment};
    let pause = OrderlyOutcome { commit: None, goes_on: false };
    match (status, again) {
        (SuspendCurrentQueueAMoment, Some(again)) => {
            queue.make_message_to_consume_again(again);
            pause
        }
        (Rollback, _) if !auto_commit => {
            queue.rollback();
            pause
        }
        (Success | SuspendCurrentQueueAMoment, _) if !auto_commit => {
            OrderlyOutcome { commit: None, goes_on: true }
        }
        // A listener that commits by itself should not say `Commit` or `Rollback`; both count as success.
        (Success | Commit | Rollback | SuspendCurrentQueueAMoment, _) => {
            OrderlyOutcome { commit: queue.commit(), goes_on: true }
        }
    }
}

/// The pause before a queue is consumed again, from the one that was asked for.
pub fn suspend_time(wanted: Duration) -> Duration {
    wanted.clamp(SUSPEND.0, SUSPEND.1)
}

/// What a consumer adds to a message that it sends to the retry topic by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetrySend {
    /// The level of the delay.
    pub delay_level: u32,
    /// How often the message has failed.
    pub reconsume_times: u32,
    /// From how many failures on it is a dead letter.
    pub max_reconsume_times: u32,
}

impl RetrySend {
    /// For a message that has failed once more. An orderly consumer of V4 leaves this last failure out, for its broker
    /// takes a message that has reached the limit for dead, one of V5 a message above it.
    pub fn of(message: &StoredMessage, setting: i32, orderly: bool, profile: Profile) -> Self {
        let times = message.reconsume_times;
        Self {
            delay_level: 3 + times,
            reconsume_times: if orderly && !profile.is_v5() { times } else { times + 1 },
            max_reconsume_times: max_reconsume_times(setting, orderly),
        }
    }
}

/// From how many failures on a message is given up: `maxReconsumeTimes`, whose -1 stands for a default of the way of
/// consumption (16 side by side, no limit in order).
pub fn max_reconsume_times(setting: i32, orderly: bool) -> u32 {
    match setting {
        -1 if orderly => i32::MAX.unsigned_abs(),
        -1 => 16,
        times => u32::try_from(times).unwrap_or(0),
    }
}
