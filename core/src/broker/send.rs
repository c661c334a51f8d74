//! A send: checks, what kind of message it is, append, answer.
//!
//! A broker checks less than one expects: it looks at no topic's permission, and at its own only for order topics.
//! Permissions work through the route that the producer has (behaviour §3.5, §6.4).
//!
//! **In RocketMQ**: `SendMessageProcessor`, `AbstractSendMessageProcessor.msgCheck`, `HookUtils.checkBeforePutMessage`,
//! `CommitLog.asyncPutMessage`.
//!
//! **Left out on purpose**: batches, topics whose queues are mapped to other brokers, page cache pressure.
//!
//! **Invariants**: a message is stored by its own broker only after every check has passed.

use std::sync::Arc;

use super::hold_back::{Held, PutRefusal};
use super::stats::Counted;
use super::transaction::make_half;
use super::{Asked, Broker};
use crate::fact::{DLedgerFact, Fact, MessageAt};
use crate::id::{Address, CommitLogOffset, NodeId, QueueId, QueueOffset, TopicName};
use crate::message::{Message, StoredMessage, properties_length, property};
use crate::names::{TOPIC_MAX_LENGTH, is_not_allowed_send_topic, validate};
use crate::outbox::Outbox;
use crate::rpc::{RequestCode, Response, ResponseBody, ResponseCode, message_queue, perm};
use crate::time::Instant;

const CODE: RequestCode = RequestCode::SendMessage;
/// Ids from here on are the negative numbers of Java: the broker is to choose.
const NEGATIVE_QUEUE_ID: u32 = 1 << 31;

/// What a producer asked for.
pub(super) struct Send {
    pub(super) message: Message,
    pub(super) queue_id: QueueId,
    pub(super) born_at: Instant,
    /// After which topic an unknown one is created.
    pub(super) default_topic: TopicName,
    pub(super) default_topic_queue_nums: u32,
    /// Bits as in `MessageSysFlag`.
    pub(super) sys_flag: u32,
    /// How often a consumer has failed with it.
    pub(super) reconsume_times: u32,
    /// From which on it is a dead letter, when the sender says so.
    pub(super) max_reconsume_times: Option<u32>,
}

/// A message that is to be appended (`MessageExtBrokerInner`).
#[derive(Clone, Debug)]
pub(super) struct Put {
    pub(super) message: Message,
    pub(super) queue_id: QueueId,
    /// Bits as in `MessageSysFlag`.
    pub(super) sys_flag: u32,
    pub(super) born_at: Instant,
    pub(super) born_host: Address,
    pub(super) reconsume_times: u32,
    pub(super) prepared_transaction_offset: CommitLogOffset,
    /// Whose doing it is.
    pub(super) from: NodeId,
}

impl Put {
    /// A plain message.
    pub(super) const fn new(
        message: Message,
        queue_id: QueueId,
        (born_at, born_host): (Instant, Address),
        from: NodeId,
    ) -> Self {
        Self {
            message,
            queue_id,
            sys_flag: 0,
            born_at,
            born_host,
            reconsume_times: 0,
            prepared_transaction_offset: CommitLogOffset(0),
            from,
        }
    }

    /// A copy of a stored message for another place, with its own past: when and where it was born, how often it
    /// was handed back.
    pub(super) fn copy_of(stored: &StoredMessage, message: Message, queue_id: QueueId, from: NodeId) -> Self {
        Self {
            message,
            queue_id,
            sys_flag: stored.sys_flag,
            born_at: stored.born_at,
            born_host: stored.born_host,
            reconsume_times: stored.reconsume_times,
            prepared_transaction_offset: stored.prepared_transaction_offset,
            from,
        }
    }
}

impl Broker {
    pub(super) fn on_send(&mut self, now: Instant, asked: Asked, mut send: Send, out: &mut Outbox) {
        let topic = send.message.topic.clone();
        let prepared = self.check_send(now, &mut send, out).and_then(|()| {
            let dead = self.handle_retry_and_dlq(now, &mut send, out)?;
            let queue_id = send.queue_id;
            let waits = send.message.property(property::WAIT).is_none_or(|value| &**value != "false");
            let (put, held) = self.prepare(now, &asked, send)?;
            if waits && self.lacks_in_sync_replicas() {
                let remark = "in-sync replicas not enough";
                return Err(Response::refused(CODE, ResponseCode::SystemError, remark));
            }
            Ok((queue_id, waits, put, held, dead))
        });
        let (queue_id, waits, put, held, dead) = match prepared {
            Ok(prepared) => prepared,
            Err(refusal) => {
                out.note(Fact::SendRefused { topic, code: refusal.code });
                return asked.answer(refusal, out);
            }
        };
        let stored = self.append(now, put, out);
        if let Held::Until(until) = held {
            out.note(Fact::MessageDelayed { message: Box::new(self.message_at(&stored)), topic, until });
        }
        if let Some(group) = dead {
            self.note_dead_letter(&stored, &group, out);
        }
        // The producer hears the queue that it chose, and the offset in the queue that the message went to.
        let body = ResponseBody::Sent {
            queue_id,
            queue_offset: stored.queue_offset,
            commit_log_offset: stored.commit_log_offset,
        };
        self.answer_when_safe(now, asked, body, waits, out);
    }

    /// The checks of behaviour §3.5, in their order; a queue that is left to the broker is chosen.
    fn check_send(&mut self, now: Instant, send: &mut Send, out: &mut Outbox) -> Result<(), Response> {
        let refuse = |code, remark: String| Err(Response::refused(CODE, code, remark));
        let topic = &send.message.topic;
        if self.is_slave() && self.profile.is_v5() && !self.is_in_acting_mode() {
            return refuse(
                ResponseCode::SystemBusy,
                "[REJECTREQUEST]system busy, start flow control for a while".to_owned(),
            );
        }
        let may_write = self.config.broker_permission & perm::WRITE != 0;
        if !may_write && self.topics.get(topic).is_some_and(|config| config.order) {
            let remark = format!("the broker[{}] sending message is forbidden", self.address.ip);
            return refuse(ResponseCode::NoPermission, remark);
        }
        if let Err(why) = validate(topic.as_str(), TOPIC_MAX_LENGTH) {
            let code = self.code_by_version(ResponseCode::SystemError, ResponseCode::InvalidParameter);
            return refuse(code, why.remark());
        }
        if is_not_allowed_send_topic(topic.as_str()) {
            let remark = format!("Sending message to topic[{topic}] is forbidden.");
            return refuse(ResponseCode::NoPermission, remark);
        }
        let known = self.topics.get(topic).cloned();
        let created = known.or_else(|| self.create_topic_in_send(now, send, out));
        let Some(config) = created.or_else(|| self.create_retry_topic_in_send(now, topic, out)) else {
            let remark = format!("topic[{topic}] not exist, apply first please!");
            return refuse(ResponseCode::TopicNotExist, remark);
        };
        if send.queue_id.0 >= NEGATIVE_QUEUE_ID {
            send.queue_id = QueueId(self.rng.below(config.write_queue_nums.max(1)));
        } else if send.queue_id.0 >= config.read_queue_nums.max(config.write_queue_nums) {
            let code = self.code_by_version(ResponseCode::SystemError, ResponseCode::InvalidParameter);
            return refuse(code, format!("request queueId[{}] is illegal, topic[{topic}]", send.queue_id));
        }
        Ok(())
    }

    fn create_retry_topic_in_send(
        &mut self,
        now: Instant,
        topic: &TopicName,
        out: &mut Outbox,
    ) -> Option<crate::rpc::TopicConfig> {
        topic.is_retry().then(|| self.ensure_topic(now, topic, 1, out))
    }

    pub(super) const fn code_by_version(&self, v4: ResponseCode, v5: ResponseCode) -> ResponseCode {
        if self.profile.is_v5() { v5 } else { v4 }
    }

    /// What is to be appended: with the broker's own properties, as a half message when it belongs to a transaction,
    /// to another topic when it is delayed.
    fn prepare(&self, now: Instant, asked: &Asked, send: Send) -> Result<(Put, Held), Response> {
        let mut message = send.message;
        if self.profile.is_v5() {
            message.set_property(property::MSG_REGION, "DefaultRegion");
            message.set_property(property::TRACE_ON, "true");
        }
        message.set_shared_property(property::CLUSTER, self.config.broker_cluster_name.as_shared().clone());
        let is_half = self.is_half(&message, send.reconsume_times);
        if is_half && self.config.reject_transaction_message {
            let remark = format!("the broker[{}] sending transaction message is forbidden", self.address.ip);
            return Err(Response::refused(CODE, ResponseCode::NoPermission, remark));
        }
        let born = (send.born_at, asked.peer.address);
        let mut put = Put::new(message, send.queue_id, born, asked.peer.node.clone());
        (put.sys_flag, put.reconsume_times) = (send.sys_flag, send.reconsume_times);
        if self.is_slave() && self.profile.is_v5() {
            let remark = self.disk_full_remark();
            return Err(Response::refused(CODE, ResponseCode::ServiceNotAvailable, remark));
        }
        if self.is_slave() {
            let remark = "service not available now. It may be caused by one of the following reasons: the broker's \
                          role is SLAVE";
            return Err(Response::refused(CODE, ResponseCode::ServiceNotAvailable, remark));
        }
        if self.is_disk_full() {
            let remark = self.disk_full_remark();
            return Err(Response::refused(CODE, ResponseCode::ServiceNotAvailable, remark));
        }
        if self.dledger_refusal().is_some() {
            return Err(self.dledger_busy());
        }
        if is_half {
            make_half(&mut put, self.profile.is_v5());
        }
        let held = self.hold_back(now, &mut put).map_err(|refusal| self.refused_put(refusal))?;
        if !is_half && held == Held::No && !self.profile.is_v5() {
            // V4 saves the bytes of this property, unless it has to write all of them anew.
            put.message.remove_property(property::WAIT);
        }
        self.check_size(&put.message).map_err(|refusal| self.refused_put(refusal))?;
        Ok((put, held))
    }

    fn is_half(&self, message: &Message, reconsume_times: u32) -> bool {
        let is_marked = message
            .property(property::TRANSACTION_PREPARED)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        // V5 knows that clients before 4.6.1 forget to take the mark off what they send back.
        let is_sent_back = self.profile.is_v5() && reconsume_times > 0 && message.delay_level() > 0;
        is_marked && !is_sent_back
    }

    fn refused_put(&self, refusal: PutRefusal) -> Response {
        let remark = match refusal {
            PutRefusal::MessageIllegal | PutRefusal::PropertiesSizeExceeded => format!(
                "the message is illegal, maybe msg body or properties length not matched. msg body length limit {}B, \
                 msg properties length limit 32KB.",
                self.config.max_message_size
            ),
            PutRefusal::TimerMessageIllegal => format!(
                "timer message illegal, the delay time should not be bigger than the max delay {}ms; or if set del \
                 msg, the delay time should be bigger than the current time",
                self.config.timer_max_delay_sec.saturating_mul(1000)
            ),
            PutRefusal::TimerNotEnabled => {
                "accurate timer message is not enabled, timerWheelEnable is false".to_owned()
            }
        };
        Response::refused(CODE, refusal.code(), remark)
    }

    /// Stores a message of the broker's own making; one that asks for a delay goes to where it waits.
    /// [`after_append`](Self::after_append) then wakes the services that work on it.
    ///
    /// A message with an illegal time of its own is stored as if it had none: only producers are told off.
    pub(super) fn put_message(&mut self, now: Instant, mut put: Put, out: &mut Outbox) -> Arc<StoredMessage> {
        let topic = put.message.topic.clone();
        let held = self.hold_back(now, &mut put).unwrap_or(Held::No);
        let stored = self.append(now, put, out);
        if let Held::Until(until) = held {
            out.note(Fact::MessageDelayed { message: Box::new(self.message_at(&stored)), topic, until });
        }
        stored
    }

    /// Appends a message as it is, whatever delay its properties name.
    pub(super) fn append(&mut self, now: Instant, put: Put, out: &mut Outbox) -> Arc<StoredMessage> {
        let properties_length = properties_length(&put.message.properties, self.profile);
        let message = StoredMessage {
            message: put.message,
            queue_id: put.queue_id,
            queue_offset: QueueOffset(0),
            commit_log_offset: CommitLogOffset(0),
            sys_flag: put.sys_flag,
            born_at: put.born_at,
            born_host: put.born_host,
            stored_at: now,
            store_host: self.address,
            reconsume_times: put.reconsume_times,
            prepared_transaction_offset: put.prepared_transaction_offset,
            properties_length,
        };
        if let Some(code) = self.dledger_refusal() {
            // A put of the broker's own that fails is a line in RocketMQ's log.
            out.note(Fact::DLedger(DLedgerFact::AppendRefused { code }));
            return Arc::new(message);
        }
        let stored = self.store.append(message);
        let topic = &stored.message.topic;
        self.stats.put(now, stored.record_length());
        self.stats.count(now, Counted::put(topic), 1);
        out.note_with(|| Fact::MessageStored {
            message: Box::new(self.message_at(&stored)),
            commit_log_offset: stored.commit_log_offset,
            size: u32::try_from(stored.record_length()).unwrap_or(u32::MAX),
            tag: stored.message.tag().cloned(),
            from: put.from,
        });
        self.append_to_ledger(now, &stored, out);
        stored
    }

    /// What facts say about a stored message.
    pub(super) fn message_at(&self, stored: &StoredMessage) -> MessageAt {
        MessageAt {
            queue: message_queue(&stored.message.topic, &self.broker_name, stored.queue_id.0),
            offset: stored.queue_offset,
            unique_key: stored.message.unique_key().cloned().unwrap_or_else(|| "".into()),
            key: stored.message.keys().cloned(),
        }
    }
}
