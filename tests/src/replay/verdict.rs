//! What a replay found: one entry a fact, and the tolerances of the comparison.

use lab_core::time::{Duration, Instant};

/// One fact of the recording, and how the replay differs from it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The step that it belongs to.
    pub step: usize,
    /// The recorded moment.
    pub at: Instant,
    /// `None` when the replay agrees.
    pub problem: Option<String>,
}

/// All facts of a recording.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    findings: Vec<Finding>,
    /// The lab's own recording of the replay, to look at it closely.
    pub replay: String,
}

impl Verdict {
    /// Notes a fact: a disagreement when there is a problem.
    pub fn note(&mut self, step: usize, at: Instant, problem: Option<String>) {
        self.findings.push(Finding { step, at, problem });
    }

    /// How many facts were compared.
    pub fn total(&self) -> usize {
        self.findings.len()
    }

    /// How many of them differ.
    pub fn disagreements(&self) -> usize {
        self.findings.iter().filter(|finding| finding.problem.is_some()).count()
    }

    /// All facts that differ, in the order in which they were found.
    pub fn problems(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.problem.is_some())
    }

    /// How many facts of other steps than these differ.
    pub fn disagreements_besides(&self, steps: &[usize]) -> usize {
        self.problems().filter(|finding| !steps.contains(&finding.step)).count()
    }

    /// The earliest fact of other steps than these that differs.
    pub fn first_disagreement(&self, besides: &[usize]) -> Option<&Finding> {
        let open = self.problems().filter(|finding| !besides.contains(&finding.step));
        open.min_by_key(|finding| finding.at)
    }
}

/// What a replay may be ahead of the recording: the machines were busy, so a duration that a timer of RocketMQ
/// gives was recorded up to 3 s or 15 % longer.
pub fn ahead(span: Duration) -> Duration {
    Duration::from_millis((span.as_millis() * 15 / 100).max(3000))
}

/// What a replay may be behind the recording, which comes from the rounding of moments alone.
pub const BEHIND: Duration = Duration::from_millis(1500);

/// Nothing shorter is ever compared.
pub const SHORTEST: Duration = Duration::from_secs(1);

/// Whether a moment of the replay fits a recorded one, the end of a span that began at `since`.
pub fn fits(replayed: Instant, recorded: Instant, since: Instant) -> bool {
    replayed + ahead(recorded.since(since)) >= recorded && replayed <= recorded + BEHIND
}
