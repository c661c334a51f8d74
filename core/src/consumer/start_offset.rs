//! Where a queue that was just taken begins: where the group stands, or by `ConsumeFromWhere`.
//!
//! An orderly consumer asks twice: when it takes the queue, and again at the first pull, for the one before it may have
//! committed meanwhile.
//!
//! **In RocketMQ**: `RebalancePushImpl.computePullFromWhereWithException` (behaviour §5.6).

use super::{Consumer, HoldId, Purpose};
use crate::client_instance;
use crate::config::ConsumeFromWhere;
use crate::fact::StartReason;
use crate::id::{Address, BrokerId, MessageQueue, QueueOffset};
use crate::outbox::Outbox;
use crate::remoting::Failure;
use crate::rpc::{Request, Response, ResponseBody, ResponseCode};
use crate::time::{Duration, Instant};

/// How far back `CONSUME_FROM_TIMESTAMP` starts, counted from the consumer's start.
const CONSUME_TIMESTAMP: Duration = Duration::from_secs(30 * 60);
/// Wait when the first pull of an orderly consumer does not learn where to begin.
const DELAY_WHEN_EXCEPTION: Duration = Duration::from_secs(3);

/// Who wants to know where a queue begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// The division that takes it.
    Round,
    /// The first pull of an orderly consumer, with the number of the holding.
    FirstPull(HoldId),
}

impl Consumer {
    pub(super) fn find_start(&mut self, now: Instant, queue: MessageQueue, asker: Asker, out: &mut Outbox) {
        if self.is_broadcasting() {
            return match self.disk.offsets.get(&queue).copied() {
                Some(offset) => {
                    let start = Some((offset, StartReason::LocalOffset));
                    self.found_start(now, queue, asker, start, out);
                }
                None => self.start_by_rule(now, queue, asker, out),
            };
        }
        let Some((_, address)) = self.client.subscribe_address(&queue.broker_name, BrokerId::MASTER) else {
            return self.found_start(now, queue, asker, None, out);
        };
        let request = Request::QueryConsumerOffset {
            group: self.spec.client.group.clone(),
            topic: queue.topic.clone(),
            queue_id: queue.queue_id,
        };
        self.ask_start(now, address, request, (queue, StartReason::StoredOffset, asker), out);
    }

    fn ask_start(
        &mut self,
        now: Instant,
        address: Address,
        request: Request,
        (queue, reason, asker): (MessageQueue, StartReason, Asker),
        out: &mut Outbox,
    ) {
        let timeout = self.client.config.mq_client_api_timeout;
        let purpose = client_instance::Purpose::Own(Purpose::StartOffset(queue, reason, asker));
        self.client.remoting.invoke(now, address, request, timeout, purpose, out);
    }

    /// An answer to the question where a queue starts.
    pub(super) fn on_start_offset(
        &mut self,
        now: Instant,
        queue: MessageQueue,
        reason: StartReason,
        asker: Asker,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        match (result, reason) {
            (Ok(Response { body: ResponseBody::Offset(offset), .. }), reason) => {
                self.found_start(now, queue, asker, Some((offset, reason)), out);
            }
            (Ok(Response { code: ResponseCode::QueryNotFound, .. }), StartReason::StoredOffset) => {
                self.start_by_rule(now, queue, asker, out);
            }
            // V4 takes any refusal for "not found".
            (Ok(_), StartReason::StoredOffset) if !self.client.profile.is_v5() => {
                self.start_by_rule(now, queue, asker, out);
            }
            _ => self.found_start(now, queue, asker, None, out),
        }
    }

    /// Where a queue without an offset starts: by `ConsumeFromWhere` (behaviour §5.6).
    fn start_by_rule(&mut self, now: Instant, queue: MessageQueue, asker: Asker, out: &mut Outbox) {
        let (topic, queue_id) = (queue.topic.clone(), queue.queue_id);
        let from_first = self.spec.from == ConsumeFromWhere::FirstOffset || topic.is_retry();
        if from_first {
            let start = Some((QueueOffset(0), StartReason::FirstOffset));
            return self.found_start(now, queue, asker, start, out);
        }
        let Some(master) = self.client.broker_address(&queue.broker_name, BrokerId::MASTER) else {
            return self.found_start(now, queue, asker, None, out);
        };
        let (request, reason) = match self.spec.from {
            ConsumeFromWhere::Timestamp => (
                Request::SearchOffsetByTimestamp { topic, queue_id, at: self.started_at - CONSUME_TIMESTAMP },
                StartReason::Timestamp,
            ),
            _ => (Request::GetMaxOffset { topic, queue_id }, StartReason::LastOffset),
        };
        self.ask_start(now, master, request, (queue, reason, asker), out);
    }

    /// Where the queue starts; `None`: nobody could say.
    fn found_start(
        &mut self,
        now: Instant,
        queue: MessageQueue,
        asker: Asker,
        start: Option<(QueueOffset, StartReason)>,
        out: &mut Outbox,
    ) {
        match (asker, start) {
            (Asker::Round, Some((offset, reason))) => self.take(now, queue, offset, reason, out),
            (Asker::Round, None) => self.skip(now, out),
            (Asker::FirstPull(hold), start) => {
                let Some(assigned) = self.queues.get_mut(&queue).filter(|assigned| assigned.is(hold)) else {
                    return;
                };
                match start {
                    Some((offset, _)) => {
                        (assigned.previously_locked, assigned.next_offset) = (true, offset);
                        self.pull(now, &queue, out);
                    }
                    None => self.pull_later(&queue, now + DELAY_WHEN_EXCEPTION, out),
                }
            }
        }
    }
}
