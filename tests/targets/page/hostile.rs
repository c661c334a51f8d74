//! What is typed is text, whatever it looks like, and a mistake costs nothing.

use lab_tests::page::Page;
use lab_tests::page::acting::SECOND;

/// Text that would run if it ever became markup.
const MARKUP: &str = "<img src=x onerror=alert(1)>";
/// The same for places where blanks are not allowed.
const KEY: &str = "<img/src=x/onerror=alert(1)>";

/// No element was made of what was typed, and nothing ran.
fn nothing_became_markup(page: &Page) {
    page.settle();
    assert_eq!(page.count("img, [onerror], body script"), 0, "what was typed became an element");
    // A script could not even look while an alert is open, but say so in words.
    assert_eq!(page.ask::<u32>("return 1", vec![]), 1);
}

#[test]
fn a_wrong_command_is_explained_and_stays() {
    let page = Page::open();
    page.open_lab("flow");
    page.pause();
    let clock = page.clock();
    for (line, sentence) in [
        ("kill nobody", "there is no node"),
        ("frobnicate broker-a", "frobnicate"),
        ("produce order-producer Orders every=soon", "soon"),
        ("thaw broker-a", "broker-a"),
    ] {
        page.type_command(line);
        page.until_text("command-error", sentence);
        assert_eq!(page.value("command-input"), line, "what was typed stays");
        assert_eq!(page.attribute("command-input", "aria-invalid"), "true");
        assert_eq!(page.clock(), clock, "the cluster is as it was");
    }
    page.fill_in("command-input", "kill broker-a");
    page.until("the sentence goes when the line is corrected", || {
        page.text_of("command-error").is_none_or(|text| text.trim().is_empty())
    });
    page.click("command-run");
    page.until_text("status-broker-a", "KILLED");
    assert_eq!(page.value("command-input"), "");
    page.leave();
}

#[test]
fn markup_in_a_command_is_text() {
    let page = Page::open();
    page.open_lab("flow");
    page.pause();
    let line = format!("kill {MARKUP}");
    page.type_command(&line);
    page.until("it is refused", || page.text_of("command-error").is_some_and(|text| !text.trim().is_empty()));
    assert_eq!(page.value("command-input"), line);
    nothing_became_markup(&page);
    let script = "<script>alert(1)</script>";
    page.type_command(&format!("kill {script}"));
    page.until_text("command-error", script);
    nothing_became_markup(&page);
    page.leave();
}

#[test]
fn markup_in_a_message_is_text() {
    let page = Page::open();
    page.open_lab("flow");
    page.run_for(5 * SECOND, "10×");
    page.act("send", "order-producer");
    page.fill_in("field-body", MARKUP);
    page.fill_in("field-key", KEY);
    page.fill_in("field-tags", "<b>bold</b>");
    page.until_text("form-line", KEY);
    nothing_became_markup(&page);
    page.click("form-submit");
    page.until("the form is closed", || !page.shows("dialog"));
    page.run_for(5 * SECOND, "10×");

    page.choose("event-kind", "sending and storing");
    page.fill_in("event-text", KEY);
    page.until("the events of the message are found", || {
        page.text_of("event-row").is_some_and(|row| row.contains(KEY))
    });
    page.click("event-row");
    page.until_text("inspector", MARKUP);
    page.until_text("inspector", KEY);
    page.until_text("chain", KEY);
    nothing_became_markup(&page);
    assert_eq!(
        page.ask::<u32>(
            "return [...document.querySelectorAll('b')].filter(it => it.textContent === 'bold').length",
            vec![],
        ),
        0
    );
    page.leave();
}

#[test]
fn a_wrong_form_is_explained_and_stays() {
    let page = Page::open();
    page.open_lab("sandbox");
    page.click("add");
    page.fill_in("field-node", MARKUP);
    page.click("form-submit");
    page.until_text("dialog", "Not carried out");
    assert_eq!(page.value("field-node"), MARKUP, "what was typed stays");
    nothing_became_markup(&page);
    page.fill_in("field-node", "ns-x");
    page.click("form-submit");
    page.until("the corrected form is carried out", || page.shows("node-ns-x"));
    page.leave();
}
