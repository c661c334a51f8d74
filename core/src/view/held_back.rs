//! What a broker keeps to itself for a while: delayed messages, half messages, and the locks of orderly consumers.
//!
//! **In RocketMQ**: `ScheduleMessageService`, `TimerMessageStore`, `TransactionalMessageServiceImpl`,
//! `RebalanceLockManager`.
//!
//! **Invariants**: only what still waits is listed, soonest first; a broker that does not run shows what is on its disk,
//! and no locks, because they are kept in memory only.

use std::collections::BTreeSet;
use std::sync::Arc;

use arcstr::ArcStr;

use serde::Serialize;

use crate::broker::{
    Broker, DelayOffsets, HALF_TOPIC, OP_TOPIC, OffsetTable, SCHEDULE_TOPIC, TIMER_TOPIC, TRANSACTION_GROUP,
    TimerCheckpoint, op_offsets, real_place,
};
use crate::config::BrokerConfig;
use crate::gather::{Arrange as _, Gather as _};
use crate::id::{ClientId, GroupName, QueueId, QueueOffset, TopicName};
use crate::message::{DelayLevels, StoredMessage, property};
use crate::store::MessageStore;
use crate::time::{Duration, Epoch, Instant};

/// Most waiting messages of a queue that are listed one by one; the others are counted.
const LISTED: usize = 20;

/// The lock of a queue, as the broker has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LockView {
    /// The group.
    pub group: GroupName,
    /// The topic.
    pub topic: TopicName,
    /// The queue.
    pub queue_id: QueueId,
    /// Whose it is.
    pub client_id: ClientId,
    /// When it was last renewed.
    pub last_update: Instant,
    /// When it is free unless it is renewed before.
    pub expires: Instant,
}

/// A delay level with messages, or with an offset of its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DelayLevelView {
    /// The level; its queue of `SCHEDULE_TOPIC_XXXX` has the number below.
    pub level: u32,
    /// How long its messages wait.
    pub delay: Duration,
    /// The offset that is delivered next (`delayOffset.json`).
    pub offset: QueueOffset,
    /// End of its queue.
    pub max: QueueOffset,
    /// Messages that wait.
    pub waiting: u64,
    /// The first of them.
    pub messages: Vec<WaitingView>,
}

/// A message that waits for its time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WaitingView {
    /// The producer's id of the message.
    pub unique_key: Option<ArcStr>,
    /// The key.
    pub key: Option<ArcStr>,
    /// The topic that it is for, and the queue.
    pub real_place: Option<(TopicName, QueueId)>,
    /// When it came.
    pub stored_at: Instant,
    /// When it is due.
    pub due: Instant,
}

/// A half message that is not through with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HalfMessageView {
    /// Its newest place in the half topic.
    pub offset: QueueOffset,
    /// The producer's id of the message.
    pub unique_key: Option<ArcStr>,
    /// The key.
    pub key: Option<ArcStr>,
    /// The topic that it is for.
    pub real_topic: Option<TopicName>,
    /// The group that is asked about it.
    pub producer_group: Option<GroupName>,
    /// How often it was asked about (`TRANSACTION_CHECK_TIMES`).
    pub checked: u32,
    /// When it was born.
    pub born_at: Instant,
    /// When it may first be asked about, a round permitting.
    pub immune_until: Instant,
    /// Whether it was ended already, and only its op record is still to be written (V5).
    pub ended: bool,
}

/// What a broker has, whether it runs or not, as far as it is needed here.
pub(super) struct Kept<'a> {
    pub(super) store: &'a MessageStore,
    pub(super) offsets: &'a OffsetTable,
    pub(super) delay_offsets: &'a DelayOffsets,
    pub(super) timer_checkpoint: TimerCheckpoint,
    pub(super) epoch: Epoch,
}

/// The locks of a running broker that are valid at this moment.
pub(super) fn locks(now: Instant, broker: &Broker) -> Vec<LockView> {
    let locks = broker.locks();
    let views = locks.iter().map(|(group, queue, lock)| LockView {
        group: group.clone(),
        topic: queue.0.clone(),
        queue_id: queue.1,
        client_id: lock.client_id.clone(),
        last_update: lock.last_update,
        expires: lock.last_update + locks.max_live_time(),
    });
    views.filter(|lock| now <= lock.expires).collect()
}

impl Kept<'_> {
    /// The delay levels that were ever used.
    pub(super) fn delay_levels(&self, config: &BrokerConfig) -> Vec<DelayLevelView> {
        let levels = config.message_delay_level.iter();
        levels.filter_map(|(level, _)| self.delay_level(level, &config.message_delay_level)).collect()
    }

    fn delay_level(&self, level: u32, levels: &DelayLevels) -> Option<DelayLevelView> {
        let (topic, queue_id) = (TopicName::from(SCHEDULE_TOPIC), DelayLevels::queue_of(level)?);
        let (min, max) = self.bounds(&topic, queue_id);
        let noted = self.delay_offsets.get(&level).copied();
        if noted.is_none() && max == QueueOffset(0) {
            return None;
        }
        let offset = noted.unwrap_or(min).max(min);
        let due = |message: &StoredMessage| {
            let stored_at = self.epoch.wall_clock(message.stored_at).cast_signed();
            Some(self.instant_of(levels.deliver_timestamp(level, stored_at)))
        };
        let delay = u64::try_from(levels.delay(level)?).unwrap_or(0);
        Some(DelayLevelView {
            level,
            delay: Duration::from_millis(delay),
            offset,
            max,
            waiting: max.0.saturating_sub(offset.0),
            messages: self
                .messages(&topic, queue_id, offset, max)
                .filter_map(|it| waiting(&it, due(&it)))
                .take(LISTED)
                .collect(),
        })
    }

    /// The timer messages of V5 that wait: how many, and the first of them.
    pub(super) fn timer_messages(&self) -> (u64, Vec<WaitingView>) {
        let topic = TopicName::from(TIMER_TOPIC);
        let (min, max) = self.bounds(&topic, QueueId(0));
        let TimerCheckpoint { queue_offset, read_time } = self.timer_checkpoint;
        let slot = |message: &StoredMessage| message.message.property(property::TIMER_OUT_MS)?.parse().ok();
        let waits =
            |message: &StoredMessage, slot: i64| message.queue_offset >= queue_offset || slot >= read_time;
        let mut found: Vec<_> = self
            .messages(&topic, QueueId(0), min, max)
            .filter_map(|it| {
                let slot = slot(&it).filter(|slot| waits(&it, *slot))?;
                waiting(&it, Some(self.instant_of(slot)))
            })
            .collect();
        found.arrange_by_key(|message| message.due);
        let count = found.len() as u64;
        found.truncate(LISTED);
        (count, found)
    }

    /// The half messages that are not through with, oldest place first: how many, and the first of them. `ended` are
    /// the places of those whose op record is still to be written.
    pub(super) fn half_messages(
        &self,
        config: &BrokerConfig,
        ended: &BTreeSet<QueueOffset>,
    ) -> (u64, Vec<HalfMessageView>) {
        let (half, op) = (TopicName::from(HALF_TOPIC), TopicName::from(OP_TOPIC));
        let (op_from, op_to) = (self.own_offset(&op), self.bounds(&op, QueueId(0)).1);
        let ops = self.messages(&op, QueueId(0), op_from, op_to);
        let through: BTreeSet<QueueOffset> = ops.flat_map(|op| op_offsets(&op).collect::<Vec<_>>()).gather();
        let (from, to) = (self.own_offset(&half), self.bounds(&half, QueueId(0)).1);
        let mut open: Vec<HalfMessageView> = Vec::new();
        for message in self.messages(&half, QueueId(0), from, to) {
            // What is asked about is stored once more behind the others, and only the newest copy counts.
            let key = message.message.unique_key();
            open.retain(|other| key.is_none() || other.unique_key.as_ref() != key);
            if !through.contains(&message.queue_offset) {
                open.push(half_message(&message, config, ended));
            }
        }
        let count = open.len() as u64;
        open.truncate(LISTED);
        (count, open)
    }

    /// Which offset the broker itself has reached in a topic of transactions.
    fn own_offset(&self, topic: &TopicName) -> QueueOffset {
        let offset = self.offsets.get(&TRANSACTION_GROUP.into(), topic, QueueId(0));
        let min = self.bounds(topic, QueueId(0)).0;
        offset.unwrap_or(min).max(min)
    }

    fn bounds(&self, topic: &TopicName, queue_id: QueueId) -> (QueueOffset, QueueOffset) {
        (self.store.min_offset(topic, queue_id), self.store.max_offset(topic, queue_id))
    }

    fn messages(
        &self,
        topic: &TopicName,
        queue_id: QueueId,
        from: QueueOffset,
        to: QueueOffset,
    ) -> impl Iterator<Item = Arc<StoredMessage>> {
        (from.0..to.0).filter_map(move |offset| self.store.message_at(topic, queue_id, QueueOffset(offset)))
    }

    fn instant_of(&self, unix_ms: i64) -> Instant {
        let unix_ms = u64::try_from(unix_ms).unwrap_or(0);
        Instant::from_millis(unix_ms.saturating_sub(self.epoch.unix_millis()))
    }
}

fn waiting(message: &StoredMessage, due: Option<Instant>) -> Option<WaitingView> {
    Some(WaitingView {
        unique_key: message.message.unique_key().cloned(),
        key: message.message.keys().cloned(),
        real_place: real_place(&message.message),
        stored_at: message.stored_at,
        due: due?,
    })
}

fn half_message(
    message: &StoredMessage,
    config: &BrokerConfig,
    ended: &BTreeSet<QueueOffset>,
) -> HalfMessageView {
    let property = |name: &str| message.message.property(name);
    let seconds =
        property(property::CHECK_IMMUNITY_TIME_IN_SECONDS).and_then(|text| text.parse::<u64>().ok());
    let immune = seconds
        .map_or(config.transaction_time_out, |seconds| Duration::from_millis(seconds.saturating_mul(1_000)));
    HalfMessageView {
        offset: message.queue_offset,
        unique_key: message.message.unique_key().cloned(),
        key: message.message.keys().cloned(),
        real_topic: property(property::REAL_TOPIC).map(|topic| TopicName::from(&**topic)),
        producer_group: property(property::PRODUCER_GROUP).map(|group| GroupName::from(&**group)),
        checked: property(property::TRANSACTION_CHECK_TIMES)
            .and_then(|times| times.parse().ok())
            .unwrap_or(0),
        born_at: message.born_at,
        immune_until: message.born_at + immune,
        ended: ended.contains(&message.queue_offset),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Lab;
    use crate::view::{BrokerView, TopicKind, View};

    /// A cluster of one broker after such a run; `run 5s` lets time pass.
    fn after(version: &str, lines: &str) -> View {
        let setup = format!("lab profile={version} seed=1");
        let mut lab = Lab::new(setup.parse().expect("the notation"));
        let cluster = "name-server n\nbroker broker-a\nrun 5s\ntopic T queues=2\nproducer p group=pg\nrun 5s";
        for line in cluster.lines().chain(lines.lines()) {
            match line.strip_prefix("run ") {
                Some(time) => lab.run_until(lab.now() + time.parse().expect("a time")),
                None => lab.issue(line.parse().expect("a command")).expect("it is accepted"),
            }
        }
        lab.view(4)
    }

    fn broker(view: &View) -> &BrokerView {
        view.brokers.first().expect("there is one broker")
    }

    #[test]
    fn a_delayed_message_is_listed_until_it_is_delivered() {
        let view = after("V5", "send p T key=k delay=3\nrun 4s");
        let level = broker(&view).delay_levels.first().expect("level 3 is in use");
        assert_eq!((level.level, level.waiting, level.delay), (3, 1, Duration::from_secs(10)));
        let message = level.messages.first().expect("one waits");
        assert_eq!(message.due, message.stored_at + Duration::from_secs(10));
        assert!(message.real_place.as_ref().is_some_and(|(topic, _)| topic.as_str() == "T"));
        let view = after("V5", "send p T key=k delay=3\nrun 12s");
        let level = broker(&view).delay_levels.first().expect("the level keeps its offset");
        assert_eq!((level.waiting, level.offset), (0, QueueOffset(1)));
    }

    #[test]
    fn a_timer_message_has_a_time_of_its_own() {
        let view = after("V5", "send p T deliver-after=20s\nrun 5s");
        let (count, messages) = &broker(&view).timer_messages;
        assert_eq!(*count, 1);
        let left = messages.first().map(|message| message.due.since(view.at).as_millis());
        assert!(left.is_some_and(|left| (14_000..=17_000).contains(&left)), "{left:?}");
        assert_eq!(broker(&after("V5", "send p T deliver-after=20s\nrun 30s")).timer_messages.0, 0);
    }

    #[test]
    fn a_half_message_is_listed_once_until_it_has_ended() {
        for version in ["V4", "V5"] {
            let view = after(version, "send p T key=k transaction=UNKNOW checks=9\nrun 140s");
            let (count, messages) = &broker(&view).half_messages;
            assert_eq!(*count, 1, "{version}");
            let half = messages.first().expect("it is listed");
            assert!(half.checked >= 2 && half.offset > QueueOffset(0), "{version} {half:?}");
            assert_eq!(half.producer_group.as_ref().map(GroupName::as_str), Some("pg"));
            let view = after(version, "send p T key=k transaction=COMMIT_MESSAGE\nrun 10s");
            assert_eq!(broker(&view).half_messages.0, 0, "{version}");
        }
    }

    #[test]
    fn the_end_of_a_half_message_is_unwritten_for_a_while_in_v5() {
        let view = after("V5", "send p T transaction=ROLLBACK_MESSAGE\nrun 500ms");
        assert!(broker(&view).half_messages.1.iter().all(|half| half.ended), "{view:?}");
    }

    #[test]
    fn a_killed_owner_keeps_its_locks_until_they_expire() {
        let lines = "consumer c group=cg topic=T orderly fail=always\nsend p T\nrun 30s\nkill c\nrun 2s";
        let view = after("V5", lines);
        let locks = &broker(&view).locks;
        assert!(locks.iter().any(|lock| lock.topic.as_str() == "T"), "{locks:?}");
        assert!(locks.iter().all(|lock| lock.expires > view.at && lock.client_id.as_str().ends_with("@c")));
        assert!(broker(&after("V5", &format!("{lines}\nrun 70s"))).locks.is_empty());
    }

    #[test]
    fn topics_of_groups_are_told_apart() {
        let view = after("V5", "consumer c group=cg topic=T fail=always retry-level=-1\nsend p T\nrun 30s");
        let kind = |name: &str| {
            let topic = broker(&view).topics.iter().find(|topic| topic.topic.as_str() == name);
            topic.map(|topic| (topic.kind(), topic.messages()))
        };
        assert_eq!(kind("%DLQ%cg"), Some((TopicKind::DeadLetter, 1)));
        assert_eq!(kind("T").map(|(kind, _)| kind), Some(TopicKind::Ordinary));
        assert_eq!(kind("%RETRY%cg").map(|(kind, _)| kind), Some(TopicKind::Retry));
        assert!(broker(&view).groups.iter().any(|(group, _)| group.as_str() == "cg"));
        assert!(!broker(&view).disk.is_full && broker(&view).disk.used > 0);
    }
}
