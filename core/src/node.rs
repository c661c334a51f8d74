//! Any process of the cluster, and any disk.
//!
//! An enum rather than a trait object: what a node is can be matched, cloned and found in one place.

use crate::broker::{Broker, BrokerDisk};
use crate::command::NodeOrder;
use crate::consumer::{Consumer, ConsumerDisk};
use crate::controller::{Controller, ControllerDisk};
use crate::kafka::{self, KafkaNode};
use crate::mqadmin::Mqadmin;
use crate::name_server::{NameServer, NameServerDisk};
use crate::outbox::{Input, Outbox};
use crate::producer::Producer;
use crate::registry::{Registry, RegistryClient, RegistryDisk};
use crate::time::Instant;

/// A running process.
#[derive(Clone, Debug)]
pub enum Node {
    /// Knows where brokers are.
    NameServer(Box<NameServer>),
    /// Says which replica is the master.
    Controller(Box<Controller>),
    /// Stores messages.
    Broker(Box<Broker>),
    /// Sends messages.
    Producer(Box<Producer>),
    /// Consumes messages.
    Consumer(Box<Consumer>),
    /// Carries out one command of an operator.
    Mqadmin(Box<Mqadmin>),
    /// Keeps a list of members.
    Registry(Box<Registry>),
    /// Wants to know them.
    RegistryClient(Box<RegistryClient>),
    /// A process of Kafka.
    Kafka(Box<KafkaNode>),
}

/// What a process leaves behind.
#[derive(Clone, Debug)]
pub enum Disk {
    /// Nothing that matters: producers keep all they know in memory.
    Empty,
    /// A name server's KV configuration, and the ledger of the controller within it.
    NameServer(Box<NameServerDisk>),
    /// A controller's ledger.
    Controller(Box<ControllerDisk>),
    /// A broker's messages and tables.
    Broker(Box<BrokerDisk>),
    /// A consumer's local offsets.
    Consumer(ConsumerDisk),
    /// A registry's list.
    Registry(RegistryDisk),
    /// The data directory of a Kafka broker.
    Kafka(Box<kafka::BrokerDisk>),
}

impl Node {
    /// Reacts to one input.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Outbox) {
        match self {
            Self::NameServer(node) => node.handle(now, input, out),
            Self::Controller(node) => {
                node.handle(now, &input, out);
                if matches!(&input, Input::Order(order) if matches!(**order, NodeOrder::Shutdown)) {
                    out.exit();
                }
            }
            Self::Broker(node) => node.handle(now, input, out),
            Self::Producer(node) => node.handle(now, input, out),
            Self::Consumer(node) => node.handle(now, input, out),
            Self::Mqadmin(node) => node.handle(now, input, out),
            Self::Registry(node) => node.handle(now, input, out),
            Self::RegistryClient(node) => node.handle(now, input, out),
            Self::Kafka(node) => node.handle(now, input, out),
        }
    }

    /// The process ends; its disk stays.
    pub fn into_disk(self) -> Disk {
        match self {
            Self::NameServer(node) => Disk::NameServer(Box::new(node.into_disk())),
            Self::Controller(node) => Disk::Controller(Box::new(node.into_disk())),
            Self::Producer(_) | Self::Mqadmin(_) | Self::RegistryClient(_) => Disk::Empty,
            Self::Registry(node) => Disk::Registry(node.into_disk()),
            Self::Broker(broker) => Disk::Broker(Box::new(broker.into_disk())),
            Self::Consumer(consumer) => Disk::Consumer(consumer.into_disk()),
            Self::Kafka(node) => node.into_disk().map_or(Disk::Empty, |disk| Disk::Kafka(Box::new(disk))),
        }
    }
}
