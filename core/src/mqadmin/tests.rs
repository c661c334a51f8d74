//! Commands held against recordings of the real tool: the answers are given, the output has to come out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::commands;
use super::session::{Reply, Session};
use super::{MqadminStart, Profile};
use crate::id::{Address, BrokerId, CommitLogOffset, MessageQueue, QueueId, QueueOffset};
use crate::message::{Message, StoredMessage, property};
use crate::rng::Rng;
use crate::rpc::{
    BrokerData, ConsumeStats, ConsumerRunningInfo, NameServerAnswer, OffsetWrapper, ProcessQueueInfo,
    QueueData, RequestCode, Response, ResponseBody, ResponseCode, TopicRoute,
};
use crate::time::{Epoch, Instant};

/// Runs a line to its end with these answers, one for each of its requests.
fn output(profile: Profile, line: &str, answers: Vec<Response>) -> String {
    let start = MqadminStart {
        profile,
        epoch: Epoch::default(),
        address: Address::local(60_001),
        name_servers: vec![Address::local(9876)],
        rng: Rng::fork(1, "mqadmin"),
    };
    let replies: Vec<Reply> = answers
        .into_iter()
        .map(|answer| Reply::Answered { at: Instant::from_millis(1000), result: Box::new(Ok(answer)) })
        .collect();
    let mut session = Session::new(&start, Instant::ZERO, &replies);
    commands::run(&mut session, line).expect("no more questions than answers");
    session.into_output()
}

fn with(body: ResponseBody) -> Response {
    Response::with(RequestCode::GetRouteInfoByTopic, body)
}

fn refused(code: ResponseCode) -> Response {
    Response::refused(RequestCode::InvokeBrokerToResetOffset, code, "the consumer not online")
}

fn broker() -> BrokerData {
    BrokerData {
        cluster: "DefaultCluster".into(),
        broker_name: "broker-a".into(),
        broker_addrs: BTreeMap::from([(BrokerId::MASTER, Address::local(10911))]),
        enable_acting_master: false,
    }
}

fn route() -> Response {
    let queues =
        QueueData { broker_name: "broker-a".into(), read_queue_nums: 2, write_queue_nums: 2, perm: 6 };
    let route =
        TopicRoute { queue_datas: vec![queues], broker_datas: vec![broker()], ..TopicRoute::default() };
    with(ResponseBody::Route(Arc::new(route)))
}

fn queue(id: u32) -> MessageQueue {
    MessageQueue { topic: "T".into(), broker_name: "broker-a".into(), queue_id: QueueId(id) }
}

fn offset(offset: u64) -> Response {
    with(ResponseBody::Offset(QueueOffset(offset)))
}

const LINE: &str = "resetOffsetByTime -g g -t T -s 1795389889655";

#[test]
fn a_reset_of_an_online_group_prints_as_recorded() {
    let offsets = BTreeMap::from([(queue(0), QueueOffset(2)), (queue(1), QueueOffset(3))]);
    let answers = || vec![route(), with(ResponseBody::ResetOffsets(offsets.clone()))];
    let table = "\
#brokerName                               #queueId                                  #offset                                 
broker-a                                  1                                         3                                       
broker-a                                  0                                         2                                       
";
    let tail =
        "group[g], topic[T], force[true], timestamp(string)[1795389889655], timestamp(long)[1795389889655]";
    let four = format!("rollback consumer offset by specified {tail}\n{table}");
    assert_eq!(output(Profile::V4, LINE, answers()), four);
    let five = format!("start reset consumer offset by specified, {tail}\n{table}");
    assert_eq!(output(Profile::V5, LINE, answers()), five);
    assert_eq!(output(Profile::V4, "skipAccumulatedMessage -g g -t T", answers()), table);
}

#[test]
fn a_reset_of_an_offline_group_is_written_by_the_tool_of_v4() {
    let at_five = OffsetWrapper {
        broker_offset: QueueOffset(5),
        consumer_offset: QueueOffset(5),
        pull_offset: QueueOffset(5),
        last_timestamp: None,
    };
    let stats = ConsumeStats {
        offsets: BTreeMap::from([(queue(0), at_five), (queue(1), at_five)]),
        ..ConsumeStats::default()
    };
    let (written, stats) = (|| with(ResponseBody::Empty), || with(ResponseBody::ConsumeStats(stats.clone())));
    let offline = || vec![route(), refused(ResponseCode::ConsumerNotOnline), route(), stats()];
    let answers = [offline(), vec![offset(3), written(), offset(2), written()]].concat();
    let expected = "\
rollback consumer offset by specified consumerGroup[g], topic[T], force[true], timestamp(string)[1795389889655], timestamp(long)[1795389889655]
#brokerName           #queueId              #brokerOffset         #consumerOffset       #timestampOffset      #rollbackOffset     
broker-a              1                     5                     5                     3                     3                   
broker-a              0                     5                     5                     2                     2                   
";
    assert_eq!(output(Profile::V4, LINE, answers), expected);
    // Without force it goes back only, and writes nothing where it would go on.
    let answers = [offline(), vec![offset(6), offset(2), written()]].concat();
    let printed = output(Profile::V4, "resetOffsetByTime -g g -t T -s now -f false", answers);
    let rows: Vec<Vec<&str>> = printed.lines().skip(2).map(|row| row.split_whitespace().collect()).collect();
    assert_eq!(rows, [["broker-a", "1", "5", "5", "6", "5"], ["broker-a", "0", "5", "5", "2", "2"]]);
}

#[test]
fn a_group_is_made_as_recorded() {
    let clusters = BTreeMap::from([("DefaultCluster".into(), ["broker-a".into()].into())]);
    let brokers = BTreeMap::from([("broker-a".into(), broker())]);
    let info = with(ResponseBody::NameServer(NameServerAnswer::ClusterInfo { clusters, brokers }));
    let answers = || vec![info.clone(), with(ResponseBody::Empty)];
    let line = "updateSubGroup -c DefaultCluster -g g";
    assert_eq!(
        output(Profile::V5, line, answers()),
        "create subscription group to 127.0.0.1:10911 success.\n\
         SubscriptionGroupConfig{groupName=g, consumeEnable=true, consumeFromMinEnable=false, \
         consumeBroadcastEnable=false, consumeMessageOrderly=false, retryQueueNums=1, retryMaxTimes=16, \
         groupRetryPolicy=GroupRetryPolicy{type=CUSTOMIZED, exponentialRetryPolicy=null, \
         customizedRetryPolicy=null}, brokerId=0, whichBrokerWhenConsumeSlowly=1, \
         notifyConsumerIdsChangedEnable=true, groupSysFlag=0, consumeTimeoutMinute=15, subscriptionDataSet=null, \
         attributes={}}"
    );
    assert_eq!(
        output(Profile::V4, &format!("{line} -d true -r 3"), answers()),
        "create subscription group to 127.0.0.1:10911 success.\n\
         SubscriptionGroupConfig [groupName=g, consumeEnable=true, consumeFromMinEnable=false, \
         consumeBroadcastEnable=true, retryQueueNums=1, retryMaxTimes=3, brokerId=0, \
         whichBrokerWhenConsumeSlowly=1, notifyConsumerIdsChangedEnable=true]"
    );
}

#[test]
fn a_group_goes_with_its_retry_topic_and_its_dead_letters() {
    let clusters = BTreeMap::from([("DefaultCluster".into(), ["broker-a".into()].into())]);
    let brokers = BTreeMap::from([("broker-a".into(), broker())]);
    let info = with(ResponseBody::NameServer(NameServerAnswer::ClusterInfo { clusters, brokers }));
    let done = with(ResponseBody::Empty);
    // The cluster, the group, and for each topic: the cluster, the broker, the name server.
    let of_topic = vec![info.clone(), done.clone(), done.clone()];
    let answers = [vec![info, done], of_topic.clone(), of_topic].concat();
    assert_eq!(
        output(Profile::V4, "deleteSubGroup -c DefaultCluster -g g -r true", answers),
        "delete subscription group [g] from broker [127.0.0.1:10911] in cluster [DefaultCluster] success.\n\
         delete topic [%RETRY%g] from cluster [DefaultCluster] success.\n\
         delete topic [%RETRY%g] from NameServer success.\n\
         delete topic [%DLQ%g] from cluster [DefaultCluster] success.\n\
         delete topic [%DLQ%g] from NameServer success.\n"
    );
}

fn running_info() -> ConsumerRunningInfo {
    let state = ProcessQueueInfo {
        commit_offset: Some(QueueOffset(7)),
        cached_min: QueueOffset(7),
        cached_max: QueueOffset(8),
        cached_count: 2,
        cached_bytes: 3 << 20,
        taken_count: 0,
        locked: false,
        try_unlock_times: 0,
        last_lock: None,
        dropped: false,
        last_pull: Instant::from_millis(900),
        last_consume: Some(Instant::from_millis(800)),
    };
    ConsumerRunningInfo {
        profile: Profile::V4,
        started_at: Instant::ZERO,
        orderly: false,
        thread_count: 20,
        name_servers: vec![Address::local(9876)],
        model: crate::config::MessageModel::Clustering,
        from: crate::config::ConsumeFromWhere::LastOffset,
        subscriptions: BTreeMap::new(),
        queues: BTreeMap::from([(queue(0), state)]),
        consumed: BTreeMap::new(),
    }
}

#[test]
fn a_consumer_tells_what_it_is_doing() {
    let connection = crate::rpc::ConsumerConnection {
        connections: vec![("127.0.0.1@c".into(), Address::local(50_001))],
        subscriptions: BTreeMap::new(),
        model: crate::config::MessageModel::Clustering,
        from: crate::config::ConsumeFromWhere::LastOffset,
    };
    let answers = || {
        vec![
            route(),
            with(ResponseBody::ConsumerConnection(connection.clone())),
            route(),
            with(ResponseBody::RunningInfo(Box::new(running_info()))),
        ]
    };
    let all = output(Profile::V4, "consumerStatus -g g", answers());
    assert!(all.contains(
        "127.0.0.1@c                              V4_9_8               1767225601000/127.0.0.1@c\n"
    ));
    assert!(all.ends_with("\n\nSame subscription in the same group of consumer\n\nRebalance OK\n"), "{all}");
    let one = output(Profile::V4, "consumerStatus -g g -i 127.0.0.1@c", answers());
    let queue = "ProcessQueueInfo [commitOffset=7, cachedMsgMinOffset=7, cachedMsgMaxOffset=8, cachedMsgCount=2, \
                 cachedMsgSizeInMiB=3, transactionMsgMinOffset=0, transactionMsgMaxOffset=0, transactionMsgCount=0, \
                 locked=false, tryUnlockTimes=0, lastLockTimestamp=20260101000000000, droped=false, \
                 lastPullTimestamp=20260101000000900, lastConsumeTimestamp=20260101000000800]";
    assert!(one.contains(queue), "{one}");
}

fn trace_message(body: &str) -> Response {
    let mut message = Message::new("RMQ_SYS_TRACE_TOPIC".into(), body.as_bytes().to_vec());
    message.set_property(property::KEYS, "ID order-1");
    let stored = StoredMessage {
        message,
        queue_id: QueueId(0),
        queue_offset: QueueOffset(0),
        commit_log_offset: CommitLogOffset(0),
        sys_flag: 0,
        born_at: Instant::ZERO,
        born_host: Address::local(50_004),
        stored_at: Instant::ZERO,
        store_host: Address::local(10911),
        reconsume_times: 0,
        prepared_transaction_offset: CommitLogOffset(0),
        properties_length: 0,
    };
    with(ResponseBody::Messages {
        messages: vec![Arc::new(stored)],
        index_last_update: Instant::ZERO,
        index_last_offset: CommitLogOffset(0),
    })
}

/// The layout is that of `QueryMsgTraceByIdSubCommand.printMessageTrace`, the same in both versions.
#[test]
fn a_trace_prints_sends_and_then_each_group() {
    let body = "\
Pub|1767225610008|DefaultRegion|pg|T|ID|A|order-1|127.0.0.1:10911|2|6|0|7F00000100002A9F0000000000000000|true;\
SubBefore|1767225610020|DefaultRegion|all|R1|ID|0|order-1;\
SubAfter|R1|ID|4|true|order-1|0|1767225610024|all;\
SubAfter|R2|other|4|true|order-1|0|1767225610024|all;\
SubAfter|R3|ID|9|false|order-1|4|1767225611999|all;";
    let body = body.replace('|', "\u{1}").replace(';', "\u{2}");
    let expected = "\
#Type      #ProducerGroup       #ClientHost          #SendTime            #CostTimes #Status   
Pub        pg                   127.0.0.1            2026-01-01 00:00:10  6ms        success   

#Type      #ConsumerGroup       #ClientHost          #ConsumerTime        #CostTimes #Status   
Sub        all                  127.0.0.1            2026-01-01 00:00:10  4ms        success   
Sub        all                  127.0.0.1            2026-01-01 00:00:11  9ms        failed    

";
    for profile in [Profile::V4, Profile::V5] {
        let answers = vec![route(), trace_message(&body)];
        assert_eq!(output(profile, "queryMsgTraceById -i ID", answers), expected);
    }
}
