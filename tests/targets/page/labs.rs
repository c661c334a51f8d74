//! The labs do what they say of themselves.

use lab_tests::page::Page;
use lab_tests::page::acting::SECOND;

/// Plays an open lab until each of its consumers has consumed more than at first.
fn consuming_goes_on(page: &Page, consumers: &[&str]) {
    page.choose("speed", "10×");
    page.play();
    let consumed = |node: &&str| page.number(&format!("consumed-{node}"));
    let before: Vec<_> = consumers.iter().map(consumed).collect();
    for (node, before) in consumers.iter().zip(before) {
        page.until(&format!("{node} consumes"), || consumed(node) > before + 2);
    }
    page.pause();
    let (clock, now) = (page.clock(), consumers.iter().map(consumed).collect::<Vec<_>>());
    page.settle();
    assert_eq!(page.clock(), clock, "a paused lab stands still");
    assert_eq!(consumers.iter().map(consumed).collect::<Vec<_>>(), now, "a paused lab stands still");
}

#[test]
fn message_flow_opens_from_the_front_page_and_runs() {
    let page = Page::open();
    page.open_lab("flow");
    consuming_goes_on(&page, &["consumer-1", "consumer-2"]);
    page.leave();
}

#[test]
fn cluster_and_broadcast_opens_from_the_front_page_and_runs() {
    let page = Page::open();
    page.open_lab("broadcast");
    consuming_goes_on(&page, &["billing-1", "billing-2", "cache-1", "cache-2"]);
    page.leave();
}

#[test]
fn broker_failover_opens_from_the_front_page_and_runs() {
    let page = Page::open();
    page.open_lab("failover");
    consuming_goes_on(&page, &["consumer-1", "consumer-2"]);
    page.leave();
}

#[test]
fn a_cluster_is_built_in_the_sandbox_and_runs() {
    let page = Page::open();
    page.open_lab("sandbox");
    assert!(!page.is_playing(), "an empty cluster waits");
    for (form, node) in [("name-server", "nsrv-0"), ("broker", "broker-a")] {
        add(&page, form, &[]);
        page.until(&format!("{node} is there"), || page.shows(&format!("node-{node}")));
    }
    page.run_for(2 * SECOND, "1×");
    add(&page, "topic", &[("field-topic", "Orders")]);
    add(&page, "producer", &[]);
    add(&page, "consumer", &[]);
    page.act("produce", "producer-1");
    page.click("form-submit");
    page.until("the form is closed", || !page.shows("dialog"));
    consuming_goes_on(&page, &["consumer-1"]);
    assert!(page.number("sent-ok-producer-1") > 2);
    page.leave();
}

/// Adds something by its form.
fn add(page: &Page, form: &str, fields: &[(&str, &str)]) {
    page.click("add");
    page.click(&format!("form-{form}"));
    for (field, value) in fields {
        page.fill_in(field, value);
    }
    page.click("form-submit");
    page.until(&format!("the {form} is added"), || !page.shows("dialog"));
}

/// The numbers by which two groups are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Counted {
    sent: u64,
    clustering: u64,
    broadcasting: [u64; 2],
}

impl Counted {
    fn read(page: &Page) -> Self {
        let consumed = |node: &str| page.number(&format!("consumed-{node}"));
        Self {
            sent: page.number("sent-ok-order-producer"),
            clustering: consumed("billing-1") + consumed("billing-2"),
            broadcasting: [consumed("cache-1"), consumed("cache-2")],
        }
    }

    /// What came since an earlier reading.
    fn since(self, earlier: Self) -> Self {
        let came = |place: usize| self.broadcasting[place] - earlier.broadcasting[place];
        Self {
            sent: self.sent - earlier.sent,
            clustering: self.clustering - earlier.clustering,
            broadcasting: [came(0), came(1)],
        }
    }
}

#[test]
fn a_group_divides_what_every_broadcasting_member_gets_whole() {
    let page = Page::open();
    page.open_lab("broadcast");
    // The first messages are sent while the members still look for their queues, so they do not count.
    page.run_for(40 * SECOND, "10×");
    page.act("quiet", "order-producer");
    page.run_for(20 * SECOND, "30×");
    let before = Counted::read(&page);
    assert!(before.sent > 20, "{before:?}");

    page.order("produce order-producer Orders every=500ms tag=A,B key=again");
    page.run_for(30 * SECOND, "10×");
    page.act("quiet", "order-producer");
    page.run_for(20 * SECOND, "30×");
    let came = Counted::read(&page).since(before);
    assert!(came.sent > 20, "{came:?}");
    assert_eq!(came.clustering, came.sent, "each message goes to one member: {came:?}");
    assert_eq!(came.broadcasting, [came.sent; 2], "each message goes to every member: {came:?}");
    assert!(
        page.number("consumed-billing-1").min(page.number("consumed-billing-2")) > 0,
        "both have a share"
    );
    page.leave();
}

#[test]
fn a_killed_master_is_dropped_at_once_and_sends_go_on() {
    let page = Page::open();
    page.open_lab("failover");
    page.run_for(10 * SECOND, "10×");
    page.until_text("node-nsrv-0", "3 brokers");
    page.act("kill", "broker-a");
    page.until_text("status-broker-a", "KILLED");
    let (killed_at, sent) = (page.clock(), page.number("sent-ok-order-producer"));

    page.skip_to("broker removed");
    assert!(page.clock() <= killed_at + SECOND, "the closed connection is noticed at once");
    page.run_for(SECOND, "1×");
    for server in ["node-nsrv-0", "node-nsrv-1"] {
        page.until_text(server, "2 brokers");
    }
    page.click("node-order-producer");
    page.until("the producer's old route leads to broker-a", || writable(&page).contains("broker-a/q"));

    page.choose("speed", "100×");
    page.play();
    page.until("the producer's route leads to broker-b only", || {
        let queues = writable(&page);
        queues.contains("broker-b/q") && !queues.contains("broker-a/q")
    });
    page.until("sends go on", || page.number("sent-ok-order-producer") > sent + 20);
    page.pause();
    page.leave();
}

/// The queues to which the selected producer sends, as its cached route has them.
fn writable(page: &Page) -> String {
    let inspector = page.text("inspector");
    let row = inspector.lines().find_map(|line| line.strip_prefix("writable"));
    row.unwrap_or_else(|| panic!("the inspector shows no route: {inspector}")).to_owned()
}

/// The seconds between two pieces of a text: `drop it in 97 s`.
fn seconds(text: &str, before: &str, after: &str) -> Option<f64> {
    text.split_once(before)?.1.split_once(after)?.0.trim().parse().ok()
}

/// Goes on to where no registration of broker-a is under way, which comes every 30 s: one name server may have it
/// before the other. Returns how many seconds ago the last one was.
fn between_registrations(page: &Page) -> f64 {
    for _ in 0..10 {
        let ago = seconds(&page.text("node-broker-a"), "registered ", " s ago");
        if let Some(ago) = ago.filter(|ago| (1.0..29.0).contains(ago)) {
            return ago;
        }
        page.run_for(2 * SECOND, "1×");
    }
    panic!("broker-a shows no registration: {}", page.text("node-broker-a"));
}

#[test]
fn a_frozen_master_is_believed_in_for_two_minutes_and_sends_fail() {
    let page = Page::open();
    page.open_lab("failover");
    page.run_for(35 * SECOND, "10×");
    let registered = between_registrations(&page);
    page.act("freeze", "broker-a");
    page.until_text("status-broker-a", "FROZEN");
    let shown = page.text("node-broker-a");
    let left = seconds(&shown, "drop it in ", " s").unwrap_or_else(|| panic!("no countdown in {shown:?}"));
    assert!((118.0..=121.0).contains(&(registered + left)), "registered {registered} s ago, {left} s left");
    let expires = page.clock() + left as u64 * SECOND;
    let failed = page.number("sent-failed-order-producer");

    page.skip_to("send failed");
    assert!(page.number("sent-failed-order-producer") > failed, "no send failed");
    assert!(page.clock() < expires, "it is still registered");
    page.until_text("node-nsrv-0", "believes broker-a is alive");
    page.until_text("node-nsrv-0", "3 brokers");

    for _server in ["nsrv-0", "nsrv-1"] {
        page.skip_to("broker removed");
        let now = page.clock();
        let late =
            now.checked_sub(expires).unwrap_or_else(|| panic!("removed at {now}, not before {expires}"));
        // A name server looks every 5 s, and seconds are shown without what is left of them.
        assert!(late <= 7 * SECOND, "{late} ms too late");
    }
    for server in ["node-nsrv-0", "node-nsrv-1"] {
        page.until_text(server, "2 brokers");
        assert!(!page.text(server).contains("believes broker-a is alive"));
    }
    page.leave();
}
