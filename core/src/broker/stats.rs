//! What a broker counts: messages in and out, by topic and group.
//!
//! RocketMQ takes a sample of each counter every 10 s, 10 min and hour, and of the store's counters every second, and
//! works out rates from the first and the last sample that it has kept. Here only the counts are kept, by the second, ten
//! minutes and hour in which they changed; the samples are worked out when somebody asks.
//!
//! **In RocketMQ**: `BrokerStatsManager`, `StatsItem`, `StoreStatsService`, `BrokerStats`.
//!
//! **Left out on purpose**: latencies and their distributions (a simulated put takes no time), averages per put.

use std::collections::BTreeMap;

use imbl::Vector;

use crate::id::{GroupName, TopicName};
use crate::rpc::{RateOverTime, StatsSnapshot};
use crate::time::{Duration, Instant};

/// A count as it was at the end of past intervals of one length.
#[derive(Clone, Debug)]
struct Past {
    /// Length of an interval.
    interval: Duration,
    /// Intervals that are looked back at most.
    kept: u64,
    /// Number of an earlier interval in which the count changed, and the count at its end.
    changes: Vector<(u64, u64)>,
    /// The last interval in which it changed; the count at its end is the present one.
    last: Option<u64>,
}

impl Past {
    const fn interval_of(&self, age: Duration) -> u64 {
        age.as_millis() / self.interval.as_millis()
    }

    /// The count changes now; so far it was `total`.
    fn record(&mut self, age: Duration, total: u64) {
        let interval = self.interval_of(age);
        let Some(before) = self.last.replace(interval).filter(|last| *last != interval) else {
            return;
        };
        self.changes.push_back((before, total));
        // One change before the oldest that counts has to stay: it says where the count stood then.
        while self.changes.get(1).is_some_and(|(second, _)| second + self.kept < interval) {
            self.changes.pop_front();
        }
    }

    /// The count at the beginning of an interval, when it is `total` now.
    fn total_at(&self, interval: u64, total: u64) -> u64 {
        if self.last.is_some_and(|changed| changed < interval) {
            return total;
        }
        let mut changes = self.changes.iter().rev();
        changes.find(|(changed, _)| *changed < interval).map_or(0, |(_, total)| *total)
    }

    /// Sum and rate over the samples at hand: at most `samples`, the first not before the counter was made.
    fn snapshot(&self, age: Duration, made: Duration, samples: u64, total: u64) -> StatsSnapshot {
        let last = self.interval_of(age);
        let earliest = self.interval_of(made) + 1;
        let first = (last + 1).saturating_sub(samples).max(earliest);
        if last < earliest {
            return StatsSnapshot::default();
        }
        let sum = self.total_at(last, total) - self.total_at(first, total);
        StatsSnapshot { sum, rate: RateOverTime { count: sum, time: self.interval * (last - first) } }
    }
}

/// One counter of [`BrokerStats`].
#[derive(Clone, Debug)]
pub(super) struct Counter {
    made: Duration,
    total: u64,
    seconds: Past,
    tens_of_seconds: Past,
    tens_of_minutes: Past,
    hours: Past,
}

impl Counter {
    fn new(made: Duration) -> Self {
        let past = |seconds, kept| Past {
            interval: Duration::from_secs(seconds),
            kept,
            changes: Vector::new(),
            last: None,
        };
        Self {
            made,
            total: 0,
            seconds: past(1, 600),
            tens_of_seconds: past(10, 7),
            tens_of_minutes: past(600, 7),
            hours: past(3600, 25),
        }
    }

    fn add(&mut self, age: Duration, count: u64) {
        // Every longer interval is whole seconds, so within a second none of them ends.
        if self.seconds.last != Some(self.seconds.interval_of(age)) {
            let Self { seconds, tens_of_seconds, tens_of_minutes, hours, .. } = self;
            for past in [seconds, tens_of_seconds, tens_of_minutes, hours] {
                past.record(age, self.total);
            }
        }
        self.total += count;
    }

    /// Everything ever counted.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// Last minute, last hour, last day.
    fn snapshots(&self, age: Duration) -> [StatsSnapshot; 3] {
        [
            self.tens_of_seconds.snapshot(age, self.made, 7, self.total),
            self.tens_of_minutes.snapshot(age, self.made, 7, self.total),
            self.hours.snapshot(age, self.made, 25, self.total),
        ]
    }

    /// The rate of the last so many seconds; none before the broker has run for longer (`StoreStatsService`).
    fn rate(&self, age: Duration, seconds: u64) -> Option<RateOverTime> {
        let last = self.seconds.interval_of(age);
        let first = last.checked_sub(seconds).filter(|first| *first > 0)?;
        let count = self.seconds.total_at(last, self.total) - self.seconds.total_at(first, self.total);
        Some(RateOverTime { count, time: Duration::from_secs(seconds) })
    }
}

/// What is counted, in RocketMQ's names of `ViewBrokerStatsData`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum StatsName {
    /// Messages sent to a topic.
    TopicPut,
    /// Messages handed out to `topic@group`.
    GroupGet,
    /// Messages that `topic@group` handed back.
    SendBackPut,
}

impl StatsName {
    fn read(text: &str) -> Option<Self> {
        match text {
            "TOPIC_PUT_NUMS" => Some(Self::TopicPut),
            "GROUP_GET_NUMS" => Some(Self::GroupGet),
            "SNDBCK_PUT_NUMS" => Some(Self::SendBackPut),
            _ => None,
        }
    }
}

/// What one counter counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Counted {
    name: StatsName,
    topic: TopicName,
    group: Option<GroupName>,
}

impl Counted {
    /// Messages sent to a topic.
    pub(super) fn put(topic: &TopicName) -> Self {
        Self { name: StatsName::TopicPut, topic: topic.clone(), group: None }
    }

    /// Messages of a topic handed out to a group.
    pub(super) fn got(topic: &TopicName, group: &GroupName) -> Self {
        Self { name: StatsName::GroupGet, topic: topic.clone(), group: Some(group.clone()) }
    }

    /// Messages of a topic that a group handed back.
    pub(super) fn sent_back(topic: &TopicName, group: &GroupName) -> Self {
        Self { name: StatsName::SendBackPut, topic: topic.clone(), group: Some(group.clone()) }
    }

    /// What an operator asks for: the name, and `topic` or `topic@group`.
    fn read(name: &str, key: &str) -> Option<Self> {
        let (topic, group) = key.split_once('@').map_or((key, None), |(topic, group)| (topic, Some(group)));
        Some(Self { name: StatsName::read(name)?, topic: topic.into(), group: group.map(GroupName::from) })
    }
}

/// All counters of a broker process. They begin at 0 with each start.
#[derive(Clone, Debug)]
pub(super) struct BrokerStats {
    started_at: Instant,
    /// Messages appended.
    pub(super) puts: Counter,
    /// Pulls that found something.
    pub(super) gets_found: Counter,
    /// Pulls that found nothing.
    pub(super) gets_missed: Counter,
    /// Messages handed out.
    pub(super) transferred: Counter,
    /// Bytes appended.
    pub(super) put_bytes: u64,
    by_name: BTreeMap<Counted, Counter>,
    /// Puts and messages handed out: up to yesterday's midnight, up to today's.
    midnights: [(u64, u64); 2],
}

impl BrokerStats {
    /// Nothing counted yet.
    pub(super) fn new(started_at: Instant) -> Self {
        let counter = || Counter::new(Duration::ZERO);
        Self {
            started_at,
            puts: counter(),
            gets_found: counter(),
            gets_missed: counter(),
            transferred: counter(),
            put_bytes: 0,
            by_name: BTreeMap::new(),
            midnights: [(0, 0); 2],
        }
    }

    const fn age(&self, now: Instant) -> Duration {
        now.since(self.started_at)
    }

    /// A message was appended.
    pub(super) fn put(&mut self, now: Instant, bytes: u64) {
        let age = self.age(now);
        self.puts.add(age, 1);
        self.put_bytes += bytes;
    }

    /// A pull found so many messages.
    pub(super) fn got(&mut self, now: Instant, messages: usize) {
        let age = self.age(now);
        if messages == 0 {
            self.gets_missed.add(age, 1);
        } else {
            self.gets_found.add(age, 1);
            self.transferred.add(age, messages as u64);
        }
    }

    /// Something that is counted by name happened so often.
    pub(super) fn count(&mut self, now: Instant, what: Counted, times: usize) {
        let age = self.age(now);
        let counter = self.by_name.entry(what).or_insert_with(|| Counter::new(age));
        counter.add(age, times as u64);
    }

    /// The figures of one name; none when nothing of it was ever counted.
    pub(super) fn snapshots(&self, now: Instant, name: &str, key: &str) -> Option<[StatsSnapshot; 3]> {
        let counter = self.by_name.get(&Counted::read(name, key)?)?;
        Some(counter.snapshots(self.age(now)))
    }

    /// The rate of the last minute; 0 when nothing was ever counted.
    pub(super) fn rate(&self, now: Instant, what: &Counted) -> RateOverTime {
        let counter = self.by_name.get(what);
        counter.map_or_else(RateOverTime::default, |counter| counter.snapshots(self.age(now))[0].rate)
    }

    /// Three rates of a counter, as `brokerStatus` shows them: 10 s, 60 s, 600 s.
    pub(super) fn three_rates(&self, now: Instant, counter: &Counter) -> [Option<RateOverTime>; 3] {
        [10, 60, 600].map(|seconds| counter.rate(self.age(now), seconds))
    }

    /// A day has ended.
    pub(super) fn midnight(&mut self) {
        self.midnights = [self.midnights[1], (self.puts.total(), self.transferred.total())];
    }

    /// Puts and messages handed out up to yesterday's midnight, up to today's, and up to now.
    pub(super) const fn days(&self) -> [(u64, u64); 3] {
        let [yesterday, today] = self.midnights;
        [yesterday, today, (self.puts.total(), self.transferred.total())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_of_a_minute_comes_from_its_samples() {
        let mut stats = BrokerStats::new(Instant::ZERO);
        for second in 1..=20 {
            stats.count(Instant::from_millis(second * 1000), Counted::put(&"T".into()), 2);
        }
        let at = |ms| stats.snapshots(Instant::from_millis(ms), "TOPIC_PUT_NUMS", "T").map(|all| all[0].sum);
        assert_eq!(at(5_000), Some(0), "no sample yet");
        assert_eq!(
            at(15_000),
            Some(0),
            "the first sample was taken at 10 s, with what had been counted by then"
        );
        assert_eq!(at(25_000), Some(20), "from the sample at 10 s to that at 20 s");
        assert_eq!(at(85_000), Some(2), "the sample at 10 s is gone");
        assert_eq!(at(95_000), Some(0));
        assert_eq!(stats.snapshots(Instant::ZERO, "TOPIC_PUT_NUMS", "U"), None);
    }

    #[test]
    fn a_rate_needs_as_many_seconds_as_it_spans() {
        let mut stats = BrokerStats::new(Instant::ZERO);
        stats.put(Instant::from_millis(500), 100);
        stats.put(Instant::from_millis(11_500), 100);
        let counts = |ms| {
            let rates = stats.three_rates(Instant::from_millis(ms), &stats.puts);
            rates.map(|rate| rate.map(|rate| rate.count))
        };
        assert_eq!(counts(10_000), [None; 3]);
        assert_eq!(counts(12_000), [Some(1), None, None]);
        assert_eq!(counts(61_500), [Some(0), Some(1), None]);
    }
}
