//! The placing itself: columns, cards, lanes.

use lab_core::id::{BrokerName, GroupName, NodeId};
use lab_core::view::{BrokerView, NameServerView, View};

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

/// Brokers that a name server believes in and that do not run.
pub(super) fn beliefs(server: &NameServerView) -> usize {
    server.brokers.iter().filter(|broker| !broker.alive).count().min(size::BELIEFS)
}

impl Layout {
    /// Places everything on a stage of this width.
    pub fn of(view: &View, width: f64) -> Self {
        let width = width.max(280.0);
        let mut layout = Self { width, narrow: width < size::NARROW, ..Self::default() };
        if layout.narrow {
            layout.stack(view)
        } else {
            layout.spread(view)
        }
        layout
    }

    fn spread(&mut self, view: &View) {
        let width = self.width;
        let producer_width = (width * 0.19).clamp(162.0, 224.0);
        let consumer_width = (width * 0.19).clamp(160.0, 220.0);
        let free = width - 2.0 * size::MARGIN - producer_width - consumer_width;
        let broker_width = (free - 112.0).clamp(270.0, 470.0);
        let gutter = ((free - broker_width) / 2.0).max(24.0);
        let top = self.place_name_servers(view, width) + 36.0;

        let producers = self.clients_height(producer_groups(view));
        let brokers = brokers_height(view);
        let consumers = self.clients_height(consumer_groups(view));
        let tallest = producers.max(brokers).max(consumers);
        let start = |height: f64| top + ((tallest - height) / 2.0).min(size::DROP);

        let mut x = size::MARGIN;
        self.place_clients(producer_groups(view), false, x, start(producers), producer_width, 1);
        x += producer_width + gutter;
        self.place_brokers(view, x, start(brokers), broker_width);
        x += broker_width + gutter;
        self.place_clients(consumer_groups(view), true, x, start(consumers), consumer_width, 1);
        self.height = top + tallest + size::MARGIN;
    }

    fn stack(&mut self, view: &View) {
        let inner = self.width - 2.0 * size::MARGIN;
        let mut y = self.place_name_servers(view, self.width) + 34.0;
        y = self.place_clients(producer_groups(view), false, size::MARGIN, y, inner, 2) + 34.0;
        y = self.place_brokers(view, size::MARGIN, y, inner) + 34.0;
        y = self.place_clients(consumer_groups(view), true, size::MARGIN, y, inner, 2);
        self.height = y + size::MARGIN;
    }

    fn place_name_servers(&mut self, view: &View, width: f64) -> f64 {
        let inner = width - 2.0 * size::MARGIN;
        let servers = &view.name_servers;
        let across = ((inner + size::GAP) / (150.0 + size::GAP)).floor().max(1.0);
        let across = across.min(servers.len().max(1) as f64);
        let card = ((inner - (across - 1.0) * 28.0) / across).clamp(140.0, 276.0);
        let height = servers.iter().map(beliefs).max().unwrap_or(0) as f64 * size::BELIEF + size::NAME_SERVER;
        let pitch = card + if self.narrow { size::GAP } else { 28.0 };
        let row = across * pitch - (pitch - card);
        let left = ((width - row) / 2.0).max(size::MARGIN);
        for (index, server) in servers.iter().enumerate() {
            let (line, column) = (index / across as usize, index % across as usize);
            let rect = Rect {
                x: left + column as f64 * pitch,
                y: size::MARGIN + line as f64 * (height + size::GAP),
                w: card,
                h: height,
            };
            self.put(&server.node.id, Column::NameServer, index, rect, rect);
        }
        let lines = servers.len().div_ceil(across as usize);
        size::MARGIN + lines as f64 * (height + size::GAP) - if lines > 0 { size::GAP } else { 0.0 }
    }

    fn clients_height(&self, groups: Vec<(GroupName, Vec<NodeId>)>) -> f64 {
        let height: f64 = groups
            .iter()
            .map(|(_, members)| size::LABEL + members.len() as f64 * (size::CLIENT + size::GAP) + 6.0)
            .sum();
        (height - size::GAP - 6.0).max(0.0)
    }

    fn place_clients(
        &mut self,
        groups: Vec<(GroupName, Vec<NodeId>)>,
        consumers: bool,
        x: f64,
        mut y: f64,
        width: f64,
        across: usize,
    ) -> f64 {
        let column = if consumers { Column::Consumer } else { Column::Producer };
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
                    y: y + (place / across) as f64 * (size::CLIENT + size::GAP),
                    w: card,
                    h: size::CLIENT,
                };
                self.put(node, column, index, rect, rect);
                index += 1;
                bottom = rect.bottom();
            }
            y += members.len().div_ceil(across) as f64 * (size::CLIENT + size::GAP) + 6.0;
        }
        bottom
    }

    fn place_brokers(&mut self, view: &View, x: f64, mut y: f64, width: f64) -> f64 {
        let mut bottom = y;
        for (index, group) in broker_groups(view).into_iter().enumerate() {
            let card = Rect { x, y, w: width, h: card_height(&group) };
            let mut strip = y + size::FOOT;
            if let Some(master) = group.master {
                let rect = Rect { h: size::HEAD + lanes_height(master), ..card };
                self.place_lanes(master, rect);
                self.put(&master.node.id, Column::Broker, index, rect, card);
                strip = rect.bottom();
            }
            for slave in &group.slaves {
                let rect = Rect { x: x + 12.0, y: strip + 4.0, w: width - 24.0, h: size::SLAVE - 4.0 };
                self.put(&slave.node.id, Column::Slave, index, rect, card);
                strip += size::SLAVE;
            }
            self.cards.push((group.name, card));
            bottom = card.bottom();
            y = bottom + size::GAP + 4.0;
        }
        bottom
    }

    fn place_lanes(&mut self, broker: &BrokerView, rect: Rect) {
        let mut y = rect.y + size::HEAD;
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

    fn put(&mut self, node: &NodeId, column: Column, index: usize, rect: Rect, card: Rect) {
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

/// Height of the part with the lanes.
fn lanes_height(broker: &BrokerView) -> f64 {
    let topics = broker.topics.iter().filter(|topic| !topic.system);
    let height: f64 = topics.map(|topic| size::TOPIC + topic.queues.len() as f64 * size::LANE).sum();
    height.clamp(size::TOPIC + 4.0, size::LANES)
}

fn card_height(group: &BrokerGroup<'_>) -> f64 {
    let master = group.master.map_or(size::FOOT, |master| size::HEAD + lanes_height(master));
    master + group.slaves.len() as f64 * size::SLAVE + size::FOOT
}

fn brokers_height(view: &View) -> f64 {
    let height: f64 = broker_groups(view).iter().map(|group| card_height(group) + size::GAP + 4.0).sum();
    (height - size::GAP - 4.0).max(0.0)
}
