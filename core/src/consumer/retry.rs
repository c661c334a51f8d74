//! Handing messages back that the listener failed with.
//!
//! The thread that got the failure hands the messages back one after another, each synchronously: to the broker that
//! stores the message, by its place in the log; when that fails, the whole message to the retry topic, on any broker
//! that has it, like a producer. What neither way takes stays here. An orderly consumer knows only the second way.
//!
//! **In RocketMQ**: `DefaultMQPushConsumerImpl.sendMessageBack`, `ConsumeMessageOrderlyService.sendMessageBack` and the
//! producer inside of every client (`CLIENT_INNER_PRODUCER`).
//!
//! **Left out on purpose**: the round of each thread over the queues of the retry topic begins anew for each message;
//! fault avoidance.

use std::collections::VecDeque;
use std::sync::Arc;

use arcstr::ArcStr;

use super::concurrently::CLEAN_LEVEL;
use super::listener::{Batch, message_at};
use super::{Consumer, HoldId, Purpose};
use crate::client_instance::{self, AUTO_CREATE_TOPIC};
use crate::consume_result::{RetrySend, max_reconsume_times, reconsumed};
use crate::fact::Fact;
use crate::id::{Address, BrokerId, BrokerName, MessageQueue, TopicName};
use crate::message::{Message, StoredMessage, property};
use crate::outbox::Outbox;
use crate::queue_choice::{Choice, ThreadLocalIndex};
use crate::remoting::Failure;
use crate::rpc::{Request, Response, ResponseCode};
use crate::time::{Duration, Instant};

/// How long a broker may take to take a message back.
const SEND_BACK_TIMEOUT: Duration = Duration::from_secs(5);
/// The group of the producer inside of a client.
const INNER_PRODUCER: &str = "CLIENT_INNER_PRODUCER";

/// The number of a [`HandBack`].
pub(super) type HandBackId = u64;

/// Where messages that are handed back come from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// A batch of which they failed.
    Batch(Batch),
    /// A batch of an orderly run that began at this moment.
    Run(Batch, Instant),
    /// The listener takes too long for it.
    Overdue(MessageQueue, HoldId, Arc<StoredMessage>),
}

impl Origin {
    const fn queue(&self) -> (&MessageQueue, HoldId) {
        match self {
            Self::Batch(batch) | Self::Run(batch, _) => (&batch.queue, batch.hold),
            Self::Overdue(queue, hold, _) => (queue, *hold),
        }
    }
}

/// Messages on their way back.
#[derive(Clone, Debug)]
pub(super) struct HandBack {
    origin: Origin,
    /// The first is under way.
    todo: VecDeque<Arc<StoredMessage>>,
    /// What could not be handed back, having failed once more.
    kept: Vec<Arc<StoredMessage>>,
    /// The first goes to the retry topic.
    send: Option<InnerSend>,
}

impl HandBack {
    /// Messages that are not through with.
    pub(super) fn messages(&self) -> usize {
        self.todo.len() + self.kept.len()
    }
}

/// A send to the retry topic.
#[derive(Clone, Debug)]
struct InnerSend {
    message: Message,
    retry: RetrySend,
    started: Instant,
    /// Where in the list of queues its round stands.
    index: ThreadLocalIndex,
    brokers_sent: Vec<BrokerName>,
    /// Where it may go, as it was known when the first attempt began (`TopicPublishInfo`); empty until then.
    queues: Arc<Vec<MessageQueue>>,
    route_asked: bool,
}

/// How an attempt began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    UnderWay,
    Failed,
}

impl Consumer {
    /// Threads of the listener's pool that hand messages back.
    pub(super) fn threads_handing_back(&self) -> usize {
        let in_pool = |back: &&HandBack| !matches!(back.origin, Origin::Overdue(..));
        self.hand_backs.values().filter(in_pool).count()
    }

    pub(super) fn hand_back(
        &mut self,
        now: Instant,
        origin: Origin,
        todo: VecDeque<Arc<StoredMessage>>,
        out: &mut Outbox,
    ) {
        let id = self.next_hand_back;
        self.next_hand_back += 1;
        self.hand_backs.insert(id, HandBack { origin, todo, kept: Vec::new(), send: None });
        self.hand_back_next(now, id, out);
    }

    /// Hands the first message back; without any left, what it came from goes on.
    fn hand_back_next(&mut self, now: Instant, id: HandBackId, out: &mut Outbox) {
        while let Some(back) = self.hand_backs.get(&id) {
            let Some(message) = back.todo.front().cloned() else {
                return self.handed_back(now, id, out);
            };
            let is_orderly = matches!(back.origin, Origin::Run(..));
            if !is_orderly {
                match self.address_for(&back.origin, &message) {
                    Some(address) => return self.send_back(now, id, address, &message, out),
                    None => self.note_send_back_failed(id, &message, "broker not known".into(), out),
                }
            }
            if self.begin_send(now, id, &message, out) == Attempt::UnderWay {
                return;
            }
            self.settle(id, false);
        }
    }

    /// The master of the queue's broker name; for an overdue message the broker that stored it.
    fn address_for(&self, origin: &Origin, message: &StoredMessage) -> Option<Address> {
        match origin {
            Origin::Overdue(..) => Some(message.store_host),
            _ => self.client.broker_address(&origin.queue().0.broker_name, BrokerId::MASTER),
        }
    }

    fn send_back(
        &mut self,
        now: Instant,
        id: HandBackId,
        address: Address,
        message: &StoredMessage,
        out: &mut Outbox,
    ) {
        let is_overdue =
            self.hand_backs.get(&id).is_some_and(|back| matches!(back.origin, Origin::Overdue(..)));
        let request = Request::ConsumerSendMsgBack {
            group: self.spec.client.group.clone(),
            commit_log_offset: message.commit_log_offset,
            delay_level: if is_overdue { CLEAN_LEVEL } else { self.spec.retry_level },
            origin_message_id: message.offset_message_id().into(),
            max_reconsume_times: Some(max_reconsume_times(self.client.config.max_reconsume_times, false)),
        };
        let purpose = client_instance::Purpose::Own(Purpose::SendBack(id));
        self.client.remoting.invoke(now, address, request, SEND_BACK_TIMEOUT, purpose, out);
    }

    /// A broker has taken a message back, or has not.
    pub(super) fn on_sent_back(
        &mut self,
        now: Instant,
        id: HandBackId,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        let message = self.hand_backs.get(&id).and_then(|back| back.todo.front().cloned());
        let Some(message) = message else { return };
        let why = match result {
            Ok(Response { code: ResponseCode::Success, .. }) => {
                self.settle(id, true);
                return self.hand_back_next(now, id, out);
            }
            Ok(response) => response.code.name().into(),
            Err(failure) => failure.words().into(),
        };
        self.note_send_back_failed(id, &message, why, out);
        if self.begin_send(now, id, &message, out) == Attempt::Failed {
            self.settle(id, false);
            self.hand_back_next(now, id, out);
        }
    }

    fn note_send_back_failed(&self, id: HandBackId, message: &StoredMessage, why: ArcStr, out: &mut Outbox) {
        if let Some(back) = self.hand_backs.get(&id) {
            let message = Box::new(message_at(back.origin.queue().0, message));
            out.note(Fact::SendBackFailed { message, why });
        }
    }

    /// The first message is handed back, or stays here.
    fn settle(&mut self, id: HandBackId, is_handed_back: bool) {
        if let Some(back) = self.hand_backs.get_mut(&id) {
            back.send = None;
            if let Some(message) = back.todo.pop_front().filter(|_| !is_handed_back) {
                back.kept.push(reconsumed(&message));
            }
        }
    }

    fn handed_back(&mut self, now: Instant, id: HandBackId, out: &mut Outbox) {
        let Some(HandBack { origin, kept, .. }) = self.hand_backs.remove(&id) else {
            return;
        };
        match origin {
            Origin::Batch(batch) => self.finish_batch(now, &batch, kept, out),
            Origin::Run(batch, began) => self.run_handed_back(now, &batch, began, &kept, out),
            Origin::Overdue(queue, hold, message) => {
                if kept.is_empty() {
                    self.take_overdue(now, &queue, hold, &message);
                }
                self.clean_next(now, out);
            }
        }
        self.feed(now, out);
    }

    /// Begins to send the first message to the retry topic.
    fn begin_send(
        &mut self,
        now: Instant,
        id: HandBackId,
        stored: &StoredMessage,
        out: &mut Outbox,
    ) -> Attempt {
        let Some(back) = self.hand_backs.get(&id) else {
            return Attempt::Failed;
        };
        let orderly = matches!(back.origin, Origin::Run(..));
        let setting = self.client.config.max_reconsume_times;
        let retry = RetrySend::of(stored, setting, orderly, self.client.profile);
        let message = self.retry_message(&back.origin, stored, retry.delay_level);
        let index = ThreadLocalIndex::new(self.rng.below(u32::MAX).cast_signed());
        let send = InnerSend {
            message,
            retry,
            started: now,
            index,
            brokers_sent: Vec::new(),
            queues: Arc::default(),
            route_asked: false,
        };
        self.attempt(now, id, send, out)
    }

    /// The message as it is sent: with everything that the client put into it since the pull. Only an orderly consumer
    /// also names the record that it came from first; the other way loses that.
    fn retry_message(&self, origin: &Origin, stored: &StoredMessage, delay_level: u32) -> Message {
        let (queue, hold) = origin.queue();
        let mut message = stored.message.clone();
        if let Some(assigned) = self.queues.get(queue).filter(|assigned| assigned.is_hold(hold)) {
            message.set_property(property::MIN_OFFSET, &assigned.bounds.0.to_string());
            message.set_property(property::MAX_OFFSET, &assigned.bounds.1.to_string());
            if let Some(started) = assigned.process_queue.consume_started(stored.queue_offset) {
                let started = self.epoch.wall_clock(started).to_string();
                message.set_property(property::CONSUME_START_TIME, &started);
            }
        }
        if matches!(origin, Origin::Run(..)) && message.property(property::ORIGIN_MESSAGE_ID).is_none() {
            message.set_property(property::ORIGIN_MESSAGE_ID, &stored.offset_message_id());
        }
        let topic = message_at(queue, stored).queue.topic;
        message.set_property(property::RETRY_TOPIC, topic.as_str());
        message.remove_property(property::TRANSACTION_PREPARED);
        message.set_property(property::DELAY, &delay_level.to_string());
        message.topic = TopicName::retry_of(&self.spec.client.group);
        message
    }

    /// One attempt (`sendDefaultImpl`): as long as attempts and time are left, on another broker than the last.
    fn attempt(&mut self, now: Instant, id: HandBackId, mut send: InnerSend, out: &mut Outbox) -> Attempt {
        let topic = send.message.topic.clone();
        let config = &self.client.config;
        let (budget, most) = (config.send_msg_timeout, 1 + config.retry_times_when_send_failed);
        let default_topic_queue_nums = config.default_topic_queue_nums;
        if send.queues.is_empty() {
            send.queues = self.client.route(&topic).map(|cached| cached.writable.clone()).unwrap_or_default();
        }
        if send.queues.is_empty() {
            if send.route_asked {
                return Attempt::Failed;
            }
            send.route_asked = true;
            self.park(id, send);
            self.client.want_route(now, &topic, false, out);
            return Attempt::UnderWay;
        }
        while send.brokers_sent.len() < most as usize && now.since(send.started) <= budget {
            let choice = Choice { queues: &send.queues, last_broker: send.brokers_sent.last() };
            let Some(queue) = choice.plain(&mut send.index).cloned() else {
                return Attempt::Failed;
            };
            send.brokers_sent.push(queue.broker_name.clone());
            let Some(address) = self.client.broker_address(&queue.broker_name, BrokerId::MASTER) else {
                continue;
            };
            let request = Request::SendMessage {
                group: INNER_PRODUCER.into(),
                message: send.message.clone(),
                queue_id: queue.queue_id,
                born_at: now,
                default_topic: AUTO_CREATE_TOPIC.into(),
                default_topic_queue_nums,
                sys_flag: 0,
                reconsume_times: send.retry.reconsume_times,
                max_reconsume_times: Some(send.retry.max_reconsume_times),
            };
            let rest = budget.saturating_sub(now.since(send.started));
            self.park(id, send);
            let purpose = client_instance::Purpose::Own(Purpose::InnerSend(id));
            self.client.remoting.invoke(now, address, request, rest, purpose, out);
            return Attempt::UnderWay;
        }
        Attempt::Failed
    }

    fn park(&mut self, id: HandBackId, send: InnerSend) {
        if let Some(back) = self.hand_backs.get_mut(&id) {
            back.send = Some(send);
        }
    }

    /// A route request has ended: sends to the retry topic may have waited for it.
    pub(super) fn sends_got_route(&mut self, now: Instant, topic: &TopicName, out: &mut Outbox) {
        let waits = |send: &InnerSend| send.queues.is_empty() && send.message.topic == *topic;
        let waiting = self.hand_backs.iter().filter(|(_, back)| back.send.as_ref().is_some_and(waits));
        for id in waiting.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.try_again(now, id, out);
        }
    }

    fn try_again(&mut self, now: Instant, id: HandBackId, out: &mut Outbox) {
        let send = self.hand_backs.get_mut(&id).and_then(|back| back.send.take());
        let Some(send) = send else { return };
        if self.attempt(now, id, send, out) == Attempt::Failed {
            self.settle(id, false);
            self.hand_back_next(now, id, out);
        }
    }

    /// A broker has answered a send to the retry topic, or has not.
    pub(super) fn on_inner_sent(
        &mut self,
        now: Instant,
        id: HandBackId,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        let code = result.map(|response| response.code);
        let is_v5 = self.client.profile.is_v5();
        match code {
            Ok(
                ResponseCode::Success
                | ResponseCode::FlushDiskTimeout
                | ResponseCode::FlushSlaveTimeout
                | ResponseCode::SlaveNotAvailable,
            ) => {
                self.settle(id, true);
                self.hand_back_next(now, id, out);
            }
            Err(_)
            | Ok(
                ResponseCode::TopicNotExist
                | ResponseCode::ServiceNotAvailable
                | ResponseCode::SystemError
                | ResponseCode::NoPermission,
            ) => self.try_again(now, id, out),
            Ok(ResponseCode::SystemBusy) if is_v5 => self.try_again(now, id, out),
            Ok(_) => {
                self.settle(id, false);
                self.hand_back_next(now, id, out);
            }
        }
    }
}
