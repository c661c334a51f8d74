//! The words about POP, in both languages: the inspector's card, names and details of events.

use lab_core::fact::PopFact;

use super::zh_details::wake;

/// The texts of the inspector's card.
#[expect(missing_docs, reason = "each is the text of that name; the constants say what it is")]
pub struct PopTexts {
    pub title: fn(usize, usize) -> String,
    pub modes: &'static str,
    pub mode: &'static str,
    pub share: &'static str,
    pub check_points: &'static str,
    pub check_points_hint: &'static str,
    pub place: &'static str,
    pub unacknowledged: &'static str,
    pub popped_by: &'static str,
    pub unknown_member: &'static str,
    pub revived_in: &'static str,
    pub revived_spoken: fn(&str, &str) -> String,
    pub reviving: &'static str,
    pub held: &'static str,
    pub held_until: &'static str,
    pub any_queue: &'static str,
    pub revive: &'static str,
    pub revive_queue: &'static str,
    pub revive_offset: &'static str,
    pub queue_end: &'static str,
    pub pop_queues: fn(usize) -> String,
    pub in_hand: &'static str,
    pub last_pop: &'static str,
}

/// English.
pub(super) const EN: PopTexts = PopTexts {
    title: |points, messages| format!("POP: {points} check points, {messages} unacked"),
    modes: "Consume modes",
    mode: "Mode",
    share: "popShareQueueNum",
    check_points: "Check points",
    check_points_hint: "One a pop and queue. What nobody acknowledges in time is copied into the retry topic of POP, \
                        a few seconds after the invisible time is over.",
    place: "Queue and first offset",
    unacknowledged: "Unacknowledged",
    popped_by: "Popped by",
    unknown_member: "before the broker's start",
    revived_in: "Revived in",
    revived_spoken: |left, at| format!("Revived in {left} of virtual time, at {at}"),
    reviving: "invisible time is over",
    held: "Held pops",
    held_until: "Over in",
    any_queue: "any queue",
    revive: "Revive topic",
    revive_queue: "Queue",
    revive_offset: "Worked off to",
    queue_end: "End",
    pop_queues: |queues| format!("Popped queues ({queues})"),
    in_hand: "In work / in hand",
    last_pop: "Last pop",
};

/// Chinese.
pub(super) const ZH: PopTexts = PopTexts {
    title: |points, messages| format!("POP：{points} 个检查点，{messages} 条消息未 ACK"),
    modes: "消费模式",
    mode: "模式",
    share: "popShareQueueNum",
    check_points: "检查点（CheckPoint）",
    check_points_hint: "每次 Pop 在每个队列上写一个检查点。不可见时间结束后仍未 ACK 的消息，会在几秒之内被复制到 POP 重试 Topic。",
    place: "队列与起始位点",
    unacknowledged: "未 ACK",
    popped_by: "取走消息的成员",
    unknown_member: "在 Broker 启动之前",
    revived_in: "距离重新可见",
    revived_spoken: |left, at| format!("虚拟时间 {left} 之后、{at} 时重新可见"),
    reviving: "不可见时间已结束",
    held: "挂起的 Pop 请求",
    held_until: "剩余时间",
    any_queue: "任意队列",
    revive: "Revive Topic",
    revive_queue: "队列",
    revive_offset: "已处理到",
    queue_end: "最大位点",
    pop_queues: |queues| format!("Pop 队列（{queues}）"),
    in_hand: "消费中 / 未完成",
    last_pop: "上次 Pop",
};

/// What an event is called, in English.
pub(super) const fn english(fact: &PopFact) -> &'static str {
    match fact {
        PopFact::ConsumeModeSet { .. } => "consume mode set",
        PopFact::Popped { .. } => "popped",
        PopFact::Held { .. } => "pop held",
        PopFact::Woken { .. } => "pop woken",
        PopFact::OffsetCorrected { .. } => "offset corrected by the broker",
        PopFact::Acked { .. } => "acknowledged",
        PopFact::InvisibleTimeChanged { .. } => "invisible time changed",
        PopFact::Revived { .. } => "revived",
        PopFact::QueueAssigned { .. } => "queue to pop from",
        PopFact::ResultIgnored { .. } => "result too late, not acknowledged",
        PopFact::Expired { .. } => "expired before its turn",
        PopFact::GivenUp { .. } => "given up",
    }
}

/// What an event is called, in Chinese.
pub(super) const fn chinese(fact: &PopFact) -> &'static str {
    match fact {
        PopFact::ConsumeModeSet { .. } => "设置消费模式",
        PopFact::Popped { .. } => "Pop 取走消息",
        PopFact::Held { .. } => "挂起 Pop",
        PopFact::Woken { .. } => "唤醒 Pop",
        PopFact::OffsetCorrected { .. } => "Broker 纠正位点",
        PopFact::Acked { .. } => "消息 ACK",
        PopFact::InvisibleTimeChanged { .. } => "修改不可见时间",
        PopFact::Revived { .. } => "消息重新可见",
        PopFact::QueueAssigned { .. } => "分到 Pop 队列",
        PopFact::ResultIgnored { .. } => "结果太晚，不再 ACK",
        PopFact::Expired { .. } => "等待线程时已超时",
        PopFact::GivenUp { .. } => "放弃重试",
    }
}

/// What an event says about itself, in Chinese.
pub(super) fn chinese_details(fact: &PopFact) -> String {
    match fact {
        PopFact::ConsumeModeSet { group, topic, mode } => {
            format!("{group} {topic} {} popShareQueueNum {}", mode.mode, mode.pop_share_queue_num)
        }
        PopFact::Popped { consumer, group, queue, start, messages, revive_queue_id, revive_at } => format!(
            "{group} {queue}@{start} {messages} 条消息 → {consumer}，revive/q{revive_queue_id}，{revive_at} 后重新可见"
        ),
        PopFact::Woken { consumer, topic, queue_id, reason } => {
            format!("{topic}/q{queue_id} ← {consumer} {}", wake(*reason))
        }
        PopFact::InvisibleTimeChanged { consumer, group, queue, offset, revive_at } => {
            format!("{group} {queue}@{offset} ← {consumer}，{revive_at} 后重新可见")
        }
        PopFact::Revived { message, group, from, offset, reconsume_times } => {
            format!("{message} {group} 来自 {from}@{offset} 第 {reconsume_times} 次重试")
        }
        PopFact::GivenUp { message, reconsume_times } => format!("{message} 已重试 {reconsume_times} 次"),
        _ => fact.to_string(),
    }
}
