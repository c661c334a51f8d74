//! What the simulation costs: beside a minimal engine, with and without its trace, as runs and clusters grow, and for a
//! jump within a long run. `cargo bench`; `cargo xtask bench` makes the table of ratios from it.
//!
//! Every engine is checked before it is timed: all messages stored, each consumed once by each group.

mod engines;
mod minimal;
mod workload;

use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, SamplingMode, Throughput};
use lab_core::fact::Fact;
use lab_core::lab::Lab;
use lab_core::message::StoredMessage;
use lab_core::world::{Slot, World};

use workload::Workload;

/// Messages of the runs that are compared.
const MESSAGES: u32 = 64_000;
/// Events of the run in which is jumped.
const LONG_RUN: usize = 1_000_000;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(5))
        .configure_from_args();
    check(&Workload::of(MESSAGES));
    engines(&mut criterion);
    growth(&mut criterion);
    jump(&mut criterion);
    criterion.final_summary();
}

fn check(workload: &Workload) {
    let sent = u64::from(workload.sent());
    let minimal = minimal::run(workload);
    assert_eq!((minimal.stored, minimal.consumed), (sent, sent * u64::from(workload.groups)));
    let lab = engines::traced(engines::recording(workload));
    assert_eq!(stored(lab.world()), sent, "every message is stored");
    let consumed = lab.trace().iter().filter(|event| matches!(event.fact, Fact::MessageConsumed { .. }));
    assert_eq!(consumed.count() as u64, sent * u64::from(workload.groups), "and consumed once by each group");
}

/// Messages that the brokers hold.
fn stored(world: &World) -> u64 {
    let stores = world.slots().iter().map(|(_, slot)| slot).filter_map(Slot::store);
    let is_of_flow = |message: &&Arc<StoredMessage>| message.message.topic.as_str() == "Flow";
    stores.map(|store| store.log().messages().filter(is_of_flow).count() as u64).sum()
}

/// The three engines on the same workload.
fn engines(criterion: &mut Criterion) {
    let workload = Workload::of(MESSAGES);
    let recording = engines::recording(&workload);
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(u64::from(workload.sent()))).sampling_mode(SamplingMode::Flat);
    group.bench_function("minimal", |bencher| bencher.iter(|| minimal::run(&workload)));
    // What a run leaves behind is dropped outside of the measured time, for both engines of the lab alike.
    group
        .bench_function("untraced", |bencher| bencher.iter_with_large_drop(|| engines::untraced(&recording)));
    group.bench_function("traced", |bencher| {
        bencher.iter_batched(|| recording.clone(), engines::traced, BatchSize::PerIteration);
    });
    group.finish();
}

/// The cost of an event as runs get longer and clusters larger.
fn growth(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("growth");
    group.sampling_mode(SamplingMode::Flat);
    let of = Workload::of;
    let sizes = [1_024, 10_240, 102_400, 1_024_000].map(|messages| ("messages", messages, of(messages)));
    let brokers = [2, 8, 32].map(|brokers| ("brokers", brokers, Workload { brokers, ..of(MESSAGES) }));
    let queues = [4, 64, 1024]
        .map(|queues| ("queues", queues, Workload { brokers: 2, queues: queues / 2, ..of(MESSAGES) }));
    for (what, number, workload) in sizes.into_iter().chain(brokers).chain(queues) {
        let recording = engines::recording(&workload);
        group.throughput(Throughput::Elements(engines::untraced(&recording).events()));
        group.bench_function(BenchmarkId::new(what, number), |bencher| {
            bencher.iter_with_large_drop(|| engines::untraced(&recording));
        });
    }
    group.finish();
}

/// Going to moments spread over a run of a million events, beside playing it again from its start.
fn jump(criterion: &mut Criterion) {
    let workload = Workload::of(128_000);
    let recording = engines::recording(&workload);
    let mut lab = engines::traced(recording.clone());
    assert!(lab.trace().len() >= LONG_RUN, "the run is as long as its name says: {}", lab.trace().len());
    let end = lab.now();
    let mut group = criterion.benchmark_group("jump");
    group.sampling_mode(SamplingMode::Flat);
    let mut moments = engines::moments(end);
    group.bench_function("anywhere", |bencher| {
        bencher.iter(|| lab.go_to(moments.next().expect("there are moments without end")));
    });
    group.bench_function("from the start", |bencher| {
        bencher.iter_batched(
            || Lab::new(recording.clone()),
            |mut lab| {
                lab.run_until(end);
                lab
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}
