//! Vectors of the name server: scripts of registrations, removals and operators' requests, told to the lab's name
//! server in the requests that it gets from the network.

use std::collections::{BTreeMap, BTreeSet};

use lab_core::config::Profile;
use lab_core::id::{Address, BrokerId, ConnectionId, NodeId, Opaque};
use lab_core::name_server::{KvConfig, NameServer};
use lab_core::outbox::{Effect, Input, Outbox, Peer};
use lab_core::rpc::{
    DataVersion, Frame, NameServerAnswer, NameServerRequest, QueueData, Registration, Request, Response,
    ResponseBody, ResponseCode, TopicConfig, TopicRoute,
};
use lab_core::time::{Duration, Instant};
use lab_core::timer::Timer;
use serde_json::{Map, Value, json};

use super::{File, Outcome};

/// The files of this module.
pub const FILES: &[File] = &[("namesrv_route", namesrv_route)];

fn namesrv_route(case: &Value) -> Outcome {
    let steps = case["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    let topics = || steps.iter().flat_map(|step| step["topics"].as_array().into_iter().flatten());
    if topics().any(|topic| topic[4].as_u64().unwrap_or(0) != 0) {
        return Outcome::NotApplicable("unit topics (topicSysFlag) are not simulated");
    }
    let mut script = match Script::new(case) {
        Ok(script) => script,
        Err(why) => return Outcome::Failed(why),
    };
    let expected = case["expect"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (number, (step, expected)) in steps.iter().zip(expected).enumerate() {
        let result = match script.step(step) {
            Ok(result) => result,
            Err(why) => return Outcome::Failed(format!("step {number}: {why}: {step}")),
        };
        if result != expected["result"] {
            let wanted = &expected["result"];
            return Outcome::Failed(format!("step {number} {step}: expected {wanted}, found {result}"));
        }
        let state = script.state(expected["state"]["routes"].as_object());
        if state != expected["state"] {
            let wanted = &expected["state"];
            return Outcome::Failed(format!("step {number} {step}: expected\n{wanted}, found\n{state}"));
        }
    }
    Outcome::Passed
}

/// A name server and the clock of its script.
struct Script {
    server: NameServer,
    now: Instant,
    /// The connection of each broker address.
    connections: BTreeMap<Address, ConnectionId>,
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, String> {
    value[key].as_str().ok_or_else(|| format!("{key} is missing"))
}

fn number<T: TryFrom<u64>>(value: &Value) -> Result<T, String> {
    let number = value.as_u64().and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| format!("{value} is no number that fits"))
}

fn address(value: &Value, key: &str) -> Result<Address, String> {
    text(value, key)?.parse()
}

fn data_version(value: &Value) -> Result<DataVersion, String> {
    Ok(DataVersion {
        state_version: number(&value[0])?,
        timestamp: Instant::from_millis(number(&value[1])?),
        counter: number(&value[2])?,
    })
}

fn topic_config(value: &Value) -> Result<TopicConfig, String> {
    let (read_queue_nums, write_queue_nums) = (number(&value[1])?, number(&value[2])?);
    Ok(TopicConfig { read_queue_nums, write_queue_nums, perm: number(&value[3])?, order: false })
}

impl Script {
    fn new(case: &Value) -> Result<Self, String> {
        let settings = ["supportActingMaster", "deleteTopicWithBrokerRegistration"]
            .map(|key| (key.to_owned(), case[key].as_bool().unwrap_or_default().to_string()));
        let server =
            NameServer::new(Profile::V5, Address::local(9876), &settings.to_vec(), KvConfig::default());
        let now = Instant::from_millis(number(&case["startMs"])?);
        let mut script = Self { server, now, connections: BTreeMap::new() };
        script.tell(Input::Started);
        Ok(script)
    }

    fn tell(&mut self, input: Input) -> Vec<Effect> {
        let mut out = Outbox::new(ConnectionId(1_000_000));
        self.server.handle(self.now, input, &mut out);
        out.into_parts().0
    }

    /// Sends a request over the connection of a broker, or over one of nobody's.
    fn ask(&mut self, from: Option<Address>, request: Request) -> Result<Response, String> {
        let next = ConnectionId(self.connections.len() as u64 + 1);
        let connection = from.map_or(ConnectionId(0), |from| *self.connections.entry(from).or_insert(next));
        let peer = Peer { node: NodeId::from("asker"), address: from.unwrap_or(Address::local(1)) };
        let frame = Frame::Request { opaque: Opaque(1), one_way: false, request: Box::new(request) };
        let effects = self.tell(Input::Frame { connection, peer, frame });
        let answer = effects.into_iter().find_map(|effect| match effect {
            Effect::Send { frame: Frame::Response { response, .. }, .. } => Some(*response),
            _ => None,
        });
        answer.ok_or_else(|| "no answer".to_owned())
    }

    fn ask_other(&mut self, request: NameServerRequest) -> Result<Option<NameServerAnswer>, String> {
        match self.ask(None, Request::NameServer(request))?.body {
            ResponseBody::NameServer(answer) => Ok(Some(answer)),
            _ => Ok(None),
        }
    }

    fn step(&mut self, step: &Value) -> Result<Value, String> {
        let name = || text(step, "name").map(Into::into);
        let cluster = || text(step, "cluster").map(Into::into);
        let request = match text(step, "op")? {
            "register" => return self.register(step),
            "unregister" => {
                let request = Request::UnregisterBroker {
                    cluster: cluster()?,
                    broker_name: name()?,
                    broker_id: BrokerId(number(&step["id"])?),
                    address: address(step, "addr")?,
                };
                self.ask(None, request)?;
                return Ok(Value::Null);
            }
            "advance" => {
                self.now += Duration::from_millis(number(&step["ms"])?);
                return Ok(Value::Null);
            }
            "scan" => {
                let now = self.now;
                for effect in self.tell(Input::Timer(Timer::ScanNotActiveBroker, now)) {
                    if let Effect::Close(closed) = effect {
                        self.connections.retain(|_, connection| *connection != closed);
                    }
                }
                return Ok(Value::Null);
            }
            "channelDestroy" => {
                if let Some(connection) = self.connections.remove(&address(step, "addr")?) {
                    self.tell(Input::Closed(connection));
                }
                return Ok(Value::Null);
            }
            "heartbeat" => {
                NameServerRequest::BrokerHeartbeat { cluster: cluster()?, address: address(step, "addr")? }
            }
            "wipeWrite" => NameServerRequest::WipeWritePermOfBroker { broker_name: name()? },
            "addWrite" => NameServerRequest::AddWritePermOfBroker { broker_name: name()? },
            "deleteTopic" => NameServerRequest::DeleteTopicInNameServer {
                topic: text(step, "topic")?.into(),
                cluster: step["cluster"].as_str().map(Into::into),
            },
            "registerTopic" => register_topic(step)?,
            "configChanged" => NameServerRequest::QueryDataVersion {
                cluster: cluster()?,
                address: address(step, "addr")?,
                data_version: data_version(&step["dataVersion"])?,
            },
            "memberGroup" => NameServerRequest::GetBrokerMemberGroup { broker_name: name()? },
            "systemTopicList" => NameServerRequest::GetSystemTopicListFromNameServer,
            "topicsByCluster" => NameServerRequest::GetTopicsByCluster { cluster: cluster()? },
            other => return Err(format!("unknown step {other}")),
        };
        Ok(self.ask_other(request)?.map_or(Value::Null, said))
    }

    fn register(&mut self, step: &Value) -> Result<Value, String> {
        let mut topics = BTreeMap::new();
        for topic in step["topics"].as_array().into_iter().flatten() {
            let name = topic[0].as_str().ok_or("a topic has no name")?;
            topics.insert(name.into(), topic_config(topic)?);
        }
        let from = address(step, "addr")?;
        let registration = Registration {
            cluster: text(step, "cluster")?.into(),
            broker_name: text(step, "name")?.into(),
            broker_id: BrokerId(number(&step["id"])?),
            address: from,
            ha_address: address(step, "haAddr")?,
            topics: topics.into(),
            data_version: data_version(&step["dataVersion"])?,
            heartbeat_timeout: step["timeoutMs"].as_u64().map(Duration::from_millis),
            enable_acting_master: step["enableActingMaster"].as_bool(),
        };
        let response = self.ask(Some(from), Request::RegisterBroker(registration))?;
        Ok(match response.body {
            ResponseBody::Registered { master_address, ha_address, .. } => json!({
                "haServerAddr": ha_address.map(|address| address.to_string()),
                "masterAddr": master_address.map(|address| address.to_string()),
            }),
            _ => Value::Null,
        })
    }

    /// The tables after a step; the routes that were asked for are those of `routes`.
    fn state(&mut self, routes: Option<&Map<String, Value>>) -> Value {
        let names: Vec<String> = routes.into_iter().flat_map(Map::keys).cloned().collect();
        let routes: Map<_, _> = names.into_iter().map(|name| (name.clone(), self.route(&name))).collect();
        let live: Vec<_> =
            self.server.live().keys().map(|info| format!("{} {}", info.cluster, info.address)).collect();
        let live: BTreeSet<_> = live.into_iter().collect();
        json!({
            "routes": routes,
            "clusters": self.server.clusters(),
            "live": live,
            "topics": self.server.topics().keys().collect::<Vec<_>>(),
        })
    }

    fn route(&mut self, topic: &str) -> Value {
        let request = Request::GetRouteInfoByTopic { topic: topic.into() };
        match self.ask(None, request) {
            Ok(Response { code: ResponseCode::Success, body: ResponseBody::Route(route), .. }) => {
                route_text(&route)
            }
            _ => Value::Null,
        }
    }
}

fn register_topic(step: &Value) -> Result<NameServerRequest, String> {
    let mut queue_datas = Vec::new();
    for data in step["queueDatas"].as_array().into_iter().flatten() {
        let config = topic_config(data)?;
        queue_datas.push(QueueData {
            broker_name: data[0].as_str().ok_or("a broker has no name")?.into(),
            read_queue_nums: config.read_queue_nums,
            write_queue_nums: config.write_queue_nums,
            perm: config.perm,
        });
    }
    Ok(NameServerRequest::RegisterTopicInNameServer { topic: text(step, "topic")?.into(), queue_datas })
}

fn route_text(route: &TopicRoute) -> Value {
    let queues = route
        .queue_datas
        .iter()
        .map(|data| json!([data.broker_name, data.read_queue_nums, data.write_queue_nums, data.perm, 0]));
    let brokers = route.broker_datas.iter().map(|data| {
        let addresses: Map<_, _> =
            data.broker_addrs.iter().map(|(id, address)| (id.to_string(), json!(address))).collect();
        json!([data.cluster, data.broker_name, addresses])
    });
    json!({ "queueDatas": queues.collect::<Vec<_>>(), "brokerDatas": brokers.collect::<Vec<_>>() })
}

fn said(answer: NameServerAnswer) -> Value {
    match answer {
        NameServerAnswer::TopicCount(count) => json!(count),
        NameServerAnswer::TopicList { topics, .. } => json!(topics),
        NameServerAnswer::DataVersion { changed, .. } => json!(changed),
        NameServerAnswer::MemberGroup(members) => {
            members.iter().map(|(id, address)| (id.to_string(), json!(address))).collect::<Map<_, _>>().into()
        }
        other => json!(format!("{other:?}")),
    }
}
