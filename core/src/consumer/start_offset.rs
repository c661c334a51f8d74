//! Where a queue that was just taken begins: where the group stands, or by `ConsumeFromWhere`.
//!
//! An orderly consumer asks twice: when it takes the queue, and again at the first pull, for the one before it may have
//! committed meanwhile.
//!
//! **In RocketMQ**: `RebalancePushImpl.computePullFromWhereWithException` (behaviour §5.6).

use super::{Consumer, HoldId, Purpose};
use crate::client_instance;
use crate::fact::StartReason;
use crate::id::{Address, BrokerId, MessageQueue, QueueOffset};
use crate::outbox::Outbox;
use crate::process_queue::Delay;
use crate::pull_from_where::{PullFrom, StoreOffset, pull_from_where};
use crate::remoting::Failure;
use crate::rpc::{Request, Response, ResponseBody};
use crate::time::{Duration, Instant};

/// How far back `CONSUME_FROM_TIMESTAMP` starts, counted from the consumer's start.
const CONSUME_TIMESTAMP: Duration = Duration::from_secs(30 * 60);

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
            let local = self.disk.offsets.get(&queue).copied();
            let store = local
                .map_or(StoreOffset::NotFound, |offset| StoreOffset::Found(offset, StartReason::LocalOffset));
            return self.begin_queue(now, queue, asker, store, out);
        }
        let Some((_, address)) = self.client.subscribe_address(&queue.broker_name, BrokerId::MASTER) else {
            return self.found_start(now, queue, asker, None, out);
        };
        let request = Request::QueryConsumerOffset {
            group: self.spec.client.group.clone(),
            topic: queue.topic.clone(),
            queue_id: queue.queue_id,
        };
        self.ask_start(now, address, request, Purpose::StoredOffset(queue, asker), out);
    }

    fn ask_start(
        &mut self,
        now: Instant,
        address: Address,
        request: Request,
        purpose: Purpose,
        out: &mut Outbox,
    ) {
        let timeout = self.client.config.mq_client_api_timeout;
        let purpose = client_instance::Purpose::Own(purpose);
        self.client.remoting.invoke(now, address, request, timeout, purpose, out);
    }

    /// The broker has said where the group stands with a queue.
    pub(super) fn on_stored_offset(
        &mut self,
        now: Instant,
        queue: MessageQueue,
        asker: Asker,
        result: &Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        let store = StoreOffset::of_answer(self.client.profile, result);
        self.begin_queue(now, queue, asker, store, out);
    }

    /// Begins with a queue where it is to begin, or asks for that place.
    fn begin_queue(
        &mut self,
        now: Instant,
        queue: MessageQueue,
        asker: Asker,
        store: StoreOffset,
        out: &mut Outbox,
    ) {
        let (topic, queue_id) = (queue.topic.clone(), queue.queue_id);
        let (request, reason) = match pull_from_where(self.spec.from, &queue.topic, store) {
            PullFrom::At(offset, reason) => {
                return self.found_start(now, queue, asker, Some((offset, reason)), out);
            }
            PullFrom::Nowhere => return self.found_start(now, queue, asker, None, out),
            PullFrom::MaxOffset => (Request::GetMaxOffset { topic, queue_id }, StartReason::LastOffset),
            PullFrom::OffsetAtTime => (
                Request::SearchOffsetByTimestamp { topic, queue_id, at: self.started_at - CONSUME_TIMESTAMP },
                StartReason::Timestamp,
            ),
        };
        match self.client.broker_address(&queue.broker_name, BrokerId::MASTER) {
            Some(master) => {
                self.ask_start(now, master, request, Purpose::StartOffset(queue, reason, asker), out);
            }
            None => self.found_start(now, queue, asker, None, out),
        }
    }

    /// The broker has said where a queue without an offset starts.
    pub(super) fn on_start_offset(
        &mut self,
        now: Instant,
        queue: MessageQueue,
        reason: StartReason,
        asker: Asker,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        let start = match result {
            Ok(Response { body: ResponseBody::Offset(offset), .. }) => Some((offset, reason)),
            _ => None,
        };
        self.found_start(now, queue, asker, start, out);
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
                    None => self.pull_later(&queue, now + Delay::Exception.duration(), out),
                }
            }
        }
    }
}
