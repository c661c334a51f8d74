//! The bytes of a stored record, with a name for each field.

use crate::config::Profile;
use crate::message::{RecordContent, RecordField, StoredMessage};
use crate::time::Epoch;

/// The record as it stands in the commit log file.
pub fn record_bytes(message: &StoredMessage, profile: Profile, epoch: Epoch) -> Vec<u8> {
    record_fields(message, profile, epoch).into_iter().flat_map(|field| field.bytes).collect()
}

/// The record, field by field.
pub fn record_fields(message: &StoredMessage, profile: Profile, epoch: Epoch) -> Vec<RecordField> {
    crate::message::record_fields(&RecordContent::of(message, profile, epoch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Address, CommitLogOffset, QueueId, QueueOffset};
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
