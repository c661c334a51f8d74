//! The lab under the workload, with and without its trace, and what has to be true afterwards.

use lab_core::fact::Fact;
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

/// Messages that the brokers hold.
pub(crate) fn stored(world: &World) -> u64 {
    let stores = world.slots().values().filter_map(lab_core::world::Slot::store);
    stores
        .map(|store| {
            store.log().messages().filter(|message| message.message.topic.as_str() == "Flow").count() as u64
        })
        .sum()
}

/// Messages that listeners were through with, all groups together, and the moment of the last.
pub(crate) fn consumed(lab: &Lab) -> (u64, Instant) {
    let events = lab.trace().iter().filter(|event| matches!(event.fact, Fact::MessageConsumed { .. }));
    events.fold((0, Instant::ZERO), |(count, _), event| (count + 1, event.at))
}

/// Checks that every message was stored and consumed once by each group.
///
/// # Panics
/// When not: nothing is worth measuring then.
pub(crate) fn check(workload: &Workload, lab: &Lab) {
    let sent = u64::from(workload.sent());
    assert_eq!(stored(lab.world()), sent, "every message is stored");
    assert_eq!(consumed(lab).0, sent * u64::from(workload.groups), "and consumed once by each group");
}
