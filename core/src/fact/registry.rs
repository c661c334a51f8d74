//! What happens between registries and their clients.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use arcstr::ArcStr;

use serde::Serialize;

use crate::command::MemberChange;
use crate::id::{Address, NodeId};
use crate::rpc::members_text;
use crate::time::{Duration, Instant};

/// A fact about a registry or a client of registries.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum RegistryFact {
    /// A frame left.
    Sent {
        /// Who it is for.
        to: NodeId,
        /// Its short name.
        name: &'static str,
        /// The whole of it, for people.
        text: ArcStr,
        /// Whether the registry says it.
        response: bool,
        /// When it will arrive; [`Instant::NEVER`] while something holds it up.
        arrives: Instant,
    },
    /// A registry's list of members changed.
    MembersChanged {
        /// Who came or went.
        member: NodeId,
        /// Which of the two.
        change: MemberChange,
        /// The number of the change.
        version: u64,
    },
    /// A client learned a list that differs from the one it had.
    MembersLearned {
        /// From this registry.
        registry: Address,
        /// Its version.
        version: u64,
        /// The list.
        members: Arc<BTreeSet<NodeId>>,
        /// Time since the change; `None` for the first list of a client.
        delay: Option<Duration>,
        /// Changes between the list before and this one that the client never saw.
        skipped: u64,
    },
    /// A client had no answer in time and closed its connection.
    TimedOut {
        /// The registry.
        registry: Address,
    },
}

impl fmt::Display for RegistryFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent { to, text, .. } => write!(f, "→ {to} {text}"),
            Self::MembersChanged { member, change, version } => write!(f, "{change} {member} v{version}"),
            Self::MembersLearned { registry, version, members, delay, skipped } => {
                write!(f, "v{version} {} from {registry}", members_text(members))?;
                if let Some(delay) = delay {
                    write!(f, " after {delay}")?;
                }
                if *skipped > 0 { write!(f, ", {skipped} skipped") } else { Ok(()) }
            }
            Self::TimedOut { registry } => write!(f, "→ {registry}"),
        }
    }
}
