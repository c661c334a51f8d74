//! Deleting what is old, and refusing messages when the disk is full.
//!
//! Every 10 s the broker asks whether it is time to delete: the hour says so, the disk is used too much, or an
//! operator ordered it. Then it deletes expired files from the front of the commit log, one each 100 ms, and lets the
//! queues follow. What nobody has consumed yet goes as well. A broker whose disk is full finds that out at such a look
//! only, so for up to 10 s it takes messages that have hardly any room.
//!
//! **In RocketMQ**: `DefaultMessageStore.CleanCommitLogService`, `RunningFlags` (behaviour §3.4).
//!
//! **Left out on purpose**: several store paths, files that cannot be deleted because somebody reads them, the
//! separate disk of consume queues (one disk holds everything, its size is `diskCapacity`).
//!
//! **Invariants**: the last file of the log stays; a round deletes at most `deleteFileBatchMax` files.

use super::{Broker, is_system_topic};
use crate::config::BrokerConfig;
use crate::fact::Fact;
use crate::id::{BrokerName, CommitLogOffset, TopicName};
use crate::outbox::Outbox;
use crate::store::{Expiry, MessageStore, SCHEDULE_TOPIC};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// When a broker first looks after its start.
const FIRST_RUN: Duration = Duration::from_secs(60);
/// When a broker of V4 first looks whether the disk is full, and how often from then on. V5 only looks before it
/// deletes.
const FIRST_DISK_CHECK: Duration = Duration::from_secs(1);
const DISK_CHECK_PERIOD: Duration = Duration::from_secs(10);
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

/// Whether no operator's order deletes the queues of a topic: V4 spares those of delayed messages, V5 those of every
/// topic of its own, but not those that came with groups.
fn is_spared(topic: &TopicName, is_v5: bool, config: &BrokerConfig, broker_name: &BrokerName) -> bool {
    if is_v5 { is_system_topic(topic, config, broker_name) } else { topic.as_str() == SCHEDULE_TOPIC }
}

/// Use of a disk in whole percent, rounded up, at most 100 (`UtilAll.getDiskPartitionSpaceUsedPercent`).
pub(crate) fn disk_used_percent(store: &MessageStore, config: &BrokerConfig) -> u64 {
    let used = u128::from(store.used_bytes()) * 100;
    let percent = used.div_ceil(u128::from(config.disk_capacity.max(1)));
    u64::try_from(percent.min(100)).unwrap_or(100)
}

impl Broker {
    pub(super) fn arm_first_cleaning(&self, now: Instant, out: &mut Outbox) {
        out.set_timer(Timer::CleanFiles, now + FIRST_RUN);
        if !self.profile.is_v5() {
            out.set_timer(Timer::CheckDisk, now + FIRST_DISK_CHECK);
        }
    }

    /// Whether messages are refused because the disk is full (`RunningFlags.isWriteable`).
    pub const fn is_disk_full(&self) -> bool {
        self.retention.is_disk_full
    }

    /// Use of its disk in whole percent.
    pub fn disk_used_percent(&self) -> u64 {
        disk_used_percent(&self.store, &self.config)
    }

    /// An operator orders the deletion of expired files (`mqadmin deleteExpiredCommitLog`): the next 20 rounds do it
    /// whatever the hour.
    pub const fn delete_files_manually(&mut self) {
        self.retention.manual_rounds = MANUAL_ROUNDS;
    }

    /// An operator has queues deleted of which no message is left (`mqadmin cleanExpiredCQ`).
    pub(super) fn clean_expired_queues(&mut self) {
        let (config, broker_name) = (&self.config, &self.broker_name);
        let is_v5 = self.profile.is_v5();
        self.store.clean_expired_queues(|topic| is_spared(topic, is_v5, config, broker_name));
    }

    /// An operator has queues deleted whose topic is gone (`mqadmin cleanUnusedTopic`).
    pub(super) fn clean_unused_topics(&mut self) {
        let (config, broker_name, topics) = (&self.config, &self.broker_name, &self.topics);
        let is_v5 = self.profile.is_v5();
        self.store.clean_unused_topics(|topic| {
            topics.contains_key(topic) || is_spared(topic, is_v5, config, broker_name)
        });
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
        let space = self.look_for_space(out);
        let is_manual = self.retention.manual_rounds > 0;
        if !is_time_up && !space.is_to_delete && !is_manual {
            return None;
        }
        self.retention.manual_rounds = self.retention.manual_rounds.saturating_sub(1);
        let immediately = self.config.clean_file_forcibly_enable && space.is_nearly_gone;
        Some(Round { due, immediately, deleted: 0 })
    }

    /// Before deleting: a disk that was full has to fall below the lower of the two limits here (`isSpaceToDelete`).
    fn look_for_space(&mut self, out: &mut Outbox) -> Space {
        let percent = self.disk_used_percent();
        let (warning_level, clean_forcibly) = self.disk_limits();
        let is_nearly_gone = percent > warning_level || percent > clean_forcibly;
        if percent > warning_level {
            self.mark_disk(true, percent, out);
        } else if percent <= clean_forcibly {
            self.mark_disk(false, percent, out);
        }
        let exceeds_ratio = percent > self.config.disk_max_used_space_ratio.clamp(10, 95);
        // V4 looks at the highest share alone; in V5 a nearly full disk is reason enough.
        let is_to_delete = exceeds_ratio || is_nearly_gone && self.profile.is_v5();
        Space { is_to_delete, is_nearly_gone }
    }

    /// Every 10 s in V4, between the rounds: only whether messages are taken (`isSpaceFull`).
    pub(super) fn check_disk(&mut self, due: Instant, out: &mut Outbox) {
        let percent = self.disk_used_percent();
        let (warning_level, _) = self.disk_limits();
        self.mark_disk(percent > warning_level, percent, out);
        out.set_timer(Timer::CheckDisk, due + DISK_CHECK_PERIOD);
    }

    /// The shares of the disk above which messages are refused and above which files go whatever their age. V5 keeps
    /// them within bounds.
    fn disk_limits(&self) -> (u64, u64) {
        let warning_level = self.config.disk_space_warning_level_ratio;
        let clean_forcibly = self.config.disk_space_clean_forcibly_ratio;
        if self.profile.is_v5() {
            (warning_level.clamp(35, 90), clean_forcibly.clamp(30, 85))
        } else {
            (warning_level, clean_forcibly)
        }
    }

    fn mark_disk(&mut self, is_full: bool, percent: u64, out: &mut Outbox) {
        if self.retention.is_disk_full != is_full {
            self.retention.is_disk_full = is_full;
            out.note(if is_full { Fact::DiskFull { percent } } else { Fact::DiskFreed { percent } });
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
            self.follow_deleted_entries();
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

/// What the use of the disk asks for.
#[derive(Clone, Copy, Debug)]
struct Space {
    /// Expired files go now, whatever the hour.
    is_to_delete: bool,
    /// A round takes files before their time as well.
    is_nearly_gone: bool,
}
