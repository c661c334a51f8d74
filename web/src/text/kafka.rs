//! The words about Kafka, in both languages. What Kafka's tool and client print stays as it is.

use lab_core::fact::KafkaFact;
use lab_core::rpc::kafka::Marker;
use lab_core::view::KafkaPositionView;

/// The words about Kafka.
#[derive(Debug)]
pub struct KafkaTexts {
    /// What Kafka's nodes are called together.
    pub group: &'static str,
    /// A Kafka broker.
    pub broker: &'static str,
    /// A Kafka producer.
    pub producer: &'static str,
    /// A Kafka consumer.
    pub consumer: &'static str,
    /// Kafka brokers, with their number.
    pub brokers: &'static str,
    /// Kafka producers, with their number.
    pub producers: &'static str,
    /// Kafka consumers, with their number.
    pub consumers: &'static str,
    /// The logs of the partitions.
    pub logs: &'static str,
    /// Groups at their coordinator.
    pub groups: &'static str,
    /// A log's start.
    pub start: &'static str,
    /// A log's end.
    pub end: &'static str,
    /// Last stable offset.
    pub stable: &'static str,
    /// Leader epoch.
    pub epoch: &'static str,
    /// Epochs with their start offsets.
    pub epochs: &'static str,
    /// A consumer's position.
    pub position: &'static str,
    /// Positions.
    pub positions: &'static str,
    /// A group's committed offset.
    pub committed: &'static str,
    /// The last exception.
    pub last_exception: &'static str,
    /// Exceptions so far.
    pub exceptions: &'static str,
    /// How many partitions a topic has.
    pub partitions: fn(usize) -> String,
    /// A partition without a leader.
    pub no_leader: &'static str,
    /// A consumer that has no partition.
    pub no_partition: &'static str,
    /// How many members a group has.
    pub members: fn(usize) -> String,
    /// Nothing there yet.
    pub none: &'static str,
    /// Records sent.
    pub sent: &'static str,
    /// A transaction is open.
    pub open_transaction: &'static str,
    /// A copy of the data directory is kept.
    pub has_copy: &'static str,
    /// What a partition of a consumer waits for.
    pub state: fn(&KafkaPositionView) -> String,
    /// What happened.
    pub fact: fn(&KafkaFact) -> &'static str,
}

/// English.
pub const EN: KafkaTexts = KafkaTexts {
    group: "Kafka",
    broker: "Kafka broker",
    producer: "Kafka producer",
    consumer: "Kafka consumer",
    brokers: "Kafka brokers",
    producers: "Kafka producers",
    consumers: "Kafka consumers",
    logs: "Partition logs",
    groups: "Consumer groups",
    start: "Log start",
    end: "Log end",
    stable: "Last stable offset",
    epoch: "Leader epoch",
    epochs: "Epochs with their start offsets",
    position: "Position",
    positions: "Positions",
    committed: "Committed",
    last_exception: "Last exception",
    exceptions: "Exceptions",
    partitions: |count| if count == 1 { "1 partition".to_owned() } else { format!("{count} partitions") },
    no_leader: "no leader",
    no_partition: "no partition yet",
    members: |count| if count == 1 { "1 member".to_owned() } else { format!("{count} members") },
    none: "none",
    sent: "Sent",
    open_transaction: "a transaction is open",
    has_copy: "Copy of the data directory",
    state: en_state,
    fact: en_fact,
};

/// Chinese.
pub const ZH: KafkaTexts = KafkaTexts {
    group: "Kafka",
    broker: "Kafka Broker",
    producer: "Kafka 生产者",
    consumer: "Kafka 消费者",
    brokers: "Kafka Broker",
    producers: "Kafka 生产者",
    consumers: "Kafka 消费者",
    logs: "分区日志",
    groups: "消费组",
    start: "日志起点",
    end: "日志末端",
    stable: "LSO（最后稳定位点）",
    epoch: "Leader epoch",
    epochs: "各 epoch 的起始位点",
    position: "消费位置",
    positions: "消费位置",
    committed: "已提交",
    last_exception: "最近一次异常",
    exceptions: "异常次数",
    partitions: |count| format!("{count} 个分区"),
    no_leader: "没有 leader",
    no_partition: "还没有分区",
    members: |count| format!("{count} 个成员"),
    none: "无",
    sent: "已发送",
    open_transaction: "有未结束的事务",
    has_copy: "数据目录的副本",
    state: zh_state,
    fact: zh_fact,
};

fn en_state(position: &KafkaPositionView) -> String {
    use KafkaState as State;
    match State::of(position) {
        State::Stalled(seen, known) => format!("stalled: epoch {seen} was seen, the broker is at {known}"),
        State::Initializing => "asks for the group offset".to_owned(),
        State::Fetching => "fetching".to_owned(),
        State::AwaitReset => "awaits its reset".to_owned(),
        State::AwaitValidation => "is being validated".to_owned(),
    }
}

fn zh_state(position: &KafkaPositionView) -> String {
    use KafkaState as State;
    match State::of(position) {
        State::Stalled(seen, known) => format!("停滞：见过 epoch {seen}，Broker 只到 {known}"),
        State::Initializing => "正在查询消费组位点".to_owned(),
        State::Fetching => "拉取中".to_owned(),
        State::AwaitReset => "等待重置位点".to_owned(),
        State::AwaitValidation => "校验 epoch 中".to_owned(),
    }
}

/// What a partition of a consumer waits for.
enum KafkaState {
    Stalled(u32, u32),
    Initializing,
    Fetching,
    AwaitReset,
    AwaitValidation,
}

impl KafkaState {
    fn of(position: &KafkaPositionView) -> Self {
        use lab_core::kafka::FetchState as State;
        match (position.stalled, position.state) {
            (Some((seen, known)), _) => Self::Stalled(seen, known),
            (None, State::Initializing) => Self::Initializing,
            (None, State::Fetching) => Self::Fetching,
            (None, State::AwaitReset) => Self::AwaitReset,
            (None, State::AwaitValidation) => Self::AwaitValidation,
        }
    }
}

fn en_fact(fact: &KafkaFact) -> &'static str {
    match fact {
        KafkaFact::Sent { response: false, .. } => "request",
        KafkaFact::Sent { response: true, .. } => "response",
        KafkaFact::TopicCreated { .. } => "topic created",
        KafkaFact::TopicDeleted(_) => "topic deleted",
        KafkaFact::LeaderElected { .. } => "leader elected",
        KafkaFact::Appended { .. } => "records appended",
        KafkaFact::MarkerAppended { .. } => "marker appended",
        KafkaFact::RecordsDeleted { .. } => "records deleted",
        KafkaFact::GroupChanged { .. } => "group changed",
        KafkaFact::MemberExpired { .. } => "member expired",
        KafkaFact::OffsetCommitted { .. } => "offset committed",
        KafkaFact::Assigned(_) => "partitions assigned",
        KafkaFact::Revoked(_) => "partitions revoked",
        KafkaFact::Consumed { .. } => "records consumed",
        KafkaFact::Position { .. } => "position",
        KafkaFact::PollFailed(_) => "poll failed",
        KafkaFact::Stalled { .. } => "stalled",
        KafkaFact::Logged { .. } => "client log",
        KafkaFact::SendSucceeded { .. } => "sent",
        KafkaFact::TransactionSent { .. } => "transaction sent",
        KafkaFact::SendFailed { .. } => "send failed",
        KafkaFact::TransactionEnded(_) => "transaction ended",
        KafkaFact::DirectoryCopied => "data directory copied",
        KafkaFact::DirectoryRestored => "data directory restored",
        KafkaFact::Answered { .. } => "tool answered",
    }
}

fn zh_fact(fact: &KafkaFact) -> &'static str {
    match fact {
        KafkaFact::Sent { response: false, .. } => "请求",
        KafkaFact::Sent { response: true, .. } => "响应",
        KafkaFact::TopicCreated { .. } => "主题创建",
        KafkaFact::TopicDeleted(_) => "主题删除",
        KafkaFact::LeaderElected { .. } => "选出 leader",
        KafkaFact::Appended { .. } => "消息写入",
        KafkaFact::MarkerAppended { .. } => "事务标记写入",
        KafkaFact::RecordsDeleted { .. } => "消息删除",
        KafkaFact::GroupChanged { .. } => "消费组变化",
        KafkaFact::MemberExpired { .. } => "成员超时",
        KafkaFact::OffsetCommitted { .. } => "位点提交",
        KafkaFact::Assigned(_) => "分配分区",
        KafkaFact::Revoked(_) => "收回分区",
        KafkaFact::Consumed { .. } => "消费消息",
        KafkaFact::Position { .. } => "消费位置",
        KafkaFact::PollFailed(_) => "poll 异常",
        KafkaFact::Stalled { .. } => "停滞",
        KafkaFact::Logged { .. } => "客户端日志",
        KafkaFact::SendSucceeded { .. } => "发送成功",
        KafkaFact::TransactionSent { .. } => "事务发送",
        KafkaFact::SendFailed { .. } => "发送失败",
        KafkaFact::TransactionEnded(_) => "事务结束",
        KafkaFact::DirectoryCopied => "数据目录已复制",
        KafkaFact::DirectoryRestored => "数据目录已恢复",
        KafkaFact::Answered { .. } => "工具已回答",
    }
}

/// The details of a fact in Chinese.
pub(super) fn zh_details(fact: &KafkaFact) -> String {
    let epoch =
        |epoch: Option<u32>| epoch.map_or_else(|| "无 epoch".to_owned(), |epoch| format!("epoch {epoch}"));
    let end = |end: Marker| if end == Marker::Commit { "提交" } else { "回滚" };
    match fact {
        KafkaFact::TopicCreated { topic, partitions, auto } => {
            format!("{topic} {partitions} 个分区{}", if *auto { "（自动创建）" } else { "" })
        }
        KafkaFact::LeaderElected { partition, epoch, start_offset } => {
            format!("{partition} epoch {epoch}，从 {start_offset} 开始")
        }
        KafkaFact::Appended { partition, first, last, epoch, transactional } => {
            format!(
                "{partition}@{first}..{last} epoch {epoch}{}",
                if *transactional { "，事务中" } else { "" }
            )
        }
        KafkaFact::MarkerAppended { partition, offset, marker } => {
            format!("{partition}@{offset} {}", end(*marker))
        }
        KafkaFact::RecordsDeleted { partition, log_start } => format!("{partition} 从 {log_start} 开始"),
        KafkaFact::GroupChanged { group, state, generation, members } => {
            format!("{group} {state}，第 {generation} 代，{members} 个成员")
        }
        KafkaFact::OffsetCommitted { group, partition, offset } => {
            format!("{group} {partition}@{} {}", offset.offset, epoch(offset.leader_epoch))
        }
        KafkaFact::Consumed { partition, count, first, last, first_key, last_key } => {
            format!("{partition}@{first}..{last} {count} 条 {first_key}..{last_key}")
        }
        KafkaFact::Position { partition, offset, epoch: of } => {
            format!("{partition}@{offset} {}", epoch(*of))
        }
        KafkaFact::Stalled { partition, seen, metadata } => {
            format!("{partition} 的 epoch {metadata} 早于见过的 {seen}")
        }
        KafkaFact::SendSucceeded { partition, key, count, first, last } => {
            format!("{partition}@{first}..{last} {count} 条 {key}")
        }
        KafkaFact::TransactionSent { partition, key, records, first, last, end: how } => {
            format!("{partition}@{first}..{last} {records} 条 {key}，{}", how.map_or("未结束", end))
        }
        KafkaFact::TransactionEnded(marker) => end(*marker).to_owned(),
        _ => fact.to_string(),
    }
}
