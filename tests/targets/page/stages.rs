//! Stages with controllers, with Kafka and with registries: they fit, speak both languages and shut nobody out.

use lab_tests::page::acting::SECOND;
use lab_tests::page::{Key, Page};

use super::barriers::barriers;
use super::choices::{choose_theme, untranslated};
use super::sizes::fits;

const CONTROLLERS: [&str; 12] = [
    "name-server nsrv-0",
    "controller controller-0 controllerDLegerSelfId=n0 \
     controllerDLegerPeers=n0-127.0.0.1:9878;n1-127.0.0.1:9888;n2-127.0.0.1:9898",
    "controller controller-1 controllerDLegerSelfId=n1 \
     controllerDLegerPeers=n0-127.0.0.1:9878;n1-127.0.0.1:9888;n2-127.0.0.1:9898",
    "controller controller-2 controllerDLegerSelfId=n2 \
     controllerDLegerPeers=n0-127.0.0.1:9878;n1-127.0.0.1:9888;n2-127.0.0.1:9898",
    "run 10s",
    "broker broker-a enableControllerMode=true",
    "broker broker-a-1 name=broker-a enableControllerMode=true",
    "run 40s",
    "topic Orders queues=2",
    "producer p1",
    "consumer c1 group=order-cg topic=Orders",
    "run 10s",
];
const KAFKA: [&str; 9] = [
    "kafka-broker kafka-1",
    "kafka-topic Orders partitions=2",
    "kafka-producer kafka-producer-1",
    "kafka-consumer kafka-consumer-1 group=kafka-cg topic=Orders",
    "run 10s",
    "kafka-send kafka-producer-1 Orders count=12",
    "run 10s",
    "kafka-alter-offset audit-cg Orders offset=90",
    "run 1s",
];
const REGISTRIES: [&str; 7] = [
    "registry registry-1",
    "registry registry-2 model=watch",
    "registry-client client-1 count=3 registry=registry-1",
    "registry-client client-2 count=20 registry=registry-2",
    "run 40s",
    "member broker-a add",
    "run 10s",
];

/// Builds a stage up in the sandbox, and lets it stand still.
fn stage(lines: &[&str]) -> Page {
    let page = Page::open();
    page.open_lab("sandbox");
    page.pause();
    for line in lines {
        match line.strip_prefix("run ").and_then(|span| span.strip_suffix('s')) {
            Some(seconds) => {
                let end = page.clock() + seconds.parse::<u64>().expect("whole seconds") * SECOND;
                page.order(line);
                page.until(&format!("{line} has come to its end"), || page.clock() >= end);
            }
            None => page.order(line),
        }
    }
    page
}

/// Everything that is wrong with the page as it is.
fn faults(page: &Page, place: &str) -> Vec<String> {
    let mut found = fits(page, place);
    for theme in ["light", "dark"] {
        choose_theme(page, theme);
        found.extend(barriers(page).into_iter().map(|it| format!("{place}, {theme}: {it}")));
    }
    found.extend(untranslated(page, place));
    found
}

/// Looks at a stage with nothing selected, and with each of these nodes in the inspector.
fn look(page: Page, place: &str, nodes: &[&str]) {
    let mut found = faults(&page, place);
    for node in nodes {
        page.click(&format!("node-{node}"));
        page.until(&format!("{node} is in the inspector"), || page.text("inspector").contains(node));
        found.extend(faults(&page, &format!("{place}, {node} in the inspector")));
    }
    found.extend(cut(&page, place));
    assert!(found.is_empty(), "{found:#?}");
    page.leave();
}

/// Lines that reach beyond the edges of their cards.
fn cut(page: &Page, place: &str) -> Vec<String> {
    let script = "return [...document.querySelectorAll('.card')].flatMap(card => { \
                  const edge = card.getBoundingClientRect(); \
                  const within = [...card.querySelectorAll('.line, .lane, .lane-more, .slave, .head')]; \
                  return within.filter(it => it.getBoundingClientRect().bottom > edge.bottom - 2) \
                  .map(it => `${card.dataset.testid}: ${it.textContent}`); });";
    let found: Vec<String> = page.ask(script, vec![]);
    found.into_iter().map(|it| format!("{place}: {it} is cut off")).collect()
}

#[test]
fn a_stage_with_controllers_is_for_everybody() {
    let page = stage(&CONTROLLERS);
    let text = page.text("controller-role-controller-0");
    assert!(text.contains(" · term "), "{text}");
    assert!(page.text("inspector").contains("SyncStateSet"), "the sets stand where nothing is selected");
    look(page, "controllers", &["controller-0", "broker-a"]);
}

#[test]
fn a_stage_with_kafka_is_for_everybody() {
    let page = stage(&KAFKA);
    let lane = page.text("partition-kafka-1-Orders-0");
    assert!(lane.contains("12") && lane.contains("lag"), "{lane}");
    assert!(page.count(".beyond") > 0, "a group beyond the end of the log stands out");
    look(page, "Kafka", &["kafka-1"]);
}

#[test]
fn a_stage_with_registries_is_for_everybody() {
    look(stage(&REGISTRIES), "registries", &["registry-1", "client-1-1"]);
}

#[test]
fn commands_of_an_administrator_of_kafka_have_forms() {
    let page = stage(&KAFKA);
    page.act("kafka-ends", "kafka-1");
    page.until_text("form-line", "kafka-ends Orders");
    page.click("form-submit");
    page.order("run 1s");
    page.click("tab-console");
    page.until_text("console-output", "Orders");
    page.act("kafka-alter-offset", "kafka-1");
    page.fill_in("field-group", "other-cg");
    page.fill_in("field-offset", "7");
    page.until_text("form-line", "kafka-alter-offset other-cg Orders offset=7");
    page.click("form-submit");
    page.order("run 1s");
    page.click("node-kafka-1");
    page.until_text("inspector", "other-cg");
    page.leave();
}

#[test]
fn the_dialog_that_adds_fits_a_phone() {
    let page = stage(&KAFKA);
    page.resize(390, 844);
    for _language in 0..2 {
        page.click("lang");
        page.click("add");
        for group in ["rocketmq", "registries", "kafka"] {
            page.click(&format!("form-group-{group}"));
            page.settle();
            let (inner, outer): (u32, u32) = page.ask(
                "const it = document.querySelector('dialog'); return [it.scrollWidth, it.clientWidth]",
                vec![],
            );
            assert!(inner <= outer, "{group} is {inner} wide in a dialog of {outer}");
        }
        page.press(Key::Escape);
        page.until("the dialog is closed", || !page.shows("dialog"));
    }
    page.leave();
}
