//! Transactions: half messages, and how they end.
//!
//! A half message is stored under a topic of its own, where nobody consumes. When its producer commits, the broker
//! stores it once more as itself; when it rolls back, nothing more happens to it. In both cases a record in a second
//! topic, the op topic, says that this half message is through with. What has no such record is asked about (see
//! `transaction_check`).
//!
//! V4 writes an op record for each end; V5 collects them for 3 s, in memory. So a broker of V5 that is killed in
//! between asks about transactions that have ended, and delivers a message twice when the answer is a commit.
//!
//! **In RocketMQ**: `EndTransactionProcessor`, `TransactionalMessageServiceImpl`, `TransactionalMessageBridge`,
//! `TransactionalOpBatchService` (behaviour §3.11, §11.4).
//!
//! **Left out on purpose**: waiting for the flush of the committed message before the op record is written; more
//! than one queue of half messages; the figures of `TransactionMetrics`.
//!
//! **Invariants**: a half message never leaves its topic before its producer group commits it.

use std::collections::VecDeque;
use std::sync::Arc;

use super::hold_back::{Held, divert, real_place};
use super::send::Put;
use super::transaction_check::CheckRound;
use super::{Asked, Broker};
use crate::fact::Fact;
use crate::id::{GroupName, QueueId, QueueOffset};
use crate::message::{Message, StoredMessage, property};
use crate::outbox::Outbox;
use crate::rpc::{EndTransaction, RequestCode, Response, ResponseCode, TransactionState};
use crate::sys_flag::message::{TRANSACTION_COMMIT, TRANSACTION_NOT, reset_transaction_value};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

const CODE: RequestCode = RequestCode::EndTransaction;
/// Where half messages lie.
pub(crate) const HALF_TOPIC: &str = "RMQ_SYS_TRANS_HALF_TOPIC";
/// Where it is written which of them are through with.
pub(crate) const OP_TOPIC: &str = "RMQ_SYS_TRANS_OP_HALF_TOPIC";
/// The group in whose name the broker reads both (`MixAll.CID_SYS_RMQ_TRANS`).
pub(crate) const TRANSACTION_GROUP: &str = "CID_RMQ_SYS_TRANS";
/// The tag of op records (`TransactionalMessageUtil.REMOVE_TAG`).
const REMOVE_TAG: &str = "d";
/// Between the offsets in an op record of V5.
const OFFSET_SEPARATOR: char = ',';

/// What a broker remembers of transactions while it runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Transactions {
    /// Offsets of half messages that are through with and not in an op record yet (V5), each as it will be written.
    ended: VecDeque<String>,
    /// When an op record was last written, or the first of them was collected.
    last_write: Option<Instant>,
    /// The batches are made every 3 s, counted from here; `None` for the start of the process.
    batches_from: Option<Instant>,
    /// The round of questions that is under way.
    pub(super) round: Option<CheckRound>,
    /// Which member of a producer group was asked last (`ProducerManager.positiveAtomicCounter`).
    pub(super) channel_counter: usize,
}

/// A producer sends a half message: it is put where half messages lie.
pub(super) fn make_half(put: &mut Put, is_v5: bool) {
    if is_v5 && let Some(key) = put.message.unique_key().cloned() {
        put.message.set_property(property::TRANSACTION_ID, &key);
    }
    divert(put, HALF_TOPIC, QueueId(0));
    put.sys_flag = reset_transaction_value(put.sys_flag, TRANSACTION_NOT);
}

/// The places in the half topic that an op record says are through with.
pub(crate) fn op_offsets(op: &StoredMessage) -> impl Iterator<Item = QueueOffset> {
    let text = String::from_utf8_lossy(&op.message.body).into_owned();
    let offsets: Vec<_> = text.split(OFFSET_SEPARATOR).filter_map(|offset| offset.parse().ok()).collect();
    offsets.into_iter().map(QueueOffset)
}

/// For how long after its birth a half message is not asked about; `None` when it has no wish of its own.
pub(super) fn immunity(message: &Message, time_out: Duration) -> Option<Duration> {
    let seconds = message.property(property::CHECK_IMMUNITY_TIME_IN_SECONDS)?;
    let own = seconds.parse::<u64>().ok().map(|seconds| Duration::from_millis(seconds.saturating_mul(1000)));
    Some(own.unwrap_or(time_out))
}

impl Broker {
    /// A producer tells how its local transaction ended. An end that is not known yet gets no answer.
    pub(super) fn on_end_transaction(
        &mut self,
        now: Instant,
        asked: &Asked,
        end: &EndTransaction,
        out: &mut Outbox,
    ) -> Option<Response> {
        if self.is_slave() {
            // Also one that acts for its master: the role stays what it is.
            let (unique_key, code) = (end.unique_key.clone(), ResponseCode::SlaveNotAvailable);
            out.note(Fact::TransactionRefused { unique_key, code });
            return Some(Response::refused(CODE, ResponseCode::SlaveNotAvailable, ""));
        }
        if end.state == TransactionState::Unknown {
            return None;
        }
        let ended = self.half_of(now, end).and_then(|half| {
            if end.state == TransactionState::Commit {
                self.commit(now, asked, &half, out)?;
            }
            Ok(half)
        });
        let half = match ended {
            Ok(half) => half,
            Err(refusal) => {
                out.note(Fact::TransactionRefused { unique_key: end.unique_key.clone(), code: refusal.code });
                return Some(refusal);
            }
        };
        out.note(Fact::TransactionEnded {
            message: Box::new(self.message_at(&half)),
            group: end.producer_group.clone(),
            state: end.state,
            from_check: end.from_check,
        });
        self.delete_prepare_message(now, &half, out);
        self.after_append(now, out);
        Some(Response::ok(CODE))
    }

    /// The half message that a producer speaks of, if it is right about it.
    fn half_of(&self, now: Instant, end: &EndTransaction) -> Result<Arc<StoredMessage>, Response> {
        let refuse = |why: &str| Response::refused(CODE, ResponseCode::SystemError, why);
        let half = self.store.log().message_at(end.commit_log_offset);
        let half = half.ok_or_else(|| refuse("Find prepared transaction message failed"))?;
        let immunity = immunity(&half.message, self.config.transaction_time_out);
        // Since 5.1.1 who wants to be left alone for a while must also be through within that while.
        let is_late = immunity.is_some_and(|immunity| now.since(half.born_at) > immunity);
        if self.profile.is_v5() && !end.from_check && is_late {
            return Err(Response::refused(CODE, ResponseCode::IllegalOperation, ""));
        }
        let group = half.message.property(property::PRODUCER_GROUP);
        if group.is_none_or(|group| **group != *end.producer_group.as_str()) {
            return Err(refuse("The producer group wrong"));
        }
        if half.queue_offset != end.queue_offset {
            return Err(refuse("The transaction state table offset wrong"));
        }
        Ok(half)
    }

    /// Stores a half message once more, as itself.
    fn commit(
        &mut self,
        now: Instant,
        asked: &Asked,
        half: &StoredMessage,
        out: &mut Outbox,
    ) -> Result<(), Response> {
        let place = real_place(&half.message);
        let (topic, queue_id) =
            place.ok_or_else(|| Response::refused(CODE, ResponseCode::SystemError, "no half message"))?;
        let mut message = half.message.clone();
        message.topic = topic;
        let mut put = Put::copy_of(half, message, queue_id, asked.peer.node.clone());
        put.sys_flag = reset_transaction_value(put.sys_flag, TRANSACTION_COMMIT);
        put.prepared_transaction_offset = half.commit_log_offset;
        let held = self.hold_back(now, &mut put);
        let held = held.map_err(|refusal| Response::refused(CODE, refusal.code(), ""))?;
        if held != Held::No {
            // Only a message that goes elsewhere has its properties written anew, without the mark of a half one.
            put.message.remove_property(property::TRANSACTION_PREPARED);
        }
        if self.is_disk_full() {
            return Err(Response::refused(
                CODE,
                ResponseCode::ServiceNotAvailable,
                "Service not available now.",
            ));
        }
        self.append(now, put, out);
        Ok(())
    }

    /// Writes down that a half message is through with: V4 at once, V5 with the next batch.
    fn delete_prepare_message(&mut self, now: Instant, half: &StoredMessage, out: &mut Outbox) {
        if !self.profile.is_v5() {
            self.write_op(now, half.queue_offset.to_string(), out);
            return;
        }
        self.transactions.ended.push_back(format!("{}{OFFSET_SEPARATOR}", half.queue_offset));
        self.transactions.last_write.get_or_insert(now);
        if self.transactions.bytes() > self.config.transaction_op_msg_max_size as usize {
            self.transactions.batches_from = Some(now);
            self.write_op_batches(now, out);
        }
        self.arm_op_batch(now, out);
    }

    fn write_op(&mut self, now: Instant, offsets: String, out: &mut Outbox) {
        let mut message = Message::new(OP_TOPIC.into(), offsets.into_bytes());
        message.set_property(property::WAIT, "true");
        message.set_property(property::TAGS, REMOVE_TAG);
        let put = Put::new(message, QueueId(0), (now, self.address), self.node.clone());
        self.append(now, put, out);
    }

    /// The moment at which the service looks and finds something to write.
    fn arm_op_batch(&self, now: Instant, out: &mut Outbox) {
        let interval = self.config.transaction_op_batch_interval;
        let (false, Some(last)) = (self.transactions.ended.is_empty(), self.transactions.last_write) else {
            return;
        };
        let from = self.transactions.batches_from.unwrap_or(self.started_at);
        let due = (last + interval).max(now).since(from).as_millis();
        let period = interval.as_millis().max(1);
        let at = from + Duration::from_millis(due.div_ceil(period) * period);
        out.set_timer(Timer::TransactionalOpBatch, at);
    }

    /// The service looks (`batchSendOpMessage`).
    pub(super) fn op_batch(&mut self, now: Instant, out: &mut Outbox) {
        self.write_op_batches(now, out);
        self.after_append(now, out);
        self.arm_op_batch(now, out);
    }

    /// Writes one op record, and more while as many bytes are left as fill one.
    fn write_op_batches(&mut self, now: Instant, out: &mut Outbox) {
        let most = self.config.transaction_op_msg_max_size as usize;
        loop {
            let mut offsets = String::new();
            while offsets.len() < most
                && let Some(next) = self.transactions.ended.pop_front()
            {
                offsets += &next;
            }
            if offsets.is_empty() {
                return;
            }
            self.transactions.last_write = Some(now);
            self.write_op(now, offsets, out);
            if self.transactions.bytes() < most {
                return;
            }
        }
    }

    /// Places in the half topic that are through with while their op record is still to be written (V5).
    pub fn ended_half_messages(&self) -> impl Iterator<Item = QueueOffset> {
        let ended = self.transactions.ended.iter();
        ended.filter_map(|text| text.trim_end_matches(OFFSET_SEPARATOR).parse().ok()).map(QueueOffset)
    }

    /// Which offset the broker itself has reached in one of its two topics.
    pub(super) fn transaction_offset(&self, topic: &str) -> QueueOffset {
        let (group, topic) = (GroupName::from(TRANSACTION_GROUP), topic.into());
        let offset = self.offsets.get(&group, &topic, QueueId(0));
        offset.unwrap_or_else(|| self.store.min_offset(&topic, QueueId(0)))
    }
}

impl Transactions {
    fn bytes(&self) -> usize {
        self.ended.iter().map(String::len).sum()
    }
}
