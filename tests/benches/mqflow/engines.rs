//! The lab under the workload, with and without its trace.

use lab_core::lab::Lab;
use lab_core::recording::Recording;
use lab_core::world::World;

use super::workload::Workload;

/// The recording of the workload, as the lab reads it.
pub(crate) fn recording(workload: &Workload) -> Recording {
    workload.recording().parse().expect("the workload is written in the lab's notation")
}

/// The cluster after the whole run, without a trace.
pub(crate) fn untraced(recording: &Recording) -> World {
    World::at_end_of(recording)
}

/// The whole run, with every event and its cause kept.
pub(crate) fn traced(recording: Recording) -> Lab {
    let end = recording.end;
    let mut lab = Lab::new(recording);
    lab.run_until(end);
    lab
}
