//! The send loop at work: choose a queue, send, wait, and try again while attempts and time are left.
//!
//! The decisions stand in [`send_loop`](crate::send_loop) and [`queue_choice`](crate::queue_choice); here they meet
//! the route, the requests and the application's threads.
//!
//! **In RocketMQ**: `DefaultMQProducerImpl.sendDefaultImpl`, `sendSelectImpl`, `sendKernelImpl`.

use std::sync::Arc;

use super::{Producer, Purpose, ThreadId};
use crate::client_instance::{self, RouteAnswer, RouteWish};
use crate::command::{SendJob, ShardingKey};
use crate::fact::{Fact, MessageAt, SendError, SendStatus};
use crate::fault_strategy::Attempt;
use crate::id::{BrokerId, BrokerName, MessageQueue, TopicName};
use crate::message::{Message, property};
use crate::outbox::Outbox;
use crate::queue_choice::{Choice, ThreadLocalIndex, by_hash, resets_index};
use crate::remoting::Failure;
use crate::rpc::{Request, Response, ResponseBody};
use crate::send_loop::{AttemptError, SendEnd, SendLoop, Verdict, verdict};
use crate::time::{Duration, Instant};
use crate::validators::check_message;

/// A send that is under way.
#[derive(Clone, Debug)]
pub struct ActiveSend {
    id: u64,
    message: Message,
    unique_key: Arc<str>,
    assigned: Option<Assigned>,
    pub(super) pause: Duration,
    attempts: SendLoop<Box<Fact>>,
    /// The queue of the present attempt; `None` while the route is asked for.
    queue: Option<MessageQueue>,
    attempt_started: Instant,
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
        out: &mut Outbox,
    ) {
        let unique_key: Arc<str> = self.ids.next(self.epoch, now).into();
        message.set_property(property::UNIQ_KEY, &unique_key);
        let assigned_queue = job.queue.clone().map(|(broker_name, queue_id)| {
            Assigned::Queue(MessageQueue { topic: job.topic.clone(), broker_name, queue_id })
        });
        let assigned = assigned_queue.or_else(|| job.hash.clone().map(Assigned::Key));
        let config = &self.client.config;
        let most = if assigned.is_some() { 1 } else { 1 + config.retry_times_when_send_failed };
        let send = ActiveSend {
            id: self.next_send,
            message,
            unique_key,
            assigned,
            pause: job.every,
            attempts: SendLoop::new(now, config.send_msg_timeout, most),
            queue: None,
            attempt_started: now,
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
            let Some(queue) = self.queue_for(now, thread, &send) else { break };
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
            let request = Request::SendMessage {
                group: self.group.clone(),
                message: send.message.clone(),
                queue_id: queue.queue_id,
                born_at: now,
                default_topic_queue_nums: self.client.config.default_topic_queue_nums,
                sys_flag: 0,
                reconsume_times: 0,
                max_reconsume_times: None,
            };
            let purpose = client_instance::Purpose::Own(Purpose::Send(thread, send.id));
            self.park(thread, send);
            self.client.remoting.invoke(now, address, request, rest, purpose, out);
            return;
        }
        let end = send.attempts.give_up();
        self.end(now, thread, send, end, out);
    }

    fn queue_for(&mut self, now: Instant, thread: ThreadId, send: &ActiveSend) -> Option<MessageQueue> {
        let topic = &send.message.topic;
        match &send.assigned {
            Some(Assigned::Queue(queue)) => Some(queue.clone()),
            Some(Assigned::Key(key)) => by_hash(&self.client.route(topic)?.writable, key).cloned(),
            None => self.select_queue(now, thread, topic, send.attempts.brokers_sent()),
        }
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
                let fact = self.success(now, &send, status, &response.body);
                let retries = status != SendStatus::SendOk
                    && self.client.config.retry_another_broker_when_not_store_ok
                    && send.assigned.is_none();
                match fact {
                    Some(fact) if retries => {
                        send.attempts.stored_unsafely(status, Box::new(fact));
                        return self.attempt(now, thread, send, out);
                    }
                    Some(fact) => out.note(fact),
                    None => {}
                }
                self.succeeded += 1;
                self.after_send(now, thread, &send);
            }
            Verdict::Retry => {
                let error = AttemptError::Refused(response.code, response.remark);
                self.attempt_failed(now, &mut send, error);
                self.attempt(now, thread, send, out);
            }
            Verdict::Throw => {
                self.note_fault(now, &send, Attempt::Refused);
                let end = send.attempts.throw(response.code, response.remark);
                self.end(now, thread, send, end, out);
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
            attempts: send.attempts.attempts(),
            took: now.since(send.attempts.started()),
        })
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

    /// The next queue of the thread's round; on a retry not on the broker that just failed, if there is another.
    fn select_queue(
        &mut self,
        now: Instant,
        thread: ThreadId,
        topic: &TopicName,
        brokers_sent: &[BrokerName],
    ) -> Option<MessageQueue> {
        let cached = self.client.route(topic)?;
        let (queues, route) = (cached.writable.clone(), cached.route.clone());
        if queues.is_empty() {
            return None;
        }
        let (profile, avoids_faults) = (self.client.profile, self.client.config.send_latency_fault_enable);
        let attempts = u32::try_from(brokers_sent.len()).unwrap_or(u32::MAX);
        if resets_index(profile, avoids_faults, attempts) {
            let start = self.rng.below(i32::MAX.unsigned_abs()).cast_signed();
            self.rounds.insert((topic.clone(), thread), ThreadLocalIndex::new(start));
        }
        let mut index = self.index_of(topic, thread);
        let choice = Choice { queues: &queues, last_broker: brokers_sent.last() };
        let chosen = if !avoids_faults {
            choice.plain(&mut index).cloned()
        } else if profile.is_v5() {
            choice.avoiding_faults_v5(now, &self.faults, &mut index).cloned()
        } else {
            let mut worst = self.worst.get(&thread).copied().unwrap_or_else(|| self.random_index());
            let chosen = choice.avoiding_faults_v4(now, &route, &mut self.faults, &mut index, &mut worst);
            self.worst.insert(thread, worst);
            chosen
        };
        self.rounds.insert((topic.clone(), thread), index);
        chosen
    }

    /// Where the thread stands in the list of the topic: where a person has pinned it, or anywhere at first.
    fn index_of(&mut self, topic: &TopicName, thread: ThreadId) -> ThreadLocalIndex {
        if let Some(index) = self.rounds.get(&(topic.clone(), thread)) {
            return *index;
        }
        match self.pinned.remove(topic) {
            Some(start) => ThreadLocalIndex::new(start.cast_signed().wrapping_sub(1)),
            None => self.random_index(),
        }
    }

    /// Any value that is not negative, whatever the version; V5 also has negative ones, which look at the same
    /// queues.
    fn random_index(&mut self) -> ThreadLocalIndex {
        ThreadLocalIndex::new(self.rng.below(u32::MAX).cast_signed().wrapping_sub(1))
    }
}
