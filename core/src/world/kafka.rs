//! What a person orders of Kafka's processes.

use super::{ProcessState, Slot, World};
use crate::command::{
    Command, CommandError, KafkaAdmin, KafkaCommand, KafkaOrder, KafkaSpec, NodeOrder, NodeSpec,
};
use crate::fact::{Fact, KafkaFact};
use crate::id::{Address, EventId, NodeId};
use crate::node::Disk;
use crate::time::{Duration, Instant};

impl World {
    /// Whether a node is a Kafka broker.
    pub(super) fn is_kafka_broker(&self, node: &NodeId) -> bool {
        self.slots.get(node).is_some_and(is_broker)
    }

    /// The address of a Kafka broker, or of the first there is.
    pub(super) fn kafka_bootstrap(&self, broker: Option<&NodeId>) -> Result<Address, CommandError> {
        match broker {
            Some(node) if self.is_kafka_broker(node) => Ok(self.slot(node)?.address),
            Some(node) => {
                self.slot(node)?;
                Err(CommandError::WrongKind { node: node.clone(), wanted: "a Kafka broker" })
            }
            None => {
                self.nodes().find(|(_, slot)| is_broker(slot)).map(|(_, slot)| slot.address).ok_or_else(
                    || CommandError::Invalid("this needs a Kafka broker; add one first".to_owned()),
                )
            }
        }
    }

    pub(super) fn check_kafka(&self, command: &KafkaCommand) -> Result<(), CommandError> {
        let node = command.node();
        let wrong = |wanted| Err(CommandError::WrongKind { node: node.clone(), wanted });
        let NodeSpec::Kafka(spec) = &self.slot(node)?.spec else { return wrong("a node of Kafka") };
        match (command, &**spec) {
            (KafkaCommand::Send(_, send), KafkaSpec::Producer { transactional_id: None, .. })
                if send.per != 1 || send.end != Some(crate::rpc::kafka::Marker::Commit) =>
            {
                let why = "per=… and end=… are for a producer with a transactional-id";
                Err(CommandError::Invalid(why.to_owned()))
            }
            (KafkaCommand::Send(..) | KafkaCommand::End(..), KafkaSpec::Producer { .. }) => {
                self.check_state(node, "running", |state| {
                    matches!(state, ProcessState::Up | ProcessState::Frozen)
                })
            }
            (KafkaCommand::Send(..) | KafkaCommand::End(..), _) => wrong("a Kafka producer"),
            (KafkaCommand::Copy(_) | KafkaCommand::Restore(_), KafkaSpec::Broker(_)) => {
                self.check_state(node, "stopped, killed or without power", |state| !state.is_running())?;
                let has_copy = matches!(&self.slot(node)?.disk, Disk::Kafka(disk) if disk.has_copy());
                if matches!(command, KafkaCommand::Restore(_)) && !has_copy {
                    return Err(CommandError::Invalid(format!("`{node}` has no copy; make one first")));
                }
                Ok(())
            }
            (KafkaCommand::Copy(_) | KafkaCommand::Restore(_), _) => wrong("a Kafka broker"),
        }
    }

    pub(super) fn apply_kafka(&mut self, command: KafkaCommand, cause: Option<EventId>) {
        match command {
            KafkaCommand::Send(node, send) => {
                self.order(&node, NodeOrder::Kafka(KafkaOrder::Send(send)), cause);
            }
            KafkaCommand::End(node, marker) => {
                self.order(&node, NodeOrder::Kafka(KafkaOrder::End(marker)), cause);
            }
            KafkaCommand::Copy(node) => {
                if let Some(Slot { disk: Disk::Kafka(disk), .. }) = self.slots.get_mut(&node) {
                    disk.keep_copy();
                    self.note(Some(&node), cause, Fact::Kafka(Box::new(KafkaFact::DirectoryCopied)));
                }
            }
            KafkaCommand::Restore(node) => {
                if let Some(Slot { disk: Disk::Kafka(disk), .. }) = self.slots.get_mut(&node)
                    && disk.restore_copy()
                {
                    self.note(Some(&node), cause, Fact::Kafka(Box::new(KafkaFact::DirectoryRestored)));
                }
            }
        }
    }

    /// The name of the next run of an administrator's tool.
    pub(super) fn next_kafka_admin(&self) -> NodeId {
        let name = |number: u16| NodeId::from(format!("kafka-admin-{number}"));
        let mut number = self.added[3] + 1;
        while self.slots.contains_key(&name(number)) {
            number += 1;
        }
        name(number)
    }

    /// What an administrator of Kafka would be told at this moment; the world stays as it is. `None` when there is no
    /// answer within a minute.
    pub fn ask_kafka(&self, admin: &KafkaAdmin) -> Option<String> {
        let mut world = self.clone();
        world.fresh.clear();
        world.apply(&Command::KafkaAdmin(admin.clone())).ok()?;
        let until: Instant = self.now() + Duration::from_secs(60);
        while world.next_due().is_some_and(|due| due <= until) && world.step() {
            for event in world.take_fresh() {
                if let Fact::Kafka(fact) = event.fact
                    && let KafkaFact::Answered { output, .. } = *fact
                {
                    return Some(output.to_string());
                }
            }
        }
        None
    }
}

fn is_broker(slot: &Slot) -> bool {
    matches!(&slot.spec, NodeSpec::Kafka(spec) if matches!(**spec, KafkaSpec::Broker(_)))
}
