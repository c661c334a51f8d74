//! Where the groups stand: in memory, and every 5 s on disk.
//!
//! **In RocketMQ**: `ConsumerOffsetManager`, `ConsumerManageProcessor` (behaviour §3.8, §5.6). An offset is
//! overwritten by whatever a consumer says, also by a smaller one (RocketMQ only warns).
//!
//! What a reset of 5.x leaves for the next pull stands in `reset`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Broker;
use crate::fact::Fact;
use crate::id::{GroupName, QueueId, QueueOffset, TopicName};
use crate::outbox::Outbox;
use crate::rpc::{MessageQueueOnBroker, RequestCode, Response, ResponseBody, ResponseCode};
use crate::time::Duration;

/// Wait before offsets are written to disk for the first time.
pub(super) const FIRST_PERSIST: Duration = Duration::from_secs(10);

type Table = BTreeMap<(GroupName, MessageQueueOnBroker), QueueOffset>;

/// Group, topic and queue to the next offset to consume. A clone shares the table until one of them changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetTable(Arc<Table>);

impl OffsetTable {
    /// The offset of a group, when it has one.
    pub fn get(&self, group: &GroupName, topic: &TopicName, queue_id: QueueId) -> Option<QueueOffset> {
        self.0.get(&(group.clone(), (topic.clone(), queue_id))).copied()
    }

    /// Sets an offset and returns the one before.
    pub(super) fn set(
        &mut self,
        group: GroupName,
        topic: TopicName,
        queue_id: QueueId,
        offset: QueueOffset,
    ) -> Option<QueueOffset> {
        Arc::make_mut(&mut self.0).insert((group, (topic, queue_id)), offset)
    }

    /// Takes an entry out.
    pub(super) fn remove(
        &mut self,
        group: &GroupName,
        topic: &TopicName,
        queue_id: QueueId,
    ) -> Option<QueueOffset> {
        self.get(group, topic, queue_id)?;
        Arc::make_mut(&mut self.0).remove(&(group.clone(), (topic.clone(), queue_id)))
    }

    /// Takes all entries of a group out.
    pub(super) fn remove_group(&mut self, group: &GroupName) {
        if self.0.keys().any(|(other, _)| other == group) {
            Arc::make_mut(&mut self.0).retain(|(other, _), _| other != group);
        }
    }

    /// Takes over every entry of another table.
    pub(super) fn put_all(&mut self, other: &Table) {
        let table = Arc::make_mut(&mut self.0);
        table.extend(other.iter().map(|(key, offset)| (key.clone(), *offset)));
    }

    pub(super) fn shared(&self) -> Arc<Table> {
        self.0.clone()
    }

    /// Drops every offset of a topic.
    pub(super) fn forget_topic(&mut self, topic: &TopicName) {
        Arc::make_mut(&mut self.0).retain(|(_, (other, _)), _| other != topic);
    }

    /// Everything, by group, topic and queue.
    pub fn iter(&self) -> impl Iterator<Item = (&GroupName, &TopicName, QueueId, QueueOffset)> {
        self.0.iter().map(|((group, (topic, queue_id)), offset)| (group, topic, *queue_id, *offset))
    }
}

impl Broker {
    /// Where the group stands: where a reset will send it, or what was committed last
    /// (`ConsumerOffsetManager.queryOffset`).
    pub(super) fn stored_offset(
        &self,
        group: &GroupName,
        topic: &TopicName,
        queue_id: QueueId,
    ) -> Option<QueueOffset> {
        let reset = self.reset_offsets.get(group, topic, queue_id);
        let reset = reset.filter(|_| self.config.use_server_side_reset_offset);
        reset.or_else(|| self.offsets.get(group, topic, queue_id))
    }

    /// How far the group was handed out; where it stands when nobody knows (`queryPullOffset`, V5).
    pub fn pull_offset(
        &self,
        group: &GroupName,
        topic: &TopicName,
        queue_id: QueueId,
    ) -> Option<QueueOffset> {
        self.pull_offsets.get(group, topic, queue_id).or_else(|| self.stored_offset(group, topic, queue_id))
    }

    /// Where the group stands; 0 for a young queue by the min==0 rule; else "not found".
    pub(super) fn query_offset(&self, group: &GroupName, topic: &TopicName, queue_id: QueueId) -> Response {
        let code = RequestCode::QueryConsumerOffset;
        let found = self.stored_offset(group, topic, queue_id);
        let offset = found.or_else(|| self.starts_at_zero(topic, queue_id).then_some(QueueOffset(0)));
        match offset {
            Some(offset) => Response::with(code, ResponseBody::Offset(offset)),
            None => Response::refused(
                code,
                ResponseCode::QueryNotFound,
                "Not found, V3_0_6_SNAPSHOT maybe this group consumer boot first",
            ),
        }
    }

    /// Whether the queue still has its first message, near enough to the end of the log (behaviour §5.6, rule 2).
    fn starts_at_zero(&self, topic: &TopicName, queue_id: QueueId) -> bool {
        let has_beginning = self.store.min_offset(topic, queue_id) == QueueOffset(0);
        let in_memory = self.store.first_is_in_memory(topic, queue_id, self.memory());
        // V4 takes an empty queue for one in memory, V5 looks for a page and finds none.
        has_beginning && in_memory.unwrap_or(!self.profile.is_v5())
    }

    /// Bytes from the end of the log that count as in memory.
    pub(super) const fn memory(&self) -> u64 {
        self.config.physical_memory / 100 * self.config.access_message_in_memory_max_ratio
    }

    /// A consumer says where its group stands. V5 wants to know group and topic, and ignores it while a reset waits
    /// for the group's next pull.
    pub(super) fn on_update_offset(
        &mut self,
        group: GroupName,
        topic: TopicName,
        queue_id: QueueId,
        offset: QueueOffset,
        out: &mut Outbox,
    ) -> Response {
        let code = RequestCode::UpdateConsumerOffset;
        if self.profile.is_v5() {
            if !self.groups.contains_key(&group) {
                let remark = format!("Group {group} not exist!");
                return Response::refused(code, ResponseCode::SubscriptionGroupNotExist, remark);
            }
            if !self.topics.contains_key(&topic) {
                let remark = format!("Topic {topic} not exist!");
                return Response::refused(code, ResponseCode::TopicNotExist, remark);
            }
        }
        if self.has_offset_reset(&group, &topic, queue_id) {
            let remark = "Offset has been previously reset".into();
            return Response { remark, ..Response::ok(code) };
        }
        self.commit_offset(group, topic, queue_id, offset, out);
        Response::ok(code)
    }

    /// Overwrites where a group stands (`ConsumerOffsetManager.commitOffset`).
    pub(super) fn commit_offset(
        &mut self,
        group: GroupName,
        topic: TopicName,
        queue_id: QueueId,
        offset: QueueOffset,
        out: &mut Outbox,
    ) {
        let before = self.offsets.get(&group, &topic, queue_id);
        if before != Some(offset) {
            self.offsets.set(group.clone(), topic.clone(), queue_id, offset);
            out.note(Fact::OffsetCommitted { group, topic, queue_id, before, offset });
        }
    }

    /// Writes `consumerOffset.json`.
    pub(super) fn persist_offsets(&mut self, out: &mut Outbox) {
        if self.persisted_offsets != self.offsets {
            self.persisted_offsets = self.offsets.clone();
            out.note(Fact::OffsetsPersisted);
        }
    }

    /// How far each group was handed out, as far as this process knows (V5).
    pub const fn pull_offsets(&self) -> &OffsetTable {
        &self.pull_offsets
    }

    /// Queues of groups that a reset will send elsewhere at their next pull.
    pub const fn reset_offsets(&self) -> &OffsetTable {
        &self.reset_offsets
    }
}
