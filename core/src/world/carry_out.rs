//! Calling handlers and doing what they want done: packets, connections, clocks, notes.

use super::{Alarm, Due, Place, ProcessState, World};
use crate::command::TransactionRecord;
use crate::fact::{ControllerFact, Fact, KafkaFact, RegistryFact, Sent};
use crate::id::{Address, ConnectionId, EventId, GroupName, NodeId};
use crate::network::{Connection, EndState, Packet, Side, Transit};
use crate::node::Node;
use crate::outbox::{Effect, Input, Outbox, Peer};
use crate::rpc::{AutoSwitchFrame, Frame, Request, RequestCode};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// An address at which no node was ever put is refused after this long.
const NOBODY_THERE: Duration = Duration::from_millis(1);

impl World {
    /// Calls one handler and carries out its effects, in the order in which they were pushed.
    ///
    /// An alarm clock is noted only when something comes of its ringing, and then before that.
    pub(super) fn handle(&mut self, place: Place, input: Input, cause: Option<EventId>) {
        let ringing = if let Input::Timer(timer, _) = &input { Some(*timer) } else { None };
        let Some(slot) = self.slots.at_mut(place) else {
            return;
        };
        let Some(node) = slot.node.as_mut() else { return };
        let mut out =
            Outbox::reusing(std::mem::take(&mut self.spare), self.next_connection, self.is_untraced);
        node.handle(self.now, input, &mut out);
        let (effects, next_connection) = out.into_parts();
        self.next_connection = next_connection;
        self.carry_out(place, effects, ringing, cause);
    }

    fn carry_out(
        &mut self,
        place: Place,
        mut effects: Vec<Effect>,
        mut ringing: Option<Timer>,
        mut cause: Option<EventId>,
    ) {
        for effect in effects.drain(..) {
            let is_silent = matches!(effect, Effect::SetTimer(..) | Effect::CancelTimer(_));
            if !is_silent && let Some(timer) = ringing.take() {
                cause = Some(self.note_at(place, cause, Fact::TimerFired(timer)));
            }
            match effect {
                Effect::Connect { connection, to } => self.connect(place, connection, to, cause),
                Effect::Send { connection, frame } => self.send(place, connection, frame, cause),
                Effect::Close(connection) => self.close(place, connection, cause),
                Effect::SetTimer(timer, at) => {
                    let seq = self.agenda.push(at.max(self.now), Due::Alarm(place, timer));
                    if let Some(slot) = self.slots.at_mut(place) {
                        slot.timers.set(timer, Alarm { at, seq, cause });
                    }
                }
                Effect::CancelTimer(timer) => {
                    if let Some(slot) = self.slots.at_mut(place) {
                        slot.timers.remove(timer);
                    }
                }
                Effect::Note(fact) => {
                    self.note_at(place, cause, fact);
                }
                Effect::Count => {
                    self.count(cause);
                }
                Effect::Record(group, row) => self.record(&group, row),
                Effect::Exit => {
                    let id = self.slots.name(place).clone();
                    self.end_process(&id, ProcessState::Stopped, cause, Fact::Stopped);
                }
            }
        }
        self.spare = effects;
    }

    /// The database of an application outlives its processes, and each of them sees every change at once.
    fn record(&mut self, group: &GroupName, row: TransactionRecord) {
        for slot in self.slots.values_mut() {
            if let Some(Node::Producer(producer)) = &mut slot.node
                && producer.group() == group
            {
                producer.learn_transaction(row.clone());
            }
        }
        let database = self.databases.entry(group.clone()).or_default();
        database.insert(row.unique_key.clone(), row);
    }

    fn connect(&mut self, place: Place, id: ConnectionId, to: Address, cause: Option<EventId>) {
        let Some(slot) = self.slots.at(place) else { return };
        let listener = self.listeners.get(&to);
        match listener.and_then(|listener| Some((listener, self.slots.place(listener)?))) {
            Some((listener, acceptor)) => {
                let opener = Peer { node: self.slots.name(place).clone(), address: slot.address };
                let listener = Peer { node: listener.clone(), address: to };
                self.network.open(id, Connection::new((place, opener), (acceptor, listener)));
                self.transmit(id, Side::Acceptor, Packet::Syn, cause);
            }
            None => {
                let (incarnation, input) = (slot.incarnation, Input::Refused(id));
                let due = Due::Input { place, incarnation, input, cause };
                self.agenda.push(self.now + NOBODY_THERE, due);
            }
        }
    }

    /// Hands a packet to the network. Returns when it will arrive.
    fn transmit(
        &mut self,
        connection: ConnectionId,
        to: Side,
        packet: Packet,
        cause: Option<EventId>,
    ) -> Instant {
        let transit = Transit { connection, to, packet, sent: self.now, cause };
        let (arrival, sent) = self.network.send(self.now, transit);
        if let Some(transit) = sent {
            self.agenda.push(arrival, Due::Arrival(transit));
        }
        arrival
    }

    fn send(&mut self, place: Place, id: ConnectionId, frame: Frame, cause: Option<EventId>) {
        let Some(connection) = self.network.connection(id) else {
            return;
        };
        let Some(side) = connection.side_of(place) else {
            return;
        };
        if connection.end(side).state != EndState::Open {
            return;
        }
        // The fact carries its arrival, the packet the fact's number: the number is known beforehand.
        let number = Some(self.next_event);
        if self.is_untraced {
            self.transmit(id, side.other(), Packet::Frame(frame), number);
            self.count(cause);
            return;
        }
        let mut fact = describe(&frame, &connection.end(side.other()).peer.node);
        let arrival = self.transmit(id, side.other(), Packet::Frame(frame), number);
        set_arrival(&mut fact, arrival);
        self.note_at(place, cause, fact);
    }

    /// Tells the other end that this one is done.
    pub(super) fn say_fin(&mut self, id: ConnectionId, side: Side, cause: Option<EventId>) {
        let is_open = |c: &Connection| c.end(side.other()).state != EndState::Closed;
        if self.network.connection(id).is_some_and(is_open) {
            self.transmit(id, side.other(), Packet::Fin, cause);
        }
    }

    fn close(&mut self, place: Place, id: ConnectionId, cause: Option<EventId>) {
        let Some(connection) = self.network.connection(id) else {
            return;
        };
        let Some(side) = connection.side_of(place) else {
            return;
        };
        if connection.end(side).state == EndState::Closed {
            return;
        }
        self.say_fin(id, side, cause);
        self.network.close_end(id, side);
    }

    /// A packet reaches the host that it is for.
    pub(super) fn arrive(&mut self, transit: Transit) {
        let Some(connection) = self.network.connection(transit.connection) else {
            return;
        };
        let place = connection.end(transit.to).place;
        let Some(slot) = self.slots.at_mut(place) else {
            return;
        };
        match slot.state {
            // Nobody hears it, nobody answers.
            ProcessState::PoweredOff => {}
            // The kernel of a halted process still shakes hands; everything else waits in its socket.
            ProcessState::Frozen if !matches!(transit.packet, Packet::Syn) => {
                slot.waiting.push_back(Due::Arrival(transit));
            }
            ProcessState::Stopped | ProcessState::Killed => self.answer_for_the_dead(&transit),
            ProcessState::Up | ProcessState::Stopping | ProcessState::Frozen => self.receive(place, transit),
        }
    }

    /// The kernel of a host without the process: connections are refused, data is answered with a reset.
    fn answer_for_the_dead(&mut self, transit: &Transit) {
        let (id, back) = (transit.connection, transit.to.other());
        match transit.packet {
            Packet::Syn => {
                self.transmit(id, back, Packet::Reset, transit.cause);
            }
            Packet::Frame(_) => {
                self.transmit(id, back, Packet::Fin, transit.cause);
            }
            Packet::SynAck | Packet::Reset | Packet::Fin => {}
        }
        if !matches!(transit.packet, Packet::Syn) {
            self.network.close_end(id, transit.to);
        }
    }

    fn receive(&mut self, place: Place, transit: Transit) {
        let Transit { connection: id, to, packet, cause, .. } = transit;
        let Some(connection) = self.network.connection_mut(id) else {
            return;
        };
        let (state, other) = (connection.end(to).state, connection.end(to.other()).state);
        match packet {
            Packet::Syn if other == EndState::Closed => self.network.close_end(id, to),
            Packet::Syn => {
                connection.end_mut(to).state = EndState::Open;
                self.transmit(id, to.other(), Packet::SynAck, cause);
            }
            Packet::SynAck if state == EndState::Opening => {
                connection.end_mut(to).state = EndState::Open;
                let peer = connection.end(to.other()).peer.node.clone();
                let cause = Some(self.note_at(place, cause, Fact::Connected { to: peer }));
                self.handle(place, Input::Connected(id), cause);
            }
            Packet::Reset if state == EndState::Opening => {
                self.network.close_end(id, to);
                self.network.close_end(id, to.other());
                self.handle(place, Input::Refused(id), cause);
            }
            Packet::Frame(frame) if state == EndState::Open => {
                let peer = connection.end(to.other()).peer.clone();
                self.handle(place, Input::Frame { connection: id, peer, frame }, cause);
            }
            // Data for an earlier process of this place, of which this one knows nothing.
            Packet::Frame(_) if state == EndState::Closed && other == EndState::Open => {
                self.transmit(id, to.other(), Packet::Fin, cause);
            }
            Packet::Fin if state != EndState::Closed => {
                let peer = connection.end(to.other()).peer.node.clone();
                self.network.close_end(id, to);
                let cause = Some(self.note_at(place, cause, Fact::ConnectionLost { peer }));
                self.handle(place, Input::Closed(id), cause);
            }
            Packet::SynAck | Packet::Reset | Packet::Frame(_) | Packet::Fin => {}
        }
    }
}

/// Puts the moment of arrival into what [`describe`] made.
fn set_arrival(fact: &mut Fact, arrival: Instant) {
    match fact {
        Fact::RequestSent(sent) | Fact::ResponseSent(sent) => sent.arrives = arrival,
        Fact::HaReported { arrives, .. }
        | Fact::HaTransferred { arrives, .. }
        | Fact::Registry(RegistryFact::Sent { arrives, .. }) => *arrives = arrival,
        Fact::Kafka(fact) => {
            if let KafkaFact::Sent { arrives, .. } = &mut **fact {
                *arrives = arrival;
            }
        }
        Fact::Controller(fact) => fact.set_arrival(arrival),
        _ => {}
    }
}

/// What a frame is, told for people.
fn describe(frame: &Frame, to: &NodeId) -> Fact {
    let never = Instant::NEVER;
    match frame {
        Frame::Request { opaque, request, .. } => {
            let tag = match &**request {
                Request::SendMessage { message, .. } => message.tag().cloned(),
                _ => None,
            };
            Fact::RequestSent(Box::new(Sent {
                to: to.clone(),
                opaque: *opaque,
                request: request.code(),
                response: None,
                queue: request.topic().map(|topic| (topic.clone(), request.queue_id())),
                messages: u32::from(request.code() == RequestCode::SendMessage),
                tag,
                arrives: never,
            }))
        }
        Frame::Response { opaque, response } => {
            let messages = response.body.messages();
            let (messages, first) = (messages.len(), messages.first());
            Fact::ResponseSent(Box::new(Sent {
                to: to.clone(),
                opaque: *opaque,
                request: response.request,
                response: Some(response.code),
                queue: first.map(|first| (first.message.topic.clone(), Some(first.queue_id))),
                tag: first.and_then(|first| first.message.tag()).cloned(),
                messages: u32::try_from(messages).unwrap_or(u32::MAX),
                arrives: never,
            }))
        }
        Frame::Registry(frame) => Fact::Registry(RegistryFact::Sent {
            to: to.clone(),
            name: frame.name(),
            text: frame.to_string().into(),
            response: frame.is_response(),
            arrives: never,
        }),
        Frame::HaReport(offset) => Fact::HaReported { to: to.clone(), offset: *offset, arrives: never },
        Frame::Kafka(frame) => Fact::Kafka(Box::new(KafkaFact::Sent {
            to: to.clone(),
            api: frame.api,
            response: frame.is_response(),
            correlation_id: frame.correlation_id,
            records: frame.records(),
            arrives: never,
        })),
        Frame::HaTransfer { from, records } => Fact::HaTransferred {
            to: to.clone(),
            from: *from,
            bytes: records.last().map_or(0, |last| last.end().0 - from.0),
            arrives: never,
        },
        Frame::AutoSwitch(frame) => describe_auto_switch(frame, to),
    }
}

/// The frames of controller mode.
fn describe_auto_switch(frame: &AutoSwitchFrame, to: &NodeId) -> Fact {
    let (to, arrives) = (to.clone(), Instant::NEVER);
    match frame {
        AutoSwitchFrame::SlaveHandshake { broker_id, .. } => {
            Fact::Controller(ControllerFact::HandshakeSent { to, broker_id: *broker_id, arrives })
        }
        AutoSwitchFrame::MasterHandshake { max_offset, epochs } => {
            let (epochs, max_offset) = (epochs.clone(), *max_offset);
            Fact::Controller(ControllerFact::EpochsSent { to, epochs, max_offset, arrives })
        }
        AutoSwitchFrame::Report(offset) => Fact::HaReported { to, offset: *offset, arrives },
        AutoSwitchFrame::Transfer { from, records, .. } => {
            let bytes = records.last().map_or(0, |last| last.end().0 - from.0);
            Fact::HaTransferred { to, from: *from, bytes, arrives }
        }
    }
}
