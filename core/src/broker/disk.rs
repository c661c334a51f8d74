//! What a broker has on its disk, and so what a restart finds.
//!
//! A killed process leaves every page that it wrote: all of the log, the topics, the groups, and the group offsets
//! as they were last written. A power failure also takes what the log had not flushed.

use std::sync::Arc;

use super::controller::ControllerModeDisk;
use super::offsets::OffsetTable;
use super::schedule::DelayOffsets;
use super::timer_messages::TimerCheckpoint;
use super::{Broker, topics};
use crate::config::{BrokerConfig, Profile};
use crate::dledger::MemberDisk;
use crate::id::BrokerName;
use crate::message::Record;
use crate::rpc::{DataVersion, GroupTable, ModeTable, TopicTable};
use crate::store::{MessageStore, StoreConfig};
use crate::time::{Epoch, Instant};

/// The disk of one broker: `commitlog/`, `consumequeue/` and `config/`.
#[derive(Clone, Debug)]
pub struct BrokerDisk {
    /// The log and its queues.
    pub store: MessageStore,
    /// `config/topics.json`.
    pub topics: TopicTable,
    /// Its version.
    pub data_version: DataVersion,
    /// `config/subscriptionGroup.json`.
    pub groups: GroupTable,
    /// `config/consumerOffset.json`.
    pub offsets: OffsetTable,
    /// `config/delayOffset.json`.
    pub delay_offsets: DelayOffsets,
    /// `config/timercheck`: how far the timer wheel of V5 has turned.
    pub timer_checkpoint: TimerCheckpoint,
    /// The ledger of a DLedger replica with its term and vote; its entries hold the records of the log.
    pub ledger: MemberDisk<Record>,
    /// `config/messageRequestMode.json`: how groups take messages, where that was set (V5).
    pub modes: ModeTable,
    /// What controller mode keeps: the id, the epoch file, the confirmed position.
    pub controller_mode: ControllerModeDisk,
}

impl BrokerDisk {
    /// A disk on which a broker has never run, with the topics that it makes at its first start.
    pub fn new(profile: Profile, epoch: Epoch, config: &BrokerConfig, broker_name: &BrokerName) -> Self {
        Self {
            store: MessageStore::new(StoreConfig::of(profile, epoch, config)),
            topics: Arc::new(topics::system_topics(profile, config, broker_name)),
            data_version: DataVersion::default(),
            groups: Arc::default(),
            offsets: OffsetTable::default(),
            delay_offsets: DelayOffsets::new(),
            timer_checkpoint: TimerCheckpoint::default(),
            ledger: MemberDisk::default(),
            modes: ModeTable::default(),
            controller_mode: ControllerModeDisk::default(),
        }
    }

    /// The host lost its power: what was not flushed is gone. Returns the bytes lost.
    pub fn lose_power(&mut self) -> u64 {
        let lost = self.store.lose_unflushed();
        self.fit_ledger();
        lost
    }

    /// Sets the messages back to those stored before `to`; topics, groups and offsets stay. Returns the records
    /// that are gone.
    pub fn roll_back(&mut self, to: Instant) -> usize {
        let gone = self.store.roll_back(to);
        self.fit_ledger();
        gone
    }

    fn fit_ledger(&mut self) {
        super::dledger::fit_to_log(&mut self.ledger, self.store.log().max());
    }
}

impl Broker {
    /// What is left when the process ends, gracefully or not.
    pub fn into_disk(self) -> BrokerDisk {
        BrokerDisk {
            store: self.store,
            topics: self.topics,
            data_version: self.data_version,
            groups: self.groups,
            offsets: self.persisted_offsets,
            delay_offsets: self.schedule.persisted,
            timer_checkpoint: self.timer_wheel.checkpoint,
            ledger: self.dledger.map(|dledger| dledger.into_disk()).unwrap_or_default(),
            modes: self.pop.modes,
            controller_mode: self.controller.map(|mode| mode.disk).unwrap_or_default(),
        }
    }
}
