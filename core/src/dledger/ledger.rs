//! The ledger: numbered entries, the first of which may have been deleted.

use imbl::Vector;

use crate::rpc::{EntryId, Index, LedgerEntry, Term};

/// The entries of one member (`DLedgerStore`). It survives the end of the process.
///
/// **Invariants**: indices have no gap; terms never fall from one entry to the next.
#[derive(Clone, Debug)]
pub struct Ledger<P> {
    begin: u64,
    entries: Vector<LedgerEntry<P>>,
}

impl<P: Clone> Default for Ledger<P> {
    fn default() -> Self {
        Self { begin: 0, entries: Vector::new() }
    }
}

impl<P: Clone> Ledger<P> {
    /// The first entry that is there (`getLedgerBeginIndex`).
    pub fn begin(&self) -> Option<Index> {
        self.entries.head().map(|entry| entry.id.index)
    }

    /// The last entry (`getLedgerEndIndex`, `getLedgerEndTerm`).
    pub fn end(&self) -> Option<EntryId> {
        self.entries.last().map(|entry| entry.id)
    }

    /// Its place.
    pub fn end_index(&self) -> Option<Index> {
        self.end().map(|id| id.index)
    }

    /// Where the next entry goes.
    pub fn next_index(&self) -> Index {
        Index(self.begin + self.entries.len() as u64)
    }

    /// The entry of this place, if it is there.
    pub fn get(&self, index: Index) -> Option<&LedgerEntry<P>> {
        let place = usize::try_from(index.0.checked_sub(self.begin)?).ok()?;
        self.entries.get(place)
    }

    /// Whether this very entry is there.
    pub fn has(&self, id: EntryId) -> bool {
        self.get(id.index).is_some_and(|entry| entry.id == id)
    }

    /// The entries, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &LedgerEntry<P>> {
        self.entries.iter()
    }

    /// Adds an entry of this term at the end.
    pub(super) fn append(&mut self, term: Term, payload: P) -> EntryId {
        let id = EntryId { term, index: self.next_index() };
        self.push(LedgerEntry { id, payload });
        id
    }

    /// Adds an entry that has its place already. An empty ledger begins with it.
    pub(super) fn push(&mut self, entry: LedgerEntry<P>) {
        if self.entries.is_empty() {
            self.begin = entry.id.index.0;
        }
        assert_eq!(entry.id.index, self.next_index(), "a ledger has no gap");
        assert!(self.end().is_none_or(|end| end.term <= entry.id.term), "terms never fall");
        self.entries.push_back(entry);
    }

    /// Drops the entry of this place and all behind it; returns them.
    pub(super) fn cut_from(&mut self, index: Index) -> Vec<LedgerEntry<P>> {
        let kept = usize::try_from(index.0.saturating_sub(self.begin)).unwrap_or(usize::MAX);
        let kept = kept.min(self.entries.len());
        let cut: Vec<_> = self.entries.focus().narrow(kept..).into_iter().cloned().collect();
        self.entries.truncate(kept);
        cut
    }

    /// Forgets the entries before this place: their file was deleted. The last entry stays.
    pub(super) fn forget_before(&mut self, index: Index) {
        let gone = usize::try_from(index.0.saturating_sub(self.begin)).unwrap_or(usize::MAX);
        let gone = gone.min(self.entries.len().saturating_sub(1));
        self.begin += gone as u64;
        self.entries = self.entries.skip(gone);
    }
}
