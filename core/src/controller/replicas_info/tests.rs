//! Requests with the codes that RocketMQ answers, one state after another.

use super::*;
use crate::id::CommitLogOffset;
use crate::time::Instant;

/// Who lives, with epoch and end of the log.
struct Alive(BTreeMap<BrokerId, (u32, u64)>);

impl Liveness for Alive {
    fn is_alive(&self, broker: &BrokerIdentity) -> bool {
        self.0.contains_key(&broker.2)
    }

    fn standing(&self, broker: &BrokerIdentity) -> Option<(Option<MasterEpoch>, CommitLogOffset, i32)> {
        let (epoch, end) = self.0.get(&broker.2)?;
        Some((Some(MasterEpoch(*epoch)), CommitLogOffset(*end), i32::MAX))
    }
}

fn alive(brokers: &[(u64, u32, u64)]) -> Alive {
    Alive(brokers.iter().map(|(id, epoch, end)| (BrokerId(*id), (*epoch, *end))).collect())
}

fn name() -> BrokerName {
    "broker-a".into()
}

fn set(ids: &[u64]) -> SyncStateSet {
    ids.iter().copied().map(BrokerId).collect()
}

fn take(manager: &mut ReplicasInfoManager, result: ControllerResult) -> ControllerResult {
    for event in &result.events {
        manager.apply(event);
    }
    result
}

/// Three replicas; 1 is the master, all are in sync.
fn three() -> ReplicasInfoManager {
    let mut manager = ReplicasInfoManager::default();
    let everybody = alive(&[(1, 1, 0), (2, 1, 0), (3, 1, 0)]);
    for id in 1..=3 {
        let code = (Address::local(10_911 + id as u16), Instant::from_millis(id));
        assert_eq!(
            manager.get_next_broker_id(&name()).answer,
            Some(ControllerAnswer::NextBrokerId(BrokerId(id)))
        );
        let result = manager.apply_broker_id(&"c".into(), &name(), BrokerId(id), code);
        assert_eq!(take(&mut manager, result).code, ResponseCode::Success);
    }
    let result = manager.elect_master(&name(), Some(BrokerId(1)), false, false, &everybody);
    assert_eq!(take(&mut manager, result).code, ResponseCode::Success);
    for (epoch, ids) in [(1, set(&[1, 2])), (2, set(&[1, 2, 3]))] {
        let master = (BrokerId(1), MasterEpoch(1));
        let result =
            manager.alter_sync_state_set(&name(), master, (&ids, SyncStateSetEpoch(epoch)), &everybody);
        assert_eq!(take(&mut manager, result).code, ResponseCode::Success);
    }
    manager
}

#[test]
fn an_id_that_is_taken_is_given_to_nobody_else() {
    let manager = three();
    let other = (Address::local(9), Instant::ZERO);
    let apply = |id, code| manager.apply_broker_id(&"c".into(), &name(), BrokerId(id), code).code;
    assert_eq!(apply(2, other), ResponseCode::ControllerBrokerIdInvalid);
    assert_eq!(apply(2, (Address::local(10_913), Instant::from_millis(2))), ResponseCode::Success);
    let unknown = manager.apply_broker_id(&"c".into(), &"broker-b".into(), BrokerId(2), other);
    assert_eq!(unknown.code, ResponseCode::ControllerBrokerIdInvalid);
}

#[test]
fn the_best_of_those_in_sync_is_elected() {
    let manager = three();
    let elect = |living: &[(u64, u32, u64)], asked: Option<u64>, designate, unclean| {
        let asked = asked.map(BrokerId);
        let result = manager.elect_master(&name(), asked, designate, unclean, &alive(living));
        let master = match result.answer {
            Some(ControllerAnswer::Replica(info, _)) => info.master.map(|(id, _)| id.0),
            _ => None,
        };
        (result.code, master)
    };
    use ResponseCode::*;
    assert_eq!(elect(&[(2, 1, 100), (3, 1, 100)], None, false, false), (Success, Some(2)));
    assert_eq!(elect(&[(2, 1, 100), (3, 1, 200)], None, false, false), (Success, Some(3)));
    assert_eq!(elect(&[(2, 2, 100), (3, 1, 200)], None, false, false), (Success, Some(2)));
    assert_eq!(elect(&[(1, 1, 0), (2, 1, 9)], Some(2), false, false), (ControllerMasterStillExist, Some(1)));
    assert_eq!(elect(&[(1, 1, 0), (2, 1, 9)], Some(2), true, false), (Success, Some(2)));
    assert_eq!(elect(&[(1, 1, 0), (2, 1, 9)], Some(3), true, false), (ControllerElectMasterFailed, None));
    assert_eq!(elect(&[], Some(2), false, false), (ControllerElectMasterFailed, None));
    assert_eq!(elect(&[], None, false, false), (ControllerMasterNotAvailable, None));
}

#[test]
fn outside_the_set_only_an_unclean_election_looks() {
    let mut manager = three();
    let only_master = (&set(&[1]), SyncStateSetEpoch(3));
    let result = manager.alter_sync_state_set(
        &name(),
        (BrokerId(1), MasterEpoch(1)),
        only_master,
        &alive(&[(1, 1, 0)]),
    );
    take(&mut manager, result);
    let living = alive(&[(2, 1, 0)]);
    let clean = manager.elect_master(&name(), None, false, false, &living);
    assert_eq!((clean.code, clean.unclean), (ResponseCode::ControllerMasterNotAvailable, false));
    let unclean = manager.elect_master(&name(), None, false, true, &living);
    assert_eq!((unclean.code, unclean.unclean), (ResponseCode::Success, true));
    // An election that finds nobody raises the epoch and keeps the set.
    take(&mut manager, clean);
    let sync = manager.brokers()[&name()].sync.clone().expect("known");
    assert_eq!((sync.master, sync.master_epoch, sync.sync_state_set), (None, MasterEpoch(2), set(&[1])));
}

#[test]
fn only_the_master_of_the_present_reign_changes_the_set() {
    let manager = three();
    let living = alive(&[(1, 1, 0), (2, 1, 0)]);
    let alter = |master: u64, epoch, ids: &[u64], set_epoch| {
        let (ids, set_epoch) = (set(ids), SyncStateSetEpoch(set_epoch));
        let master = (BrokerId(master), MasterEpoch(epoch));
        manager.alter_sync_state_set(&name(), master, (&ids, set_epoch), &living).code
    };
    use ResponseCode::*;
    assert_eq!(alter(1, 1, &[1, 2], 3), Success);
    assert_eq!(alter(1, 1, &[1, 2, 3], 3), ControllerAlterSyncStateSetFailed);
    assert_eq!(alter(2, 1, &[1, 2], 3), ControllerInvalidMaster);
    assert_eq!(alter(1, 0, &[1, 2], 3), ControllerFencedMasterEpoch);
    assert_eq!(alter(1, 1, &[1, 2], 2), ControllerFencedSyncStateSetEpoch);
    assert_eq!(alter(1, 1, &[1, 4], 3), ControllerInvalidReplicas);
    assert_eq!(alter(1, 1, &[1, 3], 3), ControllerBrokerNotAlive);
    assert_eq!(alter(1, 1, &[2], 3), ControllerAlterSyncStateSetFailed);
}

#[test]
fn a_living_broker_is_not_forgotten_by_accident() {
    let mut manager = three();
    let living = alive(&[(1, 1, 0)]);
    let cluster: ClusterName = "c".into();
    let clean = |manager: &ReplicasInfoManager, ids: Option<&str>, force| {
        manager.clean_broker_data(Some(&cluster), &name(), ids, force, &living)
    };
    use ResponseCode::*;
    assert_eq!(clean(&manager, None, false).code, ControllerInvalidCleanBrokerMetadata);
    assert_eq!(clean(&manager, Some("1"), false).code, ControllerInvalidCleanBrokerMetadata);
    assert_eq!(clean(&manager, Some("x"), false).code, ControllerInvalidCleanBrokerMetadata);
    let result = clean(&manager, Some("2;3"), false);
    assert_eq!(take(&mut manager, result).code, Success);
    assert_eq!(manager.brokers()[&name()].replicas.len(), 1);
    let result = clean(&manager, None, true);
    take(&mut manager, result);
    assert!(manager.brokers().is_empty());
}
