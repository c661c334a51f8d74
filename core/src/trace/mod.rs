//! Message trace: what clients write down about sends and consumptions, when they send it, and how it is read again.
//!
//! A trace message is an ordinary message on the trace topic. Its body holds one context after another; each ends in
//! the character 2, and its fields stand between characters 1. Its keys are the ids and keys of the messages traced.
//!
//! `context` is what is written, `dispatcher` decides when it leaves, `decode` reads it. Who sends it is the
//! [`client_instance`](crate::client_instance).
//!
//! **In RocketMQ**: `TraceDataEncoder`, `TraceContext`, `TraceBean`, `TraceType`, `TraceConstants`,
//! `AsyncTraceDispatcher`.
//!
//! **Left out on purpose**: the access channel `CLOUD`, which has a trace topic for each region; contexts that
//! `mqadmin` passes over keep only their kind when they are read; the recall of a message, which the lab does not have.

mod context;
mod decode;
mod dispatcher;
#[cfg(test)]
mod tests;

pub use context::{EndTransactionTrace, PubTrace, SubAfter, SubBean, SubTrace, TraceContext};
pub use decode::{DecodeError, TraceType, TraceView, decode};
pub use dispatcher::{MAX_MSG_SIZE, TraceData, TraceDispatcher};

/// Between two fields of a context (`CONTENT_SPLITOR`).
pub const CONTENT_SPLITTER: char = '\u{1}';
/// Behind each context (`FIELD_SPLITOR`).
pub const FIELD_SPLITTER: char = '\u{2}';
/// The topic that traces go to unless a client names another (`TopicValidator.RMQ_SYS_TRACE_TOPIC`).
pub const TRACE_TOPIC: &str = "RMQ_SYS_TRACE_TOPIC";
/// The region of a message without one (`MixAll.DEFAULT_TRACE_REGION_ID`).
pub const DEFAULT_REGION: &str = "DefaultRegion";
