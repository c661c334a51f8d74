//! The labs with variants: five ways to survive, and the riddle.

use lab_tests::page::{Key, Page};

/// Tables that do not fit into their boxes.
const SCROLLING: &str = "return [...document.querySelectorAll('.compare-scroll')] \
                         .filter(it => it.scrollWidth > it.clientWidth).length";

/// Opens one from the front page and waits until every column is counted.
fn open(page: &Page, word: &str) {
    page.click(&format!("lab-{word}"));
    counted(page);
}

fn counted(page: &Page) {
    page.until("every column is counted", || page.count("progress") == 0 && page.shows("compare"));
}

#[test]
fn five_ways_are_counted_and_a_number_leads_to_its_moment() {
    let page = Page::open();
    open(&page, "ways");
    assert_eq!(page.text("column-async").lines().last(), Some("hit: broker-a"));
    assert!(page.text("cell-async-writes").starts_with("60"), "a lone master is away for a minute");
    assert_eq!(page.text("cell-async-lost"), "0");
    page.click("fault-power-off");
    counted(&page);
    let lost: u64 = page.number("cell-async-lost");
    assert!(lost > 0, "what was not flushed is gone");
    page.click("cell-async-lost");
    assert!(page.text("compare-list").contains(&format!("{lost} events")));
    page.click("compare-event");
    page.until("the run stands at the event", || page.shows("chain"));
    assert!(page.clock() < 110_000, "what is lost was acknowledged before the fault");
    page.click("compare-back");
    page.until("the table is there again", || page.shows("compare-table"));
    assert_eq!(page.number("cell-async-lost"), lost, "nothing is counted twice");
    page.leave();
}

#[test]
fn a_column_opens_before_the_fault_and_takes_orders() {
    let page = Page::open();
    open(&page, "ways");
    page.click("compare-open-sync");
    page.until("the stage is there", || page.shows("clock"));
    assert_eq!(page.clock(), 110_000);
    page.run_for(1_000, "1×");
    page.until_text("status-broker-a", "KILLED");
    page.type_command("produce order-producer Orders every=1s");
    page.until("the return of the master is not thrown away unasked", || page.shows("dialog-confirm"));
    page.click("dialog-confirm");
    page.until("the order is carried out", || page.value("command-input").is_empty());
    page.click("compare-back");
    page.until("one's own order is not thrown away unasked", || page.shows("dialog-confirm"));
    page.click("dialog-confirm");
    page.until("the table is there again", || page.shows("compare-table"));
    page.leave();
}

#[test]
fn versions_are_switched_beside_the_table() {
    let page = Page::open();
    open(&page, "ways");
    let v5 = page.text("cell-async-reads");
    page.click("compare-V4");
    counted(&page);
    assert_ne!(page.text("cell-async-reads"), v5, "the slave of 4.9.8 serves reads");
    page.leave();
}

#[test]
fn the_riddle_is_answered_with_what_the_tool_prints() {
    let page = Page::open();
    open(&page, "riddle");
    assert_eq!(page.text("cell-starts-early-outcome"), "sent back to 10");
    assert_eq!(page.text("cell-starts-late-outcome"), "went on at 100");
    assert!(page.text("cell-online-restored").contains("−90"));
    assert_eq!(page.text("cell-starts-late-never-read"), "0–99");
    page.click("outputs-online");
    assert!(page.text("outputs-online").contains("mqadmin consumerProgress -g order-cg"));
    assert!(page.text("outputs-online").contains("#Diff"));
    page.leave();
}

#[test]
fn each_system_of_the_riddle_has_a_table_that_fits_a_desk() {
    let page = Page::open();
    page.resize(1440, 900);
    open(&page, "riddle");
    for (system, columns) in [("rocketmq", 5), ("kafka", 8)] {
        let heads = format!("[data-testid=compare-table-{system}] thead .compare-head");
        assert_eq!(page.count(&heads), columns, "{system}");
    }
    assert_eq!(page.text("column-online").lines().next(), Some("Consumer online"));
    for _language in 0..2 {
        page.click("lang");
        page.settle();
        assert_eq!(page.ask::<u32>(SCROLLING, vec![]), 0, "{}", page.root("lang"));
    }
    page.leave();
}

#[test]
fn keys_alone_reach_every_number_and_its_events() {
    let page = Page::open();
    open(&page, "ways");
    page.tab_to("cell-async-writes");
    page.press(Key::Enter);
    page.until("the events are listed", || page.shows("compare-list"));
    assert_eq!(page.attribute("cell-async-writes", "aria-expanded"), "true");
    page.tab_to("compare-event");
    page.press(Key::Enter);
    page.until("the run stands at the event", || page.shows("chain"));
    page.leave();
}

#[test]
fn on_a_phone_each_way_has_a_table_of_its_own() {
    let page = Page::open();
    page.resize(390, 844);
    open(&page, "ways");
    page.until("the cards are there", || page.shows("compare-cards"));
    assert!(!page.shows("compare-table"));
    assert_eq!(page.count(".compare-card tbody tr"), 8 * page.count(".compare-card"));
    page.click("cell-async-failed");
    assert!(page.shows("compare-list"));
    page.leave();
}
