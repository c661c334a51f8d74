//! Vectors of the store: records, queues, index, retention.

mod delays;
mod index;
mod names;
mod queues;
mod records;
mod retention;

use std::sync::Arc;

use lab_core::config::{BrokerConfig, Profile};
use lab_core::id::{Address, CommitLogOffset, QueueId, QueueOffset};
use lab_core::message::{Message, StoredMessage, properties_length};
use lab_core::store::{IndexSize, MessageStore, StoreConfig};
use lab_core::time::{Epoch, Instant};
use serde_json::{Value, json};

use super::{File, Outcome};

/// The files of this module.
pub const FILES: &[File] = &[
    ("commitlog_append", queues::append),
    ("crc32", records::crc32),
    ("delay_levels", delays::check),
    ("file_names", names::check_file_name),
    ("get_message", queues::get_message),
    ("index_file", index::check_file),
    ("index_hash", index::check_hash),
    ("message_id_offset", names::check_message_id),
    ("offset_by_time", queues::offset_by_time),
    ("properties_string", records::properties),
    ("query_by_key", index::check_query),
    ("record_bytes", records::bytes),
    ("record_length", records::length),
    ("retention", retention::check),
];

/// The version that the vectors were made from.
const PROFILE: Profile = Profile::V5;
/// Larger than every log of the vectors: all records are in memory.
const MEMORY: u64 = 1 << 40;

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn small(value: &Value) -> u32 {
    u32::try_from(number(value)).unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn time(value: &Value) -> Instant {
    Instant::from_millis(number(value))
}

fn unknown_group() -> Outcome {
    Outcome::Failed("a group that the lab does not know".to_owned())
}

/// A store whose files have these sizes.
fn store(commit_log_file_size: u64, queue_file_entries: u64) -> MessageStore {
    let defaults = StoreConfig::of(PROFILE, Epoch::default(), &BrokerConfig::of(PROFILE));
    MessageStore::new(StoreConfig { commit_log_file_size, queue_file_entries, ..defaults })
}

/// Sizes of index files as RocketMQ has them unless told otherwise.
fn default_index_size() -> IndexSize {
    StoreConfig::of(PROFILE, Epoch::default(), &BrokerConfig::of(PROFILE)).index_size
}

/// A message to be stored: body of so many bytes, properties in this order without those that are null.
fn message(topic: &str, queue_id: u32, body: u64, properties: &[(&str, &Value)]) -> StoredMessage {
    let body: Arc<[u8]> = std::iter::repeat_n(b'x', usize::try_from(body).unwrap_or_default()).collect();
    let mut message = Message::new(topic.into(), body);
    for (name, value) in properties.iter().filter(|(_, value)| !value.is_null()) {
        message.set_property(name, text(value));
    }
    StoredMessage {
        properties_length: properties_length(&message.properties, PROFILE),
        message,
        queue_id: QueueId(queue_id),
        queue_offset: QueueOffset(0),
        commit_log_offset: CommitLogOffset(0),
        sys_flag: 0,
        born_at: Instant::ZERO,
        born_host: Address::local(50_000),
        stored_at: Instant::ZERO,
        store_host: Address::local(10_911),
        reconsume_times: 0,
        prepared_transaction_offset: CommitLogOffset(0),
    }
}

fn dispatch(store: &mut MessageStore) {
    store.dispatch(store.log().max());
}

/// A JSON list of offsets.
fn offsets(offsets: impl IntoIterator<Item = u64>) -> Value {
    json!(offsets.into_iter().collect::<Vec<_>>())
}
