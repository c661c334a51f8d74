//! TCP between processes: connections, and links with latency, loss and barriers.
//!
//! What one end of a connection sends arrives at the other in order. A lost packet is repeated by TCP, so loss
//! shows as delay: 200 ms for the first repetition, then doubling. A *cut* link loses everything; what was sent
//! arrives with the first repetition after the healing, which may take as long again as the cut lasted. A *held* link
//! keeps everything for the release.
//!
//! **Left out on purpose**: bandwidth, full socket buffers, TCP giving up after a quarter of an hour, half-open
//! connection limits.

mod connections;

use std::collections::BTreeMap;

use connections::Connections;

use crate::command::{Barrier, Latency};
use crate::id::{ConnectionId, EventId, NodeId};
use crate::outbox::Peer;
use crate::rng::{Ratio, Rng};
use crate::rpc::Frame;
use crate::time::{Duration, Instant};
use crate::world::Place;

/// TCP's first time-out for a repetition (`TCP_RTO_MIN` on Linux).
const FIRST_RETRANSMISSION: Duration = Duration::from_millis(200);
/// TCP's longest time between two repetitions (`TCP_RTO_MAX`).
const LONGEST_RETRANSMISSION: Duration = Duration::from_secs(120);

/// One of the two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The process that asked for the connection.
    Opener,
    /// The process that listened.
    Acceptor,
}

impl Side {
    /// The other end.
    pub const fn other(self) -> Self {
        match self {
            Self::Opener => Self::Acceptor,
            Self::Acceptor => Self::Opener,
        }
    }
}

/// What travels over a link.
#[derive(Clone, Debug)]
pub enum Packet {
    /// "I want a connection."
    Syn,
    /// "You have it."
    SynAck,
    /// "There is nobody here."
    Reset,
    /// Data.
    Frame(Frame),
    /// "I am done." Also the answer to data for a process that is gone.
    Fin,
}

/// A state of one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndState {
    /// The handshake is not finished.
    Opening,
    /// Data may be sent and received.
    Open,
    /// This end hears and says nothing any more.
    Closed,
}

/// One end of a connection.
#[derive(Clone, Debug)]
pub struct End {
    /// Who it is.
    pub peer: Peer,
    /// Its place in the world.
    pub(crate) place: Place,
    /// Its state.
    pub state: EndState,
    /// The link over which it sends, once it has.
    link: Option<usize>,
    /// When what this end sent last arrives at the other.
    last_arrival: Instant,
}

impl End {
    const fn new(place: Place, peer: Peer) -> Self {
        Self { peer, place, state: EndState::Opening, link: None, last_arrival: Instant::ZERO }
    }

    /// TCP keeps the order: nothing overtakes what the same end sent before.
    fn in_order(&mut self, arrival: Instant) -> Instant {
        self.last_arrival = self.last_arrival.max(arrival);
        self.last_arrival
    }
}

/// A TCP connection.
#[derive(Clone, Debug)]
pub struct Connection {
    opener: End,
    acceptor: End,
}

impl Connection {
    /// A connection that is being made.
    pub(crate) fn new(opener: (Place, Peer), acceptor: (Place, Peer)) -> Self {
        Self { opener: End::new(opener.0, opener.1), acceptor: End::new(acceptor.0, acceptor.1) }
    }

    /// One end.
    pub const fn end(&self, side: Side) -> &End {
        match side {
            Side::Opener => &self.opener,
            Side::Acceptor => &self.acceptor,
        }
    }

    /// One end, to change it.
    pub const fn end_mut(&mut self, side: Side) -> &mut End {
        match side {
            Side::Opener => &mut self.opener,
            Side::Acceptor => &mut self.acceptor,
        }
    }

    /// Which end a node has.
    pub(crate) fn side_of(&self, place: Place) -> Option<Side> {
        if self.opener.place == place {
            Some(Side::Opener)
        } else if self.acceptor.place == place {
            Some(Side::Acceptor)
        } else {
            None
        }
    }

    /// Whether nobody uses it any more.
    pub fn is_dead(&self) -> bool {
        self.opener.state == EndState::Closed && self.acceptor.state == EndState::Closed
    }
}

/// A packet on its way.
#[derive(Clone, Debug)]
pub struct Transit {
    /// The connection.
    pub connection: ConnectionId,
    /// The end that it goes to.
    pub to: Side,
    /// What it is.
    pub packet: Packet,
    /// When it left.
    pub sent: Instant,
    /// The event that led to it.
    pub cause: Option<EventId>,
}

/// One direction of a link.
#[derive(Clone, Debug)]
struct Link {
    latency: Latency,
    loss: Ratio,
    is_cut: bool,
    is_held: bool,
    rng: Rng,
    waiting: Vec<Transit>,
}

/// All links and connections.
#[derive(Clone, Debug)]
pub struct Network {
    seed: u64,
    latency: Latency,
    loss: Ratio,
    links: Vec<Link>,
    /// The place of each link among them, by who sends and who receives.
    places: BTreeMap<(NodeId, NodeId), usize>,
    /// Places of links that were forgotten.
    free: Vec<usize>,
    connections: Connections,
}

impl Network {
    /// A network in which every link has this latency and loss.
    pub fn new(seed: u64, latency: Latency, loss: Ratio) -> Self {
        Self {
            seed,
            latency,
            loss,
            links: Vec::new(),
            places: BTreeMap::new(),
            free: Vec::new(),
            connections: Connections::default(),
        }
    }

    fn link(&mut self, from: &NodeId, to: &NodeId) -> &mut Link {
        let place = self.place_of(from.clone(), to.clone());
        &mut self.links[place]
    }

    /// The place of a link, which is made when there is none.
    fn place_of(&mut self, from: NodeId, to: NodeId) -> usize {
        let (links, free, seed) = (&mut self.links, &mut self.free, self.seed);
        let (latency, loss) = (self.latency, self.loss);
        *self.places.entry((from, to)).or_insert_with_key(|(from, to)| {
            // A stream per direction: another node changes nothing here.
            let rng = Rng::fork(seed, &format!("link {from}>{to}"));
            let link = Link { latency, loss, is_cut: false, is_held: false, rng, waiting: Vec::new() };
            if let Some(place) = free.pop() {
                links[place] = link;
                return place;
            }
            links.push(link);
            links.len() - 1
        })
    }

    /// Adds a connection.
    pub fn open(&mut self, id: ConnectionId, connection: Connection) {
        self.connections.insert(id, connection);
    }

    /// A connection, as long as one end uses it.
    pub fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(id)
    }

    /// A connection, to change it.
    pub fn connection_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.get_mut(id)
    }

    /// All connections.
    pub fn connections(&self) -> impl Iterator<Item = (ConnectionId, &Connection)> {
        self.connections.iter()
    }

    /// Closes one end; forgets the connection when the other was closed before.
    pub fn close_end(&mut self, id: ConnectionId, side: Side) {
        if let Some(connection) = self.connections.get_mut(id) {
            connection.end_mut(side).state = EndState::Closed;
            if connection.is_dead() {
                self.connections.remove(id);
            }
        }
    }

    /// Takes a packet. Returns when it arrives, or [`Instant::NEVER`] when a barrier keeps it.
    pub fn send(&mut self, now: Instant, transit: Transit) -> (Instant, Option<Transit>) {
        let Some(connection) = self.connections.get(transit.connection) else {
            return (Instant::NEVER, None);
        };
        let (from, to) = (connection.end(transit.to.other()), connection.end(transit.to));
        let place = match from.link {
            Some(place) => place,
            None => self.place_of(from.peer.node.clone(), to.peer.node.clone()),
        };
        let link = &mut self.links[place];
        if link.is_cut || link.is_held {
            link.waiting.push(transit);
            return (Instant::NEVER, None);
        }
        let arrival = now + link.travel_time();
        let Some(connection) = self.connections.get_mut(transit.connection) else {
            return (Instant::NEVER, None);
        };
        let from = connection.end_mut(transit.to.other());
        from.link = Some(place);
        (from.in_order(arrival), Some(transit))
    }

    /// Puts a barrier up.
    pub fn part(&mut self, barrier: Barrier, from: &NodeId, to: &NodeId) {
        let link = self.link(from, to);
        match barrier {
            Barrier::Cut => link.is_cut = true,
            Barrier::Hold => link.is_held = true,
        }
    }

    /// Takes a barrier of one direction away. Returns what had waited, with the moments of arrival.
    pub fn join(
        &mut self,
        now: Instant,
        barrier: Barrier,
        from: &NodeId,
        to: &NodeId,
    ) -> Vec<(Instant, Transit)> {
        let link = self.link(from, to);
        match barrier {
            Barrier::Cut => link.is_cut = false,
            Barrier::Hold => link.is_held = false,
        }
        if link.is_cut || link.is_held {
            return Vec::new();
        }
        let waiting = std::mem::take(&mut link.waiting);
        let mut freed = Vec::new();
        for transit in waiting {
            let link = self.link(from, to);
            let departure = match barrier {
                Barrier::Hold => now,
                Barrier::Cut => next_retransmission(transit.sent, now),
            };
            let arrival = departure + link.travel_time();
            let connection = self.connections.get_mut(transit.connection);
            let from = connection.map(|connection| connection.end_mut(transit.to.other()));
            freed.push((from.map_or(arrival, |from| from.in_order(arrival)), transit));
        }
        freed
    }

    /// Changes one direction of a link.
    pub fn change(&mut self, from: &NodeId, to: &NodeId, latency: Option<Latency>, loss: Option<Ratio>) {
        let link = self.link(from, to);
        link.latency = latency.unwrap_or(link.latency);
        link.loss = loss.unwrap_or(link.loss);
    }

    /// The barriers that stand: from, to, which, and what waits there.
    pub fn barriers(&self) -> impl Iterator<Item = (&NodeId, &NodeId, Barrier, &[Transit])> {
        let links = self.places.iter().map(|((from, to), place)| (from, to, &self.links[*place]));
        links.flat_map(|(from, to, link)| {
            let cut = link.is_cut.then_some((from, to, Barrier::Cut, link.waiting.as_slice()));
            let hold = link.is_held.then_some((from, to, Barrier::Hold, link.waiting.as_slice()));
            cut.into_iter().chain(hold)
        })
    }

    /// Whether a barrier of this kind stands in this direction.
    pub fn is_parted(&self, barrier: Barrier, from: &NodeId, to: &NodeId) -> bool {
        let place = self.places.get(&(from.clone(), to.clone()));
        place.map(|place| &self.links[*place]).is_some_and(|link| match barrier {
            Barrier::Cut => link.is_cut,
            Barrier::Hold => link.is_held,
        })
    }

    /// Forgets a node that was taken away, with everything that waits for it. What it told its peers at its end still
    /// reaches them: a connection stays as long as the peer's end is not closed.
    pub(crate) fn forget(&mut self, node: &NodeId, place: Place) {
        let gone = self.places.extract_if(.., |(from, to), _| from == node || to == node);
        for (_, link) in gone {
            self.links[link].waiting.clear();
            self.free.push(link);
        }
        self.connections.retain(|connection| {
            let Some(side) = connection.side_of(place) else { return true };
            for side in [side, side.other()] {
                connection.end_mut(side).link = None;
            }
            let is_closed = |side| connection.end(side).state == EndState::Closed;
            is_closed(side) && !is_closed(side.other())
        });
    }
}

impl Link {
    fn travel_time(&mut self) -> Duration {
        let latency = self.rng.between(u64::from(self.latency.low()), u64::from(self.latency.high()));
        let mut time = Duration::from_millis(latency);
        let mut timeout = FIRST_RETRANSMISSION;
        // Ten losses in a row end the drawing, so that a loss of 100 % cannot hang the lab.
        for _ in 0..10 {
            if !self.rng.happens(self.loss) {
                break;
            }
            time = time + timeout;
            timeout = (timeout + timeout).min(LONGEST_RETRANSMISSION);
        }
        time
    }
}

/// When TCP repeats for the first time, at `now` or later, what was first sent at `sent`.
fn next_retransmission(sent: Instant, now: Instant) -> Instant {
    let (mut at, mut timeout) = (sent, FIRST_RETRANSMISSION);
    while at < now {
        at += timeout;
        timeout = (timeout + timeout).min(LONGEST_RETRANSMISSION);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_double_up_to_two_minutes() {
        let at = |ms| next_retransmission(Instant::ZERO, Instant::from_millis(ms)).as_millis();
        assert_eq!([0, 1, 201, 601, 100_000].map(at), [0, 200, 600, 1400, 102_200]);
    }
}
