//! The page fits a desk, a tablet and a phone.

use lab_tests::page::Page;
use lab_tests::page::acting::SECOND;

const SIZES: [(u32, u32); 3] = [(1440, 900), (1024, 768), (390, 844)];

/// The document's width, and what reaches beyond the viewport although nothing scrolls it.
const WIDTH: &str = r"
const beyond = [...document.querySelectorAll('body *')].filter(element => {
    if (!element.checkVisibility() || element.closest('svg, .hidden, .skip-link')) return false;
    const box = element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0 || (box.right <= innerWidth + 1 && box.left >= -1)) return false;
    for (let it = element.parentElement; it && it !== document.body; it = it.parentElement) {
        if (getComputedStyle(it).overflowX !== 'visible') return false;
    }
    return true;
});
const name = it => `<${it.tagName.toLowerCase()} class='${it.className}' data-testid='${it.dataset.testid ?? ''}'>`;
return [document.documentElement.scrollWidth, beyond.slice(0, 10).map(name)];
";

/// Looks at the page in all sizes and both languages.
pub(super) fn fits(page: &Page, place: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (width, height) in SIZES {
        page.resize(width, height);
        for _language in 0..2 {
            page.click("lang");
            page.settle();
            let (wide, beyond): (u32, Vec<String>) = page.ask(WIDTH, vec![]);
            if wide > width || !beyond.is_empty() {
                wrong.push(format!(
                    "{place}, {width}×{height}, {}: {wide} wide, {beyond:?}",
                    page.root("lang")
                ));
            }
        }
    }
    page.resize(SIZES[0].0, SIZES[0].1);
    wrong
}

#[test]
fn nothing_is_wider_than_the_page() {
    let page = Page::open();
    let mut wrong = fits(&page, "front page");
    for lab in ["flow", "broadcast", "failover", "sandbox"] {
        page.open_lab(lab);
        if lab != "sandbox" {
            page.run_for(20 * SECOND, "10×");
        }
        page.pause();
        wrong.extend(fits(&page, lab));
        if lab == "failover" {
            page.click("node-broker-a");
            wrong.extend(fits(&page, "a broker in the inspector"));
            page.click("event-row");
            wrong.extend(fits(&page, "the causes of an event"));
            page.order("topicRoute -t Orders");
            wrong.extend(fits(&page, "the console"));
        }
        page.click("home");
        if lab == "failover" {
            // The line for mqadmin is a command of one's own, so the page asks.
            page.click("dialog-confirm");
        }
    }
    for lab in ["ways", "riddle"] {
        page.click(&format!("lab-{lab}"));
        page.until("every column is counted", || page.count("progress") == 0 && page.shows("compare"));
        wrong.extend(fits(&page, lab));
        page.click("home");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    page.leave();
}

#[test]
fn a_phone_is_enough_to_break_something() {
    let page = Page::open();
    page.resize(390, 844);
    page.open_lab("failover");
    page.pause();
    page.act("freeze", "broker-a");
    page.until_text("status-broker-a", "FROZEN");
    page.run_for(10 * SECOND, "10×");
    page.click("add");
    page.click("form-topic");
    page.fill_in("field-topic", "Payments");
    page.click("form-submit");
    page.until("the topic is there", || page.account().contains("Payments"));
    page.leave();
}
