//! The file form of a recording of Kafka.

use lab_core::time::Instant;
use serde::{Deserialize, Deserializer};

use super::order::Order;

/// A recorded run.
#[derive(Debug, Deserialize)]
pub struct Script {
    /// What the run is called.
    pub scenario: String,
    /// The steps, in order of their ends.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Deserialize)]
pub struct Step {
    /// When it was finished.
    #[serde(rename = "t", deserialize_with = "instant")]
    pub end: Instant,
    /// What was done.
    #[serde(rename = "do")]
    pub order: String,
    /// What the client process reported since it was last asked.
    #[serde(default)]
    pub events: Vec<Event>,
    /// What a tool or the log printed.
    pub output: Option<String>,
}

/// What the client process reported.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "event")]
pub enum Event {
    /// A producer is through.
    Sent {
        /// What keys begin with.
        key: String,
        /// How many.
        count: u32,
        /// First offset.
        first_offset: u64,
        /// Last offset.
        last_offset: u64,
        /// When.
        #[serde(rename = "t", deserialize_with = "instant")]
        at: Instant,
    },
    /// A transaction was sent.
    SentInTransaction {
        /// First key.
        key: String,
        /// How many.
        records: u32,
        /// First offset.
        first_offset: u64,
        /// Last offset.
        last_offset: u64,
        /// `commit`, `abort`, `open`.
        end: String,
    },
    /// A consumer has partitions.
    Assigned {
        /// `[T-0]`.
        partitions: String,
        /// When.
        #[serde(rename = "t", deserialize_with = "instant")]
        at: Instant,
    },
    /// A consumer gave partitions up.
    Revoked {
        /// `[T-0]`.
        partitions: String,
        /// When.
        #[serde(rename = "t", deserialize_with = "instant")]
        at: Instant,
    },
    /// A poll returned records.
    Consumed {
        /// How many.
        count: u32,
        /// First offset.
        first_offset: u64,
        /// Last offset.
        last_offset: u64,
        /// First key.
        first_key: String,
        /// Last key.
        last_key: String,
        /// When.
        #[serde(rename = "t", deserialize_with = "instant")]
        at: Instant,
    },
    /// A position changed.
    Position {
        /// The next record.
        offset: u64,
        /// When.
        #[serde(rename = "t", deserialize_with = "instant")]
        at: Instant,
    },
    /// A poll threw an exception.
    PollFailed {
        /// Class and first line.
        error: String,
        /// When.
        #[serde(rename = "t", deserialize_with = "instant")]
        at: Instant,
    },
    /// A group offset.
    #[serde(rename_all = "camelCase")]
    Committed {
        /// `T-0`.
        partition: String,
        /// The offset.
        offset: u64,
        /// The epoch in the commit.
        leader_epoch: Option<u32>,
    },
    /// The ends of a log.
    Ends {
        /// Log start.
        start: u64,
        /// Log end.
        end: u64,
        /// Last stable offset, in some runs.
        last_stable: Option<u64>,
        /// Leader epoch.
        leader_epoch: u32,
    },
    /// A command failed.
    Error {
        /// Class and first line.
        error: String,
    },
}

fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    if !(0.0..1e9).contains(&seconds) {
        return Err(serde::de::Error::custom(format!("{seconds} is no time of a run")));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked")]
    let ms = (seconds * 1000.0).round() as u64;
    Ok(Instant::from_millis(ms))
}

impl Script {
    /// Reads a file.
    ///
    /// # Errors
    /// Why it is no recording of Kafka.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The earliest moment at which a step can have begun: the end of the one before.
    pub fn earliest(&self, step: usize) -> Instant {
        step.checked_sub(1).map_or(Instant::ZERO, |before| self.steps[before].end)
    }

    /// The steps in which a plain producer sends.
    pub fn sends(&self) -> Vec<usize> {
        let is_send = |step: &&Step| matches!(step.order.parse(), Ok(Order::Send { .. }));
        (0..self.steps.len()).filter(|place| is_send(&&self.steps[*place])).collect()
    }

    /// When a step can have begun.
    pub fn interval(&self, step: usize) -> (Instant, Instant) {
        (self.earliest(step), self.steps[step].end)
    }
}
