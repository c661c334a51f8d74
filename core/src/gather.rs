//! Collecting into ordered maps and sets, and sorting, with one copy of the sorting code for the whole program.
//!
//! `collect` into a `BTreeMap` sorts first, and so does `sort` of a slice; each brings its own copy of the standard
//! library's sort, about 9 KB of WASM, for every type it is used with. There were a hundred such copies on the page.
//! What is gathered here is small, so inserting one by one and sorting numbers behind a pointer cost nothing that shows.
//! Where thousands of things are sorted often, as the dots of a frame, the standard library's sort is the right one.
//!
//! **Invariant**: the results are those of `collect` and of the stable `sort_by`.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// A collection that [`Gather::gather`] fills.
pub trait Gathered<T>: Default + Extend<T> {}

impl<K: Ord, V> Gathered<(K, V)> for BTreeMap<K, V> {}
impl<T: Ord> Gathered<T> for BTreeSet<T> {}

/// `collect` for ordered maps and sets.
pub trait Gather: Iterator + Sized {
    /// Everything that is left, inserted one by one; of equal keys the last value stays.
    fn gather<C: Gathered<Self::Item>>(self) -> C {
        let mut all = C::default();
        all.extend(self);
        all
    }
}

impl<I: Iterator> Gather for I {}

/// Stable sorting of slices that are short or seldom sorted.
pub trait Arrange<T> {
    /// As `sort`.
    fn arrange(&mut self)
    where
        T: Ord;

    /// As `sort_by`.
    fn arrange_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    /// As `sort_by_key`.
    fn arrange_by_key<K: Ord>(&mut self, key: impl FnMut(&T) -> K);
}

impl<T> Arrange<T> for [T] {
    fn arrange(&mut self)
    where
        T: Ord,
    {
        self.arrange_by(T::cmp);
    }

    fn arrange_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        let mut places = places(self.len(), &mut |one, other| compare(&self[one], &self[other]));
        for at in 0..places.len() {
            while places[at] != at {
                let place = places[at];
                self.swap(at, place);
                places.swap(at, place);
            }
        }
    }

    fn arrange_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.arrange_by(|one, other| key(one).cmp(&key(other)));
    }
}

/// For each of `length` things the place it has when they are in order; `compare` takes two by their present places.
fn places(length: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    order.sort_by(|one, other| compare(*one, *other));
    let mut places = vec![0; length];
    for (place, thing) in order.into_iter().enumerate() {
        places[thing] = place;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_keys_the_last_value_stays() {
        let pairs = [(2, 'a'), (1, 'b'), (2, 'c')];
        let expected: BTreeMap<_, _> = pairs.into_iter().collect();
        assert_eq!(pairs.into_iter().gather::<BTreeMap<_, _>>(), expected);
    }

    #[test]
    fn it_sorts_as_the_standard_library_does() {
        for length in 0..60_u64 {
            let numbers: Vec<(u64, u64)> = (0..length).map(|at| (at * 7_919 % 13, at)).collect();
            let (mut by_helper, mut by_library) = (numbers.clone(), numbers);
            by_helper.arrange_by_key(|(key, _)| *key);
            by_library.sort_by_key(|(key, _)| *key);
            assert_eq!(by_helper, by_library, "stable, {length} things");
            by_helper.arrange_by(|one, other| other.cmp(one));
            by_library.sort_by(|one, other| other.cmp(one));
            assert_eq!(by_helper, by_library, "downwards, {length} things");
            by_helper.arrange();
            by_library.sort();
            assert_eq!(by_helper, by_library, "{length} things");
        }
    }
}
