//! The topics of a broker: those it makes for itself, those operators make, those that a send creates.
//!
//! **In RocketMQ**: `TopicConfigManager`, `TopicValidator` (behaviour §2.4, §3.8, §6.1).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Broker;
use super::send::Send;
use crate::client_instance::AUTO_CREATE_TOPIC;
use crate::config::{BrokerConfig, Profile};
use crate::fact::Fact;
use crate::id::{BrokerName, TopicName};
use crate::names;
use crate::outbox::Outbox;
use crate::rpc::{KvTable, TopicConfig, perm};
use crate::time::Instant;

const READ_WRITE: u8 = perm::READ | perm::WRITE;
const TEMPLATE: u8 = READ_WRITE | perm::INHERIT;

const fn topic(queues: u32, perm: u8) -> TopicConfig {
    TopicConfig { read_queue_nums: queues, write_queue_nums: queues, perm, order: false }
}

/// The topics named after cluster and broker are always templates.
const fn template_perm(is_enabled: bool) -> u8 {
    if is_enabled { TEMPLATE } else { perm::INHERIT }
}

/// The topics of a fresh broker (recorded: 8 in V4, 13 in V5).
pub(super) fn system_topics(
    profile: Profile,
    config: &BrokerConfig,
    broker_name: &BrokerName,
) -> BTreeMap<TopicName, TopicConfig> {
    let cluster = &config.broker_cluster_name;
    let mut topics: BTreeMap<TopicName, TopicConfig> = [
        ("SELF_TEST_TOPIC".into(), topic(1, READ_WRITE)),
        ("BenchmarkTest".into(), topic(1024, READ_WRITE)),
        (cluster.as_str().into(), topic(16, template_perm(config.cluster_topic_enable))),
        (broker_name.as_str().into(), topic(1, template_perm(config.broker_topic_enable))),
        ("OFFSET_MOVED_EVENT".into(), topic(1, READ_WRITE)),
        ("SCHEDULE_TOPIC_XXXX".into(), topic(18, READ_WRITE)),
        (format!("{cluster}_REPLY_TOPIC").into(), topic(1, READ_WRITE)),
    ]
    .into();
    if config.auto_create_topic_enable {
        topics.insert(AUTO_CREATE_TOPIC.into(), topic(config.default_topic_queue_nums, TEMPLATE));
    }
    if config.trace_topic_enable {
        topics.insert(config.msg_trace_topic_name.clone(), topic(1, READ_WRITE));
    }
    if profile.is_v5() {
        topics.insert("RMQ_SYS_TRANS_HALF_TOPIC".into(), topic(1, READ_WRITE));
        topics.insert("RMQ_SYS_TRANS_OP_HALF_TOPIC".into(), topic(1, READ_WRITE));
        topics.insert(format!("rmq_sys_REVIVE_LOG_{cluster}").into(), topic(8, READ_WRITE));
        topics.insert(format!("rmq_sys_SYNC_BROKER_MEMBER_{broker_name}").into(), topic(1, perm::INHERIT));
        if config.timer_wheel_enable {
            topics.insert("rmq_sys_wheel_timer".into(), topic(1, READ_WRITE));
        }
    }
    topics
}

/// Whether the topic is RocketMQ's own on this broker: the fixed names, and those that the broker adds when it starts
/// (`TopicValidator.isSystemTopic`). What groups bring with them does not count.
pub fn is_system_topic(name: &TopicName, config: &BrokerConfig, broker_name: &BrokerName) -> bool {
    let text = name.as_str();
    let cluster = config.broker_cluster_name.as_str();
    names::is_system_topic(text)
        || text == cluster
        || text == broker_name.as_str()
        || text.strip_suffix("_REPLY_TOPIC") == Some(cluster)
        || config.trace_topic_enable && *name == config.msg_trace_topic_name
}

impl Broker {
    /// An operator creates or changes a topic: it is stored and registered at once (behaviour §6.1).
    pub(super) fn update_topic(
        &mut self,
        now: Instant,
        topic: TopicName,
        config: TopicConfig,
        out: &mut Outbox,
    ) {
        if self.profile.is_v5() && self.topics.get(&topic) == Some(&config) {
            return;
        }
        self.put_topic(now, topic.clone(), config, out);
        self.register_all(now, Some(&topic), out);
    }

    /// A name server says which topics have an order configuration. V4 holds all others for no order topics; V5 leaves
    /// them as operators made them (`updateOrderTopicConfig`).
    pub(super) fn update_order_topics(&mut self, now: Instant, order_topics: &KvTable) {
        let is_ordered = |topic: &TopicName| order_topics.contains_key(topic.as_str());
        let keeps = self.profile.is_v5();
        let changes: Vec<_> = self
            .topics
            .iter()
            .filter(|(topic, config)| config.order != (is_ordered(topic) || keeps && config.order))
            .map(|(topic, _)| topic.clone())
            .collect();
        if changes.is_empty() {
            return;
        }
        let topics = Arc::make_mut(&mut self.topics);
        for topic in changes {
            if let Some(config) = topics.get_mut(&topic) {
                config.order = !config.order;
            }
        }
        self.data_version = self.data_version.next(now);
    }

    pub(super) fn put_topic(
        &mut self,
        now: Instant,
        topic: TopicName,
        config: TopicConfig,
        out: &mut Outbox,
    ) {
        Arc::make_mut(&mut self.topics).insert(topic.clone(), config.clone());
        self.data_version = self.data_version.next(now);
        out.note(Fact::TopicUpdated { topic, config });
    }

    /// Tells the name servers of a topic that the broker made by itself: V5 of this one, V4 of everything.
    pub(super) fn register_own(&mut self, now: Instant, topic: &TopicName, out: &mut Outbox) {
        let changed = self.profile.is_v5().then_some(topic);
        self.register_all(now, changed, out);
    }

    /// A send to an unknown topic creates it after a template, mostly TBW102 (`createTopicInSendMessageMethod`).
    pub(super) fn create_topic_in_send(
        &mut self,
        now: Instant,
        send: &Send,
        out: &mut Outbox,
    ) -> Option<TopicConfig> {
        let template = self.topics.get(&send.default_topic)?;
        let is_usual = send.default_topic.as_str() == AUTO_CREATE_TOPIC;
        // The setting takes the permission from TBW102 alone; the broker's and the cluster's own topics keep it.
        let is_off = is_usual && !self.config.auto_create_topic_enable;
        if is_off || template.perm & perm::INHERIT == 0 {
            return None;
        }
        let queues = send.default_topic_queue_nums.min(template.write_queue_nums);
        let config = TopicConfig {
            read_queue_nums: queues,
            write_queue_nums: queues,
            perm: template.perm & !perm::INHERIT,
            order: false,
        };
        let topic = &send.message.topic;
        self.put_topic(now, topic.clone(), config.clone(), out);
        self.register_own(now, topic, out);
        Some(config)
    }

    /// A topic that the broker needs for itself or for a group, made when it is not there
    /// (`createTopicInSendMessageBackMethod`).
    pub(super) fn ensure_topic(
        &mut self,
        now: Instant,
        name: &TopicName,
        queues: u32,
        out: &mut Outbox,
    ) -> TopicConfig {
        if let Some(config) = self.topics.get(name) {
            return config.clone();
        }
        let config = topic(queues, READ_WRITE);
        self.put_topic(now, name.clone(), config.clone(), out);
        self.register_own(now, name, out);
        config
    }
}
