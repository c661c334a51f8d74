//! One broker on a bench: requests go in, answers come out, and its clock is moved by hand.

use std::collections::BTreeMap;

use lab_core::broker::{Broker, BrokerDisk, BrokerStart, config_of};
use lab_core::command::{BrokerSpec, NodeOrder, Settings};
use lab_core::config::Profile;
use lab_core::fact::Fact;
use lab_core::id::{Address, BrokerId, ConnectionId, Opaque, QueueId, TopicName};
use lab_core::message::{Message, StoredMessage};
use lab_core::outbox::{Effect, Input, Outbox, Peer};
use lab_core::rng::Rng;
use lab_core::rpc::{Frame, Request, Response, TopicConfig};
use lab_core::time::{Duration, Epoch, Instant};
use lab_core::timer::Timer;
use serde_json::Value;

/// The connection of the one client.
pub(super) const CLIENT: ConnectionId = ConnectionId(1);

/// A broker without a cluster: no name server, no slave, one client.
pub(super) struct Bench {
    pub(super) broker: Broker,
    pub(super) now: Instant,
    timers: BTreeMap<Timer, Instant>,
    answers: BTreeMap<u32, Response>,
    facts: Vec<Fact>,
    next_opaque: u32,
}

impl Bench {
    /// A master of V5 with these settings, started at this moment since 1970.
    pub(super) fn new(settings: &[(&str, String)], unix_ms: u64) -> Self {
        Self::on(settings, unix_ms, |_| {})
    }

    /// The same on a disk that was prepared.
    pub(super) fn on(settings: &[(&str, String)], unix_ms: u64, prepare: impl Fn(&mut BrokerDisk)) -> Self {
        let settings: Settings =
            settings.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let spec =
            BrokerSpec { broker_name: "broker-a".into(), broker_id: BrokerId::MASTER, port: None, settings };
        let start = BrokerStart {
            node: "broker-a".into(),
            profile: Profile::V5,
            epoch: Epoch::from_unix_millis(unix_ms),
            rng: Rng::fork(1, "bench"),
            address: Address::local(10911),
            ha_address: Address::local(10912),
            name_servers: Vec::new(),
            controllers: Vec::new(),
        };
        let mut disk =
            BrokerDisk::new(start.profile, start.epoch, &config_of(start.profile, &spec), &spec.broker_name);
        prepare(&mut disk);
        let mut bench = Self {
            broker: Broker::new(start, &spec, Some(disk)),
            now: Instant::ZERO,
            timers: BTreeMap::new(),
            answers: BTreeMap::new(),
            facts: Vec::new(),
            next_opaque: 0,
        };
        bench.tell(Input::Started);
        bench
    }

    /// Gives the broker something to react to, and keeps what comes of it.
    pub(super) fn tell(&mut self, input: Input) {
        let mut out = Outbox::new(ConnectionId(100));
        self.broker.handle(self.now, input, &mut out);
        for effect in out.into_parts().0 {
            match effect {
                Effect::Send { frame: Frame::Response { opaque, response }, .. } => {
                    self.answers.insert(opaque.0, *response);
                }
                Effect::SetTimer(timer, at) => {
                    self.timers.insert(timer, at);
                }
                Effect::CancelTimer(timer) => {
                    self.timers.remove(&timer);
                }
                Effect::Note(fact) => self.facts.push(fact),
                _ => {}
            }
        }
    }

    /// Rings an alarm clock now, whenever it is set for.
    pub(super) fn ring(&mut self, timer: Timer) {
        self.timers.remove(&timer);
        self.tell(Input::Timer(timer, self.now));
    }

    /// When an alarm clock will ring.
    pub(super) fn set_for(&self, timer: Timer) -> Option<Instant> {
        self.timers.get(&timer).copied()
    }

    /// Rings the alarm clock if it is set.
    pub(super) fn ring_if_set(&mut self, timer: Timer) -> bool {
        let is_set = self.timers.contains_key(&timer);
        if is_set {
            self.ring(timer);
        }
        is_set
    }

    /// Sends a request and lets what was appended become visible. Returns its number.
    pub(super) fn send(&mut self, request: Request) -> u32 {
        self.next_opaque += 1;
        let peer = Peer { node: "client".into(), address: Address::local(50_001) };
        let frame =
            Frame::Request { opaque: Opaque(self.next_opaque), one_way: false, request: Box::new(request) };
        self.tell(Input::Frame { connection: CLIENT, peer, frame });
        self.ring_if_set(Timer::Reput);
        self.next_opaque
    }

    /// The answer to the request of this number, once.
    pub(super) fn take_answer(&mut self, number: u32) -> Option<Response> {
        self.answers.remove(&number)
    }

    /// Sends a request and returns its answer; `None` while it is held.
    pub(super) fn ask(&mut self, request: Request) -> Option<Response> {
        let number = self.send(request);
        self.take_answer(number)
    }

    /// What the broker noted, since this was last asked.
    pub(super) fn take_facts(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.facts)
    }

    /// Moves the clock, and nothing else.
    pub(super) fn advance(&mut self, step: &Value) {
        self.now += Duration::from_millis(number(&step["ms"]));
    }

    /// Creates a topic, as an operator does.
    pub(super) fn create_topic(&mut self, name: &str, read: u32, write: u32, perm: u8) {
        let config = TopicConfig { read_queue_nums: read, write_queue_nums: write, perm, order: false };
        self.tell(Input::Order(Box::new(NodeOrder::CreateTopic(name.into(), config))));
    }

    /// The messages of a queue, in order.
    pub(super) fn messages(&self, topic: &str, queue_id: u32) -> Vec<std::sync::Arc<StoredMessage>> {
        let (topic, queue_id) = (TopicName::from(topic), QueueId(queue_id));
        let store = self.broker.store();
        let offsets = store.min_offset(&topic, queue_id).0..store.max_offset(&topic, queue_id).0;
        offsets.filter_map(|at| store.message_at(&topic, queue_id, lab_core::id::QueueOffset(at))).collect()
    }
}

/// A send of one message.
pub(super) fn send_message(message: Message, queue_id: u32, now: Instant) -> Request {
    Request::SendMessage {
        group: "pg".into(),
        message,
        queue_id: QueueId(queue_id),
        born_at: now,
        default_topic: "TBW102".into(),
        default_topic_queue_nums: 4,
        sys_flag: 0,
        reconsume_times: 0,
        max_reconsume_times: None,
    }
}

/// The properties of a message that a client or the case itself gave it, by name.
pub(super) fn own_properties(message: &Message) -> BTreeMap<String, String> {
    const OF_THE_PROCESSOR: [&str; 3] = ["CLUSTER", "MSG_REGION", "TRACE_ON"];
    let all = message.properties.iter();
    let own = all.filter(|(name, _)| !OF_THE_PROCESSOR.contains(&&**name));
    own.map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

/// A whole number of a case.
pub(super) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

/// A number of queues, an id or the like.
pub(super) fn small(value: &Value) -> u32 {
    u32::try_from(number(value)).unwrap_or_else(|_| panic!("{value} is too large"))
}

/// A text of a case; long ones are written `{"repeat": [part, times]}`.
pub(super) fn text(value: &Value) -> String {
    match value["repeat"].as_array() {
        Some(parts) => {
            let times = usize::try_from(number(&parts[1])).unwrap_or(0);
            parts[0].as_str().unwrap_or_default().repeat(times)
        }
        None => value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned(),
    }
}

/// The entries of a list.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
