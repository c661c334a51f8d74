//! Where Kafka's nodes stand: below RocketMQ's, in the same three columns.

use lab_core::id::NodeId;
use lab_core::view::{KafkaBrokerView, KafkaView};

use super::{Column, Layout, Place, Rect, size};

impl Layout {
    /// Places Kafka's nodes below everything else.
    pub(super) fn place_kafka(&mut self, view: &KafkaView) {
        if view.is_empty() {
            return;
        }
        let inner = self.width - 2.0 * size::MARGIN;
        let top = if self.places.is_empty() { size::MARGIN } else { self.height + size::BELOW };
        let producers: Vec<_> = view.producers.iter().map(|it| (&it.node.id, size::PRODUCER)).collect();
        let brokers: Vec<_> = view.brokers.iter().map(|it| (&it.node.id, broker_height(it))).collect();
        let consumers: Vec<_> = view.consumers.iter().map(|it| (&it.node.id, size::CONSUMER)).collect();
        let bottom = if self.narrow {
            let y = self.column(Column::Producer, &producers, (size::MARGIN, top), inner);
            let y = self.column(Column::Broker, &brokers, (size::MARGIN, y), inner);
            self.column(Column::Consumer, &consumers, (size::MARGIN, y), inner)
        } else {
            let side = (self.width * 0.19).clamp(160.0, 224.0);
            let free = inner - 2.0 * side;
            let middle = (free - 112.0).clamp(270.0, 470.0);
            let gutter = ((free - middle) / 2.0).max(24.0);
            let broker_x = size::MARGIN + side + gutter;
            let left = self.column(Column::Producer, &producers, (size::MARGIN, top), side);
            let centre = self.column(Column::Broker, &brokers, (broker_x, top), middle);
            let consumer_x = broker_x + middle + gutter;
            let right = self.column(Column::Consumer, &consumers, (consumer_x, top), side);
            left.max(centre).max(right)
        };
        self.height = bottom - size::GAP + size::MARGIN;
    }

    /// Places cards one below the other; where the next would begin.
    fn column(
        &mut self,
        column: Column,
        cards: &[(&NodeId, f64)],
        (x, mut y): (f64, f64),
        width: f64,
    ) -> f64 {
        for (index, (node, height)) in cards.iter().enumerate() {
            let rect = Rect { x, y, w: width, h: *height };
            self.places.insert((*node).clone(), Place { column, rect, index, card: rect });
            y += height + size::GAP;
        }
        y
    }
}

/// Height of a broker's card: a line for each partition, and one for each group offset in it.
fn broker_height(broker: &KafkaBrokerView) -> f64 {
    let commits: usize = broker.groups.iter().map(|group| group.offsets.len()).sum();
    size::KAFKA_HEAD + broker.logs.len() as f64 * size::KAFKA_LOG + commits as f64 * size::KAFKA_COMMIT
}
