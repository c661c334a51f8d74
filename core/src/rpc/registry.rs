//! What registries and their clients say to each other. One client has one question under way at most.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::id::NodeId;
use crate::time::{Duration, Instant};

/// The list of a registry at one of its versions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Members {
    /// Grows by one with each change; the part of ZooKeeper's `pzxid` and Consul's `X-Consul-Index`.
    pub version: u64,
    /// When the last change came.
    pub changed_at: Instant,
    /// Who is there.
    pub members: Arc<BTreeSet<NodeId>>,
}

/// What travels between a registry and a client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RegistryFrame {
    /// Pull: the list, please (`GET_ROUTEINFO_BY_TOPIC`).
    GetMembers,
    /// Watch: a session, please (`ConnectRequest`).
    OpenSession,
    /// Watch: here it is (`ConnectResponse`).
    SessionOpened,
    /// Watch: the list, and tell me once of the next change (`getChildren(path, true)`).
    GetChildren,
    /// Watch, after a new connection: I know this version and still wait for word (`setWatches`).
    SetWatches {
        /// The version that the client knows.
        version: u64,
    },
    /// Watch: so it is.
    WatchesSet,
    /// Watch: there is something new; what, must be asked (`NodeChildrenChanged`).
    NodeChildrenChanged,
    /// Watch: I am here.
    Ping,
    /// Watch: so am I.
    Pong,
    /// Long polling: the list as soon as its version is above this one (`index=…&wait=…`).
    BlockingQuery {
        /// The version that the client knows; 0 for an answer at once.
        index: u64,
        /// How long the registry may wait for it.
        wait: Duration,
    },
    /// The list.
    Members(Members),
}

impl RegistryFrame {
    /// A short name for it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::GetMembers => "GET_MEMBERS",
            Self::OpenSession => "ConnectRequest",
            Self::SessionOpened => "ConnectResponse",
            Self::GetChildren => "getChildren",
            Self::SetWatches { .. } => "setWatches",
            Self::WatchesSet => "setWatches OK",
            Self::NodeChildrenChanged => "NodeChildrenChanged",
            Self::Ping => "ping",
            Self::Pong => "ping OK",
            Self::BlockingQuery { .. } => "blocking query",
            Self::Members(_) => "members",
        }
    }

    /// Whether the registry says it.
    pub const fn is_response(&self) -> bool {
        matches!(
            self,
            Self::SessionOpened
                | Self::WatchesSet
                | Self::NodeChildrenChanged
                | Self::Pong
                | Self::Members(_)
        )
    }
}

impl fmt::Display for RegistryFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::GetChildren => f.write_str(" watch"),
            Self::SetWatches { version } => write!(f, " v{version}"),
            Self::BlockingQuery { index, wait } => write!(f, " index={index} wait={wait}"),
            Self::Members(list) => write!(f, " v{} {}", list.version, members_text(&list.members)),
            _ => Ok(()),
        }
    }
}

/// `[a b c]`.
pub fn members_text(members: &BTreeSet<NodeId>) -> String {
    format!("[{}]", members.iter().map(NodeId::as_str).collect::<Vec<_>>().join(" "))
}
