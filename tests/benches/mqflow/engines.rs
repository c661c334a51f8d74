//! The lab under the workload, with and without its trace.

use lab_core::lab::Lab;
use lab_core::recording::Recording;
use lab_core::time::Instant;
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

/// Moments of a run that ends at `end`, without end: steps of the golden ratio visit all of it evenly.
pub(crate) fn moments(end: Instant) -> impl Iterator<Item = Instant> {
    let places = std::iter::successors(Some(618), |place| Some((place + 618) % 1000));
    places.map(move |place| Instant::from_millis(end.as_millis() * place / 1000))
}
