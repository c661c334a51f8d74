//! Texts and keys as real clients of 5.3.3 and 4.9.7 wrote them: a producer, three consumers and a transactional
//! producer with traces on at one broker with `traceTopicEnable=true`, read by a consumer of the trace topic. `|` and
//! `;` stand for the characters 1 and 2.

use arcstr::ArcStr;

use super::*;
use crate::config::Profile;
use crate::time::{Duration, Instant};

fn shown(text: &str) -> String {
    text.replace(CONTENT_SPLITTER, "|").replace(FIELD_SPLITTER, ";")
}

fn or_null(text: &str) -> Option<ArcStr> {
    (text != "null").then(|| text.into())
}

/// The context of a recorded send.
fn send(line: &str) -> TraceContext {
    let fields: Vec<&str> = line.trim_end_matches(';').split('|').collect();
    let number = |index: usize| fields[index].parse().expect("a number");
    TraceContext::Pub(PubTrace {
        time: number(1),
        region: fields[2].into(),
        group: fields[3].into(),
        topic: fields[4].into(),
        msg_id: fields[5].into(),
        tags: or_null(fields[6]),
        keys: or_null(fields[7]),
        store_host: fields[8].to_owned(),
        body_length: fields[9].parse().expect("a length"),
        cost: number(10),
        msg_type: fields[11].parse().expect("an ordinal"),
        offset_msg_id: fields[12].to_owned(),
        is_success: fields[13] == "true",
    })
}

/// A send of a message with this key.
fn send_of(topic: &str, key: &str) -> TraceContext {
    send(&format!("Pub|1|DefaultRegion|pg|{topic}|ID|null|{key}|127.0.0.1:10911|2|3|0|X|true;"))
}

/// How many contexts are in each message.
fn contexts(messages: &[TraceData]) -> Vec<usize> {
    messages.iter().map(|data| data.body.matches(FIELD_SPLITTER).count()).collect()
}

fn at(ms: u64) -> Instant {
    Instant::from_millis(ms)
}

fn dispatcher(profile: Profile, batch_num: u32) -> TraceDispatcher {
    TraceDispatcher::new(profile, batch_num, TRACE_TOPIC.into(), at(0))
}

#[test]
fn a_send_is_written_as_recorded() {
    for line in [
        "Pub|1795877065273|DefaultRegion|pg|T|7F00000160C85FFD2B278E356A380000|A|k1|127.0.0.1:10911|2|93|0|\
         7F00000100002A9F0000000000000000|true;",
        "Pub|1795877082845|DefaultRegion|pg|T|7F00000160C85FFD2B278E35AEDD001E|null|null|127.0.0.1:10911|2|5|0|\
         7F00000100002A9F00000000000028F5|true;",
    ] {
        assert_eq!(shown(&send(line).to_string()), line);
    }
}

#[test]
fn a_call_of_a_listener_is_written_as_recorded() {
    let bean = SubBean {
        topic: "T".into(),
        msg_id: "7F000001614A5FFD2B278E379E6D0000".into(),
        retry_times: 1,
        keys: Some("tx1".into()),
    };
    let before = SubTrace {
        time: 1_795_877_210_810,
        region: Some(DEFAULT_REGION.into()),
        group: "g3".into(),
        request_id: "7F00000161355FFD2B278E37A2BA004B".into(),
        beans: vec![bean.clone()],
        after: None,
    };
    assert_eq!(
        shown(&before.to_string()),
        "SubBefore|1795877210810|DefaultRegion|g3|7F00000161355FFD2B278E37A2BA004B|\
         7F000001614A5FFD2B278E379E6D0000|1|tx1;"
    );
    let after = SubAfter { cost: 9, is_success: false, context_code: 4 };
    let after = SubTrace {
        time: 1_795_877_209_809,
        request_id: "7F00000161355FFD2B278E379EC80048".into(),
        after: Some(after),
        ..before.clone()
    };
    assert_eq!(
        shown(&after.to_string()),
        "SubAfter|7F00000161355FFD2B278E379EC80048|7F000001614A5FFD2B278E379E6D0000|9|false|tx1|4|1795877209809|g3;"
    );
    // 4.9.7: nothing stored says where a message comes from.
    let keyless =
        SubBean { keys: None, retry_times: 0, msg_id: "7F0000017CCE5FFD2B278E3B7324001C".into(), ..bean };
    let v4 = SubTrace {
        time: 1_795_877_460_782,
        region: None,
        group: "g".into(),
        request_id: "7F0000017CE25FFD2B278E3B732E001C".into(),
        beans: vec![keyless],
        after: None,
    };
    assert_eq!(
        shown(&v4.to_string()),
        "SubBefore|1795877460782|null|g|7F0000017CE25FFD2B278E3B732E001C|7F0000017CCE5FFD2B278E3B7324001C|0|null;"
    );
    assert_eq!(TraceContext::Sub(before).trans_keys(), ["7F000001614A5FFD2B278E379E6D0000", "tx1"]);
}

#[test]
fn the_end_of_a_transaction_is_written_as_recorded() {
    let end = EndTransactionTrace {
        time: 1_795_877_227_785,
        region: DEFAULT_REGION.into(),
        group: "tg".into(),
        topic: "T".into(),
        msg_id: "7F000001614A5FFD2B278E379EA80003".into(),
        tags: None,
        keys: Some("tx2".into()),
        store_host: "127.0.0.1:10911".to_owned(),
        state: "COMMIT_MESSAGE",
        from_check: true,
    };
    assert_eq!(
        shown(&end.to_string()),
        "EndTransaction|1795877227785|DefaultRegion|tg|T|7F000001614A5FFD2B278E379EA80003|null|tx2|127.0.0.1:10911|2|\
         7F000001614A5FFD2B278E379EA80003|COMMIT_MESSAGE|true;"
    );
}

/// The ten sends of a recorded batch of 5.3.3; the rest of the fields is left as it is in the first.
const TEN_SENDS: [(&str, &str); 10] = [
    ("7F00000160C85FFD2B278E3589F40005", "b-1"),
    ("7F00000160C85FFD2B278E358A280008", "b-2"),
    ("7F00000160C85FFD2B278E358A60000A", "b-3"),
    ("7F00000160C85FFD2B278E358A94000C", "b-4"),
    ("7F00000160C85FFD2B278E358AB1000E", "b-5"),
    ("7F00000160C85FFD2B278E358AD40010", "b-6"),
    ("7F00000160C85FFD2B278E358B250012", "b-7"),
    ("7F00000160C85FFD2B278E358B3B0014", "b-8"),
    ("7F00000160C85FFD2B278E358B480016", "b-9"),
    ("7F00000160C85FFD2B278E358B600018", "b-10"),
];
const THEIR_KEYS: &str = "b-2 b-1 b-10 b-4 b-3 b-6 b-5 b-8 b-7 7F00000160C85FFD2B278E358B3B0014 \
    7F00000160C85FFD2B278E358B480016 b-9 7F00000160C85FFD2B278E358AD40010 7F00000160C85FFD2B278E358A280008 \
    7F00000160C85FFD2B278E3589F40005 7F00000160C85FFD2B278E358B250012 7F00000160C85FFD2B278E358A60000A \
    7F00000160C85FFD2B278E358AB1000E 7F00000160C85FFD2B278E358B600018 7F00000160C85FFD2B278E358A94000C";

/// The twelve sends of a recorded message of 4.9.7.
const TWELVE_SENDS: [(&str, &str); 12] = [
    ("7F0000017CCE5FFD2B278E3B4FC80003", "b-0"),
    ("7F0000017CCE5FFD2B278E3B4FCD0005", "b-1"),
    ("7F0000017CCE5FFD2B278E3B4FD10007", "b-2"),
    ("7F0000017CCE5FFD2B278E3B4FDC0009", "b-3"),
    ("7F0000017CCE5FFD2B278E3B4FE0000B", "b-4"),
    ("7F0000017CCE5FFD2B278E3B4FE7000D", "b-5"),
    ("7F0000017CCE5FFD2B278E3B4FEA000F", "b-6"),
    ("7F0000017CCE5FFD2B278E3B4FED0011", "b-7"),
    ("7F0000017CCE5FFD2B278E3B4FF10013", "b-8"),
    ("7F0000017CCE5FFD2B278E3B4FF30015", "b-9"),
    ("7F0000017CCE5FFD2B278E3B4FF50017", "b-10"),
    ("7F0000017CCE5FFD2B278E3B4FF70019", "b-11"),
];
const THE_KEYS_OF_TWELVE: &str = "b-0 b-2 b-11 b-1 b-10 b-4 b-3 b-6 b-5 b-8 7F0000017CCE5FFD2B278E3B4FEA000F b-7 \
    7F0000017CCE5FFD2B278E3B4FC80003 7F0000017CCE5FFD2B278E3B4FDC0009 b-9 7F0000017CCE5FFD2B278E3B4FE0000B \
    7F0000017CCE5FFD2B278E3B4FE7000D 7F0000017CCE5FFD2B278E3B4FED0011 7F0000017CCE5FFD2B278E3B4FCD0005 \
    7F0000017CCE5FFD2B278E3B4FD10007 7F0000017CCE5FFD2B278E3B4FF50017 7F0000017CCE5FFD2B278E3B4FF70019 \
    7F0000017CCE5FFD2B278E3B4FF10013 7F0000017CCE5FFD2B278E3B4FF30015";

#[test]
fn a_message_has_the_recorded_keys_in_the_recorded_order() {
    let with_id = |(id, key): &(&str, &str)| {
        send(&format!("Pub|1795877073396|DefaultRegion|pg|T|{id}|null|{key}|127.0.0.1:10911|2|52|0|X|true;"))
    };
    let cases: [(Profile, Vec<TraceContext>, &str); 2] = [
        (Profile::V5, TEN_SENDS.iter().map(with_id).collect(), THEIR_KEYS),
        (Profile::V4, TWELVE_SENDS.iter().map(with_id).collect(), THE_KEYS_OF_TWELVE),
    ];
    for (profile, contexts, keys) in cases {
        let mut dispatcher = dispatcher(profile, 10);
        let body: String = contexts.iter().map(TraceContext::to_string).collect();
        for context in contexts {
            assert_eq!(dispatcher.append(at(1), context), None);
        }
        let sent = dispatcher.look(at(600));
        assert_eq!(sent.len(), 1, "{profile}");
        assert_eq!(sent[0].keys.join(" "), keys, "{profile}");
        assert_eq!(sent[0].body, body, "{profile}");
    }
}

#[test]
fn v5_sends_a_full_batch_at_once_and_the_rest_after_five_seconds() {
    let mut dispatcher = dispatcher(Profile::V5, 10);
    let append = |dispatcher: &mut TraceDispatcher, now, count: usize| {
        for number in 0..count {
            assert_eq!(dispatcher.append(now, send_of("T", &number.to_string())), None);
        }
    };
    assert_eq!(dispatcher.next_look(at(0)), None);
    append(&mut dispatcher, at(7), 1);
    assert_eq!(dispatcher.next_look(at(7)), Some(at(5005)), "more than 5 s after the start");
    assert_eq!(dispatcher.look(at(5000)), []);
    assert_eq!(dispatcher.look(at(5005)).len(), 1);
    append(&mut dispatcher, at(22_001), 1);
    assert_eq!(dispatcher.next_look(at(22_001)), Some(at(22_005)), "after a quiet time");
    assert_eq!(dispatcher.look(at(22_005)).len(), 1);
    append(&mut dispatcher, at(23_000), 9);
    assert_eq!(dispatcher.next_look(at(23_000)), Some(at(27_010)));
    append(&mut dispatcher, at(23_000), 13);
    assert_eq!(dispatcher.next_look(at(23_000)), Some(at(23_005)), "enough for a batch");
    let sent = dispatcher.look(at(23_005));
    assert_eq!(contexts(&sent), [10, 10], "two batches of 22");
    assert_eq!(dispatcher.next_look(at(23_005)), Some(at(28_010)));
    assert_eq!(contexts(&dispatcher.flush()), [2]);
    assert_eq!(dispatcher.next_look(at(23_006)), None);
}

#[test]
fn v5_never_waits_for_more_than_twenty_and_never_sends_batches_of_none() {
    let mut of_many = dispatcher(Profile::V5, 1000);
    let mut of_none = dispatcher(Profile::V5, 0);
    for number in 0..20 {
        of_many.append(at(1), send_of("T", &number.to_string()));
        of_none.append(at(1), send_of("T", &number.to_string()));
    }
    assert_eq!(of_many.next_look(at(1)), Some(at(5)));
    assert_eq!(of_many.look(at(5)).len(), 1);
    assert_eq!((of_none.next_look(at(1)), of_none.look(at(60_000)), of_none.flush()), (None, vec![], vec![]));
}

#[test]
fn v5_makes_a_message_for_each_topic_and_passes_over_what_has_no_region() {
    let mut dispatcher = dispatcher(Profile::V5, 10);
    let bean = SubBean { topic: "T".into(), msg_id: "other".into(), retry_times: 0, keys: None };
    let no_region = SubTrace {
        time: 1,
        region: None,
        group: "g".into(),
        request_id: "R".into(),
        beans: vec![bean],
        after: None,
    };
    dispatcher.append(at(1), send_of("T", "a"));
    dispatcher.append(at(1), TraceContext::Sub(no_region.clone()));
    dispatcher.append(at(1), send_of("U", "b"));
    dispatcher.append(at(1), send_of("T", "c"));
    let keys: Vec<_> = dispatcher.flush().iter().map(|data| data.keys.join(" ")).collect();
    assert_eq!(keys, ["a c ID", "b ID"]);
    let mut v4 = self::dispatcher(Profile::V4, 10);
    v4.append(at(1), send_of("U", "b"));
    v4.append(at(1), TraceContext::Sub(no_region));
    assert_eq!(v4.flush().iter().map(|data| data.keys.join(" ")).collect::<Vec<_>>(), ["b other ID"]);
}

#[test]
fn v5_loses_what_its_queue_does_not_hold() {
    let mut dispatcher = dispatcher(Profile::V5, 20);
    for number in 0..3000 {
        dispatcher.append(at(1), send_of("T", &number.to_string()));
    }
    assert_eq!(contexts(&dispatcher.look(at(5))), [20; 102]);
    assert_eq!(contexts(&dispatcher.flush()), [8]);
}

#[test]
fn v4_sends_all_at_the_end_of_the_window_in_which_the_oldest_is_half_a_second_old() {
    for (added, sent) in [(1, 600), (100, 600), (101, 700), (199, 700), (22_710, 23_300)] {
        let mut dispatcher = dispatcher(Profile::V4, 10);
        dispatcher.append(at(added), send_of("T", "a"));
        dispatcher.append(at(added + 400), send_of("U", "b"));
        assert_eq!(dispatcher.next_look(at(added + 400)), Some(at(sent)), "added at {added}");
        assert_eq!(dispatcher.look(at(sent - 100)), []);
        assert_eq!(dispatcher.look(at(sent)).len(), 1);
        assert_eq!(dispatcher.next_look(at(sent)), None);
    }
}

#[test]
fn v4_sends_at_once_what_would_get_too_long_and_v5_cuts_its_batches() {
    let long = "k".repeat(39_900);
    let mut v4 = dispatcher(Profile::V4, 10);
    assert_eq!(v4.append(at(1), send_of("T", &long)), None);
    assert_eq!(v4.append(at(1), send_of("T", &long)), None);
    let data = v4.append(at(2), send_of("T", &long)).expect("a full segment");
    assert!((118_000..128_000).contains(&data.body.len()), "{}", data.body.len());
    assert_eq!(v4.next_look(at(2)), None);
    let mut v5 = dispatcher(Profile::V5, 10);
    for _ in 0..5 {
        v5.append(at(1), send_of("T", &long));
    }
    let sent = v5.flush();
    assert_eq!(contexts(&sent), [4, 1]);
    assert!(sent[0].body.len() > MAX_MSG_SIZE, "too long to be sent");
}

#[test]
fn a_frozen_client_catches_up_with_one_look() {
    let mut dispatcher = dispatcher(Profile::V4, 10);
    dispatcher.append(at(10), send_of("T", "a"));
    assert_eq!(dispatcher.look(at(0) + Duration::from_secs(60)).len(), 1);
}
