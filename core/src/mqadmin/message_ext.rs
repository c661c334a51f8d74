//! A message as the client library hands it to the tool, and how the tool prints it.
//!
//! **In RocketMQ**: `MessageExt`, `MessageClientExt`, `MessageDecoder`.

use std::sync::Arc;

use crate::config::Profile;
use crate::hash_order::in_buckets;
use crate::id::{Address, BrokerName, CommitLogOffset, QueueOffset};
use crate::message::{StoredMessage, java_hash, property};
use crate::time::Epoch;

/// A message in the hands of the tool.
#[derive(Clone, Debug)]
pub(super) struct MessageExt {
    /// As the broker stores it.
    pub(super) stored: Arc<StoredMessage>,
    /// What only a pull adds: the broker name, and the first offset of the queue and the one behind its end.
    pulled: Option<(BrokerName, QueueOffset, QueueOffset)>,
}

impl MessageExt {
    /// A message that was asked for by its id or key.
    pub(super) const fn new(stored: Arc<StoredMessage>) -> Self {
        Self { stored, pulled: None }
    }

    /// A message that was pulled.
    pub(super) const fn pulled(
        stored: Arc<StoredMessage>,
        broker_name: BrokerName,
        min: QueueOffset,
        max: QueueOffset,
    ) -> Self {
        Self { stored, pulled: Some((broker_name, min, max)) }
    }

    /// The producer's id; without one the broker's (`getMsgId`).
    pub(super) fn message_id(&self) -> String {
        self.stored.message.unique_key().map_or_else(|| self.stored.offset_message_id(), ToString::to_string)
    }

    /// The tag, `null` without one.
    pub(super) fn tag(&self) -> &str {
        self.stored.message.tag().map_or("null", |tag| tag)
    }

    /// The keys, `null` without any.
    pub(super) fn keys(&self) -> &str {
        self.stored.message.keys().map_or("null", |keys| keys)
    }

    /// The properties as Java prints the table that they are in. 5.x makes that table for 128 entries.
    pub(super) fn properties(&self, profile: Profile) -> String {
        let stored = &self.stored.message.properties;
        let mut all: Vec<(&str, String)> =
            stored.iter().map(|(name, value)| (&**name, value.to_string())).collect();
        if let Some((_, min, max)) = &self.pulled {
            all.push(("MIN_OFFSET", min.to_string()));
            all.push(("MAX_OFFSET", max.to_string()));
        }
        let made_for = if profile.is_v5() { 128 } else { 16 };
        let in_order = in_buckets(all, made_for, |(name, _)| java_hash(name));
        let pairs: Vec<String> = in_order.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{{{}}}", pairs.join(", "))
    }

    /// `toString`.
    pub(super) fn describe(&self, profile: Profile, epoch: Epoch) -> String {
        let stored = &self.stored;
        let message = &stored.message;
        let broker_name = self.pulled.as_ref().map_or("null", |(name, ..)| name.as_str());
        let body: Vec<String> = message.body.iter().map(|byte| byte.cast_signed().to_string()).collect();
        let is_half = message.property("TRAN_MSG").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let transaction_id = message.unique_key().filter(|_| is_half).map_or("null", |id| id);
        format!(
            "MessageExt [brokerName={broker_name}, queueId={}, storeSize={}, queueOffset={}, sysFlag={}, \
             bornTimestamp={}, bornHost=/{}, storeTimestamp={}, storeHost=/{}, msgId={}, commitLogOffset={}, \
             bodyCRC={}, reconsumeTimes={}, preparedTransactionOffset={}, toString()=Message{{topic='{}', flag=0, \
             properties={}, body=[{}], transactionId='{transaction_id}'}}]",
            stored.queue_id,
            stored.record_length(),
            stored.queue_offset,
            stored.sys_flag,
            epoch.wall_clock(stored.born_at),
            stored.born_host,
            epoch.wall_clock(stored.stored_at),
            stored.store_host,
            stored.offset_message_id(),
            stored.commit_log_offset,
            crc32fast::hash(&message.body) & 0x7FFF_FFFF,
            stored.reconsume_times,
            stored.prepared_transaction_offset,
            message.topic,
            self.properties(profile),
            body.join(", "),
        )
    }

    /// The body as text in one of Java's character sets; `None` when Java has none of that name. All are read as
    /// UTF-8, for the lab's bodies have letters that nearly all sets share.
    pub(super) fn body_text(&self, charset: &str) -> Option<String> {
        const KNOWN: &[&str] =
            &["UTF-8", "UTF8", "US-ASCII", "ASCII", "ISO-8859-1", "GBK", "GB2312", "GB18030", "BIG5"];
        let is_known = KNOWN.iter().any(|known| known.eq_ignore_ascii_case(charset));
        is_known.then(|| String::from_utf8_lossy(&self.stored.message.body).into_owned())
    }

    /// Whether one of its keys is this one.
    pub(super) fn has_key(&self, key: &str) -> bool {
        self.stored.message.property(property::KEYS).is_some_and(|keys| keys.split(' ').any(|own| own == key))
    }
}

/// The broker and the place that an `offsetMsgId` names (`MessageDecoder.decodeMessageId`). What a producer made for an
/// id has no port there that could be one.
pub(super) fn decode_message_id(id: &str) -> Option<(Address, CommitLogOffset)> {
    if id.len() != 32 || !id.bytes().all(|letter| letter.is_ascii_hexdigit()) {
        return None;
    }
    let ip = u32::from_str_radix(&id[..8], 16).ok()?;
    let port = u32::from_str_radix(&id[8..16], 16).ok().and_then(|port| u16::try_from(port).ok())?;
    let offset = u64::from_str_radix(&id[16..], 16).ok()?;
    Some((Address { ip: ip.into(), port }, CommitLogOffset(offset)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::QueueId;
    use crate::message::Message;
    use crate::time::Instant;

    fn message(properties: &[(&str, &str)]) -> MessageExt {
        let mut message = Message::new("T".into(), *b"m0");
        for (name, value) in properties {
            message.set_property(name, value);
        }
        let stored = StoredMessage {
            message,
            queue_id: QueueId(0),
            queue_offset: QueueOffset(0),
            commit_log_offset: CommitLogOffset(0),
            sys_flag: 0,
            born_at: Instant::ZERO,
            born_host: Address::local(60308),
            stored_at: Instant::ZERO,
            store_host: Address::local(10911),
            reconsume_times: 0,
            prepared_transaction_offset: CommitLogOffset(0),
            properties_length: 0,
        };
        MessageExt::pulled(Arc::new(stored), "broker-a".into(), QueueOffset(0), QueueOffset(3))
    }

    #[test]
    fn properties_print_in_the_recorded_order() {
        let four = message(&[("KEYS", "k"), ("TAGS", "t"), ("UNIQ_KEY", "u"), ("CLUSTER", "c")]);
        assert_eq!(
            four.properties(Profile::V4),
            "{MIN_OFFSET=0, MAX_OFFSET=3, KEYS=k, UNIQ_KEY=u, CLUSTER=c, TAGS=t}"
        );
        let five = message(&[
            ("KEYS", "k"),
            ("TAGS", "t"),
            ("WAIT", "true"),
            ("UNIQ_KEY", "u"),
            ("CLUSTER", "c"),
            ("MSG_REGION", "r"),
            ("TRACE_ON", "true"),
        ]);
        assert_eq!(
            five.properties(Profile::V5),
            "{MSG_REGION=r, UNIQ_KEY=u, CLUSTER=c, MIN_OFFSET=0, TAGS=t, KEYS=k, WAIT=true, TRACE_ON=true, \
             MAX_OFFSET=3}"
        );
    }

    #[test]
    fn only_a_brokers_id_names_a_place() {
        let place = (Address::local(10911), CommitLogOffset(0x10));
        assert_eq!(decode_message_id("7F00000100002a9f0000000000000010"), Some(place));
        assert_eq!(decode_message_id("7F000001105D5FFD2B277111E5FB0002"), None);
        assert_eq!(decode_message_id("order-1"), None);
    }
}
