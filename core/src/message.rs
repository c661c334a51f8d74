//! Messages, their properties and ids.
//!
//! **In RocketMQ**: `Message`, `MessageExt`, `MessageConst`, `MessageClientIDSetter`, `MessageDecoder`.
//!
//! **Left out on purpose**: compression of large bodies, batches, IPv6 hosts, message flags, the hash order in
//! which Java's `HashMap` writes the properties of one record (ours come in the order in which they were set;
//! the length is the same).

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::config::Profile;
use crate::id::{Address, CommitLogOffset, QueueId, QueueOffset, TopicName};
use crate::time::{Epoch, Instant};

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
    /// Marks a half message.
    pub const TRANSACTION_PREPARED: &str = "TRAN_MSG";
}

/// Between a property's name and its value.
const NAME_VALUE_SEPARATOR: char = '\u{1}';
/// Between one property and the next.
const PROPERTY_SEPARATOR: char = '\u{2}';

/// What a producer sends: a topic, a body and properties.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Message {
    /// Where it goes.
    pub topic: TopicName,
    /// Name and value of each property, each name once.
    pub properties: Vec<(Arc<str>, Arc<str>)>,
    /// The application's bytes; RocketMQ does not look into them.
    pub body: Arc<[u8]>,
}

impl Message {
    /// A message without properties.
    pub fn new(topic: TopicName, body: impl Into<Arc<[u8]>>) -> Self {
        Self { topic, properties: Vec::new(), body: body.into() }
    }

    /// The value of a property.
    pub fn property(&self, name: &str) -> Option<&Arc<str>> {
        self.properties.iter().find(|(key, _)| &**key == name).map(|(_, value)| value)
    }

    /// Sets a property, replacing an earlier value.
    pub fn set_property(&mut self, name: &str, value: &str) {
        match self.properties.iter_mut().find(|(key, _)| &**key == name) {
            Some((_, old)) => *old = value.into(),
            None => self.properties.push((name.into(), value.into())),
        }
    }

    /// Takes a property away.
    pub fn clear_property(&mut self, name: &str) {
        self.properties.retain(|(key, _)| &**key != name);
    }

    /// The tag, by which consumers filter.
    pub fn tag(&self) -> Option<&Arc<str>> {
        self.property(property::TAGS)
    }

    /// The keys, by which people look messages up.
    pub fn keys(&self) -> Option<&Arc<str>> {
        self.property(property::KEYS)
    }

    /// The producer's message id, the same through all retries of a send.
    pub fn unique_key(&self) -> Option<&Arc<str>> {
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
        let variable = self.message.body.len() + self.message.topic.as_str().len();
        91 + variable as u64 + u64::from(self.properties_length)
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

/// The property block as stored: V5 closes the last property with a separator, V4 does not.
pub fn encode_properties(properties: &[(Arc<str>, Arc<str>)], profile: Profile) -> String {
    let mut text = String::new();
    for (name, value) in properties {
        text.push_str(name);
        text.push(NAME_VALUE_SEPARATOR);
        text.push_str(value);
        text.push(PROPERTY_SEPARATOR);
    }
    if !profile.is_v5() {
        text.pop();
    }
    text
}

/// Length of [`encode_properties`] without building it.
pub fn properties_length(properties: &[(Arc<str>, Arc<str>)], profile: Profile) -> u32 {
    let text: usize = properties.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    let length = if profile.is_v5() { text } else { text.saturating_sub(1) };
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// `offsetMsgId`: address of the broker and offset of the record, 32 hex digits.
pub fn offset_message_id(host: Address, offset: CommitLogOffset) -> String {
    let ip = u32::from(host.ip);
    format!("{ip:08X}{:08X}{:016X}", host.port, offset.0)
}

/// Broker and place of the record that an [`offset_message_id`] names (`MessageDecoder.decodeMessageId`); `None` for
/// a text that is none.
pub fn parse_offset_message_id(id: &str) -> Option<(Address, CommitLogOffset)> {
    if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let ip = u32::from_str_radix(&id[..8], 16).ok()?;
    let port = u32::from_str_radix(&id[8..16], 16).ok()?;
    let offset = u64::from_str_radix(&id[16..], 16).ok()?;
    Some((Address { ip: ip.into(), port: u16::try_from(port).ok()? }, CommitLogOffset(offset)))
}

/// Makes the producers' message ids (`MessageClientIDSetter`, behaviour §2.7): IP, low half of the process id,
/// hash of a class loader, milliseconds since the month began, counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueIdMaker {
    ip: std::net::Ipv4Addr,
    process_id: u16,
    class_loader_hash: u32,
    counter: u16,
}

impl UniqueIdMaker {
    /// A maker for one process. `process_id` and `class_loader_hash` are what chance gives a JVM.
    pub const fn new(ip: std::net::Ipv4Addr, process_id: u16, class_loader_hash: u32) -> Self {
        Self { ip, process_id, class_loader_hash, counter: 0 }
    }

    /// The next id. The counter wraps at 65 536, so ids are unique in practice, not by guarantee.
    pub fn next(&mut self, epoch: Epoch, now: Instant) -> String {
        let id = unique_id(
            self.ip,
            self.process_id,
            self.class_loader_hash,
            epoch.millis_in_month(now) as u32,
            self.counter,
        );
        self.counter = self.counter.wrapping_add(1);
        id
    }
}

fn unique_id(ip: std::net::Ipv4Addr, pid: u16, loader: u32, month_ms: u32, counter: u16) -> String {
    format!("{:08X}{pid:04X}{loader:08X}{month_ms:08X}{counter:04X}", u32::from(ip))
}

/// Java's `String.hashCode`, over UTF-16 units with wrap-around.
pub fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// The tag hash in a consume queue entry; 0 without a tag.
pub fn tag_hash(tag: Option<&str>) -> i64 {
    tag.map_or(0, |tag| i64::from(java_hash(tag)))
}

/// A topic name that RocketMQ refuses, with the reason (`TopicValidator`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadName {
    /// Nothing, or blanks only.
    Blank,
    /// Longer than allowed; the limit in characters.
    TooLong(usize),
    /// Holds a character outside `%|a-zA-Z0-9_-`.
    IllegalCharacter(char),
}

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => f.write_str("a name must not be blank"),
            Self::TooLong(limit) => write!(f, "a name may have {limit} characters at most"),
            Self::IllegalCharacter(c) => {
                write!(f, "`{c}` is not allowed in a name; accepted: letters a-z and A-Z, digits, % | - _")
            }
        }
    }
}

/// Longest topic name (`TopicValidator.TOPIC_MAX_LENGTH`).
pub const TOPIC_MAX_LENGTH: usize = 127;
/// Longest group name of a client (`Validators.CHARACTER_MAX_LENGTH`).
pub const GROUP_MAX_LENGTH: usize = 255;

/// Checks a topic or group name as RocketMQ's clients and brokers do.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_name(name: &str, max_length: usize) -> Result<(), BadName> {
    if name.trim().is_empty() {
        return Err(BadName::Blank);
    }
    if let Some(bad) = name.chars().find(|c| !c.is_ascii_alphanumeric() && !"%|_-".contains(*c)) {
        return Err(BadName::IllegalCharacter(bad));
    }
    if name.chars().count() > max_length {
        return Err(BadName::TooLong(max_length));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn ids_equal_rocketmqs() {
        let host = "192.168.0.1:10911".parse().expect("an address");
        assert_eq!(offset_message_id(host, CommitLogOffset(0)), "C0A8000100002A9F0000000000000000");
        let local = Address::local(10911);
        assert_eq!(offset_message_id(local, CommitLogOffset(1 << 30)), "7F00000100002A9F0000000040000000");
        let id = offset_message_id(local, CommitLogOffset(1 << 30));
        assert_eq!(parse_offset_message_id(&id), Some((local, CommitLogOffset(1 << 30))));
        assert_eq!(parse_offset_message_id("7F000001"), None);
        let unique = unique_id(Ipv4Addr::new(192, 168, 0, 1), 4242, 0x18B4_AAC2, 123_456_789, 7);
        assert_eq!(unique, "C0A80001109218B4AAC2075BCD150007");
    }

    #[test]
    fn hashes_equal_javas() {
        let hashes = ["TagA", "TagB", "Aa", "BB"].map(java_hash);
        assert_eq!(hashes, [2_598_919, 2_598_920, 2112, 2112]);
        assert_eq!(tag_hash(None), 0);
    }

    #[test]
    fn the_versions_differ_in_the_last_separator() {
        let mut message = Message::new("T".into(), *b"m1");
        message.set_property(property::KEYS, "a");
        message.set_property(property::TAGS, "b");
        for profile in [Profile::V4, Profile::V5] {
            let text = encode_properties(&message.properties, profile);
            assert_eq!(text.len() as u32, properties_length(&message.properties, profile));
        }
        assert_eq!(encode_properties(&message.properties, Profile::V4), "KEYS\u{1}a\u{2}TAGS\u{1}b");
        assert_eq!(encode_properties(&[], Profile::V4), "");
    }

    #[test]
    fn names_are_checked_as_rocketmq_does() {
        assert_eq!(check_name("%RETRY%g-1_a|b", TOPIC_MAX_LENGTH), Ok(()));
        assert_eq!(check_name(" ", TOPIC_MAX_LENGTH), Err(BadName::Blank));
        assert_eq!(check_name("a.b", TOPIC_MAX_LENGTH), Err(BadName::IllegalCharacter('.')));
        assert_eq!(check_name(&"x".repeat(128), TOPIC_MAX_LENGTH), Err(BadName::TooLong(127)));
    }
}
