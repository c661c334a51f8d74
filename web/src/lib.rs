//! The page of RocketMQ Lab.
//!
//! [`session`] is the whole logic: page state, one message enum, one `update`. [`playback`] turns real time into
//! virtual time, [`geometry`] says where everything stands, [`labs`] holds the ready labs, [`differences`] what
//! is not the same in both versions, [`text`] the words of both languages; none of these knows Yew or the browser, and all are tested natively. [`stage`] draws the
//! cluster, [`panels`] everything around it. [`app`] holds the pieces together; it, [`clock`], [`storage`],
//! [`clipboard`] and [`crash`] are the files that touch the browser beyond what a component needs.
//!
//! The page makes no network request after it has loaded, and text typed by people never becomes markup.

pub mod app;
pub mod clipboard;
pub mod clock;
pub mod crash;
pub mod differences;
pub mod geometry;
pub mod labs;
pub mod lessons;
pub mod palette;
pub mod panels;
pub mod playback;
pub mod session;
pub mod stage;
pub mod storage;
pub mod text;
