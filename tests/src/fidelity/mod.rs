//! The fidelity list as a document, and whether what it names exists.
//!
//! The list itself is [`lab_core::fidelity`]; `targets/fidelity.rs` holds the committed `FIDELITY.md` and the names
//! against what is here.

pub mod document;
pub mod names;
