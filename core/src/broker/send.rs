//! A send: checks, append, flush, replication, answer.
//!
//! A broker checks less than one expects: it looks at no topic's permission, and at its own only for order topics.
//! Permissions work through the route that the producer has (behaviour §3.5, §6.4).
//!
//! **In RocketMQ**: `SendMessageProcessor`, `AbstractSendMessageProcessor.msgCheck`, `CommitLog.asyncPutMessage`,
//! `GroupCommitService`, `GroupTransferService`, `FlushRealTimeService`, `ReputMessageService`.
//!
//! **Left out on purpose**: a disk that fills up or hangs, page cache pressure, batches.

use std::sync::Arc;

use super::{Asked, Broker, HeldPull};
use crate::config::{BrokerRole, FlushDiskType};
use crate::fact::{Fact, MessageAt};
use crate::id::{Address, CommitLogOffset, ConnectionId, NodeId, QueueId, QueueOffset};
use crate::message::{Message, StoredMessage, TOPIC_MAX_LENGTH, check_name, properties_length, property};
use crate::outbox::Outbox;
use crate::rpc::{RequestCode, Response, ResponseBody, ResponseCode, message_queue, perm};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

const CODE: RequestCode = RequestCode::SendMessage;
/// `ReputMessageService` looks at the log every millisecond.
const REPUT_PERIOD: Duration = Duration::from_millis(1);
/// Bytes of a page.
const PAGE: u64 = 4096;

/// What a producer asked for.
pub(super) struct Send {
    pub(super) message: Message,
    pub(super) queue_id: QueueId,
    pub(super) born_at: Instant,
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

/// A stored message whose producer still waits for its answer.
#[derive(Clone, Debug)]
struct WaitingPut {
    asked: Asked,
    body: ResponseBody,
    end: CommitLogOffset,
    /// Until when to wait for the flush; `None` when it need not be waited for, or is over.
    flush_until: Option<Instant>,
    /// Until when to wait for slaves, and for how many.
    slaves_until: Option<(Instant, usize)>,
    code: ResponseCode,
}

/// Everything about appends that are not finished.
#[derive(Clone, Debug, Default)]
pub(super) struct Puts {
    waiting: Vec<WaitingPut>,
    /// What the synchronous flush under way will have written when it ends.
    flushing_to: Option<CommitLogOffset>,
    reput_armed: bool,
    flush_armed: bool,
    last_thorough_flush: Instant,
}

impl Puts {
    pub(super) fn forget(&mut self, connection: ConnectionId) {
        self.waiting.retain(|put| put.asked.connection != connection);
    }
}

impl Broker {
    pub(super) fn on_send(&mut self, now: Instant, asked: Asked, mut send: Send, out: &mut Outbox) {
        let checked = self.check_send(now, &send, out);
        let dead = match checked.and_then(|()| self.handle_retry_and_dlq(now, &mut send, out)) {
            Ok(dead) => dead,
            Err(refusal) => {
                out.note(Fact::SendRefused { topic: send.message.topic, code: refusal.code });
                return asked.answer(refusal, out);
            }
        };
        let waits = send.message.property(property::WAIT).is_none_or(|value| &**value != "false");
        let stored = self.append(now, &asked, send, out);
        if let Some(group) = dead {
            self.note_dead_letter(&stored, &group, out);
        }
        let body = ResponseBody::Sent {
            queue_id: stored.queue_id,
            queue_offset: stored.queue_offset,
            commit_log_offset: stored.commit_log_offset,
        };
        let end = self.store.log().max();
        let mut put = WaitingPut {
            asked,
            body,
            end,
            flush_until: None,
            slaves_until: None,
            code: ResponseCode::Success,
        };
        if waits && self.config.flush_disk_type == FlushDiskType::SyncFlush {
            put.flush_until = Some(now + self.config.sync_flush_timeout);
        }
        if waits && self.config.broker_role == BrokerRole::SyncMaster {
            match self.slaves_to_wait_for(end) {
                Ok(0) => {}
                Ok(count) => {
                    // The waiting thread wakes up a moment after its time is over, never on the dot.
                    let until = now + self.config.slave_timeout + Duration::from_millis(1);
                    put.slaves_until = Some((until, count));
                }
                Err(code) => put.code = code,
            }
        }
        let until = [put.flush_until, put.slaves_until.map(|(until, _)| until)];
        if let Some(until) = until.into_iter().flatten().min() {
            let is_first = self.puts.waiting.is_empty();
            self.puts.waiting.push(put);
            if is_first {
                out.set_timer(Timer::PutTimeout, until);
            }
        } else {
            put.asked.answer(put.response(), out);
        }
        self.after_append(now, out);
    }

    /// The checks of behaviour §3.5, in their order.
    fn check_send(&mut self, now: Instant, send: &Send, out: &mut Outbox) -> Result<(), Response> {
        let refuse = |code, remark: String| Err(Response::refused(CODE, code, remark));
        let topic = &send.message.topic;
        if self.is_slave() && self.profile.is_v5() {
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
        if let Err(why) = check_name(topic.as_str(), TOPIC_MAX_LENGTH) {
            let code = self.code_by_version(ResponseCode::SystemError, ResponseCode::InvalidParameter);
            return refuse(code, format!("The specified topic contains illegal characters: {why}"));
        }
        if NOT_ALLOWED_SEND_TOPICS.contains(&topic.as_str()) {
            let remark = format!("Sending message to topic[{topic}] is forbidden.");
            return refuse(ResponseCode::NoPermission, remark);
        }
        let known = self.topics.get(topic).cloned();
        let config = match known {
            Some(config) => config,
            None => match self.create_topic_in_send(now, topic, send.default_topic_queue_nums, out) {
                Some(config) => config,
                None => {
                    let remark = format!("topic[{topic}] not exist, apply first please!");
                    return refuse(ResponseCode::TopicNotExist, remark);
                }
            },
        };
        let queues = config.read_queue_nums.max(config.write_queue_nums);
        if send.queue_id.0 >= queues {
            let code = self.code_by_version(ResponseCode::SystemError, ResponseCode::InvalidParameter);
            return refuse(code, format!("request queueId[{}] is illegal, topic[{topic}]", send.queue_id));
        }
        if self.is_slave() {
            let remark = "service not available now. It may be caused by one of the following reasons: the broker's \
                          role is SLAVE";
            return refuse(ResponseCode::ServiceNotAvailable, remark.to_owned());
        }
        Ok(())
    }

    pub(super) const fn code_by_version(&self, v4: ResponseCode, v5: ResponseCode) -> ResponseCode {
        if self.profile.is_v5() { v5 } else { v4 }
    }

    fn append(&mut self, now: Instant, asked: &Asked, send: Send, out: &mut Outbox) -> Arc<StoredMessage> {
        let mut message = send.message;
        if self.profile.is_v5() {
            message.set_property(property::MSG_REGION, "DefaultRegion");
            message.set_property(property::TRACE_ON, "true");
        } else if message.property(property::WAIT).is_some_and(|value| &**value == "true") {
            // V4 saves the bytes of the usual value.
            message.properties.retain(|(name, _)| &**name != property::WAIT);
        }
        message.set_property(property::CLUSTER, self.config.broker_cluster_name.as_str());
        let born = (send.born_at, asked.peer.address);
        let mut put = Put::new(message, send.queue_id, born, asked.peer.node.clone());
        (put.sys_flag, put.reconsume_times) = (send.sys_flag, send.reconsume_times);
        self.put_message(now, put, out)
    }

    /// Appends a message to the log. [`after_append`](Self::after_append) then wakes the services that work on it.
    pub(super) fn put_message(&mut self, now: Instant, put: Put, out: &mut Outbox) -> Arc<StoredMessage> {
        let properties_length = properties_length(&put.message.properties, self.profile);
        let stored = self.store.append(StoredMessage {
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
        });
        let topic = &stored.message.topic;
        out.note(Fact::MessageStored {
            message: Box::new(MessageAt {
                queue: message_queue(topic, &self.broker_name, stored.queue_id.0),
                offset: stored.queue_offset,
                unique_key: stored.message.unique_key().cloned().unwrap_or_else(|| "".into()),
                key: stored.message.keys().cloned(),
            }),
            commit_log_offset: stored.commit_log_offset,
            size: u32::try_from(stored.record_length()).unwrap_or(u32::MAX),
            tag: stored.message.tag().cloned(),
            from: put.from,
        });
        stored
    }

    /// Wakes the services that work on what was appended.
    pub(super) fn after_append(&mut self, now: Instant, out: &mut Outbox) {
        self.arm_reput(now, out);
        match self.config.flush_disk_type {
            FlushDiskType::SyncFlush => self.start_group_commit(now, out),
            FlushDiskType::AsyncFlush => self.arm_flush(now, out),
        }
        self.replicate_soon(now, out);
    }

    pub(super) fn arm_reput(&mut self, now: Instant, out: &mut Outbox) {
        if !self.puts.reput_armed {
            self.puts.reput_armed = true;
            out.set_timer(Timer::Reput, now + REPUT_PERIOD);
        }
    }

    /// Builds queue entries and wakes the pulls that wait for them.
    pub(super) fn reput(&mut self, now: Instant, out: &mut Outbox) {
        self.puts.reput_armed = false;
        let sync_flush = self.config.flush_disk_type == FlushDiskType::SyncFlush;
        let log = self.store.log();
        // Since 5.3.2 a message of a SYNC_FLUSH broker is visible only once it is safe.
        let up_to = if self.profile.is_v5() && sync_flush { log.flushed() } else { log.max() };
        let visible = self.store.dispatch(up_to);
        if self.is_slave() && !self.profile.is_v5() {
            // V4 wakes nobody on a slave; its held pulls wait for the 5 s check.
            return;
        }
        self.wake_pulls(now, &visible, out);
    }

    fn start_group_commit(&mut self, now: Instant, out: &mut Outbox) {
        let end = self.store.log().max();
        if self.puts.flushing_to.is_none() && end > self.store.log().flushed() {
            self.puts.flushing_to = Some(end);
            out.set_timer(Timer::GroupCommit, now + self.config.disk_flush_time);
        }
    }

    /// The disk has written what it was given; what came meanwhile goes next.
    pub(super) fn group_commit_done(&mut self, now: Instant, out: &mut Outbox) {
        if let Some(to) = self.puts.flushing_to.take() {
            self.flush_to(to, out);
        }
        self.settle_puts(now, out);
        self.arm_reput(now, out);
        self.start_group_commit(now, out);
    }

    fn flush_to(&mut self, to: CommitLogOffset, out: &mut Outbox) {
        if to > self.store.log().flushed() {
            self.store.log_mut().flush(to);
            out.note(Fact::Flushed { to });
        }
    }

    pub(super) fn arm_flush(&mut self, now: Instant, out: &mut Outbox) {
        if !self.puts.flush_armed {
            self.puts.flush_armed = true;
            let period = self.config.flush_interval_commit_log.as_millis().max(1);
            let rounds = now.since(self.started_at).as_millis() / period + 1;
            out.set_timer(Timer::FlushRealTime, self.started_at + Duration::from_millis(rounds * period));
        }
    }

    /// Flushes when enough pages are dirty, or when it has not flushed for 10 s.
    pub(super) fn flush_real_time(&mut self, now: Instant, out: &mut Outbox) {
        self.puts.flush_armed = false;
        let (end, flushed) = (self.store.log().max(), self.store.log().flushed());
        let is_thorough =
            now.since(self.puts.last_thorough_flush) >= self.config.flush_commit_log_thorough_interval;
        let dirty_pages = end.0 / PAGE - flushed.0 / PAGE;
        if is_thorough {
            self.puts.last_thorough_flush = now;
        }
        if is_thorough || dirty_pages >= u64::from(self.config.flush_commit_log_least_pages) {
            self.flush_to(end, out);
        }
        if self.store.log().flushed() < end {
            self.arm_flush(now, out);
        }
    }

    /// For how many slaves an answer has to wait (behaviour §4.2); an error is an answer without waiting.
    fn slaves_to_wait_for(&self, end: CommitLogOffset) -> Result<usize, ResponseCode> {
        if self.profile.is_v5() {
            return Ok((self.config.in_sync_replicas as usize).saturating_sub(1));
        }
        let in_sync = self
            .slaves()
            .any(|slave| end.0.saturating_sub(slave.acknowledged.0) < self.config.ha_max_gap_not_in_sync);
        if in_sync { Ok(1) } else { Err(ResponseCode::SlaveNotAvailable) }
    }

    /// Answers the sends that need not wait any longer. The status of the slaves prevails over that of the flush.
    pub(super) fn settle_puts(&mut self, now: Instant, out: &mut Outbox) {
        if self.puts.waiting.is_empty() {
            return;
        }
        let flushed = self.store.log().flushed();
        let acknowledged: Vec<_> = self.slaves().map(|slave| slave.acknowledged).collect();
        let mut still_waiting = Vec::new();
        for mut put in std::mem::take(&mut self.puts.waiting) {
            if let Some(until) = put.flush_until
                && (flushed >= put.end || now >= until)
            {
                if flushed < put.end && put.code == ResponseCode::Success {
                    put.code = ResponseCode::FlushDiskTimeout;
                }
                put.flush_until = None;
            }
            if let Some((until, count)) = put.slaves_until {
                let copies = acknowledged.iter().filter(|offset| **offset >= put.end).count();
                if copies >= count || now >= until {
                    if copies < count {
                        put.code = ResponseCode::FlushSlaveTimeout;
                    }
                    put.slaves_until = None;
                }
            }
            if put.flush_until.is_none() && put.slaves_until.is_none() {
                put.asked.answer(put.response(), out);
            } else {
                still_waiting.push(put);
            }
        }
        self.puts.waiting = still_waiting;
        let waits =
            self.puts.waiting.iter().flat_map(|put| [put.flush_until, put.slaves_until.map(|(t, _)| t)]);
        match waits.flatten().min() {
            Some(until) => out.set_timer(Timer::PutTimeout, until),
            None => out.cancel_timer(Timer::PutTimeout),
        }
    }

    /// Wakes the pulls that wait for one of these messages.
    fn wake_pulls(&mut self, now: Instant, visible: &[std::sync::Arc<StoredMessage>], out: &mut Outbox) {
        let arrived = |held: &HeldPull, broker: &Self| {
            visible.iter().any(|message| {
                held.waits_at(&message.message.topic, message.queue_id)
                    && message.queue_offset >= held.offset()
                    && broker.passes_filter(held, message)
            })
        };
        let (woken, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.held_pulls).into_iter().partition(|held| arrived(held, self));
        self.held_pulls = kept;
        for held in woken {
            self.wake(now, held, crate::fact::WakeReason::Arrival, out);
        }
    }
}

/// Topics that take no sends (`TopicValidator.NOT_ALLOWED_SEND_TOPIC_SET`).
const NOT_ALLOWED_SEND_TOPICS: &[&str] = &[
    "SCHEDULE_TOPIC_XXXX",
    "RMQ_SYS_TRANS_HALF_TOPIC",
    "RMQ_SYS_TRANS_OP_HALF_TOPIC",
    "TRANS_CHECK_MAX_TIME_TOPIC",
    "SELF_TEST_TOPIC",
    "OFFSET_MOVED_EVENT",
];

impl WaitingPut {
    fn response(&self) -> Response {
        Response { request: CODE, code: self.code, remark: "".into(), body: self.body.clone() }
    }
}
