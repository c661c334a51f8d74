//! A pop: checks, a look into the queues in a random order, the check point, the answer.
//!
//! **In RocketMQ**: `PopMessageProcessor.processRequest`, `popMsgFromTopic`, `popMsgFromQueue`, `getPopOffset`.

use std::sync::Arc;

use super::REVIVE_QUEUE_NUM;
use super::check_point::CheckPoint;
use crate::broker::stats::Counted;
use crate::broker::{Asked, Broker};
use crate::fact::{Fact, PopFact};
use crate::filter::BrokerFilter;
use crate::id::{GroupName, QueueId, QueueOffset, TopicName};
use crate::message::StoredMessage;
use crate::outbox::Outbox;
use crate::rpc::{
    PopAnswer, PopCk, PopMessage, PopSource, Popped, RequestCode, Response, ResponseBody, ResponseCode,
    message_queue, perm,
};
use crate::store::{GetMessageStatus, PullLimits};
use crate::time::{Duration, Instant};

const CODE: RequestCode = RequestCode::PopMessage;
/// Most messages of a pop.
const MOST_MESSAGES: u32 = 32;
/// A pop that comes later than this after its time is not even looked at.
const TOO_LATE: Duration = Duration::from_millis(500);

/// A pop under way.
struct PopRun<'a> {
    asked: &'a Asked,
    pop: &'a PopMessage,
    filter: &'a BrokerFilter,
    revive_queue_id: QueueId,
    popped: Popped,
}

impl Broker {
    pub(super) fn pop_message(&mut self, now: Instant, asked: Asked, pop: PopMessage, out: &mut Outbox) {
        let filter = match self.check_pop(now, &pop) {
            Err(refusal) => return asked.answer(refusal, out),
            Ok(filter) => filter,
        };
        let retry = self.retry_source();
        let topics = self.pop.compensated.entry(pop.group.clone()).or_default();
        topics.insert(pop.topic.clone());
        topics.insert(retry.real_topic(&pop.topic, &pop.group));
        let popped = self.pop_from_queues(now, &asked, &pop, &filter, out);
        if popped.messages.is_empty() {
            // Whoever waited too long already is told so.
            if let Err(asked) = self.hold_pop(now, asked, pop, filter, out) {
                let remark = "NO_MESSAGE_IN_QUEUE";
                asked.answer(Response::refused(CODE, ResponseCode::PollingTimeout, remark), out);
            }
            return;
        }
        let has_more = popped.rest > 0;
        let body = ResponseBody::Pop(PopAnswer::Popped(Box::new(popped)));
        asked.answer(Response::with(CODE, body), out);
        if has_more {
            // Somebody else may have some of the rest.
            self.notify_pop(now, (pop.topic, pop.group, pop.queue_id), None, out);
        }
    }

    /// The checks in their order.
    fn check_pop(&mut self, now: Instant, pop: &PopMessage) -> Result<BrokerFilter, Response> {
        let refuse = |code, remark: String| Err(Response::refused(CODE, code, remark));
        let PopMessage { group, topic, queue_id, .. } = pop;
        let ip = self.address.ip;
        if now > pop.born_at + pop.poll_time + TOO_LATE {
            let remark = format!("the broker[{ip}] pop message is timeout too much");
            return refuse(ResponseCode::PollingTimeout, remark);
        }
        if self.config.broker_permission & perm::READ == 0 {
            return refuse(ResponseCode::NoPermission, format!("the broker[{ip}] pop message is forbidden"));
        }
        if pop.max_messages > MOST_MESSAGES {
            let remark = format!("the broker[{ip}] pop message's num is greater than 32");
            return refuse(ResponseCode::InvalidParameter, remark);
        }
        if !self.config.timer_wheel_enable {
            let remark =
                format!("the broker[{ip}] pop message is forbidden because timerWheelEnable is false");
            return refuse(ResponseCode::SystemError, remark);
        }
        let Some(config) = self.topics.get(topic) else {
            let remark = format!("topic[{topic}] not exist, apply first please!");
            return refuse(ResponseCode::TopicNotExist, remark);
        };
        if config.perm & perm::READ == 0 {
            let remark = format!("the topic[{topic}] peeking message is forbidden");
            return refuse(ResponseCode::NoPermission, remark);
        }
        if *queue_id != QueueId::ALL && queue_id.0 >= config.read_queue_nums {
            let remark = format!(
                "queueId[{queue_id}] is illegal, topic:[{topic}] topicConfig.readQueueNums:[{}]",
                config.read_queue_nums
            );
            return refuse(ResponseCode::InvalidParameter, remark);
        }
        let Some(settings) = self.find_group(group) else {
            let remark = format!("subscription group [{group}] does not exist");
            return refuse(ResponseCode::SubscriptionGroupNotExist, remark);
        };
        if !settings.consume_enable {
            return refuse(ResponseCode::NoPermission, format!("subscription group no permission, {group}"));
        }
        BrokerFilter::new(&pop.subscription, self.profile).map_err(|_| {
            let remark = "parse the consumer's subscription failed";
            Response::refused(CODE, ResponseCode::SubscriptionParseFailed, remark)
        })
    }

    /// The retry topic that messages are revived into.
    pub(super) const fn retry_source(&self) -> PopSource {
        if self.config.enable_retry_topic_v2 { PopSource::RetryV2 } else { PopSource::RetryV1 }
    }

    /// Looks into the queues: by chance into those of the retry topic first, else into them when there is room left.
    fn pop_from_queues(
        &mut self,
        now: Instant,
        asked: &Asked,
        pop: &PopMessage,
        filter: &BrokerFilter,
        out: &mut Outbox,
    ) -> Popped {
        let chance = self.pop.rng.below(100);
        let revive_queue_id = QueueId(self.pop.pops % REVIVE_QUEUE_NUM);
        self.pop.pops = self.pop.pops.wrapping_add(1);
        let retry_first = chance < self.config.pop_from_retry_probability;
        let mut retry = self.retry_source();
        if retry == PopSource::RetryV2
            && self.config.retrieve_message_from_pop_retry_topic_v1
            && chance.is_multiple_of(2)
        {
            retry = PopSource::RetryV1;
        }
        let popped = Popped { messages: Vec::new(), cks: Vec::new(), rest: 0 };
        let mut run = PopRun { asked, pop, filter, revive_queue_id, popped };
        if retry_first {
            self.pop_from_topic(now, &mut run, retry, chance, out);
        }
        if pop.queue_id == QueueId::ALL {
            self.pop_from_topic(now, &mut run, PopSource::Normal, chance, out);
        } else {
            self.pop_from_queue(now, &mut run, PopSource::Normal, pop.queue_id, out);
        }
        if !retry_first && run.popped.messages.len() < pop.max_messages as usize {
            self.pop_from_topic(now, &mut run, retry, chance, out);
        }
        run.popped
    }

    fn pop_from_topic(
        &mut self,
        now: Instant,
        run: &mut PopRun<'_>,
        source: PopSource,
        chance: u32,
        out: &mut Outbox,
    ) {
        let topic = source.real_topic(&run.pop.topic, &run.pop.group);
        let queues = self.topics.get(&topic).map_or(0, |config| config.read_queue_nums);
        for step in 0..queues {
            self.pop_from_queue(now, run, source, QueueId((chance + step) % queues), out);
        }
    }

    fn pop_from_queue(
        &mut self,
        now: Instant,
        run: &mut PopRun<'_>,
        source: PopSource,
        queue_id: QueueId,
        out: &mut Outbox,
    ) {
        let group = &run.pop.group;
        let topic = source.real_topic(&run.pop.topic, group);
        let offset = self.pop_offset(group, &topic, queue_id, run.pop.from_min, out);
        let room =
            run.pop.max_messages.saturating_sub(u32::try_from(run.popped.messages.len()).unwrap_or(u32::MAX));
        if room == 0 {
            run.popped.rest += self.store.max_offset(&topic, queue_id).0.saturating_sub(offset.0);
            return;
        }
        let limits = PullLimits::new(room, self.memory());
        let mut found = self.store.get_messages(&topic, queue_id, offset, limits, Some(run.filter));
        if matches!(
            found.status,
            GetMessageStatus::OffsetTooSmall
                | GetMessageStatus::OffsetOverflowBadly
                | GetMessageStatus::OffsetFoundNull
        ) {
            let queue = message_queue(&topic, &self.broker_name, queue_id.0);
            let (group, to) = (group.clone(), found.next);
            out.note(Fact::Pop(PopFact::OffsetCorrected { group, queue, from: offset, to }));
            self.commit_offset(run.pop.group.clone(), topic.clone(), queue_id, to, out);
            found = self.store.get_messages(&topic, queue_id, to, limits, Some(run.filter));
        }
        // With a corrected offset RocketMQ names the check point after the wrong one.
        let check_point = self.check_point_of(now, run, &topic, (queue_id, offset), &found.messages);
        if !found.messages.is_empty() {
            self.stats.got(now, found.messages.len());
            self.stats.count(now, Counted::got(&topic, &run.pop.group), found.messages.len());
            self.add_check_point(now, run.asked, check_point, run.revive_queue_id, found.next, out);
            let ck = |stored: &Arc<StoredMessage>| PopCk {
                start_offset: offset,
                pop_time: now,
                invisible_time: run.pop.invisible_time,
                revive_queue_id: run.revive_queue_id,
                source,
                broker_name: self.broker_name.clone(),
                queue_id,
                queue_offset: stored.queue_offset,
            };
            run.popped.cks.extend(found.messages.iter().map(ck));
            run.popped
                .messages
                .extend(found.messages.into_iter().map(|stored| shown_as(stored, &run.pop.topic)));
        } else if matches!(
            found.status,
            GetMessageStatus::NoMatchedMessage
                | GetMessageStatus::OffsetFoundNull
                | GetMessageStatus::MessageWasRemoving
        ) {
            self.add_mock_check_point(now, &check_point, found.next, out);
        }
        run.popped.rest += found.max.0.saturating_sub(found.next.0);
    }

    fn check_point_of(
        &self,
        now: Instant,
        run: &PopRun<'_>,
        topic: &TopicName,
        (queue_id, start): (QueueId, QueueOffset),
        messages: &[Arc<StoredMessage>],
    ) -> CheckPoint {
        let diff = |stored: &Arc<StoredMessage>| {
            u32::try_from(stored.queue_offset.0.wrapping_sub(start.0)).unwrap_or(u32::MAX)
        };
        CheckPoint {
            topic: topic.clone(),
            group: run.pop.group.clone(),
            queue_id,
            broker_name: self.broker_name.clone(),
            start,
            pop_time: now,
            invisible_time: run.pop.invisible_time,
            diffs: messages.iter().map(diff).collect(),
            re_put_times: 0,
        }
    }

    /// Where a pop begins: where a reset wants it, else behind what was popped last, else where the group stands, else
    /// at the first message or at the last one.
    fn pop_offset(
        &mut self,
        group: &GroupName,
        topic: &TopicName,
        queue_id: QueueId,
        from_min: bool,
        out: &mut Outbox,
    ) -> QueueOffset {
        let stored = self.stored_offset(group, topic, queue_id);
        let offset = stored.unwrap_or_else(|| {
            let offset = self.init_offset(topic, queue_id, from_min);
            self.commit_offset(group.clone(), topic.clone(), queue_id, offset, out);
            offset
        });
        if let Some(reset) = self.take_reset_offset(group, topic, queue_id) {
            self.pop.buffer.forget_queue(topic, group, queue_id);
            self.commit_offset(group.clone(), topic.clone(), queue_id, reset, out);
            return reset;
        }
        let behind_last = self.pop.buffer.latest_offset(topic, group, queue_id);
        behind_last.map_or(offset, |latest| latest.max(offset))
    }

    /// `getInitOffset`: a retry topic is taken from its beginning, a young queue too, any other from its last message.
    fn init_offset(&self, topic: &TopicName, queue_id: QueueId, from_min: bool) -> QueueOffset {
        let min = self.store.min_offset(topic, queue_id);
        if from_min || topic.is_retry() {
            return min;
        }
        let in_memory = self.store.first_is_in_memory(topic, queue_id, self.memory()).unwrap_or(false);
        if self.config.init_pop_offset_by_check_msg_in_mem && min == QueueOffset(0) && in_memory {
            return QueueOffset(0);
        }
        QueueOffset(self.store.max_offset(topic, queue_id).0.saturating_sub(1))
    }
}

/// A message of a retry topic is handed out under the name of the topic that was asked for
/// (`popResponseReturnActualRetryTopic=false`).
fn shown_as(stored: Arc<StoredMessage>, topic: &TopicName) -> Arc<StoredMessage> {
    if stored.message.topic == *topic {
        return stored;
    }
    let mut shown = StoredMessage::clone(&stored);
    shown.message.topic = topic.clone();
    Arc::new(shown)
}
