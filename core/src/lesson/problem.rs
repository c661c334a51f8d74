//! What is wrong with a lesson, where, and what is accepted.

use std::fmt;

use arcstr::ArcStr;

/// One mistake in a lesson.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file: `lesson.toml`, `zh.md`, `en.md`.
    pub file: ArcStr,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, and what is accepted. One or two sentences.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// The line, counted from 1, in which the byte `at` of a text stands.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}
