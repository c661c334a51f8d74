//! The pull consumer with which the tool reads queues.
//!
//! It belongs to no group that a broker knows: each pull brings its own subscription, commits nothing and waits for
//! nothing.
//!
//! **In RocketMQ**: `DefaultMQPullConsumer`, `PullAPIWrapper`, `MQAdminImpl`.
//!
//! **Left out on purpose**: its heartbeats, which announce nothing.

use std::collections::BTreeMap;
use std::fmt;

use arcstr::ArcStr;

use super::admin_ext::master;
use super::exception::{Exception, suggest_todo};
use super::message_ext::MessageExt;
use super::message_query::MQ_ADMIN_TIMEOUT;
use super::session::{Session, Step, caught};
use crate::hash_order::in_queue_order;
use crate::id::{Address, BrokerId, BrokerName, GroupName, MessageQueue, QueueOffset, TopicName};
use crate::rpc::{
    BrokerData, MessageSelector, PullRequest, Request, ResponseBody, ResponseCode, TopicRoute, message_queue,
    perm,
};
use crate::time::{Duration, Instant};

/// The group of the tool's consumers (`MixAll.TOOLS_CONSUMER_GROUP`).
const TOOLS_CONSUMER_GROUP: &str = "TOOLS_CONSUMER";
/// How long a pull waits for its answer (`consumerPullTimeoutMillis`).
const PULL_TIMEOUT: Duration = Duration::from_secs(10);

/// How a pull ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PullStatus {
    Found,
    NoNewMessage,
    NoMatchedMessage,
    OffsetIllegal,
}

impl fmt::Display for PullStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Found => "FOUND",
            Self::NoNewMessage => "NO_NEW_MSG",
            Self::NoMatchedMessage => "NO_MATCHED_MSG",
            Self::OffsetIllegal => "OFFSET_ILLEGAL",
        })
    }
}

/// What a pull brought.
#[derive(Clone, Debug)]
pub(super) struct PullResult {
    /// How it ended.
    pub(super) status: PullStatus,
    /// Where the next pull begins.
    pub(super) next: i64,
    /// The messages that pass the filter.
    pub(super) messages: Vec<MessageExt>,
}

/// A consumer for the queues of one topic.
#[derive(Clone, Debug)]
pub(super) struct PullConsumer {
    group: GroupName,
    topic: TopicName,
    /// Learned when the first broker is looked for.
    route: Option<TopicRoute>,
    /// The replica that the last pull of a queue suggested.
    suggested: BTreeMap<MessageQueue, BrokerId>,
}

impl PullConsumer {
    /// A consumer of the tool's own group.
    pub(super) fn new(topic: &TopicName) -> Self {
        Self::of_group(TOOLS_CONSUMER_GROUP.into(), topic)
    }

    /// A consumer that says it belongs to a group.
    pub(super) fn of_group(group: GroupName, topic: &TopicName) -> Self {
        Self { group, topic: topic.clone(), route: None, suggested: BTreeMap::new() }
    }

    /// The readable queues of the topic, in Java's order (`fetchSubscribeMessageQueues`).
    pub(super) fn fetch_subscribe_message_queues(
        &self,
        session: &mut Session<'_>,
    ) -> Step<Vec<MessageQueue>> {
        let profile = session.profile();
        let text = format!("Can not find Message Queue for this topic, {}", self.topic);
        let failure = Exception::client_side(profile, &(text.clone() + &suggest_todo(profile)));
        let route = match caught(session.examine_topic_route_info(&self.topic))? {
            Ok(route) => route,
            Err(cause) => return Err(failure.caused_by(cause).into()),
        };
        let readable = route.queue_datas.iter().filter(|data| data.perm & perm::READ != 0);
        let queues: Vec<_> = readable
            .flat_map(|data| {
                (0..data.read_queue_nums).map(|id| (message_queue(&self.topic, &data.broker_name, id), ()))
            })
            .collect();
        if queues.is_empty() {
            let cause = Exception::client_side(profile, &(text + " Namesrv return empty"));
            return Err(failure.caused_by(cause).into());
        }
        Ok(in_queue_order(queues).into_iter().map(|(queue, ())| queue).collect())
    }

    /// The first offset of a queue.
    pub(super) fn min_offset(&mut self, session: &mut Session<'_>, queue: &MessageQueue) -> Step<i64> {
        let request = Request::GetMinOffset { topic: queue.topic.clone(), queue_id: queue.queue_id };
        self.ask_master(session, queue, request)
    }

    /// The offset behind the last message of a queue.
    pub(super) fn max_offset(&mut self, session: &mut Session<'_>, queue: &MessageQueue) -> Step<i64> {
        let request = Request::GetMaxOffset { topic: queue.topic.clone(), queue_id: queue.queue_id };
        self.ask_master(session, queue, request)
    }

    /// The first message of a moment.
    pub(super) fn search_offset(
        &mut self,
        session: &mut Session<'_>,
        queue: &MessageQueue,
        at: Instant,
    ) -> Step<i64> {
        let (topic, queue_id) = (queue.topic.clone(), queue.queue_id);
        self.ask_master(session, queue, Request::SearchOffsetByTimestamp { topic, queue_id, at })
    }

    fn ask_master(&mut self, session: &mut Session<'_>, queue: &MessageQueue, request: Request) -> Step<i64> {
        let address = self.find_broker(session, &queue.broker_name, |data, _| master(data))?;
        match caught(session.invoke_broker_within(address, request, MQ_ADMIN_TIMEOUT))? {
            Ok(response) => Ok(match response.body {
                ResponseBody::Offset(offset) => signed(offset),
                _ => 0,
            }),
            Err(cause) => {
                let text = format!("Invoke Broker[{address}] exception");
                Err(Exception::client_side(session.profile(), &text).caused_by(cause).into())
            }
        }
    }

    /// The address of a broker name, as `choose` takes it from its replicas. The route is asked for when it is not
    /// known or says nothing.
    fn find_broker(
        &mut self,
        session: &mut Session<'_>,
        broker_name: &BrokerName,
        choose: impl Fn(&BrokerData, &mut Session<'_>) -> Option<Address>,
    ) -> Step<Address> {
        for is_last in [false, true] {
            let datas = self.route.iter().flat_map(|route| &route.broker_datas);
            let found = datas.into_iter().find(|data| data.broker_name == *broker_name);
            if let Some(address) = found.and_then(|data| choose(data, session)) {
                return Ok(address);
            }
            if !is_last && let Ok(route) = caught(session.examine_topic_route_info(&self.topic))? {
                self.route = Some(route);
            }
        }
        let text = format!("The broker[{broker_name}] not exist");
        Err(Exception::client_side(session.profile(), &text).into())
    }

    /// Pulls once.
    pub(super) fn pull(
        &mut self,
        session: &mut Session<'_>,
        queue: &MessageQueue,
        selector: &MessageSelector,
        offset: i64,
        max_messages: i64,
    ) -> Step<PullResult> {
        let offset = unsigned(session, offset, "offset < 0")?;
        let max_messages = match u32::try_from(max_messages) {
            Ok(max) if max > 0 => max,
            _ => return Err(Exception::client_side(session.profile(), "maxNums <= 0").into()),
        };
        let wanted = self.suggested.get(queue).copied().unwrap_or(BrokerId::MASTER);
        let address = self.find_broker(session, &queue.broker_name, |data, session| {
            data.broker_addrs.get(&wanted).copied().or_else(|| session.select_broker_addr(data))
        })?;
        let subscription = selector.subscription(session.now());
        let request = Request::PullMessage(PullRequest {
            group: self.group.clone(),
            topic: queue.topic.clone(),
            queue_id: queue.queue_id,
            offset: QueueOffset(offset),
            max_messages,
            commit_offset: None,
            suspend_timeout: Duration::ZERO,
            subscription_version: subscription.version,
            subscription: Some(subscription.clone()),
        });
        let response = session.invoke_within(address, request, PULL_TIMEOUT)?;
        let status = match response.code {
            ResponseCode::Success => PullStatus::Found,
            ResponseCode::PullNotFound => PullStatus::NoNewMessage,
            ResponseCode::PullRetryImmediately => PullStatus::NoMatchedMessage,
            ResponseCode::PullOffsetMoved => PullStatus::OffsetIllegal,
            code => {
                let exception =
                    Exception::broker(session.profile(), code.number(), &response.remark, address);
                return Err(exception.into());
            }
        };
        let ResponseBody::Pulled { next, min, max, suggested_broker, messages } = response.body else {
            return Ok(PullResult { status, next: signed(QueueOffset(offset)), messages: Vec::new() });
        };
        self.suggested.insert(queue.clone(), suggested_broker);
        // The broker compared hashes of tags; the client compares the tags.
        let passes = |tag: Option<&ArcStr>| {
            subscription.tags.is_empty() || tag.is_some_and(|tag| subscription.tags.contains(tag))
        };
        let messages = messages
            .into_iter()
            .filter(|stored| passes(stored.message.tag()))
            .map(|stored| MessageExt::pulled(stored, queue.broker_name.clone(), min, max))
            .collect();
        Ok(PullResult { status, next: signed(next), messages })
    }
}

fn signed(offset: QueueOffset) -> i64 {
    i64::try_from(offset.0).unwrap_or(i64::MAX)
}

fn unsigned(session: &Session<'_>, number: i64, why: &str) -> Result<u64, Exception> {
    u64::try_from(number).map_err(|_| Exception::client_side(session.profile(), why))
}

/// A queue as Java prints it (`MessageQueue.toString`).
pub(super) fn describe_queue(queue: &MessageQueue) -> String {
    let MessageQueue { topic, broker_name, queue_id } = queue;
    format!("MessageQueue [topic={topic}, brokerName={broker_name}, queueId={queue_id}]")
}
