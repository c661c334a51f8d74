//! Vectors of the broker: topics, pulls, retries, delays, transactions.

use super::File;

/// The files of this module.
pub const FILES: &[File] = &[];
