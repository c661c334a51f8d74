//! Defaults of settings and constants: each that the lab has is compared with the lab's own.
//!
//! A setting is found by RocketMQ's key. What is no setting in the lab stands in a table with the lab's constant. All
//! else is left out for the reason that the first fitting line of [`REASONS`] gives for its class.

use lab_core::config::{BrokerConfig, ClientConfig, ControllerConfig, NameServerConfig, Profile};
use lab_core::id::BrokerId;
use lab_core::message::property;
use lab_core::names;
use lab_core::retry_policy::RetryPolicy;
use lab_core::rpc::{NAMESPACE_ORDER_TOPIC_CONFIG, RequestCode, ResponseCode, perm};
use lab_core::sys_flag::{message, pull};
use serde_json::{Value, json};

use crate::vectors::{Outcome, compare};

type Entries = Vec<(&'static str, String)>;

/// The lab's settings that stand for the fields of a class.
fn settings_of(class: &str) -> Option<Entries> {
    match class {
        "store.config.MessageStoreConfig" | "common.BrokerConfig" | "common.BrokerIdentity" => {
            Some(BrokerConfig::of(Profile::V5).entries())
        }
        "common.ControllerConfig" => Some(ControllerConfig::of(Profile::V5).entries()),
        "common.namesrv.NamesrvConfig" => Some(NameServerConfig::of(Profile::V5).entries()),
        "client.ClientConfig"
        | "client.producer.DefaultMQProducer"
        | "client.consumer.DefaultMQPushConsumer"
        | "remoting.netty.NettyClientConfig" => Some(ClientConfig::of(Profile::V5).entries()),
        _ => None,
    }
}

/// Fields that the lab has under another name, in another unit, or as no setting.
fn other_default(class: &str, field: &str) -> Option<Value> {
    let broker = BrokerConfig::of(Profile::V5);
    let name_server = NameServerConfig::of(Profile::V5);
    let client = ClientConfig::of(Profile::V5);
    let RetryPolicy::Exponential { initial, max, multiplier } = RetryPolicy::EXPONENTIAL else {
        return None;
    };
    Some(match (class, field) {
        ("remoting.netty.NettyServerConfig", "serverChannelMaxIdleTimeSeconds") => {
            json!(name_server.server_channel_max_idle_time.as_millis() / 1000)
        }
        ("remoting.netty.NettyClientConfig", "clientChannelMaxIdleTimeSeconds") => {
            json!(client.client_channel_max_idle_time.as_millis() / 1000)
        }
        ("store.config.MessageStoreConfig", "inSyncReplicas") => json!(broker.in_sync_replicas),
        ("client.producer.DefaultMQProducer", "createTopicKey") => json!(names::SYSTEM_TOPICS[0].0),
        ("client.consumer.DefaultMQPushConsumer", "consumeFromWhere") => {
            json!(lab_core::config::ConsumeFromWhere::default().to_string())
        }
        ("client.consumer.DefaultMQPushConsumer", "messageModel") => {
            json!(lab_core::config::MessageModel::default().to_string())
        }
        ("client.consumer.DefaultMQPushConsumer", "allocateMessageQueueStrategy") => {
            json!({ "object": format!("AllocateMessageQueue{:?}", lab_core::config::AllocateStrategy::default()) })
        }
        ("remoting.protocol.subscription.GroupRetryPolicy", "type") => match RetryPolicy::default() {
            RetryPolicy::Customized(_) => json!("CUSTOMIZED"),
            RetryPolicy::Exponential { .. } => json!("EXPONENTIAL"),
        },
        ("remoting.protocol.subscription.ExponentialRetryPolicy", "initial") => json!(initial.as_millis()),
        ("remoting.protocol.subscription.ExponentialRetryPolicy", "max") => json!(max.as_millis()),
        ("remoting.protocol.subscription.ExponentialRetryPolicy", "multiplier") => json!(multiplier),
        ("remoting.protocol.DataVersion", "counter") => json!(lab_core::rpc::DataVersion::default().counter),
        ("remoting.protocol.DataVersion", "stateVersion") => {
            json!(lab_core::rpc::DataVersion::default().state_version)
        }
        ("common.TopicConfig", "perm") => json!(perm::READ | perm::WRITE),
        ("common.TopicConfig", "topicFilterType") => {
            json!(lab_core::rpc::TopicFilterType::default().to_string())
        }
        _ => return None,
    })
}

/// Why a class has values that the lab has no use for. The first line whose beginning fits counts.
const REASONS: &[(&str, &str)] = &[
    ("client.consumer.DefaultLitePull", "consumers that pull by themselves are not simulated"),
    ("client.consumer.DefaultMQPull", "consumers that pull by themselves are not simulated"),
    ("client.consumer.listener", "listeners of the lab take no context"),
    ("client.producer.Transaction", "threads are not simulated"),
    ("client.", "the lab's clients have no such setting: nothing that they do depends on it"),
    (
        "common.ControllerConfig",
        "the lab's controllers have no such setting: nothing that they do depends on it",
    ),
    ("common.BrokerConfig", "the lab's brokers have no such setting: nothing that they do depends on it"),
    ("common.BrokerIdentity", "a name that the person at the lab gives"),
    ("store.", "a detail of files and threads that the lab's store does not have"),
    ("remoting.netty", "threads, buffers and sockets are not simulated"),
    ("common.namesrv", "the lab's name servers have no such setting: nothing that they do depends on it"),
    ("remoting.protocol.RequestCode", "a request that the lab does not have"),
    ("remoting.protocol.ResponseCode", "an answer that the lab does not give"),
    ("remoting.protocol.RemotingCommand", "the bytes of requests are not simulated"),
    ("remoting.protocol", "a detail of the protocol's objects that the lab does not have"),
    ("common.message.MessageConst", "a property that the lab does not use"),
    ("common.PopAckConstants", "a name inside the messages of POP that the lab does not have"),
    ("common.topic.TopicValidator", "a name that the lab does not use, or a limit that 5.3.3 does not have"),
    ("common.sysflag", "a bit that the lab does not use"),
    ("broker.", "a detail of a broker's service that the lab does not have"),
    ("common.", "a name or number that the lab does not use"),
];

fn left_out(class: &str) -> Outcome {
    match REASONS.iter().find(|(start, _)| class.starts_with(start)) {
        Some((_, reason)) => Outcome::NotApplicable(reason),
        None => Outcome::Failed(format!("the lab neither has values of {class} nor a reason not to")),
    }
}

/// Who is in a DLedger group, of brokers or of controllers.
const NAMES_OF_MEMBERS: &[&str] = &[
    "dLegerPeers",
    "dLegerSelfId",
    "controllerDLegerGroup",
    "controllerDLegerPeers",
    "controllerDLegerSelfId",
];

/// The text that a `.conf` file would hold.
fn as_setting(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn defaults(case: &Value) -> Outcome {
    let (class, field) =
        (case["class"].as_str().unwrap_or_default(), case["field"].as_str().unwrap_or_default());
    if case["dependsOn"] == "processors" {
        return Outcome::NotApplicable("depends on the processors of the machine");
    }
    if case["expect"].is_null() && NAMES_OF_MEMBERS.contains(&field) {
        return Outcome::NotApplicable("RocketMQ has no default; the lab takes that of its sample files");
    }
    if let Some(found) = other_default(class, field) {
        return compare(&case["expect"], &found);
    }
    let settings = settings_of(class).unwrap_or_default();
    match settings.iter().find(|(key, _)| *key == field) {
        Some((_, found)) => compare(&json!(as_setting(&case["expect"])), &json!(found)),
        None => left_out(class),
    }
}

/// The lab's value of a constant.
fn constant(class: &str, name: &str) -> Option<Value> {
    let broker = BrokerConfig::of(Profile::V5);
    let client = ClientConfig::of(Profile::V5);
    let name_server = NameServerConfig::of(Profile::V5);
    Some(match (class, name) {
        ("remoting.protocol.RequestCode", name) => {
            json!(RequestCode::ALL.iter().find(|code| code.name() == name)?.number())
        }
        ("remoting.protocol.ResponseCode" | "remoting.protocol.RemotingSysResponseCode", name) => {
            json!(ResponseCode::ALL.iter().find(|code| code.name() == name)?.number())
        }
        ("common.topic.TopicValidator" | "client.Validators", name) => topic_validator(name)?,
        ("common.MixAll", name) => mix_all(name)?,
        ("common.message.MessageConst", name) => json!(property_name(name)?),
        ("common.constant.PermName", "PERM_READ") => json!(perm::READ),
        ("common.constant.PermName", "PERM_WRITE") => json!(perm::WRITE),
        ("common.constant.PermName", "PERM_INHERIT") => json!(perm::INHERIT),
        ("common.constant.PermName", "PERM_PRIORITY") => json!(perm::PRIORITY),
        ("common.constant.PermName", "INDEX_PERM_READ") => json!(perm::READ.trailing_zeros()),
        ("common.constant.PermName", "INDEX_PERM_WRITE") => json!(perm::WRITE.trailing_zeros()),
        ("common.constant.PermName", "INDEX_PERM_INHERIT") => json!(perm::INHERIT.trailing_zeros()),
        ("common.constant.PermName", "INDEX_PERM_PRIORITY") => json!(perm::PRIORITY.trailing_zeros()),
        ("common.sysflag.MessageSysFlag", name) => message_flag(name)?,
        ("common.sysflag.PullSysFlag", name) => pull_flag(name)?,
        ("common.namesrv.NamesrvUtil", "NAMESPACE_ORDER_TOPIC_CONFIG") => {
            json!(NAMESPACE_ORDER_TOPIC_CONFIG)
        }
        ("common.KeyBuilder", "POP_RETRY_SEPARATOR_V1") => json!(separator(names::pop_retry_topic_v1)),
        ("common.KeyBuilder", "POP_RETRY_SEPARATOR_V2") => json!(separator(names::pop_retry_topic_v2)),
        ("broker.client.ProducerManager" | "broker.client.ConsumerManager", "CHANNEL_EXPIRED_TIMEOUT") => {
            json!(broker.channel_expired_timeout.as_millis())
        }
        ("client.impl.consumer.DefaultMQPushConsumerImpl", "BROKER_SUSPEND_MAX_TIME_MILLIS") => {
            json!(client.broker_suspend_max_time.as_millis())
        }
        ("client.impl.consumer.DefaultMQPushConsumerImpl", "CONSUMER_TIMEOUT_MILLIS_WHEN_SUSPEND") => {
            json!(client.consumer_timeout_when_suspend.as_millis())
        }
        ("namesrv.routeinfo.RouteInfoManager", "DEFAULT_BROKER_CHANNEL_EXPIRED_TIME") => {
            json!(name_server.broker_channel_expired_time.as_millis())
        }
        _ => return None,
    })
}

/// What stands between group and topic.
fn separator(build: fn(&str, &str) -> String) -> String {
    build("T", "G").trim_start_matches(names::RETRY_PREFIX).trim_matches(['T', 'G']).to_owned()
}

fn topic_validator(name: &str) -> Option<Value> {
    let system = |place: usize| json!(names::SYSTEM_TOPICS[place].0);
    Some(match name {
        "AUTO_CREATE_TOPIC_KEY_TOPIC" => system(0),
        "RMQ_SYS_SCHEDULE_TOPIC" => system(1),
        "RMQ_SYS_BENCHMARK_TOPIC" => system(2),
        "RMQ_SYS_TRANS_HALF_TOPIC" => system(3),
        "RMQ_SYS_TRACE_TOPIC" => system(4),
        "RMQ_SYS_TRANS_OP_HALF_TOPIC" => system(5),
        "RMQ_SYS_TRANS_CHECK_MAX_TIME_TOPIC" => system(6),
        "RMQ_SYS_SELF_TEST_TOPIC" => system(7),
        "RMQ_SYS_OFFSET_MOVED_EVENT" => system(8),
        "RMQ_SYS_ROCKSDB_OFFSET_TOPIC" => system(9),
        "SYSTEM_TOPIC_PREFIX" => json!(names::SYSTEM_TOPIC_PREFIX),
        "TOPIC_MAX_LENGTH" => json!(names::TOPIC_MAX_LENGTH),
        _ => return None,
    })
}

fn mix_all(name: &str) -> Option<Value> {
    let group = |place: usize| json!(names::PREDEFINED_GROUPS[place].0);
    Some(match name {
        "DEFAULT_CONSUMER_GROUP" => group(0),
        "DEFAULT_PRODUCER_GROUP" => group(1),
        "TOOLS_CONSUMER_GROUP" => group(2),
        "SCHEDULE_CONSUMER_GROUP" => group(3),
        "FILTERSRV_CONSUMER_GROUP" => group(4),
        "MONITOR_CONSUMER_GROUP" => group(5),
        "CLIENT_INNER_PRODUCER_GROUP" => group(6),
        "SELF_TEST_PRODUCER_GROUP" => group(7),
        "SELF_TEST_CONSUMER_GROUP" => group(8),
        "ONS_HTTP_PROXY_GROUP" => group(9),
        "CID_ONSAPI_PERMISSION_GROUP" => group(10),
        "CID_ONSAPI_OWNER_GROUP" => group(11),
        "CID_ONSAPI_PULL_GROUP" => group(12),
        "CID_SYS_RMQ_TRANS" => group(13),
        "CID_RMQ_SYS_PREFIX" => json!(names::SYSTEM_GROUP_PREFIX),
        "RETRY_GROUP_TOPIC_PREFIX" => json!(names::RETRY_PREFIX),
        "DLQ_GROUP_TOPIC_PREFIX" => json!(names::DLQ_PREFIX),
        "LMQ_PREFIX" => json!(names::LMQ_PREFIX),
        "REPLY_TOPIC_POSTFIX" => json!(names::REPLY_TOPIC_POSTFIX),
        "MASTER_ID" => json!(BrokerId::MASTER),
        _ => return None,
    })
}

fn property_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "PROPERTY_KEYS" => property::KEYS,
        "PROPERTY_TAGS" => property::TAGS,
        "PROPERTY_WAIT_STORE_MSG_OK" => property::WAIT,
        "PROPERTY_DELAY_TIME_LEVEL" => property::DELAY,
        "PROPERTY_UNIQ_CLIENT_MESSAGE_ID_KEYIDX" => property::UNIQ_KEY,
        "PROPERTY_CLUSTER" => property::CLUSTER,
        "PROPERTY_MSG_REGION" => property::MSG_REGION,
        "PROPERTY_TRACE_SWITCH" => property::TRACE_ON,
        _ => return None,
    })
}

fn message_flag(name: &str) -> Option<Value> {
    Some(json!(match name {
        "COMPRESSED_FLAG" => message::COMPRESSED,
        "MULTI_TAGS_FLAG" => message::MULTI_TAGS,
        "TRANSACTION_NOT_TYPE" => message::TRANSACTION_NOT,
        "TRANSACTION_PREPARED_TYPE" => message::TRANSACTION_PREPARED,
        "TRANSACTION_COMMIT_TYPE" => message::TRANSACTION_COMMIT,
        "TRANSACTION_ROLLBACK_TYPE" => message::TRANSACTION_ROLLBACK,
        "BORNHOST_V6_FLAG" => message::BORN_HOST_V6,
        "STOREHOSTADDRESS_V6_FLAG" => message::STORE_HOST_V6,
        _ => return None,
    }))
}

fn pull_flag(name: &str) -> Option<Value> {
    Some(json!(match name {
        "FLAG_COMMIT_OFFSET" => pull::COMMIT_OFFSET,
        "FLAG_SUSPEND" => pull::SUSPEND,
        "FLAG_SUBSCRIPTION" => pull::SUBSCRIPTION,
        "FLAG_CLASS_FILTER" => pull::CLASS_FILTER,
        "FLAG_LITE_PULL_MESSAGE" => pull::LITE_PULL,
        _ => return None,
    }))
}

pub(super) fn constants(case: &Value) -> Outcome {
    let (class, name) =
        (case["class"].as_str().unwrap_or_default(), case["name"].as_str().unwrap_or_default());
    match constant(class, name) {
        Some(found) => compare(&case["expect"], &found),
        None => left_out(class),
    }
}
