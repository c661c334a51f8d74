//! What a person orders: whether it can be done, and doing it.

use std::collections::VecDeque;

use super::{Alarms, Due, ProcessState, Slot, World, registries};
use crate::broker::{self, Broker, BrokerStart};
use crate::client_instance::ClientStart;
use crate::command::{
    Barrier, BrokerSpec, Command, CommandError, ConsumerSpec, KafkaSpec, NameServerSpec, NodeOrder, NodeSpec,
    Settings, TopicPlace, put_setting,
};
use crate::config::{BrokerRole, ClientConfig, ControllerConfig, Profile};
use crate::consumer::{Consumer, ConsumerDisk};
use crate::controller::{self, Controller};
use crate::fact::Fact;
use crate::id::{Address, BrokerId, ClientId, EventId, NodeId};
use crate::kafka::{KafkaNode, KafkaStart};
use crate::mqadmin::{Mqadmin, MqadminStart};
use crate::name_server::{self, NameServer, NameServerDisk};
use crate::network::EndState;
use crate::node::{Disk, Node};
use crate::outbox::Input;
use crate::producer::Producer;
use crate::registry::{Registry, RegistryClient, RegistryClientStart, RegistryDisk};
use crate::rng::Rng;
use crate::time::Instant;

pub(super) type Checked = Result<(), CommandError>;

/// First port and distance to the next, for name servers, brokers, clients, runs of tools, registries, Kafka brokers and
/// controllers.
const PORTS: [(u16, u16); 7] =
    [(9876, 10), (10911, 20), (50_001, 1), (60_001, 1), (2181, 10), (9092, 10), (9878, 10)];

impl World {
    /// Whether a command could be carried out at this moment.
    ///
    /// # Errors
    /// What is wrong and what is accepted.
    pub fn check(&self, command: &Command) -> Checked {
        command.check_alone()?;
        match command {
            Command::Add(node, spec) => self.check_add(node, spec),
            Command::CreateTopic { place, .. } => self.topic_targets(place).map(|_| ()),
            Command::Mqadmin(_) => Ok(()),
            Command::Member(order) => self.check_member(order),
            Command::Kafka(command) => self.check_kafka(command),
            Command::KafkaAdmin(admin) => self.kafka_bootstrap(admin.broker.as_ref()).map(|_| ()),
            Command::Send(node, _) | Command::Produce(node, _) | Command::Quiet(node) => {
                self.check_producer(node)
            }
            Command::Pin { node, .. } => self.check_producer(node),
            Command::Set(node, settings) => self.check_set(node, settings),
            Command::Kill(node) | Command::PowerOff(node) => {
                self.check_state(node, "running", ProcessState::is_running)
            }
            Command::Stop(node) | Command::Freeze(node) => {
                self.check_state(node, "running", |state| state == ProcessState::Up)
            }
            Command::Thaw(node) => self.check_state(node, "frozen", |state| state == ProcessState::Frozen),
            Command::Restart(node) | Command::Remove(node) => {
                self.check_state(node, "stopped, killed or without power", |state| !state.is_running())
            }
            Command::RollBack { node, .. } => {
                if !matches!(self.slot(node)?.spec, NodeSpec::Broker(_)) && !self.is_kafka_broker(node) {
                    return Err(CommandError::WrongKind { node: node.clone(), wanted: "a broker" });
                }
                self.check_state(node, "stopped, killed or without power", |state| !state.is_running())
            }
            Command::Part { from, to, .. } | Command::Link { from, to, .. } => {
                self.slot(from)?;
                self.slot(to).map(|_| ())
            }
            Command::Join { barrier, from, to } => {
                self.slot(from)?;
                self.slot(to)?;
                let is_parted =
                    self.network.is_parted(*barrier, from, to) || self.network.is_parted(*barrier, to, from);
                if is_parted {
                    Ok(())
                } else {
                    let word = if *barrier == Barrier::Cut { "cut" } else { "held" };
                    Err(CommandError::Invalid(format!("the link between {from} and {to} is not {word}")))
                }
            }
        }
    }

    pub(super) fn slot(&self, node: &NodeId) -> Result<&Slot, CommandError> {
        let unknown = || {
            CommandError::UnknownNode(node.clone(), self.slots.iter().map(|(node, _)| node.clone()).collect())
        };
        self.slots.get(node).ok_or_else(unknown)
    }

    pub(super) fn check_state(
        &self,
        node: &NodeId,
        wanted: &'static str,
        fits: fn(ProcessState) -> bool,
    ) -> Checked {
        let slot = self.slot(node)?;
        if fits(slot.state) {
            return Ok(());
        }
        Err(CommandError::WrongState { node: node.clone(), state: slot.state.words(), wanted })
    }

    fn check_producer(&self, node: &NodeId) -> Checked {
        if !matches!(self.slot(node)?.spec, NodeSpec::Producer(_)) {
            return Err(CommandError::WrongKind { node: node.clone(), wanted: "a producer" });
        }
        self.check_state(node, "running", |state| matches!(state, ProcessState::Up | ProcessState::Frozen))
    }

    fn check_add(&self, node: &NodeId, spec: &NodeSpec) -> Checked {
        if let NodeSpec::RegistryClient(client) = spec {
            return self.check_registry_client(node, client);
        }
        if self.slots.contains_key(node) {
            return Err(CommandError::DuplicateNode(node.clone()));
        }
        self.check_controller_mode(spec)?;
        let port = match spec {
            NodeSpec::Registry(spec) => spec.port,
            NodeSpec::RegistryClient(_) => None,
            NodeSpec::NameServer(spec) => spec.port,
            NodeSpec::Controller(spec) => spec.port,
            NodeSpec::Broker(spec) => spec.port,
            NodeSpec::Mqadmin(_) => None,
            NodeSpec::Kafka(spec) => match &**spec {
                KafkaSpec::Broker(port) => *port,
                spec => return self.kafka_bootstrap(spec.broker()).map(|_| ()),
            },
            NodeSpec::Producer(client) => {
                return self.name_servers_of(client.name_servers.as_deref()).map(|_| ());
            }
            NodeSpec::Consumer(spec) => {
                return self.name_servers_of(spec.client.name_servers.as_deref()).map(|_| ());
            }
        };
        if let NodeSpec::Broker(spec) = spec
            && let Some(address) = self.dledger_address(spec)
            && let Some(other) = self.listeners.get(&address)
        {
            return Err(CommandError::Invalid(format!(
                "dLegerPeers: {address} is taken by {other}; give each replica its own dLegerSelfId, and each group its \
                 own ports"
            )));
        }
        if let Some(other) = port.and_then(|port| self.listeners.get(&Address::local(port))) {
            return Err(CommandError::Invalid(format!(
                "port {} is taken by {other}; choose another or leave it out",
                port.unwrap_or_default()
            )));
        }
        Ok(())
    }

    /// Where a broker listens for the other replicas of its DLedger group, if it is in one.
    fn dledger_address(&self, spec: &BrokerSpec) -> Option<Address> {
        let config = broker::config_of(self.profile(), spec);
        config.enable_dleger_commit_log.then(|| config.d_leger_peers.address(config.d_leger_self_id))?
    }

    /// What controller mode needs: V5, members that know themselves, an address of their own, a controller.
    fn check_controller_mode(&self, spec: &NodeSpec) -> Checked {
        let (settings, address) = match spec {
            NodeSpec::Broker(spec) if spec.is_in_controller_mode() => {
                let config = broker::config_of(self.profile(), spec);
                if self.profile().is_v5()
                    && config.controller_addr.0.is_empty()
                    && self.all_controllers().is_empty()
                {
                    let why = "a broker in controller mode needs a controller; add one first";
                    return Err(CommandError::Invalid(why.to_owned()));
                }
                (None, None)
            }
            NodeSpec::Controller(spec) => {
                (Some(&spec.settings), controller::address_in_group(self.profile(), &spec.settings))
            }
            NodeSpec::NameServer(spec) if has_controller(self.profile(), spec) => {
                (Some(&spec.settings), controller::address_in_group(self.profile(), &spec.settings))
            }
            _ => return Ok(()),
        };
        if !self.profile().is_v5() {
            let why = "4.9.8 has no controller: controller mode came with 5.0.0; choose the profile V5";
            return Err(CommandError::Invalid(why.to_owned()));
        }
        if let Some(settings) = settings {
            controller::check_settings(settings).map_err(CommandError::Invalid)?;
        }
        match address.and_then(|address| self.listeners.get(&address).map(|other| (address, other))) {
            Some((address, other)) => Err(CommandError::Invalid(format!(
                "controllerDLegerPeers gives this controller the address {address}, which is taken by {other}"
            ))),
            None => Ok(()),
        }
    }

    /// Where the controllers listen, in the order of their addition.
    fn all_controllers(&self) -> Vec<Address> {
        self.nodes()
            .filter_map(|(_, slot)| controller_address(self.profile(), &slot.spec, slot.address))
            .collect()
    }

    /// The addresses of these name servers, or of all there are.
    fn name_servers_of(&self, names: Option<&[NodeId]>) -> Result<Vec<Address>, CommandError> {
        let Some(names) = names else {
            let all = self.all_name_servers();
            if all.is_empty() {
                let why = "a client needs a name server; add one first";
                return Err(CommandError::Invalid(why.to_owned()));
            }
            return Ok(all);
        };
        names
            .iter()
            .map(|name| match self.slot(name)? {
                Slot { spec: NodeSpec::NameServer(_), address, .. } => Ok(*address),
                _ => Err(CommandError::WrongKind { node: name.clone(), wanted: "a name server" }),
            })
            .collect()
    }

    fn all_name_servers(&self) -> Vec<Address> {
        let is_name_server = |slot: &&Slot| matches!(slot.spec, NodeSpec::NameServer(_));
        self.nodes().map(|(_, slot)| slot).filter(is_name_server).map(|slot| slot.address).collect()
    }

    /// The brokers that a topic is created on.
    fn topic_targets(&self, place: &TopicPlace) -> Result<Vec<NodeId>, CommandError> {
        match place {
            TopicPlace::Broker(node) => {
                let NodeSpec::Broker(spec) = &self.slot(node)?.spec else {
                    return Err(CommandError::WrongKind { node: node.clone(), wanted: "a broker" });
                };
                if !self.profile().is_v5() && !spec.broker_id.is_master() {
                    return Err(CommandError::Invalid(format!(
                        "`{node}` is a slave; V4 creates topics on masters only"
                    )));
                }
                self.check_state(node, "running", |state| {
                    matches!(state, ProcessState::Up | ProcessState::Frozen)
                })?;
                Ok(vec![node.clone()])
            }
            TopicPlace::Cluster(cluster) => {
                let is_master = |slot: &Slot| match (&slot.spec, &slot.node) {
                    (NodeSpec::Broker(_), Some(Node::Broker(broker))) if broker.is_elected() => {
                        let config = broker.config();
                        config.broker_role != BrokerRole::Slave && config.broker_cluster_name == *cluster
                    }
                    (NodeSpec::Broker(spec), _) => {
                        let config = broker::config_of(self.profile(), spec);
                        config.broker_role != BrokerRole::Slave && config.broker_cluster_name == *cluster
                    }
                    _ => false,
                };
                let runs = |slot: &Slot| matches!(slot.state, ProcessState::Up | ProcessState::Frozen);
                let targets: Vec<_> = self
                    .nodes()
                    .filter(|(_, slot)| is_master(slot) && runs(slot))
                    .map(|(id, _)| id.clone())
                    .collect();
                if targets.is_empty() {
                    return Err(CommandError::Invalid(format!(
                        "no master of cluster `{cluster}` is running"
                    )));
                }
                Ok(targets)
            }
        }
    }

    fn check_set(&self, node: &NodeId, settings: &Settings) -> Checked {
        let check = |set: &mut dyn FnMut(&str, &str) -> Result<(), String>| {
            settings.iter().try_for_each(|(key, value)| set(key, value)).map_err(CommandError::Invalid)
        };
        match &self.slot(node)?.spec {
            NodeSpec::Mqadmin(_)
            | NodeSpec::Registry(_)
            | NodeSpec::RegistryClient(_)
            | NodeSpec::Kafka(_) => Err(CommandError::WrongKind {
                node: node.clone(),
                wanted: "a name server, a controller, a broker, a producer or a consumer",
            }),
            NodeSpec::NameServer(spec) => {
                let mut config = name_server::config_of(self.profile(), &spec.settings);
                let mut controller = ControllerConfig::of(self.profile());
                check(&mut |key, value| config.set_beside_controller(&mut controller, key, value))
            }
            NodeSpec::Controller(_) => {
                let mut config = ControllerConfig::of(self.profile());
                check(&mut |key, value| config.set(key, value))
            }
            NodeSpec::Broker(spec) => {
                let mut spec = spec.clone();
                for (_, value) in settings.iter().filter(|(key, _)| &**key == BROKER_ID) {
                    self.check_state(
                        node,
                        "stopped, killed or without power (`brokerId` is read at the start)",
                        |state| !state.is_running(),
                    )?;
                    spec.broker_id = broker_id(value).map_err(CommandError::Invalid)?;
                }
                let mut config = broker::config_of(self.profile(), &spec);
                let before = config.clone();
                check(&mut |key, value| if key == BROKER_ID { Ok(()) } else { config.set(key, value) })?;
                if !before.has_same_dledger(&config) {
                    let why =
                        "the settings of DLedger hold for the disk of a broker; add another broker with them";
                    return Err(CommandError::Invalid(why.to_owned()));
                }
                if config.enable_dleger_commit_log || spec.is_in_controller_mode() {
                    return Ok(());
                }
                if spec.broker_id.is_master() && config.broker_role == BrokerRole::Slave {
                    let why = "brokerRole: a broker with id 0 is a master and cannot become a SLAVE";
                    return Err(CommandError::Invalid(why.to_owned()));
                }
                Ok(())
            }
            NodeSpec::Producer(_) => {
                let mut config = ClientConfig::of(self.profile());
                check(&mut |key, value| config.set(key, value))
            }
            NodeSpec::Consumer(spec) => {
                let mut spec = spec.clone();
                check(&mut |key, value| spec.set(key, value))
            }
        }
    }

    /// Carries a command out.
    ///
    /// # Errors
    /// As [`check`](Self::check); nothing is changed then.
    pub fn apply(&mut self, command: &Command) -> Checked {
        self.check(command)?;
        let cause = Some(self.note(None, None, Fact::Ordered(command.clone().into())));
        match command.clone() {
            Command::Add(node, NodeSpec::RegistryClient(spec)) => {
                self.add_registry_clients(&node, &spec, cause)?
            }
            Command::Add(node, spec) => self.add(node, spec, cause)?,
            Command::Member(order) => self.change_member(&order, cause),
            Command::CreateTopic { topic, config, place } => {
                for node in self.topic_targets(&place)? {
                    self.order(&node, NodeOrder::CreateTopic(topic.clone(), config.clone()), cause);
                }
            }
            Command::Send(node, job) => self.order(&node, NodeOrder::Send(*job), cause),
            Command::Produce(node, job) => self.order(&node, NodeOrder::Produce(*job), cause),
            Command::Quiet(node) => self.order(&node, NodeOrder::Quiet, cause),
            Command::Pin { node, topic, start } => self.order(&node, NodeOrder::Pin(topic, start), cause),
            Command::Mqadmin(line) => {
                let node = self.next_tool();
                self.add(node, NodeSpec::Mqadmin(line), cause)?;
            }
            Command::Kafka(command) => self.apply_kafka(command, cause),
            Command::KafkaAdmin(admin) => {
                let node = self.next_kafka_admin();
                self.add(node, NodeSpec::Kafka(Box::new(KafkaSpec::Admin(admin))), cause)?;
            }
            Command::Set(node, settings) => self.set(&node, settings, cause),
            Command::Kill(node) => self.end_process(&node, ProcessState::Killed, cause, Fact::Killed),
            Command::PowerOff(node) => {
                let fact = Fact::PoweredOff { lost: 0 };
                self.end_process(&node, ProcessState::PoweredOff, cause, fact);
            }
            Command::Stop(node) => self.begin_stop(&node, cause),
            Command::Freeze(node) => {
                self.set_state(&node, ProcessState::Frozen);
                self.note(Some(&node), cause, Fact::Frozen);
            }
            Command::Thaw(node) => self.thaw(&node, cause),
            Command::Restart(node) => self.start_process(&node, cause),
            Command::Remove(node) => self.remove(&node, cause),
            Command::RollBack { node, to } => self.roll_back(&node, to, cause),
            Command::Part { barrier, from, to, one_way } => {
                self.network.part(barrier, &from, &to);
                if !one_way {
                    self.network.part(barrier, &to, &from);
                }
            }
            Command::Join { barrier, from, to } => {
                for (from, to) in [(&from, &to), (&to, &from)] {
                    for (at, transit) in self.network.join(self.now, barrier, from, to) {
                        self.agenda.push(at, Due::Arrival(transit));
                    }
                }
            }
            Command::Link { from, to, latency, loss } => {
                self.network.change(&from, &to, latency, loss);
                self.network.change(&to, &from, latency, loss);
            }
        }
        Ok(())
    }

    pub(super) fn add(&mut self, node: NodeId, spec: NodeSpec, cause: Option<EventId>) -> Checked {
        let (kind, port) = match &spec {
            NodeSpec::NameServer(spec) => (0, spec.port),
            NodeSpec::Broker(spec) => (1, spec.port),
            NodeSpec::Producer(_) | NodeSpec::Consumer(_) => (2, None),
            NodeSpec::Mqadmin(_) => (3, None),
            NodeSpec::Registry(spec) => (4, spec.port),
            NodeSpec::RegistryClient(_) => (2, None),
            NodeSpec::Kafka(spec) => match &**spec {
                KafkaSpec::Broker(port) => (5, *port),
                KafkaSpec::Producer { .. } | KafkaSpec::Consumer(_) => (2, None),
                KafkaSpec::Admin(_) => (3, None),
            },
            NodeSpec::Controller(spec) => {
                let in_group = controller::address_in_group(self.profile(), &spec.settings);
                (6, spec.port.or(in_group.map(|address| address.port)))
            }
        };
        let name_servers = match &spec {
            NodeSpec::NameServer(_) | NodeSpec::Controller(_) | NodeSpec::Registry(_) => Vec::new(),
            NodeSpec::RegistryClient(spec) => {
                self.registries_of(spec.registries.as_ref())?.into_iter().flatten().collect()
            }
            NodeSpec::Broker(_) | NodeSpec::Mqadmin(_) => self.all_name_servers(),
            NodeSpec::Kafka(spec) => match &**spec {
                KafkaSpec::Broker(_) => Vec::new(),
                spec => vec![self.kafka_bootstrap(spec.broker())?],
            },
            NodeSpec::Producer(client) => self.name_servers_of(client.name_servers.as_deref())?,
            NodeSpec::Consumer(spec) => self.name_servers_of(spec.client.name_servers.as_deref())?,
        };
        let address = Address::local(port.unwrap_or_else(|| self.next_port(kind)));
        if kind < 2 || kind == 4 || kind == 5 {
            self.listeners.insert(address, node.clone());
        }
        let controllers = if kind == 1 { self.all_controllers() } else { Vec::new() };
        if let Some(controller) = controller_address(self.profile(), &spec, address) {
            self.listeners.insert(controller, node.clone());
        }
        if kind == 1 {
            self.listeners.insert(ha_address(address), node.clone());
        }
        if let NodeSpec::Broker(spec) = &spec
            && let Some(address) = self.dledger_address(spec)
        {
            self.listeners.insert(address, node.clone());
        }
        let slot = Slot {
            spec,
            address,
            name_servers,
            controllers,
            state: ProcessState::Stopped,
            since: self.now,
            node: None,
            disk: Disk::Empty,
            timers: Alarms::default(),
            incarnation: 0,
            waiting: VecDeque::new(),
            restarts: false,
        };
        self.slots.insert(node.clone(), slot);
        self.start_process(&node, cause);
        Ok(())
    }

    /// The name of the next run of `mqadmin`.
    fn next_tool(&self) -> NodeId {
        let name = |number: u16| NodeId::from(format!("mqadmin-{number}"));
        let mut number = self.added[3] + 1;
        while self.slots.contains_key(&name(number)) {
            number += 1;
        }
        name(number)
    }

    /// The next default port that nobody listens at.
    fn next_port(&mut self, kind: usize) -> u16 {
        let (first, distance) = PORTS[kind];
        loop {
            let port = first.wrapping_add(distance.wrapping_mul(self.added[kind]));
            self.added[kind] = self.added[kind].wrapping_add(1);
            if !self.listeners.contains_key(&Address::local(port)) {
                return port;
            }
        }
    }

    fn start_process(&mut self, id: &NodeId, cause: Option<EventId>) {
        let (profile, epoch, seed) = (self.setup.profile, self.setup.epoch, self.setup.seed);
        let Some(slot) = self.slots.get_mut(id) else {
            return;
        };
        slot.incarnation += 1;
        let disk = std::mem::replace(&mut slot.disk, Disk::Empty);
        let client_start = |instance: Option<&String>| ClientStart {
            profile,
            epoch,
            address: slot.address,
            client_id: ClientId::from(format!(
                "{}@{}",
                slot.address.ip,
                instance.map_or(id.as_str(), String::as_str)
            )),
            name_servers: slot.name_servers.clone(),
            rng: Rng::fork(seed, &format!("node {id} {}", slot.incarnation)),
        };
        let node = match &slot.spec {
            NodeSpec::NameServer(spec) => {
                let disk = if let Disk::NameServer(disk) = disk { *disk } else { NameServerDisk::default() };
                let server = NameServer::new(profile, slot.address, &spec.settings, disk.kv_config);
                let server = match controller_address(profile, &slot.spec, slot.address) {
                    Some(address) => {
                        let config = controller::config_of(profile, &spec.settings, address);
                        let rng = Rng::fork(seed, &format!("controller {id} {}", slot.incarnation));
                        let disk = disk.controller.map(|disk| *disk);
                        server.with_controller(Controller::new(config, address, rng, disk))
                    }
                    None => server,
                };
                Node::NameServer(Box::new(server))
            }
            NodeSpec::Controller(spec) => {
                let config = controller::config_of(profile, &spec.settings, slot.address);
                let rng = Rng::fork(seed, &format!("controller {id} {}", slot.incarnation));
                let disk = if let Disk::Controller(disk) = disk { Some(*disk) } else { None };
                Node::Controller(Box::new(Controller::new(config, slot.address, rng, disk)))
            }
            NodeSpec::Broker(spec) => {
                let start = BrokerStart {
                    node: id.clone(),
                    profile,
                    epoch,
                    rng: Rng::fork(seed, &format!("node {id} {}", slot.incarnation)),
                    address: slot.address,
                    ha_address: ha_address(slot.address),
                    name_servers: slot.name_servers.clone(),
                    controllers: slot.controllers.clone(),
                };
                let disk = if let Disk::Broker(disk) = disk { Some(*disk) } else { None };
                Node::Broker(Box::new(Broker::new(start, spec, disk)))
            }
            NodeSpec::Producer(spec) => {
                let mut producer = Producer::new(client_start(spec.instance.as_ref()), spec);
                for row in self.databases.get(&spec.group).into_iter().flat_map(|rows| rows.values()) {
                    producer.learn_transaction(row.clone());
                }
                Node::Producer(Box::new(producer))
            }
            NodeSpec::Consumer(spec) => {
                let disk = if let Disk::Consumer(disk) = disk { disk } else { ConsumerDisk::default() };
                Node::Consumer(Box::new(Consumer::new(
                    client_start(spec.client.instance.as_ref()),
                    spec,
                    disk,
                )))
            }
            NodeSpec::Registry(_) => {
                let disk = if let Disk::Registry(disk) = disk { disk } else { RegistryDisk::default() };
                let rng = Rng::fork(seed, &format!("node {id} {}", slot.incarnation));
                Node::Registry(Box::new(Registry::new(disk, rng)))
            }
            NodeSpec::RegistryClient(spec) => {
                let start = RegistryClientStart {
                    profile,
                    hosts: registries::by_host(spec, &slot.name_servers),
                    rng: Rng::fork(seed, &format!("node {id} {}", slot.incarnation)),
                };
                Node::RegistryClient(Box::new(RegistryClient::new(start, spec)))
            }
            NodeSpec::Mqadmin(line) => {
                let start = MqadminStart {
                    profile,
                    epoch,
                    address: slot.address,
                    name_servers: slot.name_servers.clone(),
                    rng: Rng::fork(seed, &format!("node {id}")),
                };
                Node::Mqadmin(Box::new(Mqadmin::new(start, line.clone())))
            }
            NodeSpec::Kafka(spec) => {
                let start = KafkaStart {
                    node: id.clone(),
                    address: slot.address,
                    bootstrap: slot.name_servers.first().copied(),
                    rng: Rng::fork(seed, &format!("node {id} {}", slot.incarnation)),
                };
                let disk = if let Disk::Kafka(disk) = disk { Some(*disk) } else { None };
                Node::Kafka(Box::new(KafkaNode::new(start, spec, disk)))
            }
        };
        let is_tool = is_tool(&slot.spec);
        slot.node = Some(node);
        self.set_state(id, ProcessState::Up);
        let cause = if is_tool { cause } else { Some(self.note(Some(id), cause, Fact::Started)) };
        self.tell(id, Input::Started, cause);
    }

    fn set_state(&mut self, id: &NodeId, state: ProcessState) {
        let now = self.now;
        if let Some(slot) = self.slots.get_mut(id) {
            slot.state = state;
            slot.since = now;
        }
    }

    fn begin_stop(&mut self, id: &NodeId, cause: Option<EventId>) {
        self.set_state(id, ProcessState::Stopping);
        self.order(id, NodeOrder::Shutdown, cause);
    }

    /// The process is gone. Its kernel closes its connections, unless the host is dark.
    pub(super) fn end_process(
        &mut self,
        id: &NodeId,
        state: ProcessState,
        cause: Option<EventId>,
        mut fact: Fact,
    ) {
        let Some(place) = self.slots.place(id) else { return };
        let Some(slot) = self.slots.at_mut(place) else { return };
        let Some(node) = slot.node.take() else { return };
        slot.disk = node.into_disk();
        slot.timers.clear();
        slot.waiting.clear();
        let restarts = std::mem::take(&mut slot.restarts);
        let is_tool = is_tool(&slot.spec);
        if let (Disk::Broker(disk), Fact::PoweredOff { lost }) = (&mut slot.disk, &mut fact) {
            *lost = disk.lose_power();
        }
        self.set_state(id, state);
        // What a run of the tool leaves is its output; that it began and ended goes without saying.
        let cause = if is_tool { cause } else { Some(self.note(Some(id), cause, fact)) };
        let ends: Vec<_> = self
            .network
            .connections()
            .filter_map(|(connection, c)| c.side_of(place).map(|side| (connection, side, c.end(side).state)))
            .filter(|(_, _, state)| *state != EndState::Closed)
            .collect();
        for (connection, side, _) in ends {
            if state != ProcessState::PoweredOff {
                self.say_fin(connection, side, cause);
            }
            self.network.close_end(connection, side);
        }
        if is_tool {
            self.slots.remove(id);
        } else if restarts && state == ProcessState::Stopped {
            self.start_process(id, cause);
        }
    }

    fn thaw(&mut self, id: &NodeId, cause: Option<EventId>) {
        let Some(slot) = self.slots.get_mut(id) else {
            return;
        };
        let waiting = std::mem::take(&mut slot.waiting);
        self.set_state(id, ProcessState::Up);
        self.note(Some(id), cause, Fact::Thawed { waiting: waiting.len() });
        for due in waiting {
            let alarm = if let Due::Alarm(_, timer) = &due { Some(*timer) } else { None };
            let seq = self.agenda.push(self.now, due);
            // The clock has rung already; it may ring only by this new entry.
            if let (Some(timer), Some(slot)) = (alarm, self.slots.get_mut(id))
                && let Some(alarm) = slot.timers.get_mut(timer)
            {
                alarm.seq = seq;
            }
        }
    }

    fn remove(&mut self, id: &NodeId, cause: Option<EventId>) {
        self.slots.remove(id);
        self.listeners.retain(|_, listener| listener != id);
        if let Some(place) = self.slots.place(id) {
            self.network.forget(id, place);
        }
        self.note(Some(id), cause, Fact::Removed);
    }

    fn roll_back(&mut self, id: &NodeId, to: Instant, cause: Option<EventId>) {
        let Some(slot) = self.slots.get_mut(id) else {
            return;
        };
        let records = match &mut slot.disk {
            Disk::Broker(disk) => disk.roll_back(to),
            Disk::Kafka(disk) => disk.roll_back(to),
            Disk::Empty
            | Disk::NameServer(_)
            | Disk::Controller(_)
            | Disk::Consumer(_)
            | Disk::Registry(_) => 0,
        };
        self.note(Some(id), cause, Fact::RolledBack { records });
    }

    fn set(&mut self, id: &NodeId, settings: Settings, cause: Option<EventId>) {
        let Some(slot) = self.slots.get_mut(id) else {
            return;
        };
        let state = slot.state;
        let mut restarts = false;
        match &mut slot.spec {
            NodeSpec::Mqadmin(_)
            | NodeSpec::Registry(_)
            | NodeSpec::RegistryClient(_)
            | NodeSpec::Kafka(_) => {}
            NodeSpec::NameServer(spec) => put_all(&mut spec.settings, &settings),
            NodeSpec::Broker(spec) => {
                for (key, value) in &settings {
                    match broker_id(value) {
                        Ok(id) if &**key == BROKER_ID => spec.broker_id = id,
                        _ => put_setting(&mut spec.settings, key, value),
                    }
                }
            }
            NodeSpec::Controller(spec) => put_all(&mut spec.settings, &settings),
            NodeSpec::Producer(spec) => put_all(&mut spec.settings, &settings),
            NodeSpec::Consumer(spec) => {
                for (key, value) in &settings {
                    spec.set(key, value).expect("the settings were checked");
                }
                restarts = settings.iter().any(|(key, _)| ConsumerSpec::needs_restart(key));
            }
        }
        match state {
            ProcessState::Up if restarts => {
                slot.restarts = true;
                self.begin_stop(id, cause);
            }
            ProcessState::Up | ProcessState::Frozen => self.order(id, NodeOrder::Set(settings), cause),
            _ => {}
        }
    }
}

/// The one line of a broker's file that no running process reads again: who it is among the replicas of its name.
/// Writing 0 there is how an operator makes a slave the master (behaviour §4.4).
const BROKER_ID: &str = "brokerId";

fn broker_id(text: &str) -> Result<BrokerId, String> {
    text.parse().map(BrokerId).map_err(|_| format!("{BROKER_ID}: `{text}` is not a whole number, 0 or more"))
}

/// Whether a process is one run of a tool, which is seen by what it prints.
pub(crate) fn is_tool(spec: &NodeSpec) -> bool {
    match spec {
        NodeSpec::Mqadmin(_) => true,
        NodeSpec::Kafka(spec) => matches!(**spec, KafkaSpec::Admin(_)),
        _ => false,
    }
}

fn put_all(settings: &mut Settings, new: &Settings) {
    for (key, value) in new {
        put_setting(settings, key, value);
    }
}

/// Whether a controller runs in this name server.
fn has_controller(profile: Profile, spec: &NameServerSpec) -> bool {
    name_server::config_of(profile, &spec.settings).enable_controller_in_namesrv
}

/// Where the controller of a node listens, when it is one or has one.
fn controller_address(profile: Profile, spec: &NodeSpec, address: Address) -> Option<Address> {
    match spec {
        NodeSpec::Controller(_) => Some(address),
        NodeSpec::NameServer(spec) if has_controller(profile, spec) => {
            let beside = Address { port: address.port.wrapping_add(2), ..address };
            Some(controller::address_in_group(profile, &spec.settings).unwrap_or(beside))
        }
        _ => None,
    }
}

/// Where slaves reach the broker at this address.
const fn ha_address(address: Address) -> Address {
    Address { ip: address.ip, port: address.port.wrapping_add(1) }
}
