use super::*;
use crate::id::Address;
use crate::message::Message;

fn message(topic: &str, body: usize) -> StoredMessage {
    StoredMessage {
        message: Message::new(topic.into(), vec![b'x'; body]),
        queue_id: QueueId(0),
        queue_offset: QueueOffset(0),
        commit_log_offset: CommitLogOffset(0),
        sys_flag: 0,
        born_at: Instant::ZERO,
        born_host: Address::local(1),
        stored_at: Instant::ZERO,
        store_host: Address::local(10911),
        reconsume_times: 0,
        prepared_transaction_offset: CommitLogOffset(0),
        properties_length: 0,
    }
}

fn store(file_size: u64) -> MessageStore {
    let config = BrokerConfig::of(Profile::V5);
    let sizes = StoreConfig::of(Profile::V5, Epoch::default(), &config);
    MessageStore::new(StoreConfig { commit_log_file_size: file_size, ..sizes })
}

fn pull(store: &MessageStore, offset: u64) -> GetMessageResult {
    let limits = PullLimits::new(32, 1 << 30);
    store.get_messages(&"TopicTest".into(), QueueId(0), QueueOffset(offset), limits, |_| true)
}

#[test]
fn a_record_takes_91_bytes_more_than_its_parts() {
    assert_eq!(message("TopicTest", 5).record_length(), 105);
}

#[test]
fn a_record_that_does_not_fit_opens_a_new_file() {
    let mut store = store(300);
    let places: Vec<_> = (0..3).map(|_| store.append(message("TopicTest", 5)).commit_log_offset.0).collect();
    assert_eq!(places, [0, 105, 300], "90 bytes are left, 105 + 8 are needed");
}

#[test]
fn a_message_is_visible_after_dispatch_only() {
    let mut store = store(1 << 30);
    store.append(message("TopicTest", 5));
    assert_eq!(pull(&store, 0).status, GetMessageStatus::NoMessageInQueue);
    assert_eq!(store.dispatch(store.log().max()).len(), 1);
    let found = pull(&store, 0);
    assert_eq!(
        (found.status, found.next, found.messages.len()),
        (GetMessageStatus::Found, QueueOffset(1), 1)
    );
}

#[test]
fn offsets_outside_the_queue_have_each_their_status() {
    let mut store = store(1 << 30);
    for _ in 0..10 {
        store.append(message("TopicTest", 5));
    }
    store.dispatch(store.log().max());
    let ends = [10, 11, 1000].map(|offset| (pull(&store, offset).status, pull(&store, offset).next.0));
    let badly = GetMessageStatus::OffsetOverflowBadly;
    assert_eq!(ends, [(GetMessageStatus::OffsetOverflowOne, 10), (badly, 10), (badly, 10)]);
}

#[test]
fn a_power_failure_takes_what_was_not_flushed_and_nothing_else() {
    let mut store = store(1 << 30);
    for _ in 0..4 {
        store.append(message("TopicTest", 5));
    }
    store.dispatch(store.log().max());
    store.log_mut().flush(CommitLogOffset(210));
    assert_eq!(store.lose_unflushed(), 210);
    assert_eq!(store.max_offset(&"TopicTest".into(), QueueId(0)), QueueOffset(2));
    assert_eq!(store.append(message("TopicTest", 5)).queue_offset, QueueOffset(2));
}

#[test]
fn a_roll_back_to_the_start_leaves_nothing() {
    let mut store = store(1 << 30);
    store.append(message("TopicTest", 5));
    store.dispatch(store.log().max());
    assert_eq!(store.roll_back(Instant::ZERO), 1);
    assert_eq!(pull(&store, 7).status, GetMessageStatus::NoMessageInQueue);
    assert_eq!(store.append(message("TopicTest", 5)).queue_offset, QueueOffset(0));
}
