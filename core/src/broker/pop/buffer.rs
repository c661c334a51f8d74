//! From a check point to the group's offset.
//!
//! A check point is stored at once and the group's offset moves on a moment later. With `enablePopBufferMerge` check
//! points wait in memory for their acknowledgements, and what is acknowledged quickly leaves no record at all; then the
//! offset waits too, and a broker that is killed hands the messages out again.
//!
//! **In RocketMQ**: `PopBufferMergeService`. Its loop looks every 5 ms; here the clock is set for the look that finds
//! something.

use std::collections::{BTreeMap, VecDeque};

use super::check_point::{Ack, CheckPoint, MergeKey};
use super::{Broker, Outstanding};
use crate::broker::Asked;
use crate::broker::send::Put;
use crate::fact::{Fact, PopFact};
use crate::id::{GroupName, QueueId, QueueOffset, TopicName};
use crate::message::{Message, property};
use crate::outbox::Outbox;
use crate::rpc::message_queue;
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// Period of the loop.
const SCAN_INTERVAL: u64 = 5;
/// Nothing is put into memory that has to leave it again so soon.
const MARGIN: Duration = Duration::from_millis(1500);
/// A check point comes into the revive topic so long before its messages are revived (`ackTimeInterval`).
pub(super) const ACK_TIME_INTERVAL: Duration = Duration::from_secs(1);

type QueueKey = (TopicName, GroupName, QueueId);

/// A check point in memory (`PopCheckPointWrapper`).
#[derive(Clone, Debug)]
struct Wrapper {
    check_point: CheckPoint,
    revive_queue_id: QueueId,
    /// Acknowledged; a bit a message.
    bits: u64,
    /// Acknowledgements that are stored.
    stored_bits: u64,
    is_stored: bool,
    /// Only the group's offset waits for it.
    just_offset: bool,
}

impl Wrapper {
    fn all_bits(&self) -> u64 {
        (1_u64 << self.check_point.diffs.len().min(32)) - 1
    }

    /// Nothing has to be done for it any more, but to move the offset.
    fn is_done(&self) -> bool {
        let is_acked = self.bits == self.all_bits();
        is_acked || self.is_stored && (self.just_offset || self.bits == self.stored_bits)
    }
}

/// What a group's offset waits for.
#[derive(Clone, Debug)]
struct Commit {
    key: MergeKey,
    next: QueueOffset,
    is_done: bool,
}

/// Check points in memory, and the offsets that wait for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffer {
    check_points: BTreeMap<MergeKey, Wrapper>,
    commits: BTreeMap<QueueKey, VecDeque<Commit>>,
}

impl Buffer {
    /// Behind what was popped last (`getLatestOffset`).
    pub(super) fn latest_offset(
        &self,
        topic: &TopicName,
        group: &GroupName,
        queue_id: QueueId,
    ) -> Option<QueueOffset> {
        let commits = self.commits.get(&(topic.clone(), group.clone(), queue_id))?;
        commits.back().map(|commit| commit.next)
    }

    pub(super) fn forget_queue(&mut self, topic: &TopicName, group: &GroupName, queue_id: QueueId) {
        self.commits.remove(&(topic.clone(), group.clone(), queue_id));
    }

    fn wait_for(&mut self, check_point: &CheckPoint, next: QueueOffset, is_done: bool) {
        let key = (check_point.topic.clone(), check_point.group.clone(), check_point.queue_id);
        let commit = Commit { key: check_point.key(), next, is_done };
        self.commits.entry(key).or_default().push_back(commit);
    }

    /// Takes out what is through with.
    fn sweep(&mut self) {
        let commits = &mut self.commits;
        self.check_points.retain(|key, wrapper| {
            if !wrapper.is_done() {
                return true;
            }
            let queue = (key.0.clone(), key.1.clone(), key.2);
            let waiting = commits.get_mut(&queue);
            if let Some(commit) = waiting.and_then(|list| list.iter_mut().find(|commit| commit.key == *key)) {
                commit.is_done = true;
            }
            false
        });
    }
}

impl Broker {
    /// Messages were popped: their check point is kept, in memory or in the log.
    pub(super) fn add_check_point(
        &mut self,
        now: Instant,
        asked: &Asked,
        check_point: CheckPoint,
        revive_queue_id: QueueId,
        next: QueueOffset,
        out: &mut Outbox,
    ) {
        let consumer = asked.peer.node.clone();
        out.note(Fact::Pop(PopFact::Popped {
            consumer: consumer.clone(),
            group: check_point.group.clone(),
            queue: message_queue(&check_point.topic, &self.broker_name, check_point.queue_id.0),
            start: check_point.start,
            messages: u32::try_from(check_point.diffs.len()).unwrap_or(u32::MAX),
            revive_queue_id,
            revive_at: check_point.revive_time(),
        }));
        let known = Outstanding {
            check_point: check_point.clone(),
            revive_queue_id,
            acked: 0,
            consumer: Some(consumer),
        };
        self.pop.outstanding.insert(check_point.key(), known);
        let stays = check_point.invisible_time >= self.config.pop_ck_stay_buffer_time_out + MARGIN;
        let just_offset = !self.config.enable_pop_buffer_merge || self.is_stopping || !stays;
        let key = check_point.key();
        let is_stored = just_offset && self.put_check_point(now, &check_point, revive_queue_id, out);
        self.pop.buffer.wait_for(&check_point, next, false);
        let wrapper =
            Wrapper { check_point, revive_queue_id, bits: 0, stored_bits: 0, is_stored, just_offset };
        self.pop.buffer.check_points.insert(key, wrapper);
        self.arm_buffer(now, out);
    }

    /// Nothing was found that the group wants: its offset moves on without a check point (`addCkMock`).
    pub(super) fn add_mock_check_point(
        &mut self,
        now: Instant,
        check_point: &CheckPoint,
        next: QueueOffset,
        out: &mut Outbox,
    ) {
        self.pop.buffer.wait_for(check_point, next, true);
        self.arm_buffer(now, out);
    }

    /// Stores a check point, for the revive topic in the end; false when nobody takes it.
    pub(super) fn put_check_point(
        &mut self,
        now: Instant,
        check_point: &CheckPoint,
        revive_queue_id: QueueId,
        out: &mut Outbox,
    ) -> bool {
        let deliver =
            self.epoch.wall_clock(check_point.revive_time()).saturating_sub(ACK_TIME_INTERVAL.as_millis());
        let body = check_point.to_json(self.epoch);
        let id = check_point.unique_id(self.epoch);
        let message = self.revive_message_of((body, "ck", id), deliver);
        self.put_revive_message(now, message, revive_queue_id, Some(check_point.key()), out)
    }

    /// Stores an acknowledgement, for the revive topic in the end.
    pub(super) fn put_ack(
        &mut self,
        now: Instant,
        ack: &Ack,
        revive_queue_id: QueueId,
        revive_time: Instant,
        out: &mut Outbox,
    ) {
        let deliver = self.epoch.wall_clock(revive_time);
        let (body, id) = (ack.to_json(self.epoch), ack.unique_id(self.epoch));
        let message = self.revive_message_of((body, "ack", id), deliver);
        // What nobody takes is lost: AckMessageProcessor only writes it into its log.
        let _is_stored = self.put_revive_message(now, message, revive_queue_id, None, out);
    }

    fn revive_message_of(&self, (body, tag, id): (String, &str, String), deliver: u64) -> Message {
        let mut message = Message::new(self.revive_topic(), body.into_bytes());
        message.set_property(property::TAGS, tag);
        message.set_property(property::UNIQ_KEY, &id);
        message.set_property(property::TIMER_DELIVER_MS, &deliver.to_string());
        message
    }

    /// Stores it here, or at another master when a slave acts (`EscapeBridge.putMessageToSpecificQueue`).
    fn put_revive_message(
        &mut self,
        now: Instant,
        message: Message,
        revive_queue_id: QueueId,
        check_point: Option<MergeKey>,
        out: &mut Outbox,
    ) -> bool {
        if self.is_slave() {
            return self.takes_revive_messages()
                && self.put_elsewhere(now, message, revive_queue_id, check_point, out);
        }
        let put = Put::new(message, revive_queue_id, (now, self.address), self.node.clone());
        self.put_message(now, put, out);
        self.after_append(now, out);
        true
    }

    /// Whether check points and acknowledgements can be stored: the store of a slave refuses them
    /// (`DefaultMessageStore.checkStoreStatus`), and one that acts may have another master to send them to. Without one it
    /// keeps check points in memory, and the group's offset does not move on.
    pub(super) fn takes_revive_messages(&self) -> bool {
        !self.is_slave() || self.is_in_acting_mode() && self.config.enable_remote_escape
    }

    /// The other master did not take a check point: it is not stored yet.
    pub(super) fn check_point_did_not_escape(&mut self, now: Instant, key: &MergeKey, out: &mut Outbox) {
        if let Some(wrapper) = self.pop.buffer.check_points.get_mut(key) {
            wrapper.is_stored = false;
            self.arm_buffer(now, out);
        }
    }

    /// A slave that does not act keeps nothing in memory (`PopBufferMergeService.isShouldRunning`).
    pub(super) fn forget_buffer(&mut self, out: &mut Outbox) {
        if !self.is_in_acting_mode() {
            self.pop.buffer = Buffer::default();
            out.cancel_timer(Timer::PopBufferMerge);
        }
    }

    /// Marks an acknowledgement in memory; false when it has to be stored (`addAk`).
    pub(super) fn ack_in_buffer(&mut self, now: Instant, ack: &Ack) -> bool {
        if !self.config.enable_pop_buffer_merge || self.is_stopping {
            return false;
        }
        let (leaves, stays) = (self.config.pop_ck_stay_buffer_time_out, self.config.pop_ck_stay_buffer_time);
        let Some(wrapper) = self.pop.buffer.check_points.get_mut(&ack.check_point) else {
            return false;
        };
        let is_late = now + leaves + MARGIN > wrapper.check_point.revive_time()
            || now + MARGIN > wrapper.check_point.pop_time + stays;
        if wrapper.just_offset || is_late {
            return false;
        }
        if let Some(index) = wrapper.check_point.index_of(ack.offset) {
            wrapper.bits |= 1 << index;
        }
        true
    }

    /// The look that comes next: the very next one when something is through with, else when a check point has to go.
    pub(super) fn arm_buffer(&self, now: Instant, out: &mut Outbox) {
        let buffer = &self.pop.buffer;
        let commits = buffer.commits.values().any(|list| list.front().is_some_and(|commit| commit.is_done));
        let at = if commits || buffer.check_points.values().any(Wrapper::is_done) {
            Some(now)
        } else if self.takes_revive_messages() {
            buffer
                .check_points
                .values()
                .map(|wrapper| self.leaves_buffer(&wrapper.check_point).max(now))
                .min()
        } else {
            None
        };
        if let Some(at) = at {
            let look = (at.since(self.started_at).as_millis() / SCAN_INTERVAL + 1) * SCAN_INTERVAL;
            out.set_timer(Timer::PopBufferMerge, self.started_at + Duration::from_millis(look));
        }
    }

    /// When a check point is stored although not all of it is acknowledged.
    fn leaves_buffer(&self, check_point: &CheckPoint) -> Instant {
        let timeout = self.config.pop_ck_stay_buffer_time_out.as_millis();
        let soon = Instant::from_millis(check_point.revive_time().as_millis().saturating_sub(timeout));
        soon.min(check_point.pop_time + self.config.pop_ck_stay_buffer_time)
    }

    /// One look: check points leave the memory, offsets move on (`scan`, `scanCommitOffset`).
    pub(super) fn merge_buffer(&mut self, now: Instant, out: &mut Outbox) {
        self.pop.buffer.sweep();
        let all: Vec<_> = self.pop.buffer.check_points.keys().cloned().collect();
        for key in all {
            self.store_from_buffer(now, &key, out);
        }
        self.pop.buffer.sweep();
        for queue in self.pop.buffer.commits.keys().cloned().collect::<Vec<_>>() {
            self.commit_popped(queue, out);
        }
        self.arm_buffer(now, out);
    }

    fn store_from_buffer(&mut self, now: Instant, key: &MergeKey, out: &mut Outbox) {
        let Some(wrapper) = self.pop.buffer.check_points.get(key).cloned() else {
            return;
        };
        if !self.is_stopping && now <= self.leaves_buffer(&wrapper.check_point) {
            return;
        }
        let (point, revive_queue_id) = (&wrapper.check_point, wrapper.revive_queue_id);
        if !wrapper.is_stored && !self.put_check_point(now, point, revive_queue_id, out) {
            return;
        }
        for (index, offset) in point.offsets() {
            if wrapper.bits & !wrapper.stored_bits & (1 << index) != 0 {
                let ack = Ack { check_point: key.clone(), offset };
                self.put_ack(now, &ack, revive_queue_id, point.revive_time(), out);
            }
        }
        if let Some(wrapper) = self.pop.buffer.check_points.get_mut(key) {
            (wrapper.is_stored, wrapper.stored_bits) = (true, wrapper.bits);
        }
    }

    fn commit_popped(&mut self, queue: QueueKey, out: &mut Outbox) {
        while let Some(commits) = self.pop.buffer.commits.get_mut(&queue)
            && let Some(commit) = commits.pop_front_if(|commit| commit.is_done)
        {
            let (topic, group, queue_id) = queue.clone();
            // What was never stored is through with for good.
            if self.config.enable_pop_buffer_merge {
                self.forget_acked(&commit.key);
            }
            self.commit_offset(group, topic, queue_id, commit.next, out);
        }
        if self.pop.buffer.commits.get(&queue).is_some_and(VecDeque::is_empty) {
            self.pop.buffer.commits.remove(&queue);
        }
    }

    fn forget_acked(&mut self, key: &MergeKey) {
        let is_acked =
            |known: &Outstanding| known.acked.count_ones() as usize == known.check_point.diffs.len();
        if self.pop.outstanding.get(key).is_some_and(is_acked) {
            self.pop.outstanding.remove(key);
        }
    }

    /// A broker that ends in good order leaves nothing in memory.
    pub(in crate::broker) fn stop_popping(&mut self, now: Instant, out: &mut Outbox) {
        self.pop.polling.clear();
        self.merge_buffer(now, out);
        out.cancel_timer(Timer::PopBufferMerge);
        out.cancel_timer(Timer::PopLongPolling);
        out.cancel_timer(Timer::PopRoutes);
        for queue in 0..super::REVIVE_QUEUE_NUM {
            out.cancel_timer(Timer::PopRevive(queue));
        }
    }
}
