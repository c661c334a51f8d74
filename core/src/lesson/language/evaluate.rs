//! The value of an expression at a moment of a run.

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::kafka;
use super::parse::{Aggregate, Node, Operator, Quantifier, Question};
use super::rows::{self, Life, Row};
use super::value::Value;
use crate::fact::TraceEvent;
use crate::gather::Arrange as _;
use crate::time::{Duration, Instant};
use crate::view::View;

/// A run at one moment, as expressions see it.
#[derive(Debug)]
pub struct Moment<'a> {
    view: &'a View,
    trace: &'a [TraceEvent],
    start: Instant,
    beside: Option<&'a Moment<'a>>,
    lives: OnceCell<Vec<Life<'a>>>,
    /// The places of events by their kind; of frames and alarm clocks, of which there are most, nothing is kept.
    by_kind: OnceCell<BTreeMap<&'static str, Vec<usize>>>,
}

impl<'a> Moment<'a> {
    /// A run with what happened up to now. `start` is when the step of the lesson began.
    pub const fn new(view: &'a View, trace: &'a [TraceEvent], start: Instant) -> Self {
        Self { view, trace, start, beside: None, lives: OnceCell::new(), by_kind: OnceCell::new() }
    }

    /// The same with another run beside it, for `beside(…)`.
    #[must_use]
    pub const fn with_beside(mut self, beside: &'a Self) -> Self {
        self.beside = Some(beside);
        self
    }

    /// Everything that happened up to now.
    pub const fn trace(&self) -> &'a [TraceEvent] {
        self.trace
    }

    pub(super) fn evaluate(&self, node: &Node) -> Value<'static> {
        // What the expression borrows from its own thread of questions lives no longer than this call.
        Evaluation { moment: self, things: Vec::new() }.value(node).into_owned()
    }

    /// What a question goes through: everything of its kind, or at least all that can pass its filter.
    fn asked(&self, of: &Question) -> Box<dyn Iterator<Item = Row<'_>> + '_> {
        match of.event_kind.filter(|kind| !FREQUENT.contains(kind)) {
            Some(kind) => {
                let by_kind = self.by_kind.get_or_init(|| by_kind(self.trace));
                let places = by_kind.get(kind).map_or(&[][..], Vec::as_slice);
                Box::new(places.iter().map(|place| Row::Event(&self.trace[*place], self.view)))
            }
            None => self.each(of.thing.name),
        }
    }

    fn each(&self, thing: &str) -> Box<dyn Iterator<Item = Row<'_>> + '_> {
        let view = self.view;
        match thing {
            "node" => Box::new(rows::nodes(view).map(|(node, kind)| Row::Node(node, kind))),
            "registration" => Box::new(view.name_servers.iter().flat_map(|server| {
                server.brokers.iter().map(move |broker| Row::Registration(server, broker))
            })),
            "registered-topic" => Box::new(view.name_servers.iter().flat_map(|server| {
                server.topics.iter().flat_map(move |topic| {
                    topic
                        .queues
                        .iter()
                        .map(move |(name, config)| Row::RegisteredTopic(server, topic, name, config))
                })
            })),
            "broker" => Box::new(view.brokers.iter().map(Row::Broker)),
            "topic" => Box::new(
                view.brokers
                    .iter()
                    .flat_map(|broker| broker.topics.iter().map(move |it| Row::Topic(broker, it))),
            ),
            "queue" => Box::new(view.brokers.iter().flat_map(|broker| {
                broker.topics.iter().flat_map(move |topic| {
                    topic.queues.iter().map(move |queue| Row::Queue(broker, topic, queue))
                })
            })),
            "offset" => Box::new(
                view.brokers
                    .iter()
                    .flat_map(|broker| broker.offsets.iter().map(move |it| Row::Offset(broker, it))),
            ),
            "client" => Box::new(
                view.brokers
                    .iter()
                    .flat_map(|broker| broker.clients.iter().map(move |it| Row::Client(broker, it))),
            ),
            "producer" => Box::new(view.producers.iter().map(Row::Producer)),
            "consumer" => Box::new(view.consumers.iter().map(Row::Consumer)),
            "assignment" => Box::new(view.consumers.iter().flat_map(|consumer| {
                consumer.queues.iter().map(move |held| Row::Assignment(consumer, held))
            })),
            "local-offset" => Box::new(view.consumers.iter().flat_map(|consumer| {
                let offsets = consumer.local_offsets.iter();
                offsets.map(move |(queue, offset)| Row::LocalOffset(consumer, queue, offset.0))
            })),
            "route" => Box::new(rows::routes(view)),
            "registry" => Box::new(view.registries.iter().map(Row::Registry)),
            "registry-client" => Box::new(view.registry_clients.iter().map(Row::RegistryClient)),
            "setting" => Box::new(rows::settings(view)),
            "kafka-log" => Box::new(kafka::logs(view)),
            "kafka-group" => Box::new(kafka::groups(view)),
            "kafka-consumer" => Box::new(kafka::consumers(view)),
            "kafka-read" => Box::new(kafka::reads(view, self.trace)),
            "message" => {
                Box::new(self.lives.get_or_init(|| rows::lives(self.trace)).iter().map(Row::Message))
            }
            "event" => Box::new(self.trace.iter().map(move |event| Row::Event(event, view))),
            _ => unreachable!("the parser lets only known things through"),
        }
    }
}

/// Kinds of events that a run has so many of that a list of them saves nothing.
const FREQUENT: [&str; 3] = ["request-sent", "response-sent", "timer-fired"];

/// The places of all other events, by kind.
fn by_kind(trace: &[TraceEvent]) -> BTreeMap<&'static str, Vec<usize>> {
    let mut places: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
    for (place, event) in trace.iter().enumerate() {
        let kind = event.fact.kind();
        if !FREQUENT.contains(&kind) {
            places.entry(kind).or_default().push(place);
        }
    }
    places
}

/// One evaluation: the moment, and the thing that each question around is at.
struct Evaluation<'m, 'a> {
    moment: &'m Moment<'a>,
    things: Vec<Row<'m>>,
}

impl<'m> Evaluation<'m, '_> {
    fn value(&mut self, node: &Node) -> Value<'m> {
        match node {
            Node::Constant(value) => value.clone(),
            Node::Now => Value::Moment(self.moment.view.at),
            Node::Start => Value::Moment(self.moment.start),
            Node::Field(depth, field) => (field.get)(&self.things[*depth]),
            Node::Not(inner) => match self.value(inner) {
                Value::Truth(truth) => Value::Truth(!truth),
                _ => Value::Nothing,
            },
            Node::Negate(inner) => match self.value(inner) {
                Value::Number(number) => Value::Number(number.saturating_neg()),
                Value::Span(ms) => Value::Span(ms.saturating_neg()),
                _ => Value::Nothing,
            },
            Node::Binary(operator, left, right) => self.binary(*operator, left, right),
            Node::Within { later, span, earlier } => {
                let (later, earlier) = (self.value(later), self.value(earlier));
                match (later, self.value(span), earlier) {
                    (Value::Moment(later), Value::Span(span), Value::Moment(earlier)) => {
                        let limit = earlier + Duration::from_millis(span.max(0).unsigned_abs());
                        Value::Truth(earlier <= later && later <= limit)
                    }
                    _ => Value::Truth(false),
                }
            }
            Node::Quantifier { quantifier, of } => Value::Truth(self.quantifier(*quantifier, of)),
            Node::Aggregate { aggregate: Aggregate::Count, of } => {
                Value::number(self.matching(of, |_| ()).len())
            }
            Node::Aggregate { aggregate, of } => self.aggregate(*aggregate, of),
            Node::Beside(inner) => match self.moment.beside {
                Some(beside) => Evaluation { moment: beside, things: self.things.clone() }.value(inner),
                None => Value::Nothing,
            },
        }
    }

    fn holds(&mut self, node: &Node) -> bool {
        self.value(node).is_true()
    }

    fn binary(&mut self, operator: Operator, left: &Node, right: &Node) -> Value<'m> {
        match operator {
            Operator::And => return Value::Truth(self.holds(left) && self.holds(right)),
            Operator::Or => return Value::Truth(self.holds(left) || self.holds(right)),
            _ => {}
        }
        let (left, right) = (self.value(left), self.value(right));
        let compared = |wanted: fn(Ordering) -> bool| Value::Truth(left.order(&right).is_some_and(wanted));
        match operator {
            Operator::And | Operator::Or => unreachable!("answered above"),
            Operator::Equal => compared(Ordering::is_eq),
            Operator::Unequal => Value::Truth(left.order(&right).is_none_or(Ordering::is_ne)),
            Operator::Less => compared(Ordering::is_lt),
            Operator::LessOrEqual => compared(Ordering::is_le),
            Operator::Greater => compared(Ordering::is_gt),
            Operator::GreaterOrEqual => compared(Ordering::is_ge),
            Operator::Contains | Operator::Starts => match (&left, &right) {
                (Value::Text(text), Value::Text(part)) if operator == Operator::Contains => {
                    Value::Truth(text.contains(&**part))
                }
                (Value::Text(text), Value::Text(part)) => Value::Truth(text.starts_with(&**part)),
                _ => Value::Truth(false),
            },
            Operator::Add
            | Operator::Subtract
            | Operator::Multiply
            | Operator::Divide
            | Operator::Remainder => arithmetic(operator, &left, &right),
        }
    }

    /// What `read` makes of each thing that passes the filter.
    fn matching<T>(&mut self, of: &Question, mut read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut found = Vec::new();
        let moment = self.moment;
        for row in moment.asked(of) {
            self.things.push(row);
            if of.filter.as_ref().is_none_or(|filter| self.holds(filter)) {
                found.push(read(self));
            }
            self.things.pop();
        }
        found
    }

    fn quantifier(&mut self, quantifier: Quantifier, of: &Question) -> bool {
        let moment = self.moment;
        let (looked_for, found) = match quantifier {
            Quantifier::Some => (true, true),
            Quantifier::No => (true, false),
            // An exception is looked for.
            Quantifier::Every => (false, false),
        };
        for row in moment.asked(of) {
            self.things.push(row);
            let passes = of.filter.as_ref().is_none_or(|filter| self.holds(filter));
            let is_it = passes && of.body.as_ref().is_none_or(|body| self.holds(body)) == looked_for;
            self.things.pop();
            if passes && is_it {
                return found;
            }
        }
        !found
    }

    fn aggregate(&mut self, aggregate: Aggregate, of: &Question) -> Value<'m> {
        let mut values =
            self.matching(of, |it| of.body.as_ref().map_or(Value::Nothing, |body| it.value(body)));
        if let Aggregate::Nth(number) = aggregate {
            let place = usize::try_from(number - 1).unwrap_or(usize::MAX);
            return values.into_iter().nth(place).unwrap_or(Value::Nothing);
        }
        values.retain(|value| *value != Value::Nothing);
        let in_order = |a: &Value<'m>, b: &Value<'m>| a.order(b).unwrap_or(Ordering::Equal);
        let one = |value: Option<Value<'m>>| value.unwrap_or(Value::Nothing);
        match aggregate {
            Aggregate::First => one(values.into_iter().next()),
            Aggregate::Last => one(values.pop()),
            Aggregate::Min => one(values.into_iter().min_by(in_order)),
            Aggregate::Max => one(values.into_iter().max_by(in_order)),
            Aggregate::Sum => {
                let zero = Value::Number(0);
                let add = |sum: Value<'m>, next: Value<'m>| match (&sum, &next) {
                    (Value::Number(0), Value::Span(_)) => next,
                    _ => arithmetic(Operator::Add, &sum, &next),
                };
                values.into_iter().fold(zero, add)
            }
            Aggregate::Distinct => {
                let mut texts: Vec<String> = values.iter().map(Value::to_string).collect();
                texts.arrange();
                texts.dedup();
                Value::number(texts.len())
            }
            Aggregate::List => {
                Value::text(values.iter().map(Value::to_string).collect::<Vec<_>>().join(", "))
            }
            Aggregate::Count | Aggregate::Nth(_) => unreachable!("answered above"),
        }
    }
}

fn arithmetic<'a>(operator: Operator, left: &Value<'a>, right: &Value<'a>) -> Value<'a> {
    let calculate = |a: i64, b: i64| match operator {
        Operator::Add => Some(a.saturating_add(b)),
        Operator::Subtract => Some(a.saturating_sub(b)),
        Operator::Multiply => Some(a.saturating_mul(b)),
        Operator::Divide => a.checked_div(b),
        _ => a.checked_rem(b),
    };
    let moved = |at: Instant, by: i64| {
        let span = Duration::from_millis(by.unsigned_abs());
        Value::Moment(if by < 0 { at - span } else { at + span })
    };
    let value = match (left, right) {
        (Value::Number(a), Value::Number(b)) => calculate(*a, *b).map(Value::Number),
        (Value::Span(a), Value::Span(b)) if operator == Operator::Divide => {
            calculate(*a, *b).map(Value::Number)
        }
        (Value::Span(a), Value::Span(b) | Value::Number(b)) => calculate(*a, *b).map(Value::Span),
        (Value::Moment(a), Value::Moment(b)) => {
            let ms = |at: &Instant| i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
            Some(Value::Span(ms(a).saturating_sub(ms(b))))
        }
        (Value::Moment(a), Value::Span(b)) if operator == Operator::Add => Some(moved(*a, *b)),
        (Value::Moment(a), Value::Span(b)) => Some(moved(*a, b.saturating_neg())),
        _ => None,
    };
    value.unwrap_or(Value::Nothing)
}
