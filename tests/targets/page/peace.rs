//! Nothing is ever sent anywhere. Every other test ends with the same check; this one gives the page most occasion.

use lab_tests::page::Page;
use lab_tests::page::acting::SECOND;

#[test]
fn nothing_is_asked_for_after_the_page_has_loaded() {
    let page = Page::open();
    for lab in ["flow", "broadcast", "failover", "sandbox"] {
        page.open_lab(lab);
        page.run_for(120 * SECOND, "100×");
        if lab != "sandbox" {
            page.click("event-row");
            page.click("node-order-producer");
            page.act("kill", "order-producer");
            page.run_for(30 * SECOND, "100×");
        }
        page.click("help");
        page.click("dialog-cancel");
        page.click("to-start");
        page.click("home");
        if lab != "sandbox" {
            // Somebody has given commands here, so it asks first.
            page.click("dialog-confirm");
        }
        page.until("the front page is there", || page.shows("lab-flow"));
        assert_eq!(page.late_requests(), Vec::<String>::new(), "{lab}");
        assert_eq!(page.strangers(), Vec::<String>::new(), "{lab}");
    }
    page.leave();
}

#[test]
fn a_lab_plays_at_every_speed() {
    let page = Page::open();
    page.open_lab("flow");
    for speed in ["1:10", "1:2", "1×", "2×", "5×", "10×", "30×", "100×", "1000×", "10000×"] {
        page.choose("speed", speed);
        page.play();
        let clock = page.clock();
        page.until(&format!("time goes on at {speed}"), || page.clock() > clock);
    }
    page.pause();
    assert!(page.number("consumed-consumer-1") > 0);
    page.leave();
}

#[test]
#[should_panic(expected = "the browser's log has errors")]
fn an_error_in_the_log_would_be_noticed() {
    let page = Page::open();
    page.ask::<()>("console.error('made by the test')", vec![]);
    page.leave();
}

#[test]
#[should_panic(expected = "asked for more after it had loaded")]
fn a_late_request_would_be_noticed() {
    let page = Page::open();
    page.ask::<()>("fetch('./')", vec![]);
    page.until("the request has come", || !page.late_requests().is_empty());
    page.leave();
}
