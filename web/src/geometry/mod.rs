//! Where everything on the stage stands.
//!
//! [`Layout::of`] places every card from the view and the width of the stage alone, so that the HTML of the
//! structure and the canvas with what flies agree without measuring anything. The style sheet takes its sizes from
//! the constants here: change both together. [`Layout::fitted`] draws all of it smaller where it would not fit. Name servers stand on top; producers, brokers and consumers follow
//! from left to right. On a narrow stage they follow from top to bottom.

pub mod curve;
pub mod flying;
mod kafka;
mod place;
pub mod raster;
mod registries;

use std::collections::BTreeMap;

use lab_core::id::{BrokerName, GroupName, NodeId, TopicName};

pub use kafka::{POSITIONS, kafka_lanes_height, kafka_topics};
pub use place::{BrokerGroup, broker_groups, client_groups, is_one_line, mark_height, own_controllers};
pub use registries::{FOLDED, RegistryGroup, registry_groups};

/// A rectangle in CSS pixels from the stage's top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl Rect {
    /// Right edge.
    pub fn right(self) -> f64 {
        self.x + self.w
    }

    /// Bottom edge.
    pub fn bottom(self) -> f64 {
        self.y + self.h
    }

    /// Middle between left and right.
    pub fn middle_x(self) -> f64 {
        self.x + self.w / 2.0
    }

    /// Middle between top and bottom.
    pub fn middle_y(self) -> f64 {
        self.y + self.h / 2.0
    }

    /// As a `style` attribute for an absolutely placed element.
    pub fn style(self) -> String {
        format!("left:{:.1}px;top:{:.1}px;width:{:.1}px;height:{:.1}px", self.x, self.y, self.w, self.h)
    }

    /// Whether the two share a point.
    pub fn overlaps(self, other: Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }
}

/// Which part of the stage a node belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// On top.
    NameServer,
    /// On top too, behind the name servers.
    Controller,
    /// Left.
    Producer,
    /// In the middle.
    Broker,
    /// A strip inside its master's card.
    Slave,
    /// Right.
    Consumer,
    /// Below everything else.
    Registry,
    /// Below the registries.
    RegistryClient,
}

/// Where a node is.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Which part of the stage.
    pub column: Column,
    /// Its card, or its strip.
    pub rect: Rect,
    /// Place from the top of its column, or from the left for name servers.
    pub index: usize,
    /// The card's outer edges: those of the whole broker card for a master or slave.
    pub card: Rect,
}

/// What stands above the clients of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupLabel {
    /// The group.
    pub group: GroupName,
    /// Whether they are consumers.
    pub consumers: bool,
    /// Where it stands.
    pub rect: Rect,
}

/// Where everything stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Width of the stage.
    pub width: f64,
    /// Height that it needs.
    pub height: f64,
    /// How much smaller than laid out it is drawn: 1, or less so that all of it can be seen at once.
    pub zoom: f64,
    /// Whether the columns are stacked.
    pub narrow: bool,
    /// Every node.
    pub places: BTreeMap<NodeId, Place>,
    /// Group labels.
    pub labels: Vec<GroupLabel>,
    /// Clients of registries by their common name.
    pub registry_groups: Vec<RegistryGroup>,
    /// One card for each broker name.
    pub cards: Vec<(BrokerName, Rect)>,
    /// Middle of the lane of each queue of each master.
    pub lanes: BTreeMap<(NodeId, TopicName, u32), f64>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            width: 0.0,
            height: 0.0,
            zoom: 1.0,
            narrow: false,
            places: BTreeMap::new(),
            labels: Vec::new(),
            registry_groups: Vec::new(),
            cards: Vec::new(),
            lanes: BTreeMap::new(),
        }
    }
}

/// Sizes that the style sheet shares.
pub mod size {
    /// Space around everything.
    pub const MARGIN: f64 = 12.0;
    /// Below this width the columns are stacked.
    pub const NARROW: f64 = 660.0;
    /// What does not fit is drawn smaller, down to this; beyond that the stage scrolls.
    pub const ZOOM: f64 = 0.78;
    /// Name server card in one line, without beliefs about dead brokers.
    pub const NAME_SERVER: f64 = 34.0;
    /// The same in two lines.
    pub const NAME_SERVER_TALL: f64 = 48.0;
    /// From this width on one line is enough for a name server, see [`is_one_line`](super::place::is_one_line).
    pub const NAME_SERVER_WIDE: f64 = 236.0;
    /// Least width of name servers that stand between the columns of the clients.
    pub const NAME_SERVER_LEAST: f64 = 170.0;
    /// Between two name servers.
    pub const ASIDE: f64 = 28.0;
    /// From the name servers down to what is below them.
    pub const BELOW: f64 = 28.0;
    /// So much more of it where there is room.
    pub const SPARE: f64 = 36.0;
    /// A line about a dead broker.
    pub const BELIEF: f64 = 16.0;
    /// On name server cards narrower than this each of these takes two lines.
    pub const BELIEF_WIDE: f64 = 200.0;
    /// So many of these at most.
    pub const BELIEFS: usize = 3;
    /// The line of a further group below the lane of a Kafka partition.
    pub const KAFKA_COMMIT: f64 = 16.0;
    /// Producer card: its head, what it does, what it sent, its route or two lines about what goes wrong.
    pub const PRODUCER: f64 = 95.0;
    /// Consumer card: its head, its queues, what it consumed, its route or two lines about what goes wrong.
    pub const CONSUMER: f64 = 95.0;
    /// A card of Kafka's clients without its lines.
    pub const KAFKA_CLIENT: f64 = 36.0;
    /// A line of it.
    pub const LINE: f64 = 15.0;
    /// Group label.
    pub const LABEL: f64 = 20.0;
    /// A column that is shorter than the tallest begins lower by this much at most.
    pub const DROP: f64 = 56.0;
    /// Between two cards of a column.
    pub const GAP: f64 = 10.0;
    /// Head of a broker card in one line: name, role, state.
    pub const HEAD: f64 = 30.0;
    /// The same with a second line for registration and log.
    pub const HEAD_TALL: f64 = 47.0;
    /// From this width on a broker's registration and log stand beside its first topic.
    pub const BROKER_WIDE: f64 = 400.0;
    /// Line with a topic's name.
    pub const TOPIC: f64 = 20.0;
    /// A queue's lane with the gap below it.
    pub const LANE: f64 = 20.0;
    /// Part of the card that scrolls, at most.
    pub const LANES: f64 = 264.0;
    /// The line that says what a replica of DLedger or in controller mode is; see
    /// [`mark_height`](super::place::mark_height).
    pub const MARK: f64 = 20.0;
    /// Strip of a slave with the gap above it.
    pub const SLAVE: f64 = 30.0;
    /// Space at the lower end of a broker card without replicas.
    pub const FOOT: f64 = 7.0;
    /// Width of a card's border.
    pub const BORDER: f64 = 1.5;
    /// From the outer edge of a broker card to what is in it, at the sides and below its replicas.
    pub const INSET: f64 = 12.0 + BORDER;
    /// Messages in a lane's window.
    pub const WINDOW: usize = 10;

    /// Head of a broker card of this width.
    pub fn head(width: f64) -> f64 {
        if width >= BROKER_WIDE { HEAD } else { HEAD_TALL }
    }
}

#[cfg(test)]
mod tests;
