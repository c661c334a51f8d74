//! A client's connection to its broker: requests with numbers, time-outs, connecting again.
//!
//! **In Kafka**: `NetworkClient`, `ClusterConnectionStates`; `request.timeout.ms`, `reconnect.backoff.ms` (50 ms),
//! `reconnect.backoff.max.ms` (1 s), `retry.backoff.ms` (100 ms), `retry.backoff.max.ms` (1 s).

use std::collections::BTreeMap;

use crate::id::{Address, ConnectionId};
use crate::outbox::{Input, Outbox};
use crate::rpc::Frame;
use crate::rpc::kafka::{KafkaBody, KafkaFrame, KafkaRequest, KafkaResponse};
use crate::time::{Duration, Instant};
use crate::timer::{KafkaTimer, Timer};

/// `request.timeout.ms` of consumers, producers and administrators.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// `reconnect.backoff.ms`.
const RECONNECT_BACKOFF: u64 = 50;
/// `reconnect.backoff.max.ms` and `retry.backoff.max.ms`.
const BACKOFF_MAX: u64 = 1000;
/// `retry.backoff.ms`.
pub(super) const RETRY_BACKOFF: Duration = Duration::from_millis(100);

/// The pause before the next attempt, after so many without success: doubles up to a second.
pub(super) fn backoff(first: u64, attempts: u32) -> Duration {
    Duration::from_millis(first.saturating_mul(1 << attempts.min(10)).min(BACKOFF_MAX))
}

/// What became of the connection or of a request.
#[derive(Debug)]
pub(super) enum Event<P> {
    /// The broker can be asked.
    Connected,
    /// It cannot be asked any more.
    Disconnected {
        /// The requests that were under way, in order.
        under_way: Vec<P>,
        /// Whether there was no connection yet.
        was_connecting: bool,
    },
    /// An answer, with the number of its request.
    Answer(P, u32, KafkaResponse),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Connecting(ConnectionId),
    Connected(ConnectionId),
}

/// The connection. `P` is what the owner wants back with an answer.
#[derive(Clone, Debug)]
pub(super) struct Net<P> {
    to: Option<Address>,
    state: State,
    attempts: u32,
    next_id: u32,
    pending: BTreeMap<u32, (Instant, P)>,
}

impl<P> Net<P> {
    pub(super) const fn new(to: Option<Address>) -> Self {
        Self { to, state: State::Idle, attempts: 0, next_id: 0, pending: BTreeMap::new() }
    }

    /// Opens the connection.
    pub(super) fn connect(&mut self, now: Instant, out: &mut Outbox) {
        let Some(to) = self.to else { return };
        self.state = State::Connecting(out.connect(to));
        // `socket.connection.setup.timeout.ms` is 10 s.
        out.set_timer(Timer::Kafka(KafkaTimer::Reconnect), now + Duration::from_secs(10));
    }

    pub(super) const fn is_connected(&self) -> bool {
        matches!(self.state, State::Connected(_))
    }

    /// Where the broker listens.
    pub(super) const fn address(&self) -> Option<Address> {
        self.to
    }

    /// Asks something, when there is a connection.
    pub(super) fn ask(&mut self, now: Instant, request: KafkaRequest, about: P, out: &mut Outbox) -> bool {
        let State::Connected(connection) = self.state else { return false };
        let correlation_id = self.next_id;
        self.next_id += 1;
        self.pending.insert(correlation_id, (now + REQUEST_TIMEOUT, about));
        let api = request.api();
        let body = KafkaBody::Request(Box::new(request));
        out.send(connection, Frame::Kafka(KafkaFrame { correlation_id, api, body }));
        self.watch(out);
        true
    }

    fn watch(&self, out: &mut Outbox) {
        let timer = Timer::Kafka(KafkaTimer::RequestTimeout);
        match self.pending.values().map(|(until, _)| *until).min() {
            Some(until) => out.set_timer(timer, until),
            None => out.cancel_timer(timer),
        }
    }

    /// Whether a request of this kind is under way.
    pub(super) fn is_asking(&self, fits: impl Fn(&P) -> bool) -> bool {
        self.pending.values().any(|(_, about)| fits(about))
    }

    /// Hangs up.
    pub(super) fn close(&mut self, out: &mut Outbox) {
        if let State::Connected(connection) | State::Connecting(connection) = self.state {
            out.close(connection);
        }
        self.state = State::Idle;
        self.pending.clear();
    }

    /// Takes what belongs to the connection; other inputs come back.
    pub(super) fn take(
        &mut self,
        now: Instant,
        input: Input,
        out: &mut Outbox,
    ) -> Result<Option<Event<P>>, Input> {
        match input {
            Input::Connected(connection) if self.state == State::Connecting(connection) => {
                self.state = State::Connected(connection);
                self.attempts = 0;
                out.cancel_timer(Timer::Kafka(KafkaTimer::Reconnect));
                Ok(Some(Event::Connected))
            }
            Input::Refused(connection) | Input::Closed(connection) if self.is(connection) => {
                Ok(Some(self.lose(now, out)))
            }
            Input::Frame { frame: Frame::Kafka(frame), .. } => {
                let KafkaBody::Response(response) = frame.body else { return Ok(None) };
                let pending = self.pending.remove(&frame.correlation_id);
                self.watch(out);
                Ok(pending.map(|(_, about)| Event::Answer(about, frame.correlation_id, *response)))
            }
            Input::Timer(Timer::Kafka(KafkaTimer::Reconnect), _) => {
                // Either the pause is over, or the connection could not be made in time.
                let lost = matches!(self.state, State::Connecting(_));
                if let State::Connecting(connection) = self.state {
                    out.close(connection);
                }
                self.connect(now, out);
                Ok(lost.then(|| Event::Disconnected { under_way: Vec::new(), was_connecting: true }))
            }
            Input::Timer(Timer::Kafka(KafkaTimer::RequestTimeout), _) => {
                if self.pending.values().all(|(until, _)| *until > now) {
                    self.watch(out);
                    return Ok(None);
                }
                // A request that waits too long costs the connection.
                if let State::Connected(connection) = self.state {
                    out.close(connection);
                }
                Ok(Some(self.lose(now, out)))
            }
            Input::Connected(_) | Input::Refused(_) | Input::Closed(_) | Input::Frame { .. } => Ok(None),
            other => Err(other),
        }
    }

    fn is(&self, connection: ConnectionId) -> bool {
        matches!(self.state, State::Connecting(own) | State::Connected(own) if own == connection)
    }

    fn lose(&mut self, now: Instant, out: &mut Outbox) -> Event<P> {
        let was_connecting = matches!(self.state, State::Connecting(_));
        self.state = State::Idle;
        let pause = backoff(RECONNECT_BACKOFF, self.attempts);
        self.attempts += 1;
        out.set_timer(Timer::Kafka(KafkaTimer::Reconnect), now + pause);
        let pending = std::mem::take(&mut self.pending);
        self.watch(out);
        let under_way = pending.into_values().map(|(_, about)| about).collect();
        Event::Disconnected { under_way, was_connecting }
    }
}
