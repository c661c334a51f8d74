//! The places of all processes, by number for the world's own work and by name for everybody else.
//!
//! A name is compared letter by letter; a number leads straight to its place. Whatever happens often goes by number.
//!
//! **Invariant**: a name keeps its number, also when its node is taken away and another one gets the name.

use std::collections::BTreeMap;

use super::Slot;
use crate::id::NodeId;

/// The number of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(u32);

/// All places with a node.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    places: Vec<(NodeId, Option<Slot>)>,
    numbers: BTreeMap<NodeId, Place>,
    /// Places with a node in order of its addition.
    order: Vec<Place>,
}

impl Slots {
    /// The place of a node.
    pub fn get(&self, node: &NodeId) -> Option<&Slot> {
        self.at(self.place(node)?)
    }

    /// Whether there is a node of this name.
    pub fn contains_key(&self, node: &NodeId) -> bool {
        self.get(node).is_some()
    }

    /// All nodes in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&NodeId, &Slot)> {
        self.numbers.values().filter_map(|place| self.entry(*place))
    }

    /// All nodes in the order of their addition.
    pub(super) fn in_order(&self) -> impl Iterator<Item = (&NodeId, &Slot)> {
        self.order.iter().filter_map(|place| self.entry(*place))
    }

    pub(super) fn newest(&self) -> Option<&NodeId> {
        self.order.last().and_then(|place| self.entry(*place)).map(|(node, _)| node)
    }

    pub(super) fn get_mut(&mut self, node: &NodeId) -> Option<&mut Slot> {
        let place = self.place(node)?;
        self.at_mut(place)
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.places.iter_mut().filter_map(|(_, slot)| slot.as_mut())
    }

    /// The number of a name, if it was ever given to a node.
    pub(crate) fn place(&self, node: &NodeId) -> Option<Place> {
        self.numbers.get(node).copied()
    }

    pub(super) fn at(&self, place: Place) -> Option<&Slot> {
        self.places.get(place.0 as usize)?.1.as_ref()
    }

    pub(super) fn at_mut(&mut self, place: Place) -> Option<&mut Slot> {
        self.places.get_mut(place.0 as usize)?.1.as_mut()
    }

    fn entry(&self, place: Place) -> Option<(&NodeId, &Slot)> {
        let (node, slot) = self.places.get(place.0 as usize)?;
        Some((node, slot.as_ref()?))
    }

    /// The name that has this number.
    pub(super) fn name(&self, place: Place) -> &NodeId {
        &self.places[place.0 as usize].0
    }

    /// Puts a node in its place; there must be none of this name.
    pub(super) fn insert(&mut self, node: NodeId, slot: Slot) -> Place {
        let next = Place(u32::try_from(self.places.len()).expect("fewer nodes than there are numbers"));
        let place = *self.numbers.entry(node.clone()).or_insert(next);
        if place == next {
            self.places.push((node, None));
        }
        self.places[place.0 as usize].1 = Some(slot);
        self.order.push(place);
        place
    }

    pub(super) fn remove(&mut self, node: &NodeId) {
        let Some(place) = self.place(node) else { return };
        self.places[place.0 as usize].1 = None;
        self.order.retain(|other| *other != place);
    }
}
