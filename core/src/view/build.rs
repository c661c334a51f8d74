//! Builds the view out of the world.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::held_back::{Kept, locks};
use super::{
    BarrierView, BrokerView, ClientView, ConsumerView, ControllerModeView, ControllerView, DiskView,
    FaultView, Flight, HeldPullView, JobView, LogView, MessageView, NameServerView, NodeStatus, NodeView,
    OffsetView, ProcessQueueView, ProducerView, QueueView, RegisteredBroker, RegisteredTopic, RemovedBroker,
    RouteView, SlaveView, TopicView, TransactionView, View, registry,
};
use crate::broker::{
    self, Broker, BrokerDisk, DelayOffsets, OffsetTable, TimerCheckpoint, disk_used_percent, is_system_topic,
};
use crate::client_instance::{CachedRoute, config_of};
use crate::command::{BrokerSpec, ClientSpec, Command, ConsumerSpec, NodeSpec};
use crate::config::{BrokerConfig, BrokerRole};
use crate::consumer::Consumer;
use crate::gather::{Arrange as _, Gather as _};
use crate::id::{Address, BrokerId, BrokerName, ClientId, NodeId, QueueId, TopicName};
use crate::message::StoredMessage;
use crate::name_server::{self, NameServer};
use crate::network::{EndState, Packet, Side, Transit};
use crate::node::{Disk, Node};
use crate::producer::Producer;
use crate::rpc::{AutoSwitchFrame, Frame, GroupTable, ModeTable, Request, TopicTable};
use crate::store::MessageStore;
use crate::time::Instant;
use crate::world::{ProcessState, Slot, World};

impl View {
    /// The cluster as it is, with so many of the newest messages of each queue.
    pub fn of(world: &World, messages_per_queue: usize) -> Self {
        let mut view = Self {
            at: world.now(),
            profile: world.profile(),
            name_servers: Vec::new(),
            controllers: Vec::new(),
            brokers: Vec::new(),
            producers: Vec::new(),
            consumers: Vec::new(),
            registries: Vec::new(),
            registry_clients: Vec::new(),
            kafka: super::kafka::KafkaView::default(),
            barriers: barriers(world),
            flights: flights(world),
        };
        for (id, slot) in world.nodes() {
            match &slot.spec {
                NodeSpec::NameServer(_) => {
                    view.name_servers.push(name_server(world, id, slot));
                    view.controllers.extend(controller(world, id, slot));
                }
                NodeSpec::Controller(_) => view.controllers.extend(controller(world, id, slot)),
                NodeSpec::Broker(spec) => {
                    view.brokers.push(broker(world, id, slot, spec, messages_per_queue))
                }
                NodeSpec::Producer(spec) => view.producers.push(producer(world, id, slot, spec)),
                NodeSpec::Consumer(spec) => view.consumers.push(consumer(world, id, slot, spec)),
                NodeSpec::Registry(spec) => view.registries.push(registry::registry(world, id, slot, spec)),
                NodeSpec::RegistryClient(spec) => {
                    view.registry_clients.push(registry::client(world, id, slot, spec));
                }
                // A run of the tool is seen by what it prints.
                NodeSpec::Mqadmin(_) => {}
                NodeSpec::Kafka(spec) => view.kafka.add(world, id, slot, spec, messages_per_queue),
            }
        }
        view.brokers.arrange_by(|a, b| (&a.broker_name, a.broker_id).cmp(&(&b.broker_name, b.broker_id)));
        view.producers.arrange_by(|a, b| (&a.group, &a.node.id).cmp(&(&b.group, &b.node.id)));
        view.consumers.arrange_by(|a, b| (&a.group, &a.node.id).cmp(&(&b.group, &b.node.id)));
        view
    }
}

/// The stored copies of a message, by the producer's id: broker and record.
pub(crate) fn stored(world: &World, unique_key: &str) -> Vec<(NodeId, Arc<StoredMessage>)> {
    let has_key =
        |message: &&Arc<StoredMessage>| message.message.unique_key().is_some_and(|key| &**key == unique_key);
    let stores = world.nodes().filter_map(|(id, slot)| Some((id, slot.store()?)));
    stores
        .flat_map(|(id, store)| store.log().messages().filter(has_key).map(|m| (id.clone(), m.clone())))
        .collect()
}

pub(super) fn node_view(world: &World, id: &NodeId, slot: &Slot, is_ready: bool) -> NodeView {
    let status = match slot.state {
        ProcessState::Up if !is_ready => NodeStatus::Starting,
        ProcessState::Up => NodeStatus::Up,
        ProcessState::Frozen => NodeStatus::Frozen,
        ProcessState::Stopping => NodeStatus::Stopping,
        ProcessState::Stopped => NodeStatus::Stopped,
        ProcessState::Killed => NodeStatus::Killed,
        ProcessState::PoweredOff => NodeStatus::PoweredOff,
    };
    let mut connections: Vec<_> = world
        .network()
        .connections()
        .filter_map(|(_, connection)| {
            let side = connection.side_of(world.slots().place(id)?)?;
            let is_open = connection.end(side).state == EndState::Open;
            is_open.then(|| connection.end(side.other()).peer.node.clone())
        })
        // Of a node that was taken away nothing is shown, though its end may not be known to be closed yet.
        .filter(|peer| world.slots().contains_key(peer))
        .collect();
    connections.arrange();
    connections.dedup();
    NodeView {
        id: id.clone(),
        status,
        since: slot.since,
        address: slot.address,
        timers: slot.timers.iter().map(|(timer, alarm)| (timer, alarm.at)).collect(),
        connections,
        command: Command::Add(id.clone(), slot.spec.clone()).to_string(),
    }
}

/// Whether a process runs at an address and is not halted.
fn is_alive(world: &World, address: Address) -> bool {
    let slot = world.listener(address).and_then(|id| world.slots().get(id));
    slot.is_some_and(|slot| matches!(slot.state, ProcessState::Up | ProcessState::Stopping))
}

fn name_server(world: &World, id: &NodeId, slot: &Slot) -> NameServerView {
    let node = node_view(world, id, slot, true);
    let Some(Node::NameServer(server)) = &slot.node else {
        let settings = match &slot.spec {
            NodeSpec::NameServer(spec) => name_server::config_of(world.profile(), &spec.settings).entries(),
            _ => Vec::new(),
        };
        return NameServerView {
            node,
            brokers: Vec::new(),
            topics: Vec::new(),
            removed: Vec::new(),
            settings,
        };
    };
    NameServerView {
        node,
        settings: server.config().entries(),
        brokers: registered_brokers(world, server),
        topics: server
            .topics()
            .iter()
            .map(|(topic, queues)| RegisteredTopic {
                topic: topic.clone(),
                queues: queues.iter().map(|(name, config)| (name.clone(), config.clone())).collect(),
            })
            .collect(),
        removed: server
            .removals()
            .iter()
            .rev()
            .map(|removal| RemovedBroker {
                broker_name: removal.broker.0.clone(),
                broker_id: removal.broker.1,
                at: removal.at,
                reason: removal.reason,
            })
            .collect(),
    }
}

/// The controller of a node, when it is one or has one.
fn controller(world: &World, id: &NodeId, slot: &Slot) -> Option<ControllerView> {
    let node = node_view(world, id, slot, true);
    match (&slot.node, &slot.spec) {
        (Some(Node::Controller(controller)), _) => Some(ControllerView::of(node, false, controller)),
        (Some(Node::NameServer(server)), _) => {
            server.controller().map(|controller| ControllerView::of(node, true, controller))
        }
        (_, NodeSpec::Controller(_)) => Some(ControllerView::down(node, slot.address)),
        _ => None,
    }
}

fn registered_brokers(world: &World, server: &NameServer) -> Vec<RegisteredBroker> {
    let mut brokers: Vec<_> = server
        .live()
        .iter()
        .map(|(info, live)| {
            let (broker_name, broker_id) = live.broker.clone();
            RegisteredBroker {
                cluster: info.cluster.clone(),
                broker_name,
                broker_id,
                address: info.address,
                last_update: live.last_update,
                expires: live.last_update + live.heartbeat_timeout,
                alive: is_alive(world, info.address),
            }
        })
        .collect();
    brokers.arrange_by(|a, b| (&a.broker_name, a.broker_id).cmp(&(&b.broker_name, b.broker_id)));
    brokers
}

/// What a broker has, whether it runs or not.
struct Held<'a> {
    store: &'a MessageStore,
    topics: &'a TopicTable,
    groups: &'a GroupTable,
    offsets: &'a OffsetTable,
    delay_offsets: &'a DelayOffsets,
    timer_checkpoint: TimerCheckpoint,
    modes: &'a ModeTable,
}

impl<'a> Held<'a> {
    fn in_memory(broker: &'a Broker) -> Self {
        Self {
            store: broker.store(),
            topics: broker.topics(),
            groups: broker.groups(),
            offsets: broker.offsets(),
            delay_offsets: broker.delay_offsets(),
            timer_checkpoint: broker.timer_checkpoint(),
            modes: broker.message_request_modes(),
        }
    }

    const fn on_disk(disk: &'a BrokerDisk) -> Self {
        Self {
            store: &disk.store,
            topics: &disk.topics,
            groups: &disk.groups,
            offsets: &disk.offsets,
            delay_offsets: &disk.delay_offsets,
            timer_checkpoint: disk.timer_checkpoint,
            modes: &disk.modes,
        }
    }
}

fn broker(world: &World, id: &NodeId, slot: &Slot, spec: &BrokerSpec, messages: usize) -> BrokerView {
    let running = if let Some(Node::Broker(broker)) = &slot.node { Some(&**broker) } else { None };
    let config = running.map_or_else(|| broker::config_of(world.profile(), spec), |b| b.config().clone());
    let fresh_disk;
    let held = match (running, &slot.disk) {
        (Some(broker), _) => Held::in_memory(broker),
        (None, Disk::Broker(disk)) => Held::on_disk(disk),
        (None, _) => {
            fresh_disk = BrokerDisk::new(world.profile(), world.epoch(), &config, &spec.broker_name);
            Held::on_disk(&fresh_disk)
        }
    };
    let is_registered = running.is_none_or(|b| {
        let registered = b.registered();
        registered.is_empty() || registered.iter().any(|(_, at)| at.is_some())
    });
    let log = held.store.log();
    let kept = Kept {
        store: held.store,
        offsets: held.offsets,
        delay_offsets: held.delay_offsets,
        timer_checkpoint: held.timer_checkpoint,
        epoch: world.epoch(),
    };
    let controller_mode = match (running, &slot.disk) {
        (Some(broker), _) => ControllerModeView::of(broker),
        (None, Disk::Broker(disk)) if config.enable_controller_mode => {
            Some(ControllerModeView::on_disk(&disk.controller_mode))
        }
        _ => None,
    };
    let ended = running.map(|broker| broker.ended_half_messages().gather()).unwrap_or_default();
    BrokerView {
        node: node_view(world, id, slot, is_registered),
        cluster: config.broker_cluster_name.clone(),
        broker_name: spec.broker_name.clone(),
        broker_id: match (running, &controller_mode) {
            (Some(broker), _) => broker.broker_id(),
            (None, Some(mode)) => mode.broker_controller_id.unwrap_or(BrokerId::NONE),
            (None, None) => broker::first_broker_id(&config, spec),
        },
        role: match running {
            Some(broker) if broker.is_elected() => config.broker_role,
            _ if spec.broker_id.is_master() => config.broker_role,
            _ => BrokerRole::Slave,
        },
        flush: config.flush_disk_type,
        permission: config.broker_permission,
        topics: topics(&held, &config, &spec.broker_name, messages),
        log: LogView {
            min: log.min(),
            max: log.max(),
            flushed: log.flushed(),
            dispatched: held.store.dispatched(),
            records: log.len() as u64,
        },
        offsets: offsets(&held),
        clients: running.map(clients).unwrap_or_default(),
        groups: held.groups.iter().map(|(group, config)| (group.clone(), config.clone())).collect(),
        locks: running.map(|broker| locks(world.now(), broker)).unwrap_or_default(),
        delay_levels: kept.delay_levels(&config),
        timer_messages: kept.timer_messages(),
        half_messages: kept.half_messages(&config, &ended),
        disk: disk(held.store, &config, running),
        held_pulls: running.map(held_pulls).unwrap_or_default(),
        pop: super::pop::of_broker(held.modes, running),
        slaves: running.map(slaves).unwrap_or_default(),
        master: running.and_then(Broker::master),
        registered: running.map(Broker::registered).unwrap_or_default(),
        settings: config.entries(),
        dledger: super::dledger::member(
            &config,
            running,
            match &slot.disk {
                Disk::Broker(disk) => Some(disk),
                _ => None,
            },
        ),
        acting: running.and_then(Broker::acting_state),
        controller_mode,
    }
}

fn disk(store: &MessageStore, config: &BrokerConfig, running: Option<&Broker>) -> DiskView {
    DiskView {
        used: store.used_bytes(),
        capacity: config.disk_capacity,
        used_percent: disk_used_percent(store, config),
        is_full: running.is_some_and(Broker::is_disk_full),
    }
}

fn topics(held: &Held<'_>, config: &BrokerConfig, name: &BrokerName, messages: usize) -> Vec<TopicView> {
    held.topics
        .iter()
        .map(|(topic, topic_config)| {
            let system = topic.is_of_group() || is_system_topic(topic, config, name);
            let count = topic_config.read_queue_nums.max(topic_config.write_queue_nums);
            // A system topic has up to 1024 queues that were never used; only those with messages are of interest.
            let used = |id: &u32| !system || held.store.queue(topic, QueueId(*id)).is_some();
            let queues = (0..count).filter(used).map(|id| queue(held.store, topic, QueueId(id), messages));
            TopicView { topic: topic.clone(), system, config: topic_config.clone(), queues: queues.collect() }
        })
        .collect()
}

fn queue(store: &MessageStore, topic: &TopicName, queue_id: QueueId, messages: usize) -> QueueView {
    let (min, max) = (store.min_offset(topic, queue_id), store.max_offset(topic, queue_id));
    let first = max.0.saturating_sub(messages as u64).max(min.0);
    let newest =
        (first..max.0).filter_map(|offset| store.message_at(topic, queue_id, crate::id::QueueOffset(offset)));
    QueueView { queue_id, min, max, messages: newest.map(|stored| message(&stored)).collect() }
}

fn message(stored: &StoredMessage) -> MessageView {
    MessageView {
        offset: stored.queue_offset,
        commit_log_offset: stored.commit_log_offset,
        tag: stored.message.tag().cloned(),
        key: stored.message.keys().cloned(),
        unique_key: stored.message.unique_key().cloned(),
        size: u32::try_from(stored.record_length()).unwrap_or(u32::MAX),
        stored_at: stored.stored_at,
    }
}

fn offsets(held: &Held<'_>) -> Vec<OffsetView> {
    held.offsets
        .iter()
        .map(|(group, topic, queue_id, offset)| OffsetView {
            group: group.clone(),
            topic: topic.clone(),
            queue_id,
            offset,
            lag: signed(held.store.max_offset(topic, queue_id).0) - signed(offset.0),
        })
        .collect()
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn clients(broker: &Broker) -> Vec<ClientView> {
    let consumers = broker
        .consumers()
        .iter()
        .flat_map(|(group, info)| info.members.values().map(move |member| (group, true, member)));
    let producers = broker
        .producers()
        .iter()
        .flat_map(|(group, members)| members.values().map(move |member| (group, false, member)));
    let mut clients: Vec<_> = consumers
        .chain(producers)
        .map(|(group, consumes, member)| ClientView {
            client_id: member.client_id.clone(),
            group: group.clone(),
            consumes,
            last_heartbeat: member.last_heartbeat,
        })
        .collect();
    clients.arrange_by(|a, b| (&a.group, &a.client_id).cmp(&(&b.group, &b.client_id)));
    clients
}

fn held_pulls(broker: &Broker) -> Vec<HeldPullView> {
    let pulls = broker.held_pulls().map(|held| HeldPullView {
        consumer: held.consumer().clone(),
        topic: held.topic().clone(),
        queue_id: held.queue_id(),
        offset: held.offset(),
        since: held.since,
        until: held.until,
    });
    pulls.collect()
}

fn slaves(broker: &Broker) -> Vec<SlaveView> {
    let end = broker.store().log().max();
    let slaves = broker.slaves().map(|slave| SlaveView {
        node: slave.node.clone(),
        acknowledged: slave.acknowledged,
        behind: end.0.saturating_sub(slave.acknowledged.0),
    });
    slaves.collect()
}

fn routes<'a>(
    world: &World,
    cached: impl Iterator<Item = (&'a TopicName, &'a CachedRoute)>,
) -> Vec<RouteView> {
    cached
        .map(|(topic, cached)| {
            let brokers = cached.route.broker_datas.iter();
            let stale = brokers
                .clone()
                .filter(|broker| !broker.broker_addrs.values().any(|address| is_alive(world, *address)));
            RouteView {
                topic: topic.clone(),
                checked_at: cached.checked_at,
                changed_at: cached.changed_at,
                stale: stale.map(|broker| broker.broker_name.clone()).collect(),
                brokers: brokers
                    .flat_map(|broker| {
                        let name = &broker.broker_name;
                        broker.broker_addrs.iter().map(move |(id, address)| (name.clone(), *id, *address))
                    })
                    .collect(),
                writable: cached.writable.to_vec(),
                readable: cached.readable.to_vec(),
            }
        })
        .collect()
}

fn client_id_of(id: &NodeId, slot: &Slot, spec: &ClientSpec) -> ClientId {
    let instance = spec.instance.as_deref().unwrap_or_else(|| id.as_str());
    format!("{}@{instance}", slot.address.ip).into()
}

fn producer(world: &World, id: &NodeId, slot: &Slot, spec: &ClientSpec) -> ProducerView {
    let running = if let Some(Node::Producer(producer)) = &slot.node { Some(&**producer) } else { None };
    let counts = running.map_or((0, 0), Producer::counts);
    let faults = running.map(|producer| producer.faults().items().gather::<BTreeMap<_, _>>());
    ProducerView {
        node: node_view(
            world,
            id,
            slot,
            running.is_none_or(|p| p.name_server().is_some() || p.routes().count() == 0),
        ),
        client_id: client_id_of(id, slot, spec),
        group: spec.group.clone(),
        name_server: running.and_then(Producer::name_server),
        routes: running.map(|producer| routes(world, producer.routes())).unwrap_or_default(),
        jobs: running.map(|producer| jobs(id, producer)).unwrap_or_default(),
        transactions: running.map(transactions).unwrap_or_default(),
        succeeded: counts.0,
        failed: counts.1,
        last_failure: running.and_then(|producer| producer.last_failure().cloned()),
        faults: faults
            .unwrap_or_default()
            .into_iter()
            .map(|(broker_name, item)| FaultView {
                broker_name: broker_name.clone(),
                latency: item.latency,
                until: item.until,
            })
            .collect(),
        settings: running
            .map_or_else(|| config_of(world.profile(), spec), |producer| producer.config().clone())
            .entries(),
    }
}

/// Most local transactions that are listed.
const TRANSACTIONS: usize = 50;

/// The ids of messages grow with time, so the last are the newest.
fn transactions(producer: &Producer) -> Vec<TransactionView> {
    let records = producer.transactions().rev().take(TRANSACTIONS).map(|record| TransactionView {
        unique_key: record.unique_key.clone(),
        state: record.transaction.state,
        asked: record.asked,
        next_answer: record.transaction.answer(record.asked.saturating_add(1)),
    });
    records.collect()
}

fn jobs(id: &NodeId, producer: &Producer) -> Vec<JobView> {
    let mut views = Vec::new();
    for thread in producer.threads() {
        let waiting = thread.current.as_ref().and_then(crate::producer::ActiveSend::waiting_for);
        for (place, job) in thread.jobs.iter().enumerate() {
            views.push(JobView {
                topic: job.spec.topic.clone(),
                every: job.spec.every,
                begun: u64::from(job.begun),
                count: job.spec.count,
                command: match job.spec.count {
                    Some(_) => Command::Send(id.clone(), Box::new((*job.spec).clone())),
                    None => Command::Produce(id.clone(), Box::new((*job.spec).clone())),
                }
                .to_string(),
                waiting_for: waiting.clone().filter(|_| place == 0),
            });
        }
    }
    views
}

fn consumer(world: &World, id: &NodeId, slot: &Slot, spec: &ConsumerSpec) -> ConsumerView {
    let running = if let Some(Node::Consumer(consumer)) = &slot.node { Some(&**consumer) } else { None };
    let disk = if let Disk::Consumer(disk) = &slot.disk { Some(disk) } else { None };
    let local = running.map(Consumer::disk).or(disk);
    ConsumerView {
        node: node_view(world, id, slot, running.is_none_or(|c| c.last_rebalance().is_some())),
        client_id: client_id_of(id, slot, &spec.client),
        group: spec.client.group.clone(),
        topics: spec.topics.clone(),
        tags: spec.selector.expression().clone(),
        model: spec.model,
        from: spec.from,
        strategy: spec.strategy.clone(),
        work: spec.work,
        fail: spec.fail,
        retry_level: spec.retry_level,
        orderly: spec.orderly,
        suspended: running.is_some_and(Consumer::is_suspended),
        resets: running.map(|consumer| consumer.resets().cloned().collect()).unwrap_or_default(),
        retries_in_hand: running.map_or(0, Consumer::retries_in_hand),
        name_server: running.and_then(Consumer::name_server),
        routes: running.map(|consumer| routes(world, consumer.routes())).unwrap_or_default(),
        queues: running.map(process_queues).unwrap_or_default(),
        pop_queues: running.map(super::pop::of_consumer).unwrap_or_default(),
        local_offsets: local
            .map(|disk| disk.offsets.iter().map(|(queue, offset)| (queue.clone(), *offset)).collect())
            .unwrap_or_default(),
        consumed: running.map_or(0, Consumer::consumed),
        last_rebalance: running.and_then(Consumer::last_rebalance),
        settings: running
            .map_or_else(|| config_of(world.profile(), &spec.client), |c| c.config().clone())
            .entries(),
    }
}

fn process_queues(consumer: &Consumer) -> Vec<ProcessQueueView> {
    let queues = consumer.queues().iter().map(|(queue, assigned)| ProcessQueueView {
        queue: queue.clone(),
        pull_offset: assigned.next_offset(),
        commit_offset: consumer.commit_offset(queue),
        cached: u32::try_from(assigned.process_queue().len()).unwrap_or(u32::MAX),
        in_work: consumer.in_work(queue),
        last_pull: Some(assigned.last_pull()),
        last_consume: assigned.process_queue().last_consume(),
        locked: (consumer.spec().orderly && assigned.is_locked()).then(|| assigned.last_lock()),
        dropped: assigned.is_dropped(),
        broker: consumer.pull_address(queue),
        trouble: if assigned.is_being_corrected() {
            Some("OFFSET_ILLEGAL".into())
        } else {
            assigned.trouble().cloned()
        },
    });
    queues.collect()
}

fn barriers(world: &World) -> Vec<BarrierView> {
    let barriers = world.network().barriers().map(|(from, to, barrier, waiting)| BarrierView {
        from: from.clone(),
        to: to.clone(),
        barrier: barrier.to_string(),
        waiting: waiting.len(),
    });
    barriers.collect()
}

/// Frames on the wire, by departure; handshakes and farewells are left out.
fn flights(world: &World) -> Vec<Flight> {
    let held = world.network().barriers().flat_map(|(_, _, _, waiting)| waiting);
    let held = held.map(|transit| (Instant::NEVER, transit));
    let mut flights: Vec<_> =
        world.in_transit().chain(held).filter_map(|(at, transit)| flight(world, at, transit)).collect();
    flights.sort_by(|a, b| {
        (a.sent, a.arrives, &a.from, &a.to, a.request).cmp(&(b.sent, b.arrives, &b.from, &b.to, b.request))
    });
    flights
}

fn flight(world: &World, arrives: Instant, transit: &Transit) -> Option<Flight> {
    let connection = world.network().connection(transit.connection)?;
    let node = |side: Side| connection.end(side).peer.node.clone();
    let is_tool = |side| match world.slots().get(&node(side)) {
        Some(slot) => crate::world::is_tool(&slot.spec),
        None => true,
    };
    if is_tool(Side::Opener) {
        return None;
    }
    let Packet::Frame(frame) = &transit.packet else {
        return None;
    };
    let (request, response, data, tag, messages) = match frame {
        Frame::Request { request, .. } => {
            let tag = match &**request {
                Request::SendMessage { message, .. } => message.tag().cloned(),
                _ => None,
            };
            let sends = matches!(**request, Request::SendMessage { .. });
            (request.code().name(), false, sends, tag, u32::from(sends))
        }
        Frame::Response { response, .. } => {
            let messages = response.body.messages();
            let tag = messages.first().and_then(|message| message.message.tag()).cloned();
            let count = u32::try_from(messages.len()).unwrap_or(u32::MAX);
            (response.request.name(), true, count > 0, tag, count)
        }
        Frame::Registry(frame) => (frame.name(), frame.is_response(), false, None, 0),
        Frame::Kafka(frame) => {
            let count = u32::try_from(frame.records()).unwrap_or(u32::MAX);
            (frame.api, frame.is_response(), count > 0, None, count)
        }
        Frame::HaReport(_) => ("HA", true, false, None, 0),
        Frame::AutoSwitch(frame) => match &**frame {
            AutoSwitchFrame::Transfer { records, .. } => {
                let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
                ("HA", false, count > 0, None, count)
            }
            _ => ("HA", true, false, None, 0),
        },
        Frame::HaTransfer { records, .. } => {
            ("HA", false, !records.is_empty(), None, u32::try_from(records.len()).unwrap_or(u32::MAX))
        }
    };
    Some(Flight {
        from: node(transit.to.other()),
        to: node(transit.to),
        request,
        response,
        data,
        tag,
        messages,
        sent: transit.sent,
        arrives,
    })
}
