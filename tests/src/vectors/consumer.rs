//! Vectors of consuming: results of listeners, handing back, dead letters, order locks, members and offsets.

mod groups;
mod listeners;
mod offsets;
mod retries;
mod stage;

use super::File;

/// The files of this module.
pub const FILES: &[File] = &[
    ("consume_concurrently", listeners::concurrently),
    ("consume_orderly", listeners::orderly),
    ("send_back", retries::send_back),
    ("send_retry_topic", retries::send_retry_topic),
    ("queue_lock", groups::queue_lock),
    ("consumer_group", groups::consumer_group),
    ("query_offset", offsets::query_offset),
];
