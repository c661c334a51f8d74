//! What operators and brokers ask besides: permissions, topics, KV configuration, versions, settings (behaviour §1.5,
//! §1.6).
//!
//! **In RocketMQ**: `DefaultRequestProcessor`.

use std::collections::{BTreeMap, BTreeSet};

use super::NameServer;
use crate::gather::Gather as _;
use crate::id::{Address, BrokerName, ClusterName, TopicName};
use crate::rpc::{
    NameServerAnswer, NameServerRequest, QueueData, RequestCode, Response, ResponseBody, ResponseCode,
    TopicConfig, perm,
};
use crate::time::Instant;

/// Settings that nobody may change from outside (`configBlackList`).
const CONFIG_BLACK_LIST: [&str; 4] = ["configBlackList", "configStorePath", "kvConfigPath", "rocketmqHome"];

impl NameServer {
    pub(super) fn not_supported(&self, code: RequestCode) -> Response {
        let remark = format!(" request type {} not supported", code.number());
        Response::refused(code, ResponseCode::RequestCodeNotSupported, remark)
    }

    pub(super) fn answer_other(&mut self, now: Instant, request: NameServerRequest) -> Response {
        let code = request.code();
        let answer = match request {
            // An operator's `updateKvConfig`, `deleteKvConfig`, `updateOrderConf`.
            NameServerRequest::PutKvConfig { namespace, key, value } => {
                self.kv_config.put(namespace, key, value);
                return Response::ok(code);
            }
            NameServerRequest::DeleteKvConfig { namespace, key } => {
                self.kv_config.delete(&namespace, &key);
                return Response::ok(code);
            }
            NameServerRequest::GetKvConfig { namespace, key } => match self.kv_config.get(&namespace, &key) {
                Some(value) => NameServerAnswer::KvValue(value.clone()),
                None => {
                    return not_found(code, format!("No config item, Namespace: {namespace} Key: {key}"));
                }
            },
            NameServerRequest::GetKvListByNamespace { namespace } => {
                match self.kv_config.namespace(&namespace) {
                    Some(table) => NameServerAnswer::KvTable((**table).clone()),
                    None => return not_found(code, format!("No config item, Namespace: {namespace}")),
                }
            }
            // An operator's tool, before nearly everything it does.
            NameServerRequest::GetBrokerClusterInfo => NameServerAnswer::ClusterInfo {
                clusters: self.clusters.clone(),
                brokers: self.brokers.clone(),
            },
            // An operator who empties a broker, and who takes it back.
            NameServerRequest::WipeWritePermOfBroker { broker_name } => {
                let count = self.change_perm(&broker_name, |perm| perm & !perm::WRITE);
                NameServerAnswer::TopicCount(count)
            }
            NameServerRequest::AddWritePermOfBroker { broker_name } => {
                let count = self.change_perm(&broker_name, |_| perm::READ | perm::WRITE);
                NameServerAnswer::TopicCount(count)
            }
            NameServerRequest::GetAllTopicListFromNameServer if self.config.enable_all_topic_list => {
                topic_list(self.topics.keys().cloned().gather())
            }
            NameServerRequest::GetTopicsByCluster { cluster } if self.gives_topic_list() => {
                topic_list(self.topics_of_cluster(&cluster))
            }
            NameServerRequest::GetAllTopicListFromNameServer
            | NameServerRequest::GetTopicsByCluster { .. } => {
                return Response::refused(code, ResponseCode::SystemError, "disable");
            }
            NameServerRequest::GetSystemTopicListFromNameServer => self.system_topic_list(),
            NameServerRequest::DeleteTopicInNameServer { topic, cluster } => {
                self.delete_topic(&topic, cluster.as_ref());
                return Response::ok(code);
            }
            NameServerRequest::QueryDataVersion { cluster, address, data_version } => {
                let known = self.known_version(&cluster, address);
                let changed = known != Some(data_version);
                if self.profile.is_v5() || !changed {
                    self.touch_live(now, &cluster, address);
                }
                NameServerAnswer::DataVersion { changed, known }
            }
            NameServerRequest::GetNameServerConfig => NameServerAnswer::Config(self.config_table()),
            NameServerRequest::UpdateNameServerConfig { settings } => {
                if settings.iter().any(|(key, _)| CONFIG_BLACK_LIST.contains(&key.as_str())) {
                    let remark = "Can not update config in black list.";
                    return Response::refused(code, ResponseCode::NoPermission, remark);
                }
                self.update_config(&settings);
                return Response::ok(code);
            }
            request if self.profile.is_v5() => return self.answer_v5(now, request),
            _ => return self.not_supported(code),
        };
        Response::with(code, ResponseBody::NameServer(answer))
    }

    /// The requests that V4 does not know.
    fn answer_v5(&mut self, now: Instant, request: NameServerRequest) -> Response {
        let code = request.code();
        match request {
            NameServerRequest::RegisterTopicInNameServer { topic, queue_datas } => {
                self.register_topic(&topic, &queue_datas);
                Response::ok(code)
            }
            NameServerRequest::BrokerHeartbeat { cluster, address } => {
                self.touch_live(now, &cluster, address);
                Response::ok(code)
            }
            NameServerRequest::GetBrokerMemberGroup { broker_name } => {
                let members = self.brokers.get(&broker_name).map(|broker| broker.broker_addrs.clone());
                let answer = NameServerAnswer::MemberGroup(members.unwrap_or_default());
                Response::with(code, ResponseBody::NameServer(answer))
            }
            _ => self.not_supported(code),
        }
    }

    /// Changes the permission of every topic that the broker name has, in this name server's memory only.
    fn change_perm(&mut self, broker_name: &BrokerName, change: impl Fn(u8) -> u8) -> u32 {
        let mut count = 0;
        for config in self.topics.values_mut().filter_map(|queues| queues.get_mut(broker_name)) {
            config.perm = change(config.perm);
            count += 1;
        }
        count
    }

    const fn gives_topic_list(&self) -> bool {
        !self.profile.is_v5() || self.config.enable_topic_list
    }

    fn topics_of_cluster(&self, cluster: &ClusterName) -> BTreeSet<TopicName> {
        let Some(names) = self.clusters.get(cluster) else {
            return BTreeSet::new();
        };
        let has = |queues: &BTreeMap<BrokerName, TopicConfig>| queues.keys().any(|name| names.contains(name));
        self.topics.iter().filter(|(_, queues)| has(queues)).map(|(topic, _)| topic.clone()).gather()
    }

    /// The topics named after clusters and brokers, and a broker that knows the other system topics.
    fn system_topic_list(&self) -> NameServerAnswer {
        let clusters = self.clusters.keys().map(ClusterName::as_str);
        let brokers = self.clusters.values().flatten().map(BrokerName::as_str);
        let mut addresses = self.brokers.values().filter_map(|broker| broker.broker_addrs.values().next());
        NameServerAnswer::TopicList {
            topics: clusters.chain(brokers).map(TopicName::from).gather(),
            broker_address: addresses.next().copied(),
        }
    }

    /// Takes a topic away: everywhere, or from the brokers of one cluster.
    fn delete_topic(&mut self, topic: &TopicName, cluster: Option<&ClusterName>) {
        let Some(cluster) = cluster else {
            self.topics.remove(topic);
            return;
        };
        let (Some(names), Some(queues)) = (self.clusters.get(cluster), self.topics.get_mut(topic)) else {
            return;
        };
        queues.retain(|broker_name, _| !names.contains(broker_name));
        if queues.is_empty() {
            self.topics.remove(topic);
        }
    }

    /// Announces queues. An unknown broker name ends it: a new topic is not made then, a known one keeps what came
    /// before that name.
    fn register_topic(&mut self, topic: &TopicName, queue_datas: &[QueueData]) {
        let known: Vec<_> =
            queue_datas.iter().take_while(|data| self.brokers.contains_key(&data.broker_name)).collect();
        let is_whole = known.len() == queue_datas.len();
        if known.is_empty() || !is_whole && !self.topics.contains_key(topic) {
            return;
        }
        let queues = self.topics.entry(topic.clone()).or_default();
        for data in known {
            let config = TopicConfig {
                read_queue_nums: data.read_queue_nums,
                write_queue_nums: data.write_queue_nums,
                perm: data.perm,
                order: false,
            };
            queues.insert(data.broker_name.clone(), config);
        }
    }

    fn touch_live(&mut self, now: Instant, cluster: &ClusterName, address: Address) {
        if let Some(live) = self.live_key(cluster, address).and_then(|key| self.live.get_mut(&key)) {
            live.last_update = now;
        }
    }

    /// Takes settings over; what it does not know or cannot read is passed over, as `Configuration.update` does.
    pub(super) fn update_config(&mut self, settings: &[(String, String)]) {
        for (key, value) in settings {
            self.config.set(key, value).unwrap_or_default();
        }
    }
}

const fn topic_list(topics: BTreeSet<TopicName>) -> NameServerAnswer {
    NameServerAnswer::TopicList { topics, broker_address: None }
}

fn not_found(code: RequestCode, remark: String) -> Response {
    Response::refused(code, ResponseCode::QueryNotFound, remark)
}
