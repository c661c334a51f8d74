//! The words about the two versions: the switch, and the table of what differs.

use crate::differences::Difference;

/// Every text of the switch and of the table.
#[expect(missing_docs, reason = "each is the text of that name; the constants say what it is")]
pub struct VersionTexts {
    pub button: fn(&str) -> String,
    pub title: &'static str,
    pub now: fn(&str) -> String,
    pub switch_why: fn(&str, usize) -> String,
    pub switch_do: fn(&str) -> String,
    pub switched: fn(&str, usize) -> String,
    pub switched_to_opening: fn(&str) -> String,
    pub behaviour: &'static str,
    pub seen_at: fn(&str) -> String,
    pub seen_count: fn(usize, usize) -> String,
    pub table_note: &'static str,
    /// What differs, in 4.9.8, in 5.3.3.
    pub difference: fn(Difference) -> [&'static str; 3],
}

pub(super) const EN: VersionTexts = VersionTexts {
    button: |version| format!("RocketMQ {version}: switch the version, see what differs"),
    title: "What differs between V4 and V5",
    now: |version| format!("This lab behaves like RocketMQ {version}."),
    switch_why: |version, own| {
        let commands = match own {
            0 => "the lab's commands".to_owned(),
            1 => "the lab's commands and the one that you gave".to_owned(),
            own => format!("the lab's commands and the {own} that you gave"),
        };
        format!(
            "The switch begins the run anew as {version}: same set-up, same seed, {commands} at the same times, up to the \
             same moment. A command that cannot be carried out there is passed over."
        )
    },
    switch_do: |version| format!("Run it again as {version}"),
    switched: |version, passed| match passed {
        0 => format!("The same run as {version}, with all commands, up to the same moment."),
        1 => format!(
            "The same run as {version}; one command could not be carried out there and was passed over."
        ),
        passed => {
            format!(
                "The same run as {version}; {passed} commands could not be carried out there and were passed over."
            )
        }
    },
    switched_to_opening: |version| {
        format!("The lab as {version}, from its opening: your commands could not be carried out there.")
    },
    behaviour: "What",
    seen_at: |time| format!("seen at {time}"),
    seen_count: |seen, all| format!("{seen} of {all} have shown in this run so far."),
    table_note: "A difference is marked when an event of the run comes from the mechanism that differs.",
    difference: english,
};

pub(super) const ZH: VersionTexts = VersionTexts {
    button: |version| format!("RocketMQ {version}：切换版本，查看差异"),
    title: "V4 与 V5 的差异",
    now: |version| format!("本实验模拟 RocketMQ {version}。"),
    switch_why: |version, own| {
        let commands = match own {
            0 => "实验自带的命令".to_owned(),
            own => format!("实验自带的命令以及您下达的 {own} 条命令"),
        };
        format!(
            "切换会以 {version} 重新开始本次运行：相同的配置，相同的种子，{commands}在相同的时刻，直到同一时刻。\
             在那里无法执行的命令会被跳过。"
        )
    },
    switch_do: |version| format!("以 {version} 重新运行"),
    switched: |version, passed| match passed {
        0 => format!("同一次运行，版本为 {version}，包含所有命令，直到同一时刻。"),
        passed => format!("同一次运行，版本为 {version}；有 {passed} 条命令在那里无法执行，已跳过。"),
    },
    switched_to_opening: |version| format!("从头开始的实验，版本为 {version}：您的命令在那里无法执行。"),
    behaviour: "行为",
    seen_at: |time| format!("{time} 出现"),
    seen_count: |seen, all| format!("本次运行至今出现了 {all} 项中的 {seen} 项。"),
    table_note: "运行中的某个事件来自有差异的机制时，该项就会被标出。",
    difference: chinese,
};

fn english(difference: Difference) -> [&'static str; 3] {
    match difference {
        Difference::NameServerScan => [
            "Name servers look for silent brokers",
            "every 10 s, first after 5 s",
            "every 5 s, first after 5 ms",
        ],
        Difference::RebalanceInterval => {
            ["A group divides its queues again", "after 20 s", "after 20 s, after 1 s while unbalanced"]
        }
        Difference::IllegalOffsetPause => ["A queue rests after OFFSET_ILLEGAL", "10 to 30 s", "about 1 s"],
        Difference::FirstPull => ["First pull of a queue after its assignment", "at once", "after 500 ms"],
        Difference::MasterWithoutSlave => [
            "Send to a SYNC_MASTER without a slave",
            "SLAVE_NOT_AVAILABLE (11)",
            "SEND_OK (inSyncReplicas=1)",
        ],
        Difference::PullFromSlave => [
            "Pull from a slave with slaveReadEnable=false",
            "served",
            "SYSTEM_BUSY, also from an acting master",
        ],
        Difference::SendToSlave => ["Send to a slave is refused with", "code 14", "code 2"],
        Difference::BrokerPermission => {
            ["brokerPermission and the topic's", "the broker's replaces the topic's", "both must allow it"]
        }
        Difference::IllegalQueueId => {
            ["Send to a queue that there is not", "code 1, tried again", "code 29, not tried again"]
        }
        Difference::BusyBroker => ["SYSTEM_BUSY in answer to a send", "thrown", "tried again"],
        Difference::TransactionCheck => {
            ["Unfinished transactions are asked about", "every 60 s", "every 30 s"]
        }
        Difference::SlaveMetadata => [
            "A slave copies topics, groups, offsets",
            "first after 3 s, then every 10 s",
            "first after 60 s, then about every 63 s",
        ],
        Difference::DeletedTopicOffsets => {
            ["deleteTopic and the group offsets", "keeps them: Diff turns negative", "deletes them too"]
        }
        Difference::ResetOffset => {
            ["Resetting offsets", "through the clients, 10 s pause, only while online", "by the broker"]
        }
        Difference::RetryLimit => [
            "A retry sent by the client itself goes to the dead letters",
            "when the limit is reached",
            "when the limit is exceeded",
        ],
        Difference::FaultTable => {
            ["A slow broker is avoided for", "30, 60, 120, 180 or 600 s", "2, 5, 6, 10 or 30 s"]
        }
        Difference::RegisterTimeout => ["Time-out of a broker's registration", "6 s", "24 s"],
        Difference::TopicsOfSlave => ["Changing a topic at a slave", "refused", "not refused"],
        Difference::UnchangedTopic => [
            "updateTopic with unchanged values",
            "registers the topic again, so undoes its wipe",
            "does nothing",
        ],
        Difference::EarlyWipe => {
            ["A topic wiped in a broker's first 60 s", "comes back at second 60", "stays wiped"]
        }
        Difference::FirstConsumption => {
            ["First consumption after a consumer's start", "after about 0.1 s", "after about 1.5 s"]
        }
        Difference::SecondMember => {
            ["A second member, started at once over a backlog", "consumes its share again", "repeats nothing"]
        }
        Difference::OrderlyKilled => {
            ["The queue of a killed orderly consumer is free", "after 60 s", "after 40 to 60 s"]
        }
        Difference::OrderlyHandOver => {
            ["Handing an orderly queue with a backlog over", "40 s of silence", "about 1 s"]
        }
        Difference::TopicStatusRows => {
            ["Rows of topicStatus", "the queues to write", "the queues to read or write, whichever are more"]
        }
        Difference::BroadcastProgress => ["consumerProgress of a broadcasting group", "CODE 206", "CODE 213"],
        Difference::RetryRow => [
            "The %RETRY% row in consumerProgress appears",
            "10 to 15 s after the start",
            "37 to 47 s after it",
        ],
        Difference::FreshBrokerTopics => ["Topics of a fresh broker", "8, and one more at second 60", "13"],
        Difference::QueryMessageById => ["queryMsgById", "needs no topic", "needs -t"],
        Difference::TransactionOpTopic => {
            ["The topic of transaction marks at the name servers", "not registered", "registered"]
        }
    }
}

fn chinese(difference: Difference) -> [&'static str; 3] {
    match difference {
        Difference::NameServerScan => {
            ["NameServer 扫描失联的 Broker", "每 10 秒，首次在 5 秒后", "每 5 秒，首次在 5 毫秒后"]
        }
        Difference::RebalanceInterval => ["消费组重新分配队列", "间隔 20 秒", "间隔 20 秒，不均衡时 1 秒"],
        Difference::IllegalOffsetPause => ["OFFSET_ILLEGAL 之后队列的停顿", "10 到 30 秒", "约 1 秒"],
        Difference::FirstPull => ["分到队列后的首次拉取", "立即", "500 毫秒后"],
        Difference::MasterWithoutSlave => {
            ["发送到没有从节点的 SYNC_MASTER", "SLAVE_NOT_AVAILABLE（11）", "SEND_OK（inSyncReplicas=1）"]
        }
        Difference::PullFromSlave => {
            ["slaveReadEnable=false 时从从节点拉取", "照常提供", "SYSTEM_BUSY，代理主节点也一样"]
        }
        Difference::SendToSlave => ["发送到从节点被拒绝的代码", "代码 14", "代码 2"],
        Difference::BrokerPermission => {
            ["brokerPermission 与主题的权限", "Broker 的取代主题的", "两者都允许才行"]
        }
        Difference::IllegalQueueId => ["发送到不存在的队列", "代码 1，会重试", "代码 29，不重试"],
        Difference::BusyBroker => ["发送得到 SYSTEM_BUSY", "抛出异常", "重试"],
        Difference::TransactionCheck => ["回查未完成的事务", "每 60 秒", "每 30 秒"],
        Difference::SlaveMetadata => {
            ["从节点复制主题、组和位点", "3 秒后首次，之后每 10 秒", "60 秒后首次，之后约每 63 秒"]
        }
        Difference::DeletedTopicOffsets => ["deleteTopic 之后的消费位点", "保留：Diff 变为负数", "一并删除"],
        Difference::ResetOffset => ["重置位点", "经由客户端，停顿 10 秒，仅在线时可行", "由 Broker 完成"],
        Difference::RetryLimit => ["客户端自行发送的重试消息进入死信", "达到上限时", "超过上限时"],
        Difference::FaultTable => {
            ["规避慢 Broker 的时长", "30、60、120、180 或 600 秒", "2、5、6、10 或 30 秒"]
        }
        Difference::RegisterTimeout => ["Broker 注册的超时", "6 秒", "24 秒"],
        Difference::TopicsOfSlave => ["在从节点上修改主题", "拒绝", "不拒绝"],
        Difference::UnchangedTopic => {
            ["updateTopic 的值没有变化时", "重新注册该主题，因而撤销对它的清除", "什么也不做"]
        }
        Difference::EarlyWipe => ["Broker 启动 60 秒内清除的主题", "第 60 秒时恢复", "保持清除"],
        Difference::FirstConsumption => ["消费者启动后的首次消费", "约 0.1 秒后", "约 1.5 秒后"],
        Difference::SecondMember => ["有堆积时立即启动的第二个成员", "重复消费它的份额", "没有重复"],
        Difference::OrderlyKilled => ["被杀死的顺序消费者的队列释放", "60 秒后", "40 到 60 秒后"],
        Difference::OrderlyHandOver => ["移交有堆积的顺序队列", "静默 40 秒", "约 1 秒"],
        Difference::TopicStatusRows => ["topicStatus 的行", "写队列", "读队列与写队列中较多者"],
        Difference::BroadcastProgress => {
            ["广播组的 consumerProgress", "CODE 206，查询失败", "CODE 213，查询失败"]
        }
        Difference::RetryRow => {
            ["consumerProgress 中出现 %RETRY% 行", "启动后 10 到 15 秒", "启动后 37 到 47 秒"]
        }
        Difference::FreshBrokerTopics => ["新 Broker 的主题数", "8 个，第 60 秒再加 1 个", "13 个"],
        Difference::QueryMessageById => ["查询消息 queryMsgById", "不需要主题", "需要 -t"],
        Difference::TransactionOpTopic => ["事务标记主题在 NameServer 上", "未注册", "已注册"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_told_in_both_languages_and_is_one() {
        for difference in Difference::ALL {
            let (en, zh) = (english(*difference), chinese(*difference));
            for [what, v4, v5] in [en, zh] {
                assert!(!what.is_empty() && !v4.is_empty() && !v5.is_empty() && v4 != v5, "{difference:?}");
            }
            assert_ne!(en[0], zh[0]);
        }
    }
}
