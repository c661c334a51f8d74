//! The switch between the versions, and the table of what differs.

use lab_tests::page::Page;
use lab_tests::page::acting::SECOND;

#[test]
fn the_same_run_goes_on_under_the_other_version() {
    let page = Page::open();
    page.open_lab("failover");
    page.run_for(3 * SECOND, "10×");
    page.act("freeze", "broker-b");
    page.until_text("status-broker-b", "FROZEN");
    page.until_text("versions", "5.3.3");
    let clock = page.clock();
    let theme = page.root("data-theme");
    page.click("versions");
    page.until_text("version-now", "5.3.3");
    page.until("what has shown is marked", || page.shows("difference-seen"));
    page.click("switch-version");
    page.until("the dialog is closed", || !page.shows("dialog"));
    page.until_text("versions", "4.9.8");
    page.until_text("notice", "4.9.8");
    page.until_text("status-broker-b", "FROZEN");
    assert_eq!(page.clock(), clock, "the same moment");
    assert_eq!((page.root("lang").as_str(), page.root("data-theme")), ("en", theme));
    page.leave();
}

#[test]
fn the_table_is_there_in_both_languages_before_and_in_a_lab() {
    let page = Page::open();
    let mut tables = Vec::new();
    for _language in 0..2 {
        page.click("versions");
        tables.push(page.text("differences"));
        assert!(!page.shows("switch-version"), "without a lab there is nothing to switch");
        page.click("dialog-cancel");
        page.until("the dialog is closed", || !page.shows("dialog"));
        page.click("lang");
    }
    assert_ne!(tables[0], tables[1]);
    page.open_lab("flow");
    page.run_for(5 * SECOND, "10×");
    page.resize(390, 844);
    page.click("versions");
    page.until_text("differences-seen", "of 30");
    page.click("dialog-cancel");
    page.leave();
}
