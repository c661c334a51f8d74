//! The producer with which the tool sends.
//!
//! It is one of RocketMQ's usual producers with its usual settings, written straight down: route, queue, request, and
//! up to two retries within three seconds.
//!
//! **In RocketMQ**: `DefaultMQProducer`, `DefaultMQProducerImpl`.
//!
//! **Left out on purpose**: its heartbeats, for the tool ends before the second one; traces (`-m`).

use std::collections::BTreeMap;

use super::admin_ext::master;
use super::exception::{Exception, suggest_todo};
use super::pull_consumer::describe_queue;
use super::session::{Session, Step, Stop, caught};
use crate::client_instance::AUTO_CREATE_TOPIC;
use crate::config::{ClientConfig, Profile};
use crate::fact::SendStatus;
use crate::id::{Address, GroupName, MessageQueue, QueueOffset, TopicName};
use crate::message::{Message, offset_message_id, property};
use crate::queue_choice::{Choice, ThreadLocalIndex};
use crate::remoting::Failure;
use crate::route::{from_template, writable_queues};
use crate::rpc::{Request, Response, ResponseBody, TopicRoute};
use crate::send_loop::{AttemptError, SendEnd, SendLoop, Verdict, verdict};
use crate::time::Duration;
use crate::unique_id::UniqueIdMaker;
use crate::validators::check_message;

/// What a send ended with (`SendResult`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SendResult {
    /// How safely it is stored.
    pub(super) status: SendStatus,
    /// The producer's id.
    pub(super) message_id: String,
    /// Where it is stored.
    pub(super) queue: MessageQueue,
    offset_message_id: String,
    queue_offset: QueueOffset,
}

impl SendResult {
    /// `toString`.
    pub(super) fn describe(&self, profile: Profile) -> String {
        let Self { status, message_id, queue, offset_message_id, queue_offset } = self;
        let recall = if profile.is_v5() { ", recallHandle=null" } else { "" };
        format!(
            "SendResult [sendStatus={status}, msgId={message_id}, offsetMsgId={offset_message_id}, \
             messageQueue={}, queueOffset={queue_offset}{recall}]",
            describe_queue(queue)
        )
    }
}

/// A producer of the tool.
#[derive(Clone, Debug)]
pub(super) struct Producer {
    group: GroupName,
    config: ClientConfig,
    ids: UniqueIdMaker,
    index: ThreadLocalIndex,
    routes: BTreeMap<TopicName, TopicRoute>,
}

impl Producer {
    /// A producer of that group. Chance gives what it gives to a process.
    pub(super) fn new(session: &mut Session<'_>, group: GroupName) -> Self {
        let process_id = u16::try_from(1000 + session.below(59_000)).unwrap_or(1000);
        let class_loader_hash = u32::try_from(session.below(u32::MAX as usize)).unwrap_or_default();
        Self {
            group,
            config: ClientConfig::of(session.profile()),
            ids: UniqueIdMaker::new(session.address().ip, process_id, class_loader_hash),
            index: ThreadLocalIndex::new(i32::try_from(session.below(i32::MAX as usize)).unwrap_or_default()),
            routes: BTreeMap::new(),
        }
    }

    /// Sends to any queue, and to others when that fails (`sendDefaultImpl`).
    pub(super) fn send(&mut self, session: &mut Session<'_>, message: &mut Message) -> Step<SendResult> {
        self.check(session, message)?;
        let queues = self.queues(session, &message.topic)?;
        if queues.is_empty() {
            let text = format!("No route info of this topic: {}", message.topic);
            return Err(with_reference(session, &text).into());
        }
        let most = 1 + self.config.retry_times_when_send_failed;
        let mut send = SendLoop::new(session.now(), self.config.send_msg_timeout, most);
        let (mut last, mut cause) = (None, None);
        while send.may_try() {
            let choice = Choice { queues: &queues, last_broker: last.as_ref() };
            let Some(queue) = choice.plain(&mut self.index).cloned() else {
                break;
            };
            let timeout = match send.begin(session.now(), &queue.broker_name) {
                Ok(timeout) => timeout,
                Err(end) => return self.ended(session, message, end, &send, cause),
            };
            last = Some(queue.broker_name.clone());
            let Some(address) = self.publish_address(session, &queue)? else {
                cause = Some(broker_unknown(session, &queue));
                send.failed(AttemptError::BrokerUnknown);
                continue;
            };
            match self.ask(session, address, &queue, message, timeout)? {
                Err(failure) => {
                    cause = Some(Exception::remoting(session.profile(), failure, address, timeout));
                    send.failed(AttemptError::Failed(failure));
                }
                Ok(response) => match verdict(session.profile(), response.code) {
                    Verdict::Stored(status) => return Ok(result(status, message, queue, address, &response)),
                    Verdict::Retry => {
                        cause = Some(refusal(session, &response, address));
                        send.failed(AttemptError::Refused(response.code, response.remark));
                    }
                    Verdict::Throw => return Err(refusal(session, &response, address).into()),
                },
            }
        }
        let end = send.give_up();
        self.ended(session, message, end, &send, cause)
    }

    /// How a send ends that no attempt brought to a result.
    fn ended(
        &self,
        session: &Session<'_>,
        message: &Message,
        end: SendEnd<SendResult>,
        send: &SendLoop<SendResult>,
        cause: Option<Exception>,
    ) -> Step<SendResult> {
        if let SendEnd::Result(result) = end {
            return Ok(result);
        }
        if matches!(end, SendEnd::CallTimeout) {
            return Err(call_timeout("sendDefaultImpl call timeout").into());
        }
        let brokers: Vec<&str> = send.brokers_sent().iter().map(|name| name.as_str()).collect();
        let text = format!(
            "Send [{}] times, still failed, cost [{}]ms, Topic: {}, BrokersSent: [{}]",
            send.attempts(),
            session.now().since(send.started()).as_millis(),
            message.topic,
            brokers.join(", ")
        );
        let exception = with_reference(session, &text);
        Err(match cause {
            Some(cause) => exception.caused_by(cause),
            None => exception,
        }
        .into())
    }

    /// Sends to this queue, once.
    pub(super) fn send_to(
        &mut self,
        session: &mut Session<'_>,
        message: &mut Message,
        queue: MessageQueue,
    ) -> Step<SendResult> {
        self.check(session, message)?;
        let Some(address) = self.publish_address(session, &queue)? else {
            return Err(broker_unknown(session, &queue).into());
        };
        let timeout = self.config.send_msg_timeout;
        let response = match self.ask(session, address, &queue, message, timeout)? {
            Ok(response) => response,
            Err(failure) => {
                return Err(Exception::remoting(session.profile(), failure, address, timeout).into());
            }
        };
        match verdict(session.profile(), response.code) {
            Verdict::Stored(status) => Ok(result(status, message, queue, address, &response)),
            Verdict::Retry | Verdict::Throw => Err(refusal(session, &response, address).into()),
        }
    }

    /// The queues from which a selector chooses (`sendSelectImpl`).
    pub(super) fn queues_to_select(
        &mut self,
        session: &mut Session<'_>,
        message: &Message,
    ) -> Step<Vec<MessageQueue>> {
        self.check(session, message)?;
        let queues = self.queues(session, &message.topic)?;
        if queues.is_empty() {
            let text = format!("No route info for this topic, {}", message.topic);
            return Err(Exception::client_side(session.profile(), &text).into());
        }
        Ok(queues)
    }

    fn check(&self, session: &Session<'_>, message: &Message) -> Result<(), Stop> {
        let most = self.config.max_message_size as usize;
        check_message(message.topic.as_str(), message.body.len(), most).map_err(|why| {
            let (profile, text) = (session.profile(), why.to_string());
            let exception = match why.code() {
                Some(code) => Exception::client(profile, code, &text),
                None => Exception::client_side(profile, &text),
            };
            exception.into()
        })
    }

    /// The writable queues of a topic; of one that is not there, those that the template promises
    /// (`tryToFindTopicPublishInfo`).
    fn queues(&mut self, session: &mut Session<'_>, topic: &TopicName) -> Step<Vec<MessageQueue>> {
        let known = self.known_queues(topic);
        if !known.is_empty() {
            return Ok(known);
        }
        if let Ok(route) = caught(session.examine_topic_route_info(topic))? {
            self.learn(topic, route);
        } else if let Ok(template) = caught(session.examine_topic_route_info(&AUTO_CREATE_TOPIC.into()))? {
            self.learn(topic, from_template(&template, self.config.default_topic_queue_nums));
        }
        Ok(self.known_queues(topic))
    }

    fn known_queues(&self, topic: &TopicName) -> Vec<MessageQueue> {
        let route = self.routes.get(topic);
        route.and_then(|route| writable_queues(topic, route).ok()).unwrap_or_default()
    }

    /// Takes a route over, unless its order configuration makes the client throw.
    fn learn(&mut self, topic: &TopicName, route: TopicRoute) {
        if writable_queues(topic, &route).is_ok() {
            self.routes.insert(topic.clone(), route);
        }
    }

    /// The master of a queue's broker. When it is not known, the route is asked for.
    fn publish_address(&mut self, session: &mut Session<'_>, queue: &MessageQueue) -> Step<Option<Address>> {
        let known = self.master_of(queue);
        if known.is_none() {
            self.queues(session, &queue.topic)?;
            return Ok(self.master_of(queue));
        }
        Ok(known)
    }

    fn master_of(&self, queue: &MessageQueue) -> Option<Address> {
        let route = self.routes.get(&queue.topic)?;
        route.broker_datas.iter().find(|data| data.broker_name == queue.broker_name).and_then(master)
    }

    /// One attempt. The message gets its id with the first one.
    fn ask(
        &mut self,
        session: &mut Session<'_>,
        address: Address,
        queue: &MessageQueue,
        message: &mut Message,
        timeout: Duration,
    ) -> Step<Result<Response, Failure>> {
        let now = session.now();
        if message.unique_key().is_none() {
            let id = self.ids.next(session.epoch(), now);
            message.set_property(property::UNIQ_KEY, &id);
        }
        let request = Request::SendMessage {
            group: self.group.clone(),
            message: message.clone(),
            queue_id: queue.queue_id,
            born_at: now,
            default_topic: AUTO_CREATE_TOPIC.into(),
            default_topic_queue_nums: self.config.default_topic_queue_nums,
            sys_flag: 0,
            reconsume_times: 0,
            max_reconsume_times: None,
        };
        session.ask(address, request, timeout)
    }
}

fn result(
    status: SendStatus,
    message: &Message,
    queue: MessageQueue,
    address: Address,
    response: &Response,
) -> SendResult {
    let (queue_offset, commit_log_offset) = match &response.body {
        ResponseBody::Sent { queue_offset, commit_log_offset, .. } => (*queue_offset, *commit_log_offset),
        _ => Default::default(),
    };
    SendResult {
        status,
        message_id: message.unique_key().map(ToString::to_string).unwrap_or_default(),
        queue,
        offset_message_id: offset_message_id(address, commit_log_offset),
        queue_offset,
    }
}

fn refusal(session: &Session<'_>, response: &Response, address: Address) -> Exception {
    Exception::broker(session.profile(), response.code.number(), &response.remark, address)
}

fn broker_unknown(session: &Session<'_>, queue: &MessageQueue) -> Exception {
    let text = format!("The broker[{}] not exist", queue.broker_name);
    Exception::client_side(session.profile(), &text)
}

fn with_reference(session: &Session<'_>, text: &str) -> Exception {
    let profile = session.profile();
    Exception::client_side(profile, &format!("{text}{}", suggest_todo(profile)))
}

fn call_timeout(text: &str) -> Exception {
    Exception::new("org.apache.rocketmq.remoting.exception.RemotingTooMuchRequestException", text)
}
