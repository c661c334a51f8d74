//! The words of the labs with variants: the ways to survive and the riddle.

use lab_core::time::Duration;

use super::span;
use crate::labs::variants::Variant;
use crate::labs::{Case, Fault, Way};
use crate::session::comparison::{Measure, Outcome};

/// What is said about a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VariantText {
    /// Its name where it stands alone.
    pub name: &'static str,
    /// Its name under the name of its system.
    pub short: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
}

/// What is said about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeasureText {
    /// Its name.
    pub name: &'static str,
    /// How it is counted, in a sentence.
    pub how: &'static str,
}

/// Every text of the tables.
#[expect(missing_docs, reason = "each is the text of that name; the constants say what it is")]
pub struct ComparisonTexts {
    pub ways_lead: &'static str,
    pub riddle_lead: &'static str,
    pub variant: fn(Variant) -> VariantText,
    pub measure: fn(Measure) -> MeasureText,
    pub fault: fn(Fault) -> &'static str,
    pub fault_note: fn(Fault) -> &'static str,
    pub fault_legend: &'static str,
    pub version_legend: &'static str,
    pub caption: &'static str,
    pub caption_of: fn(&str) -> String,
    pub row: &'static str,
    pub waiting: &'static str,
    pub counting: fn(u64) -> String,
    pub counted: &'static str,
    pub failed: fn(&str) -> String,
    pub open: fn(&str) -> String,
    pub open_short: &'static str,
    pub hit: fn(&str) -> String,
    pub list: fn(&str, &str) -> String,
    pub events_of: fn(&str, &str, usize) -> String,
    pub open_at: &'static str,
    pub close_list: &'static str,
    pub total: fn(Duration) -> String,
    pub not_send_ok: fn(usize) -> String,
    pub never_read: fn(usize) -> String,
    pub silence: fn(&str, Duration) -> String,
    pub not_over: &'static str,
    pub outcome: fn(Outcome) -> String,
    pub offset: &'static str,
    pub end: &'static str,
    pub lag: &'static str,
    pub nothing: &'static str,
    pub missing: &'static str,
    pub tool_outputs: &'static str,
    pub back: &'static str,
    pub how_counted: &'static str,
}

pub(super) const EN: ComparisonTexts = ComparisonTexts {
    ways_lead: "One producer sends every 200\u{a0}ms, one consumer reads. After 20\u{a0}s the master of broker-a is hit, \
                60\u{a0}s later it returns. A second group comes a second after the fault and reads from the beginning. \
                Every cluster gets exactly the same; the table counts what it cost.",
    riddle_lead: "A hundred messages were consumed. Then the log was set back to ten, and the group's offset stayed \
                  at 100: the lag is negative. Five messages come, a minute later ninety more. Will the group consume \
                  again?",
    variant: variant_en,
    measure: measure_en,
    fault: |fault| match fault {
        Fault::Kill => "Kill",
        Fault::Freeze => "Freeze",
        Fault::PowerOff => "Power off",
    },
    fault_note: |fault| match fault {
        Fault::Kill => {
            "The process ends. Its connections close, everyone notices at once, its disk is whole."
        }
        Fault::Freeze => "The process stands still. Its connections stay, and nobody is told.",
        Fault::PowerOff => "The host goes dark. Nobody is told, and what was not flushed is gone.",
    },
    fault_legend: "What happens to the master",
    version_legend: "Behave like version",
    caption: "What the fault cost each cluster",
    caption_of: |system| format!("How the riddle ends with {system}"),
    row: "Measure",
    waiting: "waits",
    counting: |percent| format!("runs, {percent}\u{a0}%"),
    counted: "All columns are counted.",
    failed: |why| format!("could not be run: {why}"),
    open: |name| format!("{name}: open on the stage"),
    open_short: "Open",
    hit: |node| format!("hit: {node}"),
    list: |measure, name| format!("{measure}, {name}: show the events"),
    events_of: |measure, name, total| match total {
        1 => format!("{measure}, {name}: the event"),
        _ => format!("{measure}, {name}: {total} events"),
    },
    open_at: "Each line opens the run at that moment.",
    close_list: "Close the list",
    total: |total| format!("{} in all", span(total)),
    not_send_ok: |count| format!("{count} not SEND_OK"),
    never_read: |count| match count {
        0 => "all groups had read them".to_owned(),
        _ => format!("{count} that a group never read"),
    },
    silence: |name, length| format!("{name}: {} silent", span(length)),
    not_over: "not over at the end",
    outcome: |outcome| match outcome {
        Outcome::SentBack(to) => format!("sent back to {to}"),
        Outcome::WentOn(at) => format!("went on at {at}"),
        Outcome::StandsStill => "stands still".to_owned(),
    },
    offset: "offset",
    end: "end",
    lag: "lag",
    nothing: "none",
    missing: "no answer",
    tool_outputs: "What the tool printed",
    back: "Back to the table",
    how_counted: "How each row is counted",
};

pub(super) const ZH: ComparisonTexts = ComparisonTexts {
    ways_lead: "一个生产者每 200\u{a0}ms 发送一条消息，一个消费者读取。20\u{a0}s 后 broker-a 的主节点出故障，再过 60\u{a0}s 恢复。\
                故障后 1\u{a0}s 又来一个消费组，从头读起。\
                每个集群的经历完全相同，表里数的是各自的代价。",
    riddle_lead: "一百条消息已消费完。随后日志被恢复到只剩十条，消费组的位点却仍是 100：堆积为负。先来五条新消息，\
                  一分钟后再来九十条。这个消费组还会继续消费吗？",
    variant: variant_zh,
    measure: measure_zh,
    fault: |fault| match fault {
        Fault::Kill => "杀死进程",
        Fault::Freeze => "冻结进程",
        Fault::PowerOff => "断电",
    },
    fault_note: |fault| match fault {
        Fault::Kill => "进程立即结束，连接随之关闭，各方马上知道，磁盘完好。",
        Fault::Freeze => "进程停住不动，连接仍在，谁也不会得到通知。",
        Fault::PowerOff => "主机断电，谁也不会得到通知，未刷盘的数据丢失。",
    },
    fault_legend: "主节点遇到什么",
    version_legend: "模拟的版本",
    caption: "这次故障让各个集群付出的代价",
    caption_of: |system| format!("{system} 的谜底"),
    row: "指标",
    waiting: "等待中",
    counting: |percent| format!("运行中，{percent}%"),
    counted: "所有列都已算完。",
    failed: |why| format!("无法运行：{why}"),
    open: |name| format!("{name}：打开这次运行"),
    open_short: "打开",
    hit: |node| format!("故障节点：{node}"),
    list: |measure, name| format!("{measure}，{name}：查看事件"),
    events_of: |measure, name, total| format!("{measure}，{name}：{total} 个事件"),
    open_at: "点击一行，即在那一刻打开这次运行。",
    close_list: "关闭列表",
    total: |total| format!("合计 {}", span(total)),
    not_send_ok: |count| format!("其中 {count} 条不是 SEND_OK"),
    never_read: |count| match count {
        0 => "各消费组此前均已消费".to_owned(),
        _ => format!("其中 {count} 条有消费组从未消费"),
    },
    silence: |name, length| format!("{name}：{} 没有写入", span(length)),
    not_over: "到结束时仍未恢复",
    outcome: |outcome| match outcome {
        Outcome::SentBack(to) => format!("位点被纠正到 {to}"),
        Outcome::WentOn(at) => format!("从 {at} 继续"),
        Outcome::StandsStill => "停滞不前".to_owned(),
    },
    offset: "位点",
    end: "末端",
    lag: "堆积",
    nothing: "无",
    missing: "没有结果",
    tool_outputs: "命令行工具的输出",
    back: "返回表格",
    how_counted: "各项指标如何计算",
};

const fn text(name: &'static str, about: &'static str) -> VariantText {
    VariantText { name, short: name, about }
}

/// A name of which the system's has to go where it stands above.
const fn case(name: &'static str, short: &'static str, about: &'static str) -> VariantText {
    VariantText { name, short, about }
}

const fn row(name: &'static str, how: &'static str) -> MeasureText {
    MeasureText { name, how }
}

const fn variant_en(variant: Variant) -> VariantText {
    match variant {
        Variant::Way(Way::Async) => text(
            "Asynchronous copy",
            "ASYNC_MASTER and one slave. The master answers without waiting for it.",
        ),
        Variant::Way(Way::AsyncSlaveReads) => {
            text("Asynchronous copy, slave serves reads", "The same with slaveReadEnable=true.")
        }
        Variant::Way(Way::Sync) => text(
            "Synchronous copy",
            "The master answers when its slave has the message: SYNC_MASTER in 4.9.8, inSyncReplicas=2 on top in 5.3.3.",
        ),
        Variant::Way(Way::SyncSlaveReads) => {
            text("Synchronous copy, slave serves reads", "The same with slaveReadEnable=true.")
        }
        Variant::Way(Way::DLedger) => text("DLedger", "Three brokers that elect their leader by Raft."),
        Variant::Way(Way::Controller) => {
            text("Controller", "Three replicas, and one controller that appoints the master.")
        }
        Variant::Way(Way::ControllerGroup) => text(
            "Controller group",
            "Three replicas, and three controllers that elect a leader among themselves.",
        ),
        Variant::Way(Way::Acting) => text(
            "Slave acting master",
            "Two broker names with a slave each. A slave stands in for its master, but not for writes.",
        ),
        Variant::Case(Case::Online) => case(
            "RocketMQ, consumer online",
            "Consumer online",
            "The consumer is there all the time, also during the restore.",
        ),
        Variant::Case(Case::StartsEarly) => case(
            "RocketMQ, starts below 100",
            "Starts below 100",
            "Nobody is there during the restore; the consumer comes before anything new.",
        ),
        Variant::Case(Case::StartsLate) => case(
            "RocketMQ, starts above 100",
            "Starts above 100",
            "Nobody is there until the end of the log has passed the offset.",
        ),
        Variant::Case(Case::Empty) => case(
            "RocketMQ, empty log",
            "Empty log",
            "The log is wiped and not only short; the consumer comes before anything new.",
        ),
        Variant::Case(Case::FromSlave) => case(
            "RocketMQ, from a slave",
            "From a slave",
            "The master is dead when the consumer comes, and returns before the ninety.",
        ),
        Variant::Case(Case::KafkaLatest) => case(
            "Kafka, no epoch, latest",
            "No epoch, latest",
            "The commit has no leader epoch, as tools and old clients commit.",
        ),
        Variant::Case(Case::KafkaEarliest) => case(
            "Kafka, no epoch, earliest",
            "No epoch, earliest",
            "The same with auto.offset.reset=earliest.",
        ),
        Variant::Case(Case::KafkaNone) => case(
            "Kafka, no epoch, none",
            "No epoch, none",
            "The same with none; the application swallows the exceptions and goes on polling.",
        ),
        Variant::Case(Case::KafkaOlder) => case(
            "Kafka, older epoch",
            "Older epoch",
            "The commit is of an older leader epoch than the restored cluster has; latest.",
        ),
        Variant::Case(Case::KafkaOlderNone) => {
            case("Kafka, older epoch, none", "Older epoch, none", "The same with none.")
        }
        Variant::Case(Case::KafkaNewer) => case(
            "Kafka, newer epoch",
            "Newer epoch",
            "The copy is old: the commit is of a newer leader epoch than the cluster has.",
        ),
        Variant::Case(Case::KafkaCaughtUp) => case(
            "Kafka, newer epoch, caught up",
            "Newer epoch, caught up",
            "The same; after the ninety the broker starts once more, and its epoch is that of the commit.",
        ),
        Variant::Case(Case::KafkaTransactional) => case(
            "Kafka, newer epoch, transactions",
            "Newer epoch, transactions",
            "A newer epoch without that start, and the new records come in transactions, one each.",
        ),
    }
}

const fn variant_zh(variant: Variant) -> VariantText {
    match variant {
        Variant::Way(Way::Async) => text("异步复制", "ASYNC_MASTER 加一个从节点，主节点不等从节点就应答。"),
        Variant::Way(Way::AsyncSlaveReads) => {
            text("异步复制，从节点可读", "同上，另设 slaveReadEnable=true。")
        }
        Variant::Way(Way::Sync) => text(
            "同步复制",
            "从节点收到消息后主节点才应答：4.9.8 用 SYNC_MASTER，5.3.3 还要 inSyncReplicas=2。",
        ),
        Variant::Way(Way::SyncSlaveReads) => {
            text("同步复制，从节点可读", "同上，另设 slaveReadEnable=true。")
        }
        Variant::Way(Way::DLedger) => text("DLedger", "三个 Broker 用 Raft 选出 Leader。"),
        Variant::Way(Way::Controller) => text("Controller", "三个副本，由一个 Controller 指定主节点。"),
        Variant::Way(Way::ControllerGroup) => {
            text("Controller 集群", "三个副本，三个 Controller 之间先选出自己的 Leader。")
        }
        Variant::Way(Way::Acting) => {
            text("从节点代理主节点", "两个 Broker 名各有一个从节点。从节点可以代替主节点，但不能代替它写入。")
        }
        Variant::Case(Case::Online) => {
            case("RocketMQ，消费者一直在线", "消费者一直在线", "恢复期间消费者也没有离开。")
        }
        Variant::Case(Case::StartsEarly) => case(
            "RocketMQ，末端不到 100 时启动",
            "末端不到 100 时启动",
            "恢复期间没有消费者，它在新消息到来之前启动。",
        ),
        Variant::Case(Case::StartsLate) => case(
            "RocketMQ，末端超过 100 后启动",
            "末端超过 100 后启动",
            "在日志末端超过位点之前一直没有消费者。",
        ),
        Variant::Case(Case::Empty) => {
            case("RocketMQ，日志全空", "日志全空", "日志不是变短，而是全部清空；消费者在新消息到来之前启动。")
        }
        Variant::Case(Case::FromSlave) => case(
            "RocketMQ，只能读从节点",
            "只能读从节点",
            "消费者启动时主节点已死，九十条消息到来之前主节点恢复。",
        ),
        Variant::Case(Case::KafkaLatest) => case(
            "Kafka，无 epoch，latest",
            "无 epoch，latest",
            "提交的位点不带 leader epoch，工具和旧客户端就是这样提交的。",
        ),
        Variant::Case(Case::KafkaEarliest) => {
            case("Kafka，无 epoch，earliest", "无 epoch，earliest", "同上，auto.offset.reset=earliest。")
        }
        Variant::Case(Case::KafkaNone) => {
            case("Kafka，无 epoch，none", "无 epoch，none", "同上，设为 none；应用吞掉异常，继续 poll。")
        }
        Variant::Case(Case::KafkaOlder) => {
            case("Kafka，epoch 较旧", "epoch 较旧", "提交的 leader epoch 比恢复后的集群旧；latest。")
        }
        Variant::Case(Case::KafkaOlderNone) => {
            case("Kafka，epoch 较旧，none", "epoch 较旧，none", "同上，设为 none。")
        }
        Variant::Case(Case::KafkaNewer) => {
            case("Kafka，epoch 较新", "epoch 较新", "备份较旧：提交的 leader epoch 比集群的新。")
        }
        Variant::Case(Case::KafkaCaughtUp) => case(
            "Kafka，epoch 较新，后来追平",
            "epoch 较新，后来追平",
            "同上；九十条消息之后 Broker 再重启一次，epoch 追平提交的 epoch。",
        ),
        Variant::Case(Case::KafkaTransactional) => case(
            "Kafka，epoch 较新，事务",
            "epoch 较新，事务",
            "epoch 较新，没有那次重启；新消息用事务发送，每个事务一条。",
        ),
    }
}

const fn measure_en(measure: Measure) -> MeasureText {
    match measure {
        Measure::Writes => row(
            "Without writes",
            "The longest stretch from the beginning of a send that did not go through at its first attempt to the next \
             acknowledgement of any send.",
        ),
        Measure::Reads => row(
            "Without reads",
            "The longest stretch in which an acknowledged message waited and no listener of the group got any message; of \
             several groups the worst. Messages that are lost do not wait.",
        ),
        Measure::Acknowledged => {
            row("Acknowledged", "Sends that the producer was told are stored, after the fault.")
        }
        Measure::Failed => row("Failed sends", "Sends whose producer got an exception, after the fault."),
        Measure::Lost => row(
            "Acknowledged and lost",
            "At the end the running master has another message, or none, at their place in the queue. Counted over the \
             whole run: what a fault takes was acknowledged just before it.",
        ),
        Measure::Unacknowledged => row(
            "Stored without acknowledgement",
            "The send failed for its producer, and yet consumers get the message.",
        ),
        Measure::Twice => row(
            "Seen twice",
            "Messages that the group consumed more than once, the second time after the fault.",
        ),
        Measure::Pending => row(
            "Not yet consumed",
            "Acknowledged and not lost, and at the end, half a minute after the last send, no listener has had them.",
        ),
        Measure::Restored => {
            row("Just restored", "What the tool says right after the broker is back on the restored log.")
        }
        Measure::Below => row("End below 100", "The same a minute after the five messages."),
        Measure::Passed => row("End above 100", "The same a minute after the ninety."),
        Measure::Read => row("Read since", "Offsets that the group has consumed after the restore."),
        Measure::NeverRead => {
            row("Not read since", "Offsets below the end that it has not, the restored ones included.")
        }
        Measure::Outcome => row(
            "Outcome",
            "Sent back: the offset was found beyond the log, and the group went on from another. Went on: it continued \
             where it had stopped. Stands still: it read nothing more.",
        ),
    }
}

const fn measure_zh(measure: Measure) -> MeasureText {
    match measure {
        Measure::Writes => {
            row("不可写时长", "从一次首发未成功的发送开始，到下一次任意发送得到确认为止，取最长的一段。")
        }
        Measure::Reads => row(
            "不可读时长",
            "有已确认的消息在等待，而消费组的监听器一条消息也没有收到，取最长的一段；多个消费组取最差的。已丢失的消息不算在等待。",
        ),
        Measure::Acknowledged => row("已确认", "故障之后，生产者得知已存储的发送。"),
        Measure::Failed => row("发送失败", "故障之后，生产者得到异常的发送。"),
        Measure::Lost => row(
            "已确认却丢失",
            "结束时，在运行的主节点上，队列的那个位置是别的消息，或者没有消息。统计整个运行：故障带走的，正是故障前刚确认的。",
        ),
        Measure::Unacknowledged => row("已存储却未确认", "生产者认为发送失败，消费者却收到了这条消息。"),
        Measure::Twice => row("重复消费", "消费组消费了不止一次的消息，且第二次在故障之后。"),
        Measure::Pending => {
            row("尚未消费", "已确认、未丢失，到结束时（最后一次发送之后半分钟）仍没有监听器收到。")
        }
        Measure::Restored => row("刚恢复时", "Broker 带着恢复后的日志刚启动时，工具给出的数字。"),
        Measure::Below => row("末端不到 100", "五条消息到来一分钟之后。"),
        Measure::Passed => row("末端超过 100", "九十条消息到来一分钟之后。"),
        Measure::Read => row("恢复后读到", "恢复之后消费组消费过的位点。"),
        Measure::NeverRead => row("恢复后未读", "末端以下没有消费的位点，包括恢复出来的那些。"),
        Measure::Outcome => row(
            "结果",
            "被纠正：位点超出日志被发现，消费组改从别处继续。继续：从原来停下的地方接着消费。停滞：再也没有读到消息。",
        ),
    }
}
