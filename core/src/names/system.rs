//! Topics and groups that belong to RocketMQ itself.

/// Before the names of further system topics.
pub const SYSTEM_TOPIC_PREFIX: &str = "rmq_sys_";
/// Before the names of system groups (`CID_RMQ_SYS_PREFIX`).
pub const SYSTEM_GROUP_PREFIX: &str = "CID_RMQ_SYS_";

/// System topics by name, each with whether clients may send to it.
pub const SYSTEM_TOPICS: [(&str, bool); 10] = [
    ("TBW102", true),
    ("SCHEDULE_TOPIC_XXXX", false),
    ("BenchmarkTest", true),
    ("RMQ_SYS_TRANS_HALF_TOPIC", false),
    ("RMQ_SYS_TRACE_TOPIC", true),
    ("RMQ_SYS_TRANS_OP_HALF_TOPIC", false),
    ("TRANS_CHECK_MAX_TIME_TOPIC", false),
    ("SELF_TEST_TOPIC", false),
    ("OFFSET_MOVED_EVENT", false),
    ("CHECKPOINT_TOPIC", true),
];

/// Groups that every broker knows, each with whether it consumes.
pub const PREDEFINED_GROUPS: [(&str, bool); 14] = [
    ("DEFAULT_CONSUMER", true),
    ("DEFAULT_PRODUCER", false),
    ("TOOLS_CONSUMER", true),
    ("SCHEDULE_CONSUMER", true),
    ("FILTERSRV_CONSUMER", true),
    ("__MONITOR_CONSUMER", true),
    ("CLIENT_INNER_PRODUCER", false),
    ("SELF_TEST_P_GROUP", false),
    ("SELF_TEST_C_GROUP", true),
    ("CID_ONS-HTTP-PROXY", true),
    ("CID_ONSAPI_PERMISSION", true),
    ("CID_ONSAPI_OWNER", true),
    ("CID_ONSAPI_PULL", true),
    ("CID_RMQ_SYS_TRANS", true),
];

/// Whether a topic is RocketMQ's own (`isSystemTopic`).
pub fn is_system_topic(topic: &str) -> bool {
    topic.starts_with(SYSTEM_TOPIC_PREFIX) || SYSTEM_TOPICS.iter().any(|(name, _)| *name == topic)
}

/// Whether clients refuse to send to a topic (`isNotAllowedSendTopic`).
pub fn is_not_allowed_send_topic(topic: &str) -> bool {
    SYSTEM_TOPICS.contains(&(topic, false))
}

/// Whether a group is RocketMQ's own by its beginning (`isSysConsumerGroup`).
pub fn is_system_group(group: &str) -> bool {
    group.starts_with(SYSTEM_GROUP_PREFIX)
}

/// Whether every broker knows the group (`isPredefinedGroup`).
pub fn is_predefined_group(group: &str) -> bool {
    PREDEFINED_GROUPS.iter().any(|(name, _)| *name == group)
}

/// Whether pulls of the group are those of RocketMQ itself (`isSysConsumerGroupPullMessage`).
pub fn is_system_group_for_pull(group: &str) -> bool {
    is_system_group(group) || PREDEFINED_GROUPS.contains(&(group, true))
}
