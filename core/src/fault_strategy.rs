//! Avoiding brokers that were slow or failed (`sendLatencyFaultEnable`, off by default).
//!
//! After each attempt the producer notes the broker's latency, and for how long the broker is to be avoided. The
//! table of durations and the choice differ between the versions (behaviour §2.5); the choice itself stands in
//! [`queue_choice`](crate::queue_choice).
//!
//! In V5 a broker is besides that reachable or not. One that answered with an error, or that could not be reached
//! while the detector runs, is unreachable until a later attempt or the detector finds otherwise.
//!
//! **In RocketMQ**: `MQFaultStrategy`, `LatencyFaultToleranceImpl`.
//!
//! **Invariant**: nothing is noted while the switch is off.

use std::collections::BTreeMap;

use crate::config::{ClientConfig, Profile};
use crate::gather::Arrange as _;
use crate::id::BrokerName;
use crate::time::{Duration, Instant};

/// Latency from which on a broker is avoided, and for how long, both in ms.
type Table = [(u64, u64); 7];

const V4_TABLE: Table =
    [(50, 0), (100, 0), (550, 30_000), (1000, 60_000), (2000, 120_000), (3000, 180_000), (15_000, 600_000)];
const V5_TABLE: Table =
    [(50, 0), (100, 0), (550, 2000), (1800, 5000), (3000, 6000), (5000, 10_000), (15_000, 30_000)];

/// What the producer knows of one broker (`FaultItem`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultItem {
    /// Latency of the last attempt.
    pub latency: Duration,
    /// The broker is avoided until then (`startTimestamp`).
    pub until: Instant,
    /// Whether the last attempt reached it (V5).
    pub reachable: bool,
    /// The detector does not ask it before.
    check_at: Instant,
}

/// The fault list of one producer.
#[derive(Clone, Debug)]
pub struct FaultStrategy {
    profile: Profile,
    items: BTreeMap<BrokerName, FaultItem>,
}

/// How an attempt went, as far as the fault list cares. Each variant is one place in
/// `DefaultMQProducerImpl.sendDefaultImpl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The broker stored the message, safely or not.
    Stored,
    /// The broker answered with an error (`MQBrokerException`).
    Refused,
    /// The connection or the wait for an answer failed (`RemotingException`).
    Broken,
    /// The client knows no address of the broker (`MQClientException`).
    Unknown,
}

impl Attempt {
    /// What is noted: whether the broker is isolated (its latency counts as a fixed long one), and whether it
    /// counts as reachable.
    pub const fn marks(self, profile: Profile, detector_runs: bool) -> (bool, bool) {
        match self {
            Self::Stored => (false, true),
            Self::Refused => (true, false),
            Self::Broken => (true, !detector_runs),
            Self::Unknown => (!profile.is_v5(), true),
        }
    }
}

impl FaultStrategy {
    /// An empty list.
    pub const fn new(profile: Profile) -> Self {
        Self { profile, items: BTreeMap::new() }
    }

    /// Notes how an attempt went, unless the switch is off.
    pub fn note(
        &mut self,
        now: Instant,
        config: &ClientConfig,
        broker: &BrokerName,
        latency: Duration,
        attempt: Attempt,
    ) {
        let (isolation, reachable) = attempt.marks(self.profile, config.start_detector_enable);
        self.update_fault_item(now, config, broker, latency, isolation, reachable);
    }

    /// Notes latency, isolation and reachability of a broker (`updateFaultItem`), unless the switch is off.
    pub fn update_fault_item(
        &mut self,
        now: Instant,
        config: &ClientConfig,
        broker: &BrokerName,
        latency: Duration,
        isolation: bool,
        reachable: bool,
    ) {
        if !config.send_latency_fault_enable {
            return;
        }
        let until = now + self.not_available_duration(latency, isolation);
        let old = self.items.get(broker);
        let until = match old {
            // V5 only prolongs; V4 overwrites, so that a success clears the entry.
            Some(old) if self.profile.is_v5() => old.until.max(until),
            _ => until,
        };
        let check_at = old.map_or(Instant::ZERO, |old| old.check_at);
        self.items.insert(broker.clone(), FaultItem { latency, until, reachable, check_at });
    }

    /// How long a broker is avoided after an attempt (`computeNotAvailableDuration`): the entry of the highest
    /// threshold that its latency reaches. An isolated broker's latency counts as 30 s in V4, 10 s in V5.
    pub fn not_available_duration(&self, latency: Duration, isolation: bool) -> Duration {
        let (table, isolated) = if self.profile.is_v5() { (&V5_TABLE, 10_000) } else { (&V4_TABLE, 30_000) };
        let latency = if isolation { isolated } else { latency.as_millis() };
        let entry = table.iter().rev().find(|(threshold, _)| latency >= *threshold);
        Duration::from_millis(entry.map_or(0, |(_, duration)| *duration))
    }

    /// Forgets a broker.
    pub fn remove(&mut self, broker: &BrokerName) {
        self.items.remove(broker);
    }

    /// Whether the broker need not be avoided.
    pub fn is_available(&self, now: Instant, broker: &BrokerName) -> bool {
        self.items.get(broker).is_none_or(|item| now >= item.until)
    }

    /// Whether the broker could be reached last time.
    pub fn is_reachable(&self, broker: &BrokerName) -> bool {
        self.items.get(broker).is_none_or(|item| item.reachable)
    }

    /// The brokers that V4 falls back to when none is available, best first (`pickOneAtLeast`): the better half of
    /// all that were noted, at least one; available ones first, then by latency, then by the end of their time.
    pub fn better_half(&self, now: Instant) -> Vec<BrokerName> {
        let mut ranked: Vec<_> = self.items.iter().collect();
        ranked.arrange_by_key(|(_, item)| (now < item.until, item.latency, item.until));
        let half = (ranked.len() / 2).max(1);
        ranked.into_iter().take(half).map(|(name, _)| name.clone()).collect()
    }

    /// The brokers that a round of the detector asks now; each will not be asked again for `interval`
    /// (`detectByOneRound`).
    pub fn due_for_detection(&mut self, now: Instant, interval: Duration) -> Vec<BrokerName> {
        let mut due = Vec::new();
        for (broker, item) in self.items.iter_mut().filter(|(_, item)| now >= item.check_at) {
            item.check_at = now + interval;
            due.push(broker.clone());
        }
        due
    }

    /// The detector got an answer: the broker is reachable, though still avoided until its time is over.
    pub fn detected(&mut self, broker: &BrokerName) {
        if let Some(item) = self.items.get_mut(broker) {
            item.reachable = true;
        }
    }

    /// What was noted of a broker.
    pub fn item(&self, broker: &BrokerName) -> Option<&FaultItem> {
        self.items.get(broker)
    }

    /// Everything noted, by broker name.
    pub fn items(&self) -> impl Iterator<Item = (&BrokerName, &FaultItem)> {
        self.items.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switched_on(profile: Profile) -> ClientConfig {
        ClientConfig { send_latency_fault_enable: true, ..ClientConfig::of(profile) }
    }

    #[test]
    fn durations_equal_rocketmqs() {
        let of = |profile, latencies: [u64; 3]| {
            let strategy = FaultStrategy::new(profile);
            latencies.map(|ms| strategy.not_available_duration(Duration::from_millis(ms), false).as_millis())
        };
        assert_eq!(of(Profile::V4, [600, 3100, 30_000]), [30_000, 180_000, 600_000]);
        assert_eq!(of(Profile::V5, [1900, 3100, 10_000]), [5000, 6000, 10_000]);
        assert_eq!(of(Profile::V4, [10, 50, 549]), [0, 0, 0]);
    }

    #[test]
    fn a_success_clears_the_entry_in_v4_and_not_in_v5() {
        let broker = BrokerName::from("broker-a");
        for (profile, free_again) in [(Profile::V4, true), (Profile::V5, false)] {
            let mut faults = FaultStrategy::new(profile);
            let config = switched_on(profile);
            faults.note(Instant::ZERO, &config, &broker, Duration::from_secs(3), Attempt::Broken);
            assert!(!faults.is_available(Instant::from_millis(9_999), &broker));
            let soon = Instant::from_millis(1);
            faults.note(soon, &config, &broker, Duration::from_millis(5), Attempt::Stored);
            assert_eq!(faults.is_available(Instant::from_millis(2), &broker), free_again);
            assert!(faults.is_reachable(&broker));
        }
    }

    #[test]
    fn nothing_is_noted_while_the_switch_is_off() {
        let mut faults = FaultStrategy::new(Profile::V5);
        let config = ClientConfig::of(Profile::V5);
        faults.note(Instant::ZERO, &config, &"broker-a".into(), Duration::from_secs(3), Attempt::Broken);
        assert_eq!(faults.items().count(), 0);
    }

    #[test]
    fn the_detector_asks_at_most_once_in_its_interval_and_ends_unreachability_only() {
        let broker = BrokerName::from("broker-a");
        let mut faults = FaultStrategy::new(Profile::V5);
        let config = ClientConfig { start_detector_enable: true, ..switched_on(Profile::V5) };
        faults.note(Instant::ZERO, &config, &broker, Duration::ZERO, Attempt::Broken);
        assert!(!faults.is_reachable(&broker));
        let interval = config.detect_interval;
        assert_eq!(faults.due_for_detection(Instant::from_millis(3000), interval).len(), 1);
        assert!(faults.due_for_detection(Instant::from_millis(4999), interval).is_empty());
        faults.detected(&broker);
        assert!(faults.is_reachable(&broker));
        assert!(!faults.is_available(Instant::from_millis(4999), &broker));
    }
}
