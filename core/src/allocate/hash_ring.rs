//! The ring on which consistent hashing places members and queues.
//!
//! **In RocketMQ**: `ConsistentHashRouter`, its `MD5Hash`, `VirtualNode`.

use std::collections::BTreeMap;

use md5::{Digest, Md5};

/// Physical nodes on a ring of 2³² places, each at several of them.
#[derive(Clone, Debug, Default)]
pub struct HashRing {
    places: BTreeMap<u32, String>,
    /// Virtual nodes that each physical node was given, also those whose place another node holds.
    replicas: BTreeMap<String, u32>,
}

impl HashRing {
    /// Puts a node at `virtual_nodes` more places. Who comes last to a place has it.
    pub fn add(&mut self, node: &str, virtual_nodes: u32) {
        let replicas = self.replicas.entry(node.to_owned()).or_default();
        for number in *replicas..*replicas + virtual_nodes {
            self.places.insert(ring_hash(&format!("{node}-{number}")), node.to_owned());
        }
        *replicas += virtual_nodes;
    }

    /// The node that a key belongs to: the first at the key's place or behind it, else the first of all. `None` on
    /// an empty ring.
    pub fn route(&self, key: &str) -> Option<&str> {
        self.places.range(ring_hash(key)..).chain(&self.places).next().map(|(_, node)| node.as_str())
    }
}

/// The place of a key: the first four bytes of its MD5 as a big-endian number (`MD5Hash`).
pub fn ring_hash(key: &str) -> u32 {
    let digest = Md5::digest(key.as_bytes());
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}
