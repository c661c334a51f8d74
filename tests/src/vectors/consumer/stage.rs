//! One master of V5 with clients that are played by the case.

use lab_core::broker::{Broker, BrokerDisk, BrokerStart, config_of};
use lab_core::command::{BrokerSpec, NodeOrder};
use lab_core::config::Profile;
use lab_core::fact::Fact;
use lab_core::id::{Address, BrokerId, ConnectionId, GroupName, Opaque};
use lab_core::message::{Message, StoredMessage};
use lab_core::outbox::{Effect, Input, Outbox, Peer};
use lab_core::rng::Rng;
use lab_core::rpc::{
    Frame, MessageSelector, Request, Response, Subscription, SubscriptionGroupConfig, TopicConfig,
};
use lab_core::time::{Duration, Epoch, Instant};
use lab_core::timer::Timer;
use serde_json::{Map, Value, json};

/// The broker, and what it has done since it was last asked.
pub(super) struct Stage {
    pub(super) broker: Broker,
    pub(super) now: Instant,
    pub(super) facts: Vec<Fact>,
    /// Requests that went to clients.
    pub(super) told: Vec<(ConnectionId, Request)>,
    answer: Option<Response>,
}

impl Stage {
    /// A broker on a disk that was prepared.
    pub(super) fn new(prepare: impl Fn(&mut BrokerDisk)) -> Self {
        let spec = BrokerSpec {
            broker_name: "broker-a".into(),
            broker_id: BrokerId::MASTER,
            port: None,
            settings: Vec::new(),
        };
        let start = BrokerStart {
            node: "broker-a".into(),
            profile: Profile::V5,
            epoch: Epoch::default(),
            rng: Rng::fork(1, "stage"),
            address: Address::local(10911),
            ha_address: Address::local(10912),
            name_servers: Vec::new(),
            controllers: Vec::new(),
        };
        let mut disk =
            BrokerDisk::new(start.profile, start.epoch, &config_of(start.profile, &spec), &spec.broker_name);
        prepare(&mut disk);
        let mut stage = Self {
            broker: Broker::new(start, &spec, Some(disk)),
            now: Instant::from_millis(1000),
            facts: Vec::new(),
            told: Vec::new(),
            answer: None,
        };
        stage.tell(Input::Started);
        stage
    }

    pub(super) fn tell(&mut self, input: Input) {
        let mut out = Outbox::new(ConnectionId(1000));
        self.broker.handle(self.now, input, &mut out);
        for effect in out.into_parts().0 {
            match effect {
                Effect::Send { frame: Frame::Response { response, .. }, .. } => self.answer = Some(*response),
                Effect::Send { connection, frame: Frame::Request { request, .. } } => {
                    self.told.push((connection, *request));
                }
                Effect::Note(fact) => self.facts.push(fact),
                _ => {}
            }
        }
    }

    /// A request of the client behind this connection, and its answer.
    pub(super) fn ask_as(&mut self, connection: ConnectionId, request: Request) -> Option<Response> {
        let peer = Peer { node: "client".into(), address: Address::local(50_001) };
        let frame = Frame::Request { opaque: Opaque(1), one_way: false, request: Box::new(request) };
        self.answer = None;
        self.tell(Input::Frame { connection, peer, frame });
        self.tell(Input::Timer(Timer::Reput, self.now));
        self.answer.take()
    }

    pub(super) fn ask(&mut self, request: Request) -> Option<Response> {
        self.ask_as(ConnectionId(1), request)
    }

    pub(super) fn advance(&mut self, step: &Value) {
        self.now += Duration::from_millis(step["ms"].as_u64().unwrap_or_default());
    }

    pub(super) fn set_group(&mut self, group: &GroupName, config: SubscriptionGroupConfig) {
        self.ask(Request::UpdateAndCreateSubscriptionGroup { group: group.clone(), config });
    }

    pub(super) fn create_topic(&mut self, name: &str, queues: u32) {
        let config = TopicConfig { read_queue_nums: queues, write_queue_nums: queues, perm: 6, order: false };
        self.tell(Input::Order(Box::new(NodeOrder::CreateTopic(name.into(), config))));
    }

    /// A topic as the vectors write it; null when there is none.
    pub(super) fn topic(&self, name: &str) -> Value {
        self.broker.topics().get(&name.into()).map_or(Value::Null, |config| {
            json!({
                "topic": name,
                "readQueueNums": config.read_queue_nums,
                "writeQueueNums": config.write_queue_nums,
                "perm": config.perm,
                "topicSysFlag": 0,
                "order": config.order,
            })
        })
    }

    /// The last message that was stored, and forgets it.
    pub(super) fn take_stored(&mut self) -> Option<std::sync::Arc<StoredMessage>> {
        let stored = std::mem::take(&mut self.facts).into_iter().filter_map(|fact| match fact {
            Fact::MessageStored { commit_log_offset, .. } => Some(commit_log_offset),
            _ => None,
        });
        stored.last().and_then(|offset| self.broker.store().log().message_at(offset))
    }
}

/// A record as the vectors write it, without what a broker puts into every message.
pub(super) fn record(stored: &StoredMessage) -> Value {
    const OF_THE_BROKER: [&str; 3] = ["CLUSTER", "MSG_REGION", "TRACE_ON"];
    let own = stored.message.properties.iter().filter(|(name, _)| !OF_THE_BROKER.contains(&&**name));
    let properties: Map<_, _> = own.map(|(name, value)| (name.to_string(), json!(&**value))).collect();
    json!({
        "topic": stored.message.topic.as_str(),
        "queueId": stored.queue_id.0,
        "reconsumeTimes": stored.reconsume_times,
        "properties": properties,
    })
}

/// A message with the properties of a case.
pub(super) fn message(topic: &str, properties: &Value) -> Message {
    let mut message = Message::new(topic.into(), *b"body");
    for (name, value) in properties.as_object().into_iter().flatten() {
        message.set_property(name, value.as_str().unwrap_or_default());
    }
    message
}

/// A number of a case; 0 for null.
pub(super) fn small(value: &Value) -> u32 {
    value.as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
}

/// A text of a case.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The entries of a list.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A subscription by tags.
pub(super) fn subscription(expression: &str, version: Instant) -> Subscription {
    MessageSelector::by_tag(expression).expect("an expression").subscription(version)
}
