use super::*;
use crate::id::Address;
use crate::message::{Message, property};
use crate::time::Duration;

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
    store_of(Profile::V5, file_size, 300_000)
}

fn store_of(profile: Profile, file_size: u64, queue_file_entries: u64) -> MessageStore {
    let config = StoreConfig::of(profile, Epoch::default(), &BrokerConfig::of(profile));
    MessageStore::new(StoreConfig { commit_log_file_size: file_size, queue_file_entries, ..config })
}

/// A store of that version with messages stored at these times, two to a file of the log and two to one of the queue.
fn filled(profile: Profile, times: &[u64]) -> MessageStore {
    let mut store = store_of(profile, 220, 2);
    for time in times {
        store.append(StoredMessage { stored_at: Instant::from_millis(*time), ..message("TopicTest", 5) });
    }
    store.dispatch(store.log().max());
    store
}

/// Deletes so many files of the log, whatever their age, and lets the queues follow.
fn expire(store: &mut MessageStore, files: u32) {
    let expiry = Expiry { now: Instant::ZERO, reserved: Duration::ZERO, immediately: true };
    assert_eq!(store.delete_expired_files(expiry, files), files);
    store.follow_log();
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

fn by_time(store: &MessageStore, at: u64) -> u64 {
    store.offset_by_time(&"TopicTest".into(), QueueId(0), Instant::from_millis(at)).0
}

#[test]
fn v5_finds_the_first_message_of_a_time_or_later() {
    let store = filled(Profile::V5, &[10, 20, 20, 30, 90]);
    let found = [0, 10, 11, 20, 31, 90, 91].map(|at| by_time(&store, at));
    assert_eq!(found, [0, 0, 1, 1, 4, 4, 5]);
}

#[test]
fn v4_finds_the_nearest_message_of_the_first_file_that_reaches_so_far() {
    let store = filled(Profile::V4, &[10, 20, 40, 50, 90]);
    // Between 20 and 40 the files meet, and only the later one is searched. Behind the newest comes the newest.
    let found = [0, 14, 15, 16, 29, 44, 46, 91].map(|at| by_time(&store, at));
    assert_eq!(found, [0, 0, 0, 1, 2, 2, 3, 4]);
}

#[test]
fn a_file_goes_when_its_last_record_is_old_enough() {
    let mut store = filled(Profile::V5, &[10, 20, 30, 40, 50]);
    let expiry = |now| Expiry {
        now: Instant::from_millis(now),
        reserved: Duration::from_millis(100),
        immediately: false,
    };
    assert_eq!(store.delete_expired_files(expiry(119), 10), 0);
    assert_eq!(store.delete_expired_files(expiry(120), 10), 1);
    assert_eq!(store.delete_expired_files(expiry(9999), 10), 1, "the last file stays");
    assert_eq!((store.log().min().0, store.log().flushed().0), (440, 440));
}

#[test]
fn the_queue_follows_the_log() {
    let mut store = filled(Profile::V5, &[10, 20, 30, 40, 50]);
    expire(&mut store, 2);
    assert_eq!(pull(&store, 1).status, GetMessageStatus::OffsetTooSmall);
    assert_eq!((pull(&store, 1).next, pull(&store, 4).messages.len()), (QueueOffset(4), 1));
    assert_eq!(store.append(message("TopicTest", 5)).queue_offset, QueueOffset(5));
}

#[test]
fn a_queue_without_records_begins_at_its_end_in_v5_and_leads_astray_in_v4() {
    let status = |profile, offset| {
        let mut store = filled(profile, &[10, 20, 30]);
        for _ in 0..3 {
            store.append(message("Other", 5));
        }
        store.dispatch(store.log().max());
        expire(&mut store, 2);
        let found = pull(&store, offset);
        (found.status, found.min.0, found.next.0)
    };
    assert_eq!(status(Profile::V5, 0), (GetMessageStatus::OffsetTooSmall, 3, 3));
    assert_eq!(status(Profile::V4, 0), (GetMessageStatus::OffsetFoundNull, 0, 2));
    assert_eq!(status(Profile::V4, 2), (GetMessageStatus::MessageWasRemoving, 0, 3));
}

#[test]
fn a_read_stays_in_one_file_of_the_queue() {
    let store = filled(Profile::V5, &[10, 20, 30]);
    assert_eq!((pull(&store, 0).messages.len(), pull(&store, 2).messages.len()), (2, 1));
}

fn found(store: &MessageStore, key: &str) -> Vec<u64> {
    let result = store.query_message(&"TopicTest".into(), key, 64, Instant::ZERO, Instant::NEVER);
    result.messages.iter().map(|message| message.queue_offset.0).collect()
}

#[test]
fn the_index_knows_what_the_log_has_after_a_roll_back() {
    let mut store = store(1 << 30);
    for time in [10, 20, 30] {
        let mut message = message("TopicTest", 5);
        message.message.set_keys(&["order", "shop"]);
        message.stored_at = Instant::from_millis(time);
        store.append(message);
    }
    store.dispatch(store.log().max());
    assert_eq!(found(&store, "shop"), [0, 1, 2]);
    store.roll_back(Instant::from_millis(20));
    assert_eq!(found(&store, "shop"), [0]);
    assert_eq!(store.index().files().map(IndexFile::index_count).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_full_index_file_opens_the_next_and_both_are_asked() {
    let config = StoreConfig::of(Profile::V5, Epoch::default(), &BrokerConfig::of(Profile::V5));
    let index_size = IndexSize { hash_slots: 3, entries: 3 };
    let mut store = MessageStore::new(StoreConfig { index_size, ..config });
    for _ in 0..5 {
        let mut message = message("TopicTest", 5);
        message.message.set_keys(&["k"]);
        store.append(message);
    }
    store.dispatch(store.log().max());
    assert_eq!(store.index().files().count(), 3, "a file of 3 takes 2");
    assert_eq!(found(&store, "k"), [0, 1, 2, 3, 4]);
}

#[test]
fn open_and_rolled_back_transactions_count_in_no_queue() {
    let mut store = store(1 << 30);
    let offsets = [4, 0, 12, 8]
        .map(|sys_flag| store.append(StoredMessage { sys_flag, ..message("TopicTest", 5) }).queue_offset.0);
    assert_eq!(offsets, [0, 0, 0, 1]);
    assert_eq!(store.dispatch(store.log().max()).len(), 2);
    assert_eq!(store.max_offset(&"TopicTest".into(), QueueId(0)), QueueOffset(2));
}

#[test]
fn the_entry_of_a_delayed_message_says_when_it_is_due() {
    let mut store = store(1 << 30);
    let mut delayed = message(SCHEDULE_TOPIC, 5);
    delayed.message.set_property(property::TAGS, "TagA");
    delayed.message.set_delay_time_level(99);
    delayed.stored_at = Instant::from_millis(5);
    store.append(delayed);
    store.dispatch(store.log().max());
    let entry = store.queue(&SCHEDULE_TOPIC.into(), QueueId(0)).and_then(|queue| queue.get(QueueOffset(0)));
    // The highest level is two hours.
    assert_eq!(entry.map(|entry| entry.tag_hash), Some(1_767_225_600_000 + 5 + 7_200_000));
}

#[test]
fn a_queue_without_records_can_be_cleaned_away_and_starts_anew() {
    let mut store = filled(Profile::V5, &[10, 20]);
    for _ in 0..2 {
        store.append(message("Other", 5));
    }
    store.dispatch(store.log().max());
    assert_eq!(store.clean_expired_queues(|_| false), 0, "all records are there");
    expire(&mut store, 1);
    assert_eq!(store.clean_expired_queues(|topic| topic.as_str() == "TopicTest"), 0, "the topic is kept");
    assert_eq!(store.clean_expired_queues(|_| false), 1);
    assert_eq!(store.append(message("TopicTest", 5)).queue_offset, QueueOffset(0));
    assert_eq!(store.clean_unused_topics(|topic| topic.as_str() == "TopicTest"), 1, "Other is not kept");
}

#[test]
fn index_files_go_with_their_records() {
    let config = StoreConfig::of(Profile::V5, Epoch::default(), &BrokerConfig::of(Profile::V5));
    let index_size = IndexSize { hash_slots: 3, entries: 2 };
    let mut store = MessageStore::new(StoreConfig { index_size, commit_log_file_size: 220, ..config });
    for _ in 0..5 {
        let mut message = message("TopicTest", 5);
        message.message.set_keys(&["k"]);
        store.append(message);
    }
    store.dispatch(store.log().max());
    expire(&mut store, 1);
    assert_eq!(store.index().files().count(), 3, "one entry a file, and two records are gone");
    assert_eq!(found(&store, "k"), [2, 3, 4]);
}
