//! What operators ask of a broker, and what they have it do.
//!
//! **In RocketMQ**: `AdminBrokerProcessor`, `QueryMessageProcessor` (behaviour §6, §7).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arcstr::ArcStr;

use super::Broker;
use super::stats::Counted;
use super::topics::is_system_topic;
use crate::config::BrokerConfig;
use crate::fact::Fact;
use crate::gather::Gather as _;
use crate::id::{Address, CommitLogOffset, GroupName, QueueId, QueueOffset, TopicName};
use crate::names::{TOPIC_MAX_LENGTH, validate};
use crate::outbox::Outbox;
use crate::rpc::{
    ConsumeStats, ConsumerConnection, GroupConsumeStats, OffsetWrapper, PopSource, QueryMessage,
    RateOverTime, RequestCode, Response, ResponseBody, ResponseCode, TopicConfig, TopicOffset, message_queue,
};
use crate::time::Instant;

/// Settings that nobody may change while the broker runs.
const CONFIG_BLACK_LIST: &[&str] = &["brokerConfigPath", "rocketmqHome", "configBlackList"];

/// Messages of one producer's id that a broker looks for (`defaultQueryMaxNum`).
const DEFAULT_QUERY_MAX_NUM: usize = 32;

/// What one queue's row of a group is about.
struct Row<'a> {
    group: &'a GroupName,
    topic: &'a TopicName,
    queue_id: u32,
}

/// What `getBrokerConfig` does not tell: the lab's own settings, system properties, constants and settings of Netty under
/// another name.
const NOT_PRINTED: &[&str] = &[
    "diskCapacity",
    "diskFlushTime",
    "physicalMemory",
    "rocketmq.broker.rebalance.lockMaxLiveTime",
    "serverChannelMaxIdleTimeMillis",
];
/// Settings that `getBrokerConfig` of the lab tells of replicas of a DLedger group only; RocketMQ tells them of every
/// broker.
const OF_DLEDGER: &[&str] =
    &["enableDLegerCommitLog", "dLegerGroup", "dLegerPeers", "dLegerSelfId", "preferredLeaderId"];
/// Settings that 4.9.8 does not have; some are constants or system properties there.
const NEW_IN_V5: &[&str] = &[
    // POP.
    "defaultMessageRequestMode",
    "defaultPopShareQueueNum",
    "enablePopBufferMerge",
    "enableRetryTopicV2",
    "initPopOffsetByCheckMsgInMem",
    "loadBalancePollNameServerInterval",
    "popCkStayBufferTime",
    "popCkStayBufferTimeOut",
    "popFromRetryProbability",
    "retrieveMessageFromPopRetryTopicV1",
    "reviveInterval",
    "reviveMaxSlow",
    "reviveScanTime",
    "serverLoadBalancerEnable",
    "brokerHeartbeatInterval",
    "brokerNotActiveTimeoutMillis",
    "channelExpiredTimeout",
    "compatibleWithOldNameSrv",
    "deleteFileBatchMax",
    "diskSpaceCleanForciblyRatio",
    "diskSpaceWarningLevelRatio",
    "enableAutoInSyncReplicas",
    "enableRemoteEscape",
    "enableSlaveActingMaster",
    "haMaxGapNotInSync",
    "inSyncReplicas",
    "loadBalancePollNameServerInterval",
    "minInSyncReplicas",
    "realTimeNotifyConsumerChange",
    "skipPreOnline",
    "syncBrokerMemberGroupPeriod",
    "timerMaxDelaySec",
    "timerPrecisionMs",
    "timerWheelEnable",
    "totalReplicas",
    "transactionOpBatchInterval",
    "transactionOpMsgMaxSize",
    "useServerSideResetOffset",
    "enableControllerMode",
    "controllerAddr",
    "syncBrokerMetadataPeriod",
    "checkSyncStateSetPeriod",
    "syncControllerMetadataPeriod",
    "controllerHeartBeatTimeoutMills",
    "brokerHeartbeatInterval",
    "brokerElectionPriority",
    "minInSyncReplicas",
    "allAckInSyncStateSet",
    "haMaxTimeSlaveNotCatchup",
    "syncFromLastFile",
    "asyncLearner",
];

impl Broker {
    /// V4: a slave takes no changes from operators (`validateSlave`).
    pub(super) fn refuse_as_slave(&self, code: RequestCode) -> Result<(), Response> {
        if self.profile.is_v5() || !self.is_slave() {
            return Ok(());
        }
        let remark = "Can't modify topic or subscription group from slave broker, please execute it from master broker.";
        Err(Response::refused(code, ResponseCode::SystemError, remark))
    }

    /// Whether an operator may create, change or delete a topic of this name.
    fn check_topic_change(&self, code: RequestCode, topic: &TopicName) -> Result<(), Response> {
        self.refuse_as_slave(code)?;
        let refusal = self.code_by_version(ResponseCode::SystemError, ResponseCode::InvalidParameter);
        if let Err(why) = validate(topic.as_str(), TOPIC_MAX_LENGTH) {
            return Err(Response::refused(code, refusal, why.remark()));
        }
        if is_system_topic(topic, &self.config, &self.broker_name) {
            let remark = format!("The topic[{topic}] is conflict with system topic.");
            return Err(Response::refused(code, refusal, remark));
        }
        Ok(())
    }

    /// An operator creates or changes a topic.
    pub(super) fn on_update_topic(
        &mut self,
        now: Instant,
        topic: TopicName,
        config: TopicConfig,
        out: &mut Outbox,
    ) -> Response {
        let code = RequestCode::UpdateAndCreateTopic;
        if let Err(refusal) = self.check_topic_change(code, &topic) {
            return refusal;
        }
        // V4 does not read the flag; its broker learns from the name servers which topics are order topics.
        let order = config.order && self.profile.is_v5();
        self.update_topic(now, topic, TopicConfig { order, ..config }, out);
        Response::ok(code)
    }

    /// An operator takes a topic away: its settings and its queues; V5 also the offsets of all groups (behaviour §3.8).
    pub(super) fn delete_topic(&mut self, now: Instant, topic: &TopicName, out: &mut Outbox) -> Response {
        let code = RequestCode::DeleteTopicInBroker;
        if let Err(refusal) = self.check_topic_change(code, topic) {
            return refusal;
        }
        let was_there = Arc::make_mut(&mut self.topics).remove(topic).is_some();
        if was_there {
            self.data_version = self.data_version.next(now);
        }
        self.store.delete_topic(topic);
        if self.profile.is_v5() {
            self.delete_pop_retry_topics(now, topic, out);
            self.offsets.forget_topic(topic);
        }
        if was_there {
            out.note(Fact::TopicDeleted { topic: topic.clone() });
        }
        Response::ok(code)
    }

    /// With a topic go the retry topics of POP of all groups that stand somewhere in it
    /// (`clearRetryTopicWhenDeleteTopic`).
    fn delete_pop_retry_topics(&mut self, now: Instant, topic: &TopicName, out: &mut Outbox) {
        let groups: BTreeSet<_> = self
            .offsets
            .iter()
            .filter(|(_, other, ..)| *other == topic)
            .map(|(group, ..)| group.clone())
            .gather();
        for group in groups {
            for source in [PopSource::RetryV1, PopSource::RetryV2] {
                let retry = source.real_topic(topic, &group);
                if Arc::make_mut(&mut self.topics).remove(&retry).is_some() {
                    self.data_version = self.data_version.next(now);
                    self.store.delete_topic(&retry);
                    self.offsets.forget_topic(&retry);
                    out.note(Fact::TopicDeleted { topic: retry });
                }
            }
        }
    }

    /// An operator changes settings. What RocketMQ does not know, or cannot read, it passes over in silence.
    pub(super) fn on_update_config(
        &mut self,
        now: Instant,
        settings: &[(ArcStr, ArcStr)],
        out: &mut Outbox,
    ) -> Response {
        let code = RequestCode::UpdateBrokerConfig;
        if settings.iter().any(|(key, _)| CONFIG_BLACK_LIST.contains(&&**key)) {
            return Response::refused(
                code,
                ResponseCode::NoPermission,
                "Can not update config in black list.",
            );
        }
        let mut known = Vec::new();
        for (key, value) in settings {
            if &**key == "namesrvAddr" {
                let addresses: Result<Vec<Address>, String> = value.split(';').map(str::parse).collect();
                self.configured_name_servers = addresses.unwrap_or_default();
            } else if BrokerConfig::of(self.profile).set(key, value).is_ok() {
                known.push((key.to_string(), value.to_string()));
            }
        }
        self.update_config(now, &known, out);
        Response::ok(code)
    }

    /// The settings by key: the lab's, and what identifies the broker.
    pub(super) fn config_table(&self) -> Vec<(ArcStr, ArcStr)> {
        let is_printed = |key: &str| {
            let is_known = self.profile.is_v5() || !NEW_IN_V5.contains(&key);
            let is_used = self.dledger().is_some() || !OF_DLEDGER.contains(&key);
            !NOT_PRINTED.contains(&key) && is_known && is_used
        };
        let entries = self.config.entries().into_iter().filter(|(key, _)| is_printed(key));
        let mut table: Vec<(ArcStr, ArcStr)> =
            entries.map(|(key, value)| (key.into(), value.into())).collect();
        let name_servers: Vec<_> = self.configured_name_servers.iter().map(ToString::to_string).collect();
        let mut put = |key: &str, value: String| table.push((key.into(), value.into()));
        put("brokerName", self.broker_name.to_string());
        put("brokerId", self.broker_id.to_string());
        put("brokerIP1", self.address.ip.to_string());
        put("listenPort", self.address.port.to_string());
        put("haListenPort", self.ha_address.port.to_string());
        put("namesrvAddr", name_servers.join(";"));
        table
    }

    /// The offsets of a topic's queues: V4 of those that are written to, V5 of all (behaviour §6.2).
    pub(super) fn topic_stats(&self, now: Instant, topic: &TopicName) -> Response {
        let code = RequestCode::GetTopicStatsInfo;
        let Some(config) = self.topics.get(topic) else {
            let remark = format!("topic[{topic}] not exist");
            return Response::refused(code, ResponseCode::TopicNotExist, remark);
        };
        let queues = if self.profile.is_v5() {
            config.write_queue_nums.max(config.read_queue_nums)
        } else {
            config.write_queue_nums
        };
        let stats = (0..queues)
            .map(|id| {
                let max = self.store.max_offset(topic, QueueId(id));
                let offset = TopicOffset {
                    min: self.store.min_offset(topic, QueueId(id)),
                    max,
                    last_update: self.stored_before(topic, QueueId(id), max),
                };
                (message_queue(topic, &self.broker_name, id), offset)
            })
            .gather();
        let rate = self.stats.rate(now, &Counted::put(topic));
        Response::with(code, ResponseBody::TopicStats(stats, rate))
    }

    /// Store time of the message before an offset.
    fn stored_before(&self, topic: &TopicName, queue_id: QueueId, offset: QueueOffset) -> Option<Instant> {
        let before = QueueOffset(offset.0.checked_sub(1)?);
        self.store.message_at(topic, queue_id, before).map(|message| message.stored_at)
    }

    fn offset_wrapper(&self, row: &Row<'_>) -> OffsetWrapper {
        let queue_id = QueueId(row.queue_id);
        let consumer_offset = self.offsets.get(row.group, row.topic, queue_id).unwrap_or_default();
        let pull_offset = self.pull_offsets.get(row.group, row.topic, queue_id).unwrap_or_default();
        OffsetWrapper {
            broker_offset: self.store.max_offset(row.topic, queue_id),
            consumer_offset,
            pull_offset: consumer_offset.max(pull_offset),
            last_timestamp: self.stored_before(row.topic, queue_id, consumer_offset),
        }
    }

    /// Whether a topic of the group counts: an online group's only while it subscribes to it.
    fn is_subscribed(&self, group: &GroupName, topic: &TopicName) -> bool {
        let subscriptions = self.consumers.get(group).map(|info| &info.subscriptions);
        subscriptions.is_none_or(|known| known.is_empty() || known.contains_key(topic))
            || self.pop.knows(group, topic)
    }

    /// The topics on which the broker stores an offset of the group (`whichTopicByConsumer`).
    fn topics_of(&self, group: &GroupName) -> BTreeSet<TopicName> {
        self.offsets.iter().filter(|(other, ..)| *other == group).map(|(_, topic, ..)| topic.clone()).gather()
    }

    fn consumed_rate(&self, now: Instant, group: &GroupName, topic: &TopicName) -> RateOverTime {
        self.stats.rate(now, &Counted::got(topic, group))
    }

    /// How far a group is, queue by queue.
    pub(super) fn consume_stats(
        &self,
        now: Instant,
        group: &GroupName,
        topic: Option<TopicName>,
    ) -> Response {
        let topics = topic.map_or_else(|| self.topics_of(group), |topic| [topic].into());
        let mut stats = ConsumeStats::default();
        for topic in topics.iter().filter(|topic| self.is_subscribed(group, topic)) {
            let Some(config) = self.topics.get(topic) else {
                continue;
            };
            for queue_id in 0..config.read_queue_nums {
                let row = Row { group, topic, queue_id };
                let queue = message_queue(topic, &self.broker_name, queue_id);
                stats.offsets.insert(queue, self.offset_wrapper(&row));
            }
            stats.rates.push(self.consumed_rate(now, group, topic));
        }
        Response::with(RequestCode::GetConsumeStats, ResponseBody::ConsumeStats(stats))
    }

    /// How far every group is, with the queues that are written to.
    pub(super) fn all_consume_stats(&self, now: Instant, is_order: bool) -> GroupConsumeStats {
        let stats_of = |group: &GroupName, topic: &TopicName| {
            let config = self.topics.get(topic).filter(|config| config.order || !is_order)?;
            let rows = (0..config.write_queue_nums).map(|queue_id| Row { group, topic, queue_id });
            let offsets = rows.map(|row| {
                (message_queue(topic, &self.broker_name, row.queue_id), self.offset_wrapper(&row))
            });
            Some(ConsumeStats {
                offsets: offsets.gather(),
                rates: vec![self.consumed_rate(now, group, topic)],
            })
        };
        self.groups
            .keys()
            .map(|group| {
                let topics = self.topics_of(group);
                let subscribed = topics.iter().filter(|topic| self.is_subscribed(group, topic));
                (group.clone(), subscribed.filter_map(|topic| stats_of(group, topic)).collect())
            })
            .collect()
    }

    /// Who is in a consumer group.
    pub(super) fn consumer_connection(&self, group: &GroupName) -> Response {
        let code = RequestCode::GetConsumerConnectionList;
        let Some(info) = self.consumers.get(group) else {
            let remark = format!("the consumer group[{group}] not online");
            return Response::refused(code, ResponseCode::ConsumerNotOnline, remark);
        };
        let connection = ConsumerConnection {
            connections: info
                .members
                .values()
                .map(|member| (member.client_id.clone(), member.address))
                .collect(),
            subscriptions: info.subscriptions.clone(),
            model: info.model,
            from: info.from,
        };
        Response::with(code, ResponseBody::ConsumerConnection(connection))
    }

    /// Who is in a producer group.
    pub(super) fn producer_connection(&self, group: &GroupName) -> Response {
        let code = RequestCode::GetProducerConnectionList;
        let Some(members) = self.producers.get(group) else {
            let remark = format!("the producer group[{group}] not exist");
            return Response::refused(code, ResponseCode::SystemError, remark);
        };
        let members = members.values().map(|member| (member.client_id.clone(), member.address)).collect();
        Response::with(code, ResponseBody::ProducerConnection(members))
    }

    /// The groups that consume a topic, online or by their offsets. V5 files those online under the topic's own name
    /// and never takes it away again, a mistake of 5.3.3 (behaviour §7.1).
    pub(super) fn groups_of(&self, topic: &TopicName) -> Vec<GroupName> {
        let by_offset = self.offsets.iter().filter(|(_, other, ..)| *other == topic);
        let mut groups: BTreeSet<GroupName> = by_offset.map(|(group, ..)| group.clone()).gather();
        if self.profile.is_v5() {
            groups.extend(self.subscribed_topics.get(topic).map(|topic| GroupName::from(topic.as_str())));
        } else {
            let online = self.consumers.iter().filter(|(_, info)| info.subscriptions.contains_key(topic));
            groups.extend(online.map(|(group, _)| group.clone()));
        }
        groups.into_iter().collect()
    }

    /// The message whose record begins at an offset.
    pub(super) fn view_message(&self, offset: CommitLogOffset) -> Response {
        let code = RequestCode::ViewMessageById;
        match self.store.log().message_at(offset) {
            Some(message) => Response::with(code, ResponseBody::Message(message)),
            None => {
                let remark = format!("can not find message by the offset, {offset}");
                Response::refused(code, ResponseCode::SystemError, remark)
            }
        }
    }

    /// Messages by key (`QueryMessageProcessor.queryMessage`). A producer's id is looked for with a number of its own.
    pub(super) fn query_message(&self, query: &QueryMessage) -> Response {
        let code = RequestCode::QueryMessage;
        let most = if query.is_unique_key { DEFAULT_QUERY_MAX_NUM } else { query.max as usize };
        let found = self.store.query_message(&query.topic, &query.key, most, query.begin, query.end);
        if found.messages.is_empty() {
            let remark = "can not find message, maybe time range not correct";
            return Response::refused(code, ResponseCode::QueryNotFound, remark);
        }
        let body = ResponseBody::Messages {
            messages: found.messages,
            index_last_update: found.mark.last_update,
            index_last_offset: found.mark.last_offset,
        };
        Response::with(code, body)
    }

    /// Gives a group the offsets that another has of a topic.
    pub(super) fn clone_offsets(&mut self, source: &GroupName, destination: &GroupName, topic: &TopicName) {
        if !self.topics.contains_key(topic) || !self.is_subscribed(source, topic) {
            return;
        }
        let copied: BTreeMap<_, _> = self
            .offsets
            .iter()
            .filter(|(group, other, ..)| *group == source && *other == topic)
            .map(|(_, topic, queue_id, offset)| ((destination.clone(), (topic.clone(), queue_id)), offset))
            .gather();
        self.offsets.put_all(&copied);
    }

    /// A figure over the last minute, hour and day.
    pub(super) fn view_stats(&self, now: Instant, name: &str, key: &str) -> Response {
        let code = RequestCode::ViewBrokerStatsData;
        match self.stats.snapshots(now, name, key) {
            Some(snapshots) => Response::with(code, ResponseBody::Stats(snapshots)),
            None => {
                let remark = format!("The stats <{name}> <{key}> not exist");
                Response::refused(code, ResponseCode::SystemError, remark)
            }
        }
    }
}
