//! A broker's figures, as `brokerStatus` and `clusterList` show them.
//!
//! **In RocketMQ**: `AdminBrokerProcessor.prepareRuntimeInfo`, `StoreStatsService.getRuntimeInfo`,
//! `DefaultMessageStore.getRuntimeInfo`. What a simulation has no measure for (queues of thread pools, latencies, page
//! cache locks) stands as an idle broker shows it.

use arcstr::ArcStr;

use super::Broker;
use super::stats::Counter;
use crate::id::QueueId;
use crate::rpc::RateOverTime;
use crate::time::{Duration, Instant};

/// V4 reads the time of its oldest message only out of so many bytes: twice `maxMessageSize`.
const V4_OLDEST_NEEDS: u64 = 8 << 20;
/// Capacity of the thread pools' queues.
const POOL_QUEUE_CAPACITY: &str = "10000";
/// Capacity of those of pulls, light pulls, acks and transactions.
const LARGE_POOL_QUEUE_CAPACITY: &str = "100000";

/// Names and values on their way into an answer.
#[derive(Default)]
struct Figures(Vec<(ArcStr, ArcStr)>);

impl Figures {
    fn put(&mut self, name: &str, value: impl ToString) {
        self.0.push((name.into(), value.to_string().into()));
    }
}

/// Three rates as RocketMQ writes them; nothing stands for one that cannot be worked out yet.
fn rates(rates: [Option<RateOverTime>; 3]) -> String {
    rates.map(|rate| rate.map_or_else(String::new, |rate| format!("{:?}", rate.per_second()))).join(" ")
}

/// Age in words (`StoreStatsService.getFormatRuntime`).
fn format_runtime(age: Duration) -> String {
    let seconds = age.as_millis() / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    format!("[ {days} days, {hours} hours, {minutes} minutes, {} seconds ]", seconds % 60)
}

/// A hundredth of whole percent, as Java writes a double.
fn ratio(percent: u64) -> String {
    let text = format!("{}.{:02}", percent / 100, percent % 100);
    text.strip_suffix('0').map_or_else(|| text.clone(), str::to_owned)
}

/// A size for people (`MixAll.humanReadableByteCount` in powers of 1024).
#[expect(
    clippy::float_arithmetic,
    reason = "printed only; RocketMQ divides as a double and rounds to a tenth"
)]
fn human_readable(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let exponent = (63 - bytes.leading_zeros()) / 10;
    let letter = ["K", "M", "G", "T", "P", "E"][exponent as usize - 1];
    format!("{:.1} {letter}iB", bytes as f64 / (1u64 << (10 * exponent)) as f64)
}

impl Broker {
    /// Everything that `GET_BROKER_RUNTIME_INFO` answers.
    pub(super) fn runtime_info(&self, now: Instant) -> Vec<(ArcStr, ArcStr)> {
        let mut figures = Figures::default();
        self.put_store_figures(now, &mut figures);
        self.put_day_figures(&mut figures);
        figures.put("brokerVersionDesc", self.profile.version_desc());
        figures.put("brokerVersion", self.profile.version_number());
        let pools: &[(&str, &str)] = if self.profile.is_v5() {
            &[
                ("send", POOL_QUEUE_CAPACITY),
                ("pull", LARGE_POOL_QUEUE_CAPACITY),
                ("litePull", LARGE_POOL_QUEUE_CAPACITY),
                ("query", "20000"),
                ("ack", LARGE_POOL_QUEUE_CAPACITY),
            ]
        } else {
            &[("send", POOL_QUEUE_CAPACITY), ("pull", LARGE_POOL_QUEUE_CAPACITY), ("query", "20000")]
        };
        for (pool, capacity) in pools {
            figures.put(&format!("{pool}ThreadPoolQueueSize"), 0);
            figures.put(&format!("{pool}ThreadPoolQueueCapacity"), capacity);
            figures.put(&format!("{pool}ThreadPoolQueueHeadWaitTimeMills"), 0);
        }
        figures.put("EndTransactionQueueSize", 0);
        figures.put("EndTransactionThreadPoolQueueCapacity", LARGE_POOL_QUEUE_CAPACITY);
        figures.put("pageCacheLockTimeMills", 0);
        figures.put("startAcceptSendRequestTimeStamp", 0);
        figures.put("remainTransientStoreBufferNumbs", if self.profile.is_v5() { 0 } else { i32::MAX });
        if self.profile.is_v5() {
            figures.put("brokerActive", self.runs_special_services());
            for (name, value) in [
                ("timerReadBehind", "0"),
                ("timerOffsetBehind", "0"),
                ("timerCongestNum", "0"),
                ("timerEnqueueTps", "0.0"),
                ("timerDequeueTps", "0.0"),
            ] {
                figures.put(name, value);
            }
        }
        figures.0
    }

    fn put_store_figures(&self, now: Instant, figures: &mut Figures) {
        let (log, stats) = (self.store.log(), &self.stats);
        let three = |counter: &Counter| stats.three_rates(now, counter);
        let puts = stats.puts.total();
        figures.put("bootTimestamp", self.epoch.wall_clock(self.started_at));
        figures.put("runtime", format_runtime(now.since(self.started_at)));
        figures.put("putMessageEntireTimeMax", 0);
        figures.put("putMessageTimesTotal", puts.max(1));
        figures.put("putMessageFailedTimes", 0);
        figures.put("putMessageSizeTotal", stats.put_bytes);
        let average = RateOverTime { count: stats.put_bytes, time: Duration::from_secs(puts.max(1)) };
        figures.put("putMessageAverageSize", format!("{:?}", average.per_second()));
        figures.put("putMessageDistributeTime", "null");
        figures.put("dispatchMaxBuffer", 0);
        figures.put("getMessageEntireTimeMax", 0);
        figures.put("putTps", rates(three(&stats.puts)));
        figures.put("getFoundTps", rates(three(&stats.gets_found)));
        figures.put("getMissTps", rates(three(&stats.gets_missed)));
        let (found, missed) = (three(&stats.gets_found), three(&stats.gets_missed));
        let total = [0, 1, 2].map(|place| {
            let (found, missed) = (found[place].unwrap_or_default(), missed[place].unwrap_or_default());
            let time = found.time.max(missed.time);
            Some(RateOverTime { count: found.count + missed.count, time })
        });
        figures.put("getTotalTps", rates(total));
        // Spelled right since 5.0.
        let transferred = if self.profile.is_v5() { "getTransferredTps" } else { "getTransferedTps" };
        figures.put(transferred, rates(three(&stats.transferred)));
        if self.profile.is_v5() {
            figures.put("putLatency99", "0.00");
            figures.put("putLatency999", "0.00");
        }
        let disk = ratio(self.disk_used_percent());
        figures.put("commitLogDiskRatio", &disk);
        figures.put("consumeQueueDiskRatio", disk);
        let free = self.config.disk_capacity.saturating_sub(self.store.used_bytes());
        let (total, free) = (human_readable(self.config.disk_capacity), human_readable(free));
        figures.put("commitLogDirCapacity", format!("Total : {total}, Free : {free}."));
        figures.put("commitLogMinOffset", log.min());
        figures.put("commitLogMaxOffset", log.max());
        figures.put("dispatchBehindBytes", self.store.dispatch_behind());
        figures.put("remainHowManyDataToFlush", human_readable(log.max().0 - log.flushed().0));
        figures.put("earliestMessageTimeStamp", self.earliest_message_time());
    }

    /// Store time of the oldest message on the wall clock, or -1.
    fn earliest_message_time(&self) -> i64 {
        let log = self.store.log();
        let is_readable = self.profile.is_v5() || log.max().0 - log.min().0 >= V4_OLDEST_NEEDS;
        let oldest = log.messages().next().filter(|_| is_readable);
        oldest.map_or(-1, |message| self.epoch.wall_clock(message.stored_at).cast_signed())
    }

    fn put_day_figures(&self, figures: &mut Figures) {
        let [yesterday, today, now] = self.stats.days();
        figures.put("msgPutTotalYesterdayMorning", yesterday.0);
        figures.put("msgPutTotalTodayMorning", today.0);
        figures.put("msgPutTotalTodayNow", now.0);
        figures.put("msgGetTotalYesterdayMorning", yesterday.1);
        figures.put("msgGetTotalTodayMorning", today.1);
        figures.put("msgGetTotalTodayNow", now.1);
    }

    /// Store time of the first message of a queue.
    pub(super) fn earliest_store_time(
        &self,
        topic: &crate::id::TopicName,
        queue_id: QueueId,
    ) -> Option<Instant> {
        let first = self.store.min_offset(topic, queue_id);
        self.store.message_at(topic, queue_id, first).map(|message| message.stored_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ages_read_as_javas() {
        assert_eq!([0, 7, 10, 95, 100].map(ratio), ["0.0", "0.07", "0.1", "0.95", "1.0"]);
        let sizes = [0, 1023, 1024, 1536, 1 << 30].map(human_readable);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 GiB"]);
        assert_eq!(format_runtime(Duration::from_secs(90_061)), "[ 1 days, 1 hours, 1 minutes, 1 seconds ]");
    }
}
