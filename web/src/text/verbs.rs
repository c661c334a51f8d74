//! The verbs of the lab's own notation: how each is written, and what it does, in both languages.

use super::Lang;

/// One verb.
struct VerbText {
    verb: &'static str,
    /// What stands behind it.
    usage: &'static str,
    en: &'static str,
    zh: &'static str,
}

const fn verb(verb: &'static str, usage: &'static str, en: &'static str, zh: &'static str) -> VerbText {
    VerbText { verb, usage, en, zh }
}

/// All verbs, in the order of `lab_core::command::VERBS`.
const ALL: &[VerbText] = &[
    verb("name-server", "N [port=9876]", "starts a name server", "启动一个 NameServer"),
    verb("controller", "N [port=9878]", "starts a controller", "启动一个 Controller"),
    verb(
        "broker",
        "N [name=N] [id=0] [port=10911] [KEY=VALUE …]",
        "starts a broker; id 0 is the master, KEY a setting of brokers",
        "启动一个 Broker；id 为 0 是主节点，KEY 是 Broker 的配置项",
    ),
    verb(
        "topic",
        "T [queues=8] [read=8] [write=8] [perm=6] [cluster=C] [broker=N]",
        "creates or changes a topic",
        "创建或修改主题",
    ),
    verb(
        "producer",
        "N [group=G] [name-servers=A,B] [id=I] [KEY=VALUE …]",
        "starts a producer",
        "启动一个生产者",
    ),
    verb(
        "consumer",
        "N group=G topic=T,U [tags=*] [sql=EXPR] [model=CLUSTERING] [from=CONSUME_FROM_LAST_OFFSET] [strategy=AVG] \
         [work=10ms] [fail=0] [retry-level=0] [orderly] [name-servers=A,B] [id=I] [KEY=VALUE …]",
        "starts a consumer; work is the time of its listener for one message",
        "启动一个消费者；work 是处理一条消息所用的时间",
    ),
    verb(
        "send",
        "N T [count=1] [every=0s] [tag=A,B] [key=K] [property=a:5,b:x] [body=m] [queue=broker-a:0] [hash=K] [delay=3] \
         [deliver-after=30s] [deliver-at=1:30] [async] [one-way] [transaction=COMMIT_MESSAGE] [checks=1] \
         [then=COMMIT_MESSAGE] [immunity=30s]",
        "sends messages one after another",
        "逐条发送消息",
    ),
    verb(
        "produce",
        "N T every=500ms [tag=A,B] [key=K] [body=m] [queue=broker-a:0]",
        "sends for ever",
        "持续发送消息",
    ),
    verb("quiet", "N", "ends what produce began", "停止 produce 开始的发送"),
    verb(
        "pin",
        "N T start=I",
        "lets the producer's next round over the queues begin at place I",
        "让生产者下一轮从第 I 个队列开始",
    ),
    verb(
        "set",
        "N KEY=VALUE …",
        "changes settings of a running node; `brokerId` of an ended broker",
        "修改运行中节点的配置；已结束的 Broker 可改 `brokerId`",
    ),
    verb(
        "kill",
        "N",
        "ends the process at once; connections close, written pages survive",
        "立即杀死进程：连接关闭，已写入的页保留",
    ),
    verb(
        "power-off",
        "N",
        "takes the power: nobody is told, what was not flushed is lost",
        "断电：没有任何通知，未刷盘的内容丢失",
    ),
    verb("stop", "N", "ends the process gracefully", "正常停止进程"),
    verb("freeze", "N", "lets the process stand still; its connections stay", "冻结进程：连接保持"),
    verb("thaw", "N", "lets a frozen process go on", "解冻进程"),
    verb("restart", "N", "starts an ended process on what is on its disk", "用磁盘上的内容重新启动进程"),
    verb("remove", "N", "takes an ended process away for good", "彻底移除已结束的进程"),
    verb(
        "roll-back",
        "N [to=TIME]",
        "sets an ended broker's messages back; group offsets stay",
        "把已结束的 Broker 的消息回滚到某一时刻；消费位点保留",
    ),
    verb("cut", "A B [one-way]", "lets nothing pass between two nodes", "切断两个节点之间的网络"),
    verb("heal", "A B", "ends a cut", "恢复被切断的网络"),
    verb("hold", "A B [one-way]", "holds what two nodes send each other", "扣留两个节点之间的数据"),
    verb("release", "A B", "ends a hold", "放行被扣留的数据"),
    verb(
        "link",
        "A B [latency=1..3] [loss=5%]",
        "another latency in ms, or share of lost packets",
        "修改链路的延迟（毫秒）或丢包率",
    ),
    verb(
        "registry",
        "N [model=pull] [port=2181]",
        "starts a registry; model is pull, watch or long-polling",
        "启动一个注册中心；model 是 pull、watch 或 long-polling",
    ),
    verb(
        "registry-client",
        "N [count=1] [registry=R,S] [choose=rocketmq] [poll=30s] [wait=300s] [session=30s]",
        "starts clients of registries; R+S is one host name with two addresses",
        "启动注册中心的客户端；R+S 表示一个域名有两个地址",
    ),
    verb(
        "member",
        "M add|remove [registry=R,S]",
        "has a member come to the lists of registries, or go",
        "让一个成员加入注册中心的列表，或从中移除",
    ),
    verb("kafka-broker", "N [port=9092]", "starts a Kafka broker", "启动一个 Kafka Broker"),
    verb(
        "kafka-producer",
        "N [transactional-id=X] [transaction-timeout=60s] [broker=N]",
        "starts a Kafka producer; with an id its records go in transactions",
        "启动一个 Kafka 生产者；给出 id 时以事务发送",
    ),
    verb(
        "kafka-consumer",
        "N group=G topic=T,U [reset=latest] [manual] [isolation=read_committed] [errors=3] [id=I] [broker=N]",
        "starts a Kafka consumer; reset is latest, earliest or none",
        "启动一个 Kafka 消费者；reset 为 latest、earliest 或 none",
    ),
    verb(
        "kafka-send",
        "N T [count=1] [key=K] [partition=0] [per=1] [end=commit]",
        "sends records, or transactions of per records each",
        "发送消息，或发送每个含 per 条消息的事务",
    ),
    verb("kafka-end", "N [abort]", "ends the transaction that was left open", "结束仍未完成的事务"),
    verb("kafka-topic", "T [partitions=1] [broker=N]", "creates a topic in Kafka", "在 Kafka 中创建主题"),
    verb(
        "kafka-delete-topic",
        "T [broker=N]",
        "deletes a topic in Kafka, with the group offsets in it",
        "删除 Kafka 的主题，连同消费组在其中的位点",
    ),
    verb(
        "kafka-delete-records",
        "T before=O [partition=0] [broker=N]",
        "deletes the records before an offset",
        "删除某个位点之前的消息",
    ),
    verb(
        "kafka-alter-offset",
        "G T offset=O [epoch=E] [partition=0] [broker=N]",
        "sets a group offset, without a leader epoch unless given",
        "设置消费组的位点；不给 epoch 时不带 leader epoch",
    ),
    verb(
        "kafka-offsets",
        "G [broker=N]",
        "prints the group offsets with their leader epochs",
        "打印消费组的位点及其 leader epoch",
    ),
    verb(
        "kafka-ends",
        "T [broker=N]",
        "prints log start, log end, last stable offset, leader epoch",
        "打印日志起点、日志末端、LSO 和 leader epoch",
    ),
    verb("kafka-copy", "N", "copies the data directory of an ended broker", "复制已停止的 Broker 的数据目录"),
    verb(
        "kafka-restore",
        "N",
        "sets everything but the group offsets back to the copy",
        "恢复到复制时的数据，只保留消费组位点",
    ),
    verb(
        "kafka-consumer-groups",
        "--describe --group G",
        "runs Kafka's command line tool with these words",
        "以这些参数运行 Kafka 的命令行工具",
    ),
];

fn find(verb: &str) -> Option<&'static VerbText> {
    ALL.iter().find(|it| it.verb == verb)
}

/// How a verb is written; the bare verb when it is not known.
pub fn usage(verb: &str) -> String {
    find(verb).map_or_else(|| verb.to_owned(), |it| format!("{} {}", it.verb, it.usage))
}

/// What a verb does; nothing when it is not known.
pub fn about(lang: Lang, verb: &str) -> &'static str {
    find(verb).map_or("", |it| match lang {
        Lang::En => it.en,
        Lang::Zh => it.zh,
    })
}

/// The options of a verb as they are typed: `count=`, `one-way`.
pub fn keys_of(verb: &str) -> impl Iterator<Item = &'static str> {
    let words = find(verb).map_or("", |it| it.usage).split_whitespace();
    words.filter_map(|word| {
        let word = word.trim_start_matches('[').trim_end_matches(']');
        match word.find('=') {
            Some(_) if word.starts_with("KEY=") => None,
            Some(at) => Some(&word[..=at]),
            None => ["one-way", "async", "orderly", "manual", "abort"].contains(&word).then_some(word),
        }
    })
}

#[cfg(test)]
mod tests {
    use lab_core::command::VERBS;

    use super::*;

    #[test]
    fn every_verb_has_its_words() {
        let known: Vec<_> = ALL.iter().map(|it| it.verb).collect();
        assert_eq!(known, VERBS);
        assert!(ALL.iter().all(|it| !it.en.is_empty() && !it.zh.is_empty() && it.en != it.zh));
    }

    #[test]
    fn options_are_read_from_the_usage() {
        assert_eq!(keys_of("link").collect::<Vec<_>>(), ["latency=", "loss="]);
        assert_eq!(keys_of("cut").collect::<Vec<_>>(), ["one-way"]);
        assert_eq!(keys_of("set").count(), 0);
        assert_eq!(keys_of("consumer").next(), Some("group="));
    }
}
