//! What is due: events ordered by time, and among equal times by the order in which they were added.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::Instant;

/// Pending events of type `E`.
///
/// The heap holds numbers only, because it moves what it holds about; the events themselves stay where they are.
#[derive(Clone, Debug)]
pub struct Agenda<E> {
    heap: BinaryHeap<Reverse<Entry>>,
    next_seq: u64,
    events: Vec<Option<E>>,
    /// Places of `events` that are empty.
    free: Vec<u32>,
}

/// Compares by moment, then by number, which no two entries share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    at: Instant,
    seq: u64,
    place: u32,
}

impl<E> Default for Agenda<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> Agenda<E> {
    /// Nothing is due.
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), next_seq: 0, events: Vec::new(), free: Vec::new() }
    }

    /// Adds an event and returns its number, unique in this agenda.
    pub fn push(&mut self, at: Instant, event: E) -> u64 {
        let seq = self.next_seq;
        self.next_seq += 1;
        let place = self.free.pop().unwrap_or_else(|| {
            self.events.push(None);
            u32::try_from(self.events.len() - 1).expect("fewer events pending than there are numbers")
        });
        self.events[place as usize] = Some(event);
        self.heap.push(Reverse(Entry { at, seq, place }));
        seq
    }

    /// When the next event is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    /// Takes the next event with its moment and number.
    pub fn pop(&mut self) -> Option<(Instant, u64, E)> {
        let Reverse(Entry { at, seq, place }) = self.heap.pop()?;
        let event = self.events[place as usize].take()?;
        self.free.push(place);
        Some((at, seq, event))
    }

    /// Everything pending, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (Instant, &E)> {
        let event = |entry: &Entry| self.events[entry.place as usize].as_ref();
        self.heap.iter().filter_map(move |Reverse(entry)| Some((entry.at, event(entry)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_times_come_first_in_first_out() {
        let mut agenda = Agenda::new();
        for (at, name) in [(5, "c"), (1, "a"), (5, "d"), (1, "b")] {
            agenda.push(Instant::from_millis(at), name);
        }
        let order: Vec<_> = std::iter::from_fn(|| agenda.pop().map(|(_, _, name)| name)).collect();
        assert_eq!(order, ["a", "b", "c", "d"]);
    }
}
