//! The send loop: choose a queue, send, wait, and try again while attempts and time are left.
//!
//! All attempts share one budget (`sendMsgTimeout`, 3 s). A *refused* connection costs a moment, so another broker is
//! tried at once; a *hung* broker eats the whole budget, so nothing is left to try with (behaviour §2.6).
//!
//! An asynchronous send repeats only attempts that got no answer, on another broker and with the queue id of the first
//! attempt; a one-way send is made once and never heard of again.
//!
//! **In RocketMQ**: `DefaultMQProducerImpl.sendDefaultImpl`, `sendKernelImpl`, `MQClientAPIImpl.sendMessageAsync` and
//! its `onExceptionImpl`.
//!
//! **Left out on purpose**: that a one-way send fails when no connection can be made.

use std::sync::Arc;

use super::attempt::{AttemptError, Verdict};
use super::{Producer, Purpose, ThreadId};
use crate::client_instance::{self, RouteAnswer, RouteWish};
use crate::command::{CommunicationMode, LocalTransaction, SendJob};
use crate::fact::{Fact, MessageAt, SendError, SendStatus};
use crate::fault_strategy::Attempt;
use crate::id::{BrokerId, BrokerName, MessageQueue};
use crate::message::{Message, TOPIC_MAX_LENGTH, check_name, property, sys_flag};
use crate::outbox::Outbox;
use crate::remoting::Failure;
use crate::rpc::{Request, Response, ResponseBody};
use crate::time::{Duration, Instant};

/// How a message is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    pub(super) mode: CommunicationMode,
    /// Whose round over the queues it takes its turn in.
    pub(super) round: ThreadId,
    /// The local transaction that follows.
    pub(super) transaction: Option<LocalTransaction>,
}

/// A send that is under way.
#[derive(Clone, Debug)]
pub struct ActiveSend {
    id: u64,
    pub(super) message: Message,
    pub(super) unique_key: Arc<str>,
    pub(super) manner: Manner,
    fixed_queue: Option<MessageQueue>,
    pub(super) pause: Duration,
    started: Instant,
    brokers_sent: Vec<BrokerName>,
    /// The queue of the present attempt; `None` while the route is asked for.
    pub(super) queue: Option<MessageQueue>,
    attempt_started: Instant,
    error: Option<AttemptError>,
    /// A result that was stored but not safely, kept in case the retries fail.
    unsafe_result: Option<Box<Fact>>,
}

impl ActiveSend {
    /// The broker it waits for, the number of the attempt, and when the send began; `None` before the first.
    pub fn waiting_for(&self) -> Option<(BrokerName, u32, Instant)> {
        let queue = self.queue.as_ref()?;
        Some((queue.broker_name.clone(), self.attempts(), self.started))
    }

    fn attempts(&self) -> u32 {
        u32::try_from(self.brokers_sent.len()).unwrap_or(u32::MAX)
    }

    fn message_at(&self, offset: crate::id::QueueOffset) -> Option<MessageAt> {
        Some(MessageAt {
            queue: self.queue.clone()?,
            offset,
            unique_key: self.unique_key.clone(),
            key: self.message.keys().cloned(),
        })
    }
}

impl Producer {
    pub(super) fn begin_send(
        &mut self,
        now: Instant,
        thread: ThreadId,
        mut message: Message,
        job: &SendJob,
        manner: Manner,
        out: &mut Outbox,
    ) {
        let unique_key: Arc<str> = self.ids.next(self.epoch, now).into();
        message.set_property(property::UNIQ_KEY, &unique_key);
        let fixed_queue = job.queue.clone().map(|(broker_name, queue_id)| MessageQueue {
            topic: job.topic.clone(),
            broker_name,
            queue_id,
        });
        let send = ActiveSend {
            id: self.next_send,
            message,
            unique_key,
            manner,
            fixed_queue,
            pause: job.every,
            started: now,
            brokers_sent: Vec::new(),
            queue: None,
            attempt_started: now,
            error: None,
            unsafe_result: None,
        };
        self.next_send += 1;
        if let Err(why) = self.check_message(&send.message) {
            return self.fail(now, thread, send, SendError::MessageIllegal(why.into()), out);
        }
        self.find_route(now, thread, send, out);
    }

    /// The client's own checks (`Validators.checkMessage`).
    fn check_message(&self, message: &Message) -> Result<(), String> {
        check_name(message.topic.as_str(), TOPIC_MAX_LENGTH)
            .map_err(|why| format!("The specified topic is illegal: {why}"))?;
        if message.body.is_empty() {
            return Err("the message body length is zero".to_owned());
        }
        let most = self.client.config.max_message_size;
        if message.body.len() > most as usize {
            return Err(format!("the message body size over max value, MAX: {most}"));
        }
        Ok(())
    }

    /// Goes on when there is a list of queues, else asks for one (`tryToFindTopicPublishInfo`).
    fn find_route(&mut self, now: Instant, thread: ThreadId, send: ActiveSend, out: &mut Outbox) {
        let topic = send.message.topic.clone();
        let is_ok = self.client.route(&topic).is_some_and(|cached| !cached.writable.is_empty());
        if is_ok {
            return self.attempt(now, thread, send, out);
        }
        self.park(thread, send);
        self.client.want_route(now, &topic, false, out);
    }

    fn park(&mut self, thread: ThreadId, send: ActiveSend) {
        if let Some(thread) = self.threads.get_mut(&thread) {
            assert!(thread.current.is_none(), "a thread has one send under way at most");
            thread.current = Some(send);
        }
    }

    /// A name server has answered, or none has: the sends that waited for it go on.
    pub(super) fn on_route(&mut self, now: Instant, wish: &RouteWish, answer: RouteAnswer, out: &mut Outbox) {
        if answer == RouteAnswer::Found(true) {
            self.rounds.retain(|(topic, _), _| *topic != wish.topic);
        }
        let waiting: Vec<_> = self
            .threads
            .iter()
            .filter(|(_, thread)| {
                thread
                    .current
                    .as_ref()
                    .is_some_and(|send| send.queue.is_none() && send.message.topic == wish.topic)
            })
            .map(|(id, _)| *id)
            .collect();
        for id in waiting {
            let Some(send) = self.threads.get_mut(&id).and_then(|thread| thread.current.take()) else {
                continue;
            };
            let cached = self.client.route(&wish.topic);
            let is_ok = cached.is_some_and(|cached| !cached.writable.is_empty());
            if is_ok {
                self.attempt(now, id, send, out);
            } else if cached.is_none() && !wish.template {
                self.park(id, send);
                self.client.want_route(now, &wish.topic, true, out);
            } else {
                self.fail(now, id, send, SendError::NoRoute(wish.topic.clone()), out);
            }
        }
        self.go_on(now, out);
    }

    /// One attempt; when attempts or time are used up, the end.
    fn attempt(&mut self, now: Instant, thread: ThreadId, mut send: ActiveSend, out: &mut Outbox) {
        let budget = self.client.config.send_msg_timeout;
        let most = self.most_attempts(&send);
        while send.attempts() < most {
            let last = send.brokers_sent.last().cloned();
            // The queue is chosen, and its turn used up, before the time is looked at.
            let Some(queue) = self.next_queue(now, &send, last.as_ref()) else {
                break;
            };
            let cost = now.since(send.started);
            if cost > budget {
                return self.fail(now, thread, send, SendError::CallTimeout, out);
            }
            if let (Some(broker_name), Some(error)) = (last, &send.error) {
                out.note(Fact::SendRetried { broker_name, why: error.words() });
            }
            send.brokers_sent.push(queue.broker_name.clone());
            let address = self.client.broker_address(&queue.broker_name, BrokerId::MASTER);
            send.queue = Some(queue.clone());
            send.attempt_started = now;
            let Some(address) = address else {
                self.note_failed_attempt(now, &mut send, AttemptError::BrokerUnknown);
                continue;
            };
            let request = Request::SendMessage {
                group: self.group.clone(),
                message: send.message.clone(),
                queue_id: queue.queue_id,
                born_at: now,
                default_topic: client_instance::AUTO_CREATE_TOPIC.into(),
                default_topic_queue_nums: self.client.config.default_topic_queue_nums,
                sys_flag: if send.manner.transaction.is_some() { sys_flag::TRANSACTION_PREPARED } else { 0 },
                reconsume_times: 0,
                max_reconsume_times: None,
            };
            let purpose = client_instance::Purpose::Own(Purpose::Send(thread, send.id));
            let rest = budget.saturating_sub(cost);
            let remoting = &mut self.client.remoting;
            match send.manner.mode {
                CommunicationMode::Sync => remoting.invoke(now, address, request, rest, purpose, out),
                CommunicationMode::Async => remoting.invoke_async(now, address, request, rest, purpose, out),
                CommunicationMode::OneWay => {
                    remoting.invoke_one_way(now, address, request, out);
                    return self.let_go(now, thread, &send, queue, out);
                }
            }
            self.park(thread, send);
            return;
        }
        self.give_up(now, thread, send, out);
    }

    fn most_attempts(&self, send: &ActiveSend) -> u32 {
        let config = &self.client.config;
        match send.manner.mode {
            CommunicationMode::Async => 1 + config.retry_times_when_send_async_failed,
            CommunicationMode::Sync if send.fixed_queue.is_none() => 1 + config.retry_times_when_send_failed,
            CommunicationMode::Sync | CommunicationMode::OneWay => 1,
        }
    }

    /// The queue of the next attempt. An asynchronous send repeats the request that it has, so the queue id stays.
    fn next_queue(
        &mut self,
        now: Instant,
        send: &ActiveSend,
        last: Option<&BrokerName>,
    ) -> Option<MessageQueue> {
        if let Some(queue) = &send.fixed_queue {
            return Some(queue.clone());
        }
        let mut queue = self.select_queue(now, send.manner.round, &send.message.topic, last)?;
        if let (CommunicationMode::Async, Some(first)) = (send.manner.mode, &send.queue) {
            queue.queue_id = first.queue_id;
        }
        Some(queue)
    }

    /// A one-way send is over when it is on its way.
    fn let_go(
        &mut self,
        now: Instant,
        thread: ThreadId,
        send: &ActiveSend,
        queue: MessageQueue,
        out: &mut Outbox,
    ) {
        self.succeeded += 1;
        let (unique_key, key) = (send.unique_key.clone(), send.message.keys().cloned());
        out.note(Fact::OneWaySent { queue, unique_key, key });
        self.after_send(now, thread, send);
    }

    fn give_up(&mut self, now: Instant, thread: ThreadId, mut send: ActiveSend, out: &mut Outbox) {
        if let Some(result) = send.unsafe_result.take() {
            self.succeeded += 1;
            out.note(*result);
            return self.after_send(now, thread, &send);
        }
        let error = match &send.error {
            Some(AttemptError::Refused(code, remark)) if send.fixed_queue.is_some() => {
                SendError::Broker(*code, remark.clone())
            }
            Some(AttemptError::Failed(failure)) if send.manner.mode == CommunicationMode::Async => {
                SendError::Remoting(failure.words().into())
            }
            error => SendError::StillFailed {
                times: send.attempts(),
                cost: now.since(send.started),
                topic: send.message.topic.clone(),
                brokers_sent: send.brokers_sent.clone(),
                code: error.as_ref().and_then(AttemptError::code),
            },
        };
        self.fail(now, thread, send, error, out);
    }

    fn note_failed_attempt(&mut self, now: Instant, send: &mut ActiveSend, error: AttemptError) {
        let broker_name = send.queue.as_ref().map(|queue| queue.broker_name.clone());
        if let Some(broker_name) = broker_name {
            let took = now.since(send.attempt_started);
            match &error {
                AttemptError::Failed(failure) => {
                    let reachable = *failure != Failure::Connect;
                    self.note_latency(now, &broker_name, took, Attempt::Broken { reachable });
                }
                AttemptError::Refused(..) | AttemptError::NotStoreOk(_) => {
                    self.note_latency(now, &broker_name, took, Attempt::Answered);
                }
                AttemptError::BrokerUnknown => {}
            }
        }
        send.error = Some(error);
    }

    fn note_latency(&mut self, now: Instant, broker: &BrokerName, took: Duration, attempt: Attempt) {
        if self.client.config.send_latency_fault_enable {
            self.faults.update(now, broker, took, attempt);
        }
    }

    /// An attempt ended.
    pub(super) fn on_answer(
        &mut self,
        now: Instant,
        thread: ThreadId,
        id: u64,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        let thread_of = self.threads.get_mut(&thread);
        let taken = thread_of.and_then(|thread| thread.current.take_if(|send| send.id == id));
        let Some(mut send) = taken else { return };
        match result {
            Ok(response) => self.on_response(now, thread, send, response, out),
            Err(failure) => {
                self.note_failed_attempt(now, &mut send, AttemptError::Failed(failure));
                self.attempt(now, thread, send, out);
            }
        }
        self.go_on(now, out);
    }

    fn on_response(
        &mut self,
        now: Instant,
        thread: ThreadId,
        mut send: ActiveSend,
        response: Response,
        out: &mut Outbox,
    ) {
        match self.verdict(response.code) {
            Verdict::Stored(status) => {
                let fact = self.success(now, &send, status, &response.body);
                let broker = send.queue.as_ref().map(|queue| queue.broker_name.clone());
                if status != SendStatus::SendOk
                    && send.manner.mode == CommunicationMode::Sync
                    && self.client.config.retry_another_broker_when_not_store_ok
                    && send.fixed_queue.is_none()
                {
                    send.unsafe_result = fact.map(Box::new);
                    self.note_failed_attempt(now, &mut send, AttemptError::NotStoreOk(status));
                    return self.attempt(now, thread, send, out);
                }
                if let Some(broker) = broker {
                    let took = now.since(send.attempt_started);
                    self.note_latency(now, &broker, took, Attempt::Answered);
                }
                self.succeeded += 1;
                if let Some(fact) = fact {
                    out.note(fact);
                }
                self.end_local_transaction(now, &send, status, &response.body, out);
                self.after_send(now, thread, &send);
            }
            Verdict::Retry if send.manner.mode == CommunicationMode::Sync => {
                let error = AttemptError::Refused(response.code, response.remark);
                self.note_failed_attempt(now, &mut send, error);
                self.attempt(now, thread, send, out);
            }
            Verdict::Retry | Verdict::Throw => {
                self.fail(now, thread, send, SendError::Broker(response.code, response.remark), out);
            }
        }
    }

    fn success(
        &self,
        now: Instant,
        send: &ActiveSend,
        status: SendStatus,
        body: &ResponseBody,
    ) -> Option<Fact> {
        let ResponseBody::Sent { queue_offset, commit_log_offset, .. } = *body else {
            return None;
        };
        let message = send.message_at(queue_offset)?;
        let store_host = self.client.broker_address(&message.queue.broker_name, BrokerId::MASTER)?;
        Some(Fact::SendSucceeded {
            message: Box::new(message),
            status,
            commit_log_offset,
            store_host,
            attempts: send.attempts(),
            took: now.since(send.started),
        })
    }

    fn fail(&mut self, now: Instant, thread: ThreadId, send: ActiveSend, error: SendError, out: &mut Outbox) {
        self.failed += 1;
        self.last_failure = Some((now, error.to_string()));
        out.note(Fact::SendFailed {
            unique_key: send.unique_key.clone(),
            key: send.message.keys().cloned(),
            error: Box::new(error),
            took: now.since(send.started),
        });
        self.after_send(now, thread, &send);
    }
}
