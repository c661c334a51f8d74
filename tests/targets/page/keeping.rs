//! What brokers keep for a while is in the inspector, can be asked for in forms, and has its rules beside it.

use lab_tests::page::acting::SECOND;
use lab_tests::page::{Key, Page};

/// A lab with an orderly consumer, a delayed message and a half message, paused, with the broker in the inspector.
fn keeping() -> Page {
    let page = Page::open();
    page.open_lab("sandbox");
    let lines = [
        "name-server n",
        "broker broker-a",
        "producer p group=pg",
        "topic T queues=2 broker=broker-a",
        "consumer c group=cg topic=T orderly",
    ];
    for line in lines {
        page.order(line);
        page.run_for(2 * SECOND, "10×");
    }
    page.pause();
    page
}

#[test]
fn locks_delayed_and_half_messages_are_seen() {
    let page = keeping();
    page.click("tab-events");
    page.act("send", "p");
    page.fill_in("field-delaylevel", "5");
    page.fill_in("field-key", "later");
    page.until_text("form-line", "delay=5");
    page.click("form-submit");
    page.order("send p T key=open transaction=UNKNOW checks=9");
    page.run_for(30 * SECOND, "10×");
    page.pause();
    page.click("node-broker-a");
    page.until_text("lock", "@c");
    page.until_text("delayed-message", "later");
    page.until_text("half-message", "open");
    page.until_text("state-delay", "delayOffset");

    page.click("rules-locks");
    page.until_text("rule", "RebalanceLockManager");
    page.press(Key::Escape);
    page.until("the rules are closed", || !page.shows("dialog"));
    page.click("lang");
    page.until_text("state-locks", "顺序消费者的队列锁");
    page.leave();
}

#[test]
fn a_group_is_changed_by_a_form_and_the_tool_answers() {
    let page = keeping();
    page.act("updateSubGroup", "broker-a");
    page.fill_in("field-retrymaxtimes", "3");
    page.until_text("form-line", "mqadmin updateSubGroup");
    page.click("form-submit");
    page.click("tab-console");
    page.until_text("console-output", "create subscription group to");
    page.click("rules-updateSubGroup");
    page.until("its rules are shown", || page.shows("rule"));
    page.press(Key::Escape);
    page.leave();
}
