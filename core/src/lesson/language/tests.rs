use super::*;
use crate::lab::Lab;
use crate::time::Instant;

fn lab() -> Lab {
    let recording = "\
lab seed=7
name-server nsrv-0
broker broker-a
topic Orders queues=2
run 2s
producer p1 group=pg
consumer c1 group=order-cg topic=Orders
run 2s
send p1 Orders count=5 tag=A,B key=k
run 20s
";
    let recording: crate::recording::Recording = recording.parse().expect("a recording");
    let end = recording.end;
    let mut lab = Lab::new(recording);
    lab.run_until(end);
    lab
}

/// The value of an expression in the run above, as a text.
fn value(text: &str) -> String {
    let lab = lab();
    let view = lab.view(0);
    let moment = Moment::new(&view, lab.trace(), Instant::from_millis(4000));
    let expression: Expression = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    expression.value(&moment).to_string()
}

#[test]
fn questions_are_answered_from_view_and_trace() {
    let cases = [
        ("count(message)", "5"),
        ("count(message where tag = \"A\")", "3"),
        ("sum(queue.depth where topic = \"Orders\")", "5"),
        ("every queue where topic = \"Orders\": max >= 2", "true"),
        ("some offset where group = \"order-cg\" and lag < 0", "false"),
        ("every message m: some event where kind = \"message-consumed\" and key = m.key", "true"),
        ("no message m where m.delivered != 1 or members != 1", "true"),
        ("list(message.key)", "k-0, k-1, k-2, k-3, k-4"),
        ("nth(2, message.key)", "k-1"),
        (
            "first(event.at where kind = \"send-succeeded\") before last(event.at where kind = \"send-succeeded\")",
            "true",
        ),
        ("first(event.at where kind = \"message-consumed\") within 1s after start", "true"),
        ("first(event.at where kind = \"message-consumed\") within 1ms after start", "false"),
        ("never event where kind = \"send-failed\" and at >= start", "true"),
        ("distinct(message.broker-name) = 1 and now - start = 20s", "true"),
        ("count(event where kind = \"request-sent\" and request = \"REGISTER_BROKER\") >= 1", "true"),
        (
            "some setting where node = \"broker-a\" and key = \"brokerRole\" and value = \"ASYNC_MASTER\"",
            "true",
        ),
        ("(3 - 10) * 2 % 5", "-4"),
        ("(now - start) / 3s", "6"),
        ("2 * 3 = 6 or false", "true"),
    ];
    for (text, expected) in cases {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_there_is_nothing_and_compares_with_nothing() {
    assert_eq!(value("first(event.at where kind = \"killed\")"), "–");
    assert_eq!(value("first(event.at where kind = \"killed\") before now"), "false");
    assert_eq!(value("1 / 0"), "–");
    assert_eq!(value("nth(9, message.key) != \"k\""), "true");
    assert_eq!(value("beside(count(message))"), "–");
}

#[test]
fn mistakes_say_what_is_accepted() {
    let cases = [
        ("lag < 0", "`lag` means nothing here"),
        ("some ofset where lag < 0", "there is no thing `ofset`; things: node,"),
        ("some offset where lagg < 0", "has no field `lagg`; fields: broker,"),
        ("some event where kind = \"exploded\"", "it is one of: ordered,"),
        ("count(event) = \"3\"", "a number cannot be compared with a text"),
        ("now + now", "cannot be added"),
        ("every queue where max > 1", "the `: D` is missing"),
        ("sum(queue.topic)", "no sum, min or max"),
        ("count(event) 3", "is not expected here"),
        ("now within 3 after start", "`within` is written"),
        ("total(queue.max)", "there is no question `total(…)`"),
        ("q.max > 0", "nothing around here is named `q`"),
        ("some queue where max", "a condition is wanted here"),
        ("", "a value or a question is expected here"),
    ];
    for (text, part) in cases {
        let error = text.parse::<Expression>().expect_err(text);
        assert!(error.what.contains(part), "{text}: {error}");
    }
    assert!("(".repeat(10_000).parse::<Expression>().is_err());
    assert!("-".repeat(10_000).parse::<Expression>().is_err());
    assert!("not ".repeat(10_000).parse::<Expression>().is_err());
    assert!(Expression::condition("count(event)").is_err());
}

#[test]
fn questions_about_kafka_are_answered() {
    let recording = "\
lab seed=7
kafka-broker k
run 1s
kafka-topic T
kafka-producer p transactional-id=p
kafka-consumer c group=g topic=T reset=earliest
run 5s
kafka-send p T count=3 key=tx
run 5s
kafka-alter-offset lone T offset=9
run 1s
";
    let recording: crate::recording::Recording = recording.parse().expect("a recording");
    let end = recording.end;
    let mut lab = Lab::new(recording);
    lab.run_until(end);
    let view = lab.view(0);
    let moment = Moment::new(&view, lab.trace(), Instant::ZERO);
    let cases = [
        ("max(kafka-log.end where topic = \"T\")", "6"),
        ("max(kafka-log.epoch)", "0"),
        ("list(kafka-group.group)", "g, lone"),
        (
            "some kafka-group where group = \"g\" and state = \"Stable\" and committed = 6 and epoch = 0",
            "true",
        ),
        ("max(kafka-group.lag where group = \"lone\")", "-3"),
        ("no kafka-group where group = \"lone\" and epoch >= 0", "true"),
        ("sum(kafka-read.count where group = \"g\")", "3"),
        ("last(kafka-read.last where consumer = \"c\")", "4"),
        (
            "some kafka-consumer where name = \"c\" and state = \"FETCHING\" and position = 6 and not stalled",
            "true",
        ),
    ];
    for (question, answer) in cases {
        let expression: Expression = question.parse().unwrap_or_else(|error| panic!("{question}: {error}"));
        assert_eq!(expression.value(&moment).to_string(), answer, "{question}");
    }
}
