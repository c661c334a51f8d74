//! Every command of the real tool, with its description, in the order in which the tool lists them.
//!
//! **In RocketMQ**: `MQAdminStartup.initCommand`, `SubCommand.commandName` and `commandDesc`.

use crate::config::Profile;

/// A command as `mqadmin` without words lists it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed {
    /// `updateTopic`, …
    pub(super) name: &'static str,
    four: Option<&'static str>,
    five: Option<&'static str>,
}

impl Listed {
    /// RocketMQ's sentence about it; `None` when that version has no such command.
    pub(super) const fn description(&self, profile: Profile) -> Option<&'static str> {
        if profile.is_v5() { self.five } else { self.four }
    }
}

const fn both(name: &'static str, description: &'static str) -> Listed {
    Listed { name, four: Some(description), five: Some(description) }
}

const fn differing(name: &'static str, four: &'static str, five: &'static str) -> Listed {
    Listed { name, four: Some(four), five: Some(five) }
}

const fn only_four(name: &'static str, description: &'static str) -> Listed {
    Listed { name, four: Some(description), five: None }
}

const fn only_five(name: &'static str, description: &'static str) -> Listed {
    Listed { name, four: None, five: Some(description) }
}

/// The command of that name in that version, in letters of any size.
pub(super) fn find(profile: Profile, name: &str) -> Option<&'static Listed> {
    let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name));
    let name = alias.map_or(name, |(_, name)| name);
    list(profile).find(|listed| listed.name.eq_ignore_ascii_case(name))
}

/// The commands of a version.
pub(super) fn list(profile: Profile) -> impl Iterator<Item = &'static Listed> {
    COMMANDS.iter().filter(move |listed| listed.description(profile).is_some())
}

/// Second names of commands.
const ALIASES: &[(&str, &str)] = &[("deleteAccessConfig", "deleteAclConfig")];

const COMMANDS: &[Listed] = &[
    differing("updateTopic", "Update or create topic", "Update or create topic."),
    only_five("updateTopicList", "create or update topic in batch"),
    both("deleteTopic", "Delete topic from broker and NameServer."),
    differing(
        "updateSubGroup",
        "Update or create subscription group",
        "Update or create subscription group.",
    ),
    only_five("updateSubGroupList", "Update or create subscription group in batch"),
    only_five("setConsumeMode", "Set consume message mode. pull/pop etc."),
    both("deleteSubGroup", "Delete subscription group from broker."),
    differing("updateBrokerConfig", "Update broker's config", "Update broker's config."),
    differing("updateTopicPerm", "Update topic perm", "Update topic perm."),
    differing("topicRoute", "Examine topic route info", "Examine topic route info."),
    differing("topicStatus", "Examine topic Status info", "Examine topic Status info."),
    differing("topicClusterList", "get cluster info for topic", "Get cluster info for topic."),
    only_five("addBroker", "Add a broker to specified container."),
    only_five("removeBroker", "Remove a broker from specified container."),
    only_five("resetMasterFlushOffset", "Reset master flush offset in slave."),
    differing("brokerStatus", "Fetch broker runtime status data", "Fetch broker runtime status data."),
    differing("queryMsgById", "Query Message by Id", "Query Message by Id."),
    differing("queryMsgByKey", "Query Message by Key", "Query Message by Key."),
    differing("queryMsgByUniqueKey", "Query Message by Unique key", "Query Message by Unique key."),
    differing("queryMsgByOffset", "Query Message by offset", "Query Message by offset."),
    differing("queryMsgTraceById", "query a message trace", "Query a message trace."),
    differing("printMsg", "Print Message Detail", "Print Message Detail."),
    differing("printMsgByQueue", "Print Message Detail", "Print Message Detail by queueId."),
    differing("sendMsgStatus", "send msg to broker.", "Send msg to broker."),
    differing("brokerConsumeStats", "Fetch broker consume stats data", "Fetch broker consume stats data."),
    differing(
        "producerConnection",
        "Query producer's socket connection and client version",
        "Query producer's socket connection and client version.",
    ),
    differing(
        "consumerConnection",
        "Query consumer's socket connection, client version and subscription",
        "Query consumer's socket connection, client version and subscription.",
    ),
    differing("consumerProgress", "Query consumers's progress, speed", "Query consumer's progress, speed."),
    differing(
        "consumerStatus",
        "Query consumer's internal data structure",
        "Query consumer's internal data structure.",
    ),
    differing("cloneGroupOffset", "clone offset from other group.", "Clone offset from other group."),
    both("producer", "Query producer's instances, connection, status, etc."),
    differing("clusterList", "List all of clusters", "List cluster infos."),
    differing("topicList", "Fetch all topic list from name server", "Fetch all topic list from name server."),
    both("updateKvConfig", "Create or update KV config."),
    both("deleteKvConfig", "Delete KV config."),
    differing(
        "wipeWritePerm",
        "Wipe write perm of broker in all name server you defined in the -n param",
        "Wipe write perm of broker in all name server you defined in the -n param.",
    ),
    differing(
        "addWritePerm",
        "Add write perm of broker in all name server you defined in the -n param",
        "Add write perm of broker in all name server you defined in the -n param.",
    ),
    both("resetOffsetByTime", "Reset consumer offset by timestamp(without client restart)."),
    differing(
        "skipAccumulatedMessage",
        "Skip all messages that are accumulated (not consumed) currently",
        "Skip all messages that are accumulated (not consumed) currently.",
    ),
    differing(
        "updateOrderConf",
        "Create or update or delete order conf",
        "Create or update or delete order conf.",
    ),
    both("cleanExpiredCQ", "Clean expired ConsumeQueue on broker."),
    differing("deleteExpiredCommitLog", "Delete expired CommitLog files", "Delete expired CommitLog files."),
    both("cleanUnusedTopic", "Clean unused topic on broker."),
    differing("startMonitoring", "Start Monitoring", "Start Monitoring."),
    differing("statsAll", "Topic and Consumer tps stats", "Topic and Consumer tps stats."),
    differing("allocateMQ", "Allocate MQ", "Allocate MQ."),
    differing("checkMsgSendRT", "check message send response time", "Check message send response time."),
    differing("clusterRT", "List All clusters Message Send RT", "List All clusters Message Send RT."),
    both("getNamesrvConfig", "Get configs of name server."),
    both("updateNamesrvConfig", "Update configs of name server."),
    differing(
        "getBrokerConfig",
        "Get broker config by cluster or special broker!",
        "Get broker config by cluster or special broker.",
    ),
    differing(
        "getConsumerConfig",
        "Get consumer config by subscription group name!",
        "Get consumer config by subscription group name.",
    ),
    both("queryCq", "Query cq command."),
    differing("sendMessage", "Send a message", "Send a message."),
    differing("consumeMessage", "Consume message", "Consume message."),
    only_four("updateAclConfig", "Update acl config yaml file in broker"),
    only_four("deleteAclConfig", "Delete Acl Config Account in broker"),
    only_four("clusterAclConfigVersion", "List all of acl config version information in cluster"),
    only_four("updateGlobalWhiteAddr", "Update global white address for acl Config File in broker"),
    only_five("updateStaticTopic", "Update or create static topic, which has fixed number of queues."),
    only_five("remappingStaticTopic", "Remapping static topic."),
    differing("exportMetadata", "export metadata", "Export metadata."),
    differing("exportConfigs", "export configs", "Export configs."),
    differing("exportMetrics", "export metrics", "Export metrics."),
    only_five(
        "exportMetadataInRocksDB",
        "export RocksDB kv config (topics/subscriptionGroups). Recommend to use [mqadmin rocksDBConfigToJson]",
    ),
    only_five("exportPopRecord", "Export pop consumer record"),
    only_five("haStatus", "Fetch ha runtime status data."),
    only_five("getSyncStateSet", "Fetch syncStateSet for target brokers."),
    only_five("getBrokerEpoch", "Fetch broker epoch entries."),
    only_five("getControllerMetaData", "Get controller cluster's metadata."),
    only_five("getControllerConfig", "Get controller config."),
    only_five("updateControllerConfig", "Update controller config."),
    only_five("electMaster", "Re-elect the specified broker as master."),
    only_five("cleanBrokerMetadata", "Clean metadata of broker on controller."),
    only_five("dumpCompactionLog", "Parse compaction log to message."),
    only_five("getColdDataFlowCtrInfo", "Get cold data flow ctr info."),
    only_five("updateColdDataFlowCtrGroupConfig", "Add or update cold data flow ctr group config."),
    only_five("removeColdDataFlowCtrGroupConfig", "Remove consumer from cold ctr config."),
    only_five("setCommitLogReadAheadMode", "Set read ahead mode for all commitlog files."),
    only_five("createUser", "Create user to cluster."),
    only_five("updateUser", "Update user to cluster."),
    only_five("deleteUser", "Delete user from cluster."),
    only_five("getUser", "Get user from cluster."),
    only_five("listUser", "List user from cluster."),
    only_five("copyUser", "Copy user to cluster."),
    only_five("createAcl", "Create acl to cluster."),
    only_five("updateAcl", "Update acl to cluster."),
    only_five("deleteAcl", "Delete acl from cluster."),
    only_five("getAcl", "Get acl from cluster."),
    only_five("listAcl", "List acl from cluster."),
    only_five("copyAcl", "Copy acl to cluster."),
    only_five(
        "rocksDBConfigToJson",
        "Convert RocksDB kv config (topics/subscriptionGroups/consumerOffsets) to json. [rpc mode] Use [-n, -c, -b, -t] to send Request to broker ( version >= 5.3.2 ) or [local mode] use [-p, -t, -j, -e] to load RocksDB. If -e is provided, tools will export json file instead of std print",
    ),
    only_five("checkRocksdbCqWriteProgress", "check if rocksdb cq is same as file cq"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_its_own_list() {
        assert_eq!([Profile::V4, Profile::V5].map(|profile| list(profile).count()), [56, 89]);
        assert!(find(Profile::V4, "haStatus").is_none());
        assert!(find(Profile::V5, "HASTATUS").is_some());
        assert_eq!(
            find(Profile::V4, "deleteAccessConfig").map(|listed| listed.name),
            Some("deleteAclConfig")
        );
    }
}
