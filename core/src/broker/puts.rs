//! What follows an append: the flush, the slaves, the answer, and the queue entries that make a message visible.
//!
//! **In RocketMQ**: `GroupCommitService`, `GroupTransferService`, `FlushRealTimeService`, `ReputMessageService`
//! (behaviour §3.3, §4.2).
//!
//! **Left out on purpose**: a disk that fills up or hangs, page cache pressure.
//!
//! **Invariants**: a send is acknowledged once; the flushed position never passes the end of the log.

use super::controller::ALL_ACK;
use super::{Asked, Broker};
use crate::config::{BrokerRole, FlushDiskType};
use crate::fact::Fact;
use crate::id::{CommitLogOffset, ConnectionId};
use crate::outbox::Outbox;
use crate::rpc::{RequestCode, Response, ResponseBody, ResponseCode};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// `ReputMessageService` looks at the log every millisecond.
const REPUT_PERIOD: Duration = Duration::from_millis(1);
/// Bytes of a page.
const PAGE: u64 = 4096;

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
    /// Answers a send whose message was just appended: at once, or when it is as safe as the producer wants it.
    pub(super) fn answer_when_safe(
        &mut self,
        now: Instant,
        asked: Asked,
        body: ResponseBody,
        waits: bool,
        out: &mut Outbox,
    ) {
        if self.dledger().is_some() {
            // The flush and the classic slaves do not count: a majority of replicas does.
            self.answer_when_committed(asked, Response::with(RequestCode::SendMessage, body), out);
            return self.after_append(now, out);
        }
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

    /// Wakes the services that work on what was appended.
    pub(super) fn after_append(&mut self, now: Instant, out: &mut Outbox) {
        self.arm_reput(now, out);
        match self.config.flush_disk_type {
            _ if self.dledger().is_some() => return self.arm_flush(now, out),
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
        let up_to = match self.is_elected() {
            true => self.confirm_offset(),
            false if self.profile.is_v5() && sync_flush => log.flushed(),
            false => log.max(),
        };
        let visible = self.store.dispatch(up_to);
        if self.runs_special_services() {
            self.schedule_visible(now, &visible, out);
            self.timers_visible(now, &visible, out);
            self.revives_visible(now, &visible, out);
        }
        if self.is_slave() && !self.profile.is_v5() {
            // V4 wakes nobody on a slave; its held pulls wait for the 5 s check.
            return;
        }
        self.wake_pulls(now, &visible, out);
        self.pops_visible(now, &visible, out);
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

    /// Notes that the disk has everything up to here. A log that was cut off meanwhile ends before.
    fn flush_to(&mut self, to: CommitLogOffset, out: &mut Outbox) {
        let to = to.min(self.store.log().max());
        if to > self.store.log().flushed() {
            self.store.log_mut().flush(to);
            out.note(Fact::Flushed { to });
        }
    }

    pub(super) fn arm_flush(&mut self, now: Instant, out: &mut Outbox) {
        if !self.puts.flush_armed {
            self.puts.flush_armed = true;
            let period = if self.dledger().is_some() {
                super::dledger::FLUSH_PERIOD
            } else {
                self.config.flush_interval_commit_log
            };
            let period = period.as_millis().max(1);
            let rounds = now.since(self.started_at).as_millis() / period + 1;
            out.set_timer(Timer::FlushRealTime, self.started_at + Duration::from_millis(rounds * period));
        }
    }

    /// Flushes when enough pages are dirty, or when it has not flushed for 10 s.
    pub(super) fn flush_real_time(&mut self, now: Instant, out: &mut Outbox) {
        self.puts.flush_armed = false;
        let (end, flushed) = (self.store.log().max(), self.store.log().flushed());
        let interval = self.config.flush_commit_log_thorough_interval;
        // The flush of DLedger's files writes whatever there is.
        let is_thorough = self.dledger().is_some() || now.since(self.puts.last_thorough_flush) >= interval;
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
        if self.controller.is_some() {
            return Ok(self.acks_needed());
        }
        if self.profile.is_v5() {
            let needed = self.in_sync_replicas().map_or(self.config.in_sync_replicas, |copies| copies.needed);
            return Ok((needed as usize).saturating_sub(1));
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
                let suffice = if count == ALL_ACK { self.is_acked_by_all(put.end) } else { copies >= count };
                if suffice || now >= until {
                    if !suffice {
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
}

impl WaitingPut {
    fn response(&self) -> Response {
        Response {
            request: RequestCode::SendMessage,
            code: self.code,
            remark: "".into(),
            body: self.body.clone(),
        }
    }
}
