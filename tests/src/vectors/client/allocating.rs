//! The strategies and the hash ring.

use std::collections::BTreeMap;

use lab_core::allocate::{AllocateError, HashRing, MachineRoomResolver, allocate as share_of, ring_hash};
use lab_core::config::AllocateStrategy;
use lab_core::id::{BrokerName, ClientId, MessageQueue};
use serde_json::{Map, Value, json};

use super::{count, list, place, queue, text};
use crate::vectors::{Outcome, compare};

/// The rooms that a case names.
struct Rooms {
    brokers: BTreeMap<String, String>,
    consumers: BTreeMap<String, String>,
}

impl Rooms {
    fn read(case: &Value) -> Self {
        let map = |value: &Value| {
            let entries = value.as_object().cloned().unwrap_or_default();
            entries.into_iter().map(|(name, room)| (name, text(&room).to_owned())).collect()
        };
        Self { brokers: map(&case["brokerRooms"]), consumers: map(&case["consumerRooms"]) }
    }
}

impl MachineRoomResolver for Rooms {
    fn broker_deploy_in<'a>(&'a self, broker: &'a BrokerName) -> &'a str {
        self.brokers.get(broker.as_str()).map_or("", String::as_str)
    }

    fn consumer_deploy_in<'a>(&'a self, member: &'a ClientId) -> &'a str {
        self.consumers.get(member.as_str()).map_or("", String::as_str)
    }
}

fn strategy(name: &str, case: &Value) -> AllocateStrategy {
    match name {
        "CONSISTENT_HASH" => AllocateStrategy::ConsistentHash {
            virtual_nodes: case["virtualNodes"].as_u64().map_or(10, |nodes| nodes as u32),
        },
        "MACHINE_ROOM" => AllocateStrategy::MachineRoom {
            rooms: list(&case["consumeridcs"]).iter().map(|room| text(room).into()).collect(),
        },
        _ => match name.strip_prefix("MACHINE_ROOM_NEARBY-") {
            Some(inner) => AllocateStrategy::MachineRoomNearby { inner: Box::new(strategy(inner, case)) },
            None => name.parse().unwrap_or_else(|why| panic!("{why}")),
        },
    }
}

/// Positions of the share in the list, or the error.
fn answer(share: Result<Vec<MessageQueue>, AllocateError>, queues: &[MessageQueue]) -> Value {
    match share {
        Ok(share) => share.iter().map(|queue| place(queues, queue)).collect(),
        Err(why) => json!({ "error": "IllegalArgumentException", "message": why.to_string() }),
    }
}

/// All members of a case, or the one that it asks for.
pub(super) fn allocate(case: &Value) -> Outcome {
    if let Some(nodes) = case["virtualNodes"].as_i64().filter(|nodes| *nodes < 0) {
        let refusal = format!("CONSISTENT_HASH:{nodes}").parse::<AllocateStrategy>();
        return compare(&case["expect"].get("error").is_some().into(), &refusal.is_err().into());
    }
    let strategy = strategy(text(&case["strategy"]), case);
    let rooms = Rooms::read(case);
    let entries = |key: &str| case[key].as_array().cloned().unwrap_or_default();
    let queues: Vec<_> = entries("mqAll").iter().map(queue).collect();
    let members: Vec<ClientId> = entries("cidAll").iter().map(|id| text(id).into()).collect();
    let share = |me: &ClientId| answer(share_of(&strategy, &rooms, me, &queues, &members), &queues);
    let found = match case.get("currentCID") {
        Some(me) => share(&me.as_str().unwrap_or_default().into()),
        None => {
            let shares: Map<String, Value> = members.iter().map(|me| (me.to_string(), share(me))).collect();
            shares.into()
        }
    };
    compare(&case["expect"], &found)
}

/// The strategy that asks nobody.
pub(super) fn fixed_list(case: &Value) -> Outcome {
    let Some(configured) = case["configured"].as_array() else {
        return Outcome::NotApplicable("in the lab a fixed list is always given, be it an empty one");
    };
    let strategy = AllocateStrategy::Config { queues: configured.iter().map(queue).collect() };
    let queues: Vec<_> = list(&case["mqAll"]).iter().map(queue).collect();
    let members: Vec<ClientId> = list(&case["cidAll"]).iter().map(|id| text(id).into()).collect();
    let me = case["currentCID"].as_str().unwrap_or_default().into();
    let share = share_of(&strategy, &Rooms::read(case), &me, &queues, &members);
    let entry =
        |queue: &MessageQueue| json!([queue.topic.as_str(), queue.broker_name.as_str(), queue.queue_id.0]);
    match share {
        Ok(share) => compare(&case["expect"], &share.iter().map(entry).collect()),
        Err(why) => Outcome::Failed(why.to_string()),
    }
}

/// Places on the ring and who has them. The lab makes a ring anew for each division, so a node that left is one
/// that was never added.
pub(super) fn hash_ring(case: &Value) -> Outcome {
    let key = text(&case["key"]);
    if text(&case["group"]) == "hash" {
        return compare(&case["expect"], &ring_hash(key).into());
    }
    let virtual_nodes = u32::try_from(count(&case["virtualNodes"])).expect("a number of nodes");
    let (removed, added_again) = (case["removed"].as_str(), case["readded"].as_str());
    let mut ring = HashRing::default();
    let stay = list(&case["nodes"]).iter().map(text).filter(|node| Some(*node) != removed);
    for node in stay.chain(added_again) {
        ring.add(node, virtual_nodes);
    }
    compare(&case["expect"], &ring.route(key).into())
}
