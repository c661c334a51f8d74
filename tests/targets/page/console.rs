//! The console: lines that are typed, what they print, and what helps with typing them.

use lab_tests::page::acting::SECOND;
use lab_tests::page::{Key, Page};

/// The text of the last of several elements.
fn last(page: &Page, testid: &str) -> String {
    let script =
        "return [...document.querySelectorAll(`[data-testid=\"${arguments[0]}\"]`)].at(-1)?.innerText ?? ''";
    page.ask(script, vec![testid.into()])
}

/// Types into whatever has the focus.
fn type_keys(page: &Page, text: &str) {
    text.chars().for_each(|letter| page.press(letter));
}

#[test]
fn a_paused_lab_answers_and_stays_paused() {
    let page = Page::open();
    page.open_lab("flow");
    page.run_for(3 * SECOND, "10×");
    let clock = page.clock();
    page.order("mqadmin topicRoute -t Orders");
    page.until("the answer is there", || last(&page, "console-output").contains("broker-a"));
    assert!(!page.is_playing(), "the lab stands still again");
    page.until("it took virtual time", || page.clock() > clock);
    assert!(page.clock() < clock + 60 * SECOND);
    assert_eq!(page.attribute("tab-console", "aria-selected"), "true");

    page.click("console-copy");
    page.until_text("console-copy", "Copied");

    page.order("topicRoute -t Nothing");
    page.until("a bare command works too", || last(&page, "console-output").contains("Nothing"));
    page.leave();
}

#[test]
fn every_deed_is_listed_and_the_past_has_only_what_was_given() {
    let page = Page::open();
    page.open_lab("failover");
    page.pause();
    page.click("tab-console");
    page.act("kill", "broker-a");
    page.until("a button is a command", || last(&page, "console-line").contains("kill broker-a"));
    page.type_command("kill nobody");
    page.until_text("console-refused", "there is no node");
    page.fill_in("command-input", "");
    page.click("console-line");
    page.until("a past line can be given again", || {
        page.value("command-input").contains("name-server nsrv-0")
    });
    assert_eq!(page.focused().as_deref(), Some("command-input"));
    page.click("to-start");
    page.until("what is to come is grey", || page.count(".entry.later") > 0);
    assert_eq!(page.count(".entry.later .output"), 0);
    page.leave();
}

#[test]
fn the_console_is_worked_by_keys_alone() {
    let page = Page::open();
    page.open_lab("flow");
    page.run_for(3 * SECOND, "10×");
    page.tab_to("tab-events");
    page.press(Key::Left);
    page.until("the arrow chooses the console", || page.shows("console"));
    assert_eq!(page.focused().as_deref(), Some("tab-console"));
    let here = page.clock();
    page.tab_to("command-input");
    type_keys(&page, "topicRou");
    page.press(Key::Tab);
    page.until("Tab completes a command", || page.value("command-input") == "topicRoute ");
    type_keys(&page, "-");
    page.press(Key::Tab);
    page.until("Tab lists the options", || page.shows("suggestions"));
    assert_eq!(page.attribute("command-input", "aria-expanded"), "true");
    let active = page.attribute("command-input", "aria-activedescendant");
    page.press(Key::Down);
    page.until("the arrow goes to the next", || {
        page.attribute("command-input", "aria-activedescendant") != active
    });
    page.press(Key::Up);
    page.press(Key::Escape);
    page.until("Esc closes the list", || !page.shows("suggestions"));
    type_keys(&page, "t Ord");
    page.press(Key::Tab);
    page.until("Tab completes a name", || page.value("command-input") == "topicRoute -t Orders ");
    assert_eq!(page.clock(), here, "the keys of the field move nothing else");
    page.press(Key::Enter);
    page.until("Enter runs the line", || last(&page, "console-output").contains("broker-a"));
    page.press(Key::Up);
    page.until("the arrow brings it back", || page.value("command-input") == "topicRoute -t Orders");
    page.press(Key::Escape);
    page.press(Key::Tab);
    page.until("after Esc, Tab leaves the field", || page.focused().as_deref() == Some("command-run"));

    page.reload();
    page.open_lab("flow");
    page.pause();
    page.tab_to("command-input");
    page.press(Key::Up);
    page.until("the browser remembers the line", || page.value("command-input") == "topicRoute -t Orders");
    page.leave();
}

#[test]
fn what_is_printed_is_text() {
    let page = Page::open();
    page.open_lab("flow");
    page.pause();
    let markup = "<img src=x onerror=alert(1)>";
    page.order(&format!("mqadmin topicRoute -t '{markup}'"));
    page.until("the line stands in the console", || last(&page, "console-line").contains(markup));
    page.until("it is answered", || !last(&page, "console-output").is_empty());
    page.type_command(&format!("help {markup}"));
    page.until("help takes any word", || page.shows("console-help"));
    assert_eq!(page.count("img, [onerror], body script"), 0);
    page.leave();
}

#[test]
fn help_tells_what_there_is_in_both_languages() {
    let page = Page::open();
    page.open_lab("flow");
    page.pause();
    let mut texts = Vec::new();
    for _language in 0..2 {
        page.click("console-help-open");
        page.until_text("dialog", "topicRoute");
        page.until_text("dialog", "power-off");
        texts.push(page.text("dialog"));
        page.press(Key::Escape);
        page.until("the dialog is closed", || !page.shows("dialog"));
        page.order("help freeze");
        page.until("help is printed", || last(&page, "console-help").contains("freeze N"));
        texts.push(last(&page, "console-help"));
        page.click("lang");
    }
    assert_ne!(texts[0], texts[2]);
    assert!(texts[0].contains("command line tool") && texts[2].contains("命令行工具"));
    page.leave();
}

#[test]
fn a_form_shows_the_line_for_a_real_cluster() {
    let page = Page::open();
    page.open_lab("flow");
    page.pause();
    page.click("add");
    page.click("form-topic");
    page.fill_in("field-topic", "Payments");
    page.until_text("form-mqadmin", "mqadmin updateTopic");
    page.until_text("form-mqadmin", "-t Payments");
    page.click("form-producer");
    page.until("no such line starts a process", || !page.shows("form-mqadmin"));
    page.leave();
}
