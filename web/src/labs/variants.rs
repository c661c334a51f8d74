//! Labs with variants: the same happens to several clusters, and what it costs each stands side by side.
//!
//! A [`Variant`] is one column. Its [`Plan`] says with what it begins, what is ordered when, from which moment on it is
//! counted and where it ends. Which process a fault hits is found out when its moment comes, because where masters are
//! elected nobody can know the name before.

use lab_core::config::{BrokerRole, Profile};
use lab_core::id::NodeId;
use lab_core::time::Instant;
use lab_core::view::{NodeStatus, View};

use super::{Case, Fault, LabId, Way};

/// The broker name whose master a fault hits.
pub const VICTIM: &str = "broker-a";

/// One column of a lab with variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variant {
    /// Of the ways to survive.
    Way(Way),
    /// Of the riddle.
    Case(Case),
}

/// What a variant is a cluster of, where a lab has several of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Apache RocketMQ.
    RocketMq,
    /// Apache Kafka.
    Kafka,
}

impl System {
    /// Its name, the same in every language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RocketMq => "RocketMQ",
            Self::Kafka => "Kafka",
        }
    }

    /// The word by which tests know it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::RocketMq => "rocketmq",
            Self::Kafka => "kafka",
        }
    }
}

impl Variant {
    /// What it is a cluster of; nothing in a lab that has one system only.
    pub const fn system(self) -> Option<System> {
        match self {
            Self::Way(_) => None,
            Self::Case(case) => Some(case.system()),
        }
    }

    /// The variants of a lab that exist in a version, in the order of the columns; none for other labs.
    pub fn all(lab: LabId, profile: Profile) -> Vec<Self> {
        match lab {
            LabId::Ways => Way::of(profile).map(Self::Way).collect(),
            LabId::Riddle => Case::READY.iter().copied().map(Self::Case).collect(),
            _ => Vec::new(),
        }
    }

    /// The word by which tests and styles know it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Way(way) => way.word(),
            Self::Case(case) => case.word(),
        }
    }

    /// How it goes, with this fault where one can be chosen.
    pub fn plan(self, profile: Profile, fault: Fault) -> Plan {
        match self {
            Self::Way(way) => way.plan(profile, fault),
            Self::Case(case) => case.plan(profile),
        }
    }
}

/// How a variant goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What it begins with, as a recording.
    pub recording: String,
    /// What is ordered on top of that, and when.
    pub orders: Vec<(Instant, Order)>,
    /// From here on it is counted; the stage opens here.
    pub from: Instant,
    /// Here it ends.
    pub end: Instant,
}

/// Something that is ordered while a variant runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The fault hits the master of [`VICTIM`].
    Break(Fault),
    /// The process that was hit comes back.
    Mend(Fault),
    /// A command in the lab's notation.
    Line(&'static str),
}

/// The running master of a broker name, as the processes are at this moment.
pub fn master_of(view: &View, broker_name: &str) -> Option<NodeId> {
    let is_master = |broker: &&lab_core::view::BrokerView| {
        broker.broker_name.as_str() == broker_name
            && broker.role != BrokerRole::Slave
            && matches!(broker.node.status, NodeStatus::Up | NodeStatus::Starting)
    };
    view.brokers.iter().find(is_master).map(|broker| broker.node.id.clone())
}

#[cfg(test)]
mod tests {
    use lab_core::command::Command;
    use lab_core::lab::Lab;
    use lab_core::recording::Recording;

    use super::*;

    #[test]
    fn every_variant_reads_and_runs_and_has_a_master_to_hit() {
        for lab in LabId::COMPARISONS {
            for profile in [Profile::V4, Profile::V5] {
                let variants = Variant::all(lab, profile);
                assert!(variants.len() >= 4, "{lab:?} {profile}");
                for variant in variants {
                    for fault in Fault::ALL {
                        let plan = variant.plan(profile, fault);
                        let recording: Recording =
                            plan.recording.parse().unwrap_or_else(|why| panic!("{variant:?}: {why}"));
                        assert!(plan.from < plan.end && plan.orders.is_sorted_by_key(|(at, _)| *at));
                        let mut lab =
                            Lab::try_new(recording).unwrap_or_else(|why| panic!("{variant:?}: {why}"));
                        lab.run_until(plan.from);
                        assert!(
                            master_of(&lab.view(0), VICTIM).is_some() || matches!(variant, Variant::Case(_))
                        );
                        for (_, order) in &plan.orders {
                            if let Order::Line(line) = order {
                                assert!(line.parse::<Command>().is_ok(), "{line}");
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn labs_with_one_cluster_have_no_variants() {
        assert!(LabId::ALL.into_iter().all(|lab| Variant::all(lab, Profile::V5).is_empty()));
    }
}
