//! Registries and their clients: what they are made from, and how that is written.

use std::fmt;
use std::str::FromStr;

use super::{CommandError, NODE_MAX_LENGTH, check, invalid};
use crate::config::words;
use crate::id::NodeId;
use crate::time::Duration;

/// How clients of a registry learn that its list of members has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub enum RegistryModel {
    /// They ask again and again, as RocketMQ's clients ask a name server.
    #[default]
    Pull,
    /// The registry tells them once that there is something new, and they read it, as with ZooKeeper's watches.
    Watch,
    /// The registry keeps a question back until there is an answer, as Consul's blocking queries do.
    LongPolling,
}

words!(RegistryModel, "model", Pull = "pull", Watch = "watch", LongPolling = "long-polling");

/// How a client picks one of several servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub enum ServerChoice {
    /// `NettyRemotingClient`: shuffled list, random start, round robin (behaviour §2.1).
    RocketMq,
    /// `StaticHostProvider`: shuffled list from its head; a name with several addresses is shuffled at each connect.
    ZooKeeper,
}

words!(ServerChoice, "choose", RocketMq = "rocketmq", ZooKeeper = "zookeeper");

/// Whether a member comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub enum MemberChange {
    /// It is there from now on.
    Add,
    /// It is gone.
    Remove,
}

words!(MemberChange, "change of a member", Add = "add", Remove = "remove");

/// The servers that a client is told of. Host names are parted by commas, several addresses of one name by `+`:
/// `z1,z2,z3` or `z1+z2+z3`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerList(pub Vec<Vec<NodeId>>);

impl fmt::Display for ServerList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = |host: &Vec<NodeId>| host.iter().map(NodeId::as_str).collect::<Vec<_>>().join("+");
        f.write_str(&self.0.iter().map(host).collect::<Vec<_>>().join(","))
    }
}

impl FromStr for ServerList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let host = |host: &str| host.split('+').map(NodeId::from).collect::<Vec<_>>();
        let hosts: Vec<_> = text.split(',').map(host).collect();
        if hosts.iter().flatten().any(|name| name.as_str().is_empty()) {
            return Err(
                "write z1,z2 for several host names, z1+z2 for one name with several addresses".into()
            );
        }
        Ok(Self(hosts))
    }
}

/// What a registry is made from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RegistrySpec {
    /// Its port; by default 2181, 2191, … in the order in which registries are added.
    pub port: Option<u16>,
    /// How its clients learn of changes.
    pub model: RegistryModel,
}

/// What a client of registries is made from, or several alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RegistryClientSpec {
    /// How many; more than one are called `N-1`, `N-2`, ….
    pub count: u32,
    /// The registries that it is told of; by default all that exist when it is added.
    pub registries: Option<ServerList>,
    /// Their model; taken from the registries when it is left out.
    pub model: Option<RegistryModel>,
    /// How it picks one of them; by default as its model's clients do.
    pub choose: Option<ServerChoice>,
    /// Pull: how often it asks (`pollNameServerInterval`).
    pub poll: Option<Duration>,
    /// Long polling: how long a question may be held (`wait`).
    pub wait: Option<Duration>,
    /// Watch: how long a silent peer is borne with (`sessionTimeout`).
    pub session: Option<Duration>,
}

/// Most clients of one command.
pub const REGISTRY_CLIENTS_MAX: u32 = 200;
/// Shortest interval, wait or session time.
const SHORTEST: Duration = Duration::from_secs(1);
/// Longest of these; Consul does not hold a question longer either.
const LONGEST: Duration = Duration::from_secs(600);
/// `pollNameServerInterval`.
const POLL: Duration = Duration::from_secs(30);
/// What Consul takes when a question names no `wait`.
const WAIT: Duration = Duration::from_secs(300);
/// A usual session time-out; ZooKeeper's client has no default, its server bounds it to 4 to 40 s.
const SESSION: Duration = Duration::from_secs(30);

impl RegistryClientSpec {
    /// The names of the nodes that it makes of this name.
    pub fn names(&self, name: &NodeId) -> Vec<NodeId> {
        if self.count == 1 {
            return vec![name.clone()];
        }
        (1..=self.count).map(|number| NodeId::from(format!("{name}-{number}"))).collect()
    }

    /// How it learns of changes.
    pub fn model(&self) -> RegistryModel {
        self.model.unwrap_or_default()
    }

    /// How it picks a server.
    pub fn choose(&self) -> ServerChoice {
        self.choose.unwrap_or(match self.model() {
            RegistryModel::Watch => ServerChoice::ZooKeeper,
            RegistryModel::Pull | RegistryModel::LongPolling => ServerChoice::RocketMq,
        })
    }

    /// How often it asks.
    pub fn poll(&self) -> Duration {
        self.poll.unwrap_or(POLL)
    }

    /// How long its question may be held.
    pub fn wait(&self) -> Duration {
        self.wait.unwrap_or(WAIT)
    }

    /// The time-out of its session.
    pub fn session(&self) -> Duration {
        self.session.unwrap_or(SESSION)
    }

    /// Checks what can be checked without knowing the cluster.
    ///
    /// # Errors
    /// What is wrong, with what is accepted.
    pub(crate) fn check(&self) -> Result<(), CommandError> {
        if !(1..=REGISTRY_CLIENTS_MAX).contains(&self.count) {
            return invalid(format!("count={}: write 1 to {REGISTRY_CLIENTS_MAX}", self.count));
        }
        let times = [
            ("poll", self.poll, RegistryModel::Pull),
            ("wait", self.wait, RegistryModel::LongPolling),
            ("session", self.session, RegistryModel::Watch),
        ];
        for (key, value, model) in times {
            let Some(value) = value else { continue };
            if !(SHORTEST..=LONGEST).contains(&value) {
                return invalid(format!("{key}={value}: write {SHORTEST} to {LONGEST}"));
            }
            if self.model.is_some_and(|own| own != model) {
                return invalid(format!("{key}=… is for model={model}"));
            }
        }
        // Without both the model of the registries decides, which is not known here.
        let is_known = self.choose.is_some() || self.model.is_some();
        if is_known
            && self.choose() == ServerChoice::RocketMq
            && self.registries.as_ref().is_some_and(|list| list.0.iter().any(|host| host.len() > 1))
        {
            return invalid("registry=…: a name with several addresses (+) goes with choose=zookeeper");
        }
        let names = self.registries.iter().flat_map(|list| list.0.iter().flatten());
        names.into_iter().try_for_each(|name| check("node name", name.as_str(), NODE_MAX_LENGTH))
    }
}

/// A change of the list that registries keep: `member N add|remove [registry=R,S]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MemberOrder {
    /// The member.
    pub member: NodeId,
    /// Whether it comes or goes.
    pub change: MemberChange,
    /// Which registries are told; by default all.
    pub registries: Option<Vec<NodeId>>,
}
