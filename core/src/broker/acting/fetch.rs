//! Reading one message of another broker name: POP revives so what an acting slave had popped and passed on.
//!
//! **In RocketMQ**: `EscapeBridge.getMessageAsync`, `getMessageFromRemoteAsync`,
//! `BrokerOuterAPI.pullMessageFromSpecificBrokerAsync`.
//!
//! **Left out on purpose**: `MIN_OFFSET` and `MAX_OFFSET` among the properties of what was read.

use super::ActingPurpose;
use crate::broker::pop::{Fetch, Fetched};
use crate::broker::{Broker, Purpose};
use crate::id::{Address, BrokerId, BrokerName};
use crate::outbox::Outbox;
use crate::remoting::Failure;
use crate::rpc::{MessageSelector, PullRequest, Request, Response, ResponseBody, ResponseCode};
use crate::time::{Duration, Instant};

/// How long the other broker may take (`DEFAULT_PULL_TIMEOUT_MILLIS`).
const PULL_TIMEOUT: Duration = Duration::from_secs(10);

impl Broker {
    /// Where another broker name is read from: at its id 0, or at whoever there is
    /// (`findBrokerAddressInSubscribe`).
    fn subscribe_address(&self, name: &BrokerName) -> Option<Address> {
        let routes = self.acting.escape.routes.values();
        let data = routes.flat_map(|route| &route.broker_datas).find(|data| data.broker_name == *name)?;
        let master = data.broker_addrs.get(&BrokerId::MASTER);
        master.or_else(|| data.broker_addrs.values().next()).copied()
    }

    /// Asks for one message of another broker name (`EscapeBridge.getMessageAsync`). What came of it reaches
    /// [`on_message_fetched`](Self::on_message_fetched).
    pub(in crate::broker) fn fetch_message(&mut self, now: Instant, wanted: Fetch, out: &mut Outbox) {
        if self.subscribe_address(wanted.broker_name()).is_some() {
            return self.pull_for_fetch(now, wanted, out);
        }
        let request = Request::GetRouteInfoByTopic { topic: wanted.topic().clone() };
        self.ask_name_server(now, request, ActingPurpose::FetchRoute(Box::new(wanted)), out);
    }

    pub(super) fn on_fetch_route(
        &mut self,
        now: Instant,
        wanted: Fetch,
        response: Option<Response>,
        out: &mut Outbox,
    ) {
        if self.keep_escape_route(wanted.topic().clone(), response) {
            self.arm_route_poll(now, out);
        }
        self.pull_for_fetch(now, wanted, out);
    }

    fn pull_for_fetch(&mut self, now: Instant, wanted: Fetch, out: &mut Outbox) {
        let Some(address) = self.subscribe_address(wanted.broker_name()) else {
            return self.on_message_fetched(now, &wanted, Fetched::NotNow, out);
        };
        let subscription = MessageSelector::all().subscription(now);
        let request = Request::PullMessage(PullRequest {
            group: format!("InnerConsumerGroup_{}_{}", self.broker_name, self.broker_id).into(),
            topic: wanted.topic().clone(),
            queue_id: wanted.queue_id(),
            offset: wanted.place,
            max_messages: 1,
            commit_offset: None,
            suspend_timeout: Duration::ZERO,
            subscription_version: subscription.version,
            subscription: Some(subscription),
        });
        let purpose = Purpose::Acting(ActingPurpose::Fetch(Box::new(wanted)));
        self.remoting.invoke_async(now, address, request, PULL_TIMEOUT, purpose, out);
    }

    pub(super) fn on_fetch_answered(
        &mut self,
        now: Instant,
        wanted: &Fetch,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        use ResponseCode::{PullNotFound, PullOffsetMoved, PullRetryImmediately, Success};
        let fetched = match result {
            Ok(Response { code: Success, body: ResponseBody::Pulled { messages, .. }, .. }) => {
                messages.into_iter().next().map_or(Fetched::Gone, Fetched::Message)
            }
            Ok(Response { code: PullNotFound | PullRetryImmediately | PullOffsetMoved, .. }) => Fetched::Gone,
            Ok(_) | Err(_) => Fetched::NotNow,
        };
        self.on_message_fetched(now, wanted, fetched, out);
    }
}
