//! Deleting what is old, and refusing messages when the disk is full.
//!
//! Every 10 s the broker asks whether it is time to delete: the hour says so, the disk is used too much, or an
//! operator ordered it. Then it deletes expired files from the front of the commit log, one each 100 ms, and lets the
//! queues follow. What nobody has consumed yet goes as well.
//!
//! **In RocketMQ**: `DefaultMessageStore.CleanCommitLogService`, `RunningFlags` (behaviour §3.4).
//!
//! **Left out on purpose**: several store paths, files that cannot be deleted because somebody reads them, the
//! separate disk of consume queues (one disk holds everything, its size is `diskCapacity`).
//!
//! **Invariants**: the last file of the log stays; a round deletes at most `deleteFileBatchMax` files.

use super::Broker;
use crate::fact::Fact;
use crate::id::CommitLogOffset;
use crate::outbox::Outbox;
use crate::store::Expiry;
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// When a broker first looks after its start.
const FIRST_RUN: Duration = Duration::from_secs(60);
/// Rounds in which an operator's order deletes (`MAX_MANUAL_DELETE_FILE_TIMES`).
const MANUAL_ROUNDS: u32 = 20;

/// How far a broker is with its cleaning (`CleanCommitLogService`).
#[derive(Clone, Debug, Default)]
pub(super) struct Retention {
    is_disk_full: bool,
    manual_rounds: u32,
    round: Option<Round>,
    /// Where the log began when queues and index last followed it.
    followed: CommitLogOffset,
}

/// A round that deletes.
#[derive(Clone, Copy, Debug)]
struct Round {
    /// When it was due.
    due: Instant,
    /// Whether the age of files does not matter.
    immediately: bool,
    /// Files that it has deleted.
    deleted: u32,
}

impl Broker {
    pub(super) fn arm_first_cleaning(now: Instant, out: &mut Outbox) {
        out.set_timer(Timer::CleanFiles, now + FIRST_RUN);
    }

    /// Whether messages are refused because the disk is full (`RunningFlags.isWriteable`).
    pub const fn is_disk_full(&self) -> bool {
        self.retention.is_disk_full
    }

    /// Use of the disk in whole percent, rounded up (`UtilAll.getDiskPartitionSpaceUsedPercent`).
    pub fn disk_used_percent(&self) -> u64 {
        let used = u128::from(self.store.used_bytes()) * 100;
        let percent = used.div_ceil(u128::from(self.config.disk_capacity.max(1)));
        u64::try_from(percent).unwrap_or(u64::MAX)
    }

    /// An operator orders the deletion of expired files (`mqadmin deleteExpiredCommitLog`): the next 20 rounds do it
    /// whatever the hour.
    pub const fn delete_files_manually(&mut self) {
        self.retention.manual_rounds = MANUAL_ROUNDS;
    }

    /// Every 10 s, and every 100 ms while a round has more to delete.
    pub(super) fn clean_files(&mut self, now: Instant, due: Instant, out: &mut Outbox) {
        let begun = self.retention.round.take();
        let Some(mut round) = begun.or_else(|| self.begin_round(now, due, out)) else {
            self.follow_log();
            return self.arm_next_cleaning(due, out);
        };
        while self.delete_file(now, &mut round) {
            let pause = self.config.delete_commit_log_files_interval;
            if pause > Duration::ZERO {
                self.retention.round = Some(round);
                return out.set_timer(Timer::CleanFiles, now + pause);
            }
        }
        if round.deleted > 0 {
            let log_begin = self.store.log().min();
            out.note(Fact::FilesDeleted { files: round.deleted, log_begin });
        }
        self.follow_log();
        self.arm_next_cleaning(round.due, out);
    }

    fn arm_next_cleaning(&self, due: Instant, out: &mut Outbox) {
        let period = self.config.clean_resource_interval.max(Duration::from_millis(1));
        out.set_timer(Timer::CleanFiles, due + period);
    }

    /// Whether this is a round that deletes.
    fn begin_round(&mut self, now: Instant, due: Instant, out: &mut Outbox) -> Option<Round> {
        let is_time_up = self.config.delete_when.includes(self.store.config().epoch.hour_of_day(now));
        let space = self.look_at_disk(out);
        let is_manual = self.retention.manual_rounds > 0;
        if !is_time_up && space == Space::Enough && !is_manual {
            return None;
        }
        self.retention.manual_rounds = self.retention.manual_rounds.saturating_sub(1);
        let immediately = self.config.clean_file_forcibly_enable && space == Space::NearlyNone;
        Some(Round { due, immediately, deleted: 0 })
    }

    /// Looks how full the disk is and says so when that changes whether messages are taken. A disk that was full has to
    /// fall below the lower of the two limits.
    fn look_at_disk(&mut self, out: &mut Outbox) -> Space {
        let percent = self.disk_used_percent();
        let is_full = percent > self.config.disk_space_warning_level_ratio.clamp(35, 90);
        let is_nearly_full = percent > self.config.disk_space_clean_forcibly_ratio.clamp(30, 85);
        if is_full && !self.retention.is_disk_full {
            self.retention.is_disk_full = true;
            out.note(Fact::DiskFull { percent });
        } else if !is_full && !is_nearly_full && self.retention.is_disk_full {
            self.retention.is_disk_full = false;
            out.note(Fact::DiskFreed { percent });
        }
        if is_full || is_nearly_full {
            Space::NearlyNone
        } else if percent > self.config.disk_max_used_space_ratio {
            Space::Little
        } else {
            Space::Enough
        }
    }

    /// Deletes one file if it may go, and says whether the round may go on.
    fn delete_file(&mut self, now: Instant, round: &mut Round) -> bool {
        let hours = self.config.file_reserved_time;
        let reserved = Duration::from_secs(hours.saturating_mul(3600));
        let expiry = Expiry { now, reserved, immediately: round.immediately };
        let deleted = self.store.delete_expired_files(expiry, 1);
        round.deleted += deleted;
        let has_more = self.store.log().files().nth(1).is_some();
        deleted > 0 && round.deleted < self.config.delete_file_batch_max && has_more
    }

    /// Lets queues and index follow a log that begins later than before.
    fn follow_log(&mut self) {
        let log_begin = self.store.log().min();
        if log_begin > self.retention.followed {
            self.retention.followed = log_begin;
            self.store.follow_log();
        }
    }

    /// What a producer is told while the disk is full. RocketMQ prints the use of the disk once for each kind of file.
    pub(super) fn disk_full_remark(&self) -> String {
        let percent = self.disk_used_percent();
        let used = format!("{:2}.{:02}", percent / 100, percent % 100);
        format!(
            "service not available now. It may be caused by one of the following reasons: the broker's disk is full \
             [CL: {used} CQ: {used} INDEX: {used}], messages are put to the slave, message store has been shut down, \
             etc."
        )
    }
}

/// How much room the disk has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Space {
    /// Expired files may wait for their hour.
    Enough,
    /// Expired files go now.
    Little,
    /// The oldest files go now, expired or not.
    NearlyNone,
}
