//! A topic as one line of text, and what kind of messages it is for.
//!
//! **In RocketMQ**: `TopicConfig.encode` and `decode`, `TopicMessageType`.
//! **Left out on purpose**: attributes whose values are anything but texts.

use std::collections::BTreeMap;

use crate::config::words;

/// A `TopicConfig` with the parts that the lab's brokers have no use for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicConfigText {
    /// The topic.
    pub topic_name: String,
    /// Queues to read from.
    pub read_queue_nums: i32,
    /// Queues to write to.
    pub write_queue_nums: i32,
    /// Bits of [`perm`](super::perm).
    pub perm: i32,
    /// `SINGLE_TAG`, or `MULTI_TAG`, which RocketMQ never came to use.
    pub topic_filter_type: TopicFilterType,
    /// For example the type of its messages.
    pub attributes: BTreeMap<String, String>,
}

/// `TopicFilterType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "RocketMQ's two words; nothing depends on them")]
pub enum TopicFilterType {
    #[default]
    SingleTag,
    MultiTag,
}

words!(TopicFilterType, "topic filter type", SingleTag = "SINGLE_TAG", MultiTag = "MULTI_TAG",);

impl TopicConfigText {
    /// The line: name, queues to read, queues to write, permission, filter type, attributes as JSON.
    pub fn encode(&self) -> String {
        let pairs = self.attributes.iter().map(|(name, value)| format!("{}:{}", quoted(name), quoted(value)));
        let attributes = pairs.collect::<Vec<_>>().join(",");
        format!(
            "{} {} {} {} {} {{{attributes}}}",
            self.topic_name, self.read_queue_nums, self.write_queue_nums, self.perm, self.topic_filter_type
        )
    }

    /// Reads a line; `None` when it has fewer than five parts. Attributes with blanks are lost, as in RocketMQ.
    ///
    /// # Errors
    /// A sentence, when a number is none or the filter type is unknown.
    pub fn decode(line: &str) -> Result<Option<Self>, String> {
        let parts: Vec<&str> = line.trim_end_matches(' ').split(' ').collect();
        let [name, read, write, perm, filter, rest @ ..] = parts.as_slice() else {
            return Ok(None);
        };
        let number = |text: &str| text.parse().map_err(|_| format!("For input string: \"{text}\""));
        Ok(Some(Self {
            topic_name: (*name).to_owned(),
            read_queue_nums: number(read)?,
            write_queue_nums: number(write)?,
            perm: number(perm)?,
            topic_filter_type: filter.parse()?,
            attributes: rest.first().and_then(|json| read_attributes(json)).unwrap_or_default(),
        }))
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Reads `{"name":"value",…}` without blanks.
fn read_attributes(json: &str) -> Option<BTreeMap<String, String>> {
    let mut rest = json.strip_prefix('{')?;
    let mut attributes = BTreeMap::new();
    if rest == "}" {
        return Some(attributes);
    }
    loop {
        let (name, after) = read_text(rest)?;
        let (value, after) = read_text(after.strip_prefix(':')?)?;
        attributes.insert(name, value);
        match after {
            "}" => return Some(attributes),
            _ => rest = after.strip_prefix(',')?,
        }
    }
}

/// Reads a text in double quotes and returns what follows it.
fn read_text(json: &str) -> Option<(String, &str)> {
    let inner = json.strip_prefix('"')?;
    let mut text = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((text, &inner[at + 1..])),
            '\\' => text.push(chars.next()?.1),
            c => text.push(c),
        }
    }
    None
}

/// What kind of messages a topic is for, or a message is of (V5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicMessageType {
    /// Nobody has said it.
    Unspecified,
    /// Neither of the others.
    Normal,
    /// In order within a sharding key.
    Fifo,
    /// Delivered later.
    Delay,
    /// Part of a transaction.
    Transaction,
    /// Any kind may be sent.
    Mixed,
}

words!(
    TopicMessageType,
    "message type",
    Unspecified = "UNSPECIFIED",
    Normal = "NORMAL",
    Fifo = "FIFO",
    Delay = "DELAY",
    Transaction = "TRANSACTION",
    Mixed = "MIXED",
);

impl TopicMessageType {
    /// The type of a message with these properties: a transaction before a delay before an order
    /// (`parseFromMessageProperty`). `property` says whether and what a message has under a name.
    pub fn of_message<'a>(property: impl Fn(&str) -> Option<&'a str>) -> Self {
        let delays = ["DELAY", "TIMER_DELIVER_MS", "TIMER_DELAY_SEC", "TIMER_DELAY_MS"];
        if property("TRAN_MSG").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            Self::Transaction
        } else if delays.iter().any(|name| property(name).is_some()) {
            Self::Delay
        } else if property("__SHARDINGKEY").is_some() {
            Self::Fifo
        } else {
            Self::Normal
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_as_it_prints() {
        for line in ["T 4 8 6 SINGLE_TAG {}", "T 0 0 0 MULTI_TAG {\"a\":\"b\\\"\",\"c\":\"\"}"] {
            let config = TopicConfigText::decode(line).expect("numbers").expect("five parts");
            assert_eq!(config.encode(), line);
        }
        assert_eq!(TopicConfigText::decode("T 4 4 6"), Ok(None));
        assert!(
            TopicConfigText::decode(" T 4 4 6 SINGLE_TAG").is_err(),
            "a blank before makes an empty name"
        );
    }
}
