//! Vectors of names, ids, flags, constants and defaults.

use super::File;

/// The files of this module.
pub const FILES: &[File] = &[];
