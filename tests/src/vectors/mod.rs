//! Test vectors: what Apache RocketMQ's own classes answered, held against the lab.
//!
//! One JSON file a subject, `{source, about, cases}`; each case has inputs and `expect`. A [`Check`] runs one case
//! through the lab's code and says whether the answer is the same. The files were made from a development version
//! shortly after 5.3.3; where that differs from 5.3.3 the check sets the other value explicitly.

pub mod broker;
pub mod client;
pub mod consumer;
pub mod filter;
pub mod name_server;
pub mod names;
pub mod store;

use serde_json::Value;

/// How a case came out.
pub enum Outcome {
    /// The lab answers what RocketMQ answered.
    Passed,
    /// It does not: a sentence with both answers.
    Failed(String),
    /// The case asks something that a simulation does not have; the reason.
    NotApplicable(&'static str),
}

/// Runs one case.
pub type Check = fn(&Value) -> Outcome;

/// A file of vectors (its name without `.json`) and how to run its cases.
pub type File = (&'static str, Check);

/// Every file that the lab knows.
pub fn files() -> Vec<File> {
    [
        broker::FILES,
        client::FILES,
        consumer::FILES,
        filter::FILES,
        name_server::FILES,
        names::FILES,
        store::FILES,
    ]
    .concat()
}

/// Compares an answer with what RocketMQ answered.
pub fn compare(expected: &Value, found: &Value) -> Outcome {
    if expected == found {
        Outcome::Passed
    } else {
        Outcome::Failed(format!("expected {expected}\n       found {found}"))
    }
}
