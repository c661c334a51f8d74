//! How the tool finds messages, and what became of one in each group.
//!
//! **In RocketMQ**: `MQAdminImpl`, `DefaultMQAdminExtImpl.messageTrackDetail` and `consumed`.
//!
//! **Left out on purpose**: the answers of several brokers to one query come one after another, not all at once.

use std::fmt;

use super::admin_ext::master;
use super::exception::Exception;
use super::group_ext::{BROADCAST_CONSUMPTION, CONSUMER_NOT_ONLINE};
use super::message_ext::{MessageExt, decode_message_id};
use super::session::{Session, Step, caught};
use crate::id::{Address, CommitLogOffset, GroupName, TopicName};
use crate::rpc::{QueryMessage, Request, ResponseBody, ResponseCode};
use crate::time::{Duration, Instant};
use crate::unique_id::{Month, UniqueIdParts};

/// How long the client library waits where the tool does not say (`MQAdminImpl.timeoutMillis`).
pub(super) const MQ_ADMIN_TIMEOUT: Duration = Duration::from_secs(6);
const QUERY_TIMEOUT: Duration = Duration::from_secs(18);
/// Response code 208, used by the client library itself only.
const NO_MESSAGE: u16 = 208;
/// How far back V5 looks for a message by the producer's id.
const THREE_DAYS: Duration = Duration::from_secs(3 * 24 * 3600);
/// At most so many messages have one producer's id.
pub(super) const MAX_OF_UNIQUE_KEY: u32 = 32;

impl Session<'_> {
    /// The message that an `offsetMsgId` names.
    pub(super) fn view_message(&mut self, id: &str) -> Step<MessageExt> {
        match decode_message_id(id) {
            Some((address, offset)) => self.view_message_at(address, offset),
            None => {
                let text = "query message by id finished, but no message.";
                Err(Exception::client(self.profile(), NO_MESSAGE, text).into())
            }
        }
    }

    fn view_message_at(&mut self, address: Address, offset: CommitLogOffset) -> Step<MessageExt> {
        let request = Request::ViewMessageById { offset };
        let response = self.invoke_broker_within(address, request, MQ_ADMIN_TIMEOUT)?;
        match response.body {
            ResponseBody::Message(message) => Ok(MessageExt::new(message)),
            _ => {
                Err(Exception::broker(self.profile(), response.code.number(), &response.remark, address)
                    .into())
            }
        }
    }

    /// The message of an id of either kind: the broker's first, then the producer's.
    pub(super) fn find_message(
        &mut self,
        cluster: Option<&str>,
        topic: &TopicName,
        id: &str,
    ) -> Step<MessageExt> {
        if let Some((address, offset)) = decode_message_id(id)
            && let Ok(message) = caught(self.view_message_at(address, offset))?
        {
            return Ok(message);
        }
        let begin = if self.profile().is_v5() { self.now() - THREE_DAYS } else { self.birth_of(id) };
        let query = QueryMessage {
            topic: topic.clone(),
            key: id.into(),
            max: MAX_OF_UNIQUE_KEY,
            begin,
            end: Instant::NEVER,
            is_unique_key: true,
        };
        let found = self.query_message(cluster, &query)?;
        found.into_iter().next().ok_or_else(|| no_message(self).into())
    }

    /// One second before a producer made this id, as far as the id tells.
    fn birth_of(&self, id: &str) -> Instant {
        let Some(parts) = UniqueIdParts::read(id) else {
            return Instant::ZERO;
        };
        let now = self.epoch().wall_clock(self.now()).cast_signed();
        let age = now.saturating_sub(parts.nearly_time(now, Month::of));
        self.now() - Duration::from_millis(age.cast_unsigned()) - Duration::from_secs(1)
    }

    /// Messages by key, or by the producer's id (`queryMessage`). Nothing found is an exception.
    pub(super) fn query_message(
        &mut self,
        cluster: Option<&str>,
        query: &QueryMessage,
    ) -> Step<Vec<MessageExt>> {
        let route = caught(self.examine_topic_route_info(&query.topic))?.unwrap_or_default();
        let mut addresses = Vec::new();
        for data in &route.broker_datas {
            if cluster.is_none_or(|cluster| cluster.is_empty() || cluster == data.cluster.as_str()) {
                addresses.extend(self.select_broker_addr(data));
            }
        }
        if addresses.is_empty() {
            let text = format!("The topic[{}] not matched route info", query.topic);
            let code = ResponseCode::TopicNotExist.number();
            return Err(Exception::client(self.profile(), code, &text).into());
        }
        let mut found = Vec::new();
        for address in addresses {
            let answer = self.ask(address, Request::QueryMessage(query.clone()), QUERY_TIMEOUT)?;
            if let Ok(response) = answer
                && let ResponseBody::Messages { messages, .. } = response.body
            {
                found.extend(
                    messages.into_iter().map(MessageExt::new).filter(|message| is_meant(query, message)),
                );
            }
        }
        if query.is_unique_key && !self.profile().is_v5() {
            keep_earliest(&mut found);
        }
        if found.is_empty() { Err(no_message(self).into()) } else { Ok(found) }
    }

    /// What became of a message in every group that consumes its topic (`messageTrackDetail`).
    pub(super) fn message_track_detail(&mut self, message: &MessageExt) -> Step<Vec<MessageTrack>> {
        let groups = self.query_topic_consume_by_who(&message.stored.message.topic)?;
        groups.into_iter().map(|group| self.track(message, group)).collect()
    }

    fn track(&mut self, message: &MessageExt, group: GroupName) -> Step<MessageTrack> {
        let connection = match caught(self.examine_consumer_connection(&group))? {
            Ok(connection) => connection,
            Err(exception) => return Ok(self.track_of_unknown(group, &exception)),
        };
        let is_consumed = match caught(self.is_consumed(message, &group))? {
            Ok(is_consumed) => is_consumed,
            Err(exception) => return Ok(self.track_without_stats(group, &exception)),
        };
        let subscription = connection.subscriptions.get(&message.stored.message.topic);
        let tag = message.stored.message.tag();
        let is_filtered = subscription.is_some_and(|subscription| {
            !subscription.tags.is_empty() && !tag.is_some_and(|tag| subscription.tags.contains(tag))
        });
        let track_type = match (is_consumed, is_filtered) {
            (true, false) => TrackType::Consumed,
            (true, true) => TrackType::ConsumedButFiltered,
            (false, _) => TrackType::NotConsumeYet,
        };
        Ok(MessageTrack { group, track_type, exception: None })
    }

    /// Nobody could say who is in the group.
    fn track_of_unknown(&self, group: GroupName, exception: &Exception) -> MessageTrack {
        if !exception.is_broker() {
            return MessageTrack {
                group,
                track_type: TrackType::Unknown,
                exception: Some(exception.simple_description(self.profile())),
            };
        }
        let is_offline = exception.code() == Some(CONSUMER_NOT_ONLINE);
        let track_type = if is_offline { TrackType::NotOnline } else { TrackType::Unknown };
        MessageTrack { group, track_type, exception: Some(in_short(exception)) }
    }

    /// Nobody could say how far the group is.
    fn track_without_stats(&self, group: GroupName, exception: &Exception) -> MessageTrack {
        let track = |track_type, exception| MessageTrack { group, track_type, exception };
        if !exception.is_broker() && !exception.is_client() {
            return track(TrackType::Unknown, Some(exception.simple_description(self.profile())));
        }
        match exception.code() {
            Some(CONSUMER_NOT_ONLINE) => track(TrackType::NotOnline, Some(in_short(exception))),
            Some(BROADCAST_CONSUMPTION) if self.profile().is_v5() => {
                track(TrackType::ConsumeBroadcasting, None)
            }
            _ if self.profile().is_v5() => track(TrackType::Unknown, None),
            _ => track(TrackType::Unknown, Some(in_short(exception))),
        }
    }

    /// Whether the group's offset on the message's own queue lies behind it (`consumed`).
    fn is_consumed(&mut self, message: &MessageExt, group: &GroupName) -> Step<bool> {
        let stats = self.examine_consume_stats(group, None)?;
        let cluster = self.examine_broker_cluster_info()?;
        let stored = &message.stored;
        Ok(stats.offsets.iter().any(|(queue, offsets)| {
            queue.topic == stored.message.topic
                && queue.queue_id == stored.queue_id
                && cluster.broker(&queue.broker_name).and_then(master) == Some(stored.store_host)
                && offsets.consumer_offset > stored.queue_offset
        }))
    }
}

fn no_message(session: &Session<'_>) -> Exception {
    let text = "query message by key finished, but no message.";
    Exception::client(session.profile(), NO_MESSAGE, text)
}

/// Whether a message is what was asked for: an index finds by hash only.
fn is_meant(query: &QueryMessage, message: &MessageExt) -> bool {
    if query.is_unique_key {
        return *message.message_id() == *query.key;
    }
    message.stored.message.topic == query.topic && message.has_key(&query.key)
}

/// V4 keeps the message that was stored first, and of those the first that came.
fn keep_earliest(found: &mut Vec<MessageExt>) {
    let earliest = found.iter().map(|message| message.stored.stored_at).min();
    found.retain(|message| Some(message.stored.stored_at) == earliest);
    found.truncate(1);
}

fn in_short(exception: &Exception) -> String {
    let code = exception.code().map_or(-1, i32::from);
    format!("CODE:{code} DESC:{}", exception.description())
}

/// What became of a message in a group (`TrackType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TrackType {
    Consumed,
    ConsumedButFiltered,
    NotConsumeYet,
    NotOnline,
    ConsumeBroadcasting,
    Unknown,
}

impl fmt::Display for TrackType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Consumed => "CONSUMED",
            Self::ConsumedButFiltered => "CONSUMED_BUT_FILTERED",
            Self::NotConsumeYet => "NOT_CONSUME_YET",
            Self::NotOnline => "NOT_ONLINE",
            Self::ConsumeBroadcasting => "CONSUME_BROADCASTING",
            Self::Unknown => "UNKNOWN",
        })
    }
}

/// One group's fate of a message.
#[derive(Clone, Debug)]
pub(super) struct MessageTrack {
    group: GroupName,
    track_type: TrackType,
    exception: Option<String>,
}

impl fmt::Display for MessageTrack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exception = self.exception.as_deref().unwrap_or("null");
        write!(
            f,
            "MessageTrack [consumerGroup={}, trackType={}, exceptionDesc={exception}]",
            self.group, self.track_type
        )
    }
}
