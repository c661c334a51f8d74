//! What a consumer wants of a topic: an expression and the language that it is written in.
//!
//! **In RocketMQ**: `ExpressionType`, `MessageSelector`, and `FilterAPI`, which reads a tag expression at the client.
//! Which messages pass stands in [`filter`](crate::filter).
//!
//! **Invariant**: a [`MessageSelector`] was read without error, so a subscription can always be made of it.

use std::collections::BTreeSet;
use std::fmt;

use arcstr::ArcStr;

use serde::{Serialize, Serializer};

use super::Subscription;
use crate::gather::Gather as _;
use crate::time::Instant;

/// The expression that takes everything (`SubscriptionData.SUB_ALL`).
pub const SUB_ALL: &str = "*";

/// The language of a subscription's expression (`ExpressionType`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum ExpressionType {
    /// `*`, or tags joined by `||`.
    #[default]
    Tag,
    /// A condition on the properties of messages.
    Sql92,
    /// Any other word. A client takes it; no broker has a filter for it.
    Other(ArcStr),
}

impl ExpressionType {
    /// Whether the tags of messages decide (`isTagType`; an empty word counts).
    pub fn is_tag_type(&self) -> bool {
        match self {
            Self::Tag => true,
            Self::Sql92 => false,
            Self::Other(word) => word.is_empty(),
        }
    }

    /// RocketMQ's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Tag => "TAG",
            Self::Sql92 => "SQL92",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for ExpressionType {
    fn from(word: &str) -> Self {
        match word {
            "TAG" => Self::Tag,
            "SQL92" => Self::Sql92,
            _ => Self::Other(word.into()),
        }
    }
}

impl fmt::Display for ExpressionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for ExpressionType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// An expression that the client refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectorError {
    /// Nothing but `||`.
    NoTags,
    /// Nothing at all, where the language is not that of tags.
    Empty(ExpressionType),
}

impl fmt::Display for SelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTags => f.write_str("subString split error"),
            Self::Empty(kind) => write!(f, "Expression can't be null! {kind}"),
        }
    }
}

/// An expression that the client accepts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessageSelector {
    expression_type: ExpressionType,
    expression: ArcStr,
    tags: BTreeSet<ArcStr>,
}

impl MessageSelector {
    /// Everything.
    pub fn all() -> Self {
        Self { expression_type: ExpressionType::Tag, expression: SUB_ALL.into(), tags: BTreeSet::new() }
    }

    /// Reads a tag expression: `*` or nothing for everything, else tags joined by `||`
    /// (`FilterAPI.buildSubscriptionData`). One of blanks only is accepted, and takes nothing.
    ///
    /// # Errors
    /// [`SelectorError::NoTags`].
    pub fn by_tag(expression: &str) -> Result<Self, SelectorError> {
        if expression.is_empty() || expression == SUB_ALL {
            return Ok(Self::all());
        }
        if expression.split("||").all(str::is_empty) {
            return Err(SelectorError::NoTags);
        }
        let tags =
            expression.split("||").map(java_trim).filter(|tag| !tag.is_empty()).map(ArcStr::from).gather();
        Ok(Self { expression_type: ExpressionType::Tag, expression: expression.into(), tags })
    }

    /// Takes an expression of any language (`FilterAPI.build`). Whether an SQL92 expression makes sense is for the
    /// broker to say.
    ///
    /// # Errors
    /// Those of [`by_tag`](Self::by_tag); [`SelectorError::Empty`] for another language.
    pub fn build(expression: &str, expression_type: ExpressionType) -> Result<Self, SelectorError> {
        if expression_type == ExpressionType::Tag {
            return Self::by_tag(expression);
        }
        if expression.is_empty() {
            return Err(SelectorError::Empty(expression_type));
        }
        Ok(Self { expression_type, expression: expression.into(), tags: BTreeSet::new() })
    }

    /// Reads the expression as tags, whatever its language is said to be; a blank language is that of tags
    /// (`FilterAPI.buildSubscriptionData` with a type, which the server-side clients of 5.x use).
    ///
    /// # Errors
    /// Those of [`by_tag`](Self::by_tag).
    pub fn tags_of_type(expression: &str, expression_type: ExpressionType) -> Result<Self, SelectorError> {
        let tags = Self::by_tag(expression)?;
        let is_blank = expression_type.as_str().trim().is_empty();
        Ok(if is_blank { tags } else { Self { expression_type, ..tags } })
    }

    /// Its language.
    pub const fn expression_type(&self) -> &ExpressionType {
        &self.expression_type
    }

    /// The expression; `*` for everything.
    pub const fn expression(&self) -> &ArcStr {
        &self.expression
    }

    /// The subscription that a heartbeat carries.
    pub fn subscription(&self, version: Instant) -> Subscription {
        Subscription {
            expression: self.expression.clone(),
            expression_type: self.expression_type.clone(),
            tags: self.tags.clone(),
            version,
        }
    }
}

impl Default for MessageSelector {
    fn default() -> Self {
        Self::all()
    }
}

/// Takes blanks and control characters off both ends, as Java's `String.trim` does; other blanks of Unicode stay.
pub fn java_trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_expression_is_read_as_java_splits_it() {
        let tags = |text: &str| MessageSelector::by_tag(text).map(|selector| selector.tags.len());
        assert_eq!([tags("*"), tags(""), tags(" "), tags("|| ||")], [Ok(0), Ok(0), Ok(0), Ok(0)]);
        assert_eq!([tags("A|||B"), tags(" A ||A||"), tags("\u{a0}")], [Ok(2), Ok(1), Ok(1)]);
        assert_eq!(tags("||||"), Err(SelectorError::NoTags));
    }

    #[test]
    fn another_language_needs_an_expression() {
        let error = MessageSelector::build("", ExpressionType::Sql92).expect_err("it is empty");
        assert_eq!(error.to_string(), "Expression can't be null! SQL92");
        let sql = MessageSelector::build("a > 5", "SQL92".into()).expect("an expression");
        assert!(sql.subscription(Instant::ZERO).tags.is_empty());
    }
}
