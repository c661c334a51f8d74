//! The file form of a recording: steps with times, each with what the real cluster reported.

use std::collections::BTreeMap;

use lab_core::id::Address;
use lab_core::time::{Duration, Instant};
use serde::{Deserialize, Deserializer};

/// The client process of steps that name none.
pub const DEFAULT_PROCESS: &str = "probe";

/// A recorded run.
#[derive(Debug, Deserialize)]
pub struct Script {
    /// The version that ran.
    pub version: String,
    /// What the run is called.
    pub scenario: String,
    /// The steps, in order of their ends.
    pub steps: Vec<Step>,
}

impl Script {
    /// Reads a file.
    ///
    /// # Errors
    /// Why it is no recording.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        let mut script: Self = serde_json::from_str(text)?;
        script.attribute_waits();
        Ok(script)
    }

    /// Whether brokers elect their master, or several controllers their leader.
    pub fn has_elections(&self) -> bool {
        let has_several = |peers: &serde_json::Value| peers.as_str().is_some_and(|peers| peers.contains(';'));
        self.steps.iter().any(|step| {
            step.config.contains_key("dLegerSelfId")
                || step.config.get("controllerDLegerPeers").is_some_and(has_several)
        })
    }

    /// A `wait` does not name the client process that it asked. The names of the consumers in its report do; of
    /// several processes with such a consumer it is the one that was asked longest ago. A report of checks is one of the
    /// process with the transactional producer. When there are more
    /// processes than one, an empty report cannot be told to be anybody's, and is none.
    fn attribute_waits(&mut self) {
        let mut processes: Vec<(String, Vec<String>)> = vec![(DEFAULT_PROCESS.to_owned(), Vec::new())];
        let is_alone = self.steps.iter().all(|step| step.client.is_none());
        let mut checked = None;
        for step in &mut self.steps {
            if step.order.starts_with("wait ") && step.client.is_none() && !is_alone {
                let by = step.events.iter().flatten().find_map(|event| match event {
                    Event::Consumed { by, .. } => Some(by),
                    _ => None,
                });
                step.client = by
                    .and_then(|by| processes.iter().find(|(_, consumers)| consumers.contains(by)))
                    .map(|(process, _)| process.clone());
                if step.events.iter().flatten().any(|event| matches!(event, Event::Checked { .. })) {
                    step.client = step.client.take().or_else(|| checked.clone());
                }
                if step.client.is_none() {
                    step.events = None;
                }
            }
            if step.order.starts_with("tx ") {
                checked = Some(step.process().to_owned());
            }
            if let Some(process) = step.order.strip_prefix("kill -9 client process ") {
                processes.retain(|(other, _)| other != process);
            }
            if step.events.is_some() {
                // The process that was asked last stands last.
                let place = processes.iter().position(|(process, _)| process == step.process());
                let mut asked = match place {
                    Some(place) => processes.remove(place),
                    None => (step.process().to_owned(), Vec::new()),
                };
                let name = |verb: &str| step.order.strip_prefix(verb).and_then(|rest| rest.split(' ').next());
                asked.1.extend(name("consumer name=").map(str::to_owned));
                asked.1.retain(|consumer| name("stop name=") != Some(consumer));
                processes.push(asked);
            }
        }
    }
}

/// One step of a run.
#[derive(Debug, Deserialize)]
pub struct Step {
    /// When it was finished.
    #[serde(rename = "t", deserialize_with = "instant")]
    pub end: Instant,
    /// What was done, in the grammar of [`Order`](super::order::Order).
    #[serde(rename = "do")]
    pub order: String,
    /// The client process that it was given to, when not the default one.
    pub client: Option<String>,
    /// Where a server listens.
    #[serde(default, deserialize_with = "address")]
    pub address: Option<Address>,
    /// A server's settings beyond the defaults.
    #[serde(default)]
    pub config: BTreeMap<String, serde_json::Value>,
    /// What the client process reported since it was last asked; `None` for steps that concern no client.
    pub events: Option<Vec<Event>>,
    /// Time since a fault.
    #[serde(default, deserialize_with = "duration")]
    pub seconds: Option<Duration>,
    /// What `mqadmin` printed.
    pub output: Option<String>,
    /// The text of `consumerOffset.json`.
    pub offsets: Option<String>,
}

impl Step {
    /// The client process that it was given to.
    pub fn process(&self) -> &str {
        self.client.as_deref().unwrap_or(DEFAULT_PROCESS)
    }

    /// The sends that it reported, in order.
    pub fn sends(&self) -> impl Iterator<Item = &Send> {
        self.events.iter().flatten().filter_map(|event| match event {
            Event::Sent { send, .. } | Event::SentHalf { send, .. } | Event::SendFailed { send, .. } => {
                Some(send)
            }
            _ => None,
        })
    }
}

/// What every report of a send begins with.
#[derive(Clone, Debug, Deserialize)]
pub struct Send {
    /// When the answer had come.
    #[serde(rename = "t", deserialize_with = "instant")]
    pub at: Instant,
    /// The time that it took.
    #[serde(default, rename = "ms", deserialize_with = "milliseconds")]
    pub took: Duration,
    /// Its number within the step, from 0.
    #[serde(default)]
    pub n: u32,
    /// Its key.
    pub key: Option<String>,
}

impl Send {
    /// When the message went out.
    pub fn begin(&self) -> Instant {
        self.at - self.took
    }
}

/// Something that a client process reported.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// A message was stored.
    Sent {
        /// Which, when.
        #[serde(flatten)]
        send: Send,
        /// How safely.
        status: String,
        /// On which broker name.
        broker: String,
        /// In which queue.
        queue: u32,
        /// At which position.
        queue_offset: u64,
        /// Address of the broker and place in its log; not told of a message behind trace messages, whose length is
        /// chance (a time has one digit or two).
        offset_msg_id: Option<String>,
        /// The producer's id, where a later step names it.
        msg_id: Option<String>,
    },
    /// A half message was stored.
    SentHalf {
        /// Which, when.
        #[serde(flatten)]
        send: Send,
        /// How safely.
        status: String,
        /// On which broker name.
        broker: String,
        /// In which queue it will be.
        queue: u32,
        /// At which position among the half messages.
        queue_offset: u64,
    },
    /// A producer was asked how a local transaction ended.
    Checked {
        /// When.
        #[serde(rename = "t", deserialize_with = "instant")]
        at: Instant,
        /// The message's key.
        key: Option<String>,
        /// Which question about it this is, from 1.
        time: u32,
        /// The answer.
        answer: String,
    },
    /// A send failed.
    SendFailed {
        /// Which, when.
        #[serde(flatten)]
        send: Send,
        /// Class and first line of the exception.
        error: String,
        /// The response code that it carries.
        code: Option<u16>,
    },
    /// A listener was called.
    Consumed {
        /// When.
        #[serde(rename = "t", deserialize_with = "instant")]
        at: Instant,
        /// Whose.
        by: String,
        /// The message's topic, after a retry still the original one.
        topic: String,
        /// Its key.
        key: Option<String>,
        /// From which broker name.
        broker: String,
        /// From which queue.
        queue: u32,
        /// Its position there.
        queue_offset: u64,
        /// How often it was handed back before.
        reconsume_times: u32,
    },
    /// The queues that a consumer holds.
    Assignment {
        /// The consumer.
        of: String,
        /// Its clientId.
        client_id: String,
        /// `topic/broker/id`, a blank between, sorted as text.
        queues: String,
    },
    /// The queues that a name server gives a producer.
    Queues {
        /// `broker/id`, a blank between, in the order of the producer's list.
        queues: String,
    },
    /// A report that the replay does not compare.
    #[serde(other)]
    Other,
}

fn to_millis(seconds: f64) -> u64 {
    (seconds * 1000.0).round() as u64
}

fn instant<'de, D: Deserializer<'de>>(input: D) -> Result<Instant, D::Error> {
    f64::deserialize(input).map(|seconds| Instant::from_millis(to_millis(seconds)))
}

fn duration<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Duration>, D::Error> {
    f64::deserialize(input).map(|seconds| Some(Duration::from_millis(to_millis(seconds))))
}

fn milliseconds<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
    u64::deserialize(input).map(Duration::from_millis)
}

fn address<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Address>, D::Error> {
    let text = String::deserialize(input)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_belongs_to_the_process_whose_consumer_reports() {
        let consumed = |by: &str| {
            serde_json::json!({"t": 5.0, "event": "consumed", "by": by, "topic": "T", "key": null,
                "broker": "broker-a", "queue": 0, "queueOffset": 0, "reconsumeTimes": 0})
        };
        let steps = serde_json::json!([
            {"t": 1, "do": "consumer name=c group=g ns=NS topic=T", "client": "w1", "events": []},
            {"t": 2, "do": "consumer name=c group=g ns=NS topic=T", "client": "w2", "events": []},
            {"t": 6, "do": "wait 2 s", "events": [consumed("c")]},
            {"t": 7, "do": "wait 1 s", "events": [consumed("c")]},
            {"t": 8, "do": "stop name=c", "client": "w1", "events": []},
            {"t": 9, "do": "wait 1 s", "events": [consumed("c")]},
            {"t": 10, "do": "wait 1 s", "events": []},
        ]);
        let script = serde_json::json!({"version": "5.3.3", "scenario": "s", "steps": steps});
        let script = Script::read(&script.to_string()).expect("a recording");
        let waits = script.steps.iter().filter(|step| step.order.starts_with("wait"));
        let asked: Vec<_> = waits.map(|step| step.events.as_ref().map(|_| step.process())).collect();
        assert_eq!(asked, [Some("w1"), Some("w2"), Some("w2"), None]);
    }
}
