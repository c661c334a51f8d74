//! A registry and its clients: the same list of members, kept up to date in three ways.
//!
//! A registry keeps the names of the members of one service, and clients want to know them. What differs is how a client
//! learns of a change: it asks every 30 s (**pull**); the registry sends word and the client reads (**watch**); or
//! the registry keeps the client's question back until there is something to say (**long polling**). The price
//! differs too: requests that find nothing new, connections that stay open, things to remember for every client.
//!
//! **In RocketMQ** and elsewhere:
//! - *pull* is what RocketMQ's clients do with routes: first after 10 ms, then each `pollNameServerInterval` (30 s), by
//!   `NettyRemotingClient`, whose time-outs are 3 s; V4 goes on to the next server within one call, V5 with the next poll
//!   (behaviour §2.1, §2.2).
//! - *watch* is ZooKeeper 3.9: a session (`ConnectRequest`), `getChildren` with a watch, which fires once
//!   (`NodeChildrenChanged`, `WatchManager.triggerWatch`) and carries no list; the client reads again and so sets the
//!   next watch. After a new connection the client says `setWatches` with what it knows, and the server fires at once
//!   when it is newer (`DataTree.setWatches`). Time-outs and pings are those of `ClientCnxn`: nothing heard for ⅔ of the
//!   session time-out ends a connection, a ping goes out a second before half of that is over; between two
//!   connections there is a random pause below 1 s.
//! - *long polling* is Consul's blocking query: `index` and `wait`, held until the index is above that or `wait` and a
//!   random share of up to 1/16 of it are over; the answer carries the whole list. After a failure the client waits 5 s,
//!   20 s, 45 s, … up to 180 s and begins with index 0 (`api/watch/plan.go`); an index that went back begins with 0 too.
//!
//! **Left out on purpose**: how members register and keep themselves alive (an order of the lab does it), ephemeral
//! nodes, the end of a session, persistent watches, leader and quorum of ZooKeeper and Consul, the agent between a Consul
//! client and its servers, Nacos. Registries do not talk to each other: a change reaches each by itself, an ended one as
//! soon as it is started again.
//!
//! **Invariants**: a client has one connection and one question under way at most; a watch fires once; a registry's version
//! grows by one with each change.

mod client;
mod server;
#[cfg(test)]
mod tests;

pub use client::{Learned, RegistryClient, RegistryClientStart};
pub use server::{Registry, RegistryDisk};

/// What a registry or a client has counted since its process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct RegistryCounts {
    /// Connections that stood.
    pub connections: u64,
    /// Questions, pings included.
    pub requests: u64,
    /// Word of a change that nobody had asked for.
    pub pushes: u64,
    /// Lists that were sent or received.
    pub lists: u64,
}
