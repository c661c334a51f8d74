//! Message trace as text: what a client writes down about a send or a consumption, and how it is read again.
//!
//! A trace message is an ordinary message on the trace topic. Its body holds one context after another; each ends in
//! the character 2, and its fields stand between characters 1. Its keys are the ids and keys of the messages traced.
//!
//! **In RocketMQ**: `TraceDataEncoder`, `TraceContext`, `TraceBean`, `TraceType`, `TraceConstants`.
//!
//! **Left out on purpose**: the access channel `CLOUD`; contexts that `mqadmin` passes over keep only their kind.

mod decode;

pub use decode::{DecodeError, TraceType, TraceView, decode};

use std::fmt;
use std::sync::Arc;

/// Between two fields of a context (`CONTENT_SPLITOR`).
pub const CONTENT_SPLITTER: char = '\u{1}';
/// Behind each context (`FIELD_SPLITOR`).
pub const FIELD_SPLITTER: char = '\u{2}';

/// What a producer writes down about a send (`TraceType.Pub`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PubTrace {
    /// When the context was made, milliseconds since 1970.
    pub time: u64,
    /// The broker's region (`regionId`).
    pub region: Arc<str>,
    /// The producer group.
    pub group: Arc<str>,
    /// The topic of the message.
    pub topic: Arc<str>,
    /// The producer's id of the message.
    pub msg_id: Arc<str>,
    /// The tag; Java prints `null` without one.
    pub tags: Option<Arc<str>>,
    /// The keys, as one text; Java prints `null` without any.
    pub keys: Option<Arc<str>>,
    /// The broker's address.
    pub store_host: String,
    /// Bytes of the body.
    pub body_length: usize,
    /// How long the last attempt took, in milliseconds.
    pub cost: u64,
    /// The ordinal of the message's type (`MessageType`).
    pub msg_type: u8,
    /// The broker's id of the message.
    pub offset_msg_id: String,
    /// Whether the answer was `SEND_OK`.
    pub is_success: bool,
}

impl fmt::Display for PubTrace {
    /// The text of the context, with its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_null = |text: &Option<Arc<str>>| text.as_deref().unwrap_or("null").to_owned();
        let fields = [
            "Pub".to_owned(),
            self.time.to_string(),
            self.region.to_string(),
            self.group.to_string(),
            self.topic.to_string(),
            self.msg_id.to_string(),
            or_null(&self.tags),
            or_null(&self.keys),
            self.store_host.clone(),
            self.body_length.to_string(),
            self.cost.to_string(),
            self.msg_type.to_string(),
            self.offset_msg_id.clone(),
            self.is_success.to_string(),
        ];
        write!(f, "{}{FIELD_SPLITTER}", fields.join("\u{1}"))
    }
}

impl PubTrace {
    /// The keys under which the trace is found: the id, then the keys of the message (`TraceTransferBean.transKey`).
    pub fn trans_keys(&self) -> impl Iterator<Item = &str> {
        let keys = self.keys.as_deref().filter(|keys| !keys.is_empty());
        std::iter::once(&*self.msg_id).chain(keys.into_iter().flat_map(|keys| keys.split(' ')))
    }
}
