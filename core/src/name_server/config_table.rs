//! The settings of a name server as `getNamesrvConfig` shows them: those that the lab has, and those that change
//! nothing in a simulation, at their defaults.
//!
//! They stand in the recorded order, because of two keys with the same place in a hash table the first comes first.
//!
//! **In RocketMQ**: `Configuration.getAllConfigsFormatString` over `NamesrvConfig` and `NettyServerConfig`.

use super::NameServer;

/// Key and default of every setting of V4.
const FOUR: &[(&str, &str)] = &[
    ("serverSocketBacklog", "1024"),
    ("writeBufferHighWaterMark", "0"),
    ("serverWorkerThreads", "8"),
    ("serverSelectorThreads", "3"),
    ("serverChannelMaxIdleTimeSeconds", "120"),
    ("writeBufferLowWaterMark", "0"),
    ("serverSocketRcvBufSize", "0"),
    ("serverAsyncSemaphoreValue", "64"),
    ("kvConfigPath", "/root/namesrv/kvConfig.json"),
    ("configStorePath", "/root/namesrv/namesrv.properties"),
    ("clusterTest", "false"),
    ("orderMessageEnable", "false"),
    ("serverSocketSndBufSize", "0"),
    ("serverOnewaySemaphoreValue", "256"),
    ("serverCallbackExecutorThreads", "0"),
    ("listenPort", "9876"),
    ("rocketmqHome", "/opt/rocketmq"),
    ("productEnvName", "center"),
    ("useEpollNativeSelector", "false"),
    ("serverPooledByteBufAllocatorEnable", "true"),
    ("configBlackList", "configBlackList;configStorePath;kvConfigPath"),
];

/// Key and default of every setting of V5.
const FIVE: &[(&str, &str)] = &[
    ("defaultThreadPoolNums", "16"),
    ("defaultThreadPoolQueueCapacity", "10000"),
    ("enableControllerInNamesrv", "false"),
    ("serverSocketBacklog", "1024"),
    ("needWaitForService", "false"),
    ("writeBufferHighWaterMark", "0"),
    ("clientRequestThreadPoolQueueCapacity", "50000"),
    ("deleteTopicWithBrokerRegistration", "false"),
    ("scanNotActiveBrokerInterval", "5000"),
    ("serverChannelMaxIdleTimeSeconds", "120"),
    ("serverSelectorThreads", "3"),
    ("clientRequestThreadPoolNums", "8"),
    ("configBlackList", "configBlackList;configStorePath;kvConfigPath"),
    ("writeBufferLowWaterMark", "0"),
    ("serverSocketRcvBufSize", "0"),
    ("enableAllTopicList", "true"),
    ("kvConfigPath", "/root/namesrv/kvConfig.json"),
    ("returnOrderTopicConfigToBroker", "true"),
    ("clusterTest", "false"),
    ("supportActingMaster", "false"),
    ("serverOnewaySemaphoreValue", "256"),
    ("productEnvName", "center"),
    ("enableShutdownGracefully", "false"),
    ("enableTopicList", "true"),
    ("notifyMinBrokerIdChanged", "false"),
    ("unRegisterBrokerQueueCapacity", "3000"),
    ("waitSecondsForService", "45"),
    ("shutdownWaitTimeSeconds", "30"),
    ("serverWorkerThreads", "8"),
    ("bindAddress", "0.0.0.0"),
    ("serverNettyWorkerGroupEnable", "true"),
    ("serverAsyncSemaphoreValue", "64"),
    ("configStorePath", "/root/namesrv/namesrv.properties"),
    ("orderMessageEnable", "false"),
    ("serverSocketSndBufSize", "0"),
    ("serverCallbackExecutorThreads", "0"),
    ("listenPort", "9876"),
    ("rocketmqHome", "/opt/rocketmq"),
    ("useEpollNativeSelector", "false"),
    ("serverPooledByteBufAllocatorEnable", "true"),
];

impl NameServer {
    /// Key and value of every setting that the version has.
    pub(super) fn config_table(&self) -> Vec<(&'static str, String)> {
        let known = self.config.entries();
        let keys = if self.profile.is_v5() { FIVE } else { FOUR };
        let value = |key: &str, default: &str| match key {
            "listenPort" => self.address.port.to_string(),
            "serverChannelMaxIdleTimeSeconds" => {
                (self.config.server_channel_max_idle_time.as_millis() / 1000).to_string()
            }
            _ => {
                let own = known.iter().find(|(own, _)| *own == key);
                own.map_or_else(|| default.to_owned(), |(_, value)| value.clone())
            }
        };
        keys.iter().map(|(key, default)| (*key, value(key, default))).collect()
    }
}
