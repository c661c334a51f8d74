//! The bytes of one record of a commit log.
//!
//! A record begins with a fixed part, big endian throughout, and ends with body, topic and properties, each behind
//! its own length. Hosts take 8 bytes as IPv4 and 20 as IPv6; two bits of the system flag say which.
//!
//! **In RocketMQ**: `MessageExtEncoder`, `MessageVersion` (behaviour §3.2).
//!
//! **Left out on purpose**: the reserved CRC property of the whole record (off by default), batches.
//!
//! **Invariants**: [`decode_record`](super::decode_record) gives back what [`encode_record`] was given; the encoded bytes are as many as
//! [`record_length`] says.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use arcstr::ArcStr;

use serde::Serialize;

use super::StoredMessage;
use super::properties::encode_properties;
use crate::config::Profile;
use crate::sys_flag::message::{BORN_HOST_V6, STORE_HOST_V6};
use crate::time::{Epoch, format_date_time};

/// Longest property block in bytes: its length stands in a signed short.
pub const PROPERTIES_MAX_LENGTH: usize = 32_767;
/// What a record may have beside its body, in bytes.
const RESERVED_BESIDE_BODY: u64 = 64 << 10;

/// How a record tells the length of its topic (`MessageVersion`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum MessageVersion {
    /// In one byte.
    V1,
    /// In two bytes: since 5.0, for topics of more than 127 bytes.
    V2,
}

impl MessageVersion {
    /// The version that a topic of so many bytes needs.
    pub const fn of_topic_length(length: usize) -> Self {
        if length > crate::names::TOPIC_MAX_LENGTH { Self::V2 } else { Self::V1 }
    }

    /// By which a reader tells the versions apart, and records from the blank at the end of a file.
    pub const fn magic_code(self) -> u32 {
        match self {
            Self::V1 => 0xDAA3_20A7,
            Self::V2 => 0xDAA3_20AB,
        }
    }

    const fn topic_length_bytes(self) -> u64 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }

    pub(super) fn of_magic_code(code: u32) -> Option<Self> {
        [Self::V1, Self::V2].into_iter().find(|version| version.magic_code() == code)
    }
}

/// Bytes of a record whose parts have these lengths (`MessageExtEncoder.calMsgLength`).
pub const fn record_length(
    version: MessageVersion,
    sys_flag: u32,
    body: u64,
    topic: u64,
    properties: u64,
) -> u64 {
    let fixed = 4 + 4 + 4 + 4 + 4 + 8 + 8 + 4 + 8 + 8 + 4 + 8 + 4 + 2;
    let hosts = host_length(sys_flag, BORN_HOST_V6) + host_length(sys_flag, STORE_HOST_V6);
    fixed + hosts + version.topic_length_bytes() + body + topic + properties
}

const fn host_length(sys_flag: u32, v6: u32) -> u64 {
    if sys_flag & v6 == 0 { 8 } else { 20 }
}

/// Why an encoder does not write a record (`PutMessageStatus`). The broker answers both with MESSAGE_ILLEGAL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeRefusal {
    /// The body is longer than `maxMessageSize`, or the whole record longer than that and 64 KiB.
    MessageIllegal,
    /// The properties take more than 32 767 bytes.
    PropertiesSizeExceeded,
}

impl fmt::Display for EncodeRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::MessageIllegal => "MESSAGE_ILLEGAL",
            Self::PropertiesSizeExceeded => "PROPERTIES_SIZE_EXCEEDED",
        })
    }
}

/// Whether a record with parts of these lengths may be written.
///
/// # Errors
/// The first limit that it breaks.
pub const fn check_record(
    body: u64,
    properties: u64,
    record: u64,
    max_message_size: u64,
) -> Result<(), EncodeRefusal> {
    if properties > PROPERTIES_MAX_LENGTH as u64 {
        return Err(EncodeRefusal::PropertiesSizeExceeded);
    }
    if body > max_message_size || record > max_message_size.saturating_add(RESERVED_BESIDE_BODY) {
        return Err(EncodeRefusal::MessageIllegal);
    }
    Ok(())
}

/// What stands in a record, with wall-clock times in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordContent {
    /// How the topic's length is told.
    pub version: MessageVersion,
    /// The queue.
    pub queue_id: u32,
    /// The application's flag.
    pub flag: i32,
    /// The position in the queue.
    pub queue_offset: u64,
    /// The position in the commit log.
    pub commit_log_offset: u64,
    /// Bits as in `MessageSysFlag`.
    pub sys_flag: u32,
    /// When the producer made the message.
    pub born_timestamp: u64,
    /// The producer's address.
    pub born_host: SocketAddr,
    /// When the broker appended it.
    pub store_timestamp: u64,
    /// The broker's address.
    pub store_host: SocketAddr,
    /// How often it was handed back.
    pub reconsume_times: u32,
    /// Commit log offset of the half message of a committed transaction, else 0.
    pub prepared_transaction_offset: u64,
    /// The application's bytes.
    pub body: Arc<[u8]>,
    /// The topic.
    pub topic: ArcStr,
    /// The property block as stored.
    pub properties: ArcStr,
}

impl RecordContent {
    /// The record of a stored message.
    pub fn of(message: &StoredMessage, profile: Profile, epoch: Epoch) -> Self {
        let topic = message.message.topic.as_str();
        Self {
            version: MessageVersion::of_topic_length(topic.len()),
            queue_id: message.queue_id.0,
            flag: 0,
            queue_offset: message.queue_offset.0,
            commit_log_offset: message.commit_log_offset.0,
            sys_flag: message.sys_flag,
            born_timestamp: epoch.wall_clock(message.born_at),
            born_host: message.born_host.into(),
            store_timestamp: epoch.wall_clock(message.stored_at),
            store_host: message.store_host.into(),
            reconsume_times: message.reconsume_times,
            prepared_transaction_offset: message.prepared_transaction_offset.0,
            body: message.message.body.clone(),
            topic: topic.into(),
            properties: encode_properties(&message.message.properties, profile).into(),
        }
    }

    /// Bytes of the record.
    pub fn length(&self) -> u64 {
        let lengths = [self.body.len(), self.topic.len(), self.properties.len()].map(|length| length as u64);
        record_length(self.version, self.sys_flag, lengths[0], lengths[1], lengths[2])
    }
}

/// One field of a record (behaviour §3.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordField {
    /// RocketMQ's name of the field.
    pub name: &'static str,
    /// Where it begins, counted from the record's first byte.
    pub at: usize,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What they mean, for people.
    pub value: String,
}

/// `CRC-32` of a body without the sign bit (`UtilAll.crc32`): field BODYCRC.
pub fn body_crc(body: &[u8]) -> u32 {
    crc32fast::hash(body) & 0x7FFF_FFFF
}

/// The record, field by field (`CommitLog.DefaultAppendMessageCallback`), all numbers big endian.
pub fn record_fields(record: &RecordContent) -> Vec<RecordField> {
    let mut fields = Fields(Vec::new());
    let magic = record.version.magic_code();
    let crc = body_crc(&record.body);
    fields.int("TOTALSIZE", u32::try_from(record.length()).unwrap_or(u32::MAX));
    fields.put("MAGICCODE", &magic.to_be_bytes(), format!("{magic:#010X}"));
    fields.put("BODYCRC", &crc.to_be_bytes(), format!("{crc:#010X}"));
    fields.int("QUEUEID", record.queue_id);
    fields.put("FLAG", &record.flag.to_be_bytes(), record.flag.to_string());
    fields.long("QUEUEOFFSET", record.queue_offset);
    fields.long("PHYSICALOFFSET", record.commit_log_offset);
    fields.int("SYSFLAG", record.sys_flag);
    fields.time("BORNTIMESTAMP", record.born_timestamp);
    fields.host("BORNHOST", record.born_host);
    fields.time("STORETIMESTAMP", record.store_timestamp);
    fields.host("STOREHOSTADDRESS", record.store_host);
    fields.int("RECONSUMETIMES", record.reconsume_times);
    fields.long("PreparedTransactionOffset", record.prepared_transaction_offset);
    fields.int("BODYLENGTH", u32::try_from(record.body.len()).unwrap_or(u32::MAX));
    fields.put("BODY", &record.body, String::from_utf8_lossy(&record.body).into_owned());
    fields.topic_length(record.version, record.topic.len());
    fields.put("TOPIC", record.topic.as_bytes(), record.topic.to_string());
    let length = u16::try_from(record.properties.len()).unwrap_or(u16::MAX);
    fields.put("PROPERTIESLENGTH", &length.to_be_bytes(), length.to_string());
    let readable = record.properties.replace('\u{1}', "=").replace('\u{2}', " ");
    fields.put("PROPERTIES", record.properties.as_bytes(), readable.trim_end().to_owned());
    fields.0
}

struct Fields(Vec<RecordField>);

impl Fields {
    fn put(&mut self, name: &'static str, bytes: &[u8], value: String) {
        let at = self.0.last().map_or(0, |last| last.at + last.bytes.len());
        self.0.push(RecordField { name, at, bytes: bytes.to_vec(), value });
    }

    fn int(&mut self, name: &'static str, number: u32) {
        self.put(name, &number.to_be_bytes(), number.to_string());
    }

    fn long(&mut self, name: &'static str, number: u64) {
        self.put(name, &number.to_be_bytes(), number.to_string());
    }

    fn time(&mut self, name: &'static str, unix_ms: u64) {
        self.put(name, &unix_ms.to_be_bytes(), format_date_time(unix_ms));
    }

    fn host(&mut self, name: &'static str, host: SocketAddr) {
        let mut bytes = ip_bytes(host.ip());
        bytes.extend(u32::from(host.port()).to_be_bytes());
        self.put(name, &bytes, host.to_string());
    }

    fn topic_length(&mut self, version: MessageVersion, length: usize) {
        match version {
            MessageVersion::V1 => {
                let byte = u8::try_from(length).unwrap_or(u8::MAX);
                self.put("TOPICLENGTH", &[byte], length.to_string());
            }
            MessageVersion::V2 => {
                let short = u16::try_from(length).unwrap_or(u16::MAX);
                self.put("TOPICLENGTH", &short.to_be_bytes(), length.to_string());
            }
        }
    }
}

/// The bytes of an address as records and message ids have them: 4 or 16.
pub(super) fn ip_bytes(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

/// The record as it stands in the commit log file.
///
/// # Errors
/// The limit that the message breaks; `max_message_size` is the broker's `maxMessageSize` in bytes.
pub fn encode_record(record: &RecordContent, max_message_size: u64) -> Result<Vec<u8>, EncodeRefusal> {
    let lengths = [record.body.len(), record.properties.len()].map(|length| length as u64);
    check_record(lengths[0], lengths[1], record.length(), max_message_size)?;
    Ok(record_fields(record).into_iter().flat_map(|field| field.bytes).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::decode_record;

    fn record(topic: &str, sys_flag: u32, host: &str) -> RecordContent {
        RecordContent {
            version: MessageVersion::of_topic_length(topic.len()),
            queue_id: 3,
            flag: -1,
            queue_offset: 7,
            commit_log_offset: 1000,
            sys_flag,
            born_timestamp: 1,
            born_host: host.parse().expect("a host"),
            store_timestamp: 2,
            store_host: host.parse().expect("a host"),
            reconsume_times: 4,
            prepared_transaction_offset: 5,
            body: (*b"hello").into(),
            topic: topic.into(),
            properties: "TAGS\u{1}TagA\u{2}".into(),
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let long_topic = "t".repeat(200);
        let both_v6 = BORN_HOST_V6 | STORE_HOST_V6;
        for (topic, sys_flag, host) in [
            ("TopicTest", 0, "10.0.0.1:1"),
            ("TopicTest", both_v6, "[2001:db8::1]:1"),
            (&*long_topic, 0, "10.0.0.1:1"),
        ] {
            let record = record(topic, sys_flag, host);
            let bytes = encode_record(&record, 5).expect("a body of 5 bytes");
            assert_eq!(bytes.len() as u64, record.length());
            assert_eq!(decode_record(&bytes).as_ref(), Some(&record));
            assert_eq!(decode_record(&bytes[..bytes.len() - 1]), None, "cut off");
        }
        assert_eq!(decode_record(&[0; 200]), None, "no magic code");
    }

    #[test]
    fn what_is_too_long_is_not_written() {
        let refused = encode_record(&record("TopicTest", 0, "10.0.0.1:1"), 4);
        assert_eq!(refused, Err(EncodeRefusal::MessageIllegal));
        assert_eq!(check_record(5, 32_767, 32_863, 5), Ok(()));
        assert_eq!(check_record(5, 32_768, 32_864, 5), Err(EncodeRefusal::PropertiesSizeExceeded));
    }
}
