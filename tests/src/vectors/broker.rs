//! Vectors of the broker: topics, pulls, retries, delays, transactions.

mod bench;
mod delays;
mod pulls;
mod topics;
mod transactions;

use super::File;

/// The files of this module.
pub const FILES: &[File] = &[
    ("auto_create_topic", topics::auto_create_topic),
    ("delay_transform", delays::delay_transform),
    ("long_polling", pulls::long_polling),
    ("pull_request", pulls::pull_request),
    ("schedule_delivery", delays::schedule_delivery),
    ("transaction", transactions::transaction),
];
