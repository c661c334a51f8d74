//! What an expression is worth, and its type.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use crate::time::{Duration, Instant};

/// What kind of value an expression has. Known before anything runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A whole number: counts, offsets, lags.
    Number,
    /// A moment of the run.
    Moment,
    /// A span of virtual time.
    Span,
    /// Words: names, states, what was printed.
    Text,
    /// Yes or no: what a condition is.
    Truth,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Number => "a number",
            Self::Moment => "a moment",
            Self::Span => "a span of time",
            Self::Text => "a text",
            Self::Truth => "a condition",
        })
    }
}

/// What an expression is worth at one moment of a run. Prints as an explanation shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// See [`Type::Number`].
    Number(i64),
    /// See [`Type::Moment`].
    Moment(Instant),
    /// See [`Type::Span`]; in milliseconds, negative when what is subtracted is later.
    Span(i64),
    /// See [`Type::Text`].
    Text(Cow<'a, str>),
    /// See [`Type::Truth`].
    Truth(bool),
    /// There is no such thing in this run: the first of none, the offset of a group without one.
    Nothing,
}

impl<'a> Value<'a> {
    pub(super) fn number(number: impl TryInto<i64>) -> Self {
        Self::Number(number.try_into().unwrap_or(i64::MAX))
    }

    pub(super) fn span(span: Duration) -> Self {
        Self::Span(span.as_millis().try_into().unwrap_or(i64::MAX))
    }

    pub(super) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// An optional value.
    pub(super) fn or_nothing(value: Option<Self>) -> Self {
        value.unwrap_or(Self::Nothing)
    }

    /// Whether a condition holds.
    pub fn is_true(&self) -> bool {
        *self == Self::Truth(true)
    }

    /// Which of two values of one type comes first; `None` when one of them is missing.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) | (Self::Span(a), Self::Span(b)) => Some(a.cmp(b)),
            (Self::Moment(a), Self::Moment(b)) => Some(a.cmp(b)),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Truth(a), Self::Truth(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// The same without what it borrows.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Number(number) => Value::Number(number),
            Self::Moment(moment) => Value::Moment(moment),
            Self::Span(ms) => Value::Span(ms),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Truth(truth) => Value::Truth(truth),
            Self::Nothing => Value::Nothing,
        }
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Moment(moment) => write!(f, "{moment}"),
            Self::Span(ms) => {
                let sign = if *ms < 0 { "-" } else { "" };
                write!(f, "{sign}{}", seconds(ms.unsigned_abs()))
            }
            Self::Text(text) => f.write_str(text),
            Self::Truth(truth) => write!(f, "{truth}"),
            Self::Nothing => f.write_str("–"),
        }
    }
}

/// A span as people read it: `37 ms`, `2.5 s`, `118 s`.
fn seconds(ms: u64) -> String {
    if ms < 1000 {
        return format!("{ms} ms");
    }
    let fraction = format!("{:03}", ms % 1000);
    match fraction.trim_end_matches('0') {
        "" => format!("{} s", ms / 1000),
        fraction => format!("{}.{fraction} s", ms / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_print_as_people_read_them() {
        let print = |ms| Value::Span(ms).to_string();
        assert_eq!([37, 2500, 118_000, -990, 0].map(print), ["37 ms", "2.5 s", "118 s", "-990 ms", "0 ms"]);
    }

    #[test]
    fn what_is_missing_has_no_order() {
        assert_eq!(Value::Nothing.order(&Value::Number(1)), None);
        assert_eq!(Value::Number(1).order(&Value::Number(2)), Some(Ordering::Less));
    }
}
