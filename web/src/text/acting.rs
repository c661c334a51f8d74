//! The words about a slave that acts for its master, in both languages. RocketMQ's own words stay as they are.

use lab_core::fact::ActingFact;

/// What the inspector and the map say about it.
#[expect(missing_docs, reason = "each is the text of that name; the constants say what it is")]
pub struct ActingTexts {
    pub min_broker_id: &'static str,
    pub alive: &'static str,
    pub acting_since: &'static str,
    pub state: &'static str,
    pub isolated: &'static str,
    pub online: &'static str,
    pub in_sync: &'static str,
    pub in_sync_of: fn(u32, u32) -> String,
    pub escapes: &'static str,
    pub unknown: &'static str,
    /// The mark on the strip of a slave that acts.
    pub mark: &'static str,
}

pub(super) const EN: ActingTexts = ActingTexts {
    min_broker_id: "Smallest broker id it knows",
    alive: "Living replicas it knows",
    acting_since: "Acts for the master",
    state: "Pre-online",
    isolated: "isolated: nobody sees it yet",
    online: "through",
    in_sync: "Copies in sync",
    in_sync_of: |present, needed| format!("{present} there, {needed} needed"),
    escapes: "Messages to be stored elsewhere",
    unknown: "not asked yet",
    mark: "ACTING MASTER",
};

pub(super) const ZH: ActingTexts = ActingTexts {
    min_broker_id: "已知的最小 brokerId",
    alive: "已知的存活副本数",
    acting_since: "代理 Master 已有",
    state: "预上线（preOnline）",
    isolated: "隔离中，对外不可见",
    online: "已完成",
    in_sync: "同步副本数",
    in_sync_of: |present, needed| format!("现有 {present}，需要 {needed}"),
    escapes: "等待逃逸的消息数",
    unknown: "尚未查询",
    mark: "代理 MASTER",
};

/// What kind of event it is, in English.
pub(super) const fn kind_en(fact: &ActingFact) -> &'static str {
    match fact {
        ActingFact::MinBrokerIdChanged { .. } => "smallest broker id changed",
        ActingFact::ActingBegan => "slave acts as master",
        ActingFact::ActingEnded => "slave acts no longer",
        ActingFact::Isolated => "isolated before coming online",
        ActingFact::TakenBack { .. } => "progress taken back from a slave",
        ActingFact::PreOnlineFailed { .. } => "could not come online yet",
        ActingFact::Online => "online",
        ActingFact::Escaped { .. } => "escaped to another master",
        ActingFact::EscapeFailed { .. } => "could not escape",
        ActingFact::EscapeSkipped { .. } => "given up, not stored anywhere",
        ActingFact::MinBrokerIdNotified { .. } => "smallest broker id told",
    }
}

/// What kind of event it is, in Chinese.
pub(super) const fn kind_zh(fact: &ActingFact) -> &'static str {
    match fact {
        ActingFact::MinBrokerIdChanged { .. } => "最小 brokerId 变化",
        ActingFact::ActingBegan => "从节点开始代理 Master",
        ActingFact::ActingEnded => "从节点停止代理",
        ActingFact::Isolated => "上线前隔离",
        ActingFact::TakenBack { .. } => "从从节点取回进度",
        ActingFact::PreOnlineFailed { .. } => "暂未能上线",
        ActingFact::Online => "已上线",
        ActingFact::Escaped { .. } => "消息逃逸到其他 Master",
        ActingFact::EscapeFailed { .. } => "消息逃逸失败",
        ActingFact::EscapeSkipped { .. } => "放弃该消息，未存储",
        ActingFact::MinBrokerIdNotified { .. } => "通知最小 brokerId",
    }
}

/// What it says about itself, in Chinese.
pub(super) fn details_zh(fact: &ActingFact) -> String {
    match fact {
        ActingFact::TakenBack { broker_id } => format!("来自 brokerId {broker_id}"),
        ActingFact::PreOnlineFailed { why } => reason_zh(why).to_owned(),
        ActingFact::EscapeFailed { message, why } => format!("{message} {}", reason_zh(why)),
        _ => fact.to_string(),
    }
}

fn reason_zh(why: &str) -> &str {
    match why {
        "enableRemoteEscape is off" => "enableRemoteEscape 未开启",
        "no route to its topic" => "查不到该 Topic 的路由",
        "no other master has its topic" => "没有其他 Master 拥有该 Topic",
        "no master of the other broker name" => "另一个 brokerName 没有 Master",
        "no connection for the log within 10 s" => "10 s 内没有建立 HA 连接",
        "the name server still knows this master" => "NameServer 仍记着这个 Master",
        _ => super::zh::trouble(why),
    }
}
