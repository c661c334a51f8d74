//! Where registries and their clients stand: a row of registries below everything else, their clients below them. Many
//! clients of one name are drawn as small cells, so that a hundred of them can be taken in at a glance.

use lab_core::id::NodeId;
use lab_core::view::{RegistryClientView, View};

use super::{Column, Layout, Rect, size};

/// From so many clients of one name on, each is a cell.
pub const FOLDED: usize = 13;
/// Registry card.
const REGISTRY: f64 = 66.0;
/// Least width of a registry card.
const REGISTRY_WIDTH: f64 = 190.0;
/// Client card.
const CLIENT: f64 = 62.0;
/// Least width of a client card.
const CLIENT_WIDTH: f64 = 168.0;
/// A cell with the gap beside it.
const CELL: f64 = 22.0;
/// Least width of a group of clients.
const GROUP_WIDTH: f64 = 230.0;

/// Clients that one command has made.
#[derive(Clone, Debug, PartialEq)]
pub struct RegistryGroup {
    /// Their common name.
    pub name: NodeId,
    /// How many there are.
    pub count: usize,
    /// Whether they are drawn as cells.
    pub folded: bool,
    /// Where the line above them stands.
    pub rect: Rect,
}

/// The clients of a view by their common name, in the order of the view.
pub fn registry_groups(view: &View) -> Vec<(&NodeId, Vec<&RegistryClientView>)> {
    let mut groups: Vec<(&NodeId, Vec<&RegistryClientView>)> = Vec::new();
    for client in &view.registry_clients {
        match groups.iter_mut().find(|(name, _)| **name == client.group) {
            Some((_, members)) => members.push(client),
            None => groups.push((&client.group, vec![client])),
        }
    }
    groups
}

impl Layout {
    /// Places registries and their clients below what is placed already.
    pub(super) fn place_registries(&mut self, view: &View) {
        if view.registries.is_empty() && view.registry_clients.is_empty() {
            return;
        }
        let top = if self.places.is_empty() { size::MARGIN } else { self.height + size::BELOW };
        let inner = self.width - 2.0 * size::MARGIN;
        let (across, width) = columns(view.registries.len(), inner, REGISTRY_WIDTH);
        let mut bottom = top;
        for (index, registry) in view.registries.iter().enumerate() {
            let card = if self.narrow { width } else { width.min(330.0) };
            let rect = cell(top, index, across, (card, REGISTRY), width + size::GAP);
            self.put(&registry.node.id, Column::Registry, index, rect, rect);
            bottom = bottom.max(rect.bottom());
        }
        let groups = registry_groups(view);
        let (across, width) = columns(groups.len(), inner, GROUP_WIDTH);
        let mut row = bottom + size::BELOW + 10.0;
        let mut lowest = bottom;
        for (index, (name, clients)) in groups.into_iter().enumerate() {
            if index > 0 && index % across == 0 {
                row = lowest + size::GAP;
            }
            let x = size::MARGIN + (index % across) as f64 * (width + size::GAP);
            lowest = lowest.max(self.place_group(name, &clients, (x, row), width));
        }
        self.height = lowest + size::MARGIN;
    }

    fn place_group(
        &mut self,
        name: &NodeId,
        clients: &[&RegistryClientView],
        (x, y): (f64, f64),
        width: f64,
    ) -> f64 {
        let folded = clients.len() >= FOLDED;
        let label = Rect { x, y, w: width, h: size::LABEL };
        self.registry_groups.push(RegistryGroup {
            name: name.clone(),
            count: clients.len(),
            folded,
            rect: label,
        });
        let first = y + size::LABEL + 2.0;
        let (across, pitch, card) = if folded {
            let across = (width / CELL).floor().max(1.0) as usize;
            (across, (CELL, CELL), (CELL - 5.0, CELL - 5.0))
        } else {
            let (across, wide) = columns(clients.len(), width, CLIENT_WIDTH);
            let card = if self.narrow { wide } else { wide.min(300.0) };
            (across, (wide + size::GAP, CLIENT + size::GAP), (card, CLIENT))
        };
        let mut bottom = label.bottom();
        for (index, client) in clients.iter().enumerate() {
            let rect = Rect {
                x: x + (index % across) as f64 * pitch.0,
                y: first + (index / across) as f64 * pitch.1,
                w: card.0,
                h: card.1,
            };
            self.put(&client.node.id, Column::RegistryClient, index, rect, rect);
            bottom = rect.bottom();
        }
        bottom
    }
}

/// How many of so many stand side by side, and how wide each may be.
fn columns(count: usize, inner: f64, least: f64) -> (usize, f64) {
    let most = ((inner + size::GAP) / (least + size::GAP)).floor().max(1.0);
    let across = most.min(count.max(1) as f64);
    (across as usize, (inner - (across - 1.0) * size::GAP) / across)
}

/// The place of a card in rows that begin at the margin.
fn cell(top: f64, index: usize, across: usize, (w, h): (f64, f64), pitch: f64) -> Rect {
    let (line, column) = (index / across, index % across);
    Rect { x: size::MARGIN + column as f64 * pitch, y: top + line as f64 * (h + size::GAP), w, h }
}
