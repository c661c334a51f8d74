//! Messages, their properties and ids.
//!
//! **In RocketMQ**: `Message`, `MessageExt`, `MessageConst`, `MessageClientIDSetter`, `MessageDecoder`.
//!
//! **Left out on purpose**: compression of large bodies, batches, IPv6 hosts of the lab's own nodes (the bytes of a
//! record know them), message flags, the hash order in which Java's `HashMap` writes the properties of one record
//! (ours come in the order in which they were set; the length is the same).

mod decode;
mod delay_levels;
mod properties;
mod record;

use std::net::SocketAddr;
use std::sync::Arc;

use arcstr::ArcStr;

pub use decode::{decode_offset_message_id, decode_record};
pub use delay_levels::{BadDelayLevels, DelayLevels};
use properties::shared_text;
pub use properties::{
    Property, UserPropertyError, decode_properties, delete_property, encode_properties, properties_length,
};
pub use record::{
    EncodeRefusal, MessageVersion, PROPERTIES_MAX_LENGTH, RecordContent, RecordField, body_crc, check_record,
    encode_record, record_fields, record_length,
};

use serde::Serialize;

use crate::id::{Address, CommitLogOffset, QueueId, QueueOffset, TopicName};
use crate::sys_flag::message::{
    TRANSACTION_COMMIT, TRANSACTION_NOT, TRANSACTION_ROLLBACK, transaction_value,
};
use crate::time::Instant;

/// Property names (`MessageConst`).
pub mod property {
    /// Keys to query by, joined by a blank.
    pub const KEYS: &str = "KEYS";
    /// The tag.
    pub const TAGS: &str = "TAGS";
    /// The producer's message id.
    pub const UNIQ_KEY: &str = "UNIQ_KEY";
    /// The delay level; 0 for none.
    pub const DELAY: &str = "DELAY";
    /// Whether the producer waits until the message is safe.
    pub const WAIT: &str = "WAIT";
    /// The cluster of the broker that stored the message.
    pub const CLUSTER: &str = "CLUSTER";
    /// Region id of the broker, for traces.
    pub const MSG_REGION: &str = "MSG_REGION";
    /// Whether the broker allows traces.
    pub const TRACE_ON: &str = "TRACE_ON";
    /// Where a message goes that waits in another topic: delayed, or half.
    pub const REAL_TOPIC: &str = "REAL_TOPIC";
    /// The queue of [`REAL_TOPIC`].
    pub const REAL_QUEUE_ID: &str = "REAL_QID";
    /// Whether the message is half: stored, not visible before its transaction commits.
    pub const TRANSACTION_PREPARED: &str = "TRAN_MSG";
    /// The producer group that is asked how a transaction ended.
    pub const PRODUCER_GROUP: &str = "PGROUP";
    /// The producer's message id once more, put into half messages by brokers of V5.
    pub const TRANSACTION_ID: &str = "__transactionId__";
    /// How often the producer group was asked about a half message.
    pub const TRANSACTION_CHECK_TIMES: &str = "TRANSACTION_CHECK_TIMES";
    /// For how many seconds after its birth a half message is not asked about.
    pub const CHECK_IMMUNITY_TIME_IN_SECONDS: &str = "CHECK_IMMUNITY_TIME_IN_SECONDS";
    /// The first place of a half message in its queue, in a copy made while it was immune.
    pub const TRANSACTION_PREPARED_QUEUE_OFFSET: &str = "TRAN_PREPARED_QUEUE_OFFSET";
    /// When a timer message is to be delivered, in milliseconds since 1970.
    pub const TIMER_DELIVER_MS: &str = "TIMER_DELIVER_MS";
    /// After how many seconds a timer message is to be delivered.
    pub const TIMER_DELAY_SEC: &str = "TIMER_DELAY_SEC";
    /// After how many milliseconds a timer message is to be delivered.
    pub const TIMER_DELAY_MS: &str = "TIMER_DELAY_MS";
    /// The slot of the wheel that a timer message waits in, in milliseconds since 1970.
    pub const TIMER_OUT_MS: &str = "TIMER_OUT_MS";
    /// When a timer message was put into the wheel, in milliseconds since 1970.
    pub const TIMER_ENQUEUE_MS: &str = "TIMER_ENQUEUE_MS";
    /// When a timer message was taken out of the wheel, in milliseconds since 1970.
    pub const TIMER_DEQUEUE_MS: &str = "TIMER_DEQUEUE_MS";
    /// Marks a message that takes a timer message out of the wheel.
    pub const TIMER_DELETE_UNIQUE_KEY: &str = "TIMER_DEL_UNIQKEY";
    /// When a message that POP has revived was popped for the first time, in milliseconds since 1970.
    pub const FIRST_POP_TIME: &str = "1ST_POP_TIME";
    /// The topic that a message handed back came from first.
    pub const RETRY_TOPIC: &str = "RETRY_TOPIC";
    /// The `offsetMsgId` of the record that a message handed back came from first.
    pub const ORIGIN_MESSAGE_ID: &str = "ORIGIN_MESSAGE_ID";
    /// Put in by a client that pulls: the first offset of the queue at that moment.
    pub const MIN_OFFSET: &str = "MIN_OFFSET";
    /// Put in by a client that pulls: the end of the queue at that moment.
    pub const MAX_OFFSET: &str = "MAX_OFFSET";
    /// Put in by a client that consumes: when its listener was called, in milliseconds since 1970.
    pub const CONSUME_START_TIME: &str = "CONSUME_START_TIME";
}

/// Between two keys of a message (`MessageConst.KEY_SEPARATOR`).
pub const KEY_SEPARATOR: &str = " ";

/// What a producer sends: a topic, a body and properties.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Message {
    /// Where it goes.
    pub topic: TopicName,
    /// Name and value of each property, each name once.
    pub properties: Vec<Property>,
    /// The application's bytes; RocketMQ does not look into them.
    pub body: Arc<[u8]>,
}

impl Message {
    /// A message without properties.
    pub fn new(topic: TopicName, body: impl Into<Arc<[u8]>>) -> Self {
        Self { topic, properties: Vec::new(), body: body.into() }
    }

    /// The value of a property.
    pub fn property(&self, name: &str) -> Option<&ArcStr> {
        self.properties.iter().find(|(key, _)| &**key == name).map(|(_, value)| value)
    }

    /// Sets a property, replacing an earlier value.
    pub fn set_property(&mut self, name: &str, value: &str) {
        self.set_shared_property(name, shared_text(value));
    }

    /// As [`set_property`](Self::set_property), with a text that others have too.
    pub fn set_shared_property(&mut self, name: &str, value: ArcStr) {
        match self.properties.iter_mut().find(|(key, _)| &**key == name) {
            Some((_, old)) => *old = value,
            None => self.properties.push((shared_text(name), value)),
        }
    }

    /// Takes a property away.
    pub fn remove_property(&mut self, name: &str) {
        self.properties.retain(|(key, _)| &**key != name);
    }

    /// The delay level that the sender asks for; 0 for none, and for what is no number.
    pub fn delay_level(&self) -> u32 {
        self.property(property::DELAY).and_then(|level| level.parse().ok()).unwrap_or(0)
    }

    /// The tag, by which consumers filter.
    pub fn tag(&self) -> Option<&ArcStr> {
        self.property(property::TAGS)
    }

    /// The keys, by which people look messages up.
    pub fn keys(&self) -> Option<&ArcStr> {
        self.property(property::KEYS)
    }

    /// Gives the message several keys (`Message.setKeys`).
    pub fn set_keys(&mut self, keys: &[&str]) {
        self.set_property(property::KEYS, &keys.join(KEY_SEPARATOR));
    }

    /// How long the message is to be held back: a level of [`DelayLevels`]; 0 for not at all.
    pub fn delay_time_level(&self) -> i32 {
        self.property(property::DELAY).and_then(|level| level.parse().ok()).unwrap_or(0)
    }

    /// Asks for the delay of this level.
    pub fn set_delay_time_level(&mut self, level: i32) {
        self.set_property(property::DELAY, &level.to_string());
    }

    /// The producer's message id, the same through all retries of a send.
    pub fn unique_key(&self) -> Option<&ArcStr> {
        self.property(property::UNIQ_KEY)
    }
}

/// A message as a broker stored it: one record of its commit log (`MessageExtBrokerInner`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct StoredMessage {
    /// What the producer sent, with the properties that the broker added.
    pub message: Message,
    /// The queue.
    pub queue_id: QueueId,
    /// The position in the queue.
    pub queue_offset: QueueOffset,
    /// The position of the record in the commit log.
    pub commit_log_offset: CommitLogOffset,
    /// Bits as in `MessageSysFlag`; 0 for a plain message.
    pub sys_flag: u32,
    /// When the producer made the message.
    pub born_at: Instant,
    /// The producer's address.
    pub born_host: Address,
    /// When the broker appended it.
    pub stored_at: Instant,
    /// The broker's address.
    pub store_host: Address,
    /// How often it was handed back for another try.
    pub reconsume_times: u32,
    /// Commit log offset of the half message of a committed transaction, else 0.
    pub prepared_transaction_offset: CommitLogOffset,
    /// Length of the property block in bytes.
    pub properties_length: u32,
}

impl StoredMessage {
    /// The id that a broker gives a record: its own address and the record's place (`MessageDecoder`).
    pub fn offset_message_id(&self) -> String {
        offset_message_id(self.store_host, self.commit_log_offset)
    }

    /// Bytes of the record (91 + body + topic + properties, behaviour §3.2).
    pub fn record_length(&self) -> u64 {
        let topic = self.message.topic.as_str().len();
        let version = MessageVersion::of_topic_length(topic);
        let body = self.message.body.len() as u64;
        record_length(version, self.sys_flag, body, topic as u64, u64::from(self.properties_length))
    }

    /// Whether the message counts in its queue. What a transaction prepared (4) or rolled back (12) stands in the
    /// log only: it takes no queue offset and gets no queue entry.
    pub const fn is_queued(&self) -> bool {
        matches!(transaction_value(self.sys_flag), TRANSACTION_NOT | TRANSACTION_COMMIT)
    }

    /// Whether the message can be looked up by key: everything but what a transaction rolled back.
    pub const fn is_indexed(&self) -> bool {
        transaction_value(self.sys_flag) != TRANSACTION_ROLLBACK
    }

    /// The position right behind the record.
    pub fn end(&self) -> CommitLogOffset {
        CommitLogOffset(self.commit_log_offset.0 + self.record_length())
    }
}

/// One entry of a commit log.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Record {
    /// A message.
    Message(Arc<StoredMessage>),
    /// What is left of a file that had no room for the next message (`BLANK_MAGIC_CODE`).
    Blank {
        /// Where it begins.
        at: CommitLogOffset,
        /// Bytes up to the end of the file.
        size: u64,
    },
}

impl Record {
    /// Where it begins.
    pub fn begin(&self) -> CommitLogOffset {
        match self {
            Self::Message(message) => message.commit_log_offset,
            Self::Blank { at, .. } => *at,
        }
    }

    /// The position right behind it.
    pub fn end(&self) -> CommitLogOffset {
        match self {
            Self::Message(message) => message.end(),
            Self::Blank { at, size } => CommitLogOffset(at.0 + size),
        }
    }
}

/// `offsetMsgId`: address of the broker and offset of the record, 32 hex digits (56 for IPv6).
pub fn offset_message_id(host: impl Into<SocketAddr>, offset: CommitLogOffset) -> String {
    let host = host.into();
    let ip: String = record::ip_bytes(host.ip()).iter().map(|byte| format!("{byte:02X}")).collect();
    format!("{ip}{:08X}{:016X}", host.port(), offset.0)
}

/// Java's `String.hashCode`, over UTF-16 units with wrap-around.
pub fn java_hash(text: &str) -> i32 {
    java_hash_of([text])
}

/// As [`java_hash`], of a text that comes in pieces.
pub(crate) fn java_hash_of<const N: usize>(pieces: [&str; N]) -> i32 {
    let add = |hash: i32, unit: u16| hash.wrapping_mul(31).wrapping_add(i32::from(unit));
    pieces.into_iter().fold(0, |hash, piece| match piece.is_ascii() {
        true => piece.bytes().map(u16::from).fold(hash, add),
        false => piece.encode_utf16().fold(hash, add),
    })
}

/// The tag hash in a consume queue entry; 0 without a tag.
pub fn tag_hash(tag: Option<&str>) -> i64 {
    tag.map_or(0, |tag| i64::from(java_hash(tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_equal_rocketmqs() {
        let host: Address = "192.168.0.1:10911".parse().expect("an address");
        assert_eq!(offset_message_id(host, CommitLogOffset(0)), "C0A8000100002A9F0000000000000000");
        let local = Address::local(10911);
        assert_eq!(offset_message_id(local, CommitLogOffset(1 << 30)), "7F00000100002A9F0000000040000000");
    }

    #[test]
    fn hashes_equal_javas() {
        let hashes = ["TagA", "TagB", "Aa", "BB"].map(java_hash);
        assert_eq!(hashes, [2_598_919, 2_598_920, 2112, 2112]);
        assert_eq!(tag_hash(None), 0);
    }
}
