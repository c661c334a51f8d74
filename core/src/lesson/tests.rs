//! A small lesson, whole and broken.

use std::sync::Arc;

use super::*;
use crate::lab::Lab;
use crate::rng::Rng;
use crate::time::Instant;

const MANIFEST: &str = r#"id = "2.9"
chapter = 2
minutes = 3
profiles = ["V5", "V4"]
fidelity = ["topic.update"]
transfer = [{ mqadmin = "topicStatus -t Orders" }]
commands = '''
name-server nsrv-0
broker broker-a
topic Orders queues=2
run 2s
producer shop
run 1s
'''

[[steps]]
id = "bet"
kind = "predict"
right = "two"
answers = [
    { id = "one", when = 'distinct(message.queue) = 1' },
    { id = "two", when = 'distinct(message.queue) = 2' },
]

[[steps]]
id = "act"
kind = "do"
hints = 1
goals = [{ id = "sent", when = 'count(message where at >= start) >= 2' }]
solution = '''
send shop Orders count=2
run 3s
'''
ways = ['''
send shop Orders
send shop Orders
run 3s
''']

[[steps]]
id = "why"
kind = "explain"
"#;

const TEXT: &str = "# Two\nOne queue or two?\n## bet\nGuess.\n### answer: one\n1\n### reply: one\nno\n### answer: two\n2\n\
                    ### reply: two\nyes\n## act\nSend.\n### goal: sent\nSend two\n### hint: 1\nsend\n## why\n\
                    {{ count(message) }} messages.\n\n```fact\nlast(event.id where kind = \"message-stored\")\n```\n\
                    ## transfer\nnothing\n## remember\nTwo.\n";

fn read(manifest: &str, zh: &str, en: &str) -> Result<Lesson, Vec<Problem>> {
    Lesson::read(Source { manifest, zh, en })
}

fn checked(manifest: &str) -> Vec<Problem> {
    match read(manifest, TEXT, TEXT) {
        Ok(lesson) => check(&Arc::new(lesson)),
        Err(problems) => problems,
    }
}

#[test]
fn a_good_lesson_has_no_problem() {
    assert_eq!(checked(MANIFEST), []);
}

#[test]
fn a_mistake_is_told_with_its_line_and_what_is_accepted() {
    let cases = [
        ("id = \"2.9\"", "id = \"two\"", 1, "an incident one like"),
        ("minutes = 3", "minutes = 90", 3, "1 to 20"),
        ("\"V4\"]", "\"V6\"]", 4, "V4"),
        ("topic.update", "topic.updat", 5, "FIDELITY.md"),
        ("broker broker-a", "broker", 9, ""),
        ("producer shop", "kill ghost", 12, "ghost"),
        ("kind = \"predict\"", "kind = \"ask\"", 18, "predict, do and explain"),
        ("right = \"two\"", "right = \"three\"", 19, "one, two"),
        ("distinct(message.queue) = 1", "distinct(message.que) = 1", 21, "fields: key,"),
        ("hints = 1", "hints = 0", 25, "1 to 5"),
        ("hints = 1", "hint = 1", 28, "unknown field"),
        ("run 3s\n'''\nways", "run soon\n'''\nways", 32, "`soon` is not a time"),
        ("kind = \"explain\"", "kind = \"explain\"\nhints = 2", 40, "belongs to a step of kind \"do\""),
    ];
    for (old, new, line, part) in cases {
        assert!(MANIFEST.contains(old), "{old}");
        let problems = checked(&MANIFEST.replacen(old, new, 1));
        let is_told = |it: &Problem| it.line == line && it.what.contains(part) && &*it.file == "lesson.toml";
        assert!(problems.iter().any(is_told), "{new}: {problems:?}");
    }
}

#[test]
fn promises_that_are_not_kept_are_told() {
    let cases = [
        ("topicStatus -t", "topicStat -t", "the tool does not take"),
        ("topicStatus -t", "topicStatus -z", "the tool does not take"),
        ("count=2\n", "count=1\n", "the solution does not reach the goal sent"),
        (">= 2'", ">= 0'", "holds before anything is done"),
        ("right = \"two\"", "right = \"one\"", "does not hold"),
        ("distinct(message.queue) = 1", "true", "holds too"),
        ("send shop Orders\nsend shop Orders\n", "send shop Orders\n", "way 1 does not reach"),
    ];
    for (old, new, part) in cases {
        let problems = checked(&MANIFEST.replacen(old, new, 1));
        assert!(problems.iter().any(|it| it.what.contains(part)), "{new}: {problems:?}");
    }
    let lesson = read(
        MANIFEST,
        &TEXT.replace("count(message)", "first(message.tag)"),
        &TEXT.replace("count(message)", "first(message.tag)"),
    );
    let problems = check(&Arc::new(lesson.expect("it can be read")));
    assert!(problems.iter().any(|it| it.what.contains("is nothing in this run")), "{problems:?}");
}

#[test]
fn both_languages_have_the_same_structure() {
    let cases = [
        (TEXT.replace("### reply: one\nno\n", ""), "`### reply: one` below `## bet` is missing"),
        (TEXT.replace("## why", "## whi"), "knows no `## whi`"),
        (TEXT.replace("count(message)", "count(event)"), "does not hold the same values"),
        (TEXT.replace("## remember\nTwo.\n", "## remember\n"), "is empty"),
        (TEXT.replace("Guess.", "<b>Guess</b>"), "HTML"),
    ];
    for (zh, part) in cases {
        let problems = read(MANIFEST, &zh, TEXT).expect_err(part);
        assert!(problems.iter().any(|it| it.what.contains(part)), "{part}: {problems:?}");
    }
}

#[test]
fn a_goal_that_has_to_last_begins_anew_after_a_break() {
    let manifest = MANIFEST.replace(
        "when = 'count(message where at >= start) >= 2' }",
        "when = 'some node where name = \"broker-a\" and status = \"frozen\"', for = \"5s\" }",
    );
    let lesson = Arc::new(read(&manifest, TEXT, TEXT).expect("it can be read"));
    let mut lab = check::opened(lesson.recording(Profile::V5));
    let mut player = Player::new(lesson, &lab);
    assert!(player.predict("one", Sureness::Guess));
    assert!(!player.predict("two", Sureness::Guess), "an answer is given for good");
    assert!(player.go_on(&lab, None));
    let run = |player: &mut Player, lab: &mut Lab, seconds| {
        let target = lab.now() + Duration::from_secs(seconds);
        assert!(run_watched(player, lab, None, target, usize::MAX));
    };
    let order =
        |lab: &mut Lab, line: &str| lab.issue(line.parse().expect("a command")).expect("it is accepted");
    order(&mut lab, "freeze broker-a");
    run(&mut player, &mut lab, 4);
    order(&mut lab, "thaw broker-a");
    run(&mut player, &mut lab, 2);
    order(&mut lab, "freeze broker-a");
    run(&mut player, &mut lab, 4);
    assert!(!player.is_finished());
    run(&mut player, &mut lab, 2);
    assert!(player.is_finished());
    lab.go_to(Instant::ZERO);
    player.watch(&lab, None);
    assert!(player.is_finished(), "what was reached stays reached");
}

/// A text with some of its pieces cut out, doubled, swapped or overwritten.
fn mutated(text: &str, rng: &mut Rng) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..=rng.below(4) {
        let length = u32::try_from(letters.len()).expect("a short text");
        if length < 2 {
            break;
        }
        let at = rng.below(length - 1) as usize;
        let end = (at + 1 + rng.below(40) as usize).min(letters.len());
        match rng.below(4) {
            0 => drop(letters.drain(at..end)),
            1 => {
                let piece: Vec<char> = letters[at..end].to_vec();
                letters.splice(at..at, piece);
            }
            2 => {
                letters[at] = ['"', '\'', '{', '}', '[', '#', '\n', '`', '(', '<', '\u{0}', '消']
                    [rng.below(12) as usize]
            }
            _ => letters.swap(at, end - 1),
        }
    }
    letters.into_iter().collect()
}

#[test]
fn no_text_makes_the_reader_panic() {
    let mut rng = Rng::fork(9, "lessons");
    let mut good = 0;
    for _ in 0..1500 {
        let (manifest, zh) = (mutated(MANIFEST, &mut rng), mutated(TEXT, &mut rng));
        for read in [read(&manifest, TEXT, TEXT), read(MANIFEST, &zh, TEXT)] {
            match read {
                Ok(_) => good += 1,
                Err(problems) => assert!(!problems.is_empty()),
            }
        }
        let packed = mutated(&pack(Source { manifest: MANIFEST, zh: TEXT, en: TEXT }), &mut rng);
        if let Ok(source) = unpack(&packed) {
            let _ = Lesson::read(source);
        }
    }
    assert!(good > 0, "some changes leave a lesson whole");
}
