//! The client half of RocketMQ's remoting layer, for every process that asks others something; and what a server
//! keeps about the connections that others opened.
//!
//! There is one connection per address, opened by the first request to it. A request that gets no answer in time
//! fails, and a synchronous one also closes the connection, which fails every other request on it at once: so a
//! heartbeat that times out can end somebody's send early. A purpose `P`, given with each request, comes back with
//! its outcome.
//!
//! **In RocketMQ**: `NettyRemotingClient` (`clientCloseSocketIfTimeout=true`), `NettyRemotingAbstract.failFast`,
//! `NettyRemotingServer` with its `IdleStateHandler`.
//!
//! **Left out on purpose**: semaphores for one-way and asynchronous requests, the idle handler of the client side,
//! TLS, the VIP channel.

use std::collections::{BTreeMap, BTreeSet};

use crate::fact::Fact;
use crate::gather::Gather as _;
use crate::id::{Address, ConnectionId, NodeId, Opaque};
use crate::outbox::Outbox;
use crate::rpc::{Frame, Request, RequestCode, Response};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// Why a request failed without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection could be made (`RemotingConnectException`).
    Connect,
    /// The connection closed while the request was under way (`RemotingSendRequestException`).
    Closed,
    /// No answer in time (`RemotingTimeoutException`).
    Timeout,
}

impl Failure {
    /// A few words for a fact.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Connect => "connection refused",
            Self::Closed => "connection closed",
            Self::Timeout => "no answer in time",
        }
    }
}

/// The end of a request: the purpose it was sent with, and the answer or why there is none.
pub type Outcome<P> = (P, Result<Response, Failure>);

#[derive(Clone, Debug)]
struct Channel {
    connection: ConnectionId,
    /// Set while the connection is being made: until when, and what is to be sent over it.
    connecting: Option<(Instant, Vec<Frame>)>,
}

#[derive(Clone, Debug)]
struct Pending<P> {
    address: Address,
    request: RequestCode,
    deadline: Instant,
    close_on_timeout: bool,
    purpose: P,
}

/// The requests of one process that wait for an answer, and its connections for them.
#[derive(Clone, Debug)]
pub struct Remoting<P> {
    connect_timeout: Duration,
    channels: BTreeMap<Address, Channel>,
    addresses: BTreeMap<ConnectionId, Address>,
    /// In the order of their numbers. There are few, so a list is smaller and faster than a tree.
    pending: Vec<(Opaque, Pending<P>)>,
    next_opaque: Opaque,
    armed: Option<Instant>,
}

impl<P> Remoting<P> {
    /// No connection yet; an attempt to make one is given up after `connect_timeout`.
    pub const fn new(connect_timeout: Duration) -> Self {
        Self {
            connect_timeout,
            channels: BTreeMap::new(),
            addresses: BTreeMap::new(),
            pending: Vec::new(),
            next_opaque: Opaque(0),
            armed: None,
        }
    }

    /// Sends a request and waits synchronously: a time-out closes the connection.
    pub fn invoke(
        &mut self,
        now: Instant,
        to: Address,
        request: Request,
        timeout: Duration,
        purpose: P,
        out: &mut Outbox,
    ) {
        self.ask(now, to, request, timeout, true, purpose, out);
    }

    /// Sends a request whose time-out leaves the connection open (`invokeAsync`).
    pub fn invoke_async(
        &mut self,
        now: Instant,
        to: Address,
        request: Request,
        timeout: Duration,
        purpose: P,
        out: &mut Outbox,
    ) {
        self.ask(now, to, request, timeout, false, purpose, out);
    }

    /// Sends a request that nobody answers.
    pub fn invoke_one_way(&mut self, now: Instant, to: Address, request: Request, out: &mut Outbox) {
        let opaque = self.take_opaque();
        self.transmit(now, to, Frame::Request { opaque, one_way: true, request: Box::new(request) }, out);
    }

    #[expect(clippy::too_many_arguments, reason = "the two public forms differ in one flag only")]
    fn ask(
        &mut self,
        now: Instant,
        to: Address,
        request: Request,
        timeout: Duration,
        close_on_timeout: bool,
        purpose: P,
        out: &mut Outbox,
    ) {
        let opaque = self.take_opaque();
        // A waiting thread wakes up a moment after its time is over, never on the dot.
        let deadline = now + timeout + Duration::from_millis(1);
        let code = request.code();
        let pending = Pending { address: to, request: code, deadline, close_on_timeout, purpose };
        let place = self.pending.partition_point(|(other, _)| *other < opaque);
        self.pending.insert(place, (opaque, pending));
        self.transmit(now, to, Frame::Request { opaque, one_way: false, request: Box::new(request) }, out);
        self.arm(deadline, out);
    }

    fn take_opaque(&mut self) -> Opaque {
        let opaque = self.next_opaque;
        self.next_opaque.0 = self.next_opaque.0.wrapping_add(1);
        opaque
    }

    fn transmit(&mut self, now: Instant, to: Address, frame: Frame, out: &mut Outbox) {
        match self.channels.get_mut(&to) {
            Some(Channel { connecting: Some((_, waiting)), .. }) => waiting.push(frame),
            Some(Channel { connection, .. }) => out.send(*connection, frame),
            None => {
                let connection = out.connect(to);
                let deadline = now + self.connect_timeout;
                self.addresses.insert(connection, to);
                self.channels.insert(to, Channel { connection, connecting: Some((deadline, vec![frame])) });
                self.arm(deadline, out);
            }
        }
    }

    fn arm(&mut self, deadline: Instant, out: &mut Outbox) {
        if self.armed.is_none_or(|armed| deadline < armed) {
            self.armed = Some(deadline);
            out.set_timer(Timer::RequestTimeout, deadline);
        }
    }

    /// Whether the connection is one of ours.
    pub fn knows(&self, connection: ConnectionId) -> bool {
        self.addresses.contains_key(&connection)
    }

    /// Whether there is an open connection to the address.
    pub fn is_connected(&self, address: Address) -> bool {
        self.channels.get(&address).is_some_and(|channel| channel.connecting.is_none())
    }

    /// A connection that was asked for stands: what waited for it goes out.
    pub fn on_connected(&mut self, connection: ConnectionId, out: &mut Outbox) {
        let Some(address) = self.addresses.get(&connection) else {
            return;
        };
        let Some(channel) = self.channels.get_mut(address) else {
            return;
        };
        if let Some((_, waiting)) = channel.connecting.take() {
            for frame in waiting {
                out.send(connection, frame);
            }
        }
    }

    /// An answer arrived; `None` when nobody waits for it any more.
    pub fn on_response(&mut self, opaque: Opaque, response: Response) -> Option<Outcome<P>> {
        self.take_pending(opaque).map(|pending| (pending.purpose, Ok(response)))
    }

    fn take_pending(&mut self, opaque: Opaque) -> Option<Pending<P>> {
        let place = self.pending.binary_search_by_key(&opaque, |(other, _)| *other).ok()?;
        Some(self.pending.remove(place).1)
    }

    /// A connection was refused.
    pub fn on_refused(&mut self, connection: ConnectionId, out: &mut Outbox) -> Vec<Outcome<P>> {
        let Some(address) = self.addresses.get(&connection).copied() else {
            return Vec::new();
        };
        out.note(Fact::ConnectionRefused { address });
        self.fail_all(address, Failure::Connect)
    }

    /// A connection was closed by the other end.
    pub fn on_closed(&mut self, connection: ConnectionId) -> Vec<Outcome<P>> {
        let Some(address) = self.addresses.get(&connection).copied() else {
            return Vec::new();
        };
        self.fail_all(address, Failure::Closed)
    }

    /// Something may have waited too long.
    pub fn on_timeout(&mut self, now: Instant, out: &mut Outbox) -> Vec<Outcome<P>> {
        self.armed = None;
        let mut outcomes = Vec::new();
        let given_up: Vec<_> = self
            .channels
            .iter()
            .filter(|(_, channel)| channel.connecting.as_ref().is_some_and(|(deadline, _)| *deadline <= now))
            .map(|(address, channel)| (*address, channel.connection))
            .collect();
        for (address, connection) in given_up {
            out.note(Fact::ConnectTimedOut { address });
            out.close(connection);
            outcomes.extend(self.fail_all(address, Failure::Connect));
        }
        let late: Vec<_> =
            self.pending.iter().filter(|(_, p)| p.deadline <= now).map(|(opaque, _)| *opaque).collect();
        for opaque in late {
            // An earlier one of this round may have closed the connection and failed this one already.
            let Some(pending) = self.take_pending(opaque) else {
                continue;
            };
            out.note(Fact::RequestTimedOut { address: pending.address, request: pending.request });
            outcomes.push((pending.purpose, Err(Failure::Timeout)));
            if pending.close_on_timeout
                && let Some(channel) = self.channels.get(&pending.address)
            {
                out.close(channel.connection);
                outcomes.extend(self.fail_all(pending.address, Failure::Closed));
            }
        }
        let connecting = self.channels.values().filter_map(|channel| channel.connecting.as_ref());
        let next =
            connecting.map(|(deadline, _)| *deadline).chain(self.pending.iter().map(|(_, p)| p.deadline));
        if let Some(next) = next.min() {
            self.arm(next, out);
        }
        outcomes
    }

    /// Closes the connection to an address, if there is one.
    pub fn close(&mut self, address: Address, out: &mut Outbox) -> Vec<Outcome<P>> {
        let Some(channel) = self.channels.get(&address) else {
            return Vec::new();
        };
        out.close(channel.connection);
        self.fail_all(address, Failure::Closed)
    }

    fn fail_all(&mut self, address: Address, failure: Failure) -> Vec<Outcome<P>> {
        if let Some(channel) = self.channels.remove(&address) {
            self.addresses.remove(&channel.connection);
        }
        let failed = self.pending.extract_if(.., |(_, pending)| pending.address == address);
        failed.map(|(_, pending)| (pending.purpose, Err(failure))).collect()
    }
}

/// What a server knows of the connections that others opened to it: who, and when something last passed.
#[derive(Clone, Debug)]
pub struct ServerChannels {
    max_idle: Duration,
    channels: BTreeMap<ConnectionId, (NodeId, Instant)>,
    armed: bool,
}

impl ServerChannels {
    /// No connection; one that stays silent for `max_idle` will be closed.
    pub const fn new(max_idle: Duration) -> Self {
        Self { max_idle, channels: BTreeMap::new(), armed: false }
    }

    /// Something was read from, or written to, a connection.
    pub fn touch(&mut self, now: Instant, connection: ConnectionId, peer: &NodeId, out: &mut Outbox) {
        match self.channels.get_mut(&connection) {
            Some((_, last)) => *last = now,
            None => {
                self.channels.insert(connection, (peer.clone(), now));
            }
        }
        if !self.armed {
            self.armed = true;
            out.set_timer(Timer::IdleChannels, now + self.max_idle);
        }
    }

    /// Who is at the other end, when the connection is open.
    pub fn peer(&self, connection: ConnectionId) -> Option<&NodeId> {
        self.channels.get(&connection).map(|(peer, _)| peer)
    }

    /// A connection is gone.
    pub fn remove(&mut self, connection: ConnectionId) -> Option<NodeId> {
        self.channels.remove(&connection).map(|(peer, _)| peer)
    }

    /// Forgets all connections and returns them, to be closed.
    pub fn take_all(&mut self) -> Vec<ConnectionId> {
        std::mem::take(&mut self.channels).into_keys().collect()
    }

    /// Closes what was silent for too long and returns those connections.
    pub fn close_idle(&mut self, now: Instant, out: &mut Outbox) -> BTreeSet<ConnectionId> {
        let is_idle = |last: Instant| now.since(last) >= self.max_idle;
        let idle: BTreeSet<_> =
            self.channels.iter().filter(|(_, (_, last))| is_idle(*last)).map(|(id, _)| *id).gather();
        for connection in &idle {
            self.channels.remove(connection);
            out.close(*connection);
        }
        let next = self.channels.values().map(|(_, last)| *last + self.max_idle).min();
        self.armed = next.is_some();
        if let Some(next) = next {
            out.set_timer(Timer::IdleChannels, next);
        }
        idle
    }
}

/// Requests of a server to its clients, over the connections that the clients opened (`invokeSync`,
/// `invokeOneway` of `NettyRemotingServer`). A purpose `P` comes back with the answer.
///
/// A connection that closes fails nothing here, unlike on the client side: the server waits its time out.
#[derive(Clone, Debug)]
pub struct ServerCalls<P> {
    next_opaque: Opaque,
    pending: BTreeMap<(ConnectionId, Opaque), (Instant, P)>,
}

impl<P> ServerCalls<P> {
    /// Nothing asked yet.
    pub const fn new() -> Self {
        Self { next_opaque: Opaque(0), pending: BTreeMap::new() }
    }

    /// Asks a client. [`Timer::CallTimeout`] rings when the earliest of all waits is over.
    pub fn invoke(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        request: Request,
        timeout: Duration,
        purpose: P,
        out: &mut Outbox,
    ) {
        let opaque = self.transmit(connection, false, request, out);
        self.pending.insert((connection, opaque), (now + timeout, purpose));
        self.arm(out);
    }

    /// Tells a client something that it will not answer.
    pub fn invoke_one_way(&mut self, connection: ConnectionId, request: Request, out: &mut Outbox) {
        self.transmit(connection, true, request, out);
    }

    fn transmit(
        &mut self,
        connection: ConnectionId,
        one_way: bool,
        request: Request,
        out: &mut Outbox,
    ) -> Opaque {
        let opaque = self.next_opaque;
        self.next_opaque.0 = self.next_opaque.0.wrapping_add(1);
        out.send(connection, Frame::Request { opaque, one_way, request: Box::new(request) });
        opaque
    }

    /// A client has answered; `None` when nobody waits for it any more.
    pub fn on_response(&mut self, connection: ConnectionId, opaque: Opaque) -> Option<P> {
        self.pending.remove(&(connection, opaque)).map(|(_, purpose)| purpose)
    }

    /// What has waited too long.
    pub fn on_timeout(&mut self, now: Instant, out: &mut Outbox) -> Vec<P> {
        let is_late = |(deadline, _): &(Instant, P)| *deadline <= now;
        let late: Vec<_> =
            self.pending.iter().filter(|(_, waits)| is_late(waits)).map(|(key, _)| *key).collect();
        let purposes = late.into_iter().filter_map(|key| self.pending.remove(&key)).map(|(_, p)| p).collect();
        self.arm(out);
        purposes
    }

    fn arm(&self, out: &mut Outbox) {
        if let Some(next) = self.pending.values().map(|(deadline, _)| *deadline).min() {
            out.set_timer(Timer::CallTimeout, next);
        }
    }
}

impl<P> Default for ServerCalls<P> {
    fn default() -> Self {
        Self::new()
    }
}
