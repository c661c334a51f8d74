//! Check points and acknowledgements as messages of the revive topic.
//!
//! **In RocketMQ**: `PopCheckPoint`, `AckMsg`, `PopMessageProcessor.buildCkMsg`; both are written as JSON by fastjson,
//! which puts keys in the order of the alphabet and writes what a getter computes too (`reviveTime`).

use crate::id::{BrokerName, GroupName, QueueId, QueueOffset, TopicName};
use crate::time::{Duration, Epoch, Instant};

/// Most messages of a pop, and so of a check point: each has a bit.
const MOST_MESSAGES: usize = 32;

/// Messages of one pop from one queue (`PopCheckPoint`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CheckPoint {
    pub(super) topic: TopicName,
    pub(super) group: GroupName,
    pub(super) queue_id: QueueId,
    pub(super) broker_name: BrokerName,
    /// Where the pop began.
    pub(super) start: QueueOffset,
    pub(super) pop_time: Instant,
    pub(super) invisible_time: Duration,
    /// How far behind the start each message lies; at most 32.
    pub(super) diffs: Vec<u32>,
    /// How often it was written again because its message could not be had (`rePutTimes`).
    pub(super) re_put_times: u32,
}

/// How much longer the message of a check point that is written again stays invisible, in seconds, by how often that
/// was done before (`ckRewriteIntervalsInSeconds`).
const CK_REWRITE_INTERVALS: [u64; 17] =
    [10, 20, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 1200, 1800, 3600, 7200];

/// Which check point: `topic + group + queueId + startOffset + popTime + brokerName`.
pub(super) type MergeKey = (TopicName, GroupName, QueueId, QueueOffset, Instant, BrokerName);

impl CheckPoint {
    pub(super) fn key(&self) -> MergeKey {
        let (topic, group, broker) = (self.topic.clone(), self.group.clone(), self.broker_name.clone());
        (topic, group, self.queue_id, self.start, self.pop_time, broker)
    }

    /// What is not acknowledged by then is revived.
    pub(super) fn revive_time(&self) -> Instant {
        self.pop_time + self.invisible_time
    }

    /// The check point of one of its messages alone, which could not be had: to be tried again later (`rePutCK`).
    pub(super) fn put_again(&self, now: Instant, place: QueueOffset) -> Self {
        let interval = CK_REWRITE_INTERVALS[(self.re_put_times as usize).min(CK_REWRITE_INTERVALS.len() - 1)];
        let is_over = self.revive_time() <= now;
        let longer = if is_over { Duration::from_secs(interval) } else { Duration::ZERO };
        Self {
            start: place,
            invisible_time: self.invisible_time + longer,
            diffs: vec![0],
            re_put_times: self.re_put_times.saturating_add(1),
            ..self.clone()
        }
    }

    /// Which bit stands for the message at this place (`indexOfAck`).
    pub(super) fn index_of(&self, offset: QueueOffset) -> Option<usize> {
        let diff = offset.0.checked_sub(self.start.0)?;
        self.diffs.iter().position(|known| u64::from(*known) == diff)
    }

    /// Where its messages lie, each with its bit.
    pub(super) fn offsets(&self) -> impl Iterator<Item = (usize, QueueOffset)> {
        let offset = |diff: &u32| QueueOffset(self.start.0 + u64::from(*diff));
        self.diffs.iter().map(offset).enumerate()
    }

    /// The body of its message.
    pub(super) fn to_json(&self, epoch: Epoch) -> String {
        let diffs: Vec<_> = self.diffs.iter().map(u32::to_string).collect();
        let again = match self.re_put_times {
            0 => String::new(),
            times => format!("\"rp\":\"{times}\","),
        };
        format!(
            "{{\"bm\":0,\"bn\":\"{}\",\"c\":\"{}\",\"d\":[{}],\"it\":{},\"n\":{},\"pt\":{},\"q\":{},\
             \"reviveTime\":{},\"ro\":0,{again}\"so\":{},\"t\":\"{}\"}}",
            self.broker_name,
            self.group,
            diffs.join(","),
            self.invisible_time.as_millis(),
            self.diffs.len(),
            epoch.wall_clock(self.pop_time),
            self.queue_id,
            epoch.wall_clock(self.revive_time()),
            self.start,
            self.topic,
        )
    }

    /// Reads a body. Anybody can send to the revive topic, so what makes no sense is `None`.
    pub(super) fn from_json(text: &str, epoch: Epoch) -> Option<Self> {
        let list = text.split_once("\"d\":[")?.1.split_once(']')?.0;
        let point = Self {
            topic: word(text, "t")?.into(),
            group: word(text, "c")?.into(),
            queue_id: QueueId(u32::try_from(number(text, "q")?).ok()?),
            broker_name: word(text, "bn")?.into(),
            start: QueueOffset(number(text, "so")?),
            pop_time: moment(text, epoch)?,
            invisible_time: Duration::from_millis(number(text, "it")?),
            diffs: list.split(',').map(|diff| diff.parse().ok()).collect::<Option<_>>()?,
            re_put_times: word(text, "rp").and_then(|times| times.parse().ok()).unwrap_or(0),
        };
        (point.diffs.len() <= MOST_MESSAGES).then_some(point)
    }

    /// `genCkUniqueId`.
    pub(super) fn unique_id(&self, epoch: Epoch) -> String {
        let time = epoch.wall_clock(self.pop_time);
        let Self { topic, queue_id, start, group, broker_name, .. } = self;
        format!("{topic}@{queue_id}@{start}@{group}@{time}@{broker_name}@ck")
    }
}

/// One message of a check point is through with (`AckMsg`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ack {
    pub(super) check_point: MergeKey,
    pub(super) offset: QueueOffset,
}

impl Ack {
    pub(super) fn to_json(&self, epoch: Epoch) -> String {
        let (topic, group, queue_id, start, pop_time, broker) = &self.check_point;
        format!(
            "{{\"ao\":{},\"bn\":\"{broker}\",\"c\":\"{group}\",\"pt\":{},\"q\":{queue_id},\"so\":{start},\"t\":\"{topic}\"}}",
            self.offset,
            epoch.wall_clock(*pop_time),
        )
    }

    pub(super) fn from_json(text: &str, epoch: Epoch) -> Option<Self> {
        let check_point = (
            word(text, "t")?.into(),
            word(text, "c")?.into(),
            QueueId(u32::try_from(number(text, "q")?).ok()?),
            QueueOffset(number(text, "so")?),
            moment(text, epoch)?,
            word(text, "bn")?.into(),
        );
        Some(Self { check_point, offset: QueueOffset(number(text, "ao")?) })
    }

    /// `genAckUniqueId`.
    pub(super) fn unique_id(&self, epoch: Epoch) -> String {
        let (topic, group, queue_id, _, pop_time, broker) = &self.check_point;
        let time = epoch.wall_clock(*pop_time);
        format!("{topic}@{queue_id}@{}@{group}@{time}@{broker}@ack", self.offset)
    }
}

fn after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    Some(text.split_once(&format!("\"{key}\":"))?.1)
}

fn word<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    Some(after(text, key)?.strip_prefix('"')?.split_once('"')?.0)
}

/// A number that leaves room for sums.
fn number(text: &str, key: &str) -> Option<u64> {
    let number: u64 = after(text, key)?.split([',', '}']).next()?.parse().ok()?;
    (number <= u64::MAX / 8).then_some(number)
}

fn moment(text: &str, epoch: Epoch) -> Option<Instant> {
    Some(Instant::from_millis(number(text, "pt")?.checked_sub(epoch.unix_millis())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_point() -> CheckPoint {
        CheckPoint {
            topic: "T".into(),
            group: "g".into(),
            queue_id: QueueId(1),
            broker_name: "broker-a".into(),
            start: QueueOffset(0),
            pop_time: Instant::from_millis(83_480),
            invisible_time: Duration::from_secs(60),
            diffs: vec![0],
            re_put_times: 0,
        }
    }

    #[test]
    fn a_check_point_that_is_written_again_waits_longer_each_time() {
        let epoch = Epoch::default();
        let point = CheckPoint { start: QueueOffset(5), diffs: vec![0, 3], ..check_point() };
        let once = point.put_again(point.revive_time(), QueueOffset(8));
        assert_eq!((once.start, &once.diffs, once.re_put_times), (QueueOffset(8), &vec![0], 1));
        assert_eq!(once.invisible_time, Duration::from_secs(70));
        let text = once.to_json(epoch);
        assert!(text.contains("\"ro\":0,\"rp\":\"1\",\"so\":8"), "{text}");
        assert_eq!(CheckPoint::from_json(&text, epoch), Some(once.clone()));
        let twice = once.put_again(once.revive_time(), QueueOffset(8));
        assert_eq!((twice.invisible_time, twice.re_put_times), (Duration::from_secs(90), 2));
        let last = CheckPoint { re_put_times: 40, ..once };
        let again = last.put_again(last.revive_time(), QueueOffset(8));
        assert_eq!(again.invisible_time, Duration::from_secs(70 + 7200));
    }

    #[test]
    fn texts_have_the_length_of_those_recorded_and_can_be_read() {
        let epoch = Epoch::default();
        let point = check_point();
        let json = point.to_json(epoch);
        assert_eq!(json.len(), 131, "{json}");
        assert_eq!(CheckPoint::from_json(&json, epoch), Some(point.clone()));
        let ack = Ack { check_point: point.key(), offset: QueueOffset(0) };
        let json = ack.to_json(epoch);
        assert_eq!(json.len(), 72, "{json}");
        assert_eq!(Ack::from_json(&json, epoch), Some(ack));
        assert_eq!(CheckPoint::from_json("{}", epoch), None);
    }

    #[test]
    fn a_bit_stands_for_a_place_and_not_for_a_number() {
        let point = CheckPoint { start: QueueOffset(5), diffs: vec![0, 3], ..check_point() };
        assert_eq!(point.index_of(QueueOffset(8)), Some(1));
        assert_eq!(point.index_of(QueueOffset(6)), None);
        assert_eq!(point.index_of(QueueOffset(4)), None);
        assert_eq!(point.offsets().collect::<Vec<_>>(), [(0, QueueOffset(5)), (1, QueueOffset(8))]);
    }
}
