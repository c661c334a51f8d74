//! Half messages on a slave that acts: they are passed on to another master, which asks their producer in its time.
//!
//! **In RocketMQ**: `TransactionalMessageServiceImpl.check`, `TransactionalMessageBridge.escapeMessage`,
//! `TransactionalMessageUtil.buildTransactionalMessageFromHalfMessage`.

use std::sync::Arc;

use super::{Escape, EscapeOrigin};
use crate::broker::Broker;
use crate::broker::hold_back::real_place;
use crate::broker::transaction::HALF_TOPIC;
use crate::broker::transaction_check::{CheckRound, Walk};
use crate::fact::{ActingFact, Fact};
use crate::message::{StoredMessage, property};
use crate::outbox::Outbox;
use crate::sys_flag::message::TRANSACTION_PREPARED;
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// Further attempts at passing a half message on (`MAX_RETRY_TIMES_FOR_ESCAPE`).
const MAX_RETRY_TIMES_FOR_ESCAPE: u32 = 10;

impl Broker {
    /// Passes a half message on to another master, as its producer once sent it (`escapeMessage`).
    pub(in crate::broker) fn escape_half(
        &mut self,
        now: Instant,
        round: &mut CheckRound,
        half: &Arc<StoredMessage>,
        out: &mut Outbox,
    ) -> Walk {
        if self.acting.escape.is_under_way(EscapeOrigin::Half) {
            return Walk::Wait;
        }
        let Some((topic, _)) = real_place(&half.message) else {
            return Walk::Next;
        };
        let mut message = half.message.clone();
        message.topic = topic;
        message.set_property(property::TRANSACTION_PREPARED, "true");
        message.remove_property(property::TRANSACTION_PREPARED_QUEUE_OFFSET);
        message.remove_property(property::REAL_QUEUE_ID);
        let escape = Escape::new(half.clone(), message, half.sys_flag | TRANSACTION_PREPARED);
        if self.escape(now, EscapeOrigin::Half, escape, out) {
            return Walk::Wait;
        }
        self.after_escape_failure(round, half, out)
    }

    /// Tries again after a pause, or passes the message over.
    fn after_escape_failure(
        &mut self,
        round: &mut CheckRound,
        half: &StoredMessage,
        out: &mut Outbox,
    ) -> Walk {
        if round.escape_failures < MAX_RETRY_TIMES_FOR_ESCAPE {
            round.escape_failures += 1;
            return Walk::Pause(escape_pause(round.escape_failures));
        }
        round.escape_failures = 0;
        self.acting.escape.settle(EscapeOrigin::Half);
        out.note(Fact::Acting(ActingFact::EscapeSkipped { message: Box::new(self.message_at(half)) }));
        Walk::Next
    }

    /// What came of an escape: the round goes on.
    pub(super) fn half_escaped(&mut self, now: Instant, is_stored: bool, out: &mut Outbox) {
        let Some(mut round) = self.transactions.round.take() else {
            return;
        };
        let walk = if is_stored {
            round.escape_failures = 0;
            Walk::Next
        } else {
            match self.read_own(HALF_TOPIC, round.at, 1).messages.first().cloned() {
                Some(half) => self.after_escape_failure(&mut round, &half, out),
                None => Walk::Next,
            }
        };
        let pause = if let Walk::Pause(pause) = walk { Some(pause) } else { None };
        if pause.is_none() {
            round.at = round.at.next();
        }
        self.transactions.round = Some(round);
        match pause {
            Some(pause) => out.set_timer(Timer::CheckTransactions, now + pause),
            None => self.check_transactions(now, out),
        }
    }
}

/// How long to wait after so many failures in a row: RocketMQ writes `100L * (2 ^ n)`, and `^` is no power in Java.
const fn escape_pause(failures: u32) -> Duration {
    Duration::from_millis(100 * (2 ^ failures) as u64)
}

#[cfg(test)]
mod tests {
    use super::{MAX_RETRY_TIMES_FOR_ESCAPE, escape_pause};

    #[test]
    fn the_pauses_after_failures_are_those_of_an_exclusive_or() {
        let pauses = (1..=MAX_RETRY_TIMES_FOR_ESCAPE).map(|n| escape_pause(n).as_millis());
        assert_eq!(pauses.collect::<Vec<_>>(), [300, 0, 100, 600, 700, 400, 500, 1000, 1100, 800]);
    }
}
