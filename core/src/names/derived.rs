//! Names that RocketMQ makes from others: retry and dead-letter topics, reply topics, light queues.

/// Before the name of a group, its retry topic (`RETRY_GROUP_TOPIC_PREFIX`).
pub const RETRY_PREFIX: &str = "%RETRY%";
/// Before the name of a group, its dead-letter topic (`DLQ_GROUP_TOPIC_PREFIX`).
pub const DLQ_PREFIX: &str = "%DLQ%";
/// Before the name of a light message queue.
pub const LMQ_PREFIX: &str = "%LMQ%";
/// Behind the name of a cluster and `_`, the topic of answers to requests.
pub const REPLY_TOPIC_POSTFIX: &str = "REPLY_TOPIC";

/// Where messages of a group go for another try.
pub fn retry_topic(group: &str) -> String {
    format!("{RETRY_PREFIX}{group}")
}

/// Where messages of a group go after the last try.
pub fn dlq_topic(group: &str) -> String {
    format!("{DLQ_PREFIX}{group}")
}

/// Where answers to requests of a cluster's producers go.
pub fn reply_topic(cluster: &str) -> String {
    format!("{cluster}_{REPLY_TOPIC_POSTFIX}")
}

/// The retry topic of popped messages, one for each topic of a group (the default form).
pub fn pop_retry_topic_v1(topic: &str, group: &str) -> String {
    format!("{RETRY_PREFIX}{group}_{topic}")
}

/// The newer form, which can be taken apart again (`enableRetryTopicV2`).
pub fn pop_retry_topic_v2(topic: &str, group: &str) -> String {
    format!("{RETRY_PREFIX}{group}+{topic}")
}

/// Group and topic of a pop retry topic of the newer form.
fn parts_of_pop_retry(topic: &str) -> Option<(&str, &str)> {
    let (group, topic) = topic.strip_prefix(RETRY_PREFIX)?.split_once('+')?;
    // `String.split` of Java drops what is empty at the end, so nothing may stand behind the topic but plus signs.
    let topic = topic.trim_end_matches('+');
    (!topic.is_empty() && !topic.contains('+')).then_some((group, topic))
}

/// The group of a retry topic; `None` for any other topic (`KeyBuilder.parseGroup`).
pub fn group_of_retry_topic(topic: &str) -> Option<&str> {
    let rest = topic.strip_prefix(RETRY_PREFIX)?;
    Some(parts_of_pop_retry(topic).map_or(rest, |(group, _)| group))
}

/// The topic that a pop retry topic of the newer form belongs to; any other topic is its own.
pub fn normal_topic_of_pop_retry(topic: &str) -> &str {
    parts_of_pop_retry(topic).map_or(topic, |(_, normal)| normal)
}

/// Whether it is the name of a light message queue.
pub fn is_lmq(name: &str) -> bool {
    name.starts_with(LMQ_PREFIX)
}

/// Whether messages of the topic may be put into light message queues as well.
pub fn topic_allows_lmq(topic: &str) -> bool {
    !topic.starts_with(RETRY_PREFIX)
        && !topic.starts_with(super::SYSTEM_TOPIC_PREFIX)
        && topic != "SCHEDULE_TOPIC_XXXX"
}

/// The address of a broker's second port, two below the first (`brokerVIPChannel`); `None` when there is no port in the
/// text. Clients of today do not use it any more.
pub fn vip_address(address: &str) -> Option<String> {
    let (host, port) = address.rsplit_once(':')?;
    let port: i32 = port.parse().ok()?;
    Some(format!("{host}:{}", port.wrapping_sub(2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newer_form_can_be_taken_apart() {
        let topic = pop_retry_topic_v2("T_1", "g_1");
        assert_eq!((group_of_retry_topic(&topic), normal_topic_of_pop_retry(&topic)), (Some("g_1"), "T_1"));
        let older = pop_retry_topic_v1("T_1", "g_1");
        assert_eq!(
            (group_of_retry_topic(&older), normal_topic_of_pop_retry(&older)),
            (Some("g_1_T_1"), &*older)
        );
        assert_eq!(group_of_retry_topic("%RETRY%a+b+c"), Some("a+b+c"));
        assert_eq!(group_of_retry_topic("T"), None);
    }
}
