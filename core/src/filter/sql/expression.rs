//! Expressions and what they come to for one message.

use std::cmp::Ordering;

use arcstr::ArcStr;

use super::number::Decimal;
use crate::message::Message;

/// What a part of an expression comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// Unknown: a property that the message does not have.
    Null,
    Boolean(bool),
    /// Java's `Integer`.
    Integer(i32),
    /// Java's `Long`.
    Long(i64),
    /// Java's `Double`.
    Double(Decimal),
    /// A property, or what stood between quotes.
    Text(ArcStr),
}

impl Value {
    const fn is_number(&self) -> bool {
        matches!(self, Self::Integer(_) | Self::Long(_) | Self::Double(_))
    }
}

/// `>`, `>=`, `<`, `<=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
}

impl Order {
    const fn holds(self, found: Ordering) -> bool {
        match self {
            Self::Greater => found.is_gt(),
            Self::GreaterEqual => found.is_ge(),
            Self::Less => found.is_lt(),
            Self::LessEqual => found.is_le(),
        }
    }
}

/// The tests of V5 on a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextTest {
    Contains,
    StartsWith,
    EndsWith,
}

/// A part of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    Constant(Value),
    Property(ArcStr),
    /// A property in the place of a condition. A message has no property that is more than text, so this is false.
    BooleanCast(Box<Self>),
    Negate(Box<Self>),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Equal(Box<Self>, Box<Self>),
    Compare(Order, Box<Self>, Box<Self>),
    In {
        property: ArcStr,
        elements: Vec<ArcStr>,
        negated: bool,
    },
    Text {
        test: TextTest,
        operand: Box<Self>,
        search: ArcStr,
        negated: bool,
    },
}

impl Expression {
    /// Whether it is a condition by itself (`BooleanExpression`).
    pub(super) const fn is_condition(&self) -> bool {
        match self {
            Self::Constant(value) => matches!(value, Value::Null | Value::Boolean(_)),
            Self::Property(_) | Self::Negate(_) => false,
            _ => true,
        }
    }

    /// Whether it may stand beside `>`, `>=`, `<`, `<=` (`checkLessThanOperand`): no condition, no quoted text.
    pub(super) const fn has_order(&self) -> bool {
        match self {
            Self::Constant(value) => value.is_number(),
            other => !other.is_condition(),
        }
    }

    /// What it comes to for this message.
    ///
    /// # Errors
    /// A sentence, when a text is no number though it would have to be one, or when a condition is compared with a
    /// text.
    pub(super) fn evaluate(&self, message: &Message) -> Result<Value, String> {
        let property =
            |name: &str| message.property(name).map_or(Value::Null, |text| Value::Text(text.clone()));
        Ok(match self {
            Self::Constant(value) => value.clone(),
            Self::Property(name) => property(name),
            Self::BooleanCast(operand) => match operand.evaluate(message)? {
                Value::Null => Value::Null,
                found => Value::Boolean(found == Value::Boolean(true)),
            },
            Self::Negate(operand) => negate(operand.evaluate(message)?),
            Self::Not(operand) => match operand.evaluate(message)? {
                Value::Boolean(found) => Value::Boolean(!found),
                _ => Value::Null,
            },
            Self::And(left, right) => logic(false, left, right, message)?,
            Self::Or(left, right) => logic(true, left, right, message)?,
            Self::Equal(left, right) => equal(&left.evaluate(message)?, &right.evaluate(message)?)?,
            Self::Compare(order, left, right) => match left.evaluate(message)? {
                Value::Null => Value::Null,
                left => match right.evaluate(message)? {
                    Value::Null => Value::Null,
                    right => Value::Boolean(order.holds(numbers(&left, &right)?)),
                },
            },
            Self::In { property: name, elements, negated } => match property(name) {
                Value::Text(text) => Value::Boolean(elements.contains(&text) != *negated),
                _ => Value::Null,
            },
            Self::Text { test, operand, search, negated } => {
                let found = match operand.evaluate(message)? {
                    Value::Text(text) if !search.is_empty() => {
                        let passes = match test {
                            TextTest::Contains => text.contains(&**search),
                            TextTest::StartsWith => text.starts_with(&**search),
                            TextTest::EndsWith => text.ends_with(&**search),
                        };
                        passes != *negated
                    }
                    _ => false,
                };
                Value::Boolean(found)
            }
        })
    }
}

fn negate(value: Value) -> Value {
    match value {
        Value::Integer(number) => Value::Integer(number.wrapping_neg()),
        Value::Long(number) => Value::Long(number.wrapping_neg()),
        Value::Double(number) => Value::Double(number.negated()),
        _ => Value::Null,
    }
}

/// OR when `decisive` is true, AND when it is false: one decisive side decides, and the right side is not looked at
/// when the left one does; without it, an unknown side makes the whole unknown.
fn logic(decisive: bool, left: &Expression, right: &Expression, message: &Message) -> Result<Value, String> {
    let decided = Value::Boolean(decisive);
    let left = left.evaluate(message)?;
    if left == decided {
        return Ok(decided);
    }
    let right = right.evaluate(message)?;
    Ok(match (left, right) {
        (_, right) if right == decided => decided,
        (Value::Boolean(_), Value::Boolean(_)) => Value::Boolean(!decisive),
        _ => Value::Null,
    })
}

/// `=`. An unknown left side makes it unknown, an unknown right side false, and two unknown sides are equal; so `IS
/// NULL` is the same thing with NULL on the right.
fn equal(left: &Value, right: &Value) -> Result<Value, String> {
    Ok(match (left, right) {
        _ if left == right => Value::Boolean(true),
        (Value::Null, _) => Value::Null,
        (_, Value::Null) => Value::Boolean(false),
        _ => Value::Boolean(compare(left, right)?.is_eq()),
    })
}

/// Two sides of `>`, `>=`, `<`, `<=`: two texts have to be numbers.
fn numbers(left: &Value, right: &Value) -> Result<Ordering, String> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Ok(decimal(left)?.cmp(&decimal(right)?)),
        _ => compare(left, right),
    }
}

/// `ComparisonExpression.__compare`: a text is read as whatever stands on the other side; what cannot be compared
/// counts as less.
fn compare(left: &Value, right: &Value) -> Result<Ordering, String> {
    Ok(match (left, right) {
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Boolean(left), Value::Boolean(right)) => left.cmp(right),
        (Value::Text(left), Value::Boolean(right)) => left.eq_ignore_ascii_case("true").cmp(right),
        (Value::Boolean(_), Value::Text(_)) => {
            return Err("a condition on the left cannot be compared with a text".to_owned());
        }
        (Value::Text(text), number) => match_text(text, number)?,
        (number, Value::Text(text)) => match_text(text, number)?.reverse(),
        _ => match (as_decimal(left), as_decimal(right)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => Ordering::Less,
        },
    })
}

/// A text beside a number has to be a number of the same kind: `5.5` is none beside a whole number.
fn match_text(text: &ArcStr, number: &Value) -> Result<Ordering, String> {
    let whole = |_| format!("`{text}` is no whole number of that size");
    match number {
        Value::Integer(number) => Ok(text.parse::<i32>().map_err(whole)?.cmp(number)),
        Value::Long(number) => Ok(text.parse::<i64>().map_err(whole)?.cmp(number)),
        Value::Double(number) => Ok(decimal(text)?.cmp(number)),
        _ => Ok(Ordering::Less),
    }
}

fn as_decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Integer(number) => Some(Decimal::from(i64::from(*number))),
        Value::Long(number) => Some(Decimal::from(*number)),
        Value::Double(number) => Some(number.clone()),
        _ => None,
    }
}

fn decimal(text: &str) -> Result<Decimal, String> {
    Decimal::read(text).ok_or_else(|| format!("`{text}` is no number"))
}

/// The values of the bounds of BETWEEN, when both are constants: the lower one may not be above the upper one.
pub(super) fn bounds_are_in_order(low: &Expression, high: &Expression) -> bool {
    match (low, high) {
        (Expression::Constant(low), Expression::Constant(high)) => {
            compare(low, high).is_ok_and(Ordering::is_le)
        }
        _ => true,
    }
}
