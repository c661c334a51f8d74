//! What the controllers agree on: of each broker name the replicas, the master, and who is in sync with it.
//!
//! A request is worked out against the state and gives an answer and the events that would change the state; the events
//! count only when the controllers have agreed on them, and are then applied by every one of them.
//!
//! **In RocketMQ**: `ReplicasInfoManager`, `BrokerReplicaInfo`, `SyncStateInfo`, `DefaultElectPolicy` (behaviour §4.7).
//!
//! **Invariants**: ids are given once; epochs rise; the SyncStateSet of a new reign is its master alone.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::heartbeat::{BrokerIdentity, Liveness};
use crate::gather::Gather as _;
use crate::id::{Address, BrokerId, BrokerName, ClusterName};
use crate::rpc::{
    ControllerAnswer, ControllerEvent, ControllerEvents, MasterEpoch, RegisterCheckCode, ReplicaIdentity,
    ReplicaInfo, ResponseCode, SyncStateSet, SyncStateSetEpoch,
};

/// The first id that a controller gives (`MixAll.FIRST_BROKER_CONTROLLER_ID`).
const FIRST_BROKER_CONTROLLER_ID: u64 = 1;

/// The replicas of one broker name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BrokerReplicaInfo {
    /// Their cluster.
    pub cluster: ClusterName,
    /// The id that is given next.
    pub next_broker_id: u64,
    /// Where each is, and by what it is known again.
    pub replicas: BTreeMap<BrokerId, (Address, RegisterCheckCode)>,
    /// Master and SyncStateSet; gone after an operator had every replica in sync forgotten.
    pub sync: Option<SyncStateInfo>,
}

/// Master and SyncStateSet of one broker name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SyncStateInfo {
    /// The master.
    pub master: Option<BrokerId>,
    /// Raised with every election, also with one that found nobody.
    pub master_epoch: MasterEpoch,
    /// Who is in sync.
    pub sync_state_set: SyncStateSet,
    /// Raised with every change of the set.
    pub sync_state_set_epoch: SyncStateSetEpoch,
}

/// What came of a request (`ControllerResult`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControllerResult {
    /// How it ended.
    pub code: ResponseCode,
    /// RocketMQ's sentence about it.
    pub remark: String,
    /// What was asked for.
    pub answer: Option<ControllerAnswer>,
    /// What would change.
    pub events: ControllerEvents,
    /// Whether a master was elected that was not in sync.
    pub unclean: bool,
}

impl ControllerResult {
    fn of(answer: ControllerAnswer, events: ControllerEvents) -> Self {
        let answer = Some(answer);
        Self { code: ResponseCode::Success, remark: String::new(), answer, events, unclean: false }
    }

    fn done(events: ControllerEvents) -> Self {
        let code = ResponseCode::Success;
        Self { code, remark: String::new(), answer: None, events, unclean: false }
    }

    fn refused(code: ResponseCode, remark: impl Into<String>) -> Self {
        Self { code, remark: remark.into(), answer: None, events: Vec::new(), unclean: false }
    }
}

/// A set of ids as Java prints one.
fn java_id(id: Option<BrokerId>) -> String {
    id.map_or_else(|| "null".to_owned(), |id| id.to_string())
}

/// The state that all controllers share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReplicasInfoManager {
    brokers: BTreeMap<BrokerName, BrokerReplicaInfo>,
}

impl ReplicasInfoManager {
    /// By broker name.
    pub const fn brokers(&self) -> &BTreeMap<BrokerName, BrokerReplicaInfo> {
        &self.brokers
    }

    /// A broker name that is known in full (`isContainsBroker`).
    fn known(&self, name: &BrokerName) -> Option<(&BrokerReplicaInfo, &SyncStateInfo)> {
        let info = self.brokers.get(name)?;
        info.sync.as_ref().map(|sync| (info, sync))
    }

    /// The master of a broker name.
    pub fn master_of(&self, name: &BrokerName) -> Option<BrokerId> {
        self.known(name).and_then(|(_, sync)| sync.master)
    }

    /// A master wants another SyncStateSet.
    pub fn alter_sync_state_set(
        &self,
        name: &BrokerName,
        (master, epoch): (BrokerId, MasterEpoch),
        (new, set_epoch): (&SyncStateSet, SyncStateSetEpoch),
        liveness: &impl Liveness,
    ) -> ControllerResult {
        let refuse = |code, why: String| ControllerResult::refused(code, why);
        let failed = ResponseCode::ControllerAlterSyncStateSetFailed;
        let Some((info, sync)) = self.known(name) else {
            return refuse(failed, "Broker metadata is not existed".to_owned());
        };
        if sync.sync_state_set == *new {
            let why = "The newSyncStateSet is equal with oldSyncStateSet, no needed to update syncStateSet";
            return refuse(failed, why.to_owned());
        }
        let rejecting = |why: String| format!("Rejecting alter syncStateSet request because {why}");
        if sync.master != Some(master) {
            let why = format!("the current leader is:{{{}}}, not {{{master}}}", java_id(sync.master));
            return refuse(ResponseCode::ControllerInvalidMaster, rejecting(why));
        }
        if sync.master_epoch != epoch {
            let why = format!("the current master epoch is:{{{}}}, not {{{epoch}}}", sync.master_epoch);
            return refuse(ResponseCode::ControllerFencedMasterEpoch, rejecting(why));
        }
        if sync.sync_state_set_epoch != set_epoch {
            let current = sync.sync_state_set_epoch;
            let why = format!("the current syncStateSet epoch is:{{{current}}}, not {{{set_epoch}}}");
            return refuse(ResponseCode::ControllerFencedSyncStateSetEpoch, rejecting(why));
        }
        for replica in new {
            if !info.replicas.contains_key(replica) {
                let why = rejecting(format!("the replicas {{{replica}}} don't exist"));
                return refuse(ResponseCode::ControllerInvalidReplicas, why);
            }
            if !liveness.is_alive(&(info.cluster.clone(), name.clone(), *replica)) {
                let why = rejecting(format!("the replicas {{{replica}}} don't alive"));
                return refuse(ResponseCode::ControllerBrokerNotAlive, why);
            }
        }
        if !new.contains(&master) {
            let why = format!("the newSyncStateSet don't contains origin leader {{{master}}}");
            return refuse(failed, rejecting(why));
        }
        let answer = ReplicaInfo {
            master: info.replicas.get(&master).map(|(address, _)| (master, *address)),
            master_epoch: epoch,
            sync_state_set: new.clone(),
            sync_state_set_epoch: SyncStateSetEpoch(set_epoch.0 + 1),
        };
        let new_sync_state_set = new.clone();
        let event = ControllerEvent::AlterSyncStateSet { broker_name: name.clone(), new_sync_state_set };
        ControllerResult::of(ControllerAnswer::Replica(answer, BTreeMap::new()), vec![event])
    }

    /// Somebody wants a master elected: a broker for itself, an operator for one (`designate`), or the controller
    /// (`None`).
    pub fn elect_master(
        &self,
        name: &BrokerName,
        asked_for: Option<BrokerId>,
        designate: bool,
        enable_unclean: bool,
        liveness: &impl Liveness,
    ) -> ControllerResult {
        let Some((info, sync)) = self.known(name) else {
            let code = ResponseCode::ControllerBrokerNeedToBeRegistered;
            return ControllerResult::refused(code, "Broker hasn't been registered");
        };
        let is_first = sync.master_epoch == MasterEpoch(0);
        let by_policy = || {
            let designated = asked_for.filter(|_| designate);
            let identity = |id: &BrokerId| (info.cluster.clone(), name.clone(), *id);
            let mut pools = vec![sync.sync_state_set.clone()];
            if enable_unclean {
                pools.push(info.replicas.keys().copied().gather());
            }
            pools.iter().find_map(|pool| try_elect(pool, sync.master, designated, &identity, liveness))
        };
        let new_master = asked_for.filter(|_| is_first).or_else(by_policy);
        let members: BTreeMap<_, _> = info.replicas.iter().map(|(id, (address, _))| (*id, *address)).gather();
        let address_of = |id: BrokerId| members.get(&id).map(|address| (id, *address));
        match new_master {
            Some(id) if sync.master == Some(id) => {
                let answer = ReplicaInfo { master: address_of(id), ..info.replica_info(sync) };
                let remark = format!(
                    "The old master {id} is still alive, not need to elect new master for broker {name}"
                );
                ControllerResult {
                    code: ResponseCode::ControllerMasterStillExist,
                    remark,
                    ..ControllerResult::of(ControllerAnswer::Replica(answer, BTreeMap::new()), Vec::new())
                }
            }
            Some(id) => {
                let answer = ReplicaInfo {
                    master: address_of(id),
                    master_epoch: MasterEpoch(sync.master_epoch.0 + 1),
                    sync_state_set: SyncStateSet::from([id]),
                    sync_state_set_epoch: SyncStateSetEpoch(sync.sync_state_set_epoch.0 + 1),
                };
                let event = ControllerEvent::ElectMaster { broker_name: name.clone(), new_master: Some(id) };
                let unclean = !is_first && !sync.sync_state_set.contains(&id);
                ControllerResult {
                    unclean,
                    ..ControllerResult::of(ControllerAnswer::Replica(answer, members), vec![event])
                }
            }
            None if asked_for.is_none() => {
                let event = ControllerEvent::ElectMaster { broker_name: name.clone(), new_master: None };
                ControllerResult {
                    events: vec![event],
                    ..ControllerResult::refused(
                        ResponseCode::ControllerMasterNotAvailable,
                        "Old master has down and failed to elect a new broker master",
                    )
                }
            }
            None => ControllerResult::refused(
                ResponseCode::ControllerElectMasterFailed,
                "Failed to elect a new master",
            ),
        }
    }

    /// A broker without an id asks for one.
    pub fn get_next_broker_id(&self, name: &BrokerName) -> ControllerResult {
        let next = self.brokers.get(name).map_or(FIRST_BROKER_CONTROLLER_ID, |info| info.next_broker_id);
        ControllerResult::of(ControllerAnswer::NextBrokerId(BrokerId(next)), Vec::new())
    }

    /// It wants to have it.
    pub fn apply_broker_id(
        &self,
        cluster: &ClusterName,
        name: &BrokerName,
        broker_id: BrokerId,
        check_code: RegisterCheckCode,
    ) -> ControllerResult {
        let code = ResponseCode::ControllerBrokerIdInvalid;
        let is_free = match self.brokers.get(name) {
            None if broker_id.0 == FIRST_BROKER_CONTROLLER_ID => true,
            None => {
                let why = format!(
                    "Broker-set: {name} hasn't been registered in controller, but broker try to apply brokerId: \
                     {broker_id}"
                );
                return ControllerResult::refused(code, why);
            }
            Some(info) => info.replicas.get(&broker_id).is_none_or(|(_, known)| *known == check_code),
        };
        if !is_free {
            let why = format!("Fail to apply brokerId: {broker_id} in broker-set: {name}");
            return ControllerResult::refused(code, why);
        }
        ControllerResult::done(vec![ControllerEvent::ApplyBrokerId {
            cluster: cluster.clone(),
            broker_name: name.clone(),
            broker_id,
            address: check_code.0,
            check_code,
        }])
    }

    /// A broker with an id is there. It hears of the master only when that lives.
    pub fn register_broker(
        &self,
        name: &BrokerName,
        broker_id: BrokerId,
        address: Address,
        liveness: &impl Liveness,
    ) -> ControllerResult {
        let code = ResponseCode::ControllerBrokerNeedToBeRegistered;
        let Some((info, sync)) = self.known(name) else {
            return ControllerResult::refused(
                code,
                format!("Broker-set: {name} hasn't been registered in controller"),
            );
        };
        let Some((known, _)) = info.replicas.get(&broker_id) else {
            let why = format!("BrokerId: {broker_id} hasn't been registered in broker-set: {name}");
            return ControllerResult::refused(code, why);
        };
        let mut answer = info.replica_info(sync);
        let lives = |id| liveness.is_alive(&(info.cluster.clone(), name.clone(), id));
        if !answer.master.is_some_and(|(id, _)| lives(id)) {
            answer.master = None;
        }
        let event = ControllerEvent::UpdateBrokerAddress { broker_name: name.clone(), broker_id, address };
        let events = if *known == address { Vec::new() } else { vec![event] };
        ControllerResult::of(ControllerAnswer::Replica(answer, BTreeMap::new()), events)
    }

    /// A broker asks who is the master.
    pub fn get_replica_info(&self, name: &BrokerName) -> ControllerResult {
        let Some((info, sync)) = self.known(name) else {
            let code = ResponseCode::ControllerBrokerMetadataNotExist;
            return ControllerResult::refused(code, "Broker metadata is not existed");
        };
        ControllerResult::of(ControllerAnswer::Replica(info.replica_info(sync), BTreeMap::new()), Vec::new())
    }

    /// An operator asks who is in sync. Broker names that are not known are left out.
    pub fn get_sync_state_data(&self, names: &[BrokerName], liveness: &impl Liveness) -> ControllerResult {
        let data = names.iter().filter_map(|name| {
            let (info, sync) = self.known(name)?;
            let replicas = info.replicas.iter().map(|(id, (address, _))| ReplicaIdentity {
                broker_id: *id,
                address: *address,
                alive: liveness.is_alive(&(info.cluster.clone(), name.clone(), *id)),
            });
            Some((name.clone(), info.replica_info(sync), replicas.collect()))
        });
        ControllerResult::of(ControllerAnswer::SyncStateData(data.collect()), Vec::new())
    }

    /// An operator has replicas forgotten.
    pub fn clean_broker_data(
        &self,
        cluster: Option<&ClusterName>,
        name: &BrokerName,
        ids: Option<&str>,
        clean_living_broker: bool,
        liveness: &impl Liveness,
    ) -> ControllerResult {
        let refuse =
            |why: String| ControllerResult::refused(ResponseCode::ControllerInvalidCleanBrokerMetadata, why);
        // Ids are read only when living brokers are spared; otherwise everything goes, whatever ids were given.
        let mut chosen = None;
        if !clean_living_broker {
            match ids.filter(|ids| !ids.trim().is_empty()) {
                None if self.master_of(name).is_some() => {
                    return refuse(format!("Broker {name} is still alive, clean up failure"));
                }
                None => {}
                Some(ids) => match read_ids(ids) {
                    Err(bad) => {
                        return refuse(format!(
                            "Please set the option <brokerControllerIdsToClean> according to the format, exception: \
                             java.lang.NumberFormatException: For input string: \"{bad}\""
                        ));
                    }
                    Ok(ids) => {
                        let cluster = cluster.cloned().unwrap_or_else(|| "".into());
                        let alive =
                            ids.iter().find(|id| liveness.is_alive(&(cluster.clone(), name.clone(), **id)));
                        if let Some(id) = alive {
                            return refuse(format!(
                                "Broker [{name},  {id}] is still alive, clean up failure"
                            ));
                        }
                        chosen = Some(ids);
                    }
                },
            }
        }
        if self.known(name).is_none() {
            return refuse(format!("Broker {name} is not existed,clean broker data failure."));
        }
        ControllerResult::done(vec![ControllerEvent::CleanBrokerData {
            broker_name: name.clone(),
            ids: chosen,
        }])
    }

    /// Broker names whose master does not live although another replica does (`scanNeedReelectBrokerSets`).
    pub fn scan_need_reelect(&self, liveness: &impl Liveness) -> Vec<BrokerName> {
        let needs = |name: &BrokerName, info: &BrokerReplicaInfo| {
            let lives = |id: &BrokerId| liveness.is_alive(&(info.cluster.clone(), name.clone(), *id));
            let master = info.sync.as_ref().and_then(|sync| sync.master);
            master.is_some_and(|master| !lives(&master)) && info.replicas.keys().any(lives)
        };
        self.brokers.iter().filter(|(name, info)| needs(name, info)).map(|(name, _)| name.clone()).collect()
    }

    /// Changes the state.
    pub fn apply(&mut self, event: &ControllerEvent) {
        match event {
            ControllerEvent::ApplyBrokerId { cluster, broker_name, broker_id, address, check_code } => {
                if self.known(broker_name).is_none() {
                    self.brokers.insert(broker_name.clone(), BrokerReplicaInfo::new(cluster.clone()));
                }
                if let Some(info) = self.brokers.get_mut(broker_name) {
                    info.replicas.entry(*broker_id).or_insert_with(|| {
                        info.next_broker_id += 1;
                        (*address, *check_code)
                    });
                }
            }
            ControllerEvent::UpdateBrokerAddress { broker_name, broker_id, address } => {
                let info = self.brokers.get_mut(broker_name);
                if let Some((known, _)) = info.and_then(|info| info.replicas.get_mut(broker_id)) {
                    *known = *address;
                }
            }
            ControllerEvent::AlterSyncStateSet { broker_name, new_sync_state_set } => {
                if let Some(sync) = self.sync_mut(broker_name) {
                    sync.update_sync_state_set(new_sync_state_set.clone());
                }
            }
            ControllerEvent::ElectMaster { broker_name, new_master } => {
                if let Some(sync) = self.sync_mut(broker_name) {
                    sync.master = *new_master;
                    sync.master_epoch.0 += 1;
                    if let Some(master) = new_master {
                        sync.update_sync_state_set(SyncStateSet::from([*master]));
                    }
                }
            }
            ControllerEvent::CleanBrokerData { broker_name, ids } => self.clean(broker_name, ids.as_ref()),
        }
    }

    fn clean(&mut self, name: &BrokerName, ids: Option<&SyncStateSet>) {
        let Some(ids) = ids.filter(|ids| !ids.is_empty()) else {
            self.brokers.remove(name);
            return;
        };
        let Some(info) = self.brokers.get_mut(name) else { return };
        info.replicas.retain(|id, _| !ids.contains(id));
        if let Some(sync) = &mut info.sync {
            sync.sync_state_set.retain(|id| !ids.contains(id));
            if sync.sync_state_set.is_empty() {
                info.sync = None;
            }
        }
        if info.replicas.is_empty() {
            self.brokers.remove(name);
        }
    }

    fn sync_mut(&mut self, name: &BrokerName) -> Option<&mut SyncStateInfo> {
        self.brokers.get_mut(name)?.sync.as_mut()
    }
}

fn read_ids(text: &str) -> Result<SyncStateSet, &str> {
    text.split(';').map(|id| id.parse().map(BrokerId).map_err(|_| id)).collect()
}

/// Elects from one pool (`DefaultElectPolicy.tryElect`).
fn try_elect(
    pool: &SyncStateSet,
    old_master: Option<BrokerId>,
    designated: Option<BrokerId>,
    identity: &impl Fn(&BrokerId) -> BrokerIdentity,
    liveness: &impl Liveness,
) -> Option<BrokerId> {
    let alive: Vec<_> = pool.iter().copied().filter(|id| liveness.is_alive(&identity(id))).collect();
    if let Some(old) = old_master.filter(|old| alive.contains(old))
        && designated.is_none_or(|designated| designated == old)
    {
        return Some(old);
    }
    if let Some(designated) = designated {
        return alive.contains(&designated).then_some(designated);
    }
    let rank = |id: &BrokerId| {
        let (epoch, max_offset, priority) = liveness.standing(&identity(id)).unwrap_or_default();
        (Reverse(epoch), Reverse(max_offset), priority)
    };
    // Among equals the one that a hash set of small numbers hands out first: the smallest id.
    alive.into_iter().min_by_key(rank)
}

impl BrokerReplicaInfo {
    fn new(cluster: ClusterName) -> Self {
        Self {
            cluster,
            next_broker_id: FIRST_BROKER_CONTROLLER_ID,
            replicas: BTreeMap::new(),
            sync: Some(SyncStateInfo::default()),
        }
    }

    /// What is answered about master and SyncStateSet.
    fn replica_info(&self, sync: &SyncStateInfo) -> ReplicaInfo {
        let address = |id: BrokerId| self.replicas.get(&id).map(|(address, _)| (id, *address));
        ReplicaInfo {
            master: sync.master.and_then(address),
            master_epoch: sync.master_epoch,
            sync_state_set: sync.sync_state_set.clone(),
            sync_state_set_epoch: sync.sync_state_set_epoch,
        }
    }
}

impl SyncStateInfo {
    fn update_sync_state_set(&mut self, set: SyncStateSet) {
        self.sync_state_set = set;
        self.sync_state_set_epoch.0 += 1;
    }
}

#[cfg(test)]
mod tests;
