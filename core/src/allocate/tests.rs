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

/// What each member gets, as places in the list of queues.
fn shares(strategy: &AllocateStrategy, queue_count: u32, member_count: usize) -> Vec<Vec<usize>> {
    let (queues, members) = (queues(queue_count), members(member_count));
    let place =
        |queue: &MessageQueue| queues.iter().position(|other| other == queue).expect("a queue of the list");
    let share = |me| allocate(strategy, &RoomsByName, me, &queues, &members).expect("the lists are in order");
    members.iter().map(|me| share(me).iter().map(place).collect()).collect()
}

/// Every number of queues and members of the small cases.
fn small_cases() -> impl Iterator<Item = (u32, usize)> {
    (1..=8).flat_map(|queue_count| (1..=8).map(move |member_count| (queue_count, member_count)))
}

#[test]
fn averages_are_balanced_and_the_first_members_have_one_more() {
    let names = ["AVG", "AVG_BY_CIRCLE", "MACHINE_ROOM:room1+room2"];
    for strategy in names.map(|text| text.parse().expect("a strategy")) {
        for (queue_count, member_count) in small_cases() {
            let sizes: Vec<_> = shares(&strategy, queue_count, member_count).iter().map(Vec::len).collect();
            let (least, rest) = (queue_count as usize / member_count, queue_count as usize % member_count);
            let expected: Vec<_> = (0..member_count).map(|i| least + usize::from(i < rest)).collect();
            assert_eq!(sizes, expected, "{strategy} {queue_count}/{member_count}");
        }
    }
}

#[test]
fn an_average_is_a_block_and_a_circle_deals_out() {
    for (queue_count, member_count) in small_cases() {
        let blocks = shares(&AllocateStrategy::Averagely, queue_count, member_count);
        let in_order: Vec<_> = (0..queue_count as usize).collect();
        assert_eq!(blocks.concat(), in_order, "blocks of {queue_count}/{member_count} follow one another");
        let dealt = shares(&AllocateStrategy::AveragelyByCircle, queue_count, member_count);
        for (member, share) in dealt.iter().enumerate() {
            let expected: Vec<_> = (member..queue_count as usize).step_by(member_count).collect();
            assert_eq!(*share, expected, "{queue_count}/{member_count}");
        }
    }
}

#[test]
fn a_member_that_leaves_a_ring_moves_only_its_own_queues() {
    let strategy = AllocateStrategy::ConsistentHash { virtual_nodes: DEFAULT_VIRTUAL_NODES };
    for (queue_count, member_count) in small_cases().filter(|(_, member_count)| *member_count > 1) {
        let with = shares(&strategy, queue_count, member_count);
        let without = shares(&strategy, queue_count, member_count - 1);
        for (before, after) in with.iter().zip(&without) {
            let keeps = before.iter().all(|queue| after.contains(queue));
            assert!(keeps, "{queue_count}/{member_count}: {before:?} → {after:?}");
        }
    }
}

#[test]
fn queues_of_other_rooms_go_to_nobody() {
    let strategy = "MACHINE_ROOM:room2".parse().expect("a strategy");
    for (queue_count, member_count) in small_cases() {
        let mut given = shares(&strategy, queue_count, member_count).concat();
        given.sort_unstable();
        let second_broker: Vec<_> = (queue_count.div_ceil(2) as usize..queue_count as usize).collect();
        assert_eq!(given, second_broker, "{queue_count}/{member_count}");
    }
}

#[test]
fn nobody_gets_a_queue_of_a_room_where_others_stand() {
    for inner in ["AVG", "AVG_BY_CIRCLE", "CONSISTENT_HASH"] {
        let strategy = format!("MACHINE_ROOM_NEARBY-{inner}").parse().expect("a strategy");
        for (queue_count, member_count) in small_cases() {
            let (queues, members) = (queues(queue_count), members(member_count));
            let rooms: Vec<_> = members.iter().map(|member| RoomsByName.consumer_deploy_in(member)).collect();
            let shares = shares(&strategy, queue_count, member_count);
            for (share, mine) in shares.iter().zip(&rooms) {
                for queue in share {
                    let room = RoomsByName.broker_deploy_in(&queues[*queue].broker_name);
                    assert!(
                        room == *mine || !rooms.contains(&room),
                        "{strategy} {queue_count}/{member_count}"
                    );
                }
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
