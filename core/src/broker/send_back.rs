//! Messages that consumers failed with: back into the retry topic of the group with a delay, or among its dead
//! letters.
//!
//! A consumer hands a message back by its place in the log, so that its bytes need not travel; when that fails, it
//! sends the message to `%RETRY%group` like a producer, on any broker. Only the delay is set here: what a delay
//! level means is decided where messages are appended.
//!
//! **In RocketMQ**: `AbstractSendMessageProcessor.consumerSendMsgBack`, `SendMessageProcessor.handleRetryAndDLQ`
//! (behaviour §3.5, §3.10).
//!
//! **Left out on purpose**: unit mode; hooks.

use std::sync::Arc;

use super::send::{Put, Send};
use super::stats::Counted;
use super::{Asked, Broker};
use crate::fact::Fact;
use crate::id::{CommitLogOffset, GroupName, QueueId, TopicName};
use crate::message::{StoredMessage, property};
use crate::outbox::Outbox;
use crate::rpc::{RequestCode, Response, ResponseCode, perm};
use crate::time::Instant;

const CODE: RequestCode = RequestCode::ConsumerSendMsgBack;
/// Queues of a topic of dead letters (`DLQ_NUMS_PER_GROUP`).
const DLQ_NUMS_PER_GROUP: u32 = 1;
/// Level of the first delay when the broker is to choose it.
const FIRST_DELAY_LEVEL: u32 = 3;

/// What a consumer hands back (`ConsumerSendMsgBackRequestHeader`).
pub(super) struct SendBack {
    pub(super) group: GroupName,
    pub(super) commit_log_offset: CommitLogOffset,
    /// 0: the broker decides; below 0: a dead letter at once.
    pub(super) delay_level: i32,
    pub(super) max_reconsume_times: Option<u32>,
}

impl Broker {
    pub(super) fn on_send_back(&mut self, now: Instant, asked: Asked, back: &SendBack, out: &mut Outbox) {
        let copies = self.store.log().max();
        match self.send_back(now, &asked, back, out) {
            Err(refusal) => asked.answer(refusal, out),
            // DLedgerCommitLog knows no WAIT=false: the answer waits for a majority, so that a consumer goes on trying with
            // what a leader without one has taken.
            Ok(()) if self.dledger().is_some() && self.store.log().max() > copies => {
                self.answer_when_committed(asked, Response::ok(CODE), out);
            }
            Ok(()) => asked.answer(Response::ok(CODE), out),
        }
    }

    /// The checks in their order, then the append.
    fn send_back(
        &mut self,
        now: Instant,
        asked: &Asked,
        back: &SendBack,
        out: &mut Outbox,
    ) -> Result<(), Response> {
        if self.is_slave() && self.is_in_acting_mode() {
            // A slave that stands in for its master passes nothing on that consumers hand back.
            let remark = format!("no master available along with {}", self.address.ip);
            return Err(Response::refused(CODE, ResponseCode::SystemError, remark));
        }
        if self.is_slave() && self.profile.is_v5() {
            let remark = "[REJECTREQUEST]system busy, start flow control for a while";
            return Err(Response::refused(CODE, ResponseCode::SystemBusy, remark));
        }
        let group = &back.group;
        let Some(settings) = self.find_group(group) else {
            let remark = format!("subscription group not exist, {group} ");
            return Err(Response::refused(CODE, ResponseCode::SubscriptionGroupNotExist, remark));
        };
        if self.config.broker_permission & perm::WRITE == 0 {
            let remark = format!("the broker[{}] sending message is forbidden", self.address.ip);
            return Err(Response::refused(CODE, ResponseCode::NoPermission, remark));
        }
        if settings.retry_queue_nums == 0 {
            return Ok(());
        }
        let retry = TopicName::retry_of(group);
        let config = self.ensure_topic(now, &retry, settings.retry_queue_nums, out);
        let queue_id = QueueId(self.rng.below(settings.retry_queue_nums));
        if config.perm & perm::WRITE == 0 {
            let remark = format!("the topic[{retry}] sending message is forbidden");
            return Err(Response::refused(CODE, ResponseCode::NoPermission, remark));
        }
        let Some(stored) = self.store.log().message_at(back.commit_log_offset) else {
            let remark = format!("look message by offset failed, {}", back.commit_log_offset);
            return Err(Response::refused(CODE, ResponseCode::SystemError, remark));
        };
        let max = back.max_reconsume_times.map_or(i64::from(settings.retry_max_times), i64::from);
        let is_dead = i64::from(stored.reconsume_times) >= max || back.delay_level < 0;
        if self.is_slave() || self.is_disk_full() {
            let remark = ResponseCode::ServiceNotAvailable.name();
            return Err(Response::refused(CODE, ResponseCode::SystemError, remark));
        }
        let level = match u32::try_from(back.delay_level) {
            _ if is_dead => 0,
            Ok(0) | Err(_) => FIRST_DELAY_LEVEL + stored.reconsume_times,
            Ok(level) => level,
        };
        self.put_back(now, asked, &stored, (group, queue_id, level, is_dead), out);
        Ok(())
    }

    /// Appends a copy that has failed once more: to the retry topic with this level, or to the dead letters.
    fn put_back(
        &mut self,
        now: Instant,
        asked: &Asked,
        stored: &StoredMessage,
        (group, queue_id, level, is_dead): (&GroupName, QueueId, u32, bool),
        out: &mut Outbox,
    ) {
        let (topic, queue_id) = if is_dead {
            let topic = TopicName::dead_letters_of(group);
            self.ensure_topic(now, &topic, DLQ_NUMS_PER_GROUP, out);
            (topic, QueueId(self.rng.below(DLQ_NUMS_PER_GROUP)))
        } else {
            (TopicName::retry_of(group), queue_id)
        };
        let mut message = stored.message.clone();
        if message.property(property::RETRY_TOPIC).is_none() {
            message.set_property(property::RETRY_TOPIC, stored.message.topic.as_str());
        }
        message.set_property(property::WAIT, "false");
        message.set_property(property::DELAY, &level.to_string());
        if message.property(property::ORIGIN_MESSAGE_ID).is_none() {
            message.set_property(property::ORIGIN_MESSAGE_ID, &stored.offset_message_id());
        }
        message.topic = topic;
        let mut put = Put::copy_of(stored, message, queue_id, asked.peer.node.clone());
        put.reconsume_times += 1;
        let reconsume_times = put.reconsume_times;
        if !is_dead {
            let (message, group) = (Box::new(self.message_at(stored)), group.clone());
            out.note(Fact::MessageSentBack { message, group, delay_level: level, reconsume_times });
        }
        let copy = self.put_message(now, put, out);
        let origin = copy.message.property(property::RETRY_TOPIC).cloned().unwrap_or_default();
        self.stats.count(now, Counted::sent_back(&origin.into(), group), 1);
        if is_dead {
            self.note_dead_letter(&copy, group, out);
        }
        self.after_append(now, out);
    }

    /// A send to `%RETRY%group` that has failed too often goes among the dead letters instead: with V4 from the limit
    /// on, with V5 above it, or at once while an orderly member of the group holds a lock. V5 also makes the delay
    /// invalid; V4 leaves it, so that its dead letters arrive late.
    pub(super) fn handle_retry_and_dlq(
        &mut self,
        now: Instant,
        send: &mut Send,
        out: &mut Outbox,
    ) -> Result<Option<GroupName>, Response> {
        let Some(group) = send.message.topic.retry_group() else {
            return Ok(None);
        };
        let Some(settings) = self.find_group(&group) else {
            let remark = format!("subscription group not exist, {group} ");
            let code = ResponseCode::SubscriptionGroupNotExist;
            return Err(Response::refused(RequestCode::SendMessage, code, remark));
        };
        let max = send.max_reconsume_times.map_or(i64::from(settings.retry_max_times), i64::from);
        let times = i64::from(send.reconsume_times);
        let is_dead = if self.profile.is_v5() {
            times > max || !self.locks.is_lock_all_expired(now, &group)
        } else {
            times >= max
        };
        if !is_dead {
            return Ok(None);
        }
        send.message.topic = TopicName::dead_letters_of(&group);
        self.ensure_topic(now, &send.message.topic, DLQ_NUMS_PER_GROUP, out);
        send.queue_id = QueueId(self.rng.below(DLQ_NUMS_PER_GROUP));
        if self.profile.is_v5() {
            send.message.set_property(property::DELAY, "-1");
        }
        Ok(Some(group))
    }

    pub(super) fn note_dead_letter(&self, copy: &Arc<StoredMessage>, group: &GroupName, out: &mut Outbox) {
        out.note(Fact::DeadLettered {
            message: Box::new(self.message_at(copy)),
            group: group.clone(),
            reconsume_times: copy.reconsume_times,
        });
    }
}
