use super::*;
use crate::config::{ClientConfig, Profile};
use crate::id::{Address, CommitLogOffset, QueueId};
use crate::message::Message;

fn message(offset: u64) -> Arc<StoredMessage> {
    Arc::new(StoredMessage {
        message: Message::new("T".into(), *b"m"),
        queue_id: QueueId(0),
        queue_offset: QueueOffset(offset),
        commit_log_offset: CommitLogOffset(0),
        sys_flag: 0,
        born_at: Instant::ZERO,
        born_host: Address::local(1),
        stored_at: Instant::ZERO,
        store_host: Address::local(2),
        reconsume_times: 0,
        prepared_transaction_offset: CommitLogOffset(0),
        properties_length: 0,
    })
}

fn queue_of(offsets: impl IntoIterator<Item = u64>) -> ProcessQueue {
    let mut queue = ProcessQueue::new(Instant::ZERO);
    queue.put(&offsets.into_iter().map(message).collect::<Vec<_>>(), None);
    queue
}

#[test]
fn the_smallest_unfinished_offset_is_committed() {
    let mut queue = queue_of(0..10);
    let mut finish = |offset| queue.remove(Instant::ZERO, &[QueueOffset(offset)]);
    assert_eq!([0, 1, 2, 4, 5].map(&mut finish).last(), Some(&Some(QueueOffset(3))));
    assert_eq!([3, 6, 7, 8, 9].map(&mut finish).last(), Some(&Some(QueueOffset(10))));
    assert_eq!(finish(9), None, "an empty queue commits nothing");
    assert_eq!(queue.cached(), Cached::default());
}

#[test]
fn what_is_taken_orderly_is_finished_together_or_comes_back() {
    let mut queue = queue_of(0..5);
    assert_eq!(queue.take(Instant::ZERO, 3).len(), 3);
    queue.make_message_to_consume_again(&[message(2), message(9)]);
    assert_eq!(queue.commit(), Some(QueueOffset(2)));
    assert_eq!(queue.commit(), None);
    queue.take(Instant::ZERO, 2);
    queue.rollback();
    assert_eq!(queue.waiting().collect::<Vec<_>>(), [2, 3, 4].map(QueueOffset));
    assert_eq!(queue.cached(), Cached { count: 3, bytes: 3, span: 2 });
}

#[test]
fn only_a_run_of_slow_messages_at_the_front_is_sent_back() {
    let mut queue = queue_of(0..20);
    for offset in (0..20).filter(|offset| *offset != 17) {
        queue.begin_consume(Instant::ZERO, QueueOffset(offset));
    }
    let minute = Duration::from_secs(60);
    assert!(queue.expired(Instant::from_millis(60_000), minute).is_empty());
    let late = Instant::from_millis(60_001);
    assert_eq!(queue.expired(late, minute).len(), 16);
    queue.remove(late, &(0..16).map(QueueOffset).collect::<Vec<_>>());
    assert_eq!(queue.expired(late, minute).len(), 1, "the untouched message 17 protects those behind it");
}

#[test]
fn too_wide_a_span_stops_the_pulling_of_concurrent_consumers_only() {
    let config = ClientConfig::of(Profile::V5);
    let check = |offsets: &[u64], lock| {
        let cached = queue_of(offsets.iter().copied()).cached();
        PullState { cached, lock, ..PullState::default() }.check(&config)
    };
    assert_eq!(check(&[0, 2000], None), BeforePull::Pull);
    assert_eq!(check(&[0, 2001], None), BeforePull::Later(Delay::TooWide));
    assert_eq!(check(&[0, 2001], Some(true)), BeforePull::Pull);
    assert_eq!(check(&[0], Some(false)), BeforePull::Later(Delay::NotLocked));
    let many: Vec<_> = (0..1001).collect();
    assert_eq!(check(&many, None), BeforePull::Later(Delay::TooMany));
}
