//! How far a follower of DLedger is: DLedger does not use the connection on which slaves of RocketMQ copy.

use lab_core::dledger::PushState;
use lab_core::id::NodeId;
use lab_core::rpc::{Index, MemberRole};
use lab_core::view::{BrokerView, View};

/// What is known of a follower's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Following {
    /// It does not run.
    Down,
    /// It knows no leader.
    NoLeader,
    /// It follows a member that does not lead any more, or does not run.
    Lost(NodeId),
    /// Its leader does not know yet how far it is.
    Compared(NodeId),
    /// Its leader knows that so many entries are missing.
    Behind(NodeId, u64),
}

/// How far a follower is; nothing for a broker without DLedger, and for a leader.
pub fn following(view: &View, broker: &BrokerView) -> Option<Following> {
    let member = broker.dledger.as_ref()?;
    let Some(role) = member.role else { return Some(Following::Down) };
    if role == MemberRole::Leader {
        return None;
    }
    let Some(id) = member.leader else { return Some(Following::NoLeader) };
    let in_group = view.brokers.iter().filter(|it| it.broker_name == broker.broker_name);
    let leader = in_group.filter_map(|it| Some((it, it.dledger.as_ref()?))).find(|(_, it)| it.id == id);
    let Some((leader, own)) = leader else { return Some(Following::NoLeader) };
    let node = leader.node.id.clone();
    if own.role != Some(MemberRole::Leader) {
        return Some(Following::Lost(node));
    }
    let Some(progress) = own.progress.iter().find(|it| it.id == member.id) else {
        return Some(Following::Compared(node));
    };
    // A leader without an entry has nothing to compare: its dispatchers stay as they began.
    if progress.state != PushState::Append && own.end.is_some() {
        return Some(Following::Compared(node));
    }
    let entries = |last: Option<Index>| last.map_or(0, |index| index.0 + 1);
    let missing = entries(own.end.map(|end| end.index)).saturating_sub(entries(progress.water_mark));
    Some(Following::Behind(node, missing))
}

#[cfg(test)]
mod tests {
    use lab_core::lab::Lab;
    use lab_core::time::{Duration, Instant};

    use super::*;

    fn group() -> Lab {
        let peers = "n0-127.0.0.1:40911;n1-127.0.0.1:40912;n2-127.0.0.1:40913";
        let broker = |place: u16| {
            format!(
                "broker b{place} name=a port={} enableDLegerCommitLog=true dLegerGroup=a dLegerPeers={peers} \
                 dLegerSelfId=n{place}\n",
                10_911 + 10 * place
            )
        };
        let brokers: String = (0..3).map(broker).collect();
        let recording = format!("lab profile=V5 seed=1\nname-server n\n{brokers}");
        let mut lab = Lab::new(recording.parse().expect("a recording"));
        lab.run_until(Instant::from_millis(30_000));
        lab
    }

    fn order(lab: &mut Lab, line: &str) {
        lab.issue(line.parse().expect("a command")).expect("it can be carried out");
        lab.run_until(lab.now() + Duration::from_secs(20));
    }

    /// Each broker of the group, in the order of their names.
    fn all(lab: &Lab) -> Vec<Option<Following>> {
        let view = lab.view(0);
        let mut brokers: Vec<_> = view.brokers.iter().collect();
        brokers.sort_by_key(|broker| broker.node.id.clone());
        brokers.into_iter().map(|broker| following(&view, broker)).collect()
    }

    #[test]
    fn followers_are_level_with_their_leader_until_they_are_alone() {
        let mut lab = group();
        let level = all(&lab);
        assert_eq!(level.iter().filter(|it| it.is_none()).count(), 1, "one leads: {level:?}");
        let is_level = |it: &&Option<Following>| matches!(it, Some(Following::Behind(_, 0)));
        assert_eq!(level.iter().filter(is_level).count(), 2, "{level:?}");
        let mut followers: Vec<_> = (0..3).filter(|place| level[*place].is_some()).collect();
        let last = followers.pop().expect("there are two");
        for other in (0..3).filter(|other| *other != last) {
            order(&mut lab, &format!("kill b{other}"));
        }
        let alone = all(&lab);
        assert_eq!(alone[last], Some(Following::NoLeader), "{alone:?}");
        assert_eq!(alone.iter().filter(|it| **it == Some(Following::Down)).count(), 2);
    }
}
