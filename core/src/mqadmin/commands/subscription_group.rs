//! Commands that change consumer groups.
//!
//! **In RocketMQ**: `UpdateSubGroupSubCommand`, `DeleteSubscriptionGroupCommand`.
//!
//! **Left out on purpose**: retry policies and attributes of a group, which POP uses.

use super::{SubCommand, print_usage, topic_admin};
use crate::config::Profile;
use crate::hash_order::in_name_order;
use crate::id::{Address, BrokerId, GroupName, TopicName};
use crate::mqadmin::arguments::{Arguments, option};
use crate::mqadmin::session::{Session, Step, caught};
use crate::rpc::{NAMESPACE_ORDER_TOPIC_CONFIG, NameServerRequest, Request, SubscriptionGroupConfig};
use crate::time::Duration;

const RETRY_POLICY: &str = "the json string of retry policy ( exp: {\"type\":\"EXPONENTIAL\",\
    \"exponentialRetryPolicy\":{\"initial\":5000,\"max\":7200000,\"multiplier\":2}} {\"type\":\"CUSTOMIZED\",\
    \"customizedRetryPolicy\":{\"next\":[1000,5000,10000]}} )";

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[
    SubCommand {
        name: "updateSubGroup",
        failure: "UpdateSubGroupSubCommand command failed",
        options: &[
            option("b", "brokerAddr", "create subscription group to which broker"),
            option("c", "clusterName", "create subscription group to which cluster"),
            option("g", "groupName", "consumer group name").required(),
            option("s", "consumeEnable", "consume enable"),
            option("m", "consumeFromMinEnable", "from min offset"),
            option("d", "consumeBroadcastEnable", "broadcast"),
            option("o", "consumeMessageOrderly", "consume message orderly").only(Profile::V5),
            option("q", "retryQueueNums", "retry queue nums"),
            option("r", "retryMaxTimes", "retry max times"),
            option("p", "groupRetryPolicy", RETRY_POLICY).only(Profile::V5),
            option("i", "brokerId", "consumer from which broker id"),
            option("w", "whichBrokerWhenConsumeSlowly", "which broker id when consume slowly"),
            option("a", "notifyConsumerIdsChanged", "notify consumerId changed"),
            option("", "attributes", "attribute(+a=b,+c=d,-e)").only(Profile::V5),
        ],
        run: update_sub_group,
    },
    SubCommand {
        name: "deleteSubGroup",
        failure: "DeleteSubscriptionGroupCommand command failed",
        options: &[
            option("b", "brokerAddr", "delete subscription group from which broker"),
            option("c", "clusterName", "delete subscription group from which cluster"),
            option("g", "groupName", "subscription group name").required(),
            option("r", "removeOffset", "remove offset"),
        ],
        run: delete_sub_group,
    },
];

pub(super) fn update_sub_group(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    if arguments.has("p") || arguments.has("attributes") {
        session.println("The lab does not simulate retry policies and attributes of groups.");
        return Ok(());
    }
    let group: GroupName = arguments.required("g").into();
    let config = config_from(arguments)?;
    let request = Request::UpdateAndCreateSubscriptionGroup { group: group.clone(), config: config.clone() };
    if let Some(text) = arguments.value("b") {
        let address = Session::read_address(text)?;
        session.invoke_checked(address, request)?;
        session.println(&format!("create subscription group to {text} success."));
    } else if let Some(cluster) = arguments.value("c") {
        for address in session.fetch_master_addr_by_cluster_name(cluster)? {
            match caught(session.invoke_checked(address, request.clone()))? {
                Ok(_) => session.println(&format!("create subscription group to {address} success.")),
                Err(exception) => {
                    session.print_stack_trace(&exception);
                    session.rest(Duration::from_secs(1))?;
                }
            }
        }
    } else {
        print_usage(session, "updateSubGroup");
        return Ok(());
    }
    let text = describe(session, &group, &config);
    session.print(&text);
    Ok(())
}

/// The settings that the options ask for. What is left out is not taken from the group, but has its default.
fn config_from(arguments: &Arguments) -> Step<SubscriptionGroupConfig> {
    let mut config = SubscriptionGroupConfig {
        consume_from_min_enable: arguments.is_true("m"),
        consume_broadcast_enable: arguments.is_true("d"),
        consume_message_orderly: arguments.is_true("o"),
        ..SubscriptionGroupConfig::default()
    };
    if arguments.has("s") {
        config.consume_enable = arguments.is_true("s");
    }
    if arguments.has("a") {
        config.notify_consumer_ids_changed_enable = arguments.is_true("a");
    }
    if let Some(queues) = arguments.number("q")? {
        config.retry_queue_nums = queues;
    }
    if let Some(times) = arguments.number("r")? {
        config.retry_max_times = times;
    }
    if let Some(id) = arguments.number("i")? {
        config.broker_id = BrokerId(id);
    }
    if let Some(id) = arguments.number("w")? {
        config.which_broker_when_consume_slowly = BrokerId(id);
    }
    Ok(config)
}

/// `SubscriptionGroupConfig.toString`.
fn describe(session: &Session<'_>, group: &GroupName, config: &SubscriptionGroupConfig) -> String {
    let SubscriptionGroupConfig {
        consume_enable,
        consume_from_min_enable,
        consume_broadcast_enable,
        consume_message_orderly,
        retry_queue_nums,
        retry_max_times,
        broker_id,
        which_broker_when_consume_slowly,
        notify_consumer_ids_changed_enable,
        consume_timeout_minute,
    } = config;
    let consuming = format!(
        "groupName={group}, consumeEnable={consume_enable}, consumeFromMinEnable={consume_from_min_enable}, \
         consumeBroadcastEnable={consume_broadcast_enable}"
    );
    let retrying = format!("retryQueueNums={retry_queue_nums}, retryMaxTimes={retry_max_times}");
    let brokers = format!(
        "brokerId={broker_id}, whichBrokerWhenConsumeSlowly={which_broker_when_consume_slowly}, \
         notifyConsumerIdsChangedEnable={notify_consumer_ids_changed_enable}"
    );
    if !session.profile().is_v5() {
        return format!("SubscriptionGroupConfig [{consuming}, {retrying}, {brokers}]");
    }
    format!(
        "SubscriptionGroupConfig{{{consuming}, consumeMessageOrderly={consume_message_orderly}, {retrying}, \
         groupRetryPolicy=GroupRetryPolicy{{type=CUSTOMIZED, exponentialRetryPolicy=null, \
         customizedRetryPolicy=null}}, {brokers}, groupSysFlag=0, \
         consumeTimeoutMinute={consume_timeout_minute}, subscriptionDataSet=null, attributes={{}}}}"
    )
}

pub(super) fn delete_sub_group(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let group: GroupName = arguments.required("g").into();
    let request =
        Request::DeleteSubscriptionGroup { group: group.clone(), clean_offset: arguments.is_true("r") };
    if let Some(text) = arguments.value("b") {
        let address = Session::read_address(text)?;
        session.invoke_checked(address, request)?;
        session.println(&format!("delete subscription group [{group}] from broker [{text}] success."));
        return Ok(());
    }
    let Some(cluster) = arguments.value("c") else {
        print_usage(session, "deleteSubGroup");
        return Ok(());
    };
    for address in session.fetch_master_addr_by_cluster_name(cluster)? {
        session.invoke_checked(address, request.clone())?;
        session.println(&format!(
            "delete subscription group [{group}] from broker [{address}] in cluster [{cluster}] success."
        ));
    }
    for topic in [TopicName::retry_of(&group), TopicName::dead_letters_of(&group)] {
        if let Err(exception) = caught(delete_topic(session, &topic, cluster))? {
            session.print_stack_trace(&exception);
            break;
        }
    }
    Ok(())
}

/// V4 does as `deleteTopic` does and says so; V5 deletes in silence, on slaves too, and the order configuration with it.
fn delete_topic(session: &mut Session<'_>, topic: &TopicName, cluster: &str) -> Step<()> {
    if !session.profile().is_v5() {
        return topic_admin::delete_topic_of_cluster(session, topic, cluster);
    }
    for broker in session.fetch_master_and_slave_addr_by_cluster_name(cluster)? {
        session.invoke_checked(broker, Request::DeleteTopicInBroker { topic: topic.clone() })?;
    }
    for name_server in in_name_order(session.name_servers().to_vec(), Address::to_string) {
        let request = NameServerRequest::DeleteTopicInNameServer { topic: topic.clone(), cluster: None };
        session.invoke_this_name_server(name_server, request)?;
    }
    session.delete_kv_config(NAMESPACE_ORDER_TOPIC_CONFIG, topic.as_str())
}
