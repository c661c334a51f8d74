//! The things that one can ask about, read off a view and a trace.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::kafka::{self, KafkaRow};
use crate::fact::{Fact, KafkaFact, ListenerResult, MessageAt, PopFact, RegistryFact, TraceEvent};
use crate::id::{BrokerName, GroupName, MessageQueue, NodeId};
use crate::rpc::TopicConfig;
use crate::time::Instant;
use crate::view::{
    BrokerView, ClientView, ConsumerView, NameServerView, NodeStatus, NodeView, OffsetView, ProcessQueueView,
    ProducerView, QueueView, RegisteredBroker, RegisteredTopic, RegistryClientView, RegistryView, RouteView,
    TopicView, View,
};

/// One thing. What its fields are stands in [`schema`](super::schema).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Row<'a> {
    Node(&'a NodeView, &'static str),
    Registration(&'a NameServerView, &'a RegisteredBroker),
    RegisteredTopic(&'a NameServerView, &'a RegisteredTopic, &'a BrokerName, &'a TopicConfig),
    Broker(&'a BrokerView),
    Topic(&'a BrokerView, &'a TopicView),
    Queue(&'a BrokerView, &'a TopicView, &'a QueueView),
    Offset(&'a BrokerView, &'a OffsetView),
    Client(&'a BrokerView, &'a ClientView),
    Producer(&'a ProducerView),
    Consumer(&'a ConsumerView),
    Assignment(&'a ConsumerView, &'a ProcessQueueView),
    LocalOffset(&'a ConsumerView, &'a MessageQueue, u64),
    Route(&'a NodeView, &'a RouteView),
    Registry(&'a RegistryView),
    RegistryClient(&'a RegistryClientView),
    Setting(&'a NodeView, &'a str, &'a str),
    Kafka(KafkaRow<'a>),
    Message(&'a Life<'a>),
    Event(&'a TraceEvent, &'a View),
}

/// The way of one message through the run, by the producer's id.
#[derive(Clone, Debug)]
pub(crate) struct Life<'a> {
    pub(super) first: &'a MessageAt,
    pub(super) tag: Option<&'a str>,
    pub(super) at: Instant,
    /// Copies in its own topic, at masters.
    pub(super) stored: i64,
    /// Calls of a listener.
    pub(super) delivered: i64,
    /// Calls of a listener that ended well.
    pub(super) consumed: i64,
    /// The consumers whose listener had it.
    pub(super) members: BTreeSet<&'a str>,
}

/// Every message that was stored, in the order in which they were.
pub(super) fn lives(trace: &[TraceEvent]) -> Vec<Life<'_>> {
    let mut found: Vec<Life<'_>> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for event in trace {
        if let Fact::MessageStored { message, tag, .. } = &event.fact {
            let key: &str = &message.unique_key;
            match places.get(key) {
                Some(place) => {
                    let life = &mut found[*place];
                    life.stored += i64::from(life.first.queue.topic == message.queue.topic);
                }
                None if !key.is_empty() => {
                    places.insert(key, found.len());
                    found.push(Life {
                        first: message,
                        tag: tag.as_deref(),
                        at: event.at,
                        stored: 1,
                        delivered: 0,
                        consumed: 0,
                        members: BTreeSet::new(),
                    });
                }
                None => {}
            }
            continue;
        }
        let (message, consumed) = match &event.fact {
            Fact::MessageDelivered { message, .. } => (message, false),
            Fact::MessageConsumed { message, result: ListenerResult::Success } => (message, true),
            _ => continue,
        };
        let Some(place) = places.get(&*message.unique_key) else { continue };
        let life = &mut found[*place];
        if consumed {
            life.consumed += 1;
        } else {
            life.delivered += 1;
            life.members.extend(event.node.as_ref().map(|node| node.as_str()));
        }
    }
    found
}

/// Every node with the word for what it is.
pub(super) fn nodes(view: &View) -> impl Iterator<Item = (&NodeView, &'static str)> {
    let name_servers = view.name_servers.iter().map(|it| (&it.node, "name-server"));
    let brokers = view.brokers.iter().map(|it| (&it.node, "broker"));
    let registries = view.registries.iter().map(|it| (&it.node, "registry"));
    let registry_clients = view.registry_clients.iter().map(|it| (&it.node, "registry-client"));
    name_servers.chain(brokers).chain(clients(view)).chain(registries).chain(registry_clients)
}

/// Producers and consumers.
fn clients(view: &View) -> impl Iterator<Item = (&NodeView, &'static str)> {
    let producers = view.producers.iter().map(|it| (&it.node, "producer"));
    producers.chain(view.consumers.iter().map(|it| (&it.node, "consumer")))
}

/// The cached routes of all clients.
pub(super) fn routes(view: &View) -> impl Iterator<Item = Row<'_>> {
    let producers = view.producers.iter().map(|it| (&it.node, &it.routes));
    let consumers = view.consumers.iter().map(|it| (&it.node, &it.routes));
    producers.chain(consumers).flat_map(|(node, routes)| routes.iter().map(move |it| Row::Route(node, it)))
}

/// The words for the states of a process.
pub(super) const STATUS: &[&str] =
    &["starting", "up", "frozen", "stopping", "stopped", "killed", "powered-off"];

/// The word for the state of a process.
pub(super) const fn status(status: NodeStatus) -> &'static str {
    match status {
        NodeStatus::Starting => "starting",
        NodeStatus::Up => "up",
        NodeStatus::Frozen => "frozen",
        NodeStatus::Stopping => "stopping",
        NodeStatus::Stopped => "stopped",
        NodeStatus::Killed => "killed",
        NodeStatus::PoweredOff => "powered-off",
    }
}

/// The number of the queue that a fact is about.
pub(super) fn queue_id(fact: &Fact) -> Option<u32> {
    match fact {
        Fact::RequestSent(sent) | Fact::ResponseSent(sent) => sent.queue.as_ref()?.1.map(|id| id.0),
        Fact::PullHeld { queue_id, .. }
        | Fact::PullWoken { queue_id, .. }
        | Fact::OffsetCommitted { queue_id, .. } => Some(queue_id.0),
        Fact::Pop(PopFact::Held { queue_id, .. } | PopFact::Woken { queue_id, .. }) => Some(queue_id.0),
        _ => fact.queue().map(|queue| queue.queue_id.0),
    }
}

/// The broker name that a fact is about.
pub(super) fn broker_name(fact: &Fact) -> Option<&BrokerName> {
    match fact {
        Fact::BrokerRegistered { broker_name, .. }
        | Fact::BrokerRemoved { broker_name, .. }
        | Fact::SendRetried { broker_name, .. } => Some(broker_name),
        _ => fact.queue().map(|queue| &queue.broker_name),
    }
}

/// The offset that a fact is about: of its message, or the one that came of it.
pub(super) fn offset(fact: &Fact) -> Option<u64> {
    match fact {
        Fact::OffsetCommitted { offset, .. }
        | Fact::OffsetReset { offset, .. }
        | Fact::QueueAssigned { offset, .. }
        | Fact::OffsetCorrected { to: offset, .. } => Some(offset.0),
        Fact::Pop(fact) => fact.offset().map(|offset| offset.0),
        _ => fact.message().map(|message| message.offset.0),
    }
}

/// The offset that was there before.
pub(super) fn offset_before(fact: &Fact) -> Option<u64> {
    match fact {
        Fact::OffsetCommitted { before, .. } => before.map(|before| before.0),
        Fact::OffsetCorrected { from, .. } => Some(from.0),
        _ => None,
    }
}

/// The application's key of the message that a fact is about.
pub(super) fn key(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::SendFailed { key, .. }
        | Fact::OneWaySent { key, .. }
        | Fact::LocalTransactionEnded { key, .. }
        | Fact::LocalTransactionChecked { key, .. } => key.as_deref(),
        _ => fact.message()?.key.as_deref(),
    }
}

/// The tag of the message that a fact is about.
pub(super) fn tag(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::MessageStored { tag, .. } => tag.as_deref(),
        Fact::RequestSent(sent) | Fact::ResponseSent(sent) => sent.tag.as_deref(),
        _ => None,
    }
}

/// The group of an event: the one that its fact names, else that of the client whose event it is.
pub(super) fn group<'a>(event: &'a TraceEvent, view: &'a View) -> Option<&'a str> {
    match &event.fact {
        Fact::OffsetCommitted { group, .. }
        | Fact::ClientRegistered { group, .. }
        | Fact::ClientUnregistered { group, .. }
        | Fact::TransactionEnded { group, .. }
        | Fact::TransactionChecked { group, .. }
        | Fact::MessageSentBack { group, .. }
        | Fact::DeadLettered { group, .. }
        | Fact::QueueLocked { group, .. }
        | Fact::QueueUnlocked { group, .. }
        | Fact::LockRefused { group, .. }
        | Fact::OffsetReset { group, .. }
        | Fact::GroupUpdated { group }
        | Fact::GroupDeleted { group } => Some(group.as_str()),
        Fact::Pop(fact) if fact.group().is_some() => fact.group().map(GroupName::as_str),
        Fact::Kafka(fact) => kafka::group(fact, event.node.as_ref(), view),
        _ => {
            let node = event.node.as_ref()?;
            let consumers = view.consumers.iter().map(|it| (&it.node.id, &it.group));
            let mut clients = consumers.chain(view.producers.iter().map(|it| (&it.node.id, &it.group)));
            clients.find(|(id, _)| *id == node).map(|(_, group)| group.as_str())
        }
    }
}

/// How it went, in RocketMQ's word: a response, a send status, a listener's result, a reason.
pub(super) fn result(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::ResponseSent(sent) => sent.response?.to_string(),
        Fact::SendSucceeded { status, .. } => status.to_string(),
        Fact::MessageConsumed { result, .. } => result.to_string(),
        Fact::SendRefused { code, .. } | Fact::TransactionRefused { code, .. } => code.to_string(),
        Fact::SendFailed { error, .. } => error.to_string(),
        Fact::SendRetried { why, .. } | Fact::PullFailed { why, .. } | Fact::SendBackFailed { why, .. } => {
            why.to_string()
        }
        Fact::BrokerRemoved { reason, .. } => crate::timer::words_of(reason),
        Fact::ClientUnregistered { reason, .. } => crate::timer::words_of(reason),
        Fact::PullWoken { reason, .. } | Fact::Pop(PopFact::Woken { reason, .. }) => {
            crate::timer::words_of(reason)
        }
        Fact::Pop(PopFact::ConsumeModeSet { mode, .. }) => mode.mode.to_string(),
        Fact::QueueAssigned { reason, .. } => crate::timer::words_of(reason),
        Fact::QueueDropped { reason, .. } => crate::timer::words_of(reason),
        Fact::TransactionEnded { state, .. } | Fact::LocalTransactionEnded { state, .. } => state.to_string(),
        Fact::MqadminAnswered { output, .. } => output.to_string(),
        Fact::Kafka(fact) => match &**fact {
            KafkaFact::PollFailed(error) | KafkaFact::SendFailed { error, .. } => error.to_string(),
            KafkaFact::Answered { output, .. } => output.to_string(),
            _ => return None,
        },
        _ => return None,
    })
}

/// How long it took.
pub(super) const fn took(fact: &Fact) -> Option<crate::time::Duration> {
    match fact {
        Fact::SendSucceeded { took, .. } | Fact::SendFailed { took, .. } => Some(*took),
        Fact::Registry(RegistryFact::MembersLearned { delay, .. }) => *delay,
        _ => None,
    }
}

/// The request of a frame, RocketMQ's name of its code.
pub(super) fn request(fact: &Fact) -> Option<&'static str> {
    match fact {
        Fact::RequestSent(sent) | Fact::ResponseSent(sent) => Some(sent.request.name()),
        Fact::RequestTimedOut { request, .. } => Some(request.name()),
        Fact::Registry(RegistryFact::Sent { name, .. }) => Some(name),
        _ => None,
    }
}

/// The members of a list, as a text: `a b c`.
pub(super) fn members(members: &BTreeSet<crate::id::NodeId>) -> String {
    members.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(" ")
}

/// The other node.
pub(super) fn to(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::Connected { to } => Some(to.as_str()),
        Fact::ConnectionLost { peer } => Some(peer.as_str()),
        Fact::MessageStored { from, .. } => Some(from.as_str()),
        Fact::PullHeld { consumer, .. } | Fact::PullWoken { consumer, .. } => Some(consumer.as_str()),
        Fact::Pop(fact) => fact.consumer().map(NodeId::as_str),
        _ => fact.flight().map(|(to, _)| to.as_str()),
    }
}

/// The settings of brokers and clients.
pub(super) fn settings(view: &View) -> impl Iterator<Item = Row<'_>> {
    let brokers = view.brokers.iter().map(|it| (&it.node, &it.settings));
    let producers = view.producers.iter().map(|it| (&it.node, &it.settings));
    let consumers = view.consumers.iter().map(|it| (&it.node, &it.settings));
    let all = brokers.chain(producers).chain(consumers);
    all.flat_map(|(node, settings)| settings.iter().map(move |(key, value)| Row::Setting(node, key, value)))
}
