//! A group is sent elsewhere in a topic.
//!
//! By the members (V4, or `useServerSideResetOffset=false`): the broker works out where each queue goes on and tells
//! all members, who stop, wait 10 s, commit and go on. By the broker alone (V5): it writes the offsets and marks the
//! queues; the next pull of each is called illegal once and so brings the consumer to the new place.
//!
//! **In RocketMQ**: `Broker2Client.resetOffset`, `AdminBrokerProcessor.resetOffsetInner`,
//! `ConsumerOffsetManager.assignResetOffset` (behaviour §5.13).

use std::collections::BTreeMap;

use super::Broker;
use crate::fact::Fact;
use crate::id::{GroupName, MessageQueue, QueueId, QueueOffset, TopicName};
use crate::outbox::Outbox;
use crate::rpc::{OffsetReset, Request, RequestCode, Response, ResponseBody, ResponseCode, message_queue};
use crate::time::Instant;

const CODE: RequestCode = RequestCode::InvokeBrokerToResetOffset;

impl Broker {
    pub(super) fn on_reset_offset(&mut self, reset: &OffsetReset, out: &mut Outbox) -> Response {
        let result = if self.config.use_server_side_reset_offset {
            self.reset_here(reset, out)
        } else {
            self.reset_by_members(reset, out)
        };
        match result {
            Ok(offsets) => Response::with(CODE, ResponseBody::ResetOffsets(offsets)),
            Err((code, remark)) => Response::refused(CODE, code, remark),
        }
    }

    /// For every queue that can be written to, and only where the group stands already: forward only when forced.
    fn reset_by_members(
        &mut self,
        reset: &OffsetReset,
        out: &mut Outbox,
    ) -> Result<BTreeMap<MessageQueue, QueueOffset>, (ResponseCode, String)> {
        let OffsetReset { group, topic, timestamp, is_force, .. } = reset;
        let Some(config) = self.topics.get(topic) else {
            let remark =
                format!("[reset-offset] reset offset failed, no topic in this broker. topic={topic}");
            return Err((ResponseCode::SystemError, remark));
        };
        let mut offsets = BTreeMap::new();
        for id in 0..config.write_queue_nums {
            let queue_id = QueueId(id);
            let Some(old) = self.stored_offset(group, topic, queue_id) else {
                return Err((ResponseCode::SystemError, format!("THe consumer group <{group}> not exist")));
            };
            let wanted = self.offset_at(topic, queue_id, *timestamp);
            let offset = if *is_force { wanted } else { wanted.min(old) };
            offsets.insert(message_queue(topic, &self.broker_name, id), offset);
        }
        let members: Vec<_> =
            self.consumers.get(group).into_iter().flat_map(|info| info.members.keys().copied()).collect();
        if members.is_empty() {
            let timestamp = match timestamp {
                Some(at) => self.epoch.wall_clock(*at).to_string(),
                None => "-1".to_owned(),
            };
            let remark = format!(
                "Consumer not online, so can not reset offset, Group: {group} Topic: {topic} Timestamp: {timestamp}"
            );
            return Err((ResponseCode::ConsumerNotOnline, remark));
        }
        for connection in members {
            let request = Request::ResetConsumerClientOffset {
                group: group.clone(),
                topic: topic.clone(),
                offsets: offsets.clone(),
            };
            self.calls.invoke_one_way(connection, request, out);
        }
        Ok(offsets)
    }

    /// For every queue that can be read from, or for one; whether anybody consumes does not matter.
    fn reset_here(
        &mut self,
        reset: &OffsetReset,
        out: &mut Outbox,
    ) -> Result<BTreeMap<MessageQueue, QueueOffset>, (ResponseCode, String)> {
        let OffsetReset { group, topic, timestamp, queue_id, offset, .. } = reset;
        if self.is_slave() {
            return Err((ResponseCode::SystemError, "Can not reset offset in slave broker".to_owned()));
        }
        let Some(config) = self.topics.get(topic) else {
            return Err((ResponseCode::TopicNotExist, format!("Topic {topic} does not exist")));
        };
        if !self.groups.contains_key(group) {
            let remark = format!("Group {group} does not exist");
            return Err((ResponseCode::SubscriptionGroupNotExist, remark));
        }
        let queues = match (queue_id, offset) {
            (Some(id), Some(offset)) => {
                let min = self.store.min_offset(topic, QueueId(*id));
                let max = self.store.max_offset(topic, QueueId(*id));
                if *offset < min || *offset > max.next() {
                    let remark = format!("Target offset {offset} not in consume queue range [{min}-{max}]");
                    return Err((ResponseCode::SystemError, remark));
                }
                vec![(QueueId(*id), *offset)]
            }
            (Some(id), None) => vec![(QueueId(*id), self.offset_at(topic, QueueId(*id), *timestamp))],
            (None, _) => {
                let ids = (0..config.read_queue_nums).map(QueueId);
                ids.map(|id| (id, self.offset_at(topic, id, *timestamp))).collect()
            }
        };
        if queues.is_empty() {
            return Err((ResponseCode::SystemError, "No queues to reset.".to_owned()));
        }
        let mut offsets = BTreeMap::new();
        for (queue_id, offset) in queues {
            self.assign_reset_offset(group, topic, queue_id, offset, out);
            offsets.insert(message_queue(topic, &self.broker_name, queue_id.0), offset);
        }
        Ok(offsets)
    }

    fn assign_reset_offset(
        &mut self,
        group: &GroupName,
        topic: &TopicName,
        queue_id: QueueId,
        offset: QueueOffset,
        out: &mut Outbox,
    ) {
        self.reset_offsets.set(group.clone(), topic.clone(), queue_id, offset);
        self.offsets.set(group.clone(), topic.clone(), queue_id, offset);
        let queue = message_queue(topic, &self.broker_name, queue_id.0);
        out.note(Fact::OffsetReset { group: group.clone(), queue, offset });
    }

    /// The first message of a moment or later, or the end.
    fn offset_at(&self, topic: &TopicName, queue_id: QueueId, at: Option<Instant>) -> QueueOffset {
        match at {
            Some(at) => self.store.offset_by_time(topic, queue_id, at),
            None => self.store.max_offset(topic, queue_id),
        }
    }

    /// The offset that a pull is to be sent to because of a reset; asking takes the mark away.
    pub(super) fn take_reset_offset(
        &mut self,
        group: &GroupName,
        topic: &TopicName,
        queue_id: QueueId,
    ) -> Option<QueueOffset> {
        let offset = self.reset_offsets.remove(group, topic, queue_id);
        offset.filter(|_| self.config.use_server_side_reset_offset)
    }

    /// Whether a reset of the queue waits for the group's next pull.
    pub(super) fn has_offset_reset(&self, group: &GroupName, topic: &TopicName, queue_id: QueueId) -> bool {
        self.config.use_server_side_reset_offset && self.reset_offsets.get(group, topic, queue_id).is_some()
    }
}
