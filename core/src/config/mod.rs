//! Every interval, limit and switch that a simulated process obeys, under RocketMQ's own key.
//!
//! A [`Profile`] stands for a version of RocketMQ; it gives the defaults, and it decides where the two versions
//! differ in behaviour rather than in a number (those places ask [`Profile`] directly and cite the difference).
//! Whatever a person sets on one node (`broker broker-a slaveReadEnable=true`) goes through `set`, which knows
//! exactly the keys listed here.
//!
//! **In RocketMQ**: `BrokerConfig`, `MessageStoreConfig`, `NamesrvConfig`, `NettyServerConfig`,
//! `NettyClientConfig`, `ClientConfig`, `DefaultMQProducer`, `DefaultMQPushConsumer`, and the constants that are
//! no setting there (behaviour §0.3, §3.1).
//!
//! **Left out on purpose**: keys whose effect the simulation does not have. Setting one is an error that says so,
//! rather than a setting without effect.

mod allocate_strategy;
mod dledger;

pub use allocate_strategy::{AllocateStrategy, DEFAULT_VIRTUAL_NODES, VIRTUAL_NODES_MAX};
pub use dledger::{DLegerPeers, MemberId, PreferredLeaders};
use serde::Serialize;

use crate::id::{ClusterName, TopicName};
use crate::message::DelayLevels;
use crate::time::{Duration, HoursOfDay};

/// Which version of RocketMQ the lab behaves like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Profile {
    /// Apache RocketMQ 4.9.8.
    V4,
    /// Apache RocketMQ 5.3.3, what somebody who installs RocketMQ today gets.
    #[default]
    V5,
}

impl Profile {
    /// Whether this is the 5.x profile; written out where the two versions differ in what they do.
    pub const fn is_v5(self) -> bool {
        matches!(self, Self::V5)
    }

    /// The version as RocketMQ's tools print it (`MQVersion.getVersionDesc`).
    pub const fn version_desc(self) -> &'static str {
        match self {
            Self::V4 => "V4_9_8",
            Self::V5 => "V5_3_3",
        }
    }

    /// The version's number (`MQVersion.Version.ordinal`).
    pub const fn version_number(self) -> u32 {
        match self {
            Self::V4 => 415,
            Self::V5 => 493,
        }
    }

    /// The version it stands for.
    pub const fn version(self) -> &'static str {
        match self {
            Self::V4 => "4.9.8",
            Self::V5 => "5.3.3",
        }
    }
}

/// Text forms of a closed list of words, in RocketMQ's spelling.
macro_rules! words {
    ($type:ident, $what:literal, $($variant:ident = $word:literal),+ $(,)?) => {
        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(match self { $(Self::$variant => $word),+ })
            }
        }

        impl ::std::str::FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!("`{text}` is no {}; accepted: {}", $what, [$($word),+].join(", "))),
                }
            }
        }
    };
}
pub(crate) use words;

words!(Profile, "profile", V4 = "V4", V5 = "V5");

/// What a broker of a classic master/slave group is (`brokerRole`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub enum BrokerRole {
    /// Acknowledges a send without waiting for a slave.
    #[default]
    AsyncMaster,
    /// Waits for a slave's copy, in the way of its version (behaviour §4.2).
    SyncMaster,
    /// Copies its master and takes no sends.
    Slave,
}

words!(BrokerRole, "brokerRole", AsyncMaster = "ASYNC_MASTER", SyncMaster = "SYNC_MASTER", Slave = "SLAVE");

/// When a message counts as written (`flushDiskType`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub enum FlushDiskType {
    /// Before the producer is answered.
    SyncFlush,
    /// Some time later; a power failure takes what was not flushed.
    #[default]
    AsyncFlush,
}

words!(FlushDiskType, "flushDiskType", SyncFlush = "SYNC_FLUSH", AsyncFlush = "ASYNC_FLUSH");

/// How a group divides a topic (`MessageModel`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum MessageModel {
    /// A queue belongs to one member of the group; progress is kept by the broker.
    #[default]
    Clustering,
    /// Every member takes every queue; progress is kept by the member.
    Broadcasting,
}

words!(MessageModel, "message model", Clustering = "CLUSTERING", Broadcasting = "BROADCASTING");

/// Where a queue without a stored offset starts (`ConsumeFromWhere`, behaviour §5.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub enum ConsumeFromWhere {
    /// At the end, but for the broker's min==0 rule.
    #[default]
    LastOffset,
    /// At offset 0.
    FirstOffset,
    /// At the first message stored half an hour before the consumer's start or later.
    Timestamp,
}

words!(
    ConsumeFromWhere,
    "ConsumeFromWhere",
    LastOffset = "CONSUME_FROM_LAST_OFFSET",
    FirstOffset = "CONSUME_FROM_FIRST_OFFSET",
    Timestamp = "CONSUME_FROM_TIMESTAMP",
);

// POP.

/// How a group takes messages (`MessageRequestMode`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum MessageRequestMode {
    /// A queue belongs to one member, which pulls from it and commits how far it is.
    #[default]
    Pull,
    /// Members pop messages from shared queues and acknowledge them one by one.
    Pop,
}

words!(MessageRequestMode, "mode", Pull = "PULL", Pop = "POP");

/// A value that a configuration key can take, in the text form of a `.conf` file.
trait Setting: Sized {
    fn read(text: &str) -> Result<Self, String>;
    fn write(&self) -> String;
}

macro_rules! setting_by_text {
    ($what:literal: $($type:ty),+) => {$(
        impl Setting for $type {
            fn read(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| format!("`{text}` is not {}", $what))
            }
            fn write(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

setting_by_text!("true or false": bool);
setting_by_text!("a whole number, 0 or more": u8, u32, u64);
setting_by_text!("a whole number": i32);

macro_rules! setting_by_word {
    ($($type:ty),+) => {$(
        impl Setting for $type {
            fn read(text: &str) -> Result<Self, String> {
                text.parse()
            }
            fn write(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

setting_by_word!(BrokerRole, FlushDiskType, HoursOfDay, MessageRequestMode);
setting_by_word!(MemberId, DLegerPeers, PreferredLeaders);

impl Setting for DelayLevels {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|bad: crate::message::BadDelayLevels| bad.to_string())
    }
    fn write(&self) -> String {
        self.to_string()
    }
}

impl Setting for Duration {
    fn read(text: &str) -> Result<Self, String> {
        let ms = text.parse().map_err(|_| format!("`{text}` is not a number of milliseconds"))?;
        Ok(Self::from_millis(ms))
    }
    fn write(&self) -> String {
        self.as_millis().to_string()
    }
}

macro_rules! setting_by_name {
    ($($type:ty),+) => {$(
        impl Setting for $type {
            fn read(text: &str) -> Result<Self, String> {
                if text.is_empty() { Err("the name is missing".to_owned()) } else { Ok(text.into()) }
            }
            fn write(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

setting_by_name!(ClusterName, TopicName, String);

/// Declares a configuration: its fields, RocketMQ's key of each, and both profiles' defaults.
macro_rules! config {
    (
        $(#[$doc:meta])* $name:ident;
        $($(#[$field_doc:meta])* $field:ident: $type:ty = $key:literal, $v4:expr, $v5:expr;)+
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        pub struct $name {
            $($(#[$field_doc])* #[doc = concat!("\n\nKey `", $key, "`.")] pub $field: $type,)+
        }

        impl $name {
            /// RocketMQ's defaults of that version.
            pub fn of(profile: Profile) -> Self {
                match profile {
                    Profile::V4 => Self { $($field: $v4),+ },
                    Profile::V5 => Self { $($field: $v5),+ },
                }
            }

            /// Every key that [`set`](Self::set) knows.
            pub const KEYS: &'static [&'static str] = &[$($key),+];

            /// Sets the value of `key` from its text form.
            ///
            /// # Errors
            /// A sentence that names what is wrong and what is accepted; nothing is changed then.
            pub fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
                match key {
                    $($key => self.$field = Setting::read(value).map_err(|why| format!("{key}: {why}"))?,)+
                    _ => return Err(format!("`{key}` is not a setting that the lab has; known: {}",
                        Self::KEYS.join(", "))),
                }
                Ok(())
            }

            /// Key and value of every setting, in the order of [`KEYS`](Self::KEYS).
            pub fn entries(&self) -> Vec<(&'static str, String)> {
                vec![$(($key, Setting::write(&self.$field))),+]
            }
        }
    };
}

const fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

const fn secs(value: u64) -> Duration {
    Duration::from_secs(value)
}

mod controller;
pub use controller::{AddressList, ControllerConfig, MemberNumber, Peers, Text};

config! {
    /// How a name server behaves (`NamesrvConfig`, `NettyServerConfig`; behaviour §1.4).
    NameServerConfig;
    /// Wait before the first scan for silent brokers. 5.3.3 passes 5 with the unit milliseconds: its first scan
    /// comes 5 ms after the start.
    first_scan: Duration = "firstScanDelay", secs(5), ms(5);
    /// Period of that scan.
    scan_not_active_broker_interval: Duration = "scanNotActiveBrokerInterval", secs(10), secs(5);
    /// A broker that has not registered for longer is dropped by the scan (`BROKER_CHANNEL_EXPIRED_TIME`).
    broker_channel_expired_time: Duration = "brokerChannelExpiredTime", secs(120), secs(120);
    /// A connection on which nothing was read or written for this long is closed.
    server_channel_max_idle_time: Duration = "serverChannelMaxIdleTimeMillis", secs(120), secs(120);
    /// Whether routes carry the order configuration of their topic.
    order_message_enable: bool = "orderMessageEnable", false, false;
    /// Whether registering brokers are told the order configuration (V5; V4 always does).
    return_order_topic_config_to_broker: bool = "returnOrderTopicConfigToBroker", true, true;
    /// Brokers that can wait for their removal at the same time (V5; V4 has no queue).
    unregister_broker_queue_capacity: u32 = "unRegisterBrokerQueueCapacity", 3000, 3000;
    /// Whether a route names a slave as the master where the master is gone and the slave may act for it (V5).
    support_acting_master: bool = "supportActingMaster", false, false;
    /// Whether the list of all topics is given out.
    enable_all_topic_list: bool = "enableAllTopicList", true, true;
    /// Whether the topics of a cluster are given out (V5; V4 always does).
    enable_topic_list: bool = "enableTopicList", true, true;
    /// Whether routes are refused for a while after the start (V5).
    need_wait_for_service: bool = "needWaitForService", false, false;
    /// For how long, in seconds.
    wait_seconds_for_service: u64 = "waitSecondsForService", 45, 45;
    /// Whether a registration also takes away what it does not name (V5).
    delete_topic_with_broker_registration: bool = "deleteTopicWithBrokerRegistration", false, false;
    /// Whether brokers of one name are told at once when their smallest id changes (V5).
    notify_min_broker_id_changed: bool = "notifyMinBrokerIdChanged", false, false;
    /// Whether a controller runs in the same process (V5); its settings stand beside those of the name server.
    enable_controller_in_namesrv: bool = "enableControllerInNamesrv", false, false;
}

config! {
    /// How a broker behaves (`BrokerConfig`, `MessageStoreConfig`; behaviour §3.1).
    BrokerConfig;
    /// The cluster that the broker registers under.
    broker_cluster_name: ClusterName = "brokerClusterName", "DefaultCluster".into(), "DefaultCluster".into();
    /// Master or slave. A broker with an id above 0 is made a SLAVE.
    broker_role: BrokerRole = "brokerRole", BrokerRole::AsyncMaster, BrokerRole::AsyncMaster;
    /// When a send is answered.
    flush_disk_type: FlushDiskType = "flushDiskType", FlushDiskType::AsyncFlush, FlushDiskType::AsyncFlush;
    /// Bits of `PermName` that this broker adds to the permission of its topics (V4: replaces, V5: and).
    broker_permission: u8 = "brokerPermission", 6, 6;
    /// Whether a slave answers pulls (in V4 it does so whatever this says).
    slave_read_enable: bool = "slaveReadEnable", false, false;
    /// Whether a send to an unknown topic creates it.
    auto_create_topic_enable: bool = "autoCreateTopicEnable", true, true;
    /// Whether a group is known as soon as somebody uses it.
    auto_create_subscription_group: bool = "autoCreateSubscriptionGroup", true, true;
    /// Queues of the template topic TBW102.
    default_topic_queue_nums: u32 = "defaultTopicQueueNums", 8, 8;
    /// Whether the topic named after the cluster can be read and written.
    cluster_topic_enable: bool = "clusterTopicEnable", true, true;
    /// Whether the topic named after the broker can be read and written.
    broker_topic_enable: bool = "brokerTopicEnable", true, true;
    /// Whether the broker makes a topic for message traces.
    trace_topic_enable: bool = "traceTopicEnable", false, false;
    /// Its name.
    msg_trace_topic_name: TopicName = "msgTraceTopicName", "RMQ_SYS_TRACE_TOPIC".into(), "RMQ_SYS_TRACE_TOPIC".into();
    /// Whether messages may name the time of their delivery (V5). Without it there is no topic for them, and such messages are refused.
    timer_wheel_enable: bool = "timerWheelEnable", false, true;
    /// Period of the registration at every name server, used within 10 s to 60 s.
    register_name_server_period: Duration = "registerNameServerPeriod", secs(30), secs(30);
    /// How long the broker waits for a name server's answer to it.
    register_broker_timeout: Duration = "registerBrokerTimeoutMills", secs(6), secs(24);
    /// Period of writing `consumerOffset.json`.
    flush_consumer_offset_interval: Duration = "flushConsumerOffsetInterval", secs(5), secs(5);
    /// Whether consumers may filter by SQL92.
    enable_property_filter: bool = "enablePropertyFilter", false, false;
    /// Whether a pull that finds nothing is held.
    long_polling_enable: bool = "longPollingEnable", true, true;
    /// How long it is held when long polling is off.
    short_polling_time: Duration = "shortPollingTimeMills", secs(1), secs(1);
    /// A client that has sent no heartbeat for longer is forgotten (`CHANNEL_EXPIRED_TIMEOUT`).
    channel_expired_timeout: Duration = "channelExpiredTimeout", secs(120), secs(120);
    /// A connection on which nothing was read or written for this long is closed.
    server_channel_max_idle_time: Duration = "serverChannelMaxIdleTimeMillis", secs(120), secs(120);
    /// Size of a commit log file in bytes.
    mapped_file_size_commit_log: u64 = "mappedFileSizeCommitLog", 1 << 30, 1 << 30;
    /// Largest body of a message in bytes; a record may have 64 KiB more.
    max_message_size: u32 = "maxMessageSize", 4 << 20, 4 << 20;
    /// Size of a consume queue file in bytes; an entry takes 20.
    mapped_file_size_consume_queue: u64 = "mappedFileSizeConsumeQueue", 6_000_000, 6_000_000;
    /// Hash slots of an index file.
    max_hash_slot_num: u32 = "maxHashSlotNum", 5_000_000, 5_000_000;
    /// Entries of an index file.
    max_index_num: u32 = "maxIndexNum", 20_000_000, 20_000_000;
    /// How long each delay level holds a message back.
    message_delay_level: DelayLevels = "messageDelayLevel", DelayLevels::default(), DelayLevels::default();
    /// Whether a slave puts an offset outside the queue right.
    offset_check_in_slave: bool = "offsetCheckInSlave", false, false;
    /// Period of deleting what is old.
    clean_resource_interval: Duration = "cleanResourceInterval", secs(10), secs(10);
    /// Hours of the day (UTC) at which expired files are deleted.
    delete_when: HoursOfDay = "deleteWhen", HoursOfDay::only(4), HoursOfDay::only(4);
    /// How long a commit log file is kept after its last record, in hours.
    file_reserved_time: u64 = "fileReservedTime", 72, 72;
    /// Wait between two deleted files of the commit log.
    delete_commit_log_files_interval: Duration = "deleteCommitLogFilesInterval", ms(100), ms(100);
    /// Most files of the commit log deleted in one round (a constant in V4).
    delete_file_batch_max: u32 = "deleteFileBatchMax", 10, 10;
    /// Use of the disk, in percent, above which expired files are deleted at any hour.
    disk_max_used_space_ratio: u64 = "diskMaxUsedSpaceRatio", 75, 75;
    /// Use of the disk, in percent, above which the oldest files go whatever their age (V4: a system property); used
    /// within 30 to 85.
    disk_space_clean_forcibly_ratio: u64 = "diskSpaceCleanForciblyRatio", 85, 85;
    /// Use of the disk, in percent, above which the broker also refuses messages (V4: a system property); used within
    /// 35 to 90.
    disk_space_warning_level_ratio: u64 = "diskSpaceWarningLevelRatio", 90, 90;
    /// Whether a nearly full disk makes files go before their time.
    clean_file_forcibly_enable: bool = "cleanFileForciblyEnable", true, true;
    /// Size of the broker's disk in bytes. No RocketMQ setting: a simulated disk needs one.
    disk_capacity: u64 = "diskCapacity", 100 << 30, 100 << 30;
    /// Period of the asynchronous flush.
    flush_interval_commit_log: Duration = "flushIntervalCommitLog", ms(500), ms(500);
    /// The asynchronous flush waits for this many dirty pages of 4 KiB.
    flush_commit_log_least_pages: u32 = "flushCommitLogLeastPages", 4, 4;
    /// After this long it flushes whatever there is.
    flush_commit_log_thorough_interval: Duration = "flushCommitLogThoroughInterval", secs(10), secs(10);
    /// How long a send waits for a synchronous flush.
    sync_flush_timeout: Duration = "syncFlushTimeout", secs(5), secs(5);
    /// How long a send waits for slaves.
    slave_timeout: Duration = "slaveTimeout", secs(3), secs(3);
    /// Copies, the master's own included, that a SYNC_MASTER of V5 waits for. V4 has no such key.
    in_sync_replicas: u32 = "inSyncReplicas", 1, 1;
    /// A slave further behind (bytes) does not count as in sync.
    ha_max_gap_not_in_sync: u64 = "haMaxGapNotInSync", 256 << 20, 256 << 20;
    /// A slave reports its position, and a master sends an empty frame, at least this often.
    ha_send_heartbeat_interval: Duration = "haSendHeartbeatInterval", secs(5), secs(5);
    /// Either side closes a replication connection that was silent for longer.
    ha_housekeeping_interval: Duration = "haHousekeepingInterval", secs(20), secs(20);
    /// Most bytes of the commit log in one frame to a slave.
    ha_transfer_batch_size: u64 = "haTransferBatchSize", 32 << 10, 32 << 10;
    /// Period of writing `delayOffset.json`.
    flush_delay_offset_interval: Duration = "flushDelayOffsetInterval", secs(10), secs(10);
    /// The width of a slot of the timer wheel.
    timer_precision: Duration = "timerPrecisionMs", secs(1), secs(1);
    /// No message may be held back by a time of its own for longer, in seconds.
    timer_max_delay_sec: u64 = "timerMaxDelaySec", 3 * 24 * 3600, 3 * 24 * 3600;
    /// Age below which a half message is not asked about.
    transaction_time_out: Duration = "transactionTimeOut", secs(6), secs(6);
    /// After so many questions a half message is given up.
    transaction_check_max: u32 = "transactionCheckMax", 15, 15;
    /// Pause between two rounds of questions about half messages.
    transaction_check_interval: Duration = "transactionCheckInterval", secs(60), secs(30);
    /// Bytes of an op message of V5; the next one begins then.
    transaction_op_msg_max_size: u32 = "transactionOpMsgMaxSize", 4096, 4096;
    /// For how long V5 collects what belongs into one op message.
    transaction_op_batch_interval: Duration = "transactionOpBatchInterval", secs(3), secs(3);
    /// Whether half messages are refused.
    reject_transaction_message: bool = "rejectTransactionMessage", false, false;
    /// Share of the physical memory, in percent, within which a message counts as "in memory".
    access_message_in_memory_max_ratio: u64 = "accessMessageInMemoryMaxRatio", 40, 40;
    /// Whether members are told when their group changes; a group can switch it off for itself.
    notify_consumer_ids_changed_enable: bool = "notifyConsumerIdsChangedEnable", true, true;
    /// Whether they are told at once; else every 15 s, first 30 s after the start. V4 has no such key.
    real_time_notify_consumer_change: bool = "realTimeNotifyConsumerChange", true, true;
    /// An order lock that was not renewed for longer is free (a system property).
    rebalance_lock_max_live_time: Duration = "rocketmq.broker.rebalance.lockMaxLiveTime", secs(60), secs(60);
    /// Whether a reset of offsets is done by the broker alone; else the members do it. V4 has no such key.
    use_server_side_reset_offset: bool = "useServerSideResetOffset", false, true;
    /// Physical memory of the broker's host in bytes. No RocketMQ setting: the 40 % rules need it.
    physical_memory: u64 = "physicalMemory", 8 << 30, 8 << 30;
    /// How long the disk takes to flush. No RocketMQ setting: a simulated disk needs a speed.
    disk_flush_time: Duration = "diskFlushTime", ms(2), ms(2);
    // DLedger. RocketMQ spells it with one d, and has no defaults: these are those of its sample conf/dledger.
    /// Whether the commit log is replicated by DLedger; read at the first start. The broker's role and id follow from
    /// elections then.
    enable_dleger_commit_log: bool = "enableDLegerCommitLog", false, false;
    /// The group of replicas.
    d_leger_group: String = "dLegerGroup", "RaftNode00".to_owned(), "RaftNode00".to_owned();
    /// Every replica of the group, and where it listens for the others.
    d_leger_peers: DLegerPeers = "dLegerPeers", DLegerPeers::sample(), DLegerPeers::sample();
    /// Which of them this broker is.
    d_leger_self_id: MemberId = "dLegerSelfId", MemberId(0), MemberId(0);
    /// Which of them should lead, joined by semicolons; empty for whoever is elected.
    preferred_leader_id: PreferredLeaders = "preferredLeaderId", PreferredLeaders::default(), PreferredLeaders::default();
    // POP. V4 has none of these keys and ignores them.
    /// How groups take messages for which nobody has set a mode (V5).
    default_message_request_mode: MessageRequestMode = "defaultMessageRequestMode", MessageRequestMode::Pull, MessageRequestMode::Pull;
    /// With POP by that default: how many members' shares a member takes beside its own (V5).
    default_pop_share_queue_num: i32 = "defaultPopShareQueueNum", -1, -1;
    /// Whether the broker divides the queues for consumers that ask it; else it names all of them (V5).
    server_load_balancer_enable: bool = "serverLoadBalancerEnable", true, true;
    /// How often the broker asks for the routes by which it divides queues, and of topics that were escaped to (V5).
    load_balance_poll_name_server_interval: Duration = "loadBalancePollNameServerInterval", secs(30), secs(30);
    /// Percentage of pops that look into the retry topic first (V5).
    pop_from_retry_probability: u32 = "popFromRetryProbability", 20, 20;
    /// Whether the retry topic of POP is called `%RETRY%group+topic`, and its messages wake held pops (V5).
    enable_retry_topic_v2: bool = "enableRetryTopicV2", false, false;
    /// With the newer name: whether pops look into the older topic as well (V5).
    retrieve_message_from_pop_retry_topic_v1: bool = "retrieveMessageFromPopRetryTopicV1", true, true;
    /// Whether check points and acknowledgements wait in memory for each other before they are stored (V5).
    enable_pop_buffer_merge: bool = "enablePopBufferMerge", false, false;
    /// A check point stays in that memory no longer than this (V5).
    pop_ck_stay_buffer_time: Duration = "popCkStayBufferTime", secs(10), secs(10);
    /// A check point leaves that memory so long before it is revived (V5).
    pop_ck_stay_buffer_time_out: Duration = "popCkStayBufferTimeOut", secs(3), secs(3);
    /// Whether a group without an offset begins at 0 where the first message is still in memory (V5).
    init_pop_offset_by_check_msg_in_mem: bool = "initPopOffsetByCheckMsgInMem", true, true;
    /// Pause between two looks for what is to be revived (V5).
    revive_interval: Duration = "reviveInterval", secs(1), secs(1);
    /// An idle look is followed by up to so many more of these pauses (V5).
    revive_max_slow: u64 = "reviveMaxSlow", 3, 3;
    /// A look takes in no more after this long (V5).
    revive_scan_time: Duration = "reviveScanTime", secs(10), secs(10);
    // Slave acting master (behaviour §4.5). V4 has none of these keys and ignores them.
    /// Whether the slave with the smallest id acts for a master that is gone. Read at the start.
    enable_slave_acting_master: bool = "enableSlaveActingMaster", false, false;
    /// Whether a slave that acts may store what is due at masters of other broker names.
    enable_remote_escape: bool = "enableRemoteEscape", false, false;
    /// Whether a broker that starts does without copying from the others of its name first.
    skip_pre_online: bool = "skipPreOnline", false, false;
    /// Copies of the log that the broker name is to have, the master's own included. With more than 1 a broker that
    /// may act or be acted for is isolated until it is through with its pre-online.
    total_replicas: u32 = "totalReplicas", 1, 1;
    /// Copies below which a send is refused for good, however far the needed number may be lowered.
    min_in_sync_replicas: u32 = "minInSyncReplicas", 1, 1;
    /// Whether the needed number of copies is lowered to those that are there.
    enable_auto_in_sync_replicas: bool = "enableAutoInSyncReplicas", false, false;
    /// Period of the light heartbeat to the name servers, and in controller mode of that to every controller.
    broker_heartbeat_interval: Duration = "brokerHeartbeatInterval", secs(1), secs(1);
    /// After how long without a sign of life a name server is to drop the broker.
    broker_not_active_timeout: Duration = "brokerNotActiveTimeoutMillis", secs(10), secs(10);
    /// Period of asking a name server who shares the broker name.
    sync_broker_member_group_period: Duration = "syncBrokerMemberGroupPeriod", secs(1), secs(1);
    /// Whether heartbeat and question use requests that name servers of V4 know too.
    compatible_with_old_name_srv: bool = "compatibleWithOldNameSrv", true, true;
    // Controller mode (V5; behaviour §4.7).
    /// Whether a controller says who is the master.
    enable_controller_mode: bool = "enableControllerMode", false, false;
    /// The controllers; when left out, all that exist when the broker is added.
    controller_addr: AddressList = "controllerAddr", AddressList::default(), AddressList::default();
    /// Period of asking the controller for the master of the own name.
    sync_broker_metadata_period: Duration = "syncBrokerMetadataPeriod", secs(5), secs(5);
    /// Period of a master's look whether its SyncStateSet has shrunk.
    check_sync_state_set_period: Duration = "checkSyncStateSetPeriod", secs(5), secs(5);
    /// Period of asking which controller leads.
    sync_controller_metadata_period: Duration = "syncControllerMetadataPeriod", secs(10), secs(10);
    /// After how long without a heartbeat a controller takes the broker for dead.
    controller_heart_beat_timeout: Duration = "controllerHeartBeatTimeoutMills", secs(10), secs(10);
    /// Who is preferred among equal replicas: the smaller number.
    broker_election_priority: i32 = "brokerElectionPriority", i32::MAX, i32::MAX;
    /// Whether a send waits for every replica in sync.
    all_ack_in_sync_state_set: bool = "allAckInSyncStateSet", false, false;
    /// A slave that has not caught up for longer is not in sync.
    ha_max_time_slave_not_catchup: Duration = "haMaxTimeSlaveNotCatchup", secs(15), secs(15);
    /// Whether an empty slave wants the last file of the log only.
    sync_from_last_file: bool = "syncFromLastFile", false, false;
    /// Whether the slave copies without ever counting as in sync.
    async_learner: bool = "asyncLearner", false, false;
}

config! {
    /// How a client behaves, producer or consumer (`ClientConfig`, `NettyClientConfig`; behaviour §2, §5).
    ClientConfig;
    /// Period of the route poll.
    poll_name_server_interval: Duration = "pollNameServerInterval", secs(30), secs(30);
    /// Period of the heartbeat to the brokers.
    heartbeat_broker_interval: Duration = "heartbeatBrokerInterval", secs(30), secs(30);
    /// Period of committing consumer offsets.
    persist_consumer_offset_interval: Duration = "persistConsumerOffsetInterval", secs(5), secs(5);
    /// How long a connection attempt may take.
    connect_timeout: Duration = "connectTimeoutMillis", secs(3), secs(3);
    /// How long a request other than send and pull may take (`mqClientApiTimeout`).
    mq_client_api_timeout: Duration = "mqClientApiTimeout", secs(3), secs(3);
    /// A connection on which nothing was read or written for this long is closed.
    client_channel_max_idle_time: Duration = "clientChannelMaxIdleTimeMillis", secs(120), secs(120);
    /// Producer: budget of one send, all attempts together.
    send_msg_timeout: Duration = "sendMsgTimeout", secs(3), secs(3);
    /// Producer: further attempts of a synchronous send after the first.
    retry_times_when_send_failed: u32 = "retryTimesWhenSendFailed", 2, 2;
    /// Producer: further attempts of an asynchronous send after the first.
    retry_times_when_send_async_failed: u32 = "retryTimesWhenSendAsyncFailed", 2, 2;
    /// Producer: queues that a topic created by a send asks for.
    default_topic_queue_nums: u32 = "defaultTopicQueueNums", 4, 4;
    /// Producer: whether slow and failed brokers are avoided for a while (V5 also spells it `sendLatencyEnable`).
    send_latency_fault_enable: bool = "sendLatencyFaultEnable", false, false;
    /// Producer: whether a message that was stored but not safely (statuses 10 to 12) is sent again elsewhere.
    retry_another_broker_when_not_store_ok: bool = "retryAnotherBrokerWhenNotStoreOK", false, false;
    /// Producer: whether avoided brokers that could not be reached are asked whether they are back. V4 has no such
    /// key and ignores it.
    start_detector_enable: bool = "startDetectorEnable", false, false;
    /// Producer: the detector asks a broker at most once in this time.
    detect_interval: Duration = "detectInterval", secs(2), secs(2);
    /// Producer: how long it waits for an answer.
    detect_timeout: Duration = "detectTimeout", ms(200), ms(200);
    /// Whether the client writes down what it sends and consumes, read at its start. A switch of the constructor; V5
    /// also spells it `enableTrace`.
    enable_msg_trace: bool = "enableMsgTrace", false, false;
    /// The topic that it writes to.
    trace_topic: TopicName = "traceTopic", "RMQ_SYS_TRACE_TOPIC".into(), "RMQ_SYS_TRACE_TOPIC".into();
    /// So many contexts make a trace message go out at once; used up to 20. V4 has no such key and ignores it.
    trace_msg_batch_num: u32 = "traceMsgBatchNum", 10, 10;
    /// Producer: largest body in bytes.
    max_message_size: u32 = "maxMessageSize", 4 << 20, 4 << 20;
    /// Consumer: messages asked for in one pull.
    pull_batch_size: u32 = "pullBatchSize", 32, 32;
    /// Consumer: how long a broker may hold a pull that finds nothing.
    broker_suspend_max_time: Duration = "brokerSuspendMaxTimeMillis", secs(15), secs(15);
    /// Consumer: how long a pull may take before it counts as failed.
    consumer_timeout_when_suspend: Duration = "consumerTimeoutMillisWhenSuspend", secs(30), secs(30);
    /// Consumer: no pull while more messages of the queue are cached.
    pull_threshold_for_queue: u32 = "pullThresholdForQueue", 1000, 1000;
    /// Consumer: no pull while more bytes of the queue are cached, in MiB.
    pull_threshold_size_for_queue: u32 = "pullThresholdSizeForQueue", 100, 100;
    /// Consumer: no pull while first and last cached offset lie further apart.
    consume_concurrently_max_span: u64 = "consumeConcurrentlyMaxSpan", 2000, 2000;
    /// Consumer: messages worked on at the same time.
    consume_thread_max: u32 = "consumeThreadMax", 20, 20;
    /// Consumer: messages that the listener is given in one call.
    consume_message_batch_max_size: u32 = "consumeMessageBatchMaxSize", 1, 1;
    /// Consumer: failures of a message before it becomes a dead letter; -1: 16, or no limit when consuming in order.
    max_reconsume_times: i32 = "maxReconsumeTimes", -1, -1;
    /// Consumer: minutes after which a message still worked on is handed back; also the period of the look for one.
    consume_timeout: u32 = "consumeTimeout", 15, 15;
    /// Consumer, in order: pause after a failure, used within 10 ms to 30 s.
    suspend_current_queue_time: Duration = "suspendCurrentQueueTimeMillis", secs(1), secs(1);
    /// Consumer: pause between a pull that found something and the next.
    pull_interval: Duration = "pullInterval", ms(0), ms(0);
    /// Consumer, in order: period of renewing the locks (a system property).
    rebalance_lock_interval: Duration = "rocketmq.client.rebalance.lockInterval", secs(20), secs(20);
    /// Consumer, in order: a lock that was not renewed for longer is not trusted any more (a system property).
    rebalance_lock_max_live_time: Duration = "rocketmq.client.rebalance.lockMaxLiveTime", secs(30), secs(30);
    /// Consumer, in order: how long a queue given up stays locked when messages of it are left (V4), or when its
    /// listener does not end (V5; a system property).
    unlock_delay_time: Duration = "rocketmq.client.unlockDelayTimeMills", secs(20), secs(20);
    /// Consumer, in order: how long one thread goes on with a queue before others get their turn (a system property).
    max_time_consume_continuously: Duration = "rocketmq.client.maxTimeConsumeContinuously", secs(60), secs(60);
    /// Consumer: period of the rebalance.
    rebalance_wait_interval: Duration = "rocketmq.client.rebalance.waitInterval", secs(20), secs(20);
    /// Consumer: least time between two rounds, and the period while a round came out unbalanced. V4 has none.
    rebalance_min_interval: Duration = "rocketmq.client.rebalance.minInterval", ms(0), secs(1);
    /// Consumer: wait before the first pull of a queue just assigned.
    first_pull_delay: Duration = "firstPullDelay", ms(0), ms(500);
    // POP. V4 has none of these keys and ignores them.
    /// Consumer: whether it divides the queues by itself; else it asks a broker for its share, and pulls or pops as that
    /// says. Orderly and broadcasting consumers always divide by themselves (V5).
    client_rebalance: bool = "clientRebalance", true, true;
    /// Consumer: for how long nobody else gets a popped message; 5 s to 300 s, anything else counts as 60 s (V5).
    pop_invisible_time: Duration = "popInvisibleTime", secs(60), secs(60);
    /// Consumer: messages asked for in one pop, at most 32 (V5).
    pop_batch_nums: u32 = "popBatchNums", 32, 32;
    /// Consumer: no pop while more popped messages of the queue are unfinished (V5).
    pop_threshold_for_queue: u32 = "popThresholdForQueue", 96, 96;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_accepted_with_the_value_it_prints() {
        let mut config = BrokerConfig::of(Profile::V5);
        let before = config.clone();
        for (key, value) in before.entries() {
            assert_eq!(config.set(key, &value), Ok(()), "{key}={value}");
        }
        assert_eq!(config, before);
    }

    #[test]
    fn a_wrong_value_names_the_key_and_changes_nothing() {
        let mut config = BrokerConfig::of(Profile::V4);
        let before = config.clone();
        let error = config.set("brokerRole", "LEADER").expect_err("no such role");
        assert_eq!(
            error,
            "brokerRole: `LEADER` is no brokerRole; accepted: ASYNC_MASTER, SYNC_MASTER, SLAVE"
        );
        assert!(config.set("fooBar", "1").expect_err("no such key").starts_with("`fooBar` is not a setting"));
        assert_eq!(config, before);
    }
}
