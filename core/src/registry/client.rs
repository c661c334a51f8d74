//! A client: its connection, its list, and how it keeps that up to date.

use std::sync::Arc;

use super::RegistryCounts;
use crate::command::{NodeOrder, RegistryClientSpec, RegistryModel};
use crate::config::Profile;
use crate::fact::{Fact, RegistryFact};
use crate::id::{Address, ConnectionId};
use crate::outbox::{Input, Outbox};
use crate::rng::Rng;
use crate::rpc::{Frame, Members, RegistryFrame};
use crate::server_choice::Servers;
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// Pull: wait before the first poll, as before a RocketMQ client's.
const FIRST_POLL: Duration = Duration::from_millis(10);
/// Pull: `connectTimeout` and the time-out of a request of a RocketMQ client.
const PULL_TIMEOUT: Duration = Duration::from_secs(3);
/// Watch: pause when all servers were tried (`hostProvider.next(1000)`).
const SPIN_DELAY: Duration = Duration::from_secs(1);
/// Watch: random pause between two connections, below this many milliseconds (`ClientCnxn.startConnect`).
const RECONNECT_BELOW: u32 = 1000;
/// Watch: longest time without sending anything (`MAX_SEND_PING_INTERVAL`).
const PING_AT_MOST: Duration = Duration::from_secs(10);
/// Watch: how much earlier than half of the read time-out a ping goes out.
const PING_EARLIER: Duration = Duration::from_secs(1);
/// Long polling: pause after the first failure; it grows with the square of their number.
const RETRY: Duration = Duration::from_secs(5);
/// Long polling: longest pause.
const RETRY_AT_MOST: Duration = Duration::from_secs(180);
/// Long polling: a connection is given up after this, and so is an answer when its wait and stagger are over.
const SILENCE: Duration = Duration::from_secs(30);

/// What a client is told when it is started.
#[derive(Clone, Debug)]
pub struct RegistryClientStart {
    /// The version, which decides how a RocketMQ client goes on after a refusal.
    pub profile: Profile,
    /// The addresses of each host name that it is told of.
    pub hosts: Vec<Vec<Address>>,
    /// Its share of chance.
    pub rng: Rng,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Apart,
    Opening(ConnectionId, Address),
    Open(ConnectionId, Address),
}

/// What a client has learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learned {
    /// The list.
    pub list: Members,
    /// When it came.
    pub at: Instant,
    /// Time between the last change and that; `None` for the first list.
    pub delay: Option<Duration>,
}

/// A running client.
#[derive(Clone, Debug)]
pub struct RegistryClient {
    spec: RegistryClientSpec,
    profile: Profile,
    servers: Servers,
    rng: Rng,
    link: Link,
    /// Where to connect when the pause is over.
    next: Option<Address>,
    /// A question is not answered yet.
    asking: bool,
    /// Pull: servers tried for this poll.
    tried: usize,
    /// Watch: a connection has stood before.
    was_connected: bool,
    /// Watch: it has read the list and not been told of a change since.
    watching: bool,
    /// Long polling: failures in a row.
    failures: u64,
    /// Long polling: the version that the next question names.
    index: u64,
    learned: Option<Learned>,
    skipped: u64,
    counts: RegistryCounts,
}

impl RegistryClient {
    /// A client that knows where registries are and nothing else.
    pub fn new(mut start: RegistryClientStart, spec: &RegistryClientSpec) -> Self {
        Self {
            servers: Servers::new(spec.choose(), start.hosts, &mut start.rng),
            spec: spec.clone(),
            profile: start.profile,
            rng: start.rng,
            link: Link::Apart,
            next: None,
            asking: false,
            tried: 0,
            was_connected: false,
            watching: false,
            failures: 0,
            index: 0,
            learned: None,
            skipped: 0,
            counts: RegistryCounts::default(),
        }
    }

    /// The registry that it is connected to.
    pub const fn registry(&self) -> Option<Address> {
        if let Link::Open(_, address) = self.link { Some(address) } else { None }
    }

    /// What it knows.
    pub const fn learned(&self) -> Option<&Learned> {
        self.learned.as_ref()
    }

    /// Changes that it never saw because a later one came first.
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// What it has counted.
    pub const fn counts(&self) -> RegistryCounts {
        self.counts
    }

    /// Reacts to one input.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Outbox) {
        match input {
            Input::Started if self.spec.model() == RegistryModel::Pull => {
                out.set_timer(Timer::RegistryAsk, now + FIRST_POLL);
            }
            Input::Started => self.choose_and_open(now, out),
            Input::Connected(connection) => self.on_connected(now, connection, out),
            Input::Refused(connection) => {
                if let Link::Opening(own, address) = self.link
                    && own == connection
                {
                    out.note(Fact::ConnectionRefused { address });
                    self.on_lost(now, true, out);
                }
            }
            Input::Closed(connection) => {
                if matches!(self.link, Link::Open(own, _) if own == connection) {
                    self.on_lost(now, false, out);
                }
            }
            Input::Frame { connection, frame: Frame::Registry(frame), .. } => {
                if matches!(self.link, Link::Open(own, _) if own == connection) {
                    self.on_frame(now, frame, out);
                }
            }
            Input::Timer(Timer::RegistryAsk, due) => self.on_ask(now, due, out),
            Input::Timer(Timer::RegistryTimeout, _) => self.on_timeout(now, out),
            Input::Timer(Timer::RegistryPing, _) => self.say(now, RegistryFrame::Ping, out),
            Input::Order(order) if matches!(*order, NodeOrder::Shutdown) => out.exit(),
            _ => {}
        }
    }

    /// Picks a server; a ZooKeeper client lets the pauses pass first.
    fn choose_and_open(&mut self, now: Instant, out: &mut Outbox) {
        let next = self.servers.next(&mut self.rng);
        let mut pause = Duration::ZERO;
        if self.spec.model() == RegistryModel::Watch {
            if next.round_is_over {
                pause = SPIN_DELAY;
            }
            if self.was_connected {
                pause = pause + Duration::from_millis(u64::from(self.rng.below(RECONNECT_BELOW)));
            }
        }
        if pause == Duration::ZERO {
            self.open(now, next.address, out);
        } else {
            self.next = Some(next.address);
            out.set_timer(Timer::RegistryAsk, now + pause);
        }
    }

    fn open(&mut self, now: Instant, address: Address, out: &mut Outbox) {
        self.link = Link::Opening(out.connect(address), address);
        out.set_timer(Timer::RegistryTimeout, now + self.connect_timeout());
    }

    fn connect_timeout(&self) -> Duration {
        match self.spec.model() {
            RegistryModel::Pull => PULL_TIMEOUT,
            RegistryModel::Watch => {
                Duration::from_millis(self.spec.session().as_millis() / self.servers.len() as u64)
            }
            RegistryModel::LongPolling => SILENCE,
        }
    }

    /// Watch: how long the server may be silent (⅔ of the session).
    fn read_timeout(&self) -> Duration {
        Duration::from_millis(self.spec.session().as_millis() * 2 / 3)
    }

    /// Watch: how long the client itself is silent at most.
    fn ping_after(&self) -> Duration {
        let half = Duration::from_millis(self.read_timeout().as_millis() / 2);
        if half <= PING_EARLIER {
            return half;
        }
        half.saturating_sub(PING_EARLIER).max(PING_EARLIER + Duration::from_millis(1)).min(PING_AT_MOST)
    }

    fn on_connected(&mut self, now: Instant, connection: ConnectionId, out: &mut Outbox) {
        let Link::Opening(own, address) = self.link else { return };
        if own != connection {
            return;
        }
        self.link = Link::Open(connection, address);
        self.counts.connections += 1;
        self.was_connected = true;
        match self.spec.model() {
            RegistryModel::Pull | RegistryModel::LongPolling => {
                self.servers.on_connected();
                self.ask(now, out);
            }
            // The time-out of the connection goes on until the session is there.
            RegistryModel::Watch => self.send(RegistryFrame::OpenSession, out),
        }
    }

    /// Asks for the list in the way of the model.
    fn ask(&mut self, now: Instant, out: &mut Outbox) {
        self.asking = true;
        match self.spec.model() {
            RegistryModel::Pull => {
                self.send(RegistryFrame::GetMembers, out);
                out.set_timer(Timer::RegistryTimeout, now + PULL_TIMEOUT);
            }
            RegistryModel::Watch => self.say(now, RegistryFrame::GetChildren, out),
            RegistryModel::LongPolling => {
                let wait = self.spec.wait();
                self.send(RegistryFrame::BlockingQuery { index: self.index, wait }, out);
                let longest = wait + Duration::from_millis(wait.as_millis() / 16) + SILENCE;
                out.set_timer(Timer::RegistryTimeout, now + longest);
            }
        }
    }

    fn send(&mut self, frame: RegistryFrame, out: &mut Outbox) {
        if let Link::Open(connection, _) = self.link {
            self.counts.requests += 1;
            out.send(connection, Frame::Registry(frame));
        }
    }

    /// Sends within a session: the next ping can wait.
    fn say(&mut self, now: Instant, frame: RegistryFrame, out: &mut Outbox) {
        self.send(frame, out);
        out.set_timer(Timer::RegistryPing, now + self.ping_after());
    }

    fn on_frame(&mut self, now: Instant, frame: RegistryFrame, out: &mut Outbox) {
        if self.spec.model() == RegistryModel::Watch {
            out.set_timer(Timer::RegistryTimeout, now + self.read_timeout());
        }
        match frame {
            RegistryFrame::SessionOpened => {
                self.servers.on_connected();
                match &self.learned {
                    Some(learned) if self.watching => {
                        let version = learned.list.version;
                        self.say(now, RegistryFrame::SetWatches { version }, out);
                    }
                    _ => self.ask(now, out),
                }
            }
            RegistryFrame::NodeChildrenChanged => {
                self.counts.pushes += 1;
                self.watching = false;
                self.ask(now, out);
            }
            RegistryFrame::Members(list) => self.on_list(now, list, out),
            RegistryFrame::WatchesSet | RegistryFrame::Pong => {}
            RegistryFrame::GetMembers
            | RegistryFrame::OpenSession
            | RegistryFrame::GetChildren
            | RegistryFrame::SetWatches { .. }
            | RegistryFrame::Ping
            | RegistryFrame::BlockingQuery { .. } => {}
        }
    }

    fn on_list(&mut self, now: Instant, list: Members, out: &mut Outbox) {
        self.counts.lists += 1;
        self.asking = false;
        let version = list.version;
        self.learn(now, list, out);
        match self.spec.model() {
            RegistryModel::Pull => out.cancel_timer(Timer::RegistryTimeout),
            RegistryModel::Watch => self.watching = true,
            RegistryModel::LongPolling => {
                self.failures = 0;
                self.index = if version < self.index { 0 } else { version };
                self.ask(now, out);
            }
        }
    }

    fn learn(&mut self, now: Instant, list: Members, out: &mut Outbox) {
        let before = self.learned.as_ref();
        if before.is_some_and(|before| before.list.members == list.members) {
            // The same members under another version: two changes that cancel out, or another server.
            if let Some(learned) = &mut self.learned {
                self.skipped += list.version.saturating_sub(learned.list.version);
                learned.list = list;
            }
            return;
        }
        let delay = before.map(|_| now.since(list.changed_at));
        let skipped =
            before.map_or(0, |before| list.version.saturating_sub(before.list.version).saturating_sub(1));
        self.skipped += skipped;
        out.note(Fact::Registry(RegistryFact::MembersLearned {
            registry: self.registry().unwrap_or(Address::local(0)),
            version: list.version,
            members: Arc::clone(&list.members),
            delay,
            skipped,
        }));
        self.learned = Some(Learned { list, at: now, delay });
    }

    fn on_ask(&mut self, now: Instant, due: Instant, out: &mut Outbox) {
        if self.spec.model() == RegistryModel::Pull {
            out.set_timer(Timer::RegistryAsk, due + self.spec.poll());
            self.tried = 0;
        }
        match (self.link, self.next.take()) {
            (Link::Apart, Some(address)) => self.open(now, address, out),
            (Link::Apart, None) => self.choose_and_open(now, out),
            (Link::Open(..), _) if !self.asking => self.ask(now, out),
            _ => {}
        }
    }

    fn on_timeout(&mut self, now: Instant, out: &mut Outbox) {
        match self.link {
            Link::Apart => {}
            Link::Opening(connection, address) => {
                out.note(Fact::ConnectTimedOut { address });
                out.close(connection);
                self.on_lost(now, true, out);
            }
            Link::Open(connection, registry) => {
                out.note(Fact::Registry(RegistryFact::TimedOut { registry }));
                out.close(connection);
                self.on_lost(now, false, out);
            }
        }
    }

    /// There is no connection any more, or it could not be made.
    fn on_lost(&mut self, now: Instant, while_opening: bool, out: &mut Outbox) {
        self.link = Link::Apart;
        self.asking = false;
        out.cancel_timer(Timer::RegistryTimeout);
        match self.spec.model() {
            // V4 tries every server within one call; V5 hands the failure to the caller. The next poll moves on.
            RegistryModel::Pull => {
                self.tried += 1;
                if while_opening && !self.profile.is_v5() && self.tried < self.servers.len() {
                    self.choose_and_open(now, out);
                }
            }
            RegistryModel::Watch => {
                out.cancel_timer(Timer::RegistryPing);
                self.choose_and_open(now, out);
            }
            RegistryModel::LongPolling => {
                self.failures += 1;
                self.index = 0;
                let squared = self.failures.saturating_mul(self.failures);
                let pause = Duration::from_millis(RETRY.as_millis().saturating_mul(squared));
                out.set_timer(Timer::RegistryAsk, now + pause.min(RETRY_AT_MOST));
            }
        }
    }
}
