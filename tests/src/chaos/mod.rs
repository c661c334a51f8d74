//! Random runs and what must hold in them.
//!
//! A seed decides everything: the cluster, what is sent, which faults strike when, what an administrator orders and
//! asks ([`plan`]). A run has two phases: disorder, then everything is healed and the cluster gets time to settle
//! ([`run`]). Checkers ([`check`]) look at it all along and at the end. They know nothing of how the run came about,
//! so a failing run can be made short ([`shorten`]) and is printed as a scenario that can be played again.
//!
//! In some runs a broker name survives its master, as a DLedger group, under controllers or with an acting slave
//! (`replicated`); the checkers read off the run which of its promises hold there.
//!
//! *Always* properties hold in every run, *sometimes* properties ([`sightings`]) in at least one of many: they show
//! that the runs really reach the situations that the others speak of. [`campaign`] plays many runs on all cores.

pub mod campaign;
pub mod check;
mod disorder;
pub mod plan;
mod popping;
mod replicated;
pub mod run;
pub mod shorten;
pub mod sightings;
