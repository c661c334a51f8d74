//! Everything around the stage: header, front page, timeline, command line, events, inspector, dialogs.

pub mod command_bar;
pub mod dialog;
pub mod events;
pub mod front;
pub mod header;
pub mod inspector;
pub mod look;
pub mod timeline;
