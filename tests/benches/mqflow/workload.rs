//! The workload that all engines are measured with, and its recording for the lab.
//!
//! Producers send synchronously; every frame travels 200 to 500 ms; brokers append and acknowledge; the members of
//! each group own the queues in equal shares, pull up to 32 messages at a time (a pull that finds nothing is parked
//! until something arrives) and work 10 ms on each. Clients and brokers are the lab's real ones with their periodic
//! services set to long periods, so that the messages are what is measured.

use std::fmt::Write as _;

/// How much of everything there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload {
    /// Messages in all, shared out evenly among the producers.
    pub(crate) messages: u32,
    /// Producers.
    pub(crate) producers: u32,
    /// Brokers, each with the same number of queues.
    pub(crate) brokers: u32,
    /// Queues of the topic on one broker.
    pub(crate) queues: u32,
    /// Consumer groups, each of which gets everything.
    pub(crate) groups: u32,
    /// Members of one group.
    pub(crate) members: u32,
}

/// Shortest time that a frame travels, in milliseconds.
pub(crate) const LOW_LATENCY: u64 = 200;
/// Longest time that a frame travels, in milliseconds.
pub(crate) const HIGH_LATENCY: u64 = 500;
/// Most messages in the answer to one pull.
pub(crate) const PULL_BATCH: usize = 32;
/// Work on one message, in milliseconds.
pub(crate) const WORK: u64 = 10;
/// When brokers and topic are there and the consumers start, in seconds.
const CONSUMERS_START: u64 = 60;
/// When the queues are shared out and the sending begins, in seconds.
const SENDING_STARTS: u64 = 190;
/// A period that no run reaches.
const NEVER: u64 = 10_000_000_000;

impl Workload {
    /// 64 producers, 4 brokers with 4 queues each, two groups of 8.
    pub(crate) const fn of(messages: u32) -> Self {
        Self { messages, producers: 64, brokers: 4, queues: 4, groups: 2, members: 8 }
    }

    /// The messages that are really sent: a whole number for each producer.
    pub(crate) const fn sent(&self) -> u32 {
        self.messages / self.producers * self.producers
    }

    /// The run in the lab's notation; after its last moment nothing is on its way any more.
    pub(crate) fn recording(&self) -> String {
        let mut text =
            format!("lab profile=V5 seed=42 latency={LOW_LATENCY}..{HIGH_LATENCY}\nname-server nsrv-0\n");
        for broker in 0..self.brokers {
            let _ = writeln!(
                text,
                "broker broker-{broker} registerNameServerPeriod=60000 flushIntervalCommitLog=10000 \
                 flushConsumerOffsetInterval=5000000 channelExpiredTimeout={NEVER} \
                 serverChannelMaxIdleTimeMillis={NEVER} cleanResourceInterval={NEVER}"
            );
        }
        let _ = writeln!(text, "topic Flow queues={}\nrun {CONSUMERS_START}s", self.queues);
        let client = format!(
            "pollNameServerInterval={NEVER} heartbeatBrokerInterval={NEVER} persistConsumerOffsetInterval=5000000 \
             clientChannelMaxIdleTimeMillis={NEVER} rocketmq.client.rebalance.waitInterval={NEVER}"
        );
        for group in 0..self.groups {
            for member in 0..self.members {
                let _ = writeln!(
                    text,
                    "consumer c{group}-{member} group=g{group} topic=Flow work={WORK}ms \
                     from=CONSUME_FROM_FIRST_OFFSET consumeMessageBatchMaxSize={PULL_BATCH} consumeThreadMax=1 \
                     brokerSuspendMaxTimeMillis={NEVER} consumerTimeoutMillisWhenSuspend={NEVER} {client}"
                );
            }
        }
        for producer in 0..self.producers {
            let _ = writeln!(text, "producer p{producer} group=pg {client}");
        }
        let _ = writeln!(text, "run {}s", SENDING_STARTS - CONSUMERS_START);
        let each = self.sent() / self.producers;
        for producer in 0..self.producers {
            let _ = writeln!(text, "send p{producer} Flow count={each}");
        }
        let _ = writeln!(text, "run {}s", u64::from(each) * 2 * HIGH_LATENCY / 1000 + 60);
        text
    }
}
