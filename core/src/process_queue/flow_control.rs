//! Whether a queue is pulled now, later or not any more.
//!
//! **In RocketMQ**: the checks at the begin of `DefaultMQPushConsumerImpl.pullMessage` (behaviour §5.7).

use crate::config::ClientConfig;
use crate::time::Duration;

/// How much of a queue a consumer holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cached {
    /// Messages not finished.
    pub count: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
    /// Distance of the first and the last offset.
    pub span: u64,
}

/// What the checks look at besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PullState {
    /// The queue was given up.
    pub is_dropped: bool,
    /// The application has paused the consumer (`suspend`).
    pub is_paused: bool,
    /// Orderly consumption: whether the broker has granted the lock. `None` when consuming concurrently.
    pub lock: Option<bool>,
    /// What is cached.
    pub cached: Cached,
}

/// Why a pull is put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// Something is wrong: the pull failed, or the consumer lacks what it needs for one.
    Exception,
    /// The consumer is paused.
    Suspended,
    /// More messages are cached than `pullThresholdForQueue`.
    TooMany,
    /// More whole MiB are cached than `pullThresholdSizeForQueue`.
    TooLarge,
    /// First and last cached offset lie further apart than `consumeConcurrentlyMaxSpan`.
    TooWide,
    /// The broker has not granted the lock of the queue.
    NotLocked,
}

impl Delay {
    /// How long the pull is put off. RocketMQ's field for exceptions says 3 s, but its constructor overwrites that
    /// with `pullTimeDelayMillsWhenException` of the configuration, 1 s.
    pub const fn duration(self) -> Duration {
        Duration::from_millis(match self {
            Self::Exception | Self::NotLocked | Self::Suspended => 1000,
            Self::TooMany | Self::TooLarge | Self::TooWide => 50,
        })
    }
}

/// What a pull that is due comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeforePull {
    /// It goes out.
    Pull,
    /// It is tried again later.
    Later(Delay),
    /// There will be none any more.
    Dropped,
}

impl PullState {
    /// Goes through the checks in RocketMQ's order.
    pub const fn check(&self, config: &ClientConfig) -> BeforePull {
        let Cached { count, bytes, span } = self.cached;
        if self.is_dropped {
            BeforePull::Dropped
        } else if self.is_paused {
            BeforePull::Later(Delay::Suspended)
        } else if count > config.pull_threshold_for_queue as u64 {
            BeforePull::Later(Delay::TooMany)
        } else if bytes >> 20 > config.pull_threshold_size_for_queue as u64 {
            BeforePull::Later(Delay::TooLarge)
        } else {
            match self.lock {
                None if span > config.consume_concurrently_max_span => BeforePull::Later(Delay::TooWide),
                Some(false) => BeforePull::Later(Delay::NotLocked),
                None | Some(true) => BeforePull::Pull,
            }
        }
    }
}
