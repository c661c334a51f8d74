//! Copying what nobody has acknowledged into the retry topic.
//!
//! Each queue of the revive topic has a service of its own. It sleeps 1 s, then reads its queue from behind the last
//! check point that it is through with, looking every 100 ms, and takes check points and acknowledgements into memory. It
//! stops when it has read 2 s further than the first check point is due, or when nothing has come for 4.1 s. Then it
//! takes the check points in the order of the queue and copies their unacknowledged messages, up to the first that is not
//! due for 2 s. Without any check point it rests for another second, two, and from then on three.
//!
//! "Read 2 s further" is measured by the messages themselves: by when they were due in the queue, and only when 3 s have
//! passed without a later one by the clock. So a message comes back 2 to 10 s after its invisible time is over, and which
//! second it is depends on where the service stands in its round.
//!
//! **In RocketMQ**: `PopReviveService` (`consumeReviveMessage`, `mergeAndRevive`, `reviveRetry`), `PopAckConstants`.
//!
//! A check point of another broker name, which an acting slave passed on, is worked off where it came to: its messages are
//! asked for, and what cannot be had now is written down again to be tried later. A slave that acts stores what it revives
//! at another master (`elsewhere`).
//!
//! **Left out on purpose**: looks of an idle service, which find nothing (they are counted, so that it stands where it
//! would); the pause of a service that waits for more than three check points of other brokers;
//! `enableSkipLongAwaitingAck`.

mod elsewhere;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check_point::{Ack, CheckPoint, MergeKey};
use super::{Broker, Outstanding, REVIVE_QUEUE_NUM};
use crate::broker::send::Put;
use crate::fact::{Fact, PopFact};
use crate::gather::Arrange as _;
use crate::id::{BrokerName, GroupName, QueueId, QueueOffset, TopicName};
use crate::message::{Message, StoredMessage, property};
use crate::names::{RETRY_PREFIX, SYSTEM_GROUP_PREFIX};
use crate::outbox::Outbox;
use crate::rpc::{TopicConfig, message_queue, perm};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// Pause of a scan that finds nothing.
const LOOK: Duration = Duration::from_millis(100);
/// A scan ends after so many looks in a row that find nothing.
const MOST_EMPTY_LOOKS: u32 = 41;
/// By how much the scan has to be further than a check point, in milliseconds (`ackTimeInterval` and a second).
const READ_BEYOND: i64 = 2000;
/// After so long without a later message the clock counts, in milliseconds.
const QUIET: i64 = 3000;

/// Where a service stands.
#[derive(Clone, Debug)]
enum State {
    /// It sleeps before its next scan.
    Waiting,
    /// It reads.
    Scanning(Scan),
    /// The last look of a scan found nothing; it puts together what it has read.
    Ending(Scan),
    /// It rests after a scan without check points.
    Resting,
    /// It stores elsewhere what nobody has acknowledged, on a slave that acts.
    Elsewhere(elsewhere::Round),
}

/// One message of a check point of another broker name, which is asked for there.
#[derive(Clone, Debug)]
pub(in crate::broker) struct Fetch {
    /// The queue of the revive topic that the check point was read from.
    queue: u32,
    point: CheckPoint,
    /// Where the message lies.
    pub(in crate::broker) place: QueueOffset,
}

impl Fetch {
    pub(in crate::broker) const fn broker_name(&self) -> &BrokerName {
        &self.point.broker_name
    }

    pub(in crate::broker) const fn topic(&self) -> &TopicName {
        &self.point.topic
    }

    pub(in crate::broker) const fn queue_id(&self) -> QueueId {
        self.point.queue_id
    }
}

/// What came of asking for a message.
#[derive(Clone, Debug)]
pub(in crate::broker) enum Fetched {
    /// Here it is.
    Message(Arc<StoredMessage>),
    /// There is no such message.
    Gone,
    /// The other broker was not to be reached, or refused.
    NotNow,
}

/// A scan under way (`ConsumeReviveObj`).
#[derive(Clone, Debug)]
struct Scan {
    started: Instant,
    offset: QueueOffset,
    /// Up to when it has read, in milliseconds since 1970.
    end_time: i64,
    /// When the first check point is due, in milliseconds since 1970.
    first_revive_time: i64,
    empty_looks: u32,
    check_points: BTreeMap<QueueOffset, (CheckPoint, u64)>,
}

/// The service of one queue of the revive topic.
#[derive(Clone, Debug)]
pub(super) struct ReviveService {
    state: State,
    /// When it does its next step.
    at: Instant,
    slow: u64,
    /// The last check point that it is through with.
    offset: Option<QueueOffset>,
    /// Whether its clock is set; an idle service has none.
    is_armed: bool,
}

impl ReviveService {
    pub(super) const fn revive_offset(&self) -> Option<QueueOffset> {
        self.offset
    }

    /// Does what a service does that has nothing to read, up to its last step before `now`.
    fn skip_to(&mut self, now: Instant, interval: Duration, max_slow: u64) {
        let round = interval + LOOK * u64::from(MOST_EMPTY_LOOKS) + interval * self.slow;
        if matches!(self.state, State::Waiting) && self.slow >= max_slow && self.at < now {
            let rounds = (now.since(self.at).as_millis() - 1) / round.as_millis().max(1);
            self.at += round * rounds;
        }
        while self.at < now {
            self.idle_step(interval, max_slow);
        }
    }

    fn idle_step(&mut self, interval: Duration, max_slow: u64) {
        match &mut self.state {
            State::Waiting => {
                self.state = State::Scanning(Scan::begin(self.at, self.offset));
            }
            State::Scanning(scan) => {
                scan.empty_looks += 1;
                self.at += LOOK;
                if scan.empty_looks >= MOST_EMPTY_LOOKS {
                    self.state = State::Ending(scan.clone());
                }
            }
            State::Ending(_) => self.rest(interval, max_slow),
            State::Resting => {
                self.state = State::Waiting;
                self.at += interval;
            }
            // Not idle: its answers wake it.
            State::Elsewhere(_) => self.at += interval,
        }
    }

    fn rest(&mut self, interval: Duration, max_slow: u64) {
        self.state = State::Resting;
        self.at += interval * self.slow;
        if self.slow < max_slow {
            self.slow += 1;
        }
    }
}

impl Scan {
    fn begin(now: Instant, done: Option<QueueOffset>) -> Self {
        Self {
            started: now,
            offset: done.map_or(QueueOffset(0), QueueOffset::next),
            end_time: 0,
            first_revive_time: 0,
            empty_looks: 0,
            check_points: BTreeMap::new(),
        }
    }

    fn find(&mut self, key: &MergeKey) -> Option<&mut (CheckPoint, u64)> {
        self.check_points.values_mut().find(|(point, _)| point.key() == *key)
    }
}

impl Broker {
    /// Nothing is revived any more: another broker does it now.
    pub(in crate::broker) fn stop_revive(&mut self, out: &mut Outbox) {
        for queue in 0..REVIVE_QUEUE_NUM {
            out.cancel_timer(Timer::PopRevive(queue));
        }
        self.forget_buffer(out);
        let services = std::mem::take(&mut self.pop.revive);
        self.pop.stopped_at = services.into_iter().map(|service| service.offset).collect();
    }

    /// A master begins to revive; what it has not revived yet is found in its log.
    pub(in crate::broker) fn start_revive(&mut self, now: Instant, out: &mut Outbox) {
        let (topic, group) = (self.revive_topic(), revive_group());
        let service = |queue: u32| ReviveService {
            state: State::Waiting,
            at: now + self.config.revive_interval,
            slow: 1,
            offset: self.offsets.get(&group, &topic, QueueId(queue)).max(self.stopped_at(queue)),
            is_armed: false,
        };
        self.pop.revive = (0..REVIVE_QUEUE_NUM).map(service).collect();
        self.find_outstanding();
        for queue in 0..REVIVE_QUEUE_NUM {
            self.arm_revive(queue, out);
        }
    }

    fn stopped_at(&self, queue: u32) -> Option<QueueOffset> {
        self.pop.stopped_at.get(queue as usize).copied().flatten()
    }

    /// Messages became visible: the services that have something to read now are woken.
    pub(in crate::broker) fn revives_visible(
        &mut self,
        now: Instant,
        visible: &[Arc<StoredMessage>],
        out: &mut Outbox,
    ) {
        let mut queues: Vec<u32> = visible
            .iter()
            .filter(|message| self.is_revive_topic(&message.message.topic))
            .map(|message| message.queue_id.0)
            .collect();
        queues.arrange();
        queues.dedup();
        let (interval, max_slow) = (self.config.revive_interval, self.config.revive_max_slow);
        for queue in queues {
            if let Some(service) = self.pop.revive.get_mut(queue as usize) {
                if !service.is_armed {
                    service.skip_to(now, interval, max_slow);
                }
                service.is_armed = true;
                out.set_timer(Timer::PopRevive(queue), service.at);
            }
        }
    }

    /// Sets the clock of a service that has check points to read; an idle one sleeps until something comes.
    fn arm_revive(&mut self, queue: u32, out: &mut Outbox) {
        let Some(service) = self.pop.revive.get(queue as usize) else {
            return;
        };
        let has_read = match &service.state {
            State::Scanning(scan) | State::Ending(scan) => !scan.check_points.is_empty(),
            State::Waiting | State::Resting => false,
            State::Elsewhere(_) => return,
        };
        let (at, is_armed) = (service.at, has_read || self.has_check_point(queue, service.offset));
        if is_armed {
            out.set_timer(Timer::PopRevive(queue), at);
        }
        if let Some(service) = self.pop.revive.get_mut(queue as usize) {
            service.is_armed = is_armed;
        }
    }

    fn has_check_point(&self, queue: u32, done: Option<QueueOffset>) -> bool {
        let topic = self.revive_topic();
        let begin = done.map_or(0, |offset| offset.0 + 1);
        let end = self.store.max_offset(&topic, QueueId(queue)).0;
        (begin..end).any(|offset| {
            let message = self.store.message_at(&topic, QueueId(queue), QueueOffset(offset));
            message.is_some_and(|message| has_tag(&message, "ck"))
        })
    }

    pub(super) fn revive_timer(&mut self, now: Instant, queue: u32, out: &mut Outbox) {
        let Some(mut service) = self.pop.revive.get(queue as usize).cloned() else {
            return;
        };
        if matches!(service.state, State::Elsewhere(_)) {
            return;
        }
        if service.at > now {
            return out.set_timer(Timer::PopRevive(queue), service.at);
        }
        // A process that was halted goes on where it stood.
        service.at = now;
        self.correct_revive_offset(queue, service.offset, out);
        service.state = match service.state {
            State::Waiting => self.scan(now, queue, Scan::begin(now, service.offset), &mut service.at),
            State::Scanning(scan) => self.scan(now, queue, scan, &mut service.at),
            State::Ending(scan) => State::Ending(scan),
            State::Resting => {
                service.at = now + self.config.revive_interval;
                State::Waiting
            }
            State::Elsewhere(round) => State::Elsewhere(round),
        };
        if let State::Ending(scan) = &service.state
            && service.at == now
        {
            let scan = scan.clone();
            if scan.check_points.is_empty() {
                service.rest(self.config.revive_interval, self.config.revive_max_slow);
            } else if self.is_slave() {
                service.state =
                    State::Elsewhere(elsewhere::Round::new(service.offset, self.due_points(&scan)));
                self.pop.revive[queue as usize] = service;
                return self.revive_elsewhere(now, queue, out);
            } else {
                service.offset = self.merge_and_revive(now, queue, service.offset, &scan, out);
                (service.slow, service.state) = (1, State::Waiting);
                service.at = now + self.config.revive_interval;
            }
        }
        self.pop.revive[queue as usize] = service;
        self.arm_revive(queue, out);
    }

    /// The log was set back and the queue ends before the place that was worked off to. RocketMQ writes the right place
    /// down and goes on reading behind the wrong one: until the next restart, or until the queue has grown beyond it,
    /// nothing is revived.
    fn correct_revive_offset(&mut self, queue: u32, done: Option<QueueOffset>, out: &mut Outbox) {
        let topic = self.revive_topic();
        let end = self.store.max_offset(&topic, QueueId(queue));
        if let Some(done) = done.filter(|done| done.next() > end && end > QueueOffset(0)) {
            let last = QueueOffset(end.0 - 1);
            if last < done {
                self.commit_offset(revive_group(), topic, QueueId(queue), last, out);
            }
        }
    }

    /// Reads what there is; `at` becomes the moment of the next step.
    fn scan(&self, now: Instant, queue: u32, mut scan: Scan, at: &mut Instant) -> State {
        let topic = self.revive_topic();
        loop {
            let messages = self.read_revive_queue(&topic, queue, scan.offset);
            if messages.is_empty() {
                let clock = self.epoch.wall_clock(now).cast_signed();
                if scan.end_time != 0 && clock - scan.end_time > QUIET && !self.is_timer_behind(now) {
                    scan.end_time = clock;
                }
                if scan.end_time - scan.first_revive_time > READ_BEYOND {
                    return State::Ending(scan);
                }
                scan.empty_looks += 1;
                *at = now + LOOK;
                let is_last = scan.empty_looks >= MOST_EMPTY_LOOKS;
                return if is_last { State::Ending(scan) } else { State::Scanning(scan) };
            }
            scan.empty_looks = 0;
            if now.since(scan.started) > self.config.revive_scan_time {
                return State::Ending(scan);
            }
            for message in &messages {
                self.take_in(&mut scan, message);
            }
            scan.offset = QueueOffset(scan.offset.0 + messages.len() as u64);
        }
    }

    fn read_revive_queue(
        &self,
        topic: &TopicName,
        queue: u32,
        offset: QueueOffset,
    ) -> Vec<Arc<StoredMessage>> {
        let place = |step| QueueOffset(offset.0 + step);
        (0..32).map_while(|step| self.store.message_at(topic, QueueId(queue), place(step))).collect()
    }

    fn take_in(&self, scan: &mut Scan, message: &StoredMessage) {
        let text = String::from_utf8_lossy(&message.message.body);
        if has_tag(message, "ck") {
            let Some(point) = CheckPoint::from_json(&text, self.epoch) else {
                return;
            };
            if scan.first_revive_time == 0 {
                scan.first_revive_time = self.epoch.wall_clock(point.revive_time()).cast_signed();
            }
            scan.check_points.insert(message.queue_offset, (point, 0));
        } else {
            let Some(ack) = Ack::from_json(&text, self.epoch) else {
                return;
            };
            // An acknowledgement of what is through with already does not even move the end.
            let Some((point, bits)) = scan.find(&ack.check_point) else {
                return;
            };
            if let Some(index) = point.index_of(ack.offset) {
                *bits |= 1 << index;
            }
        }
        let deliver = message.message.property(property::TIMER_DELIVER_MS);
        let deliver = deliver.and_then(|time| time.parse::<i64>().ok()).unwrap_or(0);
        scan.end_time = scan.end_time.max(deliver);
    }

    /// Copies what is due and not acknowledged; returns the last check point that is through with.
    fn merge_and_revive(
        &mut self,
        now: Instant,
        queue: u32,
        old: Option<QueueOffset>,
        scan: &Scan,
        out: &mut Outbox,
    ) -> Option<QueueOffset> {
        let mut done = old;
        for (offset, point, bits) in self.due_points(scan) {
            for place in self.unacknowledged(&point, bits) {
                self.revive_message(now, queue, &point, place, out);
            }
            self.pop.outstanding.remove(&point.key());
            done = Some(offset);
        }
        if let Some(offset) = done.filter(|_| done != old) {
            let topic = self.revive_topic();
            self.commit_offset(revive_group(), topic, QueueId(queue), offset, out);
            self.after_append(now, out);
        }
        done
    }

    /// The check points that a scan has read far enough beyond, with the acknowledged bits.
    fn due_points(&self, scan: &Scan) -> Vec<(QueueOffset, CheckPoint, u64)> {
        let is_due = |point: &CheckPoint| {
            let revive_time = self.epoch.wall_clock(point.revive_time()).cast_signed();
            scan.end_time - revive_time > READ_BEYOND
        };
        let points = scan.check_points.iter().take_while(|(_, (point, _))| is_due(point));
        points.map(|(offset, (point, bits))| (*offset, point.clone(), *bits)).collect()
    }

    /// Where the messages of a check point lie that nobody has acknowledged; none when their topic or group is gone.
    fn unacknowledged(&mut self, point: &CheckPoint, bits: u64) -> Vec<QueueOffset> {
        let topic = normal_topic(&point.topic, &point.group);
        if !self.topics.contains_key(&topic) || self.find_group(&point.group).is_none() {
            return Vec::new();
        }
        let open = point.offsets().filter(|(index, _)| bits & (1 << index) == 0);
        open.map(|(_, place)| place).collect()
    }

    /// Revives one message: from the own log, or by asking the broker that has it.
    fn revive_message(
        &mut self,
        now: Instant,
        queue: u32,
        point: &CheckPoint,
        place: QueueOffset,
        out: &mut Outbox,
    ) {
        if point.broker_name != self.broker_name {
            let wanted = Fetch { queue, point: point.clone(), place };
            return self.fetch_message(now, wanted, out);
        }
        // What has expired is gone for good.
        if let Some(stored) = self.store.message_at(&point.topic, point.queue_id, place) {
            self.revive_retry(now, point, &stored, out);
        }
    }

    /// What came of asking another broker for a message. One that cannot be had now is tried again later, by a check
    /// point of its own; the store of a slave refuses that.
    pub(in crate::broker) fn on_message_fetched(
        &mut self,
        now: Instant,
        wanted: &Fetch,
        fetched: Fetched,
        out: &mut Outbox,
    ) {
        match fetched {
            Fetched::Message(stored) if self.is_slave() => {
                let number = self.next_escape();
                self.escape_retry(now, number, &wanted.point, stored, out);
            }
            Fetched::Message(stored) => {
                self.revive_retry(now, &wanted.point, &stored, out);
                self.after_append(now, out);
            }
            Fetched::Gone => {}
            Fetched::NotNow => {
                let again = wanted.point.put_again(now, wanted.place);
                // `MessageStore.putMessage`: not even a slave with another master at hand sends it there.
                let _is_stored =
                    !self.is_slave() && self.put_check_point(now, &again, QueueId(wanted.queue), out);
            }
        }
    }

    /// The copy of a message for the retry topic of POP.
    fn retry_message(
        &mut self,
        now: Instant,
        point: &CheckPoint,
        stored: &StoredMessage,
        out: &mut Outbox,
    ) -> Message {
        let topic = if point.topic.is_retry() {
            point.topic.clone()
        } else {
            self.retry_source().real_topic(&point.topic, &point.group)
        };
        self.add_retry_topic(now, &topic, &point.group, out);
        let mut message = stored.message.clone();
        if stored.reconsume_times == 0 || message.property(property::FIRST_POP_TIME).is_none() {
            let time = self.epoch.wall_clock(point.pop_time);
            message.set_property(property::FIRST_POP_TIME, &time.to_string());
        }
        message.topic = topic;
        message
    }

    /// Copies one message into the retry topic of POP, where it counts as having failed once more.
    fn revive_retry(
        &mut self,
        now: Instant,
        point: &CheckPoint,
        stored: &Arc<StoredMessage>,
        out: &mut Outbox,
    ) {
        let message = self.retry_message(now, point, stored, out);
        let mut put = Put::copy_of(stored, message, QueueId(0), self.node.clone());
        put.born_host = self.address;
        put.prepared_transaction_offset = crate::id::CommitLogOffset(0);
        put.reconsume_times += 1;
        let reconsume_times = put.reconsume_times;
        let copy = self.put_message(now, put, out);
        out.note(Fact::Pop(PopFact::Revived {
            message: Box::new(self.message_at(&copy)),
            group: point.group.clone(),
            from: message_queue(&point.topic, &point.broker_name, point.queue_id.0),
            offset: stored.queue_offset,
            reconsume_times,
        }));
    }

    /// The retry topic of POP, made when it is first needed. The name servers hear of it at the next registration only.
    fn add_retry_topic(&mut self, now: Instant, topic: &TopicName, group: &GroupName, out: &mut Outbox) {
        if self.topics.contains_key(topic) {
            return;
        }
        let config = TopicConfig {
            read_queue_nums: 1,
            write_queue_nums: 1,
            perm: perm::READ | perm::WRITE,
            order: false,
        };
        self.put_topic(now, topic.clone(), config, out);
        if self.offsets.get(group, topic, QueueId(0)).is_none() {
            self.commit_offset(group.clone(), topic.clone(), QueueId(0), QueueOffset(0), out);
        }
    }

    /// What a process finds that begins on an old log: check points that wait in the wheel or in the revive topic.
    fn find_outstanding(&mut self) {
        let revive_topic = self.revive_topic();
        let mut found = BTreeMap::new();
        let mut acks = Vec::new();
        let timer: TopicName = crate::broker::hold_back::TIMER_TOPIC.into();
        let waiting = self.messages_from(&timer, QueueId(0), QueueOffset(0)).filter_map(|message| {
            let (topic, queue_id) = crate::broker::hold_back::real_place(&message.message)?;
            let out: i64 = message.message.property(property::TIMER_OUT_MS)?.parse().ok()?;
            let is_waiting = topic == revive_topic && out >= self.timer_checkpoint().read_time;
            is_waiting.then_some((queue_id, message))
        });
        let delivered = (0..REVIVE_QUEUE_NUM).map(QueueId).flat_map(|queue_id| {
            let done = self.pop.revive[queue_id.0 as usize].offset;
            let begin = done.map_or(QueueOffset(0), QueueOffset::next);
            self.messages_from(&revive_topic, queue_id, begin).map(move |message| (queue_id, message))
        });
        for (revive_queue_id, message) in delivered.chain(waiting) {
            let text = String::from_utf8_lossy(&message.message.body);
            if has_tag(&message, "ck") {
                if let Some(check_point) = CheckPoint::from_json(&text, self.epoch) {
                    let key = check_point.key();
                    let known = Outstanding { check_point, revive_queue_id, acked: 0, consumer: None };
                    found.insert(key, known);
                }
            } else {
                acks.extend(Ack::from_json(&text, self.epoch));
            }
        }
        for ack in acks {
            if let Some(known) = found.get_mut(&ack.check_point)
                && let Some(index) = known.check_point.index_of(ack.offset)
            {
                known.acked |= 1 << index;
            }
        }
        self.pop.outstanding = found;
    }

    fn messages_from(
        &self,
        topic: &TopicName,
        queue_id: QueueId,
        begin: QueueOffset,
    ) -> impl Iterator<Item = Arc<StoredMessage>> {
        let (topic, store) = (topic.clone(), &self.store);
        let first = begin.max(store.min_offset(&topic, queue_id)).0;
        let end = store.max_offset(&topic, queue_id).0;
        (first..end).filter_map(move |offset| store.message_at(&topic, queue_id, QueueOffset(offset)))
    }
}

fn has_tag(message: &StoredMessage, tag: &str) -> bool {
    message.message.tag().is_some_and(|own| &**own == tag)
}

fn revive_group() -> GroupName {
    format!("{SYSTEM_GROUP_PREFIX}REVIVE_GROUP").into()
}

/// The topic that a retry topic of POP belongs to; any other topic is its own (`KeyBuilder.parseNormalTopic`).
fn normal_topic(topic: &TopicName, group: &GroupName) -> TopicName {
    let rest = topic.as_str().strip_prefix(RETRY_PREFIX).and_then(|rest| rest.strip_prefix(group.as_str()));
    rest.and_then(|rest| rest.strip_prefix(['_', '+'])).map_or_else(|| topic.clone(), TopicName::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn service() -> ReviveService {
        let at = Instant::from_millis(1000);
        ReviveService { state: State::Waiting, at, slow: 1, offset: None, is_armed: false }
    }

    #[test]
    fn an_idle_service_stands_where_it_would_stand_however_long_it_slept() {
        for moment in [1, 1001, 5099, 5101, 8000, 30_000, 1_234_567] {
            let now = Instant::from_millis(moment);
            let mut stepped = service();
            while stepped.at < now {
                stepped.idle_step(SECOND, 3);
            }
            let mut skipped = service();
            skipped.skip_to(Instant::from_millis(moment / 2), SECOND, 3);
            skipped.skip_to(now, SECOND, 3);
            assert_eq!((stepped.at, stepped.slow), (skipped.at, skipped.slow), "{moment}");
            assert_eq!(
                std::mem::discriminant(&stepped.state),
                std::mem::discriminant(&skipped.state),
                "{moment}"
            );
        }
    }

    #[test]
    fn idle_rounds_grow_to_eight_seconds() {
        let mut service = service();
        let mut begins = Vec::new();
        while begins.len() < 5 {
            if matches!(service.state, State::Waiting) {
                begins.push(service.at.as_millis());
            }
            service.idle_step(SECOND, 3);
        }
        // A second before each scan, 4.1 s of scanning, 1, 2, 3, 3 s of rest.
        assert_eq!(begins, [1000, 7100, 14_200, 22_300, 30_400]);
    }

    #[test]
    fn names_of_retry_topics_are_taken_apart() {
        let normal = |topic: &str| normal_topic(&topic.into(), &"g".into()).to_string();
        assert_eq!([normal("%RETRY%g_T_1"), normal("%RETRY%g+T"), normal("T")], ["T_1", "T", "T"]);
    }
}
