//! Avoiding brokers that were slow or failed (`sendLatencyFaultEnable`, off by default).
//!
//! After each attempt the producer notes the broker's latency, and for how long the broker is to be avoided. The
//! table of durations and the choice differ between the versions (behaviour §2.5).
//!
//! **In RocketMQ**: `MQFaultStrategy`, `LatencyFaultToleranceImpl`. **Left out on purpose**: the detector of 5.x
//! (`startDetectorEnable`, off by default), so a broker once found unreachable counts so until a send succeeds.

use std::collections::BTreeMap;

use crate::config::Profile;
use crate::id::BrokerName;
use crate::time::{Duration, Instant};

/// Latency from which on a broker is avoided, and for how long, both in ms.
type Table = [(u64, u64); 7];

const V4_TABLE: Table =
    [(50, 0), (100, 0), (550, 30_000), (1000, 60_000), (2000, 120_000), (3000, 180_000), (15_000, 600_000)];
const V5_TABLE: Table =
    [(50, 0), (100, 0), (550, 2000), (1800, 5000), (3000, 6000), (5000, 10_000), (15_000, 30_000)];

/// What the producer knows of one broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultItem {
    /// Latency of the last attempt.
    pub latency: Duration,
    /// The broker is avoided until then.
    pub until: Instant,
    /// Whether the last attempt reached it (V5).
    pub reachable: bool,
}

/// The fault list of one producer.
#[derive(Clone, Debug)]
pub struct FaultStrategy {
    profile: Profile,
    items: BTreeMap<BrokerName, FaultItem>,
}

/// How an attempt went, as far as the fault list cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The broker answered, well or not.
    Answered,
    /// The connection or the wait for an answer failed: the broker is treated as isolated.
    Broken {
        /// Whether the broker could be reached at all.
        reachable: bool,
    },
}

impl FaultStrategy {
    /// An empty list.
    pub const fn new(profile: Profile) -> Self {
        Self { profile, items: BTreeMap::new() }
    }

    /// Notes an attempt (`updateFaultItem`).
    pub fn update(&mut self, now: Instant, broker: &BrokerName, latency: Duration, attempt: Attempt) {
        let (isolation, table) = if self.profile.is_v5() { (10_000, &V5_TABLE) } else { (30_000, &V4_TABLE) };
        let (counted, reachable) = match attempt {
            Attempt::Answered => (latency.as_millis(), true),
            Attempt::Broken { reachable } => (isolation, reachable),
        };
        let until = now + not_available(table, counted);
        let old = self.items.get(broker).map(|item| item.until);
        let until = match old {
            // V5 only prolongs; V4 overwrites, so that a success clears the entry.
            Some(old) if self.profile.is_v5() => old.max(until),
            _ => until,
        };
        self.items.insert(broker.clone(), FaultItem { latency, until, reachable });
    }

    /// Whether the broker need not be avoided.
    pub fn is_available(&self, now: Instant, broker: &BrokerName) -> bool {
        self.items.get(broker).is_none_or(|item| now >= item.until)
    }

    /// Whether the last attempt reached the broker.
    pub fn is_reachable(&self, broker: &BrokerName) -> bool {
        self.items.get(broker).is_none_or(|item| item.reachable)
    }

    /// The brokers that V4 falls back to when none is available: the better half, best first.
    pub fn better_half(&self, now: Instant) -> Vec<BrokerName> {
        let mut ranked: Vec<_> = self.items.iter().collect();
        ranked.sort_by_key(|(name, item)| (now < item.until, item.latency, item.until, (*name).clone()));
        let half = (ranked.len() / 2).max(usize::from(!ranked.is_empty()));
        ranked.into_iter().take(half).map(|(name, _)| name.clone()).collect()
    }

    /// Everything noted, by broker name.
    pub fn items(&self) -> impl Iterator<Item = (&BrokerName, &FaultItem)> {
        self.items.iter()
    }
}

fn not_available(table: &Table, latency: u64) -> Duration {
    let entry = table.iter().rev().find(|(threshold, _)| latency >= *threshold);
    Duration::from_millis(entry.map_or(0, |(_, duration)| *duration))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_equal_rocketmqs() {
        let of = |table, latencies: [u64; 3]| latencies.map(|ms| not_available(table, ms).as_millis());
        assert_eq!(of(&V4_TABLE, [600, 3100, 30_000]), [30_000, 180_000, 600_000]);
        assert_eq!(of(&V5_TABLE, [1900, 3100, 10_000]), [5000, 6000, 10_000]);
        assert_eq!(not_available(&V4_TABLE, 10), Duration::ZERO);
    }

    #[test]
    fn a_success_clears_the_entry_in_v4_and_not_in_v5() {
        let broker = BrokerName::from("broker-a");
        for (profile, free_again) in [(Profile::V4, true), (Profile::V5, false)] {
            let mut faults = FaultStrategy::new(profile);
            faults.update(
                Instant::ZERO,
                &broker,
                Duration::from_secs(3),
                Attempt::Broken { reachable: false },
            );
            assert!(!faults.is_available(Instant::from_millis(9_999), &broker));
            faults.update(Instant::from_millis(1), &broker, Duration::from_millis(5), Attempt::Answered);
            assert_eq!(faults.is_available(Instant::from_millis(2), &broker), free_again);
            assert!(faults.is_reachable(&broker));
        }
    }
}
