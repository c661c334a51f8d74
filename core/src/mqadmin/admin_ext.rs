//! What commands have in common: the calls of the tool's administration client, and how it finds brokers.
//!
//! Whatever comes out of a hash table in Java comes in that order here.
//!
//! **In RocketMQ**: `DefaultMQAdminExtImpl`, `MQClientAPIImpl`, `CommandUtil`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arcstr::ArcStr;

use super::exception::{Exception, suggest_todo};
use super::session::{Session, Step, caught};
use crate::gather::Gather as _;
use crate::hash_order::{in_buckets, in_name_order};
use crate::id::{Address, BrokerId, BrokerName, ClusterName, GroupName, TopicName};
use crate::message::java_hash;
use crate::rpc::{
    BrokerData, NAMESPACE_ORDER_TOPIC_CONFIG, NameServerAnswer, NameServerRequest, Request, ResponseBody,
    ResponseCode, TopicConfig, TopicRoute, perm,
};

const WRONG_CLUSTER: &str =
    "Make sure the specified clusterName exists or the name server connected to is correct.";

/// Who is there, as a name server knows it (`ClusterInfo`).
#[derive(Clone, Debug, Default)]
pub(super) struct ClusterInfo {
    /// The broker names of each cluster.
    pub(super) clusters: Vec<(ClusterName, Vec<BrokerName>)>,
    brokers: Vec<BrokerData>,
}

impl ClusterInfo {
    /// The broker names of a cluster; `None` when there is no such cluster.
    pub(super) fn broker_names(&self, cluster: &str) -> Option<&[BrokerName]> {
        let found = self.clusters.iter().find(|(name, _)| name.as_str() == cluster);
        found.map(|(_, names)| names.as_slice())
    }

    /// The replicas of a broker name.
    pub(super) fn broker(&self, name: &BrokerName) -> Option<&BrokerData> {
        self.brokers.iter().find(|data| data.broker_name == *name)
    }

    /// The replicas of every broker name of a cluster.
    pub(super) fn brokers_of(&self, cluster: &str) -> Option<Vec<&BrokerData>> {
        self.broker_names(cluster).map(|names| names.iter().filter_map(|name| self.broker(name)).collect())
    }

    /// The clusters in which a broker name is.
    pub(super) fn clusters_of(&self, broker: &BrokerName) -> impl Iterator<Item = &ClusterName> {
        self.clusters.iter().filter(|(_, names)| names.contains(broker)).map(|(cluster, _)| cluster)
    }

    /// Every address of a cluster, slaves too (`retrieveAllAddrByCluster`).
    pub(super) fn addresses_of(&self, cluster: &str) -> Vec<Address> {
        let brokers = self.brokers_of(cluster).unwrap_or_default();
        brokers.into_iter().flat_map(|data| data.broker_addrs.values().copied()).collect()
    }
}

/// The master of a broker name.
pub(super) fn master(data: &BrokerData) -> Option<Address> {
    data.broker_addrs.get(&BrokerId::MASTER).copied()
}

impl Session<'_> {
    fn name_server_answer(&mut self, request: NameServerRequest) -> Step<Option<NameServerAnswer>> {
        match self.invoke_name_server(Request::NameServer(request))?.body {
            ResponseBody::NameServer(answer) => Ok(Some(answer)),
            _ => Ok(None),
        }
    }

    /// Asks one particular name server, and throws `MQClientException` when it refuses.
    pub(super) fn invoke_this_name_server(
        &mut self,
        to: Address,
        request: NameServerRequest,
    ) -> Step<Option<NameServerAnswer>> {
        match self.invoke_checked(to, Request::NameServer(request))?.body {
            ResponseBody::NameServer(answer) => Ok(Some(answer)),
            _ => Ok(None),
        }
    }

    /// `examineBrokerClusterInfo`.
    pub(super) fn examine_broker_cluster_info(&mut self) -> Step<ClusterInfo> {
        let answer = self.name_server_answer(NameServerRequest::GetBrokerClusterInfo)?;
        let Some(NameServerAnswer::ClusterInfo { clusters, brokers }) = answer else {
            return Ok(ClusterInfo::default());
        };
        let in_order = |(name, brokers): (ClusterName, BTreeSet<BrokerName>)| {
            (name, in_name_order(brokers.into_iter().collect(), ToString::to_string))
        };
        let clusters = clusters.into_iter().map(in_order).collect();
        let brokers = brokers.into_values().collect();
        Ok(ClusterInfo {
            clusters: in_name_order(clusters, |(name, _)| name.to_string()),
            brokers: in_name_order(brokers, |data: &BrokerData| data.broker_name.to_string()),
        })
    }

    /// `examineTopicRouteInfo`.
    pub(super) fn examine_topic_route_info(&mut self, topic: &TopicName) -> Step<TopicRoute> {
        let profile = self.profile();
        let response = self.ask_name_server(&Request::GetRouteInfoByTopic { topic: topic.clone() })?;
        let ResponseBody::Route(route) = response.body else {
            let mut remark = response.remark.to_string();
            if response.code == ResponseCode::TopicNotExist && !remark.contains("\nSee ") {
                remark += &suggest_todo(profile);
            }
            return Err(Exception::client(profile, response.code.number(), &remark).into());
        };
        let mut route = Arc::unwrap_or_clone(route);
        route.queue_datas = in_name_order(route.queue_datas, |data| data.broker_name.to_string());
        route.broker_datas = in_name_order(route.broker_datas, |data| data.broker_name.to_string());
        Ok(route)
    }

    /// `fetchAllTopicList`.
    pub(super) fn fetch_all_topic_list(&mut self) -> Step<Vec<TopicName>> {
        let answer = self.name_server_answer(NameServerRequest::GetAllTopicListFromNameServer)?;
        let Some(NameServerAnswer::TopicList { topics, .. }) = answer else {
            return Ok(Vec::new());
        };
        // The name server keeps them in a large table, out of which it puts them into a small one.
        let made_for = if self.profile().is_v5() { 2048 } else { 1024 };
        let topics = in_buckets(topics.into_iter().collect(), made_for, |topic| java_hash(topic.as_str()));
        Ok(in_name_order(topics, ToString::to_string))
    }

    /// `selectBrokerAddr`: the master, without one any slave.
    pub(super) fn select_broker_addr(&mut self, data: &BrokerData) -> Option<Address> {
        let all: Vec<Address> = data.broker_addrs.values().copied().collect();
        master(data).or_else(|| {
            let chosen = self.below(all.len());
            all.get(chosen).copied()
        })
    }

    /// `fetchMasterAddrByClusterName`: in the order of a set of addresses.
    pub(super) fn fetch_master_addr_by_cluster_name(&mut self, cluster: &str) -> Step<Vec<Address>> {
        self.fetch_addresses(cluster, |data| master(data).into_iter().collect())
    }

    /// `fetchMasterAndSlaveAddrByClusterName`: in the order of a set of addresses.
    pub(super) fn fetch_master_and_slave_addr_by_cluster_name(
        &mut self,
        cluster: &str,
    ) -> Step<Vec<Address>> {
        self.fetch_addresses(cluster, |data| data.broker_addrs.values().copied().collect())
    }

    fn fetch_addresses(
        &mut self,
        cluster: &str,
        addresses: impl Fn(&BrokerData) -> Vec<Address>,
    ) -> Step<Vec<Address>> {
        let info = self.examine_broker_cluster_info()?;
        let Some(brokers) = info.brokers_of(cluster) else {
            self.print_wrong_cluster();
            return Ok(Vec::new());
        };
        let found = brokers.into_iter().flat_map(addresses).collect();
        Ok(in_name_order(found, ToString::to_string))
    }

    /// Says that there is no such cluster, as `CommandUtil` does it: without an end of line.
    pub(super) fn print_wrong_cluster(&mut self) {
        self.print(&format!("[error] {WRONG_CLUSTER}"));
    }

    /// `fetchBrokerNameByClusterName`.
    pub(super) fn fetch_broker_name_by_cluster_name(&mut self, cluster: &str) -> Step<Vec<BrokerName>> {
        let info = self.examine_broker_cluster_info()?;
        match info.broker_names(cluster) {
            Some(names) if !names.is_empty() => Ok(names.to_vec()),
            _ => Err(Exception::plain(WRONG_CLUSTER).into()),
        }
    }

    /// `fetchBrokerNameByAddr`.
    pub(super) fn fetch_broker_name_by_addr(&mut self, address: Address) -> Step<BrokerName> {
        let info = self.examine_broker_cluster_info()?;
        let found =
            info.brokers.iter().find(|data| data.broker_addrs.values().any(|other| *other == address));
        found.map(|data| data.broker_name.clone()).ok_or_else(|| Exception::plain(WRONG_CLUSTER).into())
    }

    /// `fetchBrokerRuntimeStats`: by name.
    pub(super) fn fetch_broker_runtime_stats(&mut self, broker: Address) -> Step<BTreeMap<ArcStr, ArcStr>> {
        match self.invoke_broker(broker, Request::GetBrokerRuntimeInfo)?.body {
            ResponseBody::Properties(figures) => Ok(figures.into_iter().gather()),
            _ => Ok(BTreeMap::new()),
        }
    }

    /// `createAndUpdateTopicConfig`.
    pub(super) fn create_and_update_topic_config(
        &mut self,
        broker: Address,
        topic: &TopicName,
        config: &TopicConfig,
    ) -> Step<()> {
        let is_valid = config.perm <= (perm::READ | perm::WRITE | perm::INHERIT);
        if self.profile().is_v5() && !is_valid {
            let remark = format!("topicPermission value: {} is invalid.", config.perm);
            let code = ResponseCode::NoPermission.number();
            return Err(Exception::client(self.profile(), code, &remark).into());
        }
        let request = Request::UpdateAndCreateTopic { topic: topic.clone(), config: config.clone() };
        self.invoke_checked(broker, request).map(|_| ())
    }

    /// `queryTopicConsumeByWho`: the first broker of the route answers for all.
    pub(super) fn query_topic_consume_by_who(&mut self, topic: &TopicName) -> Step<Vec<GroupName>> {
        let route = self.examine_topic_route_info(topic)?;
        for data in &route.broker_datas {
            if let Some(broker) = self.select_broker_addr(data) {
                let request = Request::QueryTopicConsumeByWho { topic: topic.clone() };
                if let ResponseBody::GroupNames(groups) = self.invoke_broker(broker, request)?.body {
                    return Ok(in_name_order(groups, ToString::to_string));
                }
            }
        }
        Ok(Vec::new())
    }

    /// Tells every name server something. One that cannot be reached ends it; a refusal is thrown at the end.
    pub(super) fn tell_name_servers(
        &mut self,
        name_servers: Vec<Address>,
        request: &NameServerRequest,
    ) -> Step<()> {
        let mut refusal = None;
        for name_server in name_servers {
            let response = self.invoke(name_server, Request::NameServer(request.clone()))?;
            if response.code != ResponseCode::Success {
                refusal = Some(response);
            }
        }
        match refusal {
            Some(response) => {
                Err(Exception::client(self.profile(), response.code.number(), &response.remark).into())
            }
            None => Ok(()),
        }
    }

    /// `putKVConfig` at every name server.
    pub(super) fn put_kv_config(&mut self, namespace: &str, key: &str, value: &str) -> Step<()> {
        let request = NameServerRequest::PutKvConfig {
            namespace: namespace.into(),
            key: key.into(),
            value: value.into(),
        };
        self.tell_name_servers(self.name_servers().to_vec(), &request)
    }

    /// `deleteKvConfig` at every name server.
    pub(super) fn delete_kv_config(&mut self, namespace: &str, key: &str) -> Step<()> {
        let request = NameServerRequest::DeleteKvConfig { namespace: namespace.into(), key: key.into() };
        self.tell_name_servers(self.name_servers().to_vec(), &request)
    }

    /// `getKVConfig` from one name server.
    pub(super) fn get_kv_config(&mut self, namespace: &str, key: &str) -> Step<ArcStr> {
        let request = NameServerRequest::GetKvConfig { namespace: namespace.into(), key: key.into() };
        match self.name_server_answer(request)? {
            Some(NameServerAnswer::KvValue(value)) => Ok(value),
            _ => Ok("".into()),
        }
    }

    /// `createOrUpdateOrderConf` of one broker: joined with what is there for others.
    pub(super) fn put_order_conf_of_broker(
        &mut self,
        topic: &str,
        broker: &BrokerName,
        conf: &str,
    ) -> Step<()> {
        let old = match caught(self.get_kv_config(NAMESPACE_ORDER_TOPIC_CONFIG, topic))? {
            Ok(old) => old,
            Err(exception) => {
                self.print_stack_trace(&exception);
                "".into()
            }
        };
        let mut parts: Vec<&str> = old.split(';').filter(|part| !part.is_empty()).collect();
        let name = |part: &str| part.split(':').next().unwrap_or_default().to_owned();
        match parts.iter_mut().find(|part| name(part) == broker.as_str()) {
            Some(part) => *part = conf,
            None => parts.push(conf),
        }
        let parts = in_name_order(parts, |part| name(part));
        self.put_kv_config(NAMESPACE_ORDER_TOPIC_CONFIG, topic, &parts.join(";"))
    }
}
