//! The connections of a network by their numbers.
//!
//! A number is looked up several times for each packet, so it leads to its connection without a search. Numbers are
//! given out one after the other and most connections live long; the rest costs four bytes each.
//!
//! **Invariant**: a place that a number leads to holds the connection of that number.

use super::Connection;
use crate::id::ConnectionId;

/// In place of a place: the number has no connection, or none any more.
const NOWHERE: u32 = u32::MAX;

#[derive(Clone, Debug, Default)]
pub(super) struct Connections {
    /// The place of each number among the connections.
    places: Vec<u32>,
    connections: Vec<Option<Connection>>,
    /// Places that are empty.
    free: Vec<u32>,
}

impl Connections {
    fn place(&self, id: ConnectionId) -> Option<usize> {
        let place = *self.places.get(usize::try_from(id.0).ok()?)?;
        (place != NOWHERE).then_some(place as usize)
    }

    pub(super) fn get(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections[self.place(id)?].as_ref()
    }

    pub(super) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        let place = self.place(id)?;
        self.connections[place].as_mut()
    }

    /// All of them in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ConnectionId, &Connection)> {
        let ids = (0..self.places.len() as u64).map(ConnectionId);
        ids.filter_map(|id| Some((id, self.get(id)?)))
    }

    pub(super) fn insert(&mut self, id: ConnectionId, connection: Connection) {
        let index = usize::try_from(id.0).expect("fewer connections than there are numbers");
        if self.places.len() <= index {
            self.places.resize(index + 1, NOWHERE);
        }
        let place = self.free.pop().unwrap_or_else(|| {
            self.connections.push(None);
            u32::try_from(self.connections.len() - 1)
                .expect("fewer connections at a time than there are numbers")
        });
        self.places[index] = place;
        self.connections[place as usize] = Some(connection);
    }

    pub(super) fn remove(&mut self, id: ConnectionId) {
        let Some(place) = self.place(id) else { return };
        self.connections[place] = None;
        self.free.push(self.places[id.0 as usize]);
        self.places[id.0 as usize] = NOWHERE;
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut Connection) -> bool) {
        for index in 0..self.places.len() as u64 {
            let id = ConnectionId(index);
            if self.get_mut(id).is_some_and(|connection| !keep(connection)) {
                self.remove(id);
            }
        }
    }
}
