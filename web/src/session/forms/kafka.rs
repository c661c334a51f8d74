//! The forms about Kafka's nodes.

use lab_core::id::NodeId;
use lab_core::view::View;

use super::{FieldName, Form, FormKind, Input, Numbering, Slot, fresh};

const RESETS: [&str; 3] = ["latest", "earliest", "none"];
const ISOLATIONS: [&str; 2] = ["read_uncommitted", "read_committed"];
const ENDS: [&str; 3] = ["commit", "abort", "open"];

impl Form {
    /// The fields of a form about Kafka; none for another kind.
    pub(super) fn kafka(&mut self, view: &View) {
        match self.kind.clone() {
            FormKind::AddKafkaBroker => {
                self.word(FieldName::Node, fresh(view, "kafka-", Numbering::FromOne));
                self.option(FieldName::Port, "port", "");
            }
            FormKind::AddKafkaProducer => {
                self.word(FieldName::Node, fresh(view, "kafka-producer-", Numbering::FromOne));
                self.option(FieldName::TransactionalId, "transactional-id", "");
                self.bootstrap(view);
            }
            FormKind::AddKafkaConsumer => {
                let group = view.kafka.consumers.first().map_or("kafka-cg", |it| it.group.as_str());
                self.word(FieldName::Node, fresh(view, "kafka-consumer-", Numbering::FromOne));
                self.given(FieldName::Group, "group", group);
                self.given(FieldName::Topics, "topic", &kafka_topic(view));
                self.choice(FieldName::OffsetReset, "reset", &RESETS, RESETS[0]);
                self.choice(FieldName::Isolation, "isolation", &ISOLATIONS, ISOLATIONS[0]);
                self.flag(FieldName::Manual, "manual");
                self.option(FieldName::Errors, "errors", "");
                self.bootstrap(view);
            }
            FormKind::AddKafkaTopic => {
                self.word(FieldName::Topic, "Orders".to_owned());
                self.option(FieldName::Partitions, "partitions", "1");
                self.bootstrap(view);
            }
            FormKind::KafkaSend(node) => self.kafka_send(&node, view),
            FormKind::KafkaDeleteTopic(node) | FormKind::KafkaEnds(node) => {
                self.word(FieldName::Topic, kafka_topic(view));
                self.asked(&node, view);
            }
            FormKind::KafkaDeleteRecords(node) => {
                self.word(FieldName::Topic, kafka_topic(view));
                self.option(FieldName::Partition, "partition", "0");
                self.given(FieldName::Before, "before", &start(view).to_string());
                self.asked(&node, view);
            }
            FormKind::KafkaAlterOffset(node) => {
                self.word(FieldName::Group, kafka_group(view));
                self.word(FieldName::Topic, kafka_topic(view));
                self.option(FieldName::Partition, "partition", "0");
                self.given(FieldName::Offset, "offset", "0");
                self.option(FieldName::Epoch, "epoch", "");
                self.asked(&node, view);
            }
            FormKind::KafkaOffsets(node) => {
                self.word(FieldName::Group, kafka_group(view));
                self.asked(&node, view);
            }
            FormKind::KafkaConsumerGroups(node) => {
                let line = format!("--describe --group {}", kafka_group(view));
                let brokers = &view.kafka.brokers;
                // One broker need not be named; of several the tool asks the first.
                let own = brokers.iter().find(|it| it.node.id == node).filter(|_| brokers.len() > 1);
                let server = own.map(|it| format!("--bootstrap-server {} ", it.node.address));
                let line = server.unwrap_or_default() + &line;
                self.put(FieldName::ToolLine, Slot::Raw, Input::Text, "", &line);
            }
            _ => {}
        }
    }

    /// The broker that is asked: the node from whose menu the form was opened.
    fn asked(&mut self, node: &NodeId, view: &View) {
        self.bootstrap(view);
        let brokers = &view.kafka.brokers;
        if let Some(field) = self.fields.last_mut().filter(|_| brokers.len() > 1) {
            field.value = node.to_string();
        }
    }

    fn kafka_send(&mut self, node: &NodeId, view: &View) {
        let producer = view.kafka.producers.iter().find(|it| it.node.id == *node);
        self.word(FieldName::Node, node.to_string());
        self.word(FieldName::Topic, kafka_topic(view));
        self.option(FieldName::Count, "count", "1");
        self.option(FieldName::Key, "key", "");
        self.option(FieldName::Partition, "partition", "0");
        if producer.is_some_and(|it| it.transactional_id.is_some()) {
            self.option(FieldName::Per, "per", "1");
            self.choice(FieldName::End, "end", &ENDS, ENDS[0]);
        }
    }

    /// The broker that it asks first; the first there is when it is left out.
    fn bootstrap(&mut self, view: &View) {
        let brokers = view.kafka.brokers.iter().map(|it| it.node.id.to_string());
        let choices = std::iter::once(String::new()).chain(brokers).collect();
        self.put(FieldName::KafkaBroker, Slot::Option("broker"), Input::Choice(choices), "", "");
    }
}

/// A group that there is, or what the form for a new consumer proposes.
fn kafka_group(view: &View) -> String {
    let groups = view.kafka.brokers.iter().flat_map(|broker| &broker.groups);
    let mut groups = groups.map(|group| group.group.to_string());
    groups.next().unwrap_or_else(|| "kafka-cg".to_owned())
}

/// Where the first log begins.
fn start(view: &View) -> u64 {
    view.kafka.brokers.iter().flat_map(|broker| &broker.logs).map(|log| log.start).next().unwrap_or(0)
}

/// A topic that there is, or what the form for a new one proposes.
fn kafka_topic(view: &View) -> String {
    let logs = view.kafka.brokers.iter().flat_map(|broker| &broker.logs);
    let mut topics = logs.map(|log| log.partition.topic.to_string()).filter(|topic| !topic.starts_with("__"));
    topics.next().unwrap_or_else(|| "Orders".to_owned())
}

#[cfg(test)]
mod tests {
    use lab_core::lab::Lab;
    use lab_core::time::Instant;

    use super::*;
    use crate::session::forms::FormGroup;

    #[test]
    fn kafka_can_be_built_up_by_its_forms_alone() {
        let mut lab = Lab::new("lab profile=V5 seed=1".parse().expect("a recording"));
        let run = |kind: FormKind, lab: &mut Lab| {
            let line = Form::new(kind, &lab.view(0)).line();
            let command = line.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
            lab.issue(command).unwrap_or_else(|error| panic!("{line}: {error}"));
            let now = lab.now();
            lab.run_until(Instant::from_millis(now.as_millis() + 10_000));
        };
        for kind in FormGroup::Kafka.kinds() {
            run(kind.clone(), &mut lab);
        }
        let producer = lab.view(0).kafka.producers[0].node.id.clone();
        run(FormKind::KafkaSend(producer), &mut lab);
        let kafka = lab.view(0).kafka;
        assert_eq!((kafka.brokers.len(), kafka.consumers.len()), (1, 1));
        assert_eq!(kafka.producers[0].sent, 1);
        let broker = kafka.brokers[0].node.id.clone();
        let asked = [
            FormKind::KafkaConsumerGroups,
            FormKind::KafkaOffsets,
            FormKind::KafkaEnds,
            FormKind::KafkaDeleteRecords,
            FormKind::KafkaAlterOffset,
            FormKind::KafkaDeleteTopic,
        ];
        for kind in asked {
            run(kind(broker.clone()), &mut lab);
        }
        // The consumer's subscription makes the topic anew.
        let logs = lab.view(0).kafka.brokers.swap_remove(0).logs;
        assert!(logs.iter().all(|log| log.end == 0), "the last of them deletes the topic");
    }
}
