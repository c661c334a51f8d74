//! The placing itself: columns, cards, lanes.

use lab_core::id::{BrokerName, GroupName, NodeId};
use lab_core::view::{BrokerView, ControllerView, NameServerView, View};

use super::{Column, GroupLabel, Layout, Place, Rect, size};

/// The replicas that share a broker name.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerGroup<'a> {
    /// The name.
    pub name: BrokerName,
    /// The one with id 0, when there is one.
    pub master: Option<&'a BrokerView>,
    /// The others, by id.
    pub slaves: Vec<&'a BrokerView>,
}

/// The brokers of a view by their name.
pub fn broker_groups(view: &View) -> Vec<BrokerGroup<'_>> {
    let mut groups: Vec<BrokerGroup<'_>> = Vec::new();
    for broker in &view.brokers {
        let place = groups.iter().position(|group| group.name == broker.broker_name).unwrap_or_else(|| {
            groups.push(BrokerGroup { name: broker.broker_name.clone(), master: None, slaves: Vec::new() });
            groups.len() - 1
        });
        if broker.broker_id.is_master() && groups[place].master.is_none() {
            groups[place].master = Some(broker);
        } else {
            groups[place].slaves.push(broker);
        }
    }
    groups
}

/// Clients by group, in the order of the view.
pub fn client_groups<T>(clients: &[T], group_of: impl Fn(&T) -> &GroupName) -> Vec<(GroupName, Vec<&T>)> {
    let mut groups: Vec<(GroupName, Vec<&T>)> = Vec::new();
    for client in clients {
        let group = group_of(client);
        match groups.iter_mut().find(|(name, _)| name == group) {
            Some((_, members)) => members.push(client),
            None => groups.push((group.clone(), vec![client])),
        }
    }
    groups
}

/// The controllers that are processes of their own; the others stand in the cards of their name servers.
pub fn own_controllers(view: &View) -> impl Iterator<Item = &ControllerView> {
    view.controllers.iter().filter(|controller| !controller.in_name_server)
}

/// Whether one line is enough for each card on top. What a controller is in its group needs a line of its own.
pub fn is_one_line(view: &View, card: f64) -> bool {
    card >= size::NAME_SERVER_WIDE && own_controllers(view).next().is_none()
}

/// Height of the line that says what a replica is, where DLedger or a controller decides it.
pub fn mark_height(broker: &BrokerView) -> f64 {
    if broker.dledger.is_some() || broker.controller_mode.is_some() { size::MARK } else { 0.0 }
}

/// Brokers that a name server believes in and that do not run.
pub(super) fn beliefs(server: &NameServerView) -> usize {
    server.brokers.iter().filter(|broker| !broker.alive).count().min(size::BELIEFS)
}

impl Layout {
    /// Places everything on a stage of this width.
    pub fn of(view: &View, width: f64) -> Self {
        Self::spaced(view, width, size::BELOW)
    }

    fn spaced(view: &View, width: f64, below: f64) -> Self {
        let width = width.max(280.0);
        let mut layout = Self { width, narrow: width < size::NARROW, ..Self::default() };
        if layout.narrow {
            layout.stack(view);
        } else {
            layout.spread(view, below);
        }
        layout.place_registries(view);
        layout.place_kafka(&view.kafka);
        layout
    }

    /// Places everything on a stage of this width, with more room below the name servers where there is some, and
    /// draws it smaller where it is higher than the stage.
    pub fn fitted(view: &View, width: f64, height: f64) -> Self {
        let plain = Self::of(view, width);
        if plain.narrow || height.is_infinite() {
            return plain;
        }
        let spare = height - plain.height;
        if spare > -1.0 {
            return Self::spaced(view, width, size::BELOW + (spare / 2.0).clamp(0.0, size::SPARE));
        }
        let zoom = (height / plain.height).clamp(size::ZOOM, 1.0);
        Self { zoom, ..Self::of(view, width / zoom) }
    }

    fn spread(&mut self, view: &View, below: f64) {
        let width = self.width;
        let producer_width = (width * 0.19).clamp(162.0, 224.0);
        let consumer_width = (width * 0.19).clamp(160.0, 220.0);
        let free = width - 2.0 * size::MARGIN - producer_width - consumer_width;
        let broker_width = (free - 112.0).clamp(270.0, 470.0);
        let gutter = ((free - broker_width) / 2.0).max(24.0);

        // Name servers stand over the brokers where there is room for that, so that clients may begin beside them.
        let servers = (view.name_servers.len() + own_controllers(view).count()) as f64;
        let between = broker_width + 2.0 * gutter - 2.0 * size::GAP;
        let fits = servers * (size::NAME_SERVER_LEAST + size::ASIDE) - size::ASIDE <= between;
        let (left, inner) = if fits {
            (size::MARGIN + producer_width + size::GAP, between)
        } else {
            (size::MARGIN, width - 2.0 * size::MARGIN)
        };
        let top = self.place_name_servers(view, left, inner) + below;
        let top_of_clients = if fits { size::MARGIN } else { top };

        let producers = clients_height(producer_groups(view), size::PRODUCER);
        let brokers = brokers_height(view, broker_width);
        let consumers = clients_height(consumer_groups(view), size::CONSUMER);
        let bottom = (top + brokers).max(top_of_clients + producers.max(consumers));
        let start = |height: f64| {
            let middle = top + ((bottom - top - height) / 2.0).clamp(0.0, size::DROP);
            middle.min(bottom - height)
        };

        let mut x = size::MARGIN;
        self.place_clients(producer_groups(view), false, (x, start(producers)), producer_width, 1);
        x += producer_width + gutter;
        self.place_brokers(view, x, start(brokers), broker_width);
        x += broker_width + gutter;
        self.place_clients(consumer_groups(view), true, (x, start(consumers)), consumer_width, 1);
        self.height = bottom + size::MARGIN;
    }

    fn stack(&mut self, view: &View) {
        let inner = self.width - 2.0 * size::MARGIN;
        let mut y = self.place_name_servers(view, size::MARGIN, inner) + size::BELOW;
        y = self.place_clients(producer_groups(view), false, (size::MARGIN, y), inner, 2) + size::BELOW;
        y = self.place_brokers(view, size::MARGIN, y, inner) + size::BELOW;
        y = self.place_clients(consumer_groups(view), true, (size::MARGIN, y), inner, 2);
        self.height = y + size::MARGIN;
    }

    /// Places name servers and controllers between `x` and `inner` behind it; their lower edge.
    fn place_name_servers(&mut self, view: &View, x: f64, inner: f64) -> f64 {
        let servers = view.name_servers.iter().map(|it| (&it.node.id, Column::NameServer));
        let controllers = own_controllers(view).map(|it| (&it.node.id, Column::Controller));
        let servers: Vec<_> = servers.chain(controllers).collect();
        let gap = if self.narrow { size::GAP } else { size::ASIDE };
        let across = ((inner + gap) / (150.0 + gap)).floor().max(1.0);
        let across = across.min(servers.len().max(1) as f64);
        let card = ((inner - (across - 1.0) * gap) / across).clamp(140.0, 276.0);
        let lines = if is_one_line(view, card) { size::NAME_SERVER } else { size::NAME_SERVER_TALL };
        let belief = if card >= size::BELIEF_WIDE { size::BELIEF } else { 2.0 * size::BELIEF };
        let height = view.name_servers.iter().map(beliefs).max().unwrap_or(0) as f64 * belief + lines;
        let pitch = card + gap;
        let row = across * pitch - (pitch - card);
        let left = x + ((inner - row) / 2.0).max(0.0);
        for (index, (node, column_of)) in servers.iter().enumerate() {
            let (line, column) = (index / across as usize, index % across as usize);
            let rect = Rect {
                x: left + column as f64 * pitch,
                y: size::MARGIN + line as f64 * (height + size::GAP),
                w: card,
                h: height,
            };
            self.put(node, *column_of, index, rect, rect);
        }
        let lines = servers.len().div_ceil(across as usize);
        size::MARGIN + lines as f64 * (height + size::GAP) - if lines > 0 { size::GAP } else { 0.0 }
    }

    fn place_clients(
        &mut self,
        groups: Vec<(GroupName, Vec<NodeId>)>,
        consumers: bool,
        (x, mut y): (f64, f64),
        width: f64,
        across: usize,
    ) -> f64 {
        let (column, height) =
            if consumers { (Column::Consumer, size::CONSUMER) } else { (Column::Producer, size::PRODUCER) };
        let mut index = 0;
        let mut bottom = y;
        for (group, members) in groups {
            let label = Rect { x, y, w: width, h: size::LABEL };
            self.labels.push(GroupLabel { group, consumers, rect: label });
            y += size::LABEL;
            let card = (width - (across - 1) as f64 * size::GAP) / across as f64;
            for (place, node) in members.iter().enumerate() {
                let rect = Rect {
                    x: x + (place % across) as f64 * (card + size::GAP),
                    y: y + (place / across) as f64 * (height + size::GAP),
                    w: card,
                    h: height,
                };
                self.put(node, column, index, rect, rect);
                index += 1;
                bottom = rect.bottom();
            }
            y += members.len().div_ceil(across) as f64 * (height + size::GAP);
        }
        bottom
    }

    fn place_brokers(&mut self, view: &View, x: f64, mut y: f64, width: f64) -> f64 {
        let mut bottom = y;
        for (index, group) in broker_groups(view).into_iter().enumerate() {
            let card = Rect { x, y, w: width, h: card_height(&group, width) };
            let mut strip = y + size::FOOT;
            if let Some(master) = group.master {
                let rect = Rect { h: size::head(width) + mark_height(master) + lanes_height(master), ..card };
                self.place_lanes(master, rect);
                self.put(&master.node.id, Column::Broker, index, rect, card);
                strip = rect.bottom();
            }
            for slave in &group.slaves {
                let height = size::SLAVE + mark_height(slave);
                let rect = Rect {
                    x: x + size::INSET,
                    y: strip + 4.0,
                    w: width - 2.0 * size::INSET,
                    h: height - 4.0,
                };
                self.put(&slave.node.id, Column::Slave, index, rect, card);
                strip += height;
            }
            self.cards.push((group.name, card));
            bottom = card.bottom();
            y = bottom + size::GAP;
        }
        bottom
    }

    fn place_lanes(&mut self, broker: &BrokerView, rect: Rect) {
        let mut y = rect.y + size::head(rect.w) + mark_height(broker);
        let last = rect.bottom() - size::LANE / 2.0;
        for topic in broker.topics.iter().filter(|topic| !topic.system) {
            y += size::TOPIC;
            for queue in &topic.queues {
                let key = (broker.node.id.clone(), topic.topic.clone(), queue.queue_id.0);
                self.lanes.insert(key, (y + (size::LANE - 2.0) / 2.0).min(last));
                y += size::LANE;
            }
        }
    }

    pub(super) fn put(&mut self, node: &NodeId, column: Column, index: usize, rect: Rect, card: Rect) {
        self.places.insert(node.clone(), Place { column, rect, index, card });
    }
}

fn producer_groups(view: &View) -> Vec<(GroupName, Vec<NodeId>)> {
    ids(client_groups(&view.producers, |client| &client.group), |client| &client.node.id)
}

fn consumer_groups(view: &View) -> Vec<(GroupName, Vec<NodeId>)> {
    ids(client_groups(&view.consumers, |client| &client.group), |client| &client.node.id)
}

fn ids<T>(groups: Vec<(GroupName, Vec<&T>)>, id: impl Fn(&T) -> &NodeId) -> Vec<(GroupName, Vec<NodeId>)> {
    groups
        .into_iter()
        .map(|(group, members)| (group, members.into_iter().map(|member| id(member).clone()).collect()))
        .collect()
}

fn clients_height(groups: Vec<(GroupName, Vec<NodeId>)>, card: f64) -> f64 {
    let height: f64 =
        groups.iter().map(|(_, members)| size::LABEL + members.len() as f64 * (card + size::GAP)).sum();
    (height - size::GAP).max(0.0)
}

/// Height of the part with the lanes.
fn lanes_height(broker: &BrokerView) -> f64 {
    let topics = broker.topics.iter().filter(|topic| !topic.system);
    let height: f64 = topics.map(|topic| size::TOPIC + topic.queues.len() as f64 * size::LANE).sum();
    height.clamp(size::TOPIC + 4.0, size::LANES)
}

fn card_height(group: &BrokerGroup<'_>, width: f64) -> f64 {
    let master = group
        .master
        .map_or(size::FOOT, |master| size::head(width) + mark_height(master) + lanes_height(master));
    let slaves: f64 = group.slaves.iter().map(|slave| size::SLAVE + mark_height(slave)).sum();
    let foot = if group.slaves.is_empty() { size::FOOT } else { size::INSET };
    master + slaves + foot
}

fn brokers_height(view: &View, width: f64) -> f64 {
    let height: f64 = broker_groups(view).iter().map(|group| card_height(group, width) + size::GAP).sum();
    (height - size::GAP).max(0.0)
}
