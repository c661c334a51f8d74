//! What is written down about one send, one call of a listener or one end of a transaction, and its text.
//!
//! **In RocketMQ**: `TraceContext` with its `TraceBean`s, `TraceDataEncoder.encoderFromContextBean`.

use std::fmt;

use arcstr::ArcStr;

use super::{CONTENT_SPLITTER, FIELD_SPLITTER};
use crate::hash_order::in_name_order;
use crate::id::TopicName;
use crate::message::KEY_SEPARATOR;

/// What a producer writes down about a send (`TraceType.Pub`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PubTrace {
    /// When the context was made, milliseconds since 1970: before an attempt, of an asynchronous send the first.
    pub time: u64,
    /// The broker's region (`regionId`).
    pub region: ArcStr,
    /// The producer group.
    pub group: ArcStr,
    /// The topic of the message.
    pub topic: TopicName,
    /// The producer's id of the message.
    pub msg_id: ArcStr,
    /// The tag; Java prints `null` without one.
    pub tags: Option<ArcStr>,
    /// The keys, as one text; Java prints `null` without any.
    pub keys: Option<ArcStr>,
    /// The address of the broker that the context was made for.
    pub store_host: String,
    /// Bytes of the body.
    pub body_length: usize,
    /// Milliseconds from `time` to the answer.
    pub cost: u64,
    /// The ordinal of the message's type (`MessageType`).
    pub msg_type: u8,
    /// The broker's id of the message.
    pub offset_msg_id: String,
    /// Whether the answer was `SEND_OK`.
    pub is_success: bool,
}

/// A message that the listener is called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubBean {
    /// Its topic, also when it comes from the retry topic.
    pub topic: TopicName,
    /// The producer's id of it.
    pub msg_id: ArcStr,
    /// How often it had failed before.
    pub retry_times: u32,
    /// Its keys, as one text; Java prints `null` without any.
    pub keys: Option<ArcStr>,
}

/// What a consumer writes down about a call of its listener, twice: before it and after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubTrace {
    /// When this context was made, milliseconds since 1970.
    pub time: u64,
    /// The region of the last message; none is stored with a message of a V4 broker.
    pub region: Option<ArcStr>,
    /// The consumer group.
    pub group: ArcStr,
    /// What the two contexts of a call have in common.
    pub request_id: ArcStr,
    /// The messages.
    pub beans: Vec<SubBean>,
    /// How the call ended; `None` before it (`TraceType.SubBefore`, `SubAfter`).
    pub after: Option<SubAfter>,
}

/// How a call of the listener ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubAfter {
    /// Milliseconds that it took, divided by the number of messages.
    pub cost: u64,
    /// Whether the listener was content.
    pub is_success: bool,
    /// The ordinal of `ConsumeReturnType`.
    pub context_code: u8,
}

/// What a producer writes down when it tells a broker how a transaction ended (`TraceType.EndTransaction`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndTransactionTrace {
    /// When the context was made, milliseconds since 1970.
    pub time: u64,
    /// The broker's region.
    pub region: ArcStr,
    /// The producer group.
    pub group: ArcStr,
    /// The topic of the message.
    pub topic: TopicName,
    /// The producer's id of the half message, which is the id of the transaction too.
    pub msg_id: ArcStr,
    /// The tag; Java prints `null` without one.
    pub tags: Option<ArcStr>,
    /// The keys, as one text; Java prints `null` without any.
    pub keys: Option<ArcStr>,
    /// The broker's address.
    pub store_host: String,
    /// How it ended, in RocketMQ's word (`LocalTransactionState`).
    pub state: &'static str,
    /// Whether the broker had asked.
    pub from_check: bool,
}

/// `MessageType.Trans_msg_Commit`, whatever the end is.
const TRANS_MSG_COMMIT: u8 = 2;

/// One context (`TraceContext`); `Display` gives its text with its end (`TraceTransferBean.transData`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraceContext {
    /// A send.
    Pub(PubTrace),
    /// A call of a listener, before or after.
    Sub(SubTrace),
    /// The end of a transaction.
    EndTransaction(EndTransactionTrace),
}

impl TraceContext {
    /// The region; V5 passes over contexts without one.
    pub fn region(&self) -> Option<&ArcStr> {
        match self {
            Self::Pub(send) => Some(&send.region),
            Self::Sub(call) => call.region.as_ref(),
            Self::EndTransaction(end) => Some(&end.region),
        }
    }

    /// The topic of its first message.
    pub fn topic(&self) -> Option<&TopicName> {
        match self {
            Self::Pub(send) => Some(&send.topic),
            Self::Sub(call) => call.beans.first().map(|bean| &bean.topic),
            Self::EndTransaction(end) => Some(&end.topic),
        }
    }

    /// The keys under which it is found, each once: ids, and the keys of the messages (`TraceTransferBean.transKey`, a
    /// hash set).
    pub fn trans_keys(&self) -> Vec<&str> {
        let mut found = Vec::new();
        match self {
            Self::Pub(send) => add_keys(&mut found, &send.msg_id, send.keys.as_deref()),
            Self::Sub(call) => {
                call.beans.iter().for_each(|bean| add_keys(&mut found, &bean.msg_id, bean.keys.as_deref()));
            }
            Self::EndTransaction(end) => add_keys(&mut found, &end.msg_id, end.keys.as_deref()),
        }
        in_name_order(found, |key| (*key).to_owned())
    }
}

fn add_keys<'a>(found: &mut Vec<&'a str>, msg_id: &'a str, keys: Option<&'a str>) {
    // As Java splits them: empty ones at the end are gone.
    let keys = keys.map(|keys| keys.trim_end_matches(KEY_SEPARATOR)).filter(|keys| !keys.is_empty());
    for key in std::iter::once(msg_id).chain(keys.into_iter().flat_map(|keys| keys.split(KEY_SEPARATOR))) {
        if !found.contains(&key) {
            found.push(key);
        }
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pub(send) => write!(f, "{send}"),
            Self::Sub(call) => write!(f, "{call}"),
            Self::EndTransaction(end) => write!(f, "{end}"),
        }
    }
}

/// A text as Java prints it when there may be none.
fn or_null(text: Option<&ArcStr>) -> &str {
    text.map_or("null", |text| text)
}

fn write_fields(f: &mut fmt::Formatter<'_>, fields: &[&dyn fmt::Display]) -> fmt::Result {
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            write!(f, "{CONTENT_SPLITTER}")?;
        }
        write!(f, "{field}")?;
    }
    write!(f, "{FIELD_SPLITTER}")
}

impl fmt::Display for PubTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_fields(
            f,
            &[
                &"Pub",
                &self.time,
                &self.region,
                &self.group,
                &self.topic,
                &self.msg_id,
                &or_null(self.tags.as_ref()),
                &or_null(self.keys.as_ref()),
                &self.store_host,
                &self.body_length,
                &self.cost,
                &self.msg_type,
                &self.offset_msg_id,
                &self.is_success,
            ],
        )
    }
}

impl fmt::Display for SubTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for bean in &self.beans {
            let keys = or_null(bean.keys.as_ref());
            match self.after {
                None => write_fields(
                    f,
                    &[
                        &"SubBefore",
                        &self.time,
                        &or_null(self.region.as_ref()),
                        &self.group,
                        &self.request_id,
                        &bean.msg_id,
                        &bean.retry_times,
                        &keys,
                    ],
                )?,
                Some(SubAfter { cost, is_success, context_code }) => write_fields(
                    f,
                    &[
                        &"SubAfter",
                        &self.request_id,
                        &bean.msg_id,
                        &cost,
                        &is_success,
                        &keys,
                        &context_code,
                        &self.time,
                        &self.group,
                    ],
                )?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for EndTransactionTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_fields(
            f,
            &[
                &"EndTransaction",
                &self.time,
                &self.region,
                &self.group,
                &self.topic,
                &self.msg_id,
                &or_null(self.tags.as_ref()),
                &or_null(self.keys.as_ref()),
                &self.store_host,
                &TRANS_MSG_COMMIT,
                &self.msg_id,
                &self.state,
                &self.from_check,
            ],
        )
    }
}
