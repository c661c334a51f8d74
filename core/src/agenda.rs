//! What is due: events ordered by time, and among equal times by the order in which they were added.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::Instant;

/// Pending events of type `E`.
#[derive(Clone, Debug)]
pub struct Agenda<E> {
    heap: BinaryHeap<Reverse<Entry<E>>>,
    next_seq: u64,
}

#[derive(Clone, Debug)]
struct Entry<E> {
    at: Instant,
    seq: u64,
    event: E,
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.seq).cmp(&(other.at, other.seq))
    }
}

impl<E> Default for Agenda<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> Agenda<E> {
    /// Nothing is due.
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), next_seq: 0 }
    }

    /// Adds an event and returns its number, unique in this agenda.
    pub fn push(&mut self, at: Instant, event: E) -> u64 {
        let seq = self.next_seq;
        self.next_seq += 1;
        self.heap.push(Reverse(Entry { at, seq, event }));
        seq
    }

    /// When the next event is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    /// Takes the next event with its moment and number.
    pub fn pop(&mut self) -> Option<(Instant, u64, E)> {
        self.heap.pop().map(|Reverse(entry)| (entry.at, entry.seq, entry.event))
    }

    /// Everything pending, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (Instant, &E)> {
        self.heap.iter().map(|Reverse(entry)| (entry.at, &entry.event))
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
