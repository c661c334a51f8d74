//! Registries and their clients as plain data.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::NodeView;
use super::build::node_view;
use crate::command::{RegistryClientSpec, RegistryModel, RegistrySpec, ServerChoice};
use crate::id::NodeId;
use crate::node::Node;
use crate::registry::{Registry, RegistryClient, RegistryCounts};
use crate::time::{Duration, Instant};
use crate::world::{Slot, World};

/// A registry, running or not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegistryView {
    /// Name, state, timers.
    pub node: NodeView,
    /// How its clients learn of changes.
    pub model: RegistryModel,
    /// Its list.
    pub members: Arc<BTreeSet<NodeId>>,
    /// The number of the last change, from 1.
    pub version: u64,
    /// When that was.
    pub changed_at: Instant,
    /// Clients that are connected.
    pub clients: usize,
    /// Watches that have not fired.
    pub watches: usize,
    /// Questions that are held.
    pub held: usize,
    /// What it has counted since its process began.
    pub counts: RegistryCounts,
}

/// A client of registries.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegistryClientView {
    /// Name, state, timers.
    pub node: NodeView,
    /// Its name without the number that a command for several gave it.
    pub group: NodeId,
    /// How it learns of changes.
    pub model: RegistryModel,
    /// How it picks a server.
    pub choose: ServerChoice,
    /// The registry that it is connected to.
    pub registry: Option<NodeId>,
    /// The list that it knows; `None` before the first.
    pub members: Option<Arc<BTreeSet<NodeId>>>,
    /// The version of that list; 0 before the first.
    pub version: u64,
    /// When the list last became another.
    pub learned_at: Option<Instant>,
    /// Time between that change and the client's knowing it; `None` for the first list.
    pub delay: Option<Duration>,
    /// How long its list has been out of date; `None` when it is right, or there is none yet.
    pub behind: Option<Duration>,
    /// Changes that it never saw because a later one came first.
    pub skipped: u64,
    /// What it has counted since its process began.
    pub counts: RegistryCounts,
}

pub(super) fn registry(world: &World, id: &NodeId, slot: &Slot, spec: &RegistrySpec) -> RegistryView {
    let running = if let Some(Node::Registry(registry)) = &slot.node { Some(&**registry) } else { None };
    let list = slot.registry_members();
    let (clients, watches, held) = running.map_or((0, 0, 0), Registry::waiting);
    RegistryView {
        node: node_view(world, id, slot, true),
        model: spec.model,
        members: list.as_ref().map(|list| Arc::clone(&list.members)).unwrap_or_default(),
        version: list.as_ref().map_or(1, |list| list.version),
        changed_at: list.map_or(Instant::ZERO, |list| list.changed_at),
        clients,
        watches,
        held,
        counts: running.map(Registry::counts).unwrap_or_default(),
    }
}

pub(super) fn client(
    world: &World,
    id: &NodeId,
    slot: &Slot,
    spec: &RegistryClientSpec,
) -> RegistryClientView {
    let running = if let Some(Node::RegistryClient(client)) = &slot.node { Some(&**client) } else { None };
    let learned = running.and_then(RegistryClient::learned);
    let registry = running.and_then(RegistryClient::registry);
    RegistryClientView {
        node: node_view(world, id, slot, running.is_none_or(|client| client.learned().is_some())),
        group: group_of(id),
        model: spec.model(),
        choose: spec.choose(),
        registry: registry.and_then(|address| world.listener(address)).cloned(),
        members: learned.map(|learned| Arc::clone(&learned.list.members)),
        version: learned.map_or(0, |learned| learned.list.version),
        learned_at: learned.map(|learned| learned.at),
        delay: learned.and_then(|learned| learned.delay),
        behind: learned.and_then(|learned| behind(world, slot, &learned.list.members)),
        skipped: running.map_or(0, RegistryClient::skipped),
        counts: running.map(RegistryClient::counts).unwrap_or_default(),
    }
}

/// How long the newest list of a client's registries has differed from what it knows.
fn behind(world: &World, slot: &Slot, known: &BTreeSet<NodeId>) -> Option<Duration> {
    let lists = slot
        .name_servers
        .iter()
        .filter_map(|address| world.slots().get(world.listener(*address)?)?.registry_members());
    let newest = lists.max_by_key(|list| list.changed_at)?;
    (*newest.members != *known).then(|| world.now().since(newest.changed_at))
}

/// `c` for `c-17`.
fn group_of(id: &NodeId) -> NodeId {
    match id.as_str().rsplit_once('-') {
        Some((name, number)) if !name.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()) => {
            name.into()
        }
        _ => id.clone(),
    }
}
