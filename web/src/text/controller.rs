//! Controller mode in both languages: names of what happened, and its details in Chinese.

use lab_core::fact::{ControllerFact, InactiveReason};
use lab_core::rpc::{EpochEntry, SyncStateSet};

/// What happened, in English.
pub(super) const fn english(fact: &ControllerFact) -> &'static str {
    match fact {
        ControllerFact::BrokerIdApplied { .. } => "broker id applied",
        ControllerFact::BrokerActive { .. } => "broker active",
        ControllerFact::BrokerInactive { .. } => "broker inactive",
        ControllerFact::MasterElected { .. } => "master elected",
        ControllerFact::NoMasterElected { .. } => "no master elected",
        ControllerFact::SyncStateSetChanged { .. } => "SyncStateSet changed",
        ControllerFact::ControllerRoleChanged { .. } => "controller's role changed",
        ControllerFact::RoleChanged { .. } => "role changed",
        ControllerFact::HandshakeSent { .. } => "handshake sent",
        ControllerFact::EpochsSent { .. } => "epochs sent",
        ControllerFact::LogTruncated { .. } => "log truncated",
        ControllerFact::NoConsistentPoint { .. } => "no common epoch",
        ControllerFact::MetadataCleaned { .. } => "broker metadata cleaned",
    }
}

/// What happened, in Chinese.
pub(super) const fn chinese(fact: &ControllerFact) -> &'static str {
    match fact {
        ControllerFact::BrokerIdApplied { .. } => "分配 brokerId",
        ControllerFact::BrokerActive { .. } => "Broker 存活",
        ControllerFact::BrokerInactive { .. } => "Broker 失活",
        ControllerFact::MasterElected { .. } => "选出主节点",
        ControllerFact::NoMasterElected { .. } => "未选出主节点",
        ControllerFact::SyncStateSetChanged { .. } => "SyncStateSet 变更",
        ControllerFact::ControllerRoleChanged { .. } => "Controller 角色变更",
        ControllerFact::RoleChanged { .. } => "角色切换",
        ControllerFact::HandshakeSent { .. } => "发送握手",
        ControllerFact::EpochsSent { .. } => "发送 epoch 列表",
        ControllerFact::LogTruncated { .. } => "日志截断",
        ControllerFact::NoConsistentPoint { .. } => "没有共同的 epoch",
        ControllerFact::MetadataCleaned { .. } => "清除 Broker 元数据",
    }
}

fn set(ids: &SyncStateSet) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    format!("{{{}}}", ids.join(", "))
}

fn epochs(epochs: &[EpochEntry]) -> String {
    if epochs.is_empty() {
        return "没有 epoch".to_owned();
    }
    let one = |entry: &EpochEntry| {
        let end = entry.end.map_or_else(String::new, |end| end.to_string());
        format!("epoch {} log@{}..{end}", entry.epoch, entry.start)
    };
    epochs.iter().map(one).collect::<Vec<_>>().join("，")
}

/// Its details, in Chinese. What is a name or a number prints as the core prints it.
pub(super) fn chinese_details(fact: &ControllerFact) -> String {
    match fact {
        ControllerFact::BrokerInactive { broker_name, broker_id, reason } => {
            let why = match reason {
                InactiveReason::ChannelClosed => "连接关闭",
                InactiveReason::Expired => "心跳超时",
            };
            format!("{broker_name} {broker_id} {why}")
        }
        ControllerFact::MasterElected { broker_name, master, address, master_epoch, unclean } => {
            let how = if *unclean { "，不在 SyncStateSet 中" } else { "" };
            format!("{broker_name} {master} {address} masterEpoch {master_epoch}{how}")
        }
        ControllerFact::NoMasterElected { broker_name, sync_state_set, master_epoch } => {
            format!("{broker_name} masterEpoch {master_epoch}，SyncStateSet {}", set(sync_state_set))
        }
        ControllerFact::EpochsSent { to, epochs: list, max_offset, .. } => {
            format!("→ {to} {}，日志末尾 @{max_offset}", epochs(list))
        }
        ControllerFact::LogTruncated { to, messages } => {
            let messages: Vec<_> = messages.iter().map(ToString::to_string).collect();
            format!("log@{to} 丢弃：{}", messages.join("，"))
        }
        ControllerFact::NoConsistentPoint { epochs: list } => epochs(list),
        _ => fact.to_string(),
    }
}

/// Words of the inspector for controller mode.
#[derive(Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a label that says what it stands beside")]
pub struct ControllerTexts {
    pub mode: &'static str,
    pub controller: &'static str,
    pub controllers: &'static str,
    pub broker_controller_id: &'static str,
    pub leader: &'static str,
    pub master: &'static str,
    pub in_sync: &'static str,
    pub last_heartbeat: &'static str,
    pub log_end: &'static str,
    pub role: &'static str,
    pub down: &'static str,
}

/// The words in English.
pub(super) const EN: ControllerTexts = ControllerTexts {
    mode: "Controller mode",
    controller: "Controller",
    controllers: "Controllers",
    broker_controller_id: "Id at the controller",
    leader: "Controller that leads",
    master: "Master",
    in_sync: "In sync",
    last_heartbeat: "Heartbeat",
    log_end: "Log end",
    role: "Role",
    down: "does not run",
};

/// The words in Chinese.
pub(super) const ZH: ControllerTexts = ControllerTexts {
    mode: "Controller 模式",
    controller: "Controller",
    controllers: "Controller 列表",
    broker_controller_id: "Controller 分配的 id",
    leader: "Controller Leader",
    master: "主节点",
    in_sync: "同步",
    last_heartbeat: "最近心跳",
    log_end: "日志末尾",
    role: "角色",
    down: "未运行",
};
