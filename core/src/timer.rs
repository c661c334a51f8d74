//! The alarm clocks of a process: one variant per RocketMQ service that wakes up by itself.
//!
//! A timer that is set again replaces the earlier one of the same name, and a process that ends loses them all.
//! So the agenda stays small: one entry a service, never one a message.

use std::fmt;

use serde::Serialize;

/// Which service wakes up. The comment says whose it is and why it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Timer {
    /// Any process: the earliest moment at which a request of its own has waited too long.
    RequestTimeout,
    /// Any server: the earliest moment at which a connection was idle too long (`IdleStateHandler`).
    IdleChannels,
    /// Name server: look for brokers that stopped registering (`scanNotActiveBroker`).
    ScanNotActiveBroker,
    /// Broker: register at every name server (`registerBrokerAll`).
    RegisterBroker,
    /// Broker: write `consumerOffset.json` (`ConsumerOffsetManager.persist`).
    PersistConsumerOffset,
    /// Broker: take over a changed list of name servers (`updateNameServerAddressList`).
    UpdateNameServerAddr,
    /// Broker: a day has ended (`BrokerStats.record`).
    BrokerStatsRecord,
    /// Broker: build queue entries from what was appended (`ReputMessageService`).
    Reput,
    /// Broker: a message of this delay level may be due (`DeliverDelayedMessageTimerTask`).
    DeliverDelayedMessage(u32),
    /// Broker: write `delayOffset.json` (`ScheduleMessageService.persist`).
    PersistDelayOffset,
    /// Broker: a slot of the timer wheel is due (`TimerDequeueGetService`).
    TimerDequeue,
    /// Broker: look for half messages whose end is not known (`TransactionalMessageCheckService`).
    CheckTransactions,
    /// Broker: write down which half messages are through with (`TransactionalOpBatchService`).
    TransactionalOpBatch,
    /// Broker: write dirty pages to disk (`FlushRealTimeService`).
    FlushRealTime,
    /// Broker: the disk has finished a synchronous flush (`GroupCommitService`).
    GroupCommit,
    /// Broker: sends that wait for a flush or a slave have waited too long.
    PutTimeout,
    /// Broker: look again at held pulls (`PullRequestHoldService`).
    CheckHoldRequest,
    /// Broker: forget clients without a heartbeat (`ClientHousekeepingService`).
    ScanClientChannels,
    /// Broker: delete files that are old (`CleanCommitLogService`).
    CleanFiles,
    /// Broker: see whether the disk is full (`isSpaceFull`).
    CheckDisk,
    /// Slave: copy topics, groups and offsets from the master (`SlaveSynchronize`).
    SlaveSynchronize,
    /// Slave: connect to the master, report the own position (`HAClient`).
    HaClient,
    /// Master: send what slaves lack, or a sign of life (`HAConnection`).
    HaTransfer,
    /// Broker: a graceful stop is through with its waiting.
    Shutdown,
    /// `mqadmin`: a pause of the tool is over.
    MqadminPause,
    /// Client: ask for the routes of all topics in use (`updateTopicRouteInfoFromNameServer`).
    PollNameServer,
    /// Client: tell the brokers that it is there (`sendHeartbeatToAllBroker`).
    HeartbeatBroker,
    /// Producer: the application's next send is due.
    NextSend,
    /// Producer: ask unreachable brokers whether they are back (`LatencyFaultToleranceImpl.startDetector`).
    DetectBrokers,
    /// Consumer: commit the offsets (`persistAllConsumerOffset`).
    PersistOffset,
    /// Consumer: divide the queues again (`RebalanceService`).
    Rebalance,
    /// Consumer: a queue that had to wait may be pulled again (`executePullRequestLater`).
    PullLater,
    /// Consumer: the listener has finished a message.
    ConsumeDone,
    /// Consumer: an illegal offset is corrected after the pause of V4.
    CorrectOffset,
    /// Consumer: messages or queues whose pause is over are consumed again (`submitConsumeRequestLater`).
    ConsumeLater,
    /// Consumer: hand back what the listener has worked on for too long (`cleanExpireMsg`).
    CleanExpireMsg,
    /// Consumer, in order: renew the locks of all queues (`lockMQPeriodically`).
    LockMq,
    /// Consumer, in order: unlock a queue that was given up with messages left (`unlockDelay`).
    UnlockDelay,
    /// Consumer, in order: a division has waited long enough for a listener to leave a queue that is to be given up.
    ConsumeLock,
    /// Consumer: the sleep within a reset of offsets is over.
    ResetOffset,
    /// Consumer: a message that an operator had consumed at once is finished.
    ConsumeDirectly,
    /// Broker: tell the members of groups that changed (`notifyConsumerChange`).
    NotifyConsumerChange,
    /// Broker: a client has not answered in time.
    CallTimeout,
    /// Client: look whether traces are to be sent (`AsyncTraceDispatcher.AsyncRunnable`).
    FlushTrace,
    /// Replica of a DLedger group: something of the elector or the entry pusher is due.
    DLedger,
    /// New leader of a DLedger group: look whether everything is committed and dispatched (`DLedgerRoleChangeHandler`).
    DLedgerRoleChange,
    // POP.
    /// Broker: a held pop has waited long enough (`PopLongPollingService`).
    PopLongPolling,
    /// Broker: store and commit what pops have left in memory (`PopBufferMergeService`).
    PopBufferMerge,
    /// Broker: look into this queue of the revive topic (`PopReviveService`).
    PopRevive(u32),
    /// Broker: ask for the routes of topics whose queues it divides (`TopicRouteInfoManager`).
    PopRoutes,
    /// Consumer: a queue that had to wait may be popped again (`executePopPullRequestLater`).
    PopLater,
    // Slave acting master.
    /// Broker: tell the name servers that it is there, without its topics (`scheduleSendHeartbeat`).
    BrokerHeartbeat,
    /// Broker: ask a name server who shares its name (`syncBrokerMemberGroup`).
    SyncBrokerMemberGroup,
    /// Broker: try again to come online, or give up waiting for a replica (`BrokerPreOnlineService`).
    PreOnline,
    // Registries and their clients.
    /// Registry, long polling: the earliest question that was held long enough.
    RegistryHold,
    /// Registry client: ask, or connect again.
    RegistryAsk,
    /// Registry client: a connection or an answer has taken too long.
    RegistryTimeout,
    /// Registry client, watch: nothing was sent for a while (`ClientCnxn.sendPing`).
    RegistryPing,
    /// A process of Kafka.
    Kafka(KafkaTimer),
    // Controller mode.
    /// Controller: its member of the group wants to act (`DLedgerLeaderElector`, `DLedgerEntryPusher`).
    ControllerMember,
    /// Controller: look for brokers whose heartbeats have stopped (`DefaultBrokerHeartbeatManager`).
    ScanInactiveBroker,
    /// Controller that leads: look for broker names whose master is inactive (`scanInactiveMasterAndTriggerReelect`).
    ScanInactiveMaster,
    /// Broker: try to reach a controller, or to register there (`ReplicasManager.startBasicService`).
    StartReplicasManager,
    /// Broker: tell every controller that it lives (`sendHeartbeatToController`).
    HeartbeatController,
    /// Broker: ask which controller leads (`updateControllerMetadata`).
    SyncControllerMetadata,
    /// Broker: ask who is the master (`schedulingSyncBrokerMetadata`).
    SyncBrokerMetadata,
    /// Master: look whether the SyncStateSet has shrunk (`checkSyncStateSetAndDoReport`).
    CheckSyncStateSet,
}

/// The alarm clocks of Kafka's processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum KafkaTimer {
    /// Client: connect again (`reconnect.backoff.ms`).
    Reconnect,
    /// Client: a request has waited too long (`request.timeout.ms`).
    RequestTimeout,
    /// Consumer: the application's thread or the heartbeat's has something to do.
    Poll,
    /// Producer: send again what failed (`retry.backoff.ms`).
    Retry,
    /// Broker: fetches have waited long enough (`DelayedFetch`).
    DelayedFetch,
    /// Coordinator: a member is silent, or a rebalance takes too long (`DelayedHeartbeat`, `DelayedJoin`).
    Sessions,
    /// Broker: what the controller has decided about new topics reaches it (`BrokerMetadataPublisher`).
    NewTopics,
    /// Coordinator: look for transactions that take too long (`abort-timed-out-transactions`).
    Transactions,
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kafka(timer) => f.pad(&format!("kafka-{}", words_of(timer))),
            _ => f.pad(&words_of(self)),
        }
    }
}

/// `ScanClientChannels` as `scan-client-channels`.
pub(crate) fn words_of(variant: &impl fmt::Debug) -> String {
    let mut words = String::new();
    for c in format!("{variant:?}").chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push('-');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}
