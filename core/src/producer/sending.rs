//! The send loop at work: choose a queue, send, wait, and try again while attempts and time are left.
//!
//! The decisions stand in [`send_loop`](crate::send_loop) and [`queue_choice`](crate::queue_choice); here they meet
//! the route, the requests and the application's threads.
//!
//! An asynchronous send repeats only attempts that got no answer, on another broker and with the queue id of the first
//! attempt; a one-way send is made once and never heard of again.
//!
//! **In RocketMQ**: `DefaultMQProducerImpl.sendDefaultImpl`, `sendSelectImpl`, `sendKernelImpl`,
//! `MQClientAPIImpl.sendMessageAsync` and its `onExceptionImpl`.
//!
//! **Left out on purpose**: that a one-way send fails when no connection can be made.

use arcstr::ArcStr;

use super::trace::BeforeSend;
use super::{Producer, Purpose, ThreadId};
use crate::client_instance::{self, RouteAnswer, RouteWish};
use crate::command::{CommunicationMode, LocalTransaction, SendJob, ShardingKey};
use crate::fact::{Fact, MessageAt, SendError, SendStatus};
use crate::fault_strategy::Attempt;
use crate::id::{Address, BrokerId, BrokerName, CommitLogOffset, MessageQueue, QueueOffset};
use crate::message::{Message, property};
use crate::outbox::Outbox;
use crate::queue_choice::by_hash;
use crate::remoting::Failure;
use crate::rpc::{Request, Response, ResponseBody};
use crate::send_loop::{AttemptError, SendEnd, SendLoop, Verdict, verdict};
use crate::sys_flag::message::TRANSACTION_PREPARED;
use crate::time::{Duration, Instant};
use crate::validators::check_message;

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
    pub(super) unique_key: ArcStr,
    pub(super) manner: Manner,
    assigned: Option<Assigned>,
    pub(super) pause: Duration,
    attempts: SendLoop<Box<Fact>>,
    /// The queue of the present attempt; `None` while the route is asked for.
    pub(super) queue: Option<MessageQueue>,
    attempt_started: Instant,
    /// What the trace needs to know of an attempt, once one has begun.
    pub(super) traced: Option<BeforeSend>,
}

/// What an answer says of a message that was stored.
#[derive(Clone, Copy)]
struct Stored {
    status: SendStatus,
    queue_offset: QueueOffset,
    commit_log_offset: CommitLogOffset,
}

/// What decides on the queue in place of the producer. Such a send has one attempt and teaches the fault list
/// nothing.
#[derive(Clone, Debug)]
enum Assigned {
    Queue(MessageQueue),
    Key(ShardingKey),
}

impl ActiveSend {
    /// The broker it waits for, the number of the attempt, and when the send began; `None` before the first.
    pub fn waiting_for(&self) -> Option<(BrokerName, u32, Instant)> {
        let queue = self.queue.as_ref()?;
        Some((queue.broker_name.clone(), self.attempts.attempts(), self.attempts.started()))
    }

    /// What the application hears of a message that was stored in this queue at a broker of this address.
    fn success(&self, now: Instant, queue: &MessageQueue, store_host: Address, stored: Stored) -> Fact {
        let message = MessageAt {
            queue: queue.clone(),
            offset: stored.queue_offset,
            unique_key: self.unique_key.clone(),
            key: self.message.keys().cloned(),
        };
        Fact::SendSucceeded {
            message: Box::new(message),
            status: stored.status,
            commit_log_offset: stored.commit_log_offset,
            store_host,
            attempts: self.attempts.attempts(),
            took: now.since(self.attempts.started()),
        }
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
        let unique_key = self.next_id(now);
        message.set_shared_property(property::UNIQ_KEY, unique_key.clone());
        let assigned_queue = job.queue.clone().map(|(broker_name, queue_id)| {
            Assigned::Queue(MessageQueue { topic: job.topic.clone(), broker_name, queue_id })
        });
        let assigned = assigned_queue.or_else(|| job.hash.clone().map(Assigned::Key));
        let config = &self.client.config;
        let most = match manner.mode {
            CommunicationMode::Async => 1 + config.retry_times_when_send_async_failed,
            CommunicationMode::Sync if assigned.is_none() => 1 + config.retry_times_when_send_failed,
            CommunicationMode::Sync | CommunicationMode::OneWay => 1,
        };
        let send = ActiveSend {
            id: self.next_send,
            message,
            unique_key,
            manner,
            assigned,
            pause: job.every,
            attempts: SendLoop::new(now, config.send_msg_timeout, most),
            queue: None,
            attempt_started: now,
            traced: None,
        };
        self.next_send += 1;
        let most_bytes = self.client.config.max_message_size as usize;
        if let Err(why) = check_message(send.message.topic.as_str(), send.message.body.len(), most_bytes) {
            return self.fail(now, thread, send, SendError::MessageIllegal(why), out);
        }
        self.find_route(now, thread, send, out);
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
        while send.attempts.may_try() {
            let Some(queue) = self.queue_for(now, &send) else { break };
            let last = send.attempts.brokers_sent().last().cloned();
            let rest = match send.attempts.begin(now, &queue.broker_name) {
                Ok(rest) => rest,
                Err(end) => return self.end(now, thread, send, end, out),
            };
            if let (Some(broker_name), Some(error)) = (last, send.attempts.error()) {
                out.note(Fact::SendRetried { broker_name, why: error.words() });
            }
            let address = self.client.broker_address(&queue.broker_name, BrokerId::MASTER);
            send.queue = Some(queue.clone());
            send.attempt_started = now;
            let Some(address) = address else {
                self.attempt_failed(now, &mut send, AttemptError::BrokerUnknown);
                continue;
            };
            self.trace_before(now, &mut send, address);
            // The broker adds properties to the one that it gets: that is the one with the room for them.
            let kept = send.message.clone();
            let request = Request::SendMessage {
                group: self.group.clone(),
                message: std::mem::replace(&mut send.message, kept),
                queue_id: queue.queue_id,
                born_at: now,
                default_topic: client_instance::AUTO_CREATE_TOPIC.into(),
                default_topic_queue_nums: self.client.config.default_topic_queue_nums,
                sys_flag: if send.manner.transaction.is_some() { TRANSACTION_PREPARED } else { 0 },
                reconsume_times: 0,
                max_reconsume_times: None,
            };
            let purpose = client_instance::Purpose::Own(Purpose::Send(thread, send.id));
            let remoting = &mut self.client.remoting;
            match send.manner.mode {
                CommunicationMode::Sync => remoting.invoke(now, address, request, rest, purpose, out),
                CommunicationMode::Async => remoting.invoke_async(now, address, request, rest, purpose, out),
                CommunicationMode::OneWay => {
                    remoting.invoke_one_way(now, address, request, out);
                    return self.let_go(now, thread, &send, queue, out);
                }
            }
            return self.park(thread, send);
        }
        let end = send.attempts.give_up();
        self.end(now, thread, send, end, out);
    }

    /// The queue of the next attempt. An asynchronous send repeats the request that it has, so the queue id stays.
    fn queue_for(&mut self, now: Instant, send: &ActiveSend) -> Option<MessageQueue> {
        let topic = &send.message.topic;
        match &send.assigned {
            Some(Assigned::Queue(queue)) => return Some(queue.clone()),
            Some(Assigned::Key(key)) => return by_hash(&self.client.route(topic)?.writable, key).cloned(),
            None => {}
        }
        let mut queue = self.select_queue(now, send.manner.round, topic, send.attempts.brokers_sent())?;
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

    /// The send is over without an answer that ends it.
    fn end(
        &mut self,
        now: Instant,
        thread: ThreadId,
        send: ActiveSend,
        end: SendEnd<Box<Fact>>,
        out: &mut Outbox,
    ) {
        let error = match end {
            SendEnd::Result(fact) => {
                self.succeeded += 1;
                out.note(*fact);
                return self.after_send(now, thread, &send);
            }
            SendEnd::CallTimeout => SendError::CallTimeout,
            SendEnd::Thrown(code, remark) => SendError::Broker(code, remark),
            SendEnd::StillFailed(code) => match send.attempts.error() {
                Some(AttemptError::Refused(code, remark)) if send.assigned.is_some() => {
                    SendError::Broker(*code, remark.clone())
                }
                Some(AttemptError::Failed(failure)) if send.manner.mode == CommunicationMode::Async => {
                    SendError::Remoting(failure.words().into())
                }
                _ => SendError::StillFailed {
                    times: send.attempts.attempts(),
                    cost: now.since(send.attempts.started()),
                    topic: send.message.topic.clone(),
                    brokers_sent: send.attempts.brokers_sent().to_vec(),
                    code,
                },
            },
        };
        self.fail(now, thread, send, error, out);
    }

    fn attempt_failed(&mut self, now: Instant, send: &mut ActiveSend, error: AttemptError) {
        self.note_fault(now, send, error.attempt());
        send.attempts.failed(error);
    }

    fn note_fault(&mut self, now: Instant, send: &ActiveSend, attempt: Attempt) {
        if let (Some(queue), None) = (&send.queue, &send.assigned) {
            let took = now.since(send.attempt_started);
            self.faults.note(now, &self.client.config, &queue.broker_name, took, attempt);
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
                self.attempt_failed(now, &mut send, AttemptError::Failed(failure));
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
        match verdict(self.client.profile, response.code) {
            Verdict::Stored(status) => {
                self.note_fault(now, &send, Attempt::Stored);
                self.trace_after(now, &send, status, &response.body, out);
                let retries = status != SendStatus::SendOk
                    && send.manner.mode == CommunicationMode::Sync
                    && self.client.config.retry_another_broker_when_not_store_ok
                    && send.assigned.is_none();
                let host =
                    |queue: &MessageQueue| self.client.broker_address(&queue.broker_name, BrokerId::MASTER);
                if let ResponseBody::Sent { queue_offset, commit_log_offset, .. } = response.body
                    && let Some(queue) = &send.queue
                    && let Some(store_host) = host(queue)
                {
                    let stored = Stored { status, queue_offset, commit_log_offset };
                    if retries {
                        let fact = send.success(now, queue, store_host, stored);
                        send.attempts.stored_unsafely(status, Box::new(fact));
                        return self.attempt(now, thread, send, out);
                    }
                    out.note_with(|| send.success(now, queue, store_host, stored));
                }
                self.succeeded += 1;
                self.end_local_transaction(now, &send, status, &response.body, out);
                self.after_send(now, thread, &send);
            }
            Verdict::Retry if send.manner.mode == CommunicationMode::Sync => {
                let error = AttemptError::Refused(response.code, response.remark);
                self.attempt_failed(now, &mut send, error);
                self.attempt(now, thread, send, out);
            }
            Verdict::Retry | Verdict::Throw => {
                self.note_fault(now, &send, Attempt::Refused);
                let end = send.attempts.throw(response.code, response.remark);
                self.end(now, thread, send, end, out);
            }
        }
    }

    fn fail(&mut self, now: Instant, thread: ThreadId, send: ActiveSend, error: SendError, out: &mut Outbox) {
        self.failed += 1;
        self.last_failure = Some((now, error.to_string()));
        out.note(Fact::SendFailed {
            unique_key: send.unique_key.clone(),
            key: send.message.keys().cloned(),
            error: Box::new(error),
            took: now.since(send.attempts.started()),
        });
        self.after_send(now, thread, &send);
    }
}
