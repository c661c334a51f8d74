use std::slice::from_ref;

use super::*;
use crate::config::DEFAULT_VIRTUAL_NODES;
use crate::rpc::message_queue;

/// Queues over two brokers, one in each room, sorted as a round sorts them.
fn queues(count: u32) -> Vec<MessageQueue> {
    let per_broker = count.div_ceil(2);
    (0..count)
        .map(|i| {
            let broker = if i < per_broker { "room1@broker-a" } else { "room2@broker-b" };
            message_queue(&"TopicTest".into(), &broker.into(), i % per_broker)
        })
        .collect()
}

/// Members of two rooms; the last one stands where no broker is.
fn members(count: usize) -> Vec<ClientId> {
    (1..=count)
        .map(|i| format!("10.0.0.{i}@room{}@c{i}", if i == 8 { 3 } else { i % 2 + 1 }).into())
        .collect()
}

fn strategies() -> Vec<AllocateStrategy> {
    let simple = [
        AllocateStrategy::Averagely,
        AllocateStrategy::AveragelyByCircle,
        AllocateStrategy::ConsistentHash { virtual_nodes: DEFAULT_VIRTUAL_NODES },
        AllocateStrategy::ConsistentHash { virtual_nodes: 1 },
        AllocateStrategy::MachineRoom { rooms: vec!["room1".into(), "room2".into()] },
    ];
    let nearby = simple.clone().map(|inner| AllocateStrategy::MachineRoomNearby { inner: Box::new(inner) });
    simple.into_iter().chain(nearby).collect()
}

/// Indexes of each member's queues, written as in the behaviour file: `012 · 345 · 67`.
fn division(strategy: &AllocateStrategy, queue_count: u32, member_count: usize) -> String {
    let (queues, members) = (queues(queue_count), members(member_count));
    let share = |me| {
        let share = allocate(strategy, &RoomsByName, me, &queues, &members).expect("the lists are in order");
        share
            .iter()
            .map(|queue| queues.iter().position(|other| other == queue).expect("a queue of the list"))
            .map(|index| index.to_string())
            .collect::<String>()
    };
    members.iter().map(share).collect::<Vec<_>>().join(" · ")
}

#[test]
fn divisions_equal_those_of_the_behaviour_file() {
    let of = |text: &str, queue_count, member_count| {
        division(&text.parse().expect("a strategy"), queue_count, member_count)
    };
    assert_eq!(of("AVG", 8, 3), "012 · 345 · 67");
    assert_eq!(of("AVG", 4, 6), "0 · 1 · 2 · 3 ·  · ");
    assert_eq!(of("AVG", 10, 4), "012 · 345 · 67 · 89");
    assert_eq!(of("AVG_BY_CIRCLE", 8, 3), "036 · 147 · 25");
    assert_eq!(of("AVG_BY_CIRCLE", 10, 4), "048 · 159 · 26 · 37");
    assert_eq!(of("MACHINE_ROOM:room1+room2", 8, 3), "016 · 237 · 45");
    assert_eq!(of("MACHINE_ROOM:room1+room2", 4, 6), "0 · 1 · 2 · 3 ·  · ");
    assert_eq!(of("MACHINE_ROOM:room1", 8, 3), "03 · 1 · 2");
    assert_eq!(of("MACHINE_ROOM_NEARBY-AVG", 8, 3), "45 · 0123 · 67");
    assert_eq!(ring_hash("10.0.0.1@c1-0"), 4_156_134_030);
}

#[test]
fn every_division_of_small_numbers_is_a_partition() {
    for strategy in strategies() {
        for queue_count in 0..=8 {
            for member_count in 1..=8 {
                let (queues, members) = (queues(queue_count), members(member_count));
                let shares: Vec<_> = members
                    .iter()
                    .map(|me| allocate(&strategy, &RoomsByName, me, &queues, &members))
                    .collect();
                if queue_count == 0 {
                    assert!(shares.iter().all(|share| *share == Err(AllocateError::NoQueues)));
                    continue;
                }
                let mut all: Vec<_> = shares.into_iter().flatten().flatten().collect();
                all.sort();
                assert_eq!(all, queues, "{strategy} {queue_count}/{member_count}");
            }
        }
    }
}

#[test]
fn a_stranger_gets_nothing_and_nobody_throws() {
    for strategy in strategies() {
        let share = allocate(&strategy, &RoomsByName, &"10.0.0.9@room1@x".into(), &queues(4), &members(2));
        assert_eq!(share, Ok(Vec::new()), "{strategy}");
    }
    let nobody = allocate(&AllocateStrategy::Averagely, &RoomsByName, &"x".into(), &queues(4), &[]);
    assert_eq!(nobody, Err(AllocateError::NoMembers));
}

#[test]
fn whoever_stands_in_no_room_stops_the_round_of_all() {
    let strategy = "MACHINE_ROOM_NEARBY-AVG".parse().expect("a strategy");
    let me = "10.0.0.1@room1@c1".into();
    let roomless: ClientId = "10.0.0.2@c2".into();
    let outcome = allocate(&strategy, &RoomsByName, &me, &queues(4), &[me.clone(), roomless.clone()]);
    assert_eq!(outcome, Err(AllocateError::MemberWithoutRoom(roomless)));
    let queue = message_queue(&"T".into(), &"broker-c".into(), 0);
    let outcome = allocate(&strategy, &RoomsByName, &me, from_ref(&queue), from_ref(&me));
    assert_eq!(outcome, Err(AllocateError::QueueWithoutRoom(queue)));
}

#[test]
fn a_fixed_list_asks_for_nothing_else() {
    let strategy: AllocateStrategy = "CONFIG:T/broker-a/0".parse().expect("a strategy");
    let share = allocate(&strategy, &RoomsByName, &"".into(), &[], &[]);
    assert_eq!(share, Ok(vec![message_queue(&"T".into(), &"broker-a".into(), 0)]));
}
