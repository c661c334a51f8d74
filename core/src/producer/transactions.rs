//! The transactional producer: half messages, local transactions, and the broker's questions about them.
//!
//! The application sends a half message, carries its local transaction out, and tells the broker how that ended. What
//! it tells is never answered: if it is lost, the broker asks, and whichever producer of the group it meets answers.
//!
//! **In RocketMQ**: `TransactionMQProducer`, `DefaultMQProducerImpl.sendMessageInTransaction`, `endTransaction`,
//! `checkTransactionState` (behaviour §3.11, §11.4).
//!
//! All producers of a group are one application with one database: each answers for what another one began, also after
//! a restart.
//!
//! **Left out on purpose**: the time that a local transaction takes.

use arcstr::ArcStr;

use super::Producer;
use super::sending::ActiveSend;
use crate::command::{LocalTransaction, TransactionRecord};
use crate::fact::{Fact, SendStatus};
use crate::id::{Address, BrokerId};
use crate::message::{Message, property};
use crate::outbox::Outbox;
use crate::rpc::{EndTransaction, Request, ResponseBody, TransactionCheck, TransactionState};
use crate::time::Instant;

impl Producer {
    /// Marks a message as half; a delay level is forgotten.
    pub(super) fn prepare_half(&self, message: &mut Message, transaction: &LocalTransaction) {
        message.remove_property(property::DELAY);
        message.set_property(property::TRANSACTION_PREPARED, "true");
        message.set_property(property::PRODUCER_GROUP, self.group.as_str());
        if let Some(immunity) = transaction.immunity {
            let seconds = immunity.as_millis() / 1000;
            message.set_property(property::CHECK_IMMUNITY_TIME_IN_SECONDS, &seconds.to_string());
        }
    }

    /// The half message is stored: the local transaction runs, and the broker is told how it ended. What is not safe
    /// is rolled back without being tried.
    pub(super) fn end_local_transaction(
        &mut self,
        now: Instant,
        send: &ActiveSend,
        status: SendStatus,
        body: &ResponseBody,
        out: &mut Outbox,
    ) {
        let (Some(plan), Some(queue)) = (send.manner.transaction, &send.queue) else {
            return;
        };
        let ResponseBody::Sent { queue_offset, commit_log_offset, .. } = *body else {
            return;
        };
        let state = if status == SendStatus::SendOk { plan.state } else { TransactionState::Rollback };
        let (unique_key, key) = (send.unique_key.clone(), send.message.keys().cloned());
        let row = TransactionRecord { unique_key: unique_key.clone(), transaction: plan, asked: 0 };
        self.record(row, out);
        out.note(Fact::LocalTransactionEnded { unique_key: unique_key.clone(), key, state });
        let Some(address) = self.client.broker_address(&queue.broker_name, BrokerId::MASTER) else {
            return;
        };
        let end = EndTransaction {
            producer_group: self.group.clone(),
            queue_offset,
            commit_log_offset,
            state,
            from_check: false,
            unique_key,
        };
        self.trace_end_transaction(now, &send.message, address, &end, out);
        self.client.remoting.invoke_one_way(now, address, Request::EndTransaction(end), out);
    }

    /// Writes a row into the database of the application.
    fn record(&mut self, row: TransactionRecord, out: &mut Outbox) {
        out.record(self.group.clone(), row.clone());
        self.learn_transaction(row);
    }

    /// A row of the application's database is new, or another one: what a process of the group reads from now on.
    pub fn learn_transaction(&mut self, row: TransactionRecord) {
        self.transactions.insert(row.unique_key.clone(), row);
    }

    /// A broker asks how a local transaction ended.
    pub(super) fn on_transaction_check(
        &mut self,
        now: Instant,
        broker: Address,
        check: &TransactionCheck,
        out: &mut Outbox,
    ) {
        if check.group != self.group {
            return;
        }
        let half = &check.message;
        let unique_key: ArcStr = half.message.unique_key().cloned().unwrap_or_else(|| "".into());
        let (times, answer) = match self.transactions.get(&unique_key).cloned() {
            Some(mut row) => {
                row.asked += 1;
                let answer = (row.asked, row.transaction.answer(row.asked));
                self.record(row, out);
                answer
            }
            None => (1, TransactionState::Unknown),
        };
        let key = half.message.keys().cloned();
        out.note(Fact::LocalTransactionChecked { unique_key: unique_key.clone(), key, times, answer });
        let end = EndTransaction {
            producer_group: self.group.clone(),
            queue_offset: half.queue_offset,
            commit_log_offset: half.commit_log_offset,
            state: answer,
            from_check: true,
            unique_key,
        };
        self.trace_end_transaction(now, &half.message, broker, &end, out);
        self.client.remoting.invoke_one_way(now, broker, Request::EndTransaction(end), out);
    }
}
