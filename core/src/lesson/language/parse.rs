//! From text to a checked tree.

use super::schema::{FieldInfo, THINGS, ThingInfo, thing};
use super::token::{Token, Word, tokens};
use super::value::Type;
use super::{SyntaxError, Value};
use crate::fact::Fact;

/// How deep brackets and questions may be nested: far more than anybody writes, far less than a stack holds.
const DEEPEST: usize = 64;

/// A checked expression.
#[derive(Debug)]
pub(super) enum Node {
    Constant(Value<'static>),
    Now,
    Start,
    /// A field of the thing that is so many questions from the outside.
    Field(usize, &'static FieldInfo),
    Not(Box<Node>),
    Negate(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
    /// `A within SPAN after B`.
    Within {
        later: Box<Node>,
        span: Box<Node>,
        earlier: Box<Node>,
    },
    Quantifier {
        quantifier: Quantifier,
        of: Question,
    },
    Aggregate {
        aggregate: Aggregate,
        of: Question,
    },
    Beside(Box<Node>),
}

impl Node {
    /// The kind that this condition wants of the event of a depth, when it wants one in any case.
    fn event_kind(&self, depth: usize) -> Option<&'static str> {
        match self {
            Self::Binary(Operator::And, a, b) => a.event_kind(depth).or_else(|| b.event_kind(depth)),
            Self::Binary(Operator::Equal, a, b) => match (&**a, &**b) {
                (Self::Field(of, field), Self::Constant(Value::Text(kind)))
                    if *of == depth && field.name == "kind" =>
                {
                    Fact::KINDS.iter().copied().find(|known| known == kind)
                }
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn asks_beside(&self) -> bool {
        let of_question =
            |question: &Question| question.filter.iter().chain(&question.body).any(|node| node.asks_beside());
        match self {
            Self::Beside(_) => true,
            Self::Constant(_) | Self::Now | Self::Start | Self::Field(..) => false,
            Self::Not(of) | Self::Negate(of) => of.asks_beside(),
            Self::Binary(_, a, b) => a.asks_beside() || b.asks_beside(),
            Self::Within { later, span, earlier } => [later, span, earlier].iter().any(|it| it.asks_beside()),
            Self::Quantifier { of, .. } | Self::Aggregate { of, .. } => of_question(of),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    And,
    Or,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    Starts,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantifier {
    Some,
    No,
    Every,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregate {
    Count,
    Sum,
    Min,
    Max,
    First,
    Last,
    Nth(i64),
    Distinct,
    List,
}

/// `THING where FILTER`, with what is asked of each.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) thing: &'static ThingInfo,
    pub(super) filter: Option<Box<Node>>,
    /// The condition behind `:`, or the field behind the dot.
    pub(super) body: Option<Box<Node>>,
    /// The only kind of event that can pass the filter, when it says so itself.
    pub(super) event_kind: Option<&'static str>,
}

impl Question {
    /// A question that is asked inside so many others.
    fn new(
        thing: &'static ThingInfo,
        filter: Option<Box<Node>>,
        body: Option<Box<Node>>,
        depth: usize,
    ) -> Self {
        let event_kind =
            filter.as_ref().filter(|_| thing.name == "event").and_then(|it| it.event_kind(depth));
        Self { thing, filter, body, event_kind }
    }
}

type Typed = (Node, Type);

struct Parser {
    tokens: Vec<Token>,
    place: usize,
    /// The things around, outermost first, with their names.
    scope: Vec<(Option<String>, &'static ThingInfo)>,
    depth: usize,
}

pub(super) fn parse(text: &str) -> Result<Typed, SyntaxError> {
    let mut parser = Parser { tokens: tokens(text)?, place: 0, scope: Vec::new(), depth: 0 };
    let typed = parser.or()?;
    match parser.word() {
        Word::End => Ok(typed),
        other => parser.fail(format!("{} is not expected here; `and`, `or` or the end is", other.shown())),
    }
}

impl Parser {
    fn word(&self) -> &Word {
        &self.tokens[self.place].word
    }

    fn at(&self) -> usize {
        self.tokens[self.place].at
    }

    fn fail<T>(&self, what: impl Into<String>) -> Result<T, SyntaxError> {
        fail_at(self.at(), what)
    }

    fn next(&mut self) -> Word {
        let word = self.word().clone();
        // The end stays the end.
        self.place = (self.place + 1).min(self.tokens.len() - 1);
        word
    }

    fn takes_name(&mut self, name: &str) -> bool {
        let is_there = matches!(self.word(), Word::Name(found) if found == name);
        if is_there {
            self.next();
        }
        is_there
    }

    fn takes_sign(&mut self, sign: &str) -> bool {
        let is_there = matches!(self.word(), Word::Sign(found) if *found == sign);
        if is_there {
            self.next();
        }
        is_there
    }

    fn expect_sign(&mut self, sign: &str) -> Result<(), SyntaxError> {
        if self.takes_sign(sign) {
            return Ok(());
        }
        self.fail(format!("`{sign}` is expected here, not {}", self.word().shown()))
    }

    /// Reads something that stands inside something else.
    fn deeper(&mut self, read: fn(&mut Self) -> Result<Typed, SyntaxError>) -> Result<Typed, SyntaxError> {
        if self.depth == DEEPEST {
            return self.fail("this is nested too deeply");
        }
        self.depth += 1;
        let typed = read(self);
        self.depth -= 1;
        typed
    }

    fn or(&mut self) -> Result<Typed, SyntaxError> {
        self.deeper(|parser| {
            let mut left = parser.and()?;
            while parser.takes_name("or") {
                left = parser.logical(Operator::Or, left, Self::and)?;
            }
            Ok(left)
        })
    }

    fn and(&mut self) -> Result<Typed, SyntaxError> {
        let mut left = self.not()?;
        while self.takes_name("and") {
            left = self.logical(Operator::And, left, Self::not)?;
        }
        Ok(left)
    }

    fn logical(
        &mut self,
        operator: Operator,
        left: Typed,
        right: fn(&mut Self) -> Result<Typed, SyntaxError>,
    ) -> Result<Typed, SyntaxError> {
        let at = self.at();
        let left = self.condition(left, at)?;
        let right = right(self)?;
        let right = self.condition(right, at)?;
        Ok((Node::Binary(operator, Box::new(left), Box::new(right)), Type::Truth))
    }

    fn condition(&self, (node, kind): Typed, at: usize) -> Result<Node, SyntaxError> {
        match kind {
            Type::Truth => Ok(node),
            other => fail_at(at, format!("a condition is wanted here, such as `lag < 0`, not {other}")),
        }
    }

    fn not(&mut self) -> Result<Typed, SyntaxError> {
        let at = self.at();
        if !self.takes_name("not") {
            return self.comparison();
        }
        let inner = self.deeper(Self::not)?;
        let inner = self.condition(inner, at)?;
        Ok((Node::Not(Box::new(inner)), Type::Truth))
    }

    fn comparison(&mut self) -> Result<Typed, SyntaxError> {
        let left = self.sum()?;
        let at = self.at();
        let operator = match self.word() {
            Word::Sign("=") => Operator::Equal,
            Word::Sign("!=") => Operator::Unequal,
            Word::Sign("<") => Operator::Less,
            Word::Sign("<=") => Operator::LessOrEqual,
            Word::Sign(">") => Operator::Greater,
            Word::Sign(">=") => Operator::GreaterOrEqual,
            Word::Name(name) => match name.as_str() {
                "contains" => Operator::Contains,
                "starts" => Operator::Starts,
                "before" => Operator::Less,
                "after" => Operator::Greater,
                "within" => return self.within(left),
                _ => return Ok(left),
            },
            _ => return Ok(left),
        };
        let word = self.next();
        let right = self.sum()?;
        let wanted = match (operator, &word) {
            (Operator::Contains | Operator::Starts, _) => Some(Type::Text),
            (_, Word::Name(_)) => Some(Type::Moment),
            _ => None,
        };
        if let Some(wanted) = wanted
            && (left.1 != wanted || right.1 != wanted)
        {
            let (left, right) = (left.1, right.1);
            let word = word.shown();
            return fail_at(
                at,
                format!("{word} stands between {wanted} and {wanted}, not {left} and {right}"),
            );
        }
        if left.1 != right.1 {
            return fail_at(at, format!("{} cannot be compared with {}", left.1, right.1));
        }
        self.check_words(&left.0, &right.0, at)?;
        self.check_words(&right.0, &left.0, at)?;
        Ok((Node::Binary(operator, Box::new(left.0), Box::new(right.0)), Type::Truth))
    }

    /// A field that can only be certain words is compared with one of them.
    fn check_words(&self, field: &Node, other: &Node, at: usize) -> Result<(), SyntaxError> {
        let (Node::Field(_, field), Node::Constant(Value::Text(text))) = (field, other) else {
            return Ok(());
        };
        if field.words.is_empty() || field.words.contains(&text.as_ref()) {
            return Ok(());
        }
        let words = field.words.join(", ");
        fail_at(at, format!("`{}` is never \"{text}\"; it is one of: {words}", field.name))
    }

    fn within(&mut self, (later, later_kind): Typed) -> Result<Typed, SyntaxError> {
        let at = self.at();
        self.next();
        let (span, span_kind) = self.sum()?;
        if !self.takes_name("after") {
            return self.fail("`within` is written `A within 30s after B`, with moments A and B");
        }
        let (earlier, earlier_kind) = self.sum()?;
        if (later_kind, span_kind, earlier_kind) != (Type::Moment, Type::Span, Type::Moment) {
            return fail_at(at, "`within` is written `A within 30s after B`, with moments A and B");
        }
        let node = Node::Within { later: Box::new(later), span: Box::new(span), earlier: Box::new(earlier) };
        Ok((node, Type::Truth))
    }

    fn sum(&mut self) -> Result<Typed, SyntaxError> {
        let mut left = self.product()?;
        loop {
            let at = self.at();
            let operator = if self.takes_sign("+") {
                Operator::Add
            } else if self.takes_sign("-") {
                Operator::Subtract
            } else {
                return Ok(left);
            };
            let right = self.product()?;
            let kind = match (operator, left.1, right.1) {
                (_, Type::Number, Type::Number) => Type::Number,
                (_, Type::Span, Type::Span) | (Operator::Subtract, Type::Moment, Type::Moment) => Type::Span,
                (_, Type::Moment, Type::Span) => Type::Moment,
                (_, a, b) => return fail_at(at, format!("{a} and {b} cannot be added or subtracted")),
            };
            left = (Node::Binary(operator, Box::new(left.0), Box::new(right.0)), kind);
        }
    }

    fn product(&mut self) -> Result<Typed, SyntaxError> {
        let mut left = self.atom()?;
        loop {
            let at = self.at();
            let operator = if self.takes_sign("*") {
                Operator::Multiply
            } else if self.takes_sign("/") {
                Operator::Divide
            } else if self.takes_sign("%") {
                Operator::Remainder
            } else {
                return Ok(left);
            };
            let right = self.atom()?;
            let kind = match (operator, left.1, right.1) {
                (_, Type::Number, Type::Number) | (Operator::Divide, Type::Span, Type::Span) => Type::Number,
                (Operator::Multiply | Operator::Divide, Type::Span, Type::Number) => Type::Span,
                (_, a, b) => return fail_at(at, format!("{a} and {b} cannot be multiplied or divided")),
            };
            left = (Node::Binary(operator, Box::new(left.0), Box::new(right.0)), kind);
        }
    }

    fn atom(&mut self) -> Result<Typed, SyntaxError> {
        let at = self.at();
        match self.next() {
            Word::Number(number) => Ok((Node::Constant(Value::Number(number)), Type::Number)),
            Word::Span(ms) => Ok((Node::Constant(Value::Span(ms)), Type::Span)),
            Word::Text(text) => Ok((Node::Constant(Value::Text(text.into())), Type::Text)),
            Word::Sign("(") => {
                let inner = self.or()?;
                self.expect_sign(")")?;
                Ok(inner)
            }
            Word::Sign("-") => match self.deeper(Self::atom)? {
                (node, kind @ (Type::Number | Type::Span)) => Ok((Node::Negate(Box::new(node)), kind)),
                (_, other) => fail_at(at, format!("{other} has no negative")),
            },
            Word::Name(name) => self.named(&name, at),
            other => fail_at(at, format!("a value or a question is expected here, not {}", other.shown())),
        }
    }

    /// What begins with a name: a constant, a question, a field.
    fn named(&mut self, name: &str, at: usize) -> Result<Typed, SyntaxError> {
        match name {
            "now" => return Ok((Node::Now, Type::Moment)),
            "start" => return Ok((Node::Start, Type::Moment)),
            "true" | "false" => return Ok((Node::Constant(Value::Truth(name == "true")), Type::Truth)),
            "some" => return self.quantified(Quantifier::Some),
            "no" | "never" => return self.quantified(Quantifier::No),
            "every" => return self.quantified(Quantifier::Every),
            "beside" => {
                self.expect_sign("(")?;
                let (inner, kind) = self.or()?;
                self.expect_sign(")")?;
                return Ok((Node::Beside(Box::new(inner)), kind));
            }
            _ => {}
        }
        if matches!(self.word(), Word::Sign("(")) {
            return self.aggregated(name, at);
        }
        if self.takes_sign(".") {
            return self.field_of(name, at);
        }
        self.bare_field(name, at)
    }

    fn quantified(&mut self, quantifier: Quantifier) -> Result<Typed, SyntaxError> {
        self.open_question()?;
        let filter = self.filter()?;
        let at = self.at();
        let body = if self.takes_sign(":") {
            let body = self.or()?;
            Some(Box::new(self.condition(body, at)?))
        } else {
            None
        };
        match (quantifier, &body) {
            (Quantifier::Every, None) => {
                return fail_at(at, "`every` is written `every THING where C: D`; the `: D` is missing");
            }
            (Quantifier::Some | Quantifier::No, Some(_)) => {
                return fail_at(at, "only `every` has a `:`; here the condition stands behind `where`");
            }
            _ => {}
        }
        let thing = self.close_question();
        let of = Question::new(thing, filter, body, self.scope.len());
        Ok((Node::Quantifier { quantifier, of }, Type::Truth))
    }

    /// `THING [NAME]`; from here to [`close_question`](Self::close_question) its fields can be named.
    fn open_question(&mut self) -> Result<(), SyntaxError> {
        let at = self.at();
        let word = self.next();
        let Word::Name(name) = &word else {
            return fail_at(
                at,
                format!("a thing is expected here, not {}; {}", word.shown(), known_things()),
            );
        };
        let Some(info) = thing(name) else {
            return fail_at(at, format!("there is no thing `{name}`; {}", known_things()));
        };
        let named = match self.word() {
            Word::Name(name) if !is_keyword(name) => Some(name.clone()),
            _ => None,
        };
        if named.is_some() {
            self.next();
        }
        self.scope.push((named, info));
        Ok(())
    }

    fn filter(&mut self) -> Result<Option<Box<Node>>, SyntaxError> {
        if !self.takes_name("where") {
            return Ok(None);
        }
        let at = self.at();
        let filter = self.or()?;
        Ok(Some(Box::new(self.condition(filter, at)?)))
    }

    fn close_question(&mut self) -> &'static ThingInfo {
        let (_, thing) = self.scope.pop().expect("a question is closed after it was opened");
        thing
    }

    fn aggregated(&mut self, name: &str, at: usize) -> Result<Typed, SyntaxError> {
        self.expect_sign("(")?;
        let aggregate = match name {
            "count" => Aggregate::Count,
            "sum" => Aggregate::Sum,
            "min" => Aggregate::Min,
            "max" => Aggregate::Max,
            "first" => Aggregate::First,
            "last" => Aggregate::Last,
            "distinct" => Aggregate::Distinct,
            "list" => Aggregate::List,
            "nth" => match (self.next(), self.takes_sign(",")) {
                (Word::Number(number), true) if number >= 1 => Aggregate::Nth(number),
                _ => return fail_at(at, "`nth` is written `nth(2, THING.FIELD where C)`, counted from 1"),
            },
            _ => {
                let known = "count, sum, min, max, first, last, nth, distinct, list, beside";
                return fail_at(at, format!("there is no question `{name}(…)`; known: {known}"));
            }
        };
        self.open_question()?;
        let (body, kind) = self.aggregated_field(aggregate)?;
        let filter = self.filter()?;
        let thing = self.close_question();
        self.expect_sign(")")?;
        let of = Question::new(thing, filter, body, self.scope.len());
        Ok((Node::Aggregate { aggregate, of }, kind))
    }

    /// The `.FIELD` that a number is made of.
    fn aggregated_field(&mut self, aggregate: Aggregate) -> Result<(Option<Box<Node>>, Type), SyntaxError> {
        if aggregate == Aggregate::Count {
            return Ok((None, Type::Number));
        }
        let at = self.at();
        let thing = self.scope.last().expect("a question is open").1;
        if !self.takes_sign(".") {
            return fail_at(
                at,
                format!("a field is missing: `{}.FIELD`; {}", thing.name, known_fields(thing)),
            );
        }
        let field = self.field_name()?;
        // `THING.FIELD NAME where …`: the name stands behind the field.
        if let Word::Name(name) = self.word().clone()
            && !is_keyword(&name)
        {
            self.next();
            self.scope.last_mut().expect("a question is open").0 = Some(name);
        }
        let info = find_field(thing, &field, at)?;
        let kind = match (aggregate, info.kind) {
            (Aggregate::Distinct, _) => Type::Number,
            (Aggregate::List, _) => Type::Text,
            (Aggregate::Sum, kind @ (Type::Number | Type::Span)) => kind,
            (Aggregate::Min | Aggregate::Max, kind @ (Type::Number | Type::Span | Type::Moment)) => kind,
            (Aggregate::First | Aggregate::Last | Aggregate::Nth(_), kind) => kind,
            (_, kind) => return fail_at(at, format!("`{field}` is {kind}, which has no sum, min or max")),
        };
        let body = Node::Field(self.scope.len() - 1, info);
        Ok((Some(Box::new(body)), kind))
    }

    fn field_name(&mut self) -> Result<String, SyntaxError> {
        let at = self.at();
        match self.next() {
            Word::Name(name) => Ok(name),
            other => fail_at(at, format!("the name of a field is expected here, not {}", other.shown())),
        }
    }

    fn field_of(&mut self, name: &str, at: usize) -> Result<Typed, SyntaxError> {
        let field = self.field_name()?;
        let Some(depth) = self.scope.iter().rposition(|(named, _)| named.as_deref() == Some(name)) else {
            let hint = "a thing gets a name where it is introduced: `every queue q: q.max > 0`";
            return fail_at(at, format!("nothing around here is named `{name}`; {hint}"));
        };
        let info = find_field(self.scope[depth].1, &field, at)?;
        Ok((Node::Field(depth, info), info.kind))
    }

    fn bare_field(&self, name: &str, at: usize) -> Result<Typed, SyntaxError> {
        let Some((_, thing)) = self.scope.last() else {
            let hint =
                "a text stands in double quotes, a question begins with `some`, `no`, `every`, `count(` …";
            return fail_at(at, format!("`{name}` means nothing here; {hint}"));
        };
        let info = find_field(thing, name, at)?;
        Ok((Node::Field(self.scope.len() - 1, info), info.kind))
    }
}

fn find_field(thing: &'static ThingInfo, name: &str, at: usize) -> Result<&'static FieldInfo, SyntaxError> {
    let known = || format!("`{}` has no field `{name}`; {}", thing.name, known_fields(thing));
    thing.field(name).ok_or_else(|| SyntaxError { at, what: known() })
}

fn fail_at<T>(at: usize, what: impl Into<String>) -> Result<T, SyntaxError> {
    Err(SyntaxError { at, what: what.into() })
}

/// Words that are never the name of a thing.
fn is_keyword(name: &str) -> bool {
    ["where", "and", "or", "not", "before", "after", "within", "contains", "starts"].contains(&name)
}

fn known_things() -> String {
    let names: Vec<_> = THINGS.iter().map(|thing| thing.name).collect();
    format!("things: {}", names.join(", "))
}

fn known_fields(thing: &ThingInfo) -> String {
    let names: Vec<_> = thing.fields.iter().map(|field| field.name).collect();
    format!("fields: {}", names.join(", "))
}
