//! Where Kafka's nodes stand: below RocketMQ's, in the same three columns.

use lab_core::id::{NodeId, TopicName};
use lab_core::view::{KafkaBrokerView, KafkaConsumerView, KafkaLogView, KafkaProducerView, KafkaView};

use super::{Column, Layout, Place, Rect, size};

impl Layout {
    /// Places Kafka's nodes below everything else.
    pub(super) fn place_kafka(&mut self, view: &KafkaView) {
        if view.is_empty() {
            return;
        }
        let inner = self.width - 2.0 * size::MARGIN;
        let top = if self.places.is_empty() { size::MARGIN } else { self.height + size::BELOW };
        let producers: Vec<_> = view.producers.iter().map(|it| (&it.node.id, producer_height(it))).collect();
        let brokers: Vec<_> = view.brokers.iter().map(|it| (&it.node.id, broker_height(it))).collect();
        let consumers: Vec<_> = view.consumers.iter().map(|it| (&it.node.id, consumer_height(it))).collect();
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

/// Partitions that a consumer's card lists.
pub const POSITIONS: usize = 4;

/// The logs of a broker by topic; what Kafka keeps for itself is left to the inspector.
pub fn kafka_topics(broker: &KafkaBrokerView) -> Vec<(&TopicName, Vec<&KafkaLogView>)> {
    let mut topics: Vec<(&TopicName, Vec<&KafkaLogView>)> = Vec::new();
    for log in broker.logs.iter().filter(|log| !log.partition.topic.as_str().starts_with("__")) {
        match topics.last_mut().filter(|(topic, _)| **topic == log.partition.topic) {
            Some((_, logs)) => logs.push(log),
            None => topics.push((&log.partition.topic, vec![log])),
        }
    }
    topics
}

/// Groups that have committed in a partition.
fn commits(broker: &KafkaBrokerView, log: &KafkaLogView) -> usize {
    let offsets = broker.groups.iter().flat_map(|group| &group.offsets);
    offsets.filter(|commit| commit.partition == log.partition).count()
}

/// Height of the part with the lanes: a line for each topic, a lane for each partition, a line for each further group.
pub fn kafka_lanes_height(broker: &KafkaBrokerView) -> f64 {
    let lane =
        |log: &&KafkaLogView| size::LANE + commits(broker, log).saturating_sub(1) as f64 * size::KAFKA_COMMIT;
    let topics = kafka_topics(broker);
    let height: f64 = topics.iter().map(|(_, logs)| size::TOPIC + logs.iter().map(lane).sum::<f64>()).sum();
    height.clamp(size::TOPIC, size::LANES)
}

fn broker_height(broker: &KafkaBrokerView) -> f64 {
    size::HEAD + kafka_lanes_height(broker) + size::FOOT
}

/// Height of a producer's card: where it sends, how much, its transactions.
fn producer_height(producer: &KafkaProducerView) -> f64 {
    let lines = 2 + usize::from(producer.transactional_id.is_some()) + usize::from(producer.open_transaction);
    size::KAFKA_CLIENT + lines as f64 * size::LINE
}

/// Height of a consumer's card: its group, its partitions, its last exception.
fn consumer_height(consumer: &KafkaConsumerView) -> f64 {
    let more = usize::from(consumer.positions.len() > POSITIONS);
    let partitions = consumer.positions.len().min(POSITIONS) + more;
    let lines = 1 + partitions.max(1) + usize::from(consumer.last_exception.is_some());
    size::KAFKA_CLIENT + lines as f64 * size::LINE
}
