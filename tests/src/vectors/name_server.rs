//! Vectors of the name server.

use super::File;

/// The files of this module.
pub const FILES: &[File] = &[];
