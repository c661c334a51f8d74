//! The two strategies that know in which room brokers and members stand.
//!
//! **In RocketMQ**: `AllocateMessageQueueByMachineRoom`, `AllocateMachineRoomNearby`, `MachineRoomResolver`.

use std::collections::BTreeMap;

use arcstr::ArcStr;

use super::{AllocateError, allocate};
use crate::config::AllocateStrategy;
use crate::id::{BrokerName, ClientId, MessageQueue};

/// Says where brokers and members stand (`AllocateMachineRoomNearby.MachineRoomResolver`). No text means: in none.
pub trait MachineRoomResolver {
    /// The room of a broker.
    fn broker_deploy_in<'a>(&'a self, broker: &'a BrokerName) -> &'a str;
    /// The room of a member.
    fn consumer_deploy_in<'a>(&'a self, member: &'a ClientId) -> &'a str;
}

/// The rooms of the lab: `room1@broker-a` is a broker in room1, `127.0.0.1@room1@c1` (a consumer with
/// `id=room1@c1`) a member there. In RocketMQ the application says where they stand; the sign `@` is that of
/// `MACHINE_ROOM`.
#[derive(Clone, Copy, Debug)]
pub struct RoomsByName;

impl MachineRoomResolver for RoomsByName {
    fn broker_deploy_in<'a>(&'a self, broker: &'a BrokerName) -> &'a str {
        broker.as_str().split_once('@').map_or("", |(room, _)| room)
    }

    fn consumer_deploy_in<'a>(&'a self, member: &'a ClientId) -> &'a str {
        let instance = member.as_str().split_once('@').map_or("", |(_, instance)| instance);
        instance.split_once('@').map_or("", |(room, _)| room)
    }
}

/// A block of the queues in the rooms; what the division leaves over goes one each to the first members.
pub(super) fn by_machine_room(
    rooms: &[ArcStr],
    index: usize,
    members: usize,
    queues: &[MessageQueue],
) -> Vec<MessageQueue> {
    let is_in_room = |queue: &&MessageQueue| {
        room_of(&queue.broker_name).is_some_and(|room| rooms.iter().any(|other| **other == *room))
    };
    let eligible: Vec<_> = queues.iter().filter(is_in_room).collect();
    let size = eligible.len() / members;
    let block = eligible.iter().skip(size * index).take(size);
    let left_over = eligible.iter().skip(size * members).skip(index).take(1);
    block.chain(left_over).map(|queue| (*queue).clone()).collect()
}

/// The room in `room@name`. As `String.split` cuts it, empty parts at the end do not count, and there must be
/// exactly two.
fn room_of(broker: &BrokerName) -> Option<&str> {
    let (room, name) = broker.as_str().trim_end_matches('@').split_once('@')?;
    (!name.contains('@')).then_some(room)
}

/// The member's part of its own room's queues, then of those in rooms where no member stands.
pub(super) fn nearby(
    inner: &AllocateStrategy,
    rooms: &impl MachineRoomResolver,
    me: &ClientId,
    queues: &[MessageQueue],
    members: &[ClientId],
) -> Result<Vec<MessageQueue>, AllocateError> {
    let mut queues_of = by_room(
        queues,
        |queue| rooms.broker_deploy_in(&queue.broker_name),
        |queue| AllocateError::QueueWithoutRoom(queue.clone()),
    )?;
    let members_of = by_room(
        members,
        |member| rooms.consumer_deploy_in(member),
        |member| AllocateError::MemberWithoutRoom(member.clone()),
    )?;
    let mine = rooms.consumer_deploy_in(me);
    let mut share = Vec::new();
    if let (Some(queues), Some(members)) = (queues_of.remove(mine), members_of.get(mine)) {
        share.extend(allocate(inner, rooms, me, &queues, members)?);
    }
    for (room, queues) in &queues_of {
        if !members_of.contains_key(room) {
            share.extend(allocate(inner, rooms, me, queues, members)?);
        }
    }
    Ok(share)
}

/// What stands in each room, rooms by name.
fn by_room<'a, T: Clone>(
    things: &'a [T],
    room_of: impl Fn(&'a T) -> &'a str,
    without_room: impl Fn(&T) -> AllocateError,
) -> Result<BTreeMap<&'a str, Vec<T>>, AllocateError> {
    let mut rooms: BTreeMap<&str, Vec<T>> = BTreeMap::new();
    for thing in things {
        let room = room_of(thing);
        if room.is_empty() {
            return Err(without_room(thing));
        }
        rooms.entry(room).or_default().push(thing.clone());
    }
    Ok(rooms)
}
