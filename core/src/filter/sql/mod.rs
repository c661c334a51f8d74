//! SQL92 filters: conditions on the properties of a message, evaluated by the broker.
//!
//! An expression has three outcomes: true, false, unknown; only true delivers the message. Properties are texts; beside a
//! number they are read as a number, and a text that is none is an error, which delivers nothing either. The grammar has
//! `=`, `<>`, `<`, `<=`, `>`, `>=`, `BETWEEN`, `IN`, `IS NULL`, `AND`, `OR`, `NOT`, and in V5 `CONTAINS`, `STARTSWITH`,
//! `ENDSWITH`. Reading ends where the text can no longer go on as an expression, so `region LIKE 'x%'` is just `region`,
//! a condition that no message fulfils.
//!
//! **In RocketMQ**: `SqlFilter`, `SelectorParser`, `ComparisonExpression`, `LogicExpression`, `MessageEvaluationContext`
//! (behaviour §5.12).
//!
//! **Left out on purpose**: the Bloom filters in front of it (`enableCalcFilterBitMap`, off by default), the rounding of
//! doubles (numbers are compared exactly), digits other than 0 to 9 in properties.

mod expression;
mod lexer;
mod number;
mod parser;

use crate::config::Profile;
use crate::message::Message;

/// An expression that was read without error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlExpression(expression::Expression);

impl SqlExpression {
    /// Reads an expression in the grammar of that version.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn compile(text: &str, profile: Profile) -> Result<Self, String> {
        parser::parse(text, profile).map(Self)
    }

    /// What it comes to for a message: true, false, or `None` for unknown.
    ///
    /// # Errors
    /// A sentence, when a property is no number though it would have to be one.
    pub fn evaluate(&self, message: &Message) -> Result<Option<bool>, String> {
        match self.0.evaluate(message)? {
            expression::Value::Boolean(found) => Ok(Some(found)),
            _ => Ok(None),
        }
    }

    /// Whether the broker delivers the message: an error or an unknown outcome does not.
    pub fn matches(&self, message: &Message) -> bool {
        self.evaluate(message) == Ok(Some(true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(text: &str, properties: &[(&str, &str)]) -> Result<Option<bool>, String> {
        let mut message = Message::new("T".into(), *b"");
        for (name, value) in properties {
            message.set_property(name, value);
        }
        SqlExpression::compile(text, Profile::V5)?.evaluate(&message)
    }

    #[test]
    fn unknown_is_neither_true_nor_false() {
        assert_eq!(outcome("a > 5 OR b = 'x'", &[("b", "x")]), Ok(Some(true)));
        assert_eq!(outcome("a > 5 AND b = 'x'", &[("b", "x")]), Ok(None));
        assert_eq!(outcome("NOT (a > 5)", &[]), Ok(None));
        assert_eq!(outcome("a IS NULL AND b IS NOT NULL", &[("b", "x")]), Ok(Some(true)));
    }

    #[test]
    fn a_text_beside_a_number_has_to_be_one_of_its_kind() {
        assert_eq!(outcome("a = 5.0", &[("a", "5")]), Ok(Some(true)));
        assert!(outcome("a > 5", &[("a", "5.5")]).is_err());
        assert_eq!(outcome("a > b", &[("a", "5.5"), ("b", "5")]), Ok(Some(true)));
    }

    #[test]
    fn what_is_not_understood_ends_the_expression_or_is_an_error() {
        assert_eq!(outcome("a LIKE 'x%'", &[("a", "x")]), Ok(Some(false)));
        for wrong in
            ["", "a >", "a > '5'", "'x'", "a BETWEEN 10 AND 1", "a NOT LIKE 'x'", "a > 5 #", "TRUE = 5"]
        {
            assert!(SqlExpression::compile(wrong, Profile::V5).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_expression_of_any_length_is_refused_rather_than_followed() {
        for long in
            ["(".repeat(100_000), "NOT ".repeat(100_000), format!("a = 1{}", " OR a = 1".repeat(100_000))]
        {
            assert!(SqlExpression::compile(&long, Profile::V5).is_err());
        }
    }
}
