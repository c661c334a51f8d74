//! Vectors of the store: records, queues, index, retention.

use super::File;

/// The files of this module.
pub const FILES: &[File] = &[];
