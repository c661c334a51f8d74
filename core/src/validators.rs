//! What a client checks before it troubles a server.
//!
//! **In RocketMQ**: `Validators` of the client module.

use std::fmt;

use serde::Serialize;

use crate::names::{ClientMessage, NameError, NameKind, TOPIC_MAX_LENGTH, check, is_not_allowed_send_topic};

/// A message that a producer does not send (`Validators.checkMessage`). `Display` gives RocketMQ's words.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum BadMessage {
    /// The name of the topic is refused.
    Topic(String, NameError),
    /// The topic is RocketMQ's own.
    ForbiddenTopic(String),
    /// There is nothing in it.
    EmptyBody,
    /// It is longer than this many bytes (`maxMessageSize`).
    TooLong(usize),
}

impl BadMessage {
    /// The code that the application sees (`MESSAGE_ILLEGAL`); none when it is the topic that is wrong.
    pub const fn code(&self) -> Option<u16> {
        match self {
            Self::Topic(..) | Self::ForbiddenTopic(_) => None,
            Self::EmptyBody | Self::TooLong(_) => Some(13),
        }
    }
}

impl fmt::Display for BadMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topic(topic, error) => {
                write!(f, "{}", ClientMessage { kind: NameKind::Topic, name: topic, error: *error })
            }
            Self::ForbiddenTopic(topic) => write!(f, "Sending message to topic[{topic}] is forbidden."),
            Self::EmptyBody => f.write_str("the message body length is zero"),
            Self::TooLong(most) => write!(f, "the message body size over max value, MAX: {most}"),
        }
    }
}

/// Checks a message as a producer does before it asks for a route: topic, then body.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_message(topic: &str, body_length: usize, most_bytes: usize) -> Result<(), BadMessage> {
    check(topic, TOPIC_MAX_LENGTH).map_err(|why| BadMessage::Topic(topic.to_owned(), why))?;
    if is_not_allowed_send_topic(topic) {
        return Err(BadMessage::ForbiddenTopic(topic.to_owned()));
    }
    if body_length == 0 {
        return Err(BadMessage::EmptyBody);
    }
    if body_length > most_bytes {
        return Err(BadMessage::TooLong(most_bytes));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topic_is_looked_at_first_and_its_length_before_its_characters() {
        let check = |topic: &str, length| check_message(topic, length, 4).map_err(|why| why.code());
        assert_eq!(check("T", 4), Ok(()));
        assert_eq!(check("T", 5), Err(Some(13)));
        assert_eq!(check("SELF_TEST_TOPIC", 0), Err(None));
        let why = check_message(&"!".repeat(128), 1, 4).expect_err("too long and illegal");
        assert_eq!(why.to_string(), "The specified topic is longer than topic max length 127.");
    }
}
