//! The property block of a record, and the properties that a message may have.
//!
//! A block is text: name, U+0001, value, U+0002 for each property. An application may set every property but those
//! that the system uses itself.
//!
//! **In RocketMQ**: `MessageDecoder.messageProperties2String` and back, `MessageUtils.deleteProperty`,
//! `MessageConst.STRING_HASH_SET`, `Message.putUserProperty`.
//!
//! **Left out on purpose**: escapes; RocketMQ has none either, so a value with U+0002 is cut there when it is read.

use std::fmt;

use arcstr::{ArcStr, literal};

use super::Message;
use crate::config::Profile;

/// Between a property's name and its value.
pub(super) const NAME_VALUE_SEPARATOR: char = '\u{1}';
/// Behind each property.
pub(super) const PROPERTY_SEPARATOR: char = '\u{2}';

/// Name and value of one property.
pub type Property = (ArcStr, ArcStr);

/// The property block as stored: V5 closes the last property with a separator, V4 does not.
pub fn encode_properties(properties: &[Property], profile: Profile) -> String {
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

/// The text as a name or value of a property. What nearly every message has exists once for all.
pub(super) fn shared_text(text: &str) -> ArcStr {
    macro_rules! common {
        ($($common:literal)*) => {
            match text {
                $($common => literal!($common),)*
                _ => text.into(),
            }
        };
    }
    common!("UNIQ_KEY" "WAIT" "KEYS" "TAGS" "CLUSTER" "TRACE_ON" "MSG_REGION" "true" "DefaultRegion")
}

/// Length of [`encode_properties`] in bytes without building it.
pub fn properties_length(properties: &[Property], profile: Profile) -> u32 {
    let text: usize = properties.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    let length = if profile.is_v5() { text } else { text.saturating_sub(1) };
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Reads a property block. What has no name or no value is lost, and the last of several values of a name counts.
pub fn decode_properties(text: &str) -> Vec<Property> {
    let mut properties: Vec<Property> = Vec::new();
    let pairs = text.split(PROPERTY_SEPARATOR).filter_map(|pair| pair.split_once(NAME_VALUE_SEPARATOR));
    for (name, value) in pairs.filter(|(name, value)| !name.is_empty() && !value.is_empty()) {
        match properties.iter_mut().find(|(known, _)| &**known == name) {
            Some((_, old)) => *old = value.into(),
            None => properties.push((name.into(), value.into())),
        }
    }
    properties
}

/// A property block without the property of that name; the rest stays byte for byte.
pub fn delete_property(text: &str, name: &str) -> String {
    let has_name =
        |pair: &&str| pair.strip_prefix(name).is_some_and(|rest| rest.starts_with(NAME_VALUE_SEPARATOR));
    text.split_inclusive(PROPERTY_SEPARATOR).filter(|pair| !has_name(pair)).collect()
}

/// Names that an application may not set (`MessageConst.STRING_HASH_SET` of 5.3.3).
const SYSTEM_PROPERTIES: &[&str] = &[
    "1ST_POP_TIME",
    "ARRIVE_TIME",
    "BORN_TIMESTAMP",
    "BUYER_ID",
    "CLUSTER",
    "CONSUME_START_TIME",
    "CORRECTION_FLAG",
    "CORRELATION_ID",
    "DELAY",
    "DLQ_ORIGIN_MESSAGE_ID",
    "DLQ_ORIGIN_TOPIC",
    "DUP_INFO",
    "EXTEND_UNIQ_INFO",
    "INNER_MULTI_QUEUE_OFFSET",
    "INSTANCE_ID",
    "KEYS",
    "MAX_OFFSET",
    "MAX_RECONSUME_TIMES",
    "MIN_OFFSET",
    "MQ2_FLAG",
    "MSG_REGION",
    "MSG_TYPE",
    "ORIGIN_MESSAGE_ID",
    "PGROUP",
    "POP_CK",
    "POP_CK_OFFSET",
    "PUSH_REPLY_TIME",
    "REAL_QID",
    "REAL_TOPIC",
    "RECONSUME_TIME",
    "REPLY_TO_CLIENT",
    "RETRY_TOPIC",
    "TAGS",
    "TIMER_DELAY_LEVEL",
    "TIMER_DELAY_MS",
    "TIMER_DELAY_SEC",
    "TIMER_DELIVER_MS",
    "TIMER_DEL_UNIQKEY",
    "TIMER_DEQUEUE_MS",
    "TIMER_ENQUEUE_MS",
    "TIMER_OUT_MS",
    "TIMER_ROLL_TIMES",
    "TRACE_ON",
    "TRANSFER_FLAG",
    "TRAN_MSG",
    "TRAN_PREPARED_QUEUE_OFFSET",
    "TTL",
    "UNIQ_KEY",
    "WAIT",
    "__BORNHOST",
    "__CRC32#",
];

/// Why an application cannot set a property, in the words of the Java client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserPropertyError {
    /// The system uses the name itself.
    UsedBySystem(ArcStr),
    /// Name or value has nothing but blanks.
    Blank,
}

impl fmt::Display for UserPropertyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UsedBySystem(name) => {
                write!(f, "The Property<{name}> is used by system, input another please")
            }
            Self::Blank => f.write_str("The name or value of property can not be null or blank string!"),
        }
    }
}

impl std::error::Error for UserPropertyError {}

impl Message {
    /// Sets a property for the application.
    ///
    /// # Errors
    /// The name is the system's, or name or value is blank.
    pub fn put_user_property(&mut self, name: &str, value: &str) -> Result<(), UserPropertyError> {
        if SYSTEM_PROPERTIES.contains(&name) {
            return Err(UserPropertyError::UsedBySystem(name.into()));
        }
        if name.trim().is_empty() || value.trim().is_empty() {
            return Err(UserPropertyError::Blank);
        }
        self.set_property(name, value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::property;

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
    fn a_property_is_deleted_by_its_whole_name() {
        assert_eq!(delete_property("a\u{1}1\u{2}xa\u{1}a\u{2}", "a"), "xa\u{1}a\u{2}");
    }

    #[test]
    fn what_has_no_value_is_lost() {
        assert_eq!(decode_properties("a\u{1}\u{2}b\u{2}c\u{1}3"), [("c".into(), "3".into())]);
    }

    #[test]
    fn the_systems_properties_are_not_for_applications() {
        let mut message = Message::new("T".into(), *b"m1");
        assert!(message.put_user_property("DELAY", "3").is_err());
        assert_eq!(message.put_user_property("colour", " "), Err(UserPropertyError::Blank));
        assert_eq!(message.put_user_property("colour", "red"), Ok(()));
        assert_eq!(message.property("colour").map(|value| &**value), Some("red"));
    }
}
