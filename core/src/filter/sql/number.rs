//! Decimal numbers of any length, compared exactly.
//!
//! **In RocketMQ**: `Double`, with `Double.valueOf` for the text of a property. **Left out on purpose**: rounding to
//! 53 bits (two numbers that differ behind the 15th digit are equal there and differ here), hexadecimal numbers, `NaN`
//! and `Infinity` as texts (here they are no numbers).
//!
//! **Invariant**: a number has one form: no zeros at either end of its digits. A negative zero is less than zero, as
//! `Double.compareTo` says.

use std::cmp::Ordering;

use crate::rpc::java_trim;

/// ± 0.`digits` × 10^`exponent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// ASCII digits without zeros at the ends; none for zero.
    digits: Vec<u8>,
    exponent: i64,
}

/// Exponents are cut off here; no comparison with a number that people write can tell.
const MAX_EXPONENT: i64 = 1 << 40;
/// What is not below rounds to infinity as a double.
const DOUBLE_LIMIT: &str = "1.7976931348623158079e308";
/// What is not above rounds to zero as a double.
const DOUBLE_ZERO: &str = "2.4703282292062327208e-324";

impl Decimal {
    /// Reads `[+-]digits[.digits][e[+-]digits]`, with blanks around it and a suffix `d` or `f`, as Java does.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = java_trim(text);
        let text = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
        let (negative, text) = sign(text);
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_number = !(whole.is_empty() && fraction.is_empty());
        let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
        (is_number && all_digits).then(|| Self::new(negative, whole, fraction, exponent))
    }

    fn new(negative: bool, whole: &str, fraction: &str, exponent: i64) -> Self {
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let (Some(first), Some(last)) =
            (all.iter().position(|digit| *digit != b'0'), all.iter().rposition(|digit| *digit != b'0'))
        else {
            return Self { negative, digits: Vec::new(), exponent: i64::MIN };
        };
        let point = whole.len() as i64 - first as i64;
        Self { negative, digits: all[first..=last].to_vec(), exponent: point + exponent }
    }

    /// Whether a literal of this value is accepted: above 0 and within the range of a double
    /// (`ConstantExpression.createFloat` refuses 0.0 too).
    pub(super) fn is_accepted_literal(&self) -> bool {
        let beyond = |limit: &str, side| Self::read(limit).is_some_and(|limit| self.cmp(&limit) == side);
        beyond(DOUBLE_LIMIT, Ordering::Less) && beyond(DOUBLE_ZERO, Ordering::Greater)
    }

    /// The number with the other sign.
    pub(super) fn negated(self) -> Self {
        Self { negative: !self.negative, ..self }
    }
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn read_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = sign(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse().unwrap_or(MAX_EXPONENT).min(MAX_EXPONENT);
    Some(if negative { -size } else { size })
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self::new(number < 0, &number.unsigned_abs().to_string(), "", 0)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = || self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits));
        match (self.negative, other.negative) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => size(),
            (true, true) => size().reverse(),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::read(text).unwrap_or_else(|| panic!("{text} is a number"))
    }

    #[test]
    fn numbers_written_differently_are_equal() {
        for other in ["5.50", "0.55e1", " +55E-1 ", "005.5d"] {
            assert_eq!(decimal(other), decimal("5.5"), "{other}");
        }
        assert_eq!(Decimal::from(-120), decimal("-1.2e2"));
        assert!(["", ".", "-", "5e", "x", "1.2.3", "NaN"].iter().all(|text| Decimal::read(text).is_none()));
    }

    #[test]
    fn numbers_have_an_order() {
        let ascending =
            ["-1e3", "-5.5", "-5", "-0", "0", "1e-400", "0.05", "0.5", "5", "49.99", "50", "1e400"];
        for pair in ascending.windows(2) {
            assert!(decimal(pair[0]) < decimal(pair[1]), "{} < {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn literals_lie_within_a_double_and_above_zero() {
        let accepted = |text| decimal(text).is_accepted_literal();
        assert!(accepted("5.5") && accepted("4.9e-324") && accepted("1.7976931348623157e308"));
        assert!(!accepted("0.0") && !accepted("1e309") && !accepted("1e-400"));
    }
}
