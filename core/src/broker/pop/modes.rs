//! How groups take messages: by pulls or by pops, for each topic.
//!
//! **In RocketMQ**: `MessageRequestModeManager`, `messageRequestMode.json`; `QueryAssignmentProcessor` and
//! `TopicRouteInfoManager`, which divide the queues for consumers that ask (behaviour §3.12).

use crate::allocate::{RoomsByName, allocate};
use crate::broker::{Asked, Broker, Purpose};
use crate::config::{AllocateStrategy, MessageModel, MessageRequestMode};
use crate::fact::{Fact, PopFact};
use crate::gather::{Arrange as _, Gather as _};
use crate::id::{ClientId, GroupName, MessageQueue, QueueId, TopicName};
use crate::outbox::Outbox;
use crate::remoting::Failure;
use crate::route::readable_queues;
use crate::rpc::{
    ConsumeMode, PopAnswer, Request, RequestCode, Response, ResponseBody, ResponseCode, message_queue,
};
use crate::time::{Duration, Instant};
use crate::timer::Timer;
use std::collections::BTreeSet;
use std::sync::Arc;

use arcstr::ArcStr;

/// How long a name server may take to answer (`GET_TOPIC_ROUTE_TIMEOUT`).
const GET_TOPIC_ROUTE_TIMEOUT: Duration = Duration::from_secs(3);
/// Wait before the routes are asked for again for the first time.
const FIRST_POLL: Duration = Duration::from_secs(1);

/// Who asks for its share of what (`QueryAssignmentRequestBody`).
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) group: GroupName,
    pub(super) topic: TopicName,
    pub(super) client_id: ClientId,
    pub(super) strategy: ArcStr,
    pub(super) model: MessageModel,
}

impl Broker {
    /// An operator sets a mode.
    pub(super) fn set_message_request_mode(
        &mut self,
        group: GroupName,
        topic: TopicName,
        mode: ConsumeMode,
        out: &mut Outbox,
    ) -> Response {
        let code = RequestCode::SetMessageRequestMode;
        if topic.is_retry() {
            let remark = "retry topic is not allowed to set mode";
            return Response::refused(code, ResponseCode::NoPermission, remark);
        }
        if !self.topics.contains_key(&topic) {
            return Response::refused(code, ResponseCode::TopicNotExist, format!("topic[{topic}] not exist"));
        }
        if self.find_group(&group).is_none() {
            let remark = "subscription group does not exist";
            return Response::refused(code, ResponseCode::SubscriptionGroupNotExist, remark);
        }
        Arc::make_mut(&mut self.pop.modes).insert((topic.clone(), group.clone()), mode);
        out.note(Fact::Pop(PopFact::ConsumeModeSet { group, topic, mode }));
        Response::ok(code)
    }

    /// The mode of a group: as set, or the default; retry topics are pulled.
    fn mode_of(&self, group: &GroupName, topic: &TopicName) -> ConsumeMode {
        let set = self.pop.modes.get(&(topic.clone(), group.clone()));
        set.copied().unwrap_or_else(|| {
            let mode = self.config.default_message_request_mode;
            let mode = if topic.is_retry() { MessageRequestMode::Pull } else { mode };
            ConsumeMode { mode, pop_share_queue_num: self.config.default_pop_share_queue_num }
        })
    }

    /// A consumer asks for its share. The broker asks a name server first when it does not know the topic's queues.
    pub(super) fn query_assignment(&mut self, now: Instant, asked: Asked, query: Query, out: &mut Outbox) {
        if self.pop.routes.get(&query.topic).is_some_and(|queues| !queues.is_empty()) {
            return self.answer_assignment(&asked, &query, out);
        }
        let topic = query.topic.clone();
        let is_asked = self.pop.waiting_queries.iter().any(|(_, waiting)| waiting.topic == topic);
        self.pop.waiting_queries.push((asked, query));
        if !is_asked {
            self.ask_route(now, topic, out);
        }
    }

    fn ask_route(&mut self, now: Instant, topic: TopicName, out: &mut Outbox) {
        let Some(name_server) = self.name_servers.first().copied() else {
            return self.answer_waiting(&topic, out);
        };
        let request = Request::GetRouteInfoByTopic { topic: topic.clone() };
        let purpose = Purpose::PopRoute(topic);
        self.remoting.invoke(now, name_server, request, GET_TOPIC_ROUTE_TIMEOUT, purpose, out);
    }

    /// A name server has said where a topic is, or has not.
    pub(in crate::broker) fn on_pop_route(
        &mut self,
        now: Instant,
        topic: &TopicName,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        match result {
            Ok(Response { body: ResponseBody::Route(route), .. }) => {
                let was_empty = self.pop.routes.is_empty();
                self.pop.routes.insert(topic.clone(), readable_queues(topic, &route));
                if was_empty {
                    self.arm_routes(now, out);
                }
            }
            Ok(Response { code: ResponseCode::TopicNotExist, .. }) if !topic.is_retry() => {
                self.pop.routes.remove(topic);
            }
            Ok(_) | Err(_) => {}
        }
        self.answer_waiting(topic, out);
    }

    fn answer_waiting(&mut self, topic: &TopicName, out: &mut Outbox) {
        let queries = std::mem::take(&mut self.pop.waiting_queries);
        let (due, rest) = queries.into_iter().partition(|(_, query): &(Asked, Query)| query.topic == *topic);
        self.pop.waiting_queries = rest;
        let due: Vec<(Asked, Query)> = due;
        for (asked, query) in due {
            self.answer_assignment(&asked, &query, out);
        }
    }

    fn arm_routes(&self, now: Instant, out: &mut Outbox) {
        let period = self.config.load_balance_poll_name_server_interval.as_millis().max(1);
        let since = now.since(self.started_at).saturating_sub(FIRST_POLL).as_millis();
        let rounds = since / period + 1;
        out.set_timer(
            Timer::PopRoutes,
            self.started_at + FIRST_POLL + Duration::from_millis(rounds * period),
        );
    }

    /// The routes of the topics that it divides are asked for again.
    pub(super) fn poll_pop_routes(&mut self, now: Instant, out: &mut Outbox) {
        for topic in self.pop.routes.keys().cloned().collect::<Vec<_>>() {
            self.ask_route(now, topic, out);
        }
        if !self.pop.routes.is_empty() {
            self.arm_routes(now, out);
        }
    }

    fn answer_assignment(&self, asked: &Asked, query: &Query, out: &mut Outbox) {
        let mode = self.mode_of(&query.group, &query.topic);
        let share = self.share_of(query, mode);
        let share = share.map(|queues| {
            let queues: BTreeSet<_> = queues.into_iter().gather();
            queues.into_iter().map(|queue| (queue, mode.mode)).collect()
        });
        let body = ResponseBody::Pop(PopAnswer::Assignment(share));
        asked.answer(Response::with(RequestCode::QueryAssignment, body), out);
    }

    /// The queues of a member; `None` when the present division is to stay (`doLoadBalance`).
    fn share_of(&self, query: &Query, mode: ConsumeMode) -> Option<Vec<MessageQueue>> {
        let queues = self.pop.routes.get(&query.topic)?.clone();
        if query.model == MessageModel::Broadcasting || !self.config.server_load_balancer_enable {
            return Some(queues);
        }
        let info = self.consumers.get(&query.group)?;
        let mut members: Vec<_> = info.members.values().map(|member| member.client_id.clone()).collect();
        members.arrange();
        let strategy = match &*query.strategy {
            "AVG" => AllocateStrategy::Averagely,
            "AVG_BY_CIRCLE" => AllocateStrategy::AveragelyByCircle,
            _ => return None,
        };
        if mode.mode == MessageRequestMode::Pop {
            return share_for_pop(&strategy, &query.client_id, &queues, &members, mode.pop_share_queue_num);
        }
        allocate(&strategy, &RoomsByName, &query.client_id, &queues, &members).ok()
    }
}

/// The queues that a member pops from (`allocate4Pop`): all of them, named −1 on each broker, or its own share and those
/// of the next members; with more members than queues, one each. Members and queues are sorted.
fn share_for_pop(
    strategy: &AllocateStrategy,
    me: &ClientId,
    queues: &[MessageQueue],
    members: &[ClientId],
    share_queue_num: i32,
) -> Option<Vec<MessageQueue>> {
    let shares = usize::try_from(share_queue_num).unwrap_or(0);
    if shares == 0 || shares + 1 >= members.len() {
        let all = |queue: &MessageQueue| message_queue(&queue.topic, &queue.broker_name, QueueId::ALL.0);
        return Some(queues.iter().map(all).collect());
    }
    let place = members.iter().position(|member| member == me);
    if members.len() > queues.len() {
        // A topic without queues makes RocketMQ throw, and the division stays.
        return match place {
            _ if queues.is_empty() => None,
            Some(place) => Some(vec![queues[place % queues.len()].clone()]),
            None => Some(Vec::new()),
        };
    }
    let share = |member: &ClientId| allocate(strategy, &RoomsByName, member, queues, members).ok();
    let mut all = share(me)?;
    for next in place.into_iter().flat_map(|place| (1..=shares).map(move |step| place + step)) {
        all.extend(share(&members[next % members.len()])?);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queues(count: u32) -> Vec<MessageQueue> {
        (0..count).map(|id| message_queue(&"T".into(), &"a".into(), id)).collect()
    }

    fn ids(members: usize, share_queue_num: i32, queues: &[MessageQueue]) -> Vec<String> {
        let members: Vec<ClientId> = (0..members).map(|n| format!("c{n}").into()).collect();
        let share = |me| {
            share_for_pop(&AllocateStrategy::Averagely, me, queues, &members, share_queue_num)
                .map(|queues| {
                    queues.iter().map(|queue| queue.queue_id.to_string()).collect::<Vec<_>>().join(" ")
                })
                .unwrap_or_else(|| "none".to_owned())
        };
        members.iter().map(share).collect()
    }

    #[test]
    fn few_shares_overlap_and_many_mean_all_queues() {
        assert_eq!(ids(4, 1, &queues(4)), ["0 1", "1 2", "2 3", "3 0"]);
        assert_eq!(ids(4, 2, &queues(4)), ["0 1 2", "1 2 3", "2 3 0", "3 0 1"]);
        for share in [0, -1, 3, 8] {
            assert_eq!(ids(4, share, &queues(4)), ["-1 -1 -1 -1"; 4], "{share}");
        }
    }

    #[test]
    fn with_more_members_than_queues_each_gets_one() {
        assert_eq!(ids(5, 1, &queues(2)), ["0", "1", "0", "1", "0"]);
        assert_eq!(ids(5, 1, &queues(0)), ["none"; 5]);
    }
}
