//! Going back, and what becomes of later commands.

use lab_tests::page::acting::SECOND;
use lab_tests::page::{Key, Page};

/// Message flow in the past: broker-b is killed later, at a moment that is returned.
fn before_a_kill(page: &Page) -> u64 {
    page.open_lab("flow");
    page.run_for(20 * SECOND, "10×");
    page.order("kill broker-b");
    page.until_text("status-broker-b", "KILLED");
    let killed_at = page.clock();
    page.run_for(10 * SECOND, "10×");
    go_back(page, killed_at);
    killed_at
}

/// Takes the scrubber to somewhere before a moment, and after everything that opened the lab.
fn go_back(page: &Page, moment: u64) {
    let now = page.clock();
    page.click_at("scrubber", 0.3);
    page.until("the scrubber goes back", || page.clock() < now);
    let clock = page.clock();
    assert!((3 * SECOND..moment).contains(&clock), "{clock} ms lie between the set-up and {moment} ms");
    page.until_text("status-broker-b", "up");
    page.until_text("notice", "1 later command kept");
}

/// Runs over a moment.
fn run_over(page: &Page, moment: u64) {
    let left = moment.saturating_sub(page.clock());
    page.run_for(left + SECOND, "10×");
}

#[test]
fn declining_keeps_the_later_commands() {
    let page = Page::open();
    let killed_at = before_a_kill(&page);
    let clock = page.clock();
    page.act("kill", "broker-a");
    page.until_text("dialog", "1 later command will be discarded");
    assert!(page.text("dialog").contains("kill broker-a"), "it says for what");
    page.click("dialog-cancel");
    page.until("the question is closed", || !page.shows("dialog"));
    assert_eq!(page.text("status-broker-a"), "up");
    assert_eq!(page.clock(), clock);

    // The same by the command line, and by the key.
    page.type_command("kill broker-a");
    page.until("it asks again", || page.shows("dialog"));
    page.press(Key::Escape);
    page.until("the question is closed", || !page.shows("dialog"));
    assert_eq!(page.text("status-broker-a"), "up");
    assert_eq!(page.value("command-input"), "kill broker-a", "what was typed stays");

    run_over(&page, killed_at);
    assert_eq!(page.text("status-broker-b"), "KILLED", "the later command is carried out again");
    assert_eq!(page.text("status-broker-a"), "up");
    page.leave();
}

#[test]
fn accepting_discards_the_later_commands() {
    let page = Page::open();
    let killed_at = before_a_kill(&page);
    page.act("kill", "broker-a");
    page.until("it asks first", || page.shows("dialog"));
    assert_eq!(page.text("status-broker-a"), "up", "nothing happens before the answer");
    page.click("dialog-confirm");
    page.until_text("status-broker-a", "KILLED");
    assert!(!page.text("notice").contains("later"), "{}", page.text("notice"));

    run_over(&page, killed_at);
    assert_eq!(page.text("status-broker-b"), "up", "the later command is gone");
    assert_eq!(page.text("status-broker-a"), "KILLED");
    page.order("freeze broker-b");
    page.until_text("status-broker-b", "FROZEN");
    page.leave();
}

#[test]
fn the_same_past_comes_back() {
    let page = Page::open();
    page.open_lab("flow");
    page.run_for(10 * SECOND, "10×");
    let (clock, consumed) = (page.clock(), page.number("consumed-consumer-1"));
    page.click("to-start");
    page.until("the run is at its beginning", || page.clock() == 0);
    page.click_at("scrubber", 1.0);
    page.until("the run is where it was", || page.clock() == clock);
    assert_eq!(page.number("consumed-consumer-1"), consumed);
    page.leave();
}

#[test]
fn a_run_with_own_commands_is_not_left_by_mistake() {
    let page = Page::open();
    page.open_lab("flow");
    page.pause();
    page.order("kill broker-b");
    page.run_for(5 * SECOND, "10×");
    let clock = page.clock();
    for way_out in ["home", "open-broadcast"] {
        page.click(way_out);
        page.until("it asks first", || page.shows("dialog"));
        page.click("dialog-cancel");
        page.until("the question is closed", || !page.shows("dialog"));
        assert_eq!(
            (page.clock(), page.text("status-broker-b").as_str()),
            (clock, "KILLED"),
            "the run is still there"
        );
    }
    page.click("open-broadcast");
    page.click("dialog-confirm");
    page.until("the other lab is open", || page.shows("node-cache-1"));
    page.click("home");
    page.until("a run without own commands is left at once", || page.shows("lab-flow"));
    page.leave();
}
