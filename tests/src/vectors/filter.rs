//! Vectors of the filters: subscriptions, tags, SQL92.

use super::File;

/// The files of this module.
pub const FILES: &[File] = &[];
