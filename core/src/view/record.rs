//! The bytes of a stored record, with a name for each field.

use serde::Serialize;

use crate::config::Profile;
use crate::id::Address;
use crate::message::{StoredMessage, encode_properties};
use crate::time::{Epoch, format_date_time};

/// `MESSAGE_MAGIC_CODE`.
const MAGIC: u32 = 0xDAA3_20A7;

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

/// The record as it stands in the commit log file.
pub fn record_bytes(message: &StoredMessage, profile: Profile, epoch: Epoch) -> Vec<u8> {
    record_fields(message, profile, epoch).into_iter().flat_map(|field| field.bytes).collect()
}

/// The record, field by field (`CommitLog.DefaultAppendMessageCallback`), all numbers big endian.
pub fn record_fields(message: &StoredMessage, profile: Profile, epoch: Epoch) -> Vec<RecordField> {
    let body = &message.message.body;
    let topic = message.message.topic.as_str();
    let properties = encode_properties(&message.message.properties, profile);
    let mut fields = Fields(Vec::new());
    let int = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    fields.int("TOTALSIZE", u32::try_from(message.record_length()).unwrap_or(u32::MAX));
    fields.put("MAGICCODE", &MAGIC.to_be_bytes(), format!("{MAGIC:#010X}"));
    let crc = crc32fast::hash(body) & 0x7FFF_FFFF;
    fields.put("BODYCRC", &crc.to_be_bytes(), format!("{crc:#010X}"));
    fields.int("QUEUEID", message.queue_id.0);
    fields.int("FLAG", 0);
    fields.long("QUEUEOFFSET", message.queue_offset.0);
    fields.long("PHYSICALOFFSET", message.commit_log_offset.0);
    fields.int("SYSFLAG", message.sys_flag);
    fields.time("BORNTIMESTAMP", epoch.wall_clock(message.born_at));
    fields.host("BORNHOST", message.born_host);
    fields.time("STORETIMESTAMP", epoch.wall_clock(message.stored_at));
    fields.host("STOREHOSTADDRESS", message.store_host);
    fields.int("RECONSUMETIMES", message.reconsume_times);
    fields.long("PreparedTransactionOffset", message.prepared_transaction_offset.0);
    fields.int("BODYLENGTH", int(body.len()));
    fields.put("BODY", body, String::from_utf8_lossy(body).into_owned());
    fields.put("TOPICLENGTH", &[u8::try_from(topic.len()).unwrap_or(u8::MAX)], topic.len().to_string());
    fields.put("TOPIC", topic.as_bytes(), topic.to_owned());
    let length = u16::try_from(properties.len()).unwrap_or(u16::MAX);
    fields.put("PROPERTIESLENGTH", &length.to_be_bytes(), length.to_string());
    let readable = properties.replace('\u{1}', "=").replace('\u{2}', " ");
    fields.put("PROPERTIES", properties.as_bytes(), readable.trim_end().to_owned());
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

    fn host(&mut self, name: &'static str, host: Address) {
        let mut bytes = host.ip.octets().to_vec();
        bytes.extend(u32::from(host.port).to_be_bytes());
        self.put(name, &bytes, host.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{CommitLogOffset, QueueId, QueueOffset};
    use crate::message::{Message, properties_length, property};
    use crate::time::Instant;

    #[test]
    fn the_bytes_are_as_many_as_the_record_says() {
        let mut message = Message::new("TopicTest".into(), *b"hello");
        message.set_property(property::TAGS, "TagA");
        for profile in [Profile::V4, Profile::V5] {
            let stored = StoredMessage {
                properties_length: properties_length(&message.properties, profile),
                message: message.clone(),
                queue_id: QueueId(3),
                queue_offset: QueueOffset(7),
                commit_log_offset: CommitLogOffset(1000),
                sys_flag: 0,
                born_at: Instant::ZERO,
                born_host: Address::local(50_001),
                stored_at: Instant::from_millis(5),
                store_host: Address::local(10911),
                reconsume_times: 0,
                prepared_transaction_offset: CommitLogOffset(0),
            };
            let bytes = record_bytes(&stored, profile, Epoch::default());
            assert_eq!(bytes.len() as u64, stored.record_length());
            assert_eq!(bytes[..4], u32::try_from(bytes.len()).expect("small").to_be_bytes());
            let fields = record_fields(&stored, profile, Epoch::default());
            let places: Vec<_> = fields.iter().map(|field| field.at).collect();
            assert_eq!(places[..16], [0, 4, 8, 12, 16, 20, 28, 36, 40, 48, 56, 64, 72, 76, 84, 88]);
        }
    }
}
