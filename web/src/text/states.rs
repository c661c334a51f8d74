//! The words of the inspector about what brokers and clients keep for a while (locks, delays, transactions, retries), and
//! of the rules that stand beside them, in both languages. RocketMQ's own words stay as they are.

use lab_core::fidelity::{self, Check};
use lab_core::rpc::TransactionState;

/// Every such text.
#[expect(missing_docs, reason = "each is the text of that name; the constants say what it is")]
pub struct StateTexts {
    pub rules: fn(usize) -> String,
    pub rules_of: fn(&str, usize) -> String,
    pub rules_title: &'static str,
    pub rules_about: fn(&str) -> String,
    pub classes: &'static str,
    pub checked: &'static str,
    pub simplified: &'static str,
    pub check: fn(Check) -> String,
    pub said: fn(fidelity::Text) -> &'static str,
    pub part: fn(&str) -> &str,
    pub this_event: fn(&str) -> String,

    pub controller: super::controller::ControllerTexts,
    pub disk: &'static str,
    pub disk_used: &'static str,
    pub disk_writable: &'static str,
    pub disk_full: &'static str,
    pub retry_topics: fn(usize, u64) -> String,
    pub dead_letter_topics: fn(usize, u64) -> String,
    pub messages: fn(u64) -> String,
    pub locks: fn(usize) -> String,
    pub owner: &'static str,
    pub renewed: &'static str,
    pub expires: &'static str,
    pub delayed: fn(u64) -> String,
    pub level: fn(u32, &str) -> String,
    pub delay_offset: fn(u64, u64, u64) -> String,
    pub timer: fn(u64) -> String,
    pub not_listed: fn(u64) -> String,
    pub real_topic: &'static str,
    pub time_left: &'static str,
    pub due_now: &'static str,
    pub half: fn(u64) -> String,
    pub checked_times: &'static str,
    pub age: &'static str,
    pub half_state: &'static str,
    pub half_ended: &'static str,
    pub half_open: &'static str,
    pub half_immune: fn(&str) -> String,
    pub groups: fn(usize) -> String,

    pub listener: &'static str,
    pub orderly: &'static str,
    pub concurrently: &'static str,
    pub fails: &'static str,
    pub retry_level: &'static str,
    pub max_reconsume: &'static str,
    pub retries_in_hand: &'static str,
    pub pulling: &'static str,
    pub pulls: &'static str,
    pub suspended: fn(&str) -> String,
    pub last_consume: &'static str,
    pub lock: &'static str,
    pub locked: fn(&str) -> String,
    pub not_locked: &'static str,
    pub dropped: &'static str,
    pub command: &'static str,
    pub transactions: fn(usize) -> String,
    pub local_transaction: &'static str,
    pub asked: &'static str,
    pub next_answer: &'static str,
    pub transaction: fn(TransactionState) -> &'static str,

    pub how_it_stands: &'static str,
    pub waits_at: fn(&str, &str) -> String,
    pub due_at: &'static str,
    pub origin_topic: &'static str,
    pub origin_id: &'static str,
    pub retry_copy: &'static str,
    pub dead_letter: &'static str,
    pub more_options: &'static str,
}

const fn state(state: TransactionState) -> &'static str {
    match state {
        TransactionState::Commit => "COMMIT_MESSAGE",
        TransactionState::Rollback => "ROLLBACK_MESSAGE",
        TransactionState::Unknown => "UNKNOW",
    }
}

pub(super) const EN: StateTexts = StateTexts {
    rules: |count| format!("Rules ({count})"),
    rules_of: |what, count| format!("{count} rules that the lab follows about {what}"),
    rules_title: "The rules behind it",
    rules_about: |what| format!("What the lab follows about {what}, and how that is known."),
    classes: "RocketMQ classes",
    checked: "Checked by",
    simplified: "Simplified",
    check: |check| match check {
        Check::Vector(name) => format!("answers of RocketMQ's own classes: {name}"),
        Check::Recording(name) => format!("a recorded run of a real cluster: {name}"),
        Check::Scenario(name) => format!("a golden run of the lab: {name}"),
        Check::Property(name) => format!("random runs: {name}"),
        Check::Derived(text) => text.en.to_owned(),
    },
    said: |text| text.en,
    part: english_part,
    this_event: |kind| format!("the event {kind}"),

    controller: super::controller::EN,
    disk: "Disk",
    disk_used: "Used",
    disk_writable: "takes messages",
    disk_full: "FULL: refuses messages",
    retry_topics: |topics, messages| format!("Retry topics: {topics} · messages {messages}"),
    dead_letter_topics: |topics, messages| format!("Dead-letter topics: {topics} · messages {messages}"),
    messages: |count| format!("messages: {count}"),
    locks: |count| format!("Locks of orderly consumers: {count}"),
    owner: "Owner",
    renewed: "Renewed",
    expires: "Free in",
    delayed: |count| format!("Delayed messages: {count} waiting"),
    level: |level, delay| format!("Level {level} · {delay}"),
    delay_offset: |offset, max, waiting| format!("delayOffset {offset} of {max} · {waiting} waiting"),
    timer: |count| format!("Timer messages: {count} waiting"),
    not_listed: |count| format!("and {count} more"),
    real_topic: "For topic",
    time_left: "Time left",
    due_now: "due",
    half: |count| format!("Half messages: {count}"),
    checked_times: "Checked",
    age: "Age",
    half_state: "State",
    half_ended: "ended; op record still to be written",
    half_open: "open: its producer group will be asked",
    half_immune: |left| format!("open: not asked about for {left}"),
    groups: |count| format!("Subscription groups: {count}"),

    listener: "Listener",
    orderly: "MessageListenerOrderly: each queue in order",
    concurrently: "MessageListenerConcurrently: in parallel",
    fails: "Fails with each message",
    retry_level: "Asks for delay level",
    max_reconsume: "Retries before a dead letter",
    retries_in_hand: "Failed, still in hand",
    pulling: "Pulling",
    pulls: "pulls",
    suspended: |topic| format!("SUSPENDED: the offsets of {topic} are being reset"),
    last_consume: "Consumed",
    lock: "Lock",
    locked: |age| format!("locked, renewed {age} ago"),
    not_locked: "NOT LOCKED",
    dropped: "given up",
    command: "Command",
    transactions: |count| format!("Local transactions: {count}"),
    local_transaction: "At first",
    asked: "Checks",
    next_answer: "Next check is answered",
    transaction: state,

    how_it_stands: "How it stands",
    waits_at: |topic, broker| format!("in {topic} at {broker}"),
    due_at: "Due",
    origin_topic: "Origin topic",
    origin_id: "Origin msgId",
    retry_copy: "retry",
    dead_letter: "dead letter",
    more_options: "More options",
};

pub(super) const ZH: StateTexts = StateTexts {
    rules: |count| format!("规则（{count}）"),
    rules_of: |what, count| format!("实验室关于“{what}”遵循的 {count} 条规则"),
    rules_title: "背后的规则",
    rules_about: |what| format!("实验室在“{what}”上遵循什么，以及依据是什么。"),
    classes: "RocketMQ 的类",
    checked: "如何验证",
    simplified: "简化之处",
    check: |check| match check {
        Check::Vector(name) => format!("RocketMQ 自身的类给出的结果：{name}"),
        Check::Recording(name) => format!("真实集群的录制：{name}"),
        Check::Scenario(name) => format!("实验室的基准运行：{name}"),
        Check::Property(name) => format!("随机运行：{name}"),
        Check::Derived(text) => text.zh.to_owned(),
    },
    said: |text| text.zh,
    part: chinese_part,
    this_event: |kind| format!("事件 {kind}"),

    controller: super::controller::ZH,
    disk: "磁盘",
    disk_used: "已用",
    disk_writable: "接收消息",
    disk_full: "已满：拒绝消息",
    retry_topics: |topics, messages| format!("重试主题：{topics} 个 · {messages} 条消息"),
    dead_letter_topics: |topics, messages| format!("死信主题：{topics} 个 · {messages} 条消息"),
    messages: |count| format!("{count} 条消息"),
    locks: |count| format!("顺序消费者的队列锁：{count} 个"),
    owner: "持有者",
    renewed: "续期",
    expires: "剩余有效期",
    delayed: |count| format!("延时消息：{count} 条等待中"),
    level: |level, delay| format!("级别 {level} · {delay}"),
    delay_offset: |offset, max, waiting| format!("delayOffset {offset} / {max} · {waiting} 条等待中"),
    timer: |count| format!("定时消息：{count} 条等待中"),
    not_listed: |count| format!("另有 {count} 条"),
    real_topic: "目标主题",
    time_left: "剩余时间",
    due_now: "已到期",
    half: |count| format!("半消息：{count} 条"),
    checked_times: "回查次数",
    age: "存在时间",
    half_state: "状态",
    half_ended: "已结束，op 记录尚未写入",
    half_open: "未决：将向生产者组回查",
    half_immune: |left| format!("未决：{left} 内不回查"),
    groups: |count| format!("订阅组：{count} 个"),

    listener: "监听器",
    orderly: "MessageListenerOrderly：逐队列顺序消费",
    concurrently: "MessageListenerConcurrently：并发消费",
    fails: "每条消息失败次数",
    retry_level: "请求的延时级别",
    max_reconsume: "进入死信前的重试次数",
    retries_in_hand: "失败后尚未交回",
    pulling: "拉取",
    pulls: "正常",
    suspended: |topic| format!("已暂停：正在重置 {topic} 的位点"),
    last_consume: "最近消费",
    lock: "锁",
    locked: |age| format!("已锁定，{age}前续期"),
    not_locked: "未锁定",
    dropped: "已放弃",
    command: "命令",
    transactions: |count| format!("本地事务：{count} 个"),
    local_transaction: "最初",
    asked: "回查",
    next_answer: "下次回查的应答",
    transaction: state,

    how_it_stands: "当前状态",
    waits_at: |topic, broker| format!("在 {broker} 的 {topic} 中"),
    due_at: "到期时刻",
    origin_topic: "原主题",
    origin_id: "原 msgId",
    retry_copy: "重试",
    dead_letter: "死信",
    more_options: "更多选项",
};

/// A part of the inspector, of [`fidelity::STATES`].
fn english_part(word: &str) -> &str {
    match word {
        "routes" => "route tables",
        "kv-config" => "KV configuration",
        "topics" => "topics and queues",
        "offsets" => "group offsets",
        "groups" => "subscription groups",
        "locks" => "queue locks",
        "delay" => "delayed messages",
        "transactions" => "transactions",
        "held-pulls" => "held pulls",
        "disk" => "the disk",
        "replication" => "replication",
        "process-queue" => "the queues of a consumer",
        "publish-list" => "cached routes",
        "fault-list" => "avoided brokers",
        other => other,
    }
}

fn chinese_part(word: &str) -> &str {
    match word {
        "routes" => "路由表",
        "kv-config" => "KV 配置",
        "topics" => "主题与队列",
        "offsets" => "消费位点",
        "groups" => "订阅组",
        "locks" => "队列锁",
        "delay" => "延时消息",
        "transactions" => "事务消息",
        "held-pulls" => "挂起的拉取",
        "disk" => "磁盘",
        "replication" => "主从复制",
        "process-queue" => "消费者的队列",
        "publish-list" => "缓存的路由",
        "fault-list" => "规避的 Broker",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_inspector_has_a_name() {
        for word in fidelity::STATES {
            let (en, zh) = (english_part(word), chinese_part(word));
            assert!(en != zh && zh != *word, "{word}");
        }
    }

    #[test]
    fn every_kind_of_check_has_words_in_both_languages() {
        for check in fidelity::rules().iter().flat_map(|rule| &rule.checks) {
            let (en, zh) = ((EN.check)(*check), (ZH.check)(*check));
            assert!(!en.is_empty() && !zh.is_empty() && en != zh, "{en}");
        }
    }
}
