//! Acknowledgements, and messages that are to come back at another time.
//!
//! **In RocketMQ**: `AckMessageProcessor`, `ChangeInvisibleTimeProcessor`.

use super::check_point::{Ack, CheckPoint};
use super::{Broker, Outstanding};
use crate::broker::Asked;
use crate::fact::{Fact, PopFact};
use crate::id::{GroupName, TopicName};
use crate::outbox::Outbox;
use crate::rpc::{PopAnswer, PopCk, RequestCode, Response, ResponseBody, ResponseCode, message_queue};
use crate::time::{Duration, Instant};

impl Broker {
    /// A consumer is through with a message. It may say so when the message has long come back; then that comes to
    /// nothing.
    pub(super) fn ack_message(
        &mut self,
        now: Instant,
        asked: &Asked,
        group: GroupName,
        ck: &PopCk,
        topic: &TopicName,
        out: &mut Outbox,
    ) -> Response {
        let code = RequestCode::AckMessage;
        if let Err((code_of, remark)) = self.check_place(topic, ck, true) {
            return Response::refused(code, code_of, remark);
        }
        let queue = message_queue(topic, &self.broker_name, ck.queue_id.0);
        let (consumer, offset) = (asked.peer.node.clone(), ck.queue_offset);
        out.note(Fact::Pop(PopFact::Acked { consumer, group: group.clone(), queue, offset }));
        self.append_ack(now, group, ck, topic, out);
        Response::ok(code)
    }

    /// A consumer wants a message back after another time: a new check point of just this message, and an
    /// acknowledgement of the old one.
    #[expect(clippy::too_many_arguments, reason = "the fields of one request")]
    pub(super) fn change_invisible_time(
        &mut self,
        now: Instant,
        asked: &Asked,
        group: GroupName,
        ck: &PopCk,
        topic: &TopicName,
        invisible_time: Duration,
        out: &mut Outbox,
    ) -> Response {
        let code = RequestCode::ChangeMessageInvisibleTime;
        if let Err((code_of, remark)) = self.check_place(topic, ck, false) {
            return Response::refused(code, code_of, remark);
        }
        if !self.takes_revive_messages() {
            return Response::refused(code, ResponseCode::SystemError, String::new());
        }
        let check_point = CheckPoint {
            topic: topic.clone(),
            group: group.clone(),
            queue_id: ck.queue_id,
            broker_name: ck.broker_name.clone(),
            start: ck.queue_offset,
            pop_time: now,
            invisible_time,
            diffs: vec![0],
            re_put_times: 0,
        };
        out.note(Fact::Pop(PopFact::InvisibleTimeChanged {
            consumer: asked.peer.node.clone(),
            group: group.clone(),
            queue: message_queue(topic, &self.broker_name, ck.queue_id.0),
            offset: ck.queue_offset,
            revive_at: check_point.revive_time(),
        }));
        let _is_stored = self.put_check_point(now, &check_point, ck.revive_queue_id, out);
        let known = Outstanding {
            check_point: check_point.clone(),
            revive_queue_id: ck.revive_queue_id,
            acked: 0,
            consumer: Some(asked.peer.node.clone()),
        };
        self.pop.outstanding.insert(check_point.key(), known);
        self.append_ack(now, group, ck, topic, out);
        let answer = PopAnswer::InvisibleTimeChanged { pop_time: now, invisible_time };
        Response::with(code, ResponseBody::Pop(answer))
    }

    fn append_ack(
        &mut self,
        now: Instant,
        group: GroupName,
        ck: &PopCk,
        topic: &TopicName,
        out: &mut Outbox,
    ) {
        let broker = ck.broker_name.clone();
        let check_point = (topic.clone(), group, ck.queue_id, ck.start_offset, ck.pop_time, broker);
        if let Some(known) = self.pop.outstanding.get_mut(&check_point)
            && let Some(index) = known.check_point.index_of(ck.queue_offset)
        {
            known.acked |= 1 << index;
        }
        let ack = Ack { check_point, offset: ck.queue_offset };
        if self.ack_in_buffer(now, &ack) {
            self.arm_buffer(now, out);
        } else {
            self.put_ack(now, &ack, ck.revive_queue_id, ck.pop_time + ck.invisible_time, out);
        }
    }

    /// Whether the broker has the queue and the place. An acknowledgement may name the place behind the last message.
    fn check_place(
        &self,
        topic: &TopicName,
        ck: &PopCk,
        may_be_end: bool,
    ) -> Result<(), (ResponseCode, String)> {
        let Some(config) = self.topics.get(topic) else {
            return Err((
                ResponseCode::TopicNotExist,
                format!("topic[{topic}] not exist, apply first please!"),
            ));
        };
        let (queue_id, offset) = (ck.queue_id, ck.queue_offset);
        if queue_id.0 >= config.read_queue_nums {
            let queues = config.read_queue_nums;
            let remark = format!(
                "queueId[{queue_id}] is illegal, topic:[{topic}] topicConfig.readQueueNums:[{queues}]"
            );
            return Err((ResponseCode::MessageIllegal, remark));
        }
        let (min, max) = (self.store.min_offset(topic, queue_id), self.store.max_offset(topic, queue_id));
        if offset < min || offset > max || offset == max && !may_be_end {
            let remark = if may_be_end {
                format!("offset is illegal, key:{topic}@{queue_id}, commit:{offset}, store:{min}~{max}")
            } else {
                String::new()
            };
            return Err((ResponseCode::NoMessage, remark));
        }
        Ok(())
    }
}
