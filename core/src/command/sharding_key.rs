//! What a send is assigned to its queue by.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use arcstr::ArcStr;

use crate::message::java_hash;

/// The argument of `SelectMessageQueueByHash`: messages with equal keys go to one queue. A whole number counts as
/// Java's `Integer` or `Long`, everything else as a `String`, because their hash codes differ.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ShardingKey {
    /// A number of 32 bits; its own hash code.
    Integer(i32),
    /// A longer number; upper and lower half are mixed.
    Long(i64),
    /// A text.
    Text(ArcStr),
}

impl ShardingKey {
    /// Java's `hashCode` of the key.
    pub fn hash_code(&self) -> i32 {
        match self {
            Self::Integer(number) => *number,
            Self::Long(number) => (number ^ ((*number as u64) >> 32) as i64) as i32,
            Self::Text(text) => java_hash(text),
        }
    }
}

impl FromStr for ShardingKey {
    type Err = Infallible;

    /// Only a number as it prints counts as one: `007` and `+7` are texts.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let integer = text.parse().map(Self::Integer);
        let number = integer.or_else(|_| text.parse().map(Self::Long));
        Ok(number.ok().filter(|key| key.to_string() == text).unwrap_or_else(|| Self::Text(text.into())))
    }
}

impl fmt::Display for ShardingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Long(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_hash_as_in_java() {
        let of = |text: &str| text.parse::<ShardingKey>().expect("any text is a key");
        assert_eq!(of("7"), ShardingKey::Integer(7));
        assert_eq!(of("007"), ShardingKey::Text("007".into()));
        assert_eq!(of("4294967296").hash_code(), 1);
        assert_eq!(ShardingKey::Long(-5).hash_code(), 4);
        assert_eq!(of("Aa").hash_code(), of("BB").hash_code());
    }
}
