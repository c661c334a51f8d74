//! The border between a process and the world: what comes in, what goes out.
//!
//! A handler gets one [`Input`] and pushes [`Effect`]s into an [`Outbox`]; it never sees another process, the
//! network or the agenda. The world carries the effects out in the order in which they were pushed.

use crate::command::{NodeOrder, TransactionRecord};
use crate::fact::Fact;
use crate::id::{Address, ConnectionId, GroupName, NodeId};
use crate::rpc::Frame;
use crate::time::Instant;
use crate::timer::Timer;

/// Who is at the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The process.
    pub node: NodeId,
    /// Its address.
    pub address: Address,
}

/// Something that a process has to react to.
#[derive(Clone, Debug)]
pub enum Input {
    /// The process begins to run, on a new or an old disk.
    Started,
    /// A connection that it asked for stands.
    Connected(ConnectionId),
    /// Nobody listens at the address it wanted: the host answered with a reset.
    Refused(ConnectionId),
    /// A frame arrived.
    Frame {
        /// On this connection.
        connection: ConnectionId,
        /// From this process.
        peer: Peer,
        /// What arrived.
        frame: Frame,
    },
    /// The other end closed the connection, or does not know it any more.
    Closed(ConnectionId),
    /// An alarm clock rang. It was due at this moment; a halted process hears it late, and what RocketMQ runs at a
    /// fixed rate then makes up for every period it missed.
    Timer(Timer, Instant),
    /// The person at the lab wants something of this process.
    Order(Box<NodeOrder>),
}

/// Something that a process wants done.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Open a connection; `Connected`, `Refused` or nothing at all follows.
    Connect {
        /// The number it will have.
        connection: ConnectionId,
        /// Where to.
        to: Address,
    },
    /// Send a frame.
    Send {
        /// On this connection.
        connection: ConnectionId,
        /// What.
        frame: Frame,
    },
    /// Close a connection; the other end is told, this one hears no more of it.
    Close(ConnectionId),
    /// Ring at this moment; replaces an earlier setting of the same clock.
    SetTimer(Timer, Instant),
    /// Do not ring.
    CancelTimer(Timer),
    /// Something worth telling happened.
    Note(Fact),
    /// Something worth telling happened, and nobody listens: it is only counted.
    Count,
    /// Write a row into the database that the application of this group keeps outside its processes.
    Record(GroupName, TransactionRecord),
    /// The process has nothing left to do and ends by itself.
    Exit,
}

/// Collects the effects of one handler call.
#[derive(Debug)]
pub struct Outbox {
    effects: Vec<Effect>,
    next_connection: ConnectionId,
    /// Whether facts are only counted.
    is_untraced: bool,
}

impl Outbox {
    /// An empty outbox; connections opened through it are numbered from `next_connection`.
    pub const fn new(next_connection: ConnectionId) -> Self {
        Self { effects: Vec::new(), next_connection, is_untraced: false }
    }

    /// As [`new`](Self::new), with the memory of an earlier one, which must be empty.
    pub(crate) const fn reusing(
        effects: Vec<Effect>,
        next_connection: ConnectionId,
        is_untraced: bool,
    ) -> Self {
        Self { effects, next_connection, is_untraced }
    }

    /// Opens a connection and returns its number at once; frames may be sent only once it stands.
    pub fn connect(&mut self, to: Address) -> ConnectionId {
        let connection = self.next_connection;
        self.next_connection.0 += 1;
        self.effects.push(Effect::Connect { connection, to });
        connection
    }

    /// Sends a frame.
    pub fn send(&mut self, connection: ConnectionId, frame: Frame) {
        self.effects.push(Effect::Send { connection, frame });
    }

    /// Closes a connection.
    pub fn close(&mut self, connection: ConnectionId) {
        self.effects.push(Effect::Close(connection));
    }

    /// Sets an alarm clock.
    pub fn set_timer(&mut self, timer: Timer, at: Instant) {
        self.effects.push(Effect::SetTimer(timer, at));
    }

    /// Stops an alarm clock.
    pub fn cancel_timer(&mut self, timer: Timer) {
        self.effects.push(Effect::CancelTimer(timer));
    }

    /// Notes a fact in the trace.
    pub fn note(&mut self, fact: Fact) {
        self.effects.push(Effect::Note(fact));
    }

    /// As [`note`](Self::note) for what happens often: the fact is made only when somebody listens.
    pub(crate) fn note_with(&mut self, fact: impl FnOnce() -> Fact) {
        self.effects.push(if self.is_untraced { Effect::Count } else { Effect::Note(fact()) });
    }

    /// Writes a row into the application's database.
    pub fn record(&mut self, group: GroupName, row: TransactionRecord) {
        self.effects.push(Effect::Record(group, row));
    }

    /// Ends the process after this call.
    pub fn exit(&mut self) {
        self.effects.push(Effect::Exit);
    }

    /// What was pushed, in order, and the next free connection number.
    pub fn into_parts(self) -> (Vec<Effect>, ConnectionId) {
        (self.effects, self.next_connection)
    }
}
