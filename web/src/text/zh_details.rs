//! What an event says about itself, in Chinese. Names, offsets, codes and exceptions stay as RocketMQ writes them; a
//! fact that has no other words prints as the core prints it.

use lab_core::command::MemberChange;
use lab_core::fact::{
    DLedgerFact, DropReason, Fact, LeaveReason, RegistryFact, RemovalReason, StartReason, WakeReason,
};
use lab_core::id::BrokerName;
use lab_core::rpc::{MemberRole, members_text, perm};

use super::pop::chinese_details;
use super::zh::trouble;

/// The details of a fact.
pub(super) fn details(fact: &Fact) -> String {
    match fact {
        Fact::Registry(RegistryFact::MembersChanged { member, change, version }) => {
            let word = if *change == MemberChange::Add { "加入" } else { "移除" };
            format!("{member} {word} v{version}")
        }
        Fact::Registry(RegistryFact::MembersLearned { registry, version, members, delay, skipped }) => {
            let delay = delay.map_or_else(String::new, |delay| format!("，变化后 {delay}"));
            let skipped = if *skipped > 0 { format!("，跳过 {skipped} 次变化") } else { String::new() };
            format!("v{version} {} 来自 {registry}{delay}{skipped}", members_text(members))
        }
        Fact::PoweredOff { lost } => format!("{lost} B 未刷盘"),
        Fact::Thawed { waiting } => format!("积压 {waiting} 个输入"),
        Fact::RolledBack { records } => format!("丢弃 {records} 条记录"),
        Fact::ResponseSent(_) => fact.to_string().replace(" msgs", " 条消息"),
        Fact::BrokerRemoved { broker_name, broker_id, address, reason } => {
            format!("{broker_name}:{broker_id} {address} {}", removal(*reason))
        }
        Fact::TopicUpdated { topic, config } => {
            let (read, write) = (config.read_queue_nums, config.write_queue_nums);
            format!("{topic} 读队列 {read} 写队列 {write} {}", perm::text(config.perm))
        }
        Fact::FilesDeleted { files, log_begin } => format!("{files} 个文件，日志从 @{log_begin} 开始"),
        Fact::DiskFull { percent } | Fact::DiskFreed { percent } => format!("已用 {percent} %"),
        Fact::MessageDelayed { message, topic, until } => format!("{message} 将在 {until} 投递到 {topic}"),
        Fact::DelayedMessageDue { message, level } => format!("{message} 级别 {level}"),
        Fact::TransactionChecked { message, group, times, client_id } => {
            let whom = client_id.as_ref().map_or("无人在线", |client_id| client_id.as_str());
            format!("{message} 第 {times} 次回查 {group} → {whom}")
        }
        Fact::TransactionEnded { message, group, state, from_check } => {
            let why = if *from_check { "（回查后）" } else { "" };
            format!("{message} {state} ← {group}{why}")
        }
        Fact::LocalTransactionChecked { key, times, answer, .. } => {
            format!("{} 第 {times} 次回查 {answer}", key.as_deref().unwrap_or("-"))
        }
        Fact::PullWoken { consumer, topic, queue_id, reason } => {
            format!("{topic}/q{queue_id} ← {consumer} {}", wake(*reason))
        }
        Fact::ClientUnregistered { client_id, group, reason } => {
            format!("{client_id} {group} {}", leave(*reason))
        }
        Fact::Replicated { to, records } => format!("log@{to} {records} 条记录"),
        Fact::RouteChanged { topic, writable, readable } => {
            format!("{topic} 可写 [{}] 可读 [{}]", counts(writable), counts(readable))
        }
        Fact::SendSucceeded { message, status, attempts, took, .. } => {
            let times = if *attempts > 1 { format!("，第 {attempts} 次尝试") } else { String::new() };
            format!("{message} {status} 用时 {took}{times}")
        }
        Fact::SendRetried { broker_name, why } => format!("{broker_name}：{}", trouble(why)),
        Fact::SendFailed { key, error, took, .. } => {
            format!("{} {error} 用时 {took}", key.as_deref().unwrap_or("-"))
        }
        Fact::QueueAssigned { queue, offset, reason } => {
            format!("{queue} 从 {offset} 开始（{}）", start(*reason))
        }
        Fact::QueueDropped { queue, reason } => format!("{queue} {}", drop(*reason)),
        Fact::PullFailed { queue, why } => format!("{queue} {}", trouble(why)),
        Fact::MessageDelivered { message, reconsume_times } if *reconsume_times > 0 => {
            format!("{message} 第 {reconsume_times} 次重试")
        }
        Fact::MessageSentBack { message, group, delay_level, reconsume_times } => {
            format!("{message} {group} 延迟级别 {delay_level} 第 {reconsume_times} 次重试")
        }
        Fact::DeadLettered { message, group, reconsume_times } => {
            format!("{message} {group} 已失败 {reconsume_times} 次")
        }
        Fact::DLedger(fact) => dledger(fact),
        Fact::Controller(fact) => super::controller::chinese_details(fact),
        Fact::TraceLost { topic, why } => format!("{topic}：{}", trouble(why)),
        Fact::SendBackFailed { message, why } => format!("{message} {}", trouble(why)),
        Fact::RetriedHere { message, pause } => format!("{message} {pause} 后重试"),
        Fact::QueueSuspended { queue, pause } => format!("{queue} {pause}"),
        Fact::LockRefused { group, queue, client_id, holder } => {
            format!("{queue} {group} {client_id}，由 {holder} 持有")
        }
        Fact::OffsetReset { group, queue, offset } => format!("{group} {queue} → {offset}"),
        Fact::Pop(fact) => chinese_details(fact),
        Fact::Acting(fact) => super::acting::details_zh(fact),
        Fact::Kafka(it) => super::kafka::zh_details(it),
        _ => fact.to_string(),
    }
}

const fn removal(reason: RemovalReason) -> &'static str {
    match reason {
        RemovalReason::Unregistered => "主动注销",
        RemovalReason::ChannelClosed => "连接关闭",
        RemovalReason::ChannelIdle => "连接空闲 120 s",
        RemovalReason::Expired => "注册过期",
    }
}

pub(super) const fn wake(reason: WakeReason) -> &'static str {
    match reason {
        WakeReason::Arrival => "新消息到达",
        WakeReason::Check => "5 s 检查",
        WakeReason::Timeout => "挂起到期",
        WakeReason::MasterOnline => "Master 已恢复",
    }
}

const fn leave(reason: LeaveReason) -> &'static str {
    match reason {
        LeaveReason::Unregistered => "主动注销",
        LeaveReason::ChannelClosed => "连接关闭",
        LeaveReason::Expired => "心跳过期",
    }
}

const fn start(reason: StartReason) -> &'static str {
    match reason {
        StartReason::StoredOffset => "Broker 给出的位点",
        StartReason::LastOffset => "没有位点，从最大位点开始",
        StartReason::FirstOffset => "没有位点，从 0 开始",
        StartReason::Timestamp => "没有位点，按时间开始",
        StartReason::LocalOffset => "本地保存的位点",
    }
}

const fn drop(reason: DropReason) -> &'static str {
    match reason {
        DropReason::Rebalanced => "重平衡后不再持有",
        DropReason::OffsetIllegal => "位点非法，已更正",
        DropReason::PullExpired => "120 s 没有拉取",
        DropReason::Reset => "位点重置",
    }
}

fn counts(list: &[(BrokerName, u32)]) -> String {
    list.iter().map(|(broker, queues)| format!("{broker}:{queues}")).collect::<Vec<_>>().join(" ")
}

fn dledger(fact: &DLedgerFact) -> String {
    match fact {
        DLedgerFact::RoleChanged { term, role, leader } => match leader {
            Some(leader) if *role == MemberRole::Follower => format!("{role}，跟随 {leader}，term {term}"),
            _ => format!("{role}，term {term}"),
        },
        DLedgerFact::VoteRoundOver { term, accepted, result } => {
            format!("term {term} 得 {accepted} 票 {result}")
        }
        DLedgerFact::Voted { term, candidate, result } => format!("{candidate} term {term} {result}"),
        DLedgerFact::Committed { index, to } => format!("条目 {index} log@{to}"),
        DLedgerFact::Truncated { to, messages } => {
            let messages: Vec<_> = messages.iter().map(ToString::to_string).collect();
            format!("截断到 log@{to}，丢弃 [{}]", messages.join("，"))
        }
        DLedgerFact::NotConfirmed { entry, code } => format!("条目 {entry} {code}"),
        DLedgerFact::AppendRefused { code } => code.to_string(),
        DLedgerFact::BrokerRoleChanged { role, broker_id } => format!("{role} brokerId={broker_id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_words_are_said_in_chinese() {
        let removed = Fact::BrokerRemoved {
            broker_name: "broker-a".into(),
            broker_id: lab_core::id::BrokerId(0),
            address: lab_core::id::Address::local(10911),
            reason: RemovalReason::ChannelIdle,
        };
        assert_eq!(details(&removed), "broker-a:0 127.0.0.1:10911 连接空闲 120 s");
        assert_eq!(details(&Fact::Thawed { waiting: 3 }), "积压 3 个输入");
        assert_eq!(details(&Fact::Killed), "");
    }
}
