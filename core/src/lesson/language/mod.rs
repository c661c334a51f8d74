//! The written language of goals, predictions and numbers: questions about a cluster and its run.
//!
//! An expression is one line of text. It is read once, checked with its types, and can then be asked at any moment of
//! any run. It only reads: nothing in it can change a run, and it always ends.
//!
//! ```text
//! some offset where group = "order-cg" and lag < 0
//! every queue where topic = "Orders": max >= 5
//! count(event where kind = "send-failed" and at >= start) = 0
//! first(event.at where kind = "broker-removed") within 120s after last(event.at where kind = "frozen")
//! every message m: some event where kind = "message-consumed" and key = m.key
//! ```
//!
//! # Values
//!
//! | type | written | from |
//! |---|---|---|
//! | number | `10`, `1_000` | counts, offsets, lags |
//! | span | `500ms`, `30s`, `2m` | the difference of two moments, settings |
//! | moment | `now`, `start` | `at` of an event; `start` is the moment at which the step began |
//! | text | `"Orders"` | names, states, what `mqadmin` printed |
//! | condition | `true`, `false` | comparisons, quantifiers |
//!
//! What is not there in this run (the first of no events, the tag of a message without one) is *nothing*: a comparison
//! with it does not hold, except `!=`; arithmetic with it gives nothing. In an explanation it prints as `–`, and the check
//! of a lesson calls that a mistake.
//!
//! # Questions
//!
//! | written | is |
//! |---|---|
//! | `some THING where C` | whether there is one |
//! | `no THING where C`, `never THING where C` | whether there is none; `never` reads better of events |
//! | `every THING where C: D` | whether D holds for each of them; true when there is none |
//! | `count(THING where C)` | how many |
//! | `sum(THING.FIELD where C)`, `min(…)`, `max(…)` | over numbers, spans, moments |
//! | `first(…)`, `last(…)`, `nth(2, …)` | the value of the first, last, second one, in the order of the tables below |
//! | `distinct(…)` | how many different values |
//! | `list(…)` | all values as a text, with commas |
//! | `A before B`, `A after B` | of two moments; both have come |
//! | `A within 30s after B` | whether A came after B, at most 30 s later |
//! | `A contains B`, `A starts B` | of texts |
//! | `and`, `or`, `not`, `=`, `!=`, `<`, `<=`, `>`, `>=`, `+`, `-`, `*`, `/`, `%`, `( )` | as everywhere; a minus needs blanks around it |
//! | `beside(E)` | the same question to the run beside, in lessons that compare two |
//!
//! Inside `where` and behind `:` a bare FIELD is one of the innermost thing. A thing can have a name, `every queue q: …`, and
//! `q.max` is its field, also in questions further in. What stands behind `where` and `:` reaches as far as it can; where
//! it should end sooner, brackets do that: `(no queue where max = 0) and now > 30s`.
//!
//! The things and their fields are listed at [`THINGS`].
//!
//! **Left out on purpose**: fractions, loops, names for values, anything that remembers. How long something has held is the
//! business of a goal (`for = "60s"`), not of a condition.
//!
//! **Invariants**: an expression that was read has a type and gives a value of it, or nothing, for every run; the same run
//! at the same moment gives the same value.

mod evaluate;
mod kafka;
mod parse;
mod rows;
mod schema;
#[cfg(test)]
mod tests;
mod token;
mod value;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use arcstr::ArcStr;

pub use evaluate::Moment;
pub use schema::{FieldInfo, THINGS, ThingInfo};
pub use value::{Type, Value};

use parse::Node;

/// A text that is no expression: what is wrong, what is accepted, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The byte at which it begins.
    pub at: usize,
    /// What is wrong, and what is accepted.
    pub what: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for SyntaxError {}

/// A question that can be asked of any run.
#[derive(Clone, Debug)]
pub struct Expression {
    text: ArcStr,
    node: Arc<Node>,
    kind: Type,
}

impl Expression {
    /// What kind of value it has.
    pub const fn kind(&self) -> Type {
        self.kind
    }

    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it asks about the run beside.
    pub fn asks_beside(&self) -> bool {
        self.node.asks_beside()
    }

    /// Its value at a moment of a run.
    pub fn value(&self, moment: &Moment<'_>) -> Value<'static> {
        moment.evaluate(&self.node)
    }

    /// Reads a condition.
    ///
    /// # Errors
    /// As [`from_str`](FromStr::from_str), and when it is of another type.
    pub fn condition(text: &str) -> Result<Self, SyntaxError> {
        let expression: Self = text.parse()?;
        match expression.kind {
            Type::Truth => Ok(expression),
            other => Err(SyntaxError {
                at: 0,
                what: format!("this is {other}, but a condition is wanted, such as `… >= 5`"),
            }),
        }
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl FromStr for Expression {
    type Err = SyntaxError;

    /// Reads an expression of any type.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (node, kind) = parse::parse(text)?;
        Ok(Self { text: text.trim().into(), node: Arc::new(node), kind })
    }
}
