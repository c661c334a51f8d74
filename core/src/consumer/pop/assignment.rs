//! A round in which a broker divides: the consumer asks and does as it is told.
//!
//! **In RocketMQ**: `RebalanceImpl.getRebalanceResultFromBroker`, `updateMessageQueueAssignment`,
//! `truncateMessageQueueNotMyTopic`.

use super::{Consumer, IDLE, PopAssigned};
use crate::client_instance;
use crate::config::MessageRequestMode;
use crate::consumer::Purpose;
use crate::consumer::rebalance::Step;
use crate::fact::{DropReason, Fact, PopFact};
use crate::id::{Address, MessageQueue, TopicName};
use crate::outbox::Outbox;
use crate::remoting::Failure;
use crate::rpc::{MessageSelector, PopAnswer, PopRequest, PopSource, Request, Response, ResponseBody};
use crate::time::{Duration, Instant};

/// How long a broker may take (`QUERY_ASSIGNMENT_TIMEOUT`).
const QUERY_ASSIGNMENT_TIMEOUT: Duration = Duration::from_secs(3);

impl Consumer {
    /// Whether a broker divides for it. Orderly and broadcasting consumers always divide by themselves.
    pub(in crate::consumer) fn asks_broker(&self) -> bool {
        let config = &self.client.config;
        self.client.profile.is_v5()
            && !config.client_rebalance
            && !self.spec.orderly
            && !self.is_broadcasting()
    }

    pub(in crate::consumer) fn ask_assignment(&mut self, now: Instant, address: Address, out: &mut Outbox) {
        let Some(topic) = self.topic_of_round() else {
            return;
        };
        self.set_step(Step::WaitAssignment);
        let request = Request::Pop(PopRequest::QueryAssignment {
            group: self.spec.client.group.clone(),
            topic,
            client_id: self.client.client_id.clone(),
            strategy: self.spec.strategy.to_string().into(),
            model: self.spec.model,
        });
        let purpose = client_instance::Purpose::Own(Purpose::Assignment);
        self.client.remoting.invoke(now, address, request, QUERY_ASSIGNMENT_TIMEOUT, purpose, out);
    }

    /// A broker has said which queues are to be pulled or popped.
    pub(in crate::consumer) fn on_assignment(
        &mut self,
        now: Instant,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        let waits =
            self.rebalance.round.as_ref().is_some_and(|round| matches!(round.step, Step::WaitAssignment));
        let Some(topic) = self.topic_of_round().filter(|_| waits) else {
            return;
        };
        let assignment = match result {
            Ok(Response { body: ResponseBody::Pop(PopAnswer::Assignment(Some(queues))), .. }) => queues,
            _ => return self.assignment_unknown(now, out),
        };
        let (popped, pulled): (Vec<_>, Vec<_>) =
            assignment.into_iter().partition(|(_, mode)| *mode == MessageRequestMode::Pop);
        let queues =
            |list: Vec<(MessageQueue, _)>| list.into_iter().map(|(queue, _)| queue).collect::<Vec<_>>();
        let (popped, pulled) = (queues(popped), queues(pulled));
        self.subscribe_pop_retry(now, &topic, !popped.is_empty(), !pulled.is_empty());
        let changed = self.take_pop_share(now, &topic, &popped, out);
        if let Some(round) = &mut self.rebalance.round {
            round.pop_changed = changed;
        }
        self.take_share(now, pulled, out);
    }

    /// Nobody could say: the present division stays, and another round comes soon.
    pub(in crate::consumer) fn assignment_unknown(&mut self, now: Instant, out: &mut Outbox) {
        if let Some(round) = &mut self.rebalance.round {
            round.balanced = false;
        }
        self.topic_done(now, out);
    }

    /// Who pulls also pulls what POP has left in its retry topic; who pops gets that with the topic.
    fn subscribe_pop_retry(&mut self, now: Instant, topic: &TopicName, pops: bool, pulls: bool) {
        if topic.is_retry() {
            return;
        }
        let retry = PopSource::RetryV1.real_topic(topic, &self.spec.client.group);
        match (pops, pulls) {
            (false, true) => {
                let subscription = MessageSelector::all().subscription(now);
                self.subscriptions.entry(retry).or_insert(subscription);
            }
            (true, false) => {
                self.subscriptions.remove(&retry);
            }
            _ => {}
        }
    }

    /// Gives queues up that are not to be popped any more, takes those that are; true when anything changed. What is in
    /// hand of a queue given up is not acknowledged.
    fn take_pop_share(
        &mut self,
        now: Instant,
        topic: &TopicName,
        share: &[MessageQueue],
        out: &mut Outbox,
    ) -> bool {
        let mut changed = false;
        let held: Vec<_> = self.pop_queues.keys().filter(|queue| queue.topic == *topic).cloned().collect();
        for queue in held {
            let has_stalled =
                self.pop_queues.get(&queue).is_some_and(|assigned| now.since(assigned.last_pop) > IDLE);
            if !share.contains(&queue) || has_stalled {
                let reason = if has_stalled { DropReason::PullExpired } else { DropReason::Rebalanced };
                self.pop_queues.remove(&queue);
                out.note(Fact::QueueDropped { queue, reason });
                changed = true;
            }
        }
        for queue in share {
            if self.pop_queues.contains_key(queue) {
                continue;
            }
            let hold = self.next_hold;
            self.next_hold += 1;
            let pop_at = Some(now + self.client.config.first_pull_delay);
            let assigned = PopAssigned { hold, pop_at, last_pop: now, in_hand: 0, trouble: None };
            self.pop_queues.insert(queue.clone(), assigned);
            out.note(Fact::Pop(PopFact::QueueAssigned { queue: queue.clone() }));
            changed = true;
        }
        if changed {
            self.arm_pop(out);
        }
        changed
    }

    /// Queues of topics that it does not subscribe to any more are given up at the end of a round.
    pub(in crate::consumer) fn drop_unsubscribed(&mut self, now: Instant, out: &mut Outbox) {
        if !self.asks_broker() {
            return;
        }
        let is_foreign = |queue: &&MessageQueue| !self.subscriptions.contains_key(&queue.topic);
        for queue in self.queues.keys().filter(is_foreign).cloned().collect::<Vec<_>>() {
            self.give_up(now, &queue, DropReason::Rebalanced, out);
        }
    }
}
