//! After how long a group gets a message again that it could not consume.
//!
//! **In RocketMQ**: `GroupRetryPolicy`, `CustomizedRetryPolicy`, `ExponentialRetryPolicy`; V5 only, and there for popped
//! messages that are put back; everybody else waits by delay levels.

use crate::time::Duration;

/// The delays of the default table, in seconds: those of the eighteen delay levels.
const DEFAULT_SECONDS: [u64; 18] =
    [1, 5, 10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 1200, 1800, 3600, 7200];
/// The first try waits for this entry of the table.
const FIRST_ENTRY: usize = 2;
/// More tries do not make the delay grow.
const MOST_TRIES: u32 = 32;

/// How the delay grows with the number of tries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryPolicy {
    /// By a table, of which the first two entries are never used (`CUSTOMIZED`).
    Customized(Vec<Duration>),
    /// By a factor, up to a limit (`EXPONENTIAL`).
    Exponential {
        /// The first delay.
        initial: Duration,
        /// The longest delay.
        max: Duration,
        /// The factor.
        multiplier: u64,
    },
}

impl Default for RetryPolicy {
    /// By the table of the delay levels. A group that asks for an exponential policy without saying which gets this one.
    fn default() -> Self {
        Self::Customized(DEFAULT_SECONDS.map(Duration::from_secs).to_vec())
    }
}

impl RetryPolicy {
    /// The exponential policy when nothing is said about it: 5 s, doubled each time, 2 h at most.
    pub const EXPONENTIAL: Self =
        Self::Exponential { initial: Duration::from_secs(5), max: Duration::from_secs(7200), multiplier: 2 };

    /// The delay before the next delivery of a message that was given back so many times before.
    pub fn next_delay(&self, reconsume_times: i32) -> Duration {
        let tries = u32::try_from(reconsume_times).unwrap_or(0);
        match self {
            Self::Customized(table) => {
                let entry = (tries as usize).saturating_add(FIRST_ENTRY).min(table.len().saturating_sub(1));
                table.get(entry).copied().unwrap_or_default()
            }
            Self::Exponential { initial, max, multiplier } => {
                let factor = multiplier.saturating_pow(tries.min(MOST_TRIES));
                Duration::from_millis(initial.as_millis().saturating_mul(factor)).min(*max)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_up_to_a_limit() {
        let table = RetryPolicy::default();
        let delays = [-1, 0, 1, 15, 99].map(|times| table.next_delay(times).as_millis() / 1000);
        assert_eq!(delays, [10, 10, 30, 7200, 7200]);
        let delays =
            [0, 1, 10, 11].map(|times| RetryPolicy::EXPONENTIAL.next_delay(times).as_millis() / 1000);
        assert_eq!(delays, [5, 10, 5120, 7200]);
    }
}
