//! What brokers ask of a consumer.
//!
//! **In RocketMQ**: `ClientRemotingProcessor`; `DefaultMQPushConsumerImpl.consumerRunningInfo`,
//! `ConsumeMessageService.consumeMessageDirectly`.
//!
//! **Left out on purpose**: the offset of a queue that the consumer has not committed yet, which a real one would ask
//! its broker for; thread dumps.

use std::sync::Arc;

use super::listener::message_at;
use super::{Assigned, Consumer};
use crate::fact::{Fact, ListenerResult};
use crate::gather::Gather as _;
use crate::id::{ConnectionId, GroupName, MessageQueue, Opaque, QueueOffset};
use crate::message::StoredMessage;
use crate::outbox::Outbox;
use crate::rpc::{
    ConsumeResult, ConsumerRunningInfo, DirectConsumption, Frame, ProcessQueueInfo, Request, RequestCode,
    Response, ResponseBody, ResponseCode, message_queue,
};
use crate::time::Instant;
use crate::timer::Timer;

/// A broker's request that is to be answered.
#[derive(Clone, Copy, Debug)]
struct Asked {
    connection: ConnectionId,
    opaque: Opaque,
}

impl Asked {
    fn answer(self, response: Response, out: &mut Outbox) {
        out.send(self.connection, Frame::Response { opaque: self.opaque, response: Box::new(response) });
    }
}

/// A message that an operator has consumed at once.
#[derive(Clone, Debug)]
pub(super) struct Direct {
    asked: Asked,
    until: Instant,
    queue: MessageQueue,
    message: Arc<StoredMessage>,
}

impl Consumer {
    pub(super) fn on_request(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        opaque: Opaque,
        request: Request,
        out: &mut Outbox,
    ) {
        let asked = Asked { connection, opaque };
        match request {
            // The group has changed.
            Request::NotifyConsumerIdsChanged { .. } => self.wake_rebalance(now, out),
            // An operator sends the group elsewhere.
            Request::ResetConsumerClientOffset { group, topic, offsets } if group == *self.group() => {
                self.reset_offset(now, (topic, offsets), out);
            }
            // An operator wants to know what the consumer is doing.
            Request::GetConsumerRunningInfo { group, .. } => {
                let code = RequestCode::GetConsumerRunningInfo;
                let response = if group == *self.group() {
                    Response::with(code, ResponseBody::RunningInfo(Box::new(self.running_info())))
                } else {
                    refuse_group(code, &group)
                };
                asked.answer(response, out);
            }
            // An operator has a message consumed at once.
            Request::ConsumeMessageDirectly { group, message, broker_name, .. } => {
                match message.filter(|_| group == *self.group()) {
                    Some(message) => {
                        let topic = message.message.topic.clone();
                        let queue = message_queue(&topic, &broker_name, message.queue_id.0);
                        self.consume_directly(now, Direct { asked, until: now, queue, message }, out);
                    }
                    None => asked.answer(refuse_group(RequestCode::ConsumeMessageDirectly, &group), out),
                }
            }
            _ => {}
        }
    }

    fn consume_directly(&mut self, now: Instant, direct: Direct, out: &mut Outbox) {
        out.note(Fact::MessageDelivered {
            message: Box::new(message_at(&direct.queue, &direct.message)),
            reconsume_times: direct.message.reconsume_times,
        });
        self.direct.push(Direct { until: now + self.spec.work, ..direct });
        self.arm_direct(out);
    }

    fn arm_direct(&self, out: &mut Outbox) {
        if let Some(until) = self.direct.iter().map(|direct| direct.until).min() {
            out.set_timer(Timer::ConsumeDirectly, until);
        }
    }

    /// The listener has finished with messages that an operator had consumed. Nothing but the answer comes of it.
    pub(super) fn direct_done(&mut self, now: Instant, out: &mut Outbox) {
        let (done, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.direct).into_iter().partition(|direct| direct.until <= now);
        self.direct = rest;
        for Direct { asked, queue, message, .. } in done {
            let fails = self.spec.fail.fails(message.reconsume_times);
            let result = match (fails, self.spec.orderly) {
                (false, _) => ListenerResult::Success,
                (true, false) => ListenerResult::ReconsumeLater,
                (true, true) => ListenerResult::SuspendCurrentQueueAMoment,
            };
            out.note(Fact::MessageConsumed { message: Box::new(message_at(&queue, &message)), result });
            let consumption = DirectConsumption {
                orderly: self.spec.orderly,
                result: if fails { ConsumeResult::Later } else { ConsumeResult::Success },
                took: self.spec.work,
            };
            let body = ResponseBody::DirectConsumption(consumption);
            asked.answer(Response::with(RequestCode::ConsumeMessageDirectly, body), out);
        }
        self.arm_direct(out);
    }

    fn running_info(&self) -> ConsumerRunningInfo {
        let queues = self.queues.iter();
        ConsumerRunningInfo {
            profile: self.client.profile,
            started_at: self.started_at,
            orderly: self.spec.orderly,
            thread_count: self.client.config.consume_thread_max,
            name_servers: self.name_servers.clone(),
            model: self.spec.model,
            from: self.spec.from,
            subscriptions: self.subscriptions.clone(),
            queues: queues
                .map(|(queue, assigned)| (queue.clone(), queue_info(assigned, self.commit_offset(queue))))
                .gather(),
            consumed: self.listener.counts.clone(),
        }
    }
}

fn refuse_group(code: RequestCode, group: &GroupName) -> Response {
    let remark = format!("The Consumer Group <{group}> not exist in this consumer");
    Response::refused(code, ResponseCode::SystemError, remark)
}

fn queue_info(assigned: &Assigned, commit_offset: Option<QueueOffset>) -> ProcessQueueInfo {
    let queue = assigned.process_queue();
    let offset =
        |message: Option<&Arc<StoredMessage>>| message.map_or(QueueOffset(0), |message| message.queue_offset);
    let taken = u32::try_from(queue.taken().count()).unwrap_or(u32::MAX);
    ProcessQueueInfo {
        commit_offset,
        cached_min: offset(queue.first()),
        cached_max: offset(queue.last()),
        cached_count: u32::try_from(queue.len()).unwrap_or(u32::MAX).saturating_sub(taken),
        cached_bytes: queue.cached().bytes,
        taken_count: taken,
        locked: assigned.is_locked(),
        try_unlock_times: assigned.try_unlock_times,
        last_lock: Some(assigned.last_lock()),
        dropped: assigned.is_dropped(),
        last_pull: assigned.last_pull(),
        last_consume: Some(queue.last_consume()),
    }
}
