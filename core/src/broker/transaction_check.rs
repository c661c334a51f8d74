//! Half messages whose end is not known: the broker asks their producer group.
//!
//! A round walks through the half topic from where the last one stopped. What has an op record is passed over. What
//! is old enough is appended to the half topic once more, so that the walk can go on behind it, and any member of
//! its producer group is asked. What is too young ends the round. After 15 questions a half message goes to
//! `TRANS_CHECK_MAX_TIME_TOPIC` and is never delivered.
//!
//! **In RocketMQ**: `TransactionalMessageCheckService`, `TransactionalMessageServiceImpl.check`,
//! `AbstractTransactionalMessageCheckListener`, `ProducerManager.getAvailableChannel` (behaviour §3.11, §11.4).
//!
//! A slave that acts for its master asks nobody: it passes half messages on to another master, which asks in its time.
//! What it cannot pass on it passes over after eleven attempts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Broker;
use super::acting::EscapeOrigin;
use super::send::Put;
use super::transaction::{HALF_TOPIC, OP_TOPIC, TRANSACTION_GROUP, immunity, op_offsets};
use crate::fact::Fact;
use crate::gather::{Arrange as _, Gather as _};
use crate::id::{GroupName, Opaque, QueueId, QueueOffset, TopicName};
use crate::message::{StoredMessage, property};
use crate::outbox::Outbox;
use crate::rpc::{Frame, Request, TransactionCheck};
use crate::store::{GetMessageResult, GetMessageStatus, PullLimits};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// Where half messages go that were asked about too often.
pub(super) const CHECK_MAX_TIME_TOPIC: &str = "TRANS_CHECK_MAX_TIME_TOPIC";
/// Longest round (`MAX_PROCESS_TIME_LIMIT`).
const MAX_PROCESS_TIME_LIMIT: Duration = Duration::from_secs(60);
/// Op records that are read at once (`OP_MSG_PULL_NUMS`).
const OP_MSG_PULL_NUMS: u32 = 32;
/// V5 waits so long for more op records before it asks (`SLEEP_WHILE_NO_OP`).
const SLEEP_WHILE_NO_OP: Duration = Duration::from_secs(1);
/// V4 looks again at once; only when the clock has moved on does something come of it.
const NEXT_MILLISECOND: Duration = Duration::from_millis(1);

/// A walk through the half topic that is under way.
#[derive(Clone, Debug)]
pub(super) struct CheckRound {
    started: Instant,
    /// Where the last round stopped in the half topic and in the op topic.
    half_from: QueueOffset,
    op_from: QueueOffset,
    /// The half message that is looked at next.
    pub(super) at: QueueOffset,
    /// Half messages that are through with, each with its op record.
    ended: BTreeMap<QueueOffset, QueueOffset>,
    /// Op records with half messages that were not passed yet (V5).
    open_ops: BTreeMap<QueueOffset, BTreeSet<QueueOffset>>,
    /// Op records that are not needed any more.
    done_ops: Vec<QueueOffset>,
    next_op: QueueOffset,
    /// When the last op record that was read last was made; `None` when nothing was found.
    last_op_born: Option<Instant>,
    /// Places without a message that were met.
    missed: u32,
    /// How often the half message that is looked at could not be passed on.
    pub(super) escape_failures: u32,
}

/// What comes after a half message.
pub(super) enum Walk {
    Next,
    Again,
    Pause(Duration),
    /// Until it is known what came of an escape.
    Wait,
    End,
}

impl Broker {
    /// The first round comes one interval after the start.
    pub(super) fn start_transaction_check(&self, now: Instant, out: &mut Outbox) {
        out.set_timer(Timer::CheckTransactions, now + self.config.transaction_check_interval);
    }

    /// A round begins, or goes on after a pause.
    pub(super) fn check_transactions(&mut self, now: Instant, out: &mut Outbox) {
        let mut round = match self.transactions.round.take() {
            Some(round) => round,
            None => self.begin_check_round(now, out),
        };
        loop {
            if now.since(round.started) > MAX_PROCESS_TIME_LIMIT {
                break;
            }
            match self.walk(now, &mut round, out) {
                Walk::Next => round.at = round.at.next(),
                Walk::Again => {}
                Walk::Pause(pause) => {
                    self.transactions.round = Some(round);
                    return out.set_timer(Timer::CheckTransactions, now + pause);
                }
                Walk::Wait => {
                    self.transactions.round = Some(round);
                    return;
                }
                Walk::End => break,
            }
        }
        self.end_round(round, out);
        out.set_timer(Timer::CheckTransactions, now + self.config.transaction_check_interval);
    }

    fn begin_check_round(&mut self, now: Instant, out: &mut Outbox) -> CheckRound {
        // V4 makes the topic of half messages when it first looks for it.
        self.ensure_topic(now, &HALF_TOPIC.into(), 1, out);
        let (half_from, op_from) = (self.transaction_offset(HALF_TOPIC), self.transaction_offset(OP_TOPIC));
        let mut round = CheckRound {
            started: now,
            half_from,
            op_from,
            at: half_from,
            ended: BTreeMap::new(),
            open_ops: BTreeMap::new(),
            done_ops: Vec::new(),
            next_op: op_from,
            last_op_born: None,
            missed: 0,
            escape_failures: 0,
        };
        self.fill_op_remove_map(&mut round, out);
        round
    }

    /// Reads op records (`fillOpRemoveMap`). Returns whether there were any.
    fn fill_op_remove_map(&mut self, round: &mut CheckRound, out: &mut Outbox) -> bool {
        let found = self.read_own(OP_TOPIC, round.next_op, OP_MSG_PULL_NUMS);
        round.next_op = found.next;
        round.last_op_born = found.messages.last().map(|message| message.born_at);
        match found.status {
            GetMessageStatus::Found => {}
            GetMessageStatus::NoMessageInQueue | GetMessageStatus::OffsetOverflowOne => return false,
            _ => {
                self.commit_transaction_offset(OP_TOPIC, found.next, out);
                return false;
            }
        }
        for op in &found.messages {
            let open: BTreeSet<_> = op_offsets(op).filter(|offset| *offset >= round.half_from).gather();
            round.ended.extend(open.iter().map(|offset| (*offset, op.queue_offset)));
            if open.is_empty() {
                round.done_ops.push(op.queue_offset);
            } else {
                round.open_ops.insert(op.queue_offset, open);
            }
        }
        true
    }

    /// Looks at one half message.
    fn walk(&mut self, now: Instant, round: &mut CheckRound, out: &mut Outbox) -> Walk {
        if let Some(op) = round.ended.remove(&round.at) {
            round.pass(op);
            return Walk::Next;
        }
        let found = self.read_own(HALF_TOPIC, round.at, 1);
        let Some(half) = found.messages.first().cloned() else {
            return round.miss(&found);
        };
        if self.is_slave() {
            return self.escape_half(now, round, &half, out);
        }
        let times = half.message.property(property::TRANSACTION_CHECK_TIMES);
        let times = times.map(|times| times.parse::<u32>().unwrap_or(0));
        let age = now.since(half.born_at);
        let kept = Duration::from_secs(self.config.file_reserved_time.saturating_mul(3600));
        if times.is_some_and(|times| times >= self.config.transaction_check_max) || age > kept {
            self.discard(now, &half, out);
            return Walk::Next;
        }
        if half.stored_at >= round.started {
            return Walk::End;
        }
        let mut again = (*half).clone();
        let times = times.map_or(1, |times| times + 1);
        again.message.set_property(property::TRANSACTION_CHECK_TIMES, &times.to_string());
        let time_out = self.config.transaction_time_out;
        let own = immunity(&half.message, time_out);
        let immune_for = own.unwrap_or(time_out);
        if age < immune_for {
            if own.is_none() {
                return Walk::End;
            }
            if self.pass_immune(now, round, &again, out) {
                return Walk::Next;
            }
        }
        let asks = match round.last_op_born {
            None => age > immune_for,
            Some(born) => born.since(round.started) > time_out,
        };
        if asks {
            self.ask(now, &again, times, out);
            return Walk::Next;
        }
        if self.fill_op_remove_map(round, out) {
            return Walk::Again;
        }
        if self.profile.is_v5() {
            return Walk::Pause(SLEEP_WHILE_NO_OP);
        }
        if age <= immune_for { Walk::Pause(NEXT_MILLISECOND) } else { Walk::Again }
    }

    /// A slave acts no longer: what it was asking for is forgotten.
    pub(super) fn stop_transaction_check(&mut self, out: &mut Outbox) {
        out.cancel_timer(Timer::CheckTransactions);
        self.transactions.round = None;
        self.acting.escape.settle(EscapeOrigin::Half);
    }

    /// A half message that wants to be left alone for a while: it is appended once more, with its first place, so
    /// that the walk can go on (`checkPrepareQueueOffset`). False when its first place cannot be read.
    fn pass_immune(
        &mut self,
        now: Instant,
        round: &mut CheckRound,
        half: &StoredMessage,
        out: &mut Outbox,
    ) -> bool {
        let first = half.message.property(property::TRANSACTION_PREPARED_QUEUE_OFFSET).cloned();
        if let Some(first) = &first {
            let Ok(first) = first.parse().map(QueueOffset) else {
                return false;
            };
            if let Some(op) = round.ended.remove(&first) {
                round.done_ops.push(op);
                return true;
            }
        }
        let mut again = half.clone();
        let first = first.unwrap_or_else(|| half.queue_offset.to_string().into());
        again.message.set_property(property::WAIT, "false");
        again.message.set_property(property::TRANSACTION_PREPARED_QUEUE_OFFSET, &first);
        self.put_back_half(now, &again, out);
        true
    }

    /// Appends a half message to its topic once more (`putBackHalfMsgQueue`).
    fn put_back_half(&mut self, now: Instant, half: &StoredMessage, out: &mut Outbox) -> Arc<StoredMessage> {
        let mut put = Put::copy_of(half, half.message.clone(), half.queue_id, self.node.clone());
        put.reconsume_times = 0;
        let stored = self.append(now, put, out);
        self.after_append(now, out);
        stored
    }

    /// Asks one member of the producer group, whichever is next.
    fn ask(&mut self, now: Instant, half: &StoredMessage, times: u32, out: &mut Outbox) {
        let again = self.put_back_half(now, half, out);
        let group = half.message.property(property::PRODUCER_GROUP).map_or("", |group| group).into();
        let mut asked = None;
        if let Some(members) = self.producers.get(&group).filter(|members| !members.is_empty()) {
            self.transactions.channel_counter = self.transactions.channel_counter.wrapping_add(1);
            let index = self.transactions.channel_counter % members.len();
            asked =
                members.iter().nth(index).map(|(connection, member)| (*connection, member.client_id.clone()));
        }
        out.note(Fact::TransactionChecked {
            message: Box::new(self.message_at(&again)),
            group: group.clone(),
            times,
            client_id: asked.as_ref().map(|(_, client_id)| client_id.clone()),
        });
        if let Some((connection, _)) = asked {
            let request = Request::CheckTransactionState(TransactionCheck { group, message: again });
            let frame = Frame::Request { opaque: Opaque(0), one_way: true, request: Box::new(request) };
            out.send(connection, frame);
        }
    }

    /// Gives a half message up.
    fn discard(&mut self, now: Instant, half: &StoredMessage, out: &mut Outbox) {
        let topic: TopicName = CHECK_MAX_TIME_TOPIC.into();
        self.ensure_topic(now, &topic, 1, out);
        let mut message = half.message.clone();
        message.topic = topic;
        out.note(Fact::TransactionDiscarded { message: Box::new(self.message_at(half)) });
        let put = Put::copy_of(half, message, QueueId(0), self.node.clone());
        self.append(now, put, out);
        self.after_append(now, out);
    }

    fn end_round(&mut self, mut round: CheckRound, out: &mut Outbox) {
        if round.at != round.half_from {
            self.commit_transaction_offset(HALF_TOPIC, round.at, out);
        }
        round.done_ops.arrange();
        let mut op = round.op_from;
        for done in round.done_ops {
            if done != op {
                break;
            }
            op = op.next();
        }
        if op != round.op_from {
            self.commit_transaction_offset(OP_TOPIC, op, out);
        }
    }

    fn commit_transaction_offset(&mut self, topic: &str, offset: QueueOffset, out: &mut Outbox) {
        let group = GroupName::from(TRANSACTION_GROUP);
        self.commit_offset(group, topic.into(), QueueId(0), offset, out);
    }

    pub(super) fn read_own(&self, topic: &str, offset: QueueOffset, most: u32) -> GetMessageResult {
        let limits = PullLimits::new(most, self.memory());
        self.store.get_messages(&topic.into(), QueueId(0), offset, limits, None)
    }
}

impl CheckRound {
    /// A half message is passed whose end stands in this op record.
    fn pass(&mut self, op: QueueOffset) {
        let at = self.at;
        if let Some(open) = self.open_ops.get_mut(&op) {
            open.remove(&at);
            if open.is_empty() {
                self.open_ops.remove(&op);
                self.done_ops.push(op);
            }
        }
    }

    /// There is no half message here: the end, or a place whose message is gone.
    fn miss(&mut self, found: &GetMessageResult) -> Walk {
        self.missed += 1;
        let is_end =
            matches!(found.status, GetMessageStatus::NoMessageInQueue | GetMessageStatus::OffsetOverflowOne);
        if self.missed > 1 || is_end {
            return Walk::End;
        }
        self.at = found.next;
        Walk::Again
    }
}
