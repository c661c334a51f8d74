//! The producer of trace messages inside a client that traces (`enableMsgTrace`).
//!
//! Trace messages are sent asynchronously and nobody waits for them: the queues of the trace topic take turns, a send
//! without an answer is tried again at the same broker, and what cannot be sent is lost. Without a route the trace
//! topic is a topic like any other: a broker that creates topics by itself creates it.
//!
//! **In RocketMQ**: `AsyncTraceDispatcher.AsyncDataSendTask` and its `traceProducer`.
//!
//! **Left out on purpose**: the client instance that the producer of traces has for itself; here it shares name
//! server, routes, connections and heartbeats with its client. The round of each thread of the executor over the
//! queues. A client that is stopped waits for nothing, so what has no route or no connection then is lost.

use std::collections::BTreeMap;

use arcstr::ArcStr;

use super::{AUTO_CREATE_TOPIC, ClientInstance, Purpose};
use crate::fact::Fact;
use crate::id::{Address, BrokerId, GroupName, MessageQueue, TopicName};
use crate::message::{Message, property};
use crate::outbox::Outbox;
use crate::queue_choice::{Choice, ThreadLocalIndex};
use crate::remoting::Failure;
use crate::rng::Rng;
use crate::rpc::{Request, Response};
use crate::send_loop::{AttemptError, SendLoop, Verdict, verdict};
use crate::time::{Duration, Epoch, Instant};
use crate::timer::Timer;
use crate::trace::{MAX_MSG_SIZE, TraceContext, TraceData, TraceDispatcher};
use crate::unique_id::UniqueIdMaker;
use crate::validators::check_message;

/// Budget of a send (`sendMsgTimeout` of the producer of traces).
const SEND_MSG_TIMEOUT: Duration = Duration::from_secs(5);
/// Attempts of a send: 1 and `retryTimesWhenSendAsyncFailed`.
const ATTEMPTS: u32 = 3;

/// The number of a send.
pub(super) type TraceSendId = u64;

/// Which client traces (`TraceDispatcher.Type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceClient {
    /// A producer.
    Produce,
    /// A consumer.
    Consume,
}

/// The traces of a client.
#[derive(Clone, Debug)]
pub(super) struct Traces {
    epoch: Epoch,
    /// The group of the producer of traces.
    group: GroupName,
    topic: TopicName,
    dispatcher: TraceDispatcher,
    /// The ids of the process: messages, contexts and trace messages share one counter.
    ids: UniqueIdMaker,
    index: ThreadLocalIndex,
    sends: BTreeMap<TraceSendId, TraceSend>,
    next_send: TraceSendId,
}

/// A trace message on its way.
#[derive(Clone, Debug)]
struct TraceSend {
    message: Message,
    /// How far the search for a route is.
    search: RouteSearch,
    /// The queue of the attempts; an ordinary send that is tried again goes to the same queue of another broker.
    queue: Option<MessageQueue>,
    attempts: SendLoop<()>,
}

/// The route requests of a send, in order. With a route before its first answer the selector takes turns; later the
/// send is an ordinary one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RouteSearch {
    /// `tryGetMessageQueueBrokerSet`.
    BrokerSet,
    /// `tryToFindTopicPublishInfo`, by the topic's name.
    PublishInfo,
    /// The same, with the template's route.
    Template,
}

impl TraceSend {
    const fn is_selected(&self) -> bool {
        matches!(self.search, RouteSearch::BrokerSet)
    }
}

impl<P> ClientInstance<P> {
    /// Begins to trace, in a client that starts now; `ids` are the ids of its process.
    pub fn start_traces(
        &mut self,
        now: Instant,
        epoch: Epoch,
        (group, client): (&GroupName, TraceClient),
        ids: UniqueIdMaker,
        rng: &mut Rng,
    ) {
        let kind = match client {
            TraceClient::Produce => "PRODUCE",
            TraceClient::Consume => "CONSUME",
        };
        // Settings that a person changes later count from the next start on.
        let (topic, batch_num) = (self.config.trace_topic.clone(), self.config.trace_msg_batch_num);
        self.traces = Some(Box::new(Traces {
            epoch,
            group: format!("_INNER_TRACE_PRODUCER-{group}-{kind}-1").into(),
            dispatcher: TraceDispatcher::new(self.profile, batch_num, topic.clone(), now),
            topic,
            ids,
            index: ThreadLocalIndex::new(rng.below(u32::MAX).cast_signed()),
            sends: BTreeMap::new(),
            next_send: 0,
        }));
    }

    /// Whether what is done with messages of this topic is traced (trace messages are not).
    pub fn traces_topic(&self, topic: &TopicName) -> bool {
        self.trace_topic().is_some_and(|traced| !topic.as_str().starts_with(traced.as_str()))
    }

    /// Where the client sends its traces, when it traces.
    pub(super) fn trace_topic(&self) -> Option<&TopicName> {
        self.traces.as_ref().map(|traces| &traces.topic)
    }

    /// The group of the producer of traces, which shows itself to the brokers too.
    pub fn trace_group(&self) -> Option<&GroupName> {
        self.traces.as_ref().map(|traces| &traces.group)
    }

    /// The next id of a process that traces.
    pub fn next_trace_id(&mut self, now: Instant) -> Option<ArcStr> {
        self.traces.as_mut().map(|traces| traces.ids.next(traces.epoch, now))
    }

    /// Takes a context (`AsyncTraceDispatcher.append`).
    pub fn append_trace(&mut self, now: Instant, context: TraceContext, out: &mut Outbox) {
        let Some(traces) = &mut self.traces else { return };
        let full = traces.dispatcher.append(now, context);
        self.send_traces(now, full, out);
        self.arm_traces(now, out);
    }

    fn arm_traces(&self, now: Instant, out: &mut Outbox) {
        let look = self.traces.as_ref().and_then(|traces| traces.dispatcher.next_look(now));
        if let Some(look) = look {
            out.set_timer(Timer::FlushTrace, look);
        }
    }

    /// The dispatcher's thread looks whether something is to be sent.
    pub(super) fn traces_due(&mut self, now: Instant, out: &mut Outbox) {
        let Some(traces) = &mut self.traces else { return };
        let data = traces.dispatcher.look(now);
        self.send_traces(now, data, out);
        self.arm_traces(now, out);
    }

    /// The client is stopped: whatever waits is sent.
    pub fn flush_traces(&mut self, now: Instant, out: &mut Outbox) {
        let Some(traces) = &mut self.traces else { return };
        let data = traces.dispatcher.flush();
        self.send_traces(now, data, out);
    }

    /// Sends these, each as one message (`sendTraceDataByMQ`).
    fn send_traces(&mut self, now: Instant, data: impl IntoIterator<Item = TraceData>, out: &mut Outbox) {
        for TraceData { body, keys } in data {
            let Some(traces) = &mut self.traces else { return };
            let mut message = Message::new(traces.topic.clone(), body.into_bytes());
            message.set_property(property::WAIT, "true");
            message.set_keys(&keys.iter().map(|key| &**key).collect::<Vec<_>>());
            if let Err(why) = check_message(message.topic.as_str(), message.body.len(), MAX_MSG_SIZE) {
                out.note(Fact::TraceLost { topic: message.topic, why: why.to_string().into() });
                continue;
            }
            let id = traces.next_send;
            traces.next_send += 1;
            let attempts = SendLoop::new(now, SEND_MSG_TIMEOUT, ATTEMPTS);
            let send = TraceSend { message, search: RouteSearch::BrokerSet, queue: None, attempts };
            if self.route(&send.message.topic).is_some_and(|cached| !cached.writable.is_empty()) {
                self.attempt_trace(now, id, send, out);
            } else {
                self.search_trace_route(now, id, send, out);
            }
        }
    }

    fn search_trace_route(&mut self, now: Instant, id: TraceSendId, send: TraceSend, out: &mut Outbox) {
        let Some(traces) = &mut self.traces else { return };
        let (topic, template) = (send.message.topic.clone(), send.search == RouteSearch::Template);
        traces.sends.insert(id, send);
        self.want_route(now, &topic, template, out);
    }

    /// A route request has ended: sends may have waited for it.
    pub(super) fn traces_got_route(
        &mut self,
        now: Instant,
        topic: &TopicName,
        template: bool,
        out: &mut Outbox,
    ) {
        let Some(traces) = &mut self.traces else { return };
        let waits = |send: &TraceSend| {
            send.attempts.attempts() == 0
                && send.message.topic == *topic
                && (send.search == RouteSearch::Template) == template
        };
        let ids: Vec<_> = traces.sends.iter().filter(|(_, send)| waits(send)).map(|(id, _)| *id).collect();
        for id in ids {
            let Some(mut send) = self.traces.as_mut().and_then(|traces| traces.sends.remove(&id)) else {
                continue;
            };
            let cached = self.route(topic);
            if cached.is_some_and(|cached| !cached.writable.is_empty()) {
                if send.is_selected() {
                    // The selector's send begins only now.
                    send.attempts = SendLoop::new(now, SEND_MSG_TIMEOUT, ATTEMPTS);
                }
                self.attempt_trace(now, id, send, out);
                continue;
            }
            let next = match send.search {
                RouteSearch::BrokerSet => Some(RouteSearch::PublishInfo),
                RouteSearch::PublishInfo if cached.is_none() => Some(RouteSearch::Template),
                RouteSearch::PublishInfo | RouteSearch::Template => None,
            };
            match next {
                Some(search) => {
                    if search == RouteSearch::PublishInfo {
                        // The ordinary send begins only now.
                        send.attempts = SendLoop::new(now, SEND_MSG_TIMEOUT, ATTEMPTS);
                    }
                    self.search_trace_route(now, id, TraceSend { search, ..send }, out);
                }
                None => {
                    let why = format!("No route info of this topic: {topic}").into();
                    out.note(Fact::TraceLost { topic: topic.clone(), why });
                }
            }
        }
    }

    /// One attempt; when attempts or time are used up, the message is lost.
    fn attempt_trace(&mut self, now: Instant, id: TraceSendId, mut send: TraceSend, out: &mut Outbox) {
        let Some((queue, address)) = self.trace_queue(&send) else {
            return lose(&send, "broker not known".into(), out);
        };
        let rest = match send.attempts.begin(now, &queue.broker_name) {
            Ok(rest) => rest,
            Err(_) => {
                let why = send.attempts.error().map_or_else(|| "call timeout".into(), AttemptError::words);
                return lose(&send, why, out);
            }
        };
        let Some(traces) = &mut self.traces else { return };
        if send.message.unique_key().is_none() {
            send.message.set_property(property::UNIQ_KEY, &traces.ids.next(traces.epoch, now));
        }
        let request = Request::SendMessage {
            group: traces.group.clone(),
            message: send.message.clone(),
            queue_id: queue.queue_id,
            born_at: now,
            default_topic: AUTO_CREATE_TOPIC.into(),
            default_topic_queue_nums: self.config.default_topic_queue_nums,
            sys_flag: 0,
            reconsume_times: 0,
            max_reconsume_times: None,
        };
        traces.sends.insert(id, TraceSend { queue: Some(queue), ..send });
        self.remoting.invoke_async(now, address, request, rest, Purpose::Trace(id), out);
    }

    /// The queue of the next attempt and its broker: of a selected send always the same one.
    fn trace_queue(&mut self, send: &TraceSend) -> Option<(MessageQueue, Address)> {
        let queue = match &send.queue {
            Some(queue) if send.is_selected() => queue.clone(),
            first => {
                let queues = self.route(&send.message.topic)?.writable.clone();
                let choice = Choice { queues: &queues, last_broker: send.attempts.brokers_sent().last() };
                let mut queue = choice.plain(&mut self.traces.as_mut()?.index)?.clone();
                queue.queue_id = first.as_ref().map_or(queue.queue_id, |first| first.queue_id);
                queue
            }
        };
        let address = self.broker_address(&queue.broker_name, BrokerId::MASTER)?;
        Some((queue, address))
    }

    /// A broker has answered, or has not in time.
    pub(super) fn on_trace_answer(
        &mut self,
        now: Instant,
        id: TraceSendId,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        let Some(mut send) = self.traces.as_mut().and_then(|traces| traces.sends.remove(&id)) else {
            return;
        };
        match result {
            Ok(response) => {
                if !matches!(verdict(self.profile, response.code), Verdict::Stored(_)) {
                    lose(&send, response.code.name().into(), out);
                }
            }
            Err(failure) => {
                send.attempts.failed(AttemptError::Failed(failure));
                if send.attempts.may_try() {
                    self.attempt_trace(now, id, send, out);
                } else {
                    lose(&send, failure.words().into(), out);
                }
            }
        }
    }
}

fn lose(send: &TraceSend, why: ArcStr, out: &mut Outbox) {
    out.note(Fact::TraceLost { topic: send.message.topic.clone(), why });
}
