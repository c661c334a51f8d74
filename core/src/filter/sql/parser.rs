//! From words to an expression (the grammar of `SelectorParser.jj`).

use arcstr::ArcStr;

use super::expression::{Expression, Order, TextTest, Value, bounds_are_in_order};
use super::lexer::{Lexer, Token};
use super::number::Decimal;
use crate::config::Profile;

/// Operators and brackets that an expression may have. RocketMQ's limit is the stack of the thread that parses.
const MAX_OPERATORS: u32 = 500;

/// Reads the longest expression that the text begins with.
///
/// # Errors
/// A sentence that says what is wrong.
pub(super) fn parse(text: &str, profile: Profile) -> Result<Expression, String> {
    let mut parser = Parser { lexer: Lexer::new(text, profile), ahead: None, operators: 0 };
    let expression = parser.or()?;
    condition(expression)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    ahead: Option<Token>,
    operators: u32,
}

type Parsed = Result<Expression, String>;

impl Parser<'_> {
    fn peek(&mut self) -> Result<&Token, String> {
        if self.ahead.is_none() {
            self.ahead = Some(self.lexer.next()?);
        }
        self.ahead.as_ref().ok_or_else(|| "there is nothing more to read".to_owned())
    }

    fn next(&mut self) -> Result<Token, String> {
        match self.ahead.take() {
            Some(token) => Ok(token),
            None => self.lexer.next(),
        }
    }

    fn accept(&mut self, token: &Token) -> Result<bool, String> {
        let is_next = self.peek()? == token;
        if is_next {
            self.ahead = None;
        }
        Ok(is_next)
    }

    fn expect(&mut self, token: &Token) -> Result<(), String> {
        match self.next()? {
            found if found == *token => Ok(()),
            found => Err(format!("{token:?} expected, found {found:?}")),
        }
    }

    fn text(&mut self) -> Result<ArcStr, String> {
        match self.next()? {
            Token::Text(text) => Ok(text.into()),
            found => Err(format!("a text in single quotes expected, found {found:?}")),
        }
    }

    fn count_operator(&mut self) -> Result<(), String> {
        self.operators += 1;
        if self.operators > MAX_OPERATORS { Err("the expression is too long".to_owned()) } else { Ok(()) }
    }

    fn or(&mut self) -> Parsed {
        let mut left = self.and()?;
        while self.accept(&Token::Or)? {
            self.count_operator()?;
            let right = self.and()?;
            left = Expression::Or(Box::new(condition(left)?), Box::new(condition(right)?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed {
        let mut left = self.equality()?;
        while self.accept(&Token::And)? {
            self.count_operator()?;
            let right = self.equality()?;
            left = Expression::And(Box::new(condition(left)?), Box::new(condition(right)?));
        }
        Ok(left)
    }

    fn equality(&mut self) -> Parsed {
        let mut left = self.comparison()?;
        loop {
            let is_negated = match self.peek()? {
                Token::Equal => {
                    self.next()?;
                    let right = self.comparison()?;
                    left = equal(left, right)?;
                    false
                }
                Token::NotEqual => {
                    self.next()?;
                    let right = self.comparison()?;
                    left = equal(left, right)?;
                    true
                }
                Token::Is => {
                    self.next()?;
                    let is_negated = self.accept(&Token::Not)?;
                    self.expect(&Token::Null)?;
                    left = Expression::Equal(Box::new(left), Box::new(Expression::Constant(Value::Null)));
                    is_negated
                }
                _ => return Ok(left),
            };
            self.count_operator()?;
            left = negated_if(is_negated, left);
        }
    }

    fn comparison(&mut self) -> Parsed {
        let mut left = self.unary()?;
        loop {
            let order = match self.peek()? {
                Token::Greater => Some(Order::Greater),
                Token::GreaterEqual => Some(Order::GreaterEqual),
                Token::Less => Some(Order::Less),
                Token::LessEqual => Some(Order::LessEqual),
                Token::Not
                | Token::Between
                | Token::In
                | Token::Contains
                | Token::StartsWith
                | Token::EndsWith => None,
                _ => return Ok(left),
            };
            self.count_operator()?;
            left = match order {
                Some(order) => {
                    self.next()?;
                    let right = self.unary()?;
                    ordered(order, left, right)?
                }
                None => {
                    let negated = self.accept(&Token::Not)?;
                    self.membership(left, negated)?
                }
            };
        }
    }

    /// BETWEEN, IN and the tests on texts, after a NOT perhaps.
    fn membership(&mut self, left: Expression, negated: bool) -> Parsed {
        let test = match self.next()? {
            Token::Between => return self.between(left, negated),
            Token::In => return self.within(left, negated),
            Token::Contains => TextTest::Contains,
            Token::StartsWith => TextTest::StartsWith,
            Token::EndsWith => TextTest::EndsWith,
            found => return Err(format!("{found:?} cannot stand here")),
        };
        Ok(Expression::Text { test, operand: Box::new(left), search: self.text()?, negated })
    }

    fn between(&mut self, value: Expression, negated: bool) -> Parsed {
        let low = self.unary()?;
        self.expect(&Token::And)?;
        let high = self.unary()?;
        if negated {
            let below = ordered(Order::Less, value.clone(), low)?;
            let above = ordered(Order::Greater, value, high)?;
            return Ok(Expression::Or(Box::new(below), Box::new(above)));
        }
        if !bounds_are_in_order(&low, &high) {
            return Err("the first value of BETWEEN must not be above the second".to_owned());
        }
        let from = ordered(Order::GreaterEqual, value.clone(), low)?;
        let to = ordered(Order::LessEqual, value, high)?;
        Ok(Expression::And(Box::new(from), Box::new(to)))
    }

    fn within(&mut self, left: Expression, negated: bool) -> Parsed {
        self.expect(&Token::Open)?;
        let mut elements = vec![self.text()?];
        while self.accept(&Token::Comma)? {
            elements.push(self.text()?);
        }
        self.expect(&Token::Close)?;
        match left {
            Expression::Property(property) => Ok(Expression::In { property, elements, negated }),
            _ => Err("IN needs the name of a property before it".to_owned()),
        }
    }

    fn unary(&mut self) -> Parsed {
        self.count_operator()?;
        if self.accept(&Token::Plus)? {
            self.unary()
        } else if self.accept(&Token::Minus)? {
            Ok(Expression::Negate(Box::new(self.unary()?)))
        } else if self.accept(&Token::Not)? {
            Ok(Expression::Not(Box::new(condition(self.unary()?)?)))
        } else {
            self.primary()
        }
    }

    fn primary(&mut self) -> Parsed {
        let value = match self.next()? {
            Token::Open => {
                let inner = self.or()?;
                self.expect(&Token::Close)?;
                return Ok(inner);
            }
            Token::Property(name) => return Ok(Expression::Property(name.into())),
            Token::Text(text) => Value::Text(text.into()),
            Token::Whole(number) => whole(&number)?,
            Token::Floating(number) => floating(&number)?,
            Token::True => Value::Boolean(true),
            Token::False => Value::Boolean(false),
            Token::Null => Value::Null,
            found => return Err(format!("{found:?} cannot stand here")),
        };
        Ok(Expression::Constant(value))
    }
}

/// The expression as a condition; a property becomes one, a number or a text cannot.
fn condition(expression: Expression) -> Parsed {
    match expression {
        property @ Expression::Property(_) => Ok(Expression::BooleanCast(Box::new(property))),
        condition if condition.is_condition() => Ok(condition),
        other => Err(format!("{other:?} is no condition")),
    }
}

fn negated_if(is_negated: bool, expression: Expression) -> Expression {
    if is_negated { Expression::Not(Box::new(expression)) } else { expression }
}

/// `=` takes no NULL, and no TRUE or FALSE on the left of another constant (`checkEqualOperand`).
fn equal(left: Expression, right: Expression) -> Parsed {
    let is_null = |side: &Expression| *side == Expression::Constant(Value::Null);
    if is_null(&left) || is_null(&right) {
        return Err("NULL cannot be compared; write IS NULL".to_owned());
    }
    if let (Expression::Constant(Value::Boolean(_)), Expression::Constant(value)) = (&left, &right)
        && !matches!(value, Value::Boolean(_))
    {
        return Err("TRUE and FALSE cannot be compared with another constant".to_owned());
    }
    Ok(Expression::Equal(Box::new(left), Box::new(right)))
}

fn ordered(order: Order, left: Expression, right: Expression) -> Parsed {
    if !left.has_order() || !right.has_order() {
        return Err("only properties and numbers can be larger or smaller".to_owned());
    }
    Ok(Expression::Compare(order, Box::new(left), Box::new(right)))
}

/// An `Integer` when it is small enough, else a `Long`.
fn whole(text: &str) -> Result<Value, String> {
    let number: i64 =
        text.trim_end_matches(['l', 'L']).parse().map_err(|_| format!("{text} is too large a number"))?;
    Ok(i32::try_from(number).map_or(Value::Long(number), Value::Integer))
}

fn floating(text: &str) -> Result<Value, String> {
    let number = Decimal::read(text).filter(Decimal::is_accepted_literal);
    number.map(Value::Double).ok_or_else(|| format!("{text} is out of range"))
}
