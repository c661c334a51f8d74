//! Vectors of the clients: choosing queues, dividing them, sending, consuming.

use super::File;

/// The files of this module.
pub const FILES: &[File] = &[];
