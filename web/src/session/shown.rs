//! What is drawn: one moment of the run, ready for the components.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use arcstr::ArcStr;

use lab_core::config::Profile;
use lab_core::fact::TraceEvent;
use lab_core::gather::Gather as _;
use lab_core::id::{Address, GroupName, NodeId, TopicName};
use lab_core::lab::Lab;
use lab_core::message::StoredMessage;
use lab_core::time::{Epoch, Instant};
use lab_core::view::{NodeStatus, NodeView, RecordField, RouteView, View, record_fields};

use super::cuts::Cut;
use super::scan::{Mark, Scan};
use super::{Selection, Session};
use crate::geometry::{Layout, own_controllers};
use crate::labs::LabId;
use crate::palette::Tags;

/// One moment of the run. Two are equal when they have the same number.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Counts the moments that were drawn.
    pub version: u64,
    /// The lab.
    pub id: LabId,
    /// The cluster.
    pub view: View,
    /// Where everything stands.
    pub layout: Layout,
    /// The furthest moment that was reached.
    pub end: Instant,
    /// Commands behind the present.
    pub later: usize,
    /// Where all chance comes from.
    pub seed: u64,
    /// The date of virtual zero.
    pub epoch: Epoch,
    /// Tags and their colours.
    pub tags: Tags,
    /// Consumer groups, whose place decides how their markers look.
    pub groups: Vec<GroupName>,
    /// Topics that RocketMQ made for itself.
    pub system_topics: BTreeSet<TopicName>,
    /// Marks of the timeline.
    pub marks: Vec<Mark>,
    /// What brokers have cut off their logs so far, oldest first.
    pub cuts: Vec<Cut>,
}

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version
    }
}

impl Default for Shown {
    fn default() -> Self {
        Self {
            version: 0,
            id: LabId::Sandbox,
            view: empty_view(),
            layout: Layout::default(),
            end: Instant::ZERO,
            later: 0,
            seed: 0,
            epoch: Epoch::default(),
            tags: Tags::default(),
            groups: Vec::new(),
            system_topics: BTreeSet::new(),
            marks: Vec::new(),
            cuts: Vec::new(),
        }
    }
}

impl Shown {
    /// The moment at which the run is.
    pub(super) fn of(version: u64, view: View, lab: &Lab, scan: &Scan, id: LabId, stage: (f64, f64)) -> Self {
        let layout = Layout::fitted(&view, stage.0, stage.1);
        let mut groups: Vec<GroupName> =
            view.consumers.iter().map(|consumer| consumer.group.clone()).collect();
        let committed = view.brokers.iter().flat_map(|broker| &broker.offsets);
        groups.extend(committed.map(|offset| offset.group.clone()));
        let mut seen = BTreeSet::new();
        groups.retain(|group| seen.insert(group.clone()));
        let topics = view.brokers.iter().flat_map(|broker| &broker.topics);
        let system_topics = topics.filter(|topic| topic.system).map(|topic| topic.topic.clone()).gather();
        let setup = lab.setup();
        Self {
            version,
            id,
            layout,
            end: lab.end().max(view.at),
            later: lab.later_commands(),
            seed: setup.seed,
            epoch: setup.epoch,
            tags: scan.tags.clone(),
            groups,
            system_topics,
            marks: scan.marks.iter().cloned().collect(),
            cuts: scan.cuts.iter().filter(|cut| cut.id.index() < lab.trace().len()).cloned().collect(),
            view,
        }
    }

    /// What every node has, of all nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeView> {
        let view = &self.view;
        let servers = view.name_servers.iter().map(|it| &it.node);
        let controllers = own_controllers(view).map(|it| &it.node);
        let brokers = view.brokers.iter().map(|it| &it.node);
        let producers = view.producers.iter().map(|it| &it.node);
        let consumers = view.consumers.iter().map(|it| &it.node);
        let registries = view.registries.iter().map(|it| &it.node);
        let registry_clients = view.registry_clients.iter().map(|it| &it.node);
        let kafka = &view.kafka;
        let kafka_brokers = kafka.brokers.iter().map(|it| &it.node);
        let kafka_producers = kafka.producers.iter().map(|it| &it.node);
        let kafka_consumers = kafka.consumers.iter().map(|it| &it.node);
        let kafka = kafka_brokers.chain(kafka_producers).chain(kafka_consumers);
        let registries = registries.chain(registry_clients);
        let rocketmq = servers.chain(controllers).chain(brokers).chain(producers).chain(consumers);
        rocketmq.chain(registries).chain(kafka)
    }

    /// The state of a node.
    pub fn status(&self, node: &NodeId) -> Option<NodeStatus> {
        self.nodes().find(|view| view.id == *node).map(|view| view.status)
    }

    /// Whether there is such a node.
    pub fn has_node(&self, node: &NodeId) -> bool {
        self.nodes().any(|view| view.id == *node)
    }

    /// What a client's route lists and what does not run any more: broker names without any process, else single
    /// replicas as `name:id`.
    pub fn stale(&self, route: &RouteView) -> Vec<String> {
        let runs = |address: Address| {
            let mut brokers = self.view.brokers.iter();
            brokers.any(|it| {
                it.node.address == address && matches!(it.node.status, NodeStatus::Starting | NodeStatus::Up)
            })
        };
        let names = route.stale.iter().map(ToString::to_string);
        let replicas =
            route.brokers.iter().filter(|(name, _, address)| !route.stale.contains(name) && !runs(*address));
        names.chain(replicas.map(|(name, id, _)| format!("{name}:{id}"))).collect()
    }

    /// What a broker has cut off its log so far, newest first.
    pub fn cuts_of(&self, node: &NodeId) -> impl Iterator<Item = &Cut> {
        self.cuts.iter().rev().filter(move |cut| cut.node == *node)
    }

    /// The place of a group among the groups.
    pub fn group_place(&self, group: &GroupName) -> usize {
        self.groups.iter().position(|other| other == group).unwrap_or(0)
    }
}

/// A cluster without nodes.
pub fn empty_view() -> View {
    View {
        at: Instant::ZERO,
        profile: Profile::default(),
        name_servers: Vec::new(),
        controllers: Vec::new(),
        brokers: Vec::new(),
        producers: Vec::new(),
        consumers: Vec::new(),
        registries: Vec::new(),
        registry_clients: Vec::new(),
        kafka: lab_core::view::KafkaView::default(),
        barriers: Vec::new(),
        flights: Vec::new(),
    }
}

/// Everything about one message.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageDetail {
    /// The producer's id.
    pub unique_key: ArcStr,
    /// The brokers that have it, with their copy.
    pub copies: Vec<(NodeId, Arc<StoredMessage>)>,
    /// The bytes of the first copy.
    pub fields: Vec<RecordField>,
    /// What happened to it, in order.
    pub way: Vec<TraceEvent>,
}

/// Most events of a message's way that are shown.
const WAY: usize = 200;
/// While playing, the selected message is read anew at one drawing in so many.
const READ_EVERY: u64 = 10;

impl Session {
    /// Everything about the selected message.
    pub fn message_detail(&self) -> Option<Rc<MessageDetail>> {
        self.message.clone()
    }

    /// Reads the selected message anew: at every change, and once a second while playing, because it means looking
    /// through logs and trace.
    pub(super) fn refresh_message(&mut self) {
        let (Some(Selection::Message(key)), Some(run)) = (&self.selection, &self.run) else {
            self.message = None;
            return;
        };
        let known = self.message.as_ref().is_some_and(|detail| detail.unique_key == *key);
        if known && self.playing && !self.version.is_multiple_of(READ_EVERY) {
            return;
        }
        let copies = run.lab.stored(key);
        let setup = run.lab.setup();
        let fields = copies
            .first()
            .map(|(_, message)| record_fields(message, setup.profile, setup.epoch))
            .unwrap_or_default();
        let way = run.lab.trace().iter().filter(|event| event.fact.unique_key() == Some(key));
        let way = way.take(WAY).cloned().collect();
        self.message = Some(Rc::new(MessageDetail { unique_key: ArcStr::clone(key), copies, fields, way }));
    }

    /// The rows of the event list to draw, and the place of the first of them.
    pub fn event_rows(&self) -> (usize, Vec<TraceEvent>) {
        self.run.as_ref().map(|run| run.events.window(run.lab.trace())).unwrap_or_default()
    }
}
