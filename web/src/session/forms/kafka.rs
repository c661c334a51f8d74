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
            _ => {}
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
    }
}
