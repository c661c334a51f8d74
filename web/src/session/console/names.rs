//! The names that a command can be about, as the cluster has them now.

use std::collections::BTreeSet;

use lab_core::config::Profile;
use lab_core::view::View;

use crate::session::forms::node_ids;

/// What a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameKind {
    /// A topic.
    Topic,
    /// A producer or consumer group.
    Group,
    /// A broker name, which replicas share.
    BrokerName,
    /// Where a broker listens.
    BrokerAddress,
    /// A cluster.
    Cluster,
    /// Where a name server listens.
    NameServerAddress,
    /// A process of the lab.
    Node,
    /// A setting of a broker or client.
    Setting,
}

/// All names, sorted within their kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    profile: Profile,
    names: BTreeSet<(NameKind, String)>,
}

impl Names {
    /// The names of a cluster.
    pub fn of(view: &View) -> Self {
        let mut names = Self { profile: view.profile, names: BTreeSet::new() };
        for broker in &view.brokers {
            names.put(NameKind::BrokerName, broker.broker_name.as_str());
            names.put(NameKind::BrokerAddress, &broker.node.address.to_string());
            names.put(NameKind::Cluster, broker.cluster.as_str());
            broker.topics.iter().for_each(|it| names.put(NameKind::Topic, it.topic.as_str()));
            broker.offsets.iter().for_each(|it| names.put(NameKind::Group, it.group.as_str()));
            broker.settings.iter().for_each(|(key, _)| names.put(NameKind::Setting, key));
        }
        for server in &view.name_servers {
            names.put(NameKind::NameServerAddress, &server.node.address.to_string());
        }
        if view.name_servers.len() > 1 {
            names.put(NameKind::NameServerAddress, &name_server_list(view));
        }
        let producers = view.producers.iter().map(|it| (&it.group, &it.settings));
        for (group, settings) in producers.chain(view.consumers.iter().map(|it| (&it.group, &it.settings))) {
            names.put(NameKind::Group, group.as_str());
            settings.iter().for_each(|(key, _)| names.put(NameKind::Setting, key));
        }
        node_ids(view).into_iter().for_each(|node| names.put(NameKind::Node, node.as_str()));
        names
    }

    /// The version of the cluster.
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// The names of one kind.
    pub fn iter(&self, kind: NameKind) -> impl Iterator<Item = &str> {
        self.names.iter().filter(move |(other, _)| *other == kind).map(|(_, name)| name.as_str())
    }

    fn put(&mut self, kind: NameKind, name: &str) {
        self.names.insert((kind, name.to_owned()));
    }
}

/// All name servers as `mqadmin -n` takes them: in quotes when there are several, because `;` ends a command of a shell.
pub fn name_server_list(view: &View) -> String {
    let addresses = view.name_servers.iter().map(|server| server.node.address.to_string());
    let list = addresses.collect::<Vec<_>>().join(";");
    if list.contains(';') { format!("'{list}'") } else { list }
}
