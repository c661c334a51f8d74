//! Native tests of the placing, the ways and the dots.

use lab_core::config::{BrokerRole, FlushDiskType, Profile};
use lab_core::fact::{Fact, TraceEvent};
use lab_core::id::{Address, BrokerId, CommitLogOffset, EventId, NodeId, QueueId, QueueOffset};
use lab_core::lab::Lab;
use lab_core::rpc::TopicConfig;
use lab_core::time::Instant;
use lab_core::view::{
    BrokerView, DiskView, Flight, LogView, NameServerView, NodeStatus, NodeView, ProducerView, QueueView,
    TopicView, View,
};

use super::curve::Curve;
use super::flying::Flying;
use super::{Layout, Rect, size};
use crate::palette::Tags;

fn node(id: &str) -> NodeView {
    NodeView {
        id: id.into(),
        status: NodeStatus::Up,
        since: Instant::ZERO,
        address: Address::local(1),
        timers: Vec::new(),
        connections: Vec::new(),
        command: String::new(),
    }
}

fn broker(id: &str, name: &str, broker_id: u64, queues: u32) -> BrokerView {
    let topic = TopicView {
        topic: "Orders".into(),
        system: false,
        config: TopicConfig { read_queue_nums: queues, write_queue_nums: queues, perm: 6, order: false },
        queues: (0..queues)
            .map(|queue| QueueView {
                queue_id: QueueId(queue),
                min: QueueOffset(0),
                max: QueueOffset(0),
                messages: Vec::new(),
            })
            .collect(),
    };
    BrokerView {
        node: node(id),
        cluster: "DefaultCluster".into(),
        broker_name: name.into(),
        broker_id: BrokerId(broker_id),
        role: BrokerRole::AsyncMaster,
        flush: FlushDiskType::AsyncFlush,
        permission: 6,
        topics: vec![topic],
        log: LogView {
            min: CommitLogOffset(0),
            max: CommitLogOffset(0),
            flushed: CommitLogOffset(0),
            dispatched: CommitLogOffset(0),
            records: 0,
        },
        offsets: Vec::new(),
        clients: Vec::new(),
        groups: Vec::new(),
        locks: Vec::new(),
        delay_levels: Vec::new(),
        timer_messages: (0, Vec::new()),
        half_messages: (0, Vec::new()),
        disk: DiskView { used: 0, capacity: 1, used_percent: 0, is_full: false },
        held_pulls: Vec::new(),
        pop: lab_core::view::PopView::default(),
        slaves: Vec::new(),
        master: None,
        registered: Vec::new(),
        settings: Vec::new(),
        dledger: None,
        acting: None,
        controller_mode: None,
    }
}

fn producer(id: &str) -> ProducerView {
    ProducerView {
        node: node(id),
        client_id: id.into(),
        group: "pg".into(),
        name_server: None,
        routes: Vec::new(),
        jobs: Vec::new(),
        transactions: Vec::new(),
        succeeded: 0,
        failed: 0,
        last_failure: None,
        faults: Vec::new(),
        settings: Vec::new(),
    }
}

fn cluster(queues: u32) -> View {
    let server = |id: &str| NameServerView {
        settings: Vec::new(),
        node: node(id),
        brokers: Vec::new(),
        topics: Vec::new(),
        removed: Vec::new(),
    };
    View {
        at: Instant::ZERO,
        profile: Profile::V5,
        name_servers: vec![server("n0"), server("n1")],
        brokers: vec![
            broker("a", "broker-a", 0, queues),
            broker("a-1", "broker-a", 1, queues),
            broker("b", "broker-b", 0, queues),
        ],
        producers: vec![producer("p0"), producer("p1"), producer("p2")],
        consumers: Vec::new(),
        registries: Vec::new(),
        registry_clients: Vec::new(),
        controllers: Vec::new(),
        kafka: lab_core::view::KafkaView::default(),
        barriers: Vec::new(),
        flights: Vec::new(),
    }
}

#[test]
fn nothing_overlaps_and_nothing_sticks_out() {
    for width in [320.0, 390.0, 700.0, 744.0, 1140.0, 2000.0] {
        for queues in [1, 4, 64] {
            let layout = Layout::of(&cluster(queues), width);
            let cards: Vec<(String, Rect)> = layout
                .cards
                .iter()
                .map(|(name, rect)| (name.to_string(), *rect))
                .chain(
                    layout
                        .places
                        .iter()
                        .filter(|(_, place)| place.card == place.rect)
                        .map(|(id, place)| (id.to_string(), place.rect)),
                )
                .collect();
            for (place, (name, rect)) in cards.iter().enumerate() {
                assert!(rect.x >= 0.0 && rect.right() <= width + 0.5, "{name} at {width}: {rect:?}");
                assert!(rect.bottom() <= layout.height, "{name} at {width}: {rect:?} in {}", layout.height);
                for (other, rect_of_other) in &cards[place + 1..] {
                    let same = other == "b" && name == "broker-b";
                    assert!(same || !rect.overlaps(*rect_of_other), "{name} on {other} at {width}");
                }
            }
        }
    }
}

#[test]
fn what_is_too_high_is_drawn_smaller_and_never_wider_than_the_stage() {
    let view = cluster(4);
    let plain = Layout::fitted(&view, 1140.0, f64::INFINITY);
    assert_eq!(plain, Layout::of(&view, 1140.0));
    let smaller = Layout::fitted(&view, 1140.0, plain.height * 0.9);
    assert!(smaller.zoom < 1.0 && smaller.height * smaller.zoom <= plain.height * 0.9 + 1.0);
    assert!((smaller.width * smaller.zoom - 1140.0).abs() < 0.5);
    assert_eq!(Layout::fitted(&view, 1140.0, 10.0).zoom, size::ZOOM);
}

#[test]
fn a_master_and_its_slave_share_a_card() {
    let layout = Layout::of(&cluster(4), 1140.0);
    let (master, slave) = (&layout.places[&NodeId::from("a")], &layout.places[&NodeId::from("a-1")]);
    assert_eq!(master.card, slave.card);
    assert!(!master.rect.overlaps(slave.rect));
    assert!(slave.rect.bottom() <= slave.card.bottom());
}

#[test]
fn many_queues_do_not_make_the_card_grow_without_end() {
    let height = |queues| Layout::of(&cluster(queues), 1140.0).places[&NodeId::from("b")].rect.h;
    assert!(height(1) < height(4));
    assert_eq!(height(64), size::HEAD + size::LANES);
}

#[test]
fn a_way_back_is_the_way_there() {
    let layout = Layout::of(&cluster(4), 1140.0);
    let there = layout.curve(&"p0".into(), &"a".into(), Some(200.0)).expect("both are on the stage");
    let back = layout.curve(&"a".into(), &"p0".into(), Some(200.0)).expect("both are on the stage");
    let ((x, y), (back_x, back_y)) = (there.at(0.25), back.at(0.75));
    assert!((x - back_x).abs() < 1e-9 && (y - back_y).abs() < 1e-9);
    assert_ne!(there.lane_at(0.5), back.lane_at(0.5), "they keep to the right");
    assert!(layout.curve(&"p0".into(), &"nobody".into(), None).is_none());
}

#[test]
fn a_curve_begins_and_ends_at_its_ends() {
    let curve = Curve([(0.0, 0.0), (1.0, 5.0), (2.0, 5.0), (3.0, 9.0)]);
    assert_eq!(curve.at(0.0), (0.0, 0.0));
    assert_eq!(curve.at(1.0), (3.0, 9.0));
    assert_eq!(curve.path(), "M0.0 0.0C1.0 5.0 2.0 5.0 3.0 9.0");
}

fn heard(at: u64, arrives: u64) -> TraceEvent {
    let fact = Fact::HaReported {
        to: "a".into(),
        offset: CommitLogOffset(0),
        arrives: Instant::from_millis(arrives),
    };
    TraceEvent {
        id: EventId::FIRST,
        at: Instant::from_millis(at),
        node: Some("a-1".into()),
        cause: None,
        fact,
    }
}

#[test]
fn a_dot_is_seen_for_a_while_even_when_its_frame_has_long_arrived() {
    let layout = Layout::of(&cluster(4), 1140.0);
    let mut flying = Flying::default();
    flying.add(&heard(0, 20), &layout, &Tags::default());
    let later = Instant::from_millis(60_000);
    flying.advance(200, later);
    assert_eq!(flying.dots().len(), 1);
    assert!(flying.is_moving(later));
    flying.advance(300, later);
    assert!(flying.is_empty());
}

#[test]
fn a_dot_rests_where_its_frame_is_while_the_run_stands() {
    let layout = Layout::of(&cluster(4), 1140.0);
    let mut flying = Flying::default();
    flying.add(&heard(0, 40), &layout, &Tags::default());
    let now = Instant::from_millis(10);
    (0..100).for_each(|_| flying.advance(100, now));
    assert_eq!(flying.len(), 1);
    assert!(!flying.is_moving(now));
}

#[test]
fn what_is_held_waits_until_the_view_says_otherwise() {
    let mut view = cluster(4);
    view.flights.push(Flight {
        from: "p0".into(),
        to: "a".into(),
        request: "SEND_MESSAGE_V2",
        response: false,
        data: true,
        tag: None,
        messages: 1,
        sent: Instant::ZERO,
        arrives: Instant::NEVER,
    });
    let layout = Layout::of(&view, 1140.0);
    let mut flying = Flying::default();
    flying.rebuild(&view, &layout, &Tags::default());
    (0..100).for_each(|_| flying.advance(100, Instant::from_millis(9_000)));
    assert_eq!(flying.len(), 1);
    view.flights.clear();
    flying.reconcile(&view);
    (0..100).for_each(|_| flying.advance(100, Instant::from_millis(9_000)));
    assert!(flying.is_empty());
}

/// Three registries with so many clients, beside a cluster or alone.
fn registries(clients: u32, beside: &str) -> View {
    let lines = format!(
        "lab profile=V5 seed=1\n{beside}registry r1\nregistry r2\nregistry r3\nregistry-client c count={clients}\n"
    );
    let mut lab = Lab::new(lines.parse().expect("a recording"));
    lab.run_until(Instant::from_millis(1_000));
    lab.view(0)
}

#[test]
fn registries_and_a_hundred_clients_fit_without_overlap() {
    for width in [390.0, 744.0, 1140.0] {
        for (clients, beside) in [(1, ""), (12, ""), (100, ""), (9, "name-server n\nbroker b\n")] {
            let view = registries(clients, beside);
            let layout = Layout::of(&view, width);
            let rects: Vec<_> = layout.places.values().map(|place| place.rect).collect();
            for (index, rect) in rects.iter().enumerate() {
                assert!(rect.x >= 0.0 && rect.right() <= width && rect.bottom() <= layout.height, "{rect:?}");
                assert!(
                    rects[..index].iter().all(|other| !rect.overlaps(*other)),
                    "{width} {clients}: {rect:?}"
                );
            }
            assert_eq!(layout.registry_groups.len(), 1);
            assert_eq!(layout.registry_groups[0].folded, clients == 100);
            assert!(layout.curve(&"r1".into(), &view.registry_clients[0].node.id, None).is_some());
        }
        assert!(Layout::of(&registries(100, ""), width).height < 620.0, "a hundred clients are seen at once");
    }
}

/// Controllers of their own beside name servers, with replicas that they rule.
fn controllers(servers: u32, count: u32) -> View {
    let mut lines = "lab profile=V5 seed=1\n".to_owned();
    (0..servers).for_each(|place| lines.push_str(&format!("name-server n{place}\n")));
    (0..count).for_each(|place| lines.push_str(&format!("controller c{place}\n")));
    for (name, set) in [("a", "a"), ("a1", "a"), ("a2", "a"), ("b", "b")] {
        lines.push_str(&format!("broker {name} name={set} enableControllerMode=true\n"));
    }
    let mut lab = Lab::new(lines.parse().expect("a recording"));
    lab.run_until(Instant::from_millis(30_000));
    lab.view(0)
}

#[test]
fn controllers_stand_beside_the_name_servers_without_overlap() {
    for (servers, count) in [(1, 1), (1, 3), (2, 3), (3, 5)] {
        let view = controllers(servers, count);
        for width in [320.0, 366.0, 390.0, 700.0, 1090.0, 1140.0, 1440.0] {
            let layout = Layout::of(&view, width);
            let nodes: Vec<_> = layout.places.iter().collect();
            for (index, (id, place)) in nodes.iter().enumerate() {
                let (rect, card) = (place.rect, place.card);
                assert!(rect.x >= 0.0 && rect.right() <= width + 0.5, "{id} at {width}: {rect:?}");
                assert!(
                    card.bottom() <= layout.height && rect.bottom() <= card.bottom() + 0.5,
                    "{id} at {width}"
                );
                for (other, beside) in &nodes[..index] {
                    assert!(!rect.overlaps(beside.rect), "{id} on {other} at {width}");
                }
            }
            let tops = |node: &str| layout.places[&NodeId::from(node)].rect.y;
            assert!(width < 700.0 || count > 3 || tops("c0") == tops("n0"), "one row at {width}");
            let brokers = view.brokers.iter().map(|broker| layout.places[&broker.node.id].card.y);
            let lowest = layout.places[&NodeId::from(format!("c{}", count - 1).as_str())].rect.bottom();
            assert!(brokers.into_iter().all(|top| top >= lowest), "brokers below controllers at {width}");
            let way = layout.curve(&"c0".into(), &"a".into(), None).expect("both are on the stage");
            assert!(way.at(0.0) != way.at(1.0));
        }
    }
}

#[test]
fn a_way_between_two_on_top_hangs_below_their_row() {
    let layout = Layout::of(&controllers(1, 3), 1140.0);
    let (from, to) = (NodeId::from("c0"), NodeId::from("c2"));
    let row = layout.places[&from].rect.bottom();
    let there = layout.curve(&from, &to, None).expect("both are on the stage");
    assert!(there.at(0.5).1 > row && there.at(0.5).1 < row + size::BELOW);
    let back = layout.curve(&to, &from, None).expect("both are on the stage");
    assert_ne!(there.lane_at(0.5), back.lane_at(0.5), "they keep apart");
}
