//! The log's transactions, and what a data directory keeps.

use arcstr::ArcStr;

use super::PartitionLog;
use super::broker::BrokerDisk;
use crate::rpc::kafka::{IsolationLevel, KafkaError, Marker, TopicPartition};
use crate::time::Instant;

const NOW: Instant = Instant::ZERO;

fn keys(count: usize) -> Vec<ArcStr> {
    (0..count).map(|number| format!("k-{number}").into()).collect()
}

#[test]
fn an_open_transaction_holds_the_stable_end() {
    let mut log = PartitionLog::default();
    log.begin_epoch(0);
    log.append(NOW, 0, (7, 0), true, &keys(1));
    log.append(NOW, 0, (8, 0), false, &keys(4));
    assert_eq!((log.end(), log.last_stable()), (5, 0));
    assert_eq!(log.append_marker(NOW, 0, 7, Marker::Abort), 5);
    assert_eq!((log.end(), log.last_stable()), (6, 6));
    let (records, aborted) = log.read(0, IsolationLevel::ReadCommitted).expect("inside the log");
    assert_eq!((records.len(), aborted), (6, vec![(7, 0)]));
}

#[test]
fn a_batch_that_comes_twice_is_stored_once() {
    let mut log = PartitionLog::default();
    let first = log.append(NOW, 0, (1, 0), false, &keys(3));
    let again = log.append(NOW, 0, (1, 0), false, &keys(3));
    assert_eq!((first, again, log.end()), (0, 0, 3));
}

#[test]
fn reads_outside_of_the_log_are_refused() {
    let mut log = PartitionLog::default();
    log.append(NOW, 0, (1, 0), false, &keys(100));
    log.delete_records(60).expect("inside the log");
    let read = |offset| log.read(offset, IsolationLevel::ReadUncommitted).map(|(records, _)| records.len());
    assert_eq!(
        [20, 60, 100, 101].map(read),
        [Err(KafkaError::OffsetOutOfRange), Ok(40), Ok(0), Err(KafkaError::OffsetOutOfRange)]
    );
}

#[test]
fn a_graceful_stop_and_a_start_raise_the_epoch_by_two_and_a_kill_by_none() {
    let mut disk = BrokerDisk::default();
    disk.add_topic("T".into(), 1);
    let partition = TopicPartition { topic: "T".into(), partition: 0 };
    disk.take_leaders_away();
    disk.elect_leaders();
    assert_eq!(disk.leader_epoch(&partition), Some(2));
    disk.elect_leaders();
    assert_eq!(disk.leader_epoch(&partition), Some(2));
    assert_eq!(disk.log(&partition).map(|log| log.epochs().entries().to_vec()), Some(vec![(2, 0)]));
}

#[test]
fn a_restored_copy_is_older_than_the_group_offsets() {
    let mut disk = BrokerDisk::default();
    disk.add_topic("T".into(), 1);
    assert!(!disk.restore_copy(), "there is no copy yet");
    disk.keep_copy();
    disk.take_leaders_away();
    disk.groups.insert("g".into(), super::Group::default());
    assert!(disk.restore_copy());
    let partition = TopicPartition { topic: "T".into(), partition: 0 };
    assert_eq!((disk.leader_epoch(&partition), disk.groups.len()), (Some(0), 1));
}
