//! What a step tells with the values of the learner's own run.

use std::collections::BTreeMap;

use lab_core::fact::TraceEvent;
use lab_core::id::EventId;
use lab_core::lab::Lab;
use lab_core::lesson::language::{Expression, Value};
use lab_core::lesson::{Block, Lesson, Player, Prose, Task, values_at};

/// The longest chain of causes that is quoted.
const LONGEST_CHAIN: usize = 12;

/// The values and quotes of a step's texts, by their expressions and lines. Both languages have the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Values, printed.
    pub values: BTreeMap<String, String>,
    /// Events with their causes, the event first.
    pub facts: BTreeMap<String, Vec<TraceEvent>>,
    /// What `mqadmin` printed.
    pub outputs: BTreeMap<String, String>,
    /// The rows that compare two runs: here, there.
    pub rows: Vec<[String; 2]>,
}

impl Told {
    /// What the step that is looked at tells, at the moment at which it began.
    pub(super) fn at(player: &Player, lab: &Lab, beside: Option<&Lab>) -> Self {
        let begin = player.begin().at;
        let at_begin = |lab: &Lab| {
            let mut lab = lab.clone();
            if lab.now() > begin {
                lab.go_to(begin);
            }
            lab
        };
        let lab = at_begin(lab);
        let beside = beside.map(at_begin);
        let mut told = Self::default();
        for blocks in texts(player) {
            told.take_in(blocks, &lab, beside.as_ref(), player);
        }
        if let Task::Explain { rows } = &player.step().task {
            let expressions = || rows.iter().map(|row| &row.value);
            let here = values_at(expressions(), &lab, beside.as_ref(), begin);
            let there = beside.as_ref().map(|beside| values_at(expressions(), beside, None, begin));
            let print = |value: Option<&Value<'_>>| value.map(ToString::to_string).unwrap_or_default();
            told.rows = here
                .iter()
                .enumerate()
                .map(|(place, value)| {
                    [print(Some(value)), print(there.as_ref().and_then(|it| it.get(place)))]
                })
                .collect();
        }
        told
    }

    fn take_in(&mut self, blocks: &[Block], lab: &Lab, beside: Option<&Lab>, player: &Player) {
        let mut expressions = Vec::new();
        Prose::expressions(blocks, &mut expressions);
        let values = values_at(expressions.iter().copied(), lab, beside, player.begin().at);
        for (expression, value) in expressions.iter().zip(&values) {
            self.values.insert(expression.text().to_owned(), value.to_string());
        }
        for (expression, value) in quoted(blocks, &expressions, &values) {
            let chain = lab.causes(value).into_iter().take(LONGEST_CHAIN).cloned().collect();
            self.facts.insert(expression.text().to_owned(), chain);
        }
        let mut lines = Vec::new();
        Prose::mqadmin_lines(blocks, &mut lines);
        for line in lines {
            // On a copy: to look at the cluster must not change it.
            let output = lab.clone().mqadmin(line).ok().flatten();
            self.outputs.insert(line.to_string(), output.map(|it| it.to_string()).unwrap_or_default());
        }
    }
}

/// The events that a text quotes.
fn quoted<'a>(
    blocks: &[Block],
    expressions: &[&'a Expression],
    values: &[Value<'_>],
) -> Vec<(&'a Expression, EventId)> {
    let mut facts = Vec::new();
    Prose::facts(blocks, &mut facts);
    let pairs = expressions.iter().zip(values).filter(|(expression, _)| facts.contains(expression));
    pairs
        .filter_map(|(expression, value)| match value {
            Value::Number(id) => Some((*expression, EventId::nth(u64::try_from(*id).ok()?)?)),
            _ => None,
        })
        .collect()
}

/// Every text that the step that is looked at shows.
fn texts(player: &Player) -> Vec<&[Block]> {
    let lesson: &Lesson = player.lesson();
    let prose = &lesson.en;
    let step = player.step();
    let id = &step.id;
    let mut paths = vec![id.to_string()];
    match &step.task {
        Task::Predict { answers, .. } => {
            paths.extend(answers.iter().map(|answer| format!("{id}/answer: {}", answer.id)));
        }
        Task::Do { goals, hints, .. } => {
            paths.extend(goals.iter().map(|goal| format!("{id}/goal: {}", goal.id)));
            paths.extend((1..=*hints).map(|number| format!("{id}/hint: {number}")));
        }
        Task::Explain { rows } => {
            paths.extend(rows.iter().map(|row| format!("{id}/row: {}", row.id)));
            paths.extend(["remember", "transfer", "notes", "beside"].map(str::to_owned));
            for step in &lesson.steps {
                let Task::Predict { answers, .. } = &step.task else { continue };
                for part in ["answer", "reply"] {
                    paths.extend(answers.iter().map(|answer| format!("{}/{part}: {}", step.id, answer.id)));
                }
            }
        }
    }
    paths.iter().map(|path| prose.text(path)).collect()
}
