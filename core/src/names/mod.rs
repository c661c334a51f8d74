//! Names of topics and groups: which are allowed, which RocketMQ keeps for itself, which it derives from others.
//!
//! **In RocketMQ**: `TopicValidator`, `Validators`, `MixAll`, `KeyBuilder`, `NamespaceUtil`.
//!
//! **Left out on purpose**: the limits of the development version after 5.3.3 (groups of 120 characters, retry topics of
//! 255); callers give the limit, and [`TOPIC_MAX_LENGTH`] and [`GROUP_MAX_LENGTH`] are those of both profiles.

mod derived;
mod namespace;
mod system;

use std::fmt;

use serde::Serialize;

pub use derived::{
    DLQ_PREFIX, LMQ_PREFIX, REPLY_TOPIC_POSTFIX, RETRY_PREFIX, dlq_topic, group_of_retry_topic, is_lmq,
    normal_topic_of_pop_retry, pop_retry_topic_v1, pop_retry_topic_v2, reply_topic, retry_topic,
    topic_allows_lmq, vip_address,
};
pub use namespace::{without_namespace, without_this_namespace, wrap_namespace};
pub use system::{
    PREDEFINED_GROUPS, SYSTEM_GROUP_PREFIX, SYSTEM_TOPIC_PREFIX, SYSTEM_TOPICS, is_not_allowed_send_topic,
    is_predefined_group, is_system_group, is_system_group_for_pull, is_system_topic,
};

/// Longest topic name in characters (`TopicValidator.TOPIC_MAX_LENGTH`).
pub const TOPIC_MAX_LENGTH: usize = 127;
/// Longest group name of a client in characters (`Validators.CHARACTER_MAX_LENGTH`).
pub const GROUP_MAX_LENGTH: usize = 255;

/// What a name may consist of, in RocketMQ's sentences (`TopicValidator`, `Validators`).
const ALLOWED: &str = "^[%|a-zA-Z0-9_-]+$";

/// Whose name it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// A topic's.
    Topic,
    /// A group's.
    Group,
}

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum NameError {
    /// Nothing, or blanks only.
    Blank,
    /// Holds a character outside `%|a-zA-Z0-9_-`, this one.
    IllegalCharacter(char),
    /// Longer than this many characters.
    TooLong(usize),
}

impl NameError {
    /// A broker's sentence about the name of a topic.
    pub fn remark(self) -> String {
        match self {
            Self::Blank => "The specified topic is blank.".to_owned(),
            Self::TooLong(limit) => format!("The specified topic is longer than topic max length {limit}."),
            Self::IllegalCharacter(_) => {
                format!("The specified topic contains illegal characters, allowing only {ALLOWED}")
            }
        }
    }
}

impl fmt::Display for NameError {
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

/// Whether a text is empty or of blanks only, as `Character.isWhitespace` counts them: without the blanks that forbid a
/// line break, with the separators of old files.
pub fn is_blank(text: &str) -> bool {
    let is_java_blank = |c: char| match c {
        '\u{1c}'..='\u{1f}' => true,
        '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}' => false,
        c => c.is_whitespace(),
    };
    text.chars().all(is_java_blank)
}

/// The first character of a name that is not allowed.
fn illegal_character(name: &str) -> Option<char> {
    name.chars().find(|c| !c.is_ascii_alphanumeric() && !"%|_-".contains(*c))
}

/// Whether a name holds a character that is not allowed (`isTopicOrGroupIllegal`).
pub fn is_illegal(name: &str) -> bool {
    illegal_character(name).is_some()
}

fn length(name: &str) -> usize {
    name.encode_utf16().count()
}

/// Checks a name as a broker does: characters before length (`TopicValidator.validateTopic`).
///
/// # Errors
/// The first thing that is wrong.
pub fn validate(name: &str, max_length: usize) -> Result<(), NameError> {
    if is_blank(name) {
        Err(NameError::Blank)
    } else if let Some(bad) = illegal_character(name) {
        Err(NameError::IllegalCharacter(bad))
    } else if length(name) > max_length {
        Err(NameError::TooLong(max_length))
    } else {
        Ok(())
    }
}

/// Checks a name as a client does: length before characters (`Validators.checkTopic`, `checkGroup`).
///
/// # Errors
/// The first thing that is wrong.
pub fn check(name: &str, max_length: usize) -> Result<(), NameError> {
    if is_blank(name) {
        Err(NameError::Blank)
    } else if length(name) > max_length {
        Err(NameError::TooLong(max_length))
    } else if let Some(bad) = illegal_character(name) {
        Err(NameError::IllegalCharacter(bad))
    } else {
        Ok(())
    }
}

/// The sentence of a client's exception about a name.
pub struct ClientMessage<'a> {
    /// Whose name.
    pub kind: NameKind,
    /// The name.
    pub name: &'a str,
    /// What is wrong.
    pub error: NameError,
}

impl fmt::Display for ClientMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = match self.kind {
            NameKind::Topic => "The specified topic",
            NameKind::Group => "the specified group",
        };
        let word = if self.kind == NameKind::Topic { "topic" } else { "group" };
        match self.error {
            NameError::Blank => write!(f, "{whose} is blank"),
            NameError::TooLong(limit) => write!(f, "{whose} is longer than {word} max length {limit}."),
            NameError::IllegalCharacter(_) => {
                write!(f, "{whose}[{}] contains illegal characters, allowing only {ALLOWED}", self.name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers_look_at_characters_first_and_clients_at_the_length() {
        let name = "ü".repeat(130);
        assert_eq!(validate(&name, TOPIC_MAX_LENGTH), Err(NameError::IllegalCharacter('ü')));
        assert_eq!(check(&name, TOPIC_MAX_LENGTH), Err(NameError::TooLong(127)));
        assert_eq!(check("%RETRY%g-1_a|b", TOPIC_MAX_LENGTH), Ok(()));
        assert_eq!(
            [check(" \t", 9), check("\u{a0}", 9)],
            [Err(NameError::Blank), Err(NameError::IllegalCharacter('\u{a0}'))]
        );
    }
}
