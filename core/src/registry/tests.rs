use super::*;
use crate::command::{MemberChange, NodeOrder};
use crate::id::{Address, ConnectionId, NodeId};
use crate::outbox::{Effect, Input, Outbox, Peer};
use crate::rng::Rng;
use crate::rpc::{Frame, RegistryFrame};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

const ONE: ConnectionId = ConnectionId(1);
const TWO: ConnectionId = ConnectionId(2);

struct Bench {
    registry: Registry,
    now: Instant,
}

impl Bench {
    fn new() -> Self {
        Self { registry: Registry::new(RegistryDisk::default(), Rng::fork(1, "bench")), now: Instant::ZERO }
    }

    /// The frames that go out when this comes in, with their connections.
    fn take(&mut self, input: Input) -> Vec<(ConnectionId, RegistryFrame)> {
        let mut out = Outbox::new(ConnectionId(9));
        self.registry.handle(self.now, input, &mut out);
        let sent = out.into_parts().0.into_iter().filter_map(|effect| match effect {
            Effect::Send { connection, frame: Frame::Registry(frame) } => Some((connection, frame)),
            _ => None,
        });
        sent.collect()
    }

    fn ask(&mut self, connection: ConnectionId, frame: RegistryFrame) -> Vec<(ConnectionId, RegistryFrame)> {
        let peer = Peer { node: NodeId::from("c"), address: Address::local(50_001) };
        self.take(Input::Frame { connection, peer, frame: Frame::Registry(frame) })
    }

    fn change(&mut self, member: &str, change: MemberChange) -> Vec<(ConnectionId, RegistryFrame)> {
        self.take(Input::Order(Box::new(NodeOrder::Member(member.into(), change))))
    }
}

fn versions(sent: &[(ConnectionId, RegistryFrame)]) -> Vec<(ConnectionId, Option<u64>)> {
    let version = |frame: &RegistryFrame| match frame {
        RegistryFrame::Members(list) => Some(list.version),
        _ => None,
    };
    sent.iter().map(|(connection, frame)| (*connection, version(frame))).collect()
}

#[test]
fn a_watch_fires_once_until_the_list_is_read_again() {
    let mut bench = Bench::new();
    assert_eq!(versions(&bench.ask(ONE, RegistryFrame::GetChildren)), [(ONE, Some(1))]);
    assert_eq!(bench.change("a", MemberChange::Add), [(ONE, RegistryFrame::NodeChildrenChanged)]);
    assert_eq!(bench.change("b", MemberChange::Add), []);
    assert_eq!(versions(&bench.ask(ONE, RegistryFrame::GetChildren)), [(ONE, Some(3))]);
    assert_eq!(bench.change("b", MemberChange::Add), [], "nothing has changed");
    assert_eq!(bench.change("b", MemberChange::Remove).len(), 1);
}

#[test]
fn watches_that_are_set_again_fire_at_once_when_they_are_late() {
    let mut bench = Bench::new();
    bench.change("a", MemberChange::Add);
    let late = bench.ask(ONE, RegistryFrame::SetWatches { version: 1 });
    assert_eq!(
        late,
        [(ONE, RegistryFrame::NodeChildrenChanged), (ONE, RegistryFrame::WatchesSet)],
        "word comes before the answer"
    );
    assert_eq!(bench.ask(TWO, RegistryFrame::SetWatches { version: 2 }), [(TWO, RegistryFrame::WatchesSet)]);
    assert_eq!(bench.change("b", MemberChange::Add), [(TWO, RegistryFrame::NodeChildrenChanged)]);
}

#[test]
fn a_question_is_held_until_there_is_news_or_its_wait_is_over() {
    let mut bench = Bench::new();
    let wait = Duration::from_secs(16);
    assert_eq!(versions(&bench.ask(ONE, RegistryFrame::BlockingQuery { index: 0, wait })), [(ONE, Some(1))]);
    assert_eq!(bench.ask(ONE, RegistryFrame::BlockingQuery { index: 1, wait }), []);
    assert_eq!(bench.ask(TWO, RegistryFrame::BlockingQuery { index: 1, wait }), []);
    assert_eq!(bench.registry.waiting(), (2, 0, 2));
    bench.take(Input::Closed(TWO));
    assert_eq!(versions(&bench.change("a", MemberChange::Add)), [(ONE, Some(2))]);
    assert_eq!(bench.ask(ONE, RegistryFrame::BlockingQuery { index: 2, wait }), []);
    let ring = |at: Instant| Input::Timer(Timer::RegistryHold, at);
    bench.now = Instant::ZERO + Duration::from_secs(15);
    assert_eq!(bench.take(ring(bench.now)), [], "not yet");
    bench.now = Instant::ZERO + Duration::from_secs(17);
    assert_eq!(versions(&bench.take(ring(bench.now))), [(ONE, Some(2))], "16 s and 1 s at most");
}

#[test]
fn the_list_survives_the_process_and_who_waited_does_not() {
    let mut bench = Bench::new();
    bench.change("a", MemberChange::Add);
    bench.ask(ONE, RegistryFrame::GetChildren);
    let disk = bench.registry.into_disk();
    let again = Registry::new(disk, Rng::fork(1, "again"));
    assert_eq!((again.members().version, again.members().members.len()), (2, 1));
    assert_eq!(again.waiting(), (0, 0, 0));
}
